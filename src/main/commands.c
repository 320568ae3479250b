/* commands.c: the table of sub-commands. */
#include "http/http.h"
#include "main/command.h"
#include "main/version.h"

int command_routes(struct job *job, struct words *w)
{
	bool json = words_flag(w, "--json");
	bool markdown = words_flag(w, "--markdown");
	char *text;

	if (!words_end(job, w, 0, 0))
		return 2;
	text = http_routes_text(json ? ROUTES_JSON : (markdown ? ROUTES_MARKDOWN : ROUTES_LINES));
	job_say(job, "%s", text);
	free(text);
	return 0;
}

int command_version(struct job *job, struct words *w)
{
	if (!words_end(job, w, 0, 0))
		return 2;
	job_say(job, "shouwen %s\n", SHOUWEN_VERSION);
	return 0;
}

const struct command commands[] = {
        {"serve", "Run the server",
         "shouwen serve [--data DIR] [--listen ADDRESS:PORT] [--demo] [--store postgresql://…]\n"
         "  [--workers N] [--queue N] [--idle-timeout S] [--proxy-header NAME] [--tls] [--packs-dir DIR] [--bench]\n"
         "  [--test-clock]\n\n"
         "  --listen        127.0.0.1:8080 by default; [::1]:8080 for IPv6; port 0 takes a free one\n"
         "  --demo          makes the organisation demo (演示公司) with demo accounts; loopback only\n"
         "  --workers       threads that answer requests (72)\n"
         "  --queue         requests that may wait for a thread (1024); more are told 503 and Retry-After\n"
         "  --idle-timeout  seconds after which a connection that says nothing is closed (60)\n"
         "  --proxy-header  behind a proxy: the header it puts the client's address in, such as X-Real-IP\n"
         "  --tls           behind a proxy that speaks TLS: cookies are Secure, Origin must be https\n"
         "  --bench         answers /api/v1/bench/fixed, to measure by\n"
         "  --test-clock    takes the time from the header X-Test-Now; never in production\n\n"
         "Prints the address when it listens. SIGTERM or SIGINT: answers what is begun and ends within 5 s with 0.\n",
         COMMAND_SERVE, command_serve},
        {"org", "Organisations: add, list, drop",
         "shouwen org add CODE NAME [--packs core,service_desk] [--zone Asia/Shanghai] [--admin LOGIN] [--demo]\n"
         "  Makes an organisation with its own database, a role for each role of its packs, and a first\n"
         "  administrator; prints his password, which must be changed. --demo: instead the people and records of\n"
         "  the packs' demo, whose password opens nothing but a server started with --demo.\n"
         "shouwen org list\n"
         "  Prints a line for each: code, tab, name.\n"
         "shouwen org drop CODE --yes\n"
         "  Removes it with all its records, for good.\n",
         0, command_org},
        {"user", "Users of an organisation: add, password, list",
         "shouwen user add ORG LOGIN NAME [--roles agent,lead] [--teams CODE,CODE]\n"
         "shouwen user password ORG LOGIN\n"
         "  Both take the password from the first line of standard input; without one they make it,\n"
         "  print it, and it must be changed at the first sign-in.\n"
         "shouwen user list ORG\n"
         "  Prints a line for each: login, tab, name.\n",
         COMMAND_INPUT, command_user},
        {"import", "Rows of a file become records",
         "shouwen import --org CODE [--type TYPE] --map MAP.yaml FILE [--dry-run]\n"
         "  CSV (UTF-8 or GB18030) or JSON Lines; docs/IMPORT.md tells what a map says. Without --map the first\n"
         "  row holds the headings of the template. Prints what became of the rows; rows that are wrong are listed\n"
         "  and left out (exit 1). A second run of the same file changes nothing.\n",
         0, command_import},
        {"export", "A list as a file",
         "shouwen export --org CODE --type TYPE [--where FILTER] [--columns a,b] [--sort -due] [--format csv|xlsx] "
         "FILE\n"
         "  Writes all records that the filter finds, with names for ids, and logs it; without --columns\n"
         "  those of the type's first view. Prints how many rows there are.\n",
         0, command_export},
        {"check-pack", "What is wrong with packs, and their scenario tests",
         "shouwen check-pack [--store postgresql://…] [--part K/N] DIR…\n"
         "  Packs it needs lie beside DIR. Lists findings as PACK/FILE:LINE:COLUMN: words, then runs "
         "scenarios/*.yaml\n"
         "  and tells the demo, each against a fresh organisation (on SQLite, or the store named). Several packs of "
         "one\n"
         "  folder are loaded and told together as well. --part 2/4: of the scenarios only the second of each four,\n"
         "  so that several run side by side. Exit 1 if anything is wrong.\n",
         COMMAND_ALONE, command_check_pack},
        {"verify", "Prove that nothing was altered or removed",
         "shouwen verify [--org CODE]\n"
         "  Recomputes every chain and seal. Prints the faults; exit 1 if there are any.\n",
         0, command_verify},
        {"rebuild", "Compute derived rows anew",
         "shouwen rebuild [--org CODE]\n"
         "  Work index, search and lookup rows from the records. Prints how many differed: 0 on healthy data.\n",
         0, command_rebuild},
        {"backup", "Copy an organisation's database",
         "shouwen backup --org CODE FILE\n  A consistent copy while it is served. FILE must not be there yet.\n", 0,
         command_backup},
        {"restore", "Make an organisation from a copy",
         "shouwen restore --org CODE FILE\n  CODE must not be there; drop it first to replace it.\n", 0,
         command_restore},
        {"migrate", "Bring organisations to this version",
         "shouwen migrate [--org CODE] [--packs [--allow-drop]] [--add PACK,PACK] [--dry-run]\n"
         "  Runs the schema steps that are missing, after a copy; with --packs puts the shipped packs in force and\n"
         "  tells what that does to the tables; --add does so with more packs. What would drop columns with content\n"
         "  needs --allow-drop, and a copy is made first, whose place is printed. Records that the packs bring to\n"
         "  begin with are made, those that were never there.\n",
         0, command_migrate},
        {"draw-form", "Draw a printed form (used by the server)",
         "shouwen draw-form FILE.pdf < CONTENT.json\n  Content as the server gives it.\n", COMMAND_ALONE,
         command_draw_form},
        {"routes", "Print the API's routes",
         "shouwen routes [--json|--markdown]\n  A line for each: method, path, the right it needs, group, what it "
         "does.\n",
         COMMAND_ALONE, command_routes},
        {"version", "Print the version", "shouwen version\n  One line: shouwen and the version.\n", COMMAND_ALONE,
         command_version},
};

const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

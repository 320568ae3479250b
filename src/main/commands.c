/* commands.c: the table of sub-commands. */
#include "http/http.h"
#include "main/command.h"
#include "main/version.h"

int command_routes(struct job *job, struct words *w)
{
	char *text;

	if (!words_end(job, w, 0, 0))
		return 2;
	text = http_routes_text();
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
         "  [--workers N] [--proxy-header NAME] [--tls] [--packs-dir DIR] [--bench] [--test-clock]\n\n"
         "  --listen        127.0.0.1:8080 by default; [::1]:8080 for IPv6; port 0 takes a free one\n"
         "  --demo          makes the organisation demo (演示公司) with demo accounts; loopback only\n"
         "  --workers       threads that answer requests (48)\n"
         "  --proxy-header  behind a proxy: the header it puts the client's address in, such as X-Real-IP\n"
         "  --tls           behind a proxy that speaks TLS: cookies are Secure, Origin must be https\n"
         "  --bench         answers /api/v1/bench/fixed, to measure by\n"
         "  --test-clock    takes the time from the header X-Test-Now; never in production\n\n"
         "Prints the address when it listens. SIGTERM or SIGINT: answers what is begun and ends within 5 s with 0.\n",
         COMMAND_SERVE, command_serve},
        {"org", "Organisations: add, list, drop",
         "shouwen org add CODE NAME [--packs core,service_desk] [--zone Asia/Shanghai] [--admin LOGIN]\n"
         "  Makes an organisation with its own database, a role for each role of its packs, and a first\n"
         "  administrator; prints his password, which must be changed.\n"
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
        {"routes", "Print the API's routes",
         "shouwen routes\n  A line for each: method, path, the right it needs, group, what it does.\n", COMMAND_ALONE,
         command_routes},
        {"version", "Print the version", "shouwen version\n", COMMAND_ALONE, command_version},
};

const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

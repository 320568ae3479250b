/* main.c: which sub-command, on which data; asks the running server when there is one. */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <unistd.h>

#include "http/house.h"
#include "main/command.h"
#include "main/control.h"
#include "main/version.h"
#include "store/store.h"

enum { INPUT_BYTES_MAX = 1 << 20, LOCK_TRIES = 100, JOB_ARENA_BYTES = 64 << 20 };

static bool put_here(void *arg, bool error, const char *text, size_t len)
{
	FILE *f = error ? stderr : stdout;

	return fwrite(text, 1, len, f) == len && fflush(f) == 0;
}

/* Does the terminal speak this language? One that speaks neither, or doesn't say, gets both, Chinese first. */
static bool speaks(enum lang lang)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *said = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && said == NULL; i++) {
		const char *value = getenv(names[i]);
		said = value != NULL && *value != '\0' ? value : NULL;
	}
	bool zh = said != NULL && strncmp(said, "zh", 2) == 0, en = said != NULL && strncmp(said, "en", 2) == 0;
	return lang == LANG_ZH ? !en : !zh;
}

static void command_help(const struct command *c)
{
	static const char *const data[] = {
	        [LANG_ZH] =
	                "\n另外都可以带 --data 目录（默认 data）和 --store postgresql://…；该目录上有 `shouwen serve` "
	                "在运行时，\n由服务器自己来做。\n",
	        [LANG_EN] = "\nTakes --data DIR (default: data) and --store postgresql://… as well; while "
	                    "`shouwen serve` runs on\nDIR, the server itself does the work.\n",
	};
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		if (!speaks((enum lang)lang))
			continue;
		if (lang == LANG_EN && speaks(LANG_ZH))
			printf("\n");
		printf("%s\n%s", c->summary[lang], c->help[lang]);
		if (!(c->flags & (COMMAND_ALONE | COMMAND_SERVE)))
			printf("%s", data[lang]);
	}
}

static int help(const char *name)
{
	const struct command *c = name ? command_find(name) : NULL;

	if (c != NULL) {
		command_help(c);
		return 0;
	}
	if (name != NULL && strcmp(name, "--help") != 0 && strcmp(name, "help") != 0) {
		fprintf(stderr,
		        "%s: 没有这个子命令，shouwen --help 列出全部 / there is no such sub-command; shouwen --help "
		        "lists them\n",
		        name);
		return 2;
	}
	printf("shouwen %s\n\n", SHOUWEN_VERSION);
	for (size_t i = 0; i < n_commands; i++)
		printf("  %-10s %s%s%s\n", commands[i].name, speaks(LANG_ZH) ? commands[i].summary[LANG_ZH] : "",
		       speaks(LANG_ZH) && speaks(LANG_EN) ? " / " : "",
		       speaks(LANG_EN) ? commands[i].summary[LANG_EN] : "");
	if (speaks(LANG_ZH))
		printf("\nshouwen 子命令 --help 说明它要什么、给出什么。\n");
	if (speaks(LANG_EN))
		printf("\nshouwen SUB-COMMAND --help says what it takes and returns.\n");
	return 0;
}

static char *read_input(struct arena *a)
{
	char *bytes = arena_alloc(a, INPUT_BYTES_MAX + 1);
	size_t n = fread(bytes, 1, INPUT_BYTES_MAX, stdin);

	bytes[n] = '\0';
	return bytes;
}

/* Beside the program when installed so, else the source tree's. */
static const char *packs_dir(struct arena *a)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;
	const char *beside;

	if (n <= 0)
		return PACKS_DIR;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash == NULL)
		return PACKS_DIR;
	*slash = '\0';
	beside = arena_printf(a, "%s/packs", exe);
	if (access(beside, R_OK | X_OK) == 0)
		return beside;
	beside = arena_printf(a, "%s/../share/shouwen/packs", exe);
	return access(beside, R_OK | X_OK) == 0 ? beside : PACKS_DIR;
}

static int run_here(struct job *job, const struct command *c, struct words *w, const char *url)
{
	struct store_config config = {.dir = job->dir, .url = url};
	char why[1024] = "";
	int node = 0;
	int code = 1;

	if (store_open(&config, &job->store, why, sizeof(why)) != ERR_OK) {
		job_complain(job, "%s\n", why);
		return 1;
	}
	if (store_lease_node(job->store, &node) == ERR_OK) {
		job->houses = houses_new(job->store, node);
		code = c->run(job, w);
	} else {
		job_complain(job, "all node numbers of this store are taken: too many processes use it\n");
	}
	store_close(job->store);
	houses_free(job->houses);
	return code;
}

static int run_on_data(struct job *job, const struct command *c, struct words *w)
{
	const char *dir = words_option(w, "--data");
	const char *url = words_option(w, "--store");
	const char *packs = words_option(w, "--packs-dir");
	char why[600] = "";
	int lock = -1;
	int code = 1;

	job->dir = dir ? job_path(job, dir) : job_path(job, "data");
	job->packs_dir = packs ? job_path(job, packs) : packs_dir(job->arena);
	for (int i = 0; i < LOCK_TRIES && lock < 0; i++) {
		lock = dir_lock(job->dir, why, sizeof(why));
		if (lock >= 0 || (c->flags & COMMAND_SERVE))
			break;
		if (control_ask(job->dir, w->argc, w->argv, job->input, &code))
			return code;
		/* Locked, yet nobody answers: another sub-command is at work, or a server begins. */
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	if (lock < 0) {
		job_complain(job, "%s\n", why);
		return 1;
	}
	code = run_here(job, c, w, url);
	close(lock);
	return code;
}

int main(int argc, char **argv)
{
	struct words w = {.argc = argc - 1, .argv = argv + 1};
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;
	struct job job = {.put = put_here, .input = ""};
	char cwd[PATH_MAX] = "/";
	int code;

	if (sodium_init() < 0)
		return 1;
	if (c == NULL)
		return help(argc > 2 ? argv[2] : (argc > 1 ? argv[1] : NULL));
	if (words_flag(&w, "--help"))
		return help(c->name);
	(void)!getcwd(cwd, sizeof(cwd));
	job.arena = arena_new(JOB_ARENA_BYTES);
	job.cwd = cwd;
	if ((c->flags & COMMAND_INPUT) && !isatty(STDIN_FILENO))
		job.input = read_input(job.arena);
	code = c->flags & COMMAND_ALONE ? c->run(&job, &w) : run_on_data(&job, c, &w);
	arena_free(job.arena);
	return code;
}

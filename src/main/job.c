/* job.c: how a sub-command reads its words and speaks. */
#include "main/command.h"
#include "store/store.h"

__attribute__((format(printf, 3, 0))) __attribute__((format(printf, 3, 0))) static bool
job_put(struct job *job, bool error, const char *format, va_list args)
{
	char *text = arena_vprintf(job->arena, format, args);

	if (!job->gone)
		job->gone = !job->put(job->put_arg, error, text, strlen(text));
	return !job->gone;
}

bool job_say(struct job *job, const char *format, ...)
{
	struct arena_mark mark = arena_mark(job->arena);
	va_list args;
	bool ok;

	va_start(args, format);
	ok = job_put(job, false, format, args);
	va_end(args);
	arena_rewind(job->arena, mark);
	return ok;
}

bool job_complain(struct job *job, const char *format, ...)
{
	struct arena_mark mark = arena_mark(job->arena);
	va_list args;
	bool ok;

	va_start(args, format);
	ok = job_put(job, true, format, args);
	va_end(args);
	arena_rewind(job->arena, mark);
	return ok;
}

const char *job_path(struct job *job, const char *path)
{
	if (path[0] == '/')
		return path;
	return arena_printf(job->arena, "%s/%s", job->cwd, path);
}

bool job_orgs(struct job *job, const char **org, const char ***ret_codes, size_t *ret_n)
{
	*ret_codes = org;
	*ret_n = 1;
	if (*org != NULL || org_list(job->store, job->arena, ret_codes, ret_n) == ERR_OK)
		return true;
	job_complain(job, "the organisations can't be read\n");
	return false;
}

bool job_house(struct job *job, const char *code, struct house **ret_house)
{
	char why[1024] = "";
	enum err e = house_open(job->houses, code, ret_house, why, sizeof(why));

	if (e == ERR_OK)
		return true;
	job_complain(job, "%s: %s\n", code, why[0] ? why : err_code(e));
	return false;
}

int job_failed(struct job *job, const struct ctx *ctx, enum err e, const char *doing)
{
	job_complain(job, "%s: %s\n", doing, err_code(e));
	for (size_t i = 0; i < ctx->problems.n; i++) {
		const struct problem *p = &ctx->problems.list[i];

		job_complain(job, "  %s%s%s%s%s\n", p->field, p->field[0] ? ": " : "", p->code, p->detail ? ": " : "",
		             p->detail ? p->detail : "");
	}
	return 1;
}

struct edition *job_enter(struct job *job, struct house *h, struct arena *a, struct ctx *ret_ctx)
{
	struct edition *e = house_enter(h, a, ret_ctx);

	ret_ctx->who = &who_system;
	ret_ctx->origin = "cli";
	return e;
}

/* ---- words ---------------------------------------------------------------------------------------- */

static void words_drop(struct words *w, int at, int n)
{
	for (int i = at; i + n < w->argc; i++)
		w->argv[i] = w->argv[i + n];
	w->argc -= n;
}

const char *words_option(struct words *w, const char *name)
{
	size_t len = strlen(name);

	for (int i = 1; i < w->argc; i++) {
		const char *value;

		if (strcmp(w->argv[i], "--") == 0)
			break;
		if (strncmp(w->argv[i], name, len) == 0 && w->argv[i][len] == '=') {
			value = w->argv[i] + len + 1;
			words_drop(w, i, 1);
			return value;
		}
		if (strcmp(w->argv[i], name) == 0 && i + 1 < w->argc) {
			value = w->argv[i + 1];
			words_drop(w, i, 2);
			return value;
		}
	}
	return NULL;
}

bool words_flag(struct words *w, const char *name)
{
	for (int i = 1; i < w->argc && strcmp(w->argv[i], "--") != 0; i++) {
		if (strcmp(w->argv[i], name) == 0) {
			words_drop(w, i, 1);
			return true;
		}
	}
	return false;
}

bool words_end(struct job *job, struct words *w, int min, int max)
{
	int n = 0;

	for (int i = 1; i < w->argc; i++) {
		if (strcmp(w->argv[i], "--") == 0) {
			words_drop(w, i, 1);
			n = w->argc - 1;
			break;
		}
		if (strncmp(w->argv[i], "--", 2) == 0) {
			job_complain(job, "%s: unknown option, or its value is missing; see shouwen %s --help\n",
			             w->argv[i], w->argv[0]);
			return false;
		}
		n++;
	}
	if (n < min || n > max) {
		job_complain(job, "too %s words; see shouwen %s --help\n", n < min ? "few" : "many", w->argv[0]);
		return false;
	}
	return true;
}

/* cmd_org.c: organisations: make, list, drop. */
#include "flow/flow.h"
#include "http/auth.h"
#include "main/command.h"
#include "main/demo.h"
#include "main/people.h"
#include "main/starter.h"
#include "store/store.h"

struct first {
	const char *login;
	char hash[HASH_BYTES];
};

static enum err first_write(struct ctx *ctx, void *arg)
{
	const struct first *f = arg;
	const struct person p = {
	        .login = f->login, .name = "管理员", .roles = "admin", .hash = f->hash, .must_change = true};
	int64_t id;

	TRY(people_add_roles(ctx));
	return people_add_user(ctx, &p, &id);
}

/* Its roles, and one who may make the others. */
static int org_first_user(struct job *job, struct house *h, const char *login)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct ctx ctx;
	struct edition *edition = job_enter(job, h, a, &ctx);
	struct first f = {.login = login};
	char secret[SECRET_BYTES];
	enum err e;
	int code = 0;

	secret_new(secret);
	secret[16] = '\0';
	e = password_hash(&ctx, "password", secret, f.hash);
	if (e == ERR_OK)
		e = store_write(&ctx, first_write, &f);
	if (e == ERR_OK)
		job_say(job, "login %s password %s (must be changed at the first sign-in)\n", login, secret);
	else
		code = job_failed(job, &ctx, e, "the first user");
	house_leave(edition);
	arena_free(a);
	return code;
}

/* Its demo people and what happened to them; half a demo is worse than none. */
static int org_demo(struct job *job, struct house *h, const char *code)
{
	char why[1024] = "";
	bool loaded = demo_load(job, h);

	house_close(h);
	if (!loaded)
		(void)house_drop(job->houses, code, why, sizeof(why));
	return loaded ? 0 : 1;
}

static int org_add(struct job *job, struct words *w)
{
	const char *packs = words_option(w, "--packs");
	const char *zone = words_option(w, "--zone");
	const char *admin = words_option(w, "--admin");
	struct house_start start = {
	        .zone = zone ? zone : "Asia/Shanghai", .packs_dir = job->packs_dir, .demo = words_flag(w, "--demo")};
	struct house *h;
	char why[4096] = "";
	char *spaced;
	enum err e;
	int code;

	if (!words_end(job, w, 3, 3))
		return 2;
	start.code = w->argv[2];
	start.name = w->argv[3];
	spaced = arena_strdup(job->arena, packs ? packs : "core");
	for (char *s = spaced; *s != '\0'; s++)
		if (*s == ',')
			*s = ' ';
	start.packs = spaced;
	e = house_create(job->houses, &start, &h, why, sizeof(why));
	if (e != ERR_OK) {
		job_complain(job, "%s: %s\n", start.code, why[0] ? why : err_code(e));
		return 1;
	}
	job_say(job, "organisation %s (%s) with packs %s\n", start.code, start.name, start.packs);
	if (start.demo)
		return org_demo(job, h, start.code);
	if (!starter_open(job, h)) {
		house_close(h);
		(void)house_drop(job->houses, start.code, why, sizeof(why));
		return 1;
	}
	code = org_first_user(job, h, admin ? admin : "admin");
	house_close(h);
	return code;
}

static int org_show(struct job *job, struct words *w)
{
	const char **codes;
	size_t n;
	enum err e;

	if (!words_end(job, w, 1, 1))
		return 2;
	e = org_list(job->store, job->arena, &codes, &n);
	if (e != ERR_OK) {
		job_complain(job, "the organisations can't be read: %s\n", err_code(e));
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		struct house *h;

		if (!job_house(job, codes[i], &h))
			continue;
		job_say(job, "%s\t%s\n", codes[i], house_name(job->arena, h));
		house_close(h);
	}
	return 0;
}

static int org_remove(struct job *job, struct words *w)
{
	bool yes = words_flag(w, "--yes");
	char why[1024] = "";
	enum err e;

	if (!words_end(job, w, 2, 2))
		return 2;
	if (!yes) {
		job_complain(job, "this removes the organisation and all its records for good; say --yes\n");
		return 2;
	}
	e = house_drop(job->houses, w->argv[2], why, sizeof(why));
	if (e != ERR_OK) {
		job_complain(job, "%s: %s\n", w->argv[2], why[0] ? why : err_code(e));
		return 1;
	}
	job_say(job, "dropped %s\n", w->argv[2]);
	return 0;
}

int command_org(struct job *job, struct words *w)
{
	const char *what = w->argc > 1 ? w->argv[1] : "";

	if (strcmp(what, "add") == 0)
		return org_add(job, w);
	if (strcmp(what, "list") == 0)
		return org_show(job, w);
	if (strcmp(what, "drop") == 0)
		return org_remove(job, w);
	job_complain(job, "say add, list or drop; see shouwen org --help\n");
	return 2;
}

/* cmd_user.c: users of an organisation: make, set a password, list. */
#include "flow/flow.h"
#include "http/auth.h"
#include "main/command.h"
#include "main/people.h"
#include "store/store.h"

/* The first line of standard input, or a fresh password that must be changed. */
static const char *password_of(struct job *job, bool *ret_made)
{
	size_t len = strcspn(job->input, "\r\n");
	char secret[SECRET_BYTES];

	*ret_made = len == 0;
	if (len > 0)
		return arena_strndup(job->arena, job->input, len);
	secret_new(secret);
	return arena_strndup(job->arena, secret, 16);
}

struct adding {
	struct person person;
	char hash[HASH_BYTES];
	int64_t id;
};

static enum err adding_write(struct ctx *ctx, void *arg)
{
	struct adding *ad = arg;

	return people_add_user(ctx, &ad->person, &ad->id);
}

static enum err setting_write(struct ctx *ctx, void *arg)
{
	struct adding *ad = arg;

	TRY(people_find(ctx, ad->person.login, &ad->id));
	return password_put(ctx, ad->id, ad->hash, ad->person.must_change, NULL);
}

/* Both ways of giving a password, in one organisation. */
static int user_write(struct job *job, const char *code, struct adding *ad, store_fn *fn, const char *done)
{
	struct arena *a;
	struct house *h;
	struct ctx ctx;
	struct edition *edition;
	const char *password;
	bool made;
	enum err e;
	int exit_code = 0;

	if (!job_house(job, code, &h))
		return 1;
	a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	edition = job_enter(job, h, a, &ctx);
	password = password_of(job, &made);
	e = password_hash(&ctx, "password", password, ad->hash);
	ad->person.hash = ad->hash;
	ad->person.must_change = made;
	if (e == ERR_OK)
		e = store_write(&ctx, fn, ad);
	if (e == ERR_OK) {
		house_people_changed(h);
		job_say(job, "%s %s\n", done, ad->person.login);
		if (made)
			job_say(job, "password %s (must be changed at the first sign-in)\n", password);
	} else {
		exit_code = job_failed(job, &ctx, e, ad->person.login);
	}
	house_leave(edition);
	arena_free(a);
	house_close(h);
	return exit_code;
}

static int user_add(struct job *job, struct words *w)
{
	struct adding ad = {{0}, "", 0};

	ad.person.roles = words_option(w, "--roles");
	ad.person.teams = words_option(w, "--teams");
	if (!words_end(job, w, 4, 4))
		return 2;
	ad.person.login = w->argv[3];
	ad.person.name = w->argv[4];
	return user_write(job, w->argv[2], &ad, adding_write, "added");
}

static int user_password(struct job *job, struct words *w)
{
	struct adding ad = {{0}, "", 0};

	if (!words_end(job, w, 3, 3))
		return 2;
	ad.person.login = w->argv[3];
	return user_write(job, w->argv[2], &ad, setting_write, "password set for");
}

struct listing {
	struct job *job;
};

static enum err list_read(struct ctx *ctx, void *arg)
{
	struct listing *l = arg;
	const struct type *user = ctx->model->user;
	struct sql q;
	struct rows *r;

	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_name(&q, type_field(user, "login")->column);
	SQL(&q, ", ");
	sql_name(&q, type_field(user, "name")->column);
	SQL(&q, ", ");
	sql_name(&q, type_field(user, "active")->column);
	SQL(&q, " from ");
	sql_name(&q, user->table);
	SQL(&q, " order by 1");
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r))
		job_say(l->job, "%s\t%s%s\n", rows_text(r, 0, NULL), rows_text(r, 1, NULL),
		        rows_int(r, 2) ? "" : "\t(inactive)");
	return rows_done(r);
}

static int user_list(struct job *job, struct words *w)
{
	struct listing l = {.job = job};
	struct arena *a;
	struct house *h;
	struct ctx ctx;
	struct edition *edition;
	enum err e;
	int code = 0;

	if (!words_end(job, w, 2, 2))
		return 2;
	if (!job_house(job, w->argv[2], &h))
		return 1;
	a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	edition = job_enter(job, h, a, &ctx);
	e = store_read(&ctx, list_read, &l);
	if (e != ERR_OK)
		code = job_failed(job, &ctx, e, "the users");
	house_leave(edition);
	arena_free(a);
	house_close(h);
	return code;
}

int command_user(struct job *job, struct words *w)
{
	const char *what = w->argc > 1 ? w->argv[1] : "";

	if (strcmp(what, "add") == 0)
		return user_add(job, w);
	if (strcmp(what, "password") == 0)
		return user_password(job, w);
	if (strcmp(what, "list") == 0)
		return user_list(job, w);
	job_complain(job, "say add, password or list; see shouwen user --help\n");
	return 2;
}

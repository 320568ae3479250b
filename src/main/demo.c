#include "main/demo.h"

#include "flow/flow.h"
#include "http/auth.h"
#include "main/people.h"
#include "store/store.h"

struct demo {
	char hash[HASH_BYTES];
};

static enum err team_add(struct ctx *ctx, const char *code, const char *name, const char *kind)
{
	json_t *fields = json_pack("{s:s,s:s,s:s}", "code", code, "name", name, "kind", kind);
	struct record *r;
	enum err e = flow_create(ctx, ctx->model->team, fields, &r);

	json_decref(fields);
	return e;
}

static enum err demo_write(struct ctx *ctx, void *arg)
{
	const struct demo *d = arg;
	const struct person people[] = {
	        {.login = "agent", .name = "李婷", .roles = "agent", .teams = "KF"},
	        {.login = "lead", .name = "王敏", .roles = "agent,lead", .teams = "KF"},
	        {.login = "worker", .name = "赵强", .roles = "worker", .teams = "GC"},
	        {.login = "manager", .name = "陈静", .roles = "manager", .teams = "KF"},
	        {.login = "admin", .name = "系统管理员", .roles = "admin", .teams = ""},
	};

	TRY(people_add_roles(ctx));
	TRY(team_add(ctx, "KF", "客服部", "desk"));
	TRY(team_add(ctx, "GC", "工程部", "doing"));
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		struct person p = people[i];
		int64_t id;

		p.hash = d->hash;
		TRY(people_add_user(ctx, &p, &id));
	}
	return ERR_OK;
}

bool demo_load(struct job *job, struct house *h)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct ctx ctx;
	struct edition *edition = job_enter(job, h, a, &ctx);
	struct demo d;
	enum err e = password_hash(&ctx, "password", DEMO_PASSWORD, d.hash);

	if (e == ERR_OK)
		e = store_write(&ctx, demo_write, &d);
	if (e != ERR_OK)
		(void)job_failed(job, &ctx, e, "the demo organisation");
	house_leave(edition);
	arena_free(a);
	return e == ERR_OK;
}

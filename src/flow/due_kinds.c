/* due_kinds.c: what kinds of due work there are, and who does each. */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/approval.h"
#include "flow/clocks.h"
#include "flow/due_row.h"
#include "flow/duty.h"
#include "flow/flow.h"
#include "flow/moment.h"
#include "flow/owners.h"
#include "flow/queue.h"

/* One seal covers at most so many events; every hour, and at once again while there are more. */
enum { SEAL_EVENTS = 2000 };

static enum err clock_due(struct ctx *ctx, const struct due_row *d)
{
	int64_t clock;
	if (strncmp(d->key, "clock:", 6) != 0 || !id_parse(d->key + 6, &clock))
		return ctx_problem(ctx, ERR_INVALID, "", "bad_key", "'%s' names no clock", d->key);
	return clock_fire(ctx, clock);
}

static enum err seal_due(struct ctx *ctx, const struct due_row *d)
{
	size_t n;
	TRY(event_seal(ctx, SEAL_EVENTS, &n));
	return due_put(ctx, d->key, d->kind, ctx->now_ms + (n == SEAL_EVENTS ? SECOND_MS : HOUR_MS), DUE_RANK_WORST,
	               NULL, 0, NULL);
}

static enum err plan_due(struct ctx *ctx, const struct due_row *d);

static const struct {
	const char *name;
	due_fn *fn; /* NULL: outside, left to due_take */
} kinds[] = {
        {"clock", clock_due},         {"recalc", recalc_due}, {"start", start_due},     {"fired", fired_due},
        {"seal", seal_due},           {"rule", rule_due},     {"sweep", sweep_due},     {"arm", arm_due},
        {"digest", digest_due},       {"duty", duty_due},     {"plan", plan_due},       {"approval", approval_due},
        {"recurring", recurring_due}, {"owners", owners_due}, {"absence", absence_due}, {"leave", leave_due},
        {"route", route_due},         {"kept", kept_due},     {"deliver", NULL},
};

due_fn *due_kind(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			return kinds[i].fn;
	return NULL;
}

bool due_kind_outside(const char *kind)
{
	return strcmp(kind, "deliver") == 0;
}

/* ---- what comes round --------------------------------------------------------------------------------------- */

#define PLANNED "due_planned" /* setting: the model that the clocks were last derived by */

static enum err seal_plan(struct ctx *ctx)
{
	struct sql q;
	int64_t there;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from due_work where key = 'seal'");
	TRY(sql_one_int(ctx, &q, &there));
	return there > 0 ? ERR_OK : due_put(ctx, "seal", "seal", ctx->now_ms, DUE_RANK_WORST, NULL, 0, NULL);
}

/* Another text of the packs may give other targets and calendars. */
static enum err clocks_plan(struct ctx *ctx)
{
	const char *planned = NULL, *now = arena_printf(ctx->arena, "%lld", (long long)ctx->model->generation);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = '" PLANNED "'");
	enum err e = sql_one_text(ctx, &q, &planned);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (planned != NULL && strcmp(planned, now) == 0)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values ('" PLANNED "', :value) "
	        "on conflict (key) do update set value = excluded.value");
	sql_text(&q, "value", now);
	TRY(sql_run(ctx, &q, NULL));
	return planned != NULL ? clocks_recalculate_soon(ctx, NULL) : ERR_OK;
}

/* Each for itself: one that fails holds up none of the others. */
static const struct {
	const char *key;
	enum err (*fn)(struct ctx *ctx);
} plans[] = {{"plan:seal", seal_plan},           {"plan:fired", fired_plan},   {"plan:clocks", clocks_plan},
             {"plan:starts", clocks_start_plan}, {"plan:duties", duties_plan}, {"plan:rules", rules_plan},
             {"plan:owners", owners_plan},       {"plan:kept", kept_plan},     {"plan:queues", queues_plan}};
enum { PLANS = sizeof(plans) / sizeof(plans[0]) };

struct plan_try {
	size_t from, to;
	const char *why; /* it failed: try it again later, as due work */
};

static enum err plan_write(struct ctx *ctx, void *arg)
{
	const struct plan_try *p = arg;
	for (size_t i = p->from; i < p->to; i++) {
		TRY(plans[i].fn(ctx));
		TRY(due_remove(ctx, plans[i].key));
	}
	return ERR_OK;
}

static enum err plan_put_off(struct ctx *ctx, void *arg)
{
	const struct plan_try *p = arg;
	const char *key = plans[p->from].key;
	TRY(due_put(ctx, key, "plan", ctx->now_ms, DUE_RANK_WORST, NULL, 0, NULL));
	return due_put_off(ctx, key, p->why);
}

static enum err plan_one(struct ctx *ctx, size_t i)
{
	struct plan_try p = {.from = i, .to = i + 1};
	enum err e = store_write(ctx, plan_write, &p);
	if (e == ERR_OK || due_stores_fault(e))
		return e;
	p.why = ctx->problems.n > 0 && ctx->problems.list[0].detail ? ctx->problems.list[0].detail : err_code(e);
	p.why = arena_strdup(ctx->arena, p.why);
	ctx_forget(ctx);
	return store_write(ctx, plan_put_off, &p);
}

static enum err plan_due(struct ctx *ctx, const struct due_row *d)
{
	for (size_t i = 0; i < PLANS; i++)
		if (strcmp(plans[i].key, d->key) == 0)
			return plans[i].fn(ctx);
	return ERR_OK;
}

enum err due_plan(struct ctx *ctx)
{
	const struct who *who = ctx->who;
	struct plan_try all = {.to = PLANS};
	ctx->who = &who_system;
	enum err e = store_write(ctx, plan_write, &all);
	if (e != ERR_OK && !due_stores_fault(e)) {
		ctx_forget(ctx);
		e = ERR_OK;
		for (size_t i = 0; i < PLANS && e == ERR_OK; i++)
			e = plan_one(ctx, i);
	}
	ctx->who = who;
	return e;
}

/* queue_write.c: what a round has decided, written in one transaction: each line of it holds or leaves nothing. */
#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "flow/bulk.h"
#include "flow/moment.h"
#include "flow/queue_inside.h"

enum { LEASE_ROW = 1, LEASE_MS = 10000, MISSES = 3 };

/* ---- the lease ---------------------------------------------------------------------------------------------- */

static enum err lease_write(struct ctx *ctx, void *arg)
{
	struct router *r = arg;
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into route_lease (id, holder, until) values (:id, :holder, :until) on conflict (id) do update set "
	    "holder = excluded.holder, until = excluded.until where route_lease.holder = excluded.holder or "
	    "route_lease.until < :now");
	sql_int(&q, "id", LEASE_ROW);
	sql_text(&q, "holder", r->holder);
	sql_int(&q, "until", ctx->now_ms + LEASE_MS);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_run(ctx, &q, &n));
	r->leased_until = n > 0 ? ctx->now_ms + LEASE_MS : 0;
	return ERR_OK;
}

enum err lease_take(struct ctx *ctx, struct router *r, bool *ret_held)
{
	*ret_held = true;
	if (!store_is_postgres(org_store(ctx->org)))
		return ERR_OK;
	if (r->holder[0] == '\0')
		snprintf(r->holder, sizeof(r->holder), "node %d", ids_node(ctx->ids));
	if (r->leased_until - ctx->now_ms < LEASE_MS / 2)
		TRY(store_write(ctx, lease_write, r));
	*ret_held = r->leased_until > ctx->now_ms;
	return ERR_OK;
}

/* Another server may have taken it over while this one stood still. */
static enum err lease_check(struct ctx *ctx, const struct router *r)
{
	const char *holder = NULL;
	struct sql q;
	if (!sql_is_postgres(ctx))
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select holder from route_lease where id = :id");
	sql_int(&q, "id", LEASE_ROW);
	TRY(sql_one_text(ctx, &q, &holder));
	return strcmp(holder, r->holder) == 0 ? ERR_OK : ERR_STALE;
}

/* ---- offers that end ------------------------------------------------------------------------------------------ */

static enum err missed(struct ctx *ctx, const struct act *a, int64_t *ret_misses)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into agent_turn (queue, user_id, last_at, missed) values (:queue, :user, :now, 1) on conflict "
	        "(queue, user_id) do update set last_at = excluded.last_at, missed = agent_turn.missed + 1");
	sql_text(&q, "queue", a->queue->name);
	sql_int(&q, "user", a->user);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_run(ctx, &q, NULL));
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(sum(missed), 0) from agent_turn where user_id = :user");
	sql_int(&q, "user", a->user);
	return sql_one_int(ctx, &q, ret_misses);
}

/* He is not at his desk, whatever he said: on a break, and told so. */
static enum err marked_away(struct ctx *ctx, int64_t user, int64_t misses)
{
	const struct field *f = type_field(ctx->model->user, "presence");
	struct people p = {0};
	struct label text;
	struct sql q;
	if (f == NULL || f->column == NULL)
		return ERR_OK;
	TRY(presence_put(ctx, user, field_option(f, "break", NULL) != NULL ? "break" : "offline", NULL));
	sql_init(&q, ctx->arena);
	SQL(&q, "update agent_turn set missed = 0 where user_id = :user");
	sql_int(&q, "user", user);
	TRY(sql_run(ctx, &q, NULL));
	text.zh = arena_printf(ctx->arena, "连续 %lld 次派单未接，状态已改为小休；回来请改回空闲", (long long)misses);
	text.en = arena_printf(ctx->arena,
	                       "%lld offers in a row were not answered: you are on a break now; say when you "
	                       "are free again",
	                       (long long)misses);
	people_add(ctx, &p, user);
	return people_told(ctx, &p, &(struct telling){.kind = "notified", .text = &text});
}

static enum err timed_out(struct ctx *ctx, struct act *a)
{
	const struct parameter *p = model_parameter(ctx->model, "offer_misses");
	int64_t most = p != NULL && p->value.kind == VALUE_INT ? p->value.i : MISSES, misses;
	TRY(offer_close(ctx, a->offer, "timed_out", NULL, &a->done));
	if (!a->done)
		return ERR_OK;
	TRY(missed(ctx, a, &misses));
	return most > 0 && misses >= most ? marked_away(ctx, a->user, misses) : ERR_OK;
}

/* ---- widening --------------------------------------------------------------------------------------------------- */

/* The rest of an update of the row an act is about: done only if nobody moved it meanwhile. */
static enum err waiting_moved(struct ctx *ctx, struct act *a, struct sql *q)
{
	int64_t n;
	sql_int(q, "record", a->record);
	sql_text(q, "queue", a->queue->name);
	sql_int(q, "step", a->step);
	TRY(sql_run(ctx, q, &n));
	a->done = n > 0;
	return ERR_OK;
}

static enum err moved_on(struct ctx *ctx, struct act *a, const struct record *r, const struct queue_def *to)
{
	struct queue_place p;
	struct sql q;
	TRY(queue_place_in(ctx, to, r, &p));
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "update waiting set queue = :to, entered = :now, step = 0, class = :class, needs = :needs where record = "
	    ":record and queue = :queue and step = :step");
	sql_text(&q, "to", to->name);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "class", p.class);
	sql_text(&q, "needs", p.needs);
	return waiting_moved(ctx, a, &q);
}

static enum err stepped(struct ctx *ctx, struct act *a)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update waiting set step = step + 1 where record = :record and queue = :queue and step = :step");
	return waiting_moved(ctx, a, &q);
}

static enum err widened(struct ctx *ctx, struct act *a)
{
	const struct queue_widen *w = &a->queue->widen[a->step];
	struct record *r;
	enum err e = record_load(ctx, a->queue->type, a->record, &r);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	TRY(e);
	TRY(a->moved ? moved_on(ctx, a, r, model_queue(ctx->model, w->to)) : stepped(ctx, a));
	if (!a->done || w->n_actions == 0)
		return ERR_OK;
	return moment_come(ctx, r, arena_printf(ctx->arena, "queue:%s", a->queue->name), w->actions, w->n_actions);
}

/* ---- offers that begin ---------------------------------------------------------------------------------------------
 */

/* Only while it waits and rings nowhere, and he is there: whatever this server has read before. */
static enum err offered(struct ctx *ctx, struct act *a)
{
	const struct type *user = ctx->model->user;
	const struct field *f = type_field(user, "presence");
	struct sql q;
	int64_t n;
	a->offer = ids_next(ctx->ids, ctx->now_ms);
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into offer (id, queue, type, record, user_id, made_at, until, state, ended_at, since) select :id, "
	    "w.queue, w.type, w.record, u.id, :now, :until, :state, :ended, w.since from waiting w, ");
	sql_name(&q, user->table);
	SQL(&q, " u where w.record = :record and w.queue = :queue and u.id = :user and u.active = 1 and ");
	sql_presence_takes(ctx, &q, f->column);
	SQL(&q, " and not exists (select 1 from offer o where o.record = :record and o.state = 'ringing')");
	sql_int(&q, "id", a->offer);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "until", a->until != 0 ? a->until : ctx->now_ms);
	sql_text(&q, "state", a->until != 0 ? "ringing" : "accepted");
	sql_int_or_null(&q, "ended", a->until != 0 ? 0 : ctx->now_ms);
	sql_int(&q, "record", a->record);
	sql_text(&q, "queue", a->queue->name);
	sql_int(&q, "user", a->user);
	TRY(sql_run(ctx, &q, &n));
	a->done = n > 0;
	return ERR_OK;
}

static enum err give(struct ctx *ctx, void *arg, int64_t record)
{
	const struct act *a = arg;
	const struct type *t = a->queue->type;
	const struct transition *tr = type_transition(t, "assign");
	struct step s = {.cause = arena_printf(ctx->arena, "queue:%s", a->queue->name)};
	struct record *r;
	TRY(record_load(ctx, t, record, &r));
	if (tr == NULL || record_int(r, "owner") != 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "taken", "somebody has it already");
	json_t *input = json_pack("{s:s, s:s}", "to_owner", arena_printf(ctx->arena, "%lld", (long long)a->user),
	                          "reason", a->queue->label.zh);
	if (input == NULL)
		return ERR_INTERNAL;
	enum err e = step_settle(ctx, &s, r, tr, input, NULL);
	json_decref(input);
	return e;
}

static enum err given(struct ctx *ctx, struct act *a)
{
	struct bulk_result result;
	struct sql q;
	TRY(bulk_each(ctx, give, a, a->record, &result));
	if (result.err == ERR_OK)
		return ERR_OK;
	a->refused = result.message != NULL ? result.message : err_code(result.err);
	sql_init(&q, ctx->arena);
	SQL(&q, "update offer set state = 'refused', why = :why where id = :id");
	sql_text(&q, "why", a->refused);
	sql_int(&q, "id", a->offer);
	return sql_run(ctx, &q, NULL);
}

enum err acts_write(struct ctx *ctx, void *arg)
{
	const struct writing *w = arg;
	TRY(lease_check(ctx, w->router));
	for (size_t i = 0; i < w->n; i++) {
		struct act *a = &w->acts[i];
		a->done = false;
		a->refused = NULL;
		switch (a->kind) {
		case ACT_TIMED_OUT: TRY(timed_out(ctx, a)); break;
		case ACT_WITHDRAW: TRY(offer_close(ctx, a->offer, "withdrawn", "away", &a->done)); break;
		case ACT_WIDEN: TRY(widened(ctx, a)); break;
		case ACT_OFFER:
			TRY(offered(ctx, a));
			if (a->done && a->until == 0)
				TRY(given(ctx, a));
			break;
		}
	}
	return ERR_OK;
}

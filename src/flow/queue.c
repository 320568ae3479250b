/* queue.c: which records wait in which queue, as what: rows of `waiting`, derived from the records. */
#include "flow/queue.h"

#include <string.h>

#include "base/ids.h"
#include "flow/route.h"

enum { SLICE = 200, NEEDS_BYTES = 1024, URGENT_RANK = 3 };

/* ---- where it belongs ------------------------------------------------------------------------------------ */

/* Nobody has it, and nobody is asked for it by hand. */
static bool could_wait(const struct record *r)
{
	const char *stage = record_text(r, "stage");
	return r->type->queues && stage != NULL && strcmp(stage, stage_name(STAGE_OPEN)) == 0 &&
	       record_int(r, "owner") == 0 && record_int(r, "pending_owner") == 0 && record_int(r, "pending_team") == 0;
}

static enum err holds(struct ctx *ctx, const struct filter *f, const struct record *r, bool *ret)
{
	*ret = true;
	return f != NULL ? filter_holds(ctx, f, r, ret) : ERR_OK;
}

/* urgent 0 … low 3, less what lifts it. */
static enum err class_of(struct ctx *ctx, const struct queue_def *q, const struct record *r, int *ret_class)
{
	const struct field *f = type_field(r->type, "priority");
	const char *name = record_text(r, "priority");
	int rank, class;
	bool lifts;
	class = f != NULL && name != NULL && field_option(f, name, &rank) != NULL ? URGENT_RANK - rank
	                                                                          : URGENT_RANK - 1;
	for (size_t i = 0; i < q->n_firsts; i++) {
		TRY(holds(ctx, q->firsts[i].when, r, &lifts));
		class -= lifts ? q->firsts[i].lift : 0;
	}
	*ret_class = class < 0 ? 0 : class;
	return ERR_OK;
}

static enum err needs_of(struct ctx *ctx, const struct queue_def *q, const struct record *r, const char **ret_needs)
{
	struct buf b;
	bool asked;
	buf_init(&b, ctx->arena, NEEDS_BYTES);
	for (size_t i = 0; i < q->n_needs; i++) {
		TRY(holds(ctx, q->needs[i].when, r, &asked));
		if (!asked)
			continue;
		buf_str(&b, b.len > 0 ? " " : "");
		buf_str(&b, arena_printf(ctx->arena, "%s:%d", q->needs[i].skill, q->needs[i].level));
	}
	*ret_needs = b.data != NULL ? b.data : "";
	return ERR_OK;
}

/* Who last had something of the same customer. */
static enum err last_agent_of(struct ctx *ctx, const struct queue_def *q, const struct record *r, int64_t *ret_user)
{
	int64_t customer = record_int(r, "customer");
	bool wanted = false;
	struct sql query;
	*ret_user = 0;
	for (size_t i = 0; i < q->n_choose; i++)
		wanted = wanted || q->choose[i] == CHOOSE_LAST_AGENT;
	if (!wanted || customer == 0)
		return ERR_OK;
	sql_init(&query, ctx->arena);
	SQL(&query, "select coalesce((select owner from work where customer = :customer and id <> :id and owner is not "
	            "null order by id desc limit 1), 0)");
	sql_int(&query, "customer", customer);
	sql_int(&query, "id", r->id);
	return sql_one_int(ctx, &query, ret_user);
}

enum err queue_place_in(struct ctx *ctx, const struct queue_def *q, const struct record *r,
                        struct queue_place *ret_place)
{
	const struct who *who = ctx->who;
	struct queue_place p = {.queue = q, .team = record_int(r, "team")};
	ctx->who = &who_system;
	enum err e = class_of(ctx, q, r, &p.class);
	if (e == ERR_OK)
		e = needs_of(ctx, q, r, &p.needs);
	if (e == ERR_OK)
		e = last_agent_of(ctx, q, r, &p.last_agent);
	ctx->who = who;
	*ret_place = p;
	return e;
}

enum err queue_home(struct ctx *ctx, const struct record *r, const struct queue_def **ret_queue)
{
	const struct who *who = ctx->who;
	const struct model *m = ctx->model;
	enum err e = ERR_OK;
	*ret_queue = NULL;
	ctx->who = &who_system;
	for (size_t i = 0; e == ERR_OK && *ret_queue == NULL && i < m->n_queues; i++) {
		bool here = false;
		if (m->queues[i].off || m->queues[i].type != r->type)
			continue;
		e = holds(ctx, m->queues[i].where, r, &here);
		if (here)
			*ret_queue = &m->queues[i];
	}
	ctx->who = who;
	return e;
}

/* ---- its row ------------------------------------------------------------------------------------------------ */

struct row {
	bool there;
	const char *queue, *home, *needs;
	int class, step;
	int64_t since, entered, team, last_agent;
};

static enum err row_read(struct ctx *ctx, int64_t record, struct row *ret)
{
	struct row w = {0};
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select queue, home, class, since, entered, step, team, needs, last_agent from waiting where record = "
	        ":record");
	sql_int(&q, "record", record);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows))
		w = (struct row){.there = true,
		                 .queue = arena_strdup(ctx->arena, rows_text(rows, 0, NULL)),
		                 .home = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                 .class = (int)rows_int(rows, 2),
		                 .since = rows_int(rows, 3),
		                 .entered = rows_int(rows, 4),
		                 .step = (int)rows_int(rows, 5),
		                 .team = rows_int(rows, 6),
		                 .needs = arena_strdup(ctx->arena, rows_text(rows, 7, NULL)),
		                 .last_agent = rows_int(rows, 8)};
	*ret = w;
	return rows_done(rows);
}

static enum err row_write(struct ctx *ctx, const struct record *r, const struct row *w)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into waiting (record, type, queue, home, class, since, entered, step, team, needs, last_agent) "
	    "values (:record, :type, :queue, :home, :class, :since, :entered, :step, :team, :needs, :last_agent) on "
	    "conflict (record) do update set queue = excluded.queue, home = excluded.home, class = excluded.class, "
	    "since = excluded.since, entered = excluded.entered, step = excluded.step, team = excluded.team, "
	    "needs = excluded.needs, last_agent = excluded.last_agent");
	sql_int(&q, "record", r->id);
	sql_text(&q, "type", r->type->name);
	sql_text(&q, "queue", w->queue);
	sql_text(&q, "home", w->home);
	sql_int(&q, "class", w->class);
	sql_int(&q, "since", w->since);
	sql_int(&q, "entered", w->entered);
	sql_int(&q, "step", w->step);
	sql_int_or_null(&q, "team", w->team);
	sql_text(&q, "needs", w->needs);
	sql_int_or_null(&q, "last_agent", w->last_agent);
	return sql_run(ctx, &q, NULL);
}

/* What rings for it ends: accepted by whom it was offered to if he has it now. */
static enum err offer_end(struct ctx *ctx, int64_t record, int64_t owner)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update offer set state = case when user_id = :owner then 'accepted' else 'withdrawn' end, ended_at = "
	        ":now, why = :why where record = :record and state = 'ringing'");
	sql_int(&q, "owner", owner);
	sql_int(&q, "now", ctx->now_ms);
	sql_text(&q, "why", owner != 0 ? "taken" : "over");
	sql_int(&q, "record", record);
	return sql_run(ctx, &q, NULL);
}

static enum err turn_note(struct ctx *ctx, const char *queue, int64_t user)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into agent_turn (queue, user_id, last_at, missed) values (:queue, :user, :now, 0) on conflict "
	        "(queue, user_id) do update set last_at = excluded.last_at, missed = 0");
	sql_text(&q, "queue", queue);
	sql_int(&q, "user", user);
	sql_int(&q, "now", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

/* It waits no more in that queue. */
static enum err row_end(struct ctx *ctx, const char *type, int64_t record, const struct row *w, int64_t owner)
{
	struct sql q;
	TRY(offer_end(ctx, record, owner));
	if (owner != 0)
		TRY(turn_note(ctx, w->queue, owner));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into waited (id, queue, type, record, since, left_at, user_id) values (:id, :queue, :type, "
	        ":record, :since, :now, :user)");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_text(&q, "queue", w->queue);
	sql_text(&q, "type", type);
	sql_int(&q, "record", record);
	sql_int(&q, "since", w->since);
	sql_int(&q, "now", ctx->now_ms);
	sql_int_or_null(&q, "user", owner);
	TRY(sql_run(ctx, &q, NULL));
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from waiting where record = :record");
	sql_int(&q, "record", record);
	return sql_run(ctx, &q, NULL);
}

static bool row_same(const struct row *a, const struct row *b)
{
	return a->there == b->there && strcmp(a->queue, b->queue) == 0 && strcmp(a->home, b->home) == 0 &&
	       strcmp(a->needs ? a->needs : "", b->needs ? b->needs : "") == 0 && a->class == b->class &&
	       a->step == b->step && a->since == b->since && a->entered == b->entered && a->team == b->team &&
	       a->last_agent == b->last_agent;
}

/* The row as it should be. `since`: when it began to wait, if it wasn't there. */
static enum err row_derive(struct ctx *ctx, const struct record *r, const struct row *is, int64_t since,
                           struct row *ret)
{
	const struct queue_def *home, *q;
	struct queue_place p;
	struct row w = {.there = true, .since = is->there ? is->since : since, .entered = since};
	TRY(queue_home(ctx, r, &home));
	*ret = (struct row){0};
	if (home == NULL)
		return ERR_OK;
	q = home;
	/* What came to another queue by waiting stays there. */
	if (is->there && strcmp(is->home, home->name) == 0 && model_queue(ctx->model, is->queue) != NULL &&
	    !model_queue(ctx->model, is->queue)->off) {
		q = model_queue(ctx->model, is->queue);
		w.entered = is->entered;
		w.step = is->step;
	}
	TRY(queue_place_in(ctx, q, r, &p));
	w.queue = q->name;
	w.home = home->name;
	w.class = p.class;
	w.needs = p.needs;
	w.team = p.team;
	w.last_agent = is->there && is->last_agent != 0 ? is->last_agent : p.last_agent;
	*ret = w;
	return ERR_OK;
}

/* Another queue asks other people. */
static enum err row_change(struct ctx *ctx, const struct record *r, const struct row *is, const struct row *shall)
{
	if (is->there && (!shall->there || strcmp(is->queue, shall->queue) != 0))
		TRY(row_end(ctx, r->type->name, r->id, is, record_int(r, "owner")));
	return shall->there && (!is->there || !row_same(is, shall)) ? row_write(ctx, r, shall) : ERR_OK;
}

enum err queue_follow(struct ctx *ctx, const struct record *r, const struct record *before, bool past)
{
	struct row is = {0}, shall = {0};
	bool was = before != NULL && could_wait(before), may = could_wait(r);
	int64_t opened = past ? record_int(r, "opened_at") : 0;
	if (!was && !may)
		return ERR_OK;
	if (was)
		TRY(row_read(ctx, r->id, &is));
	if (may)
		TRY(row_derive(ctx, r, &is, opened != 0 && opened < ctx->now_ms ? opened : ctx->now_ms, &shall));
	return row_change(ctx, r, &is, &shall);
}

enum err queue_forget(struct ctx *ctx, int64_t record)
{
	struct row is;
	struct sql q;
	TRY(row_read(ctx, record, &is));
	if (!is.there)
		return ERR_OK;
	TRY(offer_end(ctx, record, 0));
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from waiting where record = :record");
	sql_int(&q, "record", record);
	return sql_run(ctx, &q, NULL);
}

/* ---- rows made anew ------------------------------------------------------------------------------------------ */

enum err queue_mend(struct ctx *ctx, const struct record *r, bool *ret_changed)
{
	struct row is, shall = {0};
	int64_t opened = record_int(r, "opened_at");
	*ret_changed = false;
	if (!r->type->uses_work)
		return ERR_OK;
	TRY(row_read(ctx, r->id, &is));
	if (could_wait(r))
		TRY(row_derive(ctx, r, &is, opened != 0 ? opened : r->created_at, &shall));
	*ret_changed = is.there != shall.there || (is.there && !row_same(&is, &shall));
	return row_change(ctx, r, &is, &shall);
}

#define ROUTE_KEY "route"
#define PLANNED "queues_planned" /* setting: the queues that rows were last derived by */

/* All that queues say, in a word. */
static const char *queues_version(struct ctx *ctx)
{
	struct buf b;
	buf_init(&b, ctx->arena, LIMIT_FILTER_BYTES);
	for (size_t i = 0; i < ctx->model->n_queues; i++)
		buf_str(&b, arena_printf(ctx->arena, "%s:%s ", ctx->model->queues[i].name,
		                         ctx->model->queues[i].where_is.version));
	return b.data != NULL ? b.data : "";
}

enum err queues_plan(struct ctx *ctx)
{
	const char *planned = NULL, *now = queues_version(ctx);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = '" PLANNED "'");
	enum err e = sql_one_text(ctx, &q, &planned);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (planned != NULL ? strcmp(planned, now) == 0 : *now == '\0')
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into setting (key, value) values ('" PLANNED "', :value) on conflict (key) do update set value = "
	    "excluded.value");
	sql_text(&q, "value", now);
	TRY(sql_run(ctx, &q, NULL));
	return due_put(ctx, ROUTE_KEY, "route", ctx->now_ms, DUE_RANK_WORST, NULL, 0, "0");
}

struct found {
	int64_t ids[SLICE];
	const char *types[SLICE];
	size_t n;
};

/* What nobody has, and what waits though it should not. */
static enum err slice_read(struct ctx *ctx, int64_t after, struct found *f)
{
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id, type from (select id, type from work where owner is null and stage = 'open' and id > :after "
	    "union select record, type from waiting where record > :after) w order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	for (f->n = 0; f->n < SLICE && rows_next(rows); f->n++) {
		f->ids[f->n] = rows_int(rows, 0);
		f->types[f->n] = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
	}
	return rows_done(rows);
}

enum err route_due(struct ctx *ctx, const struct due_row *d)
{
	struct found *f = ARENA_NEW(ctx->arena, struct found);
	int64_t after = 0;
	if (d->body != NULL && strcmp(d->body, "0") != 0 && !id_parse(d->body, &after))
		return ctx_problem(ctx, ERR_INVALID, "", "bad_key", "'%s' is no place to go on from", d->body);
	TRY(slice_read(ctx, after, f));
	for (size_t i = 0; i < f->n; i++) {
		const struct type *t = model_type(ctx->model, f->types[i]);
		struct record *r;
		bool changed;
		enum err e = t != NULL ? record_load(ctx, t, f->ids[i], &r) : ERR_NOT_FOUND;
		if (e == ERR_NOT_FOUND)
			TRY(queue_forget(ctx, f->ids[i]));
		else if (e != ERR_OK)
			return e;
		else
			TRY(queue_mend(ctx, r, &changed));
	}
	if (f->n < SLICE)
		return ERR_OK;
	return due_put(ctx, d->key, d->kind, ctx->now_ms, DUE_RANK_WORST, NULL, 0,
	               arena_printf(ctx->arena, "%lld", (long long)f->ids[f->n - 1]));
}

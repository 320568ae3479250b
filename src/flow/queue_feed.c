/* queue_feed.c: the engine's facts from the database: all of them once, then what the events tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/queue_inside.h"

enum { FEED_PAGE = 500, FEED_MOST = 20000, SKIP_ROWS = 5000 };

int router_skill(const struct router *r, const char *code)
{
	for (int i = 0; i < r->n_skills; i++)
		if (strcmp(r->skills[i], code) == 0)
			return i;
	return -1;
}

int router_kind(const struct router *r, const struct type *t)
{
	for (int i = 0; i < r->n_kinds; i++)
		if (r->kinds[i] == t)
			return i;
	return -1;
}

/* ---- what the packs declare ------------------------------------------------------------------------------- */

static int64_t span(const struct ctx *ctx, const char *text)
{
	int64_t ms = 0;
	return queue_span(ctx->model, text, &ms) ? ms : 0;
}

static void skills_name(const struct model *m, struct router *r)
{
	for (size_t i = 0; i < m->n_queues; i++)
		for (size_t k = 0; k < m->queues[i].n_needs; k++)
			if (router_skill(r, m->queues[i].needs[k].skill) < 0 && r->n_skills < ROUTE_SKILLS_MAX)
				r->skills[r->n_skills++] = m->queues[i].needs[k].skill;
}

/* A pool of people of some teams, kept with the router. */
static enum err teams_pool(struct ctx *ctx, struct router *r, const struct queue_def *d, const char **names, size_t n,
                           int *ret_pool)
{
	struct pool pool = {.queue = d->at};
	int64_t *ids;
	if (names != NULL) {
		TRY(teams_named(ctx, names, n, &ids, &pool.n_teams));
		pool.teams = ARENA_ARRAY(r->arena, pool.n_teams + 1, int64_t);
		memcpy(pool.teams, ids, pool.n_teams * sizeof(*ids));
	}
	*ret_pool = route_pool_add(r->engine);
	r->pools = route_grow(r->pools, r->n_pools, &r->cap_pools, sizeof(*r->pools));
	r->pools[r->n_pools++] = pool;
	return ERR_OK;
}

static enum err widen_read(struct ctx *ctx, struct router *r, const struct queue_def *d, struct route_queue *q)
{
	for (size_t i = 0; i < d->n_widen; i++) {
		const struct queue_widen *w = &d->widen[i];
		const struct queue_def *to = w->to != NULL ? model_queue(ctx->model, w->to) : NULL;
		q->widen[i] = (struct route_widen){
		        .after_ms = span(ctx, w->after), .level = w->level, .pool = -1, .to = to != NULL ? to->at : -1};
		if (w->n_teams > 0)
			TRY(teams_pool(ctx, r, d, w->teams, w->n_teams, &q->widen[i].pool));
	}
	q->n_widen = d->n_widen;
	return ERR_OK;
}

static enum err queue_read(struct ctx *ctx, struct router *r, const struct queue_def *d)
{
	struct route_queue q = {.pool = -1, .shift = d->shift, .offer_ms = span(ctx, d->offer)};
	int64_t capacity = 0;
	const struct parameter *again = model_parameter(ctx->model, "offer_again");
	q.kind = router_kind(r, d->type);
	if (q.kind < 0 && r->n_kinds < ROUTE_KINDS_MAX) {
		q.kind = r->n_kinds;
		r->kinds[r->n_kinds++] = d->type;
	}
	if (q.kind < 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "too_many", "more than %d types have queues",
		                   ROUTE_KINDS_MAX);
	q.again_ms = again != NULL ? span(ctx, "@offer_again") : 2 * INT64_C(60000);
	(void)queue_number(ctx->model, d->capacity, &capacity);
	q.capacity = (int)capacity;
	if (d->any_team || d->n_teams > 0)
		TRY(teams_pool(ctx, r, d, d->any_team ? NULL : d->teams, d->n_teams, &q.pool));
	for (size_t i = 0; i < d->n_choose; i++)
		q.choose[i] = (enum route_choose)d->choose[i];
	q.n_choose = d->n_choose;
	for (size_t i = 0; i < d->n_ages; i++)
		q.ages[i] = (struct route_age){span(ctx, d->ages[i].after), d->ages[i].lift};
	q.n_ages = d->n_ages;
	TRY(widen_read(ctx, r, d, &q));
	r->shifts = r->shifts || (d->shift && !d->off);
	return route_queue_add(r->engine, &q) == d->at ? ERR_OK : ERR_INTERNAL;
}

/* ---- who holds how much -------------------------------------------------------------------------------------- */

static void held_put(struct router *r, int64_t record, int64_t owner, int kind)
{
	uintptr_t was = (uintptr_t)idmap_get(&r->held, record);
	uintptr_t at = owner != 0 ? (uintptr_t)idmap_get(&r->people_by, owner) : 0;
	uintptr_t is = at != 0 && kind >= 0 ? (at << 6 | (uintptr_t)kind) + 1 : 0;
	if (was == is)
		return;
	for (int i = 0; i < 2; i++) {
		uintptr_t which = i ? is : was;
		if (which == 0)
			continue;
		struct person *p = &r->people[((which - 1) >> 6) - 1];
		int k = (int)((which - 1) & 63);
		p->load[k] += i ? 1 : -1;
		route_agent_load(r->engine, p->id, k, p->load[k]);
	}
	if (is != 0)
		idmap_put(&r->held, record, (void *)is);
	else
		idmap_remove(&r->held, record);
}

static enum err held_read(struct ctx *ctx, struct router *r)
{
	for (int i = 0; i < r->n_kinds; i++) {
		struct rows *rows;
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "select id, owner from work where stage = 'open' and type = :type and owner is not null");
		sql_text(&q, "type", r->kinds[i]->name);
		TRY(sql_rows(ctx, &q, &rows));
		while (rows_next(rows))
			held_put(r, rows_int(rows, 0), rows_int(rows, 1), i);
		TRY(rows_done(rows));
	}
	return ERR_OK;
}

static enum err held_mend(struct ctx *ctx, struct router *r, int64_t record)
{
	struct rows *rows;
	struct sql q;
	int64_t owner = 0;
	int kind = -1;
	sql_init(&q, ctx->arena);
	SQL(&q, "select owner, type from work where id = :id and stage = 'open'");
	sql_int(&q, "id", record);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		const struct type *t = model_type(ctx->model, rows_text(rows, 1, NULL));
		owner = rows_int(rows, 0);
		kind = t != NULL ? router_kind(r, t) : -1;
	}
	TRY(rows_done(rows));
	held_put(r, record, owner, kind);
	return ERR_OK;
}

/* ---- what waits --------------------------------------------------------------------------------------------- */

static void needs_parse(const struct router *r, const char *text, struct route_matter *m)
{
	while (text != NULL && *text != '\0' && m->n_needs < ROUTE_NEEDS_MAX) {
		char code[64];
		size_t len = strcspn(text, ":");
		snprintf(code, sizeof(code), "%.*s", (int)(len < sizeof(code) ? len : sizeof(code) - 1), text);
		text += len + (text[len] == ':');
		int at = router_skill(r, code), level = *text >= '0' && *text <= '9' ? *text - '0' : 1;
		/* Of a queue as it was before: what is asked for no more is not needed. */
		if (at >= 0)
			m->needs[m->n_needs++] = (struct route_need){at, level};
		text += strcspn(text, " ");
		text += *text == ' ';
	}
}

static void waiting_select(struct sql *q)
{
	SQL(q, "select record, queue, class, since, entered, step, team, needs, last_agent from waiting ");
}

static void waiting_put(struct ctx *ctx, struct router *r, struct rows *rows)
{
	const struct queue_def *d = model_queue(ctx->model, rows_text(rows, 1, NULL));
	if (d == NULL || d->off)
		return;
	struct route_matter m = {.id = rows_int(rows, 0),
	                         .queue = d->at,
	                         .class = (int)rows_int(rows, 2),
	                         .since = rows_int(rows, 3),
	                         .entered = rows_int(rows, 4),
	                         .step = (int)rows_int(rows, 5),
	                         .last_agent = rows_int(rows, 8)};
	m.pool = router_team_pool(r, d->at, rows_int(rows, 6));
	m.step = (size_t)m.step > d->n_widen ? (int)d->n_widen : m.step;
	needs_parse(r, rows_text(rows, 7, NULL), &m);
	route_matter_put(r->engine, &m, ctx->now_ms);
}

enum err router_matter(struct ctx *ctx, struct router *r, int64_t record)
{
	struct rows *rows;
	struct sql q;
	TRY(held_mend(ctx, r, record));
	sql_init(&q, ctx->arena);
	waiting_select(&q);
	SQL(&q, "where record = :record");
	sql_int(&q, "record", record);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		waiting_put(ctx, r, rows);
	} else {
		route_matter_drop(r->engine, record);
		idmap_remove(&r->offers, record);
	}
	return rows_done(rows);
}

static enum err waiting_read(struct ctx *ctx, struct router *r)
{
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	waiting_select(&q);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		waiting_put(ctx, r, rows);
	return rows_done(rows);
}

/* Who refused what waits now, or let it ring a moment ago. */
static enum err skips_read(struct ctx *ctx, struct router *r)
{
	int64_t again = span(ctx, "@offer_again");
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select o.record, o.user_id, o.state, o.ended_at from waiting w join offer o on o.record = w.record and "
	    "o.made_at >= w.since where o.state in ('refused', 'timed_out') order by o.id desc limit :n");
	sql_int(&q, "n", SKIP_ROWS);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		bool refused = strcmp(rows_text(rows, 2, NULL), "refused") == 0;
		route_skip(r->engine, rows_int(rows, 0), rows_int(rows, 1),
		           refused ? INT64_MAX : rows_int(rows, 3) + again, ctx->now_ms);
	}
	return rows_done(rows);
}

/* ---- all of it, and what happened since ---------------------------------------------------------------------- */

enum err router_read(struct ctx *ctx, struct router *r)
{
	skills_name(ctx->model, r);
	for (size_t i = 0; i < ctx->model->n_queues; i++)
		TRY(queue_read(ctx, r, &ctx->model->queues[i]));
	TRY(router_people(ctx, r));
	TRY(held_read(ctx, r));
	TRY(waiting_read(ctx, r));
	return skips_read(ctx, r);
}

static enum err happened(struct ctx *ctx, struct router *r, const char *type, int64_t record)
{
	const struct type *t = model_type(ctx->model, type);
	int kind = t != NULL ? router_kind(r, t) : -1;
	if (t != NULL && t == ctx->model->user) {
		/* Somebody new may have had matters before he was active. */
		if (idmap_get(&r->people_by, record) == NULL)
			r->stale = true;
		else
			TRY(router_person(ctx, r, record));
	}
	if (t != NULL && (t == ctx->model->team || t == ctx->model->role || strcmp(t->name, "skill") == 0))
		r->stale = true;
	return kind >= 0 ? router_matter(ctx, r, record) : ERR_OK;
}

struct change {
	int64_t record;
	const char *type;
};

static enum err page_read(struct ctx *ctx, int64_t from, int64_t to, struct change *list, size_t *ret_n,
                          int64_t *ret_last)
{
	struct rows *rows;
	struct sql q;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select seq, type, record from event where seq > :from and seq <= :to order by seq limit :n");
	sql_int(&q, "from", from);
	sql_int(&q, "to", to);
	sql_int(&q, "n", FEED_PAGE);
	TRY(sql_rows(ctx, &q, &rows));
	for (; n < FEED_PAGE && rows_next(rows); n++) {
		*ret_last = rows_int(rows, 0);
		list[n] = (struct change){.record = rows_int(rows, 2),
		                          .type = arena_strdup(ctx->arena, rows_text(rows, 1, NULL))};
	}
	*ret_n = n;
	return rows_done(rows);
}

enum err router_feed(struct ctx *ctx, struct router *r)
{
	struct change *list = ARENA_ARRAY(ctx->arena, FEED_PAGE, struct change);
	int64_t to = org_last_seq(ctx->org);
	size_t n = FEED_PAGE;
	if (to - r->seq > FEED_MOST)
		r->stale = true;
	while (!r->stale && r->seq < to && n == FEED_PAGE) {
		struct arena_mark mark = arena_mark(ctx->arena);
		int64_t last = to;
		TRY(page_read(ctx, r->seq, to, list, &n, &last));
		for (size_t i = 0; i < n; i++) {
			bool again = false;
			for (size_t k = i + 1; k < n && k < i + 8; k++)
				again = again || list[k].record == list[i].record;
			if (!again)
				TRY(happened(ctx, r, list[i].type, list[i].record));
		}
		r->seq = n == FEED_PAGE ? last : to;
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

/* ---- what rings ----------------------------------------------------------------------------------------------- */

/* It ended elsewhere: how? */
static enum err ended(struct ctx *ctx, struct router *r, int64_t record, int64_t offer)
{
	struct sql q;
	const char *state = "";
	sql_init(&q, ctx->arena);
	SQL(&q, "select state from offer where id = :id");
	sql_int(&q, "id", offer);
	enum err e = sql_one_text(ctx, &q, &state);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	idmap_remove(&r->offers, record);
	if (strcmp(state, "refused") == 0)
		route_refuse(r->engine, record, ctx->now_ms);
	else
		route_withdraw(r->engine, record, ctx->now_ms);
	return router_matter(ctx, r, record);
}

static bool rings_still(const struct ringing *list, size_t n, int64_t record, int64_t user)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].record == record && list[i].user == user)
			return true;
	return false;
}

enum err router_rings(struct ctx *ctx, struct router *r, struct act *acts, size_t *n_acts)
{
	struct ringing *list;
	size_t n, at = 0;
	int64_t record, user;
	TRY(offers_ringing(ctx, &list, &n));
	while (route_rung(r->engine, &at, &record, &user))
		if (!rings_still(list, n, record, user))
			TRY(ended(ctx, r, record, (int64_t)(intptr_t)idmap_get(&r->offers, record)));
	for (size_t i = 0; i < n; i++) {
		if (route_rung_agent(r->engine, list[i].record) == list[i].user)
			continue;
		if (route_ring(r->engine, list[i].record, list[i].user, list[i].until))
			idmap_put(&r->offers, list[i].record, (void *)(intptr_t)list[i].offer);
		else if (list[i].until <= ctx->now_ms && *n_acts < ACTS_MAX)
			/* Of somebody or something that is gone: it ends when its time is over. */
			acts[(*n_acts)++] = (struct act){.kind = ACT_WITHDRAW,
			                                 .record = list[i].record,
			                                 .user = list[i].user,
			                                 .offer = list[i].offer};
	}
	return ERR_OK;
}

/* queue_people.c: who may be asked for what, and who is there. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flow/queue_inside.h"

enum { USER_ROWS = 1000 };

/* ---- whose people ------------------------------------------------------------------------------------------ */

enum err queue_fits(struct ctx *ctx, const struct queue_def *q, const struct who *w, bool *ret_fits)
{
	bool fits = q->n_roles == 0;
	*ret_fits = false;
	for (size_t i = 0; i < q->n_roles; i++)
		fits = fits || who_has_role(w, q->roles[i]);
	if (!fits || q->off)
		return ERR_OK;
	if (q->members != NULL) {
		const struct who *who = ctx->who;
		struct record *user;
		TRY(record_load(ctx, ctx->model->user, w->id, &user));
		ctx->who = &who_system;
		enum err e = filter_holds(ctx, q->members, user, &fits);
		ctx->who = who;
		TRY(e);
	}
	*ret_fits = fits;
	return ERR_OK;
}

enum err teams_named(struct ctx *ctx, const char **names, size_t n, int64_t **ret_ids, size_t *ret_n)
{
	*ret_ids = ARENA_ARRAY(ctx->arena, TEAMS_MAX, int64_t);
	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct rows *rows;
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "select id from ");
		sql_name(&q, ctx->model->team->table);
		SQL(&q, " where code = :name or name = :name order by id");
		sql_text(&q, "name", names[i]);
		TRY(sql_rows(ctx, &q, &rows));
		while (rows_next(rows) && *ret_n < TEAMS_MAX)
			(*ret_ids)[(*ret_n)++] = rows_int(rows, 0);
		TRY(rows_done(rows));
	}
	return ERR_OK;
}

static bool has_team(const struct person *p, int64_t team)
{
	for (size_t i = 0; i < p->n_teams; i++)
		if (p->teams[i] == team)
			return true;
	return false;
}

static bool in_pool(const struct pool *pool, const struct person *p)
{
	bool in = pool->team == 0 && pool->teams == NULL;
	if (!(p->fits >> pool->queue & 1))
		return false;
	if (pool->team != 0)
		return has_team(p, pool->team);
	for (size_t i = 0; i < pool->n_teams; i++)
		in = in || has_team(p, pool->teams[i]);
	return in;
}

static int pool_add(struct router *r, struct pool pool)
{
	int at = route_pool_add(r->engine);
	r->pools = route_grow(r->pools, r->n_pools, &r->cap_pools, sizeof(*r->pools));
	r->pools[r->n_pools++] = pool;
	for (size_t i = 0; i < r->n_people; i++)
		route_agent_pool(r->engine, r->people[i].id, at, in_pool(&pool, &r->people[i]));
	return at;
}

int router_team_pool(struct router *r, int queue, int64_t team)
{
	int first = (int)(uintptr_t)idmap_get(&r->team_pools, team) - 1;
	int at = first;
	if (team == 0)
		return -1;
	while (at >= 0 && r->pools[at].queue != queue)
		at = r->pools[at].next;
	if (at < 0) {
		at = pool_add(r, (struct pool){.queue = queue, .team = team, .next = first});
		idmap_put(&r->team_pools, team, (void *)((uintptr_t)at + 1));
	}
	return at;
}

/* ---- one person ------------------------------------------------------------------------------------------- */

static enum err skills_read(struct ctx *ctx, struct router *r, int64_t user)
{
	const struct field *f = type_field(ctx->model->user, "abilities");
	const struct type *skill = model_type(ctx->model, "skill");
	struct rows *rows;
	struct sql q;
	for (int i = 0; i < r->n_skills; i++)
		route_agent_skill(r->engine, user, i, 0);
	if (f == NULL || f->side_table == NULL || skill == NULL)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select s.code, a.level from ");
	sql_name(&q, f->side_table);
	SQL(&q, " a join ");
	sql_name(&q, skill->table);
	SQL(&q, " s on s.id = a.skill where a.parent = :user");
	sql_int(&q, "user", user);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const char *code = rows_text(rows, 0, NULL);
		int at = code != NULL ? router_skill(r, code) : -1;
		if (at >= 0)
			route_agent_skill(r->engine, user, at, rows_null(rows, 1) ? 1 : (int)rows_int(rows, 1));
	}
	return rows_done(rows);
}

static struct person *person_of(struct router *r, int64_t user)
{
	uintptr_t at = (uintptr_t)idmap_get(&r->people_by, user);
	if (at != 0)
		return &r->people[at - 1];
	r->people = route_grow(r->people, r->n_people, &r->cap_people, sizeof(*r->people));
	r->people[r->n_people++] = (struct person){.id = user, .seen = -1};
	idmap_put(&r->people_by, user, (void *)(uintptr_t)r->n_people);
	route_agent_put(r->engine, &(struct route_agent){.id = user, .capacity = -1});
	return &r->people[r->n_people - 1];
}

static enum err turns_read(struct ctx *ctx, struct router *r, int64_t user)
{
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select queue, last_at from agent_turn where user_id = :user");
	sql_int(&q, "user", user);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const struct queue_def *d = model_queue(ctx->model, rows_text(rows, 0, NULL));
		if (d != NULL)
			route_agent_turn(r->engine, user, d->at, rows_int(rows, 1));
	}
	return rows_done(rows);
}

enum err router_person(struct ctx *ctx, struct router *r, int64_t user)
{
	struct who *w;
	enum err e = who_load(ctx, user, &w);
	struct person *p = person_of(r, user);
	if (e == ERR_NOT_FOUND) {
		p->fits = 0;
		p->n_teams = 0;
	} else if (e != ERR_OK) {
		return e;
	} else {
		p->teams = realloc(p->teams, (w->n_teams + 1) * sizeof(*p->teams));
		if (p->teams == NULL)
			abort();
		if (w->n_teams > 0)
			memcpy(p->teams, w->teams, w->n_teams * sizeof(*p->teams));
		p->n_teams = w->n_teams;
		p->fits = 0;
		for (size_t i = 0; i < ctx->model->n_queues; i++) {
			bool fits;
			TRY(queue_fits(ctx, &ctx->model->queues[i], w, &fits));
			p->fits |= (uint64_t)fits << i;
		}
	}
	for (size_t i = 0; i < r->n_pools; i++)
		route_agent_pool(r->engine, user, (int)i, in_pool(&r->pools[i], p));
	TRY(skills_read(ctx, r, user));
	return turns_read(ctx, r, user);
}

enum err router_people(struct ctx *ctx, struct router *r)
{
	int64_t ids[USER_ROWS], after = 0;
	size_t n;
	do {
		struct arena_mark mark = arena_mark(ctx->arena);
		struct rows *rows;
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "select id from ");
		sql_name(&q, ctx->model->user->table);
		SQL(&q, " where id > :after and active = 1 order by id limit :n");
		sql_int(&q, "after", after);
		sql_int(&q, "n", USER_ROWS);
		TRY(sql_rows(ctx, &q, &rows));
		for (n = 0; n < USER_ROWS && rows_next(rows); n++)
			ids[n] = rows_int(rows, 0);
		TRY(rows_done(rows));
		for (size_t i = 0; i < n; i++)
			TRY(router_person(ctx, r, ids[i]));
		after = n > 0 ? ids[n - 1] : after;
		arena_rewind(ctx->arena, mark);
	} while (n == USER_ROWS);
	return ERR_OK;
}

/* ---- who is there ------------------------------------------------------------------------------------------ */

static struct hours *hours_of(struct ctx *ctx, struct router *r, int64_t team, enum err *ret_err)
{
	for (size_t i = 0; i < r->n_hours; i++)
		if (r->hours[i].team == team)
			return &r->hours[i];
	struct hours h = {.team = team};
	*ret_err = calendar_named(ctx, team != 0 ? "team" : "org", team, &h.calendar);
	if (*ret_err != ERR_OK)
		return NULL;
	struct worktime work = calendar_worktime(ctx, h.calendar);
	h.open = worktime_open_at(&work, ctx->now_ms);
	struct hours *wider = realloc(r->hours, (r->n_hours + 1) * sizeof(*wider));
	if (wider == NULL)
		abort();
	r->hours = wider;
	r->hours[r->n_hours] = h;
	return &r->hours[r->n_hours++];
}

/* One of his teams works now; who is in none works as the organisation does. */
static enum err on_shift(struct ctx *ctx, struct router *r, const struct person *p, bool *ret_on)
{
	enum err e = ERR_OK;
	*ret_on = !r->shifts;
	if (!r->shifts)
		return ERR_OK;
	if (r->shift_at != ctx->now_ms / MINUTE_MS)
		r->n_hours = 0;
	r->shift_at = ctx->now_ms / MINUTE_MS;
	for (size_t i = 0; i < p->n_teams || i == 0; i++) {
		const struct hours *h = hours_of(ctx, r, p->n_teams > 0 ? p->teams[i] : 0, &e);
		if (e != ERR_OK)
			return e;
		*ret_on = *ret_on || h->open;
	}
	return ERR_OK;
}

static void present_query(struct ctx *ctx, struct sql *q)
{
	const struct type *t = ctx->model->user;
	sql_init(q, ctx->arena);
	SQL(q, "select id, ");
	sql_field(q, t, "presence");
	SQL(q, ", ");
	sql_field(q, t, "capacity");
	SQL(q, ", ");
	sql_field(q, t, "absent_from");
	SQL(q, ", ");
	sql_field(q, t, "absent_until");
	SQL(q, " from ");
	sql_name(q, t->table);
	SQL(q, " where active = 1 and coalesce(");
	sql_field(q, t, "presence");
	SQL(q, ", 'offline') <> 'offline' order by id");
}

struct present {
	int64_t id;
	bool ready;
	int capacity;
};

/* Those that say they are at work: as many as there are seats, not as there are users. */
static enum err present_read(struct ctx *ctx, struct present **ret_list, size_t *ret_n)
{
	struct present *list = NULL;
	size_t n = 0, cap = 0;
	struct rows *rows;
	struct sql q;
	present_query(ctx, &q);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		int64_t from = rows_int(rows, 3), until = rows_int(rows, 4);
		bool away = (from != 0 || until != 0) && from <= ctx->now_ms && (until == 0 || until > ctx->now_ms);
		if (n == cap) {
			struct present *wider = ARENA_ARRAY(ctx->arena, cap ? 2 * cap : 64, struct present);
			if (n > 0)
				memcpy(wider, list, n * sizeof(*list));
			list = wider;
			cap = cap ? 2 * cap : 64;
		}
		list[n++] =
		        (struct present){.id = rows_int(rows, 0),
		                         .ready = !away && presence_takes_offers(ctx->model, rows_text(rows, 1, NULL)),
		                         .capacity = rows_null(rows, 2) ? -1 : (int)rows_int(rows, 2)};
	}
	*ret_list = list;
	*ret_n = n;
	return rows_done(rows);
}

/* Nothing may ring at who isn't ready: it goes on to the next. */
static void unready(struct router *r, struct person *p, struct act *acts, size_t *n)
{
	int64_t rung = route_rung_matter(r->engine, p->id);
	if (rung != 0 && *n < ACTS_MAX)
		acts[(*n)++] = (struct act){.kind = ACT_WITHDRAW,
		                            .record = rung,
		                            .user = p->id,
		                            .offer = (int64_t)(intptr_t)idmap_get(&r->offers, rung)};
}

enum err router_presence(struct ctx *ctx, struct router *r, struct act *acts, size_t *n)
{
	struct present *list;
	size_t n_list;
	TRY(present_read(ctx, &list, &n_list));
	r->round++;
	for (size_t i = 0; i < n_list; i++) {
		uintptr_t at = (uintptr_t)idmap_get(&r->people_by, list[i].id);
		bool on;
		if (at == 0)
			continue;
		struct person *p = &r->people[at - 1];
		TRY(on_shift(ctx, r, p, &on));
		p->seen = r->round;
		p->ready = list[i].ready;
		route_agent_put(r->engine,
		                &(struct route_agent){
		                        .id = p->id, .ready = p->ready, .on_shift = on, .capacity = list[i].capacity});
		if (!p->ready)
			unready(r, p, acts, n);
	}
	for (size_t i = 0; i < r->n_people; i++) {
		struct person *p = &r->people[i];
		if (p->seen == r->round)
			continue;
		if (p->ready)
			route_agent_put(r->engine, &(struct route_agent){.id = p->id, .capacity = -1});
		p->ready = false;
		unready(r, p, acts, n);
	}
	return ERR_OK;
}

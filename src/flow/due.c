/* due.c: the scheduler: what is due is worked in slices, each row in the transaction that takes it away. */
#include "flow/due.h"

#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/due_row.h"
#include "flow/queue.h"
#include "model/who.h"

enum {
	HELD_LOOK_MS = 1000, /* others hold what is due: look again then */
	ROUNDS_MAX = 1000,   /* of routing at one moment */
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

enum err due_put(struct ctx *ctx, const char *key, const char *kind, int64_t due_at, int rank, const char *type,
                 int64_t record, const char *body_json)
{
	struct sql q;
	if (due_at == 0)
		return due_remove(ctx, key);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into due_work (id, key, kind, due_at, rank, state, type, record, body, tries, until, made_at) "
	        "values (:id, :key, :kind, :due_at, :rank, 'ready', :type, :record, :body, 0, 0, :now) "
	        "on conflict (key) do update set kind = excluded.kind, due_at = excluded.due_at, rank = excluded.rank, "
	        "state = excluded.state, type = excluded.type, record = excluded.record, body = excluded.body, "
	        "tries = 0, holder = null, until = 0, last_error = null");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_text(&q, "key", key);
	sql_text(&q, "kind", kind);
	sql_int(&q, "due_at", due_at);
	sql_int(&q, "rank", due_kind_outside(kind) ? DUE_RANK_OUTSIDE : rank);
	sql_text(&q, "type", type);
	sql_int_or_null(&q, "record", record);
	sql_text(&q, "body", body_json);
	sql_int(&q, "now", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

enum err due_remove(struct ctx *ctx, const char *key)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from due_work where key = :key");
	sql_text(&q, "key", key);
	return sql_run(ctx, &q, NULL);
}

static enum err row_texts(struct ctx *ctx, struct rows *rows, struct due_row *d)
{
	d->key = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
	d->kind = arena_strdup(ctx->arena, rows_text(rows, 2, NULL));
	d->type = arena_strdup(ctx->arena, rows_text(rows, 6, NULL));
	d->body = arena_strdup(ctx->arena, rows_text(rows, 8, NULL));
	d->holder = arena_strdup(ctx->arena, rows_text(rows, 9, NULL));
	return ERR_OK;
}

enum err due_find(struct ctx *ctx, const struct due_search *s, struct due_row *list, size_t *n)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, key, kind, due_at, rank, tries, type, record, body, holder from due_work "
	        "where state = 'ready' and rank = :rank and due_at <= :now ");
	if (s->kind != NULL) {
		SQL(&q, "and kind = :kind ");
		sql_text(&q, "kind", s->kind);
	}
	/* A lease longer than any is of a time when the machine's clock was ahead: it holds nobody off. */
	SQL(&q, "and (until <= :now or until > :longest) order by due_at limit :n");
	/* What another server is taking just now is his. */
	if (sql_is_postgres(ctx) && s->lock)
		SQL(&q, " for update skip locked");
	sql_int(&q, "rank", s->rank);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "longest", ctx->now_ms + DUE_LEASE_MS);
	sql_int(&q, "n", (int64_t)(s->limit - *n));
	TRY(sql_rows(ctx, &q, &rows));
	while (*n < s->limit && rows_next(rows)) {
		struct due_row *d = &list[(*n)++];
		*d = (struct due_row){.id = rows_int(rows, 0),
		                      .due_at = rows_int(rows, 3),
		                      .rank = (int)rows_int(rows, 4),
		                      .tries = (int)rows_int(rows, 5),
		                      .record = rows_int(rows, 7)};
		TRY(row_texts(ctx, rows, d));
	}
	return rows_done(rows);
}

enum err due_next(struct ctx *ctx, int64_t *ret_next)
{
	int64_t next = 0;
	for (int rank = 0; rank <= DUE_RANK_WORST; rank++) {
		struct sql q;
		int64_t at;
		sql_init(&q, ctx->arena);
		SQL(&q, "select coalesce(min(due_at), 0) from due_work where state = 'ready' and rank = :rank");
		sql_int(&q, "rank", rank);
		TRY(sql_one_int(ctx, &q, &at));
		if (at != 0 && (next == 0 || at < next))
			next = at;
	}
	*ret_next = next;
	return ERR_OK;
}

/* ---- a slice ------------------------------------------------------------------------------------------- */

struct slice {
	struct due_row *list;
	size_t n;
	size_t from, done; /* done: rows after `from` that were worked */
	bool leased;       /* else the transaction itself finds them */
};

static enum err slice_find(struct ctx *ctx, struct slice *s)
{
	struct due_search search = {.limit = DUE_SLICE};
	s->list = ARENA_ARRAY(ctx->arena, DUE_SLICE, struct due_row);
	s->n = 0;
	for (int rank = 0; rank <= DUE_RANK_WORST && s->n < DUE_SLICE; rank++) {
		search.rank = rank;
		TRY(due_find(ctx, &search, s->list, &s->n));
	}
	return ERR_OK;
}

/* Taken away first: what the row's work puts under its key is a new row. */
static enum err row_take_away(struct ctx *ctx, const struct due_row *d, bool *ret_taken)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from due_work where id = :id and due_at = :due_at and state = 'ready' and "
	        "coalesce(holder, '') = :holder");
	sql_int(&q, "id", d->id);
	sql_int(&q, "due_at", d->due_at);
	sql_text(&q, "holder", d->holder ? d->holder : "");
	TRY(sql_run(ctx, &q, &n));
	*ret_taken = n > 0;
	return ERR_OK;
}

static enum err row_work(struct ctx *ctx, const struct due_row *d)
{
	due_fn *fn = due_kind(d->kind);
	bool taken;
	TRY(row_take_away(ctx, d, &taken));
	/* It was moved, or the lease is over and another has it. */
	if (!taken)
		return ERR_OK;
	if (fn == NULL)
		return ctx_problem(ctx, ERR_NOT_FOUND, "", "unknown_kind", "nothing here works '%s'", d->kind);
	return fn(ctx, d);
}

static enum err slice_work(struct ctx *ctx, void *arg)
{
	struct slice *s = arg;
	int64_t until_us = clock_monotonic_us() + DUE_SLICE_US;
	s->done = 0;
	if (!s->leased)
		TRY(slice_find(ctx, s));
	for (size_t i = s->from; i < s->n; i++) {
		if (s->done > 0 && clock_monotonic_us() > until_us)
			break;
		struct arena_mark mark = arena_mark(ctx->arena);
		TRY(row_work(ctx, &s->list[i]));
		ctx_forget(ctx);
		arena_rewind(ctx->arena, mark);
		s->done++;
	}
	return ERR_OK;
}

/* ---- what fails ---------------------------------------------------------------------------------------- */

bool due_stores_fault(enum err e)
{
	return e == ERR_BUSY || e == ERR_FULL || e == ERR_RETRY;
}

struct failure {
	const struct due_row *row;
	const char *why;
};

static enum err one_work(struct ctx *ctx, void *arg)
{
	const struct due_row *d = arg;
	return row_work(ctx, d);
}

static enum err one_failed(struct ctx *ctx, void *arg)
{
	const struct failure *f = arg;
	enum err e = due_failed(ctx, f->row, f->why, false);
	return e == ERR_STALE ? ERR_OK : e;
}

static enum err row_alone(struct ctx *ctx, struct due_row *d)
{
	enum err e = store_write(ctx, one_work, d);
	if (e == ERR_OK || due_stores_fault(e))
		return e;
	struct failure f = {.row = d, .why = err_code(e)};
	if (ctx->problems.n > 0 && ctx->problems.list[0].detail != NULL)
		f.why = ctx->problems.list[0].detail;
	return store_write(ctx, one_failed, &f);
}

/* A row of the slice failed and took the others down with it: up to that one each for itself. */
static enum err slice_singly(struct ctx *ctx, struct slice *s)
{
	size_t until = s->from + s->done;
	while (s->from < s->n && s->from <= until) {
		TRY(row_alone(ctx, &s->list[s->from]));
		s->from++;
	}
	return ERR_OK;
}

static enum err slice_run(struct ctx *ctx, struct slice *s)
{
	do {
		enum err e = store_write(ctx, slice_work, s);
		if (e == ERR_OK)
			s->from += s->done;
		else if (due_stores_fault(e) || s->list == NULL)
			return e;
		else
			TRY(slice_singly(ctx, s));
	} while (s->leased && s->from < s->n);
	return ERR_OK;
}

/* ---- running ------------------------------------------------------------------------------------------- */

static enum err next_read(struct ctx *ctx, void *arg)
{
	return due_next(ctx, arg);
}

static enum err run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next)
{
	struct slice s = {0};
	int64_t next;
	*ret_worked = 0;
	TRY(store_read(ctx, next_read, &next));
	*ret_next = next;
	if (next == 0 || next > ctx->now_ms)
		return ERR_OK;
	s.leased = store_is_postgres(org_store(ctx->org));
	if (s.leased)
		TRY(due_lease(ctx, NULL, DUE_SLICE, &s.list, &s.n));
	if (!s.leased || s.n > 0)
		TRY(slice_run(ctx, &s));
	*ret_worked = s.from;
	if (s.from == 0)
		*ret_next = ctx->now_ms + HELD_LOOK_MS;
	return ERR_OK;
}

enum err due_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next)
{
	const struct who *who = ctx->who;
	const char *origin = ctx->origin;
	ctx->who = &who_system;
	ctx->origin = "clock";
	enum err e = run(ctx, ret_worked, ret_next);
	ctx->who = who;
	ctx->origin = origin;
	return e;
}

static void earlier(int64_t *next, int64_t at)
{
	if (at != 0 && (*next == 0 || at < *next))
		*next = at;
}

/* All that can be offered now; *next: or what waiting brings, whichever comes first. */
static enum err route_now(struct ctx *ctx, struct router *router, size_t *worked, int64_t *next)
{
	size_t n = router != NULL;
	int64_t then = 0;
	for (int rounds = 0; n > 0 && rounds < ROUNDS_MAX; rounds++) {
		TRY(router_run(ctx, router, &n, &then));
		*worked += n;
	}
	TRY(store_read(ctx, next_read, next));
	earlier(next, then);
	return ERR_OK;
}

static enum err run_until(struct ctx *ctx, int64_t until_ms, struct router *router, size_t *ret_worked)
{
	size_t worked = 0, n;
	int64_t next;
	TRY(route_now(ctx, router, &worked, &next));
	while (next != 0 && next <= until_ms) {
		if (next > ctx->now_ms)
			ctx->now_ms = next;
		struct arena_mark mark = arena_mark(ctx->arena);
		TRY(due_run(ctx, &n, &next));
		worked += n;
		/* What others hold is looked at again later. */
		int64_t held = n == 0 && next > ctx->now_ms ? next : 0;
		TRY(route_now(ctx, router, &worked, &next));
		if (held != 0 && next <= ctx->now_ms)
			next = held;
		/* A year of it has no more memory than a minute. */
		ctx_forget(ctx);
		arena_rewind(ctx->arena, mark);
	}
	if (until_ms > ctx->now_ms)
		ctx->now_ms = until_ms;
	if (ret_worked != NULL)
		*ret_worked = worked;
	return ERR_OK;
}

enum err due_run_until(struct ctx *ctx, int64_t until_ms, size_t *ret_worked)
{
	struct router *router = ctx->model != NULL && ctx->model->n_queues > 0 ? router_new() : NULL;
	enum err e = run_until(ctx, until_ms, router, ret_worked);
	router_free(router);
	return e;
}

/* bulk.c: one transition on many records, an absent colleague's work to another, and both taken back. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/bulk.h"

enum { BODY_BYTES_MAX = 1 << 20, MESSAGE_BYTES = 400 };

static bool is_one_records_fault(enum err e)
{
	return e == ERR_FORBIDDEN || e == ERR_NOT_FOUND || e == ERR_CONFLICT || e == ERR_STALE || e == ERR_INVALID;
}

/* ---- the run --------------------------------------------------------------------------------------- */

enum err bulk_open(struct ctx *ctx, const char *what, int64_t id, struct bulk *ret_bulk)
{
	struct bulk b = {.id = id, .what = what, .mark = ids_next(ctx->ids, ctx->now_ms)};
	if (id == 0)
		b.id = b.mark;
	*ret_bulk = b;
	return ERR_OK;
}

/* What he wrote since the mark is what the run did. */
static enum err events_since(struct ctx *ctx, const struct bulk *b, struct buf *out)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from event where actor = :me and id > :mark order by id");
	sql_int(&q, "me", ctx->who->id);
	sql_int(&q, "mark", b->mark);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		buf_char(out, ' ');
		buf_int(out, rows_int(rows, 0));
	}
	return rows_done(rows);
}

enum err bulk_close(struct ctx *ctx, const struct bulk *b)
{
	struct sql q;
	struct buf events;
	buf_init(&events, ctx->arena, BODY_BYTES_MAX);
	TRY(events_since(ctx, b, &events));
	const char *before = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select body from bulk_run where id = :id and actor = :me and undone_at is null");
	sql_int(&q, "id", b->id);
	sql_int(&q, "me", ctx->who->id);
	enum err e = sql_one_text(ctx, &q, &before);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (events.over || (before != NULL && strlen(before) + events.len > BODY_BYTES_MAX))
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_many", "too much for one run");
	bool fresh = e == ERR_NOT_FOUND;
	sql_init(&q, ctx->arena);
	if (fresh)
		SQL(&q, "insert into bulk_run (id, at, actor, body) values (:id, :at, :me, :body)");
	else
		SQL(&q, "update bulk_run set body = :body, at = :at where id = :id and actor = :me");
	sql_int(&q, "id", b->id);
	sql_int(&q, "at", ctx->now_ms);
	sql_int(&q, "me", ctx->who->id);
	sql_text(&q, "body",
	         arena_printf(ctx->arena, "%s%s", fresh ? b->what : before, events.data ? events.data : ""));
	return sql_run(ctx, &q, NULL);
}

/* ---- one record, or nothing of it --------------------------------------------------------------------- */

static enum err point(struct ctx *ctx)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "savepoint one_record");
	return sql_run(ctx, &q, NULL);
}

static enum err point_release(struct ctx *ctx, bool back)
{
	struct sql q;
	if (back) {
		sql_init(&q, ctx->arena);
		SQL(&q, "rollback to savepoint one_record");
		TRY(sql_run(ctx, &q, NULL));
	}
	sql_init(&q, ctx->arena);
	SQL(&q, "release savepoint one_record");
	return sql_run(ctx, &q, NULL);
}

enum err bulk_each(struct ctx *ctx, bulk_fn *fn, void *arg, int64_t id, struct bulk_result *ret)
{
	struct arena_mark mark = arena_mark(ctx->arena);
	char message[MESSAGE_BYTES + 1] = "";
	size_t n0 = ctx->problems.n;
	TRY(point(ctx));
	enum err e = fn(ctx, arg, id);
	if (e != ERR_OK && !is_one_records_fault(e))
		return e; /* the whole transaction ends */
	TRY(point_release(ctx, e != ERR_OK));
	const char *said = e != ERR_OK && ctx->problems.n > n0 ? ctx->problems.list[n0].detail : NULL;
	if (said != NULL)
		snprintf(message, sizeof(message), "%.*s", (int)text_prefix(said, strlen(said), MESSAGE_BYTES), said);
	ctx->problems.n = n0;
	/* Hundreds of records with long texts: none of them is kept. */
	arena_rewind(ctx->arena, mark);
	*ret = (struct bulk_result){.id = id, .err = e};
	if (said != NULL)
		ret->message = arena_strdup(ctx->arena, message);
	return ERR_OK;
}

void bulk_write_json(struct json_out *out, int64_t run, const struct bulk_result *list, size_t n)
{
	json_open(out, '{');
	json_key(out, "run");
	json_id(out, run);
	json_key(out, "done");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		if (list[i].err == ERR_OK)
			json_id(out, list[i].id);
	json_close(out, ']');
	json_key(out, "failed");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (list[i].err == ERR_OK)
			continue;
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, list[i].id);
		json_key(out, "code");
		json_text(out, err_code(list[i].err));
		json_key(out, "message");
		json_text(out, list[i].message);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

/* ---- a transition on many -------------------------------------------------------------------------------- */

struct bulk_do {
	const struct type *type;
	const char *transition;
	const json_t *input;
};

static enum err do_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct bulk_do *d = arg;
	struct record *r;
	TRY(record_load(ctx, d->type, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	return flow_do(ctx, d->type, id, r->version, d->transition, d->input, &r);
}

enum err flow_bulk(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char *transition,
                   const json_t *input, struct json_out *out)
{
	const struct transition *tr = type_transition(t, transition);
	if (!who_can(ctx, "bulk"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden",
		                   "your roles may not work on many records at once");
	if (n > LIMIT_BULK_ROWS)
		return ctx_problem(ctx, ERR_TOO_LARGE, "ids", "too_many", "at most %d records at once",
		                   LIMIT_BULK_ROWS);
	if (tr == NULL || !tr->bulk)
		return ctx_problem(ctx, ERR_INVALID, "do", "not_bulk", "%s is not offered on many records", transition);
	struct bulk b;
	TRY(bulk_open(ctx, transition, 0, &b));
	struct bulk_do d = {.type = t, .transition = transition, .input = input};
	struct bulk_result *results = ARENA_ARRAY(ctx->arena, n + 1, struct bulk_result);
	for (size_t i = 0; i < n; i++)
		TRY(bulk_each(ctx, do_one, &d, ids[i], &results[i]));
	TRY(bulk_close(ctx, &b));
	bulk_write_json(out, b.id, results, n);
	return ERR_OK;
}

/* do_notices.c: what a colleague was told. */
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

enum { NOTICES_PRESET = 50, UNREAD_STOP = 999 };

struct notices {
	int64_t after;
	size_t limit;
	struct answer *an;
};

static void write_notice(struct ctx *ctx, struct json_out *out, struct rows *r)
{
	size_t len;
	const char *body = rows_text(r, 5, &len);
	json_error_t fault;
	json_t *j = body ? json_loadb(body, len, 0, &fault) : NULL;

	json_open(out, '{');
	json_key(out, "id");
	json_id(out, rows_int(r, 0));
	json_key(out, "at");
	json_instant(out, rows_int(r, 1));
	json_key(out, "kind");
	json_text(out, rows_text(r, 2, NULL));
	json_key(out, "type");
	json_text(out, rows_text(r, 3, NULL));
	json_key(out, "record");
	json_id(out, rows_int(r, 4));
	json_key(out, "text");
	if (json_is_object(json_object_get(j, "text")))
		json_tree(out, json_object_get(j, "text"));
	else
		json_none(out);
	json_key(out, "read");
	json_bool(out, rows_int(r, 6) != 0);
	json_close(out, '}');
	json_decref(j);
}

static enum err notices_read(struct ctx *ctx, void *arg)
{
	struct notices *n = arg;
	struct json_out *out = &n->an->json;
	struct sql q;
	struct rows *r;
	int64_t unread = 0;

	json_open(out, '{');
	json_key(out, "notices");
	json_open(out, '[');
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, kind, type, record, body, coalesce(read_at, 0) from notice where user_id = :user and "
	        "id < :before "
	        "order by id desc limit :limit");
	sql_int(&q, "user", ctx->who->id);
	sql_int(&q, "before", n->after ? n->after : INT64_MAX);
	sql_int(&q, "limit", (int64_t)n->limit);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r))
		write_notice(ctx, out, r);
	TRY(rows_done(r));
	json_close(out, ']');
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select count(*) from (select 1 from notice where user_id = :user and read_at is null limit :stop) unread");
	sql_int(&q, "user", ctx->who->id);
	sql_int(&q, "stop", UNREAD_STOP);
	TRY(sql_one_int(ctx, &q, &unread));
	json_key(out, "unread");
	json_int(out, unread);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_notices(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct notices n = {.an = an};
	const char *after = request_query(rq, "after");

	if (after != NULL && !id_parse(after, &n.after))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "bad_cursor", "must be the id of a notice");
	TRY(request_limit(ctx, rq, NOTICES_PRESET, LIMIT_PAGE_ROWS, &n.limit));
	return store_read(ctx, notices_read, &n);
}

struct reading {
	int64_t *ids;
	size_t n;
	bool all;
};

static enum err reading_write(struct ctx *ctx, void *arg)
{
	const struct reading *rd = arg;
	struct sql q;

	for (size_t i = 0; i < rd->n; i++) {
		sql_init(&q, ctx->arena);
		SQL(&q, "update notice set read_at = :now where id = :id and user_id = :user and read_at is null");
		sql_int(&q, "now", ctx->now_ms);
		sql_int(&q, "id", rd->ids[i]);
		sql_int(&q, "user", ctx->who->id);
		TRY(sql_run(ctx, &q, NULL));
	}
	if (!rd->all)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "update notice set read_at = :now where user_id = :user and read_at is null");
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "user", ctx->who->id);
	return sql_run(ctx, &q, NULL);
}

enum err do_notices_read(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct reading rd = {0};

	TRY(body_only(ctx, rq, "ids,all"));
	TRY(body_ids(ctx, rq, "ids", LIMIT_PAGE_ROWS, &rd.ids, &rd.n));
	TRY(body_bool(ctx, rq, "all", false, &rd.all));
	TRY(request_write(ctx, rq, reading_write, &rd));
	answer_nothing(an);
	return ERR_OK;
}

/* do_views.c: lists people keep for themselves or share: a filter, columns and an order under a name. */
#include "base/text.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "store/store.h"

enum { NAME_CHARS_MAX = 60, VIEWS_MAX = 100 };

struct saved {
	const struct type *type;
	int64_t id;
	const char *name;
	const char *spec;
	bool shared;
	struct answer *an;
};

static bool may_share(const struct ctx *ctx)
{
	return who_can(ctx, "settings") || who_can(ctx, "bulk");
}

/* ---- list ------------------------------------------------------------------------------------------ */

static void write_view(struct ctx *ctx, struct json_out *out, struct rows *r)
{
	static const char *const keys[] = {"where", "columns", "sort", "group"};
	size_t len;
	const char *spec = rows_text(r, 3, &len);
	json_error_t fault;
	json_t *j = spec ? json_loadb(spec, len, 0, &fault) : NULL;

	json_open(out, '{');
	json_key(out, "id");
	json_id(out, rows_int(r, 0));
	json_key(out, "name");
	json_text(out, rows_text(r, 2, NULL));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_key(out, keys[i]);
		if (json_object_get(j, keys[i]) != NULL)
			json_tree(out, json_object_get(j, keys[i]));
		else
			json_none(out);
	}
	json_key(out, "shared");
	json_bool(out, rows_int(r, 4) != 0);
	json_key(out, "mine");
	json_bool(out, rows_int(r, 1) == ctx->who->id);
	json_close(out, '}');
	json_decref(j);
}

static enum err views_read(struct ctx *ctx, void *arg)
{
	struct saved *s = arg;
	struct json_out *out = &s->an->json;
	struct sql q;
	struct rows *r;

	json_open(out, '{');
	json_key(out, "views");
	json_open(out, '[');
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id, owner, name, spec, shared from saved_view where type = :type and (owner = :me or shared = 1) "
	    "order by position, id");
	sql_text(&q, "type", s->type->name);
	sql_int(&q, "me", ctx->who->id);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r))
		write_view(ctx, out, r);
	TRY(rows_done(r));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err do_view_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct saved s = {.an = an};

	TRY(request_type(ctx, rq, &s.type));
	return store_read(ctx, views_read, &s);
}

/* ---- keep ------------------------------------------------------------------------------------------ */

/* "a,b" of a JSON list of texts, which is how lists are asked for. */
static enum err joined(struct ctx *ctx, const struct request *rq, const char *key, const char **ret_text)
{
	const json_t *j = json_object_get(rq->json, key);
	struct buf b;

	*ret_text = NULL;
	if (j == NULL || json_is_null(j))
		return ERR_OK;
	buf_init(&b, ctx->arena, 16 * 1024);
	for (size_t i = 0; i < json_array_size(j); i++) {
		const char *word = json_string_value(json_array_get(j, i));

		if (word == NULL)
			return ctx_problem(ctx, ERR_INVALID, key, "wrong_type", "must be a list of texts");
		buf_str(&b, i > 0 ? "," : "");
		buf_str(&b, word);
	}
	if (!json_is_array(j) || b.over)
		return ctx_problem(ctx, ERR_INVALID, key, "wrong_type", "must be a list of texts");
	*ret_text = b.len > 0 ? b.data : NULL;
	return ERR_OK;
}

/* A view that could not be opened is not kept. */
static enum err saved_parse(struct ctx *ctx, struct request *rq, struct saved *s)
{
	struct list_query query;
	const char *where, *columns, *sort;
	struct buf b;
	struct json_out out;
	static const char *const keys[] = {"where", "columns", "sort", "group"};

	TRY(body_only(ctx, rq, "name,where,columns,sort,group,shared"));
	TRY(body_text(ctx, rq, "name", true, &s->name));
	if (text_chars(s->name, strlen(s->name)) > NAME_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "name", "too_long", "at most %d characters", NAME_CHARS_MAX);
	TRY(body_bool(ctx, rq, "shared", false, &s->shared));
	if (s->shared && !may_share(ctx))
		return ctx_problem(ctx, ERR_FORBIDDEN, "shared", "needs_right", "may not share views");
	TRY(body_text(ctx, rq, "where", false, &where));
	TRY(joined(ctx, rq, "columns", &columns));
	TRY(joined(ctx, rq, "sort", &sort));
	TRY(list_query_parse(ctx, s->type, where && where[0] ? where : NULL, sort, columns, NULL, NULL, &query));
	buf_init(&b, ctx->arena, 64 * 1024);
	json_out_init(&out, &b);
	json_open(&out, '{');
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (json_object_get(rq->json, keys[i]) == NULL)
			continue;
		json_key(&out, keys[i]);
		json_tree(&out, json_object_get(rq->json, keys[i]));
	}
	json_close(&out, '}');
	if (b.over)
		return ERR_TOO_LARGE;
	s->spec = b.data;
	return ERR_OK;
}

static enum err create_write(struct ctx *ctx, void *arg)
{
	struct saved *s = arg;
	struct sql q;
	int64_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from saved_view where type = :type and owner = :me");
	sql_text(&q, "type", s->type->name);
	sql_int(&q, "me", ctx->who->id);
	TRY(sql_one_int(ctx, &q, &n));
	if (n >= VIEWS_MAX)
		return ctx_problem(ctx, ERR_CONFLICT, "", "too_many", "at most %d views of one type", VIEWS_MAX);
	s->id = ids_next(ctx->ids, ctx->now_ms);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into saved_view (id, type, owner, shared, position, name, spec, updated_at) "
	        "values (:id, :type, :me, :shared, :position, :name, :spec, :now)");
	sql_int(&q, "id", s->id);
	sql_text(&q, "type", s->type->name);
	sql_int(&q, "me", ctx->who->id);
	sql_int(&q, "shared", s->shared);
	sql_int(&q, "position", n);
	sql_text(&q, "name", s->name);
	sql_text(&q, "spec", s->spec);
	sql_int(&q, "now", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

static void write_id(struct answer *an, int64_t id)
{
	json_open(&an->json, '{');
	json_key(&an->json, "id");
	json_id(&an->json, id);
	json_close(&an->json, '}');
}

enum err do_view_create(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct saved s = {.an = an};

	TRY(request_type(ctx, rq, &s.type));
	TRY(saved_parse(ctx, rq, &s));
	TRY(request_write(ctx, rq, create_write, &s));
	an->status = 201;
	write_id(an, s.id);
	return ERR_OK;
}

static enum err change_write(struct ctx *ctx, void *arg)
{
	struct saved *s = arg;
	struct sql q;
	int64_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "update saved_view set name = :name, spec = :spec, shared = :shared, updated_at = :now "
	        "where id = :id and type = :type and owner = :me");
	sql_text(&q, "name", s->name);
	sql_text(&q, "spec", s->spec);
	sql_int(&q, "shared", s->shared);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "id", s->id);
	sql_text(&q, "type", s->type->name);
	sql_int(&q, "me", ctx->who->id);
	TRY(sql_run(ctx, &q, &n));
	return n == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err do_view_change(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct saved s = {.an = an};

	TRY(request_type(ctx, rq, &s.type));
	TRY(request_id(rq, "id", &s.id));
	TRY(saved_parse(ctx, rq, &s));
	TRY(request_write(ctx, rq, change_write, &s));
	write_id(an, s.id);
	return ERR_OK;
}

/* His own; a shared one also by who keeps the settings. */
static enum err remove_write(struct ctx *ctx, void *arg)
{
	struct saved *s = arg;
	struct sql q;
	int64_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q,
	    "delete from saved_view where id = :id and type = :type and (owner = :me or (shared = 1 and :keeper = 1))");
	sql_int(&q, "id", s->id);
	sql_text(&q, "type", s->type->name);
	sql_int(&q, "me", ctx->who->id);
	sql_int(&q, "keeper", who_can(ctx, "settings"));
	TRY(sql_run(ctx, &q, &n));
	return n == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err do_view_remove(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct saved s = {.an = an};

	TRY(request_type(ctx, rq, &s.type));
	TRY(request_id(rq, "id", &s.id));
	TRY(request_write(ctx, rq, remove_write, &s));
	answer_nothing(an);
	return ERR_OK;
}

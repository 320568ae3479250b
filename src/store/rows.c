/* Statements through whichever database it is. */
#include "store/internal.h"

static const struct backend *backend_of(const struct ctx *ctx)
{
	return ctx->org->store->backend;
}

bool sql_is_postgres(const struct ctx *ctx)
{
	return store_is_postgres(ctx->org->store);
}

enum err store_fault(struct ctx *ctx, enum err e, const char *message, const char *sql)
{
	/* For the log of http/, which does not show the details of ERR_INTERNAL to anybody. */
	return ctx_problem(ctx, e, "", "store", "%.500s%s%.500s", message, sql ? " in: " : "", sql ? sql : "");
}

static enum err ready(struct ctx *ctx, const struct sql *q)
{
	if (ctx->db == NULL)
		return store_fault(ctx, ERR_INTERNAL, "a statement outside store_read and store_write", q->text.data);
	if (q->text.over)
		return store_fault(ctx, ERR_TOO_LARGE, "the statement is too long", NULL);
	return ERR_OK;
}

enum err store_point(struct ctx *ctx, struct store_point *ret_point)
{
	if (ctx->db == NULL || !ctx->db->writer)
		return store_fault(ctx, ERR_INTERNAL, "a point outside store_write", NULL);
	return ctx->db->fault != ERR_OK ? ctx->db->fault : backend_of(ctx)->point(ctx, ret_point);
}

enum err store_point_end(struct ctx *ctx, const struct store_point *point, bool back)
{
	if (back && ctx->db->fault == ERR_CONFLICT)
		ctx->db->fault = ERR_OK;
	return ctx->db->fault != ERR_OK ? ctx->db->fault : backend_of(ctx)->point_end(ctx, point, back);
}

enum err sql_rows(struct ctx *ctx, struct sql *q, struct rows **ret_rows)
{
	TRY(ready(ctx, q));
	return backend_of(ctx)->rows(ctx, q, ret_rows, NULL);
}

enum err sql_run(struct ctx *ctx, struct sql *q, int64_t *ret_changed)
{
	int64_t changed;
	struct rows *r;
	TRY(ready(ctx, q));
	TRY(backend_of(ctx)->rows(ctx, q, &r, &changed));
	TRY(rows_done(r));
	if (ret_changed != NULL)
		*ret_changed = changed;
	return ERR_OK;
}

bool rows_next(struct rows *r)
{
	return backend_of(r->ctx)->next(r);
}

enum err rows_done(struct rows *r)
{
	return backend_of(r->ctx)->done(r);
}

bool rows_null(struct rows *r, int col)
{
	return backend_of(r->ctx)->is_null(r, col);
}

int64_t rows_int(struct rows *r, int col)
{
	return backend_of(r->ctx)->get_int(r, col);
}

const char *rows_text(struct rows *r, int col, size_t *ret_len)
{
	return backend_of(r->ctx)->get_text(r, col, ret_len);
}

const void *rows_blob(struct rows *r, int col, size_t *ret_len)
{
	return backend_of(r->ctx)->get_blob(r, col, ret_len);
}

enum err sql_one_int(struct ctx *ctx, struct sql *q, int64_t *ret_v)
{
	struct rows *r;
	int64_t v = 0;
	TRY(sql_rows(ctx, q, &r));
	bool there = rows_next(r);
	if (there)
		v = rows_int(r, 0);
	TRY(rows_done(r));
	if (!there)
		return ERR_NOT_FOUND;
	*ret_v = v;
	return ERR_OK;
}

enum err sql_one_text(struct ctx *ctx, struct sql *q, const char **ret_s)
{
	struct rows *r;
	const char *copy = NULL;
	TRY(sql_rows(ctx, q, &r));
	bool there = rows_next(r);
	if (there) {
		size_t len;
		const char *s = rows_text(r, 0, &len);
		copy = s ? arena_strndup(ctx->arena, s, len) : NULL;
	}
	TRY(rows_done(r));
	if (!there)
		return ERR_NOT_FOUND;
	*ret_s = copy;
	return ERR_OK;
}

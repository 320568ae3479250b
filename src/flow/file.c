/* file.c: uploaded files become a record's: from then on its rights are theirs. */
#include "base/ids.h"
#include "flow/step.h"

static bool had(const struct value *list, int64_t id)
{
	for (size_t i = 0; list != NULL && list->kind == VALUE_LIST && i < list->n; i++)
		if (list->list[i].i == id)
			return true;
	return false;
}

/* Only what he uploaded himself and nobody has used, or what the record has already: an id alone
 * opens no file of others. */
static enum err file_is_his(struct ctx *ctx, const struct record *r, int64_t file, bool *ret_his)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select record, created_by from file where id = :id");
	sql_int(&q, "id", file);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	*ret_his = false;
	if (rows_next(rows)) {
		int64_t record = rows_int(rows, 0), by = rows_int(rows, 1);
		bool system = ctx->who != NULL && ctx->who->system;
		*ret_his = record == r->id || (record == 0 && (system || (ctx->who != NULL && by == ctx->who->id)));
	}
	return rows_done(rows);
}

enum err files_claim(struct ctx *ctx, const struct record *r, const char *path, const int64_t *files, size_t n,
                     bool internal)
{
	for (size_t i = 0; i < n; i++) {
		bool his;
		TRY(file_is_his(ctx, r, files[i], &his));
		if (!his)
			return ctx_problem(ctx, ERR_INVALID, path, "not_found", "there is no such file of yours");
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q,
		    "update file set record = :record, record_type = :type, internal = :internal where id = :id and "
		    "(record is null or internal > :internal)");
		sql_int(&q, "record", r->id);
		sql_text(&q, "type", r->type->name);
		sql_int(&q, "internal", internal);
		sql_int(&q, "id", files[i]);
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

enum err files_attach(struct ctx *ctx, const struct record *r, const struct record *before)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		const struct value *v = &r->values[i];
		if (f->kind != FIELD_FILES || value_is_empty(v))
			continue;
		for (size_t k = 0; k < v->n; k++)
			if (!had(before ? &before->values[i] : NULL, v->list[k].i))
				TRY(files_claim(ctx, r, f->name, &v->list[k].i, 1,
				                (f->flags & FIELD_CONFIDENTIAL) != 0));
	}
	return ERR_OK;
}

/* ---- from one record into another ------------------------------------------------------------------ */

/* The other's own row of the same bytes; 0: it has none yet. */
static enum err file_there(struct ctx *ctx, const struct record *other, const char *digest, int64_t *ret_id)
{
	struct sql q;
	*ret_id = 0;
	if (other->id == 0)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select max(id) from file where record = :record and digest = :digest having max(id) is not null");
	sql_int(&q, "record", other->id);
	sql_text(&q, "digest", digest);
	enum err e = sql_one_int(ctx, &q, ret_id);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err file_copy(struct ctx *ctx, const struct record *r, const struct record *other, int64_t *file)
{
	struct sql q;
	const char *digest;
	int64_t there;
	sql_init(&q, ctx->arena);
	SQL(&q, "select digest from file where id = :id and record = :record");
	sql_int(&q, "id", *file);
	sql_int(&q, "record", r->id);
	enum err e = sql_one_text(ctx, &q, &digest);
	if (e == ERR_NOT_FOUND) /* nobody's yet: files_attach decides */
		return ERR_OK;
	TRY(e);
	TRY(file_there(ctx, other, digest, &there));
	if (there == 0) {
		there = ids_next(ctx->ids, ctx->now_ms);
		sql_init(&q, ctx->arena);
		SQL(&q, "insert into file (id, digest, size, mime, name, created_at, created_by, internal) "
		        "select :copy, digest, size, mime, name, :now, :who, 1 from file where id = :id");
		sql_int(&q, "copy", there);
		sql_int(&q, "now", ctx->now_ms);
		sql_int_or_null(&q, "who", ctx->who ? ctx->who->id : 0);
		sql_int(&q, "id", *file);
		TRY(sql_run(ctx, &q, NULL));
	}
	*file = there;
	return ERR_OK;
}

enum err files_pass(struct ctx *ctx, const struct record *r, const struct record *other, const struct field *f,
                    struct value *v)
{
	if (f->kind != FIELD_FILES || v->kind != VALUE_LIST || r->id == other->id)
		return ERR_OK;
	struct value *list = ARENA_ARRAY(ctx->arena, v->n + 1, struct value);
	for (size_t i = 0; i < v->n; i++) {
		int64_t id = v->list[i].i;
		TRY(file_copy(ctx, r, other, &id));
		list[i] = value_int(id);
	}
	v->list = list;
	return ERR_OK;
}

/* file.c: uploaded files become a record's: from then on its rights are theirs. */
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

/* names.c: see names.h. */
#include "model/names.h"

#include <string.h>

#include "store/store.h"

void names_field_write_json(struct ctx *ctx, struct json_out *out, const struct type *t, const char *path)
{
	const char *dot = strchr(path, '.');
	const char *own = dot ? arena_strndup(ctx->arena, path, (size_t)(dot - path)) : path;
	const struct field *f = type_field(t, own), *far = NULL;

	if (f != NULL && dot != NULL)
		far = f->target ? type_field(f->target, dot + 1) : NULL;
	if (f == NULL || (dot != NULL && far == NULL))
		return;
	json_key(out, path);
	json_open(out, '{');
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		const char *words = label_in(&f->label, (enum lang)lang);
		if (far != NULL)
			words = arena_printf(ctx->arena, "%s·%s", words, label_in(&far->label, (enum lang)lang));
		json_key(out, lang == LANG_EN ? "en" : "zh");
		json_text(out, words);
	}
	json_close(out, '}');
}

const struct field *names_number_field(const struct type *t)
{
	const struct field *f = type_field(t, "number");
	if (f == NULL)
		f = type_field(t, "code");
	return f != NULL && f->kind == FIELD_TEXT && f->column != NULL ? f : NULL;
}

enum err names_numbers(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char **numbers)
{
	const struct field *f = names_number_field(t);
	struct sql q;
	struct rows *rows;

	memset(numbers, 0, n * sizeof(*numbers));
	if (f == NULL || n == 0)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, ");
	sql_name(&q, f->column);
	SQL(&q, " from ");
	sql_name(&q, t->table);
	SQL(&q, " where id in (");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			SQL(&q, ", ");
		sql_value_int(&q, ids[i]);
	}
	SQL(&q, ")");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		size_t len = 0;
		const char *s = rows_text(rows, 1, &len);
		for (size_t i = 0; i < n && s != NULL; i++)
			if (ids[i] == rows_int(rows, 0))
				numbers[i] = arena_strndup(ctx->arena, s, len);
	}
	return rows_done(rows);
}

static enum err find_in(struct ctx *ctx, const struct type *t, const struct field *f, const char *number,
                        int64_t *ret_id)
{
	struct sql q;
	struct rows *rows;

	*ret_id = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where ");
	sql_name(&q, f->column);
	SQL(&q, " = :number order by id desc limit 1");
	sql_text(&q, "number", number);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows))
		*ret_id = rows_int(rows, 0);
	return rows_done(rows);
}

enum err names_find(struct ctx *ctx, const struct type *t, const char *number, const struct type **ret_type,
                    int64_t *ret_id)
{
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *at = &ctx->model->types[i];
		const struct field *f = names_number_field(at);
		int64_t id;

		if ((t != NULL && at != t) || f == NULL)
			continue;
		TRY(find_in(ctx, at, f, number, &id));
		if (id == 0)
			continue;
		*ret_type = at;
		*ret_id = id;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

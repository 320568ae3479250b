/* record_row.c: values in columns and side tables. */
#include "model/record_row.h"

#include <string.h>

#include "base/buf.h"
#include "base/ids.h"

bool field_is_stored(const struct field *f)
{
	return f->column != NULL && f->kind != FIELD_LINKS && f->kind != FIELD_TABLE && f->kind != FIELD_COMPUTED &&
	       !field_is_base(f);
}

/* " a b " to a list of names, or of ids for files. */
static struct value list_parse(struct arena *a, const struct field *f, const char *s, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		if (s[i] != ' ' && (i == 0 || s[i - 1] == ' '))
			n++;
	if (n == 0)
		return value_empty();
	struct value v = {.kind = VALUE_LIST, .list = ARENA_ARRAY(a, n, struct value), .n = n};
	size_t at = 0;
	for (size_t i = 0; i < len && at < n;) {
		size_t from = i;
		while (i < len && s[i] != ' ')
			i++;
		if (i > from) {
			char *word = arena_strndup(a, s + from, i - from);
			int64_t id = 0;
			if (f->kind == FIELD_FILES)
				v.list[at++] = id_parse(word, &id) ? value_int(id) : value_empty();
			else
				v.list[at++] = value_textn(word, i - from);
		}
		i++;
	}
	return v;
}

struct value row_value(struct ctx *ctx, const struct field *f, struct rows *rows, int col)
{
	size_t len;
	const char *s;
	/* Most columns of most rows are. */
	if (rows_null(rows, col))
		return value_empty();
	switch (f->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_FLAG:
	case FIELD_DATETIME:
	case FIELD_LINK: return value_int(rows_int(rows, col));
	case FIELD_CHOICES:
	case FIELD_FILES: s = rows_text(rows, col, &len); return s ? list_parse(ctx->arena, f, s, len) : value_empty();
	default:
		s = rows_text(rows, col, &len);
		return s && len ? value_textn(arena_strndup(ctx->arena, s, len), len) : value_empty();
	}
}

struct value column_value(struct arena *a, const struct field *f, const struct value *v)
{
	if (value_is_empty(v))
		return value_empty();
	if (v->kind != VALUE_LIST)
		return *v;
	struct buf b;
	buf_init(&b, a, 1 << 16);
	buf_char(&b, ' ');
	for (size_t i = 0; i < v->n; i++) {
		if (v->list[i].kind == VALUE_INT)
			buf_int(&b, v->list[i].i);
		else if (v->list[i].kind == VALUE_TEXT)
			buf_add(&b, v->list[i].s, v->list[i].len);
		buf_char(&b, ' ');
	}
	return value_textn(b.data, b.len);
}

void sql_field(struct sql *q, const struct type *t, const char *name)
{
	const struct field *f = type_field(t, name);
	if (f != NULL && f->column != NULL)
		sql_name(q, f->column);
	else
		SQL(q, "null");
}

void sql_in_ids(struct sql *q, const int64_t *ids, size_t n)
{
	size_t padded = 1;
	while (padded < n)
		padded *= 2;
	SQL(q, " in (");
	for (size_t i = 0; i < padded; i++) {
		if (i > 0)
			SQL(q, ", ");
		sql_value_int(q, ids[i < n ? i : n - 1]);
	}
	SQL(q, ")");
}

const char *type_title_column(const struct type *t)
{
	const struct field *f = t->title;
	if (f != NULL && f->column != NULL &&
	    (f->kind == FIELD_TEXT || f->kind == FIELD_LONG_TEXT || f->kind == FIELD_PHONE || f->kind == FIELD_EMAIL))
		return f->column;
	const struct field *number = type_field(t, "number");
	return number ? number->column : NULL;
}

static enum err load_links(struct ctx *ctx, struct record *r, const struct field *f)
{
	struct sql q;
	sql_again(&q, ctx->arena, f->side_sql);
	sql_int(&q, "parent", r->id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	struct value *list = NULL;
	size_t n = 0, cap = 0;
	while (rows_next(rows)) {
		if (n == LIMIT_LINKS)
			continue;
		if (n == cap) {
			list = arena_grow(ctx->arena, list, cap * sizeof(*list), (cap ? cap * 2 : 8) * sizeof(*list));
			cap = cap ? cap * 2 : 8;
		}
		list[n++] = value_int(rows_int(rows, 0));
	}
	TRY(rows_done(rows));
	r->values[f->at] = n ? (struct value){.kind = VALUE_LIST, .list = list, .n = n} : value_empty();
	return ERR_OK;
}

static enum err load_lines(struct ctx *ctx, struct record *r, const struct field *f)
{
	struct sql q;
	sql_again(&q, ctx->arena, f->side_sql);
	sql_int(&q, "parent", r->id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	struct record_lines *lines = &r->lines[f->at];
	size_t cap = 0;
	lines->n = 0;
	while (rows_next(rows)) {
		if (lines->n == cap) {
			cap = cap ? cap * 2 : 8;
			struct record_line *list = ARENA_ARRAY(ctx->arena, cap, struct record_line);
			if (lines->n > 0)
				memcpy(list, lines->list, lines->n * sizeof(list[0]));
			lines->list = list;
		}
		struct record_line *line = &lines->list[lines->n++];
		line->id = rows_int(rows, 0);
		line->values = ARENA_ARRAY(ctx->arena, f->n_columns ? f->n_columns : 1, struct value);
		for (size_t i = 0; i < f->n_columns; i++)
			line->values[i] = row_value(ctx, &f->columns[i], rows, (int)i + 1);
	}
	lines->loaded = true;
	return rows_done(rows);
}

enum err record_load_side(struct ctx *ctx, struct record *r, const struct field *f)
{
	return f->kind == FIELD_LINKS ? load_links(ctx, r, f) : load_lines(ctx, r, f);
}

enum err record_load_sides(struct ctx *ctx, struct record *r)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (f->kind == FIELD_LINKS || f->kind == FIELD_TABLE)
			TRY(record_load_side(ctx, r, f));
	}
	return ERR_OK;
}

static enum err write_links(struct ctx *ctx, const struct record *r, const struct field *f)
{
	const struct value *v = &r->values[f->at];
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->n; i++) {
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "insert into ");
		sql_name(&q, f->side_table);
		SQL(&q, " (id, parent, pos, target) values (:id, :parent, :pos, :target)");
		sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
		sql_int(&q, "parent", r->id);
		sql_int(&q, "pos", (int64_t)i);
		sql_int(&q, "target", v->list[i].i);
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

static enum err write_lines(struct ctx *ctx, struct record *r, const struct field *f)
{
	struct record_lines *lines = &r->lines[f->at];
	for (size_t i = 0; i < lines->n; i++) {
		struct record_line *line = &lines->list[i];
		if (line->id == 0)
			line->id = ids_next(ctx->ids, ctx->now_ms);
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "insert into ");
		sql_name(&q, f->side_table);
		SQL(&q, " (id, parent, pos");
		for (size_t k = 0; k < f->n_columns; k++) {
			SQL(&q, ", ");
			sql_name(&q, f->columns[k].column);
		}
		SQL(&q, ") values (:id, :parent, :pos");
		sql_int(&q, "id", line->id);
		sql_int(&q, "parent", r->id);
		sql_int(&q, "pos", (int64_t)i);
		for (size_t k = 0; k < f->n_columns; k++) {
			struct value v = column_value(ctx->arena, &f->columns[k], &line->values[k]);
			SQL(&q, ", ");
			sql_value(&q, &v);
		}
		SQL(&q, ")");
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

enum err record_write_sides(struct ctx *ctx, struct record *r, bool fresh)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if ((f->kind != FIELD_LINKS && f->kind != FIELD_TABLE) || (!fresh && !record_is_changed(r, f)))
			continue;
		if (!fresh) {
			struct sql q;
			sql_init(&q, ctx->arena);
			SQL(&q, "delete from ");
			sql_name(&q, f->side_table);
			SQL(&q, " where parent = :parent");
			sql_int(&q, "parent", r->id);
			TRY(sql_run(ctx, &q, NULL));
		}
		if (f->kind == FIELD_LINKS)
			TRY(write_links(ctx, r, f));
		else
			TRY(write_lines(ctx, r, f));
	}
	return ERR_OK;
}

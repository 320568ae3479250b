/* record_store.c: a record to and from its table. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "model/directory.h"
#include "model/record_row.h"
#include "model/who.h"

/* Fields such as created_at may be declared to filters: their slots mirror the struct's members. */
static void mirror_base(struct record *r)
{
	/* They are a type's last ones. */
	for (size_t i = r->type->n_fields; i > 0 && field_is_base(&r->type->fields[i - 1]); i--)
		r->values[i - 1] = record_get(r, r->type->fields[i - 1].name);
}

enum err record_load(struct ctx *ctx, const struct type *t, int64_t id, struct record **ret_record)
{
	struct sql q;
	sql_again(&q, ctx->arena, t->load_sql);
	sql_int(&q, "id", id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	struct record *r = NULL;
	if (rows_next(rows)) {
		r = record_new(ctx->arena, t);
		r->id = id;
		r->version = rows_int(rows, 0);
		r->created_at = rows_int(rows, 1);
		r->created_by = rows_int(rows, 2);
		r->updated_at = rows_int(rows, 3);
		int col = 4;
		for (size_t i = 0; i < t->n_fields; i++)
			if (field_is_stored(&t->fields[i]))
				r->values[i] = row_value(ctx, &t->fields[i], rows, col++);
		mirror_base(r);
	}
	TRY(rows_done(rows));
	if (r == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load_sides(ctx, r));
	*ret_record = r;
	return ERR_OK;
}

enum err record_type_of(struct ctx *ctx, int64_t id, const struct type **ret_type)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type from work where id = :id");
	sql_int(&q, "id", id);
	const char *name;
	TRY(sql_one_text(ctx, &q, &name));
	const struct type *t = name ? model_type(ctx->model, name) : NULL;
	if (t == NULL)
		return ERR_NOT_FOUND;
	*ret_type = t;
	return ERR_OK;
}

static struct value sort_key_value(struct arena *a, const struct value *v)
{
	return v->kind == VALUE_TEXT ? value_text(text_sort_key(a, v->s, v->len)) : value_empty();
}

static void sort_key_name(struct sql *q, const struct field *f)
{
	sql_name(q, arena_printf(q->arena, "%s__key", f->column));
}

/* Uploads named by a files field belong to this record from now on. */
static enum err adopt_files(struct ctx *ctx, const struct record *r, bool fresh)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		const struct value *v = &r->values[i];
		if (f->kind != FIELD_FILES || v->kind != VALUE_LIST || (!fresh && !record_is_changed(r, f)))
			continue;
		for (size_t k = 0; k < v->n; k++) {
			struct sql q;
			sql_init(&q, ctx->arena);
			SQL(&q,
			    "update file set record = :record, record_type = :type where id = :id and record is null");
			sql_int(&q, "record", r->id);
			sql_text(&q, "type", r->type->name);
			sql_int(&q, "id", v->list[k].i);
			TRY(sql_run(ctx, &q, NULL));
		}
	}
	return ERR_OK;
}

static void insert_text(struct ctx *ctx, struct sql *q, const struct record *r)
{
	const struct type *t = r->type;
	SQL(q, "insert into ");
	sql_name(q, t->table);
	SQL(q, " (id, version, created_at, created_by, updated_at");
	for (size_t i = 0; i < t->n_fields; i++) {
		if (!field_is_stored(&t->fields[i]))
			continue;
		SQL(q, ", ");
		sql_name(q, t->fields[i].column);
		if (field_has_sort_key(&t->fields[i])) {
			SQL(q, ", ");
			sort_key_name(q, &t->fields[i]);
		}
	}
	SQL(q, ") values (:id, 1, :created_at, :created_by, :updated_at");
	sql_int(q, "id", r->id);
	sql_int(q, "created_at", r->created_at);
	sql_int_or_null(q, "created_by", r->created_by);
	sql_int(q, "updated_at", r->updated_at);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (!field_is_stored(f))
			continue;
		struct value v = column_value(ctx->arena, f, &r->values[i]);
		SQL(q, ", ");
		sql_value(q, &v);
		if (field_has_sort_key(f)) {
			struct value key = sort_key_value(ctx->arena, &r->values[i]);
			SQL(q, ", ");
			sql_value(q, &key);
		}
	}
	SQL(q, ")");
}

enum err record_insert(struct ctx *ctx, struct record *r)
{
	if (r->id == 0)
		r->id = ids_next(ctx->ids, ctx->now_ms);
	if (r->created_at == 0)
		r->created_at = ctx->now_ms;
	if (r->updated_at == 0)
		r->updated_at = ctx->now_ms;
	if (r->created_by == 0 && ctx->who != NULL)
		r->created_by = ctx->who->id;
	r->version = 1;
	mirror_base(r);
	struct sql q;
	sql_init(&q, ctx->arena);
	insert_text(ctx, &q, r);
	TRY(sql_run(ctx, &q, NULL));
	TRY(record_write_sides(ctx, r, true));
	TRY(adopt_files(ctx, r, true));
	if (directory_keeps(ctx, r->type))
		TRY(directory_begin(ctx));
	return record_index_lookup(ctx, r);
}

static void set_column(struct ctx *ctx, struct sql *q, const struct record *r, const struct field *f)
{
	struct value v = column_value(ctx->arena, f, &r->values[f->at]);
	SQL(q, ", ");
	sql_name(q, f->column);
	SQL(q, " = ");
	sql_value(q, &v);
	if (!field_has_sort_key(f))
		return;
	struct value key = sort_key_value(ctx->arena, &r->values[f->at]);
	SQL(q, ", ");
	sort_key_name(q, f);
	SQL(q, " = ");
	sql_value(q, &key);
}

static bool lookups_changed(const struct record *r)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (!record_is_changed(r, f))
			continue;
		if (f->lookups || f == r->type->merged)
			return true;
		for (size_t k = 0; k < f->n_columns; k++)
			if (f->columns[k].lookups)
				return true;
	}
	return false;
}

/* q has begun with what else is set. */
static enum err row_update(struct ctx *ctx, struct sql *q, const struct record *r)
{
	for (size_t i = 0; i < r->type->n_fields; i++)
		if (field_is_stored(&r->type->fields[i]) && record_is_changed(r, &r->type->fields[i]))
			set_column(ctx, q, r, &r->type->fields[i]);
	SQL(q, " where id = :id and version = :version");
	sql_int(q, "id", r->id);
	sql_int(q, "version", r->version);
	int64_t changed;
	TRY(sql_run(ctx, q, &changed));
	if (changed == 0)
		return ERR_STALE;
	return r->type->title != NULL && record_is_changed(r, r->type->title) ? directory_change(ctx, r->type) : ERR_OK;
}

enum err record_write_derived(struct ctx *ctx, struct record *r)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, r->type->table);
	SQL(&q, " set version = version");
	TRY(row_update(ctx, &q, r));
	return record_write_sides(ctx, r, false);
}

enum err record_update(struct ctx *ctx, struct record *r)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, r->type->table);
	SQL(&q, " set version = version + 1, updated_at = :now");
	sql_int(&q, "now", ctx->now_ms);
	TRY(row_update(ctx, &q, r));
	r->version++;
	r->updated_at = ctx->now_ms;
	mirror_base(r);
	TRY(record_write_sides(ctx, r, false));
	TRY(adopt_files(ctx, r, false));
	return lookups_changed(r) ? record_index_lookup(ctx, r) : ERR_OK;
}

static enum err delete_rows(struct ctx *ctx, const char *table, bool side, int64_t id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from ");
	sql_name(&q, table);
	if (side)
		SQL(&q, " where parent = :id");
	else
		SQL(&q, " where record = :id");
	sql_int(&q, "id", id);
	return sql_run(ctx, &q, NULL);
}

enum err record_delete(struct ctx *ctx, struct record *r)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from ");
	sql_name(&q, r->type->table);
	SQL(&q, " where id = :id and version = :version");
	sql_int(&q, "id", r->id);
	sql_int(&q, "version", r->version);
	int64_t changed;
	TRY(sql_run(ctx, &q, &changed));
	if (changed == 0)
		return ERR_STALE;
	for (size_t i = 0; i < r->type->n_fields; i++)
		if (r->type->fields[i].side_table != NULL)
			TRY(delete_rows(ctx, r->type->fields[i].side_table, true, r->id));
	TRY(delete_rows(ctx, "lookup", false, r->id));
	TRY(directory_change(ctx, r->type));
	return search_remove(ctx, r->id);
}

static enum err titles_of(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char **ret_titles)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, ");
	sql_name(&q, type_title_column(t));
	SQL(&q, " from ");
	sql_name(&q, t->table);
	SQL(&q, " where id");
	sql_in_ids(&q, ids, n);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const char *s = rows_text(rows, 1, NULL);
		s = arena_strdup(ctx->arena, s ? s : "");
		int64_t id = rows_int(rows, 0);
		for (size_t i = 0; i < n; i++)
			if (ids[i] == id)
				ret_titles[i] = s;
	}
	return rows_done(rows);
}

enum err record_titles(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char **ret_titles)
{
	for (size_t i = 0; i < n; i++)
		ret_titles[i] = NULL;
	if (type_title_column(t) == NULL)
		return ERR_OK;
	for (size_t at = 0; at < n; at += IN_IDS_MAX)
		TRY(titles_of(ctx, t, ids + at, n - at < IN_IDS_MAX ? n - at : IN_IDS_MAX, ret_titles + at));
	return ERR_OK;
}

/* Derived columns and rows that a change of packs leaves behind or makes anew. */
#include "base/text.h"
#include "model/pack.h"
#include "model/pack_tables.h"
#include "model/record.h"

enum { SLICE = 500 };

struct slice { /* rows read before they are written: a set is not changed while it is open */
	int64_t ids[SLICE];
	const char *texts[SLICE];
	size_t n;
};

static enum err read_slice(struct ctx *ctx, const char *table, const char *column, int64_t after, struct slice *s)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, ");
	sql_name(&q, column);
	SQL(&q, " from ");
	sql_name(&q, table);
	SQL(&q, " where id > :after order by id limit :most");
	sql_int(&q, "after", after);
	sql_int(&q, "most", SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	s->n = 0;
	while (rows_next(rows)) {
		s->ids[s->n] = rows_int(rows, 0);
		s->texts[s->n++] = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
	}
	return rows_done(rows);
}

static enum err put_key(struct ctx *ctx, const char *table, const char *key, int64_t id, const char *text)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, table);
	SQL(&q, " set ");
	sql_name(&q, key);
	SQL(&q, " = ");
	sql_value_text(&q, text_sort_key(ctx->arena, text, strlen(text)));
	SQL(&q, " where id = ");
	sql_value_int(&q, id);
	return sql_run(ctx, &q, NULL);
}

enum err fill_sort_key(struct ctx *ctx, const char *table, const char *column, const char *key)
{
	struct slice *s = ARENA_NEW(ctx->arena, struct slice);
	int64_t after = 0;
	do {
		struct arena_mark mark = arena_mark(ctx->arena);
		TRY(read_slice(ctx, table, column, after, s));
		for (size_t i = 0; i < s->n; i++) {
			after = s->ids[i];
			if (s->texts[i])
				TRY(put_key(ctx, table, key, s->ids[i], s->texts[i]));
		}
		arena_rewind(ctx->arena, mark);
	} while (s->n == SLICE);
	return ERR_OK;
}

static enum err rename_rows(struct ctx *ctx, const char *table, const char *column, const char *from, const char *to)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, table);
	SQL(&q, " set ");
	sql_name(&q, column);
	SQL(&q, " = ");
	sql_value_text(&q, to);
	SQL(&q, " where ");
	sql_name(&q, column);
	SQL(&q, " = ");
	sql_value_text(&q, from);
	return sql_run(ctx, &q, NULL);
}

/* Events keep the name they were written with: they are never updated, and are found by record. */
static const struct {
	const char *table, *column;
} named[] = {{"work", "type"},       {"lookup", "type"}, {"file", "record_type"},
             {"saved_view", "type"}, {"notice", "type"}, {"import_run", "type"}};

enum err fill_renamed_type(struct ctx *ctx, const struct model *m, const struct type *t, const char *from)
{
	const struct model *in_force = ctx->model;
	struct slice *s = ARENA_NEW(ctx->arena, struct slice);
	enum err err = ERR_OK;
	int64_t after = 0;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		TRY(rename_rows(ctx, named[i].table, named[i].column, from, t->name));
	ctx->model = m; /* the search keys hold the type's name */
	do {
		struct arena_mark mark = arena_mark(ctx->arena);
		err = read_slice(ctx, t->table, "created_at", after, s);
		for (size_t i = 0; err == ERR_OK && i < s->n; i++) {
			struct record *r;
			after = s->ids[i];
			err = record_load(ctx, t, s->ids[i], &r);
			if (err == ERR_OK)
				err = record_index(ctx, r);
		}
		arena_rewind(ctx->arena, mark);
	} while (err == ERR_OK && s->n == SLICE);
	ctx->model = in_force;
	return err;
}

enum err fill_dropped_type(struct ctx *ctx, const char *type)
{
	struct slice *s = ARENA_NEW(ctx->arena, struct slice);
	static const char *const derived[] = {"work", "lookup", "saved_view"};
	int64_t after = 0;
	do {
		TRY(read_slice(ctx, type, "created_at", after, s));
		for (size_t i = 0; i < s->n; i++) {
			after = s->ids[i];
			TRY(search_remove(ctx, s->ids[i]));
		}
	} while (s->n == SLICE);
	for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from ");
		sql_name(&q, derived[i]);
		SQL(&q, " where type = ");
		sql_value_text(&q, type);
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

const struct field *lines_link(const struct field *table)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct field *f = &table->columns[i];
		if (f->kind == FIELD_LINK && f->target && type_field(f->target, "code"))
			return f;
	}
	return NULL;
}

enum err fill_kept_choices(struct ctx *ctx, const struct type *t, const struct pack_step *s)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into kept_choice (record, field, type, chosen, labels) select id, :field, :type, ");
	sql_name(&q, s->column);
	SQL(&q, ", :labels from ");
	sql_name(&q, s->table);
	SQL(&q, " where coalesce(");
	sql_name(&q, s->column);
	SQL(&q, ", '') <> ''");
	sql_text(&q, "field", s->heir);
	sql_text(&q, "type", t->name);
	sql_text(&q, "labels", s->from);
	return sql_run(ctx, &q, NULL);
}

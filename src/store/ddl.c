/* Tables of packs: made of checked names, in the words of either database. */
#include "store/internal.h"

static const char *type_words(const struct ctx *ctx, enum column_kind kind)
{
	if (kind == COLUMN_INT)
		return sql_is_postgres(ctx) ? "BIGINT" : "INTEGER";
	return sql_is_postgres(ctx) ? "TEXT COLLATE \"C\"" : "TEXT";
}

static void column_words(struct ctx *ctx, struct sql *q, const struct column *c)
{
	sql_name(q, c->name);
	SQL(q, " ");
	sql_literal_(q, type_words(ctx, c->kind));
}

enum err ddl_columns(struct ctx *ctx, const char *table, struct column **ret_columns, size_t *ret_n)
{
	struct sql q;
	struct rows *r;
	sql_init(&q, ctx->arena);
	if (sql_is_postgres(ctx))
		SQL(&q, "select a.attname, format_type(a.atttypid, null) from pg_attribute a join pg_class c on c.oid "
		        "= a.attrelid "
		        "where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) "
		        "and c.relname = :name and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by "
		        "a.attnum");
	else
		SQL(&q, "select name, type from pragma_table_info(:name)");
	sql_text(&q, "name", table);
	TRY(sql_rows(ctx, &q, &r));
	size_t n = 0, cap = 0;
	struct column *columns = NULL;
	while (rows_next(r)) {
		if (n == cap) {
			size_t more = cap ? cap * 2 : 32;
			columns = arena_grow(ctx->arena, columns, cap * sizeof(*columns), more * sizeof(*columns));
			cap = more;
		}
		const char *type = rows_text(r, 1, NULL);
		bool is_int = strcmp(type, "INTEGER") == 0 || strcmp(type, "bigint") == 0;
		columns[n++] = (struct column){.name = arena_strdup(ctx->arena, rows_text(r, 0, NULL)),
		                               .kind = is_int ? COLUMN_INT : COLUMN_TEXT};
	}
	TRY(rows_done(r));
	if (n == 0)
		return ERR_NOT_FOUND;
	*ret_columns = columns;
	*ret_n = n;
	return ERR_OK;
}

enum err ddl_has_index(struct ctx *ctx, const char *index, bool *ret_there)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	if (sql_is_postgres(ctx))
		SQL(&q, "select count(*) from pg_indexes where schemaname = current_schema() and indexname = :name");
	else
		SQL(&q, "select count(*) from sqlite_master where type = 'index' and name = :name");
	sql_text(&q, "name", index);
	TRY(sql_one_int(ctx, &q, &n));
	*ret_there = n > 0;
	return ERR_OK;
}

enum err ddl_create_table(struct ctx *ctx, const char *table, const struct column *columns, size_t n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "create table ");
	sql_name(&q, table);
	SQL(&q, " (\"id\" ");
	sql_literal_(&q, sql_is_postgres(ctx) ? "BIGINT PRIMARY KEY" : "INTEGER PRIMARY KEY");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(columns[i].name, "id") == 0)
			continue;
		SQL(&q, ", ");
		column_words(ctx, &q, &columns[i]);
	}
	SQL(&q, ")");
	return sql_run(ctx, &q, NULL);
}

static void alter(struct ctx *ctx, struct sql *q, const char *table)
{
	sql_init(q, ctx->arena);
	SQL(q, "alter table ");
	sql_name(q, table);
}

enum err ddl_add_column(struct ctx *ctx, const char *table, const struct column *column)
{
	struct sql q;
	alter(ctx, &q, table);
	SQL(&q, " add column ");
	column_words(ctx, &q, column);
	return sql_run(ctx, &q, NULL);
}

enum err ddl_rename_column(struct ctx *ctx, const char *table, const char *from, const char *to)
{
	struct sql q;
	alter(ctx, &q, table);
	SQL(&q, " rename column ");
	sql_name(&q, from);
	SQL(&q, " to ");
	sql_name(&q, to);
	return sql_run(ctx, &q, NULL);
}

enum err ddl_rename_table(struct ctx *ctx, const char *from, const char *to)
{
	struct sql q;
	alter(ctx, &q, from);
	SQL(&q, " rename to ");
	sql_name(&q, to);
	return sql_run(ctx, &q, NULL);
}

enum err ddl_drop_column(struct ctx *ctx, const char *table, const char *column)
{
	struct sql q;
	alter(ctx, &q, table);
	SQL(&q, " drop column ");
	sql_name(&q, column);
	return sql_run(ctx, &q, NULL);
}

enum err ddl_drop_table(struct ctx *ctx, const char *table)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "drop table ");
	sql_name(&q, table);
	return sql_run(ctx, &q, NULL);
}

enum err ddl_create_index(struct ctx *ctx, const char *index, const char *table, const char *const *columns, size_t n,
                          bool unique)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	if (unique)
		SQL(&q, "create unique index ");
	else
		SQL(&q, "create index ");
	sql_name(&q, index);
	SQL(&q, " on ");
	sql_name(&q, table);
	SQL(&q, " (");
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(columns[i]);
		bool desc = len > 5 && strcmp(columns[i] + len - 5, " desc") == 0;
		if (i > 0)
			SQL(&q, ", ");
		sql_name(&q, desc ? arena_strndup(ctx->arena, columns[i], len - 5) : columns[i]);
		if (desc)
			SQL(&q, " desc");
		/* Empty values come first on SQLite; the same here, so that both lists agree. */
		if (sql_is_postgres(ctx))
			sql_literal_(&q, desc ? " nulls last" : " nulls first");
	}
	SQL(&q, ")");
	return sql_run(ctx, &q, NULL);
}

enum err ddl_drop_index(struct ctx *ctx, const char *index)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "drop index ");
	sql_name(&q, index);
	return sql_run(ctx, &q, NULL);
}

/* What lies in columns, before they are dropped or mean something else. */
#include "base/text.h"
#include "model/pack_tables.h"

static enum err found(struct ctx *ctx, struct sql *q, bool *ret_found)
{
	int64_t one;
	enum err err = sql_one_int(ctx, q, &one);
	*ret_found = err == ERR_OK;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err content_there(struct ctx *ctx, const char *table, const char *column, bool *ret_there)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select 1 from ");
	sql_name(&q, table);
	if (column) {
		SQL(&q, " where ");
		sql_name(&q, column);
		SQL(&q, " is not null");
	}
	SQL(&q, " limit 1");
	return found(ctx, &q, ret_there);
}

enum err content_count(struct ctx *ctx, const char *table, const char *column, bool listed, const char *value,
                       int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from ");
	sql_name(&q, table);
	SQL(&q, " where ");
	if (listed) { /* choices lie as " a b " */
		sql_contains_open(&q);
		sql_name(&q, column);
		SQL(&q, ", ");
		sql_value_text(&q, arena_printf(ctx->arena, " %s ", value));
		SQL(&q, ") > 0");
	} else {
		sql_name(&q, column);
		SQL(&q, " = ");
		sql_value_text(&q, value);
	}
	return sql_one_int(ctx, &q, ret_n);
}

enum err content_doubles(struct ctx *ctx, const char *table, const char *column, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select ");
	sql_name(&q, column);
	SQL(&q, " from ");
	sql_name(&q, table);
	SQL(&q, " where ");
	sql_name(&q, column);
	SQL(&q, " is not null group by ");
	sql_name(&q, column);
	SQL(&q, " having count(*) > 1) as twice");
	return sql_one_int(ctx, &q, ret_n);
}

static bool is_in(enum field_kind k, const enum field_kind *kinds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kinds[i] == k)
			return true;
	return false;
}

/* Kinds whose stored values are values of the other as they lie. */
static bool widens(const struct field *from, const struct field *to)
{
	static const enum field_kind words[] = {FIELD_TEXT,  FIELD_LONG_TEXT, FIELD_PHONE,
	                                        FIELD_EMAIL, FIELD_CHOICE,    FIELD_DATE};
	bool to_text = to->kind == FIELD_TEXT || to->kind == FIELD_LONG_TEXT;
	bool from_number = from->kind == FIELD_NUMBER || from->kind == FIELD_MONEY;
	bool to_number = to->kind == FIELD_NUMBER || to->kind == FIELD_MONEY;
	if (to_text && is_in(from->kind, words, sizeof words / sizeof *words))
		return true;
	if (from_number && to_number && from->scale == to->scale)
		return true;
	return from->kind == FIELD_FLAG && to->kind == FIELD_NUMBER && to->scale == 0;
}

/* A text becomes a choice when each text that is there is one of its options. */
static enum err all_are_options(struct ctx *ctx, const char *table, const char *column, const struct field *to,
                                struct kind_change *change)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select distinct ");
	sql_name(&q, column);
	SQL(&q, " from ");
	sql_name(&q, table);
	SQL(&q, " where ");
	sql_name(&q, column);
	SQL(&q, " is not null limit 1000");
	TRY(sql_rows(ctx, &q, &rows));
	change->safe = true;
	while (rows_next(rows)) {
		const char *s = rows_text(rows, 0, NULL);
		if (change->safe && !field_option(to, s, NULL)) {
			change->safe = false;
			change->reason =
			        text_mend(arena_printf(ctx->arena, "the value `%.40s` is there and is no option", s));
		}
	}
	return rows_done(rows);
}

static bool same(const struct field *from, const struct field *to)
{
	if (from->kind != to->kind || from->scale != to->scale)
		return false;
	if (from->kind != FIELD_LINK && from->kind != FIELD_LINKS)
		return true;
	return strcmp(from->to, to->to) == 0 || strcmp(to->to, "work") == 0 ||
	       (to->target && to->target->was && strcmp(to->target->was, from->to) == 0);
}

enum err content_change(struct ctx *ctx, const char *table, const char *column, const struct field *from,
                        const struct field *to, struct kind_change *ret_change)
{
	struct kind_change change = {0};
	bool there;
	if (same(from, to) || widens(from, to)) {
		change.safe = true;
		*ret_change = change;
		return ERR_OK;
	}
	TRY(content_there(ctx, table, column, &there));
	change.empty = !there;
	change.reason = arena_printf(ctx->arena, "records hold values of it as %s%s%s", field_kind_name(from->kind),
	                             from->to ? " to " : "", from->to ? from->to : "");
	if (there && from->kind == FIELD_TEXT && to->kind == FIELD_CHOICE)
		TRY(all_are_options(ctx, table, column, to, &change));
	*ret_change = change;
	return ERR_OK;
}

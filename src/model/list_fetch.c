/*
 * list_fetch.c: the columns of a page's rows by id, in one statement: values, computed fields, and
 * what a mask's `unless` says for each row, as booleans of the same query.
 */
#include "model/list_plan.h"

#include <string.h>

#include "model/record_row.h"

enum { UTF8_BYTES_MAX = 4, ROWS_MIN = 8, ROOM_FEW = 8, ROOM_MANY = 32 };

static enum err boolean(struct ctx *ctx, struct sql *q, const struct filter *f)
{
	SQL(q, ", case when ");
	TRY(filter_sql(ctx, q, f, "r", NULL));
	SQL(q, " then 1 else 0 end");
	return ERR_OK;
}

static enum err select_fields(struct ctx *ctx, struct sql *q, const struct list_fetch *fetch,
                              const struct sight_rule *rules)
{
	SQL(q, "select r.id, r.version");
	for (size_t i = 0; i < fetch->n_fields; i++) {
		const struct field *f = fetch->fields[i];
		if (rules[i].base == SIGHT_HIDDEN)
			continue;
		if (f->kind == FIELD_COMPUTED) {
			/* What he may see of other records is no part of what this field says. */
			SQL(q, ", case when ");
			TRY(filter_sql(ctx, q, f->is, "r", NULL));
			SQL(q, " then 1 else 0 end");
		} else if (f->column != NULL) {
			SQL(q, ", r.");
			sql_name(q, f->column);
		}
		if (rules[i].clear_when != NULL)
			TRY(boolean(ctx, q, rules[i].clear_when));
		if (rules[i].shown_when != NULL)
			TRY(boolean(ctx, q, rules[i].shown_when));
	}
	return ERR_OK;
}

static enum err from_ids(struct ctx *ctx, struct sql *q, const struct list_fetch *fetch, size_t at, size_t n,
                         bool *ret_none)
{
	SQL(q, " from ");
	if (!sql_is_postgres(ctx)) {
		sql_each(q, n);
		SQL(q, " cross join ");
	}
	sql_name(q, fetch->type->table);
	SQL(q, " r where r.id");
	if (sql_is_postgres(ctx))
		sql_in_ids(q, fetch->ids + at, n);
	else
		SQL(q, " = each.column1");
	*ret_none = false;
	if (!fetch->check_access)
		return ERR_OK;
	struct filter *access;
	TRY(access_filter(ctx, fetch->type, ACCESS_READ, &access, ret_none));
	if (access == NULL || *ret_none)
		return ERR_OK;
	SQL(q, " and (");
	TRY(filter_sql(ctx, q, access, "r", NULL));
	SQL(q, ")");
	return ERR_OK;
}

static enum field_sight sight_read(const struct sight_rule *rule, struct rows *rows, int *col)
{
	enum field_sight sight = rule->base;
	if (rule->clear_when != NULL && rows_int(rows, (*col)++))
		sight = SIGHT_CLEAR;
	if (rule->shown_when != NULL && !rows_int(rows, (*col)++) && sight != SIGHT_CLEAR)
		sight = SIGHT_HIDDEN;
	return sight;
}

static void row_read(struct ctx *ctx, struct list_fetch *fetch, const struct sight_rule *rules, struct rows *rows,
                     size_t at)
{
	int col = 2;
	fetch->there[at] = true;
	fetch->versions[at] = rows_int(rows, 1);
	for (size_t i = 0; i < fetch->n_fields; i++) {
		const struct field *f = fetch->fields[i];
		size_t cell = at * fetch->n_fields + i;
		fetch->sights[cell] = rules[i].base;
		if (rules[i].base == SIGHT_HIDDEN)
			continue;
		if (f->kind == FIELD_COMPUTED)
			fetch->values[cell] = value_int(rows_int(rows, col++));
		else if (f->column != NULL)
			fetch->values[cell] = row_value(ctx, f, rows, col++);
		fetch->sights[cell] = sight_read(&rules[i], rows, &col);
	}
}

/* Long texts in many rows: refused in words, before the request's memory is at its end. */
static bool too_much(const struct ctx *ctx)
{
	return arena_bytes(ctx->arena) > LIMIT_PAGE_BYTES;
}

static enum err too_much_problem(struct ctx *ctx)
{
	return ctx_problem(ctx, ERR_TOO_LARGE, "limit", "too_large",
	                   "these rows hold more than %d MiB: ask for fewer rows or columns", LIMIT_PAGE_BYTES >> 20);
}

static enum err rows_fetch(struct ctx *ctx, struct list_fetch *fetch, const struct sight_rule *rules, struct sql *q,
                           size_t at, size_t n)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	/* SQLite gives a row for each id, in their order. */
	bool in_order = !sql_is_postgres(ctx);
	size_t from = at;
	while (!too_much(ctx) && rows_next(rows)) {
		int64_t id = rows_int(rows, 0);
		for (size_t i = from; i < at + n; i++) {
			if (fetch->ids[i] != id)
				continue;
			row_read(ctx, fetch, rules, rows, i);
			if (!in_order)
				continue;
			from = i + 1;
			break;
		}
	}
	TRY(rows_done(rows));
	return too_much(ctx) ? too_much_problem(ctx) : ERR_OK;
}

static enum err fetch_some(struct ctx *ctx, struct list_fetch *fetch, const struct sight_rule *rules, size_t at,
                           size_t n)
{
	struct sql q;
	bool none, near = !sql_is_postgres(ctx);
	/* Few sizes, so that few statements serve every page. */
	size_t room = n == 1 ? 1 : n <= ROOM_FEW ? ROOM_FEW : ROOM_MANY;
	sql_init(&q, ctx->arena);
	TRY(select_fields(ctx, &q, fetch, rules));
	TRY(from_ids(ctx, &q, fetch, at, near ? room : n, &none));
	if (none)
		return ERR_OK;
	if (!near)
		return rows_fetch(ctx, fetch, rules, &q, at, n);
	for (size_t done = 0, some; done < n; done += some) {
		some = n - done < room ? n - done : room;
		for (size_t i = 0; i < some; i++)
			sql_each_int(&q, i, fetch->ids[at + done + i]);
		sql_each_rest(&q, some, room);
		TRY(rows_fetch(ctx, fetch, rules, &q, at + done, some));
	}
	return ERR_OK;
}

/* Targets of a LINKS field, or lines of a TABLE, of all rows at once. */
static enum err fetch_side(struct ctx *ctx, struct list_fetch *fetch, size_t field, size_t at, size_t n)
{
	const struct field *f = fetch->fields[field];
	struct sql q;
	sql_init(&q, ctx->arena);
	if (f->kind == FIELD_LINKS)
		SQL(&q, "select parent, id, target");
	else
		SQL(&q, "select parent, id");
	for (size_t i = 0; i < f->n_columns; i++) {
		SQL(&q, ", ");
		sql_name(&q, f->columns[i].column);
	}
	SQL(&q, " from ");
	sql_name(&q, f->side_table);
	SQL(&q, " where parent");
	sql_in_ids(&q, fetch->ids + at, n);
	SQL(&q, " order by parent, pos, id");
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (!too_much(ctx) && rows_next(rows)) {
		size_t row = at;
		while (row < at + n && fetch->ids[row] != rows_int(rows, 0))
			row++;
		if (row == at + n || !fetch->there[row])
			continue;
		size_t cell = row * fetch->n_fields + field;
		if (f->kind == FIELD_LINKS) {
			struct value *v = &fetch->values[cell];
			if (v->kind == VALUE_EMPTY)
				*v = (struct value){.kind = VALUE_LIST,
				                    .list = ARENA_ARRAY(ctx->arena, LIMIT_LINKS, struct value)};
			if (v->n < LIMIT_LINKS)
				v->list[v->n++] = value_int(rows_int(rows, 2));
			continue;
		}
		struct record_lines *lines = &fetch->lines[cell];
		if (lines->list == NULL)
			lines->list = ARENA_ARRAY(ctx->arena, LIMIT_TABLE_ROWS, struct record_line);
		if (lines->n == LIMIT_TABLE_ROWS)
			continue;
		struct record_line *line = &lines->list[lines->n++];
		line->id = rows_int(rows, 1);
		line->values = ARENA_ARRAY(ctx->arena, f->n_columns ? f->n_columns : 1, struct value);
		for (size_t k = 0; k < f->n_columns; k++)
			line->values[k] = row_value(ctx, &f->columns[k], rows, (int)k + 2);
	}
	TRY(rows_done(rows));
	return too_much(ctx) ? too_much_problem(ctx) : ERR_OK;
}

/* How many rows are asked for at once: PostgreSQL hands over all of an answer, so that what they hold at the
 * most must not be much more than a page may. */
static size_t rows_at_once(struct ctx *ctx, const struct list_fetch *fetch)
{
	size_t row = 1;
	if (!sql_is_postgres(ctx))
		return IN_IDS_MAX;
	for (size_t i = 0; i < fetch->n_fields; i++) {
		const struct field *f = fetch->fields[i];
		size_t chars = f->max_chars ? f->max_chars : f->kind == FIELD_LONG_TEXT ? LIMIT_LONG_TEXT_CHARS : 0;
		size_t lines = f->kind == FIELD_TABLE ? LIMIT_TABLE_ROWS : 1;
		for (size_t k = 0; k < f->n_columns; k++)
			chars += f->columns[k].max_chars;
		row += chars * UTF8_BYTES_MAX * lines;
	}
	size_t n = LIMIT_PAGE_BYTES / row;
	return n < ROWS_MIN ? ROWS_MIN : n > IN_IDS_MAX ? IN_IDS_MAX : n;
}

enum err list_fetch(struct ctx *ctx, struct list_fetch *fetch)
{
	struct arena *a = ctx->arena;
	size_t cells = fetch->n_ids * fetch->n_fields + 1;
	fetch->there = ARENA_ARRAY(a, fetch->n_ids + 1, bool);
	fetch->versions = ARENA_ARRAY(a, fetch->n_ids + 1, int64_t);
	fetch->values = ARENA_ARRAY(a, cells, struct value);
	fetch->sights = ARENA_ARRAY(a, cells, enum field_sight);
	struct sight_rule *rules = ARENA_ARRAY(a, fetch->n_fields + 1, struct sight_rule);
	bool tables = false;
	for (size_t i = 0; i < fetch->n_fields; i++) {
		rules[i] = access_sight(ctx, fetch->fields[i]);
		tables = tables || fetch->fields[i]->kind == FIELD_TABLE;
	}
	fetch->lines = tables ? ARENA_ARRAY(a, cells, struct record_lines) : NULL;
	size_t most = rows_at_once(ctx, fetch);
	for (size_t at = 0; at < fetch->n_ids; at += most) {
		size_t n = fetch->n_ids - at < most ? fetch->n_ids - at : most;
		TRY(fetch_some(ctx, fetch, rules, at, n));
		for (size_t i = 0; i < fetch->n_fields; i++)
			if (fetch->fields[i]->side_table != NULL && rules[i].base != SIGHT_HIDDEN)
				TRY(fetch_side(ctx, fetch, i, at, n));
	}
	return ERR_OK;
}

/* lines.c: lines of tables: filled from other records, and a record made for each of them. */
#include <string.h>

#include "flow/step.h"

enum { FILL_MAX = 200, FILL_GROUPS_MAX = 60 };

/* ---- fill ---------------------------------------------------------------------------------------- */

static enum err fill_find(struct ctx *ctx, const struct record *r, const struct fill *fill, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, fill->of->table);
	SQL(&q, " r where ");
	TRY(filter_sql_within(ctx, &q, fill->where, "r", r));
	SQL(&q, " order by r.id limit :limit");
	sql_int(&q, "limit", FILL_MAX);
	*ret_n = 0;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		ids[(*ret_n)++] = rows_int(rows, 0);
	return rows_done(rows);
}

/* A value of the record found, or with `outer.` of the one that is filled; `id` in a link is the record itself. */
static enum err fill_line(struct ctx *ctx, const struct record *r, const struct record *found,
                          const struct field *table, const struct fill *fill, struct record_line *line)
{
	for (size_t i = 0; i < fill->n_set; i++) {
		const struct field *column = field_column(table, fill->set[i].name);
		const char *text = fill->set[i].value;
		struct value v;
		if (column == NULL)
			return ctx_problem(ctx, ERR_CONFLICT, table->name, "unknown_field", "%s has no column %s",
			                   table->name, fill->set[i].name);
		if (column->kind == FIELD_LINK && strcmp(text, "id") == 0)
			v = value_int(found->id);
		else
			TRY(action_value(ctx, strncmp(text, "outer.", 6) == 0 ? r : found, NULL, column, text, &v));
		line->values[column->at] = v;
	}
	return ERR_OK;
}

/* One line for each record that `by` leads to, those with most first, and one for where it is empty. */
static enum err fill_counted(struct ctx *ctx, struct record *r, const struct field *table, const struct fill *fill)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.");
	sql_name(&q, fill->by->column);
	for (size_t i = 0; i < fill->n_counts; i++) {
		SQL(&q, ", sum(case when ");
		TRY(filter_sql_within(ctx, &q, fill->counts[i].where, "r", r));
		SQL(&q, " then 1 else 0 end)");
	}
	SQL(&q, " from ");
	sql_name(&q, fill->of->table);
	SQL(&q, " r where ");
	TRY(filter_sql_within(ctx, &q, fill->where, "r", r));
	SQL(&q, " group by 1 order by count(*) desc, 1 limit :limit");
	sql_int(&q, "limit", FILL_GROUPS_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (r->lines[table->at].n >= LIMIT_TABLE_ROWS)
			continue;
		struct record_line *line = record_line_add(ctx->arena, r, table);
		line->values[fill->into->at] = rows_null(rows, 0) ? value_empty() : value_int(rows_int(rows, 0));
		for (size_t i = 0; i < fill->n_counts; i++) {
			int64_t n = rows_int(rows, (int)i + 1);
			for (int digit = 0; digit < fill->counts[i].column->scale; digit++)
				n *= 10;
			line->values[fill->counts[i].column->at] = value_int(n);
		}
	}
	return rows_done(rows);
}

static enum err fill_counts(struct ctx *ctx, struct record *r, const struct field *table, const struct fill *fill)
{
	size_t before = r->lines[table->at].n;
	TRY(fill_counted(ctx, r, table, fill));
	for (size_t i = before; i < r->lines[table->at].n; i++)
		TRY(fill_line(ctx, r, r, table, fill, &r->lines[table->at].list[i]));
	return ERR_OK;
}

enum err act_fill(struct ctx *ctx, struct record *r, const struct action *a)
{
	const struct field *table = type_field(r->type, a->target);
	int64_t *ids = ARENA_ARRAY(ctx->arena, FILL_MAX, int64_t);
	if (table == NULL || table->kind != FIELD_TABLE)
		return ctx_problem(ctx, ERR_CONFLICT, a->target, "wrong_type", "%s is no table of lines", a->target);
	for (size_t i = 0; i < a->n_fills; i++) {
		size_t n;
		if (a->fills[i].by != NULL) {
			TRY(fill_counts(ctx, r, table, &a->fills[i]));
			continue;
		}
		TRY(fill_find(ctx, r, &a->fills[i], ids, &n));
		for (size_t k = 0; k < n && r->lines[table->at].n < LIMIT_TABLE_ROWS; k++) {
			struct record *found;
			if (ids[k] == r->id)
				continue;
			TRY(record_load(ctx, a->fills[i].of, ids[k], &found));
			TRY(fill_line(ctx, r, found, table, &a->fills[i], record_line_add(ctx->arena, r, table)));
		}
	}
	record_mark(r, table);
	return ERR_OK;
}

/* ---- each ---------------------------------------------------------------------------------------- */

/* `when` is any(TABLE, …): asked of a record that has this one line alone. */
enum err line_holds(struct ctx *ctx, const struct record *r, const struct action *a, struct record_line *line,
                    bool *ret_holds)
{
	struct record alone = *r;
	*ret_holds = true;
	if (a->when == NULL)
		return ERR_OK;
	alone.lines = ARENA_ARRAY(ctx->arena, r->type->n_fields, struct record_lines);
	memcpy(alone.lines, r->lines, r->type->n_fields * sizeof(r->lines[0]));
	alone.lines[a->each->at] = (struct record_lines){.list = line, .n = 1, .loaded = true};
	return filter_holds(ctx, a->when, &alone, ret_holds);
}

int64_t line_leads(const struct action *a, const struct record_line *line)
{
	const struct field *column = field_column(a->each, a->by);
	return column == NULL || value_is_empty(&line->values[column->at]) ? 0 : line->values[column->at].i;
}

static bool is_of_line(const struct pair *p)
{
	return strncmp(p->value, "line.", 5) == 0;
}

static enum err create_one(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                           const struct value *inputs, const struct record_line *line)
{
	struct pair *rest = ARENA_ARRAY(ctx->arena, a->n_set + 1, struct pair);
	struct record *made;
	size_t n = 0;
	for (size_t i = 0; i < a->n_set; i++)
		if (!is_of_line(&a->set[i]))
			rest[n++] = a->set[i];
	TRY(make_start(ctx, r, a->target, a->by, rest, n, inputs, &made));
	for (size_t i = 0; i < a->n_set; i++) {
		const struct field *f = type_field(made->type, a->set[i].name);
		const struct field *column = is_of_line(&a->set[i]) ? field_column(a->each, a->set[i].value + 5) : NULL;
		struct value v;
		if (!is_of_line(&a->set[i]))
			continue;
		if (f == NULL || column == NULL)
			return ctx_problem(ctx, ERR_CONFLICT, a->set[i].name, "unknown_field", "there is no %s for %s",
			                   a->set[i].value, a->set[i].name);
		TRY(input_for(ctx, column, &line->values[column->at], f, &v));
		if (!value_is_empty(&v))
			record_set(made, f, v);
	}
	return make_insert(ctx, s, r, made);
}

static enum err create_for(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                           const struct value *inputs, int64_t id)
{
	struct pair *rest = ARENA_ARRAY(ctx->arena, a->n_set + 1, struct pair);
	struct record *made;
	size_t n = 0;
	for (size_t i = 0; i < a->n_set; i++)
		if (strcmp(a->set[i].value, "each") != 0)
			rest[n++] = a->set[i];
	TRY(make_start(ctx, r, a->target, a->by, rest, n, inputs, &made));
	for (size_t i = 0; i < a->n_set; i++)
		if (strcmp(a->set[i].value, "each") == 0)
			record_put(made, a->set[i].name, value_int(id));
	return make_insert(ctx, s, r, made);
}

/* One for each of several links, of the record or asked for. */
static enum err create_linked(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                              const struct value *inputs)
{
	bool asked = inputs != NULL && type_input(r->type, a->each->name) == a->each, holds = true;
	const struct value v = asked ? inputs[a->each->at] : r->values[a->each->at];
	if (a->when != NULL)
		TRY(filter_holds(ctx, a->when, r, &holds));
	for (size_t i = 0; holds && v.kind == VALUE_LIST && i < v.n; i++)
		TRY(create_for(ctx, s, r, a, inputs, v.list[i].i));
	return ERR_OK;
}

enum err create_each(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                     const struct value *inputs)
{
	if (a->each->kind == FIELD_LINKS)
		return create_linked(ctx, s, r, a, inputs);
	/* What is made may come back to this record: the lines are those it has now. */
	const struct record *then = record_copy(ctx, r);
	const struct record_lines *lines = &then->lines[a->each->at];
	for (size_t i = 0; i < lines->n; i++) {
		bool holds;
		TRY(line_holds(ctx, then, a, &lines->list[i], &holds));
		if (holds)
			TRY(create_one(ctx, s, r, a, inputs, &lines->list[i]));
	}
	return ERR_OK;
}

/* merge_move.c: the places that lead to records of a type, and what stands there changed. */
#include <string.h>

#include "flow/bulk.h"

static bool leads(const struct field *f, const struct type *t)
{
	return (f->kind == FIELD_LINK || f->kind == FIELD_LINKS) && !field_is_base(f) &&
	       (f->target == t || (f->target == NULL && t->uses_work));
}

size_t places_to(struct ctx *ctx, const struct type *t, struct place **ret_places)
{
	const struct model *m = ctx->model;
	size_t cap = 1, n = 0;
	for (size_t i = 0; i < m->n_types; i++)
		for (size_t k = 0; k < m->types[i].n_fields; k++)
			cap += 1 + m->types[i].fields[k].n_columns;
	struct place *places = ARENA_ARRAY(ctx->arena, cap, struct place);
	for (size_t i = 0; i < m->n_types; i++) {
		const struct type *of = &m->types[i];
		for (size_t k = 0; k < of->n_fields; k++) {
			const struct field *f = &of->fields[k];
			if (leads(f, t) && (f->column != NULL || f->side_table != NULL))
				places[n++] = (struct place){.type = of, .field = f};
			for (size_t c = 0; f->kind == FIELD_TABLE && c < f->n_columns; c++)
				if (leads(&f->columns[c], t) && f->columns[c].column != NULL)
					places[n++] = (struct place){.type = of, .field = f, .column = &f->columns[c]};
		}
	}
	*ret_places = places;
	return n;
}

enum err place_ids(struct ctx *ctx, const struct place *p, int64_t target, int64_t after, size_t limit, int64_t *ids,
                   size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	bool side = p->field->side_table != NULL;
	const char *column = p->column ? p->column->column : side ? "target" : p->field->column;
	const char *id = side ? "parent" : "id";
	sql_init(&q, ctx->arena);
	SQL(&q, "select distinct ");
	sql_name(&q, id);
	SQL(&q, " from ");
	sql_name(&q, side ? p->field->side_table : p->type->table);
	SQL(&q, " where ");
	sql_name(&q, column);
	SQL(&q, " = :target and ");
	sql_name(&q, id);
	SQL(&q, " > :after order by 1 limit :n");
	sql_int(&q, "target", target);
	sql_int(&q, "after", after);
	sql_int(&q, "n", (int64_t)limit);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < limit)
			ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

static bool list_has(const struct value *v, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (v->list[i].i == id)
			return true;
	return false;
}

static void list_move(struct ctx *ctx, struct record *r, const struct field *f, int64_t from, int64_t into)
{
	const struct value *old = &r->values[f->at];
	struct value v = {.kind = VALUE_LIST};
	if (old->kind != VALUE_LIST)
		return;
	v.list = ARENA_ARRAY(ctx->arena, old->n + 1, struct value);
	for (size_t i = 0; i < old->n; i++) {
		int64_t id = old->list[i].i == from ? into : old->list[i].i;
		/* Nothing leads to itself, and nothing twice to another. */
		if (id != r->id && !list_has(&v, v.n, id))
			v.list[v.n++] = value_int(id);
	}
	record_set(r, f, v.n > 0 ? v : value_empty());
}

void place_move(struct ctx *ctx, struct record *r, const struct place *p, int64_t from, int64_t into)
{
	struct value to = into == r->id ? value_empty() : value_int(into);
	if (p->column != NULL) {
		struct record_lines *lines = &r->lines[p->field->at];
		for (size_t i = 0; i < lines->n; i++) {
			struct value *v = &lines->list[i].values[p->column->at];
			if (v->kind == VALUE_INT && v->i == from)
				*v = to;
		}
		record_mark(r, p->field);
	} else if (p->field->kind == FIELD_LINKS) {
		list_move(ctx, r, p->field, from, into);
	} else if (r->values[p->field->at].kind == VALUE_INT && r->values[p->field->at].i == from) {
		record_set(r, p->field, to);
	}
}

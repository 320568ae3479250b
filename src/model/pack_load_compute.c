/* `compute:` of fields and columns, in the order in which they follow from each other. */
#include "model/compute.h"
#include "model/pack_load.h"

enum { NOT_COMPUTED = ~(FIELD_SYSTEM | FIELD_SORT | FIELD_CONFIDENTIAL | FIELD_DERIVED) };

void load_compute_flags(struct loader *l, struct field *f, const struct yaml_node *node)
{
	const struct yaml_node *compute = yaml_get(node, "compute");
	if (compute == NULL)
		return;
	if (f->kind != FIELD_NUMBER && f->kind != FIELD_MONEY) {
		load_fault(l, compute, "`compute` is for numbers and money; `%s` is a %s", f->name,
		           field_kind_name(f->kind));
		return;
	}
	if (f->preset || (f->flags & NOT_COMPUTED) || yaml_get(node, "required_when"))
		load_fault(l, compute, "`%s` is computed: it can't be required, unique or have a default", f->name);
	f->flags |= FIELD_SYSTEM | FIELD_DERIVED;
}

static void load_one(struct loader *l, struct type *t, struct field *f, const struct field *table,
                     const struct yaml_node *node)
{
	const struct yaml_node *compute = yaml_get(node, "compute");
	const char *why, *text = load_text(l, node, "compute");
	if (text == NULL || !(f->flags & FIELD_DERIVED))
		return;
	f->compute = compute_parse(l->arena, t, table, text, &why);
	if (f->compute == NULL)
		load_fault(l, compute, "`compute` of `%s`: %s", f->name, why);
}

/* ---- order -------------------------------------------------------------------------------------- */

static bool is_placed(const struct type *t, const struct field *f)
{
	for (size_t i = 0; i < t->n_computes; i++)
		if (t->computes[i].field == f)
			return true;
	return false;
}

static bool source_ready(void *arg, const struct field *f, const struct field *table)
{
	const struct type *t = arg;
	(void)table;
	return f->compute == NULL || is_placed(t, f);
}

/* Puts what is ready behind what it rests on; true if there was any. */
static bool place_ready(struct type *t)
{
	size_t before = t->n_computes;
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		for (size_t k = 0; k < f->n_columns; k++) {
			const struct field *c = &f->columns[k];
			if (c->compute && !is_placed(t, c) && compute_each(c->compute, source_ready, t))
				t->computes[t->n_computes++] = (struct compute_step){.field = c, .table = f};
		}
		if (f->compute && !is_placed(t, f) && compute_each(f->compute, source_ready, t))
			t->computes[t->n_computes++] = (struct compute_step){.field = f};
	}
	return t->n_computes > before;
}

static void refuse_circle(struct loader *l, const struct type *t, const struct field *f, const struct yaml_node *node)
{
	if (f->compute != NULL && !is_placed(t, f))
		load_fault(l, yaml_get(node, "compute"),
		           "`%s` can't be worked out: it rests on itself, or on what does", f->name);
}

void load_computes(struct loader *l, struct type *t)
{
	size_t n = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (struct walk w = walk_start(l, t, "fields", false); walk_next(&w);) {
			struct field *f = (struct field *)type_field(t, w.name);
			if (f == NULL || w.value->kind != YAML_MAP)
				continue;
			for (size_t k = 0; k < f->n_columns; k++) {
				const struct yaml_node *node = yaml_get(yaml_get(w.value, "of"), f->columns[k].name);
				if (pass == 0)
					load_one(l, t, &f->columns[k], f, node);
				else
					refuse_circle(l, t, &f->columns[k], node);
			}
			if (pass == 0)
				load_one(l, t, f, NULL, w.value);
			else
				refuse_circle(l, t, f, w.value);
			n += 1 + f->n_columns;
		}
		if (pass == 0)
			t->computes = ARENA_ARRAY(l->arena, n + 1, struct compute_step);
		while (pass == 0 && place_ready(t))
			;
	}
}

/* compute.c: the values of computed fields, as exact fractions rounded once. */
#include "model/compute.h"

#include <string.h>

#include "base/ctx.h"

/* So large that no sum of real money comes near it, so small that twice of it is still a number. */
#define PART_MAX ((__int128)1 << 125)

struct fraction {
	bool empty;
	__int128 up, down; /* down > 0, no common divisor */
};

struct scope {
	const struct record *r;
	const struct record_line *line;
};

/* ---- fractions --------------------------------------------------------------------------------- */

static __int128 magnitude(__int128 v)
{
	return v < 0 ? -v : v;
}

static bool times(__int128 a, __int128 b, __int128 *ret)
{
	if (a != 0 && magnitude(b) > PART_MAX / magnitude(a))
		return false;
	*ret = a * b;
	return true;
}

static struct fraction reduced(__int128 up, __int128 down)
{
	__int128 a = magnitude(up), b = magnitude(down);
	while (b != 0) {
		__int128 rest = a % b;
		a = b;
		b = rest;
	}
	a = a == 0 ? 1 : a;
	if (down < 0)
		a = -a;
	return (struct fraction){.up = up / a, .down = down / a};
}

static bool add(const struct fraction *a, const struct fraction *b, int sign, struct fraction *ret)
{
	__int128 left, right, down;
	if (!times(a->up, b->down, &left) || !times(b->up, a->down, &right) || !times(a->down, b->down, &down))
		return false;
	left += sign * right;
	if (magnitude(left) > PART_MAX)
		return false;
	*ret = reduced(left, down);
	return true;
}

static bool multiply(const struct fraction *a, const struct fraction *b, struct fraction *ret)
{
	__int128 up, down;
	if (!times(a->up, b->up, &up) || !times(a->down, b->down, &down))
		return false;
	*ret = reduced(up, down);
	return true;
}

static bool divide(const struct fraction *a, const struct fraction *b, struct fraction *ret)
{
	__int128 up, down;
	if (b->up == 0) {
		*ret = (struct fraction){.empty = true};
		return true;
	}
	if (!times(a->up, b->down, &up) || !times(a->down, b->up, &down))
		return false;
	*ret = reduced(up, down);
	return true;
}

static __int128 power_of_ten(int n)
{
	__int128 v = 1;
	while (n-- > 0)
		v *= 10;
	return v;
}

static struct fraction of_value(const struct field *f, const struct value *v)
{
	if (v->kind == VALUE_INT)
		return reduced(v->i, power_of_ten(f->kind == FIELD_FLAG ? 0 : f->scale));
	return (struct fraction){.empty = f->kind != FIELD_FLAG, .down = 1};
}

/* ---- expressions ------------------------------------------------------------------------------- */

static bool evaluate(const struct compute *c, const struct scope *s, struct fraction *ret);

static bool sum(const struct compute *c, const struct scope *s, struct fraction *ret)
{
	const struct record_lines *lines = &s->r->lines[c->table->at];
	struct fraction all = {.empty = true};
	for (size_t i = 0; i < lines->n; i++) {
		struct fraction one = of_value(c->field, &lines->list[i].values[c->field->at]);
		if (one.empty)
			continue;
		if (all.empty)
			all = one;
		else if (!add(&all, &one, 1, &all))
			return false;
	}
	*ret = all;
	return true;
}

static bool plus(const struct fraction *a, const struct fraction *b, int sign, struct fraction *ret)
{
	const struct fraction nothing = {.down = 1};
	if (!a->empty || !b->empty)
		return add(a->empty ? &nothing : a, b->empty ? &nothing : b, sign, ret);
	*ret = *a;
	return true;
}

static bool both(const struct compute *c, const struct scope *s, struct fraction *ret)
{
	struct fraction a, b;
	if (!evaluate(c->a, s, &a) || !evaluate(c->b, s, &b))
		return false;
	if (c->op == COMPUTE_ADD || c->op == COMPUTE_SUBTRACT)
		return plus(&a, &b, c->op == COMPUTE_ADD ? 1 : -1, ret);
	if (a.empty || b.empty) {
		*ret = (struct fraction){.empty = true};
		return true;
	}
	return c->op == COMPUTE_MULTIPLY ? multiply(&a, &b, ret) : divide(&a, &b, ret);
}

static bool evaluate(const struct compute *c, const struct scope *s, struct fraction *ret)
{
	switch (c->op) {
	case COMPUTE_NUMBER: *ret = reduced(c->number, power_of_ten(c->scale)); return true;
	case COMPUTE_FIELD:
		*ret = of_value(c->field, s->line ? &s->line->values[c->field->at] : &s->r->values[c->field->at]);
		return true;
	case COMPUTE_SUM: return sum(c, s, ret);
	case COMPUTE_NEGATE:
		if (!evaluate(c->a, s, ret))
			return false;
		ret->up = -ret->up;
		return true;
	default: return both(c, s, ret);
	}
}

/* Half a unit goes away from zero: 0.005 is 0.01, -0.005 is -0.01. */
bool compute_value(const struct compute *c, const struct record *r, const struct record_line *line, int scale,
                   struct value *ret_value)
{
	struct fraction f;
	__int128 up;
	if (!evaluate(c, &(struct scope){.r = r, .line = line}, &f))
		return false;
	if (f.empty) {
		*ret_value = value_empty();
		return true;
	}
	if (!times(f.up, power_of_ten(scale), &up))
		return false;
	__int128 whole = magnitude(up) / f.down, rest = magnitude(up) % f.down;
	whole += 2 * rest >= f.down;
	if (whole > COMPUTE_MOST)
		return false;
	*ret_value = value_int((int64_t)(up < 0 ? -whole : whole));
	return true;
}

bool compute_each(const struct compute *c, bool (*fn)(void *arg, const struct field *f, const struct field *table),
                  void *arg)
{
	if (c->op == COMPUTE_FIELD || c->op == COMPUTE_SUM)
		return fn(arg, c->field, c->table);
	return (c->a == NULL || compute_each(c->a, fn, arg)) && (c->b == NULL || compute_each(c->b, fn, arg));
}

/* ---- records ----------------------------------------------------------------------------------- */

static bool is_unchanged(void *arg, const struct field *f, const struct field *table)
{
	return !record_is_changed(arg, table ? table : f);
}

static bool is_nothing(void *arg, const struct field *f, const struct field *table)
{
	const struct scope *s = arg;
	if (table == NULL)
		return value_is_empty(s->line ? &s->line->values[f->at] : &s->r->values[f->at]);
	for (size_t i = 0; i < s->r->lines[table->at].n; i++)
		if (!value_is_empty(&s->r->lines[table->at].list[i].values[f->at]))
			return false;
	return true;
}

static enum err put(struct ctx *ctx, const struct field *f, const struct scope *s, const char *path, bool again,
                    struct value *value)
{
	struct value v = value_empty();
	if (again && compute_each(f->compute, is_nothing, (void *)s))
		return ERR_OK;
	if (!compute_value(f->compute, s->r, s->line, f->scale, &v))
		return ctx_problem(ctx, ERR_INVALID, path, "too_large", "what is worked out for %s is too large",
		                   label_in(&f->label, ctx->lang));
	*value = v;
	return ERR_OK;
}

static enum err lines_compute(struct ctx *ctx, struct record *r, const struct compute_step *step, bool again)
{
	const struct field *f = step->field, *table = step->table;
	for (size_t i = 0; i < r->lines[table->at].n; i++) {
		struct record_line *line = &r->lines[table->at].list[i];
		struct value *slot = &line->values[f->at], was = *slot;
		const char *path = arena_printf(ctx->arena, "%s[%zu].%s", table->name, i, f->name);
		TRY(put(ctx, f, &(struct scope){.r = r, .line = line}, path, again, slot));
		if (!value_equal(&was, slot))
			record_mark(r, table);
	}
	return ERR_OK;
}

static enum err compute_all(struct ctx *ctx, struct record *r, bool again)
{
	for (size_t i = 0; i < r->type->n_computes; i++) {
		const struct compute_step *step = &r->type->computes[i];
		bool fresh = r->version == 0 || again;
		if (step->table != NULL) {
			if (fresh || record_is_changed(r, step->table))
				TRY(lines_compute(ctx, r, step, again));
			continue;
		}
		if (!fresh && compute_each(step->field->compute, is_unchanged, r))
			continue;
		struct value v = r->values[step->field->at];
		TRY(put(ctx, step->field, &(struct scope){.r = r}, step->field->name, again, &v));
		record_set(r, step->field, v);
	}
	return ERR_OK;
}

enum err record_compute(struct ctx *ctx, struct record *r)
{
	return r->type->n_computes > 0 ? compute_all(ctx, r, false) : ERR_OK;
}

enum err record_compute_again(struct ctx *ctx, struct record *r)
{
	return r->type->n_computes > 0 ? compute_all(ctx, r, true) : ERR_OK;
}

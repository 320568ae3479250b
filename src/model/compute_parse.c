/* compute_parse.c: `compute:` from its text, and as the browser reads it. */
#include <stdlib.h>
#include <string.h>

#include "model/compute.h"
#include "model/value_text.h"

/*
 * sum := product { (+|-) product } ; product := factor { (*|/) factor }
 * factor := - factor | ( sum ) | number | name | sum(TABLE.COLUMN)
 */
struct reader {
	struct arena *arena;
	const struct type *type;
	const struct field *table; /* whose columns the names are; NULL: of the record */
	const char *at;
	int depth;
	const char *why; /* the first thing that is wrong */
};

static struct compute *read_sum(struct reader *r);

static struct compute *wrong(struct reader *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	return NULL;
}

static void skip(struct reader *r)
{
	r->at += strspn(r->at, " \t\n");
}

static bool take(struct reader *r, char c)
{
	skip(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static struct compute *made(struct reader *r, enum compute_op op, struct compute *a, struct compute *b)
{
	struct compute *c = ARENA_NEW(r->arena, struct compute);
	c->op = op;
	c->a = a;
	c->b = b;
	return c;
}

static const char *read_name(struct reader *r)
{
	size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyz0123456789_");
	const char *name = arena_strndup(r->arena, r->at, n);
	r->at += n;
	return name;
}

static bool is_number(const struct field *f)
{
	return f->kind == FIELD_NUMBER || f->kind == FIELD_MONEY || f->kind == FIELD_FLAG;
}

static struct compute *read_field(struct reader *r, const char *name)
{
	const struct field *f = r->table ? field_column(r->table, name) : type_field(r->type, name);
	if (f == NULL)
		return wrong(r, arena_printf(r->arena, "there is no %s `%.60s`", r->table ? "column" : "field", name));
	if (!is_number(f) || (f->flags & FIELD_BASE))
		return wrong(r, arena_printf(r->arena, "`%s` is no number", name));
	struct compute *c = made(r, COMPUTE_FIELD, NULL, NULL);
	c->field = f;
	return c;
}

static struct compute *read_total(struct reader *r)
{
	skip(r);
	const char *name = read_name(r);
	const struct field *table = r->table ? NULL : type_field(r->type, name);
	if (r->table != NULL)
		return wrong(r, "a line has no tables to sum up");
	if (table == NULL || table->kind != FIELD_TABLE || !take(r, '.'))
		return wrong(r, "sum(…) takes TABLE.COLUMN");
	const char *column = read_name(r);
	const struct field *f = field_column(table, column);
	if (f == NULL)
		return wrong(r, arena_printf(r->arena, "`%s` has no column `%.60s`", name, column));
	if (!is_number(f))
		return wrong(r, arena_printf(r->arena, "`%s.%s` is no number", name, column));
	if (!take(r, ')'))
		return wrong(r, "`)` is missing");
	struct compute *c = made(r, COMPUTE_SUM, NULL, NULL);
	c->field = f;
	c->table = table;
	return c;
}

static struct compute *read_number(struct reader *r)
{
	size_t whole = strspn(r->at, "0123456789"), n = whole, part = 0;
	if (r->at[n] == '.') {
		part = strspn(r->at + n + 1, "0123456789");
		n += part + 1;
	}
	struct compute *c = made(r, COMPUTE_NUMBER, NULL, NULL);
	c->text = arena_strndup(r->arena, r->at, n);
	c->scale = (int)part;
	r->at += n;
	if (whole + part > COMPUTE_DIGITS_MAX)
		return wrong(r, "a number has at most 15 digits");
	if (decimal_parse(c->text, c->scale, &c->number) != DECIMAL_OK)
		return wrong(r, arena_printf(r->arena, "`%s` is no number", c->text));
	return c;
}

static struct compute *read_factor(struct reader *r)
{
	struct compute *c = NULL;
	if (++r->depth > COMPUTE_DEPTH_MAX)
		return wrong(r, "too deeply nested");
	skip(r);
	if (take(r, '-')) {
		c = read_factor(r);
		c = c ? made(r, COMPUTE_NEGATE, c, NULL) : NULL;
	} else if (take(r, '(')) {
		c = read_sum(r);
		if (c != NULL && !take(r, ')'))
			c = wrong(r, "`)` is missing");
	} else if (*r->at >= '0' && *r->at <= '9') {
		c = read_number(r);
	} else if (*r->at >= 'a' && *r->at <= 'z') {
		const char *name = read_name(r);
		if (!take(r, '('))
			c = read_field(r, name);
		else if (strcmp(name, "sum") == 0)
			c = read_total(r);
		else
			c = wrong(r, arena_printf(r->arena, "there is no `%.60s(…)`: only sum(TABLE.COLUMN)", name));
	} else {
		c = *r->at == '\0' ? wrong(r, "it ends too early")
		                   : wrong(r, arena_printf(r->arena, "`%.20s` is not understood", r->at));
	}
	r->depth--;
	return c;
}

static struct compute *read_product(struct reader *r)
{
	struct compute *c = read_factor(r);
	while (c != NULL) {
		bool times = take(r, '*');
		if (!times && !take(r, '/'))
			break;
		struct compute *next = read_factor(r);
		c = next ? made(r, times ? COMPUTE_MULTIPLY : COMPUTE_DIVIDE, c, next) : NULL;
	}
	return c;
}

static struct compute *read_sum(struct reader *r)
{
	struct compute *c = read_product(r);
	while (c != NULL) {
		bool plus = take(r, '+');
		if (!plus && !take(r, '-'))
			break;
		struct compute *next = read_product(r);
		c = next ? made(r, plus ? COMPUTE_ADD : COMPUTE_SUBTRACT, c, next) : NULL;
	}
	return c;
}

static bool is_source(void *arg, const struct field *f, const struct field *table)
{
	(void)arg;
	(void)f;
	(void)table;
	return false;
}

struct compute *compute_parse(struct arena *a, const struct type *t, const struct field *table, const char *text,
                              const char **ret_why)
{
	struct reader r = {.arena = a, .type = t, .table = table, .at = text};
	*ret_why = NULL;
	if (strlen(text) > COMPUTE_TEXT_MAX) {
		*ret_why = "an expression has at most 500 characters";
		return NULL;
	}
	struct compute *c = read_sum(&r);
	skip(&r);
	if (c != NULL && *r.at != '\0')
		c = wrong(&r, arena_printf(a, "`%.20s` is not understood", r.at));
	if (c != NULL && compute_each(c, is_source, NULL))
		c = wrong(&r, "it names no field");
	*ret_why = r.why;
	return c;
}

/* ---- for the browser --------------------------------------------------------------------------- */

void compute_write_json(struct json_out *out, const struct compute *c)
{
	static const char *const names[] = {
	        [COMPUTE_FIELD] = "field", [COMPUTE_SUM] = "sum",    [COMPUTE_NEGATE] = "neg", [COMPUTE_ADD] = "+",
	        [COMPUTE_SUBTRACT] = "-",  [COMPUTE_MULTIPLY] = "*", [COMPUTE_DIVIDE] = "/"};
	if (c->op == COMPUTE_NUMBER) {
		json_text(out, c->text);
		return;
	}
	json_open(out, '[');
	json_text(out, names[c->op]);
	if (c->table != NULL)
		json_text(out, c->table->name);
	if (c->field != NULL)
		json_text(out, c->field->name);
	if (c->a != NULL)
		compute_write_json(out, c->a);
	if (c->b != NULL)
		compute_write_json(out, c->b);
	json_close(out, ']');
}

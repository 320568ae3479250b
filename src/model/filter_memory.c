/*
 * A filter's truth for one record in memory. What lies beyond the record (links, lists) is asked of
 * the database leaf by leaf, with the record's own values bound: they may not be stored yet.
 */
#include "model/filter_tree.h"
#include "model/record.h"
#include "store/store.h"

struct memory {
	struct ctx *ctx;
	int n_computed;
};

static enum err node_holds(struct memory *m, const struct filter_frame *fr, const struct filter *f, bool *ret_holds);

static struct value base_value(const struct record *r, const char *name)
{
	int64_t v = strcmp(name, "id") == 0           ? r->id
	            : strcmp(name, "version") == 0    ? r->version
	            : strcmp(name, "created_at") == 0 ? r->created_at
	            : strcmp(name, "created_by") == 0 ? r->created_by
	                                              : r->updated_at;

	/* No id, time or author is 0; a version may be. */
	return v == 0 && strcmp(name, "version") != 0 ? value_empty() : value_int(v);
}

struct value filter_frame_value(const struct filter_frame *fr, const struct field *f)
{
	if (fr->line)
		return fr->line->values[f->at];
	if (f->flags & FIELD_BASE)
		return base_value(fr->record, f->name);
	return fr->record->values[f->at];
}

static bool is_none(const struct value *v)
{
	return v->kind == VALUE_EMPTY || (v->kind == VALUE_LIST && v->n == 0);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static int text_order(const struct value *a, const struct value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int d = memcmp(a->s, b->s, n);

	return d ? d : (a->len > b->len) - (a->len < b->len);
}

static __int128 scaled(int64_t v, int from, int to)
{
	__int128 x = v;

	for (; from < to; from++)
		x *= 10;
	return x;
}

/* a of field f, b of field g (the same field for a plain value). */
static bool compare(const struct field *f, const struct value *a, enum filter_op op, const struct field *g,
                    const struct value *b)
{
	int x, y;

	switch (filter_class(f)) {
	case CLASS_NUMBER: {
		int scale = filter_scale(f) > filter_scale(g) ? filter_scale(f) : filter_scale(g);
		__int128 i = scaled(a->i, filter_scale(f), scale), j = scaled(b->i, filter_scale(g), scale);
		return filter_rank_holds(op, (i > j) - (i < j), 0);
	}
	case CLASS_CHOICE:
		if (op == FILTER_EQ)
			return value_equal(a, b);
		if (field_option(f, a->s, &x) == NULL || field_option(g, b->s, &y) == NULL)
			return false;
		return filter_rank_holds(op, x, y);
	case CLASS_TEXT:
	case CLASS_DATE: return filter_rank_holds(op, text_order(a, b), 0);
	default: return filter_rank_holds(op, (a->i > b->i) - (a->i < b->i), 0);
	}
}

static bool contains(const struct field *f, const struct value *have, const struct value *want)
{
	if (filter_class(f) != CLASS_TEXT)
		return value_has(have, want);
	return memmem(have->s, have->len, want->s, want->len) != NULL;
}

/* ---- asking the database --------------------------------------------------------------------- */

static enum err ask(struct memory *m, const struct filter_frame *fr, const struct filter *f, bool *ret_holds)
{
	struct sql q;
	int64_t one;

	if (m->ctx->db == NULL)
		return ctx_problem(m->ctx, ERR_INTERNAL, "", "no_database", "a filter with links needs a transaction");
	sql_init(&q, m->ctx->arena);
	struct filter_sql s = {.ctx = m->ctx, .q = &q, .n_computed = m->n_computed};
	SQL(&q, "select 1 where ");
	TRY(filter_sql_node(&s, fr, f, false));
	enum err e = sql_one_int(m->ctx, &q, &one);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_holds = e == ERR_OK;
	return ERR_OK;
}

/* ---- leaves ---------------------------------------------------------------------------------- */

/* A field's truth as a flag, its own computed condition included. */
static enum err flag_of(struct memory *m, const struct filter_frame *fr, const struct field *f, bool *ret_truth)
{
	struct filter_frame own = *fr;

	if (f->kind != FIELD_COMPUTED) {
		struct value v = filter_frame_value(fr, f);
		*ret_truth = v.kind == VALUE_INT && v.i != 0;
		return ERR_OK;
	}
	if (f->is == NULL || m->n_computed >= FILTER_COMPUTED_DEPTH)
		return ctx_problem(m->ctx, ERR_INTERNAL, f->name, "computed", "%s rests on itself or on nothing",
		                   f->name);
	own.up = NULL;
	m->n_computed++;
	enum err e = node_holds(m, &own, f->is, ret_truth);
	m->n_computed--;
	return e;
}

/* One value of EQ, IN, an order comparison or contains; nothing here is reached through a link. */
static enum err value_holds(struct memory *m, const struct filter_frame *fr, const struct filter *f, enum filter_op op,
                            const struct filter_value *value, bool *ret_holds)
{
	const struct filter_frame *lf = filter_frame_up(fr, f->path.up);
	const struct field *left = f->path.field, *right = left;
	struct filter_plain plain = {.op = op};
	struct value have;
	bool x, y;

	if (value->kind == FILTER_PATH) {
		const struct filter_frame *rf = filter_frame_up(fr, value->path.up);
		right = value->path.field;
		if (filter_class(left) == CLASS_TRUTH) {
			TRY(flag_of(m, lf, left, &x));
			TRY(flag_of(m, rf, right, &y));
			*ret_holds = x == y;
			return ERR_OK;
		}
		plain.v = filter_frame_value(rf, right);
	} else {
		bool as_left = op != FILTER_CONTAINS || filter_class(left) == CLASS_TEXT;
		TRY(filter_resolve(m->ctx, as_left ? left : NULL, op, value, &plain));
	}
	if (filter_class(left) == CLASS_TRUTH) {
		TRY(flag_of(m, lf, left, &x));
		*ret_holds = x == (plain.v.i != 0);
		return ERR_OK;
	}
	have = filter_frame_value(lf, left);
	*ret_holds = false;
	if (!plain.never && !is_none(&have) && !is_none(&plain.v))
		*ret_holds = op == FILTER_CONTAINS ? contains(left, &have, &plain.v)
		                                   : compare(left, &have, plain.op, right, &plain.v);
	return ERR_OK;
}

static bool is_far(const struct filter_frame *fr, const struct filter_path *p)
{
	return p->n_links > 0 || filter_frame_up(fr, p->up)->alias != NULL;
}

static enum err empty_holds(struct memory *m, const struct filter_frame *fr, const struct filter *f, bool *ret_holds)
{
	const struct filter_frame *last = filter_frame_up(fr, f->path.up);
	const struct field *field = f->path.field;

	if (field->kind == FIELD_TABLE) {
		const struct record_lines *lines = last->record ? &last->record->lines[field->at] : NULL;
		if (lines == NULL || (!lines->loaded && lines->n == 0 && last->record->id != 0))
			return ask(m, fr, f, ret_holds);
		*ret_holds = lines->n == 0;
		return ERR_OK;
	}
	struct value v = filter_frame_value(last, field);
	*ret_holds = is_none(&v);
	return ERR_OK;
}

static enum err leaf_holds(struct memory *m, const struct filter_frame *fr, const struct filter *f, bool *ret_holds)
{
	bool far = is_far(fr, &f->path);

	for (size_t i = 0; i < f->n_values; i++)
		if (f->values[i].kind == FILTER_PATH)
			far = far || is_far(fr, &f->values[i].path);
	if (far)
		return ask(m, fr, f, ret_holds);
	if (f->op == FILTER_EMPTY)
		return empty_holds(m, fr, f, ret_holds);
	if (f->op != FILTER_IN)
		return value_holds(m, fr, f, f->op, f->values, ret_holds);
	*ret_holds = false;
	if (filter_in_teams(f)) {
		struct value *teams, have = filter_frame_value(filter_frame_up(fr, f->path.up), f->path.field);
		size_t n;
		bool paths;
		TRY(filter_points(m->ctx, f, &teams, &n, &paths));
		for (size_t i = 0; i < n && !*ret_holds; i++)
			*ret_holds = value_equal(&teams[i], &have);
		return ERR_OK;
	}
	for (size_t i = 0; i < f->n_values && !*ret_holds; i++)
		TRY(value_holds(m, fr, f, FILTER_EQ, &f->values[i], ret_holds));
	return ERR_OK;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static enum err list_holds(struct memory *m, const struct filter_frame *fr, const struct filter *f, bool *ret_holds)
{
	const struct filter_frame *owner = filter_frame_up(fr, f->path.up);
	const struct field *table = f->path.field;
	struct filter_plain plain;
	int64_t n = 0;

	if (is_far(fr, &f->path) || table == NULL || table->kind != FIELD_TABLE || owner->record == NULL)
		return ask(m, fr, f, ret_holds);
	const struct record_lines *lines = &owner->record->lines[table->at];
	if (!lines->loaded && lines->n == 0 && owner->record->id != 0)
		return ask(m, fr, f, ret_holds);
	for (size_t i = 0; i < lines->n; i++) {
		const struct filter_frame line = {.line = &lines->list[i], .up = fr};
		bool holds = true;
		if (f->n)
			TRY(node_holds(m, &line, f->kids[0], &holds));
		n += holds;
		if (holds && f->op != FILTER_COUNT)
			break;
	}
	if (f->op != FILTER_COUNT) {
		*ret_holds = (n > 0) == (f->op == FILTER_ANY);
		return ERR_OK;
	}
	TRY(filter_resolve(m->ctx, NULL, f->compare, f->values, &plain));
	*ret_holds = !plain.never && filter_rank_holds(plain.op, n, plain.v.i);
	return ERR_OK;
}

static enum err node_holds(struct memory *m, const struct filter_frame *fr, const struct filter *f, bool *ret_holds)
{
	bool holds = false;

	switch (f->op) {
	case FILTER_ALL: *ret_holds = true; return ERR_OK;
	case FILTER_NOT:
		TRY(node_holds(m, fr, f->kids[0], &holds));
		*ret_holds = !holds;
		return ERR_OK;
	case FILTER_AND:
	case FILTER_OR:
		for (size_t i = 0; i < f->n; i++) {
			TRY(node_holds(m, fr, f->kids[i], &holds));
			if (holds == (f->op == FILTER_OR))
				break;
		}
		*ret_holds = holds;
		return ERR_OK;
	case FILTER_ANY:
	case FILTER_NONE:
	case FILTER_COUNT: return list_holds(m, fr, f, ret_holds);
	default: return leaf_holds(m, fr, f, ret_holds);
	}
}

enum err filter_holds(struct ctx *ctx, const struct filter *f, const struct record *r, bool *ret_holds)
{
	struct memory m = {.ctx = ctx};
	const struct filter_frame fr = {.record = r};

	if (f == NULL) {
		*ret_holds = true;
		return ERR_OK;
	}
	return node_holds(&m, &fr, f, ret_holds);
}

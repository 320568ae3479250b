/*
 * A filter as SQL. Two-valued: a plain leaf may come out as null where it is false, since it only
 * stands below `and`, `or` and `exists`; a negated leaf never rests on null.
 */
#include "model/filter_tree.h"
#include "store/store.h"

static void truth(struct filter_sql *s, bool holds)
{
	if (holds)
		SQL(s->q, "1 = 1");
	else
		SQL(s->q, "1 = 0");
}

/* ---- leaves on a column ---------------------------------------------------------------------- */

static void null_or(struct filter_sql *s, const struct filter_frame *fr, const struct field *f)
{
	filter_sql_column(s, fr, f);
	SQL(s->q, " is null or ");
}

static enum filter_op opposite(enum filter_op op)
{
	switch (op) {
	case FILTER_LT: return FILTER_GE;
	case FILTER_LE: return FILTER_GT;
	case FILTER_GT: return FILTER_LE;
	default: return FILTER_LT;
	}
}

/* column in (values): one is =, none is false. */
static void points(struct filter_sql *s, const struct filter_frame *fr, const struct field *f,
                   const struct value *values, size_t n, bool negated)
{
	if (n == 0) {
		truth(s, negated);
		return;
	}
	if (negated) {
		SQL(s->q, "(");
		null_or(s, fr, f);
	}
	filter_sql_column(s, fr, f);
	if (n == 1 && negated)
		SQL(s->q, " <> ");
	else if (n == 1)
		SQL(s->q, " = ");
	else if (negated)
		SQL(s->q, " not in (");
	else
		SQL(s->q, " in (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			SQL(s->q, ", ");
		sql_value(s->q, &values[i]);
	}
	if (n > 1)
		SQL(s->q, ")");
	if (negated)
		SQL(s->q, ")");
}

static enum err order(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	struct filter_plain plain;

	TRY(filter_resolve(s->ctx, f->path.field, f->op, f->values, &plain));
	if (plain.never) {
		truth(s, negated);
		return ERR_OK;
	}
	if (negated) {
		SQL(s->q, "(");
		null_or(s, fr, f->path.field);
	}
	filter_sql_column(s, fr, f->path.field);
	filter_sql_sign(s, negated ? opposite(plain.op) : plain.op);
	sql_value(s->q, &plain.v);
	if (negated)
		SQL(s->q, ")");
	return ERR_OK;
}

static enum err contains(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	const struct field *field = f->path.field;
	struct filter_plain plain;
	struct value v;

	TRY(filter_resolve(s->ctx, filter_class(field) == CLASS_TEXT ? field : NULL, FILTER_EQ, f->values, &plain));
	v = plain.v;
	if (plain.never) {
		truth(s, negated);
		return ERR_OK;
	}
	/* Several values are kept as " a b ", so that a name can't be found inside another. */
	if (field->kind == FIELD_CHOICES)
		v = value_text(arena_printf(s->ctx->arena, " %s ", v.s));
	else if (field->kind == FIELD_FILES)
		v = value_text(arena_printf(s->ctx->arena, " %lld ", (long long)v.i));
	if (negated) {
		SQL(s->q, "(");
		null_or(s, fr, field);
	}
	sql_contains_open(s->q);
	filter_sql_column(s, fr, field);
	SQL(s->q, ", ");
	sql_value(s->q, &v);
	if (negated)
		SQL(s->q, ") = 0)");
	else
		SQL(s->q, ") > 0");
	return ERR_OK;
}

static void empty(struct filter_sql *s, const struct filter_frame *fr, const struct field *f, bool negated)
{
	if (f->kind == FIELD_LINKS && fr->alias == NULL) {
		bool none = filter_frame_value(fr, f).kind == VALUE_EMPTY || filter_frame_value(fr, f).n == 0;
		truth(s, none != negated);
		return;
	}
	if (f->kind == FIELD_LINKS || f->kind == FIELD_TABLE) {
		const char *alias = filter_sql_alias(s);
		if (!negated)
			SQL(s->q, "not ");
		SQL(s->q, "exists (select 1 from ");
		sql_name(s->q, f->side_table);
		SQL(s->q, " ");
		sql_name(s->q, alias);
		SQL(s->q, " where ");
		sql_name(s->q, alias);
		SQL(s->q, ".parent = ");
		filter_sql_id(s, fr);
		SQL(s->q, ")");
		return;
	}
	filter_sql_column(s, fr, f);
	if (negated)
		SQL(s->q, " is not null");
	else
		SQL(s->q, " is null");
}

/* ---- leaves between two fields --------------------------------------------------------------- */

/* A choice as its rank; an option that is no longer there has none. */
static void rank_of(struct filter_sql *s, const struct filter_frame *fr, const struct field *f)
{
	SQL(s->q, "(case ");
	filter_sql_column(s, fr, f);
	for (size_t i = 0; i < f->n_options; i++) {
		SQL(s->q, " when ");
		sql_value_text(s->q, f->options[i].name);
		SQL(s->q, " then ");
		SQL(s->q, "cast(");
		sql_value_int(s->q, (int64_t)i);
		SQL(s->q, " as bigint)");
	}
	SQL(s->q, " end)");
}

static void operand(struct filter_sql *s, const struct filter_frame *fr, const struct field *f, bool ranked, int scale)
{
	if (ranked) {
		rank_of(s, fr, f);
		return;
	}
	if (filter_class(f) != CLASS_NUMBER || filter_scale(f) == scale) {
		filter_sql_column(s, fr, f);
		return;
	}
	/* To the finer scale of the two; numeric can't overflow on PostgreSQL. */
	SQL(s->q, "cast(");
	filter_sql_column(s, fr, f);
	SQL(s->q, " as numeric) * 1");
	for (int i = filter_scale(f); i < scale; i++)
		SQL(s->q, "0");
}

/* Both sides in frames of their own: exists (… exists (… left op right)). */
static enum err two_fields(struct filter_sql *s, const struct filter_frame *fr, const struct filter_path *left,
                           enum filter_op op, const struct filter_path *right, bool negated)
{
	const struct filter_frame *lf, *rf;
	const struct field *a = left->field, *b = right->field;
	bool ranked = filter_class(a) == CLASS_CHOICE && op != FILTER_EQ;
	int scale = filter_scale(a) > filter_scale(b) ? filter_scale(a) : filter_scale(b);
	size_t open = 0;

	/* not (…): the whole is null where a side is empty, so it is asked for truth first. */
	if (negated)
		SQL(s->q, "not coalesce(");
	TRY(filter_sql_links(s, fr, left, &lf, &open));
	TRY(filter_sql_links(s, fr, right, &rf, &open));
	operand(s, lf, a, ranked, scale);
	filter_sql_sign(s, op);
	operand(s, rf, b, ranked, scale);
	filter_sql_close(s, open);
	if (negated)
		SQL(s->q, ", 1 = 0)");
	return ERR_OK;
}

/* links contains link: the side table (or the list in memory) has the target. */
static enum err has_link(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	const struct filter_frame *lf, *rf = fr;
	const struct field *field = f->path.field;
	struct filter_plain plain = {0};
	size_t open = 0;

	if (negated)
		SQL(s->q, "not ");
	SQL(s->q, "(");
	TRY(filter_sql_links(s, fr, &f->path, &lf, &open));
	if (f->values[0].kind == FILTER_PATH)
		TRY(filter_sql_links(s, fr, &f->values[0].path, &rf, &open));
	else
		TRY(filter_resolve(s->ctx, NULL, FILTER_EQ, f->values, &plain));
	if (plain.never) {
		truth(s, false);
	} else if (lf->alias == NULL) {
		struct value v = filter_frame_value(lf, field);
		if (f->values[0].kind == FILTER_PATH)
			filter_sql_column(s, rf, f->values[0].path.field);
		else
			sql_value(s->q, &plain.v);
		filter_sql_ids(s, &v);
	} else {
		const char *alias = filter_sql_alias(s);
		SQL(s->q, "exists (select 1 from ");
		sql_name(s->q, field->side_table);
		SQL(s->q, " ");
		sql_name(s->q, alias);
		SQL(s->q, " where ");
		sql_name(s->q, alias);
		SQL(s->q, ".parent = ");
		filter_sql_id(s, lf);
		SQL(s->q, " and ");
		sql_name(s->q, alias);
		SQL(s->q, ".target = ");
		if (f->values[0].kind == FILTER_PATH)
			filter_sql_column(s, rf, f->values[0].path.field);
		else
			sql_value(s->q, &plain.v);
		SQL(s->q, ")");
	}
	filter_sql_close(s, open + 1);
	return ERR_OK;
}

/* ---- truth: flags and computed fields -------------------------------------------------------- */

static enum err flag_is_true(struct filter_sql *s, const struct filter_frame *fr, const struct filter_path *p,
                             bool negated)
{
	const struct filter_frame *last;
	const struct field *f = p->field;
	size_t open = 0;

	if (p->n_links && negated)
		SQL(s->q, "not ");
	bool inner = negated && p->n_links == 0;
	TRY(filter_sql_links(s, fr, p, &last, &open));
	if (f->kind == FIELD_COMPUTED) {
		/* A computed field means the same to everybody: what it rests on is not narrowed by access. */
		struct filter_sql in = {
		        .ctx = s->ctx, .q = s->q, .n_aliases = s->n_aliases, .n_computed = s->n_computed + 1};
		struct filter_frame own = *last;
		own.up = NULL;
		if (f->is == NULL || in.n_computed > FILTER_COMPUTED_DEPTH)
			return ctx_problem(s->ctx, ERR_INTERNAL, f->name, "computed",
			                   "%s rests on itself or on nothing", f->name);
		TRY(filter_sql_node(&in, &own, f->is, inner));
		s->n_aliases = in.n_aliases;
	} else if (inner) {
		SQL(s->q, "(");
		null_or(s, last, f);
		filter_sql_column(s, last, f);
		SQL(s->q, " = 0)");
	} else {
		filter_sql_column(s, last, f);
		SQL(s->q, " = 1");
	}
	filter_sql_close(s, open);
	return ERR_OK;
}

static enum err truth_leaf(struct filter_sql *s, const struct filter_frame *fr, const struct filter_path *p,
                           const struct filter_value *v, bool negated)
{
	struct filter_plain plain;

	if (v->kind != FILTER_PATH) {
		TRY(filter_resolve(s->ctx, p->field, FILTER_EQ, v, &plain));
		return flag_is_true(s, fr, p, negated != (plain.v.i == 0));
	}
	/* Equal: both or neither. */
	SQL(s->q, "((");
	TRY(flag_is_true(s, fr, p, false));
	SQL(s->q, " and ");
	TRY(flag_is_true(s, fr, &v->path, negated));
	SQL(s->q, ") or (");
	TRY(flag_is_true(s, fr, p, true));
	SQL(s->q, " and ");
	TRY(flag_is_true(s, fr, &v->path, !negated));
	SQL(s->q, "))");
	return ERR_OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static enum err column_leaf(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	struct value *values;
	size_t n;
	bool paths;

	switch (f->op) {
	case FILTER_EMPTY: empty(s, fr, f->path.field, negated); return ERR_OK;
	case FILTER_CONTAINS: return contains(s, fr, f, negated);
	case FILTER_EQ:
	case FILTER_IN: break;
	default:
		if (f->path.field->kind != FIELD_CHOICE)
			return order(s, fr, f, negated);
	}
	TRY(filter_points(s->ctx, f, &values, &n, &paths));
	points(s, fr, f->path.field, values, n, negated);
	return ERR_OK;
}

/* `x in (a, other_field)` and flags: one comparison for each value. */
static enum err in_one_by_one(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	struct filter one = *f;

	one.op = FILTER_EQ;
	one.n_values = 1;
	SQL(s->q, "(");
	for (size_t i = 0; i < f->n_values; i++) {
		if (i && negated)
			SQL(s->q, " and ");
		else if (i)
			SQL(s->q, " or ");
		one.values = &f->values[i];
		TRY(filter_sql_node(s, fr, &one, negated));
	}
	SQL(s->q, ")");
	return ERR_OK;
}

static bool has_paths(const struct filter *f)
{
	for (size_t i = 0; i < f->n_values; i++)
		if (f->values[i].kind == FILTER_PATH)
			return true;
	return false;
}

static enum err leaf(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	const struct field *field = f->path.field;
	const struct filter_frame *last;
	size_t open = 0;

	if (f->op == FILTER_IN && (has_paths(f) || filter_class(field) == CLASS_TRUTH))
		return in_one_by_one(s, fr, f, negated);
	if (filter_class(field) == CLASS_TRUTH && f->op == FILTER_EQ)
		return truth_leaf(s, fr, &f->path, f->values, negated);
	if (f->op == FILTER_CONTAINS && field->kind == FIELD_LINKS)
		return has_link(s, fr, f, negated);
	if (has_paths(f))
		return two_fields(s, fr, &f->path, f->op, &f->values[0].path, negated);
	/* Through a link: what is not found there is like an empty field. */
	bool is_empty = f->op == FILTER_EMPTY;
	if (f->path.n_links && negated != is_empty)
		SQL(s->q, "not ");
	TRY(filter_sql_links(s, fr, &f->path, &last, &open));
	TRY(column_leaf(s, last, f, f->path.n_links ? is_empty : negated));
	filter_sql_close(s, open);
	return ERR_OK;
}

enum err filter_sql_node(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	switch (f->op) {
	case FILTER_ALL: truth(s, !negated); return ERR_OK;
	case FILTER_NOT: return filter_sql_node(s, fr, f->kids[0], !negated);
	case FILTER_AND:
	case FILTER_OR:
		SQL(s->q, "(");
		for (size_t i = 0; i < f->n; i++) {
			if (i && (f->op == FILTER_AND) != negated)
				SQL(s->q, " and ");
			else if (i)
				SQL(s->q, " or ");
			TRY(filter_sql_node(s, fr, f->kids[i], negated));
		}
		SQL(s->q, ")");
		return ERR_OK;
	case FILTER_ANY:
	case FILTER_NONE:
	case FILTER_COUNT: return filter_sql_list(s, fr, f, negated);
	default: return leaf(s, fr, f, negated);
	}
}

enum err filter_sql(struct ctx *ctx, struct sql *q, const struct filter *f, const char *alias, filter_inside *inside)
{
	struct filter_sql s = {.ctx = ctx, .q = q, .inside = inside};
	const struct filter_frame fr = {.alias = alias};

	if (f == NULL) {
		truth(&s, true);
		return ERR_OK;
	}
	return filter_sql_node(&s, &fr, f, false);
}

enum err filter_sql_within(struct ctx *ctx, struct sql *q, const struct filter *f, const char *alias,
                           const struct record *outer)
{
	struct filter_sql s = {.ctx = ctx, .q = q};
	const struct filter_frame up = {.record = outer}, fr = {.alias = alias, .up = &up};

	if (f == NULL) {
		truth(&s, true);
		return ERR_OK;
	}
	return filter_sql_node(&s, &fr, f, false);
}

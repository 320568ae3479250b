/* A filter as canonical text: parses back to the same tree. */
#include "base/clock.h"
#include "base/limit.h"
#include "model/filter_tree.h"
#include "model/value_text.h"

void filter_path_write(struct buf *out, const struct filter_path *p)
{
	for (int i = 0; i < p->up; i++)
		buf_str(out, "outer.");
	for (size_t i = 0; i < p->n_links; i++) {
		buf_str(out, p->links[i]->name);
		buf_char(out, '.');
	}
	buf_str(out, p->list ? p->list->name : p->field->name);
}

static void write_quoted(struct buf *out, const char *s, size_t len)
{
	buf_char(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\'')
			buf_char(out, '\'');
		buf_char(out, s[i]);
	}
	buf_char(out, '\'');
}

static void write_literal(struct buf *out, const struct field *f, const struct value *v)
{
	char instant[INSTANT_BYTES];

	switch (filter_class(f)) {
	case CLASS_NUMBER: decimal_write(out, v->i, filter_scale(f)); break;
	case CLASS_TRUTH: buf_str(out, v->i ? "true" : "false"); break;
	case CLASS_INSTANT:
		if (v->kind == VALUE_INT) {
			instant_format(v->i, instant);
			write_quoted(out, instant, strlen(instant));
			break;
		}
		buf_add(out, v->s, v->len);
		break;
	case CLASS_TEXT: write_quoted(out, v->s, v->len); break;
	default: /* options, dates, ids */
		if (v->kind == VALUE_INT)
			buf_int(out, v->i);
		else
			buf_add(out, v->s, v->len);
	}
}

static void write_value(struct buf *out, const struct field *f, const struct filter_value *v)
{
	switch (v->kind) {
	case FILTER_LITERAL: write_literal(out, f, &v->v); return;
	case FILTER_ME: buf_str(out, "@me"); return;
	case FILTER_MY_TEAMS:
	case FILTER_MY_UNITS:
	case FILTER_SHARED_TEAMS:
		buf_char(out, '@');
		buf_str(out, filter_teams_name(v->kind));
		return;
	case FILTER_PARAMETER:
		buf_char(out, '@');
		buf_str(out, v->parameter->name);
		return;
	case FILTER_PATH: filter_path_write(out, &v->path); return;
	case FILTER_NOW:
	case FILTER_TODAY: break;
	}
	buf_str(out, v->kind == FILTER_NOW ? "now" : "today");
	if (v->duration || v->parameter) {
		buf_str(out, v->negative ? " - " : " + ");
		if (v->parameter)
			buf_char(out, '@');
		buf_str(out, v->parameter ? v->parameter->name : v->duration);
	}
}

static void write_in(struct buf *out, const struct filter *f, bool negated)
{
	filter_path_write(out, &f->path);
	buf_str(out, negated ? " not in " : " in ");
	if (filter_in_teams(f)) {
		write_value(out, f->path.field, f->values);
		return;
	}
	buf_char(out, '(');
	for (size_t i = 0; i < f->n_values; i++) {
		if (i)
			buf_str(out, ", ");
		write_value(out, f->path.field, &f->values[i]);
	}
	buf_char(out, ')');
}

static void write_list(struct buf *out, const struct filter *f, bool negated)
{
	buf_str(out, f->op == FILTER_ANY ? "any(" : f->op == FILTER_NONE ? "none(" : "count(");
	filter_path_write(out, &f->path);
	if (f->n) {
		buf_str(out, ", ");
		filter_write_text(out, f->kids[0]);
	}
	buf_char(out, ')');
	if (f->op != FILTER_COUNT)
		return;
	buf_printf(out, " %s ", negated ? "!=" : filter_op_sign(f->compare));
	if (f->values[0].kind == FILTER_PARAMETER)
		buf_printf(out, "@%s", f->values[0].parameter->name);
	else
		buf_int(out, f->values[0].v.i);
}

static void write_not(struct buf *out, const struct filter *f)
{
	const struct filter *x = f->kids[0];

	if (x->op == FILTER_EQ) {
		filter_path_write(out, &x->path);
		buf_str(out, " != ");
		write_value(out, x->path.field, x->values);
	} else if (x->op == FILTER_IN) {
		write_in(out, x, true);
	} else if (x->op == FILTER_EMPTY) {
		filter_path_write(out, &x->path);
		buf_str(out, " is not empty");
	} else if (x->op == FILTER_COUNT && x->compare == FILTER_EQ) {
		write_list(out, x, true);
	} else {
		buf_str(out, "not (");
		filter_write_text(out, x);
		buf_char(out, ')');
	}
}

void filter_write_text(struct buf *out, const struct filter *f)
{
	if (f == NULL) {
		buf_str(out, "all");
		return;
	}
	switch (f->op) {
	case FILTER_ALL: buf_str(out, "all"); break;
	case FILTER_AND:
	case FILTER_OR:
		for (size_t i = 0; i < f->n; i++) {
			bool paren = f->op == FILTER_AND && f->kids[i]->op == FILTER_OR;
			if (i)
				buf_str(out, f->op == FILTER_AND ? " and " : " or ");
			if (paren)
				buf_char(out, '(');
			filter_write_text(out, f->kids[i]);
			if (paren)
				buf_char(out, ')');
		}
		break;
	case FILTER_NOT: write_not(out, f); break;
	case FILTER_IN: write_in(out, f, false); break;
	case FILTER_EMPTY:
		filter_path_write(out, &f->path);
		buf_str(out, " is empty");
		break;
	case FILTER_ANY:
	case FILTER_NONE:
	case FILTER_COUNT: write_list(out, f, false); break;
	case FILTER_CONTAINS:
		filter_path_write(out, &f->path);
		buf_str(out, " contains ");
		write_value(out, f->path.field, f->values);
		break;
	default:
		filter_path_write(out, &f->path);
		buf_printf(out, " %s ", filter_op_sign(f->op));
		write_value(out, f->path.field, f->values);
	}
}

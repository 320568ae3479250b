/* filter_words.c: see filter_words.h. */
#include "model/filter_words.h"

#include "base/clock.h"
#include "model/filter_tree.h"
#include "model/value_text.h"

/* ---- reach ------------------------------------------------------------------------------------------ */

static enum filter_reach value_reach(const struct filter *f)
{
	switch (filter_about(f)) {
	case ABOUT_ME: return REACH_OWN;
	case ABOUT_MY_TEAMS:
	case ABOUT_SHARED: return REACH_TEAM;
	case ABOUT_MY_UNITS: return REACH_UNIT;
	case ABOUT_OTHER: break;
	}
	return REACH_RULE;
}

static enum filter_reach reach_at(const struct filter *f, int depth)
{
	enum filter_reach reach = REACH_NONE;

	switch (f->op) {
	case FILTER_ALL: return REACH_ALL;
	case FILTER_OR:
		for (size_t i = 0; i < f->n; i++) {
			enum filter_reach kid = reach_at(f->kids[i], depth);
			reach = kid > reach ? kid : reach;
		}
		return reach;
	case FILTER_AND:
		/* What looks at him narrows what does not. */
		reach = REACH_RULE;
		for (size_t i = 0; i < f->n; i++) {
			enum filter_reach kid = reach_at(f->kids[i], depth);
			reach = kid < reach ? kid : reach;
		}
		return reach;
	case FILTER_ANY: return f->n > 0 ? reach_at(f->kids[0], depth) : REACH_RULE;
	case FILTER_NOT:
	case FILTER_NONE:
	case FILTER_COUNT: return REACH_RULE;
	default: break;
	}
	const struct field *field = f->path.field;
	bool yes = f->op == FILTER_EQ && f->n_values == 1 && f->values[0].kind == FILTER_LITERAL &&
	           f->values[0].v.kind == VALUE_INT && f->values[0].v.i == 1;
	if (field->kind == FIELD_COMPUTED && field->is != NULL && yes && depth < FILTER_COMPUTED_DEPTH)
		return reach_at(field->is, depth + 1);
	return value_reach(f);
}

enum filter_reach filter_reach(const struct filter *f)
{
	return f == NULL ? REACH_NONE : reach_at(f, 0);
}

const char *filter_reach_name(enum filter_reach reach)
{
	static const char *const names[] = {"none", "own", "team", "unit", "rule", "all"};
	return names[reach];
}

enum filter_about filter_about(const struct filter *f)
{
	if (f->n_values != 1)
		return ABOUT_OTHER;
	switch (f->values[0].kind) {
	case FILTER_ME: return ABOUT_ME;
	case FILTER_MY_TEAMS: return ABOUT_MY_TEAMS;
	case FILTER_MY_UNITS: return ABOUT_MY_UNITS;
	case FILTER_SHARED_TEAMS: return ABOUT_SHARED;
	default: return ABOUT_OTHER;
	}
}

const struct field *filter_own_field(const struct filter *f)
{
	bool leaf = f->op >= FILTER_EQ && f->op <= FILTER_EMPTY;
	return leaf && f->path.up == 0 && f->path.n_links == 0 ? f->path.field : NULL;
}

/* ---- words ------------------------------------------------------------------------------------------ */

struct saying {
	enum lang lang;
	struct buf *out;
};

static void say(const struct saying *s, const char *zh, const char *en)
{
	buf_str(s->out, s->lang == LANG_EN ? en : zh);
}

static void node_words(const struct saying *s, const struct filter *f, bool inside);

static void path_words(const struct saying *s, const struct filter_path *p)
{
	if (p->up > 0)
		say(s, "本记录的", "the record's ");
	for (size_t i = 0; i < p->n_links; i++) {
		buf_str(s->out, label_in(&p->links[i]->label, s->lang));
		say(s, "的", "'s ");
	}
	buf_str(s->out, label_in(p->list ? &p->list->label : &p->field->label, s->lang));
}

static void literal_words(const struct saying *s, const struct field *f, const struct value *v)
{
	const struct option *o;

	switch (filter_class(f)) {
	case CLASS_TRUTH: say(s, v->i ? "是" : "否", v->i ? "yes" : "no"); return;
	case CLASS_CHOICE:
	case CLASS_CHOICES:
		o = v->kind == VALUE_TEXT ? field_option(f, v->s, NULL) : NULL;
		buf_str(s->out, o ? label_in(&o->label, s->lang) : v->kind == VALUE_TEXT ? v->s : "");
		return;
	case CLASS_TEXT:
		say(s, "「", "\"");
		buf_add(s->out, v->s, v->len);
		say(s, "」", "\"");
		return;
	case CLASS_NUMBER: decimal_write(s->out, v->i, filter_scale(f)); return;
	default: break;
	}
	if (v->kind == VALUE_TEXT) {
		buf_add(s->out, v->s, v->len);
	} else if (filter_class(f) == CLASS_INSTANT) {
		char at[INSTANT_BYTES];
		instant_format(v->i, at);
		buf_str(s->out, at);
	} else {
		say(s, "编号 ", "id ");
		buf_int(s->out, v->i);
	}
}

static void parameter_words(const struct saying *s, const struct parameter *p)
{
	buf_str(s->out, p->label.zh ? label_in(&p->label, s->lang) : p->name);
}

static void time_words(const struct saying *s, const struct filter_value *v)
{
	say(s, v->kind == FILTER_NOW ? "现在" : "今天", v->kind == FILTER_NOW ? "now" : "today");
	if (v->duration == NULL && v->parameter == NULL)
		return;
	say(s, v->negative ? "前 " : "后 ", v->negative ? " minus " : " plus ");
	if (v->parameter)
		parameter_words(s, v->parameter);
	else
		buf_str(s->out, v->duration);
}

static void value_words(const struct saying *s, const struct field *f, const struct filter_value *v)
{
	switch (v->kind) {
	case FILTER_LITERAL: literal_words(s, f, &v->v); return;
	case FILTER_ME: say(s, "本人", "the person"); return;
	case FILTER_MY_TEAMS: say(s, "本人的班组", "the person's teams"); return;
	case FILTER_MY_UNITS: say(s, "本人的部门及其下级", "the person's teams and those below"); return;
	case FILTER_SHARED_TEAMS: say(s, "与本人班组共享受理的班组", "teams that share their acceptance"); return;
	case FILTER_PARAMETER: parameter_words(s, v->parameter); return;
	case FILTER_NOW:
	case FILTER_TODAY: time_words(s, v); return;
	case FILTER_PATH: path_words(s, &v->path); return;
	}
}

static void compare_words(const struct saying *s, const struct filter *f, bool negated)
{
	enum filter_class c = filter_class(f->path.field);
	bool time = c == CLASS_DATE || c == CLASS_INSTANT;

	path_words(s, &f->path);
	switch (f->op) {
	case FILTER_LT: say(s, time ? "早于" : "小于", time ? " before " : " below "); break;
	case FILTER_LE: say(s, time ? "不晚于" : "不大于", time ? " not after " : " at most "); break;
	case FILTER_GT: say(s, time ? "晚于" : "大于", time ? " after " : " above "); break;
	case FILTER_GE: say(s, time ? "不早于" : "不小于", time ? " not before " : " at least "); break;
	case FILTER_CONTAINS: say(s, negated ? "不含" : "含", negated ? " without " : " with "); break;
	case FILTER_IN: say(s, negated ? "不属于" : "属于", negated ? " none of " : " one of "); break;
	default:
		say(s,
		    c == CLASS_TRUTH ? negated ? "不为" : "为"
		    : negated        ? "不是"
		                     : "是",
		    negated ? " is not " : " is ");
		break;
	}
	for (size_t i = 0; i < f->n_values; i++) {
		if (i > 0)
			say(s, "、", ", ");
		value_words(s, f->path.field, &f->values[i]);
	}
}

static void list_words(const struct saying *s, const struct filter *f)
{
	bool any = f->op == FILTER_ANY;

	if (f->op != FILTER_COUNT)
		say(s, any ? "有" : "没有", any ? "has " : "has no ");
	path_words(s, &f->path);
	if (f->n > 0) {
		say(s, "（", " (");
		node_words(s, f->kids[0], false);
		say(s, "）", ")");
	}
	if (f->op == FILTER_COUNT) {
		say(s, "的条数 ", " number ");
		buf_str(s->out, filter_op_sign(f->compare));
		buf_char(s->out, ' ');
		if (f->values[0].kind == FILTER_PARAMETER)
			parameter_words(s, f->values[0].parameter);
		else
			buf_int(s->out, f->values[0].v.i);
	}
}

static void group_words(const struct saying *s, const struct filter *f, bool inside)
{
	bool and = f->op == FILTER_AND;

	if (inside)
		say(s, "（", "(");
	for (size_t i = 0; i < f->n; i++) {
		if (i > 0)
			say(s, and? "，且" : "，或", and? " and " : " or ");
		node_words(s, f->kids[i], true);
	}
	if (inside)
		say(s, "）", ")");
}

static void not_words(const struct saying *s, const struct filter *f)
{
	switch (f->op) {
	case FILTER_EMPTY:
		path_words(s, &f->path);
		say(s, "已填", " is filled");
		return;
	case FILTER_EQ:
	case FILTER_IN:
	case FILTER_CONTAINS: compare_words(s, f, true); return;
	default: break;
	}
	say(s, "不满足（", "not (");
	node_words(s, f, false);
	say(s, "）", ")");
}

static void node_words(const struct saying *s, const struct filter *f, bool inside)
{
	switch (f->op) {
	case FILTER_ALL: say(s, "全部", "all"); return;
	case FILTER_AND:
	case FILTER_OR: group_words(s, f, inside); return;
	case FILTER_NOT: not_words(s, f->kids[0]); return;
	case FILTER_EMPTY:
		path_words(s, &f->path);
		say(s, "为空", " is empty");
		return;
	case FILTER_ANY:
	case FILTER_NONE:
	case FILTER_COUNT: list_words(s, f); return;
	default: compare_words(s, f, false);
	}
}

void filter_words(const struct filter *f, enum lang lang, struct buf *out)
{
	const struct saying s = {.lang = lang, .out = out};
	if (f == NULL)
		say(&s, "全部", "all");
	else
		node_words(&s, f, false);
}

void filter_path_words(const struct filter *leaf, enum lang lang, struct buf *out)
{
	const struct saying s = {.lang = lang, .out = out};
	path_words(&s, &leaf->path);
}

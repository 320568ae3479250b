/* action.c: what transitions and rules do on the record itself, in memory, before it is written. */
#include <string.h>

#include "base/clock.h"
#include "flow/step.h"
#include "model/compute.h"

/* ---- values -------------------------------------------------------------------------------------- */

static bool is_text_kind(enum field_kind k)
{
	return k == FIELD_TEXT || k == FIELD_LONG_TEXT || k == FIELD_PHONE || k == FIELD_EMAIL;
}

static bool same_shape(const struct field *a, const struct field *b)
{
	if (a->kind == b->kind)
		return (a->kind != FIELD_NUMBER && a->kind != FIELD_MONEY) || a->scale == b->scale;
	return is_text_kind(a->kind) && is_text_kind(b->kind);
}

/* A day as an instant is its last minute, an instant as a day the one it lies in. */
static struct value day_for(struct ctx *ctx, const struct field *input, const struct value *v)
{
	struct local_time local = {0};
	if (input->kind == FIELD_DATE && date_parse(v->s, &local.year, &local.month, &local.day)) {
		local.hour = 23;
		local.minute = 59;
		return value_int(zone_instant(ctx->zone, &local));
	}
	char *date = arena_alloc(ctx->arena, DATE_BYTES);
	zone_local(ctx->zone, v->i, &local);
	date_format(local.year, local.month, local.day, date);
	return value_text(date);
}

/* An input's value for a field that may be of another kind. */
enum err input_for(struct ctx *ctx, const struct field *input, const struct value *v, const struct field *for_field,
                   struct value *ret_value)
{
	*ret_value = value_empty();
	if (value_is_empty(v))
		return ERR_OK;
	if (same_shape(input, for_field))
		*ret_value = *v;
	else if (is_text_kind(for_field->kind))
		*ret_value = value_text(value_display(ctx, input, v));
	else if (input->kind == FIELD_CHOICE && for_field->kind == FIELD_CHOICES)
		*ret_value = (struct value){.kind = VALUE_LIST, .list = (struct value *)v, .n = 1};
	else if ((input->kind == FIELD_DATE && for_field->kind == FIELD_DATETIME) ||
	         (input->kind == FIELD_DATETIME && for_field->kind == FIELD_DATE))
		*ret_value = day_for(ctx, input, v);
	else
		return ctx_problem(ctx, ERR_INVALID, input->name, "wrong_type", "%s can't be put into %s", input->name,
		                   for_field->name);
	return ERR_OK;
}

enum err action_value(struct ctx *ctx, const struct record *r, const struct value *inputs,
                      const struct field *for_field, const char *text, struct value *ret_value)
{
	const struct field *input = inputs ? type_input(r->type, text) : NULL;
	bool choice = for_field->kind == FIELD_CHOICE || for_field->kind == FIELD_CHOICES;
	if (input != NULL && !(choice && field_option(for_field, text, NULL) != NULL))
		return input_for(ctx, input, &inputs[input->at], for_field, ret_value);
	if (strcmp(text, "empty") == 0) {
		*ret_value = value_empty();
		return ERR_OK;
	}
	return value_expression(ctx, r, for_field, strncmp(text, "outer.", 6) == 0 ? text + 6 : text, ret_value);
}

/* What only transitions, numbers and the chain's first step may write. */
static bool is_protected(const struct field *f)
{
	static const char *const names[] = {"state", "stage", "number", "first_owner"};
	if (field_is_base(f) || f->kind == FIELD_COMPUTED || f->kind == FIELD_TABLE)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(f->name, names[i]) == 0)
			return true;
	return false;
}

static enum err act_set(struct ctx *ctx, struct record *r, const struct action *a, const struct value *inputs)
{
	for (size_t i = 0; i < a->n_set; i++) {
		const struct field *f = type_field(r->type, a->set[i].name);
		struct value v;
		if (f == NULL || is_protected(f))
			return ctx_problem(ctx, ERR_CONFLICT, a->set[i].name, "read_only",
			                   "an action can't set %s of %s", a->set[i].name, r->type->name);
		TRY(action_value(ctx, r, inputs, f, a->set[i].value, &v));
		record_set(r, f, v);
	}
	return ERR_OK;
}

/* ---- actions ------------------------------------------------------------------------------------- */

static enum err act_count(struct ctx *ctx, struct record *r, const struct action *a)
{
	const struct field *f = type_field(r->type, a->target);
	if (f == NULL || (f->kind != FIELD_NUMBER && f->kind != FIELD_MONEY))
		return ctx_problem(ctx, ERR_CONFLICT, a->target, "wrong_type", "%s is no number to count", a->target);
	int64_t one = 1, sum;
	for (int i = 0; i < f->scale; i++)
		one *= 10;
	if (__builtin_add_overflow(record_int(r, f->name), one, &sum))
		return ctx_problem(ctx, ERR_CONFLICT, a->target, "too_large", "%s can't be counted further", a->target);
	record_set(r, f, value_int(sum));
	return ERR_OK;
}

static enum err act_append(struct ctx *ctx, struct record *r, const struct action *a, const struct value *inputs)
{
	const struct field *f = type_field(r->type, a->target);
	if (f == NULL || f->kind != FIELD_TABLE)
		return ctx_problem(ctx, ERR_CONFLICT, a->target, "wrong_type", "%s is no table of lines", a->target);
	if (r->lines[f->at].n >= LIMIT_TABLE_ROWS)
		return ctx_problem(ctx, ERR_INVALID, a->target, "too_many", "%s holds %d lines already", a->target,
		                   LIMIT_TABLE_ROWS);
	struct record_line *line = record_line_add(ctx->arena, r, f);
	for (size_t i = 0; i < a->n_set; i++) {
		const struct field *column = NULL;
		for (size_t c = 0; c < f->n_columns; c++)
			if (strcmp(f->columns[c].name, a->set[i].name) == 0)
				column = &f->columns[c];
		if (column == NULL)
			return ctx_problem(ctx, ERR_CONFLICT, a->target, "unknown_field", "%s has no column %s",
			                   a->target, a->set[i].name);
		struct value v;
		TRY(action_value(ctx, r, inputs, column, a->set[i].value, &v));
		line->values[column->at] = v;
	}
	record_mark(r, f);
	return ERR_OK;
}

/* How often it was escalated; whom it goes to comes after the write. */
static void act_escalated(struct record *r)
{
	record_put(r, "escalated", value_int(1));
	const struct field *f = type_field(r->type, "escalation");
	if (f != NULL && f->kind == FIELD_NUMBER && f->scale == 0)
		record_set(r, f, value_int(record_int(r, f->name) + 1));
}

static enum err act_clear(struct ctx *ctx, struct record *r, const struct action *a)
{
	for (size_t i = 0; i < a->n_set; i++) {
		const struct field *f = type_field(r->type, a->set[i].name);
		if (f != NULL && f->kind == FIELD_TABLE) {
			r->lines[f->at] = (struct record_lines){.loaded = true};
			record_mark(r, f);
			continue;
		}
		if (f == NULL || is_protected(f))
			return ctx_problem(ctx, ERR_CONFLICT, a->set[i].name, "read_only",
			                   "an action can't clear %s of %s", a->set[i].name, r->type->name);
		record_set(r, f, value_empty());
	}
	return ERR_OK;
}

bool action_is_within(enum action_kind k)
{
	return k == ACTION_SET || k == ACTION_CLEAR || k == ACTION_COUNT || k == ACTION_APPEND || k == ACTION_FILL ||
	       k == ACTION_ESCALATE || k == ACTION_ASSIGN || action_is_chain(k);
}

static enum err act_within(struct ctx *ctx, struct record *r, const struct action *a, const struct value *inputs,
                           struct note *note)
{
	switch (a->kind) {
	case ACTION_SET: return act_set(ctx, r, a, inputs);
	case ACTION_CLEAR: return act_clear(ctx, r, a);
	case ACTION_COUNT: return act_count(ctx, r, a);
	case ACTION_APPEND: return act_append(ctx, r, a, inputs);
	case ACTION_ASSIGN:
	case ACTION_HAND_OVER:
	case ACTION_ACCEPT:
	case ACTION_REFUSE:
	case ACTION_TAKE: return chain_apply(ctx, r, a, inputs, note);
	case ACTION_FILL: return act_fill(ctx, r, a);
	case ACTION_ESCALATE: act_escalated(r); return ERR_OK;
	default: return ERR_OK; /* reaches beyond the record: after the write */
	}
}

enum err actions_within(struct ctx *ctx, struct record *r, const struct action *list, size_t n,
                        const struct value *inputs, struct note *note)
{
	for (size_t i = 0; i < n; i++) {
		bool holds = action_is_within(list[i].kind);
		if (holds && list[i].when != NULL)
			TRY(filter_holds(ctx, list[i].when, r, &holds));
		if (!holds)
			continue;
		TRY(act_within(ctx, r, &list[i], inputs, note));
		TRY(record_compute(ctx, r));
	}
	return ERR_OK;
}

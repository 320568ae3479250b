/* plan.c: what is planned after a transition: a follow-up with the days in which it is due. */
#include <string.h>

#include "base/clock.h"
#include "flow/step.h"

/* "3d", or "@parameter" with such a text. */
static const char *duration_of(const struct ctx *ctx, const char *text)
{
	const struct parameter *p = text[0] == '@' ? model_parameter(ctx->model, text + 1) : NULL;
	return p != NULL && p->value.kind == VALUE_TEXT ? p->value.s : text;
}

/* Into a date or an instant, whichever the field is; what the plan sets itself stays. */
static void time_put(struct ctx *ctx, struct record *r, const struct follow_plan *plan, const char *field, int64_t at)
{
	const struct field *f = type_field(r->type, field);
	if (f == NULL || pairs_name(plan->set, plan->n_set, field))
		return;
	if (f->kind == FIELD_DATETIME) {
		record_set(r, f, value_int(at));
	} else if (f->kind == FIELD_DATE) {
		struct local_time day;
		char *date = arena_alloc(ctx->arena, DATE_BYTES);
		zone_local(ctx->zone, at, &day);
		date_format(day.year, day.month, day.day, date);
		record_set(r, f, value_text(date));
	}
}

/* The link field that leads back: `record` or `parent` first, else the first that fits. */
static const struct field *back_link(const struct type *t, const struct type *to)
{
	static const char *const first[] = {"record", "source", "parent"};
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		const struct field *f = type_field(t, first[i]);
		if (f != NULL && f->kind == FIELD_LINK && (f->target == to || (f->target == NULL && to->uses_work)))
			return f;
	}
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].kind == FIELD_LINK && t->fields[i].target == to)
			return &t->fields[i];
	return NULL;
}

static enum err plan_times(struct ctx *ctx, struct record *made, const struct follow_plan *plan)
{
	int64_t from, until;
	TRY(duration_add(ctx, ctx->now_ms, duration_of(ctx, plan->wait), false, &from));
	if (plan->until != NULL)
		TRY(duration_add(ctx, ctx->now_ms, duration_of(ctx, plan->until), false, &until));
	else
		TRY(duration_add(ctx, from, "2d", false, &until));
	if (until < from)
		until = from;
	time_put(ctx, made, plan, "trigger_date", ctx->now_ms);
	time_put(ctx, made, plan, "due_from", from);
	time_put(ctx, made, plan, "due_to", until);
	time_put(ctx, made, plan, "due", until);
	return ERR_OK;
}

static enum err plan_make(struct ctx *ctx, struct step *s, struct record *r, const struct follow_plan *plan)
{
	const struct type *t = model_type(ctx->model, plan->make);
	const struct field *back = t ? back_link(t, r->type) : NULL;
	struct record *made;
	if (back != NULL && pairs_name(plan->set, plan->n_set, back->name))
		back = NULL;
	TRY(make_start(ctx, r, plan->make, back ? back->name : NULL, plan->set, plan->n_set, NULL, &made));
	if (record_int(made, "team") == 0 && !pairs_name(plan->set, plan->n_set, "team"))
		record_put(made, "team", record_get(r, "team"));
	TRY(plan_times(ctx, made, plan));
	return make_insert(ctx, s, r, made);
}

enum err plans_follow(struct ctx *ctx, struct step *s, struct record *r, const char *transition)
{
	bool made = false;
	for (size_t i = 0; i < r->type->n_plans; i++) {
		const struct follow_plan *plan = &r->type->plans[i];
		bool holds = strcmp(plan->after, transition) == 0;
		if (holds && plan->when != NULL)
			TRY(filter_holds(ctx, plan->when, r, &holds));
		if (!holds)
			continue;
		TRY(plan_make(ctx, s, r, plan));
		made = true;
	}
	return made ? step_reload(ctx, r) : ERR_OK;
}

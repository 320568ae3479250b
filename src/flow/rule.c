/* rule.c: rules of packs on what happens to a record. */
#include <string.h>

#include "flow/step.h"

/* Which of a rule's moments is there now. */
struct match {
	bool any;
	bool only_changed; /* of all its moments only `changed` */
};

static struct match rule_match(const struct rule *rule, unsigned moments, const char *transition)
{
	struct match m = {.only_changed = true};
	for (size_t i = 0; i < rule->n_on; i++) {
		const char *on = rule->on[i];
		bool changed = strcmp(on, "changed") == 0 && (moments & RULE_CHANGED);
		bool other = (strcmp(on, "created") == 0 && (moments & RULE_CREATED)) ||
		             (strcmp(on, "commented") == 0 && (moments & RULE_COMMENTED)) ||
		             (transition != NULL && strncmp(on, "done:", 5) == 0 && strcmp(on + 5, transition) == 0);
		m.any = m.any || changed || other;
		m.only_changed = m.only_changed && !other;
	}
	return m;
}

/* On changes a rule fires when its condition comes true, not each time anything changes while it
 * is: who was told of a major complaint once isn't told again with every word. */
static enum err rule_holds(struct ctx *ctx, const struct rule *rule, struct match m, const struct record *r,
                           const struct record *before, bool *ret_holds)
{
	bool now = true, was = false;
	if (rule->when != NULL) {
		TRY(filter_holds(ctx, rule->when, r, &now));
		if (now && m.only_changed && before != NULL)
			TRY(filter_holds(ctx, rule->when, before, &was));
	}
	*ret_holds = now && !was;
	return ERR_OK;
}

static bool any_differs(const struct record *a, const struct record *b)
{
	for (size_t i = 0; i < a->type->n_fields; i++)
		if (record_differs(a, b, &a->type->fields[i]))
			return true;
	return false;
}

static enum err rule_loop(struct ctx *ctx, const struct record *r, const struct rule *rule)
{
	return ctx_problem(
	        ctx, ERR_CONFLICT, "", "rule_loop",
	        "the rules of %s set each other off without end (more than %d deep or %d in one change), last %s",
	        r->type->name, STEP_DEPTH_MAX, STEP_FIRINGS_MAX, rule->name);
}

static enum err rule_run(struct ctx *ctx, struct step *s, struct record *r, const struct rule *rule,
                         struct fired *fired)
{
	if (s->firings >= STEP_FIRINGS_MAX || s->depth >= STEP_DEPTH_MAX)
		return rule_loop(ctx, r, rule);
	s->firings++;
	s->depth++;
	fired->list[fired->n++] = rule;
	struct record *before = record_copy(ctx, r);
	struct note note = {.kind = "changed", .rule = rule->name};
	TRY(actions_within(ctx, r, rule->actions, rule->n_actions, NULL, &note));
	if (any_differs(before, r)) {
		fired->names = fired->names ? arena_printf(ctx->arena, "%s %s", fired->names, rule->name) : rule->name;
		TRY(rules_settle(ctx, s, r, before, RULE_CHANGED, NULL, fired));
	}
	s->depth--;
	return ERR_OK;
}

enum err rules_settle(struct ctx *ctx, struct step *s, struct record *r, const struct record *before, unsigned moments,
                      const char *transition, struct fired *fired)
{
	const struct type *t = r->type;
	for (size_t i = 0; i < t->n_rules; i++) {
		struct match m = rule_match(&t->rules[i], moments, transition);
		bool holds = false;
		if (m.any)
			TRY(rule_holds(ctx, &t->rules[i], m, r, before, &holds));
		if (holds)
			TRY(rule_run(ctx, s, r, &t->rules[i], fired));
	}
	return ERR_OK;
}

enum err rules_reach(struct ctx *ctx, struct step *s, struct record *r, const struct fired *fired)
{
	for (size_t i = 0; i < fired->n; i++) {
		if (s->depth >= STEP_DEPTH_MAX)
			return rule_loop(ctx, r, fired->list[i]);
		s->depth++;
		TRY(actions_beyond(ctx, s, r, fired->list[i]->actions, fired->list[i]->n_actions, NULL));
		s->depth--;
	}
	return ERR_OK;
}

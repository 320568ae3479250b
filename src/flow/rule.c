/* rule.c: rules of packs on what happens to a record. */
#include <string.h>

#include "flow/step.h"

/* Which of a rule's moments is there now. */
struct match {
	const char *on;    /* NULL: none */
	bool only_changed; /* of all its moments only `changed` */
};

static struct match rule_match(const struct rule *rule, unsigned moments, const char *transition)
{
	struct match m = {.only_changed = true};
	for (size_t i = 0; i < rule->n_on; i++) {
		const char *on = rule->on[i];
		bool changed = strcmp(on, "changed") == 0 && (moments & RULE_CHANGED);
		bool other = (strcmp(on, "created") == 0 && (moments & RULE_CREATED)) ||
		             (strcmp(on, "alone") == 0 && (moments & RULE_ALONE)) ||
		             (strcmp(on, "commented") == 0 && (moments & RULE_COMMENTED)) ||
		             (transition != NULL && strncmp(on, "done:", 5) == 0 && strcmp(on + 5, transition) == 0);
		if (other || (changed && m.on == NULL))
			m.on = on;
		m.only_changed = m.only_changed && !other;
	}
	return m;
}

/* On changes a rule fires when its condition comes true, not each time anything changes while it
 * is: who was told of a major complaint once isn't told again with every word. */
enum err rule_fires(struct ctx *ctx, const struct rule *rule, unsigned moments, const char *transition,
                    const struct record *r, const struct record *before, const char **ret_on)
{
	struct match m = rule_match(rule, moments, transition);
	bool now = true, was = false;
	if (m.on != NULL && rule->when != NULL) {
		TRY(filter_holds(ctx, rule->when, r, &now));
		if (now && m.only_changed && before != NULL)
			TRY(filter_holds(ctx, rule->when, before, &was));
	}
	*ret_on = now && !was ? m.on : NULL;
	return ERR_OK;
}

static enum err rule_loop(struct ctx *ctx, const struct record *r, const struct rule *rule)
{
	return ctx_problem(
	        ctx, ERR_CONFLICT, "", "rule_loop",
	        "the rules of %s set each other off without end (more than %d deep or %d in one change), last %s",
	        r->type->name, STEP_DEPTH_MAX, STEP_FIRINGS_MAX, rule->name);
}

/* A rule that reaches beyond the record only leaves it as it is. */
static bool may_change(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_actions; i++)
		if (action_is_within(rule->actions[i].kind))
			return true;
	return false;
}

enum err rule_fire(struct ctx *ctx, struct step *s, struct record *r, const struct rule *rule, const char *on,
                   struct fired *fired)
{
	if (s->firings >= STEP_FIRINGS_MAX || s->depth >= STEP_DEPTH_MAX)
		return rule_loop(ctx, r, rule);
	struct firing *firing = &fired->list[fired->n++];
	*firing = (struct firing){.rule = rule, .on = on};
	s->firings++;
	if (!may_change(rule))
		return ERR_OK;
	s->depth++;
	struct record *before = record_copy(ctx, r);
	struct note note = {.kind = "changed", .rule = rule->name};
	TRY(actions_within(ctx, r, rule->actions, rule->n_actions, NULL, &note));
	if (records_differ(before, r)) {
		TRY(note_body(ctx, r->type, before, r, &(struct note){0}, &firing->did, NULL));
		fired->names = fired->names ? arena_printf(ctx->arena, "%s %s", fired->names, rule->name) : rule->name;
		TRY(rules_settle(ctx, s, r, before, RULE_CHANGED, NULL, fired));
	}
	s->depth--;
	return ERR_OK;
}

/* What another rule's change set off has seen the record as it is now. */
static bool has_fired(const struct fired *fired, size_t since, const struct rule *rule)
{
	for (size_t i = since; i < fired->n; i++)
		if (fired->list[i].rule == rule)
			return true;
	return false;
}

enum err rules_settle(struct ctx *ctx, struct step *s, struct record *r, const struct record *before, unsigned moments,
                      const char *transition, struct fired *fired)
{
	const struct type *t = r->type;
	size_t since = fired->n;
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *rule = &t->rules[i];
		const char *on;
		if (rule->off || rule->n_on == 0 || (rule->when != NULL && has_fired(fired, since, rule)))
			continue;
		TRY(rule_fires(ctx, rule, moments, transition, r, before, &on));
		if (on != NULL)
			TRY(rule_fire(ctx, s, r, rule, on, fired));
	}
	return ERR_OK;
}

enum err rules_reach(struct ctx *ctx, struct step *s, struct record *r, const struct fired *fired)
{
	const char *cause = s->cause;
	for (size_t i = 0; i < fired->n; i++) {
		const struct rule *rule = fired->list[i].rule;
		if (s->depth >= STEP_DEPTH_MAX)
			return rule_loop(ctx, r, rule);
		s->depth++;
		s->cause = arena_printf(ctx->arena, "rule:%s", rule->name);
		TRY(actions_beyond(ctx, s, r, rule->actions, rule->n_actions, NULL));
		s->cause = cause;
		s->depth--;
	}
	return ERR_OK;
}

void fired_write(struct json_out *out, const struct fired *fired)
{
	json_key(out, "rules");
	json_open(out, '[');
	for (size_t i = 0; i < fired->n; i++) {
		const struct firing *one = &fired->list[i];
		json_open(out, '{');
		json_key(out, "rule");
		json_text(out, one->rule->name);
		json_key(out, "version");
		json_text(out, one->rule->where.version);
		json_key(out, "on");
		json_text(out, one->on);
		if (one->did != NULL) {
			json_key(out, "did");
			json_raw(out, one->did, strlen(one->did));
		}
		json_close(out, '}');
	}
	json_close(out, ']');
}

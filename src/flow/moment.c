/* moment.c: what a clock or a time sets off on a record. Each rule has a version of its own or leaves nothing. */
#include "flow/moment.h"

#include <string.h>

#include "flow/bulk.h"

struct moment {
	const struct type *type;
	const char *on;
	const struct action *actions; /* of a clock's step */
	size_t n_actions;
	const struct rule *rule; /* or one rule */
	bool gone;               /* the record was taken out since */
};

static enum err moment_settle(struct ctx *ctx, struct step *s, const struct moment *m, struct record *r,
                              const struct record *before, struct note *note, struct fired *fired)
{
	bool holds = true;
	if (m->rule == NULL) {
		TRY(actions_within(ctx, r, m->actions, m->n_actions, NULL, note));
		return records_differ(before, r) ? rules_settle(ctx, s, r, before, RULE_CHANGED, NULL, fired) : ERR_OK;
	}
	if (m->rule->when != NULL)
		TRY(filter_holds(ctx, m->rule->when, r, &holds));
	return holds ? rule_fire(ctx, s, r, m->rule, m->on, fired) : ERR_OK;
}

static enum err moment_do(struct ctx *ctx, void *arg, int64_t id)
{
	struct moment *m = arg;
	struct step s = {.cause = m->on};
	struct fired fired = {0};
	struct note note = {.kind = "changed", .settled = true};
	struct record *r;
	enum err e = record_load(ctx, m->type, id, &r);
	m->gone = e == ERR_NOT_FOUND;
	if (m->gone)
		return ERR_OK;
	TRY(e);
	struct record *before = record_copy(ctx, r);
	TRY(moment_settle(ctx, &s, m, r, before, &note, &fired));
	note.rule = fired.names;
	if (records_differ(before, r))
		TRY(step_update(ctx, &s, r, before, &note));
	if (fired.n > 0)
		TRY(step_note(ctx, r, &(struct note){.kind = "rule_fired", .internal = true, .fired = &fired}));
	TRY(actions_beyond(ctx, &s, r, m->actions, m->n_actions, NULL));
	return rules_reach(ctx, &s, r, &fired);
}

/* Left as it was, with the reason for all to see. */
static enum err moment_stopped(struct ctx *ctx, const struct moment *m, int64_t id, const char *why)
{
	struct fired fired = {.n = m->rule ? 1 : 0};
	struct record *r;
	fired.list[0] = (struct firing){.rule = m->rule, .on = m->on};
	enum err e = record_load(ctx, m->type, id, &r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	return step_note(ctx, r,
	                 &(struct note){.kind = "rule_stopped",
	                                .internal = true,
	                                .fired = &fired,
	                                .text = m->rule ? NULL : m->on,
	                                .reason = why ? why : "it can't be done"});
}

static enum err moment_one(struct ctx *ctx, struct moment *m, int64_t id)
{
	const struct who *who = ctx->who;
	struct bulk_result result;
	ctx->who = &who_system;
	enum err e = bulk_each(ctx, moment_do, m, id, &result);
	if (e == ERR_OK && result.err != ERR_OK)
		e = moment_stopped(ctx, m, id, result.message);
	ctx->who = who;
	return e;
}

static bool moves(const struct rule *rule, const char *moment)
{
	for (size_t i = 0; !rule->off && i < rule->n_on; i++)
		if (strcmp(rule->on[i], moment) == 0)
			return true;
	return false;
}

enum err moment_come(struct ctx *ctx, struct record *r, const char *moment, const struct action *actions, size_t n)
{
	struct moment m = {.type = r->type, .on = moment, .actions = actions, .n_actions = n};
	bool came = n > 0;
	if (n > 0)
		TRY(moment_one(ctx, &m, r->id));
	for (size_t i = 0; i < r->type->n_rules && !m.gone; i++) {
		struct moment one = {.type = r->type, .on = moment, .rule = &r->type->rules[i]};
		if (!moves(one.rule, moment))
			continue;
		came = true;
		TRY(moment_one(ctx, &one, r->id));
		m.gone = one.gone;
	}
	return came && !m.gone ? step_reload(ctx, r) : ERR_OK;
}

enum err moment_rule(struct ctx *ctx, const struct type *t, int64_t id, const struct rule *rule, const char *on)
{
	struct moment m = {.type = t, .on = on, .rule = rule};
	return moment_one(ctx, &m, id);
}

enum err moment_stop(struct ctx *ctx, const struct type *t, int64_t id, const struct rule *rule, const char *on,
                     const char *why)
{
	struct moment m = {.type = t, .on = on, .rule = rule};
	return moment_stopped(ctx, &m, id, why);
}

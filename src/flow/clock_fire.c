/* clock_fire.c: a clock's moment has come: it warns, it is breached, a later step is due. */
#include <string.h>

#include "flow/clock_run.h"
#include "flow/moment.h"

struct fire {
	const struct type *type;
	const struct clock_def *def;
	struct clock_run run;
	struct run_basis basis; /* only where clock_needs_basis */
	struct record *r;
	bool warns, breaches;
	bool steps[CLOCK_STEPS_MAX]; /* those that are due now */
};

static enum err record_of(struct ctx *ctx, struct fire *f)
{
	return f->r != NULL ? ERR_OK : record_load(ctx, f->type, f->run.record, &f->r);
}

/* What was missed on the way, as the machine was off, is done in one go; but nobody is warned of a breach that is
 * there. */
static enum err moments_find(struct ctx *ctx, struct fire *f)
{
	struct clock_run *c = &f->run;
	const struct run_basis *b = clock_needs_basis(f->def) ? &f->basis : NULL;
	f->breaches = c->breached_at == 0 && c->due_at != 0 && c->due_at <= ctx->now_ms;
	bool late = f->breaches || c->breached_at != 0;
	f->warns = !late && !clock_warned(c) && c->warn_at != 0 && c->warn_at <= ctx->now_ms;
	for (size_t i = 0; i < f->def->n_steps && i < CLOCK_STEPS_MAX; i++) {
		const struct clock_step *s = &f->def->steps[i];
		int64_t at;
		if (c->reached >> i & 1)
			continue;
		TRY(step_moment(ctx, f->def, i, c, b, &at));
		f->steps[i] = at != 0 && at <= ctx->now_ms;
		if (late && s->after == NULL && s->percent < 100) {
			f->steps[i] = false;
			c->reached |= INT64_C(1) << i;
		}
	}
	return ERR_OK;
}

static void moments_note(const struct ctx *ctx, struct fire *f)
{
	struct clock_run *c = &f->run;
	if (f->warns)
		c->warned_at = ctx->now_ms;
	/* It was passed then, whenever this is found. */
	if (f->breaches)
		c->breached_at = c->due_at;
	for (size_t i = 0; i < f->def->n_steps && i < CLOCK_STEPS_MAX; i++)
		if (f->steps[i])
			c->reached |= INT64_C(1) << i;
}

static bool rule_hears(const struct type *t, const char *moment)
{
	for (size_t i = 0; i < t->n_rules; i++)
		for (size_t k = 0; k < t->rules[i].n_on; k++)
			if (!t->rules[i].off && strcmp(t->rules[i].on[k], moment) == 0)
				return true;
	return false;
}

static bool only_tell(const struct action *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].kind != ACTION_NOTIFY)
			return false;
	return true;
}

/* What its steps that are due now do, in their order. */
static size_t actions_of(struct ctx *ctx, const struct fire *f, bool (*is_its)(const struct fire *, size_t),
                         struct action **ret_list)
{
	size_t n = 0;
	for (size_t i = 0; i < f->def->n_steps; i++)
		n += f->def->steps[i].n_actions;
	struct action *list = ARENA_ARRAY(ctx->arena, n + 1, struct action);
	n = 0;
	for (size_t i = 0; i < f->def->n_steps && i < CLOCK_STEPS_MAX; i++)
		for (size_t k = 0; f->steps[i] && is_its(f, i) && k < f->def->steps[i].n_actions; k++)
			list[n++] = f->def->steps[i].actions[k];
	*ret_list = list;
	return n;
}

/* Most only tell somebody: nothing is to be judged or taken back for that. */
static enum err moment_do(struct ctx *ctx, struct fire *f, const char *word, bool now,
                          bool (*is_its)(const struct fire *, size_t))
{
	const char *moment = arena_printf(ctx->arena, "clock:%s:%s", f->def->name, word);
	bool heard = now && rule_hears(f->type, moment);
	struct step step = {.cause = moment};
	struct action *list;
	size_t n = actions_of(ctx, f, is_its, &list);
	if (n == 0 && !heard)
		return ERR_OK;
	TRY(record_of(ctx, f));
	if (heard || !only_tell(list, n))
		return moment_come(ctx, f->r, moment, list, n);
	return actions_beyond(ctx, &step, f->r, list, n, NULL);
}

static bool of_warning(const struct fire *f, size_t i)
{
	return f->def->steps[i].after == NULL && f->def->steps[i].percent < 100;
}

static bool of_breach(const struct fire *f, size_t i)
{
	return f->def->steps[i].after == NULL && f->def->steps[i].percent == 100;
}

static bool of_later(const struct fire *f, size_t i)
{
	return f->def->steps[i].after != NULL;
}

static enum err fire_start(struct ctx *ctx, int64_t clock, struct fire *f, bool *ret_there)
{
	enum err e = clock_load(ctx, clock, &f->run);
	*ret_there = false;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	f->type = model_type(ctx->model, f->run.type);
	f->def = f->type ? type_clock(f->type, f->run.name) : NULL;
	/* Over, or its pack was taken out. */
	if (f->def == NULL || !clock_active(&f->run))
		return ERR_OK;
	*ret_there = true;
	if (!clock_needs_basis(f->def))
		return ERR_OK;
	TRY(record_of(ctx, f));
	return clock_basis(ctx, &f->run, f->r, NULL, 0, &f->basis);
}

/* Only a breach that is still to come is more urgent where the record is. */
static enum err fire_arm(struct ctx *ctx, struct fire *f)
{
	bool urgent = false;
	if (f->warns) {
		TRY(record_of(ctx, f));
		urgent = record_urgent(f->r);
	}
	return clock_arm(ctx, f->def, &f->run, clock_needs_basis(f->def) ? &f->basis : NULL, urgent);
}

enum err clock_fire(struct ctx *ctx, int64_t clock)
{
	struct fire *f = ARENA_NEW(ctx->arena, struct fire);
	bool there;
	TRY(fire_start(ctx, clock, f, &there));
	if (!there)
		return ERR_OK;
	TRY(moments_find(ctx, f));
	moments_note(ctx, f);
	/* Facts first, so that what they set off finds them. */
	TRY(clock_update(ctx, &f->run));
	TRY(clock_show(ctx, f->def, &f->run));
	TRY(fire_arm(ctx, f));
	if (f->r != NULL)
		TRY(step_reload(ctx, f->r));
	if (f->warns)
		TRY(clock_tell(ctx, &f->run, "clock_warned", 0, NULL));
	if (f->breaches)
		TRY(clock_tell(ctx, &f->run, "clock_breached", 0, NULL));
	TRY(moment_do(ctx, f, "warn", f->warns, of_warning));
	TRY(moment_do(ctx, f, "breach", f->breaches, of_breach));
	return moment_do(ctx, f, "later", false, of_later);
}

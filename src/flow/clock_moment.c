/* clock_moment.c: what follows from a run's facts: its due time, its state in a word, its next moment. */
#include <string.h>

#include "base/clock.h"
#include "flow/clock_run.h"
#include "flow/due.h"

const char *clock_state(const struct clock_run *c)
{
	if (c->ended_at != 0)
		return c->outcome;
	/* Standing still it has no due time, unless that is a point in time which waits for nobody. */
	if (c->breached_at != 0 && c->due_at != 0)
		return "breached";
	if (strcmp(c->outcome, "paused") == 0)
		return "paused";
	if (c->breached_at != 0)
		return "breached";
	return clock_warned(c) ? "warned" : "running";
}

/* Another target or calendar may put the warning off: then it comes again. */
bool clock_warned(const struct clock_run *c)
{
	return c->warned_at != 0 && c->warned_at >= c->warn_at;
}

bool record_urgent(const struct record *r)
{
	const char *priority = record_text(r, "priority");
	return priority != NULL && strcmp(priority, "urgent") == 0;
}

/* ---- deriving ------------------------------------------------------------------------------------------ */

/* A date means its end. */
static int64_t by_moment(struct ctx *ctx, const struct field *f, const struct record *r)
{
	const struct value *v = &r->values[f->at];
	struct local_time day = {0};
	if (v->kind == VALUE_INT)
		return v->i;
	if (v->kind != VALUE_TEXT || !date_parse(v->s, &day.year, &day.month, &day.day))
		return 0;
	day.day++;
	return zone_instant(ctx->zone, &day) - 1;
}

static enum err spans_read(struct ctx *ctx, const struct clock_run *c, struct run_basis *b)
{
	struct clock_span *list;
	TRY(spans_of(ctx, c->id, &list, &b->n));
	b->spans = ARENA_ARRAY(ctx->arena, b->n + 1, struct span);
	for (size_t i = 0; i < b->n; i++)
		b->spans[i] = list[i].at;
	return ERR_OK;
}

enum err clock_basis(struct ctx *ctx, const struct clock_run *c, const struct record *r, const struct span *spans,
                     size_t n, struct run_basis *ret_basis)
{
	struct run_basis b = {0};
	const struct calendar *calendar;
	const char *why;
	TRY(calendar_named(ctx, c->calendar, 0, &calendar));
	b.work = calendar_worktime(ctx, calendar);
	if (target_parse(ctx->arena, ctx->model, r->type, c->target, &b.target, &why) != ERR_OK)
		return ctx_problem(ctx, ERR_CONFLICT, c->name, "bad_target", "%s", why);
	if (b.target.kind == TARGET_BY)
		b.by_ms = by_moment(ctx, b.target.field, r);
	if (spans != NULL) {
		b.spans = ARENA_ARRAY(ctx->arena, n + 1, struct span);
		memcpy(b.spans, spans, n * sizeof(*spans));
		b.n = n;
	} else {
		TRY(spans_read(ctx, c, &b));
	}
	*ret_basis = b;
	return ERR_OK;
}

static enum err derive(const struct run_basis *b, int percent, struct due *ret_due)
{
	/* A field that is empty sets no limit. */
	if (b->n == 0 || (b->target.kind == TARGET_BY && b->by_ms == 0)) {
		*ret_due = (struct due){0};
		return ERR_OK;
	}
	return due_derive(&b->work, &b->target, b->by_ms, b->spans, b->n, percent, ret_due);
}

enum err clock_derive(struct ctx *ctx, const struct clock_def *def, const struct run_basis *b, struct clock_run *c,
                      int64_t *ret_open_from)
{
	struct due due;
	if (derive(b, def->warn_percent, &due) != ERR_OK)
		return ctx_problem(ctx, ERR_CONFLICT, c->name, "no_due", "the calendar %s has not hours enough for %s",
		                   c->calendar, c->target);
	c->due_at = due.due;
	c->warn_at = def->warn_percent > 0 ? due.warn : 0;
	if (ret_open_from != NULL)
		*ret_open_from = due.open_from;
	return ERR_OK;
}

/* ---- moments ------------------------------------------------------------------------------------------- */

bool clock_needs_basis(const struct clock_def *def)
{
	for (size_t i = 0; i < def->n_steps; i++)
		if (def->steps[i].after == NULL && def->steps[i].percent != 100 &&
		    def->steps[i].percent != def->warn_percent)
			return true;
	return false;
}

static const char *after_words(const struct ctx *ctx, const char *after)
{
	const struct parameter *p = after[0] == '@' ? model_parameter(ctx->model, after + 1) : NULL;
	return p != NULL && p->value.kind == VALUE_TEXT ? p->value.s : after;
}

/* Nothing comes after the last year there is: who promises for ever isn't refused for that. */
static enum err step_after(struct ctx *ctx, const struct clock_step *s, int64_t from, int64_t *ret_at)
{
	size_t known = ctx->problems.n;
	enum err e = duration_add(ctx, from, after_words(ctx, s->after), false, ret_at);
	if (e != ERR_INVALID)
		return e;
	ctx->problems.n = known;
	*ret_at = 0;
	return ERR_OK;
}

enum err step_moment(struct ctx *ctx, const struct clock_def *def, size_t step, const struct clock_run *c,
                     const struct run_basis *b, int64_t *ret_at)
{
	const struct clock_step *s = &def->steps[step];
	struct due due = {0};
	*ret_at = 0;
	if (c->due_at == 0)
		return ERR_OK;
	if (s->after != NULL)
		return step_after(ctx, s, c->breached_at != 0 ? c->breached_at : c->due_at, ret_at);
	if (s->percent == 100)
		*ret_at = c->due_at;
	else if (s->percent == def->warn_percent)
		*ret_at = c->warn_at;
	else if (b != NULL && derive(b, s->percent, &due) == ERR_OK)
		*ret_at = due.warn;
	return ERR_OK;
}

static void earlier(int64_t at, int64_t *next)
{
	if (at != 0 && (*next == 0 || at < *next))
		*next = at;
}

enum err clock_next(struct ctx *ctx, const struct clock_def *def, const struct clock_run *c, const struct run_basis *b,
                    int64_t *ret_next)
{
	int64_t next = 0;
	if (clock_active(c) && c->due_at != 0) {
		if (c->breached_at == 0)
			earlier(c->due_at, &next);
		if (c->breached_at == 0 && !clock_warned(c))
			earlier(c->warn_at, &next);
		for (size_t i = 0; i < def->n_steps && i < CLOCK_STEPS_MAX; i++) {
			int64_t at;
			bool late = c->breached_at != 0 && def->steps[i].after == NULL;
			if (late || (c->reached >> i & 1))
				continue;
			TRY(step_moment(ctx, def, i, c, b, &at));
			earlier(at, &next);
		}
	}
	*ret_next = next;
	return ERR_OK;
}

enum err clock_arm(struct ctx *ctx, const struct clock_def *def, const struct clock_run *c, const struct run_basis *b,
                   bool urgent)
{
	const char *key = arena_printf(ctx->arena, "clock:%lld", (long long)c->id);
	int64_t next;
	TRY(clock_next(ctx, def, c, b, &next));
	/* The breach itself is pressing; what warns of it, or comes of it later, is less so. */
	int rank = next == 0 || next != c->due_at || c->breached_at != 0 ? 2 : urgent ? 0 : 1;
	return due_put(ctx, key, "clock", next, rank, c->type, c->record, NULL);
}

/* ---- said on the timeline --------------------------------------------------------------------------------- */

enum err clock_tell(struct ctx *ctx, const struct clock_run *c, const char *kind, int64_t old_due, const char *why)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, 4096);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "clock");
	json_text(&out, c->name);
	if (old_due != 0) {
		json_key(&out, "old_due");
		json_instant(&out, old_due);
	}
	if (c->due_at != 0) {
		json_key(&out, "due");
		json_instant(&out, c->due_at);
	}
	if (why != NULL) {
		json_key(&out, "why");
		json_text(&out, why);
	}
	json_close(&out, '}');
	return event_append(ctx, c->type, c->record, kind, true, b.data, NULL);
}

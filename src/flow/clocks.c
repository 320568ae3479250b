/* clocks.c: a record's clocks follow what happens to it: they start, stand still, go on, end, begin again. */
#include "flow/clocks.h"

#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/clock_run.h"
#include "flow/due.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/same.h"

/* What a clock should do now, as the record stands. */
enum wish { WISH_RUN, WISH_STAND, WISH_END, WISH_WITHDRAW };

struct follow {
	struct record *r;
	const struct record *before;
	const char *transition;
	const struct state *state, *was; /* NULL: none */
	bool imported;
};

/* ---- what the packs say -------------------------------------------------------------------------------- */

const struct state *clock_state_of(const struct record *r)
{
	const char *name = r ? record_text(r, "state") : NULL;
	return name ? type_state(r->type, name) : NULL;
}

static bool word_is(const char *word, const struct state *s)
{
	return s != NULL && (strcmp(word, s->name) == 0 || strcmp(word, stage_name(s->stage)) == 0);
}

static bool word_done(const char *word, const char *transition)
{
	return transition != NULL && strncmp(word, "done:", 5) == 0 && strcmp(word + 5, transition) == 0;
}

static bool any_is(const char **words, size_t n, const struct state *s, const char *transition)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(words[i], s) || word_done(words[i], transition))
			return true;
	return false;
}

bool clock_closed(const struct state *s)
{
	return s != NULL && (s->stage == STAGE_DONE || s->stage == STAGE_FINAL);
}

bool clock_names(const char **words, size_t n, const struct state *s)
{
	return any_is(words, n, s, NULL);
}

static enum err wish_of(struct ctx *ctx, const struct clock_def *def, const struct follow *f, enum wish *ret_wish)
{
	bool holds = true;
	if (def->when != NULL)
		TRY(filter_holds(ctx, def->when, f->r, &holds));
	if (any_is(def->stop, def->n_stop, f->state, f->transition))
		*ret_wish = WISH_END;
	/* Over in a way that the clock does not know as an answer: withdrawn, merged, or no concern of it any more. */
	else if (!holds || record_merged_into(f->r) != 0 || (f->state != NULL && f->state->stage == STAGE_FINAL))
		*ret_wish = WISH_WITHDRAW;
	else
		*ret_wish = any_is(def->pause, def->n_pause, f->state, NULL) ? WISH_STAND : WISH_RUN;
	return ERR_OK;
}

enum err clock_stands(struct ctx *ctx, const struct clock_def *def, const struct record *r, bool *ret_runs,
                      bool *ret_over)
{
	const struct follow f = {.r = (struct record *)r, .before = r, .state = clock_state_of(r)};
	enum wish wish;
	TRY(wish_of(ctx, def, &f, &wish));
	*ret_runs = wish == WISH_RUN;
	*ret_over = wish == WISH_END || wish == WISH_WITHDRAW;
	return ERR_OK;
}

/* Does it start with what happens now? */
static bool starts_now(const struct clock_def *def, const struct follow *f)
{
	for (size_t i = 0; i < def->n_start; i++) {
		const char *word = def->start[i];
		bool entered = f->state != NULL && strcmp(word, f->state->name) == 0 && f->state != f->was;
		if (strcmp(word, "created") == 0 ? f->before == NULL : entered || word_done(word, f->transition))
			return true;
	}
	return false;
}

static enum err did_rows(struct ctx *ctx, int64_t record, const char *transition, struct rows **ret_rows)
{
	struct sql q;
	struct value words = value_text(arena_printf(ctx->arena, "\"transition\":\"%s\"", transition));
	sql_init(&q, ctx->arena);
	SQL(&q, "select at from event where record = :record and kind = 'did' and ");
	sql_contains_open(&q);
	SQL(&q, "body, ");
	sql_value(&q, &words);
	SQL(&q, ") > 0 order by id");
	sql_int(&q, "record", record);
	return sql_rows(ctx, &q, ret_rows);
}

/* Was a transition done at some time (at: at exactly that instant; 0: at any)? By the events, as it is asked rarely. */
static enum err was_done(struct ctx *ctx, int64_t record, const char *transition, int64_t at, bool *ret_done)
{
	struct rows *rows;
	bool found = false;
	TRY(did_rows(ctx, record, transition, &rows));
	while (rows_next(rows))
		found = found || at == 0 || rows_int(rows, 0) == at;
	*ret_done = found;
	return rows_done(rows);
}

enum err transition_first_done(struct ctx *ctx, int64_t record, const char *transition, int64_t since, int64_t *ret_at)
{
	struct rows *rows;
	int64_t first = 0;
	TRY(did_rows(ctx, record, transition, &rows));
	while (rows_next(rows))
		if (first == 0 && rows_int(rows, 0) >= since)
			first = rows_int(rows, 0);
	*ret_at = first;
	return rows_done(rows);
}

/* Its start has come and gone, but its `when` did not hold then and does now. */
static enum err starts_late(struct ctx *ctx, const struct clock_def *def, const struct follow *f, bool *ret_starts)
{
	bool held = false;
	*ret_starts = false;
	if (def->when == NULL || f->before == NULL)
		return ERR_OK;
	TRY(filter_holds(ctx, def->when, f->before, &held));
	for (size_t i = 0; i < def->n_start && !held && !*ret_starts; i++) {
		const char *word = def->start[i];
		if (strncmp(word, "done:", 5) == 0)
			TRY(was_done(ctx, f->r->id, word + 5, 0, ret_starts));
		else
			*ret_starts = strcmp(word, "created") == 0 || word_is(word, f->state);
	}
	return ERR_OK;
}

/* A run that is over goes on: what it waited for was withdrawn, or undone as the record is open again. */
static enum err goes_on(struct ctx *ctx, const struct clock_def *def, const struct follow *f, const struct clock_run *c,
                        bool *ret_on)
{
	*ret_on = strcmp(c->outcome, "withdrawn") == 0 || (f->before != NULL && starts_now(def, f));
	if (*ret_on || !clock_closed(f->was) || clock_closed(f->state))
		return ERR_OK;
	*ret_on = true;
	/* What ended it by being done stays done. */
	for (size_t i = 0; i < def->n_stop && *ret_on; i++) {
		bool done = false;
		if (strncmp(def->stop[i], "done:", 5) == 0)
			TRY(was_done(ctx, f->r->id, def->stop[i] + 5, c->ended_at, &done));
		*ret_on = !done;
	}
	return ERR_OK;
}

enum err clock_words(struct ctx *ctx, const struct clock_def *def, const struct record *r, const char **ret_words)
{
	*ret_words = NULL;
	for (size_t i = 0; i < def->n_targets && *ret_words == NULL; i++) {
		bool holds = true;
		if (def->targets[i].when != NULL)
			TRY(filter_holds(ctx, def->targets[i].when, r, &holds));
		if (holds)
			*ret_words = def->targets[i].is;
	}
	const char *name = *ret_words && **ret_words == '@' ? *ret_words + 1 : NULL;
	const struct parameter *p = name ? model_parameter(ctx->model, name) : NULL;
	if (p != NULL && p->value.kind == VALUE_TEXT)
		*ret_words = p->value.s;
	if (*ret_words == NULL)
		*ret_words = "";
	return ERR_OK;
}

/* ---- spans --------------------------------------------------------------------------------------------- */

/* Why it stands still: the state, and what the record says of it. */
static const char *pause_why(struct ctx *ctx, const struct follow *f)
{
	const struct field *reason = type_field(f->r->type, "pause_reason");
	const struct value *v = reason ? &f->r->values[reason->at] : NULL;
	const char *words = v && !value_is_empty(v) ? value_display(ctx, reason, v) : "";
	return arena_printf(ctx->arena, "pause:%s|%s", f->state ? f->state->name : "", words);
}

static enum err span_next(struct ctx *ctx, const struct clock_run *c, const struct follow *f, bool running,
                          const char *why)
{
	int64_t at;
	TRY(span_close(ctx, c->id, ctx->now_ms, &at));
	return span_open(ctx, c->id, at, running, running ? why : pause_why(ctx, f));
}

static enum err run_begin(struct ctx *ctx, const struct clock_def *def, const struct follow *f, int run, bool running,
                          struct clock_run *c)
{
	bool created = f->before == NULL;
	int64_t opened = record_int(f->r, "opened_at");
	*c = (struct clock_run){.id = ids_next(ctx->ids, ctx->now_ms),
	                        .record = f->r->id,
	                        .run = run,
	                        .type = f->r->type->name,
	                        .name = def->name,
	                        .outcome = running ? "running" : "paused",
	                        .started_at = created && opened != 0 ? opened : ctx->now_ms};
	return span_open(ctx, c->id, c->started_at, running, running ? "start" : pause_why(ctx, f));
}

/* The time in which it was over stands still. */
static enum err run_reopen(struct ctx *ctx, const struct follow *f, bool running, struct clock_run *c)
{
	int64_t from = c->ended_at;
	c->outcome = running ? "running" : "paused";
	c->ended_at = 0;
	TRY(span_open(ctx, c->id, from, false, "ended"));
	return span_next(ctx, c, f, running, "reopen");
}

/* Late is what ended after its due time, be the breach told already or not. */
static enum err run_end(struct ctx *ctx, bool withdrawn, struct clock_run *c)
{
	TRY(span_close(ctx, c->id, ctx->now_ms, &c->ended_at));
	if (!withdrawn && c->due_at != 0 && c->ended_at > c->due_at && c->breached_at == 0)
		c->breached_at = c->due_at;
	c->outcome = withdrawn ? "withdrawn" : c->breached_at != 0 ? "late" : "met";
	return ERR_OK;
}

/* ---- one clock ----------------------------------------------------------------------------------------- */

void clock_people(const struct record *r, struct clock_run *c)
{
	c->owner = record_int(r, "owner");
	c->team = record_int(r, "team");
	c->customer = record_int(r, "customer");
}

static bool run_same(const struct clock_run *a, const struct clock_run *b)
{
	return a->reached == b->reached && a->ended_at == b->ended_at && a->due_at == b->due_at &&
	       a->warn_at == b->warn_at && a->breached_at == b->breached_at && a->owner == b->owner &&
	       a->team == b->team && a->customer == b->customer && strcmp(a->outcome, b->outcome) == 0 &&
	       strcmp(a->target, b->target) == 0 && strcmp(a->calendar, b->calendar) == 0;
}

void clock_quiet(const struct ctx *ctx, const struct clock_def *def, struct clock_run *c)
{
	if (c->due_at == 0 || c->due_at > ctx->now_ms)
		return;
	c->breached_at = c->due_at;
	for (size_t i = 0; i < def->n_steps && i < CLOCK_STEPS_MAX; i++)
		c->reached |= INT64_C(1) << i;
}

/* Steps before the breach whose moment was put off come again. */
static enum err steps_again(struct ctx *ctx, const struct clock_def *def, const struct run_basis *b,
                            struct clock_run *c)
{
	for (size_t i = 0; i < def->n_steps && i < CLOCK_STEPS_MAX && c->breached_at == 0; i++) {
		int64_t at;
		if (def->steps[i].after != NULL || !(c->reached >> i & 1))
			continue;
		TRY(step_moment(ctx, def, i, c, b, &at));
		if (at > ctx->now_ms)
			c->reached &= ~(INT64_C(1) << i);
	}
	return ERR_OK;
}

/* Nothing that its due time rests on has changed: most changes of a record don't concern its clocks. */
static bool derived_still(const struct follow *f, const struct clock_run *c, const struct clock_run *was)
{
	const struct field *by = strncmp(c->target, "by ", 3) == 0 ? type_field(f->r->type, c->target + 3) : NULL;
	return was != NULL && clock_active(was) && strcmp(was->outcome, c->outcome) == 0 &&
	       strcmp(was->target, c->target) == 0 && strcmp(was->calendar, c->calendar) == 0 &&
	       (by == NULL || !record_differs(f->before, f->r, by)) && record_urgent(f->r) == record_urgent(f->before);
}

static enum err run_derive(struct ctx *ctx, const struct clock_def *def, const struct follow *f, struct clock_run *c,
                           const struct clock_run *was, struct run_basis *basis)
{
	const struct calendar *calendar;
	struct span first = {.from = c->started_at, .running = strcmp(c->outcome, "running") == 0};
	TRY(clock_words(ctx, def, f->r, &c->target));
	TRY(calendar_named(ctx, def->calendar, c->team, &calendar));
	c->calendar = calendar ? calendar->name : "always";
	if (derived_still(f, c, was))
		return ERR_OK;
	if (*c->target == '\0') {
		c->due_at = c->warn_at = 0;
		return ERR_OK;
	}
	TRY(clock_basis(ctx, c, f->r, was == NULL ? &first : NULL, 1, basis));
	TRY(clock_derive(ctx, def, basis, c, NULL));
	return steps_again(ctx, def, basis, c);
}

static enum err run_moved(struct ctx *ctx, const struct clock_run *c, const struct clock_run *was)
{
	bool moved = clock_active(c) && clock_active(was) && was->due_at != 0 && c->due_at != 0 &&
	             was->due_at != c->due_at && strcmp(was->outcome, c->outcome) == 0;
	const char *why = strcmp(was->target, c->target) != 0 ? "target" : "record";
	return moved ? clock_tell(ctx, c, "clock_moved", was->due_at, why) : ERR_OK;
}

/* The spans are as they should be: target, calendar and due times follow, and all of it is written. was: as it was
 * stored; NULL: the run is new. */
static enum err run_write(struct ctx *ctx, const struct clock_def *def, const struct follow *f, struct clock_run *c,
                          const struct clock_run *was)
{
	struct run_basis basis = {0};
	bool urgent = record_urgent(f->r), was_urgent = f->before != NULL && record_urgent(f->before);
	clock_people(f->r, c);
	if (clock_active(c))
		TRY(run_derive(ctx, def, f, c, was, &basis));
	if (was == NULL && f->imported)
		clock_quiet(ctx, def, c);
	if (was == NULL) {
		TRY(clock_insert(ctx, c));
		return clock_arm(ctx, def, c, &basis, urgent);
	}
	bool times = was->due_at != c->due_at || was->warn_at != c->warn_at || was->ended_at != c->ended_at ||
	             was->reached != c->reached || strcmp(was->outcome, c->outcome) != 0;
	if (!run_same(was, c))
		TRY(clock_update(ctx, c));
	TRY(run_moved(ctx, c, was));
	return times || urgent != was_urgent ? clock_arm(ctx, def, c, &basis, urgent) : ERR_OK;
}

static enum err run_follow(struct ctx *ctx, const struct clock_def *def, const struct follow *f, enum wish wish,
                           struct clock_run *c)
{
	struct clock_run was = *c;
	bool running = strcmp(c->outcome, "running") == 0;
	if (wish == WISH_END || wish == WISH_WITHDRAW)
		TRY(run_end(ctx, wish == WISH_WITHDRAW, c));
	else if (running != (wish == WISH_RUN)) {
		c->outcome = running ? "paused" : "running";
		TRY(span_next(ctx, c, f, !running, "go_on"));
	}
	return run_write(ctx, def, f, c, &was);
}

/* A clock that does not run: should it now? */
static enum err run_start(struct ctx *ctx, const struct clock_def *def, const struct follow *f, enum wish wish,
                          struct clock_run *c, bool there, bool *ret_shown)
{
	bool starts = starts_now(def, f), running = wish == WISH_RUN;
	struct clock_run was = *c;
	*ret_shown = there;
	if (wish == WISH_END || wish == WISH_WITHDRAW)
		return ERR_OK;
	if (there)
		TRY(goes_on(ctx, def, f, c, &starts));
	else if (!starts)
		TRY(starts_late(ctx, def, f, &starts));
	if (!starts)
		return ERR_OK;
	*ret_shown = true;
	if (there && !def->again) {
		TRY(run_reopen(ctx, f, running, c));
		return run_write(ctx, def, f, c, &was);
	}
	TRY(run_begin(ctx, def, f, there ? was.run + 1 : 1, running, c));
	return run_write(ctx, def, f, c, NULL);
}

static enum err clock_follow(struct ctx *ctx, const struct clock_def *def, const struct follow *f,
                             struct clock_run *list, size_t n)
{
	struct clock_run fresh = {0}, *c = &fresh;
	bool shown = true;
	enum wish wish;
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, def->name) == 0)
			c = &list[i];
	TRY(wish_of(ctx, def, f, &wish));
	if (c != &fresh && clock_active(c))
		TRY(run_follow(ctx, def, f, wish, c));
	else
		TRY(run_start(ctx, def, f, wish, c, c != &fresh, &shown));
	if (!shown)
		return ERR_OK;
	record_set(f->r, def->due_field, c->due_at != 0 ? value_int(c->due_at) : value_empty());
	record_set(f->r, def->state_field, value_text(clock_state(c)));
	return ERR_OK;
}

enum err clocks_follow(struct ctx *ctx, struct record *r, const struct record *before, const char *transition,
                       bool imported)
{
	struct follow f = {.r = r,
	                   .before = before,
	                   .transition = transition,
	                   .state = clock_state_of(r),
	                   .was = clock_state_of(before),
	                   .imported = imported};
	struct clock_run *list = NULL;
	size_t n = 0;
	if (r->type->n_clocks == 0)
		return ERR_OK;
	if (before != NULL)
		TRY(runs_of(ctx, r->id, false, &list, &n));
	for (size_t i = 0; i < r->type->n_clocks; i++)
		TRY(clock_follow(ctx, &r->type->clocks[i], &f, list, n));
	return ERR_OK;
}

/* ---- who may see it -------------------------------------------------------------------------------------- */

enum err clock_seen(struct ctx *ctx, const struct clock_def *def, const struct record *r, bool *ret_seen)
{
	enum field_sight due, state;
	TRY(access_field_of(ctx, r, def->due_field, &due));
	TRY(access_field_of(ctx, r, def->state_field, &state));
	*ret_seen = due == SIGHT_CLEAR && state == SIGHT_CLEAR;
	return ERR_OK;
}

/* ---- gone ---------------------------------------------------------------------------------------------- */

enum err clocks_remove(struct ctx *ctx, const struct record *r)
{
	struct clock_run *list;
	size_t n;
	if (r->type->n_clocks == 0)
		return ERR_OK;
	TRY(runs_of(ctx, r->id, true, &list, &n));
	for (size_t i = 0; i < n; i++) {
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from clock_span where clock = :id");
		sql_int(&q, "id", list[i].id);
		TRY(sql_run(ctx, &q, NULL));
		TRY(due_remove(ctx, arena_printf(ctx->arena, "clock:%lld", (long long)list[i].id)));
	}
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from clock where record = :id");
	sql_int(&q, "id", r->id);
	return sql_run(ctx, &q, NULL);
}

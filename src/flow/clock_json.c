/* clock_json.c: clocks as people read them: how long they ran, why they stood still, what is left. */
#include <string.h>

#include "base/clock.h"
#include "flow/clock_run.h"
#include "model/labels.h"

struct clock_view { /* one run and what it is shown by */
	struct clock_run *run;
	const struct clock_def *def;
	struct run_basis basis;
	struct clock_span *spans;
	size_t n;
	int64_t open_from, elapsed;
};

static void why_write(struct ctx *ctx, const struct type *t, const char *why, struct json_out *out)
{
	static const struct {
		const char *why, *zh, *en;
	} words[] = {{"start", "开始计时", "Started"},
	             {"go_on", "继续计时", "Went on"},
	             {"ended", "已办结", "It was over"},
	             {"reopen", "重新打开", "Reopened"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].why, why) == 0) {
			json_key(out, "why");
			json_words(out, words[i].zh, words[i].en);
			return;
		}
	/* pause:STATE|what the record said of it */
	const char *bar = strchr(why, '|');
	size_t head = bar ? (size_t)(bar - why) : strlen(why);
	const char *state = head > 6 ? arena_strndup(ctx->arena, why + 6, head - 6) : "";
	const struct state *s = type_state(t, state);
	const char *said = bar != NULL && bar[1] != '\0' ? bar + 1 : NULL;
	json_label_said(out, "why", said == NULL && s != NULL ? &s->label : &(struct label){said ? said : state, NULL});
}

/* What a span lasted: what it ran is counted by its calendar; what it stood still is as long as it was. */
static void spans_measure(const struct ctx *ctx, struct clock_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct span *s = &v->spans[i].at;
		int64_t to = s->to != 0 ? s->to : ctx->now_ms > s->from ? ctx->now_ms : s->from;
		v->spans[i].ms = s->running ? worktime_between(&v->basis.work, s->from, to) : to - s->from;
		v->elapsed += s->running ? v->spans[i].ms : 0;
	}
}

static void spans_write(struct ctx *ctx, const struct type *t, const struct clock_view *v, struct json_out *out)
{
	json_key(out, "spans");
	json_open(out, '[');
	for (size_t i = 0; i < v->n; i++) {
		const struct span *s = &v->spans[i].at;
		json_open(out, '{');
		json_at(out, "from", s->from);
		json_at(out, "to", s->to);
		json_key(out, "running");
		json_bool(out, s->running);
		why_write(ctx, t, v->spans[i].why, out);
		json_key(out, "ms");
		json_int(out, v->spans[i].ms);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static int64_t left_between(const struct worktime *w, int64_t now, int64_t due)
{
	return due >= now ? worktime_between(w, now, due) : -worktime_between(w, due, now);
}

/* What is left in the calendar's time; false: it can't be said. */
static bool left_of(const struct ctx *ctx, const struct clock_view *v, int64_t *ret_left)
{
	const struct target *t = &v->basis.target;
	if (!clock_active(v->run))
		return false;
	const struct clock_span *last = v->n > 0 ? &v->spans[v->n - 1] : NULL;
	int64_t due = v->run->due_at;
	/* What it has run since is measured already: a due time of years ago is counted from its start. */
	if (due != 0 && last != NULL && last->at.running && last->at.from <= due && due < ctx->now_ms)
		*ret_left = worktime_between(&v->basis.work, last->at.from, due) - last->ms;
	else if (due != 0)
		*ret_left = left_between(&v->basis.work, ctx->now_ms, due);
	else if (t->kind == TARGET_FOR)
		*ret_left = t->n * (t->unit == 'h' ? HOUR_MS : MINUTE_MS) - v->elapsed;
	else
		return false;
	return true;
}

static enum err view_make(struct ctx *ctx, const struct record *r, struct clock_run *run, struct clock_view *v)
{
	struct clock_run copy = *run;
	*v = (struct clock_view){.run = run, .def = type_clock(r->type, run->name)};
	if (v->def == NULL)
		return ERR_OK;
	TRY(spans_of(ctx, run->id, &v->spans, &v->n));
	struct span *spans = ARENA_ARRAY(ctx->arena, v->n + 1, struct span);
	for (size_t i = 0; i < v->n; i++)
		spans[i] = v->spans[i].at;
	/* Words that the packs no longer know give no times; the facts are shown all the same. */
	if (*run->target == '\0' || clock_basis(ctx, run, r, spans, v->n, &v->basis) != ERR_OK) {
		const struct calendar *calendar;
		TRY(calendar_named(ctx, run->calendar, 0, &calendar));
		v->basis.work = calendar_worktime(ctx, calendar);
		return ERR_OK;
	}
	if (v->basis.target.kind == TARGET_WINDOW && clock_active(run) &&
	    clock_derive(ctx, v->def, &v->basis, &copy, &v->open_from) != ERR_OK)
		v->open_from = 0;
	return ERR_OK;
}

static void clock_write(struct ctx *ctx, const struct record *r, const struct clock_view *v, struct json_out *out)
{
	const struct clock_run *c = v->run;
	int64_t left;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, c->id);
	json_key(out, "name");
	json_text(out, c->name);
	json_label_said(out, "label", &v->def->label);
	json_key(out, "run");
	json_int(out, c->run);
	json_key(out, "state");
	json_text(out, clock_state(c));
	json_key(out, "target");
	json_text(out, c->target);
	json_key(out, "calendar");
	json_text(out, c->calendar);
	for (size_t i = 0; i < ctx->model->n_calendars; i++) {
		const struct calendar *cal = &ctx->model->calendars[i];
		if (strcmp(cal->name, c->calendar) == 0)
			json_label_said(out, "calendar_label", &cal->label);
	}
	json_at(out, "started_at", c->started_at);
	json_at(out, "due", c->due_at);
	json_at(out, "warn", c->warn_at);
	json_at(out, "open_from", v->open_from);
	json_at(out, "ended_at", c->ended_at);
	json_at(out, "warned_at", c->warned_at);
	json_at(out, "breached_at", c->breached_at);
	json_key(out, "elapsed_ms");
	json_int(out, v->elapsed);
	json_key(out, "left_ms");
	if (left_of(ctx, v, &left))
		json_int(out, left);
	else
		json_none(out);
	spans_write(ctx, r->type, v, out);
	json_close(out, '}');
}

/* A clock that ever ran on it shows in its derived field. */
static bool any_clock(const struct record *r)
{
	for (size_t i = 0; i < r->type->n_clocks; i++)
		if (!value_is_empty(&r->values[r->type->clocks[i].state_field->at]))
			return true;
	return false;
}

enum err clocks_write_json(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct clock_run *list = NULL;
	size_t n = 0;
	json_open(out, '[');
	if (any_clock(r))
		TRY(runs_of(ctx, r->id, true, &list, &n));
	for (size_t i = 0; i < n; i++) {
		struct clock_view v;
		bool seen;
		TRY(view_make(ctx, r, &list[i], &v));
		if (v.def == NULL)
			continue;
		TRY(clock_seen(ctx, v.def, r, &seen));
		if (!seen)
			continue;
		spans_measure(ctx, &v);
		clock_write(ctx, r, &v, out);
	}
	json_close(out, ']');
	ctx_forget(ctx);
	return ERR_OK;
}

/* ---- the one that ends first ------------------------------------------------------------------------------ */

static bool state_active(const char *state)
{
	return state != NULL && strcmp(state, "met") != 0 && strcmp(state, "late") != 0 &&
	       strcmp(state, "withdrawn") != 0;
}

/* By the derived fields, so that a page of rows asks the database nothing. */
static const struct clock_def *first_of(const struct record *r, const bool *hidden, int64_t *ret_due)
{
	const struct clock_def *first = NULL;
	*ret_due = 0;
	for (size_t i = 0; i < r->type->n_clocks; i++) {
		const struct clock_def *def = &r->type->clocks[i];
		const struct value *state = &r->values[def->state_field->at], *due = &r->values[def->due_field->at];
		int64_t at = due->kind == VALUE_INT ? due->i : 0;
		if (state->kind != VALUE_TEXT || !state_active(state->s) || (hidden != NULL && hidden[i]))
			continue;
		if (first != NULL && (at == 0 || (*ret_due != 0 && at >= *ret_due)))
			continue;
		first = def;
		*ret_due = at;
	}
	return first;
}

int64_t clocks_first_due(const struct record *r)
{
	int64_t due;
	return first_of(r, NULL, &due) != NULL ? due : 0;
}

enum err clocks_write_first(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	const struct calendar *calendar;
	int64_t due;
	bool *hidden = ARENA_ARRAY(ctx->arena, r->type->n_clocks + 1, bool);
	for (size_t i = 0; i < r->type->n_clocks; i++) {
		bool seen;
		TRY(clock_seen(ctx, &r->type->clocks[i], r, &seen));
		hidden[i] = !seen;
	}
	const struct clock_def *def = first_of(r, hidden, &due);
	if (def == NULL) {
		json_none(out);
		return ERR_OK;
	}
	TRY(calendar_named(ctx, def->calendar, record_int(r, "team"), &calendar));
	struct worktime work = calendar_worktime(ctx, calendar);
	json_open(out, '{');
	json_key(out, "name");
	json_text(out, def->name);
	json_label_said(out, "label", &def->label);
	json_key(out, "state");
	json_text(out, record_text(r, def->state_field->name));
	json_at(out, "due", due);
	json_key(out, "left_ms");
	if (due != 0)
		json_int(out, left_between(&work, ctx->now_ms, due));
	else
		json_none(out);
	json_close(out, '}');
	return ERR_OK;
}

/*
 * clock_start.c: a clock that is declared, or declared anew, on records that are there already: it has run since its
 * start came, as the events tell, with the standstills there were. What is past by then is noted and nobody is told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "flow/clock_run.h"
#include "flow/due.h"
#include "store/store.h"

enum { START_RECORDS = 40, START_BODY_BYTES = 512 };

#define DECLARED "clocks_declared" /* setting: the clocks there were, each with its version */

/* ---- what was ------------------------------------------------------------------------------------------- */

struct entry { /* a state was entered */
	int64_t at;
	const struct state *state;
};

struct past_states {
	struct entry *list;
	size_t n;
};

static enum err entry_read(struct ctx *ctx, const struct type *t, int64_t at, const char *body, size_t len,
                           struct past_states *p)
{
	json_t *tree;
	TRY(json_parse(ctx, body, len, &tree));
	const json_t *changes = json_object_get(tree, "changes");
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *change = json_array_get(changes, i);
		const char *field = json_string_value(json_object_get(change, "field"));
		const char *after = json_string_value(json_object_get(change, "after"));
		const struct state *state = after ? type_state(t, after) : NULL;
		if (field == NULL || strcmp(field, "state") != 0 || state == NULL)
			continue;
		if ((p->n & (p->n + 1)) == 0) { /* full at 0, 1, 3, 7 … */
			struct entry *more = ARENA_ARRAY(ctx->arena, 2 * p->n + 1, struct entry);
			if (p->n > 0)
				memcpy(more, p->list, p->n * sizeof(*more));
			p->list = more;
		}
		p->list[p->n++] = (struct entry){.at = at, .state = state};
	}
	return ERR_OK;
}

static enum err states_read(struct ctx *ctx, const struct record *r, struct past_states *ret_states)
{
	struct past_states p = {0};
	struct sql q;
	struct rows *rows;
	if (r->type->n_states > 0) {
		sql_init(&q, ctx->arena);
		SQL(&q, "select at, body from event where record = :record and ");
		sql_contains_open(&q);
		SQL(&q, "body, '\"field\":\"state\"') > 0 order by id");
		sql_int(&q, "record", r->id);
		TRY(sql_rows(ctx, &q, &rows));
		while (rows_next(rows)) {
			size_t len;
			const char *body = rows_text(rows, 1, &len);
			TRY(entry_read(ctx, r->type, rows_int(rows, 0), body, len, &p));
		}
		TRY(rows_done(rows));
	}
	*ret_states = p;
	return ERR_OK;
}

/* When a word of `start` first came; 0: it has not. */
static enum err word_came(struct ctx *ctx, const struct record *r, const struct past_states *p, const char *word,
                          int64_t *ret_at)
{
	int64_t opened = record_int(r, "opened_at");
	*ret_at = 0;
	if (strcmp(word, "created") == 0)
		*ret_at = opened != 0 ? opened : r->created_at;
	else if (strncmp(word, "done:", 5) == 0)
		return transition_first_done(ctx, r->id, word + 5, 0, ret_at);
	for (size_t i = 0; i < p->n && *ret_at == 0; i++)
		if (strcmp(p->list[i].state->name, word) == 0)
			*ret_at = p->list[i].at;
	return ERR_OK;
}

/* 0: its start has not come, or what stops it has come since. */
static enum err start_find(struct ctx *ctx, const struct clock_def *def, const struct record *r,
                           const struct past_states *p, int64_t *ret_at)
{
	int64_t start = 0, at;
	*ret_at = 0;
	for (size_t i = 0; i < def->n_start; i++) {
		TRY(word_came(ctx, r, p, def->start[i], &at));
		if (at != 0 && (start == 0 || at < start))
			start = at;
	}
	for (size_t i = 0; i < def->n_stop && start != 0; i++) {
		if (strncmp(def->stop[i], "done:", 5) != 0)
			continue;
		TRY(transition_first_done(ctx, r->id, def->stop[i] + 5, start, &at));
		if (at != 0)
			return ERR_OK;
	}
	/* Closed and opened again it stood still; another stop is an answer. */
	for (size_t i = 0; i < p->n && start != 0; i++)
		if (p->list[i].at > start && !clock_closed(p->list[i].state) &&
		    clock_names(def->stop, def->n_stop, p->list[i].state))
			return ERR_OK;
	*ret_at = start;
	return ERR_OK;
}

/* ---- the run it would have had ---------------------------------------------------------------------------- */

struct begun {
	struct clock_run run;
	struct clock_span *spans;
	size_t n;
	struct run_basis basis;
};

static void span_add(struct ctx *ctx, struct begun *b, int64_t from, bool running, const struct state *state)
{
	struct clock_span *last = b->n > 0 ? &b->spans[b->n - 1] : NULL;
	if (last != NULL && last->at.running == running)
		return;
	if (last != NULL)
		last->at.to = from;
	const char *why = running               ? (last ? "go_on" : "start")
	                  : clock_closed(state) ? "ended"
	                                        : arena_printf(ctx->arena, "pause:%s|", state ? state->name : "");
	b->spans[b->n++] = (struct clock_span){.at = {.from = from, .running = running}, .why = why};
}

static bool runs_in(const struct clock_def *def, const struct state *s)
{
	return !clock_closed(s) && !clock_names(def->pause, def->n_pause, s);
}

static void spans_make(struct ctx *ctx, const struct clock_def *def, const struct past_states *p, int64_t start,
                       bool running, struct begun *b)
{
	const struct state *state = NULL;
	size_t i = 0;
	b->spans = ARENA_ARRAY(ctx->arena, p->n + 2, struct clock_span);
	for (; i < p->n && p->list[i].at <= start; i++)
		state = p->list[i].state;
	span_add(ctx, b, start, p->n == 0 ? running : runs_in(def, state), state);
	for (; i < p->n; i++) {
		state = p->list[i].state;
		span_add(ctx, b, p->list[i].at, runs_in(def, state), state);
	}
	/* Where the events were erased, what it does now counts. */
	if (b->spans[b->n - 1].at.running != running)
		span_add(ctx, b, ctx->now_ms, running, state);
}

static enum err begin(struct ctx *ctx, const struct clock_def *def, const struct record *r, int64_t start, bool running,
                      const struct past_states *p, struct begun *b)
{
	const struct calendar *calendar;
	struct clock_run *c = &b->run;
	*c = (struct clock_run){.record = r->id,
	                        .run = 1,
	                        .type = r->type->name,
	                        .name = def->name,
	                        .outcome = running ? "running" : "paused",
	                        .started_at = start};
	clock_people(r, c);
	spans_make(ctx, def, p, start, running, b);
	struct span *spans = ARENA_ARRAY(ctx->arena, b->n, struct span);
	for (size_t i = 0; i < b->n; i++)
		spans[i] = b->spans[i].at;
	TRY(clock_words(ctx, def, r, &c->target));
	TRY(calendar_named(ctx, def->calendar, c->team, &calendar));
	c->calendar = calendar ? calendar->name : "always";
	if (*c->target == '\0')
		return ERR_OK;
	TRY(clock_basis(ctx, c, r, spans, b->n, &b->basis));
	TRY(clock_derive(ctx, def, &b->basis, c, NULL));
	clock_quiet(ctx, def, c);
	return ERR_OK;
}

static enum err begun_write(struct ctx *ctx, const struct clock_def *def, const struct record *r, struct begun *b)
{
	b->run.id = ids_next(ctx->ids, ctx->now_ms);
	for (size_t i = 0; i < b->n; i++) {
		int64_t to;
		TRY(span_open(ctx, b->run.id, b->spans[i].at.from, b->spans[i].at.running, b->spans[i].why));
		if (b->spans[i].at.to != 0)
			TRY(span_close(ctx, b->run.id, b->spans[i].at.to, &to));
	}
	TRY(clock_insert(ctx, &b->run));
	TRY(clock_arm(ctx, def, &b->run, &b->basis, record_urgent(r)));
	TRY(clock_show(ctx, def, &b->run));
	return clock_tell(ctx, &b->run, "clock_moved", 0, "declared");
}

enum err clock_start_one(struct ctx *ctx, const struct clock_def *def, const struct record *r, bool dry,
                         struct clock_shift *ret_shift, bool *ret_starts)
{
	struct past_states p;
	struct begun b = {0};
	bool runs, over;
	int64_t start;
	*ret_starts = false;
	TRY(clock_stands(ctx, def, r, &runs, &over));
	if (over || clock_closed(clock_state_of(r)))
		return ERR_OK;
	TRY(states_read(ctx, r, &p));
	TRY(start_find(ctx, def, r, &p, &start));
	if (start == 0)
		return ERR_OK;
	enum err e = begin(ctx, def, r, start, runs, &p, &b);
	/* Words that mean nothing there must not hold up the others. */
	if (e == ERR_CONFLICT || e == ERR_INVALID) {
		ctx_forget(ctx);
		return ERR_OK;
	}
	TRY(e);
	if (!dry)
		TRY(begun_write(ctx, def, r, &b));
	*ret_starts = true;
	*ret_shift = (struct clock_shift){.clock = b.run.id,
	                                  .record = r->id,
	                                  .new_due = b.run.due_at,
	                                  .type = r->type->name,
	                                  .number = record_text(r, "number")};
	return ERR_OK;
}

/* ---- which ------------------------------------------------------------------------------------------------ */

enum err clock_lacking(struct ctx *ctx, const struct clock_def *def, const struct type *t, int64_t after, size_t limit,
                       int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	*ret_n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, t->table);
	SQL(&q, " r where r.id > :after ");
	if (t->uses_work)
		SQL(&q, "and r.stage in ('open', 'paused') ");
	SQL(&q, "and not exists (select 1 from clock c where c.record = r.id and c.name = :name) order by r.id limit "
	        ":n");
	sql_int(&q, "after", after);
	sql_text(&q, "name", def->name);
	sql_int(&q, "n", (int64_t)limit);
	TRY(sql_rows(ctx, &q, &rows));
	while (*ret_n < limit && rows_next(rows))
		ids[(*ret_n)++] = rows_int(rows, 0);
	return rows_done(rows);
}

/* ---- as due work -------------------------------------------------------------------------------------------- */

static enum err start_put(struct ctx *ctx, const struct type *t, const struct clock_def *def, int64_t after)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, START_BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "clock");
	json_text(&out, def->name);
	json_key(&out, "after");
	json_id(&out, after);
	json_close(&out, '}');
	return due_put(ctx, arena_printf(ctx->arena, "start:%s.%s", t->name, def->name), "start", ctx->now_ms, 2,
	               t->name, 0, b.data);
}

enum err start_due(struct ctx *ctx, const struct due_row *d)
{
	const struct type *t = d->type ? model_type(ctx->model, d->type) : NULL;
	int64_t ids[START_RECORDS], after = 0;
	size_t n;
	json_t *body;
	TRY(json_parse(ctx, d->body ? d->body : "{}", d->body ? strlen(d->body) : 2, &body));
	const char *name = json_string_value(json_object_get(body, "clock"));
	const char *text = json_string_value(json_object_get(body, "after"));
	const struct clock_def *def = t && name ? type_clock(t, name) : NULL;
	if (def == NULL)
		return ERR_OK;
	if (text != NULL && !id_parse(text, &after))
		after = 0;
	TRY(clock_lacking(ctx, def, t, after, START_RECORDS, ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct record *r;
		struct clock_shift shift;
		bool starts;
		TRY(record_load(ctx, t, ids[i], &r));
		TRY(clock_start_one(ctx, def, r, false, &shift, &starts));
	}
	return n == START_RECORDS ? start_put(ctx, t, def, ids[n - 1]) : ERR_OK;
}

static enum err declared_read(struct ctx *ctx, const char **ret_text)
{
	struct sql q;
	*ret_text = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = '" DECLARED "'");
	enum err e = sql_one_text(ctx, &q, ret_text);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err declared_keep(struct ctx *ctx, const json_t *now)
{
	struct sql q;
	char *text = json_dumps(now, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		abort();
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values ('" DECLARED "', :value) "
	        "on conflict (key) do update set value = excluded.value");
	sql_text(&q, "value", arena_strdup(ctx->arena, text));
	free(text);
	return sql_run(ctx, &q, NULL);
}

/* What was there before anybody kept this starts nothing. */
enum err clocks_start_plan(struct ctx *ctx)
{
	const char *text;
	json_t *known = NULL, *now = json_object_kept(ctx->arena);
	TRY(declared_read(ctx, &text));
	if (text != NULL)
		TRY(json_parse(ctx, text, strlen(text), &known));
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];
		for (size_t k = 0; k < t->n_clocks; k++) {
			const struct clock_def *def = &t->clocks[k];
			const char *name = arena_printf(ctx->arena, "%s.%s", t->name, def->name);
			const char *was = json_string_value(json_object_get(known, name));
			if (json_object_set_new(now, name, json_string(def->where.version)) != 0)
				abort();
			if (known != NULL && (was == NULL || strcmp(was, def->where.version) != 0))
				TRY(start_put(ctx, t, def, 0));
		}
	}
	return known != NULL && json_equal(known, now) ? ERR_OK : declared_keep(ctx, now);
}

/* clock_recalc.c: due times derived anew: when a calendar or a target has changed, and to prove that they still are
 * what follows from the facts. */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/clock_run.h"
#include "flow/due.h"
#include "flow/moment.h"

enum { SCAN_ROWS = 1000, SLICE_CLOCKS = 40, VERIFY_CLOCKS = 200, MEND_BODY_BYTES = 256 };

/* ---- which ---------------------------------------------------------------------------------------------- */

struct found {
	int64_t *ids;
	size_t n;
	int64_t next; /* 0: that was all */
};

/* By id, over all that are there: a look at a bounded number of rows, be there never so many that are over. */
static enum err running_of(struct ctx *ctx, const char *calendar, int64_t after, size_t limit, struct found *f)
{
	struct sql q;
	struct rows *rows;
	size_t looked = 0;
	int64_t last = after;
	f->ids = ARENA_ARRAY(ctx->arena, limit, int64_t);
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, calendar, case when ended_at is null then 1 else 0 end from clock where id > :after "
	        "order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", SCAN_ROWS);
	TRY(sql_rows(ctx, &q, &rows));
	while (f->n < limit && rows_next(rows)) {
		looked++;
		last = rows_int(rows, 0);
		if (rows_int(rows, 2) != 0 && (calendar == NULL || strcmp(rows_text(rows, 1, NULL), calendar) == 0))
			f->ids[f->n++] = last;
	}
	f->next = looked == SCAN_ROWS || f->n == limit ? last : 0;
	return rows_done(rows);
}

/* ---- moving ---------------------------------------------------------------------------------------------- */

struct again { /* one clock derived anew */
	const struct clock_def *def;
	struct record *r;
	struct clock_run was, now;
	struct run_basis basis;
};

static enum err again_derive(struct ctx *ctx, int64_t clock, struct again *a, bool *ret_there)
{
	const struct calendar *calendar;
	*ret_there = false;
	enum err e = clock_load(ctx, clock, &a->was);
	const struct type *t = e == ERR_OK ? model_type(ctx->model, a->was.type) : NULL;
	a->def = t ? type_clock(t, a->was.name) : NULL;
	if (a->def == NULL || !clock_active(&a->was) || *a->was.target == '\0')
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	e = record_load(ctx, t, a->was.record, &a->r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	a->now = a->was;
	TRY(calendar_named(ctx, a->def->calendar, a->now.team, &calendar));
	a->now.calendar = calendar ? calendar->name : "always";
	TRY(clock_words(ctx, a->def, a->r, &a->now.target));
	TRY(clock_basis(ctx, &a->now, a->r, NULL, 0, &a->basis));
	*ret_there = true;
	return clock_derive(ctx, a->def, &a->basis, &a->now, NULL);
}

static enum err again_write(struct ctx *ctx, struct again *a)
{
	TRY(clock_update(ctx, &a->now));
	TRY(clock_show(ctx, a->def, &a->now));
	TRY(clock_arm(ctx, a->def, &a->now, &a->basis, record_urgent(a->r)));
	if (a->was.due_at == 0 || a->now.due_at == 0 || a->was.due_at == a->now.due_at)
		return ERR_OK;
	return clock_tell(ctx, &a->now, "clock_moved", a->was.due_at,
	                  strcmp(a->was.target, a->now.target) != 0 ? "target" : "calendar");
}

enum err clock_shift_one(struct ctx *ctx, int64_t clock, bool dry, struct clock_shift *ret_shift, bool *ret_moved)
{
	struct again *a = ARENA_NEW(ctx->arena, struct again);
	bool there;
	*ret_moved = false;
	enum err e = again_derive(ctx, clock, a, &there);
	/* One whose words mean nothing any more stays as it is: it must not hold up the others. */
	if (e == ERR_CONFLICT || e == ERR_INVALID) {
		ctx_forget(ctx);
		return ERR_OK;
	}
	TRY(e);
	bool moved = there && (a->was.due_at != a->now.due_at || a->was.warn_at != a->now.warn_at);
	bool other =
	        there && (strcmp(a->was.calendar, a->now.calendar) != 0 || strcmp(a->was.target, a->now.target) != 0);
	if ((moved || other) && !dry)
		TRY(again_write(ctx, a));
	*ret_moved = there && a->was.due_at != a->now.due_at;
	if (*ret_moved)
		*ret_shift = (struct clock_shift){.clock = clock,
		                                  .record = a->was.record,
		                                  .old_due = a->was.due_at,
		                                  .new_due = a->now.due_at,
		                                  .type = a->was.type,
		                                  .number = record_text(a->r, "number")};
	return ERR_OK;
}

enum err clocks_recalculate(struct ctx *ctx, const char *calendar, int64_t after, size_t limit, bool dry,
                            struct clock_shift **ret_shifts, size_t *ret_n, int64_t *ret_next)
{
	struct found f = {0};
	size_t n = 0;
	TRY(running_of(ctx, calendar, after, limit, &f));
	struct clock_shift *shifts = ARENA_ARRAY(ctx->arena, f.n + 1, struct clock_shift);
	for (size_t i = 0; i < f.n; i++) {
		bool moved;
		TRY(clock_shift_one(ctx, f.ids[i], dry, &shifts[n], &moved));
		n += moved;
	}
	*ret_shifts = shifts;
	*ret_n = n;
	*ret_next = f.next;
	return ERR_OK;
}

/* ---- as due work ------------------------------------------------------------------------------------------ */

static enum err recalc_put(struct ctx *ctx, const char *key, const char *calendar, int64_t after)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, MEND_BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "calendar");
	json_text(&out, calendar);
	json_key(&out, "after");
	json_id(&out, after);
	json_close(&out, '}');
	return due_put(ctx, key, "recalc", ctx->now_ms, 2, NULL, 0, b.data);
}

enum err clocks_recalculate_soon(struct ctx *ctx, const char *calendar)
{
	return recalc_put(ctx, arena_printf(ctx->arena, "recalc:%s", calendar ? calendar : ""), calendar, 0);
}

enum err recalc_due(struct ctx *ctx, const struct due_row *d)
{
	struct clock_shift *shifts;
	json_t *body;
	int64_t after = 0, next;
	size_t n;
	TRY(json_parse(ctx, d->body ? d->body : "{}", d->body ? strlen(d->body) : 2, &body));
	const char *text = json_string_value(json_object_get(body, "after"));
	const char *calendar = json_string_value(json_object_get(body, "calendar"));
	if (text != NULL && !id_parse(text, &after))
		after = 0;
	TRY(clocks_recalculate(ctx, calendar, after, SLICE_CLOCKS, false, &shifts, &n, &next));
	return next != 0 ? recalc_put(ctx, d->key, calendar, next) : ERR_OK;
}

/* ---- rebuilt ---------------------------------------------------------------------------------------------- */

static bool shown_same(const struct record *r, const struct clock_def *def, const struct clock_run *c)
{
	const struct value *due = &r->values[def->due_field->at], *state = &r->values[def->state_field->at];
	return (due->kind == VALUE_INT ? due->i : 0) == c->due_at && state->kind == VALUE_TEXT &&
	       strcmp(state->s, clock_state(c)) == 0;
}

static enum err armed(struct ctx *ctx, const struct clock_run *c, int64_t *ret_at, bool *ret_waits)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select due_at, tries from due_work where key = :key");
	sql_text(&q, "key", arena_printf(ctx->arena, "clock:%lld", (long long)c->id));
	*ret_at = 0;
	*ret_waits = false;
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		*ret_at = rows_int(rows, 0);
		*ret_waits = rows_int(rows, 1) > 0; /* it failed and is put off: that is no fault here */
	}
	return rows_done(rows);
}

/* By the words and the calendar in force: another text of the packs moves a clock by an act, not by a rebuild. */
static enum err run_mend(struct ctx *ctx, struct record *r, const struct clock_def *def, struct clock_run *c,
                         bool *changed)
{
	struct clock_run was = *c;
	struct run_basis basis = {0};
	int64_t at, next = 0;
	bool waits;
	if (clock_active(c) && *c->target != '\0') {
		TRY(clock_basis(ctx, c, r, NULL, 0, &basis));
		TRY(clock_derive(ctx, def, &basis, c, NULL));
	}
	if (was.due_at != c->due_at || was.warn_at != c->warn_at) {
		*changed = true;
		TRY(clock_update(ctx, c));
	}
	TRY(armed(ctx, c, &at, &waits));
	TRY(clock_next(ctx, def, c, &basis, &next));
	if (at == next || waits)
		return ERR_OK;
	*changed = true;
	return clock_arm(ctx, def, c, &basis, record_urgent(r));
}

enum err clocks_mend(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	struct clock_run *list = NULL;
	size_t n = 0;
	*ret_changed = false;
	if (r->type->n_clocks > 0)
		TRY(runs_of(ctx, r->id, true, &list, &n));
	for (size_t i = 0; i < n; i++) {
		const struct clock_def *def = type_clock(r->type, list[i].name);
		bool last = i + 1 == n || strcmp(list[i].name, list[i + 1].name) != 0;
		if (def == NULL)
			continue;
		TRY(run_mend(ctx, r, def, &list[i], ret_changed));
		if (!last || shown_same(r, def, &list[i]))
			continue;
		*ret_changed = true;
		TRY(clock_show(ctx, def, &list[i]));
	}
	return ERR_OK;
}

/* ---- verified --------------------------------------------------------------------------------------------- */

static const char *spans_fault(const struct clock_run *c, const struct clock_span *list, size_t n)
{
	if (n == 0 || list[0].at.from != c->started_at)
		return "its first span is missing";
	for (size_t i = 0; i < n; i++) {
		const struct span *s = &list[i].at;
		if (i + 1 < n && s->to == 0)
			return "a span before the last one is open";
		if (s->to != 0 && s->to < s->from)
			return "a span ends before it begins";
		if (i + 1 < n && list[i + 1].at.from != s->to)
			return "its spans do not follow each other";
	}
	if (clock_active(c) != (list[n - 1].at.to == 0))
		return clock_active(c) ? "it runs, but its last span is closed"
		                       : "it has ended, but its last span is open";
	return NULL;
}

static enum err ids_after_one(struct ctx *ctx, int64_t after, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from clock where id > :after order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", VERIFY_CLOCKS);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < VERIFY_CLOCKS && rows_next(rows))
		ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

enum err clocks_verify(struct ctx *ctx, int64_t after, void (*fault)(void *arg, const char *words), void *arg,
                       int64_t *ret_next)
{
	int64_t ids[VERIFY_CLOCKS];
	size_t n;
	TRY(ids_after_one(ctx, after, ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct clock_run c;
		struct clock_span *list;
		size_t spans;
		TRY(clock_load(ctx, ids[i], &c));
		TRY(spans_of(ctx, ids[i], &list, &spans));
		const char *wrong = spans_fault(&c, list, spans);
		if (wrong != NULL)
			fault(arg, arena_printf(ctx->arena, "clock %s of %s %lld: %s", c.name, c.type,
			                        (long long)c.record, wrong));
	}
	*ret_next = n == VERIFY_CLOCKS ? ids[n - 1] : 0;
	return ERR_OK;
}

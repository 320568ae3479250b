/* effect.c: what a declaration would do before it is in force, and what those in force have done. */
#include "flow/effect.h"

#include <string.h>

#include "base/clock.h"
#include "flow/clock_run.h"
#include "flow/duty.h"
#include "flow/words.h"

enum { BATCH = 100, BATCH_BYTES = 64 << 20, KINDS_MAX = 4000 };

/* ---- clocks ------------------------------------------------------------------------------------------ */

struct shifts {
	int64_t *ids;
	size_t n;
	bool more;
	size_t moved, breached;
	size_t starts, starts_breached; /* on records that it does not run on yet */
	struct clock_shift rows[EFFECT_ROWS];
	size_t n_rows;
};

static enum err open_clocks(struct ctx *ctx, const char *type, const char *name, const char *calendar, struct shifts *s)
{
	struct sql q;
	struct rows *rows;
	s->ids = ARENA_ARRAY(ctx->arena, EFFECT_CLOCKS, int64_t);
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from clock where ");
	if (type != NULL) {
		SQL(&q, "type = :type and name = :name and ended_at is null order by started_at desc");
		sql_text(&q, "type", type);
		sql_text(&q, "name", name);
	} else {
		SQL(&q, "outcome in ('running', 'paused')");
		if (calendar != NULL) {
			SQL(&q, " and calendar = :calendar");
			sql_text(&q, "calendar", calendar);
		}
		SQL(&q, " order by id");
	}
	SQL(&q, " limit :n");
	sql_int(&q, "n", EFFECT_CLOCKS + 1);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		s->more = s->n == EFFECT_CLOCKS;
		if (!s->more)
			s->ids[s->n++] = rows_int(rows, 0);
	}
	return rows_done(rows);
}

/* Looks at the clock, or record, of an id; what it keeps goes into `keep`. */
typedef enum err look_fn(struct ctx *ctx, struct arena *keep, int64_t id, struct shifts *s, void *arg);

static void shift_keep(struct arena *keep, const struct clock_shift *shift, struct shifts *s)
{
	if (s->n_rows == EFFECT_ROWS)
		return;
	s->rows[s->n_rows] = *shift;
	s->rows[s->n_rows].type = arena_strdup(keep, shift->type);
	s->rows[s->n_rows++].number = arena_strdup(keep, shift->number);
}

static enum err shift_look(struct ctx *ctx, struct arena *keep, int64_t clock, struct shifts *s, void *arg)
{
	struct clock_shift shift;
	bool moved;
	(void)arg;
	TRY(clock_shift_one(ctx, clock, true, &shift, &moved));
	if (!moved)
		return ERR_OK;
	s->moved++;
	s->breached += shift.new_due != 0 && shift.new_due <= ctx->now_ms &&
	               (shift.old_due == 0 || shift.old_due > ctx->now_ms);
	shift_keep(keep, &shift, s);
	return ERR_OK;
}

struct start_of {
	const struct type *type;
	const struct clock_def *def;
};

static enum err start_look(struct ctx *ctx, struct arena *keep, int64_t id, struct shifts *s, void *arg)
{
	const struct start_of *start = arg;
	struct clock_shift shift;
	struct record *r;
	bool starts;
	TRY(record_load(ctx, start->type, id, &r));
	TRY(clock_start_one(ctx, start->def, r, true, &shift, &starts));
	if (!starts)
		return ERR_OK;
	s->starts++;
	s->starts_breached += shift.new_due != 0 && shift.new_due <= ctx->now_ms;
	shift_keep(keep, &shift, s);
	return ERR_OK;
}

/* Records are read by the hundred, each hundred in memory of its own. */
static enum err shifts_look(struct ctx *ctx, struct shifts *s, const int64_t *ids, size_t n, look_fn *look, void *arg)
{
	struct arena *keep = ctx->arena, *a = arena_new(BATCH_BYTES);
	enum err e = ERR_OK;
	ctx->arena = a;
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		e = look(ctx, keep, ids[i], s, arg);
		if (i % BATCH == BATCH - 1 && e == ERR_OK)
			arena_clear(a);
	}
	ctx->arena = keep;
	if (e != ERR_OK)
		ctx_forget(ctx); /* what it said lies in the memory that goes */
	arena_free(a);
	return e;
}

static void shifts_write(const struct shifts *s, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "running");
	json_int(out, (int64_t)s->n);
	json_key(out, "moved");
	json_int(out, (int64_t)s->moved);
	json_key(out, "breached_now");
	json_int(out, (int64_t)s->breached);
	json_key(out, "starts");
	json_int(out, (int64_t)s->starts);
	json_key(out, "starts_breached");
	json_int(out, (int64_t)s->starts_breached);
	json_key(out, "more");
	json_bool(out, s->more);
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < s->n_rows; i++) {
		const struct clock_shift *r = &s->rows[i];
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, r->record);
		json_key(out, "type");
		json_text(out, r->type);
		json_key(out, "number");
		json_text(out, r->number);
		json_at(out, "old_due", r->old_due);
		json_at(out, "new_due", r->new_due);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

/* Open records that it does not run on: it starts on those whose start has come. */
static enum err starts_look(struct ctx *ctx, const char *type, const char *name, struct shifts *s)
{
	struct start_of start = {.type = type ? model_type(ctx->model, type) : NULL};
	int64_t *ids = ARENA_ARRAY(ctx->arena, EFFECT_CLOCKS, int64_t);
	size_t n;
	start.def = start.type && name ? type_clock(start.type, name) : NULL;
	if (start.def == NULL) /* it goes */
		return ERR_OK;
	TRY(clock_lacking(ctx, start.def, start.type, 0, EFFECT_CLOCKS, ids, &n));
	s->more = s->more || n == EFFECT_CLOCKS;
	return shifts_look(ctx, s, ids, n, start_look, &start);
}

enum err effect_of_clocks(struct ctx *ctx, const char *type, const char *name, const char *calendar,
                          struct json_out *out)
{
	struct shifts *s = ARENA_NEW(ctx->arena, struct shifts);
	TRY(open_clocks(ctx, type, name, calendar, s));
	TRY(shifts_look(ctx, s, s->ids, s->n, shift_look, NULL));
	TRY(starts_look(ctx, type, name, s));
	shifts_write(s, out);
	return ERR_OK;
}

/* ---- duties, notices ------------------------------------------------------------------------------------ */

enum err effect_of_duty(struct ctx *ctx, const struct duty *d, struct json_out *out)
{
	const struct type *t = model_type(ctx->model, d->make ? d->make : "duty_task");
	struct occurrence o = {.at = ctx->now_ms};
	struct worktime days;
	TRY(duty_days(ctx, d, &days));
	json_open(out, '{');
	json_key(out, "next");
	json_open(out, '[');
	for (int i = 0; i < EFFECT_DATES && recurrence_next(&days, &d->recur, o.at, &o); i++) {
		int64_t due;
		TRY(duty_due_at(ctx, d, t, o.at, &due));
		json_open(out, '{');
		json_key(out, "at");
		json_instant(out, o.at);
		json_at(out, "due", due);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

static enum err newest_matter(struct ctx *ctx, struct record **ret_record)
{
	struct sql q;
	struct rows *rows;
	const struct type *t = NULL;
	int64_t id = 0;
	*ret_record = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, id from work order by id desc limit 1");
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		t = model_type(ctx->model, rows_text(rows, 0, NULL));
		id = rows_int(rows, 1);
	}
	TRY(rows_done(rows));
	return t != NULL ? record_load(ctx, t, id, ret_record) : ERR_OK;
}

static enum err filled(struct ctx *ctx, const struct filling *with, const struct label *text, const char *key,
                       struct json_out *out)
{
	const char *zh, *en;
	TRY(template_fill(ctx, with, text, LANG_ZH, &zh));
	TRY(template_fill(ctx, with, text, LANG_EN, &en));
	json_key(out, key);
	json_words(out, zh, en);
	return ERR_OK;
}

enum err effect_of_notice(struct ctx *ctx, const struct notice_template *t, struct json_out *out)
{
	struct filling with = {.reader = ctx->who, .text = ""};
	struct record *r;
	TRY(newest_matter(ctx, &r));
	with.about = r;
	json_open(out, '{');
	json_key(out, "example");
	json_open(out, '{');
	TRY(filled(ctx, &with, &t->subject, "subject", out));
	TRY(filled(ctx, &with, &t->text, "text", out));
	json_key(out, "record");
	if (r != NULL) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, r->id);
		json_key(out, "type");
		json_text(out, r->type->name);
		json_close(out, '}');
	} else {
		json_none(out);
	}
	json_close(out, '}');
	json_close(out, '}');
	return ERR_OK;
}

/* ---- what was done ---------------------------------------------------------------------------------------- */

enum err clocks_counted(struct ctx *ctx, struct clocks_open **ret_list, size_t *ret_n)
{
	struct clocks_open *list = ARENA_ARRAY(ctx->arena, KINDS_MAX, struct clocks_open);
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, name, count(*), sum(case when breached_at is null then 0 else 1 end) from clock "
	        "where outcome in ('running', 'paused') group by type, name");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows) && n < KINDS_MAX)
		list[n++] = (struct clocks_open){.type = arena_strdup(ctx->arena, rows_text(rows, 0, NULL)),
		                                 .name = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                                 .running = rows_int(rows, 2),
		                                 .breached = rows_int(rows, 3)};
	*ret_list = list;
	*ret_n = n;
	return rows_done(rows);
}

/* story_time.c: time in stories: what falls due is worked at its own time; what clocks, duties and messages must be. */
#include <string.h>

#include "base/clock.h"
#include "flow/due.h"
#include "main/story.h"
#include "model/filter.h"
#include "model/record.h"
#include "model/who.h"
#include "store/store.h"

static enum err fault_of(struct ctx *ctx, struct story *s, const struct yaml_node *step, enum err e)
{
	const char *why = ctx->problems.n > 0 && ctx->problems.list[0].detail ? ctx->problems.list[0].detail : "";
	return e == ERR_OK || s->why[0] != '\0' ? e : story_fault(s, step, "%s: %s", err_code(e), why);
}

enum err story_catch_up(struct ctx *ctx, struct story *s, const struct yaml_node *step, int64_t until_ms)
{
	const struct who *who = ctx->who;
	enum err e = due_run_until(ctx, until_ms, NULL);
	ctx->who = who;
	return fault_of(ctx, s, step, e);
}

enum err story_wait(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	int64_t later;
	if (duration_add(ctx, ctx->now_ms, yaml_text(yaml_get(step, "wait")), false, &later) != ERR_OK)
		return story_fault(s, step, "wait: a duration such as 3d");
	s->base_ms += later - ctx->now_ms;
	return story_catch_up(ctx, s, step, later);
}

/* ---- what must be true --------------------------------------------------------------------------------- */

static enum err clock_due(struct ctx *ctx, struct story *s, const struct yaml_node *step, int64_t due)
{
	const char *text = yaml_text(yaml_get(step, "due"));
	int64_t wanted;
	bool date;
	if (text == NULL)
		return ERR_OK;
	if (*text != '@' || !story_time(ctx, ctx->now_ms, s->base_ms, text + 1, &wanted, &date) || date)
		return story_fault(s, step, "due: a time such as \"@+2d 10:00\"");
	/* Steps take seconds; what is said is said to the minute. */
	if (due / MINUTE_MS == wanted / MINUTE_MS)
		return ERR_OK;
	char is[INSTANT_BYTES], should[INSTANT_BYTES];
	instant_format(due, is);
	instant_format(wanted, should);
	return story_fault(s, step, "it is due at %s, not at %s", due ? is : "no time", should);
}

/* {clock: solve, on: $t, is: breached, due: "@+2d 10:00"} */
enum err story_clock(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "clock")), *on = yaml_text(yaml_get(step, "on"));
	const char *wanted = yaml_text(yaml_get(step, "is"));
	const struct handle *h = on ? story_handle(s, on) : NULL;
	const struct type *t = h ? model_type(ctx->model, h->type) : NULL;
	const struct clock_def *def = t && name ? type_clock(t, name) : NULL;
	struct record *r;
	if (def == NULL)
		return story_fault(s, step, "clock: NAME, on: $HANDLE, is: STATE: there is no clock %s",
		                   name ? name : "");
	TRY(record_load(ctx, t, h->id, &r));
	const char *is = record_text(r, def->state_field->name);
	if (wanted != NULL && strcmp(wanted, is ? is : "none") != 0)
		return story_fault(s, step, "clock %s is %s, not %s", name, is ? is : "none", wanted);
	return clock_due(ctx, s, step, record_int(r, def->due_field->name));
}

/* {sent: mail, to: "zhang@example.com", text: 会议日程} */
enum err story_sent(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *kind = yaml_text(yaml_get(step, "sent")), *to = yaml_text(yaml_get(step, "to"));
	const char *text = yaml_text(yaml_get(step, "text"));
	struct sql q;
	struct rows *rows;
	bool found = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select address, coalesce(subject, ''), body from outgoing where kind = :kind");
	sql_text(&q, "kind", kind);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		found |= (to == NULL || strcmp(rows_text(rows, 0, NULL), to) == 0) &&
		         (text == NULL || strstr(rows_text(rows, 1, NULL), text) != NULL ||
		          strstr(rows_text(rows, 2, NULL), text) != NULL);
	TRY(rows_done(rows));
	return found ? ERR_OK
	             : story_fault(s, step, "no %s was sent to %s: %s", kind, to ? to : "anybody", text ? text : "");
}

/* {duty: fee_check, is: 1} */
enum err story_duty(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "duty"));
	struct sql q;
	int64_t n, wanted = 1;
	if (yaml_get(step, "is") != NULL && !yaml_int(yaml_get(step, "is"), &wanted))
		return story_fault(s, step, "duty: NAME, is: NUMBER");
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from duty_run where duty = :duty and state = 'made'");
	sql_text(&q, "duty", name);
	TRY(sql_one_int(ctx, &q, &n));
	return n == wanted ? ERR_OK
	                   : story_fault(s, step, "duty %s was made %lld times, not %lld", name, (long long)n,
	                                 (long long)wanted);
}

/* approval_due.c: the limits of steps: who sits is reminded, then it is escalated. */
#include <string.h>

#include "flow/approval.h"
#include "flow/clocks.h"
#include "model/target.h"

enum { RANK = 2, WARN_PERCENT = 80, TOLD_REMINDED = 1, TOLD_ESCALATED = 2 };

enum err approval_times(struct ctx *ctx, const struct record *r, const struct round_step *step, int64_t from,
                        int64_t *ret_due, int64_t *ret_remind)
{
	const struct calendar *c;
	struct target target;
	struct due due;
	const char *why;
	*ret_due = *ret_remind = 0;
	if (step->due == NULL || from == 0)
		return ERR_OK;
	/* A parameter may have become something else since the round began: then there is no limit. */
	if (target_parse(ctx->arena, ctx->model, NULL, step->due, &target, &why) != ERR_OK)
		return ERR_OK;
	TRY(calendar_named(ctx, "team", record_int(r, "team"), &c));
	struct worktime days = calendar_worktime(ctx, c);
	struct span open = {.from = from, .running = true};
	TRY(due_derive(&days, &target, 0, &open, 1, WARN_PERCENT, &due));
	*ret_due = due.due;
	*ret_remind = due.warn > from && due.warn < due.due ? due.warn : due.due;
	return ERR_OK;
}

static const char *key_of(struct ctx *ctx, const struct round *round)
{
	return arena_printf(ctx->arena, "approval:%lld", (long long)round->id);
}

/* When a seat is to be looked at next; 0: not any more. */
static enum err seat_next(struct ctx *ctx, const struct round *round, const struct record *r, const struct vote_seat *s,
                          int64_t *ret_at)
{
	int64_t due, remind;
	*ret_at = 0;
	if (!seat_waits(round, s) || s->due_at == 0 || s->told >= TOLD_ESCALATED)
		return ERR_OK;
	TRY(approval_times(ctx, r, &round->steps[s->step], s->asked_at, &due, &remind));
	*ret_at = s->told >= TOLD_REMINDED || remind == 0 || remind > s->due_at ? s->due_at : remind;
	return ERR_OK;
}

enum err approval_arm(struct ctx *ctx, const struct round *round)
{
	struct record *r;
	int64_t first = 0;
	const struct type *t = model_type(ctx->model, round->type);
	enum err e = round_runs(round) && t != NULL ? record_load(ctx, t, round->record, &r) : ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND)
		return due_remove(ctx, key_of(ctx, round));
	TRY(e);
	for (size_t i = 0; i < round->n_seats; i++) {
		int64_t at;
		TRY(seat_next(ctx, round, r, &round->seats[i], &at));
		if (at != 0 && (first == 0 || at < first))
			first = at;
	}
	return due_put(ctx, key_of(ctx, round), "approval", first, RANK, round->type, round->record, NULL);
}

static enum err remind(struct ctx *ctx, const struct record *r, const struct people *p)
{
	static const struct label said = {"审批快到时限，请尽快处理", "An approval is nearly due"};
	return people_tell(ctx, p, "approval", r, &said);
}

/* Told are those the step names, who asked, and once more who sits. */
static enum err escalate(struct ctx *ctx, const struct round *round, const struct record *r, const struct people *late)
{
	struct people p = {0};
	struct label said;
	const struct round_step *step = &round->steps[round->step];
	const char *priority = record_text(r, "priority");
	for (size_t i = 0; i < step->n_escalate; i++)
		TRY(people_named(ctx, r, step->escalate[i], &p));
	if (step->n_escalate == 0)
		TRY(people_named(ctx, r, "lead", &p));
	people_add(ctx, &p, round->started_by);
	for (size_t i = 0; i < late->n; i++)
		people_add(ctx, &p, late->ids[i]);
	said.zh = arena_printf(ctx->arena, "审批超时：%s", step->label.zh);
	said.en = arena_printf(ctx->arena, "An approval is late: %s", label_in(&step->label, LANG_EN));
	TRY(escalation_note(ctx, r, arena_printf(ctx->arena, "approval:%s", round->route), round->step + 1, &p));
	return people_told(ctx, &p,
	                   &(struct telling){.kind = "escalated",
	                                     .about = r,
	                                     .text = &said,
	                                     .urgent = priority != NULL && strcmp(priority, "urgent") == 0});
}

enum err approval_due(struct ctx *ctx, const struct due_row *d)
{
	struct round *round;
	struct record *r;
	struct people soon = {0}, late = {0};
	const struct type *t = model_type(ctx->model, d->type ? d->type : "");
	enum err e = t != NULL ? record_load(ctx, t, d->record, &r) : ERR_NOT_FOUND;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(round_of(ctx, d->record, ROUND_RUNNING, &round));
	if (round == NULL || strcmp(key_of(ctx, round), d->key) != 0)
		return ERR_OK;
	for (size_t i = 0; i < round->n_seats; i++) {
		struct vote_seat *s = &round->seats[i];
		int64_t at;
		TRY(seat_next(ctx, round, r, s, &at));
		if (at == 0 || at > ctx->now_ms)
			continue;
		s->told = ctx->now_ms >= s->due_at ? TOLD_ESCALATED : TOLD_REMINDED;
		people_add(ctx, s->told == TOLD_ESCALATED ? &late : &soon, s->user);
		TRY(seat_update(ctx, s));
	}
	TRY(remind(ctx, r, &soon));
	if (late.n > 0)
		TRY(escalate(ctx, round, r, &late));
	return approval_arm(ctx, round);
}

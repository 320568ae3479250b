/* approval_begin.c: what acts on a record do to its rounds: begin, open again, take back; and what a round locks. */
#include "flow/approval.h"

#include <string.h>

static bool has_word(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* ---- begin --------------------------------------------------------------------------------------------------- */

struct beginning {
	const struct approval_route *route;
	struct round *round;
	bool *taken; /* by step of the route */
};

static enum err steps_take(struct ctx *ctx, const struct record *r, struct beginning *b)
{
	b->taken = ARENA_ARRAY(ctx->arena, b->route->n_steps + 1, bool);
	for (size_t i = 0; i < b->route->n_steps; i++) {
		b->taken[i] = true;
		if (b->route->steps[i].when != NULL)
			TRY(filter_holds(ctx, b->route->steps[i].when, r, &b->taken[i]));
	}
	return ERR_OK;
}

static int64_t limit_of(const struct ctx *ctx, const struct approval_route *route)
{
	const char *text = route->standing_up_to;
	const struct parameter *p = text[0] == '@' ? model_parameter(ctx->model, text + 1) : NULL;
	return p == NULL ? route->standing_limit : p->value.kind == VALUE_INT ? p->value.i : -1;
}

/* By standing delegation: his role, and the amount within its limit. What has no amount is not covered. */
static bool is_delegated(const struct ctx *ctx, const struct record *r, const struct approval_route *route)
{
	if (route->standing_up_to == NULL || ctx->who == NULL || !who_has_role(ctx->who, route->standing_by))
		return false;
	const struct value *v = &r->values[route->amount->at];
	return !value_is_empty(v) && v->i <= limit_of(ctx, route);
}

static enum err empty_step(struct ctx *ctx, const struct approval_step *step, int needed, size_t n)
{
	const char *label = label_in(&step->label, ctx->lang);
	if (n == 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "empty_step",
		                   ctx->lang == LANG_EN
		                           ? "nobody sits in the step \"%s\" of the approval (who asks does "
		                             "not count)"
		                           : "审批环节“%s”没有可审批的人（提交人自己不算）",
		                   label);
	return ctx_problem(ctx, ERR_CONFLICT, "", "empty_step",
	                   ctx->lang == LANG_EN ? "the step \"%s\" needs %d people, only %zu sit in it"
	                                        : "审批环节“%s”需要 %d 人，现只有 %zu 人",
	                   label, needed, n);
}

static enum err seats_make(struct ctx *ctx, const struct record *r, struct beginning *b)
{
	struct round *round = b->round;
	struct people *people = ARENA_ARRAY(ctx->arena, b->route->n_steps + 1, struct people);
	size_t n = 0, total = 0;
	for (size_t i = 0; i < b->route->n_steps; i++) {
		const struct approval_step *step = &b->route->steps[i];
		int needed = step->need == NEED_NUMBER ? step->number : step->quorum;
		if (!b->taken[i])
			continue;
		TRY(step_people(ctx, r, step, round->started_by, &people[n]));
		if (people[n].n == 0 || (int)people[n].n < needed)
			return empty_step(ctx, step, needed, people[n].n);
		total += people[n++].n;
	}
	round->seats = ARENA_ARRAY(ctx->arena, total + 1, struct vote_seat);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < people[k].n; i++) {
			struct vote_seat *s = &round->seats[round->n_seats++];
			*s = (struct vote_seat){.step = (int)k, .place = (int)i, .user = people[k].ids[i]};
			TRY(seat_insert(ctx, round, s));
		}
	return ERR_OK;
}

/* Nobody need vote: by delegation, or no step applies. */
static enum err settle_at_once(struct ctx *ctx, struct step *s, struct round *round, struct record *r)
{
	const struct transition *tr = type_transition(r->type, round->approved);
	const char *said = !round->standing ? NULL : ctx->lang == LANG_EN ? "By standing delegation" : "常设授权";
	if (tr == NULL)
		return ERR_OK;
	TRY(round_end(ctx, round, r, "approved", said));
	TRY(step_reload(ctx, r));
	return step_settle(ctx, s, r, tr, NULL, said);
}

static enum err round_begin(struct ctx *ctx, struct step *s, struct record *r, const struct approval_route *route)
{
	struct round *round = ARENA_NEW(ctx->arena, struct round);
	struct beginning b = {.route = route, .round = round};
	bool any = false, freed;
	*round = (struct round){.record = r->id,
	                        .type = r->type->name,
	                        .route = route->name,
	                        .state = "running",
	                        .started_at = ctx->now_ms,
	                        .started_by = ctx->who ? ctx->who->id : 0,
	                        .standing = is_delegated(ctx, r, route)};
	TRY(steps_take(ctx, r, &b));
	for (size_t i = 0; i < route->n_steps; i++)
		any = any || b.taken[i];
	/* From now on it is this round that says what is locked. */
	TRY(rounds_free(ctx, r->id, route->name, &freed));
	TRY(round_number_next(ctx, r->id, route->name, &round->number));
	TRY(round_insert(ctx, round, route, b.taken));
	TRY(round_note(ctx, round, r, &(struct round_note){.kind = "approval_started"}));
	if (round->standing || !any)
		return settle_at_once(ctx, s, round, r);
	TRY(seats_make(ctx, r, &b));
	return step_ask(ctx, round, r);
}

/* ---- what an act does ------------------------------------------------------------------------------------------ */

/* A round ends with what it stands in being left, by whatever way that happens. */
static const char *left_as(const struct ctx *ctx, const struct round *round, const struct transition *tr)
{
	if (ctx->who != NULL && ctx->who->id != 0 && ctx->who->id == round->started_by)
		return "withdrawn";
	if (tr != NULL && round->approved != NULL && strcmp(tr->name, round->approved) == 0)
		return "approved";
	if (tr != NULL && round->refused != NULL && strcmp(tr->name, round->refused) == 0)
		return "refused";
	if (tr != NULL && round->returned != NULL && strcmp(tr->name, round->returned) == 0)
		return "returned";
	return "withdrawn";
}

static enum err running_follow(struct ctx *ctx, struct record *r, const struct record *before,
                               const struct transition *tr, bool *ret_did)
{
	struct round *round;
	bool moved = r->type->state_field != NULL && record_differs(before, r, r->type->state_field);
	bool named = tr != NULL;
	TRY(round_of(ctx, r->id, ROUND_RUNNING, &round));
	if (round == NULL)
		return ERR_OK;
	named = named && ((round->withdraw != NULL && strcmp(round->withdraw, tr->name) == 0) ||
	                  has_word(round->reopen, round->n_reopen, tr->name));
	if (!moved && !named)
		return ERR_OK;
	*ret_did = true;
	return round_end(ctx, round, r, left_as(ctx, round, tr), NULL);
}

/* What was approved may be changed again; the next round begins when it is handed in, or at once where the record
 * stands already where it is decided on. */
static enum err reopened(struct ctx *ctx, struct step *s, struct record *r, const struct approval_route *route)
{
	bool freed;
	TRY(rounds_free(ctx, r->id, route->name, &freed));
	if (!freed)
		return ERR_OK;
	const struct transition *end = type_transition(r->type, route->approved);
	return end != NULL && transition_from(r, end) ? round_begin(ctx, s, r, route) : ERR_OK;
}

enum err approvals_follow(struct ctx *ctx, struct step *s, struct record *r, const struct record *before,
                          const struct transition *tr)
{
	bool did = false;
	if (!r->type->approves)
		return ERR_OK;
	TRY(running_follow(ctx, r, before, tr, &did));
	TRY(approvals_scanned(ctx, s, r, before));
	for (size_t i = 0; tr != NULL && i < ctx->model->n_approvals; i++) {
		const struct approval_route *route = &ctx->model->approvals[i];
		if (route->type != r->type || route->off)
			continue;
		bool starts = has_word(route->start, route->n_start, tr->name);
		bool reopens = has_word(route->reopen, route->n_reopen, tr->name);
		if (!starts && !reopens)
			continue;
		did = true;
		if (reopens)
			TRY(reopened(ctx, s, r, route));
		if (starts)
			TRY(round_begin(ctx, s, r, route));
	}
	return did ? step_reload(ctx, r) : ERR_OK;
}

enum err approvals_undone(struct ctx *ctx, struct record *r, const struct record *before, int64_t since_ms)
{
	bool did = false;
	if (!r->type->approves)
		return ERR_OK;
	TRY(running_follow(ctx, r, before, NULL, &did));
	return rounds_unfree(ctx, r->id, since_ms);
}

enum err approvals_remove(struct ctx *ctx, const struct record *r)
{
	struct round *round;
	if (!r->type->approves)
		return ERR_OK;
	TRY(round_of(ctx, r->id, ROUND_RUNNING, &round));
	if (round == NULL)
		return ERR_OK;
	round->state = "withdrawn";
	round->ended_at = ctx->now_ms;
	round->ended_by = ctx->who ? ctx->who->id : 0;
	for (size_t i = 0; i < round->n_seats; i++) {
		struct vote_seat *s = &round->seats[i];
		if (s->vote != NULL)
			continue;
		s->vote = "dropped";
		s->voted_at = ctx->now_ms;
		TRY(seat_update(ctx, s));
	}
	TRY(round_update(ctx, round));
	return approval_arm(ctx, round);
}

/* ---- what is locked --------------------------------------------------------------------------------------------- */

static bool is_asked(const struct transition *tr, const struct field *f)
{
	bool asked = false;
	for (size_t i = 0; i < tr->n_asks; i++)
		asked = asked || tr->asks[i].field == f;
	for (size_t i = 0; i < tr->n_needs; i++)
		asked = asked || tr->needs[i] == f;
	return asked;
}

static bool is_locked(const struct round *round, const struct field *f, const struct transition *tr)
{
	if (round->scan != NULL && strcmp(round->scan, f->name) == 0)
		return false;
	if (tr != NULL && has_word(round->reopen, round->n_reopen, tr->name))
		return false;
	/* What a transition asks for it may ask for: only what is named is locked for it too. */
	if (round->locks_all)
		return !(f->flags & FIELD_SYSTEM) && !(tr != NULL && is_asked(tr, f));
	return has_word(round->locks, round->n_locks, f->name);
}

static enum err locked(struct ctx *ctx, const struct record *r, const struct round *round, const struct field *f)
{
	const struct transition *way = round->n_reopen > 0 ? type_transition(r->type, round->reopen[0]) : NULL;
	const char *label = label_in(&round->label, ctx->lang), *field = label_in(&f->label, ctx->lang);
	bool runs = round_runs(round), en = ctx->lang == LANG_EN;
	const char *first = way == NULL ? ""
	                                : arena_printf(ctx->arena, en ? "; first: %s" : "，要改请先“%s”",
	                                               label_in(&way->label, ctx->lang));
	return ctx_problem(ctx, ERR_CONFLICT, f->name, "locked",
	                   en ? "%s is locked by the approval \"%s\", which %s%s" : "“%s”已被审批“%s”锁定（%s）%s",
	                   field, label,
	                   runs ? en ? "is going on" : "审批中"
	                   : en ? "has approved it"
	                        : "已通过",
	                   first);
}

enum err approvals_locked(struct ctx *ctx, const struct record *r, const struct record *before,
                          const struct transition *tr)
{
	struct round *list;
	enum err e = ERR_OK;
	size_t n;
	if (!r->type->approves || (ctx->who != NULL && ctx->who->system))
		return ERR_OK;
	TRY(rounds_locking(ctx, r->id, &list, &n));
	for (size_t i = 0; n > 0 && i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		const struct round *by = NULL;
		for (size_t k = 0; k < n && by == NULL; k++)
			if (is_locked(&list[k], f, tr) && record_differs(before, r, f))
				by = &list[k];
		if (by != NULL)
			e = locked(ctx, r, by, f);
	}
	return e;
}

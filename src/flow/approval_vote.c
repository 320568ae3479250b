/* approval_vote.c: votes: by whom, which, what of it counts; by a transition's button, and by a signed paper. */
#include "flow/approval.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum { REASON_CHARS = 2000 };

/* ---- what may be voted ---------------------------------------------------------------------------------- */

static const struct transition *outcome_move(const struct ctx *ctx, const struct round *round, const char *name)
{
	const struct type *t = model_type(ctx->model, round->type);
	return t != NULL && name != NULL ? type_transition(t, name) : NULL;
}

/* Its words are needed by the transition that it leads to. */
static bool needs_words(const struct transition *tr)
{
	for (size_t i = 0; tr != NULL && i < tr->n_asks; i++)
		if (tr->asks[i].required)
			return true;
	return false;
}

struct votes round_votes(const struct ctx *ctx, const struct round *round)
{
	struct votes v = {0};
	size_t may = 0, reason = 0, seats = 0;
	if (!round_runs(round) || round->step >= (int)round->n_steps)
		return v;
	const struct round_step *step = &round->steps[round->step];
	for (size_t i = 0; i < round->n_seats; i++)
		seats += round->seats[i].step == round->step;
	v.may[may++] = "approve";
	if (needs_words(outcome_move(ctx, round, round->approved)))
		v.reason[reason++] = "approve";
	if (round->refused != NULL || step->need == NEED_MAJORITY || step->need == NEED_NUMBER) {
		v.may[may++] = "refuse";
		v.reason[reason++] = "refuse";
	}
	if (round->returned != NULL) {
		v.may[may++] = "return";
		v.reason[reason++] = "return";
	}
	if (seats > 1)
		v.may[may++] = "abstain";
	return v;
}

static bool is_listed(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static bool is_his(const struct ctx *ctx, const struct vote_seat *s)
{
	return ctx->who != NULL && ctx->who->id != 0 && (s->user == ctx->who->id || s->stands_for == ctx->who->id);
}

struct vote_seat *round_seat_of(const struct ctx *ctx, const struct round *round)
{
	for (size_t i = 0; round_runs(round) && i < round->n_seats; i++)
		if (seat_waits(round, &round->seats[i]) && is_his(ctx, &round->seats[i]))
			return &round->seats[i];
	return NULL;
}

enum err round_waits_for(struct ctx *ctx, const struct round *round, const char **ret_names)
{
	struct buf b;
	buf_init(&b, ctx->arena, 4096);
	size_t n = 0;
	for (size_t i = 0; i < round->n_seats; i++) {
		const char *name = NULL;
		if (!seat_waits(round, &round->seats[i]))
			continue;
		TRY(record_titles(ctx, ctx->model->user, &round->seats[i].user, 1, &name));
		if (n++ > 0)
			buf_str(&b, ctx->lang == LANG_EN ? ", " : "、");
		buf_str(&b, name ? name : "");
	}
	*ret_names = n > 0 ? b.data : "";
	return ERR_OK;
}

/* ---- why not ------------------------------------------------------------------------------------------------ */

static enum err who_name(struct ctx *ctx, int64_t user, const char **ret_name)
{
	*ret_name = NULL;
	if (user != 0)
		TRY(record_titles(ctx, ctx->model->user, &user, 1, ret_name));
	if (*ret_name == NULL)
		*ret_name = ctx->lang == LANG_EN ? "the system" : "系统";
	return ERR_OK;
}

static const char *state_words(const struct ctx *ctx, const char *state)
{
	static const char *const words[][3] = {{"approved", "已通过", "approved"},
	                                       {"refused", "未通过", "refused"},
	                                       {"returned", "已退回", "returned"},
	                                       {"withdrawn", "已撤回", "taken back"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][ctx->lang == LANG_EN ? 2 : 1];
	return state;
}

static const char *moment_words(struct ctx *ctx, int64_t at)
{
	struct local_time t;
	zone_local(ctx->zone, at, &t);
	return arena_printf(ctx->arena, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
}

/* Too late: by whom it was ended, and when. */
static enum err is_over(struct ctx *ctx, const struct round *round)
{
	const char *name;
	TRY(who_name(ctx, round->ended_by, &name));
	return ctx_problem(ctx, ERR_CONFLICT, "", "ended",
	                   ctx->lang == LANG_EN ? "the approval was %s by %s at %s" : "审批%s（%s，%s）",
	                   state_words(ctx, round->state), name, moment_words(ctx, round->ended_at));
}

/* His last vote of this round, in the step he means or in any. */
static const struct vote_seat *voted_seat(const struct ctx *ctx, const struct round *round, const char *step)
{
	const struct vote_seat *last = NULL;
	for (size_t i = 0; i < round->n_seats; i++) {
		const struct vote_seat *s = &round->seats[i];
		bool there = step == NULL || strcmp(round->steps[s->step].name, step) == 0;
		if (there && s->vote != NULL && is_his(ctx, s) && (last == NULL || s->voted_at >= last->voted_at))
			last = s;
	}
	return last;
}

/* There is no seat of his that waits. The same vote twice is one vote. */
static enum err no_seat(struct ctx *ctx, const struct round *round, const char *step, const char *vote)
{
	const struct vote_seat *s = voted_seat(ctx, round, step);
	bool en = ctx->lang == LANG_EN;
	if (s != NULL && strcmp(s->vote, vote) == 0)
		return ERR_OK;
	if (!round_runs(round))
		return is_over(ctx, round);
	if (s != NULL && strcmp(s->vote, "dropped") == 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "ended", "%s",
		                   en ? "the step was decided without your vote" : "该环节已有结果，不再需要您审批");
	if (s != NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "", "voted",
		                   en ? "you have voted already, at %s" : "您已审批过（%s）",
		                   moment_words(ctx, s->voted_at));
	const char *names;
	TRY(round_waits_for(ctx, round, &names));
	return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", en ? "it waits for: %s" : "正等待%s审批", names);
}

/* ---- voting ------------------------------------------------------------------------------------------------------ */

static enum err vote_check(struct ctx *ctx, const struct round *round, const char *vote, const char *reason)
{
	struct votes v = round_votes(ctx, round);
	bool en = ctx->lang == LANG_EN;
	if (!is_listed(v.may, vote))
		return ctx_problem(ctx, ERR_INVALID, "vote", "bad_option",
		                   en ? "this step does not know the vote '%.20s'" : "这个环节没有“%.20s”这种意见",
		                   vote);
	if (is_listed(v.reason, vote) && (reason == NULL || *reason == '\0'))
		return ctx_problem(ctx, ERR_INVALID, "reason", "required", en ? "say why" : "请填写意见");
	if (reason != NULL && text_chars(reason, strlen(reason)) > REASON_CHARS)
		return ctx_problem(ctx, ERR_INVALID, "reason", "too_long",
		                   en ? "at most %d characters" : "不能超过 %d 个字", REASON_CHARS);
	return ERR_OK;
}

static enum err seat_vote(struct ctx *ctx, const struct round *round, const struct record *r, struct vote_seat *s,
                          const char *vote, const char *reason)
{
	/* Back again he votes for himself. */
	if (s->stands_for == ctx->who->id) {
		s->user = ctx->who->id;
		s->stands_for = 0;
	}
	s->vote = vote;
	s->reason = reason != NULL && *reason != '\0' ? reason : NULL;
	s->voted_at = ctx->now_ms;
	s->voted_by = ctx->who->id;
	TRY(seat_update(ctx, s));
	return round_note(
	        ctx, round, r,
	        &(struct round_note){.kind = "voted", .vote = vote, .reason = reason, .stands_for = s->stands_for});
}

static enum err vote_cast(struct ctx *ctx, struct round *round, struct record *r, const char *vote, const char *reason,
                          const json_t *input)
{
	struct step s = {0};
	TRY(vote_check(ctx, round, vote, reason));
	for (size_t i = 0; i < round->n_seats; i++)
		if (seat_waits(round, &round->seats[i]) && is_his(ctx, &round->seats[i]))
			TRY(seat_vote(ctx, round, r, &round->seats[i], vote, reason));
	return round_decide(ctx, &s, round, r, input, reason);
}

/* Somebody who has no part in it and may not read the record must not learn that there is anything. */
static enum err may_know(struct ctx *ctx, const struct round *round, const struct record *r)
{
	for (size_t i = 0; i < round->n_seats; i++)
		if (is_his(ctx, &round->seats[i]))
			return ERR_OK;
	return access_check(ctx, r, ACCESS_READ);
}

enum err flow_vote(struct ctx *ctx, int64_t approval, const char *step, const char *vote, const char *reason,
                   struct round *ret_round)
{
	struct round round;
	struct record *r;
	TRY(round_load(ctx, approval, &round));
	const struct type *t = model_type(ctx->model, round.type);
	if (t == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load(ctx, t, round.record, &r));
	TRY(may_know(ctx, &round, r));
	bool there =
	        step == NULL || round.step >= (int)round.n_steps || strcmp(step, round.steps[round.step].name) == 0;
	if (!there || round_seat_of(ctx, &round) == NULL)
		TRY(no_seat(ctx, &round, step, vote));
	else
		TRY(vote_cast(ctx, &round, r, vote, reason, NULL));
	*ret_round = round;
	return ERR_OK;
}

/* ---- by a transition's button --------------------------------------------------------------------------------- */

static const char *vote_of(const struct round *round, const struct transition *tr)
{
	if (round->approved != NULL && strcmp(round->approved, tr->name) == 0)
		return "approve";
	if (round->returned != NULL && strcmp(round->returned, tr->name) == 0)
		return "return";
	return round->refused != NULL && strcmp(round->refused, tr->name) == 0 ? "refuse" : NULL;
}

/* Who asked for it may send it back to himself: that is taking it back. */
static bool takes_back(const struct ctx *ctx, const struct round *round, const char *vote)
{
	return strcmp(vote, "return") == 0 && ctx->who != NULL && ctx->who->id != 0 &&
	       ctx->who->id == round->started_by;
}

/* What he wrote in the first text that it asks for. */
static const char *words_given(const struct transition *tr, const json_t *input)
{
	for (size_t i = 0; i < tr->n_asks; i++) {
		const struct field *f = tr->asks[i].field;
		if (f->kind == FIELD_TEXT || f->kind == FIELD_LONG_TEXT)
			return json_string_value(json_object_get(input, f->name));
	}
	return NULL;
}

bool round_seats_him(const struct ctx *ctx, const struct round *round, const struct transition *tr)
{
	return vote_of(round, tr) != NULL && round_seat_of(ctx, round) != NULL;
}

enum err approvals_seated(struct ctx *ctx, const struct record *r, const struct transition *tr, bool *ret_seated)
{
	struct round *round = NULL;
	if (r->type->approves)
		TRY(round_of(ctx, r->id, ROUND_RUNNING, &round));
	*ret_seated = round != NULL && round_seats_him(ctx, round, tr);
	return ERR_OK;
}

enum err approvals_vote_by(struct ctx *ctx, struct record *r, const struct transition *tr, const json_t *input,
                           bool *ret_voted)
{
	struct round *round;
	*ret_voted = false;
	if (!r->type->approves)
		return ERR_OK;
	TRY(round_of(ctx, r->id, ROUND_RUNNING, &round));
	const char *vote = round ? vote_of(round, tr) : NULL;
	if (vote == NULL || (round_seat_of(ctx, round) == NULL && takes_back(ctx, round, vote)))
		return ERR_OK;
	*ret_voted = true;
	if (round_seat_of(ctx, round) == NULL)
		return no_seat(ctx, round, NULL, vote);
	TRY(vote_cast(ctx, round, r, vote, words_given(tr, input), input));
	return step_reload(ctx, r);
}

enum err approvals_offer(struct ctx *ctx, const struct round *round, const struct transition *tr, bool *ret_allowed,
                         const char **ret_why)
{
	const char *names, *vote = vote_of(round, tr);
	*ret_allowed = true;
	if (vote == NULL || round_seat_of(ctx, round) != NULL || takes_back(ctx, round, vote))
		return ERR_OK;
	*ret_allowed = false;
	TRY(round_waits_for(ctx, round, &names));
	*ret_why = arena_printf(ctx->arena, ctx->lang == LANG_EN ? "it waits for: %s" : "正等待%s审批", names);
	return ERR_OK;
}

/* ---- by a signed paper ------------------------------------------------------------------------------------------- */

static int64_t file_added(const struct value *before, const struct value *now)
{
	for (size_t i = 0; now->kind == VALUE_LIST && i < now->n; i++) {
		bool there = false;
		for (size_t k = 0; before->kind == VALUE_LIST && k < before->n; k++)
			there = there || before->list[k].i == now->list[i].i;
		if (!there)
			return now->list[i].i;
	}
	return 0;
}

static enum err paper_seat(struct ctx *ctx, const struct round *round, const struct record *r, struct vote_seat *s,
                           int64_t file)
{
	s->vote = "approve";
	s->scan = file;
	s->voted_at = ctx->now_ms;
	s->voted_by = ctx->who ? ctx->who->id : 0;
	TRY(seat_update(ctx, s));
	return round_note(
	        ctx, round, r,
	        &(struct round_note){.kind = "voted", .vote = "approve", .stands_for = s->user, .scan = file});
}

enum err approvals_scanned(struct ctx *ctx, struct step *s, struct record *r, const struct record *before)
{
	struct round *round;
	if (!r->type->approves)
		return ERR_OK;
	TRY(round_of(ctx, r->id, ROUND_RUNNING, &round));
	const struct field *f = round && round->scan ? type_field(r->type, round->scan) : NULL;
	int64_t file = f != NULL && f->kind == FIELD_FILES ? file_added(&before->values[f->at], &r->values[f->at]) : 0;
	for (size_t i = 0; file != 0 && i < round->n_seats; i++)
		if (seat_waits(round, &round->seats[i])) {
			TRY(paper_seat(ctx, round, r, &round->seats[i], file));
			return round_decide(ctx, s, round, r, NULL,
			                    ctx->lang == LANG_EN ? "By the signed paper" : "见签字扫描件");
		}
	return ERR_OK;
}

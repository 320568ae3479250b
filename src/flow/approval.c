/* approval.c: a round of approval begins, goes on from step to step, ends with what its outcome does. */
#include "flow/approval.h"

#include <string.h>

/* ---- what is told ---------------------------------------------------------------------------------------- */

static void id_put(struct ctx *ctx, json_t *j, const char *key, int64_t id)
{
	if (id != 0)
		json_object_set_new(j, key, json_string(arena_printf(ctx->arena, "%lld", (long long)id)));
}

static void text_put(json_t *j, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(j, key, json_string(text));
}

static json_t *label_json(const struct label *l)
{
	json_t *j = json_object();
	text_put(j, "zh", l->zh);
	text_put(j, "en", l->en ? l->en : l->zh);
	return j;
}

enum err round_note(struct ctx *ctx, const struct round *round, const struct record *r, const struct round_note *note)
{
	json_t *extra = json_object(), *said = json_object();
	if (extra == NULL || said == NULL)
		abort();
	json_object_set_new(extra, "approval", said);
	id_put(ctx, said, "id", round->id);
	text_put(said, "route", round->route);
	json_object_set_new(said, "label", label_json(&round->label));
	json_object_set_new(said, "round", json_integer(round->number));
	text_put(said, "state", round->state);
	if (round->standing)
		json_object_set_new(said, "standing", json_true());
	if (note->vote != NULL && round->step < (int)round->n_steps)
		json_object_set_new(said, "step", label_json(&round->steps[round->step].label));
	text_put(said, "vote", note->vote);
	id_put(ctx, said, "for", note->stands_for);
	id_put(ctx, said, "scan", note->scan);
	enum err e = step_note(ctx, r,
	                       &(struct note){.kind = note->kind,
	                                      .internal = true,
	                                      .reason = note->reason && *note->reason ? note->reason : NULL,
	                                      .extra = extra});
	json_decref(extra);
	return e;
}

/* ---- steps ------------------------------------------------------------------------------------------------- */

static enum err seat_ask(struct ctx *ctx, struct round *round, const struct record *r, struct vote_seat *s,
                         struct people *asked)
{
	const struct round_step *step = &round->steps[s->step];
	int64_t holder, remind;
	TRY(seat_holder(ctx, r, s->user, step->own ? 0 : round->started_by, &holder));
	if (holder == 0) {
		s->vote = "dropped";
		s->voted_at = ctx->now_ms;
		return seat_update(ctx, s);
	}
	if (holder != s->user) {
		s->stands_for = s->user;
		s->user = holder;
	}
	s->asked_at = ctx->now_ms;
	TRY(approval_times(ctx, r, step, ctx->now_ms, &s->due_at, &remind));
	people_add(ctx, asked, s->user);
	return seat_update(ctx, s);
}

enum err step_ask(struct ctx *ctx, struct round *round, const struct record *r)
{
	const struct round_step *step = &round->steps[round->step];
	struct people asked = {0};
	struct label said;
	bool waits = false;
	for (size_t i = 0; i < round->n_seats; i++)
		waits = waits || seat_waits(round, &round->seats[i]);
	/* One after another: he who was asked has not answered yet. */
	for (size_t i = 0; i < round->n_seats && !(waits && step->serial); i++) {
		struct vote_seat *s = &round->seats[i];
		if (s->step != round->step || s->vote != NULL || s->asked_at != 0)
			continue;
		TRY(seat_ask(ctx, round, r, s, &asked));
		if (step->serial && s->vote == NULL)
			break;
	}
	TRY(round_update(ctx, round));
	TRY(approval_arm(ctx, round));
	said.zh = arena_printf(ctx->arena, "请您审批：%s", step->label.zh);
	said.en = arena_printf(ctx->arena, "Your approval is asked: %s", label_in(&step->label, LANG_EN));
	return people_tell(ctx, &asked, "approval", r, &said);
}

enum outcome { PENDING, AGREED, AGAINST };

struct tally {
	int seats, agree, against, abstain, wait;
};

static enum outcome by_majority(const struct round_step *s, const struct tally *t)
{
	bool enough = t->agree + t->against + t->abstain >= s->quorum;
	if (t->wait == 0)
		return enough && t->agree > t->against ? AGREED : AGAINST;
	if (enough && t->agree > t->against + t->wait)
		return AGREED;
	return t->against >= t->agree + t->wait ? AGAINST : PENDING;
}

/* What the votes cast so far come to. Who abstains counts for nobody. */
static enum outcome outcome_of(const struct round_step *s, const struct tally *t)
{
	switch (s->need) {
	case NEED_MAJORITY: return by_majority(s, t);
	case NEED_NUMBER:
		if (t->agree >= s->number)
			return AGREED;
		return t->agree + t->wait < s->number ? AGAINST : PENDING;
	case NEED_ANY:
		if (t->agree > 0)
			return AGREED;
		return t->against > 0 || t->wait == 0 ? AGAINST : PENDING;
	case NEED_ALL: break;
	}
	if (t->against > 0)
		return AGAINST;
	if (t->wait > 0)
		return PENDING;
	return t->agree > 0 ? AGREED : AGAINST;
}

static struct tally tally_of(const struct round *round)
{
	struct tally t = {0};
	for (size_t i = 0; i < round->n_seats; i++) {
		const struct vote_seat *s = &round->seats[i];
		if (s->step != round->step || (s->vote != NULL && strcmp(s->vote, "dropped") == 0))
			continue;
		t.seats++;
		t.wait += s->vote == NULL;
		t.agree += s->vote != NULL && strcmp(s->vote, "approve") == 0;
		t.against += s->vote != NULL && strcmp(s->vote, "refuse") == 0;
		t.abstain += s->vote != NULL && strcmp(s->vote, "abstain") == 0;
	}
	return t;
}

static bool paper_signed(const struct round *round)
{
	for (size_t i = 0; i < round->n_seats; i++)
		if (round->seats[i].step == round->step && round->seats[i].scan != 0)
			return true;
	return false;
}

static bool was_returned(const struct round *round)
{
	for (size_t i = 0; i < round->n_seats; i++)
		if (round->seats[i].step == round->step && round->seats[i].vote != NULL &&
		    strcmp(round->seats[i].vote, "return") == 0)
			return true;
	return false;
}

static enum err seats_drop(struct ctx *ctx, struct round *round, bool all)
{
	for (size_t i = 0; i < round->n_seats; i++) {
		struct vote_seat *s = &round->seats[i];
		if (s->vote != NULL || (!all && s->step != round->step))
			continue;
		s->vote = "dropped";
		s->voted_at = ctx->now_ms;
		TRY(seat_update(ctx, s));
	}
	return ERR_OK;
}

/* ---- the end ------------------------------------------------------------------------------------------------- */

static const struct label *end_words(const char *state)
{
	static const struct {
		const char *state;
		struct label said;
	} words[] = {{"approved", {"审批已通过", "Approved"}},
	             {"refused", {"审批未通过", "Refused"}},
	             {"returned", {"审批退回", "Returned by who was to approve it"}},
	             {"withdrawn", {"审批已撤回", "The request for approval was taken back"}}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].state, state) == 0)
			return &words[i].said;
	return &words[0].said;
}

/* Who asked hears of it; who was asked and needn't any more, when it is taken back. */
static enum err end_tell(struct ctx *ctx, const struct round *round, const struct record *r)
{
	struct people p = {0};
	people_add(ctx, &p, round->started_by);
	for (size_t i = 0; i < round->n_seats && strcmp(round->state, "withdrawn") == 0; i++)
		if (round->seats[i].asked_at != 0)
			people_add(ctx, &p, round->seats[i].user);
	return people_tell(ctx, &p, "approval", r, end_words(round->state));
}

enum err round_end(struct ctx *ctx, struct round *round, struct record *r, const char *state, const char *said)
{
	round->state = state;
	round->ended_at = ctx->now_ms;
	round->ended_by = ctx->who ? ctx->who->id : 0;
	TRY(seats_drop(ctx, round, true));
	TRY(round_update(ctx, round));
	TRY(approval_arm(ctx, round));
	TRY(round_note(ctx, round, r, &(struct round_note){.kind = "approval_ended", .reason = said}));
	return end_tell(ctx, round, r);
}

/* The vote that ends it need not be the one that says why it is refused. */
static const char *why_ended(const struct ctx *ctx, const struct round *round, const char *state, const char *said)
{
	if ((said != NULL && *said != '\0') || strcmp(state, "approved") == 0)
		return said;
	for (size_t i = round->n_seats; i > 0; i--) {
		const struct vote_seat *s = &round->seats[i - 1];
		if (s->step == round->step && s->reason != NULL && s->vote != NULL && strcmp(s->vote, "refuse") == 0)
			return s->reason;
	}
	return ctx->lang == LANG_EN ? "Too few agreed" : "同意的人数不够";
}

/* The transition of the outcome. A refusal that has none of its own sends back. */
static enum err round_finish(struct ctx *ctx, struct step *s, struct round *round, struct record *r, const char *state,
                             const json_t *input, const char *said)
{
	const char *name = strcmp(state, "approved") == 0                    ? round->approved
	                   : strcmp(state, "refused") == 0 && round->refused ? round->refused
	                   : round->returned                                 ? round->returned
	                                                                     : round->refused;
	const struct transition *tr = name ? type_transition(r->type, name) : NULL;
	if (tr == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_transition", "%s has no transition %s any more",
		                   r->type->name, name ? name : "");
	said = why_ended(ctx, round, state, said);
	TRY(round_end(ctx, round, r, state, said));
	TRY(step_reload(ctx, r));
	TRY(step_settle(ctx, s, r, tr, input, said));
	return step_reload(ctx, r);
}

static enum err step_next(struct ctx *ctx, struct step *s, struct round *round, struct record *r, const json_t *input,
                          const char *said)
{
	TRY(seats_drop(ctx, round, false));
	if (round->step + 1 >= (int)round->n_steps)
		return round_finish(ctx, s, round, r, "approved", input, said);
	round->step++;
	TRY(step_ask(ctx, round, r));
	/* All of its people may have gone since the round began. */
	return tally_of(round).seats > 0 ? ERR_OK : round_decide(ctx, s, round, r, input, said);
}

enum err round_decide(struct ctx *ctx, struct step *s, struct round *round, struct record *r, const json_t *input,
                      const char *said)
{
	struct tally t = tally_of(round);
	if (was_returned(round))
		return round_finish(ctx, s, round, r, "returned", input, said);
	if (paper_signed(round))
		return step_next(ctx, s, round, r, input, said);
	switch (outcome_of(&round->steps[round->step], &t)) {
	case AGREED: return step_next(ctx, s, round, r, input, said);
	case AGAINST: return round_finish(ctx, s, round, r, "refused", input, said);
	case PENDING: break;
	}
	return round->steps[round->step].serial ? step_ask(ctx, round, r) : approval_arm(ctx, round);
}

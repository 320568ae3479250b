/*
 * approval.h: rounds of approval on records (docs/PACKS.md "Approvals"). A round keeps the route it began with. All of
 * it happens in the transaction of the act that moves it, so a round is begun, voted on and ended whole or not at all.
 */
#ifndef SHOUWEN_FLOW_APPROVAL_H
#define SHOUWEN_FLOW_APPROVAL_H

#include "flow/due.h"
#include "flow/step.h"

struct vote_seat {
	int64_t id, user, stands_for, asked_at, due_at, voted_at, voted_by, scan;
	int step, place, told;
	const char *vote, *reason; /* vote NULL: not yet; "dropped": decided without him */
};

struct round_step { /* as it was when the round began */
	const char *name, *due;
	struct label label;
	enum approval_need need;
	int number, quorum;
	bool serial, own;
	const char **escalate;
	size_t n_escalate;
};

struct round {
	int64_t id, record, started_at, started_by, ended_at, ended_by, freed_at;
	const char *type, *route, *state;
	int number, step; /* step: the present one, or the last */
	struct label label;
	const char *approved, *refused, *returned, *withdraw; /* transitions; NULL: none */
	const char **reopen;
	size_t n_reopen;
	bool locks_all, standing;
	const char **locks, **summary;
	size_t n_locks, n_summary;
	const char *scan;
	struct round_step *steps;
	size_t n_steps;
	struct vote_seat *seats; /* by step and place */
	size_t n_seats;
};

/* ---- approval_row.c: the tables approval and approval_seat ---------------------------------------------- */

/* ERR_NOT_FOUND. */
enum err round_load(struct ctx *ctx, int64_t id, struct round *ret_round);
/* The one that runs on a record, the last one. NULL: none. */
enum round_which { ROUND_RUNNING, ROUND_LAST };
enum err round_of(struct ctx *ctx, int64_t record, enum round_which which, struct round **ret_round);
/* Those that lock it, newest first: running, or approved and not opened again; of several routes there may be several.
 */
enum err rounds_locking(struct ctx *ctx, int64_t record, struct round **ret_list, size_t *ret_n);
/* What a route approved locks nothing any more. */
enum err rounds_free(struct ctx *ctx, int64_t record, const char *route, bool *ret_any);
/* Those that were freed since lock again what they locked. */
enum err rounds_unfree(struct ctx *ctx, int64_t record, int64_t since_ms);
/* Every round of a record, oldest first. */
enum err rounds_of(struct ctx *ctx, int64_t record, struct round **ret_list, size_t *ret_n);
enum err round_number_next(struct ctx *ctx, int64_t record, const char *route, int *ret_number);
/* Steps of the route that are `taken` (by index) stand in its body. */
enum err round_insert(struct ctx *ctx, struct round *round, const struct approval_route *route, const bool *taken);
enum err round_update(struct ctx *ctx, const struct round *round);
enum err seat_insert(struct ctx *ctx, const struct round *round, struct vote_seat *seat);
enum err seat_update(struct ctx *ctx, const struct vote_seat *seat);
const char *need_word(enum approval_need need);
static inline bool round_runs(const struct round *round)
{
	return strcmp(round->state, "running") == 0;
}
static inline bool seat_waits(const struct round *round, const struct vote_seat *s)
{
	return s->step == round->step && s->vote == NULL && s->asked_at != 0;
}

/* ---- approval_seat.c: who sits ---------------------------------------------------------------------------- */

/* Whom `who` of a step names, the one who asks left out unless `own`. */
enum err step_people(struct ctx *ctx, const struct record *r, const struct approval_step *step, int64_t asker,
                     struct people *ret_people);
/* The same where no record is needed to know: *ret_known false where one is. */
enum err step_people_known(struct ctx *ctx, const struct approval_step *step, size_t *ret_n, bool *ret_known);
/* Who sits for him now: himself, or of one who is absent or gone his deputy (and the deputy's deputy), in the end the
 * lead. 0: nobody. */
enum err seat_holder(struct ctx *ctx, const struct record *r, int64_t user, int64_t not_he, int64_t *ret_user);
/* A person went, came back or named another deputy: his seats that wait go to whom they belong to now. */
enum err approvals_reseat(struct ctx *ctx, int64_t user);
/* The same, as a user's record says it was changed. */
enum err approvals_people_follow(struct ctx *ctx, const struct record *r, const struct record *before);

/* ---- approval.c: begin, go on, end -------------------------------------------------------------------------- */

/* After an act on r: begins, opens again, takes back the rounds that tr (NULL: a change) says. r is read again when
 * that changed it. */
enum err approvals_follow(struct ctx *ctx, struct step *s, struct record *r, const struct record *before,
                          const struct transition *tr);
/* ERR_CONFLICT "locked" where what he changed is locked by an approval. tr: what he does; NULL: a plain change. */
enum err approvals_locked(struct ctx *ctx, const struct record *r, const struct record *before,
                          const struct transition *tr);
/* What was done to it since then is taken back: where it stands elsewhere now, the round that runs ends; what was freed
 * locks again. */
enum err approvals_undone(struct ctx *ctx, struct record *r, const struct record *before, int64_t since_ms);
/* The record goes. */
enum err approvals_remove(struct ctx *ctx, const struct record *r);
/* What a vote decides, when one is cast. */
enum err round_decide(struct ctx *ctx, struct step *s, struct round *round, struct record *r, const json_t *input,
                      const char *said);
enum err round_end(struct ctx *ctx, struct round *round, struct record *r, const char *state, const char *said);
enum err step_ask(struct ctx *ctx, struct round *round, const struct record *r);
/* An event of a round on its record. */
struct round_note {
	const char *kind, *vote, *reason;
	int64_t stands_for, scan;
};
enum err round_note(struct ctx *ctx, const struct round *round, const struct record *r, const struct round_note *note);

/* For verify: is every round that runs waiting for somebody, on a record that is there, and told of; no seat open in
 * one that has ended? The next rounds after `after`; *ret_next 0: these were the last. */
enum err approvals_verify(struct ctx *ctx, int64_t after, void (*fault)(void *arg, const char *words), void *arg,
                          int64_t *ret_next);

/* ---- approval_vote.c ---------------------------------------------------------------------------------------- */

/* A vote of ctx->who. step: the step he saw, NULL: whichever runs. The same vote again is no error. */
enum err flow_vote(struct ctx *ctx, int64_t approval, const char *step, const char *vote, const char *reason,
                   struct round *ret_round);
/* Would tr end the round, which waits for his vote? Then his seat gives the right to it, whoever its `by` names. */
bool round_seats_him(const struct ctx *ctx, const struct round *round, const struct transition *tr);
enum err approvals_seated(struct ctx *ctx, const struct record *r, const struct transition *tr, bool *ret_seated);
/* Where tr would end the round that runs on r, doing it is a vote: *ret_voted. r is read again. */
enum err approvals_vote_by(struct ctx *ctx, struct record *r, const struct transition *tr, const json_t *input,
                           bool *ret_voted);
/* May tr be done now, as far as a round that runs says? why: in words. */
enum err approvals_offer(struct ctx *ctx, const struct round *round, const struct transition *tr, bool *ret_allowed,
                         const char **ret_why);
/* A signed paper came in. */
enum err approvals_scanned(struct ctx *ctx, struct step *s, struct record *r, const struct record *before);
/* Which votes may be cast in the present step, and which need a reason (both end with NULL). */
enum { VOTES_MAX = 4 };
struct votes {
	const char *may[VOTES_MAX + 1], *reason[VOTES_MAX + 1];
};
struct votes round_votes(const struct ctx *ctx, const struct round *round);
/* A seat of his that waits; NULL: none. */
struct vote_seat *round_seat_of(const struct ctx *ctx, const struct round *round);
/* "by whom it is waited for", for words. */
enum err round_waits_for(struct ctx *ctx, const struct round *round, const char **ret_names);

/* ---- approval_due.c, approval_json.c ------------------------------------------------------------------------- */

enum err approval_due(struct ctx *ctx, const struct due_row *d); /* kind "approval" */
enum err approval_arm(struct ctx *ctx, const struct round *round);
enum err approval_times(struct ctx *ctx, const struct record *r, const struct round_step *step, int64_t from,
                        int64_t *ret_due, int64_t *ret_remind);

/* The member `approval` of a record's page: an object or null. Nothing is asked of a type without a route. */
enum err approval_write_json(struct ctx *ctx, const struct record *r, struct json_out *out);
/* {"rounds":[…]}: all of them, newest first. */
enum err approval_rounds_write_json(struct ctx *ctx, const struct record *r, struct json_out *out);
enum err round_write_json(struct ctx *ctx, const struct round *round, const struct record *r, struct json_out *out);
/* {"rows":[…],"next":…}; state: waiting, mine, ended. Inside store_read. */
enum err approval_list_json(struct ctx *ctx, const char *state, const char *after, size_t limit, struct json_out *out);
/* A step's event for the timeline: "approval":{…}; nothing for other kinds. */
enum err approval_event_write(struct ctx *ctx, const json_t *tree, struct json_out *out);

#endif

/*
 * owners.h: who answers for a record, who stands in for whom, and what becomes of it when somebody leaves.
 *
 * `accountable` of every type that uses work is derived: the owner; where there is none, the lead of the team (or of
 * the first team above that has one), or who stands in for him; else the first owner; else the setting fallback_owner;
 * else the first active user who may move others' work. Written with the record, made anew by rebuild.
 */
#ifndef SHOUWEN_FLOW_OWNERS_H
#define SHOUWEN_FLOW_OWNERS_H

#include "flow/due.h"
#include "flow/step.h"

/* He himself if he is active and not absent, else the first such along his deputies (user field `deputy`). Where all of
 * them are absent: the first active one. 0: nobody. */
enum err standing_of(struct ctx *ctx, int64_t user, int64_t *ret_user);
/* Is he away now (absent_from, absent_until), or not active? */
enum err is_away(struct ctx *ctx, int64_t user, bool *ret_away);
/* Who leads a team, or stands in: its lead, its deputy, those of the teams above. `but`: not him. 0: nobody. */
enum err lead_of(struct ctx *ctx, int64_t team, int64_t but, int64_t *ret_user);
/* The last to turn to. 0: there is no active user at all. */
enum err fallback_of(struct ctx *ctx, int64_t but, int64_t *ret_user);
enum err accountable_of(struct ctx *ctx, const struct record *r, int64_t *ret_user);

/* Before a record is written: who is away gets nothing (note->stands_for says whose it was to be), and `accountable`.
 * before: NULL for a new record. */
enum err owners_settle(struct ctx *ctx, struct record *r, const struct record *before, struct note *note);
/* `accountable` of a record as it lies there, for rebuild. */
enum err owners_mend(struct ctx *ctx, struct record *r, bool *ret_changed);

/* After a user or a team was written: absences begin and end as due work, leaving moves his matters, and what rests
 * on leads is worked out anew. before: NULL for a new record. */
enum err people_follow(struct ctx *ctx, const struct record *r, const struct record *before);
/* Due work: absence:USER, owners:KEY (accountable of what nobody owns, in slices), leave:RUN (that run, or one that was
 * cut off). */
enum err absence_due(struct ctx *ctx, const struct due_row *d);
enum err owners_due(struct ctx *ctx, const struct due_row *d);
enum err leave_due(struct ctx *ctx, const struct due_row *d);
/* Where a type has records without it: of a time before. */
enum err owners_plan(struct ctx *ctx);
enum err owners_again_soon(struct ctx *ctx);

/* leave.c: everything of one who was deactivated goes on to his deputy or the lead. */
enum err leave_begin(struct ctx *ctx, int64_t user);
/* What that would do, as docs/API.md has it. Inside store_read or store_write. */
enum err leaving_write_json(struct ctx *ctx, int64_t user, struct json_out *out);

/* attention.c: what came back and what was chased since its owner last acted. After a write. */
enum err attention_follow(struct ctx *ctx, const struct record *r, const struct record *before,
                          const struct note *note);
enum err attention_forget(struct ctx *ctx, int64_t record);

/* For verify: the owners as the events tell them. ret: what is wrong, in words; NULL: nothing. */
struct owner_trail {
	int64_t owner, first_owner;
	bool lost; /* an event between was erased */
};
const char *trail_event(struct owner_trail *t, const char *body, size_t len, bool first);
/* For verify: nobody but a record that is over may be without one. *ret_next: 0 at the end. */
typedef void owners_fault_fn(void *arg, const char *words);
enum err owners_verify(struct ctx *ctx, const struct type *t, int64_t after, owners_fault_fn *fault, void *arg,
                       int64_t *ret_next);

#endif

/*
 * queue.h: matters that nobody has wait in queues and ring at who is free (docs/PACKS.md "Queues"). Rows of `waiting`
 * follow each write of a record in its transaction; who is asked next is decided by route.h; offers and their ends are
 * rows of `offer`, and whatever a server has in memory is only what it has read.
 */
#ifndef SHOUWEN_FLOW_QUEUE_H
#define SHOUWEN_FLOW_QUEUE_H

#include "flow/due.h"
#include "flow/step.h"

/* ---- queue.c: who waits, where ------------------------------------------------------------------------- */

/* After a record was written: it begins to wait, goes on, or waits no more, which ends its offer. before: NULL for a
 * new record; past: it was brought in, and has waited since it was opened. */
enum err queue_follow(struct ctx *ctx, const struct record *r, const struct record *before, bool past);
enum err queue_forget(struct ctx *ctx, int64_t record);
/* For rebuild: the row as it follows from the record; its time of arrival stays where it is known. */
enum err queue_mend(struct ctx *ctx, const struct record *r, bool *ret_changed);
/* Queues that are new or changed take up what was there before: plan and kind "route" of due work. */
enum err queues_plan(struct ctx *ctx);
enum err route_due(struct ctx *ctx, const struct due_row *d);

/* The first queue whose conditions hold, for a record that nobody has; NULL: none. */
enum err queue_home(struct ctx *ctx, const struct record *r, const struct queue_def **ret_queue);
struct queue_place { /* where a matter waits, and as what */
	const struct queue_def *queue;
	int class;
	const char *needs; /* "repair:2 vip:1"; "" : nothing */
	int64_t team, last_agent;
};
/* In this queue, whether its conditions hold or not. */
enum err queue_place_in(struct ctx *ctx, const struct queue_def *q, const struct record *r,
                        struct queue_place *ret_place);

/* ---- queue_offer.c: offers ------------------------------------------------------------------------------ */

/* ctx->who takes what rings at him; the record as it is then. ERR_CONFLICT `taken` (the detail says who has it) or
 * `offer_gone`. */
enum err offer_accept(struct ctx *ctx, int64_t offer, struct record **ret_record);
enum err offer_refuse(struct ctx *ctx, int64_t offer, const char *reason);
/* {"offers":[…]}: what rings at ctx->who. Inside store_read or store_write. */
enum err offers_write_json(struct ctx *ctx, struct json_out *out);
/* One of them as it stands in that list; ERR_NOT_FOUND: it does not ring at ctx->who. Inside store_read. */
enum err offer_write_json(struct ctx *ctx, int64_t offer, struct json_out *out);
/* He went away, or said that he is busy: nothing rings at him any more. */
enum err offers_leave(struct ctx *ctx, int64_t user, const char *why);
/* What he does this minute is no change of his record: no event, no version. What does not take offers ends what rings
 * at him. from NULL: whatever it was. */
enum err presence_put(struct ctx *ctx, int64_t user, const char *presence, const char *from);
/* Does this presence take offers? */
bool presence_takes_offers(const struct model *m, const char *presence);
/* A number that is another when somebody active has come, gone, or does something else. Inside store_read. */
enum err presence_sum(struct ctx *ctx, uint64_t *ret_sum);
/* What rings now: so many offers at most. Inside store_read or store_write. */
struct ringing {
	int64_t offer, record, user, until, made_at;
};
enum err offers_ringing(struct ctx *ctx, struct ringing **ret_list, size_t *ret_n);

/* ---- queue_router.c: who is asked next ------------------------------------------------------------------- */

/*
 * One round: what happened is taken up, what time brings is done, what can be offered is offered, at most some dozens
 * at once. ret_worked 0: nothing was to do; ret_next: when time brings something next (0: nothing waits for that). On a
 * shared store only the server that has the lease does anything. The memory of it is kept with the organisation; one
 * thread calls this. Outside any transaction.
 */
enum err queues_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next);
/* Does anything wait, as far as queues_run has read? On its thread. */
bool queues_wait(const struct ctx *ctx);
/* The same with a memory of its own, where time is told: demo data, scenarios, tests. */
struct router;
struct router *router_new(void);
void router_free(struct router *r);
enum err router_run(struct ctx *ctx, struct router *r, size_t *ret_worked, int64_t *ret_next);

/* ---- queue_json.c ---------------------------------------------------------------------------------------- */

/* The answer of GET /queues. Inside store_read. */
enum err queues_write_json(struct ctx *ctx, struct json_out *out);

#endif

/*
 * moment.h: what comes by itself: rules on clocks and on time, sweeps, messages, digests. Everything runs inside
 * store_write of the caller.
 *
 * The *_due functions work one row of due_work (due.c calls them by its kind). A row is over when they return ERR_OK,
 * unless they put its key again by due_put: then it stays as put.
 */
#ifndef SHOUWEN_FLOW_MOMENT_H
#define SHOUWEN_FLOW_MOMENT_H

#include "flow/due.h"
#include "flow/step.h"

/* ---- moment.c ------------------------------------------------------------------------------------------ */

/* A moment has come for a record, outside any person's act: as the system, `actions` (of a clock's step; may be none)
 * and the rules whose `on` names the moment ("clock:solve:warn"). One change, one event; each rule that fired is told
 * by an event rule_fired. What breaks the limits or can't be done is stopped: the record is left as it was, with an
 * event rule_stopped. r is what is stored then. */
enum err moment_come(struct ctx *ctx, struct record *r, const char *moment, const struct action *actions, size_t n);
/* One rule on one record, because its time has come; `on` is "at" or "every". Nothing if its `when` does not hold. */
enum err moment_rule(struct ctx *ctx, const struct type *t, int64_t id, const struct rule *rule, const char *on);

/* Says on the record that a rule was stopped, and why. */
enum err moment_stop(struct ctx *ctx, const struct type *t, int64_t id, const struct rule *rule, const char *on,
                     const char *why);

/* ---- rule_time.c: `at:` and `every:` ------------------------------------------------------------------- */

/* With each write of a record: the rows of its rules with `at`. before NULL: it is new. */
enum err rules_arm(struct ctx *ctx, const struct record *r, const struct record *before);
enum err rules_disarm(struct ctx *ctx, const struct record *r);
enum err rule_due(struct ctx *ctx, const struct due_row *d);  /* kind "rule" */
enum err sweep_due(struct ctx *ctx, const struct due_row *d); /* kind "sweep": every: */
enum err arm_due(struct ctx *ctx, const struct due_row *d);   /* kind "arm": records made before the rule was */
/* When a model comes in force, and at start: rows for the rules on time that are new or changed, none for those gone.
 */
enum err rules_plan(struct ctx *ctx);
/* What `at` says for a record: its moment (0: the field is empty), and until when it may still come at once where it
 * has passed when the field is set: the field's own time. */
struct rule_times {
	int64_t at, until;
};
enum err rule_moment(struct ctx *ctx, const struct rule *rule, const struct record *r, struct rule_times *ret_times);
/* When it falls due for a record written at now_ms; 0: never. */
int64_t rule_due_at(const struct rule_times *times, int64_t now_ms);

/* ---- outgoing.c, choice.c ------------------------------------------------------------------------------- */

struct message {
	const char *kind; /* mail, sms, webhook */
	const char *address, *subject, *body;
	const struct record *about; /* NULL: none */
	int64_t user;               /* 0: nobody of ours */
	int64_t due_at;             /* 0: now */
};
/* The row, and the due work "deliver:ID" that sends it. */
enum err outgoing_put(struct ctx *ctx, const struct message *m);
/* Once more, whatever became of it but sent; taken back while it waits. ERR_CONFLICT when it was sent. */
enum err outgoing_again(struct ctx *ctx, int64_t id);
enum err outgoing_withdraw(struct ctx *ctx, int64_t id);
struct outgoing_query {
	const char *state, *kind; /* NULL: any */
	int64_t before;           /* 0: from the newest */
	size_t limit;
};
/* {"rows":[…],"next":…} as docs/API.md "Notices and messages" has it. Inside store_read. */
enum err outgoing_write_json(struct ctx *ctx, const struct outgoing_query *query, struct json_out *out);
const char *address_masked(struct arena *a, const char *kind, const char *address);
/* ctx->who's own: {"choices":{…},"kinds":[…]}; put replaces them all. */
enum err choices_write_json(struct ctx *ctx, struct json_out *out);
enum err choices_put(struct ctx *ctx, const json_t *choices);
enum err digest_due(struct ctx *ctx, const struct due_row *d); /* kind "digest" */

#endif

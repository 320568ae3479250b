/*
 * due.h: the one scheduler. A row of due_work is taken with a lease, worked in a transaction that also removes or
 * moves the row, and so has its effect once. What fails is tried again later and in the end lies in the dead list.
 *
 * Threads: one worker thread a process calls due_run for each organisation (http/timekeeper.c); on PostgreSQL
 * several processes share the table by leases.
 */
#ifndef SHOUWEN_FLOW_DUE_H
#define SHOUWEN_FLOW_DUE_H

#include "base/ctx.h"
#include "base/json.h"

enum {
	DUE_LEASE_MS = 60000,
	DUE_SLICE = 64,         /* rows worked in one transaction, fewer when they take long */
	DUE_SLICE_US = 20000,   /* so long at most, then the rest of them is the next transaction's */
	DUE_TRIES_MAX = 10,     /* then it is dead */
	DUE_BACK_OFF_MS = 5000, /* doubled each time, at most an hour */
	DUE_BACK_OFF_MAX_MS = 3600000,
	DUE_RANK_WORST = 3,
	DUE_RANK_OUTSIDE = 9, /* of kinds that are left to due_take, whatever rank due_put is given */
};

/* rank: 0 a breach of something urgent, 1 a breach, 2 a warning or a rule, 3 duties and the rest */
struct due_row {
	int64_t id, due_at, record;
	int rank, tries;
	const char *key, *kind, *type, *body;
	const char *holder; /* of the lease; NULL: none is needed */
};

/* Puts or moves the one row of this key; due_at 0 removes it. */
enum err due_put(struct ctx *ctx, const char *key, const char *kind, int64_t due_at, int rank, const char *type,
                 int64_t record, const char *body_json);
enum err due_remove(struct ctx *ctx, const char *key);
/* Works what is due at ctx->now_ms, most urgent first, one transaction of at most DUE_SLICE rows. ret_worked 0: nothing
 * is due. ret_next: when the next is (0: none). Outside any transaction. Kinds that need the outside world ("deliver")
 * are left to due_take. */
enum err due_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next);
/* Works all that falls due until then, each at its own time; ctx->now_ms is `until` afterwards. Where time is told:
 * demo data, scenarios, tests. */
enum err due_run_until(struct ctx *ctx, int64_t until_ms, size_t *ret_worked);
/* When a model comes in force, and at start: what comes round by itself has its rows. What of it fails is due work
 * itself ("plan:rules" …): tried again later, in the end in the dead list; the rest is planned. Outside any
 * transaction. */
enum err due_plan(struct ctx *ctx);
/* When the next row of due_run falls due, be it past already; 0: none. Inside store_read. */
enum err due_next(struct ctx *ctx, int64_t *ret_next);

/* One row's work, in the transaction that takes the row away. It may put its key again (due_put): then it stays as
 * put. On an error nothing is left of it, and it is tried again later. */
typedef enum err due_fn(struct ctx *ctx, const struct due_row *d);
enum err recalc_due(struct ctx *ctx, const struct due_row *d);    /* clock_recalc.c, kind "recalc" */
enum err start_due(struct ctx *ctx, const struct due_row *d);     /* clock_start.c, kind "start" */
enum err fired_due(struct ctx *ctx, const struct due_row *d);     /* fired.c, kind "fired" */
enum err recurring_due(struct ctx *ctx, const struct due_row *d); /* recurring.c, kind "recurring" */
enum err fired_plan(struct ctx *ctx);
enum err kept_due(struct ctx *ctx, const struct due_row *d); /* kept.c, kind "kept" */
enum err kept_plan(struct ctx *ctx);
/* due_kinds.c: the table of them. NULL: there is no such kind. */
due_fn *due_kind(const char *kind);
/* Is it left to due_take? */
bool due_kind_outside(const char *kind);

/* For work that waits for others: leases up to `limit` due rows of a kind, committed before it returns. */
enum err due_take(struct ctx *ctx, const char *kind, size_t limit, struct due_row **ret_list, size_t *ret_n);
/* When the next row of that kind falls due, be it past already; 0: none. Inside store_read. */
enum err due_next_of(struct ctx *ctx, const char *kind, int64_t *ret_next);
/* After it, inside store_write: ended, or once more later (dead after DUE_TRIES_MAX). False lease: ERR_STALE, nothing
 * is done. */
enum err due_done(struct ctx *ctx, const struct due_row *d);
enum err due_failed(struct ctx *ctx, const struct due_row *d, const char *why, bool for_good);
/* {"rows":[{id,kind,key,due_at,state,tries,last_error,type,record,…}],"next":…}: most urgent first. Inside store_read.
 */
enum err due_write_json(struct ctx *ctx, const char *state, const char *after, size_t limit, struct json_out *out);
/* Of the dead list: once more, now, with all its tries. Inside store_write. */
enum err due_rerun(struct ctx *ctx, int64_t id);

#endif

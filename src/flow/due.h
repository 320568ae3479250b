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
	DUE_TRIES_MAX = 10,     /* then it is dead */
	DUE_BACK_OFF_MS = 5000, /* doubled each time, at most an hour */
};

/* rank: 0 a breach of something urgent, 1 a breach, 2 a warning or a rule, 3 duties and the rest */
struct due_row {
	int64_t id, due_at, record;
	int rank, tries;
	const char *key, *kind, *type, *body;
};

/* Puts or moves the one row of this key; due_at 0 removes it. */
enum err due_put(struct ctx *ctx, const char *key, const char *kind, int64_t due_at, int rank, const char *type,
                 int64_t record, const char *body_json);
enum err due_remove(struct ctx *ctx, const char *key);
/* Works what is due at ctx->now_ms, most urgent first, one transaction of at most DUE_SLICE rows. ret_worked 0: nothing
 * is due. ret_next: when the next is (0: none). Outside any transaction. Kinds that need the outside world ("deliver")
 * are left to due_take. */
enum err due_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next);
/* For work that waits for others: leases up to `limit` due rows of a kind, committed before it returns. */
enum err due_take(struct ctx *ctx, const char *kind, size_t limit, struct due_row **ret_list, size_t *ret_n);
/* After it, inside store_write: ended, or once more later (dead after DUE_TRIES_MAX). False lease: ERR_STALE, nothing
 * is done. */
enum err due_done(struct ctx *ctx, const struct due_row *d);
enum err due_failed(struct ctx *ctx, const struct due_row *d, const char *why, bool for_good);
/* {"rows":[{id,kind,key,due_at,state,tries,last_error,type,record,…}],"next":…} */
enum err due_write_json(struct ctx *ctx, const char *state, const char *after, size_t limit, struct json_out *out);
enum err due_rerun(struct ctx *ctx, int64_t id);

#endif

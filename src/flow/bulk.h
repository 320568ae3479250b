/*
 * bulk.h: what bulk.c, bulk_undo.c and cover.c share: a run of many records, each of which
 * succeeds or leaves nothing. Not for other folders.
 */
#ifndef SHOUWEN_FLOW_BULK_H
#define SHOUWEN_FLOW_BULK_H

#include "flow/step.h"

struct bulk {
	int64_t id;
	int64_t mark;     /* events of this slice have larger ids */
	const char *what; /* a word without blanks: the body of the run begins with it, then the ids of its events */
};

struct bulk_result {
	int64_t id;
	enum err err;
	const char *message;
};

typedef enum err bulk_fn(struct ctx *ctx, void *arg, int64_t id);

/* id 0: a new run. */
enum err bulk_open(struct ctx *ctx, const char *what, int64_t id, struct bulk *ret_bulk);
/* Remembers the events of this slice for undo. */
enum err bulk_close(struct ctx *ctx, const struct bulk *b);
/* A fault of this record alone is put into ret; any other ends the transaction. */
enum err bulk_each(struct ctx *ctx, bulk_fn *fn, void *arg, int64_t id, struct bulk_result *ret);
void bulk_write_json(struct json_out *out, int64_t run, const struct bulk_result *list, size_t n);

#endif

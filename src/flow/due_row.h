/* due_row.h: what the files of the scheduler share. Not for others. */
#ifndef SHOUWEN_FLOW_DUE_ROW_H
#define SHOUWEN_FLOW_DUE_ROW_H

#include "flow/due.h"
#include "store/store.h"

struct due_search {
	int rank;
	const char *kind; /* NULL: any of this rank */
	size_t limit;
	bool lock; /* the rows are to be leased */
};

/* Adds rows that are due and that nobody holds to list[*n…], at most to `limit`. */
enum err due_find(struct ctx *ctx, const struct due_search *s, struct due_row *list, size_t *n);
/* due_take, kind NULL: of the kinds that due_run works, most urgent first. */
enum err due_lease(struct ctx *ctx, const char *kind, size_t limit, struct due_row **ret_list, size_t *ret_n);

/* The store can't now: it is nobody's fault, and no try is counted. */
bool due_stores_fault(enum err e);
/* As if the row of this key had failed once: later, with the reason. Inside store_write. */
enum err due_put_off(struct ctx *ctx, const char *key, const char *why);

#endif

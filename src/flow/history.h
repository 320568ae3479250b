/*
 * history.h: a record as it was at each of its events, worked out backwards from what it is now. Links lead to what
 * their targets are today. For the dry run of rules.
 */
#ifndef SHOUWEN_FLOW_HISTORY_H
#define SHOUWEN_FLOW_HISTORY_H

#include "flow/step.h"

enum { HISTORY_EVENTS_MAX = 2000 };

/* One event. The records lie in ctx->arena; those that did not change are shared. */
struct past {
	int64_t id, at, actor;
	const char *kind;
	const json_t *tree;   /* NULL: erased */
	struct record *after; /* as it stood when it was over */
	struct record *acted; /* what was done itself, before the rules it set off changed anything */
	const json_t *rules;  /* those rules, in order; NULL: none */
};
struct history {
	const struct type *type;
	struct past *list; /* oldest first */
	size_t n;
	bool whole; /* it begins with the record's first event */
};

enum err history_read(struct ctx *ctx, const struct type *t, int64_t id, struct history *ret_history);
/* A record without, and with, what one of those rules changed. */
struct record *firing_undone(struct ctx *ctx, struct record *r, const json_t *firing);
struct record *firing_done(struct ctx *ctx, struct record *r, const json_t *firing);
/* The state before the i-th event; NULL: it was not there. */
const struct record *history_before(const struct history *h, size_t i);

/* ---- dry_run.c ------------------------------------------------------------------------------------------- */

enum { DRY_RECORDS = 5000, DRY_ROWS = 200, DRY_LOOKS = 2000000, DRY_SECONDS = 60 };

struct dry_hit {
	int64_t at, record;
	char kind[24]; /* of the event, or "at", "every", "clock" */
};
struct dry_run {
	const struct type *type; /* of the model the rule is in */
	const struct rule *rule;
	const char *name; /* what it is called in the history; NULL: it was never in force */
	int64_t from, to;
	/* found */
	size_t fired, records, looked_at, looks;
	bool stopped;
	struct dry_hit *hits; /* the newest DRY_ROWS */
	size_t n_hits;
};
/* How often the rule would have fired in [from, to). Inside store_read_slow, ctx->model the rule's. */
enum err rule_dry_run(struct ctx *ctx, struct dry_run *d);

#endif

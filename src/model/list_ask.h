/* list_ask.h: inside model/: what one statement for a page's ids asks, and its text. */
#ifndef SHOUWEN_MODEL_LIST_ASK_H
#define SHOUWEN_MODEL_LIST_ASK_H

#include "model/list_plan.h"

/* What one statement asks: an index range, an arm or several of one column or none, and which ends it has. */
struct ask_rows {
	int segment;
	const struct list_arm *arms;
	size_t n_arms;
	bool together; /* all of them at once, in no order */
	bool after, bound;
	bool written;              /* the one arm, and this stage of it, stand in the text; else they are bound */
	const struct value *stage; /* without arms: all of :stage, each with its team … */
	const int64_t *teams;      /* … of these only, in order, as far as `wanted` of them are found (sql_walk) */
	size_t n_teams, wanted;
};

/* Is there a key to compare within this segment? */
bool list_keyed(const struct list_plan *p, int segment);
void list_key_name(struct sql *q, const struct list_plan *p, size_t i);
/* How many values a statement of arms asked together has room for (sql_each). */
size_t list_arms_room(size_t n);
/* The user's filter, what of it is fenced, and access. */
enum err list_conditions(struct ctx *ctx, struct sql *q, const struct list_plan *p, struct filter *fenced);
/* Adds the select, without order or limit; its ends and, unless written, its arm and :stage are bound by who runs it.
 */
enum err list_select(struct ctx *ctx, const struct list_plan *p, const struct ask_rows *ask, struct sql *q);
/* The same whole, with `limit :n`; in the page's order unless together. */
enum err list_statement(struct ctx *ctx, const struct list_plan *p, const struct ask_rows *ask, struct sql *q);

#endif

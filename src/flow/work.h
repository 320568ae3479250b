/* work.h: what work.c, work_where.c and work_words.c share: the workbench's groups, a row and why it is there. Not for
 * other folders. */
#ifndef SHOUWEN_FLOW_WORK_H
#define SHOUWEN_FLOW_WORK_H

#include "flow/step.h"

struct work_times {
	int64_t now, day_end; /* start of tomorrow */
	const char *today;    /* YYYY-MM-DD */
};

struct bench {
	struct work_times t;
	int64_t me;
	const int64_t *teams;
	size_t n_teams;
	const struct type *promise, *reminder; /* NULL: the packs have none */
};

struct group {
	const char *key;
	struct label label;
	/* The rest of `select … from work where`; NULL: promises only. */
	void (*where)(const struct bench *b, struct sql *q);
	const char *order; /* "due", "mine", "wake", "after" */
	bool urgent;       /* counts for the rail */
};
enum { WORK_GROUPS = 10 };
extern const struct group work_groups[WORK_GROUPS];

void where_hand_over(const struct bench *b, struct sql *q);
void where_promised(const struct bench *b, struct sql *q);
/* Its own time, or that of a clock of his that runs on it, comes before. */
void where_due_before(const struct bench *b, struct sql *q, int64_t before);
void where_reminder(const struct bench *b, struct sql *q);

struct work_row {
	struct record *r;
	const char *group;                            /* key */
	const char *owner, *team, *customer, *number; /* names; NULL: none */
	int64_t due;                                  /* its own or its first clock's, whichever comes first; 0: none */
};

/* "2 小时", "3 days": how long, roughly, as people say it. */
const char *span_words(struct ctx *ctx, int64_t ms, enum lang lang);
const char *why_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang);

#endif

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
	/* The rest of `select … from work where`; NULL: promises or approvals only. */
	void (*where)(const struct bench *b, struct sql *q);
	const char *order; /* "due", "mine", "wake", "after" */
	bool urgent;       /* counts for the rail */
};
enum { WORK_GROUPS = 14 };
extern const struct group work_groups[WORK_GROUPS];

void where_hand_over(const struct bench *b, struct sql *q);
void where_promised(const struct bench *b, struct sql *q);
/* Its own time, or that of a clock of his that runs on it, comes before. */
void where_due_before(const struct bench *b, struct sql *q, int64_t before);
void where_reminder(const struct bench *b, struct sql *q);

/* Of what waits for him: the offer or approval, since when, who made it wait, until when. */
struct work_since {
	int64_t id, at, by, until;
	const char *by_name;
};

struct work_row {
	struct record *r;
	const char *group;                            /* key */
	const char *owner, *team, *customer, *number; /* names; NULL: none */
	struct work_since since;                      /* of the groups that wait for him */
	int64_t due;                                  /* its own or its first clock's, whichever comes first; 0: none */
};

/* work_wait.c */
enum err approvals_waiting(struct ctx *ctx, const struct bench *b, size_t limit, int64_t *ids, const char **types,
                           size_t *ret_n);
enum err approvals_waiting_count(struct ctx *ctx, const struct bench *b, int64_t *ret_n);
enum err work_since(struct ctx *ctx, const struct bench *b, struct work_row *row);
/* What is not counted among what falls due by tonight already. */
void where_marked_else(const struct bench *b, struct sql *q);

/* "2 小时", "3 days": how long, roughly, as people say it. */
const char *span_words(struct ctx *ctx, int64_t ms, enum lang lang);
const char *why_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang);

#endif

/* work.h: what work.c and work_words.c share: a row of the workbench and why it is there. Not for other folders. */
#ifndef SHOUWEN_FLOW_WORK_H
#define SHOUWEN_FLOW_WORK_H

#include "flow/step.h"

struct work_times {
	int64_t now, day_end; /* start of tomorrow */
	const char *today;    /* YYYY-MM-DD */
};

struct work_row {
	struct record *r;
	const char *group;                            /* key */
	const char *owner, *team, *customer, *number; /* names; NULL: none */
	int64_t due;                                  /* 0: none */
};

/* "2 小时", "3 days": how long, roughly, as people say it. */
const char *span_words(struct ctx *ctx, int64_t ms, enum lang lang);
const char *why_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang);

#endif

/*
 * duty.h: what comes round by itself (docs/PACKS.md "Duties"). A row of due_work for each duty makes its tasks;
 * duty_run says for each period that it was made, once, whatever the machine's clock does.
 */
#ifndef SHOUWEN_FLOW_DUTY_H
#define SHOUWEN_FLOW_DUTY_H

#include "flow/due.h"
#include "flow/step.h"

/* When a model comes in force, and at start: a row for each duty, new or changed; none for those gone. Inside
 * store_write. */
enum err duties_plan(struct ctx *ctx);
/* Every duty comes round from ctx->now_ms on, whatever was planned: a story that begins in the past. Inside
 * store_write. */
enum err duties_begin(struct ctx *ctx);
/* A duty's time has come (due_work kind "duty"): its records, and the row of the next time. Of periods that passed
 * while no server ran, hours, days and weeks are made for the last one only; the earlier ones are noted as skipped. */
enum err duty_due(struct ctx *ctx, const struct due_row *d);
/* Next period's record is not made, with a reason; what was made already is skipped on its own. Inside store_write.
 * ERR_NOT_FOUND: no such duty; ERR_INVALID: the period is none of its next hundred; ERR_CONFLICT: made or skipped
 * already. */
enum err duty_skip(struct ctx *ctx, const char *duty, const char *period, const char *reason);
/* The duty calendar as docs/API.md has it: from and to are dates, at most DUTY_DAYS_MAX apart. person, team: 0 or
 * whose. He who has neither `report` nor `bulk` nor `settings` sees his own and his teams'. Inside store_read. */
enum { DUTY_DAYS_MAX = 400, DUTY_ENTRIES_MAX = 6000 };
enum err duties_write_json(struct ctx *ctx, const char *from, const char *to, int64_t person, int64_t team,
                           struct json_out *out);

/* Who a duty is for, now. each: a record for each of the people; else one, of `team`'s pool or of the only person. */
struct duty_people {
	struct people people;
	int64_t team;
	const char *label; /* 客服班长, 工程部, 李婷 */
};
enum err duty_people(struct ctx *ctx, const struct duty *d, struct duty_people *ret_people);
/* The days of the calendar a duty keeps to. */
enum err duty_days(struct ctx *ctx, const struct duty *d, struct worktime *ret_days);
/* Till when what comes round at that instant is to be done; 0: no limit. */
enum err duty_due_at(struct ctx *ctx, const struct duty *d, const struct type *t, int64_t at, int64_t *ret_due);
const struct duty *duty_named(const struct model *m, const char *name);

#endif

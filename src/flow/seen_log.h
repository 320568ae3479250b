/*
 * seen_log.h: who saw masked data in the clear: once for each person, record, set of fields and day, in the
 * table seen_log, written before the answer leaves. What is written today is also remembered in memory, so
 * that seeing it again costs no transaction.
 *
 * Threads: a seen_today locks itself.
 */
#ifndef SHOUWEN_FLOW_SEEN_LOG_H
#define SHOUWEN_FLOW_SEEN_LOG_H

#include "model/seen.h"

struct seen_today;

struct seen_today *seen_today_new(void);
void seen_today_free(struct seen_today *s); /* NULL allowed */

/* Takes out of ctx->seen what stands written today already; true when something is left. */
bool seen_is_new(struct ctx *ctx, struct seen_today *s);
/* For store_write: writes what is left; what another server wrote is left as it is. */
enum err seen_write(struct ctx *ctx, void *unused);
/* After the commit. */
void seen_remember(struct ctx *ctx, struct seen_today *s);

/* One value revealed, inside the transaction of revealing it. */
enum err seen_reveal(struct ctx *ctx, const struct field *f, int64_t record);

#endif

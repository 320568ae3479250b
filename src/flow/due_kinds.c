/* due_kinds.c: what kinds of due work there are, and who does each. */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/clocks.h"
#include "flow/due.h"
#include "flow/flow.h"
#include "flow/moment.h"

/* One seal covers at most so many events; every hour, and at once again while there are more. */
enum { SEAL_EVENTS = 2000 };

static enum err clock_due(struct ctx *ctx, const struct due_row *d)
{
	int64_t clock;
	if (strncmp(d->key, "clock:", 6) != 0 || !id_parse(d->key + 6, &clock))
		return ctx_problem(ctx, ERR_INVALID, "", "bad_key", "'%s' names no clock", d->key);
	return clock_fire(ctx, clock);
}

static enum err seal_due(struct ctx *ctx, const struct due_row *d)
{
	size_t n;
	TRY(event_seal(ctx, SEAL_EVENTS, &n));
	return due_put(ctx, d->key, d->kind, ctx->now_ms + (n == SEAL_EVENTS ? SECOND_MS : HOUR_MS), DUE_RANK_WORST,
	               NULL, 0, NULL);
}

static const struct {
	const char *name;
	due_fn *fn; /* NULL: outside, left to due_take */
} kinds[] = {
        {"clock", clock_due}, {"recalc", recalc_due}, {"seal", seal_due},     {"rule", rule_due},
        {"sweep", sweep_due}, {"arm", arm_due},       {"digest", digest_due}, {"deliver", NULL},
};

due_fn *due_kind(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			return kinds[i].fn;
	return NULL;
}

bool due_kind_outside(const char *kind)
{
	return strcmp(kind, "deliver") == 0;
}

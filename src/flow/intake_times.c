/* intake_times.c: times to promise without thinking: today 17:00, the next working day 10:00 and 14:00. */
#include "base/clock.h"
#include "flow/intake.h"
#include "model/filter.h"

enum { LAST_MINUTES = 30 }; /* closer than this, 17:00 can't honestly be promised */

static int64_t at_hour(struct ctx *ctx, int64_t day_start_ms, int hour)
{
	struct local_time t;
	zone_local(ctx->zone, day_start_ms, &t);
	t.hour = hour;
	t.minute = t.second = t.ms = 0;
	return zone_instant(ctx->zone, &t);
}

static void time_write(struct ctx *ctx, int64_t at_ms, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "at");
	json_instant(out, at_ms);
	json_key(out, "label");
	json_words(out, time_words(ctx, at_ms, LANG_ZH), time_words(ctx, at_ms, LANG_EN));
	json_close(out, '}');
}

enum err intake_times(struct ctx *ctx, struct json_out *out)
{
	int64_t today = zone_day_start(ctx->zone, ctx->now_ms, 0), next, first;
	/* The working day after yesterday is today, if today is one. */
	TRY(duration_add(ctx, zone_day_start(ctx->zone, ctx->now_ms, -1), "1bd", false, &first));
	TRY(duration_add(ctx, today, "1bd", false, &next));
	json_open(out, '{');
	json_key(out, "times");
	json_open(out, '[');
	bool works_today = zone_day_start(ctx->zone, first, 0) == today;
	if (works_today && ctx->now_ms + LAST_MINUTES * MINUTE_MS <= at_hour(ctx, today, 17))
		time_write(ctx, at_hour(ctx, today, 17), out);
	time_write(ctx, at_hour(ctx, next, 10), out);
	time_write(ctx, at_hour(ctx, next, 14), out);
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

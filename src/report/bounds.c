/* bounds.c: a period's first and last moment in the filters of its figures. */
#include "report/bounds.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"

const char *bound_quoted(struct ctx *ctx, int64_t ms)
{
	char at[INSTANT_BYTES];
	instant_format(ms, at);
	return arena_printf(ctx->arena, "'%s'", at);
}

static const char *day_of(struct ctx *ctx, int64_t ms)
{
	struct local_time l;
	char *day = arena_alloc(ctx->arena, DATE_BYTES);
	zone_local(ctx->zone, ms, &l);
	date_format(l.year, l.month, l.day, day);
	return day;
}

const char *bounds_put(struct ctx *ctx, const char *where, int64_t from, int64_t to)
{
	const char *const marks[][2] = {{"{from}", bound_quoted(ctx, from)},
	                                {"{to}", bound_quoted(ctx, to)},
	                                {"{from_day}", day_of(ctx, from)},
	                                {"{to_day}", day_of(ctx, to)}};
	struct buf b;
	buf_init(&b, ctx->arena, LIMIT_FILTER_BYTES);
	for (const char *s = where; *s != '\0';) {
		size_t i = 0, n = sizeof(marks) / sizeof(marks[0]);
		while (i < n && strncmp(s, marks[i][0], strlen(marks[i][0])) != 0)
			i++;
		if (i < n) {
			buf_str(&b, marks[i][1]);
			s += strlen(marks[i][0]);
		} else {
			buf_char(&b, *s++);
		}
	}
	return b.data ? b.data : "";
}

/* Durations: "3d" after an instant or a date, in the organisation's zone and by its calendar. */
#include "base/clock.h"
#include "model/filter_tree.h"

enum {
	DURATION_MAX_DAYS = 36600, /* about a hundred years */
	DURATION_MAX_BUSINESS_DAYS = 5000,
};

bool duration_parse(const char *s, size_t len, int *ret_n, enum duration_unit *ret_unit)
{
	static const struct {
		const char *word;
		enum duration_unit unit;
		int days; /* at least, for the maximum */
	} units[] = {{"m", UNIT_MINUTE, 0}, {"h", UNIT_HOUR, 0},    {"d", UNIT_DAY, 1},
	             {"w", UNIT_WEEK, 7},   {"mo", UNIT_MONTH, 30}, {"bd", UNIT_BUSINESS_DAY, 1}};
	size_t i = 0;
	int64_t n = 0;

	for (; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
		n = n * 10 + (s[i] - '0');
		if (n > 1440 * DURATION_MAX_DAYS)
			return false;
	}
	if (i == 0)
		return false;
	for (size_t k = 0; k < sizeof(units) / sizeof(units[0]); k++) {
		if (strlen(units[k].word) != len - i || memcmp(units[k].word, s + i, len - i) != 0)
			continue;
		if (n * units[k].days > DURATION_MAX_DAYS || (units[k].unit == UNIT_HOUR && n > 24 * DURATION_MAX_DAYS))
			return false;
		if (units[k].unit == UNIT_BUSINESS_DAY && n > DURATION_MAX_BUSINESS_DAYS)
			return false;
		*ret_n = (int)n;
		*ret_unit = units[k].unit;
		return true;
	}
	return false;
}

static int days_of_month(int year, int month)
{
	int ny = month == 12 ? year + 1 : year, nm = month == 12 ? 1 : month + 1;

	return (int)(date_days(ny, nm, 1) - date_days(year, month, 1));
}

struct calendar_date {
	int year, month, day;
};

/* Moves a date; the units of whole days only. */
static enum err move_date(struct ctx *ctx, struct calendar_date *date, int n, enum duration_unit unit)
{
	int64_t days = date_days(date->year, date->month, date->day);

	if (unit == UNIT_MONTH) {
		int month = date->year * 12 + date->month - 1 + n;
		date->year = month / 12;
		date->month = month % 12 + 1;
		int last = days_of_month(date->year, date->month);
		if (date->day > last)
			date->day = last;
		return ERR_OK;
	}
	if (unit == UNIT_BUSINESS_DAY) {
		const struct worktime hours = calendar_worktime(ctx, NULL);
		int step = n < 0 ? -1 : 1, left = n < 0 ? -n : n;
		/* A calendar that knows no working day must not hold us for ever. */
		for (int guard = 0; left > 0 && guard < 4 * DURATION_MAX_BUSINESS_DAYS; guard++) {
			days += step;
			left -= worktime_day_open(&hours, days);
		}
	} else {
		days += unit == UNIT_WEEK ? 7 * (int64_t)n : n;
	}
	date_from_days(days, &date->year, &date->month, &date->day);
	return ERR_OK;
}

static bool years_fit(int year)
{
	return year >= 1000 && year <= 9999;
}

static enum err no_duration(struct ctx *ctx, const char *duration)
{
	return ctx_problem(ctx, ERR_INVALID, "", "bad_value",
	                   "%.60s is not a duration: write 30m, 2h, 3d, 1w, 6mo or 5bd", duration ? duration : "");
}

enum err duration_add_date(struct ctx *ctx, const char *date, const char *duration, bool negative, char out[11])
{
	struct calendar_date at;
	enum duration_unit unit;
	int n;

	if (!duration_parse(duration, strlen(duration), &n, &unit) || unit == UNIT_MINUTE || unit == UNIT_HOUR ||
	    !date_parse(date, &at.year, &at.month, &at.day))
		return no_duration(ctx, duration);
	TRY(move_date(ctx, &at, negative ? -n : n, unit));
	if (!years_fit(at.year))
		return no_duration(ctx, duration);
	date_format(at.year, at.month, at.day, out);
	return ERR_OK;
}

enum err duration_add(struct ctx *ctx, int64_t at_ms, const char *duration, bool negative, int64_t *ret_ms)
{
	struct local_time local;
	enum duration_unit unit;
	int n;

	if (duration == NULL || !duration_parse(duration, strlen(duration), &n, &unit))
		return no_duration(ctx, duration);
	if (negative)
		n = -n;
	if (unit == UNIT_MINUTE || unit == UNIT_HOUR) {
		*ret_ms = at_ms + (unit == UNIT_MINUTE ? MINUTE_MS : HOUR_MS) * n;
		return ERR_OK;
	}
	/* The same time of day on another day, as people mean it, also across a change of the clock. */
	zone_local(ctx->zone, at_ms, &local);
	struct calendar_date date = {local.year, local.month, local.day};
	TRY(move_date(ctx, &date, n, unit));
	if (!years_fit(date.year))
		return no_duration(ctx, duration);
	local.year = date.year;
	local.month = date.month;
	local.day = date.day;
	*ret_ms = zone_instant(ctx->zone, &local);
	return ERR_OK;
}

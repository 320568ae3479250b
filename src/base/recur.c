/* recur.c: what comes round by itself. Nominal days are counted first, then put where the calendar lets them be. */
#include <stdio.h>
#include <string.h>

#include "base/recur.h"
#include "base/words.h"

enum { SHIFT_DAYS_MAX = 60 };

/* ---- words ----------------------------------------------------------------------------------------- */

int minute_parse(const char *s)
{
	if (strlen(s) != 5 || s[2] != ':')
		return -1;
	for (int i = 0; i < 5; i++)
		if (i != 2 && (s[i] < '0' || s[i] > '9'))
			return -1;
	int hour = (s[0] - '0') * 10 + s[1] - '0', minute = (s[3] - '0') * 10 + s[4] - '0';
	return minute > 59 || hour > 24 || (hour == 24 && minute) ? -1 : hour * 60 + minute;
}

static bool whole_number(const char *s, int least, int most, int *ret_n)
{
	int n = 0;
	if (*s == '\0')
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		n = n * 10 + (*s - '0');
		if (n > most)
			return false;
	}
	*ret_n = n;
	return n >= least;
}

static int weekday_of(const char *s)
{
	static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
	                                    "friday", "saturday", "sunday"};
	for (int i = 0; i < 7; i++)
		if (strcmp(names[i], s) == 0)
			return i + 1;
	return 0;
}

static bool day_of(const char *s, int most, int *ret_day)
{
	*ret_day = 0;
	return strcmp(s, "last") == 0 || whole_number(s, 1, most, ret_day);
}

/* "12-01" */
static bool month_and_day(const char *s, struct recurrence *r)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	char month[3] = {0};
	if (strlen(s) != 5 || s[2] != '-')
		return false;
	memcpy(month, s, 2);
	return whole_number(month, 1, 12, &r->month) && whole_number(s + 3, 1, days[r->month - 1], &r->day);
}

/* Which words say the day, and how many: the time of day may follow them. */
static bool day_words(const struct words *w, struct recurrence *r, size_t *ret_used)
{
	static const char *const kinds[] = {"hour", "day", "workday", "week", "month", "quarter", "year"};
	int kind = -1;
	for (int i = 0; i < 7; i++)
		if (strcmp(kinds[i], w->word[0]) == 0)
			kind = i;
	r->weekday = weekday_of(w->word[0]);
	*ret_used = 1;
	if (r->weekday) {
		r->kind = RECUR_WEEK;
		return true;
	}
	if (kind < 0)
		return false;
	r->kind = (enum recurrence_kind)kind;
	if (r->kind == RECUR_HOUR)
		return w->n == 1;
	if (r->kind == RECUR_DAY || r->kind == RECUR_WORKDAY)
		return true;
	*ret_used = 2;
	if (w->n < 2)
		return false;
	if (r->kind == RECUR_WEEK)
		return (r->weekday = weekday_of(w->word[1])) != 0;
	if (r->kind == RECUR_YEAR)
		return month_and_day(w->word[1], r);
	return day_of(w->word[1], r->kind == RECUR_MONTH ? 31 : 92, &r->day);
}

/* "4-5,11-2" as bits. */
static bool months_parse(const char *s, unsigned *ret_months)
{
	unsigned months = 0;
	while (*s) {
		char part[WORD_BYTES];
		size_t len = strcspn(s, ",");
		int from, to;
		if (len >= sizeof(part))
			return false;
		memcpy(part, s, len);
		part[len] = '\0';
		char *dash = strchr(part, '-');
		if (dash)
			*dash = '\0';
		if (!whole_number(part, 1, 12, &from) || !whole_number(dash ? dash + 1 : part, 1, 12, &to))
			return false;
		for (int m = from;; m = m % 12 + 1) {
			months |= 1u << m;
			if (m == to)
				break;
		}
		s += len;
		s += *s == ',' && s[1] != '\0';
		if (*s == ',')
			return false;
	}
	*ret_months = months;
	return months != 0;
}

static bool shift_parse(const char *s, enum recurrence_shift *ret_shift)
{
	static const char *const names[] = {"keep", "skip", "before", "after"};
	for (int i = 0; i < 4; i++)
		if (strcmp(names[i], s) == 0) {
			*ret_shift = (enum recurrence_shift)i;
			return true;
		}
	return false;
}

bool recurrence_parse(const char *every, const char *months, const char *shift, struct recurrence *ret_recurrence,
                      const char **ret_why)
{
	struct recurrence r = {0};
	struct words w;
	size_t used = 0;
	bool fine = words_split(every, &w) && day_words(&w, &r, &used) && w.n <= used + 1;
	if (fine && w.n == used + 1) {
		r.minute = minute_parse(w.word[used]);
		fine = r.minute >= 0 && r.minute < 1440;
	}
	if (!fine) {
		*ret_why = "write hour, \"day 08:00\", \"workday 08:30\", \"friday 15:00\", \"month 25 09:00\", "
		           "\"month last "
		           "17:00\", \"quarter 1 09:00\" or \"year 12-01 09:00\"";
		return false;
	}
	if (months && !months_parse(months, &r.months)) {
		*ret_why = "`months` are numbers, such as 4-5 or 1,4,7";
		return false;
	}
	if (shift && !shift_parse(shift, &r.shift)) {
		*ret_why = "`shift` is keep, skip, before or after";
		return false;
	}
	*ret_recurrence = r;
	return true;
}

/* ---- when -------------------------------------------------------------------------------------------- */

static int days_of(int year, int month)
{
	return (int)(date_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
	             date_days(year, month, 1));
}

static int64_t floor_of(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Periods are numbered on: days and weeks since 1970, months, quarters and years since the year 0. */
static int64_t period_of(enum recurrence_kind kind, int64_t day)
{
	int year, month, dom;
	date_from_days(day, &year, &month, &dom);
	switch (kind) {
	case RECUR_WEEK: return floor_of(day + 3, 7); /* weeks begin on Monday; 1970-01-01 was a Thursday */
	case RECUR_MONTH: return (int64_t)year * 12 + month - 1;
	case RECUR_QUARTER: return (int64_t)year * 4 + (month - 1) / 3;
	case RECUR_YEAR: return year;
	default: return day;
	}
}

/* The day that the words mean in a period. */
static int64_t nominal_day(const struct recurrence *r, int64_t period)
{
	switch (r->kind) {
	case RECUR_WEEK: return period * 7 - 3 + r->weekday - 1;
	case RECUR_MONTH:
	case RECUR_YEAR: {
		int year = (int)(r->kind == RECUR_YEAR ? period : floor_of(period, 12));
		int month = r->kind == RECUR_YEAR ? r->month : (int)(period - (int64_t)year * 12) + 1;
		int last = days_of(year, month);
		return date_days(year, month, r->day == 0 || r->day > last ? last : r->day);
	}
	case RECUR_QUARTER: {
		int year = (int)floor_of(period, 4), month = (int)(period - (int64_t)year * 4) * 3 + 1;
		int64_t first = date_days(year, month, 1), last = date_days(year, month + 2, days_of(year, month + 2));
		return r->day == 0 || first + r->day - 1 > last ? last : first + r->day - 1;
	}
	default: return period;
	}
}

/* Where the calendar puts it; false: nowhere. */
static bool shifted(const struct worktime *w, const struct recurrence *r, int64_t *day)
{
	int step = r->shift == SHIFT_BEFORE ? -1 : 1;
	if (worktime_day_open(w, *day))
		return true;
	if (r->kind == RECUR_WORKDAY)
		return false;
	if (r->shift == SHIFT_KEEP)
		return true;
	if (r->shift == SHIFT_SKIP || r->kind == RECUR_DAY)
		return false;
	for (int i = 1; i <= SHIFT_DAYS_MAX; i++)
		if (worktime_day_open(w, *day + step * i)) {
			*day += step * i;
			return true;
		}
	return false;
}

static bool in_months(const struct recurrence *r, int64_t day)
{
	int year, month, dom;
	date_from_days(day, &year, &month, &dom);
	return r->months == 0 || (r->months & 1u << month);
}

static void name_period(const struct recurrence *r, int64_t period, int64_t day, char out[PERIOD_BYTES])
{
	int year, month, dom;
	date_from_days(r->kind == RECUR_WEEK ? period * 7 : day, &year, &month,
	               &dom); /* a week is its Thursday's year's */
	if (r->kind == RECUR_WEEK)
		snprintf(out, PERIOD_BYTES, "%04d-W%02d", year, (int)((period * 7 - date_days(year, 1, 1)) / 7) + 1);
	else if (r->kind == RECUR_MONTH)
		snprintf(out, PERIOD_BYTES, "%04d-%02d", year, month);
	else if (r->kind == RECUR_QUARTER)
		snprintf(out, PERIOD_BYTES, "%04dQ%d", year, (month - 1) / 3 + 1);
	else if (r->kind == RECUR_YEAR)
		snprintf(out, PERIOD_BYTES, "%04d", year);
	else
		snprintf(out, PERIOD_BYTES, "%04d-%02d-%02d", year, month, dom);
}

/* Full hours of the wall clock. The period is named in UTC: an hour that comes twice is two. */
static bool next_hour(const struct worktime *w, const struct recurrence *r, int64_t after_ms, struct occurrence *ret)
{
	int64_t at = after_ms, end = after_ms + (int64_t)RECUR_YEARS_MAX * 366 * DAY_MS;
	while (at < end) {
		int64_t offset = zone_offset_ms(w->zone, at), change = zone_next_change(w->zone, at);
		int64_t next = (floor_of(at + offset, HOUR_MS) + 1) * HOUR_MS - offset;
		if (next >= change) { /* the change itself may be a full hour on the new clock */
			bool full = (change + zone_offset_ms(w->zone, change)) % HOUR_MS == 0;
			next = change;
			if (!full) {
				at = next;
				continue;
			}
		}
		at = next;
		if (in_months(r, floor_of(at + zone_offset_ms(w->zone, at), DAY_MS))) {
			int year, month, dom;
			date_from_days(floor_of(at, DAY_MS), &year, &month, &dom);
			ret->at = at;
			snprintf(ret->period, PERIOD_BYTES, "%04d-%02d-%02dT%02dZ", year, month, dom,
			         (int)(floor_of(at, HOUR_MS) - floor_of(at, DAY_MS) * 24));
			return true;
		}
	}
	return false;
}

bool recurrence_next(const struct worktime *w, const struct recurrence *r, int64_t after_ms,
                     struct occurrence *ret_occurrence)
{
	if (r->kind == RECUR_HOUR)
		return next_hour(w, r, after_ms, ret_occurrence);
	int64_t today = floor_of(after_ms + zone_offset_ms(w->zone, after_ms), DAY_MS), before = INT64_MIN;
	int64_t from = period_of(r->kind, today - SHIFT_DAYS_MAX - 7), /* a shift may have moved it on */
	        to = period_of(r->kind, today + (int64_t)RECUR_YEARS_MAX * 366);
	for (int64_t period = from; period <= to; period++) {
		int64_t nominal = nominal_day(r, period), day = nominal;
		struct local_time local = {.hour = r->minute / 60, .minute = r->minute % 60};
		if (!in_months(r, nominal) || !shifted(w, r, &day))
			continue;
		date_from_days(day, &local.year, &local.month, &local.day);
		int64_t at = zone_instant(w->zone, &local);
		at = at > before ? at : before + 1;
		before = at;
		if (at <= after_ms)
			continue;
		ret_occurrence->at = at;
		name_period(r, period, nominal, ret_occurrence->period);
		return true;
	}
	return false;
}

/*
 * worktime.h: working hours as arithmetic. A worktime is made of a week of opening hours, exceptions by date and
 * a zone; it is immutable and knows no names, records or databases. Everything is instants (ms UTC).
 *
 * Hours belong to the day on which they begin: a night shift 20:00–08:00 of Friday runs into Saturday whatever
 * Saturday is. Overlapping hours count once. A day of an exception has exactly the exception's hours. Wall-clock
 * times follow the zone: an hour skipped by DST is not worked, one that comes twice is worked twice.
 */
#ifndef SHOUWEN_BASE_WORKTIME_H
#define SHOUWEN_BASE_WORKTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"

enum { WORK_MINUTES_MAX = 48 * 60, WORK_HOURS_MAX = 8, WORK_YEARS_MAX = 20 };

struct work_hours { /* minutes from the day's midnight on the wall clock; from < 24 h, to > from, to <= 48 h */
	int from, to;
};

struct work_day { /* of one weekday or one exception, by `from`; n 0: a day off */
	struct work_hours hours[WORK_HOURS_MAX];
	size_t n;
};

struct work_exception {
	int64_t day; /* date_days() */
	struct work_day what;
	const char *name; /* 国庆节; NULL: none */
};

struct worktime {
	const struct zone *zone;
	bool always;                             /* every minute counts; the rest is not looked at */
	struct work_day week[7];                 /* [0] Monday */
	const struct work_exception *exceptions; /* by day, no two of one day */
	size_t n_exceptions;
};

/* Working ms in [from, to); 0 if to <= from. O(days). */
int64_t worktime_between(const struct worktime *w, int64_t from_ms, int64_t to_ms);
/* The first instant at which `ms` of working time have passed since from_ms (ms 0: from_ms itself). ERR_INVALID:
 * not within WORK_YEARS_MAX years (a calendar with next to no hours). */
enum err worktime_after(const struct worktime *w, int64_t from_ms, int64_t ms, int64_t *ret_at_ms);
/* Is the date (date_days) a working day: has it any hours? */
bool worktime_day_open(const struct worktime *w, int64_t day);
const struct work_day *worktime_day(const struct worktime *w, int64_t day, const char **ret_name);
/* The end of the last hours of the n-th working day after from's date (n >= 1), or of from's own (n = 0: the
 * next working day if from's is none or its hours are over). */
enum err worktime_day_end(const struct worktime *w, int64_t from_ms, int n, int64_t *ret_at_ms);
/* The same wall-clock time n working days later (n < 0: earlier; 0: from_ms): what "5bd" means. On `always` every day
 * is one. */
enum err worktime_add_days(const struct worktime *w, int64_t from_ms, int n, int64_t *ret_at_ms);
bool worktime_open_at(const struct worktime *w, int64_t at_ms);

#endif

/*
 * recur.h: what comes round by itself: "day 08:00", "month 25 09:00". Words in, the next instant and the name of
 * its period out. Pure: time, zone and days off come with the worktime.
 */
#ifndef SHOUWEN_BASE_RECUR_H
#define SHOUWEN_BASE_RECUR_H

#include "base/worktime.h"

enum recurrence_kind {
	RECUR_HOUR,
	RECUR_DAY,
	RECUR_WORKDAY, /* days with hours */
	RECUR_WEEK,
	RECUR_MONTH,
	RECUR_QUARTER,
	RECUR_YEAR,
};

/* Where the day is off. Of `day` each day off is left out unless it is kept: its neighbours have their own. */
enum recurrence_shift { SHIFT_KEEP, SHIFT_SKIP, SHIFT_BEFORE, SHIFT_AFTER };

struct recurrence {
	enum recurrence_kind kind;
	enum recurrence_shift shift;
	int minute;  /* of the day; 0 where no time is said */
	int weekday; /* WEEK: 1 Monday .. 7 Sunday */
	int month;   /* YEAR */
	int day;     /* MONTH, YEAR: of the month; QUARTER: of the quarter. 0: the last. What runs over is the last */
	unsigned months; /* bit 1 << month; 0: all */
};

enum { PERIOD_BYTES = 20, RECUR_YEARS_MAX = 20 };

struct occurrence {
	int64_t at;
	char period[PERIOD_BYTES]; /* "2026-11-22T07Z" "2026-11-22" "2026-W47" "2026-11" "2026Q4" "2026" */
};

/* every: "hour", "day 08:00", "workday 08:30", "friday 15:00" or "week friday 15:00", "month 25 09:00", "month last
 * 17:00", "quarter 1 09:00", "quarter last", "year 12-01 09:00". months: "4-5", "11-2", "1,4,7-9" or NULL. shift: a
 * word or NULL (keep). False and *ret_why (a constant) where they can't be read. */
bool recurrence_parse(const char *every, const char *months, const char *shift, struct recurrence *ret_recurrence,
                      const char **ret_why);
/* The first one after an instant. Two periods that a shift puts on one instant come a millisecond apart. False: none
 * in RECUR_YEARS_MAX years. */
bool recurrence_next(const struct worktime *w, const struct recurrence *r, int64_t after_ms,
                     struct occurrence *ret_occurrence);

/* "09:00" as minutes of the day; "24:00" too. -1: it is none. */
int minute_parse(const char *s);

#endif

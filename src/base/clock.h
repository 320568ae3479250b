/*
 * clock.h, zones and dates: instants are int64_t ms UTC, dates are "YYYY-MM-DD".
 */
#ifndef SHOUWEN_BASE_CLOCK_H
#define SHOUWEN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DATE_BYTES = 11, INSTANT_BYTES = 32 };

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

int64_t clock_now_ms(void);       /* wall clock, UTC */
int64_t clock_monotonic_us(void); /* for measuring */

/* A zone read from /usr/share/zoneinfo; immutable, lives until zone_free. Never setenv(TZ). */
struct zone;
enum err zone_load(const char *name, struct zone **ret_zone); /* ERR_INVALID: no such zone */
void zone_free(struct zone *z);
const char *zone_name(const struct zone *z);

struct local_time { /* wall-clock time in a zone */
	int year, month, day, hour, minute, second, ms;
	int weekday; /* 1 Monday .. 7 Sunday */
};

void zone_local(const struct zone *z, int64_t at_ms, struct local_time *ret_local);
/* The instant of a wall-clock time; a time skipped by DST gives the first instant after the gap,
 * a doubled one the earlier. Month and day may run over (month 14, day 0). */
int64_t zone_instant(const struct zone *z, const struct local_time *local);
/* How far the wall clock is ahead of UTC at an instant, and the first instant after it from which that may differ
 * (INT64_MAX: never). */
int64_t zone_offset_ms(const struct zone *z, int64_t at_ms);
int64_t zone_next_change(const struct zone *z, int64_t at_ms);
/* Start of the local day that holds at_ms, plus `days` days. */
int64_t zone_day_start(const struct zone *z, int64_t at_ms, int days);

void date_format(int year, int month, int day, char out[DATE_BYTES]);
bool date_parse(const char *s, int *ret_year, int *ret_month, int *ret_day); /* strict YYYY-MM-DD */
int64_t date_days(int year, int month, int day);                             /* days since 1970-01-01 */
void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);

/* "2026-11-22T15:30:00.000+08:00" or with Z; strict; seconds and fraction may be missing. */
bool instant_parse(const char *s, int64_t *ret_ms);
/* As UTC: "2026-11-22T07:30:00.000Z". This is the API's form of every instant. */
void instant_format(int64_t ms, char out[INSTANT_BYTES]);

#endif

/* Working hours and what comes round: days off, lunch, nights, changes of the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/recur.h"

static struct zone *shanghai, *berlin, *lord_howe;

static int start(void **state)
{
	return zone_load("Asia/Shanghai", &shanghai) != ERR_OK || zone_load("Europe/Berlin", &berlin) != ERR_OK ||
	       zone_load("Australia/Lord_Howe", &lord_howe) != ERR_OK;
}

static int stop(void **state)
{
	zone_free(shanghai);
	zone_free(berlin);
	zone_free(lord_howe);
	return 0;
}

/* "2026-10-08 09:30" in a zone. */
static int64_t at(const struct zone *z, const char *s)
{
	struct local_time t = {0};
	char date[DATE_BYTES] = {0};
	memcpy(date, s, 10);
	assert_true(date_parse(date, &t.year, &t.month, &t.day));
	int minute = minute_parse(s + 11);
	assert_true(minute >= 0);
	t.hour = minute / 60;
	t.minute = minute % 60;
	return zone_instant(z, &t);
}

static int64_t day(int year, int month, int dom)
{
	return date_days(year, month, dom);
}

/* Mondays to Fridays 9–12, 13:30–18; National Day 2026 off, Saturday 10 October worked. */
static struct worktime office(const struct zone *z)
{
	static struct work_exception days[8];
	struct worktime w = {.zone = z, .exceptions = days, .n_exceptions = 8};
	for (int i = 0; i < 5; i++)
		w.week[i] = (struct work_day){.hours = {{540, 720}, {810, 1080}}, .n = 2};
	for (int i = 0; i < 7; i++)
		days[i] = (struct work_exception){.day = day(2026, 10, 1 + i), .name = "国庆节"};
	days[7] = (struct work_exception){.day = day(2026, 10, 10), .what = w.week[0], .name = "调休"};
	return w;
}

static void test_hours(void **state)
{
	const struct zone *z = shanghai;
	struct worktime w = office(z);
	int64_t got;
	const char *name;
	assert_int_equal(worktime_between(&w, at(z, "2026-09-30 17:00"), at(z, "2026-10-08 10:00")), 2 * HOUR_MS);
	assert_int_equal(worktime_between(&w, at(z, "2026-11-23 11:30"), at(z, "2026-11-23 14:00")), HOUR_MS);
	assert_int_equal(worktime_between(&w, at(z, "2026-11-23 14:00"), at(z, "2026-11-23 11:30")), 0);
	assert_int_equal(worktime_between(&w, at(z, "2026-10-09 18:00"), at(z, "2026-10-11 00:00")), 450 * MINUTE_MS);
	assert_int_equal(worktime_after(&w, at(z, "2026-09-30 17:30"), HOUR_MS, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-08 09:30"));
	/* Exactly the rest of a day ends with it, not with the next. */
	assert_int_equal(worktime_after(&w, at(z, "2026-09-30 17:30"), 30 * MINUTE_MS, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-09-30 18:00"));
	assert_int_equal(worktime_after(&w, at(z, "2026-10-03 17:30"), 0, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-03 17:30"));
	assert_true(worktime_open_at(&w, at(z, "2026-11-23 09:00")));
	assert_false(worktime_open_at(&w, at(z, "2026-11-23 12:00")));
	assert_false(worktime_open_at(&w, at(z, "2026-10-01 09:00")));
	assert_true(worktime_day_open(&w, day(2026, 10, 10)));
	assert_int_equal(worktime_day(&w, day(2026, 10, 1), &name)->n, 0);
	assert_string_equal(name, "国庆节");
}

static void test_days(void **state)
{
	const struct zone *z = shanghai;
	struct worktime w = office(z);
	int64_t got;
	assert_int_equal(worktime_add_days(&w, at(z, "2026-09-30 20:00"), 3, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-10 20:00"));
	assert_int_equal(worktime_add_days(&w, at(z, "2026-10-08 08:00"), -1, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-09-30 08:00"));
	assert_int_equal(worktime_day_end(&w, at(z, "2026-09-30 08:00"), 0, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-09-30 18:00"));
	assert_int_equal(worktime_day_end(&w, at(z, "2026-09-30 18:00"), 0, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-08 18:00"));
	assert_int_equal(worktime_day_end(&w, at(z, "2026-10-08 08:00"), 2, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-10 18:00"));
	w.always = true;
	assert_int_equal(worktime_add_days(&w, at(z, "2026-09-30 20:00"), 3, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-03 20:00"));
	assert_int_equal(worktime_between(&w, 0, 123456), 123456);
	assert_int_equal(worktime_day_end(&w, at(z, "2026-09-30 20:00"), 0, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-10-01 00:00"));
}

static void test_nights(void **state)
{
	const struct zone *z = shanghai;
	struct worktime w = {.zone = z};
	int64_t got;
	for (int i = 0; i < 7; i++) /* 20–8 and, overlapping it, 7–9 */
		w.week[i] = (struct work_day){.hours = {{420, 540}, {1200, 1920}}, .n = 2};
	assert_int_equal(worktime_between(&w, at(z, "2026-11-23 12:00"), at(z, "2026-11-24 12:00")), 13 * HOUR_MS);
	assert_int_equal(worktime_between(&w, at(z, "2026-11-24 03:00"), at(z, "2026-11-24 07:30")), 270 * MINUTE_MS);
	assert_int_equal(worktime_day_end(&w, at(z, "2026-11-23 12:00"), 0, &got), ERR_OK);
	assert_int_equal(got, at(z, "2026-11-24 08:00"));
	/* Friday's night runs into Saturday, which itself is off; Sunday's does not begin. */
	w.week[5].n = w.week[6].n = 0;
	assert_int_equal(worktime_between(&w, at(z, "2026-11-28 00:00"), at(z, "2026-11-30 07:00")), 8 * HOUR_MS);
	struct worktime none = {.zone = z};
	assert_int_equal(worktime_after(&none, 0, 1, &got), ERR_INVALID);
	assert_int_equal(worktime_day_end(&none, 0, 0, &got), ERR_INVALID);
	assert_int_equal(worktime_add_days(&none, 0, 1, &got), ERR_INVALID);
}

static void test_clock_changes(void **state)
{
	struct worktime w = {.zone = berlin};
	int64_t got;
	for (int i = 0; i < 7; i++)
		w.week[i] = (struct work_day){.hours = {{60, 240}}, .n = 1}; /* 1–4 */
	assert_int_equal(worktime_between(&w, at(berlin, "2026-03-29 00:00"), at(berlin, "2026-03-30 00:00")),
	                 2 * HOUR_MS);
	assert_int_equal(worktime_between(&w, at(berlin, "2026-10-25 00:00"), at(berlin, "2026-10-26 00:00")),
	                 4 * HOUR_MS);
	assert_int_equal(worktime_after(&w, at(berlin, "2026-10-25 00:00"), 4 * HOUR_MS, &got), ERR_OK);
	assert_int_equal(got, at(berlin, "2026-10-25 04:00"));
	/* 1–2:30 on the day with two of them: an hour and a half, and the half hour again. */
	for (int i = 0; i < 7; i++)
		w.week[i].hours[0].to = 150;
	assert_int_equal(worktime_between(&w, at(berlin, "2026-10-25 00:00"), at(berlin, "2026-10-26 00:00")),
	                 2 * HOUR_MS);
	assert_int_equal(worktime_day_end(&w, at(berlin, "2026-10-25 00:00"), 0, &got), ERR_OK);
	assert_int_equal(got, at(berlin, "2026-10-25 02:30") + HOUR_MS);
	w.zone = lord_howe; /* half an hour, in April */
	assert_int_equal(worktime_between(&w, at(lord_howe, "2026-04-05 00:00"), at(lord_howe, "2026-04-06 00:00")),
	                 2 * HOUR_MS);
	assert_int_equal(zone_next_change(berlin, at(berlin, "2050-01-01 00:00")), at(berlin, "2050-03-27 03:00"));
	assert_int_equal(zone_next_change(shanghai, at(shanghai, "2026-01-01 00:00")), INT64_MAX);
}

/* ---- what comes round --------------------------------------------------------------------------------- */

/* Days and weeks that are alike are counted: it must be what they are one by one. */
static void check_years(const struct worktime *w)
{
	int64_t from = at(w->zone, "2025-02-14 10:17"), to = at(w->zone, "2028-03-03 16:05");
	for (int step = 0; step < 40; step++, from += 29 * HOUR_MS, to -= 67 * HOUR_MS) {
		int64_t sum = 0;
		for (int64_t t = from; t < to; t += DAY_MS)
			sum += worktime_between(w, t, t + DAY_MS < to ? t + DAY_MS : to);
		assert_int_equal(worktime_between(w, from, to), sum);
	}
}

static void test_years(void **state)
{
	const struct zone *zones[] = {shanghai, berlin, lord_howe};
	for (size_t z = 0; z < 3; z++) {
		struct worktime w = office(zones[z]);
		check_years(&w);
		/* Hours that overlap, and a day off that has a night instead. */
		struct work_exception nights[] = {
		        {.day = day(2025, 12, 24), .what = {.hours = {{1200, 1440 + 600}}, .n = 1}},
		        {.day = day(2027, 5, 1)}};
		w.week[2] = (struct work_day){.hours = {{540, 720}, {600, 700}, {660, 1440}}, .n = 3};
		check_years(&w);
		w.exceptions = nights;
		w.n_exceptions = 2;
		check_years(&w);
		/* A night of Fridays that ends after Saturday's own hours have begun. */
		w = office(zones[z]);
		w.week[4] = (struct work_day){.hours = {{540, 720}, {1200, 1440 + 600}}, .n = 2};
		w.week[5] = (struct work_day){.hours = {{480, 660}}, .n = 1};
		check_years(&w);
	}
}

static struct recurrence words(const char *every, const char *months, const char *shift)
{
	struct recurrence r;
	const char *why = NULL;
	if (!recurrence_parse(every, months, shift, &r, &why))
		fail_msg("%s: %s", every, why);
	return r;
}

static void check_next(const struct worktime *w, const struct recurrence *r, const char *after, const char *wanted,
                       const char *period)
{
	struct occurrence o;
	assert_true(recurrence_next(w, r, at(w->zone, after), &o));
	struct local_time t;
	char got[32];
	zone_local(w->zone, o.at, &t);
	snprintf(got, sizeof(got), "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
	assert_string_equal(got, wanted);
	assert_string_equal(o.period, period);
}

#define NEXT(every, months, shift, after, wanted, period)                \
	do {                                                             \
		struct recurrence next_r_ = words(every, months, shift); \
		check_next(&w, &next_r_, after, wanted, period);         \
	} while (0)

static void test_recurrence(void **state)
{
	struct worktime w = office(shanghai);
	NEXT("hour", NULL, NULL, "2026-11-22 10:20", "2026-11-22 11:00", "2026-11-22T03Z");
	NEXT("day 08:00", NULL, NULL, "2026-11-22 08:00", "2026-11-23 08:00", "2026-11-23");
	NEXT("workday 08:30", NULL, NULL, "2026-09-30 09:00", "2026-10-08 08:30", "2026-10-08");
	NEXT("friday 15:00", NULL, NULL, "2026-11-22 10:00", "2026-11-27 15:00", "2026-W48");
	NEXT("week monday 09:00", NULL, NULL, "2026-12-31 10:00", "2027-01-04 09:00", "2027-W01");
	NEXT("week sunday 09:00", NULL, NULL, "2026-12-31 10:00", "2027-01-03 09:00", "2026-W53");
	NEXT("month 25 09:00", NULL, NULL, "2026-11-25 09:00", "2026-12-25 09:00", "2026-12");
	NEXT("month 31", NULL, NULL, "2027-02-01 09:00", "2027-02-28 00:00", "2027-02");
	NEXT("month last 17:00", NULL, NULL, "2028-02-01 09:00", "2028-02-29 17:00", "2028-02");
	NEXT("quarter 1 09:00", NULL, NULL, "2026-11-22 09:00", "2027-01-01 09:00", "2027Q1");
	NEXT("quarter last", NULL, NULL, "2026-11-22 09:00", "2026-12-31 00:00", "2026Q4");
	NEXT("year 12-01 09:00", NULL, NULL, "2026-12-01 09:00", "2027-12-01 09:00", "2027");
	NEXT("year 02-29", NULL, NULL, "2026-12-01 09:00", "2027-02-28 00:00", "2027");
	NEXT("day 08:00", "4-5", NULL, "2026-11-22 08:00", "2027-04-01 08:00", "2027-04-01");
	NEXT("month 1 08:00", "11-2", NULL, "2026-02-22 08:00", "2026-11-01 08:00", "2026-11");
	NEXT("month 1 08:00", "1,7", NULL, "2026-02-22 08:00", "2026-07-01 08:00", "2026-07");
}

static void test_shift(void **state)
{
	struct worktime w = office(shanghai);
	NEXT("month 1 09:00", NULL, NULL, "2026-09-15 09:00", "2026-10-01 09:00", "2026-10");
	NEXT("month 1 09:00", NULL, "skip", "2026-09-15 09:00", "2026-12-01 09:00", "2026-12");
	NEXT("month 1 09:00", NULL, "before", "2026-09-15 09:00", "2026-09-30 09:00", "2026-10");
	NEXT("month 1 09:00", NULL, "before", "2026-09-30 09:00", "2026-10-30 09:00", "2026-11");
	NEXT("month 1 09:00", NULL, "after", "2026-10-02 09:00", "2026-10-08 09:00", "2026-10");
	NEXT("day 09:00", NULL, "after", "2026-09-30 10:00", "2026-10-08 09:00", "2026-10-08");
	/* Thursday 1 October is put on Thursday the 8th, which has its own: both come. */
	struct recurrence r = words("thursday 09:00", NULL, "after");
	struct occurrence first, second;
	assert_true(recurrence_next(&w, &r, at(shanghai, "2026-09-30 10:00"), &first));
	assert_true(recurrence_next(&w, &r, first.at, &second));
	assert_int_equal(first.at, at(shanghai, "2026-10-08 09:00"));
	assert_string_equal(first.period, "2026-W40");
	assert_string_equal(second.period, "2026-W41");
	assert_int_equal(second.at, first.at + 1);
	struct worktime none = {.zone = shanghai};
	r = words("workday 09:00", NULL, NULL);
	assert_false(recurrence_next(&none, &r, 0, &first));
}

static void test_recurrence_clock_changes(void **state)
{
	struct worktime w = {.zone = berlin, .always = true};
	NEXT("day 02:30", NULL, NULL, "2026-03-28 10:00", "2026-03-29 03:00", "2026-03-29");
	NEXT("day 02:30", NULL, NULL, "2026-10-24 10:00", "2026-10-25 02:30", "2026-10-25");
	/* 02:00 comes twice and is two hours; 02:30 comes once. */
	struct recurrence hour = words("hour", NULL, NULL), daily = words("day 02:30", NULL, NULL);
	struct occurrence a, b;
	assert_true(recurrence_next(&w, &hour, at(berlin, "2026-10-25 01:30"), &a));
	assert_true(recurrence_next(&w, &hour, a.at, &b));
	assert_int_equal(b.at - a.at, HOUR_MS);
	assert_string_equal(a.period, "2026-10-25T00Z");
	assert_string_equal(b.period, "2026-10-25T01Z");
	assert_true(recurrence_next(&w, &daily, at(berlin, "2026-10-25 00:00"), &a));
	assert_true(recurrence_next(&w, &daily, a.at, &b));
	assert_string_equal(b.period, "2026-10-26");
}

static void test_words(void **state)
{
	static const char *const wrong[] = {"",
	                                    "dayly",
	                                    "day 8:00",
	                                    "day 24:00",
	                                    "hour 08:00",
	                                    "week",
	                                    "week 08:00",
	                                    "fryday 15:00",
	                                    "month",
	                                    "month 0",
	                                    "month 32",
	                                    "year",
	                                    "year 13-01",
	                                    "year 02-30",
	                                    "year 1-1",
	                                    "quarter 93",
	                                    "month 25 x",
	                                    "day 08:00 x",
	                                    "month last last 09:00",
	                                    "workday friday 09:00"};
	struct recurrence r;
	const char *why;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (recurrence_parse(wrong[i], NULL, NULL, &r, &why))
			fail_msg("`%s` was read", wrong[i]);
	static const char *const months[] = {"", "0", "13", "4-", "-4", "4,,5", "4-13", "x"};
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++)
		if (recurrence_parse("hour", months[i], NULL, &r, &why))
			fail_msg("months `%s` were read", months[i]);
	assert_false(recurrence_parse("hour", NULL, "later", &r, &why));
	assert_int_equal(minute_parse("24:00"), 1440);
	assert_int_equal(minute_parse("24:01"), -1);
	assert_int_equal(minute_parse("9:00"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_hours),  cmocka_unit_test(test_days),
	        cmocka_unit_test(test_nights), cmocka_unit_test(test_clock_changes),
	        cmocka_unit_test(test_years),  cmocka_unit_test(test_recurrence),
	        cmocka_unit_test(test_shift),  cmocka_unit_test(test_recurrence_clock_changes),
	        cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

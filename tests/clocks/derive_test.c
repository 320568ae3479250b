/* Due times as people say them: one example for each kind of target, and what a standstill does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/recur.h"
#include "flow/clocks.h"

static struct zone *zone;
static struct worktime office;

static int start(void **state)
{
	static struct work_exception days[7];
	if (zone_load("Asia/Shanghai", &zone) != ERR_OK)
		return 1;
	office.zone = zone;
	for (int i = 0; i < 5; i++)
		office.week[i] = (struct work_day){.hours = {{540, 720}, {810, 1080}}, .n = 2};
	for (int i = 0; i < 7; i++) /* National Day of 2026 */
		days[i] = (struct work_exception){.day = date_days(2026, 10, 1 + i)};
	office.exceptions = days;
	office.n_exceptions = 7;
	return 0;
}

static int stop(void **state)
{
	zone_free(zone);
	return 0;
}

static int64_t at(const char *s)
{
	struct local_time t = {0};
	char date[DATE_BYTES] = {0};
	memcpy(date, s, 10);
	assert_true(date_parse(date, &t.year, &t.month, &t.day));
	int minute = minute_parse(s + 11);
	t.hour = minute / 60;
	t.minute = minute % 60;
	return zone_instant(zone, &t);
}

static struct target words(const char *text)
{
	struct arena *a = arena_new(1 << 20);
	struct target t;
	const char *why = NULL;
	if (target_parse(a, NULL, NULL, text, &t, &why) != ERR_OK)
		fail_msg("%s", why);
	arena_free(a);
	return t;
}

static int64_t due_of(const char *target, const struct span *spans, size_t n)
{
	struct target t = words(target);
	struct due due;
	assert_int_equal(due_derive(&office, &t, 0, spans, n, 0, &due), ERR_OK);
	return due.due;
}

static void check_due(const char *target, const char *from, const char *wanted)
{
	struct span open = {.from = at(from), .running = true};
	int64_t got = due_of(target, &open, 1);
	/* "24:00" is the last moment of its day. */
	int64_t want = strcmp(wanted + 11, "24:00") == 0 ? at(wanted) - 1 : at(wanted);
	if (got != want)
		fail_msg("%s from %s: %lld, not %s", target, from, (long long)got, wanted);
}

static void test_targets(void **state)
{
	check_due("2h", "2026-11-20 17:00", "2026-11-23 10:00");
	check_due("90m", "2026-11-23 11:00", "2026-11-23 14:00");
	check_due("5bd", "2026-09-29 16:20", "2026-10-13 16:20");
	check_due("3d", "2026-09-30 10:00", "2026-10-03 10:00");
	check_due("1w", "2026-11-20 10:00", "2026-11-27 10:00");
	check_due("1mo", "2027-01-31 10:00", "2027-02-28 10:00");
	check_due("day end", "2026-11-20 10:00", "2026-11-20 18:00");
	check_due("day end", "2026-11-20 18:30", "2026-11-23 18:00");
	check_due("next 14:00", "2026-11-20 10:00", "2026-11-21 14:00");
	check_due("next_bd 12:00", "2026-11-20 10:00", "2026-11-23 12:00");
	check_due("month 25", "2026-11-20 10:00", "2026-11-25 18:00");
	check_due("month 25 17:00", "2026-11-25 17:00", "2026-12-25 17:00");
	check_due("month 25 17:00", "2026-11-25 16:59", "2026-11-25 17:00");
	check_due("month 22", "2026-11-20 10:00", "2026-11-22 24:00"); /* a Sunday */
	check_due("month end", "2026-11-20 10:00", "2026-11-30 18:00");
	check_due("window 3d..5d", "2026-11-20 10:00", "2026-11-25 18:00");
	check_due("window 1bd..2bd", "2026-11-20 10:00", "2026-11-24 18:00");
}

static void test_standstill(void **state)
{
	struct span spans[] = {
	        {.from = at("2026-11-23 09:00"), .to = at("2026-11-23 10:00"), .running = true},
	        {.from = at("2026-11-23 10:00"), .to = at("2026-11-25 10:00")},
	        {.from = at("2026-11-25 10:00"), .running = true},
	};
	assert_int_equal(due_of("2h", spans, 3), at("2026-11-25 11:00"));
	assert_int_equal(due_of("5bd", spans, 3), at("2026-12-02 09:00"));
	assert_int_equal(due_of("3d", spans, 3), at("2026-11-28 09:00"));
	assert_int_equal(due_of("next 14:00", spans, 3), at("2026-11-24 14:00"));
	assert_int_equal(due_of("month 25", spans, 3), at("2026-11-25 18:00"));
	/* An hour and a half of a day: that is what it moves by. */
	spans[1].to = spans[2].from = at("2026-11-23 11:30");
	assert_int_equal(due_of("5bd", spans, 3), at("2026-11-30 10:30"));
	/* It stands: no due time, unless that is a point in time. */
	assert_int_equal(due_of("2h", spans, 1), at("2026-11-23 11:00"));
	spans[1].to = 0;
	assert_int_equal(due_of("2h", spans, 2), 0);
	assert_int_equal(due_of("5bd", spans, 2), 0);
	assert_int_equal(due_of("next 14:00", spans, 2), at("2026-11-24 14:00"));
	assert_int_equal(spans_elapsed(&office, spans, 2, at("2026-11-24 18:00")), HOUR_MS);
}

static void test_warning(void **state)
{
	struct span open = {.from = at("2026-11-23 09:00"), .running = true};
	struct target t = words("5h");
	struct due due;
	assert_int_equal(due_derive(&office, &t, 0, &open, 1, 80, &due), ERR_OK);
	assert_int_equal(due.due, at("2026-11-23 15:30"));
	assert_int_equal(due.warn, at("2026-11-23 14:30"));
	t = words("5bd"); /* 80 % of five days of 7.5 hours */
	assert_int_equal(due_derive(&office, &t, 0, &open, 1, 80, &due), ERR_OK);
	assert_int_equal(due.warn, at("2026-11-26 18:00"));
	t = words("window 3d..5d");
	assert_int_equal(due_derive(&office, &t, 0, &open, 1, 0, &due), ERR_OK);
	assert_int_equal(due.open_from, at("2026-11-26 00:00"));
	assert_int_equal(due.warn, 0);
	t = (struct target){.kind = TARGET_BY};
	assert_int_equal(due_derive(&office, &t, at("2026-11-22 09:00"), &open, 1, 80, &due), ERR_OK);
	assert_int_equal(due.due, at("2026-11-22 09:00")); /* past already */
	assert_int_equal(due.warn, due.due);
	struct worktime none = {.zone = zone};
	t = words("2h");
	assert_int_equal(due_derive(&none, &t, 0, &open, 1, 80, &due), ERR_INVALID);
}

static void test_words(void **state)
{
	static const char *const wrong[] = {"",
	                                    "5",
	                                    "5 bd",
	                                    "day",
	                                    "next 25:00",
	                                    "next",
	                                    "month 0",
	                                    "month 32",
	                                    "month end end",
	                                    "window 5d..3d",
	                                    "window 3d",
	                                    "window 3d..5bd",
	                                    "by",
	                                    "by due",
	                                    "@limit",
	                                    "-3d",
	                                    "99999999d",
	                                    "month 25 x",
	                                    "day end now",
	                                    "window 1w..2w"};
	struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct target t;
		const char *why = NULL;
		if (target_parse(a, NULL, NULL, wrong[i], &t, &why) != ERR_INVALID || why == NULL)
			fail_msg("`%s` was read", wrong[i]);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_targets),
	        cmocka_unit_test(test_standstill),
	        cmocka_unit_test(test_warning),
	        cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

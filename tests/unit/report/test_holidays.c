/* Holidays in and out: JSON, iCalendar, YAML, joined, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "report/holidays_in.h"

static int start(void **state)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct ctx *ctx = ARENA_NEW(a, struct ctx);
	ctx->arena = a;
	*state = ctx;
	return 0;
}

static int stop(void **state)
{
	arena_free(((struct ctx *)*state)->arena);
	return 0;
}

static size_t read_ok(struct ctx *ctx, const char *text, struct holiday **ret_days)
{
	size_t n = 0;
	assert_int_equal(holidays_read(ctx, text, strlen(text), ret_days, &n), ERR_OK);
	return n;
}

static void check_refused(struct ctx *ctx, const char *text, const char *words)
{
	struct holiday *days;
	size_t n;
	ctx_forget(ctx);
	assert_int_equal(holidays_read(ctx, text, strlen(text), &days, &n), ERR_INVALID);
	assert_true(ctx->problems.n > 0);
	if (!strstr(ctx->problems.list[0].detail, words))
		fail_msg("`%s` does not say `%s`", ctx->problems.list[0].detail, words);
}

static void test_json(void **state)
{
	struct holiday *days;
	assert_int_equal(read_ok(*state,
	                         "\xef\xbb\xbf {\"year\": 2026, \"papers\": [], \"days\": ["
	                         "{\"name\": \"国庆节\", \"date\": \"2026-10-10\", \"isOffDay\": false},"
	                         "{\"name\": \"国庆节\", \"date\": \"2026-10-01\", \"isOffDay\": true},"
	                         "{\"name\": \"改\", \"date\": \"2026-10-01\", \"isOffDay\": true}]}",
	                         &days),
	                 2);
	assert_int_equal(days[0].day, date_days(2026, 10, 1));
	assert_true(days[0].off);
	assert_string_equal(days[0].name, "改");
	assert_false(days[1].off);
	assert_int_equal(
	        read_ok(*state,
	                "[{\"days\": [{\"date\": \"2027-01-01\", \"isOffDay\": true}]}, {\"days\": [{\"date\": "
	                "\"2028-01-01\", \"isOffDay\": true, \"name\": \"a\\nb\"}]}]",
	                &days),
	        2);
	assert_string_equal(days[0].name, "");
	assert_string_equal(days[1].name, "a b");
}

static void test_ical(void **state)
{
	struct holiday *days;
	assert_int_equal(
	        read_ok(*state,
	                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	                "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261003\r\nSUMMARY:"
	                "国庆节\r\nEND:VEVENT\r\n"
	                "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261010\r\nSUMMARY:国庆节 班\r\nEND:VEVENT\r\n"
	                "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261011\r\nSUMMARY:Special Workday\r\nEND:VEVENT\r\n"
	                "BEGIN:VEVENT\r\nDTSTART:20261225T090000Z\r\nSUMMARY:meeting\r\nEND:VEVENT\r\n"
	                "END:VCALENDAR\r\n",
	                &days),
	        4);
	assert_true(days[0].off && days[1].off);
	assert_string_equal(days[1].name, "国庆节");
	assert_false(days[2].off);
	assert_false(days[3].off);
	assert_int_equal(
	        read_ok(*state,
	                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY\nSUMMARY:x\n"
	                "END:VEVENT\nEND:VCALENDAR\n",
	                &days),
	        20);
	assert_int_equal(days[19].day, date_days(2045, 5, 1));
}

static void test_refused(void **state)
{
	check_refused(*state, "", "days");
	check_refused(*state, "{\"days\": [{\"date\": \"2026-13-01\", \"isOffDay\": true}]}", "no date");
	check_refused(*state, "{\"days\": [{\"date\": \"2026-01-01\"}]}", "day 1: isOffDay");
	check_refused(*state, "{\"year\": 2026}", "isOffDay");
	check_refused(*state, "{\"days\": []}", "no day");
	check_refused(*state, "holidays: x\n", "days");
	check_refused(*state, "holidays: x\ndays:\n  - {date: 2026-01-01, off: maybe}\n", "line 3");
	check_refused(*state, "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no all-day events");
	check_refused(*state, "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "END is missing");
	check_refused(*state, "BEGIN:VCALENDAR\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\n", "line 5: nested too deep");
	check_refused(*state,
	              "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20280101\nEND:"
	              "VEVENT\nEND:"
	              "VCALENDAR\n",
	              "lasts 730 days");
	check_refused(*state,
	              "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=SECONDLY;BYMONTHDAY=30;"
	              "BYMONTH=2\n"
	              "END:VEVENT\nEND:VCALENDAR\n",
	              "not by years");
	check_refused(*state, "\xff", "UTF-8");
}

static void test_merge(void **state)
{
	struct ctx *ctx = *state;
	struct holiday *old, *more, *all, *again;
	size_t n_all, added, changed;
	size_t n_old = read_ok(ctx,
	                       "holidays: cn\ndays:\n  - {date: 2026-01-01, off: true, name: 'it''s'}\n"
	                       "  - {date: 2026-01-02, off: true}\n",
	                       &old);
	size_t n_more = read_ok(ctx,
	                        "holidays: cn\ndays:\n  - {date: 2026-01-02, off: false}\n  - {date: 2026-01-03, off: "
	                        "true}\n",
	                        &more);
	holidays_merge(ctx->arena, old, n_old, more, n_more, &all, &n_all, &added, &changed);
	assert_int_equal(n_all, 3);
	assert_int_equal(added, 1);
	assert_int_equal(changed, 1);
	assert_false(all[1].off);
	/* What is written reads back as the same. */
	const char *text = holidays_yaml(ctx->arena, "cn", "节'假日", all, n_all);
	assert_int_equal(read_ok(ctx, text, &again), 3);
	holidays_merge(ctx->arena, all, n_all, again, 3, &more, &n_more, &added, &changed);
	assert_int_equal(added + changed, 0);
	assert_string_equal(again[0].name, "it's");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_json, start, stop),
	        cmocka_unit_test_setup_teardown(test_ical, start, stop),
	        cmocka_unit_test_setup_teardown(test_refused, start, stop),
	        cmocka_unit_test_setup_teardown(test_merge, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

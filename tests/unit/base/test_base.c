/* base/: memory, JSON, time, ids. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"

static void add_one(void *arg)
{
	(*(int *)arg)++;
}

static void test_arena(void **state)
{
	struct arena *a = arena_new(4 << 20);
	int cleared = 0, rewound = 0;
	struct arena_mark empty = arena_mark(a);
	char *kept = arena_strdup(a, "kept");
	arena_on_clear(a, add_one, &cleared);
	struct arena_mark mark = arena_mark(a);
	arena_on_clear(a, add_one, &rewound);
	for (int i = 0; i < 1000; i++) {
		char *p = arena_alloc(a, 1000);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (int j = 0; j < 1000; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xff, 1000);
	}
	size_t held = arena_bytes(a);
	arena_rewind(a, mark);
	assert_int_equal(rewound, 1);
	assert_int_equal(cleared, 0);
	assert_true(arena_bytes(a) < held);
	assert_string_equal(kept, "kept");
	char *grown = arena_strndup(a, "abc", 3);
	grown = arena_grow(a, grown, 4, 5000);
	assert_string_equal(grown, "abc");
	assert_int_equal(grown[4999], 0);
	arena_rewind(a, empty);
	assert_int_equal(cleared, 1);
	assert_string_equal(arena_printf(a, "%300s|", "x") + 299, "x|");
	arena_free(a);
}

static void test_buf(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct buf b;
	buf_init(&b, a, 10);
	assert_string_equal(b.data, "");
	buf_int(&b, INT64_MIN / 1000000000000);
	assert_string_equal(b.data, "-9223372");
	buf_printf(&b, "%s", "abc");
	assert_true(b.over);
	buf_char(&b, 'x');
	assert_string_equal(b.data, "-9223372");
	buf_init(&b, a, 100);
	buf_int(&b, INT64_MIN);
	assert_string_equal(b.data, "-9223372036854775808");
	arena_free(a);
}

static struct ctx *ctx_new(void)
{
	struct arena *a = arena_new(8 << 20);
	struct ctx *ctx = ARENA_NEW(a, struct ctx);
	ctx->arena = a;
	return ctx;
}

static enum err parse(struct ctx *ctx, const char *text)
{
	json_t *j;
	ctx_forget(ctx);
	return json_parse(ctx, text, strlen(text), &j);
}

static void test_json_in(void **state)
{
	struct ctx *ctx = ctx_new();
	char deep[80];
	assert_int_equal(parse(ctx, "{\"a\":[1,\"二\",null,-5.5e3]}"), ERR_OK);
	static const char *const bad[] = {"",     "{",     "{\"a\":1,\"a\":2}", "\"\\u0000\"",          "\"\xff\"",
	                                  "[1,]", "{} {}", "[\"\\ud800\"]",     "99999999999999999999", "nul"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(ctx, bad[i]), ERR_BAD_REQUEST);
		assert_int_equal(ctx->problems.n, 1);
	}
	memset(deep, '[', 33);
	memset(deep + 33, ']', 33);
	deep[66] = '\0';
	assert_int_equal(parse(ctx, deep), ERR_BAD_REQUEST);
	deep[65] = '\0';
	assert_int_equal(parse(ctx, deep + 1), ERR_OK);
	assert_int_equal(parse(ctx, "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\""), ERR_OK);
	arena_free(ctx->arena);
}

static void test_json_out(void **state)
{
	struct ctx *ctx = ctx_new();
	struct buf b;
	struct json_out o;
	json_t *tree;
	buf_init(&b, ctx->arena, 4096);
	json_out_init(&o, &b);
	json_open(&o, '{');
	json_key(&o, "a");
	json_open(&o, '[');
	json_int(&o, -3);
	json_id(&o, 9007199254740993);
	json_id(&o, 0);
	json_bool(&o, true);
	json_text(&o, NULL);
	json_text(&o, "<b>&\"\\\n\x01 二\xe2\x80\xa8");
	json_close(&o, ']');
	json_key(&o, "t");
	json_instant(&o, 0);
	json_key(&o, "n");
	json_open(&o, '{');
	json_close(&o, '}');
	json_key(&o, "r");
	json_raw(&o, "[]", 2);
	json_close(&o, '}');
	assert_string_equal(b.data, "{\"a\":[-3,\"9007199254740993\",null,true,null,"
	                            "\"\\u003cb\\u003e\\u0026\\\"\\\\\\n\\u0001 二\\u2028\"],"
	                            "\"t\":\"1970-01-01T00:00:00.000Z\",\"n\":{},\"r\":[]}");
	const char *text = "{\"x\":[1,0.1,\"y\",{\"z\":null}],\"b\":false}";
	assert_int_equal(json_parse(ctx, text, strlen(text), &tree), ERR_OK);
	buf_init(&b, ctx->arena, 4096);
	json_out_init(&o, &b);
	json_tree(&o, tree);
	assert_string_equal(b.data, text);
	arena_free(ctx->arena);
}

static void test_dates(void **state)
{
	int y, m, d;
	for (int64_t days = -200000; days < 200000; days += 13) {
		date_from_days(days, &y, &m, &d);
		assert_int_equal(date_days(y, m, d), days);
	}
	assert_int_equal(date_days(1970, 1, 1), 0);
	assert_int_equal(date_days(2000, 2, 29), 11016);
	assert_int_equal(date_days(2026, 14, 0), date_days(2027, 1, 31));
	assert_int_equal(date_days(2026, -1, 1), date_days(2025, 11, 1));
	assert_true(date_parse("2024-02-29", &y, &m, &d));
	assert_false(date_parse("2026-02-29", &y, &m, &d));
	assert_false(date_parse("2026-2-9", &y, &m, &d));
	assert_false(date_parse("2026-02-09 ", &y, &m, &d));
	assert_false(date_parse("2026-13-01", &y, &m, &d));
}

static void test_instants(void **state)
{
	int64_t ms;
	char text[INSTANT_BYTES];
	assert_true(instant_parse("2026-11-22T15:30:00.5+08:00", &ms));
	instant_format(ms, text);
	assert_string_equal(text, "2026-11-22T07:30:00.500Z");
	assert_true(instant_parse("2026-11-22T15:30Z", &ms));
	assert_true(instant_parse("1969-12-31T23:59:59.999Z", &ms));
	assert_int_equal(ms, -1);
	instant_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	static const char *const bad[] = {
	        "2026-11-22",           "2026-11-22T15:30",         "2026-11-22T24:00Z",    "2026-11-22T15:30:00.Z",
	        "2026-11-22 15:30:00Z", "2026-11-22T15:30:00+0800", "2026-11-22T15:30:00Zx"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(instant_parse(bad[i], &ms));
}

static struct zone *zone_of(const char *name)
{
	struct zone *z;
	assert_int_equal(zone_load(name, &z), ERR_OK);
	return z;
}

static void check_local(const char *name, const char *utc, const char *local)
{
	struct zone *z = zone_of(name);
	struct local_time t;
	int64_t at;
	char text[64];
	assert_true(instant_parse(utc, &at));
	zone_local(z, at, &t);
	snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d %d", t.year, t.month, t.day, t.hour, t.minute,
	         t.weekday);
	assert_string_equal(text, local);
	zone_free(z);
}

static void test_zones(void **state)
{
	struct zone *z;
	static const char *const bad[] = {"",     "../etc/passwd", "/etc/passwd", "Asia/Nowhere",
	                                  "Asia", "tzdata.zi",     "Asia/../UTC"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(zone_load(bad[i], &z), ERR_INVALID);
	check_local("Asia/Shanghai", "2026-11-22T16:00:00Z", "2026-11-23 00:00 1");
	check_local("Asia/Shanghai", "1988-07-01T00:00:00Z", "1988-07-01 09:00 5");
	check_local("America/New_York", "2026-07-04T12:00:00Z", "2026-07-04 08:00 6");
	check_local("America/New_York", "2060-01-04T12:00:00Z", "2060-01-04 07:00 7");
	check_local("America/New_York", "2060-07-04T12:00:00Z", "2060-07-04 08:00 7");
	check_local("Australia/Sydney", "2060-01-01T00:00:00Z", "2060-01-01 11:00 4");
	check_local("Australia/Sydney", "2060-07-01T00:00:00Z", "2060-07-01 10:00 4");
	check_local("Europe/Dublin", "2060-07-01T00:00:00Z", "2060-07-01 01:00 4");
	check_local("Asia/Kathmandu", "2026-07-01T00:00:00Z", "2026-07-01 05:45 3");
	check_local("UTC", "1901-01-01T00:00:00Z", "1901-01-01 00:00 2");
}

static void check_instant(const struct zone *z, int month, int day, int hour, int minute, const char *utc)
{
	struct local_time t = {.year = 2026, .month = month, .day = day, .hour = hour, .minute = minute};
	char text[INSTANT_BYTES];
	instant_format(zone_instant(z, &t), text);
	assert_string_equal(text, utc);
}

static void test_gaps(void **state)
{
	struct zone *z = zone_of("America/New_York");
	check_instant(z, 3, 8, 1, 59, "2026-03-08T06:59:00.000Z");
	check_instant(z, 3, 8, 2, 30, "2026-03-08T07:00:00.000Z"); /* skipped */
	check_instant(z, 3, 8, 3, 0, "2026-03-08T07:00:00.000Z");
	check_instant(z, 11, 1, 1, 30, "2026-11-01T05:30:00.000Z"); /* doubled: the earlier */
	check_instant(z, 11, 1, 2, 0, "2026-11-01T07:00:00.000Z");
	check_instant(z, 14, 0, 12, 0, "2027-01-31T17:00:00.000Z");
	int64_t noon;
	assert_true(instant_parse("2026-03-08T16:00:00Z", &noon));
	assert_int_equal(zone_day_start(z, noon, 1) - zone_day_start(z, noon, 0), 23 * HOUR_MS);
	/* Every hour of a year there and back. */
	for (int64_t at = noon; at < noon + 366 * DAY_MS; at += HOUR_MS) {
		struct local_time t;
		zone_local(z, at, &t);
		int64_t back = zone_instant(z, &t);
		assert_true(back == at || back == at - HOUR_MS);
	}
	zone_free(z);
}

static void test_ids(void **state)
{
	struct ids *ids = ids_new(7);
	int64_t now = clock_now_ms(), last = 0, first = 0;
	for (int i = 0; i < 20000; i++) {
		int64_t id = ids_next(ids, i % 3 ? now : now - 5000);
		assert_true(id > last);
		if (i == 0)
			first = id;
		last = id;
	}
	/* 20,000 of one node: three milliseconds' worth. */
	assert_true(last < ids_floor(now + 3));
	assert_true(first >= ids_floor(now - 5000));
	assert_true(ids_floor(now) < ids_floor(now + 1));
	ids_free(ids);
	/* The next process of the same node, its clock an hour behind. */
	ids = ids_new(7);
	ids_after(ids, last);
	assert_true(ids_next(ids, now - 3600000) > last);
	ids_after(ids, 0);
	assert_true(ids_next(ids, now - 3600000) > last);
	ids_free(ids);
	int64_t id;
	assert_true(id_parse("9223372036854775807", &id));
	assert_int_equal(id, INT64_MAX);
	static const char *const bad[] = {"", "0", "-1", "+1", "01", "9223372036854775808", "1 ", "x"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(id_parse(bad[i], &id));
}

static void test_problems(void **state)
{
	struct ctx *ctx = ctx_new();
	char field[] = "mobile";
	assert_int_equal(ctx_problem(ctx, ERR_INVALID, field, "required", "%s %d", "x", 1), ERR_INVALID);
	field[0] = 'X';
	assert_string_equal(ctx->problems.list[0].field, "mobile");
	assert_string_equal(ctx->problems.list[0].detail, "x 1");
	for (int i = 0; i < 100; i++)
		ctx_problem(ctx, ERR_INVALID, "", "c", NULL);
	assert_int_equal(ctx->problems.n, PROBLEMS_MAX);
	for (int e = 0; e < ERR_COUNT; e++)
		assert_non_null(err_code((enum err)e));
	arena_free(ctx->arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_arena),    cmocka_unit_test(test_buf),   cmocka_unit_test(test_json_in),
	        cmocka_unit_test(test_json_out), cmocka_unit_test(test_dates), cmocka_unit_test(test_instants),
	        cmocka_unit_test(test_zones),    cmocka_unit_test(test_gaps),  cmocka_unit_test(test_ids),
	        cmocka_unit_test(test_problems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

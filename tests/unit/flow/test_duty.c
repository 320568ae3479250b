/* Duties: each period made once, whatever the machine's clock and the server do; and who sees what of the calendar. */
#include "flow/due.h"
#include "flow/duty.h"
#include "house.h"

/* Two agents of two teams, one lead, a worker; the duties of the service desk. */
static int setup(void **state)
{
	struct house *h = house_new(REAL_PACKS, "core service_desk", false);
	h->desk = house_team(h, "KF", "客服部");
	h->other = house_team(h, "EB", "二部");
	int64_t agent = house_role(h, "agent");
	h->li = house_person(h, "li", agent, h->desk);
	h->chen = house_person(h, "chen", agent, h->other);
	h->wang = house_person(h, "wang", house_role(h, "lead"), h->desk);
	h->zhao = house_person(h, "zhao", house_role(h, "worker"), h->other);
	*state = h;
	return 0;
}

static int64_t instant(const struct house *h, int year, int month, int day, int hour, int minute)
{
	struct local_time local = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};
	return zone_instant(h->ground.zone, &local);
}

/* The duties alone, from their plan on. */
static void plan(struct house *h)
{
	OK(h, due_plan(&h->ctx));
	house_sql(h, "delete from due_work where kind <> 'duty'");
}

static int64_t runs(struct house *h, const char *where)
{
	return house_count(h, arena_printf(h->arena, "select count(*) from duty_run where %s", where));
}

/* ---- once ------------------------------------------------------------------------------------------------- */

static void test_a_day_is_made_once(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 11, 23, 7, 0);
	plan(h);
	assert_int_equal(house_worked(h), 0);
	h->ctx.now_ms = instant(h, 2026, 11, 23, 8, 35);
	house_worked(h);
	assert_int_equal(runs(h, "duty = 'open_desk' and period = '2026-11-23' and state = 'made'"), 1);
	/* each: one for either agent, in his team; the lead's own is his */
	assert_int_equal(house_count(h, "select count(*) from work where type = 'duty_task'"), 4);
	assert_int_equal(
	        house_count(h, arena_printf(h->arena, "select count(*) from work where owner = %lld and team = %lld",
	                                    (long long)h->chen, (long long)h->other)),
	        1);
	assert_int_equal(house_count(h, arena_printf(h->arena, "select count(*) from work where owner = %lld",
	                                             (long long)h->wang)),
	                 2);
	assert_int_equal(house_int(h, "duty_task", house_last(h, "duty_task"), "due"), instant(h, 2026, 11, 23, 8, 40));
	/* an hour back, and forth again; and the same plan once more */
	h->ctx.now_ms -= HOUR_MS;
	assert_int_equal(house_worked(h), 0);
	OK(h, due_plan(&h->ctx));
	h->ctx.now_ms += HOUR_MS + MINUTE_MS;
	house_worked(h);
	assert_int_equal(house_count(h, "select count(*) from work where type = 'duty_task'"), 4);
}

static void test_another_text_while_the_clock_is_back_doubles_nothing(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 11, 23, 7, 0);
	plan(h);
	h->ctx.now_ms = instant(h, 2026, 11, 23, 8, 31);
	house_worked(h);
	int64_t all = house_count(h, "select count(*) from work");
	h->ctx.now_ms -= HOUR_MS;
	house_sql(h, "update due_work set body = '{\"period\":\"x\",\"version\":\"another\"}' where kind = 'duty'");
	OK(h, due_plan(&h->ctx));
	h->ctx.now_ms += HOUR_MS;
	house_worked(h);
	assert_int_equal(house_count(h, "select count(*) from work"), all);
	assert_int_equal(runs(h, "duty = 'open_desk'"), 1);
}

/* ---- a server that was off ----------------------------------------------------------------------------------- */

static void test_a_week_off(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 11, 26, 20, 0); /* a Thursday evening */
	plan(h);
	h->ctx.now_ms = instant(h, 2026, 12, 3, 12, 0);
	house_worked(h);
	/* Friday and Monday to Wednesday were missed, Thursday is made. */
	assert_int_equal(runs(h, "duty = 'open_desk' and state = 'skipped' and note = 'missed'"), 4);
	assert_int_equal(runs(h, "duty = 'open_desk' and state = 'made' and period = '2026-12-03'"), 1);
	assert_int_equal(runs(h, "duty = 'open_desk'"), 5);
	/* Each of the month is made: November's last day, December's first and third. */
	assert_int_equal(runs(h, "duty = 'month_summary' and state = 'made' and period = '2026-11'"), 1);
	assert_int_equal(runs(h, "duty = 'contract_ends' and state = 'made' and period = '2026-12'"), 1);
	assert_int_equal(runs(h, "duty = 'gifts_and_plans' and state = 'made' and period = '2026'"), 1);
	assert_int_equal(house_worked(h), 0);
}

static void test_months_off_are_all_made(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 6, 15, 12, 0);
	plan(h);
	h->ctx.now_ms = instant(h, 2026, 9, 15, 12, 0);
	house_worked(h);
	assert_int_equal(runs(h, "duty = 'month_summary' and state = 'made'"), 3);
	assert_int_equal(runs(h, "duty = 'weekly_report' and state = 'made'"), 1);
	assert_int_equal(runs(h, "duty = 'weekly_report' and state = 'skipped'"), 12);
}

/* A new text that comes with the restart does not lose what fell due before it. */
static void test_another_text_after_a_time_off_loses_nothing(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 11, 20, 12, 0);
	plan(h);
	house_sql(h, "update due_work set body = replace(body, '\"version\":\"', '\"version\":\"other') "
	             "where kind = 'duty'");
	h->ctx.now_ms = instant(h, 2026, 12, 2, 12, 0);
	OK(h, due_plan(&h->ctx));
	house_worked(h);
	assert_int_equal(runs(h, "duty = 'month_summary' and state = 'made' and period = '2026-11'"), 1);
	assert_int_equal(runs(h, "duty = 'contract_ends' and state = 'made' and period = '2026-12'"), 1);
}

/* What failed and is tried again later is still the duty of its own time. */
static void test_what_was_put_off_keeps_its_time(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 11, 23, 7, 0);
	plan(h);
	house_sql(h, "update due_work set state = 'dead', tries = 10 where key = 'duty:contract_ends'");
	h->ctx.now_ms = instant(h, 2027, 1, 20, 12, 0);
	house_sql(h, "update due_work set state = 'ready', tries = 0, due_at = 1800415200000 "
	             "where key = 'duty:contract_ends'"); /* as due_rerun does */
	house_worked(h);
	assert_int_equal(runs(h, "duty = 'contract_ends' and state = 'made' and period = '2026-12'"), 1);
	assert_int_equal(runs(h, "duty = 'contract_ends' and state = 'made' and period = '2027-01'"), 1);
	assert_int_equal(house_count(h, "select at from duty_run where duty = 'contract_ends' and period = '2026-12'"),
	                 instant(h, 2026, 12, 1, 9, 0));
}

/* ---- skipping ------------------------------------------------------------------------------------------------- */

struct skip {
	const char *duty, *period;
};

static enum err skip_fn(struct ctx *ctx, void *arg)
{
	const struct skip *s = arg;
	return duty_skip(ctx, s->duty, s->period, "放假");
}

static enum err skipped(struct house *h, const char *duty, const char *period)
{
	ctx_forget(&h->ctx);
	return store_write(&h->ctx, skip_fn, &(struct skip){duty, period});
}

static void test_skipped(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2026, 11, 23, 7, 0);
	plan(h);
	OK(h, skipped(h, "open_desk", "2026-11-23"));
	assert_int_equal(skipped(h, "open_desk", "2026-11-23"), ERR_CONFLICT);
	assert_int_equal(skipped(h, "open_desk", "2026-11-22"), ERR_INVALID); /* a Sunday, and past */
	assert_int_equal(skipped(h, "open_desk", "2026-11-29"), ERR_INVALID); /* a Sunday */
	assert_int_equal(skipped(h, "nothing", "2026-11-23"), ERR_NOT_FOUND);
	h->ctx.now_ms = instant(h, 2026, 11, 23, 8, 31);
	house_worked(h);
	assert_int_equal(house_count(h, "select count(*) from duty_task where duty = 'open_desk'"), 0);
	assert_int_equal(house_count(h, "select count(*) from duty_task where duty = 'open_lead'"), 1);
	assert_int_equal(skipped(h, "open_lead", "2026-11-23"), ERR_CONFLICT); /* made already */
	h->ctx.now_ms += DAY_MS;
	house_worked(h);
	assert_int_equal(house_count(h, "select count(*) from duty_task where duty = 'open_desk'"), 2);
}

/* ---- the calendar ------------------------------------------------------------------------------------------------ */

struct look {
	int64_t person;
	const char *from, *to;
	struct buf buf;
};

static enum err look_fn(struct ctx *ctx, void *arg)
{
	struct look *l = arg;
	struct json_out out;
	buf_init(&l->buf, ctx->arena, 8 << 20);
	json_out_init(&out, &l->buf);
	return duties_write_json(ctx, l->from, l->to, l->person, 0, &out);
}

static json_t *calendar(struct house *h, int64_t user, int64_t person, const char *from, const char *to)
{
	struct look l = {.person = person, .from = from, .to = to};
	OK(h, house_read(h, user, look_fn, &l));
	json_t *j = json_loads(l.buf.data, 0, NULL);
	assert_non_null(j);
	return j;
}

static const char *text_at(json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return s ? s : "";
}

/* How many entries of a duty a day has; date "": all days. *ret_last: the last of them. */
static size_t entries(json_t *calendar, const char *date, const char *duty, json_t **ret_last)
{
	size_t i, k, n = 0;
	json_t *day, *entry;
	json_array_foreach(json_object_get(calendar, "days"), i, day)
	{
		if (*date != '\0' && strcmp(text_at(day, "date"), date) != 0)
			continue;
		json_array_foreach(json_object_get(day, "duties"), k,
		                   entry) if (strcmp(text_at(entry, "duty"), duty) == 0)
		{
			n++;
			if (ret_last != NULL)
				*ret_last = entry;
		}
	}
	return n;
}

static void test_a_year_ahead(void **state)
{
	HOUSE;
	h->ctx.now_ms = instant(h, 2025, 12, 31, 0, 0);
	json_t *j = calendar(h, h->wang, 0, "2026-01-01", "2026-12-31"), *day, *last = NULL;
	assert_int_equal(json_array_size(json_object_get(j, "days")), 365);
	day = json_array_get(json_object_get(j, "days"), 0);
	assert_true(json_is_true(json_object_get(day, "off")));
	assert_string_equal(text_at(day, "name"), "元旦");
	assert_true(json_is_false(json_object_get(json_array_get(json_object_get(j, "days"), 3), "off")));
	/* Twelve months; what falls on a day off comes before, or after. */
	assert_int_equal(entries(j, "", "month_summary", NULL), 12);
	assert_int_equal(entries(j, "2026-01-30", "month_summary", NULL), 1);
	assert_int_equal(entries(j, "2026-02-28", "month_summary", NULL), 1); /* a Saturday that is worked */
	assert_int_equal(entries(j, "2026-05-29", "month_summary", NULL), 1);
	assert_int_equal(entries(j, "", "contract_ends", NULL), 12);
	assert_int_equal(entries(j, "2026-01-04", "contract_ends", NULL), 1);
	assert_int_equal(entries(j, "2026-05-06", "contract_ends", &last), 1);
	assert_string_equal(text_at(last, "state"), "planned");
	assert_string_equal(text_at(last, "period"), "2026-05");
	assert_int_equal(entries(j, "2026-10-08", "contract_ends", NULL), 1);
	assert_int_equal(entries(j, "2026-09-30", "weekly_report", &last), 1); /* Friday is the second of October */
	assert_string_equal(text_at(last, "period"), "2026-W40");
	assert_int_equal(entries(j, "", "gifts_and_plans", NULL), 1);
	assert_int_equal(entries(j, "2026-02-14", "open_desk", NULL), 1);
	assert_int_equal(entries(j, "2026-02-18", "open_desk", NULL), 0);
	assert_int_equal(entries(j, "2026-02-22", "open_desk", NULL), 0);
	json_decref(j);
}

static void test_who_sees_what(void **state)
{
	HOUSE;
	json_t *entry = NULL;
	h->ctx.now_ms = instant(h, 2026, 11, 23, 7, 0);
	plan(h);
	h->ctx.now_ms = instant(h, 2026, 11, 23, 9, 0);
	house_worked(h);
	json_t *j = calendar(h, h->wang, 0, "2026-11-23", "2026-11-24");
	assert_int_equal(entries(j, "2026-11-23", "open_desk", NULL), 2); /* of either agent */
	assert_int_equal(entries(j, "2026-11-23", "open_lead", &entry), 1);
	assert_string_equal(text_at(entry, "state"), "late");
	assert_int_equal(json_array_size(json_object_get(j, "late")), 4);
	assert_int_equal(entries(j, "2026-11-24", "open_desk", NULL), 1);
	json_decref(j);
	/* An agent: his own, not his colleague's, and not another's by asking for him. */
	j = calendar(h, h->chen, h->wang, "2026-11-23", "2026-11-24");
	assert_int_equal(entries(j, "2026-11-23", "open_desk", &entry), 1);
	assert_string_equal(text_at(json_object_get(entry, "owner"), "label"), "chen");
	assert_int_equal(entries(j, "", "open_lead", NULL), 0);
	assert_int_equal(json_array_size(json_object_get(j, "late")), 1);
	json_decref(j);
	/* One who may see all, of one person. */
	j = calendar(h, h->wang, h->li, "2026-11-23", "2026-11-23");
	assert_int_equal(entries(j, "2026-11-23", "open_desk", &entry), 1);
	assert_string_equal(text_at(json_object_get(entry, "owner"), "label"), "li");
	json_decref(j);
	j = calendar(h, h->zhao, 0, "2026-11-23", "2027-11-23");
	assert_int_equal(entries(j, "", "open_desk", NULL), 0);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_a_day_is_made_once, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_another_text_while_the_clock_is_back_doubles_nothing, setup,
	                                        house_teardown),
	        cmocka_unit_test_setup_teardown(test_a_week_off, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_months_off_are_all_made, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_another_text_after_a_time_off_loses_nothing, setup,
	                                        house_teardown),
	        cmocka_unit_test_setup_teardown(test_what_was_put_off_keeps_its_time, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_skipped, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_a_year_ahead, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_who_sees_what, setup, house_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Figures: each number is the number of records that its filter lists, for whoever looks. */
#include "office.h"
#include "report/figures.h"

struct asked {
	const char *name, *at;
	bool share, list;
};

static enum err report_fn(struct ctx *ctx, void *arg, struct json_out *out)
{
	struct asked *a = arg;
	if (a->list)
		return report_list_json(ctx, out);
	return a->share ? report_share_json(ctx, a->name, a->at, out) : report_write_json(ctx, a->name, a->at, out);
}

struct counted {
	const char *type, *where;
};

static enum err count_fn(struct ctx *ctx, void *arg, struct json_out *out)
{
	struct counted *c = arg;
	struct list_query q;
	TRY(list_query_parse(ctx, model_type(ctx->model, c->type), c->where, NULL, NULL, "200", NULL, &q));
	return list_write_json(ctx, &q, out);
}

static json_t *report(struct office *o, int64_t user, const char *name, const char *at)
{
	struct asked a = {.name = name, .at = at};
	json_t *j;
	OK(&o->house, office_json(o, user, report_fn, &a, &j));
	return j;
}

/* The rows that GET /records/{type}?where= would give. */
static size_t rows_of(struct office *o, int64_t user, const char *type, const char *where)
{
	struct counted c = {.type = type, .where = where};
	json_t *j;
	OK(&o->house, office_json(o, user, count_fn, &c, &j));
	assert_true(json_is_null(json_object_get(j, "next")));
	return json_array_size(json_object_get(j, "rows"));
}

static const char *text_of(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static const json_t *figure(const json_t *report, const char *key)
{
	size_t i, k;
	json_t *section, *f;
	json_array_foreach(json_object_get(report, "sections"), i, section) json_array_foreach(
	        json_object_get(section, "figures"), k, f) if (strcmp(text_of(f, "key"), key) == 0) return f;
	fail_msg("no figure %s", key);
	return NULL;
}

static int64_t number(const json_t *report, const char *key)
{
	return json_integer_value(json_object_get(figure(report, key), "value"));
}

/* Every number of the report, figures and cells, against the list behind it; how many were not 0. */
static int checked(struct office *o, int64_t user, const json_t *report)
{
	size_t i, k, c;
	json_t *section, *f, *row, *cell;
	int some = 0;
	json_array_foreach(json_object_get(report, "sections"), i, section)
	{
		json_array_foreach(json_object_get(section, "figures"), k, f)
		{
			if (text_of(f, "type") == NULL)
				continue;
			json_int_t want = (json_int_t)rows_of(o, user, text_of(f, "type"), text_of(f, "where"));
			if (json_integer_value(json_object_get(f, "value")) != want)
				fail_msg("%s is %s, its list has %lld", text_of(f, "key"), json_dumps(f, 0),
				         (long long)want);
			some += want > 0;
		}
		json_array_foreach(json_object_get(json_object_get(section, "table"), "rows"), k, row)
		{
			json_int_t sum = 0, last = 0;
			size_t n = json_array_size(json_object_get(row, "cells"));
			json_array_foreach(json_object_get(row, "cells"), c, cell)
			{
				last = json_integer_value(json_object_get(cell, "value"));
				sum += c + 1 < n ? last : 0;
				if (last > 0)
					assert_int_equal(
					        rows_of(o, user, text_of(cell, "type"), text_of(cell, "where")), last);
			}
			assert_true(n == 1 || sum == last); /* the total is that of its row */
			assert_int_equal(
			        n + 1, json_array_size(json_object_get(json_object_get(section, "table"), "columns")));
			some++;
		}
	}
	return some;
}

static void contact(struct office *o, int64_t user, const char *at, const char *matters)
{
	OK(&o->house,
	   house_create(
	           &o->house, user, "contact",
	           arena_printf(o->house.arena,
	                        "{\"time\":\"%s\",\"channel\":\"phone\",\"direction\":\"inbound\",\"matters\":[%s]}",
	                        at, matters),
	           NULL));
}

static int64_t ticket(struct office *o, int64_t user, const char *title)
{
	int64_t id;
	OK(&o->house,
	   house_create(&o->house, user, "ticket",
	                arena_printf(o->house.arena, "{\"title\":\"%s\",\"description\":\"x\",\"category\":\"repair\"}",
	                             title),
	                &id));
	return id;
}

static void day_make(struct office *o)
{
	struct house *h = &o->house;
	/* Monday 2026-11-23, 10:00 in Shanghai; 23:30 UTC of the 22nd is 7:30 of that day. */
	contact(o, o->agent, "2026-11-22T23:30:00Z",
	        "{\"type\":\"inquiry\",\"content\":\"营业时间\",\"solved_now\":true}");
	contact(o, o->agent, "2026-11-23T01:10:00Z",
	        "{\"type\":\"inquiry\",\"content\":\"a\"},{\"type\":\"praise\",\"content\":\"b\"}");
	contact(o, o->lead, "2026-11-23T01:59:59.999Z", "{\"type\":\"inquiry\",\"content\":\"c\"}");
	contact(o, o->lead, "2026-11-22T15:59:59.999Z", "{\"type\":\"inquiry\",\"content\":\"前一天\"}");
	contact(o, o->lead, "2026-11-23T16:00:00Z", "{\"type\":\"inquiry\",\"content\":\"后一天\"}");
	for (int i = 0; i < 5; i++)
		ticket(o, i < 3 ? o->agent : o->lead, arena_printf(h->arena, "第%d件", i));
	int64_t done = ticket(o, o->agent, "撤销");
	OK(h, house_do(h, o->agent, "ticket", done, "withdraw", "{\"reason\":\"客户不要了\"}"));
}

static void test_numbers_are_lists(void **state)
{
	OFFICE;
	day_make(o);
	const int64_t users[] = {o->agent, o->lead, o->manager, o->worker};
	for (size_t i = 0; i < 4; i++) {
		int some = checked(o, users[i], report(o, users[i], "daily", "2026-11-23"));
		checked(o, users[i], report(o, users[i], "monthly", "2026-11"));
		if (i < 3)
			assert_true(some > 4);
	}
	json_t *all = report(o, o->manager, "daily", NULL);
	assert_string_equal(text_of(all, "date"), "2026-11-23");
	assert_string_equal(text_of(all, "from"), "2026-11-22T16:00:00.000Z");
	assert_int_equal(number(all, "contacts"), 3);
	assert_int_equal(number(all, "solved_now"), 1);
	assert_int_equal(number(all, "praise"), 1);
	assert_int_equal(number(all, "new_tickets"), 6);
	assert_int_equal(number(all, "open_tickets"), 5);
	assert_int_equal(number(all, "closed_tickets"), 1);
	/* Another day, another month. */
	assert_int_equal(number(report(o, o->manager, "daily", "2026-11-22"), "contacts"), 1);
	assert_int_equal(number(report(o, o->manager, "monthly", "2026-11"), "contacts"), 5);
	assert_int_equal(number(report(o, o->manager, "monthly", "2026-12"), "contacts"), 0);
	/* The worker sees none of it: no number tells him more. */
	assert_int_equal(number(report(o, o->worker, "daily", "2026-11-23"), "new_tickets"), 0);
}

static const json_t *table_of(const json_t *report, size_t section)
{
	return json_object_get(json_array_get(json_object_get(report, "sections"), section), "table");
}

static void test_hours(void **state)
{
	OFFICE;
	day_make(o);
	const json_t *t = table_of(report(o, o->manager, "daily", "2026-11-23"), 0);
	json_t *columns = json_object_get(t, "columns"), *rows = json_object_get(t, "rows");
	assert_int_equal(json_array_size(columns), 5); /* 7:00 to 9:00, and the total */
	assert_string_equal(json_string_value(json_array_get(columns, 1)), "7:00");
	assert_string_equal(json_string_value(json_array_get(columns, 3)), "9:00");
	assert_string_equal(json_string_value(json_array_get(columns, 4)), "合计");
	const json_t *consult = NULL;
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (strcmp(text_of(json_array_get(rows, i), "label"), "咨询") == 0)
			consult = json_object_get(json_array_get(rows, i), "cells");
	assert_non_null(consult);
	static const int want[] = {1, 0, 2, 3};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(consult, i), "value")), want[i]);
}

static void promise(struct office *o, const char *state)
{
	office_made(o, "promise",
	            arena_printf(o->house.arena,
	                         "{\"kind\":\"call_back\",\"due\":\"2026-11-23T03:00:00Z\",\"text\":\"回电\"}"));
	if (strcmp(state, "kept") == 0)
		OK(&o->house, house_do(&o->house, 0, "promise", house_last(&o->house, "promise"), "keep", "{}"));
}

static void test_percent(void **state)
{
	OFFICE;
	json_t *none = report(o, o->manager, "daily", "2026-11-23");
	assert_true(json_is_null(json_object_get(figure(none, "kept_rate"), "value"))); /* nothing to divide by */
	promise(o, "kept");
	promise(o, "kept");
	promise(o, "open");
	json_t *some = report(o, o->manager, "daily", "2026-11-23");
	assert_int_equal(number(some, "promises_due"), 3);
	assert_int_equal(number(some, "promises_kept"), 2);
	const json_t *rate = figure(some, "kept_rate");
	assert_true(json_number_value(json_object_get(rate, "value")) > 66.65 &&
	            json_number_value(json_object_get(rate, "value")) < 66.75);
	assert_string_equal(text_of(rate, "unit"), "%");
	assert_null(text_of(rate, "type"));
}

static void compensation(struct office *o, const char *amount)
{
	office_made(o, "compensation",
	            arena_printf(o->house.arena,
	                         "{\"reason\":\"破损\",\"payee\":\"张伟\",\"basis\":\"合同\",\"amount\":\"%s\"}",
	                         amount));
}

/* What a field adds up to, in its digits; of what he may not read nothing counts. */
static void test_sum(void **state)
{
	OFFICE;
	json_t *none = report(o, o->manager, "complaints", "2026-11");
	assert_true(json_number_value(json_object_get(figure(none, "asked_sum"), "value")) == 0);
	compensation(o, "120.50");
	compensation(o, "80.25");
	const json_t *f = figure(report(o, o->manager, "complaints", "2026-11"), "asked_sum");
	assert_true(json_is_real(json_object_get(f, "value")));
	assert_true(json_number_value(json_object_get(f, "value")) == 200.75);
	assert_string_equal(text_of(f, "type"), "compensation");
	struct asked share = {.name = "complaints", .at = "2026-11", .share = true};
	json_t *j;
	OK(h, office_json(o, o->manager, report_fn, &share, &j));
	assert_non_null(strstr(text_of(j, "text"), "（元） 200.75\n"));
}

static void test_periods(void **state)
{
	OFFICE;
	static const char *const bad[] = {"2026-13-01", "2026-02-30", "yesterday", "2026-11"};
	json_t *j;
	for (size_t i = 0; i < 4; i++) {
		struct asked a = {.name = "daily", .at = bad[i]};
		assert_int_equal(office_json(o, o->manager, report_fn, &a, &j), ERR_INVALID);
		assert_true(house_has_problem(h, "date", "bad_date"));
	}
	struct asked month = {.name = "monthly", .at = "2026-00"}, nothing = {.name = "weekly"};
	assert_int_equal(office_json(o, o->manager, report_fn, &month, &j), ERR_INVALID);
	assert_int_equal(office_json(o, o->manager, report_fn, &nothing, &j), ERR_NOT_FOUND);
	json_t *december = report(o, o->manager, "monthly", "2026-12");
	assert_string_equal(text_of(december, "month"), "2026-12");
	assert_string_equal(text_of(december, "from"), "2026-11-30T16:00:00.000Z");
	assert_string_equal(text_of(december, "to"), "2026-12-31T16:00:00.000Z");
}

/* A month by days: one column for each day with something, the first and last trimmed. */
static void test_month(void **state)
{
	OFFICE;
	day_make(o);
	const json_t *t = table_of(report(o, o->manager, "monthly", "2026-11"), 0);
	json_t *columns = json_object_get(t, "columns");
	assert_string_equal(json_string_value(json_array_get(columns, 1)), "11/22");
	assert_string_equal(json_string_value(json_array_get(columns, 2)), "11/23");
	assert_string_equal(json_string_value(json_array_get(columns, 3)), "11/24");
	assert_int_equal(json_array_size(columns), 5);
}

static size_t listed(const json_t *list, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		n += strcmp(text_of(json_array_get(list, i), "name"), name) == 0;
	return n;
}

static void test_share_and_list(void **state)
{
	OFFICE;
	day_make(o);
	struct asked share = {.name = "daily", .at = "2026-11-23", .share = true}, list = {.list = true};
	json_t *j;
	OK(h, office_json(o, o->manager, report_fn, &share, &j));
	const char *text = text_of(j, "text");
	assert_non_null(strstr(text, "日报 2026-11-23\n■ 受理\n  服务记录 3\n"));
	assert_non_null(strstr(text, "兑现率 —\n"));
	assert_null(strstr(text, "李婷"));
	OK(h, office_json(o, o->manager, report_fn, &list, &j));
	/* Each report of the packs once, the day's first. */
	assert_string_equal(text_of(json_array_get(j, 0), "name"), "daily");
	assert_string_equal(text_of(json_array_get(j, 0), "period"), "day");
	assert_int_equal(listed(j, "daily"), 1);
	assert_int_equal(listed(j, "monthly"), 1);
	h->ctx.lang = LANG_EN;
	assert_string_equal(text_of(report(o, o->manager, "daily", NULL), "label"), "Daily report");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)
	const struct CMUnitTest tests[] = {
	        T(test_numbers_are_lists), T(test_hours), T(test_percent),        T(test_sum),
	        T(test_periods),           T(test_month), T(test_share_and_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

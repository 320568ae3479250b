/* Rows of files become records: maps and their faults, headings, second runs, runs that are cut off, times. */
#include "office.h"

#define CSV(o, user, type, map, text) office_import((o), (user), (type), (map), (text), strlen(text), false)
#define DRY(o, user, type, map, text) office_import((o), (user), (type), (map), (text), strlen(text), true)

static void report_is(struct office *o, int64_t rows, int64_t made, int64_t updated, int64_t same, int64_t failed)
{
	const struct import_report *r = &o->report;
	if (r->rows != rows || r->made != made || r->updated != updated || r->same != same || r->failed != failed)
		fail_msg("%lld rows, %lld new, %lld updated, %lld same, %lld failed: %s", (long long)r->rows,
		         (long long)r->made, (long long)r->updated, (long long)r->same, (long long)r->failed,
		         office_errors(o));
	assert_true(r->finished);
}

static int64_t customers(struct office *o)
{
	return house_count(&o->house, "select count(*) from customer");
}

static int64_t tickets(struct office *o)
{
	return house_count(&o->house, "select count(*) from ticket");
}

/* ---- maps that are wrong ---------------------------------------------------------------------------- */

static void map_fault(struct office *o, const char *yaml, int line, const char *word)
{
	struct import_map *map;
	struct ctx *ctx = &o->house.ctx;
	office_as(o, o->lead);
	assert_int_equal(import_map_parse(ctx, yaml, strlen(yaml), model_type(o->house.model, "ticket"), &map),
	                 ERR_INVALID);
	assert_true(ctx->problems.n > 0);
	const struct problem *p = &ctx->problems.list[0];
	assert_string_equal(p->code, "bad_map");
	char want[32];
	snprintf(want, sizeof(want), "line %d,", line);
	if (strncmp(p->detail, want, strlen(want)) != 0 || strstr(p->detail, word) == NULL)
		fail_msg("wanted line %d and '%s', got: %s", line, word, p->detail);
}

#define HEAD "import: t\ntype: ticket\nid: K\n"

static void test_map_faults(void **state)
{
	OFFICE;
	map_fault(o, "import: [\n", 2, "");
	map_fault(o, "import: t\ntype: none\nfields: {title: a}\n", 1, "type");
	map_fault(o, "import: t\ntype: customer\nfields: {name: a}\n", 2, "another type");
	map_fault(o, "type: ticket\nfields: {title: a}\n", 1, "import");
	map_fault(o, "import: t\ntype: ticket\nzone: Mars/Base\nfields: {title: a}\n", 3, "time zone");
	map_fault(o, "import: t\ntype: ticket\nformat: ods\nfields: {title: a}\n", 3, "csv or jsonl");
	map_fault(o, "import: t\ntype: ticket\nencoding: latin1\nfields: {title: a}\n", 3, "gb18030");
	map_fault(o, "import: t\ntype: ticket\nkey: title\nfields: {title: a}\n", 3, "unique");
	map_fault(o, HEAD, 1, "fields");
	map_fault(o, HEAD "fields: [a]\n", 4, "fields");
	map_fault(o, HEAD "fields:\n  title: a\n  nothing: b\n", 6, "no such field");
	map_fault(o, HEAD "fields:\n  photos: a\n", 5, "can't be imported");
	map_fault(o, HEAD "fields:\n  attempts: a\n", 5, "can't be imported");
	map_fault(o, HEAD "fields:\n  overdue: a\n", 5, "can't be imported");
	map_fault(o, HEAD "fields:\n  title: {fron: A}\n", 5, "unknown");
	map_fault(o, HEAD "fields:\n  title: {options: {a: b}}\n", 5, "from, text or value");
	map_fault(o, HEAD "fields:\n  title: {from: A, options: [a]}\n", 5, "value");
	map_fault(o, HEAD "fields:\n  title: {from: A, find: name}\n", 5, "for links");
	map_fault(o, HEAD "fields:\n  title: {from: A, time: '%Y'}\n", 5, "dates and times");
	map_fault(o, HEAD "fields:\n  due: {from: A, time: '%s'}\n", 5, "1970");
	map_fault(o, HEAD "fields:\n  customer: A\n", 5, "find");
	map_fault(o, HEAD "fields:\n  customer: {from: A}\n", 5, "find");
	map_fault(o, HEAD "fields:\n  customer: {from: A, find: shoe}\n", 5, "no such field");
	map_fault(o, HEAD "fields:\n  customer: {from: A, find: name, create: {shoe: 1}}\n", 5, "no such field");
	map_fault(o, HEAD "fields:\n  customer: {from: A, find: name, create: perhaps}\n", 5, "true, false");
}

/* The maps that ship fit the core pack. */
static void test_shipped_maps(void **state)
{
	OFFICE;
	static const char *const names[] = {"cfpb", "nyc311"};
	for (size_t i = 0; i < 2; i++) {
		size_t len;
		struct import_map *map;
		const char *yaml = office_read(o, arena_printf(h->arena, REAL_MAPS "/%s.yaml", names[i]), &len);
		office_as(o, o->lead);
		OK(h, import_map_parse(&h->ctx, yaml, len, NULL, &map));
		assert_string_equal(map->type->name, "ticket");
		assert_string_equal(map->source, names[i]);
	}
}

/* ---- rows through a map ----------------------------------------------------------------------------- */

static const char tickets_map[] = "import: old\ntype: ticket\nzone: America/New_York\nid: K\nfields:\n"
                                  "  title: \"{Kind}：{What}\"\n"
                                  "  description: {text: \"{What}\\n来自旧系统\"}\n"
                                  "  category: {from: Kind, options: {fix: repair, pay: billing}}\n"
                                  "  state: {from: State, options: {open: working, shut: archived}, else: to_accept}\n"
                                  "  created_at: {from: At, time: '%m/%d/%Y %H:%M'}\n"
                                  "  owner: {value: li, find: login}\n"
                                  "  customer: {from: Who, find: name, create: {kind: organisation}}\n"
                                  "  satisfaction: {from: Sat, options: {'1': satisfied}}\n";

static void test_map(void **state)
{
	OFFICE;
	OK(h, CSV(o, o->lead, "ticket", tickets_map,
	          "K,Kind,What,State,At,Who,Sat\n"
	          "a1,fix,\"漏水\n很急\",open,7/1/2025 09:30,宏达公司,1\n"
	          "a2,pay,发票,shut,1/2/2025 23:59,宏达公司,\n"
	          "a3,pay,退款,strange,12/31/2024 00:00,,\n"));
	report_is(o, 3, 3, 0, 0, 0);
	assert_int_equal(customers(o), 1);
	int64_t last = house_last(h, "ticket"), first = house_count(h, "select min(id) from ticket");
	assert_string_equal(house_text(h, "ticket", first, "title"), "fix：漏水 很急");
	assert_string_equal(house_text(h, "ticket", first, "description"), "漏水\n很急\n来自旧系统");
	assert_string_equal(house_text(h, "ticket", first, "state"), "working");
	assert_string_equal(house_text(h, "ticket", first, "category"), "repair");
	assert_string_equal(house_text(h, "ticket", first, "satisfaction"), "satisfied");
	assert_int_equal(house_int(h, "ticket", first, "owner"), o->agent);
	assert_string_equal(house_text(h, "ticket", first, "number"), "GD20250701-0001"); /* of the day it came */
	assert_string_equal(house_text(h, "ticket", last, "state"), "to_accept");
	assert_int_equal(house_int(h, "ticket", last, "customer"), 0);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'imported' and type = 'ticket'"), 3);
	assert_int_equal(house_count(h, "select count(*) from notice"), 0);
	/* One event for each record, saying where it came from. */
	json_t *timeline;
	OK(h, house_view(h, 0, "ticket", first, VIEW_TIMELINE, &timeline));
	assert_int_equal(json_array_size(json_object_get(timeline, "events")), 1);
	json_decref(timeline);
}

/* Each wrong row is told with its number, field and code; all others are in. */
static void test_wrong_rows(void **state)
{
	OFFICE;
	OK(h, CSV(o, o->lead, "ticket", tickets_map,
	          "K,Kind,What,State,At,Who,Sat\n"
	          "b1,fix,好,open,7/1/2025 09:30,甲,1\n"
	          "b2,paint,x,open,7/1/2025 09:30,甲,1\n"    /* no option for paint */
	          "b3,fix,x,open,2025-07-01,甲,1\n"          /* time of another form */
	          "b4,fix,x,open,2/30/2025 09:30,甲,1\n"     /* no such day */
	          ",fix,x,open,7/1/2025 09:30,甲,1\n"        /* no id */
	          "b6,fix,\"x\"y,open,7/1/2025 09:30,甲,1\n" /* a broken quote */
	          "b7,fix,x,open,7/1/2025 09:30,甲,1,more\n" /* a column too many */
	          "b8,fix,x,open,7/1/2025 09:30,甲,2\n"      /* no option, no else */
	          "b9,fix,好,open,7/1/2025 09:30,乙,1,,\n"));
	assert_string_equal(office_errors(o),
	                    "3 category bad_option; 4 created_at bad_time; 5 created_at bad_time; 6  no_source_id; "
	                    "7  bad_quote; 8  too_many_columns; 9 satisfaction bad_option");
	report_is(o, 9, 2, 0, 0, 7);
	assert_int_equal(tickets(o), 2);
	assert_int_equal(customers(o), 2);
}

static void test_missing_column(void **state)
{
	OFFICE;
	OK(h, CSV(o, o->lead, "ticket",
	          "import: t\ntype: ticket\nid: K\nfields: {title: '{T}', description: {from: Nope}}\n", "K,T\n1,x\n"));
	assert_string_equal(office_errors(o), "2 description no_column; 2 description required");
	report_is(o, 1, 0, 0, 0, 1);
}

/* A row that made the customer it links to and then fails leaves neither, and the rows around it are in. */
static void test_row_is_whole(void **state)
{
	OFFICE;
	static const char map[] = "import: whole\ntype: ticket\nid: K\nfields:\n  title: '{T}'\n  description: 内容\n"
	                          "  customer: {from: Who, find: name, create: true}\n  tries: {from: N}\n";
	OK(h,
	   CSV(o, o->lead, "ticket", map, "K,T,Who,N\n1,好,甲公司,1\n2,,乙公司,1\n3,坏,丙公司,many\n4,好,丁公司,\n"));
	assert_string_equal(office_errors(o), "3 title required; 4 tries wrong_type");
	report_is(o, 4, 2, 0, 0, 2);
	assert_int_equal(customers(o), 2);
	assert_int_equal(house_count(h, "select count(*) from customer where name in ('乙公司', '丙公司')"), 0);
	assert_int_equal(house_count(h, "select count(*) from event where type = 'customer' and record > 0"), 2);
	assert_int_equal(house_count(h, "select count(*) from import_key where source = 'whole'"), 2);
	assert_int_equal(house_count(h, "select count(*) from import_key where source = 'whole/customer'"), 2);
	/* The run's own row says the same. */
	assert_int_equal(house_count(h, "select rows_done * 100 + rows_new * 10 + rows_failed from import_run where "
	                                "state = 'finished'"),
	                 422);
}

/* The last row alone in its slice, and wrong, ends nothing. */
static void test_one_wrong_row(void **state)
{
	OFFICE;
	static const char map[] = "import: one\ntype: ticket\nid: K\nfields: {title: '{T}', description: x}\n";
	OK(h, CSV(o, o->lead, "ticket", map, "K,T\n1,\n"));
	assert_string_equal(office_errors(o), "2 title required");
	report_is(o, 1, 0, 0, 0, 1);
}

static char *many_rows(struct office *o, int n)
{
	struct buf b;
	buf_init(&b, o->house.arena, 8 << 20);
	buf_str(&b, "K,T,Who\n");
	for (int i = 1; i <= n; i++)
		buf_printf(&b, "%d,第%d件,客户%d\n", i, i, i % 37);
	return b.data;
}

static const char many_map[] = "import: many\ntype: ticket\nid: K\nfields:\n  title: '{T}'\n  description: 内容\n"
                               "  customer: {from: Who, find: name, create: true}\n";

static void test_second_run(void **state)
{
	OFFICE;
	const char *text = many_rows(o, 250);
	OK(h, CSV(o, o->lead, "ticket", many_map, text));
	report_is(o, 250, 250, 0, 0, 0);
	int64_t events =
	        house_count(h, "select count(*) from event where type in ('ticket', 'customer') and record > 0");
	OK(h, CSV(o, o->lead, "ticket", many_map, text));
	report_is(o, 250, 0, 0, 250, 0);
	assert_int_equal(tickets(o), 250);
	assert_int_equal(customers(o), 37);
	assert_int_equal(
	        house_count(h, "select count(*) from event where type in ('ticket', 'customer') and record > 0"),
	        events);
}

static void test_stopped_run(void **state)
{
	OFFICE;
	const char *text = many_rows(o, 250);
	o->stop_after = 120;
	OK(h, CSV(o, o->lead, "ticket", many_map, text));
	assert_false(o->report.finished);
	assert_int_equal(tickets(o), 200); /* whole slices */
	assert_int_equal(house_count(h, "select count(*) from import_run where state = 'stopped' and rows_new = 200"),
	                 1);
	o->stop_after = 0;
	OK(h, CSV(o, o->lead, "ticket", many_map, text));
	report_is(o, 250, 50, 0, 200, 0);
	assert_int_equal(tickets(o), 250);
	assert_int_equal(customers(o), 37);
}

/* A dry run finds what the real one would, and writes nothing at all. */
static void test_dry_run(void **state)
{
	OFFICE;
	static const char text[] = "K,Kind,What,State,At,Who,Sat\nc1,fix,x,open,7/1/2025 "
	                           "09:30,新客户,1\nc2,bad,x,open,7/1/2025 09:30,新客户,1\n"
	                           "c3,fix,x,open,7/1/2025,新客户,1\n";
	int64_t events = house_count(h, "select count(*) from event");
	OK(h, DRY(o, o->lead, "ticket", tickets_map, text));
	report_is(o, 3, 1, 0, 0, 2);
	const char *told = office_errors(o);
	assert_int_equal(tickets(o) + customers(o), 0);
	assert_int_equal(house_count(h, "select count(*) from event"), events);
	assert_int_equal(house_count(h, "select count(*) from import_run"), 0);
	assert_int_equal(house_count(h, "select count(*) from import_key"), 0);
	OK(h, CSV(o, o->lead, "ticket", tickets_map, text));
	report_is(o, 3, 1, 0, 0, 2);
	assert_string_equal(office_errors(o), told);
}

/* A link that the map demands may be required: a dry run says so only where it would not be made. */
static void test_links(void **state)
{
	OFFICE;
	static const char map[] = "import: links\ntype: promise\nid: K\nfields:\n  text: '{T}'\n  kind: done\n"
	                          "  due: {from: D}\n  customer: {from: Who, find: name, create: true}\n  owner: "
	                          "{from: O, find: login}\n";
	static const char text[] =
	        "K,T,D,Who,O\n1,回电,2026-12-01 10:00,张三,li\n2,回电,2026-12-01 10:00,张三,nobody\n";
	OK(h, DRY(o, o->lead, "promise", map, text));
	report_is(o, 2, 1, 0, 0, 1);
	assert_string_equal(office_errors(o), "3 owner not_found");
	OK(h, CSV(o, o->lead, "promise", map, text));
	report_is(o, 2, 1, 0, 0, 1);
	int64_t id = house_last(h, "promise");
	assert_int_equal(house_int(h, "promise", id, "owner"), o->agent);
	assert_int_equal(house_int(h, "promise", id, "customer"), house_last(h, "customer"));
	/* Removed since: the link is made anew, and the row known stays known. */
	assert_int_equal(customers(o), 1);
}

/* ---- times -------------------------------------------------------------------------------------------- */

static int64_t instant(const char *text)
{
	int64_t at;
	assert_true(instant_parse(text, &at));
	return at;
}

static void time_is(struct office *o, const char *zone, const char *form, const char *text, const char *want)
{
	static int n;
	struct house *h = &o->house;
	const char *map =
	        arena_printf(h->arena,
	                     "import: times%d\ntype: ticket\nid: K\n%s%s\nfields: {title: x, description: x, due: "
	                     "{from: D%s%s%s}}\n",
	                     n++, *zone ? "zone: " : "", zone, *form ? ", time: '" : "", form, *form ? "'" : "");
	OK(h, CSV(o, o->lead, "ticket", map, arena_printf(h->arena, "K,D\n1,%s\n", text)));
	if (want == NULL) {
		assert_string_equal(office_errors(o), "2 due bad_time");
		return;
	}
	if (o->report.made != 1)
		fail_msg("%s: %s", text, office_errors(o));
	int64_t got = house_int(h, "ticket", house_last(h, "ticket"), "due");
	char at[INSTANT_BYTES];
	instant_format(got, at);
	if (got != instant(want))
		fail_msg("%s in %s is %s, not %s", text, zone, at, want);
}

static void test_times(void **state)
{
	OFFICE;
	static const char ny[] = "America/New_York", form[] = "%m/%d/%Y %H:%M";
	time_is(o, ny, form, "1/15/2025 12:00", "2025-01-15T17:00:00Z");
	time_is(o, ny, form, "7/15/2025 12:00", "2025-07-15T16:00:00Z");
	time_is(o, ny, form, "3/9/2025 1:59", "2025-03-09T06:59:00Z");
	time_is(o, ny, form, "3/9/2025 2:30", "2025-03-09T07:00:00Z"); /* there was no 2:30 */
	time_is(o, ny, form, "3/9/2025 3:00", "2025-03-09T07:00:00Z");
	time_is(o, ny, form, "11/2/2025 1:30", "2025-11-02T05:30:00Z"); /* twice: the first */
	time_is(o, ny, form, "11/2/2025 2:00", "2025-11-02T07:00:00Z");
	time_is(o, "", form, "7/15/2025 12:00", "2025-07-15T04:00:00Z"); /* the organisation's zone */
	time_is(o, ny, "%Y-%m-%d", "2013-11-21", "2013-11-21T05:00:00Z");
	time_is(o, ny, "%d/%b/%Y:%H:%M:%S %z", "10/Oct/2025:13:55:36 +0200", "2025-10-10T11:55:36Z");
	time_is(o, ny, "", "2025-07-15T12:00:00+08:00", "2025-07-15T04:00:00Z");
	time_is(o, ny, "", "2025-07-15 12:00", "2025-07-15T16:00:00Z");
	time_is(o, "", "", "2025/7/5 9:05", "2025-07-05T01:05:00Z");
	time_is(o, "", "", "2024-02-29", "2024-02-28T16:00:00Z");
	time_is(o, "", "", "2025-02-29", NULL);
	time_is(o, "", "", "15.07.2025", NULL);
	time_is(o, "", "", "25-07-15 12:00", NULL);
	time_is(o, ny, form, "13/1/2025 12:00", NULL);
	time_is(o, ny, form, "1/1/2025 24:10", NULL);
	time_is(o, ny, form, "1/1/2025 12:00 PM", NULL);
}

/* Back-dated: closed when the source says, or when it was last touched. */
static void test_back_dated(void **state)
{
	OFFICE;
	static const char map[] =
	        "import: back\ntype: ticket\nid: K\nfields:\n  title: t\n  description: d\n  state: {from: S}\n"
	        "  created_at: {from: A}\n  updated_at: {from: U}\n  closed_at: {from: C}\n";
	OK(h, CSV(o, o->lead, "ticket", map,
	          "K,S,A,U,C\n1,archived,2024-05-01 10:00,2024-05-03 10:00,2024-05-02 10:00\n"
	          "2,archived,2024-05-01 10:00,2024-05-03 10:00,\n3,working,2024-05-01 10:00,,\n4,no_state,2024-05-01 "
	          "10:00,,\n"));
	assert_string_equal(office_errors(o), "5 state bad_option");
	report_is(o, 4, 3, 0, 0, 1);
	int64_t id = house_count(h, "select min(id) from ticket");
	assert_int_equal(house_int(h, "ticket", id, "closed_at"), instant("2024-05-02T02:00:00Z"));
	assert_int_equal(house_int(h, "ticket", id, "opened_at"), instant("2024-05-01T02:00:00Z"));
	assert_int_equal(house_int(h, "ticket", house_count(h, "select id from ticket order by id limit 1 offset 1"),
	                           "closed_at"),
	                 instant("2024-05-03T02:00:00Z"));
	assert_int_equal(house_int(h, "ticket", house_last(h, "ticket"), "closed_at"), 0);
	assert_int_equal(house_count(h, "select count(*) from ticket where updated_at = created_at"), 1);
}

/* ---- by headings -------------------------------------------------------------------------------------- */

static void test_headings(void **state)
{
	OFFICE;
	static const char text[] = "姓名/名称*,Kind*,手机,生日,客户分类,VIP 客户,年龄,备注\n"
	                           "张三,个人,138-1234-0021,1980-05-06,大客户、会员,是,45,\"'=不是公式\"\n"
	                           "李四,person,+86 13912340021,1981/7/8,regular,no,,\n"
	                           "王五,Organisation,,,,,,\n";
	OK(h, CSV(o, o->lead, "customer", NULL, text));
	report_is(o, 3, 3, 0, 0, 0);
	int64_t first = house_count(h, "select min(id) from customer");
	assert_string_equal(house_text(h, "customer", first, "mobile"), "13812340021");
	assert_string_equal(house_text(h, "customer", first, "birthday"), "1980-05-06");
	assert_string_equal(house_text(h, "customer", first, "remark"), "=不是公式");
	assert_int_equal(house_int(h, "customer", first, "is_vip"), 1);
	assert_int_equal(house_int(h, "customer", first, "age"), 45);
	assert_int_equal(house_count(h, "select count(*) from customer where segments like '% key_account %' and "
	                                "segments like '% member %'"),
	                 1);
	assert_string_equal(house_text(h, "customer", first, "code"), "KH000001");
	/* The same file again changes nothing, though no row has a code. */
	OK(h, CSV(o, o->lead, "customer", NULL, text));
	report_is(o, 3, 0, 0, 3, 0);
	assert_int_equal(customers(o), 3);
	/* What was removed since comes back. */
	OK(h, house_remove(h, 0, "customer", first));
	OK(h, CSV(o, o->lead, "customer", NULL, text));
	report_is(o, 3, 1, 0, 2, 0);
}

static void test_heading_faults(void **state)
{
	OFFICE;
	assert_int_equal(CSV(o, o->lead, "customer", NULL, "姓名/名称,鞋码,手机,手机,专管人,更新时间\n张三\n"),
	                 ERR_INVALID);
	assert_true(house_has_problem(h, "鞋码", "unknown_heading"));
	assert_true(house_has_problem(h, "手机", "duplicate_heading"));
	assert_true(house_has_problem(h, "专管人", "unknown_heading")); /* a link */
	assert_int_equal(h->ctx.problems.n, 4);
	assert_int_equal(CSV(o, o->lead, "customer", NULL, ",,\nx\n"), ERR_INVALID);
	assert_true(house_has_problem(h, "", "no_headings"));
	assert_int_equal(CSV(o, o->lead, "customer", NULL, ""), ERR_INVALID);
	assert_true(house_has_problem(h, "", "empty_file"));
	assert_int_equal(CSV(o, o->lead, "customer", NULL, "\"姓名/名称\n"), ERR_INVALID);
	assert_true(house_has_problem(h, "", "open_quote"));
	/* System fields are not for people to write. */
	assert_int_equal(CSV(o, o->lead, "ticket", NULL, "标题,状态\nx,y\n"), ERR_INVALID);
}

/* A row whose code is there updates that record; empty cells leave what is there. */
static void test_updates(void **state)
{
	OFFICE;
	OK(h, CSV(o, o->lead, "customer", NULL,
	          "客户编号,姓名/名称,手机,所在地区\nA1,张三,13812340021,成都\nA2,李四,,\n"));
	report_is(o, 2, 2, 0, 0, 0);
	int64_t first = house_count(h, "select min(id) from customer");
	static const char text[] =
	        "客户编号,姓名/名称,手机,所在地区\nA1,张三丰,,重庆\nA2,李四,,\nA3,王五,,\nA1,,bad,\n";
	OK(h, DRY(o, o->lead, "customer", NULL, text));
	report_is(o, 4, 1, 1, 1, 1);
	assert_string_equal(office_errors(o), "5 mobile bad_phone");
	OK(h, CSV(o, o->lead, "customer", NULL, text));
	report_is(o, 4, 1, 1, 1, 1);
	assert_string_equal(house_text(h, "customer", first, "name"), "张三丰");
	assert_string_equal(house_text(h, "customer", first, "mobile"), "13812340021");
	assert_string_equal(house_text(h, "customer", first, "region"), "重庆");
	assert_int_equal(house_int(h, "customer", first, "version"), 2);
	/* By a map with `key`, too. */
	OK(h, CSV(o, o->lead, "customer", "import: k\ntype: customer\nkey: code\nfields: {code: '{C}', name: '{N}'}\n",
	          "C,N\nA2,李四光\nA9,新\n"));
	report_is(o, 2, 1, 1, 0, 0);
	/* The same key twice in one file that is new: the second updates the first. */
	OK(h, CSV(o, o->lead, "customer", NULL, "客户编号,姓名/名称\nB1,一\nB1,二\n"));
	report_is(o, 2, 1, 1, 0, 0);
	assert_int_equal(house_count(h, "select count(*) from customer where code = 'B1' and name = '二'"), 1);
}

static void test_rights(void **state)
{
	OFFICE;
	assert_int_equal(CSV(o, o->agent, "customer", NULL, "姓名/名称\n张三\n"), ERR_FORBIDDEN);
	assert_int_equal(customers(o), 0);
	assert_int_equal(house_count(h, "select count(*) from import_run"), 0);
}

static void test_json_lines(void **state)
{
	OFFICE;
	static const char map[] = "import: j\ntype: ticket\nformat: jsonl\nid: id\nfields:\n  title: '{t}'\n  "
	                          "description: '{t}/{n}/{b}'\n";
	OK(h, CSV(o, o->lead, "ticket", map,
	          "\xEF\xBB\xBF{\"id\":1,\"t\":\"一\",\"n\":2.5,\"b\":true}\n\n{\"id\":\"2\",\"t\":\"二\",\"n\":null,"
	          "\"b\":[1,{\"x\":2}]}\r\n"
	          "{\"id\":3,\"t\":\n[1]\n{\"id\":4,\"t\":\"四\"}\n{\"id\":5,\"id\":6,\"t\":\"x\"}\n{\"t\":\"无号\","
	          "\"n\":1,\"b\":0}\n"
	          "{\"id\":7,\"t\":\"\\u0000\",\"n\":1,\"b\":0}\n{\"id\":8,\"t\":\"末\",\"n\":1,\"b\":0}"));
	assert_string_equal(office_errors(o), "3  not_json; 4  not_json; 5 description no_column; 5 description "
	                                      "required; 6  not_json; 7  no_source_id; 8  not_json");
	report_is(o, 9, 3, 0, 0, 6);
	assert_int_equal(house_count(h, "select count(*) from ticket where description = '二//[1,{\"x\":2}]'"), 1);
}

/* A value that no field holds is an error of its row, and takes no memory. */
static void test_long_values(void **state)
{
	OFFICE;
	static const char map[] =
	        "import: long\ntype: ticket\nid: row\nfields: {title: '{T}', description: '{D}{D}{D}{D}'}\n";
	struct buf b;
	buf_init(&b, h->arena, 8 << 20);
	buf_str(&b, "T,D\nshort,short\nlong,");
	for (int i = 0; i < 30000; i++)
		buf_str(&b, "长");
	buf_str(&b, "\nlast,one\n");
	OK(h, office_import(o, o->lead, "ticket", map, b.data, b.len, false));
	assert_string_equal(office_errors(o), "3 description too_long; 3 description required");
	report_is(o, 3, 2, 0, 0, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)
	const struct CMUnitTest tests[] = {
	        T(test_map_faults),    T(test_shipped_maps),   T(test_map),
	        T(test_wrong_rows),    T(test_missing_column), T(test_row_is_whole),
	        T(test_one_wrong_row), T(test_second_run),     T(test_stopped_run),
	        T(test_dry_run),       T(test_links),          T(test_times),
	        T(test_back_dated),    T(test_headings),       T(test_heading_faults),
	        T(test_updates),       T(test_rights),         T(test_json_lines),
	        T(test_long_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What others ask of filters: points, parts, fields named, access inside, SQL that an index can serve;
 * values of actions and durations. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "places.h"
#include "world.h"

static struct world *world;
static struct places places;
static json_t *root;

static struct filter *parse(const char *type, const char *where)
{
	struct filter_fault fault = {0};
	struct filter *f = NULL;

	if (filter_parse(world->arena, &world->model, model_type(&world->model, type), where, strlen(where), &f,
	                 &fault) != ERR_OK)
		world_die("%s: %s", where, fault.message);
	return f;
}

static const char *text_of(const struct filter *f)
{
	struct buf b;

	buf_init(&b, world->arena, 4096);
	filter_write_text(&b, f);
	return b.data;
}

static void test_join(void **state)
{
	struct arena *a = world->arena;
	struct filter *all = parse("ticket", "all"), *x = parse("ticket", "urgent = true"),
	              *y = parse("ticket", "chased = 1 or chased = 2");

	assert_true(filter_is_all(NULL) && filter_is_all(all) && !filter_is_all(x));
	assert_string_equal(text_of(filter_and(a, x, y)), "urgent = true and (chased = 1 or chased = 2)");
	assert_string_equal(text_of(filter_and(a, NULL, x)), "urgent = true");
	assert_string_equal(text_of(filter_and(a, x, all)), "urgent = true");
	assert_true(filter_is_all(filter_and(a, NULL, NULL)));
	assert_string_equal(text_of(filter_or(a, x, y)), "urgent = true or chased = 1 or chased = 2");
	assert_true(filter_is_all(filter_or(a, x, NULL)) && filter_is_all(filter_or(a, all, x)));
}

static void test_parts(void **state)
{
	const struct filter *parts[4];
	struct filter *f = parse("ticket", "team in @my_teams or owner = @me or pending_owner = @me");

	assert_int_equal(filter_disjuncts(f, parts, 4), 3);
	assert_string_equal(text_of(parts[1]), "owner = @me");
	assert_int_equal(filter_disjuncts(f, parts, 2), 1);
	assert_ptr_equal(parts[0], f);
	assert_int_equal(filter_conjuncts(f, parts, 4), 1);
	assert_int_equal(filter_conjuncts(parse("ticket", "urgent = true and chased = 1"), parts, 4), 2);
	assert_int_equal(filter_conjuncts(NULL, parts, 4), 0);
}

static void check_points(const char *where, const char *field, size_t n)
{
	const struct field *f = NULL;
	struct value *values;
	size_t got = 99;
	bool is = filter_as_points(&world->ctx, parse("ticket", where), &f, &values, &got);

	if (is != (field != NULL) || (is && (strcmp(f->name, field) != 0 || got != n)))
		world_die("%s: %s, %zu points", where, is ? f->name : "none", got);
}

static void test_points(void **state)
{
	check_points("owner = @me", "owner", 1);
	check_points("team in @my_teams", "team", 2);
	check_points("owner in (1, 2, @me, 2)", "owner", 2);
	check_points("stage in (open, paused)", "stage", 2);
	check_points("priority >= high", "priority", 2);
	check_points("priority > urgent", "priority", 0);
	check_points("urgent = true", "urgent", 1);
	check_points("title = '发动机'", "title", 1);
	check_points("title = @unset", "title", 0);
	check_points("wake in (today, now, 2026-11-22)", "wake", 1);
	check_points("id = 101", "id", 1);
	check_points("urgent = false", NULL, 0);
	check_points("owner = first_owner", NULL, 0);
	check_points("owner != @me", NULL, 0);
	check_points("customer.vip = true", NULL, 0);
	check_points("overdue = true", NULL, 0);
	check_points("due < now", NULL, 0);
	check_points("ccs contains @me", NULL, 0);
	check_points("owner = @me and urgent = true", NULL, 0);
}

static bool collect(void *arg, const struct field *f)
{
	struct buf *b = arg;

	buf_printf(b, "%s.%s ", f->of->name, f->name);
	return strcmp(f->name, "keeper") != 0;
}

static void check_fields(const char *where, const char *want)
{
	struct buf b;

	buf_init(&b, world->arena, 1000);
	buf_str(&b, "");
	filter_each_field(parse("ticket", where), collect, &b);
	assert_string_equal(b.len ? b.data : "", want);
}

static void test_fields(void **state)
{
	check_fields("all", "");
	check_fields("owner = first_owner and urgent = true", "ticket.owner ticket.first_owner ticket.urgent ");
	check_fields("customer.vip = true", "ticket.customer customer.vip ");
	check_fields("any(tasks, done = true and assignee = outer.owner)",
	             "task.record task.done task.assignee ticket.owner ");
	check_fields("any(rounds, cost > 1.00)", "ticket.rounds ticket.cost ");
	check_fields("customer.keeper = owner and urgent = true", "ticket.customer customer.keeper ");
}

/* ---- SQL ------------------------------------------------------------------------------------- */

static void check_sql(const char *where, const char *want)
{
	world->ctx.org = places.list[0].org;
	assert_string_equal(world_sql_text(world, parse("ticket", where), NULL), want);
}

static void test_sql_for_an_index(void **state)
{
	check_sql("owner = @me", "\"r\".\"owner\" = :v0");
	check_sql("stage in (open, paused)", "\"r\".\"stage\" in (:v0, :v1)");
	check_sql("due < now", "\"r\".\"due\" < :v0");
	check_sql("urgent = true", "\"r\".\"urgent\" = 1");
	check_sql("owner is empty", "\"r\".\"owner\" is null");
	check_sql("owner != @me", "(\"r\".\"owner\" is null or \"r\".\"owner\" <> :v0)");
	check_sql("any(tasks)", "exists (select 1 from \"task\" \"f1\" where \"f1\".\"record\" = \"r\".id)");
	check_sql("not (urgent = true and owner = @me)", "((\"r\".\"urgent\" is null or \"r\".\"urgent\" = 0) or "
	                                                 "(\"r\".\"owner\" is null or \"r\".\"owner\" <> :v0))");
}

/* Customers: only those he keeps; tasks: none; tickets: his own; all else: all. */
static struct filter *inside(struct ctx *ctx, const struct type *target)
{
	if (strcmp(target->name, "customer") == 0)
		return parse("customer", "keeper = @me");
	if (strcmp(target->name, "task") == 0)
		return parse("task", "not (all)");
	if (strcmp(target->name, "ticket") == 0)
		return parse("ticket", "owner = @me or any(tasks, assignee = @me)");
	return NULL;
}

static void check_inside(const char *type, const char *where, const char *want)
{
	for (size_t i = 0; i < places.n; i++) {
		json_t *ids;
		struct filter *f = parse(type, where);
		assert_int_equal(
		        world_ask_sql(world, places.list[i].org, model_type(&world->model, type), f, inside, &ids),
		        ERR_OK);
		char *got = json_dumps(ids, JSON_COMPACT);
		if (strcmp(got, want) != 0)
			world_die("%s: %s\n%s", where, got, world_sql_text(world, f, inside));
		free(got);
		json_decref(ids);
	}
}

static void test_access_inside(void **state)
{
	/* What he may not read is as if it were not there. */
	check_inside("ticket", "customer.vip = true", "[\"101\"]");
	check_inside("ticket", "customer.vip != true", "[\"102\",\"103\",\"104\",\"105\"]");
	check_inside("ticket", "customer.name is empty", "[\"102\",\"103\",\"104\",\"105\"]");
	check_inside("ticket", "any(tasks)", "[]");
	check_inside("ticket", "none(tasks)", "[\"101\",\"102\",\"103\",\"104\",\"105\"]");
	check_inside("ticket", "count(tasks) = 0", "[\"101\",\"102\",\"103\",\"104\",\"105\"]");
	/* The access line itself sees all tasks: 102 is his by task 203. */
	check_inside("customer", "any(tickets)", "[\"21\",\"22\"]");
	check_inside("incident", "any(tickets, stage = open)", "[\"301\"]");
	check_inside("incident", "count(tickets) = 2", "[]");
	/* Through a link to any work type its own access counts. */
	check_inside("task", "record.stage in (open, paused)", "[\"201\",\"202\",\"203\"]");
	check_inside("ticket", "parent.stage = final", "[]");
	/* A computed field is the same for everybody. */
	check_inside("ticket", "late_vip = true", "[\"101\"]");
}

/* ---- values and durations -------------------------------------------------------------------- */

static const char *value_of(const char *field, const char *text, bool with_record)
{
	const struct type *t = model_type(&world->model, "ticket");
	const struct record *r = NULL;
	struct value v;

	for (size_t i = 0; i < world->n_records; i++)
		if (with_record && world->records[i]->id == 101)
			r = world->records[i];
	ctx_forget(&world->ctx);
	if (value_expression(&world->ctx, r, type_field(t, field), text, &v) != ERR_OK)
		return world->ctx.problems.n ? world->ctx.problems.list[0].code : "no problem noted";
	if (v.kind == VALUE_EMPTY)
		return "empty";
	if (v.kind == VALUE_INT)
		return arena_printf(world->arena, "%lld", (long long)v.i);
	if (v.kind == VALUE_LIST)
		return arena_printf(world->arena, "%zu of %s", v.n, v.list[0].kind == VALUE_TEXT ? v.list[0].s : "ids");
	return v.s;
}

static void test_values(void **state)
{
	static const char *const rows[][3] = {
	        {"title", "'it''s'", "it's"},
	        {"title", "''", "empty"},
	        {"title", "empty", "empty"},
	        {"amount", "500.00", "50000"},
	        {"amount", "-1", "-100"},
	        {"amount", "@simple_limit", "50000"},
	        {"score", "3", "3"},
	        {"score", "3.5", "bad_value"},
	        {"urgent", "true", "1"},
	        {"priority", "high", "high"},
	        {"priority", "higher", "unknown_name"},
	        {"owner", "@me", "1"},
	        {"team", "@me", "wrong_type"},
	        {"owner", "first_owner", "1"},
	        {"owner", "team", "wrong_type"},
	        {"wake", "today", "2026-11-22"},
	        {"wake", "now", "2026-11-22"},
	        {"wake", "now + 3d", "2026-11-25"},
	        {"wake", "today + 1bd", "2026-11-24"},
	        {"due", "today", "1795276800000"},
	        {"due", "now + 2h", "1795339800000"},
	        {"due", "now + @reopen_within", "1795937400000"},
	        {"due", "2026-11-22", "1795276800000"},
	        {"due", "due", "1795330800000"},
	        {"wake", "due", "2026-11-22"},
	        {"title", "priority", "high"},
	        {"remedy", "refund", "1 of refund"},
	        {"ccs", "owner", "1 of ids"},
	        {"urgent", "overdue", "1"},
	        {"title", "nothing", "unknown_name"},
	        {"title", "'a' 'b'", "syntax"},
	        {"title", "", "syntax"},
	        {"due", "now + x", "syntax"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = value_of(rows[i][0], rows[i][1], true);
		if (strcmp(got, rows[i][2]) != 0)
			world_die("%s = %s: %s instead of %s", rows[i][0], rows[i][1], got, rows[i][2]);
	}
	assert_string_equal(value_of("owner", "first_owner", false), "unknown_name");
	assert_string_equal(value_of("priority", "high", false), "high");
}

static void check_duration(const char *from, const char *duration, bool negative, const char *want)
{
	char got[INSTANT_BYTES];
	int64_t at, ms;

	assert_true(instant_parse(from, &at));
	ctx_forget(&world->ctx);
	assert_int_equal(duration_add(&world->ctx, at, duration, negative, &ms), ERR_OK);
	instant_format(ms, got);
	if (strcmp(got, want) != 0)
		world_die("%s %c %s: %s instead of %s", from, negative ? '-' : '+', duration, got, want);
}

static enum err durations(struct ctx *ctx, void *arg)
{
	check_duration("2026-11-22T07:30:00.000Z", "30m", false, "2026-11-22T08:00:00.000Z");
	check_duration("2026-11-22T07:30:00.000Z", "2h", true, "2026-11-22T05:30:00.000Z");
	check_duration("2026-11-22T07:30:00.000Z", "1w", false, "2026-11-29T07:30:00.000Z");
	/* 31 January, 08:00 in Shanghai. */
	check_duration("2026-01-31T00:00:00.000Z", "1mo", false, "2026-02-28T00:00:00.000Z");
	check_duration("2026-03-31T00:00:00.000Z", "1mo", true, "2026-02-28T00:00:00.000Z");
	check_duration("2024-02-29T00:00:00.000Z", "12mo", false, "2025-02-28T00:00:00.000Z");
	/* 16:30 UTC on the 31st is already the 1st in Shanghai. */
	check_duration("2026-01-31T16:30:00.000Z", "1mo", false, "2026-02-28T16:30:00.000Z");
	/* Friday: Monday 23 November is off, Saturday 28 is a working day. */
	check_duration("2026-11-20T07:30:00.000Z", "1bd", false, "2026-11-24T07:30:00.000Z");
	check_duration("2026-11-20T07:30:00.000Z", "5bd", false, "2026-11-28T07:30:00.000Z");
	check_duration("2026-11-20T07:30:00.000Z", "6bd", false, "2026-11-30T07:30:00.000Z");
	check_duration("2026-11-24T07:30:00.000Z", "1bd", true, "2026-11-20T07:30:00.000Z");
	check_duration("2026-11-22T07:30:00.000Z", "0bd", false, "2026-11-22T07:30:00.000Z");
	return ERR_OK;
}

static void test_durations(void **state)
{
	static const char *const wrong[] = {
	        "", "3", "d", "-3d", "3 d", "3x", "3D", "99999d", "5001bd", "99999999999999999999m", "1.5h"};
	int64_t ms;

	for (size_t i = 0; i < places.n; i++) {
		world->ctx.org = places.list[i].org;
		assert_int_equal(store_read(&world->ctx, durations, NULL), ERR_OK);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ctx_forget(&world->ctx);
		assert_int_equal(duration_add(&world->ctx, 0, wrong[i], false, &ms), ERR_INVALID);
		assert_int_equal(world->ctx.problems.n, 1);
	}
	ctx_forget(&world->ctx);
	assert_int_equal(duration_add(&world->ctx, 0, NULL, false, &ms), ERR_INVALID);
}

/* A record that is not stored yet: its own values count, also for links and lists. */
static enum err unstored(struct ctx *ctx, void *arg)
{
	struct record *r = arg;
	bool holds;

	assert_int_equal(filter_holds(ctx, parse("ticket", "customer.vip = true and owner.active = true"), r, &holds),
	                 ERR_OK);
	assert_true(holds);
	assert_int_equal(filter_holds(ctx, parse("ticket", "any(tasks) or any(rounds) or any(ccs)"), r, &holds),
	                 ERR_OK);
	assert_false(holds);
	assert_int_equal(filter_holds(ctx, parse("ticket", "none(customer.tickets, id = outer.id)"), r, &holds),
	                 ERR_OK);
	assert_true(holds);
	return ERR_OK;
}

static void test_unstored(void **state)
{
	struct record *r = record_new(world->arena, model_type(&world->model, "ticket"));

	record_set(r, type_field(r->type, "customer"), value_int(21));
	record_set(r, type_field(r->type, "owner"), value_int(1));
	for (size_t i = 0; i < places.n; i++) {
		world->ctx.org = places.list[i].org;
		assert_int_equal(store_read(&world->ctx, unstored, r), ERR_OK);
	}
}

static int setup(void **state)
{
	const char *folder = getenv("SHOUWEN_FILTER_DIR");
	char path[512];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/world.json", folder ? folder : ".");
	root = json_load_file(path, 0, &error);
	if (root == NULL)
		world_die("%s: %s", path, error.text);
	world = world_new(root);
	places_open(&places);
	for (size_t i = 0; i < places.n; i++)
		if (world_store(world, places.list[i].org) != ERR_OK)
			return 1;
	return 0;
}

static int teardown(void **state)
{
	places_close(&places);
	world_free(world);
	json_decref(root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_join),
	        cmocka_unit_test(test_parts),
	        cmocka_unit_test(test_points),
	        cmocka_unit_test(test_fields),
	        cmocka_unit_test(test_sql_for_an_index),
	        cmocka_unit_test(test_access_inside),
	        cmocka_unit_test(test_values),
	        cmocka_unit_test(test_durations),
	        cmocka_unit_test(test_unstored),
	};

	return cmocka_run_group_tests_name("filter uses", tests, setup, teardown);
}

/* Clocks and due work: each effect once, whatever fails and whichever way the machine's clock jumps. */
#include "flow/clocks.h"
#include "flow/due.h"
#include "house.h"

static int setup(void **state)
{
	struct house *h = house_new(REAL_PACKS, "core", false);
	h->desk = house_team(h, "KF", "客服部");
	h->li = house_person(h, "li", house_role(h, "agent"), h->desk);
	h->wang = house_person(h, "wang", house_role(h, "lead"), h->desk);
	*state = h;
	return 0;
}

static size_t faults(struct house *h)
{
	return house_verify(h).n_faults;
}

static size_t rebuilt(struct house *h)
{
	return house_rebuilt(h, 500);
}

static int64_t ticket(struct house *h)
{
	return house_made(h, h->li, "ticket",
	                  "{\"title\":\"空调\",\"description\":\"不制冷\",\"category\":\"repair\"}");
}

struct put {
	const char *key, *kind;
	int64_t due_at;
};

static enum err put_fn(struct ctx *ctx, void *arg)
{
	const struct put *p = arg;
	return due_put(ctx, p->key, p->kind, p->due_at, 2, NULL, 0, NULL);
}

static void put(struct house *h, const char *key, const char *kind, int64_t due_at)
{
	OK(h, store_write(&h->ctx, put_fn, &(struct put){key, kind, due_at}));
}

/* ---- the clock of the machine -------------------------------------------------------------------------- */

static void test_once_whatever_the_clock_does(void **state)
{
	HOUSE;
	int64_t id = ticket(h), start = h->ctx.now_ms;
	house_sql(h, "delete from due_work where kind <> 'clock'");
	assert_int_equal(house_worked(h), 0);
	h->ctx.now_ms = start + 3 * DAY_MS + HOUR_MS; /* warned and breached in one: breached */
	assert_int_equal(house_worked(h), 1);
	assert_string_equal(house_text(h, "ticket", id, "clock_solve_state"), "breached");
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'clock_breached'"), 1);
	int64_t told = house_count(h, "select count(*) from notice");
	assert_int_equal(told, 2); /* owner and lead */
	h->ctx.now_ms -= HOUR_MS;
	assert_int_equal(house_worked(h), 0);
	h->ctx.now_ms += 2 * HOUR_MS;
	assert_int_equal(house_worked(h), 0);
	assert_int_equal(house_count(h, "select count(*) from notice"), told);
	/* The fact is when it was passed, not when that was found. */
	assert_int_equal(house_count(h, "select breached_at from clock"), start + 3 * DAY_MS);
	assert_int_equal(faults(h), 0);
	assert_int_equal(rebuilt(h), 0);
}

static void test_back_by_an_hour_loses_nothing(void **state)
{
	HOUSE;
	ticket(h);
	int64_t start = h->ctx.now_ms;
	house_sql(h, "delete from due_work where kind <> 'clock'");
	h->ctx.now_ms = start + 3 * DAY_MS - MINUTE_MS;
	assert_int_equal(house_worked(h), 1);
	h->ctx.now_ms -= HOUR_MS;
	assert_int_equal(house_worked(h), 0);
	h->ctx.now_ms += HOUR_MS + 2 * MINUTE_MS;
	assert_int_equal(house_worked(h), 1);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'clock_warned'"), 1);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'clock_breached'"), 1);
}

/* ---- what fails ------------------------------------------------------------------------------------------ */

static void test_one_that_fails_holds_up_nobody(void **state)
{
	HOUSE;
	for (int i = 0; i < 5; i++)
		ticket(h);
	house_sql(h, "delete from due_work where kind <> 'clock'");
	/* Before all others in the order of urgency. */
	put(h, "nothing:1", "nothing", h->ctx.now_ms + DAY_MS);
	house_sql(h, "update due_work set rank = 0 where kind = 'nothing'");
	h->ctx.now_ms += 4 * DAY_MS;
	house_worked(h);
	assert_int_equal(house_count(h, "select count(*) from clock where breached_at is not null"), 5);
	assert_int_equal(house_count(h, "select tries from due_work where kind = 'nothing'"), 1);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'nothing' and last_error is not "
	                                "null and state = 'ready'"),
	                 1);
	assert_int_equal(house_count(h, "select due_at from due_work where kind = 'nothing'"),
	                 h->ctx.now_ms + DUE_BACK_OFF_MS);
}

static enum err rerun_fn(struct ctx *ctx, void *arg)
{
	return due_rerun(ctx, *(int64_t *)arg);
}

static void test_dead_and_tried_again(void **state)
{
	HOUSE;
	put(h, "nothing:1", "nothing", h->ctx.now_ms);
	for (int i = 0; i < 2 * DUE_TRIES_MAX; i++) {
		house_worked(h);
		h->ctx.now_ms += DUE_BACK_OFF_MAX_MS;
	}
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'nothing' and state = 'dead'"), 1);
	assert_int_equal(house_count(h, "select tries from due_work where kind = 'nothing'"), DUE_TRIES_MAX);
	int64_t id = house_count(h, "select id from due_work where kind = 'nothing'");
	OK(h, store_write(&h->ctx, rerun_fn, &id));
	assert_int_equal(store_write(&h->ctx, rerun_fn, &id), ERR_NOT_FOUND);
	house_worked(h);
	assert_int_equal(house_count(h, "select tries from due_work where kind = 'nothing' and state = 'ready'"), 1);
}

/* ---- leases ---------------------------------------------------------------------------------------------- */

static enum err done_fn(struct ctx *ctx, void *arg)
{
	return due_done(ctx, arg);
}

static void test_leases(void **state)
{
	HOUSE;
	struct due_row *mine, *other;
	size_t n;
	for (int i = 0; i < 3; i++)
		put(h, arena_printf(h->arena, "deliver:%d", i + 1), "deliver", h->ctx.now_ms - i);
	assert_int_equal(house_worked(h), 0); /* not its to work */
	OK(h, due_take(&h->ctx, "deliver", 2, &mine, &n));
	assert_int_equal(n, 2);
	OK(h, due_take(&h->ctx, "deliver", 9, &other, &n));
	assert_int_equal(n, 1);
	OK(h, due_take(&h->ctx, "deliver", 9, &other, &n));
	assert_int_equal(n, 0);
	/* The lease is over: another takes it, and what the first then says is not heard. */
	h->ctx.now_ms += DUE_LEASE_MS + 1;
	OK(h, due_take(&h->ctx, "deliver", 9, &other, &n));
	assert_int_equal(n, 3);
	assert_int_equal(store_write(&h->ctx, done_fn, &mine[0]), ERR_STALE);
	for (size_t i = 0; i < n; i++)
		OK(h, store_write(&h->ctx, done_fn, &other[i]));
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'deliver'"), 0);
}

static void test_lease_of_a_clock_that_was_ahead(void **state)
{
	HOUSE;
	struct due_row *list;
	size_t n;
	put(h, "deliver:1", "deliver", h->ctx.now_ms);
	h->ctx.now_ms += HOUR_MS;
	OK(h, due_take(&h->ctx, "deliver", 1, &list, &n));
	assert_int_equal(n, 1);
	h->ctx.now_ms -= HOUR_MS;
	OK(h, due_take(&h->ctx, "deliver", 1, &list, &n));
	assert_int_equal(n, 1);
}

/* ---- facts ------------------------------------------------------------------------------------------------ */

static void test_a_put_moves_the_one_row(void **state)
{
	HOUSE;
	put(h, "recalc:", "recalc", h->ctx.now_ms + HOUR_MS);
	put(h, "recalc:", "recalc", h->ctx.now_ms + DAY_MS);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'recalc'"), 1);
	assert_int_equal(house_count(h, "select due_at from due_work where kind = 'recalc'"), h->ctx.now_ms + DAY_MS);
	put(h, "recalc:", "recalc", 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'recalc'"), 0);
}

static void test_removed_with_its_record(void **state)
{
	HOUSE;
	int64_t id = house_made(h, h->li, "promise",
	                        "{\"kind\":\"visit\",\"due\":\"2027-01-05T02:00:00Z\",\"text\":\"上门\"}");
	assert_int_equal(house_count(h, "select count(*) from clock"), 1);
	OK(h, house_remove(h, 0, "promise", id));
	assert_int_equal(house_count(h, "select count(*) from clock"), 0);
	assert_int_equal(house_count(h, "select count(*) from clock_span"), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where record is not null"), 0);
}

static void test_spans_are_proof(void **state)
{
	HOUSE;
	int64_t id = ticket(h);
	OK(h, house_do(h, h->li, "ticket", id, "accept", "{}"));
	h->ctx.now_ms += HOUR_MS;
	OK(h, house_do(h, h->li, "ticket", id, "pause", "{\"pause_reason\":\"parts\",\"wake\":\"2027-01-05\"}"));
	h->ctx.now_ms += HOUR_MS;
	OK(h, house_do(h, h->li, "ticket", id, "resume", "{}"));
	assert_int_equal(house_count(h, "select count(*) from clock_span"), 3);
	assert_int_equal(faults(h), 0);
	/* The machine's clock goes back by a day: what follows has no length, and is in order. */
	h->ctx.now_ms -= DAY_MS;
	OK(h, house_do(h, h->li, "ticket", id, "pause", "{\"pause_reason\":\"parts\",\"wake\":\"2027-01-05\"}"));
	OK(h, house_do(h, h->li, "ticket", id, "resume", "{}"));
	assert_int_equal(faults(h), 0);
	assert_int_equal(rebuilt(h), 0);
	house_sql(h, "update clock_span set to_at = to_at + 60000 where running = 0");
	assert_true(faults(h) > 0);
}

static void test_rebuild_mends_what_is_derived(void **state)
{
	HOUSE;
	ticket(h);
	assert_int_equal(rebuilt(h), 0);
	house_sql(h, "update clock set due_at = due_at + 60000");
	house_sql(h, "update ticket set clock_solve_state = 'met'");
	house_sql(h, "delete from due_work where kind = 'clock'");
	assert_true(rebuilt(h) > 0);
	assert_int_equal(rebuilt(h), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'clock'"), 1);
}

static enum err recalc_fn(struct ctx *ctx, void *arg)
{
	struct clock_shift *shifts;
	int64_t next;
	return clocks_recalculate(ctx, NULL, 0, 100, false, &shifts, arg, &next);
}

static void test_nothing_moves_without_a_reason(void **state)
{
	HOUSE;
	size_t n = 1;
	ticket(h);
	OK(h, store_write(&h->ctx, recalc_fn, &n));
	assert_int_equal(n, 0);
	/* A due time that does not follow from the facts is one that moves. */
	house_sql(h, "update clock set due_at = due_at + 3600000");
	OK(h, store_write(&h->ctx, recalc_fn, &n));
	assert_int_equal(n, 1);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'clock_moved'"), 1);
	assert_int_equal(rebuilt(h), 0);
}

/* ---- as far as time goes --------------------------------------------------------------------------------- */

static void test_for_ever_is_a_date_too(void **state)
{
	struct house house, *h = &house;
	(void)state;
	house_open(h, REAL_PACKS, "core office_building", false);
	/* A rule comes a day after it. */
	int64_t id = house_made(h, 0, "parking",
	                        "{\"tenant\":\"甲\",\"phone\":\"13800000000\",\"plate\":\"京A12345\","
	                        "\"valid_to\":\"9999-12-31\"}");
	assert_string_equal(house_text(h, "parking", id, "valid_to"), "9999-12-31");
	assert_int_equal(house_count(h, "select count(*) from due_work where key like 'rule:end_soon:%'"), 1);
	assert_int_equal(house_count(h, "select count(*) from due_work where key like 'rule:end_now:%'"), 0);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_once_whatever_the_clock_does, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_back_by_an_hour_loses_nothing, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_one_that_fails_holds_up_nobody, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_dead_and_tried_again, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_leases, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_lease_of_a_clock_that_was_ahead, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_a_put_moves_the_one_row, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_removed_with_its_record, setup, house_teardown),
	        cmocka_unit_test(test_for_ever_is_a_date_too),
	        cmocka_unit_test_setup_teardown(test_spans_are_proof, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_rebuild_mends_what_is_derived, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_nothing_moves_without_a_reason, setup, house_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

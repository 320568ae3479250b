/* The routing engine's rules one by one; tests/route lets it run under chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/route.h"

#define NOW INT64_C(1000000)
#define MINUTE INT64_C(60000)

static struct route_queue queue(int pool)
{
	return (struct route_queue){.pool = pool,
	                            .capacity = 2,
	                            .offer_ms = 30000,
	                            .again_ms = MINUTE,
	                            .choose = {ROUTE_LEAST_BUSY, ROUTE_ROUND_ROBIN},
	                            .n_choose = 2};
}

static void person(struct route *r, int64_t id, int pool)
{
	route_agent_put(r, &(struct route_agent){.id = id, .ready = true, .on_shift = true, .capacity = -1});
	route_agent_pool(r, id, pool, true);
}

static void comes(struct route *r, int64_t id, int class, int64_t since)
{
	route_matter_put(
	        r, &(struct route_matter){.id = id, .pool = -1, .class = class, .since = since, .entered = since}, NOW);
}

static void assert_pick(struct route *r, int64_t now, int64_t matter, int64_t agent)
{
	struct route_pick k;
	assert_true(route_decide(r, now, &k));
	assert_int_equal(k.matter, matter);
	assert_int_equal(k.agent, agent);
}

static void assert_none(struct route *r, int64_t now)
{
	struct route_pick k;
	assert_false(route_decide(r, now, &k));
}

static struct route *house(struct route_queue *q)
{
	struct route *r = route_new();
	*q = queue(route_pool_add(r));
	return r;
}

static void urgent_first_then_by_arrival(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	(void)state;
	route_queue_add(r, &q);
	comes(r, 11, 2, NOW - 300);
	comes(r, 12, 2, NOW - 500);
	comes(r, 13, 0, NOW - 100);
	comes(r, 14, 2, NOW - 500);
	for (int64_t a = 1; a <= 4; a++)
		person(r, a, q.pool);
	assert_pick(r, NOW, 13, 1);
	assert_pick(r, NOW, 12, 2);
	assert_pick(r, NOW, 14, 3);
	assert_pick(r, NOW, 11, 4);
	assert_none(r, NOW);
	route_free(r);
}

static void no_more_than_he_holds(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	(void)state;
	route_queue_add(r, &q);
	person(r, 1, q.pool);
	for (int64_t m = 11; m <= 13; m++)
		comes(r, m, 1, m);
	assert_pick(r, NOW, 11, 1);
	assert_none(r, NOW); /* one at a time */
	assert_true(route_accept(r, 11, NOW));
	assert_pick(r, NOW, 12, 1);
	assert_true(route_accept(r, 12, NOW));
	assert_none(r, NOW);
	route_agent_load(r, 1, 0, 1);
	assert_pick(r, NOW, 13, 1);
	assert_false(route_accept(r, 12, NOW));
	route_agent_put(r, &(struct route_agent){.id = 1, .ready = true, .capacity = 1});
	assert_true(route_withdraw(r, 13, NOW));
	assert_none(r, NOW);
	route_free(r);
}

static void skills_and_what_widens(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	struct route_event e;
	(void)state;
	int others = route_pool_add(r);
	q.widen[0] = (struct route_widen){.after_ms = MINUTE, .level = -1, .pool = -1, .to = -1};
	q.widen[1] = (struct route_widen){.after_ms = 2 * MINUTE, .pool = others, .to = -1};
	q.n_widen = 2;
	route_queue_add(r, &q);
	person(r, 1, q.pool);
	person(r, 2, others);
	route_agent_skill(r, 1, 7, 2);
	route_agent_skill(r, 2, 7, 2);
	struct route_matter m = {.id = 11, .pool = -1, .since = NOW, .entered = NOW, .needs = {{7, 3}}, .n_needs = 1};
	route_matter_put(r, &m, NOW);
	assert_none(r, NOW);
	assert_false(route_advance(r, NOW + MINUTE - 1, &e));
	assert_int_equal(route_next(r), NOW + MINUTE);
	assert_true(route_advance(r, NOW + MINUTE, &e));
	assert_int_equal(e.kind, ROUTE_WIDENED);
	assert_int_equal(e.step, 0);
	assert_pick(r, NOW + MINUTE, 11, 1);
	assert_true(route_refuse(r, 11, NOW + MINUTE));
	assert_none(r, NOW + MINUTE);
	assert_true(route_advance(r, NOW + 2 * MINUTE, &e));
	assert_pick(r, NOW + 2 * MINUTE, 11, 2);
	route_free(r);
}

static void waiting_lifts(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	struct route_event e;
	(void)state;
	q.ages[0] = (struct route_age){.after_ms = 10 * MINUTE, .lift = 2};
	q.n_ages = 1;
	route_queue_add(r, &q);
	comes(r, 11, 3, NOW);
	comes(r, 12, 2, NOW);
	assert_false(route_advance(r, NOW + 10 * MINUTE, &e));
	assert_int_equal(route_class_of(r, 11), 1);
	comes(r, 13, 1, NOW + 9 * MINUTE);
	person(r, 1, q.pool);
	person(r, 2, q.pool);
	person(r, 3, q.pool);
	assert_pick(r, NOW + 10 * MINUTE, 12, 1);
	assert_pick(r, NOW + 10 * MINUTE, 11, 2);
	assert_pick(r, NOW + 10 * MINUTE, 13, 3);
	route_free(r);
}

static void an_offer_that_nobody_answers_goes_back_to_its_place(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	struct route_event e;
	(void)state;
	route_queue_add(r, &q);
	person(r, 1, q.pool);
	comes(r, 11, 1, NOW);
	comes(r, 12, 1, NOW + 1);
	assert_pick(r, NOW, 11, 1);
	assert_true(route_advance(r, NOW + 30000, &e));
	assert_int_equal(e.kind, ROUTE_TIMED_OUT);
	assert_int_equal(e.agent, 1);
	assert_int_equal(route_rung_matter(r, 1), 0);
	/* Others are asked for it first of all; he himself for what comes after it. */
	assert_pick(r, NOW + 30000, 12, 1);
	person(r, 2, q.pool);
	assert_pick(r, NOW + 30000, 11, 2);
	assert_true(route_accept(r, 12, NOW + 30000));
	/* After a while he is asked again. */
	route_agent_put(r, &(struct route_agent){.id = 2, .ready = false, .capacity = -1});
	assert_true(route_withdraw(r, 11, NOW + 40000));
	assert_none(r, NOW + 40000);
	assert_false(route_advance(r, NOW + 30000 + MINUTE, &e));
	assert_pick(r, NOW + 30000 + MINUTE, 11, 1);
	route_free(r);
}

static void last_agent_then_round_robin(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	(void)state;
	q.choose[0] = ROUTE_LAST_AGENT;
	q.choose[1] = ROUTE_ROUND_ROBIN;
	route_queue_add(r, &q);
	person(r, 1, q.pool);
	person(r, 2, q.pool);
	person(r, 3, q.pool);
	route_agent_turn(r, 1, 0, NOW - 5);
	route_agent_turn(r, 3, 0, NOW - 9);
	struct route_matter m = {.id = 11, .pool = -1, .since = NOW, .entered = NOW, .last_agent = 3};
	route_matter_put(r, &m, NOW);
	assert_pick(r, NOW, 11, 3);
	comes(r, 12, 1, NOW);
	assert_pick(r, NOW, 12, 2);
	comes(r, 13, 1, NOW);
	assert_pick(r, NOW, 13, 1);
	route_free(r);
}

static void who_is_away_or_off_shift_gets_nothing(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	(void)state;
	q.shift = true;
	route_queue_add(r, &q);
	person(r, 1, q.pool);
	person(r, 2, q.pool);
	comes(r, 11, 1, NOW);
	route_agent_put(r, &(struct route_agent){.id = 1, .ready = true, .on_shift = false, .capacity = -1});
	route_agent_put(r, &(struct route_agent){.id = 2, .ready = false, .on_shift = true, .capacity = -1});
	assert_none(r, NOW);
	route_agent_put(r, &(struct route_agent){.id = 1, .ready = true, .on_shift = true, .capacity = -1});
	assert_pick(r, NOW, 11, 1);
	route_agent_drop(r, 1, NOW);
	assert_int_equal(route_rung_agent(r, 11), 0);
	route_agent_put(r, &(struct route_agent){.id = 2, .ready = true, .on_shift = true, .capacity = -1});
	assert_pick(r, NOW, 11, 2);
	route_matter_drop(r, 11);
	assert_int_equal(route_waiting(r), 0);
	assert_int_equal(route_rung_matter(r, 2), 0);
	route_free(r);
}

static void what_overflows_goes_on_in_another_queue(void **state)
{
	struct route_queue q;
	struct route *r = house(&q);
	struct route_queue second = queue(route_pool_add(r));
	struct route_event e;
	(void)state;
	q.widen[0] = (struct route_widen){.after_ms = MINUTE, .pool = -1, .to = 1};
	q.n_widen = 1;
	route_queue_add(r, &q);
	route_queue_add(r, &second);
	person(r, 2, second.pool);
	comes(r, 11, 1, NOW);
	assert_none(r, NOW);
	assert_true(route_advance(r, NOW + MINUTE, &e));
	assert_int_equal(e.kind, ROUTE_MOVED);
	assert_pick(r, NOW + MINUTE, 11, 2);
	route_free(r);
}

static void a_teams_own_matters_are_its_peoples(void **state)
{
	struct route_queue q = queue(-1);
	struct route *r = route_new();
	(void)state;
	int one = route_pool_add(r), two = route_pool_add(r);
	route_queue_add(r, &q);
	for (int i = 0; i < 200; i++) /* more pools than one word holds */
		route_pool_add(r);
	person(r, 1, one);
	struct route_matter m = {.id = 11, .pool = two, .since = NOW, .entered = NOW};
	route_matter_put(r, &m, NOW);
	assert_none(r, NOW);
	person(r, 2, two);
	assert_pick(r, NOW, 11, 2);
	route_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(urgent_first_then_by_arrival),
	        cmocka_unit_test(no_more_than_he_holds),
	        cmocka_unit_test(skills_and_what_widens),
	        cmocka_unit_test(waiting_lifts),
	        cmocka_unit_test(an_offer_that_nobody_answers_goes_back_to_its_place),
	        cmocka_unit_test(last_agent_then_round_robin),
	        cmocka_unit_test(who_is_away_or_off_shift_gets_nothing),
	        cmocka_unit_test(what_overflows_goes_on_in_another_queue),
	        cmocka_unit_test(a_teams_own_matters_are_its_peoples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

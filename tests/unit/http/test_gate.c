/* One user's reads: so many at once, the others in their order, nobody forgotten. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "http/gate.h"

static void test_one_user(void **state)
{
	struct gate g;
	struct gate_job job[5] = {0};
	gate_init(&g, 2);
	assert_int_equal(gate_enter(&g, 7, &job[0]), GATE_IN);
	assert_int_equal(gate_enter(&g, 7, &job[1]), GATE_IN);
	assert_int_equal(gate_enter(&g, 7, &job[2]), GATE_WAIT);
	assert_true(gate_rest(&g, 7, &job[2]));
	assert_int_equal(gate_enter(&g, 7, &job[3]), GATE_WAIT);
	assert_true(gate_rest(&g, 7, &job[3]));
	/* Others are not in his way. */
	assert_int_equal(gate_enter(&g, 8, &job[4]), GATE_IN);
	assert_null(gate_leave(&g, 8, &job[4]));
	assert_ptr_equal(gate_leave(&g, 7, &job[0]), &job[2]);
	assert_true(job[2].inside);
	/* Run again from its beginning: it is inside already. */
	assert_int_equal(gate_enter(&g, 7, &job[2]), GATE_IN);
	assert_ptr_equal(gate_leave(&g, 7, &job[1]), &job[3]);
	assert_null(gate_leave(&g, 7, &job[2]));
	assert_null(gate_leave(&g, 7, &job[3]));
	for (size_t i = 0; i < GATE_USERS_MAX; i++)
		assert_int_equal(g.users[i].user, 0);
	gate_clear(&g);
}

/* The last one left between the question and the rest: it goes in. */
static void test_meanwhile(void **state)
{
	struct gate g;
	struct gate_job a = {0}, b = {0};
	gate_init(&g, 1);
	assert_int_equal(gate_enter(&g, 7, &a), GATE_IN);
	assert_int_equal(gate_enter(&g, 7, &b), GATE_WAIT);
	assert_null(gate_leave(&g, 7, &a));
	assert_false(gate_rest(&g, 7, &b));
	assert_true(b.inside);
	assert_null(gate_leave(&g, 7, &b));
	gate_clear(&g);
}

static void test_too_many(void **state)
{
	struct gate g;
	struct gate_job job[GATE_WAITING_MAX + 2] = {0};
	gate_init(&g, 1);
	assert_int_equal(gate_enter(&g, 7, &job[0]), GATE_IN);
	for (size_t i = 1; i <= GATE_WAITING_MAX; i++) {
		assert_int_equal(gate_enter(&g, 7, &job[i]), GATE_WAIT);
		assert_true(gate_rest(&g, 7, &job[i]));
	}
	assert_int_equal(gate_enter(&g, 7, &job[GATE_WAITING_MAX + 1]), GATE_REFUSED);
	for (size_t i = 0; i < GATE_WAITING_MAX; i++)
		assert_ptr_equal(gate_leave(&g, 7, &job[i]), &job[i + 1]);
	assert_null(gate_leave(&g, 7, &job[GATE_WAITING_MAX]));
	gate_clear(&g);
}

static void test_crowd(void **state)
{
	struct crowd c = {0};
	assert_true(crowd_enter(&c, "192.0.2.1", 2));
	assert_true(crowd_enter(&c, "192.0.2.1", 2));
	assert_false(crowd_enter(&c, "192.0.2.1", 2));
	assert_true(crowd_enter(&c, "192.0.2.2", 2));
	crowd_leave(&c, "192.0.2.1");
	assert_true(crowd_enter(&c, "192.0.2.1", 2));
	crowd_leave(&c, "192.0.2.1");
	crowd_leave(&c, "192.0.2.1");
	crowd_leave(&c, "192.0.2.2");
	for (size_t i = 0; i < CROWD_MAX; i++)
		assert_int_equal(c.list[i].n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_one_user),
	        cmocka_unit_test(test_meanwhile),
	        cmocka_unit_test(test_too_many),
	        cmocka_unit_test(test_crowd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How often one may ask for masked numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/guard.h"

static void a_burst_then_slowly(void **state)
{
	static struct guard g;
	int64_t now = 1000000, wait = 0;

	for (int i = 0; i < GUARD_BURST; i++)
		assert_true(guard_take(&g, 7, now, &wait));
	assert_false(guard_take(&g, 7, now, &wait));
	assert_int_equal(wait, GUARD_STEP_MS);
	assert_false(guard_take(&g, 7, now + GUARD_STEP_MS - 1, &wait));
	assert_true(guard_take(&g, 7, now + GUARD_STEP_MS, &wait));
	assert_false(guard_take(&g, 7, now + GUARD_STEP_MS, &wait));
	/* Another is another. */
	assert_true(guard_take(&g, 8, now, &wait));
	/* In time all is given back, and no more. */
	now += (int64_t)GUARD_STEP_MS * GUARD_BURST * 10;
	for (int i = 0; i < GUARD_BURST; i++)
		assert_true(guard_take(&g, 7, now, &wait));
	assert_false(guard_take(&g, 7, now, &wait));
}

/* More users than there is room for: none of them may ask for ever. */
static void many_users(void **state)
{
	static struct guard g;
	int64_t wait = 0;
	size_t allowed = 0;

	for (int64_t user = 1; user <= 100; user++)
		for (int i = 0; i < GUARD_BURST * 2; i++)
			allowed += guard_take(&g, user, 5000, &wait);
	assert_int_equal(allowed, 100 * GUARD_BURST);
	for (int64_t user = 1; user <= 5000; user++)
		assert_true(guard_take(&g, user * 1000003, INT64_C(100000000), &wait));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_burst_then_slowly), cmocka_unit_test(many_users)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

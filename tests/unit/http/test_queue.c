/* The queue: every job is run once, waiting threads make room for others, full is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "http/queue.h"

enum { JOBS = 5000 };

struct ground {
	struct queue *q;
	atomic_int runs[JOBS];
	atomic_int inside, most;
	sem_t begun, go;
};

static void count(void *arg, void *job)
{
	struct ground *g = arg;
	int now = atomic_fetch_add(&g->inside, 1) + 1;
	int most = atomic_load(&g->most);

	while (now > most && !atomic_compare_exchange_weak(&g->most, &most, now))
		;
	atomic_fetch_add(&g->runs[(uintptr_t)job - 1], 1);
	atomic_fetch_sub(&g->inside, 1);
}

static void each_job_runs_once(void **state)
{
	static struct ground g;

	g.q = queue_new("t", 8, 2, JOBS, count, &g);
	assert_non_null(g.q);
	for (uintptr_t i = 1; i <= JOBS; i++)
		assert_true(queue_push(g.q, (void *)i));
	queue_free(g.q); /* works off what is there */
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(atomic_load(&g.runs[i]), 1);
}

static void wait_inside(void *arg, void *job)
{
	struct ground *g = arg;

	queue_wait_begin(g->q);
	sem_post(&g->begun);
	while (sem_wait(&g->go) != 0)
		;
	queue_wait_end(g->q);
}

/* With one allowed to run, four that wait must not keep the fifth from beginning. */
static void waiting_makes_room(void **state)
{
	static struct ground g;

	sem_init(&g.begun, 0, 0);
	sem_init(&g.go, 0, 0);
	g.q = queue_new("t", 5, 1, 8, wait_inside, &g);
	for (uintptr_t i = 1; i <= 5; i++)
		assert_true(queue_push(g.q, (void *)i));
	for (int i = 0; i < 5; i++)
		assert_int_equal(sem_wait(&g.begun), 0);
	for (int i = 0; i < 5; i++)
		sem_post(&g.go);
	queue_free(g.q);
	sem_destroy(&g.begun);
	sem_destroy(&g.go);
}

static void hold(void *arg, void *job)
{
	struct ground *g = arg;

	sem_post(&g->begun);
	while (sem_wait(&g->go) != 0)
		;
}

static void full_is_told(void **state)
{
	static struct ground g;
	uintptr_t n = 1;

	sem_init(&g.begun, 0, 0);
	sem_init(&g.go, 0, 0);
	g.q = queue_new("t", 1, 1, 3, hold, &g);
	assert_true(queue_push(g.q, (void *)n));
	assert_int_equal(sem_wait(&g.begun), 0); /* taken: the queue is empty again */
	for (int i = 0; i < 3; i++) {
		assert_false(queue_full(g.q));
		assert_true(queue_push(g.q, (void *)n));
	}
	assert_true(queue_full(g.q));
	assert_false(queue_push(g.q, (void *)n));
	for (int i = 0; i < 4; i++)
		sem_post(&g.go);
	queue_free(g.q);
	sem_destroy(&g.begun);
	sem_destroy(&g.go);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_job_runs_once),
	        cmocka_unit_test(waiting_makes_room),
	        cmocka_unit_test(full_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

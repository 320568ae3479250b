#include "http/queue.h"

#include <pthread.h>
#include <semaphore.h>

enum { STACK_BYTES = 512 * 1024 };

struct thread {
	struct queue *queue;
	struct thread *next_idle;
	sem_t wake;
	pthread_t id;
};

struct queue {
	pthread_mutex_t lock;
	void **ring;
	size_t cap, head, n;
	struct thread *idle; /* last in, first out: the warmest thread is taken first */
	size_t running, running_max;
	bool stopping;
	queue_fn *fn;
	void *arg;
	const char *name;
	struct thread *threads;
	size_t n_threads;
};

/* With the lock held: the idle thread to post to, already counted as running; NULL if none is due. */
static struct thread *queue_due(struct queue *q)
{
	struct thread *t = q->idle;

	if (t == NULL || q->running >= q->running_max)
		return NULL;
	q->idle = t->next_idle;
	q->running++;
	return t;
}

static void *queue_take(struct queue *q)
{
	void *job = q->ring[q->head];

	q->head = (q->head + 1) % q->cap;
	q->n--;
	return job;
}

/* The next job for this thread, sleeping until there is one; NULL: the queue ends. */
static void *thread_next(struct thread *t)
{
	struct queue *q = t->queue;
	void *job = NULL;

	pthread_mutex_lock(&q->lock);
	while (job == NULL && !(q->stopping && q->n == 0)) {
		if (q->n > 0 && (q->running <= q->running_max || q->stopping)) {
			job = queue_take(q);
			break;
		}
		q->running--;
		t->next_idle = q->idle;
		q->idle = t;
		pthread_mutex_unlock(&q->lock);
		while (sem_wait(&t->wake) != 0)
			;
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return job;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	void *job;

	pthread_setname_np(pthread_self(), t->queue->name);
	while ((job = thread_next(t)) != NULL)
		t->queue->fn(t->queue->arg, job);
	return NULL;
}

static bool queue_start(struct queue *q, size_t threads)
{
	pthread_attr_t attr;
	bool ok = true;

	if (pthread_attr_init(&attr) != 0)
		return false;
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) != 0)
		ok = false;
	while (ok && q->n_threads < threads) {
		struct thread *t = &q->threads[q->n_threads];

		t->queue = q;
		ok = sem_init(&t->wake, 0, 0) == 0 && pthread_create(&t->id, &attr, thread_main, t) == 0;
		if (ok)
			q->n_threads++;
	}
	pthread_attr_destroy(&attr);
	return ok;
}

struct queue *queue_new(const char *name, size_t threads, size_t running_max, size_t jobs_max, queue_fn *fn, void *arg)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	q->ring = calloc(jobs_max, sizeof(*q->ring));
	q->threads = calloc(threads, sizeof(*q->threads));
	q->cap = jobs_max;
	q->running_max = running_max;
	q->running = threads; /* each counts as running until it first rests */
	q->fn = fn;
	q->arg = arg;
	q->name = name;
	if (q->ring == NULL || q->threads == NULL || !queue_start(q, threads)) {
		queue_free(q);
		return NULL;
	}
	return q;
}

void queue_end(struct queue *q)
{
	if (q == NULL)
		return;
	pthread_mutex_lock(&q->lock);
	q->stopping = true;
	while (q->idle != NULL) {
		struct thread *t = q->idle;

		q->idle = t->next_idle;
		q->running++;
		sem_post(&t->wake);
	}
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < q->n_threads; i++) {
		pthread_join(q->threads[i].id, NULL);
		sem_destroy(&q->threads[i].wake);
	}
	q->n_threads = 0;
}

void queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	queue_end(q);
	pthread_mutex_destroy(&q->lock);
	free(q->threads);
	free(q->ring);
	free(q);
}

bool queue_full(struct queue *q)
{
	bool full;

	pthread_mutex_lock(&q->lock);
	full = q->stopping || q->n >= q->cap;
	pthread_mutex_unlock(&q->lock);
	return full;
}

bool queue_push(struct queue *q, void *job)
{
	struct thread *t = NULL;
	bool taken = false;

	pthread_mutex_lock(&q->lock);
	if (!q->stopping && q->n < q->cap) {
		q->ring[(q->head + q->n) % q->cap] = job;
		q->n++;
		taken = true;
		t = queue_due(q);
	}
	pthread_mutex_unlock(&q->lock);
	if (t != NULL)
		sem_post(&t->wake);
	return taken;
}

void queue_wait_begin(struct queue *q)
{
	struct thread *t = NULL;

	pthread_mutex_lock(&q->lock);
	q->running--;
	if (q->n > 0)
		t = queue_due(q);
	pthread_mutex_unlock(&q->lock);
	if (t != NULL)
		sem_post(&t->wake);
}

void queue_wait_end(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->running++;
	pthread_mutex_unlock(&q->lock);
}

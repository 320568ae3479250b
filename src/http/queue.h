/*
 * queue.h: a bounded queue and the threads that empty it.
 *
 * More threads than cores are there because a handler that writes waits for its commit; but only
 * `running_max` run at once: a thread is woken for a job only while fewer run, and one that comes
 * back from waiting lays itself to rest when enough others run. So a burst of short jobs costs few
 * wake-ups, and a big batch of writers still forms.
 */
#ifndef SHOUWEN_HTTP_QUEUE_H
#define SHOUWEN_HTTP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

typedef void queue_fn(void *arg, void *job);

/* NULL: threads could not be started. */
struct queue *queue_new(const char *name, size_t threads, size_t running_max, size_t jobs_max, queue_fn *fn, void *arg);
/* Works off what is queued, then ends the threads; from its beginning on nothing more is taken. NULL allowed. */
void queue_end(struct queue *q);
/* The same, and its memory goes: nobody may push any more. NULL allowed. */
void queue_free(struct queue *q);

bool queue_full(struct queue *q);
/* false when full. With one pushing thread, queue_full() == false makes the next push succeed, unless it ends. */
bool queue_push(struct queue *q, void *job);

/* Around a wait inside a job, by the thread that runs it. */
void queue_wait_begin(struct queue *q);
void queue_wait_end(struct queue *q);

#endif

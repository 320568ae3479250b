/*
 * One pool of connections for all organisations. Idle ones are kept newest first; the oldest is
 * closed when another is needed, and each after a minute, so that memory follows use.
 */
#include "store/internal.h"

#include "base/clock.h"

static int *count_of(struct store *s, bool writer)
{
	return writer ? &s->n_writers : &s->n_readers;
}

static struct store_conn *unlink_idle(struct store_conn **at)
{
	struct store_conn *c = *at;
	*at = c->next;
	c->next = NULL;
	return c;
}

static struct store_conn *take_own(struct store *s, const struct org *o, bool writer)
{
	for (struct store_conn **at = &s->idle; *at; at = &(*at)->next)
		if ((*at)->org == o && (*at)->writer == writer)
			return unlink_idle(at);
	return NULL;
}

static struct store_conn *take_oldest(struct store *s, bool writer)
{
	struct store_conn **oldest = NULL;
	for (struct store_conn **at = &s->idle; *at; at = &(*at)->next)
		if ((*at)->writer == writer)
			oldest = at;
	return oldest ? unlink_idle(oldest) : NULL;
}

static void wait_for_one(struct store *s, int64_t until_us)
{
	struct timespec t;
	int64_t left_us = until_us - clock_monotonic_us();
	clock_gettime(CLOCK_REALTIME, &t);
	int64_t ns = t.tv_nsec + (left_us > 0 ? left_us : 0) * 1000;
	t.tv_sec += ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	pthread_cond_timedwait(&s->freed, &s->lock, &t);
}

/* Opens one more, in place of an idle one of another organisation if there are enough. The lock is
 * held on entry and on return, not between. */
static enum err open_one(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes)
{
	struct store *s = o->store;
	int max = writer ? s->writers_max : s->readers_max;
	struct store_conn *old = *count_of(s, writer) >= max ? take_oldest(s, writer) : NULL;
	enum err e = ERR_OK;
	if (old == NULL)
		(*count_of(s, writer))++;
	pthread_mutex_unlock(&s->lock);
	if (old != NULL && s->backend->conn_adopt != NULL && s->backend->conn_adopt(old, o)) {
		*ret_conn = old;
	} else {
		if (old != NULL)
			s->backend->conn_close(old);
		e = s->backend->conn_open(o, writer, ret_conn, why, why_bytes);
	}
	pthread_mutex_lock(&s->lock);
	if (e != ERR_OK) {
		(*count_of(s, writer))--;
		pthread_cond_signal(&s->freed);
	}
	return e;
}

enum err pool_take(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes)
{
	struct store *s = o->store;
	int max = writer ? s->writers_max : s->readers_max;
	int64_t until_us = clock_monotonic_us() + POOL_WAIT_MS * INT64_C(1000);
	enum err e = ERR_BUSY;
	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct store_conn *c = o->dropped ? NULL : take_own(s, o, writer);
		if (o->dropped) {
			e = ERR_NOT_FOUND;
			snprintf(why, why_bytes, "organisation %s is not there", o->code);
			break;
		}
		if (c != NULL) {
			*ret_conn = c;
			e = ERR_OK;
			break;
		}
		bool idle = false;
		for (c = s->idle; c != NULL; c = c->next)
			idle = idle || c->writer == writer;
		if (*count_of(s, writer) < max || idle) {
			e = open_one(o, writer, ret_conn, why, why_bytes);
			break;
		}
		if (clock_monotonic_us() >= until_us) {
			snprintf(why, why_bytes, "all %d connections are in use", max);
			break;
		}
		wait_for_one(s, until_us);
	}
	pthread_mutex_unlock(&s->lock);
	if (e == ERR_OK)
		(*ret_conn)->fault = ERR_OK;
	return e;
}

void pool_give(struct store_conn *c)
{
	struct store *s = c->org->store;
	int64_t now_us = clock_monotonic_us();
	struct store_conn *closing = NULL;
	pthread_mutex_lock(&s->lock);
	if (c->broken || c->org->dropped) {
		(*count_of(s, c->writer))--;
		closing = c;
	} else {
		c->idle_since_us = now_us;
		c->next = s->idle;
		s->idle = c;
	}
	for (struct store_conn **at = &s->idle; *at;) {
		if ((*at)->idle_since_us > now_us - POOL_IDLE_MS * INT64_C(1000)) {
			at = &(*at)->next;
			continue;
		}
		struct store_conn *stale = unlink_idle(at);
		(*count_of(s, stale->writer))--;
		stale->next = closing;
		closing = stale;
	}
	pthread_cond_signal(&s->freed);
	pthread_mutex_unlock(&s->lock);
	while (closing != NULL) {
		struct store_conn *next = closing->next;
		s->backend->conn_close(closing);
		closing = next;
	}
}

bool pool_close(struct store *s, const struct org *o)
{
	pthread_mutex_lock(&s->lock);
	for (struct store_conn **at = &s->idle; *at;) {
		if (o != NULL && (*at)->org != o) {
			at = &(*at)->next;
			continue;
		}
		struct store_conn *c = unlink_idle(at);
		(*count_of(s, c->writer))--;
		pthread_mutex_unlock(&s->lock);
		s->backend->conn_close(c);
		pthread_mutex_lock(&s->lock);
		at = &s->idle;
	}
	bool all = s->n_readers == 0 && s->n_writers == 0;
	pthread_mutex_unlock(&s->lock);
	return all;
}

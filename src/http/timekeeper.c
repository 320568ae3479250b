/*
 * timekeeper.c: what happens without anybody's asking: one thread works what falls due, another delivers messages, a
 * third offers what waits in queues. Each looks at an organisation when its next moment has come, when something was
 * committed there, and now and then, as other servers may share the store and the machine's clock may jump.
 *
 * Threads: commits ring from any thread and only leave a mark; a beat's list belongs to its thread.
 */
#include "http/timekeeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "channel/channel.h"
#include "flow/due.h"
#include "http/server.h"
#include "store/store.h"

enum {
	LIST_MS = 10000,   /* organisations are listed anew */
	SHARED_MS = 30000, /* each is looked at, whatever is known of it: others may write to a shared store */
	ALONE_MS = 90000,  /* and where nobody else does */
	GAP_MS = 250,      /* commits don't wake it more often */
	TURN_MS = 1000,    /* then another organisation's turn */
	RETRY_MS = 5000,   /* after a failure of the store */
	REST_MS = 20000,   /* the writer's pages are let go no more often */
	CODE_BYTES = 40,
};

struct known { /* an organisation */
	char code[CODE_BYTES];
	bool rung;          /* under lock: something was committed there */
	bool seen;          /* it was in the list this time */
	int64_t look_us;    /* monotonic: look at it then */
	int64_t next_ms;    /* by the clock on the wall, which may be set: something falls due; 0: nothing */
	int64_t generation; /* of the model that was planned for */
	bool failed;        /* said once */
	bool worked;        /* since its pages were let go */
	int64_t rested_us;  /* when that was */
};

typedef enum err beat_fn(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next);
typedef enum err beat_route_fn(struct ctx *ctx, struct hub *hub, size_t *ret_worked, int64_t *ret_next);

struct beat {
	struct timekeeper *home;
	const char *name;
	beat_fn *fn;
	beat_route_fn *route; /* or this one, which asks who is connected */
	bool plans;           /* puts what comes round by itself for a model in force */
	pthread_t thread;
	bool started, waiting;
	struct known *list;
	size_t n, cap;
	int64_t listed_us;
};

enum { BEATS = 3 };

struct timekeeper {
	struct houses *houses;
	struct hub *hub;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ending;
	struct beat beats[BEATS];
};

/* ---- waking --------------------------------------------------------------------------------------------- */

static void timekeeper_ring(void *arg, const char *code)
{
	struct timekeeper *t = arg;
	bool wake = false;

	pthread_mutex_lock(&t->lock);
	for (size_t b = 0; b < BEATS; b++) {
		for (size_t i = 0; i < t->beats[b].n; i++)
			if (strcmp(t->beats[b].list[i].code, code) == 0)
				t->beats[b].list[i].rung = true;
		wake = wake || t->beats[b].waiting;
	}
	if (wake)
		pthread_cond_broadcast(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static struct timespec instant_of(int64_t us)
{
	return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

/* With the lock held. False: the server ends. */
static bool sleep_until(struct beat *b, int64_t until_us, bool ring_wakes)
{
	struct timekeeper *t = b->home;
	struct timespec until = instant_of(until_us);
	int waited = 0;

	while (!t->ending && waited != ETIMEDOUT) {
		bool rung = false;

		for (size_t i = 0; i < b->n; i++)
			rung = rung || b->list[i].rung;
		if (ring_wakes && rung)
			break;
		b->waiting = ring_wakes;
		waited = pthread_cond_timedwait(&t->wake, &t->lock, &until);
		b->waiting = false;
	}
	return !t->ending;
}

static bool beat_wait(struct beat *b)
{
	int64_t now_us = clock_monotonic_us(), next_us = b->listed_us + LIST_MS * INT64_C(1000);
	bool going;

	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].look_us < next_us)
			next_us = b->list[i].look_us;
	pthread_mutex_lock(&b->home->lock);
	going = next_us <= now_us ? !b->home->ending : true;
	if (going && next_us > now_us) {
		int64_t gap_us = now_us + GAP_MS * INT64_C(1000);

		going = sleep_until(b, gap_us < next_us ? gap_us : next_us, false);
		if (going && gap_us < next_us)
			going = sleep_until(b, next_us, true);
	}
	pthread_mutex_unlock(&b->home->lock);
	return going;
}

/* ---- the organisations ----------------------------------------------------------------------------------- */

static struct known *known_add(struct beat *b, const char *code)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->list[i].code, code) == 0)
			return &b->list[i];
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 16;
		b->list = realloc(b->list, b->cap * sizeof(*b->list));
		if (b->list == NULL)
			abort();
	}
	struct known *k = &b->list[b->n++];

	*k = (struct known){.seen = true};
	snprintf(k->code, sizeof(k->code), "%s", code);
	return k;
}

static void known_drop_unseen(struct beat *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].seen)
			b->list[n++] = b->list[i];
	b->n = n;
}

static void beat_list(struct beat *b, struct arena *a)
{
	const char **codes;
	size_t n;

	b->listed_us = clock_monotonic_us();
	if (org_list(houses_store(b->home->houses), a, &codes, &n) != ERR_OK)
		return;
	pthread_mutex_lock(&b->home->lock);
	for (size_t i = 0; i < b->n; i++)
		b->list[i].seen = false;
	for (size_t i = 0; i < n; i++)
		known_add(b, codes[i])->seen = true;
	known_drop_unseen(b);
	pthread_mutex_unlock(&b->home->lock);
}

/* ---- working ---------------------------------------------------------------------------------------------- */

static enum err known_plan(const struct beat *b, struct known *k, struct ctx *ctx)
{
	if (!b->plans || k->generation == ctx->model->generation)
		return ERR_OK;
	TRY(due_plan(ctx));
	k->generation = ctx->model->generation;
	return ERR_OK;
}

static enum err pages_rest(struct ctx *ctx, void *arg)
{
	store_pages_free(ctx);
	return ERR_OK;
}

/* What is worked when it falls due walks through much that nobody reads soon: once nothing more is due, the writer
 * holds none of it. */
static enum err known_rest(const struct beat *b, struct known *k, struct ctx *ctx, bool worked)
{
	int64_t now_us = clock_monotonic_us();

	k->worked = k->worked || worked;
	if (!b->plans || worked || !k->worked || now_us < k->rested_us + REST_MS * INT64_C(1000))
		return ERR_OK;
	k->worked = false;
	k->rested_us = now_us;
	return store_write(ctx, pages_rest, NULL);
}

/* *ret_more: its turn is over, but not its work. */
static enum err known_turn(const struct beat *b, struct known *k, struct house *h, struct arena *a, int64_t *ret_next,
                           bool *ret_more)
{
	int64_t end_us = clock_monotonic_us() + TURN_MS * INT64_C(1000);
	enum err e = ERR_OK;
	size_t worked = 1;
	bool any = false;

	while (e == ERR_OK && worked > 0 && clock_monotonic_us() < end_us && !house_gone(h) &&
	       !__atomic_load_n(&b->home->ending, __ATOMIC_RELAXED)) {
		struct ctx ctx;
		struct edition *edition = house_enter(h, a, &ctx);

		house_look(&ctx, h);
		e = known_plan(b, k, &ctx);
		if (e == ERR_OK)
			e = b->route ? b->route(&ctx, b->home->hub, &worked, ret_next) : b->fn(&ctx, &worked, ret_next);
		any = any || (e == ERR_OK && worked > 0);
		if (e == ERR_OK && worked == 0)
			e = known_rest(b, k, &ctx, any);
		house_leave(edition);
		arena_clear(a);
	}
	/* Work without an event (a day's digest) rings nobody, but may have put a message for the other beat. */
	if (any && b->plans)
		timekeeper_ring(b->home, k->code);
	/* Nor has an offer an event: whom it rings at is told by the live thread. */
	if (any && b->route)
		house_ring(h);
	*ret_more = e == ERR_OK && worked > 0;
	return e;
}

static void known_look(const struct beat *b, struct known *k, struct arena *a)
{
	struct house *h;
	char why[400] = "";
	int64_t next = 0;
	int64_t wait_ms = store_is_postgres(houses_store(b->home->houses)) ? SHARED_MS : ALONE_MS;
	bool more = false;
	enum err e = house_open(b->home->houses, k->code, &h, why, sizeof(why));

	if (e == ERR_OK) {
		e = known_turn(b, k, h, a, &next, &more);
		house_close(h);
	}
	if (e != ERR_OK && e != ERR_NOT_FOUND && !k->failed)
		log_line(LOG_LEVEL_WARN, "%s: %s: %s", b->name, k->code, err_code(e));
	k->failed = e != ERR_OK;
	if (e != ERR_OK)
		wait_ms = RETRY_MS;
	else if (next != 0 && next - clock_now_ms() < wait_ms)
		wait_ms = next - clock_now_ms();
	k->next_ms = next;
	/* What falls due one after the other is worked together: each commit costs all who read. */
	if (wait_ms < GAP_MS)
		wait_ms = GAP_MS;
	k->look_us = clock_monotonic_us() + (more ? 0 : wait_ms * INT64_C(1000));
}

static bool known_called(struct beat *b, struct known *k)
{
	pthread_mutex_lock(&b->home->lock);
	bool called = k->rung || k->look_us <= clock_monotonic_us() ||
	              (k->next_ms != 0 && k->next_ms <= clock_now_ms() - GAP_MS);

	k->rung = false;
	pthread_mutex_unlock(&b->home->lock);
	return called;
}

static void *beat_main(void *arg)
{
	struct beat *b = arg;
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);

	pthread_setname_np(pthread_self(), b->name);
	do {
		if (clock_monotonic_us() >= b->listed_us + LIST_MS * INT64_C(1000) || b->listed_us == 0)
			beat_list(b, a);
		arena_clear(a);
		for (size_t i = 0; i < b->n && !__atomic_load_n(&b->home->ending, __ATOMIC_RELAXED); i++)
			if (known_called(b, &b->list[i]))
				known_look(b, &b->list[i], a);
	} while (beat_wait(b));
	arena_free(a);
	return NULL;
}

/* ---- start and stop ---------------------------------------------------------------------------------------- */

struct timekeeper *timekeeper_open(struct houses *houses, struct hub *hub)
{
	struct timekeeper *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;
	bool good = true;

	if (t == NULL)
		abort();
	t->houses = houses;
	t->hub = hub;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	t->beats[0] = (struct beat){.home = t, .name = "clock", .fn = due_run, .plans = true};
	t->beats[1] = (struct beat){.home = t, .name = "post", .fn = channel_run};
	t->beats[2] = (struct beat){.home = t, .name = "route", .route = route_beat};
	houses_listen_each(houses, timekeeper_ring, t);
	for (size_t i = 0; i < BEATS && good; i++)
		good = t->beats[i].started = pthread_create(&t->beats[i].thread, NULL, beat_main, &t->beats[i]) == 0;
	if (good)
		return t;
	timekeeper_close(t);
	return NULL;
}

void timekeeper_close(struct timekeeper *t)
{
	if (t == NULL)
		return;
	houses_listen_each(t->houses, NULL, NULL);
	pthread_mutex_lock(&t->lock);
	__atomic_store_n(&t->ending, true, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&t->wake);
	pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < BEATS; i++) {
		if (t->beats[i].started)
			pthread_join(t->beats[i].thread, NULL);
		free(t->beats[i].list);
	}
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

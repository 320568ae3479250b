/* hub.c: the live thread: sockets, ticks, and the order of things. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "live/inside.h"
#include "store/store.h"

enum { EVENTS = 64, TICK_MS = 500, IDLE_MS = 60000, ROUND_MS = 40, ARENA_BYTES = 64 << 20, GONE_CODE = 1001 };

struct taken {
	struct taken *next;
	int fd;
	struct sockaddr_storage address;
};

void hub_wake(struct hub *h)
{
	/* One write wakes it, however many commits come before it looks. */
	if (!atomic_exchange(&h->woken, true))
		(void)!write(h->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

void hub_take(struct hub *h, int fd, const struct sockaddr *address, socklen_t len)
{
	struct taken *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		close(fd);
		return;
	}
	t->fd = fd;
	if (len <= sizeof(t->address))
		memcpy(&t->address, address, len);
	pthread_mutex_lock(&h->lock);
	t->next = h->taken;
	h->taken = t;
	pthread_mutex_unlock(&h->lock);
	hub_wake(h);
}

static void hub_open_taken(struct hub *h)
{
	struct taken *list;

	pthread_mutex_lock(&h->lock);
	list = h->taken;
	h->taken = NULL;
	pthread_mutex_unlock(&h->lock);
	while (list != NULL) {
		struct taken *t = list;

		list = t->next;
		client_open(h, t->fd, &t->address);
		arena_clear(h->arena);
		free(t);
	}
}

static void hub_tell(struct hub *h)
{
	struct follow **at = &h->follows;

	while (*at != NULL) {
		struct follow *f = *at;

		if (f->clients != NULL) {
			follow_tell(h, f);
			follow_tell_offers(h, f);
			at = &f->next;
			continue;
		}
		/* Nobody is left: the organisation may be closed. */
		pthread_mutex_lock(&h->lock);
		*at = f->next;
		pthread_mutex_unlock(&h->lock);
		free(f);
	}
}

/* Everybody is asked now and then whether he is signed in still. */
static void hub_check_people(struct hub *h)
{
	for (struct client *c = h->clients.next; c != &h->clients; c = c->next) {
		struct ctx ctx;
		void *hold;

		if (c->dead || c->closing_ms != 0)
			continue;
		if (h->people.enter(h->people.arg, c->viewer, h->arena, &ctx, &hold))
			h->people.leave(h->people.arg, hold);
		else
			client_close(c, CLOSE_SIGNED_OUT);
		arena_clear(h->arena);
	}
}

static void hub_tick(struct hub *h, int64_t now_ms)
{
	for (struct client *c = h->clients.next; c != &h->clients; c = c->next)
		client_clock(c, now_ms);
}

/* What was queued goes out; who is dead goes. Freeing one may queue words to others: until quiet. */
static void hub_settle(struct hub *h)
{
	bool again = true;

	while (again) {
		again = false;
		for (struct client *c = h->clients.next; c != &h->clients;) {
			struct client *next = c->next;

			if (!c->dead && !c->writing && wslay_event_want_write(c->ws))
				client_flush(c);
			if (c->dead) {
				client_free(c);
				again = true;
			}
			c = next;
		}
	}
}

static void hub_events(struct hub *h, const struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		struct client *c = events[i].data.ptr;
		uint64_t count;

		if (events[i].data.ptr == &h->wake_fd) {
			(void)!read(h->wake_fd, &count, sizeof(count));
			continue;
		}
		if (events[i].events & EPOLLOUT)
			client_flush(c);
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
			client_readable(c);
	}
}

static void *hub_main(void *arg)
{
	struct hub *h = arg;
	struct epoll_event events[EVENTS];
	int64_t ticked_ms = 0, told_ms = 0, asked_ms = 0;
	bool due = false;

	pthread_setname_np(pthread_self(), "live");
	while (!atomic_load(&h->stopping)) {
		int n = epoll_wait(h->epoll_fd, events, EVENTS, due ? ROUND_MS : h->n_clients > 0 ? TICK_MS : IDLE_MS);
		int64_t now_ms = clock_monotonic_us() / 1000;

		hub_events(h, events, n);
		due = atomic_exchange(&h->woken, false) || due;
		hub_open_taken(h);
		/* Commits come in batches: told together, some ms apart, the work of a round is shared. */
		if ((due && now_ms - told_ms >= ROUND_MS) || now_ms - told_ms >= 2 * TICK_MS) {
			hub_tell(h);
			told_ms = now_ms;
			due = false;
		}
		if (now_ms - ticked_ms >= TICK_MS) {
			hub_tick(h, now_ms);
			ticked_ms = now_ms;
		}
		if (now_ms - asked_ms >= 2 * TICK_MS) {
			hub_check_people(h);
			asked_ms = now_ms;
		}
		hub_settle(h);
	}
	return NULL;
}

struct hub *hub_new(const struct hub_people *people)
{
	struct hub *h = calloc(1, sizeof(*h));
	struct epoll_event ev = {.events = EPOLLIN};

	if (h == NULL)
		abort();
	h->people = *people;
	pthread_mutex_init(&h->lock, NULL);
	h->clients.prev = h->clients.next = &h->clients;
	h->arena = arena_new(ARENA_BYTES);
	h->scratch = arena_new(ARENA_BYTES);
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ev.data.ptr = &h->wake_fd;
	if (h->epoll_fd < 0 || h->wake_fd < 0 || epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->wake_fd, &ev) != 0 ||
	    pthread_create(&h->thread, NULL, hub_main, h) != 0) {
		if (h->epoll_fd >= 0)
			close(h->epoll_fd);
		if (h->wake_fd >= 0)
			close(h->wake_fd);
		arena_free(h->arena);
		arena_free(h->scratch);
		pthread_mutex_destroy(&h->lock);
		free(h);
		return NULL;
	}
	return h;
}

void hub_free(struct hub *h)
{
	if (h == NULL)
		return;
	atomic_store(&h->stopping, true);
	(void)!write(h->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
	pthread_join(h->thread, NULL);
	while (h->clients.next != &h->clients) {
		struct client *c = h->clients.next;

		client_close(c, GONE_CODE);
		c->watch_id = 0;
		client_free(c);
	}
	while (h->taken != NULL) {
		struct taken *t = h->taken;

		h->taken = t->next;
		close(t->fd);
		free(t);
	}
	while (h->follows != NULL) {
		struct follow *f = h->follows;

		h->follows = f->next;
		free(f);
	}
	close(h->epoll_fd);
	close(h->wake_fd);
	arena_free(h->arena);
	arena_free(h->scratch);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

#include "http/acceptor.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

enum { WAITING_MAX = 1024, PEEK_BYTES = 8192, BACKLOG = 1024, EVENTS = 64 };

#define WAIT_US INT64_C(5000000)

/* A connection whose request head is not complete; oldest first, so that one clock serves all. */
struct waiting {
	struct waiting *prev, *next;
	int fd;
	int64_t since_us;
	struct sockaddr_storage address;
	socklen_t len;
};

struct acceptor {
	struct acceptor_config config;
	int listen_fd, epoll_fd, stop_fd;
	struct waiting list; /* ring head */
	size_t n_waiting;
	pthread_t thread;
};

enum verdict { VERDICT_WAIT, VERDICT_FRONT, VERDICT_LIVE, VERDICT_GONE };

static bool starts(const char *bytes, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && memcmp(bytes, word, len) == 0;
}

/* Waiting for the whole head keeps a client that sends it a byte at a time away from the front. */
static enum verdict acceptor_look(int fd)
{
	char head[PEEK_BYTES];
	ssize_t n = recv(fd, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return VERDICT_GONE;
	if (n < 0)
		return VERDICT_WAIT;
	if ((size_t)n < sizeof(head) && memmem(head, (size_t)n, "\r\n\r\n", 4) == NULL)
		return VERDICT_WAIT;
	if (starts(head, (size_t)n, "GET /live ") || starts(head, (size_t)n, "GET /live?"))
		return VERDICT_LIVE;
	return VERDICT_FRONT;
}

static void acceptor_forget(struct acceptor *a, struct waiting *w)
{
	w->prev->next = w->next;
	w->next->prev = w->prev;
	a->n_waiting--;
	free(w);
}

static void acceptor_refuse(int fd)
{
	static const char late[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

	(void)!send(fd, late, sizeof(late) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void acceptor_give(struct acceptor *a, enum verdict v, int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	const struct sockaddr *address = (const struct sockaddr *)ss;

	if (v == VERDICT_LIVE)
		a->config.to_live(a->config.arg, fd, address, len);
	else if (v == VERDICT_FRONT)
		a->config.to_front(a->config.arg, fd, address, len);
	else
		close(fd);
}

static void acceptor_wait(struct acceptor *a, int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	struct waiting *w;
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};

	/* Too many half-sent requests: the oldest has had the longest chance. */
	if (a->n_waiting >= WAITING_MAX) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): forget took the freed one out of the ring */
		acceptor_refuse(a->list.next->fd);
		acceptor_forget(a, a->list.next);
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL) {
		close(fd);
		return;
	}
	*w = (struct waiting){.fd = fd, .since_us = clock_monotonic_us(), .address = *ss, .len = len};
	ev.data.ptr = w;
	if (epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
		close(fd);
		free(w);
		return;
	}
	w->prev = a->list.prev;
	w->next = &a->list;
	w->prev->next = w;
	a->list.prev = w;
	a->n_waiting++;
}

static void acceptor_accept(struct acceptor *a)
{
	for (;;) {
		struct sockaddr_storage ss = {0};
		socklen_t len = sizeof(ss);
		int fd = accept4(a->listen_fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		enum verdict v;

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0) {
			/* Out of descriptors: rest a little instead of spinning. */
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
				nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
			return;
		}
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		v = acceptor_look(fd);
		if (v == VERDICT_WAIT)
			acceptor_wait(a, fd, &ss, len);
		else
			acceptor_give(a, v, fd, &ss, len);
	}
}

static void acceptor_ready(struct acceptor *a, struct waiting *w)
{
	enum verdict v = acceptor_look(w->fd);

	if (v == VERDICT_WAIT)
		return;
	(void)epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	acceptor_give(a, v, w->fd, &w->address, w->len);
	acceptor_forget(a, w);
}

/* Ends those who waited too long; returns ms until the next may be due, -1: none waits. */
static int acceptor_expire(struct acceptor *a)
{
	int64_t now = clock_monotonic_us();

	while (a->n_waiting > 0) {
		struct waiting *w = a->list.next;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): forget took the freed one out of the ring */
		if (w->since_us + WAIT_US > now)
			return (int)((w->since_us + WAIT_US - now) / 1000) + 1;
		acceptor_refuse(w->fd);
		acceptor_forget(a, w);
	}
	return -1;
}

static void *acceptor_main(void *arg)
{
	struct acceptor *a = arg;
	struct epoll_event events[EVENTS];

	pthread_setname_np(pthread_self(), "acceptor");
	for (;;) {
		int n = epoll_wait(a->epoll_fd, events, EVENTS, acceptor_expire(a));
		bool more = false;

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &a->stop_fd)
				return NULL;
			if (events[i].data.ptr == &a->listen_fd)
				more = true;
			else
				acceptor_ready(a, events[i].data.ptr);
		}
		/* Last, as accepting may end one that waits and still has an event in this batch. */
		if (more)
			acceptor_accept(a);
	}
}

/* ---- start and stop ------------------------------------------------------------------------------- */

/* "127.0.0.1:8080", "[::1]:8080", ":8080" */
static bool listen_split(const char *s, char *host, size_t host_bytes, char *port, size_t port_bytes)
{
	const char *colon = strrchr(s, ':');
	size_t len;

	if (colon == NULL || colon[1] == '\0' || strlen(colon + 1) >= port_bytes)
		return false;
	len = (size_t)(colon - s);
	if (len >= 2 && s[0] == '[' && s[len - 1] == ']') {
		s++;
		len -= 2;
	}
	if (len >= host_bytes)
		return false;
	memcpy(host, s, len);
	host[len] = '\0';
	snprintf(port, port_bytes, "%s", colon + 1);
	return true;
}

static int listen_open(const char *listen_at, char *why, size_t why_bytes)
{
	char host[128], port[16];
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int fd = -1;

	if (!listen_split(listen_at, host, sizeof(host), port, sizeof(port)) ||
	    getaddrinfo(host[0] ? host : NULL, port, &hints, &list) != 0) {
		snprintf(why, why_bytes, "--listen %s: must be ADDRESS:PORT", listen_at);
		return -1;
	}
	for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
		if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
			snprintf(why, why_bytes, "can't listen on %s: %s", listen_at, strerror(errno));
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

bool acceptor_start(const struct acceptor_config *config, struct acceptor **ret_acceptor, char *why, size_t why_bytes)
{
	struct acceptor *a = calloc(1, sizeof(*a));
	struct epoll_event ev = {.events = EPOLLIN};
	struct epoll_event stop = {.events = EPOLLIN};

	if (a == NULL)
		abort();
	snprintf(why, why_bytes, "the acceptor could not be started");
	a->config = *config;
	a->list.prev = a->list.next = &a->list;
	a->epoll_fd = a->stop_fd = -1;
	a->listen_fd = listen_open(config->listen, why, why_bytes);
	if (a->listen_fd >= 0) {
		a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		a->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ev.data.ptr = &a->listen_fd;
		stop.data.ptr = &a->stop_fd;
		if (a->epoll_fd >= 0 && a->stop_fd >= 0 &&
		    epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, a->listen_fd, &ev) == 0 &&
		    epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, a->stop_fd, &stop) == 0 &&
		    pthread_create(&a->thread, NULL, acceptor_main, a) == 0) {
			*ret_acceptor = a;
			return true;
		}
		close(a->listen_fd);
	}
	if (a->epoll_fd >= 0)
		close(a->epoll_fd);
	if (a->stop_fd >= 0)
		close(a->stop_fd);
	free(a);
	return false;
}

int acceptor_port(const struct acceptor *a)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(a->listen_fd, (struct sockaddr *)&ss, &len) != 0)
		return 0;
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

void acceptor_stop(struct acceptor *a)
{
	if (a == NULL)
		return;
	(void)!write(a->stop_fd, &(uint64_t){1}, sizeof(uint64_t));
	pthread_join(a->thread, NULL);
	while (a->n_waiting > 0) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): forget took the freed one out of the ring */
		close(a->list.next->fd);
		acceptor_forget(a, a->list.next);
	}
	close(a->listen_fd);
	close(a->epoll_fd);
	close(a->stop_fd);
	free(a);
}

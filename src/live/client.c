/* client.c: one WebSocket: its request, its frames, its patience. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ids.h"
#include "live/inside.h"
#include "model/who.h"
#include "store/store.h"

/* ---- frames ---------------------------------------------------------------------------------------- */

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *bytes, size_t n, int flags, void *arg)
{
	struct client *c = arg;
	ssize_t got;

	do
		got = recv(c->fd, bytes, n, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		return got;
	wslay_event_set_error(ws, got < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *bytes, size_t n, int flags, void *arg)
{
	struct client *c = arg;
	ssize_t sent;

	do
		sent = send(c->fd, bytes, n, MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	wslay_event_set_error(ws, errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static void client_watch(struct client *c, const json_t *what)
{
	const char *type = json_string_value(json_object_get(what, "type"));
	const char *id_text = json_string_value(json_object_get(what, "id"));
	char was_type[TYPE_BYTES];
	int64_t was_id, id = 0;

	if (type == NULL || id_text == NULL || !id_parse(id_text, &id) || strlen(type) >= TYPE_BYTES ||
	    !client_may_watch(c, type, id)) {
		type = "";
		id = 0;
	}
	pthread_mutex_lock(&c->hub->lock);
	memcpy(was_type, c->watch_type, sizeof(was_type));
	was_id = c->watch_id;
	snprintf(c->watch_type, sizeof(c->watch_type), "%s", type);
	c->watch_id = id;
	pthread_mutex_unlock(&c->hub->lock);
	if (was_id != 0 && (was_id != id || strcmp(was_type, type) != 0))
		follow_tell_watchers(c->hub, c->follow, was_type, was_id);
	if (id != 0)
		follow_tell_watchers(c->hub, c->follow, type, id);
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct client *c = arg;
	json_error_t fault;
	json_t *j;

	c->heard_ms = clock_monotonic_us() / 1000;
	if (m->opcode != WSLAY_TEXT_FRAME)
		return;
	j = json_loadb((const char *)m->msg, m->msg_length, JSON_REJECT_DUPLICATES, &fault);
	if (json_object_get(j, "watch") != NULL)
		client_watch(c, json_object_get(j, "watch"));
	if (json_is_boolean(json_object_get(j, "queues")))
		c->queues = json_is_true(json_object_get(j, "queues"));
	json_decref(j);
}

static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .on_msg_recv_callback = on_message,
};

void client_flush(struct client *c)
{
	bool more;
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};

	if (c->dead)
		return;
	if (wslay_event_send(c->ws) != 0) {
		c->dead = true;
		return;
	}
	more = wslay_event_want_write(c->ws);
	if (c->closing_ms != 0 && !more)
		c->dead = true;
	if (more == c->writing)
		return;
	c->writing = more;
	if (more)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(c->hub->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		c->dead = true;
}

void client_readable(struct client *c)
{
	if (c->dead)
		return;
	if (wslay_event_recv(c->ws) != 0) {
		c->dead = true;
		return;
	}
	/* The library answers pings and a close by itself; what it wants to say goes out now. */
	client_flush(c);
	if (wslay_event_get_close_received(c->ws) && !wslay_event_want_write(c->ws))
		c->dead = true;
}

void client_send(struct client *c, const char *text, size_t len)
{
	struct wslay_event_msg m = {.opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text, .msg_length = len};

	if (c->dead || c->closing_ms != 0)
		return;
	if (wslay_event_get_queued_msg_length(c->ws) + len > CLIENT_QUEUE_BYTES)
		client_close(c, CLOSE_TOO_SLOW);
	else if (wslay_event_queue_msg(c->ws, &m) != 0)
		c->dead = true;
}

void client_close(struct client *c, int code)
{
	if (c->dead || c->closing_ms != 0)
		return;
	c->closing_ms = clock_monotonic_us() / 1000;
	if (wslay_event_queue_close(c->ws, (uint16_t)code, NULL, 0) != 0)
		c->dead = true;
	client_flush(c);
}

void client_clock(struct client *c, int64_t now_ms)
{
	struct wslay_event_msg ping = {.opcode = WSLAY_PING};

	bool rung = c->offer != 0;
	int64_t since_ms = rung && c->rung_ms > c->heard_ms ? c->rung_ms : c->heard_ms;

	if (c->closing_ms != 0 && now_ms - c->closing_ms > CLOSE_MS)
		c->dead = true;
	if (now_ms - since_ms > (rung ? RING_SILENT_MS : SILENT_MS))
		c->dead = true;
	if (c->dead || c->closing_ms != 0)
		return;
	if (c->counts_due && now_ms - c->counted_ms >= COUNTS_MS) {
		c->counts_due = false;
		c->counted_ms = now_ms;
		client_send(c, "{\"counts\":true}", 15);
		client_flush(c);
	}
	if (now_ms - c->pinged_ms > (rung ? RING_PING_MS : PING_MS)) {
		c->pinged_ms = now_ms;
		if (wslay_event_queue_msg(c->ws, &ping) == 0)
			client_flush(c);
	}
}

/* ---- begin and end ----------------------------------------------------------------------------------- */

static struct follow *follow_of(struct hub *h, struct org *org)
{
	struct follow *f = h->follows;

	while (f != NULL && f->org != org)
		f = f->next;
	if (f != NULL)
		return f;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		abort();
	f->org = org;
	f->seen = org_last_seq(org);
	f->next = h->follows;
	h->follows = f;
	return f;
}

/* True when the viewer is known still; sets whose events he follows. */
static bool client_join(struct client *c, void *viewer)
{
	struct hub *h = c->hub;
	struct arena_mark mark = arena_mark(h->arena);
	struct ctx ctx;
	void *hold;

	if (!h->people.enter(h->people.arg, viewer, h->arena, &ctx, &hold))
		return false;
	c->viewer = viewer;
	c->user = ctx.who->id;
	pthread_mutex_lock(&h->lock);
	c->follow = follow_of(h, ctx.org);
	c->follow_next = c->follow->clients;
	c->follow->clients = c;
	c->prev = h->clients.prev;
	c->next = &h->clients;
	c->prev->next = c;
	h->clients.prev = c;
	h->n_clients++;
	pthread_mutex_unlock(&h->lock);
	h->people.leave(h->people.arg, hold);
	arena_rewind(h->arena, mark);
	return true;
}

static void client_hello(struct client *c, const struct handshake *hs)
{
	char text[80];
	char since_text[24];
	int64_t since;
	int n = snprintf(text, sizeof(text), "{\"hello\":{\"seq\":\"%lld\"}}", (long long)c->follow->seen);

	client_send(c, text, (size_t)n);
	if (handshake_query(hs, "since", since_text, sizeof(since_text)) && id_parse(since_text, &since))
		client_resume(c, since);
	client_flush(c);
}

static void refuse(int fd, const struct handshake *hs, int status)
{
	char answer[ANSWER_BYTES];
	size_t n = handshake_answer(hs, status, answer);

	(void)!send(fd, answer, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static bool client_start(struct hub *h, int fd, const struct handshake *hs, void *viewer)
{
	struct client *c = calloc(1, sizeof(*c));
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
	char answer[ANSWER_BYTES];
	size_t n = handshake_answer(hs, 101, answer);

	if (c == NULL)
		abort();
	c->hub = h;
	c->fd = fd;
	c->heard_ms = c->pinged_ms = clock_monotonic_us() / 1000;
	if (wslay_event_context_server_init(&c->ws, &callbacks, c) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(c->ws, CLIENT_MESSAGE_BYTES);
	/* Else the kernel keeps megabytes for one that never reads, and it is not noticed for long. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){CLIENT_SOCKET_BYTES}, sizeof(int));
	/* The socket is fresh: its buffer takes these few bytes or it is broken. */
	if (send(fd, answer, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n ||
	    epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0 || !client_join(c, viewer)) {
		wslay_event_context_free(c->ws);
		free(c);
		return false;
	}
	client_hello(c, hs);
	return true;
}

void client_open(struct hub *h, int fd, const struct sockaddr_storage *address)
{
	struct handshake *hs = calloc(1, sizeof(*hs));
	void *viewer;
	ssize_t n;
	int status;

	if (hs == NULL)
		abort();
	hs->address = *address;
	n = recv(fd, hs->bytes, HANDSHAKE_BYTES, MSG_DONTWAIT);
	hs->n_bytes = n > 0 ? (size_t)n : 0;
	if (!handshake_parse(hs)) {
		refuse(fd, hs, 426);
	} else if (h->n_clients >= CLIENTS_MAX) {
		refuse(fd, hs, 503);
	} else {
		status = h->people.admit(h->people.arg, hs, &viewer);
		if (status != 101) {
			refuse(fd, hs, status);
		} else if (!client_start(h, fd, hs, viewer)) {
			h->people.drop(h->people.arg, viewer);
			close(fd);
		}
	}
	free(hs);
}

void client_free(struct client *c)
{
	struct hub *h = c->hub;
	struct client **at;

	pthread_mutex_lock(&h->lock);
	for (at = &c->follow->clients; *at != c;)
		at = &(*at)->follow_next;
	*at = c->follow_next;
	c->prev->next = c->next;
	c->next->prev = c->prev;
	h->n_clients--;
	h->gone[h->gone_at++ % GONE_KEPT] =
	        (struct gone){.org = c->follow->org, .user = c->user, .at_ms = clock_now_ms()};
	pthread_mutex_unlock(&h->lock);
	if (c->watch_id != 0)
		follow_tell_watchers(h, c->follow, c->watch_type, c->watch_id);
	h->people.drop(h->people.arg, c->viewer);
	wslay_event_context_free(c->ws);
	close(c->fd);
	free(c);
}

/* inside.h: inside of live/: the hub, its clients, and the organisations they follow. */
#ifndef SHOUWEN_LIVE_INSIDE_H
#define SHOUWEN_LIVE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <wslay/wslay.h>

#include "live/hub.h"
#include "model/access.h"
#include "model/list.h"

enum {
	CLIENTS_MAX = 4096,
	CLIENT_QUEUE_BYTES = 256 * 1024,  /* a client further behind is cut off */
	CLIENT_SOCKET_BYTES = 192 * 1024, /* sent, not yet taken: in the kernel */
	CLIENT_MESSAGE_BYTES = 1024,
	ANSWER_BYTES = HANDSHAKE_ANSWER_BYTES,
	PAGE_EVENTS = 500,
	RESUME_EVENTS = 5000, /* further back than this: reset */
	TYPE_BYTES = 64,
	SHOWN_KEPT = 64,
};

#define PING_MS INT64_C(30000)
#define SILENT_MS INT64_C(80000)
/* At whom something rings is to be there: he is asked often, and does not stay away for long. */
#define RING_PING_MS INT64_C(2000)
#define RING_SILENT_MS INT64_C(5000)
#define COUNTS_MS INT64_C(1500)
#define CLOSE_MS INT64_C(3000)

/* Codes of our own; others are the protocol's. */
enum { CLOSE_SIGNED_OUT = 4401, CLOSE_TOO_SLOW = 4408 };

struct follow; /* one organisation */

struct client {
	struct client *prev, *next; /* of the hub */
	struct client *follow_next; /* of the organisation */
	struct hub *hub;
	struct follow *follow;
	int fd;
	wslay_event_context_ptr ws;
	void *viewer;
	int64_t user;
	int64_t heard_ms, pinged_ms, counted_ms;
	int64_t closing_ms; /* 0: open */
	int64_t shown[SHOWN_KEPT];
	size_t shown_at;
	bool counts_due;
	bool writing; /* epoll waits for room */
	bool dead;
	char watch_type[TYPE_BYTES];
	int64_t watch_id; /* 0: watches nothing */
	int64_t offer;    /* that rings at him; 0: none */
	int64_t rung_ms;  /* he was told of it */
	bool queues;      /* looks at the board of the queues: told when what rings or who is there has changed */
};

enum { GONE_KEPT = 512 };
struct gone { /* whose last connection has closed */
	const struct org *org;
	int64_t user;
	int64_t at_ms; /* by the clock on the wall */
};

struct follow {
	struct follow *next;
	struct org *org;
	struct client *clients;
	int64_t seen;   /* events up to here were told */
	uint64_t rings; /* what rang when the boards were told last */
	uint64_t here;  /* who was there then, and how */
};

struct hub {
	struct hub_people people;
	int epoll_fd, wake_fd;
	atomic_bool woken, stopping;
	pthread_t thread;
	pthread_mutex_t
	        lock; /* for watch_type and watch_id of clients, and the lists, against hub_watchers; and `new` */
	struct client clients; /* ring head */
	size_t n_clients;
	struct follow *follows;
	struct taken *taken;         /* sockets handed over, not yet looked at */
	struct arena *arena;         /* of one round */
	struct arena *scratch;       /* of one client in it */
	struct gone gone[GONE_KEPT]; /* under lock */
	size_t gone_at;
};

/* ---- client.c: one connection ------------------------------------------------------------------------- */

/* Reads the request that lies in the socket and answers it; the socket is closed when refused. */
void client_open(struct hub *h, int fd, const struct sockaddr_storage *address);
void client_readable(struct client *c);
void client_flush(struct client *c);
void client_send(struct client *c, const char *text, size_t len);
void client_close(struct client *c, int code);
void client_clock(struct client *c, int64_t now_ms); /* pings, silence, counts that are due */
void client_free(struct client *c);

/* ---- tell.c: what happened, to whom it concerns --------------------------------------------------------- */

/* Tells all clients of what was committed since the last time. */
void follow_tell(struct hub *h, struct follow *f);
/* Tells one client of what happened after `since`, or that it is too long ago. */
void client_resume(struct client *c, int64_t since);
/* offers.c: tells each client what rings at him, and what does no more. */
void follow_tell_offers(struct hub *h, struct follow *f);
/* May he see this record? For watching it. */
bool client_may_watch(struct client *c, const char *type, int64_t id);
/* {"watching":…} to all who watch the same record. */
void follow_tell_watchers(struct hub *h, struct follow *f, const char *type, int64_t id);

#endif

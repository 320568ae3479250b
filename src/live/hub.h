/*
 * hub.h: who is watching what. One thread owns all WebSockets; it follows each organisation's
 * events by seq and tells every client of those its user may see: {"seq","type","id","version"}.
 * Clients fetch what they show; nothing of a record's content goes over this line.
 *
 * A client that does not read is cut off with a bounded queue and comes back with the last seq it
 * saw.
 */
#ifndef SHOUWEN_LIVE_HUB_H
#define SHOUWEN_LIVE_HUB_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/ctx.h"
#include "base/json.h"
#include "live/handshake.h"

struct hub;

/* What the hub needs to know of people, from the layer that signs them in. All called on the hub's
 * thread. A viewer is that layer's, opaque here. */
struct hub_people {
	void *arg;
	/* Checks cookie and Origin of a request to watch: 101 and a viewer, or the status to refuse with. */
	int (*admit)(void *arg, const struct handshake *hs, void **ret_viewer);
	/* The viewer's ctx for now: false when he is signed in no more. `hold` is given back to leave. */
	bool (*enter)(void *arg, void *viewer, struct arena *a, struct ctx *ret_ctx, void **ret_hold);
	void (*leave)(void *arg, void *hold);
	void (*drop)(void *arg, void *viewer);
};

/* NULL: the thread could not be started. */
struct hub *hub_new(const struct hub_people *people);
void hub_free(struct hub *h); /* NULL allowed; says good-bye to all */

/* Takes a socket over whose request head lies unread in it. From any thread. */
void hub_take(struct hub *h, int fd, const struct sockaddr *address, socklen_t len);
/* Events were committed somewhere. From any thread; does not block. */
void hub_wake(struct hub *h);

/* Users (ids) who have the record open now; at most max. From any thread. */
size_t hub_watchers(struct hub *h, const struct org *org, const char *type, int64_t id, int64_t *ret_users, size_t max);
/* When his last connection closed, by the clock on the wall; 0: he has one, or had none lately. From any thread. */
int64_t hub_gone_at(struct hub *h, const struct org *org, int64_t user);
/* Has the user a connection now? From any thread. */
bool hub_has(struct hub *h, const struct org *org, int64_t user);

#endif

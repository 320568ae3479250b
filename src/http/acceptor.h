/*
 * acceptor.h: takes new connections on its own thread, looks at their first bytes without taking
 * them (at most 5 s, at most a stated number at once), and gives each to whom it belongs: `GET
 * /live` to the live side, all else to the front.
 */
#ifndef SHOUWEN_HTTP_ACCEPTOR_H
#define SHOUWEN_HTTP_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct acceptor;

struct acceptor_config {
	const char *listen; /* "ADDRESS:PORT" */
	/* Both take the socket over. Called from the acceptor's thread. */
	void (*to_front)(void *arg, int fd, const struct sockaddr *address, socklen_t len);
	void (*to_live)(void *arg, int fd, const struct sockaddr *address, socklen_t len);
	void *arg;
};

bool acceptor_start(const struct acceptor_config *config, struct acceptor **ret_acceptor, char *why, size_t why_bytes);
int acceptor_port(const struct acceptor *a);
void acceptor_stop(struct acceptor *a); /* NULL allowed */

#endif

/*
 * handshake.h: the HTTP request that opens a WebSocket: read strictly, answered in one piece.
 */
#ifndef SHOUWEN_LIVE_HANDSHAKE_H
#define SHOUWEN_LIVE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { HANDSHAKE_BYTES = 8192, HANDSHAKE_HEADERS = 64, HANDSHAKE_ANSWER_BYTES = 256 };

struct handshake {
	char bytes[HANDSHAKE_BYTES + 1];
	size_t n_bytes;
	const char *path; /* without the query */
	const char *query;
	struct {
		const char *name, *value;
	} headers[HANDSHAKE_HEADERS];
	size_t n_headers;
	struct sockaddr_storage address;
};

/* Takes `bytes` apart in place. False: no request for a WebSocket of version 13. */
bool handshake_parse(struct handshake *hs);
const char *handshake_header(const struct handshake *hs, const char *name); /* NULL: none */
/* A parameter of the query, not decoded (codes and numbers need none); false: not there or too long. */
bool handshake_query(const struct handshake *hs, const char *name, char *out, size_t out_bytes);

/* The answer to the client's key: base64(sha1(key + GUID)), 28 characters and a NUL. */
void handshake_accept(const char *key, char out[29]);
/* Either "101 Switching Protocols" with its headers or a refusal; returns its length. */
size_t handshake_answer(const struct handshake *hs, int status, char out[HANDSHAKE_ANSWER_BYTES]);

#endif

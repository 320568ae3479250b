/*
 * answer.h: what goes back: a status, a few headers and a body in the request's arena, or a file.
 */
#ifndef SHOUWEN_HTTP_ANSWER_H
#define SHOUWEN_HTTP_ANSWER_H

#include "base/buf.h"
#include "base/json.h"

struct MHD_Response;

enum { ANSWER_HEADERS_MAX = 12, ANSWER_BYTES_MAX = 16 << 20 };

struct answer_header {
	const char *name, *value;
};

struct answer {
	struct ctx *ctx;
	int status;
	const char *mime; /* NULL: JSON */
	struct buf body;
	struct json_out json; /* writes into body */
	struct answer_header headers[ANSWER_HEADERS_MAX];
	size_t n_headers;
	int file; /* streamed when >= 0; closed by whoever sends it */
	uint64_t file_bytes;
	bool no_body;
	int retry_after_s; /* told with an error */
};

void answer_init(struct answer *an, struct ctx *ctx);
/* Forgets body and headers: for code that is run again, and for errors. */
void answer_reset(struct answer *an);
void answer_header(struct answer *an, const char *name, const char *value); /* value is copied */
/* ETag: "VERSION" */
void answer_etag(struct answer *an, int64_t version);
/* 204 without a body. */
void answer_nothing(struct answer *an);
/* The error's status and its JSON, with the problems of ctx. */
void answer_error(struct answer *an, enum err e);

/* Bytes ready to send, owned by the arena that `arena` names until done(arena) is called. */
struct MHD_Response *answer_response(struct answer *an, void (*done)(void *arg), void *arg);

int status_of(enum err e);
const char *message_of(enum err e, enum lang lang);

#endif

/*
 * request.h: one request on its way. Made by the front when the headers are there, handed to a
 * worker when the body is complete, given back with an answer. One owner at a time.
 */
#ifndef SHOUWEN_HTTP_REQUEST_H
#define SHOUWEN_HTTP_REQUEST_H

#include <microhttpd.h>

#include "base/json.h"
#include "http/answer.h"
#include "http/gate.h"
#include "http/route.h"

struct http;
struct house;
struct queue;
struct seat;

enum { PARAMS_MAX = 4, PARAM_BYTES = 80, ADDRESS_BYTES = 48 };

enum phase {
	PHASE_HEADERS, /* the front has seen the headers */
	PHASE_CHECK,   /* a worker authorises an upload on its headers */
	PHASE_CHECKED, /* it did; the library asks about the headers once more */
	PHASE_BODY,    /* the front takes the body */
	PHASE_QUEUED,  /* waits for a worker, or is with it */
	PHASE_ANSWERED /* the answer is ready to be sent */
};

enum signed_by { BY_NOBODY, BY_COOKIE, BY_TOKEN };

struct request {
	struct http *http;
	struct MHD_Connection *connection;
	const struct route *route;
	const char *path;
	char params[PARAMS_MAX][PARAM_BYTES];
	size_t n_params;
	enum phase phase;
	int64_t started_us;
	char address[ADDRESS_BYTES];

	/* body in memory */
	char *body;
	size_t body_len, body_cap;
	/* body in a file */
	int spool_fd; /* -1: none */
	char spool_path[256];
	uint64_t spool_bytes;
	uint64_t came;       /* bytes of the body, kept or not */
	enum err body_fault; /* noted while the body came in; the rest was thrown away */

	/* set by the worker */
	struct house *house;
	struct seat *seat;
	enum signed_by signed_by;
	json_t *json;
	struct queue *queue;
	struct gate *gate; /* of its lane, for reads */
	struct gate_job at_gate;
	int64_t gate_user;
	bool rests;   /* to be put to rest at the gate */
	bool crowded; /* front: counted in the crowd of its address */
	/* the answer as it goes out */
	int status;
	struct MHD_Response *response;
	struct request *next;
};

/* All: "" or NULL as said; valid for the request. */
const char *request_param(const struct request *rq, const char *name); /* of the path; never NULL */
const char *request_query(const struct request *rq, const char *name); /* NULL: not given */
const char *request_header(const struct request *rq, const char *name);
const char *request_cookie(struct ctx *ctx, const struct request *rq, const char *name);

/* {id} of the path: ERR_NOT_FOUND if it is no id. */
enum err request_id(const struct request *rq, const char *name, int64_t *ret_id);
/* {type} of the path in ctx->model: ERR_NOT_FOUND. */
struct type;
enum err request_type(struct ctx *ctx, const struct request *rq, const struct type **ret_type);
/* If-Match: ERR_NEED_VERSION without, ERR_BAD_REQUEST when it isn't "NUMBER". */
enum err request_version(struct ctx *ctx, const struct request *rq, int64_t *ret_version);
/* ?limit=: default when missing; ERR_BAD_REQUEST when not 1..max. */
enum err request_limit(struct ctx *ctx, const struct request *rq, size_t preset, size_t max, size_t *ret_limit);
/* ?name=ID: *ret_id stays when it is not given; ERR_BAD_REQUEST when it is no id. */
enum err request_query_id(struct ctx *ctx, const struct request *rq, const char *name, int64_t *ret_id);
bool request_flag(const struct request *rq, const char *name); /* ?count=1 */

/* Members of the JSON body: problems are noted when missing or of another kind. */
enum err body_text(struct ctx *ctx, const struct request *rq, const char *key, bool needed, const char **ret_text);
enum err body_object(struct ctx *ctx, const struct request *rq, const char *key, bool needed,
                     const json_t **ret_object);
enum err body_bool(struct ctx *ctx, const struct request *rq, const char *key, bool preset, bool *ret_flag);
enum err body_id(struct ctx *ctx, const struct request *rq, const char *key, bool needed, int64_t *ret_id);
enum err body_ids(struct ctx *ctx, const struct request *rq, const char *key, size_t max, int64_t **ret_ids,
                  size_t *ret_n);
/* Refuses members that are not in the comma list: "unknown_field". */
enum err body_only(struct ctx *ctx, const struct request *rq, const char *names);

#endif

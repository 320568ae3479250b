/* server.h: inside of http/: the front, the lanes and what they share. */
#ifndef SHOUWEN_HTTP_SERVER_H
#define SHOUWEN_HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/acceptor.h"
#include "http/gate.h"
#include "http/house.h"
#include "http/http.h"
#include "http/queue.h"
#include "http/request.h"
#include "http/route_tree.h"

struct hub;
struct presence;
struct timekeeper;
struct web_files;

enum { ARENAS_KEPT = 64, CONNECTIONS_MAX = 8192, IDLE_SECONDS = 60, WORKERS = 72, SLOW_WORKERS = 2, SLOW_JOBS = 128 };
enum { SIGN_WORKERS = 1, SIGN_JOBS = 64, SIGN_CROWD = 24 }; /* passwords hashed at once, waiting, from one address */

/* Answers that need no request memory, one for each error and language. */
struct ready_answers {
	struct MHD_Response *errors[ERR_COUNT][2];
	struct MHD_Response *no_method;
};

struct arena_pool {
	pthread_mutex_t lock;
	struct arena *list[ARENAS_KEPT];
	size_t n;
};

struct http {
	struct http_config config;
	struct route_tree *tree;
	struct MHD_Daemon *daemon;
	struct acceptor *acceptor;
	struct queue *fast, *slow, *sign;
	struct gate fast_gate, slow_gate;
	struct crowd crowd; /* front only */
	struct hub *hub;
	struct presence *presence;     /* NULL: nobody looks who went (a clock for tests) */
	struct timekeeper *timekeeper; /* NULL under a clock of tests */
	struct ready_answers ready;
	struct arena_pool arenas;
	struct request *spare; /* front only */
	size_t n_spare;
	size_t body_bytes;    /* front only: held by the bodies of all requests */
	atomic_int in_flight; /* requests begun and not yet sent whole */
	atomic_uint spool_number;
	struct web_files *web;
	char line_refused; /* its address stands for a request that head.c has answered */
};

/* ---- front.c ------------------------------------------------------------------------- */

enum MHD_Result front_handle(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                             const char *version, const char *bytes, size_t *n_bytes, void **at);
void front_completed(void *arg, struct MHD_Connection *c, void **at, enum MHD_RequestTerminationCode why);

/* ---- head.c -------------------------------------------------------------------------- */

/* Sees the line of a request before the library takes it apart: NULL, or &line_refused when it was too large. */
void *head_line(void *arg, const char *uri, struct MHD_Connection *c);
/* The line and the headers leave room for an answer. */
bool head_fits(struct MHD_Connection *c);

/* ---- worker.c: runs one request; a queue_fn ---------------------------------------------------------- */

void worker_serve(void *arg, void *job);
struct arena *arena_pool_take(struct arena_pool *p);
void arena_pool_clear(struct arena_pool *p);

/* Runs fn in a write transaction while other requests use this thread's place. */
enum err request_write(struct ctx *ctx, struct request *rq, enum err (*fn)(struct ctx *ctx, void *arg), void *arg);

/* ---- presence.c ------------------------------------------------------------------------------------ */

/* In the transaction that signs in or out. */
enum err presence_signed_in(struct ctx *ctx, int64_t user);
enum err presence_signed_out(struct ctx *ctx, int64_t user);
/* A thread that puts offline who went without a word; NULL: it could not be started. Ends before the hub. */
struct presence *presence_open(struct http *h);
void presence_close(struct presence *p); /* NULL allowed */

/* ---- spool.c: bodies ------------------------------------------------------------------------------ */

/* Both note a fault in rq->body_fault and then throw the rest away. */
void body_add(struct request *rq, const char *bytes, size_t n);
void spool_add(struct request *rq, const char *bytes, size_t n);
bool spool_open(struct request *rq);
void spool_sweep(struct http *h);
void spool_close(struct request *rq); /* removes the file if it still lies there */

/* do_files.c: may this upload come at all? */
enum err upload_check(struct ctx *ctx, struct request *rq);

/* ---- auth.c: who asks ------------------------------------------------------------------------------- */

/* Finds organisation and user, fills ctx; checks that a change comes from the same origin. */
enum err auth_request(struct ctx *ctx, struct request *rq, struct edition **ret_edition);
/* A change signed by a cookie: same Origin, JSON or the upload header. */
enum err auth_same_origin(struct ctx *ctx, const struct request *rq);
/* The seat of this digest, kept or read, and ctx->who from it: ERR_SIGN_IN. seat_put when done. */
enum err auth_take_seat(struct ctx *ctx, struct house *house, struct edition *edition, const char *digest, bool token,
                        struct seat **ret_seat);
void request_language(struct ctx *ctx, const struct request *rq);
void request_address(struct request *rq);

/* ---- watch.c: the live side ------------------------------------------------------------------------- */

bool live_open(struct http *h);
void live_take(struct http *h, int fd, const struct sockaddr *address, socklen_t len);
extern const char *const front_forwarded[]; /* headers of proxies, to a NULL */
bool front_demo_allows(const char *host, bool forwarded);
void live_close(struct http *h);

/* ---- static.c: the web's files ------------------------------------------------------------------------ */

struct web_files *web_open(void);
void web_close(struct web_files *w);
/* Never NULL: what is not there is the console's first page, which knows its own paths. */
struct MHD_Response *web_find(const struct web_files *w, struct MHD_Connection *c, const char *path,
                              unsigned *ret_status);

#endif

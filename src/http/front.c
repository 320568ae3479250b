/*
 * front.c: what the front's thread does with each request: finds the route, takes the body, hands
 * it to a lane, sends what comes back. It never waits and never touches the database.
 */
#include <arpa/inet.h>

#include "base/clock.h"
#include "http/server.h"

enum { SPARE_MAX = 256, DRAIN_TIMES = 4 };

#define SLOW_BODY_US INT64_C(30000000) /* a body may be slow, but not for longer than this … */
#define SLOW_BODY_RATE 4096            /* … below so many bytes a second */

static enum lang front_language(struct MHD_Connection *c)
{
	const char *s = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);

	return s != NULL && strncasecmp(s, "en", 2) == 0 ? LANG_EN : LANG_ZH;
}

static enum MHD_Result front_refuse(struct http *h, struct MHD_Connection *c, enum err e)
{
	return MHD_queue_response(c, (unsigned)status_of(e), h->ready.errors[e][front_language(c)]);
}

/* ---- requests ------------------------------------------------------------------------------------- */

static struct request *front_take(struct http *h)
{
	struct request *rq = h->spare;

	if (rq != NULL) {
		h->spare = rq->next;
		h->n_spare--;
	} else {
		rq = malloc(sizeof(*rq));
	}
	if (rq != NULL) {
		memset(rq, 0, sizeof(*rq));
		rq->http = h;
		rq->spool_fd = -1;
		atomic_fetch_add(&h->in_flight, 1);
	}
	return rq;
}

void front_completed(void *arg, struct MHD_Connection *c, void **at, enum MHD_RequestTerminationCode why)
{
	struct http *h = arg;
	struct request *rq = *at;

	if (*at == NULL || *at == &h->line_refused)
		return;
	*at = NULL;
	if (rq->crowded)
		crowd_leave(&h->crowd, rq->address);
	if (rq->response != NULL)
		MHD_destroy_response(rq->response);
	h->body_bytes -= rq->body_cap;
	free(rq->body);
	spool_close(rq);
	atomic_fetch_sub(&h->in_flight, 1);
	if (h->n_spare < SPARE_MAX) {
		rq->next = h->spare;
		h->spare = rq;
		h->n_spare++;
	} else {
		free(rq);
	}
}

/* ---- the first look ------------------------------------------------------------------------------- */

const char *const front_forwarded[] = {
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via", NULL};

static bool host_is_loopback(const char *host)
{
	char name[64];
	size_t len;

	if (host == NULL)
		return false;
	len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0 || http_is_loopback(name);
}

bool http_is_loopback(const char *address)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return strcmp(address, "::1") == 0 || strcmp(address, "::ffff:127.0.0.1") == 0;
}

bool front_demo_allows(const char *host, bool forwarded)
{
	return !forwarded && host_is_loopback(host);
}

/* The demo's passwords are known to all: it serves only this machine, never through a proxy. */
static bool demo_allows(struct MHD_Connection *c)
{
	bool forwarded = false;

	for (size_t i = 0; front_forwarded[i] != NULL; i++)
		forwarded = forwarded || MHD_lookup_connection_value(c, MHD_HEADER_KIND, front_forwarded[i]) != NULL;
	return front_demo_allows(MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST), forwarded);
}

static unsigned long long body_max(const struct route *r)
{
	return r->flags & ROUTE_BODY_FILE ? LIMIT_FILE_BYTES : LIMIT_BODY_BYTES;
}

static unsigned long long body_announced(struct MHD_Connection *c)
{
	const char *s = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return s != NULL ? strtoull(s, NULL, 10) : 0;
}

static struct queue *lane_of(struct http *h, const struct request *rq, enum phase phase)
{
	enum lane lane = phase == PHASE_QUEUED ? rq->route->lane : LANE_FAST;

	return lane == LANE_SIGN ? h->sign : lane == LANE_SLOW ? h->slow : h->fast;
}

/* One address may not fill the places where passwords wait to be hashed. */
static bool front_counts(struct http *h, struct request *rq)
{
	request_address(rq);
	rq->crowded = crowd_enter(&h->crowd, rq->address, SIGN_CROWD);
	return rq->crowded;
}

/* Hands the request to its lane; the connection rests until the answer is there. */
static enum MHD_Result front_hand_over(struct request *rq, enum phase phase)
{
	struct http *h = rq->http;
	struct queue *l = lane_of(h, rq, phase);

	if (l == h->sign && !front_counts(h, rq))
		return front_refuse(h, rq->connection, ERR_THROTTLED);
	/* Only this thread pushes: not full now means that the push below goes through, unless the server ends. */
	if (queue_full(l))
		return front_refuse(h, rq->connection, ERR_BUSY);
	rq->phase = phase;
	rq->queue = l;
	MHD_suspend_connection(rq->connection);
	/* Without an answer the connection is closed when it goes on. */
	if (!queue_push(l, rq))
		MHD_resume_connection(rq->connection);
	return MHD_YES;
}

static enum MHD_Result front_web(struct http *h, struct MHD_Connection *c, const char *url, const char *method)
{
	struct MHD_Response *r;
	unsigned status;
	enum MHD_Result ok;

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return front_refuse(h, c, ERR_NOT_FOUND);
	r = web_find(h->web, c, url, &status);
	ok = MHD_queue_response(c, status, r);
	return ok;
}

static enum MHD_Result front_begin(struct http *h, struct MHD_Connection *c, const char *url, const char *method,
                                   void **at)
{
	struct request *rq;
	bool head = strcmp(method, "HEAD") == 0;

	if (!head_fits(c))
		return MHD_queue_response(c, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
		                          h->ready.errors[ERR_TOO_LARGE][front_language(c)]);
	if (h->config.demo && !demo_allows(c))
		return front_refuse(h, c, ERR_FORBIDDEN);
	if (strncmp(url, "/api/", 5) != 0)
		return front_web(h, c, url, method);
	rq = front_take(h);
	if (rq == NULL)
		return MHD_NO;
	*at = rq;
	rq->connection = c;
	rq->path = url;
	rq->started_us = clock_monotonic_us();
	switch (route_find(h->tree, head ? "GET" : method, url, rq)) {
	case FOUND_ROUTE: break;
	case FOUND_NO_PATH: return front_refuse(h, c, ERR_NOT_FOUND);
	case FOUND_NO_METHOD: return MHD_queue_response(c, 405, h->ready.errors[ERR_BAD_REQUEST][front_language(c)]);
	}
	if (body_announced(c) > DRAIN_TIMES * body_max(rq->route))
		return front_refuse(h, c, ERR_TOO_LARGE);
	/* Answered at once, a browser that is still sending would see a broken connection, not why: its bytes
	 * pass by unkept. */
	if (body_announced(c) > body_max(rq->route))
		rq->body_fault = ERR_TOO_LARGE;
	/* An upload is authorised before a byte of it is kept. */
	if (rq->route->flags & ROUTE_BODY_FILE)
		return front_hand_over(rq, PHASE_CHECK);
	rq->phase = PHASE_BODY;
	return MHD_YES;
}

/* ---- the body ------------------------------------------------------------------------------------- */

static enum MHD_Result front_body(struct request *rq, const char *bytes, size_t n)
{
	int64_t took = clock_monotonic_us() - rq->started_us;

	rq->came += n;
	if (rq->came > DRAIN_TIMES * body_max(rq->route))
		return MHD_NO;
	if (took > SLOW_BODY_US && (int64_t)rq->came < took / 1000000 * SLOW_BODY_RATE)
		return MHD_NO; /* closes the connection */
	/* Refused already: the rest is thrown away, so that the client reads why. */
	if (rq->body_fault != ERR_OK || rq->response != NULL)
		return MHD_YES;
	if (rq->route->flags & ROUTE_BODY_FILE)
		spool_add(rq, bytes, n);
	else
		body_add(rq, bytes, n);
	return MHD_YES;
}

enum MHD_Result front_handle(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                             const char *version, const char *bytes, size_t *n_bytes, void **at)
{
	struct http *h = arg;
	struct request *rq = *at;
	enum MHD_Result ok;
	size_t n = *n_bytes;

	if (*at == &h->line_refused)
		return MHD_NO;
	if (rq == NULL)
		return front_begin(h, c, url, method, at);
	if (rq->phase == PHASE_CHECKED) {
		rq->phase = PHASE_BODY;
		if (n == 0)
			return MHD_YES;
	}
	if (n > 0 && rq->phase == PHASE_BODY) {
		*n_bytes = 0;
		return front_body(rq, bytes, n);
	}
	if (rq->phase == PHASE_BODY && rq->response == NULL)
		return front_hand_over(rq, PHASE_QUEUED);
	if (rq->response == NULL)
		return MHD_NO;
	ok = MHD_queue_response(c, (unsigned)rq->status, rq->response);
	MHD_destroy_response(rq->response);
	rq->response = NULL;
	return ok;
}

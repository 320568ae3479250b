#include "http/server.h"
#include "http/timekeeper.h"

#include <unistd.h>

#include "store/store.h"

enum { CONNECTION_MEMORY = 64 * 1024, CONNECTION_STEP = 4096 };

/* ---- answers made once ----------------------------------------------------------------------------- */

static struct MHD_Response *ready_error(enum err e, enum lang lang)
{
	struct arena *a = arena_new(1 << 20);
	struct ctx ctx = {.arena = a, .lang = lang};
	struct answer an;
	struct MHD_Response *r;

	answer_init(&an, &ctx);
	answer_error(&an, e);
	r = MHD_create_response_from_buffer(an.body.len, an.body.data, MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		abort();
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json; charset=utf-8");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (e == ERR_BUSY || e == ERR_THROTTLED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	arena_free(a);
	return r;
}

static void ready_open(struct ready_answers *ra)
{
	for (int e = ERR_BAD_REQUEST; e < ERR_COUNT; e++)
		for (int lang = 0; lang < 2; lang++)
			ra->errors[e][lang] = ready_error((enum err)e, (enum lang)lang);
}

static void ready_close(struct ready_answers *ra)
{
	for (int e = ERR_BAD_REQUEST; e < ERR_COUNT; e++)
		for (int lang = 0; lang < 2; lang++)
			MHD_destroy_response(ra->errors[e][lang]);
}

/* ---- start and stop ------------------------------------------------------------------------------- */

static void to_front(void *arg, int fd, const struct sockaddr *address, socklen_t len)
{
	struct http *h = arg;

	/* Closes the socket itself when it can't take it. */
	(void)MHD_add_connection(h->daemon, fd, address, len);
}

static void to_live(void *arg, int fd, const struct sockaddr *address, socklen_t len)
{
	struct http *h = arg;

	live_take(h, fd, address, len);
}

static void front_log(void *arg, const char *format, va_list ap)
{
	/* The library's words may hold parts of a request: they are not logged. */
}

static struct MHD_Daemon *front_start(struct http *h)
{
	unsigned idle = h->config.idle_timeout ? h->config.idle_timeout : IDLE_SECONDS;

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
	                                MHD_USE_ITC | MHD_USE_TURBO | MHD_USE_ERROR_LOG,
	                        0, NULL, NULL, front_handle, h, MHD_OPTION_EXTERNAL_LOGGER, front_log, NULL,
	                        MHD_OPTION_NOTIFY_COMPLETED, front_completed, h, MHD_OPTION_URI_LOG_CALLBACK, head_line,
	                        h, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	                        MHD_OPTION_CONNECTION_TIMEOUT, idle, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	                        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
	                        (size_t)CONNECTION_STEP, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
	                        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

static size_t cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (size_t)n : 1;
}

static bool http_open(struct http *h, char *why, size_t why_bytes)
{
	const struct http_config *config = &h->config;
	size_t workers = config->workers ? config->workers : WORKERS;
	size_t waiting = config->queue ? config->queue : LIMIT_QUEUE;
	/* Against PostgreSQL every read waits for the network; against SQLite only commits do. */
	size_t running = store_is_postgres(config->store) ? workers : cores() + 1;
	struct acceptor_config ac = {.listen = config->listen, .to_front = to_front, .to_live = to_live, .arg = h};

	snprintf(why, why_bytes, "the server's threads could not be started");
	gate_init(&h->fast_gate, (running < workers ? running : workers) / 2);
	gate_init(&h->slow_gate, SLOW_WORKERS / 2);
	h->tree = route_tree_new(routes, n_routes);
	h->web = web_open();
	h->fast = queue_new("worker", workers, running < workers ? running : workers, waiting, worker_serve, h);
	h->slow = queue_new("slow", SLOW_WORKERS, SLOW_WORKERS, waiting < SLOW_JOBS ? waiting : SLOW_JOBS, worker_serve,
	                    h);
	h->sign = queue_new("sign", SIGN_WORKERS, SIGN_WORKERS, waiting < SIGN_JOBS ? waiting : SIGN_JOBS, worker_serve,
	                    h);
	h->daemon = front_start(h);
	if (h->fast == NULL || h->slow == NULL || h->sign == NULL || h->daemon == NULL || !live_open(h))
		return false;
	/* Under a clock of tests nobody is away by the clock on the wall. */
	if (!config->test_clock && (h->presence = presence_open(h)) == NULL)
		return false;
	/* Nor does anything fall due: tests say when. */
	if (!config->test_clock && (h->timekeeper = timekeeper_open(config->houses, h->hub)) == NULL)
		return false;
	return acceptor_start(&ac, &h->acceptor, why, why_bytes);
}

bool http_start(const struct http_config *config, struct http **ret_http, char *why, size_t why_bytes)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	h->config = *config;
	pthread_mutex_init(&h->arenas.lock, NULL);
	ready_open(&h->ready);
	spool_sweep(h);
	if (http_open(h, why, why_bytes)) {
		*ret_http = h;
		return true;
	}
	http_stop(h);
	return false;
}

int http_port(const struct http *h)
{
	return acceptor_port(h->acceptor);
}

void http_stop(struct http *h)
{
	acceptor_stop(h->acceptor);
	timekeeper_close(h->timekeeper);
	presence_close(h->presence);
	/* Every suspended request gets its answer before the front may end; reading a record asks the hub who looks on.
	 * The front goes on to refuse what comes on open connections, so the lanes stay until it has ended. */
	queue_end(h->fast);
	queue_end(h->slow);
	queue_end(h->sign);
	live_close(h);
	for (int waited = 0; atomic_load(&h->in_flight) > 0 && waited < 500; waited += 5)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	if (h->daemon != NULL)
		MHD_stop_daemon(h->daemon);
	queue_free(h->fast);
	queue_free(h->slow);
	queue_free(h->sign);
	while (h->spare != NULL) {
		struct request *rq = h->spare;

		h->spare = rq->next;
		free(rq);
	}
	arena_pool_clear(&h->arenas);
	ready_close(&h->ready);
	web_close(h->web);
	route_tree_free(h->tree);
	pthread_mutex_destroy(&h->arenas.lock);
	gate_clear(&h->fast_gate);
	gate_clear(&h->slow_gate);
	free(h);
}

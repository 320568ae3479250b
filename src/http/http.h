/*
 * http.h: the server: starts its threads, answers until stopped. What main/ wires together.
 */
#ifndef SHOUWEN_HTTP_HTTP_H
#define SHOUWEN_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct http;
struct house;
struct houses;

struct http_config {
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080" */
	struct store *store;
	struct houses *houses; /* http/house.h: the organisations in use */
	const char *data_dir;  /* for uploaded files */
	const char *packs_dir; /* packs as shipped */
	const char *version;
	size_t workers;           /* 0: default */
	size_t queue;             /* requests that may wait for a worker; 0: LIMIT_QUEUE */
	unsigned idle_timeout;    /* seconds a connection may say nothing; 0: default */
	const char *proxy_header; /* the client's address comes from it; NULL: from the socket */
	bool tls;                 /* behind TLS: cookies are Secure, Origin must be https */
	bool demo;
	bool bench;      /* answers /api/v1/bench/… */
	bool test_clock; /* takes the time from X-Test-Now */
	/* Makes what packs put in force bring to begin with, and is not there yet; false: why. NULL: nothing is made.
	 */
	bool (*starter)(struct house *h, const char *packs_dir, size_t *ret_added, char *why, size_t why_bytes);
};

/* ERR is told in `why`. Listens when this returns. */
bool http_start(const struct http_config *config, struct http **ret_http, char *why, size_t why_bytes);
/* The port listened on (for ":0"). */
int http_port(const struct http *h);
/* Stops accepting, answers what is queued, ends the threads. */
void http_stop(struct http *h);

enum routes_form { ROUTES_LINES, ROUTES_JSON, ROUTES_MARKDOWN };

/* The route table as text. Caller frees. */
char *http_routes_text(enum routes_form form);

/* Is this address of this machine itself? "127.0.0.1", "::1". */
bool http_is_loopback(const char *address);

/* Who can be tried in demo mode, by language: one line each of what `serve --demo` and the sign-in page tell. */
enum { DEMO_ACCOUNTS = 5 };
struct demo_account {
	const char *login, *name, *role, *about;
};
extern const struct demo_account demo_accounts[][DEMO_ACCOUNTS];

#endif

/*
 * route.h: the route table is data: method, path, who may call it, body, handler, one line of
 * documentation. OpenAPI, `shouwen routes` and the routes test are made from it.
 */
#ifndef SHOUWEN_HTTP_ROUTE_H
#define SHOUWEN_HTTP_ROUTE_H

#include "base/json.h"

struct request;
struct answer;

enum lane { LANE_FAST, LANE_SLOW, LANE_SIGN }; /* slow: reports, imports, exports; sign: what hashes passwords */

enum route_flag {                 /* bits */
	          ROUTE_OPEN = 1, /* no sign-in needed: everything else needs one */
	          ROUTE_BODY_JSON = 2,
	          ROUTE_BODY_FILE = 4, /* spooled to a file after the headers were authorised */
	          ROUTE_BODY_NONE = 8,
	          ROUTE_STREAM = 16, /* answer is streamed */
};

typedef enum err route_fn(struct ctx *ctx, struct request *rq, struct answer *an);

struct route {
	const char *method;
	const char *path; /* "/api/v1/records/{type}/{id}" */
	unsigned flags;
	enum lane lane;
	const char *can; /* function right (role's `can`) needed, or NULL */
	route_fn *fn;
	const char *tag;   /* group in the docs */
	const char *doc;   /* one line */
	const char *query; /* "where,sort,limit,after": names that are allowed; others are refused */
	const char *body;  /* JSON-schema name in docs, or NULL */
};

extern const struct route routes[];
extern const size_t n_routes;

#endif

/* auth.c: from a request's cookie or token to the acting user. */
#include "http/auth.h"

#include <arpa/inet.h>

#include "base/clock.h"
#include "base/ids.h"
#include "http/server.h"
#include "store/store.h"

#define SEEN_STEP_MS (5 * INT64_C(60000))

void request_language(struct ctx *ctx, const struct request *rq)
{
	const char *s = request_header(rq, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);

	ctx->lang = s != NULL && strncasecmp(s, "en", 2) == 0 ? LANG_EN : LANG_ZH;
}

/* The socket's address, or what the proxy in front says: the last one in its header, which the
 * proxy itself wrote. */
void request_address(struct request *rq)
{
	const union MHD_ConnectionInfo *info;
	const char *s = rq->http->config.proxy_header ? request_header(rq, rq->http->config.proxy_header) : NULL;

	rq->address[0] = '\0';
	if (s != NULL) {
		const char *comma = strrchr(s, ',');

		s = comma ? comma + 1 : s;
		s += strspn(s, " ");
		snprintf(rq->address, sizeof(rq->address), "%.*s", (int)strspn(s, "0123456789abcdefABCDEF.:"), s);
		return;
	}
	info = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (info == NULL || info->client_addr == NULL)
		return;
	if (info->client_addr->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr,
		                rq->address, sizeof(rq->address));
	else
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr,
		                rq->address, sizeof(rq->address));
}

/* ---- which organisation, which proof ------------------------------------------------------------------ */

/* The organisation of the only cookie of ours; ERR_BAD_REQUEST if there are several. */
static enum err only_cookie(struct ctx *ctx, const struct request *rq, const char **ret_code)
{
	const char *s = request_header(rq, MHD_HTTP_HEADER_COOKIE);
	const char *code = NULL;

	while (s != NULL && *s != '\0') {
		size_t part = strcspn(s, ";");
		size_t name = strcspn(s, "=;");

		if (name > 3 && name < part && strncmp(s, "sw_", 3) == 0) {
			if (code != NULL)
				return ctx_problem(ctx, ERR_BAD_REQUEST, "X-Org", "required",
				                   "several organisations are signed in: say which");
			code = arena_strndup(ctx->arena, s + 3, name - 3);
		}
		s += part;
		s += strspn(s, "; ");
	}
	if (code == NULL)
		return ERR_SIGN_IN;
	*ret_code = code;
	return ERR_OK;
}

/* "sw.CODE.SECRET" */
static enum err token_code(struct ctx *ctx, const char *token, const char **ret_code)
{
	const char *code = token + 3;
	const char *dot;

	if (strncmp(token, "sw.", 3) != 0 || (dot = strchr(code, '.')) == NULL)
		return ERR_SIGN_IN;
	*ret_code = arena_strndup(ctx->arena, code, (size_t)(dot - code));
	return ERR_OK;
}

static const char *cookie_name(struct ctx *ctx, const char *code)
{
	size_t len = strlen(code);
	char *name = arena_alloc(ctx->arena, len + 4);

	memcpy(name, "sw_", sizeof("sw_"));
	memcpy(name + 3, code, len + 1);
	return name;
}

static enum err auth_find(struct ctx *ctx, struct request *rq, const char **ret_code, const char **ret_proof)
{
	const char *header = request_header(rq, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *code;
	const char *asked = request_header(rq, "X-Org");

	if (asked == NULL)
		asked = request_query(rq, "org");
	if (header != NULL) {
		if (strncasecmp(header, "Bearer ", 7) != 0)
			return ERR_SIGN_IN;
		rq->signed_by = BY_TOKEN;
		*ret_proof = header + 7;
		TRY(token_code(ctx, header + 7, ret_code));
		if (asked != NULL && strcmp(asked, *ret_code) != 0)
			return ERR_SIGN_IN;
		return ERR_OK;
	}
	rq->signed_by = BY_COOKIE;
	code = asked;
	if (code == NULL)
		TRY(only_cookie(ctx, rq, &code));
	*ret_proof = request_cookie(ctx, rq, cookie_name(ctx, code));
	*ret_code = code;
	return *ret_proof != NULL ? ERR_OK : ERR_SIGN_IN;
}

/* ---- same origin ------------------------------------------------------------------------------------ */

static bool origin_same(const struct request *rq)
{
	const char *origin = request_header(rq, "Origin");
	const char *host = request_header(rq, MHD_HTTP_HEADER_HOST);
	const char *site = request_header(rq, "Sec-Fetch-Site");
	const char *scheme = rq->http->config.tls ? "https://" : "http://";
	size_t len = strlen(scheme);

	if (origin == NULL)
		return site != NULL && strcmp(site, "same-origin") == 0;
	return host != NULL && strncmp(origin, scheme, len) == 0 && strcasecmp(origin + len, host) == 0;
}

enum err auth_same_origin(struct ctx *ctx, const struct request *rq)
{
	const struct route *r = rq->route;
	const char *mime = request_header(rq, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (strcmp(r->method, "GET") == 0)
		return ERR_OK;
	if (!origin_same(rq))
		return ctx_problem(ctx, ERR_FORBIDDEN, "Origin", "other_origin",
		                   "a change signed by a cookie must come from the same origin");
	if (r->flags & ROUTE_BODY_FILE) {
		if (request_header(rq, "X-Shouwen-Upload") == NULL)
			return ctx_problem(ctx, ERR_FORBIDDEN, "X-Shouwen-Upload", "required",
			                   "an upload needs this header");
		return ERR_OK;
	}
	if ((r->flags & ROUTE_BODY_JSON) && (mime == NULL || strncasecmp(mime, "application/json", 16) != 0))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "Content-Type", "not_json", "must be application/json");
	return ERR_OK;
}

/* ---- seats ------------------------------------------------------------------------------------------ */

struct seat_read {
	struct seat seat;
	struct who *who;
};

static enum err seat_read_session(struct ctx *ctx, struct seat *s, int64_t *ret_user)
{
	struct sql q;
	struct rows *r;
	enum err e = ERR_SIGN_IN;

	sql_init(&q, ctx->arena);
	SQL(&q, "select s.user_id, s.seen_at, s.expires_at, coalesce(c.must_change, 0) from session s "
	        "left join credential c on c.user_id = s.user_id where s.digest = :digest and s.expires_at > :now");
	sql_text(&q, "digest", s->digest);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r)) {
		*ret_user = rows_int(r, 0);
		s->seen_at = rows_int(r, 1);
		s->expires_at = rows_int(r, 2);
		s->must_change = rows_int(r, 3) != 0;
		e = ERR_OK;
	}
	TRY(rows_done(r));
	return e;
}

static enum err seat_read_token(struct ctx *ctx, struct seat *s, int64_t *ret_user)
{
	struct sql q;
	struct rows *r;
	enum err e = ERR_SIGN_IN;

	sql_init(&q, ctx->arena);
	SQL(&q, "select id, user_id, scope, coalesce(expires_at, 0), coalesce(seen_at, 0) from token "
	        "where digest = :digest and (expires_at is null or expires_at > :now)");
	sql_text(&q, "digest", s->digest);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r)) {
		const char *scope = rows_text(r, 2, NULL);

		s->token = rows_int(r, 0);
		*ret_user = rows_int(r, 1);
		s->read_only = scope == NULL || strcmp(scope, "write") != 0;
		s->expires_at = rows_int(r, 3);
		s->seen_at = rows_int(r, 4);
		e = ERR_OK;
	}
	TRY(rows_done(r));
	return e;
}

static enum err seat_read(struct ctx *ctx, void *arg)
{
	struct seat_read *sr = arg;
	int64_t user = 0;
	enum err e;

	if (sr->seat.token != 0)
		TRY(seat_read_token(ctx, &sr->seat, &user));
	else
		TRY(seat_read_session(ctx, &sr->seat, &user));
	e = who_load(ctx, user, &sr->who);
	return e == ERR_NOT_FOUND ? ERR_SIGN_IN : e;
}

static enum err seat_seen(struct ctx *ctx, void *arg)
{
	const struct seat *s = arg;
	struct sql q;

	sql_init(&q, ctx->arena);
	if (s->token != 0)
		SQL(&q, "update token set seen_at = :now where digest = :digest");
	else
		SQL(&q, "update session set seen_at = :now, expires_at = :until where digest = :digest");
	sql_int(&q, "now", ctx->now_ms);
	if (s->token == 0)
		sql_int(&q, "until", ctx->now_ms + SESSION_LASTS_MS);
	sql_text(&q, "digest", s->digest);
	return sql_run(ctx, &q, NULL);
}

/* Moves the end of the session on, at most every few minutes. */
static void seat_slide(struct ctx *ctx, struct request *rq)
{
	struct seat *s = rq->seat;
	int64_t seen = __atomic_load_n(&s->seen_at, __ATOMIC_RELAXED);

	if (ctx->now_ms - seen < SEEN_STEP_MS ||
	    !__atomic_compare_exchange_n(&s->seen_at, &seen, ctx->now_ms, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	if (request_write(ctx, rq, seat_seen, s) == ERR_OK && s->token == 0)
		__atomic_store_n(&s->expires_at, ctx->now_ms + SESSION_LASTS_MS, __ATOMIC_RELAXED);
	ctx_forget(ctx);
}

enum err auth_take_seat(struct ctx *ctx, struct house *house, struct edition *edition, const char *digest, bool token,
                        struct seat **ret_seat)
{
	struct seat_read sr = {.seat = {.token = token}};
	struct seat *s;
	int64_t expires;

	house_look(ctx, house);
	s = house_seat(house, digest, edition);
	if (s == NULL) {
		snprintf(sr.seat.digest, sizeof(sr.seat.digest), "%s", digest);
		sr.seat.people_version = house_people_version(house);
		sr.seat.read_us = clock_monotonic_us();
		TRY(store_read(ctx, seat_read, &sr));
		s = house_keep_seat(house, &sr.seat, sr.who, edition);
	}
	expires = __atomic_load_n(&s->expires_at, __ATOMIC_RELAXED);
	if (expires != 0 && expires <= ctx->now_ms) {
		seat_put(s);
		return ERR_SIGN_IN;
	}
	ctx->who = s->who;
	*ret_seat = s;
	return ERR_OK;
}

/* What one may do before a password that somebody else set has been changed. */
static bool route_of_session(const struct route *r)
{
	return strncmp(r->path, "/api/v1/session", 15) == 0;
}

/* "web 127.0.0.1"; without printf, as every request has one. */
static const char *origin_of(struct ctx *ctx, const struct request *rq)
{
	size_t len = strlen(rq->address);
	char *origin = arena_alloc(ctx->arena, len + 5);

	memcpy(origin, rq->signed_by == BY_TOKEN ? "api " : "web ", sizeof("web "));
	memcpy(origin + 4, rq->address, len + 1);
	return origin;
}

enum err auth_request(struct ctx *ctx, struct request *rq, struct edition **ret_edition)
{
	const char *code, *proof;
	char why[256];
	char digest[DIGEST_BYTES];
	int64_t now_ms = ctx->now_ms;
	enum lang lang = ctx->lang;
	enum err e;

	TRY(auth_find(ctx, rq, &code, &proof));
	e = house_open(rq->http->config.houses, code, &rq->house, why, sizeof(why));
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_SIGN_IN : e;
	*ret_edition = house_enter(rq->house, ctx->arena, ctx);
	ctx->now_ms = now_ms;
	ctx->lang = lang;
	if (rq->signed_by == BY_COOKIE)
		TRY(auth_same_origin(ctx, rq));
	digest_text(proof, digest);
	TRY(auth_take_seat(ctx, rq->house, *ret_edition, digest, rq->signed_by == BY_TOKEN, &rq->seat));
	seat_slide(ctx, rq);
	if (rq->seat->read_only && strcmp(rq->route->method, "GET") != 0)
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "read_only_token", "this token may only read");
	if (rq->seat->must_change && rq->signed_by == BY_COOKIE && !route_of_session(rq->route))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "must_change_password", "change the password first");
	ctx->origin = origin_of(ctx, rq);
	return ERR_OK;
}

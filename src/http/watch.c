/* watch.c: the live side's door: who may watch, and what wakes the hub. */
#include "http/auth.h"
#include "http/handlers.h"
#include "http/server.h"
#include "live/hub.h"
#include "model/record.h"
#include "store/store.h"

enum { CODE_BYTES = 33, WATCHERS_MAX = 50 };

/* One who watches: taken house and the digest of his cookie; looked up again each time. */
struct viewer {
	struct http *http;
	struct house *house;
	char digest[DIGEST_BYTES];
};

struct hold {
	struct edition *edition;
	struct seat *seat;
};

static bool viewer_enter(void *arg, void *viewer, struct arena *a, struct ctx *ret_ctx, void **ret_hold)
{
	struct viewer *v = viewer;
	struct hold *hold;

	if (house_gone(v->house))
		return false;
	hold = calloc(1, sizeof(*hold));
	if (hold == NULL)
		abort();
	hold->edition = house_enter(v->house, a, ret_ctx);
	/* Who must change his password first sees nothing here, either. */
	if (auth_take_seat(ret_ctx, v->house, hold->edition, v->digest, false, &hold->seat) != ERR_OK ||
	    hold->seat->must_change) {
		seat_put(hold->seat);
		house_leave(hold->edition);
		free(hold);
		return false;
	}
	*ret_hold = hold;
	return true;
}

static void viewer_leave(void *arg, void *held)
{
	struct hold *hold = held;

	seat_put(hold->seat);
	house_leave(hold->edition);
	free(hold);
}

static void viewer_drop(void *arg, void *viewer)
{
	struct viewer *v = viewer;

	house_close(v->house);
	free(v);
}

/* ---- letting in ------------------------------------------------------------------------------------- */

static bool same_origin(const struct http *h, const struct handshake *hs)
{
	const char *origin = handshake_header(hs, "Origin");
	const char *host = handshake_header(hs, "Host");
	const char *scheme = h->config.tls ? "https://" : "http://";
	size_t len = strlen(scheme);

	return origin != NULL && host != NULL && strncmp(origin, scheme, len) == 0 &&
	       strcasecmp(origin + len, host) == 0;
}

static bool demo_allows(const struct handshake *hs)
{
	bool forwarded = false;

	for (size_t i = 0; front_forwarded[i] != NULL; i++)
		forwarded = forwarded || handshake_header(hs, front_forwarded[i]) != NULL;
	return front_demo_allows(handshake_header(hs, "Host"), forwarded);
}

/* The value of cookie sw_CODE; with an empty code that of the only such cookie, and its code. */
static bool find_cookie(const char *cookies, char code[CODE_BYTES], char out[SECRET_BYTES])
{
	bool any = code[0] == '\0';
	int found = 0;

	for (const char *s = cookies; s != NULL && *s != '\0'; s += strcspn(s, ";"), s += strspn(s, "; ")) {
		size_t name = strcspn(s, "=;");
		size_t part = strcspn(s, ";");

		if (name <= 3 || name >= part || name - 3 >= CODE_BYTES || strncmp(s, "sw_", 3) != 0 ||
		    part - name - 1 >= SECRET_BYTES)
			continue;
		if (!any && (strlen(code) != name - 3 || strncmp(s + 3, code, name - 3) != 0))
			continue;
		if (any)
			snprintf(code, CODE_BYTES, "%.*s", (int)(name - 3), s + 3);
		snprintf(out, SECRET_BYTES, "%.*s", (int)(part - name - 1), s + name + 1);
		found++;
	}
	return found == 1;
}

static int viewer_admit(void *arg, const struct handshake *hs, void **ret_viewer)
{
	struct http *h = arg;
	struct viewer *v;
	struct arena *a;
	struct ctx ctx;
	void *hold;
	char code[CODE_BYTES] = "", secret[SECRET_BYTES], why[256];
	bool ok;

	if (!same_origin(h, hs) || (h->config.demo && !demo_allows(hs)))
		return 403;
	(void)handshake_query(hs, "org", code, sizeof(code));
	if (!find_cookie(handshake_header(hs, "Cookie"), code, secret))
		return 401;
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		abort();
	v->http = h;
	digest_text(secret, v->digest);
	if (house_open(h->config.houses, code, &v->house, why, sizeof(why)) != ERR_OK) {
		free(v);
		return 401;
	}
	a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	ok = viewer_enter(h, v, a, &ctx, &hold);
	if (ok)
		viewer_leave(h, hold);
	arena_free(a);
	if (!ok) {
		viewer_drop(h, v);
		return 401;
	}
	*ret_viewer = v;
	return 101;
}

/* ---- begin and end ------------------------------------------------------------------------------------ */

static void on_commit(void *arg)
{
	hub_wake(arg);
}

bool live_open(struct http *h)
{
	const struct hub_people people = {
	        .arg = h, .admit = viewer_admit, .enter = viewer_enter, .leave = viewer_leave, .drop = viewer_drop};

	h->hub = hub_new(&people);
	if (h->hub != NULL)
		houses_listen(h->config.houses, on_commit, h->hub);
	return h->hub != NULL;
}

void live_take(struct http *h, int fd, const struct sockaddr *address, socklen_t len)
{
	hub_take(h->hub, fd, address, len);
}

void live_close(struct http *h)
{
	houses_listen(h->config.houses, NULL, NULL);
	hub_free(h->hub);
	h->hub = NULL;
}

/* ---- who else has it open --------------------------------------------------------------------------------- */

struct watchers {
	int64_t users[WATCHERS_MAX];
	const char *titles[WATCHERS_MAX];
	size_t n;
};

static enum err watchers_read(struct ctx *ctx, void *arg)
{
	struct watchers *w = arg;

	return record_titles(ctx, ctx->model->user, w->users, w->n, w->titles);
}

void live_write_watchers(struct ctx *ctx, struct request *rq, const char *type, int64_t id, struct json_out *out)
{
	struct watchers w = {.n = 0};

	w.n = hub_watchers(rq->http->hub, ctx->org, type, id, w.users, WATCHERS_MAX);
	if (w.n > 0 && store_read(ctx, watchers_read, &w) != ERR_OK)
		w.n = 0;
	json_open(out, '[');
	for (size_t i = 0; i < w.n; i++) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, w.users[i]);
		json_key(out, "label");
		json_text(out, w.titles[i] ? w.titles[i] : "");
		json_close(out, '}');
	}
	json_close(out, ']');
}

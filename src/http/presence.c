/*
 * presence.c: what colleagues do just now. Chosen by themselves; free at signing in, offline at signing out and when
 * neither a connection nor a request of theirs was there for a while.
 */
#include <errno.h>

#include "base/clock.h"
#include "flow/queue.h"
#include "http/handlers.h"
#include "http/server.h"
#include "live/hub.h"
#include "model/record.h"
#include "store/store.h"

enum { HOUSES_MAX = 256, LOOK_SECONDS = 60 };

/* Longer than sessions take to note that they are used (auth.c). */
#define AWAY_MS (7 * INT64_C(60000))
#define FRESH_MS INT64_C(60000)

#define FREE "idle"
#define AWAY "offline"

/* The field, if these packs have one with both words; NULL: they keep presence otherwise. */
static const struct field *presence_field(const struct ctx *ctx)
{
	const struct field *f = type_field(ctx->model->user, "presence");

	return f && f->column && field_option(f, FREE, NULL) && field_option(f, AWAY, NULL) ? f : NULL;
}

enum err presence_signed_in(struct ctx *ctx, int64_t user)
{
	const struct field *f = presence_field(ctx);

	return f ? presence_put(ctx, user, FREE, AWAY) : ERR_OK;
}

enum err presence_signed_out(struct ctx *ctx, int64_t user)
{
	const struct field *f = presence_field(ctx);
	int64_t others;
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from session where user_id = :user and expires_at > :now");
	sql_int(&q, "user", user);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_one_int(ctx, &q, &others));
	return f && others == 0 ? presence_put(ctx, user, AWAY, NULL) : ERR_OK;
}

static enum err chosen_write(struct ctx *ctx, void *arg)
{
	return presence_put(ctx, ctx->who->id, arg, NULL);
}

enum err do_session_presence(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct field *f = type_field(ctx->model->user, "presence");
	const char *presence;

	TRY(body_only(ctx, rq, "presence"));
	TRY(body_text(ctx, rq, "presence", true, &presence));
	if (f == NULL || f->column == NULL)
		return ERR_NOT_FOUND;
	if (field_option(f, presence, NULL) == NULL)
		return ctx_problem(ctx, ERR_INVALID, "presence", "bad_option", "not one of the options");
	TRY(request_write(ctx, rq, chosen_write, (void *)(uintptr_t)presence));
	/* What rang at him goes on, or he may be asked now. */
	house_ring(rq->house);
	answer_nothing(an);
	return ERR_OK;
}

/* ---- who went without a word -------------------------------------------------------------------- */

struct look {
	struct hub *hub;
	const struct field *field;
	int64_t *here, *gone; /* users to note as there, users to put offline */
	size_t n_here, n_gone, cap_here, cap_gone;
};

static void look_add(struct arena *a, int64_t **list, size_t *n, size_t *cap, int64_t user)
{
	if (*n == *cap) {
		int64_t *wider = ARENA_ARRAY(a, *cap ? *cap * 2 : 32, int64_t);

		if (*n)
			memcpy(wider, *list, *n * sizeof(**list));
		*list = wider;
		*cap = *cap ? *cap * 2 : 32;
	}
	(*list)[(*n)++] = user;
}

static enum err look_read(struct ctx *ctx, void *arg)
{
	struct look *l = arg;
	struct rows *r;
	struct sql q;

	l->n_here = l->n_gone = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select u.id, coalesce(max(s.seen_at), 0) from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " u left join session s on s.user_id = u.id and s.expires_at > :now where u.");
	sql_name(&q, l->field->column);
	SQL(&q, " <> :away group by u.id");
	sql_text(&q, "away", AWAY);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		int64_t user = rows_int(r, 0), silent = ctx->now_ms - rows_int(r, 1);

		if (silent > FRESH_MS && hub_has(l->hub, ctx->org, user))
			look_add(ctx->arena, &l->here, &l->n_here, &l->cap_here, user);
		else if (silent > AWAY_MS)
			look_add(ctx->arena, &l->gone, &l->n_gone, &l->cap_gone, user);
	}
	return rows_done(r);
}

/* He may have come back since the look: what he is put to rests on what stands now. */
static enum err gone_put(struct ctx *ctx, const struct look *l, int64_t user)
{
	struct sql q;
	int64_t seen;

	if (hub_has(l->hub, ctx->org, user))
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(seen_at), 0) from session where user_id = :user and expires_at > :now");
	sql_int(&q, "user", user);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_one_int(ctx, &q, &seen));
	return ctx->now_ms - seen > AWAY_MS ? presence_put(ctx, user, AWAY, NULL) : ERR_OK;
}

/* Sessions note it too: other servers on the same store don't see our connections. */
static enum err look_write(struct ctx *ctx, void *arg)
{
	const struct look *l = arg;

	for (size_t i = 0; i < l->n_here; i++) {
		struct sql q;

		sql_init(&q, ctx->arena);
		SQL(&q, "update session set seen_at = :now where user_id = :user and expires_at > :now");
		sql_int(&q, "now", ctx->now_ms);
		sql_int(&q, "user", l->here[i]);
		TRY(sql_run(ctx, &q, NULL));
	}
	for (size_t i = 0; i < l->n_gone; i++)
		TRY(gone_put(ctx, l, l->gone[i]));
	return ERR_OK;
}

static void look_round(struct http *h, struct house *house, struct arena *a)
{
	struct look l = {.hub = h->hub};
	struct ctx ctx;
	struct edition *edition = house_enter(house, a, &ctx);

	l.field = presence_field(&ctx);
	if (l.field && store_read(&ctx, look_read, &l) == ERR_OK && l.n_here + l.n_gone > 0)
		(void)store_write(&ctx, look_write, &l); /* the next round does what this one could not */
	house_leave(edition);
	arena_clear(a);
}

struct presence {
	struct http *http;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool ending;
};

/* False: the server ends. */
static bool presence_wait(struct presence *p)
{
	struct timespec until;
	int waited = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_SECONDS;
	pthread_mutex_lock(&p->lock);
	while (!p->ending && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&p->end, &p->lock, &until);
	pthread_mutex_unlock(&p->lock);
	return waited == ETIMEDOUT;
}

static void *presence_main(void *arg)
{
	struct presence *p = arg;
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct house *list[HOUSES_MAX];

	pthread_setname_np(pthread_self(), "presence");
	while (presence_wait(p)) {
		size_t n = houses_take(p->http->config.houses, list, HOUSES_MAX);

		for (size_t i = 0; i < n; i++) {
			look_round(p->http, list[i], a);
			house_close(list[i]);
		}
	}
	arena_free(a);
	return NULL;
}

struct presence *presence_open(struct http *h)
{
	struct presence *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (p == NULL)
		abort();
	p->http = h;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->end, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&p->thread, NULL, presence_main, p) == 0)
		return p;
	pthread_cond_destroy(&p->end);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

void presence_close(struct presence *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_signal(&p->end);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->end);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

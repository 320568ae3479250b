/* route_beat.c: a round of routing; and who is rung but not there any more. */
#include "flow/queue.h"
#include "http/timekeeper.h"
#include "live/hub.h"
#include "store/store.h"

/* So long after his last connection has closed he may come back: a page that is loaded again does. */
#define BACK_MS INT64_C(4000)
/* While anything waits: presences and answers given on other servers are looked at. */
#define LOOK_MS INT64_C(1000)

struct gone_look {
	struct hub *hub;
	int64_t *gone, *here; /* users */
	size_t n_gone, n_here, n_ringing;
};

/* Other servers on the same store see by it that he is there. */
static enum err seen_since(struct ctx *ctx, int64_t user, int64_t at, bool *ret_seen)
{
	struct sql q;
	int64_t n;

	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from session where user_id = :user and expires_at > :now and seen_at > :at");
	sql_int(&q, "user", user);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "at", at);
	TRY(sql_one_int(ctx, &q, &n));
	*ret_seen = n > 0;
	return ERR_OK;
}

/* He may never have had a connection here: somebody else's affair, or none. */
static enum err is_gone(struct ctx *ctx, struct hub *hub, int64_t user, bool *ret_gone)
{
	int64_t at = hub_gone_at(hub, ctx->org, user);
	bool seen;

	*ret_gone = false;
	if (hub_has(hub, ctx->org, user) || at == 0 || ctx->now_ms - at < BACK_MS)
		return ERR_OK;
	TRY(seen_since(ctx, user, at, &seen));
	*ret_gone = !seen;
	return ERR_OK;
}

static enum err gone_read(struct ctx *ctx, void *arg)
{
	struct gone_look *l = arg;
	struct ringing *list;

	TRY(offers_ringing(ctx, &list, &l->n_ringing));
	l->gone = ARENA_ARRAY(ctx->arena, l->n_ringing + 1, int64_t);
	l->here = ARENA_ARRAY(ctx->arena, l->n_ringing + 1, int64_t);
	l->n_gone = l->n_here = 0;
	for (size_t i = 0; i < l->n_ringing; i++) {
		bool seen, gone;

		if (hub_has(l->hub, ctx->org, list[i].user)) {
			TRY(seen_since(ctx, list[i].user, ctx->now_ms - BACK_MS / 2, &seen));
			if (!seen && store_is_postgres(org_store(ctx->org)))
				l->here[l->n_here++] = list[i].user;
			continue;
		}
		TRY(is_gone(ctx, l->hub, list[i].user, &gone));
		if (gone)
			l->gone[l->n_gone++] = list[i].user;
	}
	return ERR_OK;
}

static enum err gone_write(struct ctx *ctx, void *arg)
{
	const struct gone_look *l = arg;

	/* Looked at again: he may have come back since. */
	for (size_t i = 0; i < l->n_gone; i++) {
		bool gone;

		TRY(is_gone(ctx, l->hub, l->gone[i], &gone));
		if (gone)
			TRY(presence_put(ctx, l->gone[i], "offline", NULL));
	}
	for (size_t i = 0; i < l->n_here; i++) {
		struct sql q;

		sql_init(&q, ctx->arena);
		SQL(&q, "update session set seen_at = :now where user_id = :user and expires_at > :now");
		sql_int(&q, "now", ctx->now_ms);
		sql_int(&q, "user", l->here[i]);
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

enum err route_beat(struct ctx *ctx, struct hub *hub, size_t *ret_worked, int64_t *ret_next)
{
	struct gone_look l = {.hub = hub};
	size_t worked = 0;
	int64_t next = 0;

	*ret_worked = 0;
	*ret_next = 0;
	if (ctx->model->n_queues == 0)
		return ERR_OK;
	TRY(store_read(ctx, gone_read, &l));
	if (l.n_gone + l.n_here > 0)
		TRY(store_write(ctx, gone_write, &l));
	TRY(queues_run(ctx, &worked, &next));
	bool busy = l.n_ringing > 0 || worked > 0 || queues_wait(ctx);
	if (busy && (next == 0 || next > ctx->now_ms + LOOK_MS))
		next = ctx->now_ms + LOOK_MS;
	*ret_worked = worked;
	*ret_next = next;
	return ERR_OK;
}

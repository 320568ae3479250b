/* queue_router.c: one round of routing: take up what happened, decide, write it down. */
#include <stdlib.h>
#include <string.h>

#include "flow/queue_inside.h"

/* Between rounds: what other servers do is looked at so often. */
enum { OTHERS_LOOK_MS = 3000, ARENA_BYTES = 16 << 20 };
#define TRIED_MS INT64_C(600000) /* what can't be given to somebody is not tried again before */

static void idmap_clear(struct idmap *m)
{
	free(m->keys);
	free(m->values);
	*m = (struct idmap){0};
}

/* Nothing is known any more: the next round reads it anew. */
static void forget(struct router *r)
{
	route_free(r->engine);
	for (size_t i = 0; i < r->n_people; i++)
		free(r->people[i].teams);
	r->engine = NULL;
	r->n_people = r->n_pools = r->n_hours = r->n_again = 0;
	r->n_kinds = r->n_skills = 0;
	r->stale = r->shifts = false;
	idmap_clear(&r->people_by);
	idmap_clear(&r->held);
	idmap_clear(&r->team_pools);
	idmap_clear(&r->offers);
	arena_clear(r->arena);
}

struct router *router_new(void)
{
	struct router *r = calloc(1, sizeof(*r));
	if (r == NULL)
		abort();
	r->arena = arena_new(ARENA_BYTES);
	return r;
}

void router_free(struct router *r)
{
	if (r == NULL)
		return;
	forget(r);
	free(r->people);
	free(r->pools);
	free(r->hours);
	arena_free(r->arena);
	free(r);
}

/* ---- deciding ------------------------------------------------------------------------------------------------- */

struct round {
	struct router *router;
	struct act acts[ACTS_MAX];
	size_t n;
};

static const struct queue_def *queue_at(const struct ctx *ctx, int at)
{
	return &ctx->model->queues[at];
}

static void time_brings(struct ctx *ctx, struct round *d)
{
	struct router *r = d->router;
	struct route_event e;
	while (d->n < ACTS_MAX - PICKS_MAX && route_advance(r->engine, ctx->now_ms, &e)) {
		struct act a = {.record = e.matter, .user = e.agent, .queue = queue_at(ctx, e.queue), .step = e.step};
		if (e.kind == ROUTE_TIMED_OUT) {
			a.kind = ACT_TIMED_OUT;
			a.offer = (int64_t)(intptr_t)idmap_get(&r->offers, e.matter);
			idmap_remove(&r->offers, e.matter);
		} else {
			a.kind = ACT_WIDEN;
			a.moved = e.kind == ROUTE_MOVED;
		}
		d->acts[d->n++] = a;
	}
}

static void decide(struct ctx *ctx, struct round *d)
{
	struct route_pick k;
	/* Whom something is taken away from now is free for another only when that is written. */
	for (int i = 0; i < PICKS_MAX && d->n < ACTS_MAX && route_decide(d->router->engine, ctx->now_ms, &k); i++)
		d->acts[d->n++] = (struct act){.kind = ACT_OFFER,
		                               .record = k.matter,
		                               .user = k.agent,
		                               .queue = queue_at(ctx, k.queue),
		                               .until = k.until};
}

static enum err round_read(struct ctx *ctx, void *arg)
{
	struct round *d = arg;
	struct router *r = d->router;
	d->n = 0;
	if (r->engine != NULL)
		TRY(router_feed(ctx, r));
	if (r->stale)
		forget(r);
	if (r->engine == NULL) {
		r->engine = route_new();
		r->generation = ctx->model->generation;
		r->seq = org_last_seq(ctx->org);
		/* All that is open is looked at, once: its pages are not wanted again. */
		store_pages_few(ctx);
		enum err e = router_read(ctx, r);
		store_pages_free(ctx);
		TRY(e);
	}
	for (size_t i = 0; i < r->n_again; i++)
		TRY(router_matter(ctx, r, r->again[i]));
	r->n_again = 0;
	TRY(router_rings(ctx, r, d->acts, &d->n));
	TRY(router_presence(ctx, r, d->acts, &d->n));
	time_brings(ctx, d);
	decide(ctx, d);
	return ERR_OK;
}

/* ---- after it is written --------------------------------------------------------------------------------------- */

static void again(struct router *r, int64_t record)
{
	if (r->n_again < ACTS_MAX)
		r->again[r->n_again++] = record;
	else
		r->stale = true;
}

static void offer_settled(struct ctx *ctx, struct router *r, const struct act *a)
{
	if (a->done && a->until != 0) {
		idmap_put(&r->offers, a->record, (void *)(intptr_t)a->offer);
		return;
	}
	/* Given, it is found to be his when it is read again. */
	route_withdraw(r->engine, a->record, ctx->now_ms);
	if (a->refused != NULL)
		route_skip(r->engine, a->record, a->user, ctx->now_ms + TRIED_MS, ctx->now_ms);
	again(r, a->record);
}

static void round_settled(struct ctx *ctx, const struct round *d)
{
	struct router *r = d->router;
	for (size_t i = 0; i < d->n; i++) {
		const struct act *a = &d->acts[i];
		if (a->kind == ACT_OFFER)
			offer_settled(ctx, r, a);
		else if (a->kind == ACT_WITHDRAW)
			/* Done or not, it rings there no more: the next look at what rings says so. */
			again(r, a->record);
		else if (!a->done || a->moved)
			again(r, a->record);
	}
}

static enum err round_run(struct ctx *ctx, struct router *r, struct round *d)
{
	bool held;
	TRY(lease_take(ctx, r, &held));
	if (!held) {
		forget(r);
		return ERR_BUSY;
	}
	if (r->engine != NULL && r->generation != ctx->model->generation)
		forget(r);
	d->router = r;
	TRY(store_read(ctx, round_read, d));
	if (d->n == 0)
		return ERR_OK;
	TRY(store_write(ctx, acts_write, &(struct writing){r, d->acts, d->n}));
	round_settled(ctx, d);
	return ERR_OK;
}

enum err router_run(struct ctx *ctx, struct router *r, size_t *ret_worked, int64_t *ret_next)
{
	const struct who *who = ctx->who;
	const char *origin = ctx->origin;
	struct round *d;
	*ret_worked = 0;
	*ret_next = 0;
	if (ctx->model->n_queues == 0) {
		forget(r);
		return ERR_OK;
	}
	d = ARENA_NEW(ctx->arena, struct round);
	d->n = 0;
	ctx->who = &who_system;
	ctx->origin = "clock";
	enum err e = round_run(ctx, r, d);
	ctx->who = who;
	ctx->origin = origin;
	if (e == ERR_BUSY && r->leased_until == 0) {
		*ret_next = ctx->now_ms + OTHERS_LOOK_MS;
		return ERR_OK;
	}
	if (e != ERR_OK) {
		forget(r);
		r->leased_until = 0;
		return e == ERR_STALE ? ERR_OK : e;
	}
	*ret_worked = d->n;
	*ret_next = route_next(r->engine);
	return ERR_OK;
}

static void router_free_extra(void *r)
{
	router_free(r);
}

enum err queues_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next)
{
	struct router *r = org_extra(ctx->org);
	if (r == NULL) {
		r = router_new();
		org_set_extra(ctx->org, r, router_free_extra);
	}
	return router_run(ctx, r, ret_worked, ret_next);
}

bool queues_wait(const struct ctx *ctx)
{
	const struct router *r = org_extra(ctx->org);
	return r != NULL && r->engine != NULL && route_waiting(r->engine) > 0;
}

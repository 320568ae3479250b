/* worker.c: one request from its first check to its finished answer, on a lane's thread. */
#include "base/clock.h"
#include "base/text.h"
#include "flow/seen_log.h"
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

enum { ARENA_FIRST_BYTES = 64 * 1024, ARENA_LAZY_BYTES = 256 * 1024 };

/* ---- arenas --------------------------------------------------------------------------------------- */

struct arena *arena_pool_take(struct arena_pool *p)
{
	struct arena *a = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->n > 0)
		a = p->list[--p->n];
	pthread_mutex_unlock(&p->lock);
	if (a == NULL) {
		a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
		/* The first block is the one that is kept: made so large, most requests need no other. */
		(void)arena_alloc(a, ARENA_FIRST_BYTES);
	}
	arena_clear(a);
	return a;
}

static void arena_pool_put(struct arena_pool *p, struct arena *a)
{
	/* A small one is cleared by the worker that takes it next: this may run on the front. */
	if (arena_bytes(a) > ARENA_LAZY_BYTES)
		arena_clear(a);
	pthread_mutex_lock(&p->lock);
	if (p->n < ARENAS_KEPT) {
		p->list[p->n++] = a;
		a = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	arena_free(a);
}

void arena_pool_clear(struct arena_pool *p)
{
	while (p->n > 0)
		arena_free(p->list[--p->n]);
}

/* An answer's bytes lie in the arena: when they are sent, it goes back. */
struct loan {
	struct arena_pool *pool;
	struct arena *arena;
};

static void loan_end(void *arg)
{
	struct loan loan = *(struct loan *)arg;

	arena_pool_put(loan.pool, loan.arena);
}

/* ---- checks of every request ------------------------------------------------------------------------ */

struct query_check {
	struct ctx *ctx;
	const char *allowed;
	enum err fault;
};

static enum MHD_Result query_check(void *arg, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                   const char *value, size_t value_size)
{
	struct query_check *qc = arg;

	if (strcmp(key, "org") != 0 && !name_in_list(qc->allowed, key))
		qc->fault =
		        ctx_problem(qc->ctx, ERR_BAD_REQUEST, text_valid(key, key_size) ? key : "", "unknown_parameter",
		                    "not a parameter of this address; known: %s", qc->allowed ? qc->allowed : "none");
	else if (value != NULL && !text_valid(value, value_size))
		qc->fault = ctx_problem(qc->ctx, ERR_BAD_REQUEST, key, "bad_text", "must be UTF-8 text");
	return MHD_YES;
}

static enum err request_check_query(struct ctx *ctx, struct request *rq)
{
	struct query_check qc = {.ctx = ctx, .allowed = rq->route->query};

	(void)MHD_get_connection_values_n(rq->connection, MHD_GET_ARGUMENT_KIND, query_check, &qc);
	return qc.fault;
}

static enum err request_clock(struct ctx *ctx, struct request *rq)
{
	const char *s = rq->http->config.test_clock ? request_header(rq, "X-Test-Now") : NULL;

	if (s != NULL && !instant_parse(s, &ctx->now_ms))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "X-Test-Now", "bad_time", "must be an instant");
	return ERR_OK;
}

static enum err request_body(struct ctx *ctx, struct request *rq)
{
	if (rq->body_fault != ERR_OK)
		return rq->body_fault;
	if (!(rq->route->flags & ROUTE_BODY_JSON))
		return ERR_OK;
	TRY(json_parse(ctx, rq->body ? rq->body : "", rq->body_len, &rq->json));
	if (!json_is_object(rq->json))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "", "not_an_object", "the body must be a JSON object");
	return ERR_OK;
}

/* Reads of one user wait for each other where they are many. A change is over when its transaction is. */
static enum err request_gate(struct ctx *ctx, struct request *rq)
{
	enum lane lane = rq->route->lane;

	if (strcmp(rq->route->method, "GET") != 0 || ctx->who == NULL || lane == LANE_SIGN)
		return ERR_OK;
	rq->gate = lane == LANE_SLOW ? &rq->http->slow_gate : &rq->http->fast_gate;
	rq->gate_user = ctx->who->id;
	switch (gate_enter(rq->gate, rq->gate_user, &rq->at_gate)) {
	case GATE_IN: return ERR_OK;
	case GATE_WAIT: rq->rests = true; return ERR_OK;
	default:
		return ctx_problem(ctx, ERR_THROTTLED, "", "too_many_at_once", "%s",
		                   ctx->lang == LANG_EN ? "too many of your requests are waiting"
		                                        : "您有太多请求正在排队，请稍候再试");
	}
}

/* Who saw masked data in the clear stands written before he sees it. */
static enum err request_keep_seen(struct ctx *ctx, struct request *rq)
{
	if (rq->house == NULL || ctx->seen == NULL || ctx->seen->first == NULL)
		return ERR_OK;
	struct seen_today *today = house_seen(rq->house);
	if (!seen_is_new(ctx, today))
		return ERR_OK;
	TRY(request_write(ctx, rq, seen_write, NULL));
	seen_remember(ctx, today);
	return ERR_OK;
}

static enum err request_run(struct ctx *ctx, struct request *rq, struct answer *an, struct edition **ret_edition)
{
	const struct route *r = rq->route;

	request_language(ctx, rq);
	request_address(rq);
	TRY(request_check_query(ctx, rq));
	TRY(request_clock(ctx, rq));
	if (!(r->flags & ROUTE_OPEN))
		TRY(auth_request(ctx, rq, ret_edition));
	if (r->can != NULL && !who_can(ctx, r->can))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "needs_right", "needs the right '%s'", r->can);
	if (rq->phase != PHASE_CHECK)
		TRY(request_gate(ctx, rq));
	if (rq->rests)
		return ERR_OK;
	if (rq->phase == PHASE_CHECK)
		return r->fn == do_file_put ? upload_check(ctx, rq) : ERR_OK;
	TRY(request_body(ctx, rq));
	an->ctx = ctx;
	if (ctx->who != NULL) {
		ctx->seen = ARENA_NEW(ctx->arena, struct seen_list);
		arena_on_clear(ctx->arena, seen_end, ctx->seen);
	}
	TRY(r->fn(ctx, rq, an));
	return request_keep_seen(ctx, rq);
}

/* ---- serving -------------------------------------------------------------------------------------- */

static void request_done(struct request *rq, struct ctx *ctx, struct answer *an, enum err e)
{
	struct loan *loan = ARENA_NEW(ctx->arena, struct loan);

	loan->pool = &rq->http->arenas;
	loan->arena = ctx->arena;
	if (e != ERR_OK)
		answer_error(an, e);
	rq->response = answer_response(an, loan_end, loan);
	rq->status = an->status;
}

static void serve_one(struct http *h, struct request *rq)
{
	struct arena *a = arena_pool_take(&h->arenas);
	struct ctx ctx = {.arena = a, .now_ms = clock_now_ms(), .origin = ""};
	struct edition *edition = NULL;
	struct answer an;
	enum err e;
	bool checked;

	answer_init(&an, &ctx);
	e = request_run(&ctx, rq, &an, &edition);
	checked = rq->phase == PHASE_CHECK && e == ERR_OK;
	if (checked || rq->rests)
		arena_pool_put(&h->arenas, a);
	else
		request_done(rq, &ctx, &an, e);
	seat_put(rq->seat);
	house_leave(edition);
	house_close(rq->house);
	rq->seat = NULL;
	rq->house = NULL;
	rq->json = NULL;
	if (rq->rests)
		return;
	/* A refused upload is answered when its bytes have passed by. */
	rq->phase = rq->phase == PHASE_CHECK ? PHASE_CHECKED : PHASE_ANSWERED;
}

static struct request *request_at(struct gate_job *job)
{
	return job == NULL ? NULL : (struct request *)(void *)((char *)job - offsetof(struct request, at_gate));
}

void worker_serve(void *arg, void *job)
{
	struct request *rq = job, *next;

	for (; rq != NULL; rq = next) {
		serve_one(arg, rq);
		next = NULL;
		if (rq->rests) {
			rq->rests = false;
			/* Once it rests it is another thread's to take. */
			if (!gate_rest(rq->gate, rq->gate_user, &rq->at_gate))
				next = rq;
			continue;
		}
		if (rq->gate != NULL)
			next = request_at(gate_leave(rq->gate, rq->gate_user, &rq->at_gate));
		MHD_resume_connection(rq->connection);
	}
}

enum err request_write(struct ctx *ctx, struct request *rq, enum err (*fn)(struct ctx *ctx, void *arg), void *arg)
{
	enum err e;

	queue_wait_begin(rq->queue);
	e = store_write(ctx, fn, arg);
	queue_wait_end(rq->queue);
	return e;
}

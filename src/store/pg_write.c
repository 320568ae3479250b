/* PostgreSQL: writing, with the retries that SERIALIZABLE asks for; numbers in blocks. */
#include "store/pg.h"

#include "base/clock.h"

enum { TRIES_MAX = 30, BACKOFF_US = 500, BACKOFF_MAX_US = 50000, BLOCKS_MAX = 256 };

static void back_off(int tries)
{
	int64_t limit = (int64_t)BACKOFF_US << (tries < 7 ? tries : 7);
	if (limit > BACKOFF_MAX_US)
		limit = BACKOFF_MAX_US;
	/* Spread out, or those who clashed clash again. */
	uint64_t spread = (uint64_t)clock_monotonic_us() * UINT64_C(2654435761) >> 16;
	int64_t us = limit / 2 + (int64_t)(spread % (uint64_t)(limit / 2 + 1));
	struct timespec t = {.tv_nsec = us * 1000};
	nanosleep(&t, NULL);
}

static enum err run_words(struct ctx *ctx, const char *words)
{
	struct pg_conn *c = pg_of(ctx->db);
	PGresult *result = PQexec(c->pg, words);
	enum err e = pg_kind(c->pg, result);
	if (e != ERR_OK)
		e = pg_failed(ctx, c, result, words);
	PQclear(result);
	return e;
}

enum err pg_point(struct ctx *ctx, struct store_point *ret_point)
{
	*ret_point = (struct store_point){.rows = pg_of(ctx->db)->open};
	return run_words(ctx, "savepoint point");
}

enum err pg_point_end(struct ctx *ctx, const struct store_point *point, bool back)
{
	/* Rows that a failure left open: their memory may be used again. */
	if (back)
		pg_close_rows_since(pg_of(ctx->db), point->rows);
	if (back)
		TRY(run_words(ctx, "rollback to savepoint point"));
	return run_words(ctx, "release savepoint point");
}

/* One run. ERR_RETRY: from the start, please. *ret_lost: the answer to COMMIT never came. */
static enum err run_once(struct ctx *ctx, struct pg_conn *c, store_fn *fn, void *arg, bool *ret_lost)
{
	PGresult *result = PQexec(c->pg, "begin isolation level serializable");
	enum err e = pg_kind(c->pg, result);
	if (e != ERR_OK) {
		c->base.broken = true;
		pg_failed(ctx, c, result, "begin");
		PQclear(result);
		return e == ERR_BUSY ? ERR_RETRY : e;
	}
	PQclear(result);
	ctx->db = &c->base;
	e = fn(ctx, arg);
	if (e == ERR_OK || c->base.fault == ERR_RETRY)
		e = c->base.fault;
	ctx->db = NULL;
	pg_close_rows(c);
	result = PQexec(c->pg, e == ERR_OK ? "commit" : "rollback");
	enum err end = pg_kind(c->pg, result);
	if (e == ERR_OK && end != ERR_OK) {
		e = end;
		*ret_lost = PQstatus(c->pg) != CONNECTION_OK;
		if (e != ERR_RETRY)
			store_fault(ctx, e, PQresultErrorMessage(result), "commit");
	}
	PQclear(result);
	if (PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		c->base.broken = true;
	return e;
}

static enum err with_conn(struct ctx *ctx, store_fn *fn, void *arg, bool *ret_lost)
{
	char why[320] = "";
	struct store_conn *c;
	enum err e = pool_take(ctx->org, true, &c, why, sizeof(why));
	if (e != ERR_OK)
		return store_fault(ctx, e, why, NULL);
	e = run_once(ctx, pg_of(c), fn, arg, ret_lost);
	bool lost = PQstatus(pg_of(c)->pg) != CONNECTION_OK;
	struct store *s = ctx->org->store;
	pool_give(c);
	if (lost) /* a server that went away took the idle ones with it */
		pool_close(s, NULL);
	return e;
}

enum err pg_write(struct ctx *ctx, store_fn *fn, void *arg)
{
	struct pg_store *own = pg_own(ctx->org->store);
	struct arena_mark mark = arena_mark(ctx->arena);
	enum err e = ERR_RETRY;
	bool lost = false;
	if (atomic_load(&own->node_lost))
		return store_fault(ctx, ERR_BUSY, "the node number was lost to another server: restart this one", NULL);
	for (int tries = 0; tries < TRIES_MAX && e == ERR_RETRY && !lost; tries++) {
		if (tries > 0)
			back_off(tries);
		arena_rewind(ctx->arena, mark);
		ctx_forget(ctx);
		e = with_conn(ctx, fn, arg, &lost);
	}
	if (lost)
		return store_fault(ctx, ERR_BUSY, "the connection was lost at commit: it may have been done", NULL);
	if (e == ERR_RETRY)
		return store_fault(ctx, ERR_BUSY, "still in conflict with other writers after some tries", NULL);
	if (e == ERR_OK) {
		atomic_store(&ctx->org->dirty, true);
		pg_wake(ctx->org->store);
	}
	return e;
}

static struct number_block *block_of(struct org *o, const char *key)
{
	for (size_t i = 0; i < o->n_blocks; i++)
		if (strcmp(o->blocks[i].key, key) == 0)
			return &o->blocks[i];
	return NULL;
}

/* Keys come and go with the days: past a number of them the first makes room. */
static struct number_block *block_new(struct org *o, const char *key)
{
	if (o->n_blocks == BLOCKS_MAX) {
		free(o->blocks[0].key);
		memmove(o->blocks, o->blocks + 1, (BLOCKS_MAX - 1) * sizeof(*o->blocks));
		o->n_blocks--;
	}
	if (o->blocks == NULL)
		o->blocks = calloc(BLOCKS_MAX, sizeof(*o->blocks));
	char *copy = strdup(key);
	if (o->blocks == NULL || copy == NULL)
		abort();
	o->blocks[o->n_blocks] = (struct number_block){.key = copy};
	return &o->blocks[o->n_blocks++];
}

static enum err block_fetch(struct org *o, const char *key, int64_t *ret_first, char *why, size_t why_bytes)
{
	struct store *s = o->store;
	struct pg_store *own = pg_own(s);
	char text[320], schema[PG_SCHEMA_BYTES], first[32] = "";
	pg_schema(o->code, schema);
	snprintf(text, sizeof(text),
	         "insert into %s.counter as c (key, next) values ($1, %d) "
	         "on conflict (key) do update set next = c.next + %d returning next - %d",
	         schema, PG_BLOCK + 1, PG_BLOCK, PG_BLOCK);
	pthread_mutex_lock(&own->lock);
	if (own->side != NULL && PQstatus(own->side) != CONNECTION_OK)
		PQreset(own->side);
	enum err e = pg_value(own->side, text, 1, &key, first, sizeof(first), why, why_bytes);
	pthread_mutex_unlock(&own->lock);
	if (e == ERR_OK)
		*ret_first = (int64_t)strtoll(first, NULL, 10);
	return e == ERR_RETRY ? ERR_BUSY : e;
}

enum err pg_number(struct ctx *ctx, const char *key, int64_t *ret_n)
{
	struct org *o = ctx->org;
	char why[320] = "";
	enum err e = ERR_OK;
	int64_t first = 0;
	pthread_mutex_lock(&o->lock);
	struct number_block *b = block_of(o, key);
	if (b == NULL)
		b = block_new(o, key);
	if (b->next == b->end) {
		/* Held while asking: others of this organisation would only ask for more blocks. */
		e = block_fetch(o, key, &first, why, sizeof(why));
		if (e == ERR_OK) {
			b->next = first;
			b->end = first + PG_BLOCK;
		}
	}
	if (e == ERR_OK)
		*ret_n = b->next++;
	pthread_mutex_unlock(&o->lock);
	if (e != ERR_OK) {
		ctx->db->fault = e;
		return store_fault(ctx, e, why, NULL);
	}
	return ERR_OK;
}

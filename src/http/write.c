#include "http/write.h"

#include <sodium.h>

#include "base/text.h"
#include "http/auth.h"
#include "http/server.h"
#include "model/who.h"
#include "store/store.h"

enum { KEY_BYTES_MAX = 200 };

#define KEEP_MS (24 * INT64_C(3600000))

struct keyed {
	struct change *change;
	const char *key;
	char digest[DIGEST_BYTES];
	bool lost; /* another took the key while this ran */
};

/* What the request was: another one under the same key is a mistake worth telling. */
static void keyed_digest(const struct request *rq, char out[DIGEST_BYTES])
{
	unsigned char bytes[32];
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, sizeof(bytes));
	crypto_generichash_update(&st, (const unsigned char *)rq->route->method, strlen(rq->route->method) + 1);
	crypto_generichash_update(&st, (const unsigned char *)rq->path, strlen(rq->path) + 1);
	if (rq->body_len > 0)
		crypto_generichash_update(&st, (const unsigned char *)rq->body, rq->body_len);
	crypto_generichash_final(&st, bytes, sizeof(bytes));
	sodium_bin2hex(out, DIGEST_BYTES, bytes, sizeof(bytes));
}

static enum err keyed_find(struct ctx *ctx, struct keyed *k, bool *ret_found)
{
	struct sql q;
	struct rows *r;
	enum err e = ERR_OK;

	*ret_found = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select request_digest, status, body from idempotency where user_id = :user and key = :key");
	sql_int(&q, "user", ctx->who->id);
	sql_text(&q, "key", k->key);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r)) {
		*ret_found = true;
		if (strcmp(rows_text(r, 0, NULL), k->digest) != 0)
			e = ctx_problem(ctx, ERR_CONFLICT, "Idempotency-Key", "key_used",
			                "the key belongs to another request");
		k->change->status = (int)rows_int(r, 1);
		k->change->answer = arena_strdup(ctx->arena, rows_text(r, 2, NULL));
		k->change->repeated = true;
	}
	TRY(rows_done(r));
	return e;
}

static enum err keyed_run(struct ctx *ctx, void *arg)
{
	struct keyed *k = arg;
	struct sql q;
	bool found;
	enum err e;

	k->lost = false;
	TRY(keyed_find(ctx, k, &found));
	if (found)
		return ERR_OK;
	TRY(k->change->fn(ctx, k->change));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into idempotency (user_id, key, request_digest, status, body, at) "
	        "values (:user, :key, :digest, :status, :body, :now)");
	sql_int(&q, "user", ctx->who->id);
	sql_text(&q, "key", k->key);
	sql_text(&q, "digest", k->digest);
	sql_int(&q, "status", k->change->status);
	sql_text(&q, "body", k->change->answer ? k->change->answer : "");
	sql_int(&q, "now", ctx->now_ms);
	e = sql_run(ctx, &q, NULL);
	k->lost = e == ERR_CONFLICT;
	TRY(e);
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from idempotency where at < :old");
	sql_int(&q, "old", ctx->now_ms - KEEP_MS);
	return sql_run(ctx, &q, NULL);
}

static enum err keyed_again(struct ctx *ctx, void *arg)
{
	bool found;

	TRY(keyed_find(ctx, arg, &found));
	return found ? ERR_OK : ERR_BUSY;
}

static enum err plain_run(struct ctx *ctx, void *arg)
{
	struct change *c = arg;

	return c->fn(ctx, c);
}

enum err change_run(struct ctx *ctx, struct request *rq, struct change *change)
{
	const char *key = request_header(rq, "Idempotency-Key");
	struct keyed k = {.change = change, .key = key};
	enum err e;

	if (key == NULL)
		return request_write(ctx, rq, plain_run, change);
	if (key[0] == '\0' || strlen(key) > KEY_BYTES_MAX || !text_valid(key, strlen(key)))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "Idempotency-Key", "bad_key", "1 to %d characters",
		                   KEY_BYTES_MAX);
	keyed_digest(rq, k.digest);
	e = request_write(ctx, rq, keyed_run, &k);
	if (e == ERR_CONFLICT && k.lost) {
		ctx_forget(ctx);
		e = store_read(ctx, keyed_again, &k);
	}
	return e;
}

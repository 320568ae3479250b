/* secret.c: random words, digests, passwords, and the memory of failed tries. */
#include <sodium.h>

#include "base/text.h"
#include "http/auth.h"
#include "store/store.h"

enum {
	HASH_OPS = 2,
	HASH_MEM = 32 << 20,
	FREE_TRIES = 5,      /* before the first wait */
	WAIT_SHIFT_MAX = 10, /* 2 s, 4 s … at most 2^10 s */
};

#define TRIES_FADE_MS INT64_C(3600000)

void secret_new(char out[SECRET_BYTES])
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, SECRET_BYTES, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void digest_text(const char *text, char out[DIGEST_BYTES])
{
	unsigned char bytes[32];

	crypto_generichash(bytes, sizeof(bytes), (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(out, DIGEST_BYTES, bytes, sizeof(bytes));
}

enum err password_hash(struct ctx *ctx, const char *field, const char *password, char out[HASH_BYTES])
{
	size_t len = strlen(password);

	if (text_chars(password, len) < PASSWORD_MIN)
		return ctx_problem(ctx, ERR_INVALID, field, "too_short", "a password has at least %d characters",
		                   PASSWORD_MIN);
	if (len > PASSWORD_MAX)
		return ctx_problem(ctx, ERR_INVALID, field, "too_long", "a password has at most %d bytes",
		                   PASSWORD_MAX);
	if (crypto_pwhash_str_alg(out, password, len, HASH_OPS, HASH_MEM, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_BUSY; /* no memory for it just now */
	return ERR_OK;
}

bool password_matches(const char *hash, const char *password)
{
	/* Of a random word nobody knows, with the same cost: an unknown name takes as long as a wrong password. */
	static const char nobody[crypto_pwhash_STRBYTES] = "$argon2id$v=19$m=32768,t=2,p=1$p7QDOV2r1bkZ6qodBGdV/g$"
	                                                   "K2GO37kBLekvJYaYhK+luKQkOW3xRiD78lqqdpCkB1M";
	size_t len = strlen(password);
	bool known = hash != NULL;
	bool ok;

	if (len > PASSWORD_MAX)
		return false;
	ok = crypto_pwhash_str_verify(known ? hash : nobody, password, len) == 0;
	return ok && known;
}

enum err password_put(struct ctx *ctx, int64_t user, const char *hash, bool must_change, const char *keep)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "insert into credential (user_id, hash, must_change, changed_at) values (:user, :hash, :must, :now) "
	        "on conflict (user_id) do update set hash = excluded.hash, must_change = excluded.must_change, "
	        "changed_at = excluded.changed_at");
	sql_int(&q, "user", user);
	sql_text(&q, "hash", hash);
	sql_int(&q, "must", must_change);
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_run(ctx, &q, NULL));
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from session where user_id = :user and digest <> :keep");
	sql_int(&q, "user", user);
	sql_text(&q, "keep", keep ? keep : "-");
	return sql_run(ctx, &q, NULL);
}

/* ---- failed tries --------------------------------------------------------------------------------- */

enum err throttle_check(struct ctx *ctx, const char *key, int64_t *ret_wait_ms)
{
	struct sql q;
	int64_t until = 0;
	enum err e;

	sql_init(&q, ctx->arena);
	SQL(&q, "select until from throttle where key = :key");
	sql_text(&q, "key", key);
	e = sql_one_int(ctx, &q, &until);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_wait_ms = until > ctx->now_ms ? until - ctx->now_ms : 0;
	return ERR_OK;
}

enum err throttle_failed(struct ctx *ctx, const char *key)
{
	struct sql q;
	struct rows *r;
	int64_t failures = 0;
	int64_t wait_ms = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "select failures from throttle where key = :key and last_at > :faded");
	sql_text(&q, "key", key);
	sql_int(&q, "faded", ctx->now_ms - TRIES_FADE_MS);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r))
		failures = rows_int(r, 0);
	TRY(rows_done(r));
	failures++;
	if (failures > FREE_TRIES) {
		int64_t shift = failures - FREE_TRIES;

		wait_ms = INT64_C(1000) << (shift < WAIT_SHIFT_MAX ? shift : WAIT_SHIFT_MAX);
	}
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into throttle (key, failures, last_at, until) values (:key, :failures, :now, :until) "
	        "on conflict (key) do update set failures = excluded.failures, last_at = excluded.last_at, "
	        "until = excluded.until");
	sql_text(&q, "key", key);
	sql_int(&q, "failures", failures);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "until", ctx->now_ms + wait_ms);
	TRY(sql_run(ctx, &q, NULL));
	/* Keys that nobody tries any more are dropped here: there are few, and few at a time. */
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from throttle where last_at < :faded");
	sql_int(&q, "faded", ctx->now_ms - 24 * TRIES_FADE_MS);
	return sql_run(ctx, &q, NULL);
}

enum err throttle_forget(struct ctx *ctx, const char *key)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "delete from throttle where key = :key");
	sql_text(&q, "key", key);
	return sql_run(ctx, &q, NULL);
}

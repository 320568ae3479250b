/*
 * auth.h: proofs of who one is: random words kept only as digests, passwords as argon2id.
 */
#ifndef SHOUWEN_HTTP_AUTH_H
#define SHOUWEN_HTTP_AUTH_H

#include "base/ctx.h"

enum { DIGEST_BYTES = 65, SECRET_BYTES = 44 };

#define SESSION_LASTS_MS (12 * INT64_C(3600000))

/* A fresh random word, URL-safe. */
void secret_new(char out[SECRET_BYTES]);
/* BLAKE2b of a text, hex. */
void digest_text(const char *text, char out[DIGEST_BYTES]);

/* Takes tens of ms and MiB: only in the slow lane. ERR_INVALID: too short or too long. */
enum { HASH_BYTES = 128, PASSWORD_MIN = 8, PASSWORD_MAX = 200 };
enum err password_hash(struct ctx *ctx, const char *field, const char *password, char out[HASH_BYTES]);
/* hash NULL: nobody of that name; takes as long and is false. */
bool password_matches(const char *hash, const char *password);
/* Sets a user's password and ends his sessions but `keep` (a digest, or NULL). Inside store_write. */
enum err password_put(struct ctx *ctx, int64_t user, const char *hash, bool must_change, const char *keep);

/* Failed tries fade: after some free ones each doubles the wait, for this key only. */
enum err throttle_check(struct ctx *ctx, const char *key, int64_t *ret_wait_ms); /* inside store_read */
enum err throttle_failed(struct ctx *ctx, const char *key);                      /* inside store_write */
enum err throttle_forget(struct ctx *ctx, const char *key);                      /* inside store_write */

#endif

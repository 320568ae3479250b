/*
 * event.h: the bytes that an event's digests are made of; shared by writing, sealing, verifying.
 */
#ifndef SHOUWEN_FLOW_EVENT_H
#define SHOUWEN_FLOW_EVENT_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/err.h"

enum { EVENT_SALT_BYTES = 16, EVENT_DIGEST_BYTES = 32 };

struct event_head { /* what stands in the row beside the body; seq comes later and is sealed, not chained */
	int64_t id, record, at, actor;
	const char *type, *kind, *origin;
	bool internal;
};

/* BLAKE2b of salt and body. The salt keeps a short erased text from being guessed by trying. */
void event_body_digest(const unsigned char *salt, size_t salt_bytes, const char *body, size_t len,
                       unsigned char out[EVENT_DIGEST_BYTES]);
/* BLAKE2b of the digest before, the head, and the body's digest. prev: NULL on a record's first event. */
void event_digest(const unsigned char *prev, const struct event_head *h, const unsigned char *body_digest,
                  unsigned char out[EVENT_DIGEST_BYTES]);

/* A seal over the events of a range of seq: the seal before, the range's start, every (seq, id,
 * digest) that stands in it, gaps as they are, and its end. */
struct seal_hash {
	crypto_generichash_state state;
};
void seal_begin(struct seal_hash *h, const unsigned char *prev, int64_t from_seq);
void seal_add(struct seal_hash *h, int64_t seq, int64_t id, const void *digest, size_t len);
void seal_end(struct seal_hash *h, int64_t to_seq, unsigned char out[EVENT_DIGEST_BYTES]);

/* Does an event of this kind come with a new version of its record? Their number is the version. */
bool event_raises_version(const char *kind);

/* event_append for the first event of a record made in this transaction (no look at the chain), or later ones. */
enum err event_write(struct ctx *ctx, const char *type, int64_t record, const char *kind, bool internal,
                     const char *body, bool first, int64_t *ret_event);

#endif

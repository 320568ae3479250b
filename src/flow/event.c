/* event.c: what happened, appended once: digests, chain, seals, lawful erasure. */
#include "flow/event.h"

#include <string.h>

#include "base/ids.h"
#include "flow/flow.h"
#include "flow/step.h"
#include "model/who.h"
#include "store/store.h"

/* ---- digests ---------------------------------------------------------------------------------- */

static void hash_int(crypto_generichash_state *state, int64_t v)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)v >> (8 * i));
	crypto_generichash_update(state, bytes, sizeof(bytes));
}

/* The length first, so that no two rows give the same bytes. */
static void hash_bytes(crypto_generichash_state *state, const void *bytes, size_t len)
{
	hash_int(state, (int64_t)len);
	crypto_generichash_update(state, bytes, len);
}

void event_body_digest(const unsigned char *salt, size_t salt_bytes, const char *body, size_t len,
                       unsigned char out[EVENT_DIGEST_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, EVENT_DIGEST_BYTES);
	hash_bytes(&state, salt, salt_bytes);
	/* No body and an empty body are told apart. */
	hash_int(&state, body != NULL);
	if (body != NULL)
		hash_bytes(&state, body, len);
	crypto_generichash_final(&state, out, EVENT_DIGEST_BYTES);
}

void event_digest(const unsigned char *prev, const struct event_head *h, const unsigned char *body_digest,
                  unsigned char out[EVENT_DIGEST_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, EVENT_DIGEST_BYTES);
	hash_bytes(&state, prev ? prev : (const unsigned char *)"", prev ? EVENT_DIGEST_BYTES : 0);
	hash_int(&state, h->id);
	hash_bytes(&state, h->type, strlen(h->type));
	hash_int(&state, h->record);
	hash_int(&state, h->at);
	hash_int(&state, h->actor);
	hash_bytes(&state, h->kind, strlen(h->kind));
	hash_bytes(&state, h->origin, strlen(h->origin));
	hash_int(&state, h->internal);
	hash_bytes(&state, body_digest, EVENT_DIGEST_BYTES);
	crypto_generichash_final(&state, out, EVENT_DIGEST_BYTES);
}

void seal_begin(struct seal_hash *h, const unsigned char *prev, int64_t from_seq)
{
	crypto_generichash_init(&h->state, NULL, 0, EVENT_DIGEST_BYTES);
	hash_bytes(&h->state, prev ? prev : (const unsigned char *)"", prev ? EVENT_DIGEST_BYTES : 0);
	hash_int(&h->state, from_seq);
}

void seal_add(struct seal_hash *h, int64_t seq, int64_t id, const void *digest, size_t len)
{
	hash_int(&h->state, seq);
	hash_int(&h->state, id);
	hash_bytes(&h->state, digest, len);
}

void seal_end(struct seal_hash *h, int64_t to_seq, unsigned char out[EVENT_DIGEST_BYTES])
{
	hash_int(&h->state, to_seq);
	crypto_generichash_final(&h->state, out, EVENT_DIGEST_BYTES);
}

bool event_raises_version(const char *kind)
{
	static const char *const without[] = {
	        "commented",      "revealed",       "exported",         "printed",      "linked",
	        "notified",       "erased",         "removed",          "task_added",   "unlinked",
	        "rule_fired",     "rule_stopped",   "escalated",        "clock_warned", "clock_breached",
	        "clock_moved",    "issued",         "approval_started", "voted",        "approval_ended",
	        "comments_taken", "comments_moved", "comments_returned"};
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (strcmp(kind, without[i]) == 0)
			return false;
	return true;
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* A number and a digest, as the last of a chain; *ret_whole: there is none, or its digest is one. */
static enum err last_read(struct ctx *ctx, struct sql *q, int64_t *ret_number, unsigned char *prev, bool *ret_there,
                          bool *ret_whole)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	*ret_there = rows_next(rows);
	*ret_whole = true;
	if (*ret_there) {
		size_t len;
		const void *digest = rows_blob(rows, 1, &len);
		*ret_number = rows_int(rows, 0);
		*ret_whole = digest != NULL && len == EVENT_DIGEST_BYTES;
		if (*ret_whole)
			memcpy(prev, digest, len);
	}
	return rows_done(rows);
}

static enum err chain_end(struct ctx *ctx, int64_t record, int64_t *ret_id, unsigned char *prev, bool *ret_there)
{
	struct sql q;
	bool whole;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, digest from event where record = :record order by id desc limit 1");
	sql_int(&q, "record", record);
	TRY(last_read(ctx, &q, ret_id, prev, ret_there, &whole));
	if (!whole)
		return ctx_problem(ctx, ERR_INTERNAL, "", "broken_chain", "the record's last event has no digest");
	return ERR_OK;
}

/* An id after the record's last event, also when another server's clock runs ahead: the chain is
 * read in the order of ids. */
static int64_t event_id(struct ctx *ctx, int64_t last)
{
	int64_t id = ids_next(ctx->ids, ctx->now_ms);
	if (id > last)
		return id;
	int64_t per_ms = ids_floor(ctx->now_ms + 1) - ids_floor(ctx->now_ms);
	if (per_ms <= 0)
		per_ms = 1;
	int64_t ahead_ms = (last - ids_floor(ctx->now_ms)) / per_ms + 1;
	return ids_next(ctx->ids, ctx->now_ms + ahead_ms);
}

enum err event_write(struct ctx *ctx, const char *type, int64_t record, const char *kind, bool internal,
                     const char *body, bool first, int64_t *ret_event)
{
	unsigned char prev[EVENT_DIGEST_BYTES], salt[EVENT_SALT_BYTES], body_digest[EVENT_DIGEST_BYTES];
	unsigned char digest[EVENT_DIGEST_BYTES];
	int64_t last = 0;
	bool follows = false;
	if (!first)
		TRY(chain_end(ctx, record, &last, prev, &follows));
	struct event_head h = {.id = event_id(ctx, last),
	                       .record = record,
	                       .at = ctx->now_ms,
	                       .actor = ctx->who ? ctx->who->id : 0,
	                       .type = type,
	                       .kind = kind,
	                       .origin = ctx->origin ? ctx->origin : "",
	                       .internal = internal};
	size_t len = body ? strlen(body) : 0;
	randombytes_buf(salt, sizeof(salt));
	event_body_digest(salt, sizeof(salt), body, len, body_digest);
	event_digest(follows ? prev : NULL, &h, body_digest, digest);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into event (id, type, record, at, actor, kind, origin, internal, body, salt, body_digest, prev, "
	    "digest) values (:id, :type, :record, :at, :actor, :kind, :origin, :internal, :body, :salt, "
	    ":body_digest, ");
	if (follows) {
		SQL(&q, ":prev, :digest)");
		sql_blob(&q, "prev", prev, sizeof(prev));
	} else {
		SQL(&q, "null, :digest)");
	}
	sql_int(&q, "id", h.id);
	sql_text(&q, "type", type);
	sql_int(&q, "record", record);
	sql_int(&q, "at", h.at);
	sql_int_or_null(&q, "actor", h.actor);
	sql_text(&q, "kind", kind);
	sql_text(&q, "origin", h.origin);
	sql_int(&q, "internal", internal);
	sql_text(&q, "body", body);
	sql_blob(&q, "salt", salt, sizeof(salt));
	sql_blob(&q, "body_digest", body_digest, sizeof(body_digest));
	sql_blob(&q, "digest", digest, sizeof(digest));
	TRY(sql_run(ctx, &q, NULL));
	if (ret_event != NULL)
		*ret_event = h.id;
	return ERR_OK;
}

enum err event_append(struct ctx *ctx, const char *type, int64_t record, const char *kind, bool internal,
                      const char *body, int64_t *ret_event)
{
	return event_write(ctx, type, record, kind, internal, body, false, ret_event);
}

/* ---- sealing ---------------------------------------------------------------------------------- */

static enum err seal_last(struct ctx *ctx, int64_t *ret_to, unsigned char *prev, bool *ret_there)
{
	struct sql q;
	bool whole;
	sql_init(&q, ctx->arena);
	SQL(&q, "select to_seq, digest from seal order by from_seq desc limit 1");
	TRY(last_read(ctx, &q, ret_to, prev, ret_there, &whole));
	return whole ? ERR_OK : ctx_problem(ctx, ERR_INTERNAL, "", "broken_seal", "the last seal has no digest");
}

enum err event_seal(struct ctx *ctx, size_t limit, size_t *ret_sealed)
{
	unsigned char prev[EVENT_DIGEST_BYTES], digest[EVENT_DIGEST_BYTES];
	int64_t sealed_to = 0;
	bool follows;
	TRY(seal_last(ctx, &sealed_to, prev, &follows));
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select seq, id, digest from event where seq > :after order by seq limit :n");
	sql_int(&q, "after", sealed_to);
	sql_int(&q, "n", (int64_t)limit);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	struct seal_hash h;
	seal_begin(&h, follows ? prev : NULL, sealed_to + 1);
	size_t n = 0;
	int64_t to = sealed_to;
	while (rows_next(rows)) {
		size_t len;
		const void *bytes = rows_blob(rows, 2, &len);
		to = rows_int(rows, 0);
		seal_add(&h, to, rows_int(rows, 1), bytes, len);
		n++;
	}
	TRY(rows_done(rows));
	if (n > 0) {
		seal_end(&h, to, digest);
		sql_init(&q, ctx->arena);
		SQL(&q, "insert into seal (from_seq, to_seq, digest, at) values (:from_seq, :to_seq, :digest, :at)");
		sql_int(&q, "from_seq", sealed_to + 1);
		sql_int(&q, "to_seq", to);
		sql_blob(&q, "digest", digest, sizeof(digest));
		sql_int(&q, "at", ctx->now_ms);
		TRY(sql_run(ctx, &q, NULL));
	}
	*ret_sealed = n;
	return ERR_OK;
}

/* ---- erasure ---------------------------------------------------------------------------------- */

struct erasable {
	const char *type, *kind;
	int64_t record;
	bool has_body;
};

static enum err erasable_read(struct ctx *ctx, int64_t event, struct erasable *e)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, record, kind, case when body is null then 0 else 1 end from event where id = :id");
	sql_int(&q, "id", event);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	bool found = rows_next(rows);
	if (found) {
		e->type = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		e->record = rows_int(rows, 1);
		e->kind = arena_strdup(ctx->arena, rows_text(rows, 2, NULL));
		e->has_body = rows_int(rows, 3) != 0;
	}
	TRY(rows_done(rows));
	return found ? ERR_OK : ERR_NOT_FOUND;
}

/* Its words are not to be found any more. */
static enum err erased_index(struct ctx *ctx, const struct erasable *e)
{
	const struct type *t = model_type(ctx->model, e->type);
	if (strcmp(e->kind, "commented") != 0 || t == NULL)
		return ERR_OK;
	return comments_index(ctx, t, e->record);
}

enum err event_erase(struct ctx *ctx, int64_t event, const char *reason)
{
	if (ctx->who == NULL || (!ctx->who->system && !who_can(ctx, "audit")))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "erasing needs the right `audit`");
	if (reason == NULL || *reason == '\0')
		return ctx_problem(ctx, ERR_INVALID, "reason", "required", "an erasure needs its reason");
	struct erasable e = {0};
	TRY(erasable_read(ctx, event, &e));
	/* The record of an erasure holds no more than its reason: it stays. */
	if (!e.has_body || strcmp(e.kind, "erased") == 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "nothing_to_erase",
		                   "this event holds no text that could be erased");
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update event set body = null, salt = null where id = :id");
	sql_int(&q, "id", event);
	TRY(sql_run(ctx, &q, NULL));
	TRY(erased_index(ctx, &e));
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, LIMIT_BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "event");
	json_id(&out, event);
	json_key(&out, "reason");
	json_text(&out, reason);
	json_close(&out, '}');
	if (b.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "reason", "too_long", "the reason is too long");
	return event_append(ctx, e.type, e.record, "erased", true, b.data, NULL);
}

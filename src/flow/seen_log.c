/* seen_log.c: see seen_log.h. */
#include "flow/seen_log.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "model/who.h"
#include "store/store.h"

/* A digest of 128 bits stands for a row: two rows alike by chance do not happen. */
struct seen_key {
	uint64_t a, b; /* both 0: free */
};

enum { KEYS_FIRST = 256, KEYS_MAX = 1 << 20 };

struct seen_today {
	pthread_mutex_t lock;
	char day[DATE_BYTES];
	struct seen_key *keys;
	size_t cap, n;
};

struct seen_today *seen_today_new(void)
{
	struct seen_today *s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void seen_today_free(struct seen_today *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->keys);
	free(s);
}

static void day_of(const struct ctx *ctx, char out[DATE_BYTES])
{
	struct local_time now;
	zone_local(ctx->zone, ctx->now_ms, &now);
	date_format(now.year, now.month, now.day, out);
}

static struct seen_key key_of(const struct ctx *ctx, const struct seen_row *row)
{
	crypto_generichash_state state;
	struct seen_key key;
	int64_t ids[2] = {ctx->who->id, row->record};
	crypto_generichash_init(&state, NULL, 0, sizeof(key));
	crypto_generichash_update(&state, (const unsigned char *)ids, sizeof(ids));
	crypto_generichash_update(&state, (const unsigned char *)row->fields, strlen(row->fields));
	crypto_generichash_final(&state, (unsigned char *)&key, sizeof(key));
	if (key.a == 0 && key.b == 0)
		key.a = 1;
	return key;
}

/* ---- the set: open addressing, at most half full --------------------------------------------------- */

static struct seen_key *place(const struct seen_today *s, struct seen_key key)
{
	size_t at = (size_t)key.a & (s->cap - 1);
	while ((s->keys[at].a != 0 || s->keys[at].b != 0) && (s->keys[at].a != key.a || s->keys[at].b != key.b))
		at = (at + 1) & (s->cap - 1);
	return &s->keys[at];
}

static void set_clear(struct seen_today *s)
{
	free(s->keys);
	s->keys = NULL;
	s->cap = s->n = 0;
}

static void set_grow(struct seen_today *s)
{
	struct seen_today bigger = {.cap = s->cap ? s->cap * 2 : KEYS_FIRST};
	bigger.keys = calloc(bigger.cap, sizeof(*bigger.keys));
	if (bigger.keys == NULL)
		abort();
	for (size_t i = 0; i < s->cap; i++)
		if (s->keys[i].a != 0 || s->keys[i].b != 0)
			*place(&bigger, s->keys[i]) = s->keys[i];
	free(s->keys);
	s->keys = bigger.keys;
	s->cap = bigger.cap;
}

static void set_add(struct seen_today *s, struct seen_key key)
{
	/* Forgotten, a row is only written once more, and is there already. */
	if (s->n >= KEYS_MAX)
		set_clear(s);
	if (2 * (s->n + 1) > s->cap)
		set_grow(s);
	struct seen_key *at = place(s, key);
	if (at->a == 0 && at->b == 0) {
		*at = key;
		s->n++;
	}
}

static bool set_has(const struct seen_today *s, struct seen_key key)
{
	const struct seen_key *at = s->cap > 0 ? place(s, key) : NULL;
	return at != NULL && (at->a != 0 || at->b != 0);
}

/* With the lock held. */
static void turn_to(struct seen_today *s, const char *day)
{
	if (strcmp(s->day, day) == 0)
		return;
	set_clear(s);
	memcpy(s->day, day, DATE_BYTES);
}

/* ---- asked by the server ----------------------------------------------------------------------------- */

bool seen_is_new(struct ctx *ctx, struct seen_today *s)
{
	char day[DATE_BYTES] = "";
	if (ctx->seen == NULL || ctx->seen->first == NULL || ctx->who == NULL || ctx->who->id == 0)
		return false;
	day_of(ctx, day);
	pthread_mutex_lock(&s->lock);
	turn_to(s, day);
	for (struct seen_row **at = &ctx->seen->first; *at != NULL;) {
		if (set_has(s, key_of(ctx, *at))) {
			*at = (*at)->next;
			ctx->seen->n--;
		} else {
			at = &(*at)->next;
		}
	}
	pthread_mutex_unlock(&s->lock);
	return ctx->seen->first != NULL;
}

static enum err row_write(struct ctx *ctx, const char *type, int64_t record, const char *fields, const char *why)
{
	char day[DATE_BYTES] = "";
	struct sql q;
	day_of(ctx, day);
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into seen_log (id, day, user_id, type, record, fields, why, at) values (:id, :day, :user, :type, "
	    ":record, :fields, :why, :at) on conflict (user_id, record, day, fields, why) do nothing");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_text(&q, "day", day);
	sql_int(&q, "user", ctx->who->id);
	sql_text(&q, "type", type);
	sql_int(&q, "record", record);
	sql_text(&q, "fields", fields);
	sql_text(&q, "why", why);
	sql_int(&q, "at", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

enum err seen_write(struct ctx *ctx, void *unused)
{
	(void)unused;
	for (const struct seen_row *row = ctx->seen->first; row != NULL; row = row->next)
		TRY(row_write(ctx, row->type->name, row->record, row->fields,
		              ctx->seen->why ? ctx->seen->why : "unless"));
	return ERR_OK;
}

void seen_remember(struct ctx *ctx, struct seen_today *s)
{
	char day[DATE_BYTES] = "";
	day_of(ctx, day);
	pthread_mutex_lock(&s->lock);
	turn_to(s, day);
	for (const struct seen_row *row = ctx->seen->first; row != NULL; row = row->next)
		set_add(s, key_of(ctx, row));
	pthread_mutex_unlock(&s->lock);
}

enum err seen_reveal(struct ctx *ctx, const struct field *f, int64_t record)
{
	if (ctx->who == NULL || ctx->who->id == 0)
		return ERR_OK;
	return row_write(ctx, f->of->name, record, f->name, "reveal");
}

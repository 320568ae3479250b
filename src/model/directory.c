/* directory.c: see directory.h. */
#include "model/directory.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "model/record_row.h"
#include "store/store.h"

enum { NAMES_MAX = 4096, SLOTS_START = 128, NAME_BYTES_MAX = 120, ARENA_BYTES = 4 << 20 };

struct kept_name {
	int64_t id; /* 0: free */
	const char *text;
	size_t len;
};

struct directory {
	pthread_mutex_t lock;
	int64_t edition; /* of all that is kept */
	size_t n, cap;
	struct arena *arena; /* slots and texts; emptied with each edition */
	struct kept_name *slots;
};

struct directory *directory_new(void)
{
	struct directory *d = calloc(1, sizeof(*d));
	if (d == NULL)
		abort();
	pthread_mutex_init(&d->lock, NULL);
	return d;
}

void directory_free(struct directory *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

bool directory_keeps(const struct ctx *ctx, const struct type *t)
{
	return ctx->model->directory != NULL && t != NULL && (t == ctx->model->user || t == ctx->model->team) &&
	       !t->confidential && t->title != NULL && t->title->column != NULL &&
	       type_title_column(t) == t->title->column;
}

static size_t slot_of(const struct directory *d, int64_t id)
{
	size_t at = (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (d->cap - 1);
	while (d->slots[at].id != 0 && d->slots[at].id != id)
		at = (at + 1) & (d->cap - 1);
	return at;
}

enum err directory_edition(struct ctx *ctx, int64_t *ret_edition)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select next from counter where key = 'directory'");
	*ret_edition = 0;
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows))
		*ret_edition = rows_int(rows, 0);
	return rows_done(rows);
}

size_t directory_find(struct ctx *ctx, int64_t edition, const int64_t *ids, size_t n, const char **texts)
{
	struct directory *d = ctx->model->directory;
	size_t found = 0;
	memset(texts, 0, n * sizeof(*texts));
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < n && d->n > 0 && d->edition == edition; i++) {
		const struct kept_name *name = &d->slots[slot_of(d, ids[i])];
		if (name->id == 0)
			continue;
		texts[i] = arena_strndup(ctx->arena, name->text, name->len);
		found++;
	}
	pthread_mutex_unlock(&d->lock);
	return found;
}

/* With the lock held. */
static void begin_anew(struct directory *d, int64_t edition)
{
	arena_free(d->arena);
	d->arena = arena_new(ARENA_BYTES);
	d->cap = SLOTS_START;
	d->slots = ARENA_ARRAY(d->arena, d->cap, struct kept_name);
	d->edition = edition;
	d->n = 0;
}

static void grow(struct directory *d)
{
	const struct kept_name *was = d->slots;
	size_t n = d->cap;
	d->cap *= 2;
	d->slots = ARENA_ARRAY(d->arena, d->cap, struct kept_name);
	for (size_t i = 0; i < n; i++)
		if (was[i].id != 0)
			d->slots[slot_of(d, was[i].id)] = was[i];
}

void directory_put(struct ctx *ctx, int64_t edition, int64_t id, const char *name, size_t len)
{
	struct directory *d = ctx->model->directory;
	if (edition == 0 || id == 0 || len >= NAME_BYTES_MAX)
		return;
	pthread_mutex_lock(&d->lock);
	if (d->slots == NULL || d->edition != edition)
		begin_anew(d, edition);
	size_t at = slot_of(d, id);
	if (d->slots[at].id == 0 && d->n < NAMES_MAX) {
		d->slots[at] = (struct kept_name){.id = id, .text = arena_strndup(d->arena, name, len), .len = len};
		if (++d->n * 2 > d->cap)
			grow(d);
	}
	pthread_mutex_unlock(&d->lock);
}

/* Not the next number but any: an edition that was taken back, or restored over, is never another's. */
static int64_t new_edition(void)
{
	int64_t edition;
	randombytes_buf(&edition, sizeof(edition));
	return (edition & INT64_MAX) | 1;
}

static enum err edition_write(struct ctx *ctx, bool another)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into counter (key, next) values ('directory', :edition) on conflict (key) do ");
	if (another)
		SQL(&q, "update set next = excluded.next");
	else
		SQL(&q, "nothing");
	sql_int(&q, "edition", new_edition());
	return sql_run(ctx, &q, NULL);
}

enum err directory_begin(struct ctx *ctx)
{
	return edition_write(ctx, false);
}

enum err directory_change(struct ctx *ctx, const struct type *t)
{
	return directory_keeps(ctx, t) ? edition_write(ctx, true) : ERR_OK;
}

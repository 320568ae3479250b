/* rebuild.c: what is derived from records, computed anew and compared. On healthy rows nothing changes. */
#include <string.h>

#include "flow/clocks.h"
#include "flow/owners.h"
#include "flow/queue.h"
#include "flow/relate.h"
#include "flow/step.h"
#include "model/compute.h"

enum { SLICE_MAX = 500 };

static enum err slice_ids(struct ctx *ctx, const struct type *t, int64_t from, size_t limit, int64_t *ids,
                          size_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where id > :from order by id limit :n");
	sql_int(&q, "from", from);
	sql_int(&q, "n", (int64_t)limit);
	struct rows *rows;
	size_t n = 0;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < limit)
			ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

/* All lookup rows of a record as one text, in order. */
static enum err lookup_text(struct ctx *ctx, int64_t id, const char **ret_text)
{
	struct sql q;
	struct buf b;
	buf_init(&b, ctx->arena, 1 << 20);
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, kind, key from lookup where record = :id order by type, kind, key");
	sql_int(&q, "id", id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		for (int i = 0; i < 3; i++) {
			size_t len;
			const char *s = rows_text(rows, i, &len);
			buf_add(&b, s ? s : "", s ? len : 0);
			buf_char(&b, '\n');
		}
	*ret_text = b.data ? b.data : "";
	return rows_done(rows);
}

static enum err lookup_mend(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	const char *before, *after;
	int64_t version = r->version;
	TRY(lookup_text(ctx, r->id, &before));
	/* Old rows are cleared only for what can have them: a first version counts as such here. */
	r->version = version > 1 ? version : 2;
	enum err e = record_index_lookup(ctx, r);
	r->version = version;
	TRY(e);
	TRY(lookup_text(ctx, r->id, &after));
	*ret_changed = strcmp(before, after) != 0;
	return ERR_OK;
}

/* The search index is compared by what it was made of. */
static enum err search_mend(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	const char *tokens, *keys;
	bool same;
	TRY(record_search_tokens(ctx, r, &tokens, &keys));
	TRY(search_same(ctx, r->id, tokens, keys, &same));
	*ret_changed = !same;
	if (same)
		return ERR_OK;
	return tokens != NULL ? search_put(ctx, r->id, tokens, keys) : search_remove(ctx, r->id);
}

/* What a pack computes differently now. The record's version stays: nobody changed anything. */
static enum err compute_mend(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	*ret_changed = false;
	if (r->type->n_computes == 0)
		return ERR_OK;
	TRY(record_compute_again(ctx, r));
	for (size_t i = 0; i < r->type->n_computes; i++) {
		const struct compute_step *step = &r->type->computes[i];
		*ret_changed = *ret_changed || record_is_changed(r, step->table ? step->table : step->field);
	}
	return *ret_changed ? record_write_derived(ctx, r) : ERR_OK;
}

/* Rows of the work index whose record is gone. */
static enum err orphans_drop(struct ctx *ctx, const struct type *t, int64_t from, int64_t to, size_t *changed)
{
	if (!t->uses_work)
		return ERR_OK;
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from work where type = :type and id > :from and (:to = 0 or id <= :to) and not exists "
	        "(select 1 from ");
	sql_name(&q, t->table);
	SQL(&q, " r where r.id = work.id)");
	sql_text(&q, "type", t->name);
	sql_int(&q, "from", from);
	sql_int(&q, "to", to);
	TRY(sql_run(ctx, &q, &n));
	*changed += (size_t)n;
	return ERR_OK;
}

enum err flow_rebuild(struct ctx *ctx, const struct type *t, int64_t from_id, size_t limit, int64_t *ret_next,
                      size_t *ret_changed)
{
	int64_t ids[SLICE_MAX];
	size_t n, changed = 0;
	if (limit == 0 || limit > SLICE_MAX)
		limit = SLICE_MAX;
	TRY(slice_ids(ctx, t, from_id, limit, ids, &n));
	int64_t next = n == limit ? ids[n - 1] : 0;
	TRY(orphans_drop(ctx, t, from_id, next, &changed));
	for (size_t i = 0; i < n; i++) {
		struct record *r;
		bool work, search, lookup, clocks, computed, owners, related, queue;
		struct arena_mark mark = arena_mark(ctx->arena);
		TRY(record_load(ctx, t, ids[i], &r));
		TRY(compute_mend(ctx, r, &computed));
		TRY(owners_mend(ctx, r, &owners));
		TRY(relations_mend(ctx, r, &related));
		TRY(work_mend(ctx, r, &work));
		TRY(queue_mend(ctx, r, &queue));
		TRY(search_mend(ctx, r, &search));
		TRY(lookup_mend(ctx, r, &lookup));
		TRY(clocks_mend(ctx, r, &clocks));
		changed += (size_t)work + (size_t)search + (size_t)lookup + (size_t)clocks + (size_t)computed +
		           (size_t)owners + (size_t)related + (size_t)queue;
		arena_rewind(ctx->arena, mark);
	}
	*ret_next = next;
	*ret_changed = changed;
	return ERR_OK;
}

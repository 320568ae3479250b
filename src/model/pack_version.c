/* pack_version.c: every text a pack file has had, and what differs between two of them. */
#include <string.h>

#include "base/buf.h"
#include "base/ids.h"
#include "model/pack.h"
#include "model/who.h"
#include "store/store.h"

enum { DIFF_AROUND = 3, DIFF_CELLS = 4000000 };

/* ---- kept --------------------------------------------------------------------------------------------- */

static enum err version_insert(struct ctx *ctx, const struct pack_text *file, const char *body, int64_t change,
                               const char *note)
{
	struct sql q;
	bool by_hand = change && ctx->who && ctx->who->id != 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into pack_version (id, change_id, pack, path, at, actor, body, note) "
	        "values (:id, :change, :pack, :path, :at, :actor, :body, :note)");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_int_or_null(&q, "change", change);
	sql_text(&q, "pack", file->pack);
	sql_text(&q, "path", file->path);
	sql_int(&q, "at", ctx->now_ms);
	sql_int_or_null(&q, "actor", by_hand ? ctx->who->id : 0);
	sql_text(&q, "body", body);
	sql_text(&q, "note", note);
	return sql_run(ctx, &q, NULL);
}

static enum err is_kept(struct ctx *ctx, const struct pack_text *file, bool *ret_kept)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from pack_version where pack = :pack and path = :path");
	sql_text(&q, "pack", file->pack);
	sql_text(&q, "path", file->path);
	TRY(sql_one_int(ctx, &q, &n));
	*ret_kept = n > 0;
	return ERR_OK;
}

enum err pack_version_add(struct ctx *ctx, const struct pack_text *was, const struct pack_text *now,
                          const struct pack_put *put)
{
	bool kept = true;
	if (was)
		TRY(is_kept(ctx, was, &kept));
	if (!kept)
		TRY(version_insert(ctx, was, arena_strndup(ctx->arena, was->body, was->len), 0, NULL));
	return version_insert(ctx, now ? now : was, now ? arena_strndup(ctx->arena, now->body, now->len) : NULL,
	                      put->change, put->note);
}

static enum err version_read(struct ctx *ctx, struct sql *q, struct pack_version *ret_version)
{
	struct rows *r;
	bool found = false;
	TRY(sql_rows(ctx, q, &r));
	if (rows_next(r)) {
		found = true;
		*ret_version = (struct pack_version){.id = rows_int(r, 0),
		                                     .at = rows_int(r, 1),
		                                     .actor = rows_int(r, 2),
		                                     .pack = arena_strdup(ctx->arena, rows_text(r, 3, NULL)),
		                                     .path = arena_strdup(ctx->arena, rows_text(r, 4, NULL)),
		                                     .body = arena_strdup(ctx->arena, rows_text(r, 5, NULL)),
		                                     .note = arena_strdup(ctx->arena, rows_text(r, 6, NULL))};
	}
	TRY(rows_done(r));
	return found ? ERR_OK : ERR_NOT_FOUND;
}

enum err pack_version_load(struct ctx *ctx, int64_t id, struct pack_version *ret_version)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, actor, pack, path, body, note from pack_version where id = :id");
	sql_int(&q, "id", id);
	return version_read(ctx, &q, ret_version);
}

enum err pack_version_before(struct ctx *ctx, const struct pack_version *v, struct pack_version *ret_version)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id, at, actor, pack, path, body, note from pack_version where pack = :pack and path = :path and "
	    "id < :id order by id desc limit 1");
	sql_int(&q, "id", v->id);
	sql_text(&q, "pack", v->pack);
	sql_text(&q, "path", v->path);
	return version_read(ctx, &q, ret_version);
}

/* ---- compared ------------------------------------------------------------------------------------------- */

struct lines {
	const char **at;
	size_t *len;
	size_t n;
};

struct change { /* one line of the script: kept (both), gone (old), new */
	char sign;
	size_t old, now;
};

struct diff {
	struct arena *arena;
	struct lines old, now;
	struct change *list;
	size_t n;
};

static struct lines split_lines(struct arena *a, const char *text)
{
	struct lines l = {0};
	size_t cap = 1;
	for (const char *c = text; *c; c++)
		cap += *c == '\n';
	l.at = ARENA_ARRAY(a, cap, const char *);
	l.len = ARENA_ARRAY(a, cap, size_t);
	while (*text) {
		size_t len = strcspn(text, "\n");
		l.at[l.n] = text;
		l.len[l.n++] = len;
		text += len + (text[len] == '\n');
	}
	return l;
}

static bool line_same(const struct diff *d, size_t i, size_t k)
{
	return d->old.len[i] == d->now.len[k] && memcmp(d->old.at[i], d->now.at[k], d->old.len[i]) == 0;
}

static void said(struct diff *d, char sign, size_t old, size_t now)
{
	d->list[d->n++] = (struct change){.sign = sign, .old = old, .now = now};
}

/* The longest lines in common of what lies between equal heads and tails; too much of it is told as gone and new. */
static void compare(struct diff *d, size_t head, size_t old_end, size_t now_end)
{
	size_t rows = old_end - head, columns = now_end - head, width = columns + 1, i = 0, k = 0;
	uint32_t *n = NULL;
	if (rows * columns > 0 && rows * columns <= DIFF_CELLS) {
		n = ARENA_ARRAY(d->arena, (rows + 1) * width, uint32_t);
		for (i = rows; i-- > 0;)
			for (k = columns; k-- > 0;) {
				uint32_t a = n[(i + 1) * width + k], b = n[i * width + k + 1];
				n[i * width + k] = line_same(d, head + i, head + k) ? n[(i + 1) * width + k + 1] + 1
				                   : a >= b                         ? a
				                                                    : b;
			}
	}
	for (i = k = 0; i < rows || k < columns;) {
		if (n && i < rows && k < columns && line_same(d, head + i, head + k)) {
			said(d, ' ', head + i, head + k);
			i++, k++;
		} else if (k == columns || (i < rows && (!n || n[(i + 1) * width + k] >= n[i * width + k + 1]))) {
			said(d, '-', head + i++, head + k);
		} else {
			said(d, '+', head + i, head + k++);
		}
	}
}

static void write_hunk(struct diff *d, struct buf *b, size_t from, size_t to)
{
	size_t old = 0, now = 0;
	for (size_t i = from; i < to; i++) {
		old += d->list[i].sign != '+';
		now += d->list[i].sign != '-';
	}
	buf_printf(b, "@@ -%zu,%zu +%zu,%zu @@\n", d->list[from].old + (old > 0), old, d->list[from].now + (now > 0),
	           now);
	for (size_t i = from; i < to; i++) {
		const struct change *c = &d->list[i];
		bool is_old = c->sign == '-';
		buf_char(b, c->sign);
		buf_add(b, is_old ? d->old.at[c->old] : d->now.at[c->now],
		        is_old ? d->old.len[c->old] : d->now.len[c->now]);
		buf_char(b, '\n');
	}
}

static void write_hunks(struct diff *d, struct buf *b)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->list[i].sign == ' ')
			continue;
		size_t from = i > DIFF_AROUND ? i - DIFF_AROUND : 0, last = i;
		for (; i < d->n && i <= last + 2 * DIFF_AROUND; i++)
			if (d->list[i].sign != ' ')
				last = i;
		size_t to = last + DIFF_AROUND + 1 < d->n ? last + DIFF_AROUND + 1 : d->n;
		write_hunk(d, b, from, to);
		i = to - 1;
	}
}

const char *text_diff(struct arena *a, const char *name, const char *before, const char *after)
{
	struct diff d = {.arena = a, .old = split_lines(a, before), .now = split_lines(a, after)};
	size_t head = 0, tail = 0;
	struct buf b;
	while (head < d.old.n && head < d.now.n && line_same(&d, head, head))
		head++;
	while (tail < d.old.n - head && tail < d.now.n - head && line_same(&d, d.old.n - 1 - tail, d.now.n - 1 - tail))
		tail++;
	if (head == d.old.n && head == d.now.n)
		return "";
	d.list = ARENA_ARRAY(a, d.old.n + d.now.n + 1, struct change);
	for (size_t i = 0; i < head; i++)
		said(&d, ' ', i, i);
	compare(&d, head, d.old.n - tail, d.now.n - tail);
	for (size_t i = 0; i < tail; i++)
		said(&d, ' ', d.old.n - tail + i, d.now.n - tail + i);
	buf_init(&b, a, 2 * (strlen(before) + strlen(after)) + 4096);
	buf_printf(&b, "--- %s\n+++ %s\n", name, name);
	write_hunks(&d, &b);
	return b.data;
}

/* list_json.c: one page of a list, written straight into the answer. */
#include <string.h>

#include "model/labels.h"
#include "model/list_plan.h"
#include "model/seen.h"
#include "model/sight.h"

enum { COLUMNS_MAX = 64 };

/* The columns that come through one link, with the rows they come from. */
struct linked {
	const struct field *link;
	const struct field *fields[COLUMNS_MAX];
	struct list_fetch fetch;
};

struct page_json {
	struct ctx *ctx;
	const struct type *type;
	struct list_column columns[COLUMNS_MAX];
	size_t slots[COLUMNS_MAX]; /* where the column lies in its fetch */
	size_t n_columns;
	const struct field *fields[COLUMNS_MAX * 2]; /* own fields, links of linked columns too */
	struct list_fetch own;
	struct linked *linked;
	size_t n_linked;
	struct labels labels;
};

static size_t own_slot(struct page_json *pg, const struct field *f)
{
	for (size_t i = 0; i < pg->own.n_fields; i++)
		if (pg->fields[i] == f)
			return i;
	pg->fields[pg->own.n_fields] = f;
	return pg->own.n_fields++;
}

static size_t linked_slot(struct page_json *pg, const struct list_column *c)
{
	size_t at = 0;
	while (at < pg->n_linked && pg->linked[at].link != c->link)
		at++;
	if (at == pg->n_linked)
		pg->linked[pg->n_linked++].link = c->link;
	struct linked *l = &pg->linked[at];
	for (size_t i = 0; i < l->fetch.n_fields; i++)
		if (l->fields[i] == c->field)
			return i;
	l->fields[l->fetch.n_fields] = c->field;
	return l->fetch.n_fields++;
}

static enum err choose_columns(struct page_json *pg, const struct list_query *q)
{
	const struct type *t = pg->type;
	const char *const *names = (const char *const *)q->columns;
	size_t n = q->n_columns;
	if (n == 0 && t->n_views > 0) {
		names = (const char *const *)t->views[0].columns;
		n = t->views[0].n_columns;
	}
	/* As many as there are columns behind a link: each is large. */
	size_t n_linked = 0;
	for (size_t i = 0; i < n; i++)
		n_linked += strchr(names[i], '.') != NULL;
	pg->linked = ARENA_ARRAY(pg->ctx->arena, n_linked + 1, struct linked);
	for (size_t i = 0; i < n && pg->n_columns < COLUMNS_MAX; i++) {
		struct list_column c;
		enum err e = list_column_find(pg->ctx, t, names[i], &c);
		/* A view names columns for many roles: what this user may not see is left out. */
		if (e == ERR_INVALID && q->n_columns == 0) {
			ctx_forget(pg->ctx);
			continue;
		}
		TRY(e);
		if (c.link != NULL)
			own_slot(pg, c.link);
		pg->slots[pg->n_columns] = c.link ? linked_slot(pg, &c) : own_slot(pg, c.field);
		pg->columns[pg->n_columns++] = c;
	}
	return ERR_OK;
}

static struct linked *linked_of(const struct page_json *pg, const struct field *link)
{
	for (size_t i = 0; i < pg->n_linked; i++)
		if (pg->linked[i].link == link)
			return &pg->linked[i];
	return NULL;
}

/* Where the row's linked record lies in the linked fetch; false: there is none, or it isn't his. */
static bool linked_row(const struct page_json *pg, const struct linked *l, size_t row, size_t *ret_at)
{
	size_t link_slot = 0;
	while (pg->fields[link_slot] != l->link)
		link_slot++;
	size_t cell = row * pg->own.n_fields + link_slot;
	const struct value *v = &pg->own.values[cell];
	if (v->kind != VALUE_INT || pg->own.sights[cell] != SIGHT_CLEAR)
		return false;
	for (size_t i = 0; i < l->fetch.n_ids; i++) {
		if (l->fetch.ids[i] == v->i) {
			*ret_at = i;
			return l->fetch.there[i];
		}
	}
	return false;
}

static enum err fetch_linked(struct page_json *pg, struct linked *l)
{
	struct arena *a = pg->ctx->arena;
	size_t link_slot = own_slot(pg, l->link), n = 0;
	int64_t *ids = ARENA_ARRAY(a, pg->own.n_ids + 1, int64_t);
	for (size_t i = 0; i < pg->own.n_ids; i++) {
		const struct value *v = &pg->own.values[i * pg->own.n_fields + link_slot];
		bool known = v->kind != VALUE_INT;
		for (size_t k = 0; k < n && !known; k++)
			known = ids[k] == v->i;
		if (!known)
			ids[n++] = v->i;
	}
	l->fetch.type = l->link->target;
	l->fetch.fields = l->fields;
	l->fetch.ids = ids;
	l->fetch.n_ids = n;
	l->fetch.check_access = true;
	return list_fetch(pg->ctx, &l->fetch);
}

static void want_labels(struct page_json *pg, const struct list_fetch *f)
{
	for (size_t i = 0; i < f->n_ids * f->n_fields; i++) {
		if (f->there[i / f->n_fields] && f->sights[i] == SIGHT_CLEAR)
			seen_want(&pg->labels, f->fields[i % f->n_fields], &f->values[i],
			          f->lines ? &f->lines[i] : NULL);
	}
}

/* What is shown in the clear though a mask lies on it; nothing is done where no column has one. */
static void note_seen(struct page_json *pg, const struct list_fetch *f)
{
	bool *masked = NULL, *shown;
	for (size_t k = 0; k < f->n_fields; k++) {
		if (access_sight(pg->ctx, f->fields[k]).base != SIGHT_MASKED)
			continue;
		if (masked == NULL)
			masked = ARENA_ARRAY(pg->ctx->arena, f->n_fields, bool);
		masked[k] = true;
	}
	if (masked == NULL || pg->ctx->seen == NULL)
		return;
	shown = ARENA_ARRAY(pg->ctx->arena, f->type->n_fields, bool);
	for (size_t i = 0; i < f->n_ids; i++) {
		memset(shown, 0, f->type->n_fields * sizeof(*shown));
		for (size_t k = 0; k < f->n_fields && f->there[i]; k++) {
			size_t cell = i * f->n_fields + k;
			const struct field *field = f->fields[k];
			bool filled = f->values[cell].kind != VALUE_EMPTY || (f->lines && f->lines[cell].n > 0);
			if (masked[k] && filled && f->sights[cell] == SIGHT_CLEAR && field->of == f->type)
				shown[field->at] = true;
		}
		seen_note(pg->ctx, f->type, f->ids[i], shown);
	}
}

static enum err read_page(struct page_json *pg, const int64_t *ids, size_t n)
{
	pg->own.type = pg->type;
	pg->own.fields = pg->fields;
	pg->own.ids = ids;
	pg->own.n_ids = n;
	TRY(list_fetch(pg->ctx, &pg->own));
	labels_init(&pg->labels, pg->ctx);
	want_labels(pg, &pg->own);
	note_seen(pg, &pg->own);
	for (size_t i = 0; i < pg->n_linked; i++) {
		TRY(fetch_linked(pg, &pg->linked[i]));
		want_labels(pg, &pg->linked[i].fetch);
		note_seen(pg, &pg->linked[i].fetch);
	}
	return labels_resolve(&pg->labels);
}

static void cell_write(struct page_json *pg, struct json_out *out, const struct list_fetch *f, size_t row, size_t slot)
{
	size_t cell = row * f->n_fields + slot;
	if (f->sights[cell] == SIGHT_HIDDEN)
		json_none(out);
	else
		seen_write_json(pg->ctx, out, &pg->labels, f->fields[slot], &f->values[cell],
		                f->lines ? &f->lines[cell] : NULL, f->sights[cell]);
}

static void row_write(struct page_json *pg, struct json_out *out, size_t row)
{
	json_open(out, '{');
	JSON_KEY(out, "id");
	json_id(out, pg->own.ids[row]);
	JSON_KEY(out, "version");
	json_int(out, pg->own.versions[row]);
	JSON_KEY(out, "fields");
	json_open(out, '{');
	for (size_t i = 0; i < pg->n_columns; i++) {
		const struct list_column *c = &pg->columns[i];
		if (c->link == NULL)
			json_key_made(out, c->field->json_key, c->field->key_len);
		else
			json_key(out, c->name);
		size_t at = row;
		const struct linked *l = c->link ? linked_of(pg, c->link) : NULL;
		if (l != NULL && !linked_row(pg, l, row, &at))
			json_none(out);
		else
			cell_write(pg, out, l ? &l->fetch : &pg->own, at, pg->slots[i]);
	}
	json_close(out, '}');
	json_close(out, '}');
}

static enum err count_write(struct ctx *ctx, const struct list_query *q, struct json_out *out)
{
	int64_t n;
	TRY(list_count(ctx, q->type, q->where, LIMIT_COUNT, &n));
	json_open(out, '{');
	json_key(out, "n");
	json_int(out, n > LIMIT_COUNT ? LIMIT_COUNT : n);
	json_key(out, "more");
	json_bool(out, n > LIMIT_COUNT);
	json_close(out, '}');
	return ERR_OK;
}

enum err list_write_json(struct ctx *ctx, const struct list_query *q, struct json_out *out)
{
	struct list_plan plan;
	size_t limit = q->limit == 0 ? 1 : q->limit > LIMIT_PAGE_ROWS ? LIMIT_PAGE_ROWS : q->limit;
	TRY(list_plan_make(ctx, q, &plan));
	struct page_json *pg = ARENA_NEW(ctx->arena, struct page_json);
	pg->ctx = ctx;
	pg->type = q->type;
	TRY(choose_columns(pg, q));
	struct list_row *rows = ARENA_ARRAY(ctx->arena, limit + 1, struct list_row);
	size_t n = 0;
	bool more = false;
	TRY(list_plan_rows(ctx, &plan, q->after, limit, rows, &n, &more));
	int64_t *ids = ARENA_ARRAY(ctx->arena, n + 1, int64_t);
	for (size_t i = 0; i < n; i++)
		ids[i] = rows[i].id;
	TRY(read_page(pg, ids, n));
	json_open(out, '{');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		if (pg->own.there[i])
			row_write(pg, out, i);
	json_close(out, ']');
	json_key(out, "next");
	json_text(out, more ? list_cursor(ctx, &plan, &rows[n - 1]) : NULL);
	json_key(out, "count");
	if (q->count)
		TRY(count_write(ctx, q, out));
	else
		json_none(out);
	json_close(out, '}');
	return out->buf->over ? ERR_TOO_LARGE : ERR_OK;
}

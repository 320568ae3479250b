/* labels.c: a small table of (type, id) to name, filled by one query a type. */
#include "model/labels.h"

#include <string.h>

#include "base/text.h"
#include "model/access.h"
#include "model/directory.h"
#include "model/filter.h"
#include "model/record_row.h"
#include "model/rights.h"

enum { SLOTS_START = 64, TITLE_BYTES_MAX = 600 };

void json_label(struct json_out *out, const char *key, const struct label *l)
{
	json_key(out, key);
	json_words(out, l->zh, l->en);
}

void json_label_said(struct json_out *out, const char *key, const struct label *l)
{
	json_key(out, key);
	json_words(out, label_in(l, LANG_ZH), label_in(l, LANG_EN));
}

void labels_init(struct labels *l, struct ctx *ctx)
{
	*l = (struct labels){.ctx = ctx, .cap = SLOTS_START};
	l->slots = ARENA_ARRAY(ctx->arena, l->cap, struct label_entry);
}

static size_t slot_of(const struct labels *l, enum label_of of, const struct type *t, int64_t id)
{
	uint64_t h = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);
	h ^= of == LABEL_RECORD ? (uint64_t)(uintptr_t)t >> 4 : (uint64_t)of << 60;
	size_t at = (size_t)(h ^ h >> 32) & (l->cap - 1);
	for (;; at = (at + 1) & (l->cap - 1)) {
		const struct label_entry *e = &l->slots[at];
		if (e->id == 0 || (e->id == id && e->of == of && (of != LABEL_RECORD || e->type == t)))
			return at;
	}
}

static void grow(struct labels *l)
{
	struct labels bigger = *l;
	bigger.cap *= 2;
	bigger.slots = ARENA_ARRAY(l->ctx->arena, bigger.cap, struct label_entry);
	for (size_t i = 0; i < l->cap; i++) {
		const struct label_entry *e = &l->slots[i];
		if (e->id != 0)
			bigger.slots[slot_of(&bigger, e->of, e->type, e->id)] = *e;
	}
	*l = bigger;
}

static void want(struct labels *l, enum label_of of, const struct type *t, int64_t id)
{
	if (id == 0)
		return;
	struct label_entry *e = &l->slots[slot_of(l, of, t, id)];
	if (e->id != 0)
		return;
	*e = (struct label_entry){.of = of, .type = t, .id = id};
	if (++l->n * 2 > l->cap)
		grow(l);
}

void labels_want_record(struct labels *l, const struct type *t, int64_t id)
{
	want(l, t ? LABEL_RECORD : LABEL_WORK, t, id);
}

void labels_want(struct labels *l, const struct field *f, const struct value *v)
{
	if (f->kind == FIELD_LINK && v->kind == VALUE_INT)
		labels_want_record(l, f->target, v->i);
	if (f->kind != FIELD_LINKS && f->kind != FIELD_FILES)
		return;
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->n; i++) {
		if (f->kind == FIELD_FILES)
			want(l, LABEL_FILE, NULL, v->list[i].i);
		else
			labels_want_record(l, f->target, v->list[i].i);
	}
}

const struct label_entry *labels_get(const struct labels *l, enum label_of of, const struct type *t, int64_t id)
{
	if (id == 0)
		return NULL;
	const struct label_entry *e = &l->slots[slot_of(l, of, t, id)];
	return e->id != 0 && e->resolved ? e : NULL;
}

/* Who has no line on a type at all does not learn its records' names; colleagues and teams are
 * known to everybody who is signed in. */
static bool may_know(const struct ctx *ctx, const struct type *t)
{
	return t == ctx->model->user || t == ctx->model->team || t == ctx->model->role || rights_of(ctx, t)->known;
}

/* As he may see this type's titles. */
static enum field_sight title_sight(struct ctx *ctx, const struct type *t)
{
	const struct field *f = t->title;
	if (f == NULL || f->column == NULL || type_title_column(t) != f->column)
		return SIGHT_CLEAR;
	return access_field(ctx, f);
}

static const char *title_seen(struct ctx *ctx, enum field_sight sight, const char *copy)
{
	switch (sight) {
	case SIGHT_CLEAR: return copy;
	case SIGHT_MASKED: return text_mask(ctx->arena, copy, strlen(copy));
	case SIGHT_HIDDEN: break;
	}
	return NULL;
}

static const char *title_text(struct ctx *ctx, enum field_sight sight, const char *s, size_t len)
{
	/* Some types are titled by a long text; a name is its beginning. */
	size_t shown = s ? text_prefix(s, len, TITLE_BYTES_MAX) : 0;
	const char *copy = shown < len ? arena_printf(ctx->arena, "%.*s…", (int)shown, s)
	                               : arena_strndup(ctx->arena, s ? s : "", shown);
	return title_seen(ctx, sight, copy);
}

/* Columns: id, title, number or null, whether he may read the row. */
static enum err select_titles(struct ctx *ctx, struct sql *q, const struct type *t)
{
	const struct field *number = type_field(t, "number");
	SQL(q, "select r.id, r.");
	sql_name(q, type_title_column(t));
	if (t->confidential && number != NULL && number->column != NULL) {
		SQL(q, ", r.");
		sql_name(q, number->column);
	} else {
		SQL(q, ", null");
	}
	struct filter *access = NULL;
	bool none = false;
	if (t->confidential)
		TRY(access_filter(ctx, t, ACCESS_READ, &access, &none));
	if (none) {
		SQL(q, ", 0");
	} else if (access != NULL) {
		SQL(q, ", case when ");
		TRY(filter_sql(ctx, q, access, "r", NULL));
		SQL(q, " then 1 else 0 end");
	} else {
		SQL(q, ", 1");
	}
	SQL(q, " from ");
	sql_name(q, t->table);
	SQL(q, " r where r.id");
	return ERR_OK;
}

static enum err titles_read(struct labels *l, const struct type *t, struct sql *q)
{
	struct ctx *ctx = l->ctx;
	enum field_sight sight = title_sight(ctx, t);
	bool keep = directory_keeps(ctx, t);
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	while (rows_next(rows)) {
		struct label_entry *e = &l->slots[slot_of(l, LABEL_RECORD, t, rows_int(rows, 0))];
		if (e->id == 0)
			continue;
		size_t len = 0;
		bool may_read = rows_int(rows, 3) != 0;
		const char *s = rows_text(rows, may_read ? 1 : 2, &len);
		e->text =
		        may_read ? title_text(ctx, sight, s, len) : arena_strndup(ctx->arena, s ? s : "", s ? len : 0);
		if (keep && s != NULL)
			directory_put(ctx, l->edition, e->id, s, len);
	}
	return rows_done(rows);
}

/* SQLite: many share a statement's beginning and end; a few are found sooner one by one. */
static enum err titles_near(struct labels *l, const struct type *t, const int64_t *ids, size_t n)
{
	enum { FEW = 2 };
	struct sql q;
	if (n > FEW)
		sql_again(&q, l->ctx->arena, t->titles_sql);
	for (size_t left = n, some; n > FEW && left > 0; left -= some) {
		some = left < TITLES_ROOM ? left : TITLES_ROOM;
		for (size_t i = 0; i < some; i++)
			sql_each_int(&q, i, *ids++);
		sql_each_rest(&q, some, TITLES_ROOM);
		TRY(titles_read(l, t, &q));
	}
	if (n > FEW)
		return ERR_OK;
	sql_again(&q, l->ctx->arena, t->title_sql);
	for (size_t i = 0; i < n; i++) {
		sql_int(&q, "id", ids[i]);
		TRY(titles_read(l, t, &q));
	}
	return ERR_OK;
}

/* Leaves of the ids those whose names are not kept. One alone is found as soon as the edition is. */
static enum err titles_kept(struct labels *l, const struct type *t, int64_t *ids, size_t *n)
{
	struct ctx *ctx = l->ctx;
	size_t left = 0;
	if (*n == 1 && !l->asked_edition)
		return ERR_OK;
	if (!l->asked_edition)
		TRY(directory_edition(ctx, &l->edition));
	l->asked_edition = true;
	const char **texts = ARENA_ARRAY(ctx->arena, *n, const char *);
	if (l->edition == 0 || directory_find(ctx, l->edition, ids, *n, texts) == 0)
		return ERR_OK;
	enum field_sight sight = title_sight(ctx, t);
	for (size_t i = 0; i < *n; i++) {
		if (texts[i] == NULL)
			ids[left++] = ids[i];
		else
			l->slots[slot_of(l, LABEL_RECORD, t, ids[i])].text = title_seen(ctx, sight, texts[i]);
	}
	*n = left;
	return ERR_OK;
}

static enum err resolve_titles(struct labels *l, const struct type *t, int64_t *ids, size_t n)
{
	struct ctx *ctx = l->ctx;
	if (type_title_column(t) == NULL || !may_know(ctx, t))
		return ERR_OK;
	if (directory_keeps(ctx, t))
		TRY(titles_kept(l, t, ids, &n));
	if (n == 0)
		return ERR_OK;
	bool near = !sql_is_postgres(ctx);
	if ((near || n == 1) && t->title_sql != NULL)
		return titles_near(l, t, ids, n);
	struct sql q;
	sql_init(&q, ctx->arena);
	TRY(select_titles(ctx, &q, t));
	if (!near && n > 1) {
		sql_in_ids(&q, ids, n);
		return titles_read(l, t, &q);
	}
	/* Without a network between, a row by itself is found sooner than by the table that a list becomes. */
	SQL(&q, " = :id");
	for (size_t i = 0; i < n; i++) {
		sql_int(&q, "id", ids[i]);
		TRY(titles_read(l, t, &q));
	}
	return ERR_OK;
}

/* A link to "work" may be of any type: the work index knows which, and its number and title. */
static enum err resolve_work(struct labels *l, const int64_t *ids, size_t n)
{
	struct ctx *ctx = l->ctx;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type, number, title from work where id");
	sql_in_ids(&q, ids, n);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		struct label_entry *e = &l->slots[slot_of(l, LABEL_WORK, NULL, rows_int(rows, 0))];
		const char *name = rows_text(rows, 1, NULL);
		const struct type *t = name ? model_type(ctx->model, name) : NULL;
		if (e->id == 0 || t == NULL)
			continue;
		e->type = t;
		size_t len = 0;
		const char *title = t->confidential || !may_know(ctx, t) ? NULL : rows_text(rows, 3, &len);
		const char *number = rows_text(rows, 2, NULL);
		e->text = title && len ? title_text(ctx, title_sight(ctx, t), title, len)
		                       : arena_strdup(ctx->arena, number ? number : "");
	}
	return rows_done(rows);
}

static enum err resolve_files(struct labels *l, const int64_t *ids, size_t n)
{
	struct ctx *ctx = l->ctx;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, name, size, mime from file where id");
	sql_in_ids(&q, ids, n);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		struct label_entry *e = &l->slots[slot_of(l, LABEL_FILE, NULL, rows_int(rows, 0))];
		if (e->id == 0)
			continue;
		e->text = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
		e->size = rows_int(rows, 2);
		e->mime = arena_strdup(ctx->arena, rows_text(rows, 3, NULL));
	}
	return rows_done(rows);
}

static enum err resolve_some(struct labels *l, enum label_of of, const struct type *t, int64_t *ids, size_t n)
{
	switch (of) {
	case LABEL_RECORD: return resolve_titles(l, t, ids, n);
	case LABEL_WORK: return resolve_work(l, ids, n);
	case LABEL_FILE: return resolve_files(l, ids, n);
	}
	return ERR_OK;
}

/* All unresolved entries of the same kind and type as the one at `first`. */
static enum err resolve_like(struct labels *l, size_t first)
{
	int64_t ids[IN_IDS_MAX];
	size_t n = 0;
	enum label_of of = l->slots[first].of;
	const struct type *t = l->slots[first].type;
	for (size_t i = first; i < l->cap && n < IN_IDS_MAX; i++) {
		struct label_entry *e = &l->slots[i];
		if (e->id == 0 || e->resolved || e->of != of || e->type != t)
			continue;
		e->resolved = true;
		ids[n++] = e->id;
	}
	return resolve_some(l, of, t, ids, n);
}

enum err labels_resolve(struct labels *l)
{
	for (size_t i = 0; i < l->cap; i++)
		while (l->slots[i].id != 0 && !l->slots[i].resolved)
			TRY(resolve_like(l, i));
	return ERR_OK;
}

enum err record_label(struct ctx *ctx, const struct type *t, int64_t id, const char **ret_label)
{
	struct labels l;
	labels_init(&l, ctx);
	labels_want_record(&l, t, id);
	TRY(labels_resolve(&l));
	const struct label_entry *e = labels_get(&l, t ? LABEL_RECORD : LABEL_WORK, t, id);
	*ret_label = e ? e->text : NULL;
	return ERR_OK;
}

void label_write_json(struct json_out *out, const struct labels *l, const struct type *t, int64_t id)
{
	if (id == 0) {
		json_none(out);
		return;
	}
	const struct label_entry *e = labels_get(l, t ? LABEL_RECORD : LABEL_WORK, t, id);
	if (t == NULL && e != NULL)
		t = e->type;
	json_open(out, '{');
	JSON_KEY(out, "id");
	json_id(out, id);
	JSON_KEY(out, "label");
	json_text(out, e ? e->text : NULL);
	JSON_KEY(out, "type");
	json_text(out, t ? t->name : NULL);
	json_close(out, '}');
}

static void file_write_json(struct json_out *out, const struct labels *l, int64_t id)
{
	const struct label_entry *e = labels_get(l, LABEL_FILE, NULL, id);
	json_open(out, '{');
	JSON_KEY(out, "id");
	json_id(out, id);
	JSON_KEY(out, "name");
	json_text(out, e ? e->text : NULL);
	JSON_KEY(out, "size");
	json_int(out, e ? e->size : 0);
	JSON_KEY(out, "mime");
	json_text(out, e ? e->mime : NULL);
	json_close(out, '}');
}

void labelled_write_json(struct json_out *out, const struct labels *l, const struct field *f, const struct value *v)
{
	if (f->kind == FIELD_LINK) {
		label_write_json(out, l, f->target, v->kind == VALUE_INT ? v->i : 0);
	} else if ((f->kind == FIELD_LINKS || f->kind == FIELD_FILES) && v->kind == VALUE_LIST) {
		json_open(out, '[');
		for (size_t i = 0; i < v->n; i++) {
			if (f->kind == FIELD_FILES)
				file_write_json(out, l, v->list[i].i);
			else
				label_write_json(out, l, f->target, v->list[i].i);
		}
		json_close(out, ']');
	} else if (v->kind == VALUE_EMPTY &&
	           (f->kind == FIELD_LINKS || f->kind == FIELD_FILES || f->kind == FIELD_CHOICES)) {
		json_open(out, '[');
		json_close(out, ']');
	} else {
		value_write_json(out, f, v);
	}
}

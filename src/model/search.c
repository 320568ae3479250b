/*
 * search.c: full-text search over all types a user may read: exact numbers and telephones first, then
 * hits in titles, then the rest, each newest first. Works in slices, so that no question takes
 * longer than a stated number of rows.
 */
#include <string.h>

#include "base/ids.h"
#include "model/labels.h"
#include "model/list.h"
#include "model/list_plan.h"
#include "model/lookup_keys.h"
#include "model/record_row.h"
#include "model/search_plan.h"
#include "model/snippet.h"

enum {
	SLICE = 60,      /* ids taken from the index at once */
	SLICES_MAX = 20, /* of one request */
	KEYS_CHEAP = 4,  /* tokens that cost less in the index than rows looked at in vain */
	FEW = 6,         /* records filled to their limits that a request can hold in any case */
	EXACT_MAX = 10,
	HITS_MAX = 50,
	HITS_PRESET = 20,
	SNIPPETS_MAX = 2,
	PHONE_MIN = 4, /* digits that may be the tail of a telephone */
	RUNS_MAX = 64,
};

enum phase { PHASE_EXACT, PHASE_TITLE, PHASE_TEXT, PHASE_END };

struct found {
	const struct search_type *in;
	const struct list_fetch *fetch;
	size_t row;
};

struct search {
	struct ctx *ctx;
	struct search_plan plan;
	const char *text;
	struct found *hits;
	size_t n, limit;
	int64_t exact[EXACT_MAX];
	size_t n_exact;
	enum phase phase;
	int64_t before;
	int slices;
	bool bare;  /* the next slice is asked for without the keys */
	bool extra; /* a hit more than is asked for: there is a next page */
	bool full;  /* as much text as one request may hold: the next page goes on */
};

static int64_t hit_id(const struct found *h)
{
	return h->fetch->ids[h->row];
}

static const struct value *hit_value(const struct found *h, const char *name)
{
	static const struct value none = {.kind = VALUE_EMPTY};
	for (size_t i = 0; i < h->in->n_fields; i++) {
		size_t cell = h->row * h->in->n_fields + i;
		if (strcmp(h->in->fields[i]->name, name) == 0)
			return h->fetch->sights[cell] == SIGHT_CLEAR ? &h->fetch->values[cell] : &none;
	}
	return &none;
}

/* ---- rows of ids that may be of any type -------------------------------------------------------- */

/* Fetches those of the ids that are of this type and his to read; they are marked as done. */
static enum err fetch_type(struct search *s, const struct search_type *st, const int64_t *ids, size_t n,
                           struct found *found)
{
	struct arena *a = s->ctx->arena;
	int64_t *left = ARENA_ARRAY(a, n + 1, int64_t);
	struct list_fetch *fetch = ARENA_NEW(a, struct list_fetch);
	size_t n_left = 0;
	for (size_t i = 0; i < n; i++)
		if (found[i].in == NULL)
			left[n_left++] = ids[i];
	*fetch = (struct list_fetch){.type = st->type,
	                             .fields = st->fields,
	                             .n_fields = st->n_fields,
	                             .ids = left,
	                             .n_ids = n_left,
	                             .check_access = true};
	if (n_left == 0)
		return ERR_OK;
	TRY(list_fetch(s->ctx, fetch));
	for (size_t i = 0, k = 0; i < n; i++) {
		if (found[i].in != NULL)
			continue;
		if (fetch->there[k])
			found[i] = (struct found){.in = st, .fetch = fetch, .row = k};
		k++;
	}
	return ERR_OK;
}

static enum err fetch_ids(struct search *s, const int64_t *ids, size_t n, struct found *found)
{
	memset(found, 0, n * sizeof(found[0]));
	for (size_t i = 0; i < s->plan.n_types; i++)
		TRY(fetch_type(s, &s->plan.types[i], ids, n, found));
	return ERR_OK;
}

/* ---- is it really a hit ------------------------------------------------------------------------- */

static bool has_token(const char *tokens, const char *wanted)
{
	size_t len = strlen(wanted);
	for (const char *at = tokens; (at = strstr(at, wanted)) != NULL; at += len)
		if ((at == tokens || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static bool in_title(const struct search *s, const struct found *h)
{
	const struct field *title = h->in->type->title;
	if (title == NULL || !(title->flags & FIELD_SEARCH))
		return false;
	const struct value *v = hit_value(h, title->name);
	if (v->kind != VALUE_TEXT)
		return false;
	struct buf tokens;
	buf_init(&tokens, s->ctx->arena, 1 << 20);
	text_tokens(&tokens, v->s, v->len, true);
	for (size_t i = 0; i < s->plan.query.n_tokens; i++)
		if (!has_token(tokens.data, s->plan.query.tokens[i]))
			return false;
	return true;
}

static bool field_text(const struct field *f)
{
	return (f->flags & FIELD_SEARCH) || strcmp(f->name, "number") == 0;
}

/* Every run stands somewhere in the fields he may see; pairs of characters alone do not prove a word. */
static bool fields_have_runs(const struct search *s, const struct found *h, bool title_only, bool *seen)
{
	struct arena *a = s->ctx->arena;
	for (size_t i = 0; i < h->in->n_fields; i++) {
		const struct field *f = h->in->fields[i];
		size_t cell = h->row * h->in->n_fields + i;
		const struct value *v = &h->fetch->values[cell];
		if ((title_only && f != h->in->type->title) || h->fetch->sights[cell] != SIGHT_CLEAR)
			continue;
		if (field_text(f) && v->kind == VALUE_TEXT && text_has_runs(a, v->s, v->len, &s->plan.query, seen))
			return true;
		const struct record_lines *lines = h->fetch->lines ? &h->fetch->lines[cell] : NULL;
		for (size_t n = 0; lines != NULL && n < lines->n; n++)
			for (size_t k = 0; k < f->n_columns; k++) {
				const struct value *c = &lines->list[n].values[k];
				if ((f->columns[k].flags & FIELD_SEARCH) && c->kind == VALUE_TEXT &&
				    text_has_runs(a, c->s, c->len, &s->plan.query, seen))
					return true;
			}
	}
	return false;
}

/* … or in the fields and what was said of it. */
static enum err has_runs(const struct search *s, const struct found *h, bool title_only, bool *ret_has)
{
	bool seen[RUNS_MAX] = {false};
	struct comment *said;
	size_t n;
	*ret_has = fields_have_runs(s, h, title_only, seen);
	if (*ret_has || title_only)
		return ERR_OK;
	struct arena_mark mark = arena_mark(s->ctx->arena);
	TRY(record_comments(s->ctx, hit_id(h), sees_internal(s->ctx), &said, &n));
	for (size_t i = 0; i < n && !*ret_has; i++)
		*ret_has = text_has_runs(s->ctx->arena, said[i].text, strlen(said[i].text), &s->plan.query, seen);
	arena_rewind(s->ctx->arena, mark);
	return ERR_OK;
}

static bool is_exact(const struct search *s, int64_t id)
{
	for (size_t i = 0; i < s->n_exact; i++)
		if (s->exact[i] == id)
			return true;
	return false;
}

static enum err counts(const struct search *s, const struct found *h, bool *ret_counts)
{
	bool proved = true, title = false;
	*ret_counts = false;
	if (h->in == NULL || is_exact(s, hit_id(h)))
		return ERR_OK;
	if (s->plan.query.need_check)
		TRY(has_runs(s, h, s->phase == PHASE_TITLE, &proved));
	if (!proved)
		return ERR_OK;
	title = in_title(s, h);
	if (s->phase == PHASE_TITLE) {
		*ret_counts = title;
		return ERR_OK;
	}
	/* A title hit was told before. */
	if (title && s->plan.query.need_check)
		TRY(has_runs(s, h, true, &title));
	*ret_counts = !title;
	return ERR_OK;
}

/* ---- phases --------------------------------------------------------------------------------------- */

static enum err exact_of(struct search *s, const struct type *t, const char *kind, const char *key, bool prefix)
{
	struct sql q;
	sql_init(&q, s->ctx->arena);
	SQL(&q, "select record from lookup where type = :type and kind = :kind and ");
	if (prefix) {
		sql_prefix(&q, "key", key);
	} else {
		SQL(&q, "key = :key");
		sql_text(&q, "key", key);
	}
	SQL(&q, " order by record desc limit :n");
	sql_text(&q, "type", t->name);
	sql_text(&q, "kind", kind);
	sql_int(&q, "n", EXACT_MAX);
	struct rows *rows;
	TRY(sql_rows(s->ctx, &q, &rows));
	while (rows_next(rows))
		if (s->n_exact < EXACT_MAX && !is_exact(s, rows_int(rows, 0)))
			s->exact[s->n_exact++] = rows_int(rows, 0);
	return rows_done(rows);
}

static bool all_digits(const char *s)
{
	for (; *s != '\0'; s++)
		if (!((*s >= '0' && *s <= '9') || *s == ' ' || *s == '-' || *s == '+'))
			return false;
	return true;
}

/* Lookup rows don't say which field they came from: a kind counts only when no field of it is closed to him. */
static bool kind_open(const struct ctx *ctx, const struct type *t, unsigned kind, bool exact)
{
	bool any = false;
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		unsigned kinds = f->lookups;
		for (size_t k = 0; k < f->n_columns; k++)
			kinds |= f->columns[k].lookups;
		if (!(kinds & kind))
			continue;
		enum field_sight sight = access_field(ctx, f);
		if (sight == SIGHT_HIDDEN || (sight == SIGHT_MASKED && !exact))
			return false;
		any = true;
	}
	return any;
}

static enum err find_exact(struct search *s)
{
	struct arena *a = s->ctx->arena;
	const char *code = text_code(a, s->text, strlen(s->text)), *phone = "";
	if (all_digits(s->text))
		phone = text_phone(a, s->text, strlen(s->text));
	for (size_t i = 0; i < s->plan.n_types; i++) {
		const struct type *t = s->plan.types[i].type;
		if (*code != '\0' && kind_open(s->ctx, t, LOOKUP_CODE, true))
			TRY(exact_of(s, t, LOOKUP_ROW_CODE, code, false));
		if (strlen(phone) >= PHONE_MIN && kind_open(s->ctx, t, LOOKUP_TAIL, true))
			TRY(exact_of(s, t, LOOKUP_ROW_PHONE, lookup_reversed(a, phone), true));
	}
	/* What he may not read isn't found, and isn't left out of later phases either. */
	struct found *found = ARENA_ARRAY(a, EXACT_MAX + 1, struct found);
	size_t kept = 0;
	TRY(fetch_ids(s, s->exact, s->n_exact, found));
	for (size_t i = 0; i < s->n_exact; i++) {
		if (found[i].in == NULL)
			continue;
		s->exact[kept] = s->exact[i];
		found[kept++] = found[i];
	}
	s->n_exact = kept;
	if (s->phase == PHASE_EXACT) {
		for (size_t i = 0; i < kept && s->n < s->limit; i++)
			s->hits[s->n++] = found[i];
		s->phase = PHASE_TITLE;
	}
	return ERR_OK;
}

/* The slice's rows; fewer, or none, where they hold too much text: the request ends with them. */
static enum err fetch_slice(struct search *s, const int64_t *ids, size_t *n, struct found *found)
{
	struct arena_mark mark = arena_mark(s->ctx->arena);
	enum err e = fetch_ids(s, ids, *n, found);
	if (e != ERR_TOO_LARGE)
		return e;
	ctx_forget(s->ctx);
	arena_rewind(s->ctx->arena, mark);
	s->full = true;
	*n = s->slices > 1 ? 0 : *n < FEW ? *n : FEW;
	return fetch_ids(s, ids, *n, found);
}

/* Each key costs a look into every segment of the index, as much as the word itself: for who may read most of what
   there is, or for a word in hardly any title, it is cheaper to look at rows. The first slice shows whether it was. */
static void begin_phase(struct search *s)
{
	const struct search_plan *p = &s->plan;
	s->bare = !p->everything && p->keys.n > KEYS_CHEAP && (p->mostly_open || s->phase == PHASE_TITLE);
}

static size_t n_readable(const struct found *found, size_t n)
{
	size_t readable = 0;
	for (size_t i = 0; i < n; i++)
		readable += found[i].in != NULL;
	return readable;
}

/* One slice of the present phase. The place to go on at is a hit, or the end of a slice. */
static enum err take_slice(struct search *s)
{
	const struct search_plan *p = &s->plan;
	int64_t ids[SLICE];
	size_t n = 0;
	const char *const *tokens = s->phase == PHASE_TITLE ? p->title_tokens : (const char *const *)p->query.tokens;
	TRY(search_ids(s->ctx, tokens, p->query.n_tokens, &p->keys, p->everything || s->bare ? 0 : 1, s->before, SLICE,
	               ids, &n));
	struct found *found = ARENA_ARRAY(s->ctx->arena, SLICE, struct found);
	size_t taken = n;
	TRY(fetch_slice(s, ids, &taken, found));
	for (size_t i = 0; i < taken; i++) {
		bool hit;
		TRY(counts(s, &found[i], &hit));
		if (!hit)
			continue;
		if (s->n == s->limit) {
			s->extra = true;
			return ERR_OK;
		}
		s->hits[s->n++] = found[i];
		s->before = ids[i];
	}
	if (taken > 0)
		s->before = ids[taken - 1];
	s->bare = s->bare && n_readable(found, taken) * 2 >= taken;
	if (n < SLICE && taken == n) {
		s->phase++;
		s->before = 0;
		begin_phase(s);
	}
	return ERR_OK;
}

static enum err run(struct search *s)
{
	if (s->plan.query.n_tokens == 0 || s->plan.n_types == 0) {
		s->phase = PHASE_END;
		return ERR_OK;
	}
	TRY(find_exact(s));
	begin_phase(s);
	/* One more than is shown tells whether there are more; it is found again by the next page. */
	while (s->phase < PHASE_END && !s->extra && !s->full && s->slices++ < SLICES_MAX)
		TRY(take_slice(s));
	return ERR_OK;
}

/* ---- the answer ----------------------------------------------------------------------------------- */

/* Words that stand in no field stand in what was said. */
static enum err said_write(const struct search *s, struct json_out *out, const struct found *h, size_t n)
{
	bool seen[RUNS_MAX] = {false};
	struct comment *said;
	size_t n_said;
	if (fields_have_runs(s, h, false, seen))
		return ERR_OK;
	TRY(record_comments(s->ctx, hit_id(h), sees_internal(s->ctx), &said, &n_said));
	for (size_t i = 0; i < n_said && n < SNIPPETS_MAX; i++)
		n += snippet_write_said(s->ctx->arena, out, &said[i], &s->plan.query);
	return ERR_OK;
}

static enum err snippets_write(const struct search *s, struct json_out *out, const struct found *h)
{
	size_t n = 0;
	json_open(out, '[');
	for (size_t i = 0; i < h->in->n_fields && n < SNIPPETS_MAX; i++) {
		const struct field *f = h->in->fields[i];
		size_t cell = h->row * h->in->n_fields + i;
		const struct value *v = &h->fetch->values[cell];
		if (h->fetch->sights[cell] != SIGHT_CLEAR)
			continue;
		if (field_text(f) && v->kind == VALUE_TEXT)
			n += snippet_write_json(s->ctx->arena, out, f->name, v->s, v->len, &s->plan.query);
		const struct record_lines *lines = h->fetch->lines ? &h->fetch->lines[cell] : NULL;
		for (size_t row = 0; lines != NULL && row < lines->n; row++)
			for (size_t k = 0; k < f->n_columns && n < SNIPPETS_MAX; k++) {
				const struct value *c = &lines->list[row].values[k];
				if ((f->columns[k].flags & FIELD_SEARCH) && c->kind == VALUE_TEXT)
					n += snippet_write_json(s->ctx->arena, out, f->name, c->s, c->len,
					                        &s->plan.query);
			}
	}
	/* One place is kept for them. */
	TRY(said_write(s, out, h, n < SNIPPETS_MAX ? n : SNIPPETS_MAX - 1));
	json_close(out, ']');
	return ERR_OK;
}

static void text_member(struct json_out *out, const char *key, const struct value *v)
{
	json_key(out, key);
	if (v->kind == VALUE_TEXT)
		json_textn(out, v->s, v->len);
	else
		json_none(out);
}

static enum err hit_write(const struct search *s, struct json_out *out, const struct found *h)
{
	const struct type *t = h->in->type;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, hit_id(h));
	json_key(out, "type");
	json_text(out, t->name);
	text_member(out, "number", hit_value(h, "number"));
	text_member(out, "title", hit_value(h, t->title ? t->title->name : "number"));
	text_member(out, "state", hit_value(h, "state"));
	text_member(out, "stage", hit_value(h, "stage"));
	json_key(out, "at");
	const struct value *at = hit_value(h, "created_at");
	if (at->kind == VALUE_INT)
		json_instant(out, at->i);
	else
		json_none(out);
	json_key(out, "snippets");
	TRY(snippets_write(s, out, h));
	json_close(out, '}');
	return ERR_OK;
}

static bool cursor_read(struct search *s, const char *after)
{
	int64_t before = 0;
	if (after == NULL || *after == '\0')
		return true;
	if ((after[0] != '1' && after[0] != '2') || after[1] != '.' ||
	    (strcmp(after + 2, "0") != 0 && !id_parse(after + 2, &before)))
		return false;
	s->phase = after[0] == '1' ? PHASE_TITLE : PHASE_TEXT;
	s->before = before;
	return true;
}

enum err search_write_json(struct ctx *ctx, const char *text, const struct type *type, const char *after, size_t limit,
                           struct json_out *out)
{
	if (text_chars(text, strlen(text)) > LIMIT_SEARCH_CHARS)
		return ctx_problem(ctx, ERR_INVALID, "q", "too_long", "at most %d characters", LIMIT_SEARCH_CHARS);
	struct search *s = ARENA_NEW(ctx->arena, struct search);
	s->ctx = ctx;
	s->text = text;
	s->limit = limit == 0 ? HITS_PRESET : limit > HITS_MAX ? HITS_MAX : limit;
	s->hits = ARENA_ARRAY(ctx->arena, s->limit + 1, struct found);
	if (!cursor_read(s, after))
		return ctx_problem(ctx, ERR_INVALID, "after", "bad_cursor", "start at the first page");
	bool first = s->phase == PHASE_EXACT;
	TRY(search_plan_make(ctx, text, type, &s->plan));
	TRY(run(s));
	bool more = s->phase < PHASE_END;
	json_open(out, '{');
	json_key(out, "hits");
	json_open(out, '[');
	for (size_t i = 0; i < s->n; i++)
		TRY(hit_write(s, out, &s->hits[i]));
	json_close(out, ']');
	json_key(out, "exact");
	json_int(out, first ? (int64_t)s->n_exact : 0);
	json_key(out, "next");
	if (more)
		json_text(out, arena_printf(ctx->arena, "%d.%lld", (int)s->phase, (long long)s->before));
	else
		json_none(out);
	json_key(out, "more");
	json_bool(out, more);
	json_close(out, '}');
	return ERR_OK;
}

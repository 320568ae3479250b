/*
 * lookup.c: people and things by what one knows of them. Candidates come from the lookup rows by
 * prefix; each is then compared with its own fields, so that the answer can say which of them
 * matched, and a hidden or masked field gives nothing away but its exact value or a long tail.
 */
#include <string.h>

#include "base/text.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/labels.h"
#include "model/list.h"
#include "model/lookup_keys.h"
#include "model/record_row.h"
#include "model/sight.h"
#include "model/warnings.h"

enum {
	SCAN_MAX = 2000,     /* lookup rows of one kind looked at */
	CANDIDATES_MAX = 30, /* records of one kind that are compared */
	HITS_MAX = 50,
	TAIL_DIGITS_MIN = 4,
	SHOWN_FIELDS_MAX = 10,
};

/* The words in every form a lookup row may have. */
struct wanted {
	const char *folded, *letters; /* letters: folded without spaces */
	const char *phone, *reversed; /* "": not a number */
	const char *code, *plate, *room;
};

enum match { MATCH_NONE, MATCH_EXACT, MATCH_TAIL, MATCH_PREFIX, MATCH_PART };

struct hit {
	int64_t id;
	bool reads;
	struct record *record;
	enum match match;
	int kind_rank;
	size_t length; /* of the matched value: the shorter, the nearer */
	const char *why;
};

struct hits {
	struct hit *list;
	size_t n, cap;
};

static bool digits_only(const char *s)
{
	for (; *s != '\0'; s++)
		if (!((*s >= '0' && *s <= '9') || strchr(" -+()", *s)))
			return false;
	return true;
}

/* Names hold numerals too (张三): a room is said with digits, or in three parts and more. */
static const char *room_of(struct arena *a, const char *text, const char *folded)
{
	const char *room = text_room(a, text, strlen(text)), *dash = strchr(room, '-');
	bool digits = strpbrk(folded, "0123456789") != NULL;
	if (dash == NULL)
		return digits && digits_only(folded) && strlen(room) >= 3 ? room : "";
	return digits || strchr(dash + 1, '-') != NULL ? room : "";
}

static struct wanted wanted_of(struct arena *a, const char *text)
{
	size_t len = strlen(text);
	struct wanted w = {.folded = text_fold(a, text, len), .phone = "", .reversed = ""};
	char *letters = arena_alloc(a, strlen(w.folded) + 1);
	size_t at = 0;
	for (const char *s = w.folded; *s != '\0'; s++)
		if (*s != ' ')
			letters[at++] = *s;
	w.letters = letters;
	if (digits_only(w.folded))
		w.phone = text_phone(a, text, len);
	if (strlen(w.phone) < TAIL_DIGITS_MIN)
		w.phone = "";
	w.reversed = lookup_reversed(a, w.phone);
	w.code = text_code(a, text, len);
	w.plate = text_plate(a, text, len);
	w.room = room_of(a, text, w.folded);
	return w;
}

static void hit_add(struct hits *hits, int64_t id, bool reads)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->list[i].id == id)
			return;
	if (hits->n < hits->cap)
		hits->list[hits->n++] = (struct hit){.id = id, .reads = reads};
}

/* Rows of one kind that begin with the key, of records he may read, or glance at where that is allowed. */
static enum err candidates(struct ctx *ctx, const struct type *t, const char *kind, const char *prefix,
                           struct hits *hits)
{
	struct filter *access;
	bool none, glance = access_may_glance(ctx, t);
	if (*prefix == '\0')
		return ERR_OK;
	TRY(access_filter(ctx, t, ACCESS_READ, &access, &none));
	if (none && !glance)
		return ERR_OK;
	struct sql q, reads;
	sql_init(&q, ctx->arena);
	sql_init(&reads, ctx->arena);
	if (none)
		SQL(&reads, "1 = 0");
	else if (access == NULL)
		SQL(&reads, "1 = 1");
	else
		TRY(filter_sql(ctx, &reads, access, "r", NULL));
	SQL(&q, "select r.id, case when ");
	sql_append(&q, &reads);
	SQL(&q, " then 1 else 0 end from (select record, key from lookup where type = :type and kind = :kind and ");
	sql_prefix(&q, "key", prefix);
	SQL(&q, " order by key, record limit :scan) l join ");
	sql_name(&q, t->table);
	SQL(&q, " r on r.id = l.record");
	if (!glance) {
		SQL(&q, " where ");
		sql_append(&q, &reads);
	}
	SQL(&q, " order by l.key, r.id limit :n");
	sql_text(&q, "type", t->name);
	sql_text(&q, "kind", kind);
	sql_int(&q, "scan", SCAN_MAX);
	sql_int(&q, "n", CANDIDATES_MAX);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		hit_add(hits, rows_int(rows, 0), rows_int(rows, 1) != 0);
	return rows_done(rows);
}

static enum match compare(const char *value, const char *wanted)
{
	size_t len = strlen(wanted);
	if (len == 0 || strncmp(value, wanted, len) != 0)
		return MATCH_NONE;
	return value[len] == '\0' ? MATCH_EXACT : MATCH_PREFIX;
}

/* Better of what a hit has and what one key of one field gives. */
static void consider(struct hit *hit, enum match match, bool masked, int kind_rank, const char *why, size_t length)
{
	if (match == MATCH_NONE || (masked && match != MATCH_EXACT && match != MATCH_TAIL))
		return;
	bool better =
	        hit->match == MATCH_NONE || match < hit->match || (match == hit->match && kind_rank < hit->kind_rank);
	if (!better)
		return;
	hit->match = match;
	hit->kind_rank = kind_rank;
	hit->why = why;
	hit->length = length;
}

static void compare_name(struct arena *a, struct hit *hit, const struct value *v, bool masked, const struct wanted *w)
{
	const char *folded = text_fold(a, v->s, v->len);
	enum match match = compare(folded, w->folded);
	if (match == MATCH_NONE && *w->folded != '\0' && strstr(folded, w->folded) != NULL)
		match = MATCH_PART;
	consider(hit, match, masked, 4, "name", v->len);
	const char *pinyin = text_pinyin(a, v->s, v->len);
	if (strcmp(pinyin, folded) == 0)
		return;
	consider(hit, compare(pinyin, w->letters), masked, 5, "pinyin", v->len);
	consider(hit, compare(text_initials(a, v->s, v->len), w->letters), masked, 6, "pinyin", v->len);
}

static void compare_value(struct arena *a, struct hit *hit, const struct field *f, const struct value *v, bool masked,
                          const struct wanted *w)
{
	if (v->kind != VALUE_TEXT)
		return;
	if ((f->lookups & LOOKUP_TAIL) && *w->phone != '\0') {
		enum match match = compare(lookup_reversed(a, text_phone(a, v->s, v->len)), w->reversed);
		consider(hit, match == MATCH_PREFIX ? MATCH_TAIL : match, masked, 0, "phone", v->len);
	}
	if (f->lookups & LOOKUP_CODE)
		consider(hit, compare(text_code(a, v->s, v->len), w->code), masked, 1, "code", v->len);
	if (f->lookups & LOOKUP_PLATE) {
		const char *plate = text_plate(a, v->s, v->len);
		enum match match = compare(plate, w->plate);
		if (match == MATCH_NONE && strlen(w->plate) >= 4 && strstr(plate, w->plate) != NULL)
			match = MATCH_PART;
		consider(hit, match, masked, 2, "plate", v->len);
	}
	if (f->lookups & LOOKUP_ROOM) {
		const char *room = text_room(a, v->s, v->len), *last = strrchr(room, '-');
		enum match match = compare(room, w->room);
		if (match == MATCH_NONE && last != NULL && strcmp(last + 1, w->room) == 0)
			match = MATCH_PART;
		consider(hit, match, masked, 3, "room", v->len);
	}
	if (f->lookups & LOOKUP_PINYIN)
		compare_name(a, hit, v, masked, w);
}

static enum field_sight sight_of(struct ctx *ctx, const struct hit *hit, const struct field *f)
{
	enum field_sight sight = SIGHT_HIDDEN;
	if (!hit->reads && !access_glances_at(ctx, f) && !f->lookups)
		return SIGHT_HIDDEN;
	if (access_field_of(ctx, hit->record, f, &sight) != ERR_OK)
		return SIGHT_HIDDEN;
	return sight == SIGHT_CLEAR && !hit->reads && !access_glances_at(ctx, f) ? SIGHT_MASKED : sight;
}

static enum err judge(struct ctx *ctx, const struct type *t, struct hit *hit, const struct wanted *w)
{
	enum err e = record_load(ctx, t, hit->id, &hit->record);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		bool looked = f->lookups != 0;
		for (size_t k = 0; k < f->n_columns; k++)
			looked = looked || f->columns[k].lookups;
		if (!looked)
			continue;
		enum field_sight sight = sight_of(ctx, hit, f);
		if (sight == SIGHT_HIDDEN)
			continue;
		compare_value(ctx->arena, hit, f, &hit->record->values[i], sight == SIGHT_MASKED, w);
		const struct record_lines *lines = &hit->record->lines[i];
		for (size_t n = 0; f->kind == FIELD_TABLE && n < lines->n; n++)
			for (size_t k = 0; k < f->n_columns; k++)
				compare_value(ctx->arena, hit, &f->columns[k], &lines->list[n].values[k],
				              sight == SIGHT_MASKED, w);
	}
	return ERR_OK;
}

static int hit_order(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;
	if ((a->match == MATCH_NONE) != (b->match == MATCH_NONE))
		return a->match == MATCH_NONE ? 1 : -1;
	if (a->match != b->match)
		return (int)a->match - (int)b->match;
	if (a->kind_rank != b->kind_rank)
		return a->kind_rank - b->kind_rank;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->id < b->id) - (a->id > b->id);
}

static enum err find(struct ctx *ctx, const struct type *t, const struct wanted *w, struct hits *hits)
{
	TRY(candidates(ctx, t, LOOKUP_ROW_PHONE, w->reversed, hits));
	TRY(candidates(ctx, t, LOOKUP_ROW_CODE, w->code, hits));
	TRY(candidates(ctx, t, LOOKUP_ROW_PLATE, w->plate, hits));
	TRY(candidates(ctx, t, LOOKUP_ROW_ROOM, w->room, hits));
	TRY(candidates(ctx, t, LOOKUP_ROW_NAME, w->folded, hits));
	TRY(candidates(ctx, t, LOOKUP_ROW_PINYIN, w->letters, hits));
	TRY(candidates(ctx, t, LOOKUP_ROW_PART, w->folded, hits));
	/* Records filled to their limits: fewer are looked at than would be too much to hold. */
	for (size_t i = 0; i < hits->n && arena_bytes(ctx->arena) < LIMIT_PAGE_BYTES; i++)
		TRY(judge(ctx, t, &hits->list[i], w));
	qsort(hits->list, hits->n, sizeof(hits->list[0]), hit_order);
	while (hits->n > 0 && hits->list[hits->n - 1].match == MATCH_NONE)
		hits->n--;
	return ERR_OK;
}

/* What tells hits apart at a glance: the fields people look up by, then the first view's columns. */
static size_t shown_fields(struct ctx *ctx, const struct type *t, const struct field **ret_fields)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_fields && n < SHOWN_FIELDS_MAX / 2; i++)
		if (t->fields[i].lookups && &t->fields[i] != t->title &&
		    access_field(ctx, &t->fields[i]) != SIGHT_HIDDEN)
			ret_fields[n++] = &t->fields[i];
	for (size_t i = 0; t->n_views > 0 && i < t->views[0].n_columns && n < SHOWN_FIELDS_MAX; i++) {
		const struct field *f = type_field(t, t->views[0].columns[i]);
		bool known = f == NULL || f == t->title || f->kind == FIELD_TABLE || f->kind == FIELD_COMPUTED ||
		             access_field(ctx, f) == SIGHT_HIDDEN;
		for (size_t k = 0; k < n && !known; k++)
			known = ret_fields[k] == f;
		if (!known)
			ret_fields[n++] = f;
	}
	return n;
}

static const char *hit_label(struct ctx *ctx, const struct hit *hit)
{
	const struct field *title = hit->record->type->title;
	const char *s = record_title(hit->record);
	if (title == NULL)
		return s;
	switch (sight_of(ctx, hit, title)) {
	case SIGHT_CLEAR: return s;
	case SIGHT_MASKED: return text_mask(ctx->arena, s, strlen(s));
	case SIGHT_HIDDEN: break;
	}
	return NULL;
}

static enum err hit_write(struct ctx *ctx, struct json_out *out, const struct labels *labels, const struct hit *hit,
                          const struct field *const *fields, size_t n_fields)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, hit->id);
	json_key(out, "type");
	json_text(out, hit->record->type->name);
	json_key(out, "label");
	json_text(out, hit_label(ctx, hit));
	json_key(out, "why");
	json_text(out, hit->why);
	json_key(out, "fields");
	json_open(out, '{');
	for (size_t i = 0; i < n_fields; i++) {
		const struct field *f = fields[i];
		enum field_sight sight = sight_of(ctx, hit, f);
		if (sight == SIGHT_HIDDEN)
			continue;
		/* Nobody needs the whole number to pick one of several people. */
		struct value v = record_get(hit->record, f->name);
		if (f->kind == FIELD_PHONE)
			sight = SIGHT_MASKED;
		json_key(out, f->name);
		seen_write_json(ctx, out, labels, f, &v, NULL, sight);
	}
	json_close(out, '}');
	json_key(out, "warnings");
	TRY(warnings_write_json(ctx, out, hit->record));
	json_close(out, '}');
	return ERR_OK;
}

static bool type_is_guarded(const struct ctx *ctx, const struct type *t)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		unsigned kinds = f->lookups;
		for (size_t k = 0; k < f->n_columns; k++)
			kinds |= f->columns[k].lookups;
		if ((kinds & LOOKUP_TAIL) && access_field(ctx, f) == SIGHT_MASKED)
			return true;
	}
	return false;
}

bool lookup_is_guarded(struct ctx *ctx, const struct type *t, const char *text)
{
	bool guarded = t != NULL && type_is_guarded(ctx, t);
	if (text_chars(text, strlen(text)) > LIMIT_SEARCH_CHARS || *wanted_of(ctx->arena, text).phone == '\0')
		return false;
	for (size_t i = 0; t == NULL && i < ctx->model->n_types && !guarded; i++)
		guarded = type_is_guarded(ctx, &ctx->model->types[i]);
	return guarded;
}

enum err lookup_write_json(struct ctx *ctx, const struct type *t, const char *text, size_t limit, struct json_out *out)
{
	if (text_chars(text, strlen(text)) > LIMIT_SEARCH_CHARS)
		return ctx_problem(ctx, ERR_INVALID, "q", "too_long", "at most %d characters", LIMIT_SEARCH_CHARS);
	struct hits hits = {.cap = CANDIDATES_MAX * 4};
	hits.list = ARENA_ARRAY(ctx->arena, hits.cap, struct hit);
	struct wanted wanted = wanted_of(ctx->arena, text);
	TRY(find(ctx, t, &wanted, &hits));
	size_t most = limit == 0 || limit > HITS_MAX ? HITS_MAX : limit;
	if (hits.n > most)
		hits.n = most;
	/* A table isn't shown here, but tells that its number matched by `why`. */
	const struct field *fields[SHOWN_FIELDS_MAX];
	size_t n_fields = shown_fields(ctx, t, fields);
	struct labels labels;
	labels_init(&labels, ctx);
	for (size_t i = 0; i < hits.n; i++)
		for (size_t k = 0; k < n_fields; k++)
			labels_want(&labels, fields[k], &hits.list[i].record->values[fields[k]->at]);
	TRY(labels_resolve(&labels));
	json_open(out, '{');
	json_key(out, "hits");
	json_open(out, '[');
	for (size_t i = 0; i < hits.n; i++)
		TRY(hit_write(ctx, out, &labels, &hits.list[i], fields, n_fields));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

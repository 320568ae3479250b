/*
 * record_index.c: what a record is found by: lookup rows (phone, name, plate, room, code) and the
 * tokens of full-text search. Both are derived and can be written anew at any time.
 */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "model/lookup_keys.h"
#include "model/record_row.h"
#include "model/same.h"
#include "model/who.h"

enum { TOKENS_MAX = 4 << 20, KEYS_MAX = 1 << 16, PART_STARTS_MAX = 16, KEY_CHARS_MAX = 40 };

struct lookup_rows {
	struct ctx *ctx;
	const struct record *record;
	enum err err;
};

/* Bytes of the first `chars` characters at most. */
static size_t head_bytes(const char *s, size_t chars)
{
	size_t i = 0;
	while (s[i] != '\0') {
		if (((unsigned char)s[i] & 0xc0) != 0x80 && chars-- == 0)
			break;
		i++;
	}
	return i;
}

static void row_add(struct lookup_rows *rows, const char *kind, const char *key)
{
	if (rows->err != ERR_OK || *key == '\0')
		return;
	struct ctx *ctx = rows->ctx;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into lookup (type, kind, key, record) values (:type, :kind, :key, :record) on conflict do nothing");
	sql_text(&q, "type", rows->record->type->name);
	sql_text(&q, "kind", kind);
	sql_text(&q, "key", arena_strndup(ctx->arena, key, head_bytes(key, KEY_CHARS_MAX)));
	sql_int(&q, "record", rows->record->id);
	rows->err = sql_run(ctx, &q, NULL);
}

/* The whole name, and what begins at each later character or word: so "contains" is a prefix too. */
static void name_rows(struct lookup_rows *rows, const char *s, size_t len)
{
	struct arena *a = rows->ctx->arena;
	char *folded = text_fold(a, s, len);
	row_add(rows, LOOKUP_ROW_NAME, folded);
	int starts = 0;
	for (size_t i = 1; folded[i] != '\0' && starts < PART_STARTS_MAX; i++) {
		unsigned char c = (unsigned char)folded[i], before = (unsigned char)folded[i - 1];
		if ((c & 0xc0) == 0x80 || c == ' ' || (c < 0x80 && before < 0x80 && before != ' '))
			continue;
		row_add(rows, LOOKUP_ROW_PART, folded + i);
		starts++;
	}
	const char *pinyin = text_pinyin(a, s, len);
	if (strcmp(pinyin, folded) == 0)
		return;
	row_add(rows, LOOKUP_ROW_PINYIN, pinyin);
	row_add(rows, LOOKUP_ROW_PINYIN, text_initials(a, s, len));
}

char *lookup_reversed(struct arena *a, const char *digits)
{
	size_t n = strlen(digits);
	char *out = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return out;
}

static void value_rows(struct lookup_rows *rows, const struct field *f, const struct value *v)
{
	struct arena *a = rows->ctx->arena;
	if (v->kind != VALUE_TEXT)
		return;
	if (f->lookups & LOOKUP_TAIL)
		row_add(rows, LOOKUP_ROW_PHONE, lookup_reversed(a, text_phone(a, v->s, v->len)));
	if (f->lookups & LOOKUP_PINYIN)
		name_rows(rows, v->s, v->len);
	if (f->lookups & LOOKUP_CODE)
		row_add(rows, LOOKUP_ROW_CODE, text_code(a, v->s, v->len));
	if (f->lookups & LOOKUP_PLATE) {
		const char *plate = text_plate(a, v->s, v->len);
		row_add(rows, LOOKUP_ROW_PLATE, plate);
		/* Without the province and city: what people remember of a plate. */
		size_t head = head_bytes(plate, 2);
		if (strlen(plate + head) >= 4)
			row_add(rows, LOOKUP_ROW_PLATE, plate + head);
	}
	if (f->lookups & LOOKUP_ROOM) {
		const char *room = text_room(a, v->s, v->len);
		const char *last = strrchr(room, '-');
		row_add(rows, LOOKUP_ROW_ROOM, room);
		if (last != NULL)
			row_add(rows, LOOKUP_ROW_ROOM, last + 1);
	}
}

static bool has_lookups(const struct type *t)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		if (t->fields[i].lookups)
			return true;
		for (size_t k = 0; k < t->fields[i].n_columns; k++)
			if (t->fields[i].columns[k].lookups)
				return true;
	}
	return false;
}

enum err record_index_lookup(struct ctx *ctx, struct record *r)
{
	if (!has_lookups(r->type))
		return ERR_OK;
	/* A first version can't have rows yet. */
	if (r->version > 1) {
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from lookup where record = :record");
		sql_int(&q, "record", r->id);
		TRY(sql_run(ctx, &q, NULL));
	}
	/* Nobody who asks is to be shown what was merged into another. */
	if (record_merged_into(r) != 0)
		return ERR_OK;
	struct lookup_rows rows = {.ctx = ctx, .record = r};
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (f->lookups)
			value_rows(&rows, f, &r->values[i]);
		for (size_t n = 0; f->kind == FIELD_TABLE && n < r->lines[i].n; n++)
			for (size_t k = 0; k < f->n_columns; k++)
				if (f->columns[k].lookups)
					value_rows(&rows, &f->columns[k], &r->lines[i].list[n].values[k]);
	}
	return rows.err;
}

static void tokens_add(struct buf *out, const struct value *v)
{
	if (v->kind != VALUE_TEXT)
		return;
	if (out->len > 0)
		buf_char(out, ' ');
	text_tokens(out, v->s, v->len, true);
}

/* The title's tokens once more, marked, so that hits in titles can be asked for by themselves. */
static void title_tokens(struct arena *a, struct buf *out, const char *title)
{
	struct buf plain;
	buf_init(&plain, a, TOKENS_MAX);
	text_tokens(&plain, title, strlen(title), true);
	for (const char *s = plain.data; *s != '\0';) {
		size_t len = strcspn(s, " ");
		buf_char(out, ' ');
		buf_str(out, SEARCH_TITLE_MARK);
		buf_add(out, s, len);
		s += len;
		s += strspn(s, " ");
	}
}

const char *field_key_token(struct arena *a, const struct field *f, int64_t id)
{
	return arena_printf(a, "k_%s_%lld", f->target->name, (long long)id);
}

bool field_is_key(const struct ctx *ctx, const struct field *f)
{
	return f->kind == FIELD_LINK && f->target != NULL && f->column != NULL &&
	       (f->target == ctx->model->user || f->target == ctx->model->team);
}

bool type_is_searched(const struct type *t)
{
	if (t->uses_work)
		return true;
	for (size_t i = 0; i < t->n_fields; i++) {
		if (t->fields[i].flags & FIELD_SEARCH)
			return true;
		for (size_t k = 0; k < t->fields[i].n_columns; k++)
			if (t->fields[i].columns[k].flags & FIELD_SEARCH)
				return true;
	}
	return false;
}

/* Whoever holds the record or ever did, one token a person or team, whichever field names him: row
 * access is checked afterwards, so that a token may promise too much, but few tokens are quick. */
static const char *access_keys(struct ctx *ctx, const struct record *r)
{
	struct buf keys;
	const char **seen = ARENA_ARRAY(ctx->arena, r->type->n_fields + 1, const char *);
	size_t n = 0;
	buf_init(&keys, ctx->arena, KEYS_MAX);
	buf_printf(&keys, "y_%s", r->type->name);
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		struct value v = record_get(r, f->name);
		if (!field_is_key(ctx, f) || v.kind != VALUE_INT)
			continue;
		const char *token = field_key_token(ctx->arena, f, v.i);
		bool twice = false;
		for (size_t k = 0; k < n && !twice; k++)
			twice = strcmp(seen[k], token) == 0;
		if (twice)
			continue;
		seen[n++] = token;
		buf_char(&keys, ' ');
		buf_str(&keys, token);
	}
	return keys.data;
}

bool sees_internal(const struct ctx *ctx)
{
	return ctx->who != NULL && (ctx->who->system || ctx->who->n_roles != 1 || !who_has_role(ctx->who, "customer"));
}

static void fields_tokens(const struct record *r, struct buf *tokens)
{
	const struct type *t = r->type;
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if ((f->flags & FIELD_SEARCH) || strcmp(f->name, "number") == 0)
			tokens_add(tokens, &r->values[i]);
		for (size_t n = 0; f->kind == FIELD_TABLE && n < r->lines[i].n; n++)
			for (size_t k = 0; k < f->n_columns; k++)
				if (f->columns[k].flags & FIELD_SEARCH)
					tokens_add(tokens, &r->lines[i].list[n].values[k]);
	}
}

/* Comments are words of the record as its fields are: whoever may read it finds it by them. Those between
 * colleagues are in it too; a reader who may not see them has each hit compared with what he may (search.c). */
static enum err tokens_make(struct ctx *ctx, struct record *r, bool comments, const char **ret_tokens,
                            const char **ret_keys)
{
	const struct type *t = r->type;
	struct comment *said = NULL;
	size_t n = 0;
	*ret_tokens = NULL;
	*ret_keys = NULL;
	if (!type_is_searched(t) || record_merged_into(r) != 0)
		return ERR_OK;
	if (comments)
		TRY(record_comments(ctx, r->id, true, &said, &n));
	struct buf tokens;
	buf_init(&tokens, ctx->arena, TOKENS_MAX);
	fields_tokens(r, &tokens);
	for (size_t i = 0; i < n; i++) {
		struct value text = value_text(said[i].text);
		tokens_add(&tokens, &text);
	}
	if (t->title != NULL && (t->title->flags & FIELD_SEARCH))
		title_tokens(ctx->arena, &tokens, record_title(r));
	*ret_tokens = tokens.data;
	*ret_keys = access_keys(ctx, r);
	return ERR_OK;
}

enum err record_search_tokens(struct ctx *ctx, struct record *r, const char **ret_tokens, const char **ret_keys)
{
	return tokens_make(ctx, r, true, ret_tokens, ret_keys);
}

static enum err index_put(struct ctx *ctx, struct record *r, bool comments)
{
	const char *tokens, *keys;
	/* Tokens are many times their text: an act that changes several long records must not hold all of theirs. */
	struct arena_mark before = arena_mark(ctx->arena);
	TRY(tokens_make(ctx, r, comments, &tokens, &keys));
	if (tokens != NULL)
		TRY(search_put(ctx, r->id, tokens, keys));
	arena_rewind(ctx->arena, before);
	return record_merged_into(r) != 0 ? search_remove(ctx, r->id) : ERR_OK;
}

enum err record_index(struct ctx *ctx, struct record *r)
{
	return index_put(ctx, r, true);
}

enum err record_index_fresh(struct ctx *ctx, struct record *r)
{
	return index_put(ctx, r, false);
}

/*
 * same.c: likely duplicates. Candidates come from the lookup rows, by a telephone or by another field that
 * is looked up; then every field of the rule is compared, brought to one form.
 */
#include "model/same.h"

#include <string.h>

#include "base/text.h"
#include "model/access.h"
#include "model/lookup_keys.h"
#include "store/store.h"

enum { CANDIDATES_MAX = 200, KEY_CHARS_MAX = 40, PHONES_MAX = 32, PHONE_DIGITS_MIN = 7 };

struct candidate {
	int64_t id;
	uint32_t rules; /* bits: those that may hold; later: those that do */
};

struct same {
	struct ctx *ctx;
	const struct record *r;
	struct candidate list[CANDIDATES_MAX];
	size_t n;
	bool more;
};

int64_t record_merged_into(const struct record *r)
{
	const struct field *f = r->type->merged;
	return f != NULL && r->values[f->at].kind == VALUE_INT ? r->values[f->at].i : 0;
}

static bool is_other(void *arg, const struct field *f)
{
	return f != arg;
}

struct filter *same_without_merged(struct ctx *ctx, const struct type *t, struct filter *where)
{
	if (t->merged == NULL || (where != NULL && !filter_each_field(where, is_other, (void *)(uintptr_t)t->merged)))
		return where;
	return filter_and(ctx->arena, where, t->unmerged);
}

/* ---- one form ------------------------------------------------------------------------------------------- */

const char *same_form(struct arena *a, const struct value *v)
{
	static const char *const signs[] = {"，", "。", "、", "·", "—", "（", "）", "【", "】", "：", "；"};
	if (v->kind != VALUE_TEXT)
		return "";
	const char *s = text_fold(a, v->s, v->len);
	char *out = arena_alloc(a, strlen(s) + 1), *to = out;
	while (*s != '\0') {
		size_t skip = strchr(" \t\n-_.,;:()[]/#'\"", *s) ? 1 : 0;
		for (size_t i = 0; skip == 0 && i < sizeof(signs) / sizeof(signs[0]); i++)
			if (strncmp(s, signs[i], strlen(signs[i])) == 0)
				skip = strlen(signs[i]);
		if (skip == 0)
			*to++ = *s++;
		else
			s += skip;
	}
	*to = '\0';
	return out;
}

static bool is_phone(const struct field *f)
{
	return f->kind == FIELD_PHONE && (f->lookups & LOOKUP_TAIL);
}

static void phone_add(struct arena *a, const struct value *v, const char **list, size_t *n)
{
	const char *phone = v->kind == VALUE_TEXT ? text_phone(a, v->s, v->len) : "";
	if (strlen(phone) >= PHONE_DIGITS_MIN && *n < PHONES_MAX)
		list[(*n)++] = phone;
}

/* All telephones of a record, those of its tables too: people give now this one, now that one. */
static size_t phones_of(struct arena *a, const struct record *r, const char **list)
{
	size_t n = 0;
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (is_phone(f))
			phone_add(a, &r->values[i], list, &n);
		for (size_t k = 0; f->kind == FIELD_TABLE && k < f->n_columns; k++)
			for (size_t row = 0; is_phone(&f->columns[k]) && row < r->lines[i].n; row++)
				phone_add(a, &r->lines[i].list[row].values[k], list, &n);
	}
	return n;
}

static bool shares_phone(struct arena *a, const struct record *x, const struct record *y)
{
	const char *mine[PHONES_MAX], *his[PHONES_MAX];
	size_t n = phones_of(a, x, mine), m = phones_of(a, y, his);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (strcmp(mine[i], his[k]) == 0)
				return true;
	return false;
}

static bool rule_holds(struct arena *a, const struct same_rule *rule, const struct record *x, const struct record *y)
{
	for (size_t i = 0; i < rule->n; i++) {
		const struct field *f = rule->fields[i];
		if (is_phone(f)) {
			if (!shares_phone(a, x, y))
				return false;
			continue;
		}
		const char *form = same_form(a, &x->values[f->at]);
		if (*form == '\0' || strcmp(form, same_form(a, &y->values[f->at])) != 0)
			return false;
	}
	return true;
}

/* ---- candidates ------------------------------------------------------------------------------------------- */

static void candidate_add(struct same *s, int64_t id, size_t rule)
{
	size_t i = 0;
	while (i < s->n && s->list[i].id != id)
		i++;
	if (i == s->n && s->n == CANDIDATES_MAX) {
		s->more = true;
		return;
	}
	if (i == s->n)
		s->list[s->n++] = (struct candidate){.id = id};
	s->list[i].rules |= 1U << rule;
}

static size_t head_bytes(const char *s, size_t chars)
{
	size_t i = 0;
	for (; s[i] != '\0'; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && chars-- == 0)
			break;
	return i;
}

static enum err rows_with(struct same *s, const char *kind, const char *key, size_t rule)
{
	struct ctx *ctx = s->ctx;
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	if (*key == '\0')
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select record from lookup where type = :type and kind = :kind and key = :key and record <> :me "
	        "order by record desc limit :n");
	sql_text(&q, "type", s->r->type->name);
	sql_text(&q, "kind", kind);
	sql_text(&q, "key", arena_strndup(ctx->arena, key, head_bytes(key, KEY_CHARS_MAX)));
	sql_int(&q, "me", s->r->id);
	sql_int(&q, "n", CANDIDATES_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		candidate_add(s, rows_int(rows, 0), rule);
		n++;
	}
	s->more = s->more || n == CANDIDATES_MAX;
	return rows_done(rows);
}

/* By the first field of the rule that has lookup rows; the loader saw to it that there is one. */
static enum err rule_candidates(struct same *s, size_t at)
{
	const struct same_rule *rule = &s->r->type->same[at];
	struct arena *a = s->ctx->arena;
	const char *phones[PHONES_MAX];
	for (size_t i = 0; i < rule->n; i++) {
		const struct field *f = rule->fields[i];
		const struct value *v = &s->r->values[f->at];
		if (!is_phone(f) && v->kind != VALUE_TEXT)
			return ERR_OK; /* what is empty is the same as nothing */
		if (is_phone(f)) {
			size_t n = phones_of(a, s->r, phones);
			for (size_t k = 0; k < n; k++)
				TRY(rows_with(s, LOOKUP_ROW_PHONE, lookup_reversed(a, phones[k]), at));
			return ERR_OK;
		}
		if (f->lookups & LOOKUP_PINYIN)
			return rows_with(s, LOOKUP_ROW_NAME, text_fold(a, v->s, v->len), at);
		if (f->lookups & LOOKUP_CODE)
			return rows_with(s, LOOKUP_ROW_CODE, text_code(a, v->s, v->len), at);
		if (f->lookups & LOOKUP_PLATE)
			return rows_with(s, LOOKUP_ROW_PLATE, text_plate(a, v->s, v->len), at);
	}
	return ERR_OK;
}

/* A rule on what he may not see would tell him of it. */
static bool rule_is_his(struct ctx *ctx, const struct same_rule *rule)
{
	for (size_t i = 0; i < rule->n; i++)
		if (access_field(ctx, rule->fields[i]) == SIGHT_HIDDEN)
			return false;
	return true;
}

/* ---- the answer -------------------------------------------------------------------------------------------- */

static void rules_write(const struct type *t, uint32_t rules, struct json_out *out)
{
	json_key(out, "same");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_same; i++) {
		if (!(rules & 1U << i))
			continue;
		json_open(out, '[');
		for (size_t k = 0; k < t->same[i].n; k++)
			json_text(out, t->same[i].fields[k]->name);
		json_close(out, ']');
	}
	json_close(out, ']');
}

static enum err candidate_write(struct same *s, struct candidate *c, struct json_out *out, bool *ret_written)
{
	struct ctx *ctx = s->ctx;
	struct record *other;
	uint32_t holds = 0;
	*ret_written = false;
	enum err e = record_load(ctx, s->r->type, c->id, &other);
	if (e == ERR_OK)
		e = access_check(ctx, other, ACCESS_READ);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	for (size_t i = 0; i < s->r->type->n_same; i++)
		if ((c->rules & 1U << i) && rule_holds(ctx->arena, &s->r->type->same[i], s->r, other))
			holds |= 1U << i;
	if (holds == 0 || record_merged_into(other) != 0)
		return ERR_OK;
	const char *label = NULL;
	TRY(record_label(ctx, other->type, other->id, &label));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, other->id);
	json_key(out, "label");
	json_text(out, label);
	json_key(out, "version");
	json_int(out, other->version);
	rules_write(other->type, holds, out);
	json_key(out, "fields");
	TRY(record_write_json(ctx, out, other));
	json_close(out, '}');
	*ret_written = true;
	return ERR_OK;
}

enum err same_write_json(struct ctx *ctx, const struct record *r, size_t limit, struct json_out *out)
{
	struct same *s = ARENA_NEW(ctx->arena, struct same);
	size_t written = 0;
	s->ctx = ctx;
	s->r = r;
	for (size_t i = 0; record_merged_into(r) == 0 && i < r->type->n_same; i++)
		if (rule_is_his(ctx, &r->type->same[i]))
			TRY(rule_candidates(s, i));
	json_open(out, '{');
	json_key(out, "duplicates");
	json_open(out, '[');
	for (size_t i = 0; i < s->n; i++) {
		bool one;
		if (written == limit) {
			s->more = true;
			break;
		}
		TRY(candidate_write(s, &s->list[i], out, &one));
		written += one;
	}
	json_close(out, ']');
	json_key(out, "more");
	json_bool(out, s->more);
	json_close(out, '}');
	return ERR_OK;
}

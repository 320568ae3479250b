/* record.c: one record in memory. */
#include "model/record.h"

#include <string.h>

#include "base/ctx.h"

enum { WORD_BITS = 64 };

struct record *record_new(struct arena *a, const struct type *t)
{
	struct record *r = ARENA_NEW(a, struct record);
	size_t n = t->n_fields ? t->n_fields : 1;
	r->type = t;
	r->values = ARENA_ARRAY(a, n, struct value);
	r->lines = ARENA_ARRAY(a, n, struct record_lines);
	r->changed = ARENA_ARRAY(a, (n + WORD_BITS - 1) / WORD_BITS, uint64_t);
	return r;
}

bool value_is_empty(const struct value *v)
{
	return v->kind == VALUE_EMPTY || (v->kind == VALUE_LIST && v->n == 0) || (v->kind == VALUE_TEXT && v->len == 0);
}

bool field_is_base(const struct field *f)
{
	return (f->flags & FIELD_BASE) != 0;
}

static bool base_value(const struct record *r, const char *name, struct value *ret_v)
{
	int64_t v;
	if (strcmp(name, "id") == 0)
		v = r->id;
	else if (strcmp(name, "version") == 0)
		v = r->version;
	else if (strcmp(name, "created_at") == 0)
		v = r->created_at;
	else if (strcmp(name, "created_by") == 0)
		v = r->created_by;
	else if (strcmp(name, "updated_at") == 0)
		v = r->updated_at;
	else
		return false;
	*ret_v = v ? value_int(v) : value_empty();
	return true;
}

struct value record_get(const struct record *r, const char *field)
{
	struct value v;
	if (base_value(r, field, &v))
		return v;
	const struct field *f = type_field(r->type, field);
	return f ? r->values[f->at] : value_empty();
}

int64_t record_int(const struct record *r, const char *field)
{
	struct value v = record_get(r, field);
	return v.kind == VALUE_INT ? v.i : 0;
}

const char *record_text(const struct record *r, const char *field)
{
	struct value v = record_get(r, field);
	return v.kind == VALUE_TEXT ? v.s : NULL;
}

bool record_int_differs(const struct record *r, const struct record *before, const char *field)
{
	return record_int(r, field) != (before ? record_int(before, field) : 0);
}

bool record_is_open(const struct record *r)
{
	const char *stage = r ? record_text(r, "stage") : NULL;
	return stage != NULL && (strcmp(stage, "open") == 0 || strcmp(stage, "paused") == 0);
}

void record_mark(struct record *r, const struct field *f)
{
	r->changed[f->at / WORD_BITS] |= UINT64_C(1) << (f->at % WORD_BITS);
}

bool record_is_changed(const struct record *r, const struct field *f)
{
	return (r->changed[f->at / WORD_BITS] >> (f->at % WORD_BITS)) & 1;
}

void record_set(struct record *r, const struct field *f, struct value v)
{
	struct value *old = &r->values[f->at];
	if (value_is_empty(&v)) {
		if (value_is_empty(old))
			return;
		v = value_empty();
	} else if (value_equal(old, &v)) {
		return;
	}
	*old = v;
	record_mark(r, f);
}

struct record_line *record_line_add(struct arena *a, struct record *r, const struct field *f)
{
	struct record_lines *lines = &r->lines[f->at];
	struct record_line *list = ARENA_ARRAY(a, lines->n + 1, struct record_line);
	if (lines->n > 0)
		memcpy(list, lines->list, lines->n * sizeof(list[0]));
	list[lines->n].values = ARENA_ARRAY(a, f->n_columns ? f->n_columns : 1, struct value);
	lines->list = list;
	lines->loaded = true;
	record_mark(r, f);
	return &list[lines->n++];
}

const char *record_title(const struct record *r)
{
	const struct field *f = r->type->title;
	if (f != NULL && r->values[f->at].kind == VALUE_TEXT)
		return r->values[f->at].s;
	const char *number = record_text(r, "number");
	return number ? number : "";
}

/* body.c: what an event says: which fields differ and the words around it; and values read back. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/step.h"

/* A record with its tables full, before and after. */
enum { BODY_BYTES_MAX = 16 << 20 };

/* ---- comparing and copying --------------------------------------------------------------------- */

static bool line_same(const struct field *f, const struct record_line *a, const struct record_line *b)
{
	if (a->id != b->id)
		return false;
	for (size_t i = 0; i < f->n_columns; i++)
		if (!value_equal(&a->values[i], &b->values[i]))
			return false;
	return true;
}

bool record_differs(const struct record *a, const struct record *b, const struct field *f)
{
	if (f->kind == FIELD_COMPUTED || (f->flags & FIELD_DERIVED) || field_is_base(f))
		return false;
	if (f->kind != FIELD_TABLE) {
		const struct value *x = &a->values[f->at], *y = &b->values[f->at];
		return !(value_is_empty(x) && value_is_empty(y)) && !value_equal(x, y);
	}
	const struct record_lines *x = &a->lines[f->at], *y = &b->lines[f->at];
	if (x->n != y->n)
		return true;
	for (size_t i = 0; i < x->n; i++)
		if (!line_same(f, &x->list[i], &y->list[i]))
			return true;
	return false;
}

bool records_differ(const struct record *a, const struct record *b)
{
	for (size_t i = 0; i < a->type->n_fields; i++)
		if (record_differs(a, b, &a->type->fields[i]))
			return true;
	return false;
}

struct record *record_copy(struct ctx *ctx, const struct record *r)
{
	const struct type *t = r->type;
	struct record *copy = record_new(ctx->arena, t);
	copy->id = r->id;
	copy->version = r->version;
	copy->created_at = r->created_at;
	copy->created_by = r->created_by;
	copy->updated_at = r->updated_at;
	for (size_t i = 0; i < t->n_fields; i++) {
		copy->values[i] = r->values[i];
		const struct field *f = &t->fields[i];
		if (f->kind != FIELD_TABLE)
			continue;
		const struct record_lines *from = &r->lines[i];
		struct record_lines *to = &copy->lines[i];
		to->n = from->n;
		to->loaded = from->loaded;
		to->list = ARENA_ARRAY(ctx->arena, from->n + 1, struct record_line);
		for (size_t k = 0; k < from->n; k++) {
			to->list[k].id = from->list[k].id;
			to->list[k].values = ARENA_ARRAY(ctx->arena, f->n_columns + 1, struct value);
			memcpy(to->list[k].values, from->list[k].values, f->n_columns * sizeof(struct value));
		}
	}
	return copy;
}

void record_put(struct record *r, const char *field, struct value v)
{
	const struct field *f = type_field(r->type, field);
	if (f != NULL)
		record_set(r, f, v);
}

struct value input_get(const struct type *t, const struct value *inputs, const char *name)
{
	const struct field *f = inputs ? type_input(t, name) : NULL;
	return f ? inputs[f->at] : value_empty();
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void lines_write(struct json_out *out, const struct field *f, const struct record_lines *lines)
{
	json_open(out, '[');
	for (size_t i = 0; i < lines->n; i++) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, lines->list[i].id);
		for (size_t c = 0; c < f->n_columns; c++) {
			if (value_is_empty(&lines->list[i].values[c]))
				continue;
			json_key(out, f->columns[c].name);
			value_write_json(out, &f->columns[c], &lines->list[i].values[c]);
		}
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void side_write(struct json_out *out, const char *key, const struct field *f, const struct record *r)
{
	json_key(out, key);
	if (r == NULL)
		json_none(out);
	else if (f->kind == FIELD_TABLE)
		lines_write(out, f, &r->lines[f->at]);
	else if (value_is_empty(&r->values[f->at]))
		json_none(out);
	else
		value_write_json(out, f, &r->values[f->at]);
}

static bool is_set(const struct record *r, const struct field *f)
{
	if (f->kind == FIELD_COMPUTED || (f->flags & FIELD_DERIVED) || field_is_base(f))
		return false;
	return f->kind == FIELD_TABLE ? r->lines[f->at].n > 0 : !value_is_empty(&r->values[f->at]);
}

static size_t changes_write(struct json_out *out, const struct type *t, const struct record *before,
                            const struct record *after)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		bool differs = before && after ? record_differs(before, after, f)
		               : after         ? is_set(after, f)
		               : before        ? is_set(before, f)
		                               : false;
		/* The stage follows from the state, always. */
		if (!differs || strcmp(f->name, "stage") == 0)
			continue;
		if (n++ == 0) {
			json_key(out, "changes");
			json_open(out, '[');
		}
		json_open(out, '{');
		json_key(out, "field");
		json_text(out, f->name);
		side_write(out, "before", f, before);
		side_write(out, "after", f, after);
		json_close(out, '}');
	}
	if (n > 0)
		json_close(out, ']');
	return n;
}

static void inputs_write(struct json_out *out, const struct type *t, const struct value *inputs)
{
	bool any = false;
	for (size_t i = 0; inputs != NULL && i < t->n_inputs; i++) {
		if (value_is_empty(&inputs[i]))
			continue;
		if (!any) {
			json_key(out, "inputs");
			json_open(out, '{');
			any = true;
		}
		json_key(out, t->inputs[i].name);
		value_write_json(out, &t->inputs[i], &inputs[i]);
	}
	if (any)
		json_close(out, '}');
}

static void word_write(struct json_out *out, const char *key, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	json_key(out, key);
	json_text(out, text);
}

static void id_write(struct json_out *out, const char *key, int64_t id)
{
	if (id == 0)
		return;
	json_key(out, key);
	json_id(out, id);
}

static void files_write(struct json_out *out, const struct value *files)
{
	if (files == NULL || value_is_empty(files))
		return;
	json_key(out, "files");
	json_open(out, '[');
	for (size_t i = 0; i < files->n; i++)
		json_id(out, files->list[i].i);
	json_close(out, ']');
}

static void comments_write(struct json_out *out, const struct note *note)
{
	if (note->n_comments == 0)
		return;
	json_key(out, "comments");
	json_open(out, '[');
	for (size_t i = 0; i < note->n_comments; i++)
		json_id(out, note->comments[i]);
	json_close(out, ']');
}

static void note_write(struct json_out *out, const struct type *t, const struct note *note)
{
	word_write(out, "transition", note->transition);
	inputs_write(out, t, note->inputs);
	word_write(out, "text", note->text);
	files_write(out, note->files);
	comments_write(out, note);
	id_write(out, "to_owner", note->to_owner);
	id_write(out, "to_team", note->to_team);
	id_write(out, "for", note->stands_for);
	word_write(out, "reason", note->reason);
	word_write(out, "rule", note->rule);
	if (note->fired != NULL && note->fired->n > 0)
		fired_write(out, note->fired);
	word_write(out, "field", note->field);
	if (note->linked_type != NULL) {
		json_key(out, "linked");
		json_open(out, '{');
		word_write(out, "type", note->linked_type->name);
		id_write(out, "id", note->linked);
		json_close(out, '}');
	}
	const char *key;
	json_t *member;
	if (note->extra != NULL)
		json_object_foreach((json_t *)note->extra, key, member)
		{
			json_key(out, key);
			json_tree(out, member);
		}
}

enum err note_body(struct ctx *ctx, const struct type *t, const struct record *before, const struct record *after,
                   const struct note *note, const char **ret_body, size_t *ret_n_changes)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, BODY_BYTES_MAX);
	json_out_init(&out, &b);
	json_open(&out, '{');
	size_t n = changes_write(&out, t, before, after);
	note_write(&out, t, note);
	json_close(&out, '}');
	if (b.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_large",
		                   "the change is too large to be kept as one event");
	*ret_body = b.data;
	if (ret_n_changes != NULL)
		*ret_n_changes = n;
	return ERR_OK;
}

/* ---- reading back -------------------------------------------------------------------------------- */

static bool id_value(const json_t *j, struct value *ret_value)
{
	int64_t id;
	const json_t *text = json_is_object(j) ? json_object_get(j, "id") : j;
	if (!json_is_string(text) || !id_parse(json_string_value(text), &id))
		return false;
	*ret_value = value_int(id);
	return true;
}

static bool scaled_value(const struct field *f, const json_t *j, struct value *ret_value)
{
	double x;
	if (json_is_string(j)) {
		char *end;
		x = strtod(json_string_value(j), &end);
		if (end == json_string_value(j) || *end != '\0')
			return false;
	} else if (json_is_number(j)) {
		x = json_number_value(j);
	} else {
		return false;
	}
	for (int i = 0; i < f->scale; i++)
		x *= 10;
	if (!(fabs(x) < 9e15))
		return false;
	*ret_value = value_int(llround(x));
	return true;
}

static bool list_value(struct ctx *ctx, const json_t *j, bool ids, struct value *ret_value)
{
	if (!json_is_array(j) || json_array_size(j) == 0)
		return false;
	size_t n = json_array_size(j), kept = 0;
	struct value *list = ARENA_ARRAY(ctx->arena, n, struct value);
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(j, i);
		if (ids ? id_value(one, &list[kept]) : json_is_string(one)) {
			if (!ids)
				list[kept] = value_text(json_string_value(one));
			kept++;
		}
	}
	*ret_value = (struct value){.kind = VALUE_LIST, .list = list, .n = kept};
	return kept > 0;
}

/* Lenient: what stands in an event was checked when it was written, by the pack of that day. */
bool note_value(struct ctx *ctx, const struct field *f, const json_t *j, struct value *ret_value)
{
	int64_t at;
	switch (f->kind) {
	case FIELD_FLAG:
		if (!json_is_boolean(j))
			return false;
		*ret_value = value_int(json_is_true(j));
		return true;
	case FIELD_NUMBER:
	case FIELD_MONEY: return scaled_value(f, j, ret_value);
	case FIELD_DATETIME:
		if (!json_is_string(j) || !instant_parse(json_string_value(j), &at))
			return false;
		*ret_value = value_int(at);
		return true;
	case FIELD_LINK: return id_value(j, ret_value);
	case FIELD_LINKS:
	case FIELD_FILES: return list_value(ctx, j, true, ret_value);
	case FIELD_CHOICES: return list_value(ctx, j, false, ret_value);
	case FIELD_TABLE:
	case FIELD_COMPUTED: return false;
	default:
		if (!json_is_string(j) || *json_string_value(j) == '\0')
			return false;
		*ret_value = value_textn(json_string_value(j), json_string_length(j));
		return true;
	}
}

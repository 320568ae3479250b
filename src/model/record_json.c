/* record_json.c: JSON fields into a record. Every problem is noted, nothing is guessed or dropped. */
#include <string.h>

#include "base/ids.h"
#include "model/access.h"
#include "model/record_row.h"
#include "model/who.h"

static enum err worst_of(enum err worst, enum err e)
{
	return worst == ERR_OK ? e : worst;
}

/* A masked value sent back as it was shown: leave what is there. */
static bool is_masked(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 && json_is_string(json_object_get(j, "masked"));
}

/* Retired options stay where they are, but are not chosen anew. */
static enum err check_retired(struct ctx *ctx, const struct field *f, const char *path, const struct value *old,
                              const struct value *v)
{
	if (f->kind == FIELD_CHOICES) {
		for (size_t i = 0; v->kind == VALUE_LIST && i < v->n; i++) {
			const struct option *option = field_option(f, v->list[i].s, NULL);
			if (option != NULL && option->retired && !value_has(old, &v->list[i]))
				return ctx_problem(ctx, ERR_INVALID, path, "retired_option", "%s is no longer offered",
				                   option->name);
		}
		return ERR_OK;
	}
	if (f->kind != FIELD_CHOICE || v->kind != VALUE_TEXT || value_equal(old, v))
		return ERR_OK;
	const struct option *option = field_option(f, v->s, NULL);
	if (option != NULL && option->retired)
		return ctx_problem(ctx, ERR_INVALID, path, "retired_option", "%s is no longer offered", option->name);
	return ERR_OK;
}

/* A files or links list: what was there before needs no second proof, the rest is checked. */
static enum err list_merge(struct ctx *ctx, const struct field *f, const char *path, const json_t *j,
                           const struct value *old, struct value *ret)
{
	json_t *fresh = json_array();
	struct value *list = ARENA_ARRAY(ctx->arena, json_array_size(j) + 1, struct value);
	struct value kept = {.kind = VALUE_LIST, .list = list}, added = value_empty();
	for (size_t i = 0; i < json_array_size(j); i++) {
		const char *s = json_string_value(json_array_get(j, i));
		struct value v = value_empty();
		int64_t id;
		if (s != NULL && id_parse(s, &id))
			v = value_int(id);
		if (v.kind == VALUE_INT && value_has(old, &v)) {
			if (!value_has(&kept, &v))
				list[kept.n++] = v;
		} else {
			json_array_append(fresh, json_array_get(j, i));
		}
	}
	enum err e = value_from_json(ctx, f, path, fresh, &added);
	json_decref(fresh);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; added.kind == VALUE_LIST && i < added.n; i++)
		list[kept.n++] = added.list[i];
	if (kept.n > (f->kind == FIELD_FILES ? (size_t)LIMIT_FILES_PER_FIELD : (size_t)LIMIT_LINKS))
		return ctx_problem(ctx, ERR_INVALID, path, "too_many", "too many");
	*ret = kept.n ? kept : value_empty();
	return ERR_OK;
}

static bool same_link(const struct field *f, const struct value *old, const json_t *j)
{
	int64_t id;
	return f->kind == FIELD_LINK && old->kind == VALUE_INT && json_is_string(j) &&
	       id_parse(json_string_value(j), &id) && id == old->i;
}

/* One value with regard to the one it replaces. */
static enum err value_over(struct ctx *ctx, const struct field *f, const char *path, const json_t *j,
                           const struct value *old, struct value *ret)
{
	if (is_masked(j) || same_link(f, old, j)) {
		*ret = *old;
		return ERR_OK;
	}
	struct value v = value_empty();
	if ((f->kind == FIELD_FILES || f->kind == FIELD_LINKS) && json_is_array(j))
		TRY(list_merge(ctx, f, path, j, old, &v));
	else
		TRY(value_from_json(ctx, f, path, j, &v));
	TRY(check_retired(ctx, f, path, old, &v));
	*ret = v;
	return ERR_OK;
}

static const struct record_line *line_by_id(const struct record_lines *lines, int64_t id)
{
	for (size_t i = 0; i < lines->n; i++)
		if (lines->list[i].id == id)
			return &lines->list[i];
	return NULL;
}

static const struct field *column_named(const struct field *f, const char *name)
{
	for (size_t i = 0; i < f->n_columns; i++)
		if (strcmp(f->columns[i].name, name) == 0)
			return &f->columns[i];
	return NULL;
}

/* A line keeps its id; an id that isn't one of this record's lines is refused. */
static enum err line_start(struct ctx *ctx, const struct field *f, const struct record_lines *old, const char *path,
                           const json_t *j, struct record_line *line)
{
	line->values = ARENA_ARRAY(ctx->arena, f->n_columns ? f->n_columns : 1, struct value);
	if (!json_is_object(j))
		return ctx_problem(ctx, ERR_INVALID, path, "wrong_type", "a line is an object");
	const json_t *id = json_object_get(j, "id");
	if (id == NULL || json_is_null(id))
		return ERR_OK;
	const struct record_line *was = NULL;
	if (json_is_string(id) && id_parse(json_string_value(id), &line->id))
		was = line_by_id(old, line->id);
	if (was == NULL)
		return ctx_problem(ctx, ERR_INVALID, arena_printf(ctx->arena, "%s.id", path), "not_found",
		                   "this record has no such line");
	memcpy(line->values, was->values, f->n_columns * sizeof(line->values[0]));
	return ERR_OK;
}

static enum err line_from_json(struct ctx *ctx, const struct field *f, const struct record_lines *old, const char *path,
                               json_t *j, struct record_line *line)
{
	TRY(line_start(ctx, f, old, path, j, line));
	enum err worst = ERR_OK;
	const char *key;
	json_t *value;
	/* A column that isn't named is empty: lines are written whole. */
	for (size_t i = 0; i < f->n_columns; i++)
		if (json_object_get(j, f->columns[i].name) == NULL && f->columns[i].compute == NULL)
			line->values[i] = value_empty();
	json_object_foreach(j, key, value)
	{
		if (strcmp(key, "id") == 0)
			continue;
		const char *at = arena_printf(ctx->arena, "%s.%s", path, key);
		const struct field *column = column_named(f, key);
		if (column == NULL) {
			worst = worst_of(worst, ctx_problem(ctx, ERR_INVALID, at, "unknown_field", "no such column"));
			continue;
		}
		if (column->compute != NULL) /* sent back as it was shown: it is worked out again */
			continue;
		struct value *slot = &line->values[column->at];
		struct value was = *slot;
		enum err e = value_over(ctx, column, at, value, &was, slot);
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		worst = worst_of(worst, e);
	}
	return worst;
}

static bool lines_equal(const struct field *f, const struct record_lines *a, const struct record_lines *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->list[i].id != b->list[i].id)
			return false;
		for (size_t k = 0; k < f->n_columns; k++)
			if (!value_equal(&a->list[i].values[k], &b->list[i].values[k]))
				return false;
	}
	return true;
}

static enum err table_from_json(struct ctx *ctx, struct record *r, const struct field *f, const char *path, json_t *j)
{
	struct record_lines *old = &r->lines[f->at], lines = {.loaded = true};
	if (json_is_null(j))
		j = NULL;
	if (j != NULL && !json_is_array(j))
		return ctx_problem(ctx, ERR_INVALID, path, "wrong_type", "must be a list of lines");
	lines.n = j ? json_array_size(j) : 0;
	if (lines.n > LIMIT_TABLE_ROWS)
		return ctx_problem(ctx, ERR_INVALID, path, "too_many", "at most %d lines", LIMIT_TABLE_ROWS);
	lines.list = ARENA_ARRAY(ctx->arena, lines.n ? lines.n : 1, struct record_line);
	enum err worst = ERR_OK;
	for (size_t i = 0; i < lines.n; i++) {
		const char *at = arena_printf(ctx->arena, "%s[%zu]", path, i);
		enum err e = line_from_json(ctx, f, old, at, json_array_get(j, i), &lines.list[i]);
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		worst = worst_of(worst, e);
		for (size_t k = 0; k < i && lines.list[i].id != 0; k++)
			if (lines.list[k].id == lines.list[i].id)
				worst = worst_of(
				        worst, ctx_problem(ctx, ERR_INVALID, at, "twice", "this line is there twice"));
	}
	if (worst != ERR_OK || lines_equal(f, old, &lines))
		return worst;
	*old = lines;
	record_mark(r, f);
	return ERR_OK;
}

static enum err input_from_json(struct ctx *ctx, const struct record *r, const char *key, const json_t *j,
                                struct value *inputs, bool *ret_known)
{
	const struct field *input = inputs ? type_input(r->type, key) : NULL;
	*ret_known = input != NULL;
	if (input == NULL)
		return ERR_OK;
	struct value none = value_empty();
	return value_over(ctx, input, key, j, &none, &inputs[input->at]);
}

static enum err field_from_json(struct ctx *ctx, struct record *r, const char *key, json_t *j)
{
	const struct field *f = type_field(r->type, key);
	/* Hidden is answered as unknown: its being there is not told. */
	if (f == NULL || access_field(ctx, f) == SIGHT_HIDDEN)
		return ctx_problem(ctx, ERR_INVALID, key, "unknown_field", "the type %s has no such field",
		                   r->type->name);
	if ((f->flags & FIELD_SYSTEM) || f->kind == FIELD_COMPUTED)
		return ctx_problem(ctx, ERR_INVALID, key, "read_only", "this field is not set this way");
	if (f->kind == FIELD_TABLE)
		return table_from_json(ctx, r, f, key, j);
	struct value v = value_empty();
	TRY(value_over(ctx, f, key, j, &r->values[f->at], &v));
	record_set(r, f, v);
	return ERR_OK;
}

enum err record_from_json(struct ctx *ctx, struct record *r, const json_t *fields, struct value *inputs)
{
	if (fields == NULL)
		return ERR_OK;
	if (!json_is_object(fields))
		return ctx_problem(ctx, ERR_INVALID, "", "wrong_type", "fields must be an object");
	enum err worst = ERR_OK;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)fields, key, value)
	{
		bool known;
		enum err e = input_from_json(ctx, r, key, value, inputs, &known);
		if (e == ERR_OK && !known)
			e = field_from_json(ctx, r, key, value);
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		worst = worst_of(worst, e);
	}
	return worst;
}

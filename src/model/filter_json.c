/* The JSON form of filters, for the browser's builder: ["and", …], ["=", "path", value] …
 * Errors say where by a JSON pointer in the message. */
#include <math.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/filter_tree.h"
#include "model/value_text.h"

/* ---- out ------------------------------------------------------------------------------------- */

static void write_path(struct json_out *out, const struct filter_path *p)
{
	struct buf text;

	buf_init(&text, out->buf->arena, LIMIT_FILTER_BYTES);
	filter_path_write(&text, p);
	json_text(out, text.data);
}

static void write_literal(struct json_out *out, const struct field *f, const struct value *v)
{
	struct buf text;
	enum filter_class c = filter_class(f);

	if (c == CLASS_TRUTH) {
		json_bool(out, v->i != 0);
	} else if (c == CLASS_NUMBER) {
		buf_init(&text, out->buf->arena, 64);
		decimal_write(&text, v->i, filter_scale(f));
		if (f->kind == FIELD_MONEY)
			json_textn(out, text.data, text.len);
		else
			json_raw(out, text.data, text.len);
	} else if (v->kind == VALUE_TEXT) {
		json_textn(out, v->s, v->len);
	} else if (c == CLASS_INSTANT) {
		json_instant(out, v->i);
	} else {
		json_id(out, v->i);
	}
}

static void write_named(struct json_out *out, const char *key, const char *text)
{
	json_open(out, '{');
	json_key(out, key);
	json_text(out, text);
	json_close(out, '}');
}

static void write_value(struct json_out *out, const struct field *f, const struct filter_value *v)
{
	switch (v->kind) {
	case FILTER_LITERAL: write_literal(out, f, &v->v); break;
	case FILTER_ME: write_named(out, "var", "me"); break;
	case FILTER_MY_TEAMS:
	case FILTER_MY_UNITS:
	case FILTER_SHARED_TEAMS: write_named(out, "var", filter_teams_name(v->kind)); break;
	case FILTER_PARAMETER: write_named(out, "var", v->parameter->name); break;
	case FILTER_PATH:
		json_open(out, '{');
		json_key(out, "path");
		write_path(out, &v->path);
		json_close(out, '}');
		break;
	case FILTER_NOW:
	case FILTER_TODAY: {
		const char *offset =
		        v->parameter
		                ? arena_printf(out->buf->arena, "%c@%s", v->negative ? '-' : '+', v->parameter->name)
		        : v->duration ? arena_printf(out->buf->arena, "%c%s", v->negative ? '-' : '+', v->duration)
		                      : "";
		write_named(out, v->kind == FILTER_NOW ? "now" : "today", offset);
		break;
	}
	}
}

static void write_list(struct json_out *out, const struct filter *f, bool negated)
{
	json_text(out, f->op == FILTER_ANY ? "any" : f->op == FILTER_NONE ? "none" : "count");
	write_path(out, &f->path);
	if (f->n)
		filter_write_json(out, f->kids[0]);
	else if (f->op == FILTER_COUNT)
		json_none(out);
	if (f->op != FILTER_COUNT)
		return;
	json_text(out, negated ? "!=" : filter_op_sign(f->compare));
	if (f->values[0].kind == FILTER_PARAMETER)
		write_named(out, "var", f->values[0].parameter->name);
	else
		json_int(out, f->values[0].v.i);
}

static void write_leaf(struct json_out *out, const struct filter *f)
{
	if (f->op == FILTER_EMPTY) {
		json_text(out, "empty");
		write_path(out, &f->path);
		return;
	}
	json_text(out, f->op == FILTER_IN ? "in" : f->op == FILTER_CONTAINS ? "contains" : filter_op_sign(f->op));
	write_path(out, &f->path);
	if (f->op != FILTER_IN || filter_in_teams(f)) {
		write_value(out, f->path.field, f->values);
		return;
	}
	json_open(out, '[');
	for (size_t i = 0; i < f->n_values; i++)
		write_value(out, f->path.field, &f->values[i]);
	json_close(out, ']');
}

static void write_not(struct json_out *out, const struct filter *x)
{
	if (x->op == FILTER_EQ) {
		json_text(out, "!=");
		write_path(out, &x->path);
		write_value(out, x->path.field, x->values);
	} else if (x->op == FILTER_COUNT && x->compare == FILTER_EQ) {
		write_list(out, x, true);
	} else {
		json_text(out, "not");
		filter_write_json(out, x);
	}
}

void filter_write_json(struct json_out *out, const struct filter *f)
{
	json_open(out, '[');
	switch (f ? f->op : FILTER_ALL) {
	case FILTER_ALL: json_text(out, "all"); break;
	case FILTER_AND:
	case FILTER_OR:
		json_text(out, f->op == FILTER_AND ? "and" : "or");
		for (size_t i = 0; i < f->n; i++)
			filter_write_json(out, f->kids[i]);
		break;
	case FILTER_NOT: write_not(out, f->kids[0]); break;
	case FILTER_ANY:
	case FILTER_NONE:
	case FILTER_COUNT: write_list(out, f, false); break;
	default: write_leaf(out, f);
	}
	json_close(out, ']');
}

/* ---- in -------------------------------------------------------------------------------------- */

struct json_place { /* where we are, as a JSON pointer read from the inside out */
	const struct json_place *up;
	size_t at;
};

static void write_place(struct buf *out, const struct json_place *place)
{
	if (place->up == NULL)
		return;
	write_place(out, place->up);
	buf_printf(out, "/%zu", place->at);
}

static enum err read_node(struct filter_reader *rd, const struct filter_scope *scope, const json_t *j,
                          const struct json_place *place, int level, struct filter **ret_filter);

/* Adds the place to the message of a fault; used where the fault is made. */
static enum err at_place(struct filter_reader *rd, const struct json_place *place, enum err e)
{
	struct buf b;

	if (e == ERR_OK)
		return e;
	buf_init(&b, rd->arena, 1024);
	buf_str(&b, "at ");
	write_place(&b, place);
	buf_str(&b, place->up ? ": " : "/: ");
	buf_str(&b, rd->fault->message);
	rd->fault->message = b.data;
	return e;
}

static enum err shape(struct filter_reader *rd, const struct json_place *place, const char *what)
{
	return at_place(rd, place, filter_fail(rd, 0, "syntax", "%s", what));
}

static enum err read_named(struct filter_reader *rd, const json_t *j, struct raw_value *raw)
{
	const char *key = json_object_iter_key(json_object_iter((json_t *)j));
	const json_t *v = key ? json_object_get(j, key) : NULL;
	const char *s = v ? json_string_value(v) : NULL;

	if (json_object_size(j) != 1 || s == NULL || strlen(s) != json_string_length(v))
		return filter_fail(rd, 0, "syntax",
		                   "a value is {\"path\":…}, {\"var\":…}, {\"now\":…} or {\"today\":…}, with a text");
	raw->s = s;
	raw->len = strlen(s);
	if (strcmp(key, "path") == 0) {
		raw->kind = RAW_PATH;
		return ERR_OK;
	}
	if (strcmp(key, "var") == 0) {
		raw->kind = RAW_VAR;
		return ERR_OK;
	}
	if (strcmp(key, "now") != 0 && strcmp(key, "today") != 0)
		return filter_fail(rd, 0, "syntax", "%.60s is not known: path, var, now or today", key);
	raw->kind = strcmp(key, "now") == 0 ? RAW_NOW : RAW_TODAY;
	if (raw->len == 0)
		return ERR_OK;
	if ((s[0] != '+' && s[0] != '-') || s[1] == '\0')
		return filter_fail(rd, 0, "bad_value", "%.60s: write +3d or -3d", s);
	raw->negative = s[0] == '-';
	raw->duration = arena_strdup(rd->arena, s + 1);
	return ERR_OK;
}

/* The shortest decimal that gives the same double: what the sender wrote, but for spare zeros. */
static const char *real_text(struct arena *a, double d)
{
	char s[64];

	for (int decimals = 0; decimals <= 9; decimals++) {
		snprintf(s, sizeof(s), "%.*f", decimals, d);
		if (strtod(s, NULL) == d)
			return arena_strdup(a, s);
	}
	return arena_printf(a, "%.12f", d);
}

static enum err read_raw(struct filter_reader *rd, const json_t *j, struct raw_value *ret_raw)
{
	struct raw_value raw = {.json = true, .s = "", .len = 0};

	switch (j ? json_typeof(j) : JSON_NULL) {
	case JSON_STRING:
		raw.kind = RAW_TEXT;
		raw.s = json_string_value(j);
		raw.len = json_string_length(j);
		if (!text_valid(raw.s, raw.len))
			return filter_fail(rd, 0, "bad_value", "the text is not valid UTF-8");
		break;
	case JSON_INTEGER:
		raw.kind = RAW_NUMBER;
		raw.s = arena_printf(rd->arena, "%lld", (long long)json_integer_value(j));
		raw.len = strlen(raw.s);
		break;
	case JSON_REAL:
		raw.kind = RAW_NUMBER;
		if (!isfinite(json_real_value(j)) || fabs(json_real_value(j)) > 1e18)
			return filter_fail(rd, 0, "bad_value", "the number is too large");
		raw.s = real_text(rd->arena, json_real_value(j));
		raw.len = strlen(raw.s);
		break;
	case JSON_TRUE:
	case JSON_FALSE: raw.kind = json_is_true(j) ? RAW_TRUE : RAW_FALSE; break;
	case JSON_OBJECT: TRY(read_named(rd, j, &raw)); break;
	default: return filter_fail(rd, 0, "syntax", "a value is a text, a number, true, false or {\"path\":…}");
	}
	*ret_raw = raw;
	return ERR_OK;
}

static const char *text_at(const json_t *j, size_t i)
{
	const json_t *v = json_array_get(j, i);
	const char *s = v ? json_string_value(v) : NULL;

	return s && strlen(s) == json_string_length(v) ? s : NULL;
}

static enum err read_in(struct filter_reader *rd, const struct filter_scope *scope, const json_t *j,
                        const struct json_place *place, struct filter *f)
{
	const json_t *list = json_array_get(j, 2);
	struct json_place second = {.up = place, .at = 2};
	struct raw_value raw;

	if (json_is_object(list)) {
		f->values = ARENA_NEW(rd->arena, struct filter_value);
		TRY(at_place(rd, &second, read_raw(rd, list, &raw)));
		TRY(at_place(rd, &second, filter_value_check(rd, scope, f->path.field, FILTER_IN, &raw, f->values)));
		if (filter_teams_name(f->values[0].kind) == NULL)
			return at_place(
			        rd, &second,
			        filter_fail(rd, 0, "wrong_type",
			                    "only {\"var\":\"my_teams\"}, \"my_units\" and \"shared_teams\" stand "
			                    "here without [ ]"));
		f->n_values = 1;
		return ERR_OK;
	}
	size_t n = json_array_size(list);
	if (n == 0 || n > LIMIT_FILTER_BYTES / 2)
		return shape(rd, &second, "in needs a list of values");
	f->values = ARENA_ARRAY(rd->arena, n, struct filter_value);
	for (; f->n_values < n; f->n_values++) {
		struct json_place third = {.up = &second, .at = f->n_values};
		struct filter_value *v = &f->values[f->n_values];
		TRY(at_place(rd, &third, read_raw(rd, json_array_get(list, f->n_values), &raw)));
		TRY(at_place(rd, &third, filter_value_check(rd, scope, f->path.field, FILTER_IN, &raw, v)));
		const char *teams = filter_teams_name(v->kind);
		if (teams != NULL)
			return at_place(
			        rd, &third,
			        filter_fail(rd, 0, "wrong_type", "@%s are several: they stand without [ ]", teams));
	}
	return ERR_OK;
}

static enum err read_list(struct filter_reader *rd, const struct filter_scope *scope, const json_t *j,
                          enum filter_op op, const struct json_place *place, int level, struct filter **ret_filter)
{
	struct json_place first = {.up = place, .at = 1}, second = {.up = place, .at = 2},
	                  fourth = {.up = place, .at = 4};
	struct filter_path path;
	struct filter_scope inner;
	struct filter *sub = NULL;
	const char *name = text_at(j, 1);
	const json_t *x = json_array_get(j, 2);
	size_t n = json_array_size(j);
	bool negated = false;

	if (name == NULL || (op == FILTER_COUNT ? n != 5 : n != 2 && n != 3))
		return shape(rd, place,
		             op == FILTER_COUNT ? "write [\"count\", list, condition or null, \"<\", 3]"
		                                : "write [\"any\", list] or [\"any\", list, condition]");
	TRY(at_place(rd, &first, filter_list_resolve(rd, scope, name, strlen(name), 0, &path, &inner)));
	if (x && !json_is_null(x))
		TRY(read_node(rd, &inner, x, &second, level + 1, &sub));
	struct filter *f = filter_leaf(rd, op, &path);
	if (op == FILTER_COUNT) {
		const char *sign = text_at(j, 3);
		struct raw_value raw;
		if (sign == NULL || !filter_op_of_sign(sign, strlen(sign), &f->compare, &negated))
			return shape(rd, place, "count compares by one of = != < <= > >=");
		f->values = ARENA_NEW(rd->arena, struct filter_value);
		f->n_values = 1;
		TRY(at_place(rd, &fourth, read_raw(rd, json_array_get(j, 4), &raw)));
		TRY(at_place(rd, &fourth, filter_count_check(rd, &raw, f->values)));
	}
	TRY(at_place(rd, place, filter_set_sub(rd, f, sub, 0)));
	if (negated)
		return at_place(rd, place, filter_negate(rd, f, 0, ret_filter));
	*ret_filter = f;
	return ERR_OK;
}

static enum err read_group(struct filter_reader *rd, const struct filter_scope *scope, const json_t *j,
                           enum filter_op op, const struct json_place *place, int level, struct filter **ret_filter)
{
	size_t n = json_array_size(j) - 1, nodes = 1;

	if (n == 0 || n > LIMIT_FILTER_NODES)
		return n ? at_place(rd, place,
		                    filter_fail(rd, 0, "too_long", "more than %d conditions and groups",
		                                LIMIT_FILTER_NODES))
		         : shape(rd, place, "a group needs at least one condition");
	struct filter **kids = ARENA_ARRAY(rd->arena, n, struct filter *);
	for (size_t i = 0; i < n; i++) {
		struct json_place here = {.up = place, .at = i + 1};
		TRY(read_node(rd, scope, json_array_get(j, i + 1), &here, level + 1, &kids[i]));
		nodes += kids[i]->size;
		if (nodes > LIMIT_FILTER_NODES + 1)
			break;
	}
	if (nodes > LIMIT_FILTER_NODES + 1)
		return at_place(
		        rd, place,
		        filter_fail(rd, 0, "too_long", "more than %d conditions and groups", LIMIT_FILTER_NODES));
	return at_place(rd, place, filter_group(rd, op, kids, n, 0, ret_filter));
}

static enum err read_compare(struct filter_reader *rd, const struct filter_scope *scope, const json_t *j,
                             const struct json_place *place, const char *word, struct filter **ret_filter)
{
	struct json_place first = {.up = place, .at = 1}, second = {.up = place, .at = 2};
	const char *name = text_at(j, 1);
	struct filter_path path;
	struct raw_value raw;
	enum filter_op op;
	bool negated = false;

	if (strcmp(word, "empty") == 0)
		op = FILTER_EMPTY;
	else if (strcmp(word, "in") == 0)
		op = FILTER_IN;
	else if (strcmp(word, "contains") == 0)
		op = FILTER_CONTAINS;
	else if (!filter_op_of_sign(word, strlen(word), &op, &negated))
		return at_place(rd, place, filter_fail(rd, 0, "syntax", "%.60s is not an operator", word));
	if (name == NULL || json_array_size(j) != (op == FILTER_EMPTY ? 2 : 3))
		return shape(rd, place,
		             op == FILTER_EMPTY ? "write [\"empty\", path]" : "write [operator, path, value]");
	TRY(at_place(rd, &first, filter_path_resolve(rd, scope, name, strlen(name), 0, &path)));
	TRY(at_place(rd, place, filter_check_op(rd, path.field, op, 0)));
	struct filter *f = filter_leaf(rd, op, &path);
	if (op == FILTER_IN) {
		TRY(read_in(rd, scope, j, place, f));
	} else if (op != FILTER_EMPTY) {
		f->values = ARENA_NEW(rd->arena, struct filter_value);
		f->n_values = 1;
		TRY(at_place(rd, &second, read_raw(rd, json_array_get(j, 2), &raw)));
		TRY(at_place(rd, &second, filter_value_check(rd, scope, path.field, op, &raw, f->values)));
	}
	if (negated)
		return at_place(rd, place, filter_negate(rd, f, 0, ret_filter));
	*ret_filter = f;
	return ERR_OK;
}

static enum err read_node(struct filter_reader *rd, const struct filter_scope *scope, const json_t *j,
                          const struct json_place *place, int level, struct filter **ret_filter)
{
	const char *word = text_at(j, 0);
	struct filter *x;

	if (level > LIMIT_FILTER_DEPTH)
		return at_place(rd, place,
		                filter_fail(rd, 0, "too_deep", "nested more than %d deep", LIMIT_FILTER_DEPTH));
	if (!json_is_array(j) || word == NULL)
		return shape(rd, place, "a condition is a list that begins with its operator");
	if (strcmp(word, "and") == 0 || strcmp(word, "or") == 0)
		return read_group(rd, scope, j, word[0] == 'a' ? FILTER_AND : FILTER_OR, place, level, ret_filter);
	if (strcmp(word, "not") == 0) {
		struct json_place first = {.up = place, .at = 1};
		if (json_array_size(j) != 2)
			return shape(rd, place, "write [\"not\", condition]");
		TRY(read_node(rd, scope, json_array_get(j, 1), &first, level + 1, &x));
		return at_place(rd, place, filter_negate(rd, x, 0, ret_filter));
	}
	if (strcmp(word, "all") == 0) {
		if (json_array_size(j) != 1)
			return shape(rd, place, "write [\"all\"]");
		*ret_filter = filter_leaf(rd, FILTER_ALL, NULL);
		return ERR_OK;
	}
	if (strcmp(word, "any") == 0)
		return read_list(rd, scope, j, FILTER_ANY, place, level, ret_filter);
	if (strcmp(word, "none") == 0)
		return read_list(rd, scope, j, FILTER_NONE, place, level, ret_filter);
	if (strcmp(word, "count") == 0)
		return read_list(rd, scope, j, FILTER_COUNT, place, level, ret_filter);
	return read_compare(rd, scope, j, place, word, ret_filter);
}

enum err filter_parse_json(struct arena *a, const struct model *m, const struct type *t, const json_t *j,
                           struct filter **ret_filter, struct filter_fault *ret_fault)
{
	struct filter_fault fault = {.code = "", .message = ""};
	struct filter_reader rd = {.arena = a, .model = m, .fault = &fault};
	const struct filter_scope scope = {.type = t};
	const struct json_place top = {0};
	struct filter *f = NULL;
	struct buf text;

	enum err e = read_node(&rd, &scope, j, &top, 1, &f);
	if (e == ERR_OK) {
		/* What can't be written as text couldn't be stored in a view or a URL. */
		buf_init(&text, a, LIMIT_FILTER_BYTES);
		filter_write_text(&text, f);
		if (text.over)
			e = filter_fail(&rd, 0, "too_long", "a filter has at most %d bytes as text",
			                LIMIT_FILTER_BYTES);
	}
	if (e == ERR_OK)
		*ret_filter = f;
	else if (ret_fault)
		*ret_fault = fault;
	return e;
}

/* Values of a filter as written: checked against the field they are compared with. */
#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "model/filter_tree.h"
#include "model/value_text.h"

static const char *words_of(const struct raw_value *raw)
{
	switch (raw->kind) {
	case RAW_NUMBER: return "the number ";
	case RAW_TEXT: return "the text ";
	case RAW_DATE: return "the date ";
	case RAW_DURATION: return "the duration ";
	case RAW_VAR: return "@";
	default: return "";
	}
}

static const char *what_fits(const struct field *f)
{
	switch (filter_class(f)) {
	case CLASS_TEXT: return "a text in single quotes";
	case CLASS_NUMBER: return f->kind == FIELD_MONEY ? "an amount such as 500.00" : "a number";
	case CLASS_TRUTH: return "true or false";
	case CLASS_DATE: return "a date such as 2026-11-22, today or today + 3d";
	case CLASS_INSTANT: return "a date, today, now or now + 3d";
	case CLASS_CHOICE:
	case CLASS_CHOICES: return "one of its options";
	case CLASS_LINK:
	case CLASS_LINKS: return "an id, @me or another link";
	case CLASS_FILES: return "the id of a file";
	case CLASS_TABLE: return "nothing: use any()";
	}
	return "";
}

static enum err wrong_type(struct filter_reader *rd, const struct field *left, const struct raw_value *raw)
{
	const char *s = raw->kind == RAW_TRUE    ? "true"
	                : raw->kind == RAW_FALSE ? "false"
	                : raw->kind == RAW_NOW   ? "now"
	                : raw->kind == RAW_TODAY ? "today"
	                                         : raw->s;
	size_t len = raw->kind == RAW_TRUE || raw->kind == RAW_FALSE || raw->kind == RAW_NOW || raw->kind == RAW_TODAY
	                     ? strlen(s)
	                     : raw->len;

	return filter_fail(rd, raw->at, "wrong_type", "%s is a %s and does not compare with %s%.*s: write %s",
	                   left->name, field_kind_name(left->kind), words_of(raw), filter_clip(s, len), s,
	                   what_fits(left));
}

static enum err number_value(struct filter_reader *rd, const struct field *left, const struct raw_value *raw,
                             struct value *ret_v)
{
	int scale = filter_scale(left);
	int64_t v;

	if (raw->kind != RAW_NUMBER && !(raw->json && raw->kind == RAW_TEXT))
		return wrong_type(rd, left, raw);
	switch (decimal_parse(arena_strndup(rd->arena, raw->s, raw->len), scale, &v)) {
	case DECIMAL_OK: *ret_v = value_int(v); return ERR_OK;
	case DECIMAL_PRECISE:
		return filter_fail(rd, raw->at, "bad_value", "%.*s: %s has %d decimals", filter_clip(raw->s, raw->len),
		                   raw->s, left->name, scale);
	case DECIMAL_LARGE:
		return filter_fail(rd, raw->at, "bad_value", "%.*s is too large", filter_clip(raw->s, raw->len),
		                   raw->s);
	case DECIMAL_SYNTAX: break;
	}
	return wrong_type(rd, left, raw);
}

static enum err id_value(struct filter_reader *rd, const struct field *left, const struct raw_value *raw,
                         struct value *ret_v)
{
	int64_t id;

	if (raw->kind == RAW_TEXT && !raw->json)
		return filter_fail(rd, raw->at, "wrong_type", "%s is a %s: write the id %.*s without quotes",
		                   left->name, field_kind_name(left->kind), filter_clip(raw->s, raw->len), raw->s);
	if (raw->kind != RAW_NUMBER && raw->kind != RAW_TEXT)
		return wrong_type(rd, left, raw);
	if (!id_parse(arena_strndup(rd->arena, raw->s, raw->len), &id))
		return filter_fail(rd, raw->at, "bad_value", "%.*s is not an id", filter_clip(raw->s, raw->len),
		                   raw->s);
	*ret_v = value_int(id);
	return ERR_OK;
}

static enum err option_value(struct filter_reader *rd, const struct field *left, const struct raw_value *raw,
                             struct value *ret_v)
{
	struct buf known;

	if (raw->kind != RAW_WORD && raw->kind != RAW_TEXT)
		return wrong_type(rd, left, raw);
	buf_init(&known, rd->arena, 300);
	for (size_t i = 0; i < left->n_options; i++) {
		const char *name = left->options[i].name;
		if (strlen(name) == raw->len && memcmp(name, raw->s, raw->len) == 0) {
			*ret_v = value_text(name);
			return ERR_OK;
		}
		if (known.len < 200)
			buf_printf(&known, "%s%s", i ? ", " : "", name);
	}
	return filter_fail(rd, raw->at, "bad_option", "%.*s is not an option of %s: %s", filter_clip(raw->s, raw->len),
	                   raw->s, left->name, known.data);
}

static enum err time_value(struct filter_reader *rd, const struct field *left, const struct raw_value *raw,
                           struct value *ret_v)
{
	int y, m, d;
	int64_t ms;
	char *s = arena_strndup(rd->arena, raw->s, raw->len);

	if (raw->kind != RAW_DATE && raw->kind != RAW_TEXT)
		return wrong_type(rd, left, raw);
	if (date_parse(s, &y, &m, &d)) {
		*ret_v = value_text(s);
		return ERR_OK;
	}
	if (left->kind == FIELD_DATETIME && raw->kind == RAW_TEXT && instant_parse(s, &ms)) {
		*ret_v = value_int(ms);
		return ERR_OK;
	}
	return filter_fail(rd, raw->at, "bad_value", "%.*s is not a %s: write %s", filter_clip(raw->s, raw->len),
	                   raw->s, left->kind == FIELD_DATE ? "date" : "time", what_fits(left));
}

static enum err literal_value(struct filter_reader *rd, const struct field *left, const struct raw_value *raw,
                              struct value *ret_v)
{
	switch (filter_class(left)) {
	case CLASS_TEXT:
		if (raw->kind != RAW_TEXT)
			return wrong_type(rd, left, raw);
		if (raw->len == 0)
			return filter_fail(rd, raw->at, "bad_value", "'' is no text: write %s is empty", left->name);
		*ret_v = value_textn(arena_strndup(rd->arena, raw->s, raw->len), raw->len);
		return ERR_OK;
	case CLASS_NUMBER: return number_value(rd, left, raw, ret_v);
	case CLASS_TRUTH:
		if (raw->kind != RAW_TRUE && raw->kind != RAW_FALSE)
			return wrong_type(rd, left, raw);
		*ret_v = value_int(raw->kind == RAW_TRUE);
		return ERR_OK;
	case CLASS_DATE:
	case CLASS_INSTANT: return time_value(rd, left, raw, ret_v);
	case CLASS_CHOICE:
	case CLASS_CHOICES: return option_value(rd, left, raw, ret_v);
	case CLASS_LINK:
	case CLASS_LINKS:
	case CLASS_FILES: return id_value(rd, left, raw, ret_v);
	case CLASS_TABLE: break;
	}
	return wrong_type(rd, left, raw);
}

static bool links_to(const struct field *f, const struct type *t)
{
	return t && (f->target == t || (f->target == NULL && t->uses_work));
}

static bool same_target(const struct field *a, const struct field *b)
{
	if (a->target == NULL)
		return b->target == NULL || b->target->uses_work;
	return b->target == NULL ? a->target->uses_work : a->target == b->target;
}

/* May the two fields be compared with this operator? */
static bool fields_compare(const struct field *a, const struct field *b, enum filter_op op)
{
	enum filter_class x = filter_class(a), y = filter_class(b);
	bool equality = op == FILTER_EQ || op == FILTER_IN;

	if (op == FILTER_CONTAINS)
		return x == CLASS_LINKS && y == CLASS_LINK && same_target(a, b);
	if (x == CLASS_CHOICE && y == CLASS_CHOICE)
		return filter_same_options(a, b);
	if (x == CLASS_LINK && y == CLASS_LINK)
		return same_target(a, b);
	if (equality && ((x == CLASS_CHOICE && y == CLASS_TEXT) || (x == CLASS_TEXT && y == CLASS_CHOICE)))
		return true;
	return x == y &&
	       (x == CLASS_TEXT || x == CLASS_NUMBER || x == CLASS_TRUTH || x == CLASS_DATE || x == CLASS_INSTANT);
}

static enum err path_value(struct filter_reader *rd, const struct filter_scope *scope, const struct field *left,
                           enum filter_op op, const struct raw_value *raw, struct filter_value *ret_value)
{
	struct filter_value value = {.kind = FILTER_PATH};

	if (raw->kind == RAW_PATH && filter_class(left) == CLASS_CHOICE && field_option(left, raw->s, NULL))
		return filter_fail(rd, raw->at, "ambiguous", "%s is an option of %s as well as a field", raw->s,
		                   left->name);
	TRY(filter_path_resolve(rd, scope, raw->s, raw->len, raw->at, &value.path));
	const struct field *right = value.path.field;
	if (!fields_compare(left, right, op)) {
		enum filter_class x = filter_class(left), y = filter_class(right);
		if ((x == CLASS_DATE && y == CLASS_INSTANT) || (x == CLASS_INSTANT && y == CLASS_DATE))
			return filter_fail(
			        rd, raw->at, "wrong_type",
			        "%s is a %s and %s a %s: two fields compare only if both are dates or both date-times",
			        left->name, field_kind_name(left->kind), right->name, field_kind_name(right->kind));
		return filter_fail(rd, raw->at, "wrong_type", "%s is a %s and does not compare with %s, a %s: write %s",
		                   left->name, field_kind_name(left->kind), right->name, field_kind_name(right->kind),
		                   what_fits(left));
	}
	*ret_value = value;
	return ERR_OK;
}

static enum err parameter_find(struct filter_reader *rd, const char *name, size_t at, const struct parameter **ret)
{
	*ret = model_parameter(rd->model, name);
	if (*ret == NULL)
		return filter_fail(rd, at, "unknown_name",
		                   "@%.60s is not a parameter; there are @me, @my_teams, @my_units, @shared_teams and "
		                   "the parameters "
		                   "of the packs",
		                   name);
	return ERR_OK;
}

static bool parameter_fits(const struct parameter *p, const struct field *left, enum filter_op op)
{
	switch (filter_class(left)) {
	case CLASS_TEXT: return p->kind == FIELD_TEXT;
	case CLASS_CHOICE: return p->kind == FIELD_TEXT && (op == FILTER_EQ || op == FILTER_IN);
	case CLASS_NUMBER: return p->kind == FIELD_NUMBER || p->kind == FIELD_MONEY;
	case CLASS_TRUTH: return p->kind == FIELD_FLAG;
	default: return false;
	}
}

const char *filter_teams_name(enum filter_value_kind kind)
{
	switch (kind) {
	case FILTER_MY_TEAMS: return "my_teams";
	case FILTER_MY_UNITS: return "my_units";
	case FILTER_SHARED_TEAMS: return "shared_teams";
	default: return NULL;
	}
}

static bool teams_kind(const char *name, enum filter_value_kind *ret_kind)
{
	for (int kind = FILTER_MY_TEAMS; kind <= FILTER_SHARED_TEAMS; kind++) {
		if (strcmp(name, filter_teams_name((enum filter_value_kind)kind)) == 0) {
			*ret_kind = (enum filter_value_kind)kind;
			return true;
		}
	}
	return false;
}

static enum err variable_value(struct filter_reader *rd, const struct field *left, enum filter_op op,
                               const struct raw_value *raw, struct filter_value *ret_value)
{
	struct filter_value value = {0};
	const char *name = arena_strndup(rd->arena, raw->s, raw->len);
	enum filter_class c = filter_class(left);

	if (strcmp(name, "me") == 0) {
		if ((c != CLASS_LINK && c != CLASS_LINKS) || !links_to(left, rd->model->user))
			return filter_fail(rd, raw->at, "wrong_type",
			                   "%s does not link to a user: @me can't stand here", left->name);
		value.kind = FILTER_ME;
	} else if (teams_kind(name, &value.kind)) {
		if (op != FILTER_IN)
			return filter_fail(rd, raw->at, "wrong_type", "@%s are several: write %s in @%s", name,
			                   left->name, name);
		if (c != CLASS_LINK || !links_to(left, rd->model->team))
			return filter_fail(rd, raw->at, "wrong_type",
			                   "%s does not link to a team: @%s can't stand here", left->name, name);
	} else {
		TRY(parameter_find(rd, name, raw->at, &value.parameter));
		value.kind = FILTER_PARAMETER;
		if (!parameter_fits(value.parameter, left, op))
			return filter_fail(rd, raw->at, "wrong_type", "@%s is a %s and does not compare with %s, a %s",
			                   name, field_kind_name(value.parameter->kind), left->name,
			                   field_kind_name(left->kind));
	}
	*ret_value = value;
	return ERR_OK;
}

static enum err time_word(struct filter_reader *rd, const struct field *left, const struct raw_value *raw,
                          struct filter_value *ret_value)
{
	struct filter_value value = {.kind = raw->kind == RAW_NOW ? FILTER_NOW : FILTER_TODAY,
	                             .negative = raw->negative};
	enum filter_class c = filter_class(left);
	enum duration_unit unit;
	int n;

	if (c != CLASS_DATE && c != CLASS_INSTANT)
		return wrong_type(rd, left, raw);
	if (raw->duration && raw->duration[0] == '@') {
		TRY(parameter_find(rd, raw->duration + 1, raw->at, &value.parameter));
		const struct value *v = &value.parameter->value;
		if (v->kind == VALUE_EMPTY)
			v = &value.parameter->preset;
		if (value.parameter->kind != FIELD_TEXT || v->kind != VALUE_TEXT ||
		    !duration_parse(v->s, v->len, &n, &unit))
			return filter_fail(rd, raw->at, "wrong_type", "%s is not a duration", raw->duration);
	} else if (raw->duration) {
		if (!duration_parse(raw->duration, strlen(raw->duration), &n, &unit))
			return filter_fail(rd, raw->at, "bad_value",
			                   "%.60s is not a duration: write 30m, 2h, 3d, 1w, 6mo or 5bd", raw->duration);
		value.duration = raw->duration;
	}
	*ret_value = value;
	return ERR_OK;
}

enum err filter_value_check(struct filter_reader *rd, const struct filter_scope *scope, const struct field *left,
                            enum filter_op op, const struct raw_value *raw, struct filter_value *ret_value)
{
	struct filter_value value = {.kind = FILTER_LITERAL};
	enum filter_class c = filter_class(left);

	switch (raw->kind) {
	case RAW_VAR: return variable_value(rd, left, op, raw, ret_value);
	case RAW_NOW:
	case RAW_TODAY: return time_word(rd, left, raw, ret_value);
	case RAW_PATH: return path_value(rd, scope, left, op, raw, ret_value);
	case RAW_WORD:
		/* An option wins over a field of the same name. */
		if ((c == CLASS_CHOICE || c == CLASS_CHOICES) && literal_value(rd, left, raw, &value.v) == ERR_OK) {
			*ret_value = value;
			return ERR_OK;
		}
		if (c == CLASS_CHOICE || c == CLASS_CHOICES) {
			/* What was noted is about options; if it is no field either, that says more. */
			struct filter_fault about_options = *rd->fault;
			enum err e = path_value(rd, scope, left, op, raw, ret_value);
			if (e != ERR_OK && strcmp(rd->fault->code, "unknown_name") == 0)
				*rd->fault = about_options;
			return e;
		}
		return path_value(rd, scope, left, op, raw, ret_value);
	default:
		TRY(literal_value(rd, left, raw, &value.v));
		*ret_value = value;
		return ERR_OK;
	}
}

enum err filter_count_check(struct filter_reader *rd, const struct raw_value *raw, struct filter_value *ret_value)
{
	struct filter_value value = {.kind = FILTER_LITERAL};
	int64_t n;

	if (raw->kind == RAW_VAR) {
		const char *name = arena_strndup(rd->arena, raw->s, raw->len);
		TRY(parameter_find(rd, name, raw->at, &value.parameter));
		if (value.parameter->kind != FIELD_NUMBER || value.parameter->scale != 0)
			return filter_fail(rd, raw->at, "wrong_type", "@%s is not a whole number", name);
		value.kind = FILTER_PARAMETER;
	} else {
		if (raw->kind != RAW_NUMBER)
			return filter_fail(rd, raw->at, "wrong_type", "count() compares with a whole number such as 3");
		if (decimal_parse(arena_strndup(rd->arena, raw->s, raw->len), 0, &n) != DECIMAL_OK || n < 0 ||
		    n > 1000000)
			return filter_fail(rd, raw->at, "bad_value",
			                   "count() compares with a whole number from 0 to 1000000, not %.*s",
			                   filter_clip(raw->s, raw->len), raw->s);
		value.v = value_int(n);
	}
	*ret_value = value;
	return ERR_OK;
}

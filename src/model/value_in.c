/*
 * value_in.c: one JSON value to a value of a field. Strict: what isn't exactly of the field's kind
 * is a problem with its path, never a guess.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/record_row.h"
#include "model/value_text.h"
#include "model/who.h"

enum { PHONE_DIGITS_MIN = 3, PHONE_DIGITS_MAX = 20, EMAIL_CHARS_MAX = 254, SCALE_MAX = 9 };

/* Beyond this a double no longer tells whole numbers apart. */
#define EXACT_MAX 9007199254740992.0

enum decimal_fault decimal_parse(const char *s, int scale, int64_t *ret_v)
{
	bool negative = *s == '-';
	int64_t v = 0;
	int places = -1, digits = 0;
	for (s += negative; *s != '\0'; s++) {
		if (*s == '.' && places < 0 && digits > 0) {
			places = 0;
			continue;
		}
		if (*s < '0' || *s > '9')
			return DECIMAL_SYNTAX;
		if (places >= scale) {
			if (*s != '0')
				return DECIMAL_PRECISE;
			continue;
		}
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
			return DECIMAL_LARGE;
		digits++;
		if (places >= 0)
			places++;
	}
	if (digits == 0 || s[-1] == '.')
		return DECIMAL_SYNTAX;
	for (int i = places < 0 ? 0 : places; i < scale; i++)
		if (__builtin_mul_overflow(v, 10, &v))
			return DECIMAL_LARGE;
	*ret_v = negative ? -v : v;
	return DECIMAL_OK;
}

static bool lenient(const struct ctx *ctx)
{
	return ctx->origin != NULL && strcmp(ctx->origin, "import") == 0;
}

static enum err wrong_type(struct ctx *ctx, const char *path, const char *want)
{
	return ctx_problem(ctx, ERR_INVALID, path, "wrong_type", "must be %s", want);
}

static enum err text_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	if (!json_is_string(j))
		return wrong_type(ctx, path, "text");
	char *s = text_clean(ctx->arena, json_string_value(j), json_string_length(j));
	bool lines = f->kind == FIELD_LONG_TEXT;
	/* One line: what was pasted with line breaks becomes one. */
	for (char *p = s; !lines && *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	size_t len = strlen(s);
	size_t max = f->max_chars ? f->max_chars : lines ? LIMIT_LONG_TEXT_CHARS : LIMIT_TEXT_CHARS;
	size_t chars = text_chars(s, len);
	if (chars > max)
		return ctx_problem(ctx, ERR_INVALID, path, "too_long", "%zu characters, at most %zu", chars, max);
	*ret = value_textn(s, len);
	return ERR_OK;
}

static enum err phone_in(struct ctx *ctx, const char *path, const json_t *j, struct value *ret)
{
	if (!json_is_string(j))
		return wrong_type(ctx, path, "text");
	const char *given = text_clean(ctx->arena, json_string_value(j), json_string_length(j));
	if (*given == '\0') {
		*ret = value_empty();
		return ERR_OK;
	}
	const char *digits = text_phone(ctx->arena, given, strlen(given));
	size_t n = strlen(digits);
	if (n < PHONE_DIGITS_MIN || n > PHONE_DIGITS_MAX)
		return ctx_problem(ctx, ERR_INVALID, path, "bad_phone", "a telephone number has %d to %d digits",
		                   PHONE_DIGITS_MIN, PHONE_DIGITS_MAX);
	*ret = value_textn(digits, n);
	return ERR_OK;
}

static bool email_like(const char *s)
{
	const char *at = strchr(s, '@');
	if (at == NULL || at == s || strchr(at + 1, '@') != NULL)
		return false;
	const char *dot = strchr(at, '.');
	if (dot == NULL || dot == at + 1 || dot[strlen(dot) - 1] == '.')
		return false;
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++)
		if (*p <= ' ' || *p == '<' || *p == '>' || *p == ',' || *p == ';' || *p == '"')
			return false;
	return true;
}

static enum err email_in(struct ctx *ctx, const char *path, const json_t *j, struct value *ret)
{
	if (!json_is_string(j))
		return wrong_type(ctx, path, "text");
	const char *s = text_clean(ctx->arena, json_string_value(j), json_string_length(j));
	if (*s != '\0' && (text_chars(s, strlen(s)) > EMAIL_CHARS_MAX || !email_like(s)))
		return ctx_problem(ctx, ERR_INVALID, path, "bad_email", "not an e-mail address");
	*ret = value_text(s);
	return ERR_OK;
}

static enum err decimal_problem(struct ctx *ctx, const struct field *f, const char *path, enum decimal_fault fault)
{
	if (fault == DECIMAL_PRECISE)
		return ctx_problem(ctx, ERR_INVALID, path, "too_precise", "at most %d decimal places", f->scale);
	if (fault == DECIMAL_LARGE)
		return ctx_problem(ctx, ERR_INVALID, path, "too_large", "the number is too large");
	return wrong_type(ctx, path, f->kind == FIELD_MONEY ? "an amount such as \"120.50\"" : "a number");
}

static enum err number_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	int64_t v, power = 1;
	enum decimal_fault fault = DECIMAL_OK;
	for (int i = 0; i < f->scale && i < SCALE_MAX; i++)
		power *= 10;
	if (json_is_integer(j)) {
		if (__builtin_mul_overflow((int64_t)json_integer_value(j), power, &v))
			fault = DECIMAL_LARGE;
	} else if (json_is_real(j) && f->kind == FIELD_NUMBER) {
		double scaled = json_real_value(j) * (double)power, whole = round(scaled);
		if (!(fabs(scaled) < EXACT_MAX))
			fault = DECIMAL_LARGE;
		else if (fabs(scaled - whole) > 1e-6 * fmax(1.0, fabs(scaled) * 1e-6))
			fault = DECIMAL_PRECISE;
		else
			v = (int64_t)whole;
	} else if (json_is_string(j) && (f->kind == FIELD_MONEY || lenient(ctx))) {
		if (*json_string_value(j) == '\0') {
			*ret = value_empty();
			return ERR_OK;
		}
		fault = decimal_parse(json_string_value(j), f->scale, &v);
	} else {
		fault = DECIMAL_SYNTAX;
	}
	if (fault != DECIMAL_OK)
		return decimal_problem(ctx, f, path, fault);
	*ret = value_int(v);
	return ERR_OK;
}

static enum err flag_in(struct ctx *ctx, const char *path, const json_t *j, struct value *ret)
{
	static const char *const yes[] = {"true", "1", "是", "yes", "y"}, *const no[] = {"false", "0", "否", "no", "n"};
	if (json_is_boolean(j)) {
		*ret = value_int(json_is_true(j));
		return ERR_OK;
	}
	if (json_is_string(j) && lenient(ctx)) {
		const char *s = text_fold(ctx->arena, json_string_value(j), json_string_length(j));
		for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
			if (strcmp(s, yes[i]) == 0 || strcmp(s, no[i]) == 0) {
				*ret = value_int(strcmp(s, yes[i]) == 0);
				return ERR_OK;
			}
		}
	}
	return wrong_type(ctx, path, "true or false");
}

static enum err time_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	bool date = f->kind == FIELD_DATE;
	const char *want = date ? "a date such as 2026-11-22" : "an instant such as 2026-11-22T07:30:00Z";
	if (!json_is_string(j))
		return wrong_type(ctx, path, want);
	const char *s = json_string_value(j);
	int year, month, day;
	int64_t at;
	if (*s == '\0')
		*ret = value_empty();
	else if (date && date_parse(s, &year, &month, &day))
		*ret = value_text(arena_strdup(ctx->arena, s));
	else if (!date && instant_parse(s, &at))
		*ret = value_int(at);
	else
		return ctx_problem(ctx, ERR_INVALID, path, date ? "bad_date" : "bad_time", "must be %s", want);
	return ERR_OK;
}

static enum err choice_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	if (!json_is_string(j))
		return wrong_type(ctx, path, "the name of an option");
	if (json_string_length(j) == 0) {
		*ret = value_empty();
		return ERR_OK;
	}
	const struct option *option = field_option(f, json_string_value(j), NULL);
	if (option == NULL)
		return ctx_problem(ctx, ERR_INVALID, path, "bad_option", "no such option: %.60s", json_string_value(j));
	*ret = value_text(option->name);
	return ERR_OK;
}

/* May ctx->who know that this record is there? Reading or glancing will do. */
static enum err target_there(struct ctx *ctx, const struct type *t, int64_t id, bool *ret_there)
{
	struct filter *access;
	bool none;
	TRY(access_filter(ctx, t, ACCESS_READ, &access, &none));
	if (access_may_glance(ctx, t)) {
		access = NULL;
		none = false;
	}
	*ret_there = false;
	if (none)
		return ERR_OK;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from ");
	sql_name(&q, t->table);
	SQL(&q, " r where r.id = :id");
	sql_int(&q, "id", id);
	if (access != NULL) {
		SQL(&q, " and ");
		TRY(filter_sql(ctx, &q, access, "r", NULL));
	}
	int64_t n;
	TRY(sql_one_int(ctx, &q, &n));
	*ret_there = n > 0;
	return ERR_OK;
}

static enum err link_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	if (!json_is_string(j))
		return wrong_type(ctx, path, "an id as text");
	int64_t id;
	if (json_string_length(j) == 0) {
		*ret = value_empty();
		return ERR_OK;
	}
	if (!id_parse(json_string_value(j), &id))
		return wrong_type(ctx, path, "an id as text");
	const struct type *t = f->target;
	bool there = true;
	if (t == NULL) {
		enum err e = record_type_of(ctx, id, &t);
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		there = e == ERR_OK;
	}
	if (there)
		TRY(target_there(ctx, t, id, &there));
	if (!there)
		return ctx_problem(ctx, ERR_INVALID, path, "not_found", "there is no such record");
	*ret = value_int(id);
	return ERR_OK;
}

static enum err file_in(struct ctx *ctx, const char *path, const json_t *j, struct value *ret)
{
	int64_t id, n;
	if (!json_is_string(j) || !id_parse(json_string_value(j), &id))
		return wrong_type(ctx, path, "the id of an uploaded file as text");
	struct sql q;
	sql_init(&q, ctx->arena);
	/* Whether a file already tied to a record may stay is decided against the old value, not here. */
	SQL(&q, "select count(*) from file where id = :id and record is null");
	sql_int(&q, "id", id);
	if (ctx->who != NULL && !ctx->who->system) {
		SQL(&q, " and created_by = :by");
		sql_int(&q, "by", ctx->who->id);
	}
	TRY(sql_one_int(ctx, &q, &n));
	if (n == 0)
		return ctx_problem(ctx, ERR_INVALID, path, "not_found", "there is no such file");
	*ret = value_int(id);
	return ERR_OK;
}

static enum err element_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	switch (f->kind) {
	case FIELD_CHOICES: return choice_in(ctx, f, path, j, ret);
	case FIELD_LINKS: return link_in(ctx, f, path, j, ret);
	default: return file_in(ctx, path, j, ret);
	}
}

static enum err list_in(struct ctx *ctx, const struct field *f, const char *path, const json_t *j, struct value *ret)
{
	if (!json_is_array(j))
		return wrong_type(ctx, path, "a list");
	size_t n = json_array_size(j), kept = 0;
	size_t max = f->kind == FIELD_FILES ? LIMIT_FILES_PER_FIELD : LIMIT_LINKS;
	if (n > max)
		return ctx_problem(ctx, ERR_INVALID, path, "too_many", "at most %zu", max);
	struct value *list = ARENA_ARRAY(ctx->arena, n ? n : 1, struct value);
	enum err worst = ERR_OK;
	for (size_t i = 0; i < n; i++) {
		struct value v = value_empty();
		enum err e = element_in(ctx, f, arena_printf(ctx->arena, "%s[%zu]", path, i), json_array_get(j, i), &v);
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		if (e != ERR_OK)
			worst = e;
		bool twice = v.kind == VALUE_EMPTY;
		for (size_t k = 0; k < kept && !twice; k++)
			twice = value_equal(&list[k], &v);
		if (!twice)
			list[kept++] = v;
	}
	if (worst == ERR_OK)
		*ret = kept ? (struct value){.kind = VALUE_LIST, .list = list, .n = kept} : value_empty();
	return worst;
}

enum err value_from_json(struct ctx *ctx, const struct field *f, const char *path, const json_t *j,
                         struct value *ret_value)
{
	if (j == NULL || json_is_null(j)) {
		*ret_value = value_empty();
		return ERR_OK;
	}
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_LONG_TEXT: return text_in(ctx, f, path, j, ret_value);
	case FIELD_PHONE: return phone_in(ctx, path, j, ret_value);
	case FIELD_EMAIL: return email_in(ctx, path, j, ret_value);
	case FIELD_NUMBER:
	case FIELD_MONEY: return number_in(ctx, f, path, j, ret_value);
	case FIELD_FLAG: return flag_in(ctx, path, j, ret_value);
	case FIELD_DATE:
	case FIELD_DATETIME: return time_in(ctx, f, path, j, ret_value);
	case FIELD_CHOICE: return choice_in(ctx, f, path, j, ret_value);
	case FIELD_LINK: return link_in(ctx, f, path, j, ret_value);
	case FIELD_CHOICES:
	case FIELD_LINKS:
	case FIELD_FILES: return list_in(ctx, f, path, j, ret_value);
	case FIELD_TABLE:
	case FIELD_COMPUTED: break;
	}
	return ctx_problem(ctx, ERR_INVALID, path, "read_only", "this field is not set this way");
}

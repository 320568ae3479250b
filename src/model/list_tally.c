/* list_tally.c: how many rows of a list have which value, and are of which month: one reading of them all. */
#include <string.h>

#include "base/clock.h"
#include "model/labels.h"
#include "model/list_plan.h"
#include "model/record_row.h"

enum { ROWS_MAX = 20000, VALUES_MAX = 200, SLOTS_START = 256, MONTHS_OF_YEAR = 12, NAME_BYTES = 64 };

struct tallied {
	struct value value;
	int64_t n;
};

struct tally {
	const struct field *field;
	bool shown;
	struct tallied *list; /* as many as there are different ones; told are the VALUES_MAX that most have */
	size_t n, cap;
	uint32_t *slots; /* 1 + where in the list, by hash; 2 * cap of them */
};

struct tally_run {
	struct ctx *ctx;
	const struct tally_query *query;
	struct tally by[TALLY_FIELDS_MAX], months; /* a month: 12 × year + month from 0 */
	int64_t n;
	bool more;
};

/* ---- asking -------------------------------------------------------------------------------------- */

static bool is_tallied(const struct field *f)
{
	switch (f->kind) {
	case FIELD_CHOICE:
	case FIELD_LINK:
	case FIELD_FLAG:
	case FIELD_TEXT:
	case FIELD_NUMBER: return f->column != NULL;
	default: return false;
	}
}

static enum err field_asked(struct ctx *ctx, const struct type *t, const char *param, const char *name,
                            const struct field **ret_field)
{
	struct list_column c;
	bool month = strcmp(param, "month") == 0;
	TRY(list_column_find(ctx, t, name, &c));
	if (c.link != NULL || !(month ? c.field->kind == FIELD_DATETIME && c.field->column : is_tallied(c.field)))
		return ctx_problem(ctx, ERR_INVALID, param, "wrong_type",
		                   month ? "%s is no point in time" : "%s is no field to count by", name);
	*ret_field = c.field;
	return ERR_OK;
}

enum err tally_parse(struct ctx *ctx, const struct type *t, const char *where, const char *by, const char *month,
                     struct tally_query *ret_query)
{
	struct list_query list;
	TRY(list_query_parse(ctx, t, where, NULL, NULL, NULL, NULL, &list));
	*ret_query = (struct tally_query){.type = t, .where = list.where};
	for (const char *at = by; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, ",");
		if (len == 0 || len >= NAME_BYTES || ret_query->n_by == TALLY_FIELDS_MAX)
			return ctx_problem(ctx, ERR_INVALID, "by", "bad_list", "at most %d fields, by commas",
			                   TALLY_FIELDS_MAX);
		TRY(field_asked(ctx, t, "by", arena_strndup(ctx->arena, at, len), &ret_query->by[ret_query->n_by++]));
		at += len + (at[len] == ',');
	}
	if (month != NULL && *month != '\0')
		TRY(field_asked(ctx, t, "month", month, &ret_query->month));
	return ERR_OK;
}

/* ---- counting ------------------------------------------------------------------------------------ */

static bool same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_INT)
		return a->i == b->i;
	return a->kind != VALUE_TEXT || (a->len == b->len && memcmp(a->s, b->s, a->len) == 0);
}

static size_t hash(const struct value *v)
{
	uint64_t h = v->kind == VALUE_INT ? (uint64_t)v->i : UINT64_C(14695981039346656037);
	for (size_t i = 0; v->kind == VALUE_TEXT && i < v->len; i++)
		h = (h ^ (unsigned char)v->s[i]) * UINT64_C(1099511628211);
	return (size_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* Where it is, or would be. */
static uint32_t *slot_of(const struct tally *t, const struct value *v)
{
	size_t mask = 2 * t->cap - 1, at = hash(v) & mask;
	while (t->slots[at] != 0 && !same(&t->list[t->slots[at] - 1].value, v))
		at = (at + 1) & mask;
	return &t->slots[at];
}

static void grow(struct ctx *ctx, struct tally *t)
{
	struct tally more = *t;
	more.cap = t->cap > 0 ? 2 * t->cap : SLOTS_START;
	more.list = ARENA_ARRAY(ctx->arena, more.cap, struct tallied);
	more.slots = ARENA_ARRAY(ctx->arena, 2 * more.cap, uint32_t);
	for (size_t i = 0; i < t->n; i++) {
		more.list[i] = t->list[i];
		*slot_of(&more, &t->list[i].value) = (uint32_t)i + 1;
	}
	*t = more;
}

static void count(struct ctx *ctx, struct tally *t, struct value v)
{
	if (t->n == t->cap)
		grow(ctx, t);
	uint32_t *slot = slot_of(t, &v);
	if (*slot == 0) {
		if (v.kind == VALUE_TEXT)
			v = value_textn(arena_strndup(ctx->arena, v.s, v.len), v.len);
		t->list[t->n++] = (struct tallied){v, 0};
		*slot = (uint32_t)t->n;
	}
	t->list[*slot - 1].n++;
}

/* How many have one of the values that are not told; what has none is told always. */
static int64_t others(struct tally *t)
{
	int64_t n = 0;
	if (t->n <= VALUES_MAX)
		return 0;
	struct tallied last = t->list[t->n - 1];
	size_t none = last.value.kind == VALUE_EMPTY;
	for (size_t i = VALUES_MAX - none; i < t->n - none; i++)
		n += t->list[i].n;
	if (none)
		t->list[VALUES_MAX - 1] = last;
	t->n = VALUES_MAX;
	return n;
}

static struct value cell(struct rows *rows, const struct field *f, int col)
{
	size_t len = 0;
	if (rows_null(rows, col))
		return value_empty();
	if (f->kind != FIELD_TEXT && f->kind != FIELD_CHOICE)
		return value_int(rows_int(rows, col));
	const char *s = rows_text(rows, col, &len);
	return len > 0 ? value_textn(s, len) : value_empty();
}

static int64_t month_of(const struct ctx *ctx, int64_t at)
{
	struct local_time day;
	zone_local(ctx->zone, at, &day);
	return (int64_t)day.year * MONTHS_OF_YEAR + day.month - 1;
}

static enum err rows_count(struct tally_run *run)
{
	struct ctx *ctx = run->ctx;
	const struct tally_query *asked = run->query;
	struct sql q;
	struct rows *rows;
	bool none;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id");
	for (size_t i = 0; i < asked->n_by; i++) {
		SQL(&q, ", r.");
		sql_name(&q, asked->by[i]->column);
	}
	if (asked->month != NULL) {
		SQL(&q, ", r.");
		sql_name(&q, asked->month->column);
	}
	TRY(list_rows_write(ctx, asked->type, asked->where, &q, &none));
	if (none)
		return ERR_OK;
	SQL(&q, " order by r.id desc limit :n");
	sql_int(&q, "n", ROWS_MAX + 1);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (run->n == ROWS_MAX) {
			run->more = true;
			break;
		}
		/* Long texts, all different: refused in words, before the request's memory is at its end. */
		if (arena_bytes(ctx->arena) > LIMIT_PAGE_BYTES * 2) {
			TRY(rows_done(rows));
			return ctx_problem(ctx, ERR_TOO_LARGE, "by", "too_large",
			                   "too many different texts to count by: ask for fewer fields");
		}
		run->n++;
		for (size_t i = 0; i < asked->n_by; i++)
			count(ctx, &run->by[i], cell(rows, asked->by[i], (int)i + 1));
		int at = (int)asked->n_by + 1;
		if (asked->month != NULL && !rows_null(rows, at))
			count(ctx, &run->months, value_int(month_of(ctx, rows_int(rows, at))));
	}
	return rows_done(rows);
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* Most first, what has none last. */
static int most_first(const void *x, const void *y)
{
	const struct tallied *a = x, *b = y;
	bool a_empty = a->value.kind == VALUE_EMPTY, b_empty = b->value.kind == VALUE_EMPTY;
	if (a_empty != b_empty)
		return a_empty ? 1 : -1;
	return (a->n < b->n) - (a->n > b->n);
}

static int latest_first(const void *x, const void *y)
{
	const struct tallied *a = x, *b = y;
	return (a->value.i < b->value.i) - (a->value.i > b->value.i);
}

static void field_write(struct json_out *out, const struct labels *l, const struct tally *t, int64_t n_others)
{
	json_key(out, t->field->name);
	/* Masked, a value is told nobody by counting it either. */
	if (!t->shown) {
		json_none(out);
		return;
	}
	json_open(out, '{');
	JSON_KEY(out, "values");
	json_open(out, '[');
	for (size_t i = 0; i < t->n; i++) {
		json_open(out, '{');
		JSON_KEY(out, "value");
		labelled_write_json(out, l, t->field, &t->list[i].value);
		JSON_KEY(out, "n");
		json_int(out, t->list[i].n);
		json_close(out, '}');
	}
	json_close(out, ']');
	JSON_KEY(out, "others");
	json_int(out, n_others);
	json_close(out, '}');
}

static void months_write(struct ctx *ctx, struct json_out *out, const struct tally *t)
{
	json_open(out, '[');
	for (size_t i = 0; i < t->n; i++) {
		int64_t month = t->list[i].value.i;
		json_open(out, '{');
		JSON_KEY(out, "month");
		json_text(out, arena_printf(ctx->arena, "%04d-%02d", (int)(month / MONTHS_OF_YEAR),
		                            (int)(month % MONTHS_OF_YEAR) + 1));
		JSON_KEY(out, "n");
		json_int(out, t->list[i].n);
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err tally_write_json(struct ctx *ctx, const struct tally_query *q, struct json_out *out)
{
	struct tally_run *run = ARENA_NEW(ctx->arena, struct tally_run);
	struct labels labels;
	int64_t rest[TALLY_FIELDS_MAX] = {0};
	*run = (struct tally_run){.ctx = ctx, .query = q, .months = {.field = q->month}};
	for (size_t i = 0; i < q->n_by; i++)
		run->by[i] = (struct tally){.field = q->by[i], .shown = access_field(ctx, q->by[i]) == SIGHT_CLEAR};
	TRY(rows_count(run));
	labels_init(&labels, ctx);
	for (size_t i = 0; i < q->n_by; i++) {
		struct tally *t = &run->by[i];
		if (t->n > 0)
			qsort(t->list, t->n, sizeof(t->list[0]), most_first);
		rest[i] = others(t);
		for (size_t k = 0; k < t->n && t->shown; k++)
			labels_want(&labels, t->field, &t->list[k].value);
	}
	if (run->months.n > 0)
		qsort(run->months.list, run->months.n, sizeof(run->months.list[0]), latest_first);
	TRY(labels_resolve(&labels));
	json_open(out, '{');
	JSON_KEY(out, "n");
	json_int(out, run->n);
	JSON_KEY(out, "more");
	json_bool(out, run->more);
	JSON_KEY(out, "by");
	json_open(out, '{');
	for (size_t i = 0; i < q->n_by; i++)
		field_write(out, &labels, &run->by[i], rest[i]);
	json_close(out, '}');
	JSON_KEY(out, "months");
	if (q->month == NULL || access_field(ctx, q->month) != SIGHT_CLEAR)
		json_none(out);
	else
		months_write(ctx, out, &run->months);
	json_close(out, '}');
	return ERR_OK;
}

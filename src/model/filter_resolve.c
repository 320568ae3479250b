/* What the values of a filter come to for one ctx: now, today, me, parameters, literals. */
#include <inttypes.h>

#include "base/clock.h"
#include "model/filter_tree.h"
#include "model/who.h"

bool filter_rank_holds(enum filter_op op, int64_t a, int64_t b)
{
	switch (op) {
	case FILTER_EQ: return a == b;
	case FILTER_LT: return a < b;
	case FILTER_LE: return a <= b;
	case FILTER_GT: return a > b;
	case FILTER_GE: return a >= b;
	default: return false;
	}
}

static struct value parameter_value(const struct ctx *ctx, const struct parameter *p)
{
	/* The generation in use may be another than the one the filter was read with. */
	const struct parameter *now = ctx->model ? model_parameter(ctx->model, p->name) : NULL;

	if (now == NULL || now->kind != p->kind)
		now = p;
	return now->value.kind == VALUE_EMPTY ? now->preset : now->value;
}

/* A value that lies between two steps of the field (5.5 for whole numbers, noon for dates): the
 * comparison moves to the step below. */
static void between(struct filter_plain *plain)
{
	plain->never = plain->op == FILTER_EQ || plain->op == FILTER_IN;
	plain->op = plain->op == FILTER_LT ? FILTER_LE : plain->op == FILTER_GE ? FILTER_GT : plain->op;
}

static void fit_number(int from_scale, int to_scale, struct filter_plain *plain)
{
	int64_t v = plain->v.i;
	bool rest = false;

	for (int i = from_scale; i < to_scale; i++) {
		if (__builtin_mul_overflow(v, 10, &v)) {
			plain->never = plain->op == FILTER_EQ || plain->op == FILTER_IN;
			v = plain->v.i < 0 ? INT64_MIN : INT64_MAX;
			break;
		}
	}
	for (int i = to_scale; i < from_scale; i++) {
		rest |= v % 10 != 0;
		/* Downwards, also below zero; once there is a rest, what is above the floor stays above it. */
		v = v / 10 - (v < 0 && v % 10 != 0);
	}
	plain->v = value_int(v);
	if (rest)
		between(plain);
}

static int64_t date_start(const struct ctx *ctx, const char *date)
{
	struct local_time local = {0};

	date_parse(date, &local.year, &local.month, &local.day);
	return zone_instant(ctx->zone, &local);
}

static char *date_of(struct ctx *ctx, int64_t at_ms)
{
	struct local_time local;
	char *date = arena_alloc(ctx->arena, DATE_BYTES);

	zone_local(ctx->zone, at_ms, &local);
	date_format(local.year, local.month, local.day, date);
	return date;
}

/* now, today and their durations: an instant (INT) or a date (TEXT). */
static enum err time_word(struct ctx *ctx, const struct filter_value *value, struct value *ret_v)
{
	const char *duration = value->duration;
	enum duration_unit unit = UNIT_DAY;
	int64_t ms;
	int n;

	if (value->parameter) {
		struct value v = parameter_value(ctx, value->parameter);
		if (v.kind != VALUE_TEXT) {
			*ret_v = value_empty();
			return ERR_OK;
		}
		duration = v.s;
	}
	if (duration)
		duration_parse(duration, strlen(duration), &n, &unit);
	if (value->kind == FILTER_NOW) {
		ms = ctx->now_ms;
		if (duration)
			TRY(duration_add(ctx, ms, duration, value->negative, &ms));
		*ret_v = value_int(ms);
		return ERR_OK;
	}
	char *date = date_of(ctx, ctx->now_ms);
	if (unit == UNIT_MINUTE || unit == UNIT_HOUR) {
		TRY(duration_add(ctx, date_start(ctx, date), duration, value->negative, &ms));
		*ret_v = value_int(ms);
		return ERR_OK;
	}
	if (duration)
		TRY(duration_add_date(ctx, date, duration, value->negative, date));
	*ret_v = value_text(date);
	return ERR_OK;
}

static void fit_time(struct ctx *ctx, const struct field *left, struct filter_plain *plain)
{
	if (left->kind == FIELD_DATETIME && plain->v.kind == VALUE_TEXT) {
		plain->v = value_int(date_start(ctx, plain->v.s));
	} else if (left->kind == FIELD_DATE && plain->v.kind == VALUE_INT) {
		char *date = date_of(ctx, plain->v.i);
		if (date_start(ctx, date) != plain->v.i)
			between(plain);
		plain->v = value_text(date);
	}
}

enum err filter_resolve(struct ctx *ctx, const struct field *left, enum filter_op op, const struct filter_value *value,
                        struct filter_plain *ret_plain)
{
	struct filter_plain plain = {.op = op};

	switch (value->kind) {
	case FILTER_LITERAL: plain.v = value->v; break;
	case FILTER_ME:
		if (ctx->who && ctx->who->id != 0)
			plain.v = value_int(ctx->who->id);
		break;
	case FILTER_PARAMETER:
		plain.v = parameter_value(ctx, value->parameter);
		if (left && filter_class(left) == CLASS_NUMBER && plain.v.kind == VALUE_INT)
			fit_number(value->parameter->kind == FIELD_MONEY ? 2 : value->parameter->scale,
			           filter_scale(left), &plain);
		break;
	case FILTER_NOW:
	case FILTER_TODAY: TRY(time_word(ctx, value, &plain.v)); break;
	case FILTER_MY_TEAMS:
	case FILTER_MY_UNITS:
	case FILTER_SHARED_TEAMS:
	case FILTER_PATH: return ERR_INTERNAL;
	}
	if (left && (left->kind == FIELD_DATE || left->kind == FIELD_DATETIME))
		fit_time(ctx, left, &plain);
	/* An empty flag counts as false. */
	if (left && filter_class(left) == CLASS_TRUTH && plain.v.kind == VALUE_EMPTY)
		plain.v = value_int(0);
	if (plain.v.kind == VALUE_EMPTY)
		plain.never = true;
	*ret_plain = plain;
	return ERR_OK;
}

static void add_point(struct value *values, size_t *n, struct value v)
{
	for (size_t i = 0; i < *n; i++)
		if (value_equal(&values[i], &v))
			return;
	values[(*n)++] = v;
}

static enum err order_points(struct ctx *ctx, const struct filter *f, struct value **ret_values, size_t *ret_n)
{
	const struct field *field = f->path.field;
	struct filter_plain plain;
	int rank;

	*ret_values = ARENA_ARRAY(ctx->arena, field->n_options + 1, struct value);
	*ret_n = 0;
	TRY(filter_resolve(ctx, field, f->op, f->values, &plain));
	if (plain.never || field_option(field, plain.v.s, &rank) == NULL)
		return ERR_OK;
	for (size_t i = 0; i < field->n_options; i++)
		if (filter_rank_holds(f->op, (int64_t)i, rank))
			(*ret_values)[(*ret_n)++] = value_text(field->options[i].name);
	return ERR_OK;
}

/* What is shared for some types only counts where the team is a field of one of them. */
static void team_points(struct ctx *ctx, const struct filter *f, struct value **ret_values, size_t *ret_n)
{
	const struct who *w = ctx->who ? ctx->who : &who_system;
	enum filter_value_kind kind = f->values[0].kind;
	const struct type *of = f->path.field->of;
	const int64_t *teams = kind == FILTER_MY_UNITS ? w->units : w->teams;
	size_t n_teams = kind == FILTER_MY_UNITS ? w->n_units : w->n_teams, n = 0;

	if (kind != FILTER_SHARED_TEAMS) {
		*ret_values = ARENA_ARRAY(ctx->arena, n_teams + 1, struct value);
		for (size_t i = 0; i < n_teams; i++)
			(*ret_values)[n++] = value_int(teams[i]);
		*ret_n = n;
		return;
	}
	*ret_values = ARENA_ARRAY(ctx->arena, w->n_shared + 1, struct value);
	for (size_t i = 0; i < w->n_shared; i++)
		if (w->shared[i].type[0] == '\0' || (of != NULL && strcmp(w->shared[i].type, of->name) == 0))
			add_point(*ret_values, &n, value_int(w->shared[i].team));
	*ret_n = n;
}

enum err filter_points(struct ctx *ctx, const struct filter *f, struct value **ret_values, size_t *ret_n,
                       bool *ret_paths)
{
	const struct field *field = f->path.field;
	size_t n = 0;

	*ret_paths = false;
	if (filter_in_teams(f)) {
		team_points(ctx, f, ret_values, ret_n);
		return ERR_OK;
	}
	if (f->op != FILTER_EQ && f->op != FILTER_IN) {
		*ret_paths = f->values[0].kind == FILTER_PATH;
		return *ret_paths ? ERR_OK : order_points(ctx, f, ret_values, ret_n);
	}
	struct value *values = ARENA_ARRAY(ctx->arena, f->n_values + 1, struct value);
	for (size_t i = 0; i < f->n_values; i++) {
		struct filter_plain plain;
		if (f->values[i].kind == FILTER_PATH) {
			*ret_paths = true;
			continue;
		}
		TRY(filter_resolve(ctx, field, f->op, &f->values[i], &plain));
		if (!plain.never)
			add_point(values, &n, plain.v);
	}
	*ret_values = values;
	*ret_n = n;
	return ERR_OK;
}

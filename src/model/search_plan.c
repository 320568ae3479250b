/*
 * search_plan.c: access as index tokens. Where a type's access is "one of these links is one of these
 * ids", the index itself leaves out the rest; where it is more than that, the type's own token
 * stands in and rows are checked after. They are always checked after: the index only narrows.
 */
#include "model/search_plan.h"

#include <string.h>

#include "model/access.h"
#include "model/filter.h"
#include "model/lookup_keys.h"
#include "model/record.h"

enum { KEYS_MAX = 1024, PARTS_MAX = 16 };

struct keys {
	const char **list;
	size_t n;
};

static bool key_add(struct keys *keys, const char *token)
{
	for (size_t i = 0; i < keys->n; i++)
		if (strcmp(keys->list[i], token) == 0)
			return true;
	if (keys->n == KEYS_MAX)
		return false;
	keys->list[keys->n++] = token;
	return true;
}

/* The tokens of one point condition on a link to a user or team. */
static bool point_keys(struct ctx *ctx, const struct filter *part, struct keys *keys, size_t *points)
{
	const struct field *f;
	struct value *values;
	size_t n;
	if (!filter_as_points(ctx, part, &f, &values, &n) || !field_is_key(ctx, f))
		return false;
	for (size_t i = 0; i < n; i++)
		if (values[i].kind == VALUE_INT && !key_add(keys, field_key_token(ctx->arena, f, values[i].i)))
			return false;
	*points += n;
	return true;
}

/* A disjunct is narrowed by any one of its conjuncts. */
static bool part_keys(struct ctx *ctx, const struct filter *part, struct keys *keys, size_t *points)
{
	const struct filter *all[PARTS_MAX];
	size_t n = filter_conjuncts(part, all, PARTS_MAX);
	if (point_keys(ctx, part, keys, points))
		return true;
	for (size_t i = 0; i < n && i < PARTS_MAX && n > 1; i++) {
		size_t before = keys->n;
		if (point_keys(ctx, all[i], keys, points))
			return true;
		keys->n = before;
	}
	return false;
}

static bool access_keys(struct ctx *ctx, const struct filter *access, struct keys *keys, size_t *points)
{
	const struct filter *parts[PARTS_MAX];
	size_t n = filter_disjuncts(access, parts, PARTS_MAX), before = keys->n;
	bool all = n > 0 && n <= PARTS_MAX;
	for (size_t i = 0; i < n && all; i++)
		all = part_keys(ctx, parts[i], keys, points);
	if (!all)
		keys->n = before;
	return all;
}

static void field_add(struct search_type *st, const struct field *f)
{
	for (size_t i = 0; f != NULL && i < st->n_fields; i++)
		if (st->fields[i] == f)
			return;
	if (f != NULL)
		st->fields[st->n_fields++] = f;
}

static bool searched(struct ctx *ctx, const struct field *f)
{
	bool any = (f->flags & FIELD_SEARCH) != 0;
	for (size_t i = 0; i < f->n_columns && !any; i++)
		any = (f->columns[i].flags & FIELD_SEARCH) != 0;
	return any && access_field(ctx, f) != SIGHT_HIDDEN;
}

static void choose_fields(struct ctx *ctx, struct search_type *st)
{
	static const char *const also[] = {"number", "state", "stage", "created_at"};
	const struct type *t = st->type;
	st->fields = ARENA_ARRAY(ctx->arena, t->n_fields + 1, const struct field *);
	field_add(st, t->title);
	for (size_t i = 0; i < t->n_fields; i++)
		if (searched(ctx, &t->fields[i]))
			field_add(st, &t->fields[i]);
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		field_add(st, type_field(t, also[i]));
}

static enum err add_type(struct ctx *ctx, const struct type *t, struct search_plan *p, struct keys *keys,
                         size_t *n_open)
{
	struct filter *access;
	bool none;
	TRY(access_filter(ctx, t, ACCESS_READ, &access, &none));
	if (none) {
		p->everything = false;
		return ERR_OK;
	}
	size_t points = 0;
	bool narrowed = access != NULL && access_keys(ctx, access, keys, &points);
	if (access != NULL)
		p->everything = false;
	else
		++*n_open;
	if (narrowed && points == 0)
		return ERR_OK; /* @my_teams of nobody: nothing of this type */
	if (!narrowed && !key_add(keys, arena_printf(ctx->arena, "y_%s", t->name)))
		return ctx_problem(ctx, ERR_INVALID, "q", "too_broad", "choose a type to search in");
	struct search_type *st = &p->types[p->n_types++];
	st->type = t;
	choose_fields(ctx, st);
	return ERR_OK;
}

enum err search_plan_make(struct ctx *ctx, const char *text, const struct type *only, struct search_plan *ret_plan)
{
	struct search_plan p = {.everything = only == NULL};
	struct keys keys = {.list = ARENA_ARRAY(ctx->arena, KEYS_MAX, const char *)};
	text_query(ctx->arena, text, strlen(text), &p.query);
	/* The index holds words that are not his: each hit must be proved. */
	p.query.need_check = p.query.need_check || !sees_internal(ctx);
	p.title_tokens = ARENA_ARRAY(ctx->arena, p.query.n_tokens + 1, const char *);
	for (size_t i = 0; i < p.query.n_tokens; i++)
		p.title_tokens[i] = arena_printf(ctx->arena, SEARCH_TITLE_MARK "%s", p.query.tokens[i]);
	p.types = ARENA_ARRAY(ctx->arena, ctx->model->n_types + 1, struct search_type);
	size_t n_open = 0;
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];
		if ((only == NULL || t == only) && type_is_searched(t))
			TRY(add_type(ctx, t, &p, &keys, &n_open));
	}
	p.mostly_open = n_open * 2 > p.n_types;
	p.keys = (struct search_any){.tokens = keys.list, .n = keys.n};
	*ret_plan = p;
	return ERR_OK;
}

const struct search_type *search_type_of(const struct search_plan *p, const struct type *t)
{
	for (size_t i = 0; i < p->n_types; i++)
		if (p->types[i].type == t)
			return &p->types[i];
	return NULL;
}

/* list_parse.c: the words of a URL into a query. */
#include <string.h>

#include "model/list_plan.h"

static enum err where_parse(struct ctx *ctx, const struct type *t, const char *where, struct list_query *q)
{
	struct filter_fault fault = {0};
	size_t len = where ? strlen(where) : 0;
	if (len == 0)
		return ERR_OK;
	if (len > LIMIT_FILTER_BYTES)
		return ctx_problem(ctx, ERR_INVALID, "where", "too_long", "a filter has at most %d bytes",
		                   LIMIT_FILTER_BYTES);
	enum err e = filter_parse(ctx->arena, ctx->model, t, where, len, &q->where, &fault);
	if (e != ERR_INVALID || ctx->problems.n > 0)
		return e;
	return ctx_problem(ctx, ERR_INVALID, "where", fault.code ? fault.code : "syntax", "at byte %zu: %s", fault.at,
	                   fault.message ? fault.message : "not a filter");
}

/* Calls fn for each word between commas; empty words are left out. */
static enum err each_word(struct ctx *ctx, const char *s,
                          enum err (*fn)(struct ctx *, const char *, struct list_query *), struct list_query *q)
{
	while (s != NULL && *s != '\0') {
		size_t len = strcspn(s, ",");
		if (len > 0)
			TRY(fn(ctx, arena_strndup(ctx->arena, s, len), q));
		s += len + (s[len] == ',');
	}
	return ERR_OK;
}

static enum err sort_word(struct ctx *ctx, const char *word, struct list_query *q)
{
	bool desc = *word == '-';
	const struct field *f = type_field(q->type, word + desc);
	if (f == NULL || access_field(ctx, f) == SIGHT_HIDDEN)
		return ctx_problem(ctx, ERR_INVALID, "sort", f ? "hidden" : "unknown_name",
		                   "no field to sort by: %.60s", word + desc);
	if (q->n_sort == LIST_KEYS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "sort", "too_many", "at most %d fields to sort by", LIST_KEYS_MAX);
	q->sort[q->n_sort++] = (struct sort_key){.field = f, .desc = desc};
	return ERR_OK;
}

static enum err column_word(struct ctx *ctx, const char *word, struct list_query *q)
{
	struct list_column column;
	TRY(list_column_find(ctx, q->type, word, &column));
	if (q->n_columns == sizeof(q->columns) / sizeof(q->columns[0]))
		return ctx_problem(ctx, ERR_INVALID, "columns", "too_many", "too many columns");
	q->columns[q->n_columns++] = word;
	return ERR_OK;
}

static enum err limit_parse(struct ctx *ctx, const char *s, struct list_query *q)
{
	enum { LIMIT_PRESET = 25 };
	q->limit = LIMIT_PRESET;
	if (s == NULL || *s == '\0')
		return ERR_OK;
	char *end;
	long n = strtol(s, &end, 10);
	if (end == s || *end != '\0' || n < 1 || n > LIMIT_PAGE_ROWS)
		return ctx_problem(ctx, ERR_INVALID, "limit", "out_of_range", "1 to %d", LIMIT_PAGE_ROWS);
	q->limit = (size_t)n;
	return ERR_OK;
}

enum err list_column_find(struct ctx *ctx, const struct type *t, const char *name, struct list_column *ret_column)
{
	struct list_column c = {.name = name};
	const char *dot = strchr(name, '.');
	if (dot == NULL) {
		c.field = type_field(t, name);
	} else {
		c.link = type_field(t, arena_strndup(ctx->arena, name, (size_t)(dot - name)));
		if (c.link != NULL && c.link->kind == FIELD_LINK && c.link->target != NULL && c.link->column != NULL)
			c.field = type_field(c.link->target, dot + 1);
		if (c.link != NULL && access_field(ctx, c.link) != SIGHT_CLEAR)
			return ctx_problem(ctx, ERR_INVALID, "columns", "hidden", "the column %.60s can't be shown",
			                   name);
	}
	if (c.field == NULL)
		return ctx_problem(ctx, ERR_INVALID, "columns", "unknown_name", "no such column: %.60s", name);
	if (access_field(ctx, c.field) == SIGHT_HIDDEN)
		return ctx_problem(ctx, ERR_INVALID, "columns", "hidden", "the column %.60s can't be shown", name);
	*ret_column = c;
	return ERR_OK;
}

enum err list_query_parse(struct ctx *ctx, const struct type *t, const char *where, const char *sort,
                          const char *columns, const char *limit, const char *after, struct list_query *ret_query)
{
	struct list_query q = {.type = t, .after = after && *after ? after : NULL};
	TRY(where_parse(ctx, t, where, &q));
	TRY(access_check_filter(ctx, q.where));
	TRY(each_word(ctx, sort, sort_word, &q));
	TRY(each_word(ctx, columns, column_word, &q));
	TRY(limit_parse(ctx, limit, &q));
	*ret_query = q;
	return ERR_OK;
}

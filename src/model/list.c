/* list.c: ids and counts of a list. */
#include "model/list_plan.h"
#include "model/same.h"

enum err list_ids(struct ctx *ctx, const struct list_query *q, int64_t *ret_ids, size_t *ret_n, const char **ret_next)
{
	struct list_plan plan;
	TRY(list_plan_make(ctx, q, &plan));
	struct list_row *rows = ARENA_ARRAY(ctx->arena, q->limit + 1, struct list_row);
	size_t n = 0;
	bool more = false;
	TRY(list_plan_rows(ctx, &plan, q->after, q->limit, rows, &n, &more));
	for (size_t i = 0; i < n; i++)
		ret_ids[i] = rows[i].id;
	*ret_n = n;
	*ret_next = more ? list_cursor(ctx, &plan, &rows[n - 1]) : NULL;
	return ERR_OK;
}

enum err list_count(struct ctx *ctx, const struct type *t, struct filter *where, size_t stop, int64_t *ret_n)
{
	struct filter *access;
	bool none;
	TRY(access_check_filter(ctx, where));
	where = same_without_merged(ctx, t, where);
	TRY(access_filter(ctx, t, ACCESS_READ, &access, &none));
	if (none) {
		*ret_n = 0;
		return ERR_OK;
	}
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from ");
	sql_name(&q, t->table);
	SQL(&q, " r where 1 = 1");
	if (where != NULL && !filter_is_all(where)) {
		SQL(&q, " and (");
		TRY(filter_sql(ctx, &q, where, "r", access_inside));
		SQL(&q, ")");
	}
	if (access != NULL) {
		SQL(&q, " and (");
		TRY(filter_sql(ctx, &q, access, "r", NULL));
		SQL(&q, ")");
	}
	SQL(&q, " limit :n) counted");
	sql_int(&q, "n", (int64_t)stop + 1);
	return sql_one_int(ctx, &q, ret_n);
}

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

enum err list_rows_write(struct ctx *ctx, const struct type *t, struct filter *where, struct sql *q, bool *ret_none)
{
	struct filter *access;
	TRY(access_check_filter(ctx, where));
	where = same_without_merged(ctx, t, where);
	TRY(access_filter(ctx, t, ACCESS_READ, &access, ret_none));
	SQL(q, " from ");
	sql_name(q, t->table);
	SQL(q, " r where 1 = 1");
	if (where != NULL && !filter_is_all(where)) {
		SQL(q, " and (");
		TRY(filter_sql(ctx, q, where, "r", access_inside));
		SQL(q, ")");
	}
	if (access != NULL && !*ret_none) {
		SQL(q, " and (");
		TRY(filter_sql(ctx, q, access, "r", NULL));
		SQL(q, ")");
	}
	return ERR_OK;
}

enum err list_shares(struct ctx *ctx, const struct type *t, struct filter *where, const struct field *link, size_t most,
                     struct list_share *ret_list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	bool none;
	*ret_n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.");
	sql_name(&q, link->column);
	SQL(&q, ", count(*)");
	TRY(list_rows_write(ctx, t, where, &q, &none));
	if (none)
		return ERR_OK;
	SQL(&q, " and r.");
	sql_name(&q, link->column);
	SQL(&q, " is not null group by r.");
	sql_name(&q, link->column);
	SQL(&q, " order by 2 desc, 1 limit :n");
	sql_int(&q, "n", (int64_t)most);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (*ret_n < most)
			ret_list[(*ret_n)++] = (struct list_share){.target = rows_int(rows, 0), .n = rows_int(rows, 1)};
	return rows_done(rows);
}

enum err list_count(struct ctx *ctx, const struct type *t, struct filter *where, size_t stop, int64_t *ret_n)
{
	struct sql q;
	bool none;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1");
	TRY(list_rows_write(ctx, t, where, &q, &none));
	if (none) {
		*ret_n = 0;
		return ERR_OK;
	}
	SQL(&q, " limit :n) counted");
	sql_int(&q, "n", (int64_t)stop + 1);
	return sql_one_int(ctx, &q, ret_n);
}

enum err list_sum(struct ctx *ctx, const struct type *t, struct filter *where, const struct field *f, int64_t *ret_sum)
{
	struct sql q;
	bool none;
	sql_init(&q, ctx->arena);
	SQL(&q, "select cast(coalesce(sum(r.");
	sql_name(&q, f->column);
	SQL(&q, "), 0) as bigint)");
	TRY(list_rows_write(ctx, t, where, &q, &none));
	if (none) {
		*ret_sum = 0;
		return ERR_OK;
	}
	return sql_one_int(ctx, &q, ret_sum);
}

/* work_wait.c: since when something waits for him, and who made it wait: the first groups of the workbench. */
#include <string.h>

#include "flow/work.h"

/* ---- approvals are found by themselves: what is approved need not be work -------------------------------- */

static void where_seat(const struct bench *b, struct sql *q)
{
	SQL(q,
	    "a.id in (select s.approval from approval_seat s join approval x on x.id = s.approval and x.step = s.step "
	    "where x.state = 'running' and s.vote is null and s.asked_at is not null and s.user_id = ");
	sql_value_int(q, b->me);
	SQL(q, ")");
}

enum err approvals_waiting(struct ctx *ctx, const struct bench *b, size_t limit, int64_t *ids, const char **types,
                           size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select a.record, a.type from approval a where ");
	where_seat(b, &q);
	SQL(&q, " order by a.id limit ");
	sql_value_int(&q, (int64_t)limit);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < limit && rows_next(rows)) {
		ids[n] = rows_int(rows, 0);
		types[n++] = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
	}
	*ret_n = n;
	return rows_done(rows);
}

enum err approvals_waiting_count(struct ctx *ctx, const struct bench *b, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from approval a where ");
	where_seat(b, &q);
	SQL(&q, " limit ");
	sql_value_int(&q, LIMIT_COUNT + 1);
	SQL(&q, ") x");
	return sql_one_int(ctx, &q, ret_n);
}

/* ---- since when, by whom ---------------------------------------------------------------------------------- */

/* One row of id, instant, person, other instant. */
static enum err since_read(struct ctx *ctx, struct sql *q, struct work_since *s)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	if (rows_next(rows))
		*s = (struct work_since){.id = rows_int(rows, 0),
		                         .at = rows_int(rows, 1),
		                         .by = rows_int(rows, 2),
		                         .until = rows_int(rows, 3)};
	return rows_done(rows);
}

enum err work_since(struct ctx *ctx, const struct bench *b, struct work_row *row)
{
	const char *g = row->group;
	struct sql q;
	sql_init(&q, ctx->arena);
	if (strcmp(g, "offer") == 0) {
		SQL(&q, "select id, made_at, null, until from offer where record = :record and user_id = :me and "
		        "state = 'ringing'");
		sql_int(&q, "me", b->me);
	} else if (strcmp(g, "approval") == 0) {
		SQL(&q, "select a.id, s.asked_at, a.started_by, s.due_at from approval a join approval_seat s on "
		        "s.approval = a.id and s.step = a.step where a.record = :record and a.state = 'running' and "
		        "s.vote is null and s.asked_at is not null and s.user_id = :me order by s.id limit 1");
		sql_int(&q, "me", b->me);
	} else if (strcmp(g, "hand_over") == 0) {
		SQL(&q, "select id, at, actor, null from event where record = :record and kind in ('handed_over', "
		        "'created', 'did') order by case when kind = 'handed_over' then 0 else 1 end, id desc limit 1");
	} else if (strcmp(g, "returned") == 0 || strcmp(g, "chased") == 0) {
		SQL(&q, "select record, at, actor, null from attention where record = :record and kind = :kind");
		sql_text(&q, "kind", g);
	} else {
		return ERR_OK;
	}
	sql_int(&q, "record", row->r->id);
	TRY(since_read(ctx, &q, &row->since));
	return row->since.by == 0 ? ERR_OK
	                          : record_titles(ctx, ctx->model->user, &row->since.by, 1, &row->since.by_name);
}

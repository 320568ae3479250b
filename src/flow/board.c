/* board.c: how many clocks are breached, nearly so, or run, by team and person; and which. */
#include "flow/board.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "flow/board_row.h"

enum { CELLS_MAX = 2000 };

/* ---- whose ---------------------------------------------------------------------------------------------- */

/* Sent to a team that has not taken it yet: nobody there does it, and who sent it waits himself. */
static void sql_untaken(struct sql *q)
{
	SQL(q, "c.record in (select w.id from work w where w.pending_team = w.team)");
}

static void owner_where(const struct board *b, struct sql *q)
{
	if (b->query->owner > 0) {
		SQL(q, " and c.owner = ");
		sql_value_int(q, b->query->owner);
		SQL(q, " and not ");
		sql_untaken(q);
	} else if (b->query->owner < 0) {
		SQL(q, " and (c.owner is null or ");
		sql_untaken(q);
		SQL(q, ")");
	}
}

/* ` from clock c … where …`: what he may read of one type. False: nothing. */
static enum err board_from(struct ctx *ctx, const struct board *b, const struct type *t, struct sql *q, bool *ret_any)
{
	struct filter *f;
	bool none;
	*ret_any = false;
	if (t->n_clocks == 0 || (b->query->type != NULL && strcmp(b->query->type, t->name) != 0))
		return ERR_OK;
	TRY(access_filter(ctx, t, ACCESS_READ, &f, &none));
	if (none)
		return ERR_OK;
	*ret_any = true;
	SQL(q, " from clock c");
	if (f != NULL) {
		SQL(q, " join ");
		sql_name(q, t->table);
		SQL(q, " r on r.id = c.record and ");
		TRY(filter_sql(ctx, q, f, "r", NULL));
	}
	SQL(q, " where c.type = ");
	sql_value_text(q, t->name);
	if (b->query->team != 0) {
		SQL(q, " and c.team = ");
		sql_value_int(q, b->query->team);
	}
	owner_where(b, q);
	return ERR_OK;
}

static struct board_cell *cell_of(struct board *b, int64_t team, int64_t owner)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->cells[i].team == team && b->cells[i].owner == owner)
			return &b->cells[i];
	if (b->n == CELLS_MAX)
		return NULL;
	b->cells[b->n] = (struct board_cell){.team = team, .owner = owner};
	return &b->cells[b->n++];
}

/* ---- counting --------------------------------------------------------------------------------------------- */

static enum err type_count(struct ctx *ctx, struct board *b, const struct type *t)
{
	struct sql q;
	struct rows *rows;
	bool any;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(c.team, 0), case when ");
	sql_untaken(&q);
	SQL(&q, " then 0 else coalesce(c.owner, 0) end, "
	        "sum(case when c.breached_at is not null or c.due_at <= :now then 1 else 0 end), "
	        "sum(case when c.breached_at is null and c.due_at > :now and (c.due_at <= :soon or c.warned_at is not "
	        "null) then 1 else 0 end), sum(case when c.outcome = 'running' then 1 else 0 end), "
	        "sum(case when c.outcome = 'paused' then 1 else 0 end), coalesce(min(c.due_at), 0)");
	TRY(board_from(ctx, b, t, &q, &any));
	if (!any)
		return ERR_OK;
	SQL(&q, " and c.outcome in ('running', 'paused') group by 1, 2");
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "soon", ctx->now_ms + b->query->within_ms);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		struct board_cell *c = cell_of(b, rows_int(rows, 0), rows_int(rows, 1));
		int64_t oldest = rows_int(rows, 6);
		if (c == NULL)
			continue;
		c->breached += rows_int(rows, 2);
		c->soon += rows_int(rows, 3);
		c->running += rows_int(rows, 4);
		c->paused += rows_int(rows, 5);
		if (oldest != 0 && (c->oldest_due == 0 || oldest < c->oldest_due))
			c->oldest_due = oldest;
	}
	return rows_done(rows);
}

static int by_team(const void *x, const void *y)
{
	const struct board_cell *a = x, *b = y;
	if (a->team != b->team)
		return a->team < b->team ? -1 : 1;
	/* Whom it presses most comes first. */
	if (a->breached != b->breached)
		return a->breached > b->breached ? -1 : 1;
	if (a->soon != b->soon)
		return a->soon > b->soon ? -1 : 1;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* ---- the most pressing -------------------------------------------------------------------------------------- */

static void pressing_add(struct board *b, struct board_pick pick)
{
	size_t at = b->n_picks;
	while (at > 0 && (b->picks[at - 1].due > pick.due ||
	                  (b->picks[at - 1].due == pick.due && b->picks[at - 1].clock > pick.clock)))
		at--;
	if (at >= b->query->limit + 1)
		return;
	if (b->n_picks == b->query->limit + 1)
		b->n_picks--;
	memmove(&b->picks[at + 1], &b->picks[at], (b->n_picks - at) * sizeof(b->picks[0]));
	b->picks[at] = pick;
	b->n_picks++;
}

static enum err type_pick(struct ctx *ctx, struct board *b, const struct type *t)
{
	struct sql q;
	struct rows *rows;
	bool any;
	sql_init(&q, ctx->arena);
	SQL(&q, "select c.id, c.record, c.due_at");
	TRY(board_from(ctx, b, t, &q, &any));
	if (!any)
		return ERR_OK;
	SQL(&q,
	    " and c.outcome = 'running' and c.due_at is not null and (c.due_at > :due or (c.due_at = :due and c.id > "
	    ":id)) order by c.due_at, c.id limit :n");
	sql_int(&q, "due", b->after_due);
	sql_int(&q, "id", b->after_clock);
	sql_int(&q, "n", (int64_t)b->query->limit + 1);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		pressing_add(b, (struct board_pick){.type = t,
		                                    .clock = rows_int(rows, 0),
		                                    .record = rows_int(rows, 1),
		                                    .due = rows_int(rows, 2)});
	return rows_done(rows);
}

static enum err place_read(struct ctx *ctx, struct board *b)
{
	long long due, id;
	char rest;
	b->after_due = INT64_MIN;
	if (b->query->after == NULL || *b->query->after == '\0')
		return ERR_OK;
	if (sscanf(b->query->after, "%lld.%lld%c", &due, &id, &rest) != 2)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "wrong_type", "`after` is what `next` gave");
	b->after_due = due;
	b->after_clock = id;
	return ERR_OK;
}

enum err board_write_json(struct ctx *ctx, const struct board_query *query, struct json_out *out)
{
	struct board b = {.query = query};
	if (query->type != NULL && model_type(ctx->model, query->type) == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "type", "unknown_type", "there is no type %.60s", query->type);
	TRY(place_read(ctx, &b));
	b.cells = ARENA_ARRAY(ctx->arena, CELLS_MAX, struct board_cell);
	b.picks = ARENA_ARRAY(ctx->arena, query->limit + 2, struct board_pick);
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		TRY(type_count(ctx, &b, &ctx->model->types[i]));
		TRY(type_pick(ctx, &b, &ctx->model->types[i]));
	}
	if (b.n > 0)
		qsort(b.cells, b.n, sizeof(b.cells[0]), by_team);
	return board_rows_write(ctx, &b, out);
}

/* board.c: how many clocks are breached, nearly so, or run, by team and person; and which. */
#include "flow/board.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "flow/board_row.h"

/* What is counted of one type's clocks in one state, and what is looked at for who may not see all of them: the most
 * pressing first. */
enum { CELLS_MAX = 2000, COUNTED_MAX = 10000, LOOKED_AT_MAX = 50000 };

/* ---- whose ---------------------------------------------------------------------------------------------- */

/* Sent to a team that has not taken it yet: nobody there does it, and who sent it waits himself. */
static void sql_untaken(struct sql *q)
{
	SQL(q, "exists (select 1 from work w where w.id = c.record and w.pending_team = w.team)");
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

/* May he read anything of the type that is asked for? f: NULL: all. */
static enum err board_may(struct ctx *ctx, const struct board *b, const struct type *t, struct filter **ret_f,
                          bool *ret_any)
{
	bool none;
	*ret_any = false;
	if (t->n_clocks == 0 || (b->query->type != NULL && strcmp(b->query->type, t->name) != 0))
		return ERR_OK;
	TRY(access_filter(ctx, t, ACCESS_READ, ret_f, &none));
	*ret_any = !none;
	return ERR_OK;
}

static void clocks_where(const struct board *b, const struct type *t, struct sql *q)
{
	SQL(q, " where c.type = ");
	sql_value_text(q, t->name);
	if (b->query->team != 0) {
		SQL(q, " and c.team = ");
		sql_value_int(q, b->query->team);
	}
	owner_where(b, q);
}

/* Joins the records he may read, where he may not read all. */
static enum err records_join(struct ctx *ctx, const struct type *t, const struct filter *f, struct sql *q)
{
	if (f == NULL)
		return ERR_OK;
	SQL(q, " join ");
	sql_name(q, t->table);
	SQL(q, " r on r.id = c.record and ");
	return filter_sql(ctx, q, f, "r", NULL);
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

enum part { PART_DUE, PART_OPEN, PART_PAUSED, PARTS }; /* runs to a due time, runs without one, stands still */

static void part_where(enum part part, struct sql *q)
{
	if (part == PART_DUE)
		SQL(q, " and c.outcome = 'running' and c.due_at is not null order by c.due_at");
	else if (part == PART_OPEN)
		SQL(q, " and c.outcome = 'running' and c.due_at is null");
	else
		SQL(q, " and c.outcome = 'paused' order by c.due_at");
}

/* A bounded number of clocks, by an index, the most pressing first. */
static void part_clocks(const struct board *b, const struct type *t, enum part part, struct sql *q)
{
	SQL(q, "select c.record, c.team, c.owner, c.outcome, c.due_at, c.warned_at, c.breached_at from clock c");
	clocks_where(b, t, q);
	part_where(part, q);
}

/* The same, of what he may read: who may read few of many makes nobody wait. */
static enum err part_read(struct ctx *ctx, const struct board *b, const struct type *t, const struct filter *f,
                          enum part part, struct sql *q)
{
	if (f == NULL) {
		part_clocks(b, t, part, q);
		SQL(q, " limit :n");
		sql_int(q, "n", COUNTED_MAX + 1);
		return ERR_OK;
	}
	SQL(q, "select c.* from (");
	part_clocks(b, t, part, q);
	SQL(q, " limit :n) c");
	sql_int(q, "n", LOOKED_AT_MAX + 1);
	return records_join(ctx, t, f, q);
}

static void cell_add(struct board *b, struct rows *rows)
{
	struct board_cell *c = cell_of(b, rows_int(rows, 0), rows_int(rows, 1));
	int64_t oldest = rows_int(rows, 6);
	if (c == NULL) {
		b->more = true;
		return;
	}
	c->breached += rows_int(rows, 2);
	c->soon += rows_int(rows, 3);
	c->running += rows_int(rows, 4);
	c->paused += rows_int(rows, 5);
	if (oldest != 0 && (c->oldest_due == 0 || oldest < c->oldest_due))
		c->oldest_due = oldest;
}

static enum err part_count(struct ctx *ctx, struct board *b, const struct type *t, const struct filter *f,
                           enum part part)
{
	struct sql q;
	struct rows *rows;
	int64_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(c.team, 0), case when ");
	sql_untaken(&q);
	SQL(&q, " then 0 else coalesce(c.owner, 0) end, "
	        "sum(case when c.breached_at is not null or c.due_at <= :now then 1 else 0 end), "
	        "sum(case when c.breached_at is null and c.due_at > :now and (c.due_at <= :soon or c.warned_at is not "
	        "null) then 1 else 0 end), sum(case when c.outcome = 'running' then 1 else 0 end), "
	        "sum(case when c.outcome = 'paused' then 1 else 0 end), coalesce(min(c.due_at), 0) from (");
	TRY(part_read(ctx, b, t, f, part, &q));
	SQL(&q, ") c group by 1, 2");
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "soon", ctx->now_ms + b->query->within_ms);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		n += rows_int(rows, 4) + rows_int(rows, 5);
		cell_add(b, rows);
	}
	b->more = b->more || n > COUNTED_MAX;
	return rows_done(rows);
}

/* Of who may not read all, were there more clocks than were looked at? */
static enum err part_more(struct ctx *ctx, struct board *b, const struct type *t, enum part part)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (");
	part_clocks(b, t, part, &q);
	SQL(&q, " limit :n) c");
	sql_int(&q, "n", LOOKED_AT_MAX + 1);
	TRY(sql_one_int(ctx, &q, &n));
	b->more = b->more || n > LOOKED_AT_MAX;
	return ERR_OK;
}

static enum err type_count(struct ctx *ctx, struct board *b, const struct type *t)
{
	struct filter *f;
	bool any;
	TRY(board_may(ctx, b, t, &f, &any));
	for (enum part part = 0; any && part < PARTS; part++) {
		TRY(part_count(ctx, b, t, f, part));
		if (f != NULL)
			TRY(part_more(ctx, b, t, part));
	}
	return ERR_OK;
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
	struct filter *f;
	bool any;
	TRY(board_may(ctx, b, t, &f, &any));
	if (!any)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select c.id, c.record, c.due_at from clock c");
	TRY(records_join(ctx, t, f, &q));
	clocks_where(b, t, &q);
	SQL(&q, " and c.outcome = 'running' and c.due_at is not null and c.due_at >= :due and (c.due_at > :due or c.id "
	        "> :id) "
	        "order by c.due_at, c.id limit :n");
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

/* clock_row.c: runs of clocks and their spans in the database. */
#include <string.h>

#include "base/ids.h"
#include "flow/clock_run.h"

#define RUN_COLUMNS                                                                                                  \
	"id, record, run, type, name, calendar, target, outcome, started_at, ended_at, due_at, warn_at, warned_at, " \
	"breached_at, reached, owner, team, customer"

static void run_read(struct ctx *ctx, struct rows *rows, struct clock_run *c)
{
	*c = (struct clock_run){.id = rows_int(rows, 0),
	                        .record = rows_int(rows, 1),
	                        .run = (int)rows_int(rows, 2),
	                        .type = arena_strdup(ctx->arena, rows_text(rows, 3, NULL)),
	                        .name = arena_strdup(ctx->arena, rows_text(rows, 4, NULL)),
	                        .calendar = arena_strdup(ctx->arena, rows_text(rows, 5, NULL)),
	                        .target = arena_strdup(ctx->arena, rows_text(rows, 6, NULL)),
	                        .outcome = arena_strdup(ctx->arena, rows_text(rows, 7, NULL)),
	                        .started_at = rows_int(rows, 8),
	                        .ended_at = rows_int(rows, 9),
	                        .due_at = rows_int(rows, 10),
	                        .warn_at = rows_int(rows, 11),
	                        .warned_at = rows_int(rows, 12),
	                        .breached_at = rows_int(rows, 13),
	                        .reached = rows_int(rows, 14),
	                        .owner = rows_int(rows, 15),
	                        .team = rows_int(rows, 16),
	                        .customer = rows_int(rows, 17)};
}

enum err runs_of(struct ctx *ctx, int64_t record, bool all, struct clock_run **ret_list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0, cap = 0;
	struct clock_run *list = NULL, c;
	sql_init(&q, ctx->arena);
	SQL(&q, "select " RUN_COLUMNS " from clock where record = :record order by name, run");
	sql_int(&q, "record", record);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		run_read(ctx, rows, &c);
		if (!all && n > 0 && strcmp(list[n - 1].name, c.name) == 0) {
			list[n - 1] = c;
			continue;
		}
		if (n == cap) {
			struct clock_run *more = ARENA_ARRAY(ctx->arena, cap ? 2 * cap : 4, struct clock_run);
			if (n > 0)
				memcpy(more, list, n * sizeof(*list));
			list = more;
			cap = cap ? 2 * cap : 4;
		}
		list[n++] = c;
	}
	*ret_list = list;
	*ret_n = n;
	return rows_done(rows);
}

enum err clock_load(struct ctx *ctx, int64_t id, struct clock_run *ret_run)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select " RUN_COLUMNS " from clock where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &rows));
	bool there = rows_next(rows);
	if (there)
		run_read(ctx, rows, ret_run);
	TRY(rows_done(rows));
	return there ? ERR_OK : ERR_NOT_FOUND;
}

static void run_binds(struct sql *q, const struct clock_run *c)
{
	sql_int(q, "id", c->id);
	sql_text(q, "calendar", c->calendar);
	sql_text(q, "target", c->target);
	sql_int_or_null(q, "ended_at", c->ended_at);
	sql_text(q, "outcome", c->outcome);
	sql_int_or_null(q, "due_at", c->due_at);
	sql_int_or_null(q, "warn_at", c->warn_at);
	sql_int_or_null(q, "warned_at", c->warned_at);
	sql_int_or_null(q, "breached_at", c->breached_at);
	sql_int(q, "reached", c->reached);
	sql_int_or_null(q, "owner", c->owner);
	sql_int_or_null(q, "team", c->team);
	sql_int_or_null(q, "customer", c->customer);
}

enum err clock_insert(struct ctx *ctx, const struct clock_run *c)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into clock (id, type, record, name, run, calendar, target, started_at, ended_at, outcome, due_at, "
	    "warn_at, warned_at, breached_at, reached, owner, team, customer) values (:id, :type, :record, :name, "
	    ":run, :calendar, :target, :started_at, :ended_at, :outcome, :due_at, :warn_at, :warned_at, "
	    ":breached_at, :reached, :owner, :team, :customer)");
	run_binds(&q, c);
	sql_text(&q, "type", c->type);
	sql_int(&q, "record", c->record);
	sql_text(&q, "name", c->name);
	sql_int(&q, "run", c->run);
	sql_int(&q, "started_at", c->started_at);
	return sql_run(ctx, &q, NULL);
}

enum err clock_update(struct ctx *ctx, const struct clock_run *c)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update clock set calendar = :calendar, target = :target, ended_at = :ended_at, outcome = :outcome, "
	        "due_at = :due_at, warn_at = :warn_at, warned_at = :warned_at, breached_at = :breached_at, "
	        "reached = :reached, owner = :owner, team = :team, customer = :customer where id = :id");
	run_binds(&q, c);
	return sql_run(ctx, &q, NULL);
}

enum err spans_of(struct ctx *ctx, int64_t clock, struct clock_span **ret_list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0, cap = 8;
	struct clock_span *list = ARENA_ARRAY(ctx->arena, cap, struct clock_span);
	sql_init(&q, ctx->arena);
	SQL(&q, "select from_at, to_at, running, why from clock_span where clock = :clock order by from_at, id");
	sql_int(&q, "clock", clock);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (n == cap) {
			struct clock_span *more = ARENA_ARRAY(ctx->arena, 2 * cap, struct clock_span);
			memcpy(more, list, n * sizeof(*list));
			list = more;
			cap *= 2;
		}
		list[n++] = (struct clock_span){
		        .at = {.from = rows_int(rows, 0), .to = rows_int(rows, 1), .running = rows_int(rows, 2) != 0},
		        .why = arena_strdup(ctx->arena, rows_text(rows, 3, NULL))};
	}
	*ret_list = list;
	*ret_n = n;
	return rows_done(rows);
}

enum err span_open(struct ctx *ctx, int64_t clock, int64_t from, bool running, const char *why)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into clock_span (id, clock, from_at, running, why) values (:id, :clock, :from, :running, :why)");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_int(&q, "clock", clock);
	sql_int(&q, "from", from);
	sql_int(&q, "running", running);
	sql_text(&q, "why", why);
	return sql_run(ctx, &q, NULL);
}

/* A machine's clock that was set back makes no span that ends before it began. */
enum err span_close(struct ctx *ctx, int64_t clock, int64_t to, int64_t *ret_to)
{
	struct sql q;
	int64_t from;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(from_at), 0) from clock_span where clock = :clock and to_at is null");
	sql_int(&q, "clock", clock);
	TRY(sql_one_int(ctx, &q, &from));
	*ret_to = to > from ? to : from;
	sql_init(&q, ctx->arena);
	SQL(&q, "update clock_span set to_at = :to where clock = :clock and to_at is null");
	sql_int(&q, "to", *ret_to);
	sql_int(&q, "clock", clock);
	return sql_run(ctx, &q, NULL);
}

enum err clock_show(struct ctx *ctx, const struct clock_def *def, const struct clock_run *c)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, def->due_field->of->table);
	SQL(&q, " set ");
	sql_name(&q, def->due_field->column);
	SQL(&q, " = :due, ");
	sql_name(&q, def->state_field->column);
	SQL(&q, " = :state where id = :id");
	sql_int_or_null(&q, "due", c->due_at);
	sql_text(&q, "state", clock_state(c));
	sql_int(&q, "id", c->record);
	return sql_run(ctx, &q, NULL);
}

/* do_time.c: the supervisor's board and the list of due work. */
#include "flow/board.h"
#include "flow/due.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/filter.h"
#include "model/who.h"
#include "store/store.h"

enum { ROWS_PRESET = 50 };

/* ---- the board -------------------------------------------------------------------------------------- */

struct board_read {
	struct board_query query;
	struct answer *an;
};

static enum err board_read(struct ctx *ctx, void *arg)
{
	struct board_read *b = arg;

	answer_reset(b->an);
	return board_write_json(ctx, &b->query, &b->an->json);
}

static enum err board_id(struct ctx *ctx, const struct request *rq, const char *name, int64_t *ret_id)
{
	const char *text = request_query(rq, name);

	*ret_id = 0;
	if (text == NULL || *text == '\0')
		return ERR_OK;
	if (strcmp(name, "owner") == 0 && strcmp(text, "none") == 0)
		*ret_id = -1;
	else if (!id_parse(text, ret_id))
		return ctx_problem(ctx, ERR_BAD_REQUEST, name, "wrong_type", "must be an id");
	return ERR_OK;
}

enum err do_board(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct board_read b = {.an = an};
	const char *within = request_query(rq, "within");
	int64_t until;

	if (!who_can(ctx, "report") && !who_can(ctx, "bulk"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "needs_right", "needs the right 'report' or 'bulk'");
	TRY(board_id(ctx, rq, "team", &b.query.team));
	TRY(board_id(ctx, rq, "owner", &b.query.owner));
	TRY(duration_add(ctx, ctx->now_ms, within != NULL && *within ? within : "4h", false, &until));
	TRY(request_limit(ctx, rq, ROWS_PRESET, LIMIT_PAGE_ROWS, &b.query.limit));
	b.query.within_ms = until - ctx->now_ms;
	b.query.type = request_query(rq, "type");
	b.query.after = request_query(rq, "after");
	return store_read(ctx, board_read, &b);
}

/* ---- due work ----------------------------------------------------------------------------------------- */

struct due_read {
	const char *state, *after;
	size_t limit;
	struct answer *an;
};

static enum err due_read(struct ctx *ctx, void *arg)
{
	struct due_read *d = arg;

	answer_reset(d->an);
	return due_write_json(ctx, d->state, d->after, d->limit, &d->an->json);
}

enum err do_due(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct due_read d = {.state = request_query(rq, "state"), .after = request_query(rq, "after"), .an = an};

	if (d.state == NULL)
		d.state = "ready";
	TRY(request_limit(ctx, rq, ROWS_PRESET, LIMIT_PAGE_ROWS, &d.limit));
	return store_read(ctx, due_read, &d);
}

static enum err rerun_write(struct ctx *ctx, void *arg)
{
	return due_rerun(ctx, *(int64_t *)arg);
}

enum err do_due_rerun(struct ctx *ctx, struct request *rq, struct answer *an)
{
	int64_t id;

	TRY(request_id(rq, "id", &id));
	TRY(request_write(ctx, rq, rerun_write, &id));
	house_ring(rq->house);
	answer_nothing(an);
	return ERR_OK;
}

/* Under a clock of tests nothing falls due by itself: this works what has by X-Test-Now. */
enum err do_due_run(struct ctx *ctx, struct request *rq, struct answer *an)
{
	size_t worked;

	if (!rq->http->config.test_clock)
		return ERR_NOT_FOUND;
	TRY(due_plan(ctx));
	TRY(due_run_until(ctx, ctx->now_ms, &worked));
	json_open(&an->json, '{');
	json_key(&an->json, "worked");
	json_int(&an->json, (int64_t)worked);
	json_close(&an->json, '}');
	return ERR_OK;
}

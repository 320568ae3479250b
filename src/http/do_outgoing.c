/* do_outgoing.c: messages on their way out, and how one wants to be told. */
#include "flow/moment.h"
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

enum { OUTGOING_PRESET = 50 };

struct outgoing {
	struct outgoing_query query;
	struct answer *an;
	int64_t id;
	bool again;
	const json_t *choices;
};

static enum err list_read(struct ctx *ctx, void *arg)
{
	struct outgoing *o = arg;

	answer_reset(o->an);
	return outgoing_write_json(ctx, &o->query, &o->an->json);
}

enum err do_outgoing(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct outgoing o = {.an = an,
	                     .query = {.state = request_query(rq, "state"), .kind = request_query(rq, "kind")}};
	const char *after = request_query(rq, "after");

	if (after != NULL && !id_parse(after, &o.query.before))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "bad_cursor", "must be what `next` gave");
	TRY(request_limit(ctx, rq, OUTGOING_PRESET, LIMIT_PAGE_ROWS, &o.query.limit));
	return store_read(ctx, list_read, &o);
}

static enum err one_write(struct ctx *ctx, void *arg)
{
	const struct outgoing *o = arg;

	return o->again ? outgoing_again(ctx, o->id) : outgoing_withdraw(ctx, o->id);
}

static enum err one_done(struct ctx *ctx, struct request *rq, struct answer *an, bool again)
{
	struct outgoing o = {.again = again};

	TRY(request_id(rq, "id", &o.id));
	TRY(request_write(ctx, rq, one_write, &o));
	house_ring(rq->house);
	answer_nothing(an);
	return ERR_OK;
}

enum err do_outgoing_again(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return one_done(ctx, rq, an, true);
}

enum err do_outgoing_withdraw(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return one_done(ctx, rq, an, false);
}

/* ---- choices ---------------------------------------------------------------------------------------- */

static enum err choices_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	answer_reset(an);
	return choices_write_json(ctx, &an->json);
}

enum err do_choices_get(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, choices_read, an);
}

static enum err choices_write(struct ctx *ctx, void *arg)
{
	const struct outgoing *o = arg;

	return choices_put(ctx, o->choices);
}

enum err do_choices_put(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct outgoing o = {.choices = json_object_get(rq->json, "choices")};

	TRY(body_only(ctx, rq, "choices,kinds"));
	if (!json_is_object(o.choices))
		return ctx_problem(ctx, ERR_INVALID, "choices", "required", "{\"mail\":{…},\"quiet\":…,\"digest\":…}");
	TRY(request_write(ctx, rq, choices_write, &o));
	return store_read(ctx, choices_read, an);
}

/* do_queues.c: the board of the queues; what rings at one, and what he says to it. */
#include "flow/queue.h"
#include "http/handlers.h"
#include "http/house.h"
#include "http/server.h"
#include "http/write.h"
#include "store/store.h"

static enum err queues_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	answer_reset(an);
	return queues_write_json(ctx, &an->json);
}

enum err do_queues(struct ctx *ctx, struct request *rq, struct answer *an)
{
	if (!who_can(ctx, "report") && !who_can(ctx, "bulk"))
		return ERR_FORBIDDEN;
	return store_read(ctx, queues_read, an);
}

static enum err offers_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	answer_reset(an);
	return offers_write_json(ctx, &an->json);
}

enum err do_offers(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, offers_read, an);
}

/* ---- answers to an offer ------------------------------------------------------------------------------- */

struct answering {
	int64_t offer;
	const char *reason;
};

static enum err accept_run(struct ctx *ctx, struct change *c)
{
	struct answering *a = c->arg;
	struct buf text;
	struct json_out out;
	struct record *r;

	TRY(offer_accept(ctx, a->offer, &r));
	buf_init(&text, ctx->arena, 1024);
	json_out_init(&out, &text);
	json_open(&out, '{');
	json_key(&out, "id");
	json_id(&out, r->id);
	json_key(&out, "type");
	json_text(&out, r->type->name);
	json_key(&out, "version");
	json_int(&out, r->version);
	json_close(&out, '}');
	c->answer = text.data;
	return ERR_OK;
}

enum err do_offer_accept(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct answering a = {0};
	struct change c = {.fn = accept_run, .arg = &a, .status = 200};

	TRY(request_id(rq, "id", &a.offer));
	TRY(change_run(ctx, rq, &c));
	buf_str(&an->body, c.answer);
	return ERR_OK;
}

static enum err refuse_write(struct ctx *ctx, void *arg)
{
	const struct answering *a = arg;

	return offer_refuse(ctx, a->offer, a->reason);
}

enum err do_offer_refuse(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct answering a = {0};

	TRY(body_only(ctx, rq, "reason"));
	TRY(body_text(ctx, rq, "reason", false, &a.reason));
	TRY(request_id(rq, "id", &a.offer));
	TRY(request_write(ctx, rq, refuse_write, &a));
	house_ring(rq->house);
	answer_nothing(an);
	return ERR_OK;
}

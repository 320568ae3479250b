/* do_desk.c: the workbench, intake, incidents. */
#include "flow/flow.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "store/store.h"

/* ---- workbench ------------------------------------------------------------------------------------- */

static enum err work_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	return work_write_json(ctx, &an->json);
}

enum err do_work(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, work_read, an);
}

static enum err counts_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	return work_counts_write_json(ctx, &an->json);
}

enum err do_work_counts(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, counts_read, an);
}

/* ---- intake ---------------------------------------------------------------------------------------- */

/* Changes whose whole answer flow writes inside the transaction: kept as it is under the key. The
 * buffer is begun anew by each run, as memory of a run that was undone is gone. */
struct telling {
	struct request *rq;
	enum err (*write)(struct ctx *ctx, struct telling *t, struct json_out *out);
};

static enum err telling_run(struct ctx *ctx, struct change *c)
{
	struct telling *t = c->arg;
	struct buf b;
	struct json_out out;

	buf_init(&b, ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(t->write(ctx, t, &out));
	c->answer = b.data;
	return ERR_OK;
}

static enum err telling_answer(struct ctx *ctx, struct request *rq, struct answer *an, struct telling *t, int status)
{
	struct change c = {.fn = telling_run, .arg = t, .status = status};

	TRY(change_run(ctx, rq, &c));
	an->status = c.status;
	buf_str(&an->body, c.answer);
	return ERR_OK;
}

static enum err intake_write(struct ctx *ctx, struct telling *t, struct json_out *out)
{
	return flow_intake(ctx, t->rq->json, out);
}

enum err do_intake(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct telling t = {.rq = rq, .write = intake_write};

	TRY(body_only(ctx, rq, "customer,contact,matters"));
	return telling_answer(ctx, rq, an, &t, 201);
}

enum err do_intake_paste(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const char *text;

	TRY(body_only(ctx, rq, "text"));
	TRY(body_text(ctx, rq, "text", true, &text));
	return intake_paste(ctx, text, strlen(text), &an->json);
}

static enum err times_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	return intake_times(ctx, &an->json);
}

enum err do_intake_times(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, times_read, an);
}

/* ---- incidents -------------------------------------------------------------------------------------- */

struct incidents {
	struct list_query query;
	struct answer *an;
};

static enum err incidents_read(struct ctx *ctx, void *arg)
{
	struct incidents *in = arg;

	return list_write_json(ctx, &in->query, &in->an->json);
}

/* What many callers ask about now. A pack without such a type has none. */
enum err do_intake_incidents(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct type *t = model_type(ctx->model, "incident");
	struct incidents in = {.an = an};

	if (t == NULL) {
		buf_str(&an->body, "{\"rows\":[],\"next\":null,\"count\":null}");
		return ERR_OK;
	}
	TRY(list_query_parse(ctx, t, "state = active", NULL, "title,category,scope,wording,expected_at", "50", NULL,
	                     &in.query));
	return store_read(ctx, incidents_read, &in);
}

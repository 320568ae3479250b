/* do_desk.c: the workbench, intake, bulk actions and covering for a colleague. */
#include "flow/flow.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "store/store.h"

enum { COVER_SLICE = 20 };

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
	const struct type *type;
	const char *transition;
	int64_t *ids;
	size_t n_ids;
	const json_t *fields;
	int64_t run;
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

/* ---- many at once ----------------------------------------------------------------------------------- */

static enum err bulk_write(struct ctx *ctx, struct telling *t, struct json_out *out)
{
	return flow_bulk(ctx, t->type, t->ids, t->n_ids, t->transition, t->fields, out);
}

enum err do_bulk(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct telling t = {.rq = rq, .write = bulk_write};

	TRY(request_type(ctx, rq, &t.type));
	TRY(body_only(ctx, rq, "ids,do,fields"));
	TRY(body_ids(ctx, rq, "ids", LIMIT_BULK_ROWS, &t.ids, &t.n_ids));
	TRY(body_text(ctx, rq, "do", true, &t.transition));
	TRY(body_object(ctx, rq, "fields", false, &t.fields));
	if (t.n_ids == 0)
		return ctx_problem(ctx, ERR_INVALID, "ids", "required", "no record is named");
	return telling_answer(ctx, rq, an, &t, 200);
}

static enum err undo_write(struct ctx *ctx, struct telling *t, struct json_out *out)
{
	return flow_bulk_undo(ctx, t->run, out);
}

enum err do_bulk_undo(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct telling t = {.rq = rq, .write = undo_write};

	TRY(request_id(rq, "type", &t.run));
	return telling_answer(ctx, rq, an, &t, 200);
}

struct covering {
	int64_t from, to, run;
	const char *reason;
	int64_t next_run; /* of the slice at work: taken over when it is committed, as a slice may be run again */
	size_t moved, left;
};

static enum err cover_run(struct ctx *ctx, void *arg)
{
	struct covering *c = arg;

	c->next_run = c->run;
	return flow_cover(ctx, c->from, c->to, c->reason, COVER_SLICE, &c->next_run, &c->moved, &c->left);
}

enum err do_cover(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct covering c = {0};
	struct json_out *out = &an->json;
	size_t moved = 0;

	TRY(body_only(ctx, rq, "from,to,reason"));
	TRY(body_id(ctx, rq, "from", true, &c.from));
	TRY(body_id(ctx, rq, "to", true, &c.to));
	TRY(body_text(ctx, rq, "reason", true, &c.reason));
	if (c.from == c.to)
		return ctx_problem(ctx, ERR_INVALID, "to", "same_user", "nobody covers for himself");
	/* Slice by slice, so that others' writes come between; it ends when a slice moves nothing. */
	do {
		struct arena_mark mark = arena_mark(ctx->arena);

		TRY(request_write(ctx, rq, cover_run, &c));
		arena_rewind(ctx->arena, mark);
		c.run = c.next_run;
		moved += c.moved;
	} while (c.left > 0 && c.moved > 0);
	json_open(out, '{');
	json_key(out, "run");
	json_id(out, c.run);
	json_key(out, "moved");
	json_int(out, (int64_t)moved);
	json_close(out, '}');
	return ERR_OK;
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

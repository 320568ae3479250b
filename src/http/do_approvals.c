/* do_approvals.c: what waits for one's vote, votes, the rounds of a record. */
#include "flow/approval.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "store/store.h"

enum { LIST_PRESET = 30 };

struct asked {
	const struct type *type;
	int64_t id;
	const char *state, *after;
	size_t limit;
	struct answer *an;
};

static enum err list_read(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;

	return approval_list_json(ctx, a->state, a->after, a->limit, &a->an->json);
}

enum err do_approvals(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct asked a = {.state = request_query(rq, "state"), .after = request_query(rq, "after"), .an = an};

	TRY(request_limit(ctx, rq, LIST_PRESET, LIMIT_PAGE_ROWS, &a.limit));
	return store_read(ctx, list_read, &a);
}

static enum err rounds_read(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;
	struct record *r;

	TRY(record_load(ctx, a->type, a->id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	return approval_rounds_write_json(ctx, r, &a->an->json);
}

enum err do_record_approvals(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct asked a = {.an = an};

	TRY(request_type(ctx, rq, &a.type));
	TRY(request_id(rq, "id", &a.id));
	return store_read(ctx, rounds_read, &a);
}

/* ---- votes ------------------------------------------------------------------------------------------- */

struct voting {
	int64_t id;
	const char *step, *vote, *reason;
	struct answer *an;
};

static enum err vote_run(struct ctx *ctx, struct change *c)
{
	struct voting *v = c->arg;
	struct round round;

	c->answer = "{}";
	return flow_vote(ctx, v->id, v->step, v->vote, v->reason, &round);
}

static enum err voted_read(struct ctx *ctx, void *arg)
{
	struct voting *v = arg;
	struct round round;
	struct record *r;

	TRY(round_load(ctx, v->id, &round));
	const struct type *t = model_type(ctx->model, round.type);
	if (t == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load(ctx, t, round.record, &r));
	struct json_out *out = &v->an->json;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	json_key(out, "type");
	json_text(out, t->name);
	json_key(out, "version");
	json_int(out, r->version);
	json_key(out, "approval");
	TRY(round_write_json(ctx, &round, r, out));
	json_close(out, '}');
	return ERR_OK;
}

enum err do_vote(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct voting v = {.an = an};
	struct change c = {.fn = vote_run, .arg = &v, .status = 200};

	TRY(request_id(rq, "id", &v.id));
	TRY(body_only(ctx, rq, "vote,reason,step"));
	TRY(body_text(ctx, rq, "vote", true, &v.vote));
	TRY(body_text(ctx, rq, "reason", false, &v.reason));
	TRY(body_text(ctx, rq, "step", false, &v.step));
	TRY(change_run(ctx, rq, &c));
	return store_read(ctx, voted_read, &v);
}

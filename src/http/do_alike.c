/* do_alike.c: records like this one, or like one that is being written down. */
#include "flow/alike.h"
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

struct asked {
	const struct type *type;
	int64_t id; /* 0: not there yet */
	const json_t *fields;
	struct answer *an;
};

static enum err asked_read(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;

	if (a->id == 0)
		return alike_draft_json(ctx, a->type, a->fields, &a->an->json);
	return alike_write_json(ctx, a->type, a->id, &a->an->json);
}

enum err do_alike(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct asked a = {.an = an};

	TRY(request_type(ctx, rq, &a.type));
	TRY(request_id(rq, "id", &a.id));
	return store_read(ctx, asked_read, &a);
}

enum err do_alike_draft(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct asked a = {.an = an};

	TRY(request_type(ctx, rq, &a.type));
	TRY(body_only(ctx, rq, "fields"));
	a.fields = json_object_get(rq->json, "fields");
	return store_read(ctx, asked_read, &a);
}

/* do_macros.c: replies that are ready, and doing what goes with them. */
#include "flow/macro.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "store/store.h"

struct listing {
	const struct type *type;
	int64_t record;
	struct answer *an;
};

static enum err list_read(struct ctx *ctx, void *arg)
{
	const struct listing *l = arg;

	return macro_list_json(ctx, l->type, l->record, &l->an->json);
}

enum err do_macro_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct listing l = {.an = an};
	const char *type = request_query(rq, "type");

	l.type = type ? model_type(ctx->model, type) : NULL;
	if (l.type == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "type", "unknown_type", "name the type of the record");
	TRY(request_query_id(ctx, rq, "record", &l.record));
	return store_read(ctx, list_read, &l);
}

static enum err use_run(struct ctx *ctx, struct change *c)
{
	const struct macro_use *use = c->arg;

	TRY(macro_do(ctx, use));
	c->answer = arena_printf(ctx->arena, "%lld", (long long)use->id);
	return ERR_OK;
}

enum err do_macro_use(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct macro_use use = {0};
	struct change c = {.fn = use_run, .arg = &use, .status = 200};

	TRY(request_type(ctx, rq, &use.type));
	TRY(request_id(rq, "id", &use.id));
	TRY(request_id(rq, "macro", &use.macro));
	TRY(request_version(ctx, rq, &use.version));
	TRY(body_only(ctx, rq, "reply,fields"));
	TRY(body_text(ctx, rq, "reply", false, &use.reply));
	TRY(body_object(ctx, rq, "fields", false, &use.fields));
	TRY(change_run(ctx, rq, &c));
	return record_changed_answer(ctx, rq, an, use.type, use.id);
}

/* do_find.c: what is there about this: lookup by what one knows, full-text search, a customer's matters. */
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

enum { LOOKUP_PRESET = 10, LOOKUP_MAX = 50, SEARCH_PRESET = 20, SEARCH_MAX = 50 };

struct finding {
	const struct type *type;
	const char *text, *after;
	size_t limit;
	int64_t customer;
	struct answer *an;
};

static enum err request_words(struct ctx *ctx, struct request *rq, const char **ret_text)
{
	const char *text = request_query(rq, "q");

	if (text == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "q", "required", "what to look for is missing");
	*ret_text = text;
	return ERR_OK;
}

/* A number that is masked to him is found by its tail: not as often as he likes. */
static enum err words_guard(struct ctx *ctx, struct request *rq, struct answer *an, const struct finding *f)
{
	int64_t wait_ms = 0;

	if (!lookup_is_guarded(ctx, f->type, f->text) || house_guard(rq->house, ctx->who->id, &wait_ms))
		return ERR_OK;
	an->retry_after_s = (int)(wait_ms / 1000) + 1;
	return ctx_problem(ctx, ERR_THROTTLED, "q", "wait", "%d", an->retry_after_s);
}

static enum err lookup_read(struct ctx *ctx, void *arg)
{
	struct finding *f = arg;

	return lookup_write_json(ctx, f->type, f->text, f->limit, &f->an->json);
}

enum err do_lookup(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct finding f = {.an = an};

	TRY(request_type(ctx, rq, &f.type));
	TRY(request_words(ctx, rq, &f.text));
	TRY(request_limit(ctx, rq, LOOKUP_PRESET, LOOKUP_MAX, &f.limit));
	TRY(words_guard(ctx, rq, an, &f));
	return store_read(ctx, lookup_read, &f);
}

static enum err search_read(struct ctx *ctx, void *arg)
{
	struct finding *f = arg;

	return search_write_json(ctx, f->text, f->type, f->after, f->limit, &f->an->json);
}

enum err do_search(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct finding f = {.an = an, .after = request_query(rq, "after")};
	const char *type = request_query(rq, "type");

	TRY(request_words(ctx, rq, &f.text));
	TRY(request_limit(ctx, rq, SEARCH_PRESET, SEARCH_MAX, &f.limit));
	if (type != NULL) {
		f.type = model_type(ctx->model, type);
		if (f.type == NULL)
			return ctx_problem(ctx, ERR_BAD_REQUEST, "type", "unknown_type", "there is no such type");
	}
	TRY(words_guard(ctx, rq, an, &f));
	return store_read(ctx, search_read, &f);
}

static enum err glance_read(struct ctx *ctx, void *arg)
{
	struct finding *f = arg;

	return glance_write_json(ctx, f->customer, &f->an->json);
}

enum err do_glance(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct finding f = {.an = an};
	const char *customer = request_query(rq, "customer");

	if (customer == NULL || !id_parse(customer, &f.customer))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "customer", "bad_id", "must be the id of a customer");
	return store_read(ctx, glance_read, &f);
}

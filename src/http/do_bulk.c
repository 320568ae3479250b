/*
 * do_bulk.c: many records at once, in slices: others' changes come in between. What is asked for under an
 * Idempotency-Key begins one run; asked again after a lost answer or a crash, the same run goes on where it was.
 */
#include "flow/flow.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "model/access.h"
#include "model/same.h"
#include "store/store.h"

enum { SLICE = 25, SAME_PRESET = 10, SAME_MAX = 50 };

struct many {
	const struct type *type;
	const char *transition, *reason;
	int64_t *ids;
	size_t n_ids;
	const json_t *fields;
	int64_t from, to, version, macro;
	int64_t run; /* set by the begin functions, or asked for */
	size_t left;
	struct answer *an;
	enum err (*begin)(struct ctx *ctx, struct many *m);
};

static enum err begin_run(struct ctx *ctx, struct change *c)
{
	struct many *m = c->arg;

	TRY(m->begin(ctx, m));
	c->answer = arena_printf(ctx->arena, "%lld", (long long)m->run);
	return ERR_OK;
}

static enum err slice_run(struct ctx *ctx, void *arg)
{
	struct many *m = arg;

	return flow_run_go(ctx, m->run, SLICE, &m->left);
}

static enum err answer_read(struct ctx *ctx, void *arg)
{
	struct many *m = arg;

	return flow_run_write_json(ctx, m->run, &m->an->json);
}

/* To the end, and what came of it. */
static enum err go_on(struct ctx *ctx, struct request *rq, struct many *m)
{
	do {
		struct arena_mark mark = arena_mark(ctx->arena);

		TRY(request_write(ctx, rq, slice_run, m));
		arena_rewind(ctx->arena, mark);
	} while (m->left > 0);
	return store_read(ctx, answer_read, m);
}

static enum err begin_and_go(struct ctx *ctx, struct request *rq, struct many *m)
{
	struct change c = {.fn = begin_run, .arg = m, .status = 200};

	TRY(change_run(ctx, rq, &c));
	if (!id_parse(c.answer, &m->run))
		return ERR_INTERNAL;
	return go_on(ctx, rq, m);
}

static enum err bulk_begin(struct ctx *ctx, struct many *m)
{
	if (m->macro != 0)
		return flow_macro_begin(ctx, m->type, m->ids, m->n_ids, m->macro, &m->run);
	return flow_bulk_begin(ctx, m->type, m->ids, m->n_ids, m->transition, m->fields, &m->run);
}

enum err do_bulk(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an, .begin = bulk_begin};

	TRY(request_type(ctx, rq, &m.type));
	TRY(body_only(ctx, rq, "ids,do,fields,macro"));
	TRY(body_ids(ctx, rq, "ids", LIMIT_BULK_ROWS, &m.ids, &m.n_ids));
	TRY(body_id(ctx, rq, "macro", false, &m.macro));
	TRY(body_text(ctx, rq, "do", m.macro == 0, &m.transition));
	TRY(body_object(ctx, rq, "fields", false, &m.fields));
	if (m.macro != 0 && (m.transition != NULL || m.fields != NULL))
		return ctx_problem(ctx, ERR_INVALID, "do", "both", "a macro or an action, not both");
	if (m.n_ids == 0)
		return ctx_problem(ctx, ERR_INVALID, "ids", "required", "no record is named");
	return begin_and_go(ctx, rq, &m);
}

static enum err undo_begin(struct ctx *ctx, struct many *m)
{
	return flow_undo_begin(ctx, m->run);
}

enum err do_bulk_undo(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an, .begin = undo_begin};

	TRY(request_id(rq, "type", &m.run));
	return begin_and_go(ctx, rq, &m);
}

enum err do_bulk_resume(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an};

	TRY(request_id(rq, "type", &m.run));
	return go_on(ctx, rq, &m);
}

static enum err list_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	return flow_run_list_json(ctx, &an->json);
}

enum err do_bulk_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, list_read, an);
}

/* ---- two that are one ---------------------------------------------------------------------------------- */

static enum err same_read(struct ctx *ctx, void *arg)
{
	struct many *m = arg;
	struct record *r;

	TRY(record_load(ctx, m->type, m->to, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	return same_write_json(ctx, r, m->left, &m->an->json);
}

enum err do_duplicates(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an};

	TRY(request_type(ctx, rq, &m.type));
	TRY(request_id(rq, "id", &m.to));
	TRY(request_limit(ctx, rq, SAME_PRESET, SAME_MAX, &m.left));
	return store_read(ctx, same_read, &m);
}

static enum err preview_read(struct ctx *ctx, void *arg)
{
	struct many *m = arg;

	return flow_merge_preview_json(ctx, m->type, m->to, m->from, &m->an->json);
}

enum err do_merge_preview(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an};
	const char *from = request_query(rq, "from");

	TRY(request_type(ctx, rq, &m.type));
	TRY(request_id(rq, "id", &m.to));
	if (from == NULL || !id_parse(from, &m.from))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "from", "wrong_type", "the id of the other record");
	return store_read(ctx, preview_read, &m);
}

static enum err merge_begin(struct ctx *ctx, struct many *m)
{
	return flow_merge_begin(ctx, m->type, m->to, m->version, m->from, m->reason, &m->run);
}

enum err do_merge(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an, .begin = merge_begin};

	TRY(request_type(ctx, rq, &m.type));
	TRY(request_id(rq, "id", &m.to));
	TRY(request_version(ctx, rq, &m.version));
	TRY(body_only(ctx, rq, "from,reason"));
	TRY(body_id(ctx, rq, "from", true, &m.from));
	TRY(body_text(ctx, rq, "reason", false, &m.reason));
	return begin_and_go(ctx, rq, &m);
}

/* ---- an absent colleague ------------------------------------------------------------------------------- */

static enum err cover_begin(struct ctx *ctx, struct many *m)
{
	return flow_cover_begin(ctx, m->from, m->to, m->reason, &m->run);
}

enum err do_cover(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct many m = {.an = an, .begin = cover_begin};

	TRY(body_only(ctx, rq, "from,to,reason"));
	TRY(body_id(ctx, rq, "from", true, &m.from));
	TRY(body_id(ctx, rq, "to", true, &m.to));
	TRY(body_text(ctx, rq, "reason", true, &m.reason));
	if (m.from == m.to)
		return ctx_problem(ctx, ERR_INVALID, "to", "same_user", "nobody covers for himself");
	return begin_and_go(ctx, rq, &m);
}

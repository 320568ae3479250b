/* bulk.c: one transition on many records, a slice at a time. */
#include <stdlib.h>
#include <string.h>

#include "flow/bulk.h"
#include "flow/macro.h"

struct bulk_do {
	const struct type *type;
	const char *transition;
	const json_t *input;
	int64_t macro; /* 0: the transition */
};

static enum err do_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct bulk_do *d = arg;
	struct record *r;
	TRY(record_load(ctx, d->type, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	if (d->macro != 0)
		return macro_do(
		        ctx, &(struct macro_use){.type = d->type, .id = id, .version = r->version, .macro = d->macro});
	return flow_do(ctx, d->type, id, r->version, d->transition, d->input, &r);
}

static enum err may_bulk(struct ctx *ctx)
{
	return who_can(ctx, "bulk") ? ERR_OK
	                            : ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden",
	                                          "your roles may not work on many records at once");
}

/* A run of a type on these records, kept before anything is done. */
static enum err begin(struct ctx *ctx, struct run *run, const struct type *t, const int64_t *ids, size_t n)
{
	json_t *list = json_array();
	run_put(run->body, "type", json_string(t->name));
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, json_integer(ids[i])) != 0)
			abort();
	run_put(run->body, "ids", list);
	run_put(run->body, "next", json_integer(0));
	return run_save(ctx, run, false);
}

static enum err not_too_many(struct ctx *ctx, size_t n)
{
	return n <= LIMIT_BULK_ROWS ? ERR_OK
	                            : ctx_problem(ctx, ERR_TOO_LARGE, "ids", "too_many", "at most %d records at once",
	                                          LIMIT_BULK_ROWS);
}

enum err flow_bulk_begin(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char *transition,
                         const json_t *input, int64_t *ret_run)
{
	const struct transition *tr = type_transition(t, transition);
	struct run run;
	TRY(may_bulk(ctx));
	TRY(not_too_many(ctx, n));
	if (tr == NULL || !tr->bulk)
		return ctx_problem(ctx, ERR_INVALID, "do", "not_bulk", "%s is not offered on many records", transition);
	TRY(run_new(ctx, "do", &run));
	run_put(run.body, "do", json_string(transition));
	run_put(run.body, "fields", input ? json_deep_copy(input) : json_object());
	TRY(begin(ctx, &run, t, ids, n));
	*ret_run = run.id;
	return ERR_OK;
}

enum err flow_macro_begin(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, int64_t macro,
                          int64_t *ret_run)
{
	struct run run;
	TRY(may_bulk(ctx));
	TRY(not_too_many(ctx, n));
	TRY(macro_check_many(ctx, t, macro));
	TRY(run_new(ctx, "macro", &run));
	run_put(run.body, "macro", json_integer(macro));
	TRY(begin(ctx, &run, t, ids, n));
	*ret_run = run.id;
	return ERR_OK;
}

enum err bulk_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	const char *type = json_string_value(json_object_get(run->body, "type"));
	struct bulk_do d = {.type = type ? model_type(ctx->model, type) : NULL,
	                    .transition = json_string_value(json_object_get(run->body, "do")),
	                    .input = json_object_get(run->body, "fields"),
	                    .macro = run_int(run->body, "macro")};
	const json_t *ids = json_object_get(run->body, "ids");
	size_t next = (size_t)run_int(run->body, "next"), n = json_array_size(ids);
	TRY(may_bulk(ctx));
	for (size_t i = 0; i < limit && next < n; i++, next++) {
		struct bulk_result result = {.id = json_integer_value(json_array_get(ids, next)), .err = ERR_NOT_FOUND};
		/* The packs may have changed since the run began. */
		if (d.type != NULL && (d.transition != NULL || d.macro != 0))
			TRY(bulk_each(ctx, do_one, &d, result.id, &result));
		run_tell(run->body, "done", &result);
	}
	run_put(run->body, "next", json_integer((json_int_t)next));
	if (next == n) {
		run_put(run->body, "over", json_true());
		(void)json_object_del(run->body, "ids");
		(void)json_object_del(run->body, "fields");
	}
	*ret_left = n - next;
	return run_save(ctx, run, true);
}

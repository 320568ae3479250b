/* bulk.c: one transition on many records, a slice at a time. */
#include <stdlib.h>
#include <string.h>

#include "flow/bulk.h"

struct bulk_do {
	const struct type *type;
	const char *transition;
	const json_t *input;
};

static enum err do_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct bulk_do *d = arg;
	struct record *r;
	TRY(record_load(ctx, d->type, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	return flow_do(ctx, d->type, id, r->version, d->transition, d->input, &r);
}

static enum err may_bulk(struct ctx *ctx)
{
	return who_can(ctx, "bulk") ? ERR_OK
	                            : ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden",
	                                          "your roles may not work on many records at once");
}

enum err flow_bulk_begin(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char *transition,
                         const json_t *input, int64_t *ret_run)
{
	const struct transition *tr = type_transition(t, transition);
	struct run run;
	TRY(may_bulk(ctx));
	if (n > LIMIT_BULK_ROWS)
		return ctx_problem(ctx, ERR_TOO_LARGE, "ids", "too_many", "at most %d records at once",
		                   LIMIT_BULK_ROWS);
	if (tr == NULL || !tr->bulk)
		return ctx_problem(ctx, ERR_INVALID, "do", "not_bulk", "%s is not offered on many records", transition);
	TRY(run_new(ctx, "do", &run));
	run_put(run.body, "type", json_string(t->name));
	run_put(run.body, "do", json_string(transition));
	run_put(run.body, "fields", input ? json_deep_copy(input) : json_object());
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, json_integer(ids[i])) != 0)
			abort();
	run_put(run.body, "ids", list);
	run_put(run.body, "next", json_integer(0));
	TRY(run_save(ctx, &run, false));
	*ret_run = run.id;
	return ERR_OK;
}

enum err bulk_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	const char *type = json_string_value(json_object_get(run->body, "type"));
	struct bulk_do d = {.type = type ? model_type(ctx->model, type) : NULL,
	                    .transition = json_string_value(json_object_get(run->body, "do")),
	                    .input = json_object_get(run->body, "fields")};
	const json_t *ids = json_object_get(run->body, "ids");
	size_t next = (size_t)run_int(run->body, "next"), n = json_array_size(ids);
	TRY(may_bulk(ctx));
	for (size_t i = 0; i < limit && next < n; i++, next++) {
		struct bulk_result result = {.id = json_integer_value(json_array_get(ids, next)), .err = ERR_NOT_FOUND};
		/* The packs may have changed since the run began. */
		if (d.type != NULL && d.transition != NULL)
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

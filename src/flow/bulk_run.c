/* bulk_run.c: a run of many records as it is kept: what is done, what is left, what it wrote. */
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/bulk.h"
#include "flow/event.h"

enum { BODY_BYTES_MAX = 4 << 20, MESSAGE_BYTES = 400, LISTED_MAX = 50 };

static bool is_one_records_fault(enum err e)
{
	return e == ERR_FORBIDDEN || e == ERR_NOT_FOUND || e == ERR_CONFLICT || e == ERR_STALE || e == ERR_INVALID;
}

/* ---- the body ---------------------------------------------------------------------------------------- */

void run_put(json_t *tree, const char *key, json_t *value)
{
	if (json_object_set_new(tree, key, value) != 0)
		abort();
}

static void list_add(json_t *tree, const char *key, json_t *value)
{
	json_t *list = json_object_get(tree, key);
	if (list == NULL) {
		list = json_array();
		run_put(tree, key, list);
	}
	if (json_array_append_new(list, value) != 0)
		abort();
}

int64_t run_int(const json_t *tree, const char *key)
{
	return json_integer_value(json_object_get(tree, key));
}

const char *run_what(const struct run *run)
{
	const char *what = json_string_value(json_object_get(run->body, "what"));
	return what ? what : "";
}

bool run_over(const struct run *run)
{
	return json_is_true(json_object_get(run->body, "over"));
}

enum err run_new(struct ctx *ctx, const char *what, struct run *ret_run)
{
	struct run run = {.id = ids_next(ctx->ids, ctx->now_ms), .body = json_object_kept(ctx->arena)};
	run.mark = run.id;
	run_put(run.body, "what", json_string(what));
	run_put(run.body, "over", json_false());
	*ret_run = run;
	return ERR_OK;
}

/* Runs of a former version: a word, then the ids of the events. They are over. */
static json_t *body_of_words(const char *text)
{
	json_t *body = json_object();
	if (body == NULL)
		abort();
	run_put(body, "what", json_stringn(text, strcspn(text, " ")));
	run_put(body, "over", json_true());
	for (const char *p = strchr(text, ' '); p != NULL; p = strchr(p + 1, ' '))
		list_add(body, "events", json_integer(strtoll(p + 1, NULL, 10)));
	return body;
}

enum err run_load(struct ctx *ctx, int64_t id, struct run *ret_run)
{
	struct sql q;
	struct rows *rows;
	struct run run = {.id = id, .mark = ids_next(ctx->ids, ctx->now_ms)};
	const char *body = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select body, undone_at from bulk_run where id = :id and actor = :me");
	sql_int(&q, "id", id);
	sql_int(&q, "me", ctx->who ? ctx->who->id : 0);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		body = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		run.undone_at = rows_int(rows, 1);
	}
	TRY(rows_done(rows));
	if (body == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "", "nothing_to_undo",
		                   ctx->lang == LANG_EN ? "there is nothing of yours to take back"
		                                        : "没有可以撤回的操作");
	if (body[0] == '{')
		TRY(json_parse(ctx, body, strlen(body), &run.body));
	else
		run.body = json_kept(ctx->arena, body_of_words(body));
	*ret_run = run;
	return ERR_OK;
}

static json_t *touched_find(const json_t *list, int64_t record)
{
	size_t i;
	json_t *one;
	json_array_foreach((json_t *)list, i, one) if (json_integer_value(json_array_get(one, 0)) == record) return one;
	return NULL;
}

static void touch(json_t *body, int64_t record, const char *type, bool made)
{
	if (touched_find(json_object_get(body, "touched"), record) == NULL)
		list_add(body, "touched", json_pack("[Isb]", (json_int_t)record, type, (int)made));
}

/* What he wrote since the mark is what the slice did. */
static enum err events_collect(struct ctx *ctx, struct run *run)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type, record, kind from event where actor = :me and id > :mark order by id");
	sql_int(&q, "me", ctx->who->id);
	sql_int(&q, "mark", run->mark);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const char *kind = rows_text(rows, 3, NULL);
		list_add(run->body, "events", json_integer(rows_int(rows, 0)));
		if (event_raises_version(kind))
			touch(run->body, rows_int(rows, 2), rows_text(rows, 1, NULL), strcmp(kind, "created") == 0);
	}
	return rows_done(rows);
}

enum err run_save(struct ctx *ctx, struct run *run, bool collect)
{
	struct sql q;
	struct buf text;
	struct json_out out;
	int64_t changed;
	if (collect)
		TRY(events_collect(ctx, run));
	buf_init(&text, ctx->arena, BODY_BYTES_MAX);
	json_out_init(&out, &text);
	json_tree(&out, run->body);
	if (text.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_many", "too much for one run");
	sql_init(&q, ctx->arena);
	SQL(&q, "update bulk_run set body = :body, undone_at = :undone where id = :id and actor = :me");
	sql_text(&q, "body", text.data);
	sql_int_or_null(&q, "undone", run->undone_at);
	sql_int(&q, "id", run->id);
	sql_int(&q, "me", ctx->who->id);
	TRY(sql_run(ctx, &q, &changed));
	if (changed > 0)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into bulk_run (id, at, actor, body) values (:id, :at, :me, :body)");
	sql_int(&q, "id", run->id);
	sql_int(&q, "at", ctx->now_ms);
	sql_int(&q, "me", ctx->who->id);
	sql_text(&q, "body", text.data);
	return sql_run(ctx, &q, NULL);
}

void run_tell(json_t *part, const char *done, const struct bulk_result *result)
{
	if (result->err == ERR_OK)
		list_add(part, done, json_integer(result->id));
	else
		list_add(part, "failed",
		         json_pack("[Iss?]", (json_int_t)result->id, err_code(result->err), result->message));
}

/* ---- one record, or nothing of it --------------------------------------------------------------------- */

enum err bulk_each(struct ctx *ctx, bulk_fn *fn, void *arg, int64_t id, struct bulk_result *ret)
{
	struct arena_mark mark = arena_mark(ctx->arena);
	char message[MESSAGE_BYTES + 1] = "";
	size_t n0 = ctx->problems.n;
	struct store_point point;
	TRY(store_point(ctx, &point));
	enum err e = fn(ctx, arg, id);
	if (e != ERR_OK && !is_one_records_fault(e))
		return e; /* the whole transaction ends */
	TRY(store_point_end(ctx, &point, e != ERR_OK));
	const char *said = e != ERR_OK && ctx->problems.n > n0 ? ctx->problems.list[n0].detail : NULL;
	if (said != NULL)
		snprintf(message, sizeof(message), "%.*s", (int)text_prefix(said, strlen(said), MESSAGE_BYTES), said);
	ctx->problems.n = n0;
	/* Hundreds of records with long texts: none of them is kept. */
	arena_rewind(ctx->arena, mark);
	*ret = (struct bulk_result){.id = id, .err = e};
	if (said != NULL)
		ret->message = arena_strdup(ctx->arena, message);
	return ERR_OK;
}

/* ---- going on, and the answer --------------------------------------------------------------------------- */

static enum err slice_of(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	const char *what = run_what(run);
	if (run->undone_at != 0)
		return undo_slice(ctx, run, limit, ret_left);
	if (strcmp(what, "cover") == 0)
		return cover_slice(ctx, run, limit, ret_left);
	if (strcmp(what, "leave") == 0)
		return leave_slice(ctx, run, limit, ret_left);
	if (strcmp(what, "merge") == 0)
		return merge_slice(ctx, run, limit, ret_left);
	return bulk_slice(ctx, run, limit, ret_left);
}

enum err flow_run_go(struct ctx *ctx, int64_t id, size_t limit, size_t *ret_left)
{
	struct run run;
	bool over;
	TRY(run_load(ctx, id, &run));
	over = run.undone_at != 0 ? json_is_true(json_object_get(json_object_get(run.body, "undo"), "over"))
	                          : run_over(&run);
	*ret_left = 0;
	return over ? ERR_OK : slice_of(ctx, &run, limit, ret_left);
}

static void ids_write(struct json_out *out, const json_t *part, const char *key)
{
	size_t i;
	json_t *one;
	json_key(out, key);
	json_open(out, '[');
	json_array_foreach(json_object_get(part, key), i, one) json_id(out, json_integer_value(one));
	json_close(out, ']');
}

static void failed_write(struct json_out *out, const json_t *part)
{
	size_t i;
	json_t *one;
	json_key(out, "failed");
	json_open(out, '[');
	json_array_foreach(json_object_get(part, "failed"), i, one)
	{
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, json_integer_value(json_array_get(one, 0)));
		json_key(out, "code");
		json_text(out, json_string_value(json_array_get(one, 1)));
		json_key(out, "message");
		json_text(out, json_string_value(json_array_get(one, 2)));
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err flow_run_write_json(struct ctx *ctx, int64_t id, struct json_out *out)
{
	struct run run;
	TRY(run_load(ctx, id, &run));
	const json_t *part = run.undone_at != 0 ? json_object_get(run.body, "undo") : run.body;
	json_open(out, '{');
	json_key(out, "run");
	json_id(out, id);
	if (strcmp(run_what(&run), "merge") == 0) {
		json_key(out, "into");
		json_id(out, run_int(run.body, "into"));
		json_key(out, "from");
		json_id(out, run_int(run.body, "from"));
	}
	if (strcmp(run_what(&run), "cover") == 0 && run.undone_at == 0) {
		json_key(out, "moved");
		json_int(out, run_int(run.body, "moved"));
		failed_write(out, part);
	} else {
		ids_write(out, part, "done");
		if (run.undone_at != 0)
			ids_write(out, part, "removed");
		failed_write(out, part);
	}
	json_close(out, '}');
	return ERR_OK;
}

static void listed_write(struct json_out *out, struct rows *rows)
{
	const char *text = rows_text(rows, 3, NULL);
	json_error_t error;
	json_t *body = text != NULL && *text == '{' ? json_loads(text, 0, &error) : NULL;
	const char *type = json_string_value(json_object_get(body, "type"));
	bool undone = !rows_null(rows, 2);
	const json_t *part = undone ? json_object_get(body, "undo") : body;
	json_open(out, '{');
	json_key(out, "run");
	json_id(out, rows_int(rows, 0));
	json_key(out, "at");
	json_instant(out, rows_int(rows, 1));
	json_key(out, "what");
	json_text(out, json_string_value(json_object_get(body, "what")));
	json_key(out, "type");
	json_text(out, type);
	json_key(out, "do");
	json_text(out, json_string_value(json_object_get(body, "do")));
	json_key(out, "done");
	json_int(out, body && json_object_get(body, "moved") && !undone
	                      ? run_int(body, "moved")
	                      : (int64_t)json_array_size(json_object_get(part, "done")));
	json_key(out, "failed");
	json_int(out, (int64_t)json_array_size(json_object_get(part, "failed")));
	json_key(out, "over");
	json_bool(out, body == NULL || json_is_true(json_object_get(part, "over")));
	json_key(out, "undone");
	json_bool(out, undone);
	json_close(out, '}');
	json_decref(body);
}

enum err flow_run_list_json(struct ctx *ctx, struct json_out *out)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, undone_at, body from bulk_run where actor = :me order by id desc limit :n");
	sql_int(&q, "me", ctx->who ? ctx->who->id : 0);
	sql_int(&q, "n", LISTED_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	json_open(out, '{');
	json_key(out, "runs");
	json_open(out, '[');
	while (rows_next(rows))
		listed_write(out, rows);
	json_close(out, ']');
	json_close(out, '}');
	return rows_done(rows);
}

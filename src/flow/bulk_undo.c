/*
 * bulk_undo.c: a run taken back, a slice at a time: each record gets the values it had before, if nobody has
 * changed it since; what the run made is removed, if nobody has touched it since. What was told stays told; the
 * timeline says "undone".
 */
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "flow/approval.h"
#include "flow/bulk.h"
#include "flow/event.h"
#include "flow/relate.h"

enum { NEWEST_AT_ONCE = 50 };

struct undo {
	int64_t *events; /* of the run, in order */
	size_t n;
	const struct type *type; /* of the record at hand */
	bool made;
};

static int compare_ids(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

static bool of_run(const struct undo *u, int64_t event)
{
	return bsearch(&event, u->events, u->n, sizeof(event), compare_ids) != NULL;
}

static void events_read(struct ctx *ctx, const struct run *run, struct undo *u)
{
	const json_t *list = json_object_get(run->body, "events");
	u->n = json_array_size(list);
	u->events = ARENA_ARRAY(ctx->arena, u->n + 1, int64_t);
	for (size_t i = 0; i < u->n; i++)
		u->events[i] = json_integer_value(json_array_get(list, i));
	if (u->n > 0)
		qsort(u->events, u->n, sizeof(int64_t), compare_ids);
}

static enum err say(struct ctx *ctx, enum err e, const char *code, const char *zh, const char *en)
{
	return ctx_problem(ctx, e, "", code, "%s", ctx->lang == LANG_EN ? en : zh);
}

/* ---- has somebody touched it? ---------------------------------------------------------------------------- */

struct look {
	int64_t before; /* events with smaller ids are still to be looked at */
	bool found;     /* the event that decides */
	int64_t event;
};

/* The newest event that is not of the run, of those that count. */
static enum err look_back(struct ctx *ctx, int64_t record, bool any_kind, struct look *l, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, kind from event where record = :record and id < :before order by id desc limit :n");
	sql_int(&q, "record", record);
	sql_int(&q, "before", l->before);
	sql_int(&q, "n", NEWEST_AT_ONCE);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		n++;
		l->before = rows_int(rows, 0);
		if (!l->found && (any_kind || event_raises_version(rows_text(rows, 1, NULL)))) {
			l->found = true;
			l->event = rows_int(rows, 0);
		}
	}
	*ret_n = n;
	return rows_done(rows);
}

/* The newest event that changed the record must be one of the run; of what the run made: the newest at all. */
static enum err untouched(struct ctx *ctx, const struct undo *u, int64_t record, bool *ret_untouched)
{
	struct look l = {.before = INT64_MAX};
	size_t n = NEWEST_AT_ONCE;
	while (!l.found && n == NEWEST_AT_ONCE)
		TRY(look_back(ctx, record, u->made, &l, &n));
	*ret_untouched = l.found && of_run(u, l.event);
	return ERR_OK;
}

/* ---- values put back -------------------------------------------------------------------------------------- */

static void lines_back(struct ctx *ctx, struct record *r, const struct field *f, const json_t *lines)
{
	size_t i;
	json_t *line;
	r->lines[f->at].n = 0;
	json_array_foreach((json_t *)lines, i, line)
	{
		const char *id = json_string_value(json_object_get(line, "id"));
		struct record_line *to = record_line_add(ctx->arena, r, f);
		if (id == NULL || !id_parse(id, &to->id))
			to->id = 0;
		for (size_t k = 0; k < f->n_columns; k++)
			if (!note_value(ctx, &f->columns[k], json_object_get(line, f->columns[k].name), &to->values[k]))
				to->values[k] = value_empty();
	}
	record_mark(r, f);
}

void field_back(struct ctx *ctx, struct record *r, const struct field *f, const json_t *before)
{
	struct value v = value_empty();
	if (f->kind == FIELD_TABLE) {
		lines_back(ctx, r, f, before);
		return;
	}
	if (!note_value(ctx, f, before, &v))
		v = value_empty();
	record_set(r, f, v);
}

/* What was removed since is not led to again. */
static enum err targets_there(struct ctx *ctx, const struct record *r, const struct field *f)
{
	const struct value *v = &r->values[f->at];
	size_t n = v->kind == VALUE_INT ? 1 : v->kind == VALUE_LIST ? v->n : 0;
	for (size_t i = 0; i < n; i++) {
		int64_t id = v->kind == VALUE_INT ? v->i : v->list[i].i, there;
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "select count(*) from ");
		sql_name(&q, f->target ? f->target->table : "work");
		SQL(&q, " where id = :id");
		sql_int(&q, "id", id);
		TRY(sql_one_int(ctx, &q, &there));
		if (there == 0)
			return say(ctx, ERR_CONFLICT, "not_found", "原来关联的记录已被删除，无法恢复",
			           "what it led to then has been removed");
	}
	return ERR_OK;
}

/* The state comes before all else: entering it sets the stage and times, which the event knows better. */
static enum err put_back(struct ctx *ctx, struct record *r, const char *body)
{
	json_t *j;
	TRY(json_parse(ctx, body, strlen(body), &j));
	const json_t *changes = json_object_get(j, "changes");
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < json_array_size(changes); i++) {
			const json_t *change = json_array_get(changes, i), *before = json_object_get(change, "before");
			const char *name = json_string_value(json_object_get(change, "field"));
			const struct field *f = name ? type_field(r->type, name) : NULL;
			if (f == NULL || f->kind == FIELD_COMPUTED || (f->flags & FIELD_DERIVED))
				continue;
			bool is_state = strcmp(name, "state") == 0;
			const char *state = is_state ? json_string_value(before) : NULL;
			if (is_state && state != NULL && type_state(r->type, state) == NULL)
				return say(ctx, ERR_CONFLICT, "bad_option", "原来的状态已不存在",
				           "the state it had is no more");
			if (pass == 0 && state != NULL)
				record_enter(ctx, r, state);
			else if (pass == 1 && !is_state)
				field_back(ctx, r, f, before);
			if (pass == 1 && (f->kind == FIELD_LINK || f->kind == FIELD_LINKS))
				TRY(targets_there(ctx, r, f));
		}
	}
	return ERR_OK;
}

struct undo_event {
	const char *body;
	int64_t at;
};

/* The record's events of the run that changed it, newest first. */
static enum err bodies_of(struct ctx *ctx, const struct undo *u, int64_t record, struct undo_event *list, size_t *ret_n,
                          bool *ret_erased)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, kind, body, at from event where record = :record and id >= :first order by id desc");
	sql_int(&q, "record", record);
	sql_int(&q, "first", u->n > 0 ? u->events[0] : 0);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (n == u->n || !event_raises_version(rows_text(rows, 1, NULL)) || !of_run(u, rows_int(rows, 0)))
			continue;
		*ret_erased = *ret_erased || rows_null(rows, 2);
		list[n++] = (struct undo_event){arena_strdup(ctx->arena, rows_text(rows, 2, NULL)), rows_int(rows, 3)};
	}
	*ret_n = n;
	return rows_done(rows);
}

static enum err put_all_back(struct ctx *ctx, const struct undo *u, struct record *r)
{
	struct record *before = record_copy(ctx, r);
	struct undo_event *list = ARENA_ARRAY(ctx->arena, u->n + 1, struct undo_event);
	bool erased = false;
	size_t n;
	TRY(bodies_of(ctx, u, r->id, list, &n, &erased));
	if (erased)
		return say(ctx, ERR_CONFLICT, "erased", "当时的内容已依法删除，无法恢复",
		           "what it held then was erased and can't be put back");
	for (size_t i = 0; i < n; i++)
		TRY(put_back(ctx, r, list[i].body));
	struct step s = {.depth = 0};
	/* The values of before went through the rules then. */
	TRY(step_update(ctx, &s, r, before, &(struct note){.kind = "undone", .settled = true}));
	return approvals_undone(ctx, r, before, n > 0 ? list[n - 1].at : ctx->now_ms);
}

/* Did an approval of the record end with the run? What was decided stays so. */
static enum err was_decided(struct ctx *ctx, const struct undo *u, int64_t record, bool *ret_decided)
{
	struct sql q;
	struct rows *rows;
	*ret_decided = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from event where record = :record and id >= :first and kind = 'approval_ended'");
	sql_int(&q, "record", record);
	sql_int(&q, "first", u->n > 0 ? u->events[0] : 0);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		*ret_decided = *ret_decided || of_run(u, rows_int(rows, 0));
	return rows_done(rows);
}

static enum err undo_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct undo *u = arg;
	struct record *r;
	bool free_to, decided;
	if (u->type == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load(ctx, u->type, id, &r));
	TRY(untouched(ctx, u, id, &free_to));
	if (!free_to && u->made)
		return say(ctx, ERR_STALE, "stale", "之后有人动过这条新建的记录，保留不删",
		           "somebody has worked on what was made here; it stays");
	if (!free_to)
		return say(ctx, ERR_STALE, "stale", "之后又有人改过，不再撤回", "somebody has changed it since");
	TRY(was_decided(ctx, u, id, &decided));
	if (decided)
		return say(ctx, ERR_CONFLICT, "ended", "审批已有结果，不再撤回",
		           "an approval has ended with it: that is not taken back");
	if (u->made)
		return step_remove(ctx, r, &(struct note){.kind = "removed", .internal = true});
	return put_all_back(ctx, u, r);
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

/* Runs of a former version know their events only. */
static enum err touched_collect(struct ctx *ctx, struct run *run)
{
	const json_t *events = json_object_get(run->body, "events");
	json_t *touched = json_array();
	run_put(run->body, "touched", touched);
	for (size_t i = 0; i < json_array_size(events); i++) {
		struct sql q;
		struct rows *rows;
		bool known = false;
		sql_init(&q, ctx->arena);
		SQL(&q, "select record, type, kind from event where id = :id");
		sql_int(&q, "id", json_integer_value(json_array_get(events, i)));
		TRY(sql_rows(ctx, &q, &rows));
		if (rows_next(rows)) {
			int64_t record = rows_int(rows, 0);
			const char *kind = rows_text(rows, 2, NULL);
			for (size_t k = 0; k < json_array_size(touched) && !known; k++)
				known = json_integer_value(json_array_get(json_array_get(touched, k), 0)) == record;
			if (!known && event_raises_version(kind) &&
			    json_array_append_new(touched,
			                          json_pack("[Isb]", (json_int_t)record, rows_text(rows, 1, NULL),
			                                    (int)(strcmp(kind, "created") == 0))) != 0)
				abort();
		}
		TRY(rows_done(rows));
	}
	return ERR_OK;
}

/* What was changed first, in the order of the run; then what was made, newest first, as the later leads to the
 * earlier. */
static json_t *in_order(const json_t *touched)
{
	json_t *list = json_array();
	size_t n = json_array_size(touched);
	for (size_t i = 0; i < n; i++) {
		json_t *one = json_array_get(touched, i);
		if (!json_is_true(json_array_get(one, 2)) && json_array_append(list, one) != 0)
			abort();
	}
	for (size_t i = n; i > 0; i--) {
		json_t *one = json_array_get(touched, i - 1);
		if (json_is_true(json_array_get(one, 2)) && json_array_append(list, one) != 0)
			abort();
	}
	return list;
}

/* What one who left had goes back to him only when he is there again. */
static enum err leaver_back(struct ctx *ctx, const struct run *run)
{
	struct who *who;
	if (strcmp(run_what(run), "leave") != 0)
		return ERR_OK;
	enum err e = who_load(ctx, run_int(run->body, "user"), &who);
	return e != ERR_NOT_FOUND ? e
	                          : say(ctx, ERR_CONFLICT, "not_active", "该同事仍是停用状态，请先启用再撤回",
	                                "this colleague is still deactivated: activate him first");
}

enum err flow_undo_begin(struct ctx *ctx, int64_t id)
{
	struct run run;
	bool bulk = who_can(ctx, "bulk");
	enum err e = run_load(ctx, id, &run);
	/* Two that were merged, and one that was split, are taken back by who did it; many at once by who may do that.
	 */
	if (!bulk && (e == ERR_CONFLICT ||
	              (e == ERR_OK && strcmp(run_what(&run), "merge") != 0 && strcmp(run_what(&run), "split") != 0))) {
		ctx_forget(ctx); /* whose run it is, is not told him */
		return ERR_FORBIDDEN;
	}
	TRY(e);
	if (run.undone_at != 0)
		return say(ctx, ERR_CONFLICT, "nothing_to_undo", "没有可以撤回的操作",
		           "there is nothing of yours to take back");
	TRY(leaver_back(ctx, &run));
	if (json_object_get(run.body, "touched") == NULL)
		TRY(touched_collect(ctx, &run));
	run_put(run.body, "touched", in_order(json_object_get(run.body, "touched")));
	/* Taken back while it was not over: the rest is not done any more. */
	run_put(run.body, "over", json_true());
	(void)json_object_del(run.body, "ids");
	(void)json_object_del(run.body, "fields");
	json_t *undo = json_object();
	run_put(run.body, "undo", undo);
	run_put(undo, "next", json_integer(0));
	run_put(undo, "over", json_boolean(json_array_size(json_object_get(run.body, "touched")) == 0));
	run.undone_at = ctx->now_ms;
	return run_save(ctx, &run, false);
}

/* What was said of one and went along to the other is where it was. */
static enum err words_back(struct ctx *ctx, const struct run *run)
{
	const json_t *events = json_object_get(run->body, "events");
	bool moves = strcmp(run_what(run), "merge") == 0 || strcmp(run_what(run), "split") == 0;
	for (size_t i = 0; moves && i < json_array_size(events); i++)
		TRY(comments_return(ctx, json_integer_value(json_array_get(events, i))));
	return ERR_OK;
}

enum err undo_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	struct undo u = {0};
	json_t *undo = json_object_get(run->body, "undo");
	const json_t *touched = json_object_get(run->body, "touched");
	size_t next = (size_t)run_int(undo, "next"), n = json_array_size(touched);
	events_read(ctx, run, &u);
	for (size_t i = 0; i < limit && next < n; i++, next++) {
		const json_t *one = json_array_get(touched, next);
		struct bulk_result result;
		const char *type = json_string_value(json_array_get(one, 1));
		u.type = type ? model_type(ctx->model, type) : NULL;
		u.made = json_is_true(json_array_get(one, 2));
		TRY(bulk_each(ctx, undo_one, &u, json_integer_value(json_array_get(one, 0)), &result));
		run_tell(undo, u.made ? "removed" : "done", &result);
	}
	run_put(undo, "next", json_integer((json_int_t)next));
	if (next == n) {
		run_put(undo, "over", json_true());
		bool whole = json_array_size(json_object_get(undo, "failed")) == 0;
		if (whole)
			TRY(words_back(ctx, run));
		/* Where one side stays merged, so does what leads to the other. */
		if (run_int(run->body, "link") != 0 && whole)
			TRY(link_drop(ctx, run_int(run->body, "link")));
	}
	*ret_left = n - next;
	return run_save(ctx, run, false);
}

/*
 * bulk_undo.c: a bulk action taken back: each record gets the values it had before the run, if
 * nobody has changed it since. What was created or told stays; the timeline says "undone".
 */
#include <stdlib.h>
#include <string.h>

#include "flow/bulk.h"
#include "flow/event.h"

enum { EVENTS_MAX = 20000 };

/* The events of the run that changed a record, newest first. */
struct undo {
	int64_t *events;
	size_t n;
	int64_t *records; /* each once, in the order of the run */
	const char **types;
	size_t n_records;
};

struct undo_event {
	const char *type, *kind, *body;
	int64_t record;
};

static enum err run_read(struct ctx *ctx, int64_t run, struct undo *u)
{
	struct sql q;
	const char *body;
	sql_init(&q, ctx->arena);
	SQL(&q, "select body from bulk_run where id = :id and actor = :me and undone_at is null");
	sql_int(&q, "id", run);
	sql_int(&q, "me", ctx->who ? ctx->who->id : 0);
	enum err e = sql_one_text(ctx, &q, &body);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_CONFLICT, "", "nothing_to_undo",
		                   ctx->lang == LANG_EN ? "there is nothing of yours to take back"
		                                        : "没有可以撤回的操作");
	TRY(e);
	size_t n = 1;
	for (const char *p = body; *p != '\0'; p++)
		n += *p == ' ';
	u->events = ARENA_ARRAY(ctx->arena, n, int64_t);
	for (const char *p = strchr(body, ' '); p != NULL && u->n < EVENTS_MAX; p = strchr(p + 1, ' '))
		u->events[u->n++] = strtoll(p + 1, NULL, 10);
	return ERR_OK;
}

static enum err event_read(struct ctx *ctx, int64_t id, struct undo_event *ret)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, kind, body, record from event where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &rows));
	bool there = rows_next(rows);
	if (there) {
		ret->type = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		ret->kind = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
		ret->body = arena_strdup(ctx->arena, rows_text(rows, 2, NULL));
		ret->record = rows_int(rows, 3);
	}
	TRY(rows_done(rows));
	return there ? ERR_OK : ERR_NOT_FOUND;
}

static bool undoes(const struct undo_event *ev)
{
	return event_raises_version(ev->kind) && strcmp(ev->kind, "created") != 0 && ev->body != NULL;
}

/* The newest event of the record that changed it must be one of the run. */
static enum err untouched(struct ctx *ctx, const struct undo *u, int64_t record, bool *ret_untouched)
{
	struct sql q;
	struct rows *rows;
	int64_t newest = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, kind from event where record = :record order by id desc limit 50");
	sql_int(&q, "record", record);
	TRY(sql_rows(ctx, &q, &rows));
	while (newest == 0 && rows_next(rows))
		if (event_raises_version(rows_text(rows, 1, NULL)))
			newest = rows_int(rows, 0);
	TRY(rows_done(rows));
	*ret_untouched = false;
	for (size_t i = 0; i < u->n; i++)
		if (u->events[i] == newest)
			*ret_untouched = true;
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
			const json_t *change = json_array_get(changes, i);
			const char *name = json_string_value(json_object_get(change, "field"));
			const struct field *f = name ? type_field(r->type, name) : NULL;
			struct value v = value_empty();
			if (f == NULL || f->kind == FIELD_TABLE || f->kind == FIELD_COMPUTED)
				continue;
			bool is_state = strcmp(name, "state") == 0;
			if (!note_value(ctx, f, json_object_get(change, "before"), &v))
				v = value_empty();
			if (pass == 0 && is_state && v.kind == VALUE_TEXT)
				record_enter(ctx, r, v.s);
			else if (pass == 1 && !is_state)
				record_set(r, f, v);
		}
	}
	return ERR_OK;
}

static enum err undo_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct undo *u = arg;
	const char *type = NULL;
	bool free_to;
	for (size_t i = 0; i < u->n_records; i++)
		if (u->records[i] == id)
			type = u->types[i];
	const struct type *t = type ? model_type(ctx->model, type) : NULL;
	if (t == NULL)
		return ERR_NOT_FOUND;
	TRY(untouched(ctx, u, id, &free_to));
	if (!free_to)
		return ctx_problem(ctx, ERR_STALE, "", "stale",
		                   ctx->lang == LANG_EN ? "somebody has changed it since" : "之后又有人改过，不再撤回");
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	struct record *before = record_copy(ctx, r);
	/* States first in time order backwards, then the fields that follow from them. */
	for (size_t i = u->n; i > 0; i--) {
		struct undo_event ev;
		TRY(event_read(ctx, u->events[i - 1], &ev));
		if (ev.record == id && undoes(&ev))
			TRY(put_back(ctx, r, ev.body));
	}
	struct step s = {.depth = 0};
	return step_update(ctx, &s, r, before, &(struct note){.kind = "undone"});
}

static enum err records_collect(struct ctx *ctx, struct undo *u)
{
	u->records = ARENA_ARRAY(ctx->arena, u->n + 1, int64_t);
	u->types = ARENA_ARRAY(ctx->arena, u->n + 1, const char *);
	for (size_t i = 0; i < u->n; i++) {
		struct undo_event ev;
		enum err e = event_read(ctx, u->events[i], &ev);
		if (e == ERR_NOT_FOUND)
			continue;
		TRY(e);
		bool known = !undoes(&ev);
		for (size_t k = 0; !known && k < u->n_records; k++)
			known = u->records[k] == ev.record;
		if (known)
			continue;
		u->records[u->n_records] = ev.record;
		u->types[u->n_records++] = ev.type;
	}
	return ERR_OK;
}

enum err flow_bulk_undo(struct ctx *ctx, int64_t bulk_run, struct json_out *out)
{
	struct undo u = {0};
	struct sql q;
	TRY(run_read(ctx, bulk_run, &u));
	TRY(records_collect(ctx, &u));
	struct bulk_result *results = ARENA_ARRAY(ctx->arena, u.n_records + 1, struct bulk_result);
	for (size_t i = 0; i < u.n_records; i++)
		TRY(bulk_each(ctx, undo_one, &u, u.records[i], &results[i]));
	sql_init(&q, ctx->arena);
	SQL(&q, "update bulk_run set undone_at = :at where id = :id");
	sql_int(&q, "at", ctx->now_ms);
	sql_int(&q, "id", bulk_run);
	TRY(sql_run(ctx, &q, NULL));
	bulk_write_json(out, bulk_run, results, u.n_records);
	return ERR_OK;
}

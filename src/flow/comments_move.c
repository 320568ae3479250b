/*
 * comments_move.c: what was said of a matter goes along with what is split off it, or into what it is merged into. The
 * words stay the events they are: an event of the taker names them, one of the giver says where they went.
 */
#include <string.h>

#include "base/ids.h"
#include "flow/step.h"

enum { TAKEN_MAX = 2000, DEPTH_MAX = 8, MOVES_MAX = 100 };

static bool has_id(const int64_t *list, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

/* ---- taken over ------------------------------------------------------------------------------------------------- */

struct comment_ids {
	int64_t *ids;
	size_t n;
};

/* All that one reads on it, newest first: its own, then what it took over. */
static enum err all_of(struct ctx *ctx, const struct record *from, struct comment_ids *all)
{
	struct sql q;
	struct rows *rows;
	int64_t *taken;
	size_t n;
	TRY(record_taken(ctx, from->id, &taken, &n));
	all->ids = ARENA_ARRAY(ctx->arena, TAKEN_MAX + n, int64_t);
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from event where record = :record and kind = 'commented'");
	if (!sees_internal(ctx))
		SQL(&q, " and internal = 0");
	SQL(&q, " order by id desc limit :n");
	sql_int(&q, "record", from->id);
	sql_int(&q, "n", TAKEN_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (all->n < TAKEN_MAX)
			all->ids[all->n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	if (n > 0)
		memcpy(all->ids + all->n, taken, n * sizeof(*taken));
	all->n += n;
	return ERR_OK;
}

static enum err tell(struct ctx *ctx, const struct record *r, const char *kind, const struct record *other,
                     const int64_t *ids, size_t n)
{
	return step_note(ctx, r,
	                 &(struct note){.kind = kind,
	                                .linked_type = other->type,
	                                .linked = other->id,
	                                .comments = ids,
	                                .n_comments = n});
}

enum err comments_take(struct ctx *ctx, struct record *into, const struct record *from, const char *field,
                       const int64_t *ids, size_t n)
{
	struct comment_ids all = {0};
	TRY(all_of(ctx, from, &all));
	for (size_t i = 0; ids != NULL && i < n; i++)
		if (!has_id(all.ids, all.n, ids[i]))
			return ctx_problem(ctx, ERR_INVALID, field, "not_found",
			                   ctx->lang == LANG_EN ? "it was not said of this matter"
			                                        : "不是这件事项的备注");
	if (ids == NULL) {
		ids = all.ids;
		n = all.n < TAKEN_MAX ? all.n : TAKEN_MAX;
	}
	if (n == 0)
		return ERR_OK;
	TRY(tell(ctx, into, "comments_taken", from, ids, n));
	TRY(tell(ctx, from, "comments_moved", into, ids, n));
	return record_index(ctx, into);
}

/* ---- given back -------------------------------------------------------------------------------------------------- */

struct taking {
	const struct type *type, *from_type;
	int64_t record, from;
};

static enum err linked_of(struct ctx *ctx, const char *body, size_t len, const struct type **ret_type, int64_t *ret_id)
{
	json_t *j;
	*ret_type = NULL;
	*ret_id = 0;
	if (body == NULL)
		return ERR_OK;
	TRY(json_parse(ctx, body, len, &j));
	const json_t *linked = json_object_get(j, "linked");
	const char *type = json_string_value(json_object_get(linked, "type"));
	const char *id = json_string_value(json_object_get(linked, "id"));
	*ret_type = type ? model_type(ctx->model, type) : NULL;
	if (id == NULL || !id_parse(id, ret_id))
		*ret_id = 0;
	return ERR_OK;
}

static enum err taking_read(struct ctx *ctx, int64_t event, struct taking *t)
{
	struct sql q;
	struct rows *rows;
	const char *body = NULL, *type = NULL;
	size_t len = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, record, body from event where id = :id and kind = 'comments_taken'");
	sql_int(&q, "id", event);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		type = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		t->record = rows_int(rows, 1);
		body = rows_text(rows, 2, &len);
		body = body ? arena_strndup(ctx->arena, body, len) : NULL;
	}
	TRY(rows_done(rows));
	t->type = type ? model_type(ctx->model, type) : NULL;
	return linked_of(ctx, body, len, &t->from_type, &t->from);
}

enum err comments_return(struct ctx *ctx, int64_t event)
{
	struct taking t = {0};
	struct record *r;
	TRY(taking_read(ctx, event, &t));
	if (t.type == NULL || t.from_type == NULL || t.from == 0)
		return ERR_OK;
	enum err e = record_load(ctx, t.type, t.record, &r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(step_note(ctx, r,
	              &(struct note){.kind = "comments_returned", .linked_type = t.from_type, .linked = t.from}));
	return record_index(ctx, r);
}

/* ---- who took them over ------------------------------------------------------------------------------------------ */

struct taker {
	const struct type *type;
	int64_t id;
};

static enum err takers_of(struct ctx *ctx, int64_t record, struct taker *list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	const char *bodies[MOVES_MAX];
	size_t n = 0, lens[MOVES_MAX];
	sql_init(&q, ctx->arena);
	SQL(&q, "select body from event where record = :record and kind = 'comments_moved' order by id desc limit :n");
	sql_int(&q, "record", record);
	sql_int(&q, "n", MOVES_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const char *body = rows_text(rows, 0, &lens[n]);
		if (n < MOVES_MAX && body != NULL) {
			bodies[n] = arena_strndup(ctx->arena, body, lens[n]);
			n++;
		}
	}
	TRY(rows_done(rows));
	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct taker t;
		bool known = false;
		TRY(linked_of(ctx, bodies[i], lens[i], &t.type, &t.id));
		for (size_t k = 0; k < *ret_n; k++)
			known = known || list[k].id == t.id;
		if (!known && t.type != NULL && t.id != 0)
			list[(*ret_n)++] = t;
	}
	return ERR_OK;
}

typedef enum err taker_fn(struct ctx *ctx, void *arg, struct record *r, bool *ret_end);

/* fn for each record there still is that took over words of it, and of those in turn. */
static enum err takers_each(struct ctx *ctx, int64_t record, int depth, taker_fn *fn, void *arg, bool *ret_end)
{
	struct taker *list = ARENA_ARRAY(ctx->arena, MOVES_MAX, struct taker);
	size_t n = 0;
	if (depth == DEPTH_MAX)
		return ERR_OK;
	TRY(takers_of(ctx, record, list, &n));
	for (size_t i = 0; i < n && !*ret_end; i++) {
		struct record *r;
		enum err e = record_load(ctx, list[i].type, list[i].id, &r);
		if (e == ERR_NOT_FOUND)
			continue;
		TRY(e);
		TRY(fn(ctx, arg, r, ret_end));
		if (!*ret_end)
			TRY(takers_each(ctx, r->id, depth + 1, fn, arg, ret_end));
	}
	return ERR_OK;
}

static enum err index_one(struct ctx *ctx, void *arg, struct record *r, bool *ret_end)
{
	(void)arg;
	(void)ret_end;
	return record_index(ctx, r);
}

enum err comments_index(struct ctx *ctx, const struct type *t, int64_t record)
{
	struct record *r;
	bool end = false;
	enum err e = record_load(ctx, t, record, &r);
	if (e == ERR_OK)
		e = record_index(ctx, r);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	return takers_each(ctx, record, 0, index_one, NULL, &end);
}

/* ---- files of the words -------------------------------------------------------------------------------------------
 */

struct wanted_file {
	int64_t of, file;
};

/* Is it brought by one of these events, said of that record? */
static enum err brought(struct ctx *ctx, const struct wanted_file *w, const int64_t *ids, size_t n, bool *ret_brought)
{
	const char *quoted = arena_printf(ctx->arena, "\"%lld\"", (long long)w->file);
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, body from event where record = :record and kind = 'commented'");
	if (!sees_internal(ctx))
		SQL(&q, " and internal = 0");
	sql_int(&q, "record", w->of);
	TRY(sql_rows(ctx, &q, &rows));
	while (!*ret_brought && rows_next(rows)) {
		size_t len = 0;
		int64_t id = rows_int(rows, 0);
		const char *body = rows_text(rows, 1, &len);
		*ret_brought = body != NULL && has_id(ids, n, id) && memmem(body, len, quoted, strlen(quoted)) != NULL;
	}
	return rows_done(rows);
}

static enum err seen_there(struct ctx *ctx, void *arg, struct record *r, bool *ret_end)
{
	int64_t *ids;
	size_t n;
	enum err e = access_check(ctx, r, ACCESS_READ);
	if (e == ERR_NOT_FOUND || e == ERR_FORBIDDEN) {
		ctx_forget(ctx);
		return ERR_OK;
	}
	TRY(e);
	TRY(record_taken(ctx, r->id, &ids, &n));
	return n > 0 ? brought(ctx, arg, ids, n, ret_end) : ERR_OK;
}

enum err comments_file_seen(struct ctx *ctx, int64_t record, int64_t file, bool *ret_seen)
{
	struct wanted_file w = {.of = record, .file = file};
	*ret_seen = false;
	return takers_each(ctx, record, 0, seen_there, &w, ret_seen);
}

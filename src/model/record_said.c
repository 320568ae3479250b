/*
 * record_said.c: what was said of a record. Words stay the event they are, on the record they were said on; where they
 * go along with a part or a merged matter, an event of the taker names them (`comments_taken`), another gives them
 * back.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "model/record.h"
#include "store/store.h"

/* Of a record that is talked about without end the newest are found. */
enum { COMMENTS_MAX = 500, COMMENTS_BYTES_MAX = 1 << 20, AT_ONCE = 100, TAKINGS_MAX = 100 };

/* ---- what it took over ------------------------------------------------------------------------------------ */

struct taken {
	int64_t *ids;
	size_t n;
	int64_t back[TAKINGS_MAX]; /* whose words were given back by a later event */
	size_t n_back;
};

static int64_t id_in(const json_t *j)
{
	int64_t id;
	return json_is_string(j) && id_parse(json_string_value(j), &id) ? id : 0;
}

static bool has_id(const int64_t *list, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

static void taken_add(struct ctx *ctx, struct taken *t, const json_t *ids)
{
	size_t n = json_array_size(ids);
	int64_t *list = ARENA_ARRAY(ctx->arena, t->n + n + 1, int64_t);
	if (t->n > 0)
		memcpy(list, t->ids, t->n * sizeof(*list));
	t->ids = list;
	for (size_t i = 0; i < n; i++) {
		int64_t id = id_in(json_array_get(ids, i));
		if (id != 0 && !has_id(list, t->n, id))
			list[t->n++] = id;
	}
}

/* Events come newest first: a giving back counts for the takings before it, once. */
static void taken_event(struct ctx *ctx, struct taken *t, const char *kind, const char *body, size_t len)
{
	json_error_t error;
	json_t *j = body ? json_loadb(body, len, 0, &error) : NULL;
	int64_t from = id_in(json_object_get(json_object_get(j, "linked"), "id"));
	if (strcmp(kind, "comments_returned") == 0) {
		if (t->n_back < TAKINGS_MAX)
			t->back[t->n_back++] = from;
	} else if (has_id(t->back, t->n_back, from)) {
		for (size_t i = 0; i < t->n_back; i++)
			if (t->back[i] == from) {
				t->back[i] = t->back[--t->n_back];
				break;
			}
	} else {
		taken_add(ctx, t, json_object_get(j, "comments"));
	}
	json_decref(j);
}

enum err record_taken(struct ctx *ctx, int64_t record, int64_t **ret_ids, size_t *ret_n)
{
	struct taken *t = ARENA_NEW(ctx->arena, struct taken);
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select kind, body from event where record = :record and kind in ('comments_taken', "
	        "'comments_returned') order by id desc");
	sql_int(&q, "record", record);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		size_t len = 0;
		const char *body = rows_text(rows, 1, &len);
		taken_event(ctx, t, rows_text(rows, 0, NULL), body, len);
	}
	*ret_ids = t->ids;
	*ret_n = t->n;
	return rows_done(rows);
}

/* ---- the words ---------------------------------------------------------------------------------------------- */

struct said {
	struct comment *list;
	size_t n, bytes;
	bool moved; /* there are events that say whose words it took over */
};

static const char *body_text(struct arena *a, const char *body, size_t len)
{
	json_error_t error;
	json_t *j = json_loadb(body, len, 0, &error);
	const char *text = arena_strdup(a, json_string_value(json_object_get(j, "text")));
	json_decref(j);
	return text;
}

/* Columns: id, at, internal, body, kind. */
static enum err rows_said(struct ctx *ctx, struct sql *q, struct said *s)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	while (rows_next(rows)) {
		size_t len;
		const char *body = rows_text(rows, 3, &len);
		if (strcmp(rows_text(rows, 4, NULL), "commented") != 0) {
			s->moved = true;
			continue;
		}
		if (s->n == COMMENTS_MAX || (s->bytes += len) > COMMENTS_BYTES_MAX)
			continue;
		if (s->list == NULL)
			s->list = ARENA_ARRAY(ctx->arena, COMMENTS_MAX, struct comment);
		s->list[s->n] = (struct comment){.event = rows_int(rows, 0),
		                                 .at = rows_int(rows, 1),
		                                 .internal = rows_int(rows, 2) != 0,
		                                 .text = body_text(ctx->arena, body, len)};
		s->n += s->list[s->n].text != NULL;
	}
	return rows_done(rows);
}

static enum err taken_said(struct ctx *ctx, int64_t record, bool internal, struct said *s)
{
	int64_t *ids;
	size_t n;
	TRY(record_taken(ctx, record, &ids, &n));
	for (size_t at = 0; at < n; at += AT_ONCE) {
		struct sql q;
		size_t now = n - at < AT_ONCE ? n - at : AT_ONCE;
		sql_init(&q, ctx->arena);
		SQL(&q, "select id, at, internal, body, kind from event where kind = 'commented' and body is not null "
		        "and id in (0");
		for (size_t i = 0; i < now; i++) {
			SQL(&q, ", ");
			sql_value_int(&q, ids[at + i]);
		}
		SQL(&q, ")");
		if (!internal)
			SQL(&q, " and internal = 0");
		TRY(rows_said(ctx, &q, s));
	}
	return ERR_OK;
}

static int newest_first(const void *x, const void *y)
{
	int64_t a = ((const struct comment *)x)->event, b = ((const struct comment *)y)->event;
	return (a < b) - (a > b);
}

enum err record_comments(struct ctx *ctx, int64_t record, bool internal, struct comment **ret_list, size_t *ret_n)
{
	struct said s = {0};
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, internal, body, kind from event where record = :record and kind in ('commented', "
	        "'comments_taken') and body is not null");
	if (!internal)
		SQL(&q, " and (internal = 0 or kind = 'comments_taken')");
	SQL(&q, " order by id desc limit :n");
	sql_int(&q, "record", record);
	sql_int(&q, "n", COMMENTS_MAX);
	TRY(rows_said(ctx, &q, &s));
	if (s.moved) {
		TRY(taken_said(ctx, record, internal, &s));
		if (s.n > 1)
			qsort(s.list, s.n, sizeof(*s.list), newest_first);
	}
	*ret_list = s.list;
	*ret_n = s.n;
	return ERR_OK;
}

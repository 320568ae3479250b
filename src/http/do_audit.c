/* do_audit.c: who did what, and who saw in the clear what is masked: events and the rows of seen_log as one list. */
#include "base/clock.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/labels.h"
#include "store/store.h"

enum { AUDIT_PRESET = 50 };

/* One line of it, of either table. */
struct audit_row {
	bool seen;
	int64_t seq; /* of an event; 0: it has none yet */
	int64_t id, at, actor, record;
	const char *type, *kind, *origin, *body, *fields;
};

struct audit {
	int64_t before; /* ids of both are of one kind, in the order of time */
	int64_t person, record;
	const char *kind; /* NULL: all */
	size_t limit;
	struct answer *an;
	struct audit_row *rows;
	size_t n;
};

static bool kind_is(const struct audit *au, const char *kind)
{
	return au->kind != NULL && strcmp(au->kind, kind) == 0;
}

static const char *kept_text(struct ctx *ctx, struct rows *r, int col)
{
	size_t len;
	const char *s = rows_text(r, col, &len);
	return s ? arena_strndup(ctx->arena, s, len) : NULL;
}

static void where_write(const struct audit *au, struct sql *q)
{
	if (au->record != 0) {
		SQL(q, " and record = ");
		sql_value_int(q, au->record);
	}
	SQL(q, " order by ");
}

static enum err events_read(struct ctx *ctx, struct audit *au)
{
	struct sql q;
	struct rows *r;

	if (kind_is(au, "seen"))
		return ERR_OK;
	sql_init(&q, ctx->arena);
	/* Only of these the body says something that no timeline tells. */
	SQL(&q,
	    "select id, seq, at, actor, type, record, kind, origin, case when kind in ('exported', 'revealed') then "
	    "body end from event where id < ");
	sql_value_int(&q, au->before);
	if (au->kind != NULL) {
		SQL(&q, " and kind = ");
		sql_value_text(&q, au->kind);
	}
	if (au->person != 0) {
		SQL(&q, " and actor = ");
		sql_value_int(&q, au->person);
	}
	where_write(au, &q);
	SQL(&q, "id desc limit ");
	sql_value_int(&q, (int64_t)au->limit);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r))
		au->rows[au->n++] = (struct audit_row){.id = rows_int(r, 0),
		                                       .seq = rows_int(r, 1),
		                                       .at = rows_int(r, 2),
		                                       .actor = rows_int(r, 3),
		                                       .type = kept_text(ctx, r, 4),
		                                       .record = rows_int(r, 5),
		                                       .kind = kept_text(ctx, r, 6),
		                                       .origin = kept_text(ctx, r, 7),
		                                       .body = kept_text(ctx, r, 8)};
	return rows_done(r);
}

static enum err seen_read(struct ctx *ctx, struct audit *au)
{
	struct sql q;
	struct rows *r;

	if (au->kind != NULL && !kind_is(au, "seen"))
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, user_id, type, record, fields, why from seen_log where id < ");
	sql_value_int(&q, au->before);
	/* Of a reveal there is an event too. */
	if (au->kind == NULL)
		SQL(&q, " and why <> 'reveal'");
	if (au->person != 0) {
		SQL(&q, " and user_id = ");
		sql_value_int(&q, au->person);
	}
	where_write(au, &q);
	SQL(&q, "id desc limit ");
	sql_value_int(&q, (int64_t)au->limit);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r))
		au->rows[au->n++] = (struct audit_row){.seen = true,
		                                       .id = rows_int(r, 0),
		                                       .at = rows_int(r, 1),
		                                       .actor = rows_int(r, 2),
		                                       .type = kept_text(ctx, r, 3),
		                                       .record = rows_int(r, 4),
		                                       .kind = "seen",
		                                       .fields = kept_text(ctx, r, 5),
		                                       .origin = kept_text(ctx, r, 6)};
	return rows_done(r);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void words_write(struct json_out *out, const char *words)
{
	json_open(out, '[');
	for (const char *at = words + strspn(words, " "); *at != '\0';) {
		size_t len = strcspn(at, " ");
		json_textn(out, at, len);
		at += len;
		at += strspn(at, " ");
	}
	json_close(out, ']');
}

static void member(struct json_out *out, const json_t *body, const char *name)
{
	const json_t *v = json_object_get(body, name);
	const json_t *word;
	size_t i;

	if (v == NULL)
		return;
	json_key(out, name);
	if (json_is_array(v)) {
		json_open(out, '[');
		json_array_foreach(v, i, word) json_text(out, json_string_value(word));
		json_close(out, ']');
	} else if (json_is_integer(v)) {
		json_int(out, json_integer_value(v));
	} else {
		json_text(out, json_string_value(v));
	}
}

static void body_write(struct ctx *ctx, struct json_out *out, const struct audit_row *row)
{
	static const char *const names[] = {"field", "reason", "rows", "format", "where", "columns"};
	json_t *body;

	if (row->body == NULL || json_parse(ctx, row->body, strlen(row->body), &body) != ERR_OK)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		member(out, body, names[i]);
}

static void row_write(struct ctx *ctx, struct json_out *out, const struct labels *l, const struct audit_row *row)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, row->id);
	if (!row->seen) {
		json_key(out, "seq");
		json_id(out, row->seq);
	}
	json_key(out, "at");
	json_instant(out, row->at);
	json_key(out, "actor");
	json_id(out, row->actor);
	json_key(out, "by");
	label_write_json(out, l, ctx->model->user, row->actor);
	json_key(out, "type");
	json_text(out, row->type);
	json_key(out, "record");
	json_id(out, row->record);
	json_key(out, "kind");
	json_text(out, row->kind);
	json_key(out, row->seen ? "why" : "origin");
	json_text(out, row->origin);
	if (row->seen) {
		json_key(out, "fields");
		words_write(out, row->fields ? row->fields : "");
	}
	body_write(ctx, out, row);
	json_close(out, '}');
}

static int newest_first(const void *x, const void *y)
{
	const struct audit_row *a = x, *b = y;
	return a->id < b->id ? 1 : a->id > b->id ? -1 : 0;
}

static enum err audit_read(struct ctx *ctx, void *arg)
{
	struct audit *au = arg;
	struct json_out *out = &au->an->json;
	struct labels labels;

	au->n = 0;
	au->rows = ARENA_ARRAY(ctx->arena, 2 * au->limit + 1, struct audit_row);
	TRY(events_read(ctx, au));
	TRY(seen_read(ctx, au));
	qsort(au->rows, au->n, sizeof(au->rows[0]), newest_first);
	size_t n = au->n < au->limit ? au->n : au->limit;
	labels_init(&labels, ctx);
	/* People are named; of records it is said which, not what is in them. */
	for (size_t i = 0; i < n; i++)
		labels_want_record(&labels, ctx->model->user, au->rows[i].actor);
	TRY(labels_resolve(&labels));
	json_open(out, '{');
	json_key(out, "events");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		row_write(ctx, out, &labels, &au->rows[i]);
	json_close(out, ']');
	json_key(out, "next");
	json_id(out, n == au->limit ? au->rows[n - 1].id : 0);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_audit(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct audit au = {.an = an, .kind = request_query(rq, "kind"), .before = INT64_MAX};
	const char *after = request_query(rq, "after"), *person = request_query(rq, "person"),
	           *record = request_query(rq, "record");

	if (after != NULL && !id_parse(after, &au.before))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "bad_cursor", "must be what `next` gave");
	if (person != NULL && !id_parse(person, &au.person))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "person", "bad_id", "must be an id");
	if (record != NULL && !id_parse(record, &au.record))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "record", "bad_id", "must be an id");
	TRY(request_limit(ctx, rq, AUDIT_PRESET, LIMIT_PAGE_ROWS, &au.limit));
	return store_read(ctx, audit_read, &au);
}

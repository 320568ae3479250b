/* do_audit.c: who did what, who saw in the clear what is masked, who signed in: events and the rows of seen_log and
 * sign_log as one list. */
#include "base/clock.h"
#include "base/ids.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/sign_log.h"
#include "model/filter_words.h"
#include "model/labels.h"
#include "model/names.h"
#include "store/store.h"

enum { AUDIT_PRESET = 50, KINDS_MAX = 32, KIND_BYTES = 64, NAMES_MAX = 256 };

/* One line of it, of any of the tables. */
struct audit_row {
	bool seen, sign;
	int64_t seq; /* of an event; 0: it has none yet */
	int64_t id, at, actor, record;
	const char *type, *kind, *origin, *body, *fields;
	const char *number;     /* of the record; NULL: it has none */
	json_t *said;           /* body, read; NULL: none */
	int64_t times, last_at; /* of signs */
};

struct audit {
	int64_t before; /* ids of both are of one kind, in the order of time */
	int64_t person, record;
	const char *asked_number;     /* instead of its id */
	const char *type;             /* NULL: all */
	const char *kinds[KINDS_MAX]; /* none: all */
	size_t n_kinds;
	bool asks_events, asks_seen, asks_signs; /* by the kinds asked for */
	int64_t from, until;                     /* at: from <= at < until */
	size_t limit;
	struct answer *an;
	struct audit_row *rows;
	size_t n;
};

static const char *kept_text(struct ctx *ctx, struct rows *r, int col)
{
	size_t len;
	const char *s = rows_text(r, col, &len);
	return s ? arena_strndup(ctx->arena, s, len) : NULL;
}

/* What all tables are asked alike. */
static void where_write(const struct audit *au, struct sql *q)
{
	if (au->type != NULL) {
		SQL(q, " and type = ");
		sql_value_text(q, au->type);
	}
	if (au->record != 0) {
		SQL(q, " and record = ");
		sql_value_int(q, au->record);
	}
	if (au->from > INT64_MIN) {
		/* An id is never earlier than its instant: looked for no further back than that. */
		SQL(q, " and at >= ");
		sql_value_int(q, au->from);
		SQL(q, " and id >= ");
		sql_value_int(q, ids_floor(au->from));
	}
	if (au->until < INT64_MAX) {
		SQL(q, " and at < ");
		sql_value_int(q, au->until);
	}
	SQL(q, " order by id desc limit ");
	sql_value_int(q, (int64_t)au->limit);
}

static void kinds_write(const struct audit *au, struct sql *q)
{
	if (au->n_kinds == 0)
		return;
	SQL(q, " and kind in (");
	for (size_t i = 0; i < au->n_kinds; i++) {
		if (i > 0)
			SQL(q, ", ");
		sql_value_text(q, au->kinds[i]);
	}
	SQL(q, ")");
}

static enum err events_read(struct ctx *ctx, struct audit *au)
{
	struct sql q;
	struct rows *r;

	if (!au->asks_events)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	/* Only of these the body says something that no timeline tells. */
	SQL(&q,
	    "select id, seq, at, actor, type, record, kind, origin, case when kind in ('exported', 'revealed') then "
	    "body end from event where id < ");
	sql_value_int(&q, au->before);
	kinds_write(au, &q);
	if (au->person != 0) {
		SQL(&q, " and actor = ");
		sql_value_int(&q, au->person);
	}
	where_write(au, &q);
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

	if (!au->asks_seen)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, user_id, type, record, fields, why from seen_log where id < ");
	sql_value_int(&q, au->before);
	/* Of a reveal there is an event too. */
	if (au->asks_events)
		SQL(&q, " and why <> 'reveal'");
	if (au->person != 0) {
		SQL(&q, " and user_id = ");
		sql_value_int(&q, au->person);
	}
	where_write(au, &q);
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

static enum err signs_read(struct ctx *ctx, struct audit *au)
{
	struct sql q;
	struct rows *r;

	if (!au->asks_signs)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, actor, record, kind, address, times, last_at from (select id, at, actor, user_id as "
	        "record, "
	        "'user' as type, kind, address, times, last_at from sign_log) s where id < ");
	sql_value_int(&q, au->before);
	kinds_write(au, &q);
	/* What he did, and what was done or tried in his name. */
	if (au->person != 0) {
		SQL(&q, " and (record = ");
		sql_value_int(&q, au->person);
		SQL(&q, " or actor = ");
		sql_value_int(&q, au->person);
		SQL(&q, ")");
	}
	where_write(au, &q);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		const char *address = rows_text(r, 5, NULL);
		au->rows[au->n++] = (struct audit_row){.sign = true,
		                                       .id = rows_int(r, 0),
		                                       .at = rows_int(r, 1),
		                                       .actor = rows_int(r, 2),
		                                       .type = ctx->model->user->name,
		                                       .record = rows_int(r, 3),
		                                       .kind = kept_text(ctx, r, 4),
		                                       .origin = arena_printf(ctx->arena, "web %s", address),
		                                       .times = rows_int(r, 6),
		                                       .last_at = rows_int(r, 7)};
	}
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

/* Which records left, as people say it: who reads the log may have no model of the type. */
static void where_words(struct ctx *ctx, struct json_out *out, const struct type *t, const char *where)
{
	struct filter *f;
	struct filter_fault fault;

	if (t == NULL || where == NULL || *where == '\0' ||
	    filter_parse(ctx->arena, ctx->model, t, where, strlen(where), &f, &fault) != ERR_OK)
		return;
	json_key(out, "where_words");
	json_open(out, '{');
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		struct buf words;
		buf_init(&words, ctx->arena, LIMIT_FILTER_BYTES * 4);
		filter_words(f, (enum lang)lang, &words);
		json_key(out, lang == LANG_EN ? "en" : "zh");
		json_text(out, words.over || words.data == NULL ? where : words.data);
	}
	json_close(out, '}');
}

static void body_write(struct ctx *ctx, struct json_out *out, const struct audit_row *row)
{
	static const char *const names[] = {"field", "reason", "rows", "format", "where", "columns"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		member(out, row->said, names[i]);
	where_words(ctx, out, model_type(ctx->model, row->type),
	            json_string_value(json_object_get(row->said, "where")));
}

static void row_write(struct ctx *ctx, struct json_out *out, const struct labels *l, const struct audit_row *row)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, row->id);
	if (row->sign) {
		json_key(out, "whose");
		label_write_json(out, l, ctx->model->user, row->record);
		json_key(out, "times");
		json_int(out, row->times);
		json_at(out, "last_at", row->last_at);
	} else if (!row->seen) {
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
	json_key(out, "number");
	json_text(out, row->number);
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

/* ---- what the rows name ------------------------------------------------------------------------------ */

static void bodies_read(struct ctx *ctx, struct audit *au)
{
	for (size_t i = 0; i < au->n; i++) {
		struct audit_row *row = &au->rows[i];
		if (row->body != NULL && json_parse(ctx, row->body, strlen(row->body), &row->said) != ERR_OK)
			row->said = NULL;
	}
}

static bool is_first_of_type(const struct audit *au, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(au->rows[i].type, au->rows[at].type) == 0)
			return false;
	return true;
}

static enum err numbers_read(struct ctx *ctx, struct audit *au, const struct type *t)
{
	int64_t *ids = ARENA_ARRAY(ctx->arena, au->n + 1, int64_t);
	size_t *at = ARENA_ARRAY(ctx->arena, au->n + 1, size_t), n = 0;
	const char **numbers = ARENA_ARRAY(ctx->arena, au->n + 1, const char *);

	for (size_t i = 0; i < au->n; i++) {
		if (au->rows[i].record == 0 || strcmp(au->rows[i].type, t->name) != 0)
			continue;
		ids[n] = au->rows[i].record;
		at[n++] = i;
	}
	TRY(names_numbers(ctx, t, ids, n, numbers));
	for (size_t i = 0; i < n; i++)
		au->rows[at[i]].number = numbers[i];
	return ERR_OK;
}

/* Each name once, however many rows say it. */
static void label_once(struct ctx *ctx, struct json_out *out, const struct type *t, const char **said, size_t *n,
                       size_t most, const char *path)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(said[i], path) == 0)
			return;
	if (*n == most)
		return;
	said[(*n)++] = path;
	names_field_write_json(ctx, out, t, path);
}

static void row_labels(struct ctx *ctx, struct json_out *out, const struct type *t, const struct audit_row *row,
                       const char **said, size_t *n)
{
	const char *field = json_string_value(json_object_get(row->said, "field"));
	const json_t *columns = json_object_get(row->said, "columns"), *column;
	size_t i;

	if (field != NULL)
		label_once(ctx, out, t, said, n, NAMES_MAX, field);
	json_array_foreach(columns, i, column) if (json_is_string(column))
	        label_once(ctx, out, t, said, n, NAMES_MAX, json_string_value(column));
	for (const char *at = row->fields; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, " ");
		if (len > 0)
			label_once(ctx, out, t, said, n, NAMES_MAX, arena_strndup(ctx->arena, at, len));
		at += len + (at[len] == ' ');
	}
}

static void types_write(struct ctx *ctx, struct json_out *out, const struct audit *au)
{
	const char **said = ARENA_ARRAY(ctx->arena, NAMES_MAX, const char *);

	json_key(out, "types");
	json_open(out, '{');
	for (size_t i = 0; i < au->n; i++) {
		const struct type *t = model_type(ctx->model, au->rows[i].type);
		size_t n = 0;
		if (t == NULL || !is_first_of_type(au, i))
			continue;
		json_key(out, t->name);
		json_open(out, '{');
		json_key(out, "zh");
		json_text(out, label_in(&t->label, LANG_ZH));
		json_key(out, "en");
		json_text(out, label_in(&t->label, LANG_EN));
		json_key(out, "fields");
		json_open(out, '{');
		for (size_t k = i; k < au->n; k++)
			if (strcmp(au->rows[k].type, t->name) == 0)
				row_labels(ctx, out, t, &au->rows[k], said, &n);
		json_close(out, '}');
		json_close(out, '}');
	}
	json_close(out, '}');
}

static int newest_first(const void *x, const void *y)
{
	const struct audit_row *a = x, *b = y;
	return a->id < b->id ? 1 : a->id > b->id ? -1 : 0;
}

static enum err page_read(struct ctx *ctx, struct audit *au)
{
	au->n = 0;
	au->rows = ARENA_ARRAY(ctx->arena, 3 * au->limit + 1, struct audit_row);
	TRY(events_read(ctx, au));
	TRY(seen_read(ctx, au));
	TRY(signs_read(ctx, au));
	qsort(au->rows, au->n, sizeof(au->rows[0]), newest_first);
	au->n = au->n < au->limit ? au->n : au->limit;
	bodies_read(ctx, au);
	for (size_t i = 0; i < au->n; i++) {
		const struct type *t = model_type(ctx->model, au->rows[i].type);
		if (t != NULL && is_first_of_type(au, i))
			TRY(numbers_read(ctx, au, t));
	}
	return ERR_OK;
}

static enum err audit_read(struct ctx *ctx, void *arg)
{
	struct audit *au = arg;
	struct json_out *out = &au->an->json;
	struct labels labels;
	const struct type *t = NULL;

	if (au->asked_number != NULL) {
		enum err e = names_find(ctx, au->type ? model_type(ctx->model, au->type) : NULL, au->asked_number, &t,
		                        &au->record);
		if (e == ERR_NOT_FOUND)
			return ctx_problem(ctx, ERR_INVALID, "number", "not_found", "nothing has this number");
		TRY(e);
	}
	TRY(page_read(ctx, au));
	labels_init(&labels, ctx);
	/* People are named; of records it is said which, not what is in them. */
	for (size_t i = 0; i < au->n; i++) {
		labels_want_record(&labels, ctx->model->user, au->rows[i].actor);
		if (au->rows[i].sign)
			labels_want_record(&labels, ctx->model->user, au->rows[i].record);
	}
	TRY(labels_resolve(&labels));
	json_open(out, '{');
	json_key(out, "events");
	json_open(out, '[');
	for (size_t i = 0; i < au->n; i++)
		row_write(ctx, out, &labels, &au->rows[i]);
	json_close(out, ']');
	types_write(ctx, out, au);
	json_key(out, "next");
	json_id(out, au->n == au->limit ? au->rows[au->n - 1].id : 0);
	json_close(out, '}');
	return ERR_OK;
}

/* ---- asking ----------------------------------------------------------------------------------------- */

/* "exported,revealed": any of these. */
static enum err kinds_asked(struct ctx *ctx, struct request *rq, struct audit *au)
{
	const char *at = request_query(rq, "kind");

	while (at != NULL && *at != '\0') {
		size_t len = strcspn(at, ",");
		if (len == 0 || len >= KIND_BYTES || au->n_kinds == KINDS_MAX)
			return ctx_problem(ctx, ERR_BAD_REQUEST, "kind", "bad_list", "at most %d kinds, by commas",
			                   KINDS_MAX);
		au->kinds[au->n_kinds] = arena_strndup(ctx->arena, at, len);
		const char *kind = au->kinds[au->n_kinds++];
		bool seen = strcmp(kind, "seen") == 0, sign = sign_kind(kind);
		au->asks_seen = au->asks_seen || seen;
		au->asks_signs = au->asks_signs || sign;
		au->asks_events = au->asks_events || (!seen && !sign);
		at += len + (at[len] == ',');
	}
	if (au->n_kinds == 0)
		au->asks_events = au->asks_seen = au->asks_signs = true;
	return ERR_OK;
}

/* A day of the organisation; `days` later. */
static enum err day_asked(struct ctx *ctx, struct request *rq, const char *name, int days, int64_t *ret_at)
{
	const char *s = request_query(rq, name);
	struct local_time day = {0};

	if (s == NULL)
		return ERR_OK;
	if (!date_parse(s, &day.year, &day.month, &day.day))
		return ctx_problem(ctx, ERR_BAD_REQUEST, name, "bad_date", "must be a date such as 2026-11-22");
	*ret_at = zone_day_start(ctx->zone, zone_instant(ctx->zone, &day), days);
	return ERR_OK;
}

enum err do_audit(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct audit au = {.an = an,
	                   .type = request_query(rq, "type"),
	                   .before = INT64_MAX,
	                   .from = INT64_MIN,
	                   .until = INT64_MAX};
	const char *after = request_query(rq, "after");

	if (after != NULL && !id_parse(after, &au.before))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "bad_cursor", "must be what `next` gave");
	TRY(request_query_id(ctx, rq, "person", &au.person));
	TRY(request_query_id(ctx, rq, "record", &au.record));
	au.asked_number = request_query(rq, "number");
	TRY(kinds_asked(ctx, rq, &au));
	TRY(day_asked(ctx, rq, "from", 0, &au.from));
	TRY(day_asked(ctx, rq, "to", 1, &au.until));
	TRY(request_limit(ctx, rq, AUDIT_PRESET, LIMIT_PAGE_ROWS, &au.limit));
	return store_read(ctx, audit_read, &au);
}

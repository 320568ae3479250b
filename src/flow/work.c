/* work.c: the workbench: what must I do now, in groups, by when it hurts. One index serves all types that use work. */
#include <string.h>

#include "base/clock.h"
#include "flow/clocks.h"
#include "flow/work.h"

enum { GROUP_ROWS = 30, COUNT_STOP = LIMIT_COUNT + 1 };

/* ---- reading ------------------------------------------------------------------------------------------- */

struct found {
	int64_t ids[GROUP_ROWS];
	const char *types[GROUP_ROWS];
	size_t n;
	int64_t total;
};

static enum err count_of(struct ctx *ctx, const char *table, const struct bench *b,
                         void (*where)(const struct bench *, struct sql *), int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from ");
	sql_name(&q, table);
	SQL(&q, " where ");
	where(b, &q);
	SQL(&q, " limit ");
	sql_value_int(&q, COUNT_STOP);
	SQL(&q, ") x");
	return sql_one_int(ctx, &q, ret_n);
}

static enum err work_ids(struct ctx *ctx, const struct bench *b, const struct group *g, struct found *f)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type from work where ");
	g->where(b, &q);
	if (strcmp(g->order, "wake") == 0)
		SQL(&q, " order by wake is null, wake, id");
	else if (strcmp(g->order, "after") == 0)
		SQL(&q, " order by closed_at desc, id desc");
	else if (strcmp(g->order, "mine") == 0)
		SQL(&q, " order by case when stage = 'open' then 0 else 1 end, due is null, due, id");
	else
		SQL(&q, " order by due is null, due, id");
	SQL(&q, " limit ");
	sql_value_int(&q, GROUP_ROWS);
	TRY(sql_rows(ctx, &q, &rows));
	while (f->n < GROUP_ROWS && rows_next(rows)) {
		f->ids[f->n] = rows_int(rows, 0);
		f->types[f->n++] = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
	}
	TRY(rows_done(rows));
	return count_of(ctx, "work", b, g->where, &f->total);
}

/* Rows of a type that is not work: promises and reminders. */
static enum err other_ids(struct ctx *ctx, const struct bench *b, const struct type *t,
                          void (*where)(const struct bench *, struct sql *), struct found *f)
{
	struct sql q;
	struct rows *rows;
	int64_t n;
	if (t == NULL)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where ");
	where(b, &q);
	SQL(&q, " order by ");
	sql_name(&q, t == b->promise ? "due" : "remind_on");
	SQL(&q, ", id limit ");
	sql_value_int(&q, GROUP_ROWS);
	TRY(sql_rows(ctx, &q, &rows));
	while (f->n < GROUP_ROWS && rows_next(rows)) {
		f->ids[f->n] = rows_int(rows, 0);
		f->types[f->n++] = t->name;
	}
	TRY(rows_done(rows));
	TRY(count_of(ctx, t->table, b, where, &n));
	f->total += n;
	return ERR_OK;
}

static enum err group_find(struct ctx *ctx, const struct bench *b, const struct group *g, struct found *f)
{
	if (g->where != NULL)
		TRY(work_ids(ctx, b, g, f));
	if (strcmp(g->key, "approval") == 0) {
		TRY(approvals_waiting(ctx, b, GROUP_ROWS, f->ids, f->types, &f->n));
		TRY(approvals_waiting_count(ctx, b, &f->total));
	}
	if (strcmp(g->key, "promised") == 0)
		TRY(other_ids(ctx, b, b->promise, where_promised, f));
	if (strcmp(g->key, "call") == 0)
		TRY(other_ids(ctx, b, b->reminder, where_reminder, f));
	return ERR_OK;
}

/* A type the workbench knows by name, with the columns it asks for. */
static const struct type *type_with(const struct ctx *ctx, const char *name, const char *column)
{
	const struct type *t = model_type(ctx->model, name);
	const struct field *f = t ? type_field(t, column) : NULL;
	bool good = f != NULL && f->column != NULL && type_field(t, "owner") != NULL && t->n_states > 0;
	return good ? t : NULL;
}

static struct bench bench_of(struct ctx *ctx)
{
	struct bench b = {.me = ctx->who->id, .teams = ctx->who->teams, .n_teams = ctx->who->n_teams};
	struct local_time local;
	char *date = arena_alloc(ctx->arena, DATE_BYTES);
	zone_local(ctx->zone, ctx->now_ms, &local);
	date_format(local.year, local.month, local.day, date);
	b.t = (struct work_times){
	        .now = ctx->now_ms, .day_end = zone_day_start(ctx->zone, ctx->now_ms, 1), .today = date};
	b.promise = type_with(ctx, "promise", "due");
	b.reminder = type_with(ctx, "reminder", "remind_on");
	return b;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static enum err name_of(struct ctx *ctx, const struct type *t, int64_t id, const char **ret_name)
{
	*ret_name = NULL;
	return id == 0 ? ERR_OK : record_titles(ctx, t, &id, 1, ret_name);
}

/* A promise goes by the number of what it is about. */
static enum err number_of(struct ctx *ctx, const struct record *r, const char **ret_number)
{
	const char *number = record_text(r, "number");
	int64_t about = record_int(r, "record");
	*ret_number = number;
	if (number != NULL || about == 0)
		return ERR_OK;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select number from work where id = :id");
	sql_int(&q, "id", about);
	enum err e = sql_one_text(ctx, &q, ret_number);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err row_names(struct ctx *ctx, struct work_row *row)
{
	const struct record *r = row->r;
	int64_t team = record_int(r, "pending_team") ? record_int(r, "pending_team") : record_int(r, "team");
	TRY(name_of(ctx, ctx->model->user, record_int(r, "owner"), &row->owner));
	TRY(name_of(ctx, ctx->model->customer, record_int(r, "customer"), &row->customer));
	if (record_int(r, "pending_owner") != 0 && strcmp(row->group, "unaccepted") == 0)
		TRY(name_of(ctx, ctx->model->user, record_int(r, "pending_owner"), &row->team));
	else
		TRY(name_of(ctx, ctx->model->team, team, &row->team));
	return number_of(ctx, r, &row->number);
}

static enum err may_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct transition_offer *offers;
	size_t n;
	TRY(flow_offers(ctx, r, &offers, &n));
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		if (offers[i].allowed)
			json_text(out, offers[i].transition->name);
	json_close(out, ']');
	return ERR_OK;
}

static void labelled(struct json_out *out, const char *key, int64_t id, const char *label)
{
	json_key(out, key);
	if (id == 0) {
		json_none(out);
		return;
	}
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "label");
	json_text(out, label);
	json_close(out, '}');
}

static void text_member(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

static void since_write(struct json_out *out, const struct work_row *row)
{
	const struct work_since *s = &row->since;
	bool offer = strcmp(row->group, "offer") == 0;
	json_at(out, "at", s->at);
	labelled(out, "by", s->by, s->by_name);
	if (offer) {
		json_key(out, "offer");
		json_id(out, s->id);
		json_at(out, "until", s->until);
	}
	if (strcmp(row->group, "approval") == 0) {
		json_key(out, "approval");
		json_id(out, s->id);
	}
}

static enum err row_write(struct ctx *ctx, const struct bench *b, struct work_row *row, struct json_out *out)
{
	const struct record *r = row->r;
	TRY(row_names(ctx, row));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	text_member(out, "type", r->type->name);
	text_member(out, "number", row->number);
	text_member(out, "title", access_title(ctx, r));
	labelled(out, "customer", record_int(r, "customer"), row->customer);
	text_member(out, "state", record_text(r, "state"));
	text_member(out, "stage", record_text(r, "stage"));
	text_member(out, "priority", record_text(r, "priority"));
	json_at(out, "due", record_int(r, "due"));
	json_key(out, "clock");
	TRY(clocks_write_first(ctx, r, out));
	labelled(out, "owner", record_int(r, "owner"), row->owner);
	json_key(out, "version");
	json_int(out, r->version);
	json_key(out, "why");
	json_words(out, why_words(ctx, row, &b->t, LANG_ZH), why_words(ctx, row, &b->t, LANG_EN));
	text_member(out, "why_code", row->group);
	since_write(out, row);
	json_key(out, "minutes");
	if (row->due != 0)
		json_int(out, (row->due - b->t.now) / MINUTE_MS);
	else
		json_none(out);
	json_key(out, "may");
	TRY(may_write(ctx, r, out));
	json_close(out, '}');
	return ERR_OK;
}

/* What ends first comes first, be it the record's own time or a clock's. */
static void rows_order(struct work_row *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct work_row row = list[i];
		size_t at = i;
		while (at > 0 && row.due != 0 && (list[at - 1].due == 0 || list[at - 1].due > row.due)) {
			list[at] = list[at - 1];
			at--;
		}
		list[at] = row;
	}
}

static enum err rows_write(struct ctx *ctx, const struct bench *b, const struct group *g, const struct found *f,
                           struct json_out *out)
{
	struct work_row list[GROUP_ROWS];
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct type *t = model_type(ctx->model, f->types[i]);
		struct work_row row = {.group = g->key};
		if (t == NULL)
			continue;
		enum err e = record_load(ctx, t, f->ids[i], &row.r);
		if (e == ERR_OK)
			e = access_check(ctx, row.r, ACCESS_READ);
		if (e == ERR_NOT_FOUND)
			continue;
		TRY(e);
		int64_t clock = clocks_first_due(row.r);
		row.due = record_int(row.r, "due");
		if (clock != 0 && (row.due == 0 || clock < row.due))
			row.due = clock;
		TRY(work_since(ctx, b, &row));
		list[n++] = row;
	}
	if (strcmp(g->order, "due") == 0)
		rows_order(list, n);
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(row_write(ctx, b, &list[i], out));
	json_close(out, ']');
	return ERR_OK;
}

static enum err group_write(struct ctx *ctx, const struct bench *b, const struct group *g, const struct found *f,
                            struct json_out *out)
{
	bool more = f->total > LIMIT_COUNT;
	json_open(out, '{');
	text_member(out, "key", g->key);
	json_key(out, "label");
	json_words(out, g->label.zh, g->label.en);
	json_key(out, "n");
	json_int(out, more ? LIMIT_COUNT : f->total);
	json_key(out, "more");
	json_bool(out, more);
	json_key(out, "rows");
	TRY(rows_write(ctx, b, g, f, out));
	json_close(out, '}');
	return ERR_OK;
}

enum err work_write_json(struct ctx *ctx, struct json_out *out)
{
	struct bench b = bench_of(ctx);
	struct found *found = ARENA_ARRAY(ctx->arena, WORK_GROUPS, struct found);
	json_open(out, '{');
	json_key(out, "groups");
	json_open(out, '[');
	for (size_t i = 0; i < WORK_GROUPS; i++) {
		TRY(group_find(ctx, &b, &work_groups[i], &found[i]));
		if (found[i].total > 0)
			TRY(group_write(ctx, &b, &work_groups[i], &found[i], out));
	}
	json_close(out, ']');
	json_key(out, "counts");
	json_open(out, '{');
	for (size_t i = 0; i < WORK_GROUPS; i++) {
		json_key(out, work_groups[i].key);
		json_int(out, found[i].total > LIMIT_COUNT ? LIMIT_COUNT : found[i].total);
	}
	json_close(out, '}');
	json_close(out, '}');
	return ERR_OK;
}

/* ---- counters of the rail ----------------------------------------------------------------------------------- */

/* Of each type: offered to me or my teams, or mine and due by tonight. */
static enum err type_counts(struct ctx *ctx, const struct bench *b, struct json_out *out)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, count(*) from work where (");
	where_hand_over(b, &q);
	SQL(&q, ") or (owner = ");
	sql_value_int(&q, b->me);
	SQL(&q, " and stage = 'open' and pending_owner is null and pending_team is null and ");
	where_due_before(b, &q, b->t.day_end);
	SQL(&q, ") group by type order by type");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		json_key(out, rows_text(rows, 0, NULL));
		json_int(out, rows_int(rows, 1));
	}
	return rows_done(rows);
}

static enum err unread(struct ctx *ctx, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from notice where user_id = :me and read_at is null limit 1000) x");
	sql_int(&q, "me", ctx->who->id);
	return sql_one_int(ctx, &q, ret_n);
}

enum err work_counts_write_json(struct ctx *ctx, struct json_out *out)
{
	struct bench b = bench_of(ctx);
	int64_t bench = 0, notices, votes, n;
	for (size_t i = 0; i < WORK_GROUPS; i++) {
		if (!work_groups[i].urgent || work_groups[i].where == NULL)
			continue;
		TRY(count_of(ctx, "work", &b, work_groups[i].where, &n));
		bench += n;
	}
	TRY(approvals_waiting_count(ctx, &b, &votes));
	bench += votes;
	TRY(count_of(ctx, "work", &b, where_marked_else, &n));
	bench += n;
	json_open(out, '{');
	if (votes > 0) {
		json_key(out, "approvals");
		json_int(out, votes);
	}
	TRY(type_counts(ctx, &b, out));
	if (b.promise != NULL) {
		TRY(count_of(ctx, b.promise->table, &b, where_promised, &n));
		bench += n;
		json_key(out, "promise");
		json_int(out, n);
	}
	if (b.reminder != NULL) {
		TRY(count_of(ctx, b.reminder->table, &b, where_reminder, &n));
		bench += n;
		json_key(out, "reminder");
		json_int(out, n);
	}
	json_key(out, "workbench");
	json_int(out, bench);
	TRY(unread(ctx, &notices));
	json_key(out, "notices");
	json_int(out, notices);
	json_close(out, '}');
	return ERR_OK;
}

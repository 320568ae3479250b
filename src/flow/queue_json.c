/* queue_json.c: the board of the queues: how many wait, how long, who could take them. */
#include <stdlib.h>
#include <string.h>

#include "flow/queue_inside.h"
#include "model/access.h"

enum { ROWS_MOST = 200, PEOPLE_MOST = 300, WAITS_MOST = 20000 };

static void text_member(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

static void int_member(struct json_out *out, const char *key, int64_t n)
{
	json_key(out, key);
	json_int(out, n);
}

/* ---- figures ------------------------------------------------------------------------------------------------- */

static enum err count(struct ctx *ctx, struct sql *q, const struct queue_def *d, int64_t *ret_n)
{
	sql_text(q, "queue", d->name);
	return sql_one_int(ctx, q, ret_n);
}

static int by_length(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

/* How long those waited that somebody got today. */
static enum err waits_write(struct ctx *ctx, const struct queue_def *d, int64_t day, struct json_out *out)
{
	int64_t *waits = ARENA_ARRAY(ctx->arena, WAITS_MOST, int64_t), n = 0;
	double sum = 0;
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select left_at - since from waited where queue = :queue and left_at >= :day and user_id is not null "
	        "order by left_at desc limit :most");
	sql_text(&q, "queue", d->name);
	sql_int(&q, "day", day);
	sql_int(&q, "most", WAITS_MOST);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < WAITS_MOST && rows_next(rows)) {
		waits[n] = rows_int(rows, 0);
		sum += (double)waits[n++];
	}
	TRY(rows_done(rows));
	qsort(waits, (size_t)n, sizeof(*waits), by_length);
	int_member(out, "assigned", n);
	json_key(out, "wait_mean_ms");
	if (n > 0)
		json_int(out, (int64_t)(sum / (double)n));
	else
		json_none(out);
	json_key(out, "wait_p95_ms");
	if (n > 0)
		json_int(out, waits[(size_t)((double)(n - 1) * 0.95)]);
	else
		json_none(out);
	return ERR_OK;
}

static enum err today_write(struct ctx *ctx, const struct queue_def *d, struct json_out *out)
{
	int64_t day = zone_day_start(ctx->zone, ctx->now_ms, 0), waiting, left, missed;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from waiting where queue = :queue and since >= :day");
	sql_int(&q, "day", day);
	TRY(count(ctx, &q, d, &waiting));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from waited where queue = :queue and left_at >= :day and since >= :day");
	sql_int(&q, "day", day);
	TRY(count(ctx, &q, d, &left));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from offer where queue = :queue and made_at >= :day and state = 'timed_out'");
	sql_int(&q, "day", day);
	TRY(count(ctx, &q, d, &missed));
	json_key(out, "today");
	json_open(out, '{');
	int_member(out, "in", waiting + left);
	int_member(out, "timed_out", missed);
	TRY(waits_write(ctx, d, day, out));
	json_close(out, '}');
	return ERR_OK;
}

static enum err figures_write(struct ctx *ctx, const struct queue_def *d, struct json_out *out)
{
	int64_t waiting, oldest, ringing;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from waiting where queue = :queue");
	TRY(count(ctx, &q, d, &waiting));
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(min(since), 0) from waiting where queue = :queue");
	TRY(count(ctx, &q, d, &oldest));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from offer where state = 'ringing' and queue = :queue");
	TRY(count(ctx, &q, d, &ringing));
	int_member(out, "waiting", waiting);
	json_at(out, "oldest_since", oldest);
	int_member(out, "longest_ms", oldest != 0 && oldest < ctx->now_ms ? ctx->now_ms - oldest : 0);
	int_member(out, "ringing", ringing);
	return today_write(ctx, d, out);
}

/* ---- who waits --------------------------------------------------------------------------------------------------- */

struct row {
	int64_t id, since, team, to, until;
	int class, step;
	const char *needs;
};

static int aged(const struct ctx *ctx, const struct queue_def *d, const struct row *w)
{
	int class = w->class;
	for (size_t i = 0; i < d->n_ages; i++) {
		int64_t after;
		if (queue_span(ctx->model, d->ages[i].after, &after) && ctx->now_ms - w->since >= after)
			class -= d->ages[i].lift;
	}
	return class < 0 ? 0 : class;
}

static enum err rows_read(struct ctx *ctx, const struct queue_def *d, struct row *list, size_t *ret_n)
{
	struct rows *rows;
	struct sql q;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select w.record, w.class, w.since, w.step, w.needs, w.team, o.user_id, o.until from waiting w left join "
	    "offer o on o.record = w.record and o.state = 'ringing' where w.queue = :queue order by w.class, w.since, "
	    "w.record limit :most");
	sql_text(&q, "queue", d->name);
	sql_int(&q, "most", ROWS_MOST);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < ROWS_MOST && rows_next(rows))
		list[n++] = (struct row){.id = rows_int(rows, 0),
		                         .class = (int)rows_int(rows, 1),
		                         .since = rows_int(rows, 2),
		                         .step = (int)rows_int(rows, 3),
		                         .needs = arena_strdup(ctx->arena, rows_text(rows, 4, NULL)),
		                         .team = rows_int(rows, 5),
		                         .to = rows_int(rows, 6),
		                         .until = rows_int(rows, 7)};
	*ret_n = n;
	return rows_done(rows);
}

static const struct row *first_of(const struct row *a, const struct row *b)
{
	if (a->class != b->class)
		return a->class < b->class ? a : b;
	if (a->since != b->since)
		return a->since < b->since ? a : b;
	return a->id < b->id ? a : b;
}

static int by_order(const void *x, const void *y)
{
	return first_of(x, y) == x ? -1 : 1;
}

/* Titles of what he may not read are not for him. */
static enum err row_write(struct ctx *ctx, const struct queue_def *d, const struct row *w, struct json_out *out)
{
	struct record *r;
	enum err e = record_load(ctx, d->type, w->id, &r);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	TRY(e);
	e = access_check(ctx, r, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	ctx_forget(ctx);
	const char *title = e == ERR_OK ? access_title(ctx, r) : "";
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, w->id);
	text_member(out, "type", r->type->name);
	text_member(out, "number", record_text(r, "number"));
	text_member(out, "title", *title != '\0' ? title : NULL);
	text_member(out, "priority", record_text(r, "priority"));
	int_member(out, "class", w->class);
	json_at(out, "since", w->since);
	int_member(out, "step", w->step);
	json_key(out, "needs");
	json_open(out, '[');
	for (const char *s = w->needs; s != NULL && *s != '\0'; s += strcspn(s, " "), s += *s == ' ')
		json_text(out, arena_strndup(ctx->arena, s, strcspn(s, " ")));
	json_close(out, ']');
	TRY(person_json(ctx, out, "offered_to", w->to));
	json_at(out, "until", w->until);
	json_close(out, '}');
	return ERR_OK;
}

static enum err rows_write(struct ctx *ctx, const struct queue_def *d, struct row *list, size_t n, struct json_out *out)
{
	for (size_t i = 0; i < n; i++)
		list[i].class = aged(ctx, d, &list[i]);
	qsort(list, n, sizeof(*list), by_order);
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(row_write(ctx, d, &list[i], out));
	json_close(out, ']');
	return ERR_OK;
}

/* ---- who could take them -------------------------------------------------------------------------------------------
 */

struct seat {
	int64_t id;
	const char *presence;
	int64_t capacity; /* -1: the queue's */
	bool away;
	struct who *who;
};

static enum err seats_read(struct ctx *ctx, struct seat **ret_list, size_t *ret_n)
{
	const struct type *t = ctx->model->user;
	static const char *const columns[] = {"presence", "capacity", "absent_from", "absent_until"};
	struct seat *list = ARENA_ARRAY(ctx->arena, PEOPLE_MOST, struct seat);
	size_t n = 0;
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const struct field *f = type_field(t, columns[i]);
		SQL(&q, ", ");
		if (f != NULL && f->column != NULL)
			sql_name(&q, f->column);
		else
			SQL(&q, "null");
	}
	SQL(&q, " from ");
	sql_name(&q, t->table);
	/* Those at work first: there may be more users than fit. */
	SQL(&q, " where active = 1 order by case when coalesce(presence, 'offline') = 'offline' then 1 else 0 end, id "
	        "limit :most");
	sql_int(&q, "most", PEOPLE_MOST);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < PEOPLE_MOST && rows_next(rows)) {
		int64_t from = rows_int(rows, 3), until = rows_int(rows, 4);
		list[n++] = (struct seat){.id = rows_int(rows, 0),
		                          .presence = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                          .capacity = rows_null(rows, 2) ? -1 : rows_int(rows, 2),
		                          .away = (from != 0 || until != 0) && from <= ctx->now_ms &&
		                                  (until == 0 || until > ctx->now_ms)};
	}
	TRY(rows_done(rows));
	for (size_t i = 0; i < n; i++) {
		enum err e = who_load(ctx, list[i].id, &list[i].who);
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
	}
	*ret_list = list;
	*ret_n = n;
	return ERR_OK;
}

struct board { /* of one queue: whose people may be asked */
	const struct queue_def *d;
	int64_t *teams; /* NULL: any */
	size_t n_teams;
	int64_t capacity;
};

/* Without teams of its own: those of the matters that wait, and whoever is on the board's side. */
static enum err board_teams(struct ctx *ctx, struct board *b)
{
	if (b->d->any_team || b->d->n_teams == 0)
		return ERR_OK;
	return teams_named(ctx, b->d->teams, b->d->n_teams, &b->teams, &b->n_teams);
}

static bool in_teams(const struct board *b, const struct who *w)
{
	for (size_t i = 0; i < b->n_teams; i++)
		for (size_t k = 0; k < w->n_teams; k++)
			if (b->teams[i] == w->teams[k])
				return true;
	return b->teams == NULL;
}

static enum err skills_write(struct ctx *ctx, int64_t user, struct json_out *out)
{
	const struct field *f = type_field(ctx->model->user, "abilities");
	const struct type *skill = model_type(ctx->model, "skill");
	struct rows *rows;
	struct sql q;
	json_key(out, "skills");
	json_open(out, '[');
	if (f != NULL && f->side_table != NULL && skill != NULL) {
		sql_init(&q, ctx->arena);
		SQL(&q, "select s.code, s.name, a.level from ");
		sql_name(&q, f->side_table);
		SQL(&q, " a join ");
		sql_name(&q, skill->table);
		SQL(&q, " s on s.id = a.skill where a.parent = :user order by a.pos");
		sql_int(&q, "user", user);
		TRY(sql_rows(ctx, &q, &rows));
		while (rows_next(rows)) {
			json_open(out, '{');
			text_member(out, "name", rows_text(rows, 0, NULL));
			text_member(out, "label", rows_text(rows, 1, NULL));
			int_member(out, "level", rows_null(rows, 2) ? 1 : rows_int(rows, 2));
			json_close(out, '}');
		}
		TRY(rows_done(rows));
	}
	json_close(out, ']');
	return ERR_OK;
}

static enum err seat_write(struct ctx *ctx, const struct board *b, const struct seat *s, struct json_out *out)
{
	int64_t load, ringing;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from work where owner = :user and stage = 'open' and type = :type");
	sql_int(&q, "user", s->id);
	sql_text(&q, "type", b->d->type->name);
	TRY(sql_one_int(ctx, &q, &load));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from offer where user_id = :user and state = 'ringing'");
	sql_int(&q, "user", s->id);
	TRY(sql_one_int(ctx, &q, &ringing));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, s->id);
	text_member(out, "label", s->who->name);
	text_member(out, "presence", s->presence);
	json_key(out, "takes");
	json_bool(out, !s->away && presence_takes_offers(ctx->model, s->presence));
	int_member(out, "load", load);
	int_member(out, "capacity", s->capacity >= 0 ? s->capacity : b->capacity);
	json_key(out, "ringing");
	json_bool(out, ringing > 0);
	TRY(skills_write(ctx, s->id, out));
	json_key(out, "absent");
	json_bool(out, s->away);
	json_close(out, '}');
	return ERR_OK;
}

static enum err people_write(struct ctx *ctx, const struct board *b, const struct seat *seats, size_t n,
                             struct json_out *out)
{
	json_key(out, "people");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++) {
		bool fits = false;
		if (seats[i].who == NULL || !in_teams(b, seats[i].who))
			continue;
		TRY(queue_fits(ctx, b->d, seats[i].who, &fits));
		if (fits)
			TRY(seat_write(ctx, b, &seats[i], out));
	}
	json_close(out, ']');
	return ERR_OK;
}

static enum err queue_write(struct ctx *ctx, const struct queue_def *d, const struct seat *seats, size_t n_seats,
                            struct json_out *out)
{
	struct row *rows = ARENA_ARRAY(ctx->arena, ROWS_MOST, struct row);
	struct board b = {.d = d};
	size_t n;
	TRY(rows_read(ctx, d, rows, &n));
	TRY(board_teams(ctx, &b));
	(void)queue_number(ctx->model, d->capacity, &b.capacity);
	json_open(out, '{');
	text_member(out, "name", d->name);
	text_member(out, "label", label_in(&d->label, ctx->lang));
	text_member(out, "type", d->type->name);
	TRY(figures_write(ctx, d, out));
	TRY(people_write(ctx, &b, seats, n_seats, out));
	TRY(rows_write(ctx, d, rows, n, out));
	json_close(out, '}');
	return ERR_OK;
}

enum err queues_write_json(struct ctx *ctx, struct json_out *out)
{
	struct seat *seats;
	size_t n;
	TRY(seats_read(ctx, &seats, &n));
	json_open(out, '{');
	json_at(out, "at", ctx->now_ms);
	json_key(out, "queues");
	json_open(out, '[');
	for (size_t i = 0; i < ctx->model->n_queues; i++)
		if (!ctx->model->queues[i].off)
			TRY(queue_write(ctx, &ctx->model->queues[i], seats, n, out));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

/* duty_calendar.c: what came round and what will, day by day, for one reader. */
#include <stdlib.h>
#include <string.h>

#include "base/recur.h"
#include "flow/duty.h"

enum { IDS_AT_ONCE = 400, LATE_MAX = 200, RUNS_MAX = 20000 };

struct made { /* a record a duty made */
	int64_t id, due, owner, team;
	const char *type, *stage, *state, *owner_name;
	bool found;
};

struct run { /* of duty_run */
	const char *period, *state, *note;
	int64_t record;
};

struct entry {
	const struct duty *duty;
	struct occurrence at;
	const struct run *run; /* NULL: planned */
	int64_t record;        /* 0: none (yet) */
	const char *label;
	bool by_role, by_user;
};

struct sheet {
	struct run *runs; /* of the duty at hand */
	size_t n_runs;
	struct entry *list;
	size_t n, cap;
	struct made *made; /* by id */
	size_t n_made;
	int64_t from, to; /* instants */
	int64_t person, team;
	int64_t *his_teams;
	size_t n_his_teams;
};

/* ---- what was made ------------------------------------------------------------------------------------- */

/* By the key, one duty's: what all others had needs no reading. */
static enum err runs_read(struct ctx *ctx, struct sheet *s, const char *duty)
{
	struct sql q;
	struct rows *rows;
	size_t cap = 0;
	s->n_runs = 0; /* the entries keep those of the duties before */
	sql_init(&q, ctx->arena);
	SQL(&q, "select period, state, note, record from duty_run where duty = :duty and at >= :from and at < :to "
	        "order by period limit :n");
	sql_text(&q, "duty", duty);
	sql_int(&q, "from", s->from - DAY_MS); /* a period may have been put before its day off */
	sql_int(&q, "to", s->to + DAY_MS);
	sql_int(&q, "n", RUNS_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (s->n_runs == cap) {
			struct run *more = ARENA_ARRAY(ctx->arena, cap = cap ? 2 * cap : 64, struct run);
			if (s->n_runs > 0)
				memcpy(more, s->runs, s->n_runs * sizeof(*more));
			s->runs = more;
		}
		const char *note = rows_text(rows, 2, NULL);
		s->runs[s->n_runs++] = (struct run){.period = arena_strdup(ctx->arena, rows_text(rows, 0, NULL)),
		                                    .state = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                                    .note = note ? arena_strdup(ctx->arena, note) : "",
		                                    .record = rows_int(rows, 3)};
	}
	return rows_done(rows);
}

static int run_order(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	return strcmp(x->period, y->period);
}

static const struct run *run_of(const struct sheet *s, const char *period)
{
	struct run key = {.period = period};
	return s->n_runs == 0 ? NULL : bsearch(&key, s->runs, s->n_runs, sizeof(key), run_order);
}

static int made_order(const void *a, const void *b)
{
	const struct made *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static struct made *made_of(const struct sheet *s, int64_t id)
{
	struct made key = {.id = id};
	return id == 0 || s->n_made == 0 ? NULL : bsearch(&key, s->made, s->n_made, sizeof(key), made_order);
}

static enum err made_slice(struct ctx *ctx, struct sheet *s, size_t from, size_t n)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type, stage, state, due, owner, team from work where id in (");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			SQL(&q, ", ");
		sql_value_int(&q, s->made[from + i].id);
	}
	SQL(&q, ")");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		struct made *m = made_of(s, rows_int(rows, 0));
		if (m == NULL)
			continue;
		m->found = true;
		m->type = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
		m->stage = arena_strdup(ctx->arena, rows_text(rows, 2, NULL));
		m->state = arena_strdup(ctx->arena, rows_text(rows, 3, NULL));
		m->due = rows_int(rows, 4);
		m->owner = rows_int(rows, 5);
		m->team = rows_int(rows, 6);
	}
	return rows_done(rows);
}

static enum err made_read(struct ctx *ctx, struct sheet *s)
{
	s->made = ARENA_ARRAY(ctx->arena, s->n + 1, struct made);
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].record != 0)
			s->made[s->n_made++] = (struct made){.id = s->list[i].record};
	qsort(s->made, s->n_made, sizeof(*s->made), made_order);
	for (size_t i = 0; i < s->n_made; i += IDS_AT_ONCE)
		TRY(made_slice(ctx, s, i, s->n_made - i < IDS_AT_ONCE ? s->n_made - i : IDS_AT_ONCE));
	int64_t *owners = ARENA_ARRAY(ctx->arena, s->n_made + 1, int64_t);
	const char **names = ARENA_ARRAY(ctx->arena, s->n_made + 1, const char *);
	for (size_t i = 0; i < s->n_made; i++)
		owners[i] = s->made[i].owner;
	if (s->n_made > 0)
		TRY(record_titles(ctx, ctx->model->user, owners, s->n_made, names));
	for (size_t i = 0; i < s->n_made; i++)
		s->made[i].owner_name = names[i];
	return ERR_OK;
}

/* ---- who and when --------------------------------------------------------------------------------------- */

static bool has_id(const int64_t *list, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool is_for(const struct sheet *s, const struct duty_people *p)
{
	bool his = s->person == 0 || has_id(p->people.ids, p->people.n, s->person) ||
	           (p->team != 0 && has_id(s->his_teams, s->n_his_teams, p->team));
	return his && (s->team == 0 || p->team == s->team);
}

static enum err entry_add(struct ctx *ctx, struct sheet *s, const struct entry *e)
{
	if (s->n >= DUTY_ENTRIES_MAX)
		return ctx_problem(ctx, ERR_INVALID, "to", "too_broad",
		                   "more than %d duties: ask for fewer days, a person or a team", DUTY_ENTRIES_MAX);
	if (s->n == s->cap) {
		struct entry *more = ARENA_ARRAY(ctx->arena, s->cap = s->cap ? 2 * s->cap : 256, struct entry);
		if (s->n > 0)
			memcpy(more, s->list, s->n * sizeof(*more));
		s->list = more;
	}
	s->list[s->n++] = *e;
	return ERR_OK;
}

/* One entry for each record a period made; one where it made none yet. */
static enum err entries_of(struct ctx *ctx, struct sheet *s, struct entry *e)
{
	const char *ids = e->run ? e->run->note : "";
	char *end = NULL;
	size_t n = 0;
	if (e->run != NULL && strcmp(e->run->state, "made") == 0) {
		for (const char *p = ids; *p >= '1' && *p <= '9'; p = *end ? end + 1 : end, n++) {
			e->record = strtoll(p, &end, 10);
			TRY(entry_add(ctx, s, e));
		}
		if (n > 0)
			return ERR_OK;
		e->record = e->run->record;
	}
	return entry_add(ctx, s, e);
}

static enum err duty_put(struct ctx *ctx, struct sheet *s, const struct duty *d)
{
	struct duty_people p;
	struct worktime days;
	TRY(duty_people(ctx, d, &p));
	if (!is_for(s, &p))
		return ERR_OK;
	TRY(duty_days(ctx, d, &days));
	TRY(runs_read(ctx, s, d->name));
	struct entry e = {.duty = d, .label = p.label, .by_role = d->for_role != NULL, .by_user = d->for_user != NULL};
	int64_t at = s->from - 1;
	while (recurrence_next(&days, &d->recur, at, &e.at) && e.at.at < s->to) {
		e.run = run_of(s, e.at.period);
		e.record = 0;
		/* What is past and was never made, as the duty did not exist then, is not shown as planned. */
		if (e.run != NULL || e.at.at >= ctx->now_ms)
			TRY(entries_of(ctx, s, &e));
		at = e.at.at;
	}
	return ERR_OK;
}

/* Of what was made for each, one person has his own; of the rest also what is his teams'. */
static void others_drop(struct sheet *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n && s->person != 0; i++) {
		const struct entry *e = &s->list[i];
		const struct made *m = made_of(s, e->record);
		bool his = e->record == 0 || (m->found && m->owner == s->person) ||
		           (!e->duty->each && has_id(s->his_teams, s->n_his_teams, m->team));
		if (his)
			s->list[n++] = *e;
	}
	s->n = s->person != 0 ? n : s->n;
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->at.at != y->at.at)
		return x->at.at < y->at.at ? -1 : 1;
	int by_name = strcmp(x->duty->name, y->duty->name);
	return by_name ? by_name : (x->record > y->record) - (x->record < y->record);
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static const char *entry_state(const struct ctx *ctx, const struct entry *e, const struct made *m)
{
	if (e->run == NULL)
		return "planned";
	if (strcmp(e->run->state, "skipped") == 0 || (m && m->found && strcmp(m->state, "skipped") == 0))
		return "skipped";
	if (m == NULL || !m->found || strcmp(m->stage, "done") == 0 || strcmp(m->stage, "final") == 0)
		return "done";
	return m->due != 0 && m->due < ctx->now_ms ? "late" : "open";
}

static void labelled_write(struct json_out *out, int64_t id, const char *label)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "label");
	json_text(out, label);
	json_close(out, '}');
}

static void entry_write(struct ctx *ctx, const struct sheet *s, const struct entry *e, struct json_out *out)
{
	const struct made *m = made_of(s, e->record);
	json_open(out, '{');
	json_key(out, "duty");
	json_text(out, e->duty->name);
	json_key(out, "label");
	json_text(out, label_in(&e->duty->label, ctx->lang));
	json_key(out, "period");
	json_text(out, e->at.period);
	json_key(out, "at");
	json_instant(out, e->at.at);
	json_at(out, "due", m != NULL ? m->due : 0);
	json_key(out, "for");
	json_open(out, '{');
	json_key(out, e->by_role ? "role" : e->by_user ? "user" : "team");
	json_text(out, e->by_role ? e->duty->for_role : e->by_user ? e->duty->for_user : e->duty->for_team);
	json_key(out, "label");
	json_text(out, e->label);
	json_close(out, '}');
	json_key(out, "state");
	json_text(out, entry_state(ctx, e, m));
	json_key(out, "record");
	if (m != NULL && m->found) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, m->id);
		json_key(out, "type");
		json_text(out, m->type);
		json_close(out, '}');
	} else {
		json_none(out);
	}
	json_key(out, "owner");
	if (m != NULL && m->owner != 0)
		labelled_write(out, m->owner, m->owner_name);
	else
		json_none(out);
	json_key(out, "source");
	json_text(out, e->duty->source);
	json_close(out, '}');
}

static void days_write(struct ctx *ctx, const struct sheet *s, int64_t first_day, int64_t last_day,
                       struct json_out *out)
{
	struct worktime days = calendar_worktime(ctx, ctx->model->calendar);
	size_t at = 0;
	json_key(out, "days");
	json_open(out, '[');
	for (int64_t day = first_day; day <= last_day; day++) {
		char date[DATE_BYTES];
		const char *name = NULL;
		int y, m, d;
		date_from_days(day, &y, &m, &d);
		date_format(y, m, d, date);
		json_open(out, '{');
		json_key(out, "date");
		json_text(out, date);
		json_key(out, "off");
		json_bool(out, !worktime_day_open(&days, day));
		(void)worktime_day(&days, day, &name);
		json_key(out, "name");
		json_text(out, name);
		json_key(out, "duties");
		json_open(out, '[');
		for (; at < s->n; at++) {
			struct local_time local;
			zone_local(ctx->zone, s->list[at].at.at, &local);
			if (date_days(local.year, local.month, local.day) > day)
				break;
			entry_write(ctx, s, &s->list[at], out);
		}
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void late_write(struct ctx *ctx, const struct sheet *s, struct json_out *out)
{
	size_t n = 0;
	json_key(out, "late");
	json_open(out, '[');
	for (size_t i = 0; i < s->n && n < LATE_MAX; i++)
		if (strcmp(entry_state(ctx, &s->list[i], made_of(s, s->list[i].record)), "late") == 0) {
			entry_write(ctx, s, &s->list[i], out);
			n++;
		}
	json_close(out, ']');
}

static enum err date_read(struct ctx *ctx, const char *field, const char *text, int64_t *ret_day)
{
	int y, m, d;
	if (text == NULL || !date_parse(text, &y, &m, &d))
		return ctx_problem(ctx, ERR_INVALID, field, "bad_value", "%s must be a date such as 2026-11-22", field);
	*ret_day = date_days(y, m, d);
	return ERR_OK;
}

static int64_t day_instant(const struct ctx *ctx, int64_t day)
{
	struct local_time local = {0};
	date_from_days(day, &local.year, &local.month, &local.day);
	return zone_instant(ctx->zone, &local);
}

static enum err whose(struct ctx *ctx, struct sheet *s)
{
	struct who *w;
	bool all = ctx->who->system || who_can(ctx, "report") || who_can(ctx, "bulk") || who_can(ctx, "settings");
	if (!all)
		s->person = ctx->who->id;
	if (s->person == 0)
		return ERR_OK;
	enum err e = who_load(ctx, s->person, &w);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "person", "not_found", "there is no such person");
	TRY(e);
	s->his_teams = w->teams;
	s->n_his_teams = w->n_teams;
	return ERR_OK;
}

enum err duties_write_json(struct ctx *ctx, const char *from, const char *to, int64_t person, int64_t team,
                           struct json_out *out)
{
	struct sheet s = {.person = person, .team = team};
	int64_t first, last;
	TRY(date_read(ctx, "from", from, &first));
	TRY(date_read(ctx, "to", to, &last));
	if (last < first || last - first >= DUTY_DAYS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "to", "bad_value", "to must be at most %d days after from",
		                   DUTY_DAYS_MAX - 1);
	s.from = day_instant(ctx, first);
	s.to = day_instant(ctx, last + 1);
	TRY(whose(ctx, &s));
	for (size_t i = 0; i < ctx->model->n_duties; i++)
		if (!ctx->model->duties[i].off)
			TRY(duty_put(ctx, &s, &ctx->model->duties[i]));
	if (s.n > 0)
		qsort(s.list, s.n, sizeof(*s.list), entry_order);
	TRY(made_read(ctx, &s));
	others_drop(&s);
	json_open(out, '{');
	days_write(ctx, &s, first, last, out);
	late_write(ctx, &s, out);
	json_close(out, '}');
	return ERR_OK;
}

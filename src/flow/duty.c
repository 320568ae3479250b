/* duty.c: what comes round by itself makes its tasks, each period once. */
#include "flow/duty.h"

#include <string.h>

#include "base/recur.h"
#include "flow/clocks.h"
#include "model/target.h"

enum { SKIP_AHEAD = 100, DUTY_RANK = 3, DUTY_BODY_BYTES = 512 };

const struct duty *duty_named(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_duties; i++)
		if (strcmp(m->duties[i].name, name) == 0)
			return &m->duties[i];
	return NULL;
}

enum err duty_days(struct ctx *ctx, const struct duty *d, struct worktime *ret_days)
{
	const struct calendar *c;
	TRY(calendar_named(ctx, d->calendar ? d->calendar : "org", 0, &c));
	*ret_days = calendar_worktime(ctx, c);
	return ERR_OK;
}

/* ---- who -------------------------------------------------------------------------------------------- */

static enum err named_id(struct ctx *ctx, const struct type *t, const char *column, const char *value, int64_t *ret_id,
                         const char **ret_label)
{
	*ret_label = value;
	TRY(record_by_text(ctx, t, column, value, ret_id));
	if (*ret_id == 0)
		return ERR_OK; /* not there yet, or gone: nobody's, and told as such */
	const char *title = NULL;
	TRY(record_titles(ctx, t, ret_id, 1, &title));
	if (title != NULL)
		*ret_label = title;
	return ERR_OK;
}

/* The pool of a role is its first holder's first team. */
static enum err pool_of(struct ctx *ctx, const struct people *p, int64_t *ret_team)
{
	struct who *w;
	*ret_team = 0;
	for (size_t i = 0; i < p->n && *ret_team == 0; i++) {
		enum err e = who_load(ctx, p->ids[i], &w);
		if (e == ERR_OK && w->n_teams > 0)
			*ret_team = w->teams[0];
		else if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
	}
	return ERR_OK;
}

static const char *role_label(const struct ctx *ctx, const char *role)
{
	for (size_t i = 0; i < ctx->model->n_roles; i++)
		if (strcmp(ctx->model->roles[i].name, role) == 0)
			return label_in(&ctx->model->roles[i].label, ctx->lang);
	return role;
}

enum err duty_people(struct ctx *ctx, const struct duty *d, struct duty_people *ret_people)
{
	struct duty_people p = {.label = ""};
	int64_t user = 0;
	if (d->for_team != NULL)
		TRY(named_id(ctx, ctx->model->team, "code", d->for_team, &p.team, &p.label));
	if (d->for_user != NULL) {
		TRY(named_id(ctx, ctx->model->user, "login", d->for_user, &user, &p.label));
		people_add(ctx, &p.people, user);
	} else if (d->for_role != NULL) {
		TRY(people_with_role(ctx, d->for_role, p.team, &p.people));
		p.label = role_label(ctx, d->for_role);
		if (p.team == 0 && !d->each && p.people.n != 1)
			TRY(pool_of(ctx, &p.people, &p.team));
	} else if (d->each) {
		TRY(people_of_team(ctx, p.team, &p.people));
	}
	*ret_people = p;
	return ERR_OK;
}

/* ---- one record ------------------------------------------------------------------------------------- */

static void put_text(struct record *r, const char *field, const char *text)
{
	const struct field *f = type_field(r->type, field);
	if (f != NULL && text != NULL && value_is_empty(&r->values[f->at]))
		record_set(r, f, value_text(text));
}

static void put_checklist(struct ctx *ctx, struct record *r, const struct duty *d)
{
	const struct field *f = type_field(r->type, "checklist");
	if (f == NULL || f->kind != FIELD_TABLE)
		return;
	for (size_t i = 0; i < d->n_checklist; i++) {
		struct record_line *line = record_line_add(ctx->arena, r, f);
		for (size_t k = 0; k < f->n_columns; k++) {
			if (strcmp(f->columns[k].name, "what") == 0)
				line->values[k] = value_text(label_in(&d->checklist[i], ctx->lang));
			else if (strcmp(f->columns[k].name, "done") == 0)
				line->values[k] = value_int(0);
		}
	}
}

enum err duty_due_at(struct ctx *ctx, const struct duty *d, const struct type *t, int64_t at, int64_t *ret_due)
{
	struct worktime days;
	struct target target;
	struct due due;
	const char *why;
	*ret_due = 0;
	if (d->due == NULL)
		return ERR_OK;
	if (target_parse(ctx->arena, ctx->model, t, d->due, &target, &why) != ERR_OK)
		return ctx_problem(ctx, ERR_CONFLICT, d->name, "bad_value", "duty %s, due: %s", d->name, why);
	TRY(duty_days(ctx, d, &days));
	/* Five minutes after 8:30 are five minutes, though the office opens at 9. */
	days.always = days.always || target.kind == TARGET_FOR;
	struct span open = {.from = at, .running = true};
	TRY(due_derive(&days, &target, 0, &open, 1, 0, &due));
	*ret_due = due.due;
	return ERR_OK;
}

static enum err put_due(struct ctx *ctx, struct record *r, const struct duty *d, int64_t at)
{
	const struct field *f = type_field(r->type, "due");
	int64_t due;
	if (f == NULL || f->kind != FIELD_DATETIME)
		return ERR_OK;
	TRY(duty_due_at(ctx, d, r->type, at, &due));
	if (due != 0)
		record_set(r, f, value_int(due));
	return ERR_OK;
}

static enum err duty_make(struct ctx *ctx, const struct duty *d, const struct occurrence *o, int64_t owner,
                          int64_t team, int64_t *ret_id)
{
	const struct type *t = model_type(ctx->model, d->make ? d->make : "duty_task");
	struct record *r;
	if (t == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, d->name, "unknown_type", "duty %s makes a %s: no pack has it",
		                   d->name, d->make ? d->make : "duty_task");
	r = record_new(ctx->arena, t);
	TRY(record_apply_presets(ctx, r));
	if (t->title != NULL)
		put_text(r, t->title->name, label_in(&d->label, ctx->lang));
	put_text(r, "duty", d->name);
	put_text(r, "period", o->period);
	put_text(r, "source", d->source);
	put_checklist(ctx, r, d);
	TRY(put_due(ctx, r, d, o->at));
	for (size_t i = 0; i < d->n_set; i++) {
		const struct field *f = type_field(t, d->set[i].name);
		struct value v;
		if (f == NULL)
			return ctx_problem(ctx, ERR_CONFLICT, d->name, "unknown_field",
			                   "duty %s sets %s, which %s has not", d->name, d->set[i].name, t->name);
		TRY(action_value(ctx, r, NULL, f, d->set[i].value, &v));
		record_set(r, f, v);
	}
	if (t->uses_work) {
		if (owner != 0) {
			record_put(r, "owner", value_int(owner));
			record_put(r, "first_owner", value_int(owner));
		}
		if (team != 0)
			record_put(r, "team", value_int(team));
	}
	TRY(flow_insert(ctx, r, "created", false, NULL));
	*ret_id = r->id;
	return ERR_OK;
}

static enum err tell_new(struct ctx *ctx, const struct type *t, int64_t id, const struct duty_people *p)
{
	static const struct label text = {.zh = "新的例行任务", .en = "A duty has come round"};
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	return people_tell(ctx, &p->people, "duty", r, &text);
}

/* Every record of one period; their ids stand in duty_run.note when there are several. */
static enum err period_make(struct ctx *ctx, const struct duty *d, const struct occurrence *o, int64_t *ret_first,
                            const char **ret_all)
{
	struct duty_people p;
	const char *all = "";
	int64_t first = 0, id = 0;
	TRY(duty_people(ctx, d, &p));
	size_t n = d->each ? p.people.n : 1;
	for (size_t i = 0; i < n; i++) {
		int64_t owner = d->each || p.people.n == 1 ? (p.people.n > 0 ? p.people.ids[i] : 0) : 0;
		int64_t team = p.team;
		if (d->each && team == 0) {
			struct people one = {.ids = &p.people.ids[i], .n = 1, .cap = 1};
			TRY(pool_of(ctx, &one, &team));
		}
		TRY(duty_make(ctx, d, o, owner, team, &id));
		first = first ? first : id;
		all = arena_printf(ctx->arena, "%s%lld ", all, (long long)id);
		struct duty_people told = p;
		if (d->each)
			told.people = (struct people){.ids = &p.people.ids[i], .n = 1, .cap = 1};
		TRY(tell_new(ctx, model_type(ctx->model, d->make ? d->make : "duty_task"), id, &told));
	}
	*ret_first = first;
	*ret_all = all;
	return ERR_OK;
}

/* ---- periods ------------------------------------------------------------------------------------------ */

static enum err run_put(struct ctx *ctx, const char *duty, const struct occurrence *o, int64_t record,
                        const char *state, const char *note)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into duty_run (duty, period, at, record, state, note) values (:duty, :period, :at, :record, "
	        ":state, :note)");
	sql_text(&q, "duty", duty);
	sql_text(&q, "period", o->period);
	sql_int(&q, "at", o->at);
	sql_int_or_null(&q, "record", record);
	sql_text(&q, "state", state);
	sql_text(&q, "note", note);
	return sql_run(ctx, &q, NULL);
}

static enum err run_there(struct ctx *ctx, const char *duty, const char *period, bool *ret_there)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from duty_run where duty = :duty and period = :period");
	sql_text(&q, "duty", duty);
	sql_text(&q, "period", period);
	TRY(sql_one_int(ctx, &q, &n));
	*ret_there = n > 0;
	return ERR_OK;
}

static const char *row_key(struct ctx *ctx, const struct duty *d)
{
	return arena_printf(ctx->arena, "duty:%s", d->name);
}

/* The row of the next time after an instant; none where it never comes round again. */
static enum err arm(struct ctx *ctx, const struct duty *d, int64_t after_ms)
{
	struct worktime days;
	struct occurrence o;
	struct buf b;
	struct json_out out;
	TRY(duty_days(ctx, d, &days));
	if (!recurrence_next(&days, &d->recur, after_ms, &o))
		return due_remove(ctx, row_key(ctx, d));
	buf_init(&b, ctx->arena, DUTY_BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "period");
	json_text(&out, o.period);
	/* The row itself is put off when it fails. */
	json_key(&out, "at");
	json_int(&out, o.at);
	json_key(&out, "version");
	json_text(&out, d->where.version);
	json_close(&out, '}');
	return due_put(ctx, row_key(ctx, d), "duty", o.at, DUTY_RANK, NULL, 0, b.data);
}

static bool rare(const struct duty *d)
{
	return d->recur.kind >= RECUR_MONTH;
}

enum err duty_due(struct ctx *ctx, const struct due_row *row)
{
	const char *name = strncmp(row->key, "duty:", 5) == 0 ? row->key + 5 : "";
	const struct duty *d = duty_named(ctx->model, name);
	struct worktime days;
	struct occurrence o = {.at = row->due_at}, next;
	bool there;
	json_t *body = NULL;
	if (d == NULL || d->off)
		return ERR_OK;
	TRY(json_parse(ctx, row->body ? row->body : "{}", row->body ? strlen(row->body) : 2, &body));
	const char *period = json_string_value(json_object_get(body, "period"));
	if (period == NULL || strlen(period) >= sizeof(o.period))
		return arm(ctx, d, row->due_at);
	memcpy(o.period, period, strlen(period) + 1);
	if (json_integer_value(json_object_get(body, "at")) > 0)
		o.at = json_integer_value(json_object_get(body, "at"));
	TRY(run_there(ctx, d->name, o.period, &there));
	if (!there) {
		int64_t first = 0;
		const char *all = NULL;
		TRY(duty_days(ctx, d, &days));
		bool missed = !rare(d) && recurrence_next(&days, &d->recur, o.at, &next) && next.at <= ctx->now_ms;
		if (!missed)
			TRY(period_make(ctx, d, &o, &first, &all));
		TRY(run_put(ctx, d->name, &o, first, missed ? "skipped" : "made", missed ? "missed" : all));
	}
	return arm(ctx, d, o.at);
}

/* ---- when a model comes in force ------------------------------------------------------------------------- */

struct planned {
	const char *key, *version;
	bool pending, dead; /* pending: its time has come, and it is not made yet */
};

static enum err planned_read(struct ctx *ctx, struct planned **ret_list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	struct planned *list = NULL;
	size_t n = 0, cap = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select key, body, due_at, tries, state from due_work where kind = 'duty'");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (n == cap) {
			struct planned *more = ARENA_ARRAY(ctx->arena, cap = cap ? 2 * cap : 32, struct planned);
			if (n > 0)
				memcpy(more, list, n * sizeof(*list));
			list = more;
		}
		const char *body = rows_text(rows, 1, NULL);
		const char *at = body ? strstr(body, "\"version\":\"") : NULL;
		size_t len = at ? strcspn(at + 11, "\"") : 0;
		list[n].pending = rows_int(rows, 2) <= ctx->now_ms || rows_int(rows, 3) > 0;
		list[n].dead = strcmp(rows_text(rows, 4, NULL), "dead") == 0;
		list[n].key = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		list[n++].version = at ? arena_strndup(ctx->arena, at + 11, len) : "";
	}
	TRY(rows_done(rows));
	*ret_list = list;
	*ret_n = n;
	return ERR_OK;
}

/* Another text may mend what failed. */
static enum err revive(struct ctx *ctx, const char *key)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update due_work set state = 'ready', due_at = :now, tries = 0 where key = :key and state = 'dead'");
	sql_int(&q, "now", ctx->now_ms);
	sql_text(&q, "key", key);
	return sql_run(ctx, &q, NULL);
}

static const struct planned *planned_of(const struct planned *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].key, key) == 0)
			return &list[i];
	return NULL;
}

enum err duties_begin(struct ctx *ctx)
{
	for (size_t i = 0; i < ctx->model->n_duties; i++)
		if (!ctx->model->duties[i].off)
			TRY(arm(ctx, &ctx->model->duties[i], ctx->now_ms));
	return ERR_OK;
}

enum err duties_plan(struct ctx *ctx)
{
	struct planned *list;
	size_t n;
	TRY(planned_read(ctx, &list, &n));
	for (size_t i = 0; i < n; i++) {
		const struct duty *d = duty_named(ctx->model, list[i].key + 5);
		if (d == NULL || d->off)
			TRY(due_remove(ctx, list[i].key));
	}
	for (size_t i = 0; i < ctx->model->n_duties; i++) {
		const struct duty *d = &ctx->model->duties[i];
		const struct planned *p = planned_of(list, n, row_key(ctx, d));
		if (d->off || (p != NULL && strcmp(p->version, d->where.version) == 0))
			continue;
		/* What fell due before the new text came is still to be made; its work puts the next time. */
		if (p == NULL || !p->pending)
			TRY(arm(ctx, d, ctx->now_ms));
		else if (p->dead)
			TRY(revive(ctx, p->key));
	}
	return ERR_OK;
}

enum err duty_skip(struct ctx *ctx, const char *duty, const char *period, const char *reason)
{
	const struct duty *d = duty_named(ctx->model, duty);
	struct worktime days;
	struct occurrence o;
	bool there;
	int64_t at = ctx->now_ms;
	if (d == NULL)
		return ctx_problem(ctx, ERR_NOT_FOUND, "duty", "not_found", "there is no duty %s", duty);
	TRY(run_there(ctx, duty, period, &there));
	if (there)
		return ctx_problem(ctx, ERR_CONFLICT, "period", "already_made", "%s of %s was made or skipped already",
		                   duty, period);
	TRY(duty_days(ctx, d, &days));
	for (int i = 0; i < SKIP_AHEAD && recurrence_next(&days, &d->recur, at, &o); i++, at = o.at)
		if (strcmp(o.period, period) == 0)
			return run_put(ctx, duty, &o, 0, "skipped", reason);
	return ctx_problem(ctx, ERR_INVALID, "period", "bad_value", "%s is none of the next %d periods of %s", period,
	                   SKIP_AHEAD, duty);
}

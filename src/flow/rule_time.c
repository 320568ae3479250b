/* rule_time.c: rules on time: a row of due work for each record and value (`at`), a sweep over all (`every`). */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/moment.h"

enum { SWEEP_RECORDS = 20, SWEEP_WINDOW = 1000, ARM_RECORDS = 50, RANK_RULE = 2, RANK_REST = 3 };

/* By times alone one record's rule fires at most so often a day: one that sets its own time goes round for ever. */
enum { FIRINGS_A_DAY = 64 };

#define ARMED_SETTING "rules_armed"

/* ---- at ------------------------------------------------------------------------------------------------ */

/* The wait as a duration; a parameter that is a number means days. */
static const char *wait_of(struct ctx *ctx, const char *wait)
{
	const struct parameter *p = wait[0] == '@' ? model_parameter(ctx->model, wait + 1) : NULL;
	if (p == NULL)
		return wait;
	return p->value.kind == VALUE_TEXT ? p->value.s : arena_printf(ctx->arena, "%lldd", (long long)p->value.i);
}

/* 0: never. What lasts until the last year there is ends after it, and is not refused for that. */
static enum err wait_add(struct ctx *ctx, const struct moment_words *m, int64_t *at)
{
	size_t known = ctx->problems.n;
	enum err e = duration_add(ctx, *at, wait_of(ctx, m->wait), m->before, at);
	if (e != ERR_INVALID)
		return e;
	ctx->problems.n = known;
	*at = 0;
	return ERR_OK;
}

enum err rule_moment(struct ctx *ctx, const struct rule *rule, const struct record *r, struct rule_times *ret_times)
{
	const struct moment_words *m = &rule->moment;
	struct rule_times times = {0};
	struct local_time local = {0};
	*ret_times = times;
	if (m->field == NULL || value_is_empty(&r->values[m->field->at]))
		return ERR_OK;
	const struct value *v = &r->values[m->field->at];
	if (m->field->kind == FIELD_DATE) {
		if (!date_parse(v->s, &local.year, &local.month, &local.day))
			return ERR_OK;
		times.at = zone_instant(ctx->zone, &local);
		times.until = zone_day_start(ctx->zone, times.at, 1);
	} else {
		times.at = times.until = v->i;
	}
	if (m->wait != NULL)
		TRY(wait_add(ctx, m, &times.at));
	if (times.at == 0)
		return ERR_OK;
	if (m->minute >= 0) {
		zone_local(ctx->zone, times.at, &local);
		local.hour = m->minute / 60;
		local.minute = m->minute % 60;
		local.second = local.ms = 0;
		times.at = zone_instant(ctx->zone, &local);
	}
	*ret_times = times;
	return ERR_OK;
}

int64_t rule_due_at(const struct rule_times *times, int64_t now_ms)
{
	if (times->at == 0 || times->at > now_ms)
		return times->at;
	return times->until > now_ms ? now_ms : 0;
}

static const char *rule_key(struct ctx *ctx, const struct rule *rule, int64_t record)
{
	return arena_printf(ctx->arena, "rule:%s:%lld", rule->name, (long long)record);
}

static enum err rule_put(struct ctx *ctx, const struct rule *rule, const struct record *r,
                         const struct rule_times *times)
{
	int64_t due = rule_due_at(times, ctx->now_ms);
	const char *body = arena_printf(ctx->arena, "{\"rule\":\"%s\",\"at\":%lld}", rule->name, (long long)times->at);
	if (due == 0)
		return due_remove(ctx, rule_key(ctx, rule, r->id));
	return due_put(ctx, rule_key(ctx, rule, r->id), "rule", due, RANK_RULE, r->type->name, r->id, body);
}

enum err rules_arm(struct ctx *ctx, const struct record *r, const struct record *before)
{
	for (size_t i = 0; i < r->type->n_rules; i++) {
		const struct rule *rule = &r->type->rules[i];
		struct rule_times now, was = {0};
		if (rule->at == NULL || rule->off)
			continue;
		TRY(rule_moment(ctx, rule, r, &now));
		if (before != NULL)
			TRY(rule_moment(ctx, rule, before, &was));
		if (now.at != was.at)
			TRY(rule_put(ctx, rule, r, &now));
	}
	return ERR_OK;
}

enum err rules_disarm(struct ctx *ctx, const struct record *r)
{
	for (size_t i = 0; i < r->type->n_rules; i++)
		if (r->type->rules[i].at != NULL)
			TRY(due_remove(ctx, rule_key(ctx, &r->type->rules[i], r->id)));
	return ERR_OK;
}

/* ---- due work ------------------------------------------------------------------------------------------ */

struct due_body { /* what the rows of this file carry */
	const char *rule;
	int64_t at, after;
	const char *every;
};

static enum err body_read(struct ctx *ctx, const struct due_row *d, struct due_body *ret_body)
{
	json_t *j;
	const char *text = d->body ? d->body : "{}";
	TRY(json_parse(ctx, text, strlen(text), &j));
	*ret_body = (struct due_body){.rule = json_string_value(json_object_get(j, "rule")),
	                              .at = json_integer_value(json_object_get(j, "at")),
	                              .after = json_integer_value(json_object_get(j, "after")),
	                              .every = json_string_value(json_object_get(j, "every"))};
	return ERR_OK;
}

static const struct rule *rule_named(const struct type *t, const char *name)
{
	for (size_t i = 0; t != NULL && name != NULL && i < t->n_rules; i++)
		if (strcmp(t->rules[i].name, name) == 0)
			return &t->rules[i];
	return NULL;
}

static enum err fired_lately(struct ctx *ctx, int64_t record, const struct rule *rule, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from event where record = :record and id >= :from and kind = 'rule_fired' and ");
	sql_contains_open(&q);
	SQL(&q, "body, ");
	sql_value_text(&q, arena_printf(ctx->arena, "\"rule\":\"%s\"", rule->name));
	SQL(&q, ") > 0");
	sql_int(&q, "record", record);
	sql_int(&q, "from", ids_floor(ctx->now_ms - DAY_MS));
	return sql_one_int(ctx, &q, ret_n);
}

enum err rule_due(struct ctx *ctx, const struct due_row *d)
{
	const struct type *t = d->type ? model_type(ctx->model, d->type) : NULL;
	struct due_body body;
	struct rule_times times;
	struct record *r;
	int64_t lately;
	TRY(body_read(ctx, d, &body));
	const struct rule *rule = rule_named(t, body.rule);
	if (rule == NULL || rule->at == NULL || rule->off)
		return ERR_OK;
	enum err e = record_load(ctx, t, d->record, &r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(rule_moment(ctx, rule, r, &times));
	if (times.at == 0)
		return ERR_OK;
	/* A parameter or the rule itself was changed since: the new moment may lie ahead. */
	if (times.at != body.at && times.at > ctx->now_ms)
		return rule_put(ctx, rule, r, &times);
	TRY(fired_lately(ctx, r->id, rule, &lately));
	if (lately >= FIRINGS_A_DAY)
		return moment_stop(
		        ctx, t, r->id, rule, "at",
		        "一天内已触发 64 次，疑似循环 / it fired 64 times within a day and seems to go round");
	return moment_rule(ctx, t, r->id, rule, "at");
}

/* ---- every --------------------------------------------------------------------------------------------- */

static const char *sweep_key(struct ctx *ctx, const char *what, const struct type *t, const struct rule *rule)
{
	return arena_printf(ctx->arena, "%s:%s:%s", what, t->name, rule->name);
}

static enum err sweep_put(struct ctx *ctx, const struct type *t, const struct rule *rule, int64_t due, int64_t after)
{
	return due_put(ctx, sweep_key(ctx, "sweep", t, rule), "sweep", due, RANK_REST, t->name, 0,
	               arena_printf(ctx->arena, "{\"rule\":\"%s\",\"after\":%lld,\"every\":\"%s\"}", rule->name,
	                            (long long)after, rule->every));
}

/* Missed ones are made up for once. */
static enum err sweep_next(struct ctx *ctx, const struct type *t, const struct rule *rule, int64_t after_ms)
{
	struct worktime days = calendar_worktime(ctx, NULL);
	struct occurrence next;
	if (!recurrence_next(&days, &rule->recur, after_ms, &next))
		return due_remove(ctx, sweep_key(ctx, "sweep", t, rule));
	return sweep_put(ctx, t, rule, next.at, 0);
}

struct sweep {
	int64_t ids[SWEEP_RECORDS];
	size_t n;
	int64_t next; /* go on after that; 0: these were the last */
};

/* How far one look goes: where few of many fit, looking for the next twenty would hold all who write. */
static enum err sweep_window(struct ctx *ctx, const struct type *t, int64_t after, int64_t *ret_last, bool *ret_more)
{
	struct sql q;
	struct rows *rows;
	*ret_last = after;
	*ret_more = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(x.id), 0), count(*) from (select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where id > :after order by id limit :window) x");
	sql_int(&q, "after", after);
	sql_int(&q, "window", SWEEP_WINDOW);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		*ret_last = rows_int(rows, 0);
		*ret_more = rows_int(rows, 1) == SWEEP_WINDOW;
	}
	return rows_done(rows);
}

static enum err sweep_find(struct ctx *ctx, const struct type *t, const struct rule *rule, int64_t after,
                           struct sweep *s)
{
	struct sql q;
	struct rows *rows;
	int64_t last;
	bool more;
	TRY(sweep_window(ctx, t, after, &last, &more));
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, t->table);
	SQL(&q, " r where r.id > :after and r.id <= :last and ");
	TRY(filter_sql(ctx, &q, rule->when, "r", NULL));
	SQL(&q, " order by r.id limit :limit");
	sql_int(&q, "after", after);
	sql_int(&q, "last", last);
	sql_int(&q, "limit", SWEEP_RECORDS);
	s->n = 0;
	TRY(sql_rows(ctx, &q, &rows));
	while (s->n < SWEEP_RECORDS && rows_next(rows))
		s->ids[s->n++] = rows_int(rows, 0);
	s->next = s->n == SWEEP_RECORDS ? s->ids[s->n - 1] : more ? last : 0;
	return rows_done(rows);
}

enum err sweep_due(struct ctx *ctx, const struct due_row *d)
{
	const struct type *t = d->type ? model_type(ctx->model, d->type) : NULL;
	const struct who *who = ctx->who;
	struct due_body body;
	struct sweep s;
	TRY(body_read(ctx, d, &body));
	const struct rule *rule = rule_named(t, body.rule);
	if (rule == NULL || rule->every == NULL || rule->off)
		return ERR_OK;
	ctx->who = &who_system;
	enum err e = sweep_find(ctx, t, rule, body.after, &s);
	ctx->who = who;
	TRY(e);
	for (size_t i = 0; i < s.n; i++)
		TRY(moment_rule(ctx, t, s.ids[i], rule, "every"));
	if (s.next != 0)
		return sweep_put(ctx, t, rule, d->due_at, s.next);
	return sweep_next(ctx, t, rule, d->due_at > ctx->now_ms ? d->due_at : ctx->now_ms);
}

/* ---- a model comes in force ------------------------------------------------------------------------------ */

static enum err sweep_plan(struct ctx *ctx, const struct type *t, const struct rule *rule)
{
	struct sql q;
	const char *text = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select body from due_work where key = :key and state = 'ready'");
	sql_text(&q, "key", sweep_key(ctx, "sweep", t, rule));
	enum err e = sql_one_text(ctx, &q, &text);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (rule->off)
		return e == ERR_OK ? due_remove(ctx, sweep_key(ctx, "sweep", t, rule)) : ERR_OK;
	const char *mark = arena_printf(ctx->arena, "\"every\":\"%s\"", rule->every);
	/* The same words: the row stands, also when it is late. */
	if (e == ERR_OK && text != NULL && strstr(text, mark) != NULL)
		return ERR_OK;
	return sweep_next(ctx, t, rule, ctx->now_ms);
}

/* Records that were there before the rule: each gets its row, if its moment lies ahead. */
static enum err arm_find(struct ctx *ctx, const struct type *t, int64_t after, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, t->table);
	SQL(&q, " r where r.id > :after order by r.id limit :limit");
	sql_int(&q, "after", after);
	sql_int(&q, "limit", ARM_RECORDS);
	*ret_n = 0;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		ids[(*ret_n)++] = rows_int(rows, 0);
	return rows_done(rows);
}

enum err arm_due(struct ctx *ctx, const struct due_row *d)
{
	const struct type *t = d->type ? model_type(ctx->model, d->type) : NULL;
	int64_t ids[ARM_RECORDS];
	struct due_body body;
	size_t n;
	TRY(body_read(ctx, d, &body));
	const struct rule *rule = rule_named(t, body.rule);
	if (rule == NULL || rule->at == NULL || rule->off)
		return ERR_OK;
	TRY(arm_find(ctx, t, body.after, ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct record *r;
		struct rule_times times;
		TRY(record_load(ctx, t, ids[i], &r));
		TRY(rule_moment(ctx, rule, r, &times));
		/* What has passed was another rule's, or nobody's. */
		if (times.at > ctx->now_ms)
			TRY(rule_put(ctx, rule, r, &times));
	}
	if (n < ARM_RECORDS)
		return ERR_OK;
	return due_put(ctx, d->key, "arm", ctx->now_ms, RANK_REST, t->name, 0,
	               arena_printf(ctx->arena, "{\"rule\":\"%s\",\"after\":%lld}", rule->name, (long long)ids[n - 1]));
}

static enum err arm_plan(struct ctx *ctx, const struct type *t, const struct rule *rule, const json_t *known,
                         json_t *now)
{
	const char *name = arena_printf(ctx->arena, "%s.%s", t->name, rule->name);
	const char *at = rule->off ? "" : rule->at;
	const char *was = json_string_value(json_object_get(known, name));
	if (json_object_set_new(now, name, json_string(at)) != 0)
		abort();
	if (rule->off || (was != NULL && strcmp(was, at) == 0))
		return ERR_OK;
	return due_put(ctx, sweep_key(ctx, "arm", t, rule), "arm", ctx->now_ms, RANK_REST, t->name, 0,
	               arena_printf(ctx->arena, "{\"rule\":\"%s\",\"after\":0}", rule->name));
}

static enum err armed_keep(struct ctx *ctx, const json_t *known, const json_t *now)
{
	struct sql q;
	if (json_equal(known, now))
		return ERR_OK;
	char *text = json_dumps(now, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		abort();
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values (:key, :value) on conflict (key) do update set value = "
	        "excluded.value");
	sql_text(&q, "key", ARMED_SETTING);
	sql_text(&q, "value", arena_strdup(ctx->arena, text));
	free(text);
	return sql_run(ctx, &q, NULL);
}

static enum err armed_known(struct ctx *ctx, json_t **ret_known)
{
	struct sql q;
	const char *text = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = :key");
	sql_text(&q, "key", ARMED_SETTING);
	enum err e = sql_one_text(ctx, &q, &text);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (e == ERR_NOT_FOUND || text == NULL)
		text = "{}";
	return json_parse(ctx, text, strlen(text), ret_known);
}

enum err rules_plan(struct ctx *ctx)
{
	json_t *known, *now = json_object_kept(ctx->arena);
	TRY(armed_known(ctx, &known));
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];
		for (size_t k = 0; k < t->n_rules; k++) {
			if (t->rules[k].every != NULL)
				TRY(sweep_plan(ctx, t, &t->rules[k]));
			if (t->rules[k].at != NULL)
				TRY(arm_plan(ctx, t, &t->rules[k], known, now));
		}
	}
	return armed_keep(ctx, known, now);
}

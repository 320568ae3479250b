/*
 * dry_run.c: how often a rule would have fired in a time that has passed. Each record is taken through its states; what
 * other rules did to it is replayed as it was, what this one did itself is taken back before it is asked.
 */
#include <string.h>

#include "base/clock.h"
#include "flow/history.h"
#include "flow/moment.h"

enum { ACTORS_MAX = 256, OCCURRENCES_MAX = 10000 };

struct dry {
	struct ctx *ctx;
	struct dry_run *d;
	struct who *actors[ACTORS_MAX]; /* as they are today */
	size_t n_actors;
	int64_t *times; /* of `every` */
	size_t n_times;
	int64_t until_us;
};

/* ---- asking at a moment --------------------------------------------------------------------------------- */

static enum err actor_of(struct dry *y, int64_t id, const struct who **ret_who)
{
	*ret_who = &who_system;
	for (size_t i = 0; i < y->n_actors; i++)
		if (y->actors[i]->id == id) {
			*ret_who = y->actors[i];
			return ERR_OK;
		}
	if (id == 0 || y->n_actors == ACTORS_MAX)
		return ERR_OK;
	struct who *w;
	enum err e = who_load(y->ctx, id, &w);
	if (e == ERR_NOT_FOUND) {
		w = ARENA_NEW(y->ctx->arena, struct who);
		*w = (struct who){.id = id, .login = "", .name = ""};
		e = ERR_OK;
	}
	TRY(e);
	/* Kept for the record at hand only: the arena is wound back after it. */
	y->actors[y->n_actors++] = w;
	*ret_who = w;
	return ERR_OK;
}

static void hit(struct dry *y, int64_t at, int64_t record, const char *kind)
{
	struct dry_run *d = y->d;
	d->fired++;
	if (d->n_hits == DRY_ROWS)
		return;
	struct dry_hit *h = &d->hits[d->n_hits++];
	*h = (struct dry_hit){.at = at, .record = record};
	snprintf(h->kind, sizeof(h->kind), "%s", kind);
}

static bool in_time(const struct dry *y, int64_t at)
{
	return at >= y->d->from && at < y->d->to;
}

static enum err holds_at(struct dry *y, const struct record *r, int64_t at, bool *ret_holds)
{
	y->ctx->now_ms = at;
	y->ctx->who = &who_system;
	y->d->looks++;
	*ret_holds = true;
	return y->d->rule->when ? filter_holds(y->ctx, y->d->rule->when, r, ret_holds) : ERR_OK;
}

static enum err ask_at(struct dry *y, const struct record *r, int64_t at, const char *kind)
{
	bool holds;
	if (!in_time(y, at) || r == NULL)
		return ERR_OK;
	TRY(holds_at(y, r, at, &holds));
	if (holds)
		hit(y, at, r->id, kind);
	return ERR_OK;
}

/* ---- on events ------------------------------------------------------------------------------------------- */

static bool is_quiet(const char *kind)
{
	return strcmp(kind, "imported") == 0 || strcmp(kind, "undone") == 0 || strcmp(kind, "removed") == 0;
}

static enum err ask_rule(struct dry *y, const struct past *p, unsigned moments, const char *transition,
                         const struct record *r, const struct record *before)
{
	const char *on;
	y->d->looks++;
	TRY(rule_fires(y->ctx, y->d->rule, moments, transition, r, before, &on));
	if (on != NULL)
		hit(y, p->at, r->id, p->kind);
	return ERR_OK;
}

static enum err event_asked(struct dry *y, const struct history *h, size_t i)
{
	const struct past *p = &h->list[i];
	const struct record *before = history_before(h, i);
	const char *transition = json_string_value(json_object_get(p->tree, "transition"));
	unsigned moments = 0;
	y->ctx->now_ms = p->at;
	TRY(actor_of(y, p->actor, &y->ctx->who));
	if (strcmp(p->kind, "created") == 0)
		moments = RULE_CREATED | RULE_ALONE;
	else if (strcmp(p->kind, "commented") == 0)
		moments = RULE_COMMENTED;
	else if (before != NULL && records_differ(before, p->acted))
		moments = RULE_CHANGED;
	if (moments == RULE_COMMENTED)
		before = NULL;
	if (moments != 0 || transition != NULL)
		TRY(ask_rule(y, p, moments, transition, p->acted, before));
	/* What other rules then changed may set it off as well. */
	struct record *state = p->acted;
	for (size_t k = 0; k < json_array_size(p->rules); k++) {
		const json_t *firing = json_array_get(p->rules, k);
		const char *name = json_string_value(json_object_get(firing, "rule"));
		struct record *next = firing_done(y->ctx, state, firing);
		bool own = y->d->name != NULL && name != NULL && strcmp(name, y->d->name) == 0;
		if (next != state && !own)
			TRY(ask_rule(y, p, RULE_CHANGED, NULL, next, state));
		state = next;
	}
	return ERR_OK;
}

static enum err events_asked(struct dry *y, const struct history *h)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct past *p = &h->list[i];
		/* Told of what was asked with the event before. */
		bool told = strcmp(p->kind, "rule_fired") == 0 || strcmp(p->kind, "rule_stopped") == 0;
		if (in_time(y, p->at) && !is_quiet(p->kind) && !told && p->tree != NULL)
			TRY(event_asked(y, h, i));
	}
	return ERR_OK;
}

/* ---- at, every, clocks ------------------------------------------------------------------------------------ */

/* The value of the field arms the rule at each event that changes its moment; it comes unless another event moves it
 * first. */
static enum err at_asked(struct dry *y, const struct history *h)
{
	int64_t moment = 0, armed = 0;
	for (size_t i = 0; i < h->n; i++) {
		const struct past *p = &h->list[i];
		struct rule_times times;
		if (armed != 0 && armed < p->at) {
			TRY(ask_at(y, history_before(h, i), armed, "at"));
			armed = 0;
		}
		TRY(rule_moment(y->ctx, y->d->rule, p->after, &times));
		if (times.at != moment)
			armed = rule_due_at(&times, p->at);
		moment = times.at;
	}
	return armed != 0 && h->n > 0 ? ask_at(y, h->list[h->n - 1].after, armed, "at") : ERR_OK;
}

/* The state in force at an instant: what moved at that very instant came after. */
static const struct record *state_at(const struct history *h, int64_t at)
{
	const struct record *r = NULL;
	for (size_t i = 0; i < h->n && h->list[i].at <= at; i++)
		if (h->list[i].at < at || strncmp(h->list[i].kind, "clock_", 6) == 0 || r == NULL)
			r = h->list[i].after;
	return r;
}

static enum err every_asked(struct dry *y, const struct history *h)
{
	for (size_t i = 0; i < y->n_times; i++)
		TRY(ask_at(y, state_at(h, y->times[i]), y->times[i], "every"));
	return ERR_OK;
}

static enum err clock_times(struct dry *y, int64_t record, const char *name, size_t name_len, bool warn, int64_t *times,
                            size_t cap, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	*ret_n = 0;
	sql_init(&q, y->ctx->arena);
	SQL(&q, "select coalesce(warned_at, 0), coalesce(breached_at, 0) from clock where record = :record and name = "
	        ":name "
	        "order by run");
	sql_int(&q, "record", record);
	sql_text(&q, "name", arena_strndup(y->ctx->arena, name, name_len));
	TRY(sql_rows(y->ctx, &q, &rows));
	while (*ret_n < cap && rows_next(rows))
		if (rows_int(rows, warn ? 0 : 1) != 0)
			times[(*ret_n)++] = rows_int(rows, warn ? 0 : 1);
	return rows_done(rows);
}

static enum err clocks_asked(struct dry *y, const struct history *h)
{
	int64_t times[64];
	for (size_t i = 0; i < y->d->rule->n_on; i++) {
		const char *on = y->d->rule->on[i], *end = strrchr(on, ':');
		size_t n;
		if (strncmp(on, "clock:", 6) != 0 || h->n == 0)
			continue;
		TRY(clock_times(y, h->list[0].after->id, on + 6, (size_t)(end - on - 6), strcmp(end, ":warn") == 0,
		                times, sizeof(times) / sizeof(times[0]), &n));
		for (size_t k = 0; k < n; k++)
			TRY(ask_at(y, state_at(h, times[k]), times[k], "clock"));
	}
	return ERR_OK;
}

/* ---- over all records ------------------------------------------------------------------------------------- */

static bool on_is(const struct rule *rule, const char *prefix)
{
	for (size_t i = 0; i < rule->n_on; i++)
		if (strncmp(rule->on[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* Events need records that something happened to since; comments and clocks leave no trace on the row. */
static bool only_touched(const struct rule *rule)
{
	return rule->n_on > 0 && !on_is(rule, "clock:") && !on_is(rule, "commented");
}

static enum err records_find(struct dry *y, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, y->ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, y->d->type->table);
	SQL(&q, " r where r.created_at < :to");
	if (only_touched(y->d->rule))
		SQL(&q, " and r.updated_at >= :from");
	SQL(&q, " order by r.id desc limit :n");
	sql_int(&q, "to", y->d->to);
	if (only_touched(y->d->rule))
		sql_int(&q, "from", y->d->from);
	sql_int(&q, "n", DRY_RECORDS + 1);
	*ret_n = 0;
	TRY(sql_rows(y->ctx, &q, &rows));
	while (rows_next(rows))
		ids[(*ret_n)++] = rows_int(rows, 0);
	return rows_done(rows);
}

static enum err record_asked(struct dry *y, int64_t id)
{
	struct history h;
	TRY(history_read(y->ctx, y->d->type, id, &h));
	if (y->d->rule->at != NULL)
		return at_asked(y, &h);
	if (y->d->rule->every != NULL)
		return every_asked(y, &h);
	TRY(events_asked(y, &h));
	return clocks_asked(y, &h);
}

static void times_find(struct dry *y)
{
	struct worktime days = calendar_worktime(y->ctx, NULL);
	struct occurrence o = {.at = y->d->from - 1};
	y->times = ARENA_ARRAY(y->ctx->arena, OCCURRENCES_MAX, int64_t);
	while (y->d->rule->every != NULL && y->n_times < OCCURRENCES_MAX &&
	       recurrence_next(&days, &y->d->rule->recur, o.at, &o) && o.at < y->d->to)
		y->times[y->n_times++] = o.at;
	y->d->stopped = y->n_times == OCCURRENCES_MAX;
}

static enum err all_asked(struct dry *y)
{
	int64_t *ids = ARENA_ARRAY(y->ctx->arena, DRY_RECORDS + 1, int64_t);
	size_t n;
	TRY(records_find(y, ids, &n));
	y->d->stopped = y->d->stopped || n > DRY_RECORDS;
	for (size_t i = 0; i < n && i < DRY_RECORDS; i++) {
		struct arena_mark mark = arena_mark(y->ctx->arena);
		size_t before = y->d->fired;
		if (y->d->looks > DRY_LOOKS || clock_monotonic_us() > y->until_us) {
			y->d->stopped = true;
			break;
		}
		enum err e = record_asked(y, ids[i]);
		/* He was one of that record's. */
		y->ctx->who = &who_system;
		arena_rewind(y->ctx->arena, mark);
		y->n_actors = 0;
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		y->d->looked_at++;
		y->d->records += y->d->fired > before;
	}
	return ERR_OK;
}

enum err rule_dry_run(struct ctx *ctx, struct dry_run *d)
{
	struct dry *y = ARENA_NEW(ctx->arena, struct dry);
	int64_t now = ctx->now_ms;
	const struct who *who = ctx->who;
	y->ctx = ctx;
	y->d = d;
	y->until_us = clock_monotonic_us() + (int64_t)DRY_SECONDS * 1000000;
	d->hits = ARENA_ARRAY(ctx->arena, DRY_ROWS, struct dry_hit);
	d->fired = d->records = d->looked_at = d->looks = d->n_hits = 0;
	d->stopped = false;
	/* What is still to come can't be known. */
	if (d->to > now)
		d->to = now;
	times_find(y);
	enum err e = all_asked(y);
	ctx->now_ms = now;
	ctx->who = who;
	return e;
}

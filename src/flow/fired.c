/*
 * fired.c: how often rules fired: counted by rule and day in the order in which events were committed, so that
 * each counts once; what came since the last count is counted when somebody asks. Settings: "fired:2026-11-22" holds
 * {"TYPE.RULE": n}, "fired_to" the last event (seq) that is in them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "flow/due.h"
#include "flow/effect.h"
#include "store/store.h"

enum { COUNT_SLICE = 2000, KEPT_DAYS = 40, FIRED_MAX = 4000, DAY_KEY_BYTES = 32 };

/* "fired:2026-11-22" of the day in which an instant lies. */
static void day_key(const struct ctx *ctx, int64_t at_ms, char key[DAY_KEY_BYTES])
{
	struct local_time l;
	char date[DATE_BYTES];
	zone_local(ctx->zone, at_ms, &l);
	date_format(l.year, l.month, l.day, date);
	snprintf(key, DAY_KEY_BYTES, "fired:%s", date);
}

static enum err setting_read(struct ctx *ctx, const char *key, const char **ret_text)
{
	struct sql q;
	*ret_text = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = :key");
	sql_text(&q, "key", key);
	enum err e = sql_one_text(ctx, &q, ret_text);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err setting_keep(struct ctx *ctx, const char *key, const char *text)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values (:key, :value) on conflict (key) do update set value = "
	        "excluded.value");
	sql_text(&q, "key", key);
	sql_text(&q, "value", text);
	return sql_run(ctx, &q, NULL);
}

/* The last event that is counted; at first that before the oldest one that matters. */
static enum err counted_to(struct ctx *ctx, int64_t *ret_seq)
{
	const char *text;
	struct sql q;
	TRY(setting_read(ctx, "fired_to", &text));
	if (text != NULL && id_parse(text, ret_seq))
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(min(seq) - 1, 0) from event where id >= :since");
	sql_int(&q, "since", ids_floor(ctx->now_ms - KEPT_DAYS * DAY_MS));
	return sql_one_int(ctx, &q, ret_seq);
}

/* ---- counting --------------------------------------------------------------------------------------------- */

static void add(json_t *day, const char *name, int64_t n)
{
	int64_t was = json_integer_value(json_object_get(day, name));
	if (json_object_set_new(day, name, json_integer(was + n)) != 0)
		abort();
}

static void body_count(struct ctx *ctx, const char *type, const char *body, size_t len, json_t *day)
{
	json_t *tree = json_loadb(body, len, 0, NULL), *rules = json_object_get(tree, "rules");
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const char *rule = json_string_value(json_object_get(json_array_get(rules, i), "rule"));
		if (rule != NULL)
			add(day, arena_printf(ctx->arena, "%s.%s", type, rule), 1);
	}
	json_decref(tree);
}

/* days: by day_key, what the events of (after, to] add; to 0: all after it, those too that have no seq yet. */
static enum err events_count(struct ctx *ctx, int64_t after, int64_t to, json_t *days)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select at, type, body from event where ");
	if (to != 0) {
		SQL(&q, "seq > :after and seq <= :to");
		sql_int(&q, "to", to);
	} else {
		SQL(&q, "(seq > :after or seq is null)");
	}
	SQL(&q, " and kind <> 'rule_stopped' and ");
	sql_contains_open(&q);
	SQL(&q, "body, '\"rules\":[') > 0");
	sql_int(&q, "after", after);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		char key[DAY_KEY_BYTES];
		size_t len;
		const char *body = rows_text(rows, 2, &len);
		day_key(ctx, rows_int(rows, 0), key);
		json_t *day = json_object_get(days, key);
		if (day == NULL) {
			day = json_object();
			if (day == NULL || json_object_set_new(days, key, day) != 0)
				abort();
		}
		body_count(ctx, rows_text(rows, 1, NULL), body, len, day);
	}
	return rows_done(rows);
}

static enum err day_add(struct ctx *ctx, const char *key, const json_t *more)
{
	const char *text, *name;
	json_t *day = NULL, *n;
	TRY(setting_read(ctx, key, &text));
	if (text != NULL)
		TRY(json_parse(ctx, text, strlen(text), &day));
	else
		day = json_object_kept(ctx->arena);
	json_object_foreach((json_t *)(uintptr_t)more, name, n) add(day, name, json_integer_value(n));
	char *out = json_dumps(day, JSON_COMPACT | JSON_SORT_KEYS);
	if (out == NULL)
		abort();
	text = arena_strdup(ctx->arena, out);
	free(out);
	return setting_keep(ctx, key, text);
}

static enum err old_drop(struct ctx *ctx)
{
	char key[DAY_KEY_BYTES];
	struct sql q;
	day_key(ctx, ctx->now_ms - KEPT_DAYS * DAY_MS, key);
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from setting where key >= 'fired:' and key < :oldest");
	sql_text(&q, "oldest", key);
	return sql_run(ctx, &q, NULL);
}

/* The last event of the next slice; *ret_more: there are others after it. */
static enum err slice_end(struct ctx *ctx, int64_t after, int64_t *ret_to, bool *ret_more)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	*ret_to = after;
	sql_init(&q, ctx->arena);
	SQL(&q, "select seq from event where seq > :after order by seq limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", COUNT_SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		*ret_to = rows_int(rows, 0);
		n++;
	}
	*ret_more = n == COUNT_SLICE;
	return rows_done(rows);
}

enum err fired_due(struct ctx *ctx, const struct due_row *d)
{
	json_t *days = json_object_kept(ctx->arena), *day;
	const char *key;
	int64_t after, to;
	bool more;
	TRY(counted_to(ctx, &after));
	TRY(slice_end(ctx, after, &to, &more));
	if (to > after) {
		TRY(events_count(ctx, after, to, days));
		json_object_foreach(days, key, day) TRY(day_add(ctx, key, day));
		TRY(setting_keep(ctx, "fired_to", arena_printf(ctx->arena, "%lld", (long long)to)));
	}
	TRY(old_drop(ctx));
	return due_put(ctx, d->key, d->kind, ctx->now_ms + (more ? SECOND_MS : HOUR_MS), DUE_RANK_WORST, NULL, 0, NULL);
}

enum err fired_plan(struct ctx *ctx)
{
	struct sql q;
	int64_t there;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from due_work where key = 'fired'");
	TRY(sql_one_int(ctx, &q, &there));
	return there > 0 ? ERR_OK : due_put(ctx, "fired", "fired", ctx->now_ms, DUE_RANK_WORST, NULL, 0, NULL);
}

/* ---- asked for -------------------------------------------------------------------------------------------- */

/* "TYPE.RULE": neither has a dot in it. */
static void sum_add(struct ctx *ctx, struct fired_rule *list, size_t *n, const char *name, int64_t times)
{
	const char *dot = strchr(name, '.');
	size_t i = 0;
	if (dot == NULL)
		return;
	while (i < *n && (strncmp(list[i].type, name, (size_t)(dot - name)) != 0 || list[i].type[dot - name] != '\0' ||
	                  strcmp(list[i].rule, dot + 1) != 0))
		i++;
	if (i == FIRED_MAX)
		return;
	if (i == *n)
		list[(*n)++] = (struct fired_rule){.type = arena_strndup(ctx->arena, name, (size_t)(dot - name)),
		                                   .rule = arena_strdup(ctx->arena, dot + 1)};
	list[i].n += times;
}

static void day_sum(struct ctx *ctx, const json_t *day, struct fired_rule *list, size_t *n)
{
	const char *name;
	json_t *times;
	json_object_foreach((json_t *)(uintptr_t)day, name, times)
	        sum_add(ctx, list, n, name, json_integer_value(times));
}

static enum err days_sum(struct ctx *ctx, const char *since, struct fired_rule *list, size_t *n)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key >= :since and key < 'fired;'");
	sql_text(&q, "since", since);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		size_t len;
		const char *text = rows_text(rows, 0, &len);
		json_t *day = json_loadb(text, len, 0, NULL);
		day_sum(ctx, day, list, n);
		json_decref(day);
	}
	return rows_done(rows);
}

enum err rules_fired(struct ctx *ctx, int n_days, struct fired_rule **ret_list, size_t *ret_n)
{
	struct fired_rule *list = ARENA_ARRAY(ctx->arena, FIRED_MAX, struct fired_rule);
	json_t *days = json_object_kept(ctx->arena), *day;
	char since[DAY_KEY_BYTES];
	const char *key;
	int64_t after;
	size_t n = 0;
	struct local_time today;
	zone_local(ctx->zone, ctx->now_ms, &today);
	struct local_time first = {.year = today.year, .month = today.month, .day = today.day - (n_days - 1)};
	day_key(ctx, zone_instant(ctx->zone, &first), since);
	TRY(counted_to(ctx, &after));
	TRY(days_sum(ctx, since, list, &n));
	TRY(events_count(ctx, after, 0, days));
	json_object_foreach(days, key, day)
	{
		if (strcmp(key, since) >= 0)
			day_sum(ctx, day, list, &n);
	}
	*ret_list = list;
	*ret_n = n;
	return ERR_OK;
}

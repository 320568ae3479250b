/* story_duty.c: what comes round by itself in stories: from when on it does, and that it was done. */
#include <string.h>

#include "base/clock.h"
#include "flow/duty.h"
#include "flow/flow.h"
#include "main/story.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/list.h"
#include "model/who.h"
#include "store/store.h"

enum { TICKED_MAX = 200 };

/* {duties: on}: duties come round from this moment on, also where it lies in the past. */
enum err story_duties(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	(void)s;
	(void)step;
	return duties_begin(ctx);
}

/* by: 0 where he may not name people, himself neither. */
static json_t *line_ticked(const struct ctx *ctx, const struct record_line *line, size_t what, int64_t by)
{
	char at[INSTANT_BYTES];
	instant_format(ctx->now_ms, at);
	json_t *j = json_object();
	json_object_set_new(j, "id", json_sprintf("%lld", (long long)line->id));
	json_object_set_new(j, "what", json_string(line->values[what].s));
	json_object_set_new(j, "done", json_true());
	if (by != 0)
		json_object_set_new(j, "by", json_sprintf("%lld", (long long)by));
	json_object_set_new(j, "at", json_string(at));
	return j;
}

/* Every line of its checklist, by who does it. */
static enum err tick_lines(struct ctx *ctx, struct record **r)
{
	const struct field *f = type_field((*r)->type, "checklist");
	size_t what = 0;
	struct filter *may;
	bool nobody;
	if (f == NULL || f->kind != FIELD_TABLE)
		return ERR_OK;
	const struct record_lines *lines = &(*r)->lines[f->at];
	if (lines->n == 0)
		return ERR_OK;
	while (what + 1 < f->n_columns && strcmp(f->columns[what].name, "what") != 0)
		what++;
	TRY(access_filter(ctx, ctx->model->user, ACCESS_READ, &may, &nobody));
	json_t *fields = json_object_kept(ctx->arena), *list = json_array();
	json_object_set_new(fields, f->name, list);
	for (size_t i = 0; i < lines->n; i++)
		json_array_append_new(list, line_ticked(ctx, &lines->list[i], what, nobody ? 0 : ctx->who->id));
	return flow_change(ctx, (*r)->type, (*r)->id, (*r)->version, fields, r);
}

/* Its owner; of a pool the first of the team. */
static enum err doer_of(struct ctx *ctx, const struct record *r, bool *ret_somebody)
{
	struct people p = {0};
	struct who *who;
	int64_t id = record_int(r, "owner");
	if (id == 0)
		TRY(people_of_team(ctx, record_int(r, "team"), &p));
	if (p.n > 0)
		id = p.ids[0];
	*ret_somebody = id != 0;
	if (id != 0) {
		TRY(who_load(ctx, id, &who));
		ctx->who = who;
	}
	return ERR_OK;
}

/* Who did it has read that it came. */
static enum err told_read(struct ctx *ctx, int64_t record)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update notice set read_at = :now where record = :record and read_at is null");
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "record", record);
	return sql_run(ctx, &q, NULL);
}

static enum err tick_one(struct ctx *ctx, const struct yaml_node *step, const struct type *t, int64_t id)
{
	struct record *r;
	bool somebody;
	ctx->who = &who_system;
	TRY(record_load(ctx, t, id, &r));
	TRY(doer_of(ctx, r, &somebody));
	if (!somebody)
		return ERR_OK;
	TRY(tick_lines(ctx, &r));
	TRY(flow_do(ctx, t, id, r->version, yaml_text(yaml_get(step, "do")), json_object_kept(ctx->arena), &r));
	return told_read(ctx, id);
}

/* {tick: duty_task, where: FILTER, do: finish}: each that is found, by its owner, with every line of its checklist.
 * None is no fault: the day may be off. */
enum err story_tick(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "tick")), *next,
	           *text = story_filter(s, ctx, yaml_get(step, "where"));
	struct list_query q = {.type = name ? model_type(ctx->model, name) : NULL, .limit = TICKED_MAX};
	struct filter_fault fault;
	int64_t *ids = ARENA_ARRAY(ctx->arena, TICKED_MAX, int64_t);
	size_t n = TICKED_MAX;
	if (q.type == NULL || text == NULL || yaml_text(yaml_get(step, "do")) == NULL)
		return story_fault(s, step, "tick: TYPE, where: FILTER, do: TRANSITION");
	ctx->who = &who_system;
	if (filter_parse(ctx->arena, ctx->model, q.type, text, strlen(text), &q.where, &fault) != ERR_OK)
		return story_fault(s, step, "where: %s", fault.message);
	TRY(list_ids(ctx, &q, ids, &n, &next));
	for (size_t i = 0; i < n; i++) {
		enum err e = tick_one(ctx, step, q.type, ids[i]);
		/* What he whose it is may not do stays as it is. */
		if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_FORBIDDEN)
			return e;
	}
	return ERR_OK;
}

/* {read: [lead, agent]}: they have read what they were told until now. */
enum err story_read_notices(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const struct yaml_node *list = yaml_get(step, "read");
	for (size_t i = 0; list->kind == YAML_LIST && i < list->n; i++) {
		struct sql q;
		const struct handle *h = story_handle(s, list->items[i]->text);
		if (h == NULL)
			return story_fault(s, step, "there is no %s", list->items[i]->text);
		sql_init(&q, ctx->arena);
		SQL(&q, "update notice set read_at = :now where user_id = :user and read_at is null");
		sql_int(&q, "now", ctx->now_ms);
		sql_int(&q, "user", h->id);
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

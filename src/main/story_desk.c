/* story_desk.c: steps of a lead in stories: many records at once, an absent colleague, taking it back; and the bench.
 */
#include <string.h>

#include "base/ids.h"
#include "flow/flow.h"
#include "main/story.h"
#include "store/store.h"

enum { ANSWER_BYTES_MAX = 1 << 20, COVER_SLICE = 500 };

static enum err answer_tree(struct ctx *ctx, const struct buf *b, json_t **ret)
{
	return json_parse(ctx, b->data, b->len, ret);
}

static void name_run(struct story *s, const struct yaml_node *step, int64_t run)
{
	const char *name = yaml_text(yaml_get(step, "name"));
	if (name != NULL)
		story_name(s, name, "bulk_run", run);
}

/* {bulk: [$a, $b], do: assign, fields: {…}, failed: 1, name: run} */
enum err story_bulk(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const struct yaml_node *list = yaml_get(step, "bulk");
	const char *type = NULL;
	struct buf b;
	struct json_out out;
	json_t *fields, *answer;
	int64_t *ids = ARENA_ARRAY(ctx->arena, list->n + 1, int64_t), run, failed = 0;
	for (size_t i = 0; i < list->n; i++) {
		const struct handle *h = story_handle(s, list->items[i]->text);
		if (h == NULL)
			return story_fault(s, step, "there is no %s", list->items[i]->text);
		ids[i] = h->id;
		type = h->type;
	}
	const struct type *t = type ? model_type(ctx->model, type) : NULL;
	if (t == NULL)
		return story_fault(s, step, "bulk: a list of handles");
	TRY(story_fields(ctx, s, step, "fields", &fields));
	buf_init(&b, ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(flow_bulk(ctx, t, ids, list->n, yaml_text(yaml_get(step, "do")), fields, &out));
	TRY(answer_tree(ctx, &b, &answer));
	if (yaml_get(step, "failed") != NULL)
		yaml_int(yaml_get(step, "failed"), &failed);
	size_t found = json_array_size(json_object_get(answer, "failed"));
	if (found != (size_t)failed)
		return story_fault(s, step, "%zu failed, not %d: %s", found, (int)failed, b.data);
	const char *text = json_string_value(json_object_get(answer, "run"));
	if (text != NULL && id_parse(text, &run))
		name_run(s, step, run);
	return ERR_OK;
}

/* {undo: $run, failed: 0} */
enum err story_undo(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "undo"));
	const struct handle *h = name ? story_handle(s, name) : NULL;
	struct buf b;
	struct json_out out;
	json_t *answer;
	int64_t failed = 0;
	if (h == NULL)
		return story_fault(s, step, "there is no %s", name ? name : "run");
	buf_init(&b, ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(flow_bulk_undo(ctx, h->id, &out));
	TRY(answer_tree(ctx, &b, &answer));
	if (yaml_get(step, "failed") != NULL)
		yaml_int(yaml_get(step, "failed"), &failed);
	size_t found = json_array_size(json_object_get(answer, "failed"));
	return found == (size_t)failed ? ERR_OK : story_fault(s, step, "%zu failed: %s", found, b.data);
}

/* {cover: $zhangwei, to: $agent, reason: 病假, name: run} */
enum err story_cover(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *from = yaml_text(yaml_get(step, "cover")), *to = yaml_text(yaml_get(step, "to"));
	const struct handle *a = from ? story_handle(s, from) : NULL, *b = to ? story_handle(s, to) : NULL;
	int64_t run = 0;
	size_t moved, left;
	if (a == NULL || b == NULL)
		return story_fault(s, step, "cover: $FROM, to: $TO");
	TRY(flow_cover(ctx, a->id, b->id, yaml_text(yaml_get(step, "reason")), COVER_SLICE, &run, &moved, &left));
	name_run(s, step, run);
	return left == 0 ? ERR_OK : story_fault(s, step, "%zu are left", left);
}

/* {bench: overdue, has: $t} or {bench: overdue, lacks: $t}: the group of the workbench. Inside store_read. */
enum err story_bench(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *key = yaml_text(yaml_get(step, "bench"));
	const char *has = yaml_text(yaml_get(step, "has")), *lacks = yaml_text(yaml_get(step, "lacks"));
	const struct handle *h = has || lacks ? story_handle(s, has ? has : lacks) : NULL;
	struct buf b;
	struct json_out out;
	json_t *answer;
	size_t i, k;
	const json_t *group, *row;
	bool found = false;
	if (h == NULL)
		return story_fault(s, step, "bench: GROUP, has: $HANDLE");
	TRY(story_who(ctx, s, step));
	buf_init(&b, ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(work_write_json(ctx, &out));
	TRY(answer_tree(ctx, &b, &answer));
	const char *id = arena_printf(ctx->arena, "%lld", (long long)h->id);
	json_array_foreach(json_object_get(answer, "groups"), i, group)
	{
		if (strcmp(json_string_value(json_object_get(group, "key")), key) != 0)
			continue;
		json_array_foreach(json_object_get(group, "rows"), k, row) found |=
		        strcmp(json_string_value(json_object_get(row, "id")), id) == 0;
	}
	return found == (has != NULL)
	               ? ERR_OK
	               : story_fault(s, step, "%s is %s group %s", has ? has : lacks, found ? "in" : "not in", key);
}

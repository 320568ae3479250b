/* story_desk.c: steps of a lead in stories: many records at once, an absent colleague, taking it back; and the bench.
 */
#include <sodium.h>
#include <string.h>

#include "base/ids.h"
#include "flow/flow.h"
#include "flow/macro.h"
#include "main/story.h"
#include "model/who.h"
#include "store/store.h"

enum { ANSWER_BYTES_MAX = 1 << 20, SLICE = 500, PAPER_DIGEST_BYTES = 32 };

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

/* All slices of a run, in the step's transaction, and what came of it. */
static enum err run_whole(struct ctx *ctx, int64_t run, json_t **ret_answer, const char **ret_text)
{
	struct buf b;
	struct json_out out;
	size_t left;
	do
		TRY(flow_run_go(ctx, run, SLICE, &left));
	while (left > 0);
	buf_init(&b, ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(flow_run_write_json(ctx, run, &out));
	*ret_text = b.data;
	return answer_tree(ctx, &b, ret_answer);
}

/* {bulk: [$a, $b], do: assign, fields: {…}, failed: 1, name: run} */
enum err story_bulk(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const struct yaml_node *list = yaml_get(step, "bulk");
	const char *type = NULL, *text;
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
	TRY(flow_bulk_begin(ctx, t, ids, list->n, yaml_text(yaml_get(step, "do")), fields, &run));
	TRY(run_whole(ctx, run, &answer, &text));
	if (yaml_get(step, "failed") != NULL)
		yaml_int(yaml_get(step, "failed"), &failed);
	size_t found = json_array_size(json_object_get(answer, "failed"));
	if (found != (size_t)failed)
		return story_fault(s, step, "%zu failed, not %d: %s", found, (int)failed, text);
	name_run(s, step, run);
	return ERR_OK;
}

/* {undo: $run, failed: 0} */
enum err story_undo(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "undo"));
	const struct handle *h = name ? story_handle(s, name) : NULL;
	const char *text;
	json_t *answer;
	int64_t failed = 0;
	if (h == NULL)
		return story_fault(s, step, "there is no %s", name ? name : "run");
	TRY(flow_undo_begin(ctx, h->id));
	TRY(run_whole(ctx, h->id, &answer, &text));
	if (yaml_get(step, "failed") != NULL)
		yaml_int(yaml_get(step, "failed"), &failed);
	size_t found = json_array_size(json_object_get(answer, "failed"));
	return found == (size_t)failed ? ERR_OK : story_fault(s, step, "%zu failed: %s", found, text);
}

/* {cover: $zhangwei, to: $agent, reason: 病假, name: run} */
enum err story_cover(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *from = yaml_text(yaml_get(step, "cover")), *to = yaml_text(yaml_get(step, "to"));
	const struct handle *a = from ? story_handle(s, from) : NULL, *b = to ? story_handle(s, to) : NULL;
	int64_t run = 0;
	const char *text;
	json_t *answer;
	if (a == NULL || b == NULL)
		return story_fault(s, step, "cover: $FROM, to: $TO");
	TRY(flow_cover_begin(ctx, a->id, b->id, yaml_text(yaml_get(step, "reason")), &run));
	name_run(s, step, run);
	return run_whole(ctx, run, &answer, &text);
}

enum err story_macro(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "macro")), *on = yaml_text(yaml_get(step, "on"));
	const struct handle *m = name ? story_handle(s, name) : NULL, *h = on ? story_handle(s, on) : NULL;
	struct macro_use use = {.reply = yaml_text(yaml_get(step, "reply"))};
	struct record *r;
	json_t *fields;
	if (m == NULL || h == NULL)
		return story_fault(s, step, "macro: $MACRO, on: $RECORD");
	use.type = model_type(ctx->model, h->type);
	use.id = h->id;
	use.macro = m->id;
	TRY(story_fields(ctx, s, step, "fields", &fields));
	use.fields = fields;
	TRY(record_load(ctx, use.type, use.id, &r));
	use.version = r->version;
	return macro_do(ctx, &use);
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

/* ---- papers -------------------------------------------------------------------------------------------- */

/* {file: handle, named: 营业执照.pdf}: a paper somebody has uploaded, for fields of files. It has a row and no bytes:
 * for scenarios, whose organisation is gone when they end. */
enum err story_file(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *handle = yaml_text(yaml_get(step, "file")), *name = yaml_text(yaml_get(step, "named"));
	unsigned char digest[PAPER_DIGEST_BYTES];
	char hex[2 * PAPER_DIGEST_BYTES + 1];
	struct sql q;
	if (handle == NULL || name == NULL)
		return story_fault(s, step, "a file has a handle and is `named:`");
	int64_t id = ids_next(ctx->ids, ctx->now_ms);
	crypto_generichash(digest, sizeof(digest), (const unsigned char *)name, strlen(name), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into file (id, digest, size, mime, name, created_at, created_by, internal) "
	        "values (:id, :digest, 0, 'application/pdf', :name, :now, :who, 1)");
	sql_int(&q, "id", id);
	sql_text(&q, "digest", hex);
	sql_text(&q, "name", name);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "who", ctx->who->id);
	TRY(sql_run(ctx, &q, NULL));
	story_name(s, handle, "file", id);
	return ERR_OK;
}

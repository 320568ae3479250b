/* split.c: one matter becomes several, in one transaction. */
#include "flow/split.h"

#include <string.h>

#include "base/ids.h"
#include "flow/approval.h"
#include "flow/bulk.h"
#include "flow/relate.h"

enum { MOVED_MAX = 100 };

struct part {
	struct record *made;
	struct record *moved[MOVED_MAX];
	size_t n_moved, n_comments;
};

struct split {
	struct record *from;
	struct part parts[SPLIT_PARTS_MAX];
	size_t n;
};

static enum err refuse(struct ctx *ctx, enum err e, const char *field, const char *code, const char *zh, const char *en)
{
	return ctx_problem(ctx, e, field, code, "%s", ctx->lang == LANG_EN ? en : zh);
}

/* ---- a part ---------------------------------------------------------------------------------------------- */

static bool fits(const struct field *to, const struct field *from, const struct value *v)
{
	if (from == NULL || from->kind != to->kind || from->target != to->target || value_is_empty(v))
		return false;
	return to->kind != FIELD_CHOICE || field_option(to, v->s, NULL) != NULL;
}

/* What the form could say: not what the program writes, not what belongs to one record alone. */
static bool is_common(const struct field *f)
{
	bool own = field_is_base(f) || f->kind == FIELD_TABLE || f->kind == FIELD_FILES || f->kind == FIELD_COMPUTED;
	return !own && !(f->flags & (FIELD_SYSTEM | FIELD_DERIVED | FIELD_UNIQUE)) && f != f->of->title &&
	       strcmp(f->name, "parent") != 0;
}

static const struct field *taken_from(const struct record *from, const struct field *f)
{
	const struct field *theirs = is_common(f) ? type_field(from->type, f->name) : NULL;
	return theirs != NULL && fits(f, theirs, &from->values[theirs->at]) ? theirs : NULL;
}

/* What is hidden from him in either of them stays where it is. */
static enum err common_take(struct ctx *ctx, struct record *made, const struct record *from)
{
	for (size_t i = 0; i < made->type->n_fields; i++) {
		const struct field *f = &made->type->fields[i], *theirs = taken_from(from, f);
		enum field_sight sight;
		if (theirs == NULL || access_field(ctx, f) == SIGHT_HIDDEN)
			continue;
		TRY(access_field_of(ctx, from, theirs, &sight));
		if (sight != SIGHT_HIDDEN)
			record_set(made, f, from->values[theirs->at]);
	}
	static const char *const chain[] = {"owner", "first_owner", "team"};
	for (int i = 0; i < 3; i++)
		record_put(made, chain[i], record_get(from, chain[i]));
	return ERR_OK;
}

/* Masked before him, it is not carried to where he would see it in the clear: asked when the part is complete. */
static enum err masked_leave(struct ctx *ctx, struct record *made, const struct record *from, const json_t *said)
{
	const json_t *fields = json_object_get(said, "fields");
	for (size_t i = 0; i < made->type->n_fields; i++) {
		const struct field *f = &made->type->fields[i], *theirs = taken_from(from, f);
		enum field_sight here, there;
		if (theirs == NULL || json_object_get(fields, f->name) != NULL)
			continue;
		TRY(access_field_of(ctx, from, theirs, &here));
		if (here != SIGHT_MASKED)
			continue;
		TRY(access_field_of(ctx, made, f, &there));
		if (there != SIGHT_MASKED)
			record_set(made, f, value_empty());
	}
	return ERR_OK;
}

static enum err fields_take(struct ctx *ctx, struct record *made, const json_t *part)
{
	const json_t *fields = json_object_get(part, "fields");
	const char *title = json_string_value(json_object_get(part, "title"));
	if (title != NULL && made->type->title != NULL)
		record_set(made, made->type->title, value_text(arena_strdup(ctx->arena, title)));
	if (fields == NULL)
		return ERR_OK;
	TRY(step_check_keys(ctx, made, fields));
	TRY(record_from_json(ctx, made, fields, NULL));
	return step_check_links(ctx, made, NULL);
}

static enum err part_make(struct ctx *ctx, struct split *s, const json_t *said, struct part *ret)
{
	const char *name = json_string_value(json_object_get(said, "type"));
	const struct type *t = name ? model_type(ctx->model, name) : s->from->type;
	int64_t link;
	if (t == NULL || !t->uses_work)
		return refuse(ctx, ERR_INVALID, "type", "unknown_type", "没有这种事项",
		              "there is no such type of matter");
	if (!access_may_create(ctx, t))
		return refuse(ctx, ERR_FORBIDDEN, "type", "forbidden", "您不能登记这类事项",
		              "your roles may not make one");
	ret->made = record_new(ctx->arena, t);
	TRY(record_apply_presets(ctx, ret->made));
	TRY(common_take(ctx, ret->made, s->from));
	TRY(fields_take(ctx, ret->made, said));
	TRY(record_open(ctx, ret->made, false));
	TRY(masked_leave(ctx, ret->made, s->from, said));
	struct step step = {0};
	TRY(step_insert(ctx, &step, ret->made, &(struct note){.kind = "created"}));
	return link_put(ctx, ret->made, "split_from", s->from, &link);
}

/* ---- what goes with it --------------------------------------------------------------------------------------- */

/* He sees it; and it is his to change, or he has made it or asked for it first, or the whole matter is his. */
static enum err may_go(struct ctx *ctx, const struct split *s, const struct record *r, const struct list_def *l)
{
	int64_t me = ctx->who->id;
	TRY(access_check(ctx, r, ACCESS_READ));
	if (record_int(s->from, "owner") == me || record_int(s->from, "first_owner") == me || r->created_by == me ||
	    record_int(r, "first_owner") == me)
		return ERR_OK;
	enum err e = access_check(ctx, r, ACCESS_WRITE);
	if (e != ERR_FORBIDDEN && e != ERR_NOT_FOUND)
		return e;
	ctx_forget(ctx);
	const char *number = record_text(r, "number");
	return ctx_problem(ctx, ERR_FORBIDDEN, l->name, "forbidden",
	                   ctx->lang == LANG_EN ? "%s %s is not yours to move" : "%s %s 不归您改，不能带走",
	                   label_in(&r->type->label, ctx->lang), number ? number : record_title(r));
}

static enum err record_go(struct ctx *ctx, const struct split *s, struct part *part, const struct list_def *l,
                          int64_t id)
{
	const struct field *parent = type_field(l->of, "parent");
	struct place by = {.type = l->of, .field = l->by}, up = {.type = l->of, .field = parent};
	struct step step = {0};
	struct record *r;
	enum err e = record_load(ctx, l->of, id, &r);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	bool here = e == ERR_OK && r->values[l->by->at].kind == VALUE_INT && r->values[l->by->at].i == s->from->id;
	if (!here || part->n_moved == MOVED_MAX)
		return refuse(ctx, ERR_INVALID, l->name, "not_found", "不属于这件事项",
		              "it does not belong to this matter");
	if (l->by->target != NULL && l->by->target != part->made->type)
		return refuse(ctx, ERR_INVALID, l->name, "wrong_type", "不能转到这类事项下",
		              "it can't belong to such a matter");
	TRY(may_go(ctx, s, r, l));
	struct record *before = record_copy(ctx, r);
	place_move(ctx, r, &by, s->from->id, part->made->id);
	if (parent != NULL && parent != l->by)
		place_move(ctx, r, &up, s->from->id, part->made->id);
	TRY(approvals_locked(ctx, r, before, NULL));
	part->moved[part->n_moved++] = r;
	return step_update(
	        ctx, &step, r, before,
	        &(struct note){.kind = "changed", .linked_type = part->made->type, .linked = part->made->id});
}

static bool list_take_out(struct ctx *ctx, struct record *r, const struct field *f, int64_t id)
{
	const struct value *old = &r->values[f->at];
	struct value v = {.kind = VALUE_LIST};
	if (old->kind != VALUE_LIST)
		return false;
	v.list = ARENA_ARRAY(ctx->arena, old->n + 1, struct value);
	for (size_t i = 0; i < old->n; i++)
		if (old->list[i].i != id)
			v.list[v.n++] = old->list[i];
	if (v.n == old->n)
		return false;
	record_set(r, f, v.n > 0 ? v : value_empty());
	return true;
}

/* From the field it lies in to the same field of the part. */
static enum err file_go(struct ctx *ctx, struct split *s, struct part *part, int64_t id)
{
	for (size_t i = 0; i < s->from->type->n_fields; i++) {
		const struct field *f = &s->from->type->fields[i], *to = type_field(part->made->type, f->name);
		if (f->kind != FIELD_FILES || to == NULL || to->kind != FIELD_FILES ||
		    !list_take_out(ctx, s->from, f, id))
			continue;
		struct value one = value_int(id), v = {.kind = VALUE_LIST, .list = &one, .n = 1};
		const struct value *had = &part->made->values[to->at];
		TRY(files_pass(ctx, s->from, part->made, f, &v));
		struct value all = {.kind = VALUE_LIST};
		size_t n = had->kind == VALUE_LIST ? had->n : 0;
		all.list = ARENA_ARRAY(ctx->arena, n + 1, struct value);
		if (n > 0)
			memcpy(all.list, had->list, n * sizeof(*all.list));
		all.list[n] = v.list[0];
		all.n = n + 1;
		record_set(part->made, to, all);
		return ERR_OK;
	}
	return refuse(ctx, ERR_INVALID, "files", "not_found", "不是这件事项的附件", "it is no file of this matter");
}

/* Ids out of a list; NULL and a problem where one is none. */
static int64_t *ids_read(struct ctx *ctx, const json_t *list, const char *key)
{
	size_t n = json_array_size(list);
	int64_t *ids = ARENA_ARRAY(ctx->arena, n + 1, int64_t);
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(list, i);
		if (json_is_string(one) && id_parse(json_string_value(one), &ids[i]))
			continue;
		refuse(ctx, ERR_INVALID, key, "wrong_type", "须是编号的列表", "a list of ids");
		return NULL;
	}
	return ids;
}

static enum err comments_go(struct ctx *ctx, struct split *s, struct part *part, const json_t *list)
{
	const int64_t *ids = ids_read(ctx, list, "comments");
	size_t n = json_array_size(list);
	if (ids == NULL)
		return ERR_INVALID;
	if (n > MOVED_MAX)
		return ctx_problem(ctx, ERR_INVALID, "comments", "too_many", "at most %d comments", MOVED_MAX);
	part->n_comments = n;
	return n > 0 ? comments_take(ctx, part->made, s->from, "comments", ids, n) : ERR_OK;
}

static enum err files_go(struct ctx *ctx, struct split *s, struct part *part, const json_t *ids)
{
	struct record *before = record_copy(ctx, part->made);
	struct step step = {0};
	const int64_t *list = ids_read(ctx, ids, "files");
	if (list == NULL)
		return ERR_INVALID;
	for (size_t i = 0; i < json_array_size(ids); i++)
		TRY(file_go(ctx, s, part, list[i]));
	return step_update(ctx, &step, part->made, before, &(struct note){.kind = "changed", .settled = true});
}

static enum err part_fill(struct ctx *ctx, struct split *s, struct part *part, const json_t *move)
{
	const char *key;
	json_t *ids;
	json_object_foreach((json_t *)move, key, ids)
	{
		const struct list_def *l = type_list(s->from->type, key);
		if (!json_is_array(ids))
			return refuse(ctx, ERR_INVALID, key, "wrong_type", "须是编号的列表", "a list of ids");
		if (strcmp(key, "files") == 0) {
			TRY(files_go(ctx, s, part, ids));
			continue;
		}
		if (strcmp(key, "comments") == 0) {
			TRY(comments_go(ctx, s, part, ids));
			continue;
		}
		if (l == NULL || l->by->kind != FIELD_LINK)
			return refuse(ctx, ERR_INVALID, key, "unknown_field", "没有这个列表", "there is no such list");
		const int64_t *list = ids_read(ctx, ids, key);
		if (list == NULL)
			return ERR_INVALID;
		for (size_t i = 0; i < json_array_size(ids); i++)
			TRY(record_go(ctx, s, part, l, list[i]));
	}
	return ERR_OK;
}

/* ---- all of it ------------------------------------------------------------------------------------------------ */

static enum err split_do(struct ctx *ctx, struct split *s, const json_t *parts)
{
	struct record *before = record_copy(ctx, s->from);
	struct step step = {0};
	size_t i;
	json_t *said;
	if (!json_is_array(parts) || json_array_size(parts) == 0 || json_array_size(parts) > SPLIT_PARTS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "parts", "required", "1 to %d parts", SPLIT_PARTS_MAX);
	json_array_foreach((json_t *)parts, i, said)
	{
		if (!json_is_object(said))
			return refuse(ctx, ERR_INVALID, "parts", "wrong_type", "须是拆分出的事项", "parts are objects");
		TRY(part_make(ctx, s, said, &s->parts[s->n]));
		TRY(part_fill(ctx, s, &s->parts[s->n], json_object_get(said, "move")));
		s->n++;
	}
	TRY(approvals_locked(ctx, s->from, before, NULL));
	return step_update(ctx, &step, s->from, before, &(struct note){.kind = "changed", .settled = true});
}

static bool is_over(const struct record *r)
{
	const char *stage = record_text(r, "stage");
	return stage != NULL && strcmp(stage, stage_name(STAGE_FINAL)) == 0;
}

bool split_offered(struct ctx *ctx, const struct record *r)
{
	return r->type->uses_work && access_may_create(ctx, r->type) && !is_over(r);
}

static enum err split_load(struct ctx *ctx, const struct type *t, int64_t id, struct split *s)
{
	if (!t->uses_work)
		return refuse(ctx, ERR_INVALID, "", "not_work", "这类记录不是事项，不能拆分", "only matters are split");
	TRY(record_load(ctx, t, id, &s->from));
	TRY(access_check(ctx, s->from, ACCESS_WRITE));
	TRY(record_alive(ctx, s->from));
	if (is_over(s->from))
		return refuse(ctx, ERR_CONFLICT, "", "wrong_state", "已经结束的事项不能拆分",
		              "what is over is not split");
	return ERR_OK;
}

static void text_member(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

static enum err parts_write(struct ctx *ctx, const struct split *s, bool preview, struct json_out *out)
{
	json_open(out, '[');
	for (size_t i = 0; i < s->n; i++) {
		const struct part *p = &s->parts[i];
		json_open(out, '{');
		if (!preview) {
			json_key(out, "id");
			json_id(out, p->made->id);
			text_member(out, "number", record_text(p->made, "number"));
		}
		text_member(out, "type", p->made->type->name);
		text_member(out, "title", record_title(p->made));
		if (preview) {
			json_key(out, "fields");
			TRY(record_write_json(ctx, out, p->made));
		}
		json_key(out, "moves");
		json_open(out, '[');
		for (size_t k = 0; k < p->n_moved; k++) {
			json_open(out, '{');
			json_key(out, "id");
			json_id(out, p->moved[k]->id);
			text_member(out, "type", p->moved[k]->type->name);
			text_member(out, "number", record_text(p->moved[k], "number"));
			json_close(out, '}');
		}
		json_close(out, ']');
		json_key(out, "comments");
		json_int(out, (int64_t)p->n_comments);
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}

/* Cut, it would be called done with half of it told: nothing is done then. */
static enum err answer_fits(struct ctx *ctx, const struct json_out *out)
{
	if (!out->buf->over)
		return ERR_OK;
	return refuse(
	        ctx, ERR_TOO_LARGE, "parts", "too_many", "拆分的结果太大，未做任何改动：请少拆几件，或缩短其中的长文本",
	        "the answer would be too large and nothing was done: split into fewer parts, or shorten long texts");
}

enum err flow_split(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const json_t *parts,
                    struct json_out *out)
{
	struct split *s = ARENA_NEW(ctx->arena, struct split);
	struct run run;
	TRY(split_load(ctx, t, id, s));
	if (version == 0)
		return ctx_problem(ctx, ERR_NEED_VERSION, "", "need_version", "say which version you have seen");
	if (version != s->from->version)
		return ERR_STALE;
	TRY(run_new(ctx, "split", &run));
	TRY(split_do(ctx, s, parts));
	run_put(run.body, "type", json_string(t->name));
	run_put(run.body, "over", json_true());
	for (size_t i = 0; i < s->n; i++)
		run_tell(run.body, "done", &(struct bulk_result){.id = s->parts[i].made->id});
	TRY(run_save(ctx, &run, true));
	json_open(out, '{');
	json_key(out, "run");
	json_id(out, run.id);
	json_key(out, "made");
	TRY(parts_write(ctx, s, false, out));
	json_close(out, '}');
	return answer_fits(ctx, out);
}

enum err flow_split_preview(struct ctx *ctx, const struct type *t, int64_t id, const json_t *parts,
                            struct json_out *out)
{
	struct split *s = ARENA_NEW(ctx->arena, struct split);
	TRY(split_load(ctx, t, id, s));
	struct store_point point;
	TRY(store_point(ctx, &point));
	TRY(split_do(ctx, s, parts));
	json_open(out, '{');
	json_key(out, "parts");
	TRY(parts_write(ctx, s, true, out));
	json_close(out, '}');
	TRY(answer_fits(ctx, out));
	return store_point_end(ctx, &point, true);
}

/*
 * merge.c: two records that are the same person or thing become one. `into` takes what it lacks of `from`, `from`
 * is marked as merged in the same transaction, so that nothing new can lead to it; then, slice by slice, what
 * leads to it is moved. A run like those of bulk actions: gone on with and taken back in the same way.
 */
#include <string.h>

#include "flow/approval.h"
#include "flow/bulk.h"
#include "model/same.h"

enum { COUNT_STOP = 1000 };

struct merge {
	const struct type *type;
	int64_t into, from;
	const struct place *place; /* of the record at hand */
};

static enum err refuse(struct ctx *ctx, enum err e, const char *field, const char *code, const char *zh, const char *en)
{
	return ctx_problem(ctx, e, field, code, "%s", ctx->lang == LANG_EN ? en : zh);
}

enum err record_alive(struct ctx *ctx, const struct record *r)
{
	return record_merged_into(r) == 0 ? ERR_OK
	                                  : refuse(ctx, ERR_CONFLICT, "", "merged", "已并入另一条记录，请在那里办理",
	                                           "it was merged into another record: work on that one");
}

/* ---- links to what was merged -------------------------------------------------------------------------- */

static enum err merged_of(struct ctx *ctx, const struct type *t, int64_t id, int64_t *ret_into)
{
	struct sql q;
	int64_t into = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_name(&q, t->merged->column);
	SQL(&q, " from ");
	sql_name(&q, t->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", id);
	enum err e = sql_one_int(ctx, &q, &into);
	*ret_into = e == ERR_OK ? into : 0;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool leads_on(const struct field *f)
{
	return f->target != NULL && f->target->merged != NULL;
}

static enum err lines_follow(struct ctx *ctx, struct record *r, const struct field *f)
{
	for (size_t c = 0; c < f->n_columns; c++) {
		struct place p = {.type = r->type, .field = f, .column = &f->columns[c]};
		if (f->columns[c].kind != FIELD_LINK || !leads_on(&f->columns[c]))
			continue;
		for (size_t i = 0; i < r->lines[f->at].n; i++) {
			const struct value v = r->lines[f->at].list[i].values[c];
			int64_t into = 0;
			if (v.kind == VALUE_INT)
				TRY(merged_of(ctx, f->columns[c].target, v.i, &into));
			if (into != 0)
				place_move(ctx, r, &p, v.i, into);
		}
	}
	return ERR_OK;
}

static enum err link_follow(struct ctx *ctx, struct record *r, const struct field *f)
{
	struct place p = {.type = r->type, .field = f};
	const struct value old = r->values[f->at];
	size_t n = f->kind == FIELD_LINK ? 1 : old.n;
	const struct value *list = f->kind == FIELD_LINK ? &old : old.list;
	for (size_t k = 0; k < n; k++) {
		int64_t into;
		TRY(merged_of(ctx, f->target, list[k].i, &into));
		if (into != 0)
			place_move(ctx, r, &p, list[k].i, into);
	}
	return ERR_OK;
}

enum err links_follow(struct ctx *ctx, struct record *r, const struct record *before)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		bool link = (f->kind == FIELD_LINK || f->kind == FIELD_LINKS) && leads_on(f) &&
		            !value_is_empty(&r->values[i]);
		if ((!link && f->kind != FIELD_TABLE) || (before != NULL && !record_differs(before, r, f)))
			continue;
		TRY(link ? link_follow(ctx, r, f) : lines_follow(ctx, r, f));
	}
	return ERR_OK;
}

/* ---- what becomes of each field -------------------------------------------------------------------------- */

enum fate { FATE_NONE, FATE_FILL, FATE_JOIN, FATE_KEEP };

static bool lists_differ(const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < b->n; i++) {
		bool there = false;
		for (size_t k = 0; a->kind == VALUE_LIST && k < a->n; k++)
			there = there || a->list[k].i == b->list[i].i;
		if (!there)
			return true;
	}
	return false;
}

static enum fate fate_of(const struct record *into, const struct record *from, const struct field *f)
{
	const struct value *a = &into->values[f->at], *b = &from->values[f->at];
	if (field_is_base(f) || f->kind == FIELD_COMPUTED || (f->flags & FIELD_DERIVED))
		return FATE_NONE;
	if (f->kind == FIELD_TABLE)
		return from->lines[f->at].n > 0 && !(f->flags & FIELD_SYSTEM) ? FATE_JOIN : FATE_NONE;
	if (value_is_empty(b) || (f->kind == FIELD_LINK && b->i == into->id))
		return FATE_NONE;
	if (f->kind == FIELD_LINKS || f->kind == FIELD_FILES)
		return !lists_differ(a, b) ? FATE_NONE : f->flags & FIELD_SYSTEM ? FATE_KEEP : FATE_JOIN;
	/* A flag that is not set says "no" as often as nothing. */
	if (value_is_empty(a) || (f->kind == FIELD_FLAG && a->i == 0 && b->i != 0))
		return f->flags & (FIELD_SYSTEM | FIELD_UNIQUE) ? FATE_KEEP : FATE_FILL;
	return value_equal(a, b) ? FATE_NONE : FATE_KEEP;
}

static void lines_join(struct ctx *ctx, struct record *into, const struct record *from, const struct field *f)
{
	const struct record_lines *lines = &from->lines[f->at];
	for (size_t i = 0; i < lines->n; i++) {
		const struct record_lines *have = &into->lines[f->at];
		bool there = false;
		for (size_t k = 0; k < have->n && !there; k++) {
			there = true;
			for (size_t c = 0; c < f->n_columns && there; c++)
				there = value_equal(&have->list[k].values[c], &lines->list[i].values[c]);
		}
		if (there)
			continue;
		struct record_line *line = record_line_add(ctx->arena, into, f);
		memcpy(line->values, lines->list[i].values, f->n_columns * sizeof(struct value));
	}
}

static void lists_join(struct ctx *ctx, struct record *into, const struct field *f, const struct value *add)
{
	const struct value *a = &into->values[f->at];
	struct value v = {.kind = VALUE_LIST};
	v.list = ARENA_ARRAY(ctx->arena, (a->kind == VALUE_LIST ? a->n : 0) + add->n + 1, struct value);
	for (size_t i = 0; a->kind == VALUE_LIST && i < a->n; i++)
		v.list[v.n++] = a->list[i];
	for (size_t i = 0; i < add->n; i++) {
		bool there = add->list[i].i == into->id;
		for (size_t k = 0; k < v.n; k++)
			there = there || v.list[k].i == add->list[i].i;
		if (!there)
			v.list[v.n++] = add->list[i];
	}
	record_set(into, f, v);
}

static enum err fits(struct ctx *ctx, const struct record *r, const struct field *f)
{
	size_t n = f->kind == FIELD_TABLE ? r->lines[f->at].n : r->values[f->at].n;
	size_t most = f->kind == FIELD_TABLE   ? LIMIT_TABLE_ROWS
	              : f->kind == FIELD_FILES ? LIMIT_FILES_PER_FIELD
	                                       : LIMIT_LINKS;
	if (n <= most)
		return ERR_OK;
	return ctx_problem(ctx, ERR_CONFLICT, f->name, "too_many",
	                   ctx->lang == LANG_EN ? "together that are %zu, at most %zu" : "合并后有 %zu 项，最多 %zu 项",
	                   n, most);
}

static enum err field_take(struct ctx *ctx, struct record *into, const struct record *from, const struct field *f,
                           enum fate fate)
{
	struct value v = from->values[f->at];
	if (fate == FATE_FILL)
		record_set(into, f, v);
	if (fate != FATE_JOIN)
		return ERR_OK;
	if (f->kind == FIELD_TABLE) {
		lines_join(ctx, into, from, f);
		return fits(ctx, into, f);
	}
	if (f->kind == FIELD_FILES)
		TRY(files_pass(ctx, from, into, f, &v));
	if (v.kind == VALUE_LIST)
		lists_join(ctx, into, f, &v);
	return fits(ctx, into, f);
}

/* ---- the beginning ------------------------------------------------------------------------------------------ */

static enum err both_load(struct ctx *ctx, const struct type *t, int64_t into, int64_t from, struct record **ret_into,
                          struct record **ret_from)
{
	const struct transition *tr = t->merged == NULL ? merge_transition(t) : NULL;
	bool allowed = who_can(ctx, "merge");
	if (t->merged == NULL && tr == NULL)
		return refuse(ctx, ERR_INVALID, "", "not_merged", "这类记录不能合并",
		              "records of this type can't be merged");
	if (into == from)
		return refuse(ctx, ERR_INVALID, "from", "same", "不能与自己合并", "a record is not merged with itself");
	TRY(record_load(ctx, t, into, ret_into));
	TRY(access_check(ctx, *ret_into, ACCESS_WRITE));
	enum err e = record_load(ctx, t, from, ret_from);
	if (e == ERR_OK)
		e = access_check(ctx, *ret_from, ACCESS_WRITE);
	if (e == ERR_NOT_FOUND)
		return refuse(ctx, ERR_INVALID, "from", "not_found", "没有这条记录", "there is no such record");
	TRY(e);
	/* Matters are merged by who may do it to the one that ends. */
	if (tr != NULL)
		TRY(transition_by(ctx, *ret_from, tr, &allowed));
	if (!allowed)
		return refuse(ctx, ERR_FORBIDDEN, "", "forbidden", "您没有合并记录的权限",
		              "your roles may not merge records");
	TRY(record_alive(ctx, *ret_into));
	return record_alive(ctx, *ret_from);
}

bool merge_offered(struct ctx *ctx, const struct type *t, const struct transition_offer *offers, size_t n)
{
	if (t->merged != NULL)
		return who_can(ctx, "merge");
	for (size_t i = 0; i < n; i++)
		if (offers[i].allowed && strcmp(offers[i].transition->name, "merge") == 0)
			return offers[i].transition == merge_transition(t);
	return false;
}

static enum err mark(struct ctx *ctx, const struct merge *m, struct record *from)
{
	struct record *before = record_copy(ctx, from);
	struct step s = {0};
	record_set(from, m->type->merged, value_int(m->into));
	return step_update(
	        ctx, &s, from, before,
	        &(struct note){.kind = "merged", .settled = true, .linked_type = m->type, .linked = m->into});
}

enum err merge_take(struct ctx *ctx, struct record *into, const struct record *from)
{
	struct record *before = record_copy(ctx, into);
	struct step s = {0};
	for (size_t i = 0; i < into->type->n_fields; i++) {
		const struct field *f = &into->type->fields[i];
		TRY(field_take(ctx, into, from, f, fate_of(into, from, f)));
	}
	TRY(approvals_locked(ctx, into, before, NULL));
	TRY(step_update(
	        ctx, &s, into, before,
	        &(struct note){.kind = "merged", .settled = true, .linked_type = from->type, .linked = from->id}));
	return comments_take(ctx, into, from, "from", NULL, 0);
}

enum err flow_merge_begin(struct ctx *ctx, const struct type *t, int64_t into, int64_t version, int64_t from,
                          const char *reason, int64_t *ret_run)
{
	struct merge m = {.type = t, .into = into, .from = from};
	struct record *a, *b;
	struct run run;
	TRY(both_load(ctx, t, into, from, &a, &b));
	if (version == 0)
		return ctx_problem(ctx, ERR_NEED_VERSION, "", "need_version", "say which version you have seen");
	if (version != a->version)
		return ERR_STALE;
	TRY(run_new(ctx, "merge", &run));
	run_put(run.body, "type", json_string(t->name));
	run_put(run.body, "into", json_integer(into));
	run_put(run.body, "from", json_integer(from));
	if (t->merged == NULL) {
		TRY(merge_work(ctx, a, b, reason, &run));
	} else {
		TRY(merge_take(ctx, a, b));
		TRY(mark(ctx, &m, b));
		/* Whoever asked for it may be cut off: then it goes on by itself. */
		TRY(run_on_later(ctx, &run));
	}
	TRY(run_save(ctx, &run, true));
	*ret_run = run.id;
	return ERR_OK;
}

/* ---- what leads to it ----------------------------------------------------------------------------------------- */

static enum err move_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct merge *m = arg;
	struct record *r;
	TRY(record_load(ctx, m->place->type, id, &r));
	struct record *before = record_copy(ctx, r);
	struct step s = {0};
	place_move(ctx, r, m->place, m->from, m->into);
	return step_update(
	        ctx, &s, r, before,
	        &(struct note){.kind = "merged", .settled = true, .linked_type = m->type, .linked = m->into});
}

static bool has_failed(const struct run *run, int64_t id)
{
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(run->body, "failed"), i, one)
	{
		if (json_integer_value(json_array_get(one, 0)) == id)
			return true;
	}
	return false;
}

/* Of one place; what failed once is not tried again. */
static enum err place_slice(struct ctx *ctx, struct run *run, struct merge *m, size_t limit, size_t *ret_n)
{
	int64_t after = 0, *ids = ARENA_ARRAY(ctx->arena, limit + 1, int64_t);
	size_t moved = 0, n = limit;
	while (moved < limit && n == limit) {
		TRY(place_ids(ctx, m->place, m->from, after, limit, ids, &n));
		for (size_t i = 0; i < n && moved < limit; i++) {
			struct bulk_result result;
			after = ids[i];
			if (has_failed(run, ids[i]))
				continue;
			TRY(bulk_each(ctx, move_one, m, ids[i], &result));
			run_tell(run->body, "done", &result);
			moved++;
		}
	}
	*ret_n = moved;
	return ERR_OK;
}

enum err merge_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	const char *type = json_string_value(json_object_get(run->body, "type"));
	struct merge m = {.type = type ? model_type(ctx->model, type) : NULL,
	                  .into = run_int(run->body, "into"),
	                  .from = run_int(run->body, "from")};
	struct place *places;
	size_t done = 0;
	if (m.type != NULL && m.type->merged != NULL && !who_can(ctx, "merge"))
		return ERR_FORBIDDEN;
	size_t n = m.type ? places_to(ctx, m.type, &places) : 0;
	for (size_t i = 0; i < n && done < limit; i++) {
		size_t moved;
		m.place = &places[i];
		TRY(place_slice(ctx, run, &m, limit - done, &moved));
		done += moved;
	}
	if (done < limit)
		run_put(run->body, "over", json_true());
	*ret_left = done < limit ? 0 : 1;
	return run_save(ctx, run, true);
}

/* ---- the preview -------------------------------------------------------------------------------------------- */

static void fates_write(struct ctx *ctx, const char *key, enum fate wanted, const struct record *into,
                        const struct record *from, struct json_out *out)
{
	json_key(out, key);
	json_open(out, '[');
	for (size_t i = 0; i < into->type->n_fields; i++) {
		const struct field *f = &into->type->fields[i];
		if (f != into->type->merged && fate_of(into, from, f) == wanted && access_field(ctx, f) != SIGHT_HIDDEN)
			json_text(out, f->name);
	}
	json_close(out, ']');
}

/* What he may not know of at all is moved, but not told. */
static enum err place_write(struct ctx *ctx, const struct place *p, int64_t from, struct json_out *out)
{
	int64_t *ids = ARENA_ARRAY(ctx->arena, COUNT_STOP + 1, int64_t);
	struct filter *f;
	bool none;
	size_t n;
	TRY(access_filter(ctx, p->type, ACCESS_READ, &f, &none));
	if (none || access_field(ctx, p->field) == SIGHT_HIDDEN)
		return ERR_OK;
	TRY(place_ids(ctx, p, from, 0, COUNT_STOP, ids, &n));
	if (n == 0)
		return ERR_OK;
	json_open(out, '{');
	json_key(out, "type");
	json_text(out, p->type->name);
	json_key(out, "field");
	json_text(out, p->column ? arena_printf(ctx->arena, "%s.%s", p->field->name, p->column->name) : p->field->name);
	json_key(out, "n");
	json_int(out, n == COUNT_STOP ? COUNT_STOP - 1 : (int64_t)n);
	json_key(out, "more");
	json_bool(out, n == COUNT_STOP);
	json_close(out, '}');
	return ERR_OK;
}

enum err flow_merge_preview_json(struct ctx *ctx, const struct type *t, int64_t into, int64_t from,
                                 struct json_out *out)
{
	const struct transition *tr = t->merged == NULL ? merge_transition(t) : NULL;
	struct record *a, *b;
	struct place *places;
	TRY(both_load(ctx, t, into, from, &a, &b));
	/* A matter that can't end so now: better said here than when it is done. */
	if (tr != NULL)
		TRY(transition_may(ctx, b, tr));
	json_open(out, '{');
	json_key(out, "into");
	json_id(out, into);
	json_key(out, "version");
	json_int(out, a->version);
	json_key(out, "from");
	json_id(out, from);
	fates_write(ctx, "fills", FATE_FILL, a, b, out);
	fates_write(ctx, "joins", FATE_JOIN, a, b, out);
	fates_write(ctx, "keeps", FATE_KEEP, a, b, out);
	json_key(out, "links");
	json_open(out, '[');
	size_t n = places_to(ctx, t, &places);
	for (size_t i = 0; i < n; i++)
		TRY(place_write(ctx, &places[i], from, out));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

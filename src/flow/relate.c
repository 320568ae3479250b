/* relate.c: links between matters, and what is blocked by them. */
#include "flow/relate.h"

#include <string.h>

#include "base/ids.h"
#include "model/same.h"

enum { WAY_MAX = 200, WORDS_BYTES = 2000, NAMED_MAX = 5 };

static enum err refuse(struct ctx *ctx, enum err e, const char *field, const char *code, const char *zh, const char *en)
{
	return ctx_problem(ctx, e, field, code, "%s", ctx->lang == LANG_EN ? en : zh);
}

/* ---- going round --------------------------------------------------------------------------------------- */

struct way { /* all that is blocked by the first, and by which */
	int64_t ids[WAY_MAX];
	int from[WAY_MAX];
	int n;
};

static enum err way_on(struct ctx *ctx, struct way *w, int at)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select other from work_link where kind = 'blocks' and record = :id order by id");
	sql_int(&q, "id", w->ids[at]);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		bool there = false;
		for (int i = 0; i < w->n; i++)
			there = there || w->ids[i] == rows_int(rows, 0);
		if (there || w->n == WAY_MAX)
			continue;
		w->from[w->n] = at;
		w->ids[w->n++] = rows_int(rows, 0);
	}
	return rows_done(rows);
}

static enum err number_of(struct ctx *ctx, int64_t id, const char **ret_number)
{
	struct sql q;
	*ret_number = "?";
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(number, '?') from work where id = :id");
	sql_int(&q, "id", id);
	enum err e = sql_one_text(ctx, &q, ret_number);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* GD-1 → GD-2 → GD-1 */
static enum err way_refuse(struct ctx *ctx, const struct way *w, int end)
{
	int steps[WAY_MAX], n = 0;
	struct buf b;
	buf_init(&b, ctx->arena, WORDS_BYTES);
	for (int at = end; at >= 0 && n < WAY_MAX; at = w->from[at])
		steps[n++] = at;
	const char *number;
	TRY(number_of(ctx, w->ids[end], &number));
	buf_str(&b, number);
	for (int i = n - 1; i >= 0; i--) {
		TRY(number_of(ctx, w->ids[steps[i]], &number));
		buf_str(&b, " → ");
		buf_str(&b, number);
	}
	return ctx_problem(ctx, ERR_INVALID, "other", "circular",
	                   ctx->lang == LANG_EN ? "they would block each other: %s" : "会互相阻塞，绕成一圈：%s",
	                   b.over ? "…" : b.data);
}

/* a would block b: nothing that b blocks may lead to a. */
static enum err way_check(struct ctx *ctx, int64_t a, int64_t b)
{
	struct way *w = ARENA_NEW(ctx->arena, struct way);
	w->ids[0] = b;
	w->from[0] = -1;
	w->n = 1;
	for (int at = 0; at < w->n; at++) {
		if (w->ids[at] == a || w->n == WAY_MAX)
			return way_refuse(ctx, w, at);
		TRY(way_on(ctx, w, at));
	}
	return ERR_OK;
}

/* ---- blocked --------------------------------------------------------------------------------------------- */

bool is_blocked(const struct record *r)
{
	return record_int(r, "blocked") != 0;
}

static enum err blockers(struct ctx *ctx, int64_t id, const char **ret_words, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	struct buf b;
	size_t n = 0;
	buf_init(&b, ctx->arena, WORDS_BYTES);
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(w.number, '') from work_link l join work w on w.id = l.record where l.other = :id and "
	        "l.kind = 'blocks' and w.stage in ('open', 'paused') order by l.id limit 20");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (n++ < NAMED_MAX) {
			buf_str(&b, n > 1 ? "、" : "");
			buf_str(&b, rows_text(rows, 0, NULL));
		}
	}
	*ret_words = b.data ? b.data : "";
	*ret_n = n;
	return rows_done(rows);
}

enum err blocked_words(struct ctx *ctx, const struct record *r, const char **ret_words)
{
	const char *list;
	size_t n;
	TRY(blockers(ctx, r->id, &list, &n));
	*ret_words = arena_printf(
	        ctx->arena, ctx->lang == LANG_EN ? "blocked by %s, which is not done" : "被 %s 阻塞，须先办完", list);
	return ERR_OK;
}

/* Sets it as it is now; true if it is another than it was. */
static enum err blocked_set(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	const struct field *f = type_field(r->type, "blocked");
	const char *list;
	size_t n;
	*ret_changed = false;
	if (f == NULL || !(f->flags & FIELD_DERIVED))
		return ERR_OK;
	TRY(blockers(ctx, r->id, &list, &n));
	if ((n > 0) == is_blocked(r))
		return ERR_OK;
	record_set(r, f, n > 0 ? value_int(1) : value_empty());
	*ret_changed = true;
	return ERR_OK;
}

static enum err blocked_follow(struct ctx *ctx, int64_t id)
{
	static const struct label freed = {"不再被阻塞，可以继续办理", "nothing blocks it any more"};
	const struct type *t;
	struct record *r;
	bool changed;
	enum err e = record_type_of(ctx, id, &t);
	if (e == ERR_OK)
		e = record_load(ctx, t, id, &r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(blocked_set(ctx, r, &changed));
	if (!changed)
		return ERR_OK;
	TRY(record_write_derived(ctx, r));
	if (is_blocked(r))
		return ERR_OK;
	struct people p = {0};
	people_add(ctx, &p, record_int(r, "accountable"));
	return people_tell(ctx, &p, "unblocked", r, &freed);
}

/* ---- a link ------------------------------------------------------------------------------------------------ */

static enum err link_note(struct ctx *ctx, const struct record *on, const struct record *to, const char *event,
                          const char *link)
{
	json_t *said = json_pack("{ss}", "link", link);
	if (said == NULL)
		abort();
	enum err e = step_note(
	        ctx, on,
	        &(struct note){
	                .kind = event, .internal = true, .linked_type = to->type, .linked = to->id, .extra = said});
	json_decref(said);
	return e;
}

/* How the other side says it. */
static const char *other_side(const char *kind)
{
	return strcmp(kind, "blocks") == 0 ? "blocked_by" : strcmp(kind, "split_from") == 0 ? "split_into" : kind;
}

static enum err link_insert(struct ctx *ctx, const struct record *a, const char *kind, const struct record *b,
                            int64_t *ret_link)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into work_link (id, kind, record, type, other, other_type, at, actor) values (:id, :kind, "
	        ":record, :type, :other, :other_type, :at, :actor) on conflict (record, other, kind) do nothing");
	*ret_link = ids_next(ctx->ids, ctx->now_ms);
	sql_int(&q, "id", *ret_link);
	sql_text(&q, "kind", kind);
	sql_int(&q, "record", a->id);
	sql_text(&q, "type", a->type->name);
	sql_int(&q, "other", b->id);
	sql_text(&q, "other_type", b->type->name);
	sql_int(&q, "at", ctx->now_ms);
	sql_int_or_null(&q, "actor", ctx->who ? ctx->who->id : 0);
	TRY(sql_run(ctx, &q, &n));
	if (n == 0) {
		*ret_link = 0;
		return ERR_OK;
	}
	TRY(link_note(ctx, a, b, "linked", kind));
	TRY(link_note(ctx, b, a, "linked", other_side(kind)));
	return strcmp(kind, "blocks") == 0 ? blocked_follow(ctx, b->id) : ERR_OK;
}

enum err link_put(struct ctx *ctx, const struct record *a, const char *kind, const struct record *b, int64_t *ret_link)
{
	return link_insert(ctx, a, kind, b, ret_link);
}

static enum err other_load(struct ctx *ctx, int64_t id, struct record **ret_record)
{
	const struct type *t;
	enum err e = record_type_of(ctx, id, &t);
	if (e == ERR_OK)
		e = record_load(ctx, t, id, ret_record);
	if (e == ERR_OK)
		e = access_check(ctx, *ret_record, ACCESS_READ);
	if (e == ERR_NOT_FOUND)
		return refuse(ctx, ERR_INVALID, "other", "not_found", "没有这件事项", "there is no such matter");
	return e;
}

static bool is_symmetric(const char *kind)
{
	return strcmp(kind, "related") == 0 || strcmp(kind, "duplicate") == 0;
}

enum err flow_link_add(struct ctx *ctx, const struct type *t, int64_t id, const char *kind, int64_t other,
                       int64_t *ret_link)
{
	struct record *r, *o;
	bool blocked_by = strcmp(kind, "blocked_by") == 0, blocks = blocked_by || strcmp(kind, "blocks") == 0;
	if (!t->uses_work)
		return refuse(ctx, ERR_INVALID, "", "not_work", "这类记录不是事项，不能关联",
		              "only matters are linked");
	if (!blocks && !is_symmetric(kind))
		return refuse(ctx, ERR_INVALID, "kind", "bad_option",
		              "关联种类须是 blocks、blocked_by、related 或 duplicate",
		              "blocks, blocked_by, related or duplicate");
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	TRY(other_load(ctx, other, &o));
	if (id == other)
		return refuse(ctx, ERR_INVALID, "other", "same", "不能与自己关联",
		              "a matter is not linked with itself");
	/* Who holds something up by a link must be one who works on what is held up. */
	TRY(access_check(ctx, blocks && !blocked_by ? o : r, ACCESS_WRITE));
	TRY(record_alive(ctx, r));
	TRY(record_alive(ctx, o));
	if (blocks)
		TRY(way_check(ctx, blocked_by ? other : id, blocked_by ? id : other));
	/* The same from either side is one link. */
	bool turn = blocked_by || (is_symmetric(kind) && other < id);
	TRY(link_insert(ctx, turn ? o : r, blocks ? "blocks" : kind, turn ? r : o, ret_link));
	return *ret_link != 0
	               ? ERR_OK
	               : refuse(ctx, ERR_CONFLICT, "other", "linked", "已经这样关联了", "they are linked so already");
}

struct link_row {
	int64_t record, other;
	const char *kind;
};

static enum err link_load(struct ctx *ctx, int64_t link, int64_t record, struct link_row *ret)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select record, other, kind from work_link where id = :id and (:record = 0 or record = :record or "
	        "other = :record)");
	sql_int(&q, "id", link);
	sql_int(&q, "record", record);
	TRY(sql_rows(ctx, &q, &rows));
	bool there = rows_next(rows);
	if (there)
		*ret = (struct link_row){rows_int(rows, 0), rows_int(rows, 1),
		                         arena_strdup(ctx->arena, rows_text(rows, 2, NULL))};
	TRY(rows_done(rows));
	return there ? ERR_OK : ERR_NOT_FOUND;
}

static enum err link_delete(struct ctx *ctx, int64_t link)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from work_link where id = :id");
	sql_int(&q, "id", link);
	return sql_run(ctx, &q, NULL);
}

/* After the row is gone: both say so, and what was blocked may be free. */
static enum err link_removed(struct ctx *ctx, const struct link_row *l)
{
	struct record *ends[2];
	const int64_t ids[2] = {l->record, l->other};
	for (int i = 0; i < 2; i++) {
		const struct type *t;
		TRY(record_type_of(ctx, ids[i], &t));
		TRY(record_load(ctx, t, ids[i], &ends[i]));
	}
	TRY(link_note(ctx, ends[0], ends[1], "unlinked", l->kind));
	TRY(link_note(ctx, ends[1], ends[0], "unlinked", other_side(l->kind)));
	return strcmp(l->kind, "blocks") == 0 ? blocked_follow(ctx, l->other) : ERR_OK;
}

enum err flow_link_remove(struct ctx *ctx, const struct type *t, int64_t id, int64_t link)
{
	struct link_row l;
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	TRY(link_load(ctx, link, id, &l));
	if (strcmp(l.kind, "split_from") == 0)
		return refuse(ctx, ERR_CONFLICT, "", "split", "拆分来源不能解除，可撤回拆分",
		              "where it came from stays: undo the split");
	TRY(access_check(ctx, r, ACCESS_WRITE));
	TRY(link_delete(ctx, link));
	return link_removed(ctx, &l);
}

enum err link_drop(struct ctx *ctx, int64_t link)
{
	struct link_row l;
	enum err e = link_load(ctx, link, 0, &l);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(link_delete(ctx, link));
	return link_removed(ctx, &l);
}

/* ---- after a write ------------------------------------------------------------------------------------------ */

static enum err blocked_by_this(struct ctx *ctx, int64_t id)
{
	int64_t list[WAY_MAX];
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select other from work_link where record = :id and kind = 'blocks' order by id limit 200");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < WAY_MAX && rows_next(rows))
		list[n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	for (size_t i = 0; i < n; i++)
		TRY(blocked_follow(ctx, list[i]));
	return ERR_OK;
}

enum err relations_follow(struct ctx *ctx, const struct record *r, const struct record *before)
{
	if (!r->type->uses_work)
		return ERR_OK;
	if (before != NULL && record_is_open(r) != record_is_open(before))
		TRY(blocked_by_this(ctx, r->id));
	return waits_follow(ctx, r, before);
}

enum err relations_remove(struct ctx *ctx, const struct record *r)
{
	struct sql q;
	if (!r->type->uses_work)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "update work set stage = 'final' where id = :id");
	sql_int(&q, "id", r->id);
	TRY(sql_run(ctx, &q, NULL));
	TRY(blocked_by_this(ctx, r->id));
	TRY(waits_follow(ctx, r, r));
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from work_link where record = :id or other = :id");
	sql_int(&q, "id", r->id);
	return sql_run(ctx, &q, NULL);
}

enum err relations_mend(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	bool blocked, waits;
	*ret_changed = false;
	if (!r->type->uses_work)
		return ERR_OK;
	TRY(blocked_set(ctx, r, &blocked));
	TRY(waits_set(ctx, r, &waits));
	*ret_changed = blocked || waits;
	return *ret_changed ? record_write_derived(ctx, r) : ERR_OK;
}

/* waits.c: whom a matter waits for, by name: who was asked to take it, and who has an open part of it. */
#include <string.h>

#include "flow/owners.h"
#include "flow/relate.h"

enum { NAMES_MAX = 6, TEXT_BYTES = 1000, SWEEP = 100 };

struct names {
	const char *list[NAMES_MAX];
	size_t n;
	bool more;
};

static void name_add(struct names *names, const char *name)
{
	if (name == NULL || *name == '\0')
		return;
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->list[i], name) == 0)
			return;
	if (names->n == NAMES_MAX)
		names->more = true;
	else
		names->list[names->n++] = name;
}

/* The person where one has it or is asked, else the department. */
static enum err asked_add(struct ctx *ctx, struct names *names, int64_t user, int64_t team)
{
	const char *name = NULL;
	if (user != 0)
		TRY(record_titles(ctx, ctx->model->user, &user, 1, &name));
	else if (team != 0)
		TRY(record_titles(ctx, ctx->model->team, &team, 1, &name));
	name_add(names, name);
	return ERR_OK;
}

struct part {
	int64_t user, team;
};

static enum err parts_read(struct ctx *ctx, int64_t parent, struct part *list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select case when pending_owner is not null then pending_owner when pending_team is not null then 0 else "
	    "coalesce(owner, 0) end, coalesce(pending_team, team, 0) from work where parent = :parent and stage in "
	    "('open', 'paused') order by id limit 20");
	sql_int(&q, "parent", parent);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < 20 && rows_next(rows))
		list[n++] = (struct part){rows_int(rows, 0), rows_int(rows, 1)};
	*ret_n = n;
	return rows_done(rows);
}

/* new: nothing can be part of it yet. */
static enum err waits_text(struct ctx *ctx, const struct record *r, bool new, const char **ret_text)
{
	struct names names = {0};
	struct part parts[20];
	struct buf b;
	size_t n = 0;
	*ret_text = NULL;
	if (!record_is_open(r))
		return ERR_OK;
	TRY(asked_add(ctx, &names, record_int(r, "pending_owner"), record_int(r, "pending_team")));
	if (!new)
		TRY(parts_read(ctx, r->id, parts, &n));
	for (size_t i = 0; i < n; i++)
		TRY(asked_add(ctx, &names, parts[i].user, parts[i].team));
	buf_init(&b, ctx->arena, TEXT_BYTES);
	for (size_t i = 0; i < names.n; i++) {
		buf_str(&b, i > 0 ? "、" : "");
		buf_str(&b, names.list[i]);
	}
	if (names.more)
		buf_str(&b, "…");
	*ret_text = b.len > 0 && !b.over ? b.data : NULL;
	return ERR_OK;
}

enum err waits_set(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	const struct field *f = type_field(r->type, "waits_for");
	const char *text, *had;
	*ret_changed = false;
	if (f == NULL || !(f->flags & FIELD_DERIVED))
		return ERR_OK;
	TRY(waits_text(ctx, r, false, &text));
	had = record_text(r, f->name);
	*ret_changed = strcmp(text ? text : "", had ? had : "") != 0;
	if (*ret_changed)
		record_set(r, f, text ? value_text(text) : value_empty());
	return ERR_OK;
}

enum err waits_put(struct ctx *ctx, struct record *r, const struct record *before)
{
	const struct field *f = r->type->uses_work ? type_field(r->type, "waits_for") : NULL;
	const char *text;
	if (f == NULL || !(f->flags & FIELD_DERIVED))
		return ERR_OK;
	if (!record_int_differs(r, before, "pending_owner") && !record_int_differs(r, before, "pending_team") &&
	    (before == NULL || record_is_open(r) == record_is_open(before)))
		return ERR_OK;
	TRY(waits_text(ctx, r, before == NULL, &text));
	record_set(r, f, text ? value_text(text) : value_empty());
	/* What this act made may have changed the row since it was read. */
	record_mark(r, f);
	return ERR_OK;
}

static enum err parent_follow(struct ctx *ctx, int64_t parent)
{
	const struct type *t;
	struct record *r;
	bool changed;
	if (parent == 0)
		return ERR_OK;
	enum err e = record_type_of(ctx, parent, &t);
	if (e == ERR_OK)
		e = record_load(ctx, t, parent, &r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(waits_set(ctx, r, &changed));
	return changed ? record_write_derived(ctx, r) : ERR_OK;
}

enum err waits_follow(struct ctx *ctx, const struct record *r, const struct record *before)
{
	int64_t parent = record_int(r, "parent"), was = before ? record_int(before, "parent") : 0;
	bool asked = before == NULL || before == r || parent != was || record_is_open(r) != record_is_open(before) ||
	             record_int_differs(r, before, "owner") || record_int_differs(r, before, "team") ||
	             record_int_differs(r, before, "pending_owner") || record_int_differs(r, before, "pending_team");
	if (!asked)
		return ERR_OK;
	if (was != 0 && was != parent)
		TRY(parent_follow(ctx, was));
	return parent_follow(ctx, parent);
}

/* ---- other names ------------------------------------------------------------------------------------------- */

enum err waits_again_soon(struct ctx *ctx)
{
	return due_put(ctx, "owners:waits", "owners", ctx->now_ms, DUE_RANK_WORST, NULL, 0, "0");
}

enum err waits_slice(struct ctx *ctx, int64_t after, int64_t *ret_next)
{
	int64_t ids[SWEEP];
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id from work w where stage in ('open', 'paused') and id > :after and (pending_owner is not null or "
	    "pending_team is not null or exists (select 1 from work c where c.parent = w.id)) order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", SWEEP);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < SWEEP && rows_next(rows))
		ids[n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	for (size_t i = 0; i < n; i++)
		TRY(parent_follow(ctx, ids[i]));
	*ret_next = n == SWEEP ? ids[n - 1] : 0;
	return ERR_OK;
}

/* starter.c: what packs bring for a house to begin with, each entry once. */
#include "main/starter.h"

#include <string.h>

#include "flow/flow.h"
#include "main/story_read.h"
#include "model/who.h"
#include "store/store.h"

enum { ENTRIES_MAX = 2000, SLICE_ENTRIES = 20, STARTER_ARENA_BYTES = 64 << 20 };

struct entries {
	const struct yaml_node **list;
	size_t n;
};

struct slice {
	struct story *s;
	const struct yaml_node **list;
	size_t n, n_handles, added;
};

/* ---- files ------------------------------------------------------------------------------------------------ */

static bool is_told(const struct entries *all, const struct yaml_node *entry)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->list[i]->doc->pack, entry->doc->pack) == 0 &&
		    strcmp(yaml_text(yaml_get(all->list[i], "name")), yaml_text(yaml_get(entry, "name"))) == 0)
			return true;
	return false;
}

static enum err entry_add(struct story *s, const struct model *m, const struct yaml_node *entry, struct entries *all)
{
	static const char form[] = "an entry says create, name and fields, and nothing else";
	const char *type = entry->kind == YAML_MAP ? yaml_text(yaml_get(entry, "create")) : NULL;
	const struct yaml_node *fields = type ? yaml_get(entry, "fields") : NULL;
	const char *name = type ? yaml_text(yaml_get(entry, "name")) : NULL;

	if (name == NULL || fields == NULL || fields->kind != YAML_MAP || entry->n != 3)
		return story_fault(s, entry, "%s", form);
	if (model_type(m, type) == NULL)
		return story_fault(s, entry, "create: there is no type %s", type);
	if (is_told(all, entry))
		return story_fault(s, entry, "%s is there twice: names are what entries are known by", name);
	if (all->n == ENTRIES_MAX)
		return story_fault(s, entry, "more than %d entries", ENTRIES_MAX);
	all->list[all->n++] = entry;
	return ERR_OK;
}

static enum err pack_entries(struct story *s, const struct model *m, const char *packs_dir, const char *pack,
                             struct entries *all)
{
	const char **paths;
	struct yaml_node *file;
	size_t n = story_files(s->arena, packs_dir, pack, "starter", &paths);

	for (size_t i = 0; i < n; i++) {
		TRY(story_yaml(s, packs_dir, pack, paths[i], &file));
		if (file->kind != YAML_LIST)
			return story_fault(s, file, "a starter file is a list of entries");
		for (size_t j = 0; j < file->n; j++)
			TRY(entry_add(s, m, file->items[j], all));
	}
	return ERR_OK;
}

/* ---- one entry -------------------------------------------------------------------------------------------- */

/* ERR_NOT_FOUND: this house never had it. */
static enum err entry_known(struct ctx *ctx, const struct yaml_node *entry, int64_t *ret_id)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "select record from starter where pack = :pack and name = :name");
	sql_text(&q, "pack", entry->doc->pack);
	sql_text(&q, "name", yaml_text(yaml_get(entry, "name")));
	return sql_one_int(ctx, &q, ret_id);
}

static enum err entry_keep(struct ctx *ctx, const struct yaml_node *entry, const struct type *t, int64_t id)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "insert into starter (pack, name, type, record, at) values (:pack, :name, :type, :record, :at)");
	sql_text(&q, "pack", entry->doc->pack);
	sql_text(&q, "name", yaml_text(yaml_get(entry, "name")));
	sql_text(&q, "type", t->name);
	sql_int(&q, "record", id);
	sql_int(&q, "at", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

/* Is what it leads to there? What hangs on something that was removed is not wanted either. */
static bool is_whole(const struct story *s, const struct yaml_node *node)
{
	if (node->kind == YAML_TEXT)
		return node->text == NULL || node->text[0] != '$' || node->text[1] == '\0' ||
		       story_handle(s, node->text) != NULL;
	for (size_t i = 0; i < node->n; i++)
		if (!is_whole(s, node->items[i]))
			return false;
	return true;
}

static enum err by_field(struct ctx *ctx, const struct field *f, const char *text, int64_t *ret_id)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "select min(id) from ");
	sql_name(&q, f->of->table);
	SQL(&q, " where ");
	sql_name(&q, f->column);
	SQL(&q, " = :text having count(*) > 0");
	sql_text(&q, "text", text);
	return sql_one_int(ctx, &q, ret_id);
}

/* The house has made its own: a record with the same code, or of the same name. */
static enum err entry_found(struct ctx *ctx, const struct type *t, const json_t *fields, int64_t *ret_id)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		const char *text = json_string_value(json_object_get(fields, f->name));
		bool tells = (f->flags & FIELD_UNIQUE) != 0 || f == t->title;

		if (!tells || text == NULL || f->column == NULL || f->kind != FIELD_TEXT)
			continue;
		enum err e = by_field(ctx, f, text, ret_id);
		if (e != ERR_NOT_FOUND)
			return e;
	}
	return ERR_NOT_FOUND;
}

static enum err entry_make(struct ctx *ctx, struct slice *slice, const struct yaml_node *entry, const struct type *t)
{
	json_t *fields;
	struct record *r;
	int64_t id;

	TRY(story_fields(ctx, slice->s, entry, "fields", &fields));
	enum err e = entry_found(ctx, t, fields, &id);
	if (e == ERR_NOT_FOUND) {
		TRY(flow_create(ctx, t, fields, &r));
		id = r->id;
		slice->added++;
		e = ERR_OK;
	}
	TRY(e);
	story_name(slice->s, yaml_text(yaml_get(entry, "name")), t->name, id);
	return entry_keep(ctx, entry, t, id);
}

static enum err entry_tell(struct ctx *ctx, struct slice *slice, const struct yaml_node *entry)
{
	const struct type *t = model_type(ctx->model, yaml_text(yaml_get(entry, "create")));
	struct record *r;
	int64_t id;

	slice->s->pack = entry->doc->pack;
	enum err e = entry_known(ctx, entry, &id);
	if (e == ERR_NOT_FOUND)
		return is_whole(slice->s, yaml_get(entry, "fields")) ? entry_make(ctx, slice, entry, t) : ERR_OK;
	TRY(e);
	e = record_load(ctx, t, id, &r);
	if (e == ERR_OK)
		story_name(slice->s, yaml_text(yaml_get(entry, "name")), t->name, id);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err slice_tell(struct ctx *ctx, void *arg)
{
	struct slice *slice = arg;

	/* Run again from the start of the slice: what it made then is not there. */
	slice->s->n_handles = slice->n_handles;
	slice->added = 0;
	for (size_t i = 0; i < slice->n; i++) {
		slice->s->why[0] = '\0';
		enum err e = entry_tell(ctx, slice, slice->list[i]);

		if (e == ERR_OK)
			continue;
		const struct problem *p = ctx->problems.n > 0 ? &ctx->problems.list[0] : NULL;
		if (slice->s->why[0] == '\0')
			story_fault(slice->s, slice->list[i], "%s: %s %s %s", err_code(e), p ? p->field : "",
			            p ? p->code : "", p && p->detail ? p->detail : "");
		return e;
	}
	return ERR_OK;
}

/* ---- all of it -------------------------------------------------------------------------------------------- */

enum err starter_load(struct ctx *ctx, struct story *s, const char *packs_dir, const char *names, int64_t at_ms,
                      size_t *ret_added)
{
	struct entries all = {.list = ARENA_ARRAY(s->arena, ENTRIES_MAX, const struct yaml_node *)};
	const struct who *who = ctx->who;
	int64_t now = ctx->now_ms;
	size_t added = 0;
	enum err e = ERR_OK;

	for (const char *at = names; *at != '\0';) {
		size_t len = strcspn(at, " ");
		if (len > 0)
			TRY(pack_entries(s, ctx->model, packs_dir, arena_strndup(s->arena, at, len), &all));
		at += len + (at[len] == ' ');
	}
	ctx->who = &who_system;
	ctx->now_ms = at_ms;
	for (size_t i = 0; i < all.n && e == ERR_OK; i += SLICE_ENTRIES) {
		struct slice slice = {.s = s, .list = all.list + i, .n_handles = s->n_handles};
		struct arena_mark mark = arena_mark(ctx->arena);

		slice.n = all.n - i < SLICE_ENTRIES ? all.n - i : SLICE_ENTRIES;
		e = store_write(ctx, slice_tell, &slice);
		added += slice.added;
		if (e == ERR_OK)
			arena_rewind(ctx->arena, mark);
	}
	ctx->who = who;
	ctx->now_ms = now;
	*ret_added = added;
	return e;
}

const char *starter_packs(struct arena *a, const struct model *m)
{
	const char *names = "";

	for (size_t i = 0; i < m->n_packs; i++)
		if (strcmp(m->packs[i].name, "own") != 0)
			names = arena_printf(a, "%s%s%s", names, *names ? " " : "", m->packs[i].name);
	return names;
}

bool starter_add(struct house *h, const char *packs_dir, size_t *ret_added, char *why, size_t why_bytes)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES), *words = arena_new(STARTER_ARENA_BYTES);
	struct ctx ctx;
	struct edition *edition = house_enter(h, a, &ctx);
	struct story s;

	ctx.who = &who_system;
	ctx.origin = "starter";
	*ret_added = 0;
	story_init(&s, words, ctx.now_ms);
	enum err e = starter_load(&ctx, &s, packs_dir, starter_packs(words, ctx.model), ctx.now_ms, ret_added);
	const struct problem *p = ctx.problems.n > 0 ? &ctx.problems.list[0] : NULL;

	if (e != ERR_OK && s.why[0] != '\0')
		snprintf(why, why_bytes, "%s", s.why);
	else if (e != ERR_OK)
		snprintf(why, why_bytes, "%s: %s %s", err_code(e), p ? p->field : "", p && p->detail ? p->detail : "");
	house_leave(edition);
	arena_free(words);
	arena_free(a);
	return e == ERR_OK;
}

bool starter_open(struct job *job, struct house *h)
{
	char why[1024] = "";
	size_t added;

	if (!starter_add(h, job->packs_dir, &added, why, sizeof(why))) {
		job_complain(job, "%s: 起步资料 / starter records: %s\n", house_code(h), why);
		return false;
	}
	job_say(job, "%s: %zu 条起步资料 / starter records\n", house_code(h), added);
	return true;
}

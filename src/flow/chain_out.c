/* chain_out.c: the owner chain of a record, read from its events. */
#include <string.h>

#include "base/ids.h"
#include "flow/chain_out.h"

enum { LINKS_MAX = 200 };

struct link { /* one step of the chain */
	int64_t at, actor, from, to, team, absent;
	const char *kind, *reason;
};

struct chain {
	struct link *list;
	size_t n, cap;
	int64_t owner, team; /* so far */
	struct path *path;
};

static int64_t id_in(const json_t *j)
{
	int64_t id;
	const char *text = json_string_value(json_is_object(j) ? json_object_get(j, "id") : j);
	return text != NULL && id_parse(text, &id) ? id : 0;
}

/* The value a field got in this event; false if it did not change. */
static bool changed_to(const json_t *tree, const char *field, int64_t *ret_id)
{
	size_t i;
	json_t *change;
	json_array_foreach(json_object_get(tree, "changes"), i, change)
	{
		const char *name = json_string_value(json_object_get(change, "field"));
		if (name != NULL && strcmp(name, field) == 0) {
			*ret_id = id_in(json_object_get(change, "after"));
			return true;
		}
	}
	return false;
}

static const char *kind_of(const char *kind, bool first, const struct link *l)
{
	if (first)
		return "first";
	if (strcmp(kind, "handed_over") == 0)
		return "offered";
	if (strcmp(kind, "accepted") == 0 || strcmp(kind, "refused") == 0 || strcmp(kind, "assigned") == 0 ||
	    strcmp(kind, "taken") == 0)
		return kind;
	return l->to != 0 && l->to == l->actor ? "taken" : "assigned";
}

/* The same from the event's text, for the long body of a record's beginning: a quote within a value is
 * escaped there, so the words below can only be the change itself, written by us as
 * {"field":"owner",…,"after":"17"} or "after":{"id":"17",…}. */
static bool changed_in_text(struct ctx *ctx, const char *body, size_t len, const char *needle, int64_t *ret_id)
{
	const char *end = body + len;
	const char *at = memmem(body, len, needle, strlen(needle));
	const char *after, *next;
	if (at == NULL)
		return false;
	at += strlen(needle);
	next = memmem(at, (size_t)(end - at), "{\"field\":", 9);
	after = memmem(at, (size_t)((next ? next : end) - at), "\"after\":", 8);
	*ret_id = 0;
	if (after == NULL)
		return true;
	after += 8;
	if (end - after > 6 && memcmp(after, "{\"id\":", 6) == 0)
		after += 6;
	if (*after == '"') {
		size_t digits = strspn(after + 1, "0123456789");
		if (!id_parse(arena_strndup(ctx->arena, after + 1, digits), ret_id))
			*ret_id = 0;
	}
	return true;
}

static bool kind_is_first(const char *kind)
{
	return strcmp(kind, "created") == 0 || strcmp(kind, "imported") == 0;
}

/* What this event did to the chain, if anything. */
static void link_add(struct ctx *ctx, struct chain *links, const char *kind, int64_t at, int64_t actor,
                     const json_t *tree, const char *body, size_t len)
{
	struct link l = {.at = at, .actor = actor, .from = links->owner};
	bool first = kind_is_first(kind);
	bool owner = first ? changed_in_text(ctx, body, len, "{\"field\":\"owner\",", &l.to)
	                   : changed_to(tree, "owner", &l.to);
	bool team = first ? changed_in_text(ctx, body, len, "{\"field\":\"team\",", &links->team)
	                  : changed_to(tree, "team", &links->team);
	bool offer = strcmp(kind, "handed_over") == 0, refusal = strcmp(kind, "refused") == 0;
	if (owner)
		links->owner = l.to;
	if (links->n == LINKS_MAX || !(owner || offer || refusal || (first && team)))
		return;
	l.team = links->team;
	if (offer || refusal) {
		l.to = id_in(json_object_get(tree, "to_owner"));
		l.team = id_in(json_object_get(tree, "to_team"));
	}
	if (refusal && l.to == 0) /* a team was asked: this colleague of it said no */
		l.to = actor;
	l.kind = arena_strdup(ctx->arena, kind_of(kind, first, &l));
	l.absent = id_in(json_object_get(tree, "for"));
	const char *reason = json_string_value(json_object_get(tree, "reason"));
	l.reason = reason ? arena_strdup(ctx->arena, reason) : NULL;
	if (links->n == links->cap) {
		size_t cap = links->cap ? links->cap * 2 : 8;
		links->list = arena_grow(ctx->arena, links->list, links->cap * sizeof(l), cap * sizeof(l));
		links->cap = cap;
	}
	links->list[links->n++] = l;
}

/* Told here and not by the database: a list of kinds there costs every page a table of its own. */
static bool kind_is_link(const char *kind)
{
	static const char *const kinds[] = {"created", "imported", "handed_over", "accepted",
	                                    "refused", "assigned", "taken"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

static enum err links_read(struct ctx *ctx, const struct record *r, struct chain *links)
{
	static const char needle[] = "\"field\":\"owner\"";
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select at, actor, kind, body from event where record = :record order by id");
	sql_int(&q, "record", r->id);
	struct rows *rows;
	enum err e = ERR_OK;
	TRY(sql_rows(ctx, &q, &rows));
	while (e == ERR_OK && rows_next(rows)) {
		size_t len;
		json_t *tree = NULL;
		const char *body = rows_text(rows, 3, &len);
		if (links->path != NULL && body != NULL)
			path_event(links->path, rows_int(rows, 0), body, len);
		if (!kind_is_link(rows_text(rows, 2, NULL)) &&
		    (body == NULL || memmem(body, len, needle, sizeof(needle) - 1) == NULL))
			continue;
		if (body != NULL && !kind_is_first(rows_text(rows, 2, NULL)))
			e = json_parse(ctx, body, len, &tree);
		if (e == ERR_OK)
			link_add(ctx, links, rows_text(rows, 2, NULL), rows_int(rows, 0), rows_int(rows, 1), tree,
			         body ? body : "", body ? len : 0);
	}
	enum err done = rows_done(rows);
	return e != ERR_OK ? e : done;
}

static bool is_first(const struct link *l)
{
	return strcmp(l->kind, "first") == 0;
}

enum err chain_read(struct ctx *ctx, const struct record *r, struct labels *names, struct chain **ret_chain)
{
	struct chain *chain = ARENA_NEW(ctx->arena, struct chain);
	chain->path = path_start(ctx, r);
	if (r->type->uses_work || chain->path != NULL)
		TRY(links_read(ctx, r, chain));
	for (size_t i = 0; i < chain->n; i++) {
		const struct link *l = &chain->list[i];
		if (!is_first(l))
			labels_want_record(names, ctx->model->user, l->from);
		labels_want_record(names, ctx->model->user, l->to);
		labels_want_record(names, ctx->model->team, l->team);
		labels_want_record(names, ctx->model->user, l->absent);
	}
	*ret_chain = chain;
	return ERR_OK;
}

const struct path *chain_path(const struct chain *chain)
{
	return chain->path;
}

void person_write_json(struct json_out *out, const struct labels *names, const struct type *t, int64_t id)
{
	if (id == 0) {
		json_none(out);
		return;
	}
	const struct label_entry *e = labels_get(names, LABEL_RECORD, t, id);
	json_open(out, '{');
	JSON_KEY(out, "id");
	json_id(out, id);
	JSON_KEY(out, "label");
	json_text(out, e && e->text ? e->text : "");
	json_close(out, '}');
}

void chain_write(struct ctx *ctx, const struct chain *chain, const struct labels *names, struct json_out *out)
{
	json_open(out, '[');
	for (size_t i = 0; i < chain->n; i++) {
		const struct link *l = &chain->list[i];
		json_open(out, '{');
		JSON_KEY(out, "at");
		json_instant(out, l->at);
		JSON_KEY(out, "from");
		person_write_json(out, names, ctx->model->user, is_first(l) ? 0 : l->from);
		JSON_KEY(out, "to");
		person_write_json(out, names, ctx->model->user, l->to);
		JSON_KEY(out, "team");
		person_write_json(out, names, ctx->model->team, l->team);
		if (l->absent != 0) {
			JSON_KEY(out, "for");
			person_write_json(out, names, ctx->model->user, l->absent);
		}
		JSON_KEY(out, "kind");
		json_text(out, l->kind);
		JSON_KEY(out, "reason");
		json_text(out, l->reason);
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err chain_write_json(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct labels names;
	struct chain *chain;
	labels_init(&names, ctx);
	TRY(chain_read(ctx, r, &names, &chain));
	TRY(labels_resolve(&names));
	chain_write(ctx, chain, &names, out);
	return ERR_OK;
}

/* chain_out.c: the owner chain of a record, read from its events. */
#include <string.h>

#include "base/ids.h"
#include "flow/shown.h"

enum { LINKS_MAX = 200 };

struct link { /* one step of the chain */
	int64_t at, actor, from, to, team;
	const char *kind, *reason;
};

struct links {
	struct link list[LINKS_MAX];
	size_t n;
	int64_t owner, team; /* so far */
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

/* What this event did to the chain, if anything. */
static void link_add(struct ctx *ctx, struct links *links, const char *kind, int64_t at, int64_t actor,
                     const json_t *tree)
{
	struct link l = {.at = at, .actor = actor, .from = links->owner};
	bool owner = changed_to(tree, "owner", &l.to);
	bool team = changed_to(tree, "team", &links->team);
	bool offer = strcmp(kind, "handed_over") == 0, refusal = strcmp(kind, "refused") == 0;
	bool first = strcmp(kind, "created") == 0 || strcmp(kind, "imported") == 0;
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
	const char *reason = json_string_value(json_object_get(tree, "reason"));
	l.reason = reason ? arena_strdup(ctx->arena, reason) : NULL;
	links->list[links->n++] = l;
}

static enum err links_read(struct ctx *ctx, const struct record *r, struct links *links)
{
	static const char needle[] = "\"field\":\"owner\"";
	struct value word = value_text(needle);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select at, actor, kind, body from event where record = :record and (kind in ('created', 'imported', "
	        "'handed_over', 'accepted', 'refused', 'assigned', 'taken') or ");
	sql_contains_open(&q);
	SQL(&q, "body, ");
	sql_value(&q, &word);
	SQL(&q, ") > 0) order by id");
	sql_int(&q, "record", r->id);
	struct rows *rows;
	enum err e = ERR_OK;
	TRY(sql_rows(ctx, &q, &rows));
	while (e == ERR_OK && rows_next(rows)) {
		size_t len;
		json_t *tree = NULL;
		const char *body = rows_text(rows, 3, &len);
		if (body != NULL)
			e = json_parse(ctx, body, len, &tree);
		if (e == ERR_OK)
			link_add(ctx, links, rows_text(rows, 2, NULL), rows_int(rows, 0), rows_int(rows, 1), tree);
	}
	enum err done = rows_done(rows);
	return e != ERR_OK ? e : done;
}

static enum err who_write(struct ctx *ctx, struct shown *s, struct json_out *out, const char *key, const struct type *t,
                          int64_t id)
{
	const char *name;
	json_key(out, key);
	if (id == 0) {
		json_none(out);
		return ERR_OK;
	}
	TRY(shown_name(ctx, s, t, id, &name));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "label");
	json_text(out, name);
	json_close(out, '}');
	return ERR_OK;
}

enum err chain_write_json(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct links *links = ARENA_NEW(ctx->arena, struct links);
	struct shown *s = shown_new(ctx);
	if (r->type->uses_work)
		TRY(links_read(ctx, r, links));
	json_open(out, '[');
	for (size_t i = 0; i < links->n; i++) {
		const struct link *l = &links->list[i];
		json_open(out, '{');
		json_key(out, "at");
		json_instant(out, l->at);
		TRY(who_write(ctx, s, out, "from", ctx->model->user, strcmp(l->kind, "first") == 0 ? 0 : l->from));
		TRY(who_write(ctx, s, out, "to", ctx->model->user, l->to));
		TRY(who_write(ctx, s, out, "team", ctx->model->team, l->team));
		json_key(out, "kind");
		json_text(out, l->kind);
		json_key(out, "reason");
		json_text(out, l->reason);
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}

/* declare_text.c: one declaration put into the text of its file, or into a new file of the pack `own`. */
#include "base/text.h"
#include "http/declare.h"
#include "model/yaml_write.h"

#define OWN "own"

static const struct {
	const char *name, *key; /* key: what names it in a file of its own; NULL: it never has one */
} sections[] = {
        {"clocks", NULL},         {"rules", "rule"},     {"duties", NULL},          {"calendars", "calendar"},
        {"holidays", "holidays"}, {"notices", "notice"}, {"approvals", "approval"}, {"queues", "queue"},
};
enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

bool section_known(const char *section)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (strcmp(sections[i].name, section) == 0)
			return true;
	return false;
}

bool section_of_type(const char *section)
{
	return strcmp(section, "clocks") == 0 || strcmp(section, "rules") == 0;
}

static const char *section_key(const char *section)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (strcmp(sections[i].name, section) == 0)
			return sections[i].key;
	return NULL;
}

/* ---- where it stands --------------------------------------------------------------------------------- */

static bool says_type(const struct yaml_node *root, const char *type)
{
	const char *said = yaml_text(yaml_get(root, "type")), *extends = yaml_text(yaml_get(root, "extend"));

	return (said != NULL && strcmp(said, type) == 0) || (extends != NULL && strcmp(extends, type) == 0);
}

static bool may_hold(const struct pack_text *t, const struct declare *d)
{
	bool dir = strncmp(t->path, d->section, strlen(d->section)) == 0 && t->path[strlen(d->section)] == '/';

	dir = dir || (section_of_type(d->section) && strncmp(t->path, "types/", 6) == 0);
	return dir && memmem(t->body, t->len, d->name, strlen(d->name)) != NULL;
}

static bool find_in(struct ctx *ctx, const struct pack_text *t, const struct declare *d, struct spot *ret_spot)
{
	struct yaml_doc *doc = ARENA_NEW(ctx->arena, struct yaml_doc);
	struct spliced *s = ARENA_NEW(ctx->arena, struct spliced);
	struct yaml_fault fault;

	*doc = (struct yaml_doc){t->pack, t->path};
	return splice_open(ctx->arena, doc, t->body, t->len, s, &fault) == ERR_OK &&
	       (d->type == NULL || says_type(s->root, d->type)) && splice_find(s, d->section, d->name, ret_spot);
}

bool declare_find(struct ctx *ctx, const struct pack_text *texts, size_t n, const struct declare *d, size_t *ret_text,
                  struct spot *ret_spot)
{
	for (size_t i = 0; i < n; i++)
		if (may_hold(&texts[i], d) && find_in(ctx, &texts[i], d, ret_spot)) {
			*ret_text = i;
			return true;
		}
	return false;
}

/* ---- what was sent -------------------------------------------------------------------------------------- */

static void key_put(struct ctx *ctx, struct yaml_node *map, const char *key, const char *value)
{
	struct yaml_node **keys = ARENA_ARRAY(ctx->arena, map->n + 1, struct yaml_node *);
	struct yaml_node **items = ARENA_ARRAY(ctx->arena, map->n + 1, struct yaml_node *);
	json_t *k = json_string(key), *v = json_string(value);

	keys[0] = yaml_from_json(ctx->arena, k);
	items[0] = yaml_from_json(ctx->arena, v);
	json_decref(k);
	json_decref(v);
	for (size_t i = 0; i < map->n; i++) {
		keys[i + 1] = map->keys[i];
		items[i + 1] = map->items[i];
	}
	map->keys = keys;
	map->items = items;
	map->n++;
}

static bool key_drop(struct yaml_node *map, const char *key)
{
	size_t n = 0;

	for (size_t i = 0; i < map->n; i++) {
		if (strcmp(map->keys[i]->text, key) == 0)
			continue;
		map->keys[n] = map->keys[i];
		map->items[n++] = map->items[i];
	}
	if (n == map->n)
		return false;
	map->n = n;
	return true;
}

/* The keys that name it are those of the place it stands at; true: something was changed. */
static bool named_rightly(struct ctx *ctx, struct declare *d, bool in_list)
{
	const char *key = in_list ? "name" : section_key(d->section);
	bool rules = strcmp(d->section, "rules") == 0, changed = false;
	struct yaml_node *t = d->tree;

	if (strcmp(d->section, "clocks") == 0) {
		changed = key_drop(t, "name");
		return key_drop(t, "type") || changed;
	}
	if (yaml_get(t, key) == NULL) {
		const char *other = rules ? yaml_text(yaml_get(t, in_list ? "rule" : "name")) : NULL;

		key_put(ctx, t, key, other ? other : d->name);
		changed = true;
	}
	if (rules)
		changed = key_drop(t, in_list ? "rule" : "name") || changed;
	if (rules && in_list)
		changed = key_drop(t, "type") || changed;
	if (rules && !in_list && yaml_get(t, "type") == NULL) {
		key_put(ctx, t, "type", d->type);
		changed = true;
	}
	return changed;
}

/* Nothing that the text said is lost: {NAME: {…}} for a clock, [{…}] for what stands in lists. */
static bool unwrapped(struct declare *d)
{
	if (d->tree->kind == YAML_LIST && d->tree->n == 1) {
		d->tree = d->tree->items[0];
		return true;
	}
	if (strcmp(d->section, "clocks") == 0 && d->tree->kind == YAML_MAP && d->tree->n == 1 &&
	    strcmp(d->tree->keys[0]->text, d->name) == 0) {
		d->tree = d->tree->items[0];
		return true;
	}
	return false;
}

static enum err sent_read(struct ctx *ctx, struct declare *d)
{
	static const struct yaml_doc doc = {.pack = "", .path = ""};

	if (d->json != NULL) {
		d->tree = yaml_from_json(ctx->arena, d->json);
	} else if (d->yaml == NULL) {
		return ctx_problem(ctx, ERR_INVALID, "yaml", "required", "send it as json or as yaml");
	} else if (yaml_parse(ctx->arena, &doc, d->yaml, strlen(d->yaml), &d->tree, &d->fault) != ERR_OK) {
		if (d->fault.message[0] == '\0')
			return ERR_INTERNAL;
		return ERR_INVALID;
	} else if (unwrapped(d)) {
		d->yaml = NULL; /* as a text it would be something else */
	}
	if (d->tree->kind != YAML_MAP) {
		d->fault = (struct yaml_fault){.line = 1, .column = 1};
		snprintf(d->fault.message, sizeof(d->fault.message), "one declaration, with keys and values");
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* ---- put in place ----------------------------------------------------------------------------------------- */

static void text_replace(struct declare *d, size_t at, const char *body)
{
	if (body == NULL) {
		memmove(&d->texts[at], &d->texts[at + 1], (d->n - at - 1) * sizeof(d->texts[0]));
		d->n--;
		d->file.body = NULL;
		return;
	}
	d->texts[at].body = body;
	d->texts[at].len = strlen(body);
	d->file = d->texts[at];
	if (at == d->n)
		d->n++;
}

static bool path_taken(const struct declare *d, const char *pack, const char *path, size_t *ret_at)
{
	for (*ret_at = 0; *ret_at < d->n; ++*ret_at)
		if (strcmp(d->texts[*ret_at].pack, pack) == 0 && strcmp(d->texts[*ret_at].path, path) == 0)
			return true;
	return false;
}

static const char *new_path(struct ctx *ctx, const struct declare *d)
{
	const char *path = arena_printf(ctx->arena, "%s/%s.yaml", d->section, d->name);
	size_t at;

	if (strcmp(d->section, "duties") == 0)
		return "duties/own.yaml";
	if (strcmp(d->section, "clocks") == 0)
		return arena_printf(ctx->arena, "types/%s.%s.yaml", d->type, d->name);
	/* Rules of two types may have one name. */
	return path_taken(d, OWN, path, &at) && d->type != NULL
	               ? arena_printf(ctx->arena, "%s/%s.%s.yaml", d->section, d->type, d->name)
	               : path;
}

/* What was taken away from a pack goes back there when it is told so: it had a file of its own. Else it is the
 * tenant's. */
static const char *new_pack(struct ctx *ctx, const struct declare *d, const char *path)
{
	if (d->pack != NULL && d->path != NULL && strcmp(d->path, path) == 0 && section_key(d->section) != NULL)
		for (size_t i = 0; i < ctx->model->n_packs; i++)
			if (strcmp(ctx->model->packs[i].name, d->pack) == 0)
				return d->pack;
	return OWN;
}

static const char *map_text(struct ctx *ctx, const struct yaml_node *map)
{
	struct buf b;

	buf_init(&b, ctx->arena, LIMIT_YAML_BYTES);
	yaml_write_map(&b, map, 0);
	return b.over ? NULL : b.data;
}

/* A file of the tenant's own. */
static const char *new_text(struct ctx *ctx, const struct declare *d)
{
	struct buf b;

	buf_init(&b, ctx->arena, LIMIT_YAML_BYTES);
	if (strcmp(d->section, "duties") == 0) {
		buf_str(&b, "duties:\n  - ");
		yaml_write_flow(&b, d->tree);
		buf_char(&b, '\n');
	} else if (strcmp(d->section, "clocks") == 0) {
		buf_printf(&b, "extend: %s\nclocks:\n  %s:", d->type, d->name);
		yaml_write_value(&b, d->tree, 2);
		buf_char(&b, '\n');
	} else {
		return d->yaml ? d->yaml : map_text(ctx, d->tree);
	}
	return b.over ? NULL : b.data;
}

static enum err put_new(struct ctx *ctx, struct declare *d)
{
	struct spliced s;
	struct yaml_fault fault;
	const char *pack, *path, *body;
	size_t at;

	if (d->type == NULL && section_of_type(d->section))
		return ctx_problem(ctx, ERR_INVALID, "type", "required", "of which type is it?");
	if (named_rightly(ctx, d, strcmp(d->section, "duties") == 0))
		d->yaml = NULL;
	path = new_path(ctx, d);
	pack = new_pack(ctx, d, path);
	if (path_taken(d, pack, path, &at)) {
		struct yaml_doc doc = {pack, path};

		d->before = d->texts[at].body;
		if (strcmp(d->section, "duties") != 0)
			return ctx_problem(ctx, ERR_INVALID, "name", "taken", "%s/%s is there already", pack, path);
		if (splice_open(ctx->arena, &doc, d->texts[at].body, d->texts[at].len, &s, &fault) != ERR_OK ||
		    splice_append(ctx->arena, &s, "duties", d->tree, &body) != ERR_OK)
			return ctx_problem(ctx, ERR_INVALID, "", "no_place", "%s/%s has no list of duties", pack, path);
	} else {
		if (d->n == LIMIT_PACK_FILES)
			return ctx_problem(ctx, ERR_INVALID, "", "too_many", "at most %d files", LIMIT_PACK_FILES);
		body = new_text(ctx, d);
		d->texts[at] = (struct pack_text){.pack = pack, .path = path};
	}
	if (body == NULL)
		return ctx_problem(ctx, ERR_INVALID, "", "too_long", "a file has at most %d KB",
		                   LIMIT_YAML_BYTES >> 10);
	text_replace(d, at, body);
	return ERR_OK;
}

static enum err put_there(struct ctx *ctx, struct declare *d, size_t at, const struct spot *spot)
{
	const char *body = NULL;
	enum err e;

	d->before = d->texts[at].body;
	d->line = spot->node->line;
	d->file = d->texts[at];
	if (d->remove) {
		e = splice_remove(ctx->arena, spot, &body);
	} else {
		TRY(sent_read(ctx, d));
		if (named_rightly(ctx, d, spot->parent != NULL))
			d->yaml = NULL;
		e = splice_put(ctx->arena, spot, d->tree, d->yaml, &body);
	}
	if (e != ERR_OK)
		return ctx_problem(ctx, ERR_INVALID, "", "no_place", "%s/%s can't take this: change the file as a text",
		                   d->file.pack, d->file.path);
	text_replace(d, at, body);
	return ERR_OK;
}

enum err declare_texts(struct ctx *ctx, struct declare *d)
{
	struct spot spot;
	size_t at;
	enum err e;

	d->line = 1;
	d->tree = NULL;
	d->before = d->shown = NULL;
	d->file = (struct pack_text){0};
	d->fault = (struct yaml_fault){0};
	TRY(pack_texts(ctx, &d->texts, &d->n));
	if (declare_find(ctx, d->texts, d->n, d, &at, &spot)) {
		e = put_there(ctx, d, at, &spot);
	} else {
		if (d->remove)
			return ERR_NOT_FOUND;
		TRY(sent_read(ctx, d));
		e = put_new(ctx, d);
	}
	if (e == ERR_OK && d->file.body != NULL && find_in(ctx, &d->file, d, &spot)) {
		d->line = spot.parent != NULL && spot.parent->kind == YAML_MAP ? spot.parent->keys[spot.at]->line
		                                                               : spot.node->line;
		d->shown = splice_text(ctx->arena, &spot);
	}
	return e;
}

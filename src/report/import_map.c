/* import_map.c: the YAML of a map, checked against the model; and the map that headings make. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/access.h"
#include "model/yaml_tree.h"
#include "report/import.h"
#include "report/sheet.h"

static enum err map_problem(struct ctx *ctx, const struct yaml_node *n, const char *what, const char *name)
{
	return ctx_problem(ctx, ERR_INVALID, name, "bad_map", "line %d, column %d: %s", n ? n->line : 1,
	                   n ? n->column : 1, what);
}

static enum err pairs_parse(struct ctx *ctx, const struct yaml_node *n, struct pair **ret_pairs, size_t *ret_n)
{
	if (n == NULL)
		return ERR_OK;
	if (n->kind != YAML_MAP)
		return map_problem(ctx, n, "must be a list of `value: value`", "");
	struct pair *pairs = ARENA_ARRAY(ctx->arena, n->n + 1, struct pair);
	for (size_t i = 0; i < n->n; i++) {
		if (yaml_text(n->items[i]) == NULL)
			return map_problem(ctx, n->items[i], "must be one value", n->keys[i]->text);
		pairs[i] = (struct pair){.name = n->keys[i]->text, .value = n->items[i]->text};
	}
	*ret_pairs = pairs;
	*ret_n = n->n;
	return ERR_OK;
}

/* `find:` names a field of the link's target. */
static enum err find_parse(struct ctx *ctx, const struct yaml_node *n, struct import_field *f)
{
	const struct yaml_node *find = yaml_get(n, "find"), *create = yaml_get(n, "create");
	if (f->field->kind != FIELD_LINK)
		return find || create ? map_problem(ctx, n, "find and create are for links", f->field->name) : ERR_OK;
	if (f->field->target == NULL || yaml_text(find) == NULL)
		return map_problem(ctx, n, "a link needs `find:` with a field of the type it leads to", f->field->name);
	f->find = type_field(f->field->target, find->text);
	if (f->find == NULL || f->find->column == NULL)
		return map_problem(ctx, find, "no such field in the type the link leads to", find->text);
	if (create != NULL && create->kind == YAML_MAP) {
		f->create = true;
		for (size_t i = 0; i < create->n; i++)
			if (type_field(f->field->target, create->keys[i]->text) == NULL)
				return map_problem(ctx, create->keys[i], "no such field in the type the link leads to",
				                   create->keys[i]->text);
		return pairs_parse(ctx, create, &f->with, &f->n_with);
	}
	if (create != NULL && !yaml_flag(create, &f->create))
		return map_problem(ctx, create, "must be true, false or fields for the new record", "create");
	return ERR_OK;
}

static enum err field_parse(struct ctx *ctx, struct import_map *map, const struct yaml_node *key,
                            const struct yaml_node *n)
{
	static const char *const known[] = {"from", "text", "value", "options", "else", "time", "find", "create"};
	struct import_field f = {.field = type_field(map->type, key->text)};
	if (f.field == NULL)
		return map_problem(ctx, key, "the type has no such field", key->text);
	switch (f.field->kind) {
	case FIELD_TABLE:
	case FIELD_LINKS:
	case FIELD_FILES:
	case FIELD_COMPUTED: return map_problem(ctx, key, "a field of this kind can't be imported", key->text);
	default: break;
	}
	if (yaml_text(n) != NULL) {
		f.template = n->text;
	} else if (n->kind == YAML_MAP) {
		for (size_t i = 0; i < n->n; i++) {
			bool found = false;
			for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
				found = found || strcmp(n->keys[i]->text, known[k]) == 0;
			if (!found)
				return map_problem(
				        ctx, n->keys[i],
				        "unknown; there are from, text, value, options, else, time, find, create",
				        n->keys[i]->text);
		}
		const char *from = yaml_text(yaml_get(n, "from"));
		f.template = from ? arena_printf(ctx->arena, "{%s}", from) : yaml_text(yaml_get(n, "text"));
		if (f.template == NULL)
			f.template = yaml_text(yaml_get(n, "value"));
		f.otherwise = yaml_text(yaml_get(n, "else"));
		f.time = yaml_text(yaml_get(n, "time"));
		if (f.time != NULL && f.field->kind != FIELD_DATE && f.field->kind != FIELD_DATETIME)
			return map_problem(ctx, yaml_get(n, "time"), "is for dates and times", key->text);
		if (f.time != NULL && (strstr(f.time, "%s") != NULL || strstr(f.time, "%Z") != NULL))
			return map_problem(ctx, yaml_get(n, "time"),
			                   "seconds since 1970 and names of zones can't be read", key->text);
		TRY(pairs_parse(ctx, yaml_get(n, "options"), &f.options, &f.n_options));
		TRY(find_parse(ctx, n, &f));
	}
	if (f.template == NULL)
		return map_problem(ctx, n, "needs from, text or value", key->text);
	if (f.field->kind == FIELD_LINK && f.find == NULL)
		return map_problem(ctx, n, "a link needs `find:`", key->text);
	map->fields[map->n_fields++] = f;
	return ERR_OK;
}

static void zone_done(void *zone)
{
	zone_free(zone);
}

static enum err heading_parse(struct ctx *ctx, const struct yaml_node *root, struct import_map *map)
{
	const char *zone = yaml_text(yaml_get(root, "zone")), *format = yaml_text(yaml_get(root, "format"));
	const char *encoding = yaml_text(yaml_get(root, "encoding")), *key = yaml_text(yaml_get(root, "key"));
	map->source = yaml_text(yaml_get(root, "import"));
	if (map->source == NULL || *map->source == '\0')
		return map_problem(ctx, root, "needs `import:` with a name for the source of these ids", "import");
	map->id = yaml_text(yaml_get(root, "id"));
	if (map->id != NULL && strchr(map->id, '{') == NULL)
		map->id = strcmp(map->id, "row") == 0 ? NULL : arena_printf(ctx->arena, "{%s}", map->id);
	map->zone = ctx->zone;
	if (zone != NULL) {
		struct zone *own;
		if (zone_load(zone, &own) != ERR_OK)
			return map_problem(ctx, yaml_get(root, "zone"), "there is no such time zone", zone);
		arena_on_clear(ctx->arena, zone_done, own);
		map->zone = own;
	}
	if (format != NULL && strcmp(format, "jsonl") != 0 && strcmp(format, "csv") != 0)
		return map_problem(ctx, yaml_get(root, "format"), "must be csv or jsonl", "format");
	map->format = format && strcmp(format, "jsonl") == 0 ? IMPORT_JSONL : IMPORT_CSV;
	if (encoding != NULL && strcmp(encoding, "utf-8") != 0 && strcmp(encoding, "gb18030") != 0)
		return map_problem(ctx, yaml_get(root, "encoding"), "must be utf-8 or gb18030", "encoding");
	map->encoding = encoding == NULL ? CSV_GUESS : strcmp(encoding, "utf-8") == 0 ? CSV_UTF8 : CSV_GB18030;
	if (key != NULL) {
		map->key = type_field(map->type, key);
		if (map->key == NULL || !(map->key->flags & FIELD_UNIQUE))
			return map_problem(ctx, yaml_get(root, "key"), "must be a field declared unique", key);
	}
	return ERR_OK;
}

enum err import_map_parse(struct ctx *ctx, const char *yaml, size_t len, const struct type *expected,
                          struct import_map **ret_map)
{
	struct yaml_node *root;
	struct yaml_fault fault;
	if (yaml_parse(ctx->arena, NULL, yaml, len, &root, &fault) != ERR_OK)
		return ctx_problem(ctx, ERR_INVALID, "", "bad_map", "line %d, column %d: %s", fault.line, fault.column,
		                   fault.message);
	struct import_map *map = ARENA_NEW(ctx->arena, struct import_map);
	const char *type = yaml_text(yaml_get(root, "type"));
	map->type = type ? model_type(ctx->model, type) : NULL;
	if (map->type == NULL)
		return map_problem(ctx, root, "needs `type:` with a record type of this organisation",
		                   type ? type : "type");
	if (expected != NULL && map->type != expected)
		return map_problem(ctx, yaml_get(root, "type"), "is for another type than the one asked for", type);
	TRY(heading_parse(ctx, root, map));
	const struct yaml_node *fields = yaml_get(root, "fields");
	if (fields == NULL || fields->kind != YAML_MAP || fields->n == 0 || fields->n > IMPORT_MAP_FIELDS_MAX)
		return map_problem(ctx, fields ? fields : root, "needs `fields:`, at most 200", "fields");
	map->fields = ARENA_ARRAY(ctx->arena, fields->n, struct import_field);
	enum err worst = ERR_OK;
	for (size_t i = 0; i < fields->n; i++)
		if (field_parse(ctx, map, fields->keys[i], fields->items[i]) != ERR_OK)
			worst = ERR_INVALID;
	if (worst == ERR_OK)
		*ret_map = map;
	return worst;
}

/* ---- headings ------------------------------------------------------------------------------------ */

bool import_offers(const struct ctx *ctx, const struct field *f)
{
	if ((f->flags & (FIELD_SYSTEM | FIELD_BASE)) || f->column == NULL)
		return false;
	if (f->kind == FIELD_LINK || f->kind == FIELD_FILES || f->kind == FIELD_COMPUTED)
		return false;
	return access_field(ctx, f) != SIGHT_HIDDEN;
}

static const struct field *heading_field(struct ctx *ctx, const struct type *t, const char *heading)
{
	char *name = text_clean(ctx->arena, heading, strlen(heading));
	size_t len = strlen(name);
	if (len > 0 && name[len - 1] == '*')
		name[len - 1] = '\0';
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (!import_offers(ctx, f))
			continue;
		if (strcmp(f->name, name) == 0 || strcmp(f->label.zh, name) == 0 ||
		    (f->label.en && strcmp(f->label.en, name) == 0))
			return f;
	}
	return NULL;
}

enum err import_map_headings(struct ctx *ctx, const struct type *t, const struct csv_row *heading,
                             struct import_map **ret_map)
{
	struct import_map *map = ARENA_NEW(ctx->arena, struct import_map);
	enum err worst = ERR_OK;
	map->type = t;
	map->zone = ctx->zone;
	map->by_heading = true;
	map->source = arena_printf(ctx->arena, "heading:%s", t->name);
	map->fields = ARENA_ARRAY(ctx->arena, heading->n + 1, struct import_field);
	for (size_t i = 0; i < heading->n && i < IMPORT_MAP_FIELDS_MAX; i++) {
		if (*heading->fields[i] == '\0')
			continue;
		const struct field *f = heading_field(ctx, t, heading->fields[i]);
		bool twice = false;
		for (size_t k = 0; f != NULL && k < map->n_fields; k++)
			twice = twice || map->fields[k].field == f;
		if (f == NULL || twice) {
			worst = ctx_problem(ctx, ERR_INVALID, heading->fields[i],
			                    twice ? "duplicate_heading" : "unknown_heading",
			                    twice ? "column %zu repeats a heading"
			                          : "column %zu has a heading the template does not know",
			                    i + 1);
			continue;
		}
		map->fields[map->n_fields++] = (struct import_field){
		        .field = f, .template = arena_printf(ctx->arena, "{%s}", heading->fields[i])};
		if (f->flags & FIELD_UNIQUE && map->key == NULL)
			map->key = f;
	}
	if (worst == ERR_OK && map->n_fields == 0)
		worst = ctx_problem(ctx, ERR_INVALID, "", "no_headings",
		                    "the first row must hold the headings of the template");
	if (worst == ERR_OK)
		*ret_map = map;
	return worst;
}

static const char *template_heading(struct ctx *ctx, const struct field *f)
{
	const char *label = label_in(&f->label, ctx->lang);
	return f->flags & FIELD_REQUIRED ? arena_printf(ctx->arena, "%s*", label) : label;
}

enum err import_template(struct ctx *ctx, const struct type *t, struct buf *out)
{
	bool first = true;
	buf_str(out, csv_bom);
	for (size_t i = 0; i < t->n_fields; i++) {
		if (!import_offers(ctx, &t->fields[i]))
			continue;
		const char *heading = template_heading(ctx, &t->fields[i]);
		csv_cell(out, heading, strlen(heading), first);
		first = false;
	}
	csv_line_end(out);
	return ERR_OK;
}

enum err import_template_sheet(struct ctx *ctx, const struct type *t, const char *path)
{
	struct sheet *sheet = sheet_new(path);
	int n = 0;
	if (sheet == NULL)
		return ERR_INTERNAL;
	for (size_t i = 0; i < t->n_fields; i++)
		if (import_offers(ctx, &t->fields[i]))
			sheet_heading_text(sheet, n++, template_heading(ctx, &t->fields[i]),
			                   t->fields[i].kind == FIELD_LONG_TEXT ? 40 : 18);
	return sheet_close(sheet, 0, n) ? ERR_OK : ERR_FULL;
}

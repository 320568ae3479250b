/* pack.yaml: the pack itself, its roles, parameters and rail entries. */
#include "model/pack_load.h"

static const char *const functions[] = {"intake", "search", "report", "export", "import",   "bulk",  "cover",
                                        "merge",  "reveal", "users",  "packs",  "settings", "audit", "tokens"};
static const char *const pages[] = {"workbench", "intake", "list",     "tasks",  "board", "duties",
                                    "approvals", "report", "settings", "search", "queues"};

static const struct yaml_node *pack_doc(const struct loader *l, const char *pack)
{
	for (size_t i = 0; i < l->n_texts; i++)
		if (strcmp(l->texts[i]->path, "pack.yaml") == 0 && strcmp(l->texts[i]->pack, pack) == 0)
			return l->docs[i];
	return NULL;
}

static bool is_listed(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What administrators declare themselves; it comes after all packs and needs no pack.yaml. */
static bool is_own(const char *pack)
{
	return strcmp(pack, "own") == 0;
}

/* Every pack once, in the order of the texts, core first. */
static size_t list_packs(struct loader *l, const char **names)
{
	size_t n = 0;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < l->n_texts; i++) {
			const char *name = l->texts[i]->pack;
			int rank = strcmp(name, "core") == 0 ? 0 : is_own(name) ? 2 : 1;
			if (rank == round && !is_listed(names, n, name))
				names[n++] = name;
		}
	return n;
}

/* Packs after those they need; what is missing or goes round in a circle is told. */
static void order_packs(struct loader *l, const char **names, size_t n)
{
	const char **ordered = ARENA_ARRAY(l->scratch, n + 1, const char *);
	bool *placed = ARENA_ARRAY(l->scratch, n + 1, bool);
	size_t done = 0, before;
	do {
		before = done;
		for (size_t i = 0; i < n; i++) {
			size_t n_needs = 0;
			const struct yaml_node *needs = yaml_get(pack_doc(l, names[i]), "needs");
			const char **list = placed[i] ? NULL : load_words(l, needs, "`needs`", &n_needs);
			bool ready = !placed[i];
			if (is_own(names[i]))
				ready = ready && done == n - 1;
			for (size_t k = 0; k < n_needs; k++)
				ready = ready && (is_listed(ordered, done, list[k]) || !is_listed(names, n, list[k]));
			if (ready) {
				placed[i] = true;
				ordered[done++] = names[i];
			}
		}
	} while (done > before);
	for (size_t i = 0; i < n; i++) {
		if (placed[i])
			continue;
		if (!is_own(names[i]))
			load_fault(l, yaml_get(pack_doc(l, names[i]), "needs"),
			           "pack `%s` needs packs that need it in turn", names[i]);
		ordered[done++] = names[i];
	}
	memcpy(names, ordered, n * sizeof *names);
}

static void sort_texts(struct loader *l, const char *const *names, size_t n)
{
	const struct pack_text **texts = ARENA_ARRAY(l->scratch, l->n_texts + 1, const struct pack_text *);
	struct yaml_node **docs = ARENA_ARRAY(l->scratch, l->n_texts + 1, struct yaml_node *);
	size_t at = 0;
	for (size_t p = 0; p < n; p++)
		for (size_t i = 0; i < l->n_texts; i++)
			if (strcmp(l->texts[i]->pack, names[p]) == 0) {
				texts[at] = l->texts[i];
				docs[at++] = l->docs[i];
			}
	l->texts = texts;
	l->docs = docs;
}

const struct role *load_role(const struct loader *l, const char *role)
{
	for (size_t i = 0; i < l->m->n_roles; i++)
		if (strcmp(l->m->roles[i].name, role) == 0)
			return &l->m->roles[i];
	return NULL;
}

static void merge_can(struct loader *l, struct role *role, const struct yaml_node *node)
{
	size_t n;
	const char **words = load_words(l, node, "`can`", &n);
	const char **can = ARENA_ARRAY(l->arena, role->n_can + n + 1, const char *);
	if (role->n_can)
		memcpy(can, role->can, role->n_can * sizeof *can);
	for (size_t i = 0; i < n; i++) {
		size_t known = sizeof functions / sizeof *functions;
		if (!is_listed(functions, known, words[i]))
			load_fault(l, load_item(node, i), "`%.60s` is no function a role can have%s", words[i],
			           load_nearest(l, words[i], functions, known));
		else if (!is_listed(can, role->n_can, words[i]))
			can[role->n_can++] = words[i];
	}
	role->can = can;
}

static void load_roles(struct loader *l, const struct yaml_node *roles)
{
	if (!roles || !load_is_map(l, roles, "`roles`"))
		return;
	for (size_t i = 0; i < roles->n; i++) {
		const struct yaml_node *node = roles->items[i];
		const char *name = arena_strdup(l->arena, roles->keys[i]->text);
		if (!load_name_ok(l, roles->keys[i], name, "a role") ||
		    !load_keys(l, node, "a role", "label about can"))
			continue;
		struct role *role = (struct role *)load_role(l, name);
		if (!role) { /* roles of several packs merge by name */
			role = &l->m->roles[l->m->n_roles++];
			role->name = name;
			role->label = load_label(l, yaml_get(node, "label"), name);
			role->about = load_label(l, yaml_get(node, "about"), NULL);
		}
		merge_can(l, role, yaml_get(node, "can"));
	}
}

static bool parameter_value(struct loader *l, struct parameter *p, const char *kind, const struct yaml_node *node)
{
	const char *s = yaml_text(node);
	int64_t v;
	bool flag;
	if (!s || !*s)
		return false;
	if (strcmp(kind, "number") == 0 || strcmp(kind, "money") == 0) {
		p->kind = kind[0] == 'm' ? FIELD_MONEY : FIELD_NUMBER;
		if (p->kind == FIELD_MONEY)
			p->scale = 2;
		if (!load_decimal(s, p->scale, &v))
			return false;
		p->preset = value_int(v);
	} else if (strcmp(kind, "flag") == 0) {
		p->kind = FIELD_FLAG;
		if (!yaml_flag(node, &flag))
			return false;
		p->preset = value_int(flag);
	} else {
		p->kind = FIELD_TEXT;
		if (strcmp(kind, "duration") == 0 && !load_duration_ok(s))
			return false;
		p->preset = value_text(arena_strdup(l->arena, s));
	}
	p->value = p->preset;
	return true;
}

static void load_parameters(struct loader *l, const struct yaml_node *map)
{
	if (!map || !load_is_map(l, map, "`parameters`"))
		return;
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *node = map->items[i];
		const char *name = arena_strdup(l->arena, map->keys[i]->text);
		if (!load_name_ok(l, map->keys[i], name, "a parameter") ||
		    !load_keys(l, node, "a parameter", "label kind default scale source help unit"))
			continue;
		if (strcmp(name, "me") == 0 || strcmp(name, "my_teams") == 0 || strcmp(name, "my_roles") == 0 ||
		    strcmp(name, "my_units") == 0 || strcmp(name, "shared_teams") == 0) {
			load_fault(l, map->keys[i], "@%s stands for the user: choose another name", name);
			continue;
		}
		if (model_parameter(l->m, name)) {
			load_fault(l, map->keys[i], "parameter `%s` is declared by another pack already", name);
			continue;
		}
		struct parameter *p = &l->m->parameters[l->m->n_parameters++];
		p->name = name;
		p->label = load_label(l, yaml_get(node, "label"), name);
		p->source = load_text(l, node, "source");
		const char *kind = load_text(l, node, "kind");
		int64_t scale = 0;
		if (yaml_get(node, "scale") && (!yaml_int(yaml_get(node, "scale"), &scale) || scale < 0 || scale > 6))
			load_fault(l, yaml_get(node, "scale"), "`scale` is the digits after the point, 0 to 6");
		else
			p->scale = (int)scale;
		static const char *const kinds[] = {"text", "number", "money", "flag", "duration"};
		if (!kind || !is_listed(kinds, 5, kind))
			load_fault(l, yaml_get(node, "kind") ? yaml_get(node, "kind") : map->keys[i],
			           "parameter `%s` needs a kind: text, number, money, flag or duration", name);
		else if (!yaml_get(node, "default") && strcmp(kind, "number") != 0)
			load_fault(l, map->keys[i], "parameter `%s` needs a default", name);
		else if (!yaml_get(node, "default"))
			; /* a target nobody has set yet: empty until somebody does */
		else if (!parameter_value(l, p, kind, yaml_get(node, "default")))
			load_fault(l, yaml_get(node, "default"), "this default is no %s%s", kind,
			           strcmp(kind, "duration") == 0 ? ": write 30m, 2h, 3d, 1w, 6mo or 5bd" : "");
	}
}

static void load_head(struct loader *l, const char *name)
{
	const struct yaml_node *doc = pack_doc(l, name);
	struct pack *pack = &l->m->packs[l->m->n_packs++];
	*pack = (struct pack){
	        .name = arena_strdup(l->arena, name), .label = {.zh = arena_strdup(l->arena, name)}, .version = ""};
	if (!doc && is_own(name)) {
		pack->label = (struct label){"本单位自定", "Our own"};
		return;
	}
	if (!doc) {
		struct yaml_doc where = {.pack = name, .path = "pack.yaml"};
		load_fault_at(l, &where, 1, 1, false, "the pack has no pack.yaml (pack, label, version, needs)");
		return;
	}
	if (!load_keys(l, doc, "pack.yaml", "pack label version needs roles parameters groups rail about"))
		return;
	const char *said = load_text(l, doc, "pack"), *version = load_text(l, doc, "version");
	if (!said || strcmp(said, name) != 0)
		load_fault(l, yaml_get(doc, "pack") ? yaml_get(doc, "pack") : doc,
		           "`pack:` must be the name of its folder, `%s`", name);
	pack->label = load_label(l, yaml_get(doc, "label"), pack->name);
	pack->version = version ? version : "0";
	size_t n;
	const char **needs = load_words(l, yaml_get(doc, "needs"), "`needs`", &n);
	for (size_t i = 0; i < n; i++) {
		bool there = false;
		for (size_t k = 0; k < l->n_texts && !there; k++)
			there = strcmp(l->texts[k]->pack, needs[i]) == 0;
		if (!there)
			load_fault(l, load_item(yaml_get(doc, "needs"), i),
			           "pack `%s` is needed but not loaded: add it to the packs of the organisation",
			           needs[i]);
	}
}

void load_packs(struct loader *l)
{
	const char **names = ARENA_ARRAY(l->scratch, l->n_texts + 1, const char *);
	size_t n = list_packs(l, names), n_roles = 0, n_parameters = 0, n_rail = 0, n_groups = 0;
	order_packs(l, names, n);
	sort_texts(l, names, n);
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *doc = pack_doc(l, names[i]);
		const struct yaml_node *roles = yaml_get(doc, "roles"), *parameters = yaml_get(doc, "parameters"),
		                       *rail = yaml_get(doc, "rail"), *groups = yaml_get(doc, "groups");
		n_roles += roles ? roles->n : 0;
		n_parameters += parameters ? parameters->n : 0;
		n_rail += rail ? rail->n : 0;
		n_groups += 1 + (groups ? groups->n : 0);
	}
	l->m->packs = ARENA_ARRAY(l->arena, n + 1, struct pack);
	l->m->roles = ARENA_ARRAY(l->arena, n_roles + 1, struct role);
	l->m->parameters = ARENA_ARRAY(l->arena, n_parameters + 1, struct parameter);
	l->m->rail = ARENA_ARRAY(l->arena, n_rail + 1, struct rail_entry);
	l->m->rail_groups = ARENA_ARRAY(l->arena, n_groups + 1, struct rail_group);
	for (size_t i = 0; i < n; i++) {
		load_head(l, names[i]);
		load_roles(l, yaml_get(pack_doc(l, names[i]), "roles"));
		load_parameters(l, yaml_get(pack_doc(l, names[i]), "parameters"));
	}
}

static const char *rail_group_named(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->m->n_rail_groups; i++)
		if (strcmp(l->m->rail_groups[i].name, name) == 0)
			return l->m->rail_groups[i].name;
	return NULL;
}

static void rail_group_add(struct loader *l, const char *name, struct label label, bool last)
{
	l->m->rail_groups[l->m->n_rail_groups++] = (struct rail_group){.name = name, .label = label, .last = last};
}

/* A list that names no group stands in that of its pack; a page on top. */
static const char *load_rail_group(struct loader *l, const struct yaml_node *node, const struct rail_entry *entry)
{
	const char *name = load_text(l, node, "group");
	if (name) {
		const char *known = rail_group_named(l, name);
		if (!known)
			load_fault(l, yaml_get(node, "group"),
			           "there is no group `%s`: declare it under `groups:` of pack.yaml", name);
		return known;
	}
	if (!entry->type)
		return NULL;
	for (size_t i = 0; i < l->m->n_packs; i++) {
		const struct pack *pack = &l->m->packs[i];
		if (strcmp(pack->name, node->doc->pack) != 0)
			continue;
		if (!rail_group_named(l, pack->name))
			rail_group_add(l, pack->name, pack->label, false);
		return pack->name;
	}
	return NULL;
}

static void load_groups(struct loader *l, const struct yaml_node *doc)
{
	const struct yaml_node *groups = yaml_get(doc, "groups");
	if (!groups)
		return;
	if (groups->kind != YAML_LIST) {
		load_fault(l, groups, "`groups` must be a list (lines that start with -)");
		return;
	}
	for (size_t i = 0; i < groups->n; i++) {
		const struct yaml_node *node = groups->items[i];
		bool last = false;
		if (!load_keys(l, node, "a group of the rail", "name label last"))
			continue;
		const char *name = load_text(l, node, "name");
		if (!name || !load_name_ok(l, yaml_get(node, "name"), name, "a group of the rail")) {
			if (!name)
				load_fault(l, node, "a group of the rail needs a name");
			continue;
		}
		if (rail_group_named(l, name))
			load_fault(l, yaml_get(node, "name"), "group `%s` is there already", name);
		if (yaml_get(node, "last") && !yaml_flag(yaml_get(node, "last"), &last))
			load_fault(l, yaml_get(node, "last"), "`last` is true or false");
		rail_group_add(l, name, load_label(l, yaml_get(node, "label"), name), last);
	}
}

static void load_rail_entry(struct loader *l, const struct yaml_node *node)
{
	if (!load_keys(l, node, "a rail entry", "name label icon page type roles group"))
		return;
	struct rail_entry *entry = &l->m->rail[l->m->n_rail];
	entry->name = load_text(l, node, "name");
	if (!entry->name || !load_name_ok(l, yaml_get(node, "name"), entry->name, "a rail entry")) {
		if (!entry->name)
			load_fault(l, node, "a rail entry needs a name");
		return;
	}
	for (size_t i = 0; i < l->m->n_rail; i++)
		if (strcmp(l->m->rail[i].name, entry->name) == 0)
			load_fault(l, yaml_get(node, "name"), "rail entry `%s` is there already", entry->name);
	entry->label = load_label(l, yaml_get(node, "label"), entry->name);
	entry->icon = load_text(l, node, "icon");
	entry->page = load_text(l, node, "page");
	entry->type = load_text(l, node, "type");
	size_t n_pages = sizeof pages / sizeof *pages;
	if (!entry->page || !is_listed(pages, n_pages, entry->page))
		load_fault(l, yaml_get(node, "page") ? yaml_get(node, "page") : node,
		           "`page` must be one of: workbench intake list tasks report settings search");
	else if (strcmp(entry->page, "list") == 0 && !entry->type)
		load_fault(l, node, "a rail entry of page `list` needs `type:`");
	if (entry->type && !model_type(l->m, entry->type))
		load_fault(l, yaml_get(node, "type"), "there is no type `%s`", entry->type);
	entry->group = load_rail_group(l, node, entry);
	entry->roles = load_words(l, yaml_get(node, "roles"), "`roles`", &entry->n_roles);
	for (size_t i = 0; i < entry->n_roles; i++)
		if (!load_role(l, entry->roles[i]))
			load_fault(l, load_item(yaml_get(node, "roles"), i),
			           "there is no role `%s`: declare it in pack.yaml", entry->roles[i]);
	l->m->n_rail++;
}

void load_rail(struct loader *l)
{
	for (size_t i = 0; i < l->n_texts; i++) {
		if (strcmp(l->texts[i]->path, "pack.yaml") != 0)
			continue;
		load_groups(l, l->docs[i]);
		const struct yaml_node *rail = yaml_get(l->docs[i], "rail");
		if (rail && rail->kind != YAML_LIST)
			load_fault(l, rail, "`rail` must be a list (lines that start with -)");
		for (size_t k = 0; rail && rail->kind == YAML_LIST && k < rail->n; k++)
			load_rail_entry(l, rail->items[k]);
	}
}

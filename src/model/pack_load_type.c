/* types/TYPE.yaml: names, states, inputs, lists and parties. */
#include "model/pack_load.h"

static const char *const type_keys =
        "type label plural icon uses number title confidential was fields states start inputs "
        "parties transitions work duplicates lists access views form print follow_up clocks rules "
        "path asides alike";
static const char *const extend_keys = "extend fields states inputs parties transitions lists access views form print "
                                       "follow_up clocks rules asides alike";

static bool is_type_file(const struct pack_text *text)
{
	return strncmp(text->path, "types/", 6) == 0;
}

static struct type *new_type(struct loader *l, const struct pack_text *text, const struct yaml_node *doc)
{
	const struct yaml_node *named = yaml_get(doc, "type");
	const char *name = load_text(l, doc, "type");
	if (!name) {
		load_fault(l, doc, "the file must say `type: NAME` (or `extend: TYPE` to add to one)");
		return NULL;
	}
	if (!load_name_ok(l, named, name, "a type"))
		return NULL;
	if (table_is_system(name) || strcmp(name, "work") == 0) {
		load_fault(l, named, "`%s` is the name of a table of the program: choose another", name);
		return NULL;
	}
	const struct type *before = model_type(l->m, name);
	if (before) {
		load_fault(l, named, "type `%s` is declared by pack `%s` already; `extend: %s` adds to it", name,
		           before->pack, name);
		return NULL;
	}
	if (l->m->n_types >= LIMIT_TYPES) {
		load_fault(l, named, "more than %d types", LIMIT_TYPES);
		return NULL;
	}
	struct type *t = &l->m->types[l->m->n_types];
	*t = (struct type){.name = name,
	                   .label = {.zh = name},
	                   .table = name,
	                   .at = (int)l->m->n_types++,
	                   .pack = arena_strdup(l->arena, text->pack),
	                   .file = arena_strdup(l->arena, text->path)};
	return t;
}

static void add_part(struct loader *l, const struct type *t, struct yaml_node *doc)
{
	struct source *s = &l->sources[t->at];
	if (!s->parts)
		s->parts = ARENA_ARRAY(l->scratch, l->n_texts + 1, struct yaml_node *);
	s->parts[s->n++] = doc;
}

void load_type_names(struct loader *l)
{
	l->m->types = ARENA_ARRAY(l->arena, l->n_texts + 1, struct type);
	l->sources = ARENA_ARRAY(l->scratch, l->n_texts + 1, struct source);
	for (size_t i = 0; i < l->n_texts; i++) {
		struct yaml_node *doc = l->docs[i];
		if (!is_type_file(l->texts[i]) || yaml_get(doc, "extend") || !load_is_map(l, doc, "a type"))
			continue;
		struct type *t = new_type(l, l->texts[i], doc);
		load_keys(l, doc, "a type", type_keys);
		if (t)
			add_part(l, t, doc);
	}
	for (size_t i = 0; i < l->n_texts; i++) {
		struct yaml_node *doc = l->docs[i];
		if (!is_type_file(l->texts[i]) || !yaml_get(doc, "extend"))
			continue;
		const char *name = load_text(l, doc, "extend");
		const struct type *t = name ? model_type(l->m, name) : NULL;
		load_keys(l, doc, "`extend`", extend_keys);
		if (!t)
			load_fault(l, yaml_get(doc, "extend"), "there is no type `%s` to extend", name ? name : "");
		else
			add_part(l, t, doc);
	}
}

/* {yyyy} {yy} {mm} {dd} and one {seq:N}, the rest stands as it is. */
static void check_number(struct loader *l, const struct type *t, const struct yaml_node *node)
{
	int seqs = 0;
	for (const char *p = t->number; *p; p++) {
		if (*p == '}') {
			load_fault(l, node, "a } without its { in the number");
			return;
		}
		if (*p != '{')
			continue;
		size_t len = strcspn(p, "}");
		bool seq = len == 6 && strncmp(p, "{seq:", 5) == 0 && p[5] >= '1' && p[5] <= '9';
		seqs += seq;
		if (!p[len] || (!seq && strncmp(p, "{yyyy}", 6) != 0 && strncmp(p, "{yy}", 4) != 0 &&
		                strncmp(p, "{mm}", 4) != 0 && strncmp(p, "{dd}", 4) != 0)) {
			load_fault(l, node, "a number is made of text, {yyyy} {yy} {mm} {dd} and {seq:4}");
			return;
		}
		p += len;
	}
	if (seqs != 1)
		load_fault(l, node, "a number needs {seq:N} once, such as {seq:4}");
	if (strlen(t->number) > 40)
		load_fault(l, node, "the number's pattern is longer than 40 letters");
}

static enum stage stage_from(const char *name)
{
	for (int s = STAGE_OPEN; name && s <= STAGE_FINAL; s++)
		if (strcmp(stage_name((enum stage)s), name) == 0)
			return (enum stage)s;
	return STAGE_NONE;
}

static void load_states(struct loader *l, struct type *t)
{
	t->states = ARENA_ARRAY(l->arena, walk_count(l, t, "states") + 1, struct state);
	for (struct walk w = walk_start(l, t, "states", false); walk_next(&w);) {
		if (!load_name_ok(l, w.key, w.name, "a state") || !load_keys(l, w.value, "a state", "label stage say"))
			continue;
		if (type_state(t, w.name)) {
			load_fault(l, w.key, "state `%s` is declared already", w.name);
			continue;
		}
		struct state *s = &t->states[t->n_states++];
		s->name = w.name;
		s->label = load_label(l, yaml_get(w.value, "label"), w.name);
		s->say = load_label(l, yaml_get(w.value, "say"), NULL);
		s->stage = stage_from(load_text(l, w.value, "stage"));
		if (s->stage == STAGE_NONE)
			load_fault(l, yaml_get(w.value, "stage") ? yaml_get(w.value, "stage") : w.key,
			           "state `%s` needs a stage: open, paused, done or final", w.name);
	}
	const struct yaml_node *start = source_get(l, t, "start"), *main_part = l->sources[t->at].parts[0];
	t->start = load_text(l, main_part, "start");
	if (t->n_states && !t->start)
		load_fault(l, main_part, "type `%s` has states: say with `start:` in which one a record begins",
		           t->name);
	else if (t->start && !type_state(t, t->start))
		load_fault(l, start, "there is no state `%s` to start in", t->start);
	if (t->uses_work && !t->n_states)
		load_fault(l, main_part, "type `%s` uses work and so needs `states`", t->name);
}

void load_type_head(struct loader *l, struct type *t)
{
	const struct yaml_node *doc = l->sources[t->at].parts[0];
	t->label = load_label(l, yaml_get(doc, "label"), t->name);
	t->plural = load_label(l, yaml_get(doc, "plural"), t->label.zh);
	if (!t->plural.en)
		t->plural.en = t->label.en;
	t->icon = load_text(l, doc, "icon");
	t->was = load_text(l, doc, "was");
	t->number = load_text(l, doc, "number");
	t->confidential = load_flag(l, doc, "confidential");
	size_t n;
	const char **uses = load_words(l, yaml_get(doc, "uses"), "`uses`", &n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(uses[i], "work") == 0)
			t->uses_work = true;
		else
			load_fault(l, load_item(yaml_get(doc, "uses"), i), "`uses` knows only `work`, not `%s`",
			           uses[i]);
	}
	if (t->number)
		check_number(l, t, yaml_get(doc, "number"));
	if (t->was && model_type(l->m, t->was))
		load_fault(l, yaml_get(doc, "was"), "type `%s` is still declared: rename or keep, not both", t->was);
	load_states(l, t);
}

static void load_title(struct loader *l, struct type *t)
{
	const struct yaml_node *doc = l->sources[t->at].parts[0], *node = yaml_get(doc, "title");
	const char *name = load_text(l, doc, "title");
	t->title = name ? type_field(t, name) : type_field(t, "number");
	if (!t->title)
		load_fault(l, node ? node : doc,
		           name ? "there is no field `%s` to be the title%s"
		                : "type `%s` needs `title:`, the text field that names a record%s",
		           name ? name : t->name, name ? load_nearest_field(l, t, name) : "");
	else if (t->title->kind != FIELD_TEXT && t->title->kind != FIELD_LONG_TEXT && t->title->kind != FIELD_PHONE &&
	         t->title->kind != FIELD_EMAIL)
		load_fault(l, node, "the title must be a text field; `%s` is a %s", t->title->name,
		           field_kind_name(t->title->kind));
}

static void load_inputs(struct loader *l, struct type *t)
{
	size_t cap = walk_count(l, t, "inputs") + WORK_INPUTS_MAX;
	t->inputs = ARENA_ARRAY(l->arena, cap + 1, struct field);
	for (struct walk w = walk_start(l, t, "inputs", false); walk_next(&w);) {
		if (type_field(t, w.name)) {
			load_fault(l, w.key, "`%s` is a field already: `ask` may name fields, no input is needed",
			           w.name);
			continue;
		}
		if (type_input(t, w.name)) {
			load_fault(l, w.key, "input `%s` is declared already", w.name);
			continue;
		}
		struct field *f = &t->inputs[t->n_inputs];
		f->of = t;
		f->at = (int)t->n_inputs++;
		load_field(l, f, w.name, w.value, "inputs");
	}
	work_inputs(l, t, cap);
}

static void load_count_by(struct loader *l, struct list_def *list, const struct yaml_node *node)
{
	size_t n = 0;
	const char **names = node ? load_words(l, node, "`count_by`", &n) : NULL;
	list->count_by = ARENA_ARRAY(l->arena, n + 1, const struct field *);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = type_field(list->of, names[i]);
		if (f != NULL && (f->kind == FIELD_CHOICE || f->kind == FIELD_LINK || f->kind == FIELD_FLAG))
			list->count_by[list->n_count_by++] = f;
		else
			load_fault(l, node, "`count_by` takes choices, links and flags of `%s`, `%s` is none",
			           list->of->name, names[i]);
	}
}

static void load_list(struct loader *l, struct type *t, const struct walk *w)
{
	if (!load_name_ok(l, w->key, w->name, "a list") ||
	    !load_keys(l, w->value, "a list", "label of by where show count_by"))
		return;
	if (type_list(t, w->name) || type_field(t, w->name)) {
		load_fault(l, w->key, "`%s` is a field or list of `%s` already", w->name, t->name);
		return;
	}
	const char *of = load_text(l, w->value, "of"), *by = load_text(l, w->value, "by");
	const struct type *target = of ? model_type(l->m, of) : NULL;
	const struct field *field = target && by ? type_field(target, by) : NULL;
	if (!of || !by) {
		load_fault(l, w->key, "list `%s` needs `of:` (a type) and `by:` (its link to this one)", w->name);
		return;
	}
	if (!target) {
		load_fault(l, yaml_get(w->value, "of"), "there is no type `%s`", of);
		return;
	}
	bool leads_here = field && (field->kind == FIELD_LINK || field->kind == FIELD_LINKS) && field->to &&
	                  (field->target == t || (strcmp(field->to, "work") == 0 && t->uses_work));
	if (!leads_here) {
		load_fault(l, yaml_get(w->value, "by"),
		           field ? "`%s` of `%s` is no link to `%s`" : "there is no field `%s` in `%s`%s", by, of,
		           field ? t->name : load_nearest_field(l, target, by));
		return;
	}
	struct list_def *list = &t->lists[t->n_lists++];
	*list = (struct list_def){.name = w->name, .of = target, .by = field};
	list->label = load_label(l, yaml_get(w->value, "label"), target->label.zh);
	list->show = load_flag(l, w->value, "show");
	load_filter(l, yaml_get(w->value, "where"), target, &list->where);
	load_count_by(l, list, yaml_get(w->value, "count_by"));
}

static void load_parties(struct loader *l, struct type *t)
{
	t->parties = ARENA_ARRAY(l->arena, walk_count(l, t, "parties") + WORK_PARTIES_MAX + 1, struct party);
	work_parties(l, t);
	for (struct walk w = walk_start(l, t, "parties", false); walk_next(&w);) {
		if (!load_name_ok(l, w.key, w.name, "a party") || !load_keys(l, w.value, "a party", "label is roles"))
			continue;
		bool there = load_role(l, w.name) != NULL || strcmp(w.name, "anyone") == 0;
		for (size_t i = 0; i < t->n_parties; i++)
			there = there || strcmp(t->parties[i].name, w.name) == 0;
		if (there) {
			load_fault(l, w.key, "`%s` is a role or a party already", w.name);
			continue;
		}
		struct party *p = &t->parties[t->n_parties++];
		p->name = w.name;
		p->label = load_label(l, yaml_get(w.value, "label"), w.name);
		if (!yaml_get(w.value, "is"))
			load_fault(l, w.key, "party `%s` needs `is:`, a filter that says who it is", w.name);
		load_filter(l, yaml_get(w.value, "is"), t, &p->is);
		const struct yaml_node *roles = yaml_get(w.value, "roles");
		p->roles = load_words(l, roles, "`roles`", &p->n_roles);
		for (size_t i = 0; i < p->n_roles; i++)
			if (!load_role(l, p->roles[i]))
				load_fault(l, load_item(roles, i), "there is no role `%s`", p->roles[i]);
	}
}

void load_type_tail(struct loader *l, struct type *t)
{
	load_title(l, t);
	load_same(l, t);
	load_inputs(l, t);
	t->lists = ARENA_ARRAY(l->arena, walk_count(l, t, "lists") + 1, struct list_def);
	for (struct walk w = walk_start(l, t, "lists", false); walk_next(&w);)
		load_list(l, t, &w);
	load_parties(l, t);
}

/* What is seen: access, views, forms, printed forms. */
#include "model/pack_load.h"

static const struct field **field_list(struct loader *l, const struct type *t, const struct yaml_node *node,
                                       const char *what, size_t *ret_n)
{
	size_t n;
	const char **names = load_words(l, node, what, &n);
	const struct field **fields = ARENA_ARRAY(l->arena, n + 1, const struct field *);
	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct field *f = type_field(t, names[i]);
		if (f)
			fields[(*ret_n)++] = f;
		else
			load_fault(l, load_item(node, i), "%s: there is no field `%s` in `%s`%s", what, names[i],
			           t->name, load_nearest_field(l, t, names[i]));
	}
	return fields;
}

static void load_masks(struct loader *l, struct type *t, const struct yaml_node *node, struct access *a)
{
	if (!node || !load_is_map(l, node, "`mask`"))
		return;
	a->masks = ARENA_ARRAY(l->arena, node->n + 1, struct mask);
	for (size_t i = 0; i < node->n; i++) {
		const struct field *f = type_field(t, node->keys[i]->text);
		if (!f) {
			load_fault(l, node->keys[i], "`mask`: there is no field `%.60s` in `%s`%s", node->keys[i]->text,
			           t->name, load_nearest_field(l, t, node->keys[i]->text));
			continue;
		}
		if (f->kind != FIELD_TEXT && f->kind != FIELD_LONG_TEXT && f->kind != FIELD_PHONE &&
		    f->kind != FIELD_EMAIL && f->kind != FIELD_TABLE)
			load_fault(l, node->keys[i],
			           "only texts, phones, e-mails and tables can be masked; `%s` is a %s: hide it",
			           f->name, field_kind_name(f->kind));
		struct mask *mask = &a->masks[a->n_masks++];
		mask->field = f;
		const struct yaml_node *how = node->items[i];
		if (yaml_is_empty(how))
			continue;
		load_keys(l, how, "a mask", "unless");
		load_filter(l, yaml_get(how, "unless"), t, &mask->unless);
	}
}

void load_access(struct loader *l, struct type *t)
{
	t->access = ARENA_ARRAY(l->arena, walk_count(l, t, "access") + 1, struct access);
	for (struct walk w = walk_start(l, t, "access", false); walk_next(&w);) {
		if (!load_keys(l, w.value, "an access line", "read write create remove export glance hide mask"))
			continue;
		if (!load_role(l, w.name)) {
			const char **all = ARENA_ARRAY(l->scratch, l->m->n_roles + 1, const char *);
			for (size_t i = 0; i < l->m->n_roles; i++)
				all[i] = l->m->roles[i].name;
			load_fault(l, w.key, "there is no role `%s`%s", w.name,
			           load_nearest(l, w.name, all, l->m->n_roles));
			continue;
		}
		struct access *a = &t->access[t->n_access++];
		a->role = w.name;
		load_filter(l, yaml_get(w.value, "read"), t, &a->read);
		load_filter(l, yaml_get(w.value, "write"), t, &a->write);
		load_filter(l, yaml_get(w.value, "remove"), t, &a->remove);
		a->create = load_flag(l, w.value, "create");
		a->export = load_flag(l, w.value, "export");
		a->glance = field_list(l, t, yaml_get(w.value, "glance"), "`glance`", &a->n_glance);
		a->hide = field_list(l, t, yaml_get(w.value, "hide"), "`hide`", &a->n_hide);
		load_masks(l, t, yaml_get(w.value, "mask"), a);
		bool first = w.part == 0;
		for (size_t i = 0; first && i + 1 < t->n_access; i++)
			if (strcmp(t->access[i].role, w.name) == 0)
				load_fault(l, w.key, "role `%s` has a line already", w.name);
	}
}

static struct filter *either(struct loader *l, struct filter *x, struct filter *y)
{
	return !x ? y : !y ? x : filter_or(l->arena, x, y); /* NULL is nothing here, not all */
}

static void merge_into(struct loader *l, struct access *a, const struct access *b)
{
	const struct field **glance = ARENA_ARRAY(l->arena, a->n_glance + b->n_glance + 1, const struct field *);
	const struct field **hide = ARENA_ARRAY(l->arena, a->n_hide + b->n_hide + 1, const struct field *);
	struct mask *masks = ARENA_ARRAY(l->arena, a->n_masks + b->n_masks + 1, struct mask);
	memcpy(glance, a->glance, a->n_glance * sizeof *glance);
	memcpy(glance + a->n_glance, b->glance, b->n_glance * sizeof *glance);
	memcpy(hide, a->hide, a->n_hide * sizeof *hide);
	memcpy(hide + a->n_hide, b->hide, b->n_hide * sizeof *hide);
	if (a->n_masks)
		memcpy(masks, a->masks, a->n_masks * sizeof *masks);
	if (b->n_masks)
		memcpy(masks + a->n_masks, b->masks, b->n_masks * sizeof *masks);
	a->glance = glance;
	a->hide = hide;
	a->masks = masks;
	a->n_glance += b->n_glance;
	a->n_hide += b->n_hide;
	a->n_masks += b->n_masks;
	a->read = either(l, a->read, b->read);
	a->write = either(l, a->write, b->write);
	a->remove = either(l, a->remove, b->remove);
	a->create = a->create || b->create;
	a->export = a->export || b->export;
}

void load_merge_access(struct loader *l, struct type *t)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->n_access; i++) {
		struct access *before = NULL;
		for (size_t k = 0; k < kept; k++)
			if (strcmp(t->access[k].role, t->access[i].role) == 0)
				before = &t->access[k];
		if (before)
			merge_into(l, before, &t->access[i]);
		else
			t->access[kept++] = t->access[i];
	}
	t->n_access = kept;
}

const struct field *load_path(struct loader *l, const struct type *t, const struct yaml_node *node)
{
	const char *text = yaml_text(node);
	if (!text || !*text) {
		load_fault(l, node, "a field's name is wanted here");
		return NULL;
	}
	const char *dot = strchr(text, '.');
	char *name = arena_strndup(l->scratch, text, dot ? (size_t)(dot - text) : strlen(text));
	const struct field *f = type_field(t, name);
	if (!f) {
		load_fault(l, node, "there is no field `%.60s` in `%s`%s", name, t->name,
		           load_nearest_field(l, t, name));
		return NULL;
	}
	if (!dot)
		return f;
	if (f->kind != FIELD_LINK || !f->target) {
		load_fault(l, node, "`%s` is no link to one type: a path goes through a link", name);
		return NULL;
	}
	const struct field *far = type_field(f->target, dot + 1);
	if (!far)
		load_fault(l, node, "there is no field `%.60s` in `%s`%s", dot + 1, f->target->name,
		           load_nearest_field(l, f->target, dot + 1));
	return far;
}

static void load_sort(struct loader *l, struct type *t, const struct yaml_node *node, struct view *v)
{
	size_t n;
	const char **names = load_words(l, node, "`sort`", &n);
	v->sort = ARENA_ARRAY(l->arena, n + 1, struct sort_key);
	if (n > 3)
		load_fault(l, node, "at most 3 fields to sort by");
	for (size_t i = 0; i < n && i < 3; i++) {
		bool desc = names[i][0] == '-';
		const struct field *f = type_field(t, names[i] + desc);
		if (!f)
			load_fault(l, load_item(node, i), "there is no field `%s` in `%s`%s", names[i] + desc, t->name,
			           load_nearest_field(l, t, names[i] + desc));
		else if (!(f->flags & FIELD_SORT))
			load_fault(l, load_item(node, i), "lists can't sort by `%s`: give it `sort: true`", f->name);
		else
			v->sort[v->n_sort++] = (struct sort_key){.field = f, .desc = desc};
	}
}

static void load_view(struct loader *l, struct type *t, const struct walk *w)
{
	if (!load_name_ok(l, w->key, w->name, "a view") ||
	    !load_keys(l, w->value, "a view", "label where columns sort roles"))
		return;
	for (size_t i = 0; i < t->n_views; i++)
		if (strcmp(t->views[i].name, w->name) == 0) {
			load_fault(l, w->key, "view `%s` is there already", w->name);
			return;
		}
	struct view *v = &t->views[t->n_views++];
	v->name = w->name;
	v->label = load_label(l, yaml_get(w->value, "label"), w->name);
	load_filter(l, yaml_get(w->value, "where"), t, &v->where);
	const struct yaml_node *columns = yaml_get(w->value, "columns");
	v->columns = load_words(l, columns, "`columns`", &v->n_columns);
	if (!v->n_columns)
		load_fault(l, columns ? columns : w->key, "view `%s` needs columns", w->name);
	if (v->n_columns > 64)
		load_fault(l, columns, "at most 64 columns");
	for (size_t i = 0; i < v->n_columns; i++)
		load_path(l, t, load_item(columns, i));
	load_sort(l, t, yaml_get(w->value, "sort"), v);
	v->roles = load_words(l, yaml_get(w->value, "roles"), "`roles`", &v->n_roles);
	for (size_t i = 0; i < v->n_roles; i++)
		if (!load_role(l, v->roles[i]))
			load_fault(l, load_item(yaml_get(w->value, "roles"), i), "there is no role `%s`", v->roles[i]);
}

/* A type without views is still a list: its first fields, newest first. */
static void default_view(struct loader *l, struct type *t)
{
	struct view *v = &t->views[t->n_views++];
	*v = (struct view){.name = "all", .label = {.zh = "全部", .en = "All"}};
	v->columns = ARENA_ARRAY(l->arena, 6, const char *);
	for (size_t i = 0; i < t->n_fields && v->n_columns < 6; i++)
		if (t->fields[i].kind != FIELD_TABLE && t->fields[i].kind != FIELD_LONG_TEXT &&
		    t->fields[i].kind != FIELD_FILES)
			v->columns[v->n_columns++] = t->fields[i].name;
}

void load_views(struct loader *l, struct type *t)
{
	t->views = ARENA_ARRAY(l->arena, walk_count(l, t, "views") + 2, struct view);
	for (struct walk w = walk_start(l, t, "views", false); walk_next(&w);)
		load_view(l, t, &w);
	if (!t->n_views)
		default_view(l, t);
}

static void default_form(struct loader *l, struct type *t)
{
	struct form_section *s = &t->form[t->n_form++];
	*s = (struct form_section){.label = t->label};
	s->fields = ARENA_ARRAY(l->arena, t->n_fields + 1, const char *);
	for (size_t i = 0; i < t->n_fields; i++)
		if (!(t->fields[i].flags & FIELD_SYSTEM))
			s->fields[s->n_fields++] = t->fields[i].name;
}

void load_form(struct loader *l, struct type *t)
{
	t->form = ARENA_ARRAY(l->arena, walk_count(l, t, "form") + 2, struct form_section);
	for (struct walk w = walk_start(l, t, "form", true); walk_next(&w);) {
		if (!load_keys(l, w.value, "a section", "section fields show"))
			continue;
		struct form_section *s = &t->form[t->n_form++];
		const struct yaml_node *fields = yaml_get(w.value, "fields");
		s->label = load_label(l, yaml_get(w.value, "section"), "");
		s->fields = load_words(l, fields, "`fields`", &s->n_fields);
		if (!yaml_get(w.value, "section"))
			load_fault(l, w.value, "a section needs its label: {section: 内容, fields: […]}");
		for (size_t i = 0; i < s->n_fields; i++)
			if (!type_field(t, s->fields[i]))
				load_fault(l, load_item(fields, i), "there is no field `%s` in `%s`%s", s->fields[i],
				           t->name, load_nearest_field(l, t, s->fields[i]));
		load_filter(l, yaml_get(w.value, "show"), t, &s->show);
	}
	if (!t->n_form)
		default_form(l, t);
}

static void check_table_cell(struct loader *l, const struct type *t, const struct yaml_node *cell, const char *key)
{
	const struct yaml_node *node = yaml_get(cell, key), *columns = yaml_get(cell, "columns");
	const char *name = yaml_text(node);
	const struct field *f = name ? type_field(t, name) : NULL;
	const struct list_def *list = name ? type_list(t, name) : NULL;
	if (!list && (!f || f->kind != FIELD_TABLE)) {
		load_fault(l, node, "`%s` is no table or list of `%s`", name ? name : "", t->name);
		return;
	}
	for (size_t i = 0; columns && columns->kind == YAML_LIST && i < columns->n; i++) {
		const char *column = yaml_text(columns->items[i]);
		bool there = false;
		if (list) {
			load_path(l, list->of, columns->items[i]);
			continue;
		}
		for (size_t k = 0; column && k < f->n_columns; k++)
			there = there || strcmp(f->columns[k].name, column) == 0;
		if (!there)
			load_fault(l, columns->items[i], "`%s` has no column `%s`", name, column ? column : "");
	}
}

static void check_cell(struct loader *l, const struct type *t, const struct yaml_node *cell)
{
	int64_t span;
	if (!load_keys(l, cell, "a cell", "label field span rows lines list table columns text sign show align bold"))
		return;
	if (yaml_get(cell, "span") && (!yaml_int(yaml_get(cell, "span"), &span) || span < 1 || span > 12))
		load_fault(l, yaml_get(cell, "span"), "`span` is 1 to 12 of the 12 columns");
	if (yaml_get(cell, "field")) {
		const struct field *f = load_path(l, t, yaml_get(cell, "field"));
		if (f && (f->flags & FIELD_CONFIDENTIAL))
			load_fault(l, yaml_get(cell, "field"), "`%s` is confidential and is never printed", f->name);
	}
	if (yaml_get(cell, "table"))
		check_table_cell(l, t, cell, "table");
	if (yaml_get(cell, "list"))
		check_table_cell(l, t, cell, "list");
}

static void check_grid(struct loader *l, const struct type *t, const struct yaml_node *doc)
{
	if (!load_keys(l, doc, "a printed form", "title subtitle paper letterhead prefix grid note foot"))
		return;
	const char *prefix = yaml_text(yaml_get(doc, "prefix"));
	bool flag;
	if (yaml_get(doc, "letterhead") && !yaml_flag(yaml_get(doc, "letterhead"), &flag))
		load_fault(l, yaml_get(doc, "letterhead"), "`letterhead` is true or false");
	if (yaml_get(doc, "prefix") &&
	    (!prefix || !*prefix || strlen(prefix) > 8 || prefix[strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]))
		load_fault(l, yaml_get(doc, "prefix"), "`prefix` is one to eight capital letters");
	const struct yaml_node *grid = yaml_get(doc, "grid");
	if (!grid || grid->kind != YAML_LIST || grid->n == 0) {
		load_fault(l, grid ? grid : doc, "a printed form needs `grid:`, a list of rows");
		return;
	}
	for (size_t i = 0; i < grid->n; i++) {
		const struct yaml_node *row = grid->items[i];
		if (row->kind != YAML_LIST) {
			load_fault(l, row, "a row is a list of cells: - [{label: …, field: …, span: 6}]");
			continue;
		}
		for (size_t k = 0; k < row->n; k++)
			check_cell(l, t, row->items[k]);
	}
}

static void load_print(struct loader *l, struct type *t, const struct walk *w)
{
	if (!load_name_ok(l, w->key, w->name, "a printed form") ||
	    !load_keys(l, w->value, "a printed form", "label grid"))
		return;
	struct print_form *p = &t->prints[t->n_prints];
	const char *path = load_text(l, w->value, "grid"), *pack = w->value->doc->pack;
	for (size_t i = 0; i < t->n_prints; i++)
		if (strcmp(t->prints[i].name, w->name) == 0)
			load_fault(l, w->key, "printed form `%s` is there already", w->name);
	for (size_t i = 0; path && i < l->n_texts; i++) {
		if (strcmp(l->texts[i]->pack, pack) != 0 || strcmp(l->texts[i]->path, path) != 0)
			continue;
		*p = (struct print_form){.name = w->name, .pack = arena_strdup(l->arena, pack), .path = path};
		p->label = load_label(l, yaml_get(w->value, "label"), w->name);
		p->body = arena_strndup(l->arena, l->texts[i]->body, l->texts[i]->len);
		if (l->docs[i])
			check_grid(l, t, l->docs[i]);
		t->n_prints++;
		return;
	}
	load_fault(l, yaml_get(w->value, "grid") ? yaml_get(w->value, "grid") : w->key,
	           "printed form `%s` needs `grid:`, a file of this pack such as print/%s.yaml", w->name, w->name);
}

void load_prints(struct loader *l, struct type *t)
{
	t->prints = ARENA_ARRAY(l->arena, walk_count(l, t, "print") + 1, struct print_form);
	for (struct walk w = walk_start(l, t, "print", false); walk_next(&w);)
		load_print(l, t, &w);
}

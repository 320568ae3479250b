/* Fields of a type, inputs of its transitions, columns of its tables. */
#include "model/pack_load.h"

static const char *const kind_names[] = {"text",  "long_text", "phone",    "email",   "number",  "money",
                                         "flag",  "date",      "datetime", "choice",  "choices", "link",
                                         "links", "files",     "table",    "computed"};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

#define KIND(k) (1u << (k))
enum {
	TEXT_KINDS = KIND(FIELD_TEXT) | KIND(FIELD_LONG_TEXT) | KIND(FIELD_PHONE) | KIND(FIELD_EMAIL),
	NUMBER_KINDS = KIND(FIELD_NUMBER) | KIND(FIELD_MONEY),
	SORT_KINDS = KIND(FIELD_TEXT) | KIND(FIELD_PHONE) | KIND(FIELD_EMAIL) | NUMBER_KINDS | KIND(FIELD_FLAG) |
	             KIND(FIELD_DATE) | KIND(FIELD_DATETIME) | KIND(FIELD_CHOICE),
	UNIQUE_KINDS = KIND(FIELD_TEXT) | KIND(FIELD_PHONE) | KIND(FIELD_EMAIL) | KIND(FIELD_NUMBER) |
	               KIND(FIELD_LINK) | KIND(FIELD_DATE) | KIND(FIELD_CHOICE),
	CHOICE_KINDS = KIND(FIELD_CHOICE) | KIND(FIELD_CHOICES),
	LINK_KINDS = KIND(FIELD_LINK) | KIND(FIELD_LINKS),
	/* What a column of a table may not be. */
	NO_COLUMN = KIND(FIELD_TABLE) | KIND(FIELD_LINKS) | KIND(FIELD_FILES) | KIND(FIELD_COMPUTED),
	NO_INPUT = KIND(FIELD_TABLE) | KIND(FIELD_COMPUTED),
};

static const char *const keys_of_fields =
        "kind label help required required_when show search sort unique lookup max min "
        "scale unit options to of is default was confidential system warning compute";
static const char *const keys_of_inputs = "kind label help required max min scale unit options to default show";
static const char *const keys_of_columns =
        "kind label help required max min scale unit options to default lookup was compute";

static bool is_one(unsigned kinds, enum field_kind k)
{
	return (kinds & KIND(k)) != 0;
}

static void load_option(struct loader *l, struct option *o, const struct yaml_node *node)
{
	if (node->kind == YAML_MAP) {
		load_keys(l, node, "an option", "name label retired");
		o->name = load_text(l, node, "name");
		o->label = load_label(l, yaml_get(node, "label"), o->name ? o->name : "");
		o->retired = load_flag(l, node, "retired");
	} else if (node->kind == YAML_TEXT) {
		size_t len = strcspn(node->text, " ");
		const char *label = node->text + len + strspn(node->text + len, " ");
		o->name = arena_strndup(l->arena, node->text, len);
		o->label.zh = *label ? arena_strdup(l->arena, label) : o->name;
	}
	if (!o->name || !*o->name) {
		load_fault(l, node, "an option is `name 标签` or {name: …, label: …}");
		o->name = "";
		return;
	}
	load_name_ok(l, node, o->name, "an option");
}

/* `options: roles`: the roles of all packs, as they are declared. */
static void role_options(struct loader *l, struct field *f)
{
	f->n_options = l->m->n_roles;
	f->options = ARENA_ARRAY(l->arena, f->n_options + 1, struct option);
	for (size_t i = 0; i < f->n_options; i++)
		f->options[i] = (struct option){.name = l->m->roles[i].name, .label = l->m->roles[i].label};
}

/* `options: types`: what a team has to do with, of all packs: work, and types with a field `team`. */
static void type_options(struct loader *l, struct field *f)
{
	const struct model *m = l->m;
	f->options = ARENA_ARRAY(l->arena, m->n_types + 1, struct option);
	for (size_t i = 0; i < m->n_types; i++) {
		const struct type *t = &m->types[i];
		if (t->uses_work || yaml_get(yaml_get(l->sources[i].parts[0], "fields"), "team"))
			f->options[f->n_options++] = (struct option){.name = t->name, .label = t->label};
	}
}

void load_options(struct loader *l, struct field *f, const struct yaml_node *node)
{
	if (yaml_text(node) && strcmp(node->text, "types") == 0) {
		type_options(l, f);
		return;
	}
	if (yaml_text(node) && strcmp(node->text, "roles") == 0) {
		role_options(l, f);
		return;
	}
	if (!node || node->kind != YAML_LIST || node->n == 0) {
		load_fault(l, node, "`options` must be a list: [one 标签, two 标签]");
		return;
	}
	f->options = ARENA_ARRAY(l->arena, node->n, struct option);
	for (size_t i = 0; i < node->n; i++) {
		struct option *o = &f->options[f->n_options];
		load_option(l, o, node->items[i]);
		bool twice = false;
		for (size_t k = 0; k < f->n_options; k++)
			twice = twice || strcmp(f->options[k].name, o->name) == 0;
		if (twice)
			load_fault(l, node->items[i], "option `%s` is there twice", o->name);
		else
			f->n_options++;
	}
}

static void load_columns(struct loader *l, struct field *f, const struct yaml_node *field_node)
{
	const struct yaml_node *node = yaml_get(field_node, "of");
	if (!node || node->kind == YAML_TEXT || node->n == 0) {
		load_fault(l, node ? node : field_node, "a table needs columns: `of: {name: {kind: text, label: …}}`");
		return;
	}
	f->columns = ARENA_ARRAY(l->arena, node->n, struct field);
	for (size_t i = 0; i < node->n; i++) {
		struct field *c = &f->columns[f->n_columns];
		const struct yaml_node *item = node->items[i];
		c->of = f->of;
		c->at = (int)f->n_columns;
		if (node->kind == YAML_MAP) {
			load_field(l, c, arena_strdup(l->arena, node->keys[i]->text), item, "columns");
		} else { /* `name 标签`: a text */
			struct option o = {0};
			load_option(l, &o, item);
			*c = (struct field){.name = o.name,
			                    .label = o.label,
			                    .kind = FIELD_LONG_TEXT,
			                    .flags = FIELD_MULTILINE,
			                    .of = f->of,
			                    .at = c->at,
			                    .column = o.name,
			                    .max_chars = LIMIT_LONG_TEXT_CHARS};
		}
		if (!c->name || !*c->name)
			continue;
		if (strcmp(c->name, "id") == 0 || strcmp(c->name, "parent") == 0 || strcmp(c->name, "pos") == 0)
			load_fault(l, item, "a column can't be called `%s`: every line has it already", c->name);
		for (size_t k = 0; k < f->n_columns; k++)
			if (strcmp(f->columns[k].name, c->name) == 0)
				load_fault(l, item, "column `%s` is there twice", c->name);
		f->n_columns++;
	}
}

static void load_lookups(struct loader *l, struct field *f, const struct yaml_node *node)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {{"pinyin", LOOKUP_PINYIN},
	             {"tail", LOOKUP_TAIL},
	             {"plate", LOOKUP_PLATE},
	             {"room", LOOKUP_ROOM},
	             {"code", LOOKUP_CODE}};
	size_t n;
	const char **words = load_words(l, node, "`lookup`", &n);
	for (size_t i = 0; i < n; i++) {
		unsigned bit = 0;
		for (size_t k = 0; k < sizeof known / sizeof *known; k++)
			if (strcmp(known[k].name, words[i]) == 0)
				bit = known[k].bit;
		if (!bit)
			load_fault(l, load_item(node, i), "`lookup` is one of: pinyin tail plate room code");
		f->lookups |= bit;
	}
	if (f->lookups && !is_one(TEXT_KINDS, f->kind))
		load_fault(l, node, "`lookup` is for text and phone fields; `%s` is a %s", f->name,
		           field_kind_name(f->kind));
}

static void load_bounds(struct loader *l, struct field *f, const struct yaml_node *node)
{
	const struct yaml_node *max = yaml_get(node, "max"), *min = yaml_get(node, "min"),
	                       *scale = yaml_get(node, "scale");
	int64_t v;
	if (f->kind == FIELD_MONEY)
		f->scale = 2;
	if (scale) {
		if (f->kind != FIELD_NUMBER || !yaml_int(scale, &v) || v < 0 || v > 6)
			load_fault(l, scale, "`scale` is the digits after the point of a number, 0 to 6");
		else
			f->scale = (int)v;
	}
	if (is_one(TEXT_KINDS, f->kind)) {
		size_t most = f->kind == FIELD_LONG_TEXT ? LIMIT_LONG_TEXT_CHARS : LIMIT_TEXT_CHARS;
		f->max_chars = most;
		if (max && (!yaml_int(max, &v) || v < 1 || (size_t)v > most))
			load_fault(l, max, "`max` is the characters of a text, 1 to %zu", most);
		else if (max)
			f->max_chars = (size_t)v;
		if (min)
			load_fault(l, min, "`min` is for numbers and money");
	} else if (is_one(NUMBER_KINDS, f->kind)) {
		f->has_max = max != NULL;
		f->has_min = min != NULL;
		if (max && (max->kind != YAML_TEXT || !load_decimal(max->text, f->scale, &f->max)))
			load_fault(l, max, "`max` must be a number with at most %d digits after the point", f->scale);
		if (min && (min->kind != YAML_TEXT || !load_decimal(min->text, f->scale, &f->min)))
			load_fault(l, min, "`min` must be a number with at most %d digits after the point", f->scale);
		if (max && min && f->min > f->max)
			load_fault(l, min, "`min` is above `max`");
	} else if (max || min) {
		load_fault(l, max ? max : min, "`max` and `min` are for texts (characters), numbers and money");
	}
}

static void load_target(struct loader *l, struct field *f, const struct yaml_node *node)
{
	const struct yaml_node *to = yaml_get(node, "to");
	if (!is_one(LINK_KINDS, f->kind)) {
		if (to)
			load_fault(l, to, "`to` is for links; `%s` is a %s", f->name, field_kind_name(f->kind));
		return;
	}
	f->to = load_text(l, node, "to");
	f->target = f->to ? model_type(l->m, f->to) : NULL;
	if (!f->to)
		load_fault(l, node, "link `%s` needs `to:`, the type it leads to (or work)", f->name);
	else if (!f->target && strcmp(f->to, "work") != 0)
		load_fault(l, to, "there is no type `%s`", f->to);
}

static void load_flags(struct loader *l, struct field *f, const struct yaml_node *node)
{
	static const struct {
		const char *key;
		unsigned flag, kinds;
	} known[] = {
	        {"required", FIELD_REQUIRED, ~(unsigned)KIND(FIELD_COMPUTED)},
	        {"search", FIELD_SEARCH, TEXT_KINDS},
	        {"sort", FIELD_SORT, SORT_KINDS},
	        {"unique", FIELD_UNIQUE, UNIQUE_KINDS},
	        {"confidential", FIELD_CONFIDENTIAL, ~0u},
	        {"system", FIELD_SYSTEM, ~0u},
	        {"warning", FIELD_WARNING, KIND(FIELD_FLAG) | KIND(FIELD_COMPUTED)},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (!load_flag(l, node, known[i].key))
			continue;
		if (!is_one(known[i].kinds, f->kind))
			load_fault(l, yaml_get(node, known[i].key), "`%s` can't be said of a %s", known[i].key,
			           field_kind_name(f->kind));
		else
			f->flags |= known[i].flag;
	}
}

static bool load_kind(struct loader *l, struct field *f, const struct yaml_node *node, const char *within)
{
	const char *kind = load_text(l, node, "kind");
	int found = -1;
	for (int k = 0; kind && k < KINDS; k++)
		if (strcmp(kind, kind_names[k]) == 0)
			found = k;
	if (found < 0) {
		const struct yaml_node *at = yaml_get(node, "kind");
		load_fault(l, at ? at : node,
		           "`%s` needs a kind%s; kinds: text long_text phone email number money flag date datetime "
		           "choice choices link links files table computed",
		           f->name, kind ? load_nearest(l, kind, kind_names, KINDS) : "");
		return false;
	}
	f->kind = (enum field_kind)found;
	if ((strcmp(within, "columns") == 0 && is_one(NO_COLUMN, f->kind)) ||
	    (strcmp(within, "inputs") == 0 && is_one(NO_INPUT, f->kind))) {
		load_fault(l, yaml_get(node, "kind"), "%s can't be of kind %s", within, kind);
		return false;
	}
	return true;
}

static void place_field(struct loader *l, struct field *f, const char *within)
{
	bool column = strcmp(within, "columns") == 0;
	if (f->kind == FIELD_LONG_TEXT)
		f->flags |= FIELD_MULTILINE;
	if (f->kind == FIELD_LINKS || f->kind == FIELD_TABLE) {
		if (strcmp(within, "fields") == 0)
			f->side_table = table_join(l->arena, f->of->name, f->name, NULL);
	} else if (f->kind != FIELD_COMPUTED && (column || strcmp(within, "fields") == 0)) {
		f->column = f->name;
	}
}

static void load_field_rest(struct loader *l, struct field *f, const struct yaml_node *node, const char *within)
{
	load_flags(l, f, node);
	load_bounds(l, f, node);
	load_target(l, f, node);
	load_lookups(l, f, yaml_get(node, "lookup"));
	f->unit = load_text(l, node, "unit");
	f->was = load_text(l, node, "was");
	f->preset = load_text(l, node, "default");
	if (is_one(CHOICE_KINDS, f->kind))
		load_options(l, f, yaml_get(node, "options") ? yaml_get(node, "options") : node);
	else if (yaml_get(node, "options"))
		load_fault(l, yaml_get(node, "options"), "`options` are for choice and choices; `%s` is a %s", f->name,
		           field_kind_name(f->kind));
	if (f->kind == FIELD_TABLE)
		load_columns(l, f, node);
	else if (yaml_get(node, "of"))
		load_fault(l, yaml_get(node, "of"), "`of` is for tables; `%s` is a %s", f->name,
		           field_kind_name(f->kind));
	if ((f->kind == FIELD_COMPUTED) != (yaml_get(node, "is") != NULL))
		load_fault(l, yaml_get(node, "is") ? yaml_get(node, "is") : node,
		           f->kind == FIELD_COMPUTED ? "a computed field needs `is:`, a filter"
		                                     : "`is` is for computed fields");
	if (f->was && strcmp(f->was, f->name) == 0)
		load_fault(l, yaml_get(node, "was"), "`was` is the former name; this is the present one");
	load_compute_flags(l, f, node);
	place_field(l, f, within);
}

void load_field(struct loader *l, struct field *f, const char *name, const struct yaml_node *node, const char *within)
{
	const char *keys = strcmp(within, "fields") == 0   ? keys_of_fields
	                   : strcmp(within, "inputs") == 0 ? keys_of_inputs
	                                                   : keys_of_columns;
	f->name = name;
	f->label.zh = name;
	if (!load_name_ok(l, node, name, within) || !load_keys(l, node, "a field", keys))
		return;
	f->label = load_label(l, yaml_get(node, "label"), name);
	f->help = load_label(l, yaml_get(node, "help"), NULL);
	if (load_kind(l, f, node, within))
		load_field_rest(l, f, node, within);
}

/* A declared field of the name of one that `uses: [work]` adds changes only what people see. */
static void load_over_work(struct loader *l, struct field *f, const struct yaml_node *node)
{
	if (!load_keys(l, node, "a field of `uses: [work]`",
	               "kind to label help required required_when show search default"))
		return;
	const char *kind = load_text(l, node, "kind"), *to = load_text(l, node, "to"),
	           *preset = load_text(l, node, "default");
	if (kind && strcmp(kind, field_kind_name(f->kind)) != 0)
		load_fault(l, yaml_get(node, "kind"), "`%s` comes from `uses: [work]` and is a %s: leave `kind` out",
		           f->name, field_kind_name(f->kind));
	if (to && (!f->to || strcmp(to, f->to) != 0))
		load_fault(l, yaml_get(node, "to"), "`%s` comes from `uses: [work]`: leave `to` out", f->name);
	if ((f->flags & FIELD_SYSTEM) && (preset || yaml_get(node, "required")))
		load_fault(l, node, "`%s` is written by the program alone: it can't be required or have a default",
		           f->name);
	if (yaml_get(node, "label"))
		f->label = load_label(l, yaml_get(node, "label"), f->name);
	f->help = load_label(l, yaml_get(node, "help"), NULL);
	load_flags(l, f, node);
	if (preset)
		f->preset = preset;
}

static void add_field(struct loader *l, struct type *t, struct field f)
{
	f.of = t;
	f.at = (int)t->n_fields;
	if (f.to && !f.target)
		f.target = model_type(l->m, f.to);
	if (f.column == NULL && f.kind != FIELD_COMPUTED && !f.side_table)
		f.column = f.name;
	t->fields[t->n_fields++] = f;
}

static struct field state_field(struct loader *l, const struct type *t)
{
	struct field f = {.name = "state",
	                  .label = {.zh = "状态", .en = "State"},
	                  .kind = FIELD_CHOICE,
	                  .flags = FIELD_SYSTEM | FIELD_SORT};
	f.options = ARENA_ARRAY(l->arena, t->n_states, struct option);
	f.n_options = t->n_states;
	for (size_t i = 0; i < t->n_states; i++)
		f.options[i] = (struct option){.name = t->states[i].name, .label = t->states[i].label};
	return f;
}

static bool is_base_name(const char *name)
{
	for (size_t i = 0; i < BASE_FIELDS; i++)
		if (strcmp(base_field_names[i], name) == 0)
			return true;
	return false;
}

static void load_own_fields(struct loader *l, struct type *t)
{
	for (struct walk w = walk_start(l, t, "fields", false); walk_next(&w);) {
		if (is_base_name(w.name) || strcmp(w.name, "state") == 0 ||
		    (strcmp(w.name, "merged_into") == 0 && same_is_declared(l, t))) {
			load_fault(l, w.key, "every record has `%s` already: choose another name", w.name);
			continue;
		}
		if (type_field(t, w.name)) {
			load_fault(l, w.key, "field `%s` of type `%s` is declared already", w.name, t->name);
			continue;
		}
		struct field *f = &t->fields[t->n_fields];
		f->of = t;
		f->at = (int)t->n_fields;
		if (t->uses_work && work_field(t, w.name, f)) {
			f->of = t;
			f->at = (int)t->n_fields;
			if (f->to)
				f->target = model_type(l->m, f->to);
			if (f->column == NULL)
				f->column = f->name;
			load_over_work(l, f, w.value);
		} else {
			load_field(l, f, w.name, w.value, "fields");
		}
		t->n_fields++;
	}
}

static void add_base(struct loader *l, struct type *t)
{
	static const struct field base[BASE_FIELDS] = {
	        {.name = "id",
	         .label = {"内部编号", "Id"},
	         .kind = FIELD_NUMBER,
	         .flags = FIELD_SYSTEM | FIELD_BASE | FIELD_SORT},
	        {.name = "version",
	         .label = {"版本", "Version"},
	         .kind = FIELD_NUMBER,
	         .flags = FIELD_SYSTEM | FIELD_BASE},
	        {.name = "created_at",
	         .label = {"建立时间", "Created"},
	         .kind = FIELD_DATETIME,
	         .flags = FIELD_SYSTEM | FIELD_BASE},
	        {.name = "created_by",
	         .label = {"建立人", "Created by"},
	         .kind = FIELD_LINK,
	         .to = "user",
	         .flags = FIELD_SYSTEM | FIELD_BASE},
	        {.name = "updated_at",
	         .label = {"更新时间", "Updated"},
	         .kind = FIELD_DATETIME,
	         .flags = FIELD_SYSTEM | FIELD_BASE},
	};
	for (size_t i = 0; i < BASE_FIELDS; i++)
		add_field(l, t, base[i]);
}

void load_fields(struct loader *l, struct type *t)
{
	size_t declared = walk_count(l, t, "fields");
	if (declared > LIMIT_FIELDS) {
		load_fault(l, l->sources[t->at].parts[0], "type `%s` has %zu fields; at most %d", t->name, declared,
		           LIMIT_FIELDS);
		declared = 0;
		l->sources[t->at].n = 0;
	}
	size_t clocks = clock_fields_count(l, t);
	t->fields = ARENA_ARRAY(l->arena, declared + WORK_FIELDS_MAX + 3 + BASE_FIELDS + clocks, struct field);
	load_own_fields(l, t);
	if (t->n_states)
		add_field(l, t, state_field(l, t));
	if (same_is_declared(l, t))
		add_field(l, t, same_field(t));
	for (size_t i = 0; work_field_names[i]; i++) {
		struct field f;
		if (!type_field(t, work_field_names[i]) && work_field(t, work_field_names[i], &f))
			add_field(l, t, f);
	}
	load_clock_fields(l, t);
	add_base(l, t);
	for (size_t i = 0; i < t->n_fields; i++)
		for (size_t k = 0; t->fields[i].was && k < t->n_fields; k++)
			if (strcmp(t->fields[i].was, t->fields[k].name) == 0)
				load_fault(l, source_get(l, t, "fields"),
				           "`%s` was `%s`, but `%s` is still declared: rename or keep, not both",
				           t->fields[i].name, t->fields[i].was, t->fields[i].was);
}

static void load_filters_of(struct loader *l, struct type *t, struct field *f, const struct yaml_node *node)
{
	load_filter(l, yaml_get(node, "is"), t, &f->is);
	load_filter(l, yaml_get(node, "show"), t, &f->show);
	load_filter(l, yaml_get(node, "required_when"), t, &f->needed_when);
	const struct yaml_node *preset = yaml_get(node, "default");
	if (preset && f->preset)
		load_value(l, (struct value_wish){.node = preset, .text = f->preset, .field = f});
}

static void load_column_presets(struct loader *l, struct field *f)
{
	const struct yaml_node *field = NULL;
	for (struct walk w = walk_start(l, f->of, "fields", false); f->n_columns && walk_next(&w);)
		if (strcmp(w.name, f->name) == 0)
			field = w.value;
	for (size_t k = 0; k < f->n_columns; k++) {
		struct yaml_node *preset = yaml_get(yaml_get(yaml_get(field, "of"), f->columns[k].name), "default");
		if (preset && f->columns[k].preset)
			load_value(l, (struct value_wish){
			                      .node = preset, .text = f->columns[k].preset, .field = &f->columns[k]});
	}
}

void load_field_filters(struct loader *l, struct type *t)
{
	for (struct walk w = walk_start(l, t, "fields", false); walk_next(&w);) {
		struct field *f = (struct field *)type_field(t, w.name);
		if (f && w.value->kind == YAML_MAP)
			load_filters_of(l, t, f, w.value);
	}
	for (size_t i = 0; i < t->n_fields; i++)
		load_column_presets(l, &t->fields[i]);
	for (struct walk w = walk_start(l, t, "inputs", false); walk_next(&w);) {
		struct field *f = (struct field *)type_input(t, w.name);
		if (f && w.value->kind == YAML_MAP)
			load_filters_of(l, t, f, w.value);
	}
}

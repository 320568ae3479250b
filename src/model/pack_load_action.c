/* `do:` lists and `set:` pairs. */
#include "model/pack_load.h"

/* What a pair may write: in a record that is being made more than in one that is there. */
static bool may_set(const struct field *f, bool making)
{
	if (f->kind == FIELD_COMPUTED || (f->kind == FIELD_TABLE && !making) || (f->flags & FIELD_BASE))
		return false;
	bool chain = f->of->uses_work && (strcmp(f->name, "owner") == 0 || strcmp(f->name, "pending_owner") == 0 ||
	                                  strcmp(f->name, "pending_team") == 0);
	if (!making)
		return chain || !field_is_kept(f);
	return strcmp(f->name, "stage") != 0 && strcmp(f->name, "number") != 0 && !(f->flags & FIELD_DERIVED);
}

/* A link to `work` may lead to any work type: one of them at least must have the field. */
static const struct field *work_type_field(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->m->n_types; i++) {
		const struct field *f = l->m->types[i].uses_work ? type_field(&l->m->types[i], name) : NULL;
		if (f)
			return f;
	}
	return NULL;
}

static const char *value_text_of(struct loader *l, const struct yaml_node *node)
{
	if (node->kind != YAML_TEXT) {
		load_fault(l, node, "a value is one word, number or text, or now + 3d");
		return NULL;
	}
	if (node->len == 0 || yaml_is_empty(node))
		return "empty";
	/* Chinese text needs no quotes of its own: no name begins like that. */
	if ((unsigned char)node->text[0] < 0x80)
		return arena_strdup(l->arena, node->text);
	char *quoted = ARENA_ARRAY(l->arena, node->len * 2 + 3, char), *p = quoted;
	*p++ = '\'';
	for (size_t i = 0; i < node->len; i++) {
		if (node->text[i] == '\'')
			*p++ = '\'';
		*p++ = node->text[i];
	}
	*p = '\'';
	return quoted;
}

/* A new record's table takes the lines of a table of the record that makes it. */
static void check_table(struct loader *l, const struct yaml_node *node, const struct pair_frame *frame,
                        const struct field *f, const char *value)
{
	const struct field *from =
	        frame->from ? type_field(frame->from, strncmp(value, "outer.", 6) == 0 ? value + 6 : value) : NULL;
	size_t same = 0;
	for (size_t i = 0; from && i < from->n_columns; i++) {
		const struct field *c = field_column(f, from->columns[i].name);
		same += c && c->kind == from->columns[i].kind;
	}
	if (!from || from->kind != FIELD_TABLE)
		load_fault(l, node, "`%s` is a table: it takes the lines of a table of `%s`", f->name,
		           frame->from ? frame->from->name : "the record");
	else if (!same)
		load_fault(l, node, "`%s` and `%s` have no column in common", f->name, from->name);
}

struct pair *load_pairs(struct loader *l, const struct yaml_node *map, const struct pair_frame *frame, size_t *ret_n)
{
	*ret_n = 0;
	if (!map || !load_is_map(l, map, "`set`"))
		return NULL;
	struct pair *pairs = ARENA_ARRAY(l->arena, map->n + 1, struct pair);
	for (size_t i = 0; i < map->n; i++) {
		const char *name = map->keys[i]->text;
		const struct field *f = frame->table    ? field_column(frame->table, name)
		                        : frame->target ? type_field(frame->target, name)
		                                        : work_type_field(l, name);
		const char *where = frame->table ? frame->table->name : frame->target ? frame->target->name : "work";
		if (!f) {
			load_fault(l, map->keys[i], "`%s` has no field `%.60s`%s", where, name,
			           frame->target && !frame->table ? load_nearest_field(l, frame->target, name) : "");
			continue;
		}
		if (frame->table ? (f->flags & FIELD_DERIVED) != 0 : !may_set(f, frame->making)) {
			load_fault(l, map->keys[i], "`%s` is written by the program alone: an action can't set it",
			           name);
			continue;
		}
		const char *value = value_text_of(l, map->items[i]);
		if (!value)
			continue;
		pairs[(*ret_n)++] = (struct pair){.name = f->name, .value = value};
		if (f->kind == FIELD_TABLE) {
			check_table(l, map->items[i], frame, f, value);
			continue;
		}
		load_value(l, (struct value_wish){.node = map->items[i],
		                                  .text = value,
		                                  .type = frame->from,
		                                  .field = f,
		                                  .outer = frame->outer    ? frame->outer
		                                           : frame->making ? frame->from
		                                                           : NULL,
		                                  .line = frame->line,
		                                  .inputs = frame->inputs});
	}
	return pairs;
}

static const struct field *link_of(struct loader *l, const struct type *t, const struct yaml_node *node,
                                   const char *name)
{
	const struct field *f = name ? type_field(t, name) : NULL;
	if (f && f->kind == FIELD_LINK)
		return f;
	load_fault(l, node, f ? "`%s` of `%s` is no link" : "there is no link `%s` in `%s`", name ? name : "", t->name);
	return NULL;
}

static void load_clear(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a)
{
	size_t n;
	const char **names = load_words(l, node, "`clear`", &n);
	a->set = ARENA_ARRAY(l->arena, n + 1, struct pair);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = type_field(t, names[i]);
		if (!f || (f->kind != FIELD_TABLE && !may_set(f, false)))
			load_fault(l, load_item(node, i),
			           f ? "`%s` is written by the program alone: an action can't clear it%s"
			             : "there is no field `%s`%s",
			           names[i], f ? "" : load_nearest_field(l, t, names[i]));
		else
			a->set[a->n_set++] = (struct pair){.name = f->name, .value = "empty"};
	}
}

static void load_create(struct loader *l, const struct type *t, const struct yaml_node *node, struct pair_frame frame,
                        struct action *a)
{
	const struct type *made = a->target ? model_type(l->m, a->target) : NULL;
	if (!made) {
		load_fault(l, yaml_get(node, "create"), "there is no type `%s` to create", a->target ? a->target : "");
		return;
	}
	a->by = load_text(l, node, "by");
	if (yaml_get(node, "each"))
		frame.line = load_each(l, t, node, frame.inputs, a);
	const struct field *by = a->by ? link_of(l, made, yaml_get(node, "by"), a->by) : NULL;
	if (by && by->target != t && !(by->to && strcmp(by->to, "work") == 0 && t->uses_work))
		load_fault(l, yaml_get(node, "by"), "`%s` of `%s` is no link to `%s`", a->by, made->name, t->name);
	frame.target = made;
	frame.making = true;
	if (yaml_get(node, "set"))
		a->set = load_pairs(l, yaml_get(node, "set"), &frame, &a->n_set);
}

static bool any_type_does(const struct loader *l, const char *transition)
{
	for (size_t i = 0; i < l->m->n_types; i++)
		if (l->m->types[i].uses_work && yaml_get(source_get(l, &l->m->types[i], "transitions"), transition))
			return true;
	return false;
}

/* The far type may not be read yet: its transitions are looked up where they are declared. */
static bool type_does(const struct loader *l, const struct type *t, const char *transition)
{
	for (size_t i = 0; i < l->sources[t->at].n; i++)
		if (yaml_get(yaml_get(l->sources[t->at].parts[i], "transitions"), transition))
			return true;
	return false;
}

/* To whom it goes: a link, a list, a column of links of the lines, or whose one open matter. NULL: to none of these. */
static const struct yaml_node *load_pass_on(struct loader *l, const struct type *t, const struct yaml_node *node,
                                            struct action *a, const struct type **ret_far)
{
	const struct yaml_node *on = yaml_get(node, yaml_get(node, "only") ? "only" : "on");
	const struct field *link = NULL;
	a->by = load_text(l, node, "on");
	a->only = load_text(l, node, "only");
	const struct list_def *list = a->by ? type_list(t, a->by) : NULL;
	if (yaml_get(node, "each")) {
		const struct field *table = load_each(l, t, node, false, a);
		if (!table || table->kind != FIELD_TABLE)
			return NULL;
		link = a->by ? field_column(table, a->by) : NULL;
	} else if (a->by || a->only) {
		link = type_field(t, a->by ? a->by : a->only);
	}
	bool one = link && link->kind == FIELD_LINK, many = link && link->kind == FIELD_LINKS && !a->only;
	*ret_far = a->only ? NULL : list ? list->of : link ? link->target : NULL;
	return one || many || (list && !a->each) ? on : NULL;
}

static void load_pass(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a)
{
	const struct type *far = NULL;
	const struct yaml_node *on = load_pass_on(l, t, node, a, &far);
	a->before = load_text(l, node, "before");
	if (!on || (a->by != NULL) == (a->only != NULL) || (a->only && a->each)) {
		load_fault(
		        l, node,
		        "`pass` needs `on:`, a link or a list of `%s` (with `each:` a column of links), or `only:`, a "
		        "link to whose one open matter it goes",
		        t->name);
		return;
	}
	if (a->before)
		load_value(l, (struct value_wish){.node = yaml_get(node, "before"),
		                                  .text = a->before,
		                                  .type = t,
		                                  .field = type_field(t, "created_at")});
	if (a->target && !(far ? type_does(l, far, a->target) : any_type_does(l, a->target)))
		load_fault(l, yaml_get(node, "pass"), "`%s` has no transition `%s`", far ? far->name : "work",
		           a->target);
}

static void load_append(struct loader *l, const struct type *t, const struct yaml_node *node, struct pair_frame frame,
                        struct action *a)
{
	const struct field *table = a->target ? type_field(t, a->target) : NULL;
	if (!table || table->kind != FIELD_TABLE) {
		load_fault(l, yaml_get(node, "append"), "`%s` is no table field of `%s`", a->target ? a->target : "",
		           t->name);
		return;
	}
	frame.table = table;
	a->set = load_pairs(l, yaml_get(node, "set") ? yaml_get(node, "set") : node, &frame, &a->n_set);
}

static void load_update(struct loader *l, const struct type *t, const struct yaml_node *node, struct pair_frame frame,
                        struct action *a)
{
	const struct field *link = link_of(l, t, yaml_get(node, "update"), a->target);
	if (!link)
		return;
	frame.target = link->target;
	a->set = load_pairs(l, yaml_get(node, "set") ? yaml_get(node, "set") : node, &frame, &a->n_set);
}

static const struct {
	const char *name, *keys;
	enum action_kind kind;
} action_words[] = {
        {"set", "set when", ACTION_SET},
        {"clear", "clear when", ACTION_CLEAR},
        {"assign", "assign when", ACTION_ASSIGN},
        {"create", "create set by when each", ACTION_CREATE},
        {"notify", "notify text template urgent when", ACTION_NOTIFY},
        {"do", "do when", ACTION_DO},
        {"mail", "mail text template urgent when", ACTION_MAIL},
        {"sms", "sms text template urgent when", ACTION_SMS},
        {"escalate", "escalate text when", ACTION_ESCALATE},
        {"webhook", "webhook fields when", ACTION_WEBHOOK},
        {"fill", "fill from when", ACTION_FILL},
        {"count", "count when", ACTION_COUNT},
        {"close_promises", "close_promises when", ACTION_CLOSE_PROMISES},
        {"append", "append set when", ACTION_APPEND},
        {"pass", "pass on each only before when", ACTION_PASS},
        {"update", "update set when", ACTION_UPDATE_LINKED},
};
enum { ACTION_WORDS = sizeof action_words / sizeof *action_words };

/* `set` is both an action and a part of others: it counts last. */
static int action_word(const struct yaml_node *node)
{
	for (int i = ACTION_WORDS - 1; i >= 0; i--)
		if (yaml_get(node, action_words[i].name))
			return i;
	return -1;
}

static void load_small(struct loader *l, struct type *t, const struct yaml_node *node, struct pair_frame frame,
                       struct action *a)
{
	const struct yaml_node *said = yaml_get(node, a->kind == ACTION_COUNT ? "count" : "close_promises");
	const struct field *f = a->target ? type_field(t, a->target) : NULL;
	bool counted = f && f->kind == FIELD_NUMBER && (!field_is_kept(f) || strcmp(f->name, "chased") == 0);
	if (a->kind == ACTION_COUNT && !counted)
		load_fault(l, said, "`%s` is no number field of `%s` to count", a->target ? a->target : "", t->name);
	if (a->kind == ACTION_CLOSE_PROMISES &&
	    (!a->target || (strcmp(a->target, "kept") != 0 && strcmp(a->target, "withdrawn") != 0)))
		load_fault(l, said, "`close_promises` is kept or withdrawn");
	if (a->kind == ACTION_DO && a->target && !type_transition(t, a->target) && !type_does(l, t, a->target))
		load_fault(l, yaml_get(node, "do"), "`%s` has no transition `%.60s`", t->name, a->target);
	if (a->kind == ACTION_ASSIGN)
		load_value(l, (struct value_wish){.node = yaml_get(node, "assign"),
		                                  .text = a->target,
		                                  .type = t,
		                                  .inputs = frame.inputs});
}

static void load_action(struct loader *l, struct type *t, const struct yaml_node *node, bool inputs, struct action *a)
{
	struct pair_frame frame = {.target = t, .from = t, .inputs = inputs};
	int word = action_word(node);
	const char *name = action_words[word].name;
	a->kind = action_words[word].kind;
	load_keys(l, node, arena_printf(l->scratch, "the action `%s`", name), action_words[word].keys);
	if (a->kind != ACTION_SET && a->kind != ACTION_CLEAR && a->kind != ACTION_ESCALATE)
		a->target = load_text(l, node, name);
	switch (a->kind) {
	case ACTION_SET: a->set = load_pairs(l, yaml_get(node, "set"), &frame, &a->n_set); break;
	case ACTION_CLEAR: load_clear(l, t, yaml_get(node, "clear"), a); break;
	case ACTION_CREATE: load_create(l, t, node, frame, a); break;
	case ACTION_APPEND: load_append(l, t, node, frame, a); break;
	case ACTION_PASS: load_pass(l, t, node, a); break;
	case ACTION_UPDATE_LINKED: load_update(l, t, node, frame, a); break;
	case ACTION_NOTIFY:
	case ACTION_MAIL:
	case ACTION_SMS: load_tell(l, t, node, name, a); break;
	case ACTION_ESCALATE: load_escalate(l, t, node, a); break;
	case ACTION_WEBHOOK: load_webhook(l, t, node, a); break;
	case ACTION_FILL: load_fill(l, t, node, a); break;
	default: load_small(l, t, node, frame, a); break;
	}
	if (!yaml_get(node, "each"))
		load_filter(l, yaml_get(node, "when"), t, &a->when);
}

struct action *load_actions(struct loader *l, struct type *t, const struct yaml_node *node, bool inputs, size_t *ret_n)
{
	*ret_n = 0;
	if (!node)
		return NULL;
	if (node->kind != YAML_LIST) {
		load_fault(l, node, "`do` must be a list of actions: [{set: {…}}, {notify: owner}]");
		return NULL;
	}
	struct action *actions = ARENA_ARRAY(l->arena, node->n + 1, struct action);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *item = node->items[i];
		if (item->kind != YAML_MAP || action_word(item) < 0)
			load_fault(l, item,
			           "an action is one of: set clear assign create notify count close_promises append "
			           "pass update do mail sms escalate webhook fill");
		else
			load_action(l, t, item, inputs, &actions[(*ret_n)++]);
	}
	return actions;
}

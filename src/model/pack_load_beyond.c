/* Actions that reach people and other records: whom they tell, what they send, lines they make. */
#include "model/pack_load.h"

/* ---- who is told ------------------------------------------------------------------------------------ */

static bool is_listed(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* What `field:` names: a field, a column of a table, or a field behind a link. */
static const struct field *who_field(const struct loader *l, const struct type *t, const char *path)
{
	const char *dot = strchr(path, '.');
	if (!dot)
		return type_field(t, path);
	const struct field *f = type_field(t, arena_strndup(l->scratch, path, (size_t)(dot - path)));
	for (size_t i = 0; f && f->kind == FIELD_TABLE && i < f->n_columns; i++)
		if (strcmp(f->columns[i].name, dot + 1) == 0)
			return &f->columns[i];
	return f && f->kind == FIELD_LINK && f->target ? type_field(f->target, dot + 1) : NULL;
}

/* It is a link to a user or a team, or links to users. */
void load_field_who(struct loader *l, const struct type *t, const struct yaml_node *node, const char *name)
{
	const struct field *f = who_field(l, t, name);
	bool one = f && f->kind == FIELD_LINK && f->to && (!strcmp(f->to, "user") || !strcmp(f->to, "team"));
	bool many = f && f->kind == FIELD_LINKS && f->to && !strcmp(f->to, "user");
	if (!one && !many)
		load_fault(l, node,
		           f ? "`%.60s` of `%s` is no link to a user or a team"
		             : "`field:%.60s` names no field of `%s`",
		           name, t->name);
}

/* E-mails and short messages reach the customer too. */
static void check_who(struct loader *l, const struct type *t, const struct yaml_node *node, const char *word,
                      const char *to)
{
	static const char *const known[] = {"owner", "first_owner", "creator", "team", "lead"};
	const char *name = to ? to : "";
	bool beyond = strcmp(word, "mail") == 0 || strcmp(word, "sms") == 0;
	if (strncmp(name, "role:", 5) == 0) {
		if (!load_role(l, name + 5))
			load_fault(l, node, "there is no role `%.60s`", name + 5);
	} else if (strncmp(name, "field:", 6) == 0) {
		load_field_who(l, t, node, name + 6);
	} else if (beyond && strcmp(name, "customer") == 0) {
		const struct field *f = type_field(t, "customer");
		if (strcmp(t->name, "customer") != 0 && (!f || f->kind != FIELD_LINK))
			load_fault(l, node, "`%s` has no link `customer`", t->name);
	} else if (!is_listed(name, known, sizeof known / sizeof *known)) {
		load_fault(l, node,
		           "`%s` tells owner, first_owner, creator, team, lead, role:NAME%s or field:NAME, not `%.60s`",
		           word, beyond ? ", customer" : "", name);
	}
}

void load_tell(struct loader *l, const struct type *t, const struct yaml_node *node, const char *word, struct action *a)
{
	const struct yaml_node *template = yaml_get(node, "template");
	a->to = a->target;
	a->target = NULL;
	check_who(l, t, yaml_get(node, word), word, a->to);
	a->urgent = load_flag(l, node, "urgent");
	a->template = load_text(l, node, "template");
	bool known = !a->template;
	for (size_t i = 0; a->template && i < l->m->n_templates && !known; i++)
		known = strcmp(l->m->templates[i].name, a->template) == 0;
	if (!known)
		load_fault(l, template, "there is no notice `%.60s` in notices/", a->template);
	a->text = load_label(l, yaml_get(node, "text"), a->kind == ACTION_NOTIFY && !template ? t->label.zh : NULL);
	if (!a->text.zh && !a->template)
		load_fault(l, node, "`%s` needs `text:` or `template:`", word);
}

void load_escalate(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a)
{
	const struct yaml_node *list = yaml_get(node, "escalate");
	a->words = load_words(l, list, "`escalate`", &a->n_words);
	a->text = load_label(l, yaml_get(node, "text"), NULL);
	for (size_t i = 0; i < a->n_words; i++)
		if (!load_role(l, a->words[i]))
			check_who(l, t, load_item(list, i), "escalate", a->words[i]);
	if (!a->n_words)
		load_fault(l, list ? list : node,
		           "`escalate` names whom to tell in turn: [lead, manager, \"role:head\"]");
}

void load_webhook(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a)
{
	const struct yaml_node *fields = yaml_get(node, "fields");
	if (!a->target)
		load_fault(l, node, "`webhook` names a setting webhook.NAME.url");
	else
		load_name_ok(l, yaml_get(node, "webhook"), a->target, "a webhook");
	a->words = load_words(l, fields, "`fields`", &a->n_words);
	for (size_t i = 0; i < a->n_words; i++)
		(void)load_path(l, t, load_item(fields, i));
}

/* ---- lines ------------------------------------------------------------------------------------------- */

/* `line.` left out where a name begins with it, outside of texts. */
static char *without_line(struct arena *a, const char *s)
{
	char *text = ARENA_ARRAY(a, strlen(s) + 1, char), *to = text;
	bool quoted = false, in_word = false;
	while (*s) {
		if (!quoted && !in_word && strncmp(s, "line.", 5) == 0) {
			s += 5;
			continue;
		}
		quoted = quoted != (*s == '\'');
		in_word = (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_' || *s == '.' || *s == '@';
		*to++ = *s++;
	}
	*to = '\0';
	return text;
}

/* `{each: TABLE, create: …, when: W}`: W is judged for the line, so it is read as any(TABLE, W). */
const struct field *load_each(struct loader *l, const struct type *t, const struct yaml_node *node, bool inputs,
                              struct action *a)
{
	const char *name = load_text(l, node, "each");
	const struct yaml_node *when = yaml_get(node, "when");
	const struct field *table = name ? type_field(t, name) : NULL;
	if (table == NULL && name && inputs)
		table = type_input(t, name);
	if (table && table->kind == FIELD_LINKS) { /* one for each of them; `when` is the record's */
		a->each = table;
		load_filter(l, when, t, &a->when);
		return table;
	}
	if (!table || table->kind != FIELD_TABLE) {
		load_fault(l, yaml_get(node, "each"), "`%.60s` is no table field and no links of `%s`",
		           name ? name : "", t->name);
		return NULL;
	}
	a->each = table;
	if (when && when->kind == YAML_TEXT && when->len)
		load_wish(l, (struct wish){.node = when,
		                           .text = arena_printf(l->scratch, "any(%s, %s)", table->name,
		                                                without_line(l->scratch, when->text)),
		                           .type = t,
		                           .dest = &a->when});
	else
		load_filter(l, when, t, &a->when); /* tells what is wrong with it */
	return table;
}

static void load_fill_counts(struct loader *l, const struct type *t, const struct field *table,
                             const struct yaml_node *map, struct fill *f)
{
	if (!map || !load_is_map(l, map, "`count`"))
		return;
	f->counts = ARENA_ARRAY(l->arena, map->n + 1, struct fill_count);
	for (size_t i = 0; i < map->n; i++) {
		const struct field *column = field_column(table, map->keys[i]->text);
		if (!column || column->kind != FIELD_NUMBER || (column->flags & FIELD_DERIVED)) {
			load_fault(l, map->keys[i], "`%.60s` is no column of `%s` to count in", map->keys[i]->text,
			           table->name);
			continue;
		}
		struct fill_count *c = &f->counts[f->n_counts++];
		c->column = column;
		load_wish(l, (struct wish){.node = map->items[i], .type = f->of, .outer = t, .dest = &c->where});
	}
}

/* `by: {COLUMN: LINK}`: a line for each record that LINK leads to, with numbers in place of what a record says. */
static void load_fill_by(struct loader *l, const struct type *t, const struct field *table,
                         const struct yaml_node *node, struct fill *f)
{
	const struct yaml_node *by = yaml_get(node, "by");
	const char *link = by && by->kind == YAML_MAP && by->n == 1 ? yaml_text(by->items[0]) : NULL;
	f->into = link ? field_column(table, by->keys[0]->text) : NULL;
	f->by = link ? type_field(f->of, link) : NULL;
	if (!f->into || !f->by || f->into->kind != FIELD_LINK || f->by->kind != FIELD_LINK || !f->into->to ||
	    !f->by->to || strcmp(f->into->to, f->by->to) != 0) {
		load_fault(
		        l, by ? by : node,
		        "`count` needs `by: {COLUMN: LINK}`: a link of `%s`, and a column of `%s` that leads there too",
		        f->of->name, table->name);
		f->by = NULL;
	}
	if (!yaml_get(node, "count"))
		load_fault(l, by, "`by` needs `count:`, columns and what they count");
	load_fill_counts(l, t, table, yaml_get(node, "count"), f);
}

static void load_fill_from(struct loader *l, const struct type *t, const struct field *table,
                           const struct yaml_node *node, struct action *a)
{
	struct fill *f = &a->fills[a->n_fills];
	if (!load_keys(l, node, "`from`", "of where by count set"))
		return;
	const char *of = load_text(l, node, "of");
	f->of = of ? model_type(l->m, of) : NULL;
	if (!f->of) {
		load_fault(l, yaml_get(node, "of") ? yaml_get(node, "of") : node,
		           "there is no type `%.60s` to fill from", of ? of : "");
		return;
	}
	a->n_fills++;
	if (yaml_get(node, "where"))
		load_wish(l,
		          (struct wish){.node = yaml_get(node, "where"), .type = f->of, .outer = t, .dest = &f->where});
	bool counts = yaml_get(node, "by") || yaml_get(node, "count");
	if (counts)
		load_fill_by(l, t, table, node, f);
	if (!yaml_get(node, "set") && !counts)
		load_fault(l, node, "`from` needs `set:`, columns and what they hold");
	/* A line that counts stands for no single record: its words come from the record that is filled. */
	f->set = load_pairs(l, yaml_get(node, "set"),
	                    &(struct pair_frame){.target = t, .table = table, .from = counts ? t : f->of, .outer = t},
	                    &f->n_set);
}

void load_fill(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a)
{
	const struct yaml_node *from = yaml_get(node, "from");
	const struct field *table = a->target ? type_field(t, a->target) : NULL;
	if (!table || table->kind != FIELD_TABLE) {
		load_fault(l, yaml_get(node, "fill"), "`%.60s` is no table field of `%s`", a->target ? a->target : "",
		           t->name);
		return;
	}
	if (!from || from->kind != YAML_LIST || from->n == 0) {
		load_fault(l, from ? from : node, "`fill` needs `from:`, a list: [{of: promise, where: …, set: {…}}]");
		return;
	}
	a->fills = ARENA_ARRAY(l->arena, from->n, struct fill);
	for (size_t i = 0; i < from->n; i++)
		load_fill_from(l, t, table, from->items[i], a);
}

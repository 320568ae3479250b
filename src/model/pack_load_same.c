/* `duplicates:` of a type: by what two of its records are likely the same, and the field that says which were merged.
 */
#include "model/pack_load.h"

enum { RULES_MAX = 16, RULE_FIELDS_MAX = 6 };

bool same_is_declared(struct loader *l, const struct type *t)
{
	return yaml_get(l->sources[t->at].parts[0], "duplicates") != NULL;
}

struct field same_field(const struct type *t)
{
	return (struct field){.name = "merged_into",
	                      .label = {"已并入", "Merged into"},
	                      .kind = FIELD_LINK,
	                      .to = t->name,
	                      .flags = FIELD_SYSTEM};
}

static bool finds(const struct field *f)
{
	return (f->lookups & (LOOKUP_PINYIN | LOOKUP_TAIL | LOOKUP_CODE | LOOKUP_PLATE)) != 0;
}

static const struct field *rule_field(struct loader *l, const struct type *t, const struct yaml_node *node,
                                      const char *name)
{
	const struct field *f = type_field(t, name);
	if (f == NULL) {
		load_fault(l, node, "there is no field `%s` in `%s`%s", name, t->name, load_nearest_field(l, t, name));
		return NULL;
	}
	if (f->kind != FIELD_TEXT && f->kind != FIELD_LONG_TEXT && f->kind != FIELD_PHONE && f->kind != FIELD_EMAIL &&
	    f->kind != FIELD_DATE && f->kind != FIELD_CHOICE) {
		load_fault(l, node, "`%s` is a %s: duplicates are found by texts, telephones, dates and choices",
		           f->name, field_kind_name(f->kind));
		return NULL;
	}
	return f;
}

/* "name + address": all of them together. */
static void load_rule(struct loader *l, struct type *t, const struct yaml_node *node, const char *words)
{
	struct same_rule *rule = &t->same[t->n_same];
	bool found = false;
	rule->fields = ARENA_ARRAY(l->arena, RULE_FIELDS_MAX, const struct field *);
	rule->n = 0;
	for (const char *p = words; *p != '\0';) {
		size_t blank = strspn(p, " +"), len = strcspn(p + blank, " +");
		if (len == 0)
			break;
		const char *name = arena_strndup(l->scratch, p + blank, len);
		p += blank + len;
		const struct field *f = rule_field(l, t, node, name);
		if (f == NULL)
			return;
		if (rule->n == RULE_FIELDS_MAX) {
			load_fault(l, node, "at most %d fields together", RULE_FIELDS_MAX);
			return;
		}
		found = found || finds(f);
		rule->fields[rule->n++] = f;
	}
	if (!found) {
		load_fault(l, node, "one field of `%s` must have `lookup: pinyin`, `tail`, `code` or `plate`", words);
		return;
	}
	t->n_same++;
}

void load_same(struct loader *l, struct type *t)
{
	const struct yaml_node *node = yaml_get(l->sources[t->at].parts[0], "duplicates");
	size_t n;
	if (node == NULL)
		return;
	if (t->uses_work || strcmp(t->name, "user") == 0 || strcmp(t->name, "team") == 0 ||
	    strcmp(t->name, "role") == 0) {
		load_fault(l, node,
		           "`duplicates` is for things and people outside, not for work, users, teams or roles");
		return;
	}
	const char **words = load_words(l, node, "`duplicates`", &n);
	if (n == 0 || n > RULES_MAX) {
		load_fault(l, node, "`duplicates` is a list of 1 to %d fields, or fields joined with +", RULES_MAX);
		return;
	}
	t->same = ARENA_ARRAY(l->arena, n, struct same_rule);
	for (size_t i = 0; i < n; i++)
		load_rule(l, t, load_item(node, i), words[i]);
	t->merged = type_field(t, "merged_into");
	load_filter(l, load_made_text(l, node, "merged_into is empty"), t, &t->unmerged);
}

/* Rules, in a type and in files of their own. */
#include "model/pack_load.h"

enum { AT_WORDS_MAX = 4 };

static bool on_clock(const struct type *t, const char *on)
{
	const char *name = on + strlen("clock:"), *end;
	if (strncmp(on, "clock:", 6) != 0 || !(end = strchr(name, ':')))
		return false;
	if (strcmp(end, ":warn") != 0 && strcmp(end, ":breach") != 0)
		return false;
	for (size_t i = 0; i < t->n_clocks; i++)
		if (strlen(t->clocks[i].name) == (size_t)(end - name) &&
		    memcmp(t->clocks[i].name, name, (size_t)(end - name)) == 0)
			return true;
	return false;
}

static void check_on(struct loader *l, const struct type *t, const struct yaml_node *node, const struct rule *r)
{
	for (size_t i = 0; i < r->n_on; i++) {
		const char *on = r->on[i];
		if (!strcmp(on, "created") || !strcmp(on, "alone") || !strcmp(on, "changed") ||
		    !strcmp(on, "commented") || on_clock(t, on))
			continue;
		const struct transition *tr = strncmp(on, "done:", 5) == 0 ? type_transition(t, on + 5) : NULL;
		if (tr) { /* by the name it has now */
			r->on[i] = arena_printf(l->arena, "done:%s", tr->name);
			continue;
		}
		load_fault(l, load_item(node, i),
		           "`on` is created, changed, commented, alone, done:TRANSITION, clock:NAME:warn or "
		           "clock:NAME:breach, "
		           "not `%.80s`",
		           on);
	}
}

static size_t split(struct loader *l, const char *s, char **words)
{
	size_t n = 0;
	char *save = NULL;
	for (char *w = strtok_r(arena_strdup(l->arena, s), " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (n == AT_WORDS_MAX)
			return 0;
		words[n++] = w;
	}
	return n;
}

/* FIELD [(+|-) DURATION] [HH:MM] */
static void load_moment(struct loader *l, const struct type *t, const struct yaml_node *node, struct rule *r)
{
	char *words[AT_WORDS_MAX];
	size_t n = split(l, r->at, words), i = 1;
	struct moment_words m = {.minute = -1, .field = n ? type_field(t, words[0]) : NULL};
	if (n && !m.field) {
		load_fault(l, node, "`at` names no field of `%s`: `%.60s`%s", t->name, words[0],
		           load_nearest_field(l, t, words[0]));
		return;
	}
	if (n && m.field->kind != FIELD_DATE && m.field->kind != FIELD_DATETIME) {
		load_fault(l, node, "`%s` is a %s: `at` needs a date or date-time field", words[0],
		           field_kind_name(m.field->kind));
		return;
	}
	if (i + 1 < n && (strcmp(words[i], "-") == 0 || strcmp(words[i], "+") == 0)) {
		m.before = words[i][0] == '-';
		m.wait = words[i + 1];
		i += 2;
	}
	if (i + 1 == n)
		m.minute = minute_parse(words[i++]);
	bool timed = i == n && n > 1 && strchr(words[n - 1], ':');
	if (!n || i != n || (m.wait && !load_span_ok(l, m.wait)) || (timed && (m.minute < 0 || m.minute > 1439)) ||
	    (!timed && n != 1 && n != 3))
		load_fault(l, node,
		           "`%.60s` can't be read: write a field, + or - a duration, a time of day: \"event_date - 7d "
		           "09:00\"",
		           r->at);
	else
		r->moment = m;
}

static void load_times(struct loader *l, const struct type *t, const struct yaml_node *node, struct rule *r)
{
	const char *why;
	r->at = load_text(l, node, "at");
	r->every = load_text(l, node, "every");
	r->moment.minute = -1;
	if (r->at)
		load_moment(l, t, yaml_get(node, "at"), r);
	if (r->every && !recurrence_parse(r->every, NULL, NULL, &r->recur, &why))
		load_fault(l, yaml_get(node, "every"), "%s", why);
}

static void load_rule(struct loader *l, struct type *t, const struct yaml_node *node, const char *name_key)
{
	struct rule *r = &t->rules[t->n_rules];
	*r = (struct rule){.name = load_text(l, node, name_key)};
	r->on = load_words(l, yaml_get(node, "on"), "`on`", &r->n_on);
	load_times(l, t, node, r);
	if (!r->name || (r->n_on > 0) + (r->at != NULL) + (r->every != NULL) != 1 || !yaml_get(node, "do")) {
		load_fault(
		        l, node,
		        "a rule needs %s, do (actions) and one of: on ([created, changed]), at (\"due - 1d\"), every "
		        "(\"day 08:00\")",
		        name_key);
		return;
	}
	load_name_ok(l, yaml_get(node, name_key), r->name, "a rule");
	for (size_t i = 0; i < t->n_rules; i++)
		if (strcmp(t->rules[i].name, r->name) == 0)
			load_fault(l, yaml_get(node, name_key), "rule `%s` is there already", r->name);
	t->n_rules++;
	r->label = load_label(l, yaml_get(node, "label"), r->name);
	r->off = load_flag(l, node, "off");
	check_on(l, t, yaml_get(node, "on"), r);
	load_filter(l, yaml_get(node, "when"), t, &r->when);
	r->actions = load_actions(l, t, yaml_get(node, "do"), false, &r->n_actions);
	r->where = load_declared(l, NULL, node, NULL, 0);
}

static bool is_rule_file(const struct loader *l, size_t i)
{
	return strncmp(l->texts[i]->path, "rules/", 6) == 0;
}

void load_rules(struct loader *l, struct type *t)
{
	t->rules = ARENA_ARRAY(l->arena, walk_count(l, t, "rules") + l->n_texts + 1, struct rule);
	for (struct walk w = walk_start(l, t, "rules", true); walk_next(&w);)
		if (load_keys(l, w.value, "a rule", "name label on at every when do off"))
			load_rule(l, t, w.value, "name");
	for (size_t i = 0; i < l->n_texts; i++) {
		const char *type = is_rule_file(l, i) ? yaml_text(yaml_get(l->docs[i], "type")) : NULL;
		if (type && strcmp(type, t->name) == 0 &&
		    load_keys(l, l->docs[i], "a rule", "rule type label on at every when do off"))
			load_rule(l, t, l->docs[i], "rule");
	}
}

void load_rule_files(struct loader *l)
{
	for (size_t i = 0; i < l->n_texts; i++) {
		const char *type = is_rule_file(l, i) ? yaml_text(yaml_get(l->docs[i], "type")) : NULL;
		if (is_rule_file(l, i) && (!type || !model_type(l->m, type)))
			load_fault(l, yaml_get(l->docs[i], "type") ? yaml_get(l->docs[i], "type") : l->docs[i],
			           type ? "there is no type `%.60s`"
			                : "the file must say `rule: NAME` and `type: TYPE`%s",
			           type ? type : "");
	}
}

/* What belongs together: `path`, `asides` and `alike` of a type. */
#include "model/pack_load.h"

enum { PATH_MAX_STEPS = 32, ASIDES_MAX = 16, ALIKE_MAX = 16, ALIKE_FIELDS_MAX = 8 };

static const struct field *field_of(struct loader *l, const struct type *t, const struct yaml_node *node,
                                    const char *name)
{
	const struct field *f = type_field(t, name);
	if (!f)
		load_fault(l, node, "there is no field `%.60s` in `%s`%s", name, t->name,
		           load_nearest_field(l, t, name));
	return f;
}

static const struct type *far_type(struct loader *l, const struct yaml_node *node, const char *key, const char *what)
{
	const char *name = load_text(l, node, key);
	const struct type *t = name ? model_type(l->m, name) : NULL;
	if (!name)
		load_fault(l, node, "%s needs `%s: TYPE`", what, key);
	else if (!t)
		load_fault(l, yaml_get(node, key), "there is no type `%.60s` for %s", name, what);
	return t;
}

/* ---- path ------------------------------------------------------------------------------------------------ */

static void path_check(struct loader *l, const struct type *t, const struct yaml_node *node,
                       const struct path_step *step)
{
	for (size_t i = 0; i < step->n_states; i++) {
		if (!type_state(t, step->states[i]))
			load_fault(l, load_item(node, i), "there is no state `%.60s` in `%s`", step->states[i],
			           t->name);
		for (size_t k = 0; k < t->n_path; k++)
			for (size_t s = 0; s < t->path[k].n_states; s++)
				if (strcmp(t->path[k].states[s], step->states[i]) == 0)
					load_fault(l, load_item(node, i), "`%s` stands on the path already",
					           step->states[i]);
	}
	if (step->n_states == 0 && t->n_path > 0)
		load_fault(l, node, "only the first step of a path may be without states");
}

static void load_path_steps(struct loader *l, struct type *t)
{
	size_t n = walk_count(l, t, "path");
	if (n > PATH_MAX_STEPS) {
		load_fault(l, source_get(l, t, "path"), "a path has at most %d steps", PATH_MAX_STEPS);
		return;
	}
	t->path = ARENA_ARRAY(l->arena, n + 1, struct path_step);
	for (struct walk w = walk_start(l, t, "path", true); walk_next(&w);) {
		const struct yaml_node *states = yaml_get(w.value, "states");
		if (!load_keys(l, w.value, "a step of `path`", "label states"))
			continue;
		struct path_step step = {.label = load_label(l, yaml_get(w.value, "label"), NULL)};
		if (!step.label.zh)
			load_fault(l, w.value, "a step of `path` needs a label");
		if (states)
			step.states = load_words(l, states, "`states`", &step.n_states);
		path_check(l, t, states ? states : w.value, &step);
		t->path[t->n_path++] = step;
	}
	if (t->n_path && !t->n_states)
		load_fault(l, source_get(l, t, "path"), "`path` is for types with states");
}

/* ---- asides ----------------------------------------------------------------------------------------------- */

/* a: of the other type, b: of this one. */
static bool can_match(const struct field *a, const struct field *b)
{
	if ((a->flags & FIELD_BASE) && strcmp(a->name, "id") == 0) /* the very record that is linked */
		return b->kind == FIELD_LINK && b->target == a->of;
	bool text = (a->kind == FIELD_TEXT || a->kind == FIELD_CHOICE) &&
	            (b->kind == FIELD_TEXT || b->kind == FIELD_CHOICE);
	bool several = a->kind == FIELD_CHOICES && b->kind == FIELD_CHOICE;
	if (a->kind == FIELD_LINK || b->kind == FIELD_LINK)
		return a->kind == b->kind && a->target == b->target;
	return text || several || (a->kind == b->kind && (a->kind == FIELD_FLAG || a->kind == FIELD_CHOICES));
}

static void load_match(struct loader *l, const struct type *t, const struct yaml_node *node, struct aside *a)
{
	if (!node || !load_is_map(l, node, "`match`"))
		return;
	a->theirs = ARENA_ARRAY(l->arena, node->n + 1, const struct field *);
	a->mine = ARENA_ARRAY(l->arena, node->n + 1, const struct field *);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *mine = node->items[i];
		const struct field *f = field_of(l, a->of, node->keys[i], node->keys[i]->text);
		const struct field *m = mine->kind == YAML_TEXT ? field_of(l, t, mine, mine->text) : NULL;
		if (!f || !m)
			continue;
		if (!can_match(f, m)) {
			load_fault(l, mine, "`%s` (%s) can't be matched with `%s` (%s)", f->name,
			           field_kind_name(f->kind), m->name, field_kind_name(m->kind));
			continue;
		}
		a->theirs[a->n_match] = f;
		a->mine[a->n_match++] = m;
	}
}

static void load_aside(struct loader *l, struct type *t, const struct yaml_node *node)
{
	size_t n;
	const struct yaml_node *shown = yaml_get(node, "fields");
	if (!load_keys(l, node, "an aside", "label of match fields where show"))
		return;
	struct aside a = {.of = far_type(l, node, "of", "an aside")};
	if (!a.of)
		return;
	a.label = load_label(l, yaml_get(node, "label"), a.of->label.zh);
	load_match(l, t, yaml_get(node, "match"), &a);
	const char **names = load_words(l, shown, "`fields`", &n);
	a.fields = ARENA_ARRAY(l->arena, n + 1, const struct field *);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = field_of(l, a.of, load_item(shown, i), names[i]);
		if (f)
			a.fields[a.n_fields++] = f;
	}
	if (n == 0)
		load_fault(l, node, "an aside needs `fields:`, what is shown of `%s`", a.of->name);
	struct aside *kept = &t->asides[t->n_asides++];
	*kept = a;
	load_filter(l, yaml_get(node, "where"), a.of, &kept->where);
	load_filter(l, yaml_get(node, "show"), t, &kept->show);
}

/* ---- alike ------------------------------------------------------------------------------------------------ */

static bool is_words(const struct field *f)
{
	return f->kind == FIELD_TEXT || f->kind == FIELD_LONG_TEXT;
}

/* What can be looked for without reading everything: links have an index, searched texts the index of words. */
static bool leads(const struct field *f)
{
	return f->kind == FIELD_LINK || (is_words(f) && (f->flags & FIELD_SEARCH));
}

static void load_same_fields(struct loader *l, const struct type *t, const struct yaml_node *node, struct alike *a)
{
	size_t n;
	const char **names = load_words(l, node, "`same`", &n);
	a->mine = ARENA_ARRAY(l->arena, ALIKE_FIELDS_MAX, const struct field *);
	a->theirs = ARENA_ARRAY(l->arena, ALIKE_FIELDS_MAX, const struct field *);
	for (size_t i = 0; i < n; i++) {
		const struct field *m = field_of(l, t, load_item(node, i), names[i]);
		const struct field *f = m ? field_of(l, a->of, load_item(node, i), names[i]) : NULL;
		bool fits = f && f->kind == m->kind && f->target == m->target &&
		            (is_words(f) || f->kind == FIELD_LINK || f->kind == FIELD_CHOICE || f->kind == FIELD_DATE);
		if (f && !fits) {
			load_fault(l, load_item(node, i),
			           "`%s` can't be compared: `same` is for texts, links, choices and dates of one kind "
			           "in both",
			           f->name);
			continue;
		}
		if (f && a->n_same == ALIKE_FIELDS_MAX) {
			load_fault(l, load_item(node, i), "at most %d fields of `same`", ALIKE_FIELDS_MAX);
			continue;
		}
		if (f) {
			a->mine[a->n_same] = m;
			a->theirs[a->n_same++] = f;
		}
	}
}

static size_t load_texts(struct loader *l, const struct type *t, const struct yaml_node *node, const char *what,
                         const struct field ***ret_fields)
{
	size_t n, kept = 0;
	const char **names = load_words(l, node, what, &n);
	const struct field **fields = ARENA_ARRAY(l->arena, ALIKE_FIELDS_MAX, const struct field *);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = field_of(l, t, load_item(node, i), names[i]);
		if (f && (!is_words(f) || kept == ALIKE_FIELDS_MAX))
			load_fault(l, load_item(node, i), "%s is for at most %d texts; `%s` is a %s", what,
			           ALIKE_FIELDS_MAX, f->name, field_kind_name(f->kind));
		else if (f)
			fields[kept++] = f;
	}
	*ret_fields = fields;
	return kept;
}

static void check_number_words(struct loader *l, const struct yaml_node *node, const char *words)
{
	const struct parameter *p = words && words[0] == '@' ? model_parameter(l->m, words + 1) : NULL;
	int64_t n = 0;
	bool ok = p ? p->kind == FIELD_NUMBER && p->scale == 0
	            : words && load_decimal(words, 0, &n) && n >= 2 && n <= ALIKE_AT_LEAST_MAX;
	if (words && !ok)
		load_fault(l, node, "`at_least` is a number from 2 to %d, or a @parameter that is a number",
		           ALIKE_AT_LEAST_MAX);
}

static void check_within(struct loader *l, const struct yaml_node *node, const char *words)
{
	const struct parameter *p = words && words[0] == '@' ? model_parameter(l->m, words + 1) : NULL;
	bool ok = p ? p->kind == FIELD_TEXT && p->preset.kind == VALUE_TEXT && load_duration_ok(p->preset.s)
	            : words && load_duration_ok(words);
	if (words && !ok)
		load_fault(l, node, "`within` is a duration such as 90d, or a @parameter that is one");
}

static struct gather *load_gather(struct loader *l, struct type *t, const struct yaml_node *node)
{
	if (!load_is_map(l, node, "`gather`") || !load_keys(l, node, "`gather`", "type by count set"))
		return NULL;
	struct gather *g = ARENA_NEW(l->arena, struct gather);
	const char *by = load_text(l, node, "by"), *count = load_text(l, node, "count");
	g->type = far_type(l, node, "type", "`gather`");
	g->by = by ? field_of(l, t, yaml_get(node, "by"), by) : NULL;
	if (!g->type || !g->by || g->by->kind != FIELD_LINK || g->by->target != g->type) {
		load_fault(l, node, "`gather` needs `type:` and `by:`, a link of `%s` to that type", t->name);
		return NULL;
	}
	g->count = count ? field_of(l, g->type, yaml_get(node, "count"), count) : NULL;
	if (g->count && (g->count->kind != FIELD_NUMBER || g->count->scale != 0))
		load_fault(l, yaml_get(node, "count"), "`count` is a whole number of `%s`", g->type->name);
	struct pair_frame frame = {.target = g->type, .from = t, .making = true};
	if (yaml_get(node, "set"))
		g->set = load_pairs(l, yaml_get(node, "set"), &frame, &g->n_set);
	return g;
}

static void check_alike(struct loader *l, const struct type *t, const struct yaml_node *node, const struct alike *a)
{
	bool found = a->n_with > 0;
	for (size_t i = 0; i < a->n_same; i++)
		found = found || leads(a->theirs[i]);
	for (size_t i = 0; i < a->n_with; i++)
		if (!(a->with[i]->flags & FIELD_SEARCH))
			load_fault(l, node, "`%s` of `%s` needs `search: true`: its words are found by that",
			           a->with[i]->name, a->of->name);
	if (!found)
		load_fault(l, node, "`alike` needs `words`, or in `same` a link or a text with `search: true`");
	if (a->gather && (a->of != t || !a->at_least))
		load_fault(l, node, "`gather` puts records of `%s` itself together: `of: %s`, with `at_least:`",
		           t->name, t->name);
}

static void load_like(struct loader *l, struct type *t, const struct yaml_node *node)
{
	static const char *const keys = "label of same words with within at_least where gather";
	if (!load_keys(l, node, "`alike`", keys))
		return;
	struct alike a = {.of = far_type(l, node, "of", "`alike`")};
	if (!a.of)
		return;
	a.label = load_label(l, yaml_get(node, "label"), a.of->label.zh);
	load_same_fields(l, t, yaml_get(node, "same"), &a);
	if (yaml_get(node, "words")) {
		const struct yaml_node *with = yaml_get(node, "with");
		a.n_words = load_texts(l, t, yaml_get(node, "words"), "`words`", &a.words);
		a.n_with = load_texts(l, a.of, with ? with : yaml_get(node, "words"), "`with`", &a.with);
	}
	a.within = load_text(l, node, "within");
	a.at_least = load_text(l, node, "at_least");
	check_within(l, yaml_get(node, "within"), a.within);
	check_number_words(l, yaml_get(node, "at_least"), a.at_least);
	if (yaml_get(node, "gather"))
		a.gather = load_gather(l, t, yaml_get(node, "gather"));
	check_alike(l, t, node, &a);
	struct alike *kept = &t->alikes[t->n_alikes++];
	*kept = a;
	t->gathers = t->gathers || a.gather;
	load_filter(l, yaml_get(node, "where"), a.of, &kept->where);
}

void load_alike(struct loader *l, struct type *t)
{
	size_t n_asides = walk_count(l, t, "asides"), n_alike = walk_count(l, t, "alike");
	load_path_steps(l, t);
	if (n_asides > ASIDES_MAX || n_alike > ALIKE_MAX) {
		load_fault(l, source_get(l, t, n_alike > ALIKE_MAX ? "alike" : "asides"),
		           "at most %d asides and %d kinds of alike", ASIDES_MAX, ALIKE_MAX);
		return;
	}
	t->asides = ARENA_ARRAY(l->arena, n_asides + 1, struct aside);
	for (struct walk w = walk_start(l, t, "asides", true); walk_next(&w);)
		load_aside(l, t, w.value);
	t->alikes = ARENA_ARRAY(l->arena, n_alike + 1, struct alike);
	for (struct walk w = walk_start(l, t, "alike", true); walk_next(&w);)
		load_like(l, t, w.value);
}

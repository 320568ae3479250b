/* What happens: transitions and follow-up plans. */
#include "model/pack_load.h"

static const char *const transition_keys = "label was from to by needs ask when else do glance bulk quiet unblocked";

/* Fields that only the program writes, whatever a pack says. */
bool field_is_kept(const struct field *f)
{
	static const char *const kept[] = {"state",         "stage",        "number",    "first_owner", "owner",
	                                   "pending_owner", "pending_team", "opened_at", "closed_at",   "chased"};
	if (f->flags & (FIELD_BASE | FIELD_DERIVED))
		return true;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (strcmp(kept[i], f->name) == 0)
			return strcmp(f->name, "state") == 0 ? f->of->n_states > 0 : f->of->uses_work;
	return false;
}

static void check_states(struct loader *l, const struct type *t, const struct yaml_node *node, const char **names,
                         size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!type_state(t, names[i])) {
			const char **all = ARENA_ARRAY(l->scratch, t->n_states + 1, const char *);
			for (size_t k = 0; k < t->n_states; k++)
				all[k] = t->states[k].name;
			load_fault(l, load_item(node, i), "there is no state `%s`%s", names[i],
			           load_nearest(l, names[i], all, t->n_states));
		}
}

static bool is_party(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_parties; i++)
		if (strcmp(t->parties[i].name, name) == 0)
			return true;
	return false;
}

static void check_by(struct loader *l, const struct type *t, const struct yaml_node *node, const char **by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(by[i], "anyone") != 0 && !load_role(l, by[i]) && !is_party(t, by[i]))
			load_fault(l, node ? load_item(node, i) : NULL, "`%s` is neither a role nor a party of `%s`",
			           by[i], t->name);
}

static void load_needs(struct loader *l, const struct type *t, const struct yaml_node *node, struct transition *tr)
{
	size_t n;
	const char **names = load_words(l, node, "`needs`", &n);
	tr->needs = ARENA_ARRAY(l->arena, n + 1, const struct field *);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = type_field(t, names[i]);
		if (!f)
			load_fault(l, load_item(node, i), "`needs` names no field of `%s`: `%s`%s", t->name, names[i],
			           load_nearest_field(l, t, names[i]));
		else
			tr->needs[tr->n_needs++] = f;
	}
}

/* `NAME`, `NAME?` or either with ` = PRESET`. */
static const char *split_ask(struct loader *l, const char *text, struct ask *ret_ask)
{
	const char *is = strchr(text, '=');
	size_t len = is ? (size_t)(is - text) : strlen(text);
	while (len && text[len - 1] == ' ')
		len--;
	ret_ask->required = !(len > 1 && text[len - 1] == '?');
	if (is)
		ret_ask->preset = arena_strdup(l->arena, is + 1 + strspn(is + 1, " "));
	return arena_strndup(l->arena, text, len - !ret_ask->required);
}

/* A preset is what a default may be, or a field: what the record holds there. */
static void check_preset(struct loader *l, const struct type *t, const struct yaml_node *node, struct ask *ask)
{
	const struct field *f = ask->field;
	if (!ask->preset)
		return;
	if (!(f->kind == FIELD_CHOICE || f->kind == FIELD_CHOICES) || !field_option(f, ask->preset, NULL))
		ask->from = type_field(t, ask->preset);
	load_value(l, (struct value_wish){.node = node, .text = ask->preset, .field = f, .type = ask->from ? t : NULL});
	if (ask->from)
		ask->preset = NULL;
}

static void load_asks(struct loader *l, const struct type *t, const struct yaml_node *node, struct transition *tr)
{
	size_t n;
	const char **names = load_words(l, node, "`ask`", &n);
	tr->asks = ARENA_ARRAY(l->arena, n + 1, struct ask);
	for (size_t i = 0; i < n; i++) {
		struct ask ask = {0};
		const char *name = split_ask(l, names[i], &ask);
		const struct field *f = type_field(t, name), *input = type_input(t, name);
		bool twice = false;
		for (size_t k = 0; k < tr->n_asks; k++)
			twice = twice || tr->asks[k].field == (input ? input : f);
		if (!f && !input)
			load_fault(l, load_item(node, i), "`ask` names no field or input of `%s`: `%s`%s", t->name,
			           name, load_nearest_field(l, t, name));
		else if (twice)
			load_fault(l, load_item(node, i), "`%s` is asked twice", name);
		else if (!input && (field_is_kept(f) || f->kind == FIELD_COMPUTED))
			load_fault(l, load_item(node, i), "`%s` is written by the program alone and can't be asked",
			           name);
		else {
			ask.field = input ? input : f;
			ask.is_input = input != NULL;
			check_preset(l, t, load_item(node, i), &ask);
			tr->asks[tr->n_asks++] = ask;
		}
	}
}

/* Former names; none of them may be another's. */
static void load_was(struct loader *l, const struct type *t, const struct yaml_node *node, struct transition *tr)
{
	size_t n;
	const char **names = load_words(l, node, "`was`", &n);
	for (size_t i = 0; i < n; i++) {
		load_name_ok(l, load_item(node, i), names[i], "a transition");
		if (type_transition(t, names[i]))
			load_fault(l, load_item(node, i), "transition `%s` is there already", names[i]);
	}
	tr->was = names;
	tr->n_was = n;
}

static void load_transition(struct loader *l, struct type *t, const struct walk *w)
{
	const struct yaml_node *node = w->value;
	if (!load_name_ok(l, w->key, w->name, "a transition") || !load_keys(l, node, "a transition", transition_keys))
		return;
	if (type_transition(t, w->name)) {
		load_fault(l, w->key, "transition `%s` is there already%s", w->name,
		           type_transition(t, w->name)->system
		                   ? " (it comes with `uses: [work]`; `work:` says who may do it)"
		                   : "");
		return;
	}
	struct transition *tr = &t->transitions[t->n_transitions++];
	*tr = (struct transition){.name = w->name};
	tr->label = load_label(l, yaml_get(node, "label"), w->name);
	load_was(l, t, yaml_get(node, "was"), tr);
	tr->from = load_words(l, yaml_get(node, "from"), "`from`", &tr->n_from);
	check_states(l, t, yaml_get(node, "from"), tr->from, tr->n_from);
	tr->to = load_text(l, node, "to");
	if (tr->to)
		check_states(l, t, yaml_get(node, "to"), &tr->to, 1);
	tr->by = load_words(l, yaml_get(node, "by"), "`by`", &tr->n_by);
	check_by(l, t, yaml_get(node, "by"), tr->by, tr->n_by);
	tr->quiet = load_flag(l, node, "quiet");
	tr->unblocked = load_flag(l, node, "unblocked");
	if (tr->unblocked && !t->uses_work)
		load_fault(l, yaml_get(node, "unblocked"), "`unblocked` is for types with `uses: [work]`");
	if (!tr->n_by && !tr->quiet)
		load_fault(l, w->key,
		           "transition `%s` needs `by:` (roles or parties, or anyone), else nobody may do it", w->name);
	load_needs(l, t, yaml_get(node, "needs"), tr);
	load_asks(l, t, yaml_get(node, "ask"), tr);
	load_filter(l, yaml_get(node, "when"), t, &tr->when);
	tr->otherwise = load_label(l, yaml_get(node, "else"), NULL);
	tr->glance = load_flag(l, node, "glance");
	tr->bulk = load_flag(l, node, "bulk");
	tr->actions = load_actions(l, t, yaml_get(node, "do"), true, &tr->n_actions);
}

void load_transitions(struct loader *l, struct type *t)
{
	t->transitions =
	        ARENA_ARRAY(l->arena, walk_count(l, t, "transitions") + WORK_TRANSITIONS_MAX + 1, struct transition);
	size_t n_work = work_transitions(l, t);
	const struct yaml_node *work = yaml_get(l->sources[t->at].parts[0], "work");
	for (size_t i = 0; i < n_work; i++)
		check_by(l, t, yaml_get(work, t->transitions[i].name), t->transitions[i].by, t->transitions[i].n_by);
	for (struct walk w = walk_start(l, t, "transitions", false); walk_next(&w);)
		load_transition(l, t, &w);
	if (t->n_transitions && !t->n_states)
		load_fault(l, source_get(l, t, "transitions"), "type `%s` has transitions but no `states`", t->name);
}

static void load_plan(struct loader *l, struct type *t, const struct yaml_node *node, struct follow_plan *plan)
{
	if (!load_keys(l, node, "a follow-up", "name label after wait until make set when"))
		return;
	plan->name = load_text(l, node, "name");
	plan->after = load_text(l, node, "after");
	plan->wait = load_text(l, node, "wait");
	plan->until = load_text(l, node, "until");
	plan->make = load_text(l, node, "make");
	if (!plan->name || !plan->after || !plan->wait || !plan->make) {
		load_fault(l, node, "a follow-up needs name, after (a transition), wait (3d) and make (a type)");
		return;
	}
	load_name_ok(l, yaml_get(node, "name"), plan->name, "a follow-up");
	if (!type_transition(t, plan->after))
		load_fault(l, yaml_get(node, "after"), "there is no transition `%s`", plan->after);
	const char *spans[] = {plan->wait, plan->until};
	for (int i = 0; i < 2; i++) {
		const struct yaml_node *at = yaml_get(node, i ? "until" : "wait");
		if (!spans[i])
			continue;
		if (spans[i][0] != '@' ? !load_duration_ok(spans[i]) : !model_parameter(l->m, spans[i] + 1))
			load_fault(l, at,
			           spans[i][0] == '@' ? "there is no parameter `%s`"
			                              : "`%s` is no duration: 30m, 2h, 3d, 1w, 6mo, 5bd",
			           spans[i]);
	}
	const struct type *made = model_type(l->m, plan->make);
	if (!made) {
		load_fault(l, yaml_get(node, "make"), "there is no type `%s`", plan->make);
		return;
	}
	if (yaml_get(node, "set"))
		plan->set = load_pairs(l, yaml_get(node, "set"),
		                       &(struct pair_frame){.target = made, .from = t, .inputs = true, .making = true},
		                       &plan->n_set);
	load_filter(l, yaml_get(node, "when"), t, &plan->when);
}

void load_plans(struct loader *l, struct type *t)
{
	t->plans = ARENA_ARRAY(l->arena, walk_count(l, t, "follow_up") + 1, struct follow_plan);
	for (struct walk w = walk_start(l, t, "follow_up", true); walk_next(&w);) {
		struct follow_plan *plan = &t->plans[t->n_plans];
		load_plan(l, t, w.value, plan);
		for (size_t i = 0; plan->name && i < t->n_plans; i++)
			if (strcmp(t->plans[i].name, plan->name) == 0)
				load_fault(l, yaml_get(w.value, "name"), "follow-up `%s` is there already", plan->name);
		if (plan->name)
			t->n_plans++;
	}
}

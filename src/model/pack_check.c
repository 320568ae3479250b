/* What must hold for the whole: states that can be reached and left, computed fields that end, nothing hidden searched.
 */
#include "model/pack_load.h"

static const struct yaml_node *key_of(const struct loader *l, const struct type *t, const char *section,
                                      const char *name)
{
	const struct source *s = &l->sources[t->at];
	for (size_t i = 0; i < s->n; i++) {
		const struct yaml_node *map = yaml_get(s->parts[i], section);
		for (size_t k = 0; map && map->kind == YAML_MAP && k < map->n; k++)
			if (strcmp(map->keys[k]->text, name) == 0)
				return map->keys[k];
	}
	return s->parts[0];
}

static int state_at(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_states; i++)
		if (strcmp(t->states[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool leaves(const struct transition *tr, const char *state)
{
	for (size_t i = 0; i < tr->n_from; i++)
		if (strcmp(tr->from[i], state) == 0)
			return true;
	return tr->n_from == 0;
}

/* Another type may create records in a state of its choice. */
static void mark_created(const struct type *t, const char *type, const struct pair *set, size_t n, bool *reached)
{
	for (size_t i = 0; type && strcmp(type, t->name) == 0 && i < n; i++)
		if (strcmp(set[i].name, "state") == 0 && state_at(t, set[i].value) >= 0)
			reached[state_at(t, set[i].value)] = true;
}

static void mark_actions(const struct type *t, const struct action *actions, size_t n, bool *reached)
{
	for (size_t i = 0; i < n; i++)
		if (actions[i].kind == ACTION_CREATE)
			mark_created(t, actions[i].target, actions[i].set, actions[i].n_set, reached);
}

static void mark_starts(const struct loader *l, const struct type *t, bool *reached)
{
	if (t->start && state_at(t, t->start) >= 0)
		reached[state_at(t, t->start)] = true;
	for (size_t i = 0; i < l->m->n_types; i++) {
		const struct type *o = &l->m->types[i];
		for (size_t k = 0; k < o->n_transitions; k++)
			mark_actions(t, o->transitions[k].actions, o->transitions[k].n_actions, reached);
		for (size_t k = 0; k < o->n_rules; k++)
			mark_actions(t, o->rules[k].actions, o->rules[k].n_actions, reached);
		for (size_t k = 0; k < o->n_clocks; k++)
			for (size_t s = 0; s < o->clocks[k].n_steps; s++)
				mark_actions(t, o->clocks[k].steps[s].actions, o->clocks[k].steps[s].n_actions,
				             reached);
		for (size_t k = 0; k < o->n_plans; k++)
			mark_created(t, o->plans[k].make, o->plans[k].set, o->plans[k].n_set, reached);
	}
	for (size_t i = 0; i < l->m->n_duties; i++)
		mark_created(t, l->m->duties[i].make, l->m->duties[i].set, l->m->duties[i].n_set, reached);
}

static void check_states(struct loader *l, const struct type *t)
{
	bool *reached = ARENA_ARRAY(l->scratch, t->n_states + 1, bool);
	bool more = true;
	mark_starts(l, t, reached);
	while (more) {
		more = false;
		for (size_t i = 0; i < t->n_transitions; i++) {
			const struct transition *tr = &t->transitions[i];
			int to = tr->to ? state_at(t, tr->to) : -1;
			for (size_t s = 0; to >= 0 && !reached[to] && s < t->n_states; s++)
				if (reached[s] && leaves(tr, t->states[s].name))
					more = reached[to] = true;
		}
	}
	for (size_t s = 0; s < t->n_states; s++) {
		const char *name = t->states[s].name;
		bool way_out = t->states[s].stage == STAGE_FINAL;
		for (size_t i = 0; i < t->n_transitions && !way_out; i++)
			way_out = t->transitions[i].to && strcmp(t->transitions[i].to, name) != 0 &&
			          leaves(&t->transitions[i], name);
		if (!reached[s])
			load_warn(l, key_of(l, t, "states", name), "no transition leads to state `%s`", name);
		if (!way_out)
			load_fault(l, key_of(l, t, "states", name),
			           "nothing leads out of state `%s`: add a transition, or make its stage final", name);
	}
}

static bool is_asked(const struct type *t, const struct field *input)
{
	for (size_t i = 0; i < t->n_transitions; i++)
		for (size_t k = 0; k < t->transitions[i].n_asks; k++)
			if (t->transitions[i].asks[k].field == input)
				return true;
	return false;
}

static bool is_by(const struct type *t, const char *party)
{
	for (size_t i = 0; i < t->n_transitions; i++)
		for (size_t k = 0; k < t->transitions[i].n_by; k++)
			if (strcmp(t->transitions[i].by[k], party) == 0)
				return true;
	return false;
}

static void check_unused(struct loader *l, const struct type *t)
{
	for (struct walk w = walk_start(l, t, "inputs", false); walk_next(&w);) {
		const struct field *input = type_input(t, w.name);
		if (input && !is_asked(t, input))
			load_warn(l, w.key, "no transition asks for input `%s`", w.name);
	}
	for (struct walk w = walk_start(l, t, "parties", false); walk_next(&w);)
		if (!is_by(t, w.name))
			load_warn(l, w.key, "no transition is done `by` party `%s`", w.name);
}

/* Search looks into texts before it knows who asks: what somebody may not see can't be in there. */
static void check_sight(struct loader *l, const struct type *t)
{
	for (size_t i = 0; i < t->n_access; i++) {
		const struct access *a = &t->access[i];
		for (size_t k = 0; k < a->n_hide + a->n_masks; k++) {
			bool hide = k < a->n_hide;
			const struct field *f = hide ? a->hide[k] : a->masks[k - a->n_hide].field;
			if (f->flags & FIELD_SEARCH)
				load_fault(l, key_of(l, t, "fields", f->name),
				           "`%s` has `search: true`, but role `%s` %s it: give it `lookup` instead",
				           f->name, a->role, hide ? "hides" : "masks");
			if (hide && (t->title == f))
				load_fault(l, key_of(l, t, "access", a->role),
				           "role `%s` hides `%s`, the title by which every link shows the record",
				           a->role, f->name);
			if (f->flags & FIELD_BASE)
				load_fault(l, key_of(l, t, "access", a->role), "`%s` can't be hidden or masked",
				           f->name);
		}
	}
	for (size_t i = 0; i < t->n_fields; i++)
		if ((t->fields[i].flags & FIELD_CONFIDENTIAL) && (t->fields[i].flags & FIELD_REQUIRED) &&
		    t->title == &t->fields[i])
			load_fault(l, key_of(l, t, "fields", t->fields[i].name), "the title can't be confidential");
}

struct circle {
	struct loader *l;
	const struct field **path;
	size_t n;
	const struct field *found;
};

/* A computed field that hangs on itself, through others too, would never end. */
static bool visit(void *arg, const struct field *f)
{
	struct circle *c = arg;
	if (f->kind != FIELD_COMPUTED || !f->is)
		return true;
	for (size_t i = 0; i < c->n; i++)
		if (c->path[i] == f) {
			c->found = f;
			return false;
		}
	if (c->n >= 64)
		return false;
	c->path[c->n++] = f;
	bool fine = filter_each_field(f->is, visit, c);
	c->n--;
	return fine;
}

static void check_computed(struct loader *l, const struct type *t)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *path[64];
		struct circle c = {.l = l, .path = path};
		if (!visit(&c, &t->fields[i]))
			load_fault(l, key_of(l, t, "fields", t->fields[i].name),
			           c.found ? "`%s` is computed from itself"
			                   : "`%s` is computed through more than 64 others",
			           t->fields[i].name);
	}
}

static void check_open(struct loader *l, const struct type *t)
{
	if (t->n_access == 0)
		load_warn(l, l->sources[t->at].parts[0], "nobody may see `%s`: it has no access line", t->name);
	for (size_t i = 0; i < t->n_access; i++) {
		const struct access *a = &t->access[i];
		if (!a->read && !a->write && !a->create && !a->n_glance)
			load_warn(l, key_of(l, t, "access", a->role),
			          "the line of role `%s` allows nothing: it has no read, create or glance", a->role);
		else if (!a->read && (a->write || a->remove))
			load_fault(l, key_of(l, t, "access", a->role),
			           "role `%s` may write what it may not read: add `read`", a->role);
	}
}

void pack_check(struct loader *l)
{
	for (size_t i = 0; i < l->m->n_types; i++) {
		const struct type *t = &l->m->types[i];
		check_states(l, t);
		check_unused(l, t);
		check_sight(l, t);
		check_computed(l, t);
		check_open(l, t);
	}
}

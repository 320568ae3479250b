/* `clocks:` of types. */
#include "model/pack_load.h"
#include "model/target.h"

static const char *const clock_keys = "label calendar start stop pause when target warn at again";

enum { CLOCKS_MAX = 20, STEPS_MAX = 62 }; /* steps: as many as flow/clock_run.h has bits for */

/* ---- the fields of a clock ------------------------------------------------------------------------ */

static const struct option clock_states[] = {
        {.name = "running", .label = {"计时中", "Running"}},
        {.name = "warned", .label = {"即将超时", "Nearly due"}},
        {.name = "breached", .label = {"已超时", "Overdue"}},
        {.name = "paused", .label = {"暂停", "Paused"}},
        {.name = "met", .label = {"按时", "In time"}},
        {.name = "late", .label = {"逾期完成", "Late"}},
        {.name = "withdrawn", .label = {"已撤销", "Withdrawn"}},
};

static const char *clock_field(struct arena *a, const char *clock, const char *part)
{
	return arena_printf(a, "clock_%s_%s", clock, part);
}

static void add_clock_field(struct loader *l, struct type *t, const struct walk *w, struct field f)
{
	if (type_field(t, f.name)) {
		load_fault(l, w->key, "clock `%s` makes the field `%s`, which is declared already", w->name, f.name);
		return;
	}
	f.flags = FIELD_SYSTEM | FIELD_SORT | FIELD_DERIVED;
	f.of = t;
	f.at = (int)t->n_fields;
	f.column = f.name;
	t->fields[t->n_fields++] = f;
}

size_t clock_fields_count(struct loader *l, const struct type *t)
{
	return 2 * walk_count(l, t, "clocks");
}

void load_clock_fields(struct loader *l, struct type *t)
{
	size_t n = 0;
	for (struct walk w = walk_start(l, t, "clocks", false); walk_next(&w);) {
		if (!load_name_ok(l, w.key, w.name, "a clock"))
			continue;
		if (strlen(w.name) > LIMIT_NAME_BYTES - strlen("clock__state")) {
			load_fault(l, w.key, "`%s` is too long to name a clock", w.name);
			continue;
		}
		if (++n > CLOCKS_MAX) {
			load_fault(l, w.key, "type `%s` has more than %d clocks", t->name, CLOCKS_MAX);
			return;
		}
		struct label label = load_label(l, yaml_get(w.value, "label"), w.name);
		struct label due = {.zh = arena_printf(l->arena, "%s到期", label.zh)},
		             state = {.zh = arena_printf(l->arena, "%s计时", label.zh)};
		if (label.en) {
			due.en = arena_printf(l->arena, "%s due", label.en);
			state.en = arena_printf(l->arena, "%s clock", label.en);
		}
		add_clock_field(l, t, &w,
		                (struct field){.name = clock_field(l->arena, w.name, "due"),
		                               .label = due,
		                               .kind = FIELD_DATETIME});
		add_clock_field(l, t, &w,
		                (struct field){.name = clock_field(l->arena, w.name, "state"),
		                               .label = state,
		                               .kind = FIELD_CHOICE,
		                               .options = (struct option *)clock_states,
		                               .n_options = sizeof clock_states / sizeof *clock_states});
	}
}

/* ---- clocks ------------------------------------------------------------------------------------------ */

static bool is_stage(const char *word)
{
	for (int s = STAGE_OPEN; s <= STAGE_FINAL; s++)
		if (strcmp(stage_name((enum stage)s), word) == 0)
			return true;
	return false;
}

enum { MAY_CREATED = 1, MAY_DONE = 2, MAY_STAGE = 4 };

static void check_moments(struct loader *l, const struct type *t, const struct yaml_node *node, const char **words,
                          size_t n, unsigned may)
{
	const char **all = ARENA_ARRAY(l->scratch, t->n_states + 1, const char *);
	for (size_t k = 0; k < t->n_states; k++)
		all[k] = t->states[k].name;
	for (size_t i = 0; i < n; i++) {
		const char *w = words[i];
		if (type_state(t, w) || ((may & MAY_STAGE) && is_stage(w)) ||
		    ((may & MAY_CREATED) && strcmp(w, "created") == 0) ||
		    ((may & MAY_DONE) && strncmp(w, "done:", 5) == 0 && type_transition(t, w + 5)))
			continue;
		if ((may & MAY_DONE) && strncmp(w, "done:", 5) == 0)
			load_fault(l, load_item(node, i), "there is no transition `%.60s`", w + 5);
		else
			load_fault(l, load_item(node, i), "there is no state `%.60s`%s", w,
			           load_nearest(l, w, all, t->n_states));
	}
}

static const char **moments(struct loader *l, const struct type *t, const struct walk *w, const char *key,
                            const char *const *preset, size_t n_preset, unsigned may, size_t *ret_n)
{
	const struct yaml_node *node = yaml_get(w->value, key);
	const char **words = load_words(l, node, arena_printf(l->scratch, "`%s`", key), ret_n);
	if (node) {
		check_moments(l, t, node, words, *ret_n, may);
		return words;
	}
	words = ARENA_ARRAY(l->arena, n_preset, const char *);
	memcpy(words, preset, n_preset * sizeof *words);
	*ret_n = n_preset;
	return words;
}

static void load_targets(struct loader *l, struct type *t, const struct walk *w, struct clock_def *c)
{
	const struct yaml_node *list = yaml_get(w->value, "target");
	if (!list || list->kind != YAML_LIST || list->n == 0) {
		load_fault(l, list ? list : w->key, "clock `%s` needs `target:`, a list: [{is: 24h}]", w->name);
		return;
	}
	c->targets = ARENA_ARRAY(l->arena, list->n, struct clock_target);
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *one = list->items[i];
		struct target target;
		const char *why;
		if (!load_keys(l, one, "a target", "when is"))
			continue;
		struct clock_target *to = &c->targets[c->n_targets];
		to->is = load_text(l, one, "is");
		if (!to->is)
			load_fault(l, one, "a target needs `is:`, such as 24h, 5bd or day end");
		else if (target_parse(l->scratch, l->m, t, to->is, &target, &why) != ERR_OK)
			load_fault(l, yaml_get(one, "is"), "%s", why);
		if (!to->is)
			continue;
		c->n_targets++;
		load_filter(l, yaml_get(one, "when"), t, &to->when);
		if (!yaml_get(one, "when") && i + 1 < list->n)
			load_warn(l, list->items[i + 1],
			          "this target is never reached: the one before it has no `when`");
	}
}

/* Roughly, for their order: what comes after the breach lies behind all that comes before it. */
static int64_t step_rank(const struct loader *l, const struct clock_step *s)
{
	int n = 0;
	char unit = 'm';
	const struct parameter *p = s->after && s->after[0] == '@' ? model_parameter(l->m, s->after + 1) : NULL;
	if (!s->after)
		return s->percent;
	if (!target_duration(p && p->preset.kind == VALUE_TEXT ? p->preset.s : s->after, &n, &unit))
		return 100;
	int minutes = unit == 'm' ? 1 : unit == 'h' ? 60 : unit == 'w' ? 7 * 1440 : unit == 'M' ? 30 * 1440 : 1440;
	return 101 + (int64_t)n * minutes;
}

static void sort_steps(const struct loader *l, struct clock_def *c)
{
	for (size_t i = 1; i < c->n_steps; i++) {
		struct clock_step s = c->steps[i];
		size_t at = i;
		for (; at > 0 && step_rank(l, &c->steps[at - 1]) > step_rank(l, &s); at--)
			c->steps[at] = c->steps[at - 1];
		c->steps[at] = s;
	}
}

static void load_clock_steps(struct loader *l, struct type *t, const struct yaml_node *list, struct clock_def *c)
{
	if (!list)
		return;
	if (list->kind != YAML_LIST) {
		load_fault(l, list, "`at` is a list: [{percent: 100, do: [{notify: lead}]}, {after: 1d, do: […]}]");
		return;
	}
	if (list->n > STEPS_MAX) {
		load_fault(l, list, "clock `%s` has more than %d steps", c->name ? c->name : "", STEPS_MAX);
		return;
	}
	c->steps = ARENA_ARRAY(l->arena, list->n + 1, struct clock_step);
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *node = list->items[i], *percent = yaml_get(node, "percent");
		struct clock_step *s = &c->steps[c->n_steps];
		int64_t n = 100;
		if (!load_keys(l, node, "a step of a clock", "percent after do"))
			continue;
		*s = (struct clock_step){.after = load_text(l, node, "after")};
		if (!percent == !s->after)
			load_fault(l, node,
			           "a step comes at `percent:` of the target or `after:` the breach, one of them");
		else if (percent && (!yaml_int(percent, &n) || n < 1 || n > 100))
			load_fault(l, percent, "`percent` is 1 to 100, the breach; what comes later says `after: 1d`");
		else if (s->after && !load_span_ok(l, s->after))
			load_fault(l, yaml_get(node, "after"), "`%.60s` is no duration: 30m, 2h, 3d, 1w, 6mo, 5bd",
			           s->after);
		s->percent = (int)n;
		s->actions = load_actions(l, t, yaml_get(node, "do"), false, &s->n_actions);
		if (!yaml_get(node, "do"))
			load_fault(l, node, "a step needs `do:`, a list of actions");
		c->n_steps++;
	}
	sort_steps(l, c);
}

static void load_clock(struct loader *l, struct type *t, const struct walk *w, struct clock_def *c)
{
	static const char *const created[] = {"created"}, *const over[] = {"done", "final"},
	                         *const still[] = {"paused"};
	const struct yaml_node *warn = yaml_get(w->value, "warn"), *calendar = yaml_get(w->value, "calendar");
	int64_t percent = 80;
	c->label = load_label(l, yaml_get(w->value, "label"), w->name);
	c->calendar = load_text(l, w->value, "calendar");
	c->calendar = c->calendar ? c->calendar : "org";
	if (strcmp(c->calendar, "org") != 0 && strcmp(c->calendar, "team") != 0 && !model_calendar(l->m, c->calendar))
		load_fault(l, calendar, "there is no calendar `%.60s`: always, org, team or one of calendars/",
		           c->calendar);
	c->start = moments(l, t, w, "start", created, 1, MAY_CREATED | MAY_DONE, &c->n_start);
	c->stop = moments(l, t, w, "stop", over, 2, MAY_DONE | MAY_STAGE, &c->n_stop);
	c->pause = moments(l, t, w, "pause", still, 1, MAY_STAGE, &c->n_pause);
	if (!c->n_start || !c->n_stop)
		load_fault(l, w->key, "clock `%s` never %s", w->name, c->n_start ? "stops" : "starts");
	load_filter(l, yaml_get(w->value, "when"), t, &c->when);
	load_targets(l, t, w, c);
	if (warn && (!yaml_int(warn, &percent) || percent < 0 || percent > 99))
		load_fault(l, warn, "`warn` is a percentage, 0 (never) to 99");
	c->warn_percent = (int)percent;
	c->again = load_flag(l, w->value, "again");
	load_clock_steps(l, t, yaml_get(w->value, "at"), c);
	c->due_field = type_field(t, clock_field(l->scratch, w->name, "due"));
	c->state_field = type_field(t, clock_field(l->scratch, w->name, "state"));
	c->where = load_declared(l, w->key, w->value, NULL, 0);
}

void load_clocks(struct loader *l, struct type *t)
{
	t->clocks = ARENA_ARRAY(l->arena, walk_count(l, t, "clocks") + 1, struct clock_def);
	for (struct walk w = walk_start(l, t, "clocks", false); walk_next(&w);) {
		if (!load_keys(l, w.value, "a clock", clock_keys))
			continue;
		if (type_clock(t, w.name)) {
			load_fault(l, w.key, "clock `%s` is there already", w.name);
			continue;
		}
		if (!t->n_states) {
			load_fault(l, w.key, "type `%s` has no `states`: nothing would stop its clock", t->name);
			continue;
		}
		struct clock_def *c = &t->clocks[t->n_clocks];
		c->name = w.name;
		load_clock(l, t, &w, c);
		t->n_clocks += c->due_field && c->state_field;
	}
}

/* ---- hidden with what they rest on ------------------------------------------------------------------- */

static bool rests_on(struct loader *l, const struct type *t, const struct clock_def *c, const struct field *f)
{
	for (size_t i = 0; i < c->n_targets; i++) {
		struct target target;
		const char *why;
		if (target_parse(l->scratch, l->m, t, c->targets[i].is, &target, &why) == ERR_OK &&
		    target.kind == TARGET_BY && target.field == f)
			return true;
	}
	return false;
}

/* Whom a date is hidden from does not read it off a clock that runs until then. */
void load_clock_hides(struct loader *l, struct type *t)
{
	for (size_t i = 0; i < t->n_access; i++) {
		struct access *a = &t->access[i];
		size_t n = a->n_hide;
		const struct field **hide = ARENA_ARRAY(l->arena, n * (1 + 2 * t->n_clocks) + 1, const struct field *);
		if (n > 0)
			memcpy(hide, a->hide, n * sizeof *hide);
		for (size_t k = 0; k < a->n_hide; k++)
			for (size_t c = 0; c < t->n_clocks; c++) {
				const struct clock_def *clock = &t->clocks[c];
				if (clock->due_field == NULL || clock->state_field == NULL ||
				    !rests_on(l, t, clock, a->hide[k]))
					continue;
				hide[n++] = clock->due_field;
				hide[n++] = clock->state_field;
			}
		a->hide = hide;
		a->n_hide = n;
	}
}

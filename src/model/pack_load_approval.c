/* approvals/NAME.yaml: who decides on a matter, step by step. */
#include "model/pack_load.h"
#include "model/target.h"

enum { STEPS_MAX = 16, SUMMARY_PRESET = 4, SUMMARY_MAX = 12 };

static const char *const route_keys =
        "approval label type start approved refused returned withdraw reopen locks amount summary scan standing "
        "steps off";
static const char *const step_keys = "name label who need quorum parallel serial own when due escalate";

/* ---- a step ----------------------------------------------------------------------------------------- */

static void check_seat(struct loader *l, const struct type *t, const struct yaml_node *node, const char *word)
{
	static const char *const known[] = {"owner", "first_owner", "creator", "team", "lead"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(word, known[i]) == 0) {
			if (!t->uses_work && strcmp(word, "creator") != 0)
				load_fault(l, node, "`%s` does not use work: it has no %s", t->name, word);
			return;
		}
	if (strncmp(word, "role:", 5) == 0 && !load_role(l, word + 5))
		load_fault(l, node, "there is no role `%.60s`", word + 5);
	else if (strncmp(word, "field:", 6) == 0)
		load_field_who(l, t, node, word + 6);
	else if (!strchr(word, ':') && load_role(l, word))
		load_fault(l, node, "`%.60s` is a role: write `role:%.60s`", word, word);
	else if (strchr(word, ':') && strncmp(word, "role:", 5) != 0 && strncmp(word, "team:", 5) != 0)
		load_fault(l, node,
		           "`who` is role:NAME, team:CODE, team, lead, owner, first_owner, creator, field:NAME or a "
		           "login, not `%.60s`",
		           word);
}

static void load_need(struct loader *l, const struct yaml_node *node, struct approval_step *s)
{
	const char *word = load_text(l, node, "need");
	int64_t n;
	s->need = NEED_ALL;
	if (!word || strcmp(word, "all") == 0)
		return;
	if (strcmp(word, "any") == 0)
		s->need = NEED_ANY;
	else if (strcmp(word, "majority") == 0)
		s->need = NEED_MAJORITY;
	else if (yaml_int(yaml_get(node, "need"), &n) && n > 0 && n <= LIMIT_TABLE_ROWS)
		s->need = NEED_NUMBER, s->number = (int)n;
	else
		load_fault(l, yaml_get(node, "need"), "`need` is all, any, majority or how many must agree");
}

static void load_quorum(struct loader *l, const struct yaml_node *node, struct approval_step *s)
{
	const struct yaml_node *said = yaml_get(node, "quorum");
	int64_t n = 0;
	if (!said)
		return;
	if (s->need != NEED_MAJORITY || !yaml_int(said, &n) || n < 1 || n > LIMIT_TABLE_ROWS)
		load_fault(l, said, "`quorum` is how many must have voted, and goes with `need: majority`");
	s->quorum = (int)n;
}

static void load_limit(struct loader *l, const struct type *t, const struct yaml_node *node, struct approval_step *s)
{
	struct target due;
	const char *why;
	s->due = load_text(l, node, "due");
	if (s->due && target_parse(l->scratch, l->m, NULL, s->due, &due, &why) != ERR_OK)
		load_fault(l, yaml_get(node, "due"), "%s", why);
	s->escalate = load_words(l, yaml_get(node, "escalate"), "`escalate`", &s->n_escalate);
	for (size_t i = 0; i < s->n_escalate; i++)
		check_seat(l, t, load_item(yaml_get(node, "escalate"), i), s->escalate[i]);
	if (s->n_escalate && !s->due)
		load_fault(l, yaml_get(node, "escalate"), "`escalate` goes with `due`");
}

static void load_step(struct loader *l, const struct yaml_node *node, struct approval_route *r)
{
	struct approval_step *s = &r->steps[r->n_steps];
	const struct yaml_node *who = yaml_get(node, "who");
	if (!load_keys(l, node, "a step", step_keys))
		return;
	*s = (struct approval_step){.name = load_text(l, node, "name")};
	if (!s->name || !load_name_ok(l, yaml_get(node, "name"), s->name, "a step")) {
		if (!s->name)
			load_fault(l, node, "a step needs `name:`");
		return;
	}
	for (size_t i = 0; i < r->n_steps; i++)
		if (strcmp(r->steps[i].name, s->name) == 0)
			load_fault(l, yaml_get(node, "name"), "step `%s` is there already", s->name);
	r->n_steps++;
	s->label = load_label(l, yaml_get(node, "label"), s->name);
	s->who = load_words(l, who, "`who`", &s->n_who);
	if (!s->n_who)
		load_fault(l, who ? who : node, "step `%s` needs `who:`, such as [\"role:manager\"]", s->name);
	for (size_t i = 0; i < s->n_who; i++)
		check_seat(l, r->type, load_item(who, i), s->who[i]);
	load_need(l, node, s);
	load_quorum(l, node, s);
	s->serial = load_flag(l, node, "serial");
	if (s->serial && load_flag(l, node, "parallel"))
		load_fault(l, yaml_get(node, "parallel"), "a step is serial or parallel, not both");
	s->own = load_flag(l, node, "own");
	load_filter(l, yaml_get(node, "when"), r->type, &s->when);
	load_limit(l, r->type, node, s);
}

static void load_steps(struct loader *l, const struct yaml_node *doc, struct approval_route *r)
{
	const struct yaml_node *list = yaml_get(doc, "steps");
	if (!list || list->kind != YAML_LIST || list->n == 0 || list->n > STEPS_MAX) {
		load_fault(l, list ? list : doc, "`steps` is a list of one to %d steps", STEPS_MAX);
		return;
	}
	r->steps = ARENA_ARRAY(l->arena, list->n + 1, struct approval_step);
	for (size_t i = 0; i < list->n; i++)
		load_step(l, list->items[i], r);
}

/* ---- transitions ------------------------------------------------------------------------------------ */

static bool is_text(const struct field *f)
{
	return f->kind == FIELD_TEXT || f->kind == FIELD_LONG_TEXT;
}

/* It is done by a vote, which has words and nothing else. */
static void check_asks(struct loader *l, const struct yaml_node *node, const struct transition *tr)
{
	size_t first = tr->n_asks;
	for (size_t i = tr->n_asks; i > 0; i--)
		if (is_text(tr->asks[i - 1].field))
			first = i - 1;
	for (size_t i = 0; i < tr->n_asks; i++)
		if (tr->asks[i].required && i != first)
			load_fault(l, node, "`%s` must not ask for `%s`: a vote has a reason and nothing else",
			           tr->name, tr->asks[i].field->name);
}

static bool may_follow(const struct transition *tr, const char *state)
{
	bool from = tr->n_from == 0;
	for (size_t i = 0; i < tr->n_from; i++)
		from = from || strcmp(tr->from[i], state) == 0;
	return from;
}

/* The transition of an outcome: possible from where the round stands. */
static const char *load_outcome(struct loader *l, const struct yaml_node *doc, const char *key,
                                const struct approval_route *r)
{
	const char *name = load_text(l, doc, key);
	const struct transition *tr = name ? type_transition(r->type, name) : NULL;
	const struct yaml_node *node = yaml_get(doc, key);
	if (!name)
		return NULL;
	if (!tr) {
		load_fault(l, node, "`%s` has no transition `%.60s`", r->type->name, name);
		return NULL;
	}
	check_asks(l, node, tr);
	for (size_t i = 0; i < r->n_start; i++) {
		const struct transition *start = type_transition(r->type, r->start[i]);
		if (strcmp(r->start[i], name) == 0)
			load_fault(l, node, "`%s` begins the round: it can't end it", name);
		else if (start && start->to && !may_follow(tr, start->to))
			load_fault(l, node, "after `%s` the record is in `%s`, from which `%s` is not possible",
			           start->name, start->to, name);
	}
	return tr->name;
}

static const char **load_moves(struct loader *l, const struct yaml_node *doc, const char *key, const struct type *t,
                               size_t *ret_n)
{
	const char **words = load_words(l, yaml_get(doc, key), key, ret_n);
	for (size_t i = 0; i < *ret_n; i++)
		if (!type_transition(t, words[i]))
			load_fault(l, load_item(yaml_get(doc, key), i), "`%s` has no transition `%.60s`", t->name,
			           words[i]);
	return words;
}

static void load_ends(struct loader *l, const struct yaml_node *doc, struct approval_route *r)
{
	r->start = load_moves(l, doc, "start", r->type, &r->n_start);
	r->reopen = load_moves(l, doc, "reopen", r->type, &r->n_reopen);
	if (!r->n_start)
		load_fault(l, doc, "approval `%s` needs `start:`, the transition that begins it", r->name);
	r->approved = load_outcome(l, doc, "approved", r);
	r->refused = load_outcome(l, doc, "refused", r);
	r->returned = load_outcome(l, doc, "returned", r);
	r->withdraw = load_text(l, doc, "withdraw");
	if (r->withdraw && !type_transition(r->type, r->withdraw))
		load_fault(l, yaml_get(doc, "withdraw"), "`%s` has no transition `%.60s`", r->type->name, r->withdraw);
	if (!yaml_get(doc, "approved"))
		load_fault(l, doc, "approval `%s` needs `approved:`, the transition it ends with", r->name);
	if (!yaml_get(doc, "refused") && !yaml_get(doc, "returned"))
		load_fault(l, doc, "approval `%s` needs `refused:` or `returned:`: it must be possible to say no",
		           r->name);
	for (size_t i = 0; i < l->m->n_approvals; i++) {
		const struct approval_route *other = &l->m->approvals[i];
		for (size_t a = 0; other != r && other->type == r->type && a < other->n_start; a++)
			for (size_t b = 0; b < r->n_start; b++)
				if (strcmp(other->start[a], r->start[b]) == 0)
					load_fault(l, yaml_get(doc, "start"), "`%s` begins approval `%s` already",
					           r->start[b], other->name);
	}
}

/* ---- fields ----------------------------------------------------------------------------------------- */

static const struct field **load_fields_named(struct loader *l, const struct yaml_node *node, const char *what,
                                              const struct type *t, size_t *ret_n)
{
	size_t n;
	const char **words = load_words(l, node, what, &n);
	const struct field **list = ARENA_ARRAY(l->arena, n + 1, const struct field *);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = type_field(t, words[i]);
		if (f)
			list[(*ret_n)++] = f;
		else
			load_fault(l, load_item(node, i), "`%s` has no field `%.60s`%s", t->name, words[i],
			           load_nearest_field(l, t, words[i]));
	}
	return list;
}

/* What a form begins with says most of what it is about. */
static void preset_summary(struct loader *l, struct approval_route *r)
{
	const struct form_section *s = r->type->n_form ? &r->type->form[0] : NULL;
	r->summary = ARENA_ARRAY(l->arena, SUMMARY_PRESET + 2, const struct field *);
	if (r->amount)
		r->summary[r->n_summary++] = r->amount;
	for (size_t i = 0; s && i < s->n_fields && r->n_summary < SUMMARY_PRESET; i++) {
		const struct field *f = type_field(r->type, s->fields[i]);
		if (f && f != r->amount && f != r->type->title)
			r->summary[r->n_summary++] = f;
	}
}

static void load_standing(struct loader *l, const struct yaml_node *node, struct approval_route *r)
{
	if (!load_keys(l, node, "`standing`", "up_to by"))
		return;
	r->standing_up_to = load_text(l, node, "up_to");
	r->standing_by = load_text(l, node, "by");
	const char *limit = r->standing_up_to;
	const struct parameter *p = limit && limit[0] == '@' ? model_parameter(l->m, limit + 1) : NULL;
	bool fine = r->amount && limit &&
	            (p ? p->kind == r->amount->kind && p->scale == r->amount->scale
	               : load_decimal(limit, r->amount->scale, &r->standing_limit));
	if (!r->amount)
		load_fault(l, node, "`standing` needs `amount:`, the field its limit is for");
	else if (!fine)
		load_fault(l, node, "`up_to` is a parameter of the kind of `%s`, or a number", r->amount->name);
	if (!r->standing_by || !load_role(l, r->standing_by))
		load_fault(l, node, "`by` is the role that may do so up to there");
}

static void load_about(struct loader *l, const struct yaml_node *doc, struct approval_route *r)
{
	const char *amount = load_text(l, doc, "amount"), *scan = load_text(l, doc, "scan");
	const struct yaml_node *locks = yaml_get(doc, "locks");
	r->amount = amount ? type_field(r->type, amount) : NULL;
	if (amount && (!r->amount || (r->amount->kind != FIELD_MONEY && r->amount->kind != FIELD_NUMBER)))
		load_fault(l, yaml_get(doc, "amount"), "`%.60s` is no field of money or numbers of `%s`", amount,
		           r->type->name);
	r->scan = scan ? type_field(r->type, scan) : NULL;
	if (scan && (!r->scan || r->scan->kind != FIELD_FILES))
		load_fault(l, yaml_get(doc, "scan"), "`%.60s` is no field of files of `%s`", scan, r->type->name);
	r->locks_all = yaml_text(locks) && strcmp(yaml_text(locks), "all") == 0;
	if (locks && !r->locks_all)
		r->locks = load_fields_named(l, locks, "`locks`", r->type, &r->n_locks);
	if (yaml_get(doc, "summary"))
		r->summary = load_fields_named(l, yaml_get(doc, "summary"), "`summary`", r->type, &r->n_summary);
	else
		preset_summary(l, r);
	if (r->n_summary > SUMMARY_MAX)
		load_fault(l, yaml_get(doc, "summary"), "at most %d fields are shown", SUMMARY_MAX);
	if (yaml_get(doc, "standing"))
		load_standing(l, yaml_get(doc, "standing"), r);
}

/* ---- a route ---------------------------------------------------------------------------------------- */

static void load_route(struct loader *l, const struct yaml_node *doc)
{
	struct approval_route *r = &l->m->approvals[l->m->n_approvals];
	if (!load_keys(l, doc, "an approval", route_keys))
		return;
	const char *name = load_text(l, doc, "approval"), *type = load_text(l, doc, "type");
	if (!name || !load_name_ok(l, yaml_get(doc, "approval"), name, "an approval")) {
		if (!name)
			load_fault(l, doc, "the file must say `approval: NAME`");
		return;
	}
	const struct type *t = type ? model_type(l->m, type) : NULL;
	if (!t || !t->n_states) {
		load_fault(l, yaml_get(doc, "type") ? yaml_get(doc, "type") : doc,
		           t ? "type `%.60s` has no states to go through" : "there is no type `%.60s`",
		           type ? type : "");
		return;
	}
	for (size_t i = 0; i < l->m->n_approvals; i++)
		if (strcmp(l->m->approvals[i].name, name) == 0)
			load_fault(l, yaml_get(doc, "approval"), "approval `%s` is there already", name);
	*r = (struct approval_route){.name = name, .type = t, .label = load_label(l, yaml_get(doc, "label"), name)};
	l->m->n_approvals++;
	r->off = load_flag(l, doc, "off");
	r->where = load_declared(l, NULL, doc, NULL, 0);
	l->m->types[t->at].approves = true;
	load_ends(l, doc, r);
	load_about(l, doc, r);
	load_steps(l, doc, r);
}

void load_approvals(struct loader *l)
{
	l->m->approvals = ARENA_ARRAY(l->arena, l->n_texts + 1, struct approval_route);
	for (size_t i = 0; i < l->n_texts; i++)
		if (strncmp(l->texts[i]->path, "approvals/", 10) == 0)
			load_route(l, l->docs[i]);
}

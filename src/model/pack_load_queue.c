/* queues/NAME.yaml: who is asked next for a matter that nobody has. */
#include "model/pack_load.h"

enum { SPAN_MAX_DAYS = 366, LEVEL_MAX = 5, LIFT_MAX = 9, CAPACITY_MAX = 9999 };

static const char *const queue_keys =
        "queue label type where members needs first age choose capacity offer widen shift off";

/* ---- spans and numbers ------------------------------------------------------------------------------ */

static bool span_text(const char *s, int64_t *ret_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
	int64_t n = 0;
	if (strcmp(s, "0") == 0) {
		*ret_ms = 0;
		return true;
	}
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9' && n < INT32_MAX; s++)
		n = n * 10 + (*s - '0');
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (s[0] == units[i].unit && s[1] == '\0' && n <= SPAN_MAX_DAYS * INT64_C(86400000) / units[i].ms) {
			*ret_ms = n * units[i].ms;
			return true;
		}
	return false;
}

bool queue_span(const struct model *m, const char *text, int64_t *ret_ms)
{
	const struct parameter *p = text[0] == '@' ? model_parameter(m, text + 1) : NULL;
	if (text[0] != '@')
		return span_text(text, ret_ms);
	if (!p)
		return false;
	if (p->value.kind == VALUE_TEXT)
		return span_text(p->value.s, ret_ms);
	if (p->kind != FIELD_NUMBER || p->scale != 0 || p->value.kind != VALUE_INT || p->value.i < 0 ||
	    p->value.i > SPAN_MAX_DAYS * INT64_C(86400))
		return false;
	*ret_ms = p->value.i * 1000;
	return true;
}

bool queue_number(const struct model *m, const char *text, int64_t *ret_n)
{
	const struct parameter *p = text[0] == '@' ? model_parameter(m, text + 1) : NULL;
	if (text[0] != '@')
		return load_decimal(text, 0, ret_n) && *ret_n >= 0 && *ret_n <= CAPACITY_MAX;
	if (!p || p->kind != FIELD_NUMBER || p->scale != 0 || p->value.kind != VALUE_INT || p->value.i < 0)
		return false;
	*ret_n = p->value.i < CAPACITY_MAX ? p->value.i : CAPACITY_MAX;
	return true;
}

const struct queue_def *model_queue(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_queues; i++)
		if (strcmp(m->queues[i].name, name) == 0)
			return &m->queues[i];
	return NULL;
}

static const char *load_span(struct loader *l, const struct yaml_node *map, const char *key, const char *otherwise)
{
	const char *text = load_text(l, map, key);
	int64_t ms;
	if (!text)
		return otherwise;
	if (!queue_span(l->m, text, &ms))
		load_fault(l, yaml_get(map, key),
		           "`%s` is a time such as 30s, 5m, 2h or 1d, or a parameter that is one or a number of "
		           "seconds, not `%.60s`",
		           key, text);
	return text;
}

/* A small whole number between two; `otherwise` where it is not said. */
static int load_small(struct loader *l, const struct yaml_node *map, const char *key, int least, int most,
                      int otherwise)
{
	int64_t n;
	if (!yaml_get(map, key))
		return otherwise;
	if (!yaml_int(yaml_get(map, key), &n) || n < least || n > most) {
		load_fault(l, yaml_get(map, key), "`%s` is a whole number from %d to %d", key, least, most);
		return otherwise;
	}
	return (int)n;
}

/* The items of a list of at most `most`; 0 where there is none. */
static size_t load_list(struct loader *l, const struct yaml_node *doc, const char *key, size_t most)
{
	const struct yaml_node *list = yaml_get(doc, key);
	if (!list)
		return 0;
	if (list->kind == YAML_LIST && list->n <= most)
		return list->n;
	load_fault(l, list, "`%s` is a list of at most %zu", key, most);
	return 0;
}

/* ---- sections --------------------------------------------------------------------------------------- */

static void load_members(struct loader *l, const struct yaml_node *node, struct queue_def *q)
{
	const struct yaml_node *teams = yaml_get(node, "teams");
	if (!node || !load_keys(l, node, "`members`", "teams roles where"))
		return;
	q->any_team = yaml_text(teams) && strcmp(yaml_text(teams), "all") == 0;
	if (teams && !q->any_team)
		q->teams = load_words(l, teams, "`teams`", &q->n_teams);
	q->roles = load_words(l, yaml_get(node, "roles"), "`roles`", &q->n_roles);
	for (size_t i = 0; i < q->n_roles; i++)
		if (!load_role(l, q->roles[i]))
			load_fault(l, load_item(yaml_get(node, "roles"), i), "there is no role `%.60s`", q->roles[i]);
	/* The model's own link to it is not set yet. */
	const struct type *user = model_type(l->m, "user");
	if (user)
		load_filter(l, yaml_get(node, "where"), user, &q->members);
}

static void load_needs(struct loader *l, const struct yaml_node *doc, struct queue_def *q)
{
	size_t n = load_list(l, doc, "needs", QUEUE_NEEDS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *node = yaml_get(doc, "needs")->items[i];
		struct queue_need *need = &q->needs[q->n_needs];
		if (!load_keys(l, node, "a need", "skill level when"))
			continue;
		*need = (struct queue_need){.skill = load_text(l, node, "skill")};
		if (!need->skill) {
			load_fault(l, node, "a need names its `skill:`, the code of a skill");
			continue;
		}
		if (!load_name_ok(l, yaml_get(node, "skill"), need->skill, "a skill"))
			continue;
		q->n_needs++;
		need->level = load_small(l, node, "level", 1, LEVEL_MAX, 1);
		load_filter(l, yaml_get(node, "when"), q->type, &need->when);
	}
}

static void load_order(struct loader *l, const struct yaml_node *doc, struct queue_def *q)
{
	size_t n = load_list(l, doc, "first", LIMIT_TABLE_ROWS);
	q->firsts = ARENA_ARRAY(l->arena, n + 1, struct queue_first);
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *node = yaml_get(doc, "first")->items[i];
		struct queue_first *f = &q->firsts[q->n_firsts];
		if (!load_keys(l, node, "`first`", "when lift"))
			continue;
		*f = (struct queue_first){.lift = load_small(l, node, "lift", -LIFT_MAX, LIFT_MAX, 1)};
		q->n_firsts++;
		if (!yaml_get(node, "when"))
			load_fault(l, node, "`first` says for which matters: `when:`");
		load_filter(l, yaml_get(node, "when"), q->type, &f->when);
	}
	n = load_list(l, doc, "age", QUEUE_AGES_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *node = yaml_get(doc, "age")->items[i];
		if (!load_keys(l, node, "`age`", "after lift"))
			continue;
		if (!yaml_get(node, "after"))
			load_fault(l, node, "`age` says after which time: `after:`");
		q->ages[q->n_ages++] = (struct queue_age){.after = load_span(l, node, "after", "0"),
		                                          .lift = load_small(l, node, "lift", 1, LIFT_MAX, 1)};
	}
}

static void load_choose(struct loader *l, const struct yaml_node *doc, struct queue_def *q)
{
	static const char *const words[] = {"last_agent", "least_busy", "round_robin"};
	size_t n = 0;
	const char **said = load_words(l, yaml_get(doc, "choose"), "`choose`", &n);
	for (size_t i = 0; i < n; i++) {
		size_t w = 0;
		while (w < 3 && strcmp(words[w], said[i]) != 0)
			w++;
		if (w == 3 || q->n_choose == QUEUE_CHOOSE_MAX)
			load_fault(l, load_item(yaml_get(doc, "choose"), i),
			           "`choose` lists last_agent, least_busy and round_robin, each once, not `%.60s`",
			           said[i]);
		else
			q->choose[q->n_choose++] = (enum queue_choose)w;
	}
	if (q->n_choose == 0) {
		q->choose[q->n_choose++] = CHOOSE_LEAST_BUSY;
		q->choose[q->n_choose++] = CHOOSE_ROUND_ROBIN;
	}
}

static void load_widen(struct loader *l, const struct yaml_node *doc, struct queue_def *q)
{
	size_t n = load_list(l, doc, "widen", QUEUE_WIDEN_MAX);
	int64_t before = -1, after;
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *node = yaml_get(doc, "widen")->items[i];
		struct queue_widen *w = &q->widen[q->n_widen];
		if (!load_keys(l, node, "a step of `widen`", "after level teams to do"))
			continue;
		q->n_widen++;
		*w = (struct queue_widen){.after = load_span(l, node, "after", "0"), .to = load_text(l, node, "to")};
		if (!yaml_get(node, "after"))
			load_fault(l, node, "a step of `widen` says after which time: `after:`");
		if (queue_span(l->m, w->after, &after) && after < before)
			load_fault(l, node, "the steps of `widen` come in the order of their times");
		before = queue_span(l->m, w->after, &after) ? after : before;
		w->level = load_small(l, node, "level", -LEVEL_MAX, -1, 0);
		w->teams = load_words(l, yaml_get(node, "teams"), "`teams`", &w->n_teams);
		if (yaml_get(node, "do"))
			w->actions =
			        load_actions(l, &l->m->types[q->type->at], yaml_get(node, "do"), false, &w->n_actions);
		if (!w->level && !w->n_teams && !w->to && !w->n_actions)
			load_fault(l, node, "a step of `widen` has one of level, teams, to and do");
		if (w->to && i + 1 < n)
			load_fault(l, node, "what goes to another queue leaves this one: `to` is the last step");
	}
}

/* ---- a queue ---------------------------------------------------------------------------------------- */

static void load_numbers(struct loader *l, const struct yaml_node *doc, struct queue_def *q)
{
	int64_t n;
	q->capacity = load_text(l, doc, "capacity");
	if (!q->capacity)
		q->capacity = model_parameter(l->m, "agent_capacity") ? "@agent_capacity" : "10";
	else if (!queue_number(l->m, q->capacity, &n))
		load_fault(l, yaml_get(doc, "capacity"), "`capacity` is a whole number, or a parameter that is one");
	q->offer = load_span(l, doc, "offer", model_parameter(l->m, "offer_seconds") ? "@offer_seconds" : "30s");
}

static void load_queue(struct loader *l, const struct yaml_node *doc)
{
	struct queue_def *q = &l->m->queues[l->m->n_queues];
	if (!load_keys(l, doc, "a queue", queue_keys))
		return;
	const char *name = load_text(l, doc, "queue"), *type = load_text(l, doc, "type");
	if (!name || !load_name_ok(l, yaml_get(doc, "queue"), name, "a queue")) {
		if (!name)
			load_fault(l, doc, "the file must say `queue: NAME`");
		return;
	}
	const struct type *t = type ? model_type(l->m, type) : NULL;
	if (!t || !t->uses_work) {
		load_fault(l, yaml_get(doc, "type") ? yaml_get(doc, "type") : doc,
		           t ? "type `%.60s` does not use work: nobody owns its records" : "there is no type `%.60s`",
		           type ? type : "");
		return;
	}
	if (model_queue(l->m, name))
		load_fault(l, yaml_get(doc, "queue"), "queue `%s` is there already", name);
	if (l->m->n_queues == QUEUES_MAX) {
		load_fault(l, doc, "there are more than %d queues", QUEUES_MAX);
		return;
	}
	*q = (struct queue_def){.name = name, .type = t, .label = load_label(l, yaml_get(doc, "label"), name)};
	q->at = (int)l->m->n_queues++;
	q->off = load_flag(l, doc, "off");
	q->shift = load_flag(l, doc, "shift");
	q->where_is = load_declared(l, NULL, doc, NULL, 0);
	l->m->types[t->at].queues = l->m->types[t->at].queues || !q->off;
	load_filter(l, yaml_get(doc, "where"), t, &q->where);
	load_members(l, yaml_get(doc, "members"), q);
	load_needs(l, doc, q);
	load_order(l, doc, q);
	load_choose(l, doc, q);
	load_numbers(l, doc, q);
	load_widen(l, doc, q);
}

/* Where a queue's matters go on; NULL: they stay. */
static const struct queue_def *next_of(const struct model *m, const struct queue_def *q)
{
	const char *to = q->n_widen ? q->widen[q->n_widen - 1].to : NULL;
	return to ? model_queue(m, to) : NULL;
}

static void check_next(struct loader *l, const struct queue_def *q, const struct yaml_node *doc)
{
	const char *to = q->n_widen ? q->widen[q->n_widen - 1].to : NULL;
	const struct queue_def *next = next_of(l->m, q);
	const struct yaml_node *list = yaml_get(doc, "widen");
	const struct yaml_node *node = to ? yaml_get(list->items[list->n - 1], "to") : NULL;
	if (!to)
		return;
	if (!next || next->off) {
		load_fault(l, node, "there is no queue `%.60s` to go on in", to);
		return;
	}
	if (next->type != q->type)
		load_fault(l, node, "queue `%s` is of `%s`, not of `%s`", to, next->type->name, q->type->name);
	for (size_t n = 0; next && n <= l->m->n_queues; n++, next = next_of(l->m, next))
		if (next == q) {
			load_fault(l, node, "what goes to queue `%s` comes back to `%s`: it would go round for ever",
			           to, q->name);
			return;
		}
}

void load_queues(struct loader *l)
{
	const struct yaml_node *docs[QUEUES_MAX + 1];
	l->m->queues = ARENA_ARRAY(l->arena, QUEUES_MAX + 1, struct queue_def);
	/* The first that fits is taken: what administrators declare themselves comes before what the packs bring. */
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < l->n_texts; i++) {
			bool own = strcmp(l->texts[i]->pack, "own") == 0;
			size_t n = l->m->n_queues;
			if (own != (round == 0) || strncmp(l->texts[i]->path, "queues/", 7) != 0)
				continue;
			load_queue(l, l->docs[i]);
			if (l->m->n_queues > n)
				docs[n] = l->docs[i];
		}
	for (size_t i = 0; i < l->m->n_queues; i++)
		check_next(l, &l->m->queues[i], docs[i]);
}

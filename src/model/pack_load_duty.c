/* Duties and notices; and where a declaration stands and which version of it this is. */
#include <sodium.h>

#include "model/pack_load.h"
#include "model/target.h"

enum { VERSION_HEX = 10 };

/* What is written, whatever its layout: comments and blanks make no new version. */
static void digest_node(crypto_generichash_state *state, const struct yaml_node *node)
{
	uint64_t head[3] = {node->kind, node->n, node->len};
	crypto_generichash_update(state, (const unsigned char *)head, sizeof head);
	if (node->kind == YAML_TEXT)
		crypto_generichash_update(state, (const unsigned char *)node->text, node->len);
	for (size_t i = 0; node->kind != YAML_TEXT && i < node->n; i++) {
		if (node->kind == YAML_MAP)
			digest_node(state, node->keys[i]);
		digest_node(state, node->items[i]);
	}
}

struct declared load_declared(struct loader *l, const struct yaml_node *key, const struct yaml_node *node,
                              const struct yaml_node *const *more, size_t n_more)
{
	unsigned char digest[16];
	char hex[sizeof digest * 2 + 1];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof digest);
	if (key)
		digest_node(&state, key);
	digest_node(&state, node);
	for (size_t i = 0; i < n_more; i++)
		if (more[i])
			digest_node(&state, more[i]);
	crypto_generichash_final(&state, digest, sizeof digest);
	sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
	return (struct declared){.pack = arena_strdup(l->arena, node->doc->pack),
	                         .path = arena_strdup(l->arena, node->doc->path),
	                         .line = key ? key->line : node->line,
	                         .end_line = node->end_line,
	                         .version = arena_strndup(l->arena, hex, VERSION_HEX)};
}

/* ---- duties ---------------------------------------------------------------------------------------- */

static const char *const duty_keys = "name label every months calendar shift due for make set checklist source off";

static void load_for(struct loader *l, const struct yaml_node *node, struct duty *d)
{
	if (!load_keys(l, node, "`for`", "role team user each"))
		return;
	d->for_role = load_text(l, node, "role");
	d->for_team = load_text(l, node, "team");
	d->for_user = load_text(l, node, "user");
	d->each = load_flag(l, node, "each");
	if ((d->for_role != NULL) + (d->for_team != NULL) + (d->for_user != NULL) != 1)
		load_fault(l, node, "`for` names one of role, team (its code) and user (his login)");
	if (d->for_role && !load_role(l, d->for_role))
		load_fault(l, yaml_get(node, "role"), "there is no role `%s`", d->for_role);
	if (d->each && !d->for_role && !d->for_team)
		load_fault(l, yaml_get(node, "each"), "`each` goes with a role or a team");
}

static void load_duty_words(struct loader *l, const struct yaml_node *node, struct duty *d)
{
	const struct yaml_node *every = yaml_get(node, "every");
	const char *why = NULL;
	struct target due;
	d->every = load_text(l, node, "every");
	d->months = load_text(l, node, "months");
	d->shift = load_text(l, node, "shift");
	d->due = load_text(l, node, "due");
	d->calendar = load_text(l, node, "calendar");
	if (!d->every)
		load_fault(l, node, "a duty needs `every:`, such as \"workday 08:30\" or \"year 12-01 09:00\"");
	else if (!recurrence_parse(d->every, d->months, d->shift, &d->recur, &why))
		load_fault(l, every, "%s", why);
	if (d->due && target_parse(l->scratch, l->m, NULL, d->due, &due, &why) != ERR_OK)
		load_fault(l, yaml_get(node, "due"), "%s", why);
	if (d->calendar && strcmp(d->calendar, "org") != 0 && !model_calendar(l->m, d->calendar))
		load_fault(l, yaml_get(node, "calendar"), "there is no calendar `%.60s`", d->calendar);
}

static void load_made(struct loader *l, const struct yaml_node *node, struct duty *d)
{
	const struct type *made;
	d->make = load_text(l, node, "make");
	d->make = d->make ? d->make : "duty_task";
	made = model_type(l->m, d->make);
	if (!made)
		load_fault(l, yaml_get(node, "make") ? yaml_get(node, "make") : node, "there is no type `%s` to make",
		           d->make);
	else if (yaml_get(node, "set"))
		d->set = load_pairs(l, yaml_get(node, "set"), &(struct pair_frame){.target = made, .making = true},
		                    &d->n_set);
}

static void load_checklist(struct loader *l, const struct yaml_node *list, struct duty *d)
{
	if (!list)
		return;
	if (list->kind != YAML_LIST || list->n > LIMIT_TABLE_ROWS) {
		load_fault(l, list, "`checklist` is a list of at most %d texts", LIMIT_TABLE_ROWS);
		return;
	}
	d->checklist = ARENA_ARRAY(l->arena, list->n + 1, struct label);
	for (size_t i = 0; i < list->n; i++) {
		struct label line = load_label(l, list->items[i], NULL);
		if (line.zh)
			d->checklist[d->n_checklist++] = line;
		else
			load_fault(l, list->items[i], "a line of the checklist is empty");
	}
}

static void load_duty(struct loader *l, const struct yaml_node *node)
{
	if (!load_keys(l, node, "a duty", duty_keys))
		return;
	struct duty *d = &l->m->duties[l->m->n_duties];
	*d = (struct duty){.name = load_text(l, node, "name")};
	if (!d->name || !load_name_ok(l, yaml_get(node, "name"), d->name, "a duty")) {
		if (!d->name)
			load_fault(l, node, "a duty needs `name:`");
		return;
	}
	for (size_t i = 0; i < l->m->n_duties; i++)
		if (strcmp(l->m->duties[i].name, d->name) == 0)
			load_fault(l, yaml_get(node, "name"), "duty `%s` is there already", d->name);
	l->m->n_duties++;
	d->label = load_label(l, yaml_get(node, "label"), d->name);
	d->source = load_text(l, node, "source");
	d->off = load_flag(l, node, "off");
	d->where = load_declared(l, NULL, node, NULL, 0);
	load_duty_words(l, node, d);
	if (yaml_get(node, "for"))
		load_for(l, yaml_get(node, "for"), d);
	else
		load_fault(l, node, "duty `%s` needs `for:`, such as {role: lead}", d->name);
	load_made(l, node, d);
	load_checklist(l, yaml_get(node, "checklist"), d);
}

void load_duties(struct loader *l)
{
	size_t n = 0;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < l->n_texts; i++) {
			const struct yaml_node *doc = l->docs[i], *list = yaml_get(doc, "duties");
			if (strncmp(l->texts[i]->path, "duties/", 7) != 0)
				continue;
			bool is_list = list && list->kind == YAML_LIST;
			if (round == 0) {
				n += is_list ? list->n : 0;
				if (load_keys(l, doc, "a file of duties", "duties") && !is_list)
					load_fault(l, list ? list : doc, "the file is `duties:`, a list");
			}
			for (size_t k = 0; round == 1 && is_list && k < list->n; k++)
				load_duty(l, list->items[k]);
		}
		if (round == 0)
			l->m->duties = ARENA_ARRAY(l->arena, n + 1, struct duty);
	}
}

/* ---- notices ---------------------------------------------------------------------------------------- */

static void check_words(struct loader *l, const struct yaml_node *node, const char *text)
{
	static const char *const known[] = {"number", "title",    "type",    "state", "due",
	                                    "owner",  "customer", "company", "link",  "text"};
	for (const char *p = text; p && (p = strchr(p, '{')) != NULL; p++) {
		size_t len = strcspn(p, "}");
		bool fine = p[len] == '}' && len > 7 && strncmp(p, "{field:", 7) == 0;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			fine = fine ||
			       (p[len] == '}' && strlen(known[i]) == len - 1 && memcmp(known[i], p + 1, len - 1) == 0);
		if (!fine)
			load_fault(l, node,
			           "`%.*s` can't be put in; these can: {number} {title} {type} {state} {due} {owner} "
			           "{customer} {company} {link} {text} {field:NAME}",
			           (int)(len < 40 ? len + (p[len] == '}') : 40), p);
	}
}

static void load_notice(struct loader *l, const struct yaml_node *doc)
{
	if (!load_keys(l, doc, "a notice", "notice label subject text"))
		return;
	const char *name = load_text(l, doc, "notice");
	if (!name || !load_name_ok(l, yaml_get(doc, "notice"), name, "a notice")) {
		if (!name)
			load_fault(l, doc, "the file must say `notice: NAME`");
		return;
	}
	for (size_t i = 0; i < l->m->n_templates; i++)
		if (strcmp(l->m->templates[i].name, name) == 0)
			load_fault(l, yaml_get(doc, "notice"), "notice `%s` is there already", name);
	struct notice_template *t = &l->m->templates[l->m->n_templates++];
	*t = (struct notice_template){.name = name, .label = load_label(l, yaml_get(doc, "label"), name)};
	t->subject = load_label(l, yaml_get(doc, "subject"), t->label.zh);
	t->text = load_label(l, yaml_get(doc, "text"), NULL);
	t->where = load_declared(l, NULL, doc, NULL, 0);
	if (!t->text.zh)
		load_fault(l, doc, "a notice needs `text:`");
	check_words(l, yaml_get(doc, "subject"), t->subject.zh);
	check_words(l, yaml_get(doc, "subject"), t->subject.en);
	check_words(l, yaml_get(doc, "text"), t->text.zh);
	check_words(l, yaml_get(doc, "text"), t->text.en);
}

void load_notices(struct loader *l)
{
	l->m->templates = ARENA_ARRAY(l->arena, l->n_texts + 1, struct notice_template);
	for (size_t i = 0; i < l->n_texts; i++)
		if (strncmp(l->texts[i]->path, "notices/", 8) == 0)
			load_notice(l, l->docs[i]);
}

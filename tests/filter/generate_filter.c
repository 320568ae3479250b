/* Random filters, in the JSON form. */
#include "generate_filter.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct scope {
	const char *type; /* NULL: a line of a table */
	json_t *fields;
	json_t *lists; /* may be NULL */
	const struct scope *up;
};

struct maker {
	struct dice *d;
	const json_t *world;
	json_t *any_work;
	bool plain;
	int budget; /* nodes left */
};

struct found {
	char text[200];
	json_t *field;
};

json_t *work_fields(void)
{
	static const char *const links[][2] = {
	        {"customer", "customer"},  {"first_owner", "user"},  {"owner", "user"}, {"team", "team"},
	        {"pending_owner", "user"}, {"pending_team", "team"}, {"parent", "work"}};
	static const char *const times[] = {"due", "opened_at", "closed_at"};
	json_t *f = json_object();

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		json_object_set_new(f, links[i][0], json_pack("{s:s, s:s}", "kind", "link", "to", links[i][1]));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		json_object_set_new(f, times[i], json_pack("{s:s}", "kind", "datetime"));
	json_object_set_new(f, "number", json_pack("{s:s}", "kind", "text"));
	json_object_set_new(f, "state", json_pack("{s:s}", "kind", "text"));
	json_object_set_new(f, "chased", json_pack("{s:s}", "kind", "number"));
	json_object_set_new(f, "stage",
	                    json_pack("{s:s, s:[{s:s},{s:s},{s:s},{s:s}]}", "kind", "choice", "options", "name", "open",
	                              "name", "paused", "name", "done", "name", "final"));
	return f;
}

static const char *kind_of(const json_t *field)
{
	return json_string_value(json_object_get(field, "kind"));
}

static bool is(const json_t *field, const char *kind)
{
	return strcmp(kind_of(field), kind) == 0;
}

static bool is_text(const json_t *field)
{
	return is(field, "text") || is(field, "long_text") || is(field, "phone") || is(field, "email");
}

/* ---- values ---------------------------------------------------------------------------------- */

static json_t *random_id(struct dice *d, const json_t *world, const char *to)
{
	const json_t *list =
	        to ? json_object_get(json_object_get(world, "records"), strcmp(to, "work") == 0 ? "job" : to) : NULL;
	size_t n = json_array_size(list);

	if (n == 0 || dice_roll(d, 8) == 0)
		return json_string("999");
	return json_incref(json_object_get(json_array_get(list, dice_roll(d, (unsigned)n)), "id"));
}

static json_t *random_number(struct dice *d, const json_t *field)
{
	static const int steps[] = {0, 1, -1, 125, -125, 450, 500, 4, 5, 100, 99999999};
	int scale = (int)json_integer_value(json_object_get(field, "scale")), v = steps[dice_roll(d, 11)], unit = 1;
	char s[32];

	if (is(field, "money")) {
		snprintf(s, sizeof(s), "%s%d.%02d", v < 0 ? "-" : "", (v < 0 ? -v : v) / 100, (v < 0 ? -v : v) % 100);
		return json_string(s);
	}
	for (int i = 0; i < scale; i++)
		unit *= 10;
	return scale ? json_real((double)v / unit) : json_integer(v);
}

json_t *generate_value(struct dice *d, const json_t *world, const json_t *field)
{
	static const char *const texts[] = {"a",    "ab", "b",   "发动机", "发", "50%", "_",
	                                    "it's", "É",  "red", "Z",      "𠀀", "ￚ",   " x\ny"};
	static const char *const dates[] = {"2026-11-22", "2026-11-23", "2026-11-21",
	                                    "2026-03-08", "2024-02-29", "2026-01-31"};
	static const char *const times[] = {"2026-11-22T07:30:00.000Z", "2026-11-21T16:00:00.000Z",
	                                    "2026-11-22T05:00:00.000Z", "2026-03-08T06:59:59.999Z",
	                                    "2026-03-08T05:00:00.000Z", "2026-01-30T16:00:00.000Z"};
	const json_t *options = json_object_get(field, "options");
	char id[8];

	if (is_text(field))
		return json_string(texts[dice_roll(d, 14)]);
	if (is(field, "number") || is(field, "money"))
		return random_number(d, field);
	if (is(field, "flag") || is(field, "computed"))
		return json_boolean(dice_roll(d, 2));
	if (is(field, "date"))
		return json_string(dates[dice_roll(d, 6)]);
	if (is(field, "datetime"))
		return json_string(times[dice_roll(d, 6)]);
	if (is(field, "choice") || is(field, "choices"))
		return json_incref(json_object_get(
		        json_array_get(options, dice_roll(d, (unsigned)json_array_size(options))), "name"));
	if (is(field, "files")) {
		snprintf(id, sizeof(id), "%u", 1 + dice_roll(d, 13));
		return json_string(id);
	}
	return random_id(d, world, json_string_value(json_object_get(field, "to")));
}

static json_t *variable(struct maker *m, const json_t *field, bool equality)
{
	static const char *const numbers[] = {"p_money", "p_fine", "p_number"};
	const char *to = json_string_value(json_object_get(field, "to"));

	if ((is(field, "link") || is(field, "links")) && to && strcmp(to, "user") == 0)
		return json_pack("{s:s}", "var", "me");
	if (is(field, "number") || is(field, "money"))
		return json_pack("{s:s}", "var", numbers[dice_roll(m->d, 3)]);
	if (is_text(field) || (equality && is(field, "choice")))
		return json_pack("{s:s}", "var", "p_text");
	if (is(field, "flag") || is(field, "computed"))
		return json_pack("{s:s}", "var", "p_flag");
	return NULL;
}

static json_t *time_word(struct maker *m)
{
	static const char *const offsets[] = {"",     "",     "+1d",  "-1d",  "+9h",      "-30m",     "+1w",
	                                      "-6mo", "+1mo", "+2bd", "-1bd", "+@p_wait", "-@p_wait", "+24h"};

	return json_pack("{s:s}", dice_roll(m->d, 2) ? "now" : "today", offsets[dice_roll(m->d, 14)]);
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void scope_of(struct maker *m, const char *to, const struct scope *up, struct scope *ret)
{
	json_t *type = json_object_get(json_object_get(m->world, "types"), to);

	if (strcmp(to, "work") == 0)
		*ret = (struct scope){.type = "work", .fields = m->any_work, .up = up};
	else
		*ret = (struct scope){.type = to,
		                      .fields = json_object_get(type, "fields"),
		                      .lists = json_object_get(type, "lists"),
		                      .up = up};
}

static json_t *random_field_of(struct dice *d, json_t *fields, const char **ret_name)
{
	size_t n = json_object_size(fields);
	void *it = json_object_iter(fields);

	for (unsigned k = dice_roll(d, (unsigned)n); k > 0; k--)
		it = json_object_iter_next(fields, it);
	*ret_name = json_object_iter_key(it);
	return json_object_iter_value(it);
}

static void add_word(struct found *p, const char *word)
{
	size_t len = strlen(p->text);

	snprintf(p->text + len, sizeof(p->text) - len, "%s%s", len ? "." : "", word);
}

/* Outwards and through links, now and then. */
static struct scope wander(struct maker *m, const struct scope *scope, struct found *p)
{
	struct scope here = *scope;
	const char *name;

	while (!m->plain && here.up && dice_roll(m->d, 4) == 0) {
		add_word(p, "outer");
		here = *here.up;
	}
	for (int hops = 0; !m->plain && hops < 2 && dice_roll(m->d, 3) == 0; hops++) {
		json_t *f = random_field_of(m->d, here.fields, &name);
		if (!is(f, "link"))
			continue;
		add_word(p, name);
		scope_of(m, json_string_value(json_object_get(f, "to")), NULL, &here);
	}
	return here;
}

static struct found random_path(struct maker *m, const struct scope *scope)
{
	static json_t *base;
	struct found p = {.text = ""};
	const char *name;
	struct scope here = wander(m, scope, &p);

	if (base == NULL)
		base = json_pack("{s:{s:s}, s:{s:s}, s:{s:s,s:s}}", "version", "kind", "number", "created_at", "kind",
		                 "datetime", "created_by", "kind", "link", "to", "user");
	do {
		bool of_base = here.type && strcmp(here.type, "work") != 0 && dice_roll(m->d, 12) == 0;
		p.field = random_field_of(m->d, of_base ? base : here.fields, &name);
	} while (m->plain && is(p.field, "computed"));
	add_word(&p, name);
	return p;
}

/* ---- filters --------------------------------------------------------------------------------- */

static json_t *make(struct maker *m, const struct scope *scope, int depth);

static json_t *right_side(struct maker *m, const struct scope *scope, const json_t *left, bool equality)
{
	json_t *v = NULL;

	if ((is(left, "date") || is(left, "datetime")) && dice_roll(m->d, 2))
		return time_word(m);
	if (dice_roll(m->d, 4) == 0)
		v = variable(m, left, equality);
	for (int tries = 0; v == NULL && tries < 12 && dice_roll(m->d, 4) == 0; tries++) {
		struct found p = random_path(m, scope);
		bool both_text = is_text(left) && is_text(p.field);
		if (both_text || strcmp(kind_of(left), kind_of(p.field)) == 0)
			v = json_pack("{s:s}", "path", p.text);
	}
	return v ? v : generate_value(m->d, m->world, left);
}

static json_t *in_leaf(struct maker *m, const struct scope *scope, const struct found *p)
{
	const char *to = json_string_value(json_object_get(p->field, "to"));
	static const char *const many[] = {"my_teams", "my_units", "shared_teams"};
	json_t *values = json_array();

	if (to && strcmp(to, "team") == 0 && dice_roll(m->d, 2)) {
		json_decref(values);
		return json_pack("[s, s, {s:s}]", "in", p->text, "var", many[dice_roll(m->d, 3)]);
	}
	for (unsigned i = 0, n = 1 + dice_roll(m->d, 3); i < n; i++)
		json_array_append_new(values, right_side(m, scope, p->field, true));
	return json_pack("[s, s, o]", "in", p->text, values);
}

static json_t *field_leaf(struct maker *m, const struct scope *scope)
{
	static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
	struct found p = random_path(m, scope);
	const json_t *f = p.field;
	bool many = is(f, "choices") || is(f, "links") || is(f, "files"), table = is(f, "table");
	bool ordered = is_text(f) || is(f, "number") || is(f, "money") || is(f, "date") || is(f, "datetime") ||
	               is(f, "choice");

	if (table || (!is(f, "computed") && dice_roll(m->d, 6) == 0))
		return json_pack("[s, s]", "empty", p.text);
	if (many) {
		json_t *v = is(f, "links") && dice_roll(m->d, 3) == 0 ? variable(m, f, true) : NULL;
		return json_pack("[s, s, o]", "contains", p.text, v ? v : generate_value(m->d, m->world, f));
	}
	if (is_text(f) && dice_roll(m->d, 3) == 0)
		return json_pack("[s, s, o]", "contains", p.text, generate_value(m->d, m->world, f));
	if (dice_roll(m->d, 5) == 0)
		return in_leaf(m, scope, &p);
	const char *sign = signs[dice_roll(m->d, ordered ? 6 : 2)];
	return json_pack("[s, s, o]", sign, p.text, right_side(m, scope, f, sign[0] != '<' && sign[0] != '>'));
}

static json_t *list_leaf(struct maker *m, const struct scope *scope, int depth)
{
	static const char *const words[] = {"any", "none", "count"}, *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
	struct found p = {.text = ""};
	struct scope here = wander(m, scope, &p), inner;
	json_t *def = json_array_size(here.lists)
	                      ? json_array_get(here.lists, dice_roll(m->d, (unsigned)json_array_size(here.lists)))
	                      : NULL;
	const char *name;

	if (def && dice_roll(m->d, 2)) {
		name = json_string_value(json_object_get(def, "name"));
		scope_of(m, json_string_value(json_object_get(def, "of")), scope, &inner);
	} else {
		json_t *f = random_field_of(m->d, here.fields, &name);
		if (is(f, "table"))
			inner = (struct scope){.fields = json_object_get(f, "columns"), .up = scope};
		else if (is(f, "links"))
			scope_of(m, json_string_value(json_object_get(f, "to")), scope, &inner);
		else
			return field_leaf(m, scope);
	}
	add_word(&p, name);
	const char *word = words[dice_roll(m->d, 3)];
	json_t *sub = dice_roll(m->d, 4) ? make(m, &inner, depth - 1) : NULL;
	if (strcmp(word, "count") == 0) {
		json_t *n =
		        dice_roll(m->d, 6) ? json_integer(dice_roll(m->d, 4)) : json_pack("{s:s}", "var", "p_number");
		return json_pack("[s, s, o, s, o]", word, p.text, sub ? sub : json_null(), signs[dice_roll(m->d, 6)],
		                 n);
	}
	return sub ? json_pack("[s, s, o]", word, p.text, sub) : json_pack("[s, s]", word, p.text);
}

static json_t *make(struct maker *m, const struct scope *scope, int depth)
{
	unsigned roll = dice_roll(m->d, 10);

	if (--m->budget < 0 || depth <= 0)
		roll = 9;
	if (roll < 3) {
		json_t *group = json_array();
		json_array_append_new(group, json_string(roll == 0 ? "or" : "and"));
		for (unsigned i = 0, n = 2 + dice_roll(m->d, 2); i < n; i++)
			json_array_append_new(group, make(m, scope, depth - 1));
		return group;
	}
	if (roll == 3)
		return json_pack("[s, o]", "not", make(m, scope, depth - 1));
	if (roll < 6 && !m->plain)
		return list_leaf(m, scope, depth);
	if (roll == 6 && dice_roll(m->d, 10) == 0)
		return json_pack("[s]", "all");
	return field_leaf(m, scope);
}

static json_t *generate(struct dice *d, const json_t *world, const char *type, bool plain)
{
	struct maker m = {.d = d, .world = world, .any_work = work_fields(), .plain = plain, .budget = plain ? 2 : 10};
	struct scope scope;

	scope_of(&m, type, NULL, &scope);
	json_t *f = make(&m, &scope, plain ? 1 : 4);
	json_decref(m.any_work);
	return f;
}

json_t *generate_filter(struct dice *d, const json_t *world, const char *type)
{
	return generate(d, world, type, false);
}

json_t *generate_plain(struct dice *d, const json_t *world, const char *type)
{
	return generate(d, world, type, true);
}

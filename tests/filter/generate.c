/* Random worlds: a model and its records. */
#include "generate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "generate_filter.h"

unsigned dice_roll(struct dice *d, unsigned sides)
{
	/* xorshift64*: the same rolls for the same seed everywhere. */
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return (unsigned)((d->state * UINT64_C(2685821657736338717)) >> 33) % sides;
}

static const char *const type_names[] = {"user", "team", "customer", "job", "alpha", "beta"};
enum { TYPES = sizeof(type_names) / sizeof(type_names[0]) };

const char *generate_type(struct dice *d, const json_t *world)
{
	return type_names[dice_roll(d, TYPES)];
}

static json_t *options(struct dice *d)
{
	static const char *const names[] = {"red", "green", "redder", "blue", "now_or_never"};
	json_t *list = json_array();
	unsigned first = dice_roll(d, 3), n = 1 + dice_roll(d, 3);

	for (unsigned i = 0; i < n && first + i < 5; i++)
		json_array_append_new(list, json_pack("{s:s}", "name", names[first + i]));
	return list;
}

static json_t *random_field(struct dice *d, bool column)
{
	static const char *const kinds[] = {"text", "long_text", "phone",    "email",    "number", "money",  "flag",
	                                    "flag", "date",      "datetime", "datetime", "choice", "choice", "link",
	                                    "link", "choices",   "files",    "links",    "table",  "number"};
	const char *kind = kinds[dice_roll(d, column ? 17 : 20)];
	json_t *f = json_pack("{s:s}", "kind", kind);

	if (strcmp(kind, "number") == 0 && dice_roll(d, 2))
		json_object_set_new(f, "scale", json_integer(dice_roll(d, 4)));
	if (strcmp(kind, "choice") == 0 || strcmp(kind, "choices") == 0)
		json_object_set_new(f, "options", options(d));
	if (strcmp(kind, "link") == 0 || strcmp(kind, "links") == 0)
		json_object_set_new(f, "to", json_string(dice_roll(d, 5) ? type_names[dice_roll(d, TYPES)] : "work"));
	if (strcmp(kind, "table") == 0) {
		json_t *columns = json_object();
		for (unsigned i = 0, n = 1 + dice_roll(d, 4); i < n; i++) {
			char name[16];
			snprintf(name, sizeof(name), "c%u", i);
			json_object_set_new(columns, name, random_field(d, true));
		}
		json_object_set_new(f, "columns", columns);
	}
	return f;
}

static json_t *random_type(struct dice *d, const char *name)
{
	json_t *fields = json_object(), *t;
	char field[16];

	if (strcmp(name, "job") == 0) {
		json_object_update_new(fields, work_fields());
		json_object_set_new(fields, "state",
		                    json_pack("{s:s, s:[{s:s},{s:s}]}", "kind", "choice", "options", "name", "waiting",
		                              "name", "ready"));
	}
	for (unsigned i = 0, n = 3 + dice_roll(d, 7); i < n; i++) {
		snprintf(field, sizeof(field), "f%u", i);
		json_object_set_new(fields, field, random_field(d, false));
	}
	t = json_pack("{s:o, s:[]}", "fields", fields, "lists");
	if (strcmp(name, "job") == 0)
		json_object_set_new(t, "uses_work", json_true());
	return t;
}

static void add_lists(struct dice *d, json_t *world)
{
	const char *of, *by, *name;
	json_t *types = json_object_get(world, "types"), *type, *field, *target;
	char list[40];

	json_object_foreach(types, of, type)
	{
		json_object_foreach(json_object_get(type, "fields"), by, field)
		{
			const char *kind = json_string_value(json_object_get(field, "kind")),
			           *to = json_string_value(json_object_get(field, "to"));
			if (to == NULL || dice_roll(d, 2) || (strcmp(kind, "link") != 0 && strcmp(kind, "links") != 0))
				continue;
			json_object_foreach(types, name, target)
			{
				bool work =
				        json_is_true(json_object_get(target, "uses_work")) && strcmp(to, "work") == 0;
				if (!work && strcmp(to, name) != 0)
					continue;
				snprintf(list, sizeof(list), "l_%s_%s", of, by);
				json_t *def = json_pack("{s:s, s:s, s:s}", "name", list, "of", of, "by", by);
				if (dice_roll(d, 2))
					json_object_set_new(def, "where", generate_plain(d, world, of));
				json_array_append_new(json_object_get(target, "lists"), def);
			}
		}
	}
}

static void add_computed(struct dice *d, json_t *world)
{
	const char *name;
	json_t *type;

	json_object_foreach(json_object_get(world, "types"), name, type)
	{
		json_t *is = generate_filter(d, world, name);
		json_object_set_new(json_object_get(type, "fields"), "truth",
		                    json_pack("{s:s, s:o}", "kind", "computed", "is", is));
	}
}

/* ---- records --------------------------------------------------------------------------------- */

static json_t *several(struct dice *d, const json_t *world, const json_t *field)
{
	json_t *list = json_array(), *x;
	size_t k;

	for (unsigned i = 0, n = dice_roll(d, 4); i < n; i++) {
		json_t *v = generate_value(d, world, field);
		bool there = false;
		json_array_foreach(list, k, x) there = there || json_equal(x, v);
		if (there)
			json_decref(v);
		else
			json_array_append_new(list, v);
	}
	return list;
}

static json_t *random_fields(struct dice *d, const json_t *world, json_t *fields, int64_t *next_id);

static json_t *random_content(struct dice *d, const json_t *world, json_t *field, int64_t *next_id)
{
	const char *kind = json_string_value(json_object_get(field, "kind"));
	char id[24];

	if (strcmp(kind, "computed") == 0)
		return NULL;
	if (strcmp(kind, "choices") == 0 || strcmp(kind, "links") == 0 || strcmp(kind, "files") == 0)
		return several(d, world, field);
	if (strcmp(kind, "table") == 0) {
		json_t *lines = json_array();
		for (unsigned i = 0, n = dice_roll(d, 4); i < n; i++) {
			json_t *line = random_fields(d, world, json_object_get(field, "columns"), next_id);
			snprintf(id, sizeof(id), "%lld", (long long)++*next_id);
			json_object_set_new(line, "id", json_string(id));
			json_array_append_new(lines, line);
		}
		return lines;
	}
	return dice_roll(d, 4) ? generate_value(d, world, field) : json_null();
}

static json_t *random_fields(struct dice *d, const json_t *world, json_t *fields, int64_t *next_id)
{
	json_t *values = json_object(), *field;
	const char *name;

	json_object_foreach(fields, name, field)
	{
		json_t *v = random_content(d, world, field, next_id);
		if (v)
			json_object_set_new(values, name, v);
	}
	return values;
}

static void add_records(struct dice *d, json_t *world)
{
	json_t *records = json_object_get(world, "records"), *list, *r;
	int64_t next_id = 1000;
	const char *name;
	size_t i;

	json_object_foreach(records, name, list)
	{
		json_t *type = json_object_get(json_object_get(world, "types"), name);
		json_array_foreach(list, i, r)
		{
			json_t *fields = random_fields(d, world, json_object_get(type, "fields"), &next_id);
			if (json_is_true(json_object_get(type, "uses_work"))) {
				/* The work index takes each number once. */
				json_object_set(fields, "number", json_object_get(r, "id"));
				json_object_set_new(fields, "stage", json_string(dice_roll(d, 2) ? "open" : "done"));
				json_object_set_new(fields, "state",
				                    json_string(dice_roll(d, 2) ? "waiting" : "ready"));
				json_object_set_new(fields, "opened_at", json_string("2026-11-20T00:00:00.000Z"));
				json_object_set_new(fields, "chased", json_integer(dice_roll(d, 3)));
			}
			json_object_set_new(r, "fields", fields);
		}
	}
}

static void add_ids(struct dice *d, json_t *world)
{
	json_t *records = json_object();
	int id = 0;
	char text[16];

	json_object_set_new(world, "records", records);
	for (int t = 0; t < TYPES; t++) {
		json_t *list = json_array();
		for (unsigned i = 0, n = 1 + dice_roll(d, 6); i < n; i++) {
			snprintf(text, sizeof(text), "%d", ++id);
			json_array_append_new(list, json_pack("{s:s, s:i, s:s, s:s}", "id", text, "version",
			                                      (int)dice_roll(d, 3), "created_at",
			                                      dice_roll(d, 2) ? "2026-11-21T16:00:00.000Z"
			                                                      : "2026-11-22T07:30:00.000Z",
			                                      "updated_at", "2026-11-22T07:30:00.000Z"));
		}
		json_object_set_new(records, type_names[t], list);
	}
}

json_t *generate_world(struct dice *d)
{
	static const char *const zones[] = {"Asia/Shanghai", "Asia/Shanghai", "America/New_York", "UTC"};
	static const char *const nows[] = {"2026-11-22T07:30:00.000Z", "2026-11-21T16:00:00.000Z",
	                                   "2026-03-08T06:59:59.999Z", "2026-01-31T04:00:00.000Z"};
	json_t *world = json_pack("{s:s, s:s, s:{s:b, s:b}, s:{}}", "now", nows[dice_roll(d, 4)], "zone",
	                          zones[dice_roll(d, 4)], "holidays", "2026-11-23", 1, "2026-11-28", 0, "types");
	json_t *types = json_object_get(world, "types");

	json_object_set_new(
	        world, "parameters",
	        json_pack("{s:{s:s,s:s}, s:{s:s,s:i,s:f}, s:{s:s,s:i}, s:{s:s,s:s}, s:{s:s,s:b}, s:{s:s,s:s}}",
	                  "p_money", "kind", "money", "value", "1.25", "p_fine", "kind", "number", "scale", 2, "value",
	                  1.25, "p_number", "kind", "number", "value", 1, "p_text", "kind", "text", "value", "red",
	                  "p_flag", "kind", "flag", "value", (int)dice_roll(d, 2), "p_wait", "kind", "text", "value",
	                  dice_roll(d, 2) ? "2bd" : "36h"));
	add_ids(d, world);
	if (dice_roll(d, 8))
		json_object_set_new(world, "me", json_string("1"));
	json_object_set_new(world, "my_teams", json_array());
	for (size_t i = 0; i < 2 && dice_roll(d, 3); i++) {
		json_t *team = json_array_get(json_object_get(json_object_get(world, "records"), "team"), i);
		if (team)
			json_array_append(json_object_get(world, "my_teams"), json_object_get(team, "id"));
	}
	json_object_set_new(world, "my_units", json_deep_copy(json_object_get(world, "my_teams")));
	json_object_set_new(world, "shared_teams", json_array());
	for (size_t i = 0; i < 4; i++) {
		json_t *team = json_array_get(json_object_get(json_object_get(world, "records"), "team"), i);
		if (team && dice_roll(d, 2))
			json_array_append(json_object_get(world, "my_units"), json_object_get(team, "id"));
		if (team && dice_roll(d, 2))
			json_array_append_new(json_object_get(world, "shared_teams"),
			                      json_pack("{s:O, s:s}", "team", json_object_get(team, "id"), "type",
			                                dice_roll(d, 2) ? "" : type_names[dice_roll(d, TYPES)]));
	}
	for (int t = 0; t < TYPES; t++)
		json_object_set_new(types, type_names[t], random_type(d, type_names[t]));
	add_lists(d, world);
	add_computed(d, world);
	add_records(d, world);
	return world;
}

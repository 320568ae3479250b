#include "model/model.h"

#include <string.h>

#include "model/directory.h"
#include "model/rights.h"

const struct type *model_type(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_types; i++)
		if (strcmp(m->types[i].name, name) == 0)
			return &m->types[i];
	return NULL;
}

static size_t name_hash(const char *s)
{
	size_t h = 2166136261u;
	while (*s != '\0')
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

void type_index_fields(struct arena *a, struct type *t)
{
	size_t n = 16;
	while (n < 2 * t->n_fields)
		n *= 2;
	uint16_t *slots = ARENA_ARRAY(a, n, uint16_t);
	for (size_t i = 0; i < t->n_fields; i++) {
		size_t at = name_hash(t->fields[i].name) & (n - 1);
		while (slots[at] != 0)
			at = (at + 1) & (n - 1);
		slots[at] = (uint16_t)(i + 1);
	}
	t->field_slots = slots;
	t->n_field_slots = n;
}

const struct field *type_field(const struct type *t, const char *name)
{
	if (t->field_slots != NULL) {
		size_t at = name_hash(name) & (t->n_field_slots - 1);
		for (; t->field_slots[at] != 0; at = (at + 1) & (t->n_field_slots - 1))
			if (strcmp(t->fields[t->field_slots[at] - 1].name, name) == 0)
				return &t->fields[t->field_slots[at] - 1];
		return NULL;
	}
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].name && strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

const struct field *type_input(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_inputs; i++)
		if (strcmp(t->inputs[i].name, name) == 0)
			return &t->inputs[i];
	return NULL;
}

const struct state *type_state(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_states; i++)
		if (strcmp(t->states[i].name, name) == 0)
			return &t->states[i];
	return NULL;
}

const struct transition *type_transition(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_transitions; i++)
		if (strcmp(t->transitions[i].name, name) == 0)
			return &t->transitions[i];
	for (size_t i = 0; i < t->n_transitions; i++)
		for (size_t k = 0; k < t->transitions[i].n_was; k++)
			if (strcmp(t->transitions[i].was[k], name) == 0)
				return &t->transitions[i];
	return NULL;
}

const struct list_def *type_list(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_lists; i++)
		if (strcmp(t->lists[i].name, name) == 0)
			return &t->lists[i];
	return NULL;
}

const struct clock_def *type_clock(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_clocks; i++)
		if (strcmp(t->clocks[i].name, name) == 0)
			return &t->clocks[i];
	return NULL;
}

const struct field *field_column(const struct field *table, const char *name)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	return NULL;
}

const struct option *field_option(const struct field *f, const char *name, int *ret_rank)
{
	for (size_t i = 0; i < f->n_options; i++)
		if (strcmp(f->options[i].name, name) == 0) {
			if (ret_rank)
				*ret_rank = (int)i;
			return &f->options[i];
		}
	return NULL;
}

const struct parameter *model_parameter(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_parameters; i++)
		if (strcmp(m->parameters[i].name, name) == 0)
			return &m->parameters[i];
	return NULL;
}

const char *label_in(const struct label *l, enum lang lang)
{
	return lang == LANG_EN && l->en ? l->en : l->zh;
}

const char *stage_name(enum stage s)
{
	static const char *const names[] = {"", "open", "paused", "done", "final"};
	return (size_t)s < sizeof names / sizeof *names ? names[s] : "";
}

const char *field_kind_name(enum field_kind k)
{
	static const char *const names[] = {"text",  "long_text", "phone",    "email",   "number",  "money",
	                                    "flag",  "date",      "datetime", "choice",  "choices", "link",
	                                    "links", "files",     "table",    "computed"};
	return (size_t)k < sizeof names / sizeof *names ? names[k] : "";
}

struct model *model_ref(const struct model *m)
{
	struct model *own = (struct model *)m; /* the count is the one thing that changes */
	__atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
	return own;
}

void model_unref(const struct model *m)
{
	struct model *own = (struct model *)m;
	if (own && __atomic_sub_fetch(&own->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		rights_cache_free(own->rights);
		directory_free(own->directory);
		for (size_t i = 0; i < own->n_calendars; i++) /* zones are the one thing outside the arena */
			zone_free((struct zone *)own->calendars[i].time.zone);
		arena_free(own->arena);
	}
}

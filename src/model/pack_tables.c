#include "model/pack_tables.h"

#include <sodium.h>

#include "model/pack_load.h"
#include "model/record_row.h"

enum { SQL_NAME_BYTES = 63, STAGE_INDEXES_MAX = 8 };

/* Tables of schema/, and names that the databases keep for themselves. */
static const char *const system_tables[] = {
        "setting",      "counter",       "pack_file",   "pack_change", "event",       "seal",       "work",
        "lookup",       "file",          "credential",  "session",     "token",       "throttle",   "idempotency",
        "saved_view",   "notice",        "bulk_run",    "import_run",  "import_key",  "search_doc", "lease",
        "search_index", "outgoing",      "schema_step", "clock",       "clock_span",  "due_work",   "duty_run",
        "issued_form",  "notice_choice", "waiting",     "waited",      "offer",       "agent_turn", "route_lease",
        "work_link",    "approval_seat", "seen_log",    "attention",   "kept_choice", "sign_log",
};

bool table_is_system(const char *name)
{
	static const char *const prefixes[] = {"sqlite_", "pg_",     "search_index", "search_doc",
	                                       "schema_", "import_", "pack_"};
	for (size_t i = 0; i < sizeof system_tables / sizeof *system_tables; i++)
		if (strcmp(system_tables[i], name) == 0)
			return true;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(prefixes[i], name, strlen(prefixes[i])) == 0)
			return true;
	return false;
}

const char *table_join(struct arena *a, const char *first, const char *second, const char *third)
{
	char *name = arena_printf(a, "%s__%s%s%s", first, second, third ? "__" : "", third ? third : "");
	size_t len = strlen(name);
	if (len <= SQL_NAME_BYTES)
		return name;
	unsigned char digest[crypto_generichash_BYTES_MIN];
	char hex[sizeof digest * 2 + 1];
	crypto_generichash(digest, sizeof digest, (const unsigned char *)name, len, NULL, 0);
	sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
	return arena_printf(a, "%.*s_%.10s", SQL_NAME_BYTES - 11, name, hex);
}

static void add_column(struct table_plan *p, const char *name, enum column_kind kind, const struct field *f, bool key)
{
	p->columns[p->n_columns++] =
	        (struct table_column){.column = {.name = name, .kind = kind}, .field = f, .key = key};
}

static void add_index(struct arena *a, struct table_plan *p, const char *first, const char *second, bool unique)
{
	struct table_index *x = &p->indexes[p->n_indexes];
	*x = (struct table_index){.name = table_join(a, unique ? "ux" : "ix", p->name, first),
	                          .table = p->name,
	                          .columns = {first, second},
	                          .n = second ? 2 : 1,
	                          .unique = unique};
	for (size_t i = 0; i < p->n_indexes; i++)
		if (strcmp(p->indexes[i].name, x->name) == 0)
			return;
	p->n_indexes++;
}

/* Open matters of a team are few among all that it ever had: (team, stage, id) finds them at once. */
static void add_stage_index(struct arena *a, struct table_plan *p, const char *column)
{
	if (!p->type->uses_work)
		return;
	p->indexes[p->n_indexes++] = (struct table_index){.name = stage_index_name(a, p->name, column),
	                                                  .table = p->name,
	                                                  .columns = {column, "stage", "id"},
	                                                  .n = 3};
}

/* All of a stage, newest first, with whose each is: a page of who is in many teams is read from it alone. */
static void add_stage_teams_index(struct arena *a, struct table_plan *p)
{
	p->indexes[p->n_indexes++] = (struct table_index){.name = stage_teams_index_name(a, p->name),
	                                                  .table = p->name,
	                                                  .columns = {"stage", "id", "team"},
	                                                  .n = 3};
}

const char *stage_teams_index_name(struct arena *a, const char *table)
{
	return table_join(a, "ix", table, "stage__team");
}

const char *stage_index_name(struct arena *a, const char *table, const char *column)
{
	return table_join(a, "ix", table, arena_printf(a, "%s__stage", column));
}

bool column_has_stage_index(const struct type *t, const char *column)
{
	static const char *const columns[] = {"team", "owner", "first_owner", "created_by"};
	for (size_t i = 0; t->uses_work && i < sizeof columns / sizeof *columns; i++)
		if (strcmp(columns[i], column) == 0)
			return true;
	return false;
}

static enum column_kind column_kind_of(enum field_kind k)
{
	switch (k) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_FLAG:
	case FIELD_DATETIME:
	case FIELD_LINK: return COLUMN_INT;
	default: return COLUMN_TEXT;
	}
}

/* What lists count on is told in pack.h. A unique index alone serves its field. */
static void plan_field(struct arena *a, struct table_plan *p, const struct field *f)
{
	if (!f->column || (f->flags & FIELD_BASE))
		return;
	add_column(p, f->column, column_kind_of(f->kind), f, false);
	const char *sorted = f->column;
	if (field_has_sort_key(f)) {
		sorted = arena_printf(a, "%s__key", f->column);
		add_column(p, sorted, COLUMN_TEXT, f, true);
	}
	if (f->flags & FIELD_UNIQUE)
		add_index(a, p, f->column, NULL, true);
	bool state = p->type->n_states && strcmp(f->name, "state") == 0;
	bool stage = p->type->uses_work && strcmp(f->name, "stage") == 0;
	bool plain = !(f->flags & FIELD_UNIQUE) || sorted != f->column;
	if (f->kind == FIELD_LINK || state || ((f->flags & FIELD_SORT) && plain))
		add_index(a, p, sorted, "id", false);
	if (stage)
		add_stage_teams_index(a, p);
	if (column_has_stage_index(p->type, f->column))
		add_stage_index(a, p, f->column);
}

/* What nearly every list shows or asks for. */
static bool lies_in_front(const struct type *t, const struct field *f)
{
	bool front = f == t->title || strcmp(f->name, "state") == 0;
	for (size_t i = 0; !front && work_field_names[i] != NULL; i++)
		front = strcmp(f->name, work_field_names[i]) == 0;
	return front;
}

static void plan_type(struct arena *a, const struct type *t, struct table_plan *p)
{
	*p = (struct table_plan){.name = t->table, .type = t};
	p->columns = ARENA_ARRAY(a, t->n_fields * 2 + BASE_FIELDS, struct table_column);
	p->indexes = ARENA_ARRAY(a, t->n_fields * 2 + STAGE_INDEXES_MAX + 1, struct table_index);
	add_column(p, "version", COLUMN_INT, NULL, false);
	add_column(p, "created_at", COLUMN_INT, NULL, false);
	add_column(p, "created_by", COLUMN_INT, NULL, false);
	add_column(p, "updated_at", COLUMN_INT, NULL, false);
	/* A row is read from its beginning: behind all other columns these would cost a walk over them in each. */
	for (int front = 1; front >= 0; front--)
		for (size_t i = 0; i < t->n_fields; i++)
			if (lies_in_front(t, &t->fields[i]) == front)
				plan_field(a, p, &t->fields[i]);
	add_index(a, p, "created_by", "id", false);
	if (column_has_stage_index(t, "created_by"))
		add_stage_index(a, p, "created_by");
}

static void plan_side(struct arena *a, const struct field *f, struct table_plan *p)
{
	*p = (struct table_plan){.name = f->side_table, .type = f->of, .field = f};
	p->columns = ARENA_ARRAY(a, f->n_columns + 3, struct table_column);
	p->indexes = ARENA_ARRAY(a, 2, struct table_index);
	add_column(p, "parent", COLUMN_INT, NULL, false);
	add_column(p, "pos", COLUMN_INT, NULL, false);
	add_index(a, p, "parent", "pos", false);
	if (f->kind == FIELD_LINKS) {
		add_column(p, "target", COLUMN_INT, NULL, false);
		add_index(a, p, "target", "parent", false);
	}
	for (size_t i = 0; i < f->n_columns; i++)
		add_column(p, f->columns[i].column, column_kind_of(f->columns[i].kind), &f->columns[i], false);
}

void tables_of(struct arena *a, const struct model *m, struct table_plan **ret_plans, size_t *ret_n)
{
	size_t n = m->n_types;
	for (size_t i = 0; i < m->n_types; i++)
		for (size_t k = 0; k < m->types[i].n_fields; k++)
			n += m->types[i].fields[k].side_table != NULL;
	struct table_plan *plans = ARENA_ARRAY(a, n + 1, struct table_plan);
	n = 0;
	for (size_t i = 0; i < m->n_types; i++)
		plan_type(a, &m->types[i], &plans[n++]);
	for (size_t i = 0; i < m->n_types; i++)
		for (size_t k = 0; k < m->types[i].n_fields; k++)
			if (m->types[i].fields[k].side_table)
				plan_side(a, &m->types[i].fields[k], &plans[n++]);
	*ret_plans = plans;
	*ret_n = n;
}

const struct table_plan *tables_find(const struct table_plan *plans, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(plans[i].name, name) == 0)
			return &plans[i];
	return NULL;
}

const struct table_column *table_column(const struct table_plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_columns; i++)
		if (strcmp(p->columns[i].column.name, name) == 0)
			return &p->columns[i];
	return NULL;
}

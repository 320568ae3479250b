/* What putting a model in force would do to the tables. */
#include "model/pack.h"
#include "model/pack_tables.h"

struct differ {
	struct ctx *ctx;
	struct arena *arena;
	const struct table_plan *plans, *old;
	size_t n_plans, n_old;
	struct pack_step *steps;
	size_t n, cap;
};

/* One table compared: `actual` is what it is called now, `was` its plan in the model in force. */
struct compared {
	const struct table_plan *plan, *was;
	const char *actual;
	struct column *columns;
	size_t n_columns;
	bool *kept; /* by column: stays, or is renamed */
};

static struct pack_step *add(struct differ *d, enum pack_step_kind kind, const char *table, const char *column,
                             const char *message)
{
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct pack_step *steps = ARENA_ARRAY(d->arena, cap, struct pack_step);
		if (d->n)
			memcpy(steps, d->steps, d->n * sizeof *steps);
		d->steps = steps;
		d->cap = cap;
	}
	d->steps[d->n] = (struct pack_step){.kind = kind, .table = table, .column = column, .message = message};
	return &d->steps[d->n++];
}

static enum err actual_columns(struct differ *d, const char *table, struct column **ret_columns, size_t *ret_n,
                               bool *ret_there)
{
	enum err err = ddl_columns(d->ctx, table, ret_columns, ret_n);
	*ret_there = err == ERR_OK;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static const struct column *column_named(const struct compared *c, const char *name, size_t *ret_at)
{
	for (size_t i = 0; i < c->n_columns; i++)
		if (strcmp(c->columns[i].name, name) == 0) {
			*ret_at = i;
			return &c->columns[i];
		}
	return NULL;
}

static bool index_wanted(const struct differ *d, const struct compared *c, const char *name)
{
	if (strcmp(c->actual, c->plan->name) != 0)
		return false;
	for (size_t i = 0; i < c->plan->n_indexes; i++)
		if (strcmp(c->plan->indexes[i].name, name) == 0)
			return true;
	return false;
}

/* Indexes have the names of table and column, so those of a column that goes can be found again. */
static enum err drop_stale_indexes(struct differ *d, const struct compared *c)
{
	for (size_t i = 0; i < c->n_columns; i++)
		for (int k = 0; k < 4; k++) {
			const char *column = c->columns[i].name;
			const char *name = k == 3   ? stage_teams_index_name(d->arena, c->actual)
			                   : k == 2 ? stage_index_name(d->arena, c->actual, column)
			                            : table_join(d->arena, k ? "ux" : "ix", c->actual, column);
			if (k == 3 && strcmp(column, "stage") != 0)
				continue;
			bool there;
			if (index_wanted(d, c, name))
				continue;
			TRY(ddl_has_index(d->ctx, name, &there));
			if (there)
				add(d, PACK_DROP_INDEX, c->plan->name, name,
				    arena_printf(d->arena, "remove index %s", name));
		}
	return ERR_OK;
}

static enum err add_missing_indexes(struct differ *d, const struct table_plan *p, const char *actual,
                                    const struct compared *c)
{
	for (size_t i = 0; i < p->n_indexes; i++) {
		const struct table_index *x = &p->indexes[i];
		size_t at;
		bool there = false;
		int64_t doubles = 0;
		if (c && strcmp(actual, p->name) == 0)
			TRY(ddl_has_index(d->ctx, x->name, &there));
		if (there)
			continue;
		struct pack_step *s =
		        add(d, PACK_ADD_INDEX, p->name, x->name, arena_printf(d->arena, "add index %s", x->name));
		if (c && x->unique && column_named(c, x->columns[0], &at))
			TRY(content_doubles(d->ctx, actual, x->columns[0], &doubles));
		if (doubles) {
			s->refused = s->destructive = true;
			s->message = arena_printf(d->arena,
			                          "%s.%s can't become unique: %lld values are there more than once",
			                          p->name, x->columns[0], (long long)doubles);
		}
	}
	return ERR_OK;
}

static const char *column_was(struct arena *a, const struct table_column *c)
{
	if (!c->field || !c->field->was)
		return NULL;
	return c->key ? arena_printf(a, "%s__key", c->field->was) : c->field->was;
}

static const struct field *old_field(const struct compared *c, const char *column)
{
	const struct table_column *old = c->was ? table_column(c->was, column) : NULL;
	return old && !old->key ? old->field : NULL;
}

static enum err check_options(struct differ *d, const struct compared *c, const char *column, const struct field *from,
                              const struct field *to)
{
	bool listed = from->kind == FIELD_CHOICES;
	if (from->kind != to->kind || (!listed && from->kind != FIELD_CHOICE))
		return ERR_OK;
	bool state = c->plan->type->n_states && strcmp(to->name, "state") == 0;
	for (size_t i = 0; i < from->n_options; i++) {
		int64_t n;
		if (field_option(to, from->options[i].name, NULL))
			continue;
		TRY(content_count(d->ctx, c->actual, column, listed, from->options[i].name, &n));
		if (n == 0)
			continue;
		struct pack_step *s = add(d, PACK_CHANGE_KIND, c->plan->name, to->name, NULL);
		s->destructive = true;
		s->refused = state;
		s->message = state ? arena_printf(d->arena,
		                                  "%lld records of %s are in state `%s`, which is no longer declared: "
		                                  "move them on first",
		                                  (long long)n, c->plan->name, from->options[i].name)
		                   : arena_printf(d->arena,
		                                  "%lld records of %s have %s = `%s`, which is no longer an option: "
		                                  "keep it with `retired: true`",
		                                  (long long)n, c->plan->name, to->name, from->options[i].name);
	}
	return ERR_OK;
}

/* The column stays under its name or another: does it still mean the same? */
static enum err compare_column(struct differ *d, const struct compared *c, const struct table_column *want,
                               const struct column *actual)
{
	const struct field *from = old_field(c, actual->name);
	struct kind_change change = {.safe = want->column.kind == actual->kind};
	bool there;
	if (want->key || !want->field)
		return ERR_OK;
	if (from) {
		TRY(check_options(d, c, actual->name, from, want->field));
		TRY(content_change(d->ctx, c->actual, actual->name, from, want->field, &change));
	} else if (!change.safe) {
		TRY(content_there(d->ctx, c->actual, actual->name, &there));
		change.empty = !there;
		change.reason = "records hold values of another kind in it";
	}
	bool told = from && from->kind != want->field->kind;
	if (change.safe && want->column.kind == actual->kind && !told)
		return ERR_OK;
	struct pack_step *s = add(d, PACK_CHANGE_KIND, c->plan->name, want->column.name, NULL);
	if (change.safe || change.empty) {
		s->message = arena_printf(d->arena, "%s.%s becomes %s %s", c->plan->name, want->field->name,
		                          field_kind_name(want->field->kind),
		                          change.empty ? "(it is empty)" : "(its values stay)");
		return ERR_OK;
	}
	s->destructive = s->refused = true;
	s->message = arena_printf(d->arena, "%s.%s can't become %s: %s; declare a new field beside it", c->plan->name,
	                          want->field->name, field_kind_name(want->field->kind), change.reason);
	return ERR_OK;
}

static enum err compare_columns(struct differ *d, struct compared *c)
{
	for (size_t i = 0; i < c->plan->n_columns; i++) {
		const struct table_column *want = &c->plan->columns[i];
		const char *was = column_was(d->arena, want), *name = want->column.name;
		size_t at;
		const struct column *there = column_named(c, name, &at);
		if (!there && was && !table_column(c->plan, was) && (there = column_named(c, was, &at))) {
			struct pack_step *s = add(d, PACK_RENAME_COLUMN, c->plan->name, name, NULL);
			s->from = was;
			s->message = arena_printf(d->arena, "rename %s.%s to %s", c->plan->name, was, name);
		}
		if (there) {
			c->kept[at] = true;
			TRY(compare_column(d, c, want, there));
			continue;
		}
		add(d, PACK_ADD_COLUMN, c->plan->name, name,
		    arena_printf(d->arena, "add column %s.%s", c->plan->name, name));
	}
	return ERR_OK;
}

/* A field of choices that goes on as lines of this table, each leading to a record: NULL: the column has no such heir.
 */
static const struct field *heir_of(const struct compared *c, const char *column)
{
	const struct field *old = old_field(c, column);
	const struct type *t = c->plan->field ? NULL : c->plan->type;
	if (!old || !t || old->kind != FIELD_CHOICES)
		return NULL;
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].kind == FIELD_TABLE && t->fields[i].was && strcmp(t->fields[i].was, column) == 0)
			return lines_link(&t->fields[i]) ? &t->fields[i] : NULL;
	return NULL;
}

/* "repair 报修", a line for each option it had. */
static const char *option_labels(struct arena *a, const struct field *f)
{
	const char *all = "";
	for (size_t i = 0; i < f->n_options; i++)
		all = arena_printf(a, "%s%s %s\n", all, f->options[i].name, f->options[i].label.zh);
	return all;
}

static enum err drop_columns(struct differ *d, const struct compared *c)
{
	for (size_t i = 0; i < c->n_columns; i++) {
		const char *name = c->columns[i].name;
		bool there;
		if (c->kept[i] || strcmp(name, "id") == 0)
			continue;
		TRY(content_there(d->ctx, c->actual, name, &there));
		size_t len = strlen(name);
		bool key = len > 5 && strcmp(name + len - 5, "__key") == 0; /* made from another column */
		struct pack_step *s = add(d, PACK_DROP_COLUMN, c->plan->name, arena_strdup(d->arena, name), NULL);
		const struct field *heir = heir_of(c, name);
		s->destructive = there && !key && !heir;
		s->message = arena_printf(d->arena, "remove column %s.%s%s", c->plan->name, name,
		                          s->destructive ? " with all its values" : "");
		if (heir && there) {
			s->heir = heir->name;
			s->from = option_labels(d->arena, old_field(c, name));
			s->message = arena_printf(d->arena, "%s.%s goes on as lines of %s.%s", c->plan->name, name,
			                          c->plan->name, heir->name);
		}
	}
	return ERR_OK;
}

/* What the table was called when its type or field had its former name. */
static const char *table_was(struct arena *a, const struct table_plan *p)
{
	if (!p->field)
		return p->type->was;
	if (!p->type->was && !p->field->was)
		return NULL;
	return table_join(a, p->type->was ? p->type->was : p->type->name,
	                  p->field->was ? p->field->was : p->field->name, NULL);
}

/* Side tables of a renamed type whose fields were renamed before: both names are tried. */
static enum err find_former(struct differ *d, const struct table_plan *p, struct compared *c, bool *ret_there)
{
	const char *was = table_was(d->arena, p);
	*ret_there = false;
	if (was && !tables_find(d->plans, d->n_plans, was)) {
		c->actual = was;
		TRY(actual_columns(d, was, &c->columns, &c->n_columns, ret_there));
	}
	if (!*ret_there && p->field && p->type->was) {
		c->actual = table_join(d->arena, p->type->was, p->field->name, NULL);
		TRY(actual_columns(d, c->actual, &c->columns, &c->n_columns, ret_there));
	}
	return ERR_OK;
}

static enum err compare_table(struct differ *d, const struct table_plan *p)
{
	struct compared c = {.plan = p, .actual = p->name};
	bool there;
	TRY(actual_columns(d, p->name, &c.columns, &c.n_columns, &there));
	if (!there) {
		TRY(find_former(d, p, &c, &there));
		if (!there) {
			add(d, PACK_ADD_TABLE, p->name, NULL, arena_printf(d->arena, "add table %s", p->name));
			return add_missing_indexes(d, p, p->name, NULL);
		}
		struct pack_step *s = add(d, PACK_RENAME_TABLE, p->name, NULL, NULL);
		s->from = arena_strdup(d->arena, c.actual);
		s->message = arena_printf(d->arena, "rename table %s to %s", c.actual, p->name);
	}
	c.was = tables_find(d->old, d->n_old, c.actual);
	c.kept = ARENA_ARRAY(d->arena, c.n_columns + 1, bool);
	TRY(compare_columns(d, &c));
	TRY(drop_columns(d, &c));
	TRY(drop_stale_indexes(d, &c));
	return add_missing_indexes(d, p, c.actual, &c);
}

static bool is_renamed(const struct differ *d, const char *table)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->steps[i].kind == PACK_RENAME_TABLE && strcmp(d->steps[i].from, table) == 0)
			return true;
	return false;
}

static enum err drop_tables(struct differ *d)
{
	for (size_t i = 0; i < d->n_old; i++) {
		const char *name = d->old[i].name;
		struct column *columns;
		size_t n;
		bool there, rows;
		if (tables_find(d->plans, d->n_plans, name) || is_renamed(d, name))
			continue;
		TRY(actual_columns(d, name, &columns, &n, &there));
		if (!there)
			continue;
		TRY(content_there(d->ctx, name, NULL, &rows));
		struct pack_step *s =
		        add(d, PACK_DROP_TABLE, name, d->old[i].field ? NULL : d->old[i].type->name, NULL);
		s->destructive = rows;
		s->message = arena_printf(d->arena, "remove table %s%s", name, rows ? " with all its rows" : "");
	}
	return ERR_OK;
}

/* The order in which steps can be done: what stands in the way goes first. */
static int phase(enum pack_step_kind k)
{
	static const enum pack_step_kind order[] = {PACK_DROP_INDEX,  PACK_RENAME_TABLE, PACK_RENAME_COLUMN,
	                                            PACK_DROP_COLUMN, PACK_CHANGE_KIND,  PACK_ADD_TABLE,
	                                            PACK_ADD_COLUMN,  PACK_ADD_INDEX,    PACK_DROP_TABLE};
	int i = 0;
	while (order[i] != k)
		i++;
	return i;
}

static void order_steps(struct differ *d)
{
	struct pack_step *sorted = ARENA_ARRAY(d->arena, d->n + 1, struct pack_step);
	size_t n = 0;
	for (int p = 0; p <= 8; p++)
		for (size_t i = 0; i < d->n; i++)
			if (phase(d->steps[i].kind) == p)
				sorted[n++] = d->steps[i];
	d->steps = sorted;
}

static void free_model(void *m)
{
	model_unref(m);
}

enum err pack_plan(struct ctx *ctx, const struct model *m, struct pack_plan *ret_plan)
{
	struct differ d = {.ctx = ctx, .arena = ctx->arena};
	struct table_plan *plans, *old = NULL;
	struct model *in_force = NULL;
	struct pack_report report;
	tables_of(ctx->arena, m, &plans, &d.n_plans);
	d.plans = plans;
	/* Packs that no longer load still have their tables: those are compared as they are. */
	enum err err = model_load_stored(ctx, &in_force, &report);
	if (err != ERR_OK && err != ERR_INVALID)
		return err;
	if (in_force) {
		arena_on_clear(ctx->arena, free_model, in_force);
		tables_of(ctx->arena, in_force, &old, &d.n_old);
	}
	d.old = old;
	for (size_t i = 0; i < d.n_plans; i++)
		TRY(compare_table(&d, &d.plans[i]));
	TRY(drop_tables(&d));
	order_steps(&d);
	*ret_plan = (struct pack_plan){.tables = plans, .n_tables = d.n_plans, .steps = d.steps, .n_steps = d.n};
	return ERR_OK;
}

enum err pack_diff(struct ctx *ctx, const struct model *m, struct pack_step **ret_steps, size_t *ret_n)
{
	struct pack_plan plan;
	TRY(pack_plan(ctx, m, &plan));
	*ret_steps = plan.steps;
	*ret_n = plan.n_steps;
	return ERR_OK;
}

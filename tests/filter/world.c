#include "world.h"

#include "base/clock.h"
#include "base/ids.h"
#include "model/filter_tree.h"
#include "model/value_text.h"

void world_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static const char *text_of(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static int64_t id_of(const json_t *j)
{
	int64_t id = 0;

	if (json_is_integer(j))
		return json_integer_value(j);
	if (json_is_string(j) && !id_parse(json_string_value(j), &id))
		world_die("not an id: %s", json_string_value(j));
	return id;
}

/* ---- the model ------------------------------------------------------------------------------- */

static enum field_kind kind_of(const char *name)
{
	for (int k = FIELD_TEXT; k <= FIELD_COMPUTED; k++)
		if (name && strcmp(field_kind_name((enum field_kind)k), name) == 0)
			return (enum field_kind)k;
	world_die("no kind of field: %s", name ? name : "(none)");
}

static void build_field(struct world *w, struct field *f, const char *name, const json_t *j, const struct type *t,
                        int at)
{
	const char *column;
	const json_t *options = json_object_get(j, "options"), *columns = json_object_get(j, "columns"), *x;
	size_t i;

	f->name = name;
	f->label.zh = name;
	f->kind = kind_of(text_of(j, "kind"));
	f->of = t;
	f->at = at;
	f->scale = f->kind == FIELD_MONEY ? 2 : (int)json_integer_value(json_object_get(j, "scale"));
	f->to = text_of(j, "to");
	if (f->to && strcmp(f->to, "work") != 0)
		f->target = model_type(&w->model, f->to);
	if (f->kind == FIELD_LINKS || f->kind == FIELD_TABLE)
		f->side_table = arena_printf(w->arena, "%s__%s", t->table, name);
	else if (f->kind != FIELD_COMPUTED)
		f->column = name;
	f->n_options = json_array_size(options);
	f->options = ARENA_ARRAY(w->arena, f->n_options + 1, struct option);
	json_array_foreach(options, i, x) f->options[i] =
	        (struct option){.name = text_of(x, "name"), .label = {.zh = text_of(x, "name")}};
	f->n_columns = json_object_size(columns);
	f->columns = ARENA_ARRAY(w->arena, f->n_columns + 1, struct field);
	int column_at = 0;
	json_object_foreach((json_t *)columns, column, x)
	{
		build_field(w, &f->columns[column_at], column, x, t, column_at);
		column_at++;
	}
}

static void build_base(struct world *w, struct type *t, size_t at)
{
	static const struct {
		const char *name;
		enum field_kind kind;
	} base[BASE_FIELDS] = {{"id", FIELD_NUMBER},
	                       {"version", FIELD_NUMBER},
	                       {"created_at", FIELD_DATETIME},
	                       {"created_by", FIELD_LINK},
	                       {"updated_at", FIELD_DATETIME}};

	for (size_t i = 0; i < BASE_FIELDS; i++) {
		struct field *f = &t->fields[at + i];
		*f = (struct field){.name = base[i].name,
		                    .label = {.zh = base[i].name},
		                    .kind = base[i].kind,
		                    .flags = FIELD_SYSTEM | FIELD_BASE,
		                    .of = t,
		                    .at = (int)(at + i),
		                    .column = base[i].name};
		if (f->kind == FIELD_LINK) {
			f->to = "user";
			f->target = w->model.user;
		}
	}
}

static struct filter *filter_of(struct world *w, const struct type *t, const json_t *j)
{
	struct filter_fault fault;
	struct filter *f;

	if (j == NULL || json_is_null(j))
		return NULL;
	if (filter_parse_json(w->arena, &w->model, t, j, &f, &fault) != ERR_OK)
		world_die("a filter of the world: %s", fault.message);
	return f;
}

static void build_lists(struct world *w, struct type *t, const json_t *lists)
{
	const json_t *j;
	size_t i;

	t->n_lists = json_array_size(lists);
	t->lists = ARENA_ARRAY(w->arena, t->n_lists + 1, struct list_def);
	json_array_foreach(lists, i, j)
	{
		struct list_def *l = &t->lists[i];
		l->name = text_of(j, "name");
		l->label.zh = l->name;
		l->of = model_type(&w->model, text_of(j, "of"));
		l->by = l->of ? type_field(l->of, text_of(j, "by")) : NULL;
		if (l->by == NULL)
			world_die("the list %s leads nowhere", l->name);
	}
}

static void build_types(struct world *w, json_t *types)
{
	struct model *m = &w->model;
	const char *name, *field;
	json_t *j, *x;
	size_t n = 0;

	m->n_types = json_object_size(types);
	m->types = ARENA_ARRAY(w->arena, m->n_types + 1, struct type);
	json_object_foreach(types, name, j)
	{
		struct type *t = &m->types[n];
		t->name = t->table = name;
		t->label.zh = name;
		t->at = (int)n++;
		t->uses_work = json_is_true(json_object_get(j, "uses_work"));
	}
	m->user = model_type(m, "user");
	m->team = model_type(m, "team");
	m->customer = model_type(m, "customer");
	n = 0;
	json_object_foreach(types, name, j)
	{
		struct type *t = &m->types[n++];
		json_t *fields = json_object_get(j, "fields");
		int at = 0;
		t->n_fields = json_object_size(fields) + BASE_FIELDS;
		t->fields = ARENA_ARRAY(w->arena, t->n_fields, struct field);
		json_object_foreach(fields, field, x)
		{
			build_field(w, &t->fields[at], field, x, t, at);
			at++;
		}
		build_base(w, t, (size_t)at);
	}
	n = 0;
	json_object_foreach(types, name, j) build_lists(w, &m->types[n++], json_object_get(j, "lists"));
	n = 0;
	json_object_foreach(types, name, j)
	{
		struct type *t = &m->types[n++];
		json_t *fields = json_object_get(j, "fields");
		for (size_t i = 0; i + BASE_FIELDS < t->n_fields; i++)
			t->fields[i].is =
			        filter_of(w, t, json_object_get(json_object_get(fields, t->fields[i].name), "is"));
		for (size_t i = 0; i < t->n_lists; i++)
			t->lists[i].where =
			        filter_of(w, t->lists[i].of,
			                  json_object_get(json_array_get(json_object_get(j, "lists"), i), "where"));
	}
}

/* ---- values ---------------------------------------------------------------------------------- */

static struct value value_of(struct world *w, const struct field *f, const json_t *j);

static struct value list_of(struct world *w, const struct field *f, const json_t *j)
{
	struct value v = {.kind = VALUE_LIST, .n = json_array_size(j)};
	const json_t *x;
	size_t i;

	if (v.n == 0)
		return value_empty();
	v.list = ARENA_ARRAY(w->arena, v.n, struct value);
	json_array_foreach(j, i, x) v.list[i] =
	        f->kind == FIELD_CHOICES ? value_text(json_string_value(x)) : value_int(id_of(x));
	return v;
}

static struct value number_of(struct world *w, const struct field *f, const json_t *j)
{
	int64_t v = 0;
	const char *s = json_is_string(j)    ? json_string_value(j)
	                : json_is_integer(j) ? arena_printf(w->arena, "%lld", (long long)json_integer_value(j))
	                                     : arena_printf(w->arena, "%.*f", f->scale, json_real_value(j));

	if (decimal_parse(s, f->scale, &v) != DECIMAL_OK)
		world_die("not a number of %s: %s", f->name, s);
	return value_int(v);
}

static struct value value_of(struct world *w, const struct field *f, const json_t *j)
{
	int64_t ms;

	if (j == NULL || json_is_null(j))
		return value_empty();
	switch (f->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY: return number_of(w, f, j);
	case FIELD_FLAG: return value_int(json_is_true(j));
	case FIELD_DATETIME:
		if (!instant_parse(json_string_value(j), &ms))
			world_die("not an instant: %s", json_string_value(j));
		return value_int(ms);
	case FIELD_LINK: return value_int(id_of(j));
	case FIELD_CHOICES:
	case FIELD_LINKS:
	case FIELD_FILES: return list_of(w, f, j);
	case FIELD_TABLE:
	case FIELD_COMPUTED: return value_empty();
	default: return value_text(json_string_value(j));
	}
}

static void build_parameters(struct world *w, json_t *parameters)
{
	const char *name;
	json_t *j;
	size_t n = 0;

	w->model.n_parameters = json_object_size(parameters);
	w->model.parameters = ARENA_ARRAY(w->arena, w->model.n_parameters + 1, struct parameter);
	json_object_foreach(parameters, name, j)
	{
		struct parameter *p = &w->model.parameters[n++];
		p->name = name;
		p->kind = kind_of(text_of(j, "kind"));
		p->scale = p->kind == FIELD_MONEY ? 2 : (int)json_integer_value(json_object_get(j, "scale"));
		struct field f = {.name = name, .kind = p->kind, .scale = p->scale};
		p->value = value_of(w, &f, json_object_get(j, "value"));
	}
}

/* ---- records --------------------------------------------------------------------------------- */

static struct record_lines lines_of(struct world *w, const struct field *f, const json_t *j)
{
	struct record_lines lines = {.n = json_array_size(j), .loaded = true};
	const json_t *x;
	size_t i;

	lines.list = ARENA_ARRAY(w->arena, lines.n + 1, struct record_line);
	json_array_foreach(j, i, x)
	{
		lines.list[i].id = id_of(json_object_get(x, "id"));
		lines.list[i].values = ARENA_ARRAY(w->arena, f->n_columns + 1, struct value);
		for (size_t k = 0; k < f->n_columns; k++)
			lines.list[i].values[k] = value_of(w, &f->columns[k], json_object_get(x, f->columns[k].name));
	}
	return lines;
}

static struct record *build_record(struct world *w, const struct type *t, const json_t *j)
{
	struct record *r = ARENA_NEW(w->arena, struct record);
	const json_t *fields = json_object_get(j, "fields");

	r->type = t;
	r->id = id_of(json_object_get(j, "id"));
	r->version = json_integer_value(json_object_get(j, "version"));
	if (text_of(j, "created_at"))
		instant_parse(text_of(j, "created_at"), &r->created_at);
	if (text_of(j, "updated_at"))
		instant_parse(text_of(j, "updated_at"), &r->updated_at);
	r->created_by = id_of(json_object_get(j, "created_by"));
	r->values = ARENA_ARRAY(w->arena, t->n_fields, struct value);
	r->lines = ARENA_ARRAY(w->arena, t->n_fields, struct record_lines);
	r->changed = ARENA_ARRAY(w->arena, t->n_fields / 64 + 1, uint64_t);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (f->flags & FIELD_BASE)
			continue;
		r->values[i] = value_of(w, f, json_object_get(fields, f->name));
		if (f->kind == FIELD_TABLE)
			r->lines[i] = lines_of(w, f, json_object_get(fields, f->name));
	}
	return r;
}

static int by_day(const void *a, const void *b)
{
	const struct work_exception *x = a, *y = b;
	return (x->day > y->day) - (x->day < y->day);
}

/* Mondays to Fridays, days off and make-up days: {"2026-10-01": true, "2026-10-10": false}. */
static void build_calendar(struct world *w, const json_t *holidays)
{
	struct calendar *c = ARENA_NEW(w->arena, struct calendar);
	const struct work_day office = {.hours = {{540, 1080}}, .n = 1};
	struct work_exception *x = ARENA_ARRAY(w->arena, json_object_size(holidays) + 1, struct work_exception);
	const char *date;
	json_t *off;
	size_t n = 0;

	*c = (struct calendar){.name = "office"};
	for (int i = 0; i < 5; i++)
		c->time.week[i] = office;
	json_object_foreach((json_t *)(uintptr_t)holidays, date, off)
	{
		int year, month, day;
		if (!date_parse(date, &year, &month, &day))
			world_die("%s is no date", date);
		x[n].day = date_days(year, month, day);
		if (json_is_false(off))
			x[n].what = office;
		n++;
	}
	qsort(x, n, sizeof(*x), by_day);
	c->time.exceptions = x;
	c->time.n_exceptions = n;
	w->model.calendar = w->model.calendars = c;
	w->model.n_calendars = 1;
}

/* Of shared teams each is {team, type}; type "" stands for all. */
static void read_teams(struct world *w, const json_t *root)
{
	const json_t *units = json_object_get(root, "my_units"), *shared = json_object_get(root, "shared_teams"), *x;
	size_t i;

	w->who.n_units = json_array_size(units);
	w->who.units = ARENA_ARRAY(w->arena, w->who.n_units + 1, int64_t);
	json_array_foreach(units, i, x) w->who.units[i] = id_of(x);
	w->who.n_shared = json_array_size(shared);
	w->who.shared = ARENA_ARRAY(w->arena, w->who.n_shared + 1, struct team_share);
	json_array_foreach(shared, i, x) w->who.shared[i] =
	        (struct team_share){id_of(json_object_get(x, "team")), text_of(x, "type")};
}

struct world *world_new(const json_t *root)
{
	struct arena *a = arena_new(256 << 20);
	struct world *w = ARENA_NEW(a, struct world);
	const char *name;
	json_t *j, *x;
	size_t i;

	w->arena = a;
	w->root = (json_t *)root;
	w->model.arena = a;
	if (zone_load(text_of(root, "zone"), &w->zone) != ERR_OK)
		world_die("no such zone: %s", text_of(root, "zone"));
	build_calendar(w, json_object_get(root, "holidays"));
	build_parameters(w, json_object_get(root, "parameters"));
	build_types(w, json_object_get(root, "types"));
	json_object_foreach(json_object_get(root, "records"), name, j) w->n_records += json_array_size(j);
	w->records = ARENA_ARRAY(a, w->n_records + 1, struct record *);
	size_t n = 0;
	json_object_foreach(json_object_get(root, "records"), name, j) json_array_foreach(j, i, x) w->records[n++] =
	        build_record(w, model_type(&w->model, name), x);
	w->who.id = id_of(json_object_get(root, "me"));
	w->who.login = w->who.name = "tester";
	w->who.n_teams = json_array_size(json_object_get(root, "my_teams"));
	w->who.teams = ARENA_ARRAY(a, w->who.n_teams + 1, int64_t);
	json_array_foreach(json_object_get(root, "my_teams"), i, j) w->who.teams[i] = id_of(j);
	read_teams(w, root);
	w->ctx = (struct ctx){.arena = a, .model = &w->model, .who = &w->who, .zone = w->zone, .origin = ""};
	if (!instant_parse(text_of(root, "now"), &w->ctx.now_ms))
		world_die("now is no instant");
	return w;
}

void world_free(struct world *w)
{
	zone_free(w->zone);
	arena_free(w->arena);
}

/* prepare.c: what every read of a type says again and again, made once with the model: statements and JSON keys. */
#include <string.h>

#include "base/json.h"
#include "model/prepare.h"
#include "model/record_row.h"

enum { KEY_BYTES_MAX = 1 << 10 };

/* now: as its table is; NULL: as it says itself. */
static const struct sql_text *load_text(struct arena *a, const struct type *t, const struct type *now)
{
	struct sql q;
	sql_init(&q, a);
	SQL(&q, "select version, created_at, created_by, updated_at");
	for (size_t i = 0; i < t->n_fields; i++) {
		if (!field_is_stored(&t->fields[i]))
			continue;
		SQL(&q, ", ");
		if (now != NULL && type_field(now, t->fields[i].name) == NULL)
			SQL(&q, "null");
		else
			sql_name(&q, t->fields[i].column);
	}
	SQL(&q, " from ");
	sql_name(&q, now ? now->table : t->table);
	SQL(&q, " where id = :id");
	return sql_keep(&q, a);
}

static const struct sql_text *side_text(struct arena *a, const struct field *f)
{
	struct sql q;
	sql_init(&q, a);
	SQL(&q, "select ");
	if (f->kind == FIELD_LINKS)
		SQL(&q, "target");
	else
		SQL(&q, "id");
	for (size_t i = 0; f->kind == FIELD_TABLE && i < f->n_columns; i++) {
		SQL(&q, ", ");
		sql_name(&q, f->columns[i].column);
	}
	SQL(&q, " from ");
	sql_name(&q, f->side_table);
	SQL(&q, " where parent = :parent order by pos, id");
	return sql_keep(&q, a);
}

/* As labels.c reads them: title, number or null, whether it may be read. Of one, or of several at once. */
static const struct sql_text *title_text(struct arena *a, const struct type *t, bool several)
{
	struct sql q;
	if (t->confidential || type_title_column(t) == NULL)
		return NULL;
	sql_init(&q, a);
	SQL(&q, "select r.id, r.");
	sql_name(&q, type_title_column(t));
	SQL(&q, ", null, 1 from ");
	if (several) {
		sql_each(&q, TITLES_ROOM);
		SQL(&q, " cross join ");
	}
	sql_name(&q, t->table);
	if (several)
		SQL(&q, " r where r.id = each.column1");
	else
		SQL(&q, " r where r.id = :id");
	return sql_keep(&q, a);
}

/* One look at the indexes for all lists a page draws, as most lists of most records are empty: a column each, in
 * their order. */
static const struct sql_text *lists_text(struct arena *a, const struct type *t)
{
	struct sql q;
	sql_init(&q, a);
	SQL(&q, "select 0");
	for (size_t i = 0; i < t->n_lists; i++) {
		const struct list_def *l = &t->lists[i];
		if (!l->show)
			continue;
		SQL(&q, ", case when exists (select 1 from ");
		sql_name(&q, l->by->kind == FIELD_LINKS ? l->by->side_table : l->of->table);
		SQL(&q, " where ");
		sql_name(&q, l->by->kind == FIELD_LINKS ? "target" : l->by->column);
		SQL(&q, " = :id) then 1 else 0 end");
	}
	/* And whether other matters have to do with it, or are parts of it. */
	if (t->uses_work)
		SQL(&q,
		    ", case when exists (select 1 from work_link where record = :id) or exists (select 1 from "
		    "work_link "
		    "where other = :id) then 1 else 0 end, case when exists (select 1 from work where parent = :id) "
		    "then 1 else 0 end");
	SQL(&q, " where :id > 0");
	return sql_keep(&q, a);
}

static void field_prepare(struct arena *a, struct field *f)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, a, KEY_BYTES_MAX);
	json_out_init(&out, &b);
	json_key(&out, f->name);
	f->key_len = b.len;
	buf_str(&b, "null");
	f->none_len = b.len;
	f->json_key = b.data;
	for (size_t i = 0; i < f->n_columns; i++)
		field_prepare(a, &f->columns[i]);
	if (f->kind == FIELD_LINKS || f->kind == FIELD_TABLE)
		f->side_sql = side_text(a, f);
}

void type_prepare(struct arena *a, struct type *t)
{
	for (size_t i = 0; i < t->n_fields; i++)
		field_prepare(a, &t->fields[i]);
	t->load_sql = load_text(a, t, NULL);
	t->title_sql = title_text(a, t, false);
	t->titles_sql = title_text(a, t, true);
	t->lists_sql = lists_text(a, t);
	t->state_field = type_field(t, "state");
}

void model_foresee(struct model *m, const struct model *now)
{
	for (size_t i = 0; i < m->n_types; i++) {
		const struct type *was = model_type(now, m->types[i].name);
		if (was != NULL)
			m->types[i].load_sql = load_text(m->arena, &m->types[i], was);
	}
}

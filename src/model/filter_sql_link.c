/* Columns, links and access in the SQL of a filter. */
#include "model/filter_tree.h"
#include "model/record.h"
#include "store/store.h"

const struct filter_frame *filter_frame_up(const struct filter_frame *fr, int up)
{
	for (; up > 0 && fr->up; up--)
		fr = fr->up;
	return fr;
}

const char *filter_sql_alias(struct filter_sql *s)
{
	return arena_printf(s->ctx->arena, "f%d", ++s->n_aliases);
}

void filter_sql_sign(struct filter_sql *s, enum filter_op op)
{
	switch (op) {
	case FILTER_LT: SQL(s->q, " < "); break;
	case FILTER_LE: SQL(s->q, " <= "); break;
	case FILTER_GT: SQL(s->q, " > "); break;
	case FILTER_GE: SQL(s->q, " >= "); break;
	default: SQL(s->q, " = ");
	}
}

/* A value bound where a column would stand: the cast gives PostgreSQL its type, also when null. */
static void bound_column(struct filter_sql *s, const struct value *v, bool text)
{
	SQL(s->q, "cast(");
	sql_value(s->q, v);
	if (text)
		SQL(s->q, " as text)");
	else
		SQL(s->q, " as bigint)");
}

void filter_sql_id(struct filter_sql *s, const struct filter_frame *fr)
{
	struct value v;

	if (fr->alias) {
		sql_name(s->q, fr->alias);
		SQL(s->q, ".id");
		return;
	}
	v = value_int(fr->line ? fr->line->id : fr->record->id);
	bound_column(s, &v, false);
}

static bool text_column(const struct field *f)
{
	switch (filter_class(f)) {
	case CLASS_TEXT:
	case CLASS_DATE:
	case CLASS_CHOICE:
	case CLASS_CHOICES:
	case CLASS_FILES: return true;
	default: return false;
	}
}

void filter_sql_column(struct filter_sql *s, const struct filter_frame *fr, const struct field *f)
{
	if (fr->alias) {
		sql_name(s->q, fr->alias);
		SQL(s->q, ".");
		sql_name(s->q, f->column ? f->column : f->name);
		return;
	}
	struct value v = filter_frame_value(fr, f);
	if (v.kind == VALUE_LIST) { /* choices and files, in their column's form */
		struct buf b;
		buf_init(&b, s->ctx->arena, 1 << 16);
		for (size_t i = 0; i < v.n; i++) {
			buf_char(&b, ' ');
			if (v.list[i].kind == VALUE_INT)
				buf_int(&b, v.list[i].i);
			else
				buf_add(&b, v.list[i].s, v.list[i].len);
		}
		if (b.len)
			buf_char(&b, ' ');
		v = value_textn(b.data, b.len);
	}
	bound_column(s, &v, text_column(f));
}

/* ---- links ----------------------------------------------------------------------------------- */

/* Any work type: the access of each, over its own table. */
static enum err any_work_access(struct filter_sql *s, const char *alias)
{
	const struct model *m = s->ctx->model;
	bool first = true;

	SQL(s->q, " and (");
	for (size_t i = 0; m && i < m->n_types; i++) {
		const struct type *t = &m->types[i];
		if (!t->uses_work)
			continue;
		struct filter *access = s->inside(s->ctx, t);
		if (access && access->op == FILTER_NOT && access->kids[0]->op == FILTER_ALL)
			continue;
		if (!first)
			SQL(s->q, " or ");
		first = false;
		SQL(s->q, "(");
		sql_name(s->q, alias);
		SQL(s->q, ".type = ");
		sql_value_text(s->q, t->name);
		if (!filter_is_all(access)) {
			struct filter_sql in = {.ctx = s->ctx, .q = s->q, .n_aliases = s->n_aliases};
			const struct filter_frame fr = {.alias = filter_sql_alias(&in)};
			SQL(s->q, " and exists (select 1 from ");
			sql_name(s->q, t->table);
			SQL(s->q, " ");
			sql_name(s->q, fr.alias);
			SQL(s->q, " where ");
			filter_sql_id(s, &fr);
			SQL(s->q, " = ");
			sql_name(s->q, alias);
			SQL(s->q, ".id and ");
			TRY(filter_sql_node(&in, &fr, access, false));
			SQL(s->q, ")");
			s->n_aliases = in.n_aliases;
		}
		SQL(s->q, ")");
	}
	if (first)
		SQL(s->q, "1 = 0");
	SQL(s->q, ")");
	return ERR_OK;
}

/* The access line itself is the packs' word and is not narrowed by further access. */
enum err filter_sql_access(struct filter_sql *s, const struct type *target, const char *alias)
{
	if (s->inside == NULL)
		return ERR_OK;
	if (target == NULL)
		return any_work_access(s, alias);
	struct filter *access = s->inside(s->ctx, target);
	if (filter_is_all(access))
		return ERR_OK;
	struct filter_sql in = {.ctx = s->ctx, .q = s->q, .n_aliases = s->n_aliases};
	const struct filter_frame fr = {.alias = alias};
	SQL(s->q, " and ");
	TRY(filter_sql_node(&in, &fr, access, false));
	s->n_aliases = in.n_aliases;
	return ERR_OK;
}

enum err filter_sql_links(struct filter_sql *s, const struct filter_frame *fr, const struct filter_path *p,
                          const struct filter_frame **ret_frame, size_t *ret_open)
{
	fr = filter_frame_up(fr, p->up);
	for (size_t i = 0; i < p->n_links; i++) {
		const struct field *link = p->links[i];
		struct filter_frame *next = ARENA_NEW(s->ctx->arena, struct filter_frame);
		next->alias = filter_sql_alias(s);
		SQL(s->q, "exists (select 1 from ");
		sql_name(s->q, link->target ? link->target->table : "work");
		SQL(s->q, " ");
		sql_name(s->q, next->alias);
		SQL(s->q, " where ");
		filter_sql_id(s, next);
		SQL(s->q, " = ");
		filter_sql_column(s, fr, link);
		TRY(filter_sql_access(s, link->target, next->alias));
		SQL(s->q, " and ");
		fr = next;
		(*ret_open)++;
	}
	*ret_frame = fr;
	return ERR_OK;
}

void filter_sql_close(struct filter_sql *s, size_t n)
{
	for (; n > 0; n--)
		SQL(s->q, ")");
}

/* ` in ()` is no SQL: for none, an id that never is. */
void filter_sql_ids(struct filter_sql *s, const struct value *list)
{
	size_t n = list->kind == VALUE_LIST ? list->n : 0;

	SQL(s->q, " in (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			SQL(s->q, ", ");
		sql_value(s->q, &list->list[i]);
	}
	if (n == 0)
		SQL(s->q, "-1");
	SQL(s->q, ")");
}

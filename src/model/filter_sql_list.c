/* any, none and count as SQL: over reverse links, links and table fields. */
#include "model/filter_tree.h"
#include "store/store.h"

/* The members of a list while its SQL is written. */
struct members {
	const struct filter *f;
	const char *alias; /* of a member's row */
	const char *side;  /* of the side table that leads to it; NULL if none is needed */
	bool in_memory;    /* links of a record that is in memory */
};

static const struct type *member_type(const struct filter_path *p)
{
	return p->list ? p->list->of : p->field->target;
}

static const char *member_table(const struct filter_path *p)
{
	if (p->field && p->field->kind == FIELD_TABLE)
		return p->field->side_table;
	return member_type(p) ? member_type(p)->table : "work";
}

/* from … where, up to and with the join to the side table. */
static void write_from(struct filter_sql *s, const struct members *m)
{
	SQL(s->q, " from ");
	sql_name(s->q, member_table(&m->f->path));
	SQL(s->q, " ");
	sql_name(s->q, m->alias);
	if (m->side) {
		SQL(s->q, ", ");
		sql_name(s->q, m->f->path.list ? m->f->path.list->by->side_table : m->f->path.field->side_table);
		SQL(s->q, " ");
		sql_name(s->q, m->side);
	}
	SQL(s->q, " where ");
}

static void alias_column(struct filter_sql *s, const char *alias, const char *column)
{
	sql_name(s->q, alias);
	SQL(s->q, ".");
	sql_name(s->q, column);
}

/* What makes a row a member of the list of `owner`. */
static void write_owner(struct filter_sql *s, const struct filter_frame *owner, const struct members *m)
{
	const struct filter_path *p = &m->f->path;
	const struct filter_frame member = {.alias = m->alias};

	if (m->in_memory) {
		struct value ids = filter_frame_value(owner, p->field);
		filter_sql_id(s, &member);
		filter_sql_ids(s, &ids);
		return;
	}
	if (p->list && m->side == NULL)
		alias_column(s, m->alias, p->list->by->column);
	else if (p->list)
		alias_column(s, m->side, "target");
	else
		alias_column(s, m->side ? m->side : m->alias, "parent");
	SQL(s->q, " = ");
	filter_sql_id(s, owner);
	if (m->side == NULL)
		return;
	SQL(s->q, " and ");
	filter_sql_id(s, &member);
	SQL(s->q, " = ");
	alias_column(s, m->side, p->list ? "parent" : "target");
}

/* The list's own condition (the pack's word, not narrowed), access, and what was asked. */
static enum err write_conditions(struct filter_sql *s, const struct filter_frame *fr, const struct members *m)
{
	const struct filter_path *p = &m->f->path;
	const struct filter_frame member = {.alias = m->alias, .up = fr};

	if (p->list && !filter_is_all(p->list->where)) {
		struct filter_sql in = {
		        .ctx = s->ctx, .q = s->q, .n_aliases = s->n_aliases, .n_computed = s->n_computed};
		const struct filter_frame own = {.alias = m->alias};
		SQL(s->q, " and ");
		TRY(filter_sql_node(&in, &own, p->list->where, false));
		s->n_aliases = in.n_aliases;
	}
	if (p->list || p->field->kind == FIELD_LINKS)
		TRY(filter_sql_access(s, member_type(p), m->alias));
	if (m->f->n) {
		SQL(s->q, " and ");
		TRY(filter_sql_node(s, &member, m->f->kids[0], false));
	}
	return ERR_OK;
}

static struct members members_of(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f)
{
	struct members m = {.f = f, .alias = filter_sql_alias(s)};
	const struct field *links = f->path.list ? f->path.list->by : f->path.field;

	m.in_memory = f->path.list == NULL && links->kind == FIELD_LINKS && f->path.n_links == 0 &&
	              filter_frame_up(fr, f->path.up)->alias == NULL;
	if (links->kind == FIELD_LINKS && !m.in_memory)
		m.side = filter_sql_alias(s);
	return m;
}

static enum err write_any(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	struct members m = members_of(s, fr, f);
	const struct filter_frame *owner;
	size_t open = 0;

	if (negated)
		SQL(s->q, "not ");
	TRY(filter_sql_links(s, fr, &f->path, &owner, &open));
	SQL(s->q, "exists (select 1");
	write_from(s, &m);
	write_owner(s, owner, &m);
	TRY(write_conditions(s, fr, &m));
	filter_sql_close(s, open + 1);
	return ERR_OK;
}

static enum err write_count(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	struct members m = members_of(s, fr, f);
	const struct filter_frame *owner;
	struct filter_plain plain;
	size_t open = 0;

	TRY(filter_resolve(s->ctx, NULL, f->compare, f->values, &plain));
	if (plain.never) {
		if (negated)
			SQL(s->q, "1 = 1");
		else
			SQL(s->q, "1 = 0");
		return ERR_OK;
	}
	if (negated)
		SQL(s->q, "not ");
	/* The links stand inside: through an empty link the count is 0, not nothing. */
	SQL(s->q, "((select count(*)");
	write_from(s, &m);
	TRY(filter_sql_links(s, fr, &f->path, &owner, &open));
	write_owner(s, owner, &m);
	filter_sql_close(s, open);
	TRY(write_conditions(s, fr, &m));
	SQL(s->q, ")");
	filter_sql_sign(s, plain.op);
	sql_value(s->q, &plain.v);
	SQL(s->q, ")");
	return ERR_OK;
}

enum err filter_sql_list(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated)
{
	if (f->op == FILTER_COUNT)
		return write_count(s, fr, f, negated);
	return write_any(s, fr, f, negated != (f->op == FILTER_NONE));
}

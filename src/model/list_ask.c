/* list_ask.c: the statements that ask for a page's ids. */
#include "model/list_ask.h"

#include "model/access.h"

static bool by_option(const struct list_plan *p)
{
	return p->order == ORDER_KEY && p->key_fields[0]->kind == FIELD_CHOICE;
}

bool list_keyed(const struct list_plan *p, int segment)
{
	return p->order == ORDER_KEY && !by_option(p) && segment == 0;
}

void list_key_name(struct sql *q, const struct list_plan *p, size_t i)
{
	SQL(q, "r.");
	sql_name(q, p->key_columns[i]);
}

static void segment_condition(struct sql *q, const struct list_plan *p, int segment)
{
	if (p->order != ORDER_KEY)
		return;
	const struct field *f = p->key_fields[0];
	SQL(q, " and ");
	if (by_option(p) && segment < (int)f->n_options) {
		size_t rank = p->key_desc[0] ? f->n_options - 1 - (size_t)segment : (size_t)segment;
		list_key_name(q, p, 0);
		SQL(q, " = ");
		sql_value_text(q, f->options[rank].name);
	} else if (by_option(p)) {
		SQL(q, "(");
		list_key_name(q, p, 0);
		SQL(q, " is null");
		for (size_t i = 0; i < f->n_options; i++) {
			if (i == 0) {
				SQL(q, " or ");
				list_key_name(q, p, 0);
				SQL(q, " not in (");
			} else {
				SQL(q, ", ");
			}
			sql_value_text(q, f->options[i].name);
		}
		if (f->n_options > 0)
			SQL(q, ")");
		SQL(q, ")");
	} else {
		list_key_name(q, p, 0);
		if (segment == 0)
			SQL(q, " is not null");
		else
			SQL(q, " is null");
	}
}

/* Rows strictly after :after_…, or strictly before :bound_…; written so that an index range follows. */
static void range_condition(struct sql *q, const struct list_plan *p, bool keyed, bool after)
{
	bool id_less = p->id_desc == after;
	SQL(q, " and ");
	if (keyed) {
		bool key_less = p->key_desc[0] == after;
		list_key_name(q, p, 0);
		if (after && key_less)
			SQL(q, " <= :after_key and (");
		else if (after)
			SQL(q, " >= :after_key and (");
		else if (key_less)
			SQL(q, " <= :bound_key and (");
		else
			SQL(q, " >= :bound_key and (");
		list_key_name(q, p, 0);
		if (after && key_less)
			SQL(q, " < :after_key or ");
		else if (after)
			SQL(q, " > :after_key or ");
		else if (key_less)
			SQL(q, " < :bound_key or ");
		else
			SQL(q, " > :bound_key or ");
	}
	if (after && id_less)
		SQL(q, "r.id < :after_id");
	else if (after)
		SQL(q, "r.id > :after_id");
	else if (id_less)
		SQL(q, "r.id < :bound_id");
	else
		SQL(q, "r.id > :bound_id");
	if (keyed)
		SQL(q, ")");
}

static void order_by(struct sql *q, const struct list_plan *p, bool keyed)
{
	SQL(q, " order by ");
	if (keyed) {
		list_key_name(q, p, 0);
		if (p->key_desc[0])
			SQL(q, " desc, ");
		else
			SQL(q, ", ");
	}
	if (p->id_desc)
		SQL(q, "r.id desc");
	else
		SQL(q, "r.id");
	SQL(q, " limit :n");
}

/* SQLite: the values are rows to join with, of few sizes, so that few statements serve every count. */
size_t list_arms_room(size_t n)
{
	size_t room = 4;
	while (room < n)
		room *= 2;
	return room;
}

/* The user's filter sees of other types what he may read of them; what a pack says of access holds as
 * it is said, for lists as for single records. */
enum err list_conditions(struct ctx *ctx, struct sql *q, const struct list_plan *p, struct filter *fenced)
{
	if (p->where != NULL) {
		SQL(q, " and (");
		TRY(filter_sql(ctx, q, p->where, "r", access_inside));
		SQL(q, ")");
	}
	if (fenced != NULL) {
		SQL(q, " and case when ");
		TRY(filter_sql(ctx, q, fenced, "r", access_inside));
		SQL(q, " then 1 else 0 end = 1");
	}
	if (p->access == NULL)
		return ERR_OK;
	if (p->access_fenced)
		SQL(q, " and case when ");
	else
		SQL(q, " and (");
	TRY(filter_sql(ctx, q, p->access, "r", NULL));
	if (p->access_fenced)
		SQL(q, " then 1 else 0 end = 1");
	else
		SQL(q, ")");
	return ERR_OK;
}

/* Values written out, the last repeated up to a round number, so that few statement texts serve every count and few
 * values are looked up twice. */
static void in_values(struct sql *q, const struct list_arm *arms, size_t n)
{
	size_t step = 1;
	while (step * 8 < n)
		step *= 2;
	size_t padded = (n + step - 1) / step * step;
	SQL(q, " in (");
	for (size_t i = 0; i < padded; i++) {
		if (i > 0)
			SQL(q, ", ");
		sql_value(q, &arms[i < n ? i : n - 1].value);
	}
	SQL(q, ")");
}

static void arm_condition(struct ctx *ctx, struct sql *q, const struct ask_rows *ask)
{
	SQL(q, "r.");
	sql_name(q, ask->arms->column);
	if (ask->together && sql_is_postgres(ctx)) {
		in_values(q, ask->arms, ask->n_arms);
	} else if (ask->together) {
		SQL(q, " = each.column1");
	} else if (ask->written) {
		SQL(q, " = ");
		sql_value(q, &ask->arms->value);
	} else {
		SQL(q, " = :arm");
	}
	if (!ask->arms->staged)
		return;
	SQL(q, " and r.stage = ");
	if (ask->written)
		sql_value(q, ask->stage);
	else
		SQL(q, ":stage");
}

enum err list_select(struct ctx *ctx, const struct list_plan *p, const struct ask_rows *ask, struct sql *q)
{
	bool keyed = list_keyed(p, ask->segment), whole = ask->arms == NULL && ask->stage != NULL;
	bool staged = whole || (ask->arms != NULL && ask->arms->staged);
	SQL(q, "select r.id");
	if (whole)
		SQL(q, ", r.team");
	if (keyed) {
		SQL(q, ", ");
		list_key_name(q, p, 0);
	}
	SQL(q, " from ");
	if (ask->together && !sql_is_postgres(ctx)) {
		sql_each(q, list_arms_room(ask->n_arms));
		SQL(q, " cross join ");
	}
	sql_name(q, p->type->table);
	SQL(q, " r where ");
	if (ask->arms != NULL)
		arm_condition(ctx, q, ask);
	else if (whole)
		SQL(q, "r.stage = :stage");
	else
		SQL(q, "1 = 1");
	segment_condition(q, p, ask->segment);
	if (ask->after)
		range_condition(q, p, keyed, true);
	if (ask->bound)
		range_condition(q, p, keyed, false);
	if (whole)
		sql_walk(q, "team", ask->teams, ask->n_teams, ask->wanted);
	return list_conditions(ctx, q, p, staged ? p->fenced_staged : p->fenced);
}

enum err list_statement(struct ctx *ctx, const struct list_plan *p, const struct ask_rows *ask, struct sql *q)
{
	sql_init(q, ctx->arena);
	TRY(list_select(ctx, p, ask, q));
	if (ask->together)
		SQL(q, " limit :n");
	else
		order_by(q, p, list_keyed(p, ask->segment));
	return ERR_OK;
}

/* work_index.c: one row for every record of a type that uses work: derived, so that rebuild can
 * make it anew. */
#include <string.h>

#include "base/clock.h"
#include "flow/step.h"

/* The columns after id and type, in the order of the statement below. */
enum { WORK_COLUMNS = 20 };

static struct value text_of(const struct record *r, const char *field)
{
	struct value v = record_get(r, field);
	return v.kind == VALUE_TEXT ? v : value_empty();
}

static struct value int_of(const struct record *r, const char *field)
{
	struct value v = record_get(r, field);
	return v.kind == VALUE_INT ? v : value_empty();
}

/* The order of options is what lists sort by: low 0 … urgent 3. */
static struct value priority_of(const struct record *r)
{
	const char *name = record_text(r, "priority");
	const struct field *f = type_field(r->type, "priority");
	int rank;
	if (name == NULL || f == NULL || field_option(f, name, &rank) == NULL)
		return value_empty();
	return value_int(rank);
}

static struct value or_else(struct value v, int64_t preset)
{
	return v.kind == VALUE_EMPTY ? value_int(preset) : v;
}

/* wake is a date; the row holds the instant that the day begins, so that it compares with now. */
static struct value wake_of(struct ctx *ctx, const struct record *r)
{
	const char *date = record_text(r, "wake");
	struct local_time day = {0};
	if (date == NULL || !date_parse(date, &day.year, &day.month, &day.day))
		return value_empty();
	return value_int(zone_instant(ctx->zone, &day));
}

static void work_values(struct ctx *ctx, const struct record *r, struct value v[WORK_COLUMNS])
{
	size_t n = 0;
	v[n++] = text_of(r, "number");
	v[n++] = value_text(record_title(r));
	v[n++] = int_of(r, "customer");
	v[n++] = int_of(r, "first_owner");
	v[n++] = int_of(r, "owner");
	v[n++] = int_of(r, "team");
	v[n++] = int_of(r, "pending_owner");
	v[n++] = int_of(r, "pending_team");
	v[n++] = priority_of(r);
	struct value stage = text_of(r, "stage");
	v[n++] = stage.kind == VALUE_EMPTY ? value_text(stage_name(STAGE_OPEN)) : stage;
	struct value state = text_of(r, "state");
	v[n++] = state.kind == VALUE_EMPTY ? value_text(stage_name(STAGE_OPEN)) : state;
	v[n++] = int_of(r, "due");
	v[n++] = wake_of(ctx, r);
	v[n++] = or_else(int_of(r, "opened_at"), r->created_at);
	v[n++] = value_int(r->updated_at);
	v[n++] = int_of(r, "closed_at");
	v[n++] = or_else(int_of(r, "chased"), 0);
	v[n++] = int_of(r, "parent");
	v[n++] = value_int(r->version);
	v[n++] = int_of(r, "accountable");
}

static const char *const binds[WORK_COLUMNS] = {
        "number",       "title",     "customer", "first_owner", "owner",   "team",       "pending_owner",
        "pending_team", "priority",  "stage",    "state",       "due",     "wake",       "opened_at",
        "updated_at",   "closed_at", "chased",   "parent",      "version", "accountable"};

enum err work_put(struct ctx *ctx, const struct record *r)
{
	if (!r->type->uses_work)
		return ERR_OK;
	struct value v[WORK_COLUMNS];
	work_values(ctx, r, v);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into work (id, type, number, title, customer, first_owner, owner, team, pending_owner, "
	        "pending_team, priority, stage, state, due, wake, opened_at, updated_at, closed_at, chased, parent, "
	        "version, accountable) values (:id, :type, :number, :title, :customer, :first_owner, :owner, :team, "
	        ":pending_owner, "
	        ":pending_team, :priority, :stage, :state, :due, :wake, :opened_at, :updated_at, :closed_at, :chased, "
	        ":parent, :version, :accountable) on conflict (id) do update set type = excluded.type, number = "
	        "excluded.number, "
	        "title = excluded.title, customer = excluded.customer, first_owner = excluded.first_owner, "
	        "owner = excluded.owner, team = excluded.team, pending_owner = excluded.pending_owner, "
	        "pending_team = excluded.pending_team, priority = excluded.priority, stage = excluded.stage, "
	        "state = excluded.state, due = excluded.due, wake = excluded.wake, opened_at = excluded.opened_at, "
	        "updated_at = excluded.updated_at, closed_at = excluded.closed_at, chased = excluded.chased, "
	        "parent = excluded.parent, version = excluded.version, accountable = excluded.accountable");
	sql_int(&q, "id", r->id);
	sql_text(&q, "type", r->type->name);
	for (size_t i = 0; i < WORK_COLUMNS; i++)
		sql_named(&q, binds[i], &v[i]);
	return sql_run(ctx, &q, NULL);
}

enum err work_remove(struct ctx *ctx, int64_t id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from work where id = :id");
	sql_int(&q, "id", id);
	return sql_run(ctx, &q, NULL);
}

static bool column_same(struct rows *rows, int col, const struct value *v)
{
	if (v->kind == VALUE_EMPTY || rows_null(rows, col))
		return v->kind == VALUE_EMPTY && rows_null(rows, col);
	if (v->kind == VALUE_INT)
		return rows_int(rows, col) == v->i;
	size_t len;
	const char *s = rows_text(rows, col, &len);
	return len == v->len && memcmp(s, v->s, len) == 0;
}

enum err work_mend(struct ctx *ctx, const struct record *r, bool *ret_changed)
{
	*ret_changed = false;
	if (!r->type->uses_work)
		return ERR_OK;
	struct value v[WORK_COLUMNS];
	work_values(ctx, r, v);
	struct value type = value_text(r->type->name);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select number, title, customer, first_owner, owner, team, pending_owner, pending_team, priority, stage, "
	    "state, due, wake, opened_at, updated_at, closed_at, chased, parent, version, accountable, type from work "
	    "where "
	    "id = :id");
	sql_int(&q, "id", r->id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	bool same = rows_next(rows) && column_same(rows, WORK_COLUMNS, &type);
	for (int i = 0; same && i < WORK_COLUMNS; i++)
		same = column_same(rows, i, &v[i]);
	TRY(rows_done(rows));
	if (same)
		return ERR_OK;
	*ret_changed = true;
	return work_put(ctx, r);
}

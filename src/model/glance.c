/*
 * glance.c: what intake sees of a customer who calls: his open matters first, what may be told, what
 * was promised, and what to mind. Whoever may glance at a type sees these few things of every
 * matter, whatever the team, so that nobody has to tell his story twice.
 */
#include <string.h>

#include "base/clock.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/labels.h"
#include "model/list.h"
#include "model/record_row.h"
#include "model/warnings.h"
#include "model/who.h"

enum { OPEN_MAX = 50, CLOSED_MAX = 50, PROMISES_MAX = 50, CLOSED_DAYS = 30 };

struct matter {
	struct record *record;
	bool reads;
};

struct glance {
	struct ctx *ctx;
	int64_t customer;
	struct matter *matters;
	size_t n;
	struct labels labels;
};

static const struct state *state_of(const struct record *r)
{
	const char *name = record_text(r, "state");
	return name ? type_state(r->type, name) : NULL;
}

static const struct field *shown(const struct glance *g, const struct matter *m, const char *name)
{
	const struct field *f = type_field(m->record->type, name);
	if (f == NULL || access_field(g->ctx, f) != SIGHT_CLEAR)
		return NULL;
	return m->reads || access_glances_at(g->ctx, f) ? f : NULL;
}

static void member(const struct glance *g, struct json_out *out, const struct matter *m, const char *name)
{
	const struct field *f = shown(g, m, name);
	struct value v = f ? record_get(m->record, name) : value_empty();
	json_key(out, name);
	if (f == NULL)
		json_none(out);
	else
		labelled_write_json(out, &g->labels, f, &v);
}

static bool from_here(const struct transition *t, const struct record *r)
{
	const char *state = record_text(r, "state");
	if (t->n_from == 0)
		return true;
	for (size_t i = 0; state != NULL && i < t->n_from; i++)
		if (strcmp(t->from[i], state) == 0)
			return true;
	return false;
}

/* `by` names roles, parties of the record, or anyone. */
static enum err may_do(struct ctx *ctx, const struct transition *t, const struct record *r, bool *ret_may)
{
	bool may = t->n_by == 0 || (ctx->who != NULL && ctx->who->system);
	for (size_t i = 0; i < t->n_by && !may; i++) {
		may = strcmp(t->by[i], "anyone") == 0 || who_has_role(ctx->who, t->by[i]);
		for (size_t k = 0; k < r->type->n_parties && !may; k++)
			if (strcmp(r->type->parties[k].name, t->by[i]) == 0)
				TRY(access_is_party(ctx, &r->type->parties[k], r, &may));
	}
	if (may && t->when != NULL)
		TRY(filter_holds(ctx, t->when, r, &may));
	*ret_may = may;
	return ERR_OK;
}

/* What the answer to a repeated call may be: chase, supplement, reopen … */
static enum err transitions_write(const struct glance *g, struct json_out *out, const struct matter *m)
{
	const struct type *t = m->record->type;
	json_open(out, '[');
	for (size_t i = 0; i < t->n_transitions; i++) {
		const struct transition *tr = &t->transitions[i];
		bool may = false;
		if (!tr->glance || tr->quiet || !from_here(tr, m->record))
			continue;
		TRY(may_do(g->ctx, tr, m->record, &may));
		if (!may)
			continue;
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, tr->name);
		json_label_said(out, "label", &tr->label);
		json_key(out, "asks");
		json_open(out, '[');
		for (size_t k = 0; k < tr->n_asks; k++) {
			json_open(out, '{');
			json_key(out, "name");
			json_text(out, tr->asks[k].field->name);
			json_key(out, "input");
			json_bool(out, tr->asks[k].is_input);
			json_key(out, "required");
			json_bool(out, tr->asks[k].required);
			json_close(out, '}');
		}
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}

static enum err matter_write(const struct glance *g, struct json_out *out, const struct matter *m)
{
	const struct record *r = m->record;
	const struct state *state = state_of(r);
	bool closed = r->type->confidential && !m->reads;
	const struct field *title = r->type->title ? shown(g, m, r->type->title->name) : NULL;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	json_key(out, "type");
	json_text(out, r->type->name);
	json_key(out, "version");
	json_int(out, r->version);
	json_key(out, "number");
	json_text(out, record_text(r, "number"));
	json_key(out, "title");
	json_text(out, title != NULL && !closed ? record_title(r) : NULL);
	json_key(out, "state");
	json_text(out, state ? state->name : NULL);
	json_key(out, "stage");
	json_text(out, record_text(r, "stage"));
	member(g, out, m, "owner");
	member(g, out, m, "team");
	member(g, out, m, "answer");
	member(g, out, m, "due");
	json_key(out, "opened_at");
	json_instant(out, record_int(r, "opened_at") ? record_int(r, "opened_at") : r->created_at);
	json_at(out, "closed_at", record_int(r, "closed_at"));
	json_key(out, "say");
	if (state != NULL && state->say.zh != NULL)
		json_words(out, label_in(&state->say, LANG_ZH), label_in(&state->say, LANG_EN));
	else
		json_none(out);
	json_key(out, "chased");
	json_int(out, record_int(r, "chased"));
	json_key(out, "confidential");
	json_bool(out, r->type->confidential);
	json_key(out, "may_read");
	json_bool(out, m->reads);
	json_key(out, "transitions");
	TRY(transitions_write(g, out, m));
	json_close(out, '}');
	return ERR_OK;
}

/* ---- which ones ----------------------------------------------------------------------------------- */

struct work_row {
	int64_t id;
	const struct type *type;
};

static enum err work_rows(struct ctx *ctx, int64_t customer, bool closed, struct work_row *list, size_t max,
                          size_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type from work where customer = :customer and ");
	if (closed) {
		SQL(&q, "stage = 'final' and closed_at >= :since order by closed_at desc, id desc limit :n");
		sql_int(&q, "since", ctx->now_ms - CLOSED_DAYS * DAY_MS);
	} else {
		SQL(&q, "stage <> 'final' order by id desc limit :n");
	}
	sql_int(&q, "customer", customer);
	sql_int(&q, "n", (int64_t)max);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	size_t n = 0;
	while (rows_next(rows)) {
		const char *name = rows_text(rows, 1, NULL);
		const struct type *t = name ? model_type(ctx->model, name) : NULL;
		if (t != NULL && n < max)
			list[n++] = (struct work_row){rows_int(rows, 0), t};
	}
	*ret_n = n;
	return rows_done(rows);
}

/* Loads a record if he may read it, or glance at its type. */
static enum err matter_load(struct glance *g, const struct type *t, int64_t id)
{
	struct ctx *ctx = g->ctx;
	struct matter *m = &g->matters[g->n];
	enum err e = record_load(ctx, t, id, &m->record);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	e = access_check(ctx, m->record, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	m->reads = e == ERR_OK;
	if (!m->reads && !access_may_glance(ctx, t))
		return ERR_OK;
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].kind == FIELD_LINK)
			labels_want(&g->labels, &t->fields[i], &m->record->values[i]);
	g->n++;
	return ERR_OK;
}

static enum err matters_load(struct glance *g, bool closed, size_t max)
{
	struct work_row rows[OPEN_MAX > CLOSED_MAX ? OPEN_MAX : CLOSED_MAX];
	size_t n = 0;
	TRY(work_rows(g->ctx, g->customer, closed, rows, max, &n));
	/* The newest come first; a hundred records filled to their limits would be more than a request holds. */
	for (size_t i = 0; i < n && arena_bytes(g->ctx->arena) < LIMIT_PAGE_BYTES; i++)
		TRY(matter_load(g, rows[i].type, rows[i].id));
	return ERR_OK;
}

/* Promises that still stand: of the pack's type `promise`, if it has one that is a customer's. */
static enum err promises_load(struct glance *g, const struct type *t)
{
	const struct field *customer = t ? type_field(t, "customer") : NULL;
	const struct field *state = t ? type_field(t, "state") : NULL;
	if (customer == NULL || customer->column == NULL || state == NULL || t->uses_work)
		return ERR_OK;
	struct sql q;
	sql_init(&q, g->ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where ");
	sql_name(&q, customer->column);
	SQL(&q, " = :customer and state in (");
	/* Only states that still wait for something. */
	size_t waiting = 0;
	for (size_t i = 0; i < t->n_states; i++) {
		if (t->states[i].stage != STAGE_OPEN && t->states[i].stage != STAGE_PAUSED)
			continue;
		if (waiting++ > 0)
			SQL(&q, ", ");
		sql_value_text(&q, t->states[i].name);
	}
	if (waiting == 0)
		return ERR_OK;
	SQL(&q, ")");
	SQL(&q, " order by id desc limit :n");
	sql_int(&q, "customer", g->customer);
	sql_int(&q, "n", PROMISES_MAX);
	struct rows *rows;
	int64_t ids[PROMISES_MAX];
	size_t n = 0;
	TRY(sql_rows(g->ctx, &q, &rows));
	while (rows_next(rows))
		if (n < PROMISES_MAX)
			ids[n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	for (size_t i = 0; i < n && arena_bytes(g->ctx->arena) < LIMIT_PAGE_BYTES; i++)
		TRY(matter_load(g, t, ids[i]));
	return ERR_OK;
}

static void promise_write(const struct glance *g, struct json_out *out, const struct matter *m)
{
	static const char *const members[] = {"kind", "text", "due", "owner", "record", "state"};
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, m->record->id);
	json_key(out, "type");
	json_text(out, m->record->type->name);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		member(g, out, m, members[i]);
	json_close(out, '}');
}

static enum err customer_load(struct ctx *ctx, int64_t id, struct record **ret_record)
{
	TRY(record_load(ctx, ctx->model->customer, id, ret_record));
	enum err e = access_check(ctx, *ret_record, ACCESS_READ);
	return e == ERR_NOT_FOUND && access_may_glance(ctx, ctx->model->customer) ? ERR_OK : e;
}

static enum err part_write(const struct glance *g, struct json_out *out, const char *key, size_t from, size_t to)
{
	json_key(out, key);
	json_open(out, '[');
	for (size_t i = from; i < to; i++)
		TRY(matter_write(g, out, &g->matters[i]));
	json_close(out, ']');
	return ERR_OK;
}

enum err glance_write_json(struct ctx *ctx, int64_t customer, struct json_out *out)
{
	struct record *who;
	TRY(customer_load(ctx, customer, &who));
	struct glance g = {.ctx = ctx, .customer = customer};
	g.matters = ARENA_ARRAY(ctx->arena, OPEN_MAX + CLOSED_MAX + PROMISES_MAX, struct matter);
	labels_init(&g.labels, ctx);
	TRY(matters_load(&g, false, OPEN_MAX));
	size_t open = g.n;
	TRY(matters_load(&g, true, CLOSED_MAX));
	size_t closed = g.n;
	TRY(promises_load(&g, model_type(ctx->model, "promise")));
	TRY(labels_resolve(&g.labels));
	json_open(out, '{');
	TRY(part_write(&g, out, "open", 0, open));
	TRY(part_write(&g, out, "closed", open, closed));
	json_key(out, "promises");
	json_open(out, '[');
	for (size_t i = closed; i < g.n; i++)
		promise_write(&g, out, &g.matters[i]);
	json_close(out, ']');
	json_key(out, "warnings");
	TRY(warnings_write_json(ctx, out, who));
	json_close(out, '}');
	return ERR_OK;
}

/* beyond.c: actions that reach other records and people; after the record itself is written. */
#include <string.h>

#include "flow/step.h"

enum { BEYOND_MAX = 200 }; /* records one action may reach */

struct reach { /* records of one type */
	const struct type *type;
	int64_t ids[BEYOND_MAX];
	size_t n;
};

/* ---- which records ------------------------------------------------------------------------------- */

static enum err reach_read(struct ctx *ctx, struct sql *q, struct reach *to)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	while (rows_next(rows))
		if (to->n < BEYOND_MAX)
			to->ids[to->n++] = rows_int(rows, 0);
	return rows_done(rows);
}

/* Those of a type whose link field leads to r. */
static enum err reach_by(struct ctx *ctx, const struct record *r, const struct type *of, const struct field *by,
                         const struct filter *where, struct reach *to)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, of->table);
	SQL(&q, " r where ");
	if (by->side_table != NULL) {
		SQL(&q, "exists (select 1 from ");
		sql_name(&q, by->side_table);
		SQL(&q, " s where s.parent = r.id and s.target = :id)");
	} else {
		SQL(&q, "r.");
		sql_name(&q, by->column);
		SQL(&q, " = :id");
	}
	sql_int(&q, "id", r->id);
	if (where != NULL) {
		SQL(&q, " and ");
		TRY(filter_sql(ctx, &q, where, "r", NULL));
	}
	SQL(&q, " order by r.id limit 200");
	to->type = of;
	return reach_read(ctx, &q, to);
}

static enum err reach_link(struct ctx *ctx, const struct record *r, const struct field *f, struct reach *to)
{
	const struct value *v = &r->values[f->at];
	if (value_is_empty(v))
		return ERR_OK;
	if (f->kind == FIELD_LINK)
		to->ids[to->n++] = v->i;
	for (size_t i = 0; f->kind == FIELD_LINKS && i < v->n && to->n < BEYOND_MAX; i++)
		to->ids[to->n++] = v->list[i].i;
	to->type = f->target;
	if (to->type != NULL)
		return ERR_OK;
	enum err e = record_type_of(ctx, to->ids[0], &to->type);
	if (e == ERR_NOT_FOUND) /* removed since: nothing to reach */
		to->n = 0;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* A link field or a list of the type, by name. */
static enum err reach_named(struct ctx *ctx, const struct record *r, const char *name, struct reach *to)
{
	const struct list_def *list = type_list(r->type, name);
	const struct field *f = type_field(r->type, name);
	if (list != NULL)
		return reach_by(ctx, r, list->of, list->by, list->where, to);
	if (f != NULL && (f->kind == FIELD_LINK || f->kind == FIELD_LINKS))
		return reach_link(ctx, r, f, to);
	return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_name", "%s has no link or list %s", r->type->name, name);
}

/* ---- actions -------------------------------------------------------------------------------------- */

static enum err act_create(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                           const struct value *inputs)
{
	struct record *made;
	if (a->each != NULL)
		return create_each(ctx, s, r, a, inputs);
	TRY(make_start(ctx, r, a->target, a->by, a->set, a->n_set, inputs, &made));
	return make_insert(ctx, s, r, made);
}

/* By the system, on the record itself; one that has gone on already needs no push. */
static enum err act_do(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                       const struct value *inputs)
{
	const struct transition *tr = type_transition(r->type, a->target);
	const struct who *who = ctx->who;
	if (tr == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_transition", "%s has no transition %s",
		                   r->type->name, a->target);
	if (!transition_from(r, tr))
		return ERR_OK;
	ctx->who = &who_system;
	enum err e = step_pass(ctx, s, record_copy(ctx, r), tr, r, inputs);
	ctx->who = who;
	return e;
}

/* Whether tr is one more push that the record needs. before: 0, or it must have been opened earlier. */
static bool needs_push(const struct record *other, const struct transition *tr, int64_t before)
{
	int64_t opened = record_int(other, "opened_at") ? record_int(other, "opened_at") : other->created_at;
	return transition_from(other, tr) && (before == 0 || opened < before);
}

struct push {
	const char *transition;
	const struct value *inputs;
	int64_t before; /* 0: whenever it was opened */
	bool any_work;  /* it leads to work of any type: those that don't know the transition are left */
};

static enum err pass_all(struct ctx *ctx, struct step *s, struct record *r, const struct reach *to,
                         const struct push *push)
{
	for (size_t i = 0; i < to->n; i++) {
		const struct transition *tr = type_transition(to->type, push->transition);
		struct record *other;
		if (tr == NULL && push->any_work)
			continue;
		if (tr == NULL)
			return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_transition", "%s has no transition %s",
			                   to->type->name, push->transition);
		enum err e = record_load(ctx, to->type, to->ids[i], &other);
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		if (e == ERR_OK && needs_push(other, tr, push->before))
			TRY(step_pass(ctx, s, other, tr, r, push->inputs));
	}
	return ERR_OK;
}

enum { MATTERS_MAX = 50 }; /* of one customer, looked at to find his only one */

/* Those that are open, of types that know the transition: is there one alone? */
static enum err only_matter(struct ctx *ctx, const struct record *r, const struct action *a, struct reach *to)
{
	const struct field *link = type_field(r->type, a->only);
	struct sql q;
	struct rows *rows;
	size_t looked = 0;
	if (link == NULL || value_is_empty(&r->values[link->at]))
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type from work where customer = :customer and stage in ('open', 'paused') order by id "
	        "limit :n");
	sql_int(&q, "customer", r->values[link->at].i);
	sql_int(&q, "n", MATTERS_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	for (; rows_next(rows); looked++) {
		const struct type *t = model_type(ctx->model, rows_text(rows, 1, NULL));
		if (t == NULL || type_transition(t, a->target) == NULL || rows_int(rows, 0) == r->id)
			continue;
		to->type = t;
		to->ids[0] = rows_int(rows, 0);
		to->n++;
	}
	TRY(rows_done(rows));
	/* Where more may follow that were not looked at, nobody knows that it is alone. */
	if (to->n != 1 || looked == MATTERS_MAX)
		to->n = 0;
	return ERR_OK;
}

/* Each record that lines lead to, once, whatever type it is of. */
static enum err pass_lines(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                           const struct push *push)
{
	const struct record *then = record_copy(ctx, r);
	const struct record_lines *lines = &then->lines[a->each->at];
	int64_t seen[BEYOND_MAX];
	size_t n = 0;
	for (size_t i = 0; i < lines->n && n < BEYOND_MAX; i++) {
		struct reach to = {0};
		bool holds, known = false;
		int64_t id = line_leads(a, &lines->list[i]);
		for (size_t k = 0; k < n; k++)
			known = known || seen[k] == id;
		if (id == 0 || known)
			continue;
		TRY(line_holds(ctx, then, a, &lines->list[i], &holds));
		if (!holds)
			continue;
		seen[n++] = id;
		enum err e = record_type_of(ctx, id, &to.type);
		if (e == ERR_NOT_FOUND)
			continue;
		TRY(e);
		to.ids[to.n++] = id;
		TRY(pass_all(ctx, s, r, &to, push));
	}
	return ERR_OK;
}

static enum err act_pass(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                         const struct value *inputs)
{
	struct reach to = {0};
	struct push push = {.transition = a->target, .inputs = inputs};
	if (a->before != NULL) {
		struct value v;
		TRY(action_value(ctx, r, inputs, type_field(r->type, "created_at"), a->before, &v));
		push.before = value_is_empty(&v) ? 0 : v.i;
	}
	if (a->each != NULL) {
		push.any_work = true;
		return pass_lines(ctx, s, r, a, &push);
	}
	if (a->only != NULL) {
		TRY(only_matter(ctx, r, a, &to));
	} else {
		const struct field *link = type_field(r->type, a->by);
		push.any_work = type_list(r->type, a->by) == NULL && link != NULL && link->target == NULL;
		TRY(reach_named(ctx, r, a->by, &to));
	}
	return pass_all(ctx, s, r, &to, &push);
}

/* Values are those of the record that acts. Through a link to any work, what the target lacks is left. */
static enum err update_one(struct ctx *ctx, struct step *s, const struct record *r, struct record *other,
                           const struct action *a, const struct value *inputs)
{
	struct record *before = record_copy(ctx, other);
	for (size_t k = 0; k < a->n_set; k++) {
		const struct field *f = type_field(other->type, a->set[k].name);
		struct value v;
		if (f == NULL)
			continue;
		if (field_is_base(f) || strcmp(f->name, "state") == 0 || strcmp(f->name, "stage") == 0 ||
		    strcmp(f->name, "number") == 0 || strcmp(f->name, "first_owner") == 0 || f->kind == FIELD_TABLE ||
		    f->kind == FIELD_COMPUTED)
			return ctx_problem(ctx, ERR_CONFLICT, a->set[k].name, "read_only",
			                   "an action can't set %s of %s", a->set[k].name, other->type->name);
		TRY(action_value(ctx, r, inputs, f, a->set[k].value, &v));
		TRY(files_pass(ctx, r, other, f, &v));
		record_set(other, f, v);
	}
	struct note note = {.kind = "changed", .linked_type = r->type, .linked = r->id};
	return step_update(ctx, s, other, before, &note);
}

static enum err act_update(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                           const struct value *inputs)
{
	struct reach to = {0};
	TRY(reach_named(ctx, r, a->target, &to));
	TRY(step_deeper(ctx, s));
	for (size_t i = 0; i < to.n; i++) {
		struct record *other;
		enum err e = record_load(ctx, to.type, to.ids[i], &other);
		if (e == ERR_NOT_FOUND)
			continue;
		TRY(e);
		TRY(update_one(ctx, s, r, other, a, inputs));
	}
	s->depth--;
	return ERR_OK;
}

/* `kept` does keep, `withdrawn` does withdraw, on the promises made for this record that are open. */
static enum err act_close_promises(struct ctx *ctx, struct step *s, struct record *r, const struct action *a)
{
	const struct type *t = model_type(ctx->model, "promise");
	const struct field *f = t ? type_field(t, "record") : NULL;
	if (f == NULL || f->kind != FIELD_LINK)
		return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_type", "there are no promises to close");
	struct reach to = {0};
	TRY(reach_by(ctx, r, t, f, NULL, &to));
	return pass_all(ctx, s, r, &to,
	                &(struct push){.transition = strcmp(a->target, "kept") == 0 ? "keep" : "withdraw"});
}

enum err actions_beyond(struct ctx *ctx, struct step *s, struct record *r, const struct action *list, size_t n,
                        const struct value *inputs)
{
	for (size_t i = 0; i < n; i++) {
		const struct action *a = &list[i];
		bool holds = true;
		/* With `each` it is asked of every line. */
		if (a->when != NULL && a->each == NULL)
			TRY(filter_holds(ctx, a->when, r, &holds));
		if (!holds)
			continue;
		bool reached = true;
		switch (a->kind) {
		case ACTION_CREATE: TRY(act_create(ctx, s, r, a, inputs)); break;
		case ACTION_DO: TRY(act_do(ctx, s, r, a, inputs)); break;
		case ACTION_NOTIFY:
		case ACTION_MAIL:
		case ACTION_SMS:
		case ACTION_ESCALATE:
		case ACTION_WEBHOOK: TRY(act_tell(ctx, s, r, a)); break;
		case ACTION_PASS: TRY(act_pass(ctx, s, r, a, inputs)); break;
		case ACTION_UPDATE_LINKED: TRY(act_update(ctx, s, r, a, inputs)); break;
		case ACTION_CLOSE_PROMISES: TRY(act_close_promises(ctx, s, r, a)); break;
		default: reached = false; break;
		}
		/* What was set off may have come back to this record. */
		if (reached && !action_tells(a->kind))
			TRY(step_reload(ctx, r));
	}
	return ERR_OK;
}

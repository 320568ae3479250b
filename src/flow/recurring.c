/* recurring.c: matters that come round by themselves (core type `recurring_matter`): each occurrence made once. */
#include <string.h>

#include "base/clock.h"
#include "base/recur.h"
#include "flow/due.h"
#include "flow/step.h"
#include "model/access.h"
#include "model/who.h"

static bool is_recurring(const struct type *t)
{
	return strcmp(t->name, "recurring_matter") == 0;
}

static const char *key_of(struct ctx *ctx, int64_t id)
{
	return arena_printf(ctx->arena, "recurring:%lld", (long long)id);
}

static enum err next_after(struct ctx *ctx, const struct record *r, int64_t after, int64_t *ret_next)
{
	const char *every = record_text(r, "every"), *until = record_text(r, "until"), *why;
	struct worktime days = calendar_worktime(ctx, ctx->model->calendar);
	struct recurrence recur;
	struct occurrence one;
	struct local_time day;
	char date[DATE_BYTES];

	*ret_next = 0;
	if (!recurrence_parse(every ? every : "", NULL, NULL, &recur, &why))
		return ctx_problem(ctx, ERR_INVALID, "every", "bad_value",
		                   ctx->lang == LANG_EN ? "write day 08:00, friday 15:00, month 25 09:00: %s"
		                                        : "周期写成 day 08:00、friday 15:00、month 25 09:00（%s）",
		                   why);
	if (record_int(r, "active") == 0 || !recurrence_next(&days, &recur, after, &one))
		return ERR_OK;
	zone_local(ctx->zone, one.at, &day);
	date_format(day.year, day.month, day.day, date);
	*ret_next = until != NULL && strcmp(date, until) > 0 ? 0 : one.at;
	return ERR_OK;
}

/* What it makes: its own word, else the type of its model. */
static enum err made_type(struct ctx *ctx, const struct record *r, const struct type **ret_type)
{
	const char *name = record_text(r, "of_type");
	int64_t model = record_int(r, "template");

	*ret_type = name ? model_type(ctx->model, name) : NULL;
	if (name == NULL && model != 0)
		TRY(record_type_of(ctx, model, ret_type));
	if (*ret_type == NULL || !(*ret_type)->uses_work)
		return ctx_problem(ctx, ERR_INVALID, "of_type", "required",
		                   ctx->lang == LANG_EN ? "say which kind of matter it makes"
		                                        : "请说明生成哪种事项，或选一单作样本");
	return ERR_OK;
}

static int64_t set_up_by(const struct record *r)
{
	int64_t id = record_int(r, "set_by");
	return id != 0 ? id : r->created_by;
}

/* Who says what is copied and to whom it goes answers for it: he is not to be shown more by it than he sees. */
static void set_by(struct ctx *ctx, struct record *r, const struct record *before)
{
	static const char *const says[] = {"template", "of_type", "customer", "team", "owner"};
	bool said = before == NULL;

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		const struct field *f = type_field(r->type, says[i]);
		said = said || (f != NULL && record_differs(before, r, f));
	}
	if (said && ctx->who != NULL && !ctx->who->system)
		record_put(r, "set_by", value_int(ctx->who->id));
}

enum err recurring_follow(struct ctx *ctx, struct record *r, const struct record *before)
{
	static const char *const moving[] = {"every", "until", "active"};
	const struct type *t;
	bool moves = before == NULL;
	int64_t next;

	if (!is_recurring(r->type))
		return ERR_OK;
	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++) {
		const struct field *f = type_field(r->type, moving[i]);
		moves = moves || (f != NULL && record_differs(before, r, f));
	}
	TRY(made_type(ctx, r, &t));
	set_by(ctx, r, before);
	if (!moves)
		return ERR_OK;
	TRY(next_after(ctx, r, ctx->now_ms, &next));
	record_put(r, "next", next ? value_int(next) : value_empty());
	return due_put(ctx, key_of(ctx, r->id), "recurring", next, DUE_RANK_WORST, r->type->name, r->id, NULL);
}

enum err recurring_forget(struct ctx *ctx, const struct record *r)
{
	return is_recurring(r->type) ? due_remove(ctx, key_of(ctx, r->id)) : ERR_OK;
}

/* ---- one of them -------------------------------------------------------------------------------------- */

/* What was asked for is copied; what was done about it, and papers, are the former one's own. */
static bool copied(const struct field *f)
{
	return !field_is_base(f) && !(f->flags & (FIELD_SYSTEM | FIELD_DERIVED | FIELD_UNIQUE)) && f->compute == NULL &&
	       f->kind != FIELD_COMPUTED && f->kind != FIELD_FILES && f->kind != FIELD_TABLE && f->kind != FIELD_DATE &&
	       f->kind != FIELD_DATETIME && f->column != NULL;
}

/* Does some line keep it from somebody? */
static bool kept_from_some(const struct field *f)
{
	for (size_t i = 0; i < f->of->n_access; i++) {
		const struct access *line = &f->of->access[i];
		for (size_t k = 0; k < line->n_hide; k++)
			if (line->hide[k] == f)
				return true;
		for (size_t k = 0; k < line->n_masks; k++)
			if (line->masks[k].field == f)
				return true;
	}
	return false;
}

/* As ctx->who sees the model: what he doesn't see in the clear stays where it is. Once he is gone, what anybody does
 * not. */
static enum err seen_copy(struct ctx *ctx, const struct record *model, struct record *made, bool gone)
{
	for (size_t i = 0; i < made->type->n_fields; i++) {
		const struct field *f = &made->type->fields[i];
		enum field_sight sight = SIGHT_CLEAR;
		if (!copied(f) || !value_is_empty(&made->values[i]) || (gone && kept_from_some(f)))
			continue;
		if (!gone)
			TRY(access_field_of(ctx, model, f, &sight));
		if (sight == SIGHT_CLEAR)
			record_set(made, f, model->values[i]);
	}
	return ERR_OK;
}

/* In the name of who set it up: nobody is by it shown more than he was. */
static enum err copy_from(struct ctx *ctx, const struct record *r, struct record *made)
{
	const struct who *asked = ctx->who;
	int64_t id = record_int(r, "template");
	struct record *model;
	struct who *who;

	if (id == 0)
		return ERR_OK;
	enum err e = record_load(ctx, made->type, id, &model);
	if (e != ERR_OK) /* of another type by now, or gone: the rest says enough */
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	e = who_load(ctx, set_up_by(r), &who);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	bool gone = e == ERR_NOT_FOUND;
	if (!gone)
		ctx->who = who;
	e = gone ? ERR_OK : access_check(ctx, model, ACCESS_READ);
	if (e == ERR_OK)
		e = seen_copy(ctx, model, made, gone);
	else if (e == ERR_NOT_FOUND) /* taken from his sight since */
		e = ERR_OK;
	ctx->who = asked;
	return e;
}

/* A required text that nothing was said for holds what the matter is. */
static void fill_required(const struct record *r, struct record *made)
{
	for (size_t i = 0; i < made->type->n_fields; i++) {
		const struct field *f = &made->type->fields[i];
		bool text = f->kind == FIELD_TEXT || f->kind == FIELD_LONG_TEXT;
		if (text && (f->flags & FIELD_REQUIRED) && !(f->flags & FIELD_SYSTEM) &&
		    value_is_empty(&made->values[i]))
			record_set(made, f, record_get(r, "title"));
	}
}

static enum err make_one(struct ctx *ctx, struct record *r, int64_t *ret_id)
{
	const struct type *t;
	struct record *made;
	struct step s = {.cause = "recurring"};
	int64_t owner = record_int(r, "owner");

	TRY(made_type(ctx, r, &t));
	made = record_new(ctx->arena, t);
	TRY(record_apply_presets(ctx, made));
	if (t->title != NULL && !(t->title->flags & FIELD_SYSTEM))
		record_set(made, t->title, record_get(r, "title"));
	if (record_int(r, "customer") != 0)
		record_put(made, "customer", record_get(r, "customer"));
	record_put(made, "team", record_get(r, "team"));
	TRY(copy_from(ctx, r, made));
	record_put(made, "team", record_get(r, "team"));
	record_put(made, "parent", value_empty());
	record_put(made, "recurring", value_int(r->id));
	record_put(made, "owner", owner ? value_int(owner) : value_empty());
	record_put(made, "first_owner", value_int(owner ? owner : r->created_by));
	fill_required(r, made);
	TRY(record_open(ctx, made, false));
	TRY(step_insert(ctx, &s, made, &(struct note){.kind = "created", .linked_type = r->type, .linked = r->id}));
	*ret_id = made->id;
	return ERR_OK;
}

/* Times missed while no server ran are made up for once. */
enum err recurring_due(struct ctx *ctx, const struct due_row *d)
{
	const struct type *t = d->type ? model_type(ctx->model, d->type) : NULL;
	struct record *r, *before;
	struct step s = {.cause = "recurring"};
	int64_t next, made;

	if (t == NULL)
		return ERR_OK;
	enum err e = record_load(ctx, t, d->record, &r);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	if (record_int(r, "active") == 0)
		return ERR_OK;
	TRY(make_one(ctx, r, &made));
	before = record_copy(ctx, r);
	TRY(next_after(ctx, r, ctx->now_ms, &next));
	record_put(r, "next", next ? value_int(next) : value_empty());
	record_put(r, "last", value_int(made));
	record_put(r, "last_at", value_int(ctx->now_ms));
	record_put(r, "made", value_int(record_int(r, "made") + 1));
	TRY(step_update(ctx, &s, r, before, &(struct note){.kind = "changed", .internal = true}));
	return next ? due_put(ctx, d->key, d->kind, next, DUE_RANK_WORST, t->name, r->id, NULL) : ERR_OK;
}

/* cover.c: everything open of an absent colleague goes to another at once: work, promises, reminders, offers. */
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "flow/bulk.h"
#include "flow/owners.h"

struct cover {
	int64_t from, to;
	struct who *to_who;
	const char *reason;
	const struct type *type; /* of the record at hand */
};

/* Types whose records stand open with an owner. */
const struct field *open_owner(const struct type *t)
{
	const struct field *owner = type_field(t, "owner");
	bool link = owner != NULL && owner->kind == FIELD_LINK && owner->to != NULL && strcmp(owner->to, "user") == 0;
	return link && owner->column != NULL && t->n_states > 0 ? owner : NULL;
}

/* The states that are not over. */
static void open_states(struct sql *q, const struct type *t)
{
	bool any = false;
	SQL(q, "state in (");
	for (size_t i = 0; i < t->n_states; i++) {
		if (t->states[i].stage == STAGE_FINAL)
			continue;
		if (any)
			SQL(q, ", ");
		sql_value_text(q, t->states[i].name);
		any = true;
	}
	if (!any)
		SQL(q, "''");
	SQL(q, ")");
}

static void his_records(struct sql *q, const struct type *t, const struct field *owner, int64_t from)
{
	sql_name(q, t->table);
	SQL(q, " where (");
	sql_name(q, owner->column);
	SQL(q, " = ");
	sql_value_int(q, from);
	if (t->uses_work) {
		SQL(q, " or pending_owner = ");
		sql_value_int(q, from);
	}
	SQL(q, ") and ");
	open_states(q, t);
}

enum err open_of(struct ctx *ctx, const struct type *t, int64_t user, int64_t after, size_t limit, int64_t *ids,
                 size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	his_records(&q, t, open_owner(t), user);
	SQL(&q, " and id > ");
	sql_value_int(&q, after);
	SQL(&q, " order by id limit ");
	sql_value_int(&q, (int64_t)limit);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < limit)
			ids[n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	*ret_n = n;
	return ERR_OK;
}

/* Of one type, after the last that was tried. */
static enum err type_slice(struct ctx *ctx, struct run *run, const struct open_walk *w, const struct type *t,
                           size_t limit, size_t *ret_n)
{
	int64_t *ids = ARENA_ARRAY(ctx->arena, limit + 1, int64_t);
	size_t n;
	TRY(open_of(ctx, t, w->user, run_int(run->body, "after"), limit, ids, &n));
	for (size_t i = 0; i < n; i++) {
		struct bulk_result result;
		TRY(bulk_each(ctx, w->fn, w->arg, ids[i], &result));
		run_tell(run->body, "done", &result);
		run_put(run->body, "after", json_integer(ids[i]));
	}
	*ret_n = n;
	return ERR_OK;
}

enum err open_slice(struct ctx *ctx, struct run *run, const struct open_walk *w, size_t limit, bool *ret_over)
{
	size_t done = 0, at = (size_t)run_int(run->body, "type_at");
	while (at < ctx->model->n_types && done < limit) {
		const struct type *t = *w->type = &ctx->model->types[at];
		size_t n = 0;
		if (open_owner(t) != NULL)
			TRY(type_slice(ctx, run, w, t, limit - done, &n));
		done += n;
		if (done < limit) {
			at++;
			run_put(run->body, "after", json_integer(0));
		}
	}
	run_put(run->body, "type_at", json_integer((json_int_t)at));
	*ret_over = at >= ctx->model->n_types;
	if (*ret_over)
		run_put(run->body, "over", json_true());
	return ERR_OK;
}

static bool in_team(const struct who *w, int64_t team)
{
	for (size_t i = 0; i < w->n_teams; i++)
		if (w->teams[i] == team)
			return true;
	return false;
}

static enum err move_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct cover *c = arg;
	struct record *r;
	TRY(record_load(ctx, c->type, id, &r));
	struct record *before = record_copy(ctx, r);
	struct note note = {.kind = "assigned", .to_owner = c->to, .reason = c->reason};
	if (record_int(r, "owner") == c->from) {
		record_put(r, "owner", value_int(c->to));
		if (c->to_who->n_teams > 0 && !in_team(c->to_who, record_int(r, "team")))
			record_put(r, "team", value_int(c->to_who->teams[0]));
	} else {
		/* An offer that waits for the absent one waits for his deputy now. */
		record_put(r, "pending_owner", value_int(c->to));
		note.kind = "handed_over";
	}
	note.to_team = record_int(r, "team");
	struct step s = {.depth = 0};
	return step_update(ctx, &s, r, before, &note);
}

static enum err tell(struct ctx *ctx, const struct cover *c, size_t moved)
{
	const char *name = ctx->who->name ? ctx->who->name : "";
	struct people p = {0};
	struct label text;
	if (moved == 0)
		return ERR_OK;
	people_add(ctx, &p, c->to);
	text.zh = arena_printf(ctx->arena, "%s 把同事的 %zu 件事转给您代办：%s", name, moved, c->reason);
	text.en = arena_printf(ctx->arena, "%s gives you %zu matters of a colleague: %s", name, moved, c->reason);
	return people_told(ctx, &p, &(struct telling){.kind = "cover", .text = &text});
}

static enum err cover_check(struct ctx *ctx, struct cover *c)
{
	if (!who_can(ctx, "cover"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "your roles may not move a colleague's work");
	if (c->reason == NULL || *c->reason == '\0')
		return ctx_problem(ctx, ERR_INVALID, "reason", "required",
		                   ctx->lang == LANG_EN ? "say why" : "请填写原因");
	if (text_chars(c->reason, strlen(c->reason)) > LIMIT_TEXT_CHARS)
		return ctx_problem(ctx, ERR_INVALID, "reason", "too_long", "at most %d characters", LIMIT_TEXT_CHARS);
	if (c->from == c->to)
		return ctx_problem(ctx, ERR_INVALID, "to", "same", "to somebody else");
	enum err e = who_load(ctx, c->to, &c->to_who);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "to", "not_active",
		                   ctx->lang == LANG_EN ? "this colleague is not active" : "该同事已停用，不能接手");
	return e;
}

enum err flow_cover_begin(struct ctx *ctx, int64_t from_user, int64_t to_user, const char *reason, int64_t *ret_run)
{
	struct cover c = {.from = from_user, .to = to_user, .reason = reason};
	struct run run;
	int64_t standing;
	TRY(cover_check(ctx, &c));
	TRY(standing_of(ctx, to_user, &standing));
	if (standing == from_user)
		return ctx_problem(ctx, ERR_INVALID, "to", "circular",
		                   ctx->lang == LANG_EN ? "he is away, and it is this colleague who stands in for him"
		                                        : "该同事不在岗，其职务代理人正是被代办的同事");
	TRY(run_new(ctx, "cover", &run));
	run_put(run.body, "from", json_integer(from_user));
	run_put(run.body, "to", json_integer(to_user));
	run_put(run.body, "reason", json_string(reason));
	run_put(run.body, "moved", json_integer(0));
	TRY(run_save(ctx, &run, false));
	*ret_run = run.id;
	return ERR_OK;
}

enum err cover_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	struct cover c = {.from = run_int(run->body, "from"),
	                  .to = run_int(run->body, "to"),
	                  .reason = json_string_value(json_object_get(run->body, "reason"))};
	const struct open_walk walk = {.user = c.from, .type = &c.type, .fn = move_one, .arg = &c};
	bool over;
	TRY(cover_check(ctx, &c));
	TRY(open_slice(ctx, run, &walk, limit, &over));
	size_t moved = json_array_size(json_object_get(run->body, "done"));
	run_put(run->body, "moved", json_integer((json_int_t)moved));
	if (over)
		TRY(tell(ctx, &c, moved));
	*ret_left = over ? 0 : 1;
	return run_save(ctx, run, true);
}

/*
 * leave.c: somebody is deactivated: his matters, promises, follow-ups, and what was handed over to him, go on to his
 * deputy, else to the lead of their team. Begun in the act that deactivates him, done in slices as due work; a run
 * like those of bulk actions, listed for who deactivated him.
 */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/bulk.h"
#include "flow/owners.h"
#include "model/labels.h"

enum { LEAVE_SLICE = 25, ROWS_MAX = 200, COUNT_MAX = 1000 };

struct leave {
	int64_t user, deputy, team; /* team: his first, for what has none of its own */
	const char *name;
	bool back;               /* active again meanwhile */
	const struct type *type; /* of the record at hand */
};

static enum err leave_load(struct ctx *ctx, int64_t user, struct leave *ret)
{
	struct leave l = {.user = user};
	struct record *r;
	TRY(record_load(ctx, ctx->model->user, user, &r));
	struct value teams = record_get(r, "teams");
	l.name = record_title(r);
	l.back = record_int(r, "active") != 0;
	if (teams.kind == VALUE_LIST && teams.n > 0)
		l.team = teams.list[0].i;
	if (record_int(r, "deputy") != 0)
		TRY(standing_of(ctx, record_int(r, "deputy"), &l.deputy));
	if (l.deputy == user)
		l.deputy = 0;
	*ret = l;
	return ERR_OK;
}

/* team: of the matter; 0: none. 0: there is nobody else at all. */
static enum err goes_to(struct ctx *ctx, const struct leave *l, int64_t team, int64_t *ret_user)
{
	*ret_user = l->deputy;
	if (*ret_user == 0)
		TRY(lead_of(ctx, team, l->user, ret_user));
	if (*ret_user == 0)
		TRY(lead_of(ctx, l->team, l->user, ret_user));
	return *ret_user != 0 ? ERR_OK : fallback_of(ctx, l->user, ret_user);
}

/* ---- moving -------------------------------------------------------------------------------------------- */

static enum err move_one(struct ctx *ctx, void *arg, int64_t id)
{
	const struct leave *l = arg;
	struct step s = {0};
	struct record *r;
	int64_t to;
	TRY(record_load(ctx, l->type, id, &r));
	struct record *before = record_copy(ctx, r);
	struct note note = {.kind = "assigned", .stands_for = l->user, .settled = false};
	TRY(goes_to(ctx, l, record_int(r, "team"), &to));
	if (to == 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "no_deputy",
		                   ctx->lang == LANG_EN ? "there is nobody to take it on" : "没有可以接手的人");
	note.reason =
	        arena_printf(ctx->arena, "%s已停用，由%s接手", l->name, to == l->deputy ? "职务代理人" : "负责人");
	note.to_owner = to;
	if (record_int(r, "owner") == l->user) {
		record_put(r, "owner", value_int(to));
		/* What he had offered on to the one who has it now is settled. */
		if (record_int(r, "pending_owner") == to)
			record_put(r, "pending_owner", value_empty());
	} else if (record_int(r, "owner") == to) {
		note.kind = "refused";
		note.to_owner = l->user;
		record_put(r, "pending_owner", value_empty());
	} else {
		note.kind = "handed_over";
		record_put(r, "pending_owner", value_int(to));
	}
	note.to_team = record_int(r, "team");
	return step_update(ctx, &s, r, before, &note);
}

enum err leave_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left)
{
	struct leave l;
	const struct open_walk walk = {.user = run_int(run->body, "user"), .type = &l.type, .fn = move_one, .arg = &l};
	bool over;
	TRY(leave_load(ctx, walk.user, &l));
	/* What is still his stays his. */
	if (l.back) {
		run_put(run->body, "over", json_true());
		*ret_left = 0;
		return run_save(ctx, run, false);
	}
	TRY(open_slice(ctx, run, &walk, limit < LEAVE_SLICE ? limit : LEAVE_SLICE, &over));
	*ret_left = over ? 0 : 1;
	return run_save(ctx, run, true);
}

/* ---- the run -------------------------------------------------------------------------------------------- */

static enum err any_open(struct ctx *ctx, int64_t user, bool *ret_any)
{
	*ret_any = false;
	for (size_t i = 0; i < ctx->model->n_types && !*ret_any; i++) {
		int64_t id;
		size_t n = 0;
		if (open_owner(&ctx->model->types[i]) != NULL)
			TRY(open_of(ctx, &ctx->model->types[i], user, 0, 1, &id, &n));
		*ret_any = n > 0;
	}
	return ERR_OK;
}

enum err leave_begin(struct ctx *ctx, int64_t user)
{
	struct run run;
	bool any;
	TRY(any_open(ctx, user, &any));
	if (!any)
		return ERR_OK;
	TRY(run_new(ctx, "leave", &run));
	run_put(run.body, "user", json_integer(user));
	TRY(run_save(ctx, &run, false));
	const char *id = arena_printf(ctx->arena, "%lld", (long long)run.id);
	return due_put(ctx, arena_printf(ctx->arena, "leave:%s", id), "leave", ctx->now_ms, 1, NULL, user,
	               arena_printf(ctx->arena, "%lld", (long long)(ctx->who ? ctx->who->id : 0)));
}

enum err run_on_later(struct ctx *ctx, const struct run *run)
{
	return due_put(ctx, arena_printf(ctx->arena, "leave:%lld", (long long)run->id), "leave",
	               ctx->now_ms + MINUTE_MS, 1, NULL, 0,
	               arena_printf(ctx->arena, "%lld", (long long)(ctx->who ? ctx->who->id : 0)));
}

/* In the name of who began it, whatever that one's own rights on all of it are. */
enum err leave_due(struct ctx *ctx, const struct due_row *d)
{
	const struct who *who = ctx->who;
	struct who as = {.login = "", .name = "", .system = true};
	int64_t run;
	size_t left;
	if (strncmp(d->key, "leave:", 6) != 0 || !id_parse(d->key + 6, &run))
		return ctx_problem(ctx, ERR_INVALID, "", "bad_key", "'%s' names no run", d->key);
	if (d->body == NULL || !id_parse(d->body, &as.id))
		as.id = 0;
	ctx->who = &as;
	enum err e = flow_run_go(ctx, run, LEAVE_SLICE, &left);
	ctx->who = who;
	TRY(e);
	return left == 0 ? ERR_OK : due_put(ctx, d->key, d->kind, ctx->now_ms, d->rank, NULL, d->record, d->body);
}

/* ---- what it would do --------------------------------------------------------------------------------------- */

struct leaving_row {
	const struct type *type;
	int64_t id, to;
	const char *number, *title, *what;
};

static const char *what_of(const struct leave *l, const struct record *r)
{
	return record_int(r, "owner") == l->user ? "owner" : "hand_over";
}

static enum err rows_of(struct ctx *ctx, const struct leave *l, struct leaving_row *list, size_t *n, int64_t *ret_n)
{
	int64_t ids[COUNT_MAX];
	size_t found;
	TRY(open_of(ctx, l->type, l->user, 0, COUNT_MAX, ids, &found));
	*ret_n = (int64_t)found;
	for (size_t i = 0; i < found && *n < ROWS_MAX; i++) {
		struct leaving_row *row = &list[(*n)++];
		struct record *r;
		TRY(record_load(ctx, l->type, ids[i], &r));
		*row = (struct leaving_row){
		        .type = l->type, .id = ids[i], .number = record_text(r, "number"), .what = what_of(l, r)};
		/* Who may not read it learns that it is there, not what it is about. */
		row->title = access_check(ctx, r, ACCESS_READ) == ERR_OK ? access_title(ctx, r) : "";
		TRY(goes_to(ctx, l, record_int(r, "team"), &row->to));
	}
	ctx->problems.n = 0;
	return ERR_OK;
}

static enum err seats_of(struct ctx *ctx, int64_t user, int64_t *ret_approvals, int64_t *ret_offers)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from approval_seat s join approval a on a.id = s.approval where s.user_id = :user and "
	        "s.vote is null and a.state = 'running'");
	sql_int(&q, "user", user);
	TRY(sql_one_int(ctx, &q, ret_approvals));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from offer where user_id = :user and state = 'ringing'");
	sql_int(&q, "user", user);
	return sql_one_int(ctx, &q, ret_offers);
}

static void count_write(struct json_out *out, const char *type, int64_t n)
{
	json_key(out, type);
	json_int(out, n);
}

static enum err row_write(struct ctx *ctx, const struct leaving_row *row, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, row->id);
	json_key(out, "type");
	json_text(out, row->type->name);
	json_key(out, "number");
	json_text(out, row->number);
	json_key(out, "title");
	json_text(out, row->title);
	json_key(out, "what");
	json_text(out, row->what);
	TRY(person_json(ctx, out, "to", row->to));
	json_close(out, '}');
	return ERR_OK;
}

enum err leaving_write_json(struct ctx *ctx, int64_t user, struct json_out *out)
{
	struct leaving_row *list = ARENA_ARRAY(ctx->arena, ROWS_MAX, struct leaving_row);
	int64_t all = 0, one, approvals, offers;
	struct leave l;
	size_t n = 0;
	TRY(leave_load(ctx, user, &l));
	json_open(out, '{');
	TRY(person_json(ctx, out, "user", user));
	TRY(person_json(ctx, out, "deputy", l.deputy));
	json_key(out, "counts");
	json_open(out, '{');
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		l.type = &ctx->model->types[i];
		if (open_owner(l.type) == NULL)
			continue;
		TRY(rows_of(ctx, &l, list, &n, &one));
		if (one > 0)
			count_write(out, l.type->name, one);
		all += one;
	}
	json_close(out, '}');
	TRY(seats_of(ctx, user, &approvals, &offers));
	count_write(out, "approvals", approvals);
	count_write(out, "offers", offers);
	count_write(out, "n", all);
	json_key(out, "more");
	json_bool(out, (int64_t)n < all);
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(row_write(ctx, &list[i], out));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

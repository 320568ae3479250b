/* owners.c: who answers for a record, and who stands in for whom. */
#include "flow/owners.h"

#include <string.h>

#include "base/ids.h"
#include "flow/relate.h"
#include "model/access.h"

enum { DEPUTIES_MAX = 16, TEAMS_MAX = 16, SLICE = 200, VERIFY_SLICE = 1000 };

/* ---- people ------------------------------------------------------------------------------------------- */

struct person {
	int64_t deputy;
	bool there, active, away;
};

static enum err person_read(struct ctx *ctx, int64_t id, struct person *ret)
{
	const struct type *t = ctx->model->user;
	struct person p = {0};
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_field(&q, t, "active");
	SQL(&q, ", ");
	sql_field(&q, t, "absent_from");
	SQL(&q, ", ");
	sql_field(&q, t, "absent_until");
	SQL(&q, ", ");
	sql_field(&q, t, "deputy");
	SQL(&q, " from ");
	sql_name(&q, t->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		int64_t from = rows_int(rows, 1), until = rows_int(rows, 2);
		p.there = true;
		p.active = rows_int(rows, 0) != 0;
		p.away = (from != 0 || until != 0) && from <= ctx->now_ms && (until == 0 || until > ctx->now_ms);
		p.deputy = rows_int(rows, 3);
	}
	*ret = p;
	return rows_done(rows);
}

enum err is_away(struct ctx *ctx, int64_t user, bool *ret_away)
{
	struct person p;
	TRY(person_read(ctx, user, &p));
	*ret_away = !p.active || p.away;
	return ERR_OK;
}

enum err standing_of(struct ctx *ctx, int64_t user, int64_t *ret_user)
{
	int64_t active = 0, at = user;
	*ret_user = 0;
	for (int i = 0; at != 0 && i < DEPUTIES_MAX; i++) {
		struct person p;
		TRY(person_read(ctx, at, &p));
		if (p.active && !p.away) {
			*ret_user = at;
			return ERR_OK;
		}
		if (p.active && active == 0)
			active = at;
		at = p.deputy;
	}
	*ret_user = active;
	return ERR_OK;
}

/* ---- leads -------------------------------------------------------------------------------------------- */

struct team_heads {
	int64_t lead, deputy, parent;
};

static enum err heads_read(struct ctx *ctx, int64_t team, struct team_heads *ret)
{
	const struct type *t = ctx->model->team;
	struct team_heads heads = {0};
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_field(&q, t, "lead");
	SQL(&q, ", ");
	sql_field(&q, t, "deputy");
	SQL(&q, ", ");
	sql_field(&q, t, "parent");
	SQL(&q, " from ");
	sql_name(&q, t->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", team);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows))
		heads = (struct team_heads){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2)};
	*ret = heads;
	return rows_done(rows);
}

/* Of one team: who is present before who is only active. */
static enum err heads_pick(struct ctx *ctx, const struct team_heads *heads, int64_t but, int64_t *ret_user)
{
	const int64_t asked[] = {heads->lead, heads->deputy};
	int64_t active = 0;
	*ret_user = 0;
	for (int i = 0; i < 2; i++) {
		int64_t user = 0;
		bool away = true;
		if (asked[i] != 0)
			TRY(standing_of(ctx, asked[i], &user));
		if (user == 0 || user == but)
			continue;
		TRY(is_away(ctx, user, &away));
		if (!away) {
			*ret_user = user;
			return ERR_OK;
		}
		if (active == 0)
			active = user;
	}
	*ret_user = active;
	return ERR_OK;
}

enum err lead_of(struct ctx *ctx, int64_t team, int64_t but, int64_t *ret_user)
{
	*ret_user = 0;
	for (int i = 0; team != 0 && *ret_user == 0 && i < TEAMS_MAX; i++) {
		struct team_heads heads;
		TRY(heads_read(ctx, team, &heads));
		TRY(heads_pick(ctx, &heads, but, ret_user));
		team = heads.parent;
	}
	return ERR_OK;
}

static enum err first_who_can(struct ctx *ctx, const char *function, int64_t but, int64_t *ret_user)
{
	*ret_user = 0;
	for (size_t i = 0; i < ctx->model->n_roles; i++) {
		const struct role *role = &ctx->model->roles[i];
		struct people p = {0};
		bool can = false;
		for (size_t k = 0; k < role->n_can; k++)
			can = can || strcmp(role->can[k], function) == 0;
		if (can)
			TRY(people_with_role(ctx, role->name, 0, &p));
		for (size_t k = 0; k < p.n; k++)
			if (p.ids[k] != but && (*ret_user == 0 || p.ids[k] < *ret_user))
				*ret_user = p.ids[k];
	}
	return ERR_OK;
}

static enum err first_active(struct ctx *ctx, int64_t but, int64_t *ret_user)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(min(id), 0) from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where active = 1 and id <> :but");
	sql_int(&q, "but", but);
	return sql_one_int(ctx, &q, ret_user);
}

enum err fallback_of(struct ctx *ctx, int64_t but, int64_t *ret_user)
{
	int64_t user = 0;
	struct sql q;
	*ret_user = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select u.id from setting s join ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " u on u.login = s.value where s.key = 'fallback_owner'");
	enum err e = sql_one_int(ctx, &q, &user);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (e == ERR_OK)
		TRY(standing_of(ctx, user, ret_user));
	if (*ret_user == but)
		*ret_user = 0;
	if (*ret_user == 0)
		TRY(first_who_can(ctx, "cover", but, ret_user));
	if (*ret_user == 0)
		TRY(first_who_can(ctx, "users", but, ret_user));
	return *ret_user != 0 ? ERR_OK : first_active(ctx, but, ret_user);
}

/* ---- accountable -------------------------------------------------------------------------------------- */

enum err accountable_of(struct ctx *ctx, const struct record *r, int64_t *ret_user)
{
	int64_t user = record_int(r, "owner");
	if (user == 0 && record_int(r, "team") != 0)
		TRY(lead_of(ctx, record_int(r, "team"), 0, &user));
	if (user == 0 && record_int(r, "first_owner") != 0)
		TRY(standing_of(ctx, record_int(r, "first_owner"), &user));
	if (user == 0)
		TRY(fallback_of(ctx, 0, &user));
	*ret_user = user;
	return ERR_OK;
}

static bool is_over(const struct record *r)
{
	const char *stage = record_text(r, "stage");
	return stage != NULL && strcmp(stage, stage_name(STAGE_FINAL)) == 0;
}

static bool changed_int(const struct record *r, const struct record *before, const char *field)
{
	return before == NULL || record_int(r, field) != record_int(before, field);
}

/* Worked out only where it can be another. */
static enum err accountable_put(struct ctx *ctx, struct record *r, const struct record *before)
{
	const struct field *f = type_field(r->type, "accountable");
	int64_t user;
	if (f == NULL || !(f->flags & FIELD_DERIVED))
		return ERR_OK;
	bool asked = record_int(r, "owner") != 0 || record_int(r, f->name) == 0 || changed_int(r, before, "owner") ||
	             changed_int(r, before, "team") || changed_int(r, before, "first_owner");
	if (!asked)
		return ERR_OK;
	TRY(accountable_of(ctx, r, &user));
	record_set(r, f, user ? value_int(user) : value_empty());
	return ERR_OK;
}

/* What is put back as it was, and what he does with his own hands, is his though he is away; but not if he is gone. */
static bool is_as_it_was(const struct note *note)
{
	static const char *const kinds[] = {"undone", "merged", "accepted", "taken"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(note->kind, kinds[i]) == 0)
			return true;
	return note->stands_for != 0;
}

static bool is_opened_again(const struct record *r, const struct record *before)
{
	return before != NULL && is_over(before) && !is_over(r);
}

/* Who gets what was to be `user`'s: himself, as a rule. */
static enum err heir_of(struct ctx *ctx, const struct record *r, const struct note *note, int64_t user,
                        int64_t *ret_user)
{
	struct person p;
	*ret_user = user;
	TRY(person_read(ctx, user, &p));
	if (p.active && (!p.away || is_as_it_was(note)))
		return ERR_OK;
	TRY(standing_of(ctx, user, ret_user));
	if (*ret_user == 0)
		TRY(lead_of(ctx, record_int(r, "team"), user, ret_user));
	if (*ret_user == 0)
		TRY(fallback_of(ctx, user, ret_user));
	if (*ret_user == 0)
		*ret_user = user;
	return ERR_OK;
}

static enum err owner_follow(struct ctx *ctx, struct record *r, const struct record *before, struct note *note)
{
	int64_t owner = record_int(r, "owner"), user;
	bool himself = ctx->who != NULL && ctx->who->id == owner;
	if (owner == 0 || himself || is_over(r) || !(changed_int(r, before, "owner") || is_opened_again(r, before)))
		return ERR_OK;
	TRY(heir_of(ctx, r, note, owner, &user));
	if (user == owner)
		return ERR_OK;
	note->stands_for = owner;
	record_put(r, "owner", value_int(user));
	if (note->to_owner == owner)
		note->to_owner = user;
	return ERR_OK;
}

/* Nothing is offered to who is gone, or to the one who has it. */
static enum err offer_follow(struct ctx *ctx, struct record *r, const struct record *before, struct note *note)
{
	int64_t asked = record_int(r, "pending_owner"), user;
	if (asked == 0 || is_over(r) || !(changed_int(r, before, "pending_owner") || changed_int(r, before, "owner")))
		return ERR_OK;
	if (ctx->who != NULL && ctx->who->id == asked)
		user = asked;
	else
		TRY(heir_of(ctx, r, note, asked, &user));
	if (user == record_int(r, "owner"))
		record_put(r, "pending_owner", value_empty());
	else if (user != asked)
		record_put(r, "pending_owner", value_int(user));
	return ERR_OK;
}

enum err owners_settle(struct ctx *ctx, struct record *r, const struct record *before, struct note *note)
{
	if (!r->type->uses_work)
		return ERR_OK;
	if (strcmp(note->kind, "imported") != 0) { /* history stays as it is told */
		TRY(owner_follow(ctx, r, before, note));
		TRY(offer_follow(ctx, r, before, note));
	}
	return accountable_put(ctx, r, before);
}

enum err owners_mend(struct ctx *ctx, struct record *r, bool *ret_changed)
{
	const struct field *f = r->type->uses_work ? type_field(r->type, "accountable") : NULL;
	int64_t user;
	*ret_changed = false;
	/* Who had to answer when it ended stays. */
	if (f == NULL || (is_over(r) && record_int(r, "owner") == 0))
		return ERR_OK;
	TRY(accountable_of(ctx, r, &user));
	if (user == record_int(r, f->name))
		return ERR_OK;
	record_set(r, f, user ? value_int(user) : value_empty());
	*ret_changed = true;
	TRY(record_write_derived(ctx, r));
	TRY(work_put(ctx, r));
	return record_index(ctx, r);
}

/* ---- what rests on leads ------------------------------------------------------------------------------ */

enum err owners_again_soon(struct ctx *ctx)
{
	return due_put(ctx, "owners:all", "owners", ctx->now_ms, DUE_RANK_WORST, NULL, 0, "0");
}

enum err owners_plan(struct ctx *ctx)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from work where accountable is null and stage <> 'final' limit 1) x");
	TRY(sql_one_int(ctx, &q, &n));
	if (n == 0)
		return ERR_OK;
	return due_put(ctx, "owners:none", "owners", ctx->now_ms, DUE_RANK_WORST, NULL, 0, "0");
}

/* "owners:none": what has nobody yet; else all that nobody owns. */
static enum err owners_slice(struct ctx *ctx, bool none, int64_t after, int64_t *ids, const char **types, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type from work where ");
	if (none)
		SQL(&q, "accountable is null");
	else
		SQL(&q, "owner is null");
	SQL(&q, " and stage <> 'final' and id > :after order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < SLICE && rows_next(rows)) {
		ids[n] = rows_int(rows, 0);
		types[n++] = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
	}
	*ret_n = n;
	return rows_done(rows);
}

static enum err again_from(struct ctx *ctx, const struct due_row *d, int64_t after)
{
	return due_put(ctx, d->key, d->kind, ctx->now_ms, DUE_RANK_WORST, NULL, 0,
	               arena_printf(ctx->arena, "%lld", (long long)after));
}

enum err owners_due(struct ctx *ctx, const struct due_row *d)
{
	int64_t ids[SLICE], after;
	const char *types[SLICE];
	size_t n;
	if (d->body == NULL || !id_parse(d->body, &after))
		after = 0;
	if (strcmp(d->key, "owners:waits") == 0) {
		TRY(waits_slice(ctx, after, &after));
		return after == 0 ? ERR_OK : again_from(ctx, d, after);
	}
	TRY(owners_slice(ctx, strcmp(d->key, "owners:none") == 0, after, ids, types, &n));
	for (size_t i = 0; i < n; i++) {
		const struct type *t = model_type(ctx->model, types[i]);
		struct arena_mark mark = arena_mark(ctx->arena);
		struct record *r;
		bool changed;
		if (t == NULL)
			continue;
		TRY(record_load(ctx, t, ids[i], &r));
		TRY(owners_mend(ctx, r, &changed));
		arena_rewind(ctx->arena, mark);
	}
	if (n < SLICE)
		return ERR_OK;
	return again_from(ctx, d, ids[n - 1]);
}

/* ---- proof -------------------------------------------------------------------------------------------- */

static void row_verify(struct ctx *ctx, const struct type *t, struct rows *rows, owners_fault_fn *fault, void *arg)
{
	int64_t id = rows_int(rows, 0), owner = rows_int(rows, 1), accountable = rows_int(rows, 2);
	const char *stage = rows_text(rows, 3, NULL);
	bool over = stage != NULL && strcmp(stage, "final") == 0;
	if (accountable == 0 && !over)
		fault(arg, arena_printf(ctx->arena, "%s %lld: nobody answers for it", t->name, (long long)id));
	else if (owner != 0 && accountable != owner && !(over && accountable == 0))
		fault(arg, arena_printf(ctx->arena, "%s %lld: it is owned by %lld, but %lld answers for it", t->name,
		                        (long long)id, (long long)owner, (long long)accountable));
}

enum err owners_verify(struct ctx *ctx, const struct type *t, int64_t after, owners_fault_fn *fault, void *arg,
                       int64_t *ret_next)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	int64_t anybody;
	*ret_next = 0;
	if (!t->uses_work)
		return ERR_OK;
	TRY(first_active(ctx, 0, &anybody));
	/* An organisation without people has nobody to answer. */
	if (anybody == 0)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, owner, accountable, stage from ");
	sql_name(&q, t->table);
	SQL(&q, " where id > :after order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", VERIFY_SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		after = rows_int(rows, 0);
		n++;
		row_verify(ctx, t, rows, fault, arg);
	}
	*ret_next = n == VERIFY_SLICE ? after : 0;
	return rows_done(rows);
}

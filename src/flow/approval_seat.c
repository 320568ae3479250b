/* approval_seat.c: who sits in a step, and who sits for whom is absent or gone. */
#include <string.h>

#include "flow/approval.h"
#include "flow/owners.h"

/* ---- as the route names them -------------------------------------------------------------------------- */

static bool is_word(const char *word)
{
	static const char *const known[] = {"owner", "first_owner", "creator", "team", "lead"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(word, known[i]) == 0)
			return true;
	return strncmp(word, "role:", 5) == 0 || strncmp(word, "field:", 6) == 0;
}

static enum err people_meant(struct ctx *ctx, const struct record *r, const char *word, struct people *p)
{
	int64_t id;
	if (is_word(word))
		return people_named(ctx, r, word, p);
	if (strncmp(word, "team:", 5) == 0) {
		TRY(record_by_text(ctx, ctx->model->team, "code", word + 5, &id));
		return people_of_team(ctx, id, p);
	}
	TRY(record_by_text(ctx, ctx->model->user, "login", word, &id));
	people_add(ctx, p, id);
	return ERR_OK;
}

enum err step_people(struct ctx *ctx, const struct record *r, const struct approval_step *step, int64_t asker,
                     struct people *ret_people)
{
	struct people all = {0}, p = {0};
	for (size_t i = 0; i < step->n_who; i++)
		TRY(people_meant(ctx, r, step->who[i], &all));
	for (size_t i = 0; i < all.n; i++) {
		int64_t holder;
		if (!step->own && all.ids[i] == asker)
			continue;
		/* One who is gone and whom nobody stands for has no seat. */
		TRY(seat_holder(ctx, r, all.ids[i], step->own ? 0 : asker, &holder));
		if (holder != 0)
			people_add(ctx, &p, all.ids[i]);
	}
	*ret_people = p;
	return ERR_OK;
}

enum err step_people_known(struct ctx *ctx, const struct approval_step *step, size_t *ret_n, bool *ret_known)
{
	struct people p = {0};
	*ret_known = true;
	for (size_t i = 0; i < step->n_who; i++) {
		bool role = strncmp(step->who[i], "role:", 5) == 0;
		if (is_word(step->who[i]) && !role)
			*ret_known = false;
		else
			TRY(people_meant(ctx, NULL, step->who[i], &p));
	}
	*ret_n = p.n;
	return ERR_OK;
}

/* ---- who sits for him ----------------------------------------------------------------------------------- */

static enum err is_gone(struct ctx *ctx, int64_t user, bool *ret_gone)
{
	struct record *u;
	enum err e = user != 0 ? record_load(ctx, ctx->model->user, user, &u) : ERR_NOT_FOUND;
	*ret_gone = e == ERR_NOT_FOUND || (e == ERR_OK && record_int(u, "active") == 0);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Of one who is gone without a deputy: who leads, else the last to turn to. */
static enum err lead_for(struct ctx *ctx, const struct record *r, int64_t user, int64_t not_he, int64_t *ret_user)
{
	struct people leads = {0};
	*ret_user = 0;
	TRY(people_named(ctx, r, "lead", &leads));
	for (size_t i = 0; i < leads.n && *ret_user == 0; i++) {
		bool gone;
		if (leads.ids[i] == user || leads.ids[i] == not_he)
			continue;
		TRY(is_gone(ctx, leads.ids[i], &gone));
		if (!gone)
			*ret_user = leads.ids[i];
	}
	if (*ret_user == 0)
		TRY(fallback_of(ctx, user, ret_user));
	if (*ret_user == not_he)
		*ret_user = 0;
	return ERR_OK;
}

enum err seat_holder(struct ctx *ctx, const struct record *r, int64_t user, int64_t not_he, int64_t *ret_user)
{
	bool gone;
	int64_t at;
	TRY(standing_of(ctx, user, &at));
	/* He who asks doesn't decide in another's place either. */
	if (at != 0 && (at == user || at != not_he)) {
		*ret_user = at;
		return ERR_OK;
	}
	TRY(is_gone(ctx, user, &gone));
	if (gone)
		return lead_for(ctx, r, user, not_he, ret_user);
	*ret_user = user;
	return ERR_OK;
}

/* ---- people go and come ---------------------------------------------------------------------------------- */

enum { ROUNDS_AT_ONCE = 500 };

/* The next of them behind `after`. */
static enum err rounds_with(struct ctx *ctx, int64_t user, int64_t after, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select distinct s.approval from approval_seat s join approval a on a.id = s.approval where s.vote is null "
	    "and a.state = 'running' and (s.user_id = :user or s.stands_for = :user) and s.approval > :after order by "
	    "s.approval limit :n");
	sql_int(&q, "user", user);
	sql_int(&q, "after", after);
	sql_int(&q, "n", ROUNDS_AT_ONCE);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < ROUNDS_AT_ONCE && rows_next(rows))
		ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

static enum err seat_moved(struct ctx *ctx, const struct round *round, const struct record *r, struct vote_seat *s,
                           int64_t holder)
{
	static const struct label said = {"您代为审批", "You vote in a colleague's place"};
	struct people p = {0};
	int64_t whose = s->stands_for ? s->stands_for : s->user;
	s->user = holder;
	s->stands_for = holder != whose ? whose : 0;
	TRY(seat_update(ctx, s));
	people_add(ctx, &p, holder);
	return seat_waits(round, s) ? people_tell(ctx, &p, "approval", r, &said) : ERR_OK;
}

static enum err round_reseat(struct ctx *ctx, int64_t id, int64_t user)
{
	struct round round;
	struct record *r;
	bool dropped = false;
	TRY(round_load(ctx, id, &round));
	const struct type *t = model_type(ctx->model, round.type);
	enum err e = t ? record_load(ctx, t, round.record, &r) : ERR_NOT_FOUND;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	for (size_t i = 0; i < round.n_seats; i++) {
		struct vote_seat *s = &round.seats[i];
		int64_t holder;
		if (s->vote != NULL || (s->user != user && s->stands_for != user))
			continue;
		TRY(seat_holder(ctx, r, s->stands_for ? s->stands_for : s->user,
		                round.steps[s->step].own ? 0 : round.started_by, &holder));
		if (holder != 0 && holder != s->user)
			TRY(seat_moved(ctx, &round, r, s, holder));
		if (holder == 0) {
			s->vote = "dropped";
			s->voted_at = ctx->now_ms;
			dropped = true;
			TRY(seat_update(ctx, s));
		}
	}
	struct step s = {0};
	return dropped ? round_decide(ctx, &s, &round, r, NULL, NULL) : ERR_OK;
}

enum err approvals_reseat(struct ctx *ctx, int64_t user)
{
	int64_t ids[ROUNDS_AT_ONCE], after = 0;
	size_t n = ROUNDS_AT_ONCE;
	while (n == ROUNDS_AT_ONCE) {
		TRY(rounds_with(ctx, user, after, ids, &n));
		for (size_t i = 0; i < n; i++) {
			struct arena_mark mark = arena_mark(ctx->arena);
			TRY(round_reseat(ctx, ids[i], user));
			arena_rewind(ctx->arena, mark);
			after = ids[i];
		}
	}
	return ERR_OK;
}

enum err approvals_people_follow(struct ctx *ctx, const struct record *r, const struct record *before)
{
	static const char *const fields[] = {"active", "deputy", "absent_from", "absent_until"};
	if (r->type != ctx->model->user || ctx->model->n_approvals == 0)
		return ERR_OK;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = type_field(r->type, fields[i]);
		if (f != NULL && record_differs(before, r, f))
			return approvals_reseat(ctx, r->id);
	}
	return ERR_OK;
}

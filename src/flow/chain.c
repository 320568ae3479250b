/* chain.c: the owner chain: who first received it answers for it until somebody else has accepted. */
#include <string.h>

#include "base/ids.h"
#include "flow/owners.h"

bool action_is_chain(enum action_kind k)
{
	return k == ACTION_HAND_OVER || k == ACTION_ACCEPT || k == ACTION_REFUSE || k == ACTION_TAKE;
}

static bool has_team(const struct who *w, int64_t team)
{
	for (size_t i = 0; w != NULL && team != 0 && i < w->n_teams; i++)
		if (w->teams[i] == team)
			return true;
	return false;
}

static bool is_asked(const struct ctx *ctx, const struct record *r)
{
	int64_t owner = record_int(r, "pending_owner");
	return ctx->who != NULL &&
	       ((owner != 0 && owner == ctx->who->id) || has_team(ctx->who, record_int(r, "pending_team")));
}

bool chain_applies(const struct ctx *ctx, const struct record *r, const struct transition *tr)
{
	if (!tr->system)
		return true;
	const char *stage = record_text(r, "stage");
	bool pending = record_int(r, "pending_owner") != 0 || record_int(r, "pending_team") != 0;
	if (stage != NULL && strcmp(stage, stage_name(STAGE_FINAL)) == 0)
		return false;
	for (size_t i = 0; i < tr->n_actions; i++) {
		switch (tr->actions[i].kind) {
		case ACTION_ACCEPT:
		case ACTION_REFUSE:
			if (!pending)
				return false;
			break;
		case ACTION_TAKE:
			if (record_int(r, "owner") != 0 && !has_team(ctx->who, record_int(r, "pending_team")))
				return false;
			break;
		default: break;
		}
	}
	return true;
}

/* ---- one step, in memory ------------------------------------------------------------------------- */

/* He must be able to answer for it: there, and active. */
static enum err person_check(struct ctx *ctx, const char *field, int64_t user, struct who **ret_who)
{
	enum err e = who_load(ctx, user, ret_who);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, field, "not_active",
		                   ctx->lang == LANG_EN ? "this colleague is not active" : "该同事已停用，不能接手");
	return e;
}

static void pending_clear(struct record *r)
{
	record_put(r, "pending_owner", value_empty());
	record_put(r, "pending_team", value_empty());
}

/* The record goes to a person; its team stays if he is in it, else becomes his first one. */
static void owner_put(struct record *r, const struct who *w, int64_t preferred_team)
{
	if (record_int(r, "first_owner") == 0)
		record_put(r, "first_owner", value_int(w->id));
	record_put(r, "owner", value_int(w->id));
	if (preferred_team != 0)
		record_put(r, "team", value_int(preferred_team));
	else if (w->n_teams > 0 && !has_team(w, record_int(r, "team")))
		record_put(r, "team", value_int(w->teams[0]));
	pending_clear(r);
}

/* Who is away has a deputy: it goes to him, and the chain says for whom. */
static enum err deputy_instead(struct ctx *ctx, const struct record *r, int64_t *owner, struct note *note)
{
	int64_t user;
	if (*owner == 0 || (ctx->who != NULL && ctx->who->id == *owner))
		return ERR_OK;
	TRY(standing_of(ctx, *owner, &user));
	if (user == 0 || user == *owner)
		return ERR_OK;
	if (user == record_int(r, "owner"))
		return ctx_problem(ctx, ERR_CONFLICT, "to_owner", "is_owner",
		                   ctx->lang == LANG_EN ? "he is away, and who stands in for him has it already"
		                                        : "该同事不在岗，其代理人已是现责任人");
	note->stands_for = *owner;
	*owner = user;
	return ERR_OK;
}

static enum err hand_over(struct ctx *ctx, struct record *r, int64_t owner, int64_t team, struct note *note)
{
	struct who *w;
	if (owner == 0 && team == 0)
		return ctx_problem(ctx, ERR_INVALID, "to_owner", "required",
		                   ctx->lang == LANG_EN ? "say to whom, or to which team" : "请选择移交给谁或哪个部门");
	if (owner != 0)
		TRY(person_check(ctx, "to_owner", owner, &w));
	if (owner != 0 && owner == record_int(r, "owner"))
		return ctx_problem(ctx, ERR_CONFLICT, "to_owner", "is_owner",
		                   ctx->lang == LANG_EN ? "he is responsible already" : "该同事已是现责任人");
	if (owner != 0 && team != 0 && !has_team(w, team))
		return ctx_problem(ctx, ERR_INVALID, "to_owner", "not_in_team",
		                   ctx->lang == LANG_EN ? "he is not in that team" : "该同事不在所选部门");
	TRY(deputy_instead(ctx, r, &owner, note));
	record_put(r, "pending_owner", owner ? value_int(owner) : value_empty());
	record_put(r, "pending_team", team ? value_int(team) : value_empty());
	note->kind = "handed_over";
	note->to_owner = owner;
	note->to_team = team;
	return ERR_OK;
}

static enum err accept(struct ctx *ctx, struct record *r, struct note *note)
{
	int64_t team = record_int(r, "pending_team");
	if (!is_asked(ctx, r))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden",
		                   ctx->lang == LANG_EN ? "it was not handed over to you" : "不是移交给您或您的部门的");
	/* Asked as a person, he brings his own team. */
	owner_put(r, ctx->who, has_team(ctx->who, team) ? team : 0);
	note->kind = "accepted";
	note->to_owner = ctx->who->id;
	note->to_team = record_int(r, "team");
	return ERR_OK;
}

static enum err take(struct ctx *ctx, struct record *r, struct note *note)
{
	int64_t pending = record_int(r, "pending_team");
	if (ctx->who == NULL || ctx->who->id == 0)
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "only a person can take it");
	if (record_int(r, "owner") != 0 && !has_team(ctx->who, pending))
		return ctx_problem(ctx, ERR_CONFLICT, "", "has_owner",
		                   ctx->lang == LANG_EN ? "somebody answers for it already" : "已有责任人");
	owner_put(r, ctx->who, has_team(ctx->who, pending) ? pending : 0);
	note->kind = "taken";
	note->to_owner = ctx->who->id;
	note->to_team = record_int(r, "team");
	return ERR_OK;
}

static enum err assign(struct ctx *ctx, struct record *r, const struct action *a, const struct value *inputs,
                       struct note *note)
{
	const struct field *owner = type_field(r->type, "owner");
	struct field probe = owner ? *owner : (struct field){0};
	struct value v;
	if (owner == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "owner", "no_owner", "%s has no owner", r->type->name);
	/* The text names a person or a team: what it comes from says which. */
	const struct field *from = type_input(r->type, a->target);
	if (from == NULL)
		from = type_field(r->type, a->target);
	bool team = from != NULL && from->target == ctx->model->team;
	if (team)
		probe.target = ctx->model->team, probe.to = ctx->model->team->name;
	TRY(action_value(ctx, r, inputs, &probe, a->target, &v));
	if (v.kind != VALUE_INT || v.i == 0)
		return ctx_problem(ctx, ERR_INVALID, from ? from->name : "to_owner", "required",
		                   ctx->lang == LANG_EN ? "say who shall have it" : "请选择责任人");
	note->returned = note->returned || strcmp(a->target, "first_owner") == 0;
	note->kind = note->transition != NULL && strcmp(note->transition, "assign") == 0 ? "assigned" : note->kind;
	if (team) {
		record_put(r, "team", v);
		record_put(r, "owner", value_empty());
		pending_clear(r);
		note->to_team = v.i;
		return ERR_OK;
	}
	struct who *w;
	TRY(person_check(ctx, from ? from->name : "to_owner", v.i, &w));
	int64_t asked = v.i;
	/* Chosen by a person, who is told when it can't be; what actions assign is seen to before the write. */
	if (strcmp(a->target, "to_owner") == 0)
		TRY(deputy_instead(ctx, r, &v.i, note));
	if (v.i != asked)
		TRY(person_check(ctx, "to_owner", v.i, &w));
	int64_t to_team =
	        input_get(r->type, inputs, "to_team").kind == VALUE_INT ? input_get(r->type, inputs, "to_team").i : 0;
	owner_put(r, w, to_team);
	note->to_owner = v.i;
	note->to_team = record_int(r, "team");
	return ERR_OK;
}

static int64_t input_int(const struct record *r, const struct value *inputs, const char *name)
{
	struct value v = input_get(r->type, inputs, name);
	return v.kind == VALUE_INT ? v.i : 0;
}

enum err chain_apply(struct ctx *ctx, struct record *r, const struct action *a, const struct value *inputs,
                     struct note *note)
{
	struct value reason = input_get(r->type, inputs, "reason");
	if (reason.kind == VALUE_TEXT)
		note->reason = reason.s;
	switch (a->kind) {
	case ACTION_HAND_OVER:
		return hand_over(ctx, r, input_int(r, inputs, "to_owner"), input_int(r, inputs, "to_team"), note);
	case ACTION_ACCEPT: return accept(ctx, r, note);
	case ACTION_REFUSE:
		note->to_owner = record_int(r, "pending_owner");
		note->to_team = record_int(r, "pending_team");
		note->kind = "refused";
		pending_clear(r);
		return ERR_OK;
	case ACTION_TAKE: return take(ctx, r, note);
	default: return assign(ctx, r, a, inputs, note);
	}
}

/* ---- who must know -------------------------------------------------------------------------------- */

static const struct label told_offered = {"移交给您，请接收", "was handed over to you"};
static const struct label told_accepted = {"已被接收", "was accepted"};
static const struct label told_refused = {"移交被退回", "was refused"};
static const struct label told_assigned = {"已改派给您", "was assigned to you"};
static const struct label told_made = {"交给您办理", "is yours to do"};
static const struct label told_away = {"已改派给他人", "was assigned to somebody else"};

static enum err tell_one(struct ctx *ctx, int64_t user, const char *kind, const struct record *r,
                         const struct label *text)
{
	struct people p = {0};
	people_add(ctx, &p, user);
	return people_tell(ctx, &p, kind, r, text);
}

enum err chain_tell(struct ctx *ctx, const struct record *r, const struct record *before, const struct note *note)
{
	int64_t is = record_int(r, "owner"), was = before ? record_int(before, "owner") : 0;
	/* Made for somebody else; made by himself he knows. */
	if (before == NULL)
		return is != 0 && r->type->uses_work ? tell_one(ctx, is, "assigned", r, &told_made) : ERR_OK;
	if (strcmp(note->kind, "handed_over") == 0) {
		struct people p = {0};
		people_add(ctx, &p, note->to_owner);
		if (note->to_owner == 0)
			TRY(people_of_team(ctx, note->to_team, &p));
		return people_tell(ctx, &p, note->kind, r, &told_offered);
	}
	if (strcmp(note->kind, "refused") == 0)
		return tell_one(ctx, was, note->kind, r, &told_refused);
	if (strcmp(note->kind, "accepted") == 0 || strcmp(note->kind, "taken") == 0)
		return was != is ? tell_one(ctx, was, note->kind, r, &told_accepted) : ERR_OK;
	if (was == is)
		return ERR_OK;
	TRY(tell_one(ctx, is, "assigned", r, &told_assigned));
	return strcmp(note->kind, "assigned") == 0 ? tell_one(ctx, was, "assigned", r, &told_away) : ERR_OK;
}

/* transition.c: the one way to change a state. */
#include <string.h>

#include "flow/approval.h"
#include "flow/relate.h"
#include "model/compute.h"

/* What one doing of a transition works on. */
struct act {
	const struct transition *tr;
	struct record *r, *before;
	struct value *inputs;
	struct note note;
};

/* ---- who, from where ----------------------------------------------------------------------------- */

bool transition_from(const struct record *r, const struct transition *tr)
{
	const struct field *f = r->type->state_field;
	const char *state = f && r->values[f->at].kind == VALUE_TEXT ? r->values[f->at].s : NULL;
	if (tr->n_from == 0)
		return true;
	for (size_t i = 0; state != NULL && i < tr->n_from; i++)
		if (strcmp(tr->from[i], state) == 0)
			return true;
	return false;
}

static const struct party *party_named(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_parties; i++)
		if (strcmp(t->parties[i].name, name) == 0)
			return &t->parties[i];
	return NULL;
}

enum err transition_by(struct ctx *ctx, const struct record *r, const struct transition *tr, bool *ret_allowed)
{
	*ret_allowed = ctx->who != NULL && ctx->who->system;
	for (size_t i = 0; i < tr->n_by && ctx->who != NULL && !*ret_allowed; i++) {
		*ret_allowed = who_has_role(ctx->who, tr->by[i]) || strcmp(tr->by[i], "anyone") == 0;
		const struct party *party = *ret_allowed ? NULL : party_named(r->type, tr->by[i]);
		if (party != NULL)
			TRY(access_is_party(ctx, party, r, ret_allowed));
	}
	return ERR_OK;
}

static const struct label *by_label(struct ctx *ctx, const struct type *t, const char *name)
{
	const struct party *party = party_named(t, name);
	if (party != NULL)
		return &party->label;
	for (size_t i = 0; i < ctx->model->n_roles; i++)
		if (strcmp(ctx->model->roles[i].name, name) == 0)
			return &ctx->model->roles[i].label;
	return NULL;
}

const char *transition_who(struct ctx *ctx, const struct type *t, const struct transition *tr)
{
	struct buf b;
	buf_init(&b, ctx->arena, 4096);
	buf_str(&b, ctx->lang == LANG_EN ? "only: " : "只能由");
	for (size_t i = 0; i < tr->n_by; i++) {
		const struct label *label = by_label(ctx, t, tr->by[i]);
		if (i > 0)
			buf_str(&b, ctx->lang == LANG_EN ? ", " : "、");
		buf_str(&b, label ? label_in(label, ctx->lang) : tr->by[i]);
	}
	if (tr->n_by == 0)
		buf_str(&b, ctx->lang == LANG_EN ? "the system" : "系统");
	if (ctx->lang != LANG_EN)
		buf_str(&b, "办理");
	return b.data;
}

/* ---- what he fills in ---------------------------------------------------------------------------- */

static bool is_needed(const struct transition *tr, const struct field *f)
{
	for (size_t i = 0; i < tr->n_needs; i++)
		if (tr->needs[i] == f)
			return true;
	return false;
}

static const struct ask *ask_named(const struct transition *tr, const char *name)
{
	for (size_t i = 0; i < tr->n_asks; i++)
		if (strcmp(tr->asks[i].field->name, name) == 0)
			return &tr->asks[i];
	return NULL;
}

/* Fields that only flow writes (`wake`, `due` …) may be asked for; the rest of the input is read as
 * any change is. */
static enum err input_split(struct ctx *ctx, struct act *act, const json_t *input, bool may_write, json_t **ret_rest)
{
	json_t *rest = json_object_kept(ctx->arena);
	bool bad = false;
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)input, key, member)
	{
		const struct ask *ask = ask_named(act->tr, key);
		const struct field *f = type_field(act->r->type, key);
		bool asked = ask != NULL || (f != NULL && is_needed(act->tr, f));
		if (!asked && (f == NULL || !may_write)) {
			ctx_problem(ctx, ERR_INVALID, key, "not_asked", "%s does not ask for %s", act->tr->name, key);
			bad = true;
		} else if (asked && f != NULL && (ask == NULL || !ask->is_input) && (f->flags & FIELD_SYSTEM) &&
		           !(f->flags & FIELD_DERIVED) && !field_is_base(f)) {
			struct value v;
			if (value_from_json(ctx, f, key, member, &v) == ERR_OK)
				record_set(act->r, f, v);
			else
				bad = true;
		} else {
			json_object_set(rest, key, member);
		}
	}
	*ret_rest = rest;
	return bad ? ERR_INVALID : ERR_OK;
}

static enum err input_read(struct ctx *ctx, struct act *act, const json_t *input)
{
	json_t *rest;
	enum err write = act->tr->glance ? ERR_FORBIDDEN : access_check(ctx, act->r, ACCESS_WRITE);
	if (write != ERR_OK && write != ERR_FORBIDDEN && write != ERR_NOT_FOUND)
		return write;
	if (input == NULL || json_is_null(input))
		return ERR_OK;
	TRY(step_check_keys(ctx, act->r, input));
	enum err split = input_split(ctx, act, input, write == ERR_OK, &rest);
	enum err read = record_from_json(ctx, act->r, rest, act->inputs);
	if (split != ERR_OK)
		return split;
	TRY(read);
	TRY(record_compute(ctx, act->r));
	return step_check_links(ctx, act->r, act->before);
}

static bool filled(const struct record *r, const struct field *f)
{
	if (f->kind == FIELD_TABLE)
		return r->lines[f->at].n > 0;
	return f->kind == FIELD_COMPUTED || !value_is_empty(&r->values[f->at]);
}

static enum err missing(struct ctx *ctx, const struct field *f)
{
	return ctx_problem(ctx, ERR_INVALID, f->name, "required", ctx->lang == LANG_EN ? "%s is needed" : "请填写%s",
	                   label_in(&f->label, ctx->lang));
}

static enum err asks_check(struct ctx *ctx, const struct act *act)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < act->tr->n_asks; i++) {
		const struct ask *ask = &act->tr->asks[i];
		bool given = ask->is_input ? !value_is_empty(&act->inputs[ask->field->at]) : filled(act->r, ask->field);
		if (ask->required && !given)
			e = missing(ctx, ask->field);
	}
	return e;
}

static enum err needs_check(struct ctx *ctx, const struct act *act)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < act->tr->n_needs; i++) {
		const struct ask *ask = ask_named(act->tr, act->tr->needs[i]->name);
		/* Said once is enough. */
		bool said = ask != NULL && !ask->is_input && ask->required;
		if (!filled(act->r, act->tr->needs[i]) && !said)
			e = missing(ctx, act->tr->needs[i]);
	}
	return e;
}

/* ---- doing --------------------------------------------------------------------------------------- */

static enum err refused(struct ctx *ctx, const struct transition *tr)
{
	const char *why = tr->otherwise.zh ? label_in(&tr->otherwise, ctx->lang) : NULL;
	if (why == NULL)
		why = ctx->lang == LANG_EN ? "its condition does not hold" : "条件不满足";
	return ctx_problem(ctx, ERR_CONFLICT, "", "refused", "%s", why);
}

/* Everything in memory: needs, guard, actions, the new state. Nothing is written yet. */
static enum err act_prepare(struct ctx *ctx, struct act *act)
{
	const struct transition *tr = act->tr;
	bool holds = true;
	enum err asks = asks_check(ctx, act), needs = needs_check(ctx, act);
	if (asks != ERR_OK || needs != ERR_OK)
		return ERR_INVALID;
	if (tr->when != NULL)
		TRY(filter_holds(ctx, tr->when, act->r, &holds));
	if (!holds)
		return refused(ctx, tr);
	TRY(actions_within(ctx, act->r, tr->actions, tr->n_actions, act->inputs, &act->note));
	if (tr->to != NULL)
		record_enter(ctx, act->r, tr->to);
	return ERR_OK;
}

/* Files that were asked for become the record's own; what actions make of them are copies. */
static enum err files_keep(struct ctx *ctx, const struct act *act)
{
	for (size_t i = 0; i < act->r->type->n_inputs; i++) {
		const struct field *f = &act->r->type->inputs[i];
		const struct value *v = &act->inputs[i];
		if (f->kind != FIELD_FILES || v->kind != VALUE_LIST)
			continue;
		int64_t *ids = ARENA_ARRAY(ctx->arena, v->n + 1, int64_t);
		for (size_t k = 0; k < v->n; k++)
			ids[k] = v->list[k].i;
		TRY(files_claim(ctx, act->r, f->name, ids, v->n, true));
	}
	return ERR_OK;
}

static enum err act_write(struct ctx *ctx, struct step *s, struct act *act)
{
	const struct transition *tr = act->tr;
	TRY(step_deeper(ctx, s));
	TRY(files_keep(ctx, act));
	TRY(step_update(ctx, s, act->r, act->before, &act->note));
	s->cause = arena_printf(ctx->arena, "done:%s", tr->name);
	TRY(actions_beyond(ctx, s, act->r, tr->actions, tr->n_actions, act->inputs));
	TRY(plans_follow(ctx, s, act->r, tr->name));
	TRY(approvals_follow(ctx, s, act->r, act->before, tr));
	s->depth--;
	return ERR_OK;
}

static struct act act_start(struct ctx *ctx, struct record *r, const struct transition *tr)
{
	struct act act = {.tr = tr, .r = r, .before = record_copy(ctx, r)};
	act.inputs = ARENA_ARRAY(ctx->arena, r->type->n_inputs + 1, struct value);
	act.note = (struct note){.kind = "did", .transition = tr->name, .inputs = act.inputs};
	return act;
}

static enum err wrong_state(struct ctx *ctx, const struct record *r, const struct transition *tr)
{
	const char *name = record_text(r, "state");
	const struct state *state = name ? type_state(r->type, name) : NULL;
	const char *label = label_in(&tr->label, ctx->lang);
	const char *at = state ? label_in(&state->label, ctx->lang) : "";
	return ctx_problem(ctx, ERR_CONFLICT, "", "wrong_state",
	                   ctx->lang == LANG_EN ? "in the state \"%s\" it can't be: %s" : "“%s”状态下不能：%s", at,
	                   label);
}

/* The record as far as he may know of it. */
static enum err record_seen(struct ctx *ctx, const struct type *t, int64_t id, const struct transition *tr,
                            struct record **ret_record)
{
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	enum err seen = access_check(ctx, r, ACCESS_READ);
	if (seen == ERR_NOT_FOUND && tr != NULL && tr->glance && access_may_glance(ctx, t))
		seen = ERR_OK;
	TRY(seen);
	*ret_record = r;
	return ERR_OK;
}

enum err transition_may(struct ctx *ctx, const struct record *r, const struct transition *tr)
{
	bool allowed;
	TRY(transition_by(ctx, r, tr, &allowed));
	if (!allowed)
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "%s", transition_who(ctx, r->type, tr));
	if (!transition_from(r, tr))
		return wrong_state(ctx, r, tr);
	if (tr->unblocked && is_blocked(r)) {
		const char *words;
		TRY(blocked_words(ctx, r, &words));
		return ctx_problem(ctx, ERR_CONFLICT, "", "blocked", "%s", words);
	}
	if (!chain_applies(ctx, r, tr))
		return ctx_problem(ctx, ERR_CONFLICT, "", "nothing_pending",
		                   ctx->lang == LANG_EN ? "there is nothing to accept or take now"
		                                        : "目前没有可接收或领取的移交");
	return ERR_OK;
}

/* What he fills in with his vote may change no more than doing it would, whether the vote decides or not. */
static enum err vote_checked(struct ctx *ctx, const struct record *r, const struct transition *tr, const json_t *input)
{
	struct act act = act_start(ctx, record_copy(ctx, r), tr);
	TRY(input_read(ctx, &act, input));
	return approvals_locked(ctx, act.r, act.before, tr);
}

enum err flow_do(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const char *transition,
                 const json_t *input, struct record **ret_record)
{
	const struct transition *tr = type_transition(t, transition);
	struct record *r;
	TRY(record_seen(ctx, t, id, tr, &r));
	if (tr == NULL)
		return ctx_problem(ctx, ERR_NOT_FOUND, "", "unknown_transition", "%s has no transition %s", t->name,
		                   transition);
	if (version == 0 && !tr->glance)
		return ctx_problem(ctx, ERR_NEED_VERSION, "", "need_version", "say which version you have seen");
	if (version != 0 && version != r->version)
		return ERR_STALE;
	TRY(record_alive(ctx, r));
	bool seated, voted;
	TRY(approvals_seated(ctx, r, tr, &seated));
	TRY(seated ? vote_checked(ctx, r, tr, input) : transition_may(ctx, r, tr));
	TRY(approvals_vote_by(ctx, r, tr, input, &voted));
	*ret_record = r;
	if (voted)
		return ERR_OK;
	struct step s = {0};
	struct act act = act_start(ctx, r, tr);
	/* One who glances, and the owner chain, move a record that others must complete. */
	act.note.check = !tr->glance && !tr->system;
	TRY(input_read(ctx, &act, input));
	TRY(approvals_locked(ctx, r, act.before, tr));
	TRY(act_prepare(ctx, &act));
	return act_write(ctx, &s, &act);
}

/* His words go where the transition asks for some. */
static void said_put(struct act *act, const char *said)
{
	for (size_t i = 0; said != NULL && i < act->tr->n_asks; i++) {
		const struct ask *ask = &act->tr->asks[i];
		if (ask->field->kind != FIELD_TEXT && ask->field->kind != FIELD_LONG_TEXT)
			continue;
		if (ask->is_input)
			act->inputs[ask->field->at] = value_text(said);
		else
			record_set(act->r, ask->field, value_text(said));
		return;
	}
}

enum err step_settle(struct ctx *ctx, struct step *s, struct record *r, const struct transition *tr,
                     const json_t *input, const char *said)
{
	struct act act = act_start(ctx, r, tr);
	if (!transition_from(r, tr))
		return wrong_state(ctx, r, tr);
	if (input != NULL)
		TRY(input_read(ctx, &act, input));
	else
		said_put(&act, said);
	TRY(act_prepare(ctx, &act));
	return act_write(ctx, s, &act);
}

/* Asked things take their value from what is passed on, where it has one of that name. */
static void pass_inputs(struct act *act, const struct record *outer, const struct value *outer_inputs)
{
	for (size_t i = 0; i < act->tr->n_asks; i++) {
		const struct ask *ask = &act->tr->asks[i];
		const struct field *from = outer_inputs ? type_input(outer->type, ask->field->name) : NULL;
		struct value v = value_empty();
		if (from != NULL && from->kind == ask->field->kind)
			v = outer_inputs[from->at];
		const struct field *field = type_field(outer->type, ask->field->name);
		if (value_is_empty(&v) && field != NULL && field->kind == ask->field->kind &&
		    field->kind != FIELD_TABLE && field->kind != FIELD_COMPUTED)
			v = outer->values[field->at];
		if (value_is_empty(&v) || ask->field->kind == FIELD_TABLE)
			continue;
		if (ask->is_input)
			act->inputs[ask->field->at] = v;
		else
			record_set(act->r, ask->field, v);
	}
}

enum err step_pass(struct ctx *ctx, struct step *s, struct record *r, const struct transition *tr,
                   const struct record *outer, const struct value *outer_inputs)
{
	struct act act = act_start(ctx, r, tr);
	if (outer->id != r->id) {
		act.note.linked_type = outer->type;
		act.note.linked = outer->id;
	}
	pass_inputs(&act, outer, outer_inputs);
	TRY(record_compute(ctx, r));
	bool holds = true;
	TRY(needs_check(ctx, &act));
	if (tr->when != NULL)
		TRY(filter_holds(ctx, tr->when, r, &holds));
	if (!holds)
		return refused(ctx, tr);
	TRY(actions_within(ctx, r, tr->actions, tr->n_actions, act.inputs, &act.note));
	if (tr->to != NULL)
		record_enter(ctx, r, tr->to);
	return act_write(ctx, s, &act);
}

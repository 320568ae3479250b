/* create.c: a new record: presets, state, owner chain, number, first event. */
#include <string.h>

#include "base/ids.h"
#include "flow/step.h"

/* Who makes it is the first owner and answers for it, until somebody else has accepted it; what an
 * action puts into a team's pool waits there for who takes it. */
static void chain_start(struct ctx *ctx, struct record *r)
{
	int64_t me = ctx->who ? ctx->who->id : 0;
	if (record_int(r, "first_owner") == 0 && me != 0)
		record_put(r, "first_owner", value_int(me));
	if (record_int(r, "owner") == 0 && record_int(r, "team") == 0 && me != 0)
		record_put(r, "owner", value_int(me));
	if (record_int(r, "team") == 0 && ctx->who != NULL && ctx->who->n_teams > 0 && record_int(r, "owner") == me)
		record_put(r, "team", value_int(ctx->who->teams[0]));
}

enum err record_open(struct ctx *ctx, struct record *r, bool set_system)
{
	const struct type *t = r->type;
	if (r->id == 0)
		r->id = ids_next(ctx->ids, ctx->now_ms);
	if (r->created_at == 0)
		r->created_at = ctx->now_ms;
	if (r->created_by == 0 && ctx->who != NULL)
		r->created_by = ctx->who->id;
	if (r->updated_at == 0 || !set_system)
		r->updated_at = ctx->now_ms;
	if (t->uses_work) {
		if (!set_system)
			chain_start(ctx, r);
		if (record_int(r, "opened_at") == 0)
			record_put(r, "opened_at", value_int(r->created_at));
		if (record_get(r, "chased").kind == VALUE_EMPTY)
			record_put(r, "chased", value_int(0));
	}
	if (t->n_states > 0) {
		const char *state = record_text(r, "state");
		if (state == NULL)
			state = t->start;
		if (type_state(t, state) == NULL)
			return ctx_problem(ctx, ERR_INVALID, "state", "bad_option", "%s has no state %s", t->name,
			                   state);
		int64_t closed_at = record_int(r, "closed_at");
		record_enter(ctx, r, state);
		/* Back-dated: what is closed was closed when it was last touched, unless the source knows. */
		if (set_system && closed_at == 0 && record_int(r, "closed_at") != 0)
			record_put(r, "closed_at", value_int(r->updated_at));
	}
	const struct field *f = type_field(t, "number");
	if (f == NULL)
		f = type_field(t, "code");
	if (t->number != NULL && f != NULL && value_is_empty(&r->values[f->at])) {
		const char *number;
		TRY(number_next(ctx, t, f, r->created_at, &number));
		record_set(r, f, value_text(number));
	}
	return ERR_OK;
}

static enum err insert_noted(struct ctx *ctx, struct record *r, bool set_system, const struct note *note)
{
	struct step s = {0};
	TRY(record_open(ctx, r, set_system));
	return step_insert(ctx, &s, r, note);
}

enum err flow_insert(struct ctx *ctx, struct record *r, const char *kind, bool set_system, const json_t *note)
{
	return insert_noted(ctx, r, set_system, &(struct note){.kind = kind, .extra = note});
}

static enum err create(struct ctx *ctx, const struct type *t, const json_t *fields, bool intake,
                       struct record **ret_record)
{
	if (!access_may_create(ctx, t))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden",
		                   "your roles may not make a record of this type");
	struct record *r = record_new(ctx->arena, t);
	TRY(record_apply_presets(ctx, r));
	TRY(step_check_keys(ctx, r, fields));
	TRY(record_from_json(ctx, r, fields, NULL));
	TRY(record_apply_presets(ctx, r)); /* of the lines that came */
	TRY(step_check_links(ctx, r, NULL));
	int64_t me = ctx->who ? ctx->who->id : 0;
	if (t->uses_work && me != 0) {
		record_put(r, "owner", value_int(me));
		/* His own team answers, unless he names the one it is for. */
		if (record_int(r, "team") == 0 && ctx->who->n_teams > 0)
			record_put(r, "team", value_int(ctx->who->teams[0]));
	}
	TRY(insert_noted(ctx, r, false, &(struct note){.kind = "created", .intake = intake}));
	*ret_record = r;
	return ERR_OK;
}

enum err flow_create(struct ctx *ctx, const struct type *t, const json_t *fields, struct record **ret_record)
{
	return create(ctx, t, fields, false, ret_record);
}

enum err create_at_intake(struct ctx *ctx, const struct type *t, const json_t *fields, struct record **ret_record)
{
	return create(ctx, t, fields, true, ret_record);
}

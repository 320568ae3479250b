/* change.c: fields changed in place, and records removed. */
#include <string.h>

#include "flow/approval.h"
#include "flow/clocks.h"
#include "flow/moment.h"
#include "flow/owners.h"
#include "flow/queue.h"
#include "flow/relate.h"

enum err flow_change(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const json_t *fields,
                     struct record **ret_record)
{
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_WRITE));
	TRY(record_alive(ctx, r));
	if (version == 0)
		return ctx_problem(ctx, ERR_NEED_VERSION, "", "need_version", "say which version you have seen");
	if (version != r->version)
		return ERR_STALE;
	struct record *before = record_copy(ctx, r);
	TRY(step_check_keys(ctx, r, fields));
	TRY(record_from_json(ctx, r, fields, NULL));
	TRY(step_check_links(ctx, r, before));
	TRY(approvals_locked(ctx, r, before, NULL));
	struct step s = {0};
	/* What an import brings up to date sets nothing off, as what it brings in. */
	bool quiet = ctx->origin != NULL && strcmp(ctx->origin, "import") == 0;
	TRY(step_update(ctx, &s, r, before, &(struct note){.kind = "changed", .check = true, .settled = quiet}));
	*ret_record = r;
	return approvals_follow(ctx, &s, r, before, NULL);
}

/* ---- removing ------------------------------------------------------------------------------------ */

static enum err links_here(struct ctx *ctx, const struct type *t, const struct field *f, int64_t id, bool *ret_any)
{
	struct sql q;
	int64_t one;
	bool side = f->kind == FIELD_LINKS;
	sql_init(&q, ctx->arena);
	SQL(&q, "select 1 from ");
	sql_name(&q, side ? f->side_table : t->table);
	SQL(&q, " where ");
	sql_name(&q, side ? "target" : f->column);
	SQL(&q, " = :id limit 1");
	sql_int(&q, "id", id);
	enum err e = sql_one_int(ctx, &q, &one);
	*ret_any = e == ERR_OK;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Nothing may lead into the void. */
static enum err check_unused(struct ctx *ctx, const struct record *r)
{
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];
		for (size_t k = 0; k < t->n_fields; k++) {
			const struct field *f = &t->fields[k];
			bool leads = (f->kind == FIELD_LINK || f->kind == FIELD_LINKS) && !field_is_base(f) &&
			             (f->target == r->type || (f->target == NULL && r->type->uses_work));
			bool any = false;
			if (leads)
				TRY(links_here(ctx, t, f, r->id, &any));
			if (any)
				return ctx_problem(ctx, ERR_CONFLICT, f->name, "in_use",
				                   ctx->lang == LANG_EN ? "a %s still leads to it"
				                                        : "还有%s引用此记录，不能删除",
				                   label_in(&t->label, ctx->lang));
		}
	}
	return ERR_OK;
}

enum err step_remove(struct ctx *ctx, struct record *r, const struct note *note)
{
	const char *body;
	TRY(check_unused(ctx, r));
	TRY(relations_remove(ctx, r));
	TRY(note_body(ctx, r->type, r, NULL, note, &body, NULL));
	TRY(record_delete(ctx, r));
	TRY(clocks_remove(ctx, r));
	TRY(gather_gone(ctx, r));
	TRY(work_remove(ctx, r->id));
	TRY(queue_forget(ctx, r->id));
	TRY(attention_forget(ctx, r->id));
	TRY(rules_disarm(ctx, r));
	TRY(recurring_forget(ctx, r));
	TRY(approvals_remove(ctx, r));
	return event_append(ctx, r->type->name, r->id, note->kind, note->internal, body, NULL);
}

enum err flow_remove(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const json_t *input)
{
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_REMOVE));
	if (version == 0)
		return ctx_problem(ctx, ERR_NEED_VERSION, "", "need_version", "say which version you have seen");
	if (version != r->version)
		return ERR_STALE;
	const json_t *reason = json_object_get(input, "reason");
	if (reason != NULL && !json_is_null(reason) && !json_is_string(reason))
		return ctx_problem(ctx, ERR_INVALID, "reason", "wrong_type", "a reason is a text");
	return step_remove(ctx, r,
	                   &(struct note){.kind = "removed", .internal = true, .reason = json_string_value(reason)});
}

/* make.c: records that actions and plans make for another record. */
#include <string.h>

#include "flow/step.h"

bool pairs_name(const struct pair *set, size_t n, const char *field)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(set[i].name, field) == 0)
			return true;
	return false;
}

/* For the same customer, and below it, unless the pack says else. */
static void inherit(struct record *made, const struct record *r)
{
	const struct field *from = type_field(r->type, "customer"), *to = type_field(made->type, "customer");
	if (from && to && from->kind == FIELD_LINK && to->kind == FIELD_LINK && from->target == to->target)
		record_set(made, to, r->values[from->at]);
	if (made->type->uses_work && r->type->uses_work)
		record_put(made, "parent", value_int(r->id));
}

/* Lines of a table of r become lines of the new record's: columns of the same name and kind are copied. */
static enum err lines_pass(struct ctx *ctx, const struct record *r, struct record *made, const struct field *f,
                           const char *name)
{
	const struct field *from = type_field(r->type, strncmp(name, "outer.", 6) == 0 ? name + 6 : name);
	if (from == NULL || from->kind != FIELD_TABLE)
		return ctx_problem(ctx, ERR_CONFLICT, f->name, "wrong_type", "%s is no table of %s", name,
		                   r->type->name);
	for (size_t i = 0; i < r->lines[from->at].n; i++) {
		struct record_line *line = record_line_add(ctx->arena, made, f);
		for (size_t c = 0; c < f->n_columns; c++)
			for (size_t k = 0; k < from->n_columns; k++)
				if (strcmp(f->columns[c].name, from->columns[k].name) == 0 &&
				    f->columns[c].kind == from->columns[k].kind)
					line->values[f->columns[c].at] =
					        r->lines[from->at].list[i].values[from->columns[k].at];
	}
	return ERR_OK;
}

enum err make_start(struct ctx *ctx, const struct record *r, const char *type, const char *by, const struct pair *set,
                    size_t n, const struct value *inputs, struct record **ret_made)
{
	const struct type *t = model_type(ctx->model, type);
	if (t == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_type", "there is no type %s", type);
	struct record *made = record_new(ctx->arena, t);
	TRY(record_apply_presets(ctx, made));
	inherit(made, r);
	if (by != NULL)
		record_put(made, by, value_int(r->id));
	/* He answers for what he made, until the pack or somebody's acceptance says else. */
	if (t->uses_work && ctx->who != NULL && ctx->who->id != 0)
		record_put(made, "owner", value_int(ctx->who->id));
	for (size_t i = 0; i < n; i++) {
		const struct field *f = type_field(t, set[i].name);
		struct value v;
		if (f != NULL && f->kind == FIELD_TABLE) {
			TRY(lines_pass(ctx, r, made, f, set[i].value));
			continue;
		}
		if (f == NULL || field_is_base(f) || f->kind == FIELD_COMPUTED || strcmp(f->name, "stage") == 0 ||
		    strcmp(f->name, "number") == 0)
			return ctx_problem(ctx, ERR_CONFLICT, set[i].name, "read_only", "an action can't set %s of %s",
			                   set[i].name, t->name);
		TRY(action_value(ctx, r, inputs, f, set[i].value, &v));
		TRY(files_pass(ctx, r, made, f, &v));
		record_set(made, f, v);
	}
	*ret_made = made;
	return ERR_OK;
}

/* `owner: empty` with a team puts it into the team's pool; without a team its maker answers. */
enum err make_insert(struct ctx *ctx, struct step *s, const struct record *r, struct record *made)
{
	TRY(step_deeper(ctx, s));
	TRY(record_open(ctx, made, false));
	TRY(step_insert(ctx, s, made, &(struct note){.kind = "created", .linked_type = r->type, .linked = r->id}));
	s->depth--;
	return ERR_OK;
}

/* reveal.c: a masked value in the clear, once, with a reason that stays on the timeline. */
#include <string.h>

#include "base/text.h"
#include "flow/seen_log.h"
#include "flow/step.h"

enum { REASON_CHARS_MAX = 500 };

enum err flow_reveal(struct ctx *ctx, const struct type *t, int64_t id, const char *field, const char *reason,
                     struct value *ret_value)
{
	struct record *r;
	enum field_sight sight;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	const struct field *f = field ? type_field(t, field) : NULL;
	if (f != NULL)
		TRY(access_field_of(ctx, r, f, &sight));
	/* A hidden field isn't there for him. */
	if (f == NULL || sight == SIGHT_HIDDEN || f->kind == FIELD_COMPUTED || f->kind == FIELD_TABLE)
		return ctx_problem(ctx, ERR_NOT_FOUND, "field", "unknown_field", "there is no such field to reveal");
	if (!who_can(ctx, "reveal"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "your roles may not reveal masked values");
	size_t len = reason ? strlen(reason) : 0;
	if (len > 0 && !text_valid(reason, len))
		return ctx_problem(ctx, ERR_INVALID, "reason", "wrong_type", "the reason is not UTF-8");
	const char *clean = len > 0 ? text_clean(ctx->arena, reason, len) : "";
	if (*clean == '\0')
		return ctx_problem(ctx, ERR_INVALID, "reason", "required",
		                   ctx->lang == LANG_EN ? "say why you need it" : "请填写查看原因");
	if (text_chars(clean, strlen(clean)) > REASON_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "reason", "too_long", "at most %d characters", REASON_CHARS_MAX);
	if (sight == SIGHT_MASKED) {
		TRY(seen_reveal(ctx, f, id));
		TRY(step_note(ctx, r,
		              &(struct note){.kind = "revealed", .internal = true, .field = f->name, .reason = clean}));
	}
	*ret_value = r->values[f->at];
	return ERR_OK;
}

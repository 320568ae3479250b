/* circle.c: links that lead upwards never lead back to where they began. */
#include <string.h>

#include "base/buf.h"
#include "flow/step.h"

enum { CIRCLE_STEPS_MAX = 64, NAMES_BYTES = 4096 };

static enum err next_of(struct ctx *ctx, const struct field *f, int64_t id, int64_t *ret_next)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(");
	sql_name(&q, f->column);
	SQL(&q, ", 0) from ");
	/* Of a link to any work, the index of work holds `parent`. */
	sql_name(&q, f->target ? f->of->table : "work");
	SQL(&q, " where id = :id");
	sql_int(&q, "id", id);
	enum err e = sql_one_int(ctx, &q, ret_next);
	if (e == ERR_NOT_FOUND)
		*ret_next = 0;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err number_of(struct ctx *ctx, int64_t id, const char **ret_number)
{
	struct sql q;
	*ret_number = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(number, '?') from work where id = :id");
	sql_int(&q, "id", id);
	enum err e = sql_one_text(ctx, &q, ret_number);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Matters go by their numbers: the title of another may not be his to know. */
static enum err numbers_of(struct ctx *ctx, const int64_t *ids, size_t n, const char **names, const char **own,
                           int64_t self)
{
	for (size_t i = 0; i < n; i++)
		TRY(number_of(ctx, ids[i], &names[i]));
	return number_of(ctx, self, own);
}

/* 客服部 → 客服一组 → 客服部 */
static enum err refuse(struct ctx *ctx, const struct record *r, const struct field *f, const int64_t *ids, size_t n)
{
	const char **names = ARENA_ARRAY(ctx->arena, n + 1, const char *);
	const char *own = record_title(r);
	struct buf path;
	buf_init(&path, ctx->arena, NAMES_BYTES);
	if (f->target != NULL)
		TRY(record_titles(ctx, r->type, ids, n, names));
	else
		TRY(numbers_of(ctx, ids, n, names, &own, r->id));
	buf_str(&path, own ? own : "?");
	for (size_t i = 0; i < n; i++) {
		buf_str(&path, " → ");
		buf_str(&path, ids[i] == r->id && own ? own : names[i] ? names[i] : "?");
	}
	return ctx_problem(ctx, ERR_INVALID, f->name, "circular",
	                   ctx->lang == LANG_EN ? "%s goes round in a circle: %s" : "%s绕成了一圈：%s",
	                   label_in(&f->label, ctx->lang), path.over ? "…" : path.data);
}

enum err circle_check(struct ctx *ctx, const struct record *r, const struct field *f)
{
	int64_t ids[CIRCLE_STEPS_MAX];
	size_t n = 0;
	for (int64_t at = r->values[f->at].kind == VALUE_INT ? r->values[f->at].i : 0; at != 0;) {
		/* Deeper than any house is built: as bad as a circle. */
		bool end = at == r->id || n + 1 == CIRCLE_STEPS_MAX;
		ids[n++] = at;
		if (end)
			return refuse(ctx, r, f, ids, n);
		TRY(next_of(ctx, f, at, &at));
	}
	return ERR_OK;
}

enum err circles_check(struct ctx *ctx, const struct record *r, const struct record *before)
{
	/* A deputy's deputy stands in for both: nobody may stand in for himself that way. */
	const char *const names[] = {"parent", r->type == ctx->model->user ? "deputy" : NULL};
	for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
		const struct field *f = type_field(r->type, names[i]);
		bool work = f != NULL && f->target == NULL && r->type->uses_work && before != NULL;
		if (f == NULL || f->kind != FIELD_LINK || (f->target != r->type && !work) ||
		    value_is_empty(&r->values[f->at]) || (before != NULL && !record_differs(before, r, f)))
			continue;
		TRY(circle_check(ctx, r, f));
	}
	return ERR_OK;
}

/* record_check.c: presets of a new record, and what must hold before a record is written. */
#include <string.h>

#include "base/buf.h"
#include "model/filter.h"
#include "model/record_row.h"
#include "model/value_text.h"

static enum err preset_value(struct ctx *ctx, const struct record *r, const struct field *f, struct value *ret)
{
	struct value v = value_empty();
	TRY(value_expression(ctx, r, f, f->preset, &v));
	*ret = v;
	return ERR_OK;
}

enum err record_apply_presets(struct ctx *ctx, struct record *r)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (f->kind == FIELD_TABLE) {
			for (size_t n = 0; n < r->lines[i].n; n++)
				for (size_t k = 0; k < f->n_columns; k++) {
					struct value *slot = &r->lines[i].list[n].values[k];
					if (f->columns[k].preset != NULL && value_is_empty(slot))
						TRY(preset_value(ctx, r, &f->columns[k], slot));
				}
			continue;
		}
		if (f->preset == NULL || !value_is_empty(&r->values[i]) || record_is_changed(r, f))
			continue;
		struct value v;
		TRY(preset_value(ctx, r, f, &v));
		record_set(r, f, v);
	}
	return ERR_OK;
}

static enum err check_range(struct ctx *ctx, const struct field *f, const char *path, const struct value *v)
{
	if (v->kind != VALUE_INT || (f->kind != FIELD_NUMBER && f->kind != FIELD_MONEY))
		return ERR_OK;
	bool low = f->has_min && v->i < f->min, high = f->has_max && v->i > f->max;
	if (!low && !high)
		return ERR_OK;
	struct buf limit;
	buf_init(&limit, ctx->arena, 64);
	decimal_write(&limit, low ? f->min : f->max, f->scale);
	return ctx_problem(ctx, ERR_INVALID, path, low ? "too_small" : "too_large", low ? "at least %s" : "at most %s",
	                   limit.data);
}

static enum err check_unique(struct ctx *ctx, const struct record *r, const struct field *f)
{
	const struct value *v = &r->values[f->at];
	if (!(f->flags & FIELD_UNIQUE) || !field_is_stored(f) || value_is_empty(v))
		return ERR_OK;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from ");
	sql_name(&q, r->type->table);
	SQL(&q, " where ");
	sql_name(&q, f->column);
	SQL(&q, " = ");
	sql_value(&q, v);
	SQL(&q, " and id <> :id");
	sql_int(&q, "id", r->id);
	int64_t n;
	TRY(sql_one_int(ctx, &q, &n));
	if (n == 0)
		return ERR_OK;
	return ctx_problem(ctx, ERR_INVALID, f->name, "not_unique", "another record has this value already");
}

static enum err check_lines(struct ctx *ctx, const struct record *r, const struct field *f)
{
	const struct record_lines *lines = &r->lines[f->at];
	enum err worst = ERR_OK;
	for (size_t i = 0; i < lines->n; i++) {
		for (size_t k = 0; k < f->n_columns; k++) {
			const struct field *column = &f->columns[k];
			const struct value *v = &lines->list[i].values[k];
			const char *path = arena_printf(ctx->arena, "%s[%zu].%s", f->name, i, column->name);
			enum err e = check_range(ctx, column, path, v);
			if ((column->flags & FIELD_REQUIRED) && value_is_empty(v))
				e = ctx_problem(ctx, ERR_INVALID, path, "required", NULL);
			if (worst == ERR_OK)
				worst = e;
		}
	}
	return worst;
}

static bool field_empty(const struct record *r, const struct field *f)
{
	return f->kind == FIELD_TABLE ? r->lines[f->at].n == 0 : value_is_empty(&r->values[f->at]);
}

/* Required is asked of new records and of fields that are being changed: a field that became
 * required later does not lock the records that were there before. */
static enum err check_required(struct ctx *ctx, struct record *r, const struct field *f, bool fresh)
{
	if (!field_empty(r, f) || f->kind == FIELD_COMPUTED)
		return ERR_OK;
	bool required = (f->flags & FIELD_REQUIRED) && (fresh || record_is_changed(r, f));
	if (!required && f->needed_when != NULL)
		TRY(filter_holds(ctx, f->needed_when, r, &required));
	if (required && f->show != NULL)
		TRY(filter_holds(ctx, f->show, r, &required));
	return required ? ctx_problem(ctx, ERR_INVALID, f->name, "required", NULL) : ERR_OK;
}

static enum err check_field(struct ctx *ctx, struct record *r, const struct field *f, bool fresh)
{
	TRY(check_required(ctx, r, f, fresh));
	if (!fresh && !record_is_changed(r, f))
		return ERR_OK;
	if (f->kind == FIELD_TABLE)
		return check_lines(ctx, r, f);
	TRY(check_range(ctx, f, f->name, &r->values[f->at]));
	return check_unique(ctx, r, f);
}

enum err record_check(struct ctx *ctx, struct record *r)
{
	bool fresh = r->version == 0;
	enum err worst = ERR_OK;
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (f->flags & FIELD_BASE)
			continue;
		enum err e = check_field(ctx, r, f, fresh);
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		if (worst == ERR_OK)
			worst = e;
	}
	return worst;
}

enum err record_check_computed(struct ctx *ctx, const struct record *r, const struct record *before)
{
	for (size_t i = 0; i < r->type->n_computes; i++) {
		const struct field *f = r->type->computes[i].field;
		if (r->type->computes[i].table != NULL)
			continue;
		const struct value *is = &r->values[f->at], *was = &before->values[f->at];
		if (is->kind != was->kind || is->i != was->i)
			TRY(check_range(ctx, f, f->name, is));
	}
	return ERR_OK;
}

/* record_out.c: a record as the API shows it to ctx->who. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/filter.h"
#include "model/rights.h"
#include "model/seen.h"
#include "model/sight.h"

/* What is known of one record while it is shown: each condition is evaluated at most once. */
struct memo {
	struct ctx *ctx;
	const struct record *record;
	const struct type_rights *rights;
	signed char *holds; /* by condition; -1: not asked yet */
	bool opened;        /* a condition took the last field's mask away */
};

static void memo_init(struct memo *m, struct ctx *ctx, const struct record *r)
{
	*m = (struct memo){.ctx = ctx, .record = r, .rights = rights_of(ctx, r->type)};
	m->holds = arena_alloc(ctx->arena, m->rights->n_conditions + 1);
	memset(m->holds, -1, m->rights->n_conditions + 1);
}

static enum err memo_holds(struct memo *m, int at, bool *ret_holds)
{
	if (m->holds[at] < 0) {
		bool holds;
		TRY(filter_holds(m->ctx, m->rights->conditions[at], m->record, &holds));
		m->holds[at] = holds;
	}
	*ret_holds = m->holds[at] != 0;
	return ERR_OK;
}

static enum err memo_sight(struct memo *m, const struct field *f, enum field_sight *ret_sight)
{
	const struct field_rights *fr = &m->rights->fields[f->at];
	bool yes = false;
	*ret_sight = fr->sight.base;
	m->opened = false;
	if (fr->sight.base != SIGHT_MASKED)
		return ERR_OK;
	if (fr->clear_at >= 0)
		TRY(memo_holds(m, fr->clear_at, &yes));
	if (yes) {
		*ret_sight = SIGHT_CLEAR;
		m->opened = true;
	} else if (fr->shown_at >= 0) {
		TRY(memo_holds(m, fr->shown_at, &yes));
		if (!yes)
			*ret_sight = SIGHT_HIDDEN;
	}
	return ERR_OK;
}

static void masked_write(struct ctx *ctx, struct json_out *out, const struct field *f, const struct value *v)
{
	if (value_is_empty(v)) {
		json_none(out);
		return;
	}
	const char *shown = "***";
	if (v->kind == VALUE_TEXT && f->kind != FIELD_CHOICE && f->kind != FIELD_DATE)
		shown = text_mask(ctx->arena, v->s, v->len);
	json_open(out, '{');
	json_key(out, "masked");
	json_text(out, shown);
	json_close(out, '}');
}

/* A mask on a table masks its columns of text; choices and flags tell nothing of whom. */
static bool masks_column(const struct field *column)
{
	return column->kind == FIELD_PHONE || column->kind == FIELD_EMAIL || column->kind == FIELD_TEXT ||
	       column->kind == FIELD_LONG_TEXT;
}

static enum field_sight column_sight(struct ctx *ctx, const struct field *column, enum field_sight table)
{
	enum field_sight own = access_field(ctx, column);
	if (own != SIGHT_CLEAR)
		return own;
	return table == SIGHT_MASKED && masks_column(column) ? SIGHT_MASKED : SIGHT_CLEAR;
}

static void lines_write(struct ctx *ctx, struct json_out *out, const struct labels *l, const struct field *f,
                        const struct record_lines *lines, enum field_sight sight)
{
	json_open(out, '[');
	for (size_t i = 0; lines != NULL && i < lines->n; i++) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, lines->list[i].id);
		for (size_t k = 0; k < f->n_columns; k++) {
			const struct field *column = &f->columns[k];
			enum field_sight seen = column_sight(ctx, column, sight);
			if (seen == SIGHT_HIDDEN)
				continue;
			json_key_made(out, column->json_key, column->key_len);
			seen_write_json(ctx, out, l, column, &lines->list[i].values[k], NULL, seen);
		}
		json_close(out, '}');
	}
	json_close(out, ']');
}

void seen_write_json(struct ctx *ctx, struct json_out *out, const struct labels *l, const struct field *f,
                     const struct value *v, const struct record_lines *lines, enum field_sight sight)
{
	if (f->kind == FIELD_TABLE)
		lines_write(ctx, out, l, f, lines, sight);
	else if (sight == SIGHT_MASKED)
		masked_write(ctx, out, f, v);
	else
		labelled_write_json(out, l, f, v);
}

void seen_want(struct labels *l, const struct field *f, const struct value *v, const struct record_lines *lines)
{
	if (f->kind != FIELD_TABLE) {
		labels_want(l, f, v);
		return;
	}
	for (size_t i = 0; lines != NULL && i < lines->n; i++)
		for (size_t k = 0; k < f->n_columns; k++)
			labels_want(l, &f->columns[k], &lines->list[i].values[k]);
}

static enum err field_value(struct memo *m, const struct record *r, const struct field *f, struct value *ret)
{
	*ret = r->values[f->at];
	if (m->rights->fields[f->at].is_at < 0)
		return ERR_OK;
	bool holds;
	TRY(memo_holds(m, m->rights->fields[f->at].is_at, &holds));
	*ret = value_int(holds);
	return ERR_OK;
}

enum err record_view(struct ctx *ctx, const struct record *r, bool glance, struct labels *labels,
                     struct record_view *ret_view)
{
	const struct type *t = r->type;
	struct record_view view = {.record = r};
	struct memo memo;
	bool *opened = NULL; /* by field; made for the first one */
	memo_init(&memo, ctx, r);
	view.sights = ARENA_ARRAY(ctx->arena, t->n_fields + 1, enum field_sight);
	view.values = ARENA_ARRAY(ctx->arena, t->n_fields + 1, struct value);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		view.sights[i] = SIGHT_HIDDEN;
		if ((f->flags & FIELD_BASE) || (glance && !access_glances_at(ctx, f)))
			continue;
		TRY(memo_sight(&memo, f, &view.sights[i]));
		if (view.sights[i] == SIGHT_HIDDEN)
			continue;
		TRY(field_value(&memo, r, f, &view.values[i]));
		bool filled = view.values[i].kind != VALUE_EMPTY || (f->kind == FIELD_TABLE && r->lines[i].n > 0);
		if (f->kind == FIELD_TABLE || filled)
			seen_want(labels, f, &view.values[i], &r->lines[i]);
		if (memo.opened && filled) {
			if (opened == NULL)
				opened = ARENA_ARRAY(ctx->arena, t->n_fields, bool);
			opened[i] = true;
		}
	}
	if (opened != NULL)
		seen_note(ctx, t, r->id, opened);
	*ret_view = view;
	return ERR_OK;
}

/* Most fields of most records: said without being looked at. Empty lists are written as []. */
static bool is_none(const struct field *f, const struct value *v)
{
	return v->kind == VALUE_EMPTY && f->kind != FIELD_TABLE && f->kind != FIELD_LINKS && f->kind != FIELD_FILES &&
	       f->kind != FIELD_CHOICES;
}

void record_view_write(struct ctx *ctx, struct json_out *out, const struct labels *labels,
                       const struct record_view *view)
{
	const struct record *r = view->record;
	json_open(out, '{');
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (view->sights[i] == SIGHT_HIDDEN)
			continue;
		if (is_none(f, &view->values[i])) {
			json_raw(out, f->json_key, f->none_len);
			continue;
		}
		json_key_made(out, f->json_key, f->key_len);
		seen_write_json(ctx, out, labels, f, &view->values[i], &r->lines[i], view->sights[i]);
	}
	json_close(out, '}');
}

static enum err fields_write(struct ctx *ctx, struct json_out *out, const struct record *r, bool glance)
{
	struct labels labels;
	struct record_view view;
	labels_init(&labels, ctx);
	TRY(record_view(ctx, r, glance, &labels, &view));
	TRY(labels_resolve(&labels));
	record_view_write(ctx, out, &labels, &view);
	return ERR_OK;
}

enum err record_write_json(struct ctx *ctx, struct json_out *out, struct record *r)
{
	return fields_write(ctx, out, r, false);
}

enum err record_write_glance_json(struct ctx *ctx, struct json_out *out, struct record *r)
{
	return fields_write(ctx, out, r, true);
}

/* record_out.c: a record as the API shows it to ctx->who. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/filter.h"
#include "model/sight.h"

enum { MEMO_MAX = 16 };

/* Masks of several fields usually have the same `unless`: each text is evaluated once a record. */
struct memo {
	struct ctx *ctx;
	const struct record *record;
	const char *texts[MEMO_MAX];
	bool holds[MEMO_MAX];
	size_t n;
};

static enum err memo_holds(struct memo *m, const struct filter *f, bool *ret_holds)
{
	struct buf text;
	buf_init(&text, m->ctx->arena, 1 << 16);
	filter_write_text(&text, f);
	for (size_t i = 0; i < m->n; i++) {
		if (strcmp(m->texts[i], text.data) == 0) {
			*ret_holds = m->holds[i];
			return ERR_OK;
		}
	}
	TRY(filter_holds(m->ctx, f, m->record, ret_holds));
	if (m->n < MEMO_MAX && !text.over) {
		m->texts[m->n] = text.data;
		m->holds[m->n++] = *ret_holds;
	}
	return ERR_OK;
}

static enum err memo_sight(struct memo *m, const struct field *f, enum field_sight *ret_sight)
{
	struct sight_rule rule = access_sight(m->ctx, f);
	bool yes = false;
	*ret_sight = rule.base;
	if (rule.base != SIGHT_MASKED)
		return ERR_OK;
	if (rule.clear_when != NULL)
		TRY(memo_holds(m, rule.clear_when, &yes));
	if (yes) {
		*ret_sight = SIGHT_CLEAR;
	} else if (rule.shown_when != NULL) {
		TRY(memo_holds(m, rule.shown_when, &yes));
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
			json_key(out, column->name);
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
	if (f->kind != FIELD_COMPUTED || f->is == NULL)
		return ERR_OK;
	bool holds;
	TRY(memo_holds(m, f->is, &holds));
	*ret = value_int(holds);
	return ERR_OK;
}

static enum err fields_write(struct ctx *ctx, struct json_out *out, struct record *r, bool glance)
{
	const struct type *t = r->type;
	struct memo memo = {.ctx = ctx, .record = r};
	struct labels labels;
	labels_init(&labels, ctx);
	enum field_sight *sights = ARENA_ARRAY(ctx->arena, t->n_fields + 1, enum field_sight);
	struct value *values = ARENA_ARRAY(ctx->arena, t->n_fields + 1, struct value);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		sights[i] = SIGHT_HIDDEN;
		if ((f->flags & FIELD_BASE) || (glance && !access_glances_at(ctx, f)))
			continue;
		TRY(memo_sight(&memo, f, &sights[i]));
		if (sights[i] == SIGHT_HIDDEN)
			continue;
		TRY(field_value(&memo, r, f, &values[i]));
		seen_want(&labels, f, &values[i], &r->lines[i]);
	}
	TRY(labels_resolve(&labels));
	json_open(out, '{');
	for (size_t i = 0; i < t->n_fields; i++) {
		if (sights[i] == SIGHT_HIDDEN)
			continue;
		json_key(out, t->fields[i].name);
		seen_write_json(ctx, out, &labels, &t->fields[i], &values[i], &r->lines[i], sights[i]);
	}
	json_close(out, '}');
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

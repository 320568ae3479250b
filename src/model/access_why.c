/* access_why.c: see access_why.h. */
#include "model/access_why.h"

#include <string.h>

#include "base/buf.h"
#include "model/filter_words.h"
#include "model/labels.h"
#include "model/names.h"
#include "model/who.h"

enum { WORDS_BYTES = 16 << 10, DISJUNCTS_MAX = 64 };

/* ---- the matrix -------------------------------------------------------------------------------------- */

static void names_member(struct json_out *out, const char *key, const struct field *const *fields, size_t n)
{
	json_key(out, key);
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		json_text(out, fields[i]->name);
	json_close(out, ']');
}

static void reach_member(struct json_out *out, const char *key, const struct filter *f)
{
	json_key(out, key);
	json_text(out, filter_reach_name(filter_reach(f)));
}

static void filter_member(struct ctx *ctx, struct json_out *out, const char *key, const struct filter *f)
{
	struct buf text, zh, en;

	if (f == NULL || filter_is_all(f))
		return;
	buf_init(&text, ctx->arena, WORDS_BYTES);
	buf_init(&zh, ctx->arena, WORDS_BYTES);
	buf_init(&en, ctx->arena, WORDS_BYTES);
	filter_write_text(&text, f);
	filter_words(f, LANG_ZH, &zh);
	filter_words(f, LANG_EN, &en);
	json_key(out, key);
	json_open(out, '{');
	json_key(out, "text");
	json_text(out, text.data);
	json_key(out, "zh");
	json_text(out, zh.data);
	json_key(out, "en");
	json_text(out, en.data);
	json_close(out, '}');
}

static void masks_member(struct ctx *ctx, struct json_out *out, const struct access *line)
{
	json_key(out, "mask");
	json_open(out, '[');
	for (size_t i = 0; i < line->n_masks; i++) {
		json_open(out, '{');
		json_key(out, "field");
		json_text(out, line->masks[i].field->name);
		filter_member(ctx, out, "unless", line->masks[i].unless);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void cell_write(struct ctx *ctx, struct json_out *out, const struct access *line)
{
	json_key(out, line->role);
	json_open(out, '{');
	reach_member(out, "read", line->read);
	reach_member(out, "write", line->write);
	json_key(out, "create");
	json_text(out, line->create ? "all" : "none");
	reach_member(out, "remove", line->remove);
	/* What may be exported is what may be read. */
	reach_member(out, "export", line->export ? line->read : NULL);
	json_key(out, "filters");
	json_open(out, '{');
	filter_member(ctx, out, "read", line->read);
	filter_member(ctx, out, "write", line->write);
	filter_member(ctx, out, "remove", line->remove);
	json_close(out, '}');
	names_member(out, "hide", line->hide, line->n_hide);
	masks_member(ctx, out, line);
	names_member(out, "glance", line->glance, line->n_glance);
	json_close(out, '}');
}

static void roles_write(struct ctx *ctx, struct json_out *out)
{
	json_key(out, "roles");
	json_open(out, '[');
	for (size_t i = 0; i < ctx->model->n_roles; i++) {
		const struct role *role = &ctx->model->roles[i];
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, role->name);
		json_label_said(out, "label", &role->label);
		if (role->about.zh != NULL)
			json_label_said(out, "about", &role->about);
		json_key(out, "can");
		json_open(out, '[');
		for (size_t k = 0; k < role->n_can; k++)
			json_text(out, role->can[k]);
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
}

static bool is_named(const struct access *line, const struct field *f)
{
	for (size_t i = 0; i < line->n_hide; i++)
		if (line->hide[i] == f)
			return true;
	for (size_t i = 0; i < line->n_masks; i++)
		if (line->masks[i].field == f)
			return true;
	for (size_t i = 0; i < line->n_glance; i++)
		if (line->glance[i] == f)
			return true;
	return false;
}

/* The labels of what the cells name: who looks after rights may have no model of the type. */
static void labels_member(struct ctx *ctx, struct json_out *out, const struct type *t)
{
	json_key(out, "fields");
	json_open(out, '{');
	for (size_t i = 0; i < t->n_fields; i++) {
		bool named = false;
		for (size_t k = 0; k < t->n_access && !named; k++)
			named = is_named(&t->access[k], &t->fields[i]);
		if (named)
			names_field_write_json(ctx, out, t, t->fields[i].name);
	}
	json_close(out, '}');
}

void access_matrix_write_json(struct ctx *ctx, struct json_out *out)
{
	json_open(out, '{');
	roles_write(ctx, out);
	json_key(out, "types");
	json_open(out, '[');
	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, t->name);
		json_label_said(out, "label", &t->label);
		json_key(out, "confidential");
		json_bool(out, t->confidential);
		labels_member(ctx, out, t);
		json_key(out, "cells");
		json_open(out, '{');
		for (size_t k = 0; k < t->n_access; k++)
			cell_write(ctx, out, &t->access[k]);
		json_close(out, '}');
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

/* ---- why one person sees one record ------------------------------------------------------------------- */

struct why {
	struct ctx *ctx;
	const struct record *record;
	struct json_out *out;
};

static const struct label *role_label(const struct ctx *ctx, const char *name)
{
	static const struct label unknown = {"", ""};
	for (size_t i = 0; i < ctx->model->n_roles; i++)
		if (strcmp(ctx->model->roles[i].name, name) == 0)
			return &ctx->model->roles[i].label;
	return &unknown;
}

/* 「热线组」, of a link to a team in the record itself. */
static enum err team_words(const struct why *w, const struct filter *f, enum lang lang, struct buf *out)
{
	const struct field *field = filter_own_field(f);
	const char *name = NULL;

	if (field == NULL || field->target == NULL || w->record->values[field->at].kind != VALUE_INT)
		return ERR_OK;
	TRY(record_titles(w->ctx, field->target, &w->record->values[field->at].i, 1, &name));
	if (name != NULL)
		buf_printf(out, lang == LANG_EN ? " \"%s\"" : "「%s」", name);
	return ERR_OK;
}

/* The one condition that holds, said of this record. */
static enum err condition_words(const struct why *w, const struct filter *f, enum lang lang, struct buf *out)
{
	const struct type *t = w->record->type;
	bool en = lang == LANG_EN;

	switch (filter_about(f)) {
	case ABOUT_ME:
		buf_str(out, en ? "because he is its " : "因为他是");
		filter_path_words(f, lang, out);
		return ERR_OK;
	case ABOUT_MY_TEAMS:
	case ABOUT_MY_UNITS:
	case ABOUT_SHARED:
		buf_str(out, en ? "because its " : "因为");
		filter_path_words(f, lang, out);
		TRY(team_words(w, f, lang, out));
		buf_str(out, filter_about(f) == ABOUT_MY_TEAMS ? en ? " is one of his" : "是他所在的班组"
		             : filter_about(f) == ABOUT_MY_UNITS ? en ? " is his or below his" : "是他的部门或在其下级"
		             : en                                ? " shares its acceptance with his team"
		                                                 : "与他的班组共享受理职责");
		return ERR_OK;
	case ABOUT_OTHER: break;
	}
	if (filter_is_all(f)) {
		buf_printf(out, en ? "because this role may see every %s" : "因为这个角色可以看全部%s",
		           label_in(&t->label, lang));
		return ERR_OK;
	}
	buf_str(out, en ? "because " : "因为");
	filter_words(f, lang, out);
	return ERR_OK;
}

static enum err sentence(const struct why *w, const struct access *line, const struct filter *f, enum lang lang)
{
	struct buf b;
	const char *name = w->ctx->who->name ? w->ctx->who->name : w->ctx->who->login;

	buf_init(&b, w->ctx->arena, WORDS_BYTES);
	buf_printf(&b, lang == LANG_EN ? "%s: %s, " : "%s：%s，", name, label_in(role_label(w->ctx, line->role), lang));
	TRY(condition_words(w, f, lang, &b));
	json_key(w->out, lang == LANG_EN ? "en" : "zh");
	json_text(w->out, b.over ? "" : b.data);
	return ERR_OK;
}

static enum err reason_write(const struct why *w, const struct access *line, const struct filter *f)
{
	struct buf text;

	buf_init(&text, w->ctx->arena, WORDS_BYTES);
	filter_write_text(&text, f);
	json_open(w->out, '{');
	json_key(w->out, "role");
	json_text(w->out, line->role);
	json_key(w->out, "line");
	json_text(w->out, text.data);
	json_key(w->out, "words");
	json_open(w->out, '{');
	TRY(sentence(w, line, f, LANG_ZH));
	TRY(sentence(w, line, f, LANG_EN));
	json_close(w->out, '}');
	json_close(w->out, '}');
	return ERR_OK;
}

/* A line may hold for several reasons: each is said. */
static enum err line_reasons(const struct why *w, const struct access *line)
{
	const struct filter *parts[DISJUNCTS_MAX];
	size_t n = filter_disjuncts(line->read, parts, DISJUNCTS_MAX);
	bool any = false, holds = false;

	for (size_t i = 0; i < n; i++) {
		TRY(filter_holds(w->ctx, parts[i], w->record, &holds));
		if (holds)
			TRY(reason_write(w, line, parts[i]));
		any = any || holds;
	}
	if (any)
		return ERR_OK;
	TRY(filter_holds(w->ctx, line->read, w->record, &holds));
	return holds ? reason_write(w, line, line->read) : ERR_OK;
}

static enum err because_write(const struct why *w)
{
	const struct type *t = w->record->type;

	json_key(w->out, "because");
	json_open(w->out, '[');
	for (size_t i = 0; i < t->n_access; i++)
		if (t->access[i].read != NULL && who_has_role(w->ctx->who, t->access[i].role))
			TRY(line_reasons(w, &t->access[i]));
	json_close(w->out, ']');
	return ERR_OK;
}

/* What each line of his would have asked for. */
static void why_not_line(const struct why *w, const struct access *line, const char *role)
{
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		bool en = lang == LANG_EN, glances = line != NULL && line->n_glance > 0;
		struct buf b;
		buf_init(&b, w->ctx->arena, WORDS_BYTES);
		buf_str(&b, label_in(role_label(w->ctx, role), (enum lang)lang));
		if (line == NULL || line->read == NULL) {
			buf_str(&b, glances ? en ? ": only a glance at intake" : "：只能在受理时看概要"
			            : en    ? ": has nothing to do with such records"
			                    : "：这个角色与这类记录无关");
		} else {
			buf_str(&b, en ? ": only where " : "：只能看到符合条件的，即");
			filter_words(line->read, (enum lang)lang, &b);
			buf_str(&b, en ? "; this one is not so" : "；这一条不符合");
		}
		json_key(w->out, en ? "en" : "zh");
		json_text(w->out, b.over ? "" : b.data);
	}
}

static void why_not_write(const struct why *w)
{
	const struct who *p = w->ctx->who;
	const struct type *t = w->record->type;

	json_key(w->out, "why_not");
	json_open(w->out, '[');
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct access *line = NULL;
		for (size_t k = 0; k < t->n_access && line == NULL; k++)
			line = strcmp(t->access[k].role, p->roles[i]) == 0 ? &t->access[k] : NULL;
		json_open(w->out, '{');
		json_key(w->out, "role");
		json_text(w->out, p->roles[i]);
		json_key(w->out, "words");
		json_open(w->out, '{');
		why_not_line(w, line, p->roles[i]);
		json_close(w->out, '}');
		json_close(w->out, '}');
	}
	json_close(w->out, ']');
}

static enum err sights_write(const struct why *w, enum field_sight wanted, const char *key)
{
	const struct type *t = w->record->type;

	json_key(w->out, key);
	json_open(w->out, '[');
	for (size_t i = 0; i < t->n_fields; i++) {
		enum field_sight sight;
		TRY(access_field_of(w->ctx, w->record, &t->fields[i], &sight));
		if (sight == wanted)
			json_text(w->out, t->fields[i].name);
	}
	json_close(w->out, ']');
	return ERR_OK;
}

static void glance_write(const struct why *w)
{
	const struct type *t = w->record->type;

	json_key(w->out, "glance");
	json_open(w->out, '[');
	for (size_t i = 0; i < t->n_fields; i++)
		if (access_glances_at(w->ctx, &t->fields[i]))
			json_text(w->out, t->fields[i].name);
	json_close(w->out, ']');
}

static void person_write(const struct why *w, const char *right)
{
	const struct who *p = w->ctx->who;

	json_key(w->out, "id");
	json_id(w->out, p->id);
	json_key(w->out, "label");
	json_text(w->out, p->name ? p->name : p->login);
	json_key(w->out, "roles");
	json_open(w->out, '[');
	for (size_t i = 0; i < p->n_roles; i++) {
		json_open(w->out, '{');
		json_key(w->out, "name");
		json_text(w->out, p->roles[i]);
		json_label_said(w->out, "label", role_label(w->ctx, p->roles[i]));
		json_close(w->out, '}');
	}
	json_close(w->out, ']');
	json_key(w->out, "right");
	json_text(w->out, right);
}

enum err access_why_write_json(struct ctx *ctx, const struct record *r, bool anyway, struct json_out *out,
                               bool *ret_sees)
{
	const struct why w = {.ctx = ctx, .record = r, .out = out};
	enum err e = access_check(ctx, r, ACCESS_READ);
	bool reads = e == ERR_OK, glances = access_may_glance(ctx, r->type);

	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_sees = reads || glances;
	if (!*ret_sees && !anyway)
		return ERR_OK;
	json_open(out, '{');
	person_write(&w, reads ? "read" : glances ? "glance" : "none");
	if (reads) {
		TRY(because_write(&w));
		TRY(sights_write(&w, SIGHT_HIDDEN, "hidden"));
		TRY(sights_write(&w, SIGHT_MASKED, "masked"));
	} else {
		why_not_write(&w);
		if (glances)
			glance_write(&w);
	}
	json_close(out, '}');
	return ERR_OK;
}

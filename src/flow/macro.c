/* macro.c: see macro.h. */
#include "flow/macro.h"

#include <stdlib.h>
#include <string.h>

#include "flow/step.h"
#include "flow/words.h"

enum { LISTED_MAX = 200, VALUE_BYTES = 64 << 10 };

static const char *line_text(const struct field *table, const struct record_line *line, const char *column)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, column) == 0 && line->values[i].kind == VALUE_TEXT)
			return line->values[i].s;
	return "";
}

static bool line_flag(const struct field *table, const struct record_line *line, const char *column)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, column) == 0 && line->values[i].kind == VALUE_INT)
			return line->values[i].i != 0;
	return false;
}

/* ---- which ones he may use ---------------------------------------------------------------------------- */

static bool role_fits(const struct ctx *ctx, const struct record *m)
{
	struct value roles = record_get(m, "roles");
	for (size_t i = 0; roles.kind == VALUE_LIST && i < roles.n; i++)
		if (who_has_role(ctx->who, roles.list[i].s))
			return true;
	return roles.kind != VALUE_LIST || roles.n == 0;
}

static bool usable(const struct ctx *ctx, const struct record *m, const struct type *t)
{
	const char *of = record_text(m, "of_type");
	return record_int(m, "active") != 0 && (of == NULL || strcmp(of, t->name) == 0) && role_fits(ctx, m);
}

static enum err macro_load(struct ctx *ctx, const struct type *t, int64_t id, struct record **ret_macro)
{
	const struct type *macro = model_type(ctx->model, "macro");
	if (macro == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load(ctx, macro, id, ret_macro));
	TRY(access_check(ctx, *ret_macro, ACCESS_READ));
	return usable(ctx, *ret_macro, t) ? ERR_OK : ERR_NOT_FOUND;
}

/* ---- words -------------------------------------------------------------------------------------------- */

/* {reply} is known before the rest is filled in, so that nothing in it is taken for a name. */
static enum err filled(struct ctx *ctx, const struct record *r, const char *text, const char *reply,
                       const char **ret_words)
{
	const struct filling with = {.about = r, .reader = ctx->who, .text = reply};
	const struct label label = {text, text};
	return template_fill(ctx, &with, &label, ctx->lang, ret_words);
}

/* ---- values ------------------------------------------------------------------------------------------- */

/* now + 2h, @me, an id: as the packs write it. */
static enum err expression_json(struct ctx *ctx, const struct record *r, const struct field *f, const char *text,
                                json_t **ret_json)
{
	struct value v;
	struct buf b;
	struct json_out out;
	json_t *list;
	TRY(value_expression(ctx, r, f, text, &v));
	buf_init(&b, ctx->arena, VALUE_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '[');
	value_write_json(&out, f, &v);
	json_close(&out, ']');
	TRY(json_parse(ctx, b.data, b.len, &list));
	*ret_json = json_incref(json_array_get(list, 0));
	return ERR_OK;
}

static json_t *words_json(const char *text)
{
	json_t *list = json_array();
	for (const char *at = text + strspn(text, " ,、"); *at != '\0';) {
		size_t len = strcspn(at, " ,");
		(void)json_array_append_new(list, json_stringn(at, len));
		at += len;
		at += strspn(at, " ,");
	}
	return list;
}

static enum err value_json(struct ctx *ctx, const struct record *r, const struct field *f, const char *text,
                           json_t **ret_json)
{
	char *end;
	*ret_json = NULL;
	if (*text == '\0') {
		*ret_json = json_null();
		return ERR_OK;
	}
	switch (f->kind) {
	case FIELD_FLAG: *ret_json = json_boolean(strcmp(text, "true") == 0 || strcmp(text, "是") == 0); break;
	case FIELD_CHOICES: *ret_json = words_json(text); break;
	case FIELD_NUMBER:
		*ret_json = f->scale > 0 ? json_real(strtod(text, &end)) : json_integer(strtoll(text, &end, 10));
		if (*end != '\0') {
			json_decref(*ret_json);
			return ctx_problem(ctx, ERR_INVALID, f->name, "wrong_type", "%s is no number", text);
		}
		break;
	case FIELD_DATE:
	case FIELD_DATETIME:
	case FIELD_LINK: return expression_json(ctx, r, f, text, ret_json);
	case FIELD_LINKS:
	case FIELD_FILES:
	case FIELD_TABLE:
	case FIELD_COMPUTED:
		return ctx_problem(ctx, ERR_INVALID, f->name, "read_only", "a macro can't set %s", f->name);
	default: *ret_json = json_string(text);
	}
	return *ret_json ? ERR_OK : ERR_INVALID;
}

/* ---- doing -------------------------------------------------------------------------------------------- */

struct running {
	struct ctx *ctx;
	const struct macro_use *use;
	const struct record *macro;
	struct record *record;
	const char *reply;
	json_t *set, *asked; /* gathered for the next change, the next transition */
};

static enum err flush(struct running *m)
{
	if (json_object_size(m->set) == 0)
		return ERR_OK;
	TRY(flow_change(m->ctx, m->use->type, m->record->id, m->record->version, m->set, &m->record));
	m->set = json_object_kept(m->ctx->arena);
	return ERR_OK;
}

static enum err put(struct running *m, json_t *into, const struct field *f, const char *name, const char *text)
{
	json_t *v;
	if (f == NULL)
		return ctx_problem(m->ctx, ERR_INVALID, name, "unknown_field", "%s has no field %s", m->use->type->name,
		                   name);
	TRY(value_json(m->ctx, m->record, f, text, &v));
	if (json_object_set_new(into, name, v) != 0)
		abort();
	return ERR_OK;
}

static const struct field *asked_field(const struct type *t, const char *name)
{
	const struct field *f = type_field(t, name);
	for (size_t i = 0; f == NULL && i < t->n_inputs; i++)
		f = strcmp(t->inputs[i].name, name) == 0 ? &t->inputs[i] : NULL;
	return f;
}

/* What he filled in himself goes before what the macro says. */
static void take_own(struct running *m, const struct transition *tr)
{
	for (size_t i = 0; i < tr->n_asks; i++) {
		const char *name = tr->asks[i].field->name;
		json_t *own = json_object_get(m->use->fields, name);
		if (own != NULL && json_object_set(m->asked, name, own) != 0)
			abort();
	}
}

static enum err do_transition(struct running *m, const char *name)
{
	const struct transition *tr = type_transition(m->use->type, name);
	if (tr == NULL)
		return ctx_problem(m->ctx, ERR_INVALID, "steps", "unknown_transition", "%s has no action %s",
		                   m->use->type->name, name);
	take_own(m, tr);
	TRY(flow_do(m->ctx, m->use->type, m->record->id, m->record->version, name, m->asked, &m->record));
	m->asked = json_object_kept(m->ctx->arena);
	return ERR_OK;
}

static enum err step_run(struct running *m, const struct field *table, const struct record_line *line)
{
	const char *act = line_text(table, line, "act"), *target = line_text(table, line, "target"), *text;
	const struct type *t = m->use->type;
	TRY(filled(m->ctx, m->record, line_text(table, line, "value"), m->reply, &text));
	if (strcmp(act, "set") == 0)
		return put(m, m->set, type_field(t, target), target, text);
	if (strcmp(act, "ask") == 0)
		return put(m, m->asked, asked_field(t, target), target, text);
	TRY(flush(m));
	if (strcmp(act, "do") == 0)
		return do_transition(m, target);
	if (*text == '\0')
		text = m->reply;
	return flow_comment(m->ctx, t, m->record->id, text, line_flag(table, line, "internal"), NULL, 0);
}

enum err macro_do(struct ctx *ctx, const struct macro_use *use)
{
	struct running m = {
	        .ctx = ctx, .use = use, .set = json_object_kept(ctx->arena), .asked = json_object_kept(ctx->arena)};
	struct record *macro;
	TRY(record_load(ctx, use->type, use->id, &m.record));
	TRY(access_check(ctx, m.record, ACCESS_READ));
	if (use->version == 0)
		return ctx_problem(ctx, ERR_NEED_VERSION, "", "need_version", "say which version you have seen");
	if (use->version != m.record->version)
		return ERR_STALE;
	TRY(macro_load(ctx, use->type, use->macro, &macro));
	const struct field *table = type_field(macro->type, "steps");
	const char *reply = record_text(macro, "reply");
	m.macro = macro;
	m.reply = use->reply;
	if (m.reply == NULL)
		TRY(filled(ctx, m.record, reply ? reply : "", "", &m.reply));
	for (size_t i = 0; table != NULL && i < macro->lines[table->at].n; i++)
		TRY(step_run(&m, table, &macro->lines[table->at].list[i]));
	return flush(&m);
}

enum err macro_check_many(struct ctx *ctx, const struct type *t, int64_t macro)
{
	struct record *m;
	TRY(macro_load(ctx, t, macro, &m));
	if (record_int(m, "many") == 0)
		return ctx_problem(ctx, ERR_INVALID, "macro", "not_bulk",
		                   ctx->lang == LANG_EN ? "this macro is not for many records at once"
		                                        : "这个宏不能批量使用");
	return ERR_OK;
}

/* ---- the list ------------------------------------------------------------------------------------------ */

static enum err ids_read(struct ctx *ctx, const struct type *macro, const struct type *t, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, macro->table);
	SQL(&q, " where active = 1 and (of_type is null or of_type = :type) order by name, id limit :n");
	sql_text(&q, "type", t->name);
	sql_int(&q, "n", LISTED_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < LISTED_MAX)
			ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

static void steps_write(const struct record *m, struct json_out *out)
{
	static const char *const columns[] = {"act", "target", "value"};
	const struct field *table = type_field(m->type, "steps");
	json_key(out, "steps");
	json_open(out, '[');
	for (size_t i = 0; table != NULL && i < m->lines[table->at].n; i++) {
		const struct record_line *line = &m->lines[table->at].list[i];
		json_open(out, '{');
		for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++) {
			json_key(out, columns[k]);
			json_text(out, line_text(table, line, columns[k]));
		}
		json_key(out, "internal");
		json_bool(out, line_flag(table, line, "internal"));
		json_close(out, '}');
	}
	json_close(out, ']');
}

static enum err listed_write(struct ctx *ctx, const struct record *m, const struct record *r, struct json_out *out)
{
	static const char *const texts[] = {"name", "group", "of_type"};
	const char *reply = record_text(m, "reply");
	if (r != NULL && reply != NULL)
		TRY(filled(ctx, r, reply, "", &reply));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, m->id);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_key(out, texts[i]);
		json_text(out, record_text(m, texts[i]));
	}
	json_key(out, "reply");
	json_text(out, reply);
	steps_write(m, out);
	json_key(out, "many");
	json_bool(out, record_int(m, "many") != 0);
	json_close(out, '}');
	return ERR_OK;
}

enum err macro_list_json(struct ctx *ctx, const struct type *t, int64_t record, struct json_out *out)
{
	const struct type *macro = model_type(ctx->model, "macro");
	struct record *r = NULL, *m;
	int64_t ids[LISTED_MAX];
	size_t n = 0;
	if (record != 0) {
		TRY(record_load(ctx, t, record, &r));
		TRY(access_check(ctx, r, ACCESS_READ));
	}
	if (macro != NULL)
		TRY(ids_read(ctx, macro, t, ids, &n));
	json_open(out, '{');
	json_key(out, "macros");
	json_open(out, '[');
	for (size_t i = 0; i < n && arena_bytes(ctx->arena) < LIMIT_PAGE_BYTES; i++) {
		enum err e = macro_load(ctx, t, ids[i], &m);
		if (e == ERR_OK)
			TRY(listed_write(ctx, m, r, out));
		else if (e != ERR_NOT_FOUND)
			return e;
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

/* The tenant's copy of its packs: reading it, and putting another in force. */
#include <sodium.h>

#include "base/ids.h"
#include "model/directory.h"
#include "model/pack.h"
#include "model/pack_load.h"
#include "model/pack_tables.h"
#include "model/who.h"

enum err pack_texts(struct ctx *ctx, struct pack_text **ret_texts, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	struct pack_text *texts = ARENA_ARRAY(ctx->arena, LIMIT_PACK_FILES + 1, struct pack_text);
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select pack, path, body from pack_file order by pack, path");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows) && n < LIMIT_PACK_FILES) {
		size_t len = 0;
		const char *body = rows_text(rows, 2, &len);
		texts[n].pack = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		texts[n].path = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
		texts[n].body = arena_strndup(ctx->arena, body ? body : "", len);
		texts[n++].len = len;
	}
	TRY(rows_done(rows));
	*ret_texts = texts;
	*ret_n = n;
	return ERR_OK;
}

enum err pack_add_own(struct ctx *ctx, struct pack_text **texts, size_t *n)
{
	struct pack_text *stored, *all;
	size_t n_stored, n_all = *n;
	TRY(pack_texts(ctx, &stored, &n_stored));
	all = ARENA_ARRAY(ctx->arena, *n + n_stored + 1, struct pack_text);
	memcpy(all, *texts, *n * sizeof *all);
	for (size_t i = 0; i < n_stored; i++)
		if (strcmp(stored[i].pack, "own") == 0)
			all[n_all++] = stored[i];
	*texts = all;
	*n = n_all;
	return ERR_OK;
}

/* A text value lies in `text` still. */
static bool parameter_parse(const struct parameter *p, const char *text, struct value *ret_value)
{
	int64_t v;
	if (p->kind == FIELD_NUMBER || p->kind == FIELD_MONEY) {
		if (!load_decimal(text, p->scale, &v))
			return false;
		*ret_value = value_int(v);
	} else if (p->kind == FIELD_FLAG) {
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return false;
		*ret_value = value_int(text[0] == 't');
	} else {
		bool duration = p->preset.kind == VALUE_TEXT && load_duration_ok(p->preset.s);
		if (duration && !load_duration_ok(text))
			return false;
		*ret_value = value_text(text);
	}
	return true;
}

bool parameter_fits(const struct parameter *p, const char *text)
{
	struct value v;
	return parameter_parse(p, text, &v);
}

static bool parameter_set(struct model *m, struct parameter *p, const char *text)
{
	return parameter_parse(p, arena_strdup(m->arena, text), &p->value);
}

/* Setting `calendar` names the organisation's own. A calendar that is gone is not missed: the first stands in. */
static enum err read_calendar(struct ctx *ctx, struct model *m, crypto_generichash_state *state)
{
	struct sql q;
	const char *name = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = 'calendar'");
	enum err e = sql_one_text(ctx, &q, &name);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	const struct calendar *c = e == ERR_OK && name ? model_calendar(m, name) : NULL;
	if (c) {
		m->calendar = c;
		crypto_generichash_update(state, (const unsigned char *)name, strlen(name) + 1);
	}
	return ERR_OK;
}

/* Settings `parameter.NAME`. One that does not fit its kind is told and its default stays. */
static enum err read_parameters(struct ctx *ctx, struct model *m)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select key, value from setting where ");
	sql_prefix(&q, "key", "parameter.");
	SQL(&q, " order by key");
	TRY(sql_rows(ctx, &q, &rows));
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, (const unsigned char *)m->digest, strlen(m->digest));
	while (rows_next(rows)) {
		const char *key = rows_text(rows, 0, NULL), *value = rows_text(rows, 1, NULL);
		struct parameter *p = (struct parameter *)model_parameter(m, key + strlen("parameter."));
		if (!p || !value || !parameter_set(m, p, value))
			continue;
		crypto_generichash_update(&state, (const unsigned char *)key, strlen(key) + 1);
		crypto_generichash_update(&state, (const unsigned char *)value, strlen(value) + 1);
	}
	TRY(rows_done(rows));
	TRY(read_calendar(ctx, m, &state));
	unsigned char digest[32];
	crypto_generichash_final(&state, digest, sizeof digest);
	uint64_t generation;
	memcpy(&generation, digest, sizeof generation);
	m->generation = (int64_t)(generation >> 2);
	return ERR_OK;
}

enum err model_load_stored(struct ctx *ctx, struct model **ret_model, struct pack_report *ret_report)
{
	return model_load_with(ctx, NULL, ret_model, ret_report);
}

/* The text takes the place of the stored one of its name, or comes beside them. */
static void text_put(struct pack_text *texts, size_t *n, const struct pack_text *text)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(texts[i].pack, text->pack) == 0 && strcmp(texts[i].path, text->path) == 0) {
			texts[i] = *text;
			return;
		}
	texts[(*n)++] = *text;
}

enum err model_load_with(struct ctx *ctx, const struct pack_text *text, struct model **ret_model,
                         struct pack_report *ret_report)
{
	struct pack_text *texts;
	size_t n;
	TRY(pack_texts(ctx, &texts, &n));
	if (text)
		text_put(texts, &n, text);
	return model_load_texts(ctx, texts, n, ret_model, ret_report);
}

enum err model_load_texts(struct ctx *ctx, const struct pack_text *texts, size_t n, struct model **ret_model,
                          struct pack_report *ret_report)
{
	struct model *m;
	TRY(model_load(ctx->arena, texts, n, &m, ret_report));
	enum err err = read_parameters(ctx, m);
	if (err != ERR_OK) {
		model_unref(m);
		return err;
	}
	*ret_model = m;
	return ERR_OK;
}

static enum err add_table(struct ctx *ctx, const struct table_plan *p)
{
	struct column *columns = ARENA_ARRAY(ctx->arena, p->n_columns + 1, struct column);
	for (size_t i = 0; i < p->n_columns; i++)
		columns[i] = p->columns[i].column;
	return ddl_create_table(ctx, p->name, columns, p->n_columns);
}

static enum err add_index(struct ctx *ctx, const struct table_plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_indexes; i++)
		if (strcmp(p->indexes[i].name, name) == 0)
			return ddl_create_index(ctx, name, p->name, p->indexes[i].columns, p->indexes[i].n,
			                        p->indexes[i].unique);
	return ERR_INTERNAL;
}

static enum err add_column(struct ctx *ctx, const struct table_plan *p, const char *name)
{
	const struct table_column *c = table_column(p, name);
	TRY(ddl_add_column(ctx, p->name, &c->column));
	return c->key ? fill_sort_key(ctx, p->name, c->field->column, name) : ERR_OK;
}

/* Only empty columns change what the database makes of them; the others hold the same bytes. */
static enum err change_kind(struct ctx *ctx, const struct table_plan *p, const char *name)
{
	const struct table_column *c = table_column(p, name);
	struct column *columns;
	size_t n;
	TRY(ddl_columns(ctx, p->name, &columns, &n));
	for (size_t i = 0; c && i < n; i++) {
		if (strcmp(columns[i].name, name) != 0 || columns[i].kind == c->column.kind)
			continue;
		TRY(ddl_drop_column(ctx, p->name, name));
		return ddl_add_column(ctx, p->name, &c->column);
	}
	return ERR_OK;
}

static enum err run_step(struct ctx *ctx, const struct model *m, const struct pack_plan *plan,
                         const struct pack_step *s)
{
	const struct table_plan *p = tables_find(plan->tables, plan->n_tables, s->table);
	switch (s->kind) {
	case PACK_ADD_TABLE: return add_table(ctx, p);
	case PACK_ADD_COLUMN: return add_column(ctx, p, s->column);
	case PACK_ADD_INDEX: return add_index(ctx, p, s->column);
	case PACK_RENAME_TABLE: return ddl_rename_table(ctx, s->from, s->table);
	case PACK_RENAME_COLUMN: return ddl_rename_column(ctx, s->table, s->from, s->column);
	case PACK_DROP_INDEX: return ddl_drop_index(ctx, s->column);
	case PACK_DROP_COLUMN:
		if (s->heir)
			TRY(fill_kept_choices(ctx, p->type, s));
		return ddl_drop_column(ctx, s->table, s->column);
	case PACK_CHANGE_KIND: return change_kind(ctx, p, s->column);
	case PACK_DROP_TABLE:
		if (s->column) /* a type's own table */
			TRY(fill_dropped_type(ctx, s->column));
		return ddl_drop_table(ctx, s->table);
	}
	return ERR_INTERNAL;
}

static const char *body_digest(struct arena *a, const char *body, size_t len)
{
	unsigned char digest[32];
	char *hex = ARENA_ARRAY(a, sizeof digest * 2 + 1, char);
	crypto_generichash(digest, sizeof digest, (const unsigned char *)body, len, NULL, 0);
	return sodium_bin2hex(hex, sizeof digest * 2 + 1, digest, sizeof digest);
}

static const struct pack_text *text_of(const struct pack_text *texts, size_t n, const struct pack_text *as)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(texts[i].pack, as->pack) == 0 && strcmp(texts[i].path, as->path) == 0)
			return &texts[i];
	return NULL;
}

/* shipped_digest stays what the file was when it first came: so an edited one is known. */
static enum err write_texts(struct ctx *ctx, const struct pack_text *texts, size_t n, const struct pack_put *put)
{
	struct sql q;
	struct pack_text *before;
	size_t n_before;
	TRY(pack_texts(ctx, &before, &n_before));
	for (size_t i = 0; i < n_before; i++) {
		if (text_of(texts, n, &before[i]))
			continue;
		TRY(pack_version_add(ctx, &before[i], NULL, put));
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from pack_file where pack = :pack and path = :path");
		sql_text(&q, "pack", before[i].pack);
		sql_text(&q, "path", before[i].path);
		TRY(sql_run(ctx, &q, NULL));
	}
	for (size_t i = 0; i < n; i++) {
		const struct pack_text *was = text_of(before, n_before, &texts[i]);
		if (was && was->len == texts[i].len && memcmp(was->body, texts[i].body, was->len) == 0)
			continue;
		TRY(pack_version_add(ctx, was, &texts[i], put));
		sql_init(&q, ctx->arena);
		SQL(&q,
		    "insert into pack_file (pack, path, body, shipped_digest) values (:pack, :path, :body, :digest) "
		    "on conflict (pack, path) do update set body = excluded.body");
		sql_text(&q, "pack", texts[i].pack);
		sql_text(&q, "path", texts[i].path);
		sql_text(&q, "body", arena_strndup(ctx->arena, texts[i].body, texts[i].len));
		sql_text(&q, "digest", body_digest(ctx->arena, texts[i].body, texts[i].len));
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_OK;
}

static enum err write_change(struct ctx *ctx, const struct model *m, const struct pack_plan *plan, int64_t id)
{
	struct sql q;
	struct buf report, packs;
	struct json_out out;
	buf_init(&report, ctx->arena, LIMIT_YAML_BYTES);
	json_out_init(&out, &report);
	json_open(&out, '[');
	for (size_t i = 0; i < plan->n_steps; i++)
		json_text(&out, plan->steps[i].message);
	json_close(&out, ']');
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into pack_change (id, at, actor, digest, report) values (:id, :at, :actor, :digest, :report)");
	sql_int(&q, "id", id);
	sql_int(&q, "at", ctx->now_ms);
	sql_int_or_null(&q, "actor", ctx->who ? ctx->who->id : 0);
	sql_text(&q, "digest", m->digest);
	sql_text(&q, "report", report.over ? "[]" : report.data);
	TRY(sql_run(ctx, &q, NULL));
	buf_init(&packs, ctx->arena, LIMIT_YAML_BYTES);
	for (size_t i = 0; i < m->n_packs; i++) {
		if (strcmp(m->packs[i].name, "own") == 0) /* comes from no folder */
			continue;
		buf_str(&packs, i ? " " : "");
		buf_str(&packs, m->packs[i].name);
	}
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values ('packs', :packs) on conflict (key) do update set value = "
	        "excluded.value");
	sql_text(&q, "packs", packs.data);
	TRY(sql_run(ctx, &q, NULL));
	return directory_begin(ctx);
}

static enum err check_steps(struct ctx *ctx, const struct pack_plan *plan, bool allow_drop)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct pack_step *s = &plan->steps[i];
		if (s->refused || (s->destructive && !allow_drop))
			err = ctx_problem(ctx, ERR_CONFLICT,
			                  arena_printf(ctx->arena, "%s%s%s", s->table, s->column ? "." : "",
			                               s->column ? s->column : ""),
			                  s->refused ? "refused" : "destructive", "%s", s->message);
	}
	return err;
}

/* What goes can be had back: a copy as it was, made while nobody else writes (SQLite) or can change it under us. */
static enum err copy_first(struct ctx *ctx, const struct pack_plan *plan, struct pack_put *put)
{
	char why[512] = "";
	size_t i = 0;
	while (i < plan->n_steps && (put->derived || !plan->steps[i].destructive))
		i++;
	put->copy = NULL;
	if (i == plan->n_steps)
		return ERR_OK;
	enum err err = org_keep(ctx->org, ctx->arena, "packs", put->change, &put->copy, why, sizeof(why));
	if (err == ERR_OK)
		return ERR_OK;
	return ctx_problem(ctx, err, "allow_drop", "no_copy",
	                   ctx->lang == LANG_EN
	                           ? "nothing was changed: the copy made before data goes (%s) failed: %s; "
	                             "make room in the data folder and try again"
	                           : "没有改动任何东西：删数据之前要先做的备份（%s）没有做成：%s。"
	                             "请给数据目录腾出空间后再试",
	                   put->copy, why);
}

enum err pack_apply(struct ctx *ctx, const struct model *m, const struct pack_text *texts, size_t n, bool allow_drop)
{
	return pack_put(ctx, m, texts, n, &(struct pack_put){.allow_drop = allow_drop});
}

enum err pack_put(struct ctx *ctx, const struct model *m, const struct pack_text *texts, size_t n, struct pack_put *put)
{
	struct pack_plan plan;
	TRY(pack_plan(ctx, m, &plan));
	TRY(check_steps(ctx, &plan, put->allow_drop));
	put->change = ids_next(ctx->ids, ctx->now_ms);
	TRY(copy_first(ctx, &plan, put));
	for (size_t i = 0; i < plan.n_steps; i++)
		TRY(run_step(ctx, m, &plan, &plan.steps[i]));
	for (size_t i = 0; i < plan.n_steps; i++) {
		const struct type *t =
		        plan.steps[i].kind == PACK_RENAME_TABLE ? model_type(m, plan.steps[i].table) : NULL;
		if (t)
			TRY(fill_renamed_type(ctx, m, t, plan.steps[i].from));
	}
	TRY(write_texts(ctx, texts, n, put));
	return write_change(ctx, m, &plan, put->change);
}

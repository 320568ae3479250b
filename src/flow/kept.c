/* kept.c: a field of choices has become a table (`was`): what was chosen becomes its lines, as an act of the system. */
#include <string.h>

#include "base/ids.h"
#include "flow/due.h"
#include "flow/step.h"

enum { SLICE = 50 };
#define KEPT_KEY "kept"

struct kept {
	int64_t record;
	const char *field, *type, *chosen, *labels;
};

static enum err slice_read(struct ctx *ctx, struct kept *list, size_t *ret_n)
{
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select record, field, type, chosen, labels from kept_choice order by record, field limit :n");
	sql_int(&q, "n", SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	for (*ret_n = 0; *ret_n < SLICE && rows_next(rows); (*ret_n)++)
		list[*ret_n] = (struct kept){.record = rows_int(rows, 0),
		                             .field = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                             .type = arena_strdup(ctx->arena, rows_text(rows, 2, NULL)),
		                             .chosen = arena_strdup(ctx->arena, rows_text(rows, 3, NULL)),
		                             .labels = arena_strdup(ctx->arena, rows_text(rows, 4, NULL))};
	return rows_done(rows);
}

/* What an option was called; its name where that is not known. */
static const char *label_of(struct ctx *ctx, const struct kept *k, const char *code)
{
	size_t len = strlen(code);
	for (const char *s = k->labels; *s != '\0'; s += strcspn(s, "\n"), s += *s == '\n')
		if (strncmp(s, code, len) == 0 && s[len] == ' ')
			return arena_strndup(ctx->arena, s + len + 1, strcspn(s + len + 1, "\n"));
	return code;
}

/* The record of that code; made where there is none. */
static enum err option_record(struct ctx *ctx, const struct kept *k, const struct type *t, const char *code,
                              int64_t *ret_id)
{
	struct record *made;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where code = :code order by id limit 1");
	sql_text(&q, "code", code);
	enum err e = sql_one_int(ctx, &q, ret_id);
	if (e != ERR_NOT_FOUND)
		return e;
	json_t *fields = json_pack("{s:s}", "code", code);
	if (fields == NULL)
		return ERR_INTERNAL;
	if (t->title != NULL && strcmp(t->title->name, "code") != 0)
		json_object_set_new(fields, t->title->name, json_string(label_of(ctx, k, code)));
	e = flow_create(ctx, t, fields, &made);
	json_decref(fields);
	TRY(e);
	*ret_id = made->id;
	return ERR_OK;
}

/* A line as a form begins it, with its link. */
static void line_put(struct ctx *ctx, struct record *r, const struct field *f, const struct field *link, int64_t id)
{
	struct record_line *line = record_line_add(ctx->arena, r, f);
	for (size_t i = 0; i < f->n_columns; i++) {
		const struct field *c = &f->columns[i];
		int64_t n;
		if (c == link)
			line->values[c->at] = value_int(id);
		else if (c->kind == FIELD_NUMBER && c->scale == 0 && c->preset != NULL && id_parse(c->preset, &n))
			line->values[c->at] = value_int(n);
	}
}

static const struct field *link_of(const struct field *f)
{
	for (size_t i = 0; i < f->n_columns; i++)
		if (f->columns[i].kind == FIELD_LINK && f->columns[i].target != NULL &&
		    type_field(f->columns[i].target, "code") != NULL)
			return &f->columns[i];
	return NULL;
}

static enum err kept_one(struct ctx *ctx, const struct kept *k)
{
	const struct type *t = model_type(ctx->model, k->type);
	const struct field *f = t != NULL ? type_field(t, k->field) : NULL;
	const struct field *link = f != NULL && f->kind == FIELD_TABLE ? link_of(f) : NULL;
	struct record *r, *before;
	struct step s = {0};
	enum err e = link != NULL ? record_load(ctx, t, k->record, &r) : ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	TRY(e);
	/* Lines that somebody has written since say more. */
	if (r->lines[f->at].n > 0)
		return ERR_OK;
	before = record_copy(ctx, r);
	for (const char *at = k->chosen + strspn(k->chosen, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		int64_t id;
		TRY(option_record(ctx, k, link->target, arena_strndup(ctx->arena, at, len), &id));
		line_put(ctx, r, f, link, id);
		at += len;
	}
	return step_update(ctx, &s, r, before, &(struct note){.kind = "changed"});
}

enum err kept_due(struct ctx *ctx, const struct due_row *d)
{
	struct kept *list = ARENA_ARRAY(ctx->arena, SLICE, struct kept);
	size_t n;
	TRY(slice_read(ctx, list, &n));
	for (size_t i = 0; i < n; i++) {
		struct sql q;
		TRY(kept_one(ctx, &list[i]));
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from kept_choice where record = :record and field = :field");
		sql_int(&q, "record", list[i].record);
		sql_text(&q, "field", list[i].field);
		TRY(sql_run(ctx, &q, NULL));
	}
	return n < SLICE ? ERR_OK : due_put(ctx, d->key, d->kind, ctx->now_ms, DUE_RANK_WORST, NULL, 0, NULL);
}

enum err kept_plan(struct ctx *ctx)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from kept_choice limit 1) k");
	TRY(sql_one_int(ctx, &q, &n));
	return n > 0 ? due_put(ctx, KEPT_KEY, "kept", ctx->now_ms, DUE_RANK_WORST, NULL, 0, NULL) : ERR_OK;
}

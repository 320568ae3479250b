/* shown.c: values out of events as words for people. */
#include "flow/shown.h"

#include <string.h>

#include "base/ids.h"

enum { NAMES_MAX = 512, FILES_MAX = 50, WORDS_BYTES_MAX = 1 << 20 };

struct known {
	int64_t id;
	const char *name;
};

struct shown {
	struct known names[NAMES_MAX];
	size_t n;
	signed char *sights; /* by field->at, -1: not judged yet */
};

struct shown *shown_new(struct ctx *ctx)
{
	return ARENA_NEW(ctx->arena, struct shown);
}

enum err shown_name(struct ctx *ctx, struct shown *s, const struct type *t, int64_t id, const char **ret_name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->names[i].id == id) {
			*ret_name = s->names[i].name;
			return ERR_OK;
		}
	const char *name = NULL;
	TRY(record_label(ctx, t, id, &name));
	*ret_name = name ? name : "";
	if (s->n < NAMES_MAX)
		s->names[s->n++] = (struct known){id, *ret_name};
	return ERR_OK;
}

enum err shown_sight(struct ctx *ctx, struct shown *s, const struct record *r, const struct field *f,
                     enum field_sight *ret_sight)
{
	if (s->sights == NULL) {
		s->sights = arena_alloc(ctx->arena, r->type->n_fields + 1);
		memset(s->sights, -1, r->type->n_fields + 1);
	}
	if (s->sights[f->at] < 0) {
		enum field_sight sight;
		/* The history of a masked field tells what the field tells. */
		TRY(access_field_shown(ctx, r, f, &sight));
		s->sights[f->at] = (signed char)sight;
	}
	*ret_sight = (enum field_sight)s->sights[f->at];
	return ERR_OK;
}

const struct field *shown_event_field(const struct type *t, const char *name)
{
	const struct field *f = type_field(t, name);
	for (size_t i = 0; f == NULL && i < t->n_fields; i++)
		if (t->fields[i].was != NULL && strcmp(t->fields[i].was, name) == 0)
			f = &t->fields[i];
	return f;
}

/* ---- words --------------------------------------------------------------------------------------- */

static enum err links_words(struct ctx *ctx, struct shown *s, const struct field *f, const struct value *v,
                            struct buf *out)
{
	size_t n = v->kind == VALUE_LIST ? v->n : 1;
	for (size_t i = 0; i < n; i++) {
		const char *name;
		TRY(shown_name(ctx, s, f->target, v->kind == VALUE_LIST ? v->list[i].i : v->i, &name));
		if (i > 0)
			buf_str(out, ctx->lang == LANG_EN ? ", " : "、");
		buf_str(out, name);
	}
	return ERR_OK;
}

static enum err value_words(struct ctx *ctx, struct shown *s, const struct field *f, const json_t *j, struct buf *out)
{
	struct value v;
	if (!note_value(ctx, f, j, &v))
		return ERR_OK;
	if (f->kind == FIELD_LINK || f->kind == FIELD_LINKS)
		return links_words(ctx, s, f, &v, out);
	if (f->kind == FIELD_FILES)
		buf_printf(out, ctx->lang == LANG_EN ? "%zu files" : "%zu 个文件", v.n);
	else
		buf_str(out, value_display(ctx, f, &v));
	return ERR_OK;
}

static enum err line_words(struct ctx *ctx, struct shown *s, const struct field *f, const json_t *line, struct buf *out)
{
	size_t start = out->len;
	for (size_t i = 0; i < f->n_columns; i++) {
		const json_t *j = json_object_get(line, f->columns[i].name);
		if (j == NULL || json_is_null(j))
			continue;
		if (out->len > start)
			buf_str(out, " · ");
		TRY(value_words(ctx, s, &f->columns[i], j, out));
	}
	return ERR_OK;
}

enum err shown_words(struct ctx *ctx, struct shown *s, const struct field *f, const json_t *j, const char **ret_words)
{
	struct buf out;
	buf_init(&out, ctx->arena, WORDS_BYTES_MAX);
	if (f->kind != FIELD_TABLE) {
		TRY(value_words(ctx, s, f, j, &out));
	} else {
		size_t i;
		json_t *line;
		json_array_foreach((json_t *)j, i, line)
		{
			if (i > 0)
				buf_char(&out, '\n');
			TRY(line_words(ctx, s, f, line, &out));
		}
	}
	*ret_words = out.data ? out.data : "";
	return ERR_OK;
}

/* ---- files and linked records ---------------------------------------------------------------------- */

static enum err file_write(struct ctx *ctx, struct json_out *out, int64_t id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select name, size, mime from file where id = :id");
	sql_int(&q, "id", id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, id);
		json_key(out, "name");
		json_text(out, rows_text(rows, 0, NULL));
		json_key(out, "size");
		json_int(out, rows_int(rows, 1));
		json_key(out, "mime");
		json_text(out, rows_text(rows, 2, NULL));
		json_close(out, '}');
	}
	return rows_done(rows);
}

enum err shown_files(struct ctx *ctx, struct json_out *out, const json_t *ids)
{
	size_t i;
	json_t *one;
	json_key(out, "files");
	json_open(out, '[');
	json_array_foreach((json_t *)ids, i, one)
	{
		int64_t id;
		if (i < FILES_MAX && json_is_string(one) && id_parse(json_string_value(one), &id))
			TRY(file_write(ctx, out, id));
	}
	json_close(out, ']');
	return ERR_OK;
}

/* Its name only for who may read it, title included. */
static enum err linked_label(struct ctx *ctx, const struct type *t, int64_t id, const char **ret_label)
{
	struct record *r;
	enum field_sight sight = SIGHT_CLEAR;
	*ret_label = NULL;
	enum err e = record_load(ctx, t, id, &r);
	if (e == ERR_OK)
		e = access_check(ctx, r, ACCESS_READ);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	if (t->title != NULL)
		TRY(access_field_shown(ctx, r, t->title, &sight));
	const char *number = record_text(r, "number"), *title = sight == SIGHT_CLEAR ? record_title(r) : "";
	*ret_label = number == NULL   ? title
	             : *title == '\0' ? number
	                              : arena_printf(ctx->arena, "%s %s", number, title);
	return ERR_OK;
}

enum err shown_linked(struct ctx *ctx, struct json_out *out, const json_t *linked)
{
	const char *name = json_string_value(json_object_get(linked, "type"));
	const char *text = json_string_value(json_object_get(linked, "id"));
	const struct type *t = name ? model_type(ctx->model, name) : NULL;
	const char *label;
	int64_t id;
	json_key(out, "linked");
	if (t == NULL || text == NULL || !id_parse(text, &id)) {
		json_none(out);
		return ERR_OK;
	}
	TRY(linked_label(ctx, t, id, &label));
	json_open(out, '{');
	json_key(out, "type");
	json_text(out, t->name);
	json_key(out, "id");
	json_id(out, label ? id : 0);
	json_key(out, "label");
	json_text(out, label ? label : label_in(&t->label, ctx->lang));
	json_close(out, '}');
	return ERR_OK;
}

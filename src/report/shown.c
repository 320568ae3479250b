/* shown.c: see shown.h. */
#include <string.h>

#include "base/clock.h"
#include "report/shown.h"

const struct field *shown_field(struct ctx *ctx, const struct type *t, const char *path, const char **ret_label)
{
	const char *dot = strchr(path, '.');
	if (dot == NULL) {
		const struct field *f = type_field(t, path);
		if (f != NULL && ret_label != NULL)
			*ret_label = label_in(&f->label, ctx->lang);
		return f;
	}
	const struct field *link = type_field(t, arena_strndup(ctx->arena, path, (size_t)(dot - path)));
	if (link == NULL || link->kind != FIELD_LINK || link->target == NULL)
		return NULL;
	const struct field *f = type_field(link->target, dot + 1);
	if (f != NULL && ret_label != NULL)
		*ret_label = arena_printf(ctx->arena, "%s·%s", label_in(&link->label, ctx->lang),
		                          label_in(&f->label, ctx->lang));
	return f;
}

const char *shown_time(struct ctx *ctx, int64_t at_ms)
{
	struct local_time l;
	zone_local(ctx->zone, at_ms, &l);
	return arena_printf(ctx->arena, "%04d-%02d-%02d %02d:%02d", l.year, l.month, l.day, l.hour, l.minute);
}

static const char *option_label(struct ctx *ctx, const struct field *f, const char *name)
{
	const struct option *o = name ? field_option(f, name, NULL) : NULL;
	return o ? label_in(&o->label, ctx->lang) : name ? name : "";
}

static const char *one(struct ctx *ctx, const struct field *f, const json_t *cell)
{
	if (json_is_object(cell)) {
		const char *masked = json_string_value(json_object_get(cell, "masked"));
		const char *label = json_string_value(json_object_get(cell, "label"));
		const char *name = json_string_value(json_object_get(cell, "name"));
		return masked ? masked : label ? label : name ? name : "";
	}
	if (json_is_boolean(cell))
		return ctx->lang == LANG_EN ? (json_is_true(cell) ? "Yes" : "No") : json_is_true(cell) ? "是" : "否";
	if (json_is_integer(cell))
		return arena_printf(ctx->arena, "%lld", (long long)json_integer_value(cell));
	if (json_is_real(cell))
		return arena_printf(ctx->arena, "%.*f", f->scale, json_real_value(cell));
	if (!json_is_string(cell))
		return "";
	const char *s = json_string_value(cell);
	int64_t at;
	if (f->kind == FIELD_CHOICE || f->kind == FIELD_CHOICES)
		return option_label(ctx, f, s);
	if (f->kind == FIELD_DATETIME && instant_parse(s, &at))
		return shown_time(ctx, at);
	return arena_strdup(ctx->arena, s);
}

/* Lines of a table: "号码 138…；类别 手机" by line. */
static const char *table_line(struct ctx *ctx, const struct field *f, const json_t *line)
{
	struct buf b;
	buf_init(&b, ctx->arena, LIMIT_BODY_BYTES);
	for (size_t i = 0; i < f->n_columns; i++) {
		const struct field *c = &f->columns[i];
		const char *text = shown_text(ctx, c, json_object_get(line, c->name));
		if (*text == '\0')
			continue;
		if (b.len > 0)
			buf_str(&b, ctx->lang == LANG_EN ? "; " : "；");
		buf_printf(&b, "%s %s", label_in(&c->label, ctx->lang), text);
	}
	return b.data ? b.data : "";
}

const char *shown_text(struct ctx *ctx, const struct field *f, const json_t *cell)
{
	if (cell == NULL || json_is_null(cell))
		return "";
	if (!json_is_array(cell))
		return one(ctx, f, cell);
	struct buf b;
	buf_init(&b, ctx->arena, LIMIT_BODY_BYTES);
	buf_str(&b, "");
	for (size_t i = 0; i < json_array_size(cell); i++) {
		const json_t *part = json_array_get(cell, i);
		if (i > 0)
			buf_str(&b, f->kind == FIELD_TABLE ? "\n" : ctx->lang == LANG_EN ? ", " : "、");
		buf_str(&b, f->kind == FIELD_TABLE ? table_line(ctx, f, part) : one(ctx, f, part));
	}
	return b.data;
}

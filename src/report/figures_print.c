/* figures_print.c: a report of figures on paper, from the same JSON that its page is drawn from. */
#include <string.h>
#include <unistd.h>

#include "model/who.h"
#include "model/yaml_tree.h"
#include "report/figures.h"
#include "report/print.h"
#include "report/shown.h"
#include "store/store.h"

enum { REPORT_BYTES_MAX = 8 << 20 };

struct printing {
	const char *name, *at;
	const struct print_how *how;
	struct buf content;
};

static const char *words(const struct ctx *ctx, const char *zh, const char *en)
{
	return ctx->lang == LANG_EN ? en : zh;
}

static void key_text(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

/* 12, 98.5 %, 1280.00 or —, with its unit. */
static const char *value_words(struct ctx *ctx, const json_t *one, const char *key)
{
	const json_t *v = json_object_get(one, key);
	const char *unit = json_string_value(json_object_get(one, "unit"));
	if (json_is_integer(v))
		return arena_printf(ctx->arena, "%lld%s", (long long)json_integer_value(v), unit ? unit : "");
	if (json_is_real(v))
		return arena_printf(ctx->arena, unit && strcmp(unit, "%") == 0 ? "%.1f%s" : "%.2f%s",
		                    json_real_value(v), unit ? unit : "");
	return "—";
}

static const char *goal_words(struct ctx *ctx, const json_t *figure)
{
	const json_t *band = json_object_get(figure, "band"), *target = json_object_get(figure, "target");
	if (band != NULL)
		return arena_printf(ctx->arena, "%s–%s%%", value_words(ctx, band, "low"),
		                    value_words(ctx, band, "high"));
	return target != NULL && !json_is_null(target) ? value_words(ctx, figure, "target") : "";
}

static void row_open(struct json_out *out)
{
	json_open(out, '[');
	json_open(out, '{');
	json_key(out, "span");
	json_int(out, 12);
	json_key(out, "lines");
	json_int(out, 1);
}

static void row_close(struct json_out *out)
{
	json_close(out, '}');
	json_close(out, ']');
}

static void table_open(struct json_out *out, const char *label)
{
	row_open(out);
	key_text(out, "label", "");
	key_text(out, "text", label);
	row_close(out);
	row_open(out);
	json_key(out, "table");
	json_open(out, '{');
	key_text(out, "label", label);
	json_key(out, "heads");
	json_open(out, '[');
}

static void table_body(struct json_out *out)
{
	json_close(out, ']');
	json_key(out, "rows");
	json_open(out, '[');
}

static void table_close(struct json_out *out)
{
	json_close(out, ']');
	json_close(out, '}');
	row_close(out);
}

static void figures_put(struct ctx *ctx, const json_t *section, struct json_out *out)
{
	const json_t *figures = json_object_get(section, "figures");
	size_t i;
	json_t *one;
	if (json_array_size(figures) == 0)
		return;
	table_open(out, json_string_value(json_object_get(section, "label")));
	json_text(out, words(ctx, "项目", "Figure"));
	json_text(out, words(ctx, "数值", "Value"));
	json_text(out, words(ctx, "目标/参考", "Target or reference"));
	table_body(out);
	json_array_foreach(figures, i, one)
	{
		json_open(out, '[');
		json_text(out, json_string_value(json_object_get(one, "label")));
		json_text(out, value_words(ctx, one, "value"));
		json_text(out, goal_words(ctx, one));
		json_close(out, ']');
	}
	table_close(out);
}

static void table_put(struct ctx *ctx, const json_t *table, struct json_out *out)
{
	size_t i, k;
	json_t *row, *cell;
	if (!json_is_object(table))
		return;
	table_open(out, json_string_value(json_object_get(table, "label")));
	json_array_foreach(json_object_get(table, "columns"), i, cell)
	{
		json_text(out, json_string_value(cell));
	}
	table_body(out);
	json_array_foreach(json_object_get(table, "rows"), i, row)
	{
		json_open(out, '[');
		json_text(out, json_string_value(json_object_get(row, "label")));
		json_array_foreach(json_object_get(row, "cells"), k, cell)
		{
			json_text(out, value_words(ctx, cell, "value"));
		}
		json_close(out, ']');
	}
	table_close(out);
}

static void signs_put(struct ctx *ctx, struct json_out *out)
{
	static const char *const who[][2] = {{"制表人", "Made by"}, {"审核人", "Checked by"}, {"负责人", "In charge"}};
	json_open(out, '[');
	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		json_open(out, '{');
		json_key(out, "span");
		json_int(out, 4);
		key_text(out, "sign", words(ctx, who[i][0], who[i][1]));
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void content_put(struct ctx *ctx, const json_t *report, const struct print_how *how, struct json_out *out)
{
	const char *at = json_string_value(json_object_get(report, "month"));
	size_t i;
	json_t *section;
	if (at == NULL)
		at = json_string_value(json_object_get(report, "date"));
	json_open(out, '{');
	key_text(out, "title",
	         arena_printf(ctx->arena, "%s %s", json_string_value(json_object_get(report, "label")), at ? at : ""));
	print_letterhead(ctx, NULL, how, out);
	key_text(out, "number", "");
	json_key(out, "version");
	json_int(out, 0);
	key_text(out, "at", shown_time(ctx, ctx->now_ms));
	key_text(out, "by", ctx->who && ctx->who->name ? ctx->who->name : "");
	key_text(out, "lang", ctx->lang == LANG_EN ? "en" : "zh");
	json_key(out, "rows");
	json_open(out, '[');
	json_array_foreach(json_object_get(report, "sections"), i, section)
	{
		figures_put(ctx, section, out);
		table_put(ctx, json_object_get(section, "table"), out);
	}
	signs_put(ctx, out);
	json_close(out, ']');
	json_close(out, '}');
}

static enum err content_fn(struct ctx *ctx, void *arg)
{
	struct printing *p = arg;
	struct buf b;
	struct json_out out;
	json_t *report;
	buf_init(&b, ctx->arena, REPORT_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(report_write_json(ctx, p->name, p->at, &out));
	TRY(json_parse(ctx, b.data, b.len, &report));
	buf_init(&p->content, ctx->arena, REPORT_BYTES_MAX);
	json_out_init(&out, &p->content);
	content_put(ctx, report, p->how, &out);
	return ERR_OK;
}

enum err report_print_pdf(struct ctx *ctx, const char *name, const char *at, const struct print_how *how,
                          const char *program, const char *path)
{
	struct printing p = {.name = name, .at = at, .how = how};
	TRY(store_read(ctx, content_fn, &p));
	if (p.content.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_large", "the report is larger than 8 MiB");
	enum err e = print_draw(ctx, &p.content, program, path);
	if (e != ERR_OK)
		unlink(path);
	return e;
}

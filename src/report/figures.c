/* figures.c: counts with their filters. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/list.h"
#include "model/value_text.h"
#include "model/yaml_tree.h"
#include "report/bounds.h"
#include "report/figures.h"
#include "report/figures_inside.h"
#include "store/store.h"

/* ---- the report's text ------------------------------------------------------------------------------- */

static enum err report_texts(struct ctx *ctx, struct rows **ret_rows)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select path, body from pack_file where path >= 'reports/' and path < 'reports0' order by pack, path");
	return sql_rows(ctx, &q, ret_rows);
}

static struct yaml_node *report_parse(struct ctx *ctx, const char *body, size_t len)
{
	struct yaml_node *root;
	struct yaml_fault fault;
	if (yaml_parse(ctx->arena, NULL, arena_strndup(ctx->arena, body, len), len, &root, &fault) != ERR_OK)
		return NULL;
	return yaml_text(yaml_get(root, "report")) ? root : NULL;
}

const char *report_words(struct ctx *ctx, const struct yaml_node *n)
{
	if (n == NULL)
		return "";
	if (yaml_text(n) != NULL)
		return n->text;
	const char *s = yaml_text(yaml_get(n, ctx->lang == LANG_EN ? "en" : "zh"));
	return s ? s : yaml_text(yaml_get(n, "zh")) ? yaml_text(yaml_get(n, "zh")) : "";
}

enum err report_list_json(struct ctx *ctx, struct json_out *out)
{
	struct rows *rows;
	TRY(report_texts(ctx, &rows));
	json_open(out, '[');
	while (rows_next(rows)) {
		size_t len;
		const char *body = rows_text(rows, 1, &len);
		struct yaml_node *root = report_parse(ctx, body, len);
		if (root == NULL)
			continue;
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, yaml_text(yaml_get(root, "report")));
		json_key(out, "label");
		json_text(out, report_words(ctx, yaml_get(root, "label")));
		json_key(out, "period");
		json_text(out, yaml_text(yaml_get(root, "period")) ? yaml_text(yaml_get(root, "period")) : "day");
		json_close(out, '}');
	}
	json_close(out, ']');
	return rows_done(rows);
}

/* ---- the period --------------------------------------------------------------------------------------- */

int64_t report_day(struct ctx *ctx, int year, int month, int day)
{
	struct local_time local = {.year = year, .month = month, .day = day};
	return zone_instant(ctx->zone, &local);
}

static enum err period_set(struct ctx *ctx, struct page *p, const char *at)
{
	struct local_time now;
	const char *period = yaml_text(yaml_get(p->root, "period"));
	zone_local(ctx->zone, ctx->now_ms, &now);
	p->month = period != NULL && strcmp(period, "month") == 0;
	p->year = now.year;
	p->mon = now.month;
	p->day = p->month ? 1 : now.day;
	if (at != NULL && *at != '\0') {
		const char *date = p->month && strlen(at) == 7 ? arena_printf(ctx->arena, "%s-01", at) : at;
		if (!date_parse(date, &p->year, &p->mon, &p->day))
			return ctx_problem(ctx, ERR_INVALID, p->month ? "month" : "date", "bad_date",
			                   p->month ? "must be a month such as 2026-11"
			                            : "must be a date such as 2026-11-22");
		if (p->month)
			p->day = 1;
	}
	p->from = report_day(ctx, p->year, p->mon, p->day);
	p->to = p->month ? report_day(ctx, p->year, p->mon + 1, 1) : report_day(ctx, p->year, p->mon, p->day + 1);
	return ERR_OK;
}

/* ---- counting ----------------------------------------------------------------------------------------- */

enum err report_filter(struct ctx *ctx, const struct type *t, const char *where, struct filter **ret_filter)
{
	struct filter_fault fault = {0};
	*ret_filter = NULL;
	if (*where == '\0' ||
	    filter_parse(ctx->arena, ctx->model, t, where, strlen(where), ret_filter, &fault) == ERR_OK)
		return ERR_OK;
	return ctx_problem(ctx, ERR_CONFLICT, "where", "bad_report", "%s: %s (at %zu)", where,
	                   fault.message ? fault.message : "wrong", fault.at);
}

enum err report_count(struct ctx *ctx, const struct type *t, const char *where, int64_t *ret_n)
{
	struct filter *f;
	TRY(report_filter(ctx, t, where, &f));
	return list_count(ctx, t, f, COUNT_STOP, ret_n);
}

static const struct figure *figure_find(const struct page *p, const char *key)
{
	for (size_t i = 0; key != NULL && i < p->n_figures; i++)
		if (p->figures[i].key != NULL && strcmp(p->figures[i].key, key) == 0)
			return &p->figures[i];
	return NULL;
}

/* Tenths of a percent, so that 98.5 % is kept. */
static void figure_percent(const struct page *p, const struct yaml_node *pair, struct figure *f)
{
	const struct figure *part = pair->n == 2 ? figure_find(p, yaml_text(pair->items[0])) : NULL;
	const struct figure *whole = pair->n == 2 ? figure_find(p, yaml_text(pair->items[1])) : NULL;
	f->none = part == NULL || whole == NULL || part->none || whole->none || whole->value == 0;
	if (!f->none)
		f->value = (part->value * 1000 + whole->value / 2) / whole->value;
}

static bool is_seen(void *ctx, const struct field *f)
{
	return access_field(ctx, f) != SIGHT_HIDDEN;
}

/* What counts by a field he may not see is not his to know. */
static enum err figure_count(struct ctx *ctx, struct figure *f)
{
	struct filter *where;
	TRY(report_filter(ctx, f->type, f->where, &where));
	f->none = (where != NULL && !filter_each_field(where, is_seen, ctx)) ||
	          (f->sum != NULL && access_field(ctx, f->sum) != SIGHT_CLEAR);
	if (f->none)
		return ERR_OK;
	return f->sum ? list_sum(ctx, f->type, where, f->sum, &f->value)
	              : list_count(ctx, f->type, where, COUNT_STOP, &f->value);
}

static enum err figure_make(struct ctx *ctx, struct page *p, const struct yaml_node *n)
{
	struct figure *f = &p->figures[p->n_figures];
	const char *type = yaml_text(yaml_get(n, "type")), *where = yaml_text(yaml_get(n, "where"));
	const char *sum = yaml_text(yaml_get(n, "sum"));
	const struct yaml_node *pair = yaml_get(n, "percent");
	*f = (struct figure){.key = yaml_text(yaml_get(n, "key"))};
	if (pair != NULL) {
		figure_percent(p, pair, f);
	} else {
		f->type = type ? model_type(ctx->model, type) : NULL;
		f->where = bounds_put(ctx, where ? where : "", p->from, p->to);
		f->sum = f->type && sum ? type_field(f->type, sum) : NULL;
		if (f->type == NULL || (sum != NULL && f->sum == NULL))
			f->none = true;
		else
			TRY(figure_count(ctx, f));
	}
	p->n_figures++;
	return ERR_OK;
}

/* How many, or what they add up to in the digits of the field. */
static const char *amount_words(struct ctx *ctx, const struct figure *f)
{
	struct buf b;
	buf_init(&b, ctx->arena, 64);
	decimal_write(&b, f->value, f->sum ? f->sum->scale : 0);
	return arena_strndup(ctx->arena, b.data, b.len);
}

static void value_out(struct ctx *ctx, struct json_out *out, const struct figure *f)
{
	if (f->none) {
		json_none(out);
	} else if (f->type == NULL) {
		char tenths[32];
		int n = snprintf(tenths, sizeof(tenths), "%lld.%lld", (long long)(f->value / 10),
		                 (long long)(f->value % 10));
		json_raw(out, tenths, (size_t)n);
	} else {
		const char *amount = amount_words(ctx, f);
		json_raw(out, amount, strlen(amount));
	}
}

static void target_write(struct ctx *ctx, const struct parameter *goal, struct json_out *out)
{
	struct buf b;
	buf_init(&b, ctx->arena, 64);
	json_key(out, "target");
	if (goal != NULL && goal->value.kind == VALUE_INT) {
		decimal_write(&b, goal->value.i, goal->scale);
		json_raw(out, b.data, b.len);
	} else {
		json_none(out);
	}
	json_key(out, "target_open"); /* there is to be one, but nobody has set it yet */
	json_bool(out, goal != NULL && goal->value.kind == VALUE_EMPTY);
}

static void bound_write(const struct ctx *ctx, const struct yaml_node *name, const char *key, struct json_out *out)
{
	const struct parameter *p = yaml_text(name) ? model_parameter(ctx->model, yaml_text(name)) : NULL;
	struct buf b;
	buf_init(&b, ctx->arena, 64);
	json_key(out, key);
	if (p != NULL && p->value.kind == VALUE_INT) {
		decimal_write(&b, p->value.i, p->scale);
		json_raw(out, b.data, b.len);
	} else {
		json_none(out);
	}
}

/* Between what the figure usually lies: a reference, no goal. */
static void band_write(const struct ctx *ctx, const struct yaml_node *band, struct json_out *out)
{
	if (band == NULL || band->kind != YAML_LIST || band->n != 2)
		return;
	json_key(out, "band");
	json_open(out, '{');
	bound_write(ctx, band->items[0], "low", out);
	bound_write(ctx, band->items[1], "high", out);
	json_close(out, '}');
}

static void figure_write(struct ctx *ctx, const struct yaml_node *n, const struct figure *f, struct json_out *out)
{
	const char *target = yaml_text(yaml_get(n, "target"));
	const struct parameter *goal = target ? model_parameter(ctx->model, target) : NULL;
	json_open(out, '{');
	json_key(out, "key");
	json_text(out, f->key);
	json_key(out, "label");
	json_text(out, report_words(ctx, yaml_get(n, "label")));
	json_key(out, "value");
	value_out(ctx, out, f);
	json_key(out, "unit");
	json_text(out, yaml_get(n, "percent") ? "%" : yaml_text(yaml_get(n, "unit")));
	target_write(ctx, goal, out);
	band_write(ctx, yaml_get(n, "band"), out);
	json_key(out, "type");
	json_text(out, f->type ? f->type->name : NULL);
	json_key(out, "where");
	json_text(out, f->where);
	json_close(out, '}');
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static enum err section_write(struct ctx *ctx, struct page *p, const struct yaml_node *section, struct json_out *out)
{
	const struct yaml_node *figures = yaml_get(section, "figures"), *table = yaml_get(section, "table");
	json_open(out, '{');
	json_key(out, "label");
	json_text(out, report_words(ctx, yaml_get(section, "label")));
	json_key(out, "figures");
	json_open(out, '[');
	for (size_t i = 0; figures != NULL && i < figures->n && p->n_figures < FIGURES_MAX; i++) {
		TRY(figure_make(ctx, p, figures->items[i]));
		figure_write(ctx, figures->items[i], &p->figures[p->n_figures - 1], out);
	}
	json_close(out, ']');
	json_key(out, "table");
	if (table != NULL)
		TRY(report_table_json(ctx, p, table, out));
	else
		json_none(out);
	json_close(out, '}');
	return ERR_OK;
}

static enum err page_open(struct ctx *ctx, const char *name, const char *at, struct page *p)
{
	struct rows *rows;
	TRY(report_texts(ctx, &rows));
	while (p->root == NULL && rows_next(rows)) {
		size_t len;
		const char *body = rows_text(rows, 1, &len);
		struct yaml_node *root = report_parse(ctx, body, len);
		if (root != NULL && strcmp(yaml_text(yaml_get(root, "report")), name) == 0)
			p->root = root;
	}
	TRY(rows_done(rows));
	return p->root ? period_set(ctx, p, at) : ERR_NOT_FOUND;
}

static const char *period_words(struct ctx *ctx, const struct page *p)
{
	return p->month ? arena_printf(ctx->arena, "%04d-%02d", p->year, p->mon)
	                : arena_printf(ctx->arena, "%04d-%02d-%02d", p->year, p->mon, p->day);
}

enum err report_write_json(struct ctx *ctx, const char *name, const char *at, struct json_out *out)
{
	struct page *p = ARENA_NEW(ctx->arena, struct page);
	TRY(page_open(ctx, name, at, p));
	json_open(out, '{');
	json_key(out, "name");
	json_text(out, name);
	json_key(out, "label");
	json_text(out, report_words(ctx, yaml_get(p->root, "label")));
	json_key(out, p->month ? "month" : "date");
	json_text(out, period_words(ctx, p));
	json_key(out, "from");
	json_instant(out, p->from);
	json_key(out, "to");
	json_instant(out, p->to);
	json_key(out, "sections");
	json_open(out, '[');
	const struct yaml_node *sections = yaml_get(p->root, "sections");
	for (size_t i = 0; sections != NULL && i < sections->n; i++)
		TRY(section_write(ctx, p, sections->items[i], out));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err report_share_json(struct ctx *ctx, const char *name, const char *at, struct json_out *out)
{
	struct page *p = ARENA_NEW(ctx->arena, struct page);
	struct buf text;
	TRY(page_open(ctx, name, at, p));
	buf_init(&text, ctx->arena, LIMIT_BODY_BYTES);
	const struct parameter *company = model_parameter(ctx->model, "company");
	if (company != NULL && company->value.kind == VALUE_TEXT)
		buf_printf(&text, "【%s】", company->value.s);
	buf_printf(&text, "%s %s\n", report_words(ctx, yaml_get(p->root, "label")), period_words(ctx, p));
	const struct yaml_node *sections = yaml_get(p->root, "sections");
	for (size_t i = 0; sections != NULL && i < sections->n; i++) {
		const struct yaml_node *figures = yaml_get(sections->items[i], "figures");
		buf_printf(&text, "■ %s\n", report_words(ctx, yaml_get(sections->items[i], "label")));
		for (size_t k = 0; figures != NULL && k < figures->n && p->n_figures < FIGURES_MAX; k++) {
			TRY(figure_make(ctx, p, figures->items[k]));
			const struct figure *f = &p->figures[p->n_figures - 1];
			buf_printf(&text, "  %s ", report_words(ctx, yaml_get(figures->items[k], "label")));
			if (f->none)
				buf_str(&text, "—\n");
			else if (f->type == NULL)
				buf_printf(&text, "%lld.%lld %%\n", (long long)(f->value / 10),
				           (long long)(f->value % 10));
			else
				buf_printf(&text, "%s\n", amount_words(ctx, f));
		}
	}
	json_open(out, '{');
	json_key(out, "text");
	json_textn(out, text.data, text.len);
	json_close(out, '}');
	return ERR_OK;
}

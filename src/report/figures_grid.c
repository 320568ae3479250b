/* figures_grid.c: tables of a report: rows by a choice or by whom a link leads to, columns by time or by condition. */
#include <string.h>

#include "base/clock.h"
#include "model/access.h"
#include "model/list.h"
#include "model/record.h"
#include "report/bounds.h"
#include "report/figures_inside.h"

enum { ROWS_MAX = 60, ROWS_PRESET = 30, COLUMNS_MAX = 31, HOURS = 24 };

struct grid_row {
	const char *label, *where;
	int64_t total;
	int64_t values[COLUMNS_MAX]; /* of a percentage: tenths */
	bool none[COLUMNS_MAX];      /* nothing to divide by */
};

struct grid_column {
	const char *key, *label, *where; /* where: NULL for those by time */
	int64_t from, to;
	const struct yaml_node *percent; /* of two other columns */
};

struct grid {
	const struct type *type;
	const struct field *field; /* what the rows are */
	const char *list;          /* the table field it is a column of, or NULL */
	const char *at, *where;
	int64_t from, to;
	bool by_time;
	struct grid_column columns[COLUMNS_MAX];
	size_t n_columns; /* besides the total */
	struct grid_row *rows;
	size_t n_rows;
};

/* ---- filters --------------------------------------------------------------------------------------------- */

static const char *joined(struct ctx *ctx, const char *a, const char *b)
{
	if (a == NULL || *a == '\0' || b == NULL || *b == '\0')
		return a != NULL && *a != '\0' ? a : b != NULL ? b : "";
	return arena_printf(ctx->arena, "(%s) and (%s)", a, b);
}

static const char *within(struct ctx *ctx, const struct grid *g, const char *where, int64_t from, int64_t to)
{
	const char *all = joined(ctx, g->where, where);
	if (g->at == NULL)
		return all;
	return joined(ctx, all,
	              arena_printf(ctx->arena, "%s >= %s and %s < %s", g->at, bound_quoted(ctx, from), g->at,
	                           bound_quoted(ctx, to)));
}

/* column NULL: the row's total. */
static const char *cell_where(struct ctx *ctx, const struct grid *g, const struct grid_row *row,
                              const struct grid_column *column)
{
	if (column == NULL)
		return within(ctx, g, row->where, g->from, g->to);
	return within(ctx, g, joined(ctx, row->where, column->where), column->from, column->to);
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

static bool rows_field(struct ctx *ctx, const char *path, struct grid *g)
{
	const char *dot = path ? strchr(path, '.') : NULL;
	if (path == NULL)
		return false;
	const struct field *f = type_field(g->type, dot ? arena_strndup(ctx->arena, path, (size_t)(dot - path)) : path);
	if (f == NULL || access_field(ctx, f) != SIGHT_CLEAR)
		return false;
	g->field = f;
	if (dot != NULL) {
		g->list = f->name;
		g->field = NULL;
		for (size_t i = 0; i < f->n_columns; i++)
			if (strcmp(f->columns[i].name, dot + 1) == 0)
				g->field = &f->columns[i];
	}
	return g->field != NULL &&
	       ((g->field->kind == FIELD_CHOICE && g->field->n_options <= ROWS_MAX) ||
	        (g->field->kind == FIELD_CHOICES && g->list == NULL && g->field->n_options <= ROWS_MAX) ||
	        (g->field->kind == FIELD_LINK && g->list == NULL));
}

static void option_rows(struct ctx *ctx, struct grid *g)
{
	const struct field *f = g->field;
	g->rows = ARENA_ARRAY(ctx->arena, f->n_options + 1, struct grid_row);
	for (size_t i = 0; i < f->n_options; i++) {
		const char *is = arena_printf(ctx->arena, "%s %s %s", f->name,
		                              f->kind == FIELD_CHOICES ? "contains" : "=", f->options[i].name);
		g->rows[g->n_rows].label = label_in(&f->options[i].label, ctx->lang);
		g->rows[g->n_rows++].where = g->list ? arena_printf(ctx->arena, "any(%s, %s)", g->list, is) : is;
	}
}

static void row_add(struct grid *g, const char *label, const char *where)
{
	g->rows[g->n_rows].label = label;
	g->rows[g->n_rows++].where = where;
}

/* Those that most lead to, then the rest, then where it is empty. Who may not know a name counts it with the rest. */
static enum err link_rows(struct ctx *ctx, size_t most, struct grid *g)
{
	struct filter *f;
	struct list_share *shares = ARENA_ARRAY(ctx->arena, most, struct list_share);
	const char *name = g->field->name, *named = "";
	size_t n;
	TRY(report_filter(ctx, g->type, within(ctx, g, NULL, g->from, g->to), &f));
	TRY(list_shares(ctx, g->type, f, g->field, most, shares, &n));
	g->rows = ARENA_ARRAY(ctx->arena, most + 2, struct grid_row);
	for (size_t i = 0; i < n; i++) {
		const char *label;
		TRY(record_label(ctx, g->field->target, shares[i].target, &label));
		if (label == NULL || *label == '\0')
			continue;
		row_add(g, label, arena_printf(ctx->arena, "%s = %lld", name, (long long)shares[i].target));
		named = arena_printf(ctx->arena, "%s%s%lld", named, *named ? ", " : "", (long long)shares[i].target);
	}
	row_add(g, ctx->lang == LANG_EN ? "Others" : "其他",
	        *named ? arena_printf(ctx->arena, "%s is not empty and %s not in (%s)", name, name, named)
	               : arena_printf(ctx->arena, "%s is not empty", name));
	row_add(g, ctx->lang == LANG_EN ? "None" : "（未定）", arena_printf(ctx->arena, "%s is empty", name));
	return ERR_OK;
}

/* ---- columns ----------------------------------------------------------------------------------------------- */

static void time_columns(struct ctx *ctx, const struct page *p, bool hours, struct grid *g)
{
	int64_t from = p->from;
	g->by_time = true;
	for (int i = 1; from < p->to && g->n_columns < COLUMNS_MAX; i++) {
		struct local_time hour = {.year = p->year, .month = p->mon, .day = p->day, .hour = i}, l;
		int64_t to = hours ? zone_instant(ctx->zone, &hour) : report_day(ctx, p->year, p->mon, p->day + i);
		if (hours && i == HOURS)
			to = p->to;
		zone_local(ctx->zone, from, &l);
		g->columns[g->n_columns++] =
		        (struct grid_column){.label = hours ? arena_printf(ctx->arena, "%d:00", l.hour)
		                                            : arena_printf(ctx->arena, "%d/%d", l.month, l.day),
		                             .from = from,
		                             .to = to};
		from = to;
		if (hours && i == HOURS)
			break;
	}
}

static void own_columns(struct ctx *ctx, const struct page *p, const struct yaml_node *list, struct grid *g)
{
	for (size_t i = 0; i < list->n && g->n_columns < COLUMNS_MAX; i++) {
		const struct yaml_node *n = list->items[i];
		const char *where = yaml_text(yaml_get(n, "where"));
		g->columns[g->n_columns++] =
		        (struct grid_column){.key = yaml_text(yaml_get(n, "key")),
		                             .label = report_words(ctx, yaml_get(n, "label")),
		                             .where = bounds_put(ctx, where ? where : "", p->from, p->to),
		                             .from = p->from,
		                             .to = p->to,
		                             .percent = yaml_get(n, "percent")};
	}
}

static void columns_make(struct ctx *ctx, const struct page *p, const struct yaml_node *columns, struct grid *g)
{
	const char *word = yaml_text(columns);
	if (columns != NULL && columns->kind == YAML_LIST)
		own_columns(ctx, p, columns, g);
	else if (word != NULL && g->at != NULL && (strcmp(word, "hours") == 0 || strcmp(word, "days") == 0))
		time_columns(ctx, p, strcmp(word, "hours") == 0, g);
}

/* ---- counting ---------------------------------------------------------------------------------------------- */

/* -1: none of that key, or one that has no count itself. */
static int64_t counted(const struct grid *g, const struct grid_row *row, const struct yaml_node *key)
{
	const char *name = yaml_text(key);
	if (name != NULL && strcmp(name, "total") == 0)
		return row->total;
	for (size_t k = 0; name != NULL && k < g->n_columns; k++)
		if (g->columns[k].key != NULL && strcmp(g->columns[k].key, name) == 0 && g->columns[k].percent == NULL)
			return row->values[k];
	return -1;
}

static void row_percents(const struct grid *g, struct grid_row *row)
{
	for (size_t k = 0; k < g->n_columns; k++) {
		const struct yaml_node *pair = g->columns[k].percent;
		if (pair == NULL)
			continue;
		int64_t part = pair->n == 2 ? counted(g, row, pair->items[0]) : -1;
		int64_t whole = pair->n == 2 ? counted(g, row, pair->items[1]) : -1;
		row->none[k] = part < 0 || whole <= 0;
		if (!row->none[k])
			row->values[k] = (part * 1000 + whole / 2) / whole;
	}
}

static enum err grid_count(struct ctx *ctx, struct grid *g)
{
	for (size_t i = 0; i < g->n_rows; i++) {
		struct grid_row *row = &g->rows[i];
		TRY(report_count(ctx, g->type, cell_where(ctx, g, row, NULL), &row->total));
		for (size_t k = 0; row->total > 0 && k < g->n_columns; k++)
			if (g->columns[k].percent == NULL)
				TRY(report_count(ctx, g->type, cell_where(ctx, g, row, &g->columns[k]),
				                 &row->values[k]));
		row_percents(g, row);
	}
	return ERR_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

static bool column_empty(const struct grid *g, size_t k)
{
	for (size_t i = 0; i < g->n_rows; i++)
		if (g->rows[i].values[k] != 0)
			return false;
	return true;
}

/* k: a column; n_columns: the total. */
static void cell_write(struct ctx *ctx, const struct grid *g, const struct grid_row *row, size_t k,
                       struct json_out *out)
{
	const struct grid_column *column = k < g->n_columns ? &g->columns[k] : NULL;
	int64_t v = column ? row->values[k] : row->total;
	json_open(out, '{');
	json_key(out, "value");
	if (column != NULL && column->percent != NULL) {
		char tenths[32];
		int n = snprintf(tenths, sizeof(tenths), "%lld.%lld", (long long)(v / 10), (long long)(v % 10));
		if (row->none[k])
			json_none(out);
		else
			json_raw(out, tenths, (size_t)n);
		json_key(out, "unit");
		json_text(out, "%");
	} else {
		json_int(out, v);
		if (v > 0) {
			json_key(out, "type");
			json_text(out, g->type->name);
			json_key(out, "where");
			json_text(out, cell_where(ctx, g, row, column));
		}
	}
	json_close(out, '}');
}

/* Hours before the first and after the last call of the day are left out. */
static void columns_shown(const struct grid *g, size_t *ret_first, size_t *ret_last)
{
	size_t first = 0, last = g->n_columns;
	while (g->by_time && first + 1 < last && column_empty(g, first))
		first++;
	while (g->by_time && last > first + 1 && column_empty(g, last - 1))
		last--;
	*ret_first = first;
	*ret_last = last;
}

static void grid_write(struct ctx *ctx, const struct yaml_node *n, const struct grid *g, struct json_out *out)
{
	size_t first, last;
	columns_shown(g, &first, &last);
	json_open(out, '{');
	json_key(out, "label");
	json_text(out, report_words(ctx, yaml_get(n, "label")));
	json_key(out, "columns");
	json_open(out, '[');
	json_text(out, label_in(&g->field->label, ctx->lang));
	for (size_t k = first; k < last; k++)
		json_text(out, g->columns[k].label);
	json_text(out, ctx->lang == LANG_EN ? "Total" : "合计");
	json_close(out, ']');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < g->n_rows; i++) {
		if (g->rows[i].total == 0)
			continue;
		json_open(out, '{');
		json_key(out, "label");
		json_text(out, g->rows[i].label);
		json_key(out, "cells");
		json_open(out, '[');
		for (size_t k = first; k < last; k++)
			cell_write(ctx, g, &g->rows[i], k, out);
		cell_write(ctx, g, &g->rows[i], g->n_columns, out);
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

enum err report_table_json(struct ctx *ctx, const struct page *p, const struct yaml_node *n, struct json_out *out)
{
	const char *type = yaml_text(yaml_get(n, "type")), *where = yaml_text(yaml_get(n, "where"));
	struct grid *g = ARENA_NEW(ctx->arena, struct grid);
	int64_t most = ROWS_PRESET;
	g->type = type ? model_type(ctx->model, type) : NULL;
	if (g->type == NULL || !rows_field(ctx, yaml_text(yaml_get(n, "rows")), g)) {
		json_none(out);
		return ERR_OK;
	}
	if (yaml_get(n, "most") != NULL && (!yaml_int(yaml_get(n, "most"), &most) || most < 1 || most > ROWS_MAX))
		most = ROWS_PRESET;
	g->at = yaml_text(yaml_get(n, "at"));
	g->where = bounds_put(ctx, where ? where : "", p->from, p->to);
	g->from = p->from;
	g->to = p->to;
	columns_make(ctx, p, yaml_get(n, "columns"), g);
	if (g->field->kind == FIELD_LINK)
		TRY(link_rows(ctx, (size_t)most, g));
	else
		option_rows(ctx, g);
	TRY(grid_count(ctx, g));
	grid_write(ctx, n, g, out);
	return ERR_OK;
}

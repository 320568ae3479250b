/* export.c: pages of a list into a file. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/clock.h"
#include "flow/flow.h"
#include "report/csv.h"
#include "report/export.h"
#include "report/shown.h"
#include "store/store.h"

enum { PAGE_BYTES_MAX = 32 << 20, SHEET_ROWS_MAX = 1048575, CELL_CHARS_MAX = 32000 };

struct export
{
	const struct export_job *job;
	struct list_query query; /* with the cursor of the next page */
	const struct field *fields[64];
	const char *labels[64];
	struct buf page;
	int64_t rows;
	FILE *csv;
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *date, *instant, *money;
	bool broken; /* a write failed */
};

const char *export_name(struct ctx *ctx, const struct type *t, enum export_format format)
{
	struct local_time l;
	zone_local(ctx->zone, ctx->now_ms, &l);
	return arena_printf(ctx->arena, "%s-%04d%02d%02d.%s", label_in(&t->label, ctx->lang), l.year, l.month, l.day,
	                    format == EXPORT_CSV ? "csv" : "xlsx");
}

/* ---- cells ------------------------------------------------------------------------------------------ */

static void sheet_cell(struct ctx *ctx, struct export *x, lxw_row_t row, lxw_col_t col, const struct field *f,
                       const json_t *cell)
{
	int64_t at;
	int y, m, d;
	if (f->kind == FIELD_NUMBER && json_is_number(cell)) {
		worksheet_write_number(x->sheet, row, col, json_number_value(cell), NULL);
	} else if (f->kind == FIELD_MONEY && json_is_string(cell)) {
		worksheet_write_number(x->sheet, row, col, strtod(json_string_value(cell), NULL), x->money);
	} else if (f->kind == FIELD_DATETIME && json_is_string(cell) && instant_parse(json_string_value(cell), &at)) {
		struct local_time l;
		zone_local(ctx->zone, at, &l);
		lxw_datetime t = {l.year, l.month, l.day, l.hour, l.minute, l.second};
		worksheet_write_datetime(x->sheet, row, col, &t, x->instant);
	} else if (f->kind == FIELD_DATE && json_is_string(cell) && date_parse(json_string_value(cell), &y, &m, &d)) {
		lxw_datetime t = {y, m, d, 0, 0, 0};
		worksheet_write_datetime(x->sheet, row, col, &t, x->date);
	} else {
		const char *s = shown_text(ctx, f, cell);
		size_t len = strlen(s);
		if (len > CELL_CHARS_MAX) { /* Excel's cells end at 32,767 characters */
			len = CELL_CHARS_MAX;
			while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80)
				len--;
			s = arena_strndup(ctx->arena, s, len);
		}
		if (*s != '\0')
			worksheet_write_string(x->sheet, row, col, s, NULL);
	}
}

static void csv_row_out(struct ctx *ctx, struct export *x, const json_t *fields)
{
	struct buf line;
	buf_init(&line, ctx->arena, PAGE_BYTES_MAX);
	for (size_t i = 0; i < x->query.n_columns; i++) {
		const char *s = shown_text(ctx, x->fields[i], json_object_get(fields, x->query.columns[i]));
		csv_cell(&line, s, strlen(s), i == 0);
	}
	csv_line_end(&line);
	if (fwrite(line.data, 1, line.len, x->csv) != line.len)
		x->broken = true;
}

static void sheet_row_out(struct ctx *ctx, struct export *x, const json_t *fields)
{
	for (size_t i = 0; i < x->query.n_columns; i++)
		sheet_cell(ctx, x, (lxw_row_t)x->rows + 1, (lxw_col_t)i, x->fields[i],
		           json_object_get(fields, x->query.columns[i]));
}

/* ---- pages ------------------------------------------------------------------------------------------ */

static enum err page_fn(struct ctx *ctx, void *arg)
{
	struct export *x = arg;
	struct json_out out;
	json_out_init(&out, &x->page);
	return list_write_json(ctx, &x->query, &out);
}

/* One page read and written; *ret_next is in `keep`, NULL at the end. */
static enum err page_out(struct ctx *ctx, struct export *x, struct arena *keep, const char **ret_next)
{
	json_t *page;
	buf_init(&x->page, ctx->arena, PAGE_BYTES_MAX);
	TRY(store_read(ctx, page_fn, x));
	if (x->page.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_large",
		                   "200 rows are more than 32 MiB: choose fewer columns");
	TRY(json_parse(ctx, x->page.data, x->page.len, &page));
	size_t i;
	json_t *row, *rows = json_object_get(page, "rows");
	json_array_foreach(rows, i, row)
	{
		if (x->csv)
			csv_row_out(ctx, x, json_object_get(row, "fields"));
		else
			sheet_row_out(ctx, x, json_object_get(row, "fields"));
		x->rows++;
	}
	const char *next = json_string_value(json_object_get(page, "next"));
	*ret_next = next ? arena_strdup(keep, next) : NULL;
	if (x->broken)
		return ERR_FULL;
	int64_t most = x->csv                               ? LIMIT_EXPORT_ROWS
	               : SHEET_ROWS_MAX < LIMIT_EXPORT_ROWS ? SHEET_ROWS_MAX
	                                                    : LIMIT_EXPORT_ROWS;
	if (*ret_next != NULL && x->rows >= most)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_many_rows", "more than %lld rows: narrow the filter",
		                   (long long)most);
	return ERR_OK;
}

static enum err pages_out(struct ctx *ctx, struct export *x)
{
	struct arena *whole = ctx->arena, *own = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	enum err e = ERR_OK;
	const char *next = NULL;
	do {
		arena_clear(own);
		ctx->arena = own;
		e = page_out(ctx, x, whole, &next);
		ctx->arena = whole;
		x->query.after = next;
	} while (e == ERR_OK && next != NULL);
	arena_free(own);
	return e;
}

/* ---- files ------------------------------------------------------------------------------------------ */

static enum err csv_file(struct ctx *ctx, struct export *x)
{
	struct buf head;
	x->csv = fopen(x->job->path, "wbe");
	if (x->csv == NULL)
		return errno == ENOSPC ? ERR_FULL : ERR_INTERNAL;
	buf_init(&head, ctx->arena, LIMIT_BODY_BYTES);
	buf_str(&head, csv_bom);
	for (size_t i = 0; i < x->query.n_columns; i++)
		csv_cell(&head, x->labels[i], strlen(x->labels[i]), i == 0);
	csv_line_end(&head);
	if (fwrite(head.data, 1, head.len, x->csv) != head.len)
		x->broken = true;
	enum err e = pages_out(ctx, x);
	if (fclose(x->csv) != 0 && e == ERR_OK)
		e = ERR_FULL;
	return e;
}

static enum err sheet_file(struct ctx *ctx, struct export *x)
{
	lxw_workbook_options options = {.constant_memory = LXW_TRUE};
	x->book = workbook_new_opt(x->job->path, &options);
	if (x->book == NULL)
		return ERR_INTERNAL;
	x->sheet = workbook_add_worksheet(x->book, NULL);
	lxw_format *head = workbook_add_format(x->book);
	format_set_bold(head);
	format_set_bg_color(head, 0xEEF2F8);
	x->date = workbook_add_format(x->book);
	format_set_num_format(x->date, "yyyy-mm-dd");
	x->instant = workbook_add_format(x->book);
	format_set_num_format(x->instant, "yyyy-mm-dd hh:mm");
	x->money = workbook_add_format(x->book);
	format_set_num_format(x->money, "#,##0.00");
	worksheet_freeze_panes(x->sheet, 1, 0);
	for (size_t i = 0; i < x->query.n_columns; i++) {
		const struct field *f = x->fields[i];
		double width = f->kind == FIELD_LONG_TEXT  ? 48
		               : f->kind == FIELD_DATETIME ? 17
		               : f->kind == FIELD_FLAG     ? 8
		                                           : 20;
		worksheet_set_column(x->sheet, (lxw_col_t)i, (lxw_col_t)i, width, NULL);
		worksheet_write_string(x->sheet, 0, (lxw_col_t)i, x->labels[i], head);
	}
	enum err e = pages_out(ctx, x);
	if (e == ERR_OK && x->rows > 0)
		worksheet_autofilter(x->sheet, 0, 0, (lxw_row_t)x->rows, (lxw_col_t)(x->query.n_columns - 1));
	if (workbook_close(x->book) != LXW_NO_ERROR && e == ERR_OK)
		e = ERR_FULL;
	return e;
}

static enum err log_fn(struct ctx *ctx, void *arg)
{
	struct export *x = arg;
	struct buf b, where;
	struct json_out out;
	buf_init(&b, ctx->arena, LIMIT_BODY_BYTES);
	buf_init(&where, ctx->arena, LIMIT_FILTER_BYTES * 2);
	if (x->job->query.where != NULL)
		filter_write_text(&where, x->job->query.where);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "rows");
	json_int(&out, x->rows);
	json_key(&out, "format");
	json_text(&out, x->job->format == EXPORT_CSV ? "csv" : "xlsx");
	json_key(&out, "where");
	json_textn(&out, where.data ? where.data : "", where.len);
	json_key(&out, "columns");
	json_open(&out, '[');
	for (size_t i = 0; i < x->query.n_columns; i++)
		json_text(&out, x->query.columns[i]);
	json_close(&out, ']');
	json_close(&out, '}');
	return event_append(ctx, x->query.type->name, 0, "exported", true, b.data, NULL);
}

enum err export_run(struct ctx *ctx, const struct export_job *job, int64_t *ret_rows)
{
	const struct type *t = job->query.type;
	struct export *x = ARENA_NEW(ctx->arena, struct export);
	x->job = job;
	x->query = job->query;
	x->query.limit = LIMIT_PAGE_ROWS;
	x->query.after = NULL;
	x->query.count = false;
	if (!access_may_export(ctx, t))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "your roles may not export %s", t->label.zh);
	if (x->query.n_columns == 0)
		return ctx_problem(ctx, ERR_INVALID, "columns", "required", "name the columns to export");
	for (size_t i = 0; i < x->query.n_columns; i++) {
		x->fields[i] = shown_field(ctx, t, x->query.columns[i], &x->labels[i]);
		if (x->fields[i] == NULL)
			return ctx_problem(ctx, ERR_INVALID, "columns", "unknown_field", "%s has no field %s", t->name,
			                   x->query.columns[i]);
	}
	enum err e = job->format == EXPORT_CSV ? csv_file(ctx, x) : sheet_file(ctx, x);
	if (e == ERR_OK)
		e = store_write(ctx, log_fn, x);
	if (e != ERR_OK) {
		unlink(job->path);
		return e;
	}
	*ret_rows = x->rows;
	return ERR_OK;
}

/* export.c: pages of a list into a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "flow/flow.h"
#include "flow/seen_log.h"
#include "model/access.h"
#include "report/csv.h"
#include "report/export.h"
#include "report/sheet.h"
#include "report/shown.h"
#include "store/store.h"

enum { PAGE_BYTES_MAX = 16 << 20, COLUMNS_MAX = 64 };

struct export
{
	const struct export_job *job;
	struct list_query query; /* with the cursor of the next page */
	const struct field *fields[COLUMNS_MAX];
	const char *labels[COLUMNS_MAX];
	struct buf page;
	int64_t rows;
	FILE *csv;
	struct sheet *sheet;
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

static void sheet_cell(struct ctx *ctx, struct export *x, int64_t row, int col, const struct field *f,
                       const json_t *cell)
{
	int64_t at;
	struct local_time l = {0};
	const char *given = json_string_value(cell);
	if (f->kind == FIELD_NUMBER && json_is_number(cell)) {
		sheet_number(x->sheet, row, col, json_number_value(cell), false);
	} else if (f->kind == FIELD_MONEY && given != NULL) {
		sheet_number(x->sheet, row, col, strtod(given, NULL), true);
	} else if (f->kind == FIELD_DATETIME && given != NULL && instant_parse(given, &at)) {
		zone_local(ctx->zone, at, &l);
		sheet_date(x->sheet, row, col, &l, true);
	} else if (f->kind == FIELD_DATE && given != NULL && date_parse(given, &l.year, &l.month, &l.day)) {
		sheet_date(x->sheet, row, col, &l, false);
	} else {
		const char *s = shown_text(ctx, f, cell);
		size_t len = strlen(s);
		if (len > SHEET_CELL_CHARS_MAX) { /* Excel's cells end at 32,767 characters */
			len = SHEET_CELL_CHARS_MAX;
			while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80)
				len--;
			s = arena_strndup(ctx->arena, s, len);
		}
		if (*s != '\0')
			sheet_text(x->sheet, row, col, s);
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
		sheet_cell(ctx, x, x->rows + 1, (int)i, x->fields[i], json_object_get(fields, x->query.columns[i]));
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
	TRY(json_parse(ctx, x->page.data, x->page.len, &page));
	size_t i;
	json_t *row, *rows = json_object_get(page, "rows");
	json_array_foreach(rows, i, row)
	{
		struct arena_mark mark = arena_mark(ctx->arena);
		if (x->csv)
			csv_row_out(ctx, x, json_object_get(row, "fields"));
		else
			sheet_row_out(ctx, x, json_object_get(row, "fields"));
		x->rows++;
		arena_rewind(ctx->arena, mark);
	}
	const char *next = json_string_value(json_object_get(page, "next"));
	*ret_next = next ? arena_strdup(keep, next) : NULL;
	if (x->broken)
		return ERR_FULL;
	int64_t most = LIMIT_EXPORT_ROWS; /* below what a worksheet holds */
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
	bool again;
	do {
		int64_t rows = x->rows;
		arena_clear(own);
		ctx->arena = own;
		struct seen_list seen = {.why = "export"};
		ctx->seen = &seen;
		e = page_out(ctx, x, whole, &next);
		/* What is masked and leaves in the clear is written down before the file does. */
		if (e == ERR_OK && seen.first != NULL)
			e = store_write(ctx, seen_write, NULL);
		seen_end(&seen);
		ctx->seen = NULL;
		ctx->arena = whole;
		/* Very long rows: fewer at a time. Nothing of the page was written yet. */
		again = e == ERR_TOO_LARGE && x->rows == rows && x->query.limit > 1;
		if (again) {
			ctx_forget(ctx);
			x->query.limit /= 4;
			if (x->query.limit == 0)
				x->query.limit = 1;
			continue;
		}
		x->query.after = next;
	} while (again || (e == ERR_OK && next != NULL));
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
	x->sheet = sheet_new(x->job->path);
	if (x->sheet == NULL)
		return ERR_INTERNAL;
	for (size_t i = 0; i < x->query.n_columns; i++) {
		enum field_kind kind = x->fields[i]->kind;
		sheet_heading(x->sheet, (int)i, x->labels[i],
		              kind == FIELD_LONG_TEXT  ? 48
		              : kind == FIELD_DATETIME ? 17
		              : kind == FIELD_FLAG     ? 8
		                                       : 20);
	}
	enum err e = pages_out(ctx, x);
	if (!sheet_close(x->sheet, x->rows, (int)x->query.n_columns) && e == ERR_OK)
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

/* Whether the user may have this column at all; a path stands and falls with its link. */
static bool column_seen(struct ctx *ctx, const struct type *t, const char *path)
{
	const char *dot = strchr(path, '.');
	const struct field *f = shown_field(ctx, t, path, NULL);

	if (f == NULL || access_field(ctx, f) == SIGHT_HIDDEN)
		return false;
	return dot == NULL || column_seen(ctx, t, arena_strndup(ctx->arena, path, (size_t)(dot - path)));
}

/* Nobody said which: those of the type's first view, as a list shows them, without what he may not see. */
static void export_columns(struct ctx *ctx, const struct type *t, struct list_query *q)
{
	const struct view *v = t->n_views > 0 ? &t->views[0] : NULL;

	for (size_t i = 0; v != NULL && i < v->n_columns && q->n_columns < COLUMNS_MAX; i++)
		if (column_seen(ctx, t, v->columns[i]))
			q->columns[q->n_columns++] = v->columns[i];
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
		export_columns(ctx, t, &x->query);
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

/* sheet_in.c: the rows of a worksheet: see sheet_in.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/sheet_book.h"

enum {
	DAYS_TO_1970 = 25569, /* serial of 1970-01-01 */
	DAYS_1904 = 1462,
	SERIAL_MAX = 2958466, /* 10000-01-01 */
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static void put(struct sheet_reader *r, const char *s, size_t len)
{
	if (r->column >= CSV_COLUMNS_MAX) {
		r->row_wide = r->row_wide || len > 0;
		return;
	}
	r->row_bytes += len + 1;
	if (r->row_bytes > CSV_ROW_BYTES_MAX) {
		r->row_long = true;
		return;
	}
	while (r->n_cells <= (size_t)r->column)
		r->cells[r->n_cells++] = "";
	r->cells[r->column] = arena_strndup(r->row_arena, s, len);
}

static void put_date(struct sheet_reader *r, double serial)
{
	char out[64];
	int64_t seconds = llround(serial * 86400.0), days = seconds / 86400, rest = seconds % 86400;
	int y, m, d, n;
	if (r->from_1904)
		days += DAYS_1904;
	else if (days < 60)
		days++; /* Excel believes that 1900 had a 29 February */
	date_from_days(days - DAYS_TO_1970, &y, &m, &d);
	if (rest == 0)
		n = snprintf(out, sizeof(out), "%04d-%02d-%02d", y, m, d);
	else
		n = snprintf(out, sizeof(out), "%04d-%02d-%02d %02d:%02d:%02d", y, m, d, (int)(rest / 3600),
		             (int)(rest / 60 % 60), (int)(rest % 60));
	put(r, out, (size_t)n);
}

/* A number as it was typed: no exponent, no 0.30000000000000004. */
static void put_number(struct sheet_reader *r, const char *s, size_t len)
{
	char out[64];
	char *end;
	double v = strtod(s, &end);
	if (end == s || *end != '\0' || !isfinite(v)) {
		put(r, s, len);
		return;
	}
	if (r->style < r->n_styles && r->styles[r->style] && v >= 0 && v < SERIAL_MAX) {
		put_date(r, v);
		return;
	}
	int n = snprintf(out, sizeof(out), "%.15g", v);
	if (strchr(out, 'e') != NULL && fabs(v) < 1e21 && v == floor(v))
		n = snprintf(out, sizeof(out), "%.0f", v);
	put(r, out, (size_t)n);
}

static void cell_end(struct sheet_reader *r)
{
	const char *s = r->text.data && r->text.len > 0 ? r->text.data : "";
	if (r->text.len == 0)
		return;
	if (r->text.over) {
		r->row_long = true;
		return;
	}
	if (r->kind == CELL_SHARED) {
		size_t i = strtoul(s, NULL, 10);
		s = i < r->n_strings ? r->strings[i] : "";
		put(r, s, strlen(s));
	} else if (r->kind == CELL_FLAG) {
		put(r, *s == '1' ? "true" : "false", *s == '1' ? 4 : 5);
	} else if (r->kind == CELL_TEXT) {
		put(r, s, r->text.len);
	} else {
		put_number(r, s, r->text.len);
	}
}

/* "AB12" is column 27, from 0. */
static int column_of(const char *ref, int otherwise)
{
	int column = 0, letters = 0;
	for (; ref != NULL && *ref >= 'A' && *ref <= 'Z' && letters < 4; ref++, letters++)
		column = column * 26 + (*ref - 'A' + 1);
	return letters > 0 ? column - 1 : otherwise;
}

static void cell_start(struct sheet_reader *r, const XML_Char **atts)
{
	const char *kind = book_attribute(atts, "t"), *style = book_attribute(atts, "s");
	r->column = column_of(book_attribute(atts, "r"), r->column + 1);
	r->style = style ? strtoul(style, NULL, 10) : 0;
	r->text.len = 0;
	r->text.over = false;
	r->kind = CELL_NUMBER;
	if (kind != NULL && strcmp(kind, "s") == 0)
		r->kind = CELL_SHARED;
	else if (kind != NULL && strcmp(kind, "b") == 0)
		r->kind = CELL_FLAG;
	else if (kind != NULL && strcmp(kind, "n") != 0)
		r->kind = CELL_TEXT;
}

static void row_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	name = book_plain(name);
	if (strcmp(name, "row") == 0) {
		const char *number = book_attribute(atts, "r");
		r->row = number ? strtoll(number, NULL, 10) : r->row + 1;
		r->column = -1;
		r->n_cells = r->row_bytes = 0;
		r->row_wide = r->row_long = false;
	} else if (strcmp(name, "c") == 0) {
		cell_start(r, atts);
	} else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
		r->keep = true;
	} else if (strcmp(name, "rPh") == 0) {
		r->phonetic++;
	}
}

static void row_end(void *arg, const XML_Char *name)
{
	struct sheet_reader *r = arg;
	name = book_plain(name);
	if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
		r->keep = false;
	} else if (strcmp(name, "rPh") == 0) {
		r->phonetic--;
	} else if (strcmp(name, "c") == 0) {
		cell_end(r);
	} else if (strcmp(name, "row") == 0 && (r->n_cells > 0 || r->row_wide || r->row_long)) {
		r->row_done = true;
		XML_StopParser(r->parser, XML_TRUE);
	}
}

enum err sheet_next(struct sheet_reader *r, struct arena *a, struct csv_row *ret_row)
{
	r->row_arena = a;
	r->row_done = false;
	book_part_run(r);
	if (r->row_done) {
		const char **fields = ARENA_ARRAY(a, r->n_cells + 1, const char *);
		if (r->n_cells > 0)
			memcpy(fields, r->cells, r->n_cells * sizeof(*fields));
		*ret_row = (struct csv_row){.fields = fields,
		                            .n = r->n_cells,
		                            .number = r->row,
		                            .line = r->row,
		                            .code = r->row_wide   ? "too_many_columns"
		                                    : r->row_long ? "too_long"
		                                                  : NULL};
		return ERR_OK;
	}
	if (!r->broken || r->told)
		return ERR_NOT_FOUND;
	r->told = true;
	*ret_row = (struct csv_row){.fields = ARENA_ARRAY(a, 1, const char *),
	                            .number = r->row + 1,
	                            .line = r->row + 1,
	                            .code = "broken_sheet"};
	return ERR_OK;
}

/* ---- opening --------------------------------------------------------------------------------------------- */

static enum err file_read(struct ctx *ctx, csv_source *source, void *arg, struct sheet_reader *r)
{
	size_t cap = 1 << 20;
	r->file = malloc(cap);
	for (;;) {
		if (r->file == NULL)
			abort();
		long got = source(arg, r->file + r->file_len, cap - r->file_len);
		if (got < 0)
			return ERR_INTERNAL;
		if (got == 0)
			return ERR_OK;
		r->file_len += (size_t)got;
		if (r->file_len < cap)
			continue;
		if (cap >= SHEET_FILE_MAX)
			return ctx_problem(ctx, ERR_INVALID, "", "too_large",
			                   "a worksheet may have 32 MiB: save it as .csv, which may be of any size");
		cap *= 2;
		r->file = realloc(r->file, cap);
	}
}

static enum err book_open(struct ctx *ctx, struct sheet_reader *r)
{
	if (book_read(r, row_start, row_end))
		return ERR_OK;
	return ctx_problem(ctx, ERR_INVALID, "", r->string_bytes > SHEET_STRINGS_MAX ? "too_large" : "bad_sheet",
	                   "this is no .xlsx worksheet that can be read: save it again, or as .csv");
}

enum err sheet_open(struct ctx *ctx, csv_source *source, void *arg, struct sheet_reader **ret_reader)
{
	struct sheet_reader *r = calloc(1, sizeof(*r));
	if (r == NULL)
		abort();
	r->memory = arena_new((size_t)SHEET_STRINGS_MAX * 2);
	r->styles = ARENA_ARRAY(r->memory, STYLES_MAX, bool);
	r->cells = ARENA_ARRAY(r->memory, CSV_COLUMNS_MAX, const char *);
	buf_init(&r->text, r->memory, LIMIT_CSV_FIELD_BYTES);
	enum err e = file_read(ctx, source, arg, r);
	if (e == ERR_OK)
		e = book_open(ctx, r);
	if (e != ERR_OK) {
		sheet_reader_close(r);
		return e;
	}
	*ret_reader = r;
	return ERR_OK;
}

void sheet_reader_close(struct sheet_reader *r)
{
	if (r == NULL)
		return;
	book_part_close(r);
	free(r->file);
	free(r->strings);
	arena_free(r->memory);
	free(r);
}

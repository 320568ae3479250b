/*
 * sheet_in.c: see sheet_in.h. The zip is walked by libarchive, its XML by expat, which stops after
 * each row. Nothing in the file is followed: no document types, no links to other files.
 */
#include <archive.h>
#include <archive_entry.h>
#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/sheet_in.h"

enum {
	PIECE_BYTES = 32 << 10,
	STYLES_MAX = 70000,
	FORMATS_MAX = 5000,
	ENTRIES_MAX = 5000,
	PATH_BYTES = 256,
	TOKEN_MAX = 4 << 20,
	FORMAT_DATE_FIRST = 14,
	FORMAT_DATE_LAST = 22,
	DAYS_TO_1970 = 25569, /* serial of 1970-01-01 */
	DAYS_1904 = 1462,
	SERIAL_MAX = 2958466, /* 10000-01-01 */
};

enum cell_kind { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_FLAG };

struct sheet_reader {
	char *file;
	size_t file_len;
	struct arena *memory; /* texts, formats, paths */
	/* the shared texts */
	const char **strings;
	size_t n_strings, cap_strings, string_bytes;
	/* which styles show a number as a date */
	bool *styles;
	size_t n_styles;
	int formats[FORMATS_MAX]; /* numbers of the file's own date formats */
	size_t n_formats;
	bool in_styles, from_1904;
	char id[64], path[PATH_BYTES]; /* of the first worksheet */
	/* the part being read */
	struct archive *zip;
	XML_Parser parser;
	size_t part_bytes;
	bool ended, broken;
	/* the text being read */
	struct buf text;
	bool keep; /* text counts */
	int phonetic;
	/* the row being read */
	struct arena *row_arena;
	const char **cells;
	size_t n_cells, row_bytes, style;
	int64_t row;
	bool told; /* that it breaks off */
	int column;
	enum cell_kind kind;
	bool row_done, row_wide, row_long;
};

/* ---- the zip ----------------------------------------------------------------------------------------- */

static void part_close(struct sheet_reader *r)
{
	if (r->parser != NULL)
		XML_ParserFree(r->parser);
	if (r->zip != NULL)
		archive_read_free(r->zip);
	r->parser = NULL;
	r->zip = NULL;
}

static void no_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	struct sheet_reader *r = arg;
	XML_StopParser(r->parser, XML_FALSE);
}

static void text_seen(void *arg, const XML_Char *s, int len)
{
	struct sheet_reader *r = arg;
	if (r->keep && r->phonetic == 0)
		buf_add(&r->text, s, (size_t)len);
}

/* Opens one part of the file; false if there is none of that name. */
static bool part_open(struct sheet_reader *r, const char *name, XML_StartElementHandler start,
                      XML_EndElementHandler end)
{
	struct archive_entry *entry;
	bool found = false;
	part_close(r);
	r->zip = archive_read_new();
	if (r->zip == NULL)
		abort();
	archive_read_support_format_zip(r->zip);
	if (archive_read_open_memory(r->zip, r->file, r->file_len) != ARCHIVE_OK)
		return false;
	for (int i = 0; i < ENTRIES_MAX && !found && archive_read_next_header(r->zip, &entry) == ARCHIVE_OK; i++) {
		const char *path = archive_entry_pathname(entry);
		found = path != NULL && strcmp(path, name) == 0;
	}
	if (!found)
		return false;
	r->parser = XML_ParserCreate("UTF-8");
	if (r->parser == NULL)
		abort();
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, start, end);
	XML_SetCharacterDataHandler(r->parser, text_seen);
	XML_SetStartDoctypeDeclHandler(r->parser, no_doctype);
	r->part_bytes = 0;
	r->ended = false;
	r->keep = false;
	r->phonetic = 0;
	return true;
}

/* Feeds the parser until it stops at a row or the part ends. */
static void part_run(struct sheet_reader *r)
{
	XML_ParsingStatus at;
	while (!r->ended && !r->broken && !r->row_done) {
		enum XML_Status status;
		XML_GetParsingStatus(r->parser, &at);
		if (at.parsing == XML_SUSPENDED) {
			status = XML_ResumeParser(r->parser);
			r->ended = status == XML_STATUS_OK && at.finalBuffer;
		} else {
			void *piece = XML_GetBuffer(r->parser, PIECE_BYTES);
			la_ssize_t n = piece ? archive_read_data(r->zip, piece, PIECE_BYTES) : -1;
			r->part_bytes += n > 0 ? (size_t)n : 0;
			r->broken = n < 0 || r->part_bytes > SHEET_PART_MAX;
			status = r->broken ? XML_STATUS_ERROR : XML_ParseBuffer(r->parser, (int)n, n == 0);
			r->ended = n == 0 && status == XML_STATUS_OK;
		}
		/* One tag or name of megabytes would be held whole. */
		XML_Index index = XML_GetCurrentByteIndex(r->parser);
		if (status == XML_STATUS_ERROR || (index >= 0 && r->part_bytes > (size_t)index + TOKEN_MAX))
			r->broken = true;
	}
}

static const char *attribute(const XML_Char **atts, const char *name)
{
	for (; atts[0] != NULL; atts += 2) {
		const char *colon = strchr(atts[0], ':');
		if (strcmp(atts[0], name) == 0 || (colon != NULL && strcmp(colon + 1, name) == 0))
			return atts[1];
	}
	return NULL;
}

static const char *plain(const XML_Char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

static void no_end(void *arg, const XML_Char *name) {}

/* ---- the workbook: which part is the first worksheet ------------------------------------------------- */

static void book_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	const char *from = attribute(atts, "date1904");
	if (strcmp(plain(name), "workbookPr") == 0 && from != NULL)
		r->from_1904 = strcmp(from, "1") == 0 || strcmp(from, "true") == 0;
	if (strcmp(plain(name), "sheet") != 0 || r->id[0] != '\0')
		return;
	for (; atts[0] != NULL; atts += 2) /* r:id, not sheetId */
		if (strcmp(plain(atts[0]), "id") == 0)
			snprintf(r->id, sizeof(r->id), "%s", atts[1]);
}

static void relation_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	const char *id = attribute(atts, "Id"), *target = attribute(atts, "Target");
	if (strcmp(plain(name), "Relationship") != 0 || id == NULL || target == NULL || strcmp(id, r->id) != 0)
		return;
	if (*target == '/')
		snprintf(r->path, sizeof(r->path), "%s", target + 1);
	else
		snprintf(r->path, sizeof(r->path), "xl/%s", target);
}

/* ---- styles: which numbers are dates ----------------------------------------------------------------- */

/* Letters of dates outside quotes and brackets. */
static bool format_is_date(const char *s)
{
	for (; *s != '\0'; s++) {
		const char *end = *s == '"' ? strchr(s + 1, '"') : *s == '[' ? strchr(s, ']') : NULL;
		if (end != NULL)
			s = end;
		else if (*s == '\\' && s[1] != '\0')
			s++;
		else if (strncmp(s, "General", 7) == 0)
			s += 6;
		else if (strchr("ymdhYMDH", *s) != NULL)
			return true;
	}
	return false;
}

/* The numbers that every Excel knows; 27 to 36 and 50 to 58 are dates of the Chinese one. */
static bool number_is_date(const struct sheet_reader *r, int format)
{
	if ((format >= FORMAT_DATE_FIRST && format <= FORMAT_DATE_LAST) || (format >= 27 && format <= 36) ||
	    (format >= 45 && format <= 47) || (format >= 50 && format <= 58))
		return true;
	for (size_t i = 0; i < r->n_formats; i++)
		if (r->formats[i] == format)
			return true;
	return false;
}

static void style_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	const char *id = attribute(atts, "numFmtId"), *code = attribute(atts, "formatCode");
	name = plain(name);
	if (strcmp(name, "numFmt") == 0 && id && code && r->n_formats < FORMATS_MAX && format_is_date(code))
		r->formats[r->n_formats++] = (int)strtol(id, NULL, 10);
	if (strcmp(name, "cellXfs") == 0)
		r->in_styles = true;
	if (strcmp(name, "xf") == 0 && r->in_styles && r->n_styles < STYLES_MAX)
		r->styles[r->n_styles++] = id != NULL && number_is_date(r, (int)strtol(id, NULL, 10));
}

static void style_end(void *arg, const XML_Char *name)
{
	struct sheet_reader *r = arg;
	if (strcmp(plain(name), "cellXfs") == 0)
		r->in_styles = false;
}

/* ---- shared texts -------------------------------------------------------------------------------------- */

static void string_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	name = plain(name);
	if (strcmp(name, "si") == 0)
		r->text.len = 0;
	r->phonetic += strcmp(name, "rPh") == 0; /* how it is read: no part of the text */
	if (strcmp(name, "t") == 0)
		r->keep = true;
}

static void string_end(void *arg, const XML_Char *name)
{
	struct sheet_reader *r = arg;
	name = plain(name);
	r->phonetic -= strcmp(name, "rPh") == 0;
	if (strcmp(name, "t") == 0)
		r->keep = false;
	if (strcmp(name, "si") != 0)
		return;
	r->string_bytes += r->text.len + sizeof(char *) + 1;
	if (r->text.over || r->string_bytes > SHEET_STRINGS_MAX) {
		r->broken = true;
		XML_StopParser(r->parser, XML_FALSE);
		return;
	}
	if (r->n_strings == r->cap_strings) {
		size_t cap = r->cap_strings ? r->cap_strings * 2 : 1024;
		const char **more = realloc(r->strings, cap * sizeof(*more));
		if (more == NULL)
			abort();
		r->strings = more;
		r->cap_strings = cap;
	}
	r->strings[r->n_strings++] = arena_strndup(r->memory, r->text.data ? r->text.data : "", r->text.len);
}

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
	const char *kind = attribute(atts, "t"), *style = attribute(atts, "s");
	r->column = column_of(attribute(atts, "r"), r->column + 1);
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
	name = plain(name);
	if (strcmp(name, "row") == 0) {
		const char *number = attribute(atts, "r");
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
	name = plain(name);
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
	part_run(r);
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

static bool part_whole(struct sheet_reader *r, const char *name, XML_StartElementHandler start,
                       XML_EndElementHandler end)
{
	if (!part_open(r, name, start, end))
		return false;
	part_run(r);
	return !r->broken;
}

static enum err book_read(struct ctx *ctx, struct sheet_reader *r)
{
	bool whole = part_whole(r, "xl/workbook.xml", book_start, no_end) &&
	             part_whole(r, "xl/_rels/workbook.xml.rels", relation_start, no_end) && r->path[0] != '\0';
	if (whole) { /* files without these two are whole as well */
		part_whole(r, "xl/styles.xml", style_start, style_end);
		if (!r->broken)
			part_whole(r, "xl/sharedStrings.xml", string_start, string_end);
	}
	if (!whole || r->broken || !part_open(r, r->path, row_start, row_end))
		return ctx_problem(ctx, ERR_INVALID, "",
		                   r->string_bytes > SHEET_STRINGS_MAX ? "too_large" : "bad_sheet",
		                   "this is no .xlsx worksheet that can be read: save it again, or as .csv");
	return ERR_OK;
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
		e = book_read(ctx, r);
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
	part_close(r);
	free(r->file);
	free(r->strings);
	arena_free(r->memory);
	free(r);
}

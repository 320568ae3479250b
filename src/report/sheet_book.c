/* sheet_book.c: what an .xlsx file says of its first worksheet: see sheet_book.h. */
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "report/sheet_book.h"

enum {
	PIECE_BYTES = 32 << 10,
	ENTRIES_MAX = 5000,
	TOKEN_MAX = 4 << 20,
	FORMAT_DATE_FIRST = 14,
	FORMAT_DATE_LAST = 22,
};

/* ---- the zip ----------------------------------------------------------------------------------------- */

void book_part_close(struct sheet_reader *r)
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
static bool book_part_open(struct sheet_reader *r, const char *name, XML_StartElementHandler start,
                           XML_EndElementHandler end)
{
	struct archive_entry *entry;
	bool found = false;
	book_part_close(r);
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
void book_part_run(struct sheet_reader *r)
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

const char *book_attribute(const XML_Char **atts, const char *name)
{
	for (; atts[0] != NULL; atts += 2) {
		const char *colon = strchr(atts[0], ':');
		if (strcmp(atts[0], name) == 0 || (colon != NULL && strcmp(colon + 1, name) == 0))
			return atts[1];
	}
	return NULL;
}

const char *book_plain(const XML_Char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

static void no_end(void *arg, const XML_Char *name) {}

/* ---- the workbook: which part is the first worksheet ------------------------------------------------- */

static void book_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	const char *from = book_attribute(atts, "date1904");
	if (strcmp(book_plain(name), "workbookPr") == 0 && from != NULL)
		r->from_1904 = strcmp(from, "1") == 0 || strcmp(from, "true") == 0;
	if (strcmp(book_plain(name), "sheet") != 0 || r->id[0] != '\0')
		return;
	for (; atts[0] != NULL; atts += 2) /* r:id, not sheetId */
		if (strcmp(book_plain(atts[0]), "id") == 0)
			snprintf(r->id, sizeof(r->id), "%s", atts[1]);
}

static void relation_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	const char *id = book_attribute(atts, "Id"), *target = book_attribute(atts, "Target");
	if (strcmp(book_plain(name), "Relationship") != 0 || id == NULL || target == NULL || strcmp(id, r->id) != 0)
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
	const char *id = book_attribute(atts, "numFmtId"), *code = book_attribute(atts, "formatCode");
	name = book_plain(name);
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
	if (strcmp(book_plain(name), "cellXfs") == 0)
		r->in_styles = false;
}

/* ---- shared texts -------------------------------------------------------------------------------------- */

static void string_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct sheet_reader *r = arg;
	name = book_plain(name);
	if (strcmp(name, "si") == 0)
		r->text.len = 0;
	r->phonetic += strcmp(name, "rPh") == 0; /* how it is read: no part of the text */
	if (strcmp(name, "t") == 0)
		r->keep = true;
}

static void string_end(void *arg, const XML_Char *name)
{
	struct sheet_reader *r = arg;
	name = book_plain(name);
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

/* ---- the whole ------------------------------------------------------------------------------------------- */

static bool part_whole(struct sheet_reader *r, const char *name, XML_StartElementHandler start,
                       XML_EndElementHandler end)
{
	if (!book_part_open(r, name, start, end))
		return false;
	book_part_run(r);
	return !r->broken;
}

bool book_read(struct sheet_reader *r, XML_StartElementHandler start, XML_EndElementHandler end)
{
	bool whole = part_whole(r, "xl/workbook.xml", book_start, no_end) &&
	             part_whole(r, "xl/_rels/workbook.xml.rels", relation_start, no_end) && r->path[0] != '\0';
	if (whole) { /* files without these two are whole as well */
		part_whole(r, "xl/styles.xml", style_start, style_end);
		if (!r->broken)
			part_whole(r, "xl/sharedStrings.xml", string_start, string_end);
	}
	return whole && !r->broken && book_part_open(r, r->path, start, end);
}

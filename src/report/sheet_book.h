/*
 * sheet_book.h: between the two files of the .xlsx reader: the zip with its parts, and the rows of one part.
 * The zip is walked by libarchive, its XML by expat. Nothing in the file is followed: no document types, no
 * links to other files.
 */
#ifndef SHOUWEN_REPORT_SHEET_BOOK_H
#define SHOUWEN_REPORT_SHEET_BOOK_H

#include <archive.h>
#include <expat.h>

#include "report/sheet_in.h"

enum {
	STYLES_MAX = 70000,
	FORMATS_MAX = 5000,
	PATH_BYTES = 256,
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

/* What stands before the rows: which part is the first worksheet, styles, shared texts. Then the parser waits
 * at the worksheet's beginning. false: this can't be read. */
bool book_read(struct sheet_reader *r, XML_StartElementHandler start, XML_EndElementHandler end);
/* Feeds the parser until it stops at a row (row_done) or the part ends. */
void book_part_run(struct sheet_reader *r);
void book_part_close(struct sheet_reader *r);
const char *book_attribute(const XML_Char **atts, const char *name); /* NULL: none */
const char *book_plain(const XML_Char *name);                        /* without its prefix */

#endif

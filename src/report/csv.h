/*
 * csv.h: comma-separated values in and out, streaming.
 *
 * In: UTF-8 (with or without BOM) or GB18030, quoted fields with newlines and doubled quotes, \n or
 * \r\n. What is wrong with a row is told for that row; reading goes on with the next.
 * Out: UTF-8 with BOM and \r\n, so that Excel opens Chinese; a cell that a spreadsheet would run as a
 * formula gets an apostrophe before it.
 *
 * One owner; the reader's memory is its own until csv_close, a row's is the arena's.
 */
#ifndef SHOUWEN_REPORT_CSV_H
#define SHOUWEN_REPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	CSV_COLUMNS_MAX = 1000,
	CSV_ROW_BYTES_MAX = 4 << 20,
};

enum csv_encoding { CSV_GUESS = 0, CSV_UTF8, CSV_GB18030 };

/* Gives up to n bytes; 0 at the end; negative on a read error. */
typedef long csv_source(void *arg, void *bytes, size_t n);

struct csv_reader;

struct csv_row {
	const char **fields; /* NUL-terminated UTF-8, never NULL */
	size_t n;
	int64_t number; /* of the row, from 1, the heading included */
	int64_t line;   /* where it begins in the text, from 1 */
	const char
	        *code; /* NULL: fine; else "bad_quote", "bad_encoding", "too_long", "too_many_columns", "open_quote" */
};

struct csv_reader *csv_open(csv_source *source, void *arg, enum csv_encoding encoding);
void csv_close(struct csv_reader *r); /* NULL allowed */
/* ERR_OK: a row (look at code). ERR_NOT_FOUND: the end. ERR_INTERNAL: the source failed. Blank lines
 * are passed over. */
enum err csv_next(struct csv_reader *r, struct arena *a, struct csv_row *ret_row);
enum csv_encoding csv_found_encoding(const struct csv_reader *r);
int64_t csv_bytes(const struct csv_reader *r); /* taken from the source so far */

/* One cell, quoted where needed, with a comma before it unless `first`. */
void csv_cell(struct buf *out, const char *s, size_t len, bool first);
void csv_line_end(struct buf *out);
extern const char csv_bom[4];

#endif

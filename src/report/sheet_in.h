/*
 * sheet_in.h: the first worksheet of an .xlsx file, row by row, as the cells of csv.h are: text, so that
 * what people edited in Excel is read by the same import. Numbers as they were typed, dates as 2026-11-22 or
 * 2026-11-22 15:30:00.
 *
 * The file is held in memory (SHEET_FILE_MAX); what it unpacks to is limited too. One owner.
 */
#ifndef SHOUWEN_REPORT_SHEET_IN_H
#define SHOUWEN_REPORT_SHEET_IN_H

#include "base/ctx.h"
#include "report/csv.h"

enum {
	SHEET_FILE_MAX = 32 << 20,    /* the file as it is */
	SHEET_PART_MAX = 256 << 20,   /* one part of it, unpacked */
	SHEET_STRINGS_MAX = 64 << 20, /* memory of its shared texts */
};

struct sheet_reader;

/* ERR_INVALID with a problem when this is no worksheet or too large a one. */
enum err sheet_open(struct ctx *ctx, csv_source *source, void *arg, struct sheet_reader **ret_reader);
void sheet_reader_close(struct sheet_reader *r); /* NULL allowed */
/* As csv_next: ERR_OK, ERR_NOT_FOUND at the end; row->number is the worksheet's own number. Empty rows are
 * passed over. A file that breaks off gives one row with code "broken_sheet". */
enum err sheet_next(struct sheet_reader *r, struct arena *a, struct csv_row *ret_row);

#endif

/* sheet.h: one worksheet written row by row with little memory. The only file of ours that sees
 * libxlsxwriter, whose headers use calls that are banned elsewhere. */
#ifndef SHOUWEN_REPORT_SHEET_H
#define SHOUWEN_REPORT_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { SHEET_ROWS_MAX = 1048575, SHEET_CELL_CHARS_MAX = 32000 };

struct sheet;
struct sheet *sheet_new(const char *path); /* NULL: the file can't be made */
void sheet_heading(struct sheet *s, int col, const char *text, double width);
/* A heading over cells that stay text whatever is typed into them: telephone numbers, codes. */
void sheet_heading_text(struct sheet *s, int col, const char *text, double width);
/* Rows from 1, each after the one before. Text is UTF-8 of at most SHEET_CELL_CHARS_MAX bytes. */
void sheet_text(struct sheet *s, int64_t row, int col, const char *text);
void sheet_number(struct sheet *s, int64_t row, int col, double v, bool money);
void sheet_date(struct sheet *s, int64_t row, int col, const struct local_time *t, bool with_time);
/* Writes the file and frees s; false when it could not be written whole. */
bool sheet_close(struct sheet *s, int64_t last_row, int n_cols);

#endif

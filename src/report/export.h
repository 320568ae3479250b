/*
 * export.h: a list as a file, with the columns on the screen, as this user may see it.
 *
 * CSV is UTF-8 with BOM, which Excel opens in Chinese. XLSX writes phone numbers and codes as text,
 * amounts and numbers as numbers, dates as dates. The export is logged as an event of the type.
 */
#ifndef SHOUWEN_REPORT_EXPORT_H
#define SHOUWEN_REPORT_EXPORT_H

#include "model/list.h"

enum export_format { EXPORT_CSV, EXPORT_XLSX };

struct export_job {
	struct list_query query; /* limit and after are the export's own */
	enum export_format format;
	const char *path; /* a new file is written there; removed again on an error */
};

/* Takes its own transactions, a page each. ERR_FORBIDDEN without the right to export this type; ERR_FULL when
 * the disk is full; ERR_TOO_LARGE past LIMIT_EXPORT_ROWS. */
enum err export_run(struct ctx *ctx, const struct export_job *job, int64_t *ret_rows);
/* The name to save it as: "工单-20261122.xlsx". */
const char *export_name(struct ctx *ctx, const struct type *t, enum export_format format);

#endif

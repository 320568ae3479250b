/*
 * holidays_in.h: days off and make-up days from what governments and calendars publish, and back as the text of
 * holidays/NAME.yaml. No rights, no database.
 */
#ifndef SHOUWEN_REPORT_HOLIDAYS_IN_H
#define SHOUWEN_REPORT_HOLIDAYS_IN_H

#include "base/ctx.h"

enum { HOLIDAYS_BYTES_MAX = 1 << 20, HOLIDAYS_MAX = 6000 };

struct holiday {
	int64_t day; /* date_days() */
	bool off;    /* false: a make-up working day */
	const char *name;
};

/* JSON ({"year", "days": [{"date", "name", "isOffDay"}]}, or a list of such years), iCalendar (all-day events; 班 or
 * "workday" in the SUMMARY makes it a make-up day; yearly ones are followed for 20 times) or the YAML of
 * holidays/NAME.yaml. By day, each once: what comes later in the file replaces. ERR_TOO_LARGE, or ERR_INVALID with a
 * problem that says what and where. */
enum err holidays_read(struct ctx *ctx, const char *bytes, size_t len, struct holiday **ret_days, size_t *ret_n);
/* Both together, by day; where they differ `more` is right. */
void holidays_merge(struct arena *a, const struct holiday *days, size_t n, const struct holiday *more, size_t n_more,
                    struct holiday **ret_days, size_t *ret_n, size_t *ret_added, size_t *ret_changed);
/* The text of holidays/NAME.yaml. label: NULL: the name. */
const char *holidays_yaml(struct arena *a, const char *name, const char *label, const struct holiday *days, size_t n);

#endif

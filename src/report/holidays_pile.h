/*
 * holidays_pile.h: what holidays_in.c and holidays_ical.c share. Not for other folders.
 */
#ifndef SHOUWEN_REPORT_HOLIDAYS_PILE_H
#define SHOUWEN_REPORT_HOLIDAYS_PILE_H

#include "report/holidays_in.h"

struct holidays_pile {
	struct ctx *ctx;
	struct holiday *list; /* HOLIDAYS_MAX */
	size_t n;
	int repeating; /* events of an iCalendar that come each year */
};

enum err holidays_put(struct holidays_pile *p, int64_t day, bool off, const char *name);
enum err holidays_put_date(struct holidays_pile *p, const char *date, bool off, const char *name);
enum err holidays_read_ical(struct holidays_pile *p, const char *text);

#endif

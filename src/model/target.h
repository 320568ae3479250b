/*
 * target.h: the words of a clock's target ("5bd", "day end", "by visit_at": docs/PACKS.md "Clocks"). What they come to
 * is worked out by flow/derive.c.
 */
#ifndef SHOUWEN_MODEL_TARGET_H
#define SHOUWEN_MODEL_TARGET_H

#include "model/model.h"

enum target_kind {
	TARGET_FOR,       /* working time of the clock's calendar: 30m, 2h */
	TARGET_DAYS,      /* working days: 5bd; calendar days: 3d, 1w, 6mo */
	TARGET_DAY_END,   /* 当天: the end of the working hours of the day it starts on */
	TARGET_NEXT_AT,   /* next 14:00, next_bd 12:00: unit 'd' or 'b' */
	TARGET_MONTH_DAY, /* month 25 [HH:MM]; month end: n 0 */
	TARGET_WINDOW, /* window 3d..5d, 3bd..5bd: not before, not after; as days after the first, whatever it is called
	                */
	TARGET_BY,     /* by FIELD */
};
struct target {
	enum target_kind kind;
	int n, n2;                 /* minutes, days, day of month (0: the last), window's two */
	char unit;                 /* 'm' 'h' 'd' 'w' 'M' 'b' */
	int minute_of_day;         /* -1: none */
	const struct field *field; /* BY */
};

/* The parameters of m stand for their values, and `count_first_day` (flag) makes the starting day day 1 of a window. t
 * NULL: `by` can't be said. ERR_INVALID: *ret_why says what is wrong with the words. */
enum err target_parse(struct arena *a, const struct model *m, const struct type *t, const char *text,
                      struct target *ret_target, const char **ret_why);
/* "4bd": the digits of a duration and its unit (m h d w M b). */
bool target_duration(const char *s, int *ret_n, char *ret_unit);

#endif

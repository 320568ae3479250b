/*
 * clocks.h: time limits that run on records. Facts are when a clock started, its spans (running or standing still,
 * and why), its warning, its breach, its end; due times are derived from them, the target and the calendar.
 *
 * Everything runs inside store_write of the caller. Tables: clock, clock_span (0002_time.sql).
 */
#ifndef SHOUWEN_FLOW_CLOCKS_H
#define SHOUWEN_FLOW_CLOCKS_H

#include "flow/step.h"

/* ---- derive.c: pure, no database ------------------------------------------------------------------ */

struct span {
	int64_t from, to; /* to 0: still open */
	bool running;
};

/* What a target's words mean (docs/PACKS.md "Clocks"); made by target_parse. */
enum target_kind {
	TARGET_FOR,       /* working time of the clock's calendar: 30m, 2h */
	TARGET_DAYS,      /* working days: 5bd; calendar days: 3d, 1w, 6mo */
	TARGET_DAY_END,   /* 当天: the end of the working hours of the day it starts on */
	TARGET_NEXT_AT,   /* next 14:00, next_bd 12:00 */
	TARGET_MONTH_DAY, /* month 25 [HH:MM]; month end */
	TARGET_WINDOW,    /* window 3d..5d: not before, not after */
	TARGET_BY,        /* by FIELD */
};
struct target {
	enum target_kind kind;
	int n, n2;                 /* minutes, days, day of month (0: the last), window's two */
	char unit;                 /* 'm' 'h' 'd' 'w' 'M' 'b' */
	int minute_of_day;         /* -1: none */
	const struct field *field; /* BY */
};
struct due {
	int64_t due, warn; /* 0: none while it stands still (FOR, DAYS with a span open that does not run) */
	int64_t open_from; /* WINDOW: not before; else 0 */
};
/* Elapsed running time (calendar time of w) of the spans up to now. */
int64_t spans_elapsed(const struct worktime *w, const struct span *spans, size_t n, int64_t now_ms);
/* Durations (FOR, DAYS) move with pauses: working time for FOR; for DAYS each pause moves the due time by the working
 * days it held (calendar days for d, w, mo). Points in time (the rest) do not move. */
enum err due_derive(const struct worktime *w, const struct target *t, int64_t by_ms, const struct span *spans, size_t n,
                    int warn_percent, struct due *ret_due);

/* ---- clocks.c --------------------------------------------------------------------------------------- */

/* Before the record's row is written: starts, pauses, goes on, stops, re-targets r's clocks by its new state and
 * fields and puts the derived fields clock_NAME_due, clock_NAME_state into r. transition: NULL or the one done. */
enum err clocks_follow(struct ctx *ctx, struct record *r, const struct record *before, const char *transition);
/* The clocks of a record with their spans, as docs/API.md "Clocks" has them. Inside store_read. */
enum err clocks_write_json(struct ctx *ctx, const struct record *r, struct json_out *out);
/* A clock's moment has come (due_work kind "clock"): warning, breach, later steps; actions of `at:`. */
enum err clock_fire(struct ctx *ctx, int64_t clock);
/* Derives all running clocks of a calendar anew, a slice at a time; each moved one gets an event clock_moved. dry: only
 * counts and lists what would move or breach. */
struct clock_shift {
	int64_t clock, record, old_due, new_due;
	const char *type, *number;
};
enum err clocks_recalculate(struct ctx *ctx, const char *calendar, int64_t after, size_t limit, bool dry,
                            struct clock_shift **ret_shifts, size_t *ret_n, int64_t *ret_next);

#endif

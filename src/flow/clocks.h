/*
 * clocks.h: time limits that run on records. Facts are when a clock started, its spans (running or standing still,
 * and why), its warning, its breach, its end; due times are derived from them, the target and the calendar.
 *
 * Everything runs inside store_write of the caller. Tables: clock, clock_span (0002_time.sql).
 */
#ifndef SHOUWEN_FLOW_CLOCKS_H
#define SHOUWEN_FLOW_CLOCKS_H

#include "flow/step.h"
#include "model/target.h"

/* ---- derive.c: pure, no database ------------------------------------------------------------------ */

struct span {
	int64_t from, to; /* to 0: still open */
	bool running;
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
 * fields and puts the derived fields clock_NAME_due, clock_NAME_state into r. before: NULL for a new record;
 * transition: NULL or the one done; imported: what is past already is noted, and nobody told. */
enum err clocks_follow(struct ctx *ctx, struct record *r, const struct record *before, const char *transition,
                       bool imported);
/* The record goes, and its clocks with it. */
enum err clocks_remove(struct ctx *ctx, const struct record *r);
/* May he see it on this record, by its derived fields? What a clock says is theirs, wherever it is told. */
enum err clock_seen(struct ctx *ctx, const struct clock_def *def, const struct record *r, bool *ret_seen);
/* The clocks of a record with their spans, as docs/API.md "Time" has them. Inside store_read. */
enum err clocks_write_json(struct ctx *ctx, const struct record *r, struct json_out *out);
/* Of those that run on it the one that ends first, by its derived fields: {name,label,state,due,left_ms}, or null. */
enum err clocks_write_first(struct ctx *ctx, const struct record *r, struct json_out *out);
int64_t clocks_first_due(const struct record *r); /* 0: none runs, or none has a due time */
/* A clock's moment has come (due_work kind "clock"): warning, breach, later steps; actions of `at:`. */
enum err clock_fire(struct ctx *ctx, int64_t clock);
/* Derives running clocks of a calendar (NULL: of all) anew, a slice at a time; each moved one gets an event
 * clock_moved. The calendar and the targets are those of ctx->model. dry: only lists what would move. Begin with
 * after 0; at most `limit` are looked at; *ret_next 0: that was all. */
struct clock_shift {
	int64_t clock, record, old_due, new_due;
	const char *type, *number;
};
enum err clocks_recalculate(struct ctx *ctx, const char *calendar, int64_t after, size_t limit, bool dry,
                            struct clock_shift **ret_shifts, size_t *ret_n, int64_t *ret_next);
/* The same as due work ("recalc"), in slices that hold nobody up: after a calendar, a team's calendar, a parameter or a
 * clock was changed. */
enum err clocks_recalculate_soon(struct ctx *ctx, const char *calendar);
/* When a model comes in force: clocks that are new or were changed start on the open records there are, as due work
 * ("start") in slices. Inside store_write. */
enum err clocks_start_plan(struct ctx *ctx);
/* Derived times and fields of a record's clocks computed anew and compared: on healthy rows nothing changes. */
enum err clocks_mend(struct ctx *ctx, struct record *r, bool *ret_changed);
/* Are the spans of the next clocks after `after` in order, one of them open just while it runs? fault is told what is
 * not. *ret_next 0: these were the last. */
enum err clocks_verify(struct ctx *ctx, int64_t after, void (*fault)(void *arg, const char *words), void *arg,
                       int64_t *ret_next);

#endif

/*
 * clock_run.h: what the files clock*.c share: one run of a clock as its rows have it, and what follows from them. Not
 * for others.
 */
#ifndef SHOUWEN_FLOW_CLOCK_RUN_H
#define SHOUWEN_FLOW_CLOCK_RUN_H

#include "flow/clocks.h"
#include "flow/step.h"

enum { CLOCK_STEPS_MAX = 62 };

struct clock_run {
	int64_t id, record;
	int run;
	const char *type, *name;
	const char *calendar, *target; /* in force: a calendar's name, the target's words */
	const char *outcome;           /* running, paused, met, late, withdrawn */
	int64_t started_at, ended_at, due_at, warn_at, warned_at, breached_at;
	int64_t reached; /* bits: the steps that were done */
	int64_t owner, team, customer;
};

/* A span as it is kept: why it began: "start", "pause:STATE|words", "go_on", "ended", "reopen". */
struct clock_span {
	struct span at;
	const char *why;
	int64_t ms; /* how long it is, where that was measured */
};

/* ---- clock_row.c: the tables clock and clock_span ------------------------------------------------------ */

/* The last run of each clock of a record (all: every run), by name and run. */
enum err runs_of(struct ctx *ctx, int64_t record, bool all, struct clock_run **ret_list, size_t *ret_n);
enum err clock_load(struct ctx *ctx, int64_t id, struct clock_run *ret_run);
enum err clock_insert(struct ctx *ctx, const struct clock_run *c);
enum err clock_update(struct ctx *ctx, const struct clock_run *c);
enum err spans_of(struct ctx *ctx, int64_t clock, struct clock_span **ret_list, size_t *ret_n);
enum err span_open(struct ctx *ctx, int64_t clock, int64_t from, bool running, const char *why);
/* *ret_to: when it ended: `to`, or when it began if that is later. */
enum err span_close(struct ctx *ctx, int64_t clock, int64_t to, int64_t *ret_to);
/* Writes the derived fields into the record's row alone: no new version. */
enum err clock_show(struct ctx *ctx, const struct clock_def *def, const struct clock_run *c);

/* ---- clock_moment.c: what follows from a run ------------------------------------------------------------ */

static inline bool clock_active(const struct clock_run *c)
{
	return c->ended_at == 0;
}
/* What clock_NAME_state says. */
const char *clock_state(const struct clock_run *c);
bool clock_warned(const struct clock_run *c);
/* Everything that deriving needs; made by clock_basis. */
struct run_basis {
	struct worktime work;
	struct target target;
	int64_t by_ms; /* what a target `by FIELD` leads to; 0: the field is empty */
	struct span *spans;
	size_t n;
};
/* r: for `by FIELD`; spans: where they are known, else NULL. The words in force and the calendar in force
 * count, whatever the packs say now. */
enum err clock_basis(struct ctx *ctx, const struct clock_run *c, const struct record *r, const struct span *spans,
                     size_t n, struct run_basis *ret_basis);
/* due_at, warn_at and `open_from` (may be NULL) of a run that is not over. */
enum err clock_derive(struct ctx *ctx, const struct clock_def *def, const struct run_basis *b, struct clock_run *c,
                      int64_t *ret_open_from);
/* When a step of `at:` comes; 0: not at all as things stand. b may be NULL where clock_needs_basis is false. */
enum err step_moment(struct ctx *ctx, const struct clock_def *def, size_t step, const struct clock_run *c,
                     const struct run_basis *b, int64_t *ret_at);
bool clock_needs_basis(const struct clock_def *def);
/* When it is to be looked at next; 0: not any more. */
enum err clock_next(struct ctx *ctx, const struct clock_def *def, const struct clock_run *c, const struct run_basis *b,
                    int64_t *ret_next);
/* Puts, moves or removes its row of due work. */
enum err clock_arm(struct ctx *ctx, const struct clock_def *def, const struct clock_run *c, const struct run_basis *b,
                   bool urgent);
bool record_urgent(const struct record *r);
/* {"clock":NAME,"due":…} and what else is said: an event of the record, among colleagues. */
enum err clock_tell(struct ctx *ctx, const struct clock_run *c, const char *kind, int64_t old_due, const char *why);

/* ---- clock_recalc.c -------------------------------------------------------------------------------------- */

/* One running clock derived by the model at hand; dry: only looked at. */
enum err clock_shift_one(struct ctx *ctx, int64_t clock, bool dry, struct clock_shift *ret_shift, bool *ret_moved);

/* ---- clocks.c ------------------------------------------------------------------------------------------ */

/* The words of the first target whose `when` holds, a parameter by its value; "": none holds. */
enum err clock_words(struct ctx *ctx, const struct clock_def *def, const struct record *r, const char **ret_words);
const struct state *clock_state_of(const struct record *r); /* NULL: it has none */
bool clock_closed(const struct state *s);
/* Is the state, or its stage, one of the words? */
bool clock_names(const char **words, size_t n, const struct state *s);
/* As the record stands: does it run (else it stands still), or is it over, or no concern of it? */
enum err clock_stands(struct ctx *ctx, const struct clock_def *def, const struct record *r, bool *ret_runs,
                      bool *ret_over);
void clock_people(const struct record *r, struct clock_run *c);
/* What history brings in sets nothing off: what was due by now is a fact, and nobody is told. */
void clock_quiet(const struct ctx *ctx, const struct clock_def *def, struct clock_run *c);
/* When a transition was done first, not before `since`; 0: never. By the events. */
enum err transition_first_done(struct ctx *ctx, int64_t record, const char *transition, int64_t since, int64_t *ret_at);

/* ---- clock_start.c --------------------------------------------------------------------------------------- */

/* Of a record that has no run of this clock: would it run, since when, until when? dry: only looked at. */
enum err clock_start_one(struct ctx *ctx, const struct clock_def *def, const struct record *r, bool dry,
                         struct clock_shift *ret_shift, bool *ret_starts);
/* The next records after `after`, not closed, that have no run of it. */
enum err clock_lacking(struct ctx *ctx, const struct clock_def *def, const struct type *t, int64_t after, size_t limit,
                       int64_t *ids, size_t *ret_n);

#endif

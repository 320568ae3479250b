/*
 * ctx.h: everything a call knows of the request it serves. One owner at a time: the worker, or
 * the writer while the worker waits. Base knows the other folders' structs by name only.
 */
#ifndef SHOUWEN_BASE_CTX_H
#define SHOUWEN_BASE_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limit.h"
#include "base/value.h"

struct org;        /* store/org.h: one organisation's database */
struct store_conn; /* store/store.h */
struct model;      /* model/model.h: immutable generation */
struct who;        /* model/who.h: the acting user, his roles and teams */
struct zone;       /* base/zone.h */
struct ids;        /* base/ids.h */
struct seen_list;  /* model/seen.h */

enum lang { LANG_ZH = 0, LANG_EN };

enum { PROBLEMS_MAX = 50 };

/* One thing wrong with the input. `code` is stable and translated by the browser. */
struct problem {
	const char *field;  /* path such as "mobile" or "rounds[2].asked"; "" for the whole */
	const char *code;   /* "required", "unknown_field", "wrong_type", "too_long", ... */
	const char *detail; /* for a person: what, where and how to mend it; may be NULL */
};

struct problems {
	struct problem list[PROBLEMS_MAX];
	size_t n;
};

struct ctx {
	struct arena *arena; /* request lifetime */
	struct org *org;
	struct store_conn *db; /* set by store_read / store_write for the time of the call */
	const struct model *model;
	const struct who *who;   /* NULL: nobody is signed in */
	int64_t now_ms;          /* time is a parameter; set once per request */
	const struct zone *zone; /* the organisation's */
	struct ids *ids;
	enum lang lang;
	const char *origin;     /* "web 127.0.0.1", "api", "import", "cli": kept in events; "" if none */
	struct seen_list *seen; /* what was shown though a mask lies on it; NULL: nobody asks */
	bool large;             /* what it writes next may touch any number of rows: a transaction of its own */
	struct problems problems;
};

/* Notes a problem (the list stops at PROBLEMS_MAX) and returns e, so that callers can
 * `return ctx_problem(...)`. Texts are copied into the arena. */
enum err ctx_problem(struct ctx *ctx, enum err e, const char *field, const char *code, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

/* Forget the problems noted so far (for code that is run again). */
void ctx_forget(struct ctx *ctx);

#endif

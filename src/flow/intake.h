/*
 * intake.h: what the files of the intake share: one contact, its customer, its matters, made in
 * one transaction. Not for other folders.
 */
#ifndef SHOUWEN_FLOW_INTAKE_H
#define SHOUWEN_FLOW_INTAKE_H

#include "flow/step.h"

enum { INTAKE_MATTERS_MAX = 20 };

/* One matter: what was said of it, and what came of it. */
struct matter {
	const json_t *said;
	const char *path;    /* "matters[0]" */
	const char *then;    /* never NULL */
	struct record *made; /* NULL: solved on the spot */
	int64_t promise_due; /* 0: none */
	struct label promise_kind;
};

struct intake {
	const json_t *customer_said, *contact_said;
	struct record *customer, *contact; /* customer NULL: nobody known */
	struct matter matters[INTAKE_MATTERS_MAX];
	size_t n;
};

/* A JSON tree of the request's lifetime; json_set takes the value over. */
json_t *intake_tree(struct ctx *ctx, json_t *j);
void json_set(json_t *tree, const char *key, json_t *value);
json_t *json_of_id(int64_t id);
const char *json_member(const json_t *tree, const char *key); /* NULL: not there or not a text */
/* The problems noted since n0 get the path in front of their field. */
void problems_under(struct ctx *ctx, size_t n0, const char *path);

/* ---- intake_make.c: what a matter becomes ------------------------------------------------------- */
enum err matter_make(struct ctx *ctx, struct intake *in, struct matter *m);

/* ---- intake_words.c ----------------------------------------------------------------------------- */

/* 今天 15:30, 明天 10:00, 11月28日 10:00 — as people say it. */
const char *time_words(struct ctx *ctx, int64_t at_ms, enum lang lang);
/* The same of a date alone, as a record keeps it (2026-11-28). */
const char *date_words(struct ctx *ctx, const char *date, enum lang lang);
/* The state's text for the customer, and the promise. */
const char *matter_say(struct ctx *ctx, const struct matter *m, enum lang lang);
enum err intake_answer(struct ctx *ctx, const struct intake *in, struct json_out *out);

#endif

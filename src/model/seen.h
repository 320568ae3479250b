/*
 * seen.h: what was masked and yet shown in the clear while one request was answered: gathered here,
 * written down before the answer leaves (flow/seen_log.h). ctx->seen NULL: nobody keeps it. Where nothing
 * was masked nothing is done.
 */
#ifndef SHOUWEN_MODEL_SEEN_H
#define SHOUWEN_MODEL_SEEN_H

#include "model/model.h"

struct value;

struct seen_row {
	struct seen_row *next;
	const struct type *type;
	int64_t record;
	const char *fields; /* names in the type's order, by blanks */
};

struct seen_list {
	struct seen_row *first;
	size_t n;
	const char *why;     /* how it came to be in the clear; NULL: a mask's own exception */
	struct arena *arena; /* its rows', made for the first: a transaction that is run again forgets its own */
};

/* Frees the rows. list: struct seen_list. */
void seen_end(void *list);

/* shown[i]: the type's field i was shown in the clear though a mask lies on it. */
void seen_note(struct ctx *ctx, const struct type *t, int64_t record, const bool *shown);
void seen_note_field(struct ctx *ctx, const struct field *f, int64_t record);

#endif

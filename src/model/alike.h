/*
 * alike.h: are two records alike, as a type says under `alike:`? Compares what is in memory; finding those
 * that may be is flow/alike.c.
 */
#ifndef SHOUWEN_MODEL_ALIKE_H
#define SHOUWEN_MODEL_ALIKE_H

#include "model/record.h"

struct alike_why {
	const char **words; /* runs of text both have; in the arena */
	size_t n_words;
	int share; /* of the shorter one's words, in percent */
};

/* May he be told that records are alike in this way? Not by what he may not see in the clear. */
bool alike_is_his(const struct ctx *ctx, const struct alike *a);
/* Do the `same` fields agree, and the texts speak of the same? */
bool alike_holds(struct ctx *ctx, const struct alike *a, const struct record *mine, const struct record *theirs,
                 struct alike_why *ret_why);
/* The tokens its texts are found by, those that say something, spread over all of them; at most max. */
size_t alike_tokens(struct ctx *ctx, const struct alike *a, const struct record *mine, const char **ret, size_t max);

#endif

/*
 * starter.h: what packs bring for a house to begin with (docs/PACKS.md): records of starter/, by their names
 * there. Each is made once; what was changed or removed since stays so.
 */
#ifndef SHOUWEN_MAIN_STARTER_H
#define SHOUWEN_MAIN_STARTER_H

#include "main/command.h"
#include "main/story.h"

/* What is missing of the packs named (space-separated), made at `at_ms`; all of it gets its handle in the story. */
enum err starter_load(struct ctx *ctx, struct story *s, const char *packs_dir, const char *names, int64_t at_ms,
                      size_t *ret_added);

/* What is missing of the packs in force of an organisation; false and why: it stopped there, *ret_added are made. */
bool starter_add(struct house *h, const char *packs_dir, size_t *ret_added, char *why, size_t why_bytes);
/* For the packs in force of an organisation: loads, and says how many; complains and returns false. */
bool starter_open(struct job *job, struct house *h);

/* The packs in force, as one text without pack `own`. */
const char *starter_packs(struct arena *a, const struct model *m);

#endif

/*
 * common.h: what the benches in C stand on: an organisation of their own, packs, records, figures. What does not go
 * ends the bench with words on stderr: nothing here returns an error.
 */
#ifndef SHOUWEN_BENCH_COMMON_H
#define SHOUWEN_BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/flow.h"
#include "model/pack.h"
#include "model/who.h"
#include "spent.h"
#include "store/store.h"

/* Who opens it closes it; ctx is the system's, its model whatever the bench puts there (and frees). */
struct place {
	struct store *store;
	struct org *org;
	struct zone *zone;
	struct ctx ctx;
};

/* An organisation on SQLite under `dir`, which must have none yet. */
void place_open(struct place *p, const char *dir);
void place_close(struct place *p);

void must(enum err e, const char *what);
/* The core pack of the folder `packs` in the arena of ctx, with room for `more` texts. */
void core_read(struct ctx *ctx, const char *packs, size_t more, struct pack_text **ret_texts, size_t *ret_n);
/* The caller's reference. */
struct model *core_load(struct ctx *ctx, const struct pack_text *texts, size_t n);
/* Inside store_write: a record as who asks makes it. */
int64_t made(struct ctx *ctx, const char *type, const char *json);
void figures_sort(double *list, size_t n);

#endif

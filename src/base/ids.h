/*
 * ids.h: 63-bit ids in time order, made in the process: 42 bits ms since 2020, 8 bits node,
 * 13 bits sequence. Thread-safe. Never returns the same id twice, also if the clock steps back.
 */
#ifndef SHOUWEN_BASE_IDS_H
#define SHOUWEN_BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct ids;
struct ids *ids_new(int node); /* 0..255, leased from the store */
void ids_free(struct ids *ids);
int ids_node(const struct ids *ids); /* whose they are: no two servers on one store have the same */
int64_t ids_next(struct ids *ids, int64_t now_ms);
/* What comes next is larger than this id, whatever the clock says: for ids of an earlier process. */
void ids_after(struct ids *ids, int64_t id);
/* The smallest id that ids_next could give at this instant: for ranges by creation time and for
 * ids of back-dated imports. */
int64_t ids_floor(int64_t at_ms);
bool id_parse(const char *s, int64_t *ret_id); /* decimal text, positive */

#endif

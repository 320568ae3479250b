/*
 * guard.h: how often one user may ask what masked numbers would answer: a masked telephone number can be
 * found by its tail, so whoever may ask as often as he likes reads it digit by digit.
 *
 * The caller locks. Kept in memory: a restart forgives.
 */
#ifndef SHOUWEN_HTTP_GUARD_H
#define SHOUWEN_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_SLOTS = 256, GUARD_BURST = 30, GUARD_STEP_MS = 5000 };

struct guard {
	struct guard_slot {
		int64_t user;
		int64_t free_ms; /* when all he took is given back */
	} slots[GUARD_SLOTS];
};

/* GUARD_BURST at once, then one every GUARD_STEP_MS. False: not now; *ret_wait_ms says how long. */
bool guard_take(struct guard *g, int64_t user, int64_t now_ms, int64_t *ret_wait_ms);

#endif

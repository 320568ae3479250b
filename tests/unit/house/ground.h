/*
 * ground.h: an empty organisation on a store of its own, on SQLite in a temporary folder, or on PostgreSQL when
 * SHOUWEN_TEST_PG names a server (tests/pg.sh).
 *
 * Who opens a ground closes it: that drops the organisation and removes the folder with all that lies in it, and frees
 * the zone and the ids. What contexts were made of it (arenas, models) is its maker's, to be freed before or after.
 */
#ifndef SHOUWEN_TESTS_GROUND_H
#define SHOUWEN_TESTS_GROUND_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"
#include "store/store.h"

struct ground {
	char dir[64];
	const char *code;
	struct store *store;
	struct org *org;
	struct zone *zone; /* Asia/Shanghai */
	struct ids *ids;
};

/* The PostgreSQL of this run; NULL: SQLite. */
const char *ground_url(void);
/* Fails the test when it can't. `code` of the organisation must live as long; url NULL: SQLite. */
void ground_open(struct ground *g, const char *code, const char *url);
void ground_close(struct ground *g);

#endif

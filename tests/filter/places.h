/*
 * places.h: the databases that filter tests run on: SQLite in a temporary folder, and PostgreSQL when the
 * environment names one in SHOUWEN_TEST_PG (tests/pg.sh starts one).
 */
#ifndef SHOUWEN_TESTS_FILTER_PLACES_H
#define SHOUWEN_TESTS_FILTER_PLACES_H

#include "store/store.h"

struct place {
	const char *name;
	struct store *store;
	struct org *org;
};

enum { PLACES_MAX = 2 };

struct places {
	struct place list[PLACES_MAX];
	size_t n;
	char dir[64];
};

void places_open(struct places *p);
void places_close(struct places *p);

#endif

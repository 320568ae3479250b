/*
 * sqlite_walk.c: walk_finds(IDS, WANTED, ID), a function for statements on SQLite: is ID among IDS (a blob of them in
 * order)? Of a walk that finds too few each row is let through from then on, so that one that is none of them tells its
 * end: WALK_ROWS were looked at, or among the first FIRST_ROWS were so few that WANTED won't be found in that many. Who
 * reads the rows looks whether each is his.
 */
#include "store/sqlite.h"

#include <stdlib.h>
#include <string.h>

enum { WALK_ROWS = 512, FIRST_ROWS = 64, ARG_IDS = 0, ARG_WANTED, ARG_ID, ARGS };

/* What a walk has seen so far; kept by SQLite beside the statement while it runs. */
struct walk {
	size_t looked, found, wanted;
	bool over;
	size_t n;
	int64_t ids[];
};

static struct walk *walk_begin(sqlite3_context *c, sqlite3_value **args)
{
	const void *ids = sqlite3_value_blob(args[ARG_IDS]);
	size_t n = (size_t)sqlite3_value_bytes(args[ARG_IDS]) / sizeof(int64_t);
	struct walk *w = malloc(sizeof(*w) + n * sizeof(int64_t));
	if (w == NULL)
		return NULL;
	*w = (struct walk){.wanted = (size_t)sqlite3_value_int64(args[ARG_WANTED]), .n = n};
	if (n > 0)
		memcpy(w->ids, ids, n * sizeof(int64_t));
	sqlite3_set_auxdata(c, ARG_IDS, w, free);
	return sqlite3_get_auxdata(c, ARG_IDS); /* NULL: there was no memory to keep it */
}

static bool is_among(const struct walk *w, int64_t id)
{
	size_t at = 0, end = w->n;
	while (at < end) {
		size_t middle = (at + end) / 2;
		if (w->ids[middle] < id)
			at = middle + 1;
		else
			end = middle;
	}
	return at < w->n && w->ids[at] == id;
}

static void walk_finds(sqlite3_context *c, int n, sqlite3_value **args)
{
	(void)n;
	struct walk *w = sqlite3_get_auxdata(c, ARG_IDS);
	if (w == NULL)
		w = walk_begin(c, args);
	if (w == NULL) {
		sqlite3_result_error_nomem(c);
		return;
	}
	bool found = is_among(w, sqlite3_value_int64(args[ARG_ID]));
	w->found += found;
	w->looked++;
	w->over = w->over || w->looked == WALK_ROWS ||
	          (w->looked == FIRST_ROWS && w->found * WALK_ROWS < w->wanted * FIRST_ROWS);
	sqlite3_result_int(c, found || w->over);
}

int sqlite_walk_add(sqlite3 *db)
{
	return sqlite3_create_function(db, "walk_finds", ARGS, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, walk_finds, NULL,
	                               NULL);
}

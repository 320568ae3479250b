/*
 * world.h: a small world for testing filters: a model, its records and who looks at them, all from one
 * JSON text that the TypeScript evaluator reads too. Built without the pack loader and without
 * model/record_store, so that a fault there can't hide one here.
 */
#ifndef SHOUWEN_TESTS_FILTER_WORLD_H
#define SHOUWEN_TESTS_FILTER_WORLD_H

#include "model/filter.h"
#include "model/record.h"
#include "model/who.h"
#include "store/store.h"

struct world {
	struct arena *arena;
	json_t *root;
	struct model model;
	struct who who;
	struct ctx ctx;
	struct zone *zone;
	struct record **records; /* of all types, in the order of the file */
	size_t n_records;
};

/* The root stays the caller's. Ends the program when the JSON is no world. */
struct world *world_new(const json_t *root);
void world_free(struct world *w);

/* Makes (drops, if they are there) the world's tables in an organisation and fills them. */
enum err world_store(struct world *w, struct org *org);

/* Which records of the type the filter holds for, as a list of ids in the order of the file:
 * by SQL on the organisation, and in memory. */
enum err world_ask_sql(struct world *w, struct org *org, const struct type *t, const struct filter *f,
                       filter_inside *inside, json_t **ret_ids);
enum err world_ask_memory(struct world *w, struct org *org, const struct type *t, const struct filter *f,
                          json_t **ret_ids);

/* The SQL of a filter as text, for messages. */
const char *world_sql_text(struct world *w, const struct filter *f, filter_inside *inside);

void world_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif

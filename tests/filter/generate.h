/*
 * generate.h: random worlds and filters from a seed, for the property test.
 */
#ifndef SHOUWEN_TESTS_FILTER_GENERATE_H
#define SHOUWEN_TESTS_FILTER_GENERATE_H

#include <jansson.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

unsigned dice_roll(struct dice *d, unsigned sides); /* 0 … sides - 1 */

/* {now, zone, me, my_teams, holidays, parameters, types, records}: see world.json. */
json_t *generate_world(struct dice *d);
/* A filter over one of the world's types. Now and then two fields in it can't be compared: then it is
 * refused with wrong_type. */
json_t *generate_filter(struct dice *d, const json_t *world, const char *type);
const char *generate_type(struct dice *d, const json_t *world);

#endif

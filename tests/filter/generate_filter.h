/* generate_filter.h: what generate.c needs of generate_filter.c. */
#ifndef SHOUWEN_TESTS_FILTER_GENERATE_FILTER_H
#define SHOUWEN_TESTS_FILTER_GENERATE_FILTER_H

#include "generate.h"

json_t *work_fields(void); /* the columns of the work index, as fields */
/* A value of a field as the wire has it (of `choices`, `links` and `files`: one of them). */
json_t *generate_value(struct dice *d, const json_t *world, const json_t *field);
/* A filter of one or two leaves on own fields, without lists and computed fields: rests on nothing else. */
json_t *generate_plain(struct dice *d, const json_t *world, const char *type);

#endif

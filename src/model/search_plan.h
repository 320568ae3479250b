/*
 * search_plan.h: inside model/: what is searched for and where the user may find it.
 */
#ifndef SHOUWEN_MODEL_SEARCH_PLAN_H
#define SHOUWEN_MODEL_SEARCH_PLAN_H

#include "base/text.h"
#include "model/model.h"
#include "store/store.h"

struct search_type {
	const struct type *type;
	const struct field **fields; /* fetched: title first, then what is searched, then state … */
	size_t n_fields;
};

struct search_plan {
	struct text_query query;
	const char **title_tokens; /* the query's tokens, marked as of a title */
	struct search_type *types; /* those he may read something of */
	size_t n_types;
	struct search_any keys; /* one of these on every hit; n 0 with everything: no need */
	bool everything;
	bool mostly_open; /* most of what is found without the keys is likely to be his */
};

enum err search_plan_make(struct ctx *ctx, const char *text, const struct type *only, struct search_plan *ret_plan);
const struct search_type *search_type_of(const struct search_plan *p, const struct type *t);

#endif

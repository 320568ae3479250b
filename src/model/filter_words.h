/* filter_words.h: a filter as people say it, and how far it reaches around who asks. */
#ifndef SHOUWEN_MODEL_FILTER_WORDS_H
#define SHOUWEN_MODEL_FILTER_WORDS_H

#include "base/buf.h"
#include "model/filter.h"

/* Whose records a filter lets through: his own, his teams', his units', by a rule that does not look at him, all. */
enum filter_reach { REACH_NONE, REACH_OWN, REACH_TEAM, REACH_UNIT, REACH_RULE, REACH_ALL };

/* NULL: none. */
enum filter_reach filter_reach(const struct filter *f);
const char *filter_reach_name(enum filter_reach reach); /* "none", "own", "team", "unit", "rule", "all" */

/* 班组在我的班组中，且状态为待受理. NULL counts as `all`. */
void filter_words(const struct filter *f, enum lang lang, struct buf *out);
/* A field's label, with the links that lead to it. */
void filter_path_words(const struct filter *leaf, enum lang lang, struct buf *out);

/* What a leaf compares: for sentences about one record. */
enum filter_about { ABOUT_OTHER, ABOUT_ME, ABOUT_MY_TEAMS, ABOUT_MY_UNITS, ABOUT_SHARED };
enum filter_about filter_about(const struct filter *f);
/* The field of a leaf that lies in the record itself; NULL for all else. */
const struct field *filter_own_field(const struct filter *f);

#endif

/*
 * lookup_keys.h: inside model/: how lookup rows and search tokens are written, for those who read
 * them.
 */
#ifndef SHOUWEN_MODEL_LOOKUP_KEYS_H
#define SHOUWEN_MODEL_LOOKUP_KEYS_H

#include "model/model.h"

/* lookup.kind. A phone's key is its digits from the end: any tail is a prefix of it. */
#define LOOKUP_ROW_PHONE "phone"
#define LOOKUP_ROW_NAME "name"     /* folded, whole */
#define LOOKUP_ROW_PART "part"     /* what begins at a later character of the name */
#define LOOKUP_ROW_PINYIN "pinyin" /* whole, and initials */
#define LOOKUP_ROW_CODE "code"
#define LOOKUP_ROW_PLATE "plate"
#define LOOKUP_ROW_ROOM "room"

/* Put before a token of a title; with '_' no token of text can be the same. */
#define SEARCH_TITLE_MARK "t_"

char *lookup_reversed(struct arena *a, const char *digits);
/* Links to users and teams become access keys of the search index. */
bool field_is_key(const struct ctx *ctx, const struct field *f);
bool type_is_searched(const struct type *t);

#endif

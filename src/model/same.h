/*
 * same.h: records that are likely the same person or thing, as their type says under `duplicates:`; and
 * those that were merged into another, which are kept but stand in no list.
 */
#ifndef SHOUWEN_MODEL_SAME_H
#define SHOUWEN_MODEL_SAME_H

#include "base/json.h"
#include "model/filter.h"
#include "model/record.h"

/* {"duplicates":[{id,label,version,same:[[field…]…],fields:{…}}],"more"}: those he may read. Inside store_read. */
enum err same_write_json(struct ctx *ctx, const struct record *r, size_t limit, struct json_out *out);
/* The record it was merged into; 0: it was not. */
int64_t record_merged_into(const struct record *r);
/* Of a list: without the merged ones, unless the condition itself speaks of them. */
struct filter *same_without_merged(struct ctx *ctx, const struct type *t, struct filter *where);
/* A text brought to one form: what people type differently and mean alike: width, case, blanks, signs. */
const char *same_form(struct arena *a, const struct value *v);

#endif

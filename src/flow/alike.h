/* alike.h: records that are alike, as types declare it under `alike:`; and putting enough of them together. */
#ifndef SHOUWEN_FLOW_ALIKE_H
#define SHOUWEN_FLOW_ALIKE_H

#include "flow/step.h"
#include "model/alike.h"

struct alike_row {
	struct record *record;
	struct alike_why why;
};

/* Those alike r in this way that ctx->who may read, r itself left out, the likeliest first; at most limit. */
enum err alike_find(struct ctx *ctx, const struct alike *a, const struct record *r, size_t limit,
                    struct alike_row **ret_rows, size_t *ret_n);
struct alike_one {
	int64_t id, under; /* what a->gather->by leads to; 0: nothing */
};
/* Likewise all of them, whoever may read them, without their texts; a gathers. list has room for limit. */
enum err alike_under(struct ctx *ctx, const struct alike *a, const struct record *r, struct alike_one *list,
                     size_t limit, size_t *ret_n);
/* {"groups":[…]} as docs/API.md has it: of a record; of one that is being written down and not there yet. Inside
 * store_read. */
enum err alike_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out);
enum err alike_draft_json(struct ctx *ctx, const struct type *t, const json_t *fields, struct json_out *out);

/* After r was written (before NULL: it is new): those it is put under or taken from are counted anew; it joins those
 * it is like, or enough of them are put together, but not where an act is taken back. */
enum err gather_follow(struct ctx *ctx, struct step *s, struct record *r, const struct record *before, bool undone);

#endif

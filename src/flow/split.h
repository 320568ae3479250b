/* split.h: one matter becomes several: what was said of it together, done apart. */
#ifndef SHOUWEN_FLOW_SPLIT_H
#define SHOUWEN_FLOW_SPLIT_H

#include "base/json.h"
#include "flow/flow.h"

enum { SPLIT_PARTS_MAX = 10 };

/* parts: as docs/API.md has them. Each becomes a record that takes over what the parts of one matter have in common,
 * linked by split_from; tasks, promises and files named in `move` go with it. A run that is over, to be taken back.
 * Writes {"run","made":[…]}. */
enum err flow_split(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const json_t *parts,
                    struct json_out *out);
/* May ctx->who, who may change it, make two of it? Its parts are of its own type if nothing else is said. */
bool split_offered(struct ctx *ctx, const struct record *r);
/* Does all of it, writes {"parts":[…]} and leaves nothing behind. Inside store_write. */
enum err flow_split_preview(struct ctx *ctx, const struct type *t, int64_t id, const json_t *parts,
                            struct json_out *out);

#endif

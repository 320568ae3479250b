/* sight.h: inside model/: a field's value as ctx->who may see it. */
#ifndef SHOUWEN_MODEL_SIGHT_H
#define SHOUWEN_MODEL_SIGHT_H

#include "model/access.h"
#include "model/labels.h"

/* Clear or masked; not to be called for HIDDEN. `lines` for TABLE, else NULL. */
void seen_write_json(struct ctx *ctx, struct json_out *out, const struct labels *l, const struct field *f,
                     const struct value *v, const struct record_lines *lines, enum field_sight sight);
void seen_want(struct labels *l, const struct field *f, const struct value *v, const struct record_lines *lines);

#endif

/* sight.h: inside model/, and for the pages of flow/: a field's value as ctx->who may see it. */
#ifndef SHOUWEN_MODEL_SIGHT_H
#define SHOUWEN_MODEL_SIGHT_H

#include "model/access.h"
#include "model/labels.h"

/* Clear or masked; not to be called for HIDDEN. `lines` for TABLE, else NULL. */
void seen_write_json(struct ctx *ctx, struct json_out *out, const struct labels *l, const struct field *f,
                     const struct value *v, const struct record_lines *lines, enum field_sight sight);
void seen_want(struct labels *l, const struct field *f, const struct value *v, const struct record_lines *lines);

/* One record as ctx->who may see it, with the names it needs asked for: resolve the labels, then write its
 * fields' object. So a page fetches its own names and the record's together. */
struct record_view {
	const struct record *record;
	enum field_sight *sights; /* type->n_fields */
	struct value *values;     /* likewise; computed ones included */
};
enum err record_view(struct ctx *ctx, const struct record *r, bool glance, struct labels *labels,
                     struct record_view *ret_view);
void record_view_write(struct ctx *ctx, struct json_out *out, const struct labels *labels,
                       const struct record_view *view);

#endif

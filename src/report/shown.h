/*
 * shown.h: cells as the API writes them, in words for a person: exports and printed forms read what
 * the user may see from the same JSON as the browser, so access, hiding and masking are the same.
 */
#ifndef SHOUWEN_REPORT_SHOWN_H
#define SHOUWEN_REPORT_SHOWN_H

#include "base/json.h"
#include "model/model.h"

/* A field, or link.field: NULL if there is none. ret_label (may be NULL): its words in ctx's language. */
const struct field *shown_field(struct ctx *ctx, const struct type *t, const char *path, const char **ret_label);
/* What a person reads: option labels, local times, 是/否, names of links and files; "" for empty. In ctx->arena. */
const char *shown_text(struct ctx *ctx, const struct field *f, const json_t *cell);
/* A time in the organisation's zone, "2026-11-22 15:30". */
const char *shown_time(struct ctx *ctx, int64_t at_ms);

#endif

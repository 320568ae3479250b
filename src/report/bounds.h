/*
 * bounds.h: a period's bounds as the filters of reports write them.
 */
#ifndef SHOUWEN_REPORT_BOUNDS_H
#define SHOUWEN_REPORT_BOUNDS_H

#include "base/ctx.h"

/* An instant in quotes, as filters take it. In ctx->arena. */
const char *bound_quoted(struct ctx *ctx, int64_t ms);
/* {from} and {to} replaced by the bounds as instants, {from_day} and {to_day} by their dates. */
const char *bounds_put(struct ctx *ctx, const char *where, int64_t from, int64_t to);

#endif

/*
 * record_row.h: inside model/: how the values of fields lie in columns. Text lists (choices,
 * files) are stored as " a b ", so that "has this one" is one search for " a ".
 */
#ifndef SHOUWEN_MODEL_RECORD_ROW_H
#define SHOUWEN_MODEL_RECORD_ROW_H

#include "model/record.h"
#include "store/store.h"

bool field_is_stored(const struct field *f); /* has a column of its own, and is none of the base five */
/* The column col of the present row as a value of f; text is copied into ctx->arena. */
struct value row_value(struct ctx *ctx, const struct field *f, struct rows *rows, int col);
/* A value as it is bound to f's column. */
struct value column_value(struct arena *a, const struct field *f, const struct value *v);
/* " in (…)" with the ids, padded to a power of two by repeating the last one, so that few statement
 * texts serve every count; n >= 1. */
void sql_in_ids(struct sql *q, const int64_t *ids, size_t n);
enum { IN_IDS_MAX = 256 };
/* LINKS and TABLE fields of r, from their side tables. */
enum err record_load_sides(struct ctx *ctx, struct record *r);
enum err record_load_side(struct ctx *ctx, struct record *r, const struct field *f);
enum err record_write_sides(struct ctx *ctx, struct record *r, bool fresh);
/* The text column that names records of t, NULL if it has none. */
const char *type_title_column(const struct type *t);

#endif

/*
 * access.h: what ctx->who may see and do, from the packs' access lines; closed by default. A user
 * with several roles may what any of them may; a field is hidden only if every role that lets him
 * read the record hides it.
 */
#ifndef SHOUWEN_MODEL_ACCESS_H
#define SHOUWEN_MODEL_ACCESS_H

#include "model/model.h"
#include "model/record.h"

enum access_right { ACCESS_READ, ACCESS_WRITE, ACCESS_REMOVE };
enum field_sight { SIGHT_CLEAR, SIGHT_MASKED, SIGHT_HIDDEN };

/* The filter of what he may read (write, remove); ret_none is true when nothing. NULL filter: all. */
enum err access_filter(struct ctx *ctx, const struct type *t, enum access_right right, struct filter **ret_filter,
                       bool *ret_none);
bool access_may_create(const struct ctx *ctx, const struct type *t);
bool access_may_export(const struct ctx *ctx, const struct type *t);
/* ERR_OK or ERR_NOT_FOUND (read) / ERR_FORBIDDEN (write, remove, when he may read it). */
enum err access_check(struct ctx *ctx, const struct record *r, enum access_right right);
/* May he glance (see the glance fields) though he may not read? */
bool access_may_glance(const struct ctx *ctx, const struct type *t);
bool access_glances_at(const struct ctx *ctx, const struct field *f);

/* Field sight without a record: CLEAR, or MASKED where some mask applies, or HIDDEN. For refusing
 * filters, sorts and columns. */
enum field_sight access_field(const struct ctx *ctx, const struct field *f);
/* The same for one record: a mask's `unless` is evaluated. */
enum err access_field_of(struct ctx *ctx, const struct record *r, const struct field *f, enum field_sight *ret_sight);
/* The same where the value is about to be shown to him: in the clear though a mask lies on it, it is noted as seen. */
enum err access_field_shown(struct ctx *ctx, const struct record *r, const struct field *f,
                            enum field_sight *ret_sight);
/* The title of a record that he reads: "" where the field is hidden from him or masked. */
const char *access_title(const struct ctx *ctx, const struct record *r);

/* How to see one field on many rows: `base` CLEAR or HIDDEN everywhere, or MASKED: then in the clear where
 * clear_when holds (NULL: nowhere), and left out where shown_when (NULL: everywhere) does not. */
struct sight_rule {
	enum field_sight base;
	struct filter *clear_when;
	struct filter *shown_when;
};
struct sight_rule access_sight(struct ctx *ctx, const struct field *f);
/* ERR_INVALID with code "hidden" when a filter names what he may not see. */
enum err access_check_filter(struct ctx *ctx, const struct filter *f);
/* For filter_sql: access inside links and lists. */
struct filter *access_inside(struct ctx *ctx, const struct type *target);
/* Is ctx->who the party of this record: the filter holds, and he has one of its roles if it names any. */
enum err access_is_party(struct ctx *ctx, const struct party *party, const struct record *r, bool *ret_is);
/* A short digest of roles + teams: two users with the same signature (and no @me filter) see the same. */
const char *access_signature(struct ctx *ctx);

#endif

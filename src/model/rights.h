/*
 * rights.h: inside model/: the packs' access lines as one set of roles meets them. They depend on the
 * model and the roles alone, so they are worked out once for each; whether their conditions hold for a
 * record and a user is asked anew every time.
 */
#ifndef SHOUWEN_MODEL_RIGHTS_H
#define SHOUWEN_MODEL_RIGHTS_H

#include "model/access.h"

enum { RIGHTS_COUNT = 3 }; /* of enum access_right */

struct field_rights {
	struct sight_rule sight; /* on one of many rows */
	enum field_sight plain;  /* without a record */
	int clear_at, shown_at;  /* its conditions in `conditions`; -1: none */
	int is_at;               /* of a computed field, likewise */
};

struct type_rights {
	struct filter *filter[RIGHTS_COUNT]; /* NULL: all */
	bool none[RIGHTS_COUNT];
	bool known;                  /* some line lets him read or glance */
	struct field_rights *fields; /* type->n_fields */
	struct filter **conditions;  /* different ones: masks of several fields usually have the same `unless` */
	size_t n_conditions;
};

/* NULL where there is nobody, or where too many sets are kept already. */
const struct type_rights *rights_kept(const struct ctx *ctx, const struct type *t);
/* The same, never NULL: worked out in ctx->arena where it is not kept. */
const struct type_rights *rights_of(const struct ctx *ctx, const struct type *t);

/* access.c: what is worked out, in ctx->arena. */
void access_unite(struct ctx *ctx, const struct type *t, enum access_right right, struct filter **ret_filter,
                  bool *ret_none);
struct sight_rule access_unite_sight(struct ctx *ctx, const struct field *f);
enum field_sight access_unite_field(const struct ctx *ctx, const struct field *f);

struct rights_cache *rights_cache_new(void);
void rights_cache_free(struct rights_cache *c); /* NULL allowed */

#endif

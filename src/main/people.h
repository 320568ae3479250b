/*
 * people.h: the first people of an organisation, made by sub-commands: a role record for each role
 * of its packs, users with a password.
 */
#ifndef SHOUWEN_MAIN_PEOPLE_H
#define SHOUWEN_MAIN_PEOPLE_H

#include "base/ctx.h"

/* All inside store_write. */

/* A role record for each pack role that has none of its name. */
enum err people_add_roles(struct ctx *ctx);
/* `roles` and `teams`: codes separated by commas; each must be there. hash: password_hash() made it. */
struct person {
	const char *login, *name, *roles, *teams;
	const char *hash;
	bool must_change;
};
enum err people_add_user(struct ctx *ctx, const struct person *p, int64_t *ret_id);
enum err people_find(struct ctx *ctx, const char *login, int64_t *ret_id);
/* The record of `type` whose field `code` is this; ERR_NOT_FOUND. */
struct type;
enum err people_code(struct ctx *ctx, const struct type *t, const char *code, int64_t *ret_id);

#endif

/*
 * access_why.h: the packs' access lines as people read them: the matrix of roles and types, and who may see one
 * record and why. Everything it says follows from the same lines and filters that decide.
 */
#ifndef SHOUWEN_MODEL_ACCESS_WHY_H
#define SHOUWEN_MODEL_ACCESS_WHY_H

#include "base/json.h"
#include "model/access.h"

/* {"roles":[…],"types":[…]}: docs/API.md, "Rights". */
void access_matrix_write_json(struct ctx *ctx, struct json_out *out);

/* One person and one record: what he sees of it and by which line. ctx->who is that person. Writes nothing and
 * gives false when he sees nothing of it, unless `anyway`: then it says why not. */
enum err access_why_write_json(struct ctx *ctx, const struct record *r, bool anyway, struct json_out *out,
                               bool *ret_sees);

#endif

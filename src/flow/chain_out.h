/* chain_out.h: the owner chain of a record, for its page. */
#ifndef SHOUWEN_FLOW_CHAIN_OUT_H
#define SHOUWEN_FLOW_CHAIN_OUT_H

#include "flow/path.h"
#include "model/labels.h"

struct chain;

/* Reads it and asks for the names in it. */
enum err chain_read(struct ctx *ctx, const struct record *r, struct labels *names, struct chain **ret_chain);
void chain_write(struct ctx *ctx, const struct chain *chain, const struct labels *names, struct json_out *out);
/* How far it has come on its type's path; NULL: it declares none. */
const struct path *chain_path(const struct chain *chain);
/* {"id","label"}, the label "" for one that is gone; null for id 0. */
void person_write_json(struct json_out *out, const struct labels *names, const struct type *t, int64_t id);

#endif

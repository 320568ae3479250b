/*
 * macro.h: replies that are ready and what is done with them (core type `macro`): a list for a record, and doing one as
 * who asks, with his rights at every step, whole or not at all.
 */
#ifndef SHOUWEN_FLOW_MACRO_H
#define SHOUWEN_FLOW_MACRO_H

#include "flow/flow.h"

struct macro_use {
	const struct type *type;
	int64_t id, version; /* of the record */
	int64_t macro;
	const char *reply;    /* as he edited it; NULL: as the macro has it */
	const json_t *fields; /* of what its transitions ask, over the macro's own; NULL: none */
};

/* {"macros":[…]} that he may use on the type; record 0: none, replies are as written. Inside store_read. */
enum err macro_list_json(struct ctx *ctx, const struct type *t, int64_t record, struct json_out *out);
/* Inside store_write. */
enum err macro_do(struct ctx *ctx, const struct macro_use *use);
/* May it run on many at once? ERR_NOT_FOUND where he may not use it, ERR_INVALID `not_bulk`. */
enum err macro_check_many(struct ctx *ctx, const struct type *t, int64_t macro);

#endif

/* board.h: the supervisor's board: clocks that run, by team and person, the most pressing first. */
#ifndef SHOUWEN_FLOW_BOARD_H
#define SHOUWEN_FLOW_BOARD_H

#include "base/json.h"

struct board_query {
	int64_t team, owner; /* 0: all; owner -1: nobody's */
	const char *type;    /* NULL: all */
	int64_t within_ms;   /* what falls due so soon is pressing */
	const char *after;   /* what `next` gave; NULL: from the first */
	size_t limit;
};
/* As docs/API.md "Time" has it: only what ctx->who may read. Inside store_read. */
enum err board_write_json(struct ctx *ctx, const struct board_query *query, struct json_out *out);

#endif

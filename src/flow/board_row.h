/* board_row.h: what board.c found and board_row.c writes. Not for others. */
#ifndef SHOUWEN_FLOW_BOARD_ROW_H
#define SHOUWEN_FLOW_BOARD_ROW_H

#include <stdlib.h>

#include "flow/board.h"
#include "flow/clock_run.h"

struct board_cell { /* one person's in one team; 0: nobody's */
	int64_t team, owner, breached, soon, running, paused, oldest_due;
};
struct board_pick {
	const struct type *type;
	int64_t clock, record, due;
};
struct board {
	const struct board_query *query;
	int64_t after_due, after_clock;
	struct board_cell *cells;
	size_t n;
	bool more;                /* than was counted: the figures are the least there are */
	struct board_pick *picks; /* most pressing first, one more than asked for */
	size_t n_picks;
};

enum err board_rows_write(struct ctx *ctx, const struct board *b, struct json_out *out);

#endif

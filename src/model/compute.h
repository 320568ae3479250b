/*
 * compute.h: fields worked out from others of the same record: `compute: "sum(lines.amount) - discount"`. Exact
 * fractions all the way and one rounding at the end, so that browser (web/core/compute.ts) and server never differ by
 * a cent: tests/compute holds the two together.
 *
 * An empty side of + and - counts as nothing, of * and / makes the whole empty, as does a division by 0; a sum leaves
 * out what is empty. An empty flag is 0.
 */
#ifndef SHOUWEN_MODEL_COMPUTE_H
#define SHOUWEN_MODEL_COMPUTE_H

#include "base/json.h"
#include "model/record.h"

enum compute_op {
	COMPUTE_NUMBER,
	COMPUTE_FIELD, /* of the record, or of the line */
	COMPUTE_SUM,
	COMPUTE_NEGATE,
	COMPUTE_ADD,
	COMPUTE_SUBTRACT,
	COMPUTE_MULTIPLY,
	COMPUTE_DIVIDE,
};

struct compute {
	enum compute_op op;
	const char *text; /* NUMBER: as it stands there */
	int64_t number;   /* NUMBER: scaled by 10^scale */
	int scale;
	const struct field *field; /* FIELD; SUM: the column */
	const struct field *table; /* SUM */
	struct compute *a, *b;     /* NEGATE a */
};

enum { COMPUTE_TEXT_MAX = 500, COMPUTE_DEPTH_MAX = 20, COMPUTE_DIGITS_MAX = 15 };
/* What a number may be, in its smallest unit: what JSON readers hold exactly. */
#define COMPUTE_MOST INT64_C(9007199254740991)

/* table: whose line it is worked out for; NULL: of the record. NULL with the reason when it is none. */
struct compute *compute_parse(struct arena *a, const struct type *t, const struct field *table, const char *text,
                              const char **ret_why);
/* ["+", a, b], ["neg", a], ["field", "name"], ["sum", "table", "column"], "1.5" */
void compute_write_json(struct json_out *out, const struct compute *c);
/* Calls fn for each field it rests on (table NULL, or of which table it is the column), until it says false. */
bool compute_each(const struct compute *c, bool (*fn)(void *arg, const struct field *f, const struct field *table),
                  void *arg);
/* line NULL: of the record itself. False: larger than a number may be. */
bool compute_value(const struct compute *c, const struct record *r, const struct record_line *line, int scale,
                   struct value *ret_value);

/* Puts in what follows from what was changed (of a new record, all). After every change in memory. */
enum err record_compute(struct ctx *ctx, struct record *r);
/* For rebuild: all of it, but a value that nothing stands behind was typed before the field was computed: it stays. */
enum err record_compute_again(struct ctx *ctx, struct record *r);

#endif

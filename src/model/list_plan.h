/*
 * list_plan.h: inside model/: how one page of a list is found.
 *
 * A page is found in two steps: first the ids in order (from an index where there is one), then
 * the columns of those rows by id. The order is one of three:
 *   by id        the default;
 *   by one key   a sortable column; rows without a value come last, by id. Choices go by the order of
 *                their options: one index range an option;
 *   by several   or by a column without index: every match is sorted, so there may not be many.
 * Access that is an OR of points (owner = @me, team in (…)) becomes arms: the same statement is run for
 * each point, bounded by the last row of the page found so far, and the results are merged. Points of one
 * column are asked for together once the bound is narrow enough that few rows come back; columns of one point likewise.
 */
#ifndef SHOUWEN_MODEL_LIST_PLAN_H
#define SHOUWEN_MODEL_LIST_PLAN_H

#include "model/access.h"
#include "model/list.h"
#include "model/record.h"
#include "store/store.h"

enum { LIST_KEYS_MAX = 3, LIST_STAGES_MAX = 4 };

struct list_arm { /* rows with column = value */
	const char *column;
	struct value value;
	bool staged; /* … and one of the plan's stages, which the column's index holds too */
};

struct list_row { /* where a row stands in the order */
	int64_t id;
	int segment; /* by one key: which index range */
	struct value keys[LIST_KEYS_MAX];
};

enum list_order { ORDER_ID, ORDER_KEY, ORDER_SORTED };

struct list_plan {
	const struct type *type;
	enum list_order order;
	const char *key_columns[LIST_KEYS_MAX]; /* what is compared: NAME or NAME__key */
	const struct field *key_fields[LIST_KEYS_MAX];
	bool key_desc[LIST_KEYS_MAX];
	size_t n_keys;
	bool id_desc;
	int n_segments;        /* ORDER_KEY: options + 1, or value and empty */
	struct filter *where;  /* the user's; NULL: all */
	struct filter *fenced; /* of it, what no index may be chosen for: the key's or arm's index leads */
	struct filter *access; /* what he may read, unless the arms say it; NULL: all */
	bool access_fenced;
	struct list_arm *arms;
	size_t n_arms;              /* 0: one statement answers */
	const struct value *stages; /* what the user's filter leaves of them, for arms that are staged */
	size_t n_stages;
	struct filter *fenced_staged; /* `fenced` without what the stages say already */
	bool none;                    /* he may see nothing of this type */
	const char *spec;             /* type and sort in words: a cursor carries it */
};

/* Checks rights and the filter's and sort's fields. */
enum err list_plan_make(struct ctx *ctx, const struct list_query *q, struct list_plan *ret_plan);
/* At most `limit` rows after the cursor; *ret_more when there are more. rows has room for limit + 1. */
enum err list_plan_rows(struct ctx *ctx, const struct list_plan *p, const char *after, size_t limit,
                        struct list_row *rows, size_t *ret_n, bool *ret_more);
const char *list_cursor(struct ctx *ctx, const struct list_plan *p, const struct list_row *row);
enum err list_cursor_parse(struct ctx *ctx, const struct list_plan *p, const char *after, struct list_row *ret_row);
/* < 0: x comes before y. */
int list_row_compare(const struct list_plan *p, const struct list_row *x, const struct list_row *y);

/* The rows of t that he may read and that the filter holds for: " from … where …". *ret_none: none at all. */
enum err list_rows_write(struct ctx *ctx, const struct type *t, struct filter *where, struct sql *q, bool *ret_none);

/* ---- columns of a page ------------------------------------------------------------------------- */

struct list_fetch { /* some fields of some rows of one type, as ctx->who may see them */
	const struct type *type;
	const struct field *const *fields;
	size_t n_fields;
	const int64_t *ids;
	size_t n_ids;
	bool check_access; /* leave out rows he may not read */
	/* filled in, [n_ids] or [n_ids * n_fields]: */
	bool *there;
	int64_t *versions;
	struct value *values;
	struct record_lines *lines; /* TABLE */
	enum field_sight *sights;
};

enum err list_fetch(struct ctx *ctx, struct list_fetch *f);

/* A column of a list: a field, or one through a link ("customer.name"). */
struct list_column {
	const char *name;
	const struct field *field;
	const struct field *link; /* NULL: the type's own */
};

/* ERR_INVALID for unknown and hidden ones. Masked ones pass: they are shown masked. */
enum err list_column_find(struct ctx *ctx, const struct type *t, const char *name, struct list_column *ret_column);

#endif

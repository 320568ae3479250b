/*
 * list.h: lists, lookups, full-text search and the customer's glance: everything that reads many
 * records for a user. Access is part of every query.
 */
#ifndef SHOUWEN_MODEL_LIST_H
#define SHOUWEN_MODEL_LIST_H

#include "base/json.h"
#include "model/filter.h"
#include "model/model.h"

struct list_query {
	const struct type *type;
	struct filter *where; /* the user's; NULL: all */
	struct sort_key sort[3];
	size_t n_sort;           /* 0: newest first (id desc) */
	const char *columns[64]; /* field names or link.field; n_columns 0: the first view's */
	size_t n_columns;
	size_t limit;      /* 1..LIMIT_PAGE_ROWS */
	const char *after; /* cursor of the page before; NULL: first */
	bool count;
};

/* Writes {"rows":[…],"next":"cursor"|null,"count":{"n":123,"more":false}}. ERR_INVALID with code
 * "too_broad" when a sort without index would touch more than LIMIT_SORT_ROWS rows. */
enum err list_write_json(struct ctx *ctx, const struct list_query *q, struct json_out *out);
/* Ids only, in the list's order, resumable: for exports and bulk actions. */
enum err list_ids(struct ctx *ctx, const struct list_query *q, int64_t *ret_ids, size_t *ret_n, const char **ret_next);
/* Where a link of the records leads, most often first, then by id. */
struct list_share {
	int64_t target, n;
};
enum err list_shares(struct ctx *ctx, const struct type *t, struct filter *where, const struct field *link, size_t most,
                     struct list_share *ret_list, size_t *ret_n);
enum err list_count(struct ctx *ctx, const struct type *t, struct filter *where, size_t stop, int64_t *ret_n);
/* What a number or money field adds up to, in its smallest units; what is empty counts as nothing. */
enum err list_sum(struct ctx *ctx, const struct type *t, struct filter *where, const struct field *f, int64_t *ret_sum);
/* How many of the rows that he may read have which value of some fields, and of a point in time which month (of the
 * organisation's zone). */
enum { TALLY_FIELDS_MAX = 8 };
struct tally_query {
	const struct type *type;
	struct filter *where; /* NULL: all */
	const struct field *by[TALLY_FIELDS_MAX];
	size_t n_by;
	const struct field *month; /* NULL: no months */
};
/* From the words of a URL; by: names by commas. ERR_INVALID for a field that he may not see or that is not to count by.
 */
enum err tally_parse(struct ctx *ctx, const struct type *t, const char *where, const char *by, const char *month,
                     struct tally_query *ret_query);
/* Writes {"n","more","by":{FIELD:{"values":[{"value","n"}],"others"}|null},"months":[{"month","n"}]|null} of the latest
 * 20,000 rows; the 200 values that most have, most first, what has none last, of months the latest; null: it is masked
 * before him, or was not asked for. */
enum err tally_write_json(struct ctx *ctx, const struct tally_query *q, struct json_out *out);
/* Fills a query from the words of a URL: where, sort ("-due,number"), columns, limit, after, view. */
enum err list_query_parse(struct ctx *ctx, const struct type *t, const char *where, const char *sort,
                          const char *columns, const char *limit, const char *after, struct list_query *ret_query);

/* Would this find a telephone number that is masked to him? Then he may not ask as often as he likes.
 * t NULL: any type. */
bool lookup_is_guarded(struct ctx *ctx, const struct type *t, const char *text);
/* People and things by what one knows of them; exact first. Writes {"hits":[{id,type,title,why,fields…}]}. */
enum err lookup_write_json(struct ctx *ctx, const struct type *t, const char *text, size_t limit, struct json_out *out);

/* Full-text search over all types he may read. See docs/API.md. */
enum err search_write_json(struct ctx *ctx, const char *text, const struct type *type, const char *after, size_t limit,
                           struct json_out *out);

/* All of a customer's matters (open first), as glance allows. */
enum err glance_write_json(struct ctx *ctx, int64_t customer, struct json_out *out);

#endif

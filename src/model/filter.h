/*
 * filter.h: the one filter language (grammar: docs/PACKS.md, "Filters"). Text or JSON in, a
 * checked tree, SQL for both databases or truth in memory out. A filter is immutable and bound to
 * one type of one model.
 */
#ifndef SHOUWEN_MODEL_FILTER_H
#define SHOUWEN_MODEL_FILTER_H

#include "base/buf.h"
#include "base/json.h"
#include "model/model.h"

struct sql;
struct record;

struct filter_fault {
	size_t at;           /* byte offset in the text */
	const char *code;    /* "unknown_name", "wrong_type", "too_deep", "too_long", "syntax", "hidden" … */
	const char *message; /* names the offending word and what would be right */
};

/* What a variable stands for when a filter is used. @me, @my_teams, now and today come from ctx;
 * @name is a parameter of the model. */

/* Parses and checks against a type. The tree lives in `a`. In the model's own loading, the type's
 * fields and lists must be complete before. */
enum err filter_parse(struct arena *a, const struct model *m, const struct type *t, const char *text, size_t len,
                      struct filter **ret_filter, struct filter_fault *ret_fault);
/* A filter over t in which `outer.` names a record of `outer`. */
enum err filter_parse_within(struct arena *a, const struct model *m, const struct type *t, const struct type *outer,
                             const char *text, size_t len, struct filter **ret_filter, struct filter_fault *ret_fault);
/* The JSON form for the browser's builder: ["and", …], ["=", "path", value] … see docs/PACKS.md */
enum err filter_parse_json(struct arena *a, const struct model *m, const struct type *t, const json_t *j,
                           struct filter **ret_filter, struct filter_fault *ret_fault);
void filter_write_text(struct buf *out, const struct filter *f); /* canonical: parses back to the same tree */
void filter_write_json(struct json_out *out, const struct filter *f);

bool filter_is_all(const struct filter *f);
/* NULL counts as `all`. */
struct filter *filter_and(struct arena *a, struct filter *x, struct filter *y);
struct filter *filter_or(struct arena *a, struct filter *x, struct filter *y);

/* Every field a filter names, its links' too: for refusing hidden and masked ones. Calls fn for each;
 * stops and returns false when fn does. */
bool filter_each_field(const struct filter *f, bool (*fn)(void *arg, const struct field *field), void *arg);

/* Every condition in it that looks beyond the record itself: through a link, or at a list; those of computed fields
 * too. */
bool filter_each_beyond(const struct filter *f, bool (*fn)(void *arg, const struct filter *condition), void *arg);

/* Writes a boolean SQL expression over table alias `alias` ("r"). Two-valued (see docs), NOT at
 * the leaves, links and lists as EXISTS. `inside`, when not NULL, gives the access filter that must
 * hold on a target type reached through a link or list (NULL answer: all). */
typedef struct filter *filter_inside(struct ctx *ctx, const struct type *target);
enum err filter_sql(struct ctx *ctx, struct sql *q, const struct filter *f, const char *alias, filter_inside *inside);

/* The same for a filter made by filter_parse_within: the outer record's values are bound. */
enum err filter_sql_within(struct ctx *ctx, struct sql *q, const struct filter *f, const char *alias,
                           const struct record *outer);

/* Truth for one record; links and lists are read through ctx->db when the filter needs them. */
enum err filter_holds(struct ctx *ctx, const struct filter *f, const struct record *r, bool *ret_holds);

/* The top-level disjuncts, for compiling an OR into merged index ranges. */
size_t filter_disjuncts(const struct filter *f, const struct filter **ret, size_t max);
/* If f is `path = value`, `path in (…)` or `path in @list` on a plain column of its own type:
 * the column's field and the values for this ctx. */
bool filter_as_points(struct ctx *ctx, const struct filter *f, const struct field **ret_field,
                      struct value **ret_values, size_t *ret_n);
/* Conjuncts, likewise. */
size_t filter_conjuncts(const struct filter *f, const struct filter **ret, size_t max);

/* Values in actions and presets: "now + 3d", "@me", "'text'", "field", "today", a number. */
enum err value_expression(struct ctx *ctx, const struct record *r, const struct field *for_field, const char *text,
                          struct value *ret_value);
/* "3d", "2h", "30m", "1w", "6mo", "5bd" after an instant, in the organisation's zone. Business days skip
 * the days without hours of the organisation's calendar. */
enum err duration_add(struct ctx *ctx, int64_t at_ms, const char *duration, bool negative, int64_t *ret_ms);

#endif

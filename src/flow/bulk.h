/*
 * bulk.h: what bulk.c, bulk_run.c, bulk_undo.c, cover.c, leave.c and merge.c share: a run of many records, kept in
 * bulk_run slice by slice, each record of which succeeds or leaves nothing. Not for other folders.
 *
 * The run's body is JSON: what ("do", "cover", "leave", "merge"), over, what that kind needs, done [id], failed
 * [[id, code, message]], events [id], touched [[id, type, made]], and undo {next, done, removed, failed}.
 */
#ifndef SHOUWEN_FLOW_BULK_H
#define SHOUWEN_FLOW_BULK_H

#include "flow/step.h"

struct run {
	int64_t id;
	int64_t mark; /* events of this slice have larger ids */
	int64_t undone_at;
	json_t *body; /* of the request's lifetime */
};

struct bulk_result {
	int64_t id;
	enum err err;
	const char *message;
};

typedef enum err bulk_fn(struct ctx *ctx, void *arg, int64_t id);

/* Begins a slice: of a new run, or of one of his own. */
enum err run_new(struct ctx *ctx, const char *what, struct run *ret_run);
enum err run_load(struct ctx *ctx, int64_t id, struct run *ret_run);
/* Ends it: the run is stored, with the events of this slice if it did something that may be undone. */
enum err run_save(struct ctx *ctx, struct run *run, bool collect);
const char *run_what(const struct run *run);
bool run_over(const struct run *run);
int64_t run_int(const json_t *tree, const char *key);       /* 0: not there */
void run_put(json_t *tree, const char *key, json_t *value); /* takes the value over */
/* Adds to `done` (or the list named) or `failed`. */
void run_tell(json_t *part, const char *done, const struct bulk_result *result);

/* A fault of this record alone is put into ret; any other ends the transaction. */
enum err bulk_each(struct ctx *ctx, bulk_fn *fn, void *arg, int64_t id, struct bulk_result *ret);

/* One slice each of at most `limit` records; *ret_left: how many there are still to do, as far as one knows. */
enum err bulk_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left);
enum err cover_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left);
enum err leave_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left);
enum err undo_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left);
enum err merge_slice(struct ctx *ctx, struct run *run, size_t limit, size_t *ret_left);

/* ---- merge.c, merge_work.c, leave.c ----------------------------------------------------------------- */

/* What is empty in `into` is filled from `from`, tables, links and files are joined. */
enum err merge_take(struct ctx *ctx, struct record *into, const struct record *from);
/* The transition that ends a matter as merged into another; NULL: the type has none. */
const struct transition *merge_transition(const struct type *t);
/* May ctx->who merge one that he may change and that offers him these? A matter: into another. */
bool merge_offered(struct ctx *ctx, const struct type *t, const struct transition_offer *offers, size_t n);
enum err merge_work(struct ctx *ctx, struct record *into, struct record *from, const char *reason, struct run *run);
/* Puts due work that goes on with it a minute later, if it is not over by then. */
enum err run_on_later(struct ctx *ctx, const struct run *run);

/* ---- cover.c: what stands open with somebody ------------------------------------------------------- */

/* The field `owner` of a type whose records stand open with somebody; NULL: none. */
const struct field *open_owner(const struct type *t);
/* His that are not over, and those offered to him, in the order of their ids. */
enum err open_of(struct ctx *ctx, const struct type *t, int64_t user, int64_t after, size_t limit, int64_t *ids,
                 size_t *ret_n);

/* All of that once, type by type, whatever becomes of it meanwhile; what one type's record can't do fails alone. */
struct open_walk {
	int64_t user;
	const struct type **type; /* told before fn: of which type the record is */
	bulk_fn *fn;
	void *arg;
};
/* The next `limit` of them; *ret_over: there are no more, and the run says so. In its body: type_at, after. */
enum err open_slice(struct ctx *ctx, struct run *run, const struct open_walk *w, size_t limit, bool *ret_over);

/* ---- merge_move.c: everything that leads to a record ----------------------------------------------- */

struct place { /* a link field of some type, a column of one of its tables where `column` is set */
	const struct type *type;
	const struct field *field, *column;
};
/* All places that may lead to records of t. */
size_t places_to(struct ctx *ctx, const struct type *t, struct place **ret_places);
/* Records that lead there from this place, in the order of their ids; at most `limit` ids. */
enum err place_ids(struct ctx *ctx, const struct place *p, int64_t target, int64_t after, size_t limit, int64_t *ids,
                   size_t *ret_n);
/* Puts `into` where `from` stood, in memory. */
void place_move(struct ctx *ctx, struct record *r, const struct place *p, int64_t from, int64_t into);

#endif

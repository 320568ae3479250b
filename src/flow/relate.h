/*
 * relate.h: matters that have to do with each other: links (blocks, related, split_from, duplicate), parents and
 * children, and what of it stands on the records themselves: `blocked` (an open one blocks it) and `waits_for` (who was
 * asked and has not answered, by name). Both are derived: written with what they rest on, made anew by rebuild.
 */
#ifndef SHOUWEN_FLOW_RELATE_H
#define SHOUWEN_FLOW_RELATE_H

#include "flow/step.h"

/* kind: blocks, blocked_by (the same from the other side), related, duplicate. Checks rights on both; ERR_CONFLICT
 * `linked` where they are linked so, ERR_INVALID `circular` with the way in words. */
enum err flow_link_add(struct ctx *ctx, const struct type *t, int64_t id, const char *kind, int64_t other,
                       int64_t *ret_link);
enum err flow_link_remove(struct ctx *ctx, const struct type *t, int64_t id, int64_t link);
/* The row and the events on both, nothing else: for splitting and merging. A link that is there already stays. */
enum err link_put(struct ctx *ctx, const struct record *a, const char *kind, const struct record *b, int64_t *ret_link);
/* Takes it away, whoever asks; nothing if it is gone. */
enum err link_drop(struct ctx *ctx, int64_t link);

/* Before a record is written: `waits_for` where what it rests on changed. before: NULL for a new record. */
enum err waits_put(struct ctx *ctx, struct record *r, const struct record *before);
enum err waits_set(struct ctx *ctx, struct record *r, bool *ret_changed); /* in memory */
/* After: those it blocked, and those that wait for it. */
enum err waits_follow(struct ctx *ctx, const struct record *r, const struct record *before);
enum err relations_follow(struct ctx *ctx, const struct record *r, const struct record *before);
/* Before it is removed with its links. */
enum err relations_remove(struct ctx *ctx, const struct record *r);
/* Both as they should be, for rebuild. */
enum err relations_mend(struct ctx *ctx, struct record *r, bool *ret_changed);
/* A user or team goes by another name: what waits for it says so, in slices of due work (kind "owners"). */
enum err waits_again_soon(struct ctx *ctx);
enum err waits_slice(struct ctx *ctx, int64_t after, int64_t *ret_next);

/* `unblocked: true` of a transition: not while it is blocked. */
bool is_blocked(const struct record *r);
/* "被 GD20261123-0001 阻塞" */
enum err blocked_words(struct ctx *ctx, const struct record *r, const char **ret_words);

/* relate_json.c: "links":[…],"children":[…] of a page; `any`: which of them there are at all. Inside store_read. */
struct relations_there {
	bool links, children;
};
enum err relations_write_json(struct ctx *ctx, const struct record *r, struct relations_there there,
                              struct json_out *out);

#endif

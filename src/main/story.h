/*
 * story.h: what happened, told in a pack's YAML (docs/PACKS.md, its last section):
 * steps that people take, one after the other. Demo data and scenario tests are stories.
 *
 * A story belongs to one thread. Its handles ($t1) live as long as its arena.
 */
#ifndef SHOUWEN_MAIN_STORY_H
#define SHOUWEN_MAIN_STORY_H

#include "base/json.h"
#include "model/model.h"
#include "model/pack.h"
#include "model/yaml_tree.h"

enum { STORY_HANDLES_MAX = 4000, STORY_WHY_BYTES = 1200 };

struct handle {
	const char *name;
	const char *type;
	const char *pack; /* whose story gave the name */
	int64_t id;
};

struct story {
	struct arena *arena;
	struct handle *handles;
	size_t n_handles;
	const char *pack;          /* of the step that is told; NULL: none yet */
	int64_t base_ms;           /* the moment of telling: what times are relative to */
	const char *hash;          /* password of users made with `password:`; NULL: none */
	char why[STORY_WHY_BYTES]; /* the fault: FILE:LINE: words */
};

struct story_step {
	const struct yaml_node *node;
	int64_t at;
};

void story_init(struct story *s, struct arena *a, int64_t base_ms);

/* Demo files of packs: `names` space-separated, their needs must be named. Steps in order of time; when
 * only_people, just demo/users.yaml and demo/customers.yaml of each. */
enum err story_read_demo(struct story *s, const struct ctx *ctx, const char *packs_dir, const char *names,
                         bool only_people, struct story_step **ret_steps, size_t *ret_n);
/* Does steps, a slice at a time in a transaction. ctx is the caller's, who and now change. ERR and why. */
enum err story_tell(struct ctx *ctx, struct story *s, const struct story_step *steps, size_t n);

/* One step, inside store_write; the clock is ctx->now_ms. What it made gets its handle. */
enum err story_step(struct ctx *ctx, struct story *s, const struct yaml_node *node);

/* A scenario file: runs it against an organisation that has the demo people; false and why when something
 * is not as it says. The clock starts at base_ms. */
bool scenario_run(struct ctx *ctx, struct story *s, const struct yaml_node *scenario);

/* ---- shared by story.c and scenario.c --------------------------------------------------------------- */

enum err story_fault(struct story *s, const struct yaml_node *at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* "$t1" or "t1": what this pack called so, else core, else any other; NULL. */
const struct handle *story_handle(const struct story *s, const char *name);
void story_name(struct story *s, const char *name, const char *type, int64_t id);
/* Filter text with ids for its $handles. */
const char *story_filter(struct story *s, struct ctx *ctx, const struct yaml_node *where);
/* A member of a step as JSON, with handles and times put in. */
enum err story_fields(struct ctx *ctx, struct story *s, const struct yaml_node *step, const char *key,
                      json_t **ret_json);
enum err story_bulk(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_file(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_undo(struct ctx *ctx, struct story *s, const struct yaml_node *step);
/* {macro: $m, on: $t, reply: …, fields: {…}} */
enum err story_macro(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_cover(struct ctx *ctx, struct story *s, const struct yaml_node *step);
/* story_vote.c: a vote, and how an approval stands. */
enum err story_vote(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_approval(struct ctx *ctx, struct story *s, const struct yaml_node *step);
/* story_queue.c: {as: li, presence: idle}, {as: li, accept_offer: $t}, {as: li, refuse_offer: $t, reason: …}; {offer:
 * $t, to: li} (nobody: it rings nowhere), {waits: $t, in: hotline} */
enum err story_presence(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_accept(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_refuse(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_offer(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_waits(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_bench(struct ctx *ctx, struct story *s, const struct yaml_node *step);
/* story_time.c. The first two outside any transaction: what falls due until then is worked, each at its time. */
enum err story_catch_up(struct ctx *ctx, struct story *s, const struct yaml_node *step, int64_t until_ms);
enum err story_wait(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_clock(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_sent(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_duty(struct ctx *ctx, struct story *s, const struct yaml_node *step);
/* story_duty.c */
enum err story_duties(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_tick(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_read_notices(struct ctx *ctx, struct story *s, const struct yaml_node *step);
enum err story_who(struct ctx *ctx, struct story *s, const struct yaml_node *step);
/* "-2d 09:12", "0d 10:00", "-40m" from base; also a date alone ("+3d"). false: not of this form. */
bool story_time(const struct ctx *ctx, int64_t day_ms, int64_t base_ms, const char *text, int64_t *ret_ms,
                bool *ret_date);

#endif

/* queue_inside.h: inside of queue_router.c, queue_people.c, queue_feed.c and queue_write.c: what one server has in
 * memory of an organisation's queues. */
#ifndef SHOUWEN_FLOW_QUEUE_INSIDE_H
#define SHOUWEN_FLOW_QUEUE_INSIDE_H

#include "flow/queue.h"
#include "flow/route_inside.h"

enum { PICKS_MAX = 64, /* a transaction's */ ACTS_MAX = 192, TEAMS_MAX = 64, HOLDER_BYTES = 24 };

struct person {
	int64_t id;
	uint64_t fits;  /* bit by queue: role and condition */
	int64_t *teams; /* as written with him */
	size_t n_teams;
	int load[ROUTE_KINDS_MAX];
	int64_t seen; /* the round he was last found present in */
	bool ready;
};

struct pool { /* who may be asked: of a queue's people those in one of the teams */
	int queue;
	int64_t team;   /* a team's own matters; 0: */
	int64_t *teams; /* or any of these; NULL: whatever team */
	size_t n_teams;
	int next; /* of the same team, in another queue; -1: none */
};

struct hours { /* of a team, or (0) of who has none */
	int64_t team;
	const struct calendar *calendar;
	bool open;
};

struct router {
	struct route *engine;    /* NULL: to be read anew */
	struct arena *arena;     /* of what is read with it */
	int64_t generation;      /* of the model it was read for */
	int64_t seq;             /* events up to here were taken up */
	int64_t round, shift_at; /* minute for which hours are known */
	char holder[HOLDER_BYTES];
	int64_t leased_until;
	const struct type *kinds[ROUTE_KINDS_MAX];
	int n_kinds;
	const char *skills[ROUTE_SKILLS_MAX];
	int n_skills;
	struct person *people;
	size_t n_people, cap_people;
	struct pool *pools; /* by the engine's number */
	size_t n_pools, cap_pools;
	struct hours *hours;
	size_t n_hours;
	struct idmap people_by;  /* user → index + 1 */
	struct idmap held;       /* open record → person's index, kind */
	struct idmap team_pools; /* team → number + 1 of its newest pool, the others by next */
	struct idmap offers;     /* ringing record → the offer's id, as a number */
	int64_t again[ACTS_MAX]; /* records to be read again: what was decided for them is settled elsewhere */
	size_t n_again;
	bool stale;  /* teams, roles, skills changed: read all of it anew */
	bool shifts; /* a queue asks for who is on shift */
};

/* What a round has decided, to be written in one transaction. */
enum act_kind { ACT_OFFER, ACT_TIMED_OUT, ACT_WITHDRAW, ACT_WIDEN };
struct act {
	enum act_kind kind;
	int64_t record, user, offer, until, since;
	const struct queue_def *queue; /* WIDEN: the one it was in */
	int step;
	bool moved;
	bool done;           /* written; else somebody was quicker */
	const char *refused; /* OFFER given at once: why it could not be his; NULL: it is, or rings */
};

/* ---- queue_people.c -------------------------------------------------------------------------------------- */

enum err router_people(struct ctx *ctx, struct router *r); /* all of them, and the pools that queues name */
enum err router_person(struct ctx *ctx, struct router *r, int64_t user);
/* The pool of a matter without a queue's own: of its team. */
int router_team_pool(struct router *r, int queue, int64_t team);
/* Who is there now; `acts` gets what rings at those who are not. */
enum err router_presence(struct ctx *ctx, struct router *r, struct act *acts, size_t *n);
/* Is he one of the queue's people, as role and condition say? For the board too. */
enum err queue_fits(struct ctx *ctx, const struct queue_def *q, const struct who *w, bool *ret_fits);
/* Ids of teams named by code or name. */
enum err teams_named(struct ctx *ctx, const char **names, size_t n, int64_t **ret_ids, size_t *ret_n);

/* ---- queue_feed.c ------------------------------------------------------------------------------------------ */

enum err router_read(struct ctx *ctx, struct router *r); /* everything, anew */
enum err router_feed(struct ctx *ctx, struct router *r); /* what events tell since */
/* Offers that came or ended elsewhere. */
enum err router_rings(struct ctx *ctx, struct router *r, struct act *acts, size_t *n_acts);
/* One record as it is now: waiting, somebody's, or neither. */
enum err router_matter(struct ctx *ctx, struct router *r, int64_t record);
int router_skill(const struct router *r, const char *code);
int router_kind(const struct router *r, const struct type *t);

/* ---- queue_offer.c ------------------------------------------------------------------------------------------ */

/* The condition that the user `u` does what takes offers. */
void sql_presence_takes(struct ctx *ctx, struct sql *q, const char *column);
/* Ends one that rings; false: it was over already. */
enum err offer_close(struct ctx *ctx, int64_t id, const char *state, const char *why, bool *ret_closed);

/* ---- queue_write.c ------------------------------------------------------------------------------------------ */

/* Inside store_write. */
struct writing {
	const struct router *router;
	struct act *acts;
	size_t n;
};
enum err acts_write(struct ctx *ctx, void *writing);
enum err lease_take(struct ctx *ctx, struct router *r, bool *ret_held);

#endif

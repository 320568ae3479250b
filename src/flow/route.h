/*
 * route.h: who is asked next. Pure: no database, no clock, no chance; the same calls give the same answers, so that the
 * server and the simulator (tests/route) run the same code.
 *
 * Matters wait in queues, in the order of class (0 most urgent), arrival, id. An agent who is ready and has room is
 * offered the first of all matters he may be asked for: within a class nobody overtakes another matter whose people are
 * free. One agent is rung for one matter at a time, one matter rings at one agent at a time.
 *
 * What time brings (ageing, widening, an offer that nobody answers) comes out of route_advance. One thread.
 */
#ifndef SHOUWEN_FLOW_ROUTE_H
#define SHOUWEN_FLOW_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ROUTE_QUEUES_MAX = 64,
	ROUTE_KINDS_MAX = 32,   /* of work: what load is counted by */
	ROUTE_SKILLS_MAX = 256, /* those that queues ask for */
	ROUTE_NEEDS_MAX = 8,
	ROUTE_AGES_MAX = 8,
	ROUTE_WIDEN_MAX = 16,
	ROUTE_CHOOSE_MAX = 3,
	ROUTE_CLASS_WORST = 99,
};

enum route_choose { ROUTE_LAST_AGENT, ROUTE_LEAST_BUSY, ROUTE_ROUND_ROBIN };

struct route_age {
	int64_t after_ms; /* since it arrived */
	int lift;
};

struct route_widen {
	int64_t after_ms; /* since it came into this queue */
	int level;        /* added to the level of every need: -1; what comes to 0 is asked for no more */
	int pool;         /* these may be asked too; -1: none */
	int to;           /* it goes on in that queue; -1: stays */
};

struct route_queue {
	int kind;     /* of its matters */
	int pool;     /* who may be asked; -1: the matter's own pool */
	int capacity; /* matters of this kind one holds at most, unless he has a number of his own */
	bool shift;   /* only who is on shift */
	int64_t offer_ms;
	int64_t again_ms; /* who let an offer pass is asked again for the same matter after that */
	enum route_choose choose[ROUTE_CHOOSE_MAX];
	size_t n_choose;
	struct route_age ages[ROUTE_AGES_MAX];
	size_t n_ages;
	struct route_widen widen[ROUTE_WIDEN_MAX];
	size_t n_widen;
};

struct route_need {
	int skill, level;
};

struct route_matter {
	int64_t id;
	int queue;
	int pool;        /* its own: its team's; -1: nobody */
	int class;       /* before ageing */
	int64_t since;   /* it arrived: its place in its class */
	int64_t entered; /* it came into this queue */
	int step;        /* widened so often */
	struct route_need needs[ROUTE_NEEDS_MAX];
	size_t n_needs;
	int64_t last_agent; /* who last had to do with this customer; 0: nobody */
};

struct route_agent {
	int64_t id;
	bool ready; /* present, active, not absent */
	bool on_shift;
	int capacity; /* of his own; -1: the queue's */
};

struct route_pick {
	int64_t matter, agent;
	int queue;
	int64_t until; /* it rings until then; 0: given at once */
};

enum route_event_kind { ROUTE_TIMED_OUT, ROUTE_WIDENED, ROUTE_MOVED };
struct route_event {
	enum route_event_kind kind;
	int64_t matter;
	int64_t agent; /* TIMED_OUT */
	int queue;     /* MOVED: the one it came from; else its own */
	int step;      /* WIDENED, MOVED: the step taken, from 0 */
};

struct route;

struct route *route_new(void);
void route_free(struct route *r); /* NULL allowed */

/* ---- what there is: set before and while it runs ------------------------------------------------------ */

int route_queue_add(struct route *r, const struct route_queue *q); /* its number, from 0; -1: too many */
int route_pool_add(struct route *r);                               /* likewise */

/* New, or changed. Whoever can't be asked any more and is rung is rung on: the caller withdraws it. */
void route_agent_put(struct route *r, const struct route_agent *a);
void route_agent_drop(struct route *r, int64_t agent, int64_t now);
void route_agent_pool(struct route *r, int64_t agent, int pool, bool in);
void route_agent_skill(struct route *r, int64_t agent, int skill, int level); /* 0: he hasn't it */
void route_agent_load(struct route *r, int64_t agent, int kind, int load);
void route_agent_turn(struct route *r, int64_t agent, int queue, int64_t at); /* he last got something of it */

/* New, or changed; one that rings goes on ringing. */
void route_matter_put(struct route *r, const struct route_matter *m, int64_t now);
void route_matter_drop(struct route *r, int64_t matter); /* it waits no more: taken, closed; its ringing ends */

/* ---- what happens -------------------------------------------------------------------------------------- */

/* The next offer to make, which then rings; false: nobody can be asked for anything. */
bool route_decide(struct route *r, int64_t now, struct route_pick *ret);
/* An offer made before, as read back. False: one of the two isn't free for it. */
bool route_ring(struct route *r, int64_t matter, int64_t agent, int64_t until);
/* Whom it rings at; 0: nobody. And what rings at him. */
int64_t route_rung_agent(const struct route *r, int64_t matter);
int64_t route_rung_matter(const struct route *r, int64_t agent);
/* Answers of whom it rings at. Accepted, it is his: one more on his load. */
bool route_accept(struct route *r, int64_t matter, int64_t now);
/* It goes back to its place; he is not asked for it again as long as it waits. */
bool route_refuse(struct route *r, int64_t matter, int64_t now);
/* It goes back to its place as if it had not rung: he went away. */
bool route_withdraw(struct route *r, int64_t matter, int64_t now);
/* He is not asked for this matter before then (INT64_MAX: never), as read back. */
void route_skip(struct route *r, int64_t matter, int64_t agent, int64_t until, int64_t now);
/* What time brought, one at a time, oldest first; false: nothing more. Ageing is done without a word. */
bool route_advance(struct route *r, int64_t now, struct route_event *ret);
/* When route_advance has something to do; 0: never. */
int64_t route_next(const struct route *r);

/* ---- looking -------------------------------------------------------------------------------------------- */

size_t route_waiting(const struct route *r); /* ringing ones too */
bool route_knows_agent(const struct route *r, int64_t agent);
bool route_knows_matter(const struct route *r, int64_t matter);
int route_agent_load_of(const struct route *r, int64_t agent, int kind);
/* Its class with what waiting added; -1: it does not wait. */
int route_class_of(const struct route *r, int64_t matter);
/* Those rung, one after the other: *at from 0. False: no more. */
bool route_rung(const struct route *r, size_t *at, int64_t *ret_matter, int64_t *ret_agent);

#endif

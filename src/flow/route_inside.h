/* route_inside.h: inside of route*.c. */
#ifndef SHOUWEN_FLOW_ROUTE_INSIDE_H
#define SHOUWEN_FLOW_ROUTE_INSIDE_H

#include "flow/route.h"

enum { LANE_SLOTS = 1024 };

struct matter;
struct lane;

/* A heap of matters that know their place in it. */
struct heap {
	struct matter **list;
	size_t n, cap;
	bool by_time; /* else by class and arrival */
};

struct skip { /* he is not asked for it before then */
	int64_t agent, until;
};

struct agent {
	struct route_agent is;
	size_t at;           /* in route->agents */
	size_t free_at;      /* in route->free + 1; 0: he can't be asked now */
	bool dirty;          /* he may have become fit for something since the last look */
	struct matter *ring; /* NULL: nothing rings at him */
	uint64_t *pools;     /* bits */
	int load[ROUTE_KINDS_MAX];
	uint8_t skills[ROUTE_SKILLS_MAX];
	int64_t turns[ROUTE_QUEUES_MAX];
};

struct matter {
	struct route_matter is;
	int class;         /* with what waiting added */
	struct lane *lane; /* NULL: it rings */
	struct agent *ring;
	int64_t until;      /* it rings until then; 0: for good */
	int64_t timer;      /* the next that time brings; INT64_MAX: nothing */
	size_t place, tick; /* in its lane's heap, in the heap of timers; + 1 */
	struct skip *skips;
	size_t n_skips, cap_skips;
};

/* Matters for which the same people may be asked. */
struct lane {
	struct lane *next; /* of the same slot */
	uint64_t hash;
	int queue, pool, step;
	struct route_need needs[ROUTE_NEEDS_MAX]; /* at the level they have come to */
	size_t n_needs;
	const struct matter *own; /* the only one in it: it has skips; NULL: any */
	struct heap heap;
	size_t at;  /* in route->lanes */
	bool dirty; /* somebody may be fit for it who was not asked yet */
};

/* Numbers to things. */
struct idmap {
	int64_t *keys; /* 0: free */
	void **values;
	size_t n, cap; /* cap: a power of two */
};

struct route {
	struct route_queue queues[ROUTE_QUEUES_MAX];
	int n_queues, n_pools;
	size_t pool_words;
	struct agent **agents;
	size_t n_agents, cap_agents;
	struct agent **free; /* ready, nothing rings at them */
	size_t n_free, cap_free;
	struct agent **dirty;
	size_t n_dirty, cap_dirty;
	struct lane *slots[LANE_SLOTS];
	struct lane **lanes; /* that hold something */
	size_t n_lanes, cap_lanes;
	struct heap timers;
	struct idmap agents_by, matters_by;
};

/* ---- route_heap.c ------------------------------------------------------------------------------------- */

void *route_grow(void *list, size_t n, size_t *cap, size_t size); /* room for one more */
void heap_put(struct heap *h, struct matter *m);
void heap_remove(struct heap *h, struct matter *m);
void heap_moved(struct heap *h, struct matter *m); /* what it is ordered by changed */
bool matter_before(const struct matter *a, const struct matter *b);
void *idmap_get(const struct idmap *m, int64_t key);
void idmap_put(struct idmap *m, int64_t key, void *value);
void idmap_remove(struct idmap *m, int64_t key);

/* ---- route_lane.c ------------------------------------------------------------------------------------- */

/* Into the lane of its people; out of it. */
void lane_join(struct route *r, struct matter *m);
void lane_leave(struct route *r, struct matter *m);
void lanes_free(struct route *r);
bool lane_fits(const struct route *r, const struct lane *l, const struct agent *a);
/* He may be asked for something now that he was not fit for before. */
void agent_dirty(struct route *r, struct agent *a);
/* He is ready and free, or not any more. */
void agent_settle(struct route *r, struct agent *a);

/* ---- route_time.c ------------------------------------------------------------------------------------- */

/* Class and timer of a matter from the time that passed. */
void matter_age(struct route *r, struct matter *m, int64_t now);
void matter_arm(struct route *r, struct matter *m);
void matter_unring(struct route *r, struct matter *m, int64_t now);
void matter_skip(struct route *r, struct matter *m, int64_t agent, int64_t until);

#endif

/* route.c: who waits, who could be asked, and the next offer to make. */
#include "flow/route.h"

#include <stdlib.h>
#include <string.h>

#include "flow/route_inside.h"

struct route *route_new(void)
{
	struct route *r = calloc(1, sizeof(*r));
	if (r == NULL)
		abort();
	r->timers.by_time = true;
	return r;
}

static void matter_free(struct matter *m)
{
	free(m->skips);
	free(m);
}

void route_free(struct route *r)
{
	if (r == NULL)
		return;
	lanes_free(r);
	for (size_t i = 0; i < r->matters_by.cap; i++)
		if (r->matters_by.keys[i] != 0)
			matter_free(r->matters_by.values[i]);
	for (size_t i = 0; i < r->n_agents; i++) {
		free(r->agents[i]->pools);
		free(r->agents[i]);
	}
	free(r->agents);
	free(r->free);
	free(r->dirty);
	free(r->timers.list);
	free(r->agents_by.keys);
	free(r->agents_by.values);
	free(r->matters_by.keys);
	free(r->matters_by.values);
	free(r);
}

/* ---- queues, pools, people -------------------------------------------------------------------------------- */

int route_queue_add(struct route *r, const struct route_queue *q)
{
	if (r->n_queues == ROUTE_QUEUES_MAX)
		return -1;
	r->queues[r->n_queues] = *q;
	return r->n_queues++;
}

int route_pool_add(struct route *r)
{
	size_t words = (size_t)r->n_pools / 64 + 1;
	if (words > r->pool_words) {
		for (size_t i = 0; i < r->n_agents; i++) {
			struct agent *a = r->agents[i];
			a->pools = realloc(a->pools, 2 * words * sizeof(*a->pools));
			if (a->pools == NULL)
				abort();
			memset(a->pools + r->pool_words, 0, (2 * words - r->pool_words) * sizeof(*a->pools));
		}
		r->pool_words = 2 * words;
	}
	return r->n_pools++;
}

static struct agent *agent_of(const struct route *r, int64_t id)
{
	return idmap_get(&r->agents_by, id);
}

static struct agent *agent_new(struct route *r, int64_t id)
{
	struct agent *a = calloc(1, sizeof(*a));
	size_t words = r->pool_words ? r->pool_words : 1;
	if (a == NULL || (a->pools = calloc(words, sizeof(*a->pools))) == NULL)
		abort();
	a->is = (struct route_agent){.id = id, .capacity = -1};
	a->at = r->n_agents;
	r->agents = route_grow(r->agents, r->n_agents, &r->cap_agents, sizeof(*r->agents));
	r->agents[r->n_agents++] = a;
	idmap_put(&r->agents_by, id, a);
	return a;
}

void route_agent_put(struct route *r, const struct route_agent *is)
{
	struct agent *a = agent_of(r, is->id);
	if (a == NULL)
		a = agent_new(r, is->id);
	bool wider = is->capacity != a->is.capacity || (is->on_shift && !a->is.on_shift);
	a->is = *is;
	agent_settle(r, a);
	if (wider)
		agent_dirty(r, a);
}

void route_agent_drop(struct route *r, int64_t id, int64_t now)
{
	struct agent *a = agent_of(r, id);
	if (a == NULL)
		return;
	if (a->ring != NULL)
		matter_unring(r, a->ring, now);
	a->is.ready = false;
	agent_settle(r, a);
	for (size_t i = 0; i < r->n_dirty; i++)
		if (r->dirty[i] == a)
			r->dirty[i--] = r->dirty[--r->n_dirty];
	r->agents[a->at] = r->agents[--r->n_agents];
	r->agents[a->at]->at = a->at;
	idmap_remove(&r->agents_by, id);
	free(a->pools);
	free(a);
}

void route_agent_pool(struct route *r, int64_t id, int pool, bool in)
{
	struct agent *a = agent_of(r, id);
	if (a == NULL || pool < 0 || pool >= r->n_pools)
		return;
	uint64_t bit = UINT64_C(1) << (pool % 64), was = a->pools[pool / 64];
	a->pools[pool / 64] = in ? was | bit : was & ~bit;
	if (in && !(was & bit))
		agent_dirty(r, a);
}

void route_agent_skill(struct route *r, int64_t id, int skill, int level)
{
	struct agent *a = agent_of(r, id);
	if (a == NULL || skill < 0 || skill >= ROUTE_SKILLS_MAX)
		return;
	int was = a->skills[skill];
	a->skills[skill] = (uint8_t)(level < 0 ? 0 : level > UINT8_MAX ? UINT8_MAX : level);
	if (level > was)
		agent_dirty(r, a);
}

void route_agent_load(struct route *r, int64_t id, int kind, int load)
{
	struct agent *a = agent_of(r, id);
	if (a == NULL || kind < 0 || kind >= ROUTE_KINDS_MAX)
		return;
	int was = a->load[kind];
	a->load[kind] = load;
	if (load < was)
		agent_dirty(r, a);
}

void route_agent_turn(struct route *r, int64_t id, int queue, int64_t at)
{
	struct agent *a = agent_of(r, id);
	if (a != NULL && queue >= 0 && queue < ROUTE_QUEUES_MAX && at > a->turns[queue])
		a->turns[queue] = at;
}

/* ---- matters ----------------------------------------------------------------------------------------------- */

static struct matter *matter_of(const struct route *r, int64_t id)
{
	return idmap_get(&r->matters_by, id);
}

void route_matter_put(struct route *r, const struct route_matter *is, int64_t now)
{
	struct matter *m = matter_of(r, is->id);
	if (m == NULL) {
		m = calloc(1, sizeof(*m));
		if (m == NULL)
			abort();
		m->timer = INT64_MAX;
		idmap_put(&r->matters_by, is->id, m);
	} else if (m->lane != NULL) {
		lane_leave(r, m);
	}
	m->is = *is;
	m->class = is->class;
	matter_age(r, m, now);
	if (m->ring == NULL)
		lane_join(r, m);
	matter_arm(r, m);
}

void route_matter_drop(struct route *r, int64_t id)
{
	struct matter *m = matter_of(r, id);
	if (m == NULL)
		return;
	if (m->ring != NULL)
		matter_unring(r, m, m->is.since);
	lane_leave(r, m);
	if (m->tick != 0)
		heap_remove(&r->timers, m);
	idmap_remove(&r->matters_by, id);
	matter_free(m);
}

/* ---- deciding ---------------------------------------------------------------------------------------------- */

static bool any_fits(const struct route *r, const struct lane *l, struct agent *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->free_at != 0 && lane_fits(r, l, list[i]))
			return true;
	return false;
}

static double busy(const struct route_queue *q, const struct agent *a)
{
	int room = a->is.capacity >= 0 ? a->is.capacity : q->capacity;
	return room > 0 ? (double)a->load[q->kind] / room : 1;
}

/* Is a to be asked rather than b? */
static bool rather(const struct route *r, const struct matter *m, const struct agent *a, const struct agent *b)
{
	const struct route_queue *q = &r->queues[m->is.queue];
	for (size_t i = 0; i < q->n_choose; i++) {
		double x = 0, y = 0;
		switch (q->choose[i]) {
		case ROUTE_LAST_AGENT:
			x = a->is.id != m->is.last_agent;
			y = b->is.id != m->is.last_agent;
			break;
		case ROUTE_LEAST_BUSY:
			x = busy(q, a);
			y = busy(q, b);
			break;
		case ROUTE_ROUND_ROBIN:
			x = (double)a->turns[m->is.queue];
			y = (double)b->turns[m->is.queue];
			break;
		}
		if (x != y)
			return x < y;
	}
	return a->is.id < b->is.id;
}

static struct agent *choose(const struct route *r, const struct matter *m)
{
	struct agent *best = NULL;
	for (size_t i = 0; i < r->n_free; i++) {
		struct agent *a = r->free[i];
		if ((best == NULL || rather(r, m, a, best)) && lane_fits(r, m->lane, a))
			best = a;
	}
	return best;
}

/*
 * The first of all matters that somebody free is fit for. What is known from the look before saves most of the work:
 * for a lane that is not dirty nobody but the dirty ones can be fit.
 */
static struct matter *first_for_somebody(struct route *r)
{
	struct matter *best = NULL;
	for (size_t i = 0; i < r->n_lanes; i++) {
		struct lane *l = r->lanes[i];
		struct matter *head = l->heap.list[0];
		if (best != NULL && !matter_before(head, best))
			continue;
		if (l->dirty ? any_fits(r, l, r->free, r->n_free) : any_fits(r, l, r->dirty, r->n_dirty))
			best = head;
		else
			l->dirty = false;
	}
	return best;
}

static void ring(struct route *r, struct matter *m, struct agent *a, int64_t until)
{
	lane_leave(r, m);
	m->ring = a;
	m->until = until;
	a->ring = m;
	agent_settle(r, a);
	matter_arm(r, m);
}

bool route_decide(struct route *r, int64_t now, struct route_pick *ret)
{
	struct matter *m = r->n_free > 0 ? first_for_somebody(r) : NULL;
	struct agent *a = m ? choose(r, m) : NULL;
	if (a == NULL) {
		/* With nobody free no lane was looked at: it stays as dirty as it was. */
		for (size_t i = 0; i < r->n_dirty; i++)
			r->dirty[i]->dirty = false;
		r->n_dirty = 0;
		return false;
	}
	int64_t ms = r->queues[m->is.queue].offer_ms;
	a->turns[m->is.queue] = now;
	ring(r, m, a, ms > 0 ? now + ms : 0);
	*ret = (struct route_pick){.matter = m->is.id, .agent = a->is.id, .queue = m->is.queue, .until = m->until};
	return true;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

bool route_ring(struct route *r, int64_t matter, int64_t agent, int64_t until)
{
	struct matter *m = matter_of(r, matter);
	struct agent *a = agent_of(r, agent);
	if (m == NULL || a == NULL || m->ring != NULL || a->ring != NULL)
		return false;
	ring(r, m, a, until);
	return true;
}

int64_t route_rung_agent(const struct route *r, int64_t matter)
{
	const struct matter *m = matter_of(r, matter);
	return m != NULL && m->ring != NULL ? m->ring->is.id : 0;
}

int64_t route_rung_matter(const struct route *r, int64_t agent)
{
	const struct agent *a = agent_of(r, agent);
	return a != NULL && a->ring != NULL ? a->ring->is.id : 0;
}

bool route_accept(struct route *r, int64_t matter, int64_t now)
{
	struct matter *m = matter_of(r, matter);
	if (m == NULL || m->ring == NULL)
		return false;
	struct agent *a = m->ring;
	a->load[r->queues[m->is.queue].kind]++;
	a->turns[m->is.queue] = now;
	route_matter_drop(r, matter);
	return true;
}

bool route_refuse(struct route *r, int64_t matter, int64_t now)
{
	struct matter *m = matter_of(r, matter);
	if (m == NULL || m->ring == NULL)
		return false;
	matter_skip(r, m, m->ring->is.id, INT64_MAX);
	matter_unring(r, m, now);
	return true;
}

bool route_withdraw(struct route *r, int64_t matter, int64_t now)
{
	struct matter *m = matter_of(r, matter);
	if (m == NULL || m->ring == NULL)
		return false;
	matter_unring(r, m, now);
	return true;
}

void route_skip(struct route *r, int64_t matter, int64_t agent, int64_t until, int64_t now)
{
	struct matter *m = matter_of(r, matter);
	if (m == NULL || until <= now)
		return;
	matter_skip(r, m, agent, until);
	matter_arm(r, m);
}

/* ---- looking ------------------------------------------------------------------------------------------------ */

size_t route_waiting(const struct route *r)
{
	return r->matters_by.n;
}

bool route_knows_agent(const struct route *r, int64_t agent)
{
	return agent_of(r, agent) != NULL;
}

bool route_knows_matter(const struct route *r, int64_t matter)
{
	return matter_of(r, matter) != NULL;
}

int route_agent_load_of(const struct route *r, int64_t agent, int kind)
{
	const struct agent *a = agent_of(r, agent);
	return a != NULL ? a->load[kind] : 0;
}

int route_class_of(const struct route *r, int64_t matter)
{
	const struct matter *m = matter_of(r, matter);
	return m != NULL ? m->class : -1;
}

bool route_rung(const struct route *r, size_t *at, int64_t *ret_matter, int64_t *ret_agent)
{
	for (; *at < r->n_agents; (*at)++) {
		const struct agent *a = r->agents[*at];
		if (a->ring == NULL)
			continue;
		*ret_matter = a->ring->is.id;
		*ret_agent = a->is.id;
		(*at)++;
		return true;
	}
	return false;
}

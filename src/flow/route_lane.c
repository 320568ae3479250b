/* route_lane.c: matters for which the same people may be asked stand in one lane; who fits which. */
#include <stdlib.h>
#include <string.h>

#include "flow/route_inside.h"

/* ---- who fits ------------------------------------------------------------------------------------------- */

static bool in_pool(const struct agent *a, int pool)
{
	return pool >= 0 && (a->pools[pool / 64] >> (pool % 64) & 1);
}

static bool is_member(const struct route_queue *q, const struct lane *l, const struct agent *a)
{
	if (in_pool(a, q->pool >= 0 ? q->pool : l->pool))
		return true;
	for (int i = 0; i < l->step && (size_t)i < q->n_widen; i++)
		if (in_pool(a, q->widen[i].pool))
			return true;
	return false;
}

static bool is_skipped(const struct matter *m, int64_t agent)
{
	for (size_t i = 0; i < m->n_skips; i++)
		if (m->skips[i].agent == agent)
			return true;
	return false;
}

bool lane_fits(const struct route *r, const struct lane *l, const struct agent *a)
{
	const struct route_queue *q = &r->queues[l->queue];
	int room = a->is.capacity >= 0 ? a->is.capacity : q->capacity;
	if (a->load[q->kind] >= room || (q->shift && !a->is.on_shift) || !is_member(q, l, a))
		return false;
	for (size_t i = 0; i < l->n_needs; i++)
		if (a->skills[l->needs[i].skill] < l->needs[i].level)
			return false;
	return l->own == NULL || !is_skipped(l->own, a->is.id);
}

/* ---- lanes ---------------------------------------------------------------------------------------------- */

/* What is asked for after so many steps; what came to nothing is left out. */
static size_t needs_now(const struct route_queue *q, const struct route_matter *m, struct route_need *ret)
{
	int level = 0;
	size_t n = 0;
	for (int i = 0; i < m->step && (size_t)i < q->n_widen; i++)
		level += q->widen[i].level;
	for (size_t i = 0; i < m->n_needs; i++)
		if (m->needs[i].level + level > 0)
			ret[n++] = (struct route_need){m->needs[i].skill, m->needs[i].level + level};
	return n;
}

static uint64_t mix(uint64_t h, int64_t v)
{
	return (h ^ (uint64_t)v) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
}

static void lane_name(const struct route *r, const struct matter *m, struct lane *ret)
{
	const struct route_queue *q = &r->queues[m->is.queue];
	*ret = (struct lane){.queue = m->is.queue, .pool = q->pool >= 0 ? -1 : m->is.pool, .step = m->is.step};
	ret->own = m->n_skips > 0 ? m : NULL;
	ret->n_needs = needs_now(q, &m->is, ret->needs);
	uint64_t h = mix(mix(mix(1, ret->queue), ret->pool), ret->step);
	for (size_t i = 0; i < ret->n_needs; i++)
		h = mix(mix(h, ret->needs[i].skill), ret->needs[i].level);
	ret->hash = mix(h, ret->own ? ret->own->is.id : 0);
}

static bool lane_same(const struct lane *a, const struct lane *b)
{
	return a->hash == b->hash && a->queue == b->queue && a->pool == b->pool && a->step == b->step &&
	       a->own == b->own && a->n_needs == b->n_needs &&
	       memcmp(a->needs, b->needs, a->n_needs * sizeof(a->needs[0])) == 0;
}

static struct lane *lane_find(struct route *r, const struct matter *m)
{
	struct lane name;
	lane_name(r, m, &name);
	struct lane **slot = &r->slots[name.hash % LANE_SLOTS], *l = *slot;
	while (l != NULL && !lane_same(l, &name))
		l = l->next;
	if (l != NULL)
		return l;
	l = malloc(sizeof(*l));
	if (l == NULL)
		abort();
	*l = name;
	l->next = *slot;
	*slot = l;
	l->dirty = true;
	l->at = r->n_lanes;
	r->lanes = route_grow(r->lanes, r->n_lanes, &r->cap_lanes, sizeof(struct lane *));
	r->lanes[r->n_lanes++] = l;
	return l;
}

static void lane_drop(struct route *r, struct lane *l)
{
	struct lane **at = &r->slots[l->hash % LANE_SLOTS];
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	r->lanes[l->at] = r->lanes[--r->n_lanes];
	r->lanes[l->at]->at = l->at;
	free(l->heap.list);
	free(l);
}

void lane_join(struct route *r, struct matter *m)
{
	m->lane = lane_find(r, m);
	heap_put(&m->lane->heap, m);
}

void lane_leave(struct route *r, struct matter *m)
{
	struct lane *l = m->lane;
	heap_remove(&l->heap, m);
	m->lane = NULL;
	if (l->heap.n == 0)
		lane_drop(r, l);
}

void lanes_free(struct route *r)
{
	for (size_t i = 0; i < r->n_lanes; i++) {
		free(r->lanes[i]->heap.list);
		free(r->lanes[i]);
	}
	free(r->lanes);
}

/* ---- people --------------------------------------------------------------------------------------------- */

void agent_dirty(struct route *r, struct agent *a)
{
	if (a->dirty || a->free_at == 0)
		return;
	a->dirty = true;
	r->dirty = route_grow(r->dirty, r->n_dirty, &r->cap_dirty, sizeof(*r->dirty));
	r->dirty[r->n_dirty++] = a;
}

void agent_settle(struct route *r, struct agent *a)
{
	bool can = a->is.ready && a->ring == NULL;
	if (can == (a->free_at != 0))
		return;
	if (can) {
		r->free = route_grow(r->free, r->n_free, &r->cap_free, sizeof(*r->free));
		r->free[r->n_free++] = a;
		a->free_at = r->n_free;
		agent_dirty(r, a);
		return;
	}
	struct agent *last = r->free[--r->n_free];
	r->free[a->free_at - 1] = last;
	last->free_at = a->free_at;
	a->free_at = 0;
}

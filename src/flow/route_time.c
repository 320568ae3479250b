/* route_time.c: what time brings to who waits: a better class, more people who may be asked, an offer unanswered. */
#include <stdlib.h>
#include <string.h>

#include "flow/route_inside.h"

static int class_at(const struct route_queue *q, const struct route_matter *m, int64_t now)
{
	int class = m->class;
	for (size_t i = 0; i < q->n_ages; i++)
		if (now - m->since >= q->ages[i].after_ms)
			class -= q->ages[i].lift;
	return class < 0 ? 0 : class > ROUTE_CLASS_WORST ? ROUTE_CLASS_WORST : class;
}

void matter_age(struct route *r, struct matter *m, int64_t now)
{
	int class = class_at(&r->queues[m->is.queue], &m->is, now);
	if (class == m->class)
		return;
	m->class = class;
	if (m->lane != NULL)
		heap_moved(&m->lane->heap, m);
}

/* When its class is the next better one: the first threshold not passed at the time of `m->class` is not known, so that
 * all thresholds ahead of `after` are asked. */
static int64_t age_after(const struct route_queue *q, const struct matter *m, int64_t after)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < q->n_ages; i++) {
		int64_t at = m->is.since + q->ages[i].after_ms;
		if (at > after && at < next)
			next = at;
	}
	return next;
}

static int64_t timer_of(const struct route *r, const struct matter *m, int64_t now)
{
	const struct route_queue *q = &r->queues[m->is.queue];
	if (m->ring != NULL)
		return m->until ? m->until : INT64_MAX;
	int64_t next = age_after(q, m, now);
	if ((size_t)m->is.step < q->n_widen) {
		int64_t at = m->is.entered + q->widen[m->is.step].after_ms;
		next = at < next ? at : next;
	}
	for (size_t i = 0; i < m->n_skips; i++)
		next = m->skips[i].until < next ? m->skips[i].until : next;
	return next;
}

static void arm_at(struct route *r, struct matter *m, int64_t now)
{
	int64_t was = m->timer;
	m->timer = timer_of(r, m, now);
	if (m->tick == 0 && m->timer != INT64_MAX)
		heap_put(&r->timers, m);
	else if (m->tick != 0 && m->timer == INT64_MAX)
		heap_remove(&r->timers, m);
	else if (m->tick != 0 && m->timer != was)
		heap_moved(&r->timers, m);
}

void matter_arm(struct route *r, struct matter *m)
{
	arm_at(r, m, m->is.since - 1);
}

void matter_unring(struct route *r, struct matter *m, int64_t now)
{
	struct agent *a = m->ring;
	m->ring = NULL;
	m->until = 0;
	a->ring = NULL;
	agent_settle(r, a);
	m->class = class_at(&r->queues[m->is.queue], &m->is, now);
	lane_join(r, m);
	arm_at(r, m, now);
}

/* ---- who is not asked again ------------------------------------------------------------------------------ */

void matter_skip(struct route *r, struct matter *m, int64_t agent, int64_t until)
{
	size_t i = 0;
	bool in = m->lane != NULL;
	if (in)
		lane_leave(r, m);
	while (i < m->n_skips && m->skips[i].agent != agent)
		i++;
	if (i == m->n_skips) {
		m->skips = route_grow(m->skips, m->n_skips, &m->cap_skips, sizeof(*m->skips));
		m->skips[m->n_skips++] = (struct skip){.agent = agent, .until = until};
	} else if (until > m->skips[i].until) {
		m->skips[i].until = until;
	}
	if (in)
		lane_join(r, m);
}

static void skips_end(struct route *r, struct matter *m, int64_t now)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n_skips; i++)
		if (m->skips[i].until <= now)
			break;
		else
			n++;
	if (n == m->n_skips)
		return;
	lane_leave(r, m);
	n = 0;
	for (size_t i = 0; i < m->n_skips; i++)
		if (m->skips[i].until > now)
			m->skips[n++] = m->skips[i];
	m->n_skips = n;
	lane_join(r, m);
	/* In a lane that was there nobody but they may be fit now. */
	m->lane->dirty = true;
}

/* ---- advancing -------------------------------------------------------------------------------------------- */

static void time_out(struct route *r, struct matter *m, int64_t now, struct route_event *ret)
{
	struct agent *a = m->ring;
	*ret = (struct route_event){
	        .kind = ROUTE_TIMED_OUT, .matter = m->is.id, .agent = a->is.id, .queue = m->is.queue};
	matter_skip(r, m, a->is.id, now + r->queues[m->is.queue].again_ms);
	matter_unring(r, m, now);
}

static void widen(struct route *r, struct matter *m, int64_t now, struct route_event *ret)
{
	const struct route_queue *q = &r->queues[m->is.queue];
	const struct route_widen *w = &q->widen[m->is.step];
	*ret = (struct route_event){
	        .kind = ROUTE_WIDENED, .matter = m->is.id, .queue = m->is.queue, .step = m->is.step};
	lane_leave(r, m);
	m->is.step++;
	if (w->to >= 0) {
		ret->kind = ROUTE_MOVED;
		m->is.queue = w->to;
		m->is.entered = now;
		m->is.step = 0;
	}
	lane_join(r, m);
	/* The lane may hold others already, for whom all were asked: for it too. */
	matter_age(r, m, now);
	arm_at(r, m, now);
}

bool route_advance(struct route *r, int64_t now, struct route_event *ret)
{
	while (r->timers.n > 0 && r->timers.list[0]->timer <= now) {
		struct matter *m = r->timers.list[0];
		const struct route_queue *q = &r->queues[m->is.queue];
		if (m->ring != NULL) {
			time_out(r, m, now, ret);
			return true;
		}
		matter_age(r, m, now);
		skips_end(r, m, now);
		if ((size_t)m->is.step < q->n_widen && m->is.entered + q->widen[m->is.step].after_ms <= now) {
			widen(r, m, now, ret);
			return true;
		}
		arm_at(r, m, now);
	}
	return false;
}

int64_t route_next(const struct route *r)
{
	return r->timers.n > 0 ? r->timers.list[0]->timer : 0;
}

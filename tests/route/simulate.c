/*
 * The routing engine under simulated time. What it decides is checked against a plain account of the same facts that is
 * kept here: order in a class, room, presence, skills, one offer at a time, one end. Then its waiting times against
 * Erlang's formula. `--arrivals N` sets the size.
 */
#include <string.h>

#include "flow/route.h"
#include "simulate.h"

enum { AGENTS = 60, SKILLS = 8, QUEUES = 3, LEVEL_MAX = 5 };
#define MINUTE INT64_C(60000)

static int below(struct random *r, int n)
{
	return (int)(next64(r) % (uint64_t)n);
}

/* ---- the account ----------------------------------------------------------------------------------------- */

enum fate { WAITS, RINGS, HELD, OVER };
struct matter {
	struct route_matter is;
	enum fate fate;
	int holder;
	int64_t offer;      /* number of the present one */
	int64_t prev, next; /* those that wait, 0: none */
	int64_t *refused;
	size_t n_refused;
	int ends;
};

struct person {
	bool here;
	int capacity;
	int load;
	int skills[SKILLS];
	bool pool[QUEUES + 1];
	int64_t rung; /* 0: nothing */
};

struct sim {
	struct random rnd;
	struct agenda agenda;
	struct route *r;
	struct route_queue queues[QUEUES];
	struct person people[AGENTS + 1]; /* by id, from 1 */
	struct matter *matters;           /* by id, from 1 */
	int64_t n, made, over, offers, first;
	int64_t timeouts, refusals, withdrawn, widened, looks;
	int64_t now;
	bool closing;
};

static int class_of(const struct sim *s, const struct matter *m)
{
	const struct route_queue *q = &s->queues[m->is.queue];
	int class = m->is.class;
	for (size_t i = 0; i < q->n_ages; i++)
		if (s->now - m->is.since >= q->ages[i].after_ms)
			class -= q->ages[i].lift;
	return class < 0 ? 0 : class;
}

static bool before(const struct sim *s, const struct matter *a, const struct matter *b)
{
	int x = class_of(s, a), y = class_of(s, b);
	if (x != y)
		return x < y;
	return a->is.since != b->is.since ? a->is.since < b->is.since : a->is.id < b->is.id;
}

/* May he be asked for it, room and ringing aside? */
static bool may(const struct sim *s, const struct matter *m, int agent)
{
	const struct person *p = &s->people[agent];
	const struct route_queue *q = &s->queues[m->is.queue];
	int level = 0;
	bool member = p->pool[q->pool];
	for (int i = 0; i < m->is.step; i++) {
		level += q->widen[i].level;
		member = member || (q->widen[i].pool >= 0 && p->pool[q->widen[i].pool]);
	}
	for (size_t i = 0; i < m->is.n_needs; i++)
		if (m->is.needs[i].level + level > p->skills[m->is.needs[i].skill])
			return false;
	for (size_t i = 0; i < m->n_refused; i++)
		if (m->refused[i] == agent)
			return false;
	return member && p->here && p->load < p->capacity;
}

static void waits(struct sim *s, struct matter *m)
{
	m->fate = WAITS;
	m->prev = 0;
	m->next = s->first;
	if (s->first)
		s->matters[s->first].prev = m->is.id;
	s->first = m->is.id;
}

static void waits_no_more(struct sim *s, struct matter *m)
{
	if (m->prev)
		s->matters[m->prev].next = m->next;
	else
		s->first = m->next;
	if (m->next)
		s->matters[m->next].prev = m->prev;
}

static void check_pick(struct sim *s, const struct route_pick *k)
{
	struct matter *m = &s->matters[k->matter];
	const struct person *p = &s->people[k->agent];
	CHECK(m->fate == WAITS, "%lld is offered in fate %d", (long long)k->matter, m->fate);
	CHECK(p->here, "%lld is not there", (long long)k->agent);
	CHECK(p->load < p->capacity, "%lld has no room", (long long)k->agent);
	CHECK(p->rung == 0, "%lld is rung for %lld", (long long)k->agent, (long long)p->rung);
	CHECK(may(s, m, (int)k->agent), "%lld is not fit for %lld", (long long)k->agent, (long long)k->matter);
	for (int64_t id = s->first; id != 0; id = s->matters[id].next)
		CHECK(id == k->matter || !before(s, &s->matters[id], m) || !may(s, &s->matters[id], (int)k->agent),
		      "%lld overtakes %lld at %lld", (long long)k->matter, (long long)id, (long long)k->agent);
}

/* Nobody waits whom somebody free could have. */
static void check_rest(struct sim *s)
{
	if (s->looks++ % 16 != 0)
		return;
	for (int64_t id = s->first; id != 0; id = s->matters[id].next)
		for (int a = 1; a <= AGENTS; a++)
			CHECK(s->people[a].rung != 0 || !may(s, &s->matters[id], a), "%d is free for %lld, step %d", a,
			      (long long)id, s->matters[id].is.step);
}

/* ---- what happens ---------------------------------------------------------------------------------------- */

static void put_agent(struct sim *s, int a)
{
	const struct person *p = &s->people[a];
	route_agent_put(s->r,
	                &(struct route_agent){.id = a, .ready = p->here, .on_shift = true, .capacity = p->capacity});
}

static void decide(struct sim *s)
{
	struct route_pick k;
	while (route_decide(s->r, s->now, &k)) {
		struct matter *m = &s->matters[k.matter];
		check_pick(s, &k);
		waits_no_more(s, m);
		m->fate = RINGS;
		m->holder = (int)k.agent;
		m->offer = ++s->offers;
		s->people[k.agent].rung = k.matter;
		plan(&s->agenda, (struct event){.at = s->now + 500 + below(&s->rnd, 35000),
		                                .kind = ANSWERS,
		                                .agent = (int)k.agent,
		                                .matter = k.matter,
		                                .offer = m->offer});
	}
	check_rest(s);
}

static void refuse_note(struct matter *m, int agent)
{
	m->refused = realloc(m->refused, (m->n_refused + 1) * sizeof(*m->refused));
	m->refused[m->n_refused++] = agent;
}

static void rings_no_more(struct sim *s, struct matter *m)
{
	s->people[m->holder].rung = 0;
	m->holder = 0;
	waits(s, m);
}

static void arrives(struct sim *s)
{
	struct matter *m = &s->matters[++s->made];
	m->is = (struct route_matter){.id = s->made,
	                              .queue = below(&s->rnd, QUEUES),
	                              .pool = -1,
	                              .class = below(&s->rnd, 4),
	                              .since = s->now,
	                              .entered = s->now,
	                              .last_agent = below(&s->rnd, 3) ? 0 : 1 + below(&s->rnd, AGENTS)};
	for (int n = below(&s->rnd, 3); n > 0; n--) {
		int skill = below(&s->rnd, SKILLS);
		if (m->is.n_needs == 0 || m->is.needs[0].skill != skill)
			m->is.needs[m->is.n_needs++] = (struct route_need){skill, 1 + below(&s->rnd, 3)};
	}
	waits(s, m);
	route_matter_put(s->r, &m->is, s->now);
	if (s->made < s->n)
		plan(&s->agenda, (struct event){.at = s->now + exponential(&s->rnd, 8000), .kind = ARRIVES});
}

static void answers(struct sim *s, const struct event *e)
{
	struct matter *m = &s->matters[e->matter];
	struct person *p = &s->people[e->agent];
	if (m->fate != RINGS || m->offer != e->offer)
		return;
	CHECK(route_rung_agent(s->r, e->matter) == e->agent, "the engine rings %lld elsewhere", (long long)e->matter);
	if (below(&s->rnd, 12) == 0 && !s->closing) {
		s->refusals++;
		refuse_note(m, e->agent);
		rings_no_more(s, m);
		CHECK(route_refuse(s->r, e->matter, s->now), "refuse");
		return;
	}
	m->fate = HELD;
	p->rung = 0;
	p->load++;
	CHECK(p->load <= p->capacity, "%d is over his capacity", e->agent);
	CHECK(route_accept(s->r, e->matter, s->now), "accept");
	CHECK(route_agent_load_of(s->r, e->agent, 0) == p->load, "load of %d", e->agent);
	plan(&s->agenda, (struct event){.at = s->now + exponential(&s->rnd, 6.0 * (double)MINUTE),
	                                .kind = ENDS,
	                                .agent = e->agent,
	                                .matter = e->matter});
}

static void ends(struct sim *s, const struct event *e)
{
	struct matter *m = &s->matters[e->matter];
	m->fate = OVER;
	CHECK(++m->ends == 1, "%lld ends twice", (long long)e->matter);
	s->over++;
	route_agent_load(s->r, e->agent, 0, --s->people[e->agent].load);
}

static void comes_or_goes(struct sim *s, const struct event *e)
{
	struct person *p = &s->people[e->agent];
	p->here = e->kind == COMES;
	if (!p->here && p->rung != 0) {
		int64_t rung = p->rung;
		s->withdrawn++;
		rings_no_more(s, &s->matters[rung]);
		put_agent(s, e->agent);
		CHECK(route_withdraw(s->r, rung, s->now), "withdraw");
	}
	put_agent(s, e->agent);
	if (!s->closing || !p->here)
		plan(&s->agenda,
		     (struct event){.at = s->now + exponential(&s->rnd, (p->here ? 60.0 : 10.0) * (double)MINUTE),
		                    .kind = p->here ? GOES : COMES,
		                    .agent = e->agent});
}

static void time_brings(struct sim *s)
{
	struct route_event e;
	while (route_advance(s->r, s->now, &e)) {
		struct matter *m = &s->matters[e.matter];
		if (e.kind == ROUTE_TIMED_OUT) {
			CHECK(m->fate == RINGS && m->holder == e.agent, "%lld rang nobody", (long long)e.matter);
			s->timeouts++;
			/* Not within again_ms; longer than these runs, it is never. */
			refuse_note(m, (int)e.agent);
			rings_no_more(s, m);
			continue;
		}
		CHECK(m->fate == WAITS && m->is.step == e.step, "%lld widens out of turn", (long long)e.matter);
		s->widened++;
		m->is.step++;
		if (e.kind == ROUTE_MOVED) {
			m->is.queue = s->queues[m->is.queue].widen[e.step].to;
			m->is.entered = s->now;
			m->is.step = 0;
		}
	}
}

static void happens(struct sim *s, const struct event *e)
{
	switch (e->kind) {
	case ARRIVES: arrives(s); break;
	case ANSWERS: answers(s, e); break;
	case ENDS: ends(s, e); break;
	case COMES:
	case GOES: comes_or_goes(s, e); break;
	}
}

/* ---- a house ----------------------------------------------------------------------------------------------- */

static void open_queues(struct sim *s)
{
	int pools[QUEUES + 1];
	s->r = route_new();
	for (int i = 0; i <= QUEUES; i++)
		pools[i] = route_pool_add(s->r);
	for (int i = 0; i < QUEUES; i++) {
		s->queues[i] = (struct route_queue){
		        .pool = pools[i],
		        .capacity = 3,
		        .offer_ms = 30000,
		        .again_ms = INT64_MAX / 4,
		        .choose = {ROUTE_LAST_AGENT, i == 1 ? ROUTE_ROUND_ROBIN : ROUTE_LEAST_BUSY, ROUTE_ROUND_ROBIN},
		        .n_choose = 3,
		        .ages = {{5 * MINUTE, 1}, {15 * MINUTE, 1}},
		        .n_ages = 2,
		        .widen = {{2 * MINUTE, -1, -1, -1},
		                  {4 * MINUTE, -1, pools[QUEUES], -1},
		                  {8 * MINUTE, -3, -1, -1},
		                  {10 * MINUTE, 0, -1, i < 2 ? i + 1 : -1}},
		        .n_widen = 4};
		CHECK(route_queue_add(s->r, &s->queues[i]) == i, "queue %d", i);
	}
}

static void open_people(struct sim *s)
{
	for (int a = 1; a <= AGENTS; a++) {
		struct person *p = &s->people[a];
		p->capacity = 1 + below(&s->rnd, 3);
		p->here = true;
		put_agent(s, a);
		for (int i = 0; i <= QUEUES; i++) {
			p->pool[i] = i == a % QUEUES || below(&s->rnd, 3) == 0;
			route_agent_pool(s->r, a, i, p->pool[i]);
		}
		for (int i = 0; i < SKILLS; i++) {
			p->skills[i] = below(&s->rnd, 2) ? below(&s->rnd, LEVEL_MAX + 1) : 0;
			route_agent_skill(s->r, a, i, p->skills[i]);
		}
		plan(&s->agenda,
		     (struct event){.at = exponential(&s->rnd, 30.0 * (double)MINUTE), .kind = GOES, .agent = a});
	}
}

/* Those that everybody refused would wait for ever: who is in charge takes them himself. */
static void taken_by_hand(struct sim *s)
{
	while (s->first != 0) {
		struct matter *m = &s->matters[s->first];
		waits_no_more(s, m);
		route_matter_drop(s->r, m->is.id);
		m->fate = OVER;
		CHECK(++m->ends == 1, "ends twice");
		s->over++;
	}
}

static void run_house(int64_t arrivals)
{
	struct sim s = {.rnd = {20260302}, .n = arrivals};
	s.matters = calloc((size_t)arrivals + 1, sizeof(*s.matters));
	open_queues(&s);
	open_people(&s);
	plan(&s.agenda, (struct event){.at = 0, .kind = ARRIVES});
	while (s.agenda.n > 0) {
		int64_t due = route_next(s.r);
		if (due != 0 && due < s.agenda.list[0].at) {
			s.now = due > s.now ? due : s.now;
		} else {
			struct event e = take(&s.agenda);
			s.now = e.at;
			time_brings(&s);
			happens(&s, &e);
			s.closing = s.made == s.n;
		}
		time_brings(&s);
		decide(&s);
	}
	CHECK(s.made == arrivals, "%lld came", (long long)s.made);
	int64_t left = s.made - s.over;
	taken_by_hand(&s);
	CHECK(s.over == s.made && route_waiting(s.r) == 0, "%lld of %lld ended", (long long)s.over, (long long)s.made);
	printf("house: %lld matters, %lld offers, %lld timed out, %lld refused, %lld withdrawn, %lld widened, %lld "
	       "left by all\n",
	       (long long)s.made, (long long)s.offers, (long long)s.timeouts, (long long)s.refusals,
	       (long long)s.withdrawn, (long long)s.widened, (long long)left);
	CHECK(s.timeouts > 0 && s.refusals > 0 && s.withdrawn > 0 && s.widened > 0, "nothing of some kind happened");
	for (int64_t i = 1; i <= arrivals; i++)
		free(s.matters[i].refused);
	free(s.matters);
	free(s.agenda.list);
	route_free(s.r);
}

int main(int argc, char **argv)
{
	int64_t arrivals = 50000;
	if (argc == 3 && strcmp(argv[1], "--arrivals") == 0)
		arrivals = strtoll(argv[2], NULL, 10);
	run_house(arrivals);
	lines_against_erlang(arrivals);
	return 0;
}

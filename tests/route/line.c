/* line.c: one queue with alike agents against Erlang's formula; what both simulations need of chance and time. */
#include <math.h>
#include <string.h>

#include "flow/route.h"
#include "simulate.h"

enum { LINE_ARRIVALS = 500000 };

uint64_t next64(struct random *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t exponential(struct random *r, double mean)
{
	double u = ((double)(next64(r) >> 11) + 1) / 9007199254740993.0;
	return (int64_t)llround(-mean * log(u));
}

/* ---- what will happen ---------------------------------------------------------------------------------- */

static bool sooner(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

void plan(struct agenda *g, struct event e)
{
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 1024;
		g->list = realloc(g->list, g->cap * sizeof(*g->list));
	}
	size_t at = g->n++;
	e.seq = ++g->seq;
	for (; at > 0 && sooner(&e, &g->list[(at - 1) / 2]); at = (at - 1) / 2)
		g->list[at] = g->list[(at - 1) / 2];
	g->list[at] = e;
}

struct event take(struct agenda *g)
{
	struct event first = g->list[0], e = g->list[--g->n];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= g->n)
			break;
		if (child + 1 < g->n && sooner(&g->list[child + 1], &g->list[child]))
			child++;
		if (!sooner(&g->list[child], &e))
			break;
		g->list[at] = g->list[child];
		at = child;
	}
	g->list[at] = e;
	return first;
}

/* ---- Erlang ------------------------------------------------------------------------------------------------ */

/* The chance to wait, of c servers at load a = arrivals x service. */
static double erlang_c(int c, double a)
{
	double b = 1;
	for (int i = 1; i <= c; i++)
		b = a * b / (i + a * b);
	return b / (1 - a / c * (1 - b));
}

static int by_length(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

struct line { /* one queue, alike agents, nobody refuses */
	int servers;
	double load, tolerance;
};

static int64_t *run_line(const struct line *l, int64_t arrivals, double service)
{
	struct random rnd = {UINT64_C(77) + (uint64_t)l->servers};
	struct agenda agenda = {0};
	struct route *r = route_new();
	int64_t *waits = calloc((size_t)arrivals, sizeof(*waits)), *came = calloc((size_t)arrivals + 1, sizeof(*came));
	int64_t made = 0;
	int pool = route_pool_add(r);
	route_queue_add(
	        r, &(struct route_queue){.pool = pool, .capacity = 1, .choose = {ROUTE_ROUND_ROBIN}, .n_choose = 1});
	for (int a = 1; a <= l->servers; a++) {
		route_agent_put(r, &(struct route_agent){.id = a, .ready = true, .capacity = -1});
		route_agent_pool(r, a, pool, true);
	}
	plan(&agenda, (struct event){.at = 1, .kind = ARRIVES});
	while (agenda.n > 0) {
		struct event e = take(&agenda);
		struct route_pick k;
		if (e.kind == ENDS) {
			route_agent_load(r, e.agent, 0, 0);
		} else {
			came[++made] = e.at;
			route_matter_put(r,
			                 &(struct route_matter){.id = made, .pool = -1, .since = e.at, .entered = e.at},
			                 e.at);
			if (made < arrivals)
				plan(&agenda,
				     (struct event){.at = e.at + exponential(&rnd, service / (l->servers * l->load)),
				                    .kind = ARRIVES});
		}
		while (route_decide(r, e.at, &k)) {
			waits[k.matter - 1] = e.at - came[k.matter];
			route_accept(r, k.matter, e.at);
			plan(&agenda, (struct event){.at = e.at + exponential(&rnd, service),
			                             .kind = ENDS,
			                             .agent = (int)k.agent});
		}
	}
	free(agenda.list);
	free(came);
	route_free(r);
	return waits;
}

static void against_erlang(const struct line *l, int64_t arrivals)
{
	double service = 240000, a = l->servers * l->load, mean = 0;
	int64_t *waits = run_line(l, arrivals, service);
	double chance = erlang_c(l->servers, a), rate = (l->servers - a) / service;
	double mean_due = chance / rate, p95_due = chance > 0.05 ? log(chance / 0.05) / rate : 0;
	for (int64_t i = 0; i < arrivals; i++)
		mean += (double)waits[i] / (double)arrivals;
	qsort(waits, (size_t)arrivals, sizeof(*waits), by_length);
	double p95 = (double)waits[(size_t)((double)arrivals * 0.95)];
	printf("| %d | %.0f %% | %.1f s | %.1f s | %.1f s | %.1f s |\n", l->servers, l->load * 100, mean / 1000,
	       mean_due / 1000, p95 / 1000, p95_due / 1000);
	CHECK(fabs(mean - mean_due) <= l->tolerance * mean_due, "mean wait %.0f ms is not %.0f ms", mean, mean_due);
	CHECK(fabs(p95 - p95_due) <= l->tolerance * p95_due, "p95 %.0f ms is not %.0f ms", p95, p95_due);
	free(waits);
}

void lines_against_erlang(int64_t arrivals)
{
	static const struct line lines[] = {{5, 0.7, 0.1}, {10, 0.8, 0.1}, {20, 0.85, 0.1}, {50, 0.9, 0.15}};
	puts("| agents | load | mean wait | Erlang C | p95 | Erlang C |\n|---|---|---|---|---|---|");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		against_erlang(&lines[i], arrivals > LINE_ARRIVALS ? arrivals : LINE_ARRIVALS);
}

/*
 * route.c: what routing costs, as JSON: the CPU time of a decision with so many people, skills and waiting matters; and
 * how many matters a second get their owner, durably, offered and taken in one act, on SQLite.
 *
 *   route DIR PACKS     an organisation of its own under DIR with the core pack of PACKS
 */
#include "flow/route.h"
#include "common.h"
#include "flow/queue.h"

enum { AGENTS = 1000, SKILLS = 50, WAITING = 10000, DECISIONS = 50000, TEAMS = 20, FILL = 200, SUSTAINED = 10000 };

static unsigned next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

/* ---- the engine alone -------------------------------------------------------------------------------------- */

static void matter(struct route *r, uint64_t *seed, int64_t id, int64_t now, const int *pools)
{
	struct route_matter m = {.id = id,
	                         .pool = pools[next(seed) % TEAMS],
	                         .class = (int)(next(seed) % 4),
	                         .since = now,
	                         .entered = now};
	for (unsigned n = next(seed) % 3; n > 0; n--)
		m.needs[m.n_needs++] = (struct route_need){(int)(next(seed) % SKILLS), 1 + (int)(next(seed) % 4)};
	m.last_agent = next(seed) % 3 ? 0 : 1 + (int64_t)(next(seed) % AGENTS);
	route_matter_put(r, &m, now);
}

static struct route *crowd(uint64_t *seed, int *pools)
{
	struct route *r = route_new();
	struct route_queue q = {.pool = -1,
	                        .capacity = 1,
	                        .offer_ms = 30000,
	                        .again_ms = 60000,
	                        .choose = {ROUTE_LAST_AGENT, ROUTE_LEAST_BUSY, ROUTE_ROUND_ROBIN},
	                        .n_choose = 3,
	                        .ages = {{1800000, 1}},
	                        .n_ages = 1};
	route_queue_add(r, &q);
	for (int i = 0; i < TEAMS; i++)
		pools[i] = route_pool_add(r);
	for (int64_t a = 1; a <= AGENTS; a++) {
		route_agent_put(r, &(struct route_agent){.id = a, .ready = true, .capacity = -1});
		for (int i = 0; i < 3; i++)
			route_agent_pool(r, a, pools[next(seed) % TEAMS], true);
		for (int i = 0; i < SKILLS / 3; i++)
			route_agent_skill(r, a, (int)(next(seed) % SKILLS), 1 + (int)(next(seed) % 5));
	}
	return r;
}

/* Everybody is busy and 10,000 wait: one is done, the next is decided, accepted, and another arrives. */
static void decisions(double *ret_mean, double *ret_p99, double *ret_worst)
{
	uint64_t seed = 42;
	int pools[TEAMS];
	struct route *r = crowd(&seed, pools);
	static double spent[DECISIONS];
	struct route_pick k;
	struct route_event e;
	int64_t now = 1000000, id = 0;
	double sum = 0;
	while (route_waiting(r) < WAITING) {
		matter(r, &seed, ++id, now++, pools);
		while (route_decide(r, now, &k))
			route_accept(r, k.matter, now);
	}
	for (int i = 0; i < DECISIONS; i++) {
		double began = us_of(CLOCK_THREAD_CPUTIME_ID);
		route_agent_load(r, 1 + (int64_t)(next(&seed) % AGENTS), 0, 0);
		while (route_advance(r, now, &e))
			;
		while (route_decide(r, now, &k))
			route_accept(r, k.matter, now);
		matter(r, &seed, ++id, now++, pools);
		while (route_decide(r, now, &k))
			route_accept(r, k.matter, now);
		spent[i] = us_of(CLOCK_THREAD_CPUTIME_ID) - began;
		sum += spent[i];
	}
	figures_sort(spent, DECISIONS);
	*ret_mean = sum / DECISIONS;
	*ret_p99 = spent[DECISIONS * 99 / 100];
	*ret_worst = spent[DECISIONS - 1];
	route_free(r);
}

/* ---- with its rows ------------------------------------------------------------------------------------------- */

static const char queue_yaml[] = "queue: bench\ntype: ticket\nmembers: {teams: all, roles: [agent]}\n"
                                 "choose: [least_busy, round_robin]\noffer: 0\ncapacity: 9999\n";

struct bench {
	struct model *m;
	struct pack_text *texts;
	size_t n;
	long long team, role;
	int first;
};

static void packs(struct ctx *ctx, const char *dir, struct bench *b)
{
	core_read(ctx, dir, 1, &b->texts, &b->n);
	b->texts[b->n++] = (struct pack_text){
	        .pack = "own", .path = "queues/bench.yaml", .body = queue_yaml, .len = strlen(queue_yaml)};
	b->m = core_load(ctx, b->texts, b->n);
	ctx->model = b->m;
}

static enum err apply(struct ctx *ctx, void *arg)
{
	const struct bench *b = arg;
	return pack_apply(ctx, b->m, b->texts, b->n, true);
}

static enum err people(struct ctx *ctx, void *arg)
{
	struct bench *b = arg;
	struct sql q;
	if (b->team == 0) {
		b->team = made(ctx, "team", "{\"code\":\"KF\",\"name\":\"客服部\"}");
		b->role = made(ctx, "role", "{\"code\":\"a\",\"name\":\"客服\",\"grants\":[\"agent\"]}");
	}
	for (int i = b->first; i < b->first + FILL; i++)
		(void)made(ctx, "user",
		           arena_printf(
		                   ctx->arena,
		                   "{\"login\":\"u%d\",\"name\":\"第%d位\",\"roles\":[\"%lld\"],\"teams\":[\"%lld\"]}",
		                   i, i, b->role, b->team));
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " set presence = 'idle'");
	return sql_run(ctx, &q, NULL);
}

static enum err tickets(struct ctx *ctx, void *arg)
{
	struct bench *b = arg;
	for (int i = 0; i < FILL; i++)
		(void)made(
		        ctx, "ticket",
		        arena_printf(
		                ctx->arena,
		                "{\"title\":\"三号楼空调漏水\",\"description\":\"外机漏水，夜间噪音大\",\"category\":"
		                "\"usage\",\"team\":\"%lld\"}",
		                b->team));
	return ERR_OK;
}

static void fill(struct ctx *ctx, struct bench *b)
{
	must(store_write(ctx, apply, b), "packs");
	for (b->first = 0; b->first < AGENTS; b->first += FILL) {
		struct arena_mark mark = arena_mark(ctx->arena);
		must(store_write(ctx, people, b), "people");
		arena_rewind(ctx->arena, mark);
	}
	for (int i = 0; i < WAITING + SUSTAINED; i += FILL) {
		struct arena_mark mark = arena_mark(ctx->arena);
		ctx->now_ms = clock_now_ms();
		must(store_write(ctx, tickets, b), "tickets");
		arena_rewind(ctx->arena, mark);
	}
}

/* The first round reads everything; what comes after is what is sustained, with no less than WAITING in the queue. */
static void sustained(struct ctx *ctx, double *ret_read_ms, double *ret_per_s, double *ret_cpu_us)
{
	struct router *r = router_new();
	size_t worked, n = 0;
	int64_t then;
	struct arena_mark mark = arena_mark(ctx->arena);
	double began = us_of(CLOCK_MONOTONIC);
	must(router_run(ctx, r, &worked, &then), "the first round");
	*ret_read_ms = (us_of(CLOCK_MONOTONIC) - began) / 1e3;
	arena_rewind(ctx->arena, mark);
	double cpu = us_of(CLOCK_PROCESS_CPUTIME_ID);
	began = us_of(CLOCK_MONOTONIC);
	while (n < SUSTAINED - FILL) {
		ctx->now_ms = clock_now_ms();
		must(router_run(ctx, r, &worked, &then), "a round");
		if (worked == 0)
			break;
		n += worked;
		arena_rewind(ctx->arena, mark);
	}
	*ret_per_s = (double)n / ((us_of(CLOCK_MONOTONIC) - began) / 1e6);
	*ret_cpu_us = (us_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)(n ? n : 1);
	router_free(r);
}

int main(int argc, char **argv)
{
	struct place p;
	struct bench b = {0};
	double mean, p99, worst, read_ms, per_s, cpu_us;
	if (argc != 3) {
		fprintf(stderr, "route DIR PACKS\n");
		return 2;
	}
	decisions(&mean, &p99, &worst);
	place_open(&p, argv[1]);
	packs(&p.ctx, argv[2], &b);
	fill(&p.ctx, &b);
	sustained(&p.ctx, &read_ms, &per_s, &cpu_us);
	printf("{\"agents\": %d, \"skills\": %d, \"waiting\": %d, \"decision_us\": %.1f, \"p99_us\": %.1f, "
	       "\"worst_us\": %.1f, "
	       "\"read_ms\": %.0f, \"per_s\": %.0f, \"assign_cpu_us\": %.0f}\n",
	       AGENTS, SKILLS, WAITING, mean, p99, worst, read_ms, per_s, cpu_us);
	model_unref(b.m);
	place_close(&p);
	return 0;
}

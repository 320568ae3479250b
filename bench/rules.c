/*
 * rules.c: what rules cost: the CPU time of 10,000 conditions, and of a transition with ten matching rules against one
 * without any, as JSON.
 *
 *   rules DIR PACKS     an organisation of its own under DIR (SQLite) with the core pack of PACKS
 */
#include "common.h"
#include "model/filter.h"

enum { CONDITIONS = 10000, MATCHING = 10, ROUNDS = 300, TICKETS = 50 };

/* Of a department's day: none is cut short by its first word. */
static const char *const conditions[] = {
        "priority >= high and stage in (open, paused)",
        "category in (repair, install, delivery) and chased < 3 and owner is not empty",
        "state = to_accept or (state = working and due > now)",
        "not (stage in (done, final)) and title contains '空调' and priority != low",
        "opened_at >= now - 30d and due <= now + 10d and supplements < 99",
        "customer.is_vip = true or customer.name contains '陈'",
        "owner = @me or team in @my_teams or first_owner is not empty",
        "count(attempts) < 5 and escalated = false",
        "description contains '漏水' or description contains '噪音'",
        "due < now + 5bd and closed_at is empty",
};
enum { KINDS = sizeof(conditions) / sizeof(conditions[0]) };

/* ---- the packs, with ten rules more ---------------------------------------------------------------------- */

struct bench {
	struct ctx *ctx;
	struct pack_text *texts;
	size_t n_core, n;
	struct model *without, *with;
	struct who *who;
	int64_t tickets[TICKETS];
};

static void packs(struct bench *b, const char *dir)
{
	struct arena *a = b->ctx->arena;
	core_read(b->ctx, dir, MATCHING, &b->texts, &b->n_core);
	b->n = b->n_core;
	for (int i = 0; i < MATCHING; i++) {
		const char *body = arena_printf(a,
		                                "rule: bench_%d\ntype: ticket\non: [\"done:supplement\"]\n"
		                                "when: stage in (open, paused) and priority >= normal\n"
		                                "do: [{notify: lead, text: 第 %d 条}]\n",
		                                i, i);
		b->texts[b->n++] = (struct pack_text){.pack = "core",
		                                      .path = arena_printf(a, "rules/bench_%d.yaml", i),
		                                      .body = body,
		                                      .len = strlen(body)};
	}
	b->without = core_load(b->ctx, b->texts, b->n_core);
	b->with = core_load(b->ctx, b->texts, b->n);
}

static enum err apply(struct ctx *ctx, void *arg)
{
	const struct bench *b = arg;
	return pack_apply(ctx, b->with, b->texts, b->n, true);
}

/* ---- people and tickets ------------------------------------------------------------------------------------ */

static enum err people(struct ctx *ctx, void *arg)
{
	struct bench *b = arg;
	long long team = made(ctx, "team", "{\"code\":\"KF\",\"name\":\"客服部\"}");
	long long agent = made(ctx, "role", "{\"code\":\"a\",\"name\":\"客服\",\"grants\":[\"agent\"]}");
	long long lead = made(ctx, "role", "{\"code\":\"l\",\"name\":\"班长\",\"grants\":[\"lead\"]}");
	char li[200], wang[200];
	snprintf(li, sizeof(li), "{\"login\":\"li\",\"name\":\"李\",\"roles\":[\"%lld\"],\"teams\":[\"%lld\"]}", agent,
	         team);
	snprintf(wang, sizeof(wang), "{\"login\":\"wang\",\"name\":\"王\",\"roles\":[\"%lld\"],\"teams\":[\"%lld\"]}",
	         lead, team);
	int64_t id = made(ctx, "user", li);
	(void)made(ctx, "user", wang);
	TRY(who_load(ctx, id, &b->who));
	long long customer = made(ctx, "customer", "{\"name\":\"周涛\",\"mobile\":\"13712345678\"}");
	const char *ticket = arena_printf(
	        ctx->arena,
	        "{\"title\":\"三号楼空调漏水\",\"description\":\"三号楼二单元空调外机漏水，夜间噪音很大，客户要求"
	        "今天下班前上门查看并给出处理意见。\",\"category\":\"repair\",\"customer\":\"%lld\"}",
	        customer);
	const struct who *system = ctx->who;
	ctx->who = b->who;
	for (int i = 0; i < TICKETS; i++)
		b->tickets[i] = made(ctx, "ticket", ticket);
	ctx->who = system;
	return ERR_OK;
}

/* ---- measuring ---------------------------------------------------------------------------------------------- */

struct asking {
	struct bench *b;
	double us;
};

static enum err ask(struct ctx *ctx, void *arg)
{
	struct asking *x = arg;
	const struct type *t = model_type(ctx->model, "ticket");
	struct filter *filters[KINDS];
	struct filter_fault fault;
	struct record *r;
	TRY(record_load(ctx, t, x->b->tickets[0], &r));
	for (size_t i = 0; i < KINDS; i++)
		if (filter_parse(ctx->arena, ctx->model, t, conditions[i], strlen(conditions[i]), &filters[i],
		                 &fault) != ERR_OK) {
			fprintf(stderr, "%s: %s\n", conditions[i], fault.message);
			return ERR_INVALID;
		}
	double began = us_of(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < CONDITIONS; i++) {
		struct arena_mark mark = arena_mark(ctx->arena);
		bool holds;
		TRY(filter_holds(ctx, filters[i % KINDS], r, &holds));
		arena_rewind(ctx->arena, mark);
	}
	x->us = us_of(CLOCK_PROCESS_CPUTIME_ID) - began;
	return ERR_OK;
}

struct doing {
	int64_t ticket;
	const json_t *input;
};

static enum err supplement(struct ctx *ctx, void *arg)
{
	const struct doing *d = arg;
	struct record *r;
	return flow_do(ctx, model_type(ctx->model, "ticket"), d->ticket, 0, "supplement", d->input, &r);
}

static double transitions(struct bench *b, const struct model *m, int round)
{
	json_error_t fault;
	json_t *input = json_loads("{\"content\":\"客户补充：噪音更大了\"}", 0, &fault);
	b->ctx->model = m;
	double began = us_of(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < TICKETS; i++) {
		struct arena_mark mark = arena_mark(b->ctx->arena);
		struct doing d = {.ticket = b->tickets[(i + round) % TICKETS], .input = input};
		must(store_write(b->ctx, supplement, &d), "supplement");
		arena_rewind(b->ctx->arena, mark);
	}
	double spent = us_of(CLOCK_PROCESS_CPUTIME_ID) - began;
	json_decref(input);
	return spent / TICKETS;
}

int main(int argc, char **argv)
{
	struct place p;
	if (argc != 3) {
		fprintf(stderr, "rules DIR PACKS\n");
		return 2;
	}
	place_open(&p, argv[1]);
	struct ctx *ctx = &p.ctx;
	struct bench b = {.ctx = ctx};
	packs(&b, argv[2]);
	ctx->model = b.with;
	must(store_write(ctx, apply, &b), "packs");
	must(store_write(ctx, people, &b), "people");
	ctx->who = b.who;
	struct asking x = {.b = &b};
	must(store_read(ctx, ask, &x), "conditions");
	double with[ROUNDS / TICKETS], without[ROUNDS / TICKETS];
	size_t n = ROUNDS / TICKETS;
	for (size_t i = 0; i < n; i++) {
		without[i] = transitions(&b, b.without, (int)i);
		with[i] = transitions(&b, b.with, (int)i);
	}
	figures_sort(with, n);
	figures_sort(without, n);
	printf("{\"conditions\": %d, \"conditions_us\": %.0f, \"rules\": %d, \"with_us\": %.1f, \"without_us\": "
	       "%.1f}\n",
	       CONDITIONS, x.us, MATCHING, with[n / 2], without[n / 2]);
	model_unref(b.with);
	model_unref(b.without);
	place_close(&p);
	return 0;
}

/*
 * Owners under many hands: threads do random acts on the same few tickets, and after each act, before it is committed,
 * what it touched must be as the rules of owners say: exactly one owner, the first one unchanged, a hand-over moves
 * nothing until it is accepted, refusing leaves it where it was. At the end the events of all must tell the same.
 *
 * model_test [--ops N] [--threads N] [--seed S]. SHOUWEN_TEST_PG: on PostgreSQL (tests/pg.sh run …).
 */
#include "house.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "flow/due.h"
#include "flow/owners.h"

enum { PEOPLE = 12, LEADS = 2, TICKETS = 30, THREADS_MAX = 16, MANY = 5, STEP_MS = 50 };

static struct {
	struct house house;
	int64_t people[PEOPLE], admin; /* the first LEADS of them lead */
	int64_t tickets[TICKETS], first[TICKETS];
	atomic_long left, done, refused;
	atomic_llong now;
	atomic_bool failed;
	pthread_mutex_t say;
	uint64_t seed;
} world;

struct hand { /* one thread */
	struct ctx ctx;
	uint64_t chance;
	int64_t run; /* its last run of many, not yet taken back */
};

/* What one act is, and what must be true when it is done. */
struct act {
	struct hand *hand;
	const char *what; /* transition, or one of the words of do_other() */
	int64_t user, other;
	int ticket;
	char input[400];
};

static uint64_t chance(struct hand *h, uint64_t below)
{
	h->chance += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = h->chance;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static void broken(const struct act *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void broken(const struct act *a, const char *format, ...)
{
	va_list args;
	pthread_mutex_lock(&world.say);
	fprintf(stderr, "seed %llu, %s by %lld on ticket %d (%s): ", (unsigned long long)world.seed, a->what,
	        (long long)a->user, a->ticket, a->input);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	pthread_mutex_unlock(&world.say);
	atomic_store(&world.failed, true);
}

/* ---- what must be true --------------------------------------------------------------------------------- */

static enum err work_row(struct ctx *ctx, int64_t id, int64_t *ret_owner, int64_t *ret_accountable)
{
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select owner, accountable from work where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &rows));
	*ret_owner = *ret_accountable = -1;
	if (rows_next(rows)) {
		*ret_owner = rows_int(rows, 0);
		*ret_accountable = rows_int(rows, 1);
	}
	return rows_done(rows);
}

static enum err always(struct ctx *ctx, const struct act *a, struct record **ret_record)
{
	int64_t owner, accountable;
	struct record *r;
	TRY(record_load(ctx, model_type(ctx->model, "ticket"), world.tickets[a->ticket], &r));
	if (record_int(r, "accountable") == 0)
		broken(a, "nobody answers for it");
	if (record_int(r, "owner") != 0 && record_int(r, "owner") != record_int(r, "accountable"))
		broken(a, "two answer for it");
	if (record_int(r, "first_owner") != world.first[a->ticket])
		broken(a, "the first owner is another");
	if (record_int(r, "pending_owner") != 0 && record_int(r, "pending_owner") == record_int(r, "owner"))
		broken(a, "it is offered to the one who has it");
	TRY(work_row(ctx, r->id, &owner, &accountable));
	if (owner != record_int(r, "owner") || accountable != record_int(r, "accountable"))
		broken(a, "the index of work says another owner");
	*ret_record = r;
	return ERR_OK;
}

static bool is_act(const struct act *a, const char *what)
{
	return strcmp(a->what, what) == 0;
}

/* before: as it was in the same transaction. */
static enum err after_act(struct ctx *ctx, const struct act *a, const struct record *before, const struct record *r)
{
	int64_t was = record_int(before, "owner"), is = record_int(r, "owner"),
	        pending = record_int(r, "pending_owner");
	int64_t stands = 0;
	bool settled = pending == 0 && record_int(r, "pending_team") == 0;
	if (a->other != 0)
		TRY(standing_of(ctx, a->other, &stands));
	if (is_act(a, "hand_over") && (is != was || pending != (a->user == a->other ? a->other : stands)))
		broken(a, "a hand-over moved it, or asks another: %lld", (long long)pending);
	else if (is_act(a, "accept_hand_over") && (is != a->user || !settled))
		broken(a, "who accepted has it not");
	else if (is_act(a, "refuse_hand_over") && (is != was || !settled))
		broken(a, "refusing moved it");
	else if (is_act(a, "take") && (is != a->user || !settled))
		broken(a, "who took it has it not");
	else if (is_act(a, "assign") && is != (a->user == a->other ? a->other : stands))
		broken(a, "it was assigned to %lld and is with %lld", (long long)a->other, (long long)is);
	else if ((is_act(a, "chase") || is_act(a, "solve_at_once") || is_act(a, "reopen")) && is != was)
		broken(a, "it changed hands");
	return ERR_OK;
}

/* ---- acts ------------------------------------------------------------------------------------------------ */

static enum err as_user(struct ctx *ctx, int64_t user)
{
	struct who *who;
	TRY(who_load(ctx, user, &who));
	ctx->who = who;
	return ERR_OK;
}

static enum err parse(struct ctx *ctx, const char *text, json_t **ret)
{
	return json_parse(ctx, text, strlen(text), ret);
}

static enum err act_fn(struct ctx *ctx, void *arg)
{
	struct act *a = arg;
	struct record *before, *r;
	json_t *input;
	TRY(as_user(ctx, a->user));
	TRY(parse(ctx, a->input, &input));
	TRY(always(ctx, a, &before));
	int64_t version = before->version;
	TRY(flow_do(ctx, before->type, before->id, version, a->what, input, &r));
	TRY(always(ctx, a, &r));
	if (r->version <= version)
		broken(a, "it has no new version");
	return after_act(ctx, a, before, r);
}

/* An absence, a deputy, somebody deactivated or back: the matters of all are looked at. */
static enum err person_fn(struct ctx *ctx, void *arg)
{
	struct act *a = arg;
	struct record *r;
	json_t *fields;
	TRY(as_user(ctx, world.admin));
	TRY(parse(ctx, a->input, &fields));
	TRY(record_load(ctx, ctx->model->user, a->other, &r));
	TRY(flow_change(ctx, ctx->model->user, r->id, r->version, fields, &r));
	return always(ctx, a, &r);
}

static enum err many_begin_fn(struct ctx *ctx, void *arg)
{
	struct act *a = arg;
	int64_t ids[MANY];
	json_t *input;
	TRY(as_user(ctx, a->user));
	TRY(parse(ctx, a->input, &input));
	for (int i = 0; i < MANY; i++)
		ids[i] = world.tickets[(a->ticket + i) % TICKETS];
	return flow_bulk_begin(ctx, model_type(ctx->model, "ticket"), ids, MANY, "assign", input, &a->hand->run);
}

static enum err many_undo_fn(struct ctx *ctx, void *arg)
{
	struct act *a = arg;
	TRY(as_user(ctx, a->user));
	return flow_undo_begin(ctx, a->hand->run);
}

static enum err many_go_fn(struct ctx *ctx, void *arg)
{
	struct act *a = arg;
	struct record *r;
	size_t left;
	TRY(as_user(ctx, a->user));
	TRY(flow_run_go(ctx, a->hand->run, MANY, &left));
	return always(ctx, a, &r);
}

static enum err write_again(struct hand *h, store_fn *fn, struct act *a)
{
	enum err e;
	do {
		ctx_forget(&h->ctx);
		e = store_write(&h->ctx, fn, a);
	} while (e == ERR_BUSY || e == ERR_RETRY);
	h->ctx.who = NULL;
	return e;
}

static enum err do_many(struct hand *h, struct act *a)
{
	a->user = world.people[0];
	if (h->run == 0) {
		snprintf(a->input, sizeof(a->input), "{\"to_owner\":\"%lld\",\"reason\":\"批量\"}",
		         (long long)a->other);
		a->what = "many";
		TRY(write_again(h, many_begin_fn, a));
		return write_again(h, many_go_fn, a);
	}
	a->what = "undo";
	enum err e = write_again(h, many_undo_fn, a);
	if (e == ERR_OK)
		e = write_again(h, many_go_fn, a);
	h->run = 0;
	return e;
}

static enum err do_person(struct hand *h, struct act *a)
{
	/* Those who lead stay: somebody must be there. */
	a->other = world.people[LEADS + chance(h, PEOPLE - LEADS)];
	a->what = "person";
	switch (chance(h, 4)) {
	case 0: snprintf(a->input, sizeof(a->input), "{\"active\":false}"); break;
	case 1: snprintf(a->input, sizeof(a->input), "{\"active\":true,\"absent_until\":null}"); break;
	case 2: snprintf(a->input, sizeof(a->input), "{\"absent_until\":\"2027-01-01T00:00:00.000Z\"}"); break;
	default:
		snprintf(a->input, sizeof(a->input), "{\"deputy\":\"%lld\"}",
		         (long long)world.people[chance(h, PEOPLE)]);
	}
	return write_again(h, person_fn, a);
}

static enum err do_ticket(struct hand *h, struct act *a)
{
	static const char *const acts[] = {
	        "hand_over", "hand_over", "hand_over_team", "accept_hand_over", "accept_hand_over", "refuse_hand_over",
	        "take",      "assign",    "chase",          "solve_at_once",    "reopen",           "return_intake"};
	a->what = acts[chance(h, sizeof(acts) / sizeof(acts[0]))];
	snprintf(a->input, sizeof(a->input), "{}");
	if (is_act(a, "hand_over_team")) {
		a->what = "hand_over";
		snprintf(a->input, sizeof(a->input), "{\"to_team\":\"%lld\",\"reason\":\"给组\"}",
		         (long long)(chance(h, 2) ? world.house.desk : world.house.other));
		a->other = 0;
	} else if (is_act(a, "hand_over") || is_act(a, "assign")) {
		snprintf(a->input, sizeof(a->input), "{\"to_owner\":\"%lld\",\"reason\":\"他办\"}",
		         (long long)a->other);
	} else if (is_act(a, "solve_at_once")) {
		snprintf(a->input, sizeof(a->input), "{\"solution\":\"已办\"}");
	} else if (!is_act(a, "take") && !is_act(a, "accept_hand_over") && !is_act(a, "chase")) {
		snprintf(a->input, sizeof(a->input), "{\"reason\":\"说明\"}");
	}
	return write_again(h, act_fn, a);
}

static bool is_an_answer(enum err e)
{
	return e == ERR_OK || e == ERR_STALE || e == ERR_FORBIDDEN || e == ERR_CONFLICT || e == ERR_INVALID ||
	       e == ERR_NOT_FOUND;
}

static void one(struct hand *h)
{
	struct act a = {.hand = h,
	                .what = "due",
	                .user = world.people[chance(h, PEOPLE)],
	                .other = world.people[chance(h, PEOPLE)],
	                .ticket = (int)chance(h, TICKETS)};
	size_t worked;
	int64_t next;
	enum err e;
	h->ctx.now_ms = atomic_fetch_add(&world.now, STEP_MS);
	switch (chance(h, 20)) {
	case 0: e = do_person(h, &a); break;
	case 1: e = do_many(h, &a); break;
	case 2:
		e = due_run(&h->ctx, &worked, &next);
		e = e == ERR_BUSY || e == ERR_RETRY ? ERR_OK : e;
		break;
	default: e = do_ticket(h, &a);
	}
	if (!is_an_answer(e))
		broken(&a, "%s: %s", err_code(e), h->ctx.problems.n > 0 ? h->ctx.problems.list[0].detail : "");
	atomic_fetch_add(e == ERR_OK ? &world.done : &world.refused, 1);
	ctx_forget(&h->ctx);
}

static void *hand_run(void *arg)
{
	struct hand *h = arg;
	while (!atomic_load(&world.failed) && atomic_fetch_sub(&world.left, 1) > 0) {
		struct arena_mark mark = arena_mark(h->ctx.arena);
		one(h);
		arena_rewind(h->ctx.arena, mark);
	}
	return NULL;
}

/* ---- the world ---------------------------------------------------------------------------------------------- */

static void people_make(struct house *h)
{
	int64_t agents = house_role(h, "agent"), admins = house_role(h, "admin");
	int64_t leads = house_made(h, 0, "role", "{\"code\":\"l\",\"name\":\"l\",\"grants\":[\"agent\",\"lead\"]}");
	h->desk = house_team(h, "K1", "一组");
	h->other = house_team(h, "K2", "二组");
	for (int i = 0; i < PEOPLE; i++)
		world.people[i] = house_person(h, arena_printf(h->arena, "u%d", i), i < LEADS ? leads : agents,
		                               i % 2 ? h->other : h->desk);
	world.admin = house_person_with(h, "adm", admins, 0, "{\"teams\":[]}");
	OK(h, house_change(h, world.admin, "team", h->desk, 1,
	                   arena_printf(h->arena, "{\"lead\":\"%lld\"}", (long long)world.people[0])));
	OK(h, house_change(h, world.admin, "team", h->other, 1,
	                   arena_printf(h->arena, "{\"lead\":\"%lld\"}", (long long)world.people[1])));
}

static void tickets_make(struct house *h)
{
	for (int i = 0; i < TICKETS; i++) {
		world.first[i] = world.people[i % PEOPLE];
		OK(h, house_create(h, world.first[i], "ticket",
		                   "{\"title\":\"空调漏水\",\"description\":\"室内机\",\"category\":\"repair\"}",
		                   &world.tickets[i]));
	}
}

/* What is still due is done first: people who left just now, leads who changed. */
static void proof(struct house *h)
{
	size_t changed, worked;
	h->ctx.now_ms = atomic_load(&world.now);
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms, &worked));
	struct verify_report report = house_verify(h);
	if (report.n_faults > 0)
		fail_msg("seed %llu: %s", (unsigned long long)world.seed, report.faults[0]);
	changed = house_rebuilt(h, 500);
	if (changed != 0)
		fail_msg("seed %llu: rebuild changed %zu rows", (unsigned long long)world.seed, changed);
	/* Nothing stays with who is gone. */
	int64_t left = house_count(
	        h, arena_printf(h->arena,
	                        "select count(*) from work w join \"%s\" u on u.id = w.owner where u.active = 0 and "
	                        "w.stage in ('open', 'paused')",
	                        h->model->user->table));
	assert_int_equal(left, 0);
}

static int threads = 6;
static long ops = 6000;

static void test_owners(void **state)
{
	struct house *h = &world.house;
	struct hand hands[THREADS_MAX] = {0};
	pthread_t running[THREADS_MAX];
	house_open(h, REAL_PACKS, "core", false);
	people_make(h);
	tickets_make(h);
	pthread_mutex_init(&world.say, NULL);
	atomic_store(&world.now, h->ctx.now_ms);
	atomic_store(&world.left, ops);
	for (int i = 0; i < threads; i++) {
		hands[i].ctx = h->ctx;
		hands[i].ctx.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
		hands[i].chance = world.seed + (uint64_t)i * 7919;
		assert_int_equal(pthread_create(&running[i], NULL, hand_run, &hands[i]), 0);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(running[i], NULL);
		arena_free(hands[i].ctx.arena);
	}
	if (atomic_load(&world.failed))
		fail_msg("see above");
	proof(h);
	print_message("%ld acts done, %ld refused, by %d threads, seed %llu\n", atomic_load(&world.done),
	              atomic_load(&world.refused), threads, (unsigned long long)world.seed);
	/* Most acts are refused by somebody who may not: enough of them must have been done. */
	assert_true(atomic_load(&world.done) * 20 > ops);
	house_close(h);
}

int main(int argc, char **argv)
{
	world.seed = 20261123;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--ops") == 0)
			ops = strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--threads") == 0)
			threads = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			world.seed = strtoull(argv[i + 1], NULL, 10);
	}
	if (threads < 1 || threads > THREADS_MAX)
		threads = THREADS_MAX;
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_owners)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

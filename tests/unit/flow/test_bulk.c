/* Runs of many records: in slices, taken up again, and taken back with lines and what was made. */
#include "flow/bulk.h"
#include "flow/split.h"
#include "house.h"

enum { JOBS = 12, SLICE = 5 };

static int64_t jobs[JOBS];

static int setup(void **state)
{
	struct house *h = house_new(FLOW_PACKS, "core", true);
	for (int i = 0; i < JOBS; i++)
		OK(h, house_create(h, h->li, "job", "{\"title\":\"空调漏水\",\"category\":\"repair\"}", &jobs[i]));
	*state = h;
	return 0;
}

struct many {
	int64_t user, run;
	const struct type *type;
	const char *transition;
	json_t *input;
	size_t left;
	enum { BEGIN, GO, UNDO, SAY } what;
	struct buf buf;
};

static enum err many_fn(struct ctx *ctx, void *arg)
{
	struct many *m = arg;
	struct json_out out;
	switch (m->what) {
	case BEGIN: return flow_bulk_begin(ctx, m->type, jobs, JOBS, m->transition, m->input, &m->run);
	case GO: return flow_run_go(ctx, m->run, SLICE, &m->left);
	case UNDO: return flow_undo_begin(ctx, m->run);
	default:
		buf_init(&m->buf, ctx->arena, 1 << 20);
		json_out_init(&out, &m->buf);
		return flow_run_write_json(ctx, m->run, &out);
	}
}

static enum err many(struct house *h, struct many *m, int what)
{
	m->what = what;
	return house_write(h, m->user, many_fn, m);
}

static struct many begin(struct house *h, const char *transition, const char *input)
{
	json_error_t error;
	struct many m = {.user = h->wang, .type = model_type(h->model, "job"), .transition = transition};
	m.input = json_loads(input, 0, &error);
	OK(h, many(h, &m, BEGIN));
	json_decref(m.input);
	return m;
}

static void go_to_end(struct house *h, struct many *m)
{
	do
		OK(h, many(h, m, GO));
	while (m->left > 0);
}

static json_t *said(struct house *h, struct many *m)
{
	json_error_t error;
	OK(h, many(h, m, SAY));
	json_t *j = json_loads(m->buf.data, 0, &error);
	assert_non_null(j);
	return j;
}

static size_t n_of(const json_t *said, const char *key)
{
	return json_array_size(json_object_get(said, key));
}

/* Cut off after a slice: what is done stays done, and is not done again. */
static void test_slices(void **state)
{
	HOUSE;
	struct many m = begin(h, "dial", "{\"try_result\":\"busy\"}");
	assert_int_equal(house_count(h, "select count(*) from job__tries"), 0);
	OK(h, many(h, &m, GO));
	assert_int_equal(m.left, JOBS - SLICE);
	assert_int_equal(house_count(h, "select count(*) from job__tries"), SLICE);
	json_t *j = said(h, &m);
	assert_int_equal(n_of(j, "done"), SLICE);
	json_decref(j);
	/* Only he who began it goes on. */
	struct many other = {.user = h->li, .run = m.run};
	assert_int_equal(many(h, &other, GO), ERR_CONFLICT);
	struct many again = {.user = h->wang, .run = m.run};
	go_to_end(h, &again);
	assert_int_equal(house_count(h, "select count(*) from job__tries"), JOBS);
	OK(h, many(h, &again, GO));
	assert_int_equal(again.left, 0);
	assert_int_equal(house_count(h, "select count(*) from job__tries"), JOBS);
	j = said(h, &again);
	assert_int_equal(n_of(j, "done"), JOBS);
	assert_int_equal(n_of(j, "failed"), 0);
	json_decref(j);
}

static void test_lines_back(void **state)
{
	HOUSE;
	OK(h, house_do(h, h->li, "job", jobs[0], "ring", "{\"try_result\":\"reached\"}"));
	int64_t line = house_count(h, "select max(id) from job__tries");
	struct many m = begin(h, "dial", "{\"try_result\":\"busy\"}");
	go_to_end(h, &m);
	assert_int_equal(house_count(h, "select count(*) from job__tries"), JOBS + 1);
	/* One was changed since: it stays as it is. */
	OK(h, house_do(h, h->li, "job", jobs[1], "chase", "{}"));
	OK(h, many(h, &m, UNDO));
	OK(h, many(h, &m, GO));
	assert_int_equal(m.left, JOBS - SLICE);
	go_to_end(h, &m);
	json_t *j = said(h, &m);
	assert_int_equal(n_of(j, "done"), JOBS - 1);
	assert_int_equal(n_of(j, "failed"), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(j, "failed"), 0), "code")),
	                    "stale");
	json_decref(j);
	assert_int_equal(house_count(h, "select count(*) from job__tries"), 2);
	assert_int_equal(house_count(h, "select min(id) from job__tries"), line);
	assert_int_equal(house_count(h, "select count(*) from job__tries where result = 'reached'"), 1);
	assert_int_equal(many(h, &m, UNDO), ERR_CONFLICT);
}

static void test_made_removed(void **state)
{
	HOUSE;
	struct many m = begin(h, "pledge", "{\"what\":\"明天回电\"}");
	go_to_end(h, &m);
	assert_int_equal(house_count(h, "select count(*) from promise"), JOBS);
	/* One has been talked about, one was done: they are not ours alone any more. */
	int64_t last = house_last(h, "promise");
	OK(h, house_comment(h, h->wang, "promise", last, "客户改到后天", true, 0));
	int64_t first = house_count(h, "select min(id) from promise");
	OK(h, house_do(h, h->wang, "promise", first, "keep", "{}"));
	OK(h, many(h, &m, UNDO));
	go_to_end(h, &m);
	json_t *j = said(h, &m);
	assert_int_equal(n_of(j, "removed"), JOBS - 2);
	assert_int_equal(n_of(j, "failed"), 2);
	json_decref(j);
	assert_int_equal(house_count(h, "select count(*) from promise"), 2);
	assert_int_equal(house_count(h, "select count(*) from work where type = 'promise'"), 2);
	assert_string_equal(house_text(h, "promise", first, "state"), "kept");
}

/* Taken back half way: the rest is not done any more. */
static void test_stopped(void **state)
{
	HOUSE;
	struct many m = begin(h, "dial", "{\"try_result\":\"busy\"}");
	OK(h, many(h, &m, GO));
	OK(h, many(h, &m, UNDO));
	go_to_end(h, &m);
	json_t *j = said(h, &m);
	assert_int_equal(n_of(j, "done"), SLICE);
	json_decref(j);
	assert_int_equal(house_count(h, "select count(*) from job__tries"), 0);
}

static enum err erase_fn(struct ctx *ctx, void *arg)
{
	return event_erase(ctx, *(int64_t *)arg, "客户要求");
}

static void test_erased(void **state)
{
	HOUSE;
	struct many m = begin(h, "dial", "{\"try_result\":\"busy\"}");
	go_to_end(h, &m);
	int64_t event = house_count(h, "select max(id) from event where kind = 'did'");
	OK(h, house_write(h, 0, erase_fn, &event));
	OK(h, many(h, &m, UNDO));
	go_to_end(h, &m);
	json_t *j = said(h, &m);
	assert_int_equal(n_of(j, "done"), JOBS - 1);
	assert_int_equal(n_of(j, "failed"), 1);
	json_decref(j);
	struct verify_report report;
	h->ctx.who = &who_system;
	OK(h, flow_verify(&h->ctx, &report));
	h->ctx.who = NULL;
	assert_int_equal(report.n_faults, 0);
}

/* What a record led to before was removed since: it is not led to again. */
static void test_target_gone(void **state)
{
	HOUSE;
	int64_t was, now;
	OK(h, house_create(h, h->li, "customer", "{\"name\":\"甲\"}", &was));
	OK(h, house_create(h, h->li, "customer", "{\"name\":\"乙\"}", &now));
	OK(h,
	   house_change(h, h->li, "job", jobs[0], 1, arena_printf(h->arena, "{\"payer\":\"%lld\"}", (long long)was)));
	struct many m = begin(h, "bill_to", arena_printf(h->arena, "{\"payer\":\"%lld\"}", (long long)now));
	go_to_end(h, &m);
	OK(h, house_remove(h, 0, "customer", was));
	OK(h, many(h, &m, UNDO));
	go_to_end(h, &m);
	json_t *j = said(h, &m);
	assert_int_equal(n_of(j, "done"), JOBS - 1);
	assert_int_equal(n_of(j, "failed"), 1);
	json_decref(j);
	assert_int_equal(house_int(h, "job", jobs[0], "payer"), now);
	assert_int_equal(house_int(h, "job", jobs[1], "payer"), 0);
}

/* A value that another one took meanwhile is that record's fault alone. */
static enum err same_key(struct ctx *ctx, void *arg, int64_t id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values (:key, 'x')");
	sql_text(&q, "key", id == 2 ? "bulk1" : arena_printf(ctx->arena, "bulk%lld", (long long)id));
	return sql_run(ctx, &q, NULL);
}

static enum err each_fn(struct ctx *ctx, void *arg)
{
	for (int64_t id = 1; id <= 3; id++) {
		struct bulk_result result;
		TRY(bulk_each(ctx, same_key, NULL, id, &result));
		assert_int_equal(result.err, id == 2 ? ERR_CONFLICT : ERR_OK);
	}
	return ERR_OK;
}

static void test_one_in_conflict(void **state)
{
	HOUSE;
	OK(h, house_write(h, h->wang, each_fn, NULL));
	assert_int_equal(house_count(h, "select count(*) from setting where key in ('bulk1', 'bulk2', 'bulk3')"), 2);
}

static enum err split_fn(struct ctx *ctx, void *arg)
{
	json_error_t error;
	json_t *parts = json_loads("[{\"title\":\"漏水\"},{\"title\":\"发票\"}]", 0, &error);
	struct json_out out;
	struct buf b;
	buf_init(&b, ctx->arena, 64);
	json_out_init(&out, &b);
	enum err e = arg != NULL ? flow_split(ctx, model_type(ctx->model, "job"), jobs[0], 1, parts, &out)
	                         : flow_split_preview(ctx, model_type(ctx->model, "job"), jobs[0], parts, &out);
	json_decref(parts);
	return e;
}

/* An answer that has no room is no answer, and nothing is done. */
static void test_split_too_large(void **state)
{
	HOUSE;
	assert_int_equal(house_write(h, h->wang, split_fn, NULL), ERR_TOO_LARGE);
	assert_int_equal(house_write(h, h->wang, split_fn, jobs), ERR_TOO_LARGE);
	assert_int_equal(house_count(h, "select count(*) from job"), JOBS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(test_slices), T(test_lines_back),  T(test_made_removed),    T(test_stopped),
	        T(test_erased), T(test_target_gone), T(test_one_in_conflict), T(test_split_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

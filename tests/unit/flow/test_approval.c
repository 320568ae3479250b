/* Approvals: steps, votes, who sits, what is locked, limits, and what happens when it goes wrong. */
#include <pthread.h>

#include "flow/approval.h"
#include "flow/split.h"
#include "house.h"

/* ---- acts -------------------------------------------------------------------------------------------- */

struct ballot {
	int64_t user, record;
	const char *vote, *reason, *step;
	int number; /* of the round; 0: the last */
	struct round round;
};

static enum err ballot_fn(struct ctx *ctx, void *arg)
{
	struct ballot *b = arg;
	struct round *list;
	size_t n;
	struct who *who;
	TRY(who_load(ctx, b->user, &who));
	ctx->who = who;
	TRY(rounds_of(ctx, b->record, &list, &n));
	enum err e = n == 0 ? ERR_NOT_FOUND
	                    : flow_vote(ctx, list[b->number ? (size_t)b->number - 1 : n - 1].id, b->step, b->vote,
	                                b->reason, &b->round);
	ctx->who = NULL;
	return e;
}

static enum err vote(struct house *h, int64_t user, int64_t id, const char *v, const char *reason)
{
	struct ballot b = {.user = user, .record = id, .vote = v, .reason = reason};
	ctx_forget(&h->ctx);
	return store_write(&h->ctx, ballot_fn, &b);
}

struct look {
	int64_t id;
	const char *state;
	struct buf buf;
	struct round *round;
};

static enum err list_fn(struct ctx *ctx, void *arg)
{
	struct look *l = arg;
	struct json_out out;
	buf_init(&l->buf, ctx->arena, 1 << 20);
	json_out_init(&out, &l->buf);
	return approval_list_json(ctx, l->state, NULL, 0, &out);
}

static json_t *list(struct house *h, int64_t user, const char *state)
{
	struct look l = {.state = state};
	OK(h, house_read(h, user, list_fn, &l));
	json_t *j = json_loads(l.buf.data, 0, NULL);
	assert_non_null(j);
	return j;
}

static size_t waiting(struct house *h, int64_t user)
{
	json_t *j = list(h, user, "waiting");
	size_t n = json_array_size(json_object_get(j, "rows"));
	json_decref(j);
	return n;
}

static enum err last_fn(struct ctx *ctx, void *arg)
{
	struct look *l = arg;
	return round_of(ctx, l->id, ROUND_LAST, &l->round);
}

static const struct round *last(struct house *h, int64_t id)
{
	struct look l = {.id = id};
	OK(h, store_read(&h->ctx, last_fn, &l));
	assert_non_null(l.round);
	return l.round;
}

static void stands(struct house *h, int64_t id, const char *state, int number, const char *step)
{
	const struct round *round = last(h, id);
	assert_string_equal(round->state, state);
	assert_int_equal(round->number, number);
	if (step != NULL)
		assert_string_equal(round->steps[round->step].name, step);
}

static int64_t proposal(struct house *h, const char *amount)
{
	int64_t id;
	OK(h, house_create(h, h->li, "proposal",
	                   arena_printf(h->arena,
	                                "{\"text\":\"方案\",\"secret\":\"内情\",\"amount\":\"%s\",\"expert\":"
	                                "[\"%lld\"]}",
	                                amount, (long long)h->chen),
	                   &id));
	return id;
}

static int64_t submitted(struct house *h, const char *amount, const char *start)
{
	int64_t id = proposal(h, amount);
	OK(h, house_do(h, h->li, "proposal", id, start, "{}"));
	return id;
}

static void in_state(struct house *h, int64_t id, const char *state)
{
	assert_string_equal(house_text(h, "proposal", id, "state"), state);
}

static const char *at_hour(struct house *h, int hours)
{
	char text[INSTANT_BYTES];
	instant_format(h->ctx.now_ms + hours * HOUR_MS, text);
	return arena_strdup(h->arena, text);
}

static int64_t told(struct house *h, int64_t user, const char *words)
{
	return house_count(h, arena_printf(h->arena,
	                                   "select count(*) from notice where user_id = %lld and body like '%%%s%%'",
	                                   (long long)user, words));
}

/* ---- the way through ------------------------------------------------------------------------------------ */

static void test_steps(void **state)
{
	HOUSE;
	int64_t small = submitted(h, "900.00", "submit"), id = submitted(h, "6000.00", "submit");
	/* A step that does not apply is none. */
	assert_int_equal(last(h, small)->n_steps, 1);
	OK(h, vote(h, h->wang, small, "approve", NULL));
	in_state(h, small, "passed");
	stands(h, id, "running", 1, "first");
	assert_int_equal(waiting(h, h->wang), 1);
	assert_int_equal(waiting(h, h->zhao), 0);
	assert_int_equal(vote(h, h->zhao, id, "approve", NULL), ERR_FORBIDDEN);
	assert_int_equal(vote(h, h->li, id, "approve", NULL), ERR_FORBIDDEN);
	OK(h, vote(h, h->wang, id, "approve", "可以"));
	stands(h, id, "running", 1, "joint");
	assert_int_equal(told(h, h->zhao, "会审"), 1);
	/* All at once, in any order. */
	OK(h, vote(h, h->chen, id, "approve", NULL));
	stands(h, id, "running", 1, "joint");
	OK(h, vote(h, h->zhao, id, "approve", NULL));
	stands(h, id, "running", 1, "committee");
	in_state(h, id, "review");
	OK(h, vote(h, h->head, id, "approve", NULL));
	OK(h, vote(h, h->admin, id, "approve", "同意立项"));
	/* Two of three: the third can change nothing. */
	stands(h, id, "approved", 1, NULL);
	in_state(h, id, "passed");
	assert_string_equal(house_text(h, "proposal", id, "opinion"), "同意立项");
	assert_int_equal(waiting(h, h->wang), 0);
	assert_true(told(h, h->li, "审批已通过") >= 2);
	assert_int_equal(
	        house_count(h,
	                    arena_printf(h->arena, "select count(*) from event where record = %lld and kind = 'voted'",
	                                 (long long)id)),
	        5);
}

static void test_summary(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "6000.00", "submit");
	json_t *j = list(h, h->wang, "waiting"), *row = json_array_get(json_object_get(j, "rows"), 0);
	json_t *summary = json_object_get(row, "summary");
	/* What his role hides is hidden here too. */
	assert_int_equal(json_array_size(summary), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(summary, 0), "value")), "6000.00");
	assert_string_equal(json_string_value(json_object_get(json_array_get(summary, 1), "field")), "text");
	assert_string_equal(json_string_value(json_array_get(json_object_get(row, "votes"), 0)), "approve");
	assert_int_equal(json_array_size(json_object_get(row, "needs_reason")), 2);
	json_decref(j);
	OK(h, vote(h, h->wang, id, "approve", NULL));
	/* Asked to vote he sees the summary of what he may not read. */
	json_t *page;
	assert_int_equal(house_view(h, h->zhao, "proposal", id, VIEW_PAGE, &page), ERR_NOT_FOUND);
	j = list(h, h->zhao, "waiting");
	row = json_array_get(json_object_get(j, "rows"), 0);
	assert_string_equal(json_string_value(json_object_get(json_object_get(row, "record"), "title")), "方案");
	json_decref(j);
	OK(h, vote(h, h->zhao, id, "return", "缺预算"));
	j = list(h, h->zhao, "ended");
	row = json_array_get(json_object_get(j, "rows"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "state")), "returned");
	assert_int_equal(json_array_size(json_object_get(row, "summary")), 0);
	json_decref(j);
	j = list(h, h->li, "mine");
	assert_int_equal(json_array_size(json_object_get(j, "rows")), 1);
	json_decref(j);
}

static void test_return(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit");
	assert_int_equal(vote(h, h->wang, id, "return", NULL), ERR_INVALID);
	assert_true(house_has_problem(h, "reason", "required"));
	assert_int_equal(vote(h, h->wang, id, "maybe", NULL), ERR_INVALID);
	OK(h, vote(h, h->wang, id, "return", "写清金额"));
	in_state(h, id, "draft");
	stands(h, id, "returned", 1, NULL);
	OK(h,
	   house_change(h, h->li, "proposal", id, house_int(h, "proposal", id, "version"), "{\"amount\":\"400.00\"}"));
	OK(h, house_do(h, h->li, "proposal", id, "submit", "{}"));
	stands(h, id, "running", 2, "first");
	OK(h, vote(h, h->wang, id, "refuse", "不值"));
	in_state(h, id, "denied");
	/* The vote of the first round is still there to be read. */
	assert_int_equal(house_count(h, arena_printf(h->arena,
	                                             "select count(*) from approval_seat s join approval a on a.id = "
	                                             "s.approval where a.record = %lld and s.reason is not null",
	                                             (long long)id)),
	                 2);
}

/* ---- what counts ------------------------------------------------------------------------------------------ */

static void test_again_and_late(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "100.00", "to_any");
	OK(h, vote(h, h->head, id, "approve", NULL));
	in_state(h, id, "passed");
	/* The same again is the same vote; another is too late, and says by whom it was ended. */
	OK(h, vote(h, h->head, id, "approve", NULL));
	assert_int_equal(vote(h, h->head, id, "refuse", "不"), ERR_CONFLICT);
	assert_int_equal(vote(h, h->admin, id, "approve", NULL), ERR_CONFLICT);
	assert_true(house_has_problem(h, "", "ended"));
	assert_non_null(strstr(house_problem(h), "head"));
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'voted'"), 1);
	/* A click too many does not vote in the next step. */
	id = submitted(h, "100.00", "to_two");
	struct ballot b = {.user = h->head, .record = id, .vote = "approve", .step = "gone"};
	assert_int_equal(store_write(&h->ctx, ballot_fn, &b), ERR_FORBIDDEN);
	OK(h, vote(h, h->head, id, "approve", NULL));
	assert_int_equal(vote(h, h->head, id, "refuse", "改了主意"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "", "voted"));
	OK(h, vote(h, h->wang, id, "refuse", "不"));
	stands(h, id, "running", 1, NULL);
	OK(h, vote(h, h->admin, id, "abstain", NULL));
	/* Two can't be had any more. */
	in_state(h, id, "denied");
}

static void test_majority(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "6000.00", "submit");
	OK(h, vote(h, h->wang, id, "approve", NULL));
	OK(h, vote(h, h->chen, id, "approve", NULL));
	OK(h, vote(h, h->zhao, id, "approve", NULL));
	OK(h, vote(h, h->head, id, "refuse", "贵"));
	stands(h, id, "running", 1, "committee");
	OK(h, vote(h, h->admin, id, "approve", NULL));
	stands(h, id, "running", 1, "committee");
	/* One for, one against, one abstains: no majority. */
	OK(h, vote(h, h->wang, id, "abstain", NULL));
	stands(h, id, "refused", 1, NULL);
	in_state(h, id, "denied");
}

static void test_in_turn(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "100.00", "in_turn");
	assert_int_equal(waiting(h, h->wang), 1);
	assert_int_equal(waiting(h, h->head), 0);
	assert_int_equal(vote(h, h->head, id, "approve", NULL), ERR_FORBIDDEN);
	OK(h, vote(h, h->wang, id, "approve", NULL));
	assert_int_equal(waiting(h, h->head), 1);
	assert_int_equal(waiting(h, h->admin), 0);
	OK(h, vote(h, h->head, id, "approve", NULL));
	OK(h, vote(h, h->admin, id, "approve", NULL));
	in_state(h, id, "passed");
}

/* ---- buttons ------------------------------------------------------------------------------------------------ */

static void test_buttons(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "6000.00", "submit");
	json_t *page;
	/* Doing what ends a round is a vote in it. */
	assert_int_equal(house_do(h, h->li, "proposal", id, "pass", "{}"), ERR_FORBIDDEN);
	OK(h, house_do(h, h->wang, "proposal", id, "pass", "{\"opinion\":\"先过\"}"));
	stands(h, id, "running", 1, "joint");
	in_state(h, id, "review");
	assert_int_equal(house_do(h, h->wang, "proposal", id, "back", "{\"reason\":\"晚了\"}"), ERR_CONFLICT);
	OK(h, house_view(h, h->wang, "proposal", id, VIEW_PAGE, &page));
	const json_t *approval = json_object_get(page, "approval"), *offers, *offer;
	assert_false(json_is_true(json_object_get(approval, "may_vote")));
	assert_int_equal(json_array_size(json_object_get(approval, "steps")), 3);
	assert_string_equal(
	        json_string_value(json_object_get(json_array_get(json_object_get(approval, "steps"), 1), "state")),
	        "now");
	offers = json_object_get(json_object_get(page, "can"), "transitions");
	size_t i, seen = 0;
	json_array_foreach((json_t *)offers, i,
	                   offer) if (strcmp(json_string_value(json_object_get(offer, "name")), "pass") == 0)
	{
		seen++;
		assert_false(json_is_true(json_object_get(offer, "allowed")));
		assert_non_null(strstr(json_string_value(json_object_get(offer, "why")), "zhao"));
	}
	assert_int_equal(seen, 1);
	json_decref(page);
	OK(h, house_view(h, h->li, "proposal", id, VIEW_TIMELINE, &page));
	json_decref(page);
	/* A record of a type without a route says nothing of approvals. */
	int64_t job;
	OK(h, house_create(h, h->li, "errand", "{\"title\":\"小事\"}", &job));
	OK(h, house_view(h, h->li, "errand", job, VIEW_PAGE, &page));
	assert_null(json_object_get(page, "approval"));
	json_decref(page);
}

/* What waits without a round (imported, or from before the route) is decided by whom `by` names: a party may ask for a
 * role besides its filter. */
static void test_without_round(void **state)
{
	HOUSE;
	int64_t small = submitted(h, "100.00", "submit"), large = submitted(h, "100.01", "submit");
	house_sql(h, "delete from approval_seat");
	house_sql(h, "delete from approval");
	assert_int_equal(house_do(h, h->zhao, "proposal", small, "pass", "{}"), ERR_FORBIDDEN);
	assert_int_equal(house_do(h, h->head, "proposal", large, "pass", "{}"), ERR_FORBIDDEN);
	assert_non_null(strstr(house_problem(h), "小额由部门负责人"));
	OK(h, house_do(h, h->head, "proposal", small, "pass", "{}"));
	OK(h, house_do(h, h->wang, "proposal", large, "pass", "{}"));
	in_state(h, small, "passed");
	in_state(h, large, "passed");
}

static void test_leaving(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit");
	OK(h, house_do(h, h->li, "proposal", id, "recall", "{}"));
	stands(h, id, "withdrawn", 1, NULL);
	assert_int_equal(waiting(h, h->wang), 0);
	assert_int_equal(vote(h, h->wang, id, "approve", NULL), ERR_CONFLICT);
	assert_non_null(strstr(house_problem(h), "已撤回"));
	OK(h, house_do(h, h->li, "proposal", id, "submit", "{}"));
	/* By another way, too. */
	OK(h, house_do(h, h->admin, "proposal", id, "hold", "{}"));
	stands(h, id, "withdrawn", 2, NULL);
	id = submitted(h, "500.00", "submit");
	OK(h, house_remove(h, h->li, "proposal", id));
	assert_int_equal(waiting(h, h->wang), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'approval'"), 0);
}

/* ---- locks --------------------------------------------------------------------------------------------------- */

static enum err change(struct house *h, int64_t id, const char *json)
{
	ctx_forget(&h->ctx);
	return house_change(h, h->li, "proposal", id, house_int(h, "proposal", id, "version"), json);
}

static void test_locks(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit");
	assert_int_equal(change(h, id, "{\"amount\":\"501.00\"}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "amount", "locked"));
	OK(h, change(h, id, "{\"remark\":\"补充\",\"amount\":\"500.00\"}"));
	OK(h, vote(h, h->wang, id, "approve", NULL));
	assert_int_equal(change(h, id, "{\"text\":\"另一个\"}"), ERR_CONFLICT);
	assert_non_null(strstr(house_problem(h), "变更"));
	/* A change request frees it, and handed in again it is a new round. */
	OK(h, house_do(h, h->li, "proposal", id, "alter", "{}"));
	OK(h, change(h, id, "{\"text\":\"另一个\"}"));
	OK(h, house_do(h, h->li, "proposal", id, "submit", "{}"));
	stands(h, id, "running", 2, "first");
	OK(h, vote(h, h->wang, id, "approve", NULL));
	/* Where it stands at once where it is decided on, the round begins with it. */
	OK(h, house_do(h, h->li, "proposal", id, "again", "{}"));
	stands(h, id, "running", 3, "first");
	assert_int_equal(change(h, id, "{\"text\":\"又一个\"}"), ERR_CONFLICT);
}

/* Who votes by a transition's button changes no more with it than the lock lets him. */
static void test_locks_vote(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit");
	assert_int_equal(house_do(h, h->wang, "proposal", id, "pass", "{\"amount\":\"99999.00\"}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "amount", "locked"));
	stands(h, id, "running", 1, "first");
	assert_int_equal(house_int(h, "proposal", id, "amount"), 50000);
	OK(h, house_do(h, h->wang, "proposal", id, "pass", "{\"remark\":\"可以\",\"opinion\":\"同意\"}"));
	in_state(h, id, "passed");
	assert_int_equal(house_int(h, "proposal", id, "amount"), 50000);
	assert_string_equal(house_text(h, "proposal", id, "remark"), "可以");
	/* Where all is locked, a transition asks for what it asks for and nothing else. */
	id = submitted(h, "500.00", "to_two");
	assert_int_equal(house_do(h, h->wang, "proposal", id, "pass", "{\"remark\":\"可以\"}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "remark", "locked"));
	OK(h, house_do(h, h->wang, "proposal", id, "pass", "{\"opinion\":\"同意\"}"));
	OK(h, vote(h, h->head, id, "approve", NULL));
	in_state(h, id, "passed");
}

/* What one route locks stays locked while another runs on the record, and after it; each is opened again by its own. */
static void test_locks_of_two(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit");
	json_t *page;
	OK(h, vote(h, h->wang, id, "approve", NULL));
	OK(h, house_do(h, h->li, "proposal", id, "pay", "{}"));
	assert_int_equal(change(h, id, "{\"amount\":\"501.00\"}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "amount", "locked"));
	assert_int_equal(change(h, id, "{\"remark\":\"急\"}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "remark", "locked"));
	OK(h, house_view(h, h->li, "proposal", id, VIEW_PAGE, &page));
	assert_int_equal(json_array_size(json_object_get(json_object_get(page, "approval"), "locked")), 4);
	json_decref(page);
	OK(h, vote(h, h->head, id, "approve", NULL));
	in_state(h, id, "passed");
	assert_int_equal(change(h, id, "{\"amount\":\"501.00\"}"), ERR_CONFLICT);
	OK(h, house_do(h, h->li, "proposal", id, "alter", "{}"));
	OK(h, change(h, id, "{\"amount\":\"501.00\"}"));
	assert_int_equal(change(h, id, "{\"remark\":\"急\"}"), ERR_CONFLICT);
	/* Asked for anew, what was approved before locks no more: the new round says. */
	OK(h, house_do(h, h->li, "proposal", id, "submit", "{}"));
	OK(h, vote(h, h->wang, id, "approve", NULL));
	OK(h, house_do(h, h->li, "proposal", id, "pay", "{}"));
	OK(h, vote(h, h->head, id, "return", "缺发票"));
	OK(h, change(h, id, "{\"remark\":\"附发票\"}"));
}

/* ---- many at once, taken back ---------------------------------------------------------------------------------- */

struct many {
	int64_t id, run;
	const char *transition; /* NULL: taken back */
	struct buf said;
};

static enum err many_fn(struct ctx *ctx, void *arg)
{
	struct many *m = arg;
	struct json_out out;
	size_t left;
	if (m->transition != NULL)
		TRY(flow_bulk_begin(ctx, model_type(ctx->model, "proposal"), &m->id, 1, m->transition, NULL, &m->run));
	else
		TRY(flow_undo_begin(ctx, m->run));
	TRY(flow_run_go(ctx, m->run, 25, &left));
	buf_init(&m->said, ctx->arena, 1 << 16);
	json_out_init(&out, &m->said);
	return flow_run_write_json(ctx, m->run, &out);
}

static size_t many(struct house *h, struct many *m, const char *transition, const char *list)
{
	m->transition = transition;
	OK(h, house_write(h, h->wang, many_fn, m));
	json_t *j = json_loads(m->said.data, 0, NULL);
	size_t n = json_array_size(json_object_get(j, list));
	json_decref(j);
	return n;
}

/* A request that is taken back waits for nobody; what was decided is not taken back. */
static void test_taken_back(void **state)
{
	HOUSE;
	struct many m = {.id = proposal(h, "500.00")};
	assert_int_equal(many(h, &m, "to_any", "done"), 1);
	stands(h, m.id, "running", 1, "only");
	assert_int_equal(waiting(h, h->head), 1);
	assert_int_equal(many(h, &m, NULL, "done"), 1);
	in_state(h, m.id, "draft");
	stands(h, m.id, "withdrawn", 1, NULL);
	assert_int_equal(waiting(h, h->head), 0);
	assert_int_equal(vote(h, h->head, m.id, "approve", NULL), ERR_CONFLICT);
	m.id = submitted(h, "500.00", "submit");
	assert_int_equal(many(h, &m, "pass", "done"), 1);
	in_state(h, m.id, "passed");
	assert_int_equal(many(h, &m, NULL, "failed"), 1);
	in_state(h, m.id, "passed");
	stands(h, m.id, "approved", 1, NULL);
}

/* A change request that is taken back leaves locked what was locked. */
static void test_reopening_taken_back(void **state)
{
	HOUSE;
	struct many m = {.id = submitted(h, "500.00", "submit")};
	OK(h, vote(h, h->wang, m.id, "approve", NULL));
	h->ctx.now_ms += 1000;
	assert_int_equal(many(h, &m, "alter", "done"), 1);
	OK(h, change(h, m.id, "{\"remark\":\"补充\"}"));
	assert_int_equal(many(h, &m, NULL, "failed"), 1);
	in_state(h, m.id, "draft");
	OK(h, change(h, m.id, "{\"text\":\"另一个\"}"));
	m.id = submitted(h, "500.00", "submit");
	OK(h, vote(h, h->wang, m.id, "approve", NULL));
	h->ctx.now_ms += 1000;
	assert_int_equal(many(h, &m, "alter", "done"), 1);
	assert_int_equal(many(h, &m, NULL, "done"), 1);
	in_state(h, m.id, "passed");
	assert_int_equal(change(h, m.id, "{\"text\":\"另一个\"}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "text", "locked"));
}

static enum err split_fn(struct ctx *ctx, void *arg)
{
	int64_t id = *(const int64_t *)arg;
	struct json_out out;
	struct record *r;
	struct buf b;
	json_t *parts;
	static const char said[] = "[{\"title\":\"图纸另议\",\"move\":{\"files\":[\"77\"]}}]";
	buf_init(&b, ctx->arena, 1 << 20);
	json_out_init(&out, &b);
	TRY(json_parse(ctx, said, strlen(said), &parts));
	TRY(record_load(ctx, model_type(ctx->model, "proposal"), id, &r));
	return flow_split(ctx, r->type, id, r->version, parts, &out);
}

/* A file that was approved is not taken away by splitting, either. */
static void test_locks_split(void **state)
{
	HOUSE;
	int64_t id = proposal(h, "500.00");
	char sql[256];
	snprintf(sql, sizeof(sql),
	         "insert into file (id, digest, size, mime, name, created_at, created_by, internal) values "
	         "(77, 'd', 1, 'text/plain', '图.txt', 1, %lld, 0)",
	         (long long)h->li);
	house_sql(h, sql);
	OK(h, change(h, id, "{\"papers\":[\"77\"]}"));
	OK(h, house_do(h, h->li, "proposal", id, "submit", "{}"));
	assert_int_equal(house_write(h, h->li, split_fn, &id), ERR_CONFLICT);
	assert_true(house_has_problem(h, "papers", "locked"));
	assert_int_equal(house_count(h, "select count(*) from file where record_type = 'proposal'"), 1);
	assert_int_equal(house_count(h, "select count(*) from proposal"), 1);
}

struct parting {
	int64_t job;
	const char *parts;
};

static enum err part_fn(struct ctx *ctx, void *arg)
{
	const struct parting *p = arg;
	struct json_out out;
	struct record *r;
	struct buf b;
	json_t *parts;
	buf_init(&b, ctx->arena, 1 << 20);
	json_out_init(&out, &b);
	TRY(json_parse(ctx, p->parts, strlen(p->parts), &parts));
	TRY(record_load(ctx, model_type(ctx->model, "job"), p->job, &r));
	return flow_split(ctx, r->type, p->job, r->version, parts, &out);
}

/* The part of a job that `user` makes. */
static int64_t parted(struct house *h, int64_t user, int64_t job, const char *type)
{
	struct parting p = {
	        .job = job,
	        .parts = arena_printf(h->arena, "[{\"type\":\"%s\",\"title\":\"另一件\"}]", type),
	};
	OK(h, house_write(h, user, part_fn, &p));
	return house_last(h, type);
}

/* Splitting shows nobody what he doesn't see, in whichever of the two. */
static void test_split_hidden(void **state)
{
	HOUSE;
	int64_t job, made;
	OK(h,
	   house_create(h, h->li, "job", "{\"title\":\"漏水\",\"amount\":\"300.00\",\"phone\":\"13812340000\"}", &job));
	OK(h, house_change(h, h->wang, "job", job, 1, "{\"secret\":\"老客户闹事\"}"));
	/* He sees it there, but not here. */
	made = parted(h, h->li, job, "proposal");
	assert_string_equal(house_text(h, "proposal", made, "secret"), "");
	assert_string_equal(house_text(h, "proposal", made, "phone"), "13812340000");
	assert_int_equal(house_int(h, "proposal", made, "amount"), house_int(h, "job", job, "amount"));
	/* The other way round. */
	made = parted(h, h->wang, job, "proposal");
	assert_string_equal(house_text(h, "proposal", made, "secret"), "");
	made = parted(h, h->wang, job, "job");
	assert_string_equal(house_text(h, "job", made, "secret"), "老客户闹事");
	/* Masked before him: in the clear in a proposal, and in a job that is of his making. */
	made = parted(h, h->admin, job, "proposal");
	assert_string_equal(house_text(h, "proposal", made, "phone"), "");
	assert_string_equal(house_text(h, "proposal", made, "secret"), "老客户闹事");
	made = parted(h, h->admin, job, "job");
	assert_string_equal(house_text(h, "job", made, "phone"), "");
}

/* ---- who sits ------------------------------------------------------------------------------------------------- */

static void test_nobody(void **state)
{
	HOUSE;
	int64_t id = proposal(h, "500.00");
	OK(h, change(h, id, "{\"expert\":[]}"));
	assert_int_equal(house_do(h, h->li, "proposal", id, "to_expert", "{}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "", "empty_step"));
	in_state(h, id, "draft");
	assert_int_equal(house_count(h, "select count(*) from approval"), 0);
	/* Not oneself, unless it is said. */
	OK(h, change(h, id, arena_printf(h->arena, "{\"expert\":[\"%lld\"]}", (long long)h->li)));
	OK(h, house_do(h, h->li, "proposal", id, "to_expert", "{}"));
	OK(h, vote(h, h->li, id, "approve", NULL));
	in_state(h, id, "passed");
	id = proposal(h, "500.00");
	ctx_forget(&h->ctx);
	assert_int_equal(house_do(h, h->wang, "proposal", id, "submit", "{}"), ERR_CONFLICT);
	assert_true(house_has_problem(h, "", "empty_step"));
}

static void test_standing(void **state)
{
	HOUSE;
	int64_t id = proposal(h, "100.00"), none;
	OK(h, house_do(h, h->wang, "proposal", id, "submit", "{}"));
	in_state(h, id, "passed");
	stands(h, id, "approved", 1, NULL);
	assert_true(last(h, id)->standing);
	assert_string_equal(house_text(h, "proposal", id, "opinion"), "常设授权");
	/* It is his role's alone, and what has no amount is not covered. */
	id = submitted(h, "100.00", "submit");
	stands(h, id, "running", 1, "first");
	OK(h, house_create(h, h->li, "proposal", "{\"text\":\"无金额\"}", &none));
	assert_int_equal(house_do(h, h->wang, "proposal", none, "submit", "{}"), ERR_CONFLICT);
}

static void person_change(struct house *h, int64_t user, const char *json)
{
	ctx_forget(&h->ctx);
	OK(h, house_change(h, h->admin, "user", user, house_int(h, "user", user, "version"), json));
}

static void test_deputies(void **state)
{
	HOUSE;
	int64_t id;
	person_change(h, h->wang,
	              arena_printf(h->arena, "{\"deputy\":\"%lld\",\"absent_from\":\"%s\",\"absent_until\":\"%s\"}",
	                           (long long)h->head, at_hour(h, -1), at_hour(h, 8)));
	id = submitted(h, "500.00", "submit");
	assert_int_equal(waiting(h, h->head), 1);
	assert_int_equal(vote(h, h->admin, id, "approve", NULL), ERR_FORBIDDEN);
	OK(h, vote(h, h->head, id, "approve", NULL));
	in_state(h, id, "passed");
	const struct round *round = last(h, id);
	assert_true(round->seats[0].user == h->head && round->seats[0].stands_for == h->wang);
	/* His deputy is who asks: he doesn't decide on his own matter, it waits for the absent one. */
	person_change(h, h->wang, arena_printf(h->arena, "{\"deputy\":\"%lld\"}", (long long)h->li));
	id = submitted(h, "500.00", "submit");
	assert_int_equal(vote(h, h->li, id, "approve", NULL), ERR_FORBIDDEN);
	/* A deputy named meanwhile takes over; who is back votes for himself. */
	person_change(h, h->wang, arena_printf(h->arena, "{\"deputy\":\"%lld\"}", (long long)h->admin));
	assert_int_equal(waiting(h, h->admin), 1);
	OK(h, vote(h, h->wang, id, "approve", NULL));
	round = last(h, id);
	assert_true(round->seats[0].user == h->wang && round->seats[0].stands_for == 0);
	assert_int_equal(waiting(h, h->admin), 0);
}

static void test_gone(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "100.00", "to_two"), other = submitted(h, "1500.00", "submit");
	OK(h, vote(h, h->wang, other, "approve", NULL));
	person_change(h, h->head, arena_printf(h->arena, "{\"deputy\":\"%lld\"}", (long long)h->chen));
	person_change(h, h->head, "{\"active\":false}");
	assert_int_equal(waiting(h, h->chen), 2);
	OK(h, vote(h, h->chen, id, "approve", NULL));
	/* Nobody stands for him: who leads sits in his place. */
	person_change(h, h->zhao, "{\"active\":false}");
	assert_int_equal(waiting(h, h->wang), 2);
	OK(h, vote(h, h->wang, other, "approve", NULL));
	OK(h, vote(h, h->chen, other, "approve", NULL));
	in_state(h, other, "passed");
	OK(h, vote(h, h->wang, id, "approve", NULL));
	in_state(h, id, "passed");
	/* Who is gone has no seat in what begins now. */
	id = submitted(h, "100.00", "to_two");
	for (size_t i = 0; i < last(h, id)->n_seats; i++)
		assert_true(last(h, id)->seats[i].user != h->head);
}

static int64_t seats_of(struct house *h, int64_t user)
{
	return house_count(h, arena_printf(h->arena,
	                                   "select count(*) from approval_seat where vote is null and user_id = %lld",
	                                   (long long)user));
}

/* All that waited for who goes wait for another, more than are read at once too. */
static void test_gone_many(void **state)
{
	enum { MANY = 503 };
	HOUSE;
	for (int i = 0; i < MANY; i++)
		(void)submitted(h, "100.00", "to_two");
	assert_int_equal(seats_of(h, h->head), MANY);
	person_change(h, h->head, arena_printf(h->arena, "{\"deputy\":\"%lld\"}", (long long)h->chen));
	person_change(h, h->head, "{\"active\":false}");
	assert_int_equal(seats_of(h, h->head), 0);
	assert_int_equal(seats_of(h, h->chen), MANY);
}

/* ---- limits ---------------------------------------------------------------------------------------------------- */

static void test_limits(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit"), left = submitted(h, "500.00", "submit");
	json_t *j = list(h, h->wang, "waiting");
	assert_true(json_is_string(json_object_get(json_array_get(json_object_get(j, "rows"), 0), "due")));
	json_decref(j);
	OK(h, house_do(h, h->li, "proposal", left, "recall", "{}"));
	int64_t before = told(h, h->wang, "快到时限");
	/* Due four working hours later: 15:00 of the test's office hours or thereabouts, in any case within two days.
	 */
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 2 * DAY_MS, NULL));
	assert_int_equal(told(h, h->wang, "快到时限"), before + 1);
	assert_int_equal(told(h, h->head, "审批超时"), 1);
	assert_int_equal(told(h, h->li, "审批超时"), 1);
	assert_int_equal(house_count(h, arena_printf(h->arena,
	                                             "select count(*) from event where record = %lld and kind = "
	                                             "'escalated'",
	                                             (long long)id)),
	                 1);
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 9 * DAY_MS, NULL));
	assert_int_equal(told(h, h->head, "审批超时"), 1);
	OK(h, vote(h, h->wang, id, "approve", NULL));
	in_state(h, id, "passed");
}

/* ---- the route is changed meanwhile --------------------------------------------------------------------------- */

static void test_route_changed(void **state)
{
	HOUSE;
	int64_t id = submitted(h, "500.00", "submit"), later;
	struct pack_text *texts;
	size_t n;
	house_texts(h, FLOW_PACKS, "core board", 0, &texts, &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(texts[i].path, "approvals/proposal_review.yaml") == 0) {
			texts[i].body =
			        "approval: proposal_review\ntype: proposal\nstart: submit\napproved: pass\nreturned: "
			        "back\nsteps:\n  - {name: boss, who: [\"role:admin\"]}\n";
			texts[i].len = strlen(texts[i].body);
		}
	struct model *old = house_apply(h, house_load(h, texts, n), texts, n, true);
	/* What runs keeps the route it began with, its locks too. */
	stands(h, id, "running", 1, "first");
	assert_int_equal(change(h, id, "{\"amount\":\"501.00\"}"), ERR_CONFLICT);
	assert_int_equal(vote(h, h->admin, id, "approve", NULL), ERR_FORBIDDEN);
	OK(h, vote(h, h->wang, id, "approve", NULL));
	in_state(h, id, "passed");
	later = submitted(h, "500.00", "submit");
	OK(h, change(h, later, "{\"amount\":\"501.00\"}"));
	OK(h, vote(h, h->admin, later, "approve", NULL));
	in_state(h, later, "passed");
	model_unref(old);
}

/* ---- at once ---------------------------------------------------------------------------------------------------- */

enum { ROUNDS = 12, VOTERS = 3 };

struct voter {
	struct house *h;
	int64_t user;
	const int64_t *ids;
	int won, late, other;
};

static void *voter_run(void *arg)
{
	struct voter *v = arg;
	struct ctx ctx = v->h->ctx;
	ctx.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	ctx.problems = (struct problems){0};
	for (int i = 0; i < ROUNDS; i++) {
		struct ballot b = {.user = v->user, .record = v->ids[i], .vote = "approve"};
		enum err e = store_write(&ctx, ballot_fn, &b);
		v->won += e == ERR_OK;
		v->late += e == ERR_CONFLICT;
		v->other += e != ERR_OK && e != ERR_CONFLICT;
		ctx_forget(&ctx);
	}
	arena_free(ctx.arena);
	return NULL;
}

/* Where one vote decides, one of those who vote at the same time wins, the others are told. */
static void test_at_once(void **state)
{
	HOUSE;
	int64_t ids[ROUNDS], users[VOTERS] = {h->wang, h->head, h->admin};
	struct voter voters[VOTERS];
	pthread_t threads[VOTERS];
	int won = 0, late = 0;
	for (int i = 0; i < ROUNDS; i++)
		ids[i] = submitted(h, "100.00", "to_any");
	for (int i = 0; i < VOTERS; i++) {
		voters[i] = (struct voter){.h = h, .user = users[i], .ids = ids};
		assert_int_equal(pthread_create(&threads[i], NULL, voter_run, &voters[i]), 0);
	}
	for (int i = 0; i < VOTERS; i++) {
		pthread_join(threads[i], NULL);
		won += voters[i].won;
		late += voters[i].late;
		assert_int_equal(voters[i].other, 0);
	}
	assert_int_equal(won, ROUNDS);
	assert_int_equal(late, ROUNDS * (VOTERS - 1));
	assert_int_equal(house_count(h, "select count(*) from approval_seat where vote = 'approve'"), ROUNDS);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'approval_ended'"), ROUNDS);
}

static int opened(void **state)
{
	*state = house_new(FLOW_PACKS, "core board", true);
	return 0;
}

/* Whatever happened, the rounds are whole. */
static void whole(struct house *h)
{
	struct verify_report report = house_verify(h);
	for (size_t i = 0; i < report.n_faults && i < 5; i++)
		print_error("%s\n", report.faults[i]);
	assert_int_equal(report.n_faults, 0);
}

static void test_verify(void **state)
{
	HOUSE;
	struct verify_report report;
	int64_t id = submitted(h, "500.00", "submit");
	OK(h, vote(h, h->wang, id, "approve", NULL));
	id = submitted(h, "500.00", "submit");
	whole(h);
	house_sql(h,
	          arena_printf(
	                  h->arena,
	                  "update approval_seat set vote = 'approve' where approval = (select id from approval where "
	                  "record = %lld)",
	                  (long long)id));
	OK(h, flow_verify(&h->ctx, &report));
	assert_int_equal(report.n_faults, 1);
	assert_non_null(strstr(report.faults[0], "waits for nobody"));
	house_sql(h, "update approval_seat set vote = null");
	OK(h, flow_verify(&h->ctx, &report));
	assert_int_equal(report.n_faults, 1);
	assert_non_null(strstr(report.faults[0], "still to vote"));
	house_sql(h,
	          "update approval_seat set vote = 'approve' where approval in (select id from approval where state = "
	          "'approved')");
}

static int closed(void **state)
{
	whole(*state);
	return house_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(test_steps),
	        TEST(test_summary),
	        TEST(test_return),
	        TEST(test_again_and_late),
	        TEST(test_majority),
	        TEST(test_in_turn),
	        TEST(test_buttons),
	        TEST(test_leaving),
	        TEST(test_locks),
	        TEST(test_locks_vote),
	        TEST(test_locks_of_two),
	        TEST(test_taken_back),
	        TEST(test_reopening_taken_back),
	        TEST(test_locks_split),
	        TEST(test_split_hidden),
	        TEST(test_nobody),
	        TEST(test_standing),
	        TEST(test_deputies),
	        TEST(test_gone),
	        TEST(test_gone_many),
	        TEST(test_limits),
	        TEST(test_route_changed),
	        TEST(test_at_once),
	        TEST(test_verify),
	        TEST(test_without_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* That nothing can be altered or removed unseen: each tampering is found. And that what is derived
 * can be made anew. */
#include "flow/split.h"
#include "house.h"

static int setup(void **state)
{
	struct house *h = house_new(FLOW_PACKS, "core", true);
	int64_t id;
	OK(h, house_create(h, h->li, "job", "{\"title\":\"空调漏水\",\"phone\":\"13812340021\"}", &id));
	OK(h, house_do(h, h->li, "job", id, "accept", "{\"category\":\"repair\"}"));
	OK(h, house_comment(h, h->li, "job", id, "客户很急", false, 0));
	OK(h, house_do(h, h->li, "job", id, "solve", "{\"solution\":\"已修\"}"));
	OK(h, house_create(h, h->li, "customer", "{\"name\":\"张三\",\"mobile\":\"13812340021\"}", &id));
	*state = h;
	return 0;
}

static void assert_whole(struct house *h)
{
	struct verify_report report = house_verify(h);
	if (report.n_faults > 0)
		fail_msg("%s", report.faults[0]);
	assert_true(report.events > 0);
	assert_true(report.records > 0);
}

static void assert_fault(struct house *h, const char *words)
{
	struct verify_report report = house_verify(h);
	for (size_t i = 0; i < report.n_faults; i++)
		if (strstr(report.faults[i], words) != NULL)
			return;
	fail_msg("not found: %s (%zu faults, first: %s)", words, report.n_faults,
	         report.n_faults ? report.faults[0] : "");
}

static enum err seal_fn(struct ctx *ctx, void *arg)
{
	ctx->who = &who_system;
	return event_seal(ctx, 5, arg);
}

static size_t seal_all(struct house *h)
{
	size_t n, sum = 0;
	/* On PostgreSQL numbers are given a little after the commit. */
	for (int i = 0; i < 2000 && house_count(h, "select count(*) from event where seq is null") > 0; i++)
		usleep(5000);
	do {
		OK(h, store_write(&h->ctx, seal_fn, &n));
		sum += n;
	} while (n > 0);
	return sum;
}

static void test_whole(void **state)
{
	HOUSE;
	assert_whole(h);
	size_t sealed = seal_all(h);
	assert_int_equal(sealed, house_count(h, "select count(*) from event where seq is not null"));
	assert_true(sealed > 0);
	assert_whole(h);
	assert_int_equal(house_verify(h).seals, house_count(h, "select count(*) from seal"));
}

static void test_altered_body(void **state)
{
	HOUSE;
	house_sql(h, "update event set body = replace(body, '客户很急', '客户不急') where kind = 'commented'");
	assert_fault(h, "its text was altered");
}

static void test_emptied_body(void **state)
{
	HOUSE;
	house_sql(h, "update event set body = null, salt = null where kind = 'commented'");
	assert_fault(h, "without a recorded erasure");
}

static void test_altered_head(void **state)
{
	HOUSE;
	house_sql(h, "update event set at = at + 3600000 where kind = 'commented'");
	assert_fault(h, "who, when or what was altered");
}

static void test_altered_actor(void **state)
{
	HOUSE;
	house_sql(h, "update event set actor = actor + 1 where kind = 'did'");
	assert_fault(h, "who, when or what was altered");
}

static void test_removed_middle(void **state)
{
	HOUSE;
	house_sql(h, "delete from event where kind = 'commented'");
	assert_fault(h, "the event before it was altered or removed");
}

static void test_removed_first(void **state)
{
	HOUSE;
	house_sql(h, "delete from event where kind = 'created' and type = 'job'");
	assert_fault(h, "first event was removed");
}

static void test_removed_last(void **state)
{
	HOUSE;
	house_sql(h, "delete from event where id = (select max(id) from event where type = 'job' and kind = 'did')");
	assert_fault(h, "changes are recorded");
}

/* A comment makes no version: its seal knows of it. */
static void test_removed_last_comment(void **state)
{
	HOUSE;
	int64_t job = house_last(h, "job");
	OK(h, house_comment(h, h->li, "job", job, "不利的话", false, 0));
	seal_all(h);
	assert_whole(h);
	house_sql(h, "delete from event where id = (select max(id) from event where kind = 'commented')");
	assert_fault(h, "seal of events");
}

static void test_removed_record(void **state)
{
	HOUSE;
	house_sql(h, "delete from job");
	assert_fault(h, "nobody removed it");
}

static void test_removed_whole(void **state)
{
	HOUSE;
	seal_all(h);
	house_sql(h, "delete from event where type = 'job'");
	assert_fault(h, "the record has no events");
	house_sql(h, "delete from job");
	assert_fault(h, "seal of events");
}

static void test_added_record(void **state)
{
	HOUSE;
	house_sql(h, "insert into team (id, version, created_at, updated_at, name) values (5, 1, 1, 1, 'x')");
	assert_fault(h, "the record has no events");
}

static void test_altered_version(void **state)
{
	HOUSE;
	house_sql(h, "update customer set version = version + 1");
	assert_fault(h, "changes are recorded");
}

static void test_altered_seal(void **state)
{
	HOUSE;
	seal_all(h);
	house_sql(h, "delete from seal where from_seq = (select min(from_seq) from seal where from_seq > 1)");
	assert_fault(h, "is missing");
}

/* Rewriting an event with its digests, to its end: the seal still differs. */
static void test_rewritten(void **state)
{
	HOUSE;
	seal_all(h);
	house_sql(h, "update event set digest = body_digest where id = (select max(id) from event where type = 'job')");
	assert_fault(h, "seal of events");
}

static void test_lawful(void **state)
{
	HOUSE;
	int64_t customer = house_last(h, "customer");
	OK(h, house_remove(h, h->wang, "customer", customer));
	assert_whole(h);
	house_sql(h, "update event set kind = 'changed' where kind = 'removed'");
	assert_fault(h, "nobody removed it");
}

struct erase {
	int64_t event;
	const char *reason;
	const struct who *who;
};

static enum err erase_fn(struct ctx *ctx, void *arg)
{
	struct erase *e = arg;
	ctx->who = e->who;
	return event_erase(ctx, e->event, e->reason);
}

struct finding {
	const char *token;
	size_t n;
};

static enum err find_fn(struct ctx *ctx, void *arg)
{
	struct finding *f = arg;
	int64_t ids[10];
	return search_ids(ctx, &f->token, 1, NULL, 0, 0, 10, ids, &f->n);
}

static size_t found(struct house *h, const char *token)
{
	struct finding f = {.token = token};
	OK(h, store_read(&h->ctx, find_fn, &f));
	return f.n;
}

static void test_erase(void **state)
{
	HOUSE;
	seal_all(h);
	struct who agent = {.id = h->li, .roles = (const char *[]){"agent"}, .n_roles = 1};
	struct who admin = {.id = h->admin, .roles = (const char *[]){"admin"}, .n_roles = 1};
	struct erase e = {.event = house_count(h, "select id from event where kind = 'commented'"),
	                  .reason = "本人要求",
	                  .who = &agent};
	assert_int_equal(store_write(&h->ctx, erase_fn, &e), ERR_FORBIDDEN);
	e.who = &admin;
	e.reason = "";
	assert_int_equal(store_write(&h->ctx, erase_fn, &e), ERR_INVALID);
	e.reason = "本人要求";
	assert_int_equal(found(h, "很急"), 1);
	OK(h, store_write(&h->ctx, erase_fn, &e));
	assert_int_equal(house_count(h, "select count(*) from event where body like '%客户很急%'"), 0);
	assert_int_equal(found(h, "很急"), 0);
	assert_int_equal(house_count(h, "select count(*) from event where kind = 'erased'"), 1);
	assert_whole(h);
	assert_int_equal(store_write(&h->ctx, erase_fn, &e), ERR_CONFLICT);
	/* The words of an erasure can't be used for another event. */
	house_sql(h, "update event set body = null, salt = null where kind = 'did' and type = 'job'");
	assert_fault(h, "without a recorded erasure");
	json_t *t;
	OK(h, house_view(h, h->li, "job", house_last(h, "job"), VIEW_TIMELINE, &t));
	json_decref(t);
}

/* A part is split off the job, the comment goes along. */
static enum err split_fn(struct ctx *ctx, void *arg)
{
	const int64_t *ids = arg;
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, LIMIT_BODY_BYTES);
	json_out_init(&out, &b);
	const struct type *t = model_type(ctx->model, "job");
	struct record *r;
	ctx->who = &who_system;
	TRY(record_load(ctx, t, ids[0], &r));
	json_t *parts = json_pack("[{s:s,s:{s:[s]}}]", "title", "另一件", "move", "comments",
	                          arena_printf(ctx->arena, "%lld", (long long)ids[1]));
	enum err e = flow_split(ctx, t, ids[0], r->version, parts, &out);
	json_decref(parts);
	return e;
}

static void test_erase_taken(void **state)
{
	HOUSE;
	int64_t ids[] = {house_last(h, "job"), house_count(h, "select id from event where kind = 'commented'")};
	struct who admin = {.id = h->admin, .roles = (const char *[]){"admin"}, .n_roles = 1};
	struct erase e = {.event = ids[1], .reason = "本人要求", .who = &admin};
	assert_int_equal(house_count(h, "select record from event where kind = 'commented'"), ids[0]);
	OK(h, store_write(&h->ctx, split_fn, ids));
	assert_int_equal(found(h, "很急"), 2);
	assert_whole(h);
	OK(h, store_write(&h->ctx, erase_fn, &e));
	assert_int_equal(found(h, "很急"), 0);
	assert_whole(h);
	json_t *t;
	OK(h, house_view(h, h->li, "job", house_last(h, "job"), VIEW_TIMELINE, &t));
	const json_t *taken = NULL;
	for (size_t i = 0; taken == NULL && i < json_array_size(json_object_get(t, "events")); i++)
		taken = json_object_get(json_array_get(json_object_get(t, "events"), i), "comments");
	assert_int_equal(json_array_size(taken), 1);
	assert_true(json_is_true(json_object_get(json_array_get(taken, 0), "erased")));
	assert_string_equal(json_string_value(json_object_get(json_array_get(taken, 0), "text")), "");
	json_decref(t);
}

/* ---- import ---------------------------------------------------------------------------------------------- */

static enum err import_fn(struct ctx *ctx, void *arg)
{
	struct house *h = arg;
	ctx->who = &who_system;
	const struct type *t = model_type(h->model, "job");
	struct record *r = record_new(ctx->arena, t);
	record_set(r, type_field(t, "title"), value_text("旧工单"));
	record_set(r, type_field(t, "number"), value_text("GD20261123-0002"));
	record_set(r, type_field(t, "state"), value_text("closed"));
	record_set(r, type_field(t, "solution"), value_text("旧"));
	record_set(r, type_field(t, "owner"), value_int(h->chen));
	r->created_at = ctx->now_ms - 30 * DAY_MS;
	r->updated_at = ctx->now_ms - 20 * DAY_MS;
	return flow_insert(ctx, r, "imported", true, NULL);
}

static void test_import(void **state)
{
	HOUSE;
	int64_t id;
	OK(h, store_write(&h->ctx, import_fn, h));
	int64_t old = house_last(h, "job");
	assert_string_equal(house_text(h, "job", old, "stage"), "final");
	assert_int_equal(house_int(h, "job", old, "owner"), h->chen);
	assert_int_equal(house_int(h, "job", old, "first_owner"), 0);
	assert_int_equal(house_int(h, "job", old, "opened_at"), h->ctx.now_ms - 30 * DAY_MS);
	assert_int_equal(house_int(h, "job", old, "closed_at"), h->ctx.now_ms - 20 * DAY_MS);
	/* The number it brought is passed over. */
	OK(h, house_create(h, h->li, "job", "{\"title\":\"新\"}", &id));
	assert_string_equal(house_text(h, "job", id, "number"), "GD20261123-0003");
	assert_int_not_equal(store_write(&h->ctx, import_fn, h), ERR_OK);
	assert_whole(h);
}

/* ---- rebuild ---------------------------------------------------------------------------------------------- */

/* Two records at a time: it is taken up where it was left. */
static size_t rebuild(struct house *h)
{
	return house_rebuilt(h, 2);
}

static void test_rebuild(void **state)
{
	HOUSE;
	int64_t events = house_count(h, "select count(*) from event");
	assert_int_equal(rebuild(h), 0);
	house_sql(h, "update work set owner = 5, title = 'x' where type = 'job'");
	assert_int_equal(rebuild(h), 1);
	house_sql(h, "delete from work where type = 'visit'");
	assert_int_equal(rebuild(h), 1);
	house_sql(h, "insert into work (id, type, stage, state, opened_at, updated_at, chased, version) values "
	             "(6, 'job', 'open', 'new', 1, 1, 0, 1)");
	assert_int_equal(rebuild(h), 1);
	house_sql(h, "delete from lookup where type = 'customer'");
	assert_int_equal(rebuild(h), 1);
	assert_int_equal(house_count(h, "select count(*) from work where type = 'job' and title = '空调漏水'"), 1);
	assert_int_equal(rebuild(h), 0);
	assert_int_equal(house_count(h, "select count(*) from event"), events);
	assert_whole(h);
}

/* ---- computed fields --------------------------------------------------------------------------------------- */

static void test_computed(void **state)
{
	HOUSE;
	int64_t id;
	OK(h, house_create(h, h->li, "bill",
	                   "{\"name\":\"甲\",\"discount\":\"0.01\",\"lines\":[{\"quantity\":2.5,\"price\":\"3.33\"},{"
	                   "\"price\":\"1.00\"}]}",
	                   &id));
	assert_int_equal(house_int(h, "bill", id, "net"), 832);   /* 8.325 is 8.33 in its line */
	assert_int_equal(house_int(h, "bill", id, "tax"), 50);    /* 0.4992 */
	assert_int_equal(house_int(h, "bill", id, "gross"), 882); /* though it is declared behind what it rests on */
	assert_int_equal(house_change(h, h->li, "bill", id, 1, "{\"net\":\"1.00\"}"), ERR_INVALID);
	/* Rules and guards see what follows from the change itself. */
	OK(h, house_change(h, h->li, "bill", id, 1,
	                   "{\"lines\":[{\"quantity\":1,\"price\":\"1000.00\",\"amount\":\"1.00\"}]}"));
	assert_int_equal(house_int(h, "bill", id, "net"), 99999);
	assert_int_equal(house_int(h, "bill", id, "large"), 1);
	assert_int_equal(house_do(h, h->li, "bill", id, "send", "{}"), ERR_CONFLICT);
	assert_int_equal(house_do(h, h->li, "bill", id, "send", "{\"net\":\"1.00\"}"), ERR_INVALID);
	/* An action sees what the one before it led to. */
	OK(h, house_do(h, h->li, "bill", id, "cut", "{}"));
	assert_int_equal(house_int(h, "bill", id, "discount"), 100099);
	assert_int_equal(house_int(h, "bill", id, "net"), 1);
	OK(h, house_do(h, h->li, "bill", id, "send", "{}"));
	/* Beyond its `max`, and beyond what a number may be. */
	assert_int_equal(house_change(h, h->li, "bill", id, 4, "{\"discount\":\"-6000.00\"}"), ERR_INVALID);
	assert_int_equal(house_change(h, h->li, "bill", id, 4,
	                              "{\"lines\":[{\"quantity\":900000000,\"price\":\"90000000000000.00\"}]}"),
	                 ERR_INVALID);
	assert_whole(h);
}

static void test_computed_again(void **state)
{
	HOUSE;
	int64_t full, bare;
	OK(h,
	   house_create(h, h->li, "bill", "{\"name\":\"甲\",\"lines\":[{\"quantity\":2,\"price\":\"3.00\"}]}", &full));
	OK(h, house_create(h, h->li, "bill", "{\"name\":\"乙\"}", &bare));
	assert_int_equal(rebuild(h), 0);
	/* As if the fields had been typed before they were computed. */
	house_sql(h, "update bill set net = 700, tax = null, gross = 700");
	house_sql(h, "update bill__lines set amount = 1");
	OK(h, house_change(h, h->li, "bill", bare, 1, "{\"name\":\"丙\"}"));
	OK(h, house_change(h, h->li, "bill", full, 1, "{\"name\":\"丁\"}"));
	assert_int_equal(house_int(h, "bill", bare, "net"), 700);
	assert_int_equal(house_int(h, "bill", full, "net"), 700);
	assert_int_equal(rebuild(h), 2);
	assert_int_equal(house_int(h, "bill", full, "net"), 600);
	assert_int_equal(house_int(h, "bill", full, "gross"), 636);
	assert_int_equal(house_count(h, "select amount from bill__lines"), 600);
	assert_int_equal(house_int(h, "bill", full, "version"), 2);
	/* Nothing stands behind the other one's sum, and the rest follows from that sum. */
	assert_int_equal(house_int(h, "bill", bare, "net"), 700);
	assert_int_equal(house_int(h, "bill", bare, "gross"), 742);
	assert_int_equal(rebuild(h), 0);
	assert_whole(h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(test_whole),           T(test_altered_body),  T(test_emptied_body),
	        T(test_altered_head),    T(test_altered_actor), T(test_removed_middle),
	        T(test_removed_first),   T(test_removed_last),  T(test_removed_last_comment),
	        T(test_removed_record),  T(test_removed_whole), T(test_added_record),
	        T(test_altered_version), T(test_altered_seal),  T(test_rewritten),
	        T(test_lawful),          T(test_erase),         T(test_erase_taken),
	        T(test_import),          T(test_rebuild),       T(test_computed),
	        T(test_computed_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rules in force for a month of work, and the same rules tried afterwards on what happened: the counts must be equal.
 */
#include "flow/due.h"
#include "flow/effect.h"
#include "flow/history.h"
#include "flow/moment.h"
#include "house.h"

enum { TICKETS = 60, ACTS = 700, DAYS = 30 };

static const struct {
	const char *name, *text;
} rules[] = {
        {"r_high", "on: [created, changed]\nwhen: priority >= high\ndo: [{notify: lead, text: 急}, {set: "
                   "{category_detail: 急件}}]\n"},
        {"r_accept", "on: [\"done:accept\"]\ndo: [{count: supplements}]\n"},
        {"r_supplements",
         "on: [changed]\nwhen: supplements >= 2\ndo: [{notify: owner, text: 多次补充}, {set: {order_no: \"'S2'\"}}]\n"},
        {"r_follows",
         "on: [changed]\nwhen: order_no = 'S2' and category_detail is not empty\ndo: [{notify: lead, text: 连带}]\n"},
        {"r_comment", "on: [commented]\nwhen: stage = open\ndo: [{notify: lead, text: 有评论}]\n"},
        {"r_mine", "on: [\"done:supplement\"]\nwhen: owner = @me\ndo: [{notify: lead, text: 本人改动}]\n"},
        {"r_due", "at: \"due - 1d\"\nwhen: stage in (open, paused)\ndo: [{notify: owner, text: 明天到期}]\n"},
        {"r_born", "at: \"opened_at + 6h 17:00\"\nwhen: state = to_accept\ndo: [{notify: lead, text: 还没受理}, "
                   "{count: supplements}]\n"},
        {"r_morning", "every: workday 08:30\nwhen: state = to_accept\ndo: [{notify: lead, text: 待受理}]\n"},
        {"r_evening", "every: day 18:00\nwhen: state = working and supplements < 3\ndo: [{count: supplements}]\n"},
        {"r_warn", "on: [\"clock:solve:warn\"]\ndo: [{notify: owner, text: 快到期}]\n"},
        {"r_breach", "on: [\"clock:solve:breach\"]\nwhen: priority = normal\ndo: [{set: {priority: high}}]\n"},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static const char *rule_body(struct arena *a, size_t i, const char *name)
{
	return arena_printf(a, "rule: %s\ntype: ticket\n%s", name, rules[i].text);
}

/* ---- the house with these rules ---------------------------------------------------------------------- */

static void rules_lay(struct house *h)
{
	struct pack_text *texts;
	size_t n;
	house_texts(h, REAL_PACKS, "core", RULES, &texts, &n);
	for (size_t i = 0; i < RULES; i++) {
		const char *body = rule_body(h->arena, i, rules[i].name);
		texts[n++] = (struct pack_text){.pack = "core",
		                                .path = arena_printf(h->arena, "rules/%s.yaml", rules[i].name),
		                                .body = body,
		                                .len = strlen(body)};
	}
	model_unref(house_apply(h, house_load(h, texts, n), texts, n, true));
	OK(h, due_plan(&h->ctx));
}

static int64_t person(struct house *h, const char *login, int64_t role)
{
	return house_person_with(h, login, role, h->desk,
	                         arena_printf(h->arena, "{\"email\":\"%s@example.com\"}", login));
}

static int setup(void **state)
{
	struct house *h = house_new(REAL_PACKS, "core", false);
	h->desk = house_team(h, "KF", "客服部");
	int64_t agent = house_role(h, "agent");
	h->li = person(h, "li", agent);
	h->chen = person(h, "chen", agent);
	h->wang = person(h, "wang", house_role(h, "lead"));
	h->head = person(h, "he", house_role(h, "head"));
	rules_lay(h);
	*state = h;
	return 0;
}

/* ---- a month of work ----------------------------------------------------------------------------------- */

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16 & 0x7fff;
}

static void ticket_new(struct house *h, unsigned *seed, int64_t user, int64_t *ids, size_t *n)
{
	static const char *const priorities[] = {"low", "normal", "normal", "high", "urgent"};
	const char *json = arena_printf(
	        h->arena,
	        "{\"title\":\"第 %zu 件\",\"description\":\"内容\",\"category\":\"repair\",\"priority\":\"%s\","
	        "\"team\":\"%lld\"}",
	        *n, priorities[next_random(seed) % 5], (long long)h->desk);
	OK(h, house_create(h, user, "ticket", json, &ids[(*n)++]));
}

/* What the state of the day does not allow is refused: no harm done. */
static void ticket_act(struct house *h, unsigned *seed, int64_t user, int64_t id)
{
	int64_t version = house_int(h, "ticket", id, "version");
	switch (next_random(seed) % 14) {
	case 0:
	case 1:
	case 2: (void)house_do(h, user, "ticket", id, "accept", "{}"); break;
	case 3:
		(void)house_do(h, user, "ticket", id, "pause", "{\"pause_reason\":\"parts\",\"wake\":\"2026-12-20\"}");
		break;
	case 4: (void)house_do(h, user, "ticket", id, "resume", "{}"); break;
	case 5:
	case 6: (void)house_do(h, user, "ticket", id, "supplement", "{\"content\":\"补充\"}"); break;
	case 7: (void)house_do(h, user, "ticket", id, "chase", "{}"); break;
	case 8: (void)house_change(h, user, "ticket", id, version, "{\"priority\":\"urgent\"}"); break;
	case 9: (void)house_change(h, user, "ticket", id, version, "{\"priority\":\"normal\"}"); break;
	case 10:
		(void)house_change(h, user, "ticket", id, version,
		                   next_random(seed) % 2 ? "{\"due\":\"2026-12-10T09:00:00+08:00\"}"
		                                         : "{\"due\":\"2026-12-15T15:00:00+08:00\"}");
		break;
	case 11: (void)house_comment(h, user, "ticket", id, "记一笔", true, 0); break;
	case 12: (void)house_change(h, user, "ticket", id, version, "{\"description\":\"改过的内容\"}"); break;
	default: (void)house_do(h, user, "ticket", id, "solve_at_once", "{\"solution\":\"当场解决\"}"); break;
	}
	ctx_forget(&h->ctx);
}

static void month(struct house *h)
{
	unsigned seed = 20261123;
	int64_t ids[TICKETS], users[] = {h->li, h->chen, h->wang};
	size_t n = 0;
	for (int i = 0; i < ACTS; i++) {
		int64_t later = h->ctx.now_ms + DAYS * DAY_MS / ACTS / 2 + (int64_t)next_random(&seed) * 110;
		struct arena_mark mark = arena_mark(h->ctx.arena);
		OK(h, due_run_until(&h->ctx, later, NULL));
		int64_t user = users[next_random(&seed) % 3];
		if (n < TICKETS && (n < 3 || next_random(&seed) % 8 == 0))
			ticket_new(h, &seed, user, ids, &n);
		else
			ticket_act(h, &seed, user, ids[next_random(&seed) % n]);
		arena_rewind(h->ctx.arena, mark);
	}
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 6 * DAY_MS, NULL));
	assert_int_equal(house_count(h, "select count(*) from due_work where state = 'dead'"), 0);
}

/* ---- counting ---------------------------------------------------------------------------------------------- */

struct tally {
	int64_t from, to;
	size_t counts[RULES];
};

static void tally_event(struct tally *t, const char *body, size_t len)
{
	json_error_t fault;
	json_t *j = json_loadb(body, len, 0, &fault), *list = json_object_get(j, "rules");
	for (size_t k = 0; k < json_array_size(list); k++)
		for (size_t i = 0; i < RULES; i++)
			if (strcmp(json_string_value(json_object_get(json_array_get(list, k), "rule")),
			           rules[i].name) == 0)
				t->counts[i]++;
	json_decref(j);
}

static enum err tally_fn(struct ctx *ctx, void *arg)
{
	struct tally *t = arg;
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select body from event where type = 'ticket' and kind <> 'rule_stopped' and at >= :from and at < :to");
	sql_int(&q, "from", t->from);
	sql_int(&q, "to", t->to);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		size_t len;
		const char *body = rows_text(rows, 0, &len);
		tally_event(t, body, len);
	}
	return rows_done(rows);
}

struct trial {
	size_t at;
	struct model *model;
	struct dry_run run;
};

static enum err model_fn(struct ctx *ctx, void *arg)
{
	struct trial *t = arg;
	struct pack_report report = {0};
	struct pack_text text = {
	        .pack = "core", .path = "rules/zz_dry.yaml", .body = rule_body(ctx->arena, t->at, "zz_dry")};
	text.len = strlen(text.body);
	enum err e = model_load_with(ctx, &text, &t->model, &report);
	if (e != ERR_OK && report.n > 0)
		print_error("%s\n", report.list[0].message);
	return e;
}

static enum err dry_fn(struct ctx *ctx, void *arg)
{
	return rule_dry_run(ctx, arg);
}

static size_t dry(struct house *h, size_t at, int64_t from, int64_t to)
{
	struct trial t = {.at = at, .run = {.name = rules[at].name, .from = from, .to = to}};
	OK(h, store_read(&h->ctx, model_fn, &t));
	t.run.type = model_type(t.model, "ticket");
	for (size_t i = 0; i < t.run.type->n_rules; i++)
		if (strcmp(t.run.type->rules[i].name, "zz_dry") == 0)
			t.run.rule = &t.run.type->rules[i];
	assert_non_null(t.run.rule);
	h->ctx.model = t.model;
	OK(h, store_read_slow(&h->ctx, dry_fn, &t.run));
	h->ctx.model = h->model;
	assert_false(t.run.stopped);
	size_t fired = t.run.fired;
	model_unref(t.model);
	return fired;
}

static void month_compare(struct house *h, int64_t from, int64_t to, bool all)
{
	struct tally t = {.from = from, .to = to};
	OK(h, store_read(&h->ctx, tally_fn, &t));
	for (size_t i = 0; i < RULES; i++) {
		struct arena_mark mark = arena_mark(h->ctx.arena);
		size_t would = dry(h, i, from, to);
		arena_rewind(h->ctx.arena, mark);
		print_message("%-14s fired %zu, would have %zu\n", rules[i].name, t.counts[i], would);
		if (would != t.counts[i])
			fail_msg("%s fired %zu times, the dry run says %zu", rules[i].name, t.counts[i], would);
		if (all)
			assert_true(t.counts[i] > 0);
	}
}

static void test_dry_run_counts_what_fired(void **state)
{
	HOUSE;
	int64_t from = h->ctx.now_ms;
	month(h);
	month_compare(h, from, h->ctx.now_ms + 1, true);
	month_compare(h, from + 9 * DAY_MS, from + 17 * DAY_MS, false);
}

/* ---- digest, sweeps caught up, one's own loop ------------------------------------------------------------------ */

static enum err choose_fn(struct ctx *ctx, void *arg)
{
	json_error_t fault;
	json_t *choices = json_loads(
	        "{\"mail\":{\"notified\":true,\"commented\":true},\"quiet\":null,\"digest\":\"18:00\"}", 0, &fault);
	enum err e = choices_put(ctx, choices);
	json_decref(choices);
	return e;
}

static void test_digest(void **state)
{
	HOUSE;
	int64_t ids[4];
	size_t n = 0;
	unsigned seed = 4;
	OK(h, house_write(h, h->wang, choose_fn, NULL));
	for (int i = 0; i < 3; i++)
		ticket_new(h, &seed, h->li, ids, &n);
	OK(h, house_change(h, h->li, "ticket", ids[0], house_int(h, "ticket", ids[0], "version"),
	                   "{\"priority\":\"low\"}"));
	OK(h, house_change(h, h->li, "ticket", ids[0], house_int(h, "ticket", ids[0], "version"),
	                   "{\"priority\":\"high\"}"));
	assert_int_equal(house_count(h, "select count(*) from outgoing"), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'digest'"), 1);
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 9 * HOUR_MS, NULL));
	assert_int_equal(
	        house_count(h, "select count(*) from outgoing where kind = 'mail' and address = 'wang@example.com' and "
	                       "state = 'waiting'"),
	        1);
	assert_int_equal(
	        house_count(h, "select count(*) from due_work where kind = 'digest' and due_at < 1795427000000"), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'deliver'"), 1);
}

/* What a mail of the day has no room for is counted in it. */
static void test_digest_of_many(void **state)
{
	HOUSE;
	OK(h, house_write(h, h->wang, choose_fn, NULL));
	int64_t ids[2];
	size_t n = 0;
	unsigned seed = 4;
	ticket_new(h, &seed, h->li, ids, &n);
	OK(h, house_change(h, h->li, "ticket", ids[0], house_int(h, "ticket", ids[0], "version"),
	                   "{\"priority\":\"high\"}"));
	for (int i = 0; i < 260; i++)
		house_sql(h,
		          arena_printf(h->arena,
		                       "insert into notice (id, user_id, at, kind, type, record, body, read_at) "
		                       "select max(id) "
		                       "+ 1, max(user_id), max(at), max(kind), max(type), max(record), "
		                       "max(body), null from notice where user_id = (select user_id from notice_choice "
		                       "where key = 'digest')"));
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 9 * HOUR_MS, NULL));
	assert_int_equal(
	        house_count(
	                h,
	                "select count(*) from outgoing o join (select user_id, count(*) as n from notice where at <= "
	                "(select max(made_at) from outgoing) group by user_id) x on x.user_id = o.user_id where "
	                "x.n > 260 and o.subject = '今日提醒 ' || x.n || ' 条' and o.body like '%还有 ' || (x.n - "
	                "200) || ' 条没有列出%'"),
	        1);
}

/* What can't be planned is put off and shown; the rest is planned all the same. */
static void test_plan_fails(void **state)
{
	HOUSE;
	const char *put_off =
	        "select count(*) from due_work where key = 'plan:rules' and state = 'ready' and tries = 1 and "
	        "last_error is not null";
	OK(h, due_plan(&h->ctx));
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'plan'"), 0);
	int64_t sweeps = house_count(h, "select count(*) from due_work where kind = 'sweep'");
	assert_true(sweeps > 0);
	house_sql(h, "delete from due_work");
	house_sql(h, "update setting set value = '{broken' where key = 'rules_armed'");
	OK(h, due_plan(&h->ctx));
	assert_int_equal(house_count(h, put_off), 1);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'sweep'"), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'seal'"), 1);
	/* Again and again, ever later; then it is for an administrator. */
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 6 * HOUR_MS, NULL));
	assert_int_equal(
	        house_count(h,
	                    "select count(*) from due_work where key = 'plan:rules' and state = 'dead' and tries = 10"),
	        1);
	house_sql(h, "update setting set value = '{}' where key = 'rules_armed'");
	OK(h, due_plan(&h->ctx));
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'plan'"), 0);
	assert_int_equal(house_count(h, "select count(*) from due_work where kind = 'sweep'"), sweeps);
}

struct fired_sum {
	int64_t all, morning;
};

static enum err fired_fn(struct ctx *ctx, void *arg)
{
	struct fired_sum *sum = arg;
	struct fired_rule *list;
	size_t n;
	*sum = (struct fired_sum){0};
	TRY(rules_fired(ctx, 30, &list, &n));
	for (size_t i = 0; i < n; i++) {
		sum->all += list[i].n;
		sum->morning += strcmp(list[i].rule, "r_morning") == 0 ? list[i].n : 0;
	}
	return ERR_OK;
}

static struct fired_sum fired_sum(struct house *h)
{
	struct fired_sum sum;
	OK(h, store_read(&h->ctx, fired_fn, &sum));
	return sum;
}

/* Counted by and by, in the same numbers as all at once; what is older than 30 days counts no more. */
static void test_fired_counted(void **state)
{
	HOUSE;
	int64_t ids[2];
	size_t n = 0;
	unsigned seed = 4;
	OK(h, due_plan(&h->ctx));
	ticket_new(h, &seed, h->li, ids, &n);
	assert_true(fired_sum(h).all > 0); /* before anything was counted */
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 3 * DAY_MS, NULL));
	struct fired_sum sum = fired_sum(h);
	assert_int_equal(sum.morning, 3);
	assert_int_equal(
	        sum.morning,
	        house_count(h, "select count(*) from event where kind = 'rule_fired' and body like '%r_morning%'"));
	/* PostgreSQL numbers its events a little later: the last ones may not be in it yet. */
	assert_true(house_count(h, "select count(*) from setting where key like 'fired:%'") >= 3);
	house_sql(h, "delete from setting where key like 'fired%'");
	struct fired_sum again = fired_sum(h);
	assert_int_equal(again.all, sum.all);
	assert_int_equal(again.morning, sum.morning);
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + HOUR_MS, NULL));
	assert_int_equal(fired_sum(h).morning, sum.morning);
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 50 * DAY_MS, NULL));
	int64_t today = (h->ctx.now_ms + 8 * HOUR_MS) / DAY_MS * DAY_MS - 8 * HOUR_MS; /* in Shanghai */
	sum = fired_sum(h);
	assert_true(sum.morning > 15);
	assert_int_equal(sum.morning,
	                 house_count(h, arena_printf(h->arena,
	                                             "select count(*) from event where kind = 'rule_fired' and body "
	                                             "like '%%r_morning%%' and at >= %lld",
	                                             (long long)(today - 29 * DAY_MS))));
	assert_true(house_count(h, "select count(*) from setting where key like 'fired:%'") <= 41);
}

/* The clock of the machine goes back an hour after a sweep: it does not come twice; three missed days are made up for
 * once. */
static void test_sweep_and_jumps(void **state)
{
	HOUSE;
	int64_t ids[2];
	size_t n = 0;
	unsigned seed = 4;
	const char *fired = "select count(*) from event where kind = 'rule_fired' and body like '%r_morning%'";
	ticket_new(h, &seed, h->li, ids, &n);
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 23 * HOUR_MS, NULL));
	assert_int_equal(house_count(h, fired), 1);
	h->ctx.now_ms -= HOUR_MS;
	OK(h, due_run_until(&h->ctx, h->ctx.now_ms + 2 * HOUR_MS, NULL));
	assert_int_equal(house_count(h, fired), 1);
	h->ctx.now_ms += 3 * DAY_MS;
	house_worked(h);
	assert_int_equal(house_count(h, fired), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_dry_run_counts_what_fired, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_digest, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_digest_of_many, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_plan_fails, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_fired_counted, setup, house_teardown),
	        cmocka_unit_test_setup_teardown(test_sweep_and_jumps, setup, house_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

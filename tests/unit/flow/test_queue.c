/* Queues on the database: skills that were choices become lines; offers, one of two, rows made anew. */
#include "flow/due.h"
#include "flow/queue.h"
#include "house.h"

static int open_house(void **state)
{
	*state = house_new(REAL_PACKS, "core", false);
	return 0;
}

/* ---- an upgrade ---------------------------------------------------------------------------------------- */

struct packs {
	struct pack_text *texts;
	size_t n;
	struct model *model;
	bool drop;
};

static const char *replaced(struct house *h, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	assert_non_null(at);
	return arena_printf(h->arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* As the type was before there were skills of their own. */
static const char *user_before(struct house *h, const char *text)
{
	const char *begin = strstr(text, "  abilities:"), *end = strstr(text, "  presence:");
	text = arena_printf(
	        h->arena,
	        "%.*s  skills: {kind: choices, label: 技能, options: [consult 咨询, repair 报修, {name: sing, "
	        "label: 唱歌}]}\n%s",
	        (int)(begin - text), text, end);
	text = replaced(h, text, "remark, abilities, capacity]", "remark, skills]");
	return replaced(h, text, "abilities, capacity, joined]", "skills, joined]");
}

static struct packs packs_of(struct house *h, bool before)
{
	struct packs p = {.drop = before};
	house_texts(h, REAL_PACKS, "core", 0, &p.texts, &p.n);
	for (size_t i = 0; before && i < p.n; i++)
		if (strcmp(p.texts[i].path, "types/user.yaml") == 0) {
			p.texts[i].body = user_before(h, p.texts[i].body);
			p.texts[i].len = strlen(p.texts[i].body);
		}
	p.model = house_load(h, p.texts, p.n);
	return p;
}

static void in_force(struct house *h, const struct packs *p)
{
	model_unref(house_apply(h, p->model, p->texts, p->n, p->drop));
}

static void skills_go_on_as_lines(void **state)
{
	HOUSE;
	struct packs before = packs_of(h, true), after = packs_of(h, false);
	int64_t ann, ben, cid, known;
	in_force(h, &before);
	assert_int_equal(house_create(h, 0, "skill", "{\"code\":\"repair\",\"name\":\"会修\"}", &known), ERR_OK);
	assert_int_equal(house_create(h, 0, "user",
	                              "{\"login\":\"ann\",\"name\":\"安\",\"skills\":[\"repair\",\"sing\"]}", &ann),
	                 ERR_OK);
	assert_int_equal(
	        house_create(h, 0, "user", "{\"login\":\"ben\",\"name\":\"本\",\"skills\":[\"consult\"]}", &ben),
	        ERR_OK);
	assert_int_equal(house_create(h, 0, "user", "{\"login\":\"cid\",\"name\":\"西\"}", &cid), ERR_OK);
	in_force(h, &after);
	assert_int_equal(house_count(h, "select count(*) from kept_choice"), 2);
	assert_int_equal(due_plan(&h->ctx), ERR_OK);
	assert_int_equal(due_run_until(&h->ctx, h->ctx.now_ms + 1000, NULL), ERR_OK);
	assert_int_equal(house_count(h, "select count(*) from kept_choice"), 0);
	assert_int_equal(house_count(h, "select count(*) from skill"), 3);
	assert_int_equal(house_count(h, "select count(*) from skill where code = 'sing' and name = '唱歌'"), 1);
	assert_int_equal(house_count(h, "select count(*) from user__abilities"), 3);
	assert_int_equal(house_count(h, "select count(*) from user__abilities where level = 3"), 3);
	assert_int_equal(house_count(h, "select count(*) from user__abilities a join skill s on s.id = a.skill join "
	                                "\"user\" u on u.id = a.parent where u.login = 'ann' and s.code = 'repair' and "
	                                "s.name = '会修'"),
	                 1);
	assert_int_equal(house_int(h, "user", ann, "version"), 2);
	assert_int_equal(house_int(h, "user", cid, "version"), 1);
}

/* ---- rows of who waits ----------------------------------------------------------------------------------- */

static int64_t ticket(struct house *h, int64_t team, const char *more)
{
	int64_t id;
	const char *json = arena_printf(h->arena,
	                                "{\"title\":\"一件\",\"description\":\"排队\",\"category\":\"usage\",\"team\":"
	                                "\"%lld\"%s}",
	                                (long long)team, more);
	assert_int_equal(house_create(h, 0, "ticket", json, &id), ERR_OK);
	return id;
}

static size_t rebuilt(struct house *h)
{
	return house_rebuilt(h, 500);
}

static void rows_follow_their_records(void **state)
{
	HOUSE;
	int64_t team, urgent, normal;
	assert_int_equal(house_create(h, 0, "team", "{\"code\":\"A\",\"name\":\"甲组\"}", &team), ERR_OK);
	normal = ticket(h, team, "");
	urgent = ticket(h, team, ",\"priority\":\"urgent\"");
	assert_int_equal(house_count(h, "select count(*) from waiting where queue = 'hotline'"), 2);
	assert_int_equal(house_count(h, "select class from waiting order by class limit 1"), 0);
	assert_int_equal(rebuilt(h), 0);
	assert_int_equal(house_change(h, 0, "ticket", normal, 1, "{\"priority\":\"low\"}"), ERR_OK);
	assert_int_equal(house_count(h, "select class from waiting order by class desc limit 1"), 3);
	/* Rows that were lost or are wrong are made anew; then nothing differs. */
	house_sql(h, "delete from waiting where class = 0");
	house_sql(h, "update waiting set class = 1, queue = 'gone', home = 'gone'");
	assert_int_equal(rebuilt(h), 2);
	assert_int_equal(rebuilt(h), 0);
	assert_int_equal(house_count(h, "select count(*) from waiting where queue = 'hotline' and class in (0, 3)"), 2);
	assert_int_equal(house_remove(h, 0, "ticket", urgent), ERR_OK);
	assert_int_equal(house_count(h, "select count(*) from waiting"), 1);
	assert_int_equal(house_change(h, 0, "ticket", normal, 2, "{\"priority\":\"high\"}"), ERR_OK);
	assert_int_equal(rebuilt(h), 0);
}

/* ---- who is asked ----------------------------------------------------------------------------------------- */

static void idle(struct house *h, int64_t user)
{
	house_sql(h, arena_printf(h->arena, "update \"user\" set presence = 'idle' where id = %lld", (long long)user));
}

/* PostgreSQL gives events their place a moment after the commit; what has none yet, a round does not know. */
static void all_numbered(struct house *h)
{
	static const struct timespec moment = {.tv_nsec = 2000000};
	for (int i = 0; i < 5000; i++) {
		int64_t last = house_count(h, "select coalesce(max(seq), 0) from event");
		if (house_count(h, "select count(*) from event where seq is null") == 0 &&
		    org_last_seq(h->ctx.org) >= last)
			return;
		nanosleep(&moment, NULL);
	}
	fail_msg("events without a place");
}

static void round_of(struct house *h, struct router *r, int64_t at_ms)
{
	size_t worked;
	int64_t next;
	all_numbered(h);
	h->ctx.now_ms = at_ms;
	OK(h, router_run(&h->ctx, r, &worked, &next));
}

/* Who let too many offers pass is on a break: what was thought out for him in that same moment does not ring. */
static void nothing_rings_at_who_is_away(void **state)
{
	HOUSE;
	int64_t team = house_team(h, "A", "甲组"), role = house_role(h, "agent"), now = h->ctx.now_ms;
	int64_t ann = house_person(h, "ann", role, team);
	struct router *r = router_new();
	idle(h, ann);
	ticket(h, team, "");
	round_of(h, r, now);
	assert_int_equal(house_count(h, "select count(*) from offer where state = 'ringing'"), 1);
	house_sql(h, arena_printf(
	                     h->arena,
	                     "insert into agent_turn (queue, user_id, last_at, missed) values ('hotline', %lld, 1, 2) "
	                     "on conflict (queue, user_id) do update set missed = 2",
	                     (long long)ann));
	ticket(h, team, "");
	round_of(h, r, now + 600000);
	assert_int_equal(house_count(h, "select count(*) from \"user\" where presence = 'break'"), 1);
	assert_int_equal(house_count(h, "select count(*) from offer where state = 'timed_out'"), 1);
	assert_int_equal(house_count(h, "select count(*) from offer where state = 'ringing'"), 0);
	/* Back again he is asked at once. */
	idle(h, ann);
	round_of(h, r, now + 601000);
	assert_int_equal(house_count(h, "select count(*) from offer where state = 'ringing'"), 1);
	router_free(r);
}

/* ---- what the board says ----------------------------------------------------------------------------------- */

struct board {
	struct buf buf;
	bool offers; /* else the queues */
};

static enum err board_fn(struct ctx *ctx, void *arg)
{
	struct board *b = arg;
	struct json_out out;
	buf_init(&b->buf, ctx->arena, 1 << 20);
	json_out_init(&out, &b->buf);
	return b->offers ? offers_write_json(ctx, &out) : queues_write_json(ctx, &out);
}

static const char *board(struct house *h, int64_t user, bool offers)
{
	struct board b = {.offers = offers};
	OK(h, house_read(h, user, board_fn, &b));
	return b.buf.data;
}

/* A title that is masked before somebody is not read off the board, nor off what rings at him. */
static void masked_titles_stay_masked(void **state)
{
	HOUSE;
	struct packs p = packs_of(h, false);
	for (size_t i = 0; i < p.n; i++)
		if (strcmp(p.texts[i].path, "types/customer_allotment.yaml") == 0) {
			p.texts[i].body =
			        replaced(h, p.texts[i].body, "write: stage = open, create: true, export: true}",
			                 "write: stage = open, create: true, export: true, mask: {subject: {}}}");
			p.texts[i].len = strlen(p.texts[i].body);
		}
	model_unref(p.model);
	p.model = house_load(h, p.texts, p.n);
	in_force(h, &p);
	int64_t team = house_team(h, "A", "甲组"), agent = house_role(h, "agent"), lead = house_role(h, "lead");
	int64_t ann = house_person(h, "ann", agent, team), ben = house_person(h, "ben", lead, team), id;
	struct router *r = router_new();
	int64_t customer = house_made(h, 0, "customer", "{\"name\":\"甲\"}");
	id = house_made(h, 0, "customer_allotment",
	                arena_printf(h->arena, "{\"customer\":\"%lld\",\"subject\":\"一件\",\"why\":\"fresh\"}",
	                             (long long)customer));
	idle(h, ann);
	round_of(h, r, h->ctx.now_ms);
	assert_non_null(strstr(board(h, ann, false), "一件"));
	assert_non_null(strstr(board(h, ann, true), "一件"));
	assert_null(strstr(board(h, ben, false), "一件"));
	house_sql(h, arena_printf(h->arena, "update offer set user_id = %lld", (long long)ben));
	assert_non_null(strstr(board(h, ben, true), house_text(h, "customer_allotment", id, "number")));
	assert_null(strstr(board(h, ben, true), "一件"));
	router_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(skills_go_on_as_lines, open_house, house_teardown),
	        cmocka_unit_test_setup_teardown(rows_follow_their_records, open_house, house_teardown),
	        cmocka_unit_test_setup_teardown(nothing_rings_at_who_is_away, open_house, house_teardown),
	        cmocka_unit_test_setup_teardown(masked_titles_stay_masked, open_house, house_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The core pack as it ships, worked by people: a ticket with a task for a department, a complaint
 * through all its steps, a follow-up that opens another complaint; then proof and rebuild. */
#include "house.h"

static int setup(void **state)
{
	struct house *h = house_new(REAL_PACKS, "core", false);
	h->desk = house_team(h, "KF", "客服部");
	h->works = house_team(h, "GC", "工程部");
	h->li = house_person(h, "li", house_role(h, "agent"), h->desk);
	h->wang = house_person(h, "wang", house_role(h, "lead"), h->desk);
	h->zhao = house_person(h, "zhao", house_role(h, "worker"), h->works);
	h->head = house_person(h, "he", house_role(h, "head"), h->works);
	h->chen = house_person(h, "chen", house_role(h, "manager"), h->desk);
	*state = h;
	return 0;
}

static int64_t customer(struct house *h)
{
	int64_t id;
	OK(h, house_create(h, h->li, "customer",
	                   "{\"name\":\"张三\",\"mobile\":\"13812340021\",\"address\":\"青年路 3 号\"}", &id));
	return id;
}

static void test_ticket(void **state)
{
	HOUSE;
	int64_t id;
	const char *json =
	        arena_printf(h->arena,
	                     "{\"title\":\"空调不制冷\",\"description\":\"昨晚起不制冷\",\"category\":\"repair\","
	                     "\"customer\":\"%lld\"}",
	                     (long long)customer(h));
	OK(h, house_create(h, h->li, "ticket", json, &id));
	/* What rules filled in came with the first version. */
	assert_string_equal(house_text(h, "ticket", id, "contact_phone"), "13812340021");
	assert_int_equal(house_int(h, "ticket", id, "due"), h->ctx.now_ms + 3 * DAY_MS);
	assert_int_equal(house_int(h, "ticket", id, "version"), 1);
	OK(h, house_do(h, h->li, "ticket", id, "accept", "{}"));
	json = arena_printf(h->arena, "{\"task_team\":\"%lld\",\"task_content\":\"上门检修\"}", (long long)h->works);
	OK(h, house_do(h, h->li, "ticket", id, "dispatch", json));
	int64_t task = house_last(h, "task");
	assert_int_equal(house_int(h, "task", task, "pending_team"), h->works);
	assert_int_equal(house_do(h, h->li, "ticket", id, "solve", "{\"solution\":\"加氟\"}"), ERR_CONFLICT);
	OK(h, house_do(h, h->zhao, "task", task, "accept", "{}"));
	assert_int_equal(house_int(h, "task", task, "owner"), h->zhao);
	assert_int_equal(house_int(h, "task", task, "pending_team"), 0);
	OK(h, house_do(h, h->zhao, "task", task, "contact", "{}"));
	OK(h, house_do(h, h->zhao, "task", task, "complete", "{\"result\":\"加氟后正常\"}"));
	assert_string_equal(house_text(h, "ticket", id, "dept_result"), "加氟后正常");
	OK(h, house_do(h, h->li, "task", task, "check", "{}"));
	OK(h, house_do(h, h->li, "ticket", id, "solve", "{\"solution\":\"加氟\"}"));
	OK(h, house_do(h, h->li, "ticket", id, "confirm",
	               "{\"customer_informed\":\"2026-11-23T01:30:00.000Z\",\"reply_form\":\"phone\",\"satisfaction\":"
	               "\"satisfied\"}"));
	assert_string_equal(house_text(h, "ticket", id, "stage"), "done");
	json_t *t;
	OK(h, house_view(h, h->li, "ticket", id, VIEW_TIMELINE, &t));
	assert_true(json_array_size(json_object_get(t, "events")) >= 7);
	json_decref(t);
	OK(h, house_view(h, h->li, "ticket", id, VIEW_PAGE, &t));
	assert_int_equal(
	        json_integer_value(json_object_get(json_object_get(json_object_get(t, "lists"), "tasks"), "n")), 1);
	json_decref(t);
	OK(h, house_do(h, h->li, "ticket", id, "reopen", "{\"reason\":\"又坏了\"}"));
	h->ctx.now_ms += DAY_MS;
	OK(h, house_do(h, h->li, "ticket", id, "no_answer", "{\"try_result\":\"busy\"}"));
	assert_int_equal(house_int(h, "ticket", id, "tries"), 1);
}

static int64_t complaint(struct house *h)
{
	int64_t id;
	const char *json =
	        arena_printf(h->arena,
	                     "{\"object\":\"维修师傅\",\"class\":\"manner\",\"demand\":\"道歉\",\"content\":\"态度差\","
	                     "\"customer\":\"%lld\",\"heard\":true,\"asked_clear\":true}",
	                     (long long)customer(h));
	OK(h, house_create(h, h->li, "complaint", json, &id));
	return id;
}

static void test_complaint(void **state)
{
	HOUSE;
	int64_t id = complaint(h);
	assert_int_equal(house_do(h, h->li, "complaint", id, "archive", "{}"), ERR_CONFLICT);
	assert_int_equal(house_do(h, h->li, "complaint", id, "judge", "{\"valid_reason\":\"属实\"}"), ERR_FORBIDDEN);
	OK(h, house_do(h, h->wang, "complaint", id, "judge", "{\"valid_reason\":\"属实\"}"));
	const char *json =
	        arena_printf(h->arena, "{\"liable_team\":\"%lld\",\"task_content\":\"请核查\"}", (long long)h->works);
	OK(h, house_do(h, h->wang, "complaint", id, "fix_liability", json));
	int64_t task = house_last(h, "task");
	OK(h, house_do(h, h->head, "complaint", id, "investigate",
	               "{\"investigation\":\"确有不当\",\"cause_side\":\"service_quality\"}"));
	OK(h, house_do(h, h->li, "complaint", id, "propose", "{\"remedy\":[\"apologise\"],\"proposal\":\"上门道歉\"}"));
	assert_int_equal(house_do(h, h->li, "complaint", id, "approve", "{}"), ERR_FORBIDDEN);
	OK(h, house_do(h, h->chen, "complaint", id, "approve", "{\"approval\":\"同意\"}"));
	assert_int_equal(house_int(h, "complaint", id, "approver"), h->chen);
	OK(h,
	   house_do(h, h->li, "complaint", id, "inform",
	            "{\"notify_time\":\"2026-11-23T01:50:00.000Z\",\"reply_form\":\"phone\",\"result\":\"已道歉\"}"));
	assert_int_equal(house_count(h, "select count(*) from complaint__rounds"), 1);
	int64_t visit = house_last(h, "follow_up");
	assert_int_equal(house_int(h, "follow_up", visit, "record"), id);
	assert_int_equal(house_int(h, "follow_up", visit, "owner"), 0);
	OK(h, house_do(h, h->zhao, "task", task, "accept", "{}"));
	OK(h, house_do(h, h->zhao, "task", task, "complete", "{\"result\":\"已教育\"}"));
	OK(h, house_do(h, h->wang, "task", task, "check", "{}"));
	OK(h, house_do(h, h->li, "complaint", id, "archive", "{\"evaluation\":\"加强培训\"}"));
	assert_string_equal(house_text(h, "complaint", id, "stage"), "final");
	/* He who handled it may not call about it; the lead may. Not satisfied: a linked complaint opens. */
	OK(h, house_do(h, h->wang, "follow_up", visit, "take", "{}"));
	OK(h,
	   house_do(h, h->wang, "follow_up", visit, "complete",
	            "{\"answers\":\"仍不满\",\"satisfaction\":\"dissatisfied\",\"unsatisfied_reason\":\"未见诚意\"}"));
	int64_t second = house_last(h, "complaint");
	assert_int_not_equal(second, id);
	assert_int_equal(house_int(h, "complaint", second, "follow_up"), visit);
	assert_int_equal(house_int(h, "complaint", second, "previous"), id);
	assert_int_equal(house_int(h, "complaint", second, "owner"), 0);
	assert_string_equal(house_text(h, "complaint", id, "satisfaction"), "dissatisfied");
}

static void test_simple(void **state)
{
	HOUSE;
	int64_t id = complaint(h);
	const char *json = arena_printf(
	        h->arena,
	        "{\"liable_team\":\"%lld\",\"remedy\":[\"apologise\"],\"result\":\"道歉\",\"amount\":\"%s\","
	        "\"satisfaction\":\"satisfied\"}",
	        (long long)h->works, "600.00");
	assert_int_equal(house_do(h, h->li, "complaint", id, "simple", json), ERR_CONFLICT);
	json = arena_printf(
	        h->arena,
	        "{\"liable_team\":\"%lld\",\"remedy\":[\"apologise\"],\"result\":\"道歉\",\"amount\":\"100.00\","
	        "\"satisfaction\":\"satisfied\"}",
	        (long long)h->works);
	OK(h, house_do(h, h->li, "complaint", id, "simple", json));
	assert_string_equal(house_text(h, "complaint", id, "state"), "to_sum_up");
	assert_int_equal(house_int(h, "complaint", id, "standing"), 1);
}

static void test_major(void **state)
{
	HOUSE;
	int64_t id = complaint(h);
	OK(h, house_do(h, h->li, "complaint", id, "mark_major", "{\"reason\":\"要找媒体\"}"));
	assert_string_equal(house_text(h, "complaint", id, "priority"), "urgent");
	assert_int_equal(house_int(h, "complaint", id, "major_reported_at"), h->ctx.now_ms);
	const char *sql = arena_printf(
	        h->arena, "select count(*) from notice where user_id = %lld and kind = 'notified'", (long long)h->head);
	assert_int_equal(house_count(h, sql), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, house_teardown_whole)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_ticket), T(test_complaint), T(test_simple), T(test_major)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

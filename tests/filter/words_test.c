/* A filter in words, and how far it reaches: what the matrix and "who can see this" say. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "model/filter_words.h"
#include "world.h"

static struct world *world;
static json_t *root;

static struct filter *parse(const char *where)
{
	struct filter_fault fault = {0};
	struct filter *f = NULL;

	if (filter_parse(world->arena, &world->model, model_type(&world->model, "ticket"), where, strlen(where), &f,
	                 &fault) != ERR_OK)
		world_die("%s: %s", where, fault.message);
	return f;
}

static void check_reach(const char *where, const char *reach)
{
	assert_string_equal(filter_reach_name(filter_reach(parse(where))), reach);
}

static void test_reach(void **state)
{
	assert_string_equal(filter_reach_name(filter_reach(NULL)), "none");
	check_reach("all", "all");
	check_reach("owner = @me", "own");
	check_reach("owner = @me or team in @my_teams", "team");
	check_reach("team in @shared_teams", "team");
	check_reach("owner = @me or team in @my_units", "unit");
	check_reach("owner = @me or stage = open", "rule");
	check_reach("owner = @me and stage = open", "own");
	check_reach("team in @my_units and (owner = @me or stage = open)", "unit");
	check_reach("not owner = @me", "rule");
	check_reach("any(tasks, assignee = @me)", "own");
	check_reach("any(tasks)", "rule");
	check_reach("none(tasks, assignee = @me)", "rule");
	check_reach("overdue = true", "rule");
	check_reach("owner = 2", "rule");
}

static void check_words(const char *where, const char *zh, const char *en)
{
	struct buf b;

	buf_init(&b, world->arena, 4096);
	filter_words(parse(where), LANG_ZH, &b);
	assert_string_equal(b.data, zh);
	buf_init(&b, world->arena, 4096);
	filter_words(parse(where), LANG_EN, &b);
	assert_string_equal(b.data, en);
}

static void test_words(void **state)
{
	check_words("all", "全部", "all");
	check_words("owner = @me", "owner是本人", "owner is the person");
	check_words("team in @my_units", "team属于本人的部门及其下级",
	            "team one of the person's teams and those below");
	check_words("stage = open and amount >= @simple_limit", "stage是open，且amount不小于simple_limit",
	            "stage is open and amount at least simple_limit");
	check_words("urgent = true and (chased = 1 or owner is not empty)", "urgent为是，且（chased是1，或owner已填）",
	            "urgent is yes and (chased is 1 or owner is filled)");
	check_words("due < now + 3d", "due早于现在后 3d", "due before now plus 3d");
	check_words("wake >= today - 1w", "wake不早于今天前 1w", "wake not before today minus 1w");
	check_words("stage not in (done, final)", "stage不属于done、final", "stage none of done, final");
	check_words("title contains '漏'", "title含「漏」", "title with \"漏\"");
	check_words("customer.vip = true", "customer的vip为是", "customer's vip is yes");
	check_words("any(tasks, done = false)", "有tasks（done为否）", "has tasks (done is no)");
	check_words("none(tasks)", "没有tasks", "has no tasks");
	check_words("count(tasks) >= 2", "tasks的条数 >= 2", "tasks number >= 2");
	check_words("amount = 12.50", "amount是12.50", "amount is 12.50");
	check_words("bought > 2026-01-02", "bought晚于2026-01-02", "bought after 2026-01-02");
	check_words("not (owner = @me or chased = 1)", "不满足（owner是本人，或chased是1）",
	            "not (owner is the person or chased is 1)");
}

static void test_about(void **state)
{
	assert_int_equal(filter_about(parse("owner = @me")), ABOUT_ME);
	assert_int_equal(filter_about(parse("team in @my_teams")), ABOUT_MY_TEAMS);
	assert_int_equal(filter_about(parse("team in @my_units")), ABOUT_MY_UNITS);
	assert_int_equal(filter_about(parse("team in @shared_teams")), ABOUT_SHARED);
	assert_int_equal(filter_about(parse("owner = 3")), ABOUT_OTHER);
	assert_string_equal(filter_own_field(parse("owner = @me"))->name, "owner");
	assert_null(filter_own_field(parse("customer.keeper = @me")));
	assert_null(filter_own_field(parse("any(tasks)")));
}

static int setup(void **state)
{
	json_error_t error;

	const char *folder = getenv("SHOUWEN_FILTER_DIR");
	char path[512];

	snprintf(path, sizeof(path), "%s/world.json", folder ? folder : ".");
	root = json_load_file(path, 0, &error);
	world = root ? world_new(root) : NULL;
	return world ? 0 : 1;
}

static int teardown(void **state)
{
	world_free(world);
	json_decref(root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_reach),
	        cmocka_unit_test(test_words),
	        cmocka_unit_test(test_about),
	};

	return cmocka_run_group_tests_name("filter words", tests, setup, teardown);
}

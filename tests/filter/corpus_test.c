/* The corpus (cases.json, fails.json over world.json) on every database and in memory. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limit.h"
#include "places.h"
#include "world.h"

static struct places places;
static struct world *world;
static json_t *cases, *fails, *root;

static json_t *load(const char *folder, const char *name)
{
	char path[512];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (j == NULL)
		world_die("%s: %s, line %d", path, error.text, error.line);
	return j;
}

static const char *dumped(const json_t *j)
{
	char *s = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *copy = arena_strdup(world->arena, s);

	free(s);
	return copy;
}

static const struct type *type_of(const json_t *j)
{
	const struct type *t = model_type(&world->model, json_string_value(json_object_get(j, "type")));

	if (t == NULL)
		world_die("a case without a type: %s", dumped(j));
	return t;
}

static struct filter *parse(const struct type *t, const char *where)
{
	struct filter_fault fault = {0};
	struct filter *f = NULL;

	if (filter_parse(world->arena, &world->model, t, where, strlen(where), &f, &fault) != ERR_OK)
		print_error("%s\n  %zu %s: %s\n", where, fault.at, fault.code, fault.message);
	return f;
}

static const char *text_of(const struct filter *f)
{
	struct buf b;

	buf_init(&b, world->arena, LIMIT_FILTER_BYTES * 2);
	filter_write_text(&b, f);
	assert_false(b.over);
	return b.data;
}

static json_t *json_of(const struct filter *f)
{
	struct buf b;
	struct json_out out;
	json_error_t error;

	buf_init(&b, world->arena, LIMIT_FILTER_BYTES * 8);
	json_out_init(&out, &b);
	filter_write_json(&out, f);
	json_t *j = json_loads(b.data, 0, &error);
	if (j == NULL)
		world_die("not JSON: %s", b.data);
	return j;
}

/* ---- the corpus ------------------------------------------------------------------------------ */

static int differs(const char *where, const char *by, const json_t *want, const json_t *got, const struct filter *f)
{
	if (json_equal(want, got))
		return 0;
	print_error("%s\n  %s: %s instead of %s\n  %s\n", where, by, dumped(got), dumped(want),
	            world_sql_text(world, f, NULL));
	return 1;
}

static json_t *others(const struct type *t, const json_t *ids)
{
	json_t *rest = json_array();

	for (size_t i = 0; i < world->n_records; i++) {
		const struct record *r = world->records[i];
		bool found = false;
		const json_t *x;
		size_t k;
		json_array_foreach(ids, k, x) found = found || strtoll(json_string_value(x), NULL, 10) == r->id;
		if (r->type == t && !found)
			json_array_append_new(rest, json_sprintf("%lld", (long long)r->id));
	}
	return rest;
}

static int ask_everywhere(const struct type *t, const char *where, const struct filter *f, const json_t *want)
{
	int wrong = 0;
	json_t *got;

	for (size_t i = 0; i < places.n; i++) {
		assert_int_equal(world_ask_sql(world, places.list[i].org, t, f, NULL, &got), ERR_OK);
		wrong += differs(where, places.list[i].name, want, got, f);
		json_decref(got);
		assert_int_equal(world_ask_memory(world, places.list[i].org, t, f, &got), ERR_OK);
		wrong += differs(where, "memory", want, got, f);
		json_decref(got);
	}
	return wrong;
}

static void test_cases(void **state)
{
	const json_t *c;
	size_t i;
	int wrong = 0;

	json_array_foreach(cases, i, c)
	{
		const char *where = json_string_value(json_object_get(c, "where"));
		if (where == NULL)
			continue;
		const struct type *t = type_of(c);
		const json_t *want = json_object_get(c, "holds");
		struct filter *f = parse(t, where);
		if (f == NULL) {
			wrong++;
			continue;
		}
		wrong += ask_everywhere(t, where, f, want);
		/* The negation holds for all the others: nothing may rest on null. */
		const char *negated = arena_printf(world->arena, "not (%s)", where);
		json_t *rest = others(t, want);
		wrong += ask_everywhere(t, negated, parse(t, negated), rest);
		json_decref(rest);
	}
	assert_int_equal(wrong, 0);
}

static void test_round_trips(void **state)
{
	const json_t *c;
	size_t i;
	int wrong = 0;

	json_array_foreach(cases, i, c)
	{
		const char *where = json_string_value(json_object_get(c, "where"));
		if (where == NULL)
			continue;
		const char *want = json_string_value(json_object_get(c, "text"));
		struct filter *f = parse(type_of(c), where), *again;
		struct filter_fault fault;
		assert_non_null(f);
		const char *text = text_of(f);
		if (strcmp(text, want ? want : where) != 0) {
			print_error("%s\n  is printed: %s\n", where, text);
			wrong++;
		}
		json_t *j = json_of(f), *wanted = json_object_get(c, "json");
		if (wanted && !json_equal(wanted, j)) {
			print_error("%s\n  as JSON: %s\n", where, dumped(j));
			wrong++;
		}
		if (filter_parse_json(world->arena, &world->model, type_of(c), j, &again, &fault) != ERR_OK ||
		    strcmp(text_of(again), text) != 0) {
			print_error("%s\n  does not come back from %s\n", where, dumped(j));
			wrong++;
		}
		json_decref(j);
	}
	assert_int_equal(wrong, 0);
}

static const char *where_of(const json_t *c)
{
	const char *where = json_string_value(json_object_get(c, "where"));
	const json_t *repeat = json_object_get(c, "repeat");
	struct buf b;

	if (repeat == NULL)
		return where;
	buf_init(&b, world->arena, 1 << 20);
	for (json_int_t n = json_integer_value(json_array_get(repeat, 1)); n > 0; n--)
		buf_str(&b, json_string_value(json_array_get(repeat, 0)));
	buf_str(&b, where);
	return b.data;
}

static void test_fails(void **state)
{
	const json_t *c;
	size_t i;
	int wrong = 0;

	json_array_foreach(fails, i, c)
	{
		const char *where = where_of(c), *code = json_string_value(json_object_get(c, "code"));
		struct filter *f = NULL;
		struct filter_fault fault = {.code = "(none)", .message = ""};
		enum err e =
		        where ? filter_parse(world->arena, &world->model, type_of(c), where, strlen(where), &f, &fault)
		              : filter_parse_json(world->arena, &world->model, type_of(c), json_object_get(c, "json"),
		                                  &f, &fault);
		size_t at = (size_t)json_integer_value(json_object_get(c, "at"));
		if (e == ERR_INVALID && strcmp(fault.code, code) == 0 && fault.at == at && fault.message[0] &&
		    f == NULL)
			continue;
		print_error("%.100s\n  gives %s at %zu (%s) instead of %s at %zu\n",
		            where ? where : dumped(json_object_get(c, "json")), fault.code, fault.at, fault.message,
		            code, at);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_messages(void **state)
{
	static const char *const pairs[][2] = {
	        {"titel = 'x'", "titel is not a field of ticket: did you mean title?"},
	        {"any(taks)", "taks is not a list of ticket: did you mean tasks?"},
	        {"priority = medium", "medium is not an option of priority: low, normal, high, urgent"},
	        {"urgent", "it ends too early: urgent = true or urgent = false is missing"},
	        {"owner = '3'", "owner is a link: write the id 3 without quotes"},
	        {"due < 'soon'", "soon is not a time: write a date, today, now or now + 3d"},
	        {"remedy = refund", "remedy holds several: write remedy contains …"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct filter_fault fault = {0};
		struct filter *f;
		assert_int_equal(filter_parse(world->arena, &world->model, model_type(&world->model, "ticket"),
		                              pairs[i][0], strlen(pairs[i][0]), &f, &fault),
		                 ERR_INVALID);
		assert_string_equal(fault.message, pairs[i][1]);
	}
}

static int setup(void **state)
{
	const char *folder = getenv("SHOUWEN_FILTER_DIR");

	if (folder == NULL)
		world_die("SHOUWEN_FILTER_DIR names the folder of the corpus");
	root = load(folder, "world.json");
	cases = load(folder, "cases.json");
	fails = load(folder, "fails.json");
	world = world_new(root);
	places_open(&places);
	for (size_t i = 0; i < places.n; i++)
		if (world_store(world, places.list[i].org) != ERR_OK)
			return 1;
	return 0;
}

static int teardown(void **state)
{
	places_close(&places);
	world_free(world);
	json_decref(root);
	json_decref(cases);
	json_decref(fails);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_cases),
	        cmocka_unit_test(test_round_trips),
	        cmocka_unit_test(test_fails),
	        cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests_name("filter corpus", tests, setup, teardown);
}

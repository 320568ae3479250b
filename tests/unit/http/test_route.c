/* From method and path to a route; what the table itself must keep to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http.h"
#include "http/route_tree.h"

static struct route_tree *tree;

static enum found find(const char *method, const char *path, struct request *rq)
{
	memset(rq, 0, sizeof(*rq));
	return route_find(tree, method, path, rq);
}

static void every_route_is_found(void **state)
{
	struct request rq;

	for (size_t i = 0; i < n_routes; i++) {
		assert_int_equal(find(routes[i].method, routes[i].path, &rq), FOUND_ROUTE);
		assert_ptr_equal(rq.route, &routes[i]);
	}
}

static void parameters_are_taken(void **state)
{
	struct request rq;

	assert_int_equal(find("POST", "/api/v1/records/ticket/12/do/accept", &rq), FOUND_ROUTE);
	assert_string_equal(request_param(&rq, "type"), "ticket");
	assert_string_equal(request_param(&rq, "id"), "12");
	assert_string_equal(request_param(&rq, "transition"), "accept");
	assert_string_equal(request_param(&rq, "other"), "");
}

static void others_are_not(void **state)
{
	static const char *const none[] = {"",
	                                   "/",
	                                   "/api",
	                                   "/api/v1",
	                                   "/api/v1/",
	                                   "/api/v1/records",
	                                   "/api/v1/records/",
	                                   "/api/v1/records/ticket/",
	                                   "/api/v1/records//12",
	                                   "/api/v1/hello/",
	                                   "/api/v1/hell",
	                                   "/api/v1/helloo",
	                                   "/api/v1/records/ticket/1/2/3/4/5",
	                                   "//api/v1/hello"};
	char name_too_long[200] = "/api/v1/records/";
	struct request rq;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(find("GET", none[i], &rq), FOUND_NO_PATH);
	memset(name_too_long + 16, 'a', 150);
	assert_int_equal(find("GET", name_too_long, &rq), FOUND_NO_PATH);
	assert_int_equal(find("DELETE", "/api/v1/hello", &rq), FOUND_NO_METHOD);
	assert_int_equal(find("BREW", "/api/v1/hello", &rq), FOUND_NO_METHOD);
}

static void the_table_says_all(void **state)
{
	for (size_t i = 0; i < n_routes; i++) {
		const struct route *r = &routes[i];
		unsigned bodies = r->flags & (ROUTE_BODY_JSON | ROUTE_BODY_FILE | ROUTE_BODY_NONE);

		assert_true(r->doc != NULL && r->doc[0] != '\0' && r->tag != NULL && r->fn != NULL);
		assert_true(bodies != 0 && (bodies & (bodies - 1)) == 0); /* one kind of body */
		assert_true(!(r->flags & ROUTE_BODY_JSON) || r->body != NULL);
		if (strcmp(r->method, "GET") == 0)
			assert_int_equal(bodies, ROUTE_BODY_NONE);
	}
}

static void comma_lists(void **state)
{
	assert_true(name_in_list("where,sort", "where"));
	assert_true(name_in_list("where,sort", "sort"));
	assert_false(name_in_list("where,sort", "wher"));
	assert_false(name_in_list("where,sort", "sorts"));
	assert_false(name_in_list("where,sort", ""));
	assert_false(name_in_list(NULL, "where"));
}

static void loopback(void **state)
{
	assert_true(http_is_loopback("127.0.0.1"));
	assert_true(http_is_loopback("127.9.9.9"));
	assert_true(http_is_loopback("::1"));
	assert_false(http_is_loopback("10.0.0.1"));
	assert_false(http_is_loopback("::"));
	assert_false(http_is_loopback("localhost.evil.example"));
}

static int open_tree(void **state)
{
	tree = route_tree_new(routes, n_routes);
	return 0;
}

static int close_tree(void **state)
{
	route_tree_free(tree);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_route_is_found), cmocka_unit_test(parameters_are_taken),
	        cmocka_unit_test(others_are_not),       cmocka_unit_test(the_table_says_all),
	        cmocka_unit_test(comma_lists),          cmocka_unit_test(loopback),
	};

	return cmocka_run_group_tests(tests, open_tree, close_tree);
}

/* The corpus of computed values: each text gives its JSON form and its value; what is wrong is refused with its reason.
 * The browser's evaluator runs the same cases.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/ctx.h"
#include "model/compute.h"
#include "model/pack.h"
#include "model/value_text.h"
#include "model/who.h"

static const char pack_yaml[] = "pack: sheets\nlabel: Sheets\nversion: \"1\"\nneeds: [core]\n";
static const char sheet_yaml[] = "type: sheet\nlabel: Sheet\ntitle: name\nfields:\n"
                                 "  name: {kind: text, label: Name}\n"
                                 "  a: {kind: number, label: A}\n"
                                 "  b: {kind: number, label: B, scale: 3}\n"
                                 "  m: {kind: money, label: M}\n"
                                 "  n: {kind: money, label: N}\n"
                                 "  f: {kind: flag, label: F}\n"
                                 "  lines: {kind: table, label: Lines, of: {what: {kind: text, label: What}, qty: "
                                 "{kind: number, label: Q, scale: 3},\n"
                                 "          price: {kind: money, label: P}, amount: {kind: money, label: A}}}\n"
                                 "access: {agent: {read: all, write: all, create: true}}\n";

struct world {
	struct arena *arena;
	struct model *model;
	const struct type *sheet;
	json_t *corpus;
};

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct pack_text *core, texts[100];
	struct pack_report report;
	size_t n;
	char why[200];
	w->arena = arena_new((size_t)64 << 20);
	assert_int_equal(pack_read_dir(w->arena, SMALL_PACKS, "", &core, &n, why, sizeof(why)), ERR_OK);
	memcpy(texts, core, n * sizeof(*core));
	texts[n++] = (struct pack_text){"sheets", "pack.yaml", pack_yaml, sizeof(pack_yaml) - 1};
	texts[n++] = (struct pack_text){"sheets", "types/sheet.yaml", sheet_yaml, sizeof(sheet_yaml) - 1};
	assert_int_equal(model_load(w->arena, texts, n, &w->model, &report), ERR_OK);
	w->sheet = model_type(w->model, "sheet");
	w->corpus = json_load_file(CORPUS, 0, NULL);
	assert_non_null(w->corpus);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	json_decref(w->corpus);
	model_unref(w->model);
	arena_free(w->arena);
	test_free(w);
	return 0;
}

static struct compute *parsed(struct world *w, const json_t *one, const char **ret_why)
{
	const char *text = json_string_value(json_object_get(one, "compute"));
	const struct field *lines = type_field(w->sheet, "lines");
	return compute_parse(w->arena, w->sheet, json_is_true(json_object_get(one, "line")) ? lines : NULL, text,
	                     ret_why);
}

static void check_json(struct world *w, const struct compute *c, const json_t *one)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, w->arena, 10000);
	json_out_init(&out, &b);
	compute_write_json(&out, c);
	json_t *said = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
	if (!json_equal(said, json_object_get(one, "json")))
		fail_msg("%s: %.*s", json_string_value(json_object_get(one, "compute")), (int)b.len, b.data);
	json_decref(said);
}

static void check_value(struct world *w, const struct compute *c, const json_t *one)
{
	const struct who system = {.system = true};
	struct ctx ctx = {.arena = w->arena, .model = w->model, .who = &system};
	struct record *r = record_new(w->arena, w->sheet);
	const char *text = json_string_value(json_object_get(one, "compute"));
	const char *is = json_string_value(json_object_get(one, "is"));
	int scale = (int)json_integer_value(json_object_get(one, "scale"));
	struct value v = value_empty();
	int64_t want;
	assert_int_equal(record_from_json(&ctx, r, json_object_get(one, "values"), NULL), ERR_OK);
	const struct record_lines *lines = &r->lines[type_field(w->sheet, "lines")->at];
	bool fits = compute_value(c, r, json_is_true(json_object_get(one, "line")) ? &lines->list[0] : NULL, scale, &v);
	if (is != NULL && strcmp(is, "too_large") == 0) {
		if (fits)
			fail_msg("%s: %lld, not too large", text, (long long)v.i);
		return;
	}
	if (!fits)
		fail_msg("%s: too large", text);
	if (is == NULL) {
		if (v.kind != VALUE_EMPTY)
			fail_msg("%s: %lld, not empty", text, (long long)v.i);
		return;
	}
	assert_int_equal(decimal_parse(is, scale, &want), DECIMAL_OK);
	if (v.kind != VALUE_INT || v.i != want)
		fail_msg("%s: %lld, not %lld", text, (long long)v.i, (long long)want);
}

static void test_cases(void **state)
{
	struct world *w = *state;
	const json_t *cases = json_object_get(w->corpus, "cases");
	assert_true(json_array_size(cases) >= 30);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *one = json_array_get(cases, i);
		const char *why;
		struct compute *c = parsed(w, one, &why);
		if (c == NULL)
			fail_msg("%s: %s", json_string_value(json_object_get(one, "compute")), why);
		check_json(w, c, one);
		check_value(w, c, one);
	}
}

static void test_fails(void **state)
{
	struct world *w = *state;
	const json_t *fails = json_object_get(w->corpus, "fails");
	assert_true(json_array_size(fails) >= 20);
	for (size_t i = 0; i < json_array_size(fails); i++) {
		const json_t *one = json_array_get(fails, i);
		const char *why, *want = json_string_value(json_object_get(one, "why"));
		struct compute *c = parsed(w, one, &why);
		if (c != NULL || why == NULL || strcmp(why, want) != 0)
			fail_msg("%s: %s, not %s", json_string_value(json_object_get(one, "compute")),
			         why ? why : "accepted", want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_fails)};
	return cmocka_run_group_tests(tests, setup, teardown);
}

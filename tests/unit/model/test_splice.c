/* One declaration in the text of a pack file: found, read out, changed, taken out; what is not part of it stays byte
 * for byte, be it in lines or in brackets, with comments anywhere, with CRLF, without a line feed at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limit.h"
#include "model/pack.h"
#include "model/splice.h"
#include "model/yaml_write.h"

static const struct yaml_doc doc = {"own", "some.yaml"};

static int start(void **state)
{
	*state = arena_new((size_t)512 << 20);
	return 0;
}

static int stop(void **state)
{
	arena_free(*state);
	return 0;
}

static struct spliced *open_text(struct arena *a, const char *text, size_t len)
{
	struct spliced *s = ARENA_NEW(a, struct spliced);
	struct yaml_fault fault;
	if (splice_open(a, &doc, text, len, s, &fault) != ERR_OK)
		fail_msg("%d:%d %s in\n%s", fault.line, fault.column, fault.message, text);
	return s;
}

static struct yaml_node *tree_of(struct arena *a, const char *text)
{
	return open_text(a, text, strlen(text))->root;
}

/* ---- a table of files --------------------------------------------------------------------------------- */

static const struct {
	const char *file, *section, *name;
	const char *text;  /* what it is when it stands alone */
	const char *put;   /* another, in its place */
	bool form;         /* not as a text, but as a form gives it */
	const char *after; /* and the file then */
} changes[] = {
        /* in lines, in brackets, between comments */
        {"# head\nduties:\n  # first\n  - {name: a, due: 1d}   # of a\n  # second\n  - {name: b, due: 2d}\n", "duties",
         "a", "{name: a, due: 1d}\n", "{name: a, due: 5d}", false,
         "# head\nduties:\n  # first\n  - {name: a, due: 5d}   # of a\n  # second\n  - {name: b, due: 2d}\n"},
        {"duties:\n  - name: a   # its name\n    due: 1d\n  - name: b\n    due: 2d", "duties", "b",
         "name: b\ndue: 2d\n", "name: b\ndue: 3d\nlabel: 乙\n", false,
         "duties:\n  - name: a   # its name\n    due: 1d\n  - name: b\n    due: 3d\n    label: 乙"},
        {"duties:\n- name: a\n  # inside\n  due: 1d\n\n# behind\n", "duties", "a", "name: a\n# inside\ndue: 1d\n",
         "{name: a, due: 4d}", false, "duties:\n- {name: a, due: 4d}\n\n# behind\n"},
        {"duties: [{name: a, due: 1d}, {name: b, due: 2d}]  # both\n", "duties", "b", "{name: b, due: 2d}\n",
         "name: b\ndue: 9d\n", false, "duties: [{name: a, due: 1d}, {name: b, due: 9d}]  # both\n"},
        /* a key of a map */
        {"extend: t\nclocks:\n  x: {target: [{is: 1d}]}   # x\n  y: {target: [{is: 2d}]}\n", "clocks", "x",
         "{target: [{is: 1d}]}\n", "label: 甲\ntarget:\n  - {is: 3d}\n", false,
         "extend: t\nclocks:\n  x:\n    label: 甲\n    target:\n      - {is: 3d}   # x\n  y: {target: [{is: 2d}]}\n"},
        {"clocks:\n  x:\n    target: [{is: 1d}]\n    warn: 80\n  y: {}\n", "clocks", "x",
         "target: [{is: 1d}]\nwarn: 80\n", "{target: [{is: 1d}]}", false,
         "clocks:\n  x: {target: [{is: 1d}]}\n  y: {}\n"},
        /* as a form: only what differs is written */
        {"duties:\n  - {name: a, due: 1d,   # why\n     off: true}\n  - {name: b}\n", "duties", "a", NULL,
         "{\"name\":\"a\",\"due\":\"2d\",\"off\":true}", true,
         "duties:\n  - {name: a, due: 2d,   # why\n     off: true}\n  - {name: b}\n"},
        {"duties:\n  - {name: a, due: 1d}\n", "duties", "a", NULL, "{\"name\":\"a\",\"due\":\"1d\",\"off\":true}", true,
         "duties:\n  - {name: a, due: 1d, off: true}\n"},
        {"duties:\n  - {name: a, off: true, due: 1d}\n", "duties", "a", NULL, "{\"name\":\"a\",\"due\":\"1d\"}", true,
         "duties:\n  - {name: a, due: 1d}\n"},
        {"duties:\n  - name: a   # n\n    off: true   # o\n    due: 1d   # d\n", "duties", "a", NULL,
         "{\"name\":\"a\",\"due\":\"1d\",\"source\":\"N01\"}", true,
         "duties:\n  - name: a   # n\n    due: 1d   # d\n    source: N01\n"},
        {"calendar: c   # ours\nhours:\n  - {days: [mon], from: \"09:00\", to: \"12:00\"}\nholidays: [cn]\n",
         "calendars", "c",
         "calendar: c   # ours\nhours:\n  - {days: [mon], from: \"09:00\", to: \"12:00\"}\nholidays: [cn]\n",
         "{\"calendar\":\"c\",\"hours\":[{\"days\":[\"mon\"],\"from\":\"09:00\",\"to\":\"12:30\"},"
         "{\"days\":[\"tue\"],\"from\":\"10:00\",\"to\":\"12:00\"}],\"holidays\":[\"cn\"]}",
         true,
         "calendar: c   # ours\nhours:\n  - {days: [mon], from: \"09:00\", to: \"12:30\"}\n"
         "  - {days: [tue], from: \"10:00\", to: \"12:00\"}\nholidays: [cn]\n"},
        {"holidays: cn\ndays:\n  - {date: 2026-10-01, off: true}\n  # the second\n  - {date: 2026-10-02, off: true}\n"
         "  - {date: 2026-10-03, off: true}\n",
         "holidays", "cn", NULL,
         "{\"holidays\":\"cn\",\"days\":[{\"date\":\"2026-10-01\",\"off\":true},{\"date\":\"2026-10-03\",\"off\":true}]"
         "}",
         true,
         "holidays: cn\ndays:\n  - {date: 2026-10-01, off: true}\n  # the second\n  - {date: 2026-10-03, off: true}\n"},
        {"notice: n\r\ntext:\r\n  zh: 早\r\n  en: Hi\r\n", "notices", "n", NULL,
         "{\"notice\":\"n\",\"text\":{\"zh\":\"早\",\"en\":\"Hello: you\"},\"label\":\"问候\"}", true,
         "notice: n\r\ntext:\r\n  zh: 早\r\n  en: \"Hello: you\"\r\nlabel: 问候\r\n"},
        {"notice: n\ntext: |\n  one\n  two\nlabel: 问\n", "notices", "n", NULL,
         "{\"notice\":\"n\",\"text\":\"one\\nthree\\n\",\"label\":\"问\"}", true,
         "notice: n\ntext: |\n  one\n  three\nlabel: 问\n"},
        {"rule: r\ntype: t\non: created\ndo:\n  - {set: {a: 1}}\n", "rules", "r", NULL,
         "{\"rule\":\"r\",\"type\":\"t\",\"on\":[\"created\",\"done:x\"],\"when\":\"a in (b, "
         "c)\",\"do\":[{\"set\":{\"a\":1}}]}",
         true, NULL},
        {"\xEF\xBB\xBF# 头 😀\nduties:\n  - {name: a, due: 1d}   # 甲\n", "duties", "a", "{name: a, due: 1d}\n",
         "{name: a, due: 2d}", false, "\xEF\xBB\xBF# 头 😀\nduties:\n  - {name: a, due: 2d}   # 甲\n"},
        {"---\nduties:\n\n  -   name: a\n      due: >\n        1d\n\n  - {name: b}\n...\n", "duties", "a", NULL,
         "{\"name\":\"a\",\"due\":\"3d\"}", true, NULL},
        /* a text that would break out of its place is written in brackets */
        {"duties:\n  - {name: a}\n", "duties", "a", NULL, "---\nname: a\ndue: 1d\n", false,
         "duties:\n  - {name: a, due: 1d}\n"},
        {"duties:\n  - {name: a}\n", "duties", "a", NULL, "name: a\nlabel: \"x\\n- {name: z}\"\n", false,
         "duties:\n  - name: a\n    label: \"x\\n- {name: z}\"\n"},
};

static struct yaml_node *sent(struct arena *a, size_t i)
{
	if (!changes[i].form)
		return tree_of(a, changes[i].put);
	json_t *j = json_loads(changes[i].put, 0, NULL);
	assert_non_null(j);
	struct yaml_node *n = yaml_from_json(a, j);
	json_decref(j);
	return n;
}

static void test_table(void **state)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct arena *a = *state;
		struct spliced *s = open_text(a, changes[i].file, strlen(changes[i].file));
		struct spot spot;
		const char *after;
		assert_true(splice_find(s, changes[i].section, changes[i].name, &spot));
		if (changes[i].text)
			assert_string_equal(splice_text(a, &spot), changes[i].text);
		struct yaml_node *tree = sent(a, i);
		assert_int_equal(splice_put(a, &spot, tree, changes[i].form ? NULL : changes[i].put, &after), ERR_OK);
		if (changes[i].after)
			assert_string_equal(after, changes[i].after);
		struct spliced *again = open_text(a, after, strlen(after));
		struct spot there;
		assert_true(splice_find(again, changes[i].section, changes[i].name, &there));
		assert_true(yaml_same(there.node, tree));
	}
}

static void test_take_out(void **state)
{
	static const struct {
		const char *file, *section, *name, *after;
	} table[] = {
	        {"duties:\n  # one\n  - {name: a}   # x\n  - {name: b}\n", "duties", "a",
	         "duties:\n  # one\n  - {name: b}\n"},
	        {"duties:\n  - {name: a}\n", "duties", "a", NULL},
	        {"extend: t\nclocks: {x: {warn: 0}}\n", "clocks", "x", NULL},
	        {"extend: t\nclocks:\n  x: {warn: 0}\nrules:\n  - {name: r}\n", "clocks", "x",
	         "extend: t\nclocks: {}\nrules:\n  - {name: r}\n"},
	        {"extend: t\nclocks: {x: {warn: 0}, y: {warn: 1}}\n", "clocks", "x",
	         "extend: t\nclocks: {y: {warn: 1}}\n"},
	        {"type: t\nrules:\n  - name: a\n    do: []\n  # of b\n  - name: b\n    do: []\nlabel: x\n", "rules",
	         "b", "type: t\nrules:\n  - name: a\n    do: []\n  # of b\nlabel: x\n"},
	        {"calendar: c\n", "calendars", "c", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct spliced *s = open_text(*state, table[i].file, strlen(table[i].file));
		struct spot spot;
		const char *after;
		assert_true(splice_find(s, table[i].section, table[i].name, &spot));
		assert_int_equal(splice_remove(*state, &spot, &after), ERR_OK);
		if (table[i].after)
			assert_string_equal(after, table[i].after);
		else
			assert_null(after);
	}
}

static void test_append(void **state)
{
	static const char *const table[][2] = {
	        {"duties:\n  - {name: a}   # x\n# end\n",
	         "duties:\n  - {name: a}   # x\n  - {name: z, due: 1d}\n# end\n"},
	        {"duties:\n- name: a\n  due: 1d", "duties:\n- name: a\n  due: 1d\n- {name: z, due: 1d}\n"},
	        {"duties: [{name: a}]\n", "duties: [{name: a}, {name: z, due: 1d}]\n"},
	        {"duties: []   # none\n", "duties: [{name: z, due: 1d}]   # none\n"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct spliced *s = open_text(*state, table[i][0], strlen(table[i][0]));
		struct spliced *want = open_text(*state, table[i][1], strlen(table[i][1])), *got;
		const char *after;
		assert_int_equal(splice_append(*state, s, "duties", tree_of(*state, "{name: z, due: 1d}"), &after),
		                 ERR_OK);
		got = open_text(*state, after, strlen(after));
		assert_true(yaml_same(got->root, want->root));
		assert_true(i > 1 || strcmp(after, table[i][1]) == 0);
	}
}

/* ---- every declaration of every pack ---------------------------------------------------------------------- */

static size_t tried;

static void outside_stays(const struct spliced *s, const struct spot *spot, const char *after)
{
	size_t head = splice_byte(s, spot->node->from), tail = s->len - splice_end(s, spot->node);
	if (spot->parent && spot->parent->kind == YAML_MAP)
		head = splice_byte(s, spot->parent->keys[spot->at]->to);
	assert_true(!spot->parent || memcmp(after, s->text, head) == 0);
	assert_true(!spot->parent || memcmp(after + strlen(after) - tail, s->text + s->len - tail, tail) == 0);
}

static struct yaml_node *with_key(struct arena *a, const struct yaml_node *map, const char *key, const char *value)
{
	json_t *j = yaml_to_json(map);
	json_object_set_new(j, key, json_string(value));
	struct yaml_node *n = yaml_from_json(a, j);
	json_decref(j);
	return n;
}

static void one_tried(struct arena *a, const struct spliced *s, const char *section, const char *name)
{
	struct spot spot;
	const char *after;
	assert_true(splice_find(s, section, name, &spot));
	/* Read out and put back it is the same text. */
	const char *alone = splice_text(a, &spot);
	struct yaml_node *tree = tree_of(a, alone);
	assert_true(yaml_same(tree, spot.node));
	assert_int_equal(splice_put(a, &spot, tree, alone, &after), ERR_OK);
	outside_stays(s, &spot, after);
	/* As a form that changes nothing: nothing changes. */
	json_t *j = yaml_to_json(spot.node);
	struct yaml_node *form = yaml_from_json(a, j);
	json_decref(j);
	assert_int_equal(splice_put(a, &spot, form, NULL, &after), ERR_OK);
	assert_int_equal(strlen(after), s->len);
	assert_memory_equal(after, s->text, s->len);
	/* As a form with another label, and with one key more. */
	assert_int_equal(splice_put(a, &spot, with_key(a, spot.node, "label", "另一个: {名称}"), NULL, &after), ERR_OK);
	outside_stays(s, &spot, after);
	assert_int_equal(splice_put(a, &spot, with_key(a, spot.node, "zzz", "# 新"), NULL, &after), ERR_OK);
	outside_stays(s, &spot, after);
	/* In brackets, in lines, and gone. */
	assert_int_equal(splice_put(a, &spot, tree, "{a: [", &after), ERR_OK);
	assert_int_equal(splice_remove(a, &spot, &after), ERR_OK);
	tried++;
}

static void file_tried(struct arena *a, const struct pack_text *t)
{
	static const char *const sections[] = {"clocks", "rules", "duties"};
	static const char *const files[][2] = {
	        {"calendars", "calendar"}, {"holidays", "holidays"}, {"notices", "notice"}, {"rules", "rule"}};
	struct spliced *s = open_text(a, t->body, t->len);
	for (size_t i = 0; i < 4; i++)
		if (strchr(t->path, '/') && strncmp(t->path, files[i][0], strlen(files[i][0])) == 0 &&
		    yaml_get(s->root, files[i][1]))
			one_tried(a, s, files[i][0], yaml_text(yaml_get(s->root, files[i][1])));
	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *all = yaml_get(s->root, sections[i]);
		for (size_t k = 0; all && k < all->n; k++)
			one_tried(a, s, sections[i],
			          all->kind == YAML_MAP ? all->keys[k]->text
			                                : yaml_text(yaml_get(all->items[k], "name")));
	}
}

static void test_packs(void **state)
{
	struct pack_text *texts;
	char why[256];
	size_t n;
	if (pack_read_dir(*state, SHIPPED_PACKS, "core service_desk office_building agency logistics", &texts, &n, why,
	                  sizeof why) != ERR_OK)
		fail_msg("%s", why);
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new((size_t)1 << 30);
		file_tried(a, &texts[i]);
		arena_free(a);
	}
	assert_true(tried > 100);
}

/* ---- what differs -------------------------------------------------------------------------------------------- */

static void test_diff(void **state)
{
	assert_string_equal(text_diff(*state, "f", "a\nb\n", "a\nb\n"), "");
	assert_string_equal(text_diff(*state, "f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
	                    "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
	assert_string_equal(text_diff(*state, "f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
	assert_string_equal(text_diff(*state, "f", "a\nx\n", ""), "--- f\n+++ f\n@@ -1,2 +0,0 @@\n-a\n-x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_take_out),
	                                   cmocka_unit_test(test_append), cmocka_unit_test(test_packs),
	                                   cmocka_unit_test(test_diff)};
	return cmocka_run_group_tests_name("splice", tests, start, stop);
}

/* base/text.h: folding, pinyin, lookup keys, masks and search tokens. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/utf8.h"

static struct arena *a;

static int setup(void **state)
{
	a = arena_new(64 << 20);
	return 0;
}

static int teardown(void **state)
{
	arena_free(a);
	return 0;
}

static void check(char *(*fn)(struct arena *arena, const char *s, size_t len), const char *in, const char *out)
{
	assert_string_equal(fn(a, in, strlen(in)), out);
}

static void test_valid(void **state)
{
	assert_true(text_valid("投诉 a", 8));
	assert_false(text_valid("a\0b", 3));
	static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xb8", "\xff", "\x80"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_valid(bad[i], strlen(bad[i])));
	assert_int_equal(text_chars("投诉a𠮷", 11), 4);
}

static void test_fold_clean(void **state)
{
	check(text_fold, "ＡＢＣ１２３", "abc123");
	check(text_fold, "投诉ABC", "投诉abc");
	check(text_fold, "Straße ﬁ É", "strasse fi é");
	check(text_fold, "\xff投", "投");
	check(text_clean, " \r\n a\r\nb\rc\x01\x7f\t　\n", "a\nb\nc");
	check(text_clean, "　　", "");
}

static void test_pinyin(void **state)
{
	check(text_pinyin, "张三", "zhangsan");
	check(text_initials, "张三", "zs");
	check(text_pinyin, "曾国藩", "zengguofan");
	check(text_pinyin, "单田芳", "shantianfang");
	check(text_pinyin, "解缙", "xiejin");
	check(text_pinyin, "仇英", "qiuying");
	check(text_pinyin, "区寄", "ouji");
	check(text_pinyin, "朴正", "piaozheng");
	check(text_pinyin, "查良镛", "zhaliangyong");
	check(text_pinyin, "尉迟恭", "yuchigong");
	check(text_pinyin, "万俟卨", "moqixie");
	check(text_initials, "万俟卨", "mqx");
	check(text_pinyin, "吕布", "lvbu");
	check(text_pinyin, "张 三", "zhangsan");
	check(text_pinyin, "Ｔom 李", "tomli");
	check(text_pinyin, "关于解决方案的说明", "guanyujiejuefangandeshuoming");
}

static int order(const char *x, const char *y)
{
	return strcmp(text_sort_key(a, x, strlen(x)), text_sort_key(a, y, strlen(y)));
}

static void test_sort_key(void **state)
{
	static const char *const sorted[] = {"1号",  "abc",  "阿宝", "白云", "陈二毛", "陈一",
	                                     "李四", "吕布", "王五", "曾国", "张三"};
	for (size_t i = 1; i < sizeof(sorted) / sizeof(sorted[0]); i++)
		if (order(sorted[i - 1], sorted[i]) >= 0)
			fail_msg("%s before %s", sorted[i - 1], sorted[i]);
	const char *long_text = "很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字";
	const char *key = text_sort_key(a, long_text, strlen(long_text));
	assert_true(strlen(key) <= 64);
	assert_true(text_valid(key, strlen(key)));
}

static void test_lookup_keys(void **state)
{
	check(text_plate, "川A·12345", "川a12345");
	check(text_plate, " 京AD 12345 ", "京ad12345");
	check(text_room, "3 栋 2 单元 1501", "3-2-1501");
	check(text_room, "三栋二单元1501室", "3-2-1501");
	check(text_room, "十二幢 A座 0803", "12-a-803");
	check(text_room, "二十三号楼一五〇一", "23-1501");
	check(text_room, "3-2-1501", "3-2-1501");
	check(text_room, "门口", "");
	check(text_code, "TS-2026/0001 号", "ts20260001");
	check(text_phone, "+86 138-1234-0021", "13812340021");
	check(text_phone, "0086 13812340021", "13812340021");
	check(text_phone, "8613812340021", "13812340021");
	check(text_phone, "(028) 8651 2345", "02886512345");
	check(text_phone, "138****0021", "");
	check(text_mask, "13812340021", "138****0021");
	check(text_mask, "张三", "张*");
	check(text_mask, "510101199001011234", "5101**********1234");
	check(text_mask, "a", "*");
	check(text_mask, "", "");
}

static const char *tokens(const char *s, bool singles)
{
	struct buf b;
	buf_init(&b, a, 1 << 20);
	text_tokens(&b, s, strlen(s), singles);
	return b.data;
}

static void test_tokens(void **state)
{
	assert_string_equal(tokens("空调漏水", false), "空调 调漏 漏水");
	assert_string_equal(tokens("空调", true), "空 空调 调");
	assert_string_equal(tokens("水", false), "水");
	assert_string_equal(tokens("Hello，WORLD_x a1", false), "hello world x a 1");
	assert_string_equal(tokens("0021", false), "0021 x0021");
	assert_string_equal(tokens("12", false), "12");
	assert_string_equal(tokens("86512345", false), "86512345 x86512345 x6512345 x512345 x12345 x2345");
	assert_string_equal(tokens("𠮷𠮷", false), "u020bb7u020bb7");
	assert_string_equal(tokens("。，!", false), "");
}

static void test_query(void **state)
{
	struct text_query q;
	text_query(a, "空调漏水", strlen("空调漏水"), &q);
	assert_int_equal(q.n_tokens, 3);
	assert_true(q.need_check);
	assert_string_equal(q.runs[0], "空调漏水");
	text_query(a, "空调 0021 Ab", strlen("空调 0021 Ab"), &q);
	assert_int_equal(q.n_tokens, 3);
	assert_false(q.need_check);
	assert_string_equal(q.tokens[1], "x0021");
	assert_string_equal(q.tokens[2], "ab");
	text_query(a, "水", 3, &q);
	assert_string_equal(q.tokens[0], "水");
	text_query(a, "?!", 2, &q);
	assert_int_equal(q.n_tokens, 0);
}

/* What a query asks for must be among the tokens of the text it was cut from. */
static void test_query_finds_own_text(void **state)
{
	static const char *const texts[] = {"投诉TS20261122-0001号", "13812340021", "a_b-c 张三丰",
	                                    "ひらがなカタカナ한국어", "naïve 3.5kg 𠮷野家"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct text_query q;
		const char *all = arena_printf(a, " %s ", tokens(texts[i], true));
		text_query(a, texts[i], strlen(texts[i]), &q);
		assert_true(q.n_tokens > 0);
		for (size_t t = 0; t < q.n_tokens; t++)
			if (strstr(all, arena_printf(a, " %s ", q.tokens[t])) == NULL)
				fail_msg("%s: %s is not in%s", texts[i], q.tokens[t], all);
	}
}

static void test_mend(void **state)
{
	char cut[32], whole[] = "张三 a", none[] = "\xe5\xbc";
	snprintf(cut, sizeof(cut), "«%.4s» 之后", "张三");
	assert_string_equal(text_mend(cut), "«张» 之后");
	assert_string_equal(text_mend(whole), "张三 a");
	assert_string_equal(text_mend(none), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_mend),
	        cmocka_unit_test(test_valid),
	        cmocka_unit_test(test_fold_clean),
	        cmocka_unit_test(test_pinyin),
	        cmocka_unit_test(test_sort_key),
	        cmocka_unit_test(test_lookup_keys),
	        cmocka_unit_test(test_tokens),
	        cmocka_unit_test(test_query),
	        cmocka_unit_test(test_query_finds_own_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

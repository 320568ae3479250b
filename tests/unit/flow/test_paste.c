/* What is pasted from a chat: phones, names, addresses, plates and order numbers land in their fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/flow.h"

enum { OUT_BYTES = 64 << 10 };

struct paste_case {
	const char *text;
	const char *found[8]; /* "field=value", NULL-ended */
	const char *rest;     /* NULL: any */
};

static const struct paste_case cases[] = {
        {"张三 13812340021 成都市高新区天府大道100号3栋2单元1501",
         {"mobile=13812340021", "name=张三", "address=成都市高新区天府大道100号3栋2单元1501"},
         ""},
        {"收货人：欧阳娜娜\n联系电话：+86 138-1234-0021\n收货地址：四川省成都市武侯区人民南路四段55号\n空调不制冷",
         {"mobile=13812340021", "name=欧阳娜娜", "address=四川省成都市武侯区人民南路四段55号"},
         "空调不制冷"},
        {"我叫王小明，车牌川A·12345，028-85512233 打不通打 400-800-1234",
         {"phone=02885512233", "phone=4008001234", "plate=川A·12345", "name=王小明"},
         NULL},
        {"订单号：DD20260318-7751，手机13800138000", {"mobile=13800138000", "order_no=DD20260318-7751"}, NULL},
        {"运单 SF1234567890123 三天没动静", {"order_no=SF1234567890123"}, NULL},
        {"今天天气不错，你们几点下班？", {NULL}, "今天天气不错，你们几点下班？"},
        {"型号 KFR-35GW，用了 12 年", {NULL}, NULL},
        {"", {NULL}, ""},
        {"13812340021", {"mobile=13812340021"}, ""},
        {"地址：", {NULL}, NULL},
        {"电话：138 1234 0021 13900010001", {"mobile=13812340021", "mobile=13900010001"}, NULL},
};

static struct ctx *paste_ctx(void **state)
{
	struct ctx *ctx = *state;
	ctx_forget(ctx);
	return ctx;
}

static const char *paste(struct ctx *ctx, const char *text)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, OUT_BYTES);
	json_out_init(&out, &b);
	assert_int_equal(intake_paste(ctx, text, strlen(text), &out), ERR_OK);
	return b.data;
}

static bool has(const json_t *found, const char *wanted)
{
	size_t i;
	const json_t *f;
	json_array_foreach(found, i, f)
	{
		const char *field = json_string_value(json_object_get(f, "field"));
		const char *value = json_string_value(json_object_get(f, "value"));
		size_t n = strlen(field);
		if (strncmp(wanted, field, n) == 0 && wanted[n] == '=' && strcmp(wanted + n + 1, value) == 0)
			return true;
	}
	return false;
}

static void test_cases(void **state)
{
	struct ctx *ctx = paste_ctx(state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *answer = paste(ctx, cases[i].text);
		json_t *j;
		size_t n = 0;
		assert_int_equal(json_parse(ctx, answer, strlen(answer), &j), ERR_OK);
		const json_t *found = json_object_get(j, "found");
		for (; n < 8 && cases[i].found[n] != NULL; n++)
			if (!has(found, cases[i].found[n]))
				fail_msg("%s: %s is not in %s", cases[i].text, cases[i].found[n], answer);
		if (json_array_size(found) != n)
			fail_msg("%s: more was found than there is: %s", cases[i].text, answer);
		if (cases[i].rest != NULL)
			assert_string_equal(json_string_value(json_object_get(j, "rest")), cases[i].rest);
	}
}

/* Whatever is cut where: it ends, and what it says is text. */
static void test_pieces(void **state)
{
	struct ctx *ctx = paste_ctx(state);
	static const char whole[] = "姓名：李四 手机:138 1234 0021 地址：川A·12345 省市区路号栋 DD20260318 我叫";
	for (size_t from = 0; from < sizeof(whole) - 1; from++) {
		if (((unsigned char)whole[from] & 0xC0) == 0x80)
			continue;
		for (size_t to = from; to <= sizeof(whole) - 1; to++) {
			json_t *j;
			if (((unsigned char)whole[to] & 0xC0) == 0x80)
				continue;
			const char *answer = paste(ctx, arena_strndup(ctx->arena, whole + from, to - from));
			assert_int_equal(json_parse(ctx, answer, strlen(answer), &j), ERR_OK);
		}
	}
}

static int setup(void **state)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct ctx *ctx = ARENA_NEW(a, struct ctx);
	ctx->arena = a;
	ctx->origin = "";
	*state = ctx;
	return 0;
}

static int teardown(void **state)
{
	struct ctx *ctx = *state;
	arena_free(ctx->arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_cases),
	        cmocka_unit_test(test_pieces),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

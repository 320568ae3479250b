/* Printed forms: what stands on the paper, for whom, and the paper itself. */
#include <sys/wait.h>

#include "office.h"
#include "report/print.h"

struct asked {
	const struct type *type;
	int64_t id;
	const char *form;
};

static enum err print_fn(struct ctx *ctx, void *arg, struct json_out *out)
{
	struct asked *a = arg;
	return print_content(ctx, a->type, a->id, a->form, out);
}

static json_t *content(struct office *o, int64_t user, const struct type *t, int64_t id, const char *form)
{
	struct asked a = {t, id, form};
	json_t *j;
	OK(&o->house, office_json(o, user, print_fn, &a, &j));
	return j;
}

/* The text beside a label, NULL if there is no such cell. */
static const char *text_at(const json_t *form, const char *label)
{
	size_t i, k;
	json_t *row, *cell;
	json_array_foreach(json_object_get(form, "rows"), i, row) json_array_foreach(row, k, cell)
	{
		const char *own = json_string_value(json_object_get(cell, "label"));
		if (own != NULL && strcmp(own, label) == 0)
			return json_string_value(json_object_get(cell, "text"));
	}
	return NULL;
}

static bool holds(const json_t *form, const char *word)
{
	char *dump = json_dumps(form, 0);
	bool found = strstr(dump, word) != NULL;
	free(dump);
	return found;
}

static int64_t complaint(struct office *o, const char *said)
{
	int64_t id,
	        c = office_made(o, "customer", "{\"name\":\"张三\",\"mobile\":\"13812340021\",\"personality\":\"急\"}");
	OK(&o->house, house_create(&o->house, o->agent, "complaint",
	                           arena_printf(o->house.arena,
	                                        "{\"customer\":\"%lld\",\"complainant\":\"张三\",\"contact_phone\":"
	                                        "\"13812340021\",\"channel\":\"phone\",\"object\":\"物业\","
	                                        "\"content\":\"%s\",\"demand\":\"道歉\",\"class\":\"service\","
	                                        "\"reasonable\":\"reasonable\",\"risk_note\":\"可能上网发帖\"}",
	                                        (long long)c, said),
	                           &id));
	return id;
}

static void test_content(void **state)
{
	OFFICE;
	int64_t id = complaint(o, "夜间噪音");
	const struct type *t = model_type(h->model, "complaint");
	json_t *form = content(o, o->agent, t, id, "complaint_form");
	assert_string_equal(json_string_value(json_object_get(form, "title")), "客户投诉处理单");
	assert_string_equal(json_string_value(json_object_get(form, "number")), "TS20261123-0001");
	assert_string_equal(json_string_value(json_object_get(form, "by")), "李婷");
	assert_string_equal(json_string_value(json_object_get(form, "at")), "2026-11-23 10:00");
	assert_string_equal(text_at(form, "投诉内容"), "夜间噪音");
	assert_string_equal(text_at(form, "投诉渠道"), "电话");
	assert_string_equal(text_at(form, "登记人"), "李婷");
	assert_string_equal(text_at(form, "总结评价"), "");
	assert_string_equal(text_at(form, "联系电话"), "13812340021"); /* he has it in hand */
	assert_string_equal(text_at(content(o, o->manager, t, id, "complaint_form"), "联系电话"), "138****0021");
	/* Only who may read it, and only forms there are. */
	struct asked none = {t, id, "complaint_form"}, other = {t, id, "nothing"};
	json_t *j;
	assert_int_equal(office_json(o, o->worker, print_fn, &none, &j), ERR_NOT_FOUND);
	assert_int_equal(office_json(o, o->agent, print_fn, &other, &j), ERR_NOT_FOUND);
}

/* A form that asks for what must not be printed gets nothing there, whoever prints. */
static void test_confidential(void **state)
{
	OFFICE;
	int64_t id = complaint(o, "夜间噪音");
	static const char grid[] =
	        "title: 试\ngrid:\n  - [{label: 风险, field: risk_note}, {label: 合理, field: reasonable}]\n"
	        "  - [{label: 性格, field: customer.personality}, {label: 手机, field: customer.mobile}, {label: 姓名, "
	        "field: customer.name}]\n"
	        "  - [{label: 收入, field: customer.income}, {label: 没有, field: nothing}, {label: 也没有, field: "
	        "customer.nothing}]\n"
	        "  - [{text: 说明文字, span: 12}]\n  - [{field: content, lines: 3}]\n";
	struct print_form form = {.name = "trial", .label = {.zh = "试"}, .path = "print/trial.yaml", .body = grid};
	struct type t = *model_type(h->model, "complaint");
	t.prints = &form;
	t.n_prints = 1;
	json_t *j = content(o, o->agent, &t, id, "trial");
	assert_string_equal(text_at(j, "风险"), "");
	assert_string_equal(text_at(j, "合理"), "");
	assert_string_equal(text_at(j, "性格"), "");
	assert_string_equal(text_at(j, "姓名"), "张三"); /* behind a link */
	assert_string_equal(text_at(j, "手机"), "13812340021");
	assert_string_equal(text_at(j, "收入"), "");
	assert_string_equal(text_at(j, "没有"), "");
	assert_string_equal(text_at(j, "投诉内容"), "夜间噪音"); /* the field's own label */
	assert_true(holds(j, "说明文字"));
	assert_false(holds(j, "发帖"));
	assert_string_equal(text_at(content(o, o->manager, &t, id, "trial"), "手机"), "138****0021");
}

static void test_tables(void **state)
{
	OFFICE;
	int64_t id;
	OK(h, house_create(h, o->agent, "contact",
	                   "{\"channel\":\"phone\",\"phone\":\"13812340021\",\"matters\":[{\"type\":\"inquiry\","
	                   "\"content\":\"几点开门\",\"solved_now\":true,\"answer\":\"九点\"},"
	                   "{\"type\":\"praise\",\"content\":\"师傅很好\"}]}",
	                   &id));
	json_t *form = content(o, o->agent, model_type(h->model, "contact"), id, "service_call");
	assert_true(holds(form, "[\"咨询\""));
	assert_true(holds(form, "几点开门"));
	assert_true(holds(form, "师傅很好"));
}

/* ---- paper ------------------------------------------------------------------------------------------- */

/* Drawn as the server does it: in a process of its own. */
static int draw_in_child(const char *json, const char *path)
{
	int status;
	pid_t child = fork();
	if (child == 0)
		_exit(draw_form(json, strlen(json), path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const char *drawn(struct office *o, const char *json)
{
	assert_int_equal(draw_in_child(json, o->path), 0);
	const char *argv[] = {"pdftotext", "-layout", o->path, "-", NULL};
	return office_command(o, argv, 0);
}

static int pages(struct office *o)
{
	const char *argv[] = {"pdfinfo", o->path, NULL};
	const char *info = office_command(o, argv, 0);
	assert_non_null(strstr(info, "A4"));
	return (int)strtol(strstr(info, "Pages:") + 6, NULL, 10);
}

static void test_paper(void **state)
{
	OFFICE;
	int64_t id = complaint(o, "夜间噪音很大");
	char *json = json_dumps(content(o, o->agent, model_type(h->model, "complaint"), id, "complaint_form"), 0);
	const char *text = drawn(o, json);
	static const char *const words[] = {"客户投诉处理单", "TS20261123-0001", "夜间噪音很大", "张三",
	                                    "13812340021",    "经办人签字",      "客户签字"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]) == NULL)
			fail_msg("%s is not on the paper:\n%s", words[i], text);
	free(json);
}

/* A text longer than a page goes on over it, whole. */
static void test_long_text(void **state)
{
	OFFICE;
	struct buf b;
	buf_init(&b, h->arena, 1 << 20);
	for (int i = 0; i < 400; i++)
		buf_printf(&b, "第%d句话说明情况。", i);
	int64_t id = complaint(o, b.data);
	char *json = json_dumps(content(o, o->agent, model_type(h->model, "complaint"), id, "complaint_form"), 0);
	char *plain = arena_strdup(h->arena, drawn(o, json)), *to = plain;
	for (const char *from = plain; *from != '\0'; from++)
		if (*from != ' ' && *from != '\n' && *from != '\f')
			*to++ = *from;
	*to = '\0';
	assert_true(pages(o) >= 2);
	for (int i = 0; i < 400; i += 7)
		if (strstr(plain, arena_printf(h->arena, "%d句话", i)) == NULL)
			fail_msg("sentence %d is lost", i);
	free(json);
}

static void test_rows_of_paper(void **state)
{
	OFFICE;
	struct buf b;
	buf_init(&b, h->arena, 1 << 20);
	buf_str(&b, "{\"title\":\"表\",\"organisation\":\"公司\",\"number\":\"1\",\"at\":\"\",\"by\":\"\",\"lang\":"
	            "\"zh\",\"rows\":[[{\"table\":{\"label\":\"行\",\"heads\":[\"序\",\"内容\"],\"rows\":[");
	for (int i = 0; i < 120; i++)
		buf_printf(&b, "%s[\"R%d\",\"内容\\n两行\"]", i ? "," : "", i);
	buf_str(&b, "]}}],[{\"span\":6,\"sign\":\"签字\"},{\"span\":6,\"sign\":\"签字\"}]]}");
	const char *text = drawn(o, b.data);
	for (int i = 0; i < 120; i++)
		assert_non_null(strstr(text, arena_printf(h->arena, "R%d ", i)));
	assert_true(pages(o) > 2);
	/* What is no form is refused, and nothing crashes on an empty one. */
	assert_int_equal(draw_in_child("[]", o->path), 1);
	assert_int_equal(draw_in_child("{", o->path), 1);
	drawn(o, "{}");
	drawn(o, "{\"rows\":[[],[{}],[{\"table\":{}}],[{\"span\":99,\"text\":\"x\"},{\"span\":-4,\"sign\":\"y\"}],7,"
	         "\"x\",[[]]]}");
	assert_int_equal(draw_in_child("{}", "/nonexistent/file.pdf"), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)
	const struct CMUnitTest tests[] = {
	        T(test_content), T(test_confidential), T(test_tables),
	        T(test_paper),   T(test_long_text),    T(test_rows_of_paper),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lookup, search and glance: found by what one knows, and never what is not his. */
#include "place.h"

struct asked {
	const char *type, *words, *after;
	size_t limit;
	int64_t customer;
	json_t *answer;
};

static enum err lookup(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;
	struct json_out *out = place_out(ctx);
	TRY(lookup_write_json(ctx, model_type(ctx->model, a->type), a->words, a->limit, out));
	return json_parse(ctx, out->buf->data, out->buf->len, &a->answer);
}

static enum err search(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;
	struct json_out *out = place_out(ctx);
	TRY(search_write_json(ctx, a->words, a->type ? model_type(ctx->model, a->type) : NULL, a->after, a->limit,
	                      out));
	return json_parse(ctx, out->buf->data, out->buf->len, &a->answer);
}

static enum err glance(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;
	struct json_out *out = place_out(ctx);
	TRY(glance_write_json(ctx, a->customer, out));
	return json_parse(ctx, out->buf->data, out->buf->len, &a->answer);
}

static const json_t *hits_of(struct place *p, int64_t user, const char *words)
{
	struct asked a = {.type = "customer", .words = words, .limit = 20};
	place_read(place_ctx(p, user), lookup, &a);
	return json_object_get(a.answer, "hits");
}

static const char *text(const json_t *hits, size_t at, const char *key)
{
	const char *s = json_string_value(json_object_get(json_array_get(hits, at), key));
	return s ? s : "";
}

static void found(struct place *p, int64_t user, const char *words, const char *label, const char *why)
{
	const json_t *hits = hits_of(p, user, words);
	if (json_array_size(hits) == 0 || strcmp(text(hits, 0, "label"), label) != 0 ||
	    strcmp(text(hits, 0, "why"), why) != 0)
		fail_msg("%s: %zu hits, %s by %s; %s by %s is wanted", words, json_array_size(hits),
		         text(hits, 0, "label"), text(hits, 0, "why"), label, why);
}

static void test_lookup(void **state)
{
	struct place *p = *state;
	found(p, p->li, "13812340020", "张三", "phone");
	found(p, p->li, "0021", "张珊", "phone");
	found(p, p->li, "+86 138-1234-0022", "李四", "phone");
	found(p, p->li, "张三", "张三", "name");
	found(p, p->li, "lisi", "李四", "pinyin");
	found(p, p->li, "lis", "李四", "pinyin");
	found(p, p->li, "wj", "吴九", "pinyin");
	found(p, p->li, "kh0004", "成都某某物业公司", "code");
	found(p, p->li, "物业公司", "成都某某物业公司", "name");
	found(p, p->li, "川A12002", "李四", "plate");
	found(p, p->li, "3 栋 2 单元 1503", "王五", "room");
	found(p, p->li, "smi", "Smith", "name");
}

static enum err readable(struct ctx *ctx, void *arg)
{
	struct record *r;
	TRY(record_load(ctx, ctx->model->customer, *(int64_t *)arg, &r));
	return access_check(ctx, r, ACCESS_READ);
}

static void test_lookup_order_and_masks(void **state)
{
	struct place *p = *state;
	const json_t *hits = hits_of(p, p->li, "zs");
	assert_int_equal(json_array_size(hits), 3); /* 张三, 张珊, 郑十 */
	hits = hits_of(p, p->li, "张三");
	assert_int_equal(json_array_size(hits), 1);
	const json_t *fields = json_object_get(json_array_get(hits, 0), "fields");
	assert_string_equal(json_string_value(json_object_get(json_object_get(fields, "mobile"), "masked")),
	                    "138****0020");
	assert_null(json_object_get(fields, "income"));
	const json_t *warnings = json_object_get(json_array_get(hits, 0), "warnings");
	assert_string_equal(text(warnings, 0, "code"), "vip");
	/* Masked: by a tail of four digits or the whole number, not by less, nor by its beginning. */
	assert_int_equal(json_array_size(hits_of(p, p->li, "021")), 0);
	assert_int_equal(json_array_size(hits_of(p, p->li, "138123400")), 0);
	assert_int_equal(json_array_size(hits_of(p, p->li, "")), 0);
	/* Who may not read a customer does not find him. */
	static const size_t named_zs[] = {0, 1, 10};
	size_t may_read = 0;
	for (size_t i = 0; i < 3; i++)
		may_read += store_read(place_ctx(p, p->zhao), readable, &p->customers[named_zs[i]]) == ERR_OK;
	assert_int_equal(json_array_size(hits_of(p, p->zhao, "zs")), may_read);
}

static const json_t *searched(struct place *p, int64_t user, struct asked *a)
{
	if (a->limit == 0)
		a->limit = 20;
	place_read(place_ctx(p, user), search, a);
	return json_object_get(a->answer, "hits");
}

static struct record *loaded[TICKETS];

static enum err load_all(struct ctx *ctx, void *arg)
{
	struct place *p = arg;
	for (size_t i = 0; i < TICKETS; i++) {
		TRY(record_load(ctx, model_type(ctx->model, "ticket"), p->tickets[i], &loaded[i]));
		if (access_check(ctx, loaded[i], ACCESS_READ) != ERR_OK)
			loaded[i] = NULL;
	}
	return ERR_OK;
}

/*
 * All pages of a search give exactly the readable records with the words in them, none twice. Without a type the index
 * is asked with the user's keys or without them, as his access and what he finds suggest: both give the same.
 */
static void complete(struct place *p, int64_t user, const char *type, const char *words, const char *in_text)
{
	size_t want = 0, got = 0;
	int64_t ids[TICKETS];
	place_read(place_ctx(p, user), load_all, p);
	for (size_t i = 0; i < TICKETS; i++)
		want += loaded[i] != NULL && (strstr(record_text(loaded[i], "title"), in_text) != NULL ||
		                              strstr(record_text(loaded[i], "content"), in_text) != NULL);
	struct asked a = {.type = type, .words = words, .limit = 7};
	do {
		const json_t *hits = searched(p, user, &a);
		for (size_t i = 0; i < json_array_size(hits); i++) {
			int64_t id = 0;
			if (strcmp(text(hits, i, "type"), "ticket") != 0)
				continue;
			assert_true(id_parse(text(hits, i, "id"), &id));
			for (size_t k = 0; k < got; k++)
				assert_true(ids[k] != id);
			ids[got++] = id;
		}
		a.after = json_string_value(json_object_get(a.answer, "next"));
		assert_int_equal(a.after != NULL, json_is_true(json_object_get(a.answer, "more")));
	} while (a.after != NULL);
	if (got != want)
		fail_msg("%s: %zu found, %zu wanted", words, got, want);
}

static void test_search_is_complete(void **state)
{
	struct place *p = *state;
	const int64_t users[] = {0, p->li, p->wang, p->zhao, p->guest, p->many};
	static const char *const types[] = {"ticket", NULL};
	for (size_t u = 0; u < sizeof(users) / sizeof(users[0]); u++)
		for (size_t t = 0; t < 2; t++) {
			complete(p, users[u], types[t], "电梯", "电梯");
			complete(p, users[u], types[t], "漏", "漏");
			complete(p, users[u], types[t], "重复收费", "重复收费");
			complete(p, users[u], types[t], "收费重复", "收费重复");
			complete(p, users[u], types[t], "三号楼", "三号楼");
		}
}

static void test_search_shows(void **state)
{
	struct place *p = *state;
	struct asked a = {.words = "GD000017"};
	const json_t *hits = searched(p, p->wang, &a);
	assert_string_equal(text(hits, 0, "number"), "GD000017");
	assert_int_equal(json_integer_value(json_object_get(a.answer, "exact")), 1);
	a = (struct asked){.words = "13812340021"};
	hits = searched(p, p->wang, &a);
	assert_string_equal(text(hits, 0, "type"), "customer");
	assert_string_equal(text(hits, 0, "title"), "张珊");
	/* Titles come before texts, and the hit is marked as it was written. */
	a = (struct asked){.words = "电梯", .type = "ticket"};
	hits = searched(p, p->wang, &a);
	assert_non_null(strstr(text(hits, 0, "title"), "电梯"));
	const json_t *snippet = json_array_get(json_object_get(json_array_get(hits, 0), "snippets"), 0);
	assert_string_equal(json_string_value(json_object_get(snippet, "field")), "title");
	const json_t *part = json_array_get(json_object_get(snippet, "parts"), 0);
	assert_string_equal(json_string_value(json_object_get(part, "t")), "电梯");
	assert_true(json_is_true(json_object_get(part, "hit")));
	a = (struct asked){.words = "没有这样的词"};
	assert_int_equal(json_array_size(searched(p, p->wang, &a)), 0);
}

static void test_search_keeps_access(void **state)
{
	struct place *p = *state;
	/* The worker sees repairs of his own team and nothing else. */
	struct asked a = {.words = "业主", .limit = 50};
	const json_t *hits = searched(p, p->zhao, &a);
	place_read(place_ctx(p, p->zhao), load_all, p);
	for (size_t i = 0; i < json_array_size(hits); i++) {
		bool his = false;
		for (size_t k = 0; k < TICKETS; k++)
			his = his || (loaded[k] != NULL &&
			              strcmp(record_text(loaded[k], "number"), text(hits, i, "number")) == 0);
		assert_true(his);
	}
	a = (struct asked){.words = "GD000017", .limit = 5};
	bool may = false;
	for (size_t k = 0; k < TICKETS; k++)
		may = may || (loaded[k] != NULL && strcmp(record_text(loaded[k], "number"), "GD000017") == 0);
	assert_int_equal(json_array_size(searched(p, p->zhao, &a)), may);
}

static void test_glance(void **state)
{
	struct place *p = *state;
	struct asked a = {.customer = p->customers[0]};
	place_read(place_ctx(p, p->guest), glance, &a);
	const json_t *open = json_object_get(a.answer, "open");
	assert_true(json_array_size(open) > 0);
	size_t unread = 0;
	for (size_t i = 0; i < json_array_size(open); i++) {
		const json_t *m = json_array_get(open, i);
		assert_true(json_is_string(json_object_get(m, "answer")));
		assert_true(json_is_object(json_object_get(m, "owner")));
		assert_true(json_array_size(json_object_get(m, "transitions")) >= 1);
		if (json_is_true(json_object_get(m, "may_read")))
			continue;
		assert_true(json_is_null(json_object_get(m, "title")));
		unread++;
	}
	assert_true(unread > 0);
	assert_string_equal(text(json_object_get(a.answer, "warnings"), 0, "code"), "vip");
	/* Who has no glance sees only what he may read. */
	place_read(place_ctx(p, p->wang), glance, &a);
	for (size_t i = 0; i < json_array_size(json_object_get(a.answer, "open")); i++)
		assert_true(json_is_true(
		        json_object_get(json_array_get(json_object_get(a.answer, "open"), i), "may_read")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_lookup),
	        cmocka_unit_test(test_lookup_order_and_masks),
	        cmocka_unit_test(test_search_is_complete),
	        cmocka_unit_test(test_search_shows),
	        cmocka_unit_test(test_search_keeps_access),
	        cmocka_unit_test(test_glance),
	};
	return cmocka_run_group_tests(tests, place_setup, place_teardown);
}

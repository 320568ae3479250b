/*
 * Lists against a plain reading of every record: for several users, filters and orders, all pages
 * together are exactly the records he may read, in exactly that order, none twice.
 */
#include "place.h"

#include "base/text.h"

enum { ALL_MAX = 1000 };

struct page_case {
	const char *where, *sort;
	int64_t ids[ALL_MAX], want[ALL_MAX];
	size_t n, n_want, limit;
};

/* ---- the plain way ------------------------------------------------------------------------------ */

struct plain {
	struct ctx *ctx;
	const struct list_query *query;
};

static int compare_values(const struct field *f, const struct record *x, const struct record *y, bool desc)
{
	struct value a = record_get(x, f->name), b = record_get(y, f->name);
	int c = 0, rank_a, rank_b;
	if ((a.kind == VALUE_EMPTY) != (b.kind == VALUE_EMPTY))
		return a.kind == VALUE_EMPTY ? 1 : -1;
	if (a.kind == VALUE_EMPTY)
		return 0;
	if (f->kind == FIELD_CHOICE) {
		field_option(f, a.s, &rank_a);
		field_option(f, b.s, &rank_b);
		c = (rank_a > rank_b) - (rank_a < rank_b);
	} else if (a.kind == VALUE_INT) {
		c = (a.i > b.i) - (a.i < b.i);
	} else if (field_has_sort_key(f)) {
		struct arena *scratch = arena_new(1 << 20);
		c = strcmp(text_sort_key(scratch, a.s, a.len), text_sort_key(scratch, b.s, b.len));
		arena_free(scratch);
	} else {
		c = strcmp(a.s, b.s);
	}
	return desc ? -c : c;
}

static int compare_records(const void *x, const void *y, void *arg)
{
	const struct record *a = *(struct record *const *)x, *b = *(struct record *const *)y;
	const struct list_query *q = arg;
	bool desc = q->n_sort == 0;
	for (size_t i = 0; i < q->n_sort; i++) {
		int c = compare_values(q->sort[i].field, a, b, q->sort[i].desc);
		if (c != 0)
			return c;
		desc = q->sort[i].desc;
	}
	int c = (a->id > b->id) - (a->id < b->id);
	return desc ? -c : c;
}

static void plain_way(struct ctx *ctx, const struct place *p, const struct list_query *q, struct page_case *pc)
{
	struct record *all[TICKETS];
	size_t n = 0;
	for (size_t i = 0; i < TICKETS; i++) {
		struct record *r;
		bool holds = true;
		assert_int_equal(record_load(ctx, q->type, p->tickets[i], &r), ERR_OK);
		if (access_check(ctx, r, ACCESS_READ) != ERR_OK)
			continue;
		if (q->where != NULL)
			assert_int_equal(filter_holds(ctx, q->where, r, &holds), ERR_OK);
		if (holds)
			all[n++] = r;
	}
	qsort_r(all, n, sizeof(all[0]), compare_records, (void *)q);
	for (size_t i = 0; i < n; i++)
		pc->want[i] = all[i]->id;
	pc->n_want = n;
}

/* ---- the list's way ----------------------------------------------------------------------------- */

struct page_arg {
	const struct place *place;
	struct page_case *pc;
};

static enum err page_through(struct ctx *ctx, void *arg)
{
	const struct place *p = ((struct page_arg *)arg)->place;
	struct page_case *pc = ((struct page_arg *)arg)->pc;
	struct list_query q;
	TRY(list_query_parse(ctx, model_type(ctx->model, "ticket"), pc->where, pc->sort, NULL, NULL, NULL, &q));
	q.limit = pc->limit;
	plain_way(ctx, p, &q, pc);
	pc->n = 0;
	for (const char *next = NULL;;) {
		size_t n = 0;
		q.after = next;
		TRY(list_ids(ctx, &q, pc->ids + pc->n, &n, &next));
		assert_true(n <= pc->limit);
		pc->n += n;
		assert_true(pc->n <= TICKETS);
		if (next == NULL)
			break;
		assert_int_equal(n, pc->limit);
	}
	int64_t count;
	TRY(list_count(ctx, q.type, q.where, LIMIT_COUNT, &count));
	assert_int_equal(count, pc->n_want);
	return ERR_OK;
}

static void test_every_page(void **state)
{
	struct place *p = *state;
	static const char *const wheres[] = {"",
	                                     "stage = open",
	                                     "category = repair or amount > 3",
	                                     "due < now",
	                                     "owner = @me",
	                                     "region contains '京'",
	                                     "customer.vip = true",
	                                     "owner = @me or category is empty",
	                                     "stage in (open, final)",
	                                     "stage in (paused, open)",
	                                     "stage in (final, open) and amount > 3"};
	static const char *const sorts[] = {"",         "id",         "-id",    "due",        "-due",
	                                    "category", "-category",  "amount", "-amount,id", "region",
	                                    "-region",  "state,-due", "steps",  "number",     "-created_at"};
	const int64_t users[] = {0, p->li, p->wang, p->zhao, p->guest, p->many};
	size_t seen = 0;
	for (size_t u = 0; u < 6; u++)
		for (size_t w = 0; w < 11; w++)
			for (size_t s = 0; s < 15; s++) {
				struct page_case pc = {
				        .where = wheres[w], .sort = sorts[s], .limit = 3 + (w * 5 + s) % 17};
				struct page_arg arg = {p, &pc};
				struct arena_mark mark = arena_mark(p->arena);
				struct ctx *ctx = place_ctx(p, users[u]);
				place_read(ctx, page_through, &arg);
				if (pc.n != pc.n_want || memcmp(pc.ids, pc.want, pc.n * sizeof(pc.ids[0])) != 0)
					fail_msg("user %zu, where %s, sort %s: %zu rows, %zu wanted", u, wheres[w],
					         sorts[s], pc.n, pc.n_want);
				seen += pc.n;
				arena_rewind(p->arena, mark);
			}
	assert_true(seen > 10000);
}

/* Of what he walks past too little is his for a page so long: he is found by each team after all. */
static void test_long_pages(void **state)
{
	struct place *p = *state;
	static const char *const wheres[] = {"stage = open", "stage in (open, paused)", "stage in (final, open)"};
	for (size_t w = 0; w < 3; w++) {
		struct page_case pc = {.where = wheres[w], .sort = "", .limit = ALL_MAX - TICKETS};
		struct page_arg arg = {p, &pc};
		place_read(place_ctx(p, p->many), page_through, &arg);
		assert_true(pc.n > 0);
		assert_int_equal(pc.n, pc.n_want);
		assert_memory_equal(pc.ids, pc.want, pc.n * sizeof(pc.ids[0]));
	}
}

/* ---- what is refused ---------------------------------------------------------------------------- */

struct words {
	const char *where, *sort, *columns, *limit, *after;
};

static enum err list_words(struct ctx *ctx, void *arg)
{
	const struct words *w = arg;
	struct list_query q;
	TRY(list_query_parse(ctx, model_type(ctx->model, "ticket"), w->where, w->sort, w->columns, w->limit, w->after,
	                     &q));
	return list_write_json(ctx, &q, place_out(ctx));
}

static void refused(struct place *p, int64_t user, struct words w, const char *field, const char *code)
{
	struct ctx *ctx = place_ctx(p, user);
	assert_int_equal(store_read(ctx, list_words, &w), ERR_INVALID);
	if (!place_problem(ctx, field, code))
		fail_msg("%s: %s, not %s %s", ctx->problems.list[0].field, ctx->problems.list[0].code, field, code);
}

static void test_refused(void **state)
{
	struct place *p = *state;
	refused(p, p->li, (struct words){.where = "secret = 'x'"}, "where", "hidden");
	refused(p, p->li, (struct words){.where = "customer.income > 3"}, "where", "hidden");
	refused(p, p->li, (struct words){.where = "customer.mobile = '13812340020'"}, "where", "hidden");
	refused(p, p->li, (struct words){.sort = "secret"}, "sort", "hidden");
	refused(p, p->li, (struct words){.columns = "number,secret"}, "columns", "hidden");
	refused(p, p->li, (struct words){.columns = "customer.income"}, "columns", "hidden");
	refused(p, p->wang, (struct words){.columns = "nothing"}, "columns", "unknown_name");
	refused(p, p->wang, (struct words){.sort = "remedy"}, "sort", "not_sortable");
	refused(p, p->wang, (struct words){.limit = "201"}, "limit", "out_of_range");
	refused(p, p->wang, (struct words){.after = "no-cursor"}, "after", "bad_cursor");
	refused(p, p->wang, (struct words){.where = "category = nonsense"}, "where", "bad_option");
}

struct cursor_arg {
	const char *cursor;
};

static enum err cursor_of(struct ctx *ctx, void *arg)
{
	struct list_query q;
	int64_t ids[5];
	size_t n;
	TRY(list_query_parse(ctx, model_type(ctx->model, "ticket"), NULL, "due", NULL, "5", NULL, &q));
	return list_ids(ctx, &q, ids, &n, &((struct cursor_arg *)arg)->cursor);
}

static void test_cursor_of_another_list(void **state)
{
	struct place *p = *state;
	struct cursor_arg arg = {0};
	place_read(place_ctx(p, p->wang), cursor_of, &arg);
	assert_non_null(arg.cursor);
	refused(p, p->wang, (struct words){.sort = "-due", .after = arg.cursor}, "after", "bad_cursor");
	refused(p, p->wang, (struct words){.after = arg.cursor}, "after", "bad_cursor");
	place_read(place_ctx(p, p->wang), list_words, &(struct words){.sort = "due", .after = arg.cursor});
}

/* ---- what a page shows -------------------------------------------------------------------------- */

struct page_out {
	struct words words;
	const char *type;
	json_t *page;
};

static enum err page_json(struct ctx *ctx, void *arg)
{
	struct page_out *po = arg;
	struct list_query q;
	struct json_out *out = place_out(ctx);
	TRY(list_query_parse(ctx, model_type(ctx->model, po->type), po->words.where, po->words.sort, po->words.columns,
	                     po->words.limit, NULL, &q));
	q.count = true;
	TRY(list_write_json(ctx, &q, out));
	return json_parse(ctx, out->buf->data, out->buf->len, &po->page);
}

static json_t *cell(const json_t *page, size_t row, const char *column)
{
	return json_object_get(json_object_get(json_array_get(json_object_get(page, "rows"), row), "fields"), column);
}

static const char *member(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static void test_page_shows(void **state)
{
	struct place *p = *state;
	struct page_out po = {.type = "ticket",
	                      .words = {.where = "owner = @me and due is not empty",
	                                .columns = "number,title,amount,due,customer,owner,team,category,remedy,late,"
	                                           "customer.name,customer.mobile,helpers",
	                                .limit = "3"}};
	place_read(place_ctx(p, p->li), page_json, &po);
	assert_int_equal(json_array_size(json_object_get(po.page, "rows")), 3);
	assert_true(json_integer_value(json_object_get(json_object_get(po.page, "count"), "n")) > 3);
	assert_true(json_is_string(json_object_get(po.page, "next")));
	assert_string_equal(member(cell(po.page, 0, "owner"), "label"), "李明");
	assert_string_equal(member(cell(po.page, 0, "owner"), "type"), "user");
	assert_true(json_is_string(cell(po.page, 0, "amount")));
	assert_true(json_is_boolean(cell(po.page, 0, "late")));
	assert_int_equal(json_array_size(cell(po.page, 0, "remedy")), 2);
	assert_int_equal(json_array_size(cell(po.page, 0, "helpers")), 0);
	assert_string_equal(member(cell(po.page, 0, "customer"), "label"),
	                    json_string_value(cell(po.page, 0, "customer.name")));
	/* He has a ticket of this customer in his hands: the number is clear. */
	assert_true(json_is_string(cell(po.page, 0, "customer.mobile")));
}

static void test_masks_by_row(void **state)
{
	struct place *p = *state;
	struct page_out po = {.type = "customer", .words = {.columns = "name,mobile,phones,busy", .limit = "50"}};
	place_read(place_ctx(p, p->guest), page_json, &po);
	size_t clear = 0, masked = 0;
	for (size_t i = 0; i < CUSTOMERS; i++) {
		const json_t *mobile = cell(po.page, i, "mobile"), *number;
		number = json_object_get(json_array_get(cell(po.page, i, "phones"), 0), "number");
		bool busy = json_is_true(cell(po.page, i, "busy"));
		assert_int_equal(busy, json_is_string(mobile));
		assert_int_equal(busy, json_is_string(number));
		if (!busy)
			assert_memory_equal(member(mobile, "masked"), "138****", 7);
		clear += busy;
		masked += !busy;
	}
	assert_true(clear > 0);
	assert_true(clear + masked == CUSTOMERS);
	/* A worker is never shown the number, an outsider sees no customer at all. */
	place_read(place_ctx(p, p->zhao), page_json, &po);
	assert_true(json_is_object(cell(po.page, 0, "mobile")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_page), cmocka_unit_test(test_long_pages),
	        cmocka_unit_test(test_refused),    cmocka_unit_test(test_cursor_of_another_list),
	        cmocka_unit_test(test_page_shows), cmocka_unit_test(test_masks_by_row),
	};
	return cmocka_run_group_tests(tests, place_setup, place_teardown);
}

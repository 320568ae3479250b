/* Records in and out: strict JSON, presets and checks, versions, side tables, what each user sees. */
#include "place.h"

#include "base/text.h"
#include "model/directory.h"
#include "model/labels.h"

struct in {
	const char *type, *json;
	int64_t id; /* 0: a new record */
	struct record *record;
};

static enum err from_json(struct ctx *ctx, void *arg)
{
	struct in *in = arg;
	const struct type *t = model_type(ctx->model, in->type);
	if (in->id == 0)
		in->record = record_new(ctx->arena, t);
	else
		TRY(record_load(ctx, t, in->id, &in->record));
	TRY(record_from_json(ctx, in->record, place_json(ctx, in->json), NULL));
	return record_check(ctx, in->record);
}

static enum err change(struct ctx *ctx, void *arg)
{
	TRY(from_json(ctx, arg));
	return record_update(ctx, ((struct in *)arg)->record);
}

static enum err load(struct ctx *ctx, void *arg)
{
	struct in *in = arg;
	return record_load(ctx, model_type(ctx->model, in->type), in->id, &in->record);
}

static void refused(struct place *p, int64_t user, struct in in, const char *field, const char *code)
{
	struct ctx *ctx = place_ctx(p, user);
	assert_int_equal(store_read(ctx, from_json, &in), ERR_INVALID);
	if (!place_problem(ctx, field, code))
		fail_msg("%s: %s is told, not %s: %s", ctx->problems.list[0].field, ctx->problems.list[0].code, field,
		         code);
}

static void test_strict(void **state)
{
	struct place *p = *state;
	static const char *const cases[][4] = {
	        {"customer", "{\"name\":\"新客户\",\"nothing\":1}", "nothing", "unknown_field"},
	        {"customer", "{\"name\":\"新客户\",\"income\":1}", "income", "unknown_field"}, /* hidden from him */
	        {"customer", "{\"name\":17}", "name", "wrong_type"},
	        {"customer", "{\"name\":\"一二三四五六七八九十一二三四五六七八九十一\"}", "name", "too_long"},
	        {"customer", "{\"name\":\"  \"}", "name", "required"},
	        {"customer", "{\"name\":\"a\",\"vip\":\"true\"}", "vip", "wrong_type"},
	        {"customer", "{\"name\":\"a\",\"mobile\":\"138****0021\"}", "mobile", "bad_phone"},
	        {"customer", "{\"name\":\"a\",\"code\":\"KH0001\"}", "code", "not_unique"},
	        {"customer", "{\"name\":\"a\",\"busy\":true}", "busy", "read_only"},
	        {"customer", "{\"name\":\"a\",\"phones\":[{\"kind\":\"home\"}]}", "phones[0].number", "required"},
	        {"customer", "{\"name\":\"a\",\"phones\":[{\"number\":\"123456\",\"kind\":\"car\"}]}", "phones[0].kind",
	         "bad_option"},
	        {"customer", "{\"name\":\"a\",\"phones\":[{\"number\":\"123456\",\"id\":\"77\"}]}", "phones[0].id",
	         "not_found"},
	        {"customer", "{\"name\":\"a\",\"phones\":[{\"colour\":1}]}", "phones[0].colour", "unknown_field"},
	        {"customer", "{\"name\":\"a\",\"phones\":{}}", "phones", "wrong_type"},
	        {"ticket", "{\"title\":\"a\",\"state\":\"over\"}", "state", "read_only"},
	        {"ticket", "{\"title\":\"a\",\"amount\":12.5}", "amount", "wrong_type"},
	        {"ticket", "{\"title\":\"a\",\"amount\":\"12.505\"}", "amount", "too_precise"},
	        {"ticket", "{\"title\":\"a\",\"amount\":\"-1\"}", "amount", "too_small"},
	        {"ticket", "{\"title\":\"a\",\"amount\":\"99999999999999999999\"}", "amount", "too_large"},
	        {"ticket", "{\"title\":\"a\",\"steps\":\"3\"}", "steps", "wrong_type"},
	        {"ticket", "{\"title\":\"a\",\"steps\":3.5}", "steps", "too_precise"},
	        {"ticket", "{\"title\":\"a\",\"category\":\"old\"}", "category", "retired_option"},
	        {"ticket", "{\"title\":\"a\",\"remedy\":[\"refund\",\"magic\"]}", "remedy[1]", "bad_option"},
	        {"ticket", "{\"title\":\"a\",\"visit\":\"2026-02-30\"}", "visit", "bad_date"},
	        {"ticket", "{\"title\":\"a\",\"due\":\"2026-11-22 15:00\"}", "due", "bad_time"},
	        {"ticket", "{\"title\":\"a\",\"customer\":\"5\"}", "customer", "not_found"},
	        {"ticket", "{\"title\":\"a\",\"customer\":5}", "customer", "wrong_type"},
	        {"ticket", "{\"title\":\"a\",\"helpers\":[\"5\"]}", "helpers[0]", "not_found"},
	        {"ticket", "{\"title\":\"a\",\"photos\":[\"5\"]}", "photos[0]", "not_found"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(p, p->li, (struct in){.type = cases[i][0], .json = cases[i][1]}, cases[i][2], cases[i][3]);
	/* The lead isn't hidden the income: it has one decimal place and a maximum. */
	refused(p, p->wang, (struct in){.type = "customer", .json = "{\"name\":\"a\",\"income\":100.5}"}, "income",
	        "too_large");
	refused(p, p->wang, (struct in){.type = "customer", .json = "{\"name\":\"a\",\"income\":1.25}"}, "income",
	        "too_precise");
}

static void test_every_problem_is_told(void **state)
{
	struct place *p = *state;
	struct in in = {.type = "ticket", .json = "{\"amount\":1.5,\"nothing\":2,\"category\":\"x\",\"visit\":\"y\"}"};
	struct ctx *ctx = place_ctx(p, p->li);
	assert_int_equal(store_read(ctx, from_json, &in), ERR_INVALID);
	assert_int_equal(ctx->problems.n, 4);
}

static void test_text_is_cleaned(void **state)
{
	struct place *p = *state;
	struct in in = {.type = "ticket",
	                .json = "{\"title\":\"  一\\n二\\u0007 \",\"content\":\"a\\r\\nb\",\"amount\":\"007.5\"}"};
	place_read(place_ctx(p, p->li), from_json, &in);
	assert_string_equal(record_text(in.record, "title"), "一 二");
	assert_string_equal(record_text(in.record, "content"), "a\nb");
	assert_int_equal(record_int(in.record, "amount"), 750);
}

static void test_change(void **state)
{
	struct place *p = *state;
	int64_t id = p->customers[3];
	struct in before = {.type = "customer", .id = id};
	place_read(place_ctx(p, 0), load, &before);
	const struct field *phones = type_field(before.record->type, "phones");
	int64_t line = before.record->lines[phones->at].list[0].id;
	/* A line keeps its id and, sent back masked, its number; a line without an id is new. */
	struct in in = {.type = "customer", .id = id};
	in.json = arena_printf(p->arena,
	                       "{\"name\":\"王五五\",\"phones\":[{\"number\":\"13900001111\"},{\"id\":\"%lld\","
	                       "\"number\":{\"masked\":\"0\"},\"kind\":\"work\"}]}",
	                       (long long)line);
	place_write(place_ctx(p, p->li), change, &in);
	struct in after = {.type = "customer", .id = id};
	place_read(place_ctx(p, 0), load, &after);
	assert_int_equal(after.record->version, before.record->version + 1);
	assert_string_equal(record_text(after.record, "name"), "王五五");
	const struct record_lines *lines = &after.record->lines[phones->at];
	assert_int_equal(lines->n, 2);
	assert_string_equal(lines->list[0].values[0].s, "13900001111");
	assert_int_equal(lines->list[1].id, line);
	assert_string_equal(lines->list[1].values[0].s, before.record->lines[phones->at].list[0].values[0].s);
	assert_string_equal(lines->list[1].values[1].s, "work");
}

static enum err update_stale(struct ctx *ctx, void *arg)
{
	return record_update(ctx, arg);
}

static void test_stale_update(void **state)
{
	struct place *p = *state;
	struct in first = {.type = "ticket", .id = p->tickets[0]}, second = first;
	place_read(place_ctx(p, 0), load, &first);
	place_read(place_ctx(p, 0), load, &second);
	struct ctx *ctx = place_ctx(p, 0);
	place_set(ctx, first.record, "answer", value_text("一"));
	place_set(ctx, second.record, "answer", value_text("二"));
	assert_int_equal(store_write(ctx, update_stale, first.record), ERR_OK);
	assert_int_equal(store_write(ctx, update_stale, second.record), ERR_STALE);
}

static enum err write_json(struct ctx *ctx, void *arg)
{
	struct in *in = arg;
	struct json_out *out = place_out(ctx);
	TRY(load(ctx, in));
	TRY(record_write_json(ctx, out, in->record));
	in->json = out->buf->data;
	return ERR_OK;
}

static json_t *shown_to(struct place *p, int64_t user, const char *type, int64_t id)
{
	struct in in = {.type = type, .id = id};
	struct ctx *ctx = place_ctx(p, user);
	place_read(ctx, write_json, &in);
	return place_json(ctx, in.json);
}

static void test_out(void **state)
{
	struct place *p = *state;
	const json_t *agent = shown_to(p, p->li, "ticket", p->tickets[5]),
	             *lead = shown_to(p, p->wang, "ticket", p->tickets[5]);
	assert_null(json_object_get(agent, "secret"));
	assert_string_equal(json_string_value(json_object_get(lead, "secret")), "难缠");
	assert_string_equal(json_string_value(json_object_get(json_object_get(lead, "customer"), "type")), "customer");
	assert_true(json_is_string(json_object_get(json_object_get(lead, "owner"), "label")));
	assert_true(json_is_boolean(json_object_get(lead, "late")));
	assert_null(json_object_get(lead, "version"));
	const json_t *customer = shown_to(p, p->zhao, "customer", p->customers[2]);
	assert_null(json_object_get(customer, "income"));
	assert_memory_equal(json_string_value(json_object_get(json_object_get(customer, "mobile"), "masked")), "138",
	                    3);
	const json_t *line = json_array_get(json_object_get(customer, "phones"), 0);
	assert_true(json_is_object(json_object_get(line, "number")));
	assert_string_equal(json_string_value(json_object_get(line, "kind")), "home");
}

struct memo_arg {
	int64_t id;
	int64_t owner;
};

static enum err make_memo(struct ctx *ctx, void *arg)
{
	struct memo_arg *m = arg;
	struct record *r;
	TRY(place_insert(ctx, "memo",
	                 arena_printf(ctx->arena, "{\"topic\":\"绝密\",\"owner\":\"%lld\"}", (long long)m->owner), &r));
	m->id = r->id;
	return ERR_OK;
}

static void test_who(void **state)
{
	struct place *p = *state;
	const struct ctx *li = place_ctx(p, p->li), *wang = place_ctx(p, p->wang);
	assert_true(who_has_role(li->who, "agent"));
	assert_false(who_has_role(li->who, "lead"));
	assert_int_equal(li->who->n_teams, 2);
	assert_true(who_can(wang, "bulk"));
	assert_false(who_can(li, "bulk"));
	assert_string_equal(li->who->name, "李明");
	assert_string_not_equal(access_signature((struct ctx *)(uintptr_t)li),
	                        access_signature((struct ctx *)(uintptr_t)wang));
}

struct right {
	const char *type;
	int64_t id;
	enum access_right right;
};

static enum err check(struct ctx *ctx, void *arg)
{
	const struct right *w = arg;
	struct record *r;
	TRY(record_load(ctx, model_type(ctx->model, w->type), w->id, &r));
	return access_check(ctx, r, w->right);
}

static void test_rights(void **state)
{
	struct place *p = *state;
	struct memo_arg memo = {.owner = p->wang};
	place_write(place_ctx(p, 0), make_memo, &memo);
	struct right read = {"memo", memo.id, ACCESS_READ}, write = {"memo", memo.id, ACCESS_WRITE};
	assert_int_equal(store_read(place_ctx(p, p->wang), check, &read), ERR_OK);
	assert_int_equal(store_read(place_ctx(p, p->wang), check, &write), ERR_FORBIDDEN);
	assert_int_equal(store_read(place_ctx(p, p->zhao), check, &read), ERR_NOT_FOUND);
	assert_int_equal(store_read(place_ctx(p, p->zhao), check, &write), ERR_NOT_FOUND);
	assert_int_equal(store_read(place_ctx(p, 0), check, &write), ERR_OK);
	const struct type *ticket = model_type(p->model, "ticket");
	assert_true(access_may_create(place_ctx(p, p->li), ticket));
	assert_false(access_may_create(place_ctx(p, p->zhao), ticket));
	assert_true(access_may_glance(place_ctx(p, p->guest), ticket));
	assert_false(access_may_glance(place_ctx(p, p->zhao), ticket));
	assert_true(access_glances_at(place_ctx(p, p->guest), type_field(ticket, "answer")));
	assert_false(access_glances_at(place_ctx(p, p->guest), type_field(ticket, "content")));
}

/* ---- names that are kept --------------------------------------------------------------------------- */

struct names {
	int64_t ids[4];
	const char *texts[4];
	int64_t edition;
	const char *other; /* what the first is called from now on */
	bool fails;
};

static enum err names_read(struct ctx *ctx, void *arg)
{
	struct names *n = arg;
	struct labels l;
	labels_init(&l, ctx);
	for (size_t i = 0; i < 4; i++)
		labels_want_record(&l, i < 2 ? ctx->model->user : ctx->model->team, n->ids[i]);
	TRY(labels_resolve(&l));
	for (size_t i = 0; i < 4; i++)
		n->texts[i] =
		        labels_get(&l, LABEL_RECORD, i < 2 ? ctx->model->user : ctx->model->team, n->ids[i])->text;
	return directory_edition(ctx, &n->edition);
}

static enum err names_change(struct ctx *ctx, void *arg)
{
	struct names *n = arg;
	struct record *r;
	TRY(record_load(ctx, ctx->model->user, n->ids[0], &r));
	TRY(place_set(ctx, r, "name", value_text(n->other)));
	TRY(record_update(ctx, r));
	/* Who changes it sees it at once. */
	TRY(names_read(ctx, n));
	assert_string_equal(n->texts[0], n->other);
	return n->fails ? ERR_CONFLICT : ERR_OK;
}

static void test_names_are_kept(void **state)
{
	struct place *p = *state;
	struct names n = {.ids = {p->zhao, p->wang, p->teams[0], p->teams[1]}, .other = "赵六", .fails = true};
	struct ctx *ctx = place_ctx(p, p->li);
	const char *kept[4];
	place_read(ctx, names_read, &n);
	const char *first = n.texts[0], *second = n.texts[1], *team = n.texts[2];
	int64_t edition = n.edition;
	assert_int_not_equal(edition, 0);
	assert_int_equal(directory_find(ctx, edition, n.ids, 4, kept), 4);
	assert_string_equal(kept[0], first);
	assert_string_equal(kept[2], team);
	/* A change that is taken back leaves neither the name nor its edition. */
	assert_int_equal(store_write(place_ctx(p, 0), names_change, &n), ERR_CONFLICT);
	assert_int_not_equal(n.edition, edition);
	place_read(ctx, names_read, &n);
	assert_int_equal(n.edition, edition);
	assert_string_equal(n.texts[0], first);
	/* One that stays is seen by the next who looks, beside names that are what they were. */
	n.fails = false;
	place_write(place_ctx(p, 0), names_change, &n);
	place_read(ctx, names_read, &n);
	assert_int_not_equal(n.edition, edition);
	assert_string_equal(n.texts[0], "赵六");
	assert_string_equal(n.texts[1], second);
	assert_string_equal(n.texts[2], team);
	assert_int_equal(directory_find(ctx, edition, n.ids, 4, kept), 0);
	/* What changes no name changes no edition. */
	edition = n.edition;
	place_write(place_ctx(p, 0), change, &(struct in){.type = "user", .json = "{}", .id = p->zhao});
	place_read(ctx, names_read, &n);
	assert_int_equal(n.edition, edition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_who),
	        cmocka_unit_test(test_strict),
	        cmocka_unit_test(test_every_problem_is_told),
	        cmocka_unit_test(test_out),
	        cmocka_unit_test(test_text_is_cleaned),
	        cmocka_unit_test(test_change),
	        cmocka_unit_test(test_rights),
	        cmocka_unit_test(test_stale_update),
	        cmocka_unit_test(test_names_are_kept),
	};
	return cmocka_run_group_tests(tests, place_setup, place_teardown);
}

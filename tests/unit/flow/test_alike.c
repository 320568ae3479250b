/* Like complaints under random acts: what is found is what comparing all of them finds, nothing that should be
 * together is left apart, and a theme counts what is under it. */
#include "flow/alike.h"
#include "house.h"

enum { ACTS = 150, OBJECTS = 5, TEXTS = 6, SEEDED = 7 };

static const char *const objects[OBJECTS] = {"3 号楼电梯", "送货司机", "收银台", "烤箱 EO60", "外包师傅"};
static const char *const texts[TEXTS] = {"电梯停在五楼不动，打电话没人管", "上午说好送到，等到晚上才来，电话打不通",
                                         "结帐排队半小时，只开一个台子",   "门关不严，用了一次就漏热",
                                         "多收上门费，报价单上写五十元",   "说话不耐烦，问了几遍都不理人"};

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16 & 0x7fff;
}

static const char *fields(struct house *h, const char *object, const char *text)
{
	return arena_printf(h->arena,
	                    "{\"object\":\"%s\",\"class\":\"service\",\"demand\":\"处理\",\"content\":\"%s\","
	                    "\"complainant\":\"甲\"}",
	                    object, text);
}

struct look {
	const struct alike *a;
	int64_t id;
	size_t found, expected;
	bool missing; /* one that is alike was not found */
};

/* Every complaint compared with this one, beside what the indexes lead to. */
static enum err look_fn(struct ctx *ctx, void *arg)
{
	struct look *l = arg;
	const struct type *t = model_type(ctx->model, "complaint");
	struct record *r, *other;
	struct alike_one rows[ACTS];
	struct alike_why why;
	struct rows *all;
	struct sql q;
	int64_t ids[ACTS];
	size_t n = 0;
	TRY(record_load(ctx, t, l->id, &r));
	TRY(alike_under(ctx, l->a, r, rows, ACTS, &l->found));
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from complaint");
	TRY(sql_rows(ctx, &q, &all));
	while (rows_next(all) && n < ACTS)
		ids[n++] = rows_int(all, 0);
	TRY(rows_done(all));
	for (size_t i = 0; i < n; i++) {
		bool there = false;
		if (ids[i] == l->id)
			continue;
		TRY(record_load(ctx, t, ids[i], &other));
		if (!alike_holds(ctx, l->a, r, other, &why))
			continue;
		for (size_t k = 0; k < l->found; k++)
			there = there || rows[k].id == ids[i];
		l->expected++;
		l->missing = l->missing || !there;
	}
	return ERR_OK;
}

static const struct alike *first_alike(struct house *h)
{
	return &model_type(h->model, "complaint")->alikes[0];
}

static void themes_count(struct house *h)
{
	assert_int_equal(
	        house_count(h, "select count(*) from theme t where t.matters <> (select count(*) from complaint c "
	                       "where c.theme = t.id)"),
	        0);
}

static void random_acts(void **state)
{
	HOUSE;
	unsigned seed = SEEDED;
	int64_t ids[ACTS], by_hand;
	size_t n = 0;
	OK(h, house_create(h, 0, "theme", "{\"title\":\"手工专题\"}", &by_hand));
	for (size_t i = 0; i < ACTS; i++) {
		unsigned act = next(&seed) % 10;
		const char *object = objects[next(&seed) % OBJECTS], *text = texts[next(&seed) % TEXTS];
		if (act < 6 || n == 0) {
			OK(h, house_create(h, 0, "complaint", fields(h, object, text), &ids[n]));
			n++;
			continue;
		}
		int64_t id = ids[next(&seed) % n], version = house_int(h, "complaint", id, "version");
		const char *json = act < 8    ? arena_printf(h->arena, "{\"object\":\"%s\"}", object)
		                   : act == 8 ? arena_printf(h->arena, "{\"theme\":\"%lld\"}", (long long)by_hand)
		                              : "{\"theme\":null}";
		OK(h, house_change(h, 0, "complaint", id, version, json));
		if (i % 20 == 0)
			themes_count(h);
	}
	themes_count(h);
	assert_true(house_count(h, "select count(*) from theme") > 2);
	for (size_t i = 0; i < n; i += 20) {
		struct look l = {.a = first_alike(h), .id = ids[i]};
		OK(h, store_read(&h->ctx, look_fn, &l));
		assert_false(l.missing && l.found < 50);
	}
}

/* Three of a kind are put together by the third, whoever makes it; two are not. */
static void the_third(void **state)
{
	HOUSE;
	int64_t a, b, c, theme;
	OK(h, house_create(h, 0, "complaint", fields(h, "三号泵房", "水泵夜里响个不停，整栋楼睡不着"), &a));
	OK(h, house_create(h, 0, "complaint", fields(h, "三号 泵房", "水泵响，夜里睡不着"), &b));
	assert_int_equal(house_int(h, "complaint", b, "theme"), 0);
	OK(h, house_create(h, 0, "complaint", fields(h, "三号泵房。", "夜里水泵响得睡不着，请修"), &c));
	theme = house_int(h, "complaint", c, "theme");
	assert_int_not_equal(theme, 0);
	assert_int_equal(house_int(h, "complaint", a, "theme"), theme);
	assert_int_equal(house_int(h, "complaint", b, "theme"), theme);
	assert_int_equal(house_int(h, "theme", theme, "matters"), 3);
	/* Other words of the same object stay apart. */
	OK(h, house_create(h, 0, "complaint", fields(h, "三号泵房", "门口堆了建筑垃圾"), &c));
	assert_int_equal(house_int(h, "complaint", c, "theme"), 0);
	/* What is taken out is counted out. */
	OK(h, house_change(h, 0, "complaint", a, house_int(h, "complaint", a, "version"), "{\"theme\":null}"));
	assert_int_equal(house_int(h, "theme", theme, "matters"), 2);
	OK(h, house_change(h, 0, "complaint", a, house_int(h, "complaint", a, "version"),
	                   arena_printf(h->arena, "{\"theme\":\"%lld\"}", (long long)theme)));
	assert_int_equal(house_int(h, "theme", theme, "matters"), 3);
}

/* What is removed is counted out. */
static void gone(void **state)
{
	HOUSE;
	int64_t theme, c;
	OK(h, house_create(h, 0, "theme", "{\"title\":\"误立\"}", &theme));
	OK(h, house_create(h, 0, "complaint",
	                   arena_printf(h->arena,
	                                "{\"object\":\"乙\",\"class\":\"other\",\"demand\":\"丙\",\"content\":\"丁\","
	                                "\"complainant\":\"戊\",\"theme\":\"%lld\"}",
	                                (long long)theme),
	                   &c));
	assert_int_equal(house_int(h, "theme", theme, "matters"), 1);
	OK(h, house_remove(h, 0, "complaint", c));
	assert_int_equal(house_int(h, "theme", theme, "matters"), 0);
}

static int open_house(void **state)
{
	*state = house_new(REAL_PACKS, "core", false);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_third), cmocka_unit_test(gone),
	                                   cmocka_unit_test(random_acts)};
	return cmocka_run_group_tests(tests, open_house, house_teardown);
}

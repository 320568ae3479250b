/*
 * Packs put in force one after another on live rows: what is added, renamed, refused, dropped. On
 * SQLite, and on PostgreSQL too when SHOUWEN_TEST_PG names a server.
 */
#include "ground.h"
#include <sys/stat.h>
#include <unistd.h>

#include "model/pack.h"

#define T0 INT64_C(1790000000000)

static const char head[] =
        "type: job\nlabel: 活\nuses: [work]\ntitle: name\nstates:\n  open: {label: 开, stage: open}\n"
        "  shut: {label: 关, stage: final}\nstart: open\n"
        "transitions: {shut: {from: [open], to: shut, by: [owner]}}\n"
        "access: {agent: {read: all, create: true}}\n";
static const char first[] = "fields:\n  name: {kind: text, label: 名}\n  note: {kind: text, label: 注}\n"
                            "  size: {kind: choice, label: 大小, options: [s 小, l 大]}\n"
                            "  cost: {kind: number, label: 费}\n  helpers: {kind: links, to: user, label: 帮手}\n"
                            "  lines: {kind: table, label: 行, of: {what: {kind: text, label: 何}}}\n";

struct house {
	struct ground ground;
	struct arena *arena;
	struct ctx ctx;
};

static void house_open(struct house *h, const char *url)
{
	ground_open(&h->ground, "pack_change", url);
	h->arena = arena_new((size_t)512 << 20);
	h->ctx = (struct ctx){.arena = h->arena,
	                      .org = h->ground.org,
	                      .now_ms = T0,
	                      .zone = h->ground.zone,
	                      .ids = h->ground.ids,
	                      .origin = "test"};
}

static void house_close(struct house *h)
{
	ground_close(&h->ground);
	arena_free(h->arena);
}

/* ---- packs ------------------------------------------------------------------------------------ */

struct change {
	const char *file; /* types/job.yaml; NULL: none */
	bool allow_drop;
	struct pack_step *steps;
	size_t n;
	const char *copy; /* set */
};

static void texts_with(struct arena *a, const char *file, struct pack_text **ret_texts, size_t *ret_n)
{
	struct pack_text *texts;
	char why[200];
	size_t n;
	assert_int_equal(pack_read_dir(a, PACK_TESTS "/small", "", &texts, &n, why, sizeof why), ERR_OK);
	if (file)
		texts[n++] = (struct pack_text){
		        .pack = "core", .path = "types/work.yaml", .body = file, .len = strlen(file)};
	*ret_texts = texts;
	*ret_n = n;
}

static struct model *load_with(struct arena *a, const char *file, struct pack_text **ret_texts, size_t *ret_n)
{
	struct pack_report report;
	struct model *m;
	texts_with(a, file, ret_texts, ret_n);
	if (model_load(a, *ret_texts, *ret_n, &m, &report) != ERR_OK)
		fail_msg("%s:%d %s", report.list[0].path, report.list[0].line, report.list[0].message);
	return m;
}

static enum err apply_fn(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	struct pack_text *texts;
	size_t n;
	struct model *m = load_with(ctx->arena, c->file, &texts, &n);
	struct pack_put put = {.allow_drop = c->allow_drop};
	enum err err = pack_put(ctx, m, texts, n, &put);
	c->copy = put.copy;
	if (err == ERR_OK)
		err = pack_diff(ctx, m, &c->steps, &c->n);
	model_unref(m);
	return err;
}

/* Puts the type in force; afterwards nothing may be left to do. */
static const char *apply(struct house *h, const char *file, bool allow_drop)
{
	struct change c = {.file = file, .allow_drop = allow_drop};
	ctx_forget(&h->ctx);
	enum err err = store_write(&h->ctx, apply_fn, &c);
	if (err != ERR_OK)
		fail_msg("%s: %s", err_code(err), h->ctx.problems.n ? h->ctx.problems.list[0].detail : "");
	for (size_t i = 0; i < c.n; i++)
		print_message("left over: %s\n", c.steps[i].message);
	assert_int_equal(c.n, 0);
	return c.copy;
}

static void refused(struct house *h, const char *file, bool allow_drop, const char *code, const char *words)
{
	struct change c = {.file = file, .allow_drop = allow_drop};
	bool told = false;
	ctx_forget(&h->ctx);
	assert_int_equal(store_write(&h->ctx, apply_fn, &c), ERR_CONFLICT);
	for (size_t i = 0; i < h->ctx.problems.n; i++)
		told = told || (strcmp(h->ctx.problems.list[i].code, code) == 0 &&
		                strstr(h->ctx.problems.list[i].detail, words));
	if (!told)
		fail_msg("not told: %s; but: %s", words, h->ctx.problems.list[0].detail);
}

static const char *with(const struct house *h, const char *fields)
{
	return arena_printf(h->arena, "%s%s", head, fields);
}

/* ---- rows: through SQL, as flow is not there yet ----------------------------------------------- */

struct query {
	const char *sql; /* literal texts of this file */
	const char *text;
	int64_t n;
};

static enum err run_fn(struct ctx *ctx, void *arg)
{
	struct query *query = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	sql_literal_(&q, query->sql);
	return sql_run(ctx, &q, NULL);
}

static enum err text_fn(struct ctx *ctx, void *arg)
{
	struct query *query = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	sql_literal_(&q, query->sql);
	enum err err = sql_one_text(ctx, &q, &query->text);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void run(struct house *h, const char *sql)
{
	struct query q = {.sql = sql};
	assert_int_equal(store_write(&h->ctx, run_fn, &q), ERR_OK);
}

static const char *text_of(struct house *h, const char *sql)
{
	struct query q = {.sql = sql};
	assert_int_equal(store_read(&h->ctx, text_fn, &q), ERR_OK);
	return q.text;
}

static bool fails(struct house *h, const char *sql)
{
	struct query q = {.sql = sql};
	return store_read(&h->ctx, text_fn, &q) != ERR_OK;
}

static void fill(struct house *h)
{
	apply(h, with(h, first), false);
	run(h, "insert into job (id, version, created_at, updated_at, name, note, size, cost, state, stage) "
	       "values (1, 1, 0, 0, '张三', 'x', 's', 5, 'open', 'open'), (2, 1, 0, 0, '李四', 'x', 'l', 6, 'shut', "
	       "'final')");
	run(h, "insert into job__helpers (id, parent, pos, target) values (10, 1, 0, 7)");
	run(h, "insert into job__lines (id, parent, pos, what) values (11, 1, 0, '洗')");
	run(h, "insert into work (id, type, stage, state, opened_at, updated_at, chased, version) values (1, 'job', "
	       "'open', 'open', 0, 0, 0, 1)");
}

/* ---- tests -------------------------------------------------------------------------------------- */

static void check_add(struct house *h)
{
	fill(h);
	apply(h,
	      with(h,
	           "fields:\n  name: {kind: text, label: 名, sort: true}\n  note: {kind: text, label: 注, lookup: "
	           "code}\n"
	           "  size: {kind: choice, label: 大小, options: [s 小, l 大, xl 特大], sort: true}\n"
	           "  cost: {kind: number, label: 费, unique: true}\n  helpers: {kind: links, to: user, label: 帮手}\n"
	           "  lines: {kind: table, label: 行, of: {what: {kind: text, label: 何}, at: {kind: datetime, label: "
	           "时}}}\n"
	           "  day: {kind: date, label: 日, sort: true}\n  photos: {kind: files, label: 图}\n"),
	      false);
	assert_string_equal(text_of(h, "select name from job order by name__key limit 1"), "李四");
	assert_string_equal(text_of(h, "select what from job__lines where at is null"), "洗");
	assert_null(text_of(h, "select day from job where id = 1"));
	refused(h,
	        with(h, "fields:\n  name: {kind: text, label: 名, sort: true}\n  note: {kind: text, label: 注, unique: "
	                "true}\n"),
	        true, "refused", "can't become unique: 1 values");
}

static void check_rename(struct house *h)
{
	fill(h);
	apply(h,
	      with(h,
	           "fields:\n  name: {kind: text, label: 名}\n  remark: {kind: text, label: 注, was: note, sort: "
	           "true}\n"
	           "  size: {kind: choice, label: 大小, options: [s 小, l 大]}\n  price: {kind: number, label: 费, "
	           "was: cost, sort: true}\n"
	           "  hands: {kind: links, to: user, label: 帮手, was: helpers}\n"
	           "  rows: {kind: table, label: 行, was: lines, of: {thing: {kind: text, label: 何, was: what}}}\n"),
	      false);
	assert_string_equal(text_of(h, "select remark from job where id = 2"), "x");
	assert_string_equal(text_of(h, "select name from job where price = 6"), "李四");
	assert_string_equal(text_of(h, "select thing from job__rows where parent = 1"), "洗");
	assert_string_equal(text_of(h, "select 'there' from job__hands where target = 7"), "there");
	assert_true(fails(h, "select note from job"));
	assert_true(fails(h, "select 1 from job__lines"));
}

static void check_rename_type(struct house *h)
{
	fill(h);
	char *renamed = arena_printf(h->arena, "type: errand\nwas: job\n%s%s", strchr(head, '\n') + 1, first);
	apply(h, renamed, false);
	assert_string_equal(text_of(h, "select name from errand where id = 2"), "李四");
	assert_string_equal(text_of(h, "select what from errand__lines where parent = 1"), "洗");
	assert_string_equal(text_of(h, "select type from work where id = 1"), "errand");
	assert_true(fails(h, "select 1 from job"));
}

static void check_drop(struct house *h)
{
	fill(h);
	const char *less = with(
	        h,
	        "fields:\n  name: {kind: text, label: 名}\n  size: {kind: choice, label: 大小, options: [s 小, l 大]}\n"
	        "  cost: {kind: number, label: 费}\n");
	refused(h, less, false, "destructive", "remove column job.note with all its values");
	refused(h, less, false, "destructive", "remove table job__lines with all its rows");
	assert_string_equal(text_of(h, "select note from job where id = 1"), "x");
	apply(h, less, true);
	assert_true(fails(h, "select note from job"));
	assert_true(fails(h, "select 1 from job__lines"));
	assert_string_equal(text_of(h, "select name from job where id = 2"), "李四");
	refused(h, NULL, false, "destructive", "remove table job with all its rows");
	apply(h, NULL, true);
	assert_true(fails(h, "select 1 from job"));
	assert_null(text_of(h, "select type from work where id = 1"));
}

static const char less[] = "fields:\n  name: {kind: text, label: 名}\n";

/* What was allowed to go lies in a copy: it can be restored beside, whole. What takes nothing away makes none. */
static void check_copy(struct house *h)
{
	char why[512] = "";
	struct org *now = h->ctx.org, *before = NULL;
	(void)org_drop(h->ground.store, "pack_before");
	assert_null(apply(h, with(h, first), false));
	fill(h);
	const char *copy = apply(h, with(h, less), true);
	assert_non_null(copy);
	const char *path = arena_printf(h->arena, "%s/%s", h->ground.dir, copy);
	if (org_restore(h->ground.store, "pack_before", path, why, sizeof(why)) != ERR_OK ||
	    org_open(h->ground.store, "pack_before", &before, why, sizeof(why)) != ERR_OK)
		fail_msg("%s: %s", path, why);
	h->ctx.org = before;
	assert_string_equal(text_of(h, "select note from job where id = 1"), "x");
	assert_string_equal(text_of(h, "select what from job__lines where parent = 1"), "洗");
	h->ctx.org = now;
	assert_true(fails(h, "select note from job"));
	assert_int_equal(org_drop(h->ground.store, "pack_before"), ERR_OK);
}

/* Where no copy can be made nothing goes. */
static void check_no_copy(struct house *h)
{
	fill(h);
	const char *place = arena_printf(h->arena, "%s/backups", h->ground.dir);
	assert_int_equal(rmdir(place), 0);
	struct change c = {.file = with(h, less), .allow_drop = true};
	ctx_forget(&h->ctx);
	assert_int_not_equal(store_write(&h->ctx, apply_fn, &c), ERR_OK);
	assert_string_equal(h->ctx.problems.list[0].code, "no_copy");
	assert_non_null(strstr(h->ctx.problems.list[0].detail, "backups/"));
	assert_string_equal(text_of(h, "select note from job where id = 1"), "x");
	assert_int_equal(mkdir(place, 0700), 0);
	assert_non_null(apply(h, c.file, true));
}

/* What is empty goes without being asked for. */
static void check_drop_empty(struct house *h)
{
	fill(h);
	run(h, "update job set note = null");
	run(h, "delete from job__lines");
	apply(h,
	      with(h, "fields:\n  name: {kind: text, label: 名}\n  size: {kind: choice, label: 大小, options: [s 小, l "
	              "大]}\n"
	              "  cost: {kind: number, label: 费}\n  helpers: {kind: links, to: user, label: 帮手}\n"),
	      false);
	assert_true(fails(h, "select note from job"));
}

static const char kinds[] = "fields:\n  name: {kind: %s, label: 名%s}\n  note: {kind: %s, label: 注%s}\n"
                            "  size: {kind: choice, label: 大小, options: [s 小%s]}\n  cost: {kind: %s, label: 费%s}\n"
                            "  helpers: {kind: links, to: user, label: 帮手}\n"
                            "  lines: {kind: table, label: 行, of: {what: {kind: text, label: 何}}}\n";
#define KINDS(h, name, name_more, note, note_more, size_more, cost, cost_more) \
	with(h, arena_printf((h)->arena, kinds, name, name_more, note, note_more, size_more, cost, cost_more))

static void check_kinds(struct house *h)
{
	fill(h);
	refused(h, KINDS(h, "text", "", "number", "", ", l 大", "number", ""), true, "refused",
	        "job.note can't become number");
	refused(h, KINDS(h, "text", "", "choice", ", options: [y 是]", ", l 大", "number", ""), true, "refused",
	        "the value `x` is there");
	refused(h, KINDS(h, "text", "", "text", "", ", l 大", "money", ""), true, "refused",
	        "job.cost can't become money");
	refused(h, KINDS(h, "text", "", "text", "", ", l 大", "number", ", scale: 1"), true, "refused",
	        "job.cost can't become number");
	refused(h, KINDS(h, "text", "", "text", "", "", "number", ""), false, "destructive",
	        "1 records of job have size = `l`");
	apply(h, KINDS(h, "text", "", "choice", ", options: [x 是]", "", "number", ""), true);
	apply(h, KINDS(h, "long_text", "", "long_text", "", ", l 大", "number", ""), false);
	assert_string_equal(text_of(h, "select note from job where id = 1"), "x");
	run(h, "update job set cost = null");
	apply(h, KINDS(h, "long_text", "", "long_text", "", ", l 大", "text", ""), false);
	run(h, "update job set cost = '便宜' where id = 1");
	assert_string_equal(text_of(h, "select cost from job where id = 1"), "便宜");
}

static void check_states(struct house *h)
{
	fill(h);
	char *file = arena_printf(h->arena, "%s", with(h, first)), *shut;
	while ((shut = strstr(file, "shut")) != NULL)
		memcpy(shut, "done", 4);
	refused(h, file, true, "refused", "1 records of job are in state `shut`");
	run(h, "update job set state = 'open' where id = 2");
	apply(h, file, false);
}

static enum err stored_fn(struct ctx *ctx, void *arg)
{
	struct pack_report report;
	return model_load_stored(ctx, arg, &report);
}

static struct model *stored(struct house *h)
{
	struct model *m;
	assert_int_equal(store_read(&h->ctx, stored_fn, &m), ERR_OK);
	return m;
}

static void check_stored(struct house *h)
{
	fill(h);
	struct model *one = stored(h);
	run(h, "insert into setting (key, value) values ('parameter.most', '750.50'), ('parameter.limit', 'soon'), "
	       "('parameter.gone', '1')");
	struct model *two = stored(h);
	assert_int_equal(model_parameter(one, "most")->value.i, 50000);
	assert_int_equal(model_parameter(two, "most")->value.i, 75050);
	assert_int_equal(model_parameter(two, "most")->preset.i, 50000);
	assert_string_equal(model_parameter(two, "limit")->value.s, "3d");
	assert_true(one->generation != two->generation);
	assert_string_equal(one->digest, two->digest);
	model_unref(one);
	model_unref(two);
	assert_string_equal(text_of(h, "select value from setting where key = 'packs'"), "core");
	const char *shipped = text_of(h, "select shipped_digest from pack_file where path = 'types/work.yaml'");
	apply(h, arena_printf(h->arena, "%s# another\n", with(h, first)), false);
	assert_string_equal(text_of(h, "select shipped_digest from pack_file where path = 'types/work.yaml'"), shipped);
	assert_non_null(strstr(text_of(h, "select body from pack_file where path = 'types/work.yaml'"), "# another"));
	assert_string_equal(text_of(h, "select case when count(*) = 2 then 'two' end from pack_change"), "two");
}

static void on_both(void (*check)(struct house *h))
{
	const char *urls[] = {NULL, ground_url()};
	for (int i = 0; i < 2; i++) {
		struct house h;
		if (i == 1 && !urls[i])
			continue;
		house_open(&h, urls[i]);
		check(&h);
		house_close(&h);
	}
}

#define BOTH(name)                            \
	static void test_##name(void **state) \
	{                                     \
		on_both(check_##name);        \
	}
BOTH(add)
BOTH(rename)
BOTH(rename_type)
BOTH(drop)
BOTH(copy)
BOTH(no_copy)
BOTH(drop_empty)
BOTH(kinds)
BOTH(states)
BOTH(stored)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_add),     cmocka_unit_test(test_rename),     cmocka_unit_test(test_rename_type),
	        cmocka_unit_test(test_drop),    cmocka_unit_test(test_drop_empty), cmocka_unit_test(test_kinds),
	        cmocka_unit_test(test_states),  cmocka_unit_test(test_stored),     cmocka_unit_test(test_copy),
	        cmocka_unit_test(test_no_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

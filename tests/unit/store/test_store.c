/*
 * The store through its face, on SQLite; on PostgreSQL too when SHOUWEN_TEST_PG names a server
 * (tests/pg.sh). Each test makes organisations of its own.
 */
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "store/store.h"

struct place {
	struct store *store;
	char dir[64];
	char why[512];
	struct org *org;
	struct arena *arena;
	struct ctx ctx;
};

static const char *pg_url(void)
{
	const char *url = getenv("SHOUWEN_TEST_PG");
	return url != NULL && url[0] != '\0' ? url : NULL;
}

static void place_open(struct place *p)
{
	struct store_config config = {.dir = p->dir, .url = pg_url()};
	if (store_open(&config, &p->store, p->why, sizeof(p->why)) != ERR_OK)
		fail_msg("%s", p->why);
}

static void place_ctx(struct place *p, struct ctx *ctx)
{
	*ctx = (struct ctx){.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES), .org = p->org, .now_ms = clock_now_ms()};
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/shouwen-store-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return 1;
	place_open(p);
	org_drop(p->store, "first");
	if (org_create(p->store, "first", &p->org, p->why, sizeof(p->why)) != ERR_OK)
		fail_msg("%s", p->why);
	place_ctx(p, &p->ctx);
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct place *p = *state;
	arena_free(p->ctx.arena);
	const char **codes;
	size_t n;
	struct arena *a = arena_new(1 << 20);
	if (org_list(p->store, a, &codes, &n) == ERR_OK)
		for (size_t i = 0; i < n; i++)
			org_drop(p->store, codes[i]);
	arena_free(a);
	store_close(p->store);
	nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static void must(struct ctx *ctx, enum err e)
{
	if (e != ERR_OK)
		fail_msg("%s: %s", err_code(e), ctx->problems.n ? ctx->problems.list[0].detail : "");
}

/* ---- jobs ---- */

#define KEY(text) (&(const char *){text})

static enum err set_setting(struct ctx *ctx, const char *key, const char *value)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values (:key, :value)");
	sql_text(&q, "key", key);
	sql_text(&q, "value", value);
	return sql_run(ctx, &q, NULL);
}

static enum err get_setting(struct ctx *ctx, void *arg)
{
	const char **key_value = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = :key");
	sql_text(&q, "key", key_value[0]);
	return sql_one_text(ctx, &q, &key_value[1]);
}

static enum err write_one(struct ctx *ctx, void *arg)
{
	return set_setting(ctx, *(const char *const *)arg, "投诉");
}

static enum err write_and_fail(struct ctx *ctx, void *arg)
{
	TRY(set_setting(ctx, *(const char *const *)arg, "x"));
	return ctx_problem(ctx, ERR_INVALID, "field", "required", "no");
}

static enum err write_twice_and_go_on(struct ctx *ctx, void *arg)
{
	TRY(set_setting(ctx, *(const char *const *)arg, "x"));
	enum err e = set_setting(ctx, *(const char *const *)arg, "x");
	assert_int_equal(e, ERR_CONFLICT);
	return ERR_OK;
}

static void test_write_read(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, write_one, KEY("a")));
	const char *kv[2] = {"a", NULL};
	must(&p->ctx, store_read(&p->ctx, get_setting, kv));
	assert_string_equal(kv[1], "投诉");
	assert_null(p->ctx.db);

	assert_int_equal(store_write(&p->ctx, write_and_fail, KEY("b")), ERR_INVALID);
	assert_int_equal(p->ctx.problems.n, 1);
	kv[0] = "b";
	assert_int_equal(store_read(&p->ctx, get_setting, kv), ERR_NOT_FOUND);
}

static void test_failed_statement_is_never_done(void **state)
{
	struct place *p = *state;
	assert_int_equal(store_write(&p->ctx, write_twice_and_go_on, KEY("c")), ERR_CONFLICT);
	const char *kv[2] = {"c", NULL};
	assert_int_equal(store_read(&p->ctx, get_setting, kv), ERR_NOT_FOUND);
}

static enum err write_in_read(struct ctx *ctx, void *arg)
{
	enum err e = set_setting(ctx, "never", "x");
	assert_int_not_equal(e, ERR_OK);
	assert_int_equal(store_write(ctx, write_one, KEY("never")), ERR_INTERNAL);
	return ERR_OK;
}

static void test_read_only(void **state)
{
	struct place *p = *state;
	store_read(&p->ctx, write_in_read, NULL);
	const char *kv[2] = {"never", NULL};
	assert_int_equal(store_read(&p->ctx, get_setting, kv), ERR_NOT_FOUND);
}

static enum err read_nested(struct ctx *ctx, void *arg)
{
	TRY(write_one(ctx, KEY("nested")));
	const char *kv[2] = {"nested", NULL};
	TRY(store_read(ctx, get_setting, kv)); /* sees what this transaction wrote */
	assert_string_equal(kv[1], "投诉");
	return store_write(ctx, write_one, KEY("nested2"));
}

static void test_nested(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, read_nested, NULL));
}

/* ---- statements ---- */

static enum err all_kinds(struct ctx *ctx, void *arg)
{
	struct sql q;
	struct rows *r;
	int64_t changed;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into event (id, type, record, at, kind, origin, internal, body, salt, body_digest, digest) values "
	    "(:id, 't', :record, :at, 'created', '', 0, :body, :salt, :digest, :digest)");
	sql_int(&q, "id", INT64_C(4611686018427387904));
	sql_int(&q, "record", 7);
	sql_int(&q, "at", -1);
	sql_text(&q, "body", "it's \"so\": :x ? $1 \\");
	sql_blob(&q, "salt", "\0\x01'\xff", 4);
	sql_blob(&q, "digest", "d", 1);
	TRY(sql_run(ctx, &q, &changed));
	assert_int_equal(changed, 1);
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, body, salt, prev, actor from event where record = ");
	sql_value_int(&q, 7);
	SQL(&q, " and kind <> ':kind' and ");
	sql_contains_open(&q);
	SQL(&q, "body, ");
	sql_value_text(&q, "so");
	SQL(&q, ") > 0");
	TRY(sql_rows(ctx, &q, &r));
	assert_true(rows_next(r));
	size_t len;
	assert_int_equal(rows_int(r, 0), INT64_C(4611686018427387904));
	assert_int_equal(rows_int(r, 1), -1);
	assert_string_equal(rows_text(r, 2, &len), "it's \"so\": :x ? $1 \\");
	assert_int_equal(len, 20);
	const void *salt = rows_blob(r, 3, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(salt, "\0\x01'\xff", 4);
	assert_true(rows_null(r, 4));
	assert_null(rows_text(r, 4, NULL));
	assert_int_equal(rows_int(r, 5), 0);
	assert_false(rows_next(r));
	return rows_done(r);
}

static void test_all_kinds(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, all_kinds, NULL));
}

static enum err append_parts(struct ctx *ctx, void *arg)
{
	TRY(set_setting(ctx, "p1", "v"));
	TRY(set_setting(ctx, "p2", "w"));
	TRY(set_setting(ctx, "q", NULL));
	struct sql q, a, b;
	sql_init(&a, ctx->arena);
	SQL(&a, "key = ");
	sql_value_text(&a, "p1");
	SQL(&a, " and value = :same");
	sql_text(&a, "same", "v");
	sql_init(&b, ctx->arena);
	sql_prefix(&b, "key", "p");
	SQL(&b, " and value is not null and ':v0' <> ");
	sql_value_text(&b, "p2");
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from setting where :same = ");
	sql_text(&q, "same", "v");
	sql_value_text(&q, "v");
	SQL(&q, " and ((");
	sql_append(&q, &a);
	SQL(&q, ") or (");
	sql_append(&q, &b);
	SQL(&q, "))");
	int64_t n;
	TRY(sql_one_int(ctx, &q, &n));
	assert_int_equal(n, 2);
	return ERR_OK;
}

static void test_append(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, append_parts, NULL));
}

static enum err nested_rows(struct ctx *ctx, void *arg)
{
	struct sql q;
	struct rows *outer, *inner;
	int n = 0;
	for (int i = 0; i < 5; i++)
		TRY(set_setting(ctx, arena_printf(ctx->arena, "k%d", i), "x"));
	sql_init(&q, ctx->arena);
	SQL(&q, "select key from setting order by key");
	TRY(sql_rows(ctx, &q, &outer));
	while (rows_next(outer)) {
		struct sql one;
		sql_init(&one, ctx->arena);
		SQL(&one, "select value from setting where key = :key");
		sql_text(&one, "key", rows_text(outer, 0, NULL));
		TRY(sql_rows(ctx, &one, &inner));
		n += rows_next(inner);
		TRY(rows_done(inner));
	}
	assert_int_equal(n, 5);
	return rows_done(outer);
}

static void test_nested_rows(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, nested_rows, NULL));
}

/* ---- tables ---- */

static enum err tables(struct ctx *ctx, void *arg)
{
	struct column columns[] = {{"name", COLUMN_TEXT}, {"amount", COLUMN_INT}, {"order", COLUMN_TEXT}};
	struct column more = {"added", COLUMN_INT}, *found;
	size_t n;
	bool there;
	assert_int_equal(ddl_columns(ctx, "toy", &found, &n), ERR_NOT_FOUND);
	TRY(ddl_create_table(ctx, "toy", columns, 3));
	TRY(ddl_add_column(ctx, "toy", &more));
	TRY(ddl_rename_column(ctx, "toy", "order", "place"));
	TRY(ddl_rename_table(ctx, "toy", "toys"));
	TRY(ddl_drop_column(ctx, "toys", "amount"));
	TRY(ddl_columns(ctx, "toys", &found, &n));
	assert_int_equal(n, 4);
	assert_string_equal(found[0].name, "id");
	assert_int_equal(found[0].kind, COLUMN_INT);
	assert_string_equal(found[2].name, "place");
	assert_int_equal(found[2].kind, COLUMN_TEXT);
	assert_string_equal(found[3].name, "added");
	const char *by[] = {"name", "added desc"};
	TRY(ddl_create_index(ctx, "toys_name", "toys", by, 2, true));
	TRY(ddl_has_index(ctx, "toys_name", &there));
	assert_true(there);
	TRY(ddl_drop_index(ctx, "toys_name"));
	TRY(ddl_has_index(ctx, "toys_name", &there));
	assert_false(there);
	return ddl_drop_table(ctx, "toys");
}

static void test_tables(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, tables, NULL));
}

/* ---- a walk ends where it finds too few ---- */

struct walked {
	const int64_t *ids;
	size_t n_ids, wanted;
	int64_t rows[8];
	size_t n;
};

static enum err walk(struct ctx *ctx, void *arg)
{
	enum { STEPS = 600, FIFTH = 5, MOST = 3 };
	struct walked *w = arg;
	struct column column = {"team", COLUMN_INT}, *found;
	struct rows *rows;
	struct sql q;
	size_t n;
	if (ddl_columns(ctx, "step", &found, &n) == ERR_NOT_FOUND)
		TRY(ddl_create_table(ctx, "step", &column, 1));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into step (id, team) values (:id, :team) on conflict do nothing");
	for (int64_t id = 1; id <= STEPS; id++) {
		sql_int(&q, "id", id);
		sql_int_or_null(&q, "team", id == FIFTH ? 7 : id % 2);
		TRY(sql_run(ctx, &q, NULL));
	}
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from step where id > 0");
	sql_walk(&q, "team", w->ids, w->n_ids, w->wanted);
	SQL(&q, " order by id limit :most");
	sql_int(&q, "most", MOST);
	TRY(sql_rows(ctx, &q, &rows));
	for (w->n = 0; rows_next(rows); w->n++)
		w->rows[w->n] = rows_int(rows, 0);
	return rows_done(rows);
}

static void test_walk(void **state)
{
	struct place *p = *state;
	static const int64_t seventh[] = {7}, many[] = {-3, 1, 7};
	struct walked w = {seventh, 1, 1, {0}, 0};
	if (sql_is_postgres(&p->ctx))
		return;
	/* One in the first 64 rows would do for a page of one: 512 are walked, then any row tells that it is over. */
	must(&p->ctx, store_write(&p->ctx, walk, &w));
	assert_memory_equal(w.rows, ((int64_t[]){5, 512, 513}), 3 * sizeof(int64_t));
	/* For nine of them it is too few: over after 64. Each run counts anew. */
	w.wanted = 9;
	must(&p->ctx, store_write(&p->ctx, walk, &w));
	assert_memory_equal(w.rows, ((int64_t[]){5, 64, 65}), 3 * sizeof(int64_t));
	must(&p->ctx, store_write(&p->ctx, walk, &w));
	assert_memory_equal(w.rows, ((int64_t[]){5, 64, 65}), 3 * sizeof(int64_t));
	w = (struct walked){many, 3, 3, {0}, 0};
	must(&p->ctx, store_write(&p->ctx, walk, &w));
	assert_memory_equal(w.rows, ((int64_t[]){1, 3, 5}), 3 * sizeof(int64_t));
	/* None at all: nothing is found, and that is told. */
	w = (struct walked){many, 0, 1, {0}, 0};
	must(&p->ctx, store_write(&p->ctx, walk, &w));
	assert_memory_equal(w.rows, ((int64_t[]){64, 65, 66}), 3 * sizeof(int64_t));
}

/* A table made again under its name with a column of another kind; *arg is that kind. */
static enum err other_kind(struct ctx *ctx, void *arg)
{
	struct column column = {"worth", *(enum column_kind *)arg};
	struct column *found;
	size_t n;
	if (ddl_columns(ctx, "toy", &found, &n) == ERR_OK)
		TRY(ddl_drop_table(ctx, "toy"));
	return ddl_create_table(ctx, "toy", &column, 1);
}

static enum err empty_toy(struct ctx *ctx, void *arg)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into toy (id, worth) values (:id, :worth)");
	sql_int(&q, "id", (*(int64_t *)arg)++);
	sql_text(&q, "worth", NULL);
	return sql_run(ctx, &q, NULL);
}

/* What was prepared while the column was of another kind is prepared anew, and nobody notices. */
static void test_statements_of_a_former_table(void **state)
{
	struct place *p = *state;
	enum column_kind kinds[] = {COLUMN_TEXT, COLUMN_INT, COLUMN_TEXT};
	int64_t id = 1;
	for (size_t i = 0; i < 3; i++) {
		must(&p->ctx, store_write(&p->ctx, other_kind, &kinds[i]));
		for (int n = 0; n < 4; n++)
			must(&p->ctx, store_write(&p->ctx, empty_toy, &id));
	}
	assert_true(id >= 13);
}

/* ---- numbers, events, search ---- */

static enum err take_number(struct ctx *ctx, void *arg)
{
	return store_number(ctx, "TS20261122", arg);
}

static void test_numbers(void **state)
{
	struct place *p = *state;
	int64_t before = 0;
	for (int i = 0; i < 40; i++) {
		int64_t n;
		must(&p->ctx, store_write(&p->ctx, take_number, &n));
		assert_true(n > before);
		if (i == 0)
			assert_int_equal(n, 1);
		before = n;
	}
}

static enum err add_event(struct ctx *ctx, void *arg)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into event (id, type, record, at, kind, origin, internal, body_digest, digest) values "
	        "(:id, 't', 1, 1, 'created', '', 0, :digest, :digest)");
	sql_int(&q, "id", *(int64_t *)arg);
	sql_blob(&q, "digest", "d", 1);
	return sql_run(ctx, &q, NULL);
}

static void on_commit(void *arg, struct org *o, int64_t last_seq)
{
	_Atomic int64_t *seen = arg;
	*seen = last_seq;
}

static enum err seq_fault(struct ctx *ctx, void *arg)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) - coalesce(max(seq), 0) + sum(case when seq is null then 1 else 0 end) from event");
	return sql_one_int(ctx, &q, arg);
}

static void wait_seq(struct org *o, int64_t seq)
{
	for (int i = 0; i < 500 && org_last_seq(o) < seq; i++)
		usleep(10000);
	assert_int_equal(org_last_seq(o), seq);
}

struct writer {
	struct place *p;
	int from, n;
	enum err worst;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;
	struct ctx ctx;
	place_ctx(w->p, &ctx);
	for (int i = 0; i < w->n; i++) {
		int64_t id = w->from + i;
		enum err e = store_write(&ctx, add_event, &id);
		if (e != ERR_OK)
			w->worst = e;
		arena_clear(ctx.arena);
	}
	arena_free(ctx.arena);
	return NULL;
}

static void test_events_in_commit_order(void **state)
{
	enum { THREADS = 8, EACH = 60 };
	struct place *p = *state;
	_Atomic int64_t seen = 0;
	store_on_commit(p->store, on_commit, (void *)&seen);
	pthread_t threads[THREADS];
	struct writer writers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){.p = p, .from = 1 + i * 1000, .n = EACH};
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(writers[i].worst, ERR_OK);
	}
	wait_seq(p->org, (int64_t)THREADS * EACH);
	for (int i = 0; i < 100 && seen < (int64_t)THREADS * EACH; i++)
		usleep(10000);
	assert_int_equal(seen, THREADS * EACH);
	int64_t faults = -1;
	must(&p->ctx, store_read(&p->ctx, seq_fault, &faults));
	assert_int_equal(faults, 0);
}

struct find {
	const char *all[4];
	size_t n_all;
	struct search_any any[2];
	size_t n_any;
	int64_t before;
	int64_t ids[10];
	size_t n;
};

static enum err find(struct ctx *ctx, void *arg)
{
	struct find *f = arg;
	return search_ids(ctx, f->all, f->n_all, f->any, f->n_any, f->before, 10, f->ids, &f->n);
}

static enum err put_docs(struct ctx *ctx, void *arg)
{
	for (int64_t id = 1; id <= 30; id++)
		TRY(search_put(ctx, id, id % 10 == 0 ? "空调 调漏 漏水 x0021 it's" : "空调 调响",
		               id % 2 ? "y_ticket t_1" : "y_ticket t_2"));
	TRY(search_put(ctx, 30, "冰箱", "y_ticket t_2"));
	return search_remove(ctx, 29);
}

static void test_search(void **state)
{
	struct place *p = *state;
	const char *teams[] = {"t_2", "t_9"};
	must(&p->ctx, store_write(&p->ctx, put_docs, NULL));
	struct find f = {.all = {"空调", "漏水", "y_ticket"}, .n_all = 3, .any = {{teams, 2}}, .n_any = 1};
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 2);
	assert_int_equal(f.ids[0], 20);
	assert_int_equal(f.ids[1], 10);
	f.before = 20;
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 1);
	f = (struct find){.all = {"冰箱"}, .n_all = 1};
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 1);
	f = (struct find){.all = {"空调"}, .n_all = 1};
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 10);
	assert_int_equal(f.ids[0], 28); /* 30 was rewritten, 29 removed */
	f = (struct find){.all = {"x' | 'y\" OR \\"}, .n_all = 1};
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 0);
	f = (struct find){.all = {"空调"}, .n_all = 1, .any = {{NULL, 0}}, .n_any = 1};
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 0);
}

/* Every third job looks into the index and then gives up: neither its own document nor the look may
 * change what its neighbours of the same batch put there. */
static enum err put_or_give_up(struct ctx *ctx, void *arg)
{
	int64_t id = *(int64_t *)arg;
	TRY(search_put(ctx, id, "苹果", "y_fruit"));
	if (id % 3 != 0)
		return ERR_OK;
	struct find f = {.all = {"苹果"}, .n_all = 1, .before = id + 1};
	TRY(find(ctx, &f));
	if (f.n == 0 || f.ids[0] != id)
		return ERR_INTERNAL;
	return ERR_INVALID;
}

/* What a point leads back from: a document, a look that put all so far into the index, and a unique index's refusal. */
static enum err lost_part(struct ctx *ctx)
{
	struct find f = {.all = {"苹果"}, .n_all = 1, .before = 100};
	TRY(search_put(ctx, 2, "苹果", "y_fruit"));
	TRY(find(ctx, &f));
	assert_int_equal(f.n, 2);
	TRY(set_setting(ctx, "lost", "x"));
	/* Left open by the failure. */
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select key from setting");
	TRY(sql_rows(ctx, &q, &rows));
	assert_true(rows_next(rows));
	return set_setting(ctx, "first", "x");
}

static enum err points(struct ctx *ctx, void *arg)
{
	const bool *back = arg;
	struct store_point outer, inner;
	TRY(search_put(ctx, 1, "苹果", "y_fruit"));
	TRY(store_point(ctx, &outer));
	TRY(set_setting(ctx, "first", "x"));
	TRY(set_setting(ctx, "point", "x"));
	struct rows *open;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select key from setting where key in ('first', 'point') order by key");
	TRY(sql_rows(ctx, &q, &open));
	assert_true(rows_next(open));
	TRY(store_point(ctx, &inner));
	struct arena_mark mark = arena_mark(ctx->arena);
	assert_int_equal(lost_part(ctx), ERR_CONFLICT);
	TRY(store_point_end(ctx, &inner, true));
	arena_rewind(ctx->arena, mark);
	memset(arena_alloc(ctx->arena, 4096), 0x5a, 4096);
	/* What was being read before the point is read on, not anew. */
	assert_true(rows_next(open));
	assert_false(rows_next(open));
	TRY(rows_done(open));
	TRY(set_setting(ctx, "second", "x"));
	TRY(search_put(ctx, 3, "苹果", "y_fruit"));
	TRY(store_point_end(ctx, &outer, *back));
	return set_setting(ctx, "third", "x");
}

static void test_points(void **state)
{
	struct place *p = *state;
	static const bool backs[] = {true, false};
	static const char *const keys[] = {"lost", "first", "second", "third"};
	for (size_t i = 0; i < 2; i++) {
		struct find f = {.all = {"苹果"}, .n_all = 1};
		if (i == 0)
			must(&p->ctx, store_write(&p->ctx, points, (void *)(uintptr_t)&backs[i]));
		else
			assert_int_equal(store_write(&p->ctx, points, (void *)(uintptr_t)&backs[i]), ERR_CONFLICT);
		ctx_forget(&p->ctx);
		for (size_t k = 0; k < 4; k++) {
			const char *kv[2] = {keys[k], NULL};
			assert_int_equal(store_read(&p->ctx, get_setting, kv), k == 3 ? ERR_OK : ERR_NOT_FOUND);
		}
		must(&p->ctx, store_read(&p->ctx, find, &f));
		assert_int_equal(f.n, 1);
		assert_int_equal(f.ids[0], 1);
	}
}

/* Kept, all of the outer one is there. */
static void test_points_kept(void **state)
{
	struct place *p = *state;
	static const char *const keys[] = {"lost", "first", "second", "third"};
	const bool back = false;
	struct find f = {.all = {"苹果"}, .n_all = 1};
	must(&p->ctx, store_write(&p->ctx, points, (void *)(uintptr_t)&back));
	for (size_t k = 0; k < 4; k++) {
		const char *kv[2] = {keys[k], NULL};
		assert_int_equal(store_read(&p->ctx, get_setting, kv), k > 0 ? ERR_OK : ERR_NOT_FOUND);
	}
	must(&p->ctx, store_read(&p->ctx, find, &f));
	assert_int_equal(f.n, 2);
	assert_int_equal(f.ids[0], 3);
	assert_int_equal(f.ids[1], 1);
}

static void *put_many(void *arg)
{
	struct writer *w = arg;
	struct ctx ctx;
	place_ctx(w->p, &ctx);
	for (int i = 0; i < w->n; i++) {
		int64_t id = w->from + i;
		enum err e = store_write(&ctx, put_or_give_up, &id);
		if (e != (id % 3 != 0 ? ERR_OK : ERR_INVALID))
			w->worst = e;
		arena_clear(ctx.arena);
	}
	arena_free(ctx.arena);
	return NULL;
}

/* SQLite: events get their place at the commit, so that those without one are another job's of the same transaction. */
static enum err alone(struct ctx *ctx, void *arg)
{
	int64_t others, *most = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from event where seq is null");
	TRY(sql_one_int(ctx, &q, &others));
	*most = sql_is_postgres(ctx) || others < *most ? *most : others;
	return ERR_OK;
}

static void test_large_is_alone(void **state)
{
	enum { THREADS = 8, EACH = 60, LARGE = 30 };
	struct place *p = *state;
	pthread_t threads[THREADS];
	struct writer writers[THREADS];
	int64_t others = 0;
	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){.p = p, .from = 1 + i * 1000, .n = EACH};
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
	}
	p->ctx.large = true;
	for (int i = 0; i < LARGE; i++)
		must(&p->ctx, store_write(&p->ctx, alone, &others));
	p->ctx.large = false;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(writers[i].worst, ERR_OK);
	}
	assert_int_equal(others, 0);
}

static void test_search_of_batches(void **state)
{
	enum { THREADS = 8, EACH = 30 };
	struct place *p = *state;
	pthread_t threads[THREADS];
	struct writer writers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){.p = p, .from = 1 + i * EACH, .n = EACH};
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, &writers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(writers[i].worst, ERR_OK);
	}
	struct find f = {.all = {"苹果"}, .n_all = 1};
	int64_t left = THREADS * EACH;
	do {
		must(&p->ctx, store_read(&p->ctx, find, &f));
		for (size_t i = 0; i < f.n; i++, left--) {
			left -= left % 3 == 0;
			assert_int_equal(f.ids[i], left);
		}
		f.before = f.n ? f.ids[f.n - 1] : 0;
	} while (f.n > 0);
	assert_int_equal(left, 0);
}

/* Every character that the tokenizer lets through is one token to the database too. */
static const char *token_of(struct ctx *ctx, int32_t c)
{
	char bytes[4];
	struct buf b;
	size_t n = utf8_put(c, bytes);
	buf_init(&b, ctx->arena, 256);
	if (c >= 0xd800 && c < 0xe000)
		return "";
	text_tokens(&b, bytes, n, true);
	return strchr(b.data, ' ') ? "" : b.data;
}

static int32_t next_char(int32_t c)
{
	bool uniform = (c >= 0x3400 && c < 0x9f00) || (c >= 0xac00 && c < 0xd780) || c >= 0x20000;
	return c + (uniform ? 97 : 1);
}

static enum err put_chars(struct ctx *ctx, void *arg)
{
	struct arena_mark mark = arena_mark(ctx->arena);
	for (int32_t c = 1; c < 0x30000; c = next_char(c)) {
		const char *token = token_of(ctx, c);
		if (token[0] != '\0')
			TRY(search_put(ctx, c, token, "y"));
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

static enum err find_chars(struct ctx *ctx, void *arg)
{
	struct arena_mark mark = arena_mark(ctx->arena);
	for (int32_t c = 1; c < 0x30000; c = next_char(c)) {
		const char *token = token_of(ctx, c);
		struct find f = {.all = {token}, .n_all = 1, .before = c + 1};
		if (token[0] != '\0') {
			enum err e = find(ctx, &f);
			if (e != ERR_OK || f.n == 0 || f.ids[0] != c)
				fail_msg("U+%04X is lost: %s", (unsigned)c, token);
		}
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

static void test_every_token_survives(void **state)
{
	struct place *p = *state;
	if (pg_url() != NULL)
		skip(); /* PostgreSQL stores lexemes as they are given */
	must(&p->ctx, store_write(&p->ctx, put_chars, NULL));
	must(&p->ctx, store_read_slow(&p->ctx, find_chars, NULL));
}

/* ---- organisations ---- */

static void test_codes(void **state)
{
	struct place *p = *state;
	static const char *const bad[] = {"",    "A", "1a", "../x", "a-b", "a.db", "aaaaaaaaaabbbbbbbbbbccccccccccdd",
	                                  "a b", "_a"};
	struct org *o = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(org_create(p->store, bad[i], &o, p->why, sizeof(p->why)), ERR_INVALID);
		assert_int_equal(org_open(p->store, bad[i], &o, p->why, sizeof(p->why)), ERR_INVALID);
		assert_int_equal(org_drop(p->store, bad[i]), ERR_INVALID);
	}
	assert_null(o);
	assert_int_equal(org_open(p->store, "absent", &o, p->why, sizeof(p->why)), ERR_NOT_FOUND);
	assert_int_equal(org_create(p->store, "first", &o, p->why, sizeof(p->why)), ERR_CONFLICT);
	assert_int_equal(org_open(p->store, "first", &o, p->why, sizeof(p->why)), ERR_OK);
	assert_ptr_equal(o, p->org);
}

static void test_reopen(void **state)
{
	struct place *p = *state;
	int64_t id = 5;
	must(&p->ctx, store_write(&p->ctx, write_one, KEY("kept")));
	must(&p->ctx, store_write(&p->ctx, add_event, &id));
	wait_seq(p->org, 1);
	store_close(p->store);
	place_open(p);
	assert_int_equal(org_open(p->store, "first", &p->org, p->why, sizeof(p->why)), ERR_OK);
	p->ctx.org = p->org;
	assert_int_equal(org_last_seq(p->org), 1);
	const char *kv[2] = {"kept", NULL};
	must(&p->ctx, store_read(&p->ctx, get_setting, kv));
	const char **codes;
	size_t n;
	assert_int_equal(org_list(p->store, p->ctx.arena, &codes, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_string_equal(codes[0], "first");
}

static void test_drop(void **state)
{
	struct place *p = *state;
	struct org *o;
	assert_int_equal(org_drop(p->store, "first"), ERR_OK);
	assert_int_equal(store_write(&p->ctx, write_one, KEY("x")), ERR_NOT_FOUND);
	assert_int_equal(org_open(p->store, "first", &o, p->why, sizeof(p->why)), ERR_NOT_FOUND);
	assert_int_equal(org_create(p->store, "first", &o, p->why, sizeof(p->why)), ERR_OK);
	p->ctx.org = o;
	must(&p->ctx, store_write(&p->ctx, write_one, KEY("x")));
}

static enum err make_toy(struct ctx *ctx, void *arg)
{
	struct column columns[] = {{"name", COLUMN_TEXT}, {"amount", COLUMN_INT}};
	const char *by[] = {"name", "amount desc"};
	struct sql q;
	TRY(ddl_create_table(ctx, "toy", columns, 2));
	TRY(ddl_create_index(ctx, "toy_name", "toy", by, 2, true));
	TRY(search_put(ctx, 1, "熊猫", "y_toy"));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into toy (id, name, amount) values (1, :name, null)");
	sql_text(&q, "name", "熊猫\t\\N\n'x'");
	return sql_run(ctx, &q, NULL);
}

static enum err check_toy(struct ctx *ctx, void *arg)
{
	struct sql q;
	struct find f = {.all = {"熊猫"}, .n_all = 1};
	const char *name;
	bool there;
	sql_init(&q, ctx->arena);
	SQL(&q, "select name from toy where amount is null");
	TRY(sql_one_text(ctx, &q, &name));
	assert_string_equal(name, "熊猫\t\\N\n'x'");
	TRY(ddl_has_index(ctx, "toy_name", &there));
	assert_true(there);
	TRY(find(ctx, &f));
	assert_int_equal(f.n, 1);
	return ERR_OK;
}

static void test_backup_restore(void **state)
{
	struct place *p = *state;
	char path[128];
	struct stat st;
	struct org *o;
	int64_t id = 3;
	must(&p->ctx, store_write(&p->ctx, make_toy, NULL));
	must(&p->ctx, store_write(&p->ctx, add_event, &id));
	wait_seq(p->org, 1);
	snprintf(path, sizeof(path), "%s/copy", p->dir);
	assert_int_equal(org_backup(p->org, path, p->why, sizeof(p->why)), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	assert_int_equal(org_backup(p->org, path, p->why, sizeof(p->why)), ERR_CONFLICT);
	assert_int_equal(org_restore(p->store, "first", path, p->why, sizeof(p->why)), ERR_CONFLICT);
	org_drop(p->store, "second");
	if (org_restore(p->store, "second", path, p->why, sizeof(p->why)) != ERR_OK)
		fail_msg("%s", p->why);
	if (org_open(p->store, "second", &o, p->why, sizeof(p->why)) != ERR_OK)
		fail_msg("%s", p->why);
	assert_int_equal(org_last_seq(o), 1);
	p->ctx.org = o;
	must(&p->ctx, store_read(&p->ctx, check_toy, NULL));
	FILE *f = fopen(path, "w");
	fputs("not a backup", f);
	fclose(f);
	assert_int_equal(org_restore(p->store, "third", path, p->why, sizeof(p->why)), ERR_INVALID);
	assert_int_equal(org_open(p->store, "third", &o, p->why, sizeof(p->why)), ERR_NOT_FOUND);
}

static enum err touch_steps(struct ctx *ctx, void *arg)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	if (arg != NULL)
		SQL(&q, "insert into schema_step (number, name, digest, at) values (9999, '9999_later', 'x', 0)");
	else
		SQL(&q, "update schema_step set digest = 'x' where number = 1");
	return sql_run(ctx, &q, NULL);
}

static void reopen_refused(struct place *p, const char *word)
{
	struct org *o;
	store_close(p->store);
	place_open(p);
	assert_int_equal(org_open(p->store, "first", &o, p->why, sizeof(p->why)), ERR_CONFLICT);
	assert_non_null(strstr(p->why, word));
}

static void test_newer_refused(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, touch_steps, p));
	reopen_refused(p, "newer");
}

static void test_changed_step_refused(void **state)
{
	struct place *p = *state;
	must(&p->ctx, store_write(&p->ctx, touch_steps, NULL));
	reopen_refused(p, "differs");
}

static enum err endless(struct ctx *ctx, void *arg)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000000000) select count(*) "
	        "from c");
	return sql_one_int(ctx, &q, &n);
}

static void test_runaway_read_is_stopped(void **state)
{
	struct place *p = *state;
	assert_int_equal(store_read(&p->ctx, endless, NULL), ERR_INVALID);
	assert_string_equal(p->ctx.problems.list[0].code, "too_broad");
	const char *kv[2] = {"none", NULL};
	assert_int_equal(store_read(&p->ctx, get_setting, kv), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_write_read, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_failed_statement_is_never_done, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_all_kinds, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_append, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_nested_rows, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_statements_of_a_former_table, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_events_in_commit_order, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_search, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_points, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_points_kept, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_search_of_batches, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_large_is_alone, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_every_token_survives, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_reopen, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_backup_restore, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_newer_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_changed_step_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_runaway_read_is_stopped, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

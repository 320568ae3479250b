/* SQLite when things go wrong: a killed process loses nothing it confirmed; a full disk refuses the
 * writer it can't serve, keeps what is there readable, and goes on when there is room again. */
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

enum { BODY_BYTES = 2000 };

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static struct org *open_at(const char *dir, bool make, struct store **ret_store)
{
	char why[512] = "";
	struct org *o = NULL;
	struct store_config config = {.dir = dir};
	if (store_open(&config, ret_store, why, sizeof(why)) != ERR_OK ||
	    (make ? org_create : org_open)(*ret_store, "only", &o, why, sizeof(why)) != ERR_OK)
		fprintf(stderr, "%s\n", why);
	return o;
}

static enum err add_event(struct ctx *ctx, void *arg)
{
	struct sql q;
	char *body = arena_alloc(ctx->arena, BODY_BYTES + 1);
	memset(body, 'x', BODY_BYTES);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into event (id, type, record, at, kind, origin, internal, body, body_digest, digest) values "
	        "(:id, 't', 1, 1, 'created', '', 0, :body, :digest, :digest)");
	sql_int(&q, "id", *(int64_t *)arg);
	sql_text(&q, "body", body);
	sql_blob(&q, "digest", "d", 1);
	return sql_run(ctx, &q, NULL);
}

static enum err count_events(struct ctx *ctx, void *arg)
{
	int64_t *counts = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from event");
	TRY(sql_one_int(ctx, &q, &counts[0]));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from event where seq is null");
	TRY(sql_one_int(ctx, &q, &counts[1]));
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(id), 0) from event");
	return sql_one_int(ctx, &q, &counts[2]);
}

static void write_for_ever(const char *dir, int report)
{
	struct store *s;
	struct ctx ctx = {.arena = arena_new(1 << 20), .org = open_at(dir, true, &s)};
	for (int64_t id = 1; ctx.org != NULL; id++) {
		if (store_write(&ctx, add_event, &id) != ERR_OK || write(report, &id, sizeof(id)) != sizeof(id))
			_exit(1);
		arena_clear(ctx.arena);
	}
	_exit(1);
}

static void test_killed(void **state)
{
	char dir[] = "/tmp/shouwen-killed-XXXXXX";
	int report[2], status;
	int64_t confirmed = 0, counts[3] = {0};
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pipe(report), 0);
	pid_t child = fork();
	if (child == 0)
		write_for_ever(dir, report[1]);
	close(report[1]);
	while (confirmed < 300 && read(report[0], &confirmed, sizeof(confirmed)) == sizeof(confirmed))
		;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	while (read(report[0], &confirmed, sizeof(confirmed)) == sizeof(confirmed))
		;
	close(report[0]);
	assert_true(confirmed >= 300);

	struct store *s;
	struct ctx ctx = {.arena = arena_new(1 << 20), .org = open_at(dir, false, &s)};
	assert_non_null(ctx.org);
	assert_int_equal(store_read(&ctx, count_events, counts), ERR_OK);
	assert_true(counts[2] >= confirmed);
	assert_int_equal(counts[0], counts[2]); /* none missing between */
	assert_int_equal(counts[1], 0);
	assert_int_equal(org_last_seq(ctx.org), counts[0]);
	store_close(s);
	arena_free(ctx.arena);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Exits with the line of the first thing that was not so. */
#define IS(what)                                   \
	do {                                       \
		if (!(what))                       \
			_exit(1 + __LINE__ % 250); \
	} while (0)

static void fill(const char *dir)
{
	struct store *s;
	struct ctx ctx = {.arena = arena_new(1 << 20), .org = open_at(dir, true, &s)};
	struct rlimit limit = {.rlim_cur = 3 << 20, .rlim_max = RLIM_INFINITY};
	int64_t id = 1, counts[3] = {0};
	enum err e = ERR_OK;
	IS(ctx.org != NULL);
	signal(SIGXFSZ, SIG_IGN);
	IS(setrlimit(RLIMIT_FSIZE, &limit) == 0); /* no file may grow past this: as good as a full disk */
	for (; id < 10000 && e == ERR_OK; id++) {
		e = store_write(&ctx, add_event, &id);
		arena_clear(ctx.arena);
	}
	IS(e == ERR_FULL);
	int64_t refused = id - 1;
	IS(refused > 50);
	IS(store_read(&ctx, count_events, counts) == ERR_OK);
	IS(counts[0] == refused - 1);
	limit.rlim_cur = RLIM_INFINITY;
	IS(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	IS(store_write(&ctx, add_event, &refused) == ERR_OK);
	IS(store_read(&ctx, count_events, counts) == ERR_OK);
	IS(counts[0] == refused && counts[1] == 0 && org_last_seq(ctx.org) == refused);
	store_close(s);
	_exit(0);
}

static void test_disk_full(void **state)
{
	char dir[] = "/tmp/shouwen-full-XXXXXX";
	int status;
	assert_non_null(mkdtemp(dir));
	pid_t child = fork();
	if (child == 0)
		fill(dir);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_killed),
	        cmocka_unit_test(test_disk_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

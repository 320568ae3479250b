/*
 * due.c: what finding due work costs with so many clocks waiting: prints the CPU time of a look that finds nothing, and
 * of a row found, leased and worked away, as JSON.
 *
 *   due DIR N     an organisation of its own under DIR (SQLite), with N rows of due work of clocks to come
 */
#include "flow/due.h"
#include "common.h"

enum { FILL = 2000, LOOKS = 20000, ROUNDS = 200 };

struct filling {
	int64_t first, due_at, spread_ms;
	size_t n;
};

/* Their clocks are not there, so that working one away is only taking it away. */
static enum err fill(struct ctx *ctx, void *arg)
{
	const struct filling *f = arg;
	for (size_t i = 0; i < f->n; i++) {
		struct arena_mark mark = arena_mark(ctx->arena);
		int64_t k = f->first + (int64_t)i;
		int64_t spread = f->spread_ms > 0 ? (int64_t)((uint64_t)k * 2654435761u % (uint64_t)f->spread_ms) : 0;
		const char *key = arena_printf(ctx->arena, "clock:%lld", (long long)(k + 1));
		TRY(due_put(ctx, key, "clock", f->due_at + spread, 1 + (int)(k % 2), "ticket", k + 1, NULL));
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

static double looks(struct ctx *ctx)
{
	size_t worked;
	int64_t next;
	double began = us_of(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < LOOKS; i++) {
		struct arena_mark mark = arena_mark(ctx->arena);
		must(due_run(ctx, &worked, &next), "a look");
		arena_rewind(ctx->arena, mark);
	}
	return (us_of(CLOCK_PROCESS_CPUTIME_ID) - began) / LOOKS;
}

/* A slice that is due among those that are not. */
static double rows(struct ctx *ctx, int64_t first)
{
	double spent = 0;
	size_t n = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct filling f = {.first = first + (int64_t)i * DUE_SLICE, .due_at = ctx->now_ms, .n = DUE_SLICE};
		size_t worked = 1;
		int64_t next;
		must(store_write(ctx, fill, &f), "filling");
		double began = us_of(CLOCK_PROCESS_CPUTIME_ID);
		while (worked > 0) {
			struct arena_mark mark = arena_mark(ctx->arena);
			must(due_run(ctx, &worked, &next), "working");
			n += worked;
			arena_rewind(ctx->arena, mark);
		}
		spent += us_of(CLOCK_PROCESS_CPUTIME_ID) - began;
	}
	return spent / (double)n;
}

int main(int argc, char **argv)
{
	struct place p;
	long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	if (n < 1) {
		fprintf(stderr, "due DIR N\n");
		return 2;
	}
	place_open(&p, argv[1]);
	for (long at = 0; at < n; at += FILL) {
		struct filling f = {.first = at,
		                    .due_at = p.ctx.now_ms + HOUR_MS,
		                    .spread_ms = 30 * DAY_MS,
		                    .n = n - at < FILL ? (size_t)(n - at) : FILL};
		must(store_write(&p.ctx, fill, &f), "filling");
	}
	double look = looks(&p.ctx);
	double row = rows(&p.ctx, n + 1000);
	printf("{\"n\": %ld, \"look_us\": %.2f, \"row_us\": %.2f}\n", n, look, row);
	place_close(&p);
	return 0;
}

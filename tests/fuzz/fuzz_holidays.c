/*
 * Holidays from outside: whatever the file holds, it is days in order or a problem that says why; and what is written
 * of them reads back as the same. With clang -fsanitize=fuzzer this is a libFuzzer target; with REPLAY defined, a
 * program that runs kept crashes and seeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/holidays_in.h"
#ifdef REPLAY
#include "replay.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct ctx ctx = {.arena = a};
	struct holiday *days, *again, *all;
	size_t n_days, n_again = 0, n_all, added, changed;
	enum err e = holidays_read(&ctx, (const char *)bytes, n, &days, &n_days);
	if (e != ERR_OK) {
		must(ctx.problems.n > 0, "a problem says why");
		arena_free(a);
		return 0;
	}
	must(n_days > 0 && n_days <= HOLIDAYS_MAX, "there are days");
	for (size_t i = 0; i < n_days; i++)
		must((i == 0 || days[i - 1].day < days[i].day) && text_valid(days[i].name, strlen(days[i].name)),
		     "days are in order");
	const char *text = holidays_yaml(a, "some", NULL, days, n_days);
	must(text && holidays_read(&ctx, text, strlen(text), &again, &n_again) == ERR_OK,
	     "what is written can be read");
	holidays_merge(a, days, n_days, again, n_again, &all, &n_all, &added, &changed);
	must(n_all == n_days && added + changed == 0, "it is the same");
	arena_free(a);
	return 0;
}

/*
 * holidays NAME LABEL FILE…: the text of holidays/NAME.yaml out of published holidays (JSON, iCalendar, YAML), later
 * files over earlier ones.
 */
#include <stdio.h>
#include <stdlib.h>

#include "report/holidays_in.h"

int main(int argc, char **argv)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct ctx ctx = {.arena = a};
	struct holiday *all = NULL;
	size_t n = 0, added, changed;
	for (int i = 3; i < argc; i++) {
		FILE *f = fopen(argv[i], "re");
		char *bytes = arena_alloc(a, HOLIDAYS_BYTES_MAX + 1);
		struct holiday *days;
		size_t n_days, len = f ? fread(bytes, 1, HOLIDAYS_BYTES_MAX + 1, f) : 0;
		if (f)
			fclose(f);
		if (!f || holidays_read(&ctx, bytes, len, &days, &n_days) != ERR_OK) {
			fprintf(stderr, "%s: %s\n", argv[i],
			        ctx.problems.n ? ctx.problems.list[0].detail : "can't be read");
			return 1;
		}
		holidays_merge(a, all, n, days, n_days, &all, &n, &added, &changed);
	}
	if (n == 0) {
		fprintf(stderr, "usage: holidays NAME LABEL FILE...\n");
		return 1;
	}
	fputs(holidays_yaml(a, argv[1], argv[2], all, n), stdout);
	arena_free(a);
	return 0;
}

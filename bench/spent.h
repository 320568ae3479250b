/* spent.h: time in microseconds, of the wall or of the CPU; knows nothing of ours, so that plain.c can use it too. */
#ifndef SHOUWEN_BENCH_SPENT_H
#define SHOUWEN_BENCH_SPENT_H

#include <time.h>

static inline double us_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#endif

/* simulate.h: chance, an agenda of what will happen, and the two simulations of the routing engine. */
#ifndef SHOUWEN_TESTS_ROUTE_SIMULATE_H
#define SHOUWEN_TESTS_ROUTE_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what, ...)                                                                   \
	do {                                                                               \
		if (!(what)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s: ", __FILE__, __LINE__, #what); \
			fprintf(stderr, __VA_ARGS__);                                      \
			fputc('\n', stderr);                                               \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

struct random {
	uint64_t state;
};

uint64_t next64(struct random *r);
int64_t exponential(struct random *r, double mean);

enum happening { ARRIVES, ANSWERS, ENDS, COMES, GOES };
struct event {
	int64_t at, seq;
	enum happening kind;
	int agent;
	int64_t matter, offer;
};

struct agenda { /* what happens at the same time happens in the order it was planned */
	struct event *list;
	size_t n, cap;
	int64_t seq;
};

void plan(struct agenda *g, struct event e);
struct event take(struct agenda *g); /* the next; there must be one */

/* Waiting times of one queue with alike agents against Erlang's formula. */
void lines_against_erlang(int64_t arrivals);

#endif

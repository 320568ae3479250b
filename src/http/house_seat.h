/* house_seat.h: inside of house.c: the table of seats. The caller holds the house's lock. */
#ifndef SHOUWEN_HTTP_HOUSE_SEAT_H
#define SHOUWEN_HTTP_HOUSE_SEAT_H

#include "http/house.h"

enum { SEAT_BUCKETS = 64, SEATS_MAX = 4096 };

struct seats {
	struct seat *buckets[SEAT_BUCKETS];
	size_t n;
};

struct seat *seats_find(const struct seats *t, const char *digest);
/* Takes a reference; replaces one of the same digest; drops an old one when there are too many. */
void seats_put(struct seats *t, struct seat *s);
void seats_drop(struct seats *t, const char *digest);
void seats_clear(struct seats *t);

/* A copy with one reference; who and its texts lie in one block, freed with free(). */
struct seat *seat_new(const struct seat *like, const struct who *who);

/* How long a seat may be used without reading it again. Changes made by this process are seen at
 * once; those of another process on a shared store within this time. */
int64_t seats_fresh_us(bool shared);

#endif

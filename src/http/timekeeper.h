/* timekeeper.h: the threads that work what falls due and deliver what is to be sent. */
#ifndef SHOUWEN_HTTP_TIMEKEEPER_H
#define SHOUWEN_HTTP_TIMEKEEPER_H

#include "base/ctx.h"

struct houses;
struct hub;
struct timekeeper;

/* NULL: its threads could not be started. */
struct timekeeper *timekeeper_open(struct houses *houses, struct hub *hub);
/* Ends after the slice that is being worked; NULL allowed. */
void timekeeper_close(struct timekeeper *t);
/* route_beat.c: one round of routing in an organisation; at whom something rings while his connection is gone, he is
 * offline and it goes on to the next. */
enum err route_beat(struct ctx *ctx, struct hub *hub, size_t *ret_worked, int64_t *ret_next);

#endif

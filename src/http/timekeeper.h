/* timekeeper.h: the threads that work what falls due and deliver what is to be sent. */
#ifndef SHOUWEN_HTTP_TIMEKEEPER_H
#define SHOUWEN_HTTP_TIMEKEEPER_H

struct houses;
struct timekeeper;

/* NULL: its threads could not be started. */
struct timekeeper *timekeeper_open(struct houses *houses);
/* Ends after the slice that is being worked; NULL allowed. */
void timekeeper_close(struct timekeeper *t);

#endif

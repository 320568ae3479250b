/*
 * gate.h: no more than so many of one user's reads run at once on a lane: whoever asks ten slow questions at
 * once waits for himself, not everybody for him. What is over rests at the gate, holding no thread, until one
 * of his own is done; more than GATE_WAITING_MAX of one user are refused.
 */
#ifndef SHOUWEN_HTTP_GATE_H
#define SHOUWEN_HTTP_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GATE_USERS_MAX = 128, GATE_WAITING_MAX = 64 };

struct gate_job { /* part of what waits */
	struct gate_job *next;
	bool inside; /* counted as running */
};

struct gate {
	pthread_mutex_t lock;
	size_t running_max; /* of one user */
	struct gate_user {
		int64_t user; /* 0: free */
		size_t running, waiting;
		struct gate_job *first, *last;
	} users[GATE_USERS_MAX];
};

void gate_init(struct gate *g, size_t running_max);
void gate_clear(struct gate *g);

enum gate_answer { GATE_IN, GATE_WAIT, GATE_REFUSED };

/* May it run? GATE_WAIT: let go of everything, then gate_rest. */
enum gate_answer gate_enter(struct gate *g, int64_t user, struct gate_job *job);
/* Puts it to rest; false: there is room meanwhile, it is inside: run it. Once at rest it belongs to the gate. */
bool gate_rest(struct gate *g, int64_t user, struct gate_job *job);
/* One that is inside is done. The one that goes in for it, to be run by the caller; NULL: none waits. */
struct gate_job *gate_leave(struct gate *g, int64_t user, struct gate_job *job);

/* How many requests from one address are on their way to a lane that strangers may use. The front's alone. */
enum { CROWD_MAX = 256, CROWD_ADDRESS_BYTES = 48 };
struct crowd {
	struct {
		char address[CROWD_ADDRESS_BYTES];
		size_t n;
	} list[CROWD_MAX];
};
bool crowd_enter(struct crowd *c, const char *address, size_t most);
void crowd_leave(struct crowd *c, const char *address);

#endif

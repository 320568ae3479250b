/* house_inside.h: inside of house*.c. */
#ifndef SHOUWEN_HTTP_HOUSE_INSIDE_H
#define SHOUWEN_HTTP_HOUSE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "flow/seen_log.h"
#include "http/guard.h"
#include "http/house_seat.h"

enum { MODELS_KEPT = 8 };

struct house {
	struct house *next;
	struct houses *home;
	struct org *org;
	struct store *store;
	struct ids *ids;
	pthread_mutex_t lock; /* edition, seats and guard */
	struct edition *edition;
	struct seats seats;
	int users; /* atomic: who has it taken */
	atomic_bool gone;
	atomic_ullong people_version;
	atomic_llong seen_seq;  /* events up to here were looked at for changed people */
	atomic_llong looked_us; /* last look at packs on a shared store */
	atomic_llong pack_change;
	pthread_mutex_t reloading;
	struct guard guard; /* under lock */
	struct seen_today *seen;
};

struct houses {
	pthread_mutex_t lock;
	struct house *list;
	struct store *store;
	int node;
	pthread_mutex_t models_lock;
	struct model *models[MODELS_KEPT]; /* each with a reference */
	size_t model_at;
	pthread_mutex_t bell_lock;
	void (*bell)(void *arg);
	void *bell_arg;
	void (*each)(void *arg, const char *code);
	void *each_arg;
};

bool house_code_ok(const char *code);
/* The findings that refuse a pack, a line each. */
void house_report_words(const struct pack_report *report, char *why, size_t why_bytes);

#endif

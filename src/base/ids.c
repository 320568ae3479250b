#include "base/ids.h"

#include <stdatomic.h>
#include <stddef.h>

enum { SEQUENCE_BITS = 13, NODE_BITS = 8 };
#define EPOCH_MS INT64_C(1577836800000) /* 2020-01-01T00:00:00Z */
#define MS_MAX ((INT64_C(1) << 42) - 1)

struct ids {
	_Atomic int64_t last; /* ms since the epoch << SEQUENCE_BITS | sequence */
	int64_t node;
};

struct ids *ids_new(int node)
{
	struct ids *ids = calloc(1, sizeof(*ids));
	if (ids == NULL || node < 0 || node >= 1 << NODE_BITS)
		abort();
	ids->node = node;
	return ids;
}

void ids_free(struct ids *ids)
{
	free(ids);
}

int ids_node(const struct ids *ids)
{
	return (int)ids->node;
}

static int64_t since_epoch(int64_t at_ms)
{
	int64_t ms = at_ms - EPOCH_MS;
	if (ms < 0)
		return 0;
	return ms > MS_MAX ? MS_MAX : ms;
}

/* A full millisecond or a clock set back runs on from the last id: order and uniqueness hold. */
int64_t ids_next(struct ids *ids, int64_t now_ms)
{
	int64_t now = since_epoch(now_ms) << SEQUENCE_BITS;
	int64_t last = atomic_load(&ids->last);
	int64_t next;
	do {
		next = last + 1 > now ? last + 1 : now;
	} while (!atomic_compare_exchange_weak(&ids->last, &last, next));
	int64_t ms = next >> SEQUENCE_BITS;
	int64_t sequence = next & ((1 << SEQUENCE_BITS) - 1);
	return ms << (NODE_BITS + SEQUENCE_BITS) | ids->node << SEQUENCE_BITS | sequence;
}

void ids_after(struct ids *ids, int64_t id)
{
	int64_t ms = id >> (NODE_BITS + SEQUENCE_BITS);
	int64_t least = ms << SEQUENCE_BITS | ((1 << SEQUENCE_BITS) - 1);
	int64_t last = atomic_load(&ids->last);
	while (last < least && !atomic_compare_exchange_weak(&ids->last, &last, least))
		;
}

int64_t ids_floor(int64_t at_ms)
{
	return since_epoch(at_ms) << (NODE_BITS + SEQUENCE_BITS);
}

bool id_parse(const char *s, int64_t *ret_id)
{
	if (s == NULL || *s < '1' || *s > '9')
		return false;
	int64_t id = 0;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(id, 10, &id) ||
		    __builtin_add_overflow(id, *s - '0', &id))
			return false;
	}
	*ret_id = id;
	return true;
}

#include "http/guard.h"

enum { NEAR = 16 }; /* slots a user's may lie in */

/* His slot, or the one of those near that forgets the least. */
static struct guard_slot *slot_of(struct guard *g, int64_t user)
{
	size_t at = (size_t)((uint64_t)user * UINT64_C(0x9e3779b97f4a7c15) >> 56);
	struct guard_slot *least = &g->slots[at % GUARD_SLOTS];

	for (size_t i = 0; i < NEAR; i++) {
		struct guard_slot *s = &g->slots[(at + i) % GUARD_SLOTS];

		if (s->user == user)
			return s;
		if (s->free_ms < least->free_ms)
			least = s;
	}
	*least = (struct guard_slot){.user = user};
	return least;
}

bool guard_take(struct guard *g, int64_t user, int64_t now_ms, int64_t *ret_wait_ms)
{
	struct guard_slot *s = slot_of(g, user);
	int64_t from = s->free_ms > now_ms ? s->free_ms : now_ms;
	int64_t over = from + GUARD_STEP_MS - now_ms - (int64_t)GUARD_BURST * GUARD_STEP_MS;

	if (over > 0) {
		*ret_wait_ms = over;
		return false;
	}
	s->free_ms = from + GUARD_STEP_MS;
	return true;
}

/* route_heap.c: heaps of matters and maps of numbers, for the routing engine alone. */
#include <stdlib.h>
#include <string.h>

#include "flow/route_inside.h"

void *route_grow(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap ? 2 * *cap : 16;
	list = realloc(list, *cap * size);
	if (list == NULL)
		abort();
	return list;
}

/* ---- heaps ---------------------------------------------------------------------------------------------- */

bool matter_before(const struct matter *a, const struct matter *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	if (a->is.since != b->is.since)
		return a->is.since < b->is.since;
	return a->is.id < b->is.id;
}

static bool before(const struct heap *h, const struct matter *a, const struct matter *b)
{
	if (!h->by_time)
		return matter_before(a, b);
	return a->timer != b->timer ? a->timer < b->timer : a->is.id < b->is.id;
}

static void settle(struct heap *h, size_t at, struct matter *m)
{
	h->list[at] = m;
	*(h->by_time ? &m->tick : &m->place) = at + 1;
}

static void rise(struct heap *h, size_t at, struct matter *m)
{
	while (at > 0 && before(h, m, h->list[(at - 1) / 2])) {
		settle(h, at, h->list[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	settle(h, at, m);
}

static void sink(struct heap *h, size_t at, struct matter *m)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= h->n)
			break;
		if (child + 1 < h->n && before(h, h->list[child + 1], h->list[child]))
			child++;
		if (!before(h, h->list[child], m))
			break;
		settle(h, at, h->list[child]);
		at = child;
	}
	settle(h, at, m);
}

static size_t place_of(const struct heap *h, const struct matter *m)
{
	return (h->by_time ? m->tick : m->place) - 1;
}

void heap_put(struct heap *h, struct matter *m)
{
	h->list = route_grow(h->list, h->n, &h->cap, sizeof(*h->list));
	h->n++;
	rise(h, h->n - 1, m);
}

static void mend(struct heap *h, size_t at, struct matter *m)
{
	if (at > 0 && before(h, m, h->list[(at - 1) / 2]))
		rise(h, at, m);
	else
		sink(h, at, m);
}

void heap_moved(struct heap *h, struct matter *m)
{
	mend(h, place_of(h, m), m);
}

void heap_remove(struct heap *h, struct matter *m)
{
	size_t at = place_of(h, m);
	struct matter *last = h->list[--h->n];
	*(h->by_time ? &m->tick : &m->place) = 0;
	if (last != m)
		mend(h, at, last);
}

/* ---- maps ----------------------------------------------------------------------------------------------- */

static size_t slot_of(const struct idmap *m, int64_t key)
{
	uint64_t h = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(h >> 32) & (m->cap - 1);
}

void *idmap_get(const struct idmap *m, int64_t key)
{
	if (m->cap == 0 || key == 0)
		return NULL;
	for (size_t at = slot_of(m, key);; at = (at + 1) & (m->cap - 1)) {
		if (m->keys[at] == key)
			return m->values[at];
		if (m->keys[at] == 0)
			return NULL;
	}
}

static void place(struct idmap *m, int64_t key, void *value)
{
	size_t at = slot_of(m, key);
	while (m->keys[at] != 0 && m->keys[at] != key)
		at = (at + 1) & (m->cap - 1);
	m->n += m->keys[at] == 0;
	m->keys[at] = key;
	m->values[at] = value;
}

void idmap_put(struct idmap *m, int64_t key, void *value)
{
	if (4 * (m->n + 1) > 3 * m->cap) {
		struct idmap wider = {.cap = m->cap ? 2 * m->cap : 64};
		wider.keys = calloc(wider.cap, sizeof(*wider.keys));
		wider.values = calloc(wider.cap, sizeof(*wider.values));
		if (wider.keys == NULL || wider.values == NULL)
			abort();
		for (size_t i = 0; i < m->cap; i++)
			if (m->keys[i] != 0)
				place(&wider, m->keys[i], m->values[i]);
		free(m->keys);
		free(m->values);
		*m = wider;
	}
	place(m, key, value);
}

/* What lies behind it moves up, so that nothing is searched past a gap. */
void idmap_remove(struct idmap *m, int64_t key)
{
	if (idmap_get(m, key) == NULL)
		return;
	size_t at = slot_of(m, key);
	while (m->keys[at] != key)
		at = (at + 1) & (m->cap - 1);
	m->keys[at] = 0;
	m->n--;
	for (size_t next = (at + 1) & (m->cap - 1); m->keys[next] != 0; next = (next + 1) & (m->cap - 1)) {
		int64_t moved = m->keys[next];
		void *value = m->values[next];
		m->keys[next] = 0;
		m->n--;
		place(m, moved, value);
	}
}

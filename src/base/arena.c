#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

enum { FIRST_BLOCK_BYTES = 8 << 10, BLOCK_BYTES_MAX = 1 << 20, ALIGN = alignof(max_align_t) };

struct block {
	struct block *before;
	size_t size; /* of bytes */
	size_t used;
	alignas(max_align_t) char bytes[];
};

struct hook {
	struct hook *before;
	void (*fn)(void *arg);
	void *arg;
};

struct arena {
	struct block *last;
	struct hook *hooks;
	size_t held;
	size_t limit;
};

static void die(const char *why)
{
	fprintf(stderr, "shouwen: %s\n", why);
	abort();
}

static void block_add(struct arena *a, size_t need)
{
	size_t size = a->last ? a->last->size * 2 : FIRST_BLOCK_BYTES - sizeof(struct block);
	if (size > BLOCK_BYTES_MAX)
		size = BLOCK_BYTES_MAX;
	if (size < need)
		size = need;
	/* Near the limit take only what is asked, so that doubling never makes a request fail. */
	if (a->held + size + sizeof(struct block) > a->limit)
		size = need;
	if (need > a->limit || a->held + size + sizeof(struct block) > a->limit)
		die("an arena ran past its limit");
	struct block *b = malloc(sizeof(*b) + size);
	if (b == NULL)
		die("out of memory");
	b->before = a->last;
	b->size = size;
	b->used = 0;
	a->last = b;
	a->held += size + sizeof(*b);
}

static void block_drop(struct arena *a)
{
	struct block *b = a->last;
	a->last = b->before;
	a->held -= b->size + sizeof(*b);
	free(b);
}

struct arena *arena_new(size_t limit_bytes)
{
	struct arena *a = calloc(1, sizeof(*a));
	if (a == NULL)
		die("out of memory");
	a->limit = limit_bytes;
	return a;
}

static void run_hooks(struct arena *a, const struct hook *until)
{
	while (a->hooks != until && a->hooks != NULL) {
		struct hook h = *a->hooks;
		a->hooks = h.before;
		h.fn(h.arg);
	}
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	run_hooks(a, NULL);
	while (a->last != NULL)
		block_drop(a);
	free(a);
}

void arena_clear(struct arena *a)
{
	run_hooks(a, NULL);
	while (a->last != NULL && a->last->before != NULL)
		block_drop(a);
	if (a->last != NULL)
		a->last->used = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > a->limit)
		die("an arena ran past its limit");
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (size == 0)
		size = ALIGN;
	if (a->last == NULL || a->last->size - a->last->used < size)
		block_add(a, size);
	void *p = a->last->bytes + a->last->used;
	a->last->used += size;
	memset(p, 0, size);
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		die("an array size overflowed");
	return arena_alloc(a, bytes);
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t size)
{
	if (size <= old_size)
		return old;
	size_t held = (old_size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct block *b = a->last;
	if (old != NULL && b != NULL && held <= b->used && (char *)old == b->bytes + b->used - held &&
	    size <= a->limit) {
		size_t whole = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
		if (b->size - b->used + held >= whole) {
			memset((char *)old + old_size, 0, whole - old_size);
			b->used += whole - held;
			return old;
		}
	}
	void *p = arena_alloc(a, size);
	if (old_size > 0)
		memcpy(p, old, old_size);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);
	if (n > 0)
		memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *s = arena_vprintf(a, format, args);
	va_end(args);
	return s;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	char line[256];
	int n = vsnprintf(line, sizeof(line), format, args);
	if (n < 0)
		die("a format failed");
	char *s;
	if ((size_t)n < sizeof(line)) {
		s = arena_strndup(a, line, (size_t)n);
	} else {
		s = arena_alloc(a, (size_t)n + 1);
		vsnprintf(s, (size_t)n + 1, format, again);
	}
	va_end(again);
	return s;
}

void arena_on_clear(struct arena *a, void (*fn)(void *arg), void *arg)
{
	struct hook *h = arena_alloc(a, sizeof(*h));
	h->before = a->hooks;
	h->fn = fn;
	h->arg = arg;
	a->hooks = h;
}

struct arena_mark arena_mark(struct arena *a)
{
	return (struct arena_mark){.block = a->last, .used = a->last ? a->last->used : 0, .hook = a->hooks};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
	run_hooks(a, mark.hook);
	while (a->last != NULL && (void *)a->last != mark.block && a->last->before != NULL)
		block_drop(a);
	/* A mark taken when nothing was held: the first block stays, empty. */
	if (a->last != NULL)
		a->last->used = (void *)a->last == mark.block ? mark.used : 0;
}

size_t arena_bytes(const struct arena *a)
{
	return a->held;
}

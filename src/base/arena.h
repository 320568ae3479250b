/*
 * arena.h: memory of one lifetime (process, model generation or request), freed at once.
 *
 * An arena belongs to one thread at a time. Nothing in it may be kept by anything that lives
 * longer. Running past the limit given to arena_new aborts: every input has a maximum that keeps
 * it below.
 */
#ifndef SHOUWEN_BASE_ARENA_H
#define SHOUWEN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena_mark {
	void *block;
	size_t used;
	void *hook;
};

struct arena *arena_new(size_t limit_bytes);
void arena_free(struct arena *a); /* NULL is allowed; runs the hooks */
/* Runs the hooks and makes the arena empty; keeps its first block for the next user. */
void arena_clear(struct arena *a);

/* Zeroed memory, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* n * size with an overflow check. */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);            /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n); /* copies n bytes, adds a NUL */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* A larger piece with the bytes of the old one; in place where the old one was the last given out. */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t size);

/* Call fn(arg) when the arena is cleared, rewound below this point or freed; last in, first out. */
void arena_on_clear(struct arena *a, void (*fn)(void *arg), void *arg);

/* Forget all that came after the mark (its hooks run). For code that is run again. */
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

size_t arena_bytes(const struct arena *a); /* held from the system, for figures */

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

#endif

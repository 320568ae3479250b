/*
 * buf.h: a growing byte buffer with a stated maximum. Past the maximum it stays as it is and
 * `over` becomes true: check once at the end. Always NUL-terminated. Lives in an arena.
 */
#ifndef SHOUWEN_BASE_BUF_H
#define SHOUWEN_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct buf {
	struct arena *arena;
	char *data;
	size_t len;
	size_t cap;
	size_t max;
	bool over;
};

void buf_init(struct buf *b, struct arena *a, size_t max);
void buf_reserve(struct buf *b, size_t n); /* room for n more without growing again */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

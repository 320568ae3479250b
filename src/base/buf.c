#include "base/buf.h"

#include <stdarg.h>

#include "base/arena.h"

void buf_init(struct buf *b, struct arena *a, size_t max)
{
	static char nothing[1];
	*b = (struct buf){.arena = a, .data = nothing, .max = max};
}

/* Room for n more bytes and the NUL, or false once past the maximum. */
static bool room(struct buf *b, size_t n)
{
	if (b->over)
		return false;
	if (n > b->max || b->len > b->max - n) {
		b->over = true;
		return false;
	}
	size_t need = b->len + n + 1;
	if (need <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap * 2 : 256;
	while (cap < need)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	b->data = arena_grow(b->arena, b->cap ? b->data : NULL, b->cap, cap);
	b->cap = cap;
	return true;
}

void buf_reserve(struct buf *b, size_t n)
{
	/* Past the maximum nothing is wrong yet: it is only not reserved. */
	if (n <= b->max && b->len <= b->max - n)
		(void)room(b, n);
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (n == 0 || !room(b, n))
		return;
	memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	if (!room(b, 1))
		return;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void buf_int(struct buf *b, int64_t v)
{
	enum { TENS = 10, PAIRS = 100 };
	static const char pairs[2 * PAIRS + 1] = "00010203040506070809101112131415161718192021222324"
	                                         "25262728293031323334353637383940414243444546474849"
	                                         "50515253545556575859606162636465666768697071727374"
	                                         "75767778798081828384858687888990919293949596979899";
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	for (; u >= TENS; u /= PAIRS) {
		at -= 2;
		memcpy(digits + at, pairs + 2 * (u % PAIRS), 2);
	}
	if (u > 0 || at == sizeof(digits))
		digits[--at] = (char)('0' + u);
	if (v < 0)
		digits[--at] = '-';
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	char line[256];
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(line)) {
		buf_add(b, line, (size_t)n);
	} else if (n >= 0 && room(b, (size_t)n)) {
		vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

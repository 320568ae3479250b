/*
 * utf8.h: one code point at a time, and what script it is of; for the files behind text.h.
 */
#ifndef SHOUWEN_BASE_UTF8_H
#define SHOUWEN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point at s, *ret_bytes its length; -1 where the bytes are not UTF-8 (length 1). */
int32_t utf8_at(const char *s, size_t len, size_t *ret_bytes);
size_t utf8_put(int32_t c, char out[4]); /* bytes written */

static inline bool is_han(int32_t c)
{
	return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x3ffff) ||
	       (c >= 0xf900 && c <= 0xfaff) || c == 0x3005 || c == 0x3007;
}

/* Written without spaces between words: indexed as pairs. */
static inline bool is_unspaced(int32_t c)
{
	return is_han(c) || (c >= 0x3041 && c <= 0x30ff && c != 0x30fb) || (c >= 0x31f0 && c <= 0x31ff) ||
	       (c >= 0x3105 && c <= 0x312f) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff);
}

static inline bool is_digit(int32_t c)
{
	return c >= '0' && c <= '9';
}

bool is_word(int32_t c); /* letters and marks of other scripts */

#endif

#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

#include "base/text.h"

int32_t utf8_at(const char *s, size_t len, size_t *ret_bytes)
{
	const unsigned char *p = (const unsigned char *)s;
	*ret_bytes = 1;
	if (len == 0)
		return -1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] >= 0xc2 && p[0] < 0xe0 && len >= 2 && (p[1] & 0xc0) == 0x80) {
		*ret_bytes = 2;
		return (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	}
	if ((p[0] & 0xf0) == 0xe0 && len >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		int32_t c = (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
		if (c < 0x800 || (c >= 0xd800 && c < 0xe000))
			return -1;
		*ret_bytes = 3;
		return c;
	}
	if ((p[0] & 0xf8) == 0xf0 && len >= 4 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 &&
	    (p[3] & 0xc0) == 0x80) {
		int32_t c = (p[0] & 0x07) << 18 | (p[1] & 0x3f) << 12 | (p[2] & 0x3f) << 6 | (p[3] & 0x3f);
		if (c < 0x10000 || c > 0x10ffff)
			return -1;
		*ret_bytes = 4;
		return c;
	}
	return -1;
}

size_t utf8_put(int32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool is_word(int32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL: return true;
	default: return false;
	}
}

char *text_mend(char *s)
{
	size_t len = strlen(s), to = 0, n;
	for (size_t at = 0; at < len; at += n) {
		if (utf8_at(s + at, len - at, &n) < 0)
			continue;
		memmove(s + to, s + at, n);
		to += n;
	}
	s[to] = '\0';
	return s;
}

bool text_valid(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		int32_t c = utf8_at(s + i, len - i, &n);
		if (c <= 0)
			return false;
	}
	return true;
}

size_t text_chars(const char *s, size_t len)
{
	size_t chars = 0;
	for (size_t i = 0; i < len; i++)
		chars += ((unsigned char)s[i] & 0xc0) != 0x80;
	return chars;
}

/* Most of what is typed here is ASCII and common Han, which NFKC leaves as it is. */
static char *fold_plain(struct arena *a, const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		int32_t c = utf8_at(s + i, len - i, &n);
		if (c <= 0 || (c >= 0x80 && !(c >= 0x3400 && c <= 0x4dbf) && !(c >= 0x4e00 && c <= 0x9fff) &&
		               c != 0x3001 && c != 0x3002))
			return NULL;
	}
	char *out = arena_strndup(a, s, len);
	for (size_t i = 0; i < len; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
	return out;
}

static char *only_valid(struct arena *a, const char *s, size_t len, size_t *ret_len)
{
	char *out = arena_alloc(a, len + 1);
	size_t at = 0;
	for (size_t i = 0, n; i < len; i += n) {
		if (utf8_at(s + i, len - i, &n) <= 0)
			continue;
		memcpy(out + at, s + i, n);
		at += n;
	}
	*ret_len = at;
	return out;
}

char *text_fold(struct arena *a, const char *s, size_t len)
{
	char *plain = fold_plain(a, s, len);
	if (plain != NULL)
		return plain;
	char *valid = only_valid(a, s, len, &len);
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)valid, (utf8proc_ssize_t)len, &folded,
	                                  UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
	                                          UTF8PROC_IGNORE);
	if (n < 0)
		return valid;
	char *out = arena_strndup(a, (const char *)folded, (size_t)n);
	free(folded);
	return out;
}

static bool is_blank(int32_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == 0xa0 || c == 0x3000 || c == 0xfeff || c == 0x200b ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029;
}

size_t text_prefix(const char *s, size_t len, size_t most)
{
	if (len <= most)
		return len;
	while (most > 0 && ((unsigned char)s[most] & 0xc0) == 0x80)
		most--;
	return most;
}

char *text_clean(struct arena *a, const char *s, size_t len)
{
	char *out = arena_alloc(a, len + 1);
	size_t at = 0, end = 0;
	for (size_t i = 0, n; i < len; i += n) {
		int32_t c = utf8_at(s + i, len - i, &n);
		if (c == '\r') {
			if (i + 1 < len && s[i + 1] == '\n')
				continue;
			c = '\n';
		}
		if (c <= 0 || (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0))
			continue;
		bool blank = is_blank(c);
		if (blank && at == 0)
			continue;
		if (c == '\n')
			out[at] = '\n';
		else
			memcpy(out + at, s + i, n);
		at += n;
		if (!blank)
			end = at;
	}
	out[end] = '\0';
	return out;
}

/* Lookup keys: what people know of a thing, brought to one form. */
#include "base/text.h"
#include "base/utf8.h"

static bool is_latin(int32_t c)
{
	return c >= 'a' && c <= 'z';
}

static char *keep(struct arena *a, const char *text, size_t text_len, bool han)
{
	char *s = text_fold(a, text, text_len);
	size_t len = strlen(s), at = 0;
	char *out = arena_alloc(a, len + 1);
	for (size_t i = 0, n; i < len; i += n) {
		int32_t c = utf8_at(s + i, len - i, &n);
		if (is_digit(c) || is_word(c) ? !han && is_han(c) : !(han && is_han(c)))
			continue;
		memcpy(out + at, s + i, n);
		at += n;
	}
	out[at] = '\0';
	return out;
}

char *text_plate(struct arena *a, const char *s, size_t len)
{
	return keep(a, s, len, true);
}

char *text_code(struct arena *a, const char *s, size_t len)
{
	return keep(a, s, len, false);
}

/* 0..9, 10 for ten, -1: not a Chinese numeral. */
static int numeral(int32_t c)
{
	static const int32_t digits[] = {0x3007, 0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94,
	                                 0x516d, 0x4e03, 0x516b, 0x4e5d, 0x5341};
	for (int i = 0; i <= 10; i++)
		if (digits[i] == c)
			return i;
	return c == 0x96f6 ? 0 : c == 0x4e24 ? 2 : -1; /* 零, 两 */
}

/* A run of Chinese numerals: 十二 = 12, 二十 = 20, 一五〇一 = 1501. */
static size_t numeral_run(const char *s, size_t len, int64_t *ret_value)
{
	size_t i = 0, n;
	int64_t value = 0;
	int last = -1;
	for (; i < len; i += n) {
		int d = numeral(utf8_at(s + i, len - i, &n));
		if (d < 0 || value > 100000)
			break;
		if (d == 10)
			value = last < 0 ? 10 : value * 10; /* the ones, if any, are added below */
		else if (last == 10)
			value += d;
		else
			value = value * 10 + d;
		last = d;
	}
	*ret_value = value;
	return i;
}

/* The parts that are digits or Latin letters, joined by '-'; words such as 栋 and 单元 only part them. */
char *text_room(struct arena *a, const char *text, size_t text_len)
{
	char *s = text_fold(a, text, text_len);
	size_t len = strlen(s);
	struct buf out;
	buf_init(&out, a, len * 4 + 16);
	for (size_t i = 0, n; i < len; i += n) {
		size_t from = i;
		int32_t c = utf8_at(s + i, len - i, &n);
		int64_t value;
		if (is_digit(c)) {
			while (i < len && is_digit(s[i]))
				i++;
			while (from + 1 < i && s[from] == '0')
				from++;
			buf_str(&out, out.len ? "-" : "");
			buf_add(&out, s + from, i - from);
			n = 0;
		} else if (is_latin(c)) {
			while (i < len && is_latin(s[i]))
				i++;
			buf_str(&out, out.len ? "-" : "");
			buf_add(&out, s + from, i - from);
			n = 0;
		} else if (numeral(c) >= 0) {
			n = numeral_run(s + i, len - i, &value);
			buf_str(&out, out.len ? "-" : "");
			buf_int(&out, value);
		}
	}
	return out.len ? out.data : arena_strndup(a, "", 0);
}

char *text_phone(struct arena *a, const char *text, size_t text_len)
{
	char *s = text_fold(a, text, text_len);
	size_t len = strlen(s), at = 0;
	char *out = arena_alloc(a, len + 1);
	bool plus = false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '*')
			return arena_strndup(a, "", 0);
		if (s[i] == '+' && at == 0)
			plus = true;
		if (is_digit(s[i]))
			out[at++] = s[i];
	}
	out[at] = '\0';
	if (at > 8 && strncmp(out, "0086", 4) == 0)
		return out + 4;
	/* 8613812340021 is how many systems export a mobile number. */
	if (at > 6 && strncmp(out, "86", 2) == 0 && (plus || (at == 13 && out[2] == '1')))
		return out + 2;
	return out;
}

char *text_mask(struct arena *a, const char *s, size_t len)
{
	size_t chars = text_chars(s, len);
	size_t head = chars / 4;
	size_t tail = head;
	if (chars == 11) {
		head = 3;
		tail = 4;
	} else if (chars == 2 || chars == 3) {
		head = 1;
	}
	struct buf out;
	buf_init(&out, a, len + chars + 1);
	size_t at = 0;
	for (size_t i = 0, n; i < len; i += n, at++) {
		utf8_at(s + i, len - i, &n);
		if (at < head || at >= chars - tail)
			buf_add(&out, s + i, n);
		else
			buf_char(&out, '*');
	}
	return out.len ? out.data : arena_strndup(a, "", 0);
}

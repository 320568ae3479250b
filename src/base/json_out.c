#include "base/clock.h"
#include "base/json.h"

void json_out_init(struct json_out *o, struct buf *b)
{
	o->buf = b;
	o->comma = false;
}

/* Where n bytes can be written right now, without growing; NULL: go the long way. Most of an answer
 * is short pieces, and a call for each byte of punctuation is what they would cost most. */
static char *at_hand(struct buf *b, size_t n)
{
	return !b->over && b->cap - b->len > n && b->cap > b->len ? b->data + b->len : NULL;
}

static void wrote(struct buf *b, char *end)
{
	b->len = (size_t)(end - b->data);
	*end = '\0';
}

static void put(struct buf *b, char c)
{
	char *to = at_hand(b, 1);
	if (to == NULL) {
		buf_char(b, c);
		return;
	}
	*to++ = c;
	wrote(b, to);
}

static void separate(struct json_out *o)
{
	if (o->comma)
		put(o->buf, ',');
	o->comma = true;
}

void json_open(struct json_out *o, char bracket)
{
	separate(o);
	put(o->buf, bracket);
	o->comma = false;
}

void json_close(struct json_out *o, char bracket)
{
	/* Either bracket of the pair is taken. */
	put(o->buf, bracket == '{' ? '}' : bracket == '[' ? ']' : bracket);
	o->comma = true;
}

/* Which bytes can't stand in a string as they are: controls, quotes, and <, > and &, so that the
 * text can be put into a page. 0xe2 may begin U+2028 or U+2029. */
enum { PLAIN = 0, ESCAPE, MAYBE_LINE_END };

static const unsigned char byte_kinds[256] = {
        [0x00 ... 0x1f] = ESCAPE, ['"'] = ESCAPE, ['\\'] = ESCAPE,         ['<'] = ESCAPE,
        ['>'] = ESCAPE,           ['&'] = ESCAPE, [0xe2] = MAYBE_LINE_END, [0x7f] = ESCAPE,
};

static void escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char out[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	switch (c) {
	case '"': buf_add(b, "\\\"", 2); return;
	case '\\': buf_add(b, "\\\\", 2); return;
	case '\n': buf_add(b, "\\n", 2); return;
	case '\r': buf_add(b, "\\r", 2); return;
	case '\t': buf_add(b, "\\t", 2); return;
	default: buf_add(b, out, sizeof(out)); return;
	}
}

/* The rest of a string that begins with something to escape, and its closing quote. */
static void string_rest(struct buf *b, const char *s, size_t len)
{
	size_t from = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		/* U+2028 and U+2029 end a line in a script. */
		bool line_end = c == 0xe2 && i + 2 < len && (unsigned char)s[i + 1] == 0x80 &&
		                ((unsigned char)s[i + 2] & 0xfe) == 0xa8;
		if (!line_end && byte_kinds[c] != ESCAPE)
			continue;
		buf_add(b, s + from, i - from);
		if (line_end) {
			buf_str(b, (unsigned char)s[i + 2] == 0xa8 ? "\\u2028" : "\\u2029");
			i += 2;
		} else {
			escape(b, c);
		}
		from = i + 1;
	}
	buf_add(b, s + from, len - from);
	buf_char(b, '"');
}

/* How many bytes at its beginning are plain for certain, sixteen at a time. */
static size_t plain_blocks(const char *s, size_t len)
{
	enum { BLOCK = 16 };
	unsigned char block __attribute__((vector_size(BLOCK)));
	uint64_t odd[BLOCK / sizeof(uint64_t)];
	size_t at = 0;
	for (; len - at >= BLOCK; at += BLOCK) {
		memcpy(&block, s + at, BLOCK);
		/* As in byte_kinds. */
		char found __attribute__((vector_size(BLOCK))) = (block < 0x20) | (block == '"') | (block == '\\') |
		                                                 (block == '<') | (block == '>') | (block == '&') |
		                                                 (block == 0x7f) | (block == 0xe2);
		memcpy(odd, &found, BLOCK);
		if ((odd[0] | odd[1]) != 0)
			break;
	}
	return at;
}

static void string(struct buf *b, const char *s, size_t len)
{
	char *to = len < SIZE_MAX / 2 ? at_hand(b, len + 2) : NULL;
	size_t plain = plain_blocks(s, len);
	while (plain < len && byte_kinds[(unsigned char)s[plain]] == PLAIN)
		plain++;
	if (to == NULL) {
		buf_char(b, '"');
		buf_add(b, s, plain);
		string_rest(b, s + plain, len - plain);
		return;
	}
	*to++ = '"';
	memcpy(to, s, plain);
	to += plain;
	if (plain == len)
		*to++ = '"';
	wrote(b, to);
	if (plain < len)
		string_rest(b, s + plain, len - plain);
}

void json_key(struct json_out *o, const char *key)
{
	separate(o);
	string(o->buf, key, strlen(key));
	put(o->buf, ':');
	o->comma = false;
}

void json_key_made(struct json_out *o, const char *made, size_t len)
{
	json_raw(o, made, len);
	o->comma = false;
}

void json_text(struct json_out *o, const char *s)
{
	if (s == NULL)
		json_none(o);
	else
		json_textn(o, s, strlen(s));
}

void json_textn(struct json_out *o, const char *s, size_t len)
{
	separate(o);
	string(o->buf, s, len);
}

void json_int(struct json_out *o, int64_t v)
{
	separate(o);
	buf_int(o->buf, v);
}

void json_id(struct json_out *o, int64_t id)
{
	if (id == 0) {
		json_none(o);
		return;
	}
	separate(o);
	put(o->buf, '"');
	buf_int(o->buf, id);
	put(o->buf, '"');
}

void json_instant(struct json_out *o, int64_t ms)
{
	char text[INSTANT_BYTES];
	instant_format(ms, text);
	json_text(o, text);
}

void json_instant_or_none(struct json_out *o, int64_t ms)
{
	if (ms != 0)
		json_instant(o, ms);
	else
		json_none(o);
}

void json_at(struct json_out *o, const char *key, int64_t ms)
{
	json_key(o, key);
	json_instant_or_none(o, ms);
}

void json_words(struct json_out *o, const char *zh, const char *en)
{
	json_open(o, '{');
	JSON_KEY(o, "zh");
	json_text(o, zh);
	JSON_KEY(o, "en");
	json_text(o, en);
	json_close(o, '}');
}

void json_bool(struct json_out *o, bool v)
{
	if (v)
		json_raw(o, "true", 4);
	else
		json_raw(o, "false", 5);
}

void json_none(struct json_out *o)
{
	json_raw(o, "null", 4);
}

void json_raw(struct json_out *o, const char *json, size_t len)
{
	char *to = at_hand(o->buf, len + 1);
	if (to == NULL) {
		separate(o);
		buf_add(o->buf, json, len);
		return;
	}
	if (o->comma)
		*to++ = ',';
	memcpy(to, json, len);
	wrote(o->buf, to + len);
	o->comma = true;
}

void json_tree(struct json_out *o, const json_t *j)
{
	const char *key;
	json_t *member;
	size_t i;
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		json_open(o, '{');
		json_object_foreach((json_t *)j, key, member)
		{
			json_key(o, key);
			json_tree(o, member);
		}
		json_close(o, '}');
		break;
	case JSON_ARRAY:
		json_open(o, '[');
		json_array_foreach((json_t *)j, i, member) json_tree(o, member);
		json_close(o, ']');
		break;
	case JSON_STRING: json_textn(o, json_string_value(j), json_string_length(j)); break;
	case JSON_INTEGER: json_int(o, json_integer_value(j)); break;
	case JSON_REAL: {
		/* The shortest text that reads back as the same number. */
		char text[40];
		double v = json_real_value(j);
		snprintf(text, sizeof(text), "%.15g", v);
		if (strtod(text, NULL) != v)
			snprintf(text, sizeof(text), "%.17g", v);
		json_raw(o, text, strlen(text));
		break;
	}
	case JSON_TRUE: json_bool(o, true); break;
	case JSON_FALSE: json_bool(o, false); break;
	case JSON_NULL: json_none(o); break;
	}
}

#include "live/handshake.h"

#include <sodium.h>
#include <stdint.h>
#include <strings.h>

/* ---- SHA-1: the protocol asks for it as a mere echo, not as a protection ------------------------------- */

static uint32_t rotate(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

static void sha1_block(uint32_t state[5], const unsigned char block[64])
{
	uint32_t w[80];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[i * 4] << 24 | (uint32_t)block[i * 4 + 1] << 16 |
		       (uint32_t)block[i * 4 + 2] << 8 | block[i * 4 + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f = i < 20   ? (b & c) | (~b & d)
		             : i < 40 ? b ^ c ^ d
		             : i < 60 ? (b & c) | (b & d) | (c & d)
		                      : b ^ c ^ d;
		uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
		uint32_t next = rotate(a, 5) + f + e + k + w[i];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* Of at most 119 bytes: one or two blocks. */
static void sha1_short(const char *text, size_t len, unsigned char out[20])
{
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	unsigned char blocks[128] = {0};
	size_t used = len + 9 <= 64 ? 64 : 128;

	memcpy(blocks, text, len);
	blocks[len] = 0x80;
	blocks[used - 2] = (unsigned char)(len * 8 >> 8);
	blocks[used - 1] = (unsigned char)(len * 8);
	for (size_t at = 0; at < used; at += 64)
		sha1_block(state, blocks + at);
	for (int i = 0; i < 20; i++)
		out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void handshake_accept(const char *key, char out[29])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[20];
	char text[100];
	int len = snprintf(text, sizeof(text), "%.40s%s", key, guid);

	sha1_short(text, (size_t)len, digest);
	sodium_bin2base64(out, 29, digest, sizeof(digest), sodium_base64_VARIANT_ORIGINAL);
}

/* ---- the request ------------------------------------------------------------------------------------- */

static bool parse_request_line(struct handshake *hs, char *line)
{
	char *path = line + 4;
	char *end = strchr(path, ' ');
	char *query;

	if (strncmp(line, "GET ", 4) != 0 || end == NULL || strcmp(end, " HTTP/1.1") != 0)
		return false;
	*end = '\0';
	query = strchr(path, '?');
	if (query != NULL)
		*query++ = '\0';
	hs->path = path;
	hs->query = query ? query : "";
	return true;
}

static bool parse_header(struct handshake *hs, char *line)
{
	char *colon = strchr(line, ':');
	char *value;
	size_t len;

	if (colon == NULL || colon == line || hs->n_headers == HANDSHAKE_HEADERS)
		return false;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		value[--len] = '\0';
	hs->headers[hs->n_headers].name = line;
	hs->headers[hs->n_headers++].value = value;
	return true;
}

/* Is the word one of the comma list, in any case of letters? */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list != NULL && *list != '\0') {
		list += strspn(list, " \t,");
		if (strncasecmp(list, word, len) == 0 && strchr(" \t,", list[len]) != NULL)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

bool handshake_parse(struct handshake *hs)
{
	char *line = hs->bytes;
	char *end = memmem(hs->bytes, hs->n_bytes, "\r\n\r\n", 4);
	const char *version, *key;
	bool first = true;

	/* Nothing may follow: a client speaks only after it was let in. */
	if (end == NULL || end + 4 != hs->bytes + hs->n_bytes || memchr(hs->bytes, '\0', hs->n_bytes) != NULL)
		return false;
	end[2] = '\0';
	while (*line != '\0') {
		char *stop = strstr(line, "\r\n");

		if (stop == NULL)
			return false;
		*stop = '\0';
		if (first ? !parse_request_line(hs, line) : !parse_header(hs, line))
			return false;
		first = false;
		line = stop + 2;
	}
	version = handshake_header(hs, "Sec-WebSocket-Version");
	key = handshake_header(hs, "Sec-WebSocket-Key");
	return version != NULL && strcmp(version, "13") == 0 && key != NULL && strlen(key) == 24 &&
	       list_has(handshake_header(hs, "Connection"), "upgrade") &&
	       list_has(handshake_header(hs, "Upgrade"), "websocket");
}

const char *handshake_header(const struct handshake *hs, const char *name)
{
	for (size_t i = 0; i < hs->n_headers; i++)
		if (strcasecmp(hs->headers[i].name, name) == 0)
			return hs->headers[i].value;
	return NULL;
}

bool handshake_query(const struct handshake *hs, const char *name, char *out, size_t out_bytes)
{
	size_t len = strlen(name);

	for (const char *s = hs->query; *s != '\0'; s += strcspn(s, "&"), s += *s == '&') {
		size_t part = strcspn(s, "&");

		if (part > len && strncmp(s, name, len) == 0 && s[len] == '=' && part - len - 1 < out_bytes) {
			memcpy(out, s + len + 1, part - len - 1);
			out[part - len - 1] = '\0';
			return true;
		}
	}
	return false;
}

size_t handshake_answer(const struct handshake *hs, int status, char out[HANDSHAKE_ANSWER_BYTES])
{
	char accept[29];
	int n;

	if (status == 101) {
		handshake_accept(handshake_header(hs, "Sec-WebSocket-Key"), accept);
		n = snprintf(out, HANDSHAKE_ANSWER_BYTES,
		             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		             "Sec-WebSocket-Accept: %s\r\n\r\n",
		             accept);
	} else {
		const char *words = status == 401   ? "Unauthorized"
		                    : status == 403 ? "Forbidden"
		                    : status == 503 ? "Service Unavailable"
		                    : status == 426 ? "Upgrade Required"
		                                    : "Bad Request";

		n = snprintf(
		        out, HANDSHAKE_ANSWER_BYTES,
		        "HTTP/1.1 %d %s\r\n%sContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
		        status, words, status == 426 ? "Upgrade: websocket\r\n" : "");
	}
	return (size_t)n;
}

/* mime.c: an e-mail as bytes: headers by RFC 5322 and 2047, a plain and an HTML part in base64. */
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "channel/post.h"

enum { WORD_BYTES = 42, LINE_BYTES = 57, ADDRESS_MAX = 254, HTML_MAX = 256 << 10 };

bool mail_address_ok(const char *address)
{
	const char *at = address ? strchr(address, '@') : NULL;
	if (at == NULL || at == address || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
	    strlen(address) > ADDRESS_MAX)
		return false;
	for (const char *c = address; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr("<>()[]\\,;:\"", *c) != NULL)
			return false;
	return address[0] != '-' && address[0] != '.';
}

static void base64(struct buf *out, const char *bytes, size_t n)
{
	char text[128];
	sodium_bin2base64(text, sizeof(text), (const unsigned char *)bytes, n, sodium_base64_VARIANT_ORIGINAL);
	buf_str(out, text);
}

/* Text of a header: always as encoded words, so that nothing in it is anything but text. */
static void words_put(struct buf *out, const char *text)
{
	size_t len = strlen(text), at = 0;
	while (at < len) {
		size_t n = text_prefix(text + at, len - at, WORD_BYTES);
		if (n == 0)
			break;
		buf_str(out, at > 0 ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
		base64(out, text + at, n);
		buf_str(out, "?=");
		at += n;
	}
}

static void date_put(struct buf *out, int64_t at_ms)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t second = at_ms / SECOND_MS, day = second / 86400, rest = second % 86400;
	int y, m, d;
	date_from_days(day, &y, &m, &d);
	buf_printf(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3 * (day % 7), d,
	           months + 3 * (m - 1), y, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

static void part_put(struct buf *out, const char *boundary, const char *kind, const char *text)
{
	size_t len = strlen(text);
	buf_printf(out, "--%s\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	           boundary, kind);
	for (size_t at = 0; at < len; at += LINE_BYTES) {
		base64(out, text + at, len - at < LINE_BYTES ? len - at : LINE_BYTES);
		buf_str(out, "\r\n");
	}
}

static void html_char(struct buf *out, char c)
{
	switch (c) {
	case '&': buf_str(out, "&amp;"); break;
	case '<': buf_str(out, "&lt;"); break;
	case '>': buf_str(out, "&gt;"); break;
	case '"': buf_str(out, "&quot;"); break;
	case '\n': buf_str(out, "<br>\n"); break;
	default: buf_char(out, c);
	}
}

/* The same words, with links that can be clicked. */
static void html_put(struct buf *out, const char *text)
{
	buf_str(out, "<!doctype html><meta charset=utf-8><div style=\"font-size:15px;line-height:1.6\">");
	while (*text != '\0') {
		bool link = strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
		size_t n = link ? strcspn(text, " \n\t<>\"'") : 1;
		if (link)
			buf_str(out, "<a href=\"");
		for (size_t i = 0; i < n; i++)
			html_char(out, text[i]);
		if (link) {
			buf_str(out, "\">");
			for (size_t i = 0; i < n; i++)
				html_char(out, text[i]);
			buf_str(out, "</a>");
		}
		text += n;
	}
	buf_str(out, "</div>");
}

bool mime_write(struct buf *out, const struct post *p, int64_t now_ms)
{
	char boundary[64];
	struct buf html;
	if (!mail_address_ok(p->address) || !mail_address_ok(p->from))
		return false;
	snprintf(boundary, sizeof(boundary), "=_shouwen_%lld", (long long)p->id);
	buf_str(out, "From: ");
	if (p->name != NULL && *p->name != '\0') {
		words_put(out, p->name);
		buf_char(out, ' ');
	}
	buf_printf(out, "<%s>\r\nTo: <%s>\r\nSubject: ", p->from, p->address);
	words_put(out, p->subject && *p->subject ? p->subject : "通知");
	buf_str(out, "\r\n");
	date_put(out, now_ms);
	buf_printf(out, "Message-ID: %s\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n", p->message_id);
	buf_printf(out, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", boundary);
	part_put(out, boundary, "plain", p->body);
	buf_init(&html, out->arena, HTML_MAX);
	html_put(&html, p->body);
	if (!html.over)
		part_put(out, boundary, "html", html.data);
	buf_printf(out, "--%s--\r\n", boundary);
	return !out->over;
}

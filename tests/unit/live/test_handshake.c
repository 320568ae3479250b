/* The request that opens a WebSocket: what is let in, what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/handshake.h"

static bool parse(struct handshake *hs, const char *text)
{
	memset(hs, 0, sizeof(*hs));
	hs->n_bytes = strlen(text);
	memcpy(hs->bytes, text, hs->n_bytes);
	return handshake_parse(hs);
}

#define GOOD                                                                                                  \
	"GET /live?org=demo&since=17 HTTP/1.1\r\nHost: a:1\r\nUpgrade: websocket\r\nConnection: keep-alive, " \
	"Upgrade\r\n"                                                                                         \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void answers_the_sample_of_the_rfc(void **state)
{
	char accept[29];

	handshake_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void takes_a_browser(void **state)
{
	struct handshake hs;
	char value[16];

	assert_true(parse(&hs, GOOD "Origin:  http://a:1 \r\n\r\n"));
	assert_string_equal(hs.path, "/live");
	assert_string_equal(handshake_header(&hs, "origin"), "http://a:1");
	assert_null(handshake_header(&hs, "Cookie"));
	assert_true(handshake_query(&hs, "org", value, sizeof(value)));
	assert_string_equal(value, "demo");
	assert_true(handshake_query(&hs, "since", value, sizeof(value)));
	assert_string_equal(value, "17");
	assert_false(handshake_query(&hs, "sin", value, sizeof(value)));
	assert_false(handshake_query(&hs, "org", value, 4));
}

static void refuses_what_is_no_websocket(void **state)
{
	static const char *const bad[] = {
	        "",
	        "GET /live HTTP/1.1\r\nHost: a\r\n\r\n",
	        GOOD,            /* no end */
	        GOOD "\r\nmore", /* speaks before it was let in */
	        GOOD "no colon\r\n\r\n",
	        "POST /live HTTP/1.1\r\n\r\n",
	        "GET /live HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
	        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	        "GET /live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\n"
	        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	        "GET /live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
	        "Sec-WebSocket-Key: short\r\n\r\n",
	        "GET /live HTTP/1.1\r\nUpgrade: websockets\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
	        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	};
	struct handshake hs;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(&hs, bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(answers_the_sample_of_the_rfc),
	        cmocka_unit_test(takes_a_browser),
	        cmocka_unit_test(refuses_what_is_no_websocket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

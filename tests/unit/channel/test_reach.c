/* Which addresses a call may go to: by themselves, and by the IPv4 address that an IPv6 one leads to. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/ctx.h"
#include "channel/post.h"

static bool allows(enum reach reach, const char *text)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return reach_allows(reach, (struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return reach_allows(reach, (struct sockaddr *)&six);
}

/* public, private, local */
static void test_reach(void **state)
{
	static const struct {
		const char *address;
		bool allowed[3];
	} cases[] = {
	        {"93.184.216.34", {true, true, true}},
	        {"10.1.2.3", {false, true, true}},
	        {"192.168.1.1", {false, true, true}},
	        {"127.0.0.1", {false, false, true}},
	        {"169.254.169.254", {false, false, false}},
	        {"100.100.100.200", {false, false, false}},
	        {"2606:2800:220:1:248:1893:25c8:1946", {true, true, true}},
	        {"::1", {false, false, true}},
	        {"fe80::1", {false, false, false}},
	        {"fe80::5efe:8.8.8.8", {false, false, false}},
	        {"fd12::1", {false, true, true}},
	        {"fd00:ec2::254", {false, false, false}},
	        /* mapped, translated */
	        {"::ffff:10.1.2.3", {false, true, true}},
	        {"::ffff:169.254.169.254", {false, false, false}},
	        {"::ffff:0:10.1.2.3", {false, true, true}},
	        {"::ffff:0:127.0.0.1", {false, false, true}},
	        /* NAT64: everybody's prefix, and those of one's own network */
	        {"64:ff9b::93.184.216.34", {true, true, true}},
	        {"64:ff9b::10.1.2.3", {false, true, true}},
	        {"64:ff9b::127.0.0.1", {false, false, true}},
	        {"64:ff9b::169.254.169.254", {false, false, false}},
	        {"64:ff9b:1::93.184.216.34", {false, true, true}},
	        {"64:ff9b:1::169.254.169.254", {false, false, false}},
	        /* 6to4 */
	        {"2002:5db8:d822::1", {true, true, true}},
	        {"2002:a01:203::1", {false, true, true}},
	        {"2002:7f00:1::1", {false, false, true}},
	        {"2002:a9fe:a9fe::1", {false, false, false}},
	        /* Teredo: server 65.54.227.120, client upside down */
	        {"2001:0:4136:e378:8000:63bf:a247:27dd", {true, true, true}},
	        {"2001:0:4136:e378:8000:63bf:f5fe:fdfc", {false, true, true}},
	        {"2001:0:4136:e378:8000:63bf:80ff:fffe", {false, false, true}},
	        {"2001:0:4136:e378:8000:63bf:5601:5601", {false, false, false}},
	        {"2001:0:a01:203:8000:63bf:a247:27dd", {false, true, true}},
	        /* ISATAP */
	        {"2001:db8::5efe:10.1.2.3", {false, true, true}},
	        {"2001:db8::200:5efe:169.254.169.254", {false, false, false}},
	};
	static const enum reach reaches[] = {REACH_PUBLIC, REACH_PRIVATE, REACH_LOCAL};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int k = 0; k < 3; k++)
			if (allows(reaches[k], cases[i].address) != cases[i].allowed[k])
				fail_msg("%s is %s with reach %d", cases[i].address,
				         cases[i].allowed[k] ? "refused" : "allowed", k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_reach)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

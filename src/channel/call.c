/* call.c: webhooks and the SMS gateway: a signed POST of JSON that follows no redirect. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "channel/post.h"

/* ---- where a call may go -------------------------------------------------------------------------------- */

static bool in_net(uint32_t address, const char *net, int bits)
{
	struct in_addr a;
	uint32_t mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
	return inet_pton(AF_INET, net, &a) == 1 && (address & mask) == (ntohl(a.s_addr) & mask);
}

static bool allows_4(enum reach reach, uint32_t a)
{
	/* Of no host, of this link (where clouds keep their machines' keys), of many. */
	if (in_net(a, "0.0.0.0", 8) || in_net(a, "169.254.0.0", 16) || in_net(a, "100.100.100.200", 32) ||
	    in_net(a, "224.0.0.0", 4) || in_net(a, "240.0.0.0", 4) || in_net(a, "192.0.0.0", 24))
		return false;
	if (in_net(a, "127.0.0.0", 8))
		return reach == REACH_LOCAL;
	if (in_net(a, "10.0.0.0", 8) || in_net(a, "172.16.0.0", 12) || in_net(a, "192.168.0.0", 16) ||
	    in_net(a, "100.64.0.0", 10) || in_net(a, "198.18.0.0", 15))
		return reach != REACH_PUBLIC;
	return true;
}

static uint32_t four_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Addresses of IPv6 that lead to one of IPv4: it is that one that counts. */
static bool carries_4(enum reach reach, const struct in6_addr *six, bool *ret_allowed)
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b}, nat64_local[6] = {0, 0x64, 0xff, 0x9b, 0, 1},
	                     translated[12] = {[8] = 0xff, [9] = 0xff}, teredo[4] = {0x20, 0x01};
	const uint8_t *b = six->s6_addr;
	bool last = allows_4(reach, four_at(b + 12));
	if (IN6_IS_ADDR_V4MAPPED(six) || memcmp(b, nat64, sizeof(nat64)) == 0 ||
	    memcmp(b, translated, sizeof(translated)) == 0)
		*ret_allowed = last;
	else if (memcmp(b, nat64_local, sizeof(nat64_local)) == 0)
		*ret_allowed = last && reach != REACH_PUBLIC; /* a network of one's own */
	else if (b[0] == 0x20 && b[1] == 0x02)                /* 6to4 */
		*ret_allowed = allows_4(reach, four_at(b + 2));
	else if (memcmp(b, teredo, sizeof(teredo)) == 0) /* its server, and whom it leads to, upside down */
		*ret_allowed = allows_4(reach, four_at(b + 4)) && allows_4(reach, ~four_at(b + 12));
	else if ((b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe) /* ISATAP */
		*ret_allowed = last;
	else
		return false;
	return true;
}

static bool allows_6(enum reach reach, const struct in6_addr *six)
{
	const uint8_t *b = six->s6_addr;
	bool allowed;
	if (carries_4(reach, six, &allowed) && !IN6_IS_ADDR_LINKLOCAL(six))
		return allowed;
	if (IN6_IS_ADDR_LOOPBACK(six))
		return reach == REACH_LOCAL;
	if (IN6_IS_ADDR_UNSPECIFIED(six) || IN6_IS_ADDR_LINKLOCAL(six) || IN6_IS_ADDR_MULTICAST(six) ||
	    IN6_IS_ADDR_SITELOCAL(six) || IN6_IS_ADDR_V4COMPAT(six))
		return false;
	if (b[0] == 0xfd && b[1] == 0x00 && b[2] == 0x0e && b[3] == 0xc2)
		return false;
	if ((b[0] & 0xfe) == 0xfc)
		return reach != REACH_PUBLIC;
	return true;
}

bool reach_allows(enum reach reach, const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in four;
		memcpy(&four, address, sizeof(four));
		return allows_4(reach, ntohl(four.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 six;
		memcpy(&six, address, sizeof(six));
		return allows_6(reach, &six.sin6_addr);
	}
	return false;
}

struct gate {
	enum reach reach;
	bool refused;
};

/* Asked of the address a name came to, each time: a name that changes its mind gets no further. */
static curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct gate *gate = arg;
	if (purpose != CURLSOCKTYPE_IPCXN || !reach_allows(gate->reach, &address->addr)) {
		gate->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- the call ------------------------------------------------------------------------------------------ */

struct reply {
	char text[POST_WORDS];
	size_t len;
};

static size_t bytes_came(char *bytes, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;
	size_t room = sizeof(r->text) - 1 - r->len, take = size * n < room ? size * n : room;
	memcpy(r->text + r->len, bytes, take);
	r->len += take;
	r->text[r->len] = '\0';
	return size * n;
}

/* HMAC-SHA256 over "TIMESTAMP.BODY". */
static void sign(const char *secret, const char *stamp, const char *body,
                 char out[crypto_auth_hmacsha256_BYTES * 2 + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;
	crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)stamp, strlen(stamp));
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)".", 1);
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)body, strlen(body));
	crypto_auth_hmacsha256_final(&st, mac);
	sodium_bin2hex(out, crypto_auth_hmacsha256_BYTES * 2 + 1, mac, sizeof(mac));
}

static struct curl_slist *header_add(struct curl_slist *list, const char *text)
{
	struct curl_slist *more = curl_slist_append(list, text);
	if (more == NULL)
		abort();
	return more;
}

static struct curl_slist *headers_of(struct arena *a, const struct post *p, int64_t now_ms)
{
	char hex[crypto_auth_hmacsha256_BYTES * 2 + 1];
	const char *stamp = arena_printf(a, "%lld", (long long)(now_ms / SECOND_MS));
	struct curl_slist *list = header_add(NULL, "Content-Type: application/json; charset=utf-8");
	list = header_add(list, "Expect:");
	list = header_add(list, arena_printf(a, "X-Shouwen-Timestamp: %s", stamp));
	list = header_add(list, arena_printf(a, "X-Shouwen-Delivery: %s", p->message_id));
	if (p->secret != NULL && *p->secret != '\0') {
		sign(p->secret, stamp, p->body, hex);
		list = header_add(list, arena_printf(a, "X-Shouwen-Signature: sha256=%s", hex));
	}
	return list;
}

static void call_result(CURL *curl, CURLcode code, const struct gate *gate, const struct reply *reply,
                        const char *fault, struct posted *ret)
{
	long status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	ret->ok = code == CURLE_OK && status >= 200 && status < 300;
	if (gate->refused && code != CURLE_OK) {
		ret->for_good = true;
		snprintf(ret->words, sizeof(ret->words),
		         "不允许连接该地址 / that address may not be called (setting webhook.reach)");
	} else if (code != CURLE_OK) {
		ret->for_good = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
		snprintf(ret->words, sizeof(ret->words), "%s", *fault ? fault : curl_easy_strerror(code));
	} else {
		/* Gone, and what asks to go elsewhere, won't change by asking again. */
		ret->for_good = status == 410 || (status >= 300 && status < 400);
		snprintf(ret->words, sizeof(ret->words), "HTTP %ld%s%.300s", status, reply->len ? " " : "",
		         reply->text);
	}
	text_mend(ret->words);
}

void call_send(CURL *curl, struct arena *a, const struct post *p, int64_t now_ms, struct posted *ret)
{
	char fault[CURL_ERROR_SIZE] = "";
	struct reply reply = {.len = 0};
	struct gate gate = {.reach = p->reach};
	*ret = (struct posted){0};
	if (p->url == NULL || *p->url == '\0') {
		ret->for_good = true;
		snprintf(ret->words, sizeof(ret->words), "没有设置地址 / no address is set (%s)",
		         strcmp(p->kind, "sms") == 0 ? "sms.url" : "webhook.NAME.url");
		return;
	}
	struct curl_slist *headers = headers_of(a, p, now_ms);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, p->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)POST_CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)POST_SECONDS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Shouwen");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, p->body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(p->body));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, bytes_came);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, socket_open);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &gate);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault);
	call_result(curl, curl_easy_perform(curl), &gate, &reply, fault, ret);
	curl_easy_reset(curl);
	curl_slist_free_all(headers);
}

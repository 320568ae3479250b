/* email.c: an e-mail through SMTP. */
#include <string.h>

#include "base/text.h"
#include "channel/post.h"

enum { MAIL_BYTES_MAX = 1 << 20 };

struct reading {
	const char *at;
	size_t left;
};

static size_t read_more(char *to, size_t size, size_t n, void *arg)
{
	struct reading *r = arg;
	size_t take = size * n < r->left ? size * n : r->left;
	memcpy(to, r->at, take);
	r->at += take;
	r->left -= take;
	return take;
}

/* The server's last line: what it said of the message; a refusal stays, whatever it says on leaving. */
static size_t line_came(char *bytes, size_t size, size_t n, void *arg)
{
	char *words = arg;
	size_t len = size * n < POST_WORDS - 1 ? size * n : POST_WORDS - 1;
	if (*words == '4' || *words == '5')
		return size * n;
	memcpy(words, bytes, len);
	while (len > 0 && (words[len - 1] == '\n' || words[len - 1] == '\r'))
		len--;
	words[len] = '\0';
	text_mend(words);
	return size * n;
}

/* A password never goes in the clear, but to this machine itself. */
static bool is_local(const char *url)
{
	static const char *const here[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		size_t n = strlen(here[i]);
		if (strncmp(host, here[i], n) != 0)
			continue;
		/* The whole of it: localhost.example.com and 127.0.0.10:x@elsewhere are others. */
		const char *rest = host + n;
		rest += *rest == ':' ? 1 + strspn(rest + 1, "0123456789") : 0;
		if (*rest == '\0' || *rest == '/')
			return true;
	}
	return false;
}

static void email_options(CURL *curl, const struct post *p, struct reading *r, char *last, char *fault)
{
	bool signs_in = p->user != NULL && *p->user != '\0';
	curl_easy_setopt(curl, CURLOPT_URL, p->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)POST_CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)POST_SECONDS);
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)POST_SECONDS);
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
	                 signs_in && !is_local(p->url) ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
	if (signs_in) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, p->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, p->password ? p->password : "");
	}
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_more);
	curl_easy_setopt(curl, CURLOPT_READDATA, r);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, line_came);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, last);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault);
}

static void email_result(CURLcode code, const char *last, const char *fault, struct posted *ret)
{
	bool said = *last == '4' || *last == '5';
	ret->ok = code == CURLE_OK;
	if (ret->ok) {
		snprintf(ret->words, sizeof(ret->words), "%s", last);
		return;
	}
	ret->down =
	        code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_OPERATION_TIMEDOUT;
	/* 550…: this message; a refused sign-in is the setting's fault, and may be mended. */
	ret->for_good = strncmp(last, "55", 2) == 0 && code != CURLE_LOGIN_DENIED;
	snprintf(ret->words, sizeof(ret->words), "%s", said ? last : *fault ? fault : curl_easy_strerror(code));
	text_mend(ret->words);
}

void email_send(CURL *curl, struct arena *a, const struct post *p, int64_t now_ms, struct posted *ret)
{
	char last[POST_WORDS] = "", fault[CURL_ERROR_SIZE] = "";
	struct buf mail;
	*ret = (struct posted){0};
	if (p->url == NULL || *p->url == '\0' || p->from == NULL || *p->from == '\0') {
		ret->for_good = true;
		snprintf(ret->words, sizeof(ret->words), "没有设置邮件服务器 / mail.url and mail.from are not set");
		return;
	}
	buf_init(&mail, a, MAIL_BYTES_MAX);
	if (!mime_write(&mail, p, now_ms)) {
		ret->for_good = true;
		snprintf(ret->words, sizeof(ret->words), "地址不对或内容太长 / a bad address, or too long");
		return;
	}
	struct reading r = {.at = mail.data, .left = mail.len};
	struct curl_slist *to = curl_slist_append(NULL, p->address);
	if (to == NULL)
		abort();
	curl_easy_reset(curl);
	email_options(curl, p, &r, last, fault);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, p->from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	email_result(curl_easy_perform(curl), last, fault, ret);
	curl_easy_reset(curl); /* the buffers above end here */
	curl_slist_free_all(to);
}

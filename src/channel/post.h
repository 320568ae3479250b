/* post.h: inside of channel/: one message, how it goes, and what the other side said. */
#ifndef SHOUWEN_CHANNEL_POST_H
#define SHOUWEN_CHANNEL_POST_H

#include <curl/curl.h>

#include "base/buf.h"
#include "channel/channel.h"

enum { POST_WORDS = 400, POST_CONNECT_S = 10, POST_SECONDS = 30 };

/* How far calls of ours may reach (setting webhook.reach). */
enum reach { REACH_PUBLIC, REACH_PRIVATE, REACH_LOCAL };

struct post { /* a row of outgoing, with the settings that its kind needs */
	int64_t id, made_at;
	int tries;
	const char *kind, *address, *subject, *body, *message_id, *state;
	const char *url, *user, *password, *from, *name; /* mail */
	const char *secret;                              /* url and secret: sms, webhook */
	enum reach reach;
};

struct posted {
	bool ok;
	bool for_good;          /* no use to try again */
	bool down;              /* nobody was there: what goes to the same place can wait as well */
	char words[POST_WORDS]; /* what was answered, or why it did not go */
};

/* mime.c: the message as it goes over the wire; false: an address is none. No header can be put in from outside. */
bool mime_write(struct buf *out, const struct post *p, int64_t now_ms);
bool mail_address_ok(const char *address);

/* email.c, call.c: hold a connection in `curl` for the next one. */
void email_send(CURL *curl, struct arena *a, const struct post *p, int64_t now_ms, struct posted *ret);
void call_send(CURL *curl, struct arena *a, const struct post *p, int64_t now_ms, struct posted *ret);
/* May a call go to this address (of AF_INET or AF_INET6)? */
struct sockaddr;
bool reach_allows(enum reach reach, const struct sockaddr *address);

#endif

/*
 * words.h: what messages say of a record, and to whom they go. Shared by notice.c, choice.c, act_tell.c and
 * outgoing.c.
 */
#ifndef SHOUWEN_FLOW_WORDS_H
#define SHOUWEN_FLOW_WORDS_H

#include "flow/moment.h"

/* ---- words.c -------------------------------------------------------------------------------------------- */

/* "GD20260302-0001 空调漏水", as far as everybody who may be told may know. */
const char *record_words(struct ctx *ctx, const struct record *r);
/* Its page in the console; "" where the setting site.url is not there. */
enum err record_link(struct ctx *ctx, const struct record *r, const char **ret_link);
/* "record": {id,type,label}, or null: none, or of a type that is gone. */
enum err record_ref_write(struct ctx *ctx, const char *type, int64_t record, struct json_out *out);
enum err flow_setting(struct ctx *ctx, const char *key, const char **ret_text); /* "": none */

struct filling {
	const struct record *about; /* NULL: none */
	const struct who *reader;   /* NULL: the customer himself */
	const char *text;           /* {text} */
};
enum err template_fill(struct ctx *ctx, const struct filling *with, const struct label *text, enum lang lang,
                       const char **ret_words);

/* ---- choice.c: how a person wants to be told ------------------------------------------------------------- */

struct choice {
	int quiet_from, quiet_to; /* minutes of the day; from = to: no quiet hours */
	int digest;               /* minute of the day; -1: none */
	const char **mail;        /* kinds, with "1" or "0" in on */
	bool *on;
	size_t n_mail;
};
enum err choice_load(struct ctx *ctx, int64_t user, struct choice *ret_choice);
bool choice_mail(const struct choice *c, const char *kind, bool preset);
/* When a message that is ready now may go: now, or the end of his quiet hours. */
int64_t choice_time(const struct ctx *ctx, const struct choice *c, int64_t now_ms);
/* The next time of his digest after now. */
int64_t choice_digest(const struct ctx *ctx, const struct choice *c, int64_t now_ms);
/* A field of an active user's record: "email", "mobile"; "" if there is none. */
enum err user_address(struct ctx *ctx, int64_t user, const char *field, const char **ret_address);

#endif

/*
 * sign_log.h: who signed in and out, whose sign-in was refused, whose password or token changed, for who checks later.
 * Rows of one hour that say the same are one row with a count, so that nobody fills the disk by failing; what was typed
 * is not kept, as a password may be among it.
 */
#ifndef SHOUWEN_HTTP_SIGN_LOG_H
#define SHOUWEN_HTTP_SIGN_LOG_H

#include "base/ctx.h"

#define SIGN_IN "signed_in"
#define SIGN_REFUSED "sign_in_refused"
#define SIGN_OUT "signed_out"
#define SIGN_PASSWORD "password_changed"
#define SIGN_TOKEN_MADE "token_made"
#define SIGN_TOKEN_REMOVED "token_removed"

/* Is this one of them? */
bool sign_kind(const char *kind);
/* user: whose; 0: nobody has this name. actor: who did it; 0: it isn't known. address: where he came from, or "".
 * Inside store_write. */
enum err sign_note(struct ctx *ctx, const char *kind, int64_t user, int64_t actor, const char *address);

#endif

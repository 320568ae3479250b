/*
 * channel.h: how messages leave: e-mail, SMS, webhooks. Reads rows of `outgoing` that due work "deliver:ID" names
 * (due_take), speaks with the outside world between transactions, and writes what came of it.
 *
 * Threads: one thread a process calls channel_run (http/timekeeper.c), for one organisation after another; it may take
 * as long as the other side does, and nobody else waits for it.
 */
#ifndef SHOUWEN_CHANNEL_CHANNEL_H
#define SHOUWEN_CHANNEL_CHANNEL_H

#include "base/ctx.h"

/* Delivers a handful of what is due at ctx->now_ms. ret_worked 0: nothing is. ret_next: when the next is (0: none).
 * Outside any transaction. */
enum err channel_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next);

/* One e-mail to `to`, at once; ret_words: what the server said, or why it did not go. Outside any transaction. */
enum err channel_mail_test(struct ctx *ctx, const char *to, bool *ret_ok, const char **ret_words);

bool channel_address_ok(const char *address);

#endif

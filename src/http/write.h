/*
 * write.h: changes asked for over HTTP: one transaction, done once even if asked for twice.
 */
#ifndef SHOUWEN_HTTP_WRITE_H
#define SHOUWEN_HTTP_WRITE_H

#include "http/request.h"

/*
 * A change under Idempotency-Key. fn does the change and says what was answered in ret_answer: a
 * JSON text that is kept with the key. When the same user sends the same request under the same
 * key again, fn is not run, and ret_answer is the kept text: ERR_CONFLICT for another request.
 * Without the header fn just runs. *ret_repeated tells which.
 */
struct change {
	enum err (*fn)(struct ctx *ctx, struct change *change);
	void *arg;
	int status;         /* of a success; kept with the answer */
	const char *answer; /* set by fn, or from what was kept */
	bool repeated;
};

enum err change_run(struct ctx *ctx, struct request *rq, struct change *change);

#endif

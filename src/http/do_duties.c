/* do_duties.c: the duty calendar. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/duty.h"
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

struct duties {
	const char *from, *to, *duty, *period, *reason;
	int64_t person, team;
	struct answer *an;
};

static enum err calendar_read(struct ctx *ctx, void *arg)
{
	struct duties *d = arg;

	answer_reset(d->an);
	return duties_write_json(ctx, d->from, d->to, d->person, d->team, &d->an->json);
}

static enum err id_query(struct ctx *ctx, struct request *rq, const char *name, int64_t *ret_id)
{
	const char *text = request_query(rq, name);

	if (text != NULL && !id_parse(text, ret_id))
		return ctx_problem(ctx, ERR_BAD_REQUEST, name, "bad_value", "%s must be an id", name);
	return ERR_OK;
}

enum err do_duties(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct duties d = {.from = request_query(rq, "from"), .to = request_query(rq, "to"), .an = an};

	TRY(id_query(ctx, rq, "person", &d.person));
	TRY(id_query(ctx, rq, "team", &d.team));
	return store_read_slow(ctx, calendar_read, &d);
}

static enum err skip_write(struct ctx *ctx, void *arg)
{
	const struct duties *d = arg;

	return duty_skip(ctx, d->duty, d->period, d->reason);
}

enum err do_duty_skip(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct duties d = {.duty = request_param(rq, "duty")};

	TRY(body_only(ctx, rq, "period,reason"));
	TRY(body_text(ctx, rq, "period", true, &d.period));
	TRY(body_text(ctx, rq, "reason", true, &d.reason));
	if (*d.reason == '\0' || text_chars(d.reason, strlen(d.reason)) > LIMIT_TEXT_CHARS)
		return ctx_problem(ctx, ERR_INVALID, "reason", *d.reason ? "too_long" : "required",
		                   "say why, in at most %d characters", LIMIT_TEXT_CHARS);
	TRY(request_write(ctx, rq, skip_write, &d));
	answer_nothing(an);
	return ERR_OK;
}

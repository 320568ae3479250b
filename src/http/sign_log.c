/* sign_log.c: see sign_log.h. */
#include "http/sign_log.h"

#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "store/store.h"

enum { REFUSED_ADDRESSES_MAX = 1000 }; /* of an hour; past that they are counted together */

bool sign_kind(const char *kind)
{
	static const char *const kinds[] = {SIGN_IN,       SIGN_REFUSED,    SIGN_OUT,
	                                    SIGN_PASSWORD, SIGN_TOKEN_MADE, SIGN_TOKEN_REMOVED};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

static enum err hour_is_full(struct ctx *ctx, int64_t hour, bool *ret_full)
{
	struct sql q;
	int64_t n;

	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from sign_log where hour = :hour and kind = '" SIGN_REFUSED "'");
	sql_int(&q, "hour", hour);
	TRY(sql_one_int(ctx, &q, &n));
	*ret_full = n >= REFUSED_ADDRESSES_MAX;
	return ERR_OK;
}

enum err sign_note(struct ctx *ctx, const char *kind, int64_t user, int64_t actor, const char *address)
{
	int64_t hour = ctx->now_ms / HOUR_MS;
	bool full = false;
	struct sql q;

	if (strcmp(kind, SIGN_REFUSED) == 0)
		TRY(hour_is_full(ctx, hour, &full));
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into sign_log (id, hour, kind, user_id, address, at, last_at, times, actor) values (:id, :hour, "
	    ":kind, :user, :address, :now, :now, 1, :actor) on conflict (hour, kind, user_id, actor, address) do "
	    "update set times = sign_log.times + 1, last_at = excluded.last_at");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_int(&q, "hour", hour);
	sql_text(&q, "kind", kind);
	sql_int(&q, "user", user);
	sql_text(&q, "address", full ? "" : address);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "actor", actor);
	return sql_run(ctx, &q, NULL);
}

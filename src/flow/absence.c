/* absence.c: what follows from a user or a team being written: absences that begin and end, people who leave. */
#include <string.h>

#include "base/ids.h"
#include "flow/approval.h"
#include "flow/owners.h"
#include "flow/relate.h"

enum { LISTED = 12, LIST_BYTES = 2000 };

/* ---- when it begins and ends --------------------------------------------------------------------------- */

static const char *absence_key(struct ctx *ctx, int64_t user)
{
	return arena_printf(ctx->arena, "absence:%lld", (long long)user);
}

static bool away_at(const struct record *r, int64_t now)
{
	int64_t from = record_int(r, "absent_from"), until = record_int(r, "absent_until");
	return (from != 0 || until != 0) && from <= now && (until == 0 || until > now);
}

static enum err absence_plan(struct ctx *ctx, const struct record *r, bool begins)
{
	int64_t from = record_int(r, "absent_from"), until = record_int(r, "absent_until");
	const char *key = absence_key(ctx, r->id);
	if (begins)
		return due_put(ctx, key, "absence", ctx->now_ms, 1, NULL, r->id, "begin");
	if (from > ctx->now_ms && (until == 0 || until > from))
		return due_put(ctx, key, "absence", from, 1, NULL, r->id, "begin");
	if (until > ctx->now_ms)
		return due_put(ctx, key, "absence", until, 1, NULL, r->id, "end");
	return due_remove(ctx, key);
}

/* ---- what his deputy must know --------------------------------------------------------------------------- */

/* Numbers of what can't wait: urgent, due by tonight, or handed over to him and not accepted. */
static enum err urgent_list(struct ctx *ctx, int64_t user, const char **ret_list, int64_t *ret_n)
{
	struct rows *rows;
	struct sql q;
	struct buf b;
	int64_t n = 0;
	buf_init(&b, ctx->arena, LIST_BYTES);
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(number, '') from work where stage in ('open', 'paused') and (pending_owner = :user or "
	        "(owner = :user and (priority = :urgent or due < :tonight))) order by due is null, due, id limit 200");
	sql_int(&q, "user", user);
	sql_int(&q, "urgent", PRIORITY_URGENT);
	sql_int(&q, "tonight", zone_day_start(ctx->zone, ctx->now_ms, 1));
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const char *number = rows_text(rows, 0, NULL);
		if (n++ < LISTED && number != NULL && *number != '\0') {
			buf_str(&b, b.len > 0 ? "、" : "");
			buf_str(&b, number);
		}
	}
	*ret_list = b.data ? b.data : "";
	*ret_n = n;
	return rows_done(rows);
}

static enum err tell(struct ctx *ctx, int64_t user, const struct label *text, bool urgent)
{
	struct people p = {0};
	people_add(ctx, &p, user);
	return people_told(ctx, &p, &(struct telling){.kind = "absence", .text = text, .urgent = urgent});
}

static enum err begun(struct ctx *ctx, const struct record *r)
{
	int64_t deputy, n;
	const char *list, *name = record_title(r);
	struct label text;
	TRY(standing_of(ctx, r->id, &deputy));
	TRY(urgent_list(ctx, r->id, &list, &n));
	if (deputy == 0 || deputy == r->id)
		return ERR_OK;
	text.zh = n > 0 ? arena_printf(ctx->arena, "%s不在岗，由您代理。急办 %lld 件：%s", name, (long long)n, list)
	                : arena_printf(ctx->arena, "%s不在岗，由您代理，目前没有急办的事", name);
	text.en = n > 0 ? arena_printf(ctx->arena, "%s is away and you stand in. Urgent: %lld: %s", name, (long long)n,
	                               list)
	                : arena_printf(ctx->arena, "%s is away and you stand in; nothing is urgent now", name);
	return tell(ctx, deputy, &text, n > 0);
}

static enum err ended(struct ctx *ctx, const struct record *r)
{
	static const struct label text = {"您的不在岗时间已到，移交和指派重新转给您",
	                                  "Your absence is over: hand-overs and assignments reach you again"};
	return tell(ctx, r->id, &text, false);
}

enum err absence_due(struct ctx *ctx, const struct due_row *d)
{
	struct record *r;
	enum err e = record_load(ctx, ctx->model->user, d->record, &r);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	TRY(e);
	bool begins = d->body != NULL && strcmp(d->body, "begin") == 0, away = away_at(r, ctx->now_ms);
	if (record_int(r, "active") == 0)
		return ERR_OK;
	if (begins && away)
		TRY(begun(ctx, r));
	if (!begins && !away)
		TRY(ended(ctx, r));
	TRY(approvals_reseat(ctx, r->id));
	TRY(absence_plan(ctx, r, false));
	return owners_again_soon(ctx);
}

/* ---- after a write ----------------------------------------------------------------------------------------- */

static enum err user_follow(struct ctx *ctx, const struct record *r, const struct record *before)
{
	bool was = before == NULL || record_int(before, "active") != 0, is = record_int(r, "active") != 0;
	bool absence = record_int_differs(r, before, "absent_from") || record_int_differs(r, before, "absent_until");
	if (before != NULL && strcmp(record_title(r), record_title(before)) != 0)
		TRY(waits_again_soon(ctx));
	if (was && !is && before != NULL)
		TRY(leave_begin(ctx, r->id));
	if (absence)
		TRY(absence_plan(ctx, r, away_at(r, ctx->now_ms) && (before == NULL || !away_at(before, ctx->now_ms))));
	if (before != NULL && (was != is || absence || record_int_differs(r, before, "deputy")))
		TRY(owners_again_soon(ctx));
	return ERR_OK;
}

enum err people_follow(struct ctx *ctx, const struct record *r, const struct record *before)
{
	if (r->type == ctx->model->user)
		return user_follow(ctx, r, before);
	if (r->type == ctx->model->team && before != NULL && strcmp(record_title(r), record_title(before)) != 0)
		TRY(waits_again_soon(ctx));
	if (r->type == ctx->model->team && before != NULL &&
	    (record_int_differs(r, before, "lead") || record_int_differs(r, before, "deputy") ||
	     record_int_differs(r, before, "parent")))
		return owners_again_soon(ctx);
	return ERR_OK;
}

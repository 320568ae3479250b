/* due_take.c: leases on due work, its end and its failures, and the lists that an administrator sees. */
#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/due_row.h"
#include "flow/words.h"
#include "model/record.h"

enum { WHY_BYTES_MAX = 400, COUNT_STOP = LIMIT_COUNT + 1 };

/* ---- leases -------------------------------------------------------------------------------------------- */

struct lease {
	const char *kind;
	size_t limit, n;
	struct due_row *list;
};

static enum err lease_mark(struct ctx *ctx, struct lease *l)
{
	const char *holder = arena_printf(ctx->arena, "%lld", (long long)ids_next(ctx->ids, ctx->now_ms));
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update due_work set holder = :holder, until = :until where id in (");
	sql_text(&q, "holder", holder);
	sql_int(&q, "until", ctx->now_ms + DUE_LEASE_MS);
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			SQL(&q, ", ");
		sql_value_int(&q, l->list[i].id);
		l->list[i].holder = holder;
	}
	SQL(&q, ")");
	return sql_run(ctx, &q, NULL);
}

static enum err lease_write(struct ctx *ctx, void *arg)
{
	struct lease *l = arg;
	struct due_search s = {.kind = l->kind, .limit = l->limit, .lock = true};
	int worst = l->kind ? DUE_RANK_OUTSIDE : DUE_RANK_WORST;
	l->n = 0;
	l->list = ARENA_ARRAY(ctx->arena, l->limit, struct due_row);
	for (s.rank = l->kind ? DUE_RANK_OUTSIDE : 0; s.rank <= worst && l->n < l->limit; s.rank++)
		TRY(due_find(ctx, &s, l->list, &l->n));
	return l->n > 0 ? lease_mark(ctx, l) : ERR_OK;
}

enum err due_lease(struct ctx *ctx, const char *kind, size_t limit, struct due_row **ret_list, size_t *ret_n)
{
	struct lease l = {.kind = kind, .limit = limit};
	TRY(store_write(ctx, lease_write, &l));
	*ret_list = l.list;
	*ret_n = l.n;
	return ERR_OK;
}

enum err due_take(struct ctx *ctx, const char *kind, size_t limit, struct due_row **ret_list, size_t *ret_n)
{
	return due_lease(ctx, kind, limit, ret_list, ret_n);
}

enum err due_next_of(struct ctx *ctx, const char *kind, int64_t *ret_next)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	/* By the index: the first of its rank that is of this kind. */
	SQL(&q, "select coalesce((select due_at from due_work where state = 'ready' and rank = :rank and kind = :kind "
	        "order by due_at limit 1), 0)");
	sql_int(&q, "rank", DUE_RANK_OUTSIDE);
	sql_text(&q, "kind", kind);
	return sql_one_int(ctx, &q, ret_next);
}

/* ---- the end of it ------------------------------------------------------------------------------------- */

static void same_row(struct sql *q, const struct due_row *d)
{
	SQL(q, " where id = :id and due_at = :was and coalesce(holder, '') = :holder");
	sql_int(q, "id", d->id);
	sql_int(q, "was", d->due_at);
	sql_text(q, "holder", d->holder ? d->holder : "");
}

enum err due_done(struct ctx *ctx, const struct due_row *d)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from due_work");
	same_row(&q, d);
	TRY(sql_run(ctx, &q, &n));
	return n > 0 ? ERR_OK : ERR_STALE;
}

static int64_t back_off(int tries)
{
	int64_t ms = DUE_BACK_OFF_MS;
	for (int i = 0; i < tries && ms < DUE_BACK_OFF_MAX_MS; i++)
		ms *= 2;
	return ms < DUE_BACK_OFF_MAX_MS ? ms : DUE_BACK_OFF_MAX_MS;
}

enum err due_failed(struct ctx *ctx, const struct due_row *d, const char *why, bool for_good)
{
	bool dead = for_good || d->tries + 1 >= DUE_TRIES_MAX;
	size_t len = text_prefix(why, strlen(why), WHY_BYTES_MAX);
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "update due_work set tries = :tries, due_at = :at, state = :state, last_error = :why, holder = null, "
	        "until = 0");
	same_row(&q, d);
	sql_int(&q, "tries", d->tries + 1);
	sql_int(&q, "at", dead ? d->due_at : ctx->now_ms + back_off(d->tries));
	sql_text(&q, "state", dead ? "dead" : "ready");
	sql_text(&q, "why", arena_strndup(ctx->arena, why, len));
	TRY(sql_run(ctx, &q, &n));
	return n > 0 ? ERR_OK : ERR_STALE;
}

enum err due_put_off(struct ctx *ctx, const char *key, const char *why)
{
	struct due_row d = {.key = key};
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, due_at, tries from due_work where key = :key");
	sql_text(&q, "key", key);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		d.id = rows_int(rows, 0);
		d.due_at = rows_int(rows, 1);
		d.tries = (int)rows_int(rows, 2);
	}
	TRY(rows_done(rows));
	return due_failed(ctx, &d, why, false);
}

/* ---- lists --------------------------------------------------------------------------------------------- */

struct place { /* of a row in the order of urgency */
	long long rank, due_at, id;
};

static enum err page_find(struct ctx *ctx, const char *state, const struct place *after, size_t limit, struct sql *q)
{
	sql_init(q, ctx->arena);
	SQL(q, "select id, key, kind, due_at, rank, tries, type, record, last_error from due_work where state = :state "
	       "and (rank > :rank or (rank = :rank and (due_at > :due_at or (due_at = :due_at and id > :id)))) "
	       "order by rank, due_at, id limit :n");
	sql_text(q, "state", state);
	sql_int(q, "rank", after->rank);
	sql_int(q, "due_at", after->due_at);
	sql_int(q, "id", after->id);
	sql_int(q, "n", (int64_t)limit + 1);
	return ERR_OK;
}

struct listed {
	struct due_row row;
	const char *last_error;
};

static enum err listed_write(struct ctx *ctx, const struct listed *l, const char *state, struct json_out *out)
{
	const struct due_row *d = &l->row;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, d->id);
	json_key(out, "kind");
	json_text(out, d->kind);
	json_key(out, "key");
	json_text(out, d->key);
	json_key(out, "due_at");
	json_instant(out, d->due_at);
	json_key(out, "state");
	json_text(out, state);
	json_key(out, "tries");
	json_int(out, d->tries);
	json_key(out, "last_error");
	json_text(out, l->last_error);
	TRY(record_ref_write(ctx, d->type, d->record, out));
	json_close(out, '}');
	return ERR_OK;
}

static enum err page_read(struct ctx *ctx, struct sql *q, struct listed *list, size_t limit, size_t *ret_n)
{
	struct rows *rows;
	size_t n = 0;
	TRY(sql_rows(ctx, q, &rows));
	while (n < limit && rows_next(rows)) {
		struct listed *l = &list[n++];
		l->row = (struct due_row){.id = rows_int(rows, 0),
		                          .key = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                          .kind = arena_strdup(ctx->arena, rows_text(rows, 2, NULL)),
		                          .due_at = rows_int(rows, 3),
		                          .rank = (int)rows_int(rows, 4),
		                          .tries = (int)rows_int(rows, 5),
		                          .type = arena_strdup(ctx->arena, rows_text(rows, 6, NULL)),
		                          .record = rows_int(rows, 7)};
		l->last_error = arena_strdup(ctx->arena, rows_text(rows, 8, NULL));
	}
	*ret_n = n;
	return rows_done(rows);
}

static enum err count_write(struct ctx *ctx, const char *state, struct json_out *out)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from (select 1 from due_work where state = :state limit :stop) x");
	sql_text(&q, "state", state);
	sql_int(&q, "stop", COUNT_STOP);
	TRY(sql_one_int(ctx, &q, &n));
	json_key(out, state);
	json_int(out, n);
	return ERR_OK;
}

static enum err counts_write(struct ctx *ctx, struct json_out *out)
{
	int64_t next;
	TRY(due_next(ctx, &next));
	json_key(out, "counts");
	json_open(out, '{');
	TRY(count_write(ctx, "ready", out));
	TRY(count_write(ctx, "dead", out));
	json_key(out, "late_ms");
	json_int(out, next != 0 && next < ctx->now_ms ? ctx->now_ms - next : 0);
	json_close(out, '}');
	return ERR_OK;
}

enum err due_write_json(struct ctx *ctx, const char *state, const char *after, size_t limit, struct json_out *out)
{
	struct place place = {.rank = -1};
	struct sql q;
	size_t n;
	char rest;
	if (strcmp(state, "ready") != 0 && strcmp(state, "dead") != 0)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "state", "bad_option", "a state is ready or dead");
	if (after != NULL && *after != '\0' &&
	    sscanf(after, "%lld.%lld.%lld%c", &place.rank, &place.due_at, &place.id, &rest) != 3)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "wrong_type", "`after` is what `next` gave");
	struct listed *list = ARENA_ARRAY(ctx->arena, limit + 1, struct listed);
	TRY(page_find(ctx, state, &place, limit, &q));
	TRY(page_read(ctx, &q, list, limit + 1, &n));
	json_open(out, '{');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n && i < limit; i++)
		TRY(listed_write(ctx, &list[i], state, out));
	json_close(out, ']');
	json_key(out, "next");
	if (n > limit)
		json_text(out, arena_printf(ctx->arena, "%d.%lld.%lld", list[limit - 1].row.rank,
		                            (long long)list[limit - 1].row.due_at, (long long)list[limit - 1].row.id));
	else
		json_none(out);
	TRY(counts_write(ctx, out));
	json_close(out, '}');
	return ERR_OK;
}

enum err due_rerun(struct ctx *ctx, int64_t id)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "update due_work set state = 'ready', due_at = :now, tries = 0, holder = null, until = 0 "
	        "where id = :id and state = 'dead'");
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "id", id);
	TRY(sql_run(ctx, &q, &n));
	return n > 0 ? ERR_OK : ERR_NOT_FOUND;
}

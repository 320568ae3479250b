/* channel.c: messages that are due, one after the other: read, sent between transactions, and what came of it. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "channel/post.h"
#include "flow/due.h"
#include "flow/words.h"
#include "store/store.h"

enum { BATCH = 8, BODY_BYTES = 128 << 10 }; /* six times the longest message: its JSON fits */

#define GIVE_UP_MS (3 * DAY_MS)
#define BACK_OFF_MAX_MS (10 * MINUTE_MS)
/* A message may take POST_SECONDS: later than this into the lease none is begun. */
#define BEGIN_US ((int64_t)(DUE_LEASE_MS - (POST_SECONDS + POST_CONNECT_S) * 1000) * 1000)

/* ---- reading ------------------------------------------------------------------------------------------- */

static enum err mail_settings(struct ctx *ctx, struct post *p)
{
	TRY(flow_setting(ctx, "mail.url", &p->url));
	TRY(flow_setting(ctx, "mail.user", &p->user));
	TRY(flow_setting(ctx, "mail.password", &p->password));
	TRY(flow_setting(ctx, "mail.from", &p->from));
	return flow_setting(ctx, "mail.name", &p->name);
}

static enum err call_settings(struct ctx *ctx, struct post *p)
{
	const char *reach;
	bool sms = strcmp(p->kind, "sms") == 0;
	TRY(flow_setting(ctx, "webhook.reach", &reach));
	p->reach = strcmp(reach, "public") == 0  ? REACH_PUBLIC
	           : strcmp(reach, "local") == 0 ? REACH_LOCAL
	                                         : REACH_PRIVATE;
	TRY(flow_setting(ctx, sms ? "sms.url" : arena_printf(ctx->arena, "webhook.%s.url", p->address), &p->url));
	return flow_setting(ctx, sms ? "sms.secret" : arena_printf(ctx->arena, "webhook.%s.secret", p->address),
	                    &p->secret);
}

/* The gateway gets the number and the words as JSON. */
static enum err sms_body(struct ctx *ctx, struct post *p)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "id");
	json_text(&out, p->message_id);
	json_key(&out, "to");
	json_text(&out, p->address);
	json_key(&out, "text");
	json_text(&out, p->body);
	json_close(&out, '}');
	if (b.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_long", "a short message is too long");
	p->body = b.data;
	return ERR_OK;
}

static enum err post_read(struct ctx *ctx, void *arg)
{
	struct post *p = arg;
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select kind, address, subject, body, message_id, state, tries, made_at from outgoing where id = :id");
	sql_int(&q, "id", p->id);
	TRY(sql_rows(ctx, &q, &rows));
	bool there = rows_next(rows);
	if (there) {
		p->kind = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		p->address = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
		p->subject = arena_strdup(ctx->arena, rows_text(rows, 2, NULL));
		p->body = arena_strdup(ctx->arena, rows_text(rows, 3, NULL));
		p->message_id = arena_strdup(ctx->arena, rows_text(rows, 4, NULL));
		p->state = arena_strdup(ctx->arena, rows_text(rows, 5, NULL));
		p->tries = (int)rows_int(rows, 6);
		p->made_at = rows_int(rows, 7);
	}
	TRY(rows_done(rows));
	if (!there)
		return ERR_NOT_FOUND;
	if (strcmp(p->kind, "mail") == 0)
		return mail_settings(ctx, p);
	TRY(call_settings(ctx, p));
	return strcmp(p->kind, "sms") == 0 ? sms_body(ctx, p) : ERR_OK;
}

/* ---- what came of it ------------------------------------------------------------------------------------ */

struct ending {
	const struct due_row *row;
	const struct post *post;
	const struct posted *posted; /* NULL: it was not to be sent any more */
};

static int64_t back_off(int tries)
{
	int64_t wait = DUE_BACK_OFF_MS;
	for (int i = 0; i < tries && wait < BACK_OFF_MAX_MS; i++)
		wait *= 2;
	return wait < BACK_OFF_MAX_MS ? wait : BACK_OFF_MAX_MS;
}

static enum err outgoing_end(struct ctx *ctx, const struct ending *e, const char *state)
{
	bool ok = e->posted->ok;
	struct sql q;
	sql_init(&q, ctx->arena);
	/* One that was withdrawn while it went out went out. */
	SQL(&q, "update outgoing set state = :state, tries = tries + 1, sent_at = :sent, last_error = :error, answer = "
	        ":answer "
	        "where id = :id");
	sql_text(&q, "state", state);
	sql_int_or_null(&q, "sent", ok ? ctx->now_ms : 0);
	sql_text(&q, "error", ok ? NULL : e->posted->words);
	sql_text(&q, "answer", ok ? e->posted->words : NULL);
	sql_int(&q, "id", e->post->id);
	return sql_run(ctx, &q, NULL);
}

static enum err still_waits(struct ctx *ctx, int64_t id, bool *ret_waits)
{
	const char *state = "";
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select state from outgoing where id = :id");
	sql_int(&q, "id", id);
	enum err e = sql_one_text(ctx, &q, &state);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_waits = e == ERR_OK && strcmp(state, "waiting") == 0;
	return ERR_OK;
}

static enum err ending_write(struct ctx *ctx, void *arg)
{
	const struct ending *e = arg;
	bool waits;
	/* Not ours any more: who has it now says what became of it. */
	TRY(due_done(ctx, e->row));
	if (e->posted == NULL)
		return ERR_OK;
	if (e->posted->ok)
		return outgoing_end(ctx, e, "sent");
	TRY(still_waits(ctx, e->post->id, &waits));
	if (!waits)
		return ERR_OK;
	if (e->posted->for_good || ctx->now_ms > e->post->made_at + GIVE_UP_MS)
		return outgoing_end(ctx, e, "dead");
	TRY(outgoing_end(ctx, e, "waiting"));
	return due_put(ctx, e->row->key, "deliver", ctx->now_ms + back_off(e->post->tries), e->row->rank, NULL,
	               e->post->id, NULL);
}

/* ---- one after the other --------------------------------------------------------------------------------- */

struct delivery {
	CURL *curl;
	int64_t began_us, began_ms;
	bool mail_down;
};

static enum err deliver(struct ctx *ctx, struct delivery *dl, const struct due_row *d)
{
	struct post p = {.id = d->record};
	struct posted posted = {.down = true, .words = "邮件服务器连不上 / the mail server can't be reached"};
	struct ending e = {.row = d, .post = &p, .posted = &posted};
	enum err read = store_read(ctx, post_read, &p);
	if (read != ERR_OK && read != ERR_NOT_FOUND)
		return read;
	if (read == ERR_NOT_FOUND || strcmp(p.state, "waiting") != 0)
		e.posted = NULL;
	else if (strcmp(p.kind, "mail") != 0)
		call_send(dl->curl, ctx->arena, &p, ctx->now_ms, &posted);
	else if (!dl->mail_down)
		email_send(dl->curl, ctx->arena, &p, ctx->now_ms, &posted);
	if (e.posted != NULL && strcmp(p.kind, "mail") == 0)
		dl->mail_down = posted.down;
	ctx->now_ms = dl->began_ms + (clock_monotonic_us() - dl->began_us) / 1000;
	enum err written = store_write(ctx, ending_write, &e);
	return written == ERR_STALE ? ERR_OK : written;
}

static enum err next_read(struct ctx *ctx, void *arg)
{
	return due_next_of(ctx, "deliver", arg);
}

enum err channel_run(struct ctx *ctx, size_t *ret_worked, int64_t *ret_next)
{
	struct delivery dl = {.began_us = clock_monotonic_us(), .began_ms = ctx->now_ms};
	struct due_row *list;
	size_t n, i = 0;
	enum err e = ERR_OK;
	int64_t next;
	TRY(due_take(ctx, "deliver", BATCH, &list, &n));
	if (n > 0) {
		dl.curl = curl_easy_init();
		if (dl.curl == NULL)
			return ERR_BUSY;
		/* What is not begun in time is taken again when the lease is over. */
		for (; i < n && e == ERR_OK && clock_monotonic_us() - dl.began_us < BEGIN_US; i++) {
			struct arena_mark mark = arena_mark(ctx->arena);
			e = deliver(ctx, &dl, &list[i]);
			arena_rewind(ctx->arena, mark);
		}
		curl_easy_cleanup(dl.curl);
	}
	TRY(e);
	TRY(store_read(ctx, next_read, &next));
	*ret_worked = i;
	*ret_next = next;
	return ERR_OK;
}

/* ---- a try -------------------------------------------------------------------------------------------------- */

static enum err settings_read(struct ctx *ctx, void *arg)
{
	return mail_settings(ctx, arg);
}

enum err channel_mail_test(struct ctx *ctx, const char *to, bool *ret_ok, const char **ret_words)
{
	struct post p = {.id = ctx->now_ms,
	                 .kind = "mail",
	                 .address = to,
	                 .subject = "首问：邮件测试",
	                 .body = "这是一封测试邮件。收到它，说明邮件设置正确。\n\nThis is a test. If it arrived, the "
	                         "settings are right.\n"};
	struct posted posted;
	if (!mail_address_ok(to))
		return ctx_problem(ctx, ERR_INVALID, "to", "bad_address", "must be an e-mail address");
	TRY(store_read(ctx, settings_read, &p));
	const char *at = p.from ? strrchr(p.from, '@') : NULL;
	p.message_id =
	        arena_printf(ctx->arena, "<test.%lld@%s>", (long long)ctx->now_ms, at ? at + 1 : "shouwen.localdomain");
	CURL *curl = curl_easy_init();
	if (curl == NULL)
		return ERR_BUSY;
	email_send(curl, ctx->arena, &p, ctx->now_ms, &posted);
	curl_easy_cleanup(curl);
	*ret_ok = posted.ok;
	*ret_words = arena_strdup(ctx->arena, posted.words);
	return ERR_OK;
}

bool channel_address_ok(const char *address)
{
	return mail_address_ok(address);
}

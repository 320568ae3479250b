/* outgoing.c: messages on their way out: written with what they tell of, sent by channel/ from due work. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/words.h"

enum { SUBJECT_BYTES = 400, PAGE_PRESET = 50 };

/* Where message ids are said to come from: the domain that mail is sent from. */
static enum err message_host(struct ctx *ctx, const char **ret_host)
{
	const char *from;
	TRY(flow_setting(ctx, "mail.from", &from));
	const char *at = strrchr(from, '@');
	size_t len = at ? strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") : 0;
	*ret_host = len > 0 ? arena_strndup(ctx->arena, at + 1, len) : "shouwen.localdomain";
	return ERR_OK;
}

static enum err outgoing_insert(struct ctx *ctx, int64_t id, const struct message *m, bool dead)
{
	const char *host;
	struct sql q;
	TRY(message_host(ctx, &host));
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into outgoing (id, kind, address, subject, body, message_id, type, record, user_id, made_at, "
	    "state, "
	    "tries, last_error) values (:id, :kind, :address, :subject, :body, :message, :type, :record, :user, :now, "
	    ":state, 0, :error)");
	sql_int(&q, "id", id);
	sql_text(&q, "kind", m->kind);
	sql_text(&q, "address", m->address);
	size_t len = m->subject ? strlen(m->subject) : 0;
	sql_text(&q, "subject",
	         m->subject ? arena_strndup(ctx->arena, m->subject, text_prefix(m->subject, len, SUBJECT_BYTES))
	                    : NULL);
	sql_text(&q, "body", m->body);
	sql_text(&q, "message", arena_printf(ctx->arena, "<%lld@%s>", (long long)id, host));
	sql_text(&q, "type", m->about ? m->about->type->name : NULL);
	sql_int_or_null(&q, "record", m->about ? m->about->id : 0);
	sql_int_or_null(&q, "user", m->user);
	sql_int(&q, "now", ctx->now_ms);
	sql_text(&q, "state", dead ? "dead" : "waiting");
	sql_text(&q, "error", dead ? "没有收件地址 / there is no address" : NULL);
	return sql_run(ctx, &q, NULL);
}

static enum err deliver_put(struct ctx *ctx, int64_t id, int64_t at)
{
	return due_put(ctx, arena_printf(ctx->arena, "deliver:%lld", (long long)id), "deliver", at, 3, NULL, id, NULL);
}

enum err outgoing_put(struct ctx *ctx, const struct message *m)
{
	int64_t id = ids_next(ctx->ids, ctx->now_ms);
	bool dead = m->address == NULL || *m->address == '\0';
	struct message known = *m;
	if (dead)
		known.address = "";
	TRY(outgoing_insert(ctx, id, &known, dead));
	return dead ? ERR_OK : deliver_put(ctx, id, m->due_at > ctx->now_ms ? m->due_at : ctx->now_ms);
}

/* ---- by hand ------------------------------------------------------------------------------------------- */

static enum err outgoing_change(struct ctx *ctx, int64_t id, const char *state, const char *unless)
{
	struct sql q;
	int64_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "update outgoing set state = :state, last_error = null where id = :id and state <> 'sent' and state <> "
	        ":unless and address <> ''");
	sql_text(&q, "state", state);
	sql_text(&q, "unless", unless);
	sql_int(&q, "id", id);
	TRY(sql_run(ctx, &q, &n));
	if (n == 1)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from outgoing where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_one_int(ctx, &q, &n));
	return ctx_problem(ctx, ERR_CONFLICT, "", "not_waiting",
	                   ctx->lang == LANG_EN ? "it has been sent, withdrawn, or has no address"
	                                        : "已发出、已撤回或没有地址");
}

enum err outgoing_again(struct ctx *ctx, int64_t id)
{
	TRY(outgoing_change(ctx, id, "waiting", ""));
	return deliver_put(ctx, id, ctx->now_ms);
}

enum err outgoing_withdraw(struct ctx *ctx, int64_t id)
{
	TRY(outgoing_change(ctx, id, "withdrawn", "withdrawn"));
	return due_remove(ctx, arena_printf(ctx->arena, "deliver:%lld", (long long)id));
}

/* ---- the list ------------------------------------------------------------------------------------------- */

const char *address_masked(struct arena *a, const char *kind, const char *address)
{
	const char *at = strchr(address, '@');
	if (strcmp(kind, "webhook") == 0)
		return address;
	if (at == NULL)
		return text_mask(a, address, strlen(address));
	size_t first = text_prefix(address, (size_t)(at - address), 4);
	return arena_printf(a, "%.*s***%s", (int)(first > 1 && first < 4 ? first : 1), address, at);
}

struct listed {
	int64_t id, made_at, sent_at, tries, record;
	const char *kind, *address, *subject, *state, *error, *message, *type;
};

static enum err listed_write(struct ctx *ctx, struct json_out *out, const struct listed *m)
{
	static const char *const names[] = {"kind", "address", "subject", "state", "last_error", "message_id"};
	const char *const texts[] = {
	        m->kind, address_masked(ctx->arena, m->kind, m->address), m->subject, m->state, m->error, m->message};
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, m->id);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_key(out, names[i]);
		json_text(out, texts[i]);
	}
	json_key(out, "tries");
	json_int(out, m->tries);
	json_key(out, "made_at");
	json_instant(out, m->made_at);
	json_at(out, "sent_at", m->sent_at);
	TRY(record_ref_write(ctx, m->type, m->record, out));
	json_close(out, '}');
	return ERR_OK;
}

static enum err listed_read(struct ctx *ctx, const struct outgoing_query *query, struct listed *list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, kind, address, subject, state, tries, made_at, coalesce(sent_at, 0), last_error, "
	        "message_id, type, "
	        "coalesce(record, 0) from outgoing where id < :before");
	if (query->state != NULL)
		SQL(&q, " and state = :state");
	if (query->kind != NULL)
		SQL(&q, " and kind = :kind");
	SQL(&q, " order by id desc limit :limit");
	sql_int(&q, "before", query->before ? query->before : INT64_MAX);
	if (query->state != NULL)
		sql_text(&q, "state", query->state);
	if (query->kind != NULL)
		sql_text(&q, "kind", query->kind);
	sql_int(&q, "limit", (int64_t)query->limit + 1);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		struct listed *m = &list[n++];
		*m = (struct listed){.id = rows_int(rows, 0),
		                     .tries = rows_int(rows, 5),
		                     .made_at = rows_int(rows, 6),
		                     .sent_at = rows_int(rows, 7),
		                     .record = rows_int(rows, 11)};
		m->kind = arena_strdup(ctx->arena, rows_text(rows, 1, NULL));
		m->address = arena_strdup(ctx->arena, rows_text(rows, 2, NULL));
		m->subject = arena_strdup(ctx->arena, rows_text(rows, 3, NULL));
		m->state = arena_strdup(ctx->arena, rows_text(rows, 4, NULL));
		m->error = arena_strdup(ctx->arena, rows_text(rows, 8, NULL));
		m->message = arena_strdup(ctx->arena, rows_text(rows, 9, NULL));
		m->type = arena_strdup(ctx->arena, rows_text(rows, 10, NULL));
	}
	*ret_n = n;
	return rows_done(rows);
}

enum err outgoing_write_json(struct ctx *ctx, const struct outgoing_query *query, struct json_out *out)
{
	struct outgoing_query known = *query;
	if (known.limit == 0)
		known.limit = PAGE_PRESET;
	struct listed *list = ARENA_ARRAY(ctx->arena, known.limit + 2, struct listed);
	size_t n;
	TRY(listed_read(ctx, &known, list, &n));
	json_open(out, '{');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n && i < known.limit; i++)
		TRY(listed_write(ctx, out, &list[i]));
	json_close(out, ']');
	json_key(out, "next");
	json_id(out, n > known.limit ? list[known.limit - 1].id : 0);
	json_close(out, '}');
	return ERR_OK;
}

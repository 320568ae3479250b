/* choice.c: how a person wants to be told: which notices by mail, quiet hours, one mail a day. */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/recur.h"
#include "flow/words.h"
#include "model/labels.h"

enum { CHOICES_MAX = 64, DIGEST_LINES = 200, DIGEST_BYTES = 64 << 10, DIGEST_LAST_BYTES = 8 << 10 };

static const struct {
	const char *name;
	struct label label;
} kinds[] = {
        {"notified", {"规则与时限提醒", "Reminders of rules and time limits"}},
        {"escalated", {"升级", "Escalations"}},
        {"handed_over", {"移交给我", "Handed over to me"}},
        {"assigned", {"指派给我", "Assigned to me"}},
        {"accepted", {"移交被接收", "My hand-over was accepted"}},
        {"refused", {"移交被拒收", "My hand-over was refused"}},
        {"commented", {"评论", "Comments"}},
        {"cover", {"代办同事的工作", "A colleague's work to cover"}},
        {"approval", {"待我审批与审批结果", "Approvals: to be voted on, and how they end"}},
        {"praised", {"客户表扬", "Praise of a customer"}},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* "18:00", also at the head of "22:00-07:00"; -1: it is none. */
static int minute_of(const char *s)
{
	char text[6];
	snprintf(text, sizeof(text), "%.5s", s);
	int minute = minute_parse(text);
	return minute < 1440 ? minute : -1;
}

static const char *minute_words(struct ctx *ctx, int minute)
{
	return arena_printf(ctx->arena, "%02d:%02d", minute / 60, minute % 60);
}

static void choice_read(struct ctx *ctx, const char *key, const char *value, struct choice *c)
{
	if (strncmp(key, "mail:", 5) == 0 && c->n_mail < CHOICES_MAX) {
		c->mail[c->n_mail] = arena_strdup(ctx->arena, key + 5);
		c->on[c->n_mail++] = strcmp(value, "1") == 0;
	} else if (strcmp(key, "digest") == 0) {
		c->digest = minute_of(value);
	} else if (strcmp(key, "quiet") == 0 && strlen(value) == 11 && minute_of(value) >= 0 &&
	           minute_of(value + 6) >= 0) {
		c->quiet_from = minute_of(value);
		c->quiet_to = minute_of(value + 6);
	}
}

enum err choice_load(struct ctx *ctx, int64_t user, struct choice *ret_choice)
{
	struct choice c = {.digest = -1};
	struct sql q;
	struct rows *rows;
	sql_init(&q, ctx->arena);
	SQL(&q, "select key, value from notice_choice where user_id = :user order by key");
	sql_int(&q, "user", user);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (c.mail == NULL) {
			c.mail = ARENA_ARRAY(ctx->arena, CHOICES_MAX, const char *);
			c.on = ARENA_ARRAY(ctx->arena, CHOICES_MAX, bool);
		}
		/* What rows give lasts until the next one. */
		const char *key = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		choice_read(ctx, key, rows_text(rows, 1, NULL), &c);
	}
	*ret_choice = c;
	return rows_done(rows);
}

bool choice_mail(const struct choice *c, const char *kind, bool preset)
{
	for (size_t i = 0; i < c->n_mail; i++)
		if (strcmp(c->mail[i], kind) == 0)
			return c->on[i];
	return preset;
}

/* The next time of day `minute` that is later than now. */
static int64_t next_minute(const struct ctx *ctx, int64_t now_ms, int minute)
{
	struct local_time local;
	zone_local(ctx->zone, now_ms, &local);
	local.hour = minute / 60;
	local.minute = minute % 60;
	local.second = local.ms = 0;
	int64_t at = zone_instant(ctx->zone, &local);
	if (at > now_ms)
		return at;
	local.day++;
	return zone_instant(ctx->zone, &local);
}

int64_t choice_time(const struct ctx *ctx, const struct choice *c, int64_t now_ms)
{
	struct local_time local;
	if (c->quiet_from == c->quiet_to)
		return now_ms;
	zone_local(ctx->zone, now_ms, &local);
	int now = local.hour * 60 + local.minute;
	bool quiet = c->quiet_from < c->quiet_to ? now >= c->quiet_from && now < c->quiet_to
	                                         : now >= c->quiet_from || now < c->quiet_to;
	return quiet ? next_minute(ctx, now_ms, c->quiet_to) : now_ms;
}

int64_t choice_digest(const struct ctx *ctx, const struct choice *c, int64_t now_ms)
{
	return next_minute(ctx, now_ms, c->digest);
}

enum err user_address(struct ctx *ctx, int64_t user, const char *field, const char **ret_address)
{
	const struct field *f = type_field(ctx->model->user, field);
	const char *address = NULL;
	struct sql q;
	*ret_address = "";
	if (f == NULL || f->column == NULL)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_name(&q, f->column);
	SQL(&q, " from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where id = :id and active = 1");
	sql_int(&q, "id", user);
	enum err e = sql_one_text(ctx, &q, &address);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_address = e == ERR_OK && address != NULL ? address : "";
	return ERR_OK;
}

/* ---- the digest ------------------------------------------------------------------------------------------ */

static void digest_window(struct ctx *ctx, struct sql *q, int64_t user, int64_t from)
{
	SQL(q, " from notice where user_id = :user and id >= :floor and at >= :from and at <= :now ");
	sql_int(q, "user", user);
	sql_int(q, "floor", ids_floor(from));
	sql_int(q, "from", from);
	sql_int(q, "now", ctx->now_ms);
}

/* False: it has no words. */
static bool digest_line(struct ctx *ctx, struct rows *rows, struct buf *out)
{
	struct local_time local;
	size_t len;
	const char *body = rows_text(rows, 1, &len);
	json_error_t fault;
	json_t *j = json_loadb(body, len, 0, &fault);
	const char *zh = json_string_value(json_object_get(json_object_get(j, "text"), "zh"));
	zone_local(ctx->zone, rows_int(rows, 0), &local);
	if (zh != NULL)
		buf_printf(out, "%02d-%02d %02d:%02d  %s\n", local.month, local.day, local.hour, local.minute, zh);
	json_decref(j);
	return zh != NULL;
}

/* So many lines as a mail may have; *ret_more: notices that are left out. */
static enum err digest_lines(struct ctx *ctx, int64_t user, int64_t from, struct buf *out, size_t *ret_n,
                             int64_t *ret_more)
{
	struct sql q;
	struct rows *rows;
	int64_t looked = 0, all;
	*ret_n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select at, body");
	digest_window(ctx, &q, user, from);
	SQL(&q, "order by id limit :limit");
	sql_int(&q, "limit", DIGEST_LINES);
	TRY(sql_rows(ctx, &q, &rows));
	while (out->len < DIGEST_BYTES - DIGEST_LAST_BYTES && rows_next(rows)) {
		looked++;
		*ret_n += digest_line(ctx, rows, out);
	}
	TRY(rows_done(rows));
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*)");
	digest_window(ctx, &q, user, from);
	TRY(sql_one_int(ctx, &q, &all));
	*ret_more = all - looked;
	return ERR_OK;
}

enum err digest_due(struct ctx *ctx, const struct due_row *d)
{
	json_error_t fault;
	json_t *j = d->body ? json_loads(d->body, 0, &fault) : NULL;
	int64_t from = json_integer_value(json_object_get(j, "from")), more;
	const char *address, *site;
	struct buf out;
	size_t n;
	json_decref(j);
	buf_init(&out, ctx->arena, DIGEST_BYTES);
	TRY(user_address(ctx, d->record, "email", &address));
	TRY(digest_lines(ctx, d->record, from, &out, &n, &more));
	if (n == 0 || *address == '\0')
		return ERR_OK;
	if (more > 0)
		buf_printf(&out, "\n还有 %lld 条没有列出，请在系统的“通知”里看。\n", (long long)more);
	TRY(flow_setting(ctx, "site.url", &site));
	if (*site != '\0')
		buf_printf(&out, "\n%s\n", site);
	return outgoing_put(
	        ctx, &(struct message){.kind = "mail",
	                               .address = address,
	                               .subject = arena_printf(ctx->arena, "今日提醒 %lld 条", (long long)n + more),
	                               .body = out.data,
	                               .user = d->record});
}

/* ---- as the API has them ----------------------------------------------------------------------------------- */

static void kinds_write(struct json_out *out)
{
	json_key(out, "kinds");
	json_open(out, '[');
	for (size_t i = 0; i < KINDS; i++) {
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, kinds[i].name);
		json_label(out, "label", &kinds[i].label);
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err choices_write_json(struct ctx *ctx, struct json_out *out)
{
	struct choice c;
	TRY(choice_load(ctx, ctx->who->id, &c));
	json_open(out, '{');
	json_key(out, "choices");
	json_open(out, '{');
	json_key(out, "mail");
	json_open(out, '{');
	for (size_t i = 0; i < KINDS; i++) {
		json_key(out, kinds[i].name);
		json_bool(out,
		          choice_mail(&c, kinds[i].name, c.n_mail == 0 && strcmp(kinds[i].name, "escalated") == 0));
	}
	json_close(out, '}');
	json_key(out, "quiet");
	if (c.quiet_from != c.quiet_to) {
		json_open(out, '{');
		json_key(out, "from");
		json_text(out, minute_words(ctx, c.quiet_from));
		json_key(out, "to");
		json_text(out, minute_words(ctx, c.quiet_to));
		json_close(out, '}');
	} else {
		json_none(out);
	}
	json_key(out, "digest");
	json_text(out, c.digest >= 0 ? minute_words(ctx, c.digest) : NULL);
	json_close(out, '}');
	kinds_write(out);
	json_close(out, '}');
	return ERR_OK;
}

static enum err choice_put(struct ctx *ctx, const char *key, const char *value)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into notice_choice (user_id, key, value) values (:user, :key, :value) on conflict (user_id, key) "
	    "do update set value = excluded.value");
	sql_int(&q, "user", ctx->who->id);
	sql_text(&q, "key", key);
	sql_text(&q, "value", value);
	return sql_run(ctx, &q, NULL);
}

static enum err mail_choices(struct ctx *ctx, const json_t *mail)
{
	const char *name;
	json_t *on;
	json_object_foreach((json_t *)(uintptr_t)mail, name, on)
	{
		bool known = false;
		for (size_t i = 0; i < KINDS; i++)
			known = known || strcmp(kinds[i].name, name) == 0;
		if (!known || !json_is_boolean(on))
			return ctx_problem(ctx, ERR_INVALID, "mail", known ? "wrong_type" : "unknown_field",
			                   "a kind of notice with true or false, not %s", name);
		TRY(choice_put(ctx, arena_printf(ctx->arena, "mail:%s", name), json_is_true(on) ? "1" : "0"));
	}
	return ERR_OK;
}

static bool time_of(const json_t *j, const char **ret_text)
{
	*ret_text = json_string_value(j);
	return *ret_text != NULL && strlen(*ret_text) == 5 && minute_of(*ret_text) >= 0;
}

enum err choices_put(struct ctx *ctx, const json_t *choices)
{
	const json_t *mail = json_object_get(choices, "mail"), *quiet = json_object_get(choices, "quiet"),
	             *digest = json_object_get(choices, "digest");
	const char *from, *to;
	struct sql q;
	if (mail != NULL && !json_is_object(mail))
		return ctx_problem(ctx, ERR_INVALID, "mail", "wrong_type", "an object of kinds");
	if (quiet != NULL && !json_is_null(quiet) &&
	    (!time_of(json_object_get(quiet, "from"), &from) || !time_of(json_object_get(quiet, "to"), &to)))
		return ctx_problem(ctx, ERR_INVALID, "quiet", "wrong_type",
		                   "{\"from\":\"22:00\",\"to\":\"07:00\"} or null");
	if (digest != NULL && !json_is_null(digest) && !time_of(digest, &from))
		return ctx_problem(ctx, ERR_INVALID, "digest", "wrong_type", "a time such as 18:00, or null");
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from notice_choice where user_id = :user");
	sql_int(&q, "user", ctx->who->id);
	TRY(sql_run(ctx, &q, NULL));
	TRY(mail_choices(ctx, mail));
	if (json_is_string(digest))
		TRY(choice_put(ctx, "digest", json_string_value(digest)));
	if (!json_is_object(quiet))
		return ERR_OK;
	return choice_put(ctx, "quiet",
	                  arena_printf(ctx->arena, "%s-%s", json_string_value(json_object_get(quiet, "from")),
	                               json_string_value(json_object_get(quiet, "to"))));
}

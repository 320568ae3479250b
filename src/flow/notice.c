/* notice.c: what a colleague must be told; never what he did himself. In the same transaction the mail to who wants
 * to be told so, or the digest that will tell him. */
#include <string.h>

#include "base/ids.h"
#include "flow/words.h"

enum { NOTICE_BYTES_MAX = 48 << 10, SUBJECT_CHARS = 120 };

enum err notice_add(struct ctx *ctx, int64_t user, const char *kind, const struct record *about, const char *body_json)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into notice (id, user_id, at, kind, type, record, body) values (:id, :user, :at, :kind, :type, "
	        ":record, :body)");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_int(&q, "user", user);
	sql_int(&q, "at", ctx->now_ms);
	sql_text(&q, "kind", kind);
	sql_text(&q, "type", about ? about->type->name : NULL);
	sql_int_or_null(&q, "record", about ? about->id : 0);
	sql_text(&q, "body", body_json);
	return sql_run(ctx, &q, NULL);
}

struct words { /* for one reader, or for all */
	const char *zh, *en, *subject;
	const char *body; /* of the notice's row */
};

static const char *plain_words(struct ctx *ctx, const struct telling *t, enum lang lang)
{
	const char *words = t->about ? record_words(ctx, t->about) : "";
	const char *label = t->about ? label_in(&t->about->type->label, lang) : "";
	const char *text = t->text && label_in(t->text, lang) ? label_in(t->text, lang) : t->kind;
	return arena_printf(ctx->arena, "%s%s%s%s%s", label, *words ? " " : "", words,
	                    t->about == NULL  ? ""
	                    : lang == LANG_ZH ? "："
	                                      : ": ",
	                    text);
}

static void words_body(struct ctx *ctx, const struct telling *t, struct words *w)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, NOTICE_BYTES_MAX);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "text");
	json_words(&out, w->zh, w->en);
	json_key(&out, "actor");
	json_id(&out, ctx->who ? ctx->who->id : 0);
	if (t->urgent) {
		json_key(&out, "urgent");
		json_bool(&out, true);
	}
	json_close(&out, '}');
	w->body = b.over ? "{}" : b.data;
}

static enum err words_of(struct ctx *ctx, const struct telling *t, const struct who *reader, struct words *w)
{
	struct filling with = {.about = t->about, .reader = reader};
	if (t->template == NULL) {
		w->zh = plain_words(ctx, t, LANG_ZH);
		w->en = plain_words(ctx, t, LANG_EN);
		w->subject = w->zh;
	} else {
		with.text = t->text && t->text->zh ? t->text->zh : "";
		TRY(template_fill(ctx, &with, &t->template->text, LANG_ZH, &w->zh));
		TRY(template_fill(ctx, &with, &t->template->subject, LANG_ZH, &w->subject));
		with.text = t->text && label_in(t->text, LANG_EN) ? label_in(t->text, LANG_EN) : "";
		TRY(template_fill(ctx, &with, &t->template->text, LANG_EN, &w->en));
	}
	words_body(ctx, t, w);
	return ERR_OK;
}

/* ---- by mail, too --------------------------------------------------------------------------------------- */

static enum err digest_put(struct ctx *ctx, int64_t user, int64_t at)
{
	const char *key = arena_printf(ctx->arena, "digest:%lld", (long long)user);
	struct sql q;
	int64_t there = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from due_work where key = :key");
	sql_text(&q, "key", key);
	enum err e = sql_one_int(ctx, &q, &there);
	if (e != ERR_NOT_FOUND)
		return e;
	return due_put(ctx, key, "digest", at, 3, NULL, user,
	               arena_printf(ctx->arena, "{\"from\":%lld}", (long long)ctx->now_ms));
}

static enum err mail_too(struct ctx *ctx, int64_t user, const struct telling *t, const struct words *w)
{
	struct choice c;
	const char *address, *link = "", *server = "";
	TRY(choice_load(ctx, user, &c));
	/* Who has not said otherwise gets what is urgent by mail, where mail is set up at all. */
	bool preset = t->urgent || strcmp(t->kind, "escalated") == 0;
	if (preset && c.n_mail == 0)
		TRY(flow_setting(ctx, "mail.url", &server));
	if (!choice_mail(&c, t->kind, *server != '\0'))
		return ERR_OK;
	if (c.digest >= 0 && !t->urgent)
		return digest_put(ctx, user, choice_digest(ctx, &c, ctx->now_ms));
	TRY(user_address(ctx, user, "email", &address));
	if (*address == '\0')
		return ERR_OK;
	if (t->about != NULL)
		TRY(record_link(ctx, t->about, &link));
	return outgoing_put(
	        ctx, &(struct message){.kind = "mail",
	                               .address = address,
	                               .subject = w->subject,
	                               .body = arena_printf(ctx->arena, "%s%s%s", w->zh, *link ? "\n\n" : "", link),
	                               .about = t->about,
	                               .user = user,
	                               .due_at = t->urgent ? 0 : choice_time(ctx, &c, ctx->now_ms)});
}

enum err people_told(struct ctx *ctx, const struct people *p, const struct telling *t)
{
	int64_t me = ctx->who ? ctx->who->id : 0;
	struct words w = {0};
	for (size_t i = 0; i < p->n; i++) {
		struct who *reader = NULL;
		if (p->ids[i] == me)
			continue;
		if (t->template != NULL) {
			enum err e = who_load(ctx, p->ids[i], &reader);
			if (e == ERR_NOT_FOUND)
				continue;
			TRY(e);
		}
		if (t->template != NULL || w.body == NULL)
			TRY(words_of(ctx, t, reader, &w));
		TRY(notice_add(ctx, p->ids[i], t->kind, t->about, w.body));
		TRY(mail_too(ctx, p->ids[i], t, &w));
	}
	return ERR_OK;
}

enum err people_tell(struct ctx *ctx, const struct people *p, const char *kind, const struct record *about,
                     const struct label *text)
{
	return people_told(ctx, p, &(struct telling){.kind = kind, .about = about, .text = text});
}

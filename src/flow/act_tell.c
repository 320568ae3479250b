/* act_tell.c: actions that tell: a notice, an e-mail, a short message, an escalation, a webhook. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/words.h"

enum { SMS_CHARS = 500, PAYLOAD_BYTES = 256 << 10 };

bool action_tells(enum action_kind k)
{
	return k == ACTION_NOTIFY || k == ACTION_MAIL || k == ACTION_SMS || k == ACTION_ESCALATE || k == ACTION_WEBHOOK;
}

static const struct notice_template *template_of(const struct ctx *ctx, const struct action *a)
{
	for (size_t i = 0; a->template != NULL && i < ctx->model->n_templates; i++)
		if (strcmp(ctx->model->templates[i].name, a->template) == 0)
			return &ctx->model->templates[i];
	return NULL;
}

static bool is_urgent(const struct record *r, const struct action *a)
{
	const char *priority = record_text(r, "priority");
	return a->urgent || (a->kind == ACTION_ESCALATE && priority != NULL && strcmp(priority, "urgent") == 0);
}

static enum err act_notify(struct ctx *ctx, const struct record *r, const struct action *a)
{
	struct people p = {0};
	TRY(people_named(ctx, r, a->to, &p));
	return people_told(ctx, &p,
	                   &(struct telling){.kind = "notified",
	                                     .about = r,
	                                     .text = &a->text,
	                                     .template = template_of(ctx, a),
	                                     .urgent = is_urgent(r, a)});
}

/* ---- mail, sms ----------------------------------------------------------------------------------------- */

/* To one reader (NULL: the customer): subject and text. */
static enum err letter_words(struct ctx *ctx, const struct record *r, const struct action *a, const struct who *reader,
                             struct message *m)
{
	const struct notice_template *t = template_of(ctx, a);
	struct filling with = {.about = r, .reader = reader, .text = a->text.zh};
	const char *link = "";
	bool mail = a->kind == ACTION_MAIL;
	if (t != NULL) {
		TRY(template_fill(ctx, &with, &t->subject, LANG_ZH, &m->subject));
		TRY(template_fill(ctx, &with, &t->text, LANG_ZH, &m->body));
		return ERR_OK;
	}
	TRY(template_fill(ctx, &with, &a->text, LANG_ZH, &m->body));
	m->subject = arena_printf(ctx->arena, "%s %s", label_in(&r->type->label, LANG_ZH), record_words(ctx, r));
	/* The console's pages are for those who work here. */
	if (mail && reader != NULL)
		TRY(record_link(ctx, r, &link));
	if (*link != '\0')
		m->body = arena_printf(ctx->arena, "%s\n\n%s", m->body, link);
	return ERR_OK;
}

/* What went to a customer stands on the timeline. */
static enum err customer_noted(struct ctx *ctx, const struct record *r, const struct message *m)
{
	const char *words = arena_printf(ctx->arena, "%s → %s：%s", strcmp(m->kind, "sms") == 0 ? "短信" : "邮件",
	                                 address_masked(ctx->arena, m->kind, m->address), m->body);
	return step_note(ctx, r, &(struct note){.kind = "notified", .internal = true, .text = words});
}

static enum err customer_of(struct ctx *ctx, const struct record *r, struct record **ret_customer)
{
	const struct field *f = type_field(r->type, "customer");
	int64_t id =
	        f != NULL && f->kind == FIELD_LINK && f->target == ctx->model->customer ? record_int(r, f->name) : 0;
	*ret_customer = NULL;
	if (r->type == ctx->model->customer)
		id = r->id;
	enum err e = id ? record_load(ctx, ctx->model->customer, id, ret_customer) : ERR_OK;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err letter_customer(struct ctx *ctx, const struct record *r, const struct action *a)
{
	struct message m = {.kind = a->kind == ACTION_MAIL ? "mail" : "sms", .about = r};
	struct record *customer;
	TRY(customer_of(ctx, r, &customer));
	if (customer == NULL)
		return ERR_OK;
	if (a->kind == ACTION_MAIL) {
		m.address = record_text(customer, "email");
	} else {
		m.address = record_text(customer, "mobile");
		if (m.address == NULL)
			m.address = record_text(customer, "phone");
	}
	TRY(letter_words(ctx, r, a, NULL, &m));
	if (m.address != NULL)
		TRY(customer_noted(ctx, r, &m));
	return outgoing_put(ctx, &m);
}

static enum err letter_user(struct ctx *ctx, const struct record *r, const struct action *a, int64_t user)
{
	struct message m = {.kind = a->kind == ACTION_MAIL ? "mail" : "sms", .about = r, .user = user};
	struct choice c;
	struct who *reader;
	enum err e = who_load(ctx, user, &reader);
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(user_address(ctx, user, a->kind == ACTION_MAIL ? "email" : "mobile", &m.address));
	TRY(letter_words(ctx, r, a, reader, &m));
	TRY(choice_load(ctx, user, &c));
	m.due_at = a->urgent ? 0 : choice_time(ctx, &c, ctx->now_ms);
	return outgoing_put(ctx, &m);
}

static enum err act_letter(struct ctx *ctx, const struct record *r, const struct action *a)
{
	struct people p = {0};
	if (strcmp(a->to, "customer") == 0)
		return letter_customer(ctx, r, a);
	TRY(people_named(ctx, r, a->to, &p));
	for (size_t i = 0; i < p.n; i++)
		TRY(letter_user(ctx, r, a, p.ids[i]));
	return ERR_OK;
}

/* ---- escalate ------------------------------------------------------------------------------------------ */

/* "clock:solve" of "clock:solve:breach": all that one clock or one rule escalates counts together. */
static const char *cause_key(struct ctx *ctx, const struct step *s)
{
	const char *cause = s->cause ? s->cause : "";
	const char *first = strchr(cause, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	return second ? arena_strndup(ctx->arena, cause, (size_t)(second - cause)) : cause;
}

static enum err escalated_before(struct ctx *ctx, const struct record *r, const char *cause, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from event where record = :record and kind = 'escalated' and ");
	sql_contains_open(&q);
	SQL(&q, "body, ");
	sql_value_text(&q, arena_printf(ctx->arena, "\"cause\":\"%s\"", cause));
	SQL(&q, ") > 0");
	sql_int(&q, "record", r->id);
	return sql_one_int(ctx, &q, ret_n);
}

enum err escalation_note(struct ctx *ctx, const struct record *r, const char *cause, int64_t step,
                         const struct people *p)
{
	json_t *extra = json_object(), *told = json_array();
	if (extra == NULL || told == NULL)
		abort();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(told, json_string(arena_printf(ctx->arena, "%lld", (long long)p->ids[i])));
	json_object_set_new(extra, "cause", json_string(cause));
	json_object_set_new(extra, "step", json_integer(step));
	json_object_set_new(extra, "told", told);
	enum err e = step_note(ctx, r, &(struct note){.kind = "escalated", .internal = true, .extra = extra});
	json_decref(extra);
	return e;
}

static enum err act_escalate(struct ctx *ctx, const struct step *s, const struct record *r, const struct action *a)
{
	static const struct label said = {"已升级，请处理", "was escalated to you"};
	const char *cause = cause_key(ctx, s);
	struct people p = {0};
	int64_t before = 0;
	TRY(escalated_before(ctx, r, cause, &before));
	size_t at = (size_t)before < a->n_words ? (size_t)before : a->n_words - 1;
	/* Where one step has nobody, somebody must hear of it all the same. */
	for (; at < a->n_words && p.n == 0; at++)
		TRY(people_named(ctx, r, a->words[at], &p));
	TRY(escalation_note(ctx, r, cause, before + 1, &p));
	return people_told(ctx, &p,
	                   &(struct telling){.kind = "escalated",
	                                     .about = r,
	                                     .text = a->text.zh ? &a->text : &said,
	                                     .template = template_of(ctx, a),
	                                     .urgent = is_urgent(r, a)});
}

/* ---- webhook ------------------------------------------------------------------------------------------- */

static void payload_fields(struct json_out *out, const struct record *r, const struct action *a)
{
	json_key(out, "fields");
	json_open(out, '{');
	for (size_t i = 0; i < a->n_words; i++) {
		const struct field *f = type_field(r->type, a->words[i]);
		if (f == NULL || f->kind == FIELD_TABLE || f->kind == FIELD_COMPUTED || (f->flags & FIELD_CONFIDENTIAL))
			continue;
		json_key(out, f->name);
		if (value_is_empty(&r->values[f->at]))
			json_none(out);
		else
			value_write_json(out, f, &r->values[f->at]);
	}
	json_close(out, '}');
}

static enum err act_webhook(struct ctx *ctx, const struct step *s, const struct record *r, const struct action *a)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, PAYLOAD_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "webhook");
	json_text(&out, a->target);
	json_key(&out, "org");
	json_text(&out, org_code(ctx->org));
	json_key(&out, "at");
	json_instant(&out, ctx->now_ms);
	json_key(&out, "type");
	json_text(&out, r->type->name);
	json_key(&out, "id");
	json_id(&out, r->id);
	json_key(&out, "number");
	json_text(&out, record_text(r, "number"));
	json_key(&out, "cause");
	json_text(&out, s->cause);
	payload_fields(&out, r, a);
	json_close(&out, '}');
	if (b.over)
		return ctx_problem(ctx, ERR_INVALID, "", "too_long", "a webhook's body has at most %d bytes",
		                   PAYLOAD_BYTES);
	return outgoing_put(ctx,
	                    &(struct message){.kind = "webhook", .address = a->target, .body = b.data, .about = r});
}

enum err act_tell(struct ctx *ctx, struct step *s, const struct record *r, const struct action *a)
{
	switch (a->kind) {
	case ACTION_NOTIFY: return act_notify(ctx, r, a);
	case ACTION_ESCALATE: return a->n_words > 0 ? act_escalate(ctx, s, r, a) : ERR_OK;
	case ACTION_WEBHOOK: return act_webhook(ctx, s, r, a);
	default: return act_letter(ctx, r, a);
	}
}

/* do_settings.c: name, zone, parameters, and settings by name: how mail, short messages and calls go. */
#include "base/clock.h"
#include "base/text.h"
#include "channel/channel.h"
#include "flow/owners.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "model/labels.h"
#include "store/store.h"

enum { NAME_CHARS_MAX = 60, VALUE_CHARS_MAX = 500 };

/* ---- settings by name -------------------------------------------------------------------------------- */

enum form {
	FORM_TEXT,
	FORM_SECRET,
	FORM_MAIL_URL,
	FORM_WEB_URL,
	FORM_ADDRESS,
	FORM_REACH,
	FORM_CALENDAR,
	FORM_FILE,
	FORM_LOGIN
};

static const struct {
	const char *key;
	enum form form;
} known[] = {
        {"mail.url", FORM_MAIL_URL},    {"mail.user", FORM_TEXT},    {"mail.password", FORM_SECRET},
        {"mail.from", FORM_ADDRESS},    {"mail.name", FORM_TEXT},    {"site.url", FORM_WEB_URL},
        {"sms.url", FORM_WEB_URL},      {"sms.secret", FORM_SECRET}, {"webhook.reach", FORM_REACH},
        {"calendar", FORM_CALENDAR},    {"company.name", FORM_TEXT}, {"company.address", FORM_TEXT},
        {"company.hotline", FORM_TEXT}, {"company.logo", FORM_FILE}, {"fallback_owner", FORM_LOGIN},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

/* webhook.NAME.url and webhook.NAME.secret, besides those known by their whole name. */
static bool key_form(const char *key, enum form *ret_form)
{
	size_t name;

	for (size_t i = 0; i < KNOWN; i++)
		if (strcmp(known[i].key, key) == 0) {
			*ret_form = known[i].form;
			return true;
		}
	if (strncmp(key, "webhook.", 8) != 0)
		return false;
	name = strspn(key + 8, "abcdefghijklmnopqrstuvwxyz0123456789_");
	*ret_form = strcmp(key + 8 + name, ".secret") == 0 ? FORM_SECRET : FORM_WEB_URL;
	return name > 0 && name <= LIMIT_NAME_BYTES &&
	       (*ret_form == FORM_SECRET || strcmp(key + 8 + name, ".url") == 0);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0 && text[strlen(with)] != '\0';
}

static const char *form_fault(struct ctx *ctx, enum form form, const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return "one line without control characters";
	switch (form) {
	case FORM_MAIL_URL:
		return begins(text, "smtp://") || begins(text, "smtps://") ? NULL
		                                                           : "smtp://host:port or smtps://host:port";
	case FORM_WEB_URL: return begins(text, "https://") || begins(text, "http://") ? NULL : "https://…";
	case FORM_ADDRESS: return channel_address_ok(text) ? NULL : "an e-mail address";
	case FORM_REACH:
		return strcmp(text, "public") == 0 || strcmp(text, "private") == 0 || strcmp(text, "local") == 0
		               ? NULL
		               : "public, private or local";
	case FORM_CALENDAR: return model_calendar(ctx->model, text) != NULL ? NULL : "the name of a calendar";
	default: return NULL;
	}
}

/* A picture he uploaded himself. */
static enum err logo_fits(struct ctx *ctx, const char *key, const char *text)
{
	struct sql q;
	int64_t id, n = 0;

	if (id_parse(text, &id)) {
		sql_init(&q, ctx->arena);
		SQL(&q, "select count(*) from file where id = :id and mime = 'image/png' and created_by = :who");
		sql_int(&q, "id", id);
		sql_int(&q, "who", ctx->who->id);
		TRY(sql_one_int(ctx, &q, &n));
	}
	return n > 0 ? ERR_OK : ctx_problem(ctx, ERR_INVALID, key, "bad_value", "must be a PNG picture you uploaded");
}

/* Who is turned to when nobody else is left: the login of an active colleague. */
static enum err login_fits(struct ctx *ctx, const char *key, const char *text)
{
	struct sql q;
	int64_t n;

	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where active = 1 and login = :login");
	sql_text(&q, "login", text);
	TRY(sql_one_int(ctx, &q, &n));
	return n > 0 ? ERR_OK
	             : ctx_problem(ctx, ERR_INVALID, key, "bad_value", "must be the login of an active colleague");
}

static enum err named_put(struct ctx *ctx, const char *key, json_t *value)
{
	const char *text = json_string_value(value), *fault;
	enum form form;
	struct sql q;

	if (!key_form(key, &form))
		return ctx_problem(ctx, ERR_INVALID, key, "unknown_field", "there is no setting of that name");
	if (json_is_null(value)) {
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from setting where key = :key");
		sql_text(&q, "key", key);
		return sql_run(ctx, &q, NULL);
	}
	if (text == NULL || text[0] == '\0' || text_chars(text, strlen(text)) > VALUE_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, key, "wrong_type", "a text of 1 to %d characters, or null",
		                   VALUE_CHARS_MAX);
	if (form == FORM_FILE) {
		TRY(logo_fits(ctx, key, text));
		return setting_put(ctx, key, text);
	}
	if (form == FORM_LOGIN)
		TRY(login_fits(ctx, key, text));
	fault = form_fault(ctx, form, text);
	if (fault != NULL)
		return ctx_problem(ctx, ERR_INVALID, key, "bad_value", "must be %s", fault);
	return setting_put(ctx, key, text);
}

/* Of a secret only whether it is there. */
static void named_one(struct json_out *out, const char *key, enum form form, const char *text)
{
	json_key(out, key);
	if (form == FORM_SECRET)
		json_bool(out, text != NULL);
	else
		json_text(out, text);
}

static enum err named_write(struct ctx *ctx, struct json_out *out)
{
	struct sql q;
	struct rows *r;
	enum form form;

	json_key(out, "settings");
	json_open(out, '{');
	for (size_t i = 0; i < KNOWN; i++)
		named_one(out, known[i].key, known[i].form, setting_text(ctx, known[i].key, NULL));
	sql_init(&q, ctx->arena);
	SQL(&q, "select key, value from setting where ");
	sql_prefix(&q, "key", "webhook.");
	SQL(&q, " order by key");
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		const char *key = arena_strdup(ctx->arena, rows_text(r, 0, NULL));

		if (strcmp(key, "webhook.reach") != 0 && key_form(key, &form))
			named_one(out, key, form, rows_text(r, 1, NULL));
	}
	TRY(rows_done(r));
	json_close(out, '}');
	return ERR_OK;
}

/* ---- settings -------------------------------------------------------------------------------------- */

static enum err settings_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;
	struct json_out *out = &an->json;
	const struct model *m = ctx->model;

	json_open(out, '{');
	json_key(out, "name");
	json_text(out, setting_text(ctx, "name", org_code(ctx->org)));
	json_key(out, "zone");
	json_text(out, zone_name(ctx->zone));
	json_key(out, "packs");
	json_text(out, setting_text(ctx, "packs", ""));
	json_key(out, "parameters");
	json_open(out, '[');
	for (size_t i = 0; i < m->n_parameters; i++) {
		const struct parameter *p = &m->parameters[i];
		const struct field as = {.name = p->name, .kind = p->kind, .scale = p->scale};

		json_open(out, '{');
		json_key(out, "name");
		json_text(out, p->name);
		json_label(out, "label", &p->label);
		json_key(out, "kind");
		json_text(out, field_kind_name(p->kind));
		json_key(out, "value");
		value_write_json(out, &as, &p->value);
		json_key(out, "default");
		value_write_json(out, &as, &p->preset);
		json_key(out, "source");
		json_text(out, p->source);
		json_close(out, '}');
	}
	json_close(out, ']');
	TRY(named_write(ctx, out));
	json_close(out, '}');
	return ERR_OK;
}

enum err do_setting_get(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, settings_read, an);
}

struct settings {
	const char *name, *zone;
	const json_t *parameters, *named;
};

static enum err parameter_put(struct ctx *ctx, const char *name, json_t *value)
{
	char *key = arena_printf(ctx->arena, "parameter.%s", name);
	const struct parameter *p = model_parameter(ctx->model, name);
	const char *text = json_string_value(value);
	struct sql q;

	if (p == NULL)
		return ctx_problem(ctx, ERR_INVALID, name, "unknown_parameter", "there is no such parameter");
	if (json_is_integer(value))
		text = arena_printf(ctx->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_boolean(value))
		text = json_is_true(value) ? "true" : "false";
	if (json_is_null(value)) { /* back to the pack's own */
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from setting where key = :key");
		sql_text(&q, "key", key);
		return sql_run(ctx, &q, NULL);
	}
	if (text == NULL || text_chars(text, strlen(text)) > VALUE_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, name, "wrong_type", "must be a text, a number, true or false");
	if (!parameter_fits(p, text))
		return ctx_problem(ctx, ERR_INVALID, name, "bad_value", "%s",
		                   p->kind == FIELD_TEXT ? "must be 30m, 2h, 3d, 1w, 6mo or 5bd"
		                                         : "does not fit its kind");
	return setting_put(ctx, key, text);
}

static enum err settings_write(struct ctx *ctx, void *arg)
{
	const struct settings *s = arg;
	struct pack_report report = {0};
	struct model *m = NULL;
	const char *name;
	json_t *value;
	int64_t changed = 0;

	(void)id_parse(setting_text(ctx, SETTINGS_CHANGED, "0"), &changed);
	TRY(setting_put(ctx, SETTINGS_CHANGED, arena_printf(ctx->arena, "%lld", (long long)changed + 1)));
	if (s->name != NULL)
		TRY(setting_put(ctx, "name", s->name));
	if (s->zone != NULL)
		TRY(setting_put(ctx, "zone", s->zone));
	json_object_foreach((json_t *)(uintptr_t)s->parameters, name, value) TRY(parameter_put(ctx, name, value));
	json_object_foreach((json_t *)(uintptr_t)s->named, name, value)
	{
		TRY(named_put(ctx, name, value));
		if (strcmp(name, "fallback_owner") == 0)
			TRY(owners_again_soon(ctx));
	}
	/* What would not load is not kept. */
	if (model_load_stored(ctx, &m, &report) != ERR_OK)
		return ctx_problem(ctx, ERR_INVALID, "parameters", "bad_value", "%s",
		                   report.n > 0 ? report.list[0].message : "the packs don't load with these values");
	model_unref(m);
	return ERR_OK;
}

enum err do_setting_put(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct settings s = {0};
	struct zone *zone;
	char why[512];

	TRY(body_only(ctx, rq, "name,zone,parameters,settings"));
	TRY(body_text(ctx, rq, "name", false, &s.name));
	TRY(body_text(ctx, rq, "zone", false, &s.zone));
	TRY(body_object(ctx, rq, "parameters", false, &s.parameters));
	TRY(body_object(ctx, rq, "settings", false, &s.named));
	if (s.name != NULL && (s.name[0] == '\0' || text_chars(s.name, strlen(s.name)) > NAME_CHARS_MAX))
		return ctx_problem(ctx, ERR_INVALID, "name", "too_long", "1 to %d characters", NAME_CHARS_MAX);
	if (s.zone != NULL) {
		if (zone_load(s.zone, &zone) != ERR_OK)
			return ctx_problem(ctx, ERR_INVALID, "zone", "unknown_zone", "such as Asia/Shanghai");
		zone_free(zone);
	}
	TRY(request_write(ctx, rq, settings_write, &s));
	if (house_reload(rq->house, why, sizeof(why)) != ERR_OK)
		return ERR_INTERNAL;
	answer_nothing(an);
	return ERR_OK;
}

/* ---- a try ---------------------------------------------------------------------------------------------- */

enum err do_mail_test(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const char *to, *words;
	bool ok;

	TRY(body_only(ctx, rq, "to"));
	TRY(body_text(ctx, rq, "to", true, &to));
	TRY(channel_mail_test(ctx, to, &ok, &words));
	json_open(&an->json, '{');
	json_key(&an->json, "ok");
	json_bool(&an->json, ok);
	json_key(&an->json, "said");
	json_text(&an->json, words);
	json_close(&an->json, '}');
	return ERR_OK;
}

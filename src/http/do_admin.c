/* do_admin.c: settings and parameters, others' passwords, tokens for machines, the record of who did what. */
#include "base/clock.h"
#include "base/text.h"
#include "http/auth.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "store/store.h"

enum { AUDIT_PRESET = 50, NAME_CHARS_MAX = 60, VALUE_CHARS_MAX = 500 };

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
		json_key(out, "label");
		json_open(out, '{');
		json_key(out, "zh");
		json_text(out, p->label.zh);
		json_key(out, "en");
		json_text(out, p->label.en);
		json_close(out, '}');
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
	json_close(out, '}');
	return ERR_OK;
}

enum err do_setting_get(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, settings_read, an);
}

struct settings {
	const char *name, *zone;
	const json_t *parameters;
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

	TRY(body_only(ctx, rq, "name,zone,parameters"));
	TRY(body_text(ctx, rq, "name", false, &s.name));
	TRY(body_text(ctx, rq, "zone", false, &s.zone));
	TRY(body_object(ctx, rq, "parameters", false, &s.parameters));
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

/* ---- passwords of others ------------------------------------------------------------------------------ */

struct handing {
	int64_t user;
	char hash[HASH_BYTES];
	bool must_change;
};

static enum err handing_write(struct ctx *ctx, void *arg)
{
	struct handing *h = arg;
	struct record *user;

	TRY(record_load(ctx, ctx->model->user, h->user, &user));
	TRY(access_check(ctx, user, ACCESS_WRITE));
	return password_put(ctx, h->user, h->hash, h->must_change, NULL);
}

enum err do_user_password(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct handing h = {0};
	const char *password;

	TRY(request_id(rq, "id", &h.user));
	TRY(body_only(ctx, rq, "password,must_change"));
	TRY(body_text(ctx, rq, "password", true, &password));
	TRY(body_bool(ctx, rq, "must_change", true, &h.must_change));
	TRY(password_hash(ctx, "password", password, h.hash));
	TRY(request_write(ctx, rq, handing_write, &h));
	house_people_changed(rq->house);
	answer_nothing(an);
	return ERR_OK;
}

/* ---- tokens ---------------------------------------------------------------------------------------- */

static void write_instant_or_none(struct json_out *out, int64_t ms)
{
	if (ms != 0)
		json_instant(out, ms);
	else
		json_none(out);
}

static enum err tokens_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;
	struct json_out *out = &an->json;
	struct sql q;
	struct rows *r;

	json_open(out, '{');
	json_key(out, "tokens");
	json_open(out, '[');
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id, user_id, name, scope, created_at, created_by, expires_at, seen_at from token order by id desc");
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, rows_int(r, 0));
		json_key(out, "user");
		json_id(out, rows_int(r, 1));
		json_key(out, "name");
		json_text(out, rows_text(r, 2, NULL));
		json_key(out, "scope");
		json_text(out, rows_text(r, 3, NULL));
		json_key(out, "created_at");
		json_instant(out, rows_int(r, 4));
		json_key(out, "created_by");
		json_id(out, rows_int(r, 5));
		json_key(out, "expires_at");
		write_instant_or_none(out, rows_int(r, 6));
		json_key(out, "seen_at");
		write_instant_or_none(out, rows_int(r, 7));
		json_close(out, '}');
	}
	TRY(rows_done(r));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err do_token_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, tokens_read, an);
}

struct minting {
	int64_t id, user, expires_at;
	const char *name, *scope;
	char digest[DIGEST_BYTES];
};

static enum err minting_write(struct ctx *ctx, void *arg)
{
	struct minting *m = arg;
	struct who *who;
	struct sql q;
	enum err e = who_load(ctx, m->user, &who);

	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "user", "not_found", "there is no such active user");
	TRY(e);
	m->id = ids_next(ctx->ids, ctx->now_ms);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into token (id, digest, user_id, name, scope, created_at, created_by, expires_at) "
	        "values (:id, :digest, :user, :name, :scope, :now, :who, :expires)");
	sql_int(&q, "id", m->id);
	sql_text(&q, "digest", m->digest);
	sql_int(&q, "user", m->user);
	sql_text(&q, "name", m->name);
	sql_text(&q, "scope", m->scope);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "who", ctx->who->id);
	sql_int_or_null(&q, "expires", m->expires_at);
	return sql_run(ctx, &q, NULL);
}

/* The token itself is told once and kept only as its digest. */
enum err do_token_create(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct minting m = {.user = ctx->who->id, .scope = "read"};
	const char *expires = NULL;
	const char *scope;
	char secret[SECRET_BYTES];
	char *token;

	if (rq->signed_by == BY_TOKEN)
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "token", "a token can't make tokens");
	TRY(body_only(ctx, rq, "name,user,scope,expires_at"));
	TRY(body_text(ctx, rq, "name", true, &m.name));
	TRY(body_text(ctx, rq, "scope", false, &scope));
	TRY(body_text(ctx, rq, "expires_at", false, &expires));
	TRY(body_id(ctx, rq, "user", false, &m.user));
	if (m.user == 0)
		m.user = ctx->who->id;
	if (text_chars(m.name, strlen(m.name)) > NAME_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "name", "too_long", "at most %d characters", NAME_CHARS_MAX);
	if (scope != NULL && strcmp(scope, "read") != 0 && strcmp(scope, "write") != 0)
		return ctx_problem(ctx, ERR_INVALID, "scope", "bad_option", "read or write");
	m.scope = scope ? scope : "read";
	if (expires != NULL && (!instant_parse(expires, &m.expires_at) || m.expires_at <= ctx->now_ms))
		return ctx_problem(ctx, ERR_INVALID, "expires_at", "bad_time", "must be an instant to come");
	secret_new(secret);
	token = arena_printf(ctx->arena, "sw.%s.%s", house_code(rq->house), secret);
	digest_text(token, m.digest);
	TRY(request_write(ctx, rq, minting_write, &m));
	an->status = 201;
	json_open(&an->json, '{');
	json_key(&an->json, "id");
	json_id(&an->json, m.id);
	json_key(&an->json, "token");
	json_text(&an->json, token);
	json_close(&an->json, '}');
	return ERR_OK;
}

static enum err token_drop(struct ctx *ctx, void *arg)
{
	const int64_t *id = arg;
	struct sql q;
	int64_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "delete from token where id = :id");
	sql_int(&q, "id", *id);
	TRY(sql_run(ctx, &q, &n));
	return n == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err do_token_remove(struct ctx *ctx, struct request *rq, struct answer *an)
{
	int64_t id;

	TRY(request_id(rq, "id", &id));
	TRY(request_write(ctx, rq, token_drop, &id));
	house_people_changed(rq->house); /* seats taken by it are read again, and are gone */
	answer_nothing(an);
	return ERR_OK;
}

/* ---- who did what ------------------------------------------------------------------------------------ */

struct audit {
	int64_t before;
	size_t limit;
	struct answer *an;
};

static enum err audit_read(struct ctx *ctx, void *arg)
{
	struct audit *au = arg;
	struct json_out *out = &au->an->json;
	struct sql q;
	struct rows *r;
	int64_t last = 0;
	size_t n = 0;

	json_open(out, '{');
	json_key(out, "events");
	json_open(out, '[');
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, seq, at, actor, type, record, kind, origin from event where seq < :before order by seq "
	        "desc limit :limit");
	sql_int(&q, "before", au->before ? au->before : INT64_MAX);
	sql_int(&q, "limit", (int64_t)au->limit);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		n++;
		last = rows_int(r, 1);
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, rows_int(r, 0));
		json_key(out, "seq");
		json_id(out, last);
		json_key(out, "at");
		json_instant(out, rows_int(r, 2));
		json_key(out, "actor");
		json_id(out, rows_int(r, 3));
		json_key(out, "type");
		json_text(out, rows_text(r, 4, NULL));
		json_key(out, "record");
		json_id(out, rows_int(r, 5));
		json_key(out, "kind");
		json_text(out, rows_text(r, 6, NULL));
		json_key(out, "origin");
		json_text(out, rows_text(r, 7, NULL));
		json_close(out, '}');
	}
	TRY(rows_done(r));
	json_close(out, ']');
	json_key(out, "next");
	json_id(out, n == au->limit ? last : 0);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_audit(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct audit au = {.an = an};
	const char *after = request_query(rq, "after");

	if (after != NULL && !id_parse(after, &au.before))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "bad_cursor", "must be a seq");
	TRY(request_limit(ctx, rq, AUDIT_PRESET, LIMIT_PAGE_ROWS, &au.limit));
	return store_read(ctx, audit_read, &au);
}

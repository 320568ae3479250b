/* do_session.c: signing in and out, who one is, one's password, the model. */
#include <sodium.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/auth.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/sign_log.h"
#include "model/access.h"
#include "model/pack.h"
#include "model/record.h"
#include "model/who.h"
#include "store/store.h"

#define DEMO_PASSWORD "shouwen-demo"
#define DEVICE_COOKIE_AGE "15552000" /* 180 days */

enum { LOGIN_BYTES_MAX = 100, AGENT_BYTES_MAX = 200 };

/* ---- who one is ------------------------------------------------------------------------------------ */

static void write_roles(struct ctx *ctx, struct json_out *out)
{
	const struct who *w = ctx->who;
	const struct model *m = ctx->model;

	json_key(out, "roles");
	json_open(out, '[');
	for (size_t i = 0; i < w->n_roles; i++)
		json_text(out, w->roles[i]);
	json_close(out, ']');
	json_key(out, "can");
	json_open(out, '[');
	for (size_t i = 0; i < m->n_roles; i++) {
		for (size_t k = 0; k < m->roles[i].n_can; k++) {
			const char *can = m->roles[i].can[k];
			bool first = true;

			for (size_t j = 0; j < i && first; j++)
				for (size_t l = 0; l < m->roles[j].n_can && first; l++)
					first = !who_has_role(w, m->roles[j].name) ||
					        strcmp(m->roles[j].can[l], can) != 0;
			if (first && who_has_role(w, m->roles[i].name))
				json_text(out, can);
		}
	}
	json_close(out, ']');
}

static enum err write_teams(struct ctx *ctx, struct json_out *out)
{
	const struct who *w = ctx->who;
	const char **titles = ARENA_ARRAY(ctx->arena, w->n_teams + 1, const char *);

	if (w->n_teams > 0)
		TRY(record_titles(ctx, ctx->model->team, w->teams, w->n_teams, titles));
	json_key(out, "teams");
	json_open(out, '[');
	for (size_t i = 0; i < w->n_teams; i++) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, w->teams[i]);
		json_key(out, "label");
		json_text(out, titles[i] ? titles[i] : "");
		json_close(out, '}');
	}
	json_close(out, ']');
	json_key(out, "units");
	json_open(out, '[');
	for (size_t i = 0; i < w->n_units; i++)
		json_id(out, w->units[i]);
	json_close(out, ']');
	json_key(out, "shared");
	json_open(out, '[');
	for (size_t i = 0; i < w->n_shared; i++) {
		json_open(out, '{');
		json_key(out, "team");
		json_id(out, w->shared[i].team);
		json_key(out, "type");
		json_text(out, w->shared[i].type);
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}

static enum err write_user(struct ctx *ctx, struct json_out *out)
{
	struct record *user;
	struct sql q;
	int64_t must_change = 0;
	enum err e;

	TRY(record_load(ctx, ctx->model->user, ctx->who->id, &user));
	sql_init(&q, ctx->arena);
	SQL(&q, "select must_change from credential where user_id = :user");
	sql_int(&q, "user", ctx->who->id);
	e = sql_one_int(ctx, &q, &must_change);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	json_key(out, "user");
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, ctx->who->id);
	json_key(out, "login");
	json_text(out, ctx->who->login);
	json_key(out, "name");
	json_text(out, ctx->who->name);
	write_roles(ctx, out);
	TRY(write_teams(ctx, out));
	json_key(out, "presence");
	json_text(out, record_text(user, "presence"));
	json_key(out, "must_change");
	json_bool(out, must_change != 0);
	json_close(out, '}');
	return ERR_OK;
}

static enum err session_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;
	struct json_out *out = &an->json;

	json_open(out, '{');
	TRY(write_user(ctx, out));
	json_key(out, "org");
	json_open(out, '{');
	json_key(out, "code");
	json_text(out, org_code(ctx->org));
	json_key(out, "name");
	json_text(out, setting_text(ctx, "name", org_code(ctx->org)));
	json_key(out, "zone");
	json_text(out, zone_name(ctx->zone));
	json_key(out, "demo");
	json_bool(out, strcmp(setting_text(ctx, "demo", "0"), "1") == 0);
	json_close(out, '}');
	json_key(out, "now");
	json_instant(out, ctx->now_ms);
	json_key(out, "lang");
	json_text(out, ctx->lang == LANG_EN ? "en" : "zh");
	json_close(out, '}');
	return ERR_OK;
}

enum err do_session_get(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return store_read(ctx, session_read, an);
}

/* ---- signing in ------------------------------------------------------------------------------------ */

struct signing {
	struct request *rq;
	const char *code, *login, *password;
	const char *throttle_key;
	const char *address;    /* of an IPv6 subscriber, his /64 */
	const char *device;     /* the device cookie's first part, when it is good for this login */
	const char *device_key; /* secret of the organisation */
	int64_t user;
	const char *hash;
	int64_t wait_ms;
	struct who *who;
	char secret[SECRET_BYTES];
	char new_device[SECRET_BYTES];
	char digest[DIGEST_BYTES];
};

/* The proof that this browser signed in as this login before. */
static void device_sign(const struct signing *s, const char *device, char out[DIGEST_BYTES])
{
	unsigned char bytes[32];
	crypto_generichash_state st;

	crypto_generichash_init(&st, (const unsigned char *)s->device_key, strlen(s->device_key), sizeof(bytes));
	crypto_generichash_update(&st, (const unsigned char *)s->login, strlen(s->login) + 1);
	crypto_generichash_update(&st, (const unsigned char *)device, strlen(device));
	crypto_generichash_final(&st, bytes, sizeof(bytes));
	sodium_bin2hex(out, DIGEST_BYTES, bytes, sizeof(bytes));
}

static const char *device_known(struct ctx *ctx, const struct signing *s)
{
	const char *cookie = request_cookie(ctx, s->rq, arena_printf(ctx->arena, "swd_%s", s->code));
	const char *dot = cookie ? strchr(cookie, '.') : NULL;
	const char *device;
	char sign[DIGEST_BYTES];

	if (dot == NULL || s->device_key[0] == '\0' || strlen(dot + 1) != DIGEST_BYTES - 1)
		return NULL;
	device = arena_strndup(ctx->arena, cookie, (size_t)(dot - cookie));
	device_sign(s, device, sign);
	return sodium_memcmp(sign, dot + 1, DIGEST_BYTES - 1) == 0 ? device : NULL;
}

/* A stranger's tries count for his address and this login only, those of a known browser for that
 * browser: nobody can lock a colleague out by failing in his name. */
static void signing_key(struct ctx *ctx, struct signing *s)
{
	char *address = arena_strdup(ctx->arena, s->rq->address);
	char *colon = strchr(address, ':');

	s->device = device_known(ctx, s);
	/* An IPv6 subscriber has a whole /64 of addresses. */
	for (int groups = 1; colon != NULL && groups < 4; groups++)
		colon = strchr(colon + 1, ':');
	if (colon != NULL)
		*colon = '\0';
	s->address = address;
	if (s->device != NULL)
		s->throttle_key = arena_printf(ctx->arena, "d:%s", s->device);
	else
		s->throttle_key = arena_printf(ctx->arena, "a:%s|%s", s->login, address);
}

static enum err signing_read(struct ctx *ctx, void *arg)
{
	struct signing *s = arg;
	const struct type *user = ctx->model->user;
	struct sql q;
	struct rows *r;

	s->device_key = setting_text(ctx, "device_key", "");
	signing_key(ctx, s);
	TRY(throttle_check(ctx, s->throttle_key, &s->wait_ms));
	sql_init(&q, ctx->arena);
	SQL(&q, "select u.id, c.hash from ");
	sql_name(&q, user->table);
	SQL(&q, " u join credential c on c.user_id = u.id where u.");
	sql_name(&q, type_field(user, "login")->column);
	SQL(&q, " = :login and u.");
	sql_name(&q, type_field(user, "active")->column);
	SQL(&q, " = 1");
	sql_text(&q, "login", s->login);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r)) {
		s->user = rows_int(r, 0);
		s->hash = arena_strdup(ctx->arena, rows_text(r, 1, NULL));
	}
	return rows_done(r);
}

static enum err signing_failed(struct ctx *ctx, void *arg)
{
	struct signing *s = arg;

	TRY(throttle_failed(ctx, s->throttle_key));
	return sign_note(ctx, SIGN_REFUSED, s->user, 0, s->address);
}

static enum err signing_put(struct ctx *ctx, void *arg)
{
	struct signing *s = arg;
	const char *agent = request_header(s->rq, MHD_HTTP_HEADER_USER_AGENT);
	struct sql q;

	/* Bytes of the client, which need not be text: PostgreSQL takes none but UTF-8. */
	if (agent != NULL)
		agent = arena_strndup(ctx->arena, agent, text_prefix(agent, strlen(agent), AGENT_BYTES_MAX));
	if (agent != NULL && !text_valid(agent, strlen(agent)))
		agent = NULL;

	if (s->device_key[0] == '\0') {
		char fresh[SECRET_BYTES];

		secret_new(fresh);
		TRY(setting_put(ctx, "device_key", fresh));
		s->device_key = arena_strdup(ctx->arena, fresh);
	}
	TRY(who_load(ctx, s->user, &s->who));
	TRY(throttle_forget(ctx, s->throttle_key));
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from session where expires_at < :now");
	sql_int(&q, "now", ctx->now_ms);
	TRY(sql_run(ctx, &q, NULL));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into session (digest, user_id, created_at, seen_at, expires_at, address, agent) "
	        "values (:digest, :user, :now, :now, :until, :address, :agent)");
	sql_text(&q, "digest", s->digest);
	sql_int(&q, "user", s->user);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "until", ctx->now_ms + SESSION_LASTS_MS);
	sql_text(&q, "address", s->rq->address);
	sql_text(&q, "agent", agent);
	TRY(sql_run(ctx, &q, NULL));
	TRY(sign_note(ctx, SIGN_IN, s->user, s->user, s->rq->address));
	return presence_signed_in(ctx, s->user);
}

static void put_cookie(struct ctx *ctx, const struct request *rq, struct answer *an, const char *name,
                       const char *value, const char *age)
{
	answer_header(an, MHD_HTTP_HEADER_SET_COOKIE,
	              arena_printf(ctx->arena, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s%s", name, value,
	                           age ? "; Max-Age=" : "", age ? age : "", rq->http->config.tls ? "; Secure" : ""));
}

static enum err wrong_login(struct ctx *ctx)
{
	return ctx_problem(ctx, ERR_SIGN_IN, "password", "wrong_login", "%s",
	                   ctx->lang == LANG_EN ? "Wrong organisation, login or password"
	                                        : "单位代码、登录名或密码不正确");
}

static enum err signing_check(struct ctx *ctx, struct request *rq, struct answer *an, struct signing *s)
{
	bool right;

	TRY(store_read(ctx, signing_read, s));
	if (s->wait_ms > 0) {
		an->retry_after_s = (int)(s->wait_ms / 1000) + 1;
		return ctx_problem(ctx, ERR_THROTTLED, "", "wait", "%d", an->retry_after_s);
	}
	right = password_matches(s->hash, s->password);
	/* Everybody knows the demo's password: elsewhere it opens nothing. */
	if (strcmp(s->password, DEMO_PASSWORD) == 0 && !rq->http->config.demo)
		right = false;
	if (right)
		return ERR_OK;
	TRY(request_write(ctx, rq, signing_failed, s));
	return wrong_login(ctx);
}

static enum err signing_run(struct ctx *ctx, struct request *rq, struct answer *an, struct signing *s)
{
	char sign[DIGEST_BYTES];

	TRY(signing_check(ctx, rq, an, s));
	secret_new(s->secret);
	secret_new(s->new_device);
	digest_text(s->secret, s->digest);
	TRY(request_write(ctx, rq, signing_put, s));
	ctx->who = s->who;
	put_cookie(ctx, rq, an, arena_printf(ctx->arena, "sw_%s", s->code), s->secret, NULL);
	device_sign(s, s->device ? s->device : s->new_device, sign);
	put_cookie(ctx, rq, an, arena_printf(ctx->arena, "swd_%s", s->code),
	           arena_printf(ctx->arena, "%s.%s", s->device ? s->device : s->new_device, sign), DEVICE_COOKIE_AGE);
	return store_read(ctx, session_read, an);
}

enum err do_session_create(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct signing s = {.rq = rq};
	struct edition *edition;
	int64_t now_ms = ctx->now_ms;
	enum lang lang = ctx->lang;
	char why[256];
	enum err e;

	/* Another page may not sign its visitor in here; machines send no Origin. */
	if (request_header(rq, "Origin") != NULL)
		TRY(auth_same_origin(ctx, rq));
	TRY(body_only(ctx, rq, "org,login,password"));
	TRY(body_text(ctx, rq, "org", true, &s.code));
	TRY(body_text(ctx, rq, "login", true, &s.login));
	TRY(body_text(ctx, rq, "password", true, &s.password));
	if (strlen(s.login) > LOGIN_BYTES_MAX || strlen(s.password) > PASSWORD_MAX)
		return wrong_login(ctx);
	e = house_open(rq->http->config.houses, s.code, &rq->house, why, sizeof(why));
	if (e == ERR_NOT_FOUND) {
		(void)password_matches(NULL, s.password);
		return wrong_login(ctx);
	}
	TRY(e);
	edition = house_enter(rq->house, ctx->arena, ctx);
	ctx->now_ms = now_ms;
	ctx->lang = lang;
	ctx->origin = arena_printf(ctx->arena, "web %s", rq->address);
	e = signing_run(ctx, rq, an, &s);
	house_leave(edition);
	return e;
}

/* ---- signing out, password ------------------------------------------------------------------------ */

static enum err sign_out_write(struct ctx *ctx, void *arg)
{
	const struct request *rq = arg;
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "delete from session where digest = :digest");
	sql_text(&q, "digest", rq->seat->digest);
	TRY(sql_run(ctx, &q, NULL));
	TRY(sign_note(ctx, SIGN_OUT, ctx->who->id, ctx->who->id, rq->address));
	return presence_signed_out(ctx, ctx->who->id);
}

enum err do_session_delete(struct ctx *ctx, struct request *rq, struct answer *an)
{
	if (rq->signed_by == BY_TOKEN)
		return ctx_problem(ctx, ERR_CONFLICT, "", "token", "a token is removed, not signed out");
	TRY(request_write(ctx, rq, sign_out_write, rq));
	house_drop_seat(rq->house, rq->seat->digest);
	/* A request that was reading this session just now must not keep it. */
	house_people_changed(rq->house);
	put_cookie(ctx, rq, an, arena_printf(ctx->arena, "sw_%s", house_code(rq->house)), "", "0");
	answer_nothing(an);
	return ERR_OK;
}

struct repassword {
	const char *hash; /* the present one */
	const char *throttle_key;
	int64_t wait_ms;
	char fresh[HASH_BYTES];
	const char *keep, *address;
};

static enum err repassword_read(struct ctx *ctx, void *arg)
{
	struct repassword *p = arg;
	struct sql q;
	enum err e;

	TRY(throttle_check(ctx, p->throttle_key, &p->wait_ms));
	sql_init(&q, ctx->arena);
	SQL(&q, "select hash from credential where user_id = :user");
	sql_int(&q, "user", ctx->who->id);
	e = sql_one_text(ctx, &q, &p->hash);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err repassword_failed(struct ctx *ctx, void *arg)
{
	const struct repassword *p = arg;

	TRY(throttle_failed(ctx, p->throttle_key));
	return sign_note(ctx, SIGN_REFUSED, ctx->who->id, ctx->who->id, p->address);
}

static enum err repassword_write(struct ctx *ctx, void *arg)
{
	struct repassword *p = arg;

	TRY(sign_note(ctx, SIGN_PASSWORD, ctx->who->id, ctx->who->id, p->address));
	return password_put(ctx, ctx->who->id, p->fresh, false, p->keep);
}

enum err do_session_password(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct repassword p = {.keep = rq->seat->digest, .address = rq->address};
	const char *old, *fresh;

	if (rq->signed_by != BY_COOKIE)
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "token", "a token can't change the password");
	TRY(body_only(ctx, rq, "old,new"));
	TRY(body_text(ctx, rq, "old", true, &old));
	TRY(body_text(ctx, rq, "new", true, &fresh));
	p.throttle_key = arena_printf(ctx->arena, "p:%lld", (long long)ctx->who->id);
	TRY(store_read(ctx, repassword_read, &p));
	if (p.wait_ms > 0) {
		an->retry_after_s = (int)(p.wait_ms / 1000) + 1;
		return ERR_THROTTLED;
	}
	if (!password_matches(p.hash, old)) {
		TRY(request_write(ctx, rq, repassword_failed, &p));
		return ctx_problem(ctx, ERR_INVALID, "old", "wrong_password", "not the present password");
	}
	TRY(password_hash(ctx, "new", fresh, p.fresh));
	TRY(request_write(ctx, rq, repassword_write, &p));
	house_people_changed(rq->house);
	answer_nothing(an);
	return ERR_OK;
}

/* ---- the model ------------------------------------------------------------------------------------ */

static enum err model_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;

	return model_write_json(ctx, &an->json);
}

enum err do_model(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const char *have = request_header(rq, MHD_HTTP_HEADER_IF_NONE_MATCH);
	char *tag = arena_printf(ctx->arena, "\"%lld-%s\"", (long long)ctx->model->generation, access_signature(ctx));

	answer_header(an, MHD_HTTP_HEADER_ETAG, tag);
	answer_header(an, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
	if (have != NULL && strcmp(have, tag) == 0) {
		an->status = MHD_HTTP_NOT_MODIFIED;
		an->no_body = true;
		return ERR_OK;
	}
	return store_read(ctx, model_read, an);
}

/* Who edits what packs declare reads their text anyway: he gets every type, whatever he may do with records. */
static enum err model_read_whole(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;
	const struct who *own = ctx->who;

	ctx->who = &who_system;
	enum err e = model_write_json(ctx, &an->json);
	ctx->who = own;
	return e;
}

enum err do_model_whole(struct ctx *ctx, struct request *rq, struct answer *an)
{
	(void)rq;
	answer_header(an, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
	return store_read(ctx, model_read_whole, an);
}

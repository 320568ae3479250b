/* do_admin.c: others' passwords, tokens for machines. */
#include "base/clock.h"
#include "base/text.h"
#include "http/auth.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/sign_log.h"
#include "model/access.h"
#include "store/store.h"

enum { NAME_CHARS_MAX = 60 };

/* ---- passwords of others ------------------------------------------------------------------------------ */

struct handing {
	int64_t user;
	const char *address;
	char hash[HASH_BYTES];
	bool must_change;
};

static enum err handing_write(struct ctx *ctx, void *arg)
{
	struct handing *h = arg;
	struct record *user;

	TRY(record_load(ctx, ctx->model->user, h->user, &user));
	TRY(access_check(ctx, user, ACCESS_WRITE));
	TRY(sign_note(ctx, SIGN_PASSWORD, h->user, ctx->who->id, h->address));
	return password_put(ctx, h->user, h->hash, h->must_change, NULL);
}

enum err do_user_password(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct handing h = {.address = rq->address};
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
		json_at(out, "expires_at", rows_int(r, 6));
		json_at(out, "seen_at", rows_int(r, 7));
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
	const char *name, *scope, *address;
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
	TRY(sql_run(ctx, &q, NULL));
	return sign_note(ctx, SIGN_TOKEN_MADE, m->user, ctx->who->id, m->address);
}

/* The token itself is told once and kept only as its digest. */
enum err do_token_create(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct minting m = {.user = ctx->who->id, .scope = "read", .address = rq->address};
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
	const struct minting *m = arg;
	struct sql q;
	int64_t user;

	sql_init(&q, ctx->arena);
	SQL(&q, "select user_id from token where id = :id");
	sql_int(&q, "id", m->id);
	TRY(sql_one_int(ctx, &q, &user));
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from token where id = :id");
	sql_int(&q, "id", m->id);
	TRY(sql_run(ctx, &q, NULL));
	return sign_note(ctx, SIGN_TOKEN_REMOVED, user, ctx->who->id, m->address);
}

enum err do_token_remove(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct minting m = {.address = rq->address};

	TRY(request_id(rq, "id", &m.id));
	TRY(request_write(ctx, rq, token_drop, &m));
	house_people_changed(rq->house); /* seats taken by it are read again, and are gone */
	answer_nothing(an);
	return ERR_OK;
}

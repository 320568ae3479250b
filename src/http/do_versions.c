/* do_versions.c: the texts a pack file has had; any of them can be put in force again. */
#include "http/declare.h"
#include "http/handlers.h"
#include "http/server.h"
#include "store/store.h"

enum { ROWS_PRESET = 50 };

struct versions {
	struct request *rq;
	struct answer *an;
	int64_t id, after;
	size_t limit;
	struct pack_report report;
	int64_t change;
};

/* ---- the list ------------------------------------------------------------------------------------------ */

static enum err versions_query(struct ctx *ctx, const struct versions *v, struct rows **ret_rows)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, actor, note, body from pack_version "
	        "where pack = :pack and path = :path");
	if (v->after != 0) {
		SQL(&q, " and id < :after");
		sql_int(&q, "after", v->after);
	}
	SQL(&q, " order by id desc limit :n");
	sql_text(&q, "pack", request_query(v->rq, "pack"));
	sql_text(&q, "path", request_query(v->rq, "path"));
	sql_int(&q, "n", (int64_t)v->limit + 1);
	return sql_rows(ctx, &q, ret_rows);
}

static enum err versions_read(struct ctx *ctx, void *arg)
{
	struct versions *v = arg;
	struct json_out *out = &v->an->json;
	struct rows *r;
	size_t n = 0;
	int64_t last = 0, next = 0;

	answer_reset(v->an);
	TRY(versions_query(ctx, v, &r));
	json_open(out, '{');
	json_key(out, "rows");
	json_open(out, '[');
	while (rows_next(r)) {
		size_t bytes = 0;

		if (n++ == v->limit) {
			next = last;
			break;
		}
		last = rows_int(r, 0);
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, last);
		json_key(out, "at");
		json_instant(out, rows_int(r, 1));
		json_key(out, "actor");
		json_id(out, rows_int(r, 2));
		json_key(out, "note");
		json_text(out, rows_text(r, 3, NULL));
		json_key(out, "bytes");
		(void)rows_text(r, 4, &bytes);
		json_int(out, (int64_t)bytes);
		json_close(out, '}');
	}
	TRY(rows_done(r));
	json_close(out, ']');
	json_key(out, "next");
	json_id(out, next);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_version_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct versions v = {.rq = rq, .an = an};
	const char *after = request_query(rq, "after");

	if (request_query(rq, "pack") == NULL || request_query(rq, "path") == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "path", "required", "which file? ?pack=&path=");
	if (after != NULL && !id_parse(after, &v.after))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "bad_cursor", "must be an id");
	TRY(request_limit(ctx, rq, ROWS_PRESET, LIMIT_PAGE_ROWS, &v.limit));
	return store_read(ctx, versions_read, &v);
}

/* ---- one -------------------------------------------------------------------------------------------------- */

static enum err version_read(struct ctx *ctx, void *arg)
{
	struct versions *v = arg;
	struct json_out *out = &v->an->json;
	struct pack_version now, before = {0};

	answer_reset(v->an);
	TRY(pack_version_load(ctx, v->id, &now));
	enum err e = pack_version_before(ctx, &now, &before);

	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, now.id);
	json_key(out, "pack");
	json_text(out, now.pack);
	json_key(out, "path");
	json_text(out, now.path);
	json_key(out, "at");
	json_instant(out, now.at);
	json_key(out, "actor");
	json_id(out, now.actor);
	json_key(out, "note");
	json_text(out, now.note);
	json_key(out, "text");
	json_text(out, now.body);
	json_key(out, "diff");
	json_text(out, text_diff(ctx->arena, arena_printf(ctx->arena, "%s/%s", now.pack, now.path),
	                         before.body ? before.body : "", now.body ? now.body : ""));
	json_close(out, '}');
	return ERR_OK;
}

enum err do_version(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct versions v = {.rq = rq, .an = an};

	TRY(request_id(rq, "id", &v.id));
	return store_read(ctx, version_read, &v);
}

/* ---- in force again ----------------------------------------------------------------------------------------- */

/* The stored texts with this one in place, or without the file where it was taken away then. */
static void text_restore(const struct pack_version *v, struct pack_text *texts, size_t *n)
{
	size_t i = 0;

	while (i < *n && (strcmp(texts[i].pack, v->pack) != 0 || strcmp(texts[i].path, v->path) != 0))
		i++;
	if (v->body == NULL) {
		if (i < *n)
			texts[i] = texts[--*n];
		return;
	}
	texts[i] = (struct pack_text){.pack = v->pack, .path = v->path, .body = v->body, .len = strlen(v->body)};
	*n += i == *n;
}

static enum err restore_write(struct ctx *ctx, void *arg)
{
	struct versions *v = arg;
	struct pack_version version;
	struct pack_text *texts;
	struct pack_put put = {0};
	struct model *m = NULL;
	size_t n;
	enum err e;

	v->report = (struct pack_report){0};
	TRY(pack_version_load(ctx, v->id, &version));
	TRY(pack_texts(ctx, &texts, &n));
	text_restore(&version, texts, &n);
	put.note = arena_printf(ctx->arena, ctx->lang == LANG_EN ? "Restored: version %lld" : "恢复版本 %lld",
	                        (long long)version.id);
	e = model_load_texts(ctx, texts, n, &m, &v->report);
	if (e == ERR_INVALID)
		report_problems(ctx, &v->report);
	TRY(e);
	model_until_clear(ctx, m);
	TRY(pack_put(ctx, m, texts, n, &put));
	v->change = put.change;
	return ERR_OK;
}

enum err do_version_restore(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct versions v = {.rq = rq, .an = an};
	char why[1024];

	TRY(request_id(rq, "id", &v.id));
	ctx->large = true;
	TRY(request_write(ctx, rq, restore_write, &v));
	if (house_reload(rq->house, why, sizeof(why)) != ERR_OK)
		return ERR_INTERNAL;
	json_open(&an->json, '{');
	json_key(&an->json, "change");
	json_id(&an->json, v.change);
	json_close(&an->json, '}');
	return ERR_OK;
}

/* do_packs.c: the organisation's packs: read, try, put in force. */
#include "http/handlers.h"
#include "http/server.h"
#include "model/labels.h"
#include "model/pack.h"
#include "store/store.h"

/* ---- what there is --------------------------------------------------------------------------------- */

static enum err stored_texts(struct ctx *ctx, struct pack_text **ret_texts, size_t *ret_n)
{
	struct pack_text *list = ARENA_ARRAY(ctx->arena, LIMIT_PACK_FILES, struct pack_text);
	struct sql q;
	struct rows *r;
	size_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "select pack, path, body from pack_file order by pack, path");
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r) && n < LIMIT_PACK_FILES) {
		size_t len;
		const char *body = rows_text(r, 2, &len);

		list[n].pack = arena_strdup(ctx->arena, rows_text(r, 0, NULL));
		list[n].path = arena_strdup(ctx->arena, rows_text(r, 1, NULL));
		list[n].body = arena_strndup(ctx->arena, body ? body : "", body ? len : 0);
		list[n].len = body ? len : 0;
		n++;
	}
	*ret_texts = list;
	*ret_n = n;
	return rows_done(r);
}

static void write_packs(struct ctx *ctx, struct json_out *out)
{
	json_key(out, "packs");
	json_open(out, '[');
	for (size_t i = 0; i < ctx->model->n_packs; i++) {
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, ctx->model->packs[i].name);
		json_label(out, "label", &ctx->model->packs[i].label);
		json_key(out, "version");
		json_text(out, ctx->model->packs[i].version);
		json_close(out, '}');
	}
	json_close(out, ']');
}

/* A file is `changed` when it is not, byte for byte, the one that came with the program. */
static void write_files(struct json_out *out, const struct pack_text *now, size_t n, const struct pack_text *shipped,
                        size_t n_shipped)
{
	json_key(out, "files");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++) {
		bool changed = true;

		for (size_t k = 0; k < n_shipped && changed; k++)
			changed = strcmp(now[i].pack, shipped[k].pack) != 0 ||
			          strcmp(now[i].path, shipped[k].path) != 0 || now[i].len != shipped[k].len ||
			          memcmp(now[i].body, shipped[k].body, now[i].len) != 0;
		json_open(out, '{');
		json_key(out, "pack");
		json_text(out, now[i].pack);
		json_key(out, "path");
		json_text(out, now[i].path);
		json_key(out, "changed");
		json_bool(out, changed);
		json_close(out, '}');
	}
	json_close(out, ']');
}

struct listing {
	struct request *rq;
	struct answer *an;
};

static enum err packs_read(struct ctx *ctx, void *arg)
{
	struct listing *l = arg;
	struct json_out *out = &l->an->json;
	struct pack_text *now, *shipped = NULL;
	size_t n, n_shipped = 0;
	char why[256];

	TRY(stored_texts(ctx, &now, &n));
	if (pack_read_dir(ctx->arena, l->rq->http->config.packs_dir, setting_text(ctx, "packs", "core"), &shipped,
	                  &n_shipped, why, sizeof(why)) != ERR_OK)
		n_shipped = 0;
	json_open(out, '{');
	write_packs(ctx, out);
	write_files(out, now, n, shipped, n_shipped);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_pack_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct listing l = {.rq = rq, .an = an};

	return store_read(ctx, packs_read, &l);
}

static enum err file_read(struct ctx *ctx, void *arg)
{
	struct listing *l = arg;
	struct json_out *out = &l->an->json;
	const char *body;
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "select body from pack_file where pack = :pack and path = :path");
	sql_text(&q, "pack", request_query(l->rq, "pack"));
	sql_text(&q, "path", request_query(l->rq, "path"));
	TRY(sql_one_text(ctx, &q, &body));
	json_open(out, '{');
	json_key(out, "pack");
	json_text(out, request_query(l->rq, "pack"));
	json_key(out, "path");
	json_text(out, request_query(l->rq, "path"));
	json_key(out, "body");
	json_text(out, body);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_pack_file(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct listing l = {.rq = rq, .an = an};

	return store_read(ctx, file_read, &l);
}

/* ---- what would be --------------------------------------------------------------------------------- */

struct proposal {
	struct request *rq;
	struct answer *an;
	struct pack_text *texts; /* stored ones with the proposed in their place */
	size_t n;
	struct model *model;
	struct pack_report report;
	struct pack_put put;
};

static enum err proposal_put(struct ctx *ctx, struct proposal *p, const json_t *file)
{
	const char *pack = json_string_value(json_object_get(file, "pack"));
	const char *path = json_string_value(json_object_get(file, "path"));
	const json_t *body = json_object_get(file, "body");
	size_t i = 0;

	if (pack == NULL || path == NULL || (!json_is_string(body) && !json_is_null(body)))
		return ctx_problem(ctx, ERR_INVALID, "files", "wrong_type",
		                   "each file has pack, path and body (null removes it)");
	while (i < p->n && (strcmp(p->texts[i].pack, pack) != 0 || strcmp(p->texts[i].path, path) != 0))
		i++;
	if (json_is_null(body)) {
		if (i < p->n)
			p->texts[i] = p->texts[--p->n];
		return ERR_OK;
	}
	if (i == LIMIT_PACK_FILES)
		return ctx_problem(ctx, ERR_INVALID, "files", "too_many", "at most %d files", LIMIT_PACK_FILES);
	p->texts[i] = (struct pack_text){
	        .pack = pack, .path = path, .body = json_string_value(body), .len = json_string_length(body)};
	if (i == p->n)
		p->n++;
	return ERR_OK;
}

static void unref_model(void *arg)
{
	model_unref(arg);
}

/* Inside store_read or store_write. ERR_INVALID leaves the findings in the report. */
static enum err proposal_load(struct ctx *ctx, struct proposal *p)
{
	const json_t *files = json_object_get(p->rq->json, "files");
	enum err e;

	if (!json_is_array(files))
		return ctx_problem(ctx, ERR_INVALID, "files", "wrong_type", "must be a list");
	TRY(stored_texts(ctx, &p->texts, &p->n));
	for (size_t i = 0; i < json_array_size(files); i++)
		TRY(proposal_put(ctx, p, json_array_get(files, i)));
	p->model = NULL;
	e = model_load(ctx->arena, p->texts, p->n, &p->model, &p->report);
	if (e == ERR_OK)
		arena_on_clear(ctx->arena, unref_model, p->model);
	return e;
}

static void write_problems(struct json_out *out, const struct pack_report *report)
{
	json_key(out, "problems");
	json_open(out, '[');
	for (size_t i = 0; i < report->n; i++) {
		const struct pack_problem *f = &report->list[i];

		json_open(out, '{');
		json_key(out, "pack");
		json_text(out, f->pack);
		json_key(out, "path");
		json_text(out, f->path);
		json_key(out, "line");
		json_int(out, f->line);
		json_key(out, "column");
		json_int(out, f->column);
		json_key(out, "message");
		json_text(out, f->message);
		json_key(out, "warning");
		json_bool(out, f->warning);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void write_steps(struct json_out *out, const struct pack_step *steps, size_t n)
{
	static const char *const kinds[] = {
	        [PACK_ADD_TABLE] = "add_table",         [PACK_ADD_COLUMN] = "add_column",
	        [PACK_ADD_INDEX] = "add_index",         [PACK_RENAME_TABLE] = "rename_table",
	        [PACK_RENAME_COLUMN] = "rename_column", [PACK_DROP_TABLE] = "drop_table",
	        [PACK_DROP_COLUMN] = "drop_column",     [PACK_DROP_INDEX] = "drop_index",
	        [PACK_CHANGE_KIND] = "change_kind",
	};

	json_key(out, "steps");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(out, '{');
		json_key(out, "kind");
		json_text(out, kinds[steps[i].kind]);
		json_key(out, "table");
		json_text(out, steps[i].table);
		json_key(out, "column");
		json_text(out, steps[i].column);
		json_key(out, "message");
		json_text(out, steps[i].message);
		json_key(out, "destructive");
		json_bool(out, steps[i].destructive);
		json_key(out, "refused");
		json_bool(out, steps[i].refused);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static enum err check_read(struct ctx *ctx, void *arg)
{
	struct proposal *p = arg;
	struct json_out *out = &p->an->json;
	struct pack_step *steps = NULL;
	size_t n = 0;
	enum err e = proposal_load(ctx, p);

	if (e != ERR_OK && p->report.n_errors == 0)
		return e;
	if (e == ERR_OK)
		TRY(pack_diff(ctx, p->model, &steps, &n));
	ctx_forget(ctx);
	json_open(out, '{');
	write_problems(out, &p->report);
	write_steps(out, steps, n);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_pack_check(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct proposal p = {.rq = rq, .an = an};

	TRY(body_only(ctx, rq, "files"));
	return store_read(ctx, check_read, &p);
}

static enum err apply_write(struct ctx *ctx, void *arg)
{
	struct proposal *p = arg;
	enum err e = proposal_load(ctx, p);

	for (size_t i = 0; e != ERR_OK && i < p->report.n; i++) {
		const struct pack_problem *f = &p->report.list[i];

		if (!f->warning)
			ctx_problem(ctx, e, arena_printf(ctx->arena, "%s/%s", f->pack, f->path), "pack", "%d:%d %s",
			            f->line, f->column, f->message);
	}
	TRY(e);
	return pack_put(ctx, p->model, p->texts, p->n, &p->put);
}

static void applied_member(struct json_out *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	json_key(out, key);
	json_text(out, text);
}

enum err do_pack_apply(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct http_config *config = &rq->http->config;
	struct proposal p = {.rq = rq, .an = an};
	const char *stopped = NULL;
	char why[1024] = "";
	size_t added = 0;

	TRY(body_only(ctx, rq, "files,allow_drop"));
	TRY(body_bool(ctx, rq, "allow_drop", false, &p.put.allow_drop));
	ctx->large = true;
	TRY(request_write(ctx, rq, apply_write, &p));
	if (house_reload(rq->house, why, sizeof(why)) != ERR_OK)
		return ERR_INTERNAL;
	/* The packs are in force; what they bring may still stop at what this house has made of its own. */
	if (config->starter != NULL && !config->starter(rq->house, config->packs_dir, &added, why, sizeof(why)))
		stopped = why;
	if (p.put.copy == NULL && added == 0 && stopped == NULL) {
		answer_nothing(an);
		return ERR_OK;
	}
	json_open(&an->json, '{');
	applied_member(&an->json, "copy", p.put.copy);
	json_key(&an->json, "starter");
	json_int(&an->json, (int64_t)added);
	applied_member(&an->json, "starter_stopped", stopped);
	json_close(&an->json, '}');
	return ERR_OK;
}

/* ---- what was -------------------------------------------------------------------------------------- */

static enum err history_read(struct ctx *ctx, void *arg)
{
	struct listing *l = arg;
	struct json_out *out = &l->an->json;
	struct sql q;
	struct rows *r;

	json_open(out, '{');
	json_key(out, "changes");
	json_open(out, '[');
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, actor, digest, report from pack_change order by id desc limit 100");
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, rows_int(r, 0));
		json_key(out, "at");
		json_instant(out, rows_int(r, 1));
		json_key(out, "actor");
		json_id(out, rows_int(r, 2));
		json_key(out, "digest");
		json_text(out, rows_text(r, 3, NULL));
		json_key(out, "report");
		json_text(out, rows_text(r, 4, NULL));
		json_close(out, '}');
	}
	TRY(rows_done(r));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err do_pack_history(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct listing l = {.rq = rq, .an = an};

	return store_read(ctx, history_read, &l);
}

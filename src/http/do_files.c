/* do_files.c: uploads and downloads. Bytes lie in DIR/files/ab/… by their digest; the row says whose. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "flow/flow.h"
#include "http/auth.h"
#include "http/file_store.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "report/issue.h"
#include "store/store.h"

enum { NAME_CHARS_MAX = 200 };

/* ---- may it come ----------------------------------------------------------------------------------- */

struct target {
	const struct type *type;
	int64_t id;
};

static enum err target_read(struct ctx *ctx, void *arg)
{
	struct target *t = arg;
	struct record *r;

	TRY(record_load(ctx, t->type, t->id, &r));
	return access_check(ctx, r, ACCESS_READ);
}

/* A file comes for a record he may read (to comment on it, say), or for one he is about to make. It
 * becomes the record's when a field or a comment names it. */
enum err upload_check(struct ctx *ctx, struct request *rq)
{
	const char *type = request_query(rq, "type");
	const char *record = request_query(rq, "record");
	struct target t = {0};

	if (request_query(rq, "name") == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "name", "required", "the file's name is missing");
	if (type == NULL && record == NULL)
		return ERR_OK;
	t.type = type ? model_type(ctx->model, type) : NULL;
	if (t.type == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "type", "unknown_type", "there is no such type");
	if (record == NULL)
		return access_may_create(ctx, t.type) ? ERR_OK : ERR_FORBIDDEN;
	TRY(request_query_id(ctx, rq, "record", &t.id));
	return store_read(ctx, target_read, &t);
}

/* ---- upload ---------------------------------------------------------------------------------------- */

struct upload {
	char digest[DIGEST_BYTES];
	const char *name, *mime;
	int64_t id, size;
};

static enum err upload_write(struct ctx *ctx, void *arg)
{
	struct upload *u = arg;
	struct sql q;

	u->id = ids_next(ctx->ids, ctx->now_ms);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into file (id, digest, size, mime, name, created_at, created_by, internal) "
	        "values (:id, :digest, :size, :mime, :name, :now, :who, 1)");
	sql_int(&q, "id", u->id);
	sql_text(&q, "digest", u->digest);
	sql_int(&q, "size", u->size);
	sql_text(&q, "mime", u->mime);
	sql_text(&q, "name", u->name);
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "who", ctx->who->id);
	return sql_run(ctx, &q, NULL);
}

/* The last part of what the browser calls it. */
static enum err clean_name(struct ctx *ctx, const char *s, const char **ret_name)
{
	const char *slash = strrchr(s, '/');
	const char *back = strrchr(s, '\\');
	const char *name;

	s = slash ? slash + 1 : s;
	s = back && back >= s ? back + 1 : s;
	name = text_clean(ctx->arena, s, strlen(s));
	if (name[0] == '\0' || strpbrk(name, "\n\t") != NULL || text_chars(name, strlen(name)) > NAME_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "name", "bad_name", "1 to %d characters", NAME_CHARS_MAX);
	*ret_name = name;
	return ERR_OK;
}

/* "type/subtype"; parameters and anything odd are dropped. */
static const char *clean_mime(struct ctx *ctx, const char *s)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_";
	size_t a = s ? strspn(s, token) : 0;
	size_t b = a > 0 && s[a] == '/' ? strspn(s + a + 1, token) : 0;
	size_t end = a + 1 + b;

	if (b == 0 || end > 100 || (s[end] != '\0' && s[end] != ';' && s[end] != ' '))
		return "application/octet-stream";
	return arena_strndup(ctx->arena, s, end);
}

static void write_file(struct json_out *out, const struct upload *u)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, u->id);
	json_key(out, "name");
	json_text(out, u->name);
	json_key(out, "size");
	json_int(out, u->size);
	json_key(out, "mime");
	json_text(out, u->mime);
	json_close(out, '}');
}

enum err do_file_put(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct upload u = {.size = (int64_t)rq->spool_bytes};

	TRY(upload_check(ctx, rq));
	if (rq->spool_fd < 0)
		return ctx_problem(ctx, ERR_INVALID, "", "empty", "the file is empty");
	TRY(clean_name(ctx, request_query(rq, "name"), &u.name));
	u.mime = clean_mime(ctx, request_header(rq, MHD_HTTP_HEADER_CONTENT_TYPE));
	TRY(file_digest(ctx, rq->spool_fd, u.digest));
	TRY(file_keep(rq->http, rq->spool_fd, rq->spool_path, u.digest));
	rq->spool_path[0] = '\0';
	TRY(request_write(ctx, rq, upload_write, &u));
	an->status = 201;
	write_file(&an->json, &u);
	return ERR_OK;
}

/* ---- download -------------------------------------------------------------------------------------- */

struct download {
	int64_t id, record, by;
	const char *digest, *mime, *name, *type;
};

/* Was it given with words, which all who read the record read? */
static enum err file_is_told(struct ctx *ctx, const struct record *r, int64_t file, bool *ret_told)
{
	const char *id = arena_printf(ctx->arena, "\"%lld\"", (long long)file);
	struct sql q;
	struct rows *rows;

	*ret_told = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select body from event where record = :record and kind = 'commented'");
	sql_int(&q, "record", r->id);
	TRY(sql_rows(ctx, &q, &rows));
	while (!*ret_told && rows_next(rows)) {
		size_t len = 0;
		const char *body = rows_text(rows, 0, &len);

		*ret_told = body != NULL && memmem(body, len, id, strlen(id)) != NULL;
	}
	return rows_done(rows);
}

/* Is it in a field, and are all fields it is in hidden from him? What was taken out of a field is as hidden
 * as the most hidden of them, unless it is a comment's. */
static enum err file_hidden(struct ctx *ctx, const struct record *r, int64_t file, bool *ret_hidden)
{
	bool in_field = false, closed = false, told = false;

	*ret_hidden = false;
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		const struct value *v = &r->values[i];
		enum field_sight sight;
		bool here = false;

		if (f->kind != FIELD_FILES)
			continue;
		closed = closed || access_field(ctx, f) != SIGHT_CLEAR;
		for (size_t k = 0; v->kind == VALUE_LIST && k < v->n; k++)
			here = here || v->list[k].i == file;
		if (!here)
			continue;
		TRY(access_field_shown(ctx, r, f, &sight));
		if (sight == SIGHT_CLEAR)
			return ERR_OK;
		in_field = true;
	}
	if (!in_field && closed)
		TRY(file_is_told(ctx, r, file, &told));
	*ret_hidden = in_field || (closed && !told);
	return ERR_OK;
}

static enum err download_allowed(struct ctx *ctx, const struct download *d)
{
	const struct type *t = d->type ? model_type(ctx->model, d->type) : NULL;
	struct record *r;
	bool hidden, issued, seen;
	enum err e;

	if (d->record == 0)
		return d->by == ctx->who->id ? ERR_OK : ERR_NOT_FOUND;
	if (t == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load(ctx, t, d->record, &r));
	e = access_check(ctx, r, ACCESS_READ);
	if (e == ERR_NOT_FOUND || e == ERR_FORBIDDEN) {
		/* He may read the matter that its words went along to. */
		ctx_forget(ctx);
		TRY(comments_file_seen(ctx, d->record, d->id, &seen));
		return seen ? ERR_OK : ERR_NOT_FOUND;
	}
	TRY(e);
	TRY(issued_seen(ctx, r, d->id, &issued, &seen));
	if (issued)
		return seen ? ERR_OK : ERR_NOT_FOUND;
	TRY(file_hidden(ctx, r, d->id, &hidden));
	return hidden ? ERR_NOT_FOUND : ERR_OK;
}

static enum err download_read(struct ctx *ctx, void *arg)
{
	struct download *d = arg;
	struct sql q;
	struct rows *r;
	bool found = false;

	sql_init(&q, ctx->arena);
	SQL(&q, "select digest, mime, name, record_type, record, created_by from file where id = :id");
	sql_int(&q, "id", d->id);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r)) {
		found = true;
		d->digest = arena_strdup(ctx->arena, rows_text(r, 0, NULL));
		d->mime = arena_strdup(ctx->arena, rows_text(r, 1, NULL));
		d->name = arena_strdup(ctx->arena, rows_text(r, 2, NULL));
		d->type = arena_strdup(ctx->arena, rows_text(r, 3, NULL));
		d->record = rows_int(r, 4);
		d->by = rows_int(r, 5);
	}
	TRY(rows_done(r));
	return found ? download_allowed(ctx, d) : ERR_NOT_FOUND;
}

/* Shown in the page only where a browser can do no more with it than show it. */
static bool mime_is_shown(const char *mime)
{
	static const char *const shown[] = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (strcmp(mime, shown[i]) == 0)
			return true;
	return false;
}

void answer_disposition(struct answer *an, const char *name, bool shown)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	struct buf b;

	buf_init(&b, an->ctx->arena, 8 * 1024);
	buf_str(&b, shown ? "inline; filename*=UTF-8''" : "attachment; filename*=UTF-8''");
	for (const char *s = name; *s != '\0'; s++) {
		if (strchr(plain, *s) != NULL)
			buf_char(&b, *s);
		else
			buf_printf(&b, "%%%02X", (unsigned char)*s);
	}
	answer_header(an, MHD_HTTP_HEADER_CONTENT_DISPOSITION, b.data);
}

enum err do_file_get(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct download d = {0};
	const char *have = request_header(rq, MHD_HTTP_HEADER_IF_NONE_MATCH);
	char path[FILE_PATH_BYTES];
	char *tag;
	struct stat st;

	TRY(request_id(rq, "id", &d.id));
	TRY(store_read(ctx, download_read, &d));
	tag = arena_printf(ctx->arena, "\"%.32s\"", d.digest);
	answer_header(an, MHD_HTTP_HEADER_ETAG, tag);
	answer_header(an, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
	if (have != NULL && strcmp(have, tag) == 0) {
		an->status = MHD_HTTP_NOT_MODIFIED;
		an->no_body = true;
		return ERR_OK;
	}
	file_path(rq->http, d.digest, path);
	an->file = open(path, O_RDONLY | O_CLOEXEC);
	if (an->file < 0 || fstat(an->file, &st) != 0)
		return ERR_INTERNAL;
	an->file_bytes = (uint64_t)st.st_size;
	an->mime = d.mime;
	answer_disposition(an, d.name, mime_is_shown(d.mime));
	answer_header(an, "Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
	return ERR_OK;
}

/* do_issue.c: forms as they are issued: drawn once, numbered, kept. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/file_store.h"
#include "http/handlers.h"
#include "http/write.h"
#include "report/issue.h"
#include "store/store.h"

enum { ANSWER_BYTES = 1024 };

struct issued_read {
	struct answer *an;
	const struct type *type;
	int64_t id;
};

static enum err issued_fn(struct ctx *ctx, void *arg)
{
	struct issued_read *i = arg;

	answer_reset(i->an);
	return issued_write_json(ctx, i->type, i->id, &i->an->json);
}

enum err do_issued(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct issued_read i = {.an = an};

	TRY(request_type(ctx, rq, &i.type));
	TRY(request_id(rq, "id", &i.id));
	return store_read(ctx, issued_fn, &i);
}

static enum err begin_fn(struct ctx *ctx, void *arg)
{
	return issue_begin(ctx, arg);
}

/* From where it was drawn to where its digest says. */
static enum err pdf_keep(struct ctx *ctx, struct request *rq, const char *path, struct issue *i)
{
	char digest[FILE_DIGEST_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	enum err e = fd >= 0 && fstat(fd, &st) == 0 ? file_digest(ctx, fd, digest) : ERR_INTERNAL;

	if (e == ERR_OK) {
		i->size = (int64_t)st.st_size;
		i->digest = arena_strdup(ctx->arena, digest);
		e = file_keep(rq->http, fd, path, digest);
	}
	if (fd >= 0)
		close(fd);
	if (e != ERR_OK)
		(void)unlink(path);
	return e;
}

static void issued_answer(struct json_out *out, const struct issue *i)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, i->id);
	json_key(out, "number");
	json_text(out, i->number);
	json_key(out, "version");
	json_int(out, i->version);
	json_key(out, "file");
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, i->file);
	json_key(out, "size");
	json_int(out, i->size);
	json_key(out, "mime");
	json_text(out, "application/pdf");
	json_close(out, '}');
	json_close(out, '}');
}

/* Asked for twice under one key it is issued once; what was drawn for the second lies unused. */
static enum err end_change(struct ctx *ctx, struct change *change)
{
	struct json_out out;
	struct buf b;

	TRY(issue_end(ctx, change->arg));
	buf_init(&b, ctx->arena, ANSWER_BYTES);
	json_out_init(&out, &b);
	issued_answer(&out, change->arg);
	change->answer = b.data;
	return ERR_OK;
}

enum err do_issue(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct issue i = {.form = request_param(rq, "form")};
	struct change end = {.fn = end_change, .arg = &i, .status = MHD_HTTP_CREATED};
	struct print_how how = {0};
	char path[FILE_PATH_BYTES], logo[FILE_PATH_BYTES];

	TRY(request_type(ctx, rq, &i.type));
	TRY(request_id(rq, "id", &i.record));
	TRY(body_only(ctx, rq, "replaces,reason"));
	TRY(body_id(ctx, rq, "replaces", false, &i.replaces));
	TRY(body_text(ctx, rq, "reason", false, &i.reason));
	TRY(request_write(ctx, rq, begin_fn, &i));
	how = (struct print_how){.number = i.number, .version = i.version};
	if (i.logo != NULL) {
		file_path(rq->http, i.logo, logo);
		how.logo = logo;
	}
	spool_name(rq, path);
	TRY(print_pdf_as(ctx, i.type, i.record, i.form, &how, "/proc/self/exe", path));
	TRY(pdf_keep(ctx, rq, path, &i));
	TRY(change_run(ctx, rq, &end));
	an->status = MHD_HTTP_CREATED;
	json_raw(&an->json, end.answer, strlen(end.answer));
	return ERR_OK;
}

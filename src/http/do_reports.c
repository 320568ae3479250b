/* do_reports.c: what leaves as a file or comes as one: reports, printed forms, exports, imports. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limit.h"
#include "http/file_store.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "report/export.h"
#include "report/figures.h"
#include "report/import.h"
#include "report/issue.h"
#include "report/print.h"
#include "store/store.h"

#define CSV_MIME "text/csv; charset=utf-8"
#define SHEET_MIME "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* ---- reports ---------------------------------------------------------------------------------------- */

struct report_read {
	struct answer *an;
	const char *name, *at;
	bool share;
};

static enum err report_list_fn(struct ctx *ctx, void *arg)
{
	struct report_read *r = arg;
	struct json_out *out = &r->an->json;

	answer_reset(r->an);
	json_open(out, '{');
	json_key(out, "reports");
	TRY(report_list_json(ctx, out));
	json_close(out, '}');
	return ERR_OK;
}

static enum err report_fn(struct ctx *ctx, void *arg)
{
	struct report_read *r = arg;

	answer_reset(r->an);
	return r->share ? report_share_json(ctx, r->name, r->at, &r->an->json)
	                : report_write_json(ctx, r->name, r->at, &r->an->json);
}

enum err do_report_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct report_read r = {.an = an};

	return store_read(ctx, report_list_fn, &r);
}

static enum err report_answer(struct ctx *ctx, struct request *rq, struct answer *an, bool share)
{
	struct report_read r = {.an = an, .name = request_param(rq, "name"), .share = share};

	r.at = request_query(rq, "date") ? request_query(rq, "date") : request_query(rq, "month");
	return store_read(ctx, report_fn, &r);
}

enum err do_report(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return report_answer(ctx, rq, an, false);
}

enum err do_report_share(struct ctx *ctx, struct request *rq, struct answer *an)
{
	return report_answer(ctx, rq, an, true);
}

/* ---- files that are made ------------------------------------------------------------------------------ */

/* The file goes out and is gone with its last byte. */
static enum err answer_file(struct answer *an, const char *path, const char *mime, const char *name, bool shown)
{
	struct stat st;

	an->file = open(path, O_RDONLY | O_CLOEXEC);
	(void)unlink(path);
	if (an->file < 0 || fstat(an->file, &st) != 0)
		return ERR_INTERNAL;
	an->file_bytes = (uint64_t)st.st_size;
	an->mime = mime;
	answer_disposition(an, name, shown);
	answer_header(an, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-store");
	return ERR_OK;
}

static enum err logo_fn(struct ctx *ctx, void *arg)
{
	return print_logo(ctx, arg);
}

enum err do_report_print(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const char *at = request_query(rq, "date") ? request_query(rq, "date") : request_query(rq, "month");
	struct print_how how = {0};
	const char *digest = NULL, *name = request_param(rq, "name");
	char path[FILE_PATH_BYTES], logo[FILE_PATH_BYTES];

	spool_name(rq, path);
	TRY(store_read(ctx, logo_fn, &digest));
	if (digest != NULL) {
		file_path(rq->http, digest, logo);
		how.logo = logo;
	}
	TRY(report_print_pdf(ctx, name, at, &how, "/proc/self/exe", path));
	return answer_file(an, path, "application/pdf", arena_printf(ctx->arena, "%s.pdf", name), true);
}

enum err do_print(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct type *t;
	const struct print_form *form;
	struct print_how how = {0};
	const char *digest = NULL;
	char path[FILE_PATH_BYTES], logo[FILE_PATH_BYTES];
	int64_t id;

	TRY(request_type(ctx, rq, &t));
	TRY(request_id(rq, "id", &id));
	form = print_form_of(t, request_param(rq, "form"));
	if (form == NULL)
		return ERR_NOT_FOUND;
	spool_name(rq, path);
	TRY(store_read(ctx, logo_fn, &digest));
	if (digest != NULL) {
		file_path(rq->http, digest, logo);
		how.logo = logo;
	}
	TRY(print_pdf_as(ctx, t, id, form->name, &how, "/proc/self/exe", path));
	return answer_file(an, path, "application/pdf",
	                   arena_printf(ctx->arena, "%s-%lld.pdf", label_in(&form->label, ctx->lang), (long long)id),
	                   true);
}

enum err do_export(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct export_job job = {0};
	const char *format = request_query(rq, "format");
	const struct type *t;
	char path[FILE_PATH_BYTES];
	int64_t rows;

	TRY(request_type(ctx, rq, &t));
	if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "xlsx") != 0)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "format", "bad_option", "must be csv or xlsx");
	job.format = format != NULL && strcmp(format, "xlsx") == 0 ? EXPORT_XLSX : EXPORT_CSV;
	TRY(request_list_query(ctx, rq, t, &job.query));
	spool_name(rq, path);
	job.path = path;
	TRY(export_run(ctx, &job, &rows));
	return answer_file(an, path, job.format == EXPORT_CSV ? CSV_MIME : SHEET_MIME, export_name(ctx, t, job.format),
	                   false);
}

/* ---- imports ------------------------------------------------------------------------------------------ */

struct template_sheet {
	const struct type *type;
	const char *path;
};

static enum err template_fn(struct ctx *ctx, void *arg)
{
	struct template_sheet *x = arg;

	return import_template_sheet(ctx, x->type, x->path);
}

enum err do_import_template(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const char *format = request_query(rq, "format");
	const struct type *t;
	struct template_sheet sheet;
	char path[FILE_PATH_BYTES];
	bool csv = format == NULL || strcmp(format, "csv") == 0;

	TRY(request_type(ctx, rq, &t));
	if (!csv && strcmp(format, "xlsx") != 0)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "format", "bad_option", "must be csv or xlsx");
	if (!access_may_create(ctx, t))
		return ERR_FORBIDDEN;
	const char *name = arena_printf(ctx->arena, "%s-%s.%s", label_in(&t->label, ctx->lang),
	                                ctx->lang == LANG_EN ? "template" : "模板", csv ? "csv" : "xlsx");
	if (csv) {
		an->mime = CSV_MIME;
		answer_disposition(an, name, false);
		return import_template(ctx, t, &an->body);
	}
	spool_name(rq, path);
	sheet = (struct template_sheet){.type = t, .path = path};
	TRY(store_read(ctx, template_fn, &sheet));
	return answer_file(an, path, SHEET_MIME, name, false);
}

static long fd_source(void *arg, void *bytes, size_t n)
{
	return (long)read(*(int *)arg, bytes, n);
}

enum err do_import(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct import_job job = {.source = fd_source, .source_arg = &rq->spool_fd};
	struct import_report report;

	TRY(request_type(ctx, rq, &job.type));
	if (rq->spool_fd < 0)
		return ctx_problem(ctx, ERR_INVALID, "", "empty_file",
		                   "the file is empty: its first row must hold the headings");
	if (lseek(rq->spool_fd, 0, SEEK_SET) != 0)
		return ERR_INTERNAL;
	job.dry_run = request_flag(rq, "dry_run");
	job.source_name = request_query(rq, "source");
	TRY(import_run(ctx, &job, &report));
	import_report_write_json(&an->json, &report);
	return ERR_OK;
}

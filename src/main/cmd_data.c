/* cmd_data.c: rows in and out, and the proof: import, export, verify, rebuild. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/flow.h"
#include "main/command.h"
#include "report/export.h"
#include "report/import.h"
#include "store/store.h"

enum { REBUILD_SLICE = 200, ERRORS_SHOWN = 50 };

/* One sub-command at work in one organisation. */
struct desk {
	struct house *house;
	struct arena *arena;
	struct edition *edition;
	struct ctx ctx;
};

static bool desk_open(struct job *job, const char *org, struct desk *d)
{
	if (org == NULL) {
		job_complain(job, "say which organisation: --org CODE\n");
		return false;
	}
	if (!job_house(job, org, &d->house))
		return false;
	d->arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	d->edition = job_enter(job, d->house, d->arena, &d->ctx);
	return true;
}

static void desk_close(struct desk *d)
{
	house_leave(d->edition);
	arena_free(d->arena);
	house_close(d->house);
}

/* ---- import ------------------------------------------------------------------------------------------- */

static long fd_source(void *arg, void *bytes, size_t n)
{
	return (long)read(*(int *)arg, bytes, n);
}

static bool import_progress(void *arg, const struct import_report *r)
{
	struct job *job = arg;

	if (r->rows % 20000 == 0)
		job_say(job, "%lld rows …\n", (long long)r->rows);
	return !job->gone;
}

static char *read_text(struct job *job, const char *path, size_t max, size_t *ret_len)
{
	int fd = open(job_path(job, path), O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || (size_t)st.st_size > max) {
		job_complain(job, "%s: %s\n", path, fd < 0 ? strerror(errno) : "is too large");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	char *text = arena_alloc(job->arena, (size_t)st.st_size + 1);
	ssize_t n = read(fd, text, (size_t)st.st_size);
	close(fd);
	*ret_len = n > 0 ? (size_t)n : 0;
	return text;
}

static int import_file(struct job *job, struct desk *d, const struct import_job *what, const char *path)
{
	struct import_report report;
	struct import_job import = *what;
	int fd = open(job_path(job, path), O_RDONLY | O_CLOEXEC);
	enum err e;

	if (fd < 0) {
		job_complain(job, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	import.source = fd_source;
	import.source_arg = &fd;
	import.progress = import_progress;
	import.progress_arg = job;
	e = import_run(&d->ctx, &import, &report);
	close(fd);
	if (e != ERR_OK)
		return job_failed(job, &d->ctx, e, path);
	for (size_t i = 0; i < report.n_errors && i < ERRORS_SHOWN; i++) {
		const struct import_error *x = &report.errors[i];

		job_complain(job, "row %lld: %s%s%s%s%s\n", (long long)x->row, x->field ? x->field : "",
		             x->field && *x->field ? ": " : "", x->code, x->detail ? ": " : "",
		             x->detail ? x->detail : "");
	}
	if (report.failed > ERRORS_SHOWN)
		job_complain(job, "… %lld rows failed in all\n", (long long)report.failed);
	job_say(job, "%s%lld rows: %lld new, %lld updated, %lld already there, %lld failed\n",
	        import.dry_run ? "dry run, " : "", (long long)report.rows, (long long)report.made,
	        (long long)report.updated, (long long)report.same, (long long)report.failed);
	return report.failed > 0 ? 1 : 0;
}

int command_import(struct job *job, struct words *w)
{
	const char *org = words_option(w, "--org"), *type = words_option(w, "--type"), *map = words_option(w, "--map");
	struct import_job import = {.dry_run = words_flag(w, "--dry-run")};
	struct desk d;
	size_t len = 0;
	char *text = NULL;
	int code = 1;

	if (!words_end(job, w, 1, 1))
		return 2;
	if (map != NULL && (text = read_text(job, map, LIMIT_YAML_BYTES, &len)) == NULL)
		return 1;
	if (!desk_open(job, org, &d))
		return 1;
	import.type = type ? model_type(d.ctx.model, type) : NULL;
	enum err e = text ? import_map_parse(&d.ctx, text, len, import.type, &import.map) : ERR_OK;
	if (e == ERR_OK && import.map != NULL)
		import.type = import.map->type;
	if (e != ERR_OK)
		code = job_failed(job, &d.ctx, e, map);
	else if (import.type == NULL)
		job_complain(job, "say which type: --type TYPE%s%s\n", type ? "; there is none called " : "",
		             type ? type : "");
	else
		code = import_file(job, &d, &import, w->argv[1]);
	desk_close(&d);
	return code;
}

/* ---- export ------------------------------------------------------------------------------------------- */

struct export_words {
	struct export_job job;
	const char *where, *columns, *sort;
	const struct type *type;
};

static enum err export_parse(struct ctx *ctx, void *arg)
{
	struct export_words *x = arg;

	return list_query_parse(ctx, x->type, x->where, x->sort, x->columns, NULL, NULL, &x->job.query);
}

int command_export(struct job *job, struct words *w)
{
	const char *org = words_option(w, "--org"), *type = words_option(w, "--type"),
	           *format = words_option(w, "--format");
	struct export_words x = {.where = words_option(w, "--where"),
	                         .columns = words_option(w, "--columns"),
	                         .sort = words_option(w, "--sort")};
	struct desk d;
	int64_t rows = 0;
	int code = 0;

	if (!words_end(job, w, 1, 1))
		return 2;
	if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "xlsx") != 0) {
		job_complain(job, "--format must be csv or xlsx\n");
		return 2;
	}
	if (!desk_open(job, org, &d))
		return 1;
	x.type = type ? model_type(d.ctx.model, type) : NULL;
	if (x.type == NULL) {
		job_complain(job, "say which type: --type TYPE\n");
		desk_close(&d);
		return 2;
	}
	size_t len = strlen(w->argv[1]);
	bool sheet = format ? strcmp(format, "xlsx") == 0 : len > 5 && strcmp(w->argv[1] + len - 5, ".xlsx") == 0;
	x.job.format = sheet ? EXPORT_XLSX : EXPORT_CSV;
	x.job.path = job_path(job, w->argv[1]);
	enum err e = store_read(&d.ctx, export_parse, &x);
	if (e == ERR_OK)
		e = export_run(&d.ctx, &x.job, &rows);
	if (e != ERR_OK)
		code = job_failed(job, &d.ctx, e, w->argv[1]);
	else
		job_say(job, "%lld rows to %s\n", (long long)rows, w->argv[1]);
	desk_close(&d);
	return code;
}

/* ---- every organisation, or one ----------------------------------------------------------------------- */

typedef int desk_fn(struct job *job, const char *code, struct desk *d);

static int each_org(struct job *job, struct words *w, desk_fn *fn)
{
	const char *org = words_option(w, "--org");
	const char **codes;
	size_t n;
	int code = 0;

	if (!words_end(job, w, 0, 0))
		return 2;
	if (!job_orgs(job, &org, &codes, &n))
		return 1;
	for (size_t i = 0; i < n && !job->gone; i++) {
		struct desk d;

		if (!desk_open(job, codes[i], &d)) {
			code = 1;
			continue;
		}
		if (fn(job, codes[i], &d) != 0)
			code = 1;
		desk_close(&d);
	}
	return code;
}

static int verify_org(struct job *job, const char *code, struct desk *d)
{
	struct verify_report r = {0};
	enum err e = flow_verify(&d->ctx, &r);

	if (e != ERR_OK)
		return job_failed(job, &d->ctx, e, code);
	job_say(job, "%s: %lld records, %lld events, %lld seals: %zu faults\n", code, (long long)r.records,
	        (long long)r.events, (long long)r.seals, r.n_faults);
	for (size_t i = 0; i < r.n_faults && i < 100; i++)
		job_complain(job, "  %s\n", r.faults[i]);
	return r.n_faults ? 1 : 0;
}

int command_verify(struct job *job, struct words *w)
{
	return each_org(job, w, verify_org);
}

struct rebuild {
	const struct type *type;
	int64_t from, next;
	size_t changed;
};

static enum err rebuild_fn(struct ctx *ctx, void *arg)
{
	struct rebuild *r = arg;

	return flow_rebuild(ctx, r->type, r->from, REBUILD_SLICE, &r->next, &r->changed);
}

static int rebuild_org(struct job *job, const char *code, struct desk *d)
{
	size_t changed = 0;

	for (size_t i = 0; i < d->ctx.model->n_types; i++) {
		struct rebuild r = {.type = &d->ctx.model->types[i]};

		do {
			struct arena_mark mark = arena_mark(d->arena);
			r.changed = 0;
			enum err e = store_write(&d->ctx, rebuild_fn, &r);
			if (e != ERR_OK)
				return job_failed(job, &d->ctx, e, code);
			changed += r.changed;
			r.from = r.next;
			arena_rewind(d->arena, mark);
		} while (r.next != 0 && !job->gone);
	}
	job_say(job, "%s: %zu changed\n", code, changed);
	return 0;
}

int command_rebuild(struct job *job, struct words *w)
{
	return each_org(job, w, rebuild_org);
}

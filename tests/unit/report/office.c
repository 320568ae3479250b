/* office.c: see office.h. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "office.h"

int64_t office_made(struct office *o, const char *type, const char *json)
{
	return house_made(&o->house, 0, type, json);
}

static int64_t person(struct office *o, const char *login, const char *name, const char *grants, int64_t team)
{
	struct house *h = &o->house;
	return house_person_with(h, login, house_role(h, grants), team,
	                         arena_printf(h->arena, "{\"name\":\"%s\"}", name));
}

int office_setup(void **state)
{
	struct office *o = calloc(1, sizeof(*o));
	house_open(&o->house, REAL_PACKS, "core", false);
	o->desk = house_team(&o->house, "KF", "客服部");
	o->works = house_team(&o->house, "GC", "工程部");
	o->admin = person(o, "admin", "管理员", "admin", o->desk);
	o->agent = person(o, "li", "李婷", "agent", o->desk);
	o->lead = person(o, "wang", "王敏", "lead", o->desk);
	o->worker = person(o, "zhao", "赵强", "worker", o->works);
	o->manager = person(o, "chen", "陈静", "manager", o->desk);
	snprintf(o->path, sizeof(o->path), "%s/out", o->house.ground.dir);
	*state = o;
	return 0;
}

int office_teardown(void **state)
{
	OFFICE;
	office_as(o, 0);
	struct verify_report report = house_verify(h);
	if (report.n_faults > 0)
		fail_msg("%s", report.faults[0]);
	assert_int_equal(house_rebuilt(h, 5000), 0);
	house_close(h);
	free(o);
	return 0;
}

static enum err who_fn(struct ctx *ctx, void *arg)
{
	struct who *who;
	TRY(who_load(ctx, *(int64_t *)arg, &who));
	ctx->who = who;
	return ERR_OK;
}

void office_as(struct office *o, int64_t user)
{
	struct ctx *ctx = &o->house.ctx;
	ctx_forget(ctx);
	ctx->who = &who_system;
	ctx->origin = "test";
	if (user != 0)
		OK(&o->house, store_read(ctx, who_fn, &user));
}

/* ---- imports ---------------------------------------------------------------------------------------- */

struct given {
	const char *text;
	size_t len, at;
};

static long give(void *arg, void *bytes, size_t n)
{
	struct given *g = arg;
	if (n > g->len - g->at)
		n = g->len - g->at;
	if (n > 4093) /* no round number: pieces end anywhere */
		n = 4093;
	memcpy(bytes, g->text + g->at, n);
	g->at += n;
	return (long)n;
}

static bool go_on(void *arg, const struct import_report *so_far)
{
	struct office *o = arg;
	return o->stop_after == 0 || so_far->rows < (int64_t)o->stop_after;
}

enum err office_import(struct office *o, int64_t user, const char *type, const char *map, const char *text, size_t len,
                       bool dry_run)
{
	struct given given = {.text = text, .len = len};
	struct import_job job = {.type = model_type(o->house.model, type),
	                         .source = give,
	                         .source_arg = &given,
	                         .dry_run = dry_run,
	                         .progress = go_on,
	                         .progress_arg = o};
	office_as(o, user);
	o->report = (struct import_report){0};
	if (map != NULL)
		TRY(import_map_parse(&o->house.ctx, map, strlen(map), job.type, &job.map));
	return import_run(&o->house.ctx, &job, &o->report);
}

enum err office_import_file(struct office *o, int64_t user, const char *type, const char *path)
{
	size_t len;
	const char *text = office_read(o, path, &len);
	return office_import(o, user, type, NULL, text, len, false);
}

const char *office_errors(struct office *o)
{
	struct buf b;
	buf_init(&b, o->house.arena, 1 << 20);
	buf_str(&b, "");
	for (size_t i = 0; i < o->report.n_errors; i++) {
		const struct import_error *e = &o->report.errors[i];
		buf_printf(&b, "%s%lld %s %s", i ? "; " : "", (long long)e->row, e->field, e->code);
	}
	return b.data;
}

/* ---- exports ---------------------------------------------------------------------------------------- */

struct asked {
	const struct type *type;
	const char *where, *columns;
	struct list_query *query;
};

static enum err parse_fn(struct ctx *ctx, void *arg)
{
	struct asked *a = arg;
	return list_query_parse(ctx, a->type, a->where, NULL, a->columns, NULL, NULL, a->query);
}

enum err office_export(struct office *o, int64_t user, const char *type, const char *where, const char *columns,
                       enum export_format format, int64_t *ret_rows)
{
	struct export_job job = {.format = format, .path = o->path};
	struct asked asked = {
	        .type = model_type(o->house.model, type), .where = where, .columns = columns, .query = &job.query};
	int64_t rows;
	office_as(o, user);
	TRY(store_read(&o->house.ctx, parse_fn, &asked));
	TRY(export_run(&o->house.ctx, &job, &rows));
	if (ret_rows != NULL)
		*ret_rows = rows;
	return ERR_OK;
}

char *office_read(struct office *o, const char *path, size_t *ret_len)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		fail_msg("%s can't be read", path);
	char *text = arena_alloc(o->house.arena, (size_t)st.st_size + 1);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	if (ret_len != NULL)
		*ret_len = (size_t)st.st_size;
	return text;
}

const char *office_command(struct office *o, const char *const argv[], int want_exit)
{
	int ends[2], status;
	struct buf b;
	char piece[4096];
	ssize_t n;
	buf_init(&b, o->house.arena, 8 << 20);
	buf_str(&b, "");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], piece, sizeof(piece))) > 0)
		buf_add(&b, piece, (size_t)n);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != want_exit)
		fail_msg("%s: status %d", argv[0], status);
	return b.data;
}

/* ---- answers ----------------------------------------------------------------------------------------- */

struct answer {
	office_fn *fn;
	void *arg;
	struct buf buf;
};

static enum err answer_fn(struct ctx *ctx, void *arg)
{
	struct answer *a = arg;
	struct json_out out;
	buf_init(&a->buf, ctx->arena, 8 << 20);
	json_out_init(&out, &a->buf);
	return a->fn(ctx, a->arg, &out);
}

enum err office_json(struct office *o, int64_t user, office_fn *fn, void *arg, json_t **ret_json)
{
	struct ctx *ctx = &o->house.ctx;
	struct answer a = {.fn = fn, .arg = arg};
	struct arena_mark mark = arena_mark(ctx->arena); /* a request's memory ends with it */
	office_as(o, user);
	TRY(store_read(ctx, answer_fn, &a));
	*ret_json = json_loadb(a.buf.data, a.buf.len, 0, NULL);
	assert_non_null(*ret_json);
	arena_on_clear(o->house.arena, (void (*)(void *))json_decref, *ret_json);
	ctx->who = &who_system;
	arena_rewind(ctx->arena, mark);
	return ERR_OK;
}

/* house.c: see house.h. */
#include "house.h"

#include "flow/due.h"

struct job {
	int64_t user, id, version, file;
	const struct type *type;
	const char *name, *text;
	json_t *json;
	bool internal;
	struct record *r;
	struct value value;
	int64_t count;
	enum house_view view;
	struct buf buf;
};

struct call {
	int64_t user;
	store_fn *fn;
	void *arg;
};

static enum err as_user(struct ctx *ctx, void *arg)
{
	const struct call *call = arg;
	struct who *who;
	ctx->who = &who_system;
	if (call->user != 0) {
		TRY(who_load(ctx, call->user, &who));
		ctx->who = who;
	}
	return call->fn(ctx, call->arg);
}

enum err house_read(struct house *h, int64_t user, store_fn *fn, void *arg)
{
	struct call call = {user, fn, arg};
	ctx_forget(&h->ctx);
	enum err e = store_read(&h->ctx, as_user, &call);
	h->ctx.who = NULL;
	return e;
}

enum err house_write(struct house *h, int64_t user, store_fn *fn, void *arg)
{
	struct call call = {user, fn, arg};
	ctx_forget(&h->ctx);
	enum err e = store_write(&h->ctx, as_user, &call);
	h->ctx.who = NULL;
	return e;
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *j = json_loads(text ? text : "{}", 0, &error);
	if (j == NULL)
		fail_msg("%s in %s", error.text, text);
	return j;
}

static const struct type *typed(struct house *h, const char *name)
{
	const struct type *t = model_type(h->model, name);
	if (t == NULL)
		fail_msg("no type %s", name);
	return t;
}

const char *house_problem(const struct house *h)
{
	const struct problems *p = &h->ctx.problems;
	return p->n == 0 ? ""
	                 : arena_printf(h->arena, "%s: %s (%s)", p->list[p->n - 1].field, p->list[p->n - 1].code,
	                                p->list[p->n - 1].detail ? p->list[p->n - 1].detail : "");
}

bool house_has_problem(const struct house *h, const char *field, const char *code)
{
	for (size_t i = 0; i < h->ctx.problems.n; i++)
		if (strcmp(h->ctx.problems.list[i].field, field) == 0 &&
		    strcmp(h->ctx.problems.list[i].code, code) == 0)
			return true;
	return false;
}

/* ---- writing -------------------------------------------------------------------------------------- */

static enum err create_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	return flow_create(ctx, job->type, job->json, &job->r);
}

enum err house_create(struct house *h, int64_t user, const char *type, const char *json, int64_t *ret_id)
{
	struct job job = {.user = user, .type = typed(h, type), .json = parse(json)};
	enum err e = house_write(h, job.user, create_fn, &job);
	json_decref(job.json);
	if (e == ERR_OK && ret_id != NULL)
		*ret_id = job.r->id;
	return e;
}

static enum err change_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	return flow_change(ctx, job->type, job->id, job->version, job->json, &job->r);
}

enum err house_change(struct house *h, int64_t user, const char *type, int64_t id, int64_t version, const char *json)
{
	struct job job = {.user = user, .type = typed(h, type), .id = id, .version = version, .json = parse(json)};
	enum err e = house_write(h, job.user, change_fn, &job);
	json_decref(job.json);
	return e;
}

static enum err do_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	TRY(flow_do(ctx, job->type, job->id, job->version, job->name, job->json, &job->r));
	/* What is returned is what is stored. */
	struct record *stored;
	TRY(record_load(ctx, job->type, job->id, &stored));
	assert_int_equal(stored->version, job->r->version);
	return ERR_OK;
}

enum err house_do_at(struct house *h, int64_t user, const char *type, int64_t id, int64_t version,
                     const char *transition, const char *json)
{
	struct job job = {.user = user,
	                  .type = typed(h, type),
	                  .id = id,
	                  .version = version,
	                  .name = transition,
	                  .json = parse(json)};
	enum err e = house_write(h, job.user, do_fn, &job);
	json_decref(job.json);
	return e;
}

enum err house_do(struct house *h, int64_t user, const char *type, int64_t id, const char *transition, const char *json)
{
	return house_do_at(h, user, type, id, house_int(h, type, id, "version"), transition, json);
}

static enum err remove_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	return flow_remove(ctx, job->type, job->id, job->version, job->json);
}

enum err house_remove(struct house *h, int64_t user, const char *type, int64_t id)
{
	struct job job = {.user = user, .type = typed(h, type), .id = id, .json = parse("{\"reason\":\"登记错误\"}")};
	job.version = house_int(h, type, id, "version");
	enum err e = house_write(h, job.user, remove_fn, &job);
	json_decref(job.json);
	return e;
}

static enum err comment_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	return flow_comment(ctx, job->type, job->id, job->text, job->internal, &job->file, job->file ? 1 : 0);
}

enum err house_comment(struct house *h, int64_t user, const char *type, int64_t id, const char *text, bool internal,
                       int64_t file)
{
	struct job job = {
	        .user = user, .type = typed(h, type), .id = id, .text = text, .internal = internal, .file = file};
	return house_write(h, job.user, comment_fn, &job);
}

static enum err reveal_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	return flow_reveal(ctx, job->type, job->id, job->name, job->text, &job->value);
}

enum err house_reveal(struct house *h, int64_t user, const char *type, int64_t id, const char *field,
                      const char *reason, const char **ret_text)
{
	struct job job = {.user = user, .type = typed(h, type), .id = id, .name = field, .text = reason};
	enum err e = house_write(h, job.user, reveal_fn, &job);
	if (e == ERR_OK)
		*ret_text = job.value.kind == VALUE_TEXT ? job.value.s : "";
	return e;
}

/* ---- looking ---------------------------------------------------------------------------------------- */

static enum err sql_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	sql_literal_(&q, job->text);
	return sql_run(ctx, &q, &job->count);
}

void house_sql(struct house *h, const char *text)
{
	struct job job = {.text = text};
	OK(h, house_write(h, job.user, sql_fn, &job));
	assert_true(job.count > 0);
}

static enum err count_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	sql_literal_(&q, job->text);
	return sql_one_int(ctx, &q, &job->count);
}

int64_t house_count(struct house *h, const char *text)
{
	struct job job = {.text = text};
	OK(h, house_read(h, job.user, count_fn, &job));
	return job.count;
}

static enum err load_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	return record_load(ctx, job->type, job->id, &job->r);
}

static struct record *loaded(struct house *h, const char *type, int64_t id)
{
	struct problems kept = h->ctx.problems;
	struct job job = {.type = typed(h, type), .id = id};
	OK(h, house_read(h, job.user, load_fn, &job));
	h->ctx.problems = kept;
	return job.r;
}

int64_t house_int(struct house *h, const char *type, int64_t id, const char *field)
{
	struct record *r = loaded(h, type, id);
	return strcmp(field, "version") == 0 ? r->version : record_int(r, field);
}

const char *house_text(struct house *h, const char *type, int64_t id, const char *field)
{
	const char *text = record_text(loaded(h, type, id), field);
	return text ? text : "";
}

static enum err last_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select max(id) from ");
	sql_name(&q, job->type->table);
	return sql_one_int(ctx, &q, &job->count);
}

int64_t house_last(struct house *h, const char *type)
{
	struct job job = {.type = typed(h, type)};
	OK(h, house_read(h, job.user, last_fn, &job));
	return job.count;
}

static enum err view_fn(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct json_out out;
	struct record *r;
	int64_t version;
	buf_init(&job->buf, ctx->arena, 1 << 20);
	json_out_init(&out, &job->buf);
	if (job->view == VIEW_PAGE)
		return record_page_write_json(ctx, job->type, job->id, &out, &version);
	TRY(record_load(ctx, job->type, job->id, &r));
	return job->view == VIEW_CHAIN ? chain_write_json(ctx, r, &out) : timeline_write_json(ctx, r, NULL, 50, &out);
}

enum err house_view(struct house *h, int64_t user, const char *type, int64_t id, enum house_view view,
                    json_t **ret_json)
{
	struct job job = {.user = user, .type = typed(h, type), .id = id, .view = view};
	TRY(house_read(h, job.user, view_fn, &job));
	*ret_json = parse(job.buf.data);
	return ERR_OK;
}

/* ---- due work, proof ----------------------------------------------------------------------------------- */

size_t house_worked(struct house *h)
{
	size_t n, all = 0;
	int64_t next;
	do {
		OK(h, due_run(&h->ctx, &n, &next));
		all += n;
	} while (n > 0);
	return all;
}

struct verify_report house_verify(struct house *h)
{
	struct verify_report report;
	h->ctx.who = &who_system;
	OK(h, flow_verify(&h->ctx, &report));
	h->ctx.who = NULL;
	return report;
}

struct rebuild {
	const struct type *type;
	size_t batch, changed;
	int64_t from, next;
};

static enum err rebuild_fn(struct ctx *ctx, void *arg)
{
	struct rebuild *b = arg;
	return flow_rebuild(ctx, b->type, b->from, b->batch, &b->next, &b->changed);
}

size_t house_rebuilt(struct house *h, size_t batch)
{
	size_t sum = 0;
	for (size_t i = 0; i < h->model->n_types; i++) {
		struct rebuild b = {.type = &h->model->types[i], .batch = batch};
		do {
			OK(h, house_write(h, 0, rebuild_fn, &b));
			sum += b.changed;
			b.from = b.next;
		} while (b.next != 0);
	}
	return sum;
}

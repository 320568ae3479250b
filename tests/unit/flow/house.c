/* house.c: see house.h. */
#include "house.h"

struct packs {
	struct pack_text *texts;
	size_t n;
};

struct job {
	const struct packs *packs;
	struct house *h;
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
	store_fn *fn;
};

static enum err as_user(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct who *who;
	ctx->who = &who_system;
	if (job->user != 0) {
		TRY(who_load(ctx, job->user, &who));
		ctx->who = who;
	}
	return job->fn(ctx, job);
}

static enum err run(struct house *h, struct job *job, store_fn *fn, bool write)
{
	job->h = h;
	job->fn = fn;
	ctx_forget(&h->ctx);
	enum err e = write ? store_write(&h->ctx, as_user, job) : store_read(&h->ctx, as_user, job);
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
	enum err e = run(h, &job, create_fn, true);
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
	enum err e = run(h, &job, change_fn, true);
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
	enum err e = run(h, &job, do_fn, true);
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
	enum err e = run(h, &job, remove_fn, true);
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
	return run(h, &job, comment_fn, true);
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
	enum err e = run(h, &job, reveal_fn, true);
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
	OK(h, run(h, &job, sql_fn, true));
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
	OK(h, run(h, &job, count_fn, false));
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
	OK(h, run(h, &job, load_fn, false));
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
	OK(h, run(h, &job, last_fn, false));
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
	TRY(run(h, &job, view_fn, false));
	*ret_json = parse(job.buf.data);
	return ERR_OK;
}

/* ---- the house ---------------------------------------------------------------------------------------- */

static enum err apply_fn(struct ctx *ctx, void *arg)
{
	const struct packs *packs = ((struct job *)arg)->packs;
	return pack_apply(ctx, ctx->model, packs->texts, packs->n, false);
}

static int64_t made(struct house *h, const char *type, const char *json)
{
	int64_t id;
	OK(h, house_create(h, 0, type, json, &id));
	return id;
}

static int64_t person(struct house *h, const char *login, int64_t role, int64_t team)
{
	return made(h, "user",
	            arena_printf(h->arena,
	                         "{\"login\":\"%s\",\"name\":\"%s\",\"roles\":[\"%lld\"],\"teams\":[\"%lld\"]}", login,
	                         login, (long long)role, (long long)team));
}

static int64_t role(struct house *h, const char *name)
{
	return made(h, "role", arena_printf(h->arena, "{\"name\":\"%s\",\"grants\":[\"%s\"]}", name, name));
}

static void people_make(struct house *h)
{
	h->desk = made(h, "team", "{\"name\":\"客服部\"}");
	h->works = made(h, "team", "{\"name\":\"工程部\"}");
	h->other = made(h, "team", "{\"name\":\"二部\"}");
	int64_t agent = role(h, "agent"), lead = role(h, "lead");
	h->li = person(h, "li", agent, h->desk);
	h->wang = person(h, "wang", lead, h->desk);
	h->zhao = person(h, "zhao", role(h, "worker"), h->works);
	h->head = person(h, "head", role(h, "head"), h->works);
	h->chen = person(h, "chen", agent, h->other);
	h->admin = person(h, "admin", role(h, "admin"), h->desk);
}

void house_open(struct house *h, const char *packs_dir, const char *names, bool people)
{
	*h = (struct house){0};
	snprintf(h->dir, sizeof(h->dir), "/tmp/shouwen-flow-XXXXXX");
	if (mkdtemp(h->dir) == NULL)
		fail();
	const char *url = getenv("SHOUWEN_TEST_PG");
	struct store_config config = {.dir = h->dir, .url = url && *url ? url : NULL};
	if (store_open(&config, &h->store, h->why, sizeof(h->why)) != ERR_OK)
		fail_msg("%s", h->why);
	org_drop(h->store, "flowtest");
	if (org_create(h->store, "flowtest", &h->org, h->why, sizeof(h->why)) != ERR_OK)
		fail_msg("%s", h->why);
	h->arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	assert_int_equal(zone_load("Asia/Shanghai", &h->zone), ERR_OK);
	h->ids = ids_new(1);
	struct packs packs;
	struct pack_report report = {0};
	if (pack_read_dir(h->arena, packs_dir, names, &packs.texts, &packs.n, h->why, sizeof(h->why)) != ERR_OK)
		fail_msg("%s", h->why);
	if (model_load(h->arena, packs.texts, packs.n, &h->model, &report) != ERR_OK) {
		for (size_t i = 0; i < report.n; i++)
			print_error("%s:%d %s\n", report.list[i].path, report.list[i].line, report.list[i].message);
		fail_msg("the pack does not load");
	}
	/* 2026-11-23 10:00 in Shanghai, a Monday. */
	h->ctx = (struct ctx){.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES),
	                      .org = h->org,
	                      .model = h->model,
	                      .now_ms = INT64_C(1795399200000),
	                      .zone = h->zone,
	                      .ids = h->ids,
	                      .origin = "test"};
	struct job job = {.packs = &packs};
	OK(h, run(h, &job, apply_fn, true));
	if (people)
		people_make(h);
}

void house_close(struct house *h)
{
	arena_free(h->ctx.arena);
	org_drop(h->store, "flowtest");
	store_close(h->store);
	model_unref(h->model);
	ids_free(h->ids);
	zone_free(h->zone);
	/* Empty by now: the organisation was dropped. */
	static const char *const folders[] = {"orgs", "backups", ""};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		rmdir(arena_printf(h->arena, "%s/%s", h->dir, folders[i]));
	arena_free(h->arena);
}

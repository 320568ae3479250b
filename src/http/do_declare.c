/* do_declare.c: a declaration tried, put in force, taken away. */
#include "base/clock.h"
#include "flow/duty.h"
#include "flow/effect.h"
#include "http/declare.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/yaml_write.h"
#include "store/store.h"

enum { NOTE_CHARS_MAX = 300 };

static void drop_model(void *arg)
{
	model_unref(arg);
}

void model_until_clear(struct ctx *ctx, struct model *m)
{
	arena_on_clear(ctx->arena, drop_model, m);
}

/* ---- what it would be ----------------------------------------------------------------------------------- */

enum err declare_model(struct ctx *ctx, struct declare *d)
{
	d->model = NULL;
	d->report = (struct pack_report){0};
	TRY(declare_texts(ctx, d));
	TRY(model_load_texts(ctx, d->texts, d->n, &d->model, &d->report));
	model_until_clear(ctx, d->model);
	return ERR_OK;
}

void report_problems(struct ctx *ctx, const struct pack_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct pack_problem *f = &report->list[i];

		if (!f->warning)
			(void)ctx_problem(ctx, ERR_INVALID, arena_printf(ctx->arena, "%s/%s", f->pack, f->path), "pack",
			                  "%d:%d %s", f->line, f->column, f->message);
	}
}

static enum err effect_written(struct ctx *ctx, const struct declare *d, struct json_out *out)
{
	const struct duty *duty = strcmp(d->section, "duties") == 0 ? duty_named(d->model, d->name) : NULL;

	if (strcmp(d->section, "clocks") == 0)
		return effect_of_clocks(ctx, d->type, d->name, NULL, out);
	if (strcmp(d->section, "calendars") == 0)
		return effect_of_clocks(ctx, NULL, NULL, d->name, out);
	if (strcmp(d->section, "holidays") == 0)
		return effect_of_clocks(ctx, NULL, NULL, NULL, out);
	if (duty != NULL)
		return effect_of_duty(ctx, duty, out);
	for (size_t i = 0; strcmp(d->section, "approvals") == 0 && i < d->model->n_approvals; i++)
		if (strcmp(d->model->approvals[i].name, d->name) == 0)
			return effect_of_approval(ctx, &d->model->approvals[i], out);
	for (size_t i = 0; strcmp(d->section, "queues") == 0 && i < d->model->n_queues; i++)
		if (strcmp(d->model->queues[i].name, d->name) == 0)
			return effect_of_queue(ctx, &d->model->queues[i], out);
	for (size_t i = 0; strcmp(d->section, "notices") == 0 && i < d->model->n_templates; i++)
		if (strcmp(d->model->templates[i].name, d->name) == 0)
			return effect_of_notice(ctx, &d->model->templates[i], out);
	json_none(out);
	return ERR_OK;
}

enum err declare_effect(struct ctx *ctx, const struct declare *d, struct json_out *out)
{
	const struct model *model = ctx->model;
	enum err e;

	model_foresee(d->model, model);
	ctx->model = d->model;
	e = effect_written(ctx, d, out);
	ctx->model = model;
	return e;
}

/* ---- what was asked --------------------------------------------------------------------------------------- */

static enum err declare_asked(struct ctx *ctx, struct request *rq, struct declare *d)
{
	d->section = request_param(rq, "section");
	if (!section_known(d->section))
		return ERR_NOT_FOUND;
	TRY(body_only(ctx, rq, "pack,path,type,name,json,yaml,note"));
	TRY(body_text(ctx, rq, "name", true, &d->name));
	TRY(body_text(ctx, rq, "type", false, &d->type));
	TRY(body_text(ctx, rq, "yaml", false, &d->yaml));
	TRY(body_text(ctx, rq, "note", false, &d->note));
	TRY(body_text(ctx, rq, "pack", false, &d->pack));
	TRY(body_text(ctx, rq, "path", false, &d->path));
	d->json = json_object_get(rq->json, "json");
	if (json_is_null(d->json))
		d->json = NULL;
	if (!section_of_type(d->section))
		d->type = NULL;
	return ERR_OK;
}

enum err declare_name(struct ctx *ctx, const struct declare *d)
{
	size_t n = strspn(d->name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (n == 0 || d->name[n] != '\0' || n > LIMIT_NAME_BYTES || d->name[0] < 'a')
		return ctx_problem(ctx, ERR_INVALID, "name", "bad_name", "a-z, then a-z, 0-9 and _, at most %d",
		                   LIMIT_NAME_BYTES);
	if (d->type != NULL && model_type(ctx->model, d->type) == NULL)
		return ctx_problem(ctx, ERR_INVALID, "type", "unknown_type", "there is no such type");
	if (d->note != NULL && strlen(d->note) > (size_t)4 * NOTE_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "note", "too_long", "at most %d characters", NOTE_CHARS_MAX);
	return ERR_OK;
}

/* ---- tried -------------------------------------------------------------------------------------------------- */

static void write_problem(struct json_out *out, const char *path, int line, const char *message)
{
	json_open(out, '{');
	json_key(out, "path");
	json_text(out, path);
	json_key(out, "line");
	line > 0 ? json_int(out, line) : json_none(out);
	json_key(out, "message");
	json_text(out, message);
	json_close(out, '}');
}

static void write_problems(struct ctx *ctx, const struct declare *d, struct json_out *out)
{
	json_key(out, "problems");
	json_open(out, '[');
	if (d->fault.message[0] != '\0')
		write_problem(out, d->file.path, d->line + d->fault.line - 1, d->fault.message);
	for (size_t i = 0; i < ctx->problems.n; i++)
		write_problem(out, d->file.path, 0, ctx->problems.list[i].detail);
	for (size_t i = 0; i < d->report.n; i++) {
		const struct pack_problem *p = &d->report.list[i];

		if (!p->warning)
			write_problem(out, arena_printf(ctx->arena, "%s/%s", p->pack, p->path), p->line, p->message);
	}
	json_close(out, ']');
}

/* Both forms of it, as far as it could be read. */
static void write_forms(struct ctx *ctx, const struct declare *d, struct json_out *out)
{
	json_t *j = d->tree != NULL && d->tree->kind == YAML_MAP ? yaml_to_json(d->tree) : NULL;
	struct buf b;

	json_key(out, "json");
	if (j != NULL) {
		json_tree(out, json_kept(ctx->arena, j));
	} else {
		json_none(out);
	}
	json_key(out, "yaml");
	buf_init(&b, ctx->arena, LIMIT_YAML_BYTES);
	if (d->shown == NULL && j != NULL)
		yaml_write_map(&b, d->tree, 0);
	json_text(out, d->shown ? d->shown : j != NULL && !b.over ? b.data : NULL);
}

static void write_check(struct ctx *ctx, const struct declare *d, bool ok, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "ok");
	json_bool(out, ok);
	write_problems(ctx, d, out);
	json_key(out, "text");
	json_open(out, '{');
	json_key(out, "before");
	json_text(out, d->before);
	json_key(out, "after");
	json_text(out, d->file.body);
	json_close(out, '}');
	write_forms(ctx, d, out);
}

static enum err check_read(struct ctx *ctx, void *arg)
{
	struct declare *d = arg;
	struct json_out *out = &d->an->json;
	const char *yaml = d->yaml;
	enum err e = declare_model(ctx, d);

	d->yaml = yaml;
	if (e != ERR_OK && e != ERR_INVALID)
		return e;
	answer_reset(d->an);
	write_check(ctx, d, e == ERR_OK, out);
	ctx_forget(ctx);
	json_key(out, "effect");
	if (e == ERR_OK)
		TRY(declare_effect(ctx, d, out));
	else
		json_none(out);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_declare_check(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct declare d = {.rq = rq, .an = an};

	TRY(declare_asked(ctx, rq, &d));
	TRY(declare_name(ctx, &d));
	return store_read_slow(ctx, check_read, &d);
}

/* ---- in force ------------------------------------------------------------------------------------------------- */

static void fault_problem(struct ctx *ctx, const struct declare *d)
{
	if (d->fault.message[0] != '\0')
		(void)ctx_problem(ctx, ERR_INVALID, d->file.path ? d->file.path : "yaml", "syntax", "%d:%d %s",
		                  d->line + d->fault.line - 1, d->fault.column, d->fault.message);
	report_problems(ctx, &d->report);
}

static enum err put_write(struct ctx *ctx, void *arg)
{
	struct declare *d = arg;
	/* A clock's columns hold what is derived from its spans: they may go with it. */
	bool clock = d->remove && strcmp(d->section, "clocks") == 0;
	struct pack_put put = {.note = d->note, .allow_drop = clock, .derived = clock};
	const char *yaml = d->yaml;
	enum err e = declare_model(ctx, d);

	d->yaml = yaml;
	if (e == ERR_INVALID)
		fault_problem(ctx, d);
	TRY(e);
	TRY(pack_put(ctx, d->model, d->texts, d->n, &put));
	d->change = put.change;
	return ERR_OK;
}

enum err declare_save(struct ctx *ctx, struct declare *d)
{
	char why[1024];

	ctx->large = true;
	TRY(request_write(ctx, d->rq, put_write, d));
	return house_reload(d->rq->house, why, sizeof(why)) == ERR_OK ? ERR_OK : ERR_INTERNAL;
}

struct foreseen {
	struct declare *d;
	struct buf effect;
};

/* What it does to what runs is worked out before it is put: it is told, and takes too long for a transaction. */
static enum err foresee(struct ctx *ctx, void *arg)
{
	struct foreseen *f = arg;
	struct json_out out;
	const char *yaml = f->d->yaml;
	enum err e = declare_model(ctx, f->d);

	f->d->yaml = yaml;
	if (e == ERR_INVALID)
		fault_problem(ctx, f->d);
	TRY(e);
	buf_init(&f->effect, ctx->arena, LIMIT_YAML_BYTES);
	json_out_init(&out, &f->effect);
	return declare_effect(ctx, f->d, &out);
}

static enum err declare_put(struct ctx *ctx, struct declare *d)
{
	struct foreseen f = {.d = d};
	struct json_out *out = &d->an->json;

	TRY(store_read_slow(ctx, foresee, &f));
	TRY(declare_save(ctx, d));
	json_open(out, '{');
	json_key(out, "change");
	json_id(out, d->change);
	json_key(out, "effect");
	json_raw(out, f.effect.data, f.effect.len);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_declare_put(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct declare d = {.rq = rq, .an = an};

	TRY(declare_asked(ctx, rq, &d));
	TRY(declare_name(ctx, &d));
	return declare_put(ctx, &d);
}

enum err do_declare_remove(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct declare d = {.rq = rq, .an = an, .remove = true, .section = request_param(rq, "section")};

	d.name = request_query(rq, "name");
	d.type = request_query(rq, "type");
	if (!section_known(d.section))
		return ERR_NOT_FOUND;
	if (!section_of_type(d.section) || (d.type != NULL && d.type[0] == '\0'))
		d.type = NULL;
	if (d.name == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "name", "required", "which one?");
	TRY(declare_name(ctx, &d));
	return declare_put(ctx, &d);
}

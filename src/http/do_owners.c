/* do_owners.c: who stands in for whom, what happens when somebody leaves, and matters that have to do with each other.
 */
#include "flow/flow.h"
#include "flow/owners.h"
#include "flow/relate.h"
#include "flow/split.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "model/access.h"
#include "store/store.h"

/* ---- leaving ------------------------------------------------------------------------------------------- */

struct leaving {
	int64_t user;
	struct answer *an;
};

static enum err leaving_read(struct ctx *ctx, void *arg)
{
	struct leaving *l = arg;

	return leaving_write_json(ctx, l->user, &l->an->json);
}

enum err do_leaving(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct leaving l = {.an = an};

	TRY(request_id(rq, "id", &l.user));
	return store_read(ctx, leaving_read, &l);
}

/* ---- one's own absence ----------------------------------------------------------------------------------- */

static const char *const absence_fields[][2] = {
        {"from", "absent_from"}, {"until", "absent_until"}, {"deputy", "deputy"}};
enum { ABSENCE_FIELDS = sizeof(absence_fields) / sizeof(absence_fields[0]) };

/* He may say this of himself, whatever he may write of users. */
static enum err absence_run(struct ctx *ctx, void *arg)
{
	const struct who *me = ctx->who;
	struct who as = {.id = me->id, .login = me->login, .name = me->name, .system = true};
	const json_t *said = arg;
	json_t *fields = json_object();
	struct record *r;
	enum err e;

	if (fields == NULL)
		abort();
	for (int i = 0; i < ABSENCE_FIELDS; i++) {
		json_t *value = json_object_get(said, absence_fields[i][0]);

		if (value != NULL && json_object_set(fields, absence_fields[i][1], value) != 0)
			abort();
	}
	e = record_load(ctx, ctx->model->user, me->id, &r);
	ctx->who = &as;
	if (e == ERR_OK)
		e = flow_change(ctx, ctx->model->user, me->id, r->version, fields, &r);
	ctx->who = me;
	json_decref(fields);
	return e;
}

static enum err absence_read(struct ctx *ctx, void *arg)
{
	struct answer *an = arg;
	struct json_out *out = &an->json;
	const struct type *t = ctx->model->user;
	int64_t deputy;
	struct record *r;
	const char *name = NULL;

	TRY(record_load(ctx, t, ctx->who->id, &r));
	json_open(out, '{');
	for (int i = 0; i < 2; i++) {
		int64_t at = record_int(r, absence_fields[i][1]);

		json_at(out, absence_fields[i][0], at);
	}
	deputy = record_int(r, "deputy");
	if (deputy != 0)
		TRY(record_titles(ctx, t, &deputy, 1, &name));
	json_key(out, "deputy");
	if (deputy != 0) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, deputy);
		json_key(out, "label");
		json_text(out, name ? name : "");
		json_close(out, '}');
	} else {
		json_none(out);
	}
	json_close(out, '}');
	return ERR_OK;
}

enum err do_absence(struct ctx *ctx, struct request *rq, struct answer *an)
{
	TRY(body_only(ctx, rq, "from,until,deputy"));
	TRY(request_write(ctx, rq, absence_run, rq->json));
	return store_read(ctx, absence_read, an);
}

/* ---- links between matters --------------------------------------------------------------------------------- */

struct linking {
	const struct type *type;
	int64_t id, other, link;
	const char *kind;
};

static enum err link_add_run(struct ctx *ctx, struct change *c)
{
	struct linking *l = c->arg;

	TRY(flow_link_add(ctx, l->type, l->id, l->kind, l->other, &l->link));
	c->answer = arena_printf(ctx->arena, "{\"id\":\"%lld\"}", (long long)l->link);
	return ERR_OK;
}

enum err do_link_add(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct linking l = {0};
	struct change c = {.fn = link_add_run, .arg = &l, .status = 201};

	TRY(request_type(ctx, rq, &l.type));
	TRY(request_id(rq, "id", &l.id));
	TRY(body_only(ctx, rq, "kind,other"));
	TRY(body_text(ctx, rq, "kind", true, &l.kind));
	TRY(body_id(ctx, rq, "other", true, &l.other));
	TRY(change_run(ctx, rq, &c));
	an->status = 201;
	buf_str(&an->body, c.answer);
	return ERR_OK;
}

static enum err link_remove_run(struct ctx *ctx, void *arg)
{
	const struct linking *l = arg;

	return flow_link_remove(ctx, l->type, l->id, l->link);
}

enum err do_link_remove(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct linking l = {0};

	TRY(request_type(ctx, rq, &l.type));
	TRY(request_id(rq, "id", &l.id));
	TRY(request_id(rq, "link", &l.link));
	TRY(request_write(ctx, rq, link_remove_run, &l));
	answer_nothing(an);
	return ERR_OK;
}

/* ---- one matter that becomes several ------------------------------------------------------------------------- */

enum { SPLIT_BYTES_MAX = 4 << 20 };

struct splitting {
	const struct type *type;
	int64_t id, version;
	const json_t *parts;
};

static void split_out(struct ctx *ctx, struct buf *b, struct json_out *out)
{
	buf_init(b, ctx->arena, SPLIT_BYTES_MAX);
	json_out_init(out, b);
}

static enum err split_run(struct ctx *ctx, struct change *c)
{
	const struct splitting *s = c->arg;
	struct json_out out;
	struct buf b;

	split_out(ctx, &b, &out);
	TRY(flow_split(ctx, s->type, s->id, s->version, s->parts, &out));
	c->answer = b.data;
	return ERR_OK;
}

static enum err split_preview_run(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	const struct splitting *s = c->arg;
	struct json_out out;
	struct buf b;

	split_out(ctx, &b, &out);
	TRY(flow_split_preview(ctx, s->type, s->id, s->parts, &out));
	c->answer = b.data;
	return ERR_OK;
}

enum err do_split(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct splitting s = {0};
	struct change c = {.fn = split_run, .arg = &s, .status = 201};

	TRY(request_type(ctx, rq, &s.type));
	TRY(request_id(rq, "id", &s.id));
	TRY(body_only(ctx, rq, "parts"));
	s.parts = json_object_get(rq->json, "parts");
	if (request_flag(rq, "preview")) {
		TRY(request_write(ctx, rq, split_preview_run, &c));
	} else {
		TRY(request_version(ctx, rq, &s.version));
		TRY(change_run(ctx, rq, &c));
		an->status = 201;
	}
	buf_str(&an->body, c.answer);
	return ERR_OK;
}

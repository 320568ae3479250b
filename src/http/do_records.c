/* do_records.c: records: lists, one record, changes, transitions, comments, timeline. */
#include "flow/flow.h"
#include "flow/owners.h"
#include "http/handlers.h"
#include "http/server.h"
#include "http/write.h"
#include "store/store.h"

enum { LIST_PRESET = 25, TIMELINE_PRESET = 50, LEAVING_BYTES_MAX = 256 << 10 };

/* ---- one record ------------------------------------------------------------------------------------ */

struct page {
	const struct type *type;
	int64_t id;
	int64_t version;
	struct answer *an;
};

static enum err page_read(struct ctx *ctx, void *arg)
{
	struct page *p = arg;

	return record_page_write_json(ctx, p->type, p->id, &p->an->json, &p->version);
}

/* The page is one object, closed: who watches it is known only here and goes in at its end. */
static void page_add_watching(struct ctx *ctx, struct request *rq, struct page *p)
{
	struct buf *b = &p->an->body;

	if (b->len == 0 || b->data[b->len - 1] != '}')
		return;
	b->len--;
	b->data[b->len] = '\0';
	p->an->json.comma = true;
	json_key(&p->an->json, "watching");
	live_write_watchers(ctx, rq, p->type->name, p->id, &p->an->json);
	json_close(&p->an->json, '}');
}

static enum err page_answer(struct ctx *ctx, struct request *rq, struct answer *an, const struct type *t, int64_t id)
{
	struct page p = {.type = t, .id = id, .an = an};

	TRY(store_read(ctx, page_read, &p));
	page_add_watching(ctx, rq, &p);
	if (p.version > 0)
		answer_etag(an, p.version);
	return ERR_OK;
}

/* The same for what else is known by now, as JSON. */
static void page_add(struct answer *an, const char *key, const char *json)
{
	struct buf *b = &an->body;

	if (b->len == 0 || b->data[b->len - 1] != '}')
		return;
	b->len--;
	b->data[b->len] = '\0';
	an->json.comma = true;
	json_key(&an->json, key);
	json_raw(&an->json, json, strlen(json));
	json_close(&an->json, '}');
}

/* After a change: he who gave the record away may not see it any more, and yet it was done. */
enum err record_changed_answer(struct ctx *ctx, struct request *rq, struct answer *an, const struct type *t, int64_t id)
{
	struct json_out *out = &an->json;
	enum err e = page_answer(ctx, rq, an, t, id);

	if (e != ERR_NOT_FOUND)
		return e;
	ctx_forget(ctx);
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "type");
	json_text(out, t->name);
	json_key(out, "gone");
	json_bool(out, true);
	json_close(out, '}');
	return ERR_OK;
}

enum err do_record_get(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct type *t;
	int64_t id;

	TRY(request_type(ctx, rq, &t));
	TRY(request_id(rq, "id", &id));
	return page_answer(ctx, rq, an, t, id);
}

/* ---- lists ----------------------------------------------------------------------------------------- */

static const struct view *view_find(const struct type *t, const char *name)
{
	for (size_t i = 0; i < t->n_views; i++)
		if (strcmp(t->views[i].name, name) == 0)
			return &t->views[i];
	return NULL;
}

/* What the view says, where the address does not say it itself. Both conditions hold. */
static enum err query_take_view(struct ctx *ctx, struct request *rq, struct list_query *q)
{
	const char *name = request_query(rq, "view");
	const struct view *v = name ? view_find(q->type, name) : NULL;

	if (name == NULL)
		return ERR_OK;
	if (v == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "view", "unknown_view", "there is no view '%s'", name);
	q->where = filter_and(ctx->arena, v->where, q->where);
	if (request_query(rq, "sort") == NULL) {
		q->n_sort = v->n_sort < 3 ? v->n_sort : 3;
		memcpy(q->sort, v->sort, q->n_sort * sizeof(q->sort[0]));
	}
	if (request_query(rq, "columns") == NULL) {
		q->n_columns = v->n_columns < 64 ? v->n_columns : 64;
		memcpy(q->columns, v->columns, q->n_columns * sizeof(q->columns[0]));
	}
	return ERR_OK;
}

enum err request_list_query(struct ctx *ctx, struct request *rq, const struct type *t, struct list_query *ret_query)
{
	TRY(list_query_parse(ctx, t, request_query(rq, "where"), request_query(rq, "sort"),
	                     request_query(rq, "columns"), request_query(rq, "limit"), request_query(rq, "after"),
	                     ret_query));
	return query_take_view(ctx, rq, ret_query);
}

struct list_read {
	struct list_query query;
	struct answer *an;
};

static enum err list_read(struct ctx *ctx, void *arg)
{
	struct list_read *lr = arg;

	return list_write_json(ctx, &lr->query, &lr->an->json);
}

enum err do_record_list(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct type *t;
	struct list_read lr = {.an = an};

	TRY(request_type(ctx, rq, &t));
	TRY(request_list_query(ctx, rq, t, &lr.query));
	lr.query.count = request_flag(rq, "count");
	return store_read(ctx, list_read, &lr);
}

struct tally_read {
	struct tally_query query;
	struct answer *an;
};

static enum err tally_read(struct ctx *ctx, void *arg)
{
	struct tally_read *tr = arg;

	return tally_write_json(ctx, &tr->query, &tr->an->json);
}

enum err do_tally(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const struct type *t;
	struct tally_read tr = {.an = an};

	TRY(request_type(ctx, rq, &t));
	TRY(tally_parse(ctx, t, request_query(rq, "where"), request_query(rq, "by"), request_query(rq, "month"),
	                &tr.query));
	return store_read(ctx, tally_read, &tr);
}

/* ---- changes --------------------------------------------------------------------------------------- */

struct doing {
	struct request *rq;
	const struct type *type;
	const char *transition;
	const json_t *fields;
	int64_t id, version;
	const char *leaving; /* JSON: what goes on to others, as he is deactivated by it; NULL: he is not */
};

/* What is kept under an Idempotency-Key: which record it was. Its page is written afresh. */
static const char *kept_id(struct ctx *ctx, int64_t id)
{
	return arena_printf(ctx->arena, "%lld", (long long)id);
}

static enum err create_run(struct ctx *ctx, struct change *c)
{
	struct doing *d = c->arg;
	struct record *r;

	TRY(flow_create(ctx, d->type, d->fields, &r));
	c->answer = kept_id(ctx, r->id);
	return ERR_OK;
}

static enum err do_run(struct ctx *ctx, struct change *c)
{
	struct doing *d = c->arg;
	struct record *r;

	TRY(flow_do(ctx, d->type, d->id, d->version, d->transition, d->fields, &r));
	c->answer = kept_id(ctx, r->id);
	return ERR_OK;
}

/* Who deactivates somebody is told what of his goes to whom. */
static enum err leaving_told(struct ctx *ctx, struct doing *d)
{
	struct record *r;
	struct buf b;
	struct json_out out;

	d->leaving = NULL;
	if (d->type != ctx->model->user || !json_is_false(json_object_get(d->fields, "active")))
		return ERR_OK;
	TRY(record_load(ctx, d->type, d->id, &r));
	if (record_int(r, "active") == 0)
		return ERR_OK;
	buf_init(&b, ctx->arena, LEAVING_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(leaving_write_json(ctx, d->id, &out));
	d->leaving = b.data;
	return ERR_OK;
}

static enum err patch_run(struct ctx *ctx, struct change *c)
{
	struct doing *d = c->arg;
	struct record *r;

	TRY(leaving_told(ctx, d));
	return flow_change(ctx, d->type, d->id, d->version, d->fields, &r);
}

/* Users, teams, roles and shared acceptance decide what everybody may see: who is signed in is read again. */
static void people_may_have_changed(struct ctx *ctx, struct request *rq, const struct type *t)
{
	if (t == ctx->model->user || t == ctx->model->team || t == ctx->model->role ||
	    strcmp(t->name, "acceptance_share") == 0)
		house_people_changed(rq->house);
}

static bool wants_minimal(const struct request *rq)
{
	const char *s = request_header(rq, "Prefer");

	return s != NULL && strstr(s, "return=minimal") != NULL;
}

enum err do_record_create(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct doing d = {.rq = rq};
	struct change c = {.fn = create_run, .arg = &d, .status = 201};
	int64_t id;

	TRY(request_type(ctx, rq, &d.type));
	TRY(body_only(ctx, rq, "fields"));
	TRY(body_object(ctx, rq, "fields", true, &d.fields));
	TRY(change_run(ctx, rq, &c));
	if (!id_parse(c.answer, &id))
		return ERR_INTERNAL;
	people_may_have_changed(ctx, rq, d.type);
	answer_header(an, MHD_HTTP_HEADER_LOCATION,
	              arena_printf(ctx->arena, "/api/v1/records/%s/%s", d.type->name, c.answer));
	an->status = 201;
	if (!wants_minimal(rq))
		return record_changed_answer(ctx, rq, an, d.type, id);
	json_open(&an->json, '{');
	json_key(&an->json, "id");
	json_id(&an->json, id);
	json_key(&an->json, "type");
	json_text(&an->json, d.type->name);
	json_close(&an->json, '}');
	return ERR_OK;
}

enum err do_record_patch(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct doing d = {.rq = rq};
	struct change c = {.fn = patch_run, .arg = &d, .status = 200};

	TRY(request_type(ctx, rq, &d.type));
	TRY(request_id(rq, "id", &d.id));
	TRY(request_version(ctx, rq, &d.version));
	TRY(body_only(ctx, rq, "fields"));
	TRY(body_object(ctx, rq, "fields", true, &d.fields));
	TRY(change_run(ctx, rq, &c));
	people_may_have_changed(ctx, rq, d.type);
	TRY(record_changed_answer(ctx, rq, an, d.type, d.id));
	if (d.leaving != NULL)
		page_add(an, "leaving", d.leaving);
	return ERR_OK;
}

enum err do_record_do(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct doing d = {.rq = rq, .transition = request_param(rq, "transition")};
	struct change c = {.fn = do_run, .arg = &d, .status = 200};
	const struct transition *tr;

	TRY(request_type(ctx, rq, &d.type));
	TRY(request_id(rq, "id", &d.id));
	tr = type_transition(d.type, d.transition);
	if (tr == NULL)
		return ERR_NOT_FOUND;
	/* Who may only glance has no version to give. */
	if (!tr->glance || request_header(rq, MHD_HTTP_HEADER_IF_MATCH) != NULL)
		TRY(request_version(ctx, rq, &d.version));
	TRY(body_only(ctx, rq, "fields"));
	TRY(body_object(ctx, rq, "fields", false, &d.fields));
	if (d.fields == NULL)
		d.fields = json_object_get(rq->json, "fields");
	TRY(change_run(ctx, rq, &c));
	people_may_have_changed(ctx, rq, d.type);
	return record_changed_answer(ctx, rq, an, d.type, d.id);
}

static enum err remove_run(struct ctx *ctx, void *arg)
{
	struct doing *d = arg;

	return flow_remove(ctx, d->type, d->id, d->version, d->fields);
}

enum err do_record_remove(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct doing d = {.rq = rq};
	const char *reason = request_query(rq, "reason");
	enum err e;
	json_t *input;

	TRY(request_type(ctx, rq, &d.type));
	TRY(request_id(rq, "id", &d.id));
	TRY(request_version(ctx, rq, &d.version));
	input = json_object();
	if (reason != NULL)
		(void)json_object_set_new(input, "reason", json_string(reason));
	d.fields = input;
	e = request_write(ctx, rq, remove_run, &d);
	json_decref(input);
	TRY(e);
	people_may_have_changed(ctx, rq, d.type);
	answer_nothing(an);
	return ERR_OK;
}

/* ---- timeline, comments, reveal ---------------------------------------------------------------------- */

struct timeline_read {
	const struct type *type;
	int64_t id;
	const char *after;
	size_t limit;
	struct answer *an;
};

static enum err timeline_read(struct ctx *ctx, void *arg)
{
	struct timeline_read *tr = arg;
	struct record *r;

	TRY(record_load(ctx, tr->type, tr->id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	return timeline_write_json(ctx, r, tr->after, tr->limit, &tr->an->json);
}

enum err do_timeline(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct timeline_read tr = {.after = request_query(rq, "after"), .an = an};

	TRY(request_type(ctx, rq, &tr.type));
	TRY(request_id(rq, "id", &tr.id));
	TRY(request_limit(ctx, rq, TIMELINE_PRESET, LIMIT_PAGE_ROWS, &tr.limit));
	return store_read(ctx, timeline_read, &tr);
}

static enum err share_read(struct ctx *ctx, void *arg)
{
	struct timeline_read *tr = arg;
	struct record *r;
	const char *text;

	TRY(record_load(ctx, tr->type, tr->id, &r));
	TRY(share_text(ctx, r, &text));
	json_open(&tr->an->json, '{');
	json_key(&tr->an->json, "text");
	json_text(&tr->an->json, text);
	json_close(&tr->an->json, '}');
	return ERR_OK;
}

enum err do_share(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct timeline_read tr = {.an = an};

	TRY(request_type(ctx, rq, &tr.type));
	TRY(request_id(rq, "id", &tr.id));
	return store_read(ctx, share_read, &tr);
}

struct commenting {
	const struct type *type;
	int64_t id;
	const char *text;
	bool internal;
	int64_t *files;
	size_t n_files;
};

static enum err comment_run(struct ctx *ctx, struct change *c)
{
	struct commenting *m = c->arg;

	c->answer = "{}";
	return flow_comment(ctx, m->type, m->id, m->text, m->internal, m->files, m->n_files);
}

enum err do_comment(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct commenting m = {0};
	struct change c = {.fn = comment_run, .arg = &m, .status = 201};

	TRY(request_type(ctx, rq, &m.type));
	TRY(request_id(rq, "id", &m.id));
	TRY(body_only(ctx, rq, "text,internal,files"));
	TRY(body_text(ctx, rq, "text", false, &m.text));
	TRY(body_bool(ctx, rq, "internal", true, &m.internal));
	TRY(body_ids(ctx, rq, "files", LIMIT_FILES_PER_FIELD, &m.files, &m.n_files));
	if (m.text == NULL && m.n_files == 0)
		return ctx_problem(ctx, ERR_INVALID, "text", "required", "a comment has words or files");
	if (m.text == NULL)
		m.text = "";
	TRY(change_run(ctx, rq, &c));
	an->status = 201;
	buf_str(&an->body, c.answer);
	return ERR_OK;
}

struct revealing {
	const struct type *type;
	int64_t id;
	const char *field, *reason;
	struct value value;
};

static enum err reveal_run(struct ctx *ctx, void *arg)
{
	struct revealing *rv = arg;

	return flow_reveal(ctx, rv->type, rv->id, rv->field, rv->reason, &rv->value);
}

enum err do_reveal(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct revealing rv = {0};

	TRY(request_type(ctx, rq, &rv.type));
	TRY(request_id(rq, "id", &rv.id));
	TRY(body_only(ctx, rq, "field,reason"));
	TRY(body_text(ctx, rq, "field", true, &rv.field));
	TRY(body_text(ctx, rq, "reason", true, &rv.reason));
	TRY(request_write(ctx, rq, reveal_run, &rv));
	json_open(&an->json, '{');
	json_key(&an->json, "value");
	value_write_json(&an->json, type_field(rv.type, rv.field), &rv.value);
	json_close(&an->json, '}');
	return ERR_OK;
}

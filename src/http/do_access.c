/* do_access.c: who may do what: the matrix of roles and types, and who can see one record and why. */
#include "http/handlers.h"
#include "http/server.h"
#include "model/access_why.h"
#include "model/labels.h"
#include "model/names.h"
#include "store/store.h"

enum { PEOPLE_PRESET = 50, PEOPLE_LOOKED_AT = 500 };

enum err do_access_matrix(struct ctx *ctx, struct request *rq, struct answer *an)
{
	(void)rq;
	if (!who_can(ctx, "audit") && !who_can(ctx, "users"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "needs_right", "needs the right 'audit' or 'users'");
	access_matrix_write_json(ctx, &an->json);
	return an->json.buf->over ? ERR_TOO_LARGE : ERR_OK;
}

struct asking {
	const struct type *type;
	const char *number; /* instead of its id; NULL: by id */
	int64_t id, user, after;
	size_t limit;
	struct answer *an;
};

static void type_write(struct ctx *ctx, const struct type *t, struct json_out *out)
{
	json_label_said(out, "type_label", &t->label);
	json_key(out, "fields");
	json_open(out, '{');
	for (size_t i = 0; i < t->n_fields; i++)
		names_field_write_json(ctx, out, t, t->fields[i].name);
	json_close(out, '}');
}

/* What it is: its content only as far as who asks may read it himself. */
static enum err record_head(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	enum err e = access_check(ctx, r, ACCESS_READ);
	const struct field *number = names_number_field(r->type);
	bool reads = e == ERR_OK;

	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	json_key(out, "record");
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	json_key(out, "type");
	json_text(out, r->type->name);
	json_key(out, "number");
	json_text(out, number ? record_text(r, number->name) : NULL);
	json_key(out, "title");
	const char *title = reads ? access_title(ctx, r) : "";
	json_text(out, *title != '\0' ? title : NULL);
	json_close(out, '}');
	type_write(ctx, r->type, out);
	return ERR_OK;
}

static enum err person_write(const struct ctx *ctx, const struct record *r, int64_t user, bool anyway,
                             struct json_out *out, bool *ret_sees)
{
	struct ctx his = *ctx;
	struct who *who;

	his.seen = NULL;
	his.problems.n = 0;
	TRY(who_load(&his, user, &who));
	his.who = who;
	return access_why_write_json(&his, r, anyway, out, ret_sees);
}

static enum err people_ids(struct ctx *ctx, int64_t after, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where active = 1 and id > :after order by id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", PEOPLE_LOOKED_AT);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < PEOPLE_LOOKED_AT)
			ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

static enum err everybody(struct ctx *ctx, const struct asking *a, const struct record *r)
{
	struct json_out *out = &a->an->json;
	int64_t ids[PEOPLE_LOOKED_AT];
	size_t n, i = 0;

	TRY(people_ids(ctx, a->after, ids, &n));
	for (size_t shown = 0; i < n && shown < a->limit && arena_bytes(ctx->arena) < LIMIT_PAGE_BYTES; i++) {
		bool sees = false;
		TRY(person_write(ctx, r, ids[i], false, out, &sees));
		shown += sees;
	}
	json_close(out, ']');
	json_key(out, "next");
	json_id(out, i > 0 && (i < n || n == PEOPLE_LOOKED_AT) ? ids[i - 1] : 0);
	return ERR_OK;
}

static enum err why_read(struct ctx *ctx, void *arg)
{
	struct asking *a = arg;
	struct json_out *out = &a->an->json;
	struct record *r;
	bool sees;

	if (a->number != NULL)
		TRY(names_find(ctx, a->type, a->number, &a->type, &a->id));
	TRY(record_load(ctx, a->type, a->id, &r));
	json_open(out, '{');
	TRY(record_head(ctx, r, out));
	json_key(out, "people");
	json_open(out, '[');
	if (a->user == 0) {
		TRY(everybody(ctx, a, r));
	} else {
		enum err e = person_write(ctx, r, a->user, true, out, &sees);
		if (e == ERR_NOT_FOUND)
			return ctx_problem(ctx, ERR_INVALID, "user", "not_found", "there is no such active user");
		TRY(e);
		json_close(out, ']');
		json_key(out, "next");
		json_none(out);
	}
	json_close(out, '}');
	return ERR_OK;
}

enum err do_access_why(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct asking a = {.an = an};
	const char *type = request_query(rq, "type");

	/* Of those who look after users or check what is done; no route has a place for two rights. */
	if (!who_can(ctx, "audit") && !who_can(ctx, "users"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "needs_right", "needs the right 'audit' or 'users'");
	a.type = type ? model_type(ctx->model, type) : NULL;
	a.number = request_query(rq, "number");
	if (a.type == NULL && (type != NULL || a.number == NULL))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "type", "unknown_type", "name the type of the record");
	TRY(request_query_id(ctx, rq, "id", &a.id));
	TRY(request_query_id(ctx, rq, "user", &a.user));
	TRY(request_query_id(ctx, rq, "after", &a.after));
	if (a.id == 0 && a.number == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "id", "required", "name the record");
	TRY(request_limit(ctx, rq, PEOPLE_PRESET, LIMIT_PAGE_ROWS, &a.limit));
	return store_read(ctx, why_read, &a);
}

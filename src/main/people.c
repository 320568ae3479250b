#include "main/people.h"

#include "flow/flow.h"
#include "http/auth.h"
#include "store/store.h"

static enum err find_by(struct ctx *ctx, const struct type *t, const char *field, const char *text, int64_t *ret_id)
{
	const struct field *f = type_field(t, field);
	struct sql q;

	if (f == NULL || f->column == NULL)
		return ERR_NOT_FOUND;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where ");
	sql_name(&q, f->column);
	SQL(&q, " = :text");
	sql_text(&q, "text", text);
	return sql_one_int(ctx, &q, ret_id);
}

enum err people_code(struct ctx *ctx, const struct type *t, const char *code, int64_t *ret_id)
{
	return find_by(ctx, t, "code", code, ret_id);
}

enum err people_find(struct ctx *ctx, const char *login, int64_t *ret_id)
{
	return find_by(ctx, ctx->model->user, "login", login, ret_id);
}

static enum err make(struct ctx *ctx, const struct type *t, json_t *fields, int64_t *ret_id)
{
	struct record *r;
	enum err e = fields ? flow_create(ctx, t, fields, &r) : ERR_INTERNAL;

	json_decref(fields);
	TRY(e);
	*ret_id = r->id;
	return ERR_OK;
}

enum err people_add_roles(struct ctx *ctx)
{
	const struct model *m = ctx->model;

	for (size_t i = 0; i < m->n_roles; i++) {
		int64_t id;
		enum err e = people_code(ctx, m->role, m->roles[i].name, &id);

		if (e == ERR_NOT_FOUND)
			e = make(ctx, m->role,
			         json_pack("{s:s,s:s,s:[s]}", "code", m->roles[i].name, "name", m->roles[i].label.zh,
			                   "grants", m->roles[i].name),
			         &id);
		TRY(e);
	}
	return ERR_OK;
}

/* Ids of records named by codes, as the API writes links. */
static enum err codes_to_ids(struct ctx *ctx, const struct type *t, const char *codes, const char *what, json_t *list)
{
	for (const char *s = codes; s != NULL && *s != '\0'; s += strcspn(s, ","), s += *s == ',') {
		char *code = arena_strndup(ctx->arena, s, strcspn(s, ","));
		int64_t id;
		enum err e = people_code(ctx, t, code, &id);

		if (e == ERR_NOT_FOUND)
			return ctx_problem(ctx, ERR_INVALID, what, "not_found", "there is none with the code '%s'",
			                   code);
		TRY(e);
		(void)json_array_append_new(list, json_string(arena_printf(ctx->arena, "%lld", (long long)id)));
	}
	return ERR_OK;
}

enum err people_add_user(struct ctx *ctx, const struct person *p, int64_t *ret_id)
{
	json_t *roles = json_array();
	json_t *teams = json_array();
	enum err e = codes_to_ids(ctx, ctx->model->role, p->roles, "roles", roles);
	int64_t id;

	if (e == ERR_OK)
		e = codes_to_ids(ctx, ctx->model->team, p->teams, "teams", teams);
	if (e != ERR_OK) {
		json_decref(roles);
		json_decref(teams);
		return e;
	}
	TRY(make(ctx, ctx->model->user,
	         json_pack("{s:s,s:s,s:o,s:o,s:b}", "login", p->login, "name", p->name, "roles", roles, "teams", teams,
	                   "active", 1),
	         &id));
	TRY(password_put(ctx, id, p->hash, p->must_change, NULL));
	*ret_id = id;
	return ERR_OK;
}

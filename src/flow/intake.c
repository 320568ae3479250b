/* intake.c: one contact with its customer, its matters and all they become, in one transaction. */
#include <string.h>

#include "base/ids.h"
#include "flow/intake.h"

/* ---- JSON ---------------------------------------------------------------------------------------- */

json_t *intake_tree(struct ctx *ctx, json_t *j)
{
	if (j == NULL)
		abort();
	return json_kept(ctx->arena, j);
}

void json_set(json_t *tree, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(tree, key, value) != 0)
		abort();
}

json_t *json_of_id(int64_t id)
{
	return json_sprintf("%lld", (long long)id);
}

const char *json_member(const json_t *tree, const char *key)
{
	return json_string_value(json_object_get(tree, key));
}

void problems_under(struct ctx *ctx, size_t n0, const char *path)
{
	for (size_t i = n0; i < ctx->problems.n; i++) {
		struct problem *p = &ctx->problems.list[i];
		bool whole = p->field == NULL || *p->field == '\0';
		p->field = whole ? path : arena_printf(ctx->arena, "%s.%s", path, p->field);
	}
}

/* ---- what came in -------------------------------------------------------------------------------- */

static bool is_one_of(const char *key, const char *const *known)
{
	for (size_t i = 0; known[i] != NULL; i++)
		if (strcmp(known[i], key) == 0)
			return true;
	return false;
}

static bool keys_known(struct ctx *ctx, const json_t *tree, const char *path, const char *const *known)
{
	const char *key;
	json_t *member;
	bool good = true;
	json_object_foreach((json_t *)tree, key, member)
	{
		if (!is_one_of(key, known)) {
			ctx_problem(ctx, ERR_INVALID, *path ? arena_printf(ctx->arena, "%s.%s", path, key) : key,
			            "unknown_field", "the intake has no %s here", key);
			good = false;
		}
	}
	return good;
}

static bool object_or_none(struct ctx *ctx, const json_t *j, const char *path)
{
	if (j == NULL || json_is_null(j) || json_is_object(j))
		return true;
	ctx_problem(ctx, ERR_INVALID, path, "wrong_type", "%s is an object", path);
	return false;
}

static bool matter_read(struct ctx *ctx, struct intake *in, size_t i, const json_t *said)
{
	static const char *const thens[] = {"solved", "ticket", "complaint", "task", "existing", "incident", NULL};
	struct matter *m = &in->matters[i];
	*m = (struct matter){.said = said, .path = arena_printf(ctx->arena, "matters[%zu]", i)};
	if (!json_is_object(said)) {
		ctx_problem(ctx, ERR_INVALID, m->path, "wrong_type", "a matter is an object");
		return false;
	}
	const char *then = json_member(said, "then");
	m->then = then ? then : "solved";
	/* Any other work type of the packs may be made as well. */
	const struct type *t = model_type(ctx->model, m->then);
	if (is_one_of(m->then, thens) || (t != NULL && t->uses_work))
		return true;
	ctx_problem(ctx, ERR_INVALID, arena_printf(ctx->arena, "%s.then", m->path), "bad_option",
	            "solved, ticket, complaint, task, existing or incident");
	return false;
}

static enum err intake_read(struct ctx *ctx, const json_t *input, struct intake *in)
{
	static const char *const top[] = {"customer", "contact", "matters", NULL};
	static const char *const customer[] = {"id", "fields", NULL};
	const json_t *matters = json_object_get(input, "matters");
	if (!json_is_object(input))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "", "wrong_type", "the intake is an object");
	bool good = keys_known(ctx, input, "", top);
	in->customer_said = json_object_get(input, "customer");
	in->contact_said = json_object_get(input, "contact");
	good &= object_or_none(ctx, in->customer_said, "customer");
	good &= object_or_none(ctx, in->contact_said, "contact");
	if (good && json_is_object(in->customer_said))
		good &= keys_known(ctx, in->customer_said, "customer", customer);
	if (!json_is_array(matters) || json_array_size(matters) == 0)
		return ctx_problem(ctx, ERR_INVALID, "matters", "required",
		                   ctx->lang == LANG_EN ? "at least one matter" : "至少登记一件事");
	if (json_array_size(matters) > INTAKE_MATTERS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "matters", "too_many", "at most %d matters in one contact",
		                   INTAKE_MATTERS_MAX);
	in->n = json_array_size(matters);
	for (size_t i = 0; i < in->n; i++)
		good &= matter_read(ctx, in, i, json_array_get(matters, i));
	return good ? ERR_OK : ERR_INVALID;
}

/* ---- the customer -------------------------------------------------------------------------------- */

static enum err customer_known(struct ctx *ctx, const char *text, struct record **ret_customer)
{
	int64_t id;
	struct record *r;
	if (text == NULL || !id_parse(text, &id))
		return ctx_problem(ctx, ERR_INVALID, "customer.id", "wrong_type", "the id of a customer, as text");
	enum err e = record_load(ctx, ctx->model->customer, id, &r);
	if (e == ERR_OK)
		e = access_check(ctx, r, ACCESS_READ);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "customer.id", "not_found",
		                   ctx->lang == LANG_EN ? "there is no such customer" : "没有这位客户");
	TRY(e);
	*ret_customer = r;
	return ERR_OK;
}

static enum err intake_customer(struct ctx *ctx, struct intake *in)
{
	const json_t *id = json_object_get(in->customer_said, "id");
	const json_t *fields = json_object_get(in->customer_said, "fields");
	if (id != NULL && !json_is_null(id))
		return customer_known(ctx, json_string_value(id), &in->customer);
	if (fields == NULL || json_is_null(fields))
		return ERR_OK;
	size_t n0 = ctx->problems.n;
	enum err e = flow_create(ctx, ctx->model->customer, fields, &in->customer);
	if (e != ERR_OK)
		problems_under(ctx, n0, "customer.fields");
	return e;
}

/* ---- the contact --------------------------------------------------------------------------------- */

/* Columns of the contact's lines that the matter speaks of. */
static json_t *matter_line(const struct field *matters, const struct matter *m)
{
	json_t *line = json_object();
	for (size_t i = 0; i < matters->n_columns; i++) {
		const char *name = matters->columns[i].name;
		const json_t *v = json_object_get(m->said, name);
		if (strcmp(name, "record") != 0 && v != NULL && !json_is_null(v))
			json_set(line, name, json_deep_copy(v));
	}
	if (strcmp(m->then, "solved") == 0 && json_object_get(line, "solved_now") == NULL)
		json_set(line, "solved_now", json_true());
	return line;
}

/* The departments that were asked, once each. */
static json_t *departments(const struct intake *in)
{
	json_t *list = json_array();
	for (size_t i = 0; i < in->n; i++) {
		const char *team = json_member(in->matters[i].said, "team");
		bool there = team == NULL;
		for (size_t k = 0; !there && k < json_array_size(list); k++)
			there = strcmp(json_string_value(json_array_get(list, k)), team) == 0;
		if (!there)
			json_array_append_new(list, json_string(team));
	}
	return list;
}

static enum err intake_contact(struct ctx *ctx, struct intake *in)
{
	const struct type *t = model_type(ctx->model, "contact");
	const struct field *matters = t ? type_field(t, "matters") : NULL;
	if (matters == NULL || matters->kind != FIELD_TABLE)
		return ctx_problem(ctx, ERR_CONFLICT, "contact", "no_type",
		                   "the packs declare no contact with matters");
	json_t *fields = intake_tree(ctx, json_is_object(in->contact_said) ? json_copy((json_t *)in->contact_said)
	                                                                   : json_object());
	json_t *lines = json_array();
	for (size_t i = 0; i < in->n; i++)
		json_array_append_new(lines, matter_line(matters, &in->matters[i]));
	json_set(fields, "matters", lines);
	if (in->customer != NULL)
		json_set(fields, "customer", json_of_id(in->customer->id));
	if (type_field(t, "team") && !json_object_get(fields, "team") && ctx->who && ctx->who->n_teams > 0)
		json_set(fields, "team", json_of_id(ctx->who->teams[0]));
	if (type_field(t, "departments") && !json_object_get(fields, "departments"))
		json_set(fields, "departments", departments(in));
	size_t n0 = ctx->problems.n;
	enum err e = create_at_intake(ctx, t, fields, &in->contact);
	for (size_t i = n0; e != ERR_OK && i < ctx->problems.n; i++) {
		struct problem *p = &ctx->problems.list[i];
		if (strncmp(p->field, "matters", 7) != 0)
			p->field = arena_printf(ctx->arena, "contact%s%s", *p->field ? "." : "", p->field);
	}
	return e;
}

/* Each line of the contact says which record came of it. */
static enum err contact_links(struct ctx *ctx, struct intake *in)
{
	struct record *r;
	TRY(record_load(ctx, in->contact->type, in->contact->id, &r));
	struct record *before = record_copy(ctx, r);
	const struct field *matters = type_field(r->type, "matters");
	const struct field *link = NULL;
	for (size_t i = 0; i < matters->n_columns; i++)
		if (strcmp(matters->columns[i].name, "record") == 0 && matters->columns[i].kind == FIELD_LINK)
			link = &matters->columns[i];
	struct record_lines *lines = &r->lines[matters->at];
	struct record_lines fresh = {.n = lines->n, .loaded = true};
	fresh.list = ARENA_ARRAY(ctx->arena, lines->n + 1, struct record_line);
	bool any = false;
	for (size_t i = 0; link != NULL && i < lines->n; i++) {
		fresh.list[i] = lines->list[i];
		fresh.list[i].values = ARENA_ARRAY(ctx->arena, matters->n_columns, struct value);
		memcpy(fresh.list[i].values, lines->list[i].values, matters->n_columns * sizeof(struct value));
		const struct record *made = i < in->n ? in->matters[i].made : NULL;
		if (made != NULL && made->type->uses_work) {
			fresh.list[i].values[link->at] = value_int(made->id);
			any = true;
		}
	}
	in->contact = r;
	if (!any)
		return ERR_OK;
	*lines = fresh;
	record_mark(r, matters);
	struct step s = {0};
	return step_update(ctx, &s, r, before, &(struct note){.kind = "changed"});
}

enum err flow_intake(struct ctx *ctx, const json_t *input, struct json_out *out)
{
	struct intake *in = ARENA_NEW(ctx->arena, struct intake);
	TRY(intake_read(ctx, input, in));
	TRY(intake_customer(ctx, in));
	TRY(intake_contact(ctx, in));
	for (size_t i = 0; i < in->n; i++) {
		size_t n0 = ctx->problems.n;
		enum err e = matter_make(ctx, in, &in->matters[i]);
		if (e != ERR_OK) {
			problems_under(ctx, n0, in->matters[i].path);
			return e;
		}
	}
	TRY(contact_links(ctx, in));
	return intake_answer(ctx, in, out);
}

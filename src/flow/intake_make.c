/* intake_make.c: what a matter becomes: a record, a step of one that is there, a caller of an incident, a promise. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/intake.h"

enum { TITLE_CHARS = 40 };

/* ---- what is known goes into the fields of the made record ---------------------------------------- */

/* The first words of what he said. */
static const char *short_title(struct ctx *ctx, const char *text)
{
	size_t chars = 0, i = 0;
	while (text[i] != '\0' && text[i] != '\n' && chars < TITLE_CHARS) {
		i++;
		while (((unsigned char)text[i] & 0xC0) == 0x80)
			i++;
		chars++;
	}
	bool more = text[i] != '\0';
	return arena_printf(ctx->arena, "%.*s%s", (int)i, text, more ? "…" : "");
}

struct known {
	struct ctx *ctx;
	const struct type *type;
	json_t *fields;
};

/* Only where the type has the field, a user may write it, and he said nothing of it himself. */
static bool wanted(const struct known *k, const char *name)
{
	const struct field *f = type_field(k->type, name);
	return f != NULL && !(f->flags & FIELD_SYSTEM) && f->kind != FIELD_COMPUTED &&
	       json_object_get(k->fields, name) == NULL && access_field(k->ctx, f) != SIGHT_HIDDEN;
}

static void know_text(const struct known *k, const char *name, const char *text)
{
	if (text != NULL && *text != '\0' && wanted(k, name))
		json_set(k->fields, name, json_string(text));
}

static void know_choice(const struct known *k, const char *name, const char *option)
{
	const struct field *f = type_field(k->type, name);
	if (option != NULL && f != NULL && f->kind == FIELD_CHOICE && field_option(f, option, NULL) != NULL)
		know_text(k, name, option);
}

static void know_id(const struct known *k, const char *name, int64_t id)
{
	if (id != 0 && wanted(k, name))
		json_set(k->fields, name, json_of_id(id));
}

static void know_matter(const struct known *k, const struct matter *m)
{
	const char *content = json_member(m->said, "content"), *category = json_member(m->said, "category");
	const struct field *title = k->type->title;
	know_text(k, "description", content);
	know_text(k, "content", content);
	know_text(k, "demand", content);
	if (title != NULL && content != NULL && (title->kind == FIELD_TEXT || title->kind == FIELD_LONG_TEXT))
		know_text(k, title->name, short_title(k->ctx, content));
	know_text(k, type_field(k->type, "category") ? "category" : "class", category);
	know_text(k, "priority", json_member(m->said, "priority"));
	know_choice(k, "source", json_member(m->said, "source"));
	know_text(k, "source_no", json_member(m->said, "source_no"));
	know_text(k, "source_due", json_member(m->said, "source_due"));
	know_text(k, "incident", json_member(m->said, "incident"));
	const json_t *promise = json_object_get(m->said, "promise");
	const char *kind = json_member(promise, "kind");
	/* What was promised to be done is the limit; a visit or a call is not. */
	if (kind != NULL && strcmp(kind, "done") == 0)
		know_text(k, "due", json_member(promise, "due"));
}

static void know_contact(const struct known *k, const struct intake *in)
{
	const struct record *c = in->contact;
	const char *callback = record_text(c, "callback");
	know_id(k, "contact", c->id);
	know_id(k, "customer", in->customer ? in->customer->id : 0);
	know_choice(k, "channel", record_text(c, "channel"));
	know_text(k, "complainant", record_text(c, "caller"));
	know_text(k, "contact_person", record_text(c, "caller"));
	know_text(k, "contact_phone", callback ? callback : record_text(c, "phone"));
	know_text(k, "region", record_text(c, "region"));
}

/* ---- making --------------------------------------------------------------------------------------- */

static bool is_my_team(const struct ctx *ctx, const char *text)
{
	int64_t id;
	if (text == NULL || !id_parse(text, &id) || ctx->who == NULL)
		return false;
	for (size_t i = 0; i < ctx->who->n_teams; i++)
		if (ctx->who->teams[i] == id)
			return true;
	return false;
}

/* To another team or colleague: offered, so that the first stays responsible until it is accepted. */
static enum err offer(struct ctx *ctx, const struct intake *in, struct matter *m, bool with_team)
{
	const char *owner = json_member(m->said, "to_owner"), *team = json_member(m->said, "team");
	json_t *fields = intake_tree(ctx, json_object());
	if (owner != NULL)
		json_set(fields, "to_owner", json_string(owner));
	if (team != NULL && with_team)
		json_set(fields, "to_team", json_string(team));
	json_set(fields, "reason", json_string(ctx->lang == LANG_EN ? "handed over at intake" : "受理时转交"));
	return flow_do(ctx, m->made->type, m->made->id, m->made->version, "hand_over", fields, &m->made);
}

static enum err make_record(struct ctx *ctx, struct intake *in, struct matter *m)
{
	const struct type *t = model_type(ctx->model, m->then);
	const json_t *extra = json_object_get(m->said, "fields");
	const char *team = json_member(m->said, "team"), *owner = json_member(m->said, "to_owner");
	if (t == NULL || !t->uses_work)
		return ctx_problem(ctx, ERR_INVALID, "then", "bad_option", "the packs declare no %s", m->then);
	if (extra != NULL && !json_is_null(extra) && !json_is_object(extra))
		return ctx_problem(ctx, ERR_INVALID, "fields", "wrong_type", "fields is an object");
	struct known k = {.ctx = ctx, .type = t};
	k.fields = intake_tree(ctx, json_is_object(extra) ? json_copy((json_t *)extra) : json_object());
	know_matter(&k, m);
	know_contact(&k, in);
	/* A task is the department's from the start; anything else stays with who took the call. */
	bool is_task = strcmp(m->then, "task") == 0;
	if (is_task || is_my_team(ctx, team))
		know_text(&k, "team", team);
	if (is_task && !json_object_get(k.fields, "team"))
		return ctx_problem(ctx, ERR_INVALID, "team", "required",
		                   ctx->lang == LANG_EN ? "which department" : "请选择承办部门");
	TRY(flow_create(ctx, t, k.fields, &m->made));
	if (owner != NULL || (team != NULL && !is_task && !is_my_team(ctx, team)))
		TRY(offer(ctx, in, m, is_task || !is_my_team(ctx, team)));
	return ERR_OK;
}

/* He calls again: chase, supplement, ask for progress, withdraw, escalate, reopen. */
static enum err step_existing(struct ctx *ctx, struct matter *m)
{
	const json_t *existing = json_object_get(m->said, "existing");
	const char *type = json_member(existing, "type"), *text = json_member(existing, "id");
	const char *transition = json_member(existing, "do");
	const struct type *t = type ? model_type(ctx->model, type) : NULL;
	int64_t id;
	if (t == NULL || !t->uses_work)
		return ctx_problem(ctx, ERR_INVALID, "existing.type", "not_found", "no such type of matters");
	if (text == NULL || !id_parse(text, &id))
		return ctx_problem(ctx, ERR_INVALID, "existing.id", "wrong_type", "the id of the matter, as text");
	if (transition == NULL)
		return ctx_problem(ctx, ERR_INVALID, "existing.do", "required", "what the customer wants of it");
	size_t n0 = ctx->problems.n;
	enum err e = flow_do(ctx, t, id, 0, transition, json_object_get(existing, "fields"), &m->made);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "existing.id", "not_found",
		                   ctx->lang == LANG_EN ? "there is no such matter" : "没有这件事项");
	if (e == ERR_INVALID)
		problems_under(ctx, n0, "existing.fields");
	return e;
}

/* One more caller of a pinned incident: he is told when it is over. */
static enum err join_incident(struct ctx *ctx, const struct intake *in, const struct matter *m)
{
	const struct type *incident = model_type(ctx->model, "incident");
	const struct list_def *callers = incident ? type_list(incident, "callers") : NULL;
	const char *text = json_member(m->said, "incident");
	int64_t id;
	struct record *r, *made;
	if (callers == NULL)
		return ctx_problem(ctx, ERR_INVALID, "then", "bad_option", "the packs declare no incidents");
	if (text == NULL || !id_parse(text, &id))
		return ctx_problem(ctx, ERR_INVALID, "incident", "required",
		                   ctx->lang == LANG_EN ? "which incident" : "请选择是哪一事件");
	if (record_load(ctx, incident, id, &r) != ERR_OK || access_check(ctx, r, ACCESS_READ) != ERR_OK)
		return ctx_problem(ctx, ERR_INVALID, "incident", "not_found",
		                   ctx->lang == LANG_EN ? "there is no such incident" : "没有这一事件");
	struct known k = {.ctx = ctx, .type = callers->of, .fields = intake_tree(ctx, json_object())};
	const char *callback = record_text(in->contact, "callback"), *phone = record_text(in->contact, "phone");
	know_id(&k, callers->by->name, id);
	know_id(&k, "customer", in->customer ? in->customer->id : 0);
	know_id(&k, "contact", in->contact->id);
	know_text(&k, "caller", record_text(in->contact, "caller"));
	know_text(&k, "phone", callback ? callback : phone);
	const char *content = json_member(m->said, "content");
	know_text(&k, "note", content ? short_title(ctx, content) : NULL);
	return flow_create(ctx, callers->of, k.fields, &made);
}

static enum err make_promise(struct ctx *ctx, const struct intake *in, struct matter *m)
{
	const json_t *said = json_object_get(m->said, "promise");
	const struct type *t = model_type(ctx->model, "promise");
	struct record *made;
	if (said == NULL || json_is_null(said))
		return ERR_OK;
	if (!json_is_object(said))
		return ctx_problem(ctx, ERR_INVALID, "promise", "wrong_type", "a promise is an object");
	if (t == NULL)
		return ctx_problem(ctx, ERR_INVALID, "promise", "no_type", "the packs declare no promises");
	struct known k = {.ctx = ctx, .type = t};
	k.fields = intake_tree(ctx, json_copy((json_t *)said));
	know_id(&k, "record", m->made ? m->made->id : 0);
	know_id(&k, "customer", in->customer ? in->customer->id : 0);
	know_id(&k, "owner", ctx->who ? ctx->who->id : 0);
	know_id(&k, "team", ctx->who && ctx->who->n_teams > 0 ? ctx->who->teams[0] : 0);
	size_t n0 = ctx->problems.n;
	enum err e = flow_create(ctx, t, k.fields, &made);
	if (e != ERR_OK) {
		problems_under(ctx, n0, "promise");
		return e;
	}
	m->promise_due = record_int(made, "due");
	const struct field *kind = type_field(t, "kind");
	const char *name = record_text(made, "kind");
	const struct option *option = kind && name ? field_option(kind, name, NULL) : NULL;
	if (option != NULL)
		m->promise_kind = option->label;
	return ERR_OK;
}

/* A praise reaches the colleague it is for. */
static enum err tell_praised(struct ctx *ctx, const struct intake *in, const struct matter *m)
{
	static const struct label words = {"客户表扬了您", "a customer praised you"};
	const char *text = json_member(m->said, "praised");
	int64_t id;
	if (text == NULL || !id_parse(text, &id))
		return ERR_OK;
	struct people p = {0};
	people_add(ctx, &p, id);
	return people_tell(ctx, &p, "praised", in->contact, &words);
}

enum err matter_make(struct ctx *ctx, struct intake *in, struct matter *m)
{
	TRY(tell_praised(ctx, in, m));
	if (strcmp(m->then, "existing") == 0)
		TRY(step_existing(ctx, m));
	else if (strcmp(m->then, "incident") == 0)
		TRY(join_incident(ctx, in, m));
	else if (strcmp(m->then, "solved") != 0)
		TRY(make_record(ctx, in, m));
	return make_promise(ctx, in, m);
}

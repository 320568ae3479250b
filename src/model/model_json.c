/*
 * The model as one user sees it. What he may not see is not there: hidden fields, types he has
 * nothing to do with, views that name such fields.
 */
#include "model/model_json.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/pack.h"
#include "model/who.h"

enum { FILTER_TEXT_BYTES = 64 << 10 };

static bool names_clear(void *arg, const struct field *f)
{
	return access_field(arg, f) == SIGHT_CLEAR;
}

static void put_fields(struct ctx *ctx, struct json_out *out, const struct type *t)
{
	json_key(out, "fields");
	json_open(out, '{');
	for (size_t i = 0; i < t->n_fields; i++)
		if (model_field_seen(ctx, &t->fields[i]))
			model_put_field(ctx, out, &t->fields[i], &t->fields[i]);
	json_close(out, '}');
	json_key(out, "inputs");
	json_open(out, '{');
	for (size_t i = 0; i < t->n_inputs; i++)
		model_put_field(ctx, out, &t->inputs[i], NULL);
	json_close(out, '}');
}

static void put_states(struct json_out *out, const struct type *t)
{
	json_key(out, "states");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_states; i++) {
		json_open(out, '{');
		model_put_text(out, "name", t->states[i].name);
		model_put_label(out, "label", &t->states[i].label);
		model_put_text(out, "stage", stage_name(t->states[i].stage));
		model_put_label(out, "say", &t->states[i].say);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void put_names(struct json_out *out, const char *key, const char *const *names, size_t n)
{
	json_key(out, key);
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		json_text(out, names[i]);
	json_close(out, ']');
}

static void put_transition(struct ctx *ctx, struct json_out *out, const struct transition *tr)
{
	json_open(out, '{');
	model_put_text(out, "name", tr->name);
	model_put_label(out, "label", &tr->label);
	put_names(out, "from", tr->from, tr->n_from);
	model_put_text(out, "to", tr->to);
	json_key(out, "needs");
	json_open(out, '[');
	for (size_t i = 0; i < tr->n_needs; i++)
		if (model_field_seen(ctx, tr->needs[i]))
			json_text(out, tr->needs[i]->name);
	json_close(out, ']');
	json_key(out, "asks");
	json_open(out, '[');
	for (size_t i = 0; i < tr->n_asks; i++) {
		if (!tr->asks[i].is_input && !model_field_seen(ctx, tr->asks[i].field))
			continue;
		json_open(out, '{');
		model_put_text(out, "name", tr->asks[i].field->name);
		model_put_bool(out, "input", tr->asks[i].is_input);
		model_put_bool(out, "required", tr->asks[i].required);
		if (tr->asks[i].preset)
			model_put_text(out, "preset", tr->asks[i].preset);
		if (tr->asks[i].from && model_field_seen(ctx, tr->asks[i].from))
			model_put_text(out, "from", tr->asks[i].from->name);
		json_close(out, '}');
	}
	json_close(out, ']');
	model_put_bool(out, "bulk", tr->bulk);
	model_put_bool(out, "glance", tr->glance);
	model_put_bool(out, "system", tr->system);
	json_close(out, '}');
}

static void put_lists(struct ctx *ctx, struct json_out *out, const struct type *t)
{
	json_key(out, "lists");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_lists; i++) {
		const struct list_def *list = &t->lists[i];
		json_open(out, '{');
		model_put_text(out, "name", list->name);
		model_put_label(out, "label", &list->label);
		model_put_text(out, "of", list->of->name);
		model_put_text(out, "by", list->by->name);
		model_put_bool(out, "show", list->show);
		json_key(out, "count_by");
		json_open(out, '[');
		for (size_t k = 0; k < list->n_count_by; k++)
			if (model_names_seen(ctx, list->count_by[k]))
				json_text(out, list->count_by[k]->name);
		json_close(out, ']');
		json_key(out, "where");
		if (list->where && filter_each_field(list->where, model_names_seen, ctx))
			filter_write_json(out, list->where);
		else
			json_none(out);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static bool view_is_his(const struct ctx *ctx, const struct view *v)
{
	if (v->where && !filter_each_field(v->where, names_clear, (void *)ctx))
		return false;
	if (v->n_roles == 0 || !ctx->who || ctx->who->system)
		return true;
	for (size_t i = 0; i < v->n_roles; i++)
		if (who_has_role(ctx->who, v->roles[i]))
			return true;
	return false;
}

/* The field that a column such as customer.name shows; every link on the way must be seen too. */
static bool column_is_seen(const struct ctx *ctx, const struct type *t, const char *column)
{
	const char *dot = strchr(column, '.');
	const struct field *f = type_field(t, dot ? arena_strndup(ctx->arena, column, (size_t)(dot - column)) : column);
	if (!f || !model_field_seen(ctx, f))
		return false;
	if (!dot)
		return true;
	const struct field *far = f->target ? type_field(f->target, dot + 1) : NULL;
	return far && model_field_seen(ctx, far);
}

static void put_view(struct ctx *ctx, struct json_out *out, const struct type *t, const struct view *v)
{
	json_open(out, '{');
	model_put_text(out, "name", v->name);
	model_put_label(out, "label", &v->label);
	json_key(out, "where");
	if (v->where) {
		struct buf text;
		buf_init(&text, ctx->arena, FILTER_TEXT_BYTES);
		filter_write_text(&text, v->where);
		json_text(out, text.data);
	} else {
		json_none(out);
	}
	json_key(out, "columns");
	json_open(out, '[');
	for (size_t i = 0; i < v->n_columns; i++)
		if (column_is_seen(ctx, t, v->columns[i]))
			json_text(out, v->columns[i]);
	json_close(out, ']');
	json_key(out, "sort");
	json_open(out, '[');
	for (size_t i = 0; i < v->n_sort; i++)
		if (access_field(ctx, v->sort[i].field) == SIGHT_CLEAR)
			json_text(out,
			          arena_printf(ctx->arena, "%s%s", v->sort[i].desc ? "-" : "", v->sort[i].field->name));
	json_close(out, ']');
	json_close(out, '}');
}

static void put_form(struct ctx *ctx, struct json_out *out, const struct type *t)
{
	json_key(out, "form");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_form; i++) {
		const struct form_section *s = &t->form[i];
		json_open(out, '{');
		model_put_label(out, "label", &s->label);
		json_key(out, "fields");
		json_open(out, '[');
		for (size_t k = 0; k < s->n_fields; k++)
			if (column_is_seen(ctx, t, s->fields[k]))
				json_text(out, s->fields[k]);
		json_close(out, ']');
		model_put_filter(ctx, out, "show", s->show);
		json_close(out, '}');
	}
	json_close(out, ']');
}

struct rights {
	bool create, read, write, remove, export, glance;
};

static enum err rights_of(struct ctx *ctx, const struct type *t, struct rights *ret_rights)
{
	static const enum access_right asked[] = {ACCESS_READ, ACCESS_WRITE, ACCESS_REMOVE};
	struct rights r = {.create = access_may_create(ctx, t),
	                   .export = access_may_export(ctx, t),
	                   .glance = access_may_glance(ctx, t)};
	bool *granted[] = {&r.read, &r.write, &r.remove};
	for (int i = 0; i < 3; i++) {
		struct filter *f;
		bool none;
		TRY(access_filter(ctx, t, asked[i], &f, &none));
		*granted[i] = !none;
	}
	*ret_rights = r;
	return ERR_OK;
}

static void put_rights(struct json_out *out, const struct rights *r)
{
	json_key(out, "rights");
	json_open(out, '{');
	model_put_bool(out, "create", r->create);
	model_put_bool(out, "read", r->read);
	model_put_bool(out, "write", r->write);
	model_put_bool(out, "export", r->export);
	model_put_bool(out, "remove", r->remove);
	model_put_bool(out, "glance", r->glance);
	json_close(out, '}');
}

static enum err put_type(struct ctx *ctx, struct json_out *out, const struct type *t, const struct rights *rights)
{
	json_key(out, t->name);
	json_open(out, '{');
	model_put_text(out, "name", t->name);
	model_put_label(out, "label", &t->label);
	model_put_label(out, "plural", &t->plural);
	model_put_text(out, "icon", t->icon);
	model_put_text(out, "pack", t->pack);
	model_put_bool(out, "uses_work", t->uses_work);
	model_put_text(out, "number", t->number);
	model_put_text(out, "title", t->title->name);
	model_put_bool(out, "confidential", t->confidential);
	put_fields(ctx, out, t);
	put_states(out, t);
	json_key(out, "transitions");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_transitions; i++)
		if (!t->transitions[i].quiet)
			put_transition(ctx, out, &t->transitions[i]);
	json_close(out, ']');
	put_lists(ctx, out, t);
	json_key(out, "views");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_views; i++)
		if (view_is_his(ctx, &t->views[i]))
			put_view(ctx, out, t, &t->views[i]);
	json_close(out, ']');
	put_form(ctx, out, t);
	json_key(out, "prints");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_prints; i++) {
		json_open(out, '{');
		model_put_text(out, "name", t->prints[i].name);
		model_put_label(out, "label", &t->prints[i].label);
		json_close(out, '}');
	}
	json_close(out, ']');
	TRY(model_put_alikes(ctx, out, t));
	put_rights(out, rights);
	json_close(out, '}');
	return ERR_OK;
}

static void put_packs(struct json_out *out, const struct model *m)
{
	json_key(out, "packs");
	json_open(out, '[');
	for (size_t i = 0; i < m->n_packs; i++) {
		json_open(out, '{');
		model_put_text(out, "name", m->packs[i].name);
		model_put_label(out, "label", &m->packs[i].label);
		model_put_text(out, "version", m->packs[i].version);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void put_parameters(struct json_out *out, const struct model *m)
{
	json_key(out, "parameters");
	json_open(out, '{');
	for (size_t i = 0; i < m->n_parameters; i++) {
		const struct parameter *p = &m->parameters[i];
		json_key(out, p->name);
		json_open(out, '{');
		model_put_text(out, "name", p->name);
		model_put_label(out, "label", &p->label);
		model_put_text(out, "kind", field_kind_name(p->kind));
		model_put_text(out, "source", p->source);
		for (int k = 0; k < 2; k++) {
			const struct value *v = k ? &p->preset : &p->value;
			json_key(out, k ? "default" : "value");
			if (v->kind == VALUE_TEXT)
				json_textn(out, v->s, v->len);
			else if (p->kind == FIELD_FLAG)
				json_bool(out, v->i != 0);
			else if (v->kind == VALUE_INT)
				model_put_scaled(out, v->i, p->scale);
			else
				json_none(out);
		}
		json_close(out, '}');
	}
	json_close(out, '}');
}

static bool rail_is_his(const struct ctx *ctx, const struct rail_entry *e, const struct rights *rights)
{
	bool role = e->n_roles == 0 || !ctx->who || ctx->who->system;
	for (size_t i = 0; i < e->n_roles && !role; i++)
		role = who_has_role(ctx->who, e->roles[i]);
	const struct type *t = e->type ? model_type(ctx->model, e->type) : NULL;
	return role && (!t || rights[t->at].read);
}

static void put_rail(struct ctx *ctx, struct json_out *out, const struct rights *rights)
{
	json_key(out, "rail");
	json_open(out, '[');
	for (size_t i = 0; i < ctx->model->n_rail; i++) {
		const struct rail_entry *e = &ctx->model->rail[i];
		if (!rail_is_his(ctx, e, rights))
			continue;
		json_open(out, '{');
		model_put_text(out, "name", e->name);
		model_put_label(out, "label", &e->label);
		model_put_text(out, "icon", e->icon);
		model_put_text(out, "page", e->page);
		model_put_text(out, "type", e->type);
		model_put_text(out, "group", e->group);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void put_groups(struct json_out *out, const struct model *m)
{
	json_key(out, "groups");
	json_open(out, '[');
	for (size_t i = 0; i < m->n_rail_groups; i++) {
		json_open(out, '{');
		model_put_text(out, "name", m->rail_groups[i].name);
		model_put_label(out, "label", &m->rail_groups[i].label);
		json_key(out, "last");
		json_bool(out, m->rail_groups[i].last);
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err model_write_json(struct ctx *ctx, struct json_out *out)
{
	const struct model *m = ctx->model;
	struct rights *rights = ARENA_ARRAY(ctx->arena, m->n_types + 1, struct rights);
	for (size_t i = 0; i < m->n_types; i++)
		TRY(rights_of(ctx, &m->types[i], &rights[i]));
	json_open(out, '{');
	json_key(out, "generation");
	json_id(out, m->generation);
	put_packs(out, m);
	put_groups(out, m);
	put_rail(ctx, out, rights);
	put_parameters(out, m);
	json_key(out, "types");
	json_open(out, '{');
	for (size_t i = 0; i < m->n_types; i++)
		if (rights[i].read || rights[i].create || rights[i].glance)
			TRY(put_type(ctx, out, &m->types[i], &rights[i]));
	json_close(out, '}');
	json_close(out, '}');
	return ERR_OK;
}

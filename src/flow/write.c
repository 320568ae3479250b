/* write.c: the only place where a record is written: row, event, work, search and files together. */
#include <string.h>

#include "flow/alike.h"
#include "flow/approval.h"
#include "flow/clocks.h"
#include "flow/event.h"
#include "flow/moment.h"
#include "flow/owners.h"
#include "flow/queue.h"
#include "flow/relate.h"
#include "model/compute.h"

enum err step_deeper(struct ctx *ctx, struct step *s)
{
	if (s->depth >= STEP_DEPTH_MAX)
		return ctx_problem(ctx, ERR_CONFLICT, "", "too_deep",
		                   "the packs' rules and actions set each other off more than %d deep", STEP_DEPTH_MAX);
	s->depth++;
	return ERR_OK;
}

enum err step_reload(struct ctx *ctx, struct record *r)
{
	struct record *fresh;
	TRY(record_load(ctx, r->type, r->id, &fresh));
	*r = *fresh;
	return ERR_OK;
}

static bool stage_closed(enum stage stage)
{
	return stage == STAGE_DONE || stage == STAGE_FINAL;
}

void record_enter(struct ctx *ctx, struct record *r, const char *state)
{
	const struct state *from = type_state(r->type, record_text(r, "state") ? record_text(r, "state") : "");
	const struct state *to = type_state(r->type, state);
	enum stage was = from ? from->stage : STAGE_NONE;
	record_put(r, "state", value_text(state));
	if (to->stage != STAGE_NONE)
		record_put(r, "stage", value_text(stage_name(to->stage)));
	if (stage_closed(to->stage)) {
		if (record_int(r, "closed_at") == 0)
			record_put(r, "closed_at", value_int(ctx->now_ms));
	} else {
		record_put(r, "closed_at", value_empty());
	}
	/* A date to wake at means nothing once it is awake. */
	if (was == STAGE_PAUSED && to->stage != STAGE_PAUSED)
		record_put(r, "wake", value_empty());
}

/* ---- what he may write --------------------------------------------------------------------------- */

enum err step_check_keys(struct ctx *ctx, const struct record *r, const json_t *fields)
{
	if (!json_is_object(fields))
		return ctx_problem(ctx, ERR_INVALID, "", "wrong_type", "fields must be an object");
	enum err e = ERR_OK;
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)fields, key, member)
	{
		const struct field *f = type_field(r->type, key);
		if (f != NULL && access_field(ctx, f) == SIGHT_HIDDEN)
			e = ctx_problem(ctx, ERR_INVALID, key, "unknown_field", "%s has no field %s", r->type->name,
			                key);
	}
	return e;
}

/* Could he find this record by himself? */
static enum err link_seen(struct ctx *ctx, const struct type *t, int64_t id, bool *ret_seen)
{
	struct filter *f;
	bool none;
	*ret_seen = true;
	if (t == ctx->model->user || t == ctx->model->team || t == ctx->model->role || access_may_glance(ctx, t))
		return ERR_OK;
	TRY(access_filter(ctx, t, ACCESS_READ, &f, &none));
	if (!none && f == NULL)
		return ERR_OK;
	struct record *target;
	enum err e = record_load(ctx, t, id, &target);
	if (e == ERR_OK)
		e = access_check(ctx, target, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_seen = e == ERR_OK;
	return ERR_OK;
}

static bool list_has(const struct value *list, int64_t id)
{
	for (size_t i = 0; list->kind == VALUE_LIST && i < list->n; i++)
		if (list->list[i].i == id)
			return true;
	return false;
}

static enum err link_check(struct ctx *ctx, const struct field *f, int64_t id)
{
	const struct type *t = f->target;
	bool seen = false;
	if (t == NULL) {
		enum err e = record_type_of(ctx, id, &t);
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
	}
	if (t != NULL)
		TRY(link_seen(ctx, t, id, &seen));
	if (!seen)
		return ctx_problem(ctx, ERR_INVALID, f->name, "not_found", "there is no such record to link to");
	return ERR_OK;
}

enum err step_check_links(struct ctx *ctx, const struct record *r, const struct record *before)
{
	if (ctx->who != NULL && ctx->who->system)
		return ERR_OK;
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		const struct value *v = &r->values[i];
		if ((f->kind != FIELD_LINK && f->kind != FIELD_LINKS) || value_is_empty(v) || field_is_base(f))
			continue;
		if (before != NULL && !record_differs(before, r, f))
			continue;
		if (f->kind == FIELD_LINK)
			TRY(link_check(ctx, f, v->i));
		for (size_t k = 0; f->kind == FIELD_LINKS && k < v->n; k++)
			if (before == NULL || !list_has(&before->values[i], v->list[k].i))
				TRY(link_check(ctx, f, v->list[k].i));
	}
	return ERR_OK;
}

/* ---- writing ------------------------------------------------------------------------------------- */

enum err step_note(struct ctx *ctx, const struct record *r, const struct note *note)
{
	const char *body;
	TRY(note_body(ctx, r->type, NULL, NULL, note, &body, NULL));
	return event_append(ctx, r->type->name, r->id, note->kind, note->internal, body, NULL);
}

/* What was made stands on the timeline of the work it belongs to as well. */
static enum err tell_linked(struct ctx *ctx, const struct record *r)
{
	int64_t told[8];
	size_t n = 0;
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		const struct type *t = f->target;
		if (f->kind != FIELD_LINK || value_is_empty(&r->values[i]) || field_is_base(f) ||
		    (t != NULL && !t->uses_work))
			continue;
		int64_t id = r->values[i].i;
		bool again = id == r->id;
		for (size_t k = 0; k < n; k++)
			again = again || told[k] == id;
		if (again || n == sizeof(told) / sizeof(told[0]))
			continue;
		told[n++] = id;
		if (t == NULL)
			TRY(record_type_of(ctx, id, &t));
		struct note note = {.kind = strcmp(r->type->name, "task") == 0 ? "task_added" : "linked",
		                    .internal = true,
		                    .linked_type = r->type,
		                    .linked = r->id};
		const char *body;
		TRY(note_body(ctx, t, NULL, NULL, &note, &body, NULL));
		TRY(event_append(ctx, t->name, id, note.kind, note.internal, body, NULL));
	}
	return ERR_OK;
}

/* What rules changed is said in the same event. */
static void say_rules(struct note *note, const struct fired *fired)
{
	if (note->rule == NULL)
		note->rule = fired->names;
	if (note->fired == NULL)
		note->fired = fired;
}

enum err step_insert(struct ctx *ctx, struct step *s, struct record *r, const struct note *given)
{
	const char *body;
	struct note note = *given;
	struct fired fired = {0};
	/* An import brings history in; it does not set anything off. */
	bool quiet = strcmp(note.kind, "imported") == 0;
	TRY(record_compute(ctx, r));
	TRY(links_follow(ctx, r, NULL));
	if (!quiet)
		TRY(rules_settle(ctx, s, r, NULL, RULE_CREATED | (note.intake ? 0 : RULE_ALONE), NULL, &fired));
	say_rules(&note, &fired);
	TRY(owners_settle(ctx, r, NULL, &note));
	TRY(waits_put(ctx, r, NULL));
	TRY(record_check(ctx, r));
	TRY(circles_check(ctx, r, NULL));
	TRY(recurring_follow(ctx, r, NULL));
	TRY(files_attach(ctx, r, NULL));
	TRY(clocks_follow(ctx, r, NULL, NULL, quiet));
	TRY(record_insert(ctx, r));
	TRY(note_body(ctx, r->type, NULL, r, &note, &body, NULL));
	TRY(event_write(ctx, r->type->name, r->id, note.kind, note.internal, body, true, NULL));
	TRY(work_put(ctx, r));
	TRY(queue_follow(ctx, r, NULL, quiet));
	TRY(record_index_fresh(ctx, r));
	TRY(rules_arm(ctx, r, NULL));
	TRY(people_follow(ctx, r, NULL));
	TRY(relations_follow(ctx, r, NULL));
	if (quiet)
		return r->type->gathers ? gather_follow(ctx, s, r, NULL, true) : ERR_OK;
	TRY(tell_linked(ctx, r));
	TRY(chain_tell(ctx, r, NULL, &note));
	TRY(rules_reach(ctx, s, r, &fired));
	return r->type->gathers ? gather_follow(ctx, s, r, NULL, false) : ERR_OK;
}

/* A team that keeps other hours moves the clocks of its work. */
static enum err hours_follow(struct ctx *ctx, const struct record *r, const struct record *before)
{
	const struct field *f = r->type == ctx->model->team ? type_field(r->type, "calendar") : NULL;
	return f != NULL && record_differs(before, r, f) ? clocks_recalculate_soon(ctx, NULL) : ERR_OK;
}

enum err step_update(struct ctx *ctx, struct step *s, struct record *r, const struct record *before,
                     const struct note *given)
{
	const char *body;
	size_t n_changes;
	struct note note = *given;
	struct fired fired = {0};
	TRY(record_compute(ctx, r));
	/* What goes back to how it was goes back to what it led to. */
	if (strcmp(note.kind, "undone") != 0)
		TRY(links_follow(ctx, r, before));
	bool differs = records_differ(before, r);
	if (!differs && strcmp(note.kind, "changed") == 0)
		return ERR_OK;
	if (!note.settled)
		TRY(rules_settle(ctx, s, r, before, differs ? RULE_CHANGED : 0, note.transition, &fired));
	say_rules(&note, &fired);
	TRY(owners_settle(ctx, r, before, &note));
	TRY(waits_put(ctx, r, before));
	if (note.check)
		TRY(record_check(ctx, r));
	else if (strcmp(note.kind, "undone") != 0)
		TRY(record_check_computed(ctx, r, before));
	TRY(circles_check(ctx, r, before));
	TRY(recurring_follow(ctx, r, before));
	TRY(files_attach(ctx, r, before));
	TRY(clocks_follow(ctx, r, before, note.transition, false));
	TRY(record_update(ctx, r));
	/* After the write: new lines have their ids by then. */
	TRY(note_body(ctx, r->type, before, r, &note, &body, &n_changes));
	TRY(event_append(ctx, r->type->name, r->id, note.kind, note.internal, body, NULL));
	TRY(work_put(ctx, r));
	TRY(queue_follow(ctx, r, before, false));
	if (n_changes > 0)
		TRY(record_index(ctx, r));
	TRY(rules_arm(ctx, r, before));
	TRY(hours_follow(ctx, r, before));
	TRY(people_follow(ctx, r, before));
	TRY(relations_follow(ctx, r, before));
	TRY(attention_follow(ctx, r, before, &note));
	TRY(approvals_people_follow(ctx, r, before));
	TRY(chain_tell(ctx, r, before, &note));
	TRY(rules_reach(ctx, s, r, &fired));
	return r->type->gathers ? gather_follow(ctx, s, r, before, strcmp(note.kind, "undone") == 0) : ERR_OK;
}

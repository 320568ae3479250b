/* scenario.c: scenario tests of packs: steps that must succeed or fail as said, and what must then be true. */
#include <string.h>

#include "base/clock.h"
#include "flow/due.h"
#include "flow/flow.h"
#include "main/story.h"
#include "model/who.h"
#include "store/store.h"

enum { STEP_GAP_MS = 1000 };

struct scene {
	struct story *s;
	const struct yaml_node *step;
	size_t n_handles;
	bool failed_as_said; /* of a step that must fail */
};

/* ---- steps, also those that must fail ------------------------------------------------------------------ */

static enum err scene_step(struct ctx *ctx, void *arg)
{
	struct scene *c = arg;
	c->s->n_handles = c->n_handles;
	c->s->why[0] = '\0';
	return story_step(ctx, c->s, c->step);
}

static const char *first_problem(const struct ctx *ctx)
{
	if (ctx->problems.n == 0)
		return "no problem told";
	const struct problem *p = &ctx->problems.list[0];
	return arena_printf(ctx->arena, "%s %s: %s", p->field, p->code, p->detail ? p->detail : "");
}

static bool has_problem(const struct ctx *ctx, const char *field)
{
	for (size_t i = 0; i < ctx->problems.n; i++)
		if (strcmp(ctx->problems.list[i].field, field) == 0 || strcmp(ctx->problems.list[i].code, field) == 0)
			return true;
	return false;
}

static enum err run_step(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	struct scene c = {.s = s, .step = step, .n_handles = s->n_handles};
	const char *fails = yaml_text(yaml_get(step, "fails")), *problem = yaml_text(yaml_get(step, "problem"));
	enum err e = store_write(ctx, scene_step, &c);
	if (fails == NULL && e != ERR_OK && s->why[0] == '\0')
		return story_fault(s, step, "%s (%s)", err_code(e), first_problem(ctx));
	if (fails == NULL || s->why[0] != '\0')
		return e;
	s->n_handles = c.n_handles;
	if (e == ERR_OK)
		return story_fault(s, step, "it should fail with %s", fails);
	if (strcmp(err_code(e), fails) != 0)
		return story_fault(s, step, "it failed with %s (%s), not with %s", err_code(e), first_problem(ctx),
		                   fails);
	if (problem != NULL && !has_problem(ctx, problem))
		return story_fault(s, step, "the problem is not %s but %s", problem, first_problem(ctx));
	return ERR_OK;
}

/* ---- what must be true --------------------------------------------------------------------------------- */

static enum err filter_of(struct ctx *ctx, struct story *s, const struct yaml_node *step, const struct type *t,
                          struct filter **ret_filter)
{
	const char *text = story_filter(s, ctx, yaml_get(step, "where"));
	struct filter_fault fault;
	*ret_filter = NULL;
	if (text == NULL)
		return ERR_OK;
	if (filter_parse(ctx->arena, ctx->model, t, text, strlen(text), ret_filter, &fault) != ERR_OK)
		return story_fault(s, step, "where: %s", fault.message);
	return ERR_OK;
}

static enum err sights(struct ctx *ctx, struct story *s, const struct yaml_node *step, const struct record *r,
                       const char *key, enum field_sight wanted)
{
	const struct yaml_node *names = yaml_get(step, key);
	for (size_t i = 0; names != NULL && i < names->n; i++) {
		const struct field *f = type_field(r->type, names->items[i]->text);
		enum field_sight sight;
		if (f == NULL)
			return story_fault(s, step, "%s: there is no field %s", key, names->items[i]->text);
		TRY(access_field_of(ctx, r, f, &sight));
		if (sight != wanted)
			return story_fault(s, step, "%s is not %s", f->name, key);
	}
	return ERR_OK;
}

static bool said(const struct yaml_node *step, const char *key)
{
	bool flag = false;
	return yaml_flag(yaml_get(step, key), &flag) && flag;
}

static enum err expect(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "expect"));
	const struct handle *h = name ? story_handle(s, name) : NULL;
	const struct type *t = h ? model_type(ctx->model, h->type) : NULL;
	struct record *r;
	struct filter *f;
	bool holds = true;
	if (t == NULL)
		return story_fault(s, step, "expect: there is no %s", name ? name : "handle");
	TRY(story_who(ctx, s, step));
	TRY(record_load(ctx, t, h->id, &r));
	enum err read = access_check(ctx, r, ACCESS_READ);
	if (said(step, "hidden"))
		return read == ERR_NOT_FOUND ? ERR_OK : story_fault(s, step, "he may read it");
	if (said(step, "read_only") && access_check(ctx, r, ACCESS_WRITE) == ERR_OK)
		return story_fault(s, step, "he may write it");
	if (read != ERR_OK)
		return story_fault(s, step, "he may not read it");
	TRY(filter_of(ctx, s, step, t, &f));
	if (f != NULL)
		TRY(filter_holds(ctx, f, r, &holds));
	if (!holds)
		return story_fault(s, step, "it does not hold: %s (state %s)", yaml_text(yaml_get(step, "where")),
		                   record_text(r, "state") ? record_text(r, "state") : "none");
	TRY(sights(ctx, s, step, r, "masked", SIGHT_MASKED));
	TRY(sights(ctx, s, step, r, "hides", SIGHT_HIDDEN));
	return sights(ctx, s, step, r, "clear", SIGHT_CLEAR);
}

static enum err count(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "count"));
	const struct type *t = name ? model_type(ctx->model, name) : NULL;
	struct filter *f;
	int64_t n, wanted;
	if (t == NULL || !yaml_int(yaml_get(step, "is"), &wanted))
		return story_fault(s, step, "count: TYPE, where: FILTER, is: NUMBER");
	TRY(story_who(ctx, s, step));
	TRY(filter_of(ctx, s, step, t, &f));
	TRY(list_count(ctx, t, f, LIMIT_COUNT, &n));
	return n == wanted ? ERR_OK : story_fault(s, step, "there are %lld, not %lld", (long long)n, (long long)wanted);
}

/* The first record a filter finds gets a name: what a plan or a rule made. */
static enum err find(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *type = yaml_text(yaml_get(step, "find")), *name = yaml_text(yaml_get(step, "name"));
	struct list_query q = {.type = type ? model_type(ctx->model, type) : NULL, .limit = 1};
	const char *next;
	int64_t id;
	size_t n = 1;
	if (q.type == NULL || name == NULL)
		return story_fault(s, step, "find: TYPE, where: FILTER, name: HANDLE");
	TRY(story_who(ctx, s, step));
	TRY(filter_of(ctx, s, step, q.type, &q.where));
	TRY(list_ids(ctx, &q, &id, &n, &next));
	if (n == 0)
		return story_fault(s, step, "there is none");
	story_name(s, name, q.type->name, id);
	return ERR_OK;
}

/* A colleague has a notice with these words. */
static enum err told(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *login = yaml_text(yaml_get(step, "told")), *text = yaml_text(yaml_get(step, "text"));
	struct sql q;
	struct rows *rows;
	bool found = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select n.body from notice n join ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " u on u.id = n.user_id where u.login = :login");
	sql_text(&q, "login", login);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		found |= strstr(rows_text(rows, 0, NULL), text ? text : "") != NULL;
	TRY(rows_done(rows));
	return found ? ERR_OK : story_fault(s, step, "%s was not told: %s", login, text ? text : "");
}

static enum err scene_look(struct ctx *ctx, void *arg)
{
	struct scene *c = arg;
	static const struct {
		const char *key;
		enum err (*fn)(struct ctx *ctx, struct story *s, const struct yaml_node *step);
	} kinds[] = {{"expect", expect},           {"count", count},       {"find", find},        {"told", told},
	             {"bench", story_bench},       {"clock", story_clock}, {"sent", story_sent},  {"duty", story_duty},
	             {"approval", story_approval}, {"offer", story_offer}, {"waits", story_waits}};
	ctx->who = &who_system;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (yaml_get(c->step, kinds[i].key) != NULL)
			return kinds[i].fn(ctx, c->s, c->step);
	return ERR_BAD_REQUEST;
}

static bool is_look(const struct yaml_node *step)
{
	static const char *const keys[] = {"expect", "count", "find",     "told",  "bench", "clock",
	                                   "sent",   "duty",  "approval", "offer", "waits"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (yaml_get(step, keys[i]) != NULL)
			return true;
	return false;
}

static enum err scene_do(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	struct scene c = {.s = s, .step = step};
	TRY(story_catch_up(ctx, s, step, s->base_ms));
	if (yaml_get(step, "wait") != NULL)
		return story_wait(ctx, s, step);
	return is_look(step) ? store_read(ctx, scene_look, &c) : run_step(ctx, s, step);
}

bool scenario_run(struct ctx *ctx, struct story *s, const struct yaml_node *scenario)
{
	const struct yaml_node *steps = yaml_get(scenario, "steps");
	if (yaml_text(yaml_get(scenario, "scenario")) == NULL || steps == NULL || steps->kind != YAML_LIST) {
		story_fault(s, scenario, "a scenario says scenario: WORDS and steps: a list");
		return false;
	}
	ctx->now_ms = s->base_ms;
	if (due_plan(ctx) != ERR_OK) {
		story_fault(s, scenario, "what comes round can't be planned (%s)", first_problem(ctx));
		return false;
	}
	for (size_t i = 0; i < steps->n; i++) {
		const struct yaml_node *step = steps->items[i];
		struct arena_mark mark = arena_mark(ctx->arena);
		s->base_ms += STEP_GAP_MS;
		s->why[0] = '\0';
		s->pack = step->doc ? step->doc->pack : NULL;
		enum err e = scene_do(ctx, s, step);
		if (e != ERR_OK && s->why[0] == '\0')
			story_fault(s, step, "%s (%s)", err_code(e), first_problem(ctx));
		ctx_forget(ctx);
		ctx->who = &who_system;
		arena_rewind(ctx->arena, mark);
		if (e != ERR_OK)
			return false;
	}
	return true;
}

/* do_rules.c: a rule tried on what has happened. */
#include "base/clock.h"
#include "flow/history.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "model/pack.h"
#include "model/yaml_tree.h"
#include "store/store.h"

#define DRY_NAME "tried_on_what_was"

enum { RULE_BYTES_MAX = 64 << 10, SPAN_DAYS_MAX = 400 };

struct trial {
	struct dry_run run;
	struct answer *an;
	const char *type, *text;
	struct model *model;
};

/* ---- the rule as it was sent ------------------------------------------------------------------------- */

static json_t *tree_of(const struct yaml_node *node)
{
	json_t *j;

	if (node->kind == YAML_TEXT) {
		if (node->plain && strcmp(node->text, "true") == 0)
			return json_true();
		if (node->plain && strcmp(node->text, "false") == 0)
			return json_false();
		return json_string(node->text);
	}
	j = node->kind == YAML_MAP ? json_object() : json_array();
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == YAML_MAP)
			json_object_set_new(j, node->keys[i]->text, tree_of(node->items[i]));
		else
			json_array_append_new(j, tree_of(node->items[i]));
	}
	return j;
}

static enum err sent_rule(struct ctx *ctx, struct request *rq, json_t **ret_rule)
{
	const json_t *given = json_object_get(rq->json, "json");
	const char *yaml = json_string_value(json_object_get(rq->json, "yaml"));
	struct yaml_doc doc = {.pack = "", .path = "rule"};
	struct yaml_fault fault;
	struct yaml_node *node;
	json_t *rule;

	if (given != NULL) {
		rule = json_deep_copy(given);
	} else if (yaml == NULL) {
		return ctx_problem(ctx, ERR_INVALID, "yaml", "required", "send the rule as json or as yaml");
	} else if (yaml_parse(ctx->arena, &doc, yaml, strlen(yaml), &node, &fault) != ERR_OK) {
		return ctx_problem(ctx, ERR_INVALID, "yaml", "syntax", "line %d: %s", fault.line, fault.message);
	} else {
		/* One of a type's `rules:` is an element of a list. */
		rule = tree_of(node->kind == YAML_LIST && node->n == 1 ? node->items[0] : node);
	}
	if (rule == NULL)
		abort();
	rule = json_kept(ctx->arena, rule);
	if (!json_is_object(rule))
		return ctx_problem(ctx, ERR_INVALID, given ? "json" : "yaml", "wrong_type", "one rule");
	*ret_rule = rule;
	return ERR_OK;
}

/* JSON is YAML: as a file of its own, under a name that no rule has. */
static enum err rule_text(struct ctx *ctx, struct request *rq, struct trial *t)
{
	json_t *rule = NULL;
	const char *name;
	char *text;

	TRY(sent_rule(ctx, rq, &rule));
	name = json_string_value(json_object_get(rule, "name"));
	if (name == NULL)
		name = json_string_value(json_object_get(rule, "rule"));
	t->run.name = name ? arena_strdup(ctx->arena, name) : NULL;
	if (t->type == NULL)
		t->type = arena_strdup(ctx->arena, json_string_value(json_object_get(rule, "type")));
	json_object_del(rule, "name");
	json_object_del(rule, "off");
	json_object_set_new(rule, "rule", json_string(DRY_NAME));
	json_object_set_new(rule, "type", json_string(t->type ? t->type : ""));
	text = json_dumps(rule, JSON_COMPACT);
	if (text == NULL)
		return ctx_problem(ctx, ERR_INVALID, "json", "wrong_type", "one rule");
	t->text = arena_strdup(ctx->arena, text);
	free(text);
	if (strlen(t->text) > RULE_BYTES_MAX)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_long", "a rule has at most %d bytes", RULE_BYTES_MAX);
	return ERR_OK;
}

/* A day of the organisation, or an instant. `to` names the last day. */
static enum err time_of(struct ctx *ctx, struct request *rq, const char *key, bool last, int64_t *ret_at)
{
	struct local_time local = {0};
	const char *text;

	TRY(body_text(ctx, rq, key, true, &text));
	if (instant_parse(text, ret_at))
		return ERR_OK;
	if (!date_parse(text, &local.year, &local.month, &local.day))
		return ctx_problem(ctx, ERR_INVALID, key, "bad_time", "a date or an instant");
	local.day += last;
	*ret_at = zone_instant(ctx->zone, &local);
	return ERR_OK;
}

/* ---- trying ---------------------------------------------------------------------------------------------- */

static enum err model_read(struct ctx *ctx, void *arg)
{
	struct trial *t = arg;
	const struct type *type = t->type ? model_type(ctx->model, t->type) : NULL;
	struct pack_report report = {0};
	struct pack_text text = {.path = "rules/" DRY_NAME ".yaml", .body = t->text, .len = strlen(t->text)};
	enum err e;

	if (type == NULL)
		return ctx_problem(ctx, ERR_INVALID, "type", "unknown_type", "there is no such type");
	text.pack = type->pack;
	e = model_load_with(ctx, &text, &t->model, &report);
	for (size_t i = 0; e == ERR_INVALID && i < report.n; i++)
		if (!report.list[i].warning && strcmp(report.list[i].path, text.path) == 0)
			(void)ctx_problem(ctx, e, "rule", "bad_rule", "%s", report.list[i].message);
	return e;
}

static const struct rule *dry_rule(const struct type *t)
{
	for (size_t i = 0; t != NULL && i < t->n_rules; i++)
		if (strcmp(t->rules[i].name, DRY_NAME) == 0)
			return &t->rules[i];
	return NULL;
}

static int newest_first(const void *a, const void *b)
{
	const struct dry_hit *x = a, *y = b;

	return (x->at < y->at) - (x->at > y->at);
}

static enum err hit_write(struct ctx *ctx, struct json_out *out, const struct type *t, const struct dry_hit *h)
{
	struct record *r = NULL;
	const char *label = NULL;
	enum err e = record_load(ctx, t, h->record, &r);

	if (e == ERR_OK)
		e = access_check(ctx, r, ACCESS_READ);
	if (e == ERR_OK)
		TRY(record_label(ctx, t, h->record, &label));
	else if (e != ERR_NOT_FOUND && e != ERR_FORBIDDEN)
		return e;
	json_open(out, '{');
	json_key(out, "at");
	json_instant(out, h->at);
	json_key(out, "id");
	json_id(out, e == ERR_OK ? h->record : 0);
	json_key(out, "type");
	json_text(out, t->name);
	json_key(out, "number");
	json_text(out, e == ERR_OK ? record_text(r, "number") : NULL);
	json_key(out, "title");
	json_text(out, label);
	json_key(out, "event");
	json_open(out, '{');
	json_key(out, "kind");
	json_text(out, h->kind);
	json_close(out, '}');
	json_close(out, '}');
	return ERR_OK;
}

struct beyond {
	struct ctx *ctx;
	struct json_out *out;
};

static bool beyond_write(void *arg, const struct filter *condition)
{
	struct beyond *b = arg;
	struct buf text;

	buf_init(&text, b->ctx->arena, LIMIT_FILTER_BYTES);
	filter_write_text(&text, condition);
	json_text(b->out, text.data);
	return true;
}

static enum err trial_read(struct ctx *ctx, void *arg)
{
	struct trial *t = arg;
	struct json_out *out = &t->an->json;

	t->run.type = model_type(ctx->model, t->type);
	t->run.rule = dry_rule(t->run.type);
	if (t->run.rule == NULL)
		return ERR_INTERNAL;
	TRY(rule_dry_run(ctx, &t->run));
	if (t->run.n_hits > 0)
		qsort(t->run.hits, t->run.n_hits, sizeof(t->run.hits[0]), newest_first);
	answer_reset(t->an);
	json_open(out, '{');
	json_key(out, "fired");
	json_int(out, (int64_t)t->run.fired);
	json_key(out, "records");
	json_int(out, (int64_t)t->run.records);
	json_key(out, "looked_at");
	json_int(out, (int64_t)t->run.looked_at);
	json_key(out, "stopped");
	json_bool(out, t->run.stopped);
	/* Other records are as they are now: what rests on them may have been otherwise then. */
	json_key(out, "as_today");
	json_open(out, '[');
	(void)filter_each_beyond(t->run.rule->when, beyond_write, &(struct beyond){.ctx = ctx, .out = out});
	json_close(out, ']');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < t->run.n_hits; i++)
		TRY(hit_write(ctx, out, t->run.type, &t->run.hits[i]));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err do_rule_dry_run(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct trial t = {.an = an};
	const struct model *model = ctx->model;
	enum err e;

	if (strcmp(request_param(rq, "section"), "rules") != 0)
		return ERR_NOT_FOUND;
	TRY(body_only(ctx, rq, "type,json,yaml,from,to,name,pack,path"));
	TRY(body_text(ctx, rq, "type", false, &t.type));
	TRY(time_of(ctx, rq, "from", false, &t.run.from));
	TRY(time_of(ctx, rq, "to", true, &t.run.to));
	if (t.run.to <= t.run.from || t.run.to - t.run.from > SPAN_DAYS_MAX * DAY_MS)
		return ctx_problem(ctx, ERR_INVALID, "to", "bad_time", "after `from`, and at most %d days",
		                   SPAN_DAYS_MAX);
	TRY(rule_text(ctx, rq, &t));
	TRY(store_read(ctx, model_read, &t));
	ctx->model = t.model;
	e = store_read_slow(ctx, trial_read, &t);
	ctx->model = model;
	model_unref(t.model);
	return e;
}

/* timeline.c: what happened to a record, newest first, as far as this user may see it. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/approval.h"
#include "flow/clocks.h"
#include "flow/shown.h"
#include "model/labels.h"

/* Long bodies make a page shorter: words, JSON and their growth are several times what is stored. */
enum { PAGE_PRESET = 50, PAGE_BODY_BYTES = 2 << 20, TAKEN_SHOWN = 200 };

struct told { /* one event as it is stored */
	int64_t id, seq, at, actor;
	const char *kind, *origin, *body;
	size_t body_len;
	bool internal;
	json_t *tree;
};

/* Words that went along take their share of a page's bytes. */
struct room {
	size_t left;
};

/* ---- reading ------------------------------------------------------------------------------------- */

static enum err page_read(struct ctx *ctx, const struct record *r, int64_t before, size_t limit, struct told *list,
                          size_t *ret_n, bool *ret_more)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, seq, at, actor, kind, origin, internal, body from event where record = :record and id < "
	        ":before");
	if (!sees_internal(ctx))
		SQL(&q, " and internal = 0");
	SQL(&q, " order by id desc limit :n");
	sql_int(&q, "record", r->id);
	sql_int(&q, "before", before);
	sql_int(&q, "n", (int64_t)limit + 1);
	struct rows *rows;
	size_t n = 0, bytes = 0;
	*ret_more = false;
	TRY(sql_rows(ctx, &q, &rows));
	while (!*ret_more && rows_next(rows)) {
		struct told *e = &list[n];
		const char *body = rows_text(rows, 7, &e->body_len);
		bytes += e->body_len;
		*ret_more = n == limit || (n > 0 && bytes > PAGE_BODY_BYTES);
		if (*ret_more)
			break;
		n++;
		*e = (struct told){.id = rows_int(rows, 0),
		                   .seq = rows_int(rows, 1),
		                   .at = rows_int(rows, 2),
		                   .actor = rows_int(rows, 3),
		                   .kind = arena_strdup(ctx->arena, rows_text(rows, 4, NULL)),
		                   .origin = arena_strdup(ctx->arena, rows_text(rows, 5, NULL)),
		                   .internal = rows_int(rows, 6) != 0,
		                   .body_len = e->body_len,
		                   .body = body ? arena_strndup(ctx->arena, body, e->body_len) : NULL};
	}
	*ret_n = n;
	return rows_done(rows);
}

/* ---- parts of an event ------------------------------------------------------------------------------ */

static enum err person_write(struct ctx *ctx, struct shown *s, struct json_out *out, const char *key, int64_t id)
{
	const char *name;
	json_key(out, key);
	if (id == 0) {
		json_none(out);
		return ERR_OK;
	}
	TRY(shown_name(ctx, s, ctx->model->user, id, &name));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "label");
	json_text(out, name);
	json_close(out, '}');
	return ERR_OK;
}

/* Before and after as a person reads them, and as they are stored; masked ones masked. */
static enum err change_side(struct ctx *ctx, struct shown *s, struct json_out *out, const struct field *f,
                            enum field_sight sight, const char *key, const json_t *j)
{
	const char *words;
	json_key(out, key);
	if (j == NULL || json_is_null(j)) {
		json_none(out);
		return ERR_OK;
	}
	TRY(shown_words(ctx, s, f, j, &words));
	if (sight == SIGHT_CLEAR) {
		json_text(out, words);
		return ERR_OK;
	}
	json_open(out, '{');
	json_key(out, "masked");
	json_text(out, f->kind == FIELD_TABLE ? "***" : text_mask(ctx->arena, words, strlen(words)));
	json_close(out, '}');
	return ERR_OK;
}

static enum err change_write(struct ctx *ctx, struct shown *s, const struct record *r, struct json_out *out,
                             const json_t *change)
{
	const char *name = json_string_value(json_object_get(change, "field"));
	const struct field *f = name ? shown_event_field(r->type, name) : NULL;
	enum field_sight sight;
	/* What the packs no longer declare nobody can be judged to see. */
	if (f == NULL)
		return ERR_OK;
	TRY(shown_sight(ctx, s, r, f, &sight));
	if (sight == SIGHT_HIDDEN)
		return ERR_OK;
	const json_t *before = json_object_get(change, "before"), *after = json_object_get(change, "after");
	json_open(out, '{');
	json_key(out, "field");
	json_text(out, f->name);
	json_label_said(out, "label", &f->label);
	TRY(change_side(ctx, s, out, f, sight, "before", before));
	TRY(change_side(ctx, s, out, f, sight, "after", after));
	if (sight == SIGHT_CLEAR) {
		json_key(out, "raw");
		json_open(out, '{');
		json_key(out, "before");
		json_tree(out, before ? before : json_null());
		json_key(out, "after");
		json_tree(out, after ? after : json_null());
		json_close(out, '}');
	}
	json_close(out, '}');
	return ERR_OK;
}

static enum err inputs_write(struct ctx *ctx, struct shown *s, const struct record *r, struct json_out *out,
                             const json_t *inputs)
{
	const char *key;
	json_t *member;
	json_key(out, "inputs");
	json_open(out, '{');
	json_object_foreach((json_t *)inputs, key, member)
	{
		const struct field *f = type_input(r->type, key);
		const char *words;
		if (f == NULL)
			continue;
		TRY(shown_words(ctx, s, f, member, &words));
		json_key(out, key);
		json_open(out, '{');
		json_label_said(out, "label", &f->label);
		json_key(out, "value");
		json_text(out, words);
		json_close(out, '}');
	}
	json_close(out, '}');
	return ERR_OK;
}

static void transition_write(struct json_out *out, const struct record *r, const char *name)
{
	json_key(out, "transition");
	const struct transition *tr = name ? type_transition(r->type, name) : NULL;
	if (name == NULL) {
		json_none(out);
		return;
	}
	json_open(out, '{');
	json_key(out, "name");
	json_text(out, name);
	json_label_said(out, "label", tr ? &tr->label : &(struct label){name, name});
	json_close(out, '}');
}

/* What could be told the customer after it. */
static void say_write(struct json_out *out, const struct record *r, const json_t *changes)
{
	size_t i;
	json_t *change;
	const struct state *state = NULL;
	json_array_foreach((json_t *)changes, i, change)
	{
		const char *name = json_string_value(json_object_get(change, "field"));
		const char *after = json_string_value(json_object_get(change, "after"));
		if (name != NULL && after != NULL && strcmp(name, "state") == 0)
			state = type_state(r->type, after);
	}
	if (state != NULL && state->say.zh != NULL)
		json_label_said(out, "say", &state->say);
}

static int64_t id_of(const json_t *j)
{
	int64_t id;
	return json_is_string(j) && id_parse(json_string_value(j), &id) ? id : 0;
}

static const struct rule *rule_named(const struct type *t, const char *name)
{
	for (size_t i = 0; name != NULL && i < t->n_rules; i++)
		if (strcmp(t->rules[i].name, name) == 0)
			return &t->rules[i];
	return NULL;
}

static void rule_write(struct json_out *out, const struct record *r, const json_t *one)
{
	const char *name = json_string_value(json_object_get(one, "rule"));
	const struct rule *rule = rule_named(r->type, name);
	json_open(out, '{');
	json_key(out, "name");
	json_text(out, name);
	json_label_said(out, "label", rule ? &rule->label : &(struct label){name, name});
	json_key(out, "version");
	json_text(out, json_string_value(json_object_get(one, "version")));
	json_key(out, "on");
	json_text(out, json_string_value(json_object_get(one, "on")));
	json_close(out, '}');
}

/* The rules an act set off; of what came by itself, the one it is about. */
static void rules_write(struct json_out *out, const struct record *r, const struct told *e)
{
	const json_t *rules = json_object_get(e->tree, "rules");
	size_t i;
	json_t *one;
	if (json_array_size(rules) == 0)
		return;
	if (strcmp(e->kind, "rule_fired") == 0 || strcmp(e->kind, "rule_stopped") == 0) {
		json_key(out, "rule");
		rule_write(out, r, json_array_get(rules, 0));
	}
	json_key(out, "rules");
	json_open(out, '[');
	json_array_foreach((json_t *)rules, i, one)
	{
		rule_write(out, r, one);
	}
	json_close(out, ']');
}

/* Which step of an escalation, and who was told. */
static enum err escalation_write(struct ctx *ctx, struct shown *s, struct json_out *out, const struct told *e)
{
	const json_t *told = json_object_get(e->tree, "told");
	size_t i;
	json_t *one;
	if (strcmp(e->kind, "escalated") != 0)
		return ERR_OK;
	json_key(out, "step");
	json_int(out, json_integer_value(json_object_get(e->tree, "step")));
	json_key(out, "cause");
	json_text(out, json_string_value(json_object_get(e->tree, "cause")));
	json_key(out, "told");
	json_open(out, '[');
	json_array_foreach((json_t *)told, i, one)
	{
		const char *name;
		TRY(shown_name(ctx, s, ctx->model->user, id_of(one), &name));
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, id_of(one));
		json_key(out, "label");
		json_text(out, name);
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}

/* A clock that warned, ran over or moved: its name in words, when it is due now and was before, and why. */
static enum err clock_write(struct ctx *ctx, struct json_out *out, const struct record *r, const struct told *e)
{
	static const char *const kept[] = {"old_due", "due", "why"};
	const char *name = json_string_value(json_object_get(e->tree, "clock"));
	const struct label *label = &(struct label){name, name};
	bool seen = true;
	if (name == NULL)
		return ERR_OK;
	for (size_t i = 0; i < r->type->n_clocks; i++)
		if (strcmp(r->type->clocks[i].name, name) == 0) {
			label = &r->type->clocks[i].label;
			TRY(clock_seen(ctx, &r->type->clocks[i], r, &seen));
		}
	json_key(out, "clock");
	json_open(out, '{');
	json_key(out, "name");
	json_text(out, name);
	json_label_said(out, "label", label);
	for (size_t i = 0; seen && i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *text = json_string_value(json_object_get(e->tree, kept[i]));
		if (text == NULL)
			continue;
		json_key(out, kept[i]);
		json_text(out, text);
	}
	json_close(out, '}');
	return ERR_OK;
}

static enum err words_write(struct ctx *ctx, struct shown *s, const struct record *r, struct json_out *out,
                            const json_t *tree)
{
	static const char *const words[] = {"text", "reason", "rule", "link"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *text = json_string_value(json_object_get(tree, words[i]));
		if (text == NULL)
			continue;
		json_key(out, words[i]);
		json_text(out, text);
	}
	int64_t owner = id_of(json_object_get(tree, "to_owner")), team = id_of(json_object_get(tree, "to_team"));
	int64_t absent = id_of(json_object_get(tree, "for"));
	if (owner != 0)
		TRY(person_write(ctx, s, out, "to_owner", owner));
	if (absent != 0)
		TRY(person_write(ctx, s, out, "for", absent));
	if (team != 0) {
		const char *name;
		TRY(shown_name(ctx, s, ctx->model->team, team, &name));
		json_key(out, "to_team");
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, team);
		json_key(out, "label");
		json_text(out, name);
		json_close(out, '}');
	}
	const char *revealed = json_string_value(json_object_get(tree, "field"));
	const struct field *f = revealed ? shown_event_field(r->type, revealed) : NULL;
	if (f != NULL && access_field(ctx, f) != SIGHT_HIDDEN)
		json_label_said(out, "field", &f->label);
	return ERR_OK;
}

/* ---- words that went along ------------------------------------------------------------------------- */

static enum err taken_read(struct ctx *ctx, const json_t *ids, struct room *room, struct told *list, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, seq, at, actor, internal, body from event where kind = 'commented' and id in (0");
	for (size_t i = 0; i < json_array_size(ids) && i < TAKEN_SHOWN; i++) {
		SQL(&q, ", ");
		sql_value_int(&q, id_of(json_array_get(ids, i)));
	}
	SQL(&q, ")");
	if (!sees_internal(ctx))
		SQL(&q, " and internal = 0");
	SQL(&q, " order by id");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		struct told *e = &list[n];
		const char *body = rows_text(rows, 5, &e->body_len);
		if (n == TAKEN_SHOWN || e->body_len > room->left)
			continue;
		room->left -= e->body_len;
		n++;
		*e = (struct told){.id = rows_int(rows, 0),
		                   .seq = rows_int(rows, 1),
		                   .at = rows_int(rows, 2),
		                   .actor = rows_int(rows, 3),
		                   .kind = "commented",
		                   .internal = rows_int(rows, 4) != 0,
		                   .body_len = e->body_len,
		                   .body = body ? arena_strndup(ctx->arena, body, e->body_len) : NULL};
	}
	*ret_n = n;
	return rows_done(rows);
}

static enum err taken_one(struct ctx *ctx, struct shown *s, struct json_out *out, struct told *e)
{
	const char *text = NULL;
	if (e->body != NULL)
		TRY(json_parse(ctx, e->body, e->body_len, &e->tree));
	text = json_string_value(json_object_get(e->tree, "text"));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, e->id);
	json_key(out, "at");
	json_instant(out, e->at);
	TRY(person_write(ctx, s, out, "actor", e->actor));
	json_key(out, "internal");
	json_bool(out, e->internal);
	if (e->body == NULL) {
		json_key(out, "erased");
		json_bool(out, true);
	}
	json_key(out, "text");
	json_text(out, text ? text : "");
	TRY(shown_files(ctx, out, json_object_get(e->tree, "files")));
	json_close(out, '}');
	return ERR_OK;
}

/* Was it given back by a later event? */
static enum err taken_back(struct ctx *ctx, const struct record *r, const struct told *e, bool *ret_back)
{
	int64_t *ids;
	size_t n;
	TRY(record_taken(ctx, r->id, &ids, &n));
	int64_t first = id_of(json_array_get(json_object_get(e->tree, "comments"), 0));
	*ret_back = true;
	for (size_t i = 0; i < n; i++)
		*ret_back = *ret_back && ids[i] != first;
	return ERR_OK;
}

/* Of what took them over: the words, as long as it has them. Of where they were said: how many went. */
static enum err comments_write(struct ctx *ctx, struct shown *s, const struct record *r, struct json_out *out,
                               const struct told *e, struct room *room)
{
	const json_t *ids = json_object_get(e->tree, "comments");
	bool back;
	size_t n;
	if (ids == NULL)
		return ERR_OK;
	json_key(out, "n");
	json_int(out, (int64_t)json_array_size(ids));
	if (strcmp(e->kind, "comments_taken") != 0)
		return ERR_OK;
	TRY(taken_back(ctx, r, e, &back));
	json_key(out, "returned");
	json_bool(out, back);
	if (back)
		return ERR_OK;
	struct told *list = ARENA_ARRAY(ctx->arena, TAKEN_SHOWN + 1, struct told);
	TRY(taken_read(ctx, ids, room, list, &n));
	json_key(out, "comments");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(taken_one(ctx, s, out, &list[i]));
	json_close(out, ']');
	return ERR_OK;
}

static enum err event_write_json(struct ctx *ctx, struct shown *s, const struct record *r, struct json_out *out,
                                 struct told *e, struct room *room)
{
	const json_t *changes = json_object_get(e->tree, "changes");
	size_t i;
	json_t *change;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, e->id);
	json_key(out, "seq");
	json_id(out, e->seq);
	json_key(out, "at");
	json_instant(out, e->at);
	TRY(person_write(ctx, s, out, "actor", e->actor));
	json_key(out, "kind");
	json_text(out, e->kind);
	json_key(out, "internal");
	json_bool(out, e->internal);
	json_key(out, "origin");
	json_text(out, e->origin);
	if (e->body == NULL) {
		json_key(out, "erased");
		json_bool(out, true);
	}
	json_key(out, "changes");
	json_open(out, '[');
	json_array_foreach((json_t *)changes, i, change)
	{
		TRY(change_write(ctx, s, r, out, change));
	}
	json_close(out, ']');
	transition_write(out, r, json_string_value(json_object_get(e->tree, "transition")));
	TRY(inputs_write(ctx, s, r, out, json_object_get(e->tree, "inputs")));
	TRY(words_write(ctx, s, r, out, e->tree));
	rules_write(out, r, e);
	TRY(clock_write(ctx, out, r, e));
	TRY(escalation_write(ctx, s, out, e));
	TRY(approval_event_write(ctx, e->tree, out));
	TRY(shown_files(ctx, out, json_object_get(e->tree, "files")));
	TRY(shown_linked(ctx, out, json_object_get(e->tree, "linked")));
	TRY(comments_write(ctx, s, r, out, e, room));
	say_write(out, r, changes);
	json_close(out, '}');
	return ERR_OK;
}

enum err timeline_write_json(struct ctx *ctx, const struct record *r, const char *after, size_t limit,
                             struct json_out *out)
{
	int64_t before = INT64_MAX;
	TRY(access_check(ctx, r, ACCESS_READ));
	if (after != NULL && *after != '\0' && !id_parse(after, &before))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "wrong_type", "`after` is what `next` gave");
	if (limit == 0)
		limit = PAGE_PRESET;
	if (limit > LIMIT_PAGE_ROWS)
		limit = LIMIT_PAGE_ROWS;
	struct told *list = ARENA_ARRAY(ctx->arena, limit + 1, struct told);
	struct shown *s = shown_new(ctx);
	struct room room = {.left = PAGE_BODY_BYTES};
	size_t n;
	bool more;
	TRY(page_read(ctx, r, before, limit, list, &n, &more));
	for (size_t i = 0; i < n; i++)
		if (list[i].body != NULL)
			TRY(json_parse(ctx, list[i].body, list[i].body_len, &list[i].tree));
	json_open(out, '{');
	json_key(out, "events");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(event_write_json(ctx, s, r, out, &list[i], &room));
	json_close(out, ']');
	json_key(out, "next");
	if (more)
		json_id(out, list[n - 1].id);
	else
		json_none(out);
	json_close(out, '}');
	return ERR_OK;
}

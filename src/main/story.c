/* story.c: steps of people, from YAML to flow. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/flow.h"
#include "http/auth.h"
#include "main/story.h"
#include "model/who.h"
#include "store/store.h"

enum { ANSWER_BYTES_MAX = 1 << 20 };

void story_init(struct story *s, struct arena *a, int64_t base_ms)
{
	*s = (struct story){.arena = a, .base_ms = base_ms};
	s->handles = ARENA_ARRAY(a, STORY_HANDLES_MAX, struct handle);
}

enum err story_fault(struct story *s, const struct yaml_node *at, const char *format, ...)
{
	va_list args;
	char words[STORY_WHY_BYTES / 2];
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	if (at != NULL && at->doc != NULL)
		snprintf(s->why, sizeof(s->why), "%s/%s:%d: %s", at->doc->pack, at->doc->path, at->line, words);
	else
		snprintf(s->why, sizeof(s->why), "%s", words);
	return ERR_INVALID;
}

/* ---- handles ----------------------------------------------------------------------------------------- */

const struct handle *story_handle(const struct story *s, const char *name)
{
	const struct handle *other = NULL;
	if (*name == '$')
		name++;
	for (size_t i = s->n_handles; i > 0; i--) {
		const struct handle *h = &s->handles[i - 1];
		if (strcmp(h->name, name) != 0)
			continue;
		if (s->pack == NULL || h->pack == NULL || strcmp(h->pack, s->pack) == 0)
			return h;
		if (other == NULL || strcmp(h->pack, "core") == 0)
			other = h;
	}
	return other;
}

void story_name(struct story *s, const char *name, const char *type, int64_t id)
{
	if (s->n_handles < STORY_HANDLES_MAX)
		s->handles[s->n_handles++] = (struct handle){.name = arena_strdup(s->arena, name),
		                                             .type = arena_strdup(s->arena, type),
		                                             .pack = s->pack,
		                                             .id = id};
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

const char *story_filter(struct story *s, struct ctx *ctx, const struct yaml_node *where)
{
	const char *text = yaml_text(where);
	struct buf b;
	if (text == NULL)
		return NULL;
	buf_init(&b, ctx->arena, LIMIT_FILTER_BYTES);
	for (size_t i = 0; text[i] != '\0';) {
		if (text[i] != '$') {
			buf_char(&b, text[i++]);
			continue;
		}
		size_t n = 1;
		while (is_name_char(text[i + n]))
			n++;
		const struct handle *h = story_handle(s, arena_strndup(ctx->arena, text + i, n));
		buf_int(&b, h ? h->id : 0);
		i += n;
	}
	return b.data;
}

/* ---- times -------------------------------------------------------------------------------------------- */

bool story_time(const struct ctx *ctx, int64_t day_ms, int64_t base_ms, const char *text, int64_t *ret_ms,
                bool *ret_date)
{
	const char *p = text + (*text == '+' || *text == '-');
	char *end;
	*ret_date = false;
	if (!isdigit((unsigned char)*p))
		return false;
	long n = strtol(p, &end, 10);
	int64_t sign = *text == '-' ? -1 : 1;
	if (n > 10000)
		return false;
	if ((*end == 'm' || *end == 'h') && end[1] == '\0') {
		*ret_ms = base_ms + sign * n * (*end == 'm' ? MINUTE_MS : HOUR_MS);
		return true;
	}
	if (*end != 'd')
		return false;
	int64_t day = zone_day_start(ctx->zone, day_ms, (int)(sign * n));
	unsigned hour, minute;
	char rest;
	if (end[1] == '\0') {
		*ret_date = true;
		*ret_ms = day;
		return true;
	}
	if (sscanf(end + 1, " %2u:%2u%c", &hour, &minute, &rest) != 2 || hour > 23 || minute > 59)
		return false;
	struct local_time t;
	zone_local(ctx->zone, day, &t);
	t.hour = (int)hour;
	t.minute = (int)minute;
	*ret_ms = zone_instant(ctx->zone, &t);
	return true;
}

/* ---- YAML to JSON ---------------------------------------------------------------------------------------- */

static bool is_decimal(const char *text)
{
	size_t whole = strspn(text, "0123456789"),
	       part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	return whole > 0 && part > 0 && text[whole + 1 + part] == '\0';
}

static json_t *text_json(struct ctx *ctx, struct story *s, const struct yaml_node *node)
{
	const char *text = node->text;
	int64_t n;
	bool flag, date;
	if (yaml_is_empty(node))
		return json_null();
	if (*text == '$' && text[1] != '\0') {
		const struct handle *h = story_handle(s, text);
		if (h == NULL)
			story_fault(s, node, "there is no %s yet", text);
		return h ? json_sprintf("%lld", (long long)h->id) : NULL;
	}
	if (*text == '@' && story_time(ctx, ctx->now_ms, s->base_ms, text + 1, &n, &date)) {
		char out[INSTANT_BYTES];
		struct local_time t;
		zone_local(ctx->zone, n, &t);
		if (date)
			date_format(t.year, t.month, t.day, out);
		else
			instant_format(n, out);
		return json_string(out);
	}
	if (node->plain && yaml_flag(node, &flag))
		return json_boolean(flag);
	if (node->plain && yaml_int(node, &n))
		return json_integer(n);
	if (node->plain && is_decimal(text))
		return json_real(strtod(text, NULL));
	return json_stringn(text, node->len);
}

static json_t *node_json(struct ctx *ctx, struct story *s, const struct yaml_node *node)
{
	if (node->kind == YAML_TEXT)
		return text_json(ctx, s, node);
	json_t *out = node->kind == YAML_MAP ? json_object() : json_array();
	for (size_t i = 0; i < node->n; i++) {
		json_t *v = node_json(ctx, s, node->items[i]);
		if (v == NULL) {
			json_decref(out);
			return NULL;
		}
		if (node->kind == YAML_MAP)
			json_object_set_new(out, node->keys[i]->text, v);
		else
			json_array_append_new(out, v);
	}
	return out;
}

enum err story_fields(struct ctx *ctx, struct story *s, const struct yaml_node *step, const char *key, json_t **ret)
{
	const struct yaml_node *node = yaml_get(step, key);
	json_t *j = node == NULL || yaml_is_empty(node) ? json_object() : node_json(ctx, s, node);
	if (j == NULL)
		return ERR_INVALID;
	*ret = json_kept(ctx->arena, j);
	return ERR_OK;
}

/* ---- who --------------------------------------------------------------------------------------------------- */

static enum err login_id(struct ctx *ctx, const char *login, int64_t *ret_id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where login = :login");
	sql_text(&q, "login", login);
	return sql_one_int(ctx, &q, ret_id);
}

enum err story_who(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *login = yaml_text(yaml_get(step, "as"));
	struct who *who;
	int64_t id;
	ctx->who = &who_system;
	if (login == NULL)
		return ERR_OK;
	if (login_id(ctx, login, &id) != ERR_OK || who_load(ctx, id, &who) != ERR_OK)
		return story_fault(s, step, "there is no user %s", login);
	ctx->who = who;
	return ERR_OK;
}

/* ---- the steps ------------------------------------------------------------------------------------------------ */

static enum err handle_of(struct story *s, const struct ctx *ctx, const struct yaml_node *step, const char *key,
                          const struct handle **ret_handle, const struct type **ret_type)
{
	const char *name = yaml_text(yaml_get(step, key));
	const struct handle *h = name ? story_handle(s, name) : NULL;
	if (h == NULL)
		return story_fault(s, step, "%s: there is no %s", key, name ? name : "handle");
	*ret_handle = h;
	*ret_type = model_type(ctx->model, h->type);
	return ERR_OK;
}

static enum err step_create(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *name = yaml_text(yaml_get(step, "create"));
	const struct type *t = name ? model_type(ctx->model, name) : NULL;
	const char *handle = yaml_text(yaml_get(step, "name"));
	json_t *fields;
	struct record *r;
	if (t == NULL)
		return story_fault(s, step, "create: there is no type %s", name ? name : "");
	TRY(story_fields(ctx, s, step, "fields", &fields));
	TRY(flow_create(ctx, t, fields, &r));
	if (handle != NULL)
		story_name(s, handle, t->name, r->id);
	if (yaml_get(step, "password") != NULL && s->hash != NULL && t == ctx->model->user)
		TRY(password_put(ctx, r->id, s->hash, false, NULL));
	return ERR_OK;
}

/* The first record that an act made besides: a task that was sent, a complaint that was opened. */
static enum err name_made(struct ctx *ctx, struct story *s, const struct yaml_node *step, int64_t mark)
{
	const char *name = yaml_text(yaml_get(step, "name"));
	struct sql q;
	struct rows *rows;
	const char *type = NULL;
	int64_t id = 0;
	if (name == NULL)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select type, record from event where id > :mark and kind = 'created' order by id limit 1");
	sql_int(&q, "mark", mark);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		type = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		id = rows_int(rows, 1);
	}
	TRY(rows_done(rows));
	if (type == NULL)
		return story_fault(s, step, "nothing was made that %s could name", name);
	story_name(s, name, type, id);
	return ERR_OK;
}

static enum err step_do(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const struct handle *h;
	const struct type *t;
	json_t *fields;
	struct record *r;
	int64_t mark = ids_next(ctx->ids, ctx->now_ms);
	TRY(handle_of(s, ctx, step, "on", &h, &t));
	TRY(story_fields(ctx, s, step, "fields", &fields));
	TRY(record_load(ctx, t, h->id, &r));
	TRY(flow_do(ctx, t, h->id, r->version, yaml_text(yaml_get(step, "do")), fields, &r));
	return name_made(ctx, s, step, mark);
}

static enum err step_change(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const struct handle *h;
	const struct type *t;
	json_t *fields;
	struct record *r;
	TRY(handle_of(s, ctx, step, "change", &h, &t));
	TRY(story_fields(ctx, s, step, "fields", &fields));
	TRY(record_load(ctx, t, h->id, &r));
	return flow_change(ctx, t, h->id, r->version, fields, &r);
}

static enum err step_comment(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const struct handle *h;
	const struct type *t;
	bool internal = false;
	const struct yaml_node *said = yaml_get(step, "internal");
	TRY(handle_of(s, ctx, step, "on", &h, &t));
	if (said != NULL)
		yaml_flag(said, &internal);
	return flow_comment(ctx, t, h->id, yaml_text(yaml_get(step, "comment")), internal, NULL, 0);
}

/* `name: [contact, first made record, second …]`; a lone name is the contact's. */
static enum err intake_names(struct ctx *ctx, struct story *s, const struct yaml_node *step, const char *answer)
{
	const struct yaml_node *names = yaml_get(step, "name");
	size_t next = 1;
	json_t *j;
	int64_t id;
	if (names == NULL)
		return ERR_OK;
	TRY(json_parse(ctx, answer, strlen(answer), &j));
	const char *contact = names->kind == YAML_TEXT ? names->text : names->n > 0 ? yaml_text(names->items[0]) : NULL;
	const char *text = json_string_value(json_object_get(json_object_get(j, "contact"), "id"));
	if (contact != NULL && text != NULL && id_parse(text, &id))
		story_name(s, contact, "contact", id);
	const json_t *matters = json_object_get(j, "matters");
	for (size_t i = 0; names->kind == YAML_LIST && i < json_array_size(matters); i++) {
		const json_t *m = json_array_get(matters, i);
		const char *type = json_string_value(json_object_get(m, "type"));
		text = json_string_value(json_object_get(m, "id"));
		if (type != NULL && text != NULL && id_parse(text, &id) && next < names->n)
			story_name(s, names->items[next++]->text, type, id);
	}
	return next < names->n && names->kind == YAML_LIST
	               ? story_fault(s, step, "the intake made fewer records than it has names")
	               : ERR_OK;
}

static enum err step_intake(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	struct buf b;
	struct json_out out;
	json_t *input;
	TRY(story_fields(ctx, s, step, "intake", &input));
	buf_init(&b, ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(flow_intake(ctx, input, &out));
	return intake_names(ctx, s, step, b.data);
}

enum err story_step(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	static const struct {
		const char *key;
		enum err (*fn)(struct ctx *ctx, struct story *s, const struct yaml_node *step);
	} kinds[] = {
	        {"bulk", story_bulk},           {"undo", story_undo},           {"cover", story_cover},
	        {"create", step_create},        {"tick", story_tick},           {"do", step_do},
	        {"change", step_change},        {"comment", step_comment},      {"vote", story_vote},
	        {"intake", step_intake},        {"file", story_file},           {"duties", story_duties},
	        {"read", story_read_notices},   {"macro", story_macro},         {"presence", story_presence},
	        {"accept_offer", story_accept}, {"refuse_offer", story_refuse},
	};
	s->pack = step->doc ? step->doc->pack : NULL;
	TRY(story_who(ctx, s, step));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (yaml_get(step, kinds[i].key) != NULL)
			return kinds[i].fn(ctx, s, step);
	return story_fault(s, step,
	                   "a step says create, do, change, comment, vote, intake, file, bulk, undo, cover, tick, "
	                   "duties, macro, presence, accept_offer, refuse_offer or read");
}

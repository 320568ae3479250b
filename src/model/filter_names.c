/* Names of a filter: fields, paths through links, lists; and what may be compared with what. */
#include <stdarg.h>

#include "base/text.h"
#include "model/filter_tree.h"

static const char *const reserved[] = {"and",  "or",    "not", "in",   "is",    "empty", "contains", "any",
                                       "none", "count", "all", "true", "false", "now",   "today",    "outer"};

bool filter_is_reserved(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strlen(reserved[i]) == len && memcmp(reserved[i], word, len) == 0)
			return true;
	return false;
}

int filter_clip(const char *s, size_t len)
{
	if (len <= 60)
		return (int)len;
	size_t n = 60;
	while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80)
		n--;
	return (int)n;
}

enum err filter_fail(struct filter_reader *rd, size_t at, const char *code, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rd->fault->at = at;
	rd->fault->code = code;
	rd->fault->message = text_mend(arena_strdup(rd->arena, text));
	return ERR_INVALID;
}

enum filter_class filter_class(const struct field *f)
{
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_LONG_TEXT:
	case FIELD_PHONE:
	case FIELD_EMAIL: return CLASS_TEXT;
	case FIELD_NUMBER:
	case FIELD_MONEY: return CLASS_NUMBER;
	case FIELD_FLAG:
	case FIELD_COMPUTED: return CLASS_TRUTH;
	case FIELD_DATE: return CLASS_DATE;
	case FIELD_DATETIME: return CLASS_INSTANT;
	case FIELD_CHOICE: return CLASS_CHOICE;
	case FIELD_CHOICES: return CLASS_CHOICES;
	case FIELD_LINK: return CLASS_LINK;
	case FIELD_LINKS: return CLASS_LINKS;
	case FIELD_FILES: return CLASS_FILES;
	case FIELD_TABLE: return CLASS_TABLE;
	}
	return CLASS_TEXT;
}

int filter_scale(const struct field *f)
{
	return f->kind == FIELD_MONEY ? 2 : f->scale;
}

bool filter_same_options(const struct field *a, const struct field *b)
{
	if (a->n_options != b->n_options)
		return false;
	for (size_t i = 0; i < a->n_options; i++)
		if (strcmp(a->options[i].name, b->options[i].name) != 0)
			return false;
	return true;
}

const char *filter_op_sign(enum filter_op op)
{
	switch (op) {
	case FILTER_EQ: return "=";
	case FILTER_LT: return "<";
	case FILTER_LE: return "<=";
	case FILTER_GT: return ">";
	case FILTER_GE: return ">=";
	default: return NULL;
	}
}

bool filter_op_of_sign(const char *sign, size_t len, enum filter_op *ret_op, bool *ret_negated)
{
	static const enum filter_op ops[] = {FILTER_EQ, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const char *s = filter_op_sign(ops[i]);
		if (strlen(s) == len && memcmp(s, sign, len) == 0) {
			*ret_op = ops[i];
			*ret_negated = false;
			return true;
		}
	}
	if (len == 2 && memcmp(sign, "!=", 2) == 0) {
		*ret_op = FILTER_EQ;
		*ret_negated = true;
		return true;
	}
	return false;
}

/* ---- fields every type has ------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum field_kind kind;
} base_fields[] = {{"id", FIELD_LINK},
                   {"version", FIELD_NUMBER},
                   {"created_at", FIELD_DATETIME},
                   {"created_by", FIELD_LINK},
                   {"updated_at", FIELD_DATETIME}};

static struct field *field_new(struct filter_reader *rd, const char *name, enum field_kind kind, const struct type *of)
{
	struct field *f = ARENA_NEW(rd->arena, struct field);

	f->name = f->column = name;
	f->label.zh = name;
	f->kind = kind;
	f->flags = FIELD_SYSTEM | (of->table && strcmp(of->table, "work") != 0 ? FIELD_BASE : 0);
	f->of = of;
	f->at = -1;
	return f;
}

static const struct field *base_field(struct filter_reader *rd, const struct type *t, const char *name)
{
	for (size_t i = 0; i < sizeof(base_fields) / sizeof(base_fields[0]); i++) {
		if (strcmp(base_fields[i].name, name) != 0)
			continue;
		struct field *f = field_new(rd, base_fields[i].name, base_fields[i].kind, t);
		if (strcmp(name, "id") == 0) {
			f->to = t->name;
			f->target = t;
		} else if (f->kind == FIELD_LINK) {
			f->to = rd->model->user ? rd->model->user->name : "user";
			f->target = rd->model->user;
		}
		return f;
	}
	return NULL;
}

/* What a filter may ask of a record reached through a link to any work type: the columns of the
 * work index that mean the same for all of them. */
static const struct type *any_work(struct filter_reader *rd)
{
	static const struct {
		const char *name;
		enum field_kind kind;
		const char *to;
	} columns[] = {{"number", FIELD_TEXT, NULL},         {"customer", FIELD_LINK, "customer"},
	               {"first_owner", FIELD_LINK, "user"},  {"owner", FIELD_LINK, "user"},
	               {"team", FIELD_LINK, "team"},         {"pending_owner", FIELD_LINK, "user"},
	               {"pending_team", FIELD_LINK, "team"}, {"stage", FIELD_CHOICE, NULL},
	               {"state", FIELD_TEXT, NULL},          {"due", FIELD_DATETIME, NULL},
	               {"opened_at", FIELD_DATETIME, NULL},  {"closed_at", FIELD_DATETIME, NULL},
	               {"chased", FIELD_NUMBER, NULL},       {"parent", FIELD_LINK, "work"},
	               {"accountable", FIELD_LINK, "user"}};
	static const char *const stages[] = {"open", "paused", "done", "final"};
	enum { N = sizeof(columns) / sizeof(columns[0]) };

	if (rd->any_work)
		return rd->any_work;
	struct type *t = ARENA_NEW(rd->arena, struct type);
	t->name = t->table = "work";
	t->label.zh = "work";
	t->at = -1;
	t->uses_work = true;
	t->fields = ARENA_ARRAY(rd->arena, N, struct field);
	t->n_fields = N;
	for (size_t i = 0; i < N; i++) {
		struct field *f = &t->fields[i];
		*f = *field_new(rd, columns[i].name, columns[i].kind, t);
		f->to = columns[i].to;
		if (f->to && strcmp(f->to, "work") != 0)
			f->target = model_type(rd->model, f->to);
		if (f->kind != FIELD_CHOICE)
			continue;
		f->n_options = sizeof(stages) / sizeof(stages[0]);
		f->options = ARENA_ARRAY(rd->arena, f->n_options, struct option);
		for (size_t k = 0; k < f->n_options; k++)
			f->options[k] = (struct option){.name = stages[k], .label = {.zh = stages[k]}};
	}
	rd->any_work = t;
	return t;
}

static const struct type *link_target(struct filter_reader *rd, const struct field *f)
{
	return f->target ? f->target : any_work(rd);
}

/* ---- looking up ------------------------------------------------------------------------------ */

static size_t scope_fields(const struct filter_scope *scope, const struct field **ret_fields)
{
	*ret_fields = scope->table ? scope->table->columns : scope->type->fields;
	return scope->table ? scope->table->n_columns : scope->type->n_fields;
}

static const struct field *scope_field(struct filter_reader *rd, const struct filter_scope *scope, const char *name)
{
	const struct field *fields;
	size_t n = scope_fields(scope, &fields);
	const struct type *t = scope->table ? NULL : scope->type;

	/* `id` compares like a link to the record itself, however the type lists it. */
	if (t && t != rd->any_work && strcmp(name, "id") == 0)
		return base_field(rd, t, name);
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return t && t != rd->any_work ? base_field(rd, t, name) : NULL;
}

static size_t edit_distance(const char *a, const char *b)
{
	size_t row[LIMIT_NAME_BYTES + 2], n = strlen(a), m = strlen(b);

	if (n > LIMIT_NAME_BYTES || m > LIMIT_NAME_BYTES)
		return 99;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = up;
		}
	}
	return row[m];
}

static void consider(const char *word, const char *name, size_t *best, const char **ret_name)
{
	size_t d = edit_distance(word, name);

	if (d < *best) {
		*best = d;
		*ret_name = name;
	}
}

static enum err unknown_name(struct filter_reader *rd, const struct filter_scope *scope, const char *word, size_t at,
                             bool list)
{
	const struct field *fields;
	size_t n = scope_fields(scope, &fields), best = 3;
	const char *near = NULL;
	const char *owner = scope->table ? scope->table->name : scope->type->name;

	for (size_t i = 0; i < n; i++)
		if (!list || fields[i].kind == FIELD_LINKS || fields[i].kind == FIELD_TABLE)
			consider(word, fields[i].name, &best, &near);
	for (size_t i = 0; list && scope->type && i < scope->type->n_lists; i++)
		consider(word, scope->type->lists[i].name, &best, &near);
	if (near && strlen(word) > best)
		return filter_fail(rd, at, "unknown_name", "%.60s is not a %s of %s: did you mean %s?", word,
		                   list ? "list" : "field", owner, near);
	return filter_fail(rd, at, "unknown_name", "%.60s is not a %s of %s", word, list ? "list" : "field", owner);
}

/* Takes the next word before a dot. */
static enum err next_part(struct filter_reader *rd, const char *s, size_t len, size_t at, size_t *pos,
                          const char **ret_part, bool *ret_last)
{
	size_t end = *pos;

	while (end < len && s[end] != '.')
		end++;
	if (end == *pos)
		return filter_fail(rd, at + *pos, "syntax", "a name is missing in %.*s", filter_clip(s, len), s);
	*ret_part = arena_strndup(rd->arena, s + *pos, end - *pos);
	*ret_last = end == len;
	*pos = end + 1;
	return ERR_OK;
}

/* Walks `outer.` and links; gives back the last word and the scope it must be looked up in. */
static enum err walk(struct filter_reader *rd, const struct filter_scope *scope, const char *s, size_t len, size_t at,
                     struct filter_path *path, struct filter_scope *ret_scope, const char **ret_word, size_t *ret_at)
{
	struct filter_scope here = *scope;
	size_t pos = 0, parts = 1;
	bool last = false;
	const char *part = "";

	for (size_t i = 0; i < len; i++)
		parts += s[i] == '.';
	if (parts > 8)
		return filter_fail(rd, at, "too_deep", "%.*s: at most 8 names in a path", filter_clip(s, len), s);
	path->links = ARENA_ARRAY(rd->arena, parts, const struct field *);
	for (;;) {
		size_t word_at = at + pos;
		TRY(next_part(rd, s, len, at, &pos, &part, &last));
		if (strcmp(part, "outer") == 0 && path->n_links == 0 && !last) {
			if (here.up == NULL)
				return filter_fail(rd, word_at, "unknown_name",
				                   "outer is only known inside any(), none() and count()");
			here = *here.up;
			path->up++;
			continue;
		}
		if (filter_is_reserved(part, strlen(part)))
			return filter_fail(rd, word_at, "reserved", "%s is a word of the language, not a name", part);
		if (last) {
			*ret_scope = here;
			*ret_word = part;
			*ret_at = word_at;
			return ERR_OK;
		}
		const struct field *f = scope_field(rd, &here, part);
		if (f == NULL)
			return unknown_name(rd, &here, part, word_at, false);
		if (f->kind == FIELD_LINKS || f->kind == FIELD_TABLE)
			return filter_fail(rd, word_at, "wrong_type", "%s holds several: write any(%s, …)", part, part);
		if (f->kind != FIELD_LINK)
			return filter_fail(rd, word_at, "wrong_type", "%s is not a link: nothing can follow its dot",
			                   part);
		path->links[path->n_links++] = f;
		here = (struct filter_scope){.type = link_target(rd, f)};
	}
}

enum err filter_path_resolve(struct filter_reader *rd, const struct filter_scope *scope, const char *s, size_t len,
                             size_t at, struct filter_path *ret_path)
{
	struct filter_path path = {0};
	struct filter_scope here;
	const char *word;
	size_t word_at;

	TRY(walk(rd, scope, s, len, at, &path, &here, &word, &word_at));
	path.field = scope_field(rd, &here, word);
	if (path.field == NULL) {
		for (size_t i = 0; here.type && !here.table && i < here.type->n_lists; i++)
			if (strcmp(here.type->lists[i].name, word) == 0)
				return filter_fail(rd, word_at, "wrong_type", "%s is a list: write any(%s, …)", word,
				                   word);
		return unknown_name(rd, &here, word, word_at, false);
	}
	*ret_path = path;
	return ERR_OK;
}

enum err filter_list_resolve(struct filter_reader *rd, const struct filter_scope *scope, const char *s, size_t len,
                             size_t at, struct filter_path *ret_path, struct filter_scope *ret_inner)
{
	struct filter_path path = {0};
	struct filter_scope here;
	const char *word;
	size_t word_at;

	TRY(walk(rd, scope, s, len, at, &path, &here, &word, &word_at));
	for (size_t i = 0; !here.table && i < here.type->n_lists; i++)
		if (strcmp(here.type->lists[i].name, word) == 0)
			path.list = &here.type->lists[i];
	if (path.list) {
		*ret_inner = (struct filter_scope){.type = path.list->of, .up = scope};
		*ret_path = path;
		return ERR_OK;
	}
	path.field = scope_field(rd, &here, word);
	if (path.field == NULL)
		return unknown_name(rd, &here, word, word_at, true);
	if (path.field->kind == FIELD_TABLE)
		*ret_inner = (struct filter_scope){.table = path.field, .up = scope};
	else if (path.field->kind == FIELD_LINKS)
		*ret_inner = (struct filter_scope){.type = link_target(rd, path.field), .up = scope};
	else
		return filter_fail(rd, word_at, "wrong_type", "%s is a %s, not a list", word,
		                   field_kind_name(path.field->kind));
	*ret_path = path;
	return ERR_OK;
}

enum err filter_check_op(struct filter_reader *rd, const struct field *f, enum filter_op op, size_t at)
{
	enum filter_class c = filter_class(f);

	switch (op) {
	case FILTER_EQ:
	case FILTER_IN:
		if (c == CLASS_CHOICES || c == CLASS_LINKS || c == CLASS_FILES)
			return filter_fail(rd, at, "wrong_type", "%s holds several: write %s contains …", f->name,
			                   f->name);
		if (c == CLASS_TABLE)
			return filter_fail(rd, at, "wrong_type", "%s is a table: write any(%s, …)", f->name, f->name);
		return ERR_OK;
	case FILTER_LT:
	case FILTER_LE:
	case FILTER_GT:
	case FILTER_GE:
		if (c == CLASS_TEXT || c == CLASS_NUMBER || c == CLASS_DATE || c == CLASS_INSTANT || c == CLASS_CHOICE)
			return ERR_OK;
		return filter_fail(rd, at, "wrong_type", "%s is a %s: it has no order, %s can't stand here", f->name,
		                   field_kind_name(f->kind), filter_op_sign(op));
	case FILTER_CONTAINS:
		if (c == CLASS_TEXT || c == CLASS_CHOICES || c == CLASS_LINKS || c == CLASS_FILES)
			return ERR_OK;
		if (c == CLASS_TABLE)
			return filter_fail(rd, at, "wrong_type", "%s is a table: write any(%s, …)", f->name, f->name);
		return filter_fail(rd, at, "wrong_type", "%s is a %s: contains needs text or a field of several values",
		                   f->name, field_kind_name(f->kind));
	case FILTER_EMPTY:
		if (f->kind == FIELD_COMPUTED)
			return filter_fail(rd, at, "wrong_type", "%s is computed and never empty: write %s = true",
			                   f->name, f->name);
		return ERR_OK;
	default: return ERR_OK;
	}
}

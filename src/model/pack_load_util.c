#include <stdarg.h>

#include "base/text.h"
#include "model/pack_load.h"
#include "model/target.h"

static const char *const reserved_words[] = {"and",  "or",    "not", "in",   "is",    "empty", "contains", "any",
                                             "none", "count", "all", "true", "false", "now",   "today",    "outer"};

void load_fault_at(struct loader *l, const struct yaml_doc *doc, int line, int column, bool warning,
                   const char *message)
{
	enum { FINDINGS_MAX = 1000 };
	struct pack_report *r = &l->report;
	for (size_t i = 0; i < r->n; i++) { /* sections are walked more than once */
		const struct pack_problem *p = &r->list[i];
		if (p->line == line && p->column == column && doc && strcmp(p->path, doc->path) == 0 &&
		    strcmp(p->pack, doc->pack) == 0 && strcmp(p->message, message) == 0)
			return;
	}
	if (!warning)
		r->n_errors++;
	if (r->n >= FINDINGS_MAX)
		return;
	if (r->n == l->report_cap) {
		l->report_cap = l->report_cap ? l->report_cap * 2 : 16;
		struct pack_problem *list = ARENA_ARRAY(l->scratch, l->report_cap, struct pack_problem);
		if (r->n)
			memcpy(list, r->list, r->n * sizeof *list);
		r->list = list;
	}
	r->list[r->n++] = (struct pack_problem){.pack = arena_strdup(l->scratch, doc ? doc->pack : ""),
	                                        .path = arena_strdup(l->scratch, doc ? doc->path : ""),
	                                        .line = line,
	                                        .column = column,
	                                        .message = arena_strdup(l->scratch, message),
	                                        .warning = warning};
}

__attribute__((format(printf, 4, 0))) static void tell(struct loader *l, const struct yaml_node *at, bool warning,
                                                       const char *format, va_list ap)
{
	char message[512];
	vsnprintf(message, sizeof message, format, ap);
	load_fault_at(l, at ? at->doc : NULL, at ? at->line : 0, at ? at->column : 0, warning, text_mend(message));
}

void load_fault(struct loader *l, const struct yaml_node *at, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	tell(l, at, false, format, ap);
	va_end(ap);
}

void load_warn(struct loader *l, const struct yaml_node *at, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	tell(l, at, true, format, ap);
	va_end(ap);
}

static bool word_in(const char *word, const char *known)
{
	size_t len = strlen(word);
	for (const char *p = known; *p;) {
		const char *end = strchrnul(p, ' ');
		if ((size_t)(end - p) == len && memcmp(p, word, len) == 0)
			return true;
		p = *end ? end + 1 : end;
	}
	return false;
}

/* Edits between two short words, at most 3 told apart. */
static int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	int row[LIMIT_NAME_BYTES + 2];
	if (n > LIMIT_NAME_BYTES || m > LIMIT_NAME_BYTES)
		return 9;
	for (size_t j = 0; j <= m; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		int corner = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			int change = corner + (a[i - 1] != b[j - 1]);
			corner = row[j];
			int best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
			row[j] = change < best ? change : best;
		}
	}
	return row[m];
}

const char *load_nearest(struct loader *l, const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	int least = strlen(word) < 5 ? 2 : 3;
	for (size_t i = 0; i < n; i++) {
		int d = distance(word, words[i]);
		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best ? arena_printf(l->scratch, ": did you mean `%s`?", best) : "";
}

const char *load_nearest_field(struct loader *l, const struct type *t, const char *word)
{
	const char **names = ARENA_ARRAY(l->scratch, t->n_fields + 1, const char *);
	for (size_t i = 0; i < t->n_fields; i++)
		names[i] = t->fields[i].name;
	return load_nearest(l, word, names, t->n_fields);
}

bool load_is_map(struct loader *l, const struct yaml_node *node, const char *what)
{
	if (node && node->kind == YAML_MAP)
		return true;
	load_fault(l, node, "%s: this must be keys and values, `{key: value}` or indented lines", what);
	return false;
}

bool load_keys(struct loader *l, const struct yaml_node *map, const char *what, const char *known)
{
	if (!load_is_map(l, map, what))
		return false;
	for (size_t i = 0; i < map->n; i++) {
		const char *key = map->keys[i]->text;
		if (word_in(key, known))
			continue;
		if (strpbrk(key, "()'=")) {
			load_fault(l, map->keys[i],
			           "`%.60s` is no key: a value with commas was cut here, put the value before it in "
			           "quotes",
			           key);
			continue;
		}
		const char *words[64];
		size_t n = 0;
		char *copy = arena_strdup(l->scratch, known), *save = NULL;
		for (char *w = strtok_r(copy, " ", &save); w && n < 64; w = strtok_r(NULL, " ", &save))
			words[n++] = w;
		const char *near = load_nearest(l, key, words, n);
		if (*near)
			load_fault(l, map->keys[i], "%s has no key `%.60s`%s", what, key, near);
		else
			load_fault(l, map->keys[i], "%s has no key `%.60s`; it may have: %s", what, key, known);
	}
	return true;
}

bool load_name_ok(struct loader *l, const struct yaml_node *at, const char *name, const char *what)
{
	size_t len = strlen(name);
	bool good = len > 0 && name[0] >= 'a' && name[0] <= 'z';
	for (size_t i = 0; i < len && good; i++)
		good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
	if (!good) {
		load_fault(l, at, "`%.60s` can't name %s: use a-z, 0-9 and _, beginning with a letter", name, what);
		return false;
	}
	if (len > LIMIT_NAME_BYTES) {
		load_fault(l, at, "`%.60s…` is too long to name %s: at most %d letters", name, what, LIMIT_NAME_BYTES);
		return false;
	}
	if (strstr(name, "__") || name[len - 1] == '_') {
		load_fault(l, at, "`%s` can't name %s: no double _ and none at the end", name, what);
		return false;
	}
	bool in_filters = strcmp(what, "a view") != 0 && strcmp(what, "a rule") != 0 &&
	                  strcmp(what, "a follow-up") != 0 && strcmp(what, "a printed form") != 0 &&
	                  strcmp(what, "a rail entry") != 0;
	for (size_t i = 0; in_filters && i < sizeof reserved_words / sizeof *reserved_words; i++)
		if (strcmp(name, reserved_words[i]) == 0) {
			load_fault(l, at, "`%s` is a word of the filter language and can't name %s", name, what);
			return false;
		}
	return true;
}

struct label load_label(struct loader *l, const struct yaml_node *node, const char *fallback)
{
	struct label label = {.zh = fallback};
	if (!node || yaml_is_empty(node))
		return label;
	if (node->kind == YAML_TEXT) {
		label.zh = arena_strdup(l->arena, node->text);
	} else if (node->kind == YAML_MAP) {
		load_keys(l, node, "a label", "zh en");
		const char *zh = load_text(l, node, "zh"), *en = load_text(l, node, "en");
		label.zh = zh ? zh : en ? en : fallback;
		label.en = en;
	} else {
		load_fault(l, node, "a label is a text or {zh: …, en: …}");
	}
	return label;
}

const char *load_text(struct loader *l, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);
	if (!node || yaml_is_empty(node))
		return NULL;
	if (node->kind != YAML_TEXT) {
		load_fault(l, node, "`%s` must be one value, not a list or map", key);
		return NULL;
	}
	return node->len ? arena_strdup(l->arena, node->text) : NULL;
}

bool load_flag(struct loader *l, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);
	bool flag = false;
	if (node && !yaml_flag(node, &flag))
		load_fault(l, node, "`%s` must be true or false", key);
	return flag;
}

const struct yaml_node *load_item(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_LIST ? node->items[i] : node;
}

const char **load_words(struct loader *l, const struct yaml_node *node, const char *what, size_t *ret_n)
{
	*ret_n = 0;
	if (!node || yaml_is_empty(node))
		return NULL;
	if (node->kind == YAML_MAP) {
		load_fault(l, node, "%s must be a list of words: [a, b]", what);
		return NULL;
	}
	size_t n = node->kind == YAML_LIST ? node->n : 1;
	const char **words = ARENA_ARRAY(l->arena, n + 1, const char *);
	for (size_t i = 0; i < n; i++) {
		const char *word = yaml_text(load_item(node, i));
		if (!word || !*word) {
			load_fault(l, load_item(node, i), "%s must be a list of words", what);
			word = "";
		}
		words[i] = arena_strdup(l->arena, word);
	}
	*ret_n = n;
	return words;
}

bool load_duration_ok(const char *s)
{
	size_t digits = strspn(s, "0123456789");
	const char *unit = s + digits;
	return digits > 0 && digits < 7 &&
	       (!strcmp(unit, "m") || !strcmp(unit, "h") || !strcmp(unit, "d") || !strcmp(unit, "w") ||
	        !strcmp(unit, "mo") || !strcmp(unit, "bd"));
}

bool load_span_ok(const struct loader *l, const char *s)
{
	int n;
	char unit;
	const struct parameter *p = s[0] == '@' ? model_parameter(l->m, s + 1) : NULL;
	if (s[0] == '@')
		return p && p->preset.kind == VALUE_TEXT && target_duration(p->preset.s, &n, &unit);
	return target_duration(s, &n, &unit);
}

bool load_decimal(const char *s, int scale, int64_t *ret_v)
{
	bool minus = *s == '-';
	int64_t v = 0;
	int after = -1;
	s += minus;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s; s++) {
		if (*s == '.' && after < 0) {
			after = 0;
			continue;
		}
		if (*s < '0' || *s > '9' || (after >= 0 && ++after > scale))
			return false;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
			return false;
	}
	if (after == 0)
		return false;
	for (int i = after < 0 ? 0 : after; i < scale; i++)
		if (__builtin_mul_overflow(v, 10, &v))
			return false;
	*ret_v = minus ? -v : v;
	return true;
}

void load_filter(struct loader *l, const struct yaml_node *node, const struct type *t, struct filter **dest)
{
	if (node)
		load_wish(l, (struct wish){.node = node, .type = t, .dest = dest});
}

void load_wish(struct loader *l, struct wish wish)
{
	const struct yaml_node *node = wish.node;
	if (node->kind != YAML_TEXT || node->len == 0) {
		load_fault(l, node,
		           "a filter is one text, such as: owner = @me and stage = open (in {…} put it in quotes when "
		           "it holds a comma)");
		return;
	}
	if (l->n_wishes == l->cap_wishes) {
		l->cap_wishes = l->cap_wishes ? l->cap_wishes * 2 : 64;
		struct wish *wishes = ARENA_ARRAY(l->scratch, l->cap_wishes, struct wish);
		if (l->n_wishes)
			memcpy(wishes, l->wishes, l->n_wishes * sizeof *wishes);
		l->wishes = wishes;
	}
	l->wishes[l->n_wishes++] = wish;
}

void load_value(struct loader *l, struct value_wish wish)
{
	if (l->n_values == l->cap_values) {
		l->cap_values = l->cap_values ? l->cap_values * 2 : 64;
		struct value_wish *values = ARENA_ARRAY(l->scratch, l->cap_values, struct value_wish);
		if (l->n_values)
			memcpy(values, l->values, l->n_values * sizeof *values);
		l->values = values;
	}
	l->values[l->n_values++] = wish;
}

void load_grant_filters(struct loader *l)
{
	for (size_t i = 0; i < l->n_wishes; i++) {
		const struct wish *w = &l->wishes[i];
		struct filter_fault fault = {0};
		const char *text = w->text ? w->text : w->node->text;
		size_t len = w->text ? strlen(w->text) : w->node->len;
		enum err e =
		        w->outer ? filter_parse_within(l->arena, l->m, w->type, w->outer, text, len, w->dest, &fault)
		                 : filter_parse(l->arena, l->m, w->type, text, len, w->dest, &fault);
		if (e == ERR_OK)
			continue;
		/* The place is exact where the text lies in the file as it is. */
		size_t at = fault.at <= w->node->len ? fault.at : w->node->len;
		int column = w->node->column;
		if (!w->text && !memchr(w->node->text, '\n', w->node->len))
			column += (int)text_chars(w->node->text, at) + !w->node->plain;
		load_fault_at(l, w->node->doc, w->node->line, column, false,
		              fault.message ? fault.message : "the filter can't be read");
	}
}

struct walk walk_start(struct loader *l, const struct type *t, const char *section, bool list)
{
	return (struct walk){.l = l, .source = &l->sources[t->at], .section = section, .list = list};
}

bool walk_next(struct walk *w)
{
	for (; w->part < w->source->n; w->part++, w->i = 0) {
		const struct yaml_node *node = yaml_get(w->source->parts[w->part], w->section);
		if (!node || yaml_is_empty(node))
			continue;
		if (node->kind != (w->list ? YAML_LIST : YAML_MAP)) {
			load_fault(w->l, node,
			           w->list ? "`%s` must be a list (lines that start with -)"
			                   : "`%s` must be names with what they mean",
			           w->section);
			continue;
		}
		if (w->i >= node->n)
			continue;
		w->key = w->list ? NULL : node->keys[w->i];
		w->name = w->list ? NULL : arena_strdup(w->l->arena, w->key->text);
		w->value = node->items[w->i++];
		return true;
	}
	return false;
}

size_t walk_count(struct loader *l, const struct type *t, const char *section)
{
	size_t n = 0;
	const struct source *s = &l->sources[t->at];
	for (size_t i = 0; i < s->n; i++) {
		const struct yaml_node *node = yaml_get(s->parts[i], section);
		n += node && node->kind != YAML_TEXT ? node->n : 0;
	}
	return n;
}

const struct yaml_node *source_get(const struct loader *l, const struct type *t, const char *key)
{
	const struct source *s = &l->sources[t->at];
	for (size_t i = 0; i < s->n; i++) {
		const struct yaml_node *node = yaml_get(s->parts[i], key);
		if (node)
			return node;
	}
	return NULL;
}

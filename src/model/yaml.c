#include "model/yaml_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/limit.h"
#include "base/text.h"

enum { YAML_DEPTH = 32 };

struct reader {
	struct arena *arena;
	const struct yaml_doc *doc;
	struct yaml_fault *fault;
	yaml_parser_t parser;
	size_t nodes;
};

struct pile { /* children while their number isn't known */
	struct yaml_node **list;
	size_t n, cap;
};

__attribute__((format(printf, 3, 4))) static enum err fault_at(struct reader *rd, yaml_mark_t mark, const char *format,
                                                               ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(rd->fault->message, sizeof rd->fault->message, format, ap);
	va_end(ap);
	text_mend(rd->fault->message);
	rd->fault->line = (int)mark.line + 1;
	rd->fault->column = (int)mark.column + 1;
	return ERR_INVALID;
}

static enum err next_event(struct reader *rd, yaml_event_t *ret_event)
{
	if (yaml_parser_parse(&rd->parser, ret_event))
		return ERR_OK;
	const yaml_parser_t *p = &rd->parser;
	yaml_mark_t mark = p->problem_mark.line || p->problem_mark.column ? p->problem_mark : p->context_mark;
	if (p->error == YAML_READER_ERROR) {
		mark = p->mark;
		return fault_at(rd, mark, "the text holds a character that YAML does not allow (%s)", p->problem);
	}
	return fault_at(rd, mark, "this is not YAML: %s%s%s%s", p->context ? p->context : "", p->context ? ", " : "",
	                p->problem ? p->problem : "it can't be read",
	                p->problem && strstr(p->problem, "cannot start any token")
	                        ? " (put a value that starts with @, %%, ` or a tab in quotes)"
	                        : "");
}

static void pile_add(struct reader *rd, struct pile *p, struct yaml_node *node)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 8;
		struct yaml_node **list = ARENA_ARRAY(rd->arena, cap, struct yaml_node *);
		if (p->n)
			memcpy(list, p->list, p->n * sizeof *list);
		p->list = list;
		p->cap = cap;
	}
	p->list[p->n++] = node;
}

static int by_key(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a, *y = *(struct yaml_node *const *)b;
	int order = strcmp(x->text, y->text);
	if (order)
		return order;
	return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
	                          : (x->column > y->column) - (x->column < y->column);
}

/* Sorted, not compared pairwise: a hostile map may have many keys. */
static enum err no_key_twice(struct reader *rd, const struct pile *keys)
{
	if (keys->n < 2)
		return ERR_OK;
	struct yaml_node **sorted = ARENA_ARRAY(rd->arena, keys->n, struct yaml_node *);
	memcpy(sorted, keys->list, keys->n * sizeof *sorted);
	qsort(sorted, keys->n, sizeof *sorted, by_key);
	for (size_t i = 1; i < keys->n; i++) {
		if (strcmp(sorted[i - 1]->text, sorted[i]->text) != 0)
			continue;
		yaml_mark_t mark = {.line = (size_t)sorted[i]->line - 1, .column = (size_t)sorted[i]->column - 1};
		return fault_at(rd, mark, "`%.60s` is there twice (first in line %d): keep one", sorted[i]->text,
		                sorted[i - 1]->line);
	}
	return ERR_OK;
}

static enum err check_event(struct reader *rd, const yaml_event_t *e, int depth)
{
	if (++rd->nodes > LIMIT_YAML_NODES)
		return fault_at(rd, e->start_mark, "the file has more than %d values: split it", LIMIT_YAML_NODES);
	if (depth > YAML_DEPTH)
		return fault_at(rd, e->start_mark, "nested deeper than %d levels", YAML_DEPTH);
	const unsigned char *anchor = NULL, *tag = NULL;
	if (e->type == YAML_ALIAS_EVENT)
		return fault_at(rd, e->start_mark, "aliases (*name) are not allowed: write the value out");
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor)
		return fault_at(rd, e->start_mark,
		                "anchors (&name) are not allowed: write the value out where it is needed");
	if (tag)
		return fault_at(rd, e->start_mark, "tags (!name) are not allowed: quote a text that starts with !");
	return ERR_OK;
}

static enum err read_node(struct reader *rd, yaml_event_t *e, int depth, struct yaml_node **ret_node);

static enum err read_scalar(struct reader *rd, const yaml_event_t *e, struct yaml_node *node)
{
	node->kind = YAML_TEXT;
	node->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->len = e->data.scalar.length;
	node->to = e->end_mark.index;
	/* Text in lines ends where the next thing begins. */
	node->end_line = (int)e->end_mark.line + 1 - (e->end_mark.column == 0 && e->end_mark.line > e->start_mark.line);
	node->text = arena_strndup(rd->arena, (const char *)e->data.scalar.value, node->len);
	if (memchr(node->text, 0, node->len))
		return fault_at(rd, e->start_mark, "a text may not hold a NUL character");
	return ERR_OK;
}

/* Children up to the end event; in a map keys and values alternate. */
static enum err read_children(struct reader *rd, bool map, bool flow, int depth, struct yaml_node *node)
{
	struct pile keys = {0}, items = {0};
	yaml_event_type_t end = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	bool key_next = map;
	for (;;) {
		yaml_event_t e;
		struct yaml_node *child;
		TRY(next_event(rd, &e));
		if (e.type == end) {
			if (flow) {
				node->end_line = (int)e.end_mark.line + 1;
				node->to = e.end_mark.index;
			}
			yaml_event_delete(&e);
			break;
		}
		yaml_mark_t mark = e.start_mark;
		enum err err = read_node(rd, &e, depth + 1, &child);
		yaml_event_delete(&e);
		TRY(err);
		if (key_next && (child->kind != YAML_TEXT || child->len == 0))
			return fault_at(rd, mark, "a key must be a word");
		pile_add(rd, key_next ? &keys : &items, child);
		node->end_line = child->end_line > node->end_line ? child->end_line : node->end_line;
		node->to = child->to > node->to ? child->to : node->to;
		if (map)
			key_next = !key_next;
	}
	node->kind = map ? YAML_MAP : YAML_LIST;
	node->flow = flow;
	node->keys = keys.list;
	node->items = items.list;
	node->n = items.n;
	return map ? no_key_twice(rd, &keys) : ERR_OK;
}

static enum err read_node(struct reader *rd, yaml_event_t *e, int depth, struct yaml_node **ret_node)
{
	TRY(check_event(rd, e, depth));
	struct yaml_node *node = ARENA_NEW(rd->arena, struct yaml_node);
	node->line = (int)e->start_mark.line + 1;
	node->column = (int)e->start_mark.column + 1;
	node->end_line = node->line;
	node->from = node->to = e->start_mark.index;
	node->doc = rd->doc;
	node->text = "";
	bool flow_list =
	             e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
	     flow_map = e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	switch (e->type) {
	case YAML_SCALAR_EVENT: TRY(read_scalar(rd, e, node)); break;
	case YAML_SEQUENCE_START_EVENT: TRY(read_children(rd, false, flow_list, depth, node)); break;
	case YAML_MAPPING_START_EVENT: TRY(read_children(rd, true, flow_map, depth, node)); break;
	default: return fault_at(rd, e->start_mark, "this is not YAML: a value is missing");
	}
	*ret_node = node;
	return ERR_OK;
}

static enum err read_document(struct reader *rd, struct yaml_node **ret_node)
{
	bool seen = false;
	for (;;) {
		yaml_event_t e;
		TRY(next_event(rd, &e));
		enum err err = ERR_OK;
		yaml_event_type_t type = e.type;
		if (type == YAML_DOCUMENT_START_EVENT && seen)
			err = fault_at(rd, e.start_mark,
			               "a second document (---) in one file: make it a file of its own");
		else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
		         type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT) {
			seen = true;
			err = read_node(rd, &e, 0, ret_node);
		}
		yaml_event_delete(&e);
		TRY(err);
		if (type == YAML_STREAM_END_EVENT)
			return ERR_OK;
	}
}

enum err yaml_parse(struct arena *a, const struct yaml_doc *doc, const char *text, size_t len,
                    struct yaml_node **ret_node, struct yaml_fault *ret_fault)
{
	struct reader rd = {.arena = a, .doc = doc, .fault = ret_fault};
	memset(ret_fault, 0, sizeof *ret_fault);
	yaml_mark_t start = {0};
	if (len > LIMIT_YAML_BYTES)
		return fault_at(&rd, start, "the file is larger than %d KB: split it", LIMIT_YAML_BYTES >> 10);
	if (!text_valid(text, len))
		return fault_at(&rd, start, "the file is not UTF-8: save it as UTF-8");
	if (!yaml_parser_initialize(&rd.parser))
		return ERR_INTERNAL;
	yaml_parser_set_encoding(&rd.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&rd.parser, (const unsigned char *)text, len);
	struct yaml_node *node = ARENA_NEW(a, struct yaml_node);
	*node = (struct yaml_node){.kind = YAML_MAP, .line = 1, .column = 1, .doc = doc, .text = ""};
	enum err err = read_document(&rd, &node);
	yaml_parser_delete(&rd.parser);
	TRY(err);
	*ret_node = node;
	return ERR_OK;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	return NULL;
}

const char *yaml_text(const struct yaml_node *node)
{
	return node && node->kind == YAML_TEXT ? node->text : NULL;
}

bool yaml_is_empty(const struct yaml_node *node)
{
	if (!node || node->kind != YAML_TEXT || !node->plain)
		return false;
	return node->len == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

bool yaml_flag(const struct yaml_node *node, bool *ret_flag)
{
	const char *s = yaml_text(node);
	if (!s || !node->plain || (strcmp(s, "true") != 0 && strcmp(s, "false") != 0))
		return false;
	*ret_flag = s[0] == 't';
	return true;
}

bool yaml_int(const struct yaml_node *node, int64_t *ret_int)
{
	const char *s = yaml_text(node);
	if (!s || (*s != '-' && (*s < '0' || *s > '9')))
		return false;
	char *end;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno || *end || end == s)
		return false;
	*ret_int = v;
	return true;
}

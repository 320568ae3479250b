/* yaml_write.c: trees as YAML text and as JSON. */
#include "model/yaml_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/utf8.h"

enum { LIST_INLINE = 100, MAP_INLINE = 140, INT_DIGITS = 15 };

/* ---- the same ----------------------------------------------------------------------------------------- */

static bool whole_number(const char *s, size_t len)
{
	size_t at = len > 0 && s[0] == '-';
	if (len == at || len - at > INT_DIGITS || (s[at] == '0' && len > at + 1) || (at == 1 && s[1] == '0'))
		return false;
	for (; at < len; at++)
		if (s[at] < '0' || s[at] > '9')
			return false;
	return true;
}

/* Means something else where it is in quotes. */
static bool is_special(const struct yaml_node *n)
{
	static const char *const words[] = {"", "~", "null", "true", "false"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(n->text, words[i]) == 0)
			return true;
	return false;
}

bool yaml_same(const struct yaml_node *a, const struct yaml_node *b)
{
	if (yaml_is_empty(a) && yaml_is_empty(b))
		return true;
	if (a->kind != b->kind)
		return false;
	if (a->kind == YAML_TEXT)
		return a->len == b->len && memcmp(a->text, b->text, a->len) == 0 &&
		       (a->plain == b->plain || !is_special(a));
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if ((a->kind == YAML_MAP && strcmp(a->keys[i]->text, b->keys[i]->text) != 0) ||
		    !yaml_same(a->items[i], b->items[i]))
			return false;
	return true;
}

/* ---- texts ---------------------------------------------------------------------------------------------- */

static bool shows_plain(const struct yaml_node *n)
{
	const char *s = n->text;
	if (is_special(n) || whole_number(s, n->len))
		return n->plain && n->len > 0;
	if (s[n->len - 1] == ' ' || strchr("-?:,[]{}#&*!|>'\"%@` =", s[0]))
		return false;
	for (size_t i = 0; i < n->len; i++) {
		unsigned char c = (unsigned char)s[i];
		/* What begins with C2, E2 80 or EF BB may be a break, a control or a mark: in quotes, escaped. */
		if (c < ' ' || c == 0x7f || strchr(",[]{}:", c) || (c == '#' && s[i - 1] == ' ') ||
		    (c == 0xc2 && (unsigned char)s[i + 1] < 0xa0) ||
		    (c == 0xe2 && (unsigned char)s[i + 1] == 0x80 && ((unsigned char)s[i + 2] & 0xfe) == 0xa8) ||
		    (c == 0xef && (unsigned char)s[i + 1] == 0xbb && (unsigned char)s[i + 2] == 0xbf))
			return false;
	}
	return true;
}

static void write_quoted(struct buf *b, const struct yaml_node *n)
{
	buf_char(b, '"');
	for (size_t i = 0; i < n->len; i++) {
		unsigned char c = (unsigned char)n->text[i], c2 = (unsigned char)n->text[i + 1];
		unsigned char c3 = c2 ? (unsigned char)n->text[i + 2] : 0;
		if (c == '"' || c == '\\') {
			buf_char(b, '\\');
			buf_char(b, (char)c);
		} else if (c == '\n') {
			buf_str(b, "\\n");
		} else if (c < ' ' || c == 0x7f) {
			buf_printf(b, "\\x%02X", c);
		} else if (c == 0xc2 && c2 < 0xa0) {
			buf_printf(b, "\\x%02X", c2);
			i++;
		} else if ((c == 0xe2 && c2 == 0x80 && (c3 & 0xfe) == 0xa8) ||
		           (c == 0xef && c2 == 0xbb && c3 == 0xbf)) {
			buf_str(b, c == 0xef ? "\\uFEFF" : c3 == 0xa8 ? "\\u2028" : "\\u2029");
			i += 2;
		} else {
			buf_char(b, (char)c);
		}
	}
	buf_char(b, '"');
}

static void write_text(struct buf *b, const struct yaml_node *n)
{
	if (yaml_is_empty(n))
		buf_str(b, "~");
	else if (shows_plain(n))
		buf_str(b, n->text);
	else
		write_quoted(b, n);
}

/* Lines as lines, where nothing of it would get lost: no blanks at their ends, no line of blanks, one line feed at
 * the end at most. */
static bool shows_lines(const struct yaml_node *n)
{
	const char *s = n->text;
	size_t body = n->len > 0 && s[n->len - 1] == '\n' ? n->len - 1 : n->len;
	if (n->kind != YAML_TEXT || !memchr(s, '\n', body) || s[0] == ' ' || s[0] == '\n' || s[body - 1] == '\n')
		return false;
	for (size_t i = 0; i < n->len; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c < ' ' && c != '\n') || c == 0x7f || (c == ' ' && (i + 1 == body || s[i + 1] == '\n')))
			return false;
		if (c == 0xc2 || (c == 0xe2 && (unsigned char)s[i + 1] == 0x80) || c == 0xef)
			return false;
	}
	return true;
}

static void write_indent(struct buf *b, int indent)
{
	for (int i = 0; i < indent; i++)
		buf_char(b, ' ');
}

static void write_lines(struct buf *b, const struct yaml_node *n, int indent)
{
	bool open = n->text[n->len - 1] != '\n';
	buf_str(b, open ? " |-" : " |");
	for (const char *s = n->text; *s;) {
		size_t len = strcspn(s, "\n");
		buf_char(b, '\n');
		if (len)
			write_indent(b, indent);
		buf_add(b, s, len);
		s += len + (s[len] == '\n');
	}
}

/* ---- collections ------------------------------------------------------------------------------------------ */

void yaml_write_key(struct buf *b, const struct yaml_node *key)
{
	write_text(b, key);
}

void yaml_write_flow(struct buf *b, const struct yaml_node *node)
{
	if (node->kind == YAML_TEXT) {
		write_text(b, node);
		return;
	}
	buf_char(b, node->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < node->n; i++) {
		buf_str(b, i ? ", " : "");
		if (node->kind == YAML_MAP) {
			yaml_write_key(b, node->keys[i]);
			buf_str(b, ": ");
		}
		yaml_write_flow(b, node->items[i]);
	}
	buf_char(b, node->kind == YAML_MAP ? '}' : ']');
}

void yaml_write_map(struct buf *b, const struct yaml_node *map, int indent)
{
	for (size_t i = 0; i < map->n; i++) {
		if (i)
			write_indent(b, indent);
		yaml_write_key(b, map->keys[i]);
		buf_char(b, ':');
		yaml_write_value(b, map->items[i], indent);
		buf_char(b, '\n');
	}
}

static bool has_maps(const struct yaml_node *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i]->kind == YAML_MAP)
			return true;
	return false;
}

void yaml_write_value(struct buf *b, const struct yaml_node *node, int indent)
{
	struct buf line;
	if (shows_lines(node)) {
		write_lines(b, node, indent + 2);
		return;
	}
	buf_init(&line, b->arena, b->max);
	yaml_write_flow(&line, node);
	bool inline_ = node->kind == YAML_TEXT || node->n == 0 ||
	               (node->kind == YAML_LIST ? line.len <= LIST_INLINE || !has_maps(node) : line.len <= MAP_INLINE);
	if (inline_) {
		buf_char(b, ' ');
		buf_add(b, line.data, line.len);
		return;
	}
	buf_char(b, '\n');
	write_indent(b, indent + 2);
	if (node->kind == YAML_MAP) {
		yaml_write_map(b, node, indent + 2);
		b->data[--b->len] = '\0'; /* its last line feed is the caller's */
		return;
	}
	for (size_t i = 0; i < node->n; i++) {
		if (i) {
			buf_char(b, '\n');
			write_indent(b, indent + 2);
		}
		buf_str(b, "- ");
		yaml_write_flow(b, node->items[i]);
	}
}

/* ---- JSON --------------------------------------------------------------------------------------------------- */

static json_t *text_to_json(const struct yaml_node *node)
{
	if (node->plain && strcmp(node->text, "true") == 0)
		return json_true();
	if (node->plain && strcmp(node->text, "false") == 0)
		return json_false();
	if (yaml_is_empty(node))
		return json_null();
	if (node->plain && whole_number(node->text, node->len))
		return json_integer(strtoll(node->text, NULL, 10));
	return json_stringn(node->text, node->len);
}

json_t *yaml_to_json(const struct yaml_node *node)
{
	if (node->kind == YAML_TEXT)
		return text_to_json(node);
	json_t *j = node->kind == YAML_MAP ? json_object() : json_array();
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == YAML_MAP)
			json_object_set_new(j, node->keys[i]->text, yaml_to_json(node->items[i]));
		else
			json_array_append_new(j, yaml_to_json(node->items[i]));
	}
	return j;
}

static struct yaml_node *text_node(struct arena *a, const char *s, size_t len, bool plain)
{
	struct yaml_node *n = ARENA_NEW(a, struct yaml_node);
	*n = (struct yaml_node){.kind = YAML_TEXT, .plain = plain, .text = arena_strndup(a, s, len), .len = len};
	return n;
}

static struct yaml_node *scalar_from_json(struct arena *a, const json_t *j)
{
	const char *s = "null";
	if (json_is_string(j))
		return text_node(a, json_string_value(j), json_string_length(j), false);
	if (json_is_boolean(j))
		s = json_is_true(j) ? "true" : "false";
	else if (json_is_integer(j))
		s = arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	else if (json_is_real(j))
		s = arena_printf(a, "%.15g", json_real_value(j));
	return text_node(a, s, strlen(s), true);
}

struct yaml_node *yaml_from_json(struct arena *a, const json_t *j)
{
	if (!json_is_object(j) && !json_is_array(j))
		return scalar_from_json(a, j);
	struct yaml_node *n = ARENA_NEW(a, struct yaml_node);
	size_t size = json_is_object(j) ? json_object_size(j) : json_array_size(j);
	*n = (struct yaml_node){.kind = json_is_object(j) ? YAML_MAP : YAML_LIST, .text = "", .flow = true};
	n->keys = ARENA_ARRAY(a, size + 1, struct yaml_node *);
	n->items = ARENA_ARRAY(a, size + 1, struct yaml_node *);
	if (n->kind == YAML_LIST) {
		for (; n->n < size; n->n++)
			n->items[n->n] = yaml_from_json(a, json_array_get(j, n->n));
		return n;
	}
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)j, key, value)
	{
		n->keys[n->n] = text_node(a, key, strlen(key), true);
		n->items[n->n++] = yaml_from_json(a, value);
	}
	return n;
}

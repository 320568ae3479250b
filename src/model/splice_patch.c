/* splice_patch.c: a text changed in as few places as lead to another tree, and then proved to have that tree. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limit.h"
#include "model/splice.h"
#include "model/yaml_write.h"

enum { EDITS_MAX = 4000 };

struct patch {
	struct arena *arena;
	const struct spliced *s;
	struct splice_edit *edits;
	size_t n, cap;
	bool stuck; /* the text is laid out as these few ways can't handle */
};

size_t splice_byte(const struct spliced *s, size_t character)
{
	return s->bytes[character < s->n_chars ? character : s->n_chars];
}

size_t splice_end(const struct spliced *s, const struct yaml_node *node)
{
	size_t from = splice_byte(s, node->from), to = splice_byte(s, node->to);
	while (to > from && strchr(" \t\r\n", s->text[to - 1]))
		to--;
	return to;
}

static size_t line_start(const struct spliced *s, size_t at)
{
	while (at > 0 && s->text[at - 1] != '\n')
		at--;
	return at;
}

/* Behind its line feed. */
static size_t line_end(const struct spliced *s, size_t at)
{
	const char *end = memchr(s->text + at, '\n', s->len - at);
	return end ? (size_t)(end - s->text) + 1 : s->len;
}

static bool first_in_line(const struct spliced *s, size_t at)
{
	size_t start = line_start(s, at);
	return strspn(s->text + start, " ") >= at - start;
}

static void edit(struct patch *p, size_t from, size_t to, const char *text)
{
	if (p->n == EDITS_MAX) {
		p->stuck = true;
		return;
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		p->edits = arena_grow(p->arena, p->edits, p->cap * sizeof *p->edits, cap * sizeof *p->edits);
		p->cap = cap;
	}
	p->edits[p->n++] = (struct splice_edit){.from = from, .to = to, .text = text};
}

static void patch_node(struct patch *p, const struct yaml_node *old, const struct yaml_node *to, int indent, bool flow,
                       const struct yaml_node *key);

static const char *blanks(struct arena *a, int n)
{
	return arena_printf(a, "%*s", n > 0 ? n : 0, "");
}

/* A value as a whole. key: of the map it is in; NULL: an item of a list. */
static void replace(struct patch *p, const struct yaml_node *old, const struct yaml_node *to, int indent, bool flow,
                    const struct yaml_node *key)
{
	size_t from = splice_byte(p->s, old->from), end = splice_end(p->s, old);
	struct buf b;
	buf_init(&b, p->arena, LIMIT_YAML_BYTES);
	bool behind_key = key && (old->line != key->line || from == end || (!flow && to->kind != YAML_TEXT));
	if (flow) {
		if (behind_key)
			buf_str(&b, ": ");
		yaml_write_flow(&b, to);
	} else if (key) {
		if (behind_key)
			buf_char(&b, ':');
		yaml_write_value(&b, to, indent);
		if (!behind_key && b.data[0] == ' ')
			b.data++, b.len--;
		else if (!behind_key)
			p->stuck = true;
	} else if (to->kind == YAML_MAP && !old->flow && old->kind == YAML_MAP) {
		yaml_write_map(&b, to, old->column - 1);
		b.data[--b.len] = '\0';
	} else {
		yaml_write_flow(&b, to);
	}
	if (behind_key) {
		from = splice_byte(p->s, key->to);
		end = end > from ? end : from + strspn(p->s->text + from, " ") + 1; /* nothing but the colon */
	}
	p->stuck = p->stuck || b.over;
	edit(p, from, end, b.data);
}

/* ---- maps ------------------------------------------------------------------------------------------------- */

static size_t key_at(const struct yaml_node *map, const char *key)
{
	size_t i = 0;
	while (i < map->n && strcmp(map->keys[i]->text, key) != 0)
		i++;
	return i;
}

static size_t value_end(const struct patch *p, const struct yaml_node *map, size_t i)
{
	size_t end = splice_end(p->s, map->items[i]), key = splice_byte(p->s, map->keys[i]->to);
	return end > key ? end : key + strspn(p->s->text + key, " ") + 1;
}

static void key_gone(struct patch *p, const struct yaml_node *map, size_t i)
{
	size_t from = splice_byte(p->s, map->keys[i]->from);
	if (map->flow && i > 0) {
		edit(p, value_end(p, map, i - 1), value_end(p, map, i), "");
	} else if (map->flow && i + 1 < map->n) {
		edit(p, from, splice_byte(p->s, map->keys[i + 1]->from), "");
	} else if (first_in_line(p->s, from) && !map->flow) {
		edit(p, line_start(p->s, from), line_end(p->s, value_end(p, map, i)), "");
	} else {
		p->stuck = true;
	}
}

/* In lines of their own, from the start of one on; the last line may lack its line feed. */
static void add_rows(struct patch *p, size_t at, const char *rows)
{
	bool open = at > 0 && p->s->text[at - 1] != '\n';
	edit(p, at, at, open ? arena_printf(p->arena, "\n%s", rows) : rows);
}

static void keys_new(struct patch *p, const struct yaml_node *map, const struct yaml_node *to)
{
	struct buf b;
	int indent = map->column - 1;
	buf_init(&b, p->arena, LIMIT_YAML_BYTES);
	for (size_t i = 0; i < to->n; i++) {
		if (key_at(map, to->keys[i]->text) < map->n)
			continue;
		buf_str(&b, map->flow ? ", " : blanks(p->arena, indent));
		yaml_write_key(&b, to->keys[i]);
		buf_str(&b, map->flow ? ": " : ":");
		if (map->flow)
			yaml_write_flow(&b, to->items[i]);
		else
			yaml_write_value(&b, to->items[i], indent);
		buf_str(&b, map->flow ? "" : "\n");
	}
	p->stuck = p->stuck || b.over;
	if (b.len == 0)
		return;
	size_t end = value_end(p, map, map->n - 1);
	if (map->flow)
		edit(p, end, end, b.data);
	else
		add_rows(p, line_end(p->s, end), b.data);
}

/* The keys that stay must come in their order, the new ones behind them. */
static bool order_stays(const struct yaml_node *map, const struct yaml_node *to)
{
	size_t last = 0;
	for (size_t i = 0; i < to->n; i++) {
		size_t at = key_at(map, to->keys[i]->text);
		if (at < last)
			return false;
		last = at;
	}
	return true;
}

static void patch_map(struct patch *p, const struct yaml_node *old, const struct yaml_node *to, bool flow)
{
	size_t gone = 0;
	for (size_t i = 0; i < old->n; i++) {
		size_t k = key_at(to, old->keys[i]->text);
		if (k < to->n) {
			patch_node(p, old->items[i], to->items[k], old->column - 1, flow || old->flow, old->keys[i]);
		} else {
			key_gone(p, old, i);
			gone++;
		}
	}
	/* Two edits beside each other at one comma, or nothing left to add to. */
	if (gone > 0 && (gone == old->n || (old->flow && (gone > 1 || to->n > old->n - gone))))
		p->stuck = true;
	else
		keys_new(p, old, to);
}

/* ---- lists -------------------------------------------------------------------------------------------------- */

/* Where the line of an item's dash begins; false: the dash is not the first thing of its line. */
static bool dash_line(const struct patch *p, const struct yaml_node *item, size_t *ret_at)
{
	size_t at = splice_byte(p->s, item->from);
	while (at > 0 && p->s->text[at - 1] == ' ')
		at--;
	if (at == 0 || p->s->text[at - 1] != '-' || !first_in_line(p->s, at - 1))
		return false;
	*ret_at = line_start(p->s, at);
	return true;
}

static void item_gone(struct patch *p, const struct yaml_node *item)
{
	size_t from;
	if (!dash_line(p, item, &from))
		p->stuck = true;
	else
		edit(p, from, line_end(p->s, splice_end(p->s, item)), "");
}

static void items_new(struct patch *p, const struct yaml_node *list, size_t at, struct yaml_node *const *items,
                      size_t n)
{
	struct buf b;
	size_t where = 0;
	const char *indent = blanks(p->arena, list->column - 1);
	buf_init(&b, p->arena, LIMIT_YAML_BYTES);
	for (size_t i = 0; i < n; i++) {
		buf_str(&b, indent);
		buf_str(&b, "- ");
		yaml_write_flow(&b, items[i]);
		buf_char(&b, '\n');
	}
	if (at > 0)
		where = line_end(p->s, splice_end(p->s, list->items[at - 1]));
	else if (!dash_line(p, list->items[0], &where))
		p->stuck = true;
	p->stuck = p->stuck || b.over;
	add_rows(p, where, b.data);
}

static void patch_list(struct patch *p, const struct yaml_node *old, const struct yaml_node *to, int indent, bool flow,
                       const struct yaml_node *key)
{
	size_t head = 0, tail = 0, least = old->n < to->n ? old->n : to->n;
	if (old->n != to->n && (old->flow || flow || to->n == 0)) {
		replace(p, old, to, indent, flow, key);
		return;
	}
	while (head < least && yaml_same(old->items[head], to->items[head]))
		head++;
	while (tail < least - head && yaml_same(old->items[old->n - 1 - tail], to->items[to->n - 1 - tail]))
		tail++;
	size_t both = least - head - tail, at = head + both;
	for (size_t i = head; i < at; i++)
		patch_node(p, old->items[i], to->items[i], old->column + 1, flow || old->flow, NULL);
	for (size_t i = at; i < old->n - tail; i++)
		item_gone(p, old->items[i]);
	if (to->n > old->n)
		items_new(p, old, at, to->items + at, to->n - tail - at);
}

static void patch_node(struct patch *p, const struct yaml_node *old, const struct yaml_node *to, int indent, bool flow,
                       const struct yaml_node *key)
{
	if (yaml_same(old, to))
		return;
	if (old->kind == YAML_MAP && to->kind == YAML_MAP && old->n > 0 && to->n > 0 && order_stays(old, to))
		patch_map(p, old, to, flow);
	else if (old->kind == YAML_LIST && to->kind == YAML_LIST && old->n > 0)
		patch_list(p, old, to, indent, flow, key);
	else
		replace(p, old, to, indent, flow, key);
}

/* ---- putting together ------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct splice_edit *x = a, *y = b;
	if (x->from != y->from)
		return (x->from > y->from) - (x->from < y->from);
	return (x->to > y->to) - (x->to < y->to);
}

static void add_text(struct buf *b, const char *text, bool crlf)
{
	for (const char *c = text; *c; c++) {
		if (crlf && *c == '\n' && (c == text || c[-1] != '\r'))
			buf_char(b, '\r');
		buf_char(b, *c);
	}
}

enum err splice_apply(struct arena *a, const struct spliced *s, struct splice_edit *edits, size_t n,
                      const struct yaml_node *want, const char **ret_text)
{
	const char *line = memchr(s->text, '\n', s->len);
	bool crlf = line && line > s->text && line[-1] == '\r';
	struct yaml_fault fault;
	struct yaml_node *root;
	struct buf b;
	size_t at = 0;
	buf_init(&b, a, LIMIT_YAML_BYTES);
	if (n > 0)
		qsort(edits, n, sizeof *edits, by_place);
	for (size_t i = 0; i < n; i++) {
		if (edits[i].from < at || edits[i].to < edits[i].from)
			return ERR_INVALID;
		buf_add(&b, s->text + at, edits[i].from - at);
		add_text(&b, edits[i].text, crlf);
		at = edits[i].to;
	}
	buf_add(&b, s->text + at, s->len - at);
	if (b.over || yaml_parse(a, s->doc, b.data, b.len, &root, &fault) != ERR_OK || !yaml_same(root, want))
		return ERR_INVALID;
	*ret_text = b.data;
	return ERR_OK;
}

enum err splice_patch(struct arena *a, const struct spliced *s, const struct yaml_node *to, const char **ret_text)
{
	struct patch p = {.arena = a, .s = s};
	patch_node(&p, s->root, to, 0, false, NULL);
	return p.stuck ? ERR_INVALID : splice_apply(a, s, p.edits, p.n, to, ret_text);
}

/* splice.c: one declaration in the text of a pack file. */
#include "model/splice.h"

#include <string.h>

#include "base/limit.h"
#include "model/yaml_write.h"

enum err splice_open(struct arena *a, const struct yaml_doc *doc, const char *text, size_t len,
                     struct spliced *ret_spliced, struct yaml_fault *ret_fault)
{
	struct spliced s = {.doc = doc, .text = text, .len = len};
	TRY(yaml_parse(a, doc, text, len, &s.root, ret_fault));
	s.bytes = ARENA_ARRAY(a, len + 2, size_t);
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			s.bytes[s.n_chars++] = i;
	s.bytes[s.n_chars] = len;
	*ret_spliced = s;
	return ERR_OK;
}

/* ---- finding ------------------------------------------------------------------------------------------ */

static bool names(const struct yaml_node *map, const char *key, const char *name)
{
	const char *said = yaml_text(yaml_get(map, key));
	return said && strcmp(said, name) == 0;
}

static bool find_in(const struct spliced *s, const char *key, const char *name, struct spot *ret_spot)
{
	struct yaml_node *parent = yaml_get(s->root, key);
	for (size_t i = 0; parent && parent->kind != YAML_TEXT && i < parent->n; i++) {
		bool is = parent->kind == YAML_MAP ? strcmp(parent->keys[i]->text, name) == 0
		                                   : names(parent->items[i], "name", name);
		if (!is)
			continue;
		*ret_spot = (struct spot){.in = s, .node = parent->items[i], .parent = parent, .at = i};
		return true;
	}
	return false;
}

bool splice_find(const struct spliced *s, const char *section, const char *name, struct spot *ret_spot)
{
	static const char *const files[][2] = {{"calendars", "calendar"}, {"holidays", "holidays"},
	                                       {"notices", "notice"},     {"rules", "rule"},
	                                       {"approvals", "approval"}, {"queues", "queue"}};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strcmp(section, files[i][0]) == 0 && names(s->root, files[i][1], name)) {
			*ret_spot = (struct spot){.in = s, .node = s->root};
			return true;
		}
	if (strcmp(section, "clocks") != 0 && strcmp(section, "rules") != 0 && strcmp(section, "duties") != 0)
		return false;
	return find_in(s, section, name, ret_spot);
}

/* ---- its text ------------------------------------------------------------------------------------------- */

static size_t node_column(const struct spot *spot)
{
	return spot->node->column > 0 ? (size_t)spot->node->column - 1 : 0;
}

static void add_line(struct buf *b, const char *line, size_t len, size_t indent)
{
	size_t cut = 0;
	while (cut < indent && cut < len && line[cut] == ' ')
		cut++;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > cut)
		buf_add(b, line + cut, len - cut);
	buf_char(b, '\n');
}

const char *splice_text(struct arena *a, const struct spot *spot)
{
	const struct spliced *s = spot->in;
	struct buf b;
	if (!spot->parent)
		return s->len > 0 && s->text[s->len - 1] == '\n' ? arena_strndup(a, s->text, s->len)
		                                                 : arena_printf(a, "%.*s\n", (int)s->len, s->text);
	size_t from = splice_byte(s, spot->node->from), to = splice_end(s, spot->node), cut = 0;
	buf_init(&b, a, 2 * s->len + 16);
	while (from < to) {
		const char *end = memchr(s->text + from, '\n', to - from);
		size_t len = end ? (size_t)(end - s->text) - from : to - from;
		add_line(&b, s->text + from, len, cut);
		from += len + 1;
		cut = node_column(spot);
	}
	return b.data;
}

/* ---- another tree ------------------------------------------------------------------------------------------ */

static struct yaml_node *copy_without(struct arena *a, const struct yaml_node *n, size_t without)
{
	struct yaml_node *c = ARENA_NEW(a, struct yaml_node);
	*c = *n;
	c->items = ARENA_ARRAY(a, n->n + 2, struct yaml_node *);
	c->keys = n->kind == YAML_MAP ? ARENA_ARRAY(a, n->n + 2, struct yaml_node *) : NULL;
	c->n = 0;
	for (size_t i = 0; i < n->n; i++) {
		if (i == without)
			continue;
		if (c->keys)
			c->keys[c->n] = n->keys[i];
		c->items[c->n++] = n->items[i];
	}
	return c;
}

/* The file's tree with `with` where `what` was. */
static struct yaml_node *root_with(struct arena *a, const struct spliced *s, const struct yaml_node *what,
                                   struct yaml_node *with)
{
	if (what == s->root)
		return with;
	struct yaml_node *root = copy_without(a, s->root, (size_t)-1);
	for (size_t i = 0; i < root->n; i++) {
		if (root->items[i] == what) {
			root->items[i] = with;
			break;
		}
	}
	return root;
}

static struct yaml_node *spot_root(struct arena *a, const struct spot *spot, struct yaml_node *tree)
{
	if (!spot->parent)
		return tree;
	struct yaml_node *parent = copy_without(a, spot->parent, (size_t)-1);
	parent->items[spot->at] = tree;
	return root_with(a, spot->in, spot->parent, parent);
}

/* ---- putting ------------------------------------------------------------------------------------------------ */

/* A text's lines, all but the first moved in. */
static void add_lines(struct buf *b, const char *yaml, size_t indent)
{
	size_t len = strlen(yaml);
	while (len > 0 && strchr(" \t\r\n", yaml[len - 1]))
		len--;
	for (size_t from = 0; from < len;) {
		const char *end = memchr(yaml + from, '\n', len - from);
		size_t to = end ? (size_t)(end - yaml) : len;
		for (size_t i = 0; from > 0 && to > from && i < indent; i++)
			buf_char(b, ' ');
		buf_add(b, yaml + from, to - from);
		if (end)
			buf_char(b, '\n');
		from = to + 1;
	}
}

/* As it was written. A map in lines goes below its key. */
static enum err put_written(struct arena *a, const struct spot *spot, const struct yaml_node *tree, const char *yaml,
                            const struct yaml_node *want, const char **ret_text)
{
	const struct spliced *s = spot->in;
	struct splice_edit edit = {.from = splice_byte(s, spot->node->from), .to = splice_end(s, spot->node)};
	struct buf b;
	buf_init(&b, a, LIMIT_YAML_BYTES);
	if (!spot->parent) {
		edit = (struct splice_edit){.from = 0, .to = s->len, .text = yaml};
		return splice_apply(a, s, &edit, 1, want, ret_text);
	}
	if (spot->parent->kind == YAML_LIST) {
		add_lines(&b, yaml, node_column(spot));
	} else {
		const struct yaml_node *key = spot->parent->keys[spot->at];
		size_t indent = (size_t)key->column - 1 + (tree->flow ? 1 : 2);
		edit.from = splice_byte(s, key->to);
		buf_str(&b, tree->flow ? ": " : ":\n");
		for (size_t i = 0; !tree->flow && i < indent; i++)
			buf_char(&b, ' ');
		add_lines(&b, yaml, indent);
	}
	if (b.over)
		return ERR_INVALID;
	edit.text = b.data;
	return splice_apply(a, s, &edit, 1, want, ret_text);
}

static enum err put_flow(struct arena *a, const struct spot *spot, const struct yaml_node *tree,
                         const struct yaml_node *want, const char **ret_text)
{
	const struct spliced *s = spot->in;
	struct splice_edit edit = {.from = splice_byte(s, spot->node->from), .to = splice_end(s, spot->node)};
	struct buf b;
	buf_init(&b, a, LIMIT_YAML_BYTES);
	if (spot->parent)
		yaml_write_flow(&b, tree);
	else
		yaml_write_map(&b, tree, 0);
	if (!spot->parent)
		edit = (struct splice_edit){.from = 0, .to = s->len};
	if (b.over)
		return ERR_INVALID;
	edit.text = b.data;
	return splice_apply(a, s, &edit, 1, want, ret_text);
}

enum err splice_put(struct arena *a, const struct spot *spot, struct yaml_node *tree, const char *yaml,
                    const char **ret_text)
{
	struct yaml_node *want = spot_root(a, spot, tree);
	if (yaml && put_written(a, spot, tree, yaml, want, ret_text) == ERR_OK)
		return ERR_OK;
	if (splice_patch(a, spot->in, want, ret_text) == ERR_OK)
		return ERR_OK;
	return put_flow(a, spot, tree, want, ret_text);
}

static enum err patch_or_write(struct arena *a, const struct spliced *s, const struct yaml_node *want,
                               const char **ret_text)
{
	struct splice_edit edit = {.to = s->len};
	struct buf b;
	if (splice_patch(a, s, want, ret_text) == ERR_OK)
		return ERR_OK;
	buf_init(&b, a, LIMIT_YAML_BYTES);
	yaml_write_map(&b, want, 0);
	if (b.over)
		return ERR_INVALID;
	edit.text = b.data;
	return splice_apply(a, s, &edit, 1, want, ret_text);
}

/* A file of duties without any, an extension that adds nothing. */
static bool says_nothing(const struct yaml_node *root)
{
	for (size_t i = 0; i < root->n; i++)
		if (strcmp(root->keys[i]->text, "extend") != 0 &&
		    (root->items[i]->kind == YAML_TEXT || root->items[i]->n > 0))
			return false;
	return true;
}

enum err splice_remove(struct arena *a, const struct spot *spot, const char **ret_text)
{
	*ret_text = NULL;
	if (!spot->parent)
		return ERR_OK;
	struct yaml_node *parent = copy_without(a, spot->parent, spot->at);
	struct yaml_node *want = root_with(a, spot->in, spot->parent, parent);
	return says_nothing(want) ? ERR_OK : patch_or_write(a, spot->in, want, ret_text);
}

enum err splice_append(struct arena *a, const struct spliced *s, const char *key, struct yaml_node *tree,
                       const char **ret_text)
{
	struct yaml_node *list = yaml_get(s->root, key);
	if (!list || list->kind != YAML_LIST)
		return ERR_INVALID;
	struct yaml_node *more = copy_without(a, list, (size_t)-1);
	more->items[more->n++] = tree;
	return patch_or_write(a, s, root_with(a, s, list, more), ret_text);
}

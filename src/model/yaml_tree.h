/*
 * yaml_tree.h: a YAML text as a small tree with line and column, for packs, printed forms, demo data
 * and import maps. Stricter than YAML: no anchors, aliases, tags or second documents, no key
 * twice, nesting and size limited. All memory is the arena's.
 */
#ifndef SHOUWEN_MODEL_YAML_TREE_H
#define SHOUWEN_MODEL_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_doc { /* where a node came from */
	const char *pack;
	const char *path;
};

struct yaml_node {
	enum yaml_kind kind;
	bool plain;       /* TEXT: written without quotes */
	int line, column; /* from 1; column in characters */
	int end_line;     /* the last line of it */
	size_t from, to;  /* where it begins and ends, in characters (BOM, CR and LF counted) of the text */
	bool flow;        /* LIST, MAP: written with brackets */
	const struct yaml_doc *doc;
	const char *text; /* TEXT: NUL-terminated; "" for an empty value */
	size_t len;
	struct yaml_node **keys;  /* MAP: TEXT nodes, in order */
	struct yaml_node **items; /* MAP and LIST */
	size_t n;
};

struct yaml_fault {
	int line, column;
	char message[200];
};

/* ERR_INVALID with *ret_fault. An empty text gives an empty map. */
enum err yaml_parse(struct arena *a, const struct yaml_doc *doc, const char *text, size_t len,
                    struct yaml_node **ret_node, struct yaml_fault *ret_fault);

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key); /* NULL: not a map, or no such key */
const char *yaml_text(const struct yaml_node *node);                      /* NULL: not a text, or NULL node */
bool yaml_is_empty(const struct yaml_node *node);                         /* nothing written, `~` or `null` */
bool yaml_flag(const struct yaml_node *node, bool *ret_flag);             /* true or false, unquoted */
bool yaml_int(const struct yaml_node *node, int64_t *ret_int);

#endif

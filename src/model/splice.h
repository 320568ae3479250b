/*
 * splice.h: one declaration in the text of a pack file: found, read out, replaced, taken out. What is not part of it
 * stays byte for byte, with its comments. Pure: texts in, texts out.
 */
#ifndef SHOUWEN_MODEL_SPLICE_H
#define SHOUWEN_MODEL_SPLICE_H

#include "model/yaml_tree.h"

struct spliced { /* a file and its tree */
	const struct yaml_doc *doc;
	const char *text;
	size_t len;
	size_t *bytes; /* by character: where it begins */
	size_t n_chars;
	struct yaml_node *root;
};
/* As yaml_parse. */
enum err splice_open(struct arena *a, const struct yaml_doc *doc, const char *text, size_t len,
                     struct spliced *ret_spliced, struct yaml_fault *ret_fault);

struct spot {
	const struct spliced *in;
	struct yaml_node *node;   /* the declaration */
	struct yaml_node *parent; /* the list or map it is in; NULL: the file is the declaration */
	size_t at;                /* there */
};
/* section: clocks, rules, duties, calendars, holidays, notices, approvals, queues. False: it is not in this file. */
bool splice_find(const struct spliced *s, const char *section, const char *name, struct spot *ret_spot);

/* Its text as if it stood alone, ending in a line feed. */
const char *splice_text(struct arena *a, const struct spot *spot);

/* Another in its place. yaml: its text, if one was written by a person: it is kept as it is where that can be; NULL:
 * only what differs is written anew. ERR_INVALID: it can't be put there. */
enum err splice_put(struct arena *a, const struct spot *spot, struct yaml_node *tree, const char *yaml,
                    const char **ret_text);
/* Without it. *ret_text NULL: nothing is left in the file that declares anything. */
enum err splice_remove(struct arena *a, const struct spot *spot, const char **ret_text);
/* One more at the end of the list `key` of the file. */
enum err splice_append(struct arena *a, const struct spliced *s, const char *key, struct yaml_node *tree,
                       const char **ret_text);

/* ---- splice_patch.c: the text changed as little as leads to another tree -------------------------------- */

size_t splice_byte(const struct spliced *s, size_t character);
/* Where it ends in the text, without the blanks and breaks behind it. */
size_t splice_end(const struct spliced *s, const struct yaml_node *node);
/* ERR_INVALID: it can't be had this way. */
enum err splice_patch(struct arena *a, const struct spliced *s, const struct yaml_node *to, const char **ret_text);
/* Bytes [from, to) replaced, line feeds as the file has them, and the tree is then `want`; else ERR_INVALID. */
struct splice_edit {
	size_t from, to;
	const char *text;
};
enum err splice_apply(struct arena *a, const struct spliced *s, struct splice_edit *edits, size_t n,
                      const struct yaml_node *want, const char **ret_text);

#endif

/*
 * yaml_write.h: trees of yaml_tree.h written as text in the manner of the packs, and to and from JSON.
 */
#ifndef SHOUWEN_MODEL_YAML_WRITE_H
#define SHOUWEN_MODEL_YAML_WRITE_H

#include <jansson.h>

#include "base/buf.h"
#include "model/yaml_tree.h"

/* The same tree, whatever its layout and quotes; what is nothing is like what is nothing. */
bool yaml_same(const struct yaml_node *a, const struct yaml_node *b);

/* On one line: {name: x, on: [created]}. */
void yaml_write_flow(struct buf *b, const struct yaml_node *node);
/* A map, a key a line, `indent` blanks before each but the first; ends with a line feed. */
void yaml_write_map(struct buf *b, const struct yaml_node *map, int indent);
/* What stands after the colon of a key that is `indent` deep: " value", or lines below; without the last line feed. */
void yaml_write_value(struct buf *b, const struct yaml_node *node, int indent);
void yaml_write_key(struct buf *b, const struct yaml_node *key);

/* Texts stay texts, true, false and whole numbers are what they are. The tree is the caller's to release. */
json_t *yaml_to_json(const struct yaml_node *node);
struct yaml_node *yaml_from_json(struct arena *a, const json_t *j);

#endif

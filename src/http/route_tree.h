/*
 * route_tree.h: the route table as a tree of path segments, built once, read by the front.
 */
#ifndef SHOUWEN_HTTP_ROUTE_TREE_H
#define SHOUWEN_HTTP_ROUTE_TREE_H

#include "http/request.h"

struct route_tree;

/* A table with two routes of one method and path, or more than PARAMS_MAX parameters, aborts. */
struct route_tree *route_tree_new(const struct route *table, size_t n);
void route_tree_free(struct route_tree *t); /* NULL allowed */

enum found { FOUND_ROUTE, FOUND_NO_PATH, FOUND_NO_METHOD };
/* Sets rq->route and its parameters. */
enum found route_find(const struct route_tree *t, const char *method, const char *path, struct request *rq);

/* Place of {name} among a route's parameters; PARAMS_MAX if it has none such. */
size_t route_param_index(const struct route *r, const char *name);
/* Is the word one of a comma list? */
bool name_in_list(const char *list, const char *word);

#endif

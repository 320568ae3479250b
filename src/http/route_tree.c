#include "http/route_tree.h"

enum { METHODS = 5 };

static const char *const methods[METHODS] = {"GET", "POST", "PATCH", "PUT", "DELETE"};

struct node {
	const char *word; /* points into the table; not ended by a NUL */
	size_t len;
	struct node *children; /* literal ones, as a list */
	struct node *next;
	struct node *any; /* {parameter} */
	const struct route *routes[METHODS];
};

struct route_tree {
	struct node root;
};

static int method_index(const char *method)
{
	for (int i = 0; i < METHODS; i++)
		if (strcmp(methods[i], method) == 0)
			return i;
	return -1;
}

static struct node *node_new(const char *word, size_t len)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		abort();
	n->word = word;
	n->len = len;
	return n;
}

static struct node *node_child(const struct node *n, const char *word, size_t len)
{
	for (struct node *c = n->children; c != NULL; c = c->next)
		if (c->len == len && memcmp(c->word, word, len) == 0)
			return c;
	return NULL;
}

static struct node *node_add(struct node *n, const char *word, size_t len)
{
	struct node *c;

	if (word[0] == '{') {
		if (n->any == NULL)
			n->any = node_new(word, len);
		return n->any;
	}
	c = node_child(n, word, len);
	if (c == NULL) {
		c = node_new(word, len);
		c->next = n->children;
		n->children = c;
	}
	return c;
}

static void tree_add(struct route_tree *t, const struct route *r)
{
	struct node *n = &t->root;
	const char *s = r->path;
	int m = method_index(r->method);
	size_t params = 0;

	while (*s == '/') {
		size_t len = strcspn(++s, "/");

		params += s[0] == '{';
		n = node_add(n, s, len);
		s += len;
	}
	if (m < 0 || n->routes[m] != NULL || params > PARAMS_MAX)
		abort();
	n->routes[m] = r;
}

struct route_tree *route_tree_new(const struct route *table, size_t n)
{
	struct route_tree *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		tree_add(t, &table[i]);
	return t;
}

static void node_free(struct node *n)
{
	struct node *c = n->children;

	while (c != NULL) {
		struct node *next = c->next;

		node_free(c);
		free(c);
		c = next;
	}
	if (n->any != NULL)
		node_free(n->any);
	free(n->any);
}

void route_tree_free(struct route_tree *t)
{
	if (t == NULL)
		return;
	node_free(&t->root);
	free(t);
}

enum found route_find(const struct route_tree *t, const char *method, const char *path, struct request *rq)
{
	const struct node *n = &t->root;
	const char *s = path;
	size_t n_params = 0;
	int m = method_index(method);

	if (*s != '/')
		return FOUND_NO_PATH;
	while (*s == '/') {
		size_t len = strcspn(++s, "/");
		const struct node *c = node_child(n, s, len);

		if (c == NULL) {
			c = n->any;
			if (c == NULL || len == 0 || len >= PARAM_BYTES)
				return FOUND_NO_PATH;
			memcpy(rq->params[n_params], s, len);
			rq->params[n_params++][len] = '\0';
		}
		n = c;
		s += len;
	}
	rq->n_params = n_params;
	if (m >= 0 && n->routes[m] != NULL) {
		rq->route = n->routes[m];
		return FOUND_ROUTE;
	}
	for (int i = 0; i < METHODS; i++)
		if (n->routes[i] != NULL)
			return FOUND_NO_METHOD;
	return FOUND_NO_PATH;
}

size_t route_param_index(const struct route *r, const char *name)
{
	const char *s = r->path;
	size_t i = 0;
	size_t len = strlen(name);

	for (s = strchr(s, '{'); s != NULL; s = strchr(s + 1, '{')) {
		if (strncmp(s + 1, name, len) == 0 && s[1 + len] == '}')
			return i;
		i++;
	}
	return PARAMS_MAX;
}

bool name_in_list(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list != NULL && *list != '\0') {
		size_t part = strcspn(list, ",");

		if (part == len && memcmp(list, word, len) == 0)
			return true;
		list += part;
		list += *list == ',';
	}
	return false;
}

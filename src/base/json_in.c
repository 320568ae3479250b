#include "base/json.h"

#include <stdlib.h>

static void json_drop(void *json)
{
	json_decref(json);
}

json_t *json_kept(struct arena *a, json_t *tree)
{
	if (tree != NULL)
		arena_on_clear(a, json_drop, tree);
	return tree;
}

json_t *json_object_kept(struct arena *a)
{
	json_t *tree = json_object();
	if (tree == NULL)
		abort();
	return json_kept(a, tree);
}

/* Nesting is counted before parsing, so that a hostile text is refused before it costs anything. */
static bool too_deep(const char *text, size_t len, size_t *ret_at)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > LIMIT_JSON_DEPTH) {
				*ret_at = i;
				return true;
			}
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

enum err json_parse(struct ctx *ctx, const char *text, size_t len, json_t **ret_json)
{
	size_t at;
	if (too_deep(text, len, &at))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "", "json", "nested more than %d deep at byte %zu",
		                   LIMIT_JSON_DEPTH, at);
	json_error_t error;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (json == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "", "json", "line %d, column %d: %s", error.line, error.column,
		                   error.text);
	*ret_json = json_kept(ctx->arena, json);
	return ERR_OK;
}

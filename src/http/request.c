#include "http/request.h"

#include "base/ids.h"
#include "http/route_tree.h"
#include "model/model.h"

const char *request_param(const struct request *rq, const char *name)
{
	size_t i = route_param_index(rq->route, name);

	return i < rq->n_params ? rq->params[i] : "";
}

const char *request_query(const struct request *rq, const char *name)
{
	const char *v = MHD_lookup_connection_value(rq->connection, MHD_GET_ARGUMENT_KIND, name);

	return v != NULL && v[0] != '\0' ? v : NULL;
}

const char *request_header(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

/* The library's own cookie parsing is not used: it gives up on the whole header when one cookie
 * of another application is odd. */
const char *request_cookie(struct ctx *ctx, const struct request *rq, const char *name)
{
	const char *s = request_header(rq, MHD_HTTP_HEADER_COOKIE);
	size_t len = strlen(name);

	while (s != NULL && *s != '\0') {
		size_t part = strcspn(s, ";");

		if (part > len && strncmp(s, name, len) == 0 && s[len] == '=')
			return arena_strndup(ctx->arena, s + len + 1, part - len - 1);
		s += part;
		s += strspn(s, "; ");
	}
	return NULL;
}

enum err request_id(const struct request *rq, const char *name, int64_t *ret_id)
{
	return id_parse(request_param(rq, name), ret_id) ? ERR_OK : ERR_NOT_FOUND;
}

enum err request_type(struct ctx *ctx, const struct request *rq, const struct type **ret_type)
{
	const struct type *t = model_type(ctx->model, request_param(rq, "type"));

	if (t == NULL)
		return ERR_NOT_FOUND;
	*ret_type = t;
	return ERR_OK;
}

enum err request_version(struct ctx *ctx, const struct request *rq, int64_t *ret_version)
{
	const char *s = request_header(rq, MHD_HTTP_HEADER_IF_MATCH);
	size_t len;
	int64_t v;

	if (s == NULL)
		return ERR_NEED_VERSION;
	len = strlen(s);
	if (len < 3 || len > 22 || s[0] != '"' || s[len - 1] != '"' ||
	    !id_parse(arena_strndup(ctx->arena, s + 1, len - 2), &v))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "If-Match", "bad_version",
		                   "must be one version in double quotes");
	*ret_version = v;
	return ERR_OK;
}

enum err request_limit(struct ctx *ctx, const struct request *rq, size_t preset, size_t max, size_t *ret_limit)
{
	const char *s = request_query(rq, "limit");
	int64_t v = (int64_t)preset;

	if (s != NULL && (!id_parse(s, &v) || v < 1 || v > (int64_t)max))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "limit", "out_of_range", "must be a number from 1 to %zu",
		                   max);
	*ret_limit = (size_t)v;
	return ERR_OK;
}

enum err request_query_id(struct ctx *ctx, const struct request *rq, const char *name, int64_t *ret_id)
{
	const char *s = request_query(rq, name);

	if (s != NULL && !id_parse(s, ret_id))
		return ctx_problem(ctx, ERR_BAD_REQUEST, name, "bad_id", "must be an id");
	return ERR_OK;
}

bool request_flag(const struct request *rq, const char *name)
{
	const char *s = request_query(rq, name);

	return s != NULL && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0);
}

/* ---- members of the body -------------------------------------------------------------------------- */

static enum err body_wrong(struct ctx *ctx, const char *key, const char *want)
{
	return ctx_problem(ctx, ERR_INVALID, key, "wrong_type", "%s must be %s", key, want);
}

/* *ret_member is NULL when it is missing (or null) and need not be there. */
static enum err body_member(struct ctx *ctx, const struct request *rq, const char *key, bool needed,
                            const json_t **ret_member)
{
	const json_t *j = rq->json ? json_object_get(rq->json, key) : NULL;

	if (json_is_null(j))
		j = NULL;
	if (j == NULL && needed)
		return ctx_problem(ctx, ERR_INVALID, key, "required", "%s is missing", key);
	*ret_member = j;
	return ERR_OK;
}

enum err body_text(struct ctx *ctx, const struct request *rq, const char *key, bool needed, const char **ret_text)
{
	const json_t *j = NULL;

	TRY(body_member(ctx, rq, key, needed, &j));
	if (j != NULL && !json_is_string(j))
		return body_wrong(ctx, key, "text");
	if (needed && json_string_length(j) == 0)
		return ctx_problem(ctx, ERR_INVALID, key, "required", "%s is empty", key);
	*ret_text = j ? json_string_value(j) : NULL;
	return ERR_OK;
}

enum err body_object(struct ctx *ctx, const struct request *rq, const char *key, bool needed, const json_t **ret_object)
{
	const json_t *j = NULL;

	TRY(body_member(ctx, rq, key, needed, &j));
	if (j != NULL && !json_is_object(j))
		return body_wrong(ctx, key, "an object");
	*ret_object = j;
	return ERR_OK;
}

enum err body_bool(struct ctx *ctx, const struct request *rq, const char *key, bool preset, bool *ret_flag)
{
	const json_t *j = NULL;

	TRY(body_member(ctx, rq, key, false, &j));
	if (j != NULL && !json_is_boolean(j))
		return body_wrong(ctx, key, "true or false");
	*ret_flag = j ? json_is_true(j) : preset;
	return ERR_OK;
}

enum err body_id(struct ctx *ctx, const struct request *rq, const char *key, bool needed, int64_t *ret_id)
{
	const json_t *j = NULL;
	int64_t id = 0;

	TRY(body_member(ctx, rq, key, needed, &j));
	if (j != NULL && (!json_is_string(j) || !id_parse(json_string_value(j), &id)))
		return body_wrong(ctx, key, "an id, as text");
	*ret_id = id;
	return ERR_OK;
}

enum err body_ids(struct ctx *ctx, const struct request *rq, const char *key, size_t max, int64_t **ret_ids,
                  size_t *ret_n)
{
	const json_t *j = NULL;
	size_t n;
	int64_t *ids;

	TRY(body_member(ctx, rq, key, false, &j));
	if (j != NULL && !json_is_array(j))
		return body_wrong(ctx, key, "a list of ids");
	n = json_array_size(j);
	if (n > max)
		return ctx_problem(ctx, ERR_INVALID, key, "too_many", "%s may hold %zu ids", key, max);
	ids = ARENA_ARRAY(ctx->arena, n + 1, int64_t);
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(j, i);

		if (!json_is_string(one) || !id_parse(json_string_value(one), &ids[i]))
			return body_wrong(ctx, key, "a list of ids, as text");
	}
	*ret_ids = ids;
	*ret_n = n;
	return ERR_OK;
}

enum err body_only(struct ctx *ctx, const struct request *rq, const char *names)
{
	enum err e = ERR_OK;
	const char *key;
	json_t *value;

	json_object_foreach(rq->json, key, value)
	{
		if (!name_in_list(names, key))
			e = ctx_problem(ctx, ERR_INVALID, key, "unknown_field", "%s is not known here", key);
	}
	return e;
}

/* openapi.c: OpenAPI 3.1 from the route table and, for who is signed in, his model. */
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"

enum { TEXT_BYTES_MAX = 8 << 20 };

/* ---- schemas --------------------------------------------------------------------------------------- */

/* Bodies by the name in the route table: "name:kind" separated by spaces; a trailing ! means required. */
static const struct {
	const char *name, *members;
} bodies[] = {
        {"SignIn", "org:text! login:text! password:text!"},
        {"PasswordChange", "old:text! new:text!"},
        {"Presence", "presence:text!"},
        {"Fields", "fields:object!"},
        {"Comment", "text:text internal:flag files:ids"},
        {"Reveal", "field:text! reason:text!"},
        {"Intake", "customer:object contact:object! matters:list!"},
        {"Paste", "text:text!"},
        {"NoticesRead", "ids:ids all:flag"},
        {"Bulk", "ids:ids! do:text fields:object macro:text"},
        {"MacroUse", "reply:text fields:object"},
        {"Split", "parts:list!"},
        {"Cover", "from:text! to:text! reason:text!"},
        {"Absence", "from:text until:text deputy:text"},
        {"Link", "kind:text! other:text!"},
        {"Merge", "from:text! reason:text"},
        {"Refuse", "reason:text"},
        {"Vote", "vote:text! reason:text step:text"},
        {"View", "name:text! where:text columns:list sort:list group:text shared:flag"},
        {"PackFiles", "files:list! allow_drop:flag"},
        {"Settings", "name:text zone:text parameters:object settings:object"},
        {"MailTest", "to:text!"},
        {"DutySkip", "period:text! reason:text!"},
        {"Choices", "choices:object!"},
        {"DryRun", "type:text json:object yaml:text from:text! to:text!"},
        {"Issue", "replaces:text reason:text"},
        {"Declaration", "name:text! type:text pack:text path:text json:object yaml:text note:text"},
        {"PasswordSet", "password:text! must_change:flag"},
        {"Token", "name:text! user:text scope:text expires_at:text"},
};

static const char *schema_of(const char *kind, size_t len)
{
	static const struct {
		const char *kind, *json;
	} kinds[] = {
	        {"text", "{\"type\":\"string\"}"},
	        {"flag", "{\"type\":\"boolean\"}"},
	        {"object", "{\"type\":\"object\"}"},
	        {"list", "{\"type\":\"array\"}"},
	        {"ids", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].kind) == len && memcmp(kinds[i].kind, kind, len) == 0)
			return kinds[i].json;
	return "{}";
}

static void write_body_schema(struct ctx *ctx, struct json_out *out, const char *members)
{
	const char *required[8];
	size_t n_required = 0;

	json_open(out, '{');
	json_key(out, "type");
	json_text(out, "object");
	json_key(out, "additionalProperties");
	json_bool(out, false);
	json_key(out, "properties");
	json_open(out, '{');
	for (const char *s = members; *s != '\0'; s += *s == ' ') {
		size_t name = strcspn(s, ":");
		size_t kind = strcspn(s + name + 1, "! ");
		const char *key = arena_strndup(ctx->arena, s, name);
		const char *json = schema_of(s + name + 1, kind);

		json_key(out, key);
		json_raw(out, json, strlen(json));
		s += name + 1 + kind;
		if (*s == '!') {
			required[n_required++] = key;
			s++;
		}
	}
	json_close(out, '}');
	json_key(out, "required");
	json_open(out, '[');
	for (size_t i = 0; i < n_required; i++)
		json_text(out, required[i]);
	json_close(out, ']');
	json_close(out, '}');
}

static void write_field_schema(struct json_out *out, const struct field *f, enum lang lang)
{
	static const char *const json[] = {
	        [FIELD_NUMBER] = "\"type\":\"number\"",
	        [FIELD_FLAG] = "\"type\":\"boolean\"",
	        [FIELD_DATE] = "\"type\":\"string\",\"format\":\"date\"",
	        [FIELD_DATETIME] = "\"type\":\"string\",\"format\":\"date-time\"",
	        [FIELD_CHOICES] = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
	        [FIELD_LINKS] = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
	        [FIELD_FILES] = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
	        [FIELD_TABLE] = "\"type\":\"array\",\"items\":{\"type\":\"object\"}",
	        [FIELD_COMPUTED] = "\"type\":\"boolean\"",
	};
	const char *shape = (size_t)f->kind < sizeof(json) / sizeof(json[0]) ? json[f->kind] : NULL;

	json_key(out, f->name);
	json_open(out, '{');
	json_key(out, "title");
	json_text(out, label_in(&f->label, lang));
	if ((f->flags & FIELD_SYSTEM) || f->kind == FIELD_COMPUTED) {
		json_key(out, "readOnly");
		json_bool(out, true);
	}
	if (f->kind == FIELD_CHOICE) {
		json_key(out, "enum");
		json_open(out, '[');
		for (size_t i = 0; i < f->n_options; i++)
			json_text(out, f->options[i].name);
		json_close(out, ']');
	}
	buf_char(out->buf, ',');
	buf_str(out->buf, shape ? shape : "\"type\":\"string\"");
	json_close(out, '}');
}

static bool type_is_his(struct ctx *ctx, const struct type *t)
{
	struct filter *f;
	bool none;

	return access_filter(ctx, t, ACCESS_READ, &f, &none) == ERR_OK && !none;
}

static void write_type_schemas(struct ctx *ctx, struct json_out *out)
{
	for (size_t i = 0; ctx->model != NULL && i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];

		if (!type_is_his(ctx, t))
			continue;
		json_key(out, arena_printf(ctx->arena, "record_%s", t->name));
		json_open(out, '{');
		json_key(out, "title");
		json_text(out, label_in(&t->label, ctx->lang));
		json_key(out, "type");
		json_text(out, "object");
		json_key(out, "properties");
		json_open(out, '{');
		for (size_t k = 0; k < t->n_fields; k++)
			if (access_field(ctx, &t->fields[k]) != SIGHT_HIDDEN)
				write_field_schema(out, &t->fields[k], ctx->lang);
		json_close(out, '}');
		json_close(out, '}');
	}
}

/* ---- paths ----------------------------------------------------------------------------------------- */

static void write_parameter(struct json_out *out, const char *name, const char *where)
{
	bool in_path = strcmp(where, "path") == 0;

	json_open(out, '{');
	json_key(out, "name");
	json_text(out, name);
	json_key(out, "in");
	json_text(out, where);
	json_key(out, "required");
	json_bool(out, in_path);
	json_key(out, "schema");
	json_raw(out, "{\"type\":\"string\"}", 17);
	json_close(out, '}');
}

static void write_parameters(struct ctx *ctx, struct json_out *out, const struct route *r)
{
	json_key(out, "parameters");
	json_open(out, '[');
	for (const char *s = strchr(r->path, '{'); s != NULL; s = strchr(s + 1, '{'))
		write_parameter(out, arena_strndup(ctx->arena, s + 1, strcspn(s + 1, "}")), "path");
	for (const char *s = r->query; s != NULL && *s != '\0'; s += strcspn(s, ","), s += *s == ',')
		write_parameter(out, arena_strndup(ctx->arena, s, strcspn(s, ",")), "query");
	json_close(out, ']');
}

static void write_request_body(struct ctx *ctx, struct json_out *out, const struct route *r)
{
	static const char file[] = "{\"content\":{\"*/*\":{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}}}";

	if (!(r->flags & (ROUTE_BODY_JSON | ROUTE_BODY_FILE)))
		return;
	json_key(out, "requestBody");
	if (r->flags & ROUTE_BODY_FILE) {
		json_raw(out, file, sizeof(file) - 1);
		return;
	}
	json_open(out, '{');
	json_key(out, "content");
	json_open(out, '{');
	json_key(out, "application/json");
	json_open(out, '{');
	json_key(out, "schema");
	json_open(out, '{');
	json_key(out, "$ref");
	json_text(out, arena_printf(ctx->arena, "#/components/schemas/%s", r->body ? r->body : "Any"));
	json_close(out, '}');
	json_close(out, '}');
	json_close(out, '}');
	json_close(out, '}');
}

static void write_route(struct ctx *ctx, struct json_out *out, const struct route *r)
{
	static const char answers[] =
	        "{\"default\":{\"description\":\"error\",\"content\":{\"application/json\":{\"schema\":"
	        "{\"$ref\":\"#/components/schemas/Error\"}}}},\"2XX\":{\"description\":\"done\"}}";
	char method[8] = "";

	for (size_t i = 0; i < sizeof(method) - 1 && r->method[i] != '\0'; i++)
		method[i] = (char)(r->method[i] | 0x20);
	json_key(out, method);
	json_open(out, '{');
	json_key(out, "tags");
	json_open(out, '[');
	json_text(out, r->tag);
	json_close(out, ']');
	json_key(out, "summary");
	json_text(out, r->doc);
	if (r->can != NULL) {
		json_key(out, "description");
		json_text(out, arena_printf(ctx->arena, "Needs the right '%s'.", r->can));
	}
	json_key(out, "security");
	if (r->flags & ROUTE_OPEN)
		json_raw(out, "[]", 2);
	else
		json_raw(out, "[{\"cookie\":[]},{\"token\":[]}]", 28);
	write_parameters(ctx, out, r);
	write_request_body(ctx, out, r);
	json_key(out, "responses");
	json_raw(out, answers, sizeof(answers) - 1);
	json_close(out, '}');
}

/* Routes of one path are written together, at the first of them. */
static void write_paths(struct ctx *ctx, struct json_out *out)
{
	json_key(out, "paths");
	json_open(out, '{');
	for (size_t i = 0; i < n_routes; i++) {
		bool first = true;

		for (size_t k = 0; k < i && first; k++)
			first = strcmp(routes[k].path, routes[i].path) != 0;
		if (!first)
			continue;
		json_key(out, routes[i].path);
		json_open(out, '{');
		for (size_t k = i; k < n_routes; k++)
			if (strcmp(routes[k].path, routes[i].path) == 0)
				write_route(ctx, out, &routes[k]);
		json_close(out, '}');
	}
	json_close(out, '}');
}

static void write_components(struct ctx *ctx, struct json_out *out)
{
	static const char error[] = "{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\","
	                            "\"properties\":{\"code\":{\"type\":\"string\"},"
	                            "\"message\":{\"type\":\"string\"},\"problems\":{\"type\":\"array\",\"items\":{"
	                            "\"type\":\"object\",\"properties\":"
	                            "{\"field\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},\"detail\":{"
	                            "\"type\":[\"string\",\"null\"]}}}}}}}}";
	static const char schemes[] = "{\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"sw_CODE\"},"
	                              "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}";

	json_key(out, "components");
	json_open(out, '{');
	json_key(out, "securitySchemes");
	json_raw(out, schemes, sizeof(schemes) - 1);
	json_key(out, "schemas");
	json_open(out, '{');
	json_key(out, "Error");
	json_raw(out, error, sizeof(error) - 1);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		json_key(out, bodies[i].name);
		write_body_schema(ctx, out, bodies[i].members);
	}
	write_type_schemas(ctx, out);
	json_close(out, '}');
	json_close(out, '}');
}

enum err do_openapi(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct json_out *out = &an->json;
	struct edition *edition = NULL;

	/* Open to all; who is signed in sees his types too. */
	if (auth_request(ctx, rq, &edition) != ERR_OK) {
		ctx_forget(ctx);
		ctx->model = NULL;
	}
	json_open(out, '{');
	json_key(out, "openapi");
	json_text(out, "3.1.0");
	json_key(out, "info");
	json_open(out, '{');
	json_key(out, "title");
	json_text(out, "Shouwen 首问");
	json_key(out, "version");
	json_text(out, rq->http->config.version);
	json_close(out, '}');
	write_paths(ctx, out);
	write_components(ctx, out);
	json_close(out, '}');
	house_leave(edition);
	return ERR_OK;
}

/* ---- for people and for tests ------------------------------------------------------------------------ */

static const char *route_right(const struct route *r)
{
	return r->flags & ROUTE_OPEN ? "open" : (r->can ? r->can : "-");
}

static void routes_lines(struct buf *b)
{
	for (size_t i = 0; i < n_routes; i++)
		buf_printf(b, "%-6s %-48s %-8s %-14s %s\n", routes[i].method, routes[i].path, route_right(&routes[i]),
		           routes[i].tag, routes[i].doc);
}

static void routes_markdown(struct buf *b)
{
	const char *tag = "";

	buf_str(b,
	        "# Routes\n\nMade from `src/http/routes.c` by `tools/check-generated --fix`. Right: what a role must "
	        "be allowed (`can`), or `open`: no\nsign-in needed. Other query parameters than those named are "
	        "refused.\n");
	for (size_t i = 0; i < n_routes; i++) {
		const struct route *r = &routes[i];

		if (strcmp(tag, r->tag) != 0)
			buf_printf(b,
			           "\n## %s\n\n| | route | right | query | body | what it does "
			           "|\n|---|---|---|---|---|---|\n",
			           r->tag);
		tag = r->tag;
		buf_printf(b, "| %s | `%s` | %s | %s | %s | %s |\n", r->method, r->path, route_right(r),
		           r->query ? r->query : "", r->flags & ROUTE_BODY_FILE ? "file" : (r->body ? r->body : ""),
		           r->doc);
	}
}

static void route_json(struct json_out *out, const struct route *r)
{
	json_open(out, '{');
	json_key(out, "method");
	json_text(out, r->method);
	json_key(out, "path");
	json_text(out, r->path);
	json_key(out, "open");
	json_bool(out, (r->flags & ROUTE_OPEN) != 0);
	json_key(out, "can");
	json_text(out, r->can);
	json_key(out, "upload");
	json_bool(out, (r->flags & ROUTE_BODY_FILE) != 0);
	json_key(out, "query");
	json_open(out, '[');
	for (const char *s = r->query; s != NULL && *s != '\0'; s += strcspn(s, ","), s += *s == ',') {
		size_t len = strcspn(s, ",");
		char name[LIMIT_NAME_BYTES + 1];

		snprintf(name, sizeof(name), "%.*s", (int)len, s);
		json_text(out, name);
	}
	json_close(out, ']');
	json_close(out, '}');
}

static void routes_json(struct buf *b)
{
	struct json_out out;

	json_out_init(&out, b);
	json_open(&out, '[');
	for (size_t i = 0; i < n_routes; i++)
		route_json(&out, &routes[i]);
	json_close(&out, ']');
	buf_char(b, '\n');
}

char *http_routes_text(enum routes_form form)
{
	struct arena *a = arena_new(TEXT_BYTES_MAX);
	struct buf b;
	char *text;

	buf_init(&b, a, TEXT_BYTES_MAX / 2);
	if (form == ROUTES_JSON)
		routes_json(&b);
	else if (form == ROUTES_MARKDOWN)
		routes_markdown(&b);
	else
		routes_lines(&b);
	text = strdup(b.data);
	arena_free(a);
	return text;
}

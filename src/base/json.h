/*
 * json.h: JSON in (jansson, with our limits) and JSON out (written straight into a buffer).
 */
#ifndef SHOUWEN_BASE_JSON_H
#define SHOUWEN_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ctx.h"

/* Parses a whole JSON text; refuses duplicate keys, invalid UTF-8, NUL characters in strings,
 * and nesting past LIMIT_JSON_DEPTH: ERR_BAD_REQUEST with line and column in the problem. The
 * tree is owned by ctx->arena and freed with it. */
enum err json_parse(struct ctx *ctx, const char *text, size_t len, json_t **ret_json);
/* The tree, which ends with the arena; NULL stays NULL. */
json_t *json_kept(struct arena *a, json_t *tree);
/* An empty object that ends with the arena; never NULL. */
json_t *json_object_kept(struct arena *a);

/* Writer: commas are its business. Instants, ids, seq and money are strings on the wire. */
struct json_out {
	struct buf *buf;
	bool comma;
};

void json_out_init(struct json_out *o, struct buf *b);
void json_open(struct json_out *o, char bracket);  /* '{' or '[' */
void json_close(struct json_out *o, char bracket); /* '}' or ']' */
void json_key(struct json_out *o, const char *key);
void json_key_made(struct json_out *o, const char *made, size_t len); /* "key": as json_key once wrote it */
#define JSON_KEY(o, name) \
	json_key_made((o), "\"" name "\":", sizeof(name) + 2) /* of a literal with nothing to escape */
void json_text(struct json_out *o, const char *s);            /* NULL writes null; escapes <, > and & too */
void json_textn(struct json_out *o, const char *s, size_t len);
void json_int(struct json_out *o, int64_t v);
void json_id(struct json_out *o, int64_t id);                        /* "123"; 0 writes null */
void json_instant(struct json_out *o, int64_t ms);                   /* "2026-..Z" */
void json_instant_or_none(struct json_out *o, int64_t ms);           /* 0 writes null */
void json_at(struct json_out *o, const char *key, int64_t ms);       /* that under a key */
void json_words(struct json_out *o, const char *zh, const char *en); /* {"zh","en"}: one thing in both languages */
void json_bool(struct json_out *o, bool v);
void json_none(struct json_out *o);                              /* null; jansson has taken the better name */
void json_raw(struct json_out *o, const char *json, size_t len); /* bytes that are JSON already */
void json_tree(struct json_out *o, const json_t *j);

#endif

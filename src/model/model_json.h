/*
 * model_json.h: inside model_json*.c: the pieces of GET /api/v1/model.
 */
#ifndef SHOUWEN_MODEL_MODEL_JSON_H
#define SHOUWEN_MODEL_MODEL_JSON_H

#include "base/json.h"
#include "model/filter.h"
#include "model/model.h"

/* "key": {"zh","en"}; nothing where there is no label. */
void model_put_label(struct json_out *out, const char *key, const struct label *l);
void model_put_text(struct json_out *out, const char *key, const char *s);
void model_put_bool(struct json_out *out, const char *key, bool v);
void model_put_scaled(struct json_out *out, int64_t v, int scale);

bool model_field_seen(const struct ctx *ctx, const struct field *f);
bool model_names_seen(void *arg, const struct field *f); /* for filter_each_field; arg is the ctx */
/* The browser evaluates these: one that names a hidden field could only be wrong there. */
void model_put_filter(struct ctx *ctx, struct json_out *out, const char *key, const struct filter *f);
/* `owner` decides the sight: the field itself, or the table it is a column of; NULL for inputs. */
void model_put_field(struct ctx *ctx, struct json_out *out, const struct field *f, const struct field *owner);
/* path, asides and alike; nothing where the type declares none. */
enum err model_put_alikes(struct ctx *ctx, struct json_out *out, const struct type *t);

#endif

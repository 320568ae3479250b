/*
 * names.h: what things are called, for who looks after rights and may not read what is in them: labels of fields,
 * numbers of records, a record by its number.
 */
#ifndef SHOUWEN_MODEL_NAMES_H
#define SHOUWEN_MODEL_NAMES_H

#include "base/json.h"
#include "model/model.h"

/* "NAME":{"zh":…,"en":…} into an open object; a path of two goes through a link. Nothing where there is none. */
void names_field_write_json(struct ctx *ctx, struct json_out *out, const struct type *t, const char *path);

/* The field that people call a record by, `number` or `code`; NULL: none. */
const struct field *names_number_field(const struct type *t);
/* numbers[i] is NULL where there is none. One query. */
enum err names_numbers(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char **numbers);
/* t NULL: of any type. ERR_NOT_FOUND: none. */
enum err names_find(struct ctx *ctx, const struct type *t, const char *number, const struct type **ret_type,
                    int64_t *ret_id);

#endif

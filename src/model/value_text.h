/* value_text.h: inside model/: numbers as decimal text. */
#ifndef SHOUWEN_MODEL_VALUE_TEXT_H
#define SHOUWEN_MODEL_VALUE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

void decimal_write(struct buf *out, int64_t v, int scale);
enum decimal_fault { DECIMAL_OK, DECIMAL_SYNTAX, DECIMAL_PRECISE, DECIMAL_LARGE };
/* "-1234.5" with scale 2 -> -123450; strict: no spaces, no separators, no exponent. */
enum decimal_fault decimal_parse(const char *s, int scale, int64_t *ret_v);

#endif

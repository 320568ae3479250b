/* warnings.h: inside model/: [{"code","label":{zh,en}}] of the fields marked `warning` that hold. */
#ifndef SHOUWEN_MODEL_WARNINGS_H
#define SHOUWEN_MODEL_WARNINGS_H

#include "model/record.h"

enum err warnings_write_json(struct ctx *ctx, struct json_out *out, const struct record *r);

#endif

/* path.h: how far a record has come on the path its type declares, read from its events. */
#ifndef SHOUWEN_FLOW_PATH_H
#define SHOUWEN_FLOW_PATH_H

#include "flow/step.h"

struct path;

/* NULL where the type declares none. */
struct path *path_start(struct ctx *ctx, const struct record *r);
/* One event of it, oldest first. */
void path_event(struct path *p, int64_t at, const char *body, size_t len);
/* "path":[{at,until,state,n}…], one for each step; nothing for NULL. */
void path_write(const struct path *p, const struct record *r, struct json_out *out);

#endif

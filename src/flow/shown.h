/*
 * shown.h: parts of events made readable for one user: names of links, option labels, files. Names
 * and sights are looked up once a page.
 */
#ifndef SHOUWEN_FLOW_SHOWN_H
#define SHOUWEN_FLOW_SHOWN_H

#include "flow/step.h"

struct shown; /* what this page has looked up so far */

struct shown *shown_new(struct ctx *ctx);
/* The title of a linked record; "" if it is gone. */
enum err shown_name(struct ctx *ctx, struct shown *s, const struct type *t, int64_t id, const char **ret_name);
/* A value out of an event as words; lines of tables one a line. */
enum err shown_words(struct ctx *ctx, struct shown *s, const struct field *f, const json_t *j, const char **ret_words);
enum err shown_sight(struct ctx *ctx, struct shown *s, const struct record *r, const struct field *f,
                     enum field_sight *ret_sight);
/* A field by its name, or its former one. */
const struct field *shown_event_field(const struct type *t, const char *name);
/* "files":[{id,name,size,mime}] and "linked":{type,id,label}|null, with their keys. */
enum err shown_files(struct ctx *ctx, struct json_out *out, const json_t *ids);
enum err shown_linked(struct ctx *ctx, struct json_out *out, const json_t *linked);

#endif

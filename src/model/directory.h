/*
 * directory.h: inside model/: the names of colleagues and teams, which stand on nearly every page, kept in memory with
 * the model.
 *
 * They are of one edition, a number that stands in the database and is another one after each change of such a name.
 * Who looks reads the edition in his own snapshot: what is kept of another edition is not for him. So a name is never
 * older than what he reads beside it, also where several servers write, and a change that is taken back leaves nothing.
 */
#ifndef SHOUWEN_MODEL_DIRECTORY_H
#define SHOUWEN_MODEL_DIRECTORY_H

#include "model/record.h"

struct directory *directory_new(void);
void directory_free(struct directory *d);

/* Are this type's names kept? */
bool directory_keeps(const struct ctx *ctx, const struct type *t);
/* Of this snapshot; 0: there is none yet, nothing is kept. Inside store_read or store_write. */
enum err directory_edition(struct ctx *ctx, int64_t *ret_edition);
/* texts[i]: a copy in ctx->arena, NULL where it is not kept. Returns how many there are. */
size_t directory_find(struct ctx *ctx, int64_t edition, const int64_t *ids, size_t n, const char **texts);
/* Long names, and names past the first few thousand, are not kept. */
void directory_put(struct ctx *ctx, int64_t edition, int64_t id, const char *name, size_t len);

/* Makes a first edition where there is none. Inside store_write, as is the next. */
enum err directory_begin(struct ctx *ctx);
/* A name of this record is another now, or gone. */
enum err directory_change(struct ctx *ctx, const struct type *t);

#endif

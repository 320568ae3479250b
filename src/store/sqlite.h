/* sqlite.h: what the sqlite*.c files share. */
#ifndef SHOUWEN_STORE_SQLITE_H
#define SHOUWEN_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/internal.h"

enum { STATEMENTS_MAX = 64, SQLITE_APPLICATION_ID = 0x53687757 /* "ShwW" */ };

struct sqlite_statement {
	uint64_t hash;
	char *text;
	sqlite3_stmt *stmt;
	const char **names; /* of its parameters: asking SQLite by number is a walk each time */
	int n_names;
	uint64_t used; /* clock of the last use */
	bool busy;
};

/* What the full-text index is yet to be told: see sqlite_index.c. */
struct index_change {
	int64_t id;
	bool remove;
	size_t tokens_len, keys_len;
	char *text; /* tokens, then keys */
};

struct index_changes {
	struct index_change *list;
	size_t n, cap, bytes;
	size_t told;            /* of the list, from its beginning */
	size_t job_n, job_told; /* when the present job began: what its savepoint leads back to */
};

struct sqlite_conn {
	struct store_conn base; /* first */
	sqlite3 *db;
	struct sqlite_statement statements[STATEMENTS_MAX];
	unsigned char places[256]; /* by hash: where a statement was last found */
	uint64_t clock;
	struct index_changes index; /* writers */
	int64_t until_us;           /* readers: when a read is stopped */
	bool stopped;
	bool points_kept; /* writers: what a savepoint may have to put back lies in memory */
};

static inline struct sqlite_conn *sqlite_of(struct store_conn *c)
{
	return (struct sqlite_conn *)c;
}

void sqlite_path(const struct store *s, const char *code, char *path, size_t path_bytes);
enum err sqlite_kind(int rc);
/* Notes and remembers a failed statement. */
enum err sqlite_failed(struct ctx *ctx, struct sqlite_conn *c, int rc, const char *sql);
int sqlite_exec(struct sqlite_conn *c, const char *sql);
/* The same for words that come again and again: prepared once. */
int sqlite_exec_kept(struct sqlite_conn *c, const char *sql);
/* From the cache, or new. */
int sqlite_take(struct sqlite_conn *c, const char *text, size_t len, uint64_t hash,
                struct sqlite_statement **ret_statement); /* hash 0: not known */
void sqlite_give(struct sqlite_conn *c, struct sqlite_statement *st);
void sqlite_reset_since(struct sqlite_conn *c, uint64_t clock); /* statements taken after it */
void sqlite_reset_all(struct sqlite_conn *c);

enum err sqlite_conn_open(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes);
void sqlite_conn_close(struct store_conn *c);

enum err sqlite_rows(struct ctx *ctx, struct sql *q, struct rows **ret_rows, int64_t *ret_changed);
bool sqlite_next(struct rows *r);
enum err sqlite_done(struct rows *r);
bool sqlite_is_null(struct rows *r, int col);
int64_t sqlite_get_int(struct rows *r, int col);
const char *sqlite_get_text(struct rows *r, int col, size_t *ret_len);
const void *sqlite_get_blob(struct rows *r, int col, size_t *ret_len);

enum err sqlite_write(struct ctx *ctx, store_fn *fn, void *arg);
enum err sqlite_point(struct ctx *ctx, struct store_point *ret_point);
enum err sqlite_point_end(struct ctx *ctx, const struct store_point *point, bool back);

enum err sqlite_index_later(struct ctx *ctx, int64_t id, const char *tokens, const char *keys, bool remove);
enum err sqlite_index_now(struct ctx *ctx);
int sqlite_index_tell(struct sqlite_conn *c);
void sqlite_index_job_begin(struct sqlite_conn *c);
void sqlite_index_job_undo(struct sqlite_conn *c);
void sqlite_index_undo(struct sqlite_conn *c, const struct store_point *point);
int sqlite_walk_add(sqlite3 *db);               /* walk_finds(), see sqlite_walk.c */
void sqlite_index_clear(struct sqlite_conn *c); /* the transaction is over, or lost */

bool sqlite_org_there(struct store *s, const char *code);
enum err sqlite_org_make(struct org *o, char *why, size_t why_bytes);
enum err sqlite_org_list(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n);
enum err sqlite_org_drop(struct store *s, const char *code);
enum err sqlite_backup(struct org *o, const char *path, char *why, size_t why_bytes);
enum err sqlite_restore(struct store *s, const char *code, const char *path, char *why, size_t why_bytes);

#endif

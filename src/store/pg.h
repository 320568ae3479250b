/*
 * pg.h: what the pg*.c files share. An organisation CODE is the schema org_CODE; what all share
 * (node numbers of ids) lies in the schema shouwen.
 */
#ifndef SHOUWEN_STORE_PG_H
#define SHOUWEN_STORE_PG_H

#include <libpq-fe.h>

#include "store/internal.h"

enum { PG_STATEMENTS_MAX = 256, PG_BLOCK = 20, PG_SCHEMA_BYTES = ORG_CODE_BYTES + 8 };

struct pg_statement {
	uint64_t hash;
	char *key;    /* kinds of the binds, then the text as it was written */
	char *text;   /* with $1, $2 … */
	char **names; /* of the parameters, in order */
	int n_names;
	uint64_t used;
	uint64_t number; /* s<number> on the server */
	bool prepared;
};

struct pg_rows {
	struct rows base; /* first */
	PGresult *result;
	int at, n;
	struct pg_rows *open; /* the connection's list, for those that were not closed */
};

struct pg_conn {
	struct store_conn base; /* first */
	PGconn *pg;
	struct pg_statement statements[PG_STATEMENTS_MAX];
	uint64_t clock;
	struct pg_rows *open;
	bool planned; /* the statement that runs was prepared by an earlier one */
};

struct pg_store {
	pthread_mutex_t lock; /* guards side */
	PGconn *side;         /* short transactions of their own: number blocks, node lease */
	pthread_t thread;
	bool thread_runs;
	int wake_fd;
	_Atomic bool stop;
	_Atomic bool node_lost; /* somebody else has our node number: ids could clash */
	_Atomic int node;       /* -1: none */
	char holder[48];
};

static inline struct pg_conn *pg_of(struct store_conn *c)
{
	return (struct pg_conn *)c;
}

static inline struct pg_store *pg_own(const struct store *s)
{
	return s->own;
}

PGconn *pg_connect(const struct store *s, char *why, size_t why_bytes);
void pg_schema(const char *code, char out[PG_SCHEMA_BYTES]);
enum err pg_kind(const PGconn *pg, const PGresult *result);
/* Runs text without parameters; the message without its line end in why. */
enum err pg_exec(PGconn *pg, const char *text, char *why, size_t why_bytes);
/* One text value or "" ; params are text. */
enum err pg_value(PGconn *pg, const char *text, int n, const char *const *params, char *out, size_t out_bytes,
                  char *why, size_t why_bytes);
enum err pg_failed(struct ctx *ctx, struct pg_conn *c, const PGresult *result, const char *sql);
void pg_close_rows_since(struct pg_conn *c, const void *since); /* those opened after `since` */
void pg_close_rows(struct pg_conn *c);
void pg_forget_statements(struct pg_conn *c);

enum err pg_rows(struct ctx *ctx, struct sql *q, struct rows **ret_rows, int64_t *ret_changed);
bool pg_next(struct rows *r);
enum err pg_done(struct rows *r);
bool pg_is_null(struct rows *r, int col);
int64_t pg_get_int(struct rows *r, int col);
const char *pg_get_text(struct rows *r, int col, size_t *ret_len);
const void *pg_get_blob(struct rows *r, int col, size_t *ret_len);

enum err pg_point(struct ctx *ctx, struct store_point *ret_point);
enum err pg_point_end(struct ctx *ctx, const struct store_point *point, bool back);
enum err pg_write(struct ctx *ctx, store_fn *fn, void *arg);
enum err pg_number(struct ctx *ctx, const char *key, int64_t *ret_n);

bool pg_org_there(struct store *s, const char *code);
enum err pg_org_make(struct org *o, char *why, size_t why_bytes);
enum err pg_org_list(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n);
enum err pg_org_drop(struct store *s, const char *code);
enum err pg_backup(struct org *o, const char *path, char *why, size_t why_bytes);
enum err pg_restore(struct store *s, const char *code, const char *path, char *why, size_t why_bytes);

enum err pg_thread_start(struct store *s, char *why, size_t why_bytes);
void pg_thread_stop(struct store *s);
void pg_wake(struct store *s);
enum err pg_lease_node(struct store *s, int *ret_node);
bool pg_renew_node(struct store *s, PGconn *pg); /* false: it is somebody else's now */

#endif

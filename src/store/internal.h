/*
 * internal.h: what the files of store/ share. The face is store.h.
 *
 * Locks: store->lock guards the list of organisations and the pool; org->lock guards its write
 * queue and its counters. Neither is held while a statement runs.
 */
#ifndef SHOUWEN_STORE_INTERNAL_H
#define SHOUWEN_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/store.h"

enum {
	ORG_CODE_BYTES = 32,
	READERS_DEFAULT = 16,
	WRITE_QUEUE_MAX = 512,   /* jobs waiting for one organisation; more are told ERR_BUSY */
	WRITE_BATCH_MAX = 128,   /* jobs that share one COMMIT */
	WRITE_BATCH_MS = 40,     /* no further job joins a batch after this */
	READ_EFFORT_MS = 5000,   /* one store_read */
	SLOW_EFFORT_MS = 120000, /* one store_read_slow */
	POOL_WAIT_MS = 10000,    /* for a free connection */
	POOL_IDLE_MS = 60000,    /* then a connection is closed */
	COMMIT_WATCHERS_MAX = 4,
};

enum bind_kind { BIND_NULL, BIND_INT, BIND_TEXT, BIND_BLOB };

struct sql_bind {
	const char *name;
	enum bind_kind kind;
	int64_t i;
	const void *bytes;
	size_t len;
};

uint64_t sql_hash(const char *s, size_t len); /* never 0 */
/* The bind of this name, looked for from *hint on; NULL: the caller forgot it. */
const struct sql_bind *sql_find_bind(const struct sql *q, const char *name, size_t *hint);

/* A connection: in the pool while idle, else one thread's. Backends put it first in theirs. */
struct store_conn {
	struct org *org;
	bool writer;
	bool broken;    /* not to be used again */
	enum err fault; /* the first statement that failed in this transaction */
	int64_t idle_since_us;
	struct store_conn *next; /* idle list, newest first */
};

struct rows {
	struct ctx *ctx;
	struct store_conn *conn;
	enum err err;
};

struct write_job {
	struct ctx *ctx;
	store_fn *fn;
	void *arg;
	struct arena_mark mark;
	enum err result;
	bool done, lead;
	pthread_cond_t cond;
	struct write_job *next;
};

struct write_queue {
	struct write_job *first, *last;
	size_t n;
	bool led; /* some thread drains it */
};

struct number_block { /* PostgreSQL: numbers taken ahead */
	char *key;
	int64_t next, end;
};

struct org {
	struct store *store;
	char code[ORG_CODE_BYTES];
	bool dropped;
	_Atomic int64_t last_seq;
	_Atomic bool dirty; /* PostgreSQL: events may be without their seq */
	void *extra;
	void (*extra_free)(void *);
	pthread_mutex_t lock;
	struct write_queue queue;
	struct number_block *blocks;
	size_t n_blocks;
	struct org *next;
};

struct backend {
	enum err (*open)(struct store *s, char *why, size_t why_bytes);
	void (*close)(struct store *s);
	enum err (*conn_open)(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes);
	void (*conn_close)(struct store_conn *c);
	/* Makes an idle connection of another organisation this one's; NULL: can't. */
	bool (*conn_adopt)(struct store_conn *c, struct org *o);
	enum err (*read_begin)(struct ctx *ctx, int effort_ms);
	void (*read_end)(struct ctx *ctx);
	void (*pages_few)(struct ctx *ctx);  /* until pages_free; NULL as there */
	void (*pages_free)(struct ctx *ctx); /* of the connection; NULL: it keeps none */
	enum err (*write)(struct ctx *ctx, store_fn *fn, void *arg);
	/* As store_point, store_point_end; the fault that going back forgives is forgotten already. */
	enum err (*point)(struct ctx *ctx, struct store_point *ret_point);
	enum err (*point_end)(struct ctx *ctx, const struct store_point *point, bool back);
	/* Several statements without parameters, for schema steps; on a writer's open transaction. */
	enum err (*script)(struct store_conn *c, const char *text, char *why, size_t why_bytes);
	enum err (*rows)(struct ctx *ctx, struct sql *q, struct rows **ret_rows, int64_t *ret_changed);
	bool (*next)(struct rows *r);
	enum err (*done)(struct rows *r);
	bool (*is_null)(struct rows *r, int col);
	int64_t (*get_int)(struct rows *r, int col);
	const char *(*get_text)(struct rows *r, int col, size_t *ret_len);
	const void *(*get_blob)(struct rows *r, int col, size_t *ret_len);
	enum err (*number)(struct ctx *ctx, const char *key, int64_t *ret_n);
	/* A change of the full-text index, and all of them so far put into it; NULL: the table is the index. */
	enum err (*index_later)(struct ctx *ctx, int64_t id, const char *tokens, const char *keys, bool remove);
	enum err (*index_now)(struct ctx *ctx);
	bool (*org_there)(struct store *s, const char *code);
	enum err (*org_make)(struct org *o, char *why, size_t why_bytes);
	enum err (*org_list)(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n);
	enum err (*org_drop)(struct store *s, const char *code);
	enum err (*backup)(struct org *o, const char *path, char *why, size_t why_bytes);
	enum err (*restore)(struct store *s, const char *code, const char *path, char *why, size_t why_bytes);
	enum err (*lease_node)(struct store *s, int *ret_node);
};

extern const struct backend backend_sqlite, backend_postgres;

struct commit_watcher {
	void (*fn)(void *arg, struct org *o, int64_t last_seq);
	void *arg;
};

struct store {
	const struct backend *backend;
	char *dir;
	char *url; /* holds a password: never shown */
	int readers_max, writers_max;
	pthread_mutex_t opening; /* one organisation is opened, made or dropped at a time */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct org *orgs;
	struct store_conn *idle;
	int n_readers, n_writers; /* open, idle ones included */
	struct commit_watcher watchers[COMMIT_WATCHERS_MAX];
	size_t n_watchers;
	void *own; /* the backend's */
};

/* pool.c */
enum err pool_take(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes);
void pool_give(struct store_conn *c);
/* Closes what is idle: of one organisation, or of all (NULL). False if some of it is in use. */
bool pool_close(struct store *s, const struct org *o);

/* store.c */
bool org_code_ok(const char *code);
void org_committed(struct org *o, int64_t last_seq);
struct org *org_find(struct store *s, const char *code); /* open ones only; NULL */
/* The connection a call without organisation's schema fails on: notes the message for us. */
enum err store_fault(struct ctx *ctx, enum err e, const char *message, const char *sql);

/* schema.c: runs the steps that are missing. `backup` is called before the first of them unless
 * the database is new. */
struct schema_state {
	int64_t there; /* highest step applied */
	int64_t wanted;
	bool ok;
};
enum err schema_check(struct ctx *ctx, struct schema_state *ret_state, char *why, size_t why_bytes);
enum err schema_run(struct ctx *ctx, const struct schema_state *state, char *why, size_t why_bytes);

struct schema_step {
	int64_t number;
	const char *name;
	const char *sqlite;
	const char *postgres;
};
extern const struct schema_step schema_steps[];
extern const size_t schema_steps_n;

#endif

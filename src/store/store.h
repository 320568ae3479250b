/*
 * store.h: the database behind one face: SQLite (one file an organisation) or PostgreSQL (one
 * schema an organisation). The only folder that sees sqlite3.h or libpq-fe.h.
 *
 * Threads: struct store and struct org are shared and lock themselves; a struct ctx, its db and
 * its rows belong to one thread at a time.
 */
#ifndef SHOUWEN_STORE_STORE_H
#define SHOUWEN_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ctx.h"
#include "base/value.h"

/* ---- the store and its organisations ------------------------------------------------------- */

struct store;

struct store_config {
	const char *dir; /* the data folder: orgs/CODE.db, files/, lock, control.sock */
	const char *url; /* NULL: SQLite under dir; else postgresql://… */
	int readers_max; /* read connections open at once over all organisations; 0: default 16 */
};

enum err store_open(const struct store_config *config, struct store **ret_store, char *why, size_t why_bytes);
void store_close(struct store *s); /* NULL allowed; waits for writers */
bool store_is_postgres(const struct store *s);

/* Organisation codes are [a-z][a-z0-9_]{0,30}. Creating runs every schema step. Opening runs the
 * steps that are missing (after a backup) and refuses a database of a newer version, or one whose
 * applied steps have another checksum: ERR_CONFLICT with a message in why. Organisations stay
 * open; their connections are pooled and closed by LRU. */
enum err org_create(struct store *s, const char *code, struct org **ret_org, char *why, size_t why_bytes);
enum err org_open(struct store *s, const char *code, struct org **ret_org, char *why, size_t why_bytes);
enum err org_list(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n);
enum err org_drop(struct store *s, const char *code);
const char *org_code(const struct org *o);
struct store *org_store(const struct org *o);
/* A slot for what upper layers keep with an organisation (its model generation). */
void org_set_extra(struct org *o, void *extra, void (*free_fn)(void *));
void *org_extra(const struct org *o);

/* A consistent copy of one organisation's database while it is served (SQLite: VACUUM INTO a
 * file; PostgreSQL: a copy of every table in our own portable format, and back). */
enum err org_backup(struct org *o, const char *path, char *why, size_t why_bytes);
/* The same into DIR/backups/CODE-WHAT-NUMBER.backup; *ret_name: that name from DIR on. Without a data folder none is
 * made and it is NULL. Inside store_write it holds what was committed before. */
enum err org_keep(struct org *o, struct arena *a, const char *what, int64_t number, const char **ret_name, char *why,
                  size_t why_bytes);
enum err org_restore(struct store *s, const char *code, const char *path, char *why, size_t why_bytes);

/* ---- transactions -------------------------------------------------------------------------- */

typedef enum err store_fn(struct ctx *ctx, void *arg);

/* Runs fn with ctx->db set to a read-only connection on one snapshot. Inside another store_read or
 * store_write it joins that one. A read of more than 5 s is stopped: ERR_INVALID, "too_broad". */
enum err store_read(struct ctx *ctx, store_fn *fn, void *arg);
/* Around a look at very much that is not looked at again: few of its pages are held meanwhile, and none afterwards.
 * Inside store_read, or store_write, which holds few anyway. */
void store_pages_few(struct ctx *ctx);
void store_pages_free(struct ctx *ctx);
/* The same with two minutes: reports, exports, verify. Never on the lane of short requests. */
enum err store_read_slow(struct ctx *ctx, store_fn *fn, void *arg);

/*
 * Runs fn inside one write transaction, durable when this returns ERR_OK; nothing is left of it
 * otherwise. All reads that a decision rests on belong inside fn.
 *
 * fn may be run more than once (a batch that was rolled back, a serialisation failure): it has no
 * effects outside the database and ctx->arena (rewound, and ctx->problems forgotten, before each
 * run). On SQLite jobs of several workers share one COMMIT; fn runs on whichever thread drains the
 * queue while the worker that owns ctx waits. Under 20 ms, please.
 *
 * After a statement failed, fn returns: what it did is undone in any case, and an ERR_OK becomes the
 * statement's error (PostgreSQL can't go on, so neither database does). Inside another store_write
 * it joins that one; inside a store_read it is ERR_INTERNAL.
 */
enum err store_write(struct ctx *ctx, store_fn *fn, void *arg);
/* Inside store_write: a point to go back to, and the end of what came after it: kept, or as if it had never been. Gone
 * back to, a unique index that refused since is no fault any more; after any other the whole transaction is lost. They
 * may lie in each other; the last begun ends first. */
struct store_point {
	size_t changes, told, bytes; /* of the full-text index, on SQLite */
	uint64_t clock;              /* of its statements */
	void *rows;                  /* open by then, on PostgreSQL */
};
enum err store_point(struct ctx *ctx, struct store_point *ret_point);
enum err store_point_end(struct ctx *ctx, const struct store_point *point, bool back);

/* A node number for ids_new, this process's alone: leased and kept alive on PostgreSQL, 0 on SQLite.
 * ERR_BUSY: all 256 are taken. */
enum err store_lease_node(struct store *s, int *ret_node);

/* Highest event.seq handed out, and a wake-up for those who follow events. */
int64_t org_last_seq(struct org *o);
/* Called after each commit that wrote events, from any thread; must not block. */
void store_on_commit(struct store *s, void (*fn)(void *arg, struct org *o, int64_t last_seq), void *arg);

/* ---- statements ---------------------------------------------------------------------------- */

/* SQL text is made of literals, checked identifiers and bound values, nothing else. */
struct sql {
	struct arena *arena;
	struct buf text;
	struct sql_bind *binds;
	size_t n_binds, cap_binds;
	size_t n_fresh; /* parameters named by sql_value */
	size_t each;    /* of the binds, the first that sql_each_int or sql_each_value gave; 0: none, 1: binds[0] */
	uint64_t hash;  /* of a kept text; 0: not known */
};

void sql_init(struct sql *q, struct arena *a);
/* The text alone of a statement that comes again and again, made once: it has parameters named in literals only, is
 * bound anew each time, and nothing can be added to it any more. */
struct sql_text {
	const char *text;
	size_t len;
	uint64_t hash;
};
const struct sql_text *sql_keep(const struct sql *q, struct arena *a);
void sql_again(struct sql *q, struct arena *a, const struct sql_text *kept);
/* Literal text; may hold :name parameters given by sql_int / sql_text / sql_named. */
#define SQL(q, literal) sql_literal_((q), "" literal "")
void sql_literal_(struct sql *q, const char *literal);
/* A table or column name: [a-z_][a-z0-9_]{0,62}, quoted; anything else aborts (a fault of ours:
 * names come from the model, which checked them). */
void sql_name(struct sql *q, const char *name);
/* Writes a fresh parameter and binds the value to it. */
void sql_value(struct sql *q, const struct value *v);
void sql_value_int(struct sql *q, int64_t v);
void sql_value_text(struct sql *q, const char *s); /* NULL binds null */
/* Binds a parameter named in a literal. */
void sql_named(struct sql *q, const char *name, const struct value *v);
void sql_int(struct sql *q, const char *name, int64_t v);
void sql_int_or_null(struct sql *q, const char *name, int64_t v); /* 0 binds null */
void sql_text(struct sql *q, const char *name, const char *s);    /* NULL binds null */
void sql_blob(struct sql *q, const char *name, const void *bytes, size_t n);
/* Some values as rows to join with: writes `(values (:i0), …) each` of `room` of them (at most SQL_EACH_MAX), their
 * column each.column1. SQLite reads them one by one and makes no table of them, if they are the first of the FROM
 * clause and joined with CROSS JOIN. For SQLite alone: PostgreSQL can't tell what kind they are. */
enum { SQL_EACH_MAX = 64 };
void sql_each(struct sql *q, size_t room);
/* Binds the one at `at`: all of them, from 0 on, each time the statement runs. sql_each_rest: from `at` on there are
 * none, and the rest joins with nothing. */
void sql_each_int(struct sql *q, size_t at, int64_t v);
void sql_each_value(struct sql *q, size_t at, const struct value *v);
void sql_each_rest(struct sql *q, size_t at, size_t room);
/* For SQLite alone: ` and walk_finds(:walk_ids, :walk_wanted, COLUMN)`. Lets through the rows whose COLUMN is among the
 * ids, which are in order; and from where the walk has found too few for `wanted`, any row: see sqlite_walk.c. */
void sql_walk(struct sql *q, const char *column, const int64_t *ids, size_t n, size_t wanted);
/* Another query's text and binds, put here. */
void sql_append(struct sql *q, const struct sql *part);
/* ` LIKE 'prefix%'` done right for an index on both databases: writes
 * (column >= :prefix and column < :prefix_end). */
void sql_prefix(struct sql *q, const char *column, const char *prefix);
/* Dialect points, each one function: column contains text (position > 0, case as stored). */
void sql_contains_open(struct sql *q); /* instr(  | strpos( */
bool sql_is_postgres(const struct ctx *ctx);

/* Runs a statement that returns no rows; ret_changed may be NULL. A unique index that refuses
 * gives ERR_CONFLICT. */
enum err sql_run(struct ctx *ctx, struct sql *q, int64_t *ret_changed);

/* Rows: at most one set open per statement text; values are valid until the next rows_next.
 * Columns are counted from 0. An error while stepping ends the loop and is returned by rows_done. */
struct rows;
enum err sql_rows(struct ctx *ctx, struct sql *q, struct rows **ret_rows);
bool rows_next(struct rows *r);
enum err rows_done(struct rows *r); /* closes; always call it */
bool rows_null(struct rows *r, int col);
int64_t rows_int(struct rows *r, int col);                       /* 0 for null */
const char *rows_text(struct rows *r, int col, size_t *ret_len); /* NULL for null; ret_len may be NULL */
const void *rows_blob(struct rows *r, int col, size_t *ret_len);
/* One row, one value: ERR_NOT_FOUND if there is no row. Text is copied into ctx->arena. */
enum err sql_one_int(struct ctx *ctx, struct sql *q, int64_t *ret_v);
enum err sql_one_text(struct ctx *ctx, struct sql *q, const char **ret_s);

/* ---- data definition (packs) ---------------------------------------------------------------- */

enum column_kind { COLUMN_INT, COLUMN_TEXT };
struct column {
	const char *name;
	enum column_kind kind;
};

/* What is there: ERR_NOT_FOUND if the table is not. Inside store_read or store_write. */
enum err ddl_columns(struct ctx *ctx, const char *table, struct column **ret_columns, size_t *ret_n);
enum err ddl_has_index(struct ctx *ctx, const char *index, bool *ret_there);
/* `key` is "id" (BIGINT primary key, SQLite rowid) . Columns are nullable. */
enum err ddl_create_table(struct ctx *ctx, const char *table, const struct column *columns, size_t n);
enum err ddl_add_column(struct ctx *ctx, const char *table, const struct column *column);
enum err ddl_rename_column(struct ctx *ctx, const char *table, const char *from, const char *to);
enum err ddl_rename_table(struct ctx *ctx, const char *from, const char *to);
enum err ddl_drop_column(struct ctx *ctx, const char *table, const char *column);
enum err ddl_drop_table(struct ctx *ctx, const char *table);
/* columns: names, each may end in " desc"; unique with nulls allowed. */
enum err ddl_create_index(struct ctx *ctx, const char *index, const char *table, const char *const *columns, size_t n,
                          bool unique);
enum err ddl_drop_index(struct ctx *ctx, const char *index);

/* ---- numbers, search ------------------------------------------------------------------------ */

/* The next number of a counter, from 1. SQLite: inside the transaction. PostgreSQL: from a block
 * taken by a separate short transaction (gaps allowed, never reused). */
enum err store_number(struct ctx *ctx, const char *key, int64_t *ret_n);

/* The full-text index. `tokens` is what text_tokens() writes; `keys` are extra index tokens made
 * of [a-z0-9_] that carry type and access (space-separated), such as "y_ticket t_17 o_23". */
enum err search_put(struct ctx *ctx, int64_t id, const char *tokens, const char *keys);
enum err search_remove(struct ctx *ctx, int64_t id);
/* Is that what stands in the index? tokens NULL: nothing. For rebuild. */
enum err search_same(struct ctx *ctx, int64_t id, const char *tokens, const char *keys, bool *ret_same);
/* Ids newest first with: every token of `all`, and, for each of the n_any groups, at least one
 * of its tokens; id < before (0: from the newest). At most `limit` ids. */
struct search_any {
	const char *const *tokens;
	size_t n;
};
enum err search_ids(struct ctx *ctx, const char *const *all, size_t n_all, const struct search_any *any, size_t n_any,
                    int64_t before, size_t limit, int64_t *ret_ids, size_t *ret_n);

#endif

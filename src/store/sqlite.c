/* SQLite: connections and their settings. */
#include "store/sqlite.h"

#include <malloc.h>
#include <unistd.h>

#include "base/clock.h"

enum { PROGRESS_STEPS = 4000, BUSY_MS = 5000, LOOKASIDE_BYTES = 4096, LOOKASIDE_SLOTS = 24 };

void sqlite_path(const struct store *s, const char *code, char *path, size_t path_bytes)
{
	snprintf(path, path_bytes, "%s/orgs/%s.db", s->dir, code);
}

enum err sqlite_kind(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return ERR_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_BUSY;
	case SQLITE_FULL:
	case SQLITE_IOERR: return ERR_FULL;
	case SQLITE_TOOBIG: return ERR_TOO_LARGE;
	case SQLITE_INTERRUPT: return ERR_INVALID;
	case SQLITE_CONSTRAINT:
		if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    rc == SQLITE_CONSTRAINT_ROWID)
			return ERR_CONFLICT;
		return ERR_INTERNAL;
	default: return ERR_INTERNAL;
	}
}

enum err sqlite_failed(struct ctx *ctx, struct sqlite_conn *c, int rc, const char *sql)
{
	enum err e = sqlite_kind(rc);
	if (c->base.fault == ERR_OK)
		c->base.fault = e;
	if (e == ERR_CONFLICT)
		return e; /* whoever wrote the row says which field it is */
	if (c->stopped)
		return ctx_problem(ctx, ERR_INVALID, "", "too_broad", "this would take too long: narrow it down");
	return store_fault(ctx, e, sqlite3_errmsg(c->db), sql);
}

int sqlite_exec(struct sqlite_conn *c, const char *sql)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL);
}

/* A read that goes on too long is stopped, so that no filter can hold a worker for ever. */
static int on_progress(void *arg)
{
	struct sqlite_conn *c = arg;
	if (c->until_us == 0 || clock_monotonic_us() < c->until_us)
		return 0;
	c->stopped = true;
	return 1;
}

/* Readers share what there is for pages: as many are busy at once as there are cores, and one. */
static int read_cache_settings(struct sqlite_conn *c)
{
	static const char *const sizes[] = {"pragma cache_size = -40960", "pragma cache_size = -20480",
	                                    "pragma cache_size = -10240"};
	long n = sysconf(_SC_NPROCESSORS_ONLN) + 1;
	return sqlite_exec(c, sizes[n <= 3 ? 0 : n <= 6 ? 1 : 2]);
}

/* For a look at very much: what was read is not kept. */
static void pages_few(struct ctx *ctx)
{
	if (!ctx->db->writer)
		(void)sqlite_exec(sqlite_of(ctx->db), "pragma cache_size = -1024");
}

static int settings(struct sqlite_conn *c)
{
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_busy_timeout(c->db, BUSY_MS);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* Pages come from the system's cache, which all organisations share: ours stay small, and nothing
	 * is mapped, as mapped pages count as ours. */
	if (c->base.writer)
		return sqlite_exec(c, "pragma synchronous = full; pragma cache_size = -4096; pragma mmap_size = 0;"
		                      "pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 16777216");
	sqlite3_progress_handler(c->db, PROGRESS_STEPS, on_progress, c);
	int rc = sqlite_exec(c, "pragma query_only = on; pragma mmap_size = 0");
	return rc == SQLITE_OK ? read_cache_settings(c) : rc;
}

static enum err is_ours(struct sqlite_conn *c, const char *path, char *why, size_t why_bytes)
{
	sqlite3_stmt *stmt;
	int64_t id = 0;
	int rc = sqlite3_prepare_v2(c->db, "pragma application_id", -1, &stmt, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		id = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (rc != SQLITE_ROW) {
		snprintf(why, why_bytes, "can't read %s: %s", path, sqlite3_errmsg(c->db));
		return sqlite_kind(rc);
	}
	if (id != SQLITE_APPLICATION_ID) {
		snprintf(why, why_bytes, "%s is not a database of this program", path);
		return ERR_CONFLICT;
	}
	return ERR_OK;
}

enum err sqlite_conn_open(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes)
{
	char path[4096];
	sqlite_path(o->store, o->code, path, sizeof(path));
	struct sqlite_conn *c = calloc(1, sizeof(*c));
	if (c == NULL)
		abort();
	c->base.org = o;
	c->base.writer = writer;
	int rc =
	        sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	enum err e = ERR_OK;
	/* Long texts of a row are copied there instead of to memory of their own; before anything is prepared. */
	if (rc == SQLITE_OK)
		sqlite3_db_config(c->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_SLOTS);
	if (rc == SQLITE_OK)
		rc = sqlite_walk_add(c->db);
	if (rc == SQLITE_OK)
		rc = settings(c);
	if (rc != SQLITE_OK) {
		snprintf(why, why_bytes, "can't open %s: %s", path, c->db ? sqlite3_errmsg(c->db) : "out of memory");
		e = sqlite_kind(rc);
	} else {
		e = is_ours(c, path, why, why_bytes);
	}
	if (e != ERR_OK) {
		sqlite_conn_close(&c->base);
		return e;
	}
	*ret_conn = &c->base;
	return ERR_OK;
}

void sqlite_conn_close(struct store_conn *base)
{
	struct sqlite_conn *c = sqlite_of(base);
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		sqlite3_finalize(c->statements[i].stmt);
		free(c->statements[i].text);
		free(c->statements[i].names);
	}
	sqlite3_close_v2(c->db);
	sqlite_index_clear(c);
	free(c->index.list);
	free(c);
}

int sqlite_exec_kept(struct sqlite_conn *c, const char *text)
{
	struct sqlite_statement *st;
	int rc = sqlite_take(c, text, strlen(text), 0, &st);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(st->stmt);
	sqlite_give(c, st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static enum err read_begin(struct ctx *ctx, int effort_ms)
{
	struct sqlite_conn *c = sqlite_of(ctx->db);
	c->stopped = false;
	c->until_us = 0;
	int rc = sqlite_exec_kept(c, "begin");
	if (rc != SQLITE_OK) {
		c->base.broken = true;
		return sqlite_failed(ctx, c, rc, "begin");
	}
	c->until_us = clock_monotonic_us() + effort_ms * INT64_C(1000);
	return ERR_OK;
}

static void read_end(struct ctx *ctx)
{
	struct sqlite_conn *c = sqlite_of(ctx->db);
	c->until_us = 0;
	sqlite_reset_all(c);
	if (sqlite_exec_kept(c, "commit") != SQLITE_OK && sqlite_exec(c, "rollback") != SQLITE_OK)
		c->base.broken = true;
}

static void pages_free(struct ctx *ctx)
{
	if (!ctx->db->writer)
		(void)read_cache_settings(sqlite_of(ctx->db));
	sqlite3_db_release_memory(sqlite_of(ctx->db)->db);
	/* The allocator would keep them for this thread. */
	(void)malloc_trim(0);
}

static enum err script(struct store_conn *base, const char *text, char *why, size_t why_bytes)
{
	struct sqlite_conn *c = sqlite_of(base);
	int rc = sqlite_exec(c, text);
	if (rc == SQLITE_OK)
		return ERR_OK;
	snprintf(why, why_bytes, "%s", sqlite3_errmsg(c->db));
	if (base->fault == ERR_OK)
		base->fault = sqlite_kind(rc);
	return sqlite_kind(rc);
}

static enum err number(struct ctx *ctx, const char *key, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into counter (key, next) values (:key, 2) on conflict (key) do update set next = next + 1 "
	        "returning next - 1");
	sql_text(&q, "key", key);
	return sql_one_int(ctx, &q, ret_n);
}

static enum err open_store(struct store *s, char *why, size_t why_bytes)
{
	/* Its statistics cost every allocation of every thread one lock. Refused when SQLite is in use already:
	 * then it was said before. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_threadsafe() != 0 && sqlite3_libversion_number() >= 3035000)
		return ERR_OK;
	snprintf(why, why_bytes, "SQLite %s is too old or built without threads", sqlite3_libversion());
	return ERR_INTERNAL;
}

static void close_store(struct store *s) {}

static enum err lease_node(struct store *s, int *ret_node)
{
	*ret_node = 0; /* one process serves a data folder */
	return ERR_OK;
}

const struct backend backend_sqlite = {
        .open = open_store,
        .close = close_store,
        .conn_open = sqlite_conn_open,
        .conn_close = sqlite_conn_close,
        .read_begin = read_begin,
        .read_end = read_end,
        .pages_few = pages_few,
        .pages_free = pages_free,
        .write = sqlite_write,
        .point = sqlite_point,
        .point_end = sqlite_point_end,
        .script = script,
        .rows = sqlite_rows,
        .next = sqlite_next,
        .done = sqlite_done,
        .is_null = sqlite_is_null,
        .get_int = sqlite_get_int,
        .get_text = sqlite_get_text,
        .get_blob = sqlite_get_blob,
        .number = number,
        .index_later = sqlite_index_later,
        .index_now = sqlite_index_now,
        .org_there = sqlite_org_there,
        .org_make = sqlite_org_make,
        .org_list = sqlite_org_list,
        .org_drop = sqlite_org_drop,
        .backup = sqlite_backup,
        .restore = sqlite_restore,
        .lease_node = lease_node,
};

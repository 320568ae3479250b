/* SQLite: prepared statements, kept by their text, and rows. */
#include "store/sqlite.h"

struct sqlite_rows {
	struct rows base; /* first */
	struct sqlite_statement *statement;
	const char *sql;
	bool ended;
};

static void forget(struct sqlite_statement *st)
{
	sqlite3_finalize(st->stmt);
	free(st->text);
	free(st->names);
	*st = (struct sqlite_statement){0};
}

/* Copied, in one piece: SQLite makes its own anew when the schema changed. */
static void names_copy(struct sqlite_statement *st)
{
	size_t n = (size_t)sqlite3_bind_parameter_count(st->stmt), bytes = (n + 1) * sizeof(*st->names);
	for (size_t i = 0; i < n; i++) {
		const char *name = sqlite3_bind_parameter_name(st->stmt, (int)i + 1);
		bytes += name ? strlen(name) + 1 : 0;
	}
	st->n_names = (int)n;
	st->names = calloc(1, bytes);
	if (st->names == NULL)
		abort();
	char *at = (char *)(st->names + n + 1);
	for (size_t i = 0; i < n; i++) {
		const char *name = sqlite3_bind_parameter_name(st->stmt, (int)i + 1);
		size_t len = name ? strlen(name) + 1 : 0;
		st->names[i] = name ? memcpy(at, name, len) : NULL;
		at += len;
	}
}

static bool is_this(const struct sqlite_statement *st, const char *text, uint64_t hash)
{
	return st->hash == hash && !st->busy && st->text != NULL && strcmp(st->text, text) == 0;
}

/* One that is kept and not in use. Where a text of this hash was last found is looked at first. */
static struct sqlite_statement *statement_find(struct sqlite_conn *c, const char *text, uint64_t hash)
{
	unsigned char *place = &c->places[hash % sizeof(c->places)];
	if (is_this(&c->statements[*place], text, hash))
		return &c->statements[*place];
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		if (is_this(&c->statements[i], text, hash)) {
			*place = (unsigned char)i;
			return &c->statements[i];
		}
	}
	return NULL;
}

int sqlite_take(struct sqlite_conn *c, const char *text, size_t len, uint64_t hash,
                struct sqlite_statement **ret_statement)
{
	hash = hash ? hash : sql_hash(text, len);
	struct sqlite_statement *oldest = NULL, *found = statement_find(c, text, hash);
	if (found != NULL) {
		found->busy = true;
		found->used = ++c->clock;
		*ret_statement = found;
		return SQLITE_OK;
	}
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		struct sqlite_statement *st = &c->statements[i];
		if (!st->busy && (oldest == NULL || st->used < oldest->used))
			oldest = st;
	}
	if (oldest == NULL)
		return SQLITE_MISUSE; /* as many sets of rows open at once: a fault of ours */
	forget(oldest);
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v3(c->db, text, (int)len + 1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	*oldest = (struct sqlite_statement){
	        .hash = hash, .stmt = stmt, .used = ++c->clock, .busy = true, .text = strdup(text)};
	if (oldest->text == NULL)
		abort();
	names_copy(oldest);
	*ret_statement = oldest;
	return SQLITE_OK;
}

void sqlite_give(struct sqlite_conn *c, struct sqlite_statement *st)
{
	sqlite3_reset(st->stmt);
	st->busy = false;
}

void sqlite_reset_since(struct sqlite_conn *c, uint64_t clock)
{
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		if (c->statements[i].busy && c->statements[i].used > clock)
			sqlite_give(c, &c->statements[i]);
}

void sqlite_reset_all(struct sqlite_conn *c)
{
	sqlite_reset_since(c, 0);
}

static enum err bind_all(struct ctx *ctx, const struct sqlite_statement *st, const struct sql *q)
{
	sqlite3_stmt *stmt = st->stmt;
	size_t hint = 0;
	for (int i = 1; i <= st->n_names; i++) {
		const char *name = st->names[i - 1];
		const struct sql_bind *b = name ? sql_find_bind(q, name + 1, &hint) : NULL;
		int rc = SQLITE_OK;
		if (b == NULL)
			return store_fault(ctx, ERR_INTERNAL, "a parameter has no value", q->text.data);
		switch (b->kind) {
		case BIND_NULL: rc = sqlite3_bind_null(stmt, i); break;
		case BIND_INT: rc = sqlite3_bind_int64(stmt, i, b->i); break;
		case BIND_TEXT: rc = sqlite3_bind_text64(stmt, i, b->bytes, b->len, SQLITE_STATIC, SQLITE_UTF8); break;
		case BIND_BLOB: rc = sqlite3_bind_blob64(stmt, i, b->bytes, b->len, SQLITE_STATIC); break;
		}
		if (rc != SQLITE_OK)
			return store_fault(ctx, sqlite_kind(rc), "a value can't be bound", q->text.data);
	}
	return ERR_OK;
}

static bool step(struct sqlite_rows *r)
{
	struct sqlite_conn *c = sqlite_of(r->base.conn);
	if (r->ended)
		return false;
	int rc = sqlite3_step(r->statement->stmt);
	if (rc == SQLITE_ROW)
		return true;
	r->ended = true;
	if (rc != SQLITE_DONE)
		r->base.err = sqlite_failed(r->base.ctx, c, rc, r->sql);
	return false;
}

enum err sqlite_rows(struct ctx *ctx, struct sql *q, struct rows **ret_rows, int64_t *ret_changed)
{
	struct sqlite_conn *c = sqlite_of(ctx->db);
	struct sqlite_statement *st;
	int rc = sqlite_take(c, q->text.data, q->text.len, q->hash, &st);
	if (rc != SQLITE_OK)
		return sqlite_failed(ctx, c, rc, q->text.data);
	enum err e = bind_all(ctx, st, q);
	if (e != ERR_OK) {
		sqlite_give(c, st);
		c->base.fault = c->base.fault ? c->base.fault : e;
		return e;
	}
	struct sqlite_rows *r = ARENA_NEW(ctx->arena, struct sqlite_rows);
	r->base = (struct rows){.ctx = ctx, .conn = ctx->db};
	r->statement = st;
	r->sql = q->text.data;
	if (ret_changed != NULL) {
		/* A statement that only reads leaves the last count as it was. */
		int64_t before = sqlite3_total_changes64(c->db);
		while (step(r))
			;
		*ret_changed = sqlite3_total_changes64(c->db) != before ? sqlite3_changes64(c->db) : 0;
	}
	*ret_rows = &r->base;
	return ERR_OK;
}

static struct sqlite_rows *rows_of(struct rows *r)
{
	return (struct sqlite_rows *)r;
}

bool sqlite_next(struct rows *r)
{
	return step(rows_of(r));
}

enum err sqlite_done(struct rows *r)
{
	sqlite_give(sqlite_of(r->conn), rows_of(r)->statement);
	return r->err;
}

bool sqlite_is_null(struct rows *r, int col)
{
	return sqlite3_column_type(rows_of(r)->statement->stmt, col) == SQLITE_NULL;
}

int64_t sqlite_get_int(struct rows *r, int col)
{
	return sqlite3_column_int64(rows_of(r)->statement->stmt, col);
}

const char *sqlite_get_text(struct rows *r, int col, size_t *ret_len)
{
	sqlite3_stmt *stmt = rows_of(r)->statement->stmt;
	const char *s = (const char *)sqlite3_column_text(stmt, col);
	if (ret_len != NULL)
		*ret_len = (size_t)sqlite3_column_bytes(stmt, col);
	return s;
}

const void *sqlite_get_blob(struct rows *r, int col, size_t *ret_len)
{
	sqlite3_stmt *stmt = rows_of(r)->statement->stmt;
	const void *bytes = sqlite3_column_blob(stmt, col);
	if (ret_len != NULL)
		*ret_len = (size_t)sqlite3_column_bytes(stmt, col);
	return bytes;
}

/*
 * SQLite: the full-text index is told of a batch's changes just before its COMMIT. FTS5 writes what it
 * holds in memory at each savepoint, and every job has one: told at once, a batch would cost as many
 * segments as it has jobs. search_doc, an ordinary table, is written by the jobs themselves.
 */
#include "store/sqlite.h"

enum { CHANGES_BYTES_MAX = 4 << 20 };

enum err sqlite_index_later(struct ctx *ctx, int64_t id, const char *tokens, const char *keys, bool remove)
{
	struct index_changes *x = &sqlite_of(ctx->db)->index;
	size_t tokens_len = strlen(tokens), keys_len = strlen(keys);
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 64;
		x->list = realloc(x->list, x->cap * sizeof(*x->list));
	}
	char *text = malloc(tokens_len + keys_len + 1);
	if (x->list == NULL || text == NULL)
		abort();
	/* Both are kept by their lengths, one behind the other. */
	memcpy(text, tokens, tokens_len);          /* NOLINT(bugprone-not-null-terminated-result) */
	memcpy(text + tokens_len, keys, keys_len); /* NOLINT(bugprone-not-null-terminated-result) */
	x->list[x->n++] = (struct index_change){
	        .id = id, .remove = remove, .tokens_len = tokens_len, .keys_len = keys_len, .text = text};
	x->bytes += tokens_len + keys_len;
	return x->bytes > CHANGES_BYTES_MAX ? sqlite_index_now(ctx) : ERR_OK;
}

static int tell(struct sqlite_conn *c, const struct index_change *change)
{
	static const char add[] = "insert into search_index (rowid, tokens, keys) values (?1, ?2, ?3)";
	static const char take[] =
	        "insert into search_index (search_index, rowid, tokens, keys) values ('delete', ?1, ?2, ?3)";
	struct sqlite_statement *st;
	int rc = change->remove ? sqlite_take(c, take, sizeof(take) - 1, 0, &st)
	                        : sqlite_take(c, add, sizeof(add) - 1, 0, &st);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(st->stmt, 1, change->id);
	sqlite3_bind_text64(st->stmt, 2, change->text, change->tokens_len, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text64(st->stmt, 3, change->text + change->tokens_len, change->keys_len, SQLITE_STATIC,
	                    SQLITE_UTF8);
	rc = sqlite3_step(st->stmt);
	sqlite_give(c, st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int sqlite_index_tell(struct sqlite_conn *c)
{
	struct index_changes *x = &c->index;
	while (x->told < x->n) {
		int rc = tell(c, &x->list[x->told]);
		if (rc != SQLITE_OK)
			return rc;
		x->told++;
	}
	x->bytes = 0;
	return SQLITE_OK;
}

enum err sqlite_index_now(struct ctx *ctx)
{
	struct sqlite_conn *c = sqlite_of(ctx->db);
	int rc = sqlite_index_tell(c);
	return rc == SQLITE_OK ? ERR_OK : sqlite_failed(ctx, c, rc, "search_index");
}

static void drop(struct index_changes *x, size_t n)
{
	while (x->n > n)
		free(x->list[--x->n].text);
}

void sqlite_index_job_begin(struct sqlite_conn *c)
{
	c->index.job_n = c->index.n;
	c->index.job_told = c->index.told;
}

/* The savepoint took back what was told since, of earlier jobs too. */
void sqlite_index_job_undo(struct sqlite_conn *c)
{
	drop(&c->index, c->index.job_n);
	c->index.told = c->index.job_told;
}

void sqlite_index_undo(struct sqlite_conn *c, const struct store_point *point)
{
	drop(&c->index, point->changes);
	c->index.told = point->told;
	c->index.bytes = point->bytes;
}

void sqlite_index_clear(struct sqlite_conn *c)
{
	drop(&c->index, 0);
	c->index.bytes = c->index.told = 0;
}

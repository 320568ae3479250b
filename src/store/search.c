/* Numbers and the full-text index. */
#include "store/internal.h"

enum { QUERY_BYTES_MAX = 64 << 10 };

enum err store_number(struct ctx *ctx, const char *key, int64_t *ret_n)
{
	if (ctx->db == NULL || !ctx->db->writer)
		return store_fault(ctx, ERR_INTERNAL, "store_number outside store_write", NULL);
	return ctx->org->store->backend->number(ctx, key, ret_n);
}

static enum err index_change(struct ctx *ctx, int64_t id, const char *tokens, const char *keys, bool remove)
{
	return ctx->org->store->backend->index_later(ctx, id, tokens, keys, remove);
}

/* The index keeps no text of its own, so that taking a row out needs the old tokens. */
static enum err doc_load(struct ctx *ctx, int64_t id, const char **ret_tokens, const char **ret_keys)
{
	struct sql q;
	struct rows *r;
	sql_init(&q, ctx->arena);
	SQL(&q, "select tokens, keys from search_doc where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_rows(ctx, &q, &r));
	bool there = rows_next(r);
	if (there) {
		size_t len;
		const char *s = rows_text(r, 0, &len);
		*ret_tokens = arena_strndup(ctx->arena, s, len);
		s = rows_text(r, 1, &len);
		*ret_keys = arena_strndup(ctx->arena, s, len);
	}
	TRY(rows_done(r));
	return there ? ERR_OK : ERR_NOT_FOUND;
}

static enum err put_sqlite(struct ctx *ctx, int64_t id, const char *tokens, const char *keys)
{
	struct sql q;
	const char *old_tokens, *old_keys;
	enum err e = doc_load(ctx, id, &old_tokens, &old_keys);
	sql_init(&q, ctx->arena);
	if (e == ERR_OK) {
		if (strcmp(tokens, old_tokens) == 0 && strcmp(keys, old_keys) == 0)
			return ERR_OK;
		TRY(index_change(ctx, id, old_tokens, old_keys, true));
		SQL(&q, "update search_doc set tokens = :tokens, keys = :keys where id = :id");
	} else if (e == ERR_NOT_FOUND) {
		SQL(&q, "insert into search_doc (id, tokens, keys) values (:id, :tokens, :keys)");
	} else {
		return e;
	}
	sql_int(&q, "id", id);
	sql_text(&q, "tokens", tokens);
	sql_text(&q, "keys", keys);
	TRY(sql_run(ctx, &q, NULL));
	return index_change(ctx, id, tokens, keys, false);
}

enum err search_put(struct ctx *ctx, int64_t id, const char *tokens, const char *keys)
{
	if (ctx->db == NULL || !ctx->db->writer)
		return store_fault(ctx, ERR_INTERNAL, "search_put outside store_write", NULL);
	tokens = tokens ? tokens : "";
	keys = keys ? keys : "";
	if (!sql_is_postgres(ctx))
		return put_sqlite(ctx, id, tokens, keys);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into search_doc (id, tokens) values (:id, "
	        "array_to_tsvector(array_remove(string_to_array(:tokens || ' ' || :keys, ' '), ''))) "
	        "on conflict (id) do update set tokens = excluded.tokens where search_doc.tokens <> excluded.tokens");
	sql_int(&q, "id", id);
	sql_text(&q, "tokens", tokens);
	sql_text(&q, "keys", keys);
	return sql_run(ctx, &q, NULL);
}

enum err search_remove(struct ctx *ctx, int64_t id)
{
	struct sql q;
	if (ctx->db == NULL || !ctx->db->writer)
		return store_fault(ctx, ERR_INTERNAL, "search_remove outside store_write", NULL);
	if (!sql_is_postgres(ctx)) {
		const char *tokens, *keys;
		enum err e = doc_load(ctx, id, &tokens, &keys);
		if (e == ERR_NOT_FOUND)
			return ERR_OK;
		TRY(e);
		TRY(index_change(ctx, id, tokens, keys, true));
	}
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from search_doc where id = :id");
	sql_int(&q, "id", id);
	return sql_run(ctx, &q, NULL);
}

enum err search_same(struct ctx *ctx, int64_t id, const char *tokens, const char *keys, bool *ret_same)
{
	struct sql q;
	int64_t v;
	enum err e;
	keys = keys ? keys : "";
	if (!sql_is_postgres(ctx)) {
		const char *old_tokens, *old_keys;
		e = doc_load(ctx, id, &old_tokens, &old_keys);
		if (e == ERR_OK)
			*ret_same = tokens != NULL && strcmp(tokens, old_tokens) == 0 && strcmp(keys, old_keys) == 0;
		else if (e == ERR_NOT_FOUND)
			*ret_same = tokens == NULL;
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	}
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select case when tokens = array_to_tsvector(array_remove(string_to_array(:tokens || ' ' || :keys, ' '), "
	    "'')) then 1 else 0 end from search_doc where id = :id");
	sql_int(&q, "id", id);
	sql_text(&q, "tokens", tokens ? tokens : "");
	sql_text(&q, "keys", keys);
	e = sql_one_int(ctx, &q, &v);
	if (e == ERR_OK)
		*ret_same = tokens != NULL && v != 0;
	else if (e == ERR_NOT_FOUND)
		*ret_same = tokens == NULL;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Tokens are letters, digits and '_'; anything else can't be in the index. */
static bool token_ok(const char *token)
{
	const char *p = token;
	while ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' || (unsigned char)*p >= 0x80)
		p++;
	return *p == '\0' && p > token;
}

/* False if no row can match: a group of nothing, or a word that is no token. */
static bool can_match(const char *const *all, size_t n_all, const struct search_any *any, size_t n_any)
{
	for (size_t i = 0; i < n_all; i++)
		if (!token_ok(all[i]))
			return false;
	for (size_t i = 0; i < n_any; i++) {
		if (any[i].n == 0)
			return false;
		for (size_t j = 0; j < any[i].n; j++)
			if (!token_ok(any[i].tokens[j]))
				return false;
	}
	return n_all + n_any > 0;
}

/* "token" for FTS5, 'token' for a tsquery: quoted, so that no token can be an operator. */
static void put_token(struct buf *out, const char *token, char quote)
{
	buf_char(out, quote);
	buf_str(out, token);
	buf_char(out, quote);
}

static void put_query(struct buf *out, bool postgres, const char *const *all, size_t n_all,
                      const struct search_any *any, size_t n_any)
{
	const char *and = postgres ? " & " : " AND ", * or = postgres ? " | " : " OR ";
	char quote = postgres ? '\'' : '"';
	for (size_t i = 0; i < n_all; i++) {
		buf_str(out, out->len ? and : "");
		put_token(out, all[i], quote);
	}
	for (size_t i = 0; i < n_any; i++) {
		buf_str(out, out->len ? and : "");
		for (size_t j = 0; j < any[i].n; j++) {
			buf_str(out, j ? or : "(");
			put_token(out, any[i].tokens[j], quote);
		}
		buf_char(out, ')');
	}
}

enum err search_ids(struct ctx *ctx, const char *const *all, size_t n_all, const struct search_any *any, size_t n_any,
                    int64_t before, size_t limit, int64_t *ret_ids, size_t *ret_n)
{
	struct buf query;
	struct sql q;
	struct rows *r;
	size_t n = 0;
	if (!can_match(all, n_all, any, n_any)) {
		*ret_n = 0;
		return ERR_OK;
	}
	if (ctx->db != NULL && ctx->db->writer && ctx->org->store->backend->index_now != NULL)
		TRY(ctx->org->store->backend->index_now(ctx));
	buf_init(&query, ctx->arena, QUERY_BYTES_MAX);
	put_query(&query, sql_is_postgres(ctx), all, n_all, any, n_any);
	if (query.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "q", "too_long", "too many words to search for");
	sql_init(&q, ctx->arena);
	if (sql_is_postgres(ctx))
		SQL(&q, "select id from search_doc where tokens @@ (:query)::tsquery and id < :before order by id desc "
		        "limit :limit");
	else
		SQL(&q, "select rowid from search_index where search_index match :query and rowid < :before "
		        "order by rowid desc limit :limit");
	sql_text(&q, "query", query.data);
	sql_int(&q, "before", before > 0 ? before : INT64_MAX);
	sql_int(&q, "limit", (int64_t)limit);
	TRY(sql_rows(ctx, &q, &r));
	while (n < limit && rows_next(r))
		ret_ids[n++] = rows_int(r, 0);
	TRY(rows_done(r));
	*ret_n = n;
	return ERR_OK;
}

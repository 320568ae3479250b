/*
 * The product's own schema: frozen, numbered steps. Which ones a database has had, and their exact
 * text, is kept in schema_step.
 */
#include "store/internal.h"

#include <sodium.h>

enum { DIGEST_BYTES = 16, DIGEST_HEX = DIGEST_BYTES * 2 + 1 };

static const char *step_text(const struct ctx *ctx, const struct schema_step *step)
{
	return sql_is_postgres(ctx) ? step->postgres : step->sqlite;
}

static void step_digest(const char *text, char out[DIGEST_HEX])
{
	unsigned char digest[DIGEST_BYTES];
	crypto_generichash(digest, sizeof(digest), (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(out, DIGEST_HEX, digest, sizeof(digest));
}

/* {key} {int} {text} {blob} stand for the column types of either database. */
static const char *step_expand(struct ctx *ctx, const char *text)
{
	static const char *const words[][3] = {
	        {"{key}", "INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"},
	        {"{int}", "INTEGER", "BIGINT"},
	        {"{text}", "TEXT", "TEXT COLLATE \"C\""},
	        {"{blob}", "BLOB", "BYTEA"},
	};
	struct buf out;
	buf_init(&out, ctx->arena, 4 * strlen(text) + 1);
	for (const char *p = text; *p;) {
		size_t i = 0;
		while (i < 4 && strncmp(p, words[i][0], strlen(words[i][0])) != 0)
			i++;
		if (i == 4) {
			buf_char(&out, *p++);
			continue;
		}
		buf_str(&out, words[i][sql_is_postgres(ctx) ? 2 : 1]);
		p += strlen(words[i][0]);
	}
	return out.data;
}

static const struct schema_step *step_find(int64_t number)
{
	for (size_t i = 0; i < schema_steps_n; i++)
		if (schema_steps[i].number == number)
			return &schema_steps[i];
	return NULL;
}

enum err schema_check(struct ctx *ctx, struct schema_state *ret_state, char *why, size_t why_bytes)
{
	struct schema_state state = {.wanted = schema_steps[schema_steps_n - 1].number};
	struct column *columns;
	size_t n;
	enum err e = ddl_columns(ctx, "schema_step", &columns, &n);
	if (e == ERR_NOT_FOUND) {
		*ret_state = state;
		return ERR_OK;
	}
	TRY(e);
	struct sql q;
	struct rows *r;
	sql_init(&q, ctx->arena);
	SQL(&q, "select number, name, digest from schema_step order by number");
	TRY(sql_rows(ctx, &q, &r));
	while (e == ERR_NOT_FOUND || e == ERR_OK) {
		if (!rows_next(r))
			break;
		int64_t number = rows_int(r, 0);
		const struct schema_step *step = step_find(number);
		if (step == NULL) {
			snprintf(why, why_bytes,
			         "organisation %s was written by a newer version (schema step %lld %s; this version "
			         "knows %lld)",
			         ctx->org->code, (long long)number, rows_text(r, 1, NULL), (long long)state.wanted);
			e = ERR_CONFLICT;
			break;
		}
		char digest[DIGEST_HEX];
		step_digest(step_text(ctx, step), digest);
		if (strcmp(digest, rows_text(r, 2, NULL)) != 0) {
			snprintf(why, why_bytes,
			         "schema step %lld of organisation %s differs from this version's: %s has been changed",
			         (long long)number, ctx->org->code, step->name);
			e = ERR_CONFLICT;
			break;
		}
		state.there = number;
	}
	enum err done = rows_done(r);
	TRY(e);
	TRY(done);
	*ret_state = state;
	return ERR_OK;
}

static enum err step_note(struct ctx *ctx, const struct schema_step *step)
{
	struct sql q;
	char digest[DIGEST_HEX];
	step_digest(step_text(ctx, step), digest);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into schema_step (number, name, digest, at) values (:number, :name, :digest, :at)");
	sql_int(&q, "number", step->number);
	sql_text(&q, "name", step->name);
	sql_text(&q, "digest", digest);
	sql_int(&q, "at", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

enum err schema_run(struct ctx *ctx, const struct schema_state *state, char *why, size_t why_bytes)
{
	const struct backend *b = ctx->org->store->backend;
	if (state->there == 0)
		TRY(b->script(ctx->db,
		              step_expand(ctx, "create table schema_step (number {key}, name {text} not null, "
		                               "digest {text} not null, at {int} not null);"),
		              why, why_bytes));
	for (size_t i = 0; i < schema_steps_n; i++) {
		const struct schema_step *step = &schema_steps[i];
		if (step->number <= state->there)
			continue;
		TRY(b->script(ctx->db, step_expand(ctx, step_text(ctx, step)), why, why_bytes));
		TRY(step_note(ctx, step));
	}
	return ERR_OK;
}

/*
 * attention.c: what came back to somebody, and what was chased, since he last did something about it. Noted with the
 * act itself and taken away by his next one; the workbench shows it first.
 */
#include <string.h>

#include "flow/owners.h"

static enum err note_down(struct ctx *ctx, const struct record *r, const char *kind)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into attention (record, kind, at, actor) values (:record, :kind, :now, :actor) "
	        "on conflict (record, kind) do update set at = excluded.at, actor = excluded.actor");
	sql_int(&q, "record", r->id);
	sql_text(&q, "kind", kind);
	sql_int(&q, "now", ctx->now_ms);
	sql_int_or_null(&q, "actor", ctx->who ? ctx->who->id : 0);
	return sql_run(ctx, &q, NULL);
}

enum err attention_forget(struct ctx *ctx, int64_t record)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "delete from attention where record = :record");
	sql_int(&q, "record", record);
	return sql_run(ctx, &q, NULL);
}

enum err attention_follow(struct ctx *ctx, const struct record *r, const struct record *before, const struct note *note)
{
	int64_t actor = ctx->who ? ctx->who->id : 0, owner = record_int(r, "owner");
	if (!r->type->uses_work)
		return ERR_OK;
	bool chased = record_int(r, "chased") > record_int(before, "chased");
	bool returned = note->returned || strcmp(note->kind, "refused") == 0;
	/* Undoing is not an act on the matter. */
	if (actor != 0 && (actor == owner || actor == record_int(before, "owner")) &&
	    strcmp(note->kind, "undone") != 0 && !chased)
		TRY(attention_forget(ctx, r->id));
	if (actor != 0 && actor == owner)
		return ERR_OK;
	if (returned)
		TRY(note_down(ctx, r, "returned"));
	return chased ? note_down(ctx, r, "chased") : ERR_OK;
}

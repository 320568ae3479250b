/* queue_effect.c: what a queue would do before it is in force: how many would wait in it, how many could be asked. */
#include <string.h>

#include "flow/effect.h"
#include "flow/queue_inside.h"

enum { EFFECT_MATTERS = 5000, EFFECT_USERS = 2000 };

static enum err ids_read(struct ctx *ctx, struct sql *q, int64_t *list, size_t cap, size_t *ret_n)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	for (*ret_n = 0; *ret_n < cap && rows_next(rows); (*ret_n)++)
		list[*ret_n] = rows_int(rows, 0);
	return rows_done(rows);
}

static enum err waits_count(struct ctx *ctx, const struct queue_def *d, int64_t *ret_n, bool *ret_more)
{
	int64_t *ids = ARENA_ARRAY(ctx->arena, EFFECT_MATTERS, int64_t);
	struct sql q;
	size_t n;
	*ret_n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from work where type = :type and stage = 'open' and owner is null order by id desc limit "
	        ":most");
	sql_text(&q, "type", d->type->name);
	sql_int(&q, "most", EFFECT_MATTERS);
	TRY(ids_read(ctx, &q, ids, EFFECT_MATTERS, &n));
	*ret_more = n == EFFECT_MATTERS;
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(ctx->arena);
		const struct queue_def *home = NULL;
		struct record *r;
		enum err e = record_load(ctx, d->type, ids[i], &r);
		if (e == ERR_OK)
			e = queue_home(ctx, r, &home);
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		*ret_n += home == d;
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

/* Those of its own teams; a queue without any asks the people of each matter's team. */
static enum err people_count(struct ctx *ctx, const struct queue_def *d, int64_t *ret_n)
{
	int64_t *ids = ARENA_ARRAY(ctx->arena, EFFECT_USERS, int64_t), *teams;
	struct sql q;
	size_t n, n_teams;
	*ret_n = 0;
	TRY(teams_named(ctx, d->teams, d->n_teams, &teams, &n_teams));
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where active = 1 order by id limit :most");
	sql_int(&q, "most", EFFECT_USERS);
	TRY(ids_read(ctx, &q, ids, EFFECT_USERS, &n));
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(ctx->arena);
		bool fits = false, in = d->n_teams == 0;
		struct who *w;
		TRY(who_load(ctx, ids[i], &w));
		for (size_t t = 0; t < n_teams && !in; t++)
			for (size_t k = 0; k < w->n_teams; k++)
				in = in || teams[t] == w->teams[k];
		if (in)
			TRY(queue_fits(ctx, d, w, &fits));
		*ret_n += fits;
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

enum err effect_of_queue(struct ctx *ctx, const struct queue_def *d, struct json_out *out)
{
	int64_t waits, people;
	bool more;
	TRY(waits_count(ctx, d, &waits, &more));
	TRY(people_count(ctx, d, &people));
	json_open(out, '{');
	json_key(out, "waits");
	json_int(out, waits);
	json_key(out, "more");
	json_bool(out, more);
	json_key(out, "people");
	json_int(out, people);
	json_close(out, '}');
	return ERR_OK;
}

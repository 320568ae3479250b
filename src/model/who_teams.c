/* who_teams.c: what follows from a user's teams: those below them, and those that share their acceptance with them. */
#include <string.h>

#include "base/clock.h"
#include "model/who.h"
#include "store/store.h"

enum { SHARED_MAX = 2048 };

/* `union` ends by itself, also where teams were made each other's parents by an import. */
static void mine_write(const struct who *w, struct sql *q, const struct field *links)
{
	SQL(q, "select target from ");
	sql_name(q, links->side_table);
	SQL(q, " where parent = ");
	sql_value_int(q, w->id);
}

static enum err load_units(struct ctx *ctx, struct who *w, const struct field *links, const struct field *parent)
{
	const char *table = ctx->model->team->table;
	struct sql q;
	struct rows *rows;
	int64_t found[WHO_TEAMS_MAX];
	size_t n = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "with recursive unit(id) as (");
	mine_write(w, &q, links);
	SQL(&q, " union select t.id from ");
	sql_name(&q, table);
	SQL(&q, " t join unit on t.");
	sql_name(&q, parent->column);
	SQL(&q, " = unit.id) select id from unit order by id");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < WHO_TEAMS_MAX)
			found[n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	w->units = ARENA_ARRAY(ctx->arena, n ? n : 1, int64_t);
	memcpy(w->units, found, n * sizeof(found[0]));
	w->n_units = n;
	return ERR_OK;
}

/* ---- shared acceptance -------------------------------------------------------------------------------- */

struct share_fields {
	const struct type *type;
	const struct field *from, *to, *types, *mutual, *starts, *ends;
};

static const struct field *column_of(const struct type *t, const char *name, enum field_kind kind)
{
	const struct field *f = type_field(t, name);
	return f != NULL && f->kind == kind && f->column != NULL ? f : NULL;
}

static bool share_fields_find(const struct ctx *ctx, struct share_fields *s)
{
	const struct type *t = model_type(ctx->model, "acceptance_share");
	if (t == NULL)
		return false;
	*s = (struct share_fields){.type = t,
	                           .from = column_of(t, "from_team", FIELD_LINK),
	                           .to = column_of(t, "to_team", FIELD_LINK),
	                           .types = column_of(t, "types", FIELD_CHOICES),
	                           .mutual = column_of(t, "mutual", FIELD_FLAG),
	                           .starts = column_of(t, "from_date", FIELD_DATE),
	                           .ends = column_of(t, "until_date", FIELD_DATE)};
	return s->from != NULL && s->to != NULL && s->types != NULL && s->mutual != NULL && s->starts != NULL &&
	       s->ends != NULL;
}

/* One direction: what `given` shares with one of those in `up`. */
static void given_write(struct sql *q, const struct share_fields *s, const struct field *given,
                        const struct field *taken, bool mutual)
{
	SQL(q, "select s.");
	sql_name(q, given->column);
	SQL(q, ", s.");
	sql_name(q, s->types->column);
	SQL(q, " from ");
	sql_name(q, s->type->table);
	SQL(q, " s join up on s.");
	sql_name(q, taken->column);
	SQL(q, " = up.id where coalesce(s.");
	sql_name(q, s->starts->column);
	SQL(q, ", '') <= :today and coalesce(s.");
	sql_name(q, s->ends->column);
	SQL(q, ", '9999-12-31') >= :today");
	if (mutual) {
		SQL(q, " and s.");
		sql_name(q, s->mutual->column);
		SQL(q, " = 1");
	}
}

static void shared_write(struct ctx *ctx, const struct who *w, struct sql *q, const struct share_fields *s,
                         const struct field *links, const struct field *parent)
{
	const char *table = ctx->model->team->table;

	/* What is shared with a department is shared with the groups in it, and holds for the groups of who shares. */
	SQL(q, "with recursive up(id) as (");
	mine_write(w, q, links);
	SQL(q, " union select t.");
	sql_name(q, parent->column);
	SQL(q, " from ");
	sql_name(q, table);
	SQL(q, " t join up on t.id = up.id where t.");
	sql_name(q, parent->column);
	SQL(q, " is not null), given(id, types) as (");
	given_write(q, s, s->from, s->to, false);
	SQL(q, " union ");
	given_write(q, s, s->to, s->from, true);
	SQL(q, "), down(id, types) as (select id, types from given union select t.id, down.types from ");
	sql_name(q, table);
	SQL(q, " t join down on t.");
	sql_name(q, parent->column);
	SQL(q, " = down.id) select id, coalesce(types, '') from down order by id, 2");
}

static void add_share(struct ctx *ctx, struct who *w, size_t *cap, int64_t team, const char *type, size_t len)
{
	if (w->n_shared == SHARED_MAX)
		return;
	if (w->n_shared == *cap) {
		struct team_share *more = ARENA_ARRAY(ctx->arena, *cap ? 2 * *cap : 16, struct team_share);
		if (w->n_shared > 0)
			memcpy(more, w->shared, w->n_shared * sizeof(*more));
		w->shared = more;
		*cap = *cap ? 2 * *cap : 16;
	}
	w->shared[w->n_shared++] = (struct team_share){team, arena_strndup(ctx->arena, type, len)};
}

static void add_shares(struct ctx *ctx, struct who *w, size_t *cap, int64_t team, const char *types)
{
	if (*types == '\0')
		add_share(ctx, w, cap, team, "", 0);
	for (const char *at = types + strspn(types, " "); *at != '\0';) {
		size_t len = strcspn(at, " ");
		add_share(ctx, w, cap, team, at, len);
		at += len;
		at += strspn(at, " ");
	}
}

static enum err load_shared(struct ctx *ctx, struct who *w, const struct field *links, const struct field *parent)
{
	struct share_fields s;
	struct local_time now;
	char today[DATE_BYTES];
	struct sql q;
	struct rows *rows;
	size_t cap = 0;

	/* Without a zone nobody knows which day it is: nothing is shared. */
	if (!share_fields_find(ctx, &s) || ctx->zone == NULL)
		return ERR_OK;
	zone_local(ctx->zone, ctx->now_ms, &now);
	date_format(now.year, now.month, now.day, today);
	sql_init(&q, ctx->arena);
	shared_write(ctx, w, &q, &s, links, parent);
	sql_text(&q, "today", today);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		const char *types = rows_text(rows, 1, NULL);
		add_shares(ctx, w, &cap, rows_int(rows, 0), types ? types : "");
	}
	return rows_done(rows);
}

enum err who_load_beyond(struct ctx *ctx, struct who *w, const struct field *links)
{
	const struct field *parent = column_of(ctx->model->team, "parent", FIELD_LINK);

	if (parent == NULL)
		return ERR_OK;
	TRY(load_units(ctx, w, links, parent));
	return load_shared(ctx, w, links, parent);
}

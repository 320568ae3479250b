/* who.c: the acting user, read from the core types user and role. */
#include "model/who.h"

#include <string.h>

#include "store/store.h"

enum { WHO_ROLES_MAX = 64 };

const struct who who_system = {.login = "", .name = "", .system = true};

bool who_has_role(const struct who *w, const char *role)
{
	if (w == NULL)
		return false;
	for (size_t i = 0; i < w->n_roles; i++)
		if (strcmp(w->roles[i], role) == 0)
			return true;
	return false;
}

bool who_can(const struct ctx *ctx, const char *function)
{
	if (ctx->who == NULL)
		return false;
	if (ctx->who->system)
		return true;
	for (size_t i = 0; i < ctx->model->n_roles; i++) {
		const struct role *role = &ctx->model->roles[i];
		if (!who_has_role(ctx->who, role->name))
			continue;
		for (size_t k = 0; k < role->n_can; k++)
			if (strcmp(role->can[k], function) == 0)
				return true;
	}
	return false;
}

/* Adds the roles named in a space-separated text that the packs still know. */
static void roles_add(struct ctx *ctx, struct who *w, const char *names)
{
	while (*names != '\0') {
		size_t len = strcspn(names, " ");
		for (size_t i = 0; len > 0 && i < ctx->model->n_roles && w->n_roles < WHO_ROLES_MAX; i++) {
			const char *role = ctx->model->roles[i].name;
			if (strlen(role) == len && memcmp(role, names, len) == 0 && !who_has_role(w, role))
				w->roles[w->n_roles++] = role;
		}
		names += len;
		names += strspn(names, " ");
	}
}

static enum err load_row(struct ctx *ctx, struct who *w)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select login, name from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where id = :id and active = 1");
	sql_int(&q, "id", w->id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	bool found = rows_next(rows);
	if (found) {
		const char *login = rows_text(rows, 0, NULL), *name = rows_text(rows, 1, NULL);
		w->login = arena_strdup(ctx->arena, login ? login : "");
		w->name = arena_strdup(ctx->arena, name ? name : w->login);
	}
	TRY(rows_done(rows));
	return found ? ERR_OK : ERR_NOT_FOUND;
}

static enum err load_roles(struct ctx *ctx, struct who *w, const struct field *links)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select g.grants from ");
	sql_name(&q, links->side_table);
	SQL(&q, " s join ");
	sql_name(&q, ctx->model->role->table);
	SQL(&q, " g on g.id = s.target where s.parent = :id order by s.pos");
	sql_int(&q, "id", w->id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	w->roles = ARENA_ARRAY(ctx->arena, WHO_ROLES_MAX, const char *);
	while (rows_next(rows)) {
		const char *names = rows_text(rows, 0, NULL);
		if (names != NULL)
			roles_add(ctx, w, names);
	}
	return rows_done(rows);
}

static bool has_id(const int64_t *ids, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static enum err load_teams(struct ctx *ctx, struct who *w, const struct field *links)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select target from ");
	sql_name(&q, links->side_table);
	SQL(&q, " where parent = :id order by pos");
	sql_int(&q, "id", w->id);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	int64_t found[WHO_TEAMS_MAX];
	size_t n = 0;
	while (rows_next(rows)) {
		int64_t team = rows_int(rows, 0);
		if (n < WHO_TEAMS_MAX && !has_id(found, n, team))
			found[n++] = team;
	}
	TRY(rows_done(rows));
	w->teams = ARENA_ARRAY(ctx->arena, n ? n : 1, int64_t);
	memcpy(w->teams, found, n * sizeof(found[0]));
	w->n_teams = n;
	return ERR_OK;
}

enum err who_load(struct ctx *ctx, int64_t user_id, struct who **ret_who)
{
	const struct field *roles = type_field(ctx->model->user, "roles");
	const struct field *teams = type_field(ctx->model->user, "teams");
	struct who *w = ARENA_NEW(ctx->arena, struct who);
	w->id = user_id;
	TRY(load_row(ctx, w));
	if (roles != NULL && roles->side_table != NULL && type_field(ctx->model->role, "grants") != NULL)
		TRY(load_roles(ctx, w, roles));
	if (teams != NULL && teams->side_table != NULL)
		TRY(load_teams(ctx, w, teams));
	if (w->n_teams > 0)
		TRY(who_load_beyond(ctx, w, teams));
	*ret_who = w;
	return ERR_OK;
}

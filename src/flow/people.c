/* people.c: who must be told: by team, by role, and by the words of packs. */
#include <string.h>

#include "flow/step.h"

enum { PEOPLE_MAX = 500 };

void people_add(struct ctx *ctx, struct people *p, int64_t user)
{
	if (user == 0 || p->n >= PEOPLE_MAX)
		return;
	for (size_t i = 0; i < p->n; i++)
		if (p->ids[i] == user)
			return;
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 8;
		int64_t *ids = ARENA_ARRAY(ctx->arena, cap, int64_t);
		if (p->n > 0)
			memcpy(ids, p->ids, p->n * sizeof(ids[0]));
		p->ids = ids;
		p->cap = cap;
	}
	p->ids[p->n++] = user;
}

static enum err people_read(struct ctx *ctx, struct sql *q, struct people *p)
{
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	while (rows_next(rows))
		people_add(ctx, p, rows_int(rows, 0));
	return rows_done(rows);
}

enum err people_of_team(struct ctx *ctx, int64_t team, struct people *p)
{
	const struct field *teams = type_field(ctx->model->user, "teams");
	if (team == 0 || teams == NULL || teams->side_table == NULL)
		return ERR_OK;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select u.id from ");
	sql_name(&q, teams->side_table);
	SQL(&q, " s join ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " u on u.id = s.parent where s.target = :team and u.active = 1 order by u.id limit 500");
	sql_int(&q, "team", team);
	return people_read(ctx, &q, p);
}

enum err people_with_role(struct ctx *ctx, const char *role, int64_t team, struct people *p)
{
	const struct field *roles = type_field(ctx->model->user, "roles");
	const struct field *teams = type_field(ctx->model->user, "teams");
	if (roles == NULL || roles->side_table == NULL || teams == NULL || teams->side_table == NULL)
		return ERR_OK;
	struct value spaced = value_text(arena_printf(ctx->arena, " %s ", role));
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select distinct u.id from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " u join ");
	sql_name(&q, roles->side_table);
	SQL(&q, " s on s.parent = u.id join ");
	sql_name(&q, ctx->model->role->table);
	SQL(&q, " g on g.id = s.target where u.active = 1 and ");
	/* Names stand between spaces, whether it is one text or a set of options. */
	sql_contains_open(&q);
	SQL(&q, "' ' || g.grants || ' ', ");
	sql_value(&q, &spaced);
	SQL(&q, ") > 0");
	if (team != 0) {
		SQL(&q, " and exists (select 1 from ");
		sql_name(&q, teams->side_table);
		SQL(&q, " m where m.parent = u.id and m.target = ");
		sql_value_int(&q, team);
		SQL(&q, ")");
	}
	SQL(&q, " order by u.id limit 500");
	return people_read(ctx, &q, p);
}

static enum err leads_of(struct ctx *ctx, int64_t team, struct people *p)
{
	struct record *r;
	enum err e = team != 0 ? record_load(ctx, ctx->model->team, team, &r) : ERR_NOT_FOUND;
	if (e == ERR_OK)
		people_add(ctx, p, record_int(r, "lead"));
	else if (e != ERR_NOT_FOUND)
		return e;
	TRY(people_with_role(ctx, "lead", team, p));
	/* Somebody must hear of it. */
	return p->n > 0 ? ERR_OK : people_with_role(ctx, "lead", 0, p);
}

static enum err people_of_value(struct ctx *ctx, const struct field *f, const struct value *v, struct people *p)
{
	if (f == NULL || value_is_empty(v))
		return ERR_OK;
	if (f->kind == FIELD_LINK && f->target == ctx->model->team)
		return people_of_team(ctx, v->i, p);
	if (f->kind == FIELD_LINK && f->target == ctx->model->user)
		people_add(ctx, p, v->i);
	for (size_t i = 0; f->kind == FIELD_LINKS && f->target == ctx->model->user && i < v->n; i++)
		people_add(ctx, p, v->list[i].i);
	return ERR_OK;
}

static enum err people_of_field(struct ctx *ctx, const struct record *r, const char *name, struct people *p)
{
	const struct field *f = type_field(r->type, name);
	return f != NULL ? people_of_value(ctx, f, &r->values[f->at], p) : ERR_OK;
}

/* attendees.person: a column of a table, line by line. */
static enum err people_of_lines(struct ctx *ctx, const struct record *r, const struct field *table, const char *name,
                                struct people *p)
{
	const struct field *column = NULL;
	for (size_t i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			column = &table->columns[i];
	for (size_t i = 0; column != NULL && i < r->lines[table->at].n; i++)
		TRY(people_of_value(ctx, column, &r->lines[table->at].list[i].values[column->at], p));
	return ERR_OK;
}

/* brand.ae: a field of the record that a link leads to. */
static enum err people_behind(struct ctx *ctx, const struct record *r, const struct field *link, const char *name,
                              struct people *p)
{
	struct record *far;
	int64_t id = record_int(r, link->name);
	enum err e = id && link->target ? record_load(ctx, link->target, id, &far) : ERR_NOT_FOUND;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	return people_of_field(ctx, far, name, p);
}

/* field:NAME, field:TABLE.COLUMN or field:LINK.NAME: links to users, or to a team, whose people are meant. */
static enum err people_of_path(struct ctx *ctx, const struct record *r, const char *path, struct people *p)
{
	const char *dot = strchr(path, '.');
	if (dot == NULL)
		return people_of_field(ctx, r, path, p);
	const struct field *f = type_field(r->type, arena_strndup(ctx->arena, path, (size_t)(dot - path)));
	if (f != NULL && f->kind == FIELD_TABLE)
		return people_of_lines(ctx, r, f, dot + 1, p);
	return f != NULL && f->kind == FIELD_LINK ? people_behind(ctx, r, f, dot + 1, p) : ERR_OK;
}

enum err people_named(struct ctx *ctx, const struct record *r, const char *word, struct people *p)
{
	if (strcmp(word, "creator") == 0)
		people_add(ctx, p, r->created_by);
	else if (strcmp(word, "team") == 0)
		return people_of_team(ctx, record_int(r, "team"), p);
	else if (strcmp(word, "lead") == 0)
		return leads_of(ctx, record_int(r, "team"), p);
	else if (strncmp(word, "role:", 5) == 0)
		return people_with_role(ctx, word + 5, 0, p);
	else if (strncmp(word, "field:", 6) == 0)
		return people_of_path(ctx, r, word + 6, p);
	else if (strcmp(word, "owner") == 0 || strcmp(word, "first_owner") == 0)
		return people_of_field(ctx, r, word, p);
	else
		return people_with_role(ctx, word, 0, p);
	return ERR_OK;
}

/* ---- one by one ------------------------------------------------------------------------------------------- */

enum err person_json(struct ctx *ctx, struct json_out *out, const char *key, int64_t user)
{
	const char *name = NULL;
	json_key(out, key);
	if (user == 0) {
		json_none(out);
		return ERR_OK;
	}
	TRY(record_titles(ctx, ctx->model->user, &user, 1, &name));
	json_open(out, '{');
	JSON_KEY(out, "id");
	json_id(out, user);
	JSON_KEY(out, "label");
	json_text(out, name ? name : "");
	json_close(out, '}');
	return ERR_OK;
}

enum err record_by_text(struct ctx *ctx, const struct type *t, const char *column, const char *text, int64_t *ret_id)
{
	struct sql q;
	*ret_id = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, t->table);
	SQL(&q, " where ");
	sql_name(&q, column);
	SQL(&q, " = ");
	sql_value_text(&q, text);
	enum err e = sql_one_int(ctx, &q, ret_id);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

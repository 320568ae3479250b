/* calendar.c: which calendar is meant, and its hours in their zone. */
#include <string.h>

#include "model/model.h"
#include "store/store.h"

static const struct calendar always = {
        .name = "always", .label = {.zh = "全天候", .en = "Always"}, .time = {.always = true}};

const struct calendar *model_calendar(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_calendars; i++)
		if (strcmp(m->calendars[i].name, name) == 0)
			return &m->calendars[i];
	return strcmp(name, always.name) == 0 ? &always : NULL;
}

struct worktime calendar_worktime(const struct ctx *ctx, const struct calendar *c)
{
	static const struct worktime weekdays = {.week = {
	                                                 {.hours = {{0, 1440}}, .n = 1},
	                                                 {.hours = {{0, 1440}}, .n = 1},
	                                                 {.hours = {{0, 1440}}, .n = 1},
	                                                 {.hours = {{0, 1440}}, .n = 1},
	                                                 {.hours = {{0, 1440}}, .n = 1},
	                                         }};
	if (c == NULL && ctx->model != NULL)
		c = ctx->model->calendar;
	struct worktime w = c ? c->time : weekdays;
	if (w.zone == NULL)
		w.zone = ctx->zone;
	return w;
}

static enum err team_calendar(struct ctx *ctx, int64_t team, const struct calendar **ret_calendar)
{
	const struct type *t = ctx->model->team;
	const struct field *f = type_field(t, "calendar");
	const char *name = NULL;
	struct sql q;
	*ret_calendar = NULL;
	if (team == 0 || f == NULL || f->kind != FIELD_TEXT)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_name(&q, f->column);
	SQL(&q, " from ");
	sql_name(&q, t->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", team);
	enum err e = sql_one_text(ctx, &q, &name);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_calendar = e == ERR_OK && name != NULL && *name ? model_calendar(ctx->model, name) : NULL;
	return ERR_OK;
}

enum err calendar_named(struct ctx *ctx, const char *name, int64_t team, const struct calendar **ret_calendar)
{
	const struct calendar *c = NULL;
	if (strcmp(name, "team") == 0)
		TRY(team_calendar(ctx, team, &c));
	else if (strcmp(name, "org") != 0)
		c = model_calendar(ctx->model, name);
	*ret_calendar = c ? c : ctx->model->calendar;
	return ERR_OK;
}

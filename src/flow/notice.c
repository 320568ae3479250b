/* notice.c: what a colleague must be told; never what he did himself. */
#include <string.h>

#include "base/ids.h"
#include "flow/step.h"

enum { PEOPLE_MAX = 500, NOTICE_BYTES_MAX = 16 << 10 };

enum err notice_add(struct ctx *ctx, int64_t user, const char *kind, const struct record *about, const char *body_json)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into notice (id, user_id, at, kind, type, record, body) values (:id, :user, :at, :kind, :type, "
	        ":record, :body)");
	sql_int(&q, "id", ids_next(ctx->ids, ctx->now_ms));
	sql_int(&q, "user", user);
	sql_int(&q, "at", ctx->now_ms);
	sql_text(&q, "kind", kind);
	sql_text(&q, "type", about ? about->type->name : NULL);
	sql_int_or_null(&q, "record", about ? about->id : 0);
	sql_text(&q, "body", body_json);
	return sql_run(ctx, &q, NULL);
}

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

/* Who gets a notice may not be one who may read the record: its title is told only where no role
 * hides or masks it. */
static bool title_is_open(const struct type *t)
{
	if (t->title == NULL || t->confidential || (t->title->flags & FIELD_CONFIDENTIAL))
		return false;
	for (size_t i = 0; i < t->n_access; i++) {
		for (size_t k = 0; k < t->access[i].n_hide; k++)
			if (t->access[i].hide[k] == t->title)
				return false;
		for (size_t k = 0; k < t->access[i].n_masks; k++)
			if (t->access[i].masks[k].field == t->title)
				return false;
	}
	return true;
}

static const char *record_words(struct ctx *ctx, const struct record *r)
{
	const char *number = record_text(r, "number");
	const char *title = title_is_open(r->type) ? record_title(r) : "";
	if (number != NULL && *title != '\0' && strcmp(number, title) != 0)
		return arena_printf(ctx->arena, "%s %s", number, title);
	return number ? number : title;
}

static void words_put(struct ctx *ctx, struct json_out *out, const char *key, const char *label, const char *words,
                      const char *text)
{
	json_key(out, key);
	json_text(out, arena_printf(ctx->arena, "%s%s%s%s%s", label, *words ? " " : "", words,
	                            strcmp(key, "zh") == 0 ? "：" : ": ", text));
}

enum err people_tell(struct ctx *ctx, const struct people *p, const char *kind, const struct record *about,
                     const struct label *text)
{
	int64_t me = ctx->who ? ctx->who->id : 0;
	const char *words = record_words(ctx, about);
	const char *zh = text->zh ? text->zh : kind, *en = text->en ? text->en : zh;
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, NOTICE_BYTES_MAX);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "text");
	json_open(&out, '{');
	words_put(ctx, &out, "zh", label_in(&about->type->label, LANG_ZH), words, zh);
	words_put(ctx, &out, "en", label_in(&about->type->label, LANG_EN), words, en);
	json_close(&out, '}');
	json_key(&out, "actor");
	json_id(&out, me);
	json_close(&out, '}');
	for (size_t i = 0; i < p->n; i++)
		if (p->ids[i] != me)
			TRY(notice_add(ctx, p->ids[i], kind, about, b.data));
	return ERR_OK;
}

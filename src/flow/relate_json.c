/* relate_json.c: what a page says of the matters that have to do with its record, as far as he may know them. */
#include "flow/relate.h"

#include "flow/chain_out.h"

enum { LINKED_MAX = 100 };

struct related {
	int64_t link, id, at;
	const char *type, *kind;
	bool out;
};

static enum err related_read(struct ctx *ctx, struct sql *q, struct related *list, size_t *ret_n)
{
	struct rows *rows;
	size_t n = 0;
	TRY(sql_rows(ctx, q, &rows));
	while (n < LINKED_MAX && rows_next(rows)) {
		list[n] = (struct related){.link = rows_int(rows, 0),
		                           .kind = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                           .id = rows_int(rows, 2),
		                           .type = arena_strdup(ctx->arena, rows_text(rows, 3, NULL)),
		                           .at = rows_int(rows, 4),
		                           .out = rows_int(rows, 5) != 0};
		n++;
	}
	*ret_n = n;
	return rows_done(rows);
}

static void text_member(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

/* Who may not read it learns that it is there and how far it has come, not what it is about. */
static enum err matter_write(struct ctx *ctx, const struct related *l, struct json_out *out)
{
	const struct type *t = model_type(ctx->model, l->type);
	size_t noted = ctx->problems.n;
	struct record *r;
	enum err e = t ? record_load(ctx, t, l->id, &r) : ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND) {
		json_none(out);
		return ERR_OK;
	}
	TRY(e);
	e = access_check(ctx, r, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_FORBIDDEN)
		return e;
	ctx->problems.n = noted;
	bool reads = e == ERR_OK;
	int64_t owner = record_int(r, "owner");
	const char *name = NULL;
	if (owner != 0)
		TRY(record_titles(ctx, ctx->model->user, &owner, 1, &name));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	text_member(out, "type", t->name);
	text_member(out, "number", record_text(r, "number"));
	text_member(out, "title",
	            reads && t->title && access_field(ctx, t->title) == SIGHT_CLEAR ? record_title(r) : NULL);
	text_member(out, "state", record_text(r, "state"));
	text_member(out, "stage", record_text(r, "stage"));
	json_key(out, "owner");
	if (owner != 0) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, owner);
		text_member(out, "label", name);
		json_close(out, '}');
	} else {
		json_none(out);
	}
	json_key(out, "may_read");
	json_bool(out, reads);
	json_close(out, '}');
	return ERR_OK;
}

static enum err links_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct related *list = ARENA_ARRAY(ctx->arena, LINKED_MAX, struct related);
	struct sql q;
	size_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, kind, other, other_type, at, 1 from work_link where record = :id union all "
	        "select id, kind, record, type, at, 0 from work_link where other = :id order by 1 limit 100");
	sql_int(&q, "id", r->id);
	TRY(related_read(ctx, &q, list, &n));
	for (size_t i = 0; i < n; i++) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, list[i].link);
		text_member(out, "kind", list[i].kind);
		json_key(out, "out");
		json_bool(out, list[i].out);
		json_key(out, "record");
		TRY(matter_write(ctx, &list[i], out));
		json_key(out, "at");
		json_instant(out, list[i].at);
		json_close(out, '}');
	}
	return ERR_OK;
}

static enum err children_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct related *list = ARENA_ARRAY(ctx->arena, LINKED_MAX, struct related);
	struct sql q;
	size_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select 0, 'child', id, type, opened_at, 1 from work where parent = :id order by id limit 20");
	sql_int(&q, "id", r->id);
	TRY(related_read(ctx, &q, list, &n));
	for (size_t i = 0; i < n; i++)
		TRY(matter_write(ctx, &list[i], out));
	return ERR_OK;
}

enum err relations_write_json(struct ctx *ctx, const struct record *r, struct relations_there there,
                              struct json_out *out)
{
	JSON_KEY(out, "links");
	json_open(out, '[');
	if (there.links)
		TRY(links_write(ctx, r, out));
	json_close(out, ']');
	JSON_KEY(out, "children");
	json_open(out, '[');
	if (there.children)
		TRY(children_write(ctx, r, out));
	json_close(out, ']');
	return ERR_OK;
}

/* queue_offer.c: offers to one person: taken, refused, gone. */
#include <string.h>

#include "base/ids.h"
#include "base/text.h"
#include "flow/queue_inside.h"
#include "model/access.h"

enum { RINGING_MAX = 5000, REASON_BYTES = 600 };

struct offer {
	int64_t id, record, user, made_at, until;
	const char *queue, *type, *state;
};

static enum err offer_read(struct ctx *ctx, int64_t id, struct offer *ret)
{
	struct rows *rows;
	struct sql q;
	bool there;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select record, user_id, made_at, until, queue, type, state from offer where id = :id and user_id = :me");
	sql_int(&q, "id", id);
	sql_int(&q, "me", ctx->who->id);
	TRY(sql_rows(ctx, &q, &rows));
	there = rows_next(rows);
	if (there)
		*ret = (struct offer){.id = id,
		                      .record = rows_int(rows, 0),
		                      .user = rows_int(rows, 1),
		                      .made_at = rows_int(rows, 2),
		                      .until = rows_int(rows, 3),
		                      .queue = arena_strdup(ctx->arena, rows_text(rows, 4, NULL)),
		                      .type = arena_strdup(ctx->arena, rows_text(rows, 5, NULL)),
		                      .state = arena_strdup(ctx->arena, rows_text(rows, 6, NULL))};
	TRY(rows_done(rows));
	return there ? ERR_OK : ERR_NOT_FOUND;
}

enum err offer_close(struct ctx *ctx, int64_t id, const char *state, const char *why, bool *ret_closed)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "update offer set state = :state, ended_at = :now, why = :why where id = :id and state = 'ringing'");
	sql_text(&q, "state", state);
	sql_int(&q, "now", ctx->now_ms);
	sql_text(&q, "why", why);
	sql_int(&q, "id", id);
	TRY(sql_run(ctx, &q, &n));
	*ret_closed = n > 0;
	return ERR_OK;
}

/* Why he can't have it: somebody else has it, by name, or is asked for it now. */
static enum err gone(struct ctx *ctx, const struct offer *o, const struct record *r)
{
	bool en = ctx->lang == LANG_EN;
	int64_t owner = r != NULL ? record_int(r, "owner") : 0;
	const char *name = NULL;
	if (owner != 0)
		TRY(record_titles(ctx, ctx->model->user, &owner, 1, &name));
	if (owner != 0 && owner == ctx->who->id)
		return ctx_problem(ctx, ERR_CONFLICT, "", "taken", en ? "it is yours already" : "已由您接下");
	if (owner != 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "taken", en ? "%s has it" : "已由%s接下",
		                   name != NULL && *name ? name
		                   : en                  ? "a colleague"
		                                         : "同事");
	if (strcmp(o->state, "timed_out") == 0)
		return ctx_problem(ctx, ERR_CONFLICT, "", "offer_gone",
		                   en ? "it rang too long and went on to the next" : "响铃超时，已转给下一位");
	return ctx_problem(ctx, ERR_CONFLICT, "", "offer_gone", en ? "the offer has ended" : "派单已结束");
}

static enum err record_of(struct ctx *ctx, const struct offer *o, struct record **ret_record)
{
	const struct type *t = model_type(ctx->model, o->type);
	enum err e = t != NULL ? record_load(ctx, t, o->record, ret_record) : ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND)
		*ret_record = NULL;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err misses_forget(struct ctx *ctx, int64_t user)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update agent_turn set missed = 0 where user_id = :user and missed > 0");
	sql_int(&q, "user", user);
	return sql_run(ctx, &q, NULL);
}

enum err offer_accept(struct ctx *ctx, int64_t offer, struct record **ret_record)
{
	struct offer o;
	struct record *r;
	bool mine = false;
	TRY(offer_read(ctx, offer, &o));
	TRY(record_of(ctx, &o, &r));
	if (r != NULL && record_int(r, "owner") == 0)
		TRY(offer_close(ctx, o.id, "accepted", "taken", &mine));
	if (!mine)
		return gone(ctx, &o, r);
	/* Being asked is the right to take it, whatever his team. */
	struct step s = {.cause = arena_printf(ctx->arena, "queue:%s", o.queue)};
	const struct transition *tr = type_transition(r->type, "take");
	if (tr == NULL)
		return ctx_problem(ctx, ERR_CONFLICT, "", "unknown_transition", "%s has no transition take",
		                   r->type->name);
	TRY(step_settle(ctx, &s, r, tr, NULL, NULL));
	TRY(misses_forget(ctx, ctx->who->id));
	*ret_record = r;
	return ERR_OK;
}

enum err offer_refuse(struct ctx *ctx, int64_t offer, const char *reason)
{
	struct offer o;
	struct record *r;
	bool closed;
	TRY(offer_read(ctx, offer, &o));
	TRY(record_of(ctx, &o, &r));
	if (reason != NULL)
		reason = arena_strndup(ctx->arena, reason, text_prefix(reason, strlen(reason), REASON_BYTES));
	TRY(offer_close(ctx, o.id, "refused", reason, &closed));
	if (!closed)
		return gone(ctx, &o, r);
	return misses_forget(ctx, ctx->who->id);
}

enum err offers_leave(struct ctx *ctx, int64_t user, const char *why)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update offer set state = 'withdrawn', ended_at = :now, why = :why where user_id = :user and state = "
	        "'ringing'");
	sql_int(&q, "now", ctx->now_ms);
	sql_text(&q, "why", why);
	sql_int(&q, "user", user);
	return sql_run(ctx, &q, NULL);
}

enum err presence_put(struct ctx *ctx, int64_t user, const char *presence, const char *from)
{
	const struct field *f = type_field(ctx->model->user, "presence");
	struct sql q;
	int64_t n;
	if (f == NULL || f->column == NULL)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "update ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " set ");
	sql_name(&q, f->column);
	SQL(&q, " = :presence where id = :user");
	sql_text(&q, "presence", presence);
	sql_int(&q, "user", user);
	if (from != NULL) {
		SQL(&q, " and coalesce(");
		sql_name(&q, f->column);
		SQL(&q, ", :from) = :from");
		sql_text(&q, "from", from);
	}
	TRY(sql_run(ctx, &q, &n));
	return n > 0 && !presence_takes_offers(ctx->model, presence) ? offers_leave(ctx, user, presence) : ERR_OK;
}

static const char *presence_words(const struct model *m)
{
	const struct parameter *p = model_parameter(m, "offer_presence");
	return p != NULL && p->value.kind == VALUE_TEXT ? p->value.s : "idle";
}

void sql_presence_takes(struct ctx *ctx, struct sql *q, const char *column)
{
	const char *words = presence_words(ctx->model);
	SQL(q, "u.");
	sql_name(q, column);
	SQL(q, " in (''");
	while (*words != '\0') {
		size_t n = strcspn(words, " ,");
		SQL(q, ", ");
		sql_value_text(q, arena_strndup(ctx->arena, words, n));
		words += n + strspn(words + n, " ,");
	}
	SQL(q, ")");
}

bool presence_takes_offers(const struct model *m, const char *presence)
{
	const char *words = presence_words(m);
	size_t len = presence != NULL ? strlen(presence) : 0;
	while (len > 0 && *words != '\0') {
		size_t n = strcspn(words, " ,");
		if (n == len && memcmp(words, presence, n) == 0)
			return true;
		words += n + strspn(words + n, " ,");
	}
	return false;
}

enum err presence_sum(struct ctx *ctx, uint64_t *ret_sum)
{
	const struct field *f = type_field(ctx->model->user, "presence");
	uint64_t sum = UINT64_C(14695981039346656037);
	struct rows *rows;
	struct sql q;
	if (f == NULL || f->column == NULL) {
		*ret_sum = sum;
		return ERR_OK;
	}
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, ");
	sql_name(&q, f->column);
	SQL(&q, " from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where active = 1 and coalesce(");
	sql_name(&q, f->column);
	SQL(&q, ", :away) <> :away order by id");
	sql_text(&q, "away", "offline");
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		sum = (sum ^ (uint64_t)rows_int(rows, 0)) * UINT64_C(1099511628211);
		for (const char *s = rows_text(rows, 1, NULL); *s != '\0'; s++)
			sum = (sum ^ (unsigned char)*s) * UINT64_C(1099511628211);
	}
	TRY(rows_done(rows));
	*ret_sum = sum;
	return ERR_OK;
}

enum err offers_ringing(struct ctx *ctx, struct ringing **ret_list, size_t *ret_n)
{
	struct ringing *list = NULL;
	size_t n = 0, cap = 0;
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id, record, user_id, until, made_at from offer where state = 'ringing' order by id limit :most");
	sql_int(&q, "most", RINGING_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		if (n == cap) {
			struct ringing *wider = ARENA_ARRAY(ctx->arena, cap ? 2 * cap : 32, struct ringing);
			if (n > 0)
				memcpy(wider, list, n * sizeof(*list));
			list = wider;
			cap = cap ? 2 * cap : 32;
		}
		list[n++] = (struct ringing){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3),
		                             rows_int(rows, 4)};
	}
	*ret_list = list;
	*ret_n = n;
	return rows_done(rows);
}

/* ---- what rings at him ----------------------------------------------------------------------------------- */

static void text_member(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

/* Of a record that he may not read yet he learns what kind it is, and its number. */
static enum err about_write(struct ctx *ctx, const struct offer *o, struct record *r, struct json_out *out)
{
	enum err e = access_check(ctx, r, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	ctx_forget(ctx);
	const char *title = e == ERR_OK ? access_title(ctx, r) : "";
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, o->record);
	text_member(out, "type", r->type->name);
	text_member(out, "number", record_text(r, "number"));
	text_member(out, "title", *title != '\0' ? title : label_in(&r->type->label, ctx->lang));
	text_member(out, "priority", record_text(r, "priority"));
	json_close(out, '}');
	return ERR_OK;
}

static enum err offer_write(struct ctx *ctx, const struct offer *o, struct json_out *out)
{
	const struct queue_def *queue = model_queue(ctx->model, o->queue);
	struct record *r;
	TRY(record_of(ctx, o, &r));
	if (r == NULL)
		return ERR_OK;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, o->id);
	json_key(out, "queue");
	json_open(out, '{');
	text_member(out, "name", o->queue);
	text_member(out, "label", queue != NULL ? label_in(&queue->label, ctx->lang) : o->queue);
	json_close(out, '}');
	json_key(out, "record");
	TRY(about_write(ctx, o, r, out));
	json_key(out, "at");
	json_instant(out, o->made_at);
	json_key(out, "until");
	json_instant(out, o->until);
	json_close(out, '}');
	return ERR_OK;
}

enum err offer_write_json(struct ctx *ctx, int64_t offer, struct json_out *out)
{
	struct offer o;
	TRY(offer_read(ctx, offer, &o));
	return strcmp(o.state, "ringing") == 0 ? offer_write(ctx, &o, out) : ERR_NOT_FOUND;
}

enum err offers_write_json(struct ctx *ctx, struct json_out *out)
{
	struct offer list[8];
	size_t n = 0;
	struct rows *rows;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, record, made_at, until, queue, type from offer where user_id = :me and state = 'ringing' "
	        "order by id limit 8");
	sql_int(&q, "me", ctx->who->id);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < 8 && rows_next(rows))
		list[n++] = (struct offer){.id = rows_int(rows, 0),
		                           .record = rows_int(rows, 1),
		                           .made_at = rows_int(rows, 2),
		                           .until = rows_int(rows, 3),
		                           .queue = arena_strdup(ctx->arena, rows_text(rows, 4, NULL)),
		                           .type = arena_strdup(ctx->arena, rows_text(rows, 5, NULL))};
	TRY(rows_done(rows));
	json_open(out, '{');
	json_key(out, "offers");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(offer_write(ctx, &list[i], out));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

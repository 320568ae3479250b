/* board_row.c: the board as JSON: totals, teams with their people, rows. */
#include <string.h>

#include "base/clock.h"
#include "flow/board_row.h"
#include "model/labels.h"

static void count_write(struct json_out *out, const char *key, int64_t n)
{
	json_key(out, key);
	json_int(out, n);
}

static enum err name_write(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out)
{
	const char *name = NULL;
	if (id != 0)
		TRY(record_titles(ctx, t, &id, 1, &name));
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "label");
	json_text(out, name);
	return ERR_OK;
}

static enum err link_write(struct ctx *ctx, const char *key, const struct type *t, int64_t id, struct json_out *out)
{
	json_key(out, key);
	if (id == 0) {
		json_none(out);
		return ERR_OK;
	}
	json_open(out, '{');
	TRY(name_write(ctx, t, id, out));
	json_close(out, '}');
	return ERR_OK;
}

static void totals_write(const struct board *b, struct json_out *out)
{
	struct board_cell sum = {0};
	for (size_t i = 0; i < b->n; i++) {
		sum.breached += b->cells[i].breached;
		sum.soon += b->cells[i].soon;
		sum.running += b->cells[i].running;
		sum.paused += b->cells[i].paused;
	}
	json_key(out, "totals");
	json_open(out, '{');
	count_write(out, "breached", sum.breached);
	count_write(out, "soon", sum.soon);
	count_write(out, "running", sum.running);
	count_write(out, "paused", sum.paused);
	json_key(out, "more");
	json_bool(out, b->more);
	json_close(out, '}');
}

static enum err presence_of(struct ctx *ctx, int64_t user, const char **ret_presence)
{
	const struct field *f = type_field(ctx->model->user, "presence");
	struct sql q;
	*ret_presence = NULL;
	if (f == NULL || f->column == NULL || user == 0)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select ");
	sql_name(&q, f->column);
	SQL(&q, " from ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", user);
	enum err e = sql_one_text(ctx, &q, ret_presence);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err person_write(struct ctx *ctx, const struct board_cell *c, struct json_out *out)
{
	const char *presence;
	TRY(presence_of(ctx, c->owner, &presence));
	json_open(out, '{');
	TRY(name_write(ctx, ctx->model->user, c->owner, out));
	json_key(out, "presence");
	json_text(out, presence);
	count_write(out, "breached", c->breached);
	count_write(out, "soon", c->soon);
	count_write(out, "running", c->running);
	count_write(out, "paused", c->paused);
	json_at(out, "oldest_due", c->oldest_due);
	json_close(out, '}');
	return ERR_OK;
}

static enum err team_write(struct ctx *ctx, const struct board_cell *cells, size_t n, struct json_out *out)
{
	struct board_cell sum = {0};
	for (size_t i = 0; i < n; i++) {
		sum.breached += cells[i].breached;
		sum.soon += cells[i].soon;
		sum.running += cells[i].running;
		sum.paused += cells[i].paused;
	}
	json_open(out, '{');
	TRY(name_write(ctx, ctx->model->team, cells[0].team, out));
	count_write(out, "breached", sum.breached);
	count_write(out, "soon", sum.soon);
	count_write(out, "running", sum.running);
	count_write(out, "paused", sum.paused);
	json_key(out, "people");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(person_write(ctx, &cells[i], out));
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

static enum err teams_write(struct ctx *ctx, const struct board *b, struct json_out *out)
{
	json_key(out, "teams");
	json_open(out, '[');
	for (size_t i = 0; i < b->n;) {
		size_t n = 1;
		while (i + n < b->n && b->cells[i + n].team == b->cells[i].team)
			n++;
		TRY(team_write(ctx, &b->cells[i], n, out));
		i += n;
	}
	json_close(out, ']');
	return ERR_OK;
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

static enum err clock_write(struct ctx *ctx, const struct record *r, const struct clock_def *def,
                            const struct clock_run *c, struct json_out *out)
{
	struct run_basis basis = {0};
	TRY(clock_basis(ctx, c, r, NULL, 0, &basis));
	int64_t elapsed = spans_elapsed(&basis.work, basis.spans, basis.n, ctx->now_ms);
	int64_t left = c->due_at >= ctx->now_ms ? worktime_between(&basis.work, ctx->now_ms, c->due_at)
	                                        : -worktime_between(&basis.work, c->due_at, ctx->now_ms);
	int64_t whole = elapsed + left;
	json_key(out, "clock");
	json_open(out, '{');
	json_key(out, "name");
	json_text(out, c->name);
	json_label_said(out, "label", &def->label);
	json_key(out, "state");
	json_text(out, clock_state(c));
	json_at(out, "due", c->due_at);
	count_write(out, "left_ms", left);
	count_write(out, "percent", left <= 0 || whole <= 0 ? 100 : 100 * elapsed / whole);
	json_close(out, '}');
	return ERR_OK;
}

static void text_write(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

/* Who does it; of what a team was sent and has not taken, nobody yet, and who sent it. */
static enum err doer_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	int64_t owner = record_int(r, "owner"), team = record_int(r, "team");
	bool untaken = team != 0 && record_int(r, "pending_team") == team;
	TRY(link_write(ctx, "owner", ctx->model->user, untaken ? 0 : owner, out));
	TRY(link_write(ctx, "sent_by", ctx->model->user, untaken ? owner : 0, out));
	return link_write(ctx, "team", ctx->model->team, team, out);
}

static enum err row_write(struct ctx *ctx, const struct board_pick *p, struct json_out *out)
{
	struct clock_run c;
	struct record *r;
	TRY(clock_load(ctx, p->clock, &c));
	const struct clock_def *def = type_clock(p->type, c.name);
	enum err e = record_load(ctx, p->type, p->record, &r);
	if (def == NULL || e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	bool seen;
	TRY(clock_seen(ctx, def, r, &seen));
	if (!seen)
		return ERR_OK;
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	text_write(out, "type", p->type->name);
	text_write(out, "number", record_text(r, "number"));
	text_write(out, "title", access_title(ctx, r));
	TRY(link_write(ctx, "customer", ctx->model->customer, record_int(r, "customer"), out));
	TRY(doer_write(ctx, r, out));
	text_write(out, "priority", record_text(r, "priority"));
	text_write(out, "state", record_text(r, "state"));
	json_key(out, "version");
	json_int(out, r->version);
	TRY(clock_write(ctx, r, def, &c, out));
	json_close(out, '}');
	return ERR_OK;
}

enum err board_rows_write(struct ctx *ctx, const struct board *b, struct json_out *out)
{
	size_t n = b->n_picks > b->query->limit ? b->query->limit : b->n_picks;
	json_open(out, '{');
	json_at(out, "at", ctx->now_ms);
	totals_write(b, out);
	TRY(teams_write(ctx, b, out));
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(row_write(ctx, &b->picks[i], out));
	json_close(out, ']');
	json_key(out, "next");
	if (b->n_picks > n)
		json_text(out, arena_printf(ctx->arena, "%lld.%lld", (long long)b->picks[n - 1].due,
		                            (long long)b->picks[n - 1].clock));
	else
		json_none(out);
	json_close(out, '}');
	return ERR_OK;
}

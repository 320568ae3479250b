/* approval_list.c: what waits for somebody's vote, what he asked for, what he voted on: enough for a small screen. */
#include <string.h>

#include "base/ids.h"
#include "flow/approval.h"
#include "flow/chain_out.h"
#include "model/sight.h"

enum { LIST_PRESET = 30 };

/* ---- finding ------------------------------------------------------------------------------------------------ */

/* From his seats: all that run, or ever ran, may be many times what he has to do with. */

static void where_waiting(struct ctx *ctx, struct sql *q)
{
	SQL(q,
	    "a.id in (select s.approval from approval_seat s join approval x on x.id = s.approval and x.step = s.step "
	    "where x.state = 'running' and s.vote is null and s.asked_at is not null and (s.user_id = ");
	sql_value_int(q, ctx->who->id);
	SQL(q, " or s.stands_for = ");
	sql_value_int(q, ctx->who->id);
	SQL(q, "))");
}

static void where_ended(struct ctx *ctx, struct sql *q)
{
	SQL(q, "a.state <> 'running' and (a.started_by = ");
	sql_value_int(q, ctx->who->id);
	SQL(q, " or a.id in (select s.approval from approval_seat s where s.asked_at is not null and s.user_id = ");
	sql_value_int(q, ctx->who->id);
	SQL(q, "))");
}

static enum err ids_find(struct ctx *ctx, const char *state, int64_t after, size_t limit, int64_t *ids, size_t *ret_n)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	bool waiting = strcmp(state, "waiting") == 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select a.id from approval a where ");
	if (waiting) {
		where_waiting(ctx, &q);
	} else if (strcmp(state, "mine") == 0) {
		SQL(&q, "a.started_by = ");
		sql_value_int(&q, ctx->who->id);
	} else {
		where_ended(ctx, &q);
	}
	/* What waits longest comes first; else the newest. */
	if (waiting)
		SQL(&q, " and a.id > :after order by a.id limit :n");
	else
		SQL(&q, " and a.id < :after order by a.id desc limit :n");
	sql_int(&q, "after", after != 0 ? after : waiting ? 0 : INT64_MAX);
	sql_int(&q, "n", (int64_t)limit);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < limit && rows_next(rows))
		ids[n++] = rows_int(rows, 0);
	*ret_n = n;
	return rows_done(rows);
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void text_write(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

struct row {
	struct round round;
	struct record *r;
	const struct vote_seat *mine;
	bool reads; /* the record, or the summary because he is asked */
};

static void record_write(struct ctx *ctx, const struct row *row, struct json_out *out)
{
	const struct record *r = row->r;
	json_key(out, "record");
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	text_write(out, "type", r->type->name);
	text_write(out, "number", record_text(r, "number"));
	text_write(out, "title", row->reads ? access_title(ctx, r) : "");
	text_write(out, "state", record_text(r, "state"));
	json_close(out, '}');
}

/* Fields that are gone from the packs since then are left out. */
static const struct field *summary_field(struct ctx *ctx, const struct row *row, size_t i)
{
	const struct field *f = type_field(row->r->type, row->round.summary[i]);
	return f != NULL && row->reads && access_field(ctx, f) != SIGHT_HIDDEN && f->kind != FIELD_COMPUTED ? f : NULL;
}

static enum err summary_write(struct ctx *ctx, const struct row *row, struct json_out *out)
{
	struct labels names;
	labels_init(&names, ctx);
	for (size_t i = 0; i < row->round.n_summary; i++) {
		const struct field *f = summary_field(ctx, row, i);
		if (f != NULL)
			seen_want(&names, f, &row->r->values[f->at], &row->r->lines[f->at]);
	}
	TRY(labels_resolve(&names));
	json_key(out, "summary");
	json_open(out, '[');
	for (size_t i = 0; i < row->round.n_summary; i++) {
		const struct field *f = summary_field(ctx, row, i);
		enum field_sight sight;
		if (f == NULL)
			continue;
		TRY(access_field_shown(ctx, row->r, f, &sight));
		if (sight == SIGHT_HIDDEN)
			continue;
		json_open(out, '{');
		text_write(out, "field", f->name);
		json_label(out, "label", &f->label);
		text_write(out, "kind", field_kind_name(f->kind));
		json_key(out, "value");
		seen_write_json(ctx, out, &names, f, &row->r->values[f->at], &row->r->lines[f->at], sight);
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}

static void votes_write(const struct ctx *ctx, const struct row *row, struct json_out *out)
{
	struct votes v = {0};
	if (row->mine != NULL)
		v = round_votes(ctx, &row->round);
	json_key(out, "votes");
	json_open(out, '[');
	for (size_t i = 0; v.may[i] != NULL; i++)
		json_text(out, v.may[i]);
	json_close(out, ']');
	json_key(out, "needs_reason");
	json_open(out, '[');
	for (size_t i = 0; v.reason[i] != NULL; i++)
		json_text(out, v.reason[i]);
	json_close(out, ']');
}

static void step_write(const struct round *round, struct json_out *out)
{
	json_key(out, "step");
	if (round->step >= (int)round->n_steps) {
		json_none(out);
		return;
	}
	json_open(out, '{');
	text_write(out, "name", round->steps[round->step].name);
	json_label(out, "label", &round->steps[round->step].label);
	json_close(out, '}');
}

static enum err row_write(struct ctx *ctx, const struct row *row, struct json_out *out)
{
	const struct round *round = &row->round;
	struct labels names;
	const char *waits;
	labels_init(&names, ctx);
	labels_want_record(&names, ctx->model->user, round->started_by);
	labels_want_record(&names, ctx->model->user, row->mine ? row->mine->stands_for : 0);
	TRY(labels_resolve(&names));
	TRY(round_waits_for(ctx, round, &waits));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, round->id);
	json_key(out, "route");
	json_open(out, '{');
	text_write(out, "name", round->route);
	json_label(out, "label", &round->label);
	json_close(out, '}');
	record_write(ctx, row, out);
	step_write(round, out);
	text_write(out, "state", round->state);
	json_key(out, "round");
	json_int(out, round->number);
	json_at(out, "started_at", round->started_at);
	json_at(out, "asked_at", row->mine ? row->mine->asked_at : round->started_at);
	json_at(out, "due", row->mine ? row->mine->due_at : 0);
	json_at(out, "ended_at", round->ended_at);
	json_key(out, "for");
	person_write_json(out, &names, ctx->model->user, row->mine ? row->mine->stands_for : 0);
	json_key(out, "by");
	person_write_json(out, &names, ctx->model->user, round->started_by);
	text_write(out, "waits_for", waits);
	votes_write(ctx, row, out);
	TRY(summary_write(ctx, row, out));
	json_close(out, '}');
	return ERR_OK;
}

static enum err row_read(struct ctx *ctx, int64_t id, struct row *row, bool *ret_there)
{
	*row = (struct row){0};
	*ret_there = false;
	TRY(round_load(ctx, id, &row->round));
	const struct type *t = model_type(ctx->model, row->round.type);
	enum err e = t != NULL ? record_load(ctx, t, row->round.record, &row->r) : ERR_NOT_FOUND;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	row->mine = round_seat_of(ctx, &row->round);
	e = access_check(ctx, row->r, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	row->reads = e == ERR_OK || row->mine != NULL;
	*ret_there = true;
	return ERR_OK;
}

static bool state_known(const char *state)
{
	return strcmp(state, "waiting") == 0 || strcmp(state, "mine") == 0 || strcmp(state, "ended") == 0;
}

enum err approval_list_json(struct ctx *ctx, const char *state, const char *after, size_t limit, struct json_out *out)
{
	int64_t from = 0;
	size_t n;
	if (state == NULL || *state == '\0')
		state = "waiting";
	if (!state_known(state))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "state", "bad_option", "state is waiting, mine or ended");
	if (after != NULL && *after != '\0' && !id_parse(after, &from))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "after", "wrong_type", "`after` is what `next` gave");
	if (limit == 0)
		limit = LIST_PRESET;
	int64_t *ids = ARENA_ARRAY(ctx->arena, limit + 1, int64_t);
	TRY(ids_find(ctx, state, from, limit + 1, ids, &n));
	json_open(out, '{');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n && i < limit; i++) {
		struct row row;
		bool there;
		TRY(row_read(ctx, ids[i], &row, &there));
		if (there)
			TRY(row_write(ctx, &row, out));
	}
	json_close(out, ']');
	json_key(out, "next");
	if (n > limit)
		json_id(out, ids[limit - 1]);
	else
		json_none(out);
	json_close(out, '}');
	return ERR_OK;
}

/*
 * alike.c: which records are alike. Those that may be come from an index: of a link, or of words; then each is read
 * and compared. So it costs the same however many records there are.
 */
#include "flow/alike.h"

#include <string.h>

#include "base/text.h"
#include "model/labels.h"
#include "model/same.h"

enum { FOUND_MAX = 400, OF_ONE_TOKEN = 100, TOKENS_ASKED = 12, LINKED_MAX = 200, LOOKED_AT = 60, ROWS_SHOWN = 10 };

struct candidate {
	int64_t id;
	int score;
};

struct finding {
	struct ctx *ctx;
	const struct alike *a;
	const struct record *r;
	int64_t since;
	struct candidate list[FOUND_MAX];
	size_t n;
};

static void found_add(struct finding *f, int64_t id)
{
	size_t i = 0;
	while (i < f->n && f->list[i].id != id)
		i++;
	if (id == f->r->id || i == FOUND_MAX)
		return;
	if (i == f->n)
		f->list[f->n++] = (struct candidate){.id = id};
	f->list[i].score++;
}

/* ---- from an index ---------------------------------------------------------------------------------------- */

static enum err by_link(struct finding *f, const struct field *theirs, int64_t value)
{
	struct sql q;
	struct rows *rows;
	sql_init(&q, f->ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, theirs->of->table);
	SQL(&q, " r where r.");
	sql_name(&q, theirs->column);
	SQL(&q, " = :value and r.created_at >= :since order by r.id desc limit :n");
	sql_int(&q, "value", value);
	sql_int(&q, "since", f->since);
	sql_int(&q, "n", LINKED_MAX);
	TRY(sql_rows(f->ctx, &q, &rows));
	while (rows_next(rows))
		found_add(f, rows_int(rows, 0));
	return rows_done(rows);
}

static enum err by_tokens(struct finding *f, const char *const *tokens, size_t n, size_t limit)
{
	int64_t ids[LINKED_MAX];
	const char *key = arena_printf(f->ctx->arena, "y_%s", f->a->of->name);
	struct search_any type = {.tokens = &key, .n = 1};
	size_t found;
	TRY(search_ids(f->ctx, tokens, n, &type, 1, 0, limit, ids, &found));
	for (size_t i = 0; i < found; i++)
		found_add(f, ids[i]);
	return ERR_OK;
}

/* By how it begins and ends: within it somebody may have left a blank. */
static enum err by_text(struct finding *f, const struct value *v)
{
	struct text_query query;
	text_query(f->ctx->arena, v->s, v->len, &query);
	if (query.n_tokens == 0)
		return ERR_OK;
	const char *ends[] = {query.tokens[0], query.tokens[query.n_tokens - 1]};
	return by_tokens(f, ends, query.n_tokens > 1 ? 2 : 1, LINKED_MAX);
}

/* By a link of `same`; else by a text of it; else by any of the words. */
static enum err candidates(struct finding *f)
{
	const struct alike *a = f->a;
	const char *tokens[TOKENS_ASKED];
	for (size_t i = 0; i < a->n_same; i++) /* what is empty is like nothing */
		if (value_is_empty(&f->r->values[a->mine[i]->at]))
			return ERR_OK;
	for (size_t i = 0; i < a->n_same; i++)
		if (a->theirs[i]->kind == FIELD_LINK)
			return by_link(f, a->theirs[i], f->r->values[a->mine[i]->at].i);
	for (size_t i = 0; i < a->n_same; i++)
		if (a->theirs[i]->flags & FIELD_SEARCH && f->r->values[a->mine[i]->at].kind == VALUE_TEXT)
			return by_text(f, &f->r->values[a->mine[i]->at]);
	size_t n = alike_tokens(f->ctx, a, f->r, tokens, TOKENS_ASKED);
	for (size_t i = 0; i < n; i++)
		TRY(by_tokens(f, &tokens[i], 1, OF_ONE_TOKEN));
	return ERR_OK;
}

static int by_score(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->score != y->score)
		return y->score - x->score;
	return (y->id > x->id) - (y->id < x->id);
}

/* ---- comparing --------------------------------------------------------------------------------------------- */

/* By itself; nothing that is kept comes of it. */
static bool could_be(struct finding *f, const struct record *other, struct alike_why *why)
{
	return other->created_at >= f->since && record_merged_into(other) == 0 &&
	       alike_holds(f->ctx, f->a, f->r, other, why);
}

static enum err is_alike(struct finding *f, const struct record *other, bool his, bool *ret_is)
{
	struct ctx *ctx = f->ctx;
	*ret_is = false;
	enum err e = his ? access_check(ctx, other, ACCESS_READ) : ERR_OK;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	*ret_is = true;
	return f->a->where ? filter_holds(ctx, f->a->where, other, ret_is) : ERR_OK;
}

static enum err since_when(struct ctx *ctx, const struct alike *a, int64_t *ret_since)
{
	const char *words = a->within;
	const struct parameter *p = words != NULL && words[0] == '@' ? model_parameter(ctx->model, words + 1) : NULL;
	*ret_since = INT64_MIN;
	if (p != NULL && p->value.kind == VALUE_TEXT)
		words = p->value.s;
	return words ? duration_add(ctx, ctx->now_ms, words, true, ret_since) : ERR_OK;
}

/* Is the record of this id alike? What it is not, is not held: a hundred long ones would not fit into a request. */
static enum err look(struct finding *f, int64_t id, bool his, struct alike_row *ret_row, bool *ret_is)
{
	struct arena_mark before = arena_mark(f->ctx->arena);
	enum err e = record_load(f->ctx, f->a->of, id, &ret_row->record);
	*ret_is = false;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	if (could_be(f, ret_row->record, &ret_row->why))
		return is_alike(f, ret_row->record, his, ret_is);
	arena_rewind(f->ctx->arena, before);
	return ERR_OK;
}

static enum err finding_start(struct ctx *ctx, const struct alike *a, const struct record *r, struct finding **ret_f)
{
	struct finding *f = ARENA_NEW(ctx->arena, struct finding);
	f->ctx = ctx;
	f->a = a;
	f->r = r;
	TRY(since_when(ctx, a, &f->since));
	TRY(candidates(f));
	qsort(f->list, f->n, sizeof(f->list[0]), by_score);
	f->n = f->n < LOOKED_AT ? f->n : LOOKED_AT;
	*ret_f = f;
	return ERR_OK;
}

enum err alike_find(struct ctx *ctx, const struct alike *a, const struct record *r, size_t limit,
                    struct alike_row **ret_rows, size_t *ret_n)
{
	struct finding *f;
	struct alike_row *rows = ARENA_ARRAY(ctx->arena, limit + 1, struct alike_row);
	size_t n = 0;
	TRY(finding_start(ctx, a, r, &f));
	for (size_t i = 0; i < f->n && n < limit; i++) {
		bool is;
		TRY(look(f, f->list[i].id, true, &rows[n], &is));
		n += is;
	}
	*ret_rows = rows;
	*ret_n = n;
	return ERR_OK;
}

enum err alike_under(struct ctx *ctx, const struct alike *a, const struct record *r, struct alike_one *list,
                     size_t limit, size_t *ret_n)
{
	struct finding *f;
	size_t n = 0;
	TRY(finding_start(ctx, a, r, &f));
	for (size_t i = 0; i < f->n && n < limit; i++) {
		struct arena_mark before = arena_mark(ctx->arena);
		struct alike_row row;
		bool is;
		TRY(look(f, f->list[i].id, false, &row, &is));
		if (is)
			list[n++] = (struct alike_one){f->list[i].id,
			                               a->gather ? record_int(row.record, a->gather->by->name) : 0};
		arena_rewind(ctx->arena, before);
	}
	*ret_n = n;
	return ERR_OK;
}

/* ---- the answer -------------------------------------------------------------------------------------------- */

static void why_write(const struct alike *a, const struct alike_row *row, struct json_out *out)
{
	json_key(out, "why");
	json_open(out, '[');
	for (size_t i = 0; i < a->n_same; i++) {
		json_open(out, '{');
		json_key(out, "field");
		json_text(out, a->theirs[i]->name);
		json_close(out, '}');
	}
	if (a->n_words > 0) {
		json_open(out, '{');
		json_key(out, "words");
		json_open(out, '[');
		for (size_t i = 0; i < row->why.n_words; i++)
			json_text(out, row->why.words[i]);
		json_close(out, ']');
		json_key(out, "share");
		json_int(out, row->why.share);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static enum err row_write(struct ctx *ctx, const struct alike *a, const struct alike_row *row, struct json_out *out)
{
	const struct record *r = row->record;
	const char *label = NULL, *state = record_text(r, "state"), *number = record_text(r, "number");
	TRY(record_label(ctx, r->type, r->id, &label));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, r->id);
	json_key(out, "type");
	json_text(out, r->type->name);
	json_key(out, "label");
	json_text(out, label ? label : "");
	json_key(out, "number");
	json_text(out, number);
	json_key(out, "state");
	json_text(out, state);
	json_key(out, "at");
	json_instant(out, r->created_at);
	why_write(a, row, out);
	json_close(out, '}');
	return ERR_OK;
}

static enum err theme_write(struct ctx *ctx, const struct alike *a, const struct record *r, struct json_out *out)
{
	int64_t id = a->gather != NULL ? record_int(r, a->gather->by->name) : 0;
	const char *label = NULL;
	enum field_sight sight = SIGHT_CLEAR;
	json_key(out, "theme");
	if (id != 0)
		TRY(access_field_of(ctx, r, a->gather->by, &sight));
	if (id != 0 && sight == SIGHT_CLEAR)
		TRY(record_label(ctx, a->gather->type, id, &label));
	if (label == NULL) {
		json_none(out);
		return ERR_OK;
	}
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "type");
	json_text(out, a->gather->type->name);
	json_key(out, "label");
	json_text(out, label);
	json_close(out, '}');
	return ERR_OK;
}

static enum err group_write(struct ctx *ctx, const struct alike *a, const struct record *r, struct json_out *out)
{
	struct alike_row *rows;
	size_t n;
	TRY(alike_find(ctx, a, r, ROWS_SHOWN, &rows, &n));
	json_open(out, '{');
	json_key(out, "of");
	json_text(out, a->of->name);
	json_label_said(out, "label", &a->label);
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		TRY(row_write(ctx, a, &rows[i], out));
	json_close(out, ']');
	TRY(theme_write(ctx, a, r, out));
	json_close(out, '}');
	return ERR_OK;
}

static enum err groups_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "groups");
	json_open(out, '[');
	for (size_t i = 0; i < r->type->n_alikes; i++) {
		struct filter *f;
		bool none;
		TRY(access_filter(ctx, r->type->alikes[i].of, ACCESS_READ, &f, &none));
		if (!none && alike_is_his(ctx, &r->type->alikes[i]))
			TRY(group_write(ctx, &r->type->alikes[i], r, out));
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err alike_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out)
{
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	return groups_write(ctx, r, out);
}

enum err alike_draft_json(struct ctx *ctx, const struct type *t, const json_t *fields, struct json_out *out)
{
	struct record *r = record_new(ctx->arena, t);
	if (!access_may_create(ctx, t))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden",
		                   "your roles may not make a record of this type");
	TRY(step_check_keys(ctx, r, fields));
	TRY(record_from_json(ctx, r, fields, NULL));
	return groups_write(ctx, r, out);
}

/*
 * merge_work.c: two matters that are the same become one, for types with a transition `merge` that asks `merged_into`:
 * what leads to `from` is led to `into`, which takes what it lacks, then `from` does that transition with all that its
 * pack says of it. One transaction: there is never half of it.
 */
#include <string.h>

#include "flow/bulk.h"
#include "flow/relate.h"

enum { MOVED_MAX = 300 };

const struct transition *merge_transition(const struct type *t)
{
	const struct transition *tr = t->uses_work ? type_transition(t, "merge") : NULL;
	const struct field *f = type_field(t, "merged_into");
	bool asked = false;
	if (tr == NULL || tr->to == NULL || f == NULL || f->kind != FIELD_LINK || f->target != t)
		return NULL;
	for (size_t i = 0; i < tr->n_asks; i++)
		asked = asked || tr->asks[i].field == f;
	return asked ? tr : NULL;
}

struct moving {
	const struct type *type;
	const struct place *place;
	int64_t into, from;
	size_t moved;
};

/* It is the same matter under another number: what an approval locks, and what is not his to change, goes along too. */
static enum err move_one(struct ctx *ctx, struct moving *m, int64_t id)
{
	struct record *r;
	struct step s = {0};
	if (id == m->from)
		return ERR_OK;
	TRY(record_load(ctx, m->place->type, id, &r));
	struct record *before = record_copy(ctx, r);
	place_move(ctx, r, m->place, m->from, m->into);
	m->moved++;
	return step_update(
	        ctx, &s, r, before,
	        &(struct note){.kind = "merged", .settled = true, .linked_type = m->type, .linked = m->into});
}

static enum err move_all(struct ctx *ctx, struct moving *m)
{
	int64_t ids[MOVED_MAX + 1];
	struct place *places;
	size_t n = places_to(ctx, m->type, &places), found;
	for (size_t i = 0; i < n; i++) {
		m->place = &places[i];
		TRY(place_ids(ctx, m->place, m->from, 0, MOVED_MAX + 1, ids, &found));
		if (m->moved + found > MOVED_MAX)
			return ctx_problem(ctx, ERR_CONFLICT, "from", "too_many",
			                   ctx->lang == LANG_EN ? "more than %d records lead to it"
			                                        : "引用它的记录超过 %d 条",
			                   MOVED_MAX);
		for (size_t k = 0; k < found; k++)
			TRY(move_one(ctx, m, ids[k]));
	}
	return ERR_OK;
}

/* What the transition asks: where to, and a reason if it wants one. */
static enum err close_from(struct ctx *ctx, const struct moving *m, const struct transition *tr, const char *reason)
{
	struct record *r, *done;
	TRY(record_load(ctx, m->type, m->from, &r));
	json_t *input = json_pack("{ss}", "merged_into", arena_printf(ctx->arena, "%lld", (long long)m->into));
	if (input == NULL)
		abort();
	for (size_t i = 0; i < tr->n_asks; i++)
		if (strcmp(tr->asks[i].field->name, "reason") == 0 &&
		    json_object_set_new(input, "reason",
		                        json_string(reason ? reason : label_in(&tr->label, ctx->lang))) != 0)
			abort();
	enum err e = flow_do(ctx, m->type, m->from, r->version, tr->name, input, &done);
	json_decref(input);
	return e;
}

enum err merge_work(struct ctx *ctx, struct record *into, struct record *from, const char *reason, struct run *run)
{
	const struct transition *tr = merge_transition(into->type);
	struct moving m = {.type = into->type, .into = into->id, .from = from->id};
	int64_t link;
	TRY(merge_take(ctx, into, from));
	TRY(move_all(ctx, &m));
	TRY(close_from(ctx, &m, tr, reason));
	TRY(link_put(ctx, from, "duplicate", into, &link));
	run_put(run->body, "link", json_integer(link));
	run_put(run->body, "over", json_true());
	return ERR_OK;
}

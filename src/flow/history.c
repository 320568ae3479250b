/* history.c: a record's states, read backwards from its events. */
#include "flow/history.h"

#include <string.h>

#include "flow/event.h"
#include "model/compute.h"

static enum err events_read(struct ctx *ctx, struct history *h, int64_t id)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	h->list = ARENA_ARRAY(ctx->arena, HISTORY_EVENTS_MAX + 1, struct past);
	const char **bodies = ARENA_ARRAY(ctx->arena, HISTORY_EVENTS_MAX + 1, const char *);
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, coalesce(actor, 0), kind, body from event where record = :record order by id desc "
	        "limit :n");
	sql_int(&q, "record", id);
	sql_int(&q, "n", HISTORY_EVENTS_MAX + 1);
	TRY(sql_rows(ctx, &q, &rows));
	while (n <= HISTORY_EVENTS_MAX && rows_next(rows)) {
		h->list[n] =
		        (struct past){.id = rows_int(rows, 0), .at = rows_int(rows, 1), .actor = rows_int(rows, 2)};
		h->list[n].kind = arena_strdup(ctx->arena, rows_text(rows, 3, NULL));
		bodies[n++] = arena_strdup(ctx->arena, rows_text(rows, 4, NULL));
	}
	TRY(rows_done(rows));
	h->whole = n <= HISTORY_EVENTS_MAX;
	h->n = h->whole ? n : HISTORY_EVENTS_MAX;
	for (size_t i = 0; i < h->n; i++) {
		json_t *tree = NULL;
		if (bodies[i] != NULL)
			TRY(json_parse(ctx, bodies[i], strlen(bodies[i]), &tree));
		h->list[i].tree = tree;
	}
	/* Oldest first. */
	for (size_t i = 0; i < h->n / 2; i++) {
		struct past x = h->list[i];
		h->list[i] = h->list[h->n - 1 - i];
		h->list[h->n - 1 - i] = x;
	}
	return ERR_OK;
}

/* What follows from the rest is not told by events. */
static void derived_follow(struct ctx *ctx, struct record *r)
{
	const char *name = record_text(r, "state");
	const struct state *state = name ? type_state(r->type, name) : NULL;
	if (state != NULL && state->stage != STAGE_NONE)
		record_put(r, "stage", value_text(stage_name(state->stage)));
	record_compute(ctx, r); /* of what is too large now, what was there stays */
}

/* A copy with one side of all changes put in; the record itself where there are none. */
static struct record *side_put(struct ctx *ctx, struct record *r, const json_t *changes, const char *side)
{
	if (json_array_size(changes) == 0)
		return r;
	struct record *copy = record_copy(ctx, r);
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *change = json_array_get(changes, i);
		const char *name = json_string_value(json_object_get(change, "field"));
		const struct field *f = name ? type_field(r->type, name) : NULL;
		if (f != NULL && f->kind != FIELD_COMPUTED && !field_is_base(f))
			field_back(ctx, copy, f, json_object_get(change, side));
	}
	derived_follow(ctx, copy);
	return copy;
}

struct record *firing_undone(struct ctx *ctx, struct record *r, const json_t *firing)
{
	return side_put(ctx, r, json_object_get(json_object_get(firing, "did"), "changes"), "before");
}

struct record *firing_done(struct ctx *ctx, struct record *r, const json_t *firing)
{
	return side_put(ctx, r, json_object_get(json_object_get(firing, "did"), "changes"), "after");
}

/* What came by itself changed the record in one event and was told in the next. */
static const json_t *rules_of(const struct history *h, size_t i)
{
	const struct past *p = &h->list[i], *next = i + 1 < h->n ? &h->list[i + 1] : NULL;
	const json_t *own = json_object_get(p->tree, "rules");
	if (own != NULL && strcmp(p->kind, "rule_fired") != 0 && strcmp(p->kind, "rule_stopped") != 0)
		return own;
	if (strcmp(p->kind, "changed") == 0 && p->actor == 0 && next != NULL && next->at == p->at &&
	    strcmp(next->kind, "rule_fired") == 0)
		return json_object_get(next->tree, "rules");
	return NULL;
}

enum err history_read(struct ctx *ctx, const struct type *t, int64_t id, struct history *ret_history)
{
	struct history h = {.type = t};
	struct record *now;
	TRY(record_load(ctx, t, id, &now));
	TRY(events_read(ctx, &h, id));
	for (size_t i = h.n; i > 0; i--) {
		struct past *p = &h.list[i - 1];
		p->after = now;
		p->rules = rules_of(&h, i - 1);
		p->acted = now;
		for (size_t k = json_array_size(p->rules); k > 0; k--)
			p->acted = firing_undone(ctx, p->acted, json_array_get(p->rules, k - 1));
		now = side_put(ctx, now, json_object_get(p->tree, "changes"), "before");
		if (now != p->after)
			now->updated_at = i > 1 ? h.list[i - 2].at : now->created_at;
		if (now != p->after && event_raises_version(p->kind))
			now->version--;
	}
	*ret_history = h;
	return ERR_OK;
}

const struct record *history_before(const struct history *h, size_t i)
{
	return i > 0 ? h->list[i - 1].after : NULL;
}

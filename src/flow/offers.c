/* offers.c: which transitions a record offers to this user, and why not. */
#include <string.h>

#include "flow/approval.h"
#include "flow/relate.h"

struct fills {
	const struct transition *tr;
	bool any;
	int depth; /* of computed fields within computed fields */
};

enum { COMPUTED_DEPTH_MAX = 8 };

struct guard {
	const struct filter *when;
	bool holds;
};

/* One record, while what it offers is judged. */
struct offering {
	const struct record *record;
	struct round *round; /* of an approval that runs; NULL: none */
	struct guard *guards;
	size_t n_guards;
};

static bool fills_field(void *arg, const struct field *f)
{
	struct fills *fills = arg;
	for (size_t i = 0; i < fills->tr->n_asks; i++)
		fills->any = fills->any || fills->tr->asks[i].field == f;
	for (size_t i = 0; i < fills->tr->n_needs; i++)
		fills->any = fills->any || fills->tr->needs[i] == f;
	if (!fills->any && f->kind == FIELD_COMPUTED && f->is != NULL && fills->depth < COMPUTED_DEPTH_MAX) {
		fills->depth++;
		filter_each_field(f->is, fills_field, fills);
		fills->depth--;
	}
	return !fills->any;
}

/* A guard over what the transition itself asks for can't be judged before it is filled in,
 * directly or by way of a computed field. */
static bool guard_is_open(const struct transition *tr)
{
	struct fills fills = {.tr = tr};
	filter_each_field(tr->when, fills_field, &fills);
	return fills.any;
}

/* A guard that several transitions share is asked once. */
static enum err guard_holds(struct ctx *ctx, struct offering *o, const struct filter *when, bool *ret_holds)
{
	for (size_t i = 0; i < o->n_guards; i++) {
		if (o->guards[i].when == when) {
			*ret_holds = o->guards[i].holds;
			return ERR_OK;
		}
	}
	TRY(filter_holds(ctx, when, o->record, ret_holds));
	o->guards[o->n_guards++] = (struct guard){when, *ret_holds};
	return ERR_OK;
}

static enum err offer_judge(struct ctx *ctx, struct offering *o, struct transition_offer *offer)
{
	const struct record *r = o->record;
	const struct transition *tr = offer->transition;
	bool by, holds = true, votes = true;
	TRY(transition_by(ctx, r, tr, &by));
	if (!by && !(o->round != NULL && round_seats_him(ctx, o->round, tr))) {
		/* While a round runs, it is that which says who decides. */
		if (o->round != NULL)
			TRY(approvals_offer(ctx, o->round, tr, &votes, &offer->why));
		if (votes)
			offer->why = transition_who(ctx, r->type, tr);
		return ERR_OK;
	}
	/* Doing what ends a round is a vote in it. */
	if (o->round != NULL)
		TRY(approvals_offer(ctx, o->round, tr, &votes, &offer->why));
	if (!votes)
		return ERR_OK;
	if (tr->when != NULL)
		TRY(guard_holds(ctx, o, tr->when, &holds));
	if (tr->unblocked && is_blocked(r)) {
		offer->waits = true;
		return blocked_words(ctx, r, &offer->why);
	}
	offer->allowed = holds || guard_is_open(tr);
	offer->waits = !offer->allowed;
	if (!offer->allowed)
		offer->why = tr->otherwise.zh       ? label_in(&tr->otherwise, ctx->lang)
		             : ctx->lang == LANG_EN ? "its condition does not hold"
		                                    : "条件不满足";
	return ERR_OK;
}

/* The bit of the record's state; 0: it has none. */
static uint64_t state_bit(const struct record *r)
{
	const struct field *f = r->type->state_field;
	const char *name = f && r->values[f->at].kind == VALUE_TEXT ? r->values[f->at].s : NULL;
	const struct state *state = name ? type_state(r->type, name) : NULL;
	size_t at = state ? (size_t)(state - r->type->states) : STATE_BITS;
	return at < STATE_BITS ? UINT64_C(1) << at : 0;
}

static bool leads_on(const struct record *r, const struct transition *tr, uint64_t here)
{
	return here ? (tr->from_states & here) != 0 : transition_from(r, tr);
}

enum err flow_offers(struct ctx *ctx, const struct record *r, struct transition_offer **ret_offers, size_t *ret_n)
{
	const struct type *t = r->type;
	struct transition_offer *offers = ARENA_ARRAY(ctx->arena, t->n_transitions + 1, struct transition_offer);
	struct offering o = {.record = r, .guards = ARENA_ARRAY(ctx->arena, t->n_transitions + 1, struct guard)};
	uint64_t here = state_bit(r);
	size_t n = 0;
	enum err reads = access_check(ctx, r, ACCESS_READ);
	if (reads != ERR_OK && reads != ERR_NOT_FOUND)
		return reads;
	if (t->approves)
		TRY(round_of(ctx, r->id, ROUND_RUNNING, &o.round));
	for (size_t i = 0; i < t->n_transitions; i++) {
		const struct transition *tr = &t->transitions[i];
		if (tr->quiet || !leads_on(r, tr, here) || !chain_applies(ctx, r, tr))
			continue;
		if (reads != ERR_OK && !(tr->glance && access_may_glance(ctx, t)))
			continue;
		offers[n] = (struct transition_offer){.transition = tr};
		TRY(offer_judge(ctx, &o, &offers[n]));
		n++;
	}
	*ret_offers = offers;
	*ret_n = n;
	return ERR_OK;
}

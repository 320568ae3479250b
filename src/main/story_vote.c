/* story_vote.c: votes in stories, and how an approval must stand. */
#include <string.h>

#include "flow/approval.h"
#include "main/story.h"
#include "model/who.h"

static enum err round_on(struct ctx *ctx, struct story *s, const struct yaml_node *step, struct round **ret_round)
{
	const char *name = yaml_text(yaml_get(step, "on"));
	const struct handle *h = name ? story_handle(s, name) : NULL;
	if (h == NULL)
		return story_fault(s, step, "on: there is no %s", name ? name : "handle");
	TRY(round_of(ctx, h->id, ROUND_LAST, ret_round));
	return *ret_round != NULL ? ERR_OK : story_fault(s, step, "%s was never handed in for approval", name);
}

/* {as: manager, vote: approve, on: $c, reason: 同意} */
enum err story_vote(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *vote = yaml_text(yaml_get(step, "vote"));
	struct round *round, after;
	TRY(round_on(ctx, s, step, &round));
	return flow_vote(ctx, round->id, yaml_text(yaml_get(step, "step")), vote ? vote : "",
	                 yaml_text(yaml_get(step, "reason")), &after);
}

static enum err waits_check(struct ctx *ctx, struct story *s, const struct yaml_node *step, const struct round *round)
{
	const struct yaml_node *list = yaml_get(step, "waits");
	size_t waiting = 0;
	for (size_t i = 0; round_runs(round) && i < round->n_seats; i++)
		waiting += seat_waits(round, &round->seats[i]);
	if (waiting != list->n)
		return story_fault(s, step, "it waits for %zu, not %zu", waiting, list->n);
	for (size_t i = 0; i < list->n; i++) {
		struct yaml_node as = *step;
		struct yaml_node key = {.kind = YAML_TEXT, .text = "as"}, *keys[] = {&key}, *items[] = {list->items[i]};
		as.keys = keys;
		as.items = items;
		as.n = 1;
		TRY(story_who(ctx, s, &as));
		if (round_seat_of(ctx, round) == NULL)
			return story_fault(s, step, "it does not wait for %s", list->items[i]->text);
	}
	return ERR_OK;
}

/* {approval: running, on: $c, step: joint, round: 2, waits: [finance, lead]}; inside store_read. */
enum err story_approval(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *state = yaml_text(yaml_get(step, "approval")), *at = yaml_text(yaml_get(step, "step"));
	struct round *round;
	int64_t number;
	TRY(round_on(ctx, s, step, &round));
	if (state == NULL || strcmp(round->state, state) != 0)
		return story_fault(s, step, "the approval is %s", round->state);
	const char *stands = round->step < (int)round->n_steps ? round->steps[round->step].name : "";
	if (at != NULL && strcmp(at, stands) != 0)
		return story_fault(s, step, "it stands in the step %s", stands);
	if (yaml_int(yaml_get(step, "round"), &number) && number != round->number)
		return story_fault(s, step, "it is round %d", round->number);
	return yaml_get(step, "waits") != NULL ? waits_check(ctx, s, step, round) : ERR_OK;
}

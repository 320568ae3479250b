/* approval_json.c: rounds as the record's page, lists and timelines show them. */
#include <string.h>

#include "base/ids.h"
#include "flow/approval.h"
#include "flow/chain_out.h"
#include "flow/effect.h"
#include "model/sight.h"

/* ---- one round -------------------------------------------------------------------------------------------- */

static void names_want(struct ctx *ctx, struct labels *names, const struct round *round)
{
	const struct type *user = ctx->model->user;
	labels_want_record(names, user, round->started_by);
	labels_want_record(names, user, round->ended_by);
	for (size_t i = 0; i < round->n_seats; i++) {
		labels_want_record(names, user, round->seats[i].user);
		labels_want_record(names, user, round->seats[i].stands_for);
		labels_want_record(names, user, round->seats[i].voted_by);
	}
}

static void text_write(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

static void words_write(struct json_out *out, const char *key, const char *const *words)
{
	json_key(out, key);
	json_open(out, '[');
	for (; *words != NULL; words++)
		json_text(out, *words);
	json_close(out, ']');
}

static void person_write(struct ctx *ctx, struct json_out *out, const struct labels *names, const char *key, int64_t id)
{
	json_key(out, key);
	person_write_json(out, names, ctx->model->user, id);
}

static void seat_write(struct ctx *ctx, const struct round *round, const struct vote_seat *s,
                       const struct labels *names, struct json_out *out)
{
	json_open(out, '{');
	person_write(ctx, out, names, "user", s->user);
	person_write(ctx, out, names, "for", s->stands_for);
	text_write(out, "vote", s->vote);
	text_write(out, "reason", s->reason);
	json_at(out, "at", s->vote != NULL && strcmp(s->vote, "dropped") != 0 ? s->voted_at : 0);
	json_key(out, "waits");
	json_bool(out, round_runs(round) && seat_waits(round, s));
	json_at(out, "asked_at", s->asked_at);
	json_at(out, "due", s->due_at);
	if (s->scan != 0) {
		json_key(out, "scan");
		json_id(out, s->scan);
		person_write(ctx, out, names, "by", s->voted_by);
	}
	json_close(out, '}');
}

/* done, now, ahead; of the last one that was come to in a round that ended otherwise, how it ended. */
static const char *step_state(const struct round *round, int at)
{
	bool approved = strcmp(round->state, "approved") == 0;
	if (at < round->step || approved)
		return "done";
	if (at > round->step)
		return "ahead";
	return round_runs(round) ? "now" : round->state;
}

static void step_write(struct ctx *ctx, const struct round *round, int at, const struct labels *names,
                       struct json_out *out)
{
	const struct round_step *s = &round->steps[at];
	json_open(out, '{');
	text_write(out, "name", s->name);
	json_label(out, "label", &s->label);
	text_write(out, "state", step_state(round, at));
	json_key(out, "need");
	if (s->need == NEED_NUMBER)
		json_int(out, s->number);
	else
		json_text(out, need_word(s->need));
	json_key(out, "quorum");
	if (s->quorum > 0)
		json_int(out, s->quorum);
	else
		json_none(out);
	json_key(out, "serial");
	json_bool(out, s->serial);
	json_key(out, "seats");
	json_open(out, '[');
	for (size_t i = 0; i < round->n_seats; i++)
		if (round->seats[i].step == at)
			seat_write(ctx, round, &round->seats[i], names, out);
	json_close(out, ']');
	json_close(out, '}');
}

/* Rounds that lock, of whatever route. */
struct locking {
	const struct round *list;
	size_t n;
};

static bool is_named(const struct locking *l, const char *field)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->list[i].n_locks; k++)
			if (strcmp(l->list[i].locks[k], field) == 0)
				return true;
	return false;
}

static void locked_write(struct ctx *ctx, const struct locking *l, const struct record *r, struct json_out *out)
{
	bool any = false, all = false;
	for (size_t i = 0; i < l->n; i++) {
		all = all || l->list[i].locks_all;
		any = any || l->list[i].n_locks > 0;
	}
	json_key(out, "locked");
	if (!all && !any) {
		json_none(out);
		return;
	}
	if (all) {
		json_text(out, "all");
		return;
	}
	json_open(out, '[');
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		if (is_named(l, f->name) && access_field(ctx, f) != SIGHT_HIDDEN)
			json_text(out, f->name);
	}
	json_close(out, ']');
}

static struct locking locking_alone(const struct round *round)
{
	bool locks = round_runs(round) || (strcmp(round->state, "approved") == 0 && round->freed_at == 0);
	return (struct locking){round, locks ? 1 : 0};
}

static void votes_write(const struct ctx *ctx, const struct round *round, struct json_out *out)
{
	const struct vote_seat *mine = round_seat_of(ctx, round);
	struct votes v = {0};
	if (mine != NULL)
		v = round_votes(ctx, round);
	json_key(out, "may_vote");
	json_bool(out, mine != NULL);
	words_write(out, "votes", v.may);
	words_write(out, "needs_reason", v.reason);
}

static void round_write(struct ctx *ctx, const struct round *round, const struct record *r, const struct labels *names,
                        int rounds, const struct locking *locking, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, round->id);
	text_write(out, "route", round->route);
	json_label(out, "label", &round->label);
	text_write(out, "state", round->state);
	json_key(out, "round");
	json_int(out, round->number);
	json_key(out, "standing");
	json_bool(out, round->standing);
	json_at(out, "started_at", round->started_at);
	person_write(ctx, out, names, "by", round->started_by);
	json_at(out, "ended_at", round->ended_at);
	person_write(ctx, out, names, "ended_by", round->ended_at != 0 ? round->ended_by : 0);
	json_key(out, "steps");
	json_open(out, '[');
	for (size_t i = 0; i < round->n_steps; i++)
		step_write(ctx, round, (int)i, names, out);
	json_close(out, ']');
	votes_write(ctx, round, out);
	locked_write(ctx, locking, r, out);
	json_key(out, "rounds");
	json_int(out, rounds);
	json_close(out, '}');
}

static enum err rounds_count(struct ctx *ctx, int64_t record, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from approval where record = :record");
	sql_int(&q, "record", record);
	return sql_one_int(ctx, &q, ret_n);
}

enum err round_write_json(struct ctx *ctx, const struct round *round, const struct record *r, struct json_out *out)
{
	struct locking locking;
	struct labels names;
	struct round *list;
	int64_t n;
	labels_init(&names, ctx);
	names_want(ctx, &names, round);
	TRY(labels_resolve(&names));
	TRY(rounds_count(ctx, round->record, &n));
	TRY(rounds_locking(ctx, round->record, &list, &locking.n));
	locking.list = list;
	round_write(ctx, round, r, &names, (int)n, &locking, out);
	return ERR_OK;
}

enum err approval_write_json(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct round *round;
	if (!r->type->approves)
		return ERR_OK;
	JSON_KEY(out, "approval");
	TRY(round_of(ctx, r->id, ROUND_LAST, &round));
	if (round != NULL)
		return round_write_json(ctx, round, r, out);
	json_none(out);
	return ERR_OK;
}

enum err approval_rounds_write_json(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	struct labels names;
	struct round *list;
	size_t n = 0;
	TRY(rounds_of(ctx, r->id, &list, &n));
	labels_init(&names, ctx);
	for (size_t i = 0; i < n; i++)
		names_want(ctx, &names, &list[i]);
	TRY(labels_resolve(&names));
	json_open(out, '{');
	json_key(out, "rounds");
	json_open(out, '[');
	for (size_t i = n; i > 0; i--) {
		struct locking alone = locking_alone(&list[i - 1]);
		round_write(ctx, &list[i - 1], r, &names, (int)n, &alone, out);
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

/* ---- on the timeline -------------------------------------------------------------------------------------- */

static enum err person_of(struct ctx *ctx, const json_t *said, const char *key, struct json_out *out)
{
	const char *text = json_string_value(json_object_get(said, key));
	int64_t id = 0;
	if (text != NULL && !id_parse(text, &id))
		id = 0;
	return person_json(ctx, out, key, id);
}

enum err approval_event_write(struct ctx *ctx, const json_t *tree, struct json_out *out)
{
	static const char *const kept[] = {"id",       "route", "label", "round", "state",
	                                   "standing", "step",  "vote",  "scan"};
	const json_t *said = json_object_get(tree, "approval");
	if (!json_is_object(said))
		return ERR_OK;
	json_key(out, "approval");
	json_open(out, '{');
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const json_t *j = json_object_get(said, kept[i]);
		if (j == NULL)
			continue;
		json_key(out, kept[i]);
		json_tree(out, j);
	}
	TRY(person_of(ctx, said, "for", out));
	json_close(out, '}');
	return ERR_OK;
}

/* ---- what a route would do ---------------------------------------------------------------------------------- */

enum err effect_of_approval(struct ctx *ctx, const struct approval_route *route, struct json_out *out)
{
	struct sql q;
	int64_t running;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from approval where state = 'running' and route = :route");
	sql_text(&q, "route", route->name);
	TRY(sql_one_int(ctx, &q, &running));
	json_open(out, '{');
	json_key(out, "running");
	json_int(out, running);
	json_key(out, "steps");
	json_open(out, '[');
	for (size_t i = 0; i < route->n_steps; i++) {
		size_t n;
		bool known;
		TRY(step_people_known(ctx, &route->steps[i], &n, &known));
		json_open(out, '{');
		text_write(out, "name", route->steps[i].name);
		json_label(out, "label", &route->steps[i].label);
		json_key(out, "people");
		if (known)
			json_int(out, (int64_t)n);
		else
			json_none(out);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

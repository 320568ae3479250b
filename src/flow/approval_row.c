/* approval_row.c: rounds and seats as their rows have them; the route of a round stands in its body. */
#include <string.h>

#include "base/ids.h"
#include "flow/approval.h"
#include "model/labels.h"

enum { BODY_BYTES = 64 << 10, ROUNDS_MAX = 500, LOCKING_MAX = 20, SEATS_MAX = 8000 };

static const char *const needs[] = {"all", "any", "majority", "number"};

const char *need_word(enum approval_need need)
{
	return needs[need];
}

/* ---- the route, written ------------------------------------------------------------------------------ */

static void word_write(struct json_out *out, const char *key, const char *word)
{
	if (word == NULL)
		return;
	json_key(out, key);
	json_text(out, word);
}

static void words_write(struct json_out *out, const char *key, const char **words, size_t n)
{
	json_key(out, key);
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		json_text(out, words[i]);
	json_close(out, ']');
}

static void fields_write(struct json_out *out, const char *key, const struct field **list, size_t n)
{
	json_key(out, key);
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		json_text(out, list[i]->name);
	json_close(out, ']');
}

static void step_write(struct json_out *out, const struct approval_step *s)
{
	json_open(out, '{');
	word_write(out, "name", s->name);
	json_label(out, "label", &s->label);
	json_key(out, "need");
	json_int(out, s->need);
	json_key(out, "number");
	json_int(out, s->number);
	json_key(out, "quorum");
	json_int(out, s->quorum);
	json_key(out, "serial");
	json_bool(out, s->serial);
	json_key(out, "own");
	json_bool(out, s->own);
	word_write(out, "due", s->due);
	words_write(out, "escalate", s->escalate, s->n_escalate);
	json_close(out, '}');
}

static const char *body_of(struct ctx *ctx, const struct round *round, const struct approval_route *route,
                           const bool *taken)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_label(&out, "label", &route->label);
	word_write(&out, "approved", route->approved);
	word_write(&out, "refused", route->refused);
	word_write(&out, "returned", route->returned);
	word_write(&out, "withdraw", route->withdraw);
	words_write(&out, "reopen", route->reopen, route->n_reopen);
	json_key(&out, "locks_all");
	json_bool(&out, route->locks_all);
	json_key(&out, "standing");
	json_bool(&out, round->standing);
	fields_write(&out, "locks", route->locks, route->n_locks);
	fields_write(&out, "summary", route->summary, route->n_summary);
	word_write(&out, "scan", route->scan ? route->scan->name : NULL);
	json_key(&out, "steps");
	json_open(&out, '[');
	for (size_t i = 0; i < route->n_steps; i++)
		if (taken[i])
			step_write(&out, &route->steps[i]);
	json_close(&out, ']');
	json_close(&out, '}');
	return b.over ? "{}" : b.data;
}

/* ---- and read ------------------------------------------------------------------------------------------ */

static const char *word_read(struct ctx *ctx, const json_t *j, const char *key)
{
	const char *word = json_string_value(json_object_get(j, key));
	return word ? arena_strdup(ctx->arena, word) : NULL;
}

static const char **words_read(struct ctx *ctx, const json_t *j, const char *key, size_t *ret_n)
{
	const json_t *list = json_object_get(j, key);
	size_t n = json_array_size(list);
	const char **words = ARENA_ARRAY(ctx->arena, n + 1, const char *);
	*ret_n = 0;
	for (size_t i = 0; i < n; i++)
		if (json_is_string(json_array_get(list, i)))
			words[(*ret_n)++] = arena_strdup(ctx->arena, json_string_value(json_array_get(list, i)));
	return words;
}

static struct label label_read(struct ctx *ctx, const json_t *j, const char *name)
{
	const json_t *label = json_object_get(j, "label");
	struct label l = {word_read(ctx, label, "zh"), word_read(ctx, label, "en")};
	if (l.zh == NULL)
		l.zh = name;
	return l;
}

static int int_read(const json_t *j, const char *key)
{
	return (int)json_integer_value(json_object_get(j, key));
}

static void step_read(struct ctx *ctx, const json_t *j, struct round_step *s)
{
	int need = int_read(j, "need");
	s->name = word_read(ctx, j, "name");
	s->name = s->name ? s->name : "";
	s->label = label_read(ctx, j, s->name);
	s->need = need >= NEED_ALL && need <= NEED_NUMBER ? (enum approval_need)need : NEED_ALL;
	s->number = int_read(j, "number");
	s->quorum = int_read(j, "quorum");
	s->serial = json_is_true(json_object_get(j, "serial"));
	s->own = json_is_true(json_object_get(j, "own"));
	s->due = word_read(ctx, j, "due");
	s->escalate = words_read(ctx, j, "escalate", &s->n_escalate);
}

static enum err body_read(struct ctx *ctx, const char *body, struct round *round)
{
	json_t *j;
	TRY(json_parse(ctx, body ? body : "{}", body ? strlen(body) : 2, &j));
	const json_t *steps = json_object_get(j, "steps");
	round->label = label_read(ctx, j, round->route);
	round->approved = word_read(ctx, j, "approved");
	round->refused = word_read(ctx, j, "refused");
	round->returned = word_read(ctx, j, "returned");
	round->withdraw = word_read(ctx, j, "withdraw");
	round->reopen = words_read(ctx, j, "reopen", &round->n_reopen);
	round->locks_all = json_is_true(json_object_get(j, "locks_all"));
	round->standing = json_is_true(json_object_get(j, "standing"));
	round->locks = words_read(ctx, j, "locks", &round->n_locks);
	round->summary = words_read(ctx, j, "summary", &round->n_summary);
	round->scan = word_read(ctx, j, "scan");
	round->n_steps = json_array_size(steps);
	round->steps = ARENA_ARRAY(ctx->arena, round->n_steps + 1, struct round_step);
	for (size_t i = 0; i < round->n_steps; i++)
		step_read(ctx, json_array_get(steps, i), &round->steps[i]);
	return ERR_OK;
}

static enum err seats_read(struct ctx *ctx, struct round *round)
{
	struct sql q;
	struct rows *rows;
	size_t cap = 8;
	round->seats = ARENA_ARRAY(ctx->arena, cap, struct vote_seat);
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select id, step, place, user_id, stands_for, asked_at, due_at, told, vote, reason, voted_at, voted_by, "
	    "scan from approval_seat where approval = :id order by step, place, id");
	sql_int(&q, "id", round->id);
	TRY(sql_rows(ctx, &q, &rows));
	while (round->n_seats < SEATS_MAX && rows_next(rows)) {
		if (round->n_seats == cap) {
			struct vote_seat *more = ARENA_ARRAY(ctx->arena, 2 * cap, struct vote_seat);
			memcpy(more, round->seats, cap * sizeof(*more));
			round->seats = more;
			cap *= 2;
		}
		const char *vote = rows_text(rows, 8, NULL), *reason = rows_text(rows, 9, NULL);
		round->seats[round->n_seats++] =
		        (struct vote_seat){.id = rows_int(rows, 0),
		                           .step = (int)rows_int(rows, 1),
		                           .place = (int)rows_int(rows, 2),
		                           .user = rows_int(rows, 3),
		                           .stands_for = rows_int(rows, 4),
		                           .asked_at = rows_int(rows, 5),
		                           .due_at = rows_int(rows, 6),
		                           .told = (int)rows_int(rows, 7),
		                           .vote = vote ? arena_strdup(ctx->arena, vote) : NULL,
		                           .reason = reason ? arena_strdup(ctx->arena, reason) : NULL,
		                           .voted_at = rows_int(rows, 10),
		                           .voted_by = rows_int(rows, 11),
		                           .scan = rows_int(rows, 12)};
	}
	return rows_done(rows);
}

/* Rows first, what hangs on each after them. */
static enum err rounds_read(struct ctx *ctx, struct sql *q, size_t most, struct round **ret_list, size_t *ret_n)
{
	struct rows *rows;
	struct round *list = ARENA_ARRAY(ctx->arena, most, struct round);
	const char **bodies = ARENA_ARRAY(ctx->arena, most, const char *);
	size_t n = 0;
	TRY(sql_rows(ctx, q, &rows));
	while (n < most && rows_next(rows)) {
		const char *body = rows_text(rows, 11, NULL);
		bodies[n] = body ? arena_strdup(ctx->arena, body) : NULL;
		list[n++] = (struct round){.id = rows_int(rows, 0),
		                           .type = arena_strdup(ctx->arena, rows_text(rows, 1, NULL)),
		                           .record = rows_int(rows, 2),
		                           .route = arena_strdup(ctx->arena, rows_text(rows, 3, NULL)),
		                           .number = (int)rows_int(rows, 4),
		                           .state = arena_strdup(ctx->arena, rows_text(rows, 5, NULL)),
		                           .step = (int)rows_int(rows, 6),
		                           .started_at = rows_int(rows, 7),
		                           .started_by = rows_int(rows, 8),
		                           .ended_at = rows_int(rows, 9),
		                           .ended_by = rows_int(rows, 10),
		                           .freed_at = rows_int(rows, 12)};
	}
	TRY(rows_done(rows));
	for (size_t i = 0; i < n; i++) {
		TRY(body_read(ctx, bodies[i], &list[i]));
		TRY(seats_read(ctx, &list[i]));
	}
	*ret_list = list;
	*ret_n = n;
	return ERR_OK;
}

static void select_rounds(struct sql *q, struct arena *a)
{
	sql_init(q, a);
	SQL(q, "select id, type, record, route, round, state, step, started_at, started_by, ended_at, ended_by, body, "
	       "freed_at from approval where ");
}

enum err round_load(struct ctx *ctx, int64_t id, struct round *ret_round)
{
	struct sql q;
	struct round *list;
	size_t n;
	select_rounds(&q, ctx->arena);
	SQL(&q, "id = :id");
	sql_int(&q, "id", id);
	TRY(rounds_read(ctx, &q, 1, &list, &n));
	if (n == 0)
		return ERR_NOT_FOUND;
	*ret_round = list[0];
	return ERR_OK;
}

enum err round_of(struct ctx *ctx, int64_t record, enum round_which which, struct round **ret_round)
{
	struct sql q;
	struct round *list;
	size_t n;
	select_rounds(&q, ctx->arena);
	SQL(&q, "record = :record");
	if (which == ROUND_RUNNING)
		SQL(&q, " and state = 'running'");
	SQL(&q, " order by id desc limit 1");
	sql_int(&q, "record", record);
	TRY(rounds_read(ctx, &q, 1, &list, &n));
	*ret_round = n > 0 ? &list[0] : NULL;
	return ERR_OK;
}

enum err rounds_locking(struct ctx *ctx, int64_t record, struct round **ret_list, size_t *ret_n)
{
	struct sql q;
	select_rounds(&q, ctx->arena);
	SQL(&q, "record = :record and (state = 'running' or (state = 'approved' and freed_at is null)) order by id "
	        "desc limit :n");
	sql_int(&q, "record", record);
	sql_int(&q, "n", LOCKING_MAX);
	return rounds_read(ctx, &q, LOCKING_MAX, ret_list, ret_n);
}

enum err rounds_free(struct ctx *ctx, int64_t record, const char *route, bool *ret_any)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "update approval set freed_at = :now where record = :record and route = :route and state = 'approved' "
	        "and freed_at is null");
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "record", record);
	sql_text(&q, "route", route);
	TRY(sql_run(ctx, &q, &n));
	*ret_any = n > 0;
	return ERR_OK;
}

enum err rounds_unfree(struct ctx *ctx, int64_t record, int64_t since_ms)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "update approval set freed_at = null where record = :record and state = 'approved' and freed_at >= :since");
	sql_int(&q, "record", record);
	sql_int(&q, "since", since_ms);
	return sql_run(ctx, &q, NULL);
}

enum err rounds_of(struct ctx *ctx, int64_t record, struct round **ret_list, size_t *ret_n)
{
	struct sql q;
	select_rounds(&q, ctx->arena);
	SQL(&q, "record = :record order by id");
	sql_int(&q, "record", record);
	return rounds_read(ctx, &q, ROUNDS_MAX, ret_list, ret_n);
}

enum err round_number_next(struct ctx *ctx, int64_t record, const char *route, int *ret_number)
{
	struct sql q;
	int64_t n;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(round), 0) + 1 from approval where record = :record and route = :route");
	sql_int(&q, "record", record);
	sql_text(&q, "route", route);
	TRY(sql_one_int(ctx, &q, &n));
	*ret_number = (int)n;
	return ERR_OK;
}

/* ---- writing -------------------------------------------------------------------------------------------- */

enum err round_insert(struct ctx *ctx, struct round *round, const struct approval_route *route, const bool *taken)
{
	struct sql q;
	const char *body = body_of(ctx, round, route, taken);
	round->id = ids_next(ctx->ids, ctx->now_ms);
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into approval (id, type, record, route, round, state, step, started_at, started_by, body) values "
	    "(:id, :type, :record, :route, :round, :state, :step, :at, :by, :body)");
	sql_int(&q, "id", round->id);
	sql_text(&q, "type", round->type);
	sql_int(&q, "record", round->record);
	sql_text(&q, "route", round->route);
	sql_int(&q, "round", round->number);
	sql_text(&q, "state", round->state);
	sql_int(&q, "step", round->step);
	sql_int(&q, "at", round->started_at);
	sql_int_or_null(&q, "by", round->started_by);
	sql_text(&q, "body", body);
	TRY(sql_run(ctx, &q, NULL));
	return body_read(ctx, body, round);
}

enum err round_update(struct ctx *ctx, const struct round *round)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "update approval set state = :state, step = :step, ended_at = :ended, ended_by = :by, freed_at = :freed "
	    "where id = :id");
	sql_text(&q, "state", round->state);
	sql_int(&q, "step", round->step);
	sql_int_or_null(&q, "ended", round->ended_at);
	sql_int_or_null(&q, "by", round->ended_by);
	sql_int_or_null(&q, "freed", round->freed_at);
	sql_int(&q, "id", round->id);
	return sql_run(ctx, &q, NULL);
}

enum err seat_insert(struct ctx *ctx, const struct round *round, struct vote_seat *seat)
{
	struct sql q;
	seat->id = ids_next(ctx->ids, ctx->now_ms);
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into approval_seat (id, approval, step, place, user_id, told) values (:id, :approval, :step, "
	        ":place, "
	        ":user, 0)");
	sql_int(&q, "id", seat->id);
	sql_int(&q, "approval", round->id);
	sql_int(&q, "step", seat->step);
	sql_int(&q, "place", seat->place);
	sql_int(&q, "user", seat->user);
	return sql_run(ctx, &q, NULL);
}

enum err seat_update(struct ctx *ctx, const struct vote_seat *seat)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update approval_seat set user_id = :user, stands_for = :for, asked_at = :asked, due_at = :due, told = "
	        ":told, "
	        "vote = :vote, reason = :reason, voted_at = :at, voted_by = :by, scan = :scan where id = :id");
	sql_int(&q, "user", seat->user);
	sql_int_or_null(&q, "for", seat->stands_for);
	sql_int_or_null(&q, "asked", seat->asked_at);
	sql_int_or_null(&q, "due", seat->due_at);
	sql_int(&q, "told", seat->told);
	sql_text(&q, "vote", seat->vote);
	sql_text(&q, "reason", seat->reason);
	sql_int_or_null(&q, "at", seat->voted_at);
	sql_int_or_null(&q, "by", seat->voted_by);
	sql_int_or_null(&q, "scan", seat->scan);
	sql_int(&q, "id", seat->id);
	return sql_run(ctx, &q, NULL);
}

/* ---- looked over -------------------------------------------------------------------------------------------- */

enum { VERIFY_SLICE = 500 };

static const char *round_fault(struct ctx *ctx, struct rows *rows)
{
	int64_t id = rows_int(rows, 0), record = rows_int(rows, 2);
	bool runs = strcmp(rows_text(rows, 3, NULL), "running") == 0;
	const char *why = runs && rows_int(rows, 4) == 0     ? "waits for nobody"
	                  : !runs && rows_int(rows, 5) != 0  ? "has ended, but somebody is still to vote"
	                  : rows_int(rows, 6) == 0           ? "was never told of"
	                  : runs != (rows_int(rows, 7) == 0) ? "is not what its time of ending says"
	                                                     : NULL;
	return why ? arena_printf(ctx->arena, "approval %lld of %s %lld: it %s", (long long)id,
	                          rows_text(rows, 1, NULL), (long long)record, why)
	           : NULL;
}

enum err approvals_verify(struct ctx *ctx, int64_t after, void (*fault)(void *arg, const char *words), void *arg,
                          int64_t *ret_next)
{
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select a.id, a.type, a.record, a.state, "
	    "(select count(*) from approval_seat s where s.approval = a.id and s.step = a.step and s.vote is null and "
	    "s.asked_at is not null), "
	    "(select count(*) from approval_seat s where s.approval = a.id and s.vote is null), "
	    "(select count(*) from event e where e.record = a.record and e.kind = 'approval_started'), a.ended_at "
	    "from approval a where a.id > :after order by a.id limit :n");
	sql_int(&q, "after", after);
	sql_int(&q, "n", VERIFY_SLICE);
	TRY(sql_rows(ctx, &q, &rows));
	*ret_next = 0;
	while (rows_next(rows)) {
		const char *words = round_fault(ctx, rows);
		if (words != NULL)
			fault(arg, words);
		after = rows_int(rows, 0);
		n++;
	}
	if (n == VERIFY_SLICE)
		*ret_next = after;
	return rows_done(rows);
}

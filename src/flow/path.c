/* path.c: the steps of a record's path, with when each was come to, left, and how often. */
#include "flow/path.h"

#include <string.h>

struct mark {
	int64_t at, until; /* the last time; until 0: it is there now */
	int n;
};

struct path {
	const struct type *type;
	struct mark *marks; /* by step */
	int now;            /* step; -1: none */
};

static int step_of(const struct type *t, const char *state, size_t len)
{
	for (size_t i = 0; i < t->n_path; i++)
		for (size_t k = 0; k < t->path[i].n_states; k++)
			if (strlen(t->path[i].states[k]) == len && memcmp(t->path[i].states[k], state, len) == 0)
				return (int)i;
	return -1;
}

struct path *path_start(struct ctx *ctx, const struct record *r)
{
	const struct type *t = r->type;
	if (t->n_path == 0)
		return NULL;
	struct path *p = ARENA_NEW(ctx->arena, struct path);
	p->type = t;
	p->marks = ARENA_ARRAY(ctx->arena, t->n_path, struct mark);
	p->now = -1;
	if (t->path[0].n_states == 0)
		p->marks[0] = (struct mark){.at = r->created_at, .until = r->created_at, .n = 1};
	return p;
}

/* The state as the event has it, {"field":"state",…,"after":"judged"}: a quote within a value is escaped there, so
 * these words can only be the change itself. */
static const char *state_after(const char *body, size_t len, size_t *ret_len)
{
	static const char needle[] = "{\"field\":\"state\",", word[] = "\"after\":\"";
	const char *end = body + len, *at = memmem(body, len, needle, sizeof(needle) - 1), *next;
	if (at == NULL)
		return NULL;
	at += sizeof(needle) - 1;
	next = memmem(at, (size_t)(end - at), "{\"field\":", 9);
	at = memmem(at, (size_t)((next ? next : end) - at), word, sizeof(word) - 1);
	if (at == NULL)
		return NULL;
	at += sizeof(word) - 1;
	next = memchr(at, '"', (size_t)(end - at));
	*ret_len = next ? (size_t)(next - at) : 0;
	return next ? at : NULL;
}

void path_event(struct path *p, int64_t at, const char *body, size_t len)
{
	size_t n;
	const char *state = state_after(body, len, &n);
	if (state == NULL)
		return;
	int step = step_of(p->type, state, n);
	if (step == p->now)
		return;
	if (p->now >= 0)
		p->marks[p->now].until = at;
	if (step >= 0) {
		p->marks[step].at = at;
		p->marks[step].until = 0;
		p->marks[step].n++;
	}
	p->now = step;
}

static const char *word_of(const struct path *p, const struct record *r, size_t i)
{
	const char *name = record_text(r, "state");
	const struct state *state = name ? type_state(r->type, name) : NULL;
	bool over = state != NULL && state->stage == STAGE_FINAL;
	if ((int)i == p->now)
		return "now";
	if (p->now >= 0 && (int)i > p->now)
		return p->marks[i].n > 0 ? "again" : "ahead";
	if (p->marks[i].n > 0)
		return "done";
	return p->now >= 0 || over ? "skipped" : "ahead";
}

void path_write(const struct path *p, const struct record *r, struct json_out *out)
{
	if (p == NULL)
		return;
	JSON_KEY(out, "path");
	json_open(out, '[');
	for (size_t i = 0; i < p->type->n_path; i++) {
		const struct mark *m = &p->marks[i];
		json_open(out, '{');
		JSON_KEY(out, "at");
		if (m->n > 0)
			json_instant(out, m->at);
		else
			json_none(out);
		JSON_KEY(out, "until");
		json_instant_or_none(out, m->n > 0 ? m->until : 0);
		JSON_KEY(out, "state");
		json_text(out, word_of(p, r, i));
		JSON_KEY(out, "n");
		json_int(out, m->n);
		json_close(out, '}');
	}
	json_close(out, ']');
}

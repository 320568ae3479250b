/* render.c: parts of answers that are the same for everybody, written once when a model is made. */
#include <string.h>

#include "base/json.h"
#include "model/filter.h"
#include "model/labels.h"
#include "model/model.h"

enum { PART_BYTES_MAX = 64 << 10 };

static const char *head_of(struct arena *a, const struct transition *tr)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, a, PART_BYTES_MAX);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "name");
	json_text(&out, tr->name);
	json_label_said(&out, "label", &tr->label);
	json_key(&out, "allowed");
	return b.data;
}

static const char *tail_of(struct arena *a, const struct transition *tr)
{
	struct buf b;
	struct json_out out;
	buf_init(&b, a, PART_BYTES_MAX);
	json_out_init(&out, &b);
	out.comma = true; /* goes on after "why" */
	json_key(&out, "to");
	json_text(&out, tr->to);
	json_key(&out, "asks");
	json_open(&out, '[');
	for (size_t i = 0; i < tr->n_asks; i++) {
		json_open(&out, '{');
		json_key(&out, "name");
		json_text(&out, tr->asks[i].field->name);
		json_key(&out, "input");
		json_bool(&out, tr->asks[i].is_input);
		json_key(&out, "required");
		json_bool(&out, tr->asks[i].required);
		if (tr->asks[i].preset) {
			json_key(&out, "preset");
			json_text(&out, tr->asks[i].preset);
		}
		if (tr->asks[i].from) {
			json_key(&out, "from");
			json_text(&out, tr->asks[i].from->name);
		}
		json_close(&out, '}');
	}
	json_close(&out, ']');
	json_key(&out, "needs");
	json_open(&out, '[');
	for (size_t i = 0; i < tr->n_needs; i++)
		json_text(&out, tr->needs[i]->name);
	json_close(&out, ']');
	json_key(&out, "bulk");
	json_bool(&out, tr->bulk);
	json_close(&out, '}');
	return b.data;
}

/* A state beyond the bits is told by its name only. */
static uint64_t states_of(const struct type *t, const struct transition *tr)
{
	uint64_t bits = tr->n_from == 0 ? UINT64_MAX : 0;
	for (size_t i = 0; i < tr->n_from; i++) {
		const struct state *state = type_state(t, tr->from[i]);
		size_t at = state ? (size_t)(state - t->states) : STATE_BITS;
		if (at < STATE_BITS)
			bits |= UINT64_C(1) << at;
	}
	return bits;
}

static const char *text_of(struct arena *a, const struct filter *f)
{
	struct buf b;
	buf_init(&b, a, PART_BYTES_MAX);
	filter_write_text(&b, f);
	return b.over ? NULL : b.data;
}

/* Guards that say the same become one, so that a page asks it once. */
static void guards_share(struct arena *a, struct type *t)
{
	const char **texts = ARENA_ARRAY(a, t->n_transitions + 1, const char *);
	for (size_t i = 0; i < t->n_transitions; i++) {
		struct transition *tr = &t->transitions[i];
		texts[i] = tr->when ? text_of(a, tr->when) : NULL;
		for (size_t k = 0; k < i && texts[i] != NULL; k++) {
			if (texts[k] != NULL && strcmp(texts[k], texts[i]) == 0) {
				tr->when = t->transitions[k].when;
				break;
			}
		}
	}
}

void type_render_transitions(struct arena *a, struct type *t)
{
	guards_share(a, t);
	for (size_t i = 0; i < t->n_transitions; i++) {
		t->transitions[i].json_head = head_of(a, &t->transitions[i]);
		t->transitions[i].json_tail = tail_of(a, &t->transitions[i]);
		t->transitions[i].from_states = states_of(t, &t->transitions[i]);
	}
}

/* Path, asides and alike of a type, as one user sees the model. */
#include "model/access.h"
#include "model/alike.h"
#include "model/model_json.h"

enum { WHERE_BYTES = 64 << 10 };

static void put_path(struct json_out *out, const struct type *t)
{
	json_key(out, "path");
	json_open(out, '[');
	for (size_t i = 0; i < t->n_path; i++) {
		json_open(out, '{');
		model_put_label(out, "label", &t->path[i].label);
		json_key(out, "states");
		json_open(out, '[');
		for (size_t k = 0; k < t->path[i].n_states; k++)
			json_text(out, t->path[i].states[k]);
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
}

/* Could he fetch what it shows, and does he see by what it is found? */
static enum err aside_is_his(struct ctx *ctx, const struct aside *a, bool *ret_his)
{
	struct filter *f;
	bool none;
	TRY(access_filter(ctx, a->of, ACCESS_READ, &f, &none));
	*ret_his = !none;
	for (size_t i = 0; i < a->n_match; i++)
		*ret_his =
		        *ret_his && model_field_seen(ctx, a->mine[i]) && access_field(ctx, a->theirs[i]) == SIGHT_CLEAR;
	if (a->where != NULL && !filter_each_field(a->where, model_names_seen, ctx))
		*ret_his = false;
	return ERR_OK;
}

static void put_aside(struct ctx *ctx, struct json_out *out, const struct aside *a)
{
	json_open(out, '{');
	model_put_label(out, "label", &a->label);
	model_put_text(out, "of", a->of->name);
	json_key(out, "match");
	json_open(out, '{');
	for (size_t i = 0; i < a->n_match; i++)
		model_put_text(out, a->theirs[i]->name, a->mine[i]->name);
	json_close(out, '}');
	json_key(out, "fields");
	json_open(out, '[');
	for (size_t i = 0; i < a->n_fields; i++)
		if (model_field_seen(ctx, a->fields[i]))
			json_text(out, a->fields[i]->name);
	json_close(out, ']');
	json_key(out, "where");
	if (a->where != NULL) {
		struct buf text;
		buf_init(&text, ctx->arena, WHERE_BYTES);
		filter_write_text(&text, a->where);
		json_text(out, text.data);
	} else {
		json_none(out);
	}
	model_put_filter(ctx, out, "show", a->show);
	json_close(out, '}');
}

static void put_alike(struct ctx *ctx, struct json_out *out, const struct alike *a)
{
	json_open(out, '{');
	model_put_label(out, "label", &a->label);
	model_put_text(out, "of", a->of->name);
	json_key(out, "by");
	json_open(out, '[');
	for (size_t i = 0; i < a->n_same; i++)
		json_text(out, a->mine[i]->name);
	for (size_t i = 0; i < a->n_words; i++)
		json_text(out, a->words[i]->name);
	json_close(out, ']');
	model_put_text(out, "gathers", a->gather ? a->gather->by->name : NULL);
	json_close(out, '}');
}

enum err model_put_alikes(struct ctx *ctx, struct json_out *out, const struct type *t)
{
	bool his;
	if (t->n_path > 0)
		put_path(out, t);
	if (t->n_asides > 0) {
		json_key(out, "asides");
		json_open(out, '[');
		for (size_t i = 0; i < t->n_asides; i++) {
			TRY(aside_is_his(ctx, &t->asides[i], &his));
			if (his)
				put_aside(ctx, out, &t->asides[i]);
		}
		json_close(out, ']');
	}
	if (t->n_alikes > 0) {
		json_key(out, "alike");
		json_open(out, '[');
		for (size_t i = 0; i < t->n_alikes; i++)
			if (alike_is_his(ctx, &t->alikes[i]))
				put_alike(ctx, out, &t->alikes[i]);
		json_close(out, ']');
	}
	return ERR_OK;
}

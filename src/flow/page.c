/* page.c: one record as its page shows it: fields, rights, chain, what to say, counts of its lists. */
#include <string.h>

#include "flow/shown.h"
#include "model/list.h"

/* A right as a yes or no; asking leaves no problem behind. */
static enum err may(struct ctx *ctx, const struct record *r, enum access_right right, bool *ret_may)
{
	size_t noted = ctx->problems.n;
	enum err e = access_check(ctx, r, right);
	if (e != ERR_OK && e != ERR_FORBIDDEN && e != ERR_NOT_FOUND)
		return e;
	ctx->problems.n = noted;
	*ret_may = e == ERR_OK;
	return ERR_OK;
}

static void label_write(struct json_out *out, const char *key, const struct label *l)
{
	json_key(out, key);
	if (l == NULL || l->zh == NULL) {
		json_none(out);
		return;
	}
	json_open(out, '{');
	json_key(out, "zh");
	json_text(out, label_in(l, LANG_ZH));
	json_key(out, "en");
	json_text(out, label_in(l, LANG_EN));
	json_close(out, '}');
}

static void offer_write(struct json_out *out, const struct transition_offer *o)
{
	const struct transition *tr = o->transition;
	json_raw(out, tr->json_head, strlen(tr->json_head));
	buf_str(out->buf, o->allowed ? "true,\"why\":" : "false,\"why\":");
	out->comma = false;
	json_text(out, o->allowed ? NULL : o->why);
	buf_str(out->buf, tr->json_tail);
}

static enum err reveals_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	json_key(out, "reveal");
	json_open(out, '[');
	for (size_t i = 0; i < r->type->n_fields && who_can(ctx, "reveal"); i++) {
		const struct field *f = &r->type->fields[i];
		enum field_sight sight = SIGHT_CLEAR;
		if (f->kind == FIELD_TABLE || f->kind == FIELD_COMPUTED || field_is_base(f) ||
		    value_is_empty(&r->values[i]))
			continue;
		TRY(access_field_of(ctx, r, f, &sight));
		if (sight == SIGHT_MASKED)
			json_text(out, f->name);
	}
	json_close(out, ']');
	return ERR_OK;
}

static enum err can_write(struct ctx *ctx, const struct record *r, bool reads, struct json_out *out)
{
	struct transition_offer *offers;
	size_t n;
	bool write, remove;
	TRY(may(ctx, r, ACCESS_WRITE, &write));
	TRY(may(ctx, r, ACCESS_REMOVE, &remove));
	json_key(out, "can");
	json_open(out, '{');
	json_key(out, "write");
	json_bool(out, write);
	json_key(out, "remove");
	json_bool(out, remove);
	json_key(out, "comment");
	json_bool(out, reads);
	if (reads)
		TRY(reveals_write(ctx, r, out));
	json_key(out, "print");
	json_open(out, '[');
	for (size_t i = 0; reads && i < r->type->n_prints; i++) {
		json_open(out, '{');
		json_key(out, "name");
		json_text(out, r->type->prints[i].name);
		label_write(out, "label", &r->type->prints[i].label);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_key(out, "transitions");
	json_open(out, '[');
	TRY(flow_offers(ctx, r, &offers, &n));
	for (size_t i = 0; i < n; i++)
		offer_write(out, &offers[i]);
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

/* Which of the lists hold anything at all, whoever may read it: one look at the indexes, as most lists of
 * most records are empty. Bits by the list's place; lists past the 63rd count as filled. */
static enum err lists_filled(struct ctx *ctx, const struct record *r, uint64_t *ret_filled)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select 0");
	for (size_t i = 0; i < r->type->n_lists && i < 63; i++) {
		const struct list_def *l = &r->type->lists[i];
		if (!l->show)
			continue;
		SQL(&q, " + case when exists (select 1 from ");
		sql_name(&q, l->by->kind == FIELD_LINKS ? l->by->side_table : l->of->table);
		SQL(&q, " where ");
		sql_name(&q, l->by->kind == FIELD_LINKS ? "target" : l->by->column);
		SQL(&q, " = :id) then ");
		sql_value_int(&q, INT64_C(1) << i);
		SQL(&q, " else 0 end");
	}
	sql_int(&q, "id", r->id);
	int64_t filled;
	TRY(sql_one_int(ctx, &q, &filled));
	*ret_filled = (uint64_t)filled | UINT64_C(1) << 63;
	return ERR_OK;
}

static enum err list_size(struct ctx *ctx, const struct record *r, const struct list_def *l, int64_t *ret_n)
{
	struct filter *by;
	struct filter_fault fault;
	const char *text = l->by->kind == FIELD_LINKS
	                           ? arena_printf(ctx->arena, "%s contains %lld", l->by->name, (long long)r->id)
	                           : arena_printf(ctx->arena, "%s = %lld", l->by->name, (long long)r->id);
	if (filter_parse(ctx->arena, ctx->model, l->of, text, strlen(text), &by, &fault) != ERR_OK)
		return ctx_problem(ctx, ERR_INTERNAL, "", "bad_list", "list %s of %s: %s", l->name, r->type->name,
		                   fault.message);
	return list_count(ctx, l->of, filter_and(ctx->arena, by, l->where), LIMIT_COUNT, ret_n);
}

/* How many are in each list that the page draws, as far as he may read them. */
static enum err lists_write(struct ctx *ctx, const struct record *r, struct json_out *out)
{
	uint64_t filled;
	TRY(lists_filled(ctx, r, &filled));
	json_key(out, "lists");
	json_open(out, '{');
	for (size_t i = 0; i < r->type->n_lists; i++) {
		const struct list_def *l = &r->type->lists[i];
		int64_t n = 0;
		if (!l->show)
			continue;
		if (filled >> (i < 63 ? i : 63) & 1)
			TRY(list_size(ctx, r, l, &n));
		json_key(out, l->name);
		json_open(out, '{');
		json_key(out, "n");
		json_int(out, n > LIMIT_COUNT ? LIMIT_COUNT : n);
		json_key(out, "more");
		json_bool(out, n > LIMIT_COUNT);
		json_close(out, '}');
	}
	json_close(out, '}');
	return ERR_OK;
}

static enum err head_write(struct ctx *ctx, struct record *r, bool reads, struct json_out *out)
{
	struct shown *s = shown_new(ctx);
	const char *name;
	json_key(out, "id");
	json_id(out, r->id);
	json_key(out, "type");
	json_text(out, r->type->name);
	json_key(out, "version");
	json_int(out, r->version);
	if (!reads) {
		json_key(out, "glance");
		json_bool(out, true);
	}
	json_key(out, "created_at");
	json_instant(out, r->created_at);
	json_key(out, "created_by");
	if (r->created_by != 0) {
		TRY(shown_name(ctx, s, ctx->model->user, r->created_by, &name));
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, r->created_by);
		json_key(out, "label");
		json_text(out, name);
		json_close(out, '}');
	} else {
		json_none(out);
	}
	json_key(out, "updated_at");
	json_instant(out, r->updated_at);
	json_key(out, "fields");
	return reads ? record_write_json(ctx, out, r) : record_write_glance_json(ctx, out, r);
}

enum err record_page_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out,
                                int64_t *ret_version)
{
	struct record *r;
	bool reads;
	TRY(record_load(ctx, t, id, &r));
	TRY(may(ctx, r, ACCESS_READ, &reads));
	if (!reads && !access_may_glance(ctx, t))
		return ERR_NOT_FOUND;
	json_open(out, '{');
	TRY(head_write(ctx, r, reads, out));
	TRY(can_write(ctx, r, reads, out));
	const char *name = record_text(r, "state");
	const struct state *state = name ? type_state(t, name) : NULL;
	label_write(out, "say", state ? &state->say : NULL);
	if (reads) {
		json_key(out, "chain");
		TRY(chain_write_json(ctx, r, out));
		TRY(lists_write(ctx, r, out));
	}
	json_close(out, '}');
	*ret_version = reads ? r->version : 0;
	return ERR_OK;
}

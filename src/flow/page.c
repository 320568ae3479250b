/* page.c: one record as its page shows it: fields, rights, chain, what to say, counts of its lists. */
#include <string.h>

#include "flow/approval.h"
#include "flow/bulk.h"
#include "flow/chain_out.h"
#include "flow/clocks.h"
#include "flow/relate.h"
#include "flow/split.h"
#include "flow/step.h"
#include "model/list.h"
#include "model/same.h"
#include "model/sight.h"

enum { PAGE_BYTES = 6 << 10 }; /* what most pages need: their buffer grows no more than once */

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
	if (l == NULL || l->zh == NULL)
		json_none(out);
	else
		json_words(out, label_in(l, LANG_ZH), label_in(l, LANG_EN));
}

static void offer_write(struct json_out *out, const struct transition_offer *o)
{
	const struct transition *tr = o->transition;
	json_raw(out, tr->json_head, strlen(tr->json_head));
	buf_str(out->buf, o->allowed ? "true,\"why\":" : "false,\"why\":");
	out->comma = false;
	json_text(out, o->allowed ? NULL : o->why);
	if (o->waits)
		buf_str(out->buf, ",\"waits\":true");
	buf_str(out->buf, tr->json_tail);
}

/* What he sees masked and may ask to see. */
static void reveals_write(struct ctx *ctx, const struct record_view *view, struct json_out *out)
{
	const struct record *r = view->record;
	bool may_reveal = who_can(ctx, "reveal");
	JSON_KEY(out, "reveal");
	json_open(out, '[');
	for (size_t i = 0; i < r->type->n_fields && may_reveal; i++) {
		const struct field *f = &r->type->fields[i];
		if (view->sights[i] == SIGHT_MASKED && f->kind != FIELD_TABLE && f->kind != FIELD_COMPUTED &&
		    !value_is_empty(&r->values[i]))
			json_text(out, f->name);
	}
	json_close(out, ']');
}

static void prints_write(const struct record *r, bool any, struct json_out *out)
{
	json_open(out, '[');
	for (size_t i = 0; any && i < r->type->n_prints; i++) {
		json_open(out, '{');
		JSON_KEY(out, "name");
		json_text(out, r->type->prints[i].name);
		label_write(out, "label", &r->type->prints[i].label);
		json_close(out, '}');
	}
	json_close(out, ']');
}

/* Forms are issued by who may change the record, and by those who answer for it. */
enum err flow_may_issue(struct ctx *ctx, const struct record *r, bool *ret_may)
{
	TRY(access_check(ctx, r, ACCESS_READ));
	TRY(may(ctx, r, ACCESS_WRITE, ret_may));
	*ret_may = *ret_may || who_can(ctx, "report");
	return ERR_OK;
}

static enum err can_write(struct ctx *ctx, const struct record_view *view, bool reads, struct json_out *out)
{
	const struct record *r = view->record;
	struct transition_offer *offers;
	size_t n;
	bool write, remove;
	TRY(may(ctx, r, ACCESS_WRITE, &write));
	TRY(may(ctx, r, ACCESS_REMOVE, &remove));
	/* What was merged is changed by nobody. */
	write = write && record_merged_into(r) == 0;
	TRY(flow_offers(ctx, r, &offers, &n));
	JSON_KEY(out, "can");
	json_open(out, '{');
	JSON_KEY(out, "write");
	json_bool(out, write);
	JSON_KEY(out, "remove");
	json_bool(out, remove);
	JSON_KEY(out, "merge");
	json_bool(out, write && merge_offered(ctx, r->type, offers, n));
	JSON_KEY(out, "split");
	json_bool(out, write && split_offered(ctx, r));
	JSON_KEY(out, "comment");
	json_bool(out, reads);
	if (reads)
		reveals_write(ctx, view, out);
	JSON_KEY(out, "print");
	prints_write(r, reads, out);
	if (reads) {
		JSON_KEY(out, "issue");
		prints_write(r, write || who_can(ctx, "report"), out);
	}
	JSON_KEY(out, "transitions");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++)
		offer_write(out, &offers[i]);
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

/* Which of the lists that are drawn hold anything at all, whoever may read it. */
static enum err lists_filled(struct ctx *ctx, const struct record *r, bool **ret_filled,
                             struct relations_there *ret_there)
{
	struct sql q;
	struct rows *rows;
	bool *filled = ARENA_ARRAY(ctx->arena, r->type->n_lists + 1, bool);
	struct relations_there there = {0};
	int col = 1;
	sql_again(&q, ctx->arena, r->type->lists_sql);
	sql_int(&q, "id", r->id);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		for (size_t i = 0; i < r->type->n_lists; i++)
			filled[i] = r->type->lists[i].show && rows_int(rows, col++) != 0;
		if (r->type->uses_work)
			there = (struct relations_there){rows_int(rows, col) != 0, rows_int(rows, col + 1) != 0};
	}
	TRY(rows_done(rows));
	*ret_filled = filled;
	*ret_there = there;
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
	struct relations_there there;
	bool *filled;
	TRY(lists_filled(ctx, r, &filled, &there));
	JSON_KEY(out, "lists");
	json_open(out, '{');
	for (size_t i = 0; i < r->type->n_lists; i++) {
		const struct list_def *l = &r->type->lists[i];
		int64_t n = 0;
		if (!l->show)
			continue;
		if (filled[i])
			TRY(list_size(ctx, r, l, &n));
		json_key(out, l->name);
		json_open(out, '{');
		JSON_KEY(out, "n");
		json_int(out, n > LIMIT_COUNT ? LIMIT_COUNT : n);
		JSON_KEY(out, "more");
		json_bool(out, n > LIMIT_COUNT);
		json_close(out, '}');
	}
	json_close(out, '}');
	return r->type->uses_work ? relations_write_json(ctx, r, there, out) : ERR_OK;
}

static void head_write(struct ctx *ctx, const struct record *r, const struct labels *names, bool reads,
                       struct json_out *out)
{
	JSON_KEY(out, "id");
	json_id(out, r->id);
	JSON_KEY(out, "type");
	json_text(out, r->type->name);
	JSON_KEY(out, "version");
	json_int(out, r->version);
	if (!reads) {
		JSON_KEY(out, "glance");
		json_bool(out, true);
	}
	JSON_KEY(out, "created_at");
	json_instant(out, r->created_at);
	JSON_KEY(out, "created_by");
	person_write_json(out, names, ctx->model->user, r->created_by);
	JSON_KEY(out, "updated_at");
	json_instant(out, r->updated_at);
	JSON_KEY(out, "fields");
}

enum err record_page_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out,
                                int64_t *ret_version)
{
	struct record *r;
	struct record_view view;
	struct labels names;
	struct chain *chain = NULL;
	bool reads;
	TRY(record_load(ctx, t, id, &r));
	TRY(may(ctx, r, ACCESS_READ, &reads));
	if (!reads && !access_may_glance(ctx, t))
		return ERR_NOT_FOUND;
	/* Everybody and everything named on the page is looked up together. */
	labels_init(&names, ctx);
	labels_want_record(&names, ctx->model->user, r->created_by);
	TRY(record_view(ctx, r, !reads, &names, &view));
	if (reads)
		TRY(chain_read(ctx, r, &names, &chain));
	TRY(labels_resolve(&names));
	buf_reserve(out->buf, PAGE_BYTES);
	json_open(out, '{');
	head_write(ctx, r, &names, reads, out);
	record_view_write(ctx, out, &names, &view);
	TRY(can_write(ctx, &view, reads, out));
	const char *name = record_text(r, "state");
	const struct state *state = name ? type_state(t, name) : NULL;
	label_write(out, "say", state ? &state->say : NULL);
	if (reads) {
		JSON_KEY(out, "chain");
		chain_write(ctx, chain, &names, out);
		path_write(chain_path(chain), r, out);
		TRY(lists_write(ctx, r, out));
		JSON_KEY(out, "clocks");
		TRY(clocks_write_json(ctx, r, out));
		TRY(approval_write_json(ctx, r, out));
	}
	json_close(out, '}');
	*ret_version = reads ? r->version : 0;
	return ERR_OK;
}

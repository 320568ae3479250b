/* gather.c: enough records that are alike are put together under one of another type: complaints under a theme. */
#include "flow/alike.h"

/* So many are joined in one act, as each may be long; those left over when the next one comes. */
enum { JOINED_MAX = 8, AT_LEAST_PRESET = 3 };

static size_t at_least(const struct ctx *ctx, const struct alike *a)
{
	const struct parameter *p = a->at_least[0] == '@' ? model_parameter(ctx->model, a->at_least + 1) : NULL;
	long n = p == NULL                    ? strtol(a->at_least, NULL, 10)
	         : p->value.kind == VALUE_INT ? (long)p->value.i
	                                      : AT_LEAST_PRESET;
	return n < 2 ? 2 : n > ALIKE_AT_LEAST_MAX ? ALIKE_AT_LEAST_MAX : (size_t)n;
}

/* Did anything change by which it is like others? */
static enum err has_moved(struct ctx *ctx, const struct alike *a, const struct record *r, const struct record *before,
                          bool *ret_moved)
{
	bool now = true, was = before != NULL;
	*ret_moved = false;
	if (a->where != NULL) {
		TRY(filter_holds(ctx, a->where, r, &now));
		if (now && before != NULL)
			TRY(filter_holds(ctx, a->where, before, &was));
	}
	for (size_t i = 0; was && i < a->n_same; i++)
		was = !record_differs(before, r, a->mine[i]);
	for (size_t i = 0; was && i < a->n_words; i++)
		was = !record_differs(before, r, a->words[i]);
	*ret_moved = now && !was;
	return ERR_OK;
}

/* The one that most of them are under already, if work on it is not over. */
static enum err theme_there(struct ctx *ctx, const struct gather *g, const struct alike_one *list, size_t n,
                            struct record **ret_theme)
{
	*ret_theme = NULL;
	for (size_t i = 0; i < n && *ret_theme == NULL; i++) {
		int64_t id = list[i].under;
		struct record *theme;
		enum err e = id ? record_load(ctx, g->type, id, &theme) : ERR_NOT_FOUND;
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		const char *name = e == ERR_OK ? record_text(theme, "state") : NULL;
		const struct state *state = name ? type_state(g->type, name) : NULL;
		if (e == ERR_OK && (state == NULL || state->stage != STAGE_FINAL))
			*ret_theme = theme;
	}
	return ERR_OK;
}

static enum err join(struct ctx *ctx, struct step *s, int64_t id, const struct record *r, const struct gather *g,
                     const struct record *theme)
{
	struct record *one;
	TRY(record_load(ctx, r->type, id, &one));
	struct record *before = record_copy(ctx, one);
	record_set(one, g->by, value_int(theme->id));
	return step_update(ctx, s, one, before,
	                   &(struct note){.kind = "changed", .linked_type = theme->type, .linked = theme->id});
}

/* How many are under it. */
static enum err number_under(struct ctx *ctx, const struct field *by, int64_t theme, int64_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from ");
	sql_name(&q, by->of->table);
	SQL(&q, " r where r.");
	sql_name(&q, by->column);
	SQL(&q, " = :theme");
	sql_int(&q, "theme", theme);
	return sql_one_int(ctx, &q, ret_n);
}

static enum err recount(struct ctx *ctx, struct step *s, const struct gather *g, int64_t id)
{
	struct record *theme;
	int64_t n;
	enum err e = id && g->count ? record_load(ctx, g->type, id, &theme) : ERR_NOT_FOUND;
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	TRY(number_under(ctx, g->by, id, &n));
	if (n == record_int(theme, g->count->name))
		return ERR_OK;
	struct record *before = record_copy(ctx, theme);
	record_set(theme, g->count, value_int(n));
	TRY(step_deeper(ctx, s));
	TRY(step_update(ctx, s, theme, before, &(struct note){.kind = "changed"}));
	s->depth--;
	return ERR_OK;
}

/* Somebody put it under another one, or took it out. */
static enum err moved_by_hand(struct ctx *ctx, struct step *s, const struct record *r, const struct record *before,
                              const struct gather *g)
{
	int64_t now = record_int(r, g->by->name), was = before ? record_int(before, g->by->name) : 0;
	if (now == was)
		return ERR_OK;
	TRY(recount(ctx, s, g, was));
	return recount(ctx, s, g, now);
}

static enum err gather(struct ctx *ctx, struct step *s, struct record *r, const struct alike *a)
{
	const struct gather *g = a->gather;
	struct alike_one list[ALIKE_AT_LEAST_MAX];
	struct record *theme;
	size_t n, joined = 0;
	TRY(alike_under(ctx, a, r, list, ALIKE_AT_LEAST_MAX, &n));
	TRY(theme_there(ctx, g, list, n, &theme));
	if (theme == NULL && n + 1 < at_least(ctx, a))
		return ERR_OK;
	TRY(step_deeper(ctx, s));
	if (theme == NULL) {
		TRY(make_start(ctx, r, g->type->name, NULL, g->set, g->n_set, NULL, &theme));
		TRY(make_insert(ctx, s, r, theme));
	}
	s->gathering = true;
	TRY(join(ctx, s, r->id, r, g, theme));
	for (size_t i = 0; i < n && joined < JOINED_MAX; i++)
		if (list[i].under == 0) {
			TRY(join(ctx, s, list[i].id, r, g, theme));
			joined++;
		}
	s->gathering = false;
	s->depth--;
	TRY(recount(ctx, s, g, theme->id));
	return step_reload(ctx, r);
}

static bool is_first_by(const struct type *t, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (t->alikes[i].gather != NULL && t->alikes[i].gather->by == t->alikes[at].gather->by)
			return false;
	return true;
}

enum err gather_follow(struct ctx *ctx, struct step *s, struct record *r, const struct record *before, bool undone)
{
	const struct type *t = r->type;
	for (size_t i = 0; i < t->n_alikes && !s->gathering; i++)
		if (t->alikes[i].gather != NULL && is_first_by(t, i))
			TRY(moved_by_hand(ctx, s, r, before, t->alikes[i].gather));
	for (size_t i = 0; i < t->n_alikes && !s->gathering && !undone; i++) {
		const struct alike *a = &t->alikes[i];
		bool moved;
		if (a->gather == NULL || record_int(r, a->gather->by->name) != 0)
			continue;
		TRY(has_moved(ctx, a, r, before, &moved));
		if (moved)
			TRY(gather(ctx, s, r, a));
	}
	return ERR_OK;
}

enum err gather_gone(struct ctx *ctx, const struct record *r)
{
	struct step s = {0};
	for (size_t i = 0; r->type->gathers && i < r->type->n_alikes; i++) {
		const struct gather *g = r->type->alikes[i].gather;
		if (g != NULL && is_first_by(r->type, i))
			TRY(recount(ctx, &s, g, record_int(r, g->by->name)));
	}
	return ERR_OK;
}

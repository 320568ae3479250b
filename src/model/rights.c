/* rights.c: access lines united for a set of roles, kept with the model. */
#include "model/rights.h"

#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "model/filter.h"
#include "model/who.h"

enum { SETS_MAX = 256, CACHE_BYTES = 64 << 20, CONDITION_BYTES = 1 << 16 };

/* One set of roles. Its members are never changed after it is linked, but for types[], each set once. */
struct role_set {
	struct role_set *next;
	bool system;
	size_t n_roles;
	const char **roles;
	struct type_rights **types; /* by type->at */
};

struct rights_cache {
	pthread_mutex_t lock; /* of whoever adds; readers take none */
	struct arena *arena;
	struct role_set *sets;
	size_t n_sets;
};

struct rights_cache *rights_cache_new(void)
{
	struct rights_cache *c = calloc(1, sizeof(*c));
	if (c == NULL)
		abort();
	pthread_mutex_init(&c->lock, NULL);
	c->arena = arena_new(CACHE_BYTES);
	return c;
}

void rights_cache_free(struct rights_cache *c)
{
	if (c == NULL)
		return;
	arena_free(c->arena);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- working them out ---------------------------------------------------------------------------- */

struct gathering {
	struct arena *arena;
	struct type_rights *rights;
	const char **texts;
};

/* Where this condition stands among the different ones. */
static int condition_at(struct gathering *g, struct filter *f)
{
	struct type_rights *tr = g->rights;
	struct buf text;
	if (f == NULL)
		return -1;
	buf_init(&text, g->arena, CONDITION_BYTES);
	filter_write_text(&text, f);
	for (size_t i = 0; i < tr->n_conditions && !text.over; i++)
		if (g->texts[i] != NULL && strcmp(g->texts[i], text.data) == 0)
			return (int)i;
	g->texts[tr->n_conditions] = text.over ? NULL : text.data;
	tr->conditions[tr->n_conditions] = f;
	return (int)tr->n_conditions++;
}

static void field_work_out(struct ctx *ctx, struct gathering *g, const struct field *f, struct field_rights *fr)
{
	fr->sight = access_unite_sight(ctx, f);
	fr->plain = access_unite_field(ctx, f);
	fr->clear_at = condition_at(g, fr->sight.clear_when);
	fr->shown_at = condition_at(g, fr->sight.shown_when);
	fr->is_at = f->kind == FIELD_COMPUTED ? condition_at(g, f->is) : -1;
}

static bool knows(const struct ctx *ctx, const struct type *t)
{
	if (ctx->who == NULL)
		return false;
	if (ctx->who->system)
		return true;
	for (size_t i = 0; i < t->n_access; i++)
		if ((t->access[i].read != NULL || t->access[i].n_glance > 0) &&
		    who_has_role(ctx->who, t->access[i].role))
			return true;
	return false;
}

/* All of it in `a`: ctx may be another request's by the time it is used. */
static struct type_rights *work_out(const struct ctx *ctx, struct arena *a, const struct type *t)
{
	struct ctx own = {.arena = a, .model = ctx->model, .who = ctx->who};
	struct type_rights *tr = ARENA_NEW(a, struct type_rights);
	struct gathering g = {.arena = a, .rights = tr};
	tr->fields = ARENA_ARRAY(a, t->n_fields + 1, struct field_rights);
	tr->conditions = ARENA_ARRAY(a, 3 * t->n_fields + 1, struct filter *);
	g.texts = ARENA_ARRAY(a, 3 * t->n_fields + 1, const char *);
	for (int right = 0; right < RIGHTS_COUNT; right++)
		access_unite(&own, t, (enum access_right)right, &tr->filter[right], &tr->none[right]);
	for (size_t i = 0; i < t->n_fields; i++)
		field_work_out(&own, &g, &t->fields[i], &tr->fields[i]);
	tr->known = knows(&own, t);
	return tr;
}

/* ---- keeping them -------------------------------------------------------------------------------- */

static bool set_is(const struct role_set *s, const struct who *w)
{
	if (s->system != w->system || s->n_roles != w->n_roles)
		return false;
	for (size_t i = 0; i < s->n_roles; i++)
		if (strcmp(s->roles[i], w->roles[i]) != 0)
			return false;
	return true;
}

static struct role_set *set_find(struct rights_cache *c, const struct who *w)
{
	struct role_set *s = __atomic_load_n(&c->sets, __ATOMIC_ACQUIRE);
	while (s != NULL && !set_is(s, w))
		s = s->next;
	return s;
}

/* With the lock held. NULL: there are too many already. */
static struct role_set *set_add(struct rights_cache *c, const struct who *w, size_t n_types)
{
	struct role_set *s = set_find(c, w);
	if (s != NULL || c->n_sets == SETS_MAX)
		return s;
	s = ARENA_NEW(c->arena, struct role_set);
	s->system = w->system;
	s->n_roles = w->n_roles;
	s->roles = ARENA_ARRAY(c->arena, w->n_roles + 1, const char *);
	for (size_t i = 0; i < w->n_roles; i++)
		s->roles[i] = arena_strdup(c->arena, w->roles[i]);
	s->types = ARENA_ARRAY(c->arena, n_types + 1, struct type_rights *);
	s->next = c->sets;
	c->n_sets++;
	__atomic_store_n(&c->sets, s, __ATOMIC_RELEASE);
	return s;
}

static const struct type_rights *keep(const struct ctx *ctx, struct rights_cache *c, const struct type *t)
{
	struct type_rights *tr = NULL;
	pthread_mutex_lock(&c->lock);
	struct role_set *s = set_add(c, ctx->who, ctx->model->n_types);
	if (s != NULL) {
		tr = s->types[t->at];
		/* Past its share it is worked out for each request: an arena that is full would end the program. */
		if (tr == NULL && arena_bytes(c->arena) < CACHE_BYTES / 2) {
			tr = work_out(ctx, c->arena, t);
			__atomic_store_n(&s->types[t->at], tr, __ATOMIC_RELEASE);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return tr;
}

const struct type_rights *rights_kept(const struct ctx *ctx, const struct type *t)
{
	struct rights_cache *c = ctx->model ? ctx->model->rights : NULL;
	/* Only a type of this very model has its place there. */
	if (c == NULL || ctx->who == NULL || t->at < 0 || (size_t)t->at >= ctx->model->n_types ||
	    &ctx->model->types[t->at] != t)
		return NULL;
	const struct role_set *s = set_find(c, ctx->who);
	const struct type_rights *tr = s ? __atomic_load_n(&s->types[t->at], __ATOMIC_ACQUIRE) : NULL;
	return tr ? tr : keep(ctx, c, t);
}

const struct type_rights *rights_of(const struct ctx *ctx, const struct type *t)
{
	const struct type_rights *tr = rights_kept(ctx, t);
	return tr ? tr : work_out(ctx, ctx->arena, t);
}

/*
 * access.c: a user's roles united over the packs' access lines. No line gives nothing; several
 * lines give what any of them gives.
 */
#include "model/access.h"

#include <string.h>

#include "base/buf.h"
#include "model/filter.h"
#include "model/rights.h"
#include "model/seen.h"
#include "model/who.h"

static bool may_everything(const struct ctx *ctx)
{
	return ctx->who != NULL && ctx->who->system;
}

/* The next access line of his roles, from *at on; NULL when there is none left. */
static const struct access *line_next(const struct ctx *ctx, const struct type *t, size_t *at)
{
	while (*at < t->n_access) {
		const struct access *line = &t->access[(*at)++];
		if (who_has_role(ctx->who, line->role))
			return line;
	}
	return NULL;
}

static struct filter *line_right(const struct access *line, enum access_right right)
{
	switch (right) {
	case ACCESS_READ: return line->read;
	case ACCESS_WRITE: return line->write;
	case ACCESS_REMOVE: return line->remove;
	}
	return NULL;
}

void access_unite(struct ctx *ctx, const struct type *t, enum access_right right, struct filter **ret_filter,
                  bool *ret_none)
{
	*ret_filter = NULL;
	*ret_none = false;
	if (may_everything(ctx))
		return;
	struct filter *united = NULL;
	bool any = false;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, t, &at)) != NULL;) {
		struct filter *f = line_right(line, right);
		if (f == NULL)
			continue;
		if (filter_is_all(f))
			return;
		united = any ? filter_or(ctx->arena, united, f) : f;
		any = true;
	}
	*ret_filter = united;
	*ret_none = !any;
}

enum err access_filter(struct ctx *ctx, const struct type *t, enum access_right right, struct filter **ret_filter,
                       bool *ret_none)
{
	const struct type_rights *tr = rights_kept(ctx, t);
	if (tr == NULL) {
		access_unite(ctx, t, right, ret_filter, ret_none);
		return ERR_OK;
	}
	*ret_filter = tr->filter[right];
	*ret_none = tr->none[right];
	return ERR_OK;
}

bool access_may_create(const struct ctx *ctx, const struct type *t)
{
	if (may_everything(ctx))
		return true;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, t, &at)) != NULL;)
		if (line->create)
			return true;
	return false;
}

bool access_may_export(const struct ctx *ctx, const struct type *t)
{
	if (may_everything(ctx))
		return true;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, t, &at)) != NULL;)
		if (line->export)
			return true;
	return false;
}

static enum err holds(struct ctx *ctx, const struct record *r, enum access_right right, bool *ret_holds)
{
	struct filter *f;
	bool none;
	TRY(access_filter(ctx, r->type, right, &f, &none));
	if (none || f == NULL) {
		*ret_holds = !none;
		return ERR_OK;
	}
	return filter_holds(ctx, f, r, ret_holds);
}

enum err access_check(struct ctx *ctx, const struct record *r, enum access_right right)
{
	bool reads, may;
	TRY(holds(ctx, r, ACCESS_READ, &reads));
	if (!reads)
		return ERR_NOT_FOUND;
	if (right == ACCESS_READ)
		return ERR_OK;
	TRY(holds(ctx, r, right, &may));
	return may ? ERR_OK : ERR_FORBIDDEN;
}

bool access_may_glance(const struct ctx *ctx, const struct type *t)
{
	if (may_everything(ctx))
		return true;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, t, &at)) != NULL;)
		if (line->n_glance > 0)
			return true;
	return false;
}

bool access_glances_at(const struct ctx *ctx, const struct field *f)
{
	if (may_everything(ctx))
		return true;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, f->of, &at)) != NULL;)
		for (size_t i = 0; i < line->n_glance; i++)
			if (line->glance[i] == f)
				return true;
	return false;
}

static const struct mask *line_mask(const struct access *line, const struct field *f)
{
	for (size_t i = 0; i < line->n_masks; i++)
		if (line->masks[i].field == f)
			return &line->masks[i];
	return NULL;
}

static enum field_sight line_sight(const struct access *line, const struct field *f, const struct mask **ret_mask)
{
	*ret_mask = NULL;
	for (size_t i = 0; i < line->n_hide; i++)
		if (line->hide[i] == f)
			return SIGHT_HIDDEN;
	*ret_mask = line_mask(line, f);
	return *ret_mask ? SIGHT_MASKED : SIGHT_CLEAR;
}

static struct filter *or_in(struct arena *a, struct filter *sum, bool *any, struct filter *f)
{
	struct filter *both = *any ? filter_or(a, sum, f) : f;
	*any = true;
	return both;
}

/* NULL for what is not one of its type's own fields: a column of a table, or made by the reader itself. */
static const struct field_rights *kept_rights(const struct ctx *ctx, const struct field *f)
{
	bool own = f->of != NULL && f->at >= 0 && (size_t)f->at < f->of->n_fields && &f->of->fields[f->at] == f;
	const struct type_rights *tr = own ? rights_kept(ctx, f->of) : NULL;
	return tr ? &tr->fields[f->at] : NULL;
}

struct sight_rule access_sight(struct ctx *ctx, const struct field *f)
{
	const struct field_rights *kept = kept_rights(ctx, f);
	return kept ? kept->sight : access_unite_sight(ctx, f);
}

struct sight_rule access_unite_sight(struct ctx *ctx, const struct field *f)
{
	struct sight_rule rule = {.base = SIGHT_CLEAR};
	if (may_everything(ctx))
		return rule;
	struct filter *clear = NULL, *shown = NULL;
	bool any_clear = false, any_shown = false, all_clear = true, hides = false;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, f->of, &at)) != NULL;) {
		if (line->read == NULL && line->n_glance == 0)
			continue;
		const struct mask *mask;
		enum field_sight sight = line_sight(line, f, &mask);
		bool reads_all = line->read != NULL && filter_is_all(line->read);
		if (sight == SIGHT_CLEAR && reads_all)
			return rule;
		all_clear = all_clear && sight == SIGHT_CLEAR;
		hides = hides || sight == SIGHT_HIDDEN;
		/* A line that only lets him glance adds sight of no record. */
		if (sight == SIGHT_HIDDEN || line->read == NULL)
			continue;
		shown = or_in(ctx->arena, shown, &any_shown, line->read);
		struct filter *when = sight == SIGHT_CLEAR ? line->read
		                      : mask->unless       ? filter_and(ctx->arena, line->read, mask->unless)
		                                           : NULL;
		if (when != NULL)
			clear = or_in(ctx->arena, clear, &any_clear, when);
	}
	if (all_clear)
		return rule;
	if (!any_shown) {
		rule.base = hides ? SIGHT_HIDDEN : SIGHT_MASKED;
		return rule;
	}
	rule.base = SIGHT_MASKED;
	rule.clear_when = clear;
	rule.shown_when = hides && !filter_is_all(shown) ? shown : NULL;
	return rule;
}

enum field_sight access_field(const struct ctx *ctx, const struct field *f)
{
	const struct field_rights *kept = kept_rights(ctx, f);
	return kept ? kept->plain : access_unite_field(ctx, f);
}

const char *access_title(const struct ctx *ctx, const struct record *r)
{
	const struct field *f = r->type->title;
	return f != NULL && access_field(ctx, f) == SIGHT_CLEAR ? record_title(r) : "";
}

enum field_sight access_unite_field(const struct ctx *ctx, const struct field *f)
{
	if (may_everything(ctx))
		return SIGHT_CLEAR;
	bool all_clear = true, all_hide = true, any = false;
	size_t at = 0;
	for (const struct access *line; (line = line_next(ctx, f->of, &at)) != NULL;) {
		if (line->read == NULL && line->n_glance == 0)
			continue;
		const struct mask *mask;
		enum field_sight sight = line_sight(line, f, &mask);
		if (sight == SIGHT_CLEAR && line->read != NULL && filter_is_all(line->read))
			return SIGHT_CLEAR;
		any = true;
		all_clear = all_clear && sight == SIGHT_CLEAR;
		all_hide = all_hide && sight == SIGHT_HIDDEN;
	}
	if (!any || all_clear)
		return SIGHT_CLEAR;
	return all_hide ? SIGHT_HIDDEN : SIGHT_MASKED;
}

enum err access_field_of(struct ctx *ctx, const struct record *r, const struct field *f, enum field_sight *ret_sight)
{
	struct sight_rule rule = access_sight(ctx, f);
	*ret_sight = rule.base;
	if (rule.base != SIGHT_MASKED)
		return ERR_OK;
	bool yes;
	if (rule.clear_when != NULL) {
		TRY(filter_holds(ctx, rule.clear_when, r, &yes));
		if (yes) {
			*ret_sight = SIGHT_CLEAR;
			return ERR_OK;
		}
	}
	if (rule.shown_when != NULL) {
		TRY(filter_holds(ctx, rule.shown_when, r, &yes));
		if (!yes)
			*ret_sight = SIGHT_HIDDEN;
	}
	return ERR_OK;
}

enum err access_field_shown(struct ctx *ctx, const struct record *r, const struct field *f, enum field_sight *ret_sight)
{
	TRY(access_field_of(ctx, r, f, ret_sight));
	if (*ret_sight == SIGHT_CLEAR && ctx->seen != NULL && access_sight(ctx, f).base == SIGHT_MASKED)
		seen_note_field(ctx, f, r->id);
	return ERR_OK;
}

struct seen_check {
	struct ctx *ctx;
	const struct field *bad;
};

static bool seen_field(void *arg, const struct field *f)
{
	struct seen_check *check = arg;
	if (access_field(check->ctx, f) == SIGHT_CLEAR)
		return true;
	check->bad = f;
	return false;
}

enum err access_check_filter(struct ctx *ctx, const struct filter *f)
{
	struct seen_check check = {.ctx = ctx};
	if (f == NULL || may_everything(ctx) || filter_each_field(f, seen_field, &check))
		return ERR_OK;
	return ctx_problem(ctx, ERR_INVALID, "where", "hidden", "the field %s can't be used in a filter",
	                   check.bad ? check.bad->name : "");
}

struct filter *access_inside(struct ctx *ctx, const struct type *target)
{
	struct filter *f;
	bool none;
	if (access_filter(ctx, target, ACCESS_READ, &f, &none) != ERR_OK)
		none = true;
	if (!none)
		return f;
	/* Nothing at all: a filter that holds nowhere. */
	struct filter_fault fault;
	if (filter_parse(ctx->arena, ctx->model, target, "not all", 7, &f, &fault) != ERR_OK)
		abort();
	return f;
}

static int compare_ids(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *access_signature(struct ctx *ctx)
{
	const struct who *w = ctx->who;
	if (w == NULL)
		return "-";
	if (w->system)
		return "system";
	const char **roles = ARENA_ARRAY(ctx->arena, w->n_roles + 1, const char *);
	int64_t *teams = ARENA_ARRAY(ctx->arena, w->n_teams + 1, int64_t);
	for (size_t i = 0; i < w->n_roles; i++)
		roles[i] = w->roles[i];
	for (size_t i = 0; i < w->n_teams; i++)
		teams[i] = w->teams[i];
	qsort(roles, w->n_roles, sizeof(roles[0]), compare_names);
	qsort(teams, w->n_teams, sizeof(teams[0]), compare_ids);
	/* FNV-1a, twice with other starts: enough to tell a few hundred combinations apart. */
	uint64_t h[2] = {UINT64_C(14695981039346656037), UINT64_C(1099511628211)};
	struct buf b;
	buf_init(&b, ctx->arena, 1 << 16);
	for (size_t i = 0; i < w->n_roles; i++)
		buf_printf(&b, "%s ", roles[i]);
	for (size_t i = 0; i < w->n_teams; i++)
		buf_printf(&b, "%lld ", (long long)teams[i]);
	/* Both come ordered from the database. */
	for (size_t i = 0; i < w->n_units; i++)
		buf_printf(&b, "u%lld ", (long long)w->units[i]);
	for (size_t i = 0; i < w->n_shared; i++)
		buf_printf(&b, "s%lld%s ", (long long)w->shared[i].team, w->shared[i].type);
	for (size_t i = 0; i < b.len; i++)
		for (int k = 0; k < 2; k++)
			h[k] = (h[k] ^ (unsigned char)b.data[i]) * UINT64_C(1099511628211);
	return arena_printf(ctx->arena, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
}

enum err access_is_party(struct ctx *ctx, const struct party *party, const struct record *r, bool *ret_is)
{
	bool role = party->n_roles == 0;
	*ret_is = false;
	for (size_t i = 0; i < party->n_roles && !role; i++)
		role = who_has_role(ctx->who, party->roles[i]);
	return role && party->is != NULL ? filter_holds(ctx, party->is, r, ret_is) : ERR_OK;
}

/* house_create.c: a new organisation: its packs in force, its name and zone kept. */
#include "base/clock.h"
#include "base/ids.h"
#include "http/house_inside.h"
#include "store/store.h"

struct creation {
	const struct house_start *start;
	const struct model *model;
	struct pack_text *texts;
	size_t n_texts;
};

enum err setting_put(struct ctx *ctx, const char *key, const char *value)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "insert into setting (key, value) values (:key, :value) "
	        "on conflict (key) do update set value = excluded.value");
	sql_text(&q, "key", key);
	sql_text(&q, "value", value);
	return sql_run(ctx, &q, NULL);
}

static enum err creation_write(struct ctx *ctx, void *arg)
{
	const struct creation *c = arg;

	TRY(setting_put(ctx, "name", c->start->name));
	TRY(setting_put(ctx, "zone", c->start->zone));
	TRY(setting_put(ctx, "packs", c->start->packs));
	TRY(setting_put(ctx, "demo", c->start->demo ? "1" : "0"));
	TRY(setting_put(ctx, "created_at", arena_printf(ctx->arena, "%lld", (long long)ctx->now_ms)));
	return pack_apply(ctx, c->model, c->texts, c->n_texts, false);
}

static enum err creation_run(struct houses *hs, struct arena *a, struct creation *c, struct house **ret_house,
                             char *why, size_t why_bytes)
{
	const struct house_start *start = c->start;
	struct pack_report report = {0};
	struct model *m = NULL;
	struct zone *zone = NULL;
	struct org *org;
	struct ids *ids;
	enum err e;

	TRY(pack_read_dir(a, start->packs_dir, start->packs, &c->texts, &c->n_texts, why, why_bytes));
	if (zone_load(start->zone, &zone) != ERR_OK) {
		snprintf(why, why_bytes, "there is no time zone '%.60s'", start->zone);
		return ERR_INVALID;
	}
	e = model_load(a, c->texts, c->n_texts, &m, &report);
	if (e != ERR_OK) {
		house_report_words(&report, why, why_bytes);
		zone_free(zone);
		return e;
	}
	e = org_create(hs->store, start->code, &org, why, why_bytes);
	if (e == ERR_OK) {
		ids = ids_new(hs->node);
		c->model = m;
		e = store_write(&(struct ctx){.arena = a,
		                              .org = org,
		                              .model = m,
		                              .ids = ids,
		                              .zone = zone,
		                              .now_ms = clock_now_ms(),
		                              .who = &who_system,
		                              .origin = "cli"},
		                creation_write, c);
		ids_free(ids);
		if (e != ERR_OK) {
			snprintf(why, why_bytes, "the packs could not be put in force: %s", err_code(e));
			org_drop(hs->store, start->code);
		}
	}
	model_unref(m);
	zone_free(zone);
	TRY(e);
	return house_open(hs, start->code, ret_house, why, why_bytes);
}

enum err house_create(struct houses *hs, const struct house_start *start, struct house **ret_house, char *why,
                      size_t why_bytes)
{
	struct arena *a;
	struct creation c = {.start = start};
	enum err e;

	if (!house_code_ok(start->code)) {
		snprintf(why, why_bytes, "a code is a-z, then a-z, 0-9 and _, at most 31 characters");
		return ERR_INVALID;
	}
	a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	e = creation_run(hs, a, &c, ret_house, why, why_bytes);
	arena_free(a);
	return e;
}

const char *house_name(struct arena *a, struct house *h)
{
	const char *name;

	pthread_mutex_lock(&h->lock);
	name = arena_strdup(a, h->edition->name);
	pthread_mutex_unlock(&h->lock);
	return name;
}

void houses_listen(struct houses *hs, void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&hs->bell_lock);
	hs->bell = fn;
	hs->bell_arg = arg;
	pthread_mutex_unlock(&hs->bell_lock);
}

void houses_listen_each(struct houses *hs, void (*fn)(void *arg, const char *code), void *arg)
{
	pthread_mutex_lock(&hs->bell_lock);
	hs->each = fn;
	hs->each_arg = arg;
	pthread_mutex_unlock(&hs->bell_lock);
}

size_t houses_take(struct houses *hs, struct house **ret_list, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&hs->lock);
	for (struct house *h = hs->list; h != NULL && n < max; h = h->next) {
		__atomic_add_fetch(&h->users, 1, __ATOMIC_RELAXED);
		ret_list[n++] = h;
	}
	pthread_mutex_unlock(&hs->lock);
	return n;
}

struct seen_today *house_seen(struct house *h)
{
	return h->seen;
}

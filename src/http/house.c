#include "http/house.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/ids.h"
#include "http/house_inside.h"
#include "store/store.h"

#define LOOK_US INT64_C(2000000)

static void houses_ring(void *arg, struct org *o, int64_t last_seq)
{
	struct houses *hs = arg;

	pthread_mutex_lock(&hs->bell_lock);
	if (hs->bell != NULL)
		hs->bell(hs->bell_arg);
	if (hs->each != NULL)
		hs->each(hs->each_arg, org_code(o));
	pthread_mutex_unlock(&hs->bell_lock);
}

struct houses *houses_new(struct store *store, int node)
{
	struct houses *hs = calloc(1, sizeof(*hs));

	if (hs == NULL)
		abort();
	pthread_mutex_init(&hs->lock, NULL);
	hs->store = store;
	hs->node = node;
	pthread_mutex_init(&hs->models_lock, NULL);
	pthread_mutex_init(&hs->bell_lock, NULL);
	store_on_commit(store, houses_ring, hs);
	return hs;
}

void house_ring(struct house *h)
{
	houses_ring(h->home, h->org, org_last_seq(h->org));
}

struct store *houses_store(const struct houses *hs)
{
	return hs->store;
}

static struct edition *edition_ref(struct edition *e)
{
	__atomic_add_fetch(&e->refs, 1, __ATOMIC_RELAXED);
	return e;
}

static void edition_put(struct edition *e)
{
	if (e == NULL || __atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	model_unref(e->model);
	zone_free(e->zone);
	free(e->name);
	free(e);
}

static void house_free(struct house *h)
{
	seats_clear(&h->seats);
	seen_today_free(h->seen);
	edition_put(h->edition);
	ids_free(h->ids);
	pthread_mutex_destroy(&h->reloading);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void houses_free(struct houses *hs)
{
	if (hs == NULL)
		return;
	while (hs->list != NULL) {
		struct house *h = hs->list;

		hs->list = h->next;
		house_free(h);
	}
	pthread_mutex_destroy(&hs->lock);
	for (size_t i = 0; i < MODELS_KEPT; i++)
		model_unref(hs->models[i]);
	pthread_mutex_destroy(&hs->models_lock);
	pthread_mutex_destroy(&hs->bell_lock);
	free(hs);
}

/* ---- settings and editions ------------------------------------------------------------------------------------ */

const char *setting_text(struct ctx *ctx, const char *key, const char *otherwise)
{
	struct sql q;
	const char *v = NULL;

	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = :key");
	sql_text(&q, "key", key);
	if (sql_one_text(ctx, &q, &v) != ERR_OK || v == NULL || v[0] == '\0')
		return otherwise;
	return v;
}

/* Grows with every change of packs and of settings, whichever server made it. */
static enum err changes_count(struct ctx *ctx, int64_t *ret_n)
{
	struct sql q;
	int64_t packs, settings = 0;

	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(id), 0) from pack_change");
	TRY(sql_one_int(ctx, &q, &packs));
	(void)id_parse(setting_text(ctx, SETTINGS_CHANGED, "0"), &settings);
	*ret_n = packs + settings;
	return ERR_OK;
}

struct edition_read {
	struct house *house;
	struct edition *edition;
	struct pack_report report;
	int64_t pack_change;
};

static enum err edition_read(struct ctx *ctx, void *arg)
{
	struct edition_read *er = arg;
	struct edition *e = er->edition;
	struct sql q;
	int64_t last = 0;

	TRY(changes_count(ctx, &er->pack_change));
	/* A clock set back while no server ran must not give out ids again. */
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(id), 0) from event");
	TRY(sql_one_int(ctx, &q, &last));
	ids_after(er->house->ids, last);
	if (e->zone == NULL)
		TRY(zone_load(setting_text(ctx, "zone", "Asia/Shanghai"), &e->zone));
	if (e->name == NULL)
		e->name = strdup(setting_text(ctx, "name", org_code(er->house->org)));
	e->demo = strcmp(setting_text(ctx, "demo", ""), "1") == 0;
	ctx->zone = e->zone;
	if (e->model == NULL)
		TRY(model_load_stored(ctx, &e->model, &er->report));
	return ERR_OK;
}

void house_report_words(const struct pack_report *report, char *why, size_t why_bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < report->n && used < why_bytes; i++) {
		const struct pack_problem *p = &report->list[i];
		int n;

		if (p->warning)
			continue;
		n = snprintf(why + used, why_bytes - used, "%s%s/%s:%d:%d: %s", used ? "\n" : "", p->pack, p->path,
		             p->line, p->column, p->message);
		used += n > 0 ? (size_t)n : 0;
	}
}

/* Most organisations use packs as they come: one model serves all whose texts and parameters are the
 * same. Takes the caller's reference and gives one. */
static struct model *model_shared(struct houses *hs, struct model *m)
{
	struct model *same = NULL;

	pthread_mutex_lock(&hs->models_lock);
	for (size_t i = 0; i < MODELS_KEPT && same == NULL; i++)
		if (hs->models[i] != NULL && hs->models[i]->generation == m->generation &&
		    strcmp(hs->models[i]->digest, m->digest) == 0)
			same = model_ref(hs->models[i]);
	if (same == NULL) {
		model_unref(hs->models[hs->model_at]);
		hs->models[hs->model_at] = model_ref(m);
		hs->model_at = (hs->model_at + 1) % MODELS_KEPT;
	}
	pthread_mutex_unlock(&hs->models_lock);
	if (same == NULL)
		return m;
	model_unref(m);
	return same;
}

static enum err reload(struct house *h, char *why, size_t why_bytes)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct ctx ctx = {.arena = a, .org = h->org, .ids = h->ids, .now_ms = clock_now_ms(), .who = &who_system};
	struct edition_read er = {.house = h, .edition = calloc(1, sizeof(struct edition))};
	struct edition *old;
	enum err e;

	if (er.edition == NULL)
		abort();
	er.edition->refs = 1;
	e = store_read(&ctx, edition_read, &er);
	if (e != ERR_OK) {
		snprintf(why, why_bytes, "%s", err_code(e));
		house_report_words(&er.report, why, why_bytes);
		edition_put(er.edition);
		arena_free(a);
		return e;
	}
	arena_free(a);
	er.edition->model = model_shared(h->home, er.edition->model);
	pthread_mutex_lock(&h->lock);
	old = h->edition;
	h->edition = er.edition;
	pthread_mutex_unlock(&h->lock);
	atomic_store(&h->pack_change, er.pack_change);
	edition_put(old);
	house_people_changed(h);
	return ERR_OK;
}

enum err house_reload(struct house *h, char *why, size_t why_bytes)
{
	enum err e;

	/* One at a time: of two, the one that read earlier must not come last. */
	pthread_mutex_lock(&h->reloading);
	e = reload(h, why, why_bytes);
	pthread_mutex_unlock(&h->reloading);
	/* Another model may have other duties and limits. */
	if (e == ERR_OK)
		house_ring(h);
	return e;
}

struct edition *house_enter(struct house *h, struct arena *a, struct ctx *ret_ctx)
{
	struct edition *e;

	pthread_mutex_lock(&h->lock);
	e = edition_ref(h->edition);
	pthread_mutex_unlock(&h->lock);
	*ret_ctx = (struct ctx){
	        .arena = a,
	        .org = h->org,
	        .model = e->model,
	        .zone = e->zone,
	        .ids = h->ids,
	        .now_ms = clock_now_ms(),
	        .origin = "",
	};
	return e;
}

void house_leave(struct edition *e)
{
	edition_put(e);
}

/* ---- opening ------------------------------------------------------------------------------------- */

bool house_gone(const struct house *h)
{
	return atomic_load(&h->gone);
}

const char *house_code(const struct house *h)
{
	return org_code(h->org);
}

struct org *house_org(const struct house *h)
{
	return h->org;
}

static struct house *house_new(struct houses *hs, struct org *org)
{
	struct house *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_init(&h->reloading, NULL);
	h->home = hs;
	h->org = org;
	h->store = hs->store;
	h->ids = ids_new(hs->node);
	h->seen = seen_today_new();
	atomic_store(&h->seen_seq, org_last_seq(org));
	return h;
}

/* With hs->lock held. */
static struct house *houses_find(struct houses *hs, const char *code)
{
	for (struct house *h = hs->list; h != NULL; h = h->next)
		if (strcmp(org_code(h->org), code) == 0)
			return h;
	return NULL;
}

bool house_code_ok(const char *code)
{
	size_t len = strlen(code);

	return len >= 1 && len <= 31 && code[0] >= 'a' && code[0] <= 'z' &&
	       strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

enum err house_open(struct houses *hs, const char *code, struct house **ret_house, char *why, size_t why_bytes)
{
	struct house *h;
	struct org *org = NULL;
	enum err e = ERR_OK;

	if (!house_code_ok(code)) {
		snprintf(why, why_bytes, "no organisation has the code '%.40s'", code);
		return ERR_NOT_FOUND;
	}
	/* Opening is rare; others who want to open wait, so that each opens once. */
	pthread_mutex_lock(&hs->lock);
	h = houses_find(hs, code);
	if (h == NULL) {
		e = org_open(hs->store, code, &org, why, why_bytes);
		if (e == ERR_OK) {
			h = house_new(hs, org);
			e = house_reload(h, why, why_bytes);
			if (e == ERR_OK) {
				h->next = hs->list;
				hs->list = h;
			} else {
				house_free(h);
			}
		}
	}
	if (e == ERR_OK) {
		__atomic_add_fetch(&h->users, 1, __ATOMIC_RELAXED);
		*ret_house = h;
	}
	pthread_mutex_unlock(&hs->lock);
	return e;
}

void house_close(struct house *h)
{
	if (h != NULL)
		__atomic_sub_fetch(&h->users, 1, __ATOMIC_RELEASE);
}

enum err house_drop(struct houses *hs, const char *code, char *why, size_t why_bytes)
{
	struct house **at;
	struct house *h;

	pthread_mutex_lock(&hs->lock);
	for (at = &hs->list; *at != NULL && strcmp(org_code((*at)->org), code) != 0;)
		at = &(*at)->next;
	h = *at;
	if (h != NULL) {
		*at = h->next;
		atomic_store(&h->gone, true);
	}
	pthread_mutex_unlock(&hs->lock);
	/* Nobody finds it any more; those who have it come to their end. */
	while (h != NULL && __atomic_load_n(&h->users, __ATOMIC_ACQUIRE) > 0)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	if (h != NULL)
		house_free(h);
	snprintf(why, why_bytes, "there is no organisation '%.40s'", code);
	return org_drop(hs->store, code);
}

/* ---- looking ------------------------------------------------------------------------------------- */

struct look {
	int64_t from, to;
	int64_t people;
	int64_t pack_change;
	bool packs;
};

static enum err look_read(struct ctx *ctx, void *arg)
{
	struct look *lk = arg;
	struct sql q;

	if (lk->to > lk->from) {
		sql_init(&q, ctx->arena);
		SQL(&q, "select count(*) from event where seq > :from and seq <= :to and type in ('user', 'team', "
		        "'role', 'acceptance_share')");
		sql_int(&q, "from", lk->from);
		sql_int(&q, "to", lk->to);
		TRY(sql_one_int(ctx, &q, &lk->people));
	}
	if (lk->packs)
		TRY(changes_count(ctx, &lk->pack_change));
	return ERR_OK;
}

void house_look(struct ctx *ctx, struct house *h)
{
	struct look lk = {.from = atomic_load(&h->seen_seq), .to = org_last_seq(h->org)};
	long long looked = atomic_load(&h->looked_us);
	int64_t now_us = 0;

	if (store_is_postgres(h->store)) {
		now_us = clock_monotonic_us();
		lk.packs = now_us - looked > LOOK_US && atomic_compare_exchange_strong(&h->looked_us, &looked, now_us);
	}
	if (lk.to <= lk.from && !lk.packs)
		return;
	if (store_read(ctx, look_read, &lk) != ERR_OK) {
		house_people_changed(h); /* unknown is treated as changed */
		return;
	}
	/* The version goes up before the mark moves: who sees the mark sees the version too. */
	if (lk.people > 0)
		house_people_changed(h);
	atomic_store(&h->seen_seq, lk.to);
	if (lk.packs && lk.pack_change != atomic_load(&h->pack_change)) {
		char why[256];

		(void)house_reload(h, why, sizeof(why));
	}
}

void house_people_changed(struct house *h)
{
	atomic_fetch_add(&h->people_version, 1);
}

uint64_t house_people_version(const struct house *h)
{
	return atomic_load(&h->people_version);
}

/* ---- seats --------------------------------------------------------------------------------------- */

struct seat *house_seat(struct house *h, const char *digest, const struct edition *e)
{
	struct seat *s;
	uint64_t version = atomic_load(&h->people_version);

	pthread_mutex_lock(&h->lock);
	s = seats_find(&h->seats, digest);
	if (s != NULL) {
		if (s->people_version == version && s->edition == e &&
		    clock_monotonic_us() - s->read_us < seats_fresh_us(store_is_postgres(h->store)))
			__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
		else
			s = NULL;
	}
	pthread_mutex_unlock(&h->lock);
	return s;
}

struct seat *house_keep_seat(struct house *h, const struct seat *seat, const struct who *who, struct edition *e)
{
	struct seat *s = seat_new(seat, who);

	s->edition = edition_ref(e);
	pthread_mutex_lock(&h->lock);
	seats_put(&h->seats, s);
	pthread_mutex_unlock(&h->lock);
	return s;
}

void house_drop_seat(struct house *h, const char *digest)
{
	pthread_mutex_lock(&h->lock);
	seats_drop(&h->seats, digest);
	pthread_mutex_unlock(&h->lock);
}

bool house_guard(struct house *h, int64_t user, int64_t *ret_wait_ms)
{
	bool ok;

	pthread_mutex_lock(&h->lock);
	ok = guard_take(&h->guard, user, clock_monotonic_us() / 1000, ret_wait_ms);
	pthread_mutex_unlock(&h->lock);
	return ok;
}

void seat_put(struct seat *s)
{
	if (s == NULL || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	edition_put(s->edition);
	free(s->who);
	free(s);
}

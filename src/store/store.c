/* The store, its organisations, and transactions in general. */
#include "store/internal.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"

static char *copy_text(const char *s)
{
	char *copy = s ? strdup(s) : NULL;
	if (s != NULL && copy == NULL)
		abort();
	return copy;
}

static bool make_dir(const char *dir, const char *below, char *why, size_t why_bytes)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s%s", dir, below);
	/* What customers say is nobody else's on this machine. */
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	snprintf(why, why_bytes, "can't make the folder %s: %s", path, strerror(errno));
	return false;
}

static void store_free(struct store *s)
{
	free(s->dir);
	free(s->url);
	pthread_mutex_destroy(&s->opening);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->freed);
	free(s);
}

enum err store_open(const struct store_config *config, struct store **ret_store, char *why, size_t why_bytes)
{
	bool postgres = config->url != NULL && config->url[0] != '\0';
	if (!postgres && (config->dir == NULL || config->dir[0] == '\0')) {
		snprintf(why, why_bytes, "no data folder is given");
		return ERR_INVALID;
	}
	if (config->dir != NULL &&
	    (!make_dir(config->dir, "", why, why_bytes) || !make_dir(config->dir, "/orgs", why, why_bytes) ||
	     !make_dir(config->dir, "/backups", why, why_bytes)))
		return errno == ENOSPC ? ERR_FULL : ERR_INVALID;
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	s->backend = postgres ? &backend_postgres : &backend_sqlite;
	s->dir = copy_text(config->dir);
	s->url = copy_text(config->url);
	s->readers_max = config->readers_max > 0 ? config->readers_max : READERS_DEFAULT;
	s->writers_max = postgres ? s->readers_max : LIMIT_ORGS_OPEN;
	pthread_mutex_init(&s->opening, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->freed, NULL);
	enum err e = s->backend->open(s, why, why_bytes);
	if (e != ERR_OK) {
		store_free(s);
		return e;
	}
	*ret_store = s;
	return ERR_OK;
}

static void org_free(struct org *o)
{
	if (o->extra_free != NULL)
		o->extra_free(o->extra);
	for (size_t i = 0; i < o->n_blocks; i++)
		free(o->blocks[i].key);
	free(o->blocks);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	/* Connections in use come back; new work is the caller's to have stopped. */
	while (!pool_close(s, NULL)) {
		pthread_mutex_lock(&s->lock);
		if (s->idle == NULL && s->n_readers + s->n_writers > 0)
			pthread_cond_wait(&s->freed, &s->lock);
		pthread_mutex_unlock(&s->lock);
	}
	s->backend->close(s);
	while (s->orgs != NULL) {
		struct org *o = s->orgs;
		s->orgs = o->next;
		org_free(o);
	}
	store_free(s);
}

bool store_is_postgres(const struct store *s)
{
	return s->backend == &backend_postgres;
}

enum err store_lease_node(struct store *s, int *ret_node)
{
	return s->backend->lease_node(s, ret_node);
}

bool org_code_ok(const char *code)
{
	size_t n = 0;
	for (; code[n] != '\0'; n++) {
		char c = code[n];
		if (!((c >= 'a' && c <= 'z') || (n > 0 && ((c >= '0' && c <= '9') || c == '_'))))
			return false;
	}
	return n >= 1 && n < ORG_CODE_BYTES;
}

static enum err code_check(const char *code, char *why, size_t why_bytes)
{
	if (code != NULL && org_code_ok(code))
		return ERR_OK;
	snprintf(why, why_bytes, "an organisation's code is up to 31 of a-z, 0-9 and _, and begins with a letter");
	return ERR_INVALID;
}

struct org *org_find(struct store *s, const char *code)
{
	pthread_mutex_lock(&s->lock);
	struct org *o = s->orgs;
	while (o != NULL && (o->dropped || strcmp(o->code, code) != 0))
		o = o->next;
	pthread_mutex_unlock(&s->lock);
	return o;
}

static struct org *org_new(struct store *s, const char *code)
{
	struct org *o = calloc(1, sizeof(*o));
	if (o == NULL)
		abort();
	o->store = s;
	snprintf(o->code, sizeof(o->code), "%s", code);
	pthread_mutex_init(&o->lock, NULL);
	return o;
}

struct org_start {
	struct schema_state state;
	int64_t last_seq;
	char *why;
	size_t why_bytes;
};

static enum err start_check(struct ctx *ctx, void *arg)
{
	struct org_start *start = arg;
	return schema_check(ctx, &start->state, start->why, start->why_bytes);
}

static enum err start_run(struct ctx *ctx, void *arg)
{
	struct org_start *start = arg;
	/* Looked at again: another server may have run them meanwhile. */
	TRY(schema_check(ctx, &start->state, start->why, start->why_bytes));
	if (start->state.there == start->state.wanted)
		return ERR_OK;
	return schema_run(ctx, &start->state, start->why, start->why_bytes);
}

static enum err start_seq(struct ctx *ctx, void *arg)
{
	struct org_start *start = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select coalesce(max(seq), 0) from event");
	return sql_one_int(ctx, &q, &start->last_seq);
}

static enum err start_steps(struct ctx *ctx, struct org_start *start)
{
	TRY(store_read(ctx, start_check, start));
	if (start->state.there < start->state.wanted) {
		const char *what = arena_printf(ctx->arena, "step%lld", (long long)start->state.there), *name;
		if (start->state.there > 0)
			TRY(org_keep(ctx->org, ctx->arena, what, ctx->now_ms, &name, start->why, start->why_bytes));
		TRY(store_write(ctx, start_run, start));
	}
	return store_read(ctx, start_seq, start);
}

static enum err org_start(struct org *o, char *why, size_t why_bytes)
{
	struct arena *a = arena_new(16 << 20);
	struct ctx *ctx = ARENA_NEW(a, struct ctx);
	ctx->arena = a;
	ctx->org = o;
	ctx->now_ms = clock_now_ms();
	struct org_start start = {.why = why, .why_bytes = why_bytes};
	enum err e = start_steps(ctx, &start);
	if (e == ERR_OK)
		atomic_store(&o->last_seq, start.last_seq);
	else if (why[0] == '\0')
		snprintf(why, why_bytes, "organisation %s: %s", o->code,
		         ctx->problems.n ? ctx->problems.list[0].detail : err_code(e));
	arena_free(a);
	return e;
}

static enum err org_begin(struct store *s, const char *code, bool make, struct org **ret_org, char *why,
                          size_t why_bytes)
{
	bool there = s->backend->org_there(s, code);
	if (there == make) {
		snprintf(why, why_bytes, "organisation %s is %s there", code, make ? "already" : "not");
		return make ? ERR_CONFLICT : ERR_NOT_FOUND;
	}
	struct org *o = org_new(s, code);
	enum err e = make ? s->backend->org_make(o, why, why_bytes) : ERR_OK;
	if (e == ERR_OK)
		e = org_start(o, why, why_bytes);
	pool_close(s, o);
	if (e != ERR_OK) {
		if (make)
			s->backend->org_drop(s, code);
		org_free(o);
		return e;
	}
	pthread_mutex_lock(&s->lock);
	o->next = s->orgs;
	s->orgs = o;
	pthread_mutex_unlock(&s->lock);
	*ret_org = o;
	return ERR_OK;
}

enum err org_create(struct store *s, const char *code, struct org **ret_org, char *why, size_t why_bytes)
{
	if (why_bytes > 0)
		why[0] = '\0';
	TRY(code_check(code, why, why_bytes));
	pthread_mutex_lock(&s->opening);
	enum err e = org_begin(s, code, true, ret_org, why, why_bytes);
	pthread_mutex_unlock(&s->opening);
	return e;
}

enum err org_open(struct store *s, const char *code, struct org **ret_org, char *why, size_t why_bytes)
{
	if (why_bytes > 0)
		why[0] = '\0';
	TRY(code_check(code, why, why_bytes));
	struct org *o = org_find(s, code);
	enum err e = ERR_OK;
	if (o == NULL) {
		pthread_mutex_lock(&s->opening);
		o = org_find(s, code);
		if (o == NULL)
			e = org_begin(s, code, false, &o, why, why_bytes);
		pthread_mutex_unlock(&s->opening);
	}
	if (e == ERR_OK)
		*ret_org = o;
	return e;
}

enum err org_list(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n)
{
	return s->backend->org_list(s, a, ret_codes, ret_n);
}

enum err org_drop(struct store *s, const char *code)
{
	if (code == NULL || !org_code_ok(code))
		return ERR_INVALID;
	pthread_mutex_lock(&s->opening);
	enum err e = ERR_NOT_FOUND;
	if (s->backend->org_there(s, code)) {
		struct org *o = org_find(s, code);
		if (o != NULL) {
			/* The struct stays until store_close: others may hold it; it answers ERR_NOT_FOUND. */
			pthread_mutex_lock(&s->lock);
			o->dropped = true;
			pthread_mutex_unlock(&s->lock);
			pool_close(s, o);
		}
		e = s->backend->org_drop(s, code);
	}
	pthread_mutex_unlock(&s->opening);
	return e;
}

const char *org_code(const struct org *o)
{
	return o->code;
}

struct store *org_store(const struct org *o)
{
	return o->store;
}

void org_set_extra(struct org *o, void *extra, void (*free_fn)(void *))
{
	if (o->extra_free != NULL && o->extra != extra)
		o->extra_free(o->extra);
	o->extra = extra;
	o->extra_free = free_fn;
}

void *org_extra(const struct org *o)
{
	return o->extra;
}

enum err org_backup(struct org *o, const char *path, char *why, size_t why_bytes)
{
	return o->store->backend->backup(o, path, why, why_bytes);
}

enum err org_keep(struct org *o, struct arena *a, const char *what, int64_t number, const char **ret_name, char *why,
                  size_t why_bytes)
{
	const char *dir = o->store->dir;
	*ret_name = dir ? arena_printf(a, "backups/%s-%s-%lld.backup", o->code, what, (long long)number) : NULL;
	return dir ? org_backup(o, arena_printf(a, "%s/%s", dir, *ret_name), why, why_bytes) : ERR_OK;
}

enum err org_restore(struct store *s, const char *code, const char *path, char *why, size_t why_bytes)
{
	TRY(code_check(code, why, why_bytes));
	pthread_mutex_lock(&s->opening);
	enum err e;
	if (s->backend->org_there(s, code)) {
		snprintf(why, why_bytes, "organisation %s is there: drop it first, or restore under another code",
		         code);
		e = ERR_CONFLICT;
	} else {
		e = s->backend->restore(s, code, path, why, why_bytes);
	}
	pthread_mutex_unlock(&s->opening);
	return e;
}

/* A connection that turns out to be dead before fn ran is no matter: another is taken. */
static enum err read_start(struct ctx *ctx, int effort_ms, struct store_conn **ret_conn)
{
	const struct backend *b = ctx->org->store->backend;
	enum err e = ERR_RETRY;
	for (int tries = 0; tries < 3 && e == ERR_RETRY; tries++) {
		char why[320] = "";
		struct store_conn *c;
		e = pool_take(ctx->org, false, &c, why, sizeof(why));
		if (e != ERR_OK)
			return store_fault(ctx, e, why, NULL);
		ctx->db = c;
		e = b->read_begin(ctx, effort_ms);
		if (e == ERR_OK) {
			*ret_conn = c;
			return ERR_OK;
		}
		ctx->db = NULL;
		pool_give(c);
		if (e == ERR_RETRY)
			pool_close(ctx->org->store, NULL);
	}
	return e == ERR_RETRY ? store_fault(ctx, ERR_BUSY, "the database can't be reached", NULL) : e;
}

static enum err read_within(struct ctx *ctx, store_fn *fn, void *arg, int effort_ms)
{
	struct store_conn *c;
	if (ctx->db != NULL)
		return fn(ctx, arg);
	TRY(read_start(ctx, effort_ms, &c));
	enum err e = fn(ctx, arg);
	ctx->org->store->backend->read_end(ctx);
	ctx->db = NULL;
	pool_give(c);
	return e == ERR_RETRY ? ERR_BUSY : e;
}

enum err store_read(struct ctx *ctx, store_fn *fn, void *arg)
{
	return read_within(ctx, fn, arg, READ_EFFORT_MS);
}

void store_pages_few(struct ctx *ctx)
{
	const struct backend *b = ctx->org->store->backend;
	if (ctx->db != NULL && b->pages_few != NULL)
		b->pages_few(ctx);
}

void store_pages_free(struct ctx *ctx)
{
	const struct backend *b = ctx->org->store->backend;
	if (ctx->db != NULL && b->pages_free != NULL)
		b->pages_free(ctx);
}

enum err store_read_slow(struct ctx *ctx, store_fn *fn, void *arg)
{
	return read_within(ctx, fn, arg, SLOW_EFFORT_MS);
}

enum err store_write(struct ctx *ctx, store_fn *fn, void *arg)
{
	if (ctx->db != NULL)
		return ctx->db->writer ? fn(ctx, arg)
		                       : store_fault(ctx, ERR_INTERNAL, "store_write inside store_read", NULL);
	return ctx->org->store->backend->write(ctx, fn, arg);
}

int64_t org_last_seq(struct org *o)
{
	return atomic_load(&o->last_seq);
}

void store_on_commit(struct store *s, void (*fn)(void *arg, struct org *o, int64_t last_seq), void *arg)
{
	pthread_mutex_lock(&s->lock);
	if (s->n_watchers == COMMIT_WATCHERS_MAX)
		abort();
	s->watchers[s->n_watchers++] = (struct commit_watcher){.fn = fn, .arg = arg};
	pthread_mutex_unlock(&s->lock);
}

void org_committed(struct org *o, int64_t last_seq)
{
	int64_t known = atomic_load(&o->last_seq);
	while (known < last_seq && !atomic_compare_exchange_weak(&o->last_seq, &known, last_seq))
		;
	struct store *s = o->store;
	struct commit_watcher watchers[COMMIT_WATCHERS_MAX];
	pthread_mutex_lock(&s->lock);
	size_t n = s->n_watchers;
	memcpy(watchers, s->watchers, sizeof(watchers));
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < n; i++)
		watchers[i].fn(watchers[i].arg, o, last_seq);
}

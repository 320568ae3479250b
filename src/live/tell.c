/* tell.c: from new events to those who may know of them. */
#include "base/clock.h"
#include "base/ids.h"
#include "live/inside.h"
#include "store/store.h"

enum { MESSAGE_BYTES = 256, WATCHERS_MAX = 50, NOTICE_BACK_MS = 10000, ROUND_BYTES = 8 << 20 };

/* One record that was changed in this round; several events of it count as the last. */
struct change {
	int64_t seq, record;
	const struct type *type;
	struct record *now; /* NULL: it is no more */
};

/* What one group of alike viewers may see of one type. */
struct sight {
	const char *signature;
	const struct type *type;
	bool personal; /* the rule speaks of @me: each must be asked for himself */
	bool none;
	struct sight *next;
};

struct verdict { /* of a change for a group */
	const char *signature;
	size_t change;
	bool allowed;
	struct verdict *next;
};

struct round {
	struct hub *hub;
	struct follow *follow;
	struct client *only; /* NULL: all of the organisation */
	int64_t from, to;
	struct change *changes;
	size_t n;
	struct sight *sights;
	struct verdict *verdicts;
	bool full; /* a page was filled: there is more */
};

/* ---- reading --------------------------------------------------------------------------------------- */

static enum err round_events(struct ctx *ctx, struct round *rd)
{
	struct sql q;
	struct rows *r;
	size_t rows = 0;

	rd->changes = ARENA_ARRAY(ctx->arena, PAGE_EVENTS, struct change);
	sql_init(&q, ctx->arena);
	SQL(&q, "select seq, type, record from event where seq > :from and seq <= :to order by seq limit :limit");
	sql_int(&q, "from", rd->from);
	sql_int(&q, "to", rd->to);
	sql_int(&q, "limit", PAGE_EVENTS);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r)) {
		int64_t seq = rows_int(r, 0);
		int64_t record = rows_int(r, 2);
		const struct type *t = model_type(ctx->model, rows_text(r, 1, NULL));
		size_t i = 0;

		rows++;
		rd->to = rows == PAGE_EVENTS ? seq : rd->to;
		while (i < rd->n && rd->changes[i].record != record)
			i++;
		if (t == NULL)
			continue;
		if (i < rd->n) /* moves to the end, where its last event belongs */
			memmove(&rd->changes[i], &rd->changes[i + 1], (rd->n-- - i - 1) * sizeof(rd->changes[0]));
		rd->changes[rd->n++] = (struct change){.seq = seq, .record = record, .type = t};
	}
	rd->full = rows == PAGE_EVENTS;
	return rows_done(r);
}

static enum err round_records(struct ctx *ctx, struct round *rd)
{
	for (size_t i = 0; i < rd->n; i++) {
		enum err e = record_load(ctx, rd->changes[i].type, rd->changes[i].record, &rd->changes[i].now);

		if (e == ERR_NOT_FOUND)
			rd->changes[i].now = NULL;
		else
			TRY(e);
		/* Very long records: the round ends here. They lie in the order of their last events, so that
		 * the next one goes on behind this one. */
		if (arena_bytes(ctx->arena) > ROUND_BYTES && i + 1 < rd->n) {
			rd->n = i + 1;
			rd->to = rd->changes[i].seq;
		}
	}
	return ERR_OK;
}

/* ---- who may know ------------------------------------------------------------------------------------- */

static enum err sight_of(struct ctx *ctx, struct round *rd, const char *signature, const struct type *t,
                         const struct sight **ret_sight)
{
	struct sight *s = rd->sights;
	struct filter *f = NULL;
	struct buf text;

	while (s != NULL && (s->type != t || strcmp(s->signature, signature) != 0))
		s = s->next;
	if (s == NULL) {
		struct arena *keep = rd->hub->arena;

		s = ARENA_NEW(keep, struct sight);
		*s = (struct sight){.signature = arena_strdup(keep, signature), .type = t, .next = rd->sights};
		TRY(access_filter(ctx, t, ACCESS_READ, &f, &s->none));
		buf_init(&text, ctx->arena, LIMIT_FILTER_BYTES * 4);
		if (!s->none && f != NULL)
			filter_write_text(&text, f);
		s->personal = text.over || (text.len > 0 && strstr(text.data, "@me") != NULL);
		rd->sights = s;
	}
	*ret_sight = s;
	return ERR_OK;
}

static enum err change_allowed(struct ctx *ctx, struct round *rd, const char *signature, size_t at, bool *ret_allowed)
{
	const struct change *ch = &rd->changes[at];
	const struct sight *s;
	struct verdict *v;
	enum err e;

	TRY(sight_of(ctx, rd, signature, ch->type, &s));
	*ret_allowed = false;
	if (s->none)
		return ERR_OK;
	/* What is gone has no content left to guard: who sees records of its kind is told. */
	if (ch->now == NULL) {
		*ret_allowed = true;
		return ERR_OK;
	}
	for (v = s->personal ? NULL : rd->verdicts; v != NULL; v = v->next) {
		if (v->change == at && strcmp(v->signature, signature) == 0) {
			*ret_allowed = v->allowed;
			return ERR_OK;
		}
	}
	e = access_check(ctx, ch->now, ACCESS_READ);
	if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_FORBIDDEN)
		return e;
	ctx_forget(ctx);
	*ret_allowed = e == ERR_OK;
	if (!s->personal) {
		v = ARENA_NEW(rd->hub->arena, struct verdict);
		*v = (struct verdict){
		        .signature = s->signature, .change = at, .allowed = *ret_allowed, .next = rd->verdicts};
		rd->verdicts = v;
	}
	return ERR_OK;
}

/* ---- telling --------------------------------------------------------------------------------------- */

static void tell_change(struct client *c, const struct change *ch)
{
	char text[MESSAGE_BYTES];
	int n = snprintf(text, sizeof(text), "{\"seq\":\"%lld\",\"type\":\"%s\",\"id\":\"%lld\",\"version\":%lld}",
	                 (long long)ch->seq, ch->type->name, (long long)ch->record,
	                 ch->now ? (long long)ch->now->version : 0LL);

	if (n > 0 && (size_t)n < sizeof(text))
		client_send(c, text, (size_t)n);
}

/* The records he was lately told of because he might see them: when one is taken from him he is told once
 * more, so that his lists let it go. */
static bool was_shown(const struct client *c, int64_t record)
{
	for (size_t i = 0; i < SHOWN_KEPT; i++)
		if (c->shown[i] == record)
			return true;
	return false;
}

static void note_shown(struct client *c, int64_t record, bool allowed)
{
	for (size_t i = 0; i < SHOWN_KEPT; i++) {
		if (c->shown[i] == record) {
			c->shown[i] = allowed ? record : 0;
			return;
		}
	}
	if (allowed)
		c->shown[c->shown_at++ % SHOWN_KEPT] = record;
}

/* He who has it open was let in; if it was taken from him meanwhile, his page must find that out. */
static bool watches(const struct client *c, const struct change *ch)
{
	return c->watch_id == ch->record && strcmp(c->watch_type, ch->type->name) == 0;
}

static enum err tell_client(struct ctx *ctx, struct round *rd, struct client *c)
{
	const char *signature = access_signature(ctx);

	for (size_t i = 0; i < rd->n; i++) {
		bool allowed;

		TRY(change_allowed(ctx, rd, signature, i, &allowed));
		if (!allowed && !watches(c, &rd->changes[i]) && !was_shown(c, rd->changes[i].record))
			continue;
		tell_change(c, &rd->changes[i]);
		c->counts_due = c->counts_due || rd->changes[i].type->uses_work;
		note_shown(c, rd->changes[i].record, allowed);
	}
	return ERR_OK;
}

static enum err round_read(struct ctx *ctx, void *arg)
{
	struct round *rd = arg;
	struct hub *h = rd->hub;
	const struct who *reader = ctx->who;
	enum err e;

	TRY(round_events(ctx, rd));
	if (rd->n == 0)
		return ERR_OK;
	TRY(round_records(ctx, rd));
	for (struct client *c = rd->follow->clients; c != NULL; c = c->follow_next) {
		struct ctx his;
		void *hold;

		if (c->dead || c->closing_ms != 0 || (rd->only != NULL && rd->only != c))
			continue;
		/* What one client needs is forgotten before the next: there may be thousands. */
		arena_clear(h->scratch);
		if (!h->people.enter(h->people.arg, c->viewer, h->scratch, &his, &hold)) {
			client_close(c, CLOSE_SIGNED_OUT);
			continue;
		}
		/* The same connection and snapshot serve all; only who asks changes. A model changed this very
		 * moment is taken up in the next round. */
		ctx->who = his.who;
		ctx->arena = h->scratch;
		e = tell_client(ctx, rd, c);
		ctx_forget(ctx);
		ctx->arena = h->arena;
		ctx->who = reader;
		h->people.leave(h->people.arg, hold);
		TRY(e);
	}
	return ERR_OK;
}

/* Those who got a notice have a new count, even when they may not see the record. */
static enum err notices_read(struct ctx *ctx, void *arg)
{
	struct round *rd = arg;
	struct sql q;
	struct rows *r;

	sql_init(&q, ctx->arena);
	/* The limit keeps SQLite from walking a whole index of users for `distinct`. */
	SQL(&q, "select distinct user_id from (select user_id from notice where id > :after limit :all) late");
	sql_int(&q, "after", ids_floor(clock_now_ms() - NOTICE_BACK_MS));
	sql_int(&q, "all", INT64_MAX);
	TRY(sql_rows(ctx, &q, &r));
	while (rows_next(r))
		for (struct client *c = rd->follow->clients; c != NULL; c = c->follow_next)
			c->counts_due = c->counts_due || c->user == rows_int(r, 0);
	return rows_done(r);
}

/* Reads with the eyes of any client that is still signed in: NULL ctx when there is none. */
static bool round_enter(struct round *rd, struct ctx *ret_ctx, void **ret_hold)
{
	struct hub *h = rd->hub;

	for (struct client *c = rd->follow->clients; c != NULL; c = c->follow_next) {
		if (c->dead || c->closing_ms != 0)
			continue;
		if (h->people.enter(h->people.arg, c->viewer, h->arena, ret_ctx, ret_hold))
			return true;
		client_close(c, CLOSE_SIGNED_OUT);
	}
	return false;
}

static enum err round_run(struct round *rd)
{
	struct hub *h = rd->hub;
	struct ctx ctx;
	void *hold;
	enum err e = ERR_OK;

	if (!round_enter(rd, &ctx, &hold))
		return ERR_SIGN_IN;
	e = store_read(&ctx, round_read, rd);
	if (e == ERR_OK && rd->only == NULL && rd->n > 0)
		e = store_read(&ctx, notices_read, rd);
	h->people.leave(h->people.arg, hold);
	arena_clear(h->arena);
	return e;
}

void follow_tell(struct hub *h, struct follow *f)
{
	int64_t last = org_last_seq(f->org);

	while (f->seen < last && f->clients != NULL) {
		struct round rd = {.hub = h, .follow = f, .from = f->seen, .to = last};

		if (round_run(&rd) != ERR_OK)
			return; /* tried again with the next tick */
		f->seen = rd.to;
	}
	f->seen = f->clients == NULL ? last : f->seen;
}

void client_resume(struct client *c, int64_t since)
{
	char text[64];
	int64_t last = c->follow->seen;

	if (since < last - RESUME_EVENTS || since > last) {
		int n = snprintf(text, sizeof(text), "{\"reset\":\"%lld\"}", (long long)last);

		client_send(c, text, (size_t)n);
		return;
	}
	while (since < last) {
		struct round rd = {.hub = c->hub, .follow = c->follow, .only = c, .from = since, .to = last};

		if (round_run(&rd) != ERR_OK) {
			client_close(c, CLOSE_TOO_SLOW);
			return;
		}
		since = rd.to;
	}
}

/* ---- who watches ----------------------------------------------------------------------------------- */

struct watching {
	const struct type *type;
	int64_t id;
};

static enum err watching_read(struct ctx *ctx, void *arg)
{
	struct watching *w = arg;
	struct record *r;

	TRY(record_load(ctx, w->type, w->id, &r));
	return access_check(ctx, r, ACCESS_READ);
}

bool client_may_watch(struct client *c, const char *type, int64_t id)
{
	struct hub *h = c->hub;
	struct watching w = {.id = id};
	struct ctx ctx;
	void *hold;
	bool ok;

	if (!h->people.enter(h->people.arg, c->viewer, h->arena, &ctx, &hold))
		return false;
	w.type = model_type(ctx.model, type);
	ok = w.type != NULL && store_read(&ctx, watching_read, &w) == ERR_OK;
	h->people.leave(h->people.arg, hold);
	arena_clear(h->arena);
	return ok;
}

size_t hub_watchers(struct hub *h, const struct org *org, const char *type, int64_t id, int64_t *ret_users, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&h->lock);
	for (struct client *c = h->clients.next; c != &h->clients && n < max; c = c->next) {
		bool there = false;

		if (c->follow->org != org || c->watch_id != id || strcmp(c->watch_type, type) != 0)
			continue;
		for (size_t i = 0; i < n; i++)
			there = there || ret_users[i] == c->user;
		if (!there)
			ret_users[n++] = c->user;
	}
	pthread_mutex_unlock(&h->lock);
	return n;
}

bool hub_has(struct hub *h, const struct org *org, int64_t user)
{
	bool has = false;

	pthread_mutex_lock(&h->lock);
	for (struct client *c = h->clients.next; c != &h->clients && !has; c = c->next)
		has = c->follow->org == org && c->user == user;
	pthread_mutex_unlock(&h->lock);
	return has;
}

struct names {
	struct follow *follow;
	int64_t users[WATCHERS_MAX];
	const char *titles[WATCHERS_MAX];
	size_t n;
};

static enum err names_read(struct ctx *ctx, void *arg)
{
	struct names *nm = arg;

	return nm->n > 0 ? record_titles(ctx, ctx->model->user, nm->users, nm->n, nm->titles) : ERR_OK;
}

static void write_watching(struct json_out *out, const struct names *nm, const char *type, int64_t id)
{
	json_open(out, '{');
	json_key(out, "watching");
	json_open(out, '{');
	json_key(out, "type");
	json_text(out, type);
	json_key(out, "id");
	json_id(out, id);
	json_key(out, "users");
	json_open(out, '[');
	for (size_t i = 0; i < nm->n; i++) {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, nm->users[i]);
		json_key(out, "label");
		json_text(out, nm->titles[i] ? nm->titles[i] : "");
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	json_close(out, '}');
}

void follow_tell_watchers(struct hub *h, struct follow *f, const char *type, int64_t id)
{
	struct round rd = {.hub = h, .follow = f};
	struct names nm = {.follow = f};
	struct buf text;
	struct json_out out;
	struct ctx ctx;
	void *hold;

	nm.n = hub_watchers(h, f->org, type, id, nm.users, WATCHERS_MAX);
	if (nm.n == 0 || !round_enter(&rd, &ctx, &hold))
		return;
	if (store_read(&ctx, names_read, &nm) == ERR_OK) {
		buf_init(&text, h->arena, 64 * 1024);
		json_out_init(&out, &text);
		write_watching(&out, &nm, type, id);
		for (struct client *c = f->clients; c != NULL; c = c->follow_next)
			if (c->watch_id == id && strcmp(c->watch_type, type) == 0)
				client_send(c, text.data, text.len);
	}
	h->people.leave(h->people.arg, hold);
	arena_clear(h->arena);
}

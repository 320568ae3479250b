/*
 * PostgreSQL: the store's own thread. It gives events their seq, tells other servers, hears from
 * them, and keeps the leases alive.
 *
 * One server at a time holds an organisation's lease `sequencer`. It numbers only events whose
 * transaction is older than every transaction still running, so that no event can turn up later with
 * a place before one that was already handed out.
 */
#include "store/pg.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

enum { TELL_MS = 20, SWEEP_MS = 2000, RENEW_MS = 15000 };

struct follower {
	struct store *s;
	PGconn *pg;
	int64_t told_us, swept_us, renewed_us;
};

/* The database's clock: servers' own may differ. */
#define NOW_MS "(extract(epoch from clock_timestamp()) * 1000)::bigint"

static const char lease_sql[] =
        "insert into lease as l (name, holder, until) values ('sequencer', $1, " NOW_MS " + 10000) "
        "on conflict (name) do update set holder = excluded.holder, until = excluded.until "
        "where l.until < " NOW_MS " or l.holder = excluded.holder returning 1";

static const char assign_sql[] =
        "with todo as (select id, row_number() over (order by age(xmin) desc, id) as n from event "
        "where seq is null and age(xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)), "
        "top as (select coalesce(max(seq), 0) as seq from event), "
        "done as (update event e set seq = top.seq + todo.n from todo, top where e.id = todo.id and e.seq is null "
        "returning e.seq) "
        "select coalesce(max(done.seq), 0) from done";

static const char left_sql[] = "select (select coalesce(max(seq), 0) from event) || ' ' || "
                               "(exists (select 1 from event where seq is null))::int";

static bool follow_begin(struct follower *f, const struct org *o)
{
	char text[128], schema[PG_SCHEMA_BYTES], why[320];
	pg_schema(o->code, schema);
	snprintf(text, sizeof(text), "begin isolation level read committed; set local search_path to %s", schema);
	return pg_exec(f->pg, text, why, sizeof(why)) == ERR_OK;
}

/* Numbers what can be numbered. False on a fault: the organisation stays dirty. */
static bool assign(struct follower *f, bool *ret_held)
{
	char out[48] = "", why[320];
	const char *holder[] = {pg_own(f->s)->holder};
	*ret_held = false;
	if (pg_value(f->pg, "select exists (select 1 from event where seq is null)", 0, NULL, out, sizeof(out), why,
	             sizeof(why)) != ERR_OK)
		return false;
	if (out[0] != 't')
		return true;
	if (pg_value(f->pg, lease_sql, 1, holder, out, sizeof(out), why, sizeof(why)) != ERR_OK)
		return false;
	if (out[0] != '1')
		return true;
	*ret_held = true;
	/* The row of the lease is locked until we commit: nobody else numbers meanwhile. */
	return pg_value(f->pg, assign_sql, 0, NULL, out, sizeof(out), why, sizeof(why)) == ERR_OK;
}

static void tell(struct follower *f, const char *kind, const struct org *o, int64_t seq)
{
	char text[128], why[320];
	const char *params[] = {text};
	char out[8];
	snprintf(text, sizeof(text), "%s %s %lld %s", kind, o->code, (long long)seq, pg_own(f->s)->holder);
	pg_value(f->pg, "select pg_notify('shouwen', $1)", 1, params, out, sizeof(out), why, sizeof(why));
}

static void sequence(struct follower *f, struct org *o)
{
	char out[48] = "", why[320];
	bool held = false;
	if (!follow_begin(f, o))
		return;
	atomic_store(&o->dirty, false);
	bool ok = assign(f, &held);
	ok = ok && pg_value(f->pg, left_sql, 0, NULL, out, sizeof(out), why, sizeof(why)) == ERR_OK;
	if (pg_exec(f->pg, ok ? "commit" : "rollback", why, sizeof(why)) != ERR_OK || !ok) {
		atomic_store(&o->dirty, true);
		return;
	}
	char *end;
	int64_t seq = (int64_t)strtoll(out, &end, 10);
	bool left = end[0] == ' ' && end[1] == '1';
	bool news = seq > atomic_load(&o->last_seq);
	if (left) /* a transaction still runs, or another server numbers */
		atomic_store(&o->dirty, true);
	if (news)
		org_committed(o, seq);
	if (news && held)
		tell(f, "seq", o, seq);
	else if (left && !held)
		tell(f, "new", o, 0);
}

/* "seq CODE N HOLDER": another server numbered up to N. "new CODE 0 HOLDER": please do. */
static void hear(struct follower *f)
{
	PGnotify *note;
	PQconsumeInput(f->pg);
	while ((note = PQnotifies(f->pg)) != NULL) {
		char kind[8], code[ORG_CODE_BYTES], holder[48];
		long long seq;
		if (sscanf(note->extra, "%7s %31s %lld %47s", kind, code, &seq, holder) == 4 &&
		    strcmp(holder, pg_own(f->s)->holder) != 0) {
			struct org *o = org_find(f->s, code);
			if (o != NULL && strcmp(kind, "new") == 0)
				atomic_store(&o->dirty, true);
			else if (o != NULL && seq > atomic_load(&o->last_seq))
				org_committed(o, seq);
		}
		PQfreemem(note);
	}
}

static struct org *org_after(struct store *s, const struct org *o)
{
	pthread_mutex_lock(&s->lock);
	struct org *next = o ? o->next : s->orgs;
	while (next != NULL && next->dropped)
		next = next->next;
	pthread_mutex_unlock(&s->lock);
	return next;
}

static void pass(struct follower *f)
{
	int64_t now_us = clock_monotonic_us();
	bool sweep = now_us - f->swept_us > SWEEP_MS * 1000;
	if (sweep)
		f->swept_us = now_us;
	for (struct org *o = org_after(f->s, NULL); o != NULL; o = org_after(f->s, o))
		if (sweep || atomic_load(&o->dirty))
			sequence(f, o);
	if (atomic_load(&pg_own(f->s)->node) >= 0 && now_us - f->renewed_us > RENEW_MS * 1000) {
		f->renewed_us = now_us;
		if (!pg_renew_node(f->s, f->pg))
			atomic_store(&pg_own(f->s)->node_lost, true);
	}
}

static void wait_for_news(struct follower *f)
{
	struct pollfd fds[2] = {{.fd = pg_own(f->s)->wake_fd, .events = POLLIN},
	                        {.fd = PQsocket(f->pg), .events = POLLIN}};
	/* Pauses first, so that many commits make one pass and one NOTIFY. */
	int64_t rest_us = TELL_MS * 1000 - (clock_monotonic_us() - f->told_us);
	if (rest_us > 0) {
		struct timespec t = {.tv_nsec = rest_us * 1000};
		nanosleep(&t, NULL);
	}
	bool dirty = false;
	for (struct org *o = org_after(f->s, NULL); o != NULL && !dirty; o = org_after(f->s, o))
		dirty = atomic_load(&o->dirty);
	int n = poll(fds, 2, dirty ? 0 : SWEEP_MS);
	uint64_t count;
	if (n > 0 && (fds[0].revents & POLLIN) && read(fds[0].fd, &count, sizeof(count)) < 0)
		return;
	f->told_us = clock_monotonic_us();
}

static bool follow_connect(struct follower *f)
{
	char why[320];
	PQfinish(f->pg);
	f->pg = pg_connect(f->s, why, sizeof(why));
	return f->pg != NULL && pg_exec(f->pg, "listen shouwen", why, sizeof(why)) == ERR_OK;
}

static void *follow(void *arg)
{
	struct follower f = {.s = arg};
	struct pg_store *own = pg_own(f.s);
	while (!atomic_load(&own->stop)) {
		if (f.pg == NULL || PQstatus(f.pg) != CONNECTION_OK) {
			if (!follow_connect(&f)) {
				struct pollfd fd = {.fd = own->wake_fd, .events = 0};
				poll(&fd, 1, 500);
				continue;
			}
			/* What was said meanwhile is found by looking. */
			f.swept_us = 0;
		}
		pass(&f);
		hear(&f);
		wait_for_news(&f);
		hear(&f);
	}
	PQfinish(f.pg);
	return NULL;
}

enum err pg_thread_start(struct store *s, char *why, size_t why_bytes)
{
	struct pg_store *own = pg_own(s);
	unsigned long long random;
	FILE *f = fopen("/dev/urandom", "re");
	if (f == NULL || fread(&random, sizeof(random), 1, f) != 1)
		abort();
	fclose(f);
	snprintf(own->holder, sizeof(own->holder), "%d-%llx", (int)getpid(), random);
	own->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (own->wake_fd < 0 || pthread_create(&own->thread, NULL, follow, s) != 0) {
		snprintf(why, why_bytes, "can't start a thread");
		return ERR_INTERNAL;
	}
	own->thread_runs = true;
	return ERR_OK;
}

void pg_wake(struct store *s)
{
	uint64_t one = 1;
	ssize_t done = write(pg_own(s)->wake_fd, &one, sizeof(one));
	(void)done; /* full: it is awake already */
}

void pg_thread_stop(struct store *s)
{
	struct pg_store *own = pg_own(s);
	char out[8], why[320];
	const char *params[] = {own->holder};
	atomic_store(&own->stop, true);
	pg_wake(s);
	if (own->thread_runs)
		pthread_join(own->thread, NULL);
	close(own->wake_fd);
	/* Given back, so that the next server need not wait. */
	if (atomic_load(&own->node) >= 0)
		pg_value(own->side, "update shouwen.node set until = 0 where holder = $1", 1, params, out, sizeof(out),
		         why, sizeof(why));
	for (struct org *o = s->orgs; o != NULL; o = o->next) {
		char text[128], schema[PG_SCHEMA_BYTES];
		if (o->dropped)
			continue;
		pg_schema(o->code, schema);
		snprintf(text, sizeof(text), "delete from %s.lease where name = 'sequencer' and holder = $1", schema);
		pg_value(own->side, text, 1, params, out, sizeof(out), why, sizeof(why));
	}
}

enum err pg_lease_node(struct store *s, int *ret_node)
{
	static const char take[] =
	        "insert into shouwen.node as n (node, holder, until) "
	        "select g, $1, " NOW_MS " + 90000 from generate_series(0, 255) g "
	        "where not exists (select 1 from shouwen.node x where x.node = g and x.until > " NOW_MS
	        ") order by g limit 1 "
	        "on conflict (node) do update set holder = excluded.holder, until = excluded.until "
	        "where n.until <= " NOW_MS " returning node";
	struct pg_store *own = pg_own(s);
	const char *params[] = {own->holder};
	char out[16] = "", why[320];
	enum err e = ERR_OK;
	if (atomic_load(&own->node) >= 0) {
		*ret_node = atomic_load(&own->node);
		return ERR_OK;
	}
	pthread_mutex_lock(&own->lock);
	/* Two servers may look at the same free number: one of them looks again. */
	for (int tries = 0; tries < 20 && out[0] == '\0' && e == ERR_OK; tries++)
		e = pg_value(own->side, take, 1, params, out, sizeof(out), why, sizeof(why));
	pthread_mutex_unlock(&own->lock);
	if (e != ERR_OK || out[0] == '\0')
		return ERR_BUSY;
	atomic_store(&own->node, (int)strtol(out, NULL, 10));
	*ret_node = atomic_load(&own->node);
	return ERR_OK;
}

bool pg_renew_node(struct store *s, PGconn *pg)
{
	struct pg_store *own = pg_own(s);
	char out[16] = "", why[320], node[16];
	const char *params[] = {node, own->holder};
	snprintf(node, sizeof(node), "%d", atomic_load(&own->node));
	enum err e = pg_value(pg,
	                      "update shouwen.node set until = " NOW_MS
	                      " + 90000 where node = $1::int and holder = $2 returning 1",
	                      2, params, out, sizeof(out), why, sizeof(why));
	return e != ERR_OK || out[0] == '1'; /* not reached is not lost: we can't write either */
}

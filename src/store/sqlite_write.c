/*
 * SQLite: writing. Each organisation has a queue of jobs. The first thread that comes drains it:
 * a savepoint for each job, one COMMIT for the batch, then all are answered. Whoever waits when a
 * batch is done takes over, so that no thread serves others for ever.
 */
#include "store/sqlite.h"

#include "base/clock.h"

enum { RETRIES = 3 };

struct batch {
	struct org *org;
	struct sqlite_conn *conn;
	struct write_job *jobs[WRITE_BATCH_MAX];
	size_t n;
};

static void job_refuse(struct write_job *job, enum err e, const char *why)
{
	job->result = store_fault(job->ctx, e, why, NULL);
}

/* The next of the queue; NULL: there is none, or none that may share a transaction where `shared`. */
static struct write_job *queue_pop(struct org *o, bool shared)
{
	pthread_mutex_lock(&o->lock);
	struct write_job *job = o->queue.first;
	if (job != NULL && shared && job->ctx->large)
		job = NULL;
	if (job != NULL) {
		o->queue.first = job->next;
		if (o->queue.first == NULL)
			o->queue.last = NULL;
		o->queue.n--;
		job->next = NULL;
	}
	pthread_mutex_unlock(&o->lock);
	return job;
}

static bool transaction_ended(struct sqlite_conn *c)
{
	return sqlite3_get_autocommit(c->db) != 0;
}

static void job_try(struct sqlite_conn *c, struct write_job *job)
{
	struct ctx *ctx = job->ctx;
	arena_rewind(ctx->arena, job->mark);
	ctx_forget(ctx);
	c->base.fault = ERR_OK;
	ctx->db = &c->base;
	job->result = job->fn(ctx, job->arg);
	/* What failed can't be called done, even if fn went on. */
	if (job->result == ERR_OK && c->base.fault != ERR_OK)
		job->result = c->base.fault;
	ctx->db = NULL;
	sqlite_reset_all(c);
}

/* Runs one job in its savepoint. False if the transaction as a whole is lost. */
static bool job_run(struct sqlite_conn *c, struct write_job *job)
{
	for (int tries = 0; tries < RETRIES; tries++) {
		int rc = sqlite_exec_kept(c, "savepoint job");
		sqlite_index_job_begin(c);
		if (rc != SQLITE_OK) {
			job_refuse(job, sqlite_kind(rc), sqlite3_errmsg(c->db));
			return !transaction_ended(c);
		}
		job_try(c, job);
		if (transaction_ended(c)) {
			if (job->result == ERR_OK)
				job_refuse(job, ERR_FULL, "the transaction was ended by the database");
			return false;
		}
		if (job->result == ERR_OK) {
			rc = sqlite_exec_kept(c, "release job");
		} else {
			rc = sqlite_exec(c, "rollback to job; release job");
			sqlite_index_job_undo(c);
		}
		if (rc != SQLITE_OK) {
			job_refuse(job, sqlite_kind(rc), sqlite3_errmsg(c->db));
			return false;
		}
		if (job->result != ERR_RETRY)
			return true;
	}
	job_refuse(job, ERR_BUSY, "still in conflict after some tries");
	return true;
}

enum err sqlite_point(struct ctx *ctx, struct store_point *ret_point)
{
	struct sqlite_conn *c = sqlite_of(ctx->db);
	int rc = sqlite_exec_kept(c, "savepoint point");
	*ret_point = (struct store_point){
	        .changes = c->index.n, .told = c->index.told, .bytes = c->index.bytes, .clock = c->clock};
	return rc == SQLITE_OK ? ERR_OK : sqlite_failed(ctx, c, rc, "savepoint");
}

enum err sqlite_point_end(struct ctx *ctx, const struct store_point *point, bool back)
{
	struct sqlite_conn *c = sqlite_of(ctx->db);
	int rc = SQLITE_OK;
	if (back) {
		/* Rows that a failure left open look at what is about to go; those of who made the point go on. */
		sqlite_reset_since(c, point->clock);
		rc = sqlite_exec_kept(c, "rollback to point");
		sqlite_index_undo(c, point);
	}
	if (rc == SQLITE_OK)
		rc = sqlite_exec_kept(c, "release point");
	return rc == SQLITE_OK ? ERR_OK : sqlite_failed(ctx, c, rc, "release");
}

/* Gives the events of this transaction their place in the order of commits. */
static int seq_assign(struct sqlite_conn *c, int64_t *ret_last)
{
	static const char find[] = "select id from event where seq is null order by id";
	static const char last[] = "select coalesce(max(seq), 0) from event";
	static const char set[] = "update event set seq = ?1 where id = ?2";
	struct sqlite_statement *found, *highest, *update;
	int64_t ids[256], seq = 0;
	int rc;
	*ret_last = 0;
	for (;;) {
		size_t n = 0;
		if ((rc = sqlite_take(c, find, sizeof(find) - 1, 0, &found)) != SQLITE_OK)
			return rc;
		while (n < 256 && (rc = sqlite3_step(found->stmt)) == SQLITE_ROW)
			ids[n++] = sqlite3_column_int64(found->stmt, 0);
		sqlite_give(c, found);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return rc;
		if (n == 0)
			return SQLITE_OK;
		if (seq == 0) {
			if ((rc = sqlite_take(c, last, sizeof(last) - 1, 0, &highest)) != SQLITE_OK)
				return rc;
			if ((rc = sqlite3_step(highest->stmt)) == SQLITE_ROW)
				seq = sqlite3_column_int64(highest->stmt, 0);
			sqlite_give(c, highest);
			if (rc != SQLITE_ROW)
				return rc;
		}
		for (size_t i = 0; i < n; i++) {
			if ((rc = sqlite_take(c, set, sizeof(set) - 1, 0, &update)) != SQLITE_OK)
				return rc;
			sqlite3_bind_int64(update->stmt, 1, ++seq);
			sqlite3_bind_int64(update->stmt, 2, ids[i]);
			rc = sqlite3_step(update->stmt);
			sqlite_give(c, update);
			if (rc != SQLITE_DONE)
				return rc;
		}
		*ret_last = seq;
	}
}

static int commit(struct sqlite_conn *c, int64_t *ret_last)
{
	int rc = sqlite_index_tell(c);
	if (rc == SQLITE_OK)
		rc = seq_assign(c, ret_last);
	if (rc == SQLITE_OK)
		rc = sqlite_exec_kept(c, "commit");
	sqlite_index_clear(c);
	if (rc != SQLITE_OK && !transaction_ended(c))
		sqlite_exec(c, "rollback");
	return rc;
}

/* The transaction is open: takes jobs while there are some. False if it was lost. */
static bool batch_fill(struct batch *b)
{
	int64_t until_us = clock_monotonic_us() + WRITE_BATCH_MS * INT64_C(1000);
	while (b->n < WRITE_BATCH_MAX && (b->n == 0 || clock_monotonic_us() < until_us)) {
		struct write_job *job = queue_pop(b->org, b->n > 0);
		if (job == NULL)
			return true;
		b->jobs[b->n++] = job;
		if (!job_run(b->conn, job))
			return false;
		if (job->ctx->large)
			return true;
	}
	return true;
}

static void run_alone(struct batch *b, struct write_job *job, int64_t *last)
{
	struct sqlite_conn *c = b->conn;
	int64_t seq = 0;
	int rc = sqlite_exec_kept(c, "begin immediate");
	if (rc != SQLITE_OK) {
		job_refuse(job, sqlite_kind(rc), sqlite3_errmsg(c->db));
		return;
	}
	bool whole = job_run(c, job);
	if (whole && job->result == ERR_OK) {
		rc = commit(c, &seq);
		if (rc != SQLITE_OK)
			job_refuse(job, sqlite_kind(rc), sqlite3_errmsg(c->db));
		else if (seq > *last)
			*last = seq;
	}
	if (!transaction_ended(c))
		sqlite_exec(c, "rollback");
	sqlite_index_clear(c);
}

static void refuse_waiting(struct batch *b, enum err e, const char *why)
{
	while (b->n < WRITE_BATCH_MAX) {
		struct write_job *job = queue_pop(b->org, false);
		if (job == NULL)
			return;
		b->jobs[b->n++] = job;
		job_refuse(job, e, why);
	}
}

/*
 * A usual job touches some sixty pages; SQLite writes each of them into a file first, as it was, in case the job's
 * savepoint is rolled back: four times what the commit writes. In memory they are a few hundred kilobytes. Not those of
 * a job that may touch all there is.
 */
static int points_place(struct batch *b)
{
	struct sqlite_conn *c = b->conn;
	pthread_mutex_lock(&b->org->lock);
	bool keep = b->org->queue.first == NULL || !b->org->queue.first->ctx->large;
	pthread_mutex_unlock(&b->org->lock);
	if (keep == c->points_kept)
		return SQLITE_OK;
	int rc = sqlite_exec(c, keep ? "pragma temp_store = memory" : "pragma temp_store = file");
	c->points_kept = rc == SQLITE_OK ? keep : c->points_kept;
	return rc;
}

static void batch_run(struct batch *b)
{
	char why[256] = "";
	struct store_conn *base;
	int64_t last = 0;
	enum err e = pool_take(b->org, true, &base, why, sizeof(why));
	if (e != ERR_OK) {
		refuse_waiting(b, e, why);
		return;
	}
	struct sqlite_conn *c = b->conn = sqlite_of(base);
	int rc = points_place(b);
	if (rc == SQLITE_OK)
		rc = sqlite_exec_kept(c, "begin immediate");
	if (rc != SQLITE_OK) {
		refuse_waiting(b, sqlite_kind(rc), sqlite3_errmsg(c->db));
	} else {
		bool whole = batch_fill(b);
		if (whole)
			whole = commit(c, &last) == SQLITE_OK;
		if (!whole) {
			/* Somebody's work took everybody's down: each for himself now. */
			if (!transaction_ended(c))
				sqlite_exec(c, "rollback");
			sqlite_index_clear(c);
			last = 0;
			for (size_t i = 0; i < b->n; i++)
				run_alone(b, b->jobs[i], &last);
		}
	}
	if (!transaction_ended(c))
		base->broken = true;
	if (last > 0)
		org_committed(b->org, last);
	pool_give(base);
}

static void job_wait(struct org *o, struct write_job *job)
{
	while (!job->done && !job->lead)
		pthread_cond_wait(&job->cond, &o->lock);
}

static bool job_add(struct org *o, struct write_job *job)
{
	if (o->queue.n >= WRITE_QUEUE_MAX)
		return false;
	if (o->queue.last != NULL)
		o->queue.last->next = job;
	else
		o->queue.first = job;
	o->queue.last = job;
	o->queue.n++;
	return true;
}

/* The lock is held. Answers the batch and lets the first who waits lead on. */
static void batch_answer(struct batch *b, const struct write_job *own)
{
	struct org *o = b->org;
	for (size_t i = 0; i < b->n; i++) {
		b->jobs[i]->done = true;
		if (b->jobs[i] != own)
			pthread_cond_signal(&b->jobs[i]->cond);
	}
	o->queue.led = o->queue.first != NULL;
	if (o->queue.first != NULL) {
		o->queue.first->lead = true;
		pthread_cond_signal(&o->queue.first->cond);
	}
}

enum err sqlite_write(struct ctx *ctx, store_fn *fn, void *arg)
{
	struct org *o = ctx->org;
	struct write_job job = {
	        .ctx = ctx, .fn = fn, .arg = arg, .mark = arena_mark(ctx->arena), .result = ERR_INTERNAL};
	pthread_mutex_lock(&o->lock);
	if (!job_add(o, &job)) {
		pthread_mutex_unlock(&o->lock);
		return store_fault(ctx, ERR_BUSY, "too many writes are waiting", NULL);
	}
	pthread_cond_init(&job.cond, NULL);
	if (o->queue.led)
		job_wait(o, &job);
	else
		o->queue.led = true;
	if (!job.done) {
		/* It is the first of the queue, so that its own batch holds it. */
		struct batch b = {.org = o};
		pthread_mutex_unlock(&o->lock);
		batch_run(&b);
		pthread_mutex_lock(&o->lock);
		batch_answer(&b, &job);
	}
	pthread_mutex_unlock(&o->lock);
	pthread_cond_destroy(&job.cond);
	return job.result;
}

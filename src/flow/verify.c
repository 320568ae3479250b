/*
 * verify.c: proves that nothing was altered or removed. Three passes in slices, each slice on one
 * snapshot, so that the desk works on meanwhile:
 *   events by record: bodies, heads and chains; the version of the record equals its changes
 *   records: each has events
 *   owners: the chain is unbroken, the first one stays, and somebody answers for all that is not over
 *   clocks: their spans follow each other, and one is open just while the clock runs
 *   seals: every event of a sealed range is there, as it was, and no other
 */
#include <string.h>

#include "flow/approval.h"
#include "flow/clocks.h"
#include "flow/event.h"
#include "flow/flow.h"
#include "flow/owners.h"
#include "store/store.h"

enum { RECORDS_PER_SLICE = 200, ROWS_PER_SLICE = 1000, FAULTS_MAX = 100, ERASED_MAX = 1000 };

struct verify {
	struct verify_report *report;
	const struct type *type;
	int64_t after;
	bool done;
	unsigned char prev_seal[EVENT_DIGEST_BYTES];
	bool has_seal;
	struct arena *keep; /* the faults' words outlive a slice */
};

static void fault(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct verify *v, const char *format, ...)
{
	struct verify_report *report = v->report;
	char words[400];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	if (report->n_faults < FAULTS_MAX)
		report->faults[report->n_faults] = arena_strdup(v->keep, words);
	report->n_faults++;
}

/* ---- a record's chain ------------------------------------------------------------------------------ */

struct chain {
	struct verify *v;
	int64_t record;
	char type[LIMIT_NAME_BYTES + 16];
	unsigned char prev[EVENT_DIGEST_BYTES];
	bool follows, removed;
	int64_t versions;
	int64_t blank[ERASED_MAX], erased[ERASED_MAX];
	size_t n_blank, n_erased;
	struct owner_trail owners;
};

enum event_column {
	E_ID,
	E_TYPE,
	E_AT,
	E_ACTOR,
	E_KIND,
	E_ORIGIN,
	E_INTERNAL,
	E_BODY,
	E_SALT,
	E_BODY_DIGEST,
	E_PREV,
	E_DIGEST
};

static const char *text_at(struct rows *rows, int col)
{
	const char *s = rows_text(rows, col, NULL);
	return s ? s : "";
}

static bool is_digest(struct rows *rows, int col, const unsigned char *digest)
{
	size_t len;
	const void *bytes = rows_blob(rows, col, &len);
	return bytes != NULL && len == EVENT_DIGEST_BYTES && memcmp(bytes, digest, len) == 0;
}

/* The event that an `erased` event speaks of. */
static void erasure_note(struct chain *c, const char *body, size_t len)
{
	json_error_t error;
	json_t *j = body ? json_loadb(body, len, 0, &error) : NULL;
	int64_t id = 0;
	const char *text = json_string_value(json_object_get(j, "event"));
	for (; text != NULL && *text >= '0' && *text <= '9' && id < INT64_MAX / 10 - 1; text++)
		id = id * 10 + (*text - '0');
	if (id != 0 && c->n_erased < ERASED_MAX)
		c->erased[c->n_erased++] = id;
	json_decref(j);
}

static void body_check(struct chain *c, struct rows *rows, int64_t id)
{
	unsigned char digest[EVENT_DIGEST_BYTES];
	size_t len = 0, salt_len = 0;
	const char *body = rows_text(rows, E_BODY, &len);
	if (body == NULL && rows_null(rows, E_SALT)) {
		if (c->n_blank < ERASED_MAX)
			c->blank[c->n_blank++] = id;
		return;
	}
	const void *salt = rows_blob(rows, E_SALT, &salt_len);
	event_body_digest(salt ? salt : (const unsigned char *)"", salt_len, body, body ? len : 0, digest);
	if (!is_digest(rows, E_BODY_DIGEST, digest))
		fault(c->v, "event %lld of %s %lld: its text was altered", (long long)id, c->type,
		      (long long)c->record);
}

static void link_check(struct chain *c, struct rows *rows, const struct event_head *h)
{
	unsigned char digest[EVENT_DIGEST_BYTES];
	size_t len;
	const unsigned char *body_digest = rows_blob(rows, E_BODY_DIGEST, &len);
	bool whole = body_digest != NULL && len == EVENT_DIGEST_BYTES;
	if (!(c->follows ? is_digest(rows, E_PREV, c->prev) : rows_null(rows, E_PREV)))
		fault(c->v, "event %lld of %s %lld: the event before it was altered or removed", (long long)h->id,
		      c->type, (long long)c->record);
	const unsigned char *prev = rows_blob(rows, E_PREV, &len);
	if (whole)
		event_digest(prev != NULL && len == EVENT_DIGEST_BYTES ? prev : NULL, h, body_digest, digest);
	if (!whole || !is_digest(rows, E_DIGEST, digest))
		fault(c->v, "event %lld of %s %lld: who, when or what was altered", (long long)h->id, c->type,
		      (long long)c->record);
	const void *stored = rows_blob(rows, E_DIGEST, &len);
	if (stored != NULL && len == EVENT_DIGEST_BYTES)
		memcpy(c->prev, stored, len);
	c->follows = true;
}

static void owner_check(struct chain *c, struct rows *rows, bool first)
{
	size_t len = 0;
	const char *body = rows_text(rows, E_BODY, &len);
	const char *wrong = trail_event(&c->owners, body, body ? len : 0, first);
	if (wrong != NULL)
		fault(c->v, "event %lld of %s %lld: %s", (long long)rows_int(rows, E_ID), c->type, (long long)c->record,
		      wrong);
}

static void event_check(struct chain *c, struct rows *rows)
{
	struct event_head h = {.id = rows_int(rows, E_ID),
	                       .record = c->record,
	                       .at = rows_int(rows, E_AT),
	                       .actor = rows_int(rows, E_ACTOR),
	                       .type = text_at(rows, E_TYPE),
	                       .kind = text_at(rows, E_KIND),
	                       .origin = text_at(rows, E_ORIGIN),
	                       .internal = rows_int(rows, E_INTERNAL) != 0};
	if (c->type[0] == '\0')
		snprintf(c->type, sizeof(c->type), "%s", h.type);
	if (c->record != 0 && !c->follows && strcmp(h.kind, "created") != 0 && strcmp(h.kind, "imported") != 0)
		fault(c->v, "%s %lld: its first event was removed", c->type, (long long)c->record);
	body_check(c, rows, h.id);
	link_check(c, rows, &h);
	c->versions += event_raises_version(h.kind);
	c->removed = strcmp(h.kind, "removed") == 0;
	if (!c->removed) /* whose first and last owner it had is said once more, as what is gone */
		owner_check(c, rows, strcmp(h.kind, "created") == 0 || strcmp(h.kind, "imported") == 0);
	if (strcmp(h.kind, "erased") == 0) {
		size_t len;
		const char *body = rows_text(rows, E_BODY, &len);
		erasure_note(c, body, len);
	}
	c->v->report->events++;
}

static void erasures_check(struct chain *c)
{
	for (size_t i = 0; i < c->n_blank; i++) {
		bool said = false;
		for (size_t k = 0; k < c->n_erased; k++)
			said = said || c->erased[k] == c->blank[i];
		if (!said)
			fault(c->v, "event %lld of %s %lld: its text was removed without a recorded erasure",
			      (long long)c->blank[i], c->type, (long long)c->record);
	}
}

static const struct type *type_of_event(const struct model *m, const char *name)
{
	const struct type *t = model_type(m, name);
	for (size_t i = 0; t == NULL && i < m->n_types; i++)
		if (m->types[i].was != NULL && strcmp(m->types[i].was, name) == 0)
			t = &m->types[i];
	return t;
}

/* Every change made one version: fewer or more of them than versions means that some are gone. */
static enum err version_check(struct ctx *ctx, const struct chain *c)
{
	const struct type *t = type_of_event(ctx->model, c->type);
	int64_t version;
	if (t == NULL) /* its pack was taken out; the chain stays proof */
		return ERR_OK;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select version from ");
	sql_name(&q, t->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", c->record);
	enum err e = sql_one_int(ctx, &q, &version);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (e == ERR_NOT_FOUND && !c->removed)
		fault(c->v, "%s %lld: the record is gone, but nobody removed it", c->type, (long long)c->record);
	else if (e == ERR_OK && c->removed)
		fault(c->v, "%s %lld: the record is there, though its last event says that it was removed", c->type,
		      (long long)c->record);
	else if (e == ERR_OK && version != c->versions)
		fault(c->v, "%s %lld: version %lld, but %lld changes are recorded", c->type, (long long)c->record,
		      (long long)version, (long long)c->versions);
	return ERR_OK;
}

/* The last link leads to who has it now. */
static enum err owner_now_check(struct ctx *ctx, const struct chain *c)
{
	const struct type *t = type_of_event(ctx->model, c->type);
	struct sql q;
	struct rows *rows;
	if (t == NULL || !t->uses_work || c->removed || c->owners.lost)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select owner, first_owner from ");
	sql_name(&q, t->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", c->record);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows) && (rows_int(rows, 0) != c->owners.owner || rows_int(rows, 1) != c->owners.first_owner))
		fault(c->v, "%s %lld: its owner is not the one its events tell", c->type, (long long)c->record);
	return rows_done(rows);
}

static enum err chain_check(struct ctx *ctx, struct verify *v, int64_t record)
{
	struct chain *c = ARENA_NEW(ctx->arena, struct chain);
	c->v = v;
	c->record = record;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, type, at, actor, kind, origin, internal, body, salt, body_digest, prev, digest from event "
	        "where record = :record order by id");
	sql_int(&q, "record", record);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		event_check(c, rows);
	TRY(rows_done(rows));
	if (!c->follows)
		return ERR_OK;
	erasures_check(c);
	TRY(record != 0 ? version_check(ctx, c) : ERR_OK);
	return record != 0 ? owner_now_check(ctx, c) : ERR_OK;
}

static enum err chains_slice(struct ctx *ctx, void *arg)
{
	struct verify *v = arg;
	int64_t ids[RECORDS_PER_SLICE];
	size_t n = 0;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select distinct record from event where record > :after order by record limit 200");
	sql_int(&q, "after", v->after);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows))
		if (n < RECORDS_PER_SLICE)
			ids[n++] = rows_int(rows, 0);
	TRY(rows_done(rows));
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(ctx->arena);
		TRY(chain_check(ctx, v, ids[i]));
		arena_rewind(ctx->arena, mark);
	}
	v->done = n < RECORDS_PER_SLICE;
	v->after = n > 0 ? ids[n - 1] : v->after;
	return ERR_OK;
}

/* ---- records and seals ----------------------------------------------------------------------------- */

static enum err records_slice(struct ctx *ctx, void *arg)
{
	struct verify *v = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id, case when exists (select 1 from event e where e.record = r.id) then 1 else 0 end from ");
	sql_name(&q, v->type->table);
	SQL(&q, " r where r.id > :after order by r.id limit 1000");
	sql_int(&q, "after", v->after);
	struct rows *rows;
	size_t n = 0;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		v->after = rows_int(rows, 0);
		if (rows_int(rows, 1) == 0)
			fault(v, "%s %lld: the record has no events", v->type->name, (long long)v->after);
		v->report->records++;
		n++;
	}
	v->done = n < ROWS_PER_SLICE;
	return rows_done(rows);
}

struct seal_row {
	int64_t from, to;
	unsigned char digest[EVENT_DIGEST_BYTES];
	bool there, whole;
};

static enum err seal_next(struct ctx *ctx, int64_t after, struct seal_row *seal)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select from_seq, to_seq, digest from seal where from_seq > :after order by from_seq limit 1");
	sql_int(&q, "after", after);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	seal->there = rows_next(rows);
	if (seal->there) {
		size_t len;
		const void *digest = rows_blob(rows, 2, &len);
		seal->from = rows_int(rows, 0);
		seal->to = rows_int(rows, 1);
		seal->whole = digest != NULL && len == EVENT_DIGEST_BYTES;
		if (seal->whole)
			memcpy(seal->digest, digest, len);
	}
	return rows_done(rows);
}

/* v->after is the last seq that the seal before covers. */
static enum err seal_slice(struct ctx *ctx, void *arg)
{
	struct verify *v = arg;
	struct seal_row seal = {0};
	unsigned char digest[EVENT_DIGEST_BYTES];
	TRY(seal_next(ctx, v->after, &seal));
	v->done = !seal.there;
	if (!seal.there)
		return ERR_OK;
	if (seal.from != v->after + 1)
		fault(v, "seals: the one for events %lld to %lld is missing", (long long)v->after + 1,
		      (long long)(seal.from - 1));
	struct seal_hash h;
	seal_begin(&h, v->has_seal ? v->prev_seal : NULL, seal.from);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select seq, id, digest from event where seq >= :from and seq <= :to order by seq");
	sql_int(&q, "from", seal.from);
	sql_int(&q, "to", seal.to);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	while (rows_next(rows)) {
		size_t len;
		const void *bytes = rows_blob(rows, 2, &len);
		seal_add(&h, rows_int(rows, 0), rows_int(rows, 1), bytes, len);
	}
	TRY(rows_done(rows));
	seal_end(&h, seal.to, digest);
	if (!seal.whole || memcmp(digest, seal.digest, sizeof(digest)) != 0)
		fault(v,
		      "seal of events %lld to %lld: an event in it was altered, added or removed, or the seal itself "
		      "was",
		      (long long)seal.from, (long long)seal.to);
	memcpy(v->prev_seal, seal.digest, sizeof(v->prev_seal));
	v->has_seal = true;
	v->after = seal.to;
	v->report->seals++;
	return ERR_OK;
}

/* ---- clocks ---------------------------------------------------------------------------------------- */

static void clock_fault(void *arg, const char *words)
{
	fault(arg, "%s", words);
}

static enum err clocks_slice(struct ctx *ctx, void *arg)
{
	struct verify *v = arg;
	TRY(clocks_verify(ctx, v->after, clock_fault, v, &v->after));
	v->done = v->after == 0;
	return ERR_OK;
}

/* ---- owners ---------------------------------------------------------------------------------------- */

static void owner_fault(void *arg, const char *words)
{
	fault(arg, "%s", words);
}

static enum err owners_slice(struct ctx *ctx, void *arg)
{
	struct verify *v = arg;
	TRY(owners_verify(ctx, v->type, v->after, owner_fault, v, &v->after));
	v->done = v->after == 0;
	return ERR_OK;
}

/* ---- approvals ------------------------------------------------------------------------------------- */

static enum err approvals_slice(struct ctx *ctx, void *arg)
{
	struct verify *v = arg;
	TRY(approvals_verify(ctx, v->after, owner_fault, v, &v->after));
	v->done = v->after == 0;
	return ERR_OK;
}

/* ---- all of it ------------------------------------------------------------------------------------- */

static enum err slices(struct ctx *ctx, struct verify *v, store_fn *fn)
{
	v->done = false;
	while (!v->done) {
		struct arena_mark mark = arena_mark(ctx->arena);
		TRY(ctx->db != NULL ? fn(ctx, v) : store_read(ctx, fn, v));
		arena_rewind(ctx->arena, mark);
	}
	return ERR_OK;
}

enum err flow_verify(struct ctx *ctx, struct verify_report *ret_report)
{
	struct verify_report report = {0};
	report.faults = ARENA_ARRAY(ctx->arena, FAULTS_MAX, const char *);
	/* A slice's arena is rewound; what was found stays. */
	struct arena *keep = arena_new(4 << 20);
	struct verify v = {.report = &report, .keep = keep};
	v.after = -1; /* what belongs to no record (an export) is chained under 0 */
	enum err e = slices(ctx, &v, chains_slice);
	for (size_t i = 0; e == ERR_OK && i < ctx->model->n_types; i++) {
		v.type = &ctx->model->types[i];
		v.after = 0;
		e = slices(ctx, &v, records_slice);
		v.after = 0;
		if (e == ERR_OK)
			e = slices(ctx, &v, owners_slice);
	}
	v.after = 0;
	if (e == ERR_OK)
		e = slices(ctx, &v, seal_slice);
	v.after = 0;
	if (e == ERR_OK)
		e = slices(ctx, &v, clocks_slice);
	v.after = 0;
	if (e == ERR_OK)
		e = slices(ctx, &v, approvals_slice);
	for (size_t i = 0; i < report.n_faults && i < FAULTS_MAX; i++)
		report.faults[i] = arena_strdup(ctx->arena, report.faults[i]);
	arena_free(keep);
	if (e == ERR_OK)
		*ret_report = report;
	return e;
}

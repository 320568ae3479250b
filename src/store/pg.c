/* PostgreSQL: connections, errors, reading. */
#include "store/pg.h"

#include <unistd.h>

PGconn *pg_connect(const struct store *s, char *why, size_t why_bytes)
{
	/* The URL comes last, so that what it says wins. */
	const char *const keys[] = {"connect_timeout", "application_name", "client_encoding", "dbname", NULL};
	const char *const values[] = {"5", "shouwen", "UTF8", s->url, NULL};
	PGconn *pg = PQconnectdbParams(keys, values, 1);
	enum err e = ERR_OK;
	if (PQstatus(pg) != CONNECTION_OK) {
		snprintf(why, why_bytes, "can't reach PostgreSQL: %.200s", PQerrorMessage(pg));
		e = ERR_BUSY;
	} else {
		e = pg_exec(
		        pg,
		        "set client_min_messages = warning; set standard_conforming_strings = on; set timezone = 'UTC'",
		        why, why_bytes);
	}
	if (e == ERR_OK)
		return pg;
	PQfinish(pg);
	return NULL;
}

void pg_schema(const char *code, char out[PG_SCHEMA_BYTES])
{
	snprintf(out, PG_SCHEMA_BYTES, "org_%.31s", code);
}

/* The plan's answer has other columns by now. */
static bool other_columns(const PGresult *result)
{
	const char *where = result ? PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION) : NULL;
	return where != NULL && strcmp(where, "RevalidateCachedQuery") == 0;
}

/*
 * A plan made before a table changed: on a new connection it is made anew. A table made again with columns of other
 * kinds makes the plan's analysis fail in many ways, all of class 42; a statement that is wrong in itself was never
 * prepared.
 */
static bool stale_plan(const struct pg_conn *c, const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	return other_columns(result) || (c->planned && state != NULL && strncmp(state, "42", 2) == 0);
}

enum err pg_kind(const PGconn *pg, const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	ExecStatusType status = PQresultStatus(result);
	if (result != NULL && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN ||
	                       status == PGRES_COPY_OUT))
		return ERR_OK;
	if (PQstatus(pg) != CONNECTION_OK || state == NULL)
		return ERR_RETRY;
	static const struct {
		const char *state;
		enum err e;
	} kinds[] = {
	        {"40001", ERR_RETRY},   {"40P01", ERR_RETRY}, {"23505", ERR_CONFLICT},  {"53100", ERR_FULL},
	        {"57014", ERR_INVALID}, {"55P03", ERR_BUSY},  {"54000", ERR_TOO_LARGE}, {"3F000", ERR_NOT_FOUND},
	};
	if (other_columns(result))
		return ERR_RETRY;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(state, kinds[i].state) == 0)
			return kinds[i].e;
	if (strncmp(state, "53", 2) == 0 || strncmp(state, "57P", 3) == 0 || strncmp(state, "08", 2) == 0)
		return ERR_BUSY;
	return ERR_INTERNAL;
}

enum err pg_failed(struct ctx *ctx, struct pg_conn *c, const PGresult *result, const char *sql)
{
	enum err e = pg_kind(c->pg, result);
	if (stale_plan(c, result))
		e = ERR_RETRY;
	if (PQstatus(c->pg) != CONNECTION_OK || stale_plan(c, result))
		c->base.broken = true;
	if (c->base.fault == ERR_OK)
		c->base.fault = e;
	if (e == ERR_CONFLICT || e == ERR_RETRY)
		return e;
	if (e == ERR_INVALID)
		return ctx_problem(ctx, ERR_INVALID, "", "too_broad", "this would take too long: narrow it down");
	return store_fault(ctx, e, result ? PQresultErrorMessage(result) : PQerrorMessage(c->pg), sql);
}

enum err pg_exec(PGconn *pg, const char *text, char *why, size_t why_bytes)
{
	PGresult *result = PQexec(pg, text);
	enum err e = pg_kind(pg, result);
	if (e != ERR_OK)
		snprintf(why, why_bytes, "%.300s", result ? PQresultErrorMessage(result) : PQerrorMessage(pg));
	PQclear(result);
	return e;
}

enum err pg_value(PGconn *pg, const char *text, int n, const char *const *params, char *out, size_t out_bytes,
                  char *why, size_t why_bytes)
{
	PGresult *result = PQexecParams(pg, text, n, NULL, params, NULL, NULL, 0);
	enum err e = pg_kind(pg, result);
	if (e != ERR_OK)
		snprintf(why, why_bytes, "%.300s", result ? PQresultErrorMessage(result) : PQerrorMessage(pg));
	else
		snprintf(out, out_bytes, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return e;
}

static enum err set_path(PGconn *pg, const char *code, char *why, size_t why_bytes)
{
	char text[96], schema[PG_SCHEMA_BYTES];
	pg_schema(code, schema);
	snprintf(text, sizeof(text), "set search_path to %s", schema);
	return pg_exec(pg, text, why, why_bytes);
}

static enum err conn_open(struct org *o, bool writer, struct store_conn **ret_conn, char *why, size_t why_bytes)
{
	PGconn *pg = pg_connect(o->store, why, why_bytes);
	if (pg == NULL)
		return ERR_BUSY;
	enum err e = set_path(pg, o->code, why, why_bytes);
	if (e != ERR_OK) {
		PQfinish(pg);
		return e == ERR_RETRY ? ERR_BUSY : e;
	}
	struct pg_conn *c = calloc(1, sizeof(*c));
	if (c == NULL)
		abort();
	c->pg = pg;
	c->base.org = o;
	c->base.writer = writer;
	*ret_conn = &c->base;
	return ERR_OK;
}

static void conn_close(struct store_conn *base)
{
	struct pg_conn *c = pg_of(base);
	pg_close_rows(c);
	pg_forget_statements(c);
	PQfinish(c->pg);
	free(c);
}

static bool conn_adopt(struct store_conn *base, struct org *o)
{
	struct pg_conn *c = pg_of(base);
	char why[320];
	if (pg_exec(c->pg, "deallocate all", why, sizeof(why)) != ERR_OK ||
	    set_path(c->pg, o->code, why, sizeof(why)) != ERR_OK)
		return false;
	pg_forget_statements(c);
	base->org = o;
	return true;
}

static enum err read_begin(struct ctx *ctx, int effort_ms)
{
	struct pg_conn *c = pg_of(ctx->db);
	char text[120];
	snprintf(text, sizeof(text),
	         "begin isolation level repeatable read read only; set local statement_timeout = %d", effort_ms);
	PGresult *result = PQexec(c->pg, text);
	enum err e = pg_kind(c->pg, result);
	if (e != ERR_OK) {
		pg_failed(ctx, c, result, "begin");
		c->base.broken = true;
	}
	PQclear(result);
	return e;
}

static void read_end(struct ctx *ctx)
{
	struct pg_conn *c = pg_of(ctx->db);
	char why[320];
	pg_close_rows(c);
	if (pg_exec(c->pg, "commit", why, sizeof(why)) != ERR_OK || PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		c->base.broken = true;
}

static enum err script(struct store_conn *base, const char *text, char *why, size_t why_bytes)
{
	enum err e = pg_exec(pg_of(base)->pg, text, why, why_bytes);
	if (e != ERR_OK && base->fault == ERR_OK)
		base->fault = e;
	return e;
}

static enum err open_store(struct store *s, char *why, size_t why_bytes)
{
	struct pg_store *own = calloc(1, sizeof(*own));
	if (own == NULL)
		abort();
	s->own = own;
	pthread_mutex_init(&own->lock, NULL);
	own->node = -1;
	own->wake_fd = -1;
	own->side = pg_connect(s, why, why_bytes);
	enum err e = own->side ? ERR_OK : ERR_BUSY;
	if (e == ERR_OK && PQserverVersion(own->side) < 150000) {
		snprintf(why, why_bytes, "PostgreSQL %d is too old: 15 or later is needed",
		         PQserverVersion(own->side) / 10000);
		e = ERR_INVALID;
	}
	/* Servers that start together would make the same schema at once. */
	if (e == ERR_OK)
		e = pg_exec(own->side,
		            "begin; select pg_advisory_xact_lock(7237128); create schema if not exists shouwen; "
		            "create table if not exists shouwen.node (node int primary key, holder text not null, "
		            "until bigint not null); commit",
		            why, why_bytes);
	if (e == ERR_OK)
		e = pg_thread_start(s, why, why_bytes);
	if (e != ERR_OK) {
		PQfinish(own->side);
		pthread_mutex_destroy(&own->lock);
		free(own);
	}
	return e == ERR_RETRY ? ERR_BUSY : e;
}

static void close_store(struct store *s)
{
	struct pg_store *own = pg_own(s);
	pg_thread_stop(s);
	PQfinish(own->side);
	pthread_mutex_destroy(&own->lock);
	free(own);
}

const struct backend backend_postgres = {
        .open = open_store,
        .close = close_store,
        .conn_open = conn_open,
        .conn_close = conn_close,
        .conn_adopt = conn_adopt,
        .read_begin = read_begin,
        .read_end = read_end,
        .pages_few = NULL,
        .pages_free = NULL, /* the server keeps them */
        .write = pg_write,
        .point = pg_point,
        .point_end = pg_point_end,
        .script = script,
        .rows = pg_rows,
        .next = pg_next,
        .done = pg_done,
        .is_null = pg_is_null,
        .get_int = pg_get_int,
        .get_text = pg_get_text,
        .get_blob = pg_get_blob,
        .number = pg_number,
        .org_there = pg_org_there,
        .org_make = pg_org_make,
        .org_list = pg_org_list,
        .org_drop = pg_org_drop,
        .backup = pg_backup,
        .restore = pg_restore,
        .lease_node = pg_lease_node,
};

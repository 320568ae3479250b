/* PostgreSQL: one schema an organisation. */
#include "store/pg.h"

static void side_ready(struct pg_store *own)
{
	if (PQstatus(own->side) != CONNECTION_OK)
		PQreset(own->side);
}

bool pg_org_there(struct store *s, const char *code)
{
	struct pg_store *own = pg_own(s);
	char schema[PG_SCHEMA_BYTES], out[8] = "", why[320];
	const char *params[] = {schema};
	pg_schema(code, schema);
	pthread_mutex_lock(&own->lock);
	side_ready(own);
	pg_value(own->side, "select 1 from pg_namespace where nspname = $1", 1, params, out, sizeof(out), why,
	         sizeof(why));
	pthread_mutex_unlock(&own->lock);
	return out[0] == '1';
}

static enum err schema_do(struct store *s, const char *verb, const char *code, const char *end, char *why,
                          size_t why_bytes)
{
	struct pg_store *own = pg_own(s);
	char text[96], schema[PG_SCHEMA_BYTES];
	pg_schema(code, schema);
	snprintf(text, sizeof(text), "%s schema %s%s", verb, schema, end);
	pthread_mutex_lock(&own->lock);
	side_ready(own);
	enum err e = pg_exec(own->side, text, why, why_bytes);
	pthread_mutex_unlock(&own->lock);
	return e == ERR_RETRY ? ERR_BUSY : e;
}

enum err pg_org_make(struct org *o, char *why, size_t why_bytes)
{
	return schema_do(o->store, "create", o->code, "", why, why_bytes);
}

enum err pg_org_drop(struct store *s, const char *code)
{
	char why[320];
	return schema_do(s, "drop", code, " cascade", why, sizeof(why));
}

enum err pg_org_list(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n)
{
	struct pg_store *own = pg_own(s);
	pthread_mutex_lock(&own->lock);
	side_ready(own);
	PGresult *result = PQexec(
	        own->side, "select substr(nspname, 5) from pg_namespace where nspname like 'org\\_%' order by 1");
	enum err e = pg_kind(own->side, result);
	size_t n = 0;
	if (e == ERR_OK) {
		const char **codes = ARENA_ARRAY(a, (size_t)PQntuples(result), const char *);
		for (int i = 0; i < PQntuples(result); i++)
			if (org_code_ok(PQgetvalue(result, i, 0)))
				codes[n++] = arena_strdup(a, PQgetvalue(result, i, 0));
		*ret_codes = codes;
		*ret_n = n;
	}
	PQclear(result);
	pthread_mutex_unlock(&own->lock);
	return e == ERR_RETRY ? ERR_BUSY : e;
}

/*
 * PostgreSQL: a copy of one organisation in a portable form, and back. The file is lines: "T table",
 * "C column type words", "I name p|u|i btree|gin column[:desc] …", "R", then the rows as COPY writes them, then "\.".
 * Nothing in it is run as SQL: names and types are checked and put together here.
 */
#include "store/pg.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKUP_HEAD "shouwen backup 1\n"
/* Who changes tables meanwhile may wait for who has this copy made: neither waits for ever. */
#define COPY_BEGIN "begin isolation level repeatable read read only; set local lock_timeout = '10s'"

enum { LINE_BYTES = 4096 };

static const char tables_sql[] =
        "select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r' "
        "and relname <> 'lease' order by relname";
static const char columns_sql[] =
        "select 'C ' || attname || ' ' || format_type(atttypid, null) || case when attnotnull then ' not null' else '' "
        "end "
        "from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum";
static const char indexes_sql[] = "select 'I ' || c.relname || case when i.indisprimary then ' p ' when i.indisunique "
                                  "then ' u ' else ' i ' end || m.amname || ' ' || "
                                  "(select string_agg(a.attname || case when i.indoption[k.n - 1] & 1 = 1 then ':desc' "
                                  "else '' end, ' ' order by k.n) "
                                  "from unnest(i.indkey::int[]) with ordinality k(att, n) join pg_attribute a on "
                                  "a.attrelid = i.indrelid and a.attnum = k.att) "
                                  "from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = "
                                  "c.relam where i.indrelid = $1::regclass "
                                  "order by i.indisprimary desc, c.relname";

static bool write_lines(FILE *f, PGconn *pg, const char *sql, const char *table)
{
	char quoted[80];
	const char *params[] = {quoted};
	snprintf(quoted, sizeof(quoted), "\"%s\"", table);
	PGresult *result = PQexecParams(pg, sql, 1, NULL, params, NULL, NULL, 0);
	bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
	for (int i = 0; ok && i < PQntuples(result); i++)
		ok = fprintf(f, "%s\n", PQgetvalue(result, i, 0)) > 0;
	PQclear(result);
	return ok;
}

static bool write_rows(FILE *f, PGconn *pg, const char *table)
{
	char text[128], *line = NULL;
	int n;
	snprintf(text, sizeof(text), "copy \"%s\" to stdout", table);
	PGresult *result = PQexec(pg, text);
	bool ok = PQresultStatus(result) == PGRES_COPY_OUT && fputs("R\n", f) >= 0;
	PQclear(result);
	if (!ok)
		return false;
	while ((n = PQgetCopyData(pg, &line, 0)) > 0) {
		ok = ok && fwrite(line, 1, (size_t)n, f) == (size_t)n;
		PQfreemem(line);
	}
	while ((result = PQgetResult(pg)) != NULL) {
		ok = ok && PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return ok && n == -1 && fputs("\\.\n", f) >= 0;
}

static bool write_all(FILE *f, PGconn *pg)
{
	PGresult *tables = PQexec(pg, tables_sql);
	bool ok = PQresultStatus(tables) == PGRES_TUPLES_OK && fputs(BACKUP_HEAD, f) >= 0;
	for (int i = 0; ok && i < PQntuples(tables); i++) {
		const char *table = PQgetvalue(tables, i, 0);
		ok = fprintf(f, "T %s\n", table) > 0 && write_lines(f, pg, columns_sql, table) &&
		     write_lines(f, pg, indexes_sql, table) && write_rows(f, pg, table);
	}
	PQclear(tables);
	return ok && fputs("end\n", f) >= 0;
}

static PGconn *own_connection(struct store *s, const char *code, const char *begin, char *why, size_t why_bytes)
{
	char text[192], schema[PG_SCHEMA_BYTES];
	PGconn *pg = pg_connect(s, why, why_bytes);
	if (pg == NULL)
		return NULL;
	pg_schema(code, schema);
	snprintf(text, sizeof(text), "%s; set local search_path to %s", begin, schema);
	if (pg_exec(pg, text, why, why_bytes) == ERR_OK)
		return pg;
	PQfinish(pg);
	return NULL;
}

enum err pg_backup(struct org *o, const char *path, char *why, size_t why_bytes)
{
	char part[LINE_BYTES];
	struct stat st;
	if (lstat(path, &st) == 0) {
		snprintf(why, why_bytes, "%s is already there", path);
		return ERR_CONFLICT;
	}
	snprintf(part, sizeof(part), "%s.part", path);
	unlink(part);
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL) {
		snprintf(why, why_bytes, "can't make %s: %s", part, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_FULL;
	}
	PGconn *pg = own_connection(o->store, o->code, COPY_BEGIN, why, why_bytes);
	bool read = pg != NULL && write_all(f, pg);
	bool kept = fflush(f) == 0 && !ferror(f) && fsync(fd) == 0;
	if (pg != NULL && !(read && kept))
		snprintf(why, why_bytes, "the copy broke off: %.200s", kept ? PQerrorMessage(pg) : strerror(errno));
	PQfinish(pg);
	kept = fclose(f) == 0 && kept;
	if (read && kept && rename(part, path) == 0)
		return ERR_OK;
	if (read && kept) {
		snprintf(why, why_bytes, "can't write %s: %s", path, strerror(errno));
		kept = false;
	}
	unlink(part);
	return kept ? ERR_BUSY : ERR_FULL;
}

/* ---- and back ---- */

struct restore {
	FILE *f;
	PGconn *pg;
	char *line; /* without its line end */
	size_t cap;
	ssize_t len;
	char table[64];
	struct arena *a;
	struct sql q; /* used for its checked names only */
};

static bool line_next(struct restore *r)
{
	r->len = getline(&r->line, &r->cap, r->f);
	if (r->len <= 0)
		return false;
	if (r->line[r->len - 1] == '\n')
		r->line[--r->len] = '\0';
	return true;
}

static bool is_name(const char *s)
{
	size_t n = 0;
	for (; s[n] != '\0'; n++)
		if (!((s[n] >= 'a' && s[n] <= 'z') || s[n] == '_' || (n > 0 && s[n] >= '0' && s[n] <= '9')))
			return false;
	return n >= 1 && n <= 63;
}

static bool run(struct restore *r, char *why, size_t why_bytes)
{
	return !r->q.text.over && pg_exec(r->pg, r->q.text.data, why, why_bytes) == ERR_OK;
}

static bool column_words(struct restore *r)
{
	char name[64] = "", type[16] = "", rest[16] = "", more[16] = "";
	int n = sscanf(r->line, "C %63s %15s %15s %15s", name, type, rest, more);
	bool required = n == 4 && strcmp(rest, "not") == 0 && strcmp(more, "null") == 0;
	if ((n != 2 && !required) || !is_name(name))
		return false;
	static const char *const types[] = {"bigint", "text", "bytea", "tsvector", "integer"};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i], type) != 0)
			continue;
		sql_name(&r->q, name);
		SQL(&r->q, " ");
		sql_literal_(&r->q, types[i]);
		if (i == 1)
			SQL(&r->q, " collate \"C\"");
		if (required)
			SQL(&r->q, " not null");
		return true;
	}
	return false;
}

static bool index_words(struct restore *r)
{
	char *save, *word = strtok_r(r->line, " ", &save);
	char *name = strtok_r(NULL, " ", &save), *kind = strtok_r(NULL, " ", &save),
	     *method = strtok_r(NULL, " ", &save);
	if (word == NULL || name == NULL || kind == NULL || method == NULL || !is_name(name))
		return false;
	bool gin = strcmp(method, "gin") == 0;
	if (!gin && strcmp(method, "btree") != 0)
		return false;
	sql_init(&r->q, r->a);
	if (kind[0] == 'p') {
		SQL(&r->q, "alter table ");
		sql_name(&r->q, r->table);
		SQL(&r->q, " add primary key (");
	} else {
		sql_literal_(&r->q, kind[0] == 'u' ? "create unique index " : "create index ");
		sql_name(&r->q, name);
		SQL(&r->q, " on ");
		sql_name(&r->q, r->table);
		sql_literal_(&r->q, gin ? " using gin (" : " (");
	}
	for (int n = 0; (word = strtok_r(NULL, " ", &save)) != NULL; n++) {
		char *desc = strchr(word, ':');
		if (desc != NULL)
			*desc = '\0';
		if (!is_name(word))
			return false;
		sql_literal_(&r->q, n ? ", " : "");
		sql_name(&r->q, word);
		if (kind[0] != 'p' && !gin)
			sql_literal_(&r->q, desc ? " desc nulls last" : " nulls first");
	}
	SQL(&r->q, ")");
	return true;
}

static bool rows_in(struct restore *r, char *why, size_t why_bytes)
{
	sql_init(&r->q, r->a);
	SQL(&r->q, "copy ");
	sql_name(&r->q, r->table);
	SQL(&r->q, " from stdin");
	PGresult *result = PQexec(r->pg, r->q.text.data);
	bool ok = PQresultStatus(result) == PGRES_COPY_IN;
	PQclear(result);
	bool ended = false;
	while (ok && !ended && line_next(r)) {
		ended = strcmp(r->line, "\\.") == 0;
		if (!ended)
			ok = PQputCopyData(r->pg, r->line, (int)r->len) == 1 && PQputCopyData(r->pg, "\n", 1) == 1;
	}
	if (ok)
		ok = PQputCopyEnd(r->pg, ended ? NULL : "broken off") == 1;
	while ((result = PQgetResult(r->pg)) != NULL) {
		if (PQresultStatus(result) != PGRES_COMMAND_OK) {
			snprintf(why, why_bytes, "table %s: %.200s", r->table, PQresultErrorMessage(result));
			ok = false;
		}
		PQclear(result);
	}
	return ok && ended;
}

/* One table: its columns, its rows, then its indexes, which are quicker made over what is there. */
static bool table_in(struct restore *r, char *why, size_t why_bytes)
{
	struct buf indexes;
	if (sscanf(r->line, "T %63s", r->table) != 1 || !is_name(r->table))
		return false;
	sql_init(&r->q, r->a);
	buf_init(&indexes, r->a, 1 << 20);
	SQL(&r->q, "create table ");
	sql_name(&r->q, r->table);
	bool first = true;
	while (line_next(r) && r->line[0] == 'C') {
		sql_literal_(&r->q, first ? " (" : ", ");
		if (!column_words(r))
			return false;
		first = false;
	}
	SQL(&r->q, ")");
	if (first || !run(r, why, why_bytes))
		return false;
	for (; r->len > 0 && r->line[0] == 'I'; line_next(r)) {
		if (!index_words(r))
			return false;
		buf_add(&indexes, r->q.text.data, r->q.text.len);
		buf_char(&indexes, ';');
	}
	if (r->len <= 0 || strcmp(r->line, "R") != 0 || !rows_in(r, why, why_bytes))
		return false;
	return indexes.len == 0 || pg_exec(r->pg, indexes.data, why, why_bytes) == ERR_OK;
}

static bool restore_all(struct restore *r, char *why, size_t why_bytes)
{
	while (line_next(r)) {
		if (strcmp(r->line, "end") == 0)
			return pg_exec(r->pg,
			               "create table lease (name text collate \"C\" primary key, holder text not null, "
			               "until bigint not null); "
			               "commit",
			               why, why_bytes) == ERR_OK;
		struct arena_mark mark = arena_mark(r->a);
		if (!table_in(r, why, why_bytes))
			return false;
		arena_rewind(r->a, mark);
	}
	return false;
}

enum err pg_restore(struct store *s, const char *code, const char *path, char *why, size_t why_bytes)
{
	struct restore r = {.f = fopen(path, "re")};
	char schema[PG_SCHEMA_BYTES], begin[96];
	why[0] = '\0';
	if (r.f == NULL || !line_next(&r) || strcmp(r.line, "shouwen backup 1") != 0) {
		snprintf(why, why_bytes, "%s is not a backup of this program", path);
		if (r.f != NULL)
			fclose(r.f);
		free(r.line);
		return ERR_INVALID;
	}
	pg_schema(code, schema);
	snprintf(begin, sizeof(begin), "begin; create schema %s", schema);
	r.pg = own_connection(s, code, begin, why, why_bytes);
	r.a = arena_new(16 << 20);
	bool ok = r.pg != NULL && restore_all(&r, why, why_bytes);
	if (!ok && why[0] == '\0')
		snprintf(why, why_bytes, "%s is damaged", path);
	PQfinish(r.pg); /* what is not committed is undone */
	arena_free(r.a);
	free(r.line);
	fclose(r.f);
	return ok ? ERR_OK : ERR_INVALID;
}

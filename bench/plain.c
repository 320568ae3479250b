/*
 * plain.c: the peer of the benches: what a plain C program reaches that writes the same rows into the
 * same tables, with nothing else to do.
 *
 * plain SOURCE TARGET FROM: reads the tickets of SOURCE with id > FROM, and all that was written with
 * them (event, work, lookup, search_doc, import_key, clock, clock_span, due_work, seen_log), into memory; then writes
 * them into TARGET, with the full-text index and the counters, in batches of 64 with synchronous=FULL. Prints rows and
 * seconds of the writing alone. TARGET is a database of shouwen itself, so that tables and indexes are the same.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spent.h"

enum { BATCH = 64, SIDES_MAX = 6 };

struct cell {
	int type;
	sqlite3_int64 i;
	double d;
	char *bytes;
	int n;
};

struct row {
	sqlite3_int64 record;
	struct cell *cells;
};

struct table {
	const char *name;
	const char *select; /* all columns, then the record; ordered by record */
	struct row *rows;
	size_t n, at;
	int n_columns;
	sqlite3_stmt *insert;
};

static void must(sqlite3 *db, int rc, const char *what)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
	exit(1);
}

static void *must_have(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	must(db, sqlite3_prepare_v2(db, sql, -1, &s, NULL), sql);
	return s;
}

static void run(sqlite3 *db, const char *sql)
{
	must(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static struct cell cell_copy(sqlite3_stmt *s, int col)
{
	struct cell c = {.type = sqlite3_column_type(s, col)};
	if (c.type == SQLITE_INTEGER) {
		c.i = sqlite3_column_int64(s, col);
	} else if (c.type == SQLITE_FLOAT) {
		c.d = sqlite3_column_double(s, col);
	} else if (c.type != SQLITE_NULL) {
		const void *bytes = sqlite3_column_blob(s, col);
		c.n = sqlite3_column_bytes(s, col);
		c.bytes = must_have(malloc((size_t)c.n + 1));
		if (c.n > 0)
			memcpy(c.bytes, bytes, (size_t)c.n);
	}
	return c;
}

static void table_read(sqlite3 *db, struct table *t, sqlite3_int64 from)
{
	sqlite3_stmt *s = prepare(db, t->select);
	size_t cap = 0;
	int rc;
	sqlite3_bind_int64(s, 1, from);
	t->n_columns = sqlite3_column_count(s) - 1;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (t->n == cap) {
			cap = cap ? cap * 2 : 1024;
			t->rows = must_have(realloc(t->rows, cap * sizeof(*t->rows)));
		}
		struct row *r = &t->rows[t->n++];
		r->record = sqlite3_column_int64(s, t->n_columns);
		r->cells = must_have(calloc((size_t)t->n_columns, sizeof(*r->cells)));
		for (int i = 0; i < t->n_columns; i++)
			r->cells[i] = cell_copy(s, i);
	}
	must(db, rc, t->select);
	sqlite3_finalize(s);
}

static void table_prepare(sqlite3 *db, struct table *t)
{
	char sql[4096];
	int at = snprintf(sql, sizeof(sql), "insert into %s values (", t->name);
	for (int i = 0; i < t->n_columns; i++)
		at += snprintf(sql + at, sizeof(sql) - (size_t)at, i ? ", ?" : "?");
	snprintf(sql + at, sizeof(sql) - (size_t)at, ")");
	t->insert = prepare(db, sql);
}

static void bind(sqlite3_stmt *s, int at, const struct cell *c)
{
	switch (c->type) {
	case SQLITE_INTEGER: sqlite3_bind_int64(s, at, c->i); break;
	case SQLITE_FLOAT: sqlite3_bind_double(s, at, c->d); break;
	case SQLITE_TEXT: sqlite3_bind_text(s, at, c->bytes, c->n, SQLITE_STATIC); break;
	case SQLITE_BLOB: sqlite3_bind_blob(s, at, c->bytes, c->n, SQLITE_STATIC); break;
	default: sqlite3_bind_null(s, at); break;
	}
}

static void row_write(sqlite3 *db, sqlite3_stmt *s, const struct row *r, int n)
{
	for (int i = 0; i < n; i++)
		bind(s, i + 1, &r->cells[i]);
	must(db, sqlite3_step(s), "insert");
	sqlite3_reset(s);
}

static void counter_write(sqlite3 *db, sqlite3_stmt *s, const struct row *ticket)
{
	char key[32];
	snprintf(key, sizeof(key), "plain/%lld", ticket->record >> 40);
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	must(db, sqlite3_step(s), "counter");
	sqlite3_reset(s);
}

static struct table tables[] = {
        {"ticket", "select *, id from ticket where id > ?1 order by id", NULL, 0, 0, 0, NULL},
        {"event",
         "select e.*, e.record from event e join ticket t on t.id = e.record where t.id > ?1 order by e.record, e.id",
         NULL, 0, 0, 0, NULL},
        {"work", "select *, id from work where id > ?1 and type = 'ticket' order by id", NULL, 0, 0, 0, NULL},
        {"lookup", "select l.*, l.record from lookup l where l.record > ?1 and l.type = 'ticket' order by l.record",
         NULL, 0, 0, 0, NULL},
        {"search_doc", "select d.*, d.id from search_doc d join ticket t on t.id = d.id where t.id > ?1 order by d.id",
         NULL, 0, 0, 0, NULL},
        {"import_key",
         "select k.*, k.record from import_key k join ticket t on t.id = k.record where t.id > ?1 order by k.record",
         NULL, 0, 0, 0, NULL},
        {"clock",
         "select c.*, c.record from clock c join ticket t on t.id = c.record where t.id > ?1 order by c.record", NULL,
         0, 0, 0, NULL},
        {"clock_span",
         "select s.*, c.record from clock_span s join clock c on c.id = s.clock join ticket t on t.id = c.record where "
         "t.id > ?1 order by c.record",
         NULL, 0, 0, 0, NULL},
        {"due_work",
         "select d.*, d.record from due_work d join ticket t on t.id = d.record where t.id > ?1 order by d.record",
         NULL, 0, 0, 0, NULL},
        {"seen_log",
         "select l.*, l.record from seen_log l join ticket t on t.id = l.record where t.id > ?1 order by l.record",
         NULL, 0, 0, 0, NULL},
};

enum { N_TABLES = sizeof(tables) / sizeof(tables[0]), SEARCH_DOC = 4 };

static void write_all(sqlite3 *db)
{
	sqlite3_stmt *index = prepare(db, "insert into search_index (rowid, tokens, keys) values (?, ?, ?)");
	sqlite3_stmt *counter = prepare(
	        db, "insert into counter (key, next) values (?1, 2) on conflict (key) do update set next = next + 1");
	for (size_t at = 0; at < tables[0].n; at += BATCH) {
		run(db, "begin immediate");
		for (size_t i = at; i < at + BATCH && i < tables[0].n; i++) {
			const struct row *ticket = &tables[0].rows[i];
			counter_write(db, counter, ticket);
			for (size_t k = 0; k < N_TABLES; k++) {
				struct table *t = &tables[k];
				while (t->at < t->n && t->rows[t->at].record <= ticket->record) {
					row_write(db, t->insert, &t->rows[t->at], t->n_columns);
					if (k == SEARCH_DOC)
						row_write(db, index, &t->rows[t->at], 3);
					t->at++;
				}
			}
		}
		run(db, "commit");
	}
	sqlite3_finalize(index);
	sqlite3_finalize(counter);
}

int main(int argc, char **argv)
{
	sqlite3 *source, *target;
	if (argc != 4) {
		fprintf(stderr, "plain SOURCE TARGET FROM\n");
		return 2;
	}
	must(NULL, sqlite3_open_v2(argv[1], &source, SQLITE_OPEN_READWRITE, NULL), argv[1]);
	must(NULL, sqlite3_open_v2(argv[2], &target, SQLITE_OPEN_READWRITE, NULL), argv[2]);
	run(target, "pragma journal_mode = wal; pragma synchronous = full");
	for (size_t i = 0; i < N_TABLES; i++) {
		table_read(source, &tables[i], strtoll(argv[3], NULL, 10));
		table_prepare(target, &tables[i]);
	}
	sqlite3_close(source);
	clock_t cpu = clock();
	double began = us_of(CLOCK_MONOTONIC);
	write_all(target);
	printf("{\"rows\":%zu,\"seconds\":%.6f,\"cpu\":%.6f}\n", tables[0].n, (us_of(CLOCK_MONOTONIC) - began) / 1e6,
	       (double)(clock() - cpu) / CLOCKS_PER_SEC);
	for (size_t i = 0; i < N_TABLES; i++)
		sqlite3_finalize(tables[i].insert);
	sqlite3_close(target);
	return 0;
}

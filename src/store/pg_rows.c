/*
 * PostgreSQL: statements and rows. A statement seen for the first time runs as it is; seen again, it
 * is prepared under a name. The types of the values belong to its key, as the plan depends on them.
 */
#include "store/pg.h"

enum { TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_TEXT = 25, BINDS_MAX = 4096 };

static uint64_t key_hash(const char *s)
{
	uint64_t h = 14695981039346656037u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static int param_at(struct pg_statement *st, const char *name, size_t len)
{
	for (int i = 0; i < st->n_names; i++)
		if (strlen(st->names[i]) == len && memcmp(st->names[i], name, len) == 0)
			return i + 1;
	st->names = realloc(st->names, (size_t)(st->n_names + 1) * sizeof(*st->names));
	char *copy = strndup(name, len);
	if (st->names == NULL || copy == NULL)
		abort();
	st->names[st->n_names++] = copy;
	return st->n_names;
}

/* :name to $n, instr to strpos; what is quoted stays. */
static void translate(struct arena *a, struct pg_statement *st, const char *s)
{
	struct buf out;
	char quote = '\0';
	buf_init(&out, a, 4 << 20);
	for (size_t i = 0; s[i] != '\0'; i++) {
		if (quote != '\0') {
			if (s[i] == quote)
				quote = '\0';
		} else if (s[i] == '\'' || s[i] == '"') {
			quote = s[i];
		} else if (s[i] == ':' && s[i + 1] == ':') {
			buf_char(&out, s[i++]);
		} else if (s[i] == ':' && is_name_char(s[i + 1])) {
			size_t n = 1;
			while (is_name_char(s[i + 1 + n]))
				n++;
			buf_char(&out, '$');
			buf_int(&out, param_at(st, s + i + 1, n));
			i += n;
			continue;
		} else if (strncmp(s + i, "instr(", 6) == 0 && (i == 0 || !is_name_char(s[i - 1]))) {
			buf_str(&out, "strpos(");
			i += 5;
			continue;
		}
		buf_char(&out, s[i]);
	}
	st->text = strdup(out.data);
	if (st->text == NULL)
		abort();
}

static void forget(struct pg_statement *st)
{
	for (int i = 0; i < st->n_names; i++)
		free(st->names[i]);
	free(st->names);
	free(st->key);
	free(st->text);
	*st = (struct pg_statement){0};
}

void pg_forget_statements(struct pg_conn *c)
{
	for (size_t i = 0; i < PG_STATEMENTS_MAX; i++)
		forget(&c->statements[i]);
}

static void drop_oldest(struct pg_conn *c, struct pg_statement *st)
{
	char text[48], why[160];
	if (st->prepared) {
		snprintf(text, sizeof(text), "deallocate s%llu", (unsigned long long)st->number);
		pg_exec(c->pg, text, why, sizeof(why));
	}
	forget(st);
}

static struct pg_statement *statement_of(struct ctx *ctx, struct pg_conn *c, const struct sql *q)
{
	static const char kinds[] = {[BIND_NULL] = 'n', [BIND_INT] = 'i', [BIND_TEXT] = 't', [BIND_BLOB] = 'b'};
	char *key = arena_alloc(ctx->arena, q->n_binds + q->text.len + 2);
	for (size_t i = 0; i < q->n_binds; i++)
		key[i] = kinds[q->binds[i].kind];
	key[q->n_binds] = '\n';
	memcpy(key + q->n_binds + 1, q->text.data, q->text.len);
	uint64_t hash = key_hash(key);
	struct pg_statement *oldest = &c->statements[0];
	for (size_t i = 0; i < PG_STATEMENTS_MAX; i++) {
		struct pg_statement *st = &c->statements[i];
		if (st->hash == hash && st->key != NULL && strcmp(st->key, key) == 0)
			return st;
		if (st->used < oldest->used)
			oldest = st;
	}
	drop_oldest(c, oldest);
	oldest->hash = hash;
	oldest->key = strdup(key);
	if (oldest->key == NULL)
		abort();
	translate(ctx->arena, oldest, q->text.data);
	return oldest;
}

struct params {
	Oid *types;
	const char **values;
	int *lengths, *formats;
};

static enum err bind_all(struct ctx *ctx, const struct pg_statement *st, const struct sql *q, struct params *p)
{
	size_t n = (size_t)st->n_names, hint = 0;
	if (n > BINDS_MAX)
		return store_fault(ctx, ERR_TOO_LARGE, "too many parameters", NULL);
	p->types = ARENA_ARRAY(ctx->arena, n, Oid);
	p->values = ARENA_ARRAY(ctx->arena, n, const char *);
	p->lengths = ARENA_ARRAY(ctx->arena, n, int);
	p->formats = ARENA_ARRAY(ctx->arena, n, int);
	for (size_t i = 0; i < n; i++) {
		const struct sql_bind *b = sql_find_bind(q, st->names[i], &hint);
		if (b == NULL)
			return store_fault(ctx, ERR_INTERNAL, "a parameter has no value", q->text.data);
		if (b->kind == BIND_NULL)
			continue;
		p->types[i] = b->kind == BIND_INT ? TYPE_INT8 : b->kind == BIND_TEXT ? TYPE_TEXT : TYPE_BYTEA;
		if (b->kind == BIND_INT) {
			p->values[i] = arena_printf(ctx->arena, "%lld", (long long)b->i);
		} else {
			/* Text in binary is its bytes: no NUL at the end is needed. */
			p->values[i] = b->bytes;
			p->lengths[i] = (int)b->len;
			p->formats[i] = 1;
		}
	}
	return ERR_OK;
}

static PGresult *execute(struct pg_conn *c, struct pg_statement *st, const struct params *p)
{
	char name[24];
	bool known = st->used > 0;
	st->used = ++c->clock;
	if (!known && !st->prepared)
		return PQexecParams(c->pg, st->text, st->n_names, p->types, p->values, p->lengths, p->formats, 0);
	if (!st->prepared) {
		st->number = c->clock;
		snprintf(name, sizeof(name), "s%llu", (unsigned long long)st->number);
		PGresult *result = PQprepare(c->pg, name, st->text, st->n_names, p->types);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			return result;
		PQclear(result);
		st->prepared = true;
	}
	snprintf(name, sizeof(name), "s%llu", (unsigned long long)st->number);
	return PQexecPrepared(c->pg, name, st->n_names, p->values, p->lengths, p->formats, 0);
}

enum err pg_rows(struct ctx *ctx, struct sql *q, struct rows **ret_rows, int64_t *ret_changed)
{
	struct pg_conn *c = pg_of(ctx->db);
	struct params p = {0};
	if (c->base.fault != ERR_OK) /* the server would refuse it with a message that hides the first */
		return c->base.fault;
	struct pg_statement *st = statement_of(ctx, c, q);
	enum err e = bind_all(ctx, st, q, &p);
	if (e != ERR_OK) {
		c->base.fault = e;
		return e;
	}
	c->planned = st->prepared;
	PGresult *result = execute(c, st, &p);
	if (pg_kind(c->pg, result) != ERR_OK) {
		e = pg_failed(ctx, c, result, q->text.data);
		PQclear(result);
		return e;
	}
	struct pg_rows *r = ARENA_NEW(ctx->arena, struct pg_rows);
	r->base = (struct rows){.ctx = ctx, .conn = ctx->db};
	r->result = result;
	r->at = -1;
	r->n = PQntuples(result);
	r->open = c->open;
	c->open = r;
	if (ret_changed != NULL)
		*ret_changed = (int64_t)strtoll(PQcmdTuples(result), NULL, 10);
	*ret_rows = &r->base;
	return ERR_OK;
}

static struct pg_rows *rows_of(struct rows *r)
{
	return (struct pg_rows *)r;
}

bool pg_next(struct rows *base)
{
	struct pg_rows *r = rows_of(base);
	if (r->at + 1 >= r->n)
		return false;
	r->at++;
	return true;
}

enum err pg_done(struct rows *base)
{
	struct pg_rows *r = rows_of(base);
	struct pg_conn *c = pg_of(base->conn);
	for (struct pg_rows **at = &c->open; *at; at = &(*at)->open) {
		if (*at == r) {
			*at = r->open;
			break;
		}
	}
	PQclear(r->result);
	r->result = NULL;
	return base->err;
}

void pg_close_rows_since(struct pg_conn *c, const void *since)
{
	while (c->open != NULL && c->open != since) {
		struct pg_rows *r = c->open;
		c->open = r->open;
		PQclear(r->result);
		r->result = NULL;
	}
}

void pg_close_rows(struct pg_conn *c)
{
	pg_close_rows_since(c, NULL);
}

bool pg_is_null(struct rows *r, int col)
{
	return PQgetisnull(rows_of(r)->result, rows_of(r)->at, col) != 0;
}

int64_t pg_get_int(struct rows *r, int col)
{
	if (pg_is_null(r, col))
		return 0;
	const char *s = PQgetvalue(rows_of(r)->result, rows_of(r)->at, col);
	if (s[0] == 't')
		return 1;
	return (int64_t)strtoll(s, NULL, 10);
}

const char *pg_get_text(struct rows *r, int col, size_t *ret_len)
{
	bool none = pg_is_null(r, col);
	if (ret_len != NULL)
		*ret_len = none ? 0 : (size_t)PQgetlength(rows_of(r)->result, rows_of(r)->at, col);
	return none ? NULL : PQgetvalue(rows_of(r)->result, rows_of(r)->at, col);
}

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

const void *pg_get_blob(struct rows *r, int col, size_t *ret_len)
{
	size_t len;
	const char *s = pg_get_text(r, col, &len);
	if (ret_len != NULL)
		*ret_len = 0;
	if (s == NULL)
		return NULL;
	if (len < 2 || s[0] != '\\' || s[1] != 'x') { /* a text column */
		if (ret_len != NULL)
			*ret_len = len;
		return s;
	}
	size_t n = (len - 2) / 2;
	unsigned char *bytes = arena_alloc(r->ctx->arena, n + 1);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)(hex_digit(s[2 + i * 2]) << 4 | hex_digit(s[3 + i * 2]));
	if (ret_len != NULL)
		*ret_len = n;
	return bytes;
}

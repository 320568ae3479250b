/* Building SQL: literals, checked names, bound values. */
#include "store/internal.h"

enum { SQL_BYTES_MAX = 1 << 20 };

void sql_init(struct sql *q, struct arena *a)
{
	*q = (struct sql){.arena = a};
	buf_init(&q->text, a, SQL_BYTES_MAX);
}

/* Eight bytes at a time: statements are long, and there are several a request. */
uint64_t sql_hash(const char *s, size_t len)
{
	uint64_t h = 14695981039346656037u ^ len;
	uint64_t part;
	for (; len >= sizeof(part); len -= sizeof(part), s += sizeof(part)) {
		memcpy(&part, s, sizeof(part));
		h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	part = 0;
	memcpy(&part, s, len);
	h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
	return h ? h : 1;
}

void sql_literal_(struct sql *q, const char *literal)
{
	buf_str(&q->text, literal);
}

static void fault(const char *what, const char *name)
{
	fprintf(stderr, "shouwen: %s: %s\n", what, name);
	abort();
}

static bool name_ok(const char *name)
{
	size_t n = 0;
	for (; name[n] != '\0'; n++) {
		char c = name[n];
		if (!((c >= 'a' && c <= 'z') || c == '_' || (n > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return n >= 1 && n <= 63;
}

void sql_name(struct sql *q, const char *name)
{
	if (name == NULL || !name_ok(name))
		fault("not a table or column name", name ? name : "(null)");
	buf_char(&q->text, '"');
	buf_str(&q->text, name);
	buf_char(&q->text, '"');
}

const struct sql_text *sql_keep(const struct sql *q, struct arena *a)
{
	struct sql_text *kept = ARENA_NEW(a, struct sql_text);
	if (q->n_fresh > 0 || q->text.over)
		fault("not a text to be kept", q->text.data);
	kept->text = arena_strndup(a, q->text.data, q->text.len);
	kept->len = q->text.len;
	kept->hash = sql_hash(kept->text, kept->len);
	return kept;
}

void sql_again(struct sql *q, struct arena *a, const struct sql_text *kept)
{
	*q = (struct sql){.arena = a, .hash = kept->hash};
	/* Full as it stands: what would be added makes it too long, and it is refused. */
	q->text = (struct buf){.arena = a, .data = (char *)(uintptr_t)kept->text, .len = kept->len, .max = kept->len};
}

static struct sql_bind *bind_new(struct sql *q, const char *name)
{
	if (q->n_binds == q->cap_binds) {
		size_t cap = q->cap_binds ? q->cap_binds * 2 : 8;
		q->binds = arena_grow(q->arena, q->binds, q->cap_binds * sizeof(*q->binds), cap * sizeof(*q->binds));
		q->cap_binds = cap;
	}
	struct sql_bind *b = &q->binds[q->n_binds++];
	*b = (struct sql_bind){.name = name};
	return b;
}

static struct sql_bind *bind_named(struct sql *q, const char *name)
{
	/* v0, v1 … are the fresh ones. */
	if (!name_ok(name) || (name[0] == 'v' && name[1] >= '0' && name[1] <= '9'))
		fault("not a parameter name", name);
	for (size_t i = 0; i < q->n_binds; i++)
		if (strcmp(q->binds[i].name, name) == 0)
			return &q->binds[i];
	return bind_new(q, arena_strdup(q->arena, name));
}

static struct sql_bind *bind_fresh(struct sql *q)
{
	char name[24] = {'v'};
	char digits[24];
	size_t len = 1, n_digits = 0, n = q->n_fresh++;
	do {
		digits[n_digits++] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	while (n_digits > 0)
		name[len++] = digits[--n_digits];
	buf_char(&q->text, ':');
	buf_add(&q->text, name, len);
	return bind_new(q, arena_strndup(q->arena, name, len));
}

static void bind_int(struct sql_bind *b, int64_t v)
{
	b->kind = BIND_INT;
	b->i = v;
}

static void bind_bytes(struct sql_bind *b, enum bind_kind kind, const void *bytes, size_t len)
{
	b->kind = bytes ? kind : BIND_NULL;
	b->bytes = bytes;
	b->len = len;
}

static void bind_value(struct sql_bind *b, const struct value *v)
{
	switch (v->kind) {
	case VALUE_EMPTY: b->kind = BIND_NULL; return;
	case VALUE_INT: bind_int(b, v->i); return;
	case VALUE_TEXT: bind_bytes(b, BIND_TEXT, v->s, v->len); return;
	case VALUE_LIST: fault("a list can't be bound", b->name);
	}
}

void sql_value(struct sql *q, const struct value *v)
{
	bind_value(bind_fresh(q), v);
}

void sql_value_int(struct sql *q, int64_t v)
{
	bind_int(bind_fresh(q), v);
}

void sql_value_text(struct sql *q, const char *s)
{
	bind_bytes(bind_fresh(q), BIND_TEXT, s, s ? strlen(s) : 0);
}

void sql_named(struct sql *q, const char *name, const struct value *v)
{
	bind_value(bind_named(q, name), v);
}

void sql_int(struct sql *q, const char *name, int64_t v)
{
	bind_int(bind_named(q, name), v);
}

void sql_int_or_null(struct sql *q, const char *name, int64_t v)
{
	struct sql_bind *b = bind_named(q, name);
	bind_int(b, v);
	if (v == 0)
		b->kind = BIND_NULL;
}

void sql_text(struct sql *q, const char *name, const char *s)
{
	bind_bytes(bind_named(q, name), BIND_TEXT, s, s ? strlen(s) : 0);
}

void sql_blob(struct sql *q, const char *name, const void *bytes, size_t n)
{
	bind_bytes(bind_named(q, name), BIND_BLOB, bytes, n);
}

#define TEN(t) \
	"i" t "0", "i" t "1", "i" t "2", "i" t "3", "i" t "4", "i" t "5", "i" t "6", "i" t "7", "i" t "8", "i" t "9"
static const char *const each_names[] = {TEN(""), TEN("1"), TEN("2"), TEN("3"), TEN("4"), TEN("5"), TEN("6")};
#undef TEN
_Static_assert(sizeof(each_names) / sizeof(each_names[0]) >= SQL_EACH_MAX, "each has its name");

void sql_each(struct sql *q, size_t room)
{
	SQL(q, "(values ");
	for (size_t i = 0; i < room; i++) {
		buf_str(&q->text, i == 0 ? "(:" : ", (:");
		buf_str(&q->text, each_names[i]);
		buf_char(&q->text, ')');
	}
	SQL(q, ") each");
}

static struct sql_bind *bind_each(struct sql *q, size_t at)
{
	if (q->each > 0 && q->each - 1 + at < q->n_binds && q->binds[q->each - 1 + at].name == each_names[at])
		return &q->binds[q->each - 1 + at];
	if (at == 0)
		q->each = q->n_binds + 1;
	return bind_new(q, each_names[at]);
}

void sql_each_int(struct sql *q, size_t at, int64_t v)
{
	bind_int(bind_each(q, at), v);
}

void sql_each_value(struct sql *q, size_t at, const struct value *v)
{
	bind_value(bind_each(q, at), v);
}

void sql_each_rest(struct sql *q, size_t at, size_t room)
{
	for (; at < room; at++)
		bind_each(q, at)->kind = BIND_NULL;
}

void sql_walk(struct sql *q, const char *column, const int64_t *ids, size_t n, size_t wanted)
{
	SQL(q, " and walk_finds(:walk_ids, :walk_wanted, ");
	sql_name(q, column);
	SQL(q, ")");
	sql_blob(q, "walk_ids", ids, n * sizeof(*ids));
	sql_int(q, "walk_wanted", (int64_t)wanted);
}

static bool bind_same(const struct sql_bind *a, const struct sql_bind *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == BIND_INT)
		return a->i == b->i;
	return a->kind == BIND_NULL || (a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* The part's :v0, :v1 … are counted on from ours; quoted text is copied as it is. */
static void append_text(struct sql *q, const struct sql *part)
{
	const char *s = part->text.data;
	size_t len = part->text.len, from = 0;
	char quote = '\0';
	for (size_t i = 0; i < len; i++) {
		if (quote != '\0') {
			if (s[i] == quote)
				quote = '\0';
		} else if (s[i] == '\'' || s[i] == '"') {
			quote = s[i];
		} else if (s[i] == ':' && i + 2 < len && s[i + 1] == 'v' && s[i + 2] >= '0' && s[i + 2] <= '9' &&
		           (i == 0 || s[i - 1] != ':')) {
			buf_add(&q->text, s + from, i + 2 - from);
			size_t number = 0;
			for (i += 2; i < len && s[i] >= '0' && s[i] <= '9'; i++)
				number = number * 10 + (size_t)(s[i] - '0');
			buf_int(&q->text, (int64_t)(number + q->n_fresh));
			from = i--;
		}
	}
	buf_add(&q->text, s + from, len - from);
}

void sql_append(struct sql *q, const struct sql *part)
{
	append_text(q, part);
	if (part->text.over)
		q->text.over = true;
	for (size_t i = 0; i < part->n_binds; i++) {
		const struct sql_bind *theirs = &part->binds[i];
		struct sql_bind copy = *theirs;
		if (theirs->name[0] == 'v' && theirs->name[1] >= '0' && theirs->name[1] <= '9') {
			size_t number = (size_t)strtoul(theirs->name + 1, NULL, 10);
			copy.name = arena_printf(q->arena, "v%zu", number + q->n_fresh);
			*bind_new(q, copy.name) = copy;
			continue;
		}
		size_t before = q->n_binds;
		struct sql_bind *ours = bind_named(q, theirs->name);
		if (q->n_binds == before && !bind_same(ours, theirs))
			fault("two values for one parameter", theirs->name);
		copy.name = ours->name;
		*ours = copy;
	}
	q->n_fresh += part->n_fresh;
}

void sql_prefix(struct sql *q, const char *column, const char *prefix)
{
	SQL(q, "(");
	sql_name(q, column);
	SQL(q, " >= ");
	sql_value_text(q, prefix);
	SQL(q, " and ");
	sql_name(q, column);
	SQL(q, " < ");
	/* The last character of Unicode comes after every text that goes on from the prefix. */
	sql_value_text(q, arena_printf(q->arena, "%s\xf4\x8f\xbf\xbf", prefix));
	SQL(q, ")");
}

/* Written in SQLite's words; the PostgreSQL side puts strpos for it. */
void sql_contains_open(struct sql *q)
{
	SQL(q, "instr(");
}

const struct sql_bind *sql_find_bind(const struct sql *q, const char *name, size_t *hint)
{
	for (size_t n = 0; n < q->n_binds; n++) {
		size_t i = (*hint + n) % q->n_binds;
		if (strcmp(q->binds[i].name, name) == 0) {
			*hint = i + 1;
			return &q->binds[i];
		}
	}
	return NULL;
}

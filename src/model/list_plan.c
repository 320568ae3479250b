/* list_plan.c: rights, order and access of a list, decided before the first row is read. */
#include "model/list_plan.h"

#include <string.h>

#include "base/buf.h"
#include "model/access.h"
#include "model/pack_tables.h"
#include "model/record.h"
#include "model/same.h"
#include "model/who.h"

enum { ARMS_MAX = 64, DISJUNCTS_MAX = 16, CONJUNCTS_MAX = 32, ARM_ROWS_MAX = 1000 };

static bool indexed(const struct field *f)
{
	return f->column != NULL && ((f->flags & FIELD_SORT) != 0);
}

static bool sortable(const struct field *f)
{
	/* Long texts have no order that helps anyone, and thousands of them would have to be held. */
	return f->column != NULL && f->kind != FIELD_LONG_TEXT && f->kind != FIELD_CHOICES && f->kind != FIELD_FILES &&
	       f->kind != FIELD_LINKS && f->kind != FIELD_TABLE && f->kind != FIELD_COMPUTED;
}

static enum err sort_keys(struct ctx *ctx, const struct list_query *q, struct list_plan *p)
{
	p->id_desc = q->n_sort == 0;
	for (size_t i = 0; i < q->n_sort; i++) {
		const struct field *f = q->sort[i].field;
		if (!sortable(f))
			return ctx_problem(ctx, ERR_INVALID, "sort", "not_sortable", "%s can't be sorted by", f->name);
		if (access_field(ctx, f) != SIGHT_CLEAR)
			return ctx_problem(ctx, ERR_INVALID, "sort", "hidden", "%s can't be sorted by", f->name);
		p->id_desc = q->sort[i].desc;
		/* An id is unique: nothing after it matters. */
		if ((f->flags & FIELD_BASE) && strcmp(f->name, "id") == 0)
			break;
		p->key_fields[p->n_keys] = f;
		p->key_columns[p->n_keys] =
		        field_has_sort_key(f) ? arena_printf(ctx->arena, "%s__key", f->column) : f->column;
		p->key_desc[p->n_keys++] = q->sort[i].desc;
	}
	p->order = p->n_keys == 0 ? ORDER_ID : p->n_keys == 1 && indexed(p->key_fields[0]) ? ORDER_KEY : ORDER_SORTED;
	p->n_segments = 1;
	if (p->order == ORDER_KEY)
		p->n_segments = p->key_fields[0]->kind == FIELD_CHOICE ? (int)p->key_fields[0]->n_options + 1 : 2;
	return ERR_OK;
}

static const char *spec_of(struct ctx *ctx, const struct list_plan *p)
{
	struct buf b;
	buf_init(&b, ctx->arena, 1024);
	buf_str(&b, p->type->name);
	for (size_t i = 0; i < p->n_keys; i++) {
		buf_char(&b, p->key_desc[i] ? '-' : '+');
		buf_str(&b, p->key_fields[i]->name);
	}
	buf_char(&b, p->id_desc ? '-' : '+');
	return b.data;
}

static bool point_column(const struct field *f)
{
	return f->column != NULL && (f->kind == FIELD_LINK || (f->flags & FIELD_SORT) || strcmp(f->name, "stage") == 0);
}

/* Does the user's own filter pin an indexed link already? Then that index leads. */
static bool pinned(struct ctx *ctx, const struct filter *where)
{
	const struct filter *parts[CONJUNCTS_MAX];
	if (where == NULL)
		return false;
	size_t n = filter_conjuncts(where, parts, CONJUNCTS_MAX);
	for (size_t i = 0; i < n && i < CONJUNCTS_MAX; i++) {
		const struct field *f;
		struct value *values;
		size_t n_values;
		if (filter_as_points(ctx, parts[i], &f, &values, &n_values) && f->kind == FIELD_LINK && n_values <= 1)
			return true;
	}
	return false;
}

/* By a key's order an arm is read whole and sorted: only worth it when there is little of it. */
static enum err arms_small(struct ctx *ctx, const struct list_plan *p, bool *ret_small)
{
	int64_t left = ARM_ROWS_MAX;
	for (size_t i = 0; i < p->n_arms && left >= 0; i++) {
		struct sql q;
		sql_init(&q, ctx->arena);
		SQL(&q, "select count(*) from (select 1 from ");
		sql_name(&q, p->type->table);
		SQL(&q, " r where r.");
		sql_name(&q, p->arms[i].column);
		SQL(&q, " = ");
		sql_value(&q, &p->arms[i].value);
		SQL(&q, " limit :n) counted");
		sql_int(&q, "n", ARM_ROWS_MAX + 1);
		int64_t n;
		TRY(sql_one_int(ctx, &q, &n));
		left -= n;
	}
	*ret_small = left >= 0;
	return ERR_OK;
}

/* A filter as arms: false when some disjunct is more than points, or there are too many. */
static bool arms_of(struct ctx *ctx, const struct filter *f, struct list_plan *p)
{
	const struct filter *parts[DISJUNCTS_MAX];
	size_t n = filter_disjuncts(f, parts, DISJUNCTS_MAX), n_arms = 0;
	if (n == 0 || n > DISJUNCTS_MAX)
		return false;
	struct list_arm *arms = ARENA_ARRAY(ctx->arena, ARMS_MAX, struct list_arm);
	for (size_t i = 0; i < n; i++) {
		const struct field *field;
		struct value *values;
		size_t n_values;
		if (!filter_as_points(ctx, parts[i], &field, &values, &n_values) || !point_column(field) ||
		    n_arms + n_values > ARMS_MAX)
			return false;
		for (size_t k = 0; k < n_values; k++)
			if (!value_is_empty(&values[k]))
				arms[n_arms++] = (struct list_arm){.column = field->column, .value = values[k]};
	}
	p->arms = arms;
	p->n_arms = n_arms;
	return true;
}

/* The stages that the user's filter asks for, where arms have an index that holds them. */
static void arms_stage(struct ctx *ctx, const struct filter *where, struct list_plan *p)
{
	const struct filter *parts[CONJUNCTS_MAX];
	size_t n = where ? filter_conjuncts(where, parts, CONJUNCTS_MAX) : 0;
	for (size_t i = 0; i < n && i < CONJUNCTS_MAX; i++) {
		const struct field *f;
		struct value *values;
		size_t n_values;
		if (!filter_as_points(ctx, parts[i], &f, &values, &n_values) || strcmp(f->name, "stage") != 0 ||
		    n_values == 0 || n_values > LIST_STAGES_MAX)
			continue;
		p->stages = values;
		p->n_stages = n_values;
		for (size_t k = 0; k < p->n_arms; k++)
			p->arms[k].staged = column_has_stage_index(p->type, p->arms[k].column);
		if (n > CONJUNCTS_MAX) {
			p->fenced_staged = p->where;
			return;
		}
		for (size_t k = 0; k < n; k++) {
			struct filter *part = (struct filter *)(uintptr_t)parts[k], **rest = &p->fenced_staged;
			if (k != i)
				*rest = *rest ? filter_and(ctx->arena, *rest, part) : part;
		}
		return;
	}
}

struct names_key {
	const struct field *key;
};

static bool not_the_key(void *arg, const struct field *f)
{
	return f != ((struct names_key *)arg)->key;
}

/*
 * By a key's order. Few rows of a condition of the user, or of access: they are read and sorted.
 * Otherwise the key's index is walked and each row is looked at; only conditions on the key itself
 * may choose where to begin.
 */
static enum err plan_key(struct ctx *ctx, const struct list_query *q, struct filter *access, struct list_plan *p)
{
	const struct filter *parts[CONJUNCTS_MAX];
	bool small = false;
	size_t n = q->where ? filter_conjuncts(q->where, parts, CONJUNCTS_MAX) : 0;
	for (size_t i = 0; i < n && i < CONJUNCTS_MAX; i++) {
		if (!arms_of(ctx, parts[i], p))
			continue;
		p->none = p->n_arms == 0;
		TRY(arms_small(ctx, p, &small));
		if (small) {
			p->access = access;
			return ERR_OK;
		}
	}
	if (access != NULL && arms_of(ctx, access, p)) {
		p->none = p->n_arms == 0;
		TRY(arms_small(ctx, p, &small));
		if (small)
			return ERR_OK;
	}
	p->n_arms = 0;
	p->access = access;
	p->access_fenced = true;
	p->fenced = n > CONJUNCTS_MAX ? q->where : NULL;
	p->where = NULL;
	for (size_t i = 0; i < n && n <= CONJUNCTS_MAX; i++) {
		struct names_key names = {p->key_fields[0]};
		struct filter *part = (struct filter *)(uintptr_t)parts[i];
		struct filter **side = filter_each_field(part, not_the_key, &names) ? &p->fenced : &p->where;
		*side = *side ? filter_and(ctx->arena, *side, part) : part;
	}
	return ERR_OK;
}

/* Who may see all asks for some stages and nothing else: each stage's index range is in order already. */
static void arms_of_stages(struct ctx *ctx, struct list_plan *p)
{
	const struct field *f;
	struct value *values;
	size_t n;
	if (p->where == NULL || !filter_as_points(ctx, p->where, &f, &values, &n) || strcmp(f->name, "stage") != 0 ||
	    n < 2 || n > LIST_STAGES_MAX || f->column == NULL || !arms_of(ctx, p->where, p))
		return;
	p->none = p->n_arms == 0;
	p->where = NULL;
}

/* A filter that says nothing is none. */
static void drop_all(struct filter **f)
{
	if (*f != NULL && filter_is_all(*f))
		*f = NULL;
}

enum err list_plan_make(struct ctx *ctx, const struct list_query *asked, struct list_plan *ret_plan)
{
	struct list_query shown = *asked;
	const struct list_query *q = &shown;
	TRY(access_check_filter(ctx, asked->where));
	shown.where = same_without_merged(ctx, asked->type, asked->where);
	struct list_plan p = {.type = q->type, .where = q->where};
	TRY(sort_keys(ctx, q, &p));
	p.spec = spec_of(ctx, &p);
	struct filter *access;
	TRY(access_filter(ctx, q->type, ACCESS_READ, &access, &p.none));
	if (!p.none && p.order == ORDER_KEY)
		TRY(plan_key(ctx, q, access, &p));
	else if (!p.none && access != NULL && p.order == ORDER_ID && !pinned(ctx, q->where) && arms_of(ctx, access, &p))
		p.none = p.n_arms == 0;
	else if (!p.none && access == NULL && p.order == ORDER_ID)
		arms_of_stages(ctx, &p);
	else
		p.access = access;
	/* With arms the arm's index leads, and the rest is looked at row by row. */
	if (p.n_arms > 0) {
		if (p.order == ORDER_ID)
			arms_stage(ctx, q->where, &p);
		p.fenced = p.where;
		p.where = NULL;
		p.access_fenced = true;
	}
	drop_all(&p.where);
	drop_all(&p.fenced);
	drop_all(&p.fenced_staged);
	drop_all(&p.access);
	*ret_plan = p;
	return ERR_OK;
}

/* ---- the order in memory, and cursors --------------------------------------------------------- */

static int value_compare(const struct value *x, const struct value *y)
{
	if (x->kind == VALUE_INT && y->kind == VALUE_INT)
		return (x->i > y->i) - (x->i < y->i);
	if (x->kind == VALUE_TEXT && y->kind == VALUE_TEXT) {
		int c = memcmp(x->s, y->s, x->len < y->len ? x->len : y->len);
		return c ? c : (x->len > y->len) - (x->len < y->len);
	}
	return 0;
}

int list_row_compare(const struct list_plan *p, const struct list_row *x, const struct list_row *y)
{
	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	for (size_t i = 0; i < p->n_keys; i++) {
		bool x_empty = x->keys[i].kind == VALUE_EMPTY, y_empty = y->keys[i].kind == VALUE_EMPTY;
		if (x_empty != y_empty)
			return x_empty ? 1 : -1;
		int c = value_compare(&x->keys[i], &y->keys[i]);
		if (c != 0)
			return p->key_desc[i] ? -c : c;
	}
	int c = (x->id > y->id) - (x->id < y->id);
	return p->id_desc ? -c : c;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *base64_write(struct arena *a, const char *s, size_t len)
{
	char *out = arena_alloc(a, len * 4 / 3 + 5);
	size_t at = 0;
	uint32_t bits = 0;
	int n = 0;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | (unsigned char)s[i];
		for (n += 8; n >= 6; n -= 6)
			out[at++] = base64_digits[bits >> (n - 6) & 63];
	}
	if (n > 0)
		out[at++] = base64_digits[bits << (6 - n) & 63];
	return out;
}

static char *base64_read(struct arena *a, const char *s, size_t *ret_len)
{
	char *out = arena_alloc(a, strlen(s) + 1);
	size_t at = 0;
	uint32_t bits = 0;
	int n = 0;
	for (; *s != '\0'; s++) {
		const char *digit = strchr(base64_digits, *s);
		if (digit == NULL)
			return NULL;
		bits = bits << 6 | (uint32_t)(digit - base64_digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			out[at++] = (char)(bits >> n & 255);
		}
	}
	*ret_len = at;
	return out;
}

/* SPEC \x1f SEGMENT \x1f ID { \x1f KIND VALUE }: texts of keys hold no control characters. */
const char *list_cursor(struct ctx *ctx, const struct list_plan *p, const struct list_row *row)
{
	struct buf b;
	buf_init(&b, ctx->arena, 1 << 14);
	buf_printf(&b, "%s\x1f%d\x1f%lld", p->spec, row->segment, (long long)row->id);
	for (size_t i = 0; i < p->n_keys; i++) {
		const struct value *v = &row->keys[i];
		buf_char(&b, '\x1f');
		buf_char(&b, v->kind == VALUE_INT ? 'i' : v->kind == VALUE_TEXT ? 't' : 'e');
		if (v->kind == VALUE_INT)
			buf_int(&b, v->i);
		else if (v->kind == VALUE_TEXT)
			buf_add(&b, v->s, v->len);
	}
	return base64_write(ctx->arena, b.data, b.len);
}

static enum err cursor_problem(struct ctx *ctx)
{
	return ctx_problem(ctx, ERR_INVALID, "after", "bad_cursor",
	                   "not a place in this list; start at its first page");
}

static bool number_read(const char *s, int64_t *ret)
{
	char *end;
	long long v = strtoll(s, &end, 10);
	*ret = v;
	return end != s && *end == '\0';
}

static bool key_read(struct arena *a, const char *s, size_t len, struct value *ret)
{
	const char *text = arena_strndup(a, s + 1, len - 1);
	int64_t v;
	if (*s == 'e' && len == 1)
		*ret = value_empty();
	else if (*s == 'i' && number_read(text, &v))
		*ret = value_int(v);
	else if (*s == 't' && len > 1)
		*ret = value_textn(text, len - 1);
	else
		return false;
	return true;
}

/* A key of the wrong kind would be a comparison the database refuses. */
static bool key_fits(const struct list_plan *p, size_t i, const struct value *v)
{
	enum field_kind kind = p->key_fields[i]->kind;
	bool number = kind == FIELD_NUMBER || kind == FIELD_MONEY || kind == FIELD_FLAG || kind == FIELD_DATETIME ||
	              kind == FIELD_LINK || kind == FIELD_CHOICE; /* choices: the option's rank */
	return v->kind == VALUE_EMPTY || v->kind == (number ? VALUE_INT : VALUE_TEXT);
}

enum err list_cursor_parse(struct ctx *ctx, const struct list_plan *p, const char *after, struct list_row *ret_row)
{
	enum { CURSOR_MAX = 4096, FIRST_KEY = 3 };
	size_t len = 0;
	const char *s = strlen(after) <= CURSOR_MAX ? base64_read(ctx->arena, after, &len) : NULL;
	if (s == NULL || strlen(s) != len)
		return cursor_problem(ctx);
	struct list_row row = {0};
	size_t part = 0;
	for (;; part++) {
		size_t n = strcspn(s, "\x1f");
		const char *text = arena_strndup(ctx->arena, s, n);
		int64_t v = 0;
		if (part >= FIRST_KEY + p->n_keys || (part == 0 && strcmp(text, p->spec) != 0) ||
		    ((part == 1 || part == 2) && !number_read(text, &v)) ||
		    (part >= FIRST_KEY && (n == 0 || !key_read(ctx->arena, s, n, &row.keys[part - FIRST_KEY]) ||
		                           !key_fits(p, part - FIRST_KEY, &row.keys[part - FIRST_KEY]))))
			return cursor_problem(ctx);
		if (part == 1)
			row.segment = (int)v;
		if (part == 2)
			row.id = v;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	if (part != FIRST_KEY + p->n_keys - 1 || row.segment < 0 || row.segment >= p->n_segments)
		return cursor_problem(ctx);
	*ret_row = row;
	return ERR_OK;
}

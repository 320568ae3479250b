/* Filters as trees: building, joining, taking apart. */
#include "model/filter_tree.h"

#include "base/limit.h"

static struct filter *node_new(struct arena *a, enum filter_op op)
{
	struct filter *f = ARENA_NEW(a, struct filter);

	f->op = op;
	f->depth = f->size = 1;
	return f;
}

struct filter *filter_leaf(struct filter_reader *rd, enum filter_op op, const struct filter_path *path)
{
	struct filter *f = node_new(rd->arena, op);

	if (path)
		f->path = *path;
	return f;
}

static struct filter *group_new(struct arena *a, enum filter_op op, struct filter **kids, size_t n)
{
	size_t total = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		total += kids[i]->op == op ? kids[i]->n : 1;
	struct filter *f = node_new(a, op);
	f->kids = ARENA_ARRAY(a, total, struct filter *);
	f->n = total;
	for (size_t i = 0; i < n; i++) {
		if (kids[i]->op != op) {
			f->kids[k++] = kids[i];
			continue;
		}
		memcpy(f->kids + k, kids[i]->kids, kids[i]->n * sizeof(kids[i]));
		k += kids[i]->n;
	}
	for (size_t i = 0; i < total; i++) {
		f->size += f->kids[i]->size;
		if (f->kids[i]->depth + 1 > f->depth)
			f->depth = f->kids[i]->depth + 1;
	}
	return f;
}

static enum err check_limits(struct filter_reader *rd, const struct filter *f, size_t at)
{
	if (f->depth > LIMIT_FILTER_DEPTH)
		return filter_fail(rd, at, "too_deep", "nested more than %d deep", LIMIT_FILTER_DEPTH);
	if (f->size > LIMIT_FILTER_NODES)
		return filter_fail(rd, at, "too_long", "more than %d conditions and groups", LIMIT_FILTER_NODES);
	return ERR_OK;
}

enum err filter_group(struct filter_reader *rd, enum filter_op op, struct filter **kids, size_t n, size_t at,
                      struct filter **ret_filter)
{
	struct filter *f = n == 1 ? kids[0] : group_new(rd->arena, op, kids, n);

	TRY(check_limits(rd, f, at));
	*ret_filter = f;
	return ERR_OK;
}

enum err filter_negate(struct filter_reader *rd, struct filter *x, size_t at, struct filter **ret_filter)
{
	struct filter *f = node_new(rd->arena, FILTER_NOT);

	f->kids = ARENA_ARRAY(rd->arena, 1, struct filter *);
	f->kids[0] = x;
	f->n = 1;
	f->size = x->size + 1;
	f->depth = x->depth + 1;
	TRY(check_limits(rd, f, at));
	*ret_filter = f;
	return ERR_OK;
}

enum err filter_set_sub(struct filter_reader *rd, struct filter *leaf, struct filter *sub, size_t at)
{
	if (sub == NULL)
		return ERR_OK;
	leaf->kids = ARENA_ARRAY(rd->arena, 1, struct filter *);
	leaf->kids[0] = sub;
	leaf->n = 1;
	leaf->size = sub->size + 1;
	leaf->depth = sub->depth + 1;
	return check_limits(rd, leaf, at);
}

bool filter_is_all(const struct filter *f)
{
	return f == NULL || f->op == FILTER_ALL;
}

struct filter *filter_and(struct arena *a, struct filter *x, struct filter *y)
{
	if (filter_is_all(x))
		return filter_is_all(y) ? node_new(a, FILTER_ALL) : y;
	if (filter_is_all(y))
		return x;
	return group_new(a, FILTER_AND, (struct filter *[]){x, y}, 2);
}

struct filter *filter_or(struct arena *a, struct filter *x, struct filter *y)
{
	if (filter_is_all(x) || filter_is_all(y))
		return node_new(a, FILTER_ALL);
	return group_new(a, FILTER_OR, (struct filter *[]){x, y}, 2);
}

/* ---- what it names --------------------------------------------------------------------------- */

/* Fields made by the reader itself (id, created_at, the columns of the work index) are nobody's to hide. */
static bool tell(const struct field *f, bool (*fn)(void *arg, const struct field *field), void *arg)
{
	return f == NULL || f->at < 0 || fn(arg, f);
}

static bool each_of_path(const struct filter_path *p, bool (*fn)(void *arg, const struct field *field), void *arg)
{
	for (size_t i = 0; i < p->n_links; i++)
		if (!tell(p->links[i], fn, arg))
			return false;
	return tell(p->field, fn, arg) && tell(p->list ? p->list->by : NULL, fn, arg);
}

bool filter_each_field(const struct filter *f, bool (*fn)(void *arg, const struct field *field), void *arg)
{
	if (f == NULL)
		return true;
	if (!each_of_path(&f->path, fn, arg))
		return false;
	for (size_t i = 0; i < f->n_values; i++)
		if (f->values[i].kind == FILTER_PATH && !each_of_path(&f->values[i].path, fn, arg))
			return false;
	for (size_t i = 0; i < f->n; i++)
		if (!filter_each_field(f->kids[i], fn, arg))
			return false;
	return true;
}

static bool is_beyond(const struct filter *f)
{
	bool list = f->op == FILTER_ANY || f->op == FILTER_NONE || f->op == FILTER_COUNT;
	bool beyond = f->path.n_links > 0 || (list && (f->path.field == NULL || f->path.field->kind != FIELD_TABLE));
	for (size_t i = 0; i < f->n_values; i++)
		beyond = beyond || (f->values[i].kind == FILTER_PATH && f->values[i].path.n_links > 0);
	return beyond;
}

static bool each_beyond(const struct filter *f, bool (*fn)(void *arg, const struct filter *condition), void *arg,
                        int computed)
{
	if (f == NULL)
		return true;
	if (is_beyond(f))
		return fn(arg, f);
	const struct field *field = f->path.field;
	if (field != NULL && field->kind == FIELD_COMPUTED && computed < FILTER_COMPUTED_DEPTH &&
	    !each_beyond(field->is, fn, arg, computed + 1))
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (!each_beyond(f->kids[i], fn, arg, computed))
			return false;
	return true;
}

bool filter_each_beyond(const struct filter *f, bool (*fn)(void *arg, const struct filter *condition), void *arg)
{
	return each_beyond(f, fn, arg, 0);
}

/* ---- taking apart ---------------------------------------------------------------------------- */

static size_t members(const struct filter *f, enum filter_op op, const struct filter **ret, size_t max)
{
	if (f == NULL || max == 0)
		return 0;
	if (f->op != op || f->n > max) {
		ret[0] = f;
		return 1;
	}
	for (size_t i = 0; i < f->n; i++)
		ret[i] = f->kids[i];
	return f->n;
}

size_t filter_disjuncts(const struct filter *f, const struct filter **ret, size_t max)
{
	return members(f, FILTER_OR, ret, max);
}

size_t filter_conjuncts(const struct filter *f, const struct filter **ret, size_t max)
{
	return members(f, FILTER_AND, ret, max);
}

bool filter_as_points(struct ctx *ctx, const struct filter *f, const struct field **ret_field,
                      struct value **ret_values, size_t *ret_n)
{
	bool paths;

	if (f == NULL || f->path.up != 0 || f->path.n_links != 0 || f->path.field == NULL)
		return false;
	const struct field *field = f->path.field;
	bool order = f->op == FILTER_LT || f->op == FILTER_LE || f->op == FILTER_GT || f->op == FILTER_GE;
	if (field->column == NULL ||
	    !(f->op == FILTER_EQ || f->op == FILTER_IN || (order && field->kind == FIELD_CHOICE)))
		return false;
	struct value *values;
	size_t n;
	if (filter_points(ctx, f, &values, &n, &paths) != ERR_OK || paths)
		return false;
	/* An empty flag is false too, so false is no single point. */
	for (size_t i = 0; field->kind == FIELD_FLAG && i < n; i++)
		if (values[i].i == 0)
			return false;
	*ret_field = field;
	*ret_values = values;
	*ret_n = n;
	return true;
}

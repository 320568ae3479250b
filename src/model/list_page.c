/* list_page.c: the ids of one page, in order. */
#include "model/list_plan.h"

#include <string.h>

#include "model/access.h"
#include "model/record_row.h"

/* The best rows found so far, in order, at most `max`. */
struct page {
	const struct list_plan *plan;
	struct list_row *rows;
	size_t n, max;
};

static bool page_full(const struct page *pg)
{
	return pg->n == pg->max;
}

/* Puts a row where it belongs; a row found by two arms is there once. */
static void page_add(struct page *pg, const struct list_row *row)
{
	size_t at = pg->n;
	if (page_full(pg) && list_row_compare(pg->plan, &pg->rows[at - 1], row) <= 0)
		return;
	while (at > 0) {
		int c = list_row_compare(pg->plan, &pg->rows[at - 1], row);
		if (c == 0)
			return;
		if (c < 0)
			break;
		at--;
	}
	if (at == pg->max)
		return;
	size_t moved = pg->n - at;
	if (page_full(pg))
		moved--;
	else
		pg->n++;
	memmove(&pg->rows[at + 1], &pg->rows[at], moved * sizeof(*row));
	pg->rows[at] = *row;
}

static bool by_option(const struct list_plan *p)
{
	return p->order == ORDER_KEY && p->key_fields[0]->kind == FIELD_CHOICE;
}

/* Is there a key to compare within this segment? */
static bool segment_keyed(const struct list_plan *p, int segment)
{
	return p->order == ORDER_KEY && !by_option(p) && segment == 0;
}

static void key_name(struct sql *q, const struct list_plan *p, size_t i)
{
	SQL(q, "r.");
	sql_name(q, p->key_columns[i]);
}

static void segment_condition(struct sql *q, const struct list_plan *p, int segment)
{
	if (p->order != ORDER_KEY)
		return;
	const struct field *f = p->key_fields[0];
	SQL(q, " and ");
	if (by_option(p) && segment < (int)f->n_options) {
		size_t rank = p->key_desc[0] ? f->n_options - 1 - (size_t)segment : (size_t)segment;
		key_name(q, p, 0);
		SQL(q, " = ");
		sql_value_text(q, f->options[rank].name);
	} else if (by_option(p)) {
		SQL(q, "(");
		key_name(q, p, 0);
		SQL(q, " is null");
		for (size_t i = 0; i < f->n_options; i++) {
			if (i == 0) {
				SQL(q, " or ");
				key_name(q, p, 0);
				SQL(q, " not in (");
			} else {
				SQL(q, ", ");
			}
			sql_value_text(q, f->options[i].name);
		}
		if (f->n_options > 0)
			SQL(q, ")");
		SQL(q, ")");
	} else {
		key_name(q, p, 0);
		if (segment == 0)
			SQL(q, " is not null");
		else
			SQL(q, " is null");
	}
}

/* Rows strictly after :after_…, or strictly before :bound_…; written so that an index range follows. */
static void range_condition(struct sql *q, const struct list_plan *p, bool keyed, bool after)
{
	bool id_less = p->id_desc == after;
	SQL(q, " and ");
	if (keyed) {
		bool key_less = p->key_desc[0] == after;
		key_name(q, p, 0);
		if (after && key_less)
			SQL(q, " <= :after_key and (");
		else if (after)
			SQL(q, " >= :after_key and (");
		else if (key_less)
			SQL(q, " <= :bound_key and (");
		else
			SQL(q, " >= :bound_key and (");
		key_name(q, p, 0);
		if (after && key_less)
			SQL(q, " < :after_key or ");
		else if (after)
			SQL(q, " > :after_key or ");
		else if (key_less)
			SQL(q, " < :bound_key or ");
		else
			SQL(q, " > :bound_key or ");
	}
	if (after && id_less)
		SQL(q, "r.id < :after_id");
	else if (after)
		SQL(q, "r.id > :after_id");
	else if (id_less)
		SQL(q, "r.id < :bound_id");
	else
		SQL(q, "r.id > :bound_id");
	if (keyed)
		SQL(q, ")");
}

static void order_by(struct sql *q, const struct list_plan *p, bool keyed)
{
	SQL(q, " order by ");
	if (keyed) {
		key_name(q, p, 0);
		if (p->key_desc[0])
			SQL(q, " desc, ");
		else
			SQL(q, ", ");
	}
	if (p->id_desc)
		SQL(q, "r.id desc");
	else
		SQL(q, "r.id");
	SQL(q, " limit :n");
}

/* What one statement asks: an index range, an arm or several of one column or none, and which ends it has. */
struct ask_rows {
	int segment;
	const struct list_arm *arms;
	size_t n_arms;
	bool together; /* all of them and all stages at once, in no order */
	bool after, bound;
};

/* The user's filter sees of other types what he may read of them; what a pack says of access holds as
 * it is said, for lists as for single records. */
static enum err conditions(struct ctx *ctx, struct sql *q, const struct list_plan *p, struct filter *fenced)
{
	if (p->where != NULL) {
		SQL(q, " and (");
		TRY(filter_sql(ctx, q, p->where, "r", access_inside));
		SQL(q, ")");
	}
	if (fenced != NULL) {
		SQL(q, " and case when ");
		TRY(filter_sql(ctx, q, fenced, "r", access_inside));
		SQL(q, " then 1 else 0 end = 1");
	}
	if (p->access == NULL)
		return ERR_OK;
	if (p->access_fenced)
		SQL(q, " and case when ");
	else
		SQL(q, " and (");
	TRY(filter_sql(ctx, q, p->access, "r", NULL));
	if (p->access_fenced)
		SQL(q, " then 1 else 0 end = 1");
	else
		SQL(q, ")");
	return ERR_OK;
}

/* Values written out, the last repeated up to a round number, so that few statement texts serve every count and few
 * values are looked up twice. */
static void in_values(struct sql *q, const struct list_arm *arms, size_t n)
{
	size_t step = 1;
	while (step * 8 < n)
		step *= 2;
	size_t padded = (n + step - 1) / step * step;
	SQL(q, " in (");
	for (size_t i = 0; i < padded; i++) {
		if (i > 0)
			SQL(q, ", ");
		sql_value(q, &arms[i < n ? i : n - 1].value);
	}
	SQL(q, ")");
}

static void arm_condition(struct sql *q, const struct list_plan *p, const struct ask_rows *ask)
{
	SQL(q, "r.");
	sql_name(q, ask->arms->column);
	if (ask->together)
		in_values(q, ask->arms, ask->n_arms);
	else
		SQL(q, " = :arm");
	if (!ask->arms->staged)
		return;
	if (!ask->together) {
		SQL(q, " and r.stage = :stage");
		return;
	}
	SQL(q, " and r.stage in (");
	for (size_t i = 0; i < p->n_stages; i++) {
		if (i > 0)
			SQL(q, ", ");
		sql_value(q, &p->stages[i]);
	}
	SQL(q, ")");
}

static enum err statement(struct ctx *ctx, const struct list_plan *p, const struct ask_rows *ask, struct sql *q)
{
	bool keyed = segment_keyed(p, ask->segment), staged = ask->arms != NULL && ask->arms->staged;
	sql_init(q, ctx->arena);
	SQL(q, "select r.id");
	if (keyed) {
		SQL(q, ", ");
		key_name(q, p, 0);
	}
	SQL(q, " from ");
	sql_name(q, p->type->table);
	SQL(q, " r where ");
	if (ask->arms != NULL)
		arm_condition(q, p, ask);
	else
		SQL(q, "1 = 1");
	segment_condition(q, p, ask->segment);
	if (ask->after)
		range_condition(q, p, keyed, true);
	if (ask->bound)
		range_condition(q, p, keyed, false);
	TRY(conditions(ctx, q, p, staged ? p->fenced_staged : p->fenced));
	if (ask->together)
		SQL(q, " limit :n");
	else
		order_by(q, p, keyed);
	return ERR_OK;
}

static struct value key_value(struct ctx *ctx, const struct field *f, struct rows *rows, int col)
{
	if (rows_null(rows, col))
		return value_empty();
	if (f->kind == FIELD_CHOICE) {
		int rank = (int)f->n_options;
		field_option(f, rows_text(rows, col, NULL), &rank);
		return value_int(rank);
	}
	return row_value(ctx, f, rows, col);
}

static enum err run(struct ctx *ctx, struct page *pg, struct sql *q, int segment, size_t *ret_n)
{
	size_t n = 0;
	bool keyed = segment_keyed(pg->plan, segment);
	struct rows *rows;
	TRY(sql_rows(ctx, q, &rows));
	while (rows_next(rows)) {
		struct list_row row = {.id = rows_int(rows, 0), .segment = segment};
		if (keyed)
			row.keys[0] = key_value(ctx, pg->plan->key_fields[0], rows, 1);
		page_add(pg, &row);
		n++;
	}
	*ret_n = n;
	return rows_done(rows);
}

static void bind_end(struct sql *q, const struct list_row *row, bool keyed, bool after)
{
	if (after) {
		sql_int(q, "after_id", row->id);
		if (keyed)
			sql_named(q, "after_key", &row->keys[0]);
	} else {
		sql_int(q, "bound_id", row->id);
		if (keyed)
			sql_named(q, "bound_key", &row->keys[0]);
	}
}

/* One arm walk: the statement made last serves arms of the same form. */
struct arm_walk {
	struct page *page;
	int segment;
	const struct list_row *after;
	struct ask_rows made;
	struct sql q;
};

static const struct list_row *page_last(const struct page *pg)
{
	return page_full(pg) ? &pg->rows[pg->n - 1] : NULL;
}

static void arms_bind(struct arm_walk *w, const struct list_arm *arm, const struct list_row *last, size_t limit)
{
	bool keyed = segment_keyed(w->page->plan, w->segment);
	if (!w->made.together)
		sql_named(&w->q, "arm", &arm->value);
	if (w->after != NULL)
		bind_end(&w->q, w->after, keyed, true);
	if (last != NULL)
		bind_end(&w->q, last, keyed, false);
	sql_int(&w->q, "n", (int64_t)limit);
}

static enum err arm_ask(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arm)
{
	const struct list_plan *p = w->page->plan;
	for (size_t i = 0; i < (arm->staged ? p->n_stages : 1); i++) {
		const struct list_row *last = page_last(w->page);
		struct ask_rows ask = {w->segment, arm, 1, false, w->after != NULL, last != NULL};
		size_t got;
		if (w->made.arms == NULL || w->made.together || w->made.bound != ask.bound ||
		    strcmp(w->made.arms->column, arm->column) != 0)
			TRY(statement(ctx, p, &ask, &w->q));
		w->made = ask;
		arms_bind(w, arm, last, w->page->max);
		if (arm->staged)
			sql_named(&w->q, "stage", &p->stages[i]);
		TRY(run(ctx, w->page, &w->q, w->segment, &got));
	}
	return ERR_OK;
}

/* At once, but for so many rows only: false if there may be more. */
static enum err arms_ask(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arms, size_t n, bool *ret_all)
{
	enum { TOGETHER_ROWS = 256 };
	const struct list_row *last = page_last(w->page);
	size_t got;
	w->made = (struct ask_rows){w->segment, arms, n, true, w->after != NULL, last != NULL};
	TRY(statement(ctx, w->page->plan, &w->made, &w->q));
	arms_bind(w, arms, last, TOGETHER_ROWS);
	TRY(run(ctx, w->page, &w->q, w->segment, &got));
	*ret_all = got < TOGETHER_ROWS;
	return ERR_OK;
}

/*
 * Arms of one column. The first few are asked one by one: they draw the bound near. The rest is asked at
 * once; if that is too much, the bound is still far, and each is asked alone.
 */
static enum err run_column(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arms, size_t n)
{
	enum { ALONE_FIRST = 5 };
	size_t alone = page_full(w->page) ? 0 : ALONE_FIRST;
	bool stages = arms->staged && w->page->plan->n_stages > 1;
	for (size_t i = 0; i < n; i++) {
		bool all = false;
		if (i == alone && (n - i > 1 || stages))
			TRY(arms_ask(ctx, w, arms + i, n - i, &all));
		if (all)
			return ERR_OK;
		TRY(arm_ask(ctx, w, arms + i));
	}
	return ERR_OK;
}

/* Every arm gives its best rows; once the page is full, only rows before its last one. */
static enum err run_arms(struct ctx *ctx, struct page *pg, int segment, const struct list_row *after)
{
	const struct list_plan *p = pg->plan;
	struct arm_walk w = {.page = pg, .segment = segment, .after = after};
	for (size_t i = 0, n; i < p->n_arms; i += n) {
		const struct list_row *last = page_last(pg);
		/* A last row of an earlier range: nothing of this one is on the page. */
		if (last != NULL && last->segment < segment)
			return ERR_OK;
		for (n = 1; i + n < p->n_arms && strcmp(p->arms[i + n].column, p->arms[i].column) == 0;)
			n++;
		TRY(run_column(ctx, &w, p->arms + i, n));
	}
	return ERR_OK;
}

static enum err run_plain(struct ctx *ctx, struct page *pg, int segment, const struct list_row *after)
{
	struct ask_rows ask = {.segment = segment, .after = after != NULL};
	struct sql q;
	TRY(statement(ctx, pg->plan, &ask, &q));
	if (after != NULL)
		bind_end(&q, after, segment_keyed(pg->plan, segment), true);
	size_t n;
	sql_int(&q, "n", (int64_t)(pg->max - pg->n));
	return run(ctx, pg, &q, segment, &n);
}

/* ---- without an index: all matches, sorted here ------------------------------------------------ */

static int compare_rows(const void *x, const void *y, void *plan)
{
	return list_row_compare(plan, x, y);
}

static enum err all_rows(struct ctx *ctx, const struct list_plan *p, struct list_row *all, size_t *ret_n)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id");
	for (size_t i = 0; i < p->n_keys; i++) {
		SQL(&q, ", ");
		key_name(&q, p, i);
	}
	SQL(&q, " from ");
	sql_name(&q, p->type->table);
	SQL(&q, " r where 1 = 1");
	TRY(conditions(ctx, &q, p, p->fenced));
	SQL(&q, " limit :n");
	sql_int(&q, "n", LIMIT_SORT_ROWS + 1);
	struct rows *rows;
	TRY(sql_rows(ctx, &q, &rows));
	size_t n = 0;
	while (rows_next(rows) && n <= LIMIT_SORT_ROWS) {
		struct list_row *row = &all[n++];
		*row = (struct list_row){.id = rows_int(rows, 0)};
		for (size_t i = 0; i < p->n_keys; i++)
			row->keys[i] = key_value(ctx, p->key_fields[i], rows, (int)i + 1);
	}
	*ret_n = n;
	return rows_done(rows);
}

static enum err sorted_rows(struct ctx *ctx, struct page *pg, const struct list_row *after)
{
	const struct list_plan *p = pg->plan;
	struct list_row *all = ARENA_ARRAY(ctx->arena, LIMIT_SORT_ROWS + 1, struct list_row);
	size_t n = 0;
	TRY(all_rows(ctx, p, all, &n));
	if (n > LIMIT_SORT_ROWS)
		return ctx_problem(ctx, ERR_INVALID, "sort", "too_broad",
		                   "more than %d records match; filter further, or sort by an indexed field",
		                   LIMIT_SORT_ROWS);
	qsort_r(all, n, sizeof(all[0]), compare_rows, (void *)(uintptr_t)p);
	for (size_t i = 0; i < n && !page_full(pg); i++)
		if (after == NULL || list_row_compare(p, &all[i], after) > 0)
			pg->rows[pg->n++] = all[i];
	return ERR_OK;
}

enum err list_plan_rows(struct ctx *ctx, const struct list_plan *p, const char *after, size_t limit,
                        struct list_row *rows, size_t *ret_n, bool *ret_more)
{
	struct list_row from;
	bool resumed = after != NULL && *after != '\0';
	if (resumed)
		TRY(list_cursor_parse(ctx, p, after, &from));
	struct page pg = {.plan = p, .rows = rows, .max = limit + 1};
	if (p->order == ORDER_SORTED && !p->none)
		TRY(sorted_rows(ctx, &pg, resumed ? &from : NULL));
	else
		for (int s = resumed ? from.segment : 0; s < p->n_segments && !page_full(&pg) && !p->none; s++) {
			const struct list_row *start = resumed && s == from.segment ? &from : NULL;
			if (p->n_arms > 0)
				TRY(run_arms(ctx, &pg, s, start));
			else
				TRY(run_plain(ctx, &pg, s, start));
		}
	*ret_more = pg.n > limit;
	*ret_n = pg.n > limit ? limit : pg.n;
	return ERR_OK;
}

/* list_page.c: the ids of one page, in order. */
#include "model/list_ask.h"

#include <stdlib.h>
#include <string.h>

#include "model/access.h"
#include "model/record_row.h"

enum { TOGETHER_ROWS = 256 }; /* of a statement in no order */

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

/* As list_row_compare, sooner where ids alone tell. */
static int row_compare(const struct list_plan *p, const struct list_row *x, const struct list_row *y)
{
	if (p->n_keys > 0 || x->segment != y->segment)
		return list_row_compare(p, x, y);
	int c = (x->id > y->id) - (x->id < y->id);
	return p->id_desc ? -c : c;
}

/* Puts a row where it belongs; a row found by two arms is there once. */
static void page_add(struct page *pg, const struct list_row *row)
{
	size_t at = 0, end = pg->n;
	if (page_full(pg) && row_compare(pg->plan, &pg->rows[pg->n - 1], row) <= 0)
		return;
	while (at < end) {
		size_t middle = (at + end) / 2;
		int c = row_compare(pg->plan, &pg->rows[middle], row);
		if (c == 0)
			return;
		if (c < 0)
			at = middle + 1;
		else
			end = middle;
	}
	size_t moved = pg->n - at;
	if (page_full(pg))
		moved--;
	else
		pg->n++;
	memmove(&pg->rows[at + 1], &pg->rows[at], moved * sizeof(*row));
	pg->rows[at] = *row;
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
	bool keyed = list_keyed(pg->plan, segment);
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
	const struct value *stages; /* of the plan's, those asked for now */
	size_t n_stages;
	struct ask_rows made;
	struct sql q;
};

static const struct list_row *page_last(const struct page *pg)
{
	return page_full(pg) ? &pg->rows[pg->n - 1] : NULL;
}

static void arms_bind(struct ctx *ctx, struct arm_walk *w, const struct list_row *last, size_t limit)
{
	bool keyed = list_keyed(w->page->plan, w->segment);
	const struct ask_rows *ask = &w->made;
	if (!ask->together)
		sql_named(&w->q, "arm", &ask->arms->value);
	for (size_t i = 0; ask->together && !sql_is_postgres(ctx) && i < ask->n_arms; i++)
		sql_each_value(&w->q, i, &ask->arms[i].value);
	if (ask->together && !sql_is_postgres(ctx))
		sql_each_rest(&w->q, ask->n_arms, list_arms_room(ask->n_arms));
	if (w->after != NULL)
		bind_end(&w->q, w->after, keyed, true);
	if (last != NULL)
		bind_end(&w->q, last, keyed, false);
	sql_int(&w->q, "n", (int64_t)limit);
}

/* Its best `limit` rows of each stage. */
static enum err arm_ask(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arm, size_t limit)
{
	const struct list_plan *p = w->page->plan;
	for (size_t i = 0; i < (arm->staged ? w->n_stages : 1); i++) {
		const struct list_row *last = page_last(w->page);
		struct ask_rows ask = {.segment = w->segment,
		                       .arms = arm,
		                       .n_arms = 1,
		                       .after = w->after != NULL,
		                       .bound = last != NULL};
		size_t got;
		if (w->made.arms == NULL || w->made.together || w->made.bound != ask.bound ||
		    strcmp(w->made.arms->column, arm->column) != 0)
			TRY(list_statement(ctx, p, &ask, &w->q));
		w->made = ask;
		arms_bind(ctx, w, last, limit);
		if (arm->staged)
			sql_named(&w->q, "stage", &w->stages[i]);
		TRY(run(ctx, w->page, &w->q, w->segment, &got));
	}
	return ERR_OK;
}

/* At once, before `bound` (NULL: all), but for so many rows only: false if there may be more. */
static enum err arms_ask(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arms, size_t n,
                         const struct list_row *bound, bool *ret_all)
{
	const struct list_plan *p = w->page->plan;
	struct list_row end = bound ? *bound : (struct list_row){0}; /* the page moves its rows */
	w->made = (struct ask_rows){.segment = w->segment,
	                            .arms = arms,
	                            .n_arms = n,
	                            .together = true,
	                            .after = w->after != NULL,
	                            .bound = bound != NULL};
	TRY(list_statement(ctx, p, &w->made, &w->q));
	*ret_all = true;
	for (size_t i = 0; i < (arms->staged ? w->n_stages : 1) && *ret_all; i++) {
		size_t got;
		arms_bind(ctx, w, bound ? &end : NULL, TOGETHER_ROWS);
		if (arms->staged)
			sql_named(&w->q, "stage", &w->stages[i]);
		TRY(run(ctx, w->page, &w->q, w->segment, &got));
		*ret_all = got < TOGETHER_ROWS;
	}
	return ERR_OK;
}

/*
 * Where the page ends can't be known before its rows are. One arm's first rows let it be guessed, as if the others had
 * as many, and only that much of all is read. False: there is no telling so, or it was too little.
 */
static enum err arms_guess(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arms, size_t n, bool *ret_all)
{
	struct page *pg = w->page;
	size_t at = 2 * pg->max / n;
	*ret_all = false;
	TRY(arm_ask(ctx, w, arms, at + 1));
	if (pg->n <= at || pg->rows[at].segment != w->segment)
		return ERR_OK;
	struct list_row guess = pg->rows[at];
	TRY(arms_ask(ctx, w, arms, n, &guess, ret_all));
	*ret_all = *ret_all && page_full(pg) && list_row_compare(pg->plan, &pg->rows[pg->n - 1], &guess) <= 0;
	return ERR_OK;
}

static int compare_ids(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

/* The teams' ids in order; false: not all are ids. */
static bool team_ids(struct ctx *ctx, const struct list_arm *arms, size_t n, int64_t **ret_ids)
{
	*ret_ids = ARENA_ARRAY(ctx->arena, n, int64_t);
	for (size_t i = 0; i < n; i++) {
		if (arms[i].value.kind != VALUE_INT)
			return false;
		(*ret_ids)[i] = arms[i].value.i;
	}
	qsort(*ret_ids, n, sizeof(**ret_ids), compare_ids);
	return true;
}

/* Has it an index of a stage's rows with the team of each, and are these teams? */
static bool walks_stages(struct ctx *ctx, const struct list_plan *p, const struct list_arm *arms)
{
	return arms->staged && p->order == ORDER_ID && p->fenced_staged == NULL && !sql_is_postgres(ctx) &&
	       strcmp(arms->column, "team") == 0;
}

/*
 * Who is in many teams finds his among the newest of a stage sooner than by a look at each team, which lie far from one
 * another: the index that is walked says whose each is. False: there are too few of his among them. What was found is
 * on the page all the same.
 */
static enum err stage_walk(struct ctx *ctx, struct arm_walk *w, const int64_t *teams, size_t n, bool *ret_all)
{
	struct page *pg = w->page;
	bool bound = page_full(pg);
	struct rows *rows;
	w->made = (struct ask_rows){.segment = w->segment,
	                            .stage = w->stages,
	                            .teams = teams,
	                            .n_teams = n,
	                            .wanted = pg->max,
	                            .after = w->after != NULL,
	                            .bound = bound};
	TRY(list_statement(ctx, pg->plan, &w->made, &w->q));
	if (w->after != NULL)
		bind_end(&w->q, w->after, false, true);
	if (bound)
		bind_end(&w->q, page_last(pg), false, false);
	sql_named(&w->q, "stage", w->stages);
	sql_int(&w->q, "n", (int64_t)pg->max);
	TRY(sql_rows(ctx, &w->q, &rows));
	for (*ret_all = true; *ret_all && rows_next(rows);) {
		struct list_row row = {.id = rows_int(rows, 0), .segment = w->segment};
		int64_t team = rows_int(rows, 1);
		*ret_all = bsearch(&team, teams, n, sizeof(team), compare_ids) != NULL;
		if (*ret_all)
			page_add(pg, &row);
	}
	return rows_done(rows);
}

/* Of a column that is mostly empty, as of who is asked to take over, it is told from the few rows that have a value
 * whether any is of these arms. */
static enum err column_bare(struct ctx *ctx, const struct list_plan *p, const struct list_arm *arms, size_t n,
                            bool *ret_bare)
{
	enum { FEW_ROWS = 16 };
	struct sql q;
	struct rows *rows;
	size_t looked = 0;
	bool found = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select r.");
	sql_name(&q, arms->column);
	SQL(&q, " from ");
	sql_name(&q, p->type->table);
	SQL(&q, " r where r.");
	sql_name(&q, arms->column);
	SQL(&q, " is not null limit :n");
	sql_int(&q, "n", FEW_ROWS);
	TRY(sql_rows(ctx, &q, &rows));
	for (; rows_next(rows); looked++)
		for (size_t i = 0; i < n && !found; i++)
			found = arms[i].value.kind != VALUE_INT || arms[i].value.i == rows_int(rows, 0);
	*ret_bare = !found && looked < FEW_ROWS;
	return rows_done(rows);
}

enum { ALONE_FIRST = 5 };

/* Arms of one column: the first few one by one, until the page is full and its last row near. The rest is asked at
 * once; if that is too much, the bound is still far, and each is asked alone. */
static enum err run_column(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arms, size_t n)
{
	bool all = false;
	size_t i = 0;
	if (n > ALONE_FIRST && !arms->staged)
		TRY(column_bare(ctx, w->page->plan, arms, n, &all));
	if (n > ALONE_FIRST && !all && !page_full(w->page))
		TRY(arms_guess(ctx, w, arms, n, &all));
	for (; i < n && i < ALONE_FIRST && !all && !page_full(w->page); i++)
		TRY(arm_ask(ctx, w, arms + i, w->page->max));
	if (n - i > 1 && !all)
		TRY(arms_ask(ctx, w, arms + i, n - i, page_last(w->page), &all));
	for (; i < n && !all; i++)
		TRY(arm_ask(ctx, w, arms + i, w->page->max));
	return ERR_OK;
}

/* The same, one stage after the other; only what is before the last row of those before. */
static enum err run_stages(struct ctx *ctx, struct arm_walk *w, const struct list_arm *arms, size_t n)
{
	const struct list_plan *p = w->page->plan;
	int64_t *teams = NULL;
	bool walks = n > ALONE_FIRST && walks_stages(ctx, p, arms) && team_ids(ctx, arms, n, &teams);
	w->n_stages = 1;
	for (size_t i = 0; i < p->n_stages; i++) {
		bool all = false;
		w->stages = &p->stages[i];
		if (walks)
			TRY(stage_walk(ctx, w, teams, n, &all));
		if (!all)
			TRY(run_column(ctx, w, arms, n));
	}
	w->stages = p->stages;
	w->n_stages = p->n_stages;
	return ERR_OK;
}

/* Arms of several columns before the page's last row, in one statement: false if there may be more. */
static enum err columns_ask(struct ctx *ctx, struct arm_walk *w, const struct list_arm *const *arms, size_t n,
                            bool *ret_all)
{
	const struct list_plan *p = w->page->plan;
	const struct list_row last = *page_last(w->page);
	bool keyed = list_keyed(p, w->segment);
	struct sql q;
	size_t got;
	sql_init(&q, ctx->arena);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < (arms[i]->staged ? p->n_stages : 1); k++) {
			if (q.text.len > 0)
				SQL(&q, " union all ");
			struct ask_rows ask = {.segment = w->segment,
			                       .arms = arms[i],
			                       .n_arms = 1,
			                       .after = w->after != NULL,
			                       .bound = true,
			                       .written = true,
			                       .stage = arms[i]->staged ? &p->stages[k] : NULL};
			TRY(list_select(ctx, p, &ask, &q));
		}
	}
	SQL(&q, " limit :n");
	sql_int(&q, "n", TOGETHER_ROWS);
	if (w->after != NULL)
		bind_end(&q, w->after, keyed, true);
	bind_end(&q, &last, keyed, false);
	TRY(run(ctx, w->page, &q, w->segment, &got));
	*ret_all = got < TOGETHER_ROWS;
	return ERR_OK;
}

/* Every arm gives its best rows; once the page is full, only rows before its last one. Columns of one arm come last:
 * few rows are theirs alone. */
static enum err run_arms(struct ctx *ctx, struct page *pg, int segment, const struct list_row *after)
{
	const struct list_plan *p = pg->plan;
	struct arm_walk w = {
	        .page = pg, .segment = segment, .after = after, .stages = p->stages, .n_stages = p->n_stages};
	const struct list_arm **single = ARENA_ARRAY(ctx->arena, p->n_arms, const struct list_arm *);
	size_t n_single = 0, at = 0;
	bool all = false;
	/* A last row of an earlier range: nothing of this one is on the page. */
	if (page_full(pg) && page_last(pg)->segment < segment)
		return ERR_OK;
	for (size_t i = 0, n; i < p->n_arms; i += n) {
		for (n = 1; i + n < p->n_arms && strcmp(p->arms[i + n].column, p->arms[i].column) == 0;)
			n++;
		if (n == 1)
			single[n_single++] = &p->arms[i];
		else if (p->arms[i].staged)
			TRY(run_stages(ctx, &w, p->arms + i, n));
		else
			TRY(run_column(ctx, &w, p->arms + i, n));
	}
	for (; at < n_single && !page_full(pg); at++)
		TRY(arm_ask(ctx, &w, single[at], pg->max));
	if (n_single - at > 1)
		TRY(columns_ask(ctx, &w, single + at, n_single - at, &all));
	for (; at < n_single && !all; at++)
		TRY(arm_ask(ctx, &w, single[at], pg->max));
	return ERR_OK;
}

static enum err run_plain(struct ctx *ctx, struct page *pg, int segment, const struct list_row *after)
{
	struct ask_rows ask = {.segment = segment, .after = after != NULL};
	struct sql q;
	TRY(list_statement(ctx, pg->plan, &ask, &q));
	if (after != NULL)
		bind_end(&q, after, list_keyed(pg->plan, segment), true);
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
		list_key_name(&q, p, i);
	}
	SQL(&q, " from ");
	sql_name(&q, p->type->table);
	SQL(&q, " r where 1 = 1");
	TRY(list_conditions(ctx, &q, p, p->fenced));
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

/* A world's tables: made, filled and asked. */
#include "world.h"

struct job {
	struct world *w;
	const struct type *t;
	const struct filter *f;
	filter_inside *inside;
	json_t *ids;
};

static bool stored(const struct field *f)
{
	return f->column != NULL && !(f->flags & FIELD_BASE);
}

static enum column_kind column_kind(const struct field *f)
{
	switch (f->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_FLAG:
	case FIELD_DATETIME:
	case FIELD_LINK: return COLUMN_INT;
	default: return COLUMN_TEXT;
	}
}

static enum err make_table(struct ctx *ctx, const char *table, const struct column *columns, size_t n)
{
	struct column *there;
	size_t n_there;

	if (ddl_columns(ctx, table, &there, &n_there) == ERR_OK)
		TRY(ddl_drop_table(ctx, table));
	return ddl_create_table(ctx, table, columns, n);
}

static enum err make_tables(struct ctx *ctx, const struct type *t)
{
	static const char *const base[] = {"version", "created_at", "created_by", "updated_at"};
	struct column *columns = ARENA_ARRAY(ctx->arena, t->n_fields + 4, struct column);
	size_t n = 0;

	for (; n < 4; n++)
		columns[n] = (struct column){base[n], COLUMN_INT};
	for (size_t i = 0; i < t->n_fields; i++)
		if (stored(&t->fields[i]))
			columns[n++] = (struct column){t->fields[i].column, column_kind(&t->fields[i])};
	TRY(make_table(ctx, t->table, columns, n));
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (f->side_table == NULL)
			continue;
		struct column *side = ARENA_ARRAY(ctx->arena, f->n_columns + 3, struct column);
		side[0] = (struct column){"parent", COLUMN_INT};
		side[1] = (struct column){"pos", COLUMN_INT};
		side[2] = (struct column){"target", COLUMN_INT};
		n = f->kind == FIELD_LINKS ? 3 : 2;
		for (size_t k = 0; k < f->n_columns; k++)
			side[n++] = (struct column){f->columns[k].column, column_kind(&f->columns[k])};
		TRY(make_table(ctx, f->side_table, side, n));
	}
	return ERR_OK;
}

/* Several values as their column keeps them: " a b ". */
static struct value column_value(struct arena *a, const struct value *v)
{
	struct buf b;

	if (v->kind != VALUE_LIST)
		return *v;
	buf_init(&b, a, 1 << 16);
	buf_char(&b, ' ');
	for (size_t i = 0; i < v->n; i++) {
		if (v->list[i].kind == VALUE_INT)
			buf_int(&b, v->list[i].i);
		else
			buf_str(&b, v->list[i].s);
		buf_char(&b, ' ');
	}
	return value_text(b.data);
}

struct cell {
	const char *column;
	struct value v;
};

static enum err insert(struct ctx *ctx, const char *table, const struct cell *cells, size_t n)
{
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "insert into ");
	sql_name(&q, table);
	SQL(&q, " (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			SQL(&q, ", ");
		sql_name(&q, cells[i].column);
	}
	SQL(&q, ") values (");
	for (size_t i = 0; i < n; i++) {
		struct value v = column_value(ctx->arena, &cells[i].v);
		if (i)
			SQL(&q, ", ");
		sql_value(&q, &v);
	}
	SQL(&q, ")");
	return sql_run(ctx, &q, NULL);
}

static struct value id_or_null(int64_t id)
{
	return id ? value_int(id) : value_empty();
}

static enum err insert_side(struct ctx *ctx, const struct record *r, const struct field *f, int64_t *next_id)
{
	const struct value *links = &r->values[f->at];

	for (size_t i = 0; f->kind == FIELD_LINKS && links->kind == VALUE_LIST && i < links->n; i++) {
		const struct cell cells[] = {{"id", value_int(++*next_id)},
		                             {"parent", value_int(r->id)},
		                             {"pos", value_int((int64_t)i)},
		                             {"target", links->list[i]}};
		TRY(insert(ctx, f->side_table, cells, 4));
	}
	for (size_t i = 0; f->kind == FIELD_TABLE && i < r->lines[f->at].n; i++) {
		const struct record_line *line = &r->lines[f->at].list[i];
		struct cell *cells = ARENA_ARRAY(ctx->arena, f->n_columns + 3, struct cell);
		cells[0] = (struct cell){"id", value_int(line->id)};
		cells[1] = (struct cell){"parent", value_int(r->id)};
		cells[2] = (struct cell){"pos", value_int((int64_t)i)};
		for (size_t k = 0; k < f->n_columns; k++)
			cells[3 + k] = (struct cell){f->columns[k].column, line->values[k]};
		TRY(insert(ctx, f->side_table, cells, f->n_columns + 3));
	}
	return ERR_OK;
}

static enum err insert_work(struct ctx *ctx, const struct record *r)
{
	static const char *const names[] = {"number",        "customer",     "first_owner", "owner",     "team",
	                                    "pending_owner", "pending_team", "due",         "closed_at", "parent",
	                                    "stage",         "state",        "opened_at",   "chased"};
	enum { N = sizeof(names) / sizeof(names[0]) };
	struct cell cells[N + 4];

	for (size_t i = 0; i < N; i++) {
		const struct field *f = type_field(r->type, names[i]);
		if (f == NULL)
			world_die("%s uses work and lacks %s", r->type->name, names[i]);
		cells[i] = (struct cell){names[i], r->values[f->at]};
	}
	cells[N] = (struct cell){"id", value_int(r->id)};
	cells[N + 1] = (struct cell){"type", value_text(r->type->name)};
	cells[N + 2] = (struct cell){"updated_at", value_int(r->updated_at)};
	cells[N + 3] = (struct cell){"version", value_int(r->version)};
	return insert(ctx, "work", cells, N + 4);
}

static enum err insert_record(struct ctx *ctx, const struct record *r, int64_t *next_id)
{
	const struct type *t = r->type;
	struct cell *cells = ARENA_ARRAY(ctx->arena, t->n_fields + 5, struct cell);
	size_t n = 5;

	cells[0] = (struct cell){"id", value_int(r->id)};
	cells[1] = (struct cell){"version", value_int(r->version)};
	cells[2] = (struct cell){"created_at", id_or_null(r->created_at)};
	cells[3] = (struct cell){"created_by", id_or_null(r->created_by)};
	cells[4] = (struct cell){"updated_at", id_or_null(r->updated_at)};
	for (size_t i = 0; i < t->n_fields; i++)
		if (stored(&t->fields[i]))
			cells[n++] = (struct cell){t->fields[i].column, r->values[i]};
	TRY(insert(ctx, t->table, cells, n));
	for (size_t i = 0; i < t->n_fields; i++)
		TRY(insert_side(ctx, r, &t->fields[i], next_id));
	return t->uses_work ? insert_work(ctx, r) : ERR_OK;
}

static enum err store_job(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct world *w = job->w;
	int64_t next_id = 1000000;
	struct sql q;

	sql_init(&q, ctx->arena);
	SQL(&q, "delete from work");
	TRY(sql_run(ctx, &q, NULL));
	for (size_t i = 0; i < w->model.n_types; i++)
		TRY(make_tables(ctx, &w->model.types[i]));
	for (size_t i = 0; i < w->n_records; i++)
		TRY(insert_record(ctx, w->records[i], &next_id));
	return ERR_OK;
}

static enum err with_arena(struct world *w, struct org *org, bool write, store_fn *fn, struct job *job)
{
	struct arena *a = arena_new(64 << 20);

	w->ctx.org = org;
	w->ctx.arena = a;
	ctx_forget(&w->ctx);
	enum err e = write ? store_write(&w->ctx, fn, job) : store_read_slow(&w->ctx, fn, job);
	if (e != ERR_OK)
		fprintf(stderr, "%s: %s\n", err_code(e),
		        w->ctx.problems.n && w->ctx.problems.list[0].detail ? w->ctx.problems.list[0].detail : "");
	w->ctx.arena = w->arena;
	arena_free(a);
	return e;
}

enum err world_store(struct world *w, struct org *org)
{
	struct job job = {.w = w};

	return with_arena(w, org, true, store_job, &job);
}

static json_t *id_json(int64_t id)
{
	char s[24];

	snprintf(s, sizeof(s), "%lld", (long long)id);
	return json_string(s);
}

static enum err sql_job(struct ctx *ctx, void *arg)
{
	struct job *job = arg;
	struct sql q;
	struct rows *rows;

	sql_init(&q, ctx->arena);
	SQL(&q, "select r.id from ");
	sql_name(&q, job->t->table);
	SQL(&q, " r where ");
	TRY(filter_sql(ctx, &q, job->f, "r", job->inside));
	SQL(&q, " order by r.id");
	TRY(sql_rows(ctx, &q, &rows));
	json_array_clear(job->ids);
	while (rows_next(rows))
		json_array_append_new(job->ids, id_json(rows_int(rows, 0)));
	return rows_done(rows);
}

static enum err memory_job(struct ctx *ctx, void *arg)
{
	struct job *job = arg;

	json_array_clear(job->ids);
	for (size_t i = 0; i < job->w->n_records; i++) {
		bool holds;
		if (job->w->records[i]->type != job->t)
			continue;
		TRY(filter_holds(ctx, job->f, job->w->records[i], &holds));
		if (holds)
			json_array_append_new(job->ids, id_json(job->w->records[i]->id));
	}
	return ERR_OK;
}

enum err world_ask_sql(struct world *w, struct org *org, const struct type *t, const struct filter *f,
                       filter_inside *inside, json_t **ret_ids)
{
	struct job job = {.w = w, .t = t, .f = f, .inside = inside, .ids = json_array()};

	*ret_ids = job.ids;
	return with_arena(w, org, false, sql_job, &job);
}

enum err world_ask_memory(struct world *w, struct org *org, const struct type *t, const struct filter *f,
                          json_t **ret_ids)
{
	struct job job = {.w = w, .t = t, .f = f, .ids = json_array()};

	*ret_ids = job.ids;
	return with_arena(w, org, false, memory_job, &job);
}

const char *world_sql_text(struct world *w, const struct filter *f, filter_inside *inside)
{
	struct sql q;

	sql_init(&q, w->arena);
	if (filter_sql(&w->ctx, &q, f, "r", inside) != ERR_OK)
		return "(no SQL)";
	return q.text.data;
}

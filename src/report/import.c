/* import.c: the run: rows are read outside, written in slices of one transaction each. */
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "flow/flow.h"
#include "model/who.h"
#include "report/import_feed.h"
#include "store/store.h"

enum { SLICE_TEXT_BYTES = 4 << 20, SLICE_ARENA_BYTES = 256 << 20, SOURCE_ID_MAX = 500 };
enum outcome { ROW_FAILED = 0, ROW_MADE, ROW_UPDATED, ROW_SAME };

struct slice_row {
	struct import_line line;
	const char *source_id;
	const char *code; /* of the reader: this row can't be read */
	enum outcome outcome;
	size_t problem_from, problem_to; /* in slice->problems */
};

struct slice {
	struct import_map *map;
	bool dry_run;
	bool creates; /* rows may make the records they link to */
	int64_t run;
	struct slice_row *rows;
	size_t from, n; /* the rows a job takes */
	bool single;    /* one row by itself: an error rolls it back */
	struct problem problems[IMPORT_SLICE_ROWS * 4];
	size_t n_problems;
	const struct import_report *so_far;
};

/* ---- one row ---------------------------------------------------------------------------------------- */

/* The record that a source row became. A map's stays known when it was removed since; what people put into
 * a sheet again is made again. */
static enum err record_by_source(struct ctx *ctx, const struct slice *s, const char *source_id, int64_t *ret_id)
{
	struct sql q;
	int64_t id, there;
	sql_init(&q, ctx->arena);
	SQL(&q, "select record from import_key where source = :source and source_id = :id");
	sql_text(&q, "source", s->map->source);
	sql_text(&q, "id", source_id);
	TRY(sql_one_int(ctx, &q, &id));
	*ret_id = id;
	if (!s->map->by_heading)
		return ERR_OK;
	sql_init(&q, ctx->arena);
	SQL(&q, "select count(*) from ");
	sql_name(&q, s->map->type->table);
	SQL(&q, " where id = :id");
	sql_int(&q, "id", id);
	TRY(sql_one_int(ctx, &q, &there));
	if (there > 0)
		return ERR_OK;
	if (!s->dry_run) {
		sql_init(&q, ctx->arena);
		SQL(&q, "delete from import_key where source = :source and source_id = :id");
		sql_text(&q, "source", s->map->source);
		sql_text(&q, "id", source_id);
		TRY(sql_run(ctx, &q, NULL));
	}
	return ERR_NOT_FOUND;
}

static enum err record_there(struct ctx *ctx, const struct slice *s, const struct slice_row *row, int64_t *ret_id)
{
	struct value v = value_empty();
	if (s->map->key != NULL)
		TRY(import_key_value(ctx, s->map, &row->line, &v));
	if (v.kind == VALUE_EMPTY)
		return row->source_id ? record_by_source(ctx, s, row->source_id, ret_id) : ERR_NOT_FOUND;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, s->map->type->table);
	SQL(&q, " where ");
	sql_name(&q, s->map->key->column);
	SQL(&q, " = ");
	sql_value(&q, &v);
	return sql_one_int(ctx, &q, ret_id);
}

/* Every check of a change, and nothing of it. */
static enum err update_check(struct ctx *ctx, struct record *r, const json_t *fields, struct slice_row *row)
{
	TRY(access_check(ctx, r, ACCESS_WRITE));
	TRY(record_from_json(ctx, r, fields, NULL));
	TRY(record_check(ctx, r));
	row->outcome = ROW_SAME;
	for (size_t i = 0; i < r->type->n_fields; i++)
		if (record_is_changed(r, &r->type->fields[i]))
			row->outcome = ROW_UPDATED;
	return ERR_OK;
}

static enum err row_update(struct ctx *ctx, const struct slice *s, struct slice_row *row, int64_t id)
{
	json_t *fields;
	struct record *before, *after;
	TRY(record_load(ctx, s->map->type, id, &before));
	TRY(import_fields(ctx, s->map, &row->line, s->dry_run, &fields));
	if (s->dry_run)
		return update_check(ctx, before, fields, row);
	TRY(flow_change(ctx, s->map->type, id, before->version, fields, &after));
	row->outcome = after->version == before->version ? ROW_SAME : ROW_UPDATED;
	return ERR_OK;
}

static enum err row_make(struct ctx *ctx, const struct slice *s, struct slice_row *row)
{
	struct record *r;
	TRY(import_record(ctx, s->map, &row->line, s->dry_run, &r));
	row->outcome = ROW_MADE;
	if (s->dry_run)
		return ERR_OK;
	json_t *note = json_pack("{s:s, s:I}", "source", s->map->source, "row", (json_int_t)row->line.number);
	note = json_kept(ctx->arena, note);
	if (row->source_id != NULL)
		json_object_set_new(note, "source_id", json_string(row->source_id));
	/* Only a map may say state, owner and times; what comes by headings starts as if made by hand. */
	TRY(flow_insert(ctx, r, "imported", !s->map->by_heading, note));
	if (row->source_id == NULL)
		return ERR_OK;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into import_key (source, source_id, record) values (:source, :id, :record)");
	sql_text(&q, "source", s->map->source);
	sql_text(&q, "id", row->source_id);
	sql_int(&q, "record", r->id);
	return sql_run(ctx, &q, NULL);
}

static enum err row_work(struct ctx *ctx, const struct slice *s, struct slice_row *row)
{
	int64_t id;
	enum err e = record_there(ctx, s, row, &id);
	if (e == ERR_NOT_FOUND)
		return row_make(ctx, s, row);
	TRY(e);
	if (s->map->key != NULL && row->source_id == NULL)
		return row_update(ctx, s, row, id);
	row->outcome = ROW_SAME;
	return ERR_OK;
}

static void keep_problems(struct slice *s, struct slice_row *row, const struct problems *found)
{
	row->problem_from = s->n_problems;
	for (size_t i = 0; i < found->n && s->n_problems < sizeof(s->problems) / sizeof(s->problems[0]); i++)
		s->problems[s->n_problems++] = found->list[i];
	row->problem_to = s->n_problems;
}

/* Where the run stands is part of the same transaction. */
static enum err run_note(struct ctx *ctx, const struct slice *s)
{
	int64_t done = s->so_far->rows, made = s->so_far->made, failed = s->so_far->failed;
	for (size_t i = s->from; i < s->from + s->n; i++) {
		done++;
		made += s->rows[i].outcome == ROW_MADE;
		failed += s->rows[i].outcome == ROW_FAILED;
	}
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "update import_run set rows_done = :done, rows_new = :made, rows_failed = :failed where id = :id");
	sql_int(&q, "done", done);
	sql_int(&q, "made", made);
	sql_int(&q, "failed", failed);
	sql_int(&q, "id", s->run);
	return sql_run(ctx, &q, NULL);
}

/* A row that is wrong is noted and left out. Where something of it may have been written, or the database
 * refused it, the slice ends and is done row by row. */
static enum err slice_fn(struct ctx *ctx, void *arg)
{
	struct slice *s = arg;
	s->n_problems = 0;
	for (size_t i = s->from; i < s->from + s->n; i++) {
		struct slice_row *row = &s->rows[i];
		row->outcome = ROW_FAILED;
		row->problem_from = row->problem_to = 0;
		if (row->code != NULL)
			continue;
		ctx_forget(ctx);
		enum err e = row_work(ctx, s, row);
		if (e == ERR_OK)
			continue;
		bool written = !s->dry_run && (row->outcome != ROW_FAILED || s->creates);
		row->outcome = ROW_FAILED;
		if (e != ERR_INVALID || written || s->single)
			return e;
		keep_problems(s, row, &ctx->problems);
	}
	ctx_forget(ctx);
	return s->dry_run ? ERR_OK : run_note(ctx, s);
}

/* ---- the run ------------------------------------------------------------------------------------------ */

static void tell(struct ctx *ctx, struct import_report *report, const struct slice *s, const struct slice_row *row)
{
	const char *code = row->code;
	size_t from = row->problem_from;
	do {
		if (report->n_errors == IMPORT_ERRORS_MAX)
			return;
		bool noted = from < row->problem_to;
		const struct problem *p = noted ? &s->problems[from] : NULL;
		report->errors[report->n_errors++] =
		        (struct import_error){.row = row->line.number,
		                              .field = arena_strdup(ctx->arena, p ? p->field : ""),
		                              .code = arena_strdup(ctx->arena, p      ? p->code
		                                                               : code ? code
		                                                                      : "conflict"),
		                              .detail = arena_strdup(ctx->arena, p ? p->detail : NULL)};
	} while (++from < row->problem_to);
}

static void count_row(struct import_report *report, enum outcome outcome)
{
	report->rows++;
	report->made += outcome == ROW_MADE;
	report->updated += outcome == ROW_UPDATED;
	report->same += outcome == ROW_SAME;
	report->failed += outcome == ROW_FAILED;
}

/* Not this row's fault: the next one would meet it too. */
static bool ends_run(enum err e)
{
	return e == ERR_BUSY || e == ERR_FULL || e == ERR_INTERNAL;
}

static enum err slice_run(struct ctx *ctx, struct slice *s)
{
	return s->dry_run ? store_read_slow(ctx, slice_fn, s) : store_write(ctx, slice_fn, s);
}

static enum err row_alone(struct ctx *ctx, struct slice *s, size_t i)
{
	struct slice_row *row = &s->rows[i];
	s->from = i;
	s->n = 1;
	enum err e = slice_run(ctx, s);
	if (e == ERR_OK || ends_run(e))
		return e;
	row->outcome = ROW_FAILED;
	s->n_problems = 0;
	keep_problems(s, row, &ctx->problems);
	if (row->code == NULL && row->problem_to == row->problem_from)
		row->code = err_code(e);
	return ERR_OK;
}

/* One slice with memory of its own: what the report keeps of errors is copied before that goes. */
static enum err slice_write(struct ctx *ctx, struct slice *s, size_t n, struct import_report *report)
{
	struct arena *whole = ctx->arena, *own = arena_new((size_t)SLICE_ARENA_BYTES);
	s->so_far = report;
	s->from = 0;
	s->n = n;
	s->single = false;
	ctx->arena = own;
	enum err e = slice_run(ctx, s);
	s->single = e != ERR_OK && !ends_run(e);
	for (size_t i = 0; i < n && (e == ERR_OK || s->single); i++) {
		if (s->single && ends_run(e = row_alone(ctx, s, i)))
			break;
		count_row(report, s->rows[i].outcome);
		ctx->arena = whole;
		if (s->rows[i].outcome == ROW_FAILED)
			tell(ctx, report, s, &s->rows[i]);
		ctx->arena = own;
	}
	ctx->arena = whole;
	ctx_forget(ctx);
	arena_free(own);
	return ends_run(e) ? e : ERR_OK;
}

struct run_row {
	const struct import_job *job;
	const char *source;
	int64_t id;
	const struct import_report *report;
	const char *state;
};

static enum err run_open_fn(struct ctx *ctx, void *arg)
{
	struct run_row *run = arg;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into import_run (id, type, source, actor, started_at, state, rows_done, rows_new, rows_failed)"
	        " values (:id, :type, :source, :actor, :at, 'running', 0, 0, 0)");
	sql_int(&q, "id", run->id);
	sql_text(&q, "type", run->job->type->name);
	sql_text(&q, "source", run->source);
	sql_int_or_null(&q, "actor", ctx->who ? ctx->who->id : 0);
	sql_int(&q, "at", ctx->now_ms);
	return sql_run(ctx, &q, NULL);
}

static enum err run_close_fn(struct ctx *ctx, void *arg)
{
	struct run_row *run = arg;
	struct buf b;
	struct json_out out;
	struct sql q;
	buf_init(&b, ctx->arena, 4 << 20);
	json_out_init(&out, &b);
	import_report_write_json(&out, run->report);
	sql_init(&q, ctx->arena);
	SQL(&q, "update import_run set finished_at = :at, state = :state, rows_done = :rows, rows_new = :made,"
	        " rows_failed = :failed, report = :report where id = :id");
	sql_int(&q, "at", clock_now_ms());
	sql_text(&q, "state", run->state);
	sql_int(&q, "rows", run->report->rows);
	sql_int(&q, "made", run->report->made);
	sql_int(&q, "failed", run->report->failed);
	sql_text(&q, "report", b.data);
	sql_int(&q, "id", run->id);
	TRY(sql_run(ctx, &q, NULL));
	return event_append(ctx, run->job->type->name, 0, "import_run", true, b.data, NULL);
}

/* Rows of a sheet have no id of their own: what stands in them is one. */
static const char *digest_of(struct arena *a, const struct import_line *line)
{
	unsigned char digest[16];
	char hex[sizeof(digest) * 2 + 1];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	for (size_t i = 0; i < line->n; i++) {
		const char *name = line->names[i], *value = line->values[i];
		if (*value == '\0')
			continue;
		crypto_generichash_update(&state, (const unsigned char *)name, strlen(name) + 1);
		crypto_generichash_update(&state, (const unsigned char *)value, strlen(value) + 1);
	}
	crypto_generichash_final(&state, digest, sizeof(digest));
	return arena_strdup(a, sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest)));
}

static bool has_key(struct ctx *ctx, const struct import_map *map, const struct import_line *line)
{
	for (size_t i = 0; map->key != NULL && i < map->n_fields; i++) {
		const char *missing = NULL;
		if (map->fields[i].field != map->key)
			continue;
		const char *text = import_fill(ctx, map->fields[i].template, line, &missing);
		return text == NULL || *text != '\0';
	}
	return false;
}

/* NULL where the row is found by its key, or, with row->code set, has no id. In `a`. */
static const char *source_id_of(struct ctx *ctx, struct arena *a, const struct import_map *map, struct slice_row *row)
{
	struct arena *whole = ctx->arena;
	const char *missing = NULL, *id = NULL;
	ctx->arena = a;
	if (map->by_heading)
		id = has_key(ctx, map, &row->line) ? NULL : digest_of(a, &row->line);
	else if (map->key != NULL)
		id = NULL;
	else if (map->id == NULL)
		id = arena_printf(a, "row %lld", (long long)row->line.number);
	else if ((id = import_fill(ctx, map->id, &row->line, &missing)) == NULL || *id == '\0')
		row->code = "no_source_id";
	else if (strlen(id) > SOURCE_ID_MAX)
		row->code = "too_long";
	ctx->arena = whole;
	return row->code ? NULL : id;
}

static enum err slices(struct ctx *ctx, const struct import_job *job, struct import_feed *f, struct slice *s,
                       struct import_report *report)
{
	struct arena *rows = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	enum err e = ERR_OK;
	while (e == ERR_OK && !report->finished) {
		size_t n = 0;
		arena_clear(rows);
		s->rows = ARENA_ARRAY(rows, IMPORT_SLICE_ROWS, struct slice_row);
		for (; n < IMPORT_SLICE_ROWS; n++) {
			struct slice_row *row = &s->rows[n];
			enum err got = import_feed_next(f, rows, &row->line, &row->code);
			if (got == ERR_NOT_FOUND)
				report->finished = true;
			else
				e = got;
			if (got != ERR_OK)
				break;
			if (row->code == NULL)
				row->source_id = source_id_of(ctx, rows, s->map, row);
			if (arena_bytes(rows) > SLICE_TEXT_BYTES) {
				n++;
				break; /* very long rows: a shorter slice */
			}
		}
		if (e == ERR_OK && n > 0)
			e = slice_write(ctx, s, n, report);
		if (e == ERR_OK && n > 0 && job->progress != NULL && !job->progress(job->progress_arg, report))
			break;
	}
	arena_free(rows);
	return e;
}

enum err import_run(struct ctx *ctx, const struct import_job *job, struct import_report *ret_report)
{
	struct import_map *map = job->map;
	struct import_feed *feed = ARENA_NEW(ctx->arena, struct import_feed);
	struct import_report report = {.run = ids_next(ctx->ids, ctx->now_ms)};
	if (!who_can(ctx, "import"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "importing needs the function right `import`");
	if (!access_may_create(ctx, job->type))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "you may not make records of this type");
	ctx->origin = "import";
	TRY(import_feed_open(ctx, job, map, feed, &map));
	struct slice *s = ARENA_NEW(ctx->arena, struct slice);
	report.errors = ARENA_ARRAY(ctx->arena, IMPORT_ERRORS_MAX, struct import_error);
	s->map = map;
	s->dry_run = job->dry_run;
	for (size_t i = 0; i < map->n_fields; i++)
		s->creates = s->creates || (map->fields[i].create && !job->dry_run);
	s->run = report.run;
	struct run_row run = {.job = job,
	                      .source = job->source_name ? job->source_name : map->source,
	                      .id = report.run,
	                      .report = &report};
	if (!job->dry_run)
		TRY(store_write(ctx, run_open_fn, &run));
	enum err e = slices(ctx, job, feed, s, &report);
	run.state = e != ERR_OK ? "failed" : report.finished ? "finished" : "stopped";
	if (!job->dry_run && e != ERR_FULL)
		store_write(ctx, run_close_fn, &run);
	TRY(e);
	*ret_report = report;
	return ERR_OK;
}

void import_report_write_json(struct json_out *out, const struct import_report *report)
{
	json_open(out, '{');
	json_key(out, "run");
	json_id(out, report->run);
	json_key(out, "rows");
	json_int(out, report->rows);
	json_key(out, "new");
	json_int(out, report->made);
	json_key(out, "updated");
	json_int(out, report->updated);
	json_key(out, "same");
	json_int(out, report->same);
	json_key(out, "failed");
	json_int(out, report->failed);
	json_key(out, "finished");
	json_bool(out, report->finished);
	json_key(out, "errors");
	json_open(out, '[');
	for (size_t i = 0; i < report->n_errors; i++) {
		json_open(out, '{');
		json_key(out, "row");
		json_int(out, report->errors[i].row);
		json_key(out, "field");
		json_text(out, report->errors[i].field);
		json_key(out, "code");
		json_text(out, report->errors[i].code);
		json_key(out, "detail");
		json_text(out, report->errors[i].detail);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

/* import.c: the run: rows are read outside, written in slices of one transaction each. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "flow/flow.h"
#include "model/who.h"
#include "report/import.h"
#include "store/store.h"

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
	struct problem problems[IMPORT_SLICE_ROWS * 4];
	size_t n_problems;
	const struct import_report *so_far;
};

/* What a reader of either format needs. */
struct feed {
	struct csv_reader *csv;
	csv_source *source;
	void *source_arg;
	struct arena *arena; /* of the whole run: headings */
	const char **names;
	size_t n_names;
	char *pending; /* JSONL: bytes read ahead */
	size_t pending_len, pending_at;
	bool ended, failed;
	int64_t rows;
};

/* ---- one row ---------------------------------------------------------------------------------------- */

static enum err record_there(struct ctx *ctx, const struct slice *s, const struct slice_row *row, int64_t *ret_id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	if (row->source_id != NULL) {
		SQL(&q, "select record from import_key where source = :source and source_id = :id");
		sql_text(&q, "source", s->map->source);
		sql_text(&q, "id", row->source_id);
		return sql_one_int(ctx, &q, ret_id);
	}
	const struct field *key = s->map->key;
	for (size_t i = 0; key != NULL && i < s->map->n_fields; i++) {
		if (s->map->fields[i].field != key)
			continue;
		const char *missing = NULL;
		const char *text = import_fill(ctx, s->map->fields[i].template, &row->line, &missing);
		if (text == NULL || *text == '\0')
			return ERR_NOT_FOUND;
		SQL(&q, "select id from ");
		sql_name(&q, s->map->type->table);
		SQL(&q, " where ");
		sql_name(&q, key->column);
		SQL(&q, " = ");
		sql_value_text(&q, text);
		return sql_one_int(ctx, &q, ret_id);
	}
	return ERR_NOT_FOUND;
}

static enum err row_update(struct ctx *ctx, const struct slice *s, struct slice_row *row, int64_t id)
{
	json_t *fields;
	struct record *before, *after;
	TRY(record_load(ctx, s->map->type, id, &before));
	if (s->dry_run) {
		row->outcome = ROW_UPDATED;
		return import_record(ctx, s->map, &row->line, true, &after);
	}
	TRY(import_fields(ctx, s->map, &row->line, &fields));
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
	arena_on_clear(ctx->arena, (void (*)(void *))json_decref, note);
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
	if (s->map->by_heading || s->map->key != NULL)
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

/* A row that is wrong is noted and left out; nothing of it was written, as all checks come first. Any
 * other error ends the slice, which is then done row by row. */
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
		if (e == ERR_INVALID && s->n > 1 && (row->outcome == ROW_MADE || s->creates))
			return ERR_CONFLICT; /* it was refused after something may have been written */
		if (e == ERR_INVALID) {
			row->outcome = ROW_FAILED;
			keep_problems(s, row, &ctx->problems);
			ctx_forget(ctx);
			if (s->n == 1)
				return e; /* alone in its transaction: roll it back */
		} else if (e != ERR_OK) {
			return e;
		}
	}
	return s->dry_run ? ERR_OK : run_note(ctx, s);
}

/* ---- rows in ---------------------------------------------------------------------------------------- */

static enum err csv_feed(struct feed *f, struct arena *a, struct import_line *ret_line, const char **ret_code)
{
	struct csv_row row;
	TRY(csv_next(f->csv, a, &row));
	const char **values = ARENA_ARRAY(a, f->n_names + 1, const char *);
	for (size_t i = 0; i < f->n_names; i++)
		values[i] = i < row.n ? row.fields[i] : "";
	*ret_code = row.code;
	if (row.code == NULL && row.n > f->n_names)
		*ret_code = "too_many_columns";
	*ret_line = (struct import_line){.names = f->names, .values = values, .n = f->n_names, .number = row.number};
	return ERR_OK;
}

/* The next line of a JSON Lines file, without its end; NULL at the end of the file. */
static const char *json_line(struct feed *f, struct arena *a, size_t *ret_len, bool *ret_long)
{
	struct buf line;
	buf_init(&line, a, LIMIT_BODY_BYTES);
	bool any = false;
	for (;;) {
		if (f->pending_at == f->pending_len && !f->ended) {
			long got = f->source(f->source_arg, f->pending, 64 << 10);
			f->failed = got < 0;
			f->ended = got <= 0;
			f->pending_len = got > 0 ? (size_t)got : 0;
			f->pending_at = 0;
		}
		if (f->pending_at == f->pending_len)
			break;
		any = true;
		const char *from = f->pending + f->pending_at;
		const char *end = memchr(from, '\n', f->pending_len - f->pending_at);
		size_t n = end ? (size_t)(end - from) : f->pending_len - f->pending_at;
		buf_add(&line, from, n);
		f->pending_at += n + (end != NULL);
		if (end != NULL)
			break;
	}
	*ret_len = line.len;
	*ret_long = line.over;
	return any ? line.data : NULL;
}

static const char *json_word(struct arena *a, json_t *v)
{
	if (json_is_string(v))
		return arena_strdup(a, json_string_value(v));
	if (json_is_boolean(v))
		return json_is_true(v) ? "true" : "false";
	if (json_is_null(v))
		return "";
	char *dump = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	char *copy = arena_strdup(a, dump);
	free(dump);
	return copy;
}

static enum err json_feed(struct feed *f, struct arena *a, struct import_line *ret_line, const char **ret_code)
{
	const char *text;
	size_t len;
	bool over;
	do {
		text = json_line(f, a, &len, &over);
		if (text == NULL)
			return f->failed ? ERR_INTERNAL : ERR_NOT_FOUND;
	} while (strspn(text, " \t\r") == len);
	*ret_line = (struct import_line){.number = ++f->rows};
	json_t *j = over ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	*ret_code = over ? "too_long" : json_is_object(j) ? NULL : "not_json";
	if (*ret_code == NULL) {
		size_t n = json_object_size(j), i = 0;
		const char **names = ARENA_ARRAY(a, n + 1, const char *),
		           **values = ARENA_ARRAY(a, n + 1, const char *);
		const char *key;
		json_t *v;
		json_object_foreach(j, key, v)
		{
			names[i] = arena_strdup(a, key);
			values[i++] = json_word(a, v);
		}
		ret_line->names = names;
		ret_line->values = values;
		ret_line->n = n;
	}
	json_decref(j);
	return ERR_OK;
}

/* ---- the run ------------------------------------------------------------------------------------------ */

static void tell(struct ctx *ctx, struct import_report *report, const struct slice *s, const struct slice_row *row,
                 const char *code)
{
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

/* A rerunnable place for one slice's memory: what import keeps of errors is copied before it goes. */
static enum err slice_write(struct ctx *ctx, struct slice *s, size_t n, struct import_report *report)
{
	struct arena *whole = ctx->arena, *own = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	enum err e = ERR_OK;
	s->so_far = report;
	s->from = 0;
	s->n = n;
	ctx->arena = own;
	e = s->dry_run ? store_read(ctx, slice_fn, s) : store_write(ctx, slice_fn, s);
	bool singly = e != ERR_OK && e != ERR_BUSY && e != ERR_FULL && e != ERR_INTERNAL && n > 1;
	for (size_t i = 0; i < n && (e == ERR_OK || singly); i++) {
		struct slice_row *row = &s->rows[i];
		const char *code = row->code;
		if (singly) {
			s->from = i;
			s->n = 1;
			e = s->dry_run ? store_read(ctx, slice_fn, s) : store_write(ctx, slice_fn, s);
			if (e == ERR_BUSY || e == ERR_FULL || e == ERR_INTERNAL)
				break;
			if (e != ERR_OK) {
				row->outcome = ROW_FAILED;
				if (code == NULL && row->problem_to == row->problem_from)
					code = err_code(e);
			}
			e = ERR_OK;
		}
		count_row(report, row->outcome);
		ctx->arena = whole;
		if (row->outcome == ROW_FAILED)
			tell(ctx, report, s, row, code);
		ctx->arena = own;
	}
	ctx->arena = whole;
	ctx_forget(ctx);
	arena_free(own);
	return e;
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

static const char *source_id_of(struct ctx *ctx, struct arena *a, const struct import_map *map,
                                const struct import_line *line)
{
	if (map->by_heading || map->key != NULL)
		return NULL;
	if (map->id == NULL)
		return arena_printf(a, "row %lld", (long long)line->number);
	const char *missing = NULL;
	struct arena *whole = ctx->arena;
	ctx->arena = a;
	const char *id = import_fill(ctx, map->id, line, &missing);
	ctx->arena = whole;
	return id && *id != '\0' ? id : NULL;
}

static enum err feed_open(struct ctx *ctx, const struct import_job *job, struct feed *f, struct import_map **map)
{
	*f = (struct feed){.source = job->source, .source_arg = job->source_arg, .arena = ctx->arena};
	if (*map != NULL && (*map)->format == IMPORT_JSONL) {
		f->pending = arena_alloc(ctx->arena, 64 << 10);
		return ERR_OK;
	}
	struct csv_row heading;
	f->csv = csv_open(job->source, job->source_arg, *map ? (*map)->encoding : CSV_GUESS);
	arena_on_clear(ctx->arena, (void (*)(void *))csv_close, f->csv);
	enum err e = csv_next(f->csv, ctx->arena, &heading);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "", "empty_file",
		                   "the file is empty: its first row must hold the headings");
	TRY(e);
	if (heading.code != NULL)
		return ctx_problem(ctx, ERR_INVALID, "", heading.code, "the row of headings can't be read");
	f->names = heading.fields;
	f->n_names = heading.n;
	return *map ? ERR_OK : import_map_headings(ctx, job->type, &heading, map);
}

static enum err slices(struct ctx *ctx, const struct import_job *job, struct feed *f, struct slice *s,
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
			enum err got = f->csv ? csv_feed(f, rows, &row->line, &row->code)
			                      : json_feed(f, rows, &row->line, &row->code);
			if (got == ERR_NOT_FOUND)
				report->finished = true;
			else
				e = got;
			if (got != ERR_OK)
				break;
			if (row->code == NULL) {
				row->source_id = source_id_of(ctx, rows, s->map, &row->line);
				if (row->source_id == NULL && s->map->id != NULL)
					row->code = "no_source_id";
			}
			if (arena_bytes(rows) > LIMIT_REQUEST_ARENA_BYTES / 4) {
				n++;
				break; /* very long rows: a shorter slice */
			}
		}
		if (e == ERR_OK && n > 0)
			e = slice_write(ctx, s, n, report);
		if (e == ERR_OK && job->progress != NULL && !job->progress(job->progress_arg, report))
			break;
	}
	arena_free(rows);
	return e;
}

enum err import_run(struct ctx *ctx, const struct import_job *job, struct import_report *ret_report)
{
	struct import_map *map = job->map;
	struct feed feed;
	struct import_report report = {.run = ids_next(ctx->ids, ctx->now_ms)};
	if (!who_can(ctx, "import"))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "importing needs the function right `import`");
	if (!access_may_create(ctx, job->type))
		return ctx_problem(ctx, ERR_FORBIDDEN, "", "forbidden", "you may not make records of this type");
	ctx->origin = "import";
	TRY(feed_open(ctx, job, &feed, &map));
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
	enum err e = slices(ctx, job, &feed, s, &report);
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

/* import_feed.c: rows with names, whatever the file is: CSV, JSON Lines, a worksheet. */
#include <stdlib.h>
#include <string.h>

#include "report/import_feed.h"
#include "report/sheet_in.h"

enum { JSON_PIECE_BYTES = 64 << 10 };

static long feed_source(void *arg, void *bytes, size_t n)
{
	struct import_feed *f = arg;
	size_t left = f->head_len - f->head_at;
	if (left == 0)
		return f->source(f->source_arg, bytes, n);
	if (n > left)
		n = left;
	memcpy(bytes, f->head + f->head_at, n);
	f->head_at += n;
	return (long)n;
}

/* ---- CSV and worksheets --------------------------------------------------------------------------- */

/* What csv_out.c put before a cell that would run as a formula. */
static const char *unquoted(const char *s)
{
	return s[0] == '\'' && s[1] != '\0' && strchr("=@+-\t\r", s[1]) != NULL ? s + 1 : s;
}

static enum err row_next(struct import_feed *f, struct arena *a, struct csv_row *row)
{
	return f->sheet ? sheet_next(f->sheet, a, row) : csv_next(f->csv, a, row);
}

static enum err named_row(struct import_feed *f, struct arena *a, struct import_line *ret_line, const char **ret_code)
{
	struct csv_row row;
	TRY(row_next(f, a, &row));
	const char **values = ARENA_ARRAY(a, f->n_names + 1, const char *);
	for (size_t i = 0; i < f->n_names; i++)
		values[i] = i >= row.n ? "" : f->people ? unquoted(row.fields[i]) : row.fields[i];
	*ret_code = row.code;
	for (size_t i = f->n_names; i < row.n && *ret_code == NULL; i++)
		if (*row.fields[i] != '\0') /* spreadsheets leave empty cells behind */
			*ret_code = "too_many_columns";
	*ret_line = (struct import_line){.names = f->names, .values = values, .n = f->n_names, .number = row.number};
	return ERR_OK;
}

/* ---- JSON Lines ---------------------------------------------------------------------------------- */

/* The next line of a JSON Lines file, without its end; NULL at the end of the file. */
static const char *json_line(struct import_feed *f, struct arena *a, size_t *ret_len, bool *ret_long)
{
	struct buf line;
	buf_init(&line, a, LIMIT_BODY_BYTES);
	bool any = false;
	for (;;) {
		if (f->pending_at == f->pending_len && !f->ended) {
			long got = feed_source(f, f->pending, JSON_PIECE_BYTES);
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
	return !any ? NULL : line.data ? line.data : "";
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

static enum err json_feed(struct import_feed *f, struct arena *a, struct import_line *ret_line, const char **ret_code)
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

/* ---- either ---------------------------------------------------------------------------------------- */

static void sheet_done(void *sheet)
{
	sheet_reader_close(sheet);
}

static void csv_done(void *csv)
{
	csv_close(csv);
}

static enum err table_open(struct ctx *ctx, struct import_feed *f, enum csv_encoding encoding)
{
	if (f->head_len == 4 && memcmp(f->head, "PK\3\4", 4) == 0) {
		TRY(sheet_open(ctx, feed_source, f, &f->sheet));
		arena_on_clear(ctx->arena, sheet_done, f->sheet);
		return ERR_OK;
	}
	if (f->head_len == 4 && memcmp(f->head, "\xD0\xCF\x11\xE0", 4) == 0)
		return ctx_problem(ctx, ERR_INVALID, "", "old_sheet", "this is an .xls file: save it as .xlsx or .csv");
	f->csv = csv_open(feed_source, f, encoding);
	arena_on_clear(ctx->arena, csv_done, f->csv);
	return ERR_OK;
}

enum err import_feed_open(struct ctx *ctx, const struct import_job *job, struct import_map *map, struct import_feed *f,
                          struct import_map **ret_map)
{
	*f = (struct import_feed){.source = job->source, .source_arg = job->source_arg, .people = map == NULL};
	*ret_map = map;
	while (f->head_len < sizeof(f->head)) {
		long got = job->source(job->source_arg, f->head + f->head_len, sizeof(f->head) - f->head_len);
		if (got < 0)
			return ERR_INTERNAL;
		if (got == 0)
			break;
		f->head_len += (size_t)got;
	}
	if (map != NULL && map->format == IMPORT_JSONL) {
		f->pending = arena_alloc(ctx->arena, JSON_PIECE_BYTES);
		if (f->head_len >= 3 && memcmp(f->head, csv_bom, 3) == 0)
			f->head_at = 3;
		return ERR_OK;
	}
	struct csv_row heading;
	TRY(table_open(ctx, f, map ? map->encoding : CSV_GUESS));
	enum err e = row_next(f, ctx->arena, &heading);
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, "", "empty_file",
		                   "the file is empty: its first row must hold the headings");
	TRY(e);
	if (heading.code != NULL)
		return ctx_problem(ctx, ERR_INVALID, "", heading.code, "the row of headings can't be read");
	f->names = heading.fields;
	f->n_names = heading.n;
	return map ? ERR_OK : import_map_headings(ctx, job->type, &heading, ret_map);
}

enum err import_feed_next(struct import_feed *f, struct arena *a, struct import_line *ret_line, const char **ret_code)
{
	return f->pending ? json_feed(f, a, ret_line, ret_code) : named_row(f, a, ret_line, ret_code);
}

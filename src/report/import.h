/*
 * import.h: rows of a file become records: CSV (UTF-8, GB18030), .xlsx or JSON Lines, through a map or
 * by headings. Streaming, in slices of one transaction each; a row is whole or not there; a run
 * that was cut off goes on where it stopped, and a second run of the same file changes nothing.
 *
 * The map language is in docs/IMPORT.md.
 */
#ifndef SHOUWEN_REPORT_IMPORT_H
#define SHOUWEN_REPORT_IMPORT_H

#include "base/json.h"
#include "model/model.h"
#include "report/csv.h"

enum {
	IMPORT_ERRORS_MAX = 1000, /* told; more are only counted */
	IMPORT_SLICE_ROWS = 100,  /* rows of one transaction: under 20 ms */
	IMPORT_MAP_FIELDS_MAX = 200,
};

enum import_format { IMPORT_CSV, IMPORT_JSONL };

/* One field of the record and where its value comes from. */
struct import_field {
	const struct field *field; /* of the type; base fields created_at, updated_at, created_by too */
	const char *template;      /* "{Column} and text"; a lone column is "{Column}" */
	struct pair *options;      /* value of the column -> value of the field; n_options 0: as it is */
	size_t n_options;
	const char *otherwise;    /* for a value not among options; NULL: an error */
	const char *time;         /* strptime format of dates and times; NULL: ISO */
	const struct field *find; /* LINK: the target's field that must equal the value */
	bool create;              /* LINK: make the target where there is none */
	struct pair *with;        /* … with these fields too */
	size_t n_with;
};

struct import_map {
	const char *source; /* name space of source ids */
	const struct type *type;
	const struct zone *zone; /* of times without an offset; owned by the map's arena */
	enum import_format format;
	enum csv_encoding encoding;
	const char *id;          /* template of the source id; NULL: by `key`, or the row's number */
	const struct field *key; /* a unique field that finds the record there is; NULL: none */
	bool by_heading;         /* columns are named by fields' labels: the browser's import */
	struct import_field *fields;
	size_t n_fields;
};

/* Parses a map. Problems name line and column: ERR_INVALID. */
enum err import_map_parse(struct ctx *ctx, const char *yaml, size_t len, const struct type *expected,
                          struct import_map **ret_map);
/* The map of an import by headings: labels in either language, or field names; '*' at the end is ignored.
 * Unknown headings are problems. */
enum err import_map_headings(struct ctx *ctx, const struct type *t, const struct csv_row *heading,
                             struct import_map **ret_map);

struct import_error {
	int64_t row;
	const char *field, *code, *detail;
};

struct import_report {
	int64_t run;
	int64_t rows, made, updated, same, failed;
	struct import_error *errors;
	size_t n_errors;
	bool finished;
};

struct import_job {
	struct import_map *map; /* NULL: by headings */
	const struct type *type;
	const char *source_name; /* shown in the run's row; the map's source if NULL */
	csv_source *source;
	void *source_arg;
	bool dry_run; /* every check, nothing written */
	/* Called now and then from the importing thread; false stops the run (it can be taken up again). */
	bool (*progress)(void *arg, const struct import_report *so_far);
	void *progress_arg;
};

/* Runs the whole import outside any transaction of the caller: it takes its own, slice by slice.
 * ctx->who must be allowed to import. The report and its texts live in ctx->arena. */
enum err import_run(struct ctx *ctx, const struct import_job *job, struct import_report *ret_report);
void import_report_write_json(struct json_out *out, const struct import_report *report);

/* The template to fill in: one row of headings, required ones with '*': CSV (UTF-8 with BOM), or a worksheet
 * written to `path`, whose cells are text. */
enum err import_template(struct ctx *ctx, const struct type *t, struct buf *out);
enum err import_template_sheet(struct ctx *ctx, const struct type *t, const char *path);
/* Is this a field that an import by headings offers? */
bool import_offers(const struct ctx *ctx, const struct field *f);

/* ---- between the files of the import ------------------------------------------------------------ */

struct import_line { /* a row with names: what templates look into */
	const char *const *names;
	const char *const *values;
	size_t n;
	int64_t number;
};

/* "{Column}" parts replaced. NULL when a column is not there, named in *ret_missing, or when no field holds so
 * much (*ret_missing NULL). */
const char *import_fill(struct ctx *ctx, const char *template, const struct import_line *line,
                        const char **ret_missing);
/* A row to a record of map->type, checked; problems in ctx name the fields. Inside a transaction. */
struct record;
enum err import_record(struct ctx *ctx, const struct import_map *map, const struct import_line *line, bool dry_run,
                       struct record **ret_record);
/* The same as the JSON of a change: for a record that is there. */
enum err import_fields(struct ctx *ctx, const struct import_map *map, const struct import_line *line, bool dry_run,
                       json_t **ret_fields);
/* What the row has for map->key, empty if it has nothing there. */
enum err import_key_value(struct ctx *ctx, const struct import_map *map, const struct import_line *line,
                          struct value *ret_value);

#endif

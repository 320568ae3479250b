/*
 * import_feed.h: the rows of a file one after the other, each with the names of its columns. What kind of
 * file it is shows in its first bytes, unless the map says JSON Lines.
 */
#ifndef SHOUWEN_REPORT_IMPORT_FEED_H
#define SHOUWEN_REPORT_IMPORT_FEED_H

#include "report/import.h"

struct import_feed {
	csv_source *source;
	void *source_arg;
	char head[4]; /* the first bytes, looked at and given again */
	size_t head_len, head_at;
	struct csv_reader *csv;
	struct sheet_reader *sheet;
	const char **names; /* the row of headings, in the run's arena */
	size_t n_names;
	bool people;   /* made by hand or by our own export: an apostrophe before a formula is none of the text */
	char *pending; /* JSONL: bytes read ahead */
	size_t pending_len, pending_at;
	bool ended, failed;
	int64_t rows;
};

/* Reads the headings. `map` NULL: they name the fields themselves, and *ret_map is made of them. The feed is
 * released with ctx->arena; it must not move. */
enum err import_feed_open(struct ctx *ctx, const struct import_job *job, struct import_map *map,
                          struct import_feed *feed, struct import_map **ret_map);
/* ERR_OK: a row, in `a`; *ret_code tells why it can't be used, NULL if it can. ERR_NOT_FOUND: the end. */
enum err import_feed_next(struct import_feed *feed, struct arena *a, struct import_line *ret_line,
                          const char **ret_code);

#endif

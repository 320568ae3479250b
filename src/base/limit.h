/*
 * limit.h: every maximum of the program in one place. Input past a maximum is an error with a
 * clear answer, never a larger allocation.
 */
#ifndef SHOUWEN_BASE_LIMIT_H
#define SHOUWEN_BASE_LIMIT_H

enum {
	LIMIT_HEAD_BYTES = 56 << 10,    /* a request line with its headers, see docs/API.md */
	LIMIT_BODY_BYTES = 1 << 20,     /* a JSON request body */
	LIMIT_BODIES_BYTES = 128 << 20, /* all request bodies held at once */
	LIMIT_JSON_DEPTH = 32,          /* nesting of a JSON text */
	LIMIT_TEXT_CHARS = 500,         /* a `text` field, in characters, unless the field says less */
	LIMIT_LONG_TEXT_CHARS = 20000,  /* a `long_text` field, in characters */
	LIMIT_FILE_BYTES = 50 << 20,    /* one uploaded file */
	LIMIT_FILES_PER_FIELD = 50,     /* files in one field or comment */
	LIMIT_TABLE_ROWS = 200,         /* rows of a line table of one record */
	LIMIT_LINKS = 200,              /* targets of one `links` field */
	LIMIT_FILTER_BYTES = 16 << 10,  /* a filter as text */
	LIMIT_FILTER_NODES = 256,
	LIMIT_FILTER_DEPTH = 40,
	LIMIT_PAGE_ROWS = 200, /* rows of one page of a list */
	LIMIT_PAGE_BYTES =
	        8 << 20,   /* what the rows of one page may hold; JSON, copies and growth make it several times that */
	LIMIT_COUNT = 999, /* a list's count stops here and says "999+" */
	LIMIT_SORT_ROWS = 5000,     /* rows that may be sorted without an index */
	LIMIT_BULK_ROWS = 500,      /* records of one bulk action */
	LIMIT_YAML_BYTES = 1 << 20, /* one pack file */
	LIMIT_YAML_NODES = 100000,
	LIMIT_PACK_FILES = 500,
	LIMIT_TYPES = 400,                    /* record types of one organisation */
	LIMIT_FIELDS = 200,                   /* fields of one type */
	LIMIT_NAME_BYTES = 48,                /* an identifier of a pack */
	LIMIT_REQUEST_ARENA_BYTES = 64 << 20, /* memory of one request */
	LIMIT_QUEUE = 1024,                   /* requests waiting for a worker; more are told 503 */
	LIMIT_ORGS_OPEN = 64,                 /* organisations with open connections (LRU) */
	LIMIT_EXPORT_ROWS = 1000000,
	LIMIT_CSV_FIELD_BYTES = 1 << 20,
	LIMIT_SEARCH_CHARS = 100,
};

#endif

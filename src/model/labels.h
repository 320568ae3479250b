/*
 * labels.h: inside model/, and for the pages of flow/: the names of linked records and files, asked for while rows are
 * read and fetched together: one query for each type, however many rows.
 */
#ifndef SHOUWEN_MODEL_LABELS_H
#define SHOUWEN_MODEL_LABELS_H

#include "base/json.h"
#include "model/record.h"

enum label_of { LABEL_RECORD, LABEL_WORK, LABEL_FILE };

struct label_entry {
	enum label_of of;
	const struct type *type; /* LABEL_WORK: NULL until resolved */
	int64_t id;
	bool resolved;
	const char *text; /* NULL: not there, or not his to know */
	int64_t size;     /* files */
	const char *mime;
};

struct labels {
	struct ctx *ctx;
	struct label_entry *slots;
	size_t cap, n;
	bool asked_edition;
	int64_t edition; /* of the names that are kept (directory.h); 0: none */
};

/* "key": {"zh","en"}, as declared: null where there is no English. */
void json_label(struct json_out *out, const char *key, const struct label *l);
/* The same as it is said to people: the Chinese where there is no English. */
void json_label_said(struct json_out *out, const char *key, const struct label *l);

void labels_init(struct labels *l, struct ctx *ctx);
/* Remembers what a LINK, LINKS or FILES value points at; other kinds are ignored. */
void labels_want(struct labels *l, const struct field *f, const struct value *v);
void labels_want_record(struct labels *l, const struct type *t, int64_t id);
enum err labels_resolve(struct labels *l);
const struct label_entry *labels_get(const struct labels *l, enum label_of of, const struct type *t, int64_t id);
/* {"id","label","type"}; null for id 0. */
void label_write_json(struct json_out *out, const struct labels *l, const struct type *t, int64_t id);
/* A field's value with labels put in. Lines of a TABLE are written by the caller. */
void labelled_write_json(struct json_out *out, const struct labels *l, const struct field *f, const struct value *v);

#endif

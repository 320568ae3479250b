/*
 * pack.h: from pack text to a model, and from a model to tables.
 */
#ifndef SHOUWEN_MODEL_PACK_H
#define SHOUWEN_MODEL_PACK_H

#include "base/buf.h"
#include "base/json.h"
#include "model/model.h"

struct pack_text { /* one file of a pack; texts are owned by the caller */
	const char *pack;
	const char *path; /* "types/complaint.yaml" */
	const char *body;
	size_t len;
};

/* A finding of the loader: where, what, how to mend it. */
struct pack_problem {
	const char *pack, *path;
	int line, column;
	const char *message;
	bool warning; /* unreachable state, unused option: told, but does not refuse */
};

struct pack_report {
	struct pack_problem *list;
	size_t n;
	size_t n_errors;
};

/* Reads packs/NAME below `dir` for each name of the space-separated list, core always first. */
enum err pack_read_dir(struct arena *a, const char *dir, const char *names, struct pack_text **ret_texts, size_t *ret_n,
                       char *why, size_t why_bytes);

/* The files of another folder of a pack ("demo", "scenarios"), sorted by name; none is no error. */
enum err pack_read_folder(struct arena *a, const char *dir, const char *pack, const char *folder,
                          struct pack_text **ret_texts, size_t *ret_n, char *why, size_t why_bytes);

/* Adds what the tenant's administrators declared themselves (pack `own`), which lies in no folder. Inside store_read.
 */
enum err pack_add_own(struct ctx *ctx, struct pack_text **texts, size_t *n);

/* Builds a model: ERR_INVALID and every finding in the report, else a model with one reference. */
enum err model_load(struct arena *scratch, const struct pack_text *texts, size_t n, struct model **ret_model,
                    struct pack_report *ret_report);

/* Reads the tenant's pack_file rows and settings (`parameter.NAME` is the value of @NAME), builds the
 * model. generation is made of the texts and the parameters' values. Inside store_read/_write. */
enum err model_load_stored(struct ctx *ctx, struct model **ret_model, struct pack_report *ret_report);
/* The same with one text more, or another in its place (NULL: none): what it would be. */
enum err model_load_with(struct ctx *ctx, const struct pack_text *text, struct model **ret_model,
                         struct pack_report *ret_report);
/* The same of these texts. */
enum err model_load_texts(struct ctx *ctx, const struct pack_text *texts, size_t n, struct model **ret_model,
                          struct pack_report *ret_report);
/* The tenant's pack files, with room for one more. Inside store_read/_write. */
enum err pack_texts(struct ctx *ctx, struct pack_text **ret_texts, size_t *ret_n);
/* May a setting put this into the parameter? */
bool parameter_fits(const struct parameter *p, const char *text);

/* What putting a model in force would do to the tables. Indexes that lists count on, each ending in id so
 * that a page comes in order from the index: (column, id) for every LINK, for state, for
 * every sortable field (NAME__key where field_has_sort_key), for every unique one; of types with work
 * (team | owner | first_owner | created_by, stage, id) and (stage, id, team); side tables by (parent, pos), of LINKS by
 * (target, parent) too. */
enum pack_step_kind {
	PACK_ADD_TABLE,
	PACK_ADD_COLUMN,
	PACK_ADD_INDEX,
	PACK_RENAME_TABLE,
	PACK_RENAME_COLUMN,
	PACK_DROP_TABLE,
	PACK_DROP_COLUMN,
	PACK_DROP_INDEX,
	PACK_CHANGE_KIND
};
struct pack_step {
	enum pack_step_kind kind;
	const char *table, *column, *from;
	const char *message; /* for a person */
	const char *heir;    /* DROP_COLUMN: the table whose lines its choices become; from: their labels. NULL: none */
	bool destructive;    /* rows or columns with content would go */
	bool refused;        /* not done even with allow_drop: a change of kind with content, a state in use gone */
};
/* Inside store_read or store_write. */
enum err pack_diff(struct ctx *ctx, const struct model *m, struct pack_step **ret_steps, size_t *ret_n);
/* Inside store_write: runs the steps; ERR_CONFLICT with problems when a destructive one is there
 * and allow_drop is false. Before an allowed one a copy of the organisation is made in the data folder's
 * backups/; can't it be made, nothing is done. Records the pack texts and the change. */
enum err pack_apply(struct ctx *ctx, const struct model *m, const struct pack_text *texts, size_t n, bool allow_drop);

/* The same; every text that is another one is kept as a version with the note. */
struct pack_put {
	bool allow_drop;
	bool derived;     /* what goes is worked out from what stays: no copy first */
	const char *note; /* NULL: none */
	int64_t change;   /* set: the row of pack_change */
	const char *copy; /* set: "backups/…", made before something with content went; NULL: nothing went */
};
enum err pack_put(struct ctx *ctx, const struct model *m, const struct pack_text *texts, size_t n,
                  struct pack_put *put);

/* ---- pack_version.c: the texts a file has had ------------------------------------------------------ */

/* was NULL: the file is new; now NULL: it goes. A file whose earlier text was never kept gets that first. */
enum err pack_version_add(struct ctx *ctx, const struct pack_text *was, const struct pack_text *now,
                          const struct pack_put *put);
struct pack_version {
	int64_t id, at, actor;
	const char *pack, *path, *note;
	const char *body; /* NULL: the file was taken away */
};
enum err pack_version_load(struct ctx *ctx, int64_t id, struct pack_version *ret_version);
/* The one before it of the same file; ERR_NOT_FOUND. */
enum err pack_version_before(struct ctx *ctx, const struct pack_version *v, struct pack_version *ret_version);
/* What differs, as a unified diff with three lines around; "" where nothing does. */
const char *text_diff(struct arena *a, const char *name, const char *before, const char *after);

/* The model as the API shows it to this user (labels, fields, rights): GET /api/v1/model. */
enum err model_write_json(struct ctx *ctx, struct json_out *out);

#endif

/*
 * declare.h: inside of do_declared.c, do_declare.c, declare_text.c and do_calendars.c: one declaration of the packs, as
 * it stands, and as it would be.
 */
#ifndef SHOUWEN_HTTP_DECLARE_H
#define SHOUWEN_HTTP_DECLARE_H

#include "http/request.h"
#include "model/pack.h"
#include "model/splice.h"

enum { DECLARATION_BYTES_MAX = 1 << 20 };

struct declare {
	struct request *rq;
	struct answer *an;
	/* asked */
	const char *section, *name, *type; /* type: of clocks and rules; else NULL */
	const char *pack, *path;           /* where it is said to stand, or to have stood; NULL: wherever it is */
	const char *yaml, *note;           /* yaml NULL: as JSON */
	const json_t *json;
	bool remove;
	/* found, made anew each time declare_texts runs */
	struct yaml_node *tree;
	struct pack_text *texts; /* all, with the change in place */
	size_t n;
	struct pack_text file;   /* as it would be; body NULL: it goes */
	const char *before;      /* the file's text; NULL: it is new */
	const char *shown;       /* the declaration's own text afterwards */
	int line;                /* of its first line in the file afterwards */
	struct yaml_fault fault; /* what was sent is no YAML; message[0] 0: it is */
	struct model *model;     /* with it in force; NULL: it does not fit */
	struct pack_report report;
	int64_t change;
};

bool section_known(const char *section);
/* Types' own: clocks and rules. */
bool section_of_type(const char *section);
/* The file that has it; false: none has. Inside store_read or store_write. */
bool declare_find(struct ctx *ctx, const struct pack_text *texts, size_t n, const struct declare *d, size_t *ret_text,
                  struct spot *ret_spot);
/* Its name is one as packs have them (it becomes part of a path), its type is there. */
enum err declare_name(struct ctx *ctx, const struct declare *d);
/* The texts with the change in place. ERR_NOT_FOUND: nothing of that name is there to take out. Problems are noted
 * where it can't be done; d->fault where what was sent can't be read. */
enum err declare_texts(struct ctx *ctx, struct declare *d);
/* And the model they make; ERR_INVALID with d->report. The reference is the arena's. */
enum err declare_model(struct ctx *ctx, struct declare *d);
/* Puts it in force. A request_write of its own; then the house is to be loaded again. */
enum err declare_save(struct ctx *ctx, struct declare *d);
/* What it would do: an object, or null. Inside store_read. */
enum err declare_effect(struct ctx *ctx, const struct declare *d, struct json_out *out);
/* The model's reference is the arena's from here on. */
void model_until_clear(struct ctx *ctx, struct model *m);
/* The report's faults as problems of the answer. */
void report_problems(struct ctx *ctx, const struct pack_report *report);

#endif

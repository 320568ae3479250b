/*
 * print.h: a record as a paper form: A4 PDF from the pack's grid (docs/PACKS.md, print/FORM.yaml).
 *
 * What is printed is what this user may see; confidential fields are never printed. The drawing (cairo,
 * pango, fonts) is done by a child process, so that its memory and its faults are not the server's.
 */
#ifndef SHOUWEN_REPORT_PRINT_H
#define SHOUWEN_REPORT_PRINT_H

#include "base/json.h"
#include "model/model.h"
#include "model/record.h"

/* The form's content as JSON for the drawer: see draw.c for its shape. Inside store_read. ERR_NOT_FOUND when the
 * record isn't his to see or the type has no such form. */
enum err print_content(struct ctx *ctx, const struct type *t, int64_t id, const char *form, struct json_out *out);
/* How a form is drawn besides. */
struct print_how {
	const char *number; /* its own, as issued; NULL: the record's stands there, and it is only printed */
	int version;        /* as issued: 1 … */
	const char *logo;   /* path of a PNG; NULL: none */
};
/* The same as print_pdf; one that is issued logs nothing itself. */
enum err print_pdf_as(struct ctx *ctx, const struct type *t, int64_t id, const char *form, const struct print_how *how,
                      const char *program, const char *path);
/* Does he see, or may he reveal, all that the form shows of the record? Inside store_read. */
enum err print_seen(struct ctx *ctx, const struct record *r, const struct print_form *form, bool *ret_seen);
/* The whole: reads, draws into a new file at `path`, logs an event `printed`. `program`: the binary that has the
 * sub-command `draw-form` ("/proc/self/exe"). ERR_BUSY when drawing takes too long. */
enum err print_pdf(struct ctx *ctx, const struct type *t, int64_t id, const char *form, const char *program,
                   const char *path);
/* "投诉-TS20261122-0001-客户投诉处理单.pdf" is the caller's; this gives the form's label. */
const struct print_form *print_form_of(const struct type *t, const char *form);

/* A report of figures on paper: as this user may count it. Drawn into a new file at `path`. */
enum err report_print_pdf(struct ctx *ctx, const char *name, const char *at, const struct print_how *how,
                          const char *program, const char *path);

/* print.c, for figures_print.c: who sends it, and the child that draws. */
struct yaml_node;
struct buf;
void print_letterhead(struct ctx *ctx, const struct yaml_node *root, const struct print_how *how, struct json_out *out);
enum err print_draw(struct ctx *ctx, const struct buf *content, const char *program, const char *path);

/* The child's side: JSON text in, PDF written to `path`. 0, or 1 with a message on stderr. */
int draw_form(const char *json, size_t len, const char *path);

#endif

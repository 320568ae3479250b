/*
 * issue.h: forms as they were issued: a PDF with a number of its own that is kept and never made anew. One issued
 * again replaces the one before; both stay.
 */
#ifndef SHOUWEN_REPORT_ISSUE_H
#define SHOUWEN_REPORT_ISSUE_H

#include "report/print.h"

/* The file of setting company.logo by its digest; NULL: none, or no PNG. Inside store_read. */
enum err print_logo(struct ctx *ctx, const char **ret_digest);

struct issue {
	const struct type *type;
	int64_t record;
	const char *form, *reason; /* reason NULL: none is given */
	int64_t replaces;          /* an issued_form; 0: none */
	/* set by issue_begin */
	const char *number;
	int version;
	const char *logo; /* digest of the file of setting company.logo; NULL: none */
	/* before issue_end */
	const char *digest;
	int64_t size;
	/* set by issue_end */
	int64_t id, file;
};
/* May he, and under which number? Inside store_write: the number is gone then, whatever comes after. */
enum err issue_begin(struct ctx *ctx, struct issue *i);
/* Its row, its file, its event. Inside store_write. */
enum err issue_end(struct ctx *ctx, struct issue *i);

/* {"rows":[{id,form,label,number,version,at,actor,file,reason,replaces,replaced}]}, newest first: those he issued
 * himself, and those that show nothing he doesn't see in the clear. Inside store_read. */
enum err issued_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out);
/* Is the file a form that was issued, and may he see it? Inside store_read. */
enum err issued_seen(struct ctx *ctx, const struct record *r, int64_t file, bool *ret_issued, bool *ret_seen);

#endif

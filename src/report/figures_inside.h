/* figures_inside.h: inside figures*.c: a report that is being counted. */
#ifndef SHOUWEN_REPORT_FIGURES_INSIDE_H
#define SHOUWEN_REPORT_FIGURES_INSIDE_H

#include "base/json.h"
#include "model/filter.h"
#include "model/yaml_tree.h"

enum { FIGURES_MAX = 100, COUNT_STOP = 10000000 };

struct figure {
	const char *key;
	const struct type *type; /* NULL: a percentage */
	const char *where;
	const struct field *sum; /* NULL: the records are counted */
	int64_t value;
	bool none; /* nothing to divide by, or not his to see */
};

struct page {
	struct yaml_node *root;
	bool month;
	int year, mon, day;
	int64_t from, to;
	struct figure figures[FIGURES_MAX];
	size_t n_figures;
};

/* A label in the reader's language; "" where there is none. */
const char *report_words(struct ctx *ctx, const struct yaml_node *n);
int64_t report_day(struct ctx *ctx, int year, int month, int day);
/* "" is all. The text comes from a pack: one that can't be read is ERR_CONFLICT. */
enum err report_filter(struct ctx *ctx, const struct type *t, const char *where, struct filter **ret_filter);
enum err report_count(struct ctx *ctx, const struct type *t, const char *where, int64_t *ret_n);
/* figures_grid.c: a section's table, or null where its rows are hidden from him. */
enum err report_table_json(struct ctx *ctx, const struct page *p, const struct yaml_node *n, struct json_out *out);

#endif

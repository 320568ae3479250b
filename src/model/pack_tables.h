/*
 * pack_tables.h: inside model/: the tables, columns and indexes that a model wants. One function
 * says it all, pack_diff compares it with what is there.
 */
#ifndef SHOUWEN_MODEL_PACK_TABLES_H
#define SHOUWEN_MODEL_PACK_TABLES_H

#include "model/model.h"
#include "store/store.h"

struct table_index {
	const char *name;
	const char *table;
	const char *columns[3];
	size_t n;
	bool unique;
};

struct table_column {
	struct column column;
	const struct field *field; /* NULL: the table's own, such as version, parent, pos */
	bool key;                  /* the sort key NAME__key of field */
};

struct table_plan {
	const char *name;
	const struct type *type;
	const struct field *field;    /* a side table; NULL: the type's own */
	struct table_column *columns; /* without id */
	size_t n_columns;
	struct table_index *indexes;
	size_t n_indexes;
};

/* All tables of a model, types' own first. */
void tables_of(struct arena *a, const struct model *m, struct table_plan **ret_plans, size_t *ret_n);
const struct table_plan *tables_find(const struct table_plan *plans, size_t n, const char *name);

#endif

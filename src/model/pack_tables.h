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

const struct table_column *table_column(const struct table_plan *p, const char *name);
/* A name of at most 63 bytes made of parts joined with "__"; long ones end in a digest. */
const char *table_join(struct arena *a, const char *first, const char *second, const char *third);
/* Is there an index (column, stage, id) besides (column, id)? Its name. */
bool column_has_stage_index(const struct type *t, const char *column);
const char *stage_index_name(struct arena *a, const char *table, const char *column);
/* That of (stage, id, team), which every type with work has. */
const char *stage_teams_index_name(struct arena *a, const char *table);

/* pack_content.c: may a column stay when its field becomes another kind? */
struct kind_change {
	bool safe;          /* every value there is one of the new kind, as it lies */
	bool empty;         /* there are no values */
	const char *reason; /* not safe: why, in words */
};
enum err content_there(struct ctx *ctx, const char *table, const char *column, bool *ret_there);
enum err content_change(struct ctx *ctx, const char *table, const char *column, const struct field *from,
                        const struct field *to, struct kind_change *ret_change);
/* Rows whose value is this one (of choices: among others). */
enum err content_count(struct ctx *ctx, const char *table, const char *column, bool listed, const char *value,
                       int64_t *ret_n);
enum err content_doubles(struct ctx *ctx, const char *table, const char *column, int64_t *ret_n);

/* pack_diff.c: with the plans that the steps speak of. */
struct pack_plan {
	struct table_plan *tables;
	size_t n_tables;
	struct pack_step *steps;
	size_t n_steps;
};
enum err pack_plan(struct ctx *ctx, const struct model *m, struct pack_plan *ret_plan);

/* The column of a table by whose record a former choice is told: a link to a type with a `code`. NULL: none. */
const struct field *lines_link(const struct field *table);

/* pack_fill.c: what derived columns and rows need after a step. */
enum err fill_sort_key(struct ctx *ctx, const char *table, const char *column, const char *key);
enum err fill_renamed_type(struct ctx *ctx, const struct model *m, const struct type *t, const char *from);
/* What was chosen is kept until its lines are made (flow/kept.c). */
enum err fill_kept_choices(struct ctx *ctx, const struct type *t, const struct pack_step *s);
enum err fill_dropped_type(struct ctx *ctx, const char *type);

#endif

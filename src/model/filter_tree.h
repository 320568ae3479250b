/*
 * filter_tree.h: the inside of a filter, for the filter*.c files only. Everybody else uses
 * filter.h.
 *
 * The tree is canonical: groups are flat (no AND directly inside an AND), have at least two
 * members, and `a != v`, `a not in …`, `a is not empty` are FILTER_NOT over the plain leaf. So two
 * texts with the same meaning word for word print alike.
 */
#ifndef SHOUWEN_MODEL_FILTER_TREE_H
#define SHOUWEN_MODEL_FILTER_TREE_H

#include "model/filter.h"

enum filter_op {
	FILTER_ALL,
	FILTER_AND,
	FILTER_OR,
	FILTER_NOT,
	FILTER_EQ,
	FILTER_LT,
	FILTER_LE,
	FILTER_GT,
	FILTER_GE,
	FILTER_IN,
	FILTER_CONTAINS,
	FILTER_EMPTY,
	FILTER_ANY,
	FILTER_NONE,
	FILTER_COUNT,
};

/* What names lead to: `up` scopes outwards, through links, to a field or (in any, none, count) a list. */
struct filter_path {
	int up;
	const struct field **links;
	size_t n_links;
	const struct field *field;   /* the last field; in list leaves a LINKS or TABLE field, or NULL */
	const struct list_def *list; /* list leaves: a reverse link, or NULL */
};

enum filter_value_kind {
	FILTER_LITERAL, /* v, as the field on the left stores it (a date-time may also hold a date text) */
	FILTER_ME,
	FILTER_MY_TEAMS,
	FILTER_MY_UNITS,     /* my teams and all below them */
	FILTER_SHARED_TEAMS, /* teams whose acceptance is shared with mine */
	FILTER_PARAMETER,
	FILTER_NOW,
	FILTER_TODAY,
	FILTER_PATH,
};

struct filter_value {
	enum filter_value_kind kind;
	struct value v;
	const struct parameter *parameter; /* FILTER_PARAMETER, and the duration of now and today */
	const char *duration;              /* now, today: "3d", or NULL */
	bool negative;
	struct filter_path path;
};

/* One of the three that stand for several teams: its name; NULL for all other kinds. */
const char *filter_teams_name(enum filter_value_kind kind);
struct filter {
	enum filter_op op;
	unsigned depth, size; /* of the tree below, this node included */
	struct filter **kids; /* AND, OR; NOT: one; list leaves: none or one */
	size_t n;
	struct filter_path path;     /* leaves */
	struct filter_value *values; /* EQ…GE, CONTAINS, COUNT: one; IN: several */
	size_t n_values;
	enum filter_op compare; /* COUNT */
};

/* `field in @my_teams` and the like. */
static inline bool filter_in_teams(const struct filter *f)
{
	return f->op == FILTER_IN && f->n_values == 1 && filter_teams_name(f->values[0].kind) != NULL;
}

/* ---- kinds in classes: what may be compared with what (filter_names.c) ----------------------- */

enum filter_class {
	CLASS_TEXT,
	CLASS_NUMBER,
	CLASS_TRUTH, /* flags and computed fields */
	CLASS_DATE,
	CLASS_INSTANT,
	CLASS_CHOICE,
	CLASS_CHOICES,
	CLASS_LINK,
	CLASS_LINKS,
	CLASS_FILES,
	CLASS_TABLE,
};

enum filter_class filter_class(const struct field *f);
int filter_scale(const struct field *f);
bool filter_same_options(const struct field *a, const struct field *b);
bool filter_is_reserved(const char *word, size_t len);
const char *filter_op_sign(enum filter_op op); /* "=", "<" …; NULL for others */
bool filter_op_of_sign(const char *sign, size_t len, enum filter_op *ret_op, bool *ret_negated);

/* ---- reading, shared by text and JSON -------------------------------------------------------- */

struct filter_reader {
	struct arena *arena;
	const struct model *model;
	struct filter_fault *fault;
	const struct type *any_work; /* what a link to `work` shows of its target; made when needed */
};

/* Where names are looked up: a type's record, or a line of a table field. */
struct filter_scope {
	const struct type *type;
	const struct field *table;
	const struct filter_scope *up;
};

/* A value as written, before the field says what it must be. */
enum raw_kind {
	RAW_NUMBER,
	RAW_TEXT,
	RAW_WORD,
	RAW_PATH,
	RAW_TRUE,
	RAW_FALSE,
	RAW_DATE,
	RAW_DURATION,
	RAW_NOW,
	RAW_TODAY,
	RAW_VAR
};
struct raw_value {
	enum raw_kind kind;
	size_t at;
	const char *s; /* the word, the digits with their sign, the text unescaped, the variable without @ */
	size_t len;
	const char *duration; /* NOW, TODAY: "3d" or "@name" or NULL */
	bool negative;
	bool json; /* from JSON: texts may stand for options, dates, ids and decimals */
};

enum err filter_fail(struct filter_reader *rd, size_t at, const char *code, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* How many bytes of a word to show in a message (whole characters, at most 60). */
int filter_clip(const char *s, size_t len);

enum err filter_path_resolve(struct filter_reader *rd, const struct filter_scope *scope, const char *s, size_t len,
                             size_t at, struct filter_path *ret_path);
/* A list: reverse link, links or table field; ret_inner is the scope of its members. */
enum err filter_list_resolve(struct filter_reader *rd, const struct filter_scope *scope, const char *s, size_t len,
                             size_t at, struct filter_path *ret_path, struct filter_scope *ret_inner);
/* May the operator stand after this field? */
enum err filter_check_op(struct filter_reader *rd, const struct field *f, enum filter_op op, size_t at);
enum err filter_value_check(struct filter_reader *rd, const struct filter_scope *scope, const struct field *left,
                            enum filter_op op, const struct raw_value *raw, struct filter_value *ret_value);
enum err filter_count_check(struct filter_reader *rd, const struct raw_value *raw, struct filter_value *ret_value);

struct filter *filter_leaf(struct filter_reader *rd, enum filter_op op, const struct filter_path *path);
/* Builds a group, flat; checks depth and size. n = 1 gives the member itself. */
enum err filter_group(struct filter_reader *rd, enum filter_op op, struct filter **kids, size_t n, size_t at,
                      struct filter **ret_filter);
enum err filter_negate(struct filter_reader *rd, struct filter *f, size_t at, struct filter **ret_filter);
/* any, none, count: sets the member condition (NULL: none) and the sizes. */
enum err filter_set_sub(struct filter_reader *rd, struct filter *leaf, struct filter *sub, size_t at);

/* ---- text (filter_print.c) ----------------------------------------------------------------- */

void filter_path_write(struct buf *out, const struct filter_path *p);

/* ---- durations (duration.c) ------------------------------------------------------------------ */

enum duration_unit { UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_BUSINESS_DAY };
bool duration_parse(const char *s, size_t len, int *ret_n, enum duration_unit *ret_unit);
/* A date plus a duration of days, weeks, months or business days. */
enum err duration_add_date(struct ctx *ctx, const char *date, const char *duration, bool negative, char out[11]);

/* ---- values in use (filter_resolve.c) -------------------------------------------------------- */

/* What a comparison with a non-path value comes to for this ctx: the operator may change (a date
 * with an instant in the middle of a day), `never` says that it is false whatever the field holds. */
struct filter_plain {
	enum filter_op op;
	struct value v;
	bool never;
};
enum err filter_resolve(struct ctx *ctx, const struct field *left, enum filter_op op, const struct filter_value *value,
                        struct filter_plain *ret_plain);
/* All the plain values of EQ, IN, or of an order comparison of a choice, without doubles.
 * ret_paths: some values are paths and are not among them. */
enum err filter_points(struct ctx *ctx, const struct filter *f, struct value **ret_values, size_t *ret_n,
                       bool *ret_paths);
/* Does the option of this rank fulfil `op option of rank`? */
bool filter_rank_holds(enum filter_op op, int64_t a, int64_t b);

/* ---- SQL (filter_sql.c, filter_sql_list.c) --------------------------------------------------- */

/* Who a name belongs to while SQL is written: a table's alias, or a record in memory. */
struct filter_frame {
	const char *alias;
	const struct record *record;
	const struct record_line *line;
	const struct filter_frame *up;
};

struct filter_sql {
	struct ctx *ctx;
	struct sql *q;
	filter_inside *inside;
	int n_aliases;
	int n_computed; /* computed fields inside computed fields, guarded */
};

enum { FILTER_COMPUTED_DEPTH = 16 };

enum err filter_sql_node(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated);
enum err filter_sql_list(struct filter_sql *s, const struct filter_frame *fr, const struct filter *f, bool negated);
enum err filter_sql_access(struct filter_sql *s, const struct type *target, const char *alias);
const char *filter_sql_alias(struct filter_sql *s);
const struct filter_frame *filter_frame_up(const struct filter_frame *fr, int up);
void filter_sql_column(struct filter_sql *s, const struct filter_frame *fr, const struct field *f);
void filter_sql_id(struct filter_sql *s, const struct filter_frame *fr);
void filter_sql_ids(struct filter_sql *s, const struct value *list); /* ` in (…)`, also for none */
void filter_sql_sign(struct filter_sql *s, enum filter_op op);
/* Opens `exists (select 1 from … where …` for each link of the path; ret_frame is where its field
 * lives, ret_open how many `)` are owed. */
enum err filter_sql_links(struct filter_sql *s, const struct filter_frame *fr, const struct filter_path *p,
                          const struct filter_frame **ret_frame, size_t *ret_open);
void filter_sql_close(struct filter_sql *s, size_t n);
/* A field's value in a frame that is a record or line in memory. */
struct value filter_frame_value(const struct filter_frame *fr, const struct field *f);

#endif

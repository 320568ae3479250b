/*
 * pack_load.h: inside the loader only. Files are parsed to trees first, then types get their
 * names, then their fields, then everything that names fields; filters and values are read last,
 * when all that they may name is there.
 */
#ifndef SHOUWEN_MODEL_PACK_LOAD_H
#define SHOUWEN_MODEL_PACK_LOAD_H

#include "model/filter.h"
#include "model/model.h"
#include "model/pack.h"
#include "model/yaml_tree.h"

struct source { /* the texts of one type: its own file, then `extend:` ones */
	struct yaml_node **parts;
	size_t n;
};

struct wish { /* a filter to be parsed when all fields are there */
	const struct yaml_node *node;
	const char *text;         /* instead of the node's; NULL: as it stands there */
	const struct type *outer; /* whose record `outer.` names; NULL: none */
	const struct type *type;
	struct filter **dest;
};

struct value_wish { /* a value text to be checked likewise */
	const struct yaml_node *node;
	const char *text;
	const struct type *type;   /* the record it is evaluated for; NULL: none */
	const struct field *field; /* what it is for; NULL: a user or a team */
	const struct type *outer;  /* `outer.` names; NULL: none */
	const struct field *line;  /* a table whose columns `line.` names; NULL: none */
	bool inputs;               /* may name inputs of the type */
};

struct loader {
	struct arena *arena;   /* the model's */
	struct arena *scratch; /* trees and the report */
	struct model *m;
	struct pack_report report;
	size_t report_cap;
	const struct pack_text **texts; /* in the order of needs */
	struct yaml_node **docs;        /* by text; NULL where the file could not be read */
	size_t n_texts;
	struct source *sources; /* by type->at */
	struct wish *wishes;
	size_t n_wishes, cap_wishes;
	struct value_wish *values;
	size_t n_values, cap_values;
};

/* ---- pack_load_util.c -------------------------------------------------------------------------- */

/* Note a finding at a node; the second form does not refuse the pack. */
void load_fault(struct loader *l, const struct yaml_node *at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void load_warn(struct loader *l, const struct yaml_node *at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void load_fault_at(struct loader *l, const struct yaml_doc *doc, int line, int column, bool warning,
                   const char *message);

bool load_is_map(struct loader *l, const struct yaml_node *node, const char *what);
/* Unknown keys of a map are faults; `known` is space-separated. False if it is no map. */
bool load_keys(struct loader *l, const struct yaml_node *map, const char *what, const char *known);
bool load_name_ok(struct loader *l, const struct yaml_node *at, const char *name, const char *what);
/* The one of n words nearest to `word` (", did you mean `x`?"), or "". */
const char *load_nearest(struct loader *l, const char *word, const char *const *words, size_t n);
const char *load_nearest_field(struct loader *l, const struct type *t, const char *word);
struct label load_label(struct loader *l, const struct yaml_node *node, const char *fallback);
const char *load_text(struct loader *l, const struct yaml_node *map, const char *key); /* model's arena; NULL: none */
bool load_flag(struct loader *l, const struct yaml_node *map, const char *key);
/* A list of words, or one word. */
const char **load_words(struct loader *l, const struct yaml_node *node, const char *what, size_t *ret_n);
const struct yaml_node *load_item(const struct yaml_node *node, size_t i); /* the i-th of a list, or the one word */
bool load_duration_ok(const char *s);
/* As a clock counts it, or @ and a parameter that is one. */
bool load_span_ok(const struct loader *l, const char *s);
/* "500.00" with scale 2 is 50000. */
bool load_decimal(const char *s, int scale, int64_t *ret_v);
void load_filter(struct loader *l, const struct yaml_node *node, const struct type *t, struct filter **dest);
void load_wish(struct loader *l, struct wish wish);
void load_value(struct loader *l, struct value_wish wish);
/* Parses all filters that were asked for. */
void load_grant_filters(struct loader *l);

/* Walks a section of a type over its own file and all extensions. */
struct walk {
	struct loader *l;
	const struct source *source;
	const char *section;
	bool list; /* a list of maps rather than a map of named things */
	size_t part, i;
	const struct yaml_node *key, *value; /* key: NULL in lists */
	const char *name;                    /* key's text in the model's arena; NULL in lists */
};
struct walk walk_start(struct loader *l, const struct type *t, const char *section, bool list);
bool walk_next(struct walk *w);
size_t walk_count(struct loader *l, const struct type *t, const char *section);
/* The first part that has the key. */
const struct yaml_node *source_get(const struct loader *l, const struct type *t, const char *key);

/* ---- sections ---------------------------------------------------------------------------------- */

void load_packs(struct loader *l); /* pack.yaml files; puts texts and docs in the order of needs */
const struct role *load_role(const struct loader *l, const char *role);
void load_rail(struct loader *l); /* after the types */

void load_type_names(struct loader *l);
void load_type_head(struct loader *l, struct type *t); /* labels, uses, states */
void load_type_tail(struct loader *l, struct type *t); /* title, inputs, lists, parties */

void load_fields(struct loader *l, struct type *t);
/* One field from its node; `within` is "fields", "inputs" or "columns". */
void load_field(struct loader *l, struct field *f, const char *name, const struct yaml_node *node, const char *within);
void load_field_filters(struct loader *l, struct type *t);
/* pack_load_compute.c: `compute:`; its flags with the field, the rest when all fields are there. */
void load_compute_flags(struct loader *l, struct field *f, const struct yaml_node *node);
void load_computes(struct loader *l, struct type *t);
void load_options(struct loader *l, struct field *f, const struct yaml_node *node);

/* `uses: [work]`: a field by name (false: none of that name); all names end with NULL. */
bool work_field(const struct type *t, const char *name, struct field *ret_field);
extern const char *const work_field_names[];
extern const char *const base_field_names[];
void work_inputs(struct loader *l, struct type *t, size_t cap);
void work_parties(struct loader *l, struct type *t);
size_t work_transitions(struct loader *l, struct type *t); /* appended to t->transitions */
enum { WORK_FIELDS_MAX = 20, WORK_INPUTS_MAX = 3, WORK_PARTIES_MAX = 5, WORK_TRANSITIONS_MAX = 5 };

/* A text as if it stood where `like` stands. */
struct yaml_node *load_made_text(struct loader *l, const struct yaml_node *like, const char *text);

/* `duplicates:` and the field it brings. */
bool same_is_declared(struct loader *l, const struct type *t);
struct field same_field(const struct type *t);
void load_same(struct loader *l, struct type *t);

void load_transitions(struct loader *l, struct type *t);
void load_plans(struct loader *l, struct type *t);
void load_rules(struct loader *l, struct type *t); /* after its clocks */
void load_rule_files(struct loader *l);            /* those of no type */
void load_clocks(struct loader *l, struct type *t);
void load_clock_hides(struct loader *l, struct type *t); /* after its access lines */
size_t clock_fields_count(struct loader *l, const struct type *t);
void load_clock_fields(struct loader *l, struct type *t);
void load_calendars(struct loader *l); /* before the types */
void load_notices(struct loader *l);   /* before the types */
void load_duties(struct loader *l);    /* after the types */
void load_approvals(struct loader *l); /* after the types */
void load_queues(struct loader *l);    /* after the types */
void load_reports(struct loader *l);   /* after the types */
/* Where it stands, and the digest of what is written there and in `more`. key: NULL if it has none. */
struct declared load_declared(struct loader *l, const struct yaml_node *key, const struct yaml_node *node,
                              const struct yaml_node *const *more, size_t n_more);
struct action *load_actions(struct loader *l, struct type *t, const struct yaml_node *node, bool inputs, size_t *ret_n);
struct pair_frame {                /* whose fields `set:` names, and where its values come from */
	const struct type *target; /* NULL: behind a link to `work` */
	const struct field *table; /* APPEND: its columns instead */
	const struct type *from;
	const struct field *line; /* its lines make records: values may name `line.COLUMN` */
	const struct type *outer; /* values may name `outer.` besides `from` (FILL) */
	bool inputs;              /* values may name inputs of `from` */
	bool making;              /* a new record: more may be set, and `outer.` is `from` */
};
struct pair *load_pairs(struct loader *l, const struct yaml_node *map, const struct pair_frame *frame, size_t *ret_n);
/* pack_load_beyond.c: the actions notify, mail and sms; escalate; webhook; fill; and `each` of create. */
void load_tell(struct loader *l, const struct type *t, const struct yaml_node *node, const char *word,
               struct action *a);
/* `field:NAME` must lead to people: a link to a user or a team, links to users, also in a table or behind a link. */
void load_field_who(struct loader *l, const struct type *t, const struct yaml_node *node, const char *name);
void load_escalate(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a);
void load_webhook(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a);
void load_fill(struct loader *l, const struct type *t, const struct yaml_node *node, struct action *a);
const struct field *load_each(struct loader *l, const struct type *t, const struct yaml_node *node, bool inputs,
                              struct action *a);
/* Fields that only the program writes, whatever a pack says. */
bool field_is_kept(const struct field *f);

void load_alike(struct loader *l, struct type *t); /* path, asides, alike: pack_load_alike.c */
void load_access(struct loader *l, struct type *t);
void load_merge_access(struct loader *l, struct type *t); /* lines of one role become one */
void load_views(struct loader *l, struct type *t);
void load_form(struct loader *l, struct type *t);
void load_prints(struct loader *l, struct type *t);
/* A field path `field` or `link.field` from t; NULL and a fault when there is none. */
const struct field *load_path(struct loader *l, const struct type *t, const struct yaml_node *node);

void load_check_values(struct loader *l);
void pack_check(struct loader *l); /* what holds for the model as a whole: pack_check.c */

/* ---- names in the database: pack_tables.c -------------------------------------------------------- */

bool table_is_system(const char *name);
/* A name of at most 63 bytes made of parts joined with "__": also in pack_tables.h */
const char *table_join(struct arena *a, const char *first, const char *second, const char *third);

#endif

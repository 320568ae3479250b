/*
 * parts.h: what a type is made of: fields, states, transitions with what they ask and do, lists, access, views, forms,
 * plans, rules. As declared in packs, owned by the model they belong to (model.h); read by everybody, changed by
 * nobody.
 */
#ifndef SHOUWEN_MODEL_PARTS_H
#define SHOUWEN_MODEL_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/recur.h"

struct compute;      /* model/compute.h */
struct filter;       /* model/filter.h */
struct sql_text;     /* store/store.h */
struct rights_cache; /* model/rights.h */
struct type;

struct label {
	const char *zh; /* never NULL: the name itself if nothing was declared */
	const char *en;
};

enum field_kind {
	FIELD_TEXT,      /* one line */
	FIELD_LONG_TEXT, /* lines */
	FIELD_PHONE,     /* text of digits; lookup by tail */
	FIELD_EMAIL,
	FIELD_NUMBER,   /* integer scaled by 10^scale */
	FIELD_MONEY,    /* number with scale 2, a string on the wire */
	FIELD_FLAG,     /* 0/1; empty counts as false */
	FIELD_DATE,     /* TEXT YYYY-MM-DD */
	FIELD_DATETIME, /* INT ms UTC */
	FIELD_CHOICE,   /* TEXT, the option's name; order of options is real */
	FIELD_CHOICES,  /* TEXT column " a b "; VALUE_LIST of names in C */
	FIELD_LINK,     /* INT id of a record of type `to` (or of any work type when to is "work") */
	FIELD_LINKS,    /* several; side table TYPE__FIELD (id, parent, pos, target) */
	FIELD_FILES,    /* TEXT column " 12 13 " of file ids; VALUE_LIST of ints in C */
	FIELD_TABLE,    /* lines; side table TYPE__FIELD (id, parent, pos, columns…) */
	FIELD_COMPUTED, /* a filter's truth, never stored */
};

enum lookup_kind { /* bits */
	           LOOKUP_PINYIN = 1,
	           LOOKUP_TAIL = 2,
	           LOOKUP_PLATE = 4,
	           LOOKUP_ROOM = 8,
	           LOOKUP_CODE = 16,
};

struct option {
	const char *name;
	struct label label;
	bool retired; /* still valid on old records, no longer offered */
};

enum field_flag {                     /* bits */
	          FIELD_REQUIRED = 1, /* must not be empty when a record is made or changed */
	          FIELD_SEARCH = 2,   /* goes into the full-text index */
	          FIELD_SORT = 4,     /* lists may sort by it (indexed) */
	          FIELD_UNIQUE = 8,
	          FIELD_SYSTEM = 16,       /* written by flow only: state, number, owner … */
	          FIELD_CONFIDENTIAL = 32, /* inner judgement: never printed, never shown to a customer */
	          FIELD_MULTILINE = 64,
	          FIELD_WARNING = 128, /* flag, computed: where true its label warns at lookup, glance and intake */
	          FIELD_BASE = 256,    /* id, version, created_at, created_by, updated_at: the last five of every type,
	                                  FIELD_SYSTEM,    with columns of those names */
	          FIELD_DERIVED = 512, /* clock_NAME_due, clock_NAME_state, what is computed: written with the record,
	                                  made anew by rebuild */
};

enum { BASE_FIELDS = 5 };

struct field {
	const char *name;
	struct label label;
	struct label help; /* may be {NULL, NULL} */
	enum field_kind kind;
	unsigned flags;        /* enum field_flag */
	unsigned lookups;      /* enum lookup_kind */
	const struct type *of; /* the type that owns it (a table field's columns: that field's type) */
	int at;                /* index in type->fields, and in record->values */
	const char *column;    /* NULL if it has no column in the type's table */
	const char *was;       /* former name, for a rename */
	int scale;             /* NUMBER, MONEY */
	size_t max_chars;      /* TEXT, LONG_TEXT */
	bool has_min, has_max;
	int64_t min, max;
	const char *unit;
	struct option *options; /* CHOICE, CHOICES */
	size_t n_options;
	const char *to;            /* LINK, LINKS: type name, or "work" */
	const struct type *target; /* NULL when to is "work" */
	const char *side_table;    /* LINKS, TABLE */
	struct field *columns;     /* TABLE: its columns as fields (at counts within the table) */
	size_t n_columns;
	struct filter *is;          /* COMPUTED */
	struct filter *show;        /* form visibility; NULL: always */
	struct filter *needed_when; /* `required_when` */
	const char *preset;         /* default for a new record: literal, or "now", "today", "@me" */
	struct compute *compute;    /* NUMBER, MONEY: worked out from others (model/compute.h); NULL: not */
	const char *json_key;       /* "NAME":null, made once: as it begins a member, and whole where it is empty */
	size_t key_len, none_len;
	const struct sql_text *side_sql; /* LINKS, TABLE: reads its rows */
};

/* Ranks of the options of `priority`, which types with `work` have. */
enum { STATE_BITS = 64 };
enum { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_URGENT };

enum stage { STAGE_NONE = 0, STAGE_OPEN, STAGE_PAUSED, STAGE_DONE, STAGE_FINAL };

struct state {
	const char *name;
	struct label label;
	struct label say; /* what to tell the customer; may be {NULL, NULL} */
	enum stage stage;
};

/* Something a transition asks for: a field of the record, or an input kept in the event only. */
struct ask {
	const struct field *field;
	bool is_input; /* declared under `inputs`, not a column */
	bool required;
	const char *preset;       /* what its form begins with, as a default is written; NULL: nothing */
	const struct field *from; /* or: what this field of the record holds */
};

enum action_kind {
	ACTION_SET, /* field = value text (literal, now + 3d, @me, other field) */
	ACTION_CLEAR,
	ACTION_ASSIGN,         /* owner and team, from inputs or value */
	ACTION_CREATE,         /* make a record of type `target` with `set` pairs and link back by `by` */
	ACTION_NOTIFY,         /* a notice to: owner, first_owner, creator, lead, team, role:NAME */
	ACTION_COUNT,          /* number field + 1 */
	ACTION_CLOSE_PROMISES, /* open promises of the record become kept or withdrawn */
	ACTION_APPEND,         /* add a line to a table field from inputs */
	ACTION_PASS,           /* do a transition on the linked record or on a list of records */
	ACTION_HAND_OVER,
	ACTION_ACCEPT,
	ACTION_REFUSE,
	ACTION_TAKE,          /* the owner chain */
	ACTION_UPDATE_LINKED, /* set fields of a linked record (e.g. ticket.result from task) */
	ACTION_DO,            /* a transition of the record itself, by the system */
	ACTION_MAIL,          /* an e-mail */
	ACTION_SMS,
	ACTION_ESCALATE, /* to the next of `words` */
	ACTION_WEBHOOK,
	ACTION_FILL, /* lines of a table field from other records */
};

struct pair { /* field = value text, as written in the pack */
	const char *name;
	const char *value;
};

/*
 * What the members hold, by kind (checked by the loader):
 *   SET set · CLEAR set (the values are "empty") · ASSIGN target: the value text (a user or a team)
 *   CREATE target: type, set, by: its link field to this record or NULL · NOTIFY to, text
 *   COUNT target: number field · CLOSE_PROMISES target: "kept" or "withdrawn"
 *   APPEND target: table field, set: column = value · PASS target: transition, by: link field or list
 *   UPDATE_LINKED target: link field, set · HAND_OVER, ACCEPT, REFUSE, TAKE nothing
 *   CREATE with each: links (a field or an input): a record for each of them, known as `each` in set; or the table
 * field; values "line.COLUMN" in set; `when` is then any(TABLE, W) over the record, where W is what was written with
 * `line.` left out: it is judged for a record that has this one line alone NOTIFY, MAIL, SMS to, text, template (its
 * name or NULL), urgent · to: owner, first_owner, creator, team, lead, role:NAME, field:NAME (a link to a user or a
 * team, links to users), customer (MAIL, SMS) DO target: transition · ESCALATE words: whom, in order (as `to`; any
 * other word is a role) WEBHOOK target: its name, words: fields · FILL target: table field, fills
 */
struct fill_count { /* a number column: how many of a line's records are so */
	const struct field *column;
	struct filter *where; /* as that of struct fill */
};

struct fill { /* the records of one type that become lines */
	const struct type *of;
	struct filter *where; /* over `of`, with outer. (filter_parse_within); NULL: all */
	struct pair *set;     /* column = a value of that record, or outer.field */
	size_t n_set;
	const struct field *by;   /* NULL: a line for each record; else one for each that this link leads to */
	const struct field *into; /* the column that names it */
	struct fill_count *counts;
	size_t n_counts;
};

struct action {
	enum action_kind kind;
	const char *target;
	const char *by;
	const char *to;           /* NOTIFY, MAIL, SMS */
	struct label text;        /* NOTIFY, MAIL, SMS; {NULL, NULL}: none */
	const char *template;     /* NOTIFY, MAIL, SMS */
	bool urgent;              /* NOTIFY, MAIL, SMS: quiet hours don't hold it */
	const struct field *each; /* CREATE: a table or links; PASS: a table; NULL: one record */
	const char *only;         /* PASS: a link to whose one open matter it goes */
	const char *before;       /* PASS: only what was opened before this value; NULL: whenever */
	const char **words;       /* ESCALATE, WEBHOOK */
	size_t n_words;
	struct fill *fills; /* FILL */
	size_t n_fills;
	struct pair *set;
	size_t n_set;
	struct filter *when; /* NULL: always */
};

struct transition {
	const char *name;
	const char **was; /* former names: events, saved macros and clients still say them */
	size_t n_was;
	struct label label;
	const char **from; /* state names; n_from 0: any */
	size_t n_from;
	uint64_t from_states; /* the same as bits: 1 << the state's number, which is under STATE_BITS */
	const char *to;       /* NULL: the state stays */
	const char **by;      /* role names, or names of type->parties */
	size_t n_by;
	const struct field **needs; /* must not be empty after it */
	size_t n_needs;
	struct ask *asks;
	size_t n_asks;
	struct filter *when;    /* guard */
	struct label otherwise; /* `else`: why not, in words */
	struct action *actions;
	size_t n_actions;
	bool glance;           /* may be done by who may only glance at the record */
	bool bulk;             /* offered on a selection of rows */
	bool quiet;            /* not offered as a button (done by other actions) */
	bool unblocked;        /* not while another matter blocks the record */
	bool system;           /* added by `uses: [work]` */
	const char *json_head; /* as the record page shows it, made once: {"name":…,"label":…,"allowed": */
	const char *json_tail; /* ,"to":…,"asks":[…],"needs":[…],"bulk":…} */
};

/* A reverse link: the records of type `of` whose link field `by` is this record. */
struct list_def {
	const char *name;
	struct label label;
	const struct type *of;
	const struct field *by;
	struct filter *where;          /* over `of`; NULL: all */
	bool show;                     /* drawn on the record page */
	const struct field **count_by; /* choices, links, flags of `of`: how many of each the page says */
	size_t n_count_by;
};

struct mask {
	const struct field *field;
	struct filter *unless; /* over the type, with @me …; NULL: never in the clear but by reveal */
};

struct access { /* what one role may on one type; no line: nothing */
	const char *role;
	struct filter *read; /* NULL: nothing; a filter that is `all`: everything */
	struct filter *write;
	bool create;
	struct filter *remove;
	bool export;
	const struct field **glance;
	size_t n_glance;
	const struct field **hide;
	size_t n_hide;
	struct mask *masks;
	size_t n_masks;
};

struct party { /* `by: [liable]`: who that is, as a filter on the record */
	const char *name;
	struct label label;
	struct filter *is;
	const char **roles; /* and one of these, where it names any */
	size_t n_roles;
};

struct sort_key {
	const struct field *field;
	bool desc;
};

struct view {
	const char *name;
	struct label label;
	struct filter *where; /* NULL: all */
	const char **columns; /* field names, may be paths through one link: customer.name */
	size_t n_columns;
	struct sort_key *sort;
	size_t n_sort;
	const char **roles; /* who is offered it; n_roles 0: everybody who may read the type */
	size_t n_roles;
};

struct form_section {
	struct label label;
	const char **fields;
	size_t n_fields;
	struct filter *show;
};

struct print_form {
	const char *name;
	struct label label;
	const char *pack; /* where the grid lies */
	const char *path; /* print/complaint.yaml */
	const char *body; /* its YAML text */
};

/* What is planned after a transition: a follow_up record (or another type) with due times. */
struct follow_plan {
	const char *name;
	const char *after; /* transition */
	const char *wait;  /* "3d" */
	const char *until; /* latest, "5d"; NULL: wait + 2d */
	const char *make;  /* type to create: "follow_up" */
	struct pair *set;
	size_t n_set;
	struct filter *when;
};

/* Where a declaration stands, and a short digest of its text: what timelines call its version. */
struct declared {
	const char *pack, *path;
	int line, end_line; /* of its text in the file, from 1 */
	const char *version;
};

/* What `at: "event_date - 7d 09:00"` says. */
struct moment_words {
	const struct field *field; /* a date or date-time; NULL: the rule has no `at` */
	const char *wait;          /* "7d", "@parameter"; NULL: none */
	bool before;               /* minus */
	int minute;                /* of that day; -1: as the field says (a date: its start) */
};

struct rule {
	const char *name;
	struct label label;
	const char **on; /* "created", "alone", "changed", "done:TRANSITION", "commented", "clock:NAME:warn|breach" */
	size_t n_on;
	const char *at;    /* "due - 1d", "event_date - 7d 09:00": once for each value of the field; NULL: none */
	const char *every; /* "day 08:00", "friday 15:00", "month 25 09:00", "hour": all records where `when` holds;
	                      NULL: none */
	struct moment_words moment; /* of `at` */
	struct recurrence recur;    /* of `every` */
	bool off;                   /* switched off by an administrator */
	struct filter *when;
	struct action *actions;
	size_t n_actions;
	struct declared where;
};

#endif

/*
 * model.h: what the packs of one organisation declare, as immutable structs. Built by
 * model_load (pack text in, struct model out), used by everybody, changed by nobody; a pack
 * change builds a new generation and the old one is freed when its last request ends.
 *
 * All strings live in the model's arena. Names are unique within their list. Order in arrays is
 * the order of declaration. The C code knows stages, kinds and the `work` mixin, no industry.
 */
#ifndef SHOUWEN_MODEL_MODEL_H
#define SHOUWEN_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/recur.h"
#include "base/worktime.h"
#include "model/parts.h"

/* ---- time (docs/PACKS.md "Clocks", "Calendars", "Duties", "Notices") ------------------------------------ */

struct calendar {
	const char *name;
	struct label label;
	struct worktime time; /* as declared; zone NULL: the organisation's. Use calendar_worktime */
	const char *zone_name;
	struct declared where;
};

struct clock_target {
	struct filter *when; /* NULL: always */
	const char *is;      /* words; "@parameter" allowed */
};

struct clock_step {
	int percent;       /* of the target; 100 is the breach */
	const char *after; /* a duration after the breach; NULL: none */
	struct action *actions;
	size_t n_actions;
};

struct clock_def {
	const char *name;
	struct label label;
	const char *calendar; /* "always", "org", "team" (the team's own, else the organisation's), a calendar's name */
	const char **start;   /* "created", transitions "done:X", states; never none: defaults are put in */
	size_t n_start;
	const char **stop; /* states, stages, "done:X" */
	size_t n_stop;
	const char **pause; /* states, stages */
	size_t n_pause;
	struct filter *when;          /* it runs only where this holds; NULL: always */
	struct clock_target *targets; /* the first whose `when` holds */
	size_t n_targets;
	int warn_percent;         /* 80 */
	bool again;               /* reopening starts a new run; else the old one goes on */
	struct clock_step *steps; /* by percent, then after */
	size_t n_steps;
	const struct field *due_field, *state_field; /* the derived ones of the type */
	struct declared where;
};

struct duty {
	const char *name;
	struct label label;
	const char *every;    /* as a rule's; also "year 12-01", "quarter 1", "workday 08:30", "month last 17:00" */
	const char *calendar; /* NULL: the organisation's; a day off: see `shift` */
	const char *shift;    /* "skip", "before", "after", "keep" (default) where the day is off */
	const char *due;      /* words of a target, from its start */
	const char *for_role, *for_team, *for_user; /* who: each of the role ("each: true"), a team's pool, a person */
	bool each;
	const char *make; /* type: "duty_task" unless said */
	struct pair *set;
	size_t n_set;
	struct label *checklist;
	size_t n_checklist;
	const char *source;      /* N28 … */
	const char *months;      /* "4-5", "7-9": only in these; NULL: all */
	struct recurrence recur; /* of every, months, shift */
	bool off;
	struct declared where;
};

struct notice_template {
	const char *name;
	struct label label;
	struct label subject,
	        text; /* {number} {title} {due} {owner} {customer} {company} {link} {text}, {field:NAME} */
	struct declared where;
};

struct same_rule { /* records with all of these alike are likely the same */
	const struct field **fields;
	size_t n;
};

/* ---- what belongs together (docs/PACKS.md "Path, asides, alike") ------------------------------------------- */

struct path_step { /* a step of the way a record goes, as its page shows it */
	struct label label;
	const char **states; /* n_states 0: done by the record's being made */
	size_t n_states;
};

struct aside { /* records of another type that are read beside the form and the page */
	struct label label;
	const struct type *of;
	const struct field **theirs, **mine; /* where each of theirs is as mine is */
	size_t n_match;
	const struct field **fields; /* of theirs: what is shown */
	size_t n_fields;
	struct filter *where; /* over `of`; NULL: all that match */
	struct filter *show;  /* over this type; NULL: always */
};

struct gather { /* enough that are alike are put together under a record of another type */
	const struct type *type;
	const struct field *by;    /* the link to it */
	const struct field *count; /* its number of them; NULL: it keeps none */
	struct pair *set;
	size_t n_set;
};

enum { ALIKE_AT_LEAST_MAX = 50 };
struct alike {
	struct label label;
	const struct type *of;
	const struct field **mine, **theirs; /* `same`: all of these equal, and not empty */
	size_t n_same;
	const struct field **words, **with; /* and these texts of it and of the other speak of the same */
	size_t n_words, n_with;
	const char *within;    /* a duration or @parameter, back from now; NULL: ever */
	const char *at_least;  /* how many with it: a number or @parameter; NULL: no gathering */
	struct filter *where;  /* over `of` */
	struct gather *gather; /* NULL: they are only shown */
};

/* ---- approvals (docs/PACKS.md "Approvals") ---------------------------------------------------------------- */

enum approval_need { NEED_ALL, NEED_ANY, NEED_MAJORITY, NEED_NUMBER };
struct approval_step {
	const char *name;
	struct label label;
	const char **who; /* role:NAME, team:CODE, team, lead, owner, first_owner, creator, field:NAME, a login */
	size_t n_who;
	enum approval_need need;
	int number;            /* NEED_NUMBER */
	int quorum;            /* so many must have voted; 0: none */
	bool serial;           /* one after another, else all at once */
	bool own;              /* who asked for it may sit in it */
	struct filter *when;   /* NULL: always */
	const char *due;       /* words of a target; NULL: no limit */
	const char **escalate; /* whom to tell then, besides who sits */
	size_t n_escalate;
};

struct approval_route {
	const char *name;
	struct label label;
	const struct type *type;
	const char **start; /* transitions that begin a round */
	size_t n_start;
	const char *approved, *refused, *returned; /* what is done at its end; refused, returned: NULL: none */
	const char *withdraw;                      /* NULL: only by leaving the state */
	const char **reopen;
	size_t n_reopen;
	bool locks_all;
	const struct field **locks;
	size_t n_locks;
	const struct field **summary; /* what who votes is shown */
	size_t n_summary;
	const struct field *amount;               /* NULL: none */
	const char *standing_up_to, *standing_by; /* "@parameter" or a number, and a role; NULL: none */
	int64_t standing_limit;                   /* that number, scaled as amount is */
	const struct field *scan;                 /* files: a signed paper there approves the step; NULL: none */
	struct approval_step *steps;
	size_t n_steps;
	bool off;
	struct declared where;
};

/* ---- queues (docs/PACKS.md "Queues") --------------------------------------------------------------------------- */

enum { QUEUES_MAX = 64, QUEUE_NEEDS_MAX = 8, QUEUE_AGES_MAX = 8, QUEUE_WIDEN_MAX = 16, QUEUE_CHOOSE_MAX = 3 };
enum queue_choose { CHOOSE_LAST_AGENT, CHOOSE_LEAST_BUSY, CHOOSE_ROUND_ROBIN };

struct queue_need {
	const char *skill; /* code of a record of type skill */
	int level;
	struct filter *when; /* over the matter; NULL: always */
};

struct queue_first {
	struct filter *when; /* NULL: always */
	int lift;
};

struct queue_age {
	const char *after; /* "30m", "@parameter": as queue_span reads it */
	int lift;
};

struct queue_widen {
	const char *after;
	int level;          /* added to what is needed: -1 */
	const char **teams; /* may be asked too: codes or names */
	size_t n_teams;
	const char *to; /* another queue; NULL: it stays */
	struct action *actions;
	size_t n_actions;
};

struct queue_def {
	const char *name;
	struct label label;
	const struct type *type;
	int at;               /* in model->queues */
	struct filter *where; /* which of the open records without an owner; NULL: all */
	bool any_team;        /* `teams: all` */
	const char **teams;   /* codes or names; none: the record's team */
	size_t n_teams;
	const char **roles; /* of those people one of these; none: whatever they are */
	size_t n_roles;
	struct filter *members; /* over user; NULL: all of them */
	struct queue_need needs[QUEUE_NEEDS_MAX];
	size_t n_needs;
	struct queue_first *firsts;
	size_t n_firsts;
	struct queue_age ages[QUEUE_AGES_MAX];
	size_t n_ages;
	enum queue_choose choose[QUEUE_CHOOSE_MAX];
	size_t n_choose;
	const char *capacity; /* a number or @parameter */
	const char *offer;    /* how long it rings; "0": given at once */
	bool shift;           /* only who is on shift by his team's calendar */
	struct queue_widen widen[QUEUE_WIDEN_MAX];
	size_t n_widen;
	bool off;
	struct declared where_is;
};

struct compute_step {
	const struct field *field;
	const struct field *table; /* it is a column of; NULL: a field of the record */
};

enum { TITLES_ROOM = 16 };

struct type {
	const char *name;
	struct label label;
	struct label plural;
	const char *pack; /* who declared it */
	const char *file;
	const char *table; /* = name, or was: after a rename */
	const char *was;
	const char *icon;
	int at; /* index in model->types */
	bool uses_work;
	bool confidential;         /* content closed to others even where glance is allowed */
	const char *number;        /* pattern "TS{yyyy}{mm}{dd}-{seq:4}"; NULL: none */
	const struct field *title; /* its text names the record in links */
	struct field *fields;      /* declared ones, then state, those of mixins, and the BASE_FIELDS every type has */
	size_t n_fields;
	uint16_t *field_slots; /* fields by the hash of their name: index + 1, 0 none; NULL while loading */
	size_t n_field_slots;  /* a power of two */
	struct field *inputs;  /* what transitions may ask besides fields */
	size_t n_inputs;
	struct state *states;
	size_t n_states;
	const char *start;
	struct transition *transitions;
	size_t n_transitions;
	struct list_def *lists;
	size_t n_lists;
	struct access *access;
	size_t n_access;
	struct party *parties;
	size_t n_parties;
	struct view *views;
	size_t n_views;
	struct form_section *form;
	size_t n_form;
	struct print_form *prints;
	size_t n_prints;
	struct follow_plan *plans;
	size_t n_plans;
	struct rule *rules;
	size_t n_rules;
	struct same_rule *same; /* by what two are likely the same */
	size_t n_same;
	const struct field *merged; /* merged_into; NULL: none of this type can be merged */
	struct filter *unmerged;
	struct compute_step *computes; /* what is worked out, each behind what it rests on */
	size_t n_computes;
	struct clock_def *clocks;
	size_t n_clocks;
	struct path_step *path;
	size_t n_path;
	struct aside *asides;
	size_t n_asides;
	struct alike *alikes;
	size_t n_alikes;
	bool gathers;  /* one of alikes does */
	bool approves; /* one of the model's approvals is of it */
	bool queues;   /* one of the model's queues is of it */
	/* What every read says again, made once (prepare.c). */
	const struct sql_text *load_sql;   /* the row by :id */
	const struct sql_text *title_sql;  /* its name by :id; NULL where rights decide on it, or it has none */
	const struct sql_text *titles_sql; /* SQLite: those of up to TITLES_ROOM ids at once; NULL likewise */
	const struct sql_text *lists_sql;  /* by :id, which of the lists drawn on its page hold anything */
	const struct field *state_field;   /* NULL: none */
};

struct role {
	const char *name;
	struct label label;
	struct label about;
	const char **can; /* functions: "admin", "packs", "users", "export", "report", "bulk", "import", "cover",
	                     "reveal" … */
	size_t n_can;
};

struct parameter { /* @name in filters and actions; a setting of the tenant wins */
	const char *name;
	struct label label;
	enum field_kind kind; /* NUMBER, MONEY, TEXT, FLAG; durations are TEXT such as "7d" */
	int scale;
	struct value preset;
	struct value value; /* in force */
	const char *source; /* "N12", "practice 1" */
};

struct pack {
	const char *name;
	struct label label;
	const char *version;
};

struct rail_group { /* a heading of the left rail that folds what stands below it */
	const char *name;
	struct label label;
	bool last; /* below the groups of all packs that are not */
};

struct rail_entry { /* the left rail */
	const char *name;
	struct label label;
	const char *icon;
	const char *group; /* NULL: on top, below no heading */
	const char *page;  /* "workbench", "intake", "list", "report", "settings" … */
	const char *type;  /* for "list" */
	const char **roles;
	size_t n_roles;
};

struct model {
	struct arena *arena;
	int refs; /* atomic; model_ref / model_unref */
	int64_t generation;
	const char *digest; /* of all pack text, hex */
	struct pack *packs;
	size_t n_packs;
	struct type *types;
	size_t n_types;
	struct role *roles;
	size_t n_roles;
	struct parameter *parameters;
	size_t n_parameters;
	struct rail_group *rail_groups;
	size_t n_rail_groups;
	struct rail_entry *rail;
	size_t n_rail;
	struct calendar *calendars; /* in the order of declaration */
	size_t n_calendars;
	const struct calendar *calendar; /* the organisation's: setting `calendar`, else the first; "always" if none */
	struct duty *duties;
	size_t n_duties;
	struct notice_template *templates;
	size_t n_templates;
	struct approval_route *approvals;
	size_t n_approvals;
	struct queue_def *queues; /* in the order of declaration */
	size_t n_queues;
	const struct type *user, *team, *role, *customer; /* core types the C code must find; never NULL */
	/* The two things that grow: what sets of roles may, worked out on first use; and names of colleagues and teams.
	 */
	struct rights_cache *rights;
	struct directory *directory;
};

const struct type *model_type(const struct model *m, const char *name); /* NULL: none */
const struct field *type_field(const struct type *t, const char *name); /* NULL: none */
/* By the loader, when the fields are complete. */
void type_index_fields(struct arena *a, struct type *t);
/* Likewise: what pages say of each of its transitions again and again. */
void type_render_transitions(struct arena *a, struct type *t);
const struct field *type_input(const struct type *t, const char *name);
const struct state *type_state(const struct type *t, const char *name);
const struct transition *type_transition(const struct type *t, const char *name);
const struct list_def *type_list(const struct type *t, const char *name);
const struct clock_def *type_clock(const struct type *t, const char *name);
const struct field *field_column(const struct field *table, const char *name); /* of a table; NULL: none */
const struct option *field_option(const struct field *f, const char *name, int *ret_rank);
const struct parameter *model_parameter(const struct model *m, const char *name);
/* Sortable text has a second column NAME__key, filled with text_sort_key(): Chinese order by index. */
static inline bool field_has_sort_key(const struct field *f)
{
	return f->column != NULL && f->kind == FIELD_TEXT && (f->flags & FIELD_SORT) && !(f->flags & FIELD_SYSTEM);
}
/* "always" is built in. NULL: none of that name. */
const struct calendar *model_calendar(const struct model *m, const char *name);
/* Its hours, in its own zone or the organisation's. NULL: the organisation's calendar, and without a model Mondays to
 * Fridays. */
struct worktime calendar_worktime(const struct ctx *ctx, const struct calendar *c);
/* What a clock or a duty means by "always", "org", "team" or a name; team 0: none. Of a team without one, and of a name
 * that is gone, it is the organisation's. Inside store_read or store_write where it says "team". */
enum err calendar_named(struct ctx *ctx, const char *name, int64_t team, const struct calendar **ret_calendar);
const struct queue_def *model_queue(const struct model *m, const char *name); /* NULL: none */
/* "30s", "5m", "2h", "1d", "1w", "0", or a parameter: such a text, or a number of seconds. In ms. */
bool queue_span(const struct model *m, const char *text, int64_t *ret_ms);
/* A number, or a parameter that is one. */
bool queue_number(const struct model *m, const char *text, int64_t *ret_n);
const char *label_in(const struct label *l, enum lang lang);
const char *stage_name(enum stage s); /* "open" … */
const char *field_kind_name(enum field_kind k);

/* A model that is only tried: its records are read as the tables stand, with nothing in columns that are still to
 * come. Nobody else may have it. */
void model_foresee(struct model *m, const struct model *now);
struct model *model_ref(const struct model *m);
void model_unref(const struct model *m); /* NULL allowed */

#endif

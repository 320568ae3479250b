/*
 * step.h: what the files of flow/ share: one act of a person inside a transaction, and all that
 * it sets off (actions, rules, plans). Not for other folders.
 */
#ifndef SHOUWEN_FLOW_STEP_H
#define SHOUWEN_FLOW_STEP_H

#include "flow/flow.h"
#include "model/filter.h"
#include "model/who.h"
#include "store/store.h"

/* How far one act may set off others: a pack whose rules feed each other ends here, with an error. */
enum { STEP_DEPTH_MAX = 8, STEP_FIRINGS_MAX = 64 };

struct step {
	int depth;
	int firings;
	const char *cause; /* what moves it now: "rule:NAME", "clock:solve:breach", "done:X"; NULL: nothing named */
	bool gathering;    /* records are being put together: they are counted at the end */
};

/* What an event says besides the changes of fields. */
struct note {
	const char *kind;
	bool internal;
	const char *transition;
	const struct value *inputs; /* of type->inputs; NULL: none */
	const char *text, *reason;
	int64_t to_owner, to_team;
	int64_t stands_for;        /* to_owner, or the new owner, got it for this one, who is away; 0: nobody */
	const char *rule;          /* the rules that changed it, by name */
	const struct fired *fired; /* the rules this act set off; NULL: none */
	const char *field;         /* revealed */
	const struct type *linked_type;
	int64_t linked;
	const struct value *files; /* a list of ids; NULL: none */
	const int64_t *comments;   /* events whose words go along; NULL: none */
	size_t n_comments;
	const json_t *extra; /* an import's note: its members are added as they are */
	bool returned;       /* not in the event: it went back to who sent it */
	bool check;          /* not in the event: record_check after the rules have run */
	bool settled;        /* not in the event: the rules have run already */
	bool intake;         /* not in the event: it is made together with its matters */
};

/* ---- body.c ---------------------------------------------------------------------------------- */

/* The event's JSON: what differs between before (NULL: nothing was there) and after (NULL: is gone),
 * and the note. ret_n_changes may be NULL. */
enum err note_body(struct ctx *ctx, const struct type *t, const struct record *before, const struct record *after,
                   const struct note *note, const char **ret_body, size_t *ret_n_changes);
/* A stored value back from an event's JSON; false if it is empty or of another shape. */
bool note_value(struct ctx *ctx, const struct field *f, const json_t *j, struct value *ret_value);
/* Puts a value of an event into a field, lines included; bulk_undo.c. */
void field_back(struct ctx *ctx, struct record *r, const struct field *f, const json_t *before);
/* One field differs, lines included. */
bool record_differs(const struct record *a, const struct record *b, const struct field *f);
bool records_differ(const struct record *a, const struct record *b); /* in any of them */
struct record *record_copy(struct ctx *ctx, const struct record *r);
/* record_set by name; nothing if the type has no such field. */
void record_put(struct record *r, const char *field, struct value v);
/* By name, without record_get's search twice. */
struct value input_get(const struct type *t, const struct value *inputs, const char *name);

/* ---- comments_move.c --------------------------------------------------------------------------- */

/* The words of events go along from one record to another, where they are read and found too; on the first they stay.
 * ids: those events, which are of `from` or were taken over by it (`not_found`, in `field`); NULL: all, of at most
 * 2,000. */
enum err comments_take(struct ctx *ctx, struct record *into, const struct record *from, const char *field,
                       const int64_t *ids, size_t n);
/* What an event of that kind gave the record goes back. */
enum err comments_return(struct ctx *ctx, int64_t event);
/* The words of an event of this record have changed: whoever took them over is found by what is left. */
enum err comments_index(struct ctx *ctx, const struct type *t, int64_t record);

/* ---- recurring.c ------------------------------------------------------------------------------ */

/* Before a recurring matter is written: are its words good, and when is it next? before: NULL for a new one. */
enum err recurring_follow(struct ctx *ctx, struct record *r, const struct record *before);
enum err recurring_forget(struct ctx *ctx, const struct record *r);

/* ---- circle.c --------------------------------------------------------------------------------- */

/* `f`, a link of r to its own type, must not lead back to r: `circular`, with the way in words. */
enum err circle_check(struct ctx *ctx, const struct record *r, const struct field *f);
/* A changed `parent` of a type that is a tree of its own. before: NULL for a new record. */
enum err circles_check(struct ctx *ctx, const struct record *r, const struct record *before);

/* ---- write.c ---------------------------------------------------------------------------------- */

/* The only two that write a record: row, side tables, event, work, search, files together. Rules
 * change it before it is written (one version, one event) and reach further after; r is what is
 * stored when they return. An insert is always checked. */
enum err step_insert(struct ctx *ctx, struct step *s, struct record *r, const struct note *note);
/* A `changed` note with no change writes nothing. */
enum err step_update(struct ctx *ctx, struct step *s, struct record *r, const struct record *before,
                     const struct note *note);
/* Puts r into a state: stage, closed_at, wake follow. */
void record_enter(struct ctx *ctx, struct record *r, const char *state);
/* An event on a record that does not change it; rules on comments are the caller's. */
enum err step_note(struct ctx *ctx, const struct record *r, const struct note *note);
/* Every user-given key must be his to write: hidden fields are unknown to him. */
enum err step_check_keys(struct ctx *ctx, const struct record *r, const json_t *fields);
/* Links he set must lead to what he may read or glance at. */
enum err step_check_links(struct ctx *ctx, const struct record *r, const struct record *before);
/* Reads r again when something that was set off may have changed it. */
enum err step_reload(struct ctx *ctx, struct record *r);

/* ---- change.c --------------------------------------------------------------------------------- */

/* Takes the record out with all that is derived from it; ERR_CONFLICT while something leads to it. */
enum err step_remove(struct ctx *ctx, struct record *r, const struct note *note);

/* ---- gather.c --------------------------------------------------------------------------------- */

/* r was taken away: those it was under are counted anew. */
enum err gather_gone(struct ctx *ctx, const struct record *r);

/* ---- merge.c ---------------------------------------------------------------------------------- */

/* ERR_CONFLICT where the record was merged into another: that one is worked on now. */
enum err record_alive(struct ctx *ctx, const struct record *r);
/* Links that were set to a record that was merged lead to the one it was merged into. */
enum err links_follow(struct ctx *ctx, struct record *r, const struct record *before);

/* ---- create.c, number.c, file.c, work_index.c -------------------------------------------------- */

/* Presets of a record that the system makes: state, owner chain, team, times, number. */
enum err record_open(struct ctx *ctx, struct record *r, bool set_system);
enum err number_next(struct ctx *ctx, const struct type *t, const struct field *f, int64_t at_ms,
                     const char **ret_number);
enum err files_attach(struct ctx *ctx, const struct record *r, const struct record *before);
enum err files_claim(struct ctx *ctx, const struct record *r, const char *path, const int64_t *files, size_t n,
                     bool internal);
/* An action carries r's files into another record: they become its own there (a row each, the same
 * bytes), as a file's rights are those of its one record. */
enum err files_pass(struct ctx *ctx, const struct record *r, const struct record *other, const struct field *f,
                    struct value *v);
enum err work_put(struct ctx *ctx, const struct record *r);
enum err work_remove(struct ctx *ctx, int64_t id);
/* Rewrites the row only if it differs. */
enum err work_mend(struct ctx *ctx, const struct record *r, bool *ret_changed);

/* ---- transition.c ------------------------------------------------------------------------------ */

/* May ctx->who do it, by role or party? Words for "no" are the caller's. */
enum err transition_by(struct ctx *ctx, const struct record *r, const struct transition *tr, bool *ret_allowed);
bool transition_from(const struct record *r, const struct transition *tr);
/* May ctx->who do it now? What he fills in, and a condition over that, are judged when it is done. */
enum err transition_may(struct ctx *ctx, const struct record *r, const struct transition *tr);
/* Does it for the system on behalf of the actor: no rights, no asks; needs and guard hold.
 * `outer` gives asked fields and inputs by name where it has them. */
enum err step_pass(struct ctx *ctx, struct step *s, struct record *r, const struct transition *tr,
                   const struct record *outer, const struct value *outer_inputs);
/* What an approval comes to: done by ctx->who without asking for his rights. input: what he filled in, NULL: only what
 * he said, which goes into the first text it asks for. */
enum err step_settle(struct ctx *ctx, struct step *s, struct record *r, const struct transition *tr,
                     const json_t *input, const char *said);
const char *transition_who(struct ctx *ctx, const struct type *t, const struct transition *tr);

/* create.c: as flow_create; its matters are made in the same act, so no rule on `alone` heeds it. */
enum err create_at_intake(struct ctx *ctx, const struct type *t, const json_t *fields, struct record **ret_record);

/* ---- action.c ---------------------------------------------------------------------------------- */

/* Actions on the record itself, in memory, before it is written. `note` gets the event's kind from
 * the owner chain's actions. */
enum err actions_within(struct ctx *ctx, struct record *r, const struct action *list, size_t n,
                        const struct value *inputs, struct note *note);
/* Those that reach further: create, notify, pass, update, promises. After the write. */
enum err actions_beyond(struct ctx *ctx, struct step *s, struct record *r, const struct action *list, size_t n,
                        const struct value *inputs);
/* A value as packs write it in `set`: an input, a field of r (also as outer.field), an expression. */
enum err action_value(struct ctx *ctx, const struct record *r, const struct value *inputs,
                      const struct field *for_field, const char *text, struct value *ret_value);
/* Does it change the record itself, before it is written? Does it only tell people? */
bool action_is_within(enum action_kind k);
bool action_tells(enum action_kind k);
/* A value of one field (an input, a column) for another that may be of another kind. */
enum err input_for(struct ctx *ctx, const struct field *input, const struct value *v, const struct field *for_field,
                   struct value *ret_value);
/* lines.c: `fill`, and `create` for each line of a table. */
enum err act_fill(struct ctx *ctx, struct record *r, const struct action *a);
enum err create_each(struct ctx *ctx, struct step *s, struct record *r, const struct action *a,
                     const struct value *inputs);
/* Does `when` hold for this line? Where its column a->by leads to; 0: nowhere. */
enum err line_holds(struct ctx *ctx, const struct record *r, const struct action *a, struct record_line *line,
                    bool *ret_holds);
int64_t line_leads(const struct action *a, const struct record_line *line);
/* act_tell.c: notify, mail, sms, escalate, webhook. */
enum err act_tell(struct ctx *ctx, struct step *s, const struct record *r, const struct action *a);
/* On the timeline: by what, to which step, who was told. */
struct people;
enum err escalation_note(struct ctx *ctx, const struct record *r, const char *cause, int64_t step,
                         const struct people *p);
/* What an action or a plan makes for r: presets, link back (by: NULL: none), customer, then `set`. The
 * caller puts in what else it knows, then make_insert. */
enum err make_start(struct ctx *ctx, const struct record *r, const char *type, const char *by, const struct pair *set,
                    size_t n, const struct value *inputs, struct record **ret_made);
enum err make_insert(struct ctx *ctx, struct step *s, const struct record *r, struct record *made);
bool pairs_name(const struct pair *set, size_t n, const char *field);

/* ---- chain.c ----------------------------------------------------------------------------------- */

bool action_is_chain(enum action_kind k);
/* One step of the owner chain in memory; sets note->kind, to_owner, to_team, reason. */
enum err chain_apply(struct ctx *ctx, struct record *r, const struct action *a, const struct value *inputs,
                     struct note *note);
/* Who must be told of a new owner or an offer. After the write; before: NULL for a new record. */
enum err chain_tell(struct ctx *ctx, const struct record *r, const struct record *before, const struct note *note);
/* Is there something to accept, refuse, take? false hides the button. */
bool chain_applies(const struct ctx *ctx, const struct record *r, const struct transition *tr);

/* ---- rule.c, plan.c, notice.c ------------------------------------------------------------------ */

enum rule_moment { RULE_CREATED = 1, RULE_CHANGED = 2, RULE_COMMENTED = 4, RULE_ALONE = 8 };
struct firing {
	const struct rule *rule;
	const char *on;  /* what moved it: one of rule->on, "at", "every" */
	const char *did; /* JSON: {"changes":[…]} it made itself; NULL: none */
};
struct fired {
	struct firing list[STEP_FIRINGS_MAX];
	size_t n;
	const char *names; /* of those that changed the record, for the event; NULL: none */
};
/* Rules whose moment has come change r in memory, and set each other off by it. before: what it was
 * (NULL: new); transition: NULL or the one being done. */
enum err rules_settle(struct ctx *ctx, struct step *s, struct record *r, const struct record *before, unsigned moments,
                      const char *transition, struct fired *fired);
/* Then, after the write, their actions that reach further. */
enum err rules_reach(struct ctx *ctx, struct step *s, struct record *r, const struct fired *fired);
/* One rule, whatever moved it; its `when` was asked. */
enum err rule_fire(struct ctx *ctx, struct step *s, struct record *r, const struct rule *rule, const char *on,
                   struct fired *fired);
/* Which of a rule's moments is there now, and does it hold? before: what it was. ret_on NULL: it does not fire. */
enum err rule_fires(struct ctx *ctx, const struct rule *rule, unsigned moments, const char *transition,
                    const struct record *r, const struct record *before, const char **ret_on);
/* "rules":[…] of an event. */
void fired_write(struct json_out *out, const struct fired *fired);
enum err step_deeper(struct ctx *ctx, struct step *s);
enum err plans_follow(struct ctx *ctx, struct step *s, struct record *r, const char *transition);

struct people {
	int64_t *ids;
	size_t n, cap;
};
void people_add(struct ctx *ctx, struct people *p, int64_t user);
enum err people_of_team(struct ctx *ctx, int64_t team, struct people *p);
/* Active users with a role, of one team (0: of any). */
enum err people_with_role(struct ctx *ctx, const char *role, int64_t team, struct people *p);
/* As packs name them: owner, first_owner, creator, team, lead, role:NAME, field:NAME, any other word a role. */
enum err people_named(struct ctx *ctx, const struct record *r, const char *word, struct people *p);
/* "key":{"id","label"}, null for user 0; of one that is gone the label is "". */
enum err person_json(struct ctx *ctx, struct json_out *out, const char *key, int64_t user);
/* The record whose column holds just this text (a login, a code); 0: there is none. */
enum err record_by_text(struct ctx *ctx, const struct type *t, const char *column, const char *text, int64_t *ret_id);
struct telling {
	const char *kind;
	const struct record *about;
	const struct label *text;               /* what happened; the record's name is added; NULL with a template */
	const struct notice_template *template; /* NULL: none */
	bool urgent;                            /* quiet hours and digests don't hold it */
};
/* A notice to each, but never to the actor; to who wants that kind by mail, a mail too. */
enum err people_told(struct ctx *ctx, const struct people *p, const struct telling *t);
enum err people_tell(struct ctx *ctx, const struct people *p, const char *kind, const struct record *about,
                     const struct label *text);

#endif

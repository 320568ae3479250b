/*
 * house.h: an organisation with packs in force and people in it (ground.h says on which database).
 *
 * Who opens a house closes it, with the model that is in force then. What functions here return as text or texts of
 * packs lies in its arena and goes with it; json_t are the caller's to decref; a record or value lives until the next
 * act, as in a request. All fail the test when what they are for can't be done; those that return enum err leave the
 * product's answer to the test.
 */
#ifndef SHOUWEN_TESTS_HOUSE_H
#define SHOUWEN_TESTS_HOUSE_H

#include <unistd.h>

#include "flow/flow.h"
#include "ground.h"
#include "model/pack.h"
#include "model/who.h"

struct house {
	struct ground ground;
	struct model *model; /* in force; a reference of the house's */
	struct arena *arena; /* as long as the house */
	struct ctx ctx;      /* of the acts; its arena is cleared by nobody, its clock is the test's */
	int64_t li, wang, zhao, head, chen, admin; /* agent, lead, worker, head, agent of another team, admin */
	int64_t desk, works, other;                /* teams */
};

#define HOUSE struct house *h = *state

/* The packs folder and the packs' names; `people` makes the users and teams named above. */
void house_open(struct house *h, const char *packs, const char *names, bool people);
void house_close(struct house *h);
/* For set-ups of cmocka: a house that house_teardown closes and frees. */
struct house *house_new(const char *packs, const char *names, bool people);
int house_teardown(void **state);
/* The same, after proof that the chains hold and that there is nothing to mend. */
int house_teardown_whole(void **state);

/* ---- packs, teams, people ----------------------------------------------------------------------------- */

/* A copy of the packs' texts with room for `more`, in the house's arena. */
void house_texts(struct house *h, const char *packs, const char *names, size_t more, struct pack_text **ret_texts,
                 size_t *ret_n);
/* The caller's reference. */
struct model *house_load(struct house *h, const struct pack_text *texts, size_t n);
/* Puts it in force: the reference becomes the house's; returned is the one before, the caller's to model_unref. */
struct model *house_apply(struct house *h, struct model *m, const struct pack_text *texts, size_t n, bool allow_drop);

int64_t house_made(struct house *h, int64_t user, const char *type, const char *json);
int64_t house_team(struct house *h, const char *code, const char *name);
/* A role of that one right, with its name. */
int64_t house_role(struct house *h, const char *grants);
int64_t house_person(struct house *h, const char *login, int64_t role, int64_t team);
/* `json`: further fields, or others than those. */
int64_t house_person_with(struct house *h, const char *login, int64_t role, int64_t team, const char *json);

/* ---- acts ----------------------------------------------------------------------------------------------- */

/* fn in one transaction as that user (0: the system). */
enum err house_read(struct house *h, int64_t user, store_fn *fn, void *arg);
enum err house_write(struct house *h, int64_t user, store_fn *fn, void *arg);

/* Each is one store_write as that user (0: the system); `json` is the fields or inputs. */
enum err house_create(struct house *h, int64_t user, const char *type, const char *json, int64_t *ret_id);
enum err house_change(struct house *h, int64_t user, const char *type, int64_t id, int64_t version, const char *json);
enum err house_do(struct house *h, int64_t user, const char *type, int64_t id, const char *transition,
                  const char *json);
enum err house_do_at(struct house *h, int64_t user, const char *type, int64_t id, int64_t version,
                     const char *transition, const char *json);
enum err house_remove(struct house *h, int64_t user, const char *type, int64_t id);
enum err house_comment(struct house *h, int64_t user, const char *type, int64_t id, const char *text, bool internal,
                       int64_t file);
enum err house_reveal(struct house *h, int64_t user, const char *type, int64_t id, const char *field,
                      const char *reason, const char **ret_text);
/* Works what is due now, to its end: how many rows. */
size_t house_worked(struct house *h);

/* ---- looking, proof --------------------------------------------------------------------------------------- */

/* A statement on the database itself: what a tamperer does. */
void house_sql(struct house *h, const char *text);
int64_t house_count(struct house *h, const char *text);
/* A field of a record as the system sees it; version and stage by those names. */
int64_t house_int(struct house *h, const char *type, int64_t id, const char *field);
const char *house_text(struct house *h, const char *type, int64_t id, const char *field);
/* The newest record of a type. */
int64_t house_last(struct house *h, const char *type);
enum house_view { VIEW_TIMELINE, VIEW_PAGE, VIEW_CHAIN };
enum err house_view(struct house *h, int64_t user, const char *type, int64_t id, enum house_view view,
                    json_t **ret_json);
struct verify_report house_verify(struct house *h);
/* How many rows were not as they are derived: all types, so many records in one transaction. */
size_t house_rebuilt(struct house *h, size_t batch);
/* In words, for failures: the last problem. */
const char *house_problem(const struct house *h);
bool house_has_problem(const struct house *h, const char *field, const char *code);

#define OK(h, call)                                                                                     \
	do {                                                                                            \
		enum err ok_ = (call);                                                                  \
		if (ok_ != ERR_OK)                                                                      \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, err_code(ok_), house_problem(h)); \
	} while (0)

#endif

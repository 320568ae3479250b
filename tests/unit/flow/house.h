/*
 * house.h: an organisation with the test pack and a few people, on SQLite, or on PostgreSQL when
 * SHOUWEN_TEST_PG names a server (tests/pg.sh).
 */
#ifndef SHOUWEN_TESTS_FLOW_HOUSE_H
#define SHOUWEN_TESTS_FLOW_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"
#include "flow/flow.h"
#include "model/pack.h"
#include "model/who.h"
#include "store/store.h"

struct house {
	char dir[64], why[512];
	struct store *store;
	struct org *org;
	struct zone *zone;
	struct ids *ids;
	struct model *model;
	struct arena *arena;
	struct ctx ctx;
	int64_t li, wang, zhao, head, chen, admin; /* agent, lead, worker, head, agent of another team, admin */
	int64_t desk, works, other;                /* teams */
};

/* The packs folder and the packs' names; `people` makes the users of the test pack. */
void house_open(struct house *h, const char *packs, const char *names, bool people);
void house_close(struct house *h);

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

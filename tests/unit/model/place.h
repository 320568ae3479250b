/*
 * place.h: an organisation with the pack beside this file, some people and some tickets, for tests of
 * what reads records (ground.h says on which database).
 */
#ifndef TEST_PLACE_H
#define TEST_PLACE_H

#include "ground.h"
#include "model/access.h"
#include "model/filter.h"
#include "model/list.h"
#include "model/pack.h"
#include "model/record.h"
#include "model/who.h"

enum { TEAMS = 12, CUSTOMERS = 12, TICKETS = 240 };

struct place {
	struct ground ground;
	struct model *model;
	struct arena *arena; /* of the whole test */
	int64_t now_ms;
	int64_t teams[TEAMS], customers[CUSTOMERS], tickets[TICKETS];
	int64_t li, wang, zhao, guest; /* agent in teams 0 and 1, lead, worker in team 2, agent without a team */
	int64_t many;                  /* agent in teams 2 to 11 */
};

int place_setup(void **state);
int place_teardown(void **state);

/* A fresh request of a user (0: the system); its arena lives as long as the test. */
struct ctx *place_ctx(struct place *p, int64_t user);
/* Runs fn in store_read or store_write and fails the test on an error. */
void place_read(struct ctx *ctx, store_fn *fn, void *arg);
void place_write(struct ctx *ctx, store_fn *fn, void *arg);
/* Inside store_write: a record from JSON text, with number, state and work row as flow would write them. */
enum err place_insert(struct ctx *ctx, const char *type, const char *fields, struct record **ret_record);
enum err place_set(struct ctx *ctx, struct record *r, const char *field, struct value v);
json_t *place_json(struct ctx *ctx, const char *text);
struct json_out *place_out(struct ctx *ctx);
bool place_problem(const struct ctx *ctx, const char *field, const char *code);

#endif

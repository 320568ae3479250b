/*
 * who.h: the acting user: his roles (pack role names, merged from his role records) and teams.
 */
#ifndef SHOUWEN_MODEL_WHO_H
#define SHOUWEN_MODEL_WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

struct who {
	int64_t id; /* user record; 0 for the system itself */
	const char *login, *name;
	const char **roles; /* pack role names */
	size_t n_roles;
	int64_t *teams; /* team ids, parents' members do not inherit */
	size_t n_teams;
	bool system; /* the scheduler, an import, a sub-command: may everything */
};

/* Loads a user: ERR_NOT_FOUND if there is none or he is not active. Inside store_read/_write. */
enum err who_load(struct ctx *ctx, int64_t user_id, struct who **ret_who);
bool who_has_role(const struct who *w, const char *role);
bool who_can(const struct ctx *ctx, const char *function); /* any of his roles lists it under `can` */
extern const struct who who_system;

#endif

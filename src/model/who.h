/*
 * who.h: the acting user: his roles (pack role names, merged from his role records) and teams.
 */
#ifndef SHOUWEN_MODEL_WHO_H
#define SHOUWEN_MODEL_WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* One team whose matters he may take care of, for one type or ("") for all. */
struct team_share {
	int64_t team;
	const char *type; /* NULL is never there */
};

struct who {
	int64_t id; /* user record; 0 for the system itself */
	const char *login, *name;
	const char **roles; /* pack role names */
	size_t n_roles;
	int64_t *teams; /* team ids as they are written with him */
	size_t n_teams;
	int64_t *units; /* his teams and all below them */
	size_t n_units;
	struct team_share *shared; /* whose acceptance is shared with his teams or those above them */
	size_t n_shared;
	bool system; /* the scheduler, an import, a sub-command: may everything */
};

/* Loads a user: ERR_NOT_FOUND if there is none or he is not active. Inside store_read/_write. */
enum { WHO_TEAMS_MAX = 512 };
enum err who_load(struct ctx *ctx, int64_t user_id, struct who **ret_who);
/* who_teams.c: the part of it that follows from his teams: units and shared. `links`: the field teams of user. */
enum err who_load_beyond(struct ctx *ctx, struct who *w, const struct field *links);
bool who_has_role(const struct who *w, const char *role);
bool who_can(const struct ctx *ctx, const char *function); /* any of his roles lists it under `can` */
extern const struct who who_system;

#endif

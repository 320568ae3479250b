/*
 * house.h: what the server keeps for each organisation in use: the model in force, zone and name
 * (an edition, swapped whole when packs or settings change) and the seats of those signed in.
 *
 * Threads: houses and houses lock themselves. An edition or a seat that was taken stays valid
 * until it is put back.
 */
#ifndef SHOUWEN_HTTP_HOUSE_H
#define SHOUWEN_HTTP_HOUSE_H

#include "base/ctx.h"
#include "model/model.h"
#include "model/pack.h"
#include "model/who.h"

struct store;
struct houses;
struct house;
struct seen_today;

struct edition {
	int refs; /* atomic */
	struct model *model;
	struct zone *zone;
	char *name;
	bool demo;
};

/* One who is signed in, by cookie or by token. */
struct seat {
	int refs; /* atomic */
	struct seat *next;
	char digest[65];
	struct who *who;
	struct edition *edition;
	uint64_t people_version;
	int64_t read_us;    /* monotonic */
	int64_t seen_at;    /* atomic */
	int64_t expires_at; /* 0: never */
	int64_t token;      /* id of the token, or 0 */
	bool read_only;
	bool must_change;
};

struct houses *houses_new(struct store *store, int node);
void houses_free(struct houses *hs); /* NULL allowed; after store_close, whose threads may ring */
/* Who is to be told of commits, from any thread; NULL: nobody any more, also when this returns. */
void houses_listen(struct houses *hs, void (*fn)(void *arg), void *arg);
/* The same for one who asks which organisation it was; fn must not block. */
void houses_listen_each(struct houses *hs, void (*fn)(void *arg, const char *code), void *arg);
/* What commits do by themselves that write events: something may be due there. */
void house_ring(struct house *h);
struct store *houses_store(const struct houses *hs);

/* Opens the organisation if it isn't yet, and takes it until house_close. ERR_NOT_FOUND: there is none of that
 * code; ERR_INVALID: its packs have faults (told in why). */
enum err house_open(struct houses *hs, const char *code, struct house **ret_house, char *why, size_t why_bytes);
void house_close(struct house *h); /* NULL allowed */
/* Takes those that are open, at most max. */
size_t houses_take(struct houses *hs, struct house **ret_list, size_t max);
/* It is being dropped: let go of it. */
bool house_gone(const struct house *h);
/* Makes an organisation and takes it: puts packs in force and keeps name and zone; `packs` is a space-separated list.
 */
struct house_start {
	const char *code, *name, *zone, *packs, *packs_dir;
	bool demo;
};
enum err house_create(struct houses *hs, const struct house_start *start, struct house **ret_house, char *why,
                      size_t why_bytes);
/* Waits until nobody has it, then removes it with all that is in it. */
enum err house_drop(struct houses *hs, const char *code, char *why, size_t why_bytes);
const char *house_code(const struct house *h);
struct org *house_org(const struct house *h);
const char *house_name(struct arena *a, struct house *h); /* as people call it; copied */

/* A ctx for this organisation: org, model, zone, ids, now. The edition is put back by house_leave. */
struct edition *house_enter(struct house *h, struct arena *a, struct ctx *ret_ctx);
void house_leave(struct edition *e);

/* Reads packs and settings again and puts them in force for the next request. */
enum err house_reload(struct house *h, char *why, size_t why_bytes);
/* Notices what others did: changed users, teams, roles; on a shared store, changed packs too. */
void house_look(struct ctx *ctx, struct house *h);
/* Users, teams or roles were changed just now. */
void house_people_changed(struct house *h);
/* To be read before a seat is. */
uint64_t house_people_version(const struct house *h);

/* A setting's text, or `otherwise` when there is none. Inside store_read or store_write. */
const char *setting_text(struct ctx *ctx, const char *key, const char *otherwise);
enum err setting_put(struct ctx *ctx, const char *key, const char *value);
/* How often settings were changed: other servers on the same store see it grow. */
#define SETTINGS_CHANGED "settings_changed"

/* The seat kept under this digest if it is still good; NULL: read it again. seat_put when done. */
struct seat *house_seat(struct house *h, const char *digest, const struct edition *e);
/* Keeps it and gives a reference; `who` is copied. */
struct seat *house_keep_seat(struct house *h, const struct seat *seat, const struct who *who, struct edition *e);
void house_drop_seat(struct house *h, const char *digest);
/* One more question that a masked number might answer: false when he asked too often (guard.h). */
bool house_guard(struct house *h, int64_t user, int64_t *ret_wait_ms);
void seat_put(struct seat *s); /* NULL allowed */
/* What of masked data was seen in the clear today and is written down. */
struct seen_today *house_seen(struct house *h);

#endif

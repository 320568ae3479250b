/*
 * command.h: a sub-command: what it is called, what it takes, and the function behind it. The
 * same function runs in the process itself, or inside a running server that was asked through
 * DIR/control.sock: so it reads and writes only through its struct job.
 */
#ifndef SHOUWEN_MAIN_COMMAND_H
#define SHOUWEN_MAIN_COMMAND_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "http/house.h"

struct store;

/* One run of a sub-command. */
struct job {
	struct houses *houses;
	struct store *store;
	const char *dir;       /* the data folder */
	const char *packs_dir; /* packs as shipped */
	const char *cwd;       /* of who asked: names of files count from here */
	const char *input;     /* his standard input, for commands that take it; never NULL */
	struct arena *arena;   /* for the whole run */
	/* Where words go. `error` says to which of the two streams. False: he is gone; stop. */
	bool (*put)(void *arg, bool error, const char *text, size_t len);
	void *put_arg;
	bool gone;
};

bool job_say(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool job_complain(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The file he means, as an absolute path in job->arena. */
const char *job_path(struct job *job, const char *path);
/* The one he named (*org), or all when he named none; or complains and returns false. */
bool job_orgs(struct job *job, const char **org, const char ***ret_codes, size_t *ret_n);
/* Opens an organisation (house_close when done) or complains and returns false. */
bool job_house(struct job *job, const char *code, struct house **ret_house);
/* Says what went wrong: the kind of error and the problems in ctx. Returns 1. */
int job_failed(struct job *job, const struct ctx *ctx, enum err e, const char *doing);
/* A ctx that acts as the system in this organisation, with an arena of the caller; house_leave ends it. */
struct edition *job_enter(struct job *job, struct house *h, struct arena *a, struct ctx *ret_ctx);

/* Words after the sub-command: "--name value" and "--flag" are taken out of argv by these two; what is
 * left are the plain ones. */
struct words {
	int argc;
	char **argv; /* argv[0] is the sub-command */
};
const char *words_option(struct words *w, const char *name); /* "--packs"; NULL: not given */
bool words_flag(struct words *w, const char *name);
/* Complains about an unknown option or a wrong number of plain words; false then. */
bool words_end(struct job *job, struct words *w, int min, int max);

enum command_flag {                    /* bits */
	            COMMAND_INPUT = 1, /* takes standard input when it is not a terminal */
	            COMMAND_ALONE = 2, /* no data folder needed: never asks the server */
	            COMMAND_SERVE = 4, /* is the server */
};

struct command {
	const char *name;
	const char *summary[2]; /* one line; by enum lang */
	const char *help[2];    /* what it takes and returns */
	unsigned flags;
	int (*run)(struct job *job, struct words *w); /* exit code */
};

extern const struct command commands[];
extern const size_t n_commands;
const struct command *command_find(const char *name);

int command_org(struct job *job, struct words *w);
int command_user(struct job *job, struct words *w);
int command_serve(struct job *job, struct words *w);
int command_check_pack(struct job *job, struct words *w);
int command_routes(struct job *job, struct words *w);
int command_version(struct job *job, struct words *w);
int command_import(struct job *job, struct words *w);
int command_export(struct job *job, struct words *w);
int command_verify(struct job *job, struct words *w);
int command_rebuild(struct job *job, struct words *w);
int command_backup(struct job *job, struct words *w);
int command_restore(struct job *job, struct words *w);
int command_migrate(struct job *job, struct words *w);
int command_draw_form(struct job *job, struct words *w);

#endif

/*
 * err.h: what kind of failure a call met.
 *
 * Every function that can fail returns an enum err; ERR_OK is 0. Which field and why is in the
 * problem list of struct ctx (ctx.h). Only http/ turns kinds into HTTP status codes.
 */
#ifndef SHOUWEN_BASE_ERR_H
#define SHOUWEN_BASE_ERR_H

enum err {
	ERR_OK = 0,
	ERR_BAD_REQUEST,  /* 400 the message can't be understood (not JSON, wrong shape) */
	ERR_SIGN_IN,      /* 401 nobody is signed in */
	ERR_FORBIDDEN,    /* 403 signed in, but not allowed */
	ERR_NOT_FOUND,    /* 404 isn't there, or isn't his to see: the same answer for both */
	ERR_CONFLICT,     /* 409 the state of things does not allow it */
	ERR_STALE,        /* 412 somebody changed it since it was read */
	ERR_TOO_LARGE,    /* 413 past a stated maximum */
	ERR_INVALID,      /* 422 understood, but a value is wrong: see the problem list */
	ERR_NEED_VERSION, /* 428 If-Match is missing */
	ERR_THROTTLED,    /* 429 too many tries */
	ERR_INTERNAL,     /* 500 a fault of ours */
	ERR_BUSY,         /* 503 queue full or store busy: try again later */
	ERR_FULL,         /* 507 no space left on the disk */
	ERR_RETRY,        /* inside store/ only: run the transaction again */
	ERR_COUNT
};

/* A short stable word for the API ("not_found"), never NULL. */
const char *err_code(enum err e);

/* Return at once with the error of a call that failed. */
#define TRY(call)                           \
	do {                                \
		enum err try_err_ = (call); \
		if (try_err_ != ERR_OK)     \
			return try_err_;    \
	} while (0)

#endif

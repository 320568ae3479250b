#include "base/err.h"

const char *err_code(enum err e)
{
	static const char *const codes[ERR_COUNT] = {
	        [ERR_OK] = "ok",
	        [ERR_BAD_REQUEST] = "bad_request",
	        [ERR_SIGN_IN] = "sign_in",
	        [ERR_FORBIDDEN] = "forbidden",
	        [ERR_NOT_FOUND] = "not_found",
	        [ERR_CONFLICT] = "conflict",
	        [ERR_STALE] = "stale",
	        [ERR_TOO_LARGE] = "too_large",
	        [ERR_INVALID] = "invalid",
	        [ERR_NEED_VERSION] = "need_version",
	        [ERR_THROTTLED] = "throttled",
	        [ERR_INTERNAL] = "internal",
	        [ERR_BUSY] = "busy",
	        [ERR_FULL] = "full",
	        [ERR_RETRY] = "busy",
	};

	if ((unsigned)e >= ERR_COUNT || codes[e] == NULL)
		return "internal";
	return codes[e];
}

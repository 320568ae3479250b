/* PostgreSQL. */
#include "store/internal.h"

static enum err open_store(struct store *s, char *why, size_t why_bytes)
{
	snprintf(why, why_bytes, "PostgreSQL is not built in");
	return ERR_INVALID;
}

const struct backend backend_postgres = {.open = open_store};

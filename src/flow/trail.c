/* trail.c: the chain of owners as a record's events tell it: each begins where the one before ended. For verify. */
#include <string.h>

#include "base/ids.h"
#include "flow/owners.h"

/* The id in `"17"`, `{"id":"17",…}` or null, as events hold it. */
static int64_t id_at(const char *at, const char *end)
{
	char digits[24];
	size_t n = 0;
	int64_t id;
	if (end - at > 6 && memcmp(at, "{\"id\":", 6) == 0)
		at += 6;
	if (at >= end || *at++ != '"')
		return 0;
	while (at < end && *at >= '0' && *at <= '9' && n < sizeof(digits) - 1)
		digits[n++] = *at++;
	digits[n] = '\0';
	return id_parse(digits, &id) ? id : 0;
}

/* What one event did to a field: written by us as {"field":"owner","before":…,"after":…}, and a quote within a value
 * is escaped there. */
static bool change_find(const char *body, size_t len, const char *needle, int64_t *ret_before, int64_t *ret_after)
{
	const char *end = body + len, *at = memmem(body, len, needle, strlen(needle)), *before, *after, *next;
	if (at == NULL)
		return false;
	at += strlen(needle);
	next = memmem(at, (size_t)(end - at), "{\"field\":", 9);
	end = next ? next : end;
	before = memmem(at, (size_t)(end - at), "\"before\":", 9);
	after = memmem(at, (size_t)(end - at), "\"after\":", 8);
	*ret_before = before ? id_at(before + 9, end) : 0;
	*ret_after = after ? id_at(after + 8, end) : 0;
	return true;
}

const char *trail_event(struct owner_trail *t, const char *body, size_t len, bool first)
{
	int64_t before, after;
	const char *fault = NULL;
	if (body == NULL) { /* lawfully erased: what follows is taken as it says */
		t->lost = true;
		return NULL;
	}
	if (change_find(body, len, "{\"field\":\"owner\",", &before, &after)) {
		if (!first && !t->lost && before != t->owner)
			fault = "the owner it was handed on from is not the one it had";
		t->owner = after;
		t->lost = false;
	}
	if (change_find(body, len, "{\"field\":\"first_owner\",", &before, &after)) {
		if (!first && !t->lost && before != 0)
			fault = "its first owner was changed";
		t->first_owner = after;
	}
	return fault;
}

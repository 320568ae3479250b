/*
 * value.h: one value of a field, a filter or a bound parameter.
 *
 * INT holds ids, flags (0/1), instants (ms UTC), numbers and money (scaled to minor units).
 * TEXT holds text, choice names, and dates as YYYY-MM-DD. The bytes are UTF-8, NUL-terminated
 * and owned by an arena. LIST is used for parameters such as @my_teams and for values of
 * `choices` and `links` fields.
 */
#ifndef SHOUWEN_BASE_VALUE_H
#define SHOUWEN_BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum value_kind { VALUE_EMPTY = 0, VALUE_INT, VALUE_TEXT, VALUE_LIST };

struct value {
	enum value_kind kind;
	union {
		int64_t i;
		struct {
			const char *s;
			size_t len;
		};
		struct {
			struct value *list;
			size_t n;
		};
	};
};

static inline struct value value_empty(void)
{
	return (struct value){.kind = VALUE_EMPTY};
}

static inline struct value value_int(int64_t i)
{
	return (struct value){.kind = VALUE_INT, .i = i};
}

/* An empty text is the empty value: the two can't be told apart by a user. */
static inline struct value value_textn(const char *s, size_t len)
{
	if (s == NULL || len == 0)
		return value_empty();
	return (struct value){.kind = VALUE_TEXT, .s = s, .len = len};
}

static inline struct value value_text(const char *s)
{
	return value_textn(s, s ? strlen(s) : 0);
}

bool value_equal(const struct value *a, const struct value *b);
bool value_has(const struct value *list, const struct value *v); /* false too when it is no list */

#endif

/*
 * zone_rule.h: the rule at the end of a zone file ("EST5EDT,M3.2.0,M11.1.0"), for zone.c only.
 */
#ifndef SHOUWEN_BASE_ZONE_RULE_H
#define SHOUWEN_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct zone_change {
	enum { CHANGE_MONTH, CHANGE_JULIAN, CHANGE_DAY } kind; /* Mm.w.d | Jn | n */
	int month, week, day;
	int32_t time; /* seconds after local midnight; may be negative or past 24 h */
};

struct zone_rule {
	int32_t standard, summer; /* seconds east of UTC */
	bool has_summer;
	struct zone_change begin, end;
};

bool zone_rule_parse(const char *s, struct zone_rule *ret_rule);
int64_t zone_rule_offset(const struct zone_rule *r, int64_t seconds_utc);
/* The first change of the clock after it, in ms; INT64_MAX: none. */
int64_t zone_rule_next(const struct zone_rule *r, int64_t seconds_utc);

#endif

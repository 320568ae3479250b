#include "base/zone_rule.h"

#include "base/clock.h"

static bool take_name(const char **s)
{
	const char *p = *s;
	size_t n = 0;
	if (*p == '<') {
		for (p++; *p && *p != '>'; p++)
			n++;
		if (*p++ != '>')
			return false;
	} else {
		for (; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'); p++)
			n++;
	}
	*s = p;
	return n >= 3;
}

static bool take_number(const char **s, int max, int *ret)
{
	int v = 0, n = 0;
	for (; **s >= '0' && **s <= '9' && n < 4; (*s)++, n++)
		v = v * 10 + (**s - '0');
	*ret = v;
	return n > 0 && v <= max;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool take_seconds(const char **s, int32_t *ret)
{
	int sign = 1, h, m = 0, sec = 0;
	if (**s == '+' || **s == '-')
		sign = *(*s)++ == '-' ? -1 : 1;
	if (!take_number(s, 167, &h))
		return false;
	if (**s == ':') {
		(*s)++;
		if (!take_number(s, 59, &m))
			return false;
		if (**s == ':') {
			(*s)++;
			if (!take_number(s, 59, &sec))
				return false;
		}
	}
	*ret = sign * (h * 3600 + m * 60 + sec);
	return true;
}

static bool take_change(const char **s, struct zone_change *c)
{
	*c = (struct zone_change){.time = 7200};
	if (*(*s)++ != ',')
		return false;
	if (**s == 'M') {
		(*s)++;
		c->kind = CHANGE_MONTH;
		if (!take_number(s, 12, &c->month) || c->month < 1 || *(*s)++ != '.' || !take_number(s, 5, &c->week) ||
		    c->week < 1 || *(*s)++ != '.' || !take_number(s, 6, &c->day))
			return false;
	} else {
		c->kind = CHANGE_DAY;
		if (**s == 'J') {
			(*s)++;
			c->kind = CHANGE_JULIAN;
		}
		if (!take_number(s, 365, &c->day))
			return false;
	}
	if (**s == '/') {
		(*s)++;
		return take_seconds(s, &c->time);
	}
	return true;
}

bool zone_rule_parse(const char *s, struct zone_rule *ret_rule)
{
	struct zone_rule r = {0};
	if (!take_name(&s) || !take_seconds(&s, &r.standard))
		return false;
	r.standard = -r.standard; /* POSIX counts west */
	if (*s != '\0') {
		r.has_summer = true;
		r.summer = r.standard + 3600;
		if (!take_name(&s))
			return false;
		if (*s != ',') {
			if (!take_seconds(&s, &r.summer))
				return false;
			r.summer = -r.summer;
		}
		if (!take_change(&s, &r.begin) || !take_change(&s, &r.end) || *s != '\0')
			return false;
	}
	*ret_rule = r;
	return true;
}

static int64_t change_seconds(const struct zone_change *c, int year)
{
	int64_t day = date_days(year, 1, 1);
	if (c->kind == CHANGE_DAY) {
		day += c->day;
	} else if (c->kind == CHANGE_JULIAN) {
		/* The 29th of February is never counted. */
		bool leap = date_days(year, 3, 1) - day == 60;
		day += c->day - 1 + (leap && c->day >= 60);
	} else {
		day = date_days(year, c->month, 1);
		int64_t next = date_days(year, c->month + 1, 1);
		int64_t weekday = (day + 4) % 7; /* 0 Sunday */
		if (weekday < 0)
			weekday += 7;
		day += (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
		while (day >= next)
			day -= 7;
	}
	return day * 86400 + c->time;
}

int64_t zone_rule_offset(const struct zone_rule *r, int64_t seconds_utc)
{
	if (!r->has_summer)
		return r->standard;
	int year, month, day;
	int64_t local = seconds_utc + r->standard;
	date_from_days(local / 86400 - (local % 86400 < 0), &year, &month, &day);
	int64_t begin = change_seconds(&r->begin, year) - r->standard;
	int64_t end = change_seconds(&r->end, year) - r->summer;
	bool summer =
	        begin < end ? seconds_utc >= begin && seconds_utc < end : !(seconds_utc >= end && seconds_utc < begin);
	return summer ? r->summer : r->standard;
}

int64_t zone_rule_next(const struct zone_rule *r, int64_t seconds_utc)
{
	int year, month, day;
	int64_t best = INT64_MAX;
	if (!r->has_summer)
		return INT64_MAX;
	date_from_days(seconds_utc / 86400 - (seconds_utc % 86400 < 0), &year, &month, &day);
	for (int y = year - 1; y <= year + 2; y++) {
		int64_t changes[] = {change_seconds(&r->begin, y) - r->standard,
		                     change_seconds(&r->end, y) - r->summer};
		for (int i = 0; i < 2; i++)
			if (changes[i] > seconds_utc && changes[i] * 1000 < best)
				best = changes[i] * 1000;
	}
	return best;
}

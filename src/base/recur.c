/* recur.c: what comes round by itself. Nominal days are counted first, then put where the calendar lets them be. */
#include <stdio.h>
#include <string.h>

#include "base/recur.h"

enum { WORD_BYTES = 16, WORDS_MAX = 4, SHIFT_DAYS_MAX = 60 };

/* ---- words ----------------------------------------------------------------------------------------- */

int minute_parse(const char *s)
{
	if (strlen(s) != 5 || s[2] != ':')
		return -1;
	for (int i = 0; i < 5; i++)
		if (i != 2 && (s[i] < '0' || s[i] > '9'))
			return -1;
	int hour = (s[0] - '0') * 10 + s[1] - '0', minute = (s[3] - '0') * 10 + s[4] - '0';
	return minute > 59 || hour > 24 || (hour == 24 && minute) ? -1 : hour * 60 + minute;
}

struct words {
	char word[WORDS_MAX][WORD_BYTES];
	size_t n;
};

static bool split(const char *s, struct words *ret_words)
{
	ret_words->n = 0;
	while (*(s += strspn(s, " ")) != '\0') {
		size_t len = strcspn(s, " ");
		if (ret_words->n == WORDS_MAX || len >= WORD_BYTES)
			return false;
		memcpy(ret_words->word[ret_words->n], s, len);
		ret_words->word[ret_words->n++][len] = '\0';
		s += len;
	}
	return ret_words->n > 0;
}

static bool whole_number(const char *s, int least, int most, int *ret_n)
{
	int n = 0;
	if (*s == '\0')
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		n = n * 10 + (*s - '0');
		if (n > most)
			return false;
	}
	*ret_n = n;
	return n >= least;
}

static int weekday_of(const char *s)
{
	static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
	                                    "friday", "saturday", "sunday"};
	for (int i = 0; i < 7; i++)
		if (strcmp(names[i], s) == 0)
			return i + 1;
	return 0;
}

static bool day_of(const char *s, int most, int *ret_day)
{
	*ret_day = 0;
	return strcmp(s, "last") == 0 || whole_number(s, 1, most, ret_day);
}

/* "12-01" */
static bool month_and_day(const char *s, struct recurrence *r)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	char month[3] = {0};
	if (strlen(s) != 5 || s[2] != '-')
		return false;
	memcpy(month, s, 2);
	return whole_number(month, 1, 12, &r->month) && whole_number(s + 3, 1, days[r->month - 1], &r->day);
}

/* Which words say the day, and how many: the time of day may follow them. */
static bool day_words(const struct words *w, struct recurrence *r, size_t *ret_used)
{
	static const char *const kinds[] = {"hour", "day", "workday", "week", "month", "quarter", "year"};
	int kind = -1;
	for (int i = 0; i < 7; i++)
		if (strcmp(kinds[i], w->word[0]) == 0)
			kind = i;
	r->weekday = weekday_of(w->word[0]);
	*ret_used = 1;
	if (r->weekday) {
		r->kind = RECUR_WEEK;
		return true;
	}
	if (kind < 0)
		return false;
	r->kind = (enum recurrence_kind)kind;
	if (r->kind == RECUR_HOUR)
		return w->n == 1;
	if (r->kind == RECUR_DAY || r->kind == RECUR_WORKDAY)
		return true;
	*ret_used = 2;
	if (w->n < 2)
		return false;
	if (r->kind == RECUR_WEEK)
		return (r->weekday = weekday_of(w->word[1])) != 0;
	if (r->kind == RECUR_YEAR)
		return month_and_day(w->word[1], r);
	return day_of(w->word[1], r->kind == RECUR_MONTH ? 31 : 92, &r->day);
}

/* "4-5,11-2" as bits. */
static bool months_parse(const char *s, unsigned *ret_months)
{
	unsigned months = 0;
	while (*s) {
		char part[WORD_BYTES];
		size_t len = strcspn(s, ",");
		int from, to;
		if (len >= sizeof(part))
			return false;
		memcpy(part, s, len);
		part[len] = '\0';
		char *dash = strchr(part, '-');
		if (dash)
			*dash = '\0';
		if (!whole_number(part, 1, 12, &from) || !whole_number(dash ? dash + 1 : part, 1, 12, &to))
			return false;
		for (int m = from;; m = m % 12 + 1) {
			months |= 1u << m;
			if (m == to)
				break;
		}
		s += len;
		s += *s == ',' && s[1] != '\0';
		if (*s == ',')
			return false;
	}
	*ret_months = months;
	return months != 0;
}

static bool shift_parse(const char *s, enum recurrence_shift *ret_shift)
{
	static const char *const names[] = {"keep", "skip", "before", "after"};
	for (int i = 0; i < 4; i++)
		if (strcmp(names[i], s) == 0) {
			*ret_shift = (enum recurrence_shift)i;
			return true;
		}
	return false;
}

bool recurrence_parse(const char *every, const char *months, const char *shift, struct recurrence *ret_recurrence,
                      const char **ret_why)
{
	struct recurrence r = {0};
	struct words w;
	size_t used = 0;
	bool fine = split(every, &w) && day_words(&w, &r, &used) && w.n <= used + 1;
	if (fine && w.n == used + 1) {
		r.minute = minute_parse(w.word[used]);
		fine = r.minute >= 0 && r.minute < 1440;
	}
	if (!fine) {
		*ret_why = "write hour, \"day 08:00\", \"workday 08:30\", \"friday 15:00\", \"month 25 09:00\", "
		           "\"month last "
		           "17:00\", \"quarter 1 09:00\" or \"year 12-01 09:00\"";
		return false;
	}
	if (months && !months_parse(months, &r.months)) {
		*ret_why = "`months` are numbers, such as 4-5 or 1,4,7";
		return false;
	}
	if (shift && !shift_parse(shift, &r.shift)) {
		*ret_why = "`shift` is keep, skip, before or after";
		return false;
	}
	*ret_recurrence = r;
	return true;
}

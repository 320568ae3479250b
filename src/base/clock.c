#include "base/clock.h"

int64_t clock_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Proleptic Gregorian; a year begins in March, so that the leap day is its last. */
int64_t date_days(int year, int month, int day)
{
	int64_t months = (int64_t)year * 12 + (month - 1);
	int64_t y = months >= 0 ? months / 12 : -((11 - months) / 12);
	int m = (int)(months - y * 12) + 1;
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468 + day - 1;
}

void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t mp = (5 * of_year + 2) / 153;
	*ret_day = (int)(of_year - (153 * mp + 2) / 5 + 1);
	*ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

static void put_digits(char *out, int n, int value)
{
	while (n-- > 0) {
		out[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void date_format(int year, int month, int day, char out[DATE_BYTES])
{
	if (year < 0 || year > 9999)
		year = year < 0 ? 0 : 9999;
	put_digits(out, 4, year);
	out[4] = '-';
	put_digits(out + 5, 2, month);
	out[7] = '-';
	put_digits(out + 8, 2, day);
	out[10] = '\0';
}

static bool take_digits(const char **s, int n, int *ret)
{
	int v = 0;
	for (int i = 0; i < n; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool take_date(const char **s, int *y, int *m, int *d)
{
	if (!take_digits(s, 4, y) || !take_char(s, '-') || !take_digits(s, 2, m) || !take_char(s, '-') ||
	    !take_digits(s, 2, d))
		return false;
	if (*y < 1 || *m < 1 || *m > 12 || *d < 1)
		return false;
	return date_days(*y, *m, *d) < date_days(*y, *m + 1, 1);
}

bool date_parse(const char *s, int *ret_year, int *ret_month, int *ret_day)
{
	int y, m, d;
	if (s == NULL || !take_date(&s, &y, &m, &d) || *s != '\0')
		return false;
	*ret_year = y;
	*ret_month = m;
	*ret_day = d;
	return true;
}

static bool take_time(const char **s, int64_t *ret_ms)
{
	int hour, minute, second = 0, ms = 0;
	if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute))
		return false;
	if (take_char(s, ':') && !take_digits(s, 2, &second))
		return false;
	if (**s == '.') {
		(*s)++;
		int n = 0;
		for (; **s >= '0' && **s <= '9'; (*s)++, n++)
			if (n < 3)
				ms = ms * 10 + (**s - '0');
		if (n == 0 || n > 9)
			return false;
		for (; n < 3; n++)
			ms *= 10;
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
	return true;
}

static bool take_offset(const char **s, int64_t *ret_ms)
{
	int hours, minutes;
	*ret_ms = 0;
	if (take_char(s, 'Z'))
		return true;
	if (**s != '+' && **s != '-')
		return false;
	int sign = *(*s)++ == '-' ? -1 : 1;
	if (!take_digits(s, 2, &hours) || !take_char(s, ':') || !take_digits(s, 2, &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	*ret_ms = sign * (hours * HOUR_MS + minutes * MINUTE_MS);
	return true;
}

bool instant_parse(const char *s, int64_t *ret_ms)
{
	int y, m, d;
	int64_t time_ms, offset_ms;
	if (s == NULL || !take_date(&s, &y, &m, &d) || !take_char(&s, 'T') || !take_time(&s, &time_ms) ||
	    !take_offset(&s, &offset_ms) || *s != '\0')
		return false;
	*ret_ms = date_days(y, m, d) * DAY_MS + time_ms - offset_ms;
	return true;
}

void instant_format(int64_t ms, char out[INSTANT_BYTES])
{
	int64_t days = ms / DAY_MS - (ms % DAY_MS < 0);
	int rest = (int)(ms - days * DAY_MS);
	int y, m, d;
	date_from_days(days, &y, &m, &d);
	date_format(y, m, d, out);
	out[10] = 'T';
	put_digits(out + 11, 2, rest / (int)HOUR_MS);
	out[13] = ':';
	put_digits(out + 14, 2, rest / (int)MINUTE_MS % 60);
	out[16] = ':';
	put_digits(out + 17, 2, rest / 1000 % 60);
	out[19] = '.';
	put_digits(out + 20, 3, rest % 1000);
	out[23] = 'Z';
	out[24] = '\0';
}

/*
 * Due times against a counter of minutes. Random calendars (lunch breaks, nights, overlapping hours, days off, make-up
 * days), zones with odd changes of the clock, random histories and all kinds of targets: spans_elapsed and due_derive
 * must say what comes out when every minute is looked at with zone_local() alone.
 *
 * property_test [--cases N] [--seed S]. The first difference is printed with all that made it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flow/clocks.h"

enum {
	DAYS_BEFORE = 2,
	DAYS_AFTER = 50,
	MINUTES = (DAYS_BEFORE + DAYS_AFTER) * 1440,
	HISTORY_MINUTES = 30 * 1440,
	SPANS_MAX = 12,
	EXCEPTIONS_MAX = 40,
	TARGETS = 4,
	WEEK = 7,
};

static const char *const zone_names[] = {
        "Asia/Shanghai", "Europe/Berlin",  "America/New_York", "Australia/Lord_Howe", "America/Havana",
        "Asia/Beirut",   "Asia/Kathmandu", "Europe/Dublin",    "America/Los_Angeles", "Africa/Casablanca"};
enum { ZONES = sizeof(zone_names) / sizeof(zone_names[0]) };

struct test_case {
	int zone;
	struct worktime w;
	struct work_exception exceptions[EXCEPTIONS_MAX];
	int64_t start;
	struct span spans[SPANS_MAX];
	size_t n;
};

/* ---- chance ------------------------------------------------------------------------------------------ */

static uint64_t chance_state;

static uint64_t chance(uint64_t below)
{
	chance_state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = chance_state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static bool one_in(uint64_t n)
{
	return chance(n) == 0;
}

static int between(int least, int most)
{
	return least + (int)chance((uint64_t)(most - least + 1));
}

static void put_hours(struct work_day *d, int from, int to)
{
	size_t at = d->n++;
	for (; at > 0 && d->hours[at - 1].from > from; at--)
		d->hours[at] = d->hours[at - 1];
	d->hours[at] = (struct work_hours){from, to};
}

/* Spans of at least 90 minutes: none of them lies in an hour that is skipped. */
static struct work_day random_day(void)
{
	struct work_day d = {0};
	switch (chance(6)) {
	case 0: /* a night, or a day and more */ put_hours(&d, 15 * between(72, 92), 15 * between(100, 136)); break;
	case 1: put_hours(&d, 0, 1440); break;
	case 2: /* overlapping, also with the day after */
		put_hours(&d, 15 * between(0, 30), 15 * between(40, 60));
		put_hours(&d, 15 * between(32, 50), 15 * between(64, 130));
		break;
	case 3: put_hours(&d, 15 * between(0, 4), 15 * between(12, 40)); break;
	default: /* with a lunch break */
		put_hours(&d, 15 * between(28, 38), 15 * between(46, 50));
		put_hours(&d, 15 * between(52, 56), 15 * between(66, 90));
		break;
	}
	return d;
}

static void random_calendar(struct test_case *c, int64_t first_day)
{
	struct work_day usual = random_day();
	c->w.always = one_in(10);
	for (int i = 0; i < WEEK; i++)
		if (i < 5 ? !one_in(12) : one_in(3))
			c->w.week[i] = one_in(4) ? random_day() : usual;
	if (c->w.week[0].n == 0)
		c->w.week[0] = usual;
	c->w.exceptions = c->exceptions;
	int64_t day = first_day - DAYS_BEFORE;
	while (c->w.n_exceptions < EXCEPTIONS_MAX && !one_in(12)) {
		day += between(1, 15);
		bool off = one_in(2);
		for (int run = off ? between(1, 9) : 1; run > 0 && c->w.n_exceptions < EXCEPTIONS_MAX; run--) {
			struct work_exception *x = &c->exceptions[c->w.n_exceptions++];
			x->day = day++;
			if (!off)
				x->what = random_day();
		}
		day--;
	}
}

/* Half of them near the days when clocks change somewhere. */
static int64_t random_start(void)
{
	static const int months[] = {3, 4, 10, 11};
	int year = between(2023, 2034);
	int64_t day = one_in(2) ? date_days(year, months[chance(4)], 1) + between(-20, 31)
	                        : date_days(year, 1, 1) + between(0, 364);
	return day * DAY_MS + between(0, 1439) * MINUTE_MS;
}

static void random_spans(struct test_case *c)
{
	int64_t at = c->start, end = c->start + between(1, HISTORY_MINUTES) * MINUTE_MS;
	bool running = !one_in(10);
	int n = between(1, SPANS_MAX);
	while ((int)c->n < n) {
		int64_t to = at + between(1, one_in(3) ? 12 * 1440 : 900) * MINUTE_MS;
		bool last = (int)c->n == n - 1 || to >= end;
		c->spans[c->n++] = (struct span){.from = at, .to = last && !one_in(3) ? 0 : to, .running = running};
		if (last)
			return;
		running = !running;
		at = to;
	}
}

static struct target random_target(void)
{
	static const char units[] = {'m', 'h', 'd', 'w', 'M', 'b'};
	struct target t = {.minute_of_day = -1, .kind = (enum target_kind)chance(TARGET_BY + 1)};
	switch (t.kind) {
	case TARGET_FOR:
		t.unit = units[chance(2)];
		t.n = t.unit == 'm' ? between(0, 3000) : between(1, 120);
		break;
	case TARGET_DAYS:
		t.unit = units[2 + chance(4)];
		t.n = t.unit == 'w' ? between(0, 3) : t.unit == 'M' ? between(0, 2) : between(0, 15);
		break;
	case TARGET_NEXT_AT:
		t.unit = one_in(2) ? 'b' : 'd';
		t.minute_of_day = between(0, 1439);
		break;
	case TARGET_MONTH_DAY:
		t.n = between(0, 31);
		t.minute_of_day = one_in(2) ? -1 : between(0, 1439);
		break;
	case TARGET_WINDOW:
		t.unit = one_in(2) ? 'b' : 'd';
		t.n = between(0, 5);
		t.n2 = t.n + between(0, 5);
		break;
	default: break;
	}
	return t;
}

/* ---- every minute -------------------------------------------------------------------------------------- */

/* The window begins two days before the start, at a whole minute. */
struct minutes {
	int64_t from;
	int64_t day[MINUTES + 1]; /* of the wall clock */
	int minute[MINUTES + 1];
	int year[MINUTES + 1], month[MINUTES + 1], dom[MINUTES + 1];
	bool worked[MINUTES];
	int sum[MINUTES + 1]; /* worked minutes before it */
};

static struct minutes *m; /* of the case that is looked at */

static const struct work_day *hours_of(const struct test_case *c, int64_t day)
{
	for (size_t i = 0; i < c->w.n_exceptions; i++)
		if (c->exceptions[i].day == day)
			return &c->exceptions[i].what;
	return &c->w.week[((day % 7) + 10) % 7];
}

static bool has_minute(const struct work_day *d, int minute)
{
	for (size_t i = 0; i < d->n; i++)
		if (minute >= d->hours[i].from && minute < d->hours[i].to)
			return true;
	return false;
}

static bool is_open(const struct test_case *c, int64_t day)
{
	return c->w.always || hours_of(c, day)->n > 0;
}

static void look(const struct test_case *c)
{
	m->from = c->start - DAYS_BEFORE * DAY_MS;
	for (int i = 0; i <= MINUTES; i++) {
		struct local_time t;
		zone_local(c->w.zone, m->from + i * MINUTE_MS, &t);
		m->day[i] = i > 0 && m->dom[i - 1] == t.day ? m->day[i - 1] : date_days(t.year, t.month, t.day);
		m->year[i] = t.year;
		m->month[i] = t.month;
		m->dom[i] = t.day;
		m->minute[i] = t.hour * 60 + t.minute;
		if (i == MINUTES)
			break;
		m->worked[i] = c->w.always || has_minute(hours_of(c, m->day[i]), m->minute[i]) ||
		               has_minute(hours_of(c, m->day[i] - 1), m->minute[i] + 1440);
		m->sum[i + 1] = m->sum[i] + m->worked[i];
	}
}

static const int64_t beyond = INT64_MAX; /* past what was looked at */

static int64_t at_minute(int i)
{
	return m->from + i * MINUTE_MS;
}

static int64_t count(int64_t from, int64_t to)
{
	int64_t end = at_minute(MINUTES);
	if (to > end)
		to = end;
	if (to <= from)
		return 0;
	int a = (int)((from - m->from) / MINUTE_MS), b = (int)((to - m->from) / MINUTE_MS);
	int64_t sum = (m->sum[b] - m->sum[a]) * MINUTE_MS;
	if (b < MINUTES && m->worked[b])
		sum += to - at_minute(b);
	if (m->worked[a])
		sum -= from - at_minute(a);
	return sum;
}

static int64_t reach(int64_t from, int64_t ms)
{
	if (ms == 0)
		return from;
	if (from >= at_minute(MINUTES))
		return beyond;
	for (int i = (int)((from - m->from) / MINUTE_MS); i < MINUTES; i++) {
		int64_t begin = at_minute(i) > from ? at_minute(i) : from, here = at_minute(i + 1) - begin;
		if (!m->worked[i])
			continue;
		if (here >= ms)
			return begin + ms;
		ms -= here;
	}
	return beyond;
}

static int index_of(int64_t at)
{
	return (int)((at - m->from) / MINUTE_MS);
}

/* The first minute at which the wall clock shows this or later. */
static int64_t shows(int64_t day, int minute)
{
	int low = 0;
	if (minute >= 1440) {
		day++;
		minute -= 1440;
	}
	while (low <= MINUTES && m->day[low] < day)
		low += low + 1200 <= MINUTES && m->day[low + 1200] < day ? 1200 : 1;
	for (; low <= MINUTES; low++)
		if (m->day[low] > day || m->minute[low] >= minute)
			return at_minute(low);
	return beyond;
}

/* The end of the last minute that belongs to the hours of a day. */
static int64_t over(const struct test_case *c, int64_t day)
{
	int64_t from = shows(day, 0);
	int last = -1;
	if (from == beyond)
		return beyond;
	for (int i = index_of(from); i < MINUTES && m->day[i] <= day + 1; i++)
		if (c->w.always ? m->day[i] == day
		                : has_minute(hours_of(c, day), m->minute[i] + (m->day[i] == day ? 0 : 1440)))
			last = i;
	return shows(day + 2, 0) == beyond ? beyond : at_minute(last + 1);
}

static int64_t not_midnight(int64_t at)
{
	return at != beyond && index_of(at) <= MINUTES && at == at_minute(index_of(at)) && m->minute[index_of(at)] == 0
	               ? at - 1
	               : at;
}

static int64_t closes(const struct test_case *c, int64_t day)
{
	if (is_open(c, day))
		return not_midnight(over(c, day));
	int64_t next = shows(day + 1, 0);
	return next == beyond ? beyond : next - 1;
}

static int64_t nth_open(const struct test_case *c, int64_t day, int n)
{
	if (n == 0 && is_open(c, day))
		return day;
	for (int left = n ? n : 1; left > 0;)
		left -= is_open(c, ++day);
	return day;
}

/* The same time so many days on. */
static int64_t days_on(const struct test_case *c, int64_t at, int n, char unit)
{
	if (n == 0)
		return at;
	if (at >= at_minute(MINUTES))
		return beyond;
	int i = index_of(at);
	int64_t day = unit == 'b' ? nth_open(c, m->day[i], n) : m->day[i] + n * (unit == 'w' ? 7 : 1);
	if (unit == 'M') {
		int month = m->month[i] - 1 + n, year = m->year[i] + month / 12;
		month %= 12;
		int64_t first = date_days(year, month + 1, 1),
		        next = date_days(month == 11 ? year + 1 : year, month == 11 ? 1 : month + 2, 1);
		day = first + m->dom[i] - 1 < next ? first + m->dom[i] - 1 : next - 1;
	}
	int64_t found = shows(day, m->minute[i]);
	if (found == beyond)
		return beyond;
	/* The seconds of the minute, where the minute itself was found. */
	return m->minute[index_of(found)] == m->minute[i] ? found + (at - at_minute(i)) : found;
}

static int64_t brute_days(const struct test_case *c, const struct target *t)
{
	int64_t due = days_on(c, c->start, t->n, t->unit);
	char step = t->unit == 'b' ? 'b' : 'd';
	for (size_t i = 0; i < c->n && due != beyond; i++) {
		const struct span *s = &c->spans[i];
		if (s->running || s->from >= due)
			continue;
		int held = 0;
		int64_t at = s->from;
		for (;;) {
			int64_t next = days_on(c, s->from, held + 1, step);
			if (next > s->to)
				break;
			held++;
			at = next;
		}
		int64_t rest = step == 'b' ? count(at, s->to) : s->to - at;
		due = days_on(c, due, held, step);
		if (due != beyond)
			due = step == 'b' ? reach(due, rest) : due + rest;
	}
	return due;
}

/* Running minutes one by one; after the last span as if it went on. */
static int64_t brute_reach(const struct test_case *c, int64_t ms)
{
	int64_t end = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct span *s = &c->spans[i];
		end = s->to;
		if (!s->running)
			continue;
		int64_t at = reach(s->from, ms);
		if (s->to == 0 || at <= s->to)
			return at;
		ms -= count(s->from, s->to);
	}
	return reach(end, ms);
}

static int64_t brute_month_day(const struct test_case *c, const struct target *t)
{
	int i = index_of(c->start), year = m->year[i], month = m->month[i];
	for (;; month++) {
		if (month == 13) {
			month = 1;
			year++;
		}
		int64_t first = date_days(year, month, 1),
		        last = date_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - 1;
		int64_t day = t->n == 0 || first + t->n - 1 > last ? last : first + t->n - 1;
		int64_t at = day < m->day[0] ? 0 : t->minute_of_day < 0 ? closes(c, day) : shows(day, t->minute_of_day);
		if (at > c->start)
			return at;
	}
}

static void brute_point(const struct test_case *c, const struct target *t, int64_t by, struct due *ret)
{
	int64_t today = m->day[index_of(c->start)];
	switch (t->kind) {
	case TARGET_DAY_END: {
		int64_t end = is_open(c, today) ? over(c, today) : 0;
		ret->due = not_midnight(end > c->start ? end : over(c, nth_open(c, today, 1)));
		return;
	}
	case TARGET_NEXT_AT:
		ret->due = shows(t->unit == 'b' ? nth_open(c, today, 1) : today + 1, t->minute_of_day);
		return;
	case TARGET_MONTH_DAY: ret->due = brute_month_day(c, t); return;
	case TARGET_WINDOW: {
		bool days = t->unit == 'd';
		int64_t first = days ? today + t->n : nth_open(c, today, t->n);
		ret->open_from = first == today ? c->start : shows(first, 0);
		ret->due = closes(c, days ? today + t->n2 : nth_open(c, today, t->n2));
		return;
	}
	default: ret->due = by; return;
	}
}

static struct due brute(const struct test_case *c, const struct target *t, int64_t by, int percent)
{
	struct due d = {0};
	bool lasts = t->kind == TARGET_FOR || t->kind == TARGET_DAYS;
	int64_t total = 0, last = c->start;
	if (lasts && !c->spans[c->n - 1].to && !c->spans[c->n - 1].running)
		return d;
	if (t->kind == TARGET_FOR)
		d.due = brute_reach(c, t->n * (t->unit == 'm' ? MINUTE_MS : HOUR_MS));
	else if (t->kind == TARGET_DAYS)
		d.due = brute_days(c, t);
	else
		brute_point(c, t, by, &d);
	if (d.due > at_minute(MINUTES))
		d.due = beyond;
	if (percent == 0 || d.due == beyond) {
		d.warn = percent ? beyond : 0;
		if (percent && t->kind == TARGET_FOR)
			d.warn = brute_reach(c, t->n * (t->unit == 'm' ? MINUTE_MS : HOUR_MS) * percent / 100);
		return d;
	}
	if (t->kind == TARGET_FOR) {
		d.warn = brute_reach(c, t->n * (t->unit == 'm' ? MINUTE_MS : HOUR_MS) * percent / 100);
		return d;
	}
	d.warn = d.due;
	if (d.due <= c->start)
		return d;
	for (size_t i = 0; lasts && i < c->n; i++) {
		const struct span *s = &c->spans[i];
		last = !s->to || s->to > d.due ? d.due : s->to;
		if (s->running)
			total += count(s->from, last);
	}
	total += count(last, d.due);
	if (total == 0)
		d.warn = c->start + (d.due - c->start) / 100 * percent;
	else
		d.warn = lasts ? brute_reach(c, total * percent / 100) : reach(c->start, total * percent / 100);
	return d;
}

/* ---- telling ------------------------------------------------------------------------------------------- */

static void tell_instant(const struct test_case *c, const char *what, int64_t at)
{
	struct local_time t;
	if (at == 0 || at == beyond) {
		printf("  %s: %s\n", what, at ? "beyond" : "none");
		return;
	}
	zone_local(c->w.zone, at, &t);
	printf("  %s: %lld  %04d-%02d-%02d %02d:%02d:%02d.%03d (weekday %d)\n", what, (long long)at, t.year, t.month,
	       t.day, t.hour, t.minute, t.second, t.ms, t.weekday);
}

static void tell_day(const struct work_day *d)
{
	for (size_t i = 0; i < d->n; i++)
		printf(" %02d:%02d-%02d:%02d", d->hours[i].from / 60, d->hours[i].from % 60, d->hours[i].to / 60,
		       d->hours[i].to % 60);
	printf("%s\n", d->n ? "" : " off");
}

static void tell_case(const struct test_case *c)
{
	printf("zone %s%s\n", zone_names[c->zone], c->w.always ? ", always" : "");
	for (int i = 0; i < WEEK; i++) {
		printf("  weekday %d:", i + 1);
		tell_day(&c->w.week[i]);
	}
	for (size_t i = 0; i < c->w.n_exceptions; i++) {
		int year, month, day;
		date_from_days(c->exceptions[i].day, &year, &month, &day);
		printf("  %04d-%02d-%02d:", year, month, day);
		tell_day(&c->exceptions[i].what);
	}
	for (size_t i = 0; i < c->n; i++) {
		tell_instant(c, c->spans[i].running ? "runs from" : "stands from", c->spans[i].from);
		tell_instant(c, "       to", c->spans[i].to);
	}
}

/* Past the window both must be; there is no more to compare. */
static bool same(int64_t got, int64_t wanted)
{
	return wanted == beyond ? got >= at_minute(MINUTES) - 3 * DAY_MS : got == wanted;
}

static bool check_target(const struct test_case *c, const struct target *t, int64_t by, int percent)
{
	struct due got = {0}, wanted = brute(c, t, by, percent);
	enum err e = due_derive(&c->w, t, by, c->spans, c->n, percent, &got);
	if (e != ERR_OK && (wanted.due == beyond || wanted.warn == beyond))
		return true;
	bool no_warn = wanted.due == beyond && t->kind != TARGET_FOR; /* a part of what wasn't looked at */
	if (e == ERR_OK && same(got.due, wanted.due) && (no_warn || same(got.warn, wanted.warn)) &&
	    same(got.open_from, wanted.open_from))
		return true;
	printf("target kind %d, n %d..%d, unit %c, minute %d, by %lld, warn %d %%: %s\n", (int)t->kind, t->n, t->n2,
	       t->unit ? t->unit : '-', t->minute_of_day, (long long)by, percent, err_code(e));
	tell_instant(c, "due, derived", got.due);
	tell_instant(c, "due, counted", wanted.due);
	tell_instant(c, "warn, derived", got.warn);
	tell_instant(c, "warn, counted", wanted.warn);
	tell_instant(c, "open from, derived", got.open_from);
	tell_instant(c, "open from, counted", wanted.open_from);
	return false;
}

static bool check_elapsed(const struct test_case *c, int64_t now)
{
	int64_t wanted = 0, got = spans_elapsed(&c->w, c->spans, c->n, now);
	for (int i = index_of(c->start); i < MINUTES && at_minute(i) < now; i++)
		for (size_t k = 0; k < c->n; k++)
			if (c->spans[k].running && at_minute(i) >= c->spans[k].from &&
			    (!c->spans[k].to || at_minute(i) < c->spans[k].to))
				wanted += m->worked[i] ? MINUTE_MS : 0;
	if (got == wanted)
		return true;
	printf("elapsed: %lld derived, %lld counted\n", (long long)got, (long long)wanted);
	tell_instant(c, "now", now);
	return false;
}

static bool check_case(struct zone *const *zones)
{
	struct test_case c = {.zone = (int)chance(ZONES), .start = random_start()};
	c.w.zone = zones[c.zone];
	random_calendar(&c, c.start / DAY_MS);
	random_spans(&c);
	look(&c);
	bool fine = check_elapsed(&c, c.start + between(0, HISTORY_MINUTES) * MINUTE_MS);
	for (int i = 0; i < TARGETS && fine; i++) { /* a target that changes finds the same history */
		struct target t = random_target();
		int64_t by = c.start + between(-1440, 20 * 1440) * MINUTE_MS;
		fine = check_target(&c, &t, by, one_in(4) ? 0 : between(1, 99));
	}
	for (int i = 0; i < 20 && fine; i++) {
		int at = between(0, MINUTES - 1);
		fine = worktime_open_at(&c.w, at_minute(at)) == m->worked[at];
		if (!fine)
			tell_instant(&c, "open or not", at_minute(at));
	}
	if (!fine)
		tell_case(&c);
	return fine;
}

int main(int argc, char **argv)
{
	uint64_t seed = 20261122;
	long cases = 5000;
	struct zone *zones[ZONES];
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--cases") == 0)
			cases = strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
	}
	for (int i = 0; i < ZONES; i++)
		if (zone_load(zone_names[i], &zones[i]) != ERR_OK) {
			fprintf(stderr, "there is no zone %s\n", zone_names[i]);
			return 1;
		}
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		abort();
	printf("seed %llu\n", (unsigned long long)seed);
	long done = 0;
	for (; done < cases; done++) {
		chance_state = seed * UINT64_C(1000003) + (uint64_t)done;
		if (!check_case(zones)) {
			printf("case %ld of seed %llu differs\n", done, (unsigned long long)seed);
			break;
		}
	}
	for (int i = 0; i < ZONES; i++)
		zone_free(zones[i]);
	free(m);
	printf("%ld passed, %d failed\n", done, done < cases);
	return done < cases;
}

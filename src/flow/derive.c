/*
 * derive.c: due times from facts: when a clock ran and stood still, what its target says, whose hours count. Pure.
 */
#include "base/clock.h"
#include "flow/clocks.h"

/* ---- days in the calendar's zone ---------------------------------------------------------------------- */

static int64_t day_at(const struct worktime *w, int64_t at_ms)
{
	struct local_time t;
	zone_local(w->zone, at_ms, &t);
	return date_days(t.year, t.month, t.day);
}

static int64_t instant_at(const struct worktime *w, int64_t day, int minute)
{
	struct local_time t = {.hour = minute / 60, .minute = minute % 60};
	date_from_days(day, &t.year, &t.month, &t.day);
	return zone_instant(w->zone, &t);
}

/* A day ends before the next begins: 24:00 would be read as the day after. */
static int64_t before_midnight(const struct worktime *w, int64_t at_ms)
{
	struct local_time t;
	zone_local(w->zone, at_ms, &t);
	return t.hour || t.minute || t.second || t.ms ? at_ms : at_ms - 1;
}

/* With its last hours, or at midnight if it has none. */
static int64_t day_close(const struct worktime *w, int64_t day)
{
	int64_t end = 0;
	if (!worktime_day_open(w, day) || worktime_day_end(w, instant_at(w, day, 0), 0, &end) != ERR_OK)
		return instant_at(w, day + 1, 0) - 1;
	return before_midnight(w, end);
}

/* The n-th open day after a day; of n 0 the day itself, or the next open one. */
static enum err open_day(const struct worktime *w, int64_t from, int n, int64_t *ret_day)
{
	int64_t day = from;
	if (n == 0 && worktime_day_open(w, day)) {
		*ret_day = day;
		return ERR_OK;
	}
	for (int left = n > 0 ? n : 1; left > 0 && day < from + (int64_t)WORK_YEARS_MAX * 366;)
		left -= worktime_day_open(w, ++day);
	*ret_day = day;
	return worktime_day_open(w, day) ? ERR_OK : ERR_INVALID;
}

/* The same wall-clock time so many days or months later. */
static int64_t calendar_later(const struct worktime *w, int64_t at_ms, int n, bool months)
{
	struct local_time t;
	zone_local(w->zone, at_ms, &t);
	if (!months) {
		t.day += n;
		return zone_instant(w->zone, &t);
	}
	int month = t.year * 12 + t.month - 1 + n;
	t.year = month / 12;
	t.month = month % 12 + 1;
	int last = (int)(date_days(t.month == 12 ? t.year + 1 : t.year, t.month == 12 ? 1 : t.month + 1, 1) -
	                 date_days(t.year, t.month, 1));
	t.day = t.day > last ? last : t.day;
	return zone_instant(w->zone, &t);
}

static enum err later(const struct worktime *w, char unit, int64_t at_ms, int n, int64_t *ret_at_ms)
{
	if (unit == 'b')
		return worktime_add_days(w, at_ms, n, ret_at_ms);
	*ret_at_ms = n == 0 ? at_ms : calendar_later(w, at_ms, unit == 'w' ? 7 * n : n, unit == 'M');
	return ERR_OK;
}

/* ---- durations --------------------------------------------------------------------------------------- */

int64_t spans_elapsed(const struct worktime *w, const struct span *spans, size_t n, int64_t now_ms)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t to = spans[i].to && spans[i].to < now_ms ? spans[i].to : now_ms;
		if (spans[i].running)
			sum += worktime_between(w, spans[i].from, to);
	}
	return sum;
}

/* When it has run for so long: an instant of a span, or one after the last. */
static enum err spans_reach(const struct worktime *w, const struct span *spans, size_t n, int64_t ms,
                            int64_t *ret_at_ms)
{
	for (size_t i = 0; i < n; i++) {
		const struct span *s = &spans[i];
		if (!s->running)
			continue;
		int64_t part = s->to ? worktime_between(w, s->from, s->to) : 0;
		if (s->to == 0 || part >= ms)
			return worktime_after(w, s->from, ms, ret_at_ms);
		ms -= part;
	}
	return worktime_after(w, spans[n - 1].to, ms, ret_at_ms);
}

/* How many whole days a standstill held, by the same wall-clock time, and what is left of it. */
static enum err days_held(const struct worktime *w, char unit, const struct span *still, int *ret_days,
                          int64_t *ret_rest_ms)
{
	int64_t from = day_at(w, still->from), to = day_at(w, still->to), at = still->from;
	int days = (int)(to - from);
	if (unit == 'b')
		days = 0;
	for (int64_t day = from + 1; unit == 'b' && day <= to; day++)
		days += worktime_day_open(w, day);
	for (; days > 0; days--) {
		TRY(later(w, unit == 'b' ? 'b' : 'd', still->from, days, &at));
		if (at <= still->to)
			break;
		at = still->from;
	}
	*ret_days = days;
	*ret_rest_ms = unit == 'b' ? worktime_between(w, at, still->to) : still->to - at;
	return ERR_OK;
}

/* A standstill moves the due time by the days it held, and then by what was left of it. */
static enum err days_due(const struct worktime *w, const struct target *t, const struct span *spans, size_t n,
                         int64_t *ret_due)
{
	int64_t due;
	TRY(later(w, t->unit, spans[0].from, t->n, &due));
	for (size_t i = 0; i < n && spans[i].from < due; i++) {
		int days;
		int64_t rest;
		if (spans[i].running)
			continue;
		TRY(days_held(w, t->unit, &spans[i], &days, &rest));
		TRY(later(w, t->unit == 'b' ? 'b' : 'd', due, days, &due));
		if (t->unit != 'b')
			due += rest;
		else if (rest > 0)
			TRY(worktime_after(w, due, rest, &due));
	}
	*ret_due = due;
	return ERR_OK;
}

/* That part of the running time between the start and the due time; where no hours lie between, of the time. */
static enum err part_at(const struct worktime *w, const struct span *spans, size_t n, int64_t due, int percent,
                        int64_t *ret_at_ms)
{
	int64_t start = spans[0].from, total = 0, last = start;
	if (due <= start) {
		*ret_at_ms = due;
		return ERR_OK;
	}
	for (size_t i = 0; i < n; i++) {
		bool open = spans[i].to == 0 || spans[i].to > due;
		last = open ? due : spans[i].to;
		if (spans[i].running && spans[i].from < due)
			total += worktime_between(w, spans[i].from, last);
	}
	total += worktime_between(w, last, due); /* ended before: as if it had gone on */
	if (total > 0)
		return spans_reach(w, spans, n, total * percent / 100, ret_at_ms);
	*ret_at_ms = start + (due - start) / 100 * percent;
	return ERR_OK;
}

/* ---- points in time ------------------------------------------------------------------------------------ */

static int64_t month_day(const struct worktime *w, const struct target *t, int64_t start)
{
	struct local_time now;
	zone_local(w->zone, start, &now);
	for (int month = now.year * 12 + now.month - 1;; month++) {
		int64_t first = date_days(month / 12, month % 12 + 1, 1),
		        next = date_days((month + 1) / 12, (month + 1) % 12 + 1, 1);
		int64_t day = t->n == 0 || first + t->n > next ? next - 1 : first + t->n - 1;
		int64_t at = t->minute_of_day < 0 ? day_close(w, day) : instant_at(w, day, t->minute_of_day);
		if (at > start)
			return at;
	}
}

static enum err window_due(const struct worktime *w, const struct target *t, int64_t start, struct due *ret_due)
{
	int64_t first = day_at(w, start), from = first + t->n, to = first + t->n2;
	if (t->unit == 'b') {
		TRY(open_day(w, first, t->n, &from));
		TRY(open_day(w, first, t->n2, &to));
	}
	ret_due->open_from = from == first ? start : instant_at(w, from, 0);
	ret_due->due = day_close(w, to);
	return ERR_OK;
}

static enum err point_due(const struct worktime *w, const struct target *t, int64_t by_ms, int64_t start,
                          struct due *ret_due)
{
	int64_t day = day_at(w, start) + 1;
	switch (t->kind) {
	case TARGET_DAY_END:
		TRY(worktime_day_end(w, start, 0, &ret_due->due));
		ret_due->due = before_midnight(w, ret_due->due);
		return ERR_OK;
	case TARGET_NEXT_AT:
		if (t->unit == 'b')
			TRY(open_day(w, day - 1, 1, &day));
		ret_due->due = instant_at(w, day, t->minute_of_day);
		return ERR_OK;
	case TARGET_MONTH_DAY: ret_due->due = month_day(w, t, start); return ERR_OK;
	case TARGET_WINDOW: return window_due(w, t, start, ret_due);
	default: ret_due->due = by_ms; return ERR_OK;
	}
}

enum err due_derive(const struct worktime *w, const struct target *t, int64_t by_ms, const struct span *spans, size_t n,
                    int warn_percent, struct due *ret_due)
{
	struct due due = {0};
	bool lasts = t->kind == TARGET_FOR || t->kind == TARGET_DAYS;
	if (n == 0)
		return ERR_INVALID;
	if (lasts && spans[n - 1].to == 0 && !spans[n - 1].running) {
		*ret_due = due;
		return ERR_OK;
	}
	int64_t need = t->n * (t->unit == 'h' ? HOUR_MS : MINUTE_MS);
	/* To a point in time the clock has run all along, whatever was said of it. */
	const struct span whole = {.from = spans[0].from, .running = true};
	if (t->kind == TARGET_FOR) {
		TRY(spans_reach(w, spans, n, need, &due.due));
		if (warn_percent > 0)
			TRY(spans_reach(w, spans, n, need * warn_percent / 100, &due.warn));
	} else if (t->kind == TARGET_DAYS) {
		TRY(days_due(w, t, spans, n, &due.due));
		if (warn_percent > 0)
			TRY(part_at(w, spans, n, due.due, warn_percent, &due.warn));
	} else {
		TRY(point_due(w, t, by_ms, spans[0].from, &due));
		if (warn_percent > 0)
			TRY(part_at(w, &whole, 1, due.due, warn_percent, &due.warn));
	}
	*ret_due = due;
	return ERR_OK;
}

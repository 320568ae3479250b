/*
 * worktime.c: working hours as arithmetic. The time line is cut where the zone's offset changes; between two cuts
 * wall-clock time is plain arithmetic, and an instant is worked if its wall-clock time lies in hours of its day or of
 * the day before. So skipped hours are not worked and doubled ones twice, without a case of their own.
 */
#include "base/worktime.h"

#define LIMIT_DAYS ((int64_t)WORK_YEARS_MAX * 366)

static int64_t day_of(int64_t wall_ms)
{
	return wall_ms / DAY_MS - (wall_ms % DAY_MS < 0);
}

static int64_t day_at(const struct worktime *w, int64_t at_ms)
{
	return day_of(at_ms + zone_offset_ms(w->zone, at_ms));
}

const struct work_day *worktime_day(const struct worktime *w, int64_t day, const char **ret_name)
{
	static const struct work_day whole = {.hours = {{0, 1440}}, .n = 1};
	size_t low = 0, high = w->always ? 0 : w->n_exceptions;
	if (ret_name)
		*ret_name = NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct work_exception *x = &w->exceptions[middle];
		if (x->day == day) {
			if (ret_name)
				*ret_name = x->name;
			return &x->what;
		}
		if (x->day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return w->always ? &whole : &w->week[((day + 3) % 7 + 7) % 7]; /* 1970-01-01 was a Thursday */
}

bool worktime_day_open(const struct worktime *w, int64_t day)
{
	return worktime_day(w, day, NULL)->n > 0;
}

bool worktime_open_at(const struct worktime *w, int64_t at_ms)
{
	int64_t wall = at_ms + zone_offset_ms(w->zone, at_ms);
	if (w->always)
		return true;
	for (int64_t day = day_of(wall) - 1; day <= day_of(wall); day++) {
		const struct work_day *d = worktime_day(w, day, NULL);
		for (size_t i = 0; i < d->n; i++)
			if (wall >= day * DAY_MS + d->hours[i].from * MINUTE_MS &&
			    wall < day * DAY_MS + d->hours[i].to * MINUTE_MS)
				return true;
	}
	return false;
}

/* ---- a walk over what is worked ----------------------------------------------------------------------- */

struct walk {
	const struct worktime *w;
	int64_t at, end;            /* instants still to be looked at */
	int64_t offset;             /* of the piece that is being walked */
	int64_t wall_from, wall_to; /* the piece on the wall clock */
	int64_t day;                /* of it */
	size_t next;                /* of its hours */
	int64_t worked_to;          /* overlapping hours count once */
};

static struct walk walk_begin(const struct worktime *w, int64_t from_ms, int64_t to_ms)
{
	return (struct walk){.w = w, .at = from_ms, .end = to_ms};
}

static void walk_piece(struct walk *k)
{
	int64_t change = zone_next_change(k->w->zone, k->at);
	int64_t to = change < k->end ? change : k->end;
	k->offset = zone_offset_ms(k->w->zone, k->at);
	k->wall_from = k->at + k->offset;
	k->wall_to = to + k->offset;
	k->day = day_of(k->wall_from) - 1; /* a night of the day before */
	k->next = 0;
	k->worked_to = INT64_MIN;
	k->at = to;
}

/* The next stretch of the day; false: the day has no more. */
static bool walk_day(struct walk *k, int64_t *ret_from, int64_t *ret_to)
{
	const struct work_day *d = worktime_day(k->w, k->day, NULL);
	while (k->next < d->n) {
		const struct work_hours *h = &d->hours[k->next++];
		int64_t from = k->day * DAY_MS + h->from * MINUTE_MS, to = k->day * DAY_MS + h->to * MINUTE_MS;
		from = from > k->worked_to ? from : k->worked_to;
		k->worked_to = to > k->worked_to ? to : k->worked_to;
		from = from > k->wall_from ? from : k->wall_from;
		to = to < k->wall_to ? to : k->wall_to;
		if (from < to) {
			*ret_from = from - k->offset;
			*ret_to = to - k->offset;
			return true;
		}
	}
	return false;
}

static bool walk_next(struct walk *k, int64_t *ret_from, int64_t *ret_to)
{
	for (;;) {
		for (; k->wall_from < k->wall_to && k->day * DAY_MS < k->wall_to; k->day++, k->next = 0)
			if (walk_day(k, ret_from, ret_to))
				return true;
		if (k->at >= k->end)
			return false;
		walk_piece(k);
	}
}

/* ---- how much is worked ---------------------------------------------------------------------------------- */

/* On the wall clock, by the day. */
static int64_t wall_between(const struct worktime *w, int64_t from, int64_t to)
{
	struct walk k = {.w = w, .wall_from = from, .wall_to = to, .day = day_of(from) - 1, .worked_to = INT64_MIN};
	int64_t sum = 0, begin, end;
	for (; k.day * DAY_MS < to; k.day++, k.next = 0)
		while (walk_day(&k, &begin, &end))
			sum += end - begin;
	return sum;
}

/* The first exception on a day or after it. */
static size_t exception_from(const struct worktime *w, int64_t day)
{
	size_t low = 0, high = w->n_exceptions;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (w->exceptions[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What a day's hours last, hours that overlap once; false: they run into the next day. */
static bool day_length(const struct work_day *d, int64_t *ret_ms)
{
	int worked_to = 0, sum = 0;
	for (size_t i = 0; i < d->n; i++) {
		int from = d->hours[i].from > worked_to ? d->hours[i].from : worked_to, to = d->hours[i].to;
		if (to > 24 * 60)
			return false;
		sum += to > from ? to - from : 0;
		worked_to = to > worked_to ? to : worked_to;
	}
	*ret_ms = sum * MINUTE_MS;
	return true;
}

/* Whole days are counted, not walked: all weeks are alike but for the exceptions in them. False: there are hours that
 * run past midnight, which may lie upon the next day's. */
static bool days_sum(const struct worktime *w, int64_t day, int64_t to, int64_t *ret_ms)
{
	int64_t lengths[7], ms, sum = 0;
	for (size_t i = 0; i < 7; i++) {
		if (!day_length(&w->week[i], &lengths[i]))
			return false;
		sum += lengths[i] * ((to - day) / 7);
	}
	for (int64_t rest = to - (to - day) % 7; rest < to; rest++)
		sum += lengths[((rest + 3) % 7 + 7) % 7];
	for (size_t i = exception_from(w, day); i < w->n_exceptions && w->exceptions[i].day < to; i++) {
		if (!day_length(&w->exceptions[i].what, &ms))
			return false;
		sum += ms - lengths[((w->exceptions[i].day + 3) % 7 + 7) % 7];
	}
	*ret_ms = sum;
	return true;
}

/* Weeks without an exception are all alike: where nights are worked, too, years are counted and not walked. */
static int64_t weeks_sum(const struct worktime *w, int64_t from, int64_t to)
{
	int64_t sum = 0, week = -1;
	while (from < to) {
		int64_t day = day_of(from) + (from % DAY_MS != 0), end = to;
		/* Hours of a day reach into the next one: the day before counts, too. */
		size_t i = exception_from(w, day - 1);
		int64_t last =
		        i < w->n_exceptions && w->exceptions[i].day < day_of(to) ? w->exceptions[i].day : day_of(to);
		int64_t weeks = (last - day) / 7;
		if (weeks >= (week < 0 ? 2 : 1)) {
			if (week < 0)
				week = wall_between(w, day * DAY_MS, (day + 7) * DAY_MS);
			sum += weeks * week;
			sum += wall_between(w, from, day * DAY_MS);
			from = (day + 7 * weeks) * DAY_MS;
			continue;
		}
		if (last < day_of(to))
			end = ((last > day ? last : day) + 2) * DAY_MS;
		end = end < to ? end : to;
		sum += wall_between(w, from, end);
		from = end;
	}
	return sum;
}

static int64_t wall_sum(const struct worktime *w, int64_t from, int64_t to)
{
	int64_t day = day_of(from) + (from % DAY_MS != 0), last = day_of(to), whole;
	/* A night that the day before brings in counts, too. */
	const struct work_day *before = worktime_day(w, day - 1, NULL);
	int64_t length;
	if (last - day < 2 || !day_length(before, &length) || !days_sum(w, day, last, &whole))
		return weeks_sum(w, from, to);
	return wall_between(w, from, day * DAY_MS) + whole + wall_between(w, last * DAY_MS, to);
}

int64_t worktime_between(const struct worktime *w, int64_t from_ms, int64_t to_ms)
{
	int64_t sum = 0;
	if (to_ms <= from_ms)
		return 0;
	if (w->always)
		return to_ms - from_ms;
	for (int64_t at = from_ms; at < to_ms;) {
		int64_t change = zone_next_change(w->zone, at), offset = zone_offset_ms(w->zone, at);
		int64_t to = change < to_ms ? change : to_ms;
		sum += wall_sum(w, at + offset, to + offset);
		at = to;
	}
	return sum;
}

enum err worktime_after(const struct worktime *w, int64_t from_ms, int64_t ms, int64_t *ret_at_ms)
{
	int64_t from, to;
	if (ms <= 0) {
		*ret_at_ms = from_ms;
		return ERR_OK;
	}
	if (ms > LIMIT_DAYS * DAY_MS)
		return ERR_INVALID;
	if (w->always) {
		*ret_at_ms = from_ms + ms;
		return ERR_OK;
	}
	for (struct walk k = walk_begin(w, from_ms, from_ms + LIMIT_DAYS * DAY_MS); walk_next(&k, &from, &to);) {
		if (to - from >= ms) {
			*ret_at_ms = from + ms;
			return ERR_OK;
		}
		ms -= to - from;
	}
	return ERR_INVALID;
}

/* ---- days ----------------------------------------------------------------------------------------------- */

static int64_t wall_instant(const struct worktime *w, int64_t day, int64_t ms_of_day)
{
	struct local_time local = {0};
	date_from_days(day, &local.year, &local.month, &local.day);
	local.hour = (int)(ms_of_day / HOUR_MS);
	local.minute = (int)(ms_of_day / MINUTE_MS % 60);
	local.second = (int)(ms_of_day / SECOND_MS % 60);
	local.ms = (int)(ms_of_day % SECOND_MS);
	return zone_instant(w->zone, &local);
}

/* When the hours of a day are over: where the wall clock shows the time twice, that is the second. */
static int64_t hours_end(const struct worktime *w, int64_t day)
{
	const struct work_day *d = worktime_day(w, day, NULL);
	int last = 0;
	for (size_t i = 0; i < d->n; i++)
		last = d->hours[i].to > last ? d->hours[i].to : last;
	int64_t wall = day * DAY_MS + last * MINUTE_MS, at = wall_instant(w, day, last * MINUTE_MS);
	int64_t change = zone_next_change(w->zone, at);
	if (change < at + DAY_MS) {
		int64_t again = wall - zone_offset_ms(w->zone, change);
		if (again > change)
			return again;
	}
	return at;
}

enum err worktime_day_end(const struct worktime *w, int64_t from_ms, int n, int64_t *ret_at_ms)
{
	int64_t day = day_at(w, from_ms);
	if (n <= 0 && worktime_day_open(w, day) && hours_end(w, day) > from_ms) {
		*ret_at_ms = hours_end(w, day);
		return ERR_OK;
	}
	int left = n > 0 ? n : 1;
	for (int64_t i = 1; i <= LIMIT_DAYS; i++) {
		left -= worktime_day_open(w, day + i);
		if (left == 0) {
			*ret_at_ms = hours_end(w, day + i);
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

enum err worktime_add_days(const struct worktime *w, int64_t from_ms, int n, int64_t *ret_at_ms)
{
	int64_t wall = from_ms + zone_offset_ms(w->zone, from_ms), day = day_of(wall);
	int left = n < 0 ? -n : n, step = n < 0 ? -1 : 1;
	if (n == 0) {
		*ret_at_ms = from_ms;
		return ERR_OK;
	}
	for (int64_t i = 1; i <= LIMIT_DAYS; i++) {
		left -= worktime_day_open(w, day + i * step);
		if (left == 0) {
			*ret_at_ms = wall_instant(w, day + i * step, wall - day * DAY_MS);
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

/* holidays_ical.c: all-day events of an iCalendar as days off, through libical. */
#include <string.h>

#include <libical/ical.h>

#include "base/clock.h"
#include "report/holidays_pile.h"

enum { EVENT_DAYS_MAX = 62, REPEATS_MAX = 20, DEPTH_MAX = 4, EVENTS_MAX = 6000, REPEATING_MAX = 50 };

/* The library goes down into nested parts by recursion: a calendar has few levels. */
static enum err check_shape(struct ctx *ctx, const char *text)
{
	int depth = 0, line = 1, parts = 0;
	for (const char *p = text; *p; line++) {
		if (strncasecmp(p, "BEGIN:", 6) == 0) {
			depth++;
			parts++;
		} else if (strncasecmp(p, "END:", 4) == 0) {
			depth--;
		}
		if (depth < 0 || depth > DEPTH_MAX || parts > EVENTS_MAX)
			return ctx_problem(ctx, ERR_INVALID, "", "bad_ical",
			                   depth < 0           ? "line %d: END without its BEGIN"
			                   : depth > DEPTH_MAX ? "line %d: nested too deep for a calendar"
			                                       : "line %d: too many events",
			                   line);
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return depth == 0 ? ERR_OK
	                  : ctx_problem(ctx, ERR_INVALID, "", "bad_ical", "the calendar is cut off: END is missing");
}

static bool is_workday(const char *summary)
{
	return summary &&
	       (strstr(summary, "班") || strcasestr(summary, "workday") || strcasestr(summary, "working day"));
}

/* DTEND is the day after the last; DURATION counts whole days; else it is one day. */
static int64_t days_of(icalcomponent *event, const struct icaltimetype *start)
{
	struct icaltimetype end = icalcomponent_get_dtend(event);
	if (icaltime_is_null_time(end))
		return 1;
	int64_t days = date_days(end.year, end.month, end.day) - date_days(start->year, start->month, start->day);
	return days < 1 ? 1 : days;
}

static enum err put_event(struct holidays_pile *p, const struct icaltimetype *start, int64_t days, const char *summary)
{
	if (days > EVENT_DAYS_MAX)
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_value",
		                   "the event of %04d-%02d-%02d lasts %lld days; at most %d", start->year, start->month,
		                   start->day, (long long)days, EVENT_DAYS_MAX);
	for (int64_t i = 0; i < days; i++)
		TRY(holidays_put(p, date_days(start->year, start->month, start->day) + i, !is_workday(summary),
		                 summary));
	return ERR_OK;
}

/* Only what comes round by years: a rule by minutes that never comes true would be looked for, for ever. */
static enum err check_rule(struct holidays_pile *p, const struct icalrecurrencetype *rule, const char *summary)
{
	if (rule->freq != ICAL_YEARLY_RECURRENCE)
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_ical", "`%.60s` repeats, but not by years", summary);
	if (++p->repeating > REPEATING_MAX)
		return ctx_problem(p->ctx, ERR_TOO_LARGE, "", "too_many", "more than %d events repeat", REPEATING_MAX);
	return ERR_OK;
}

static enum err read_event(struct holidays_pile *p, icalcomponent *event)
{
	struct icaltimetype start = icalcomponent_get_dtstart(event);
	icalproperty *rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
	const char *summary = icalcomponent_get_summary(event);
	if (icaltime_is_null_time(start) || !start.is_date || !icaltime_is_valid_time(start))
		return ERR_OK; /* something at a time of day */
	int64_t days = days_of(event, &start);
	if (!rule)
		return put_event(p, &start, days, summary);
	struct icalrecurrencetype recurs = icalproperty_get_rrule(rule);
	TRY(check_rule(p, &recurs, summary ? summary : ""));
	icalrecur_iterator *next = icalrecur_iterator_new(recurs, start);
	if (!next)
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_ical", "`%.60s` repeats by a rule that can't be read",
		                   summary ? summary : "");
	enum err e = ERR_OK;
	for (int i = 0; i < REPEATS_MAX && e == ERR_OK; i++) {
		struct icaltimetype at = icalrecur_iterator_next(next);
		if (icaltime_is_null_time(at) || at.year > 2200)
			break;
		e = put_event(p, &at, days, summary);
	}
	icalrecur_iterator_free(next);
	return e;
}

enum err holidays_read_ical(struct holidays_pile *p, const char *text)
{
	TRY(check_shape(p->ctx, text));
	icalcomponent *root = icalparser_parse_string(text);
	if (!root)
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_ical", "this is no iCalendar that can be read");
	enum err e = ERR_OK;
	for (icalcomponent *event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
	     event && e == ERR_OK; event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT))
		e = read_event(p, event);
	icalcomponent_free(root);
	if (e == ERR_OK && p->n == 0)
		e = ctx_problem(p->ctx, ERR_INVALID, "", "empty", "the calendar has no all-day events");
	return e;
}

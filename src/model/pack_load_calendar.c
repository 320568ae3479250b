/* Calendars and holidays of packs: working hours, days off and make-up days. */
#include "base/clock.h"
#include "base/recur.h"
#include "model/pack_load.h"

enum { DAYS_MAX = 6000 };

struct day_list { /* exceptions as they are gathered; a later one of the same day wins */
	struct work_exception *list;
	size_t n;
};

static int weekday_at(const char *name)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	for (int i = 0; name && i < 7; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* `to` that is not after `from` is of the next day. */
static bool load_span(struct loader *l, const struct yaml_node *node, struct work_hours *ret_hours)
{
	const char *from = load_text(l, node, "from"), *to = load_text(l, node, "to");
	int a = from ? minute_parse(from) : -1, b = to ? minute_parse(to) : -1;
	if (a < 0 || a == 1440 || b < 0) {
		load_fault(l, node, "hours need `from:` and `to:`, times of the day such as \"09:00\" and \"18:00\"");
		return false;
	}
	*ret_hours = (struct work_hours){.from = a, .to = b > a ? b : b + 1440};
	return true;
}

static void day_add(struct loader *l, const struct yaml_node *node, struct work_day *day, struct work_hours hours)
{
	size_t at = day->n;
	if (day->n == WORK_HOURS_MAX) {
		load_fault(l, node, "a day has at most %d spans of hours", WORK_HOURS_MAX);
		return;
	}
	for (; at > 0 && day->hours[at - 1].from > hours.from; at--)
		day->hours[at] = day->hours[at - 1];
	day->hours[at] = hours;
	day->n++;
}

static void load_hours(struct loader *l, const struct yaml_node *list, struct calendar *c)
{
	if (!list || list->kind != YAML_LIST || list->n == 0) {
		load_fault(l, list, "`hours` is a list: [{days: [mon, fri], from: \"09:00\", to: \"18:00\"}]");
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *node = list->items[i];
		struct work_hours hours;
		size_t n;
		if (!load_keys(l, node, "hours", "days from to") || !load_span(l, node, &hours))
			continue;
		const char **days = load_words(l, yaml_get(node, "days"), "`days`", &n);
		if (!n)
			load_fault(l, node, "hours need `days:`, such as [mon, tue, wed, thu, fri]");
		for (size_t k = 0; k < n; k++) {
			int at = weekday_at(days[k]);
			if (at < 0)
				load_fault(l, load_item(yaml_get(node, "days"), k),
				           "`%.60s` is no day: mon tue wed thu fri sat sun", days[k]);
			else
				day_add(l, node, &c->time.week[at], hours);
		}
	}
}

static bool load_date(struct loader *l, const struct yaml_node *node, int64_t *ret_day)
{
	const char *date = load_text(l, node, "date");
	int year, month, day;
	if (!date || !date_parse(date, &year, &month, &day) || year < 1970 || year > 2200) {
		load_fault(l, yaml_get(node, "date") ? yaml_get(node, "date") : node,
		           "a day needs `date:`, such as 2026-10-01");
		return false;
	}
	*ret_day = date_days(year, month, day);
	return true;
}

/* A make-up day has the hours of a Monday, or of the first day that has any; a day with hours of its own keeps them. */
static struct work_day make_up(const struct calendar *c, int64_t day)
{
	const struct work_day *own = &c->time.week[((day + 3) % 7 + 7) % 7];
	for (int i = 0; i < 7 && own->n == 0; i++)
		own = &c->time.week[i];
	return *own;
}

static void day_put(struct loader *l, const struct yaml_node *node, struct day_list *days, struct work_exception x)
{
	if (days->n == DAYS_MAX) {
		load_fault(l, node, "a calendar has at most %d days of its own", DAYS_MAX);
		return;
	}
	x.name = load_text(l, node, "name");
	days->list[days->n++] = x;
}

static void holiday_days(struct loader *l, const struct yaml_node *list, const struct calendar *c,
                         struct day_list *days)
{
	for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
		struct work_exception x = {0};
		bool off = false;
		if (list->items[i]->kind != YAML_MAP || !load_date(l, list->items[i], &x.day) ||
		    !yaml_flag(yaml_get(list->items[i], "off"), &off))
			continue; /* told where the file is checked */
		if (!off)
			x.what = make_up(c, x.day);
		day_put(l, list->items[i], days, x);
	}
}

/* {date, off: true} | {date, like: mon} | {date, hours: [{from, to}]} */
static void own_day(struct loader *l, const struct yaml_node *node, const struct calendar *c, struct day_list *days)
{
	struct work_exception x = {0};
	if (!load_keys(l, node, "a day", "date off like hours name") || !load_date(l, node, &x.day))
		return;
	const struct yaml_node *hours = yaml_get(node, "hours"), *like = yaml_get(node, "like"),
	                       *off = yaml_get(node, "off");
	if ((hours != NULL) + (like != NULL) + (off != NULL) != 1) {
		load_fault(l, node, "a day is `off: true`, `like: mon` or has `hours:`, one of them");
		return;
	}
	if (off && !load_flag(l, node, "off"))
		x.what = make_up(c, x.day);
	int at = like ? weekday_at(load_text(l, node, "like")) : 0;
	if (at < 0)
		load_fault(l, like, "`like` is one of: mon tue wed thu fri sat sun");
	else if (like)
		x.what = c->time.week[at];
	if (hours && hours->kind != YAML_LIST)
		load_fault(l, hours, "`hours` is a list: [{from: \"09:00\", to: \"12:00\"}]");
	for (size_t i = 0; hours && hours->kind == YAML_LIST && i < hours->n; i++) {
		struct work_hours span;
		if (load_keys(l, hours->items[i], "hours", "from to") && load_span(l, hours->items[i], &span))
			day_add(l, hours->items[i], &x.what, span);
	}
	day_put(l, node, days, x);
}

static const struct yaml_node *holidays_doc(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->n_texts; i++) {
		const char *said = strncmp(l->texts[i]->path, "holidays/", 9) == 0
		                           ? yaml_text(yaml_get(l->docs[i], "holidays"))
		                           : NULL;
		if (said && strcmp(said, name) == 0)
			return l->docs[i];
	}
	return NULL;
}

static void settle_days(struct loader *l, struct calendar *c, const struct day_list *days)
{
	struct work_exception *list = ARENA_ARRAY(l->arena, days->n + 1, struct work_exception);
	size_t n = 0;
	for (size_t i = 0; i < days->n; i++) { /* by day; what was said later replaces */
		size_t at = n;
		while (at > 0 && list[at - 1].day > days->list[i].day)
			at--;
		if (at > 0 && list[at - 1].day == days->list[i].day) {
			list[at - 1] = days->list[i];
			continue;
		}
		memmove(list + at + 1, list + at, (n++ - at) * sizeof *list);
		list[at] = days->list[i];
	}
	c->time.exceptions = list;
	c->time.n_exceptions = n;
}

static void load_days(struct loader *l, const struct yaml_node *doc, struct calendar *c)
{
	struct day_list days = {.list = ARENA_ARRAY(l->scratch, DAYS_MAX, struct work_exception)};
	const struct yaml_node *names = yaml_get(doc, "holidays"), *own = yaml_get(doc, "days");
	size_t n;
	const char **words = load_words(l, names, "`holidays`", &n);
	const struct yaml_node **used = ARENA_ARRAY(l->scratch, n + 1, const struct yaml_node *);
	for (size_t i = 0; i < n; i++) {
		used[i] = holidays_doc(l, words[i]);
		if (!used[i])
			load_fault(l, load_item(names, i), "there are no holidays `%.60s`", words[i]);
		else
			holiday_days(l, yaml_get(used[i], "days"), c, &days);
	}
	if (own && own->kind != YAML_LIST)
		load_fault(l, own, "`days` is a list: [{date: 2026-10-01, off: true, name: 国庆节}]");
	for (size_t i = 0; own && own->kind == YAML_LIST && i < own->n; i++)
		own_day(l, own->items[i], c, &days);
	settle_days(l, c, &days);
	c->where = load_declared(l, NULL, doc, used, n);
}

static void load_calendar(struct loader *l, const struct yaml_node *doc)
{
	if (!load_keys(l, doc, "a calendar", "calendar label zone hours holidays days"))
		return;
	const char *name = load_text(l, doc, "calendar");
	if (!name || !load_name_ok(l, yaml_get(doc, "calendar"), name, "a calendar")) {
		if (!name)
			load_fault(l, doc, "the file must say `calendar: NAME`");
		return;
	}
	if (strcmp(name, "team") == 0 || strcmp(name, "org") == 0 || model_calendar(l->m, name)) {
		load_fault(l, yaml_get(doc, "calendar"), "calendar `%s` is there already: choose another name", name);
		return;
	}
	struct calendar *c = &l->m->calendars[l->m->n_calendars++];
	*c = (struct calendar){.name = name, .label = load_label(l, yaml_get(doc, "label"), name)};
	c->zone_name = load_text(l, doc, "zone");
	struct zone *zone = NULL;
	if (c->zone_name && zone_load(c->zone_name, &zone) != ERR_OK)
		load_fault(l, yaml_get(doc, "zone"), "there is no time zone `%.60s`, such as Asia/Shanghai",
		           c->zone_name);
	c->time.zone = zone;
	load_hours(l, yaml_get(doc, "hours") ? yaml_get(doc, "hours") : doc, c);
	load_days(l, doc, c);
}

static void check_holidays(struct loader *l, const struct yaml_node *doc)
{
	if (!load_keys(l, doc, "holidays", "holidays label days"))
		return;
	const char *name = load_text(l, doc, "holidays");
	const struct yaml_node *days = yaml_get(doc, "days");
	if (!name)
		load_fault(l, doc, "the file must say `holidays: NAME`");
	else if (load_name_ok(l, yaml_get(doc, "holidays"), name, "holidays") && holidays_doc(l, name) != doc)
		load_fault(l, yaml_get(doc, "holidays"), "holidays `%s` are there already: choose another name", name);
	if (!days || days->kind != YAML_LIST) {
		load_fault(l, days ? days : doc, "holidays need `days:`, a list: [{date: 2026-10-01, off: true}]");
		return;
	}
	for (size_t i = 0; i < days->n; i++) {
		int64_t day;
		bool off;
		if (!load_keys(l, days->items[i], "a day", "date off name") || !load_date(l, days->items[i], &day))
			continue;
		if (!yaml_flag(yaml_get(days->items[i], "off"), &off))
			load_fault(l, days->items[i], "a day needs `off:`, true (a day off) or false (a make-up day)");
	}
}

void load_calendars(struct loader *l)
{
	l->m->calendars = ARENA_ARRAY(l->arena, l->n_texts + 1, struct calendar);
	for (size_t i = 0; i < l->n_texts; i++)
		if (strncmp(l->texts[i]->path, "holidays/", 9) == 0)
			check_holidays(l, l->docs[i]);
	for (size_t i = 0; i < l->n_texts; i++)
		if (strncmp(l->texts[i]->path, "calendars/", 10) == 0)
			load_calendar(l, l->docs[i]);
	l->m->calendar = l->m->n_calendars ? &l->m->calendars[0] : model_calendar(l->m, "always");
}

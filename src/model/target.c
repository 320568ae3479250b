/* target.c: the words of a clock's target. */
#include <string.h>

#include "base/recur.h"
#include "base/words.h"
#include "model/target.h"

enum { DAYS_MAX = 7300, MINUTES_MAX = DAYS_MAX * 1440 };

static const char *number(const char *s, int max, int *ret_n)
{
	int n = 0;
	const char *p = s;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > max)
			return NULL;
	}
	*ret_n = n;
	return p == s ? NULL : p;
}

bool target_duration(const char *s, int *ret_n, char *ret_unit)
{
	static const struct {
		const char *word;
		char unit;
		int max;
	} units[] = {{"m", 'm', MINUTES_MAX}, {"h", 'h', MINUTES_MAX / 60},
	             {"d", 'd', DAYS_MAX},    {"w", 'w', DAYS_MAX / 7},
	             {"mo", 'M', 240},        {"bd", 'b', 5000}};
	int n;
	const char *rest = number(s, MINUTES_MAX, &n);
	for (size_t i = 0; rest && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].word, rest) == 0 && n <= units[i].max) {
			*ret_n = n;
			*ret_unit = units[i].unit;
			return true;
		}
	return false;
}

static bool duration(const char *s, struct target *t)
{
	if (!target_duration(s, &t->n, &t->unit))
		return false;
	t->kind = t->unit == 'm' || t->unit == 'h' ? TARGET_FOR : TARGET_DAYS;
	return true;
}

static bool flag_set(const struct model *m, const char *name)
{
	const struct parameter *p = m ? model_parameter(m, name) : NULL;
	return p && p->kind == FIELD_FLAG && p->value.i != 0;
}

/* "3d..5d" */
static bool window(const struct model *m, char *s, struct target *t)
{
	char *dots = strstr(s, "..");
	char unit;
	if (!dots)
		return false;
	*dots = '\0';
	if (!target_duration(s, &t->n, &unit) || !target_duration(dots + 2, &t->n2, &t->unit) || unit != t->unit ||
	    (unit != 'd' && unit != 'b') || t->n > t->n2 || t->n2 > DAYS_MAX)
		return false;
	int first = flag_set(m, "count_first_day");
	t->kind = TARGET_WINDOW;
	t->n -= first && t->n > 0;
	t->n2 -= first && t->n2 > 0;
	return true;
}

static bool month_day(const struct words *w, struct target *t)
{
	const char *rest = "";
	t->kind = TARGET_MONTH_DAY;
	if (strcmp(w->word[1], "end") != 0)
		rest = number(w->word[1], 31, &t->n);
	if (!rest || *rest || (t->n == 0 && strcmp(w->word[1], "end") != 0))
		return false;
	if (w->n == 3)
		t->minute_of_day = minute_parse(w->word[2]);
	return w->n == 2 || t->minute_of_day >= 0;
}

static bool next_at(const struct words *w, struct target *t)
{
	t->kind = TARGET_NEXT_AT;
	t->n = 1;
	t->unit = strcmp(w->word[0], "next_bd") == 0 ? 'b' : 'd';
	t->minute_of_day = minute_parse(w->word[1]);
	return t->minute_of_day >= 0;
}

static enum err by_field(struct arena *a, const struct type *of, const char *name, struct target *t,
                         const char **ret_why)
{
	t->kind = TARGET_BY;
	t->field = of ? type_field(of, name) : NULL;
	if (t->field && (t->field->kind == FIELD_DATE || t->field->kind == FIELD_DATETIME))
		return ERR_OK;
	*ret_why = !of        ? "`by FIELD` needs a record: it can't be said here"
	           : t->field ? arena_printf(a, "`%s` is a %s: `by` needs a date or date-time field", name,
	                                     field_kind_name(t->field->kind))
	                      : arena_printf(a, "`%s` has no field `%s` for `by`", of->name, name);
	return ERR_INVALID;
}

static enum err parameter(struct arena *a, const struct model *m, const char *name, struct target *t,
                          const char **ret_why)
{
	const struct parameter *p = m ? model_parameter(m, name) : NULL;
	if (p && p->value.kind == VALUE_TEXT && duration(p->value.s, t))
		return ERR_OK;
	*ret_why = p ? arena_printf(a, "parameter `%s` is no duration such as 2h or 5bd", name)
	             : arena_printf(a, "there is no parameter `%s`", name);
	return ERR_INVALID;
}

enum err target_parse(struct arena *a, const struct model *m, const struct type *of, const char *text,
                      struct target *ret_target, const char **ret_why)
{
	struct target t = {.minute_of_day = -1};
	struct words w;
	bool fine = words_split(text, &w);
	const char *first = fine ? w.word[0] : "";
	if (fine && w.n == 1 && first[0] == '@')
		TRY(parameter(a, m, first + 1, &t, ret_why));
	else if (fine && w.n == 2 && strcmp(first, "by") == 0)
		TRY(by_field(a, of, w.word[1], &t, ret_why));
	else if (fine && w.n == 2 && strcmp(first, "day") == 0 && strcmp(w.word[1], "end") == 0)
		t.kind = TARGET_DAY_END;
	else if (fine && w.n == 2 && (strcmp(first, "next") == 0 || strcmp(first, "next_bd") == 0))
		fine = next_at(&w, &t);
	else if (fine && (w.n == 2 || w.n == 3) && strcmp(first, "month") == 0)
		fine = month_day(&w, &t);
	else if (fine && w.n == 2 && strcmp(first, "window") == 0)
		fine = window(m, w.word[1], &t);
	else
		fine = fine && w.n == 1 && duration(first, &t);
	if (!fine) {
		*ret_why =
		        arena_printf(a,
		                     "`%.60s` is no target: write 30m, 2h, 5bd, 3d, 1w, 6mo, day end, next 14:00, "
		                     "next_bd 12:00, month 25 17:00, month end, window 3d..5d, by FIELD or @parameter",
		                     text);
		return ERR_INVALID;
	}
	*ret_target = t;
	return ERR_OK;
}

/* holidays_in.c: holidays from JSON and YAML, joined and written; iCalendar is read in holidays_ical.c. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "model/yaml_tree.h"
#include "report/holidays_pile.h"

enum { NAME_CHARS = 60, YAML_BYTES_MAX = 1 << 20 };

/* ---- the pile ------------------------------------------------------------------------------------------ */

/* One line, without what YAML or a screen can't show. */
static const char *clean_name(struct arena *a, const char *s)
{
	size_t len = s && text_valid(s, strlen(s)) ? text_prefix(s, strlen(s), NAME_CHARS * 4) : 0;
	char *name = ARENA_ARRAY(a, len + 1, char);
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		name[n++] = (unsigned char)s[i] < ' ' || s[i] == 127 ? ' ' : s[i];
	while (n > 0 && name[n - 1] == ' ')
		n--;
	name[n] = '\0';
	return name + strspn(name, " ");
}

enum err holidays_put(struct holidays_pile *p, int64_t day, bool off, const char *name)
{
	if (p->n == HOLIDAYS_MAX)
		return ctx_problem(p->ctx, ERR_TOO_LARGE, "", "too_many", "more than %d days", HOLIDAYS_MAX);
	if (!p->list)
		p->list = ARENA_ARRAY(p->ctx->arena, HOLIDAYS_MAX, struct holiday);
	if (day < date_days(1970, 1, 1) || day > date_days(2200, 12, 31))
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_value", "a day must lie between 1970 and 2200");
	p->list[p->n++] = (struct holiday){.day = day, .off = off, .name = clean_name(p->ctx->arena, name)};
	return ERR_OK;
}

enum err holidays_put_date(struct holidays_pile *p, const char *date, bool off, const char *name)
{
	int year, month, day;
	if (!date || !date_parse(date, &year, &month, &day))
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_value",
		                   "day %zu: `%.40s` is no date such as 2026-10-01", p->n + 1, date ? date : "");
	return holidays_put(p, date_days(year, month, day), off, name);
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static enum err read_year(struct holidays_pile *p, const json_t *year)
{
	const json_t *days = json_object_get(year, "days");
	if (!json_is_array(days))
		return ctx_problem(p->ctx, ERR_INVALID, "days", "wrong_type",
		                   "this must be {\"year\": 2026, \"days\": [{\"date\", \"name\", \"isOffDay\"}]}");
	for (size_t i = 0; i < json_array_size(days); i++) {
		const json_t *day = json_array_get(days, i), *off = json_object_get(day, "isOffDay");
		if (!json_is_boolean(off))
			return ctx_problem(p->ctx, ERR_INVALID, "days", "wrong_type",
			                   "day %zu: isOffDay must be true or false", i + 1);
		TRY(holidays_put_date(p, json_string_value(json_object_get(day, "date")), json_is_true(off),
		                      json_string_value(json_object_get(day, "name"))));
	}
	return ERR_OK;
}

static enum err read_json(struct holidays_pile *p, const char *bytes, size_t len)
{
	json_t *root;
	TRY(json_parse(p->ctx, bytes, len, &root));
	if (!json_is_array(root))
		return read_year(p, root);
	for (size_t i = 0; i < json_array_size(root); i++)
		TRY(read_year(p, json_array_get(root, i)));
	return ERR_OK;
}

/* ---- YAML ------------------------------------------------------------------------------------------------ */

static enum err read_yaml(struct holidays_pile *p, const char *bytes, size_t len)
{
	const struct yaml_doc doc = {"", ""};
	struct yaml_fault fault;
	struct yaml_node *root;
	if (yaml_parse(p->ctx->arena, &doc, bytes, len, &root, &fault) != ERR_OK)
		return ctx_problem(p->ctx, ERR_INVALID, "", "bad_yaml", "line %d: %s", fault.line, fault.message);
	const struct yaml_node *days = yaml_get(root, "days");
	if (!days || days->kind != YAML_LIST)
		return ctx_problem(p->ctx, ERR_INVALID, "", "wrong_type",
		                   "this is neither a JSON of holidays nor iCalendar nor YAML with `days:`");
	for (size_t i = 0; i < days->n; i++) {
		bool off;
		if (!yaml_flag(yaml_get(days->items[i], "off"), &off))
			return ctx_problem(p->ctx, ERR_INVALID, "", "wrong_type",
			                   "line %d: `off` must be true or false", days->items[i]->line);
		TRY(holidays_put_date(p, yaml_text(yaml_get(days->items[i], "date")), off,
		                      yaml_text(yaml_get(days->items[i], "name"))));
	}
	return ERR_OK;
}

/* ---- all ------------------------------------------------------------------------------------------------ */

/* By day, each once, the last that was said; n is small and most files are in order already. */
static size_t settle(struct holiday *list, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		struct holiday h = list[i];
		size_t at = kept;
		while (at > 0 && list[at - 1].day > h.day)
			at--;
		if (at > 0 && list[at - 1].day == h.day) {
			list[at - 1] = h;
			continue;
		}
		memmove(list + at + 1, list + at, (kept++ - at) * sizeof(*list));
		list[at] = h;
	}
	return kept;
}

enum err holidays_read(struct ctx *ctx, const char *bytes, size_t len, struct holiday **ret_days, size_t *ret_n)
{
	struct holidays_pile p = {.ctx = ctx};
	size_t at = 0;
	if (len > HOLIDAYS_BYTES_MAX)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_large", "the file is larger than %d KB",
		                   HOLIDAYS_BYTES_MAX >> 10);
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < len && strchr(" \t\r\n", bytes[at]))
		at++;
	bytes += at;
	len -= at;
	if (!text_valid(bytes, len) || memchr(bytes, '\0', len))
		return ctx_problem(ctx, ERR_INVALID, "", "bad_text", "the file is not UTF-8: save it as UTF-8");
	if (len > 0 && (bytes[0] == '{' || bytes[0] == '['))
		TRY(read_json(&p, bytes, len));
	else if (len >= 15 && strncasecmp(bytes, "BEGIN:VCALENDAR", 15) == 0)
		TRY(holidays_read_ical(&p, arena_strndup(ctx->arena, bytes, len)));
	else
		TRY(read_yaml(&p, bytes, len));
	if (p.n == 0)
		return ctx_problem(ctx, ERR_INVALID, "", "empty", "there is no day in the file");
	*ret_n = settle(p.list, p.n);
	*ret_days = p.list;
	return ERR_OK;
}

void holidays_merge(struct arena *a, const struct holiday *days, size_t n, const struct holiday *more, size_t n_more,
                    struct holiday **ret_days, size_t *ret_n, size_t *ret_added, size_t *ret_changed)
{
	struct holiday *all = ARENA_ARRAY(a, n + n_more + 1, struct holiday);
	size_t i = 0, k = 0, to = 0;
	*ret_added = *ret_changed = 0;
	while (i < n || k < n_more) {
		if (k == n_more || (i < n && days[i].day < more[k].day)) {
			all[to++] = days[i++];
			continue;
		}
		bool both = i < n && days[i].day == more[k].day;
		*ret_added += !both;
		*ret_changed += both && (days[i].off != more[k].off || strcmp(days[i].name, more[k].name) != 0);
		all[to++] = more[k++];
		i += both;
	}
	*ret_days = all;
	*ret_n = to;
}

static void put_quoted(struct buf *b, const char *s)
{
	buf_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_char(b, '\'');
		buf_char(b, *s);
	}
	buf_char(b, '\'');
}

const char *holidays_yaml(struct arena *a, const char *name, const char *label, const struct holiday *days, size_t n)
{
	struct buf b;
	buf_init(&b, a, YAML_BYTES_MAX + HOLIDAYS_MAX * (NAME_CHARS * 8));
	buf_str(&b, arena_printf(a, "holidays: %s\nlabel: ", name));
	put_quoted(&b, clean_name(a, label && *label ? label : name));
	buf_str(&b, "\ndays:\n");
	for (size_t i = 0; i < n; i++) {
		char date[DATE_BYTES];
		int year, month, day;
		date_from_days(days[i].day, &year, &month, &day);
		date_format(year, month, day, date);
		buf_str(&b, arena_printf(a, "  - {date: %s, off: %s", date, days[i].off ? "true" : "false"));
		if (*days[i].name) {
			buf_str(&b, ", name: ");
			put_quoted(&b, days[i].name);
		}
		buf_str(&b, "}\n");
	}
	return b.data;
}

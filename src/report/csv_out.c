/* csv_out.c: cells that Excel opens as they were meant. */
#include <string.h>

#include "report/csv.h"

const char csv_bom[4] = "\xEF\xBB\xBF";

/* =1+1, @SUM(…), +cmd|… and a tab or return before them would run when the file is opened. A plain
 * number with its sign is no formula. */
static bool is_formula(const char *s, size_t len)
{
	static const char *const wide[] = {"＝", "＠", "＋", "－"}; /* Excel takes them for the narrow ones */
	if (len == 0 || s[0] == '\0')
		return false;
	if (strchr("=@\t\r", s[0]) != NULL)
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (len > 3 && memcmp(s, wide[i], 3) == 0)
			return true;
	if (s[0] != '+' && s[0] != '-')
		return false;
	return strspn(s + 1, "0123456789., ") < len - 1;
}

void csv_cell(struct buf *out, const char *s, size_t len, bool first)
{
	if (!first)
		buf_char(out, ',');
	bool formula = is_formula(s, len);
	bool quote = formula;
	for (size_t i = 0; i < len && !quote; i++)
		quote = s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r' || s[i] == ';' || s[i] == '\t';
	if (!quote && len > 0)
		quote = s[0] == ' ' || s[len - 1] == ' ';
	if (!quote) {
		buf_add(out, s, len);
		return;
	}
	buf_char(out, '"');
	if (formula)
		buf_char(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			buf_char(out, '"');
		buf_char(out, s[i]);
	}
	buf_char(out, '"');
}

void csv_line_end(struct buf *out)
{
	buf_add(out, "\r\n", 2);
}

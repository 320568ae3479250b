/* sheet.c: see sheet.h. */
#include <stdlib.h>
#include <xlsxwriter.h>

#include "report/sheet.h"

struct sheet {
	lxw_workbook *book;
	lxw_worksheet *page;
	lxw_format *head, *date, *instant, *money, *text;
};

struct sheet *sheet_new(const char *path)
{
	lxw_workbook_options options = {.constant_memory = LXW_TRUE};
	struct sheet *s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	s->book = workbook_new_opt(path, &options);
	if (s->book == NULL) {
		free(s);
		return NULL;
	}
	s->page = workbook_add_worksheet(s->book, NULL);
	s->head = workbook_add_format(s->book);
	format_set_bold(s->head);
	format_set_bg_color(s->head, 0xEEF2F8);
	s->date = workbook_add_format(s->book);
	format_set_num_format(s->date, "yyyy-mm-dd");
	s->instant = workbook_add_format(s->book);
	format_set_num_format(s->instant, "yyyy-mm-dd hh:mm");
	s->money = workbook_add_format(s->book);
	format_set_num_format(s->money, "#,##0.00");
	s->text = workbook_add_format(s->book);
	format_set_num_format(s->text, "@");
	worksheet_freeze_panes(s->page, 1, 0);
	return s;
}

void sheet_heading(struct sheet *s, int col, const char *text, double width)
{
	worksheet_set_column(s->page, (lxw_col_t)col, (lxw_col_t)col, width, NULL);
	worksheet_write_string(s->page, 0, (lxw_col_t)col, text, s->head);
}

void sheet_heading_text(struct sheet *s, int col, const char *text, double width)
{
	worksheet_set_column(s->page, (lxw_col_t)col, (lxw_col_t)col, width, s->text);
	worksheet_write_string(s->page, 0, (lxw_col_t)col, text, s->head);
}

void sheet_text(struct sheet *s, int64_t row, int col, const char *text)
{
	worksheet_write_string(s->page, (lxw_row_t)row, (lxw_col_t)col, text, NULL);
}

void sheet_number(struct sheet *s, int64_t row, int col, double v, bool money)
{
	worksheet_write_number(s->page, (lxw_row_t)row, (lxw_col_t)col, v, money ? s->money : NULL);
}

void sheet_date(struct sheet *s, int64_t row, int col, const struct local_time *t, bool with_time)
{
	lxw_datetime d = {t->year, t->month, t->day, t->hour, t->minute, t->second};
	worksheet_write_datetime(s->page, (lxw_row_t)row, (lxw_col_t)col, &d, with_time ? s->instant : s->date);
}

bool sheet_close(struct sheet *s, int64_t last_row, int n_cols)
{
	if (last_row > 0 && n_cols > 0)
		worksheet_autofilter(s->page, 0, 0, (lxw_row_t)last_row, (lxw_col_t)(n_cols - 1));
	bool whole = workbook_close(s->book) == LXW_NO_ERROR;
	free(s);
	return whole;
}

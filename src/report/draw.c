/*
 * draw.c: the drawer of forms, run in a process of its own.
 *
 * In: {"title","organisation","number","at","by","lang","rows":[[CELL…]…]}, CELL one of
 *   {"span":1..12,"lines":n,"label","text"}   a labelled box
 *   {"span","sign":"label"}                    a box to sign in
 *   {"table":{"label","heads":[…],"rows":[[…]…]}} a table over the whole width
 * Rows are as high as their highest cell; what doesn't fit goes on over the page.
 */
#include <cairo-pdf.h>
#include <jansson.h>
#include <pango/pangocairo.h>

#include "report/print.h"

#define PAGE_W 595.276
#define PAGE_H 841.890
#define MARGIN 42.0
#define TOP 96.0 /* below the letterhead of the first page */
#define TOP_NEXT 60.0
#define BOTTOM (PAGE_H - 50.0)
#define BODY_W (PAGE_W - 2 * MARGIN)
#define PAD 4.5
#define LABEL_W 58.0
#define LINE_H 14.5
#define SIGN_H 60.0

struct sheet_of_paper {
	cairo_surface_t *surface;
	cairo_t *cr;
	const json_t *form;
	double y;
	int page, pages; /* pages 0: the first pass, which only counts */
};

static const char *word(const struct sheet_of_paper *s, const char *zh, const char *en)
{
	const char *lang = json_string_value(json_object_get(s->form, "lang"));
	return lang != NULL && lang[0] == 'e' ? en : zh;
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return s ? s : "";
}

static PangoLayout *layout(struct sheet_of_paper *s, const char *text, const char *font, double width)
{
	PangoLayout *l = pango_cairo_create_layout(s->cr);
	PangoFontDescription *d = pango_font_description_from_string(font);
	pango_layout_set_font_description(l, d);
	pango_font_description_free(d);
	pango_layout_set_text(l, text, -1);
	if (width > 0) {
		pango_layout_set_width(l, (int)(width * PANGO_SCALE));
		pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	}
	return l;
}

static double layout_height(PangoLayout *l)
{
	int h;
	pango_layout_get_size(l, NULL, &h);
	return (double)h / PANGO_SCALE;
}

static double layout_width(PangoLayout *l)
{
	int w;
	pango_layout_get_size(l, &w, NULL);
	return (double)w / PANGO_SCALE;
}

static void ink(struct sheet_of_paper *s, double grey)
{
	cairo_set_source_rgb(s->cr, grey, grey, grey);
}

static void put_text(struct sheet_of_paper *s, const char *text, const char *font, double x, double y, double width,
                     double grey)
{
	PangoLayout *l = layout(s, text, font, width);
	ink(s, grey);
	cairo_move_to(s->cr, x, y);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
}

static void put_right(struct sheet_of_paper *s, const char *text, const char *font, double right, double y, double grey)
{
	PangoLayout *l = layout(s, text, font, -1);
	ink(s, grey);
	cairo_move_to(s->cr, right - layout_width(l), y);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
}

static void box(struct sheet_of_paper *s, double x, double y, double w, double h, bool shaded)
{
	cairo_rectangle(s->cr, x, y, w, h);
	if (shaded) {
		cairo_set_source_rgb(s->cr, 0.955, 0.962, 0.975);
		cairo_fill_preserve(s->cr);
	}
	cairo_set_source_rgb(s->cr, 0.45, 0.47, 0.5);
	cairo_set_line_width(s->cr, 0.6);
	cairo_stroke(s->cr);
}

/* ---- pages ------------------------------------------------------------------------------------------ */

static void page_foot(struct sheet_of_paper *s)
{
	char page[64];
	snprintf(page, sizeof(page), "%s %d / %d", word(s, "页", "Page"), s->page, s->pages);
	put_right(s, page, "Noto Sans CJK SC 8", PAGE_W - MARGIN, PAGE_H - 36, 0.35);
	char *made = g_strdup_printf("%s %s  %s", word(s, "打印", "Printed"), text_of(s->form, "at"),
	                             text_of(s->form, "by"));
	put_text(s, made, "Noto Sans CJK SC 8", MARGIN, PAGE_H - 36, -1, 0.35);
	g_free(made);
}

static void page_head(struct sheet_of_paper *s)
{
	if (s->page > 1) {
		put_text(s, text_of(s->form, "title"), "Noto Sans CJK SC 9", MARGIN, 36, -1, 0.35);
		put_right(s, text_of(s->form, "number"), "Noto Sans CJK SC 9", PAGE_W - MARGIN, 36, 0.35);
		s->y = TOP_NEXT;
		return;
	}
	put_text(s, text_of(s->form, "organisation"), "Noto Sans CJK SC 10", MARGIN, 34, -1, 0.25);
	put_right(s, text_of(s->form, "number"), "Noto Sans CJK SC 10", PAGE_W - MARGIN, 34, 0.25);
	PangoLayout *l = layout(s, text_of(s->form, "title"), "Noto Sans CJK SC Bold 17", -1);
	ink(s, 0);
	cairo_move_to(s->cr, (PAGE_W - layout_width(l)) / 2, 54);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
	s->y = TOP;
}

static void page_next(struct sheet_of_paper *s)
{
	page_foot(s);
	cairo_show_page(s->cr);
	s->page++;
	page_head(s);
}

/* ---- rows ------------------------------------------------------------------------------------------- */

static double span_width(const json_t *cell)
{
	double span = (double)json_integer_value(json_object_get(cell, "span"));
	return BODY_W * (span < 1 ? 12 : span > 12 ? 12 : span) / 12.0;
}

static double label_width(const json_t *cell)
{
	double w = span_width(cell);
	return *text_of(cell, "label") == '\0' ? 0 : w < 110 ? w / 2 : LABEL_W;
}

static double cell_height(struct sheet_of_paper *s, const json_t *cell)
{
	if (json_object_get(cell, "sign") != NULL)
		return SIGN_H;
	double lines = (double)json_integer_value(json_object_get(cell, "lines"));
	double h = LINE_H * (lines < 1 ? 1 : lines) + 2 * PAD;
	PangoLayout *l = layout(s, text_of(cell, "text"), "Noto Sans CJK SC 9.5",
	                        span_width(cell) - label_width(cell) - 2 * PAD);
	double need = layout_height(l) + 2 * PAD;
	g_object_unref(l);
	l = layout(s, text_of(cell, "label"), "Noto Sans CJK SC 8.5", label_width(cell) - PAD);
	double label = layout_height(l) + 2 * PAD;
	g_object_unref(l);
	h = need > h ? need : h;
	return label > h ? label : h;
}

static void cell_draw(struct sheet_of_paper *s, const json_t *cell, double x, double h)
{
	double w = span_width(cell), lw = label_width(cell);
	if (json_object_get(cell, "sign") != NULL) {
		box(s, x, s->y, w, h, false);
		put_text(s, text_of(cell, "sign"), "Noto Sans CJK SC 8.5", x + PAD, s->y + PAD, w - 2 * PAD, 0.25);
		put_right(s, word(s, "年    月    日", "Date:                "), "Noto Sans CJK SC 8.5", x + w - PAD,
		          s->y + h - 18, 0.25);
		return;
	}
	box(s, x, s->y, w, h, false);
	if (lw > 0) {
		box(s, x, s->y, lw, h, true);
		PangoLayout *l = layout(s, text_of(cell, "label"), "Noto Sans CJK SC 8.5", lw - PAD);
		pango_layout_set_alignment(l, PANGO_ALIGN_CENTER);
		ink(s, 0.2);
		cairo_move_to(s->cr, x + PAD / 2, s->y + (h - layout_height(l)) / 2);
		pango_cairo_show_layout(s->cr, l);
		g_object_unref(l);
	}
	bool one_line = json_integer_value(json_object_get(cell, "lines")) <= 1;
	PangoLayout *l = layout(s, text_of(cell, "text"), "Noto Sans CJK SC 9.5", w - lw - 2 * PAD);
	double dy = one_line && layout_height(l) + 2 * PAD < h ? (h - layout_height(l)) / 2 : PAD;
	ink(s, 0);
	cairo_move_to(s->cr, x + lw + PAD, s->y + dy);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
}

/* A text higher than a page: piece by piece, by lines. */
static void long_cell(struct sheet_of_paper *s, const json_t *cell)
{
	double w = span_width(cell), lw = label_width(cell);
	PangoLayout *l = layout(s, text_of(cell, "text"), "Noto Sans CJK SC 9.5", w - lw - 2 * PAD);
	int n = pango_layout_get_line_count(l), i = 0;
	while (i < n) {
		int fit = (int)((BOTTOM - s->y - 2 * PAD) / LINE_H);
		if (fit < 3) {
			page_next(s);
			continue;
		}
		if (fit > n - i)
			fit = n - i;
		double h = fit * LINE_H + 2 * PAD;
		box(s, MARGIN, s->y, w, h, false);
		box(s, MARGIN, s->y, lw, h, true);
		put_text(s, text_of(cell, "label"), "Noto Sans CJK SC 8.5", MARGIN + PAD / 2, s->y + PAD, lw - PAD,
		         0.2);
		ink(s, 0);
		for (int k = 0; k < fit; k++, i++) {
			cairo_move_to(s->cr, MARGIN + lw + PAD, s->y + PAD + LINE_H * (k + 0.78));
			pango_cairo_show_layout_line(s->cr, pango_layout_get_line_readonly(l, i));
		}
		s->y += h;
	}
	g_object_unref(l);
}

static void row_draw(struct sheet_of_paper *s, const json_t *row)
{
	double h = 0, x = MARGIN;
	size_t i;
	json_t *cell;
	json_array_foreach(row, i, cell)
	{
		double need = cell_height(s, cell);
		h = need > h ? need : h;
	}
	if (h > BOTTOM - TOP_NEXT && json_array_size(row) == 1) {
		long_cell(s, json_array_get(row, 0));
		return;
	}
	if (h > BOTTOM - TOP_NEXT)
		h = BOTTOM - TOP_NEXT;
	if (s->y + h > BOTTOM)
		page_next(s);
	json_array_foreach(row, i, cell)
	{
		cairo_save(s->cr);
		cairo_rectangle(s->cr, x - 1, s->y - 1, span_width(cell) + 2, h + 2);
		cairo_clip(s->cr);
		cell_draw(s, cell, x, h);
		cairo_restore(s->cr);
		x += span_width(cell);
	}
	s->y += h;
}

static double table_row_height(struct sheet_of_paper *s, const json_t *cells, size_t n)
{
	double h = LINE_H + 2 * PAD;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(cells, i));
		PangoLayout *l = layout(s, text ? text : "", "Noto Sans CJK SC 9", BODY_W / (double)n - 2 * PAD);
		double need = layout_height(l) + 2 * PAD;
		g_object_unref(l);
		h = need > h ? need : h;
	}
	return h > BOTTOM - TOP_NEXT ? BOTTOM - TOP_NEXT : h;
}

static void table_row(struct sheet_of_paper *s, const json_t *cells, size_t n, bool head)
{
	double h = table_row_height(s, cells, n), w = BODY_W / (double)n;
	if (s->y + h > BOTTOM)
		page_next(s);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(cells, i));
		double x = MARGIN + w * (double)i;
		box(s, x, s->y, w, h, head);
		cairo_save(s->cr);
		cairo_rectangle(s->cr, x, s->y, w, h);
		cairo_clip(s->cr);
		put_text(s, text ? text : "", head ? "Noto Sans CJK SC 8.5" : "Noto Sans CJK SC 9", x + PAD, s->y + PAD,
		         w - 2 * PAD, head ? 0.2 : 0);
		cairo_restore(s->cr);
	}
	s->y += h;
}

static void table_draw(struct sheet_of_paper *s, const json_t *table)
{
	const json_t *heads = json_object_get(table, "heads"), *rows = json_object_get(table, "rows");
	size_t n = json_array_size(heads);
	if (n == 0)
		return;
	table_row(s, heads, n, true);
	for (size_t i = 0; i < json_array_size(rows); i++)
		table_row(s, json_array_get(rows, i), n, false);
	json_t *blank = json_array();
	for (size_t i = json_array_size(rows); i < 2; i++) /* room to write in */
		table_row(s, blank, n, false);
	json_decref(blank);
}

static void form_draw(struct sheet_of_paper *s)
{
	size_t i;
	json_t *row;
	s->page = 1;
	page_head(s);
	json_array_foreach(json_object_get(s->form, "rows"), i, row)
	{
		const json_t *table = json_object_get(json_array_get(row, 0), "table");
		if (table != NULL)
			table_draw(s, table);
		else
			row_draw(s, row);
	}
	page_foot(s);
	cairo_show_page(s->cr);
}

static bool pass(struct sheet_of_paper *s, const char *path)
{
	s->surface = path ? cairo_pdf_surface_create(path, PAGE_W, PAGE_H)
	                  : cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
	s->cr = cairo_create(s->surface);
	if (path != NULL) {
		cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_TITLE, text_of(s->form, "title"));
		cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_AUTHOR, text_of(s->form, "organisation"));
	}
	form_draw(s);
	s->pages = s->page;
	cairo_destroy(s->cr);
	cairo_surface_finish(s->surface);
	bool whole = cairo_surface_status(s->surface) == CAIRO_STATUS_SUCCESS;
	cairo_surface_destroy(s->surface);
	return whole;
}

int draw_form(const char *json, size_t len, const char *path)
{
	json_error_t fault;
	json_t *form = json_loadb(json, len, 0, &fault);
	if (!json_is_object(form)) {
		fprintf(stderr, "draw-form: %s\n", fault.text);
		json_decref(form);
		return 1;
	}
	struct sheet_of_paper s = {.form = form};
	bool whole = pass(&s, NULL) && pass(&s, path); /* the first pass counts the pages */
	json_decref(form);
	if (!whole)
		fprintf(stderr, "draw-form: %s could not be written\n", path);
	return whole ? 0 : 1;
}

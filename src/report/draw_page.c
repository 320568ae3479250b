/* draw_page.c: texts and boxes, and what stands at the head and the foot of a page. */
#include "report/draw.h"

const char *word(const struct sheet_of_paper *s, const char *zh, const char *en)
{
	const char *lang = json_string_value(json_object_get(s->form, "lang"));
	return lang != NULL && lang[0] == 'e' ? en : zh;
}

const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return s ? s : "";
}

PangoLayout *layout(struct sheet_of_paper *s, const char *text, const char *font, double width)
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

double layout_height(PangoLayout *l)
{
	int h;
	pango_layout_get_size(l, NULL, &h);
	return (double)h / PANGO_SCALE;
}

double layout_width(PangoLayout *l)
{
	int w;
	pango_layout_get_size(l, &w, NULL);
	return (double)w / PANGO_SCALE;
}

void ink(struct sheet_of_paper *s, double grey)
{
	cairo_set_source_rgb(s->cr, grey, grey, grey);
}

void put_text(struct sheet_of_paper *s, const char *text, const char *font, double x, double y, double width,
              double grey)
{
	PangoLayout *l = layout(s, text, font, width);
	ink(s, grey);
	cairo_move_to(s->cr, x, y);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
}

void put_right(struct sheet_of_paper *s, const char *text, const char *font, double right, double y, double grey)
{
	PangoLayout *l = layout(s, text, font, -1);
	ink(s, grey);
	cairo_move_to(s->cr, right - layout_width(l), y);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
}

void box(struct sheet_of_paper *s, double x, double y, double w, double h, bool shaded)
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

void page_foot(struct sheet_of_paper *s)
{
	char page[64];
	snprintf(page, sizeof(page), "%s %d / %d", word(s, "页", "Page"), s->page, s->pages);
	put_right(s, page, "Noto Sans CJK SC 8", PAGE_W - MARGIN, PAGE_H - 36, 0.35);
	bool issued = json_integer_value(json_object_get(s->form, "version")) > 0;
	char *made = g_strdup_printf("%s %s  %s", issued ? word(s, "出具", "Issued") : word(s, "打印", "Printed"),
	                             text_of(s->form, "at"), text_of(s->form, "by"));
	put_text(s, made, "Noto Sans CJK SC 8", MARGIN, PAGE_H - 36, -1, 0.35);
	g_free(made);
}

/* The sign of the organisation, as high as its two lines; a file that is none is left off. Its width, with the gap. */
static double logo_draw(struct sheet_of_paper *s)
{
	const char *path = text_of(s->form, "logo");
	cairo_surface_t *logo = *path ? cairo_image_surface_create_from_png(path) : NULL;
	double w = 0;
	if (logo != NULL && cairo_surface_status(logo) == CAIRO_STATUS_SUCCESS) {
		double h = cairo_image_surface_get_height(logo), scale = h > 0 ? LOGO_H / h : 0;
		w = cairo_image_surface_get_width(logo) * scale;
		if (w > LOGO_W) {
			scale *= LOGO_W / w;
			w = LOGO_W;
		}
		cairo_save(s->cr);
		cairo_translate(s->cr, MARGIN, 24);
		cairo_scale(s->cr, scale, scale);
		cairo_set_source_surface(s->cr, logo, 0, 0);
		cairo_paint(s->cr);
		cairo_restore(s->cr);
		w += 8;
	}
	if (logo != NULL)
		cairo_surface_destroy(logo);
	return w;
}

static void letterhead_draw(struct sheet_of_paper *s)
{
	const char *address = text_of(s->form, "address"), *hotline = text_of(s->form, "hotline");
	double x = MARGIN + logo_draw(s);
	bool more = *address != '\0' || *hotline != '\0';
	put_text(s, text_of(s->form, "organisation"), "Noto Sans CJK SC 10", x, more ? 24 : 34, -1, 0.25);
	char *line = g_strdup_printf("%s%s%s%s", address, *address && *hotline ? "  " : "",
	                             *hotline ? word(s, "电话 ", "Tel. ") : "", hotline);
	if (more)
		put_text(s, line, "Noto Sans CJK SC 7.5", x, 39, -1, 0.35);
	g_free(line);
}

static void number_draw(struct sheet_of_paper *s)
{
	int version = (int)json_integer_value(json_object_get(s->form, "version"));
	char *number = version > 1 ? g_strdup_printf("%s  %s %d", text_of(s->form, "number"),
	                                             word(s, "版本", "version"), version)
	                           : g_strdup(text_of(s->form, "number"));
	put_right(s, number, "Noto Sans CJK SC 10", PAGE_W - MARGIN, 34, 0.25);
	g_free(number);
}

void page_head(struct sheet_of_paper *s)
{
	if (s->page > 1) {
		put_text(s, text_of(s->form, "title"), "Noto Sans CJK SC 9", MARGIN, 36, -1, 0.35);
		put_right(s, text_of(s->form, "number"), "Noto Sans CJK SC 9", PAGE_W - MARGIN, 36, 0.35);
		s->y = TOP_NEXT;
		return;
	}
	letterhead_draw(s);
	number_draw(s);
	PangoLayout *l = layout(s, text_of(s->form, "title"), "Noto Sans CJK SC Bold 17", -1);
	ink(s, 0);
	cairo_move_to(s->cr, (PAGE_W - layout_width(l)) / 2, 54);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
	s->y = TOP;
}

void page_next(struct sheet_of_paper *s)
{
	page_foot(s);
	cairo_show_page(s->cr);
	s->page++;
	page_head(s);
}

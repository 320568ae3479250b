/*
 * draw.h: inside of draw.c and draw_page.c: the paper that is drawn on, in the child process alone.
 */
#ifndef SHOUWEN_REPORT_DRAW_H
#define SHOUWEN_REPORT_DRAW_H

#include <cairo-pdf.h>
#include <jansson.h>
#include <pango/pangocairo.h>
#include <stdbool.h>

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
#define LOGO_H 26.0
#define LOGO_W 120.0
#define COLUMN_LEAST 44.0
#define COLUMN_TO_WRITE 80.0 /* nothing stands in it yet */
#define BASELINE 0.78        /* of a line's height */

struct sheet_of_paper {
	cairo_surface_t *surface;
	cairo_t *cr;
	const json_t *form;
	double y;
	int page, pages; /* pages 0: the first pass, which only counts */
};

/* By the form's language. */
const char *word(const struct sheet_of_paper *s, const char *zh, const char *en);
const char *text_of(const json_t *j, const char *key); /* "": none */
PangoLayout *layout(struct sheet_of_paper *s, const char *text, const char *font, double width);
double layout_height(PangoLayout *l);
double layout_width(PangoLayout *l);
void ink(struct sheet_of_paper *s, double grey);
void put_text(struct sheet_of_paper *s, const char *text, const char *font, double x, double y, double width,
              double grey);
void put_right(struct sheet_of_paper *s, const char *text, const char *font, double right, double y, double grey);
void box(struct sheet_of_paper *s, double x, double y, double w, double h, bool shaded);
/* Letterhead, number and title of the first page, a line of the next ones; and what stands at its foot. */
void page_head(struct sheet_of_paper *s);
void page_foot(struct sheet_of_paper *s);
void page_next(struct sheet_of_paper *s);

#endif

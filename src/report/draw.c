/*
 * draw.c: the drawer of forms, run in a process of its own.
 *
 * In: {"title","organisation","address","hotline","logo","number","version","at","by","lang","rows":[[CELL…]…]}, CELL
 * one of
 *   {"span":1..12,"lines":n,"label","text"}   a labelled box
 *   {"span","sign":"label"}                    a box to sign in
 *   {"table":{"label","heads":[…],"rows":[[…]…]}} a table over the whole width
 * Rows are as high as their highest cell; what doesn't fit goes on over the page.
 */
#include "report/draw.h"
#include "report/print.h"

enum { CELLS_MAX = 24, COLUMNS_MAX = 32, LINES_MAX = 40, FIT_CHARS = 20, WEIGHED_ROWS = 50 };

/* ---- text that fits --------------------------------------------------------------------------------- */

/* A number, a name, a date: on one line, a little smaller if need be, rather than cut in two. */
static PangoLayout *fitted(struct sheet_of_paper *s, const char *text, const char *const sizes[], double width)
{
	PangoLayout *l = layout(s, text, sizes[0], width);
	if (g_utf8_strlen(text, -1) > FIT_CHARS || strchr(text, '\n') != NULL)
		return l;
	for (int i = 1; sizes[i] != NULL && pango_layout_get_line_count(l) > 1; i++) {
		PangoLayout *smaller = layout(s, text, sizes[i], width);
		if (pango_layout_get_line_count(smaller) > 1) {
			g_object_unref(smaller);
			continue;
		}
		g_object_unref(l);
		return smaller;
	}
	return l;
}

static const char *const text_sizes[] = {"Noto Sans CJK SC 9.5", "Noto Sans CJK SC 8.5", "Noto Sans CJK SC 7.5", NULL};
static const char *const label_sizes[] = {"Noto Sans CJK SC 8.5", "Noto Sans CJK SC 7.5", NULL};
static const char *const table_sizes[] = {"Noto Sans CJK SC 9", "Noto Sans CJK SC 8", "Noto Sans CJK SC 7", NULL};

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

/* A box with a text that may go on over the page. */
struct piece {
	PangoLayout *text, *label; /* label NULL: none */
	double x, w, lw;
	int at, n; /* lines drawn, and all of them */
	bool middle, head;
};

static struct piece piece_new(struct sheet_of_paper *s, PangoLayout *text, double x, double w)
{
	return (struct piece){.text = text, .x = x, .w = w, .n = pango_layout_get_line_count(text)};
}

static struct piece cell_piece(struct sheet_of_paper *s, const json_t *cell, double x)
{
	double w = span_width(cell), lw = label_width(cell);
	struct piece p = piece_new(s, fitted(s, text_of(cell, "text"), text_sizes, w - lw - 2 * PAD), x, w);
	p.lw = lw;
	p.middle = json_integer_value(json_object_get(cell, "lines")) <= 1;
	if (lw > 0) {
		p.label = fitted(s, text_of(cell, "label"), label_sizes, lw - PAD);
		pango_layout_set_alignment(p.label, PANGO_ALIGN_CENTER);
	}
	return p;
}

static double piece_height(const struct piece *p)
{
	double text = layout_height(p->text), label = p->label ? layout_height(p->label) : 0;
	return (text > label ? text : label) + 2 * PAD;
}

static void piece_frame(struct sheet_of_paper *s, const struct piece *p, double h)
{
	box(s, p->x, s->y, p->w, h, p->head);
	if (p->label == NULL)
		return;
	box(s, p->x, s->y, p->lw, h, true);
	ink(s, 0.2);
	cairo_move_to(s->cr, p->x + PAD / 2, s->y + (h - layout_height(p->label)) / 2);
	pango_cairo_show_layout(s->cr, p->label);
}

static void piece_whole(struct sheet_of_paper *s, const struct piece *p, double h)
{
	double text = layout_height(p->text);
	piece_frame(s, p, h);
	ink(s, p->head ? 0.2 : 0);
	cairo_move_to(s->cr, p->x + p->lw + PAD, s->y + (p->middle ? (h - text) / 2 : PAD));
	pango_cairo_show_layout(s->cr, p->text);
}

/* As many of its lines as go into `h`; the others wait for the next page. */
static void piece_part(struct sheet_of_paper *s, struct piece *p, double h)
{
	double line = layout_height(p->text) / p->n;
	piece_frame(s, p, h);
	ink(s, 0);
	for (double y = PAD; p->at < p->n && y + line + PAD <= h + 0.1; y += line, p->at++) {
		PangoLayoutLine *text = pango_layout_get_line_readonly(p->text, p->at);
		cairo_move_to(s->cr, p->x + p->lw + PAD, s->y + y + line * BASELINE);
		pango_cairo_show_layout_line(s->cr, text);
	}
}

/* A row higher than a page, from page to page. */
static void pieces_over(struct sheet_of_paper *s, struct piece *pieces, size_t n)
{
	for (bool left = true; left;) {
		double h = 0;
		if (BOTTOM - s->y < 4 * LINE_H)
			page_next(s);
		for (size_t i = 0; i < n; i++) {
			const struct piece *p = &pieces[i];
			double need = layout_height(p->text) / p->n * (p->n - p->at) + 2 * PAD;
			h = need > h ? need : h;
		}
		if (h < LINE_H + 2 * PAD)
			h = LINE_H + 2 * PAD;
		left = h > BOTTOM - s->y;
		if (left)
			h = BOTTOM - s->y;
		for (size_t i = 0; i < n; i++)
			piece_part(s, &pieces[i], h);
		s->y += h;
	}
}

static void pieces_free(struct piece *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_object_unref(pieces[i].text);
		if (pieces[i].label != NULL)
			g_object_unref(pieces[i].label);
	}
}

static void sign_draw(struct sheet_of_paper *s, const json_t *cell, double x, double h)
{
	double w = span_width(cell);
	box(s, x, s->y, w, h, false);
	put_text(s, text_of(cell, "sign"), label_sizes[0], x + PAD, s->y + PAD, w - 2 * PAD, 0.25);
	put_right(s, word(s, "年    月    日", "Date:                "), label_sizes[0], x + w - PAD, s->y + h - 18,
	          0.25);
}

static void row_draw(struct sheet_of_paper *s, const json_t *row)
{
	struct piece pieces[CELLS_MAX];
	size_t n = json_array_size(row);
	double h = 0, x = MARGIN;
	if (n > CELLS_MAX)
		n = CELLS_MAX;
	for (size_t i = 0; i < n; i++) {
		const json_t *cell = json_array_get(row, i);
		double lines = (double)json_integer_value(json_object_get(cell, "lines"));
		pieces[i] = cell_piece(s, cell, x);
		double need = json_object_get(cell, "sign") ? SIGN_H : piece_height(&pieces[i]);
		double least = LINE_H * (lines < 1 ? 1 : lines > LINES_MAX ? LINES_MAX : lines) + 2 * PAD;
		h = need > h ? need : h;
		h = least > h ? least : h;
		x += span_width(cell);
	}
	if (h > BOTTOM - TOP_NEXT) {
		pieces_over(s, pieces, n);
	} else {
		if (s->y + h > BOTTOM)
			page_next(s);
		for (size_t i = 0; i < n; i++) {
			const json_t *cell = json_array_get(row, i);
			if (json_object_get(cell, "sign") != NULL)
				sign_draw(s, cell, pieces[i].x, h);
			else
				piece_whole(s, &pieces[i], h);
		}
		s->y += h;
	}
	pieces_free(pieces, n);
}

/* ---- tables ------------------------------------------------------------------------------------------- */

struct columns {
	const json_t *heads;
	size_t n;
	double widths[COLUMNS_MAX];
};

static const char *cell_text(const json_t *cells, size_t i)
{
	const char *text = json_string_value(json_array_get(cells, i));
	return text ? text : "";
}

static double natural_width(struct sheet_of_paper *s, const char *text)
{
	PangoLayout *l = layout(s, text, table_sizes[0], -1);
	double w = layout_width(l) + 2 * PAD + 1;
	g_object_unref(l);
	return w < COLUMN_LEAST ? COLUMN_LEAST : w > BODY_W * 0.6 ? BODY_W * 0.6 : w;
}

/* Short columns get what they need, long texts share the rest. */
static void columns_set(struct sheet_of_paper *s, const json_t *rows, struct columns *c)
{
	double sum = 0, room = BODY_W, want[COLUMNS_MAX];
	bool given[COLUMNS_MAX] = {false};
	size_t left = c->n;
	for (size_t i = 0; i < c->n; i++) {
		bool filled = false;
		want[i] = natural_width(s, cell_text(c->heads, i));
		for (size_t k = 0; k < json_array_size(rows) && k < WEIGHED_ROWS; k++) {
			double w = natural_width(s, cell_text(json_array_get(rows, k), i));
			want[i] = w > want[i] ? w : want[i];
			filled = filled || *cell_text(json_array_get(rows, k), i) != '\0';
		}
		if (!filled && want[i] < COLUMN_TO_WRITE)
			want[i] = COLUMN_TO_WRITE;
		sum += want[i];
	}
	for (bool more = sum > BODY_W; more;) {
		more = false;
		for (size_t i = 0; i < c->n; i++) {
			if (given[i] || left < 2 || want[i] > room / (double)left)
				continue;
			c->widths[i] = want[i];
			given[i] = more = true;
			room -= want[i];
			left--;
		}
	}
	for (size_t i = 0; i < c->n; i++)
		if (!given[i])
			c->widths[i] = sum > BODY_W ? room / (double)left : want[i] * BODY_W / sum;
}

static void table_row(struct sheet_of_paper *s, const json_t *cells, const struct columns *c, bool head)
{
	struct piece pieces[COLUMNS_MAX];
	double h = LINE_H + 2 * PAD, x = MARGIN;
	for (size_t i = 0; i < c->n; i++) {
		PangoLayout *l =
		        fitted(s, cell_text(cells, i), head ? label_sizes : table_sizes, c->widths[i] - 2 * PAD);
		pieces[i] = piece_new(s, l, x, c->widths[i]);
		pieces[i].head = head;
		double need = piece_height(&pieces[i]);
		h = need > h ? need : h;
		x += c->widths[i];
	}
	if (s->y + h > BOTTOM && !head && s->y > TOP_NEXT + 1) {
		page_next(s);
		table_row(s, c->heads, c, true); /* again above what goes on */
	} else if (s->y + (head ? 3 : 1) * h > BOTTOM && head && s->y > TOP_NEXT + 1) {
		page_next(s); /* no head alone at the foot */
	}
	if (s->y + h > BOTTOM)
		pieces_over(s, pieces, c->n);
	else {
		for (size_t i = 0; i < c->n; i++)
			piece_whole(s, &pieces[i], h);
		s->y += h;
	}
	pieces_free(pieces, c->n);
}

static void table_draw(struct sheet_of_paper *s, const json_t *table)
{
	const json_t *rows = json_object_get(table, "rows");
	struct columns c = {.heads = json_object_get(table, "heads")};
	c.n = json_array_size(c.heads);
	if (c.n == 0)
		return;
	if (c.n > COLUMNS_MAX)
		c.n = COLUMNS_MAX;
	columns_set(s, rows, &c);
	table_row(s, c.heads, &c, true);
	for (size_t i = 0; i < json_array_size(rows); i++)
		table_row(s, json_array_get(rows, i), &c, false);
	json_t *blank = json_array();
	for (size_t i = json_array_size(rows); i < 2; i++) /* room to write in */
		table_row(s, blank, &c, false);
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
